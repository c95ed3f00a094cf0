/* SPDX-License-Identifier: BSD-2-Clause
 * request.c - requests of devices that a scenario makes, and what must come of them.
 * Knows: one request at a time. Must not know: tables, drivers. */
#include "kernel-glue/linux/host/scn.h"

#include "sim/time.h"

#include <errno.h>
#include <string.h>

#define TELL_PS UINT64_C(1000000)
#define ASK_PS UINT64_C(1000000000) /* a request that nobody answers in a millisecond is lost */

static void make_request(const struct scn_object *device, const struct scn_step *step,
                         unsigned first, struct sim_record *rec)
{
    sim_record_init(rec, SIM_R_DMA);
    rec->dma.requester = device->sid;
    rec->dma.iova = step->words[first].number;
    rec->dma.n_bytes = (uint32_t)scn_number(step, "bytes", 8);
    rec->dma.pasid = (uint32_t)scn_number(step, "pasid", HOST_NO_PASID);
    rec->dma.access = first + 1 < step->n_words && strchr(step->words[first + 1].text, 'w')
                          ? SIM_PROT_W
                          : SIM_PROT_R;
}

/* A refused request is answered before software is told of it. */
static void await_irq(struct lnx *lnx)
{
    const uint64_t until_ps = host_now_ps(lnx) + TELL_PS;

    while (!lnx->any_irq && host_now_ps(lnx) < until_ps && rpl_step(lnx->rpl))
        continue;
}

/* The request, and time until it is answered. Return: false if it never is. */
static bool ask(struct lnx *lnx, struct sim_record *rec)
{
    struct host_request *request = &lnx->request;
    uint64_t until_ps, free_ps;

    host_settle(lnx);
    memset(request, 0, sizeof(*request));
    request->is_waiting = true;
    request->seen.iova = rec->dma.iova;
    request->seen.requester = rec->dma.requester;
    request->seen.n_bytes = rec->dma.n_bytes;
    host_act(lnx, rec, HOST_NO_TABLE);
    free_ps = host_now_ps(lnx);
    until_ps = free_ps + ASK_PS;
    while (!request->is_answered && host_now_ps(lnx) < until_ps && host_pass(lnx))
        continue;
    request->is_waiting = false;
    if (request->is_answered && request->seen.status != SIM_DMA_OK)
        await_irq(lnx);
    lnx->stats.n_late += host_now_ps(lnx) > free_ps;
    host_settle(lnx);
    return request->is_answered;
}

int scn_dma(struct lnx *lnx, const struct scn_step *step)
{
    const struct scn_object *device = scn_find(lnx, &step->words[0]);
    struct sim_record rec;

    if (!device || device->kind != SCN_DEVICE)
        return -ENOENT;
    make_request(device, step, 1, &rec);
    return ask(lnx, &rec) && lnx->request.seen.status == SIM_DMA_OK ? 0 : -EIO;
}

/* "expect dma DEVICE IOVA r|w -> pa PA", or "-> fault". */
int scn_expect(struct lnx *lnx, const struct scn_step *step)
{
    const struct scn_object *device;
    struct sim_record rec;
    bool is_ok;

    if (strcmp(step->words[0].text, "dma") != 0 || step->n_words < 4 || step->n_results < 1)
        return 0;
    device = scn_find(lnx, &step->words[1]);
    if (!device || device->kind != SCN_DEVICE)
        return -ENOENT;
    make_request(device, step, 2, &rec);
    if (!ask(lnx, &rec))
        return -ETIMEDOUT;
    is_ok = lnx->request.seen.status == SIM_DMA_OK;
    if (step->n_results < 2)
        return is_ok ? -EIO : 0;
    return is_ok && lnx->request.seen.pa == step->results[1].number ? 0 : -EIO;
}

void scn_aim(struct lnx *lnx, const struct scn_step *head, uint64_t ns)
{
    const struct scn_object *device = scn_find(lnx, &head->words[0]);
    struct host_request *request = &lnx->request;

    if (!device || device->kind != SCN_DEVICE)
        host_die("%s:%u: no such device", lnx->config.scenario, head->line);
    make_request(device, head, 1, &request->aim);
    request->aim.dma.access = SIM_PROT_W;
    request->aim_ps = host_now_ps(lnx) + sim_ps_from_ns(ns);
    request->is_aimed = true;
}
