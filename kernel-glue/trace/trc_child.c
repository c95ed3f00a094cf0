/* SPDX-License-Identifier: BSD-2-Clause
 * trc_child.c - a pipe of messages between a source in a child and a sink here. */
#include "kernel-glue/trace/trc_child.h"

#include "sim/sanitizer.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define PIPE_BYTES (1 << 20)
#define BUFFER_BYTES (256u << 10)
#define POLL_MS 100
#define MAX_TEXT_BYTES 16384u

const struct trc_limits trc_default_limits = {192u << 20, 20};

enum { KIND_RESULT = 255 }; /* after the event kinds: the source has returned */

/* One message: this, then all values that events of this kind can have, then the text. */
struct message {
    uint64_t time_ns;
    uint32_t pid;
    uint16_t cpu;
    uint8_t kind;
    uint8_t has;
    uint32_t n_text;
    int32_t result;
};

/* How many values an event of each kind can have: they are sent whole, without looking which. */
struct counts {
    uint8_t n_values[TRC_E_META + 1];
};

static void fill_counts(struct counts *counts)
{
    memset(counts, 0, sizeof(*counts));
    counts->n_values[TRC_E_LOST] = 1;
    counts->n_values[TRC_E_META] = 2;
    for (unsigned kind = 0; kind < TRC_N_EVENTS; kind++) {
        const struct trc_event_info *info = &trc_event_infos[kind];

        for (unsigned i = 0; i < info->n_values; i++) {
            const unsigned n = info->values[i].slot + (info->values[i].type == TRC_WORDS ? 4U : 1U);

            SIM_BUG_ON(n > TRC_MAX_VALUES);
            if (n > counts->n_values[kind])
                counts->n_values[kind] = (uint8_t)n;
        }
    }
}

/* ---- child ---- */

struct sender {
    int fd;
    struct counts counts;
    size_t n_bytes;
    uint8_t buffer[BUFFER_BYTES];
};

static int send_all(struct sender *s)
{
    size_t at = 0;

    while (at < s->n_bytes) {
        const ssize_t n = write(s->fd, s->buffer + at, s->n_bytes - at);

        if (n < 0 && errno != EINTR)
            return SIM_EIO;
        at += n > 0 ? (size_t)n : 0;
    }
    s->n_bytes = 0;
    return 0;
}

static int append(struct sender *s, const void *bytes, size_t n_bytes)
{
    if (s->n_bytes + n_bytes > BUFFER_BYTES) {
        const int err = send_all(s);

        if (err)
            return err;
    }
    if (n_bytes)
        memcpy(s->buffer + s->n_bytes, bytes, n_bytes);
    s->n_bytes += n_bytes;
    return 0;
}

static int put_event(void *ctx, const struct trc_event *event)
{
    struct sender *s = ctx;
    const uint32_t n_text =
        event->text.n_bytes < MAX_TEXT_BYTES ? event->text.n_bytes : MAX_TEXT_BYTES;
    const struct message message = {event->time_ns, event->pid, event->cpu, event->kind,
                                    event->has,     n_text,     0};
    int err;

    err = append(s, &message, sizeof(message));
    if (!err)
        err = append(s, event->values, s->counts.n_values[event->kind] * sizeof(event->values[0]));
    return err ? err : append(s, event->text.bytes, n_text);
}

void trc_child_limit(const struct trc_limits *limits)
{
    const struct rlimit memory = {limits->memory_bytes, limits->memory_bytes};
    const struct rlimit core = {0, 0};
    const int null = open("/dev/null", O_RDWR | O_CLOEXEC);

    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    (void)setrlimit(RLIMIT_CORE, &core);
    if (!SIM_HAS_SANITIZER)
        (void)setrlimit(RLIMIT_AS, &memory);
    if (null >= 0) { /* the library's own words are not for the user's terminal */
        (void)dup2(null, STDOUT_FILENO);
        (void)dup2(null, STDERR_FILENO);
    }
}

static void run_child(int fd, trc_source_fn *source, void *ctx, const struct trc_limits *limits,
                      struct sim_diag *diag)
{
    struct sender *s = calloc(1, sizeof(*s));
    struct trc_event_sink sink = {put_event, s};
    struct message last = {.kind = KIND_RESULT, .n_text = sizeof(*diag)};

    if (!s)
        _exit(1);
    s->fd = fd;
    fill_counts(&s->counts);
    (void)signal(SIGPIPE, SIG_DFL);
    trc_child_limit(limits);
    last.result = source(ctx, &sink, diag);
    if (append(s, &last, sizeof(last)) || append(s, diag, sizeof(*diag)) || send_all(s))
        _exit(1);
    _exit(0);
}

/* ---- parent ---- */

struct receiver {
    int fd;
    struct counts counts;
    pid_t pid;
    const struct trc_limits *limits;
    const struct trc_event_sink *sink;
    struct sim_diag *diag;
    unsigned silence_ms;
    uint64_t n_events;
    bool has_result;
    int result;
    size_t at, n_bytes;
    uint8_t buffer[BUFFER_BYTES];
};

static uint64_t resident_bytes(pid_t pid)
{
    char path[64];
    char line[128] = "";
    uint64_t n_pages = 0;
    const char *second;
    FILE *file;

    (void)snprintf(path, sizeof(path), "/proc/%ld/statm", (long)pid);
    file = fopen(path, "re");
    if (!file)
        return 0;
    if (fgets(line, sizeof(line), file)) {
        second = strchr(line, ' ');
        n_pages = second ? strtoull(second, NULL, 10) : 0;
    }
    (void)fclose(file);
    return n_pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

static int refuse(struct receiver *r, const char *what)
{
    return sim_diag_text(r->diag, SIM_EFORMAT, 0, 0, "%s after %llu events: the file is damaged",
                         what, (unsigned long long)r->n_events);
}

/* Wait until bytes can be read. Return: 0, or why we stop waiting. */
static int wait_readable(struct receiver *r)
{
    struct pollfd pfd = {r->fd, POLLIN, 0};

    for (;;) {
        const int n = poll(&pfd, 1, POLL_MS);

        if (n > 0)
            return 0;
        if (n < 0 && errno != EINTR)
            return sim_diag_text(r->diag, SIM_EIO, 0, 0, "cannot wait for the reader process: %s",
                                 strerror(errno));
        r->silence_ms += n == 0 ? POLL_MS : 0;
        if (SIM_HAS_SANITIZER && resident_bytes(r->pid) > r->limits->memory_bytes)
            return refuse(r, "reading took too much memory");
        if (r->silence_ms > r->limits->silence_s * 1000)
            return refuse(r, "reading hung");
    }
}

/* Have n bytes at buffer + at. Return: 1, 0 at the end of the pipe, or an error. */
static int fill(struct receiver *r, size_t n)
{
    if (r->n_bytes - r->at < n) {
        memmove(r->buffer, r->buffer + r->at, r->n_bytes - r->at);
        r->n_bytes -= r->at;
        r->at = 0;
    }
    while (r->n_bytes < n) {
        const int err = wait_readable(r);
        ssize_t got;

        if (err)
            return err;
        got = read(r->fd, r->buffer + r->n_bytes, BUFFER_BYTES - r->n_bytes);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return 0;
        r->silence_ms = 0;
        r->n_bytes += (size_t)got;
    }
    return 1;
}

static int receive_result(struct receiver *r, const struct message *message)
{
    struct sim_diag diag;
    const int err = message->n_text == sizeof(diag) ? fill(r, sizeof(diag)) : 0;

    if (err <= 0)
        return err ? err : refuse(r, "the reader process broke off");
    memcpy(&diag, r->buffer + r->at, sizeof(diag));
    diag.file[sizeof(diag.file) - 1] = '\0';
    diag.text[sizeof(diag.text) - 1] = '\0';
    r->has_result = true;
    r->result = message->result < 0 && message->result >= SIM_ERANGE ? message->result
                : message->result == 0                               ? 0
                                                                     : SIM_EFORMAT;
    if (r->result && !r->diag->error) {
        *r->diag = diag;
        r->diag->error = r->result;
    }
    return 0;
}

static int receive_event(struct receiver *r, const struct message *message)
{
    struct trc_event event = {.time_ns = message->time_ns,
                              .pid = message->pid,
                              .cpu = message->cpu,
                              .kind = message->kind,
                              .has = message->has};
    size_t n_bytes;
    int err;

    if (message->kind > TRC_E_META || message->n_text > MAX_TEXT_BYTES)
        return refuse(r, "the reader process sent nonsense");
    n_bytes = r->counts.n_values[message->kind] * sizeof(event.values[0]);
    err = fill(r, n_bytes + message->n_text);
    if (err <= 0)
        return err ? err : refuse(r, "the reader process broke off");
    memcpy(event.values, r->buffer + r->at, n_bytes);
    r->at += n_bytes;
    event.text.bytes = (const char *)r->buffer + r->at;
    event.text.n_bytes = message->n_text;
    r->at += message->n_text;
    r->n_events++;
    return r->sink->put(r->sink->ctx, &event);
}

static int receive(struct receiver *r)
{
    int err;

    while (!r->has_result) {
        struct message message;

        err = fill(r, sizeof(message));
        if (err <= 0)
            return err;
        memcpy(&message, r->buffer + r->at, sizeof(message));
        r->at += sizeof(message);
        err =
            message.kind == KIND_RESULT ? receive_result(r, &message) : receive_event(r, &message);
        if (err)
            return err;
    }
    return r->result;
}

static int explain_death(struct receiver *r, int status)
{
    char what[96];

    if (WIFSIGNALED(status))
        (void)snprintf(what, sizeof(what), "the reader process was ended by signal %d",
                       WTERMSIG(status));
    else
        (void)snprintf(what, sizeof(what), "the reader process ended with status %d",
                       WEXITSTATUS(status));
    return refuse(r, what);
}

int trc_child_run(trc_source_fn *source, void *ctx, const struct trc_limits *limits,
                  const struct trc_event_sink *sink, struct sim_diag *diag)
{
    struct receiver *r = calloc(1, sizeof(*r));
    int status = 0;
    int fds[2];
    int err;

    if (!r)
        return sim_diag_text(diag, SIM_ENOMEM, 0, 0, "no memory to read");
    (void)fflush(NULL);
    if (pipe2(fds, O_CLOEXEC)) {
        err = sim_diag_text(diag, SIM_EIO, 0, 0, "cannot make a pipe: %s", strerror(errno));
        goto out;
    }
    (void)fcntl(fds[1], F_SETPIPE_SZ, PIPE_BYTES);
    r->pid = fork();
    if (r->pid == 0) {
        (void)close(fds[0]);
        run_child(fds[1], source, ctx, limits, diag);
    }
    (void)close(fds[1]);
    if (r->pid < 0) {
        err = sim_diag_text(diag, SIM_EIO, 0, 0, "cannot start a process: %s", strerror(errno));
        goto out_pipe;
    }
    r->fd = fds[0];
    fill_counts(&r->counts);
    r->limits = limits;
    r->sink = sink;
    r->diag = diag;
    err = receive(r);
    if (!r->has_result && err)
        (void)kill(r->pid, SIGKILL);
    while (waitpid(r->pid, &status, 0) < 0 && errno == EINTR)
        ;
    if (!r->has_result && !err)
        err = explain_death(r, status);
out_pipe:
    (void)close(fds[0]);
out:
    free(r);
    return err;
}
