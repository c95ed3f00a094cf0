/* SPDX-License-Identifier: BSD-2-Clause
 * fuzz_build.c - structures, tables and commands that hardware gets far with, built from a few
 * bytes of the input.
 * Knows: layouts, where things lie. Must not know: what the model makes of them. */
#include "models/common/hw_ring.h"
#include "models/smmuv3/smmu_layout.h"
#include "tests/fuzz/fuzz_smmu.h"

/* Where things lie. Everything is below 2 MiB, all but the last one below 1 MiB. */
enum {
    STREAMS = 0x10000, /* 64 STEs; a second-level table too */
    L1_STREAMS = 0x18000,
    CMDQ = 0x20000,
    EVTQ = 0x24000,
    MSI = 0x2f000,
    CDS = 0x30000, /* 8 KiB each of 8 streams: CDs or L1CDs, then a second-level table */
    CDS_BYTES = 0x2000,
    L2_CDS = 0x1000,
    SPACES = 0x80000, /* 16 KiB each of 8 spaces with 4 KiB pages: tables of level 1, 2, 3 */
    SPACE_BYTES = 0x4000,
    SPACE_16K = 0xc0000, /* levels 2 and 3 */
    LEVEL3_16K = 0xc4000,
    SPACE_64K = 0xd0000, /* level 2 */
    LEVEL3_64K = 0xe0000,
    PAGES = 0x100000,
    NOWHERE = 0x40000000, /* nobody has ever written there */
    NO_MEMORY = 0x2f0,    /* page number of an address beyond every output size */
};

static uint64_t cds_of(unsigned sid)
{
    return CDS + (uint64_t)CDS_BYTES * (sid & 7);
}

static uint64_t space(unsigned n)
{
    return SPACES + (uint64_t)SPACE_BYTES * (n & 7);
}

static void store_words(struct fuzz *fuzz, uint64_t pa, const uint64_t *words, unsigned n_words)
{
    for (unsigned i = 0; i < n_words; i++)
        fuzz_store(fuzz, pa + 8 * (uint64_t)i, words[i]);
}

/* ---- registers ---- */

static void write_interrupts(struct fuzz *fuzz, uint8_t how)
{
    const uint64_t address = how & 1 ? MSI : NOWHERE;

    fuzz_reg_write(fuzz, SMMU_REG_GERROR_IRQ_CFG0, 8, how & 2 ? address : 0);
    fuzz_reg_write(fuzz, SMMU_REG_EVENTQ_IRQ_CFG0, 8, how & 4 ? address + 8 : 0);
    fuzz_reg_write(fuzz, SMMU_REG_EVENTQ_IRQ_CFG1, 4, how);
    fuzz_reg_write(fuzz, SMMU_REG_IRQ_CTRL, 4, how >> 3 & 7);
}

/* Byte 0: 0 disable first, 1 and wait for it, 2 two-level streams, 3 leave interrupts alone,
 * [7:4] log2 of the command queue. Byte 1: interrupts. Byte 2: [3:0] CR0, [6:4] log2 of the event
 * queue, 7 EL2 streams are E2H. Byte 3: log2 of the streams. */
void fuzz_op_boot(struct fuzz *fuzz)
{
    const uint8_t how = fuzz_u8(fuzz);
    const uint8_t interrupts = fuzz_u8(fuzz);
    const uint8_t what = fuzz_u8(fuzz);
    const uint8_t streams = fuzz_u8(fuzz);
    uint64_t config = 0;

    fuzz_say(fuzz, "boot %x %x %x %x", how, interrupts, what, streams);
    if (how & 1)
        fuzz_reg_write(fuzz, SMMU_REG_CR0, 4, 0);
    if (how & 2)
        fuzz_settle(fuzz);
    smmu_STRTAB_BASE_CFG_put_LOG2SIZE(&config, streams & 15 ? streams & 15 : 6);
    smmu_STRTAB_BASE_CFG_put_FMT(&config, how >> 2 & 1);
    smmu_STRTAB_BASE_CFG_put_SPLIT(&config, 6 + (unsigned)(streams >> 4 & 3) * 2);
    fuzz_reg_write(fuzz, SMMU_REG_CR1, 4, streams & 0x40 ? 0 : UINT32_MAX);
    fuzz_reg_write(fuzz, SMMU_REG_CR2, 4, streams >> 7 ? 0 : 2u | what >> 7);
    fuzz_reg_write(fuzz, SMMU_REG_STRTAB_BASE, 8, how & 4 ? L1_STREAMS : STREAMS);
    fuzz_reg_write(fuzz, SMMU_REG_STRTAB_BASE_CFG, 4, config);
    fuzz_reg_write(fuzz, SMMU_REG_CMDQ_BASE, 8, CMDQ | (uint64_t)(how >> 4 & 7));
    fuzz_reg_write(fuzz, SMMU_REG_CMDQ_PROD, 4, 0);
    fuzz_reg_write(fuzz, SMMU_REG_CMDQ_CONS, 4, 0);
    fuzz_reg_write(fuzz, SMMU_REG_EVENTQ_BASE, 8, EVTQ | (uint64_t)(what >> 4 & 7));
    fuzz_reg_write(fuzz, SMMU_REG_EVENTQ_PROD, 4, 0);
    fuzz_reg_write(fuzz, SMMU_REG_EVENTQ_CONS, 4, 0);
    fuzz->cmdq_prod = (uint32_t)fuzz_reg_read(fuzz, SMMU_REG_CMDQ_PROD, 4);
    if (!(how & 8))
        write_interrupts(fuzz, interrupts);
    fuzz_reg_write(fuzz, SMMU_REG_CR0, 4, what & 15 ? what & 15 : 13);
}

/* ---- structures ---- */

/* Byte 0: StreamID. Byte 1: [2:0] Config, [4:3] STRW, [6:5] PRIVCFG, 7 something else is wrong.
 * Byte 2: [2:0] S1CDMax, [4:3] S1Fmt, [6:5] S1DSS, 7 where no CDs are. Byte 3: [1:0] INSTCFG, [3:2]
 * EATS, [5:4] VMID, 6 S1STALLD. */
void fuzz_op_ste(struct fuzz *fuzz)
{
    static const uint8_t configs[] = {
        SMMU_STE_Config_S1,     SMMU_STE_Config_S1, SMMU_STE_Config_S1,     SMMU_STE_Config_S1,
        SMMU_STE_Config_BYPASS, SMMU_STE_Config_S2, SMMU_STE_Config_NESTED, SMMU_STE_Config_ABORT};
    const uint8_t sid = fuzz_u8(fuzz);
    const uint8_t how = fuzz_u8(fuzz);
    const uint8_t table = fuzz_u8(fuzz);
    const uint8_t more = fuzz_u8(fuzz);
    const uint64_t cds = (table & 0x80 ? NOWHERE : cds_of(sid));
    uint64_t ste[SMMU_WORDS_STE] = {0};

    fuzz_say(fuzz, "ste %x: %x %x %x", sid, how, table, more);
    smmu_STE_put_V(ste, 1);
    smmu_STE_put_Config(ste, configs[how & 7]);
    smmu_STE_put_S1ContextPtr(ste, cds >> SMMU_LSB_STE_S1ContextPtr);
    smmu_STE_put_S1CDMax(ste, table & 7u);
    smmu_STE_put_S1Fmt(ste, table >> 3 & 3);
    smmu_STE_put_S1DSS(ste, table >> 5 & 3);
    smmu_STE_put_S1STALLD(ste, more >> 6 & 1);
    smmu_STE_put_SHCFG(ste, SMMU_STE_SHCFG_INCOMING);
    smmu_STE_put_STRW(ste, how >> 3 & 3);
    smmu_STE_put_PRIVCFG(ste, how >> 5 & 3);
    smmu_STE_put_MTCFG(ste, how >> 7);
    smmu_STE_put_INSTCFG(ste, more & 3u);
    smmu_STE_put_EATS(ste, more >> 2 & 3);
    smmu_STE_put_S2VMID(ste, more >> 4 & 3);
    smmu_STE_put_S2AA64(ste, 1);
    smmu_STE_put_S2T0SZ(ste, 25);
    smmu_STE_put_S2SL0(ste, 1);
    smmu_STE_put_S2PS(ste, SMMU_STE_S2PS_B48);
    store_words(fuzz, STREAMS + 64 * (uint64_t)(sid & 63), ste, SMMU_WORDS_STE);
}

/* How each granule's tables are shaped, and where they are. */
struct shape {
    uint8_t tg0, tg1;
    uint8_t tsz;
    uint8_t page_log2;
    uint64_t level2, level3;
};

static struct shape shape_of(unsigned granule, unsigned n)
{
    switch (granule & 3) {
    case 2:
        return (struct shape){SMMU_CD_TG0_G16K, SMMU_CD_TG1_G16K, 28, 14, SPACE_16K, LEVEL3_16K};
    case 3:
        return (struct shape){SMMU_CD_TG0_G64K, SMMU_CD_TG1_G64K, 32, 16, SPACE_64K, LEVEL3_64K};
    default:
        return (struct shape){SMMU_CD_TG0_G4K,   SMMU_CD_TG1_G4K,  25, 12,
                              space(n) + 0x1000, space(n) + 0x2000};
    }
}

static uint64_t top_of(unsigned granule, unsigned n)
{
    return granule & 2 ? shape_of(granule, n).level2 : space(n);
}

/* Byte 0: [2:0] StreamID, [7:3] SubstreamID. Byte 1: [2:0] space, [4:3] granule, [6:5] ASID, 7 in
 * the second-level table. Bytes 2-3: one bit per choice. */
void fuzz_op_cd(struct fuzz *fuzz)
{
    const uint8_t who = fuzz_u8(fuzz);
    const uint8_t where = fuzz_u8(fuzz);
    const uint16_t how = fuzz_u16(fuzz);
    const unsigned granule = where >> 3 & 3;
    const struct shape shape = shape_of(granule, where);
    const uint64_t table = top_of(granule, where);
    uint64_t cd[SMMU_WORDS_CD] = {0};

    fuzz_say(fuzz, "cd %x: %x %x", who, where, how);
    smmu_CD_put_V(cd, 1);
    smmu_CD_put_AA64(cd, 1);
    smmu_CD_put_T0SZ(cd, shape.tsz);
    smmu_CD_put_TG0(cd, shape.tg0);
    smmu_CD_put_T1SZ(cd, shape.tsz);
    smmu_CD_put_TG1(cd, shape.tg1);
    smmu_CD_put_TTB0(cd, table >> SMMU_LSB_CD_TTB0 % 64);
    smmu_CD_put_TTB1(cd, table >> SMMU_LSB_CD_TTB1 % 64);
    smmu_CD_put_EPD1(cd, !(how & 1));
    smmu_CD_put_EPD0(cd, how >> 1 & 1);
    smmu_CD_put_IPS(cd, how & 4 ? SMMU_CD_IPS_B32 : SMMU_CD_IPS_B48);
    smmu_CD_put_R(cd, !(how & 8));
    smmu_CD_put_A(cd, !(how & 0x10));
    smmu_CD_put_ASET(cd, how >> 5 & 1);
    smmu_CD_put_ASID(cd, where >> 5 & 3);
    smmu_CD_put_TBI0(cd, how >> 6 & 1);
    smmu_CD_put_HAD0(cd, how >> 7 & 1);
    smmu_CD_put_WXN(cd, how >> 8 & 1);
    smmu_CD_put_PAN(cd, how >> 9 & 1);
    smmu_CD_put_E0PD0(cd, how >> 10 & 1);
    smmu_CD_put_AFFD(cd, how >> 11 & 1);
    smmu_CD_put_ENDI(cd, how >> 12 & 1);
    smmu_CD_put_HA(cd, how >> 13 & 1);
    smmu_CD_put_S(cd, how >> 14 & 1);
    smmu_CD_put_DS(cd, how >> 15 & 1);
    smmu_CD_put_MAIR0(cd, 0xff);
    store_words(fuzz, cds_of(who & 7u) + (where & 0x80 ? L2_CDS : 0) + 64 * (uint64_t)(who >> 3),
                cd, SMMU_WORDS_CD);
}

/* Byte 0: 7 an L1CD, else an L1STD; [2:0] StreamID, or index. Byte 1: [4:0] Span, 5 where nothing
 * is; of an L1CD: [4:0] index. */
void fuzz_op_l1(struct fuzz *fuzz)
{
    const uint8_t who = fuzz_u8(fuzz);
    const uint8_t how = fuzz_u8(fuzz);
    uint64_t word = 0;

    fuzz_say(fuzz, "l1 %x: %x", who, how);
    if (who & 0x80) {
        smmu_L1CD_put_V(&word, !(how & 0x40));
        smmu_L1CD_put_L2Ptr(&word, (how & 0x20 ? (uint64_t)NOWHERE : cds_of(who & 7u) + L2_CDS) >>
                                       SMMU_LSB_L1CD_L2Ptr);
        fuzz_store(fuzz, cds_of(who & 7u) + 8 * (uint64_t)(how & 31), word);
        return;
    }
    smmu_L1STD_put_Span(&word, how & 31u);
    smmu_L1STD_put_L2Ptr(&word, (uint64_t)(how & 0x20 ? NOWHERE : STREAMS) >> SMMU_LSB_L1STD_L2Ptr);
    fuzz_store(fuzz, L1_STREAMS + 8 * (uint64_t)(who & 7), word);
}

/* ---- page tables ---- */

static uint64_t table_entry(uint64_t next, uint8_t limits)
{
    uint64_t word = 0;

    smmu_S1_TABLE_put_Valid(&word, 1);
    smmu_S1_TABLE_put_Kind(&word, 1);
    smmu_S1_TABLE_put_OA(&word, next >> SMMU_LSB_S1_TABLE_OA);
    smmu_S1_TABLE_put_APTable(&word, limits & 3u);
    smmu_S1_TABLE_put_UXNTable(&word, limits >> 2 & 1);
    smmu_S1_TABLE_put_PXNTable(&word, limits >> 3 & 1);
    return word;
}

/* [1:0] AP, reversed so that 0 is all rights; 2 global, 3 no access flag, 4 UXN, 5 PXN, 6
 * contiguous, 7 a block. */
static uint64_t leaf_entry(uint64_t pa, uint8_t how)
{
    uint64_t word = 0;

    smmu_S1_PAGE_put_Valid(&word, 1);
    smmu_S1_PAGE_put_Kind(&word, !(how & 0x80));
    smmu_S1_PAGE_put_AP(&word, (how ^ SMMU_S1_PAGE_AP_RW) & 3u);
    smmu_S1_PAGE_put_SH(&word, SMMU_S1_PAGE_SH_ISH);
    smmu_S1_PAGE_put_nG(&word, !(how & 4));
    smmu_S1_PAGE_put_AF(&word, !(how & 8));
    smmu_S1_PAGE_put_UXN(&word, how >> 4 & 1);
    smmu_S1_PAGE_put_PXN(&word, how >> 5 & 1);
    smmu_S1_PAGE_put_Contig(&word, how >> 6 & 1);
    smmu_S1_PAGE_put_OA(&word, pa >> SMMU_LSB_S1_PAGE_OA);
    return word;
}

/* All tables of one space, and its first 16 pages. Byte 0: [2:0] space, [4:3] granule. Byte 1: the
 * leaves. */
void fuzz_op_space(struct fuzz *fuzz)
{
    const uint8_t which = fuzz_u8(fuzz);
    const uint8_t how = fuzz_u8(fuzz);
    const unsigned granule = which >> 3 & 3;
    const struct shape shape = shape_of(granule, which);

    fuzz_say(fuzz, "space %x: %x", which, how);
    if (!(granule & 2))
        fuzz_store(fuzz, space(which), table_entry(shape.level2, 0));
    fuzz_store(fuzz, shape.level2, table_entry(shape.level3, 0));
    for (uint64_t i = 0; i < 16; i++)
        fuzz_store(fuzz, shape.level3 + 8 * i,
                   leaf_entry(PAGES + (i << shape.page_log2), how & 0x7f));
}

/* One descriptor. Byte 0: [2:0] space, [4:3] granule, [6:5] level, 7 a table. Byte 1: index. Byte
 * 2: rights. Byte 3: which page, 0 nothing. */
void fuzz_op_pte(struct fuzz *fuzz)
{
    const uint8_t which = fuzz_u8(fuzz);
    const uint8_t index = fuzz_u8(fuzz);
    const uint8_t how = fuzz_u8(fuzz);
    const uint8_t page = fuzz_u8(fuzz);
    const unsigned granule = which >> 3 & 3;
    const unsigned level = which >> 5 & 3;
    const struct shape shape = shape_of(granule, which);
    uint64_t table = shape.level3;
    uint64_t pa = PAGES + ((uint64_t)page << 12);

    if (level == 1)
        table = top_of(granule, which);
    else if (level == 2)
        table = shape.level2;
    if (page == UINT8_MAX)
        pa = (uint64_t)NO_MEMORY << 36;
    if (how & 0x80)
        pa = (uint64_t)(page & 3) << 30;
    fuzz_say(fuzz, "pte %x[%x]: %x %x", which, index, how, page);
    if (page == 0)
        fuzz_store(fuzz, table + 8 * (uint64_t)index, 0);
    else if (which & 0x80)
        fuzz_store(fuzz, table + 8 * (uint64_t)index,
                   table_entry(level == 1 ? shape.level2 : shape.level3, how & 15));
    else
        fuzz_store(fuzz, table + 8 * (uint64_t)index, leaf_entry(pa, how));
}

/* ---- commands ---- */

/* Put a command where software's write pointer is. Return: false if the queue is full. */
bool fuzz_put_command(struct fuzz *fuzz, const uint64_t *words)
{
    const unsigned log2 = fuzz_cmdq_log2(fuzz);
    const uint64_t base = fuzz_reg_read(fuzz, SMMU_REG_CMDQ_BASE, 8);
    const uint64_t first = smmu_CMDQ_BASE_ADDR_addr(&base) & ~((UINT64_C(16) << log2) - 1);
    const uint32_t cons = hw_ring_pos(fuzz_reg_read(fuzz, SMMU_REG_CMDQ_CONS, 4), log2);
    const uint32_t prod = hw_ring_pos(fuzz->cmdq_prod, log2);

    if (hw_ring_used(prod, cons, log2) >= UINT32_C(1) << log2)
        return false;
    store_words(fuzz, first + 16 * (uint64_t)hw_ring_index(prod, log2), words, 2);
    fuzz->cmdq_prod = hw_ring_next(prod, log2);
    return true;
}

void fuzz_op_ring(struct fuzz *fuzz)
{
    fuzz_reg_write(fuzz, SMMU_REG_CMDQ_PROD, 4, fuzz->cmdq_prod);
}

void fuzz_op_raw_command(struct fuzz *fuzz)
{
    uint64_t words[2];

    words[0] = fuzz_u64(fuzz);
    words[1] = fuzz_u64(fuzz);
    (void)fuzz_put_command(fuzz, words);
}

/* Invalidate everything while requests may be under way: when they have ended, no cache may hold
 * anything. */
void fuzz_op_purge(struct fuzz *fuzz)
{
    static const uint8_t opcodes[] = {SMMU_CMD_TLBI_NSNH_ALL, SMMU_CMD_TLBI_EL2_ALL,
                                      SMMU_CMD_CFGI_STE_RANGE, SMMU_CMD_SYNC};
    bool is_whole = true;
    uint64_t enables, errors;

    fuzz_say(fuzz, "purge");
    for (unsigned i = 0; i < sizeof(opcodes); i++) {
        uint64_t words[2] = {0};

        smmu_UNKNOWN_CMD_put_op(words, opcodes[i]);
        if (opcodes[i] == SMMU_CMD_CFGI_STE_RANGE)
            smmu_CFGI_STE_RANGE_put_Range(words, 31);
        is_whole = fuzz_put_command(fuzz, words) && is_whole;
    }
    fuzz_op_ring(fuzz);
    fuzz_settle(fuzz);
    enables = fuzz_reg_read(fuzz, SMMU_REG_CR0ACK, 4);
    errors = fuzz_reg_read(fuzz, SMMU_REG_GERROR, 4) ^ fuzz_reg_read(fuzz, SMMU_REG_GERRORN, 4);
    if (is_whole && !fuzz->is_abused && smmu_CR0_CMDQEN(&enables) && !smmu_GERROR_CMDQ_ERR(&errors))
        fuzz_check_purged(fuzz);
}

static void name_stream(uint64_t *words, uint8_t who, uint8_t more, uint8_t stag)
{
    smmu_CFGI_CD_put_SID(words, who);
    smmu_CFGI_CD_put_SSID(words, more & 31u);
    smmu_PREFETCH_CONFIG_put_SSV(words, more >> 5 & 1);
    smmu_CFGI_STE_put_Leaf(words, more >> 6 & 1);
    if (smmu_UNKNOWN_CMD_op(words) == SMMU_CMD_CFGI_STE_RANGE)
        smmu_CFGI_STE_RANGE_put_Range(words, more & 31u);
    else if (smmu_UNKNOWN_CMD_op(words) == SMMU_CMD_RESUME)
        smmu_RESUME_put_STAG(words, stag);
}

static void name_pages(uint64_t *words, uint8_t who, uint8_t more, uint8_t page)
{
    smmu_TLBI_NH_VA_put_VMID(words, who & 3u);
    smmu_TLBI_NH_VA_put_ASID(words, who >> 2 & 3);
    smmu_TLBI_NH_VA_put_TG(words, more & 3u);
    smmu_TLBI_NH_VA_put_TTL(words, more >> 2 & 3);
    smmu_TLBI_NH_VA_put_NUM(words, (more >> 4 & 3) * UINT64_C(9));
    smmu_TLBI_NH_VA_put_SCALE(words, (more >> 6 & 1) * UINT64_C(10));
    smmu_TLBI_NH_VA_put_Leaf(words, more >> 7);
    smmu_TLBI_NH_VA_put_Addr(words, page);
}

/* Byte 0: [4:0] which, 5 SSec, 7 ring the doorbell. Byte 1: StreamID, or VMID and ASID. Byte 2:
 * SubstreamID and Leaf; or TG, TTL, NUM, SCALE, Leaf; or CS and the MSI. Byte 3: page, or STAG. */
void fuzz_op_command(struct fuzz *fuzz)
{
    static const uint8_t opcodes[] = {SMMU_CMD_SYNC,
                                      SMMU_CMD_CFGI_STE,
                                      SMMU_CMD_CFGI_STE_RANGE,
                                      SMMU_CMD_CFGI_CD,
                                      SMMU_CMD_CFGI_CD_ALL,
                                      SMMU_CMD_PREFETCH_CONFIG,
                                      SMMU_CMD_TLBI_NH_ALL,
                                      SMMU_CMD_TLBI_NH_ASID,
                                      SMMU_CMD_TLBI_NH_VA,
                                      SMMU_CMD_TLBI_NH_VAA,
                                      SMMU_CMD_TLBI_EL2_ALL,
                                      SMMU_CMD_TLBI_EL2_ASID,
                                      SMMU_CMD_TLBI_EL2_VA,
                                      SMMU_CMD_TLBI_EL2_VAA,
                                      SMMU_CMD_TLBI_S12_VMALL,
                                      SMMU_CMD_TLBI_S2_IPA,
                                      SMMU_CMD_TLBI_NSNH_ALL,
                                      SMMU_CMD_ATC_INV,
                                      SMMU_CMD_PRI_RESP,
                                      SMMU_CMD_RESUME,
                                      SMMU_CMD_STALL_TERM,
                                      SMMU_CMD_CFGI_VMS_PIDM,
                                      SMMU_CMD_PREFETCH_ADDR,
                                      SMMU_CMD_SYNC,
                                      0,
                                      SMMU_CMD_TLBI_EL3_ALL,
                                      SMMU_CMD_SYNC,
                                      SMMU_CMD_SYNC,
                                      SMMU_CMD_TLBI_NH_VA,
                                      SMMU_CMD_CFGI_CD,
                                      SMMU_CMD_CFGI_STE,
                                      SMMU_CMD_PREFETCH_CONFIG};
    const uint8_t which = fuzz_u8(fuzz);
    const uint8_t who = fuzz_u8(fuzz);
    const uint8_t more = fuzz_u8(fuzz);
    const uint8_t page = fuzz_u8(fuzz);
    const uint8_t opcode = opcodes[which & 31];
    uint64_t words[2] = {0};

    fuzz_say(fuzz, "command %s %x %x %x", smmu_cmd_name(opcode), who, more, page);
    smmu_UNKNOWN_CMD_put_op(words, opcode);
    smmu_CMD_SYNC_put_SSec(words, which >> 5 & 1);
    if (opcode == SMMU_CMD_SYNC) {
        smmu_CMD_SYNC_put_CS(words, more & 3u);
        smmu_CMD_SYNC_put_MSIData(words, who);
        if (more & 0xc)
            smmu_CMD_SYNC_put_MSIAddr(words,
                                      (more & 4 ? (uint64_t)MSI + 0x10 : (uint64_t)NOWHERE) >> 2);
    } else if (opcode < SMMU_CMD_TLBI_NH_ALL || opcode > SMMU_CMD_TLBI_NSNH_ALL) {
        name_stream(words, who, more, page);
    } else {
        name_pages(words, who, more, page);
    }
    (void)fuzz_put_command(fuzz, words);
    if (which & 0x80)
        fuzz_op_ring(fuzz);
}
