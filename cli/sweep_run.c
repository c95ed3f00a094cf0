/* SPDX-License-Identifier: BSD-2-Clause
 * sweep_run.c - as many points at a time as there are jobs. Signals are read, not caught: no
 * handler, no state outside of the run. */
#include "cli/sweep_run.h"

#include "cli/cli.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#define NS_PER_MS UINT64_C(1000000)
#define NS_PER_S UINT64_C(1000000000)
#define PROGRESS_MS 250
#define BAR_CHARS 24u

struct work {
    struct sweep_run *run;
    struct sweep_job *jobs;
    size_t n_started, n_ended;
    uint32_t n_running;
    int signals; /* signalfd */
    sigset_t before;
    bool is_terminal;
    uint64_t start_ns, shown_ns;
    int err;
};

/* ---- progress -------------------------------------------------------------------------------- */

static void show(struct work *work)
{
    const struct sweep_run *run = work->run;
    const uint64_t now = sweep_now_ns();
    const unsigned n_bar = (unsigned)(work->n_ended * BAR_CHARS / run->n_todo);
    uint64_t left_s;

    if (!work->is_terminal || now - work->shown_ns < PROGRESS_MS * NS_PER_MS || !work->n_ended)
        return;
    work->shown_ns = now;
    left_s = (now - work->start_ns) / work->n_ended * (run->n_todo - work->n_ended) / NS_PER_S;
    (void)fprintf(stderr, "\r[%.*s%*s] %zu/%zu, %zu failed, %" PRIu64 ":%02" PRIu64 " left\033[K",
                  (int)n_bar, "########################", (int)(BAR_CHARS - n_bar), "",
                  work->n_ended, run->n_todo, run->n_failed, left_s / 60, left_s % 60);
}

static void wipe(const struct work *work)
{
    if (work->is_terminal && work->shown_ns)
        (void)fputs("\r\033[K", stderr);
}

/* ---- jobs ------------------------------------------------------------------------------------ */

static bool goes_on(const struct work *work)
{
    return !work->err && !work->run->signal;
}

static void start_jobs(struct work *work)
{
    struct sweep_run *run = work->run;

    for (uint32_t i = 0; i < run->n_jobs && goes_on(work) && work->n_started < run->n_todo; i++) {
        struct sweep_job *job = &work->jobs[i];

        if (job->pid)
            continue;
        job->point = run->todo[work->n_started];
        work->err = sweep_job_start(job, &run->plan->points[job->point], run->timeout_ns);
        if (work->err)
            return;
        work->n_started++;
        work->n_running++;
    }
}

static void end_job(struct work *work, struct sweep_job *job, int status)
{
    struct sweep_run *run = work->run;
    struct sweep_point *point = &run->plan->points[job->point];
    struct sim_diag diag;

    work->n_running--;
    if (!goes_on(work)) {
        sweep_job_drop(job);
        return;
    }
    sim_diag_init(&diag, run->dir);
    work->err = sweep_job_finish(job, status, run->dir, run->plan, &point->state, &diag);
    if (work->err) {
        (void)cli_report(&diag, false);
        sweep_job_drop(job);
        return;
    }
    work->n_ended++;
    if (point->state == SWEEP_DONE)
        run->n_done++;
    else
        run->n_failed++;
}

static void reap(struct work *work)
{
    for (uint32_t i = 0; i < work->run->n_jobs; i++) {
        struct sweep_job *job = &work->jobs[i];
        int status;

        if (job->pid && waitpid(job->pid, &status, WNOHANG) == job->pid)
            end_job(work, job, status);
    }
}

/* Return: for how long poll may wait. */
static int look_at_deadlines(struct work *work)
{
    const uint64_t now = sweep_now_ns();
    uint64_t wait_ns = work->is_terminal ? PROGRESS_MS * NS_PER_MS : 60 * NS_PER_S;

    for (uint32_t i = 0; i < work->run->n_jobs; i++) {
        struct sweep_job *job = &work->jobs[i];

        if (!job->pid || !job->deadline_ns || job->is_late)
            continue;
        if (now >= job->deadline_ns) {
            job->is_late = true;
            sweep_job_kill(job);
        } else if (job->deadline_ns - now < wait_ns) {
            wait_ns = job->deadline_ns - now;
        }
    }
    return (int)(wait_ns / NS_PER_MS) + 1;
}

static void kill_all(struct work *work)
{
    for (uint32_t i = 0; i < work->run->n_jobs; i++) {
        if (work->jobs[i].pid)
            sweep_job_kill(&work->jobs[i]);
    }
}

static void read_signals(struct work *work)
{
    struct signalfd_siginfo info;

    while (read(work->signals, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
        if (info.ssi_signo != SIGCHLD && !work->run->signal)
            work->run->signal = (int)info.ssi_signo;
    }
}

static void loop(struct work *work)
{
    struct pollfd signals = {.fd = work->signals, .events = POLLIN};

    start_jobs(work);
    while (work->n_running) {
        if (!goes_on(work))
            kill_all(work);
        (void)poll(&signals, 1, look_at_deadlines(work));
        read_signals(work);
        reap(work);
        start_jobs(work);
        show(work);
    }
}

int sweep_run(struct sweep_run *run)
{
    struct work work = {.run = run, .start_ns = sweep_now_ns()};
    sigset_t set;

    run->n_done = 0;
    run->n_failed = 0;
    run->signal = 0;
    (void)sigemptyset(&set);
    (void)sigaddset(&set, SIGCHLD);
    (void)sigaddset(&set, SIGINT);
    (void)sigaddset(&set, SIGTERM);
    (void)sigaddset(&set, SIGHUP);
    work.jobs = calloc(run->n_jobs, sizeof(*work.jobs));
    if (!work.jobs) {
        cli_error("no memory");
        return SIM_ENOMEM;
    }
    (void)signal(SIGCHLD, SIG_DFL); /* ignored, it would take the ends of children along */
    (void)sigprocmask(SIG_BLOCK, &set, &work.before);
    work.signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    work.is_terminal = isatty(STDERR_FILENO) == 1;
    if (work.signals < 0) {
        cli_error("cannot wait for processes: %s", strerror(errno));
        work.err = SIM_EIO;
    } else {
        loop(&work);
        wipe(&work);
        (void)close(work.signals);
    }
    (void)sigprocmask(SIG_SETMASK, &work.before, NULL);
    free(work.jobs);
    return work.err;
}
