/* SPDX-License-Identifier: BSD-2-Clause
 * fuzz_more.c - acts that came later: stage 2, TLBIs by range, and what PRI, ATS and stalls need.
 * They share one opcode, so that older inputs mean what they meant.
 * Knows: layouts, where things lie. Must not know: what the model makes of them. */
#include "models/smmuv3/smmu_layout.h"
#include "tests/fuzz/fuzz_smmu.h"

enum {
    STREAMS = 0x10000,
    PRIQ = 0x28000,
    SPACES2 = 0xf0000, /* 12 KiB each of 2 guests with 4 KiB pages: tables of level 1, 2, 3 */
    SPACE2_BYTES = 0x3000,
    SPACE2_64K = 0xf7000, /* level 2 */
    SPACE2_16K = 0xf8000, /* levels 2 and 3 */
    LEVEL3_16K = 0xfc000,
    LEVEL3_64K = 0x1f0000,
    MAPPED = 0x200000, /* what a guest has, from 0 on */
    NOWHERE = 0x40000000,
};

/* Tables of one guest: levels 1, 2 and 3, or 2 and 3 with the larger granules. */
struct guest {
    uint8_t tg, t0sz, sl0, page_log2;
    uint64_t top, level2, level3;
};

static struct guest guest_of(uint8_t which)
{
    const uint64_t base = SPACES2 + (uint64_t)SPACE2_BYTES * (which & 1);

    switch (which >> 1 & 3) {
    case 2:
        return (struct guest){SMMU_STE_S2TG_G16K, 30, 1, 14, SPACE2_16K, SPACE2_16K, LEVEL3_16K};
    case 3:
        return (struct guest){SMMU_STE_S2TG_G64K, 32, 1, 16, SPACE2_64K, SPACE2_64K, LEVEL3_64K};
    default:
        return (struct guest){SMMU_STE_S2TG_G4K, 25, 1, 12, base, base + 0x1000, base + 0x2000};
    }
}

static uint64_t table2(uint64_t next)
{
    uint64_t word = 0;

    smmu_S2_TABLE_put_Valid(&word, 1);
    smmu_S2_TABLE_put_Kind(&word, 1);
    smmu_S2_TABLE_put_OA(&word, next >> SMMU_LSB_S2_TABLE_OA);
    return word;
}

/* [1:0] S2AP, reversed so that 0 is all rights; 2 no access flag, 3 contiguous, 4 DBM, 5 device, 6
 * no execution, 7 a block. */
static uint64_t leaf2(uint64_t pa, uint8_t how)
{
    uint64_t word = 0;

    smmu_S2_PAGE_put_Valid(&word, 1);
    smmu_S2_PAGE_put_Kind(&word, !(how & 0x80));
    smmu_S2_PAGE_put_S2AP(&word, (how ^ 3) & 3u);
    smmu_S2_PAGE_put_AF(&word, !(how & 4));
    smmu_S2_PAGE_put_Contig(&word, how >> 3 & 1);
    smmu_S2_PAGE_put_DBM(&word, how >> 4 & 1);
    smmu_S2_PAGE_put_MemAttr(&word, how & 0x20 ? 0 : 15);
    smmu_S2_PAGE_put_XN(&word, (how >> 6 & 1) * UINT64_C(2));
    smmu_S2_PAGE_put_SH(&word, SMMU_S2_PAGE_SH_ISH);
    smmu_S2_PAGE_put_OA(&word, pa >> SMMU_LSB_S2_PAGE_OA);
    return word;
}

/* All tables of one guest: everything is where it believes, except that data pages move by one if
 * bit 3 of byte 0 is set. Byte 0: 0 guest, [2:1] granule. Byte 1: the leaves. */
static void op_guest(struct fuzz *fuzz)
{
    const uint8_t which = fuzz_u8(fuzz);
    const uint8_t how = fuzz_u8(fuzz);
    const struct guest guest = guest_of(which);
    const uint64_t n_pages = MAPPED >> guest.page_log2;

    fuzz_say(fuzz, "guest %x: %x", which, how);
    if (guest.top != guest.level2)
        fuzz_store(fuzz, guest.top, table2(guest.level2));
    fuzz_store(fuzz, guest.level2, how & 0x80 ? leaf2(0, how) : table2(guest.level3));
    for (uint64_t i = 0; i < n_pages && !(how & 0x80); i++) {
        const uint64_t moved = which & 8 && i >= n_pages / 2 ? i ^ 1 : i;

        fuzz_store(fuzz, guest.level3 + 8 * i, leaf2(moved << guest.page_log2, how));
    }
}

/* One descriptor of stage 2. Byte 0: as in op_guest, [4:3] level, 7 a table. Bytes 1-2: index. Byte
 * 3: rights. Byte 4: which page, 0 nothing. */
static void op_guest_pte(struct fuzz *fuzz)
{
    const uint8_t which = fuzz_u8(fuzz);
    const uint16_t index = fuzz_u16(fuzz) & 0x1ff;
    const uint8_t how = fuzz_u8(fuzz);
    const uint8_t page = fuzz_u8(fuzz);
    const struct guest guest = guest_of(which);
    const unsigned level = which >> 3 & 3;
    const uint64_t table = level == 1 ? guest.top : level == 2 ? guest.level2 : guest.level3;
    const uint64_t pa = how & 0x80 ? (uint64_t)(page & 3) << 30 : (uint64_t)page << 13;
    uint64_t word = 0;

    fuzz_say(fuzz, "guest pte %x[%x]: %x %x", which, index, how, page);
    if (page && which & 0x80)
        word = table2(page == UINT8_MAX ? (uint64_t)NOWHERE : guest.level3);
    else if (page)
        word = leaf2(pa, how);
    fuzz_store(fuzz, table + 8 * (uint64_t)index, word);
}

/* The stage 2 part of an STE; the rest stays. Byte 0: StreamID. Byte 1: as in op_guest, [4:3] VMID,
 * [7:5] Config, 0 as it is. Byte 2: 0 S2R, 1 S2S, 2 S2AFFD, 3 S2PTW, 4 S2HA, 5 S2HD, 6 S2FWB, 7
 * another size. */
static void op_guest_ste(struct fuzz *fuzz)
{
    const uint8_t sid = fuzz_u8(fuzz) & 63;
    const uint8_t which = fuzz_u8(fuzz);
    const uint8_t how = fuzz_u8(fuzz);
    const uint64_t pa = STREAMS + 64 * (uint64_t)sid;
    const struct guest guest = guest_of(which);
    uint64_t ste[SMMU_WORDS_STE];

    fuzz_say(fuzz, "guest ste %x: %x %x", sid, which, how);
    for (unsigned i = 0; i < SMMU_WORDS_STE; i++)
        ste[i] = sim_mem_read64(fuzz->mem, pa + 8 * (uint64_t)i);
    if (which >> 5)
        smmu_STE_put_Config(ste, which >> 5);
    smmu_STE_put_V(ste, 1);
    smmu_STE_put_S2VMID(ste, which >> 3 & 3);
    smmu_STE_put_S2AA64(ste, 1);
    smmu_STE_put_S2TG(ste, guest.tg);
    smmu_STE_put_S2SL0(ste, guest.sl0);
    smmu_STE_put_S2T0SZ(ste, guest.t0sz + (how >> 7));
    smmu_STE_put_S2PS(ste, SMMU_STE_S2PS_B48);
    smmu_STE_put_S2R(ste, !(how & 1));
    smmu_STE_put_S2S(ste, how >> 1 & 1);
    smmu_STE_put_S2AFFD(ste, how >> 2 & 1);
    smmu_STE_put_S2PTW(ste, how >> 3 & 1);
    smmu_STE_put_S2HA(ste, how >> 4 & 1);
    smmu_STE_put_S2HD(ste, how >> 5 & 1);
    smmu_STE_put_S2FWB(ste, how >> 6 & 1);
    smmu_STE_put_S2TTB(ste, guest.top >> SMMU_LSB_STE_S2TTB % 64);
    for (unsigned i = 0; i < SMMU_WORDS_STE; i++)
        fuzz_store(fuzz, pa + 8 * (uint64_t)i, ste[i]);
}

/* ---- commands ---- */

/* Byte 0: [2:0] which, [4:3] TG, [6:5] TTL, 7 Leaf. Byte 1: [1:0] VMID, [3:2] ASID. Byte 2: [4:0]
 * NUM, [7:5] SCALE / 3. Bytes 3-4: page; 15 in the upper half. */
static void op_range(struct fuzz *fuzz)
{
    static const uint8_t opcodes[] = {
        SMMU_CMD_TLBI_NH_VA,  SMMU_CMD_TLBI_NH_VAA, SMMU_CMD_TLBI_EL2_VA, SMMU_CMD_TLBI_EL2_VAA,
        SMMU_CMD_TLBI_S2_IPA, SMMU_CMD_TLBI_S2_IPA, SMMU_CMD_TLBI_NH_VA,  SMMU_CMD_TLBI_S2_IPA};
    const uint8_t how = fuzz_u8(fuzz);
    const uint8_t who = fuzz_u8(fuzz);
    const uint8_t size = fuzz_u8(fuzz);
    const uint16_t page = fuzz_u16(fuzz);
    uint64_t words[2] = {0};

    fuzz_say(fuzz, "range %x %x %x %x", how, who, size, page);
    smmu_UNKNOWN_CMD_put_op(words, opcodes[how & 7]);
    smmu_TLBI_NH_VA_put_VMID(words, who & 3u);
    smmu_TLBI_NH_VA_put_ASID(words, who >> 2 & 3);
    smmu_TLBI_NH_VA_put_TG(words, how >> 3 & 3);
    smmu_TLBI_NH_VA_put_TTL(words, how >> 5 & 3);
    smmu_TLBI_NH_VA_put_NUM(words, size & 31u);
    smmu_TLBI_NH_VA_put_SCALE(words, (size >> 5) * UINT64_C(3));
    smmu_TLBI_NH_VA_put_Leaf(words, how >> 7);
    smmu_TLBI_NH_VA_put_Addr(words,
                             (page & 0x7fffu) | (page >> 15 ? UINT64_C(0xfffffff800000) : 0));
    (void)fuzz_put_command(fuzz, words);
}

/* RESUME, STALL_TERM, ATC_INV, PRI_RESP. Byte 0: [1:0] which, [3:2] what is to be done, 4 SSV, 5
 * all PASIDs or the newest STAG. Byte 1: StreamID. Byte 2: STAG, group, or size and page. */
static void op_answer_command(struct fuzz *fuzz)
{
    static const uint8_t opcodes[] = {SMMU_CMD_RESUME, SMMU_CMD_STALL_TERM, SMMU_CMD_ATC_INV,
                                      SMMU_CMD_PRI_RESP};
    const uint8_t how = fuzz_u8(fuzz);
    const uint8_t sid = fuzz_u8(fuzz);
    const uint8_t what = fuzz_u8(fuzz);
    const uint8_t opcode = opcodes[how & 3];
    uint64_t words[2] = {0};

    fuzz_say(fuzz, "%s: %x %x %x", smmu_cmd_name(opcode), how, sid, what);
    smmu_UNKNOWN_CMD_put_op(words, opcode);
    smmu_RESUME_put_SID(words, sid);
    if (opcode == SMMU_CMD_RESUME) {
        smmu_RESUME_put_Ac(words, how >> 2 & 1);
        smmu_RESUME_put_Ab(words, how >> 3 & 1);
        smmu_RESUME_put_STAG(words, how & 0x20 ? fuzz->last_stag : what);
    } else if (opcode == SMMU_CMD_ATC_INV) {
        smmu_ATC_INV_put_SSV(words, how >> 4 & 1);
        smmu_ATC_INV_put_Global(words, how >> 5 & 1);
        smmu_ATC_INV_put_Size(words, what & 0x80 ? 52 : what & 7u);
        smmu_ATC_INV_put_Addr(words, what & 0x78u);
    } else if (opcode == SMMU_CMD_PRI_RESP) {
        smmu_PRI_RESP_put_SSV(words, how >> 4 & 1);
        smmu_PRI_RESP_put_PRGIndex(words, what);
        smmu_PRI_RESP_put_Resp(words, how >> 2 & 3);
    }
    (void)fuzz_put_command(fuzz, words);
}

/* ---- devices ---- */

/* Byte 0: [4:0] rights, 5 last, 6 with a PASID. Byte 1: StreamID. Byte 2: group and PASID. */
static void op_page_request(struct fuzz *fuzz)
{
    const uint8_t how = fuzz_u8(fuzz);
    const uint8_t sid = fuzz_u8(fuzz);
    const uint8_t group = fuzz_u8(fuzz);
    const struct sim_page_request request = {
        .address = (uint64_t)group << 12,
        .requester = sid,
        .pasid = how & 0x40 ? group & 31u : 0,
        .has_pasid = how >> 6 & 1,
        .group = group,
        .access = how & 15,
        .is_last = how >> 5 & 1,
    };

    fuzz_say(fuzz, "page request: %x %x %x", how, sid, group);
    fuzz->iommu.ops->page_request(fuzz->iommu.model, &request);
}

/* Any number, whether or not somebody asked. */
static void op_ats_complete(struct fuzz *fuzz)
{
    const uint8_t itag = fuzz_u8(fuzz);

    fuzz_say(fuzz, "ats complete %x", itag);
    fuzz->iommu.ops->ats_complete(fuzz->iommu.model, itag);
}

/* Byte 0: [2:0] log2 of the PRI queue, 3 leave the pointers alone, 4 an MSI, 5 nowhere, 6 LO, 7
 * read all that is in it. */
static void op_priq(struct fuzz *fuzz)
{
    const uint8_t how = fuzz_u8(fuzz);

    fuzz_say(fuzz, "priq %x", how);
    if (how & 0x80) {
        fuzz_reg_write(fuzz, SMMU_REG_PRIQ_CONS, 4, fuzz_reg_read(fuzz, SMMU_REG_PRIQ_PROD, 4));
        return;
    }
    fuzz_reg_write(fuzz, SMMU_REG_PRIQ_BASE, 8,
                   (how & 0x20 ? (uint64_t)NOWHERE : (uint64_t)PRIQ) | (how & 7u));
    if (!(how & 8)) {
        fuzz_reg_write(fuzz, SMMU_REG_PRIQ_PROD, 4, 0);
        fuzz_reg_write(fuzz, SMMU_REG_PRIQ_CONS, 4, 0);
    }
    fuzz_reg_write(fuzz, SMMU_REG_PRIQ_IRQ_CFG0, 8, how & 0x10 ? (uint64_t)PRIQ + 0x1000 : 0);
    fuzz_reg_write(fuzz, SMMU_REG_PRIQ_IRQ_CFG2, 4, how & 0x40 ? UINT32_C(1) << 31 : 0);
}

/* One of those that are open; the number of a slot if none is. */
static void op_ats_answer(struct fuzz *fuzz)
{
    const uint8_t index = fuzz_u8(fuzz);

    fuzz_say(fuzz, "ats answer %x", index);
    if (fuzz->n_itags)
        fuzz_answer(fuzz, index % fuzz->n_itags);
    else
        fuzz->iommu.ops->ats_complete(fuzz->iommu.model, index);
}

/* ---- a stream that works, with what devices and stalls need ---- */

static void play4(struct fuzz *fuzz, void (*op)(struct fuzz *), const uint8_t bytes[4])
{
    fuzz_play(fuzz, op, bytes, 4);
}

/* Byte 0: StreamID. Byte 1: [1:0] stages, [3:2] EATS, 4 CD.S, 5 CD.HA, 6 S2S, 7 contiguous. Byte 2:
 * 0 clean pages, 1 no access flag, 2 S2HA and S2HD, 3 substreams, [5:4] ASID, 6 no page is there.
 */
static void op_stream(struct fuzz *fuzz)
{
    static const uint8_t stages[] = {0, 6, 5, 0}; /* of fuzz_op_ste: S1, both, S2, S1 */
    const uint8_t sid = fuzz_u8(fuzz) & 7;
    const uint8_t how = fuzz_u8(fuzz);
    const uint8_t more = fuzz_u8(fuzz);
    const uint8_t leaf = (uint8_t)((more & 1 ? 2 : 0) | (more & 2 ? 8 : 0) | (how & 0x80 ? 64 : 0));
    const uint8_t stage2 = (uint8_t)((how & 0x40 ? 2 : 0) | (more & 4 ? 0x30 : 0));
    const uint8_t flags = (uint8_t)((how & 0x10 ? 0x40 : 0) | (how & 0x20 ? 0x20 : 0));

    fuzz_say(fuzz, "stream %x: %x %x", sid, how, more);
    play4(fuzz, fuzz_op_ste,
          (const uint8_t[]){sid, stages[how & 3], more >> 3 & 1, (uint8_t)(how & 12)});
    play4(fuzz, fuzz_op_cd, (const uint8_t[]){sid, (uint8_t)(sid | (more & 0x30) << 1), 0, flags});
    play4(fuzz, fuzz_op_space, (const uint8_t[]){sid, leaf, 0, 0});
    if (more & 0x40)
        play4(fuzz, fuzz_op_pte, (const uint8_t[]){(uint8_t)(sid | 2 << 5), 0, 0, 0});
    if (!(how & 1) && !(how & 2))
        return;
    play4(fuzz, op_guest, (const uint8_t[]){0, leaf & 8 ? 4 : 0, 0, 0});
    play4(fuzz, op_guest_ste, (const uint8_t[]){sid, 0, stage2, 0});
}

/* Everything is on, with queues of few records. Byte 0: [1:0] log2 of the event queue, [3:2] of the
 * PRI queue, 4 no CR0.ATSCHK, 5 no CR2.REC_CFG_ATS, 6 commands: a single one. */
static void op_all_on(struct fuzz *fuzz)
{
    const uint8_t how = fuzz_u8(fuzz);

    fuzz_say(fuzz, "all on %x", how);
    fuzz_reg_write(fuzz, SMMU_REG_CR0, 4, 0);
    fuzz_settle(fuzz);
    play4(fuzz, fuzz_op_boot,
          (const uint8_t[]){how & 0x40 ? 0x00 : 0x50, 0, (uint8_t)(0x0e | (how & 3) << 4), 6});
    fuzz_settle(fuzz);
    fuzz_reg_write(fuzz, SMMU_REG_CR2, 4, how & 0x20 ? 0x2 : 0xa);
    fuzz_reg_write(fuzz, SMMU_REG_CR0, 4, 0);
    fuzz_settle(fuzz);
    play4(fuzz, op_priq, (const uint8_t[]){how >> 2 & 3, 0, 0, 0});
    fuzz_reg_write(fuzz, SMMU_REG_CR0, 4, how & 0x10 ? 0x0f : 0x1f);
    fuzz_settle(fuzz);
}

/* Requests of different kinds for one page. Byte 0: [2:0] how many, 3 a page apart, 4 a GiB on.
 * Byte 1: StreamID, 7 without a SubstreamID. Byte 2: page. Byte 3: two bits for the kind of each,
 * in turn. Byte 4: one bit each: does it write? */
static void op_kinds(struct fuzz *fuzz)
{
    const uint8_t how = fuzz_u8(fuzz);
    const uint8_t who = fuzz_u8(fuzz);
    const uint8_t page = fuzz_u8(fuzz);
    const uint8_t kinds = fuzz_u8(fuzz);
    const uint8_t writes = fuzz_u8(fuzz);

    for (unsigned i = 0; i <= (how & 7u) && fuzz->n_dmas < FUZZ_MAX_DMAS; i++) {
        struct fuzz_dma *dma = &fuzz->dmas[fuzz->n_dmas++];

        dma->dma.requester = who & 7u;
        dma->dma.has_pasid = !(who & 0x80);
        dma->dma.pasid = dma->dma.has_pasid ? who >> 3 & 15u : 0;
        dma->dma.kind = (uint8_t)((kinds >> (2 * i & 7) & 3) % 3);
        dma->dma.iova = ((uint64_t)page + (how & 8 ? i : 0)) << 12;
        dma->dma.iova |= (uint64_t)(how >> 4 & 1) << 30;
        dma->dma.access = writes >> (i & 7) & 1 ? SIM_DMA_WRITE : SIM_DMA_READ;
        dma->dma.n_bytes = 8;
        dma->dma.tbu = i & 1;
        fuzz_submit(fuzz, dma);
    }
}

void fuzz_op_more(struct fuzz *fuzz)
{
    static void (*const ops[])(struct fuzz *) = {
        op_guest,          op_guest_pte, op_guest_ste,  op_range,  op_page_request, op_ats_complete,
        op_answer_command, op_priq,      op_ats_answer, op_stream, op_all_on,       op_kinds};

    ops[fuzz_u8(fuzz) % (sizeof(ops) / sizeof(ops[0]))](fuzz);
}
