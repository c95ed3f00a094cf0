/* SPDX-License-Identifier: BSD-2-Clause
 * chk_rules.c - the rules as a table, and what their examples start with.
 * Knows: the .def files of check/rules/. Must not know: how a rule is checked. */
#include "check/chk_order.h"
#include "check/chk_rules_vtd.h"

#include <string.h>

/* Lines of examples: a command in a slot, its doorbell, the wait for a slot. */
#define EX_CMD(slot, word0, word1)                                                                 \
    "store CMD $CMDQ+" slot " " word0 " value_hi=" word1 " width=16\n"
#define EX_RING(prod) "mmio_write $CMDQ_PROD " prod "\n"
#define EX_DONE(index) "wait queue $CMDQ index=" index "\n"
/* A command, a CMD_SYNC behind it, and the wait; the first, second and third after READY (A, B, C)
 * and after LIVE (B, C, D, E). */
#define EX_SYNC(word0, word1, slot, next, prod, index)                                             \
    EX_CMD(slot, word0, word1) EX_CMD(next, "0x46", "0x0") EX_RING(prod) EX_DONE(index)
#define EX_A(word0, word1) EX_SYNC(word0, word1, "0x40", "0x50", "0x6", "5")
#define EX_B(word0, word1) EX_SYNC(word0, word1, "0x60", "0x70", "0x8", "7")
#define EX_C(word0, word1) EX_SYNC(word0, word1, "0x80", "0x90", "0xa", "9")
#define EX_D(word0, word1) EX_SYNC(word0, word1, "0xa0", "0xb0", "0xc", "11")
#define EX_E(word0, word1) EX_SYNC(word0, word1, "0xc0", "0xd0", "0xe", "13")
#define EX_CR0(value) "mmio_write $CR0 " value "\nwait reg $CR0ACK mask=0x5df value=" value "\n"
/* Operations around lines: the device is blocked (domain 9), gets its domain A once more, or B;
 * pages of A are mapped and unmapped. */
#define EX_MARK(mark, lines) "begin " mark "\n" lines "end " mark "\n"
#define EX_BLOCK(lines) EX_MARK("drv_attach dev=0 domain=0x9 a=0x0", lines)
#define EX_AGAIN(lines) EX_MARK("drv_attach dev=0 domain=0xa a=0x1", lines)
#define EX_SWITCH(lines) EX_MARK("drv_attach dev=0 domain=0xb a=0x1", lines)
#define EX_MAP(iova, pa, size, prot, lines)                                                        \
    EX_MARK("map domain=0xa a=" iova " b=" size,                                                   \
            lines "map 0xa " iova " " pa " " size " prot=" prot "\n")
#define EX_UNMAP(iova, size, lines)                                                                \
    EX_MARK("unmap domain=0xa a=" iova " b=" size, "unmap 0xa " iova " " size " " size "\n" lines)
#define EX_QUEUE                                                                                   \
    "mmio_write $CMDQ_BASE 0x30006 width=8\nmmio_write $CMDQ_PROD 0x0\n"                           \
    "mmio_write $CMDQ_CONS 0x0\n" EX_CR0("0x8")
#define EX_CLEAN                                                                                   \
    EX_SYNC("0x4", "0x1f", "0x0", "0x10", "0x2", "1")                                              \
    EX_SYNC("0x30", "0x0", "0x20", "0x30", "0x4", "3")
/* A stream table of two levels: two first-level descriptors at 0x60000, 256 STEs each. */
#define EX_TWO_LEVEL                                                                               \
    EX_CR0("0x1e")                                                                                 \
    "memory L1STD 0x60000 0x40\nmemory STE 0x64000 0x4000\n"                                       \
    "mmio_write $STRTAB_BASE 0x60000 width=8\nmmio_write $STRTAB_BASE_CFG 0x10209\n" EX_CR0(       \
        "0x1f")
/* A CD table of two levels for 256 SubstreamIDs, of StreamID 0x20. */
#define EX_CD_TABLE                                                                                \
    EX_CR0("0x1e")                                                                                 \
    "memory L1CD 0x70000 0x40\nmemory CD 0x71000 0x1000\n"                                         \
    "store STE $STE+0x8 0x2\nstore STE $STE 0x400000000007001b\n" EX_CR0("0x1f")
/* StreamIDs 0x21 and 0x22 have a stage 2 each. */
#define EX_STAGE2(vmid, config)                                                                    \
    EX_CR0("0x1e")                                                                                 \
    "store STE 0x10850 0x40d00610000000" vmid "\nstore STE 0x10858 0x80000\n"                      \
    "store STE 0x10840 " config "\n"
/* Domain B: ASID 2, table at 0x90000, IOVA 0x0 to 0x1fffff. */
#define EX_TABLE_B                                                                                 \
    "memory PAGES 0x90000 0x2000\n" EX_MARK(                                                       \
        "map domain=0xb a=0x0 b=0x200000",                                                         \
        "store PTE 0x91000 0xb0000f41\nstore PTE 0x90000 0x91003\n"                                \
        "map 0xb 0x0 0xb0000000 0x200000 prot=rw\n")
/* Its stage 2: IPA 0x0 to 0x1fff, a walk from level 1. */
#define EX_STAGE2_TABLE                                                                            \
    "memory PAGES 0x80000 0x3000\nstore PTE 0x82000 0xa00007ff\nstore PTE 0x82008 0xa00017ff\n"    \
    "store PTE 0x81000 0x82003\nstore PTE 0x80000 0x81003\n"
/* ATS of StreamID 0x20 is on. */
#define EX_ATS "store STE $STE+0x8 0x10000000\n" EX_B("0x2000000003", "0x1") "ats 0 on\n"

#define RULE(name, id, kind, section, start, title, why, fix, bad, good)                           \
    {id, CHK_RULE_##kind, section, CHK_START_##start, title, why, fix, bad, good},
const struct chk_rule chk_rules[CHK_N_RULES] = {
#include "check/rules/smmu_cmd.def"
#include "check/rules/smmu_entry.def"
#include "check/rules/smmu_queue.def"
#include "check/rules/smmu_reg.def"
#include "check/rules/smmu_tlb.def"
#include "check/rules/vtd_entry.def"
#include "check/rules/vtd_queue.def"
#include "check/rules/vtd_reg.def"
#include "check/rules/vtd_tlb.def"
};
#undef RULE

/* Long texts in pieces: the C standard promises 4095 characters of one. */
#define RESET_LINES                                                                                \
    "iommusim-text/1 records\n"                                                                    \
    "# An SMMUv3 with both stages, ATS, PRI, 8-bit ASIDs and VMIDs, 16-bit StreamIDs, 8-bit\n"     \
    "# SubstreamIDs, range invalidation and no break-free change of block sizes.\n"                \
    "meta \"barriers\" \"implied\"\n"                                                              \
    "iommu 0 smmuv3 0x9050000 0x20000\n"                                                           \
    "device 0 \"0000:00:04.0\" requester=0x20\n"                                                   \
    "mmio_read 0x0 0x849641b\n"                                                                    \
    "mmio_read 0x4 0xd084210\n"                                                                    \
    "mmio_read 0xc 0x504\n"                                                                        \
    "mmio_read 0x14 0x100055\n"                                                                    \
    "let CR0 = 0x20\n"                                                                             \
    "let CR0ACK = 0x24\n"                                                                          \
    "let CR1 = 0x28\n"                                                                             \
    "let CR2 = 0x2c\n"                                                                             \
    "let GBPA = 0x44\n"                                                                            \
    "let IRQ_CTRL = 0x50\n"                                                                        \
    "let IRQ_CTRLACK = 0x54\n"                                                                     \
    "let GERROR = 0x60\n"                                                                          \
    "let GERRORN = 0x64\n"                                                                         \
    "let GERROR_IRQ_CFG0 = 0x68\n"                                                                 \
    "let STRTAB_BASE = 0x80\n"                                                                     \
    "let STRTAB_BASE_CFG = 0x88\n"                                                                 \
    "let CMDQ_BASE = 0x90\n"                                                                       \
    "let CMDQ_PROD = 0x98\n"                                                                       \
    "let CMDQ_CONS = 0x9c\n"                                                                       \
    "let EVENTQ_BASE = 0xa0\n"                                                                     \
    "let EVENTQ_IRQ_CFG0 = 0xb0\n"                                                                 \
    "let PRIQ_BASE = 0xc0\n"                                                                       \
    "let PRIQ_IRQ_CFG0 = 0xd0\n"                                                                   \
    "let EVENTQ_PROD = 0x100a8\n"                                                                  \
    "let EVENTQ_CONS = 0x100ac\n"                                                                  \
    "let PRIQ_PROD = 0x100c8\n"                                                                    \
    "let PRIQ_CONS = 0x100cc\n"                                                                    \
    "let CMDQ = 0x30000\n"                                                                         \
    "memory STE 0x10000 0x1000\n"                                                                  \
    "memory QUEUE 0x30000 0x400\n"                                                                 \
    "memory QUEUE 0x40000 0x800\n"                                                                 \
    "memory QUEUE 0x50000 0x400\n"                                                                 \
    "mmio_write $CR0 0x0\n"                                                                        \
    "wait reg $CR0ACK mask=0x5df value=0x0\n"

/* Every queue has 64 entries; slots 0 to 3 of the command queue are used up. */
#define READY_LINES                                                                                \
    "# A linear stream table of 64 entries; StreamID 0x20 is aborted.\n"                           \
    "let STE = 0x10800\n"                                                                          \
    "store STE $STE 0x1\n"                                                                         \
    "mmio_write $CR1 0xd75\n"                                                                      \
    "mmio_write $CR2 0x6\n"                                                                        \
    "mmio_write $STRTAB_BASE 0x10000 width=8\n"                                                    \
    "mmio_write $STRTAB_BASE_CFG 0x6\n"                                                            \
    "mmio_write $CMDQ_BASE 0x30006 width=8\n"                                                      \
    "mmio_write $CMDQ_PROD 0x0\n"                                                                  \
    "mmio_write $CMDQ_CONS 0x0\n"                                                                  \
    "mmio_write $CR0 0x8\n"                                                                        \
    "wait reg $CR0ACK mask=0x5df value=0x8\n"                                                      \
    "# CFGI_ALL, CMD_SYNC; TLBI_NSNH_ALL, CMD_SYNC.\n"                                             \
    "store CMD $CMDQ 0x4 value_hi=0x1f width=16\n"                                                 \
    "store CMD $CMDQ+0x10 0x46 width=16\n"                                                         \
    "mmio_write $CMDQ_PROD 0x2\n"                                                                  \
    "wait queue $CMDQ index=1\n"                                                                   \
    "store CMD $CMDQ+0x20 0x30 width=16\n"                                                         \
    "store CMD $CMDQ+0x30 0x46 width=16\n"                                                         \
    "mmio_write $CMDQ_PROD 0x4\n"                                                                  \
    "wait queue $CMDQ index=3\n"                                                                   \
    "mmio_write $EVENTQ_BASE 0x40006 width=8\n"                                                    \
    "mmio_write $EVENTQ_PROD 0x0\n"                                                                \
    "mmio_write $EVENTQ_CONS 0x0\n"                                                                \
    "mmio_write $PRIQ_BASE 0x50006 width=8\n"                                                      \
    "mmio_write $PRIQ_PROD 0x0\n"                                                                  \
    "mmio_write $PRIQ_CONS 0x0\n"                                                                  \
    "mmio_write $CR0 0xe\n"                                                                        \
    "wait reg $CR0ACK mask=0x5df value=0xe\n"                                                      \
    "mmio_write $GERROR_IRQ_CFG0 0x0 width=8\n"                                                    \
    "mmio_write $EVENTQ_IRQ_CFG0 0x0 width=8\n"                                                    \
    "mmio_write $PRIQ_IRQ_CFG0 0x0 width=8\n"                                                      \
    "mmio_write $IRQ_CTRL 0x7\n"                                                                   \
    "wait reg $IRQ_CTRLACK mask=0x7 value=0x7\n"                                                   \
    "mmio_write $CR0 0x1f\n"                                                                       \
    "wait reg $CR0ACK mask=0x5df value=0x1f\n"                                                     \
    "# The device begins as a blocked one, as it was.\n"                                           \
    "begin attach dev=0 domain=0x9\n"                                                              \
    "begin drv_attach dev=0 domain=0x9 a=0x0\n"                                                    \
    "end drv_attach dev=0 domain=0x9 a=0x0\n"                                                      \
    "end attach dev=0 domain=0x9\n"

/* A whole stream goes on: whatever an example did with a unit at rest, its driver begins anew. */
#define ANEW_LINES                                                                                 \
    "# The driver sets everything up.\n"                                                           \
    "mmio_write $CR0 0x0\n"                                                                        \
    "wait reg $CR0ACK mask=0x5df value=0x0\n"                                                      \
    "mmio_write $IRQ_CTRL 0x0\n"                                                                   \
    "wait reg $IRQ_CTRLACK mask=0x7 value=0x0\n"

/* Slots 0 to 5 are used up. The CD's ASID is 1, addresses have 39 bits, the walk starts at level 1.
 */
#define LIVE_LINES                                                                                 \
    "# Domain 0xa: ASID 1, table at 0x80000, IOVA 0x0 to 0x3fff.\n"                                \
    "let CD = 0x20000\n"                                                                           \
    "let L1 = 0x80000\n"                                                                           \
    "let L2 = 0x81000\n"                                                                           \
    "let L3 = 0x82000\n"                                                                           \
    "memory CD $CD 0x40\n"                                                                         \
    "memory PAGES $L1 0x1000\n"                                                                    \
    "memory PAGES $L2 0x1000\n"                                                                    \
    "memory PAGES $L3 0x1000\n"                                                                    \
    "begin map domain=0xa a=0x0 b=0x4000\n"                                                        \
    "store PTE $L3 0xa0000f43\n"                                                                   \
    "store PTE $L3+0x8 0xa0001f43\n"                                                               \
    "store PTE $L3+0x10 0xa0002f43\n"                                                              \
    "store PTE $L3+0x18 0xa0003f43\n"                                                              \
    "store PTE $L2 0x82003\n"                                                                      \
    "store PTE $L1 0x81003\n"                                                                      \
    "map 0xa 0x0 0xa0000000 0x4000 prot=rw\n"                                                      \
    "end map domain=0xa a=0x0 b=0x4000\n"                                                          \
    "store CD $CD+0x8 0x80000\n"                                                                   \
    "store CD $CD+0x18 0xff44\n"                                                                   \
    "store CD $CD 0x1e204c0003519\n"                                                               \
    "begin attach dev=0\n"                                                                         \
    "begin drv_attach dev=0 domain=0xa a=0x1\n"                                                    \
    "store STE $STE 0x2000b\n"                                                                     \
    "store CMD $CMDQ+0x40 0x2000000003 value_hi=0x1 width=16\n"                                    \
    "store CMD $CMDQ+0x50 0x46 width=16\n"                                                         \
    "mmio_write $CMDQ_PROD 0x6\n"                                                                  \
    "wait queue $CMDQ index=5\n"                                                                   \
    "end drv_attach dev=0 domain=0xa a=0x1\n"                                                      \
    "end attach dev=0\n"

const char *chk_rule_start_text(enum chk_rule_start start)
{
    static const char reset[] = RESET_LINES;
    static const char ready[] = RESET_LINES READY_LINES;
    static const char live[] = RESET_LINES READY_LINES LIVE_LINES;
    static const char vtd_reset[] = VTD_RESET_LINES;
    static const char vtd_ready[] = VTD_RESET_LINES VTD_READY_LINES;
    static const char vtd_live[] = VTD_RESET_LINES VTD_READY_LINES VTD_LIVE_LINES;
    static const char vtd_legacy[] = VTD_RESET_LINES VTD_LEGACY_LINES;

    switch (start) {
    case CHK_START_READY:
        return ready;
    case CHK_START_LIVE:
        return live;
    case CHK_START_VTD_RESET:
        return vtd_reset;
    case CHK_START_VTD_READY:
        return vtd_ready;
    case CHK_START_VTD_LIVE:
        return vtd_live;
    case CHK_START_VTD_LEGACY:
        return vtd_legacy;
    case CHK_START_RESET:
    case CHK_N_STARTS:
    default:
        return reset;
    }
}

const char *chk_rule_end_text(enum chk_rule_start start)
{
    if (start == CHK_START_VTD_RESET)
        return VTD_ANEW_LINES VTD_READY_LINES;
    return start == CHK_START_RESET ? ANEW_LINES READY_LINES : "";
}

const char *chk_rule_kind_name(enum chk_rule_kind kind)
{
    static const char *const names[CHK_N_RULE_KINDS] = {"arch", "state", "advice"};

    return names[kind];
}

enum chk_rule_id chk_rule_find(const char *id)
{
    unsigned i = 0;

    while (i < CHK_N_RULES && strcmp(chk_rules[i].id, id) != 0)
        i++;
    return (enum chk_rule_id)i;
}
