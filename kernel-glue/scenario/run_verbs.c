/* SPDX-License-Identifier: BSD-2-Clause
 * run_verbs.c - lines of a scenario as calls of objects, and the names that they use.
 * Knows: verbs, objects. Must not know: drivers, records. */
#include "kernel-glue/scenario/run_private.h"

#include "sim/time.h"

#include <errno.h>
#include <string.h>

#define DEFAULT_PASID_BITS 6u

/* ---- names ---- */

struct run_name *run_find(struct run *run, const struct scn_word *word)
{
    for (uint32_t i = 0; i < run->n_names; i++) {
        if (!word->is_number && strcmp(run->names[i].name, word->text) == 0)
            return &run->names[i];
    }
    return NULL;
}

/* A name that is used again stands for the new object. */
struct run_name *run_name_new(struct run *run, const struct scn_word *word, enum iofd_kind kind)
{
    struct run_name *name = run_find(run, word);

    if (!name && run->n_names == RUN_MAX_NAMES)
        return NULL;
    if (!name)
        name = &run->names[run->n_names++];
    memset(name, 0, sizeof(*name));
    memcpy(name->name, word->text, sizeof(name->name));
    name->kind = kind;
    name->run = run;
    return name;
}

static int keep_id(struct run *run, const struct scn_step *step, enum iofd_kind kind, uint32_t id)
{
    struct run_name *name = run_name_new(run, &step->words[0], kind);

    if (!name)
        return -ENOSPC;
    name->id = id;
    return 0;
}

static uint32_t id_of(struct run *run, const struct scn_word *word)
{
    const struct run_name *name = run_find(run, word);

    return name ? name->id : 0;
}

static uint32_t any_device(const struct run *run)
{
    for (uint32_t i = 0; i < run->n_names; i++) {
        if (run->names[i].kind == IOFD_DEVICE && run->names[i].id)
            return run->names[i].id;
    }
    return 0;
}

/* ---- objects ---- */

static int do_device(struct run *run, const struct scn_step *step)
{
    struct run_name *device = run_find(run, &step->words[0]);
    const bool has_pasid = scn_has(step, "pasid") || scn_key(step, "pasid_bits");
    struct iofd_device_info info = {
        .drv = {.flags = (scn_has(step, "ats") ? (uint32_t)DRV_ATS : 0) |
                         (scn_has(step, "pri") ? (uint32_t)DRV_PRI : 0) |
                         (scn_has(step, "stall") ? (uint32_t)DRV_STALL : 0)},
        .group = (uint32_t)scn_number(step, "group", IOFD_NO_GROUP),
        .may_skip_snoop = scn_has(step, "no-snoop"),
        .default_kind = DRV_IDENTITY};
    uint64_t n_before;
    int err;

    if (!device)
        return -ENOENT;
    device->kind = IOFD_DEVICE;
    info.drv.dev = device->dev;
    info.drv.requester = device->sid;
    if (has_pasid)
        info.drv.pasid_bits = (uint8_t)scn_number(step, "pasid_bits", DEFAULT_PASID_BITS);
    n_before = run->memory.n_live_bytes;
    err = iofd_bind(run->fd, &info, &device->id);
    run->memory.n_own_bytes += run->memory.n_live_bytes - n_before;
    return err;
}

static int do_ioas(struct run *run, const struct scn_step *step)
{
    uint32_t id;
    const int err = iofd_ioas_alloc(run->fd, &id);

    return err ? err : keep_id(run, step, IOFD_IOAS, id);
}

static int do_hwpt(struct run *run, const struct scn_step *step)
{
    struct iofd_hwpt_spec spec = {.device = any_device(run),
                                  .stage = (uint8_t)scn_number(step, "stage", 0)};
    uint32_t id;
    int err = 0;

    spec.flags = (scn_has(step, "nest-parent") ? (uint32_t)IOFD_HWPT_NEST_PARENT : 0) |
                 (scn_has(step, "dirty") ? (uint32_t)IOFD_HWPT_DIRTY : 0) |
                 (scn_has(step, "pasid") ? (uint32_t)IOFD_HWPT_PASID : 0) |
                 (scn_has(step, "identity") ? (uint32_t)IOFD_HWPT_IDENTITY : 0);
    if (scn_has(step, "faults"))
        err = iofd_faultq_alloc(run->fd, &spec.faultq);
    if (!err)
        err = iofd_hwpt_alloc(run->fd, id_of(run, &step->words[1]), &spec, &id);
    if (!err)
        err = keep_id(run, step, IOFD_HWPT, id);
    else if (spec.faultq)
        (void)iofd_destroy(run->fd, spec.faultq);
    if (!err)
        run_find(run, &step->words[0])->faultq = spec.faultq;
    return err;
}

static void let_go(void *ctx, uint64_t iova, uint64_t n_bytes)
{
    struct run_name *access = ctx;

    for (uint32_t i = access->n_pins; i > 0; i--) {
        const uint64_t first = access->pins[i - 1].iova;
        const uint64_t last = first + access->pins[i - 1].n_bytes - 1;

        if (last < iova || first - iova >= n_bytes)
            continue;
        (void)iofd_unpin(access->run->fd, access->id, first, access->pins[i - 1].n_bytes);
        access->pins[i - 1] = access->pins[--access->n_pins];
    }
}

static int do_access(struct run *run, const struct scn_step *step)
{
    struct run_name *access = run_name_new(run, &step->words[0], IOFD_ACCESS);
    const struct iofd_access_ops ops = {let_go, access};
    int err;

    if (!access)
        return -ENOSPC;
    err = iofd_access_alloc(run->fd, &ops, &access->id);
    if (!err)
        err = iofd_attach(run->fd, access->id, IOFD_NO_PASID, id_of(run, &step->words[1]));
    if (err && access->id) {
        (void)iofd_destroy(run->fd, access->id);
        access->kind = IOFD_NONE;
        access->id = 0;
    }
    return err;
}

static int do_process(struct run *run, const struct scn_step *step)
{
    uint32_t id;
    int err = iofd_process_alloc(run->fd, &id);

    if (!err && scn_has(step, "told"))
        err = iofd_process_tell(run->fd, id);
    return err ? err : keep_id(run, step, IOFD_PROCESS, id);
}

static int do_destroy(struct run *run, const struct scn_step *step)
{
    struct run_name *name = run_find(run, &step->words[0]);
    int err;

    if (!name)
        return -ENOENT;
    err = name->kind == IOFD_PROCESS ? iofd_process_exit(run->fd, name->id)
                                     : iofd_destroy(run->fd, name->id);
    if (err)
        return err;
    if (name->faultq)
        (void)iofd_destroy(run->fd, name->faultq);
    name->kind = IOFD_NONE;
    name->faultq = 0;
    return 0;
}

/* ---- memory ---- */

static uint8_t prot_of(const char *text)
{
    return (uint8_t)((strchr(text, 'r') ? SIM_PROT_R : 0) | (strchr(text, 'w') ? SIM_PROT_W : 0));
}

/* @pa, @size: which words. The last word before keys says what is permitted. */
static struct iofd_range range_of(const struct scn_step *step, unsigned pa, unsigned size)
{
    struct iofd_range range = {.iova = step->words[1].number,
                               .pa = step->words[pa].number,
                               .n_bytes = step->words[size].number,
                               .prot = SIM_PROT_RW};

    if (size == 3 && step->n_words > 4 && !step->words[4].key[0])
        range.prot = prot_of(step->words[4].text);
    if (scn_has(step, "file"))
        range.flags |= IOFD_MAP_FILE;
    if (scn_has(step, "read-only"))
        range.flags |= IOFD_MAP_READ_ONLY;
    return range;
}

static int do_map(struct run *run, const struct scn_step *step)
{
    const struct run_name *name = run_find(run, &step->words[0]);
    const struct iofd_range range = range_of(step, 2, 3);

    if (!name)
        return -ENOENT;
    return name->kind == IOFD_PROCESS ? iofd_process_map(run->fd, name->id, &range)
                                      : iofd_map(run->fd, name->id, &range);
}

static int do_unmap(struct run *run, const struct scn_step *step)
{
    const struct run_name *name = run_find(run, &step->words[0]);
    const uint64_t iova = step->words[1].number;
    const uint64_t n_bytes = step->words[2].number;

    if (!name)
        return -ENOENT;
    return name->kind == IOFD_PROCESS ? iofd_process_unmap(run->fd, name->id, iova, n_bytes)
                                      : iofd_unmap(run->fd, name->id, iova, n_bytes, NULL);
}

static int do_touch(struct run *run, const struct scn_step *step)
{
    return iofd_process_touch(run->fd, id_of(run, &step->words[0]), step->words[1].number,
                              step->words[2].number);
}

static int do_copy(struct run *run, const struct scn_step *step)
{
    const struct iofd_range range = range_of(step, 4, 2);

    return iofd_copy(run->fd, id_of(run, &step->words[0]), id_of(run, &step->words[3]), &range);
}

static int do_allow(struct run *run, const struct scn_step *step)
{
    const struct scn_word *word = scn_key(step, "ranges");
    struct drv_range ranges[SCN_MAX_VALUES / 2];
    uint32_t n = 0;

    for (uint32_t i = 0; word && i + 1 < word->n_values; i += 2)
        ranges[n++] = (struct drv_range){word->values[i], word->values[i + 1]};
    return iofd_allow(run->fd, id_of(run, &step->words[0]), ranges, n);
}

static int do_account(struct run *run, const struct scn_step *step)
{
    return iofd_change_process(run->fd, step->words[0].number);
}

static int do_pin(struct run *run, const struct scn_step *step)
{
    struct run_name *access = run_find(run, &step->words[0]);
    const uint64_t iova = step->words[1].number;
    const uint64_t n_bytes = step->words[2].number;
    int err;

    if (!access || access->kind != IOFD_ACCESS)
        return -ENOENT;
    if (access->n_pins == RUN_MAX_PINS)
        return -ENOSPC;
    err = iofd_pin(run->fd, access->id, iova, n_bytes, scn_has(step, "write"));
    if (err)
        return err;
    access->pins[access->n_pins].iova = iova;
    access->pins[access->n_pins++].n_bytes = n_bytes;
    return 0;
}

static int do_unpin(struct run *run, const struct scn_step *step)
{
    struct run_name *access = run_find(run, &step->words[0]);

    if (!access || access->kind != IOFD_ACCESS)
        return -ENOENT;
    for (uint32_t i = 0; i < access->n_pins; i++) {
        if (access->pins[i].iova == step->words[1].number &&
            access->pins[i].n_bytes == step->words[2].number) {
            access->pins[i] = access->pins[--access->n_pins];
            break;
        }
    }
    return iofd_unpin(run->fd, access->id, step->words[1].number, step->words[2].number);
}

static void count_dirty(void *ctx, uint64_t iova, uint64_t n_bytes)
{
    (void)iova;
    *(uint64_t *)ctx += n_bytes;
}

/* "dirty h read iova= size= -> pages N"; without a number, whatever is there. */
static int read_dirty(struct run *run, const struct scn_step *step, uint32_t hwpt)
{
    const bool is_told = step->n_results == 2 && strcmp(step->results[0].text, "pages") == 0;
    uint64_t n_bytes = 0;
    const struct iofd_dirty dirty = {.iova = scn_number(step, "iova", 0),
                                     .n_bytes = scn_number(step, "size", 0),
                                     .page_bytes = IOFD_PAGE_BYTES,
                                     .seen = count_dirty,
                                     .ctx = &n_bytes};
    const int err = iofd_read_dirty(run->fd, hwpt, &dirty);

    return !err && is_told && n_bytes / IOFD_PAGE_BYTES != step->results[1].number ? -EPROTO : err;
}

static int do_dirty(struct run *run, const struct scn_step *step)
{
    const uint32_t hwpt = id_of(run, &step->words[0]);
    const char *what = step->words[1].text;

    if (strcmp(what, "on") == 0 || strcmp(what, "off") == 0)
        return iofd_dirty_tracking(run->fd, hwpt, what[1] == 'n');
    return read_dirty(run, step, hwpt);
}

/* ---- attaching ---- */

static uint32_t pasid_of(const struct scn_step *step)
{
    return (uint32_t)scn_number(step, "pasid", IOFD_NO_PASID);
}

static int do_attach(struct run *run, const struct scn_step *step)
{
    const struct run_name *device = run_find(run, &step->words[0]);
    const struct run_name *table = run_find(run, &step->words[1]);

    if (!device)
        return -ENOENT;
    if (table && table->kind == IOFD_PROCESS)
        return run_sva(run, device, table, step);
    return iofd_attach(run->fd, device->id, pasid_of(step), table ? table->id : 0);
}

static int do_replace(struct run *run, const struct scn_step *step)
{
    return iofd_replace(run->fd, id_of(run, &step->words[0]), pasid_of(step),
                        id_of(run, &step->words[1]));
}

static int do_detach(struct run *run, const struct scn_step *step)
{
    return iofd_detach(run->fd, id_of(run, &step->words[0]), pasid_of(step));
}

/* ---- the rest ---- */

static int do_fail_next(struct run *run, const struct scn_step *step)
{
    const char *what = step->n_words && !step->words[0].key[0] ? step->words[0].text : "";
    const uint64_t n = scn_number(step, "step", 1);

    if (strcmp(what, "alloc") == 0)
        run_fail(run, RUN_FAIL_ALLOC, n);
    else if (strcmp(what, "table") == 0)
        run_fail(run, RUN_FAIL_TABLE, n);
    else if (strcmp(what, "command") == 0)
        run_fail(run, RUN_FAIL_COMMAND, n);
    else if (!what[0])
        run_fail(run, RUN_FAIL_STEP, n);
    else
        return -ENOSYS;
    return 0;
}

static int do_cpu(struct run *run, const struct scn_step *step)
{
    run->cpu = (uint16_t)(step->words[0].number % RUN_MAX_CPUS);
    return 0;
}

static int do_sleep(struct run *run, const struct scn_step *step)
{
    const uint64_t until_ps = run_now_ps(run) + sim_ps_from_ns(step->words[0].number);

    while (run_now_ps(run) < until_ps && rpl_look(run->rpl, 0, false))
        run_settle(run);
    (void)iofd_poll_faults(run->fd);
    return 0;
}

static int do_nothing(struct run *run, const struct scn_step *step)
{
    (void)run;
    (void)step;
    return 0;
}

struct verb {
    const char *name;
    int (*run)(struct run *run, const struct scn_step *step);
};

static const struct verb verbs[] = {
    {"device", do_device},
    {"ioas", do_ioas},
    {"hwpt", do_hwpt},
    {"nested", run_nested},
    {"access", do_access},
    {"process", do_process},
    {"destroy", do_destroy},
    {"map", do_map},
    {"unmap", do_unmap},
    {"copy", do_copy},
    {"allow", do_allow},
    {"account", do_account},
    {"attach", do_attach},
    {"replace", do_replace},
    {"detach", do_detach},
    {"pin", do_pin},
    {"unpin", do_unpin},
    {"dirty", do_dirty},
    {"guest", run_guest},
    {"label", run_label},
    {"pasid-name", run_pasid_name},
    {"respond", run_respond},
    {"expect", run_expect},
    {"invalidate", run_invalidate},
    {"dma", run_dma},
    {"fail-next", do_fail_next},
    {"cpu", do_cpu},
    {"sleep", do_sleep},
    {"moment", do_nothing},
    {"touch", do_touch},
};

int run_verb(struct run *run, const struct scn_step *step)
{
    for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
        if (scn_is(step, verbs[i].name))
            return verbs[i].run(run, step);
    }
    return -ENOSYS;
}
