/* SPDX-License-Identifier: BSD-2-Clause
 * traffic.c - one device: when it sends a request, and what becomes of it.
 * Knows: time, a model's submit, a bound on requests in flight. Must not know: records, verdicts.
 *
 * A request is drawn once. If no slot is free, or the model takes none, it waits, and the next
 * answer (or the next try, since nobody may answer) sends it. */
#include "sim/traffic/traffic.h"

#include "sim/diag.h"
#include "sim/time.h"
#include "sim/traffic/traffic_private.h"

#include <stdlib.h>

#define RETRY_PS (1 * SIM_PS_PER_NS) /* the least time until the model is asked again */
#define LOOK_PS                                                                                    \
    (1000 * SIM_PS_PER_NS) /* until the domain is looked at again, while it is empty               \
                            */

static const char *const presets[] = {"default"};

static const struct sim_param params[] = {
#define P(name_, unit_, deflt, min_, max_, source_, doc_)                                          \
    {.name = #name_,                                                                               \
     .unit = (unit_),                                                                              \
     .doc = (doc_),                                                                                \
     .source = (source_),                                                                          \
     .offset = offsetof(struct traffic_config, name_),                                             \
     .min = (min_),                                                                                \
     .max = (max_),                                                                                \
     .value = {(deflt)}},
#include "sim/traffic/traffic.def"
#undef P
};

const struct sim_param_table traffic_params = {
    .section = "traffic",
    .params = params,
    .n_params = sizeof(params) / sizeof(params[0]),
    .presets = presets,
    .n_presets = sizeof(presets) / sizeof(presets[0]),
};

enum sent {
    SENT,
    SENT_NO_ADDRESS,
    SENT_NO_SLOT,
    SENT_REFUSED,
};

static void run(struct traffic *traffic);

static void tick(void *ctx)
{
    run(ctx);
}

static void arm(struct traffic *traffic, uint64_t delay_ps)
{
    struct sim_queue *queue = traffic->wiring.queue;

    sim_queue_cancel(queue, &traffic->tick);
    sim_queue_at(queue, &traffic->source, sim_queue_now_ps(queue) + delay_ps, &traffic->tick);
}

static void answered(void *ctx)
{
    struct slot *slot = ctx;
    struct traffic *traffic = slot->traffic;
    const struct sim_dma *dma = &slot->dma;
    const uint64_t now_ps = sim_queue_now_ps(traffic->wiring.queue);
    const bool took_time = slot->issue_ps != now_ps;
    const struct sim_dma_seen seen = {
        .issue_ps = slot->issue_ps,
        .answer_ps = now_ps,
        .issue_seq = slot->issue_seq,
        .answer_seq = *traffic->wiring.seq,
        .dev = traffic->device.dev,
        .requester = dma->requester,
        .pasid = dma->pasid,
        .has_pasid = dma->has_pasid,
        .access = dma->access,
        .status = dma->status,
        .event = dma->event,
        .n_bytes = dma->n_bytes,
        .iova = dma->iova,
        .pa = dma->pa,
    };

    slot->next_free = traffic->free_slot;
    traffic->free_slot = (uint32_t)(slot - traffic->slots) + 1;
    traffic->n_in_flight--;
    traffic->wiring.answered(traffic->wiring.ctx, &seen);
    if (!traffic->is_waiting)
        return;
    /* Machines without latency: time has to move, or it never ends. */
    if (took_time)
        run(traffic);
    else if (!sim_event_is_scheduled(&traffic->tick))
        arm(traffic, RETRY_PS);
}

static void draw(struct traffic *traffic)
{
    switch ((enum traffic_kind)traffic->config.kind) {
    case TRAFFIC_NONE:
        break;
    case TRAFFIC_RANDOM:
        traffic_draw_random(traffic, &traffic->draft);
        break;
    case TRAFFIC_NIC:
        traffic_draw_nic(traffic, &traffic->draft);
        break;
    case TRAFFIC_NVME:
        traffic_draw_nvme(traffic, &traffic->draft);
        break;
    }
    traffic->draft.serial = traffic->spans.serial;
    traffic->has_draft = true;
}

static uint32_t draw_requester(struct traffic *traffic)
{
    const struct sim_device *device = &traffic->device;

    if (device->n_requesters == 1)
        return device->requester[0];
    return device->requester[sim_rng_below(&traffic->rng, device->n_requesters)];
}

static enum sent send_one(struct traffic *traffic)
{
    const struct traffic_wiring *wiring = &traffic->wiring;
    struct slot *slot;

    if (!traffic_spans_update(traffic))
        return SENT_NO_ADDRESS;
    if (!traffic->free_slot)
        return SENT_NO_SLOT;
    while (!traffic->has_draft || !traffic_spans_allow(traffic, &traffic->draft)) {
        traffic->has_draft = false;
        if (!traffic->spans.n)
            return SENT_NO_ADDRESS;
        draw(traffic);
    }
    slot = &traffic->slots[traffic->free_slot - 1];
    slot->dma.iova = traffic->draft.iova;
    slot->dma.n_bytes = traffic->draft.n_bytes;
    slot->dma.access = traffic->draft.access;
    slot->dma.requester = draw_requester(traffic);
    slot->dma.has_pasid = traffic->device.has_pasid;
    slot->dma.pasid = traffic->device.pasid;
    slot->dma.tbu = (uint8_t)traffic->device.dev; /* each device by one of its own */
    slot->dma.pa = 0;
    slot->dma.page_log2 = 0;
    slot->dma.granted = 0;
    slot->dma.status = SIM_DMA_PENDING;
    slot->dma.event = 0;
    slot->issue_ps = sim_queue_now_ps(wiring->queue);
    slot->issue_seq = *wiring->seq;
    if (!wiring->iommu->ops->submit(wiring->iommu->model, &slot->dma))
        return SENT_REFUSED;
    traffic->free_slot = slot->next_free;
    traffic->n_in_flight++;
    traffic->has_draft = false;
    if (wiring->issued)
        wiring->issued(wiring->ctx, &traffic->device, &slot->dma);
    return SENT;
}

/* Half to one and a half of the mean. */
static uint64_t draw_gap_ps(struct traffic *traffic)
{
    return traffic->interval_ps / 2 + sim_rng_below(&traffic->rng, traffic->interval_ps);
}

/* It is time for a request; without an interval, for as many as there is room for. */
static void run(struct traffic *traffic)
{
    enum sent sent = SENT;

    if (traffic->is_stopped)
        return;
    if (!traffic->has_started && traffic_spans_update(traffic)) {
        traffic->has_started = true;
        if (traffic->config.start_ns) {
            arm(traffic, sim_ps_from_ns(traffic->config.start_ns));
            return;
        }
    }
    do
        sent = send_one(traffic);
    while (sent == SENT && !traffic->interval_ps);
    traffic->is_waiting = sent == SENT_NO_SLOT || sent == SENT_REFUSED;
    if (sent == SENT)
        arm(traffic, draw_gap_ps(traffic));
    else if (sent == SENT_NO_ADDRESS && traffic->kind != SIM_DOMAIN_BLOCKED)
        arm(traffic, LOOK_PS);
    else if (sent == SENT_REFUSED)
        arm(traffic, traffic->interval_ps > RETRY_PS ? traffic->interval_ps : RETRY_PS);
    else
        sim_queue_cancel(traffic->wiring.queue, &traffic->tick);
}

/* ---- public ---- */

struct traffic *traffic_new(const struct traffic_config *config,
                            const struct traffic_wiring *wiring, const struct sim_device *device,
                            uint16_t port, uint64_t seed)
{
    const size_t n_slots = config->max_outstanding;
    struct traffic *traffic = calloc(1, sizeof(*traffic) + n_slots * sizeof(traffic->slots[0]));

    if (!traffic)
        return NULL;
    SIM_BUG_ON(device->n_requesters > SIM_MAX_REQUESTERS);
    traffic->config = *config;
    traffic->wiring = *wiring;
    traffic->device = *device;
    traffic->interval_ps = sim_ps_from_ns(config->interval_ns);
    traffic->kind = SIM_DOMAIN_BLOCKED;
    sim_rng_seed(&traffic->rng, seed);
    traffic->source = (struct sim_source){.rank = SIM_RANK_ENDPOINT, .port = port};
    traffic->tick.fn = tick;
    traffic->tick.ctx = traffic;
    for (size_t i = n_slots; i-- > 0;) {
        struct slot *slot = &traffic->slots[i];

        slot->traffic = traffic;
        slot->dma.kind = SIM_DMA_UNTRANSLATED;
        slot->dma.done.fn = answered;
        slot->dma.done.ctx = slot;
        slot->next_free = traffic->free_slot;
        traffic->free_slot = (uint32_t)i + 1;
    }
    if (config->kind == TRAFFIC_NONE || !device->n_requesters)
        traffic->is_stopped = true;
    return traffic;
}

void traffic_free(struct traffic *traffic)
{
    if (!traffic)
        return;
    sim_queue_cancel(traffic->wiring.queue, &traffic->tick);
    free(traffic);
}

void traffic_domain(struct traffic *traffic, enum sim_domain_kind kind, uint64_t domain,
                    uint64_t other)
{
    traffic->kind = kind;
    traffic->domain = domain;
    traffic->other = other;
    traffic->spans.is_listed = false;
    if (traffic->is_stopped || traffic->is_waiting)
        return;
    if (!sim_event_is_scheduled(&traffic->tick) || !traffic->has_started || !traffic->spans.n)
        arm(traffic, 0);
}

void traffic_stop(struct traffic *traffic)
{
    traffic->is_stopped = true;
    traffic->is_waiting = false;
    sim_queue_cancel(traffic->wiring.queue, &traffic->tick);
}

uint32_t traffic_in_flight(const struct traffic *traffic)
{
    return traffic->n_in_flight;
}

int traffic_state(struct traffic *traffic, struct sim_snapshot *snapshot)
{
    const size_t n_bytes =
        sizeof(*traffic) + traffic->config.max_outstanding * sizeof(traffic->slots[0]);

    return sim_snapshot_add(snapshot, traffic, n_bytes);
}
