/* SPDX-License-Identifier: BSD-2-Clause
 * atc.c - a request of a function with ATS: look up, ask, send (PCIe 10.2, 10.4).
 * Knows: slots, entries, an IOMMU's submit. Must not know: what the IOMMU makes of a request. */
#include "sim/atc/atc.h"

#include "sim/atc/atc_private.h"
#include "sim/diag.h"
#include "sim/time.h"

#include <stdlib.h>

enum {
    PAGE_LOG2 = 12, /* what no request crosses and no invalidation cuts */
};

/* Until an IOMMU that took nothing is asked again, by each request that waits. */
#define RETRY_NS 10u

static const char *const presets[] = {"default"};

static const struct sim_param params[] = {
#define P(name_, unit_, deflt, min_, max_, source_, doc_)                                          \
    {.name = #name_,                                                                               \
     .unit = (unit_),                                                                              \
     .doc = (doc_),                                                                                \
     .source = (source_),                                                                          \
     .offset = offsetof(struct sim_atc_param, name_),                                              \
     .min = (min_),                                                                                \
     .max = (max_),                                                                                \
     .value = {(deflt)}},
#include "sim/atc/atc.def"
#undef P
};

const struct sim_param_table sim_atc_params = {
    .section = "atc",
    .params = params,
    .n_params = sizeof(params) / sizeof(params[0]),
    .presets = presets,
    .n_presets = sizeof(presets) / sizeof(presets[0]),
};

void atc_wake(struct sim_atc *atc, struct sim_event *event, uint64_t delay_ns)
{
    sim_queue_at(atc->queue, &atc->source, sim_queue_now_ps(atc->queue) + sim_ps_from_ns(delay_ns),
                 event);
}

/* ---- functions ---- */

struct atc_function *atc_function_of(struct sim_atc *atc, uint32_t requester)
{
    for (uint32_t i = 0; i < atc->n_functions && atc->functions[i].is_used; i++) {
        if (atc->functions[i].requester == requester)
            return &atc->functions[i];
    }
    return NULL;
}

static struct atc_function *new_function(struct sim_atc *atc, uint32_t requester)
{
    for (uint32_t i = 0; i < atc->n_functions; i++) {
        struct atc_function *function = &atc->functions[i];

        if (function->is_used)
            continue;
        function->is_used = true;
        function->requester = requester;
        return function;
    }
    return NULL;
}

int sim_atc_switch(struct sim_atc *atc, uint32_t requester, bool has_ats, bool has_pri)
{
    struct atc_function *function = atc_function_of(atc, requester);

    if (!function && !has_ats)
        return 0;
    if (!function)
        function = new_function(atc, requester);
    if (!function)
        return SIM_ENOMEM;
    if (has_ats && !function->has_ats)
        atc_flush(atc, function);
    function->has_ats = has_ats;
    function->has_pri = has_ats && has_pri;
    return 0;
}

bool sim_atc_empty(struct sim_atc *atc, uint32_t requester)
{
    struct atc_function *function = atc_function_of(atc, requester);

    if (!function || !function->has_ats)
        return false;
    atc_flush(atc, function);
    return true;
}

void sim_atc_function_reset(struct sim_atc *atc, uint32_t requester)
{
    struct atc_function *function = atc_function_of(atc, requester);

    if (!function)
        return;
    atc_inv_forget(atc, function);
    atc_flush(atc, function);
    function->has_ats = false;
    function->has_pri = false;
}

/* ---- entries ---- */

static uint8_t needed(const struct sim_dma *dma)
{
    return dma->access & (SIM_DMA_READ | SIM_DMA_WRITE | SIM_DMA_EXECUTE);
}

static bool is_privileged(const struct sim_dma *dma)
{
    return (dma->access & SIM_DMA_PRIVILEGED) != 0;
}

static const struct atc_entry *find(const struct sim_atc *atc, const struct atc_function *function,
                                    const struct sim_dma *dma)
{
    for (uint32_t i = 0; i < atc->param.entries; i++) {
        const struct atc_entry *entry = &function->entries[i];

        if (entry->is_valid && entry->va == dma->iova >> entry->page_log2 << entry->page_log2 &&
            entry->has_pasid == dma->has_pasid && (!dma->has_pasid || entry->pasid == dma->pasid) &&
            entry->is_privileged == is_privileged(dma) && !(needed(dma) & ~entry->granted))
            return entry;
    }
    return NULL;
}

/* An answer for more than a page may have been on its way when a part of it was invalidated. */
static void keep(struct sim_atc *atc, const struct atc_slot *slot)
{
    const struct sim_dma *from = slot->from;
    const struct sim_dma *answer = &slot->dma;
    const uint8_t page_log2 = slot->is_narrow ? PAGE_LOG2 : answer->page_log2;
    const uint64_t mask = UINT64_MAX << page_log2;
    struct atc_function *function = slot->function;

    function->entries[function->next] = (struct atc_entry){
        .va = from->iova & mask,
        .pa = answer->pa & mask,
        .pasid = from->pasid,
        .is_valid = true,
        .has_pasid = from->has_pasid,
        .is_privileged = is_privileged(from),
        .page_log2 = page_log2,
        .granted = answer->granted,
    };
    function->next = (function->next + 1) % atc->param.entries;
}

/* ---- one request ---- */

static void finish(struct atc_slot *slot, uint8_t status)
{
    struct sim_atc *atc = slot->atc;
    struct sim_dma *from = slot->from;

    atc_inv_release(atc, slot);
    from->status = status;
    from->event = slot->dma.event;
    from->pa = slot->dma.pa;
    from->page_log2 = slot->dma.page_log2;
    from->granted = slot->dma.granted;
    slot->state = ATC_FREE;
    sim_queue_at(atc->queue, &atc->source, sim_queue_now_ps(atc->queue), &from->done);
}

static void submit(struct atc_slot *slot, enum atc_slot_state taken)
{
    struct sim_atc *atc = slot->atc;

    if (atc->behind.ops->submit(atc->behind.model, &slot->dma))
        slot->state = taken;
    else
        atc_wake(atc, &slot->event, RETRY_NS);
}

static void answered(void *ctx);

static void send_translated(struct atc_slot *slot, uint64_t pa, uint8_t page_log2, uint8_t granted)
{
    const struct sim_dma *from = slot->from;

    slot->dma = (struct sim_dma){
        .iova = pa,
        .n_bytes = from->n_bytes,
        .requester = from->requester,
        .kind = SIM_DMA_TRANSLATED,
        .access = needed(from),
        .tbu = from->tbu,
        .data = from->data,
        .pa = pa,
        .page_log2 = page_log2,
        .granted = granted,
        .done = {.fn = answered, .ctx = slot},
    };
    slot->state = ATC_SEND;
    submit(slot, ATC_SENT);
}

/* ATS has been switched off meanwhile. */
static void send_untranslated(struct atc_slot *slot)
{
    slot->dma = *slot->from;
    slot->dma.done = (struct sim_event){.fn = answered, .ctx = slot};
    slot->state = ATC_SEND;
    submit(slot, ATC_SENT);
}

static void ask(struct atc_slot *slot)
{
    const struct sim_dma *from = slot->from;

    if (!slot->function->has_ats) {
        send_untranslated(slot);
        return;
    }
    slot->dma = (struct sim_dma){
        .iova = from->iova,
        .n_bytes = from->n_bytes,
        .requester = from->requester,
        .pasid = from->pasid,
        .has_pasid = from->has_pasid,
        .kind = SIM_DMA_TRANSLATION_REQUEST,
        .access = from->access,
        .tbu = from->tbu,
        .done = {.fn = answered, .ctx = slot},
    };
    slot->is_void = false;
    slot->is_narrow = false;
    slot->state = ATC_ASK;
    atc_wake(slot->atc, &slot->event, slot->atc->param.link_ns);
}

static void look_up(struct atc_slot *slot)
{
    struct sim_atc *atc = slot->atc;
    const struct atc_entry *entry =
        slot->function->has_ats ? find(atc, slot->function, slot->from) : NULL;
    const uint64_t iova = slot->from->iova;

    if (!entry) {
        atc->stats.n_misses++;
        ask(slot);
        return;
    }
    atc->stats.n_hits++;
    send_translated(slot, entry->pa | (iova & ~(UINT64_MAX << entry->page_log2)), entry->page_log2,
                    entry->granted);
}

/* A function has only so many page requests outstanding (PCIe: its allocation). */
static bool may_request_page(const struct atc_slot *slot)
{
    const struct sim_atc *atc = slot->atc;
    uint32_t n = 0;

    for (uint32_t i = 0; i < atc->param.slots; i++)
        n += atc->slots[i].state == ATC_PAGE_WAIT && atc->slots[i].function == slot->function;
    return !atc->param.pri_slots || n < atc->param.pri_slots;
}

/* Not permitted, at least not yet: with PRI, software may make it so. */
static void request_page(struct atc_slot *slot)
{
    struct sim_atc *atc = slot->atc;
    const struct sim_dma *from = slot->from;
    struct sim_page_request request;

    if (!slot->function->has_pri || slot->n_tries == atc->param.pri_tries) {
        finish(slot, SIM_DMA_ABORT);
        return;
    }
    if (!may_request_page(slot)) {
        slot->state = ATC_PAGE_HELD;
        slot->turn = atc->next_turn++;
        return;
    }
    slot->n_tries++;
    slot->group = atc->next_group;
    atc->next_group = (uint16_t)((atc->next_group + 1) & 0x1ff); /* nine bits */
    slot->state = ATC_PAGE_WAIT;
    atc->stats.n_page_requests++;
    request = (struct sim_page_request){
        .address = from->iova,
        .requester = from->requester,
        .pasid = from->pasid,
        .has_pasid = from->has_pasid,
        .group = slot->group,
        .access = from->access,
        .is_last = true,
    };
    atc->behind.ops->page_request(atc->behind.model, &request);
}

static void use_answer(struct atc_slot *slot)
{
    const struct sim_dma *answer = &slot->dma;

    if (!slot->function->has_ats) {
        send_untranslated(slot);
    } else if (slot->is_void) {
        slot->atc->stats.n_again++;
        ask(slot);
    } else if (answer->status != SIM_DMA_OK) {
        finish(slot, answer->status);
    } else if (needed(slot->from) & ~answer->granted) {
        request_page(slot);
    } else {
        keep(slot->atc, slot);
        send_translated(slot, answer->pa, answer->page_log2, answer->granted);
    }
}

/* The IOMMU is done with slot->dma. */
static void answered(void *ctx)
{
    struct atc_slot *slot = ctx;

    if (slot->state == ATC_SENT) {
        finish(slot, slot->dma.status);
        return;
    }
    slot->state = ATC_ANSWER;
    atc_wake(slot->atc, &slot->event, slot->atc->param.link_ns);
}

static void step(void *ctx)
{
    struct atc_slot *slot = ctx;

    switch (slot->state) {
    case ATC_LOOKUP:
        look_up(slot);
        return;
    case ATC_ASK:
        submit(slot, ATC_ASKED);
        return;
    case ATC_ANSWER:
        use_answer(slot);
        return;
    case ATC_SEND:
        submit(slot, ATC_SENT);
        return;
    case ATC_FREE:
    case ATC_ASKED:
    case ATC_PAGE_WAIT:
    case ATC_PAGE_HELD:
    case ATC_SENT:
        return; /* nothing is scheduled in these */
    }
}

/* Whoever has been held longest, of one function; or NULL. */
static struct atc_slot *next_held(struct sim_atc *atc, const struct atc_function *function)
{
    struct atc_slot *first = NULL;

    for (uint32_t i = 0; i < atc->param.slots; i++) {
        struct atc_slot *slot = &atc->slots[i];

        if (slot->state == ATC_PAGE_HELD && slot->function == function &&
            (!first || slot->turn < first->turn))
            first = slot;
    }
    return first;
}

/* 8.6 of the base specification: the group ends; what becomes of it is tried, or given up. */
void sim_atc_page_response(struct sim_atc *atc, const struct sim_page_response *response)
{
    const struct atc_function *function = atc_function_of(atc, response->requester);
    struct atc_slot *held;

    for (uint32_t i = 0; i < atc->param.slots; i++) {
        struct atc_slot *slot = &atc->slots[i];

        if (slot->state != ATC_PAGE_WAIT || slot->group != response->group ||
            slot->from->requester != response->requester)
            continue;
        if (response->code == 0)
            ask(slot);
        else
            finish(slot, SIM_DMA_ABORT);
    }
    while ((held = next_held(atc, function)) && may_request_page(held))
        request_page(held);
}

/* ---- as an IOMMU ---- */

static struct atc_slot *free_slot(struct sim_atc *atc)
{
    for (uint32_t i = 0; i < atc->param.slots; i++) {
        if (atc->slots[i].state == ATC_FREE)
            return &atc->slots[i];
    }
    return NULL;
}

static bool front_submit(void *model, struct sim_dma *dma)
{
    struct sim_atc *atc = model;
    struct atc_function *function = atc_function_of(atc, dma->requester);
    struct atc_slot *slot;

    if (dma->kind != SIM_DMA_UNTRANSLATED || !function || !function->has_ats)
        return atc->behind.ops->submit(atc->behind.model, dma);
    slot = free_slot(atc);
    if (!slot)
        return false;
    slot->function = function;
    slot->from = dma;
    slot->held_by = 0;
    slot->n_tries = 0;
    slot->state = ATC_LOOKUP;
    atc_wake(atc, &slot->event, atc->param.hit_ns);
    return true;
}

static uint64_t front_reg_read(void *model, uint64_t offset, uint32_t n_bytes)
{
    const struct sim_atc *atc = model;

    return atc->behind.ops->reg_read(atc->behind.model, offset, n_bytes);
}

static void front_reg_write(void *model, uint64_t offset, uint32_t n_bytes, uint64_t value)
{
    const struct sim_atc *atc = model;

    atc->behind.ops->reg_write(atc->behind.model, offset, n_bytes, value);
}

static void front_ats_complete(void *model, uint32_t itag)
{
    const struct sim_atc *atc = model;

    atc->behind.ops->ats_complete(atc->behind.model, itag);
}

static void front_page_request(void *model, const struct sim_page_request *request)
{
    const struct sim_atc *atc = model;

    atc->behind.ops->page_request(atc->behind.model, request);
}

/* The IOMMU's reset is not the endpoints'. */
static void front_reset(void *model)
{
    const struct sim_atc *atc = model;

    atc->behind.ops->reset(atc->behind.model);
}

static uint64_t front_next_event_ps(void *model)
{
    return sim_queue_next_ps(((const struct sim_atc *)model)->queue);
}

static void front_advance(void *model, uint64_t until_ps)
{
    (void)sim_queue_advance(((const struct sim_atc *)model)->queue, until_ps);
}

static void front_answer(void *model, const uint64_t words[2])
{
    const struct sim_atc *atc = model;

    if (atc->behind.ops->answer)
        atc->behind.ops->answer(atc->behind.model, words);
}

static void front_free(void *model)
{
    (void)model;
}

struct sim_iommu sim_atc_front(struct sim_atc *atc)
{
    static const struct sim_iommu_ops ops = {
        .reg_read = front_reg_read,
        .reg_write = front_reg_write,
        .submit = front_submit,
        .ats_complete = front_ats_complete,
        .page_request = front_page_request,
        .reset = front_reset,
        .next_event_ps = front_next_event_ps,
        .advance = front_advance,
        .free = front_free,
        .answer = front_answer,
    };

    return (struct sim_iommu){&ops, atc};
}

/* ---- life ---- */

struct sim_atc *sim_atc_new(const struct sim_atc_param *param, const struct sim_atc_wiring *wiring)
{
    struct sim_atc *atc = calloc(1, sizeof(*atc));

    if (!atc)
        return NULL;
    atc->param = *param;
    atc->queue = wiring->queue;
    atc->behind = wiring->behind;
    atc->source = (struct sim_source){.rank = SIM_RANK_LINK, .port = wiring->port};
    sim_rng_seed(&atc->rng, wiring->seed);
    atc->n_functions = wiring->n_functions;
    /* calloc(0) may give NULL */
    atc->slots = calloc(param->slots, sizeof(*atc->slots));
    atc->functions = calloc((size_t)wiring->n_functions + 1, sizeof(*atc->functions));
    atc->entries = calloc((size_t)wiring->n_functions * param->entries + 1, sizeof(*atc->entries));
    if (!atc->slots || !atc->functions || !atc->entries) {
        sim_atc_free(atc);
        return NULL;
    }
    for (uint32_t i = 0; i < wiring->n_functions; i++)
        atc->functions[i].entries = &atc->entries[(size_t)i * param->entries];
    for (uint32_t i = 0; i < param->slots; i++) {
        atc->slots[i].atc = atc;
        atc->slots[i].event = (struct sim_event){.fn = step, .ctx = &atc->slots[i]};
    }
    atc_inv_init(atc);
    return atc;
}

void sim_atc_free(struct sim_atc *atc)
{
    if (!atc)
        return;
    free(atc->slots);
    free(atc->functions);
    free(atc->entries);
    free(atc);
}

int sim_atc_state(struct sim_atc *atc, struct sim_snapshot *snapshot)
{
    const size_t n = atc->n_functions;
    int error = sim_snapshot_add(snapshot, atc, sizeof(*atc));

    if (!error && n)
        error = sim_snapshot_add(snapshot, atc->slots, atc->param.slots * sizeof(*atc->slots));
    if (!error)
        error = sim_snapshot_add(snapshot, atc->functions, n * sizeof(*atc->functions));
    if (!error)
        error = sim_snapshot_add(snapshot, atc->entries,
                                 n * atc->param.entries * sizeof(*atc->entries));
    return error;
}

const struct sim_atc_stats *sim_atc_get_stats(const struct sim_atc *atc)
{
    return &atc->stats;
}
