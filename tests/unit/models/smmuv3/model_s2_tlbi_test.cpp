// SPDX-License-Identifier: BSD-2-Clause
// TLB invalidation where stage 2 has a part: what each command drops of stage 1, of stage 2, and of
// both (5.2 to 5.4, 7.1 of the facts). A translation is proven to be cached: its table has changed,
// and the old answer comes.
//
// The architecture lets an implementation drop more. This one does not.
#include "tests/unit/models/smmuv3/machine_bench.h"

namespace
{

using namespace machine;

// ---- streams and what they have cached ----

// @iova: what is asked first. @at: what changes then, from @old to @changed. @probe: what is asked
// after that; it leads to @pa, or to @new_pa if nothing of it was cached any more.
struct Entry {
    const char *name;
    uint32_t sid;
    int64_t ssid; // of the probe
    uint64_t iova, probe;
    uint64_t at, changed;
    uint64_t pa, new_pa;
};

const int64_t kNone = kNoSsid;

// Streams: 1 stage 1 alone, VMID 7 ASID 5; 2 both, VMID 7 ASID 1; 3 both, VMID 7 ASID 2; 4 stage 2
// alone, VMID 7; 5 both, VMID 0x107 ASID 1; 6 stage 2 alone, VMID 0x107; 7 EL2.
const Entry entries[] = {
    // stage 1 alone: a page, a global one
    {"S", 1, kNone, 0x0, 0x0, 0x82000, 0x4000200f43, 0x200000, 0x4000200000},
    {"SG", 1, kNone, 0x1000, 0x1000, 0x82008, 0x4000201743, 0x201000, 0x4000201000},
    // both: a page, a global one, one of another ASID, two pages of a block of stage 1
    {"N", 2, kNone, 0x0, 0x0, 0x86000, 0x380f43, 0x1000300000, 0x1000380000},
    {"NG", 2, kNone, 0x1000, 0x1000, 0x86008, 0x381743, 0x1000301000, 0x1000381000},
    {"H", 3, kNone, 0x0, 0x0, 0x8a000, 0x480f43, 0x1000400000, 0x1000480000},
    {"B1", 2, kNone, 0x2ab000, 0x2ab000, 0x85008, 0x200f41, 0x10004ab000, 0x10002ab000},
    {"B2", 2, kNone, 0x2cd000, 0x2cd000, 0x85008, 0x200f41, 0x10004cd000, 0x10002cd000},
    // both, and what stage 2 alone had to do with it: by itself, and by another name of its page
    {"A", 2, kNone, 0x4000, 0x4000, 0x103820, 0x50003047ff, 0x1000304000, 0x5000304000},
    {"I", 2, kNone, 0x4000, 0x8000, 0x103820, 0x50003047ff, 0x1000304000, 0x5000304000},
    // stage 2 of the last table of stage 1, and of the page of CDs
    {"T", 3, kNone, 0x0, 0x5000, 0x102450, 0x7007ff, 0x1000405000, 0x1000485000},
    {"D", 2, 1, 0x0, 0x6000, 0x102210, 0x7017ff, 0x1000306000, 0x1000486000},
    // stage 2 alone: a page, a block
    {"P", 4, kNone, 0x310000, 0x310000, 0x103880, 0x50003107ff, 0x1000310000, 0x5000310000},
    {"PB", 4, kNone, 0x6ab000, 0x6ab000, 0x101018, 0x50006007fd, 0x10006ab000, 0x50006ab000},
    // the other VMID
    {"n", 5, kNone, 0x0, 0x0, 0x8e000, 0x580f43, 0x1000500000, 0x1000580000},
    {"i", 5, kNone, 0x4000, 0x8000, 0x10c820, 0x50005047ff, 0x1000504000, 0x5000504000},
    {"p", 6, kNone, 0x310000, 0x310000, 0x10b880, 0x50003107ff, 0x1000310000, 0x5000310000},
    {"E", 7, kNone, 0x0, 0x0, 0x92000, 0x4000600f43, 0x600000, 0x4000600000},
};

void make_streams(Bench &b)
{
    b.make_stream(1, 0, 5, 7);
    b.make_nested(2, 1, 0, 1, 7);
    b.ste(2, {0x80000000004200f, 2, s2_q2(7), s2_space(0)}); // 2 CDs, S1DSS=10
    b.cd(2, 1, {cd_q0(9), space(1), 0, 0xff});
    b.make_nested(3, 2, 0, 2, 7);
    b.make_s2_stream(4, 0, 7);
    b.make_nested(5, 3, 1, 1, 0x107);
    b.make_s2_stream(6, 1, 0x107);
    b.make_stream(7, 4, 1);
    b.ste(7, {0x4700b, 0x80000000}); // STRW=10
    b.store(leaf_slot(0, 0x1000), global_page(0x201000));
    b.store(leaf_slot(1, 0x1000), global_page(0x301000));
    b.store(leaf_slot(1, 0x8000), page(0x304000));
    b.store(leaf_slot(3, 0x8000), page(0x504000));
    b.store(space(1) + 0x1008, block(0x400000));
    b.store(s2_space(0) + 0x1018, s2_block(0x1000600000));
    // What T and D change to: a table, and a CD with tables.
    b.store(0x700000, {page(0x480000), 0, 0, 0, 0, page(0x485000)});
    b.store(0x701040, {cd_q0(9), space(5), 0, 0xff});
    b.make_space(5);
    b.store(leaf_slot(5, 0x6000), page(0x486000));
}

void fill(Bench &b)
{
    for (const Entry &e : entries)
        ASSERT_NE(b.target(e.sid, e.iova), 0u) << e.name;
    for (const Entry &e : entries)
        b.store(e.at, e.changed);
}

// Names of those that lead to the new place.
std::string gone(Bench &b)
{
    std::string names;

    for (const Entry &e : entries) {
        const uint64_t pa = b.target(e.sid, e.probe, e.ssid);

        if (pa == e.pa)
            continue;
        EXPECT_EQ(pa, e.new_pa) << e.name;
        names += names.empty() ? "" : " ";
        names += e.name;
    }
    return names;
}

// ---- each command ----

struct Command {
    const char *name;
    uint64_t q0, q1;
    const char *gone;
};
MACHINE_CASES(Command)

class SmmuS2Tlbi : public testing::TestWithParam<Command>
{
  protected:
    // As many ways as there are entries of one page.
    static void expect(Config config)
    {
        config.smmu.param.tlb_entries = 1024; // what is not named is to be found again
        config.smmu.param.tlb_ways = 16;
        expect_gone(config);
    }
    static void expect_gone(const Config &config)
    {
        Bench b(config);

        make_streams(b);
        b.boot();
        fill(b);
        b.run_sync(GetParam().q0, GetParam().q1);
        EXPECT_EQ(gone(b), GetParam().gone);
        EXPECT_EQ(b.read(GERROR), 0u);
        EXPECT_EQ(b.n_events(), 0u);
    }
};

// VMID from bit 32, ASID from bit 48 of q0; Leaf is bit 0 of q1.
const Command commands[] = {
    {"sync_only", 0x46, 0, ""},
    // stage 1 and both
    {"nh_all", 0x700000010, 0, "S SG N NG H B1 B2"},
    {"nh_all_other_vmid", 0x10700000010, 0, "n"},
    {"nh_all_no_vmid", 0x10, 0, ""},
    {"nh_asid_leaves_global", 0x1000700000011, 0, "N B1 B2"},
    {"nh_asid_of_stage_1", 0x5000700000011, 0, "S"},
    {"nh_asid_of_both", 0x2000700000011, 0, "H"},
    {"nh_asid_other_vmid", 0x1010700000011, 0, "n"},
    {"nh_asid_unknown", 0x9000700000011, 0, ""},
    {"nh_va", 0x1000700000012, 0x1, "N"},
    {"nh_va_no_leaf", 0x1000700000012, 0x0, "N"},
    {"nh_va_of_stage_1", 0x5000700000012, 0x1, "S"},
    {"nh_va_other_vmid", 0x1010700000012, 0x1, "n"},
    {"nh_va_global_of_any_asid", 0x9000700000012, 0x1001, "SG NG"},
    {"nh_va_not_there", 0x1000700000012, 0x2001, ""},
    {"nh_va_is_no_ipa", 0x1000700000012, 0x4ab001, ""},
    {"nh_vaa", 0x700000013, 0x1, "S N H"},
    {"nh_vaa_global", 0x700000013, 0x1001, "SG NG"},
    {"nh_vaa_is_no_ipa", 0x700000013, 0x6ab000, ""},
    // a block of stage 1 over pages of stage 2 is one translation of stage 1
    {"nh_va_start_of_the_block", 0x1000700000012, 0x200001, "B1 B2"},
    {"nh_va_one_page_of_the_block", 0x1000700000012, 0x2ab001, "B1 B2"},
    {"nh_va_end_of_the_block", 0x1000700000012, 0x3ff001, "B1 B2"},
    {"nh_vaa_in_the_block", 0x700000013, 0x2ff001, "B1 B2"},
    {"nh_va_below_the_block", 0x1000700000012, 0x1ff001, ""},
    {"nh_va_above_the_block", 0x1000700000012, 0x400001, ""},
    {"nh_va_range_reaches_into_the_block", 0x1000700001012, 0x1ff401, "B1 B2"},
    {"nh_va_range_at_the_end_of_the_block", 0x1000700001012, 0x3ff401, "B1 B2"},
    {"nh_va_range_behind_the_block", 0x1000700001012, 0x400401, ""},
    {"nh_va_level_is_that_of_stage_1", 0x1000700000012, 0x200601, "B1 B2"},
    {"nh_va_level_is_not_that_of_stage_2", 0x1000700000012, 0x2ab701, ""},
    {"nh_va_granule_is_not_16k", 0x1000700001012, 0x200801, ""},
    // stage 2
    {"s2_ipa", 0x70000002a, 0x310001, "P"},
    {"s2_ipa_no_leaf", 0x70000002a, 0x310000, "P"},
    {"s2_ipa_other_vmid", 0x1070000002a, 0x310001, "p"},
    {"s2_ipa_unknown_vmid", 0x2a, 0x310001, ""},
    {"s2_ipa_has_no_asid", 0xffff00070000002a, 0x310001, "P"},
    {"s2_ipa_not_there", 0x70000002a, 0x312001, ""},
    {"s2_ipa_leaves_both_alone", 0x70000002a, 0x304001, "I"},
    {"s2_ipa_leaves_both_alone_of_the_other_vmid", 0x1070000002a, 0x504001, "i"},
    {"s2_ipa_is_no_va", 0x70000002a, 0x4001, ""},
    {"s2_ipa_of_a_table", 0x70000002a, 0x8a001, "T"},
    {"s2_ipa_of_cds", 0x70000002a, 0x42001, "D"},
    {"s2_ipa_start_of_the_block", 0x70000002a, 0x600001, "PB"},
    {"s2_ipa_anywhere_in_the_block", 0x70000002a, 0x6ff001, "PB"},
    {"s2_ipa_below_the_block", 0x70000002a, 0x5ff001, ""},
    {"s2_ipa_above_the_block", 0x70000002a, 0x800001, ""},
    // NUM from bit 12, SCALE from bit 20 of q0; TG 11:10 and TTL 9:8 of q1
    {"s2_range_2_pages", 0x70000102a, 0x30f401, "P"},
    {"s2_range_ends_before", 0x70000102a, 0x30e401, ""},
    {"s2_range_reaches_into_the_block", 0x70000102a, 0x5ff401, "PB"},
    {"s2_range_behind_the_block", 0x70000102a, 0x800401, ""},
    {"s2_range_1_by_512_pages", 0x70090002a, 0x200401, "I P"},
    {"s2_range_2_by_512_pages", 0x70090102a, 0x400401, "PB"},
    {"s2_range_of_8_by_512_pages", 0x70090702a, 0x401, "I T D P PB"},
    {"s2_level_2", 0x70000002a, 0x600601, "PB"},
    {"s2_level_3", 0x70000002a, 0x310701, "P"},
    {"s2_level_2_leaves_pages", 0x70090002a, 0x200601, ""},
    {"s2_level_3_leaves_blocks", 0x70090102a, 0x600701, ""},
    {"s2_granule_16k", 0x70000102a, 0x310801, ""},
    {"s2_granule_64k", 0x70000102a, 0x310c01, ""},
    // everything of a VMID, of all
    {"s12_vmall", 0x700000028, 0, "S SG N NG H B1 B2 A I T D P PB"},
    {"s12_vmall_other_vmid", 0x10700000028, 0, "n i p"},
    {"s12_vmall_no_vmid", 0x28, 0, ""},
    {"nsnh_all", 0x30, 0, "S SG N NG H B1 B2 A I T D P PB n i p"},
    {"el2_all", 0x20, 0, "E"},
    {"el2_va", 0x22, 0x1, "E"},
    // configuration alone
    {"cfgi_all", 0x4, 0x1f, ""},
    {"cfgi_ste", 0x200000003, 0x1, ""},
    {"cfgi_cd_all", 0x200000006, 0, ""},
};
INSTANTIATE_TEST_SUITE_P(Scope, SmmuS2Tlbi, testing::ValuesIn(commands), name_of<Command>);

TEST_P(SmmuS2Tlbi, DropsThatAndNothingElse)
{
    for (const char *preset : {"zero", "mmu600", "gem5", "mmu700"})
        expect(Config(preset));
}

TEST_P(SmmuS2Tlbi, TheSameWithMicroTlbsThatAreEmptied)
{
    Config c;

    c.smmu.param.utlb_invalidate = 1;
    expect(c);
}

// Micro TLBs with sets keep blocks in pieces.
TEST_P(SmmuS2Tlbi, TheSameWithMicroTlbsOfSets)
{
    Config c;

    c.smmu.param.utlb_ways = 4;
    expect(c);
}

// Leaves of both stages in the walk cache, and no main TLB behind the TBU.
TEST_P(SmmuS2Tlbi, TheSameWithLeavesInTheWalkCache)
{
    Config c("mmu600");

    c.smmu.param.walk_ways = 16;
    expect_gone(c);
}

TEST_P(SmmuS2Tlbi, TheSameWithoutWalkCache)
{
    Config c;

    c.smmu.param.walk_entries = 0;
    expect(c);
}

// ---- VMIDs ----

class SmmuS2TlbiVmid : public testing::Test
{
  protected:
    static void run(Bench &b, uint64_t q0, uint64_t q1, const char *expected)
    {
        b.run_sync(q0, q1);
        EXPECT_EQ(gone(b), expected);
    }
};

// CR0.VMW=1 ignores a bit, in invalidations; requests of VMIDs 7 and 6 are told apart.
TEST_F(SmmuS2TlbiVmid, WildcardCountsForInvalidationOnly)
{
    const Command rows[] = {
        {"s2_ipa", 0x60000002a, 0x310001, "P"},
        {"s12_vmall", 0x600000028, 0, "S SG N NG H B1 B2 A I T D P PB"},
        {"nh_all", 0x600000010, 0, "S SG N NG H B1 B2"},
        {"nh_asid", 0x1000600000011, 0, "N B1 B2"},
        {"nh_va", 0x1000600000012, 0x1, "N"},
        {"nh_vaa", 0x600000013, 0x1, "S N H"},
        {"two_bits_off", 0x400000028, 0, ""},
        {"other_vmid", 0x10600000028, 0, "n i p"},
    };

    for (const Command &row : rows) {
        Config c;
        Boot how;

        c.idr0(0, 0x20000);
        how.cr0 = ALL_ON | 1 << 6;
        Bench b(c);

        make_streams(b);
        b.boot(how);
        fill(b);
        SCOPED_TRACE(row.name);
        run(b, row.q0, row.q1, row.gone);
    }
}

TEST_F(SmmuS2TlbiVmid, RequestsHaveNoWildcard)
{
    Config c;
    Boot how;

    c.idr0(0, 0x20000);
    how.cr0 = ALL_ON | 3 << 6;
    Bench b(c);

    b.make_s2_stream(1, 0, 6);
    b.make_s2_stream(2, 1, 7);
    b.store(s2_slot(1, 0x1000), s2_page(0x777000));
    b.boot(how);
    EXPECT_EQ(b.target(1, 0x1000), 0x1000u);
    EXPECT_EQ(b.target(2, 0x1000), 0x777000u);
}

// VMID16=0: the upper half of a VMID is reserved; in a command it is ignored, in an STE illegal.
TEST_F(SmmuS2TlbiVmid, EightBits)
{
    const uint64_t commands_of_107[] = {0x1070000002a, 0x10700000028};

    for (const uint64_t command : commands_of_107) {
        Config c;

        c.idr0(0x40000, 0);
        Bench b(c);

        b.make_s2_stream(1, 0, 7);
        b.make_s2_stream(2, 0, 0x107);
        b.boot();
        ASSERT_EQ(b.target(1, 0x310000), 0x1000310000u);
        b.store(s2_slot(0, 0x310000), s2_page(0x777000));
        b.run_sync(command, 0x310001);
        EXPECT_EQ(b.target(1, 0x310000), 0x777000u);
        EXPECT_EQ(b.dma(2, 0x310000).event, C_BAD_STE);
    }
}

// ---- table descriptors in the walk cache ----

struct TableCommand {
    const char *name;
    uint64_t q0, q1;
    bool is_s2_gone, is_s1_gone;
};
MACHINE_CASES(TableCommand)

class SmmuS2TlbiTable : public testing::TestWithParam<TableCommand>
{
};
const TableCommand table_commands[] = {
    {"sync_only", 0x46, 0, false, false},
    {"s2_ipa_leaf", 0x70000002a, 0x310001, false, false},
    {"s2_ipa", 0x70000002a, 0x310000, true, false},
    {"s2_ipa_elsewhere_in_the_table", 0x70000002a, 0x3ff000, true, false},
    {"s2_ipa_of_another_table", 0x70000002a, 0x400000, false, false},
    {"s2_ipa_other_vmid", 0x10700000000 | 0x2a, 0x310000, false, false},
    {"s2_ipa_level_3", 0x70000002a, 0x310700, true, false},
    {"s2_ipa_level_2_leaves_tables_of_level_2", 0x70000002a, 0x200600, false, false},
    {"s2_range", 0x70000102a, 0x310400, true, false},
    {"s2_range_leaf", 0x70000102a, 0x310401, false, false},
    {"s2_ipa_of_a_va", 0x70000002a, 0x0, false, false},
    {"nh_va_of_an_ipa", 0x1000700000012, 0x310000, false, false},
    {"nh_va_leaf", 0x1000700000012, 0x1, false, false},
    {"nh_va", 0x1000700000012, 0x0, false, true},
    {"nh_va_of_another_asid", 0x2000700000012, 0x0, false, false},
    {"nh_va_level_3", 0x1000700000012, 0x700, false, true},
    {"nh_vaa", 0x700000013, 0x0, false, true},
    {"nh_vaa_leaf", 0x700000013, 0x1, false, false},
    {"nh_asid", 0x1000700000011, 0, false, true},
    {"nh_all", 0x700000010, 0, false, true},
    {"nh_all_other_vmid", 0x10700000010, 0, false, false},
    {"s12_vmall", 0x700000028, 0, true, true},
    {"s12_vmall_other_vmid", 0x10700000028, 0, false, false},
    {"nsnh_all", 0x30, 0, true, true},
    {"el2_all", 0x20, 0, false, false},
    {"cfgi_all", 0x4, 0x1f, false, false},
};
INSTANTIATE_TEST_SUITE_P(Scope, SmmuS2TlbiTable, testing::ValuesIn(table_commands),
                         name_of<TableCommand>);

TEST_P(SmmuS2TlbiTable, LeafDecidesAboutTables)
{
    Bench b;

    b.make_nested(1, 1, 0, 1, 7);
    b.make_s2_stream(2, 0, 7);
    b.store(0x700888, s2_page(0x999000)); // page 0x311 of another table of stage 2
    b.store(0x1f0040, page(0x408000));    // page 8 of another one of stage 1
    b.boot();
    ASSERT_EQ(b.target(1, 0x0), 0x1000300000u);
    ASSERT_EQ(b.target(2, 0x310000), 0x1000310000u);
    b.store(s2_space(0) + 0x1008, 0x700003);
    b.store(space(1) + 0x1000, 0x1f0003);
    b.run_sync(GetParam().q0, GetParam().q1);
    EXPECT_EQ(b.target(2, 0x311000), GetParam().is_s2_gone ? 0x999000u : 0x1000311000u);
    // Undo stage 2 for the old page of stage 1, which is below that table.
    b.store(0x700840, s2_page(0x1000308000));
    EXPECT_EQ(b.target(1, 0x8000), GetParam().is_s1_gone ? 0x1000408000u : 0x1000308000u);
}

// ---- what software does ----

// To take a page away from stage 2 under stage 1, the page's own command is not enough: NH_ALL is
// needed for what both stages made together.
TEST(SmmuS2TlbiCase, TwoCommandsReachWhatBothStagesMade)
{
    Bench b;

    make_streams(b);
    b.boot();
    fill(b);
    b.run_sync(0x70000002a, 0x304001);
    EXPECT_EQ(b.target(2, 0x4000), 0x1000304000u);
    b.run_sync(0x700000010);
    EXPECT_EQ(b.target(2, 0x4000), 0x5000304000u);
}

// And it is so at whatever moment of a walk they come (Y03): after the CMD_SYNC, nothing old.
TEST(SmmuS2TlbiCase, AWalkUnderWayLeavesNothingOld)
{
    for (uint64_t at_ps = 0; at_ps < 6000000; at_ps += 50000) {
        Config c("mmu600");

        c.memory(100000);
        Bench b(c);
        Request r(2, 0x4000);

        make_streams(b);
        b.boot();
        b.submit(r);
        test_machine_run_until(b.m, test_machine_now_ps(b.m) + at_ps);
        b.store(s2_slot(0, 0x304000), s2_page(0x5000304000));
        b.put(0x70000002a, 0x304001);
        b.run_sync(0x700000010);
        EXPECT_EQ(r.n_answers, 1u);
        EXPECT_EQ(b.target(2, 0x4000), 0x5000304000u) << at_ps;
        EXPECT_EQ(b.target(2, 0x8000), 0x5000304000u) << at_ps;
    }
}

} // namespace
