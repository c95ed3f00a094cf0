/* SPDX-License-Identifier: BSD-2-Clause
 * sweep_slurm.c - a script of fixed text, sbatch and squeue. No name of a file goes through a
 * shell: the script has them as arguments. */
#include "cli/sweep_slurm.h"

#include "cli/cli.h"
#include "cli/sweep_result.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MAX_ARGS 20u
#define NO_TOOL 127 /* as a shell says it */
#define ARG_BYTES 256u
#define ANSWER_BYTES 4096u
#define WAIT_S 1

/* An element that a signal ended (no memory, an administrator) asks to be run again: what it had
 * done is kept, so that is cheap. Three times, so that one which always ends so comes to an end.
 * Its own SLURM_JOB_ID would not do: one of the elements has that of the whole array. */
static const char script[] =
    "#!/bin/sh\n"
    "# Written by iommusim sweep. Arguments: the program, the folder, processes at a time.\n"
    "exec >> \"$2/element-$SLURM_ARRAY_TASK_ID.log\" 2>&1\n"
    "\"$1\" sweep --element \"$SLURM_ARRAY_TASK_ID\" --jobs \"$3\" -- \"$2\"\n"
    "code=$?\n"
    "if [ $code -gt 128 ] && [ \"${SLURM_RESTART_COUNT:-0}\" -lt 3 ]; then\n"
    "    scontrol requeue \"${SLURM_ARRAY_JOB_ID}_$SLURM_ARRAY_TASK_ID\"\n"
    "fi\n"
    "exit $code\n";

/* ---- tools ----------------------------------------------------------------------------------- */

static void become(char *const *argv, int out, int errors)
{
    if (dup2(out, STDOUT_FILENO) >= 0 && dup2(errors, STDERR_FILENO) >= 0)
        (void)execvp(argv[0], argv);
    _exit(NO_TOOL);
}

/* Text that a tool printed, cut at ANSWER_BYTES. */
static void read_text(FILE *from, char *text)
{
    const ssize_t n = pread(fileno(from), text, ANSWER_BYTES - 1, 0);

    text[n > 0 ? n : 0] = '\0';
}

/* What a tool of Slurm said. */
struct answer {
    int code; /* NO_TOOL: it is not installed */
    char out[ANSWER_BYTES], errors[ANSWER_BYTES];
};

static int ask(char *const *argv, struct answer *answer)
{
    char path[CLI_FD_PATH_BYTES];
    FILE *out = cli_temporary_file(path);
    FILE *errors = out ? cli_temporary_file(path) : NULL;
    int status = -1;
    pid_t pid = -1;

    if (errors)
        pid = fork();
    if (pid == 0)
        become(argv, fileno(out), fileno(errors));
    while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    answer->code = WIFEXITED(status) ? WEXITSTATUS(status) : 126;
    if (errors) {
        read_text(out, answer->out);
        read_text(errors, answer->errors);
        (void)fclose(errors);
    }
    if (out)
        (void)fclose(out);
    return pid > 0 ? 0 : SIM_EIO;
}

/* ---- submit ---------------------------------------------------------------------------------- */

static int write_script(const char *dir, char *path)
{
    const int n = snprintf(path, SWEEP_PATH_BYTES, "%s/array.sh", dir);
    struct sim_outfile *out;
    struct sim_diag diag;

    sim_diag_init(&diag, dir);
    if (n < 0 || (size_t)n >= SWEEP_PATH_BYTES)
        return SIM_EINVAL;
    out = sim_outfile_open(path, &diag);
    if (out && fputs(script, sim_outfile_stream(out)) != EOF && !sim_outfile_commit(out, &diag))
        return 0;
    (void)cli_report(&diag, false);
    return SIM_EIO;
}

/* Arguments of sbatch: those with a value are made in @made. */
struct sbatch {
    char *argv[MAX_ARGS + 1];
    char made[MAX_ARGS][ARG_BYTES];
    size_t n;
    char dir[SWEEP_PATH_BYTES], path[SWEEP_PATH_BYTES], program[SWEEP_PATH_BYTES];
};

static void add(struct sbatch *sbatch, const char *option, const char *value)
{
    char *text = sbatch->made[sbatch->n];

    (void)snprintf(text, ARG_BYTES, "%s%s", option, value);
    sbatch->argv[sbatch->n++] = text;
}

static void add_number(struct sbatch *sbatch, const char *option, uint64_t value)
{
    char number[24];

    (void)snprintf(number, sizeof(number), "%" PRIu64, value);
    add(sbatch, option, number);
}

static void add_options(struct sbatch *sbatch, const struct sweep_slurm *slurm, uint32_t n_elements)
{
    add(sbatch, "sbatch", "");
    add(sbatch, "--parsable", "");
    add(sbatch, "--requeue", "");
    add(sbatch, "--job-name=iommusim-sweep", "");
    add_number(sbatch, "--array=0-", n_elements - 1);
    add_number(sbatch, "--cpus-per-task=", slurm->n_jobs);
    /* Slurm reads a "%" in names; the script opens its log itself. */
    add(sbatch, "--output=/dev/null", "");
    add(sbatch, "--chdir=/", "");
    if (slurm->partition)
        add(sbatch, "--partition=", slurm->partition);
    if (slurm->time)
        add(sbatch, "--time=", slurm->time);
}

/* "17" or "17;cluster". */
static int take_job(const struct answer *answer, char *job)
{
    const size_t n = strspn(answer->out, "0123456789");

    if (answer->code == NO_TOOL)
        cli_error("there is no sbatch: is this a machine of a Slurm cluster?");
    else if (answer->code != 0 || !n || n >= SWEEP_JOB_BYTES)
        cli_error("sbatch refuses the job: %.300s", answer->errors);
    else {
        memcpy(job, answer->out, n);
        job[n] = '\0';
        return 0;
    }
    return SIM_EIO;
}

/* What sbatch is given behind its options: the script, and what the script is given. */
static int add_script(struct sbatch *sbatch, const struct sweep_slurm *slurm, const char *dir)
{
    if (strlen(dir) >= sizeof(sbatch->dir) || write_script(dir, sbatch->path) ||
        readlink("/proc/self/exe", sbatch->program, sizeof(sbatch->program) - 1) <= 0)
        return SIM_EIO;
    memcpy(sbatch->dir, dir, strlen(dir) + 1);
    sbatch->argv[sbatch->n++] = sbatch->path;
    sbatch->argv[sbatch->n++] = sbatch->program;
    sbatch->argv[sbatch->n++] = sbatch->dir;
    add_number(sbatch, "", slurm->n_jobs);
    return 0;
}

int sweep_slurm_submit(const struct sweep_slurm *slurm, const char *dir, uint32_t n_elements,
                       char *job)
{
    struct sbatch *sbatch = calloc(1, sizeof(*sbatch));
    struct answer *answer = calloc(1, sizeof(*answer));
    int err = SIM_EIO;

    if (sbatch && answer) {
        add_options(sbatch, slurm, n_elements);
        err = add_script(sbatch, slurm, dir);
        if (!err)
            err = ask(sbatch->argv, answer);
        if (!err)
            err = take_job(answer, job);
    }
    free(answer);
    free(sbatch);
    return err;
}

/* ---- wait ------------------------------------------------------------------------------------ */

int sweep_slurm_wait(const char *job)
{
    char name[] = "squeue";
    char no_header[] = "--noheader";
    char jobs[SWEEP_JOB_BYTES + 8];
    char *argv[] = {name, no_header, jobs, NULL};
    struct answer *answer = calloc(1, sizeof(*answer));
    bool is_over = false;
    int err = answer ? 0 : SIM_ENOMEM;

    (void)snprintf(jobs, sizeof(jobs), "--jobs=%s", job);
    while (!err && !is_over) {
        (void)nanosleep(&(struct timespec){.tv_sec = WAIT_S}, NULL);
        err = ask(argv, answer);
        /* A job that ended long ago is no longer known. Any other trouble passes. */
        is_over =
            answer->code == 0 ? !answer->out[0] : strstr(answer->errors, "Invalid job id") != NULL;
        if (answer->code == NO_TOOL)
            err = SIM_EIO;
    }
    if (err)
        cli_error("cannot ask squeue how job %s is", job);
    free(answer);
    return err;
}
