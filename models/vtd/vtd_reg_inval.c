/* SPDX-License-Identifier: BSD-2-Clause
 * vtd_reg_inval.c - invalidations by register (1.4), and what one invalidation costs.
 * Knows: CCMD, IVA, IOTLB: what is asked for, what is refused, the answer. Must not know: which
 * entries go. */
#include "models/vtd/vtd_control.h"

/* 1.4 works without a queue, in legacy mode, up to version 5. */
enum { LAST_VERSION = 5 };

static bool works(const struct vtd *vtd)
{
    return vtd->caps.ver_max <= LAST_VERSION && vtd->root.mode == VTD_MODE_LEGACY &&
           !vtd_GSTS_QIES(&vtd->reg[VTD_RI_GSTS]);
}

/* ---- one invalidation, whoever asks ---- */

uint64_t vtd_inval_cycles(const struct vtd *vtd, const struct vtd_sweep *sweep)
{
    const uint64_t per_cycle = vtd->param.sweep_per_cycle;
    const uint64_t n = vtd_sweep_n(vtd, sweep);

    return vtd->param.inval_cycles + (per_cycle ? (n + per_cycle - 1) / per_cycle : 0);
}

/* ---- what the registers ask for. Return: false if it is refused ---- */

static bool ccmd_sweep(const struct vtd *vtd, struct vtd_sweep *sweep)
{
    const uint64_t *ccmd = &vtd->reg[VTD_RI_CCMD];

    *sweep = (struct vtd_sweep){
        .did = (uint32_t)vtd_CCMD_DID(ccmd),
        .source_id = (uint16_t)vtd_CCMD_SID(ccmd),
        .function_mask = (uint8_t)vtd_CCMD_FM(ccmd),
    };
    switch (vtd_CCMD_CIRG(ccmd)) {
    case VTD_CCMD_CIRG_global:
        sweep->kind = VTD_SWEEP_CC_GLOBAL;
        break;
    case VTD_CCMD_CIRG_domain:
        sweep->kind = VTD_SWEEP_CC_DOMAIN;
        break;
    case VTD_CCMD_CIRG_device:
        sweep->kind = VTD_SWEEP_CC_DEVICE;
        break;
    default:
        return false;
    }
    return works(vtd);
}

static bool page_is_possible(const struct vtd *vtd)
{
    return vtd->caps.psi && vtd_IVA_AM(&vtd->iva) <= vtd->caps.mamv;
}

static bool iotlb_sweep(const struct vtd *vtd, struct vtd_sweep *sweep)
{
    *sweep = (struct vtd_sweep){
        .did = (uint32_t)vtd_IOTLB_DID(&vtd->iotlb),
        .address = vtd_IVA_ADDR_addr(&vtd->iva),
        .am = (unsigned)vtd_IVA_AM(&vtd->iva),
        .is_leaf_only = vtd_IVA_IH(&vtd->iva) != 0,
    };
    switch (vtd_IOTLB_IIRG(&vtd->iotlb)) {
    case VTD_IOTLB_IIRG_global:
        sweep->kind = VTD_SWEEP_TLB_GLOBAL;
        break;
    case VTD_IOTLB_IIRG_domain:
        sweep->kind = VTD_SWEEP_TLB_DOMAIN;
        break;
    case VTD_IOTLB_IIRG_page:
        sweep->kind = VTD_SWEEP_TLB_PAGE;
        return works(vtd) && page_is_possible(vtd);
    default:
        return false;
    }
    return works(vtd);
}

/* ---- CCMD and IOTLB: begin, sweep, wait for what is under way, answer ---- */

static bool sweep_of(struct vtd_reg_inval *inval, struct vtd_sweep *sweep)
{
    return inval == &inval->vtd->ccmd_inval ? ccmd_sweep(inval->vtd, sweep)
                                            : iotlb_sweep(inval->vtd, sweep);
}

/* The granularity that was used is the one that was asked for; 0 tells that it was refused. */
static void finish(struct vtd_reg_inval *inval, bool is_done)
{
    struct vtd *vtd = inval->vtd;
    uint64_t *ccmd = &vtd->reg[VTD_RI_CCMD];

    inval->is_draining = false;
    if (inval == &vtd->ccmd_inval) {
        vtd_CCMD_put_CAIG(ccmd, is_done ? vtd_CCMD_CIRG(ccmd) : 0);
        vtd_CCMD_put_ICC(ccmd, 0);
        vtd_reg_effect(vtd, VTD_RI_CCMD);
    } else {
        vtd_IOTLB_put_IAIG(&vtd->iotlb, is_done ? vtd_IOTLB_IIRG(&vtd->iotlb) : 0);
        vtd_IOTLB_put_IVT(&vtd->iotlb, 0);
        vtd_fact(vtd, SIM_FACT_REG_WRITTEN, vtd->caps.iotlb_offset + VTD_REG_IOTLB, 8,
                 (const uint64_t[3]){vtd->iotlb});
    }
}

static void due(void *ctx)
{
    struct vtd_reg_inval *inval = ctx;
    struct vtd_sweep sweep;

    if (!sweep_of(inval, &sweep)) {
        finish(inval, false);
        return;
    }
    vtd_sweep_do(inval->vtd, &sweep);
    inval->is_draining = true;
    inval->drained = VTD_DRAIN_ALL;
    if (inval == &inval->vtd->iotlb_inval)
        inval->drained =
            (uint8_t)vtd_drain_wanted(inval->vtd, vtd_IOTLB_DR(&inval->vtd->iotlb) != 0,
                                      vtd_IOTLB_DW(&inval->vtd->iotlb) != 0);
    inval->ticket = vtd_drain_ticket(inval->vtd);
}

static void begin(struct vtd_reg_inval *inval)
{
    struct vtd *vtd = inval->vtd;
    uint64_t n_cycles = vtd->param.reg_cycles;
    struct vtd_sweep sweep;

    if (sweep_of(inval, &sweep))
        n_cycles += vtd_inval_cycles(vtd, &sweep);
    vtd_wake(vtd, &inval->event, n_cycles);
}

void vtd_ccmd_write(struct vtd *vtd)
{
    begin(&vtd->ccmd_inval);
}

void vtd_iotlb_write(struct vtd *vtd)
{
    begin(&vtd->iotlb_inval);
}

static void progress(struct vtd_reg_inval *inval)
{
    if (inval->is_draining && vtd_drain_has(inval->vtd, inval->ticket, inval->drained))
        finish(inval, true);
}

void vtd_reg_inval_progress(struct vtd *vtd)
{
    progress(&vtd->ccmd_inval);
    progress(&vtd->iotlb_inval);
}

static void init(struct vtd *vtd, struct vtd_reg_inval *inval)
{
    inval->vtd = vtd;
    vtd_event_make(&inval->event, due, inval);
}

void vtd_reg_inval_init(struct vtd *vtd)
{
    init(vtd, &vtd->ccmd_inval);
    init(vtd, &vtd->iotlb_inval);
}

void vtd_reg_inval_reset(struct vtd *vtd)
{
    sim_queue_cancel(vtd->queue, &vtd->ccmd_inval.event);
    sim_queue_cancel(vtd->queue, &vtd->iotlb_inval.event);
    vtd->ccmd_inval.is_draining = false;
    vtd->iotlb_inval.is_draining = false;
}
