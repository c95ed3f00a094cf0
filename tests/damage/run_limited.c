/* SPDX-License-Identifier: BSD-2-Clause
 * run_limited.c - runs a command and says how it ended, how long it took and what memory it had.
 *
 * Usage: run_limited SECONDS PREFIX COMMAND [ARGUMENT]...
 * Output and errors go to PREFIX.out and PREFIX.err. Prints one line: the exit status ("signal N"
 * becomes 128 + N, and a command that is ended after SECONDS gets 124), milliseconds, and KiB: the
 * largest resident memory of the command or of a process that it waited for. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { STATUS_TIMEOUT = 124, STATUS_SIGNAL = 128 };

static void redirect(const char *prefix, const char *suffix, int fd)
{
    char path[4096];
    int file;

    (void)snprintf(path, sizeof(path), "%s%s", prefix, suffix);
    file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0666);
    if (file < 0 || dup2(file, fd) < 0) {
        perror(path);
        _exit(STATUS_SIGNAL - 1);
    }
    (void)close(file);
}

static long now_ms(void)
{
    struct timespec now = {0, 0};

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int main(int argc, char **argv)
{
    const struct timespec pause = {0, 2000000};
    const long start_ms = now_ms();
    struct rusage usage;
    int is_timeout = 0;
    int status = 0;
    long limit_ms;
    pid_t pid;

    if (argc < 4) {
        (void)fprintf(stderr, "Usage: run_limited SECONDS PREFIX COMMAND [ARGUMENT]...\n");
        return 2;
    }
    limit_ms = 1000 * strtol(argv[1], NULL, 0);
    pid = fork();
    if (pid == 0) {
        (void)setpgid(0, 0);
        redirect(argv[2], ".out", STDOUT_FILENO);
        redirect(argv[2], ".err", STDERR_FILENO);
        (void)execvp(argv[3], argv + 3);
        perror(argv[3]);
        _exit(STATUS_SIGNAL - 1);
    }
    if (pid < 0) {
        perror("fork");
        return 2;
    }
    while (wait4(pid, &status, WNOHANG, &usage) == 0) {
        if (!is_timeout && now_ms() - start_ms > limit_ms) {
            is_timeout = 1;
            (void)kill(-pid, SIGKILL); /* its reader process, too */
        }
        (void)nanosleep(&pause, NULL);
    }
    if (is_timeout)
        status = STATUS_TIMEOUT;
    else
        status = WIFSIGNALED(status) ? STATUS_SIGNAL + WTERMSIG(status) : WEXITSTATUS(status);
    (void)printf("%d %ld %ld\n", status, now_ms() - start_ms, usage.ru_maxrss);
    return 0;
}
