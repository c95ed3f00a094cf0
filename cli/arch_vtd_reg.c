/* SPDX-License-Identifier: BSD-2-Clause
 * arch_vtd_reg.c - VT-d for check/: what a register write invalidates, and which register tells
 * that it is done (1.3, 1.4 of the facts). Knows: layouts of registers and descriptors. Must not
 * know: time, memory, the model's caches. */
#include "cli/arch_vtd.h"

#include "models/vtd/vtd_layout.h"

#include <string.h>

enum {
    LAST_VERSION = 5, /* CCMD and IOTLB do nothing in later ones */
    HALF_BYTES = 4,
    HALF_BITS = 32,
};

/* chk_started.by */
enum { BY_TE, BY_SRTP, BY_WBF, BY_CCMD, BY_IOTLB };

/* ---- what is started ---- */

static void start(const struct chk_arch_unit *unit, enum chk_command_kind kind,
                  const uint64_t *words, uint32_t by, struct chk_started *started)
{
    memset(started, 0, sizeof(*started));
    arch_vtd_command(unit, words, &started->command);
    started->command.kind = kind;
    started->by = by;
}

static void start_global(const struct chk_arch_unit *unit, unsigned type,
                         enum chk_command_kind kind, uint32_t by, struct chk_started *started)
{
    uint64_t words[HW_MAX_WORDS] = {0};

    vtd_CC_INV_put_TYPE(words, type);
    if (type == VTD_QI_PC_INV)
        vtd_PC_INV_put_G(words, VTD_PC_INV_G_global);
    else if (type == VTD_QI_CC_INV)
        vtd_CC_INV_put_G(words, VTD_CC_INV_G_global);
    else
        vtd_IOTLB_INV_put_G(words, VTD_IOTLB_INV_G_global);
    start(unit, kind, words, by, started);
}

/* All caches but those of devices. */
static unsigned start_all(const struct chk_arch_unit *unit, uint32_t by,
                          struct chk_started *started)
{
    start_global(unit, VTD_QI_CC_INV, CHK_COMMAND_CONFIG, by, &started[0]);
    start_global(unit, VTD_QI_PC_INV, CHK_COMMAND_CONFIG, by, &started[1]);
    start_global(unit, VTD_QI_IOTLB_INV, CHK_COMMAND_TLB, by, &started[2]);
    return 3;
}

/* SRTP drops everything where ESRTPS says so; TE 1 to 0 does in scalable mode (1.3). */
static unsigned start_gcmd(const struct chk_arch_unit *unit, struct chk_started *started)
{
    const struct arch_vtd_unit *s = arch_vtd_look(unit);
    unsigned n = 0;

    if (vtd_GCMD_TE(&s->last_gcmd) && !vtd_GCMD_TE(&s->gcmd) && arch_vtd_is_scalable(unit))
        n += start_all(unit, BY_TE, started);
    if (vtd_GCMD_SRTP(&s->gcmd) && s->caps.esrtps)
        n += start_all(unit, BY_SRTP, started + n);
    if (vtd_GCMD_WBF(&s->gcmd)) {
        started[n] = (struct chk_started){.by = BY_WBF};
        started[n++].command.kind = CHK_COMMAND_FLUSH;
    }
    return n;
}

/* They work without a queue, in legacy mode, in old versions. */
static bool is_possible(const struct chk_arch_unit *unit)
{
    return !unit->has_queue && !arch_vtd_is_scalable(unit) &&
           arch_vtd_look(unit)->caps.ver_max <= LAST_VERSION;
}

static unsigned start_ccmd(const struct chk_arch_unit *unit, struct chk_started *started)
{
    const uint64_t *ccmd = &arch_vtd_look(unit)->ccmd;
    uint64_t words[HW_MAX_WORDS] = {0};

    if (!vtd_CCMD_ICC(ccmd) || vtd_CCMD_CIRG(ccmd) == VTD_CCMD_CIRG_none || !is_possible(unit))
        return 0;
    vtd_CC_INV_put_TYPE(words, VTD_QI_CC_INV);
    vtd_CC_INV_put_G(words, vtd_CCMD_CIRG(ccmd)); /* both count 1, 2, 3 */
    vtd_CC_INV_put_DID(words, vtd_CCMD_DID(ccmd));
    vtd_CC_INV_put_SID(words, vtd_CCMD_SID(ccmd));
    vtd_CC_INV_put_FM(words, vtd_CCMD_FM(ccmd));
    start(unit, CHK_COMMAND_CONFIG, words, BY_CCMD, started);
    return 1;
}

static unsigned start_iotlb(const struct chk_arch_unit *unit, struct chk_started *started)
{
    const struct arch_vtd_unit *s = arch_vtd_look(unit);
    const bool is_page = vtd_IOTLB_IIRG(&s->iotlb) == VTD_IOTLB_IIRG_page;
    uint64_t words[HW_MAX_WORDS] = {0};

    if (!vtd_IOTLB_IVT(&s->iotlb) || vtd_IOTLB_IIRG(&s->iotlb) == VTD_IOTLB_IIRG_none ||
        !is_possible(unit) || (is_page && (!s->caps.psi || vtd_IVA_AM(&s->iva) > s->caps.mamv)))
        return 0;
    vtd_IOTLB_INV_put_TYPE(words, VTD_QI_IOTLB_INV);
    vtd_IOTLB_INV_put_G(words, vtd_IOTLB_IIRG(&s->iotlb));
    vtd_IOTLB_INV_put_DID(words, vtd_IOTLB_DID(&s->iotlb));
    if (is_page) {
        vtd_IOTLB_INV_put_AM(words, vtd_IVA_AM(&s->iva));
        vtd_IOTLB_INV_put_IH(words, vtd_IVA_IH(&s->iva));
        vtd_IOTLB_INV_put_ADDR(words, vtd_IVA_ADDR(&s->iva));
    }
    start(unit, CHK_COMMAND_TLB, words, BY_IOTLB, started);
    return 1;
}

/* Written in halves, the upper one starts. */
static bool is_upper(const struct chk_arch_unit *unit, uint64_t offset, uint64_t reg)
{
    return offset == (arch_vtd_look(unit)->is_half ? reg + HALF_BYTES : reg);
}

unsigned arch_vtd_started(const struct chk_arch_unit *unit, uint64_t offset,
                          struct chk_started *started)
{
    const struct arch_vtd_unit *s = arch_vtd_look(unit);

    if (offset == VTD_REG_GCMD)
        return start_gcmd(unit, started);
    if (is_upper(unit, offset, VTD_REG_CCMD))
        return start_ccmd(unit, started);
    if (is_upper(unit, offset, s->caps.iotlb_offset + VTD_REG_IOTLB))
        return start_iotlb(unit, started);
    return 0;
}

/* ---- what is done ---- */

/* A bit of the upper half, read with the whole register or alone. */
static bool is_cleared(uint64_t reg, uint64_t bit, uint64_t offset, uint64_t mask, uint64_t value)
{
    const unsigned shift = offset == reg ? 0 : HALF_BITS;

    if (offset != reg && offset != reg + HALF_BYTES)
        return false;
    return (mask & bit >> shift) && !(value & bit >> shift);
}

bool arch_vtd_is_finished(const struct chk_arch_unit *unit, uint32_t by, uint64_t offset,
                          uint64_t mask, uint64_t value)
{
    const struct arch_vtd_unit *s = arch_vtd_look(unit);
    const bool is_status = offset == VTD_REG_GSTS;
    uint64_t bit = 0;

    switch (by) {
    case BY_TE:
        return is_status && vtd_GSTS_TES(&mask) && !vtd_GSTS_TES(&value);
    case BY_SRTP:
        return is_status && vtd_GSTS_RTPS(&mask) && vtd_GSTS_RTPS(&value);
    case BY_WBF:
        return is_status && vtd_GSTS_WBFS(&mask) && !vtd_GSTS_WBFS(&value);
    case BY_CCMD:
        vtd_CCMD_put_ICC(&bit, 1);
        return is_cleared(VTD_REG_CCMD, bit, offset, mask, value);
    case BY_IOTLB:
        vtd_IOTLB_put_IVT(&bit, 1);
        return is_cleared(s->caps.iotlb_offset + VTD_REG_IOTLB, bit, offset, mask, value);
    default:
        return false;
    }
}
