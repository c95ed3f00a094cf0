/* SPDX-License-Identifier: BSD-2-Clause
 * traffic_nvme.c - a disk: commands of several queues, each a run of whole pages.
 * Knows: pages that may be used. Must not know: records, models. */
#include "sim/traffic/traffic_private.h"

#define MAX_COMMAND_LOG2 5u /* 4 KiB pieces: 1 to 32, 128 KiB */

static void draw_command(struct traffic *traffic, struct nvme_queue *queue)
{
    const uint64_t n_log2 = sim_rng_below(&traffic->rng, MAX_COMMAND_LOG2 + 1);

    queue->page = (uint32_t)sim_rng_below(&traffic->rng, traffic->spans.n_pages);
    queue->n_left = 1u << n_log2;
    queue->access = sim_rng_below(&traffic->rng, 100) < traffic->config.read_percent
                        ? SIM_DMA_READ
                        : SIM_DMA_WRITE;
}

void traffic_draw_nvme(struct traffic *traffic, struct draft *draft)
{
    struct nvme_queue *queue = &traffic->nvme.queues[traffic->nvme.turn];
    struct span page;

    traffic->nvme.turn = (traffic->nvme.turn + 1) % NVME_QUEUES;
    if (!queue->n_left)
        draw_command(traffic, queue);
    if (queue->page >= traffic->spans.n_pages)
        queue->page = 0;
    page = traffic_spans_page(&traffic->spans, queue->page);
    draft->iova = page.iova;
    draft->n_bytes = page.n_bytes;
    draft->access = queue->access;
    queue->page++;
    queue->n_left--;
}
