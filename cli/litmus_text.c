/* SPDX-License-Identifier: BSD-2-Clause
 * litmus_text.c - requests and answers: as a litmus file writes them, and which fit.
 * Knows: the language. Must not know: runs. */
#include "cli/litmus.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

void litmus_request_text(const struct litmus_request *request, char *text, size_t n_bytes)
{
    char pasid[24] = "-";

    if (request->has_pasid)
        (void)snprintf(pasid, sizeof(pasid), "%" PRIu32, request->pasid);
    (void)snprintf(text, n_bytes, "dma sid=%" PRIu32 " ssid=%s iova=0x%" PRIx64 " %s",
                   request->requester, pasid, request->iova,
                   request->access & SIM_DMA_WRITE ? "w" : "r");
}

static void outcome_text(const struct litmus_arch *arch, const struct litmus_outcome *outcome,
                         char *text, size_t n_bytes)
{
    static const char *const words[] = {"pa", "abort", "event", "refused", "raz", "ur"};

    if (outcome->kind == LITMUS_PA)
        (void)snprintf(text, n_bytes, "pa 0x%" PRIx64, outcome->pa);
    else if (outcome->kind == LITMUS_EVENT)
        (void)snprintf(text, n_bytes, "event %s", arch->event_name(outcome->event));
    else
        (void)snprintf(text, n_bytes, "%s", words[outcome->kind]);
}

void litmus_outcomes_text(const struct litmus_arch *arch, const struct litmus_request *request,
                          char *text, size_t n_bytes)
{
    size_t n = 0;

    text[0] = '\0';
    for (unsigned i = 0; i < request->n_outcomes; i++) {
        char one[64];

        outcome_text(arch, &request->outcome[i], one, sizeof(one));
        if (n + strlen(one) + 4 > n_bytes)
            return;
        n += (size_t)snprintf(text + n, n_bytes - n, "%s%s", i ? " | " : "", one);
    }
}

void litmus_outcome_text(const struct litmus_arch *arch, const struct litmus_outcome *outcome,
                         char *text, size_t n_bytes)
{
    outcome_text(arch, outcome, text, n_bytes);
}

bool litmus_fits(const struct litmus_outcome *outcome, const struct sim_dma *dma)
{
    switch (outcome->kind) {
    case LITMUS_PA:
        return dma->status == SIM_DMA_OK && dma->pa == outcome->pa;
    case LITMUS_ABORT:
        return dma->status == SIM_DMA_ABORT && dma->event == 0;
    case LITMUS_EVENT:
        return dma->status != SIM_DMA_OK && dma->event == outcome->event;
    case LITMUS_REFUSED:
        return dma->status != SIM_DMA_OK;
    case LITMUS_RAZ:
        return dma->status == SIM_DMA_RAZ_WI;
    default:
        return dma->status == SIM_DMA_UR;
    }
}
