/* SPDX-License-Identifier: BSD-2-Clause
 * vtd_mmio.c - the register page: widths, halves, what is writable, what a store begins (11).
 * Knows: every register's rules. Must not know: what queues and translations do.
 *
 * IVA and IOTLB, and the fault records, are where ECAP and CAP put them; they go before what is at
 * a fixed offset. An access of 8 bytes to a pair of 4-byte registers is two, low then high (?). */
#include "models/vtd/vtd_control.h"
#include "sim/diag.h"

enum {
    FRCD_BYTES = 16,
    IOTLB_BLOCK_BYTES = 16,
    DWORD = 4,
    QWORD = 8,
};

/* ---- what this unit has ---- */

/* Registers @first to @last exist only with a feature. */
struct feature {
    uint16_t first, last;
    bool has;
};

static bool has_feature(const struct feature *features, size_t n, uint32_t reg)
{
    for (size_t i = 0; i < n; i++) {
        if (reg >= features[i].first && reg <= features[i].last)
            return features[i].has;
    }
    return false;
}

#define N_OF(features) (sizeof(features) / sizeof((features)[0]))

/* What the model has of them; others read 0. */
static bool is_implemented(const struct vtd *vtd, uint32_t reg)
{
    const struct vtd_caps *caps = &vtd->caps;
    const struct feature features[] = {
        {VTD_RI_VER, VTD_RI_FEUADDR, true},
        {VTD_RI_PMEN, VTD_RI_PMEN, caps->plmr || caps->phmr},
        {VTD_RI_PLMBASE, VTD_RI_PLMLIMIT, caps->plmr},
        {VTD_RI_PHMBASE, VTD_RI_PHMLIMIT, caps->phmr},
        {VTD_RI_IQH, VTD_RI_IQERCD, caps->qi},
        {VTD_RI_IRTA, VTD_RI_IRTA, caps->ir},
        {VTD_RI_PQH, VTD_RI_PEUADDR, caps->prs},
    };

    return has_feature(features, N_OF(features), reg);
}

/* What this unit says that it has, but the model has not. */
static bool is_missed(const struct vtd *vtd, uint32_t reg)
{
    const uint64_t *cap = &vtd->reg[VTD_RI_CAP];
    const uint64_t *ecap = &vtd->reg[VTD_RI_ECAP];
    const struct feature features[] = {
        {VTD_RI_AFLOG, VTD_RI_AFLOG, vtd->caps.afl},
        {VTD_RI_MTRRCAP, VTD_RI_PERFCAP - 1, vtd->caps.mts},
        {VTD_RI_PERFCAP, VTD_RI_ECMD - 1, vtd_ECAP_PMS(ecap) != 0},
        {VTD_RI_ECMD, VTD_RI_VCMD - 1, vtd_CAP_ECMDS(cap) != 0},
        {VTD_RI_VCMD, VTD_N_REGS - 1, vtd_ECAP_VCS(ecap) != 0},
    };

    return has_feature(features, N_OF(features), reg);
}

/* Of the bits that are writable at all. */
static uint64_t writable_bits(const struct vtd *vtd, uint32_t reg)
{
    uint64_t bits = vtd_regs[reg].writable;

    if (reg == VTD_RI_RTADDR && !vtd->caps.ssirws)
        bits &= ~VTD_MASK(RTADDR, SSIRWE);
    if (reg == VTD_RI_IRTA && !vtd->caps.eim)
        bits &= ~VTD_MASK(IRTA, EIME);
    return bits;
}

void vtd_reg_effect(const struct vtd *vtd, enum vtd_reg_index reg)
{
    vtd_fact(vtd, SIM_FACT_REG_WRITTEN, vtd_regs[reg].offset, vtd_regs[reg].n_bytes,
             (const uint64_t[3]){vtd->reg[reg]});
}

/* ---- the relocated blocks ---- */

static bool is_frcd(const struct vtd *vtd, uint64_t offset)
{
    const uint64_t base = vtd->caps.frcd_offset;

    return offset >= base && offset - base < (uint64_t)vtd->caps.n_frcd * FRCD_BYTES;
}

static bool is_iotlb(const struct vtd *vtd, uint64_t offset)
{
    const uint64_t base = vtd->caps.iotlb_offset;

    return offset >= base && offset - base < IOTLB_BLOCK_BYTES;
}

static uint64_t frcd_word(const struct vtd *vtd, uint64_t offset)
{
    const uint64_t at = offset - vtd->caps.frcd_offset;

    return vtd->frcd[at / FRCD_BYTES][at % FRCD_BYTES / QWORD];
}

/* F is all that software may change, and it only clears it. */
static void write_frcd(struct vtd *vtd, uint64_t offset, uint64_t value)
{
    const uint64_t at = offset - vtd->caps.frcd_offset;
    const uint64_t words[2] = {0, value};

    if (at % FRCD_BYTES >= QWORD && vtd_FRCD_F(words))
        vtd_frcd_clear(vtd, (uint32_t)(at / FRCD_BYTES));
}

static void write_iotlb(struct vtd *vtd, uint64_t offset, uint64_t value, uint64_t bytes)
{
    const bool is_iva = offset - vtd->caps.iotlb_offset < QWORD;
    uint64_t *reg = is_iva ? &vtd->iva : &vtd->iotlb;
    const uint64_t bits = vtd_iotlb_regs[is_iva ? 0 : 1].writable & bytes;

    if (!is_iva && vtd_IOTLB_IVT(&vtd->iotlb)) { /* one at a time (1.3) */
        vtd_fact_unimpl(vtd, VTD_UNIMPL_UNDEFINED, offset);
        return;
    }
    *reg = (*reg & ~bits) | (value & bits);
    if (!is_iva && vtd_IOTLB_IVT(reg))
        vtd_iotlb_write(vtd);
}

/* ---- reads ---- */

/* The 8 bytes of the block or register that @offset is in, or 0. */
static uint64_t word_at(const struct vtd *vtd, uint64_t offset)
{
    const struct hw_reg *reg;

    if (is_frcd(vtd, offset))
        return frcd_word(vtd, offset);
    if (is_iotlb(vtd, offset)) /* IVA is write-only */
        return offset - vtd->caps.iotlb_offset < QWORD ? 0 : vtd->iotlb;
    reg = vtd_reg_at((uint32_t)offset);
    if (!reg || reg->access == HW_WO || !is_implemented(vtd, (uint32_t)(reg - vtd_regs)))
        return 0;
    return vtd->reg[reg - vtd_regs];
}

static bool is_wide(const struct vtd *vtd, uint64_t offset)
{
    const struct hw_reg *reg;

    if (is_frcd(vtd, offset) || is_iotlb(vtd, offset))
        return true;
    reg = vtd_reg_at((uint32_t)offset);
    return reg && reg->n_bytes == QWORD;
}

static bool is_good(uint64_t offset, uint32_t n_bytes)
{
    return (n_bytes == DWORD || n_bytes == QWORD) && offset % n_bytes == 0 && offset <= UINT32_MAX;
}

static uint32_t read32(const struct vtd *vtd, uint64_t offset)
{
    const uint64_t word = word_at(vtd, offset);

    return (uint32_t)(is_wide(vtd, offset) && offset % QWORD ? word >> 32 : word);
}

uint64_t vtd_reg_read(void *model, uint64_t offset, uint32_t n_bytes)
{
    const struct vtd *vtd = model;

    if (!is_good(offset, n_bytes))
        return 0;
    if (n_bytes == QWORD)
        return (uint64_t)read32(vtd, offset + DWORD) << 32 | read32(vtd, offset);
    return read32(vtd, offset);
}

/* ---- writes ---- */

static enum vtd_message message_of(uint32_t reg)
{
    if (reg == VTD_RI_FSTS || reg == VTD_RI_FECTL)
        return VTD_MESSAGE_FAULT;
    return reg == VTD_RI_ICS || reg == VTD_RI_IECTL ? VTD_MESSAGE_INV : VTD_MESSAGE_PAGE;
}

/* A 1 clears. The queue goes on when its errors are gone. */
static void write_status(struct vtd *vtd, uint32_t reg, uint64_t bits)
{
    vtd_event_clear(vtd, message_of(reg), bits);
    if (reg == VTD_RI_FSTS)
        vtd_qi_kick(vtd);
}

/* 4.3: where the queue lies must not change while it is on (?). */
static bool is_forbidden(const struct vtd *vtd, uint32_t reg)
{
    return reg == VTD_RI_IQA && vtd_GSTS_QIES(&vtd->reg[VTD_RI_GSTS]);
}

static void store(struct vtd *vtd, uint32_t reg, uint64_t value, uint64_t bytes)
{
    uint64_t *place = &vtd->reg[reg];

    if (reg == VTD_RI_CCMD && vtd_CCMD_ICC(place)) { /* one at a time (1.3) */
        vtd_fact_unimpl(vtd, VTD_UNIMPL_UNDEFINED, VTD_REG_CCMD);
        return;
    }
    *place = (*place & ~bytes) | (value & bytes);
    if (reg == VTD_RI_CCMD && vtd_CCMD_ICC(place)) {
        vtd_ccmd_write(vtd);
    } else if (reg == VTD_RI_IQT) {
        vtd_qi_moved(vtd);
        vtd_qi_kick(vtd);
    }
}

/* @bytes: mask of what is written of the register's word. */
static void write_reg(struct vtd *vtd, uint32_t reg, uint64_t value, uint64_t bytes)
{
    bytes &= writable_bits(vtd, reg);
    switch (reg) {
    case VTD_RI_GCMD:
        vtd_gcmd_write(vtd, (uint32_t)(value & bytes));
        return;
    case VTD_RI_PMEN:
        vtd_pmen_write(vtd, (uint32_t)(value & bytes));
        return;
    case VTD_RI_FSTS:
    case VTD_RI_ICS:
    case VTD_RI_PRS:
        write_status(vtd, reg, value & bytes);
        return;
    case VTD_RI_FECTL:
    case VTD_RI_IECTL:
    case VTD_RI_PECTL:
        vtd_event_control(vtd, message_of(reg), (uint32_t)(value & bytes));
        return;
    default:
        store(vtd, reg, value, bytes);
        return;
    }
}

/* One register, or one half of a wide one. */
static void write_one(struct vtd *vtd, uint64_t offset, uint32_t n_bytes, uint64_t value)
{
    const struct hw_reg *reg = vtd_reg_at((uint32_t)offset);
    uint64_t bytes = n_bytes == QWORD ? UINT64_MAX : UINT32_MAX;
    uint32_t index;

    if (n_bytes == DWORD && is_wide(vtd, offset) && offset % QWORD) {
        value <<= 32;
        bytes <<= 32;
    }
    if (is_frcd(vtd, offset)) {
        write_frcd(vtd, offset, value & bytes);
        return;
    }
    if (is_iotlb(vtd, offset)) {
        write_iotlb(vtd, offset, value, bytes);
        return;
    }
    if (!reg || reg->access == HW_RO)
        return;
    index = (uint32_t)(reg - vtd_regs);
    if (is_missed(vtd, index))
        vtd_fact_unimpl(vtd, VTD_UNIMPL_REGISTER, offset);
    else if (!is_implemented(vtd, index))
        return;
    else if (is_forbidden(vtd, index))
        vtd_fact_unimpl(vtd, VTD_UNIMPL_UNDEFINED, offset);
    else
        write_reg(vtd, index, value, bytes);
}

void vtd_reg_write(void *model, uint64_t offset, uint32_t n_bytes, uint64_t value)
{
    struct vtd *vtd = model;

    if (!is_good(offset, n_bytes))
        return;
    vtd_fact(vtd, SIM_FACT_REG_WRITTEN, offset, n_bytes, (const uint64_t[3]){value});
    if (n_bytes == QWORD && !is_wide(vtd, offset)) {
        write_one(vtd, offset, DWORD, (uint32_t)value);
        write_one(vtd, offset + DWORD, DWORD, value >> 32);
    } else {
        write_one(vtd, offset, n_bytes, value);
    }
}

void vtd_mmio_reset(struct vtd *vtd)
{
    const struct vtd_ids *ids = &vtd->config.ids;

    SIM_BUG_ON(vtd->caps.n_frcd > VTD_MAX_FRCD);
    for (uint32_t i = 0; i < VTD_N_REGS; i++)
        vtd->reg[i] = vtd_regs[i].reset;
    vtd->reg[VTD_RI_VER] = ids->ver;
    vtd->reg[VTD_RI_CAP] = ids->cap;
    vtd->reg[VTD_RI_ECAP] = ids->ecap;
    for (uint32_t i = 0; i < VTD_MAX_FRCD; i++) {
        vtd->frcd[i][0] = 0;
        vtd->frcd[i][1] = 0;
    }
    vtd->frcd_next = 0;
    vtd->iva = 0;
    vtd->iotlb = 0;
    vtd->is_translating = false;
    vtd->is_protected = false;
    vtd_root_parse(0, &vtd->caps, &vtd->root);
}
