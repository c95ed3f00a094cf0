/* SPDX-License-Identifier: BSD-2-Clause
 * trc_line.c - asks a child for lines, each address once. */
#define HASH_NONFATAL_OOM 1
#include "kernel-glue/trace/trc_line.h"

#include "kernel-glue/trace/trc_child.h"
#include "kernel-glue/trace/trc_line_dw.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <uthash.h>

/* A kernel's debug information is a few hundred megabytes, mapped and unpacked. */
static const struct trc_limits limits = {UINT64_C(4) << 30, 20};

/* What is known of one address. */
struct answer {
    uint64_t ip;
    struct trc_place place;
    UT_hash_handle hh;
};

struct trc_lines {
    int fd;
    pid_t pid;
    uint64_t slide;
    struct answer *answers;
    const char *broken;
};

/* The first thing that the child says. */
struct opened {
    int32_t error;
    char text[sizeof(((struct sim_diag *)0)->text)];
};

static bool send_all(int fd, const void *bytes, size_t n_bytes)
{
    const char *at = bytes;

    while (n_bytes) {
        const ssize_t n = send(fd, at, n_bytes, MSG_NOSIGNAL);

        if (n < 0 && errno != EINTR)
            return false;
        at += n > 0 ? n : 0;
        n_bytes -= n > 0 ? (size_t)n : 0;
    }
    return true;
}

/* Return: false at the end, or after @timeout_ms (-1: never) of silence. */
static bool receive_all(int fd, void *bytes, size_t n_bytes, int timeout_ms)
{
    char *at = bytes;

    while (n_bytes) {
        struct pollfd pfd = {fd, POLLIN, 0};
        const int n_ready = poll(&pfd, 1, timeout_ms);
        ssize_t n;

        if (n_ready == 0 || (n_ready < 0 && errno != EINTR))
            return false;
        n = n_ready > 0 ? recv(fd, at, n_bytes, 0) : -1;
        if (n == 0 || (n < 0 && errno != EINTR))
            return false;
        at += n > 0 ? n : 0;
        n_bytes -= n > 0 ? (size_t)n : 0;
    }
    return true;
}

/* ---- child ---- */

static void run_child(int fd, const char *path)
{
    struct opened opened = {0};
    struct sim_diag diag;
    struct trc_dw *dw;
    uint64_t address;

    trc_child_limit(&limits);
    sim_diag_init(&diag, path);
    dw = trc_dw_open(path, &diag);
    opened.error = dw ? 0 : diag.error;
    memcpy(opened.text, diag.text, sizeof(opened.text));
    if (!send_all(fd, &opened, sizeof(opened)) || !dw)
        _exit(1);
    while (receive_all(fd, &address, sizeof(address), -1)) {
        struct trc_place place;

        trc_dw_find(dw, address, &place);
        if (!send_all(fd, &place, sizeof(place)))
            _exit(1);
    }
    _exit(0);
}

/* ---- parent ---- */

static void stop(struct trc_lines *lines)
{
    if (lines->fd < 0)
        return;
    (void)close(lines->fd);
    lines->fd = -1;
    (void)kill(lines->pid, SIGKILL);
    while (waitpid(lines->pid, NULL, 0) < 0 && errno == EINTR)
        ;
}

static int start(struct trc_lines *lines, const char *path, struct sim_diag *diag)
{
    int fds[2];

    (void)fflush(NULL);
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds))
        return sim_diag_text(diag, SIM_EIO, 0, 0, "cannot make a socket: %s", strerror(errno));
    lines->pid = fork();
    if (lines->pid == 0) {
        (void)close(fds[0]);
        run_child(fds[1], path);
    }
    (void)close(fds[1]);
    if (lines->pid < 0) {
        (void)close(fds[0]);
        return sim_diag_text(diag, SIM_EIO, 0, 0, "cannot start a process: %s", strerror(errno));
    }
    lines->fd = fds[0];
    return 0;
}

static int greet(struct trc_lines *lines, struct sim_diag *diag)
{
    struct opened opened;

    if (!receive_all(lines->fd, &opened, sizeof(opened), (int)limits.silence_s * 1000))
        return sim_diag_text(diag, SIM_EFORMAT, 0, 0,
                             "its debug information cannot be read: the reader ended or hung");
    opened.text[sizeof(opened.text) - 1] = '\0';
    if (opened.error == 0)
        return 0;
    return sim_diag_text(diag, opened.error < 0 ? opened.error : SIM_EFORMAT, 0, 0, "%s",
                         opened.text);
}

struct trc_lines *trc_lines_open(const char *path, uint64_t slide, struct sim_diag *diag)
{
    struct trc_lines *lines = calloc(1, sizeof(*lines));
    int err;

    if (!lines) {
        (void)sim_diag_text(diag, SIM_ENOMEM, 0, 0, "no memory");
        return NULL;
    }
    lines->fd = -1;
    lines->slide = slide;
    err = start(lines, path, diag);
    if (!err)
        err = greet(lines, diag);
    if (!err)
        return lines;
    trc_lines_close(lines);
    return NULL;
}

void trc_lines_close(struct trc_lines *lines)
{
    struct answer *answer = lines ? lines->answers : NULL;

    if (!lines)
        return;
    stop(lines);
    HASH_CLEAR(hh, lines->answers); /* the table; its elements still form a list */
    while (answer) {
        struct answer *next = answer->hh.next;

        free(answer);
        answer = next;
    }
    free(lines);
}

/* What comes from the child is not trusted. */
static void tidy(struct trc_place *place)
{
    if (place->n > TRC_MAX_FRAMES)
        place->n = 0;
    for (unsigned i = 0; i < TRC_MAX_FRAMES; i++) {
        place->frames[i].function[TRC_FUNCTION_BYTES - 1] = '\0';
        place->frames[i].file[TRC_PATH_BYTES - 1] = '\0';
    }
}

static struct answer *ask(struct trc_lines *lines, uint64_t ip)
{
    const uint64_t address = ip - lines->slide;
    struct answer *answer = calloc(1, sizeof(*answer));

    if (!answer)
        return NULL;
    answer->ip = ip;
    if (!send_all(lines->fd, &address, sizeof(address)) ||
        !receive_all(lines->fd, &answer->place, sizeof(answer->place),
                     (int)limits.silence_s * 1000)) {
        lines->broken = "the reader of the debug information ended or hung: the file is damaged";
        stop(lines);
        free(answer);
        return NULL;
    }
    tidy(&answer->place);
    HASH_ADD(hh, lines->answers, ip, sizeof(answer->ip), answer);
    if (answer->hh.tbl)
        return answer;
    free(answer);
    return NULL;
}

const struct trc_place *trc_lines_find(struct trc_lines *lines, uint64_t ip)
{
    struct answer *answer;

    HASH_FIND(hh, lines->answers, &ip, sizeof(ip), answer);
    if (!answer && lines->fd >= 0)
        answer = ask(lines, ip);
    return answer && answer->place.n ? &answer->place : NULL;
}

const char *trc_lines_broken(const struct trc_lines *lines)
{
    return lines->broken;
}

const char *trc_place_text(const struct trc_place *place, char *text, size_t n_bytes)
{
    size_t n = 0;

    text[0] = '\0';
    for (uint32_t i = 0; i < place->n && n < n_bytes; i++) {
        const struct trc_frame *frame = &place->frames[i];
        const char *slash = strrchr(frame->file, '/');
        const int n_more = snprintf(text + n, n_bytes - n, "%s%s, %s:%" PRIu32 "%s",
                                    i == 0   ? ""
                                    : i == 1 ? " (in "
                                             : "; ",
                                    frame->function, slash ? slash + 1 : frame->file, frame->line,
                                    i > 0 && i + 1 == place->n ? ")" : "");

        n += n_more > 0 ? (size_t)n_more : 0;
    }
    return text;
}
