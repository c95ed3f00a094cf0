// SPDX-License-Identifier: BSD-2-Clause
// From StreamID to STE: tables of one and two levels, what is outside, what cannot be read, what
// is illegal, what is refused in silence (S01 to S08, E01 to E17; 5.2, 5.4).
#include "tests/unit/models/smmuv3/machine_bench.h"

namespace
{

using namespace machine;

constexpr uint64_t kBypass = 0x9; // V, Config=100
constexpr uint64_t kL2 = 0x18000; // second level, for tables of two

// ---- S01 to S06: one row is one table and one StreamID ----

struct Lookup {
    const char *name;
    uint32_t cfg; // STRTAB_BASE_CFG: LOG2SIZE, SPLIT from bit 6, FMT from bit 16
    uint64_t base;
    uint64_t l1std_at, l1std; // 0: none
    uint64_t ste_at;          // where a bypass STE is put
    uint32_t sid;
    uint32_t event; // 0: it is found
};
MACHINE_CASES(Lookup)

const uint32_t kBad = C_BAD_STREAMID;
const Lookup lookups[] = {
    {"linear_first", 0x4, 0x10000, 0, 0, 0x10000, 0, 0},
    {"linear_last", 0x4, 0x10000, 0, 0, 0x103c0, 15, 0},
    {"linear_one_too_many", 0x4, 0x10000, 0, 0, 0x10400, 16, kBad},
    {"linear_of_one", 0x0, 0x10000, 0, 0, 0x10000, 0, 0},
    {"linear_of_one_second", 0x0, 0x10000, 0, 0, 0x10040, 1, kBad},
    {"linear_larger_than_SIDSIZE", 0x1f, 0x0, 0, 0, 0x400000, 0x10000, kBad}, // SIDSIZE is 16
    {"linear_base_is_aligned_to_its_size", 0x8, 0x13fc0, 0, 0, 0x100c0, 3, 0},
    {"linear_base_keeps_the_bit_above", 0x7, 0x12000, 0, 0, 0x120c0, 3, 0},
    {"format_2_is_linear", 0x20208, 0x10000, 0, 0, 0x100c0, 3, 0},
    {"format_3_is_linear", 0x30208, 0x10000, 0, 0, 0x100c0, 3, 0},
    // LOG2SIZE=16 unless the name says otherwise.
    {"split_6", 0x10190, 0x10000, 0x10010, kL2 | 7, 0x18140, 0x85, 0},
    {"split_8", 0x10210, 0x10000, 0x10010, kL2 | 9, 0x18140, 0x205, 0},
    {"split_10", 0x10290, 0x10000, 0x10010, 0x2000b, 0x20140, 0x805, 0},
    {"split_7_is_6", 0x101d0, 0x10000, 0x10010, kL2 | 7, 0x18140, 0x85, 0},
    {"split_0_is_6", 0x10010, 0x10000, 0x10010, kL2 | 7, 0x18140, 0x85, 0},
    {"split_9_is_6", 0x10250, 0x10000, 0x10010, kL2 | 7, 0x18140, 0x85, 0},
    {"last_of_level_1", 0x10210, 0x10000, 0x107f8, kL2 | 9, 0x1bfc0, 0xffff, 0},
    {"log2size_10_last", 0x1020a, 0x10000, 0x10018, kL2 | 9, 0x1bfc0, 0x3ff, 0},
    {"log2size_10_too_many", 0x1020a, 0x10000, 0x10020, kL2 | 9, 0x18000, 0x400, kBad},
    {"log2size_below_split", 0x10206, 0x10000, 0x10000, kL2 | 7, 0x18fc0, 63, 0},
    {"log2size_below_split_too_many", 0x10206, 0x10000, 0x10000, kL2 | 9, 0x19000, 64, kBad},
    {"log2size_is_split", 0x10208, 0x10000, 0x10000, kL2 | 9, 0x1bfc0, 255, 0},
    {"level_1_aligned_to_its_size", 0x10210, 0x107c0, 0x10010, kL2 | 9, 0x18140, 0x205, 0},
    {"level_1_aligned_to_64_bytes", 0x10209, 0x10040, 0x10048, kL2 | 9, 0x18140, 0x105, 0},
    {"span_0", 0x10210, 0x10000, 0x10010, kL2 | 0, 0x18000, 0x200, kBad},
    {"span_1_is_one", 0x10210, 0x10000, 0x10010, kL2 | 1, 0x18000, 0x200, 0},
    {"span_1_second", 0x10210, 0x10000, 0x10010, kL2 | 1, 0x18040, 0x201, kBad},
    {"span_4_is_eight", 0x10210, 0x10000, 0x10010, kL2 | 4, 0x181c0, 0x207, 0},
    {"span_4_ninth", 0x10210, 0x10000, 0x10010, kL2 | 4, 0x18200, 0x208, kBad},
    {"span_9_last", 0x10210, 0x10000, 0x10010, kL2 | 9, 0x1bfc0, 0x2ff, 0},
    {"span_10_above_split_8", 0x10210, 0x10000, 0x10010, kL2 | 10, 0x18000, 0x200, kBad},
    {"span_7_last_of_split_6", 0x10190, 0x10000, 0x10010, kL2 | 7, 0x18fc0, 0xbf, 0},
    {"span_8_above_split_6", 0x10190, 0x10000, 0x10010, kL2 | 8, 0x18000, 0x80, kBad},
    {"span_11_last_of_split_10", 0x10290, 0x10000, 0x10010, 0x2000b, 0x2ffc0, 0xbff, 0},
    {"span_12_is_reserved", 0x10290, 0x10000, 0x10010, 0x2000c, 0x20000, 0x800, kBad},
    {"span_31_is_reserved", 0x10290, 0x10000, 0x10010, 0x2001f, 0x20000, 0x800, kBad},
    {"level_2_aligned_to_its_size", 0x10210, 0x10000, 0x10010, 0x181c4, 0x18040, 0x201, 0},
    {"level_2_keeps_the_bit_above", 0x10210, 0x10000, 0x10010, 0x18204, 0x18240, 0x201, 0},
};

class SmmuStreamLookup : public testing::TestWithParam<Lookup>
{
};
INSTANTIATE_TEST_SUITE_P(S01toS06, SmmuStreamLookup, testing::ValuesIn(lookups), name_of<Lookup>);

TEST_P(SmmuStreamLookup, FindsTheSteOrSaysWhyNot)
{
    const Lookup &l = GetParam();
    Boot how;
    Bench b;

    how.strtab_base = l.base;
    how.strtab_cfg = l.cfg;
    how.cmdq_base = 0xc00000 | 8;
    how.evtq_base = 0x800000 | 7;
    if (l.l1std_at)
        b.store(l.l1std_at, l.l1std);
    b.store(l.ste_at, kBypass);
    b.boot(how);
    const Answer a = b.dma(l.sid, 0x5008);
    EXPECT_EQ(a.event, l.event);
    EXPECT_EQ(a.status, l.event ? SIM_DMA_ABORT : SIM_DMA_OK);
    EXPECT_EQ(b.n_events(), l.event ? 1u : 0u);
    EXPECT_EQ(b.load(0x800000), l.event ? l.event | static_cast<uint64_t>(l.sid) << 32 : 0);
    EXPECT_TRUE(l.event || a.pa == 0x5008);
}

TEST(SmmuStream, S01_NeverMoreThanSidsize)
{
    Config c;

    c.smmu.ids.idr1 = (c.smmu.ids.idr1 & ~0x3fu) | 4; // SIDSIZE=4
    Bench b(c);

    b.ste(15, {kBypass});
    b.ste(16, {kBypass});
    b.boot(); // of 256
    EXPECT_EQ(b.dma(15, 0).status, SIM_DMA_OK);
    EXPECT_EQ(b.dma(16, 0).event, C_BAD_STREAMID);
}

TEST(SmmuStream, S02_OneLevelOnlyWhereThereIsNoOther)
{
    Config c;
    Boot how;

    c.idr0(0x18000000, 0); // ST_LEVEL=0
    Bench b(c);

    how.strtab_cfg = 0x10208;
    b.ste(3, {kBypass});
    b.boot(how);
    EXPECT_EQ(b.dma(3, 0).status, SIM_DMA_OK);
}

// ---- S07 ----

TEST(SmmuStream, S07_AbortsButRecordsOnlyWithRecinvsid)
{
    Boot how;
    Bench b;

    how.cr2 = 0;
    b.boot(how);
    const Answer a = b.dma(256, 0);
    EXPECT_EQ(a.status, SIM_DMA_ABORT);
    EXPECT_EQ(a.event, C_BAD_STREAMID);
    EXPECT_EQ(b.n_events(), 0u);
    EXPECT_EQ(b.dma(1, 0).event, C_BAD_STE); // others are recorded still
    expect_events(b, {{0x100000004, 0, 0, 0}});
}

// SPLIT=8, Span=4: eight STEs.
TEST(SmmuStream, S07_OutsideTheSpanIsTheSameEvent)
{
    for (const uint32_t cr2 : {0u, 2u}) {
        Boot how;
        Bench b;

        how.cr2 = cr2;
        how.strtab_cfg = 0x10210;
        b.store(0x10000, kL2 | 4);
        b.store(kL2 + 64 * 7, kBypass);
        b.store(kL2 + 64 * 8, kBypass);
        b.boot(how);
        EXPECT_EQ(b.dma(7, 0).status, SIM_DMA_OK);
        EXPECT_EQ(b.dma(8, 0).status, SIM_DMA_ABORT);
        if (cr2)
            expect_events(b, {{0x800000002, 0, 0, 0}});
        else
            EXPECT_EQ(b.n_events(), 0u);
    }
}

// ---- S08 ----

TEST(SmmuStream, S08_SteThatCannotBeRead)
{
    Bench b;

    test_machine_break(b.m, kStreams + 64 * 5, 64);
    b.boot();
    EXPECT_EQ(b.dma(5, 0x1000).status, SIM_DMA_ABORT);
    expect_events(b, {{0x500000003, 0, 0, 0x10140}});
    b.ste(5, {kBypass}); // the failure is remembered nowhere
    EXPECT_EQ(b.target(5, 0x1000), 0x1000u);
}

TEST(SmmuStream, S08_LastWordOfAnSteThatCannotBeRead)
{
    Bench b;

    b.ste(5, {kBypass});
    test_machine_break(b.m, kStreams + 64 * 5 + 56, 8);
    b.boot();
    const Answer a = b.dma(5, 0x1000);
    EXPECT_EQ(a.status, SIM_DMA_ABORT);
    EXPECT_EQ(a.event, F_STE_FETCH);
}

TEST(SmmuStream, S08_L1stdThatCannotBeRead)
{
    Boot how;
    Bench b;

    how.strtab_cfg = 0x10210;
    test_machine_break(b.m, 0x10010, 8);
    b.store(kL2 + 64 * 5, kBypass);
    b.boot(how);
    EXPECT_EQ(b.dma(0x205, 0x1000).status, SIM_DMA_ABORT);
    expect_events(b, {{0x20500000003, 0, 0, 0x10010}});
    b.store(0x10010, kL2 | 9);
    EXPECT_EQ(b.target(0x205, 0x1000), 0x1000u);
}

// OAS is 48 bits; the second level lies above.
TEST(SmmuStream, S08_AddressAboveOasFailsOrIsCut)
{
    for (const bool is_cut : {false, true}) {
        Config c;
        Boot how;

        c.smmu.choices.is_ste_fetch_truncated = is_cut;
        Bench b(c);

        how.strtab_cfg = 0x10210;
        b.store(0x10010, 0x1000000018009);
        b.store(kL2 + 64 * 5, kBypass);
        b.boot(how);
        const Answer a = b.dma(0x205, 0x1000);
        EXPECT_EQ(a.status, is_cut ? SIM_DMA_OK : SIM_DMA_ABORT);
        EXPECT_EQ(a.event, is_cut ? 0u : F_STE_FETCH);
    }
}

TEST(SmmuStream, S08_FailureNeedsNoRecinvsid)
{
    Boot how;
    Bench b;

    how.cr2 = 0;
    test_machine_break(b.m, kStreams, 64);
    b.boot(how);
    EXPECT_EQ(b.dma(0, 0).event, F_STE_FETCH);
    EXPECT_EQ(b.n_events(), 1u);
}

// ---- E01 to E17, and what is legal ----

struct Rule {
    const char *name;
    std::vector<uint64_t> ste;
    uint32_t status;
    uint32_t event;
    // What differs from the usual machine.
    uint32_t idr0_clear = 0, idr0_set = 0;
    uint32_t idr1 = kIdr1;
};
MACHINE_CASES(Rule)

const uint32_t kOk = SIM_DMA_OK, kAbort = SIM_DMA_ABORT;
const Rule rules[] = {
    {"all_zero", {0}, kAbort, 4},
    {"E01_invalid", {0x4100a}, kAbort, 4},
    {"E01_invalid_abort", {0x0, 0x40000000}, kAbort, 4},
    {"E02_config_0", {0x1}, kAbort, 0},
    {"E02_config_1", {0x3}, kAbort, 0},
    {"E02_config_2", {0x5}, kAbort, 0},
    {"E02_config_3", {0x7}, kAbort, 0},
    {"E02_hides_everything", {0xf8ff000000000001, 0xf8000000, 0xffff}, kAbort, 0, 0x40000},
    {"legal_s1", {0x4100b}, kOk, 0},
    {"legal_bypass", {0x9}, kOk, 0},
    {"E03_s1_without_S1P", {0x4100b}, kAbort, 4, 0x2},
    {"E03_s2_without_S2P", {0xd, 0, 0x40d355800000007, 0x40000}, kAbort, 4, 0x1},
    {"E03_nested_without_S2P", {0x4100f, 0, 0x40d355800000007, 0x40000}, kAbort, 4, 0x1},
    {"E03_nested_without_S1P", {0x4100f, 0, 0x40d355800000007, 0x40000}, kAbort, 4, 0x2},
    {"E03_bypass_without_S1P", {0x9}, kOk, 0, 0x2},
    {"E04_split_ats_of_s1", {0x4100b, 0x20000000}, kAbort, 4, 0, 0x400},
    {"E04_full_ats_of_s1", {0x4100b, 0x10000000}, kOk, 0, 0, 0x400},
    {"E04_split_ats_without_ats", {0x4100b, 0x20000000}, kOk, 0},
    {"E05_strw_1", {0x4100b, 0x40000000}, kAbort, 4},
    {"E05_strw_3", {0x4100b, 0xc0000000}, kAbort, 4},
    {"E05_strw_3_without_hyp", {0x4100b, 0xc0000000}, kOk, 0, 0x200},
    {"E05_strw_3_of_bypass", {0x9, 0xc0000000}, kOk, 0},
    {"E06_s1stalld_terminate_only", {0x4100b, 0x8000000}, kAbort, 4},
    {"E06_s1stalld_with_stall", {0x4100b, 0x8000000}, kOk, 0, 0x3000000},
    {"E06_s1stalld_of_bypass", {0x9, 0x8000000}, kOk, 0},
    {"E07_s1cdmax_21_of_20", {0xa80000000004100b, 0x2}, kAbort, 4},
    {"E07_s1cdmax_5_of_4", {0x280000000004100b, 0x2}, kAbort, 4, 0, 0, 0xe730110},
    {"E07_s1cdmax_4_of_4", {0x200000000004100b, 0x2}, kOk, 0, 0, 0, 0xe730110},
    {"E07_two_levels_not_offered", {0x100000000004101b, 0x2}, kAbort, 4, 0x80000},
    {"E07_two_levels_not_used", {0x4101b, 0x2}, kOk, 0, 0x80000},
    {"E08_pointer_above_oas", {0x100000004100b}, kAbort, 4},
    {"E17_vmid_of_16_bits", {0x4100b, 0, 0x100}, kAbort, 4, 0x40000},
    {"E17_vmid_of_8_bits", {0x4100b, 0, 0xff}, kOk, 0, 0x40000},
    {"E17_vmid_without_s2p", {0x4100b, 0, 0x100}, kOk, 0, 0x40001},
    {"E17_vmid_of_bypass", {0x9, 0, 0x100}, kOk, 0, 0x40000},
    {"legal_unused_fields", {0x9, 0xfff0000000000000, 0xffffffffffff0000, ~0ull}, kOk, 0},
};

class SmmuSteRule : public testing::TestWithParam<Rule>
{
};
INSTANTIATE_TEST_SUITE_P(E01toE17, SmmuSteRule, testing::ValuesIn(rules), name_of<Rule>);

TEST_P(SmmuSteRule, IsAnsweredAndRecorded)
{
    const Rule &r = GetParam();
    Config c;

    c.idr0(r.idr0_clear, r.idr0_set);
    c.smmu.ids.idr1 = r.idr1;
    Bench b(c);

    b.make_stream(1, 0, 1); // CDs at 0x41000
    b.ste(1, r.ste);
    b.boot();
    const Answer a = b.dma(1, 0x1000);
    EXPECT_EQ(a.status, r.status);
    EXPECT_EQ(a.event, r.event);
    if (r.event)
        expect_events(b, {{0x100000004, 0, 0, 0}});
    else
        expect_events(b, {});
}

// Whatever a silent STE is asked, it stays silent.
TEST(SmmuStream, E02_SilentForSubstreamsAndWrites)
{
    Bench b;

    b.ste(1, {0x1});
    b.boot();
    expect_silent_abort(b, 1, 0x1000, 0);
    expect_silent_abort(b, 1, 0x1000, 5);
    expect_silent_abort(b, 1, ~0ull);
    EXPECT_EQ(b.dma(1, 0x1000, SIM_DMA_WRITE).status, SIM_DMA_ABORT);
    EXPECT_EQ(b.n_events(), 0u);
}

// A structure that is not reachable is not read: nothing beyond the table, nothing behind an
// invalid entry (7.2 of the facts: K02).
TEST(SmmuStream, K02_NothingBehindAnInvalidSteIsRead)
{
    Bench b;

    b.make_stream(1, 0, 1);
    b.ste(1, {0x4100a});
    b.boot();
    EXPECT_EQ(b.dma(1, 0x1000).event, C_BAD_STE);
    EXPECT_EQ(b.dma(256, 0x1000).event, C_BAD_STREAMID);
    EXPECT_EQ(b.n_accesses(cds_of(1), 0x1000), 0u);
    EXPECT_EQ(b.n_accesses(kStreams + 0x4000, 0x1000), 0u);
}

} // namespace
