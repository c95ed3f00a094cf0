/* SPDX-License-Identifier: BSD-2-Clause
 * traffic_random.c - requests anywhere: the worst that a device can do to a TLB.
 * Knows: pages that may be used. Must not know: records, models. */
#include "sim/traffic/traffic_private.h"

#define PIECE_BYTES 64u

void traffic_draw_random(struct traffic *traffic, struct draft *draft)
{
    const struct traffic_config *config = &traffic->config;
    const uint64_t number = sim_rng_below(&traffic->rng, traffic->spans.n_pages);
    const struct span page = traffic_spans_page(&traffic->spans, (uint32_t)number);
    const uint32_t step = (config->bytes + (PIECE_BYTES - 1)) / PIECE_BYTES * PIECE_BYTES;
    const uint32_t n_steps = page.n_bytes > step ? page.n_bytes / step : 1;
    const uint64_t chance = sim_rng_next(&traffic->rng);
    /* Two numbers out of one: the upper half says where, the next bits whether it is a read. */
    const uint32_t at = (uint32_t)((chance >> 32) * n_steps >> 32) * step;
    const uint32_t percent = (uint32_t)((chance >> 8 & 0xffffff) * 100 >> 24);

    draft->iova = page.iova + at;
    draft->n_bytes = config->bytes < page.n_bytes - at ? config->bytes : page.n_bytes - at;
    draft->access = percent < config->read_percent ? SIM_DMA_READ : SIM_DMA_WRITE;
}
