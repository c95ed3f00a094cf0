/* SPDX-License-Identifier: BSD-2-Clause
 * mp_packets.c - a NIC receives at line rate; each packet's buffers are mapped and unmapped.
 * Knows: the rig, time. Must not know: bits.
 *
 * One processor: it takes a packet, unmaps its buffers, maps others and posts them. Its own work
 * takes fixed times; how long an invalidation takes is what the unit needs. A packet that finds no
 * buffer posted is lost. */
#include "bench/mapping/mp.h"
#include "bench/sides/sd_rig.h"
#include "sim/diag.h"
#include "sim/event.h"
#include "sim/time.h"

#include <stdlib.h>

enum {
    N_PAGES = SD_RANGE_PAGES, /* addresses that may be used */
    N_POSTED = 128,
    PACKET_BYTES = 1500,
    HEADER_BYTES = 64,
    MAX_MAPPINGS = 2,
    BATCH = 250, /* unmaps before a flush; or BATCH_PS after the first */
    N_PACKETS = 20000,
};

/* 1538 bytes on the wire at 10 Gb/s. A processor that has nothing else to do with a packet than to
 * take it is as fast as the wire. */
#define WIRE_PS UINT64_C(1230400)
#define STACK_PS WIRE_PS
#define BATCH_PS UINT64_C(10000000000)

enum mode { OFF, STRICT, BATCHED };

/** struct fifo - numbers of pages; never more than there are. */
struct fifo {
    uint16_t of[N_PAGES];
    uint32_t first, n;
};

struct stream {
    struct sd_rig *rig;
    struct sim_event tick;
    enum mode mode;
    unsigned n_mappings;
    bool is_leaf; /* what a flush says: no table went */
    struct fifo posted, outside, arrived, free,
        pending; /* outside: the unit does not take it yet */
    struct sim_dma dma[N_PAGES];
    uint64_t start_ps[N_PAGES];
    uint64_t n_offered, n_lost, n_done, n_dmas, sum_ps, oldest_ps, longest_ps;
    bool is_over;
};

static void push(struct fifo *fifo, unsigned page)
{
    SIM_BUG_ON(fifo->n == N_PAGES);
    fifo->of[(fifo->first + fifo->n++) % N_PAGES] = (uint16_t)page;
}

static unsigned pop(struct fifo *fifo)
{
    const unsigned page = fifo->of[fifo->first];

    SIM_BUG_ON(fifo->n == 0);
    fifo->first = (fifo->first + 1) % N_PAGES;
    fifo->n--;
    return page;
}

static uint64_t iova_of(unsigned page)
{
    return SD_VICTIM + page * SD_PAGE;
}

/* ---- the NIC ---- */

struct sent {
    struct stream *stream;
    unsigned page;
};

static void answered(struct stream *stream, unsigned page)
{
    const struct sim_dma *dma = &stream->dma[page];

    SIM_BUG_ON(dma->status != SIM_DMA_OK || dma->pa != dma->iova + SD_SHIFT);
    stream->n_dmas++;
    stream->sum_ps += sd_now_ps(stream->rig) - stream->start_ps[page];
    push(&stream->arrived, page);
}

static void offer(struct stream *stream)
{
    const struct sim_iommu *iommu = &stream->rig->iommu;

    while (
        stream->outside.n &&
        iommu->ops->submit(iommu->model, &stream->dma[stream->outside.of[stream->outside.first]]))
        (void)pop(&stream->outside);
}

static void done(void *ctx)
{
    const struct sent *sent = ctx;

    answered(sent->stream, sent->page);
    offer(sent->stream);
}

static void write_page(struct stream *stream, struct sent *sent, uint32_t n_bytes)
{
    const unsigned page = sent->page;

    stream->dma[page] = (struct sim_dma){.iova = iova_of(page),
                                         .n_bytes = n_bytes,
                                         .requester = SD_DEVICE,
                                         .access = SIM_DMA_WRITE,
                                         .done = {.fn = done, .ctx = sent}};
    stream->start_ps[page] = sd_now_ps(stream->rig);
    push(&stream->outside, page);
    offer(stream);
}

struct nic {
    struct stream stream;
    struct sent sent[N_PAGES];
};

static void tick(void *ctx)
{
    struct nic *nic = ctx;
    struct stream *stream = &nic->stream;

    if (stream->is_over)
        return;
    stream->n_offered++;
    if (stream->posted.n < stream->n_mappings) {
        stream->n_lost++;
    } else {
        for (unsigned i = 0; i < stream->n_mappings; i++) {
            const unsigned page = pop(&stream->posted);

            nic->sent[page] = (struct sent){stream, page};
            write_page(stream, &nic->sent[page], i ? HEADER_BYTES : PACKET_BYTES);
        }
    }
    sim_queue_at(stream->rig->queue, &stream->rig->source, sd_now_ps(stream->rig) + WIRE_PS,
                 &stream->tick);
}

/* ---- the processor ---- */

static void work(struct stream *stream, uint64_t ps)
{
    sd_advance(stream->rig, sd_now_ps(stream->rig) + ps);
}

static void flush_pending(struct stream *stream)
{
    const uint64_t age = sd_now_ps(stream->rig) - stream->oldest_ps;

    if (!stream->pending.n || (stream->pending.n < BATCH && age < BATCH_PS))
        return;
    stream->longest_ps = age > stream->longest_ps ? age : stream->longest_ps;
    sd_vtd_flush_all(stream->rig);
    while (stream->pending.n)
        push(&stream->free, pop(&stream->pending));
}

static void unmap(struct stream *stream, unsigned page)
{
    if (stream->mode == OFF) {
        push(&stream->free, page);
        return;
    }
    work(stream, MP_UNMAP_NS * SIM_PS_PER_NS);
    sd_set_page(stream->rig, iova_of(page), false);
    if (stream->mode == STRICT) {
        sd_vtd_flush(stream->rig, iova_of(page), stream->is_leaf);
        push(&stream->free, page);
        return;
    }
    if (!stream->pending.n)
        stream->oldest_ps = sd_now_ps(stream->rig);
    push(&stream->pending, page);
    flush_pending(stream);
}

static void post(struct stream *stream)
{
    const unsigned page = pop(&stream->free);

    if (stream->mode != OFF) {
        work(stream, MP_MAP_NS * SIM_PS_PER_NS);
        sd_set_page(stream->rig, iova_of(page), true);
    }
    push(&stream->posted, page);
}

static void take(struct stream *stream)
{
    while (stream->arrived.n < stream->n_mappings)
        sd_step(stream->rig);
    work(stream, STACK_PS);
    for (unsigned i = 0; i < stream->n_mappings; i++)
        unmap(stream, pop(&stream->arrived));
    for (unsigned i = 0; i < stream->n_mappings; i++)
        post(stream);
    stream->n_done++;
}

/* ---- one run ---- */

/** struct told - @share: of the line rate; @reads: of tables for each DMA; @reach_us: longest time
 * for which an unmapped page could still be reached. */
struct told {
    double share, reads, latency_ns, reach_us;
};

static void prepare(struct nic *nic)
{
    struct stream *stream = &nic->stream;

    stream->tick = (struct sim_event){.fn = tick, .ctx = nic};
    sd_set_victim(stream->rig, N_PAGES, stream->mode == OFF);
    for (unsigned page = 0; page < N_PAGES; page++)
        push(&stream->free, page);
    sd_vtd_flush_all(stream->rig);
    while (stream->posted.n < N_POSTED)
        post(stream);
}

static struct told run(enum mode mode, unsigned n_mappings, bool is_leaf)
{
    struct nic *nic = calloc(1, sizeof(*nic));
    struct stream *stream = &nic->stream;
    struct told told;
    uint64_t start_ps, reads;

    SIM_BUG_ON(!nic || n_mappings > MAX_MAPPINGS);
    stream->rig = sd_rig_new(&sd_vtd, "bdw", 1, 0);
    stream->mode = mode;
    stream->n_mappings = n_mappings;
    stream->is_leaf = is_leaf;
    prepare(nic);
    start_ps = sd_now_ps(stream->rig);
    reads = stream->rig->reads;
    sim_queue_at(stream->rig->queue, &stream->rig->source, start_ps, &stream->tick);
    while (stream->n_done < N_PACKETS)
        take(stream);
    told.share =
        (double)stream->n_done * (double)WIRE_PS / (double)(sd_now_ps(stream->rig) - start_ps);
    stream->is_over = true;
    sd_idle(stream->rig);
    told.reads = (double)(stream->rig->reads - reads) / (double)stream->n_dmas;
    told.latency_ns = (double)stream->sum_ps / (double)stream->n_dmas / SIM_PS_PER_NS;
    told.reach_us = (double)stream->longest_ps / SIM_PS_PER_NS / 1000;
    sd_rig_free(stream->rig);
    free(nic);
    return told;
}

/* ---- E10 ---- */

static const char one[] = "one buffer a packet", two[] = "two buffers a packet";

static void put_share(struct mp_out *out, const char *series, const char *what, double share,
                      double expected, const char *why)
{
    mp_put(out, &(struct mp_line){.experiment = "E10",
                                  .series = series,
                                  .what = what,
                                  .unit = "% of 10 Gb/s",
                                  .expected = expected,
                                  .simulated = 100 * share,
                                  .within = 0.15,
                                  .why = why});
}

static void rates(struct mp_out *out, const char *series, unsigned n, const char *strict_why,
                  const char *batched_why)
{
    const struct told off = run(OFF, n, true), strict = run(STRICT, n, true),
                      batched = run(BATCHED, n, true);

    put_share(out, series, "strict", strict.share, 43, strict_why);
    put_share(out, series, "batched", batched.share, 91, batched_why);
    put_share(out, series, "off", off.share, 100, "");
    mp_put(out,
           &(struct mp_line){.experiment = "E10",
                             .series = series,
                             .what = "strict < batched < off",
                             .unit = "1 = so it is",
                             .expected = 1,
                             .simulated = strict.share < batched.share && batched.share < off.share,
                             .why = ""});
    mp_put(out, &(struct mp_line){.experiment = "E10",
                                  .series = series,
                                  .what = "batched: reachable after its unmap for up to",
                                  .unit = "us",
                                  .expected = -1,
                                  .simulated = batched.reach_us,
                                  .why = ""});
}

/* ---- E11 ---- */

static void hint(struct mp_out *out, const char *series, bool is_leaf, double reads)
{
    const struct told told = run(STRICT, 1, is_leaf);

    mp_put(out, &(struct mp_line){"E11", series, "entries read for a DMA", "reads", reads,
                                  told.reads, 0.01, ""});
    mp_put(out, &(struct mp_line){"E11", series, "translation of a DMA", "ns", -1, told.latency_ns,
                                  0, ""});
    mp_put(out,
           &(struct mp_line){"E11", series, "rate", "% of 10 Gb/s", -1, 100 * told.share, 0, ""});
}

void mp_packets_all(struct mp_out *out)
{
    rates(out, one, 1,
          "the kernel that was measured (2.6.36) also took a lock and looked for an address; "
          "neither is in the time of a call",
          "");
    rates(out, two, 2, "", "");
    hint(out, "strict: leaf only (IH=1)", true, 1);
    hint(out, "strict: tables too (IH=0)", false, 4);
}
