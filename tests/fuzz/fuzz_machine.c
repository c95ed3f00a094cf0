/* SPDX-License-Identifier: BSD-2-Clause
 * fuzz_machine.c - an SMMUv3, its memory and its clock as the input's header wants them; time and
 * software's single acts.
 * Knows: who is connected to whom. Must not know: what must hold (fuzz_check.c), structures. */
#include "models/smmuv3/smmu_layout.h"
#include "sim/diag.h"
#include "sim/record.h"
#include "sim/time.h"
#include "tests/fuzz/fuzz_smmu.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KNOWN_BYTES (UINT64_C(2) << 20)
#define MAX_BACKING_BYTES (UINT64_C(8) << 20)
#define MAX_EVENTS_TO_REST 2000000u
#define PATIENCE_PS UINT64_C(1000000000)
#define FIRST_MODE 0xe0
#define HASH_PRIME UINT64_C(0x100000001b3)

/* ---- bytes in, lines out ---- */

uint8_t fuzz_u8(struct fuzz *fuzz)
{
    return fuzz->at < fuzz->n_data ? fuzz->data[fuzz->at++] : 0;
}

uint16_t fuzz_u16(struct fuzz *fuzz)
{
    const unsigned low = fuzz_u8(fuzz);

    return (uint16_t)(low | (unsigned)fuzz_u8(fuzz) << 8);
}

uint32_t fuzz_u32(struct fuzz *fuzz)
{
    const uint32_t low = fuzz_u16(fuzz);

    return low | (uint32_t)fuzz_u16(fuzz) << 16;
}

uint64_t fuzz_u64(struct fuzz *fuzz)
{
    const uint64_t low = fuzz_u32(fuzz);

    return low | (uint64_t)fuzz_u32(fuzz) << 32;
}

void fuzz_say(const struct fuzz *fuzz, const char *fmt, ...)
{
    va_list args;

    if (!fuzz->is_printing)
        return;
    printf("%10llu ps  ", (unsigned long long)(fuzz->queue ? sim_queue_now_ps(fuzz->queue) : 0));
    va_start(args, fmt);
    (void)vprintf(fmt, args);
    va_end(args);
    (void)putchar('\n');
    (void)fflush(stdout);
}

static void mix(struct fuzz *fuzz, uint64_t value)
{
    fuzz->hash = (fuzz->hash ^ value) * HASH_PRIME;
    fuzz->hash ^= fuzz->hash >> 32;
}

/* ---- what the model tells ---- */

static void note_stall(struct fuzz *fuzz, uint64_t record)
{
    uint64_t words[SMMU_WORDS_F_TRANSLATION];

    for (unsigned i = 0; i < SMMU_WORDS_F_TRANSLATION; i++)
        words[i] = sim_mem_read64(fuzz->mem, record + 8 * (uint64_t)i);
    if (smmu_F_TRANSLATION_Stall(words))
        fuzz->last_stag = (uint16_t)smmu_F_TRANSLATION_STAG(words);
}

static void on_fact(void *ctx, const struct sim_fact *fact)
{
    struct fuzz *fuzz = ctx;

    mix(fuzz, fact->time_ps);
    mix(fuzz, fact->kind);
    for (unsigned i = 0; i < SIM_FACT_MAX_ARGS; i++)
        mix(fuzz, fact->arg[i]);
    if (fact->kind == SIM_FACT_EVENT_RECORDED) {
        fuzz->n_recorded++;
        note_stall(fuzz, fact->arg[4]);
        fuzz_check_record(fuzz, fact);
    } else if (fact->kind == SIM_FACT_QUEUE_OVERFLOW) {
        fuzz->n_overflows += fact->arg[0] == SIM_S_EVT;
    }
    fuzz_say(fuzz, "    %s %llx %llx %llx %llx %llx", sim_fact_infos[fact->kind].json,
             (unsigned long long)fact->arg[0], (unsigned long long)fact->arg[1],
             (unsigned long long)fact->arg[2], (unsigned long long)fact->arg[3],
             (unsigned long long)fact->arg[4]);
}

static void on_access(void *ctx, struct sim_access *access)
{
    struct fuzz *fuzz = ctx;

    fuzz_check_access(fuzz, access);
    sim_mem_port_access(fuzz->mem_port, access);
}

static void on_irq(void *ctx, enum sim_irq source, bool level)
{
    struct fuzz *fuzz = ctx;

    mix(fuzz, sim_queue_now_ps(fuzz->queue));
    mix(fuzz, (uint64_t)source << 1 | level);
    fuzz_say(fuzz, "    irq %d", (int)source);
}

/* Devices answer later: by the input, or when nothing else moves. */
static void on_ats_inv(void *ctx, const struct sim_ats_inv *inv)
{
    struct fuzz *fuzz = ctx;

    mix(fuzz, inv->itag);
    fuzz_say(fuzz, "    ats invalidation, itag %u", inv->itag);
    if (fuzz->n_itags < FUZZ_MAX_ITAGS)
        fuzz->itags[fuzz->n_itags++] = inv->itag;
}

static void on_page_response(void *ctx, const struct sim_page_response *response)
{
    mix(ctx, response->group);
}

static const struct sim_port_ops port_ops = {
    .access = on_access,
    .irq = on_irq,
    .ats_inv = on_ats_inv,
    .page_response = on_page_response,
};

static void on_answer(void *ctx)
{
    struct fuzz_dma *dma = ctx;
    struct fuzz *fuzz = dma->fuzz;

    dma->n_answers++;
    mix(fuzz, sim_queue_now_ps(fuzz->queue));
    mix(fuzz, dma->dma.iova);
    mix(fuzz, dma->dma.status);
    mix(fuzz, dma->dma.event);
    mix(fuzz, dma->dma.pa);
    fuzz_say(fuzz, "    answer to %u: status %u event %x pa %llx", (unsigned)(dma - fuzz->dmas),
             dma->dma.status, dma->dma.event, (unsigned long long)dma->dma.pa);
    fuzz_check_answer(dma);
}

/* ---- the header ---- */

/* Small enough that a thousand machines a second can be made. */
static uint32_t cap_of(const struct sim_param *param)
{
    static const struct {
        const char *unit;
        uint32_t cap;
    } caps[] = {{"cycles", 400}, {"ps", 3000},     {"entries", 64}, {"ways", 16},
                {"walks", 16},   {"requests", 16}, {"units", 4}};

    for (size_t i = 0; i < sizeof(caps) / sizeof(caps[0]); i++) {
        if (!strcmp(param->unit, caps[i].unit))
            return caps[i].cap < param->max ? caps[i].cap : param->max;
    }
    return param->max;
}

/* The last 32 numbers are those of parameters that change more than time. */
static const struct sim_param *choose_param(uint8_t number)
{
    static const char *const modes[] = {"cache_mode",      "prefetch", "contig",    "stall_dup",
                                        "tbu_tlb_entries", "n_tbus",   "atc_slots", "walk_slots"};
    const struct sim_param *param = &smmu_params.params[number % smmu_params.n_params];

    for (size_t i = 0; number >= FIRST_MODE && i < smmu_params.n_params; i++) {
        if (!strcmp(smmu_params.params[i].name, modes[number & 7]))
            param = &smmu_params.params[i];
    }
    return param;
}

static void read_param(struct fuzz *fuzz)
{
    const struct sim_param *param = choose_param(fuzz_u8(fuzz));
    const uint32_t n_values = cap_of(param) - param->min + 1;
    uint64_t value = param->min + fuzz_u16(fuzz) % n_values;

    if (!strcmp(param->unit, "bytes"))
        value = value % 2 ? param->max : param->min;
    SIM_BUG_ON(sim_param_set(param, value, &fuzz->config.param));
    fuzz_say(fuzz, "parameter %s=%u", param->name, (unsigned)value);
}

static void round_up(uint32_t *n_entries, uint32_t n_ways)
{
    if (n_ways && *n_entries % n_ways)
        *n_entries += n_ways - *n_entries % n_ways;
}

static void read_params(struct fuzz *fuzz, unsigned n_params, bool has_real_sizes)
{
    struct smmu_param *param = &fuzz->config.param;

    if (!has_real_sizes) {
        param->utlb_entries = 4;
        param->cfg_entries = 8;
        if (param->tlb_entries)
            param->tlb_entries = 16;
        if (param->tbu_tlb_entries)
            param->tbu_tlb_entries = 16;
        param->walk_entries = 16;
    }
    while (n_params--)
        read_param(fuzz);
    round_up(&param->utlb_entries, param->utlb_ways);
    round_up(&param->cfg_entries, param->cfg_ways);
    round_up(&param->tlb_entries, param->tlb_ways);
    round_up(&param->tbu_tlb_entries, param->tbu_tlb_ways);
    round_up(&param->walk_entries, param->walk_ways);
}

/* Queues have at most 2^19 entries (6.3.2); everything else may be as it likes. */
static void read_ids(struct fuzz *fuzz, unsigned n_flips)
{
    uint32_t *const ids[] = {&fuzz->config.ids.idr0, &fuzz->config.ids.idr1, &fuzz->config.ids.idr3,
                             &fuzz->config.ids.idr5};
    uint64_t idr1;

    while (n_flips--) {
        const uint8_t flip = fuzz_u8(fuzz);

        *ids[flip >> 5 & 3] ^= UINT32_C(1) << (flip & 31);
    }
    idr1 = fuzz->config.ids.idr1;
    if (smmu_IDR1_CMDQS(&idr1) > 19)
        smmu_IDR1_put_CMDQS(&idr1, 19);
    if (smmu_IDR1_EVENTQS(&idr1) > 19)
        smmu_IDR1_put_EVENTQS(&idr1, 19);
    if (smmu_IDR1_PRIQS(&idr1) > 19)
        smmu_IDR1_put_PRIQS(&idr1, 19);
    fuzz->config.ids.idr1 = (uint32_t)idr1;
    fuzz_say(fuzz, "ids %x %x %x %x", *ids[0], *ids[1], *ids[2], *ids[3]);
}

/* Features that are off unless asked for. 0 the access flag and dirty state, 1 ATS and page
 * requests, 2 faults may stall. */
static void add_features(struct fuzz *fuzz, unsigned features)
{
    uint64_t idr0 = fuzz->config.ids.idr0, idr1 = fuzz->config.ids.idr1;
    uint64_t idr5 = fuzz->config.ids.idr5;

    if (features & 1)
        smmu_IDR0_put_HTTU(&idr0, 2);
    if (features & 2) {
        smmu_IDR0_put_ATS(&idr0, 1);
        smmu_IDR0_put_PRI(&idr0, 1);
        smmu_IDR0_put_ATSRECERR(&idr0, 1);
        smmu_IDR1_put_PRIQS(&idr1, 7);
    }
    if (features & 4) {
        smmu_IDR0_put_STALL_MODEL(&idr0, 0);
        smmu_IDR5_put_STALL_MAX(&idr5, 4);
    }
    fuzz->config.ids.idr0 = (uint32_t)idr0;
    fuzz->config.ids.idr1 = (uint32_t)idr1;
    fuzz->config.ids.idr5 = (uint32_t)idr5;
}

/* Byte 0: [1:0] preset, 2 real sizes of caches, 3 unknown memory aborts, 4 nobody wants
 * SIM_FACT_DMA_ANSWERED, [7:5] choices. Byte 1: memory. Byte 2: [2:0] parameters, [5:4] bits of ID
 * registers that follow, 3 and [7:6] features. */
static void read_header(struct fuzz *fuzz, struct sim_mem_timing *timing, bool *unknown_aborts)
{
    static const uint64_t latencies[] = {0, 0, 1000, 5000, 100000, 150000, 7, 3000};
    static const uint32_t slots[] = {0, 1, 2, 4, 0, 8, 16, 0};
    static const uint64_t intervals[] = {0, 1000, 3000, 511};
    const uint8_t how = fuzz_u8(fuzz);
    const uint8_t memory = fuzz_u8(fuzz);
    const uint8_t n_extras = fuzz_u8(fuzz);

    smmu_config_default(&fuzz->config);
    SIM_BUG_ON(sim_param_preset(&smmu_params, smmu_params.presets[how & 3], &fuzz->config.param));
    *unknown_aborts = how >> 3 & 1;
    fuzz->tap.wanted = (UINT64_C(1) << SIM_N_FACTS) - 1;
    if (how >> 4 & 1)
        fuzz->tap.wanted &= ~(UINT64_C(1) << SIM_FACT_DMA_ANSWERED);
    fuzz->config.choices.is_ste_fetch_truncated = how >> 5 & 1;
    fuzz->config.choices.is_nested_cd_ptr_checked = how >> 6 & 1;
    fuzz->config.choices.is_txsz_clamped = how >> 7 & 1;
    timing->latency_ps = latencies[memory & 7];
    timing->n_slots = slots[memory >> 3 & 7];
    timing->interval_ps = intervals[memory >> 6 & 3];
    fuzz_say(fuzz, "preset %s, memory %llu ps, %u slots, every %llu ps%s",
             smmu_params.presets[how & 3], (unsigned long long)timing->latency_ps, timing->n_slots,
             (unsigned long long)timing->interval_ps, *unknown_aborts ? ", unknown aborts" : "");
    add_features(fuzz, (n_extras >> 3 & 1) | (n_extras >> 5 & 6));
    read_params(fuzz, n_extras & 7, how >> 2 & 1);
    read_ids(fuzz, n_extras >> 4 & 3);
}

/* ---- life ---- */

static void add_state(struct fuzz *fuzz)
{
    int error = smmu_state(fuzz->iommu.model, fuzz->snapshot);

    if (!error)
        error = sim_queue_state(fuzz->queue, fuzz->snapshot);
    if (!error)
        error = sim_mem_port_state(fuzz->mem_port, fuzz->snapshot);
    if (!error)
        error = sim_snapshot_add(fuzz->snapshot, fuzz, sizeof(*fuzz));
    SIM_BUG_ON(error);
}

struct fuzz *fuzz_new(const uint8_t *data, size_t n_data)
{
    struct fuzz *fuzz = calloc(1, sizeof(*fuzz));
    struct sim_mem_timing timing;
    bool unknown_aborts;

    SIM_BUG_ON(!fuzz);
    fuzz->data = data;
    fuzz->n_data = n_data;
    fuzz->is_printing = getenv("IOMMUSIM_FUZZ_PRINT") != NULL;
    read_header(fuzz, &timing, &unknown_aborts);
    fuzz->queue = sim_queue_new();
    fuzz->mem = sim_mem_new(MAX_BACKING_BYTES);
    fuzz->snapshot = sim_snapshot_new();
    SIM_BUG_ON(!fuzz->queue || !fuzz->mem || !fuzz->snapshot);
    fuzz->mem_port = sim_mem_port_new(fuzz->mem, fuzz->queue, &timing, 0, unknown_aborts);
    SIM_BUG_ON(!fuzz->mem_port);
    SIM_BUG_ON(unknown_aborts && sim_mem_fill64(fuzz->mem, 0, KNOWN_BYTES, 0));
    fuzz->port = (struct sim_port){.ops = &port_ops, .ctx = fuzz};
    fuzz->tap.emit = on_fact;
    fuzz->tap.ctx = fuzz;
    if (smmu_new(&fuzz->config, fuzz->queue, &fuzz->port, &fuzz->tap, &fuzz->iommu)) {
        fuzz_free(fuzz);
        return NULL;
    }
    add_state(fuzz);
    return fuzz;
}

void fuzz_free(struct fuzz *fuzz)
{
    if (fuzz->iommu.ops)
        fuzz->iommu.ops->free(fuzz->iommu.model);
    sim_mem_port_free(fuzz->mem_port);
    sim_mem_free(fuzz->mem);
    sim_queue_free(fuzz->queue);
    sim_snapshot_free(fuzz->snapshot);
    free(fuzz);
}

void fuzz_take(struct fuzz *fuzz)
{
    if (fuzz->has_snapshot)
        return;
    fuzz->has_snapshot = true;
    SIM_BUG_ON(sim_snapshot_take(fuzz->snapshot));
    sim_mem_journal_begin(fuzz->mem);
    fuzz_say(fuzz, "snapshot");
}

void fuzz_restore(struct fuzz *fuzz)
{
    sim_snapshot_restore(fuzz->snapshot);
    sim_mem_journal_rollback(fuzz->mem);
    fuzz_say(fuzz, "restored");
}

void fuzz_play(struct fuzz *fuzz, void (*op)(struct fuzz *), const uint8_t *bytes, size_t n_bytes)
{
    const uint8_t *data = fuzz->data;
    const size_t n_data = fuzz->n_data, at = fuzz->at;

    fuzz->data = bytes;
    fuzz->n_data = n_bytes;
    fuzz->at = 0;
    op(fuzz);
    fuzz->data = data;
    fuzz->n_data = n_data;
    fuzz->at = at;
}

/* ---- software's acts ---- */

uint64_t fuzz_reg_read(const struct fuzz *fuzz, uint64_t offset, uint32_t n_bytes)
{
    return fuzz->iommu.ops->reg_read(fuzz->iommu.model, offset, n_bytes);
}

void fuzz_reg_write(struct fuzz *fuzz, uint64_t offset, uint32_t n_bytes, uint64_t value)
{
    const uint64_t prod_before = fuzz_reg_read(fuzz, SMMU_REG_CMDQ_PROD, 4);
    struct fuzz_seen before;

    fuzz_say(fuzz, "write %llx/%u = %llx", (unsigned long long)offset, n_bytes,
             (unsigned long long)value);
    fuzz_look(fuzz, &before);
    fuzz->is_just_reset = false;
    fuzz->iommu.ops->reg_write(fuzz->iommu.model, offset, n_bytes, value);
    fuzz_check_handshakes(fuzz, &before);
    fuzz_check_prod(fuzz, &before, prod_before);
}

void fuzz_reset(struct fuzz *fuzz)
{
    fuzz_say(fuzz, "reset");
    fuzz->is_just_reset = true;
    fuzz->iommu.ops->reset(fuzz->iommu.model);
    fuzz->cmdq_prod = 0;
    fuzz->is_abused = false;
    fuzz->n_itags = 0;
}

void fuzz_store(struct fuzz *fuzz, uint64_t pa, uint64_t value)
{
    if (sim_mem_write64(fuzz->mem, pa & ~UINT64_C(7), value))
        fuzz_say(fuzz, "memory is full");
}

/* ---- time ---- */

bool fuzz_step(struct fuzz *fuzz)
{
    struct fuzz_seen before;

    fuzz_look(fuzz, &before);
    if (!sim_queue_run_one(fuzz->queue))
        return false;
    fuzz->n_events++;
    fuzz_check_event(fuzz, &before);
    return true;
}

void fuzz_advance(struct fuzz *fuzz, uint64_t time_ps)
{
    const struct sim_iommu *iommu = &fuzz->iommu;
    const uint64_t until_ps = sim_queue_now_ps(fuzz->queue) + time_ps;
    uint32_t n_events = 0;

    while (iommu->ops->next_event_ps(iommu->model) <= until_ps) {
        SIM_BUG_ON(!fuzz_step(fuzz));
        SIM_BUG_ON(++n_events > MAX_EVENTS_TO_REST);
    }
    iommu->ops->advance(iommu->model, until_ps);
}

/* Nothing happens soon, unless a device answers. */
static bool is_idle(struct fuzz *fuzz)
{
    const uint64_t next_ps = fuzz->iommu.ops->next_event_ps(fuzz->iommu.model);

    return next_ps == SIM_TIME_NEVER || next_ps - sim_queue_now_ps(fuzz->queue) > PATIENCE_PS;
}

void fuzz_answer(struct fuzz *fuzz, uint32_t index)
{
    const uint32_t itag = fuzz->itags[index];

    fuzz->itags[index] = fuzz->itags[--fuzz->n_itags];
    fuzz->iommu.ops->ats_complete(fuzz->iommu.model, itag);
}

void fuzz_settle(struct fuzz *fuzz)
{
    uint32_t n_events = 0;

    for (;;) {
        if (fuzz->n_itags && is_idle(fuzz))
            fuzz_answer(fuzz, fuzz->n_itags - 1);
        else if (fuzz_step(fuzz))
            SIM_BUG_ON(++n_events > MAX_EVENTS_TO_REST);
        else
            break;
    }
    fuzz_check_rest(fuzz);
}

void fuzz_submit(struct fuzz *fuzz, struct fuzz_dma *dma)
{
    const struct sim_iommu *iommu = &fuzz->iommu;
    const bool is_quiet = iommu->ops->next_event_ps(iommu->model) == SIM_TIME_NEVER;

    dma->fuzz = fuzz;
    dma->dma.status = SIM_DMA_PENDING;
    dma->dma.done = (struct sim_event){.fn = on_answer, .ctx = dma};
    dma->is_taken = iommu->ops->submit(iommu->model, &dma->dma);
    fuzz_say(fuzz, "dma %u: sid %x %s%x iova %llx n %u access %x kind %u tbu %u%s%s",
             (unsigned)(dma - fuzz->dmas), dma->dma.requester,
             dma->dma.has_pasid ? "ssid " : "no ssid ", dma->dma.pasid,
             (unsigned long long)dma->dma.iova, dma->dma.n_bytes, dma->dma.access, dma->dma.kind,
             dma->dma.tbu, dma->dma.data ? " data" : "", dma->is_taken ? "" : " REFUSED");
    /* Whoever is refused waits for something to end, or for software to end a stall. */
    SIM_BUG_ON(!dma->is_taken && is_quiet && !fuzz_check_stalls(fuzz));
}
