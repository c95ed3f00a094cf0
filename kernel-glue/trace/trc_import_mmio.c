/* SPDX-License-Identifier: BSD-2-Clause
 * trc_import_mmio.c - register accesses: whose they are, which belong together, which only poll. */
#include "kernel-glue/trace/trc_import_private.h"

#include <string.h>

/* The SMMUv3 driver maps the first 0xe00 bytes of each 64 KiB page of registers, the VT-d driver
 * whole pages of 4 KiB. */
#define SMMU_FRAME_BYTES 0xe00u
#define SMMU_SPAN_BYTES 0x20000u

static int announce(const struct act *act, unsigned number)
{
    const struct unit *unit = &act->import->units[number];
    struct sim_record rec;

    trc_start(act, &rec, SIM_R_IOMMU);
    rec.unit.iommu = (uint16_t)number;
    rec.unit.arch = unit->arch;
    rec.unit.base = unit->base;
    rec.unit.size = unit->size;
    return trc_emit(act, &rec, "IOMMU");
}

/* The unit whose registers include pa; a new one if there is none. MAX_UNITS: no room. */
static unsigned find_unit(struct trc_import *import, uint8_t arch, uint64_t pa)
{
    const uint64_t span = arch == SIM_ARCH_SMMUV3 ? SMMU_SPAN_BYTES : 1;

    for (unsigned i = 0; i < import->n_units; i++) {
        if (import->units[i].arch == arch && pa - import->units[i].base < span)
            return i;
    }
    if (import->n_units < MAX_UNITS) {
        struct unit *unit = &import->units[import->n_units++];

        unit->arch = arch;
        unit->base = pa;
        return import->n_units - 1;
    }
    return MAX_UNITS;
}

static struct frame *find_frame_slot(struct trc_import *import, uint64_t va)
{
    for (unsigned i = 0; i < import->n_frames; i++) {
        if (import->frames[i].va == va)
            return &import->frames[i];
    }
    if (import->n_frames == MAX_FRAMES) { /* the oldest goes */
        memmove(&import->frames[0], &import->frames[1],
                (MAX_FRAMES - 1) * sizeof(import->frames[0]));
        import->n_frames--;
    }
    return &import->frames[import->n_frames++];
}

int trc_on_mmio_map(const struct act *act)
{
    struct trc_import *import = act->import;
    const uint64_t va = act->event->values[0];
    const uint64_t pa = act->event->values[1];
    const uint64_t size = act->event->values[2];
    const uint8_t arch = size == SMMU_FRAME_BYTES ? SIM_ARCH_SMMUV3 : SIM_ARCH_VTD;
    const unsigned number = find_unit(import, arch, pa);
    struct frame *frame;
    struct unit *unit;

    if (number == MAX_UNITS || size == 0 || size > SMMU_SPAN_BYTES || va + size < va) {
        trc_fate(act, TRC_FATE_IGNORED,
                 number == MAX_UNITS ? "more than 64 IOMMUs" : WHY_IMPOSSIBLE, 1);
        return 0;
    }
    unit = &import->units[number];
    frame = find_frame_slot(import, va);
    frame->va = va;
    frame->size = size;
    frame->unit = (uint16_t)number;
    frame->offset = pa - unit->base;
    if (frame->offset + size <= unit->size) {
        trc_fate(act, TRC_FATE_FOLDED, "IOMMU (mapped once more)", 1);
        return 0;
    }
    unit->size = frame->offset + size;
    return announce(act, number);
}

/* Address and width of an access to a unit and offset; false if it is not ours. */
static bool find_reg(const struct trc_import *import, uint64_t addr, uint64_t width_bits,
                     struct reg *reg)
{
    for (unsigned i = import->n_frames; i-- > 0;) {
        const struct frame *frame = &import->frames[i];

        if (addr - frame->va < frame->size && (width_bits == 32 || width_bits == 64)) {
            reg->unit = frame->unit;
            reg->width = (uint8_t)(width_bits / 8);
            reg->offset = frame->offset + (addr - frame->va);
            return true;
        }
    }
    return false;
}

static bool take_pending(struct pending *list, unsigned *n, const struct pending *wanted)
{
    for (unsigned i = *n; i-- > 0;) {
        if (list[i].addr == wanted->addr && list[i].width == wanted->width &&
            list[i].value == wanted->value) {
            (*n)--;
            memmove(&list[i], &list[i + 1], (*n - i) * sizeof(list[0]));
            return true;
        }
    }
    return false;
}

/* Return: whether an older one had to go. */
static bool add_pending(struct pending *list, unsigned *n, const struct pending *added)
{
    bool was_full = false;

    if (*n == MAX_PENDING) {
        (*n)--;
        memmove(&list[0], &list[1], *n * sizeof(list[0]));
        was_full = true;
    }
    list[(*n)++] = *added;
    return was_full;
}

/* Remember the last write of a register whose writes are answered; return the one before. */
static uint64_t exchange_command(struct unit *unit, uint64_t offset, uint64_t value)
{
    uint64_t before = 0;
    unsigned i = 0;

    while (i < unit->n_commands && unit->commands[i].offset != offset)
        i++;
    if (i == unit->n_commands) {
        if (i == MAX_COMMANDS)
            return 0;
        unit->n_commands++;
    } else {
        before = unit->commands[i].value;
    }
    unit->commands[i].offset = offset;
    unit->commands[i].value = value;
    return before;
}

static void expect_answer(const struct act *act, const struct reg *reg, uint64_t value)
{
    struct unit *unit = &act->import->units[reg->unit];
    struct expected *expected = &act->task->expected;

    if (!trc_ack_is_command(unit->arch, reg->offset))
        return;
    expected->unit = reg->unit;
    expected->is_open = trc_ack_find(
        unit->arch, reg->offset, exchange_command(unit, reg->offset, value), value, &expected->ack);
}

static int emit_write(const struct act *act, const struct reg *reg, const char *what)
{
    struct sim_record rec;

    trc_start(act, &rec, SIM_R_MMIO_WRITE);
    rec.mmio.iommu = reg->unit;
    rec.mmio.offset = reg->offset;
    rec.mmio.width = reg->width;
    rec.mmio.value = act->event->values[1];
    expect_answer(act, reg, rec.mmio.value);
    return trc_emit(act, &rec, what);
}

int trc_on_write(const struct act *act)
{
    const uint64_t *values = act->event->values;
    const struct pending pending = {values[2], values[1], values[0]};
    struct reg reg;

    if (!find_reg(act->import, values[2], values[0], &reg)) {
        trc_fate(act, TRC_FATE_IGNORED, WHY_NOT_IOMMU, 1);
        return 0;
    }
    (void)add_pending(act->task->writes, &act->task->n_writes, &pending);
    return emit_write(act, &reg, "MMIO_WRITE");
}

int trc_on_post_write(const struct act *act)
{
    const uint64_t *values = act->event->values;
    const struct pending pending = {values[2], values[1], values[0]};
    struct reg reg;

    if (!find_reg(act->import, values[2], values[0], &reg)) {
        trc_fate(act, TRC_FATE_IGNORED, WHY_NOT_IOMMU, 1);
        return 0;
    }
    if (take_pending(act->task->writes, &act->task->n_writes, &pending)) {
        trc_fate(act, TRC_FATE_FOLDED, "MMIO_WRITE", 1);
        return 0;
    }
    return emit_write(act, &reg, "MMIO_WRITE (its rwmmio_write is missing)");
}

int trc_on_read(const struct act *act)
{
    const struct pending pending = {act->event->values[1], 0, act->event->values[0]};
    struct reg reg;

    if (!find_reg(act->import, pending.addr, pending.width, &reg)) {
        trc_fate(act, TRC_FATE_IGNORED, WHY_NOT_IOMMU, 1);
        return 0;
    }
    if (add_pending(act->task->reads, &act->task->n_reads, &pending))
        trc_fate(act, TRC_FATE_IGNORED, "no rwmmio_post_read follows", 1);
    return 0;
}

/* ---- runs of reads ---- */

static void start_read(const struct poll_run *run, struct sim_record *rec,
                       enum sim_record_kind kind)
{
    sim_record_init(rec, kind);
    rec->time_ns = run->last_ns;
    rec->cpu = run->cpu;
}

static void fill_wait(const struct poll_run *run, uint64_t mask, uint64_t value,
                      struct sim_record *rec)
{
    const uint64_t took_ns = run->last_ns - run->first_ns;

    start_read(run, rec, SIM_R_WAIT);
    rec->wait.cond = SIM_COND_REG;
    rec->wait.addr = run->reg.offset;
    rec->wait.mask = mask;
    rec->wait.value = value;
    rec->wait.polls = run->n_reads;
    rec->wait.took_ns = took_ns < UINT32_MAX ? (uint32_t)took_ns : UINT32_MAX;
    rec->wait.iommu = run->reg.unit;
}

static int close_run(struct trc_import *import, struct task *task, const struct sim_record *rec)
{
    struct poll_run *run = &task->poll;
    const bool is_wait = rec->kind == SIM_R_WAIT;
    struct task **link = &import->polling;

    while (*link != task)
        link = &(*link)->next_polling;
    *link = task->next_polling;
    run->is_open = false;
    trc_stats_fate(import->stats, TRC_E_RWMMIO_POST_READ, TRC_FATE_RECORD,
                   is_wait ? "WAIT" : "MMIO_READ", 1);
    trc_stats_fate(import->stats, TRC_E_RWMMIO_POST_READ, TRC_FATE_FOLDED, "WAIT",
                   run->n_reads - 1);
    return trc_reorder_fill(import->reorder, run->ticket, rec);
}

int trc_close_poll(struct trc_import *import, struct task *task)
{
    const struct poll_run *run = &task->poll;
    struct sim_record rec;

    if (!run->is_open)
        return 0;
    if (run->n_reads > 1) {
        const uint64_t all = run->reg.width == 8 ? UINT64_MAX : UINT32_MAX;
        const uint64_t mask = run->changed ? run->changed : all;

        fill_wait(run, mask, run->value & mask, &rec);
    } else {
        start_read(run, &rec, SIM_R_MMIO_READ);
        rec.mmio_read.iommu = run->reg.unit;
        rec.mmio_read.offset = run->reg.offset;
        rec.mmio_read.width = run->reg.width;
        rec.mmio_read.value = run->value;
    }
    return close_run(import, task, &rec);
}

int trc_make_room(struct trc_import *import)
{
    uint64_t ticket;

    while (trc_reorder_oldest(import->reorder, &ticket)) {
        struct task *task = import->polling;
        int err;

        while (task && task->poll.ticket != ticket)
            task = task->next_polling;
        SIM_BUG_ON(!task);
        err = trc_close_poll(import, task);
        if (err)
            return err;
    }
    return 0;
}

static bool is_same_reg(const struct reg *a, const struct reg *b)
{
    return a->unit == b->unit && a->offset == b->offset && a->width == b->width;
}

/* One more read of the run that is open, or the first of a new one. */
static int extend_run(const struct act *act, const struct reg *reg, uint64_t value)
{
    struct poll_run *run = &act->task->poll;
    int err = 0;

    if (run->is_open && is_same_reg(&run->reg, reg)) {
        run->changed |= run->value ^ value;
        run->n_reads++;
        err = trc_reorder_fill(act->import->reorder, run->ticket, NULL);
    } else {
        err = trc_close_poll(act->import, act->task);
        run->is_open = true;
        run->reg = *reg;
        run->first_ns = act->event->time_ns;
        run->changed = 0;
        run->n_reads = 1;
        act->task->next_polling = act->import->polling;
        act->import->polling = act->task;
    }
    run->value = value;
    run->last_ns = act->event->time_ns;
    run->cpu = act->event->cpu;
    run->ticket = UINT64_MAX;                       /* no place yet */
    if (!err && act->import->polling->next_polling) /* other tasks hold places, too */
        err = trc_make_room(act->import);
    if (!err)
        trc_reorder_hold(act->import->reorder, &run->ticket);
    return err;
}

static int on_value(const struct act *act, const struct reg *reg, uint64_t value)
{
    struct expected *expected = &act->task->expected;
    struct sim_record rec;
    int err = extend_run(act, reg, value);

    if (err || !expected->is_open || expected->unit != reg->unit ||
        expected->ack.offset != reg->offset || (value & expected->ack.mask) != expected->ack.value)
        return err;
    expected->is_open = false;
    fill_wait(&act->task->poll, expected->ack.mask, expected->ack.value, &rec);
    return close_run(act->import, act->task, &rec);
}

int trc_on_post_read(const struct act *act)
{
    const uint64_t *values = act->event->values;
    const struct pending pending = {values[2], 0, values[0]};
    struct open_sync *sync = &act->task->sync;
    struct reg reg;

    if (!find_reg(act->import, values[2], values[0], &reg)) {
        trc_fate(act, TRC_FATE_IGNORED, WHY_NOT_IOMMU, 1);
        return 0;
    }
    if (take_pending(act->task->reads, &act->task->n_reads, &pending))
        trc_stats_fate(act->import->stats, TRC_E_RWMMIO_READ, TRC_FATE_FOLDED,
                       "its rwmmio_post_read, which has the value", 1);
    if ((reg.width == 4 && values[1] > UINT32_MAX) || reg.offset % 4) {
        trc_fate(act, TRC_FATE_IGNORED, WHY_IMPOSSIBLE, 1);
        return 0;
    }
    if (sync->is_open && trc_is_sync_poll(act->import->units[reg.unit].arch, reg.offset)) {
        sync->n_polls++;
        sync->unit = reg.unit;
        trc_fate(act, TRC_FATE_FOLDED, "WAIT", 1);
        return trc_close_poll(act->import, act->task);
    }
    return on_value(act, &reg, values[1]);
}

int trc_close_mmio(struct trc_import *import, struct task *task)
{
    trc_stats_fate(import->stats, TRC_E_RWMMIO_READ, TRC_FATE_IGNORED,
                   "no rwmmio_post_read follows", task->n_reads);
    task->n_reads = 0;
    return trc_close_poll(import, task);
}
