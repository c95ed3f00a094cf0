/* SPDX-License-Identifier: BSD-2-Clause
 * run_request.c - requests of devices that a scenario makes, interrupts meanwhile.
 * Knows: one request at a time. Must not know: tables, drivers. */
#include "kernel-glue/scenario/run_private.h"

#include "sim/time.h"

#include <errno.h>
#include <string.h>

#define ASK_PS UINT64_C(1000000000) /* a request that nobody answers in a millisecond is lost */
#define LOOK_PS UINT64_C(20000000)
#define SETTLE_PS UINT64_C(20000000) /* hardware may report faults faster than they are read */

void run_dma_seen(void *ctx, const struct sim_dma_seen *seen)
{
    struct run_request *request = &((struct run *)ctx)->request;

    if (!request->is_waiting || request->is_answered || seen->is_probe ||
        seen->iova != request->seen.iova || seen->requester != request->seen.requester ||
        seen->issue_ps < request->seen.issue_ps || seen->n_bytes != request->seen.n_bytes)
        return;
    request->is_answered = true;
    request->seen = *seen;
}

void run_settle(struct run *run)
{
    uint64_t limit_ps;

    if (run->is_settling || !run->fd)
        return;
    run->is_settling = true;
    limit_ps = run_now_ps(run) + SETTLE_PS;
    while (run->any_irq && run_now_ps(run) < limit_ps) {
        run->any_irq = false;
        (void)iofd_poll_faults(run->fd);
    }
    run->is_settling = false;
}

static void make_request(const struct run_name *device, const struct scn_step *step, unsigned first,
                         struct sim_record *rec)
{
    sim_record_init(rec, SIM_R_DMA);
    rec->dma.requester = device->sid;
    rec->dma.iova = step->words[first].number;
    rec->dma.n_bytes = (uint32_t)scn_number(step, "bytes", 8);
    rec->dma.pasid = (uint32_t)scn_number(step, "pasid", IOFD_NO_PASID);
    rec->dma.access = first + 1 < step->n_words && strchr(step->words[first + 1].text, 'w')
                          ? SIM_PROT_W
                          : SIM_PROT_R;
}

/* Something happens, or interrupts that came are taken. A report that came while software read
 * those before raised none: software looks again now and then. Return: false if nothing is left. */
static bool pass(struct run *run, uint64_t *look_ps)
{
    if (run_now_ps(run) >= *look_ps) {
        run->any_irq = true;
        *look_ps = run_now_ps(run) + LOOK_PS;
    }
    if (!rpl_step(run->rpl) && !(run->any_irq && rpl_look(run->rpl, 0, false)))
        return false;
    run_settle(run);
    return true;
}

/* The request, and time until it is answered. Return: false if it never is. */
static bool ask(struct run *run, struct sim_record *rec)
{
    struct run_request *request = &run->request;
    uint64_t until_ps, look_ps;

    run_settle(run);
    request->is_answered = false;
    request->is_waiting = true;
    memset(&request->seen, 0, sizeof(request->seen));
    request->seen.iova = rec->dma.iova;
    request->seen.requester = rec->dma.requester;
    request->seen.n_bytes = rec->dma.n_bytes;
    request->seen.issue_ps = run_now_ps(run);
    (void)run_act(run, rec);
    until_ps = run_now_ps(run) + ASK_PS;
    look_ps = run_now_ps(run) + LOOK_PS;
    while (!request->is_answered && run_now_ps(run) < until_ps && pass(run, &look_ps))
        continue;
    request->is_waiting = false;
    run_settle(run);
    return request->is_answered;
}

void run_rest(struct run *run)
{
    const uint64_t until_ps = run_now_ps(run) + SETTLE_PS;
    uint64_t look_ps = until_ps;

    while (run_now_ps(run) < until_ps && pass(run, &look_ps))
        continue;
}

static const struct run_name *device_of(struct run *run, const struct scn_word *word)
{
    const struct run_name *device = run_find(run, word);

    return device && device->kind == IOFD_DEVICE ? device : NULL;
}

int run_dma(struct run *run, const struct scn_step *step)
{
    const struct run_name *device = device_of(run, &step->words[0]);
    struct sim_record rec;

    if (!device)
        return -ENOENT;
    make_request(device, step, 1, &rec);
    return ask(run, &rec) && run->request.seen.status == SIM_DMA_OK ? 0 : -EIO;
}

/* "expect dma DEVICE IOVA r|w -> pa PA", or "-> fault". */
int run_expect_dma(struct run *run, const struct scn_step *step)
{
    const struct run_name *device;
    struct sim_record rec;
    bool is_ok;

    if (step->n_words < 4 || step->n_results < 1)
        return -EINVAL;
    device = device_of(run, &step->words[1]);
    if (!device)
        return -ENOENT;
    make_request(device, step, 2, &rec);
    if (!ask(run, &rec))
        return -ETIMEDOUT;
    is_ok = run->request.seen.status == SIM_DMA_OK;
    if (step->n_results < 2)
        return is_ok ? -EIO : 0;
    return is_ok && run->request.seen.pa == step->results[1].number ? 0 : -EIO;
}

void run_send(struct run *run, const struct scn_step *step)
{
    const struct run_name *device = device_of(run, &step->words[0]);
    struct sim_record rec;

    if (!device)
        return;
    make_request(device, step, 1, &rec);
    (void)run_act(run, &rec);
}

/* ---- a request that is due at a moment of what comes next ---- */

void run_aim(struct run *run, const struct scn_step *head, uint64_t ns)
{
    const struct run_name *device = device_of(run, &head->words[0]);
    struct run_request *request = &run->request;

    if (!device)
        return;
    make_request(device, head, 1, &request->aim);
    request->aim.dma.access = SIM_PROT_W;
    request->aim_ps = run_now_ps(run) + sim_ps_from_ns(ns);
    request->is_aimed = true;
}

void run_aimed(struct run *run)
{
    if (!run->request.is_aimed || run_now_ps(run) < run->request.aim_ps)
        return;
    run->request.is_aimed = false;
    (void)run_act(run, &run->request.aim);
}
