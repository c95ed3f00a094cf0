/* SPDX-License-Identifier: BSD-2-Clause
 * explore.c - takes records, and puts the two levels of prefetching together.
 * Knows: records, cores. Must not know: layouts, output. */
#include "check/explore_private.h"

#include <stdlib.h>
#include <string.h>

#define MEMORY_BYTES (UINT64_C(1) << 30)
#define WORD_BYTES 8u

struct xpl {
    struct xpl_params params;
    struct xpl_core *core[XPL_N_LEVELS];
    struct xpl_report report;
};

void xpl_defaults(struct xpl_params *params)
{
    *params = (struct xpl_params){
        .atom_bytes = 8, .max_values = 64, .max_views = 1u << 18, .max_tables = 1u << 20};
}

bool xpl_grow(struct xpl_core *core, void **list, uint32_t n, uint32_t *n_max, size_t size)
{
    const uint32_t wanted = n + n / 2 + 1;
    void *grown;

    if (n < *n_max)
        return true;
    grown = realloc(*list, (size_t)wanted * size);
    if (!grown) {
        core->error = SIM_ENOMEM;
        return false;
    }
    *list = grown;
    *n_max = wanted;
    return true;
}

/* ---- units and requests ---- */

static uint32_t unit_find(const struct xpl_core *core, uint16_t iommu)
{
    uint32_t i = 0;

    while (i < core->n_units && core->units[i].iommu != iommu)
        i++;
    return i < core->n_units ? i : XPL_NONE;
}

/* Requests of a device that the caller knows. */
static void make_streams(struct xpl_core *core, uint32_t unit)
{
    for (size_t i = 0; i < core->n_devices; i++) {
        const struct sim_device *device = &core->devices[i];

        for (uint32_t j = 0; j < device->n_requesters; j++) {
            const struct chk_request request = {device->requester[j],
                                                device->has_pasid ? device->pasid : CHK_NO_PASID};

            if (device->iommu == core->units[unit].iommu)
                (void)xpl_stream_get(core, unit, device->dev, &request);
        }
    }
}

static uint32_t unit_get(struct xpl_core *core, uint16_t iommu, uint8_t arch)
{
    uint32_t i = unit_find(core, iommu);
    struct xpl_unit *unit;

    if (i != XPL_NONE)
        return i;
    if (!xpl_grow(core, (void **)&core->units, core->n_units, &core->n_max_units,
                  sizeof(*core->units)))
        return XPL_NONE;
    i = core->n_units++;
    unit = &core->units[i];
    memset(unit, 0, sizeof(*unit));
    unit->iommu = iommu;
    for (size_t a = 0; a < core->n_arch; a++) {
        if (core->arch[a]->arch != arch)
            continue;
        unit->arch = core->arch[a];
        unit->is_ours = true;
        unit->arch->init(&unit->regs);
        core->is_in_order = unit->arch->is_in_order && (i == 0 || core->is_in_order);
    }
    if (unit->is_ours)
        make_streams(core, i);
    return i;
}

static void on_device(struct xpl_core *core, const struct sim_rec_device *rec)
{
    const struct chk_request request = {rec->requester, CHK_NO_PASID};
    bool is_known = false;

    for (size_t i = 0; i < core->n_devices; i++)
        is_known = is_known || core->devices[i].dev == rec->dev;
    for (uint32_t i = 0; i < core->n_units && !is_known && rec->requester != UINT32_MAX; i++) {
        struct xpl_stream *stream;

        if (!core->units[i].is_ours || core->n_units > 1)
            continue; /* several units: the caller must tell which */
        stream = xpl_stream_get(core, i, rec->dev, &request);
        if (stream && !stream->is_started && core->units[i].regs.is_on &&
            core->level == XPL_ARCHITECTURE) {
            stream->is_started = true;
            stream->is_dirty = true;
        }
    }
}

/* ---- registers ---- */

static void switch_on(struct xpl_core *core, uint32_t unit)
{
    for (uint32_t i = 0; i < core->n_streams; i++) {
        struct xpl_stream *stream = &core->streams[i];

        if (stream->unit == unit && core->level == XPL_ARCHITECTURE)
            stream->is_started = true;
    }
    xpl_stream_dirty(core, unit, 0, true);
}

static void on_register(struct xpl_core *core, const struct sim_rec_mmio *rec)
{
    const uint32_t i = unit_get(core, rec->iommu, SIM_ARCH_SMMUV3);
    struct xpl_unit *unit;

    if (i == XPL_NONE || !core->units[i].is_ours)
        return;
    unit = &core->units[i];
    unit->is_set_up = true;
    switch (unit->arch->write(&unit->regs, rec->offset, rec->width, rec->value)) {
    case CHK_REG_PROD:
        xpl_queue_publish(core, i);
        break;
    case CHK_REG_ON:
        switch_on(core, i);
        break;
    case CHK_REG_TABLE: /* what the new one leads to as well is reached again */
    case CHK_REG_OFF:
        core->pass++;
        xpl_hold_unreached(core, i, CHK_NO_ID);
        xpl_stream_dirty(core, i, 0, true);
        break;
    case CHK_REG_CONTROL:
        xpl_stream_dirty(core, i, 0, true);
        break;
    case CHK_REG_QUEUE:
    case CHK_REG_NONE:
    default:
        break;
    }
    if (unit->arch->started)
        xpl_queue_start(core, i, rec->offset);
    if (!unit->regs.has_queue)
        xpl_queue_publish(core, i);
}

static void on_read(struct xpl_core *core, const struct sim_rec_mmio_read *rec)
{
    const uint32_t i = unit_get(core, rec->iommu, SIM_ARCH_SMMUV3);

    if (i != XPL_NONE && core->units[i].is_ours)
        core->units[i].arch->set(&core->units[i].regs, rec->offset, rec->value);
}

/* ---- memory ---- */

/* Stores of @cpu that are older than record @before are visible before anything that follows. */
void xpl_settle(struct xpl_core *core, uint16_t cpu, uint64_t before)
{
    struct xpl_cpu *of = xpl_cpu_of(core, cpu);

    if (!of || !of->store_seq)
        return;
    xpl_hold_settle(core, cpu, before);
    xpl_pte_settle(core, cpu, before);
    if (of->store_seq < before)
        of->store_seq = 0;
    if (of->map_seq < before)
        of->map_seq = 0;
}

static void be_loose(struct xpl_core *core, uint64_t pa, unsigned n_words)
{
    struct xpl_loose *loose;

    if (!xpl_grow(core, (void **)&core->loose, core->n_loose, &core->n_max_loose,
                  sizeof(*core->loose)))
        return;
    loose = &core->loose[core->n_loose++];
    *loose = (struct xpl_loose){.pa = pa, .seq = core->seq, .n_words = n_words, .cpu = core->cpu};
    for (unsigned i = 0; i < n_words; i++)
        loose->old[i] = sim_mem_read64(core->mem, pa + (uint64_t)i * WORD_BYTES);
}

static void store_words(struct xpl_core *core, uint64_t pa, const uint64_t *words, unsigned n,
                        bool is_atomic)
{
    for (unsigned i = 0; i < n; i++) {
        const uint64_t at = pa + (uint64_t)i * WORD_BYTES;
        const uint64_t old = sim_mem_read64(core->mem, at);

        if (core->keeps_loose && (!is_atomic || i == 0))
            be_loose(core, at, is_atomic ? n : 1);
        if (!is_atomic || i == 0)
            xpl_late_store(core, at, words + i, is_atomic ? n : 1);
        core->store_pa = at;
        if (sim_mem_write64(core->mem, at, words[i]))
            core->error = SIM_ENOMEM;
        xpl_pte_store(core, at, old, words[i]);
    }
    xpl_hold_store(core, pa, words, n, is_atomic);
}

static void on_store(struct xpl_core *core, const struct sim_record *rec)
{
    const struct sim_rec_store *store = &rec->store;
    uint64_t words[2] = {store->value, store->value_hi};
    const uint64_t at = store->pa & ~(uint64_t)(WORD_BYTES - 1);

    if (xpl_queue_store(core, store))
        return;
    if (!xpl_cpu_of(core, rec->cpu))
        return; /* no memory */
    core->cpus[rec->cpu].store_seq = core->seq;
    if (xpl_op_now(core) != XPL_NONE) {
        core->ops[xpl_op_now(core)].stores++;
        xpl_owner_store(core, at);
    }
    if (store->width < WORD_BYTES) {
        const uint64_t mask = (UINT64_C(1) << 8u * store->width) - 1;
        const unsigned shift = 8u * (unsigned)(store->pa - at);

        words[0] = (sim_mem_read64(core->mem, at) & ~(mask << shift)) | (store->value & mask)
                                                                            << shift;
    }
    /* Implied barriers order a pointer after what the same CPU stored: others' stores may be late.
     */
    core->keeps_loose =
        !core->is_in_order &&
        (core->is_recorded || (store->structure != SIM_S_PTE && store->structure != SIM_S_PTE_S1 &&
                               store->structure != SIM_S_PTE_S2));
    store_words(core, at, words, store->width > WORD_BYTES ? 2 : 1, rec->flags & SIM_RF_ATOMIC);
    if (core->is_in_order)
        xpl_settle(core, rec->cpu, core->seq + 1);
}

static void on_barrier(struct xpl_core *core, const struct sim_record *rec)
{
    xpl_settle(core, rec->cpu, core->seq);
    if (rec->barrier.what == SIM_BARRIER_FLUSH)
        xpl_late_flush_line(core, rec->barrier.pa);
}

/* Contents that are there without a store: for a structure in use it is one, of nobody. */
static void on_memory(struct xpl_core *core, const struct sim_rec_memory *rec)
{
    const uint64_t last = rec->pa + rec->size - 1;
    const uint16_t cpu = core->cpu;

    xpl_late_fill(core, rec->pa, last);
    xpl_pte_fill(core, rec->pa, last, rec->fill);
    if (sim_mem_fill64(core->mem, rec->pa, rec->size, rec->fill))
        core->error = SIM_ENOMEM;
    if (!xpl_hold_reaches(core, rec->pa, last))
        return;
    core->cpu = XPL_NOBODY;
    for (uint64_t at = 0; at < rec->size; at += WORD_BYTES)
        xpl_hold_store(core, rec->pa + at, &rec->fill, 1, false);
    xpl_hold_settle(core, XPL_NOBODY, core->seq + 1); /* it was there */
    core->cpu = cpu;
}

static void on_free(struct xpl_core *core, const struct sim_rec_memfree *rec)
{
    const uint64_t last = rec->pa + rec->size - 1;

    if (xpl_hold_reaches(core, rec->pa, last)) {
        const struct xpl_table table = {.verdict = CHK_DANGLES,
                                        .page = rec->pa,
                                        .seq = core->seq,
                                        .what = "hardware may still read a structure there"};

        xpl_op_table(core, xpl_op_now(core), &table);
    }
    xpl_pte_free(core, rec->pa, last);
    xpl_owner_free(core, rec->pa, last);
}

static void on_lost(struct xpl_core *core)
{
    core->is_intent_lost = true;
    for (uint32_t i = 0; i < core->n_streams; i++) {
        core->streams[i].lost_seq = core->seq;
        if (core->streams[i].op != XPL_NONE)
            xpl_op_hole(core, core->streams[i].op, "events were lost");
    }
    if (xpl_op_now(core) != XPL_NONE)
        xpl_op_hole(core, xpl_op_now(core), "events were lost");
}

static void on_meta(struct xpl_core *core, const struct sim_rec_meta *rec)
{
    static const char key[] = "barriers";
    static const char value[] = "recorded";

    if (rec->key.n_bytes == sizeof(key) - 1 && memcmp(rec->key.bytes, key, sizeof(key) - 1) == 0)
        core->is_recorded = rec->value.n_bytes == sizeof(value) - 1 &&
                            memcmp(rec->value.bytes, value, sizeof(value) - 1) == 0;
}

/* ---- a core ---- */

static void take(struct xpl_core *core, const struct sim_record *rec)
{
    switch ((enum sim_record_kind)rec->kind) {
    case SIM_R_META:
        on_meta(core, &rec->meta);
        break;
    case SIM_R_IOMMU:
        (void)unit_get(core, rec->unit.iommu, rec->unit.arch);
        break;
    case SIM_R_DEVICE:
        on_device(core, &rec->device);
        break;
    case SIM_R_STORE:
        on_store(core, rec);
        break;
    case SIM_R_MMIO_WRITE:
        on_register(core, &rec->mmio);
        break;
    case SIM_R_MMIO_READ:
        on_read(core, &rec->mmio_read);
        break;
    case SIM_R_BARRIER:
        on_barrier(core, rec);
        break;
    case SIM_R_WAIT:
        xpl_queue_wait(core, &rec->wait);
        break;
    case SIM_R_MEMORY:
        on_memory(core, &rec->memory);
        break;
    case SIM_R_FREE:
        on_free(core, &rec->memfree);
        break;
    case SIM_R_BEGIN:
        xpl_mark_begin(core, &rec->mark);
        break;
    case SIM_R_END:
        xpl_mark_end(core, &rec->mark_end);
        break;
    case SIM_R_LOST:
        on_lost(core);
        break;
    case SIM_R_ATS:
        xpl_atc_switch(core, &rec->ats);
        break;
    case SIM_R_GROUP:
        xpl_group_change(core, &rec->group);
        break;
    case SIM_R_MAP:
    case SIM_R_UNMAP:
    case SIM_R_EVENT:
    case SIM_R_MARK:
    case SIM_R_FAULT:
    case SIM_R_DMA:
    case SIM_N_RECORD_KINDS:
    default:
        break;
    }
}

static void core_put(struct xpl_core *core, const struct sim_record *rec)
{
    core->seq++;
    core->now_ns = rec->time_ns;
    core->cpu = rec->cpu;
    if (sim_intent_record(core->intent, rec, core->seq))
        core->error = SIM_ENOMEM;
    sim_intent_forget(core->intent, core->seq);
    take(core, rec);
    xpl_look(core);
}

static void core_free(struct xpl_core *core)
{
    if (!core)
        return;
    xpl_hold_free(core);
    xpl_late_free(core);
    for (uint32_t i = 0; i < core->n_units; i++) {
        free(core->units[i].slot);
        free(core->units[i].pending);
        free(core->units[i].started);
    }
    for (uint32_t i = 0; i < core->n_streams; i++) {
        free(core->streams[i].now.seen);
        free(core->streams[i].before.seen);
        free(core->streams[i].during.seen);
        free(core->streams[i].after.seen);
        free(core->streams[i].atc.seen);
    }
    for (uint32_t i = 0; i < core->n_ops; i++)
        xpl_op_free(&core->ops[i]);
    sim_mem_free(core->mem);
    sim_intent_free(core->intent);
    free(core->units);
    free(core->streams);
    free(core->tlbs);
    free(core->guests);
    free(core->runs);
    free(core->places);
    free(core->ats_open);
    free(core->ats_told);
    free(core->owners);
    free(core->members);
    free(core->cpus);
    free(core->ops);
    free(core->nodes);
    free(core);
}

static struct xpl_core *core_new(const struct xpl *xpl, enum xpl_level level)
{
    struct xpl_core *core = calloc(1, sizeof(*core));

    if (!core)
        return NULL;
    core->mem = sim_mem_new(MEMORY_BYTES);
    core->intent = sim_intent_new();
    if (!core->mem || !core->intent) {
        core_free(core);
        return NULL;
    }
    core->params = &xpl->params;
    core->level = level;
    memset(core->by_key, 0xff, sizeof(core->by_key));
    memset(core->by_place, 0xff, sizeof(core->by_place));
    memset(core->by_page, 0xff, sizeof(core->by_page));
    memset(core->by_owned, 0xff, sizeof(core->by_owned));
    core->idle_place = XPL_NONE;
    return core;
}

/* ---- the whole ---- */

struct xpl *xpl_new(const struct xpl_params *params, const struct chk_arch *const *arch,
                    size_t n_arch, const struct sim_device *devices, size_t n_devices)
{
    struct xpl *xpl = calloc(1, sizeof(*xpl));

    if (!xpl)
        return NULL;
    xpl->params = *params;
    for (unsigned level = 0; level < XPL_N_LEVELS; level++) {
        xpl->core[level] = core_new(xpl, (enum xpl_level)level);
        if (!xpl->core[level]) {
            xpl_free(xpl);
            return NULL;
        }
        xpl->core[level]->arch = arch;
        xpl->core[level]->n_arch = n_arch;
        xpl->core[level]->devices = devices;
        xpl->core[level]->n_devices = n_devices;
    }
    return xpl;
}

void xpl_free(struct xpl *xpl)
{
    if (!xpl)
        return;
    for (unsigned level = 0; level < XPL_N_LEVELS; level++)
        core_free(xpl->core[level]);
    free(xpl);
}

static int error_of(const struct xpl *xpl)
{
    int error = 0;

    for (unsigned level = 0; level < XPL_N_LEVELS; level++)
        error = error ? error : xpl->core[level]->error;
    return error;
}

int xpl_unit(struct xpl *xpl, uint16_t iommu, uint8_t arch)
{
    for (unsigned level = 0; level < XPL_N_LEVELS; level++)
        (void)unit_get(xpl->core[level], iommu, arch);
    return error_of(xpl);
}

int xpl_set(struct xpl *xpl, uint16_t iommu, uint64_t offset, uint64_t value)
{
    const struct sim_rec_mmio_read read = {.offset = offset, .value = value, .iommu = iommu};

    for (unsigned level = 0; level < XPL_N_LEVELS; level++)
        on_read(xpl->core[level], &read);
    return error_of(xpl);
}

int xpl_put(void *ctx, const struct sim_record *rec)
{
    struct xpl *xpl = ctx;

    for (unsigned level = 0; level < XPL_N_LEVELS; level++)
        core_put(xpl->core[level], rec);
    return error_of(xpl);
}

/* Both cores have seen the same marks, so that their operations have the same numbers. */
static void merge(struct xpl_core *to, const struct xpl_core *from)
{
    const enum xpl_level level = from->level;

    for (uint32_t i = 0; i < to->n_ops; i++) {
        struct xpl_op *op = &to->ops[i];

        op->classes[level] = from->ops[i].classes[level];
        op->worst[level] = from->ops[i].worst[level];
        op->entry_worst[level] = from->ops[i].entry_worst[level];
        op->tlb_worst[level] = from->ops[i].tlb_worst[level];
    }
}

int xpl_finish(struct xpl *xpl)
{
    struct xpl_core *core = xpl->core[XPL_ARCHITECTURE];
    struct xpl_report *report = &xpl->report;

    for (unsigned level = 0; level < XPL_N_LEVELS; level++)
        xpl_mark_finish(xpl->core[level]);
    merge(core, xpl->core[XPL_DEPLOYED]);
    *report = (struct xpl_report){
        .ops = core->ops,
        .n_ops = core->n_ops,
        .n_records = core->seq,
        .n_views = core->n_views,
        .n_outcomes = core->n_outcomes,
        .bad_outside = core->bad_outside,
        .ops_left_out = core->ops_left_out,
        .ordering_assumed = !core->is_recorded,
        .inconclusive = core->is_incomplete || core->ops_left_out,
        .why = core->why,
    };
    for (uint32_t i = 0; i < core->n_ops; i++) {
        for (unsigned level = 0; level < XPL_N_LEVELS; level++) {
            if (report->worst[level] < core->ops[i].worst[level])
                report->worst[level] = core->ops[i].worst[level];
        }
    }
    return error_of(xpl);
}

const struct xpl_report *xpl_get_report(const struct xpl *xpl)
{
    return &xpl->report;
}
