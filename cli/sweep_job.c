/* SPDX-License-Identifier: BSD-2-Clause
 * sweep_job.c - one point as a process: no shell, no input, output into files without a name. */
#include "cli/cli.h"
#include "cli/sweep_run.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MAX_JSON_BYTES (32L << 20)
#define MAX_FILE_BYTES (1UL << 30) /* of any file that a point writes */
#define MAX_ERROR_BYTES 16384u
#define NO_EXEC 127

uint64_t sweep_now_ns(void)
{
    struct timespec now;

    if (clock_gettime(CLOCK_MONOTONIC, &now))
        return 0;
    return (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
}

/* Between fork and exec: nothing that could take a lock. */
static void become(const struct sweep_job *job, char *const *argv, pid_t parent)
{
    const struct rlimit limit = {MAX_FILE_BYTES, MAX_FILE_BYTES};
    const int input = open("/dev/null", O_RDONLY | O_CLOEXEC);
    sigset_t none;

    (void)setpgid(0, 0);
    /* kill -9 of the parent must leave nobody behind. It may have come already. */
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != parent)
        _exit(NO_EXEC);
    (void)sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
    (void)setrlimit(RLIMIT_FSIZE, &limit);
    if (input < 0 || dup2(input, STDIN_FILENO) < 0 || dup2(fileno(job->out), STDOUT_FILENO) < 0 ||
        dup2(fileno(job->errors), STDERR_FILENO) < 0)
        _exit(NO_EXEC);
    (void)execv("/proc/self/exe", argv);
    _exit(NO_EXEC);
}

static void free_argv(char **argv)
{
    for (size_t i = 0; argv && argv[i]; i++)
        free(argv[i]);
    free((void *)argv);
}

/* Return: NULL without memory. */
static char **make_argv(const struct sweep_point *point)
{
    char **argv = calloc(point->n_args + 2, sizeof(*argv));

    for (uint32_t i = 0; argv && i <= point->n_args; i++) {
        argv[i] = strdup(i ? point->args[i - 1] : "iommusim");
        if (!argv[i]) {
            free_argv(argv);
            return NULL;
        }
    }
    return argv;
}

static int spawn(struct sweep_job *job, const struct sweep_point *point)
{
    const pid_t parent = getpid();
    char **argv = make_argv(point);
    pid_t pid = -1;

    if (argv)
        pid = fork();
    if (pid == 0)
        become(job, argv, parent);
    free_argv(argv);
    if (pid < 0) {
        cli_error("cannot start a process: %s", strerror(errno));
        return SIM_EIO;
    }
    (void)setpgid(pid, pid); /* so that it is done whoever runs first */
    job->pid = pid;
    return 0;
}

int sweep_job_start(struct sweep_job *job, const struct sweep_point *point, uint64_t timeout_ns)
{
    char path[CLI_FD_PATH_BYTES];
    int err = SIM_EIO;

    job->pid = 0;
    job->is_late = false;
    job->deadline_ns = timeout_ns ? sweep_now_ns() + timeout_ns : 0;
    job->out = cli_temporary_file(path);
    job->errors = job->out ? cli_temporary_file(path) : NULL;
    if (job->errors)
        err = spawn(job, point);
    if (err)
        sweep_job_drop(job);
    return err;
}

void sweep_job_kill(const struct sweep_job *job)
{
    (void)kill(-job->pid, SIGKILL);
}

void sweep_job_drop(struct sweep_job *job)
{
    if (job->out)
        (void)fclose(job->out);
    if (job->errors)
        (void)fclose(job->errors);
    memset(job, 0, sizeof(*job));
}

/* ---- what came of it ------------------------------------------------------------------------- */

/* The begin of standard error. What is not ASCII text could spoil JSON or a terminal. */
static void read_errors(FILE *from, char *text)
{
    ssize_t n = pread(fileno(from), text, MAX_ERROR_BYTES, 0);

    if (n < 0)
        n = 0;
    text[n] = '\0';
    for (ssize_t i = 0; i < n; i++) {
        const unsigned char c = (unsigned char)text[i];

        if ((c < 0x20 && c != '\n' && c != '\t') || c >= 0x7f)
            text[i] = '?';
    }
}

static json_t *read_json(FILE *from)
{
    const int fd = fileno(from);
    json_t *json = NULL;
    struct stat about;

    if (fstat(fd, &about) == 0 && about.st_size <= MAX_JSON_BYTES && lseek(fd, 0, SEEK_SET) == 0)
        json = json_loadfd(fd, JSON_REJECT_DUPLICATES, NULL);
    if (json && !json_is_object(json)) {
        json_decref(json);
        json = NULL;
    }
    return json;
}

/* 0, 1 and 4 are answers: a verdict may be bad or inconclusive. Everything else is none. */
static bool is_answer(int exit_code)
{
    return exit_code == CLI_OK || exit_code == CLI_VERDICT || exit_code == CLI_INCONCLUSIVE;
}

#define WHY_BYTES 128u
static void judge(const struct sweep_job *job, int status, struct sweep_result *result, char *why)
{
    why[0] = '\0';
    result->exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    if (job->is_late)
        (void)snprintf(why, WHY_BYTES, "took longer than --timeout");
    else if (WIFSIGNALED(status))
        (void)snprintf(why, WHY_BYTES, "ended by signal %d (%s)", WTERMSIG(status),
                       strsignal(WTERMSIG(status)));
    else if (!is_answer(result->exit_code))
        (void)snprintf(why, WHY_BYTES, "exit code %d", result->exit_code);
    else
        result->json = read_json(job->out);
    if (!why[0] && !result->json)
        (void)snprintf(why, WHY_BYTES, "printed no JSON of less than %ld MiB",
                       MAX_JSON_BYTES >> 20);
    if (job->is_late)
        result->exit_code = -1;
}

int sweep_job_finish(struct sweep_job *job, int status, const char *dir,
                     const struct sweep_plan *plan, enum sweep_state *state, struct sim_diag *diag)
{
    char *errors = malloc(MAX_ERROR_BYTES + 1);
    char why[WHY_BYTES];
    struct sweep_result result = {.why = why, .errors = errors};
    int err;

    if (!errors)
        return sim_diag_text(diag, SIM_ENOMEM, 0, 0, "no memory");
    read_errors(job->errors, errors);
    judge(job, status, &result, why);
    *state = why[0] ? SWEEP_FAILED : SWEEP_DONE;
    err = sweep_result_write(dir, plan->program, &plan->points[job->point], &result, diag);
    json_decref(result.json);
    free(errors);
    sweep_job_drop(job);
    return err;
}
