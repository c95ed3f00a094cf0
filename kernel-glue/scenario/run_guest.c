/* SPDX-License-Identifier: BSD-2-Clause
 * run_guest.c - lines about virtual machines, processes and page requests.
 * Knows: verbs, objects. Must not know: drivers, records. */
#include "kernel-glue/scenario/run_private.h"
#include "models/vtd/vtd_layout.h"

#include <errno.h>
#include <string.h>

#define VTD_WORDS 3u
#define SMMU_WORDS 2u
#define WIDTH_4_LEVELS 48u

static const struct run_name *any_device(const struct run *run)
{
    for (uint32_t i = 0; i < run->n_names; i++) {
        if (run->names[i].kind == IOFD_DEVICE && run->names[i].id)
            return &run->names[i];
    }
    return NULL;
}

/* ste=W0,W1 on SMMUv3; pgtbl= and flags=, or pasid_entry= (its first three words), on VT-d. */
static void guest_words(const struct scn_step *step, uint64_t *words)
{
    const struct scn_word *ste = scn_key(step, "ste");
    const struct scn_word *entry = scn_key(step, "pasid_entry");

    for (uint32_t i = 0; ste && i < ste->n_values && i < SMMU_WORDS; i++)
        words[i] = ste->values[i];
    if (entry && entry->n_values > 2) {
        words[0] = vtd_PASID_FSPTPTR_addr(entry->values);
        words[1] = 0;
        words[2] = WIDTH_4_LEVELS;
    }
    if (scn_key(step, "pgtbl")) {
        words[0] = scn_number(step, "pgtbl", 0);
        words[1] = scn_number(step, "flags", 0);
        words[2] = scn_number(step, "width", WIDTH_4_LEVELS);
    }
}

/* The guest's table is that of a process, where guest and host have the same addresses. */
static int process_words(struct run *run, const struct scn_step *step, struct iofd_hwpt_spec *spec)
{
    const struct run_name *process = run_find(run, scn_key(step, "process"));

    if (!process)
        return -ENOENT;
    return iofd_process_words(run->fd, process->id, spec->device,
                              (uint8_t)scn_number(step, "pasid_bits", 0), spec->words);
}

/* What a process maps that was told is told of the nested table, too. */
static void tell_process(struct run *run, const struct scn_step *step, uint32_t nested)
{
    const struct scn_word *word = scn_key(step, "process");
    const struct run_name *process = word ? run_find(run, word) : NULL;

    if (process)
        (void)iofd_nested_tell(run->fd, nested, process->id);
}

int run_nested(struct run *run, const struct scn_step *step)
{
    const struct run_name *parent = run_find(run, &step->words[1]);
    const struct run_name *device = any_device(run);
    struct iofd_hwpt_spec spec = {.device = device ? device->id : 0};
    struct run_name *name;
    uint32_t id;
    int err = 0;

    guest_words(step, spec.words);
    if (scn_key(step, "process"))
        err = process_words(run, step, &spec);
    if (!err && scn_has(step, "faults"))
        err = iofd_faultq_alloc(run->fd, &spec.faultq);
    if (!err)
        err = iofd_nested_alloc(run->fd, parent ? parent->id : 0, &spec, &id);
    if (err) {
        if (spec.faultq)
            (void)iofd_destroy(run->fd, spec.faultq);
        return err;
    }
    name = run_name_new(run, &step->words[0], IOFD_NESTED);
    if (!name)
        return -ENOSPC;
    name->id = id;
    name->faultq = spec.faultq;
    tell_process(run, step, id);
    return 0;
}

int run_invalidate(struct run *run, const struct scn_step *step)
{
    const struct run_name *table = run_find(run, &step->words[0]);
    const struct scn_word *cmd = scn_key(step, "cmd");
    const uint32_t n_words = run->config.ops->arch == SIM_ARCH_VTD ? VTD_WORDS : SMMU_WORDS;
    uint64_t words[SCN_MAX_VALUES] = {0};
    uint32_t n_done;

    if (!table)
        return -ENOENT;
    if (!cmd || cmd->n_values > SCN_MAX_VALUES)
        return -EINVAL;
    memcpy(words, cmd->values, cmd->n_values * sizeof(*words));
    return iofd_invalidate(run->fd, table->id, words, (cmd->n_values + n_words - 1) / n_words,
                           &n_done);
}

/* The oldest request in the fault queue of a table; it must be this device's. */
int run_respond(struct run *run, const struct scn_step *step)
{
    const struct run_name *device = run_find(run, &step->words[0]);
    struct iofd_fault pages[IOFD_FAULT_PAGES];

    if (!device)
        return -ENOENT;
    run_settle(run);
    for (uint32_t i = 0; i < run->n_names; i++) {
        const uint32_t faultq = run->names[i].faultq;
        const int n = faultq ? iofd_fault_read(run->fd, faultq, pages, IOFD_FAULT_PAGES) : 0;

        if (n > 0)
            return pages[0].device != device->id
                       ? -EXDEV
                       : iofd_fault_respond(run->fd, faultq, pages[0].cookie,
                                            strcmp(step->words[1].text, "success") == 0);
    }
    return -ENOENT;
}

/* "guest d0 s2 table table=0x80001000 pasid_bits=0 asid_bits=16", or abort, or bypass. */
int run_guest(struct run *run, const struct scn_step *step)
{
    const struct run_name *device = run_find(run, &step->words[0]);
    const struct run_name *parent = run_find(run, &step->words[1]);
    const char *what = step->words[2].text;
    const struct iofd_guest guest = {.kind = strcmp(what, "abort") == 0    ? IOFD_GUEST_ABORT
                                             : strcmp(what, "bypass") == 0 ? IOFD_GUEST_BYPASS
                                                                           : IOFD_GUEST_TABLE,
                                     .table = scn_number(step, "table", 0),
                                     .pasid_bits = (uint8_t)scn_number(step, "pasid_bits", 0),
                                     .asid_bits = (uint8_t)scn_number(step, "asid_bits", 16),
                                     .n_levels = (uint8_t)scn_number(step, "levels", 4),
                                     .is_two_level = scn_has(step, "two-level")};

    if (!device || !parent)
        return -ENOENT;
    return iofd_guest_bind(run->fd, device->id, (uint32_t)scn_number(step, "pasid", IOFD_NO_PASID),
                           parent->id, &guest);
}

int run_label(struct run *run, const struct scn_step *step)
{
    const struct run_name *device = run_find(run, &step->words[0]);

    return device ? iofd_label(run->fd, device->id, (uint32_t)step->words[1].number) : -ENOENT;
}

int run_pasid_name(struct run *run, const struct scn_step *step)
{
    const struct run_name *device = run_find(run, &step->words[0]);

    return device ? iofd_pasid_name(run->fd, device->id, (uint32_t)step->words[1].number,
                                    (uint32_t)step->words[2].number)
                  : -ENOENT;
}

/* The PASID is chosen; a line may say which one must come out. */
int run_sva(struct run *run, const struct run_name *device, const struct run_name *process,
            const struct scn_step *step)
{
    const uint64_t wanted = scn_number(step, "pasid", IOFD_NO_PASID);
    uint32_t pasid;
    const int err = iofd_sva_bind(run->fd, device->id, process->id, &pasid);

    return !err && wanted != IOFD_NO_PASID && wanted != pasid ? -EXDEV : err;
}
