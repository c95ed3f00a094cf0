/* SPDX-License-Identifier: BSD-2-Clause
 * run_expect.c - what a scenario says that must have happened.
 * Knows: records, commands by name. Must not know: who sent them. */
#include "kernel-glue/scenario/run_private.h"

#include "models/smmuv3/smmu_layout.h"
#include "models/vtd/vtd_layout.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define MAX_COMMANDS 48u
#define SHOWN_BYTES 512u

/** struct tally - names, and how often each came. */
struct tally {
    char names[MAX_COMMANDS][SCN_NAME_BYTES];
    uint64_t counts[MAX_COMMANDS];
    uint32_t n;
};

static void count(struct tally *tally, const char *name, uint64_t n)
{
    uint32_t i = 0;

    while (i < tally->n && strcmp(tally->names[i], name) != 0)
        i++;
    if (i == MAX_COMMANDS)
        return;
    if (i == tally->n) {
        (void)snprintf(tally->names[i], SCN_NAME_BYTES, "%s", name);
        tally->counts[tally->n++] = 0;
    }
    tally->counts[i] += n;
}

/* A descriptor of 256 bits is two stores: the second has no name. */
static bool name_command(const struct run *run, size_t i, char *name)
{
    const struct sim_record *rec = &run->kept[i];
    uint64_t words[4] = {rec->store.value, rec->store.value_hi, 0, 0};

    if (rec->kind != SIM_R_STORE)
        return false;
    if (rec->store.structure == SIM_S_CMD && rec->store.pa % 16 == 0) {
        (void)snprintf(name, SCN_NAME_BYTES, "%s", smmu_cmd_name(smmu_UNKNOWN_CMD_op(words)));
        return true;
    }
    if (rec->store.structure != SIM_S_QI || rec->store.pa % 16)
        return false;
    for (size_t k = i; k-- > 0 && i - k < 4;) { /* is it the other half of the one before? */
        const struct sim_record *other = &run->kept[k];

        if (other->kind == SIM_R_STORE && other->store.structure == SIM_S_QI &&
            rec->store.pa % 32 == 16 && other->store.pa == rec->store.pa - 16 &&
            !rec->store.value && !rec->store.value_hi)
            return false;
    }
    (void)vtd_qi_name(words, name, SCN_NAME_BYTES);
    return true;
}

static void tally_window(const struct run *run, struct tally *tally)
{
    char name[SCN_NAME_BYTES];

    for (size_t i = run->window; i < run->n_kept; i++) {
        if (name_command(run, i, name))
            count(tally, name, 1);
    }
}

/* "IOTLB_INV" stands for each granularity. */
static bool fits(const char *wanted, const char *name)
{
    const size_t n = strlen(wanted);

    return strcmp(wanted, name) == 0 || (strncmp(wanted, name, n) == 0 && name[n] == '.');
}

static void show(const struct run *run, const struct scn_step *step, const struct tally *tally)
{
    char text[SHOWN_BYTES] = "";

    for (uint32_t i = 0; i < tally->n; i++) {
        const size_t at = strlen(text);

        (void)snprintf(text + at, sizeof(text) - at, " %s*%" PRIu64, tally->names[i],
                       tally->counts[i]);
    }
    if (!run->config.is_quiet)
        (void)fprintf(stderr, "%s:%u: there were%s\n", run->config.scenario, step->line,
                      text[0] ? text : " no commands");
}

/* "expect commands CFGI_CD*3 CMD_SYNC*3": these and no others, in any order. */
static int expect_commands(const struct run *run, const struct scn_step *step)
{
    struct tally tally = {.n = 0};
    uint64_t n_all = 0;
    uint64_t n_named = 0;
    bool is_same = true;

    tally_window(run, &tally);
    for (uint32_t i = 0; i < tally.n; i++)
        n_all += tally.counts[i];
    for (uint32_t k = 1; k < step->n_words; k++) {
        uint64_t n = 0;

        if (step->words[k].key[0])
            continue;
        for (uint32_t i = 0; i < tally.n; i++)
            n += fits(step->words[k].text, tally.names[i]) ? tally.counts[i] : 0;
        is_same = is_same && n == step->words[k].count;
        n_named += n;
    }
    if (is_same && n_named == n_all)
        return 0;
    show(run, step, &tally);
    return -EPROTO;
}

/* Marks say what is asked for, not what is done. */
static bool is_act(const struct sim_record *rec)
{
    return rec->kind == SIM_R_STORE || rec->kind == SIM_R_MMIO_WRITE || rec->kind == SIM_R_WAIT ||
           rec->kind == SIM_R_MMIO_READ || rec->kind == SIM_R_ATS;
}

static int expect_nothing(const struct run *run)
{
    for (size_t i = run->window; i < run->n_kept; i++) {
        if (is_act(&run->kept[i]))
            return -EPROTO;
    }
    return 0;
}

/* "expect users h*2": so many hold it. */
static int expect_users(struct run *run, const struct scn_step *step)
{
    for (uint32_t k = 1; k < step->n_words; k++) {
        const struct run_name *name = run_find(run, &step->words[k]);

        if (!name)
            return -ENOENT;
        if (iofd_users(run->fd, name->id) != step->words[k].count)
            return -EPROTO;
    }
    return 0;
}

static int expect_unused(struct run *run, const struct scn_step *step)
{
    const struct run_name *name = step->n_words > 1 ? run_find(run, &step->words[1]) : NULL;

    if (!name)
        return -ENOENT;
    return iofd_users(run->fd, name->id) ? -EPROTO : 0;
}

/* "expect events" and "expect no-events": of hardware, for software. */
static int expect_events(struct run *run, bool some)
{
    run_rest(run);
    return (run->stats.n_events != run->n_events_before) == some ? 0 : -EPROTO;
}

int run_expect(struct run *run, const struct scn_step *step)
{
    const char *what = step->words[0].text;

    if (strcmp(what, "dma") == 0)
        return run_expect_dma(run, step);
    if (strcmp(what, "commands") == 0)
        return expect_commands(run, step);
    if (strcmp(what, "nothing") == 0)
        return expect_nothing(run);
    if (strcmp(what, "users") == 0)
        return expect_users(run, step);
    if (strcmp(what, "unused") == 0)
        return expect_unused(run, step);
    if (strcmp(what, "events") == 0 || strcmp(what, "no-events") == 0)
        return expect_events(run, what[0] == 'e');
    return -ENOSYS;
}
