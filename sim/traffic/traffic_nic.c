/* SPDX-License-Identifier: BSD-2-Clause
 * traffic_nic.c - a network card that receives: descriptor, packet, write-back.
 * Knows: pages that may be used. Must not know: records, models.
 *
 * The first page is the ring, every other one a buffer, used in order. A lone page is both. */
#include "sim/traffic/traffic_private.h"

#define DESC_BYTES 16u
#define RING_DESCS (PAGE_BYTES / DESC_BYTES)
#define MIN_PACKET_BYTES 64u
#define MAX_PACKET_BYTES 2048u

enum phase {
    READ_DESC,
    WRITE_PACKET,
    WRITE_BACK,
};

static void limit(struct draft *draft, const struct span *span, uint32_t n_bytes)
{
    draft->iova = span->iova;
    draft->n_bytes = n_bytes < span->n_bytes ? n_bytes : span->n_bytes;
}

static struct span skip(struct span span, uint32_t n_bytes)
{
    if (n_bytes < span.n_bytes) {
        span.iova += n_bytes;
        span.n_bytes -= n_bytes;
    }
    return span;
}

void traffic_draw_nic(struct traffic *traffic, struct draft *draft)
{
    const struct spans *spans = &traffic->spans;
    struct nic *nic = &traffic->nic;
    struct span page;

    draft->access = nic->phase == READ_DESC ? SIM_DMA_READ : SIM_DMA_WRITE;
    if (nic->phase == WRITE_PACKET) {
        const uint64_t n_more =
            sim_rng_below(&traffic->rng, MAX_PACKET_BYTES - MIN_PACKET_BYTES + 1);

        page = traffic_spans_page(spans,
                                  spans->n_pages > 1 ? 1 + nic->packet % (spans->n_pages - 1) : 0);
        if (spans->n_pages == 1)
            page = skip(page, PAGE_BYTES / 2);
        limit(draft, &page, MIN_PACKET_BYTES + (uint32_t)n_more);
    } else {
        page = traffic_spans_page(spans, 0);
        page = skip(page,
                    nic->packet % (spans->n_pages > 1 ? RING_DESCS : RING_DESCS / 2) * DESC_BYTES);
        limit(draft, &page, DESC_BYTES);
    }
    if (nic->phase == WRITE_BACK)
        nic->packet++;
    nic->phase = nic->phase == WRITE_BACK ? READ_DESC : nic->phase + 1;
}
