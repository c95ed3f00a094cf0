/* SPDX-License-Identifier: BSD-2-Clause
 * explore_run_test.cpp - addresses that a TLB may still have, piece by piece: which invalidations
 * take which of them, and what is told of the rest.
 * Rows: scopes of TLBIs (4.4), break before make (3.21.1), both stages under one tag. */
#include "tests/unit/check/explore_stream.h"

#include <algorithm>
#include <string>

using namespace explore_test;

namespace
{

constexpr uint64_t kL1 = kTableA + 0x1000;
constexpr uint64_t kL2 = kTableA + 0x2000;
constexpr uint64_t kL3 = kTableA + 0x3000;
constexpr uint64_t kPage = 0xf43;       /* AF, ISH, nG, all privileges */
constexpr uint64_t kGlobalPage = 0x743; /* the same without nG */
constexpr uint64_t kBlock = 0xf41;
constexpr uint64_t kPage2 = 0x7ff; /* of stage 2: AF, ISH, normal memory, all rights */
constexpr uint32_t kNone = UINT32_MAX;

void tables(Stream &s, uint64_t attributes)
{
    s.store(kTableA, kL1 | 3, SIM_S_PTE);
    s.store(kL1, kL2 | 3, SIM_S_PTE);
    s.store(kL2, kL3 | 3, SIM_S_PTE);
    for (uint64_t i = 1; i <= 3; i++)
        s.store(kL3 + 8 * i, (0x80000000 + i * 0x1000) | attributes, SIM_S_PTE);
}

/* StreamID 3: ASID 1, pages 0x1000, 0x2000 and 0x3000. */
void prepare(Stream &s, uint64_t attributes = kPage)
{
    s.entry(ste_at(kSid), s1_ste(kCdTable));
    s.entry(kCdTable, cd(1, kTableA));
    tables(s, attributes);
    s.on();
}

void unmap_begins(Stream &s)
{
    s.begin(SIM_OP_UNMAP, kNone, 0x1000, 0x3000);
    for (uint64_t i = 1; i <= 3; i++)
        s.store(kL3 + 8 * i, 0, SIM_S_PTE);
}

void unmap_ends(Stream &s)
{
    s.end(SIM_OP_UNMAP, kNone, 0x1000, 0x3000);
}

/* TLBI_NH_VA of one page, the last level alone. */
void tlbi_va(Stream &s, uint64_t page)
{
    s.command(1ull << 48 | 0x12, page | 1);
}

/* ---- three pages go; @pages: which of them are flushed, in this order ---- */

struct Pieces {
    const char *name;
    std::vector<uint64_t> pages;
    std::vector<std::array<uint64_t, 2>> left;
};

std::ostream &operator<<(std::ostream &out, const Pieces &pieces)
{
    return out << pieces.name;
}

const Pieces pieces[] = {
    {"none", {}, {{0x1000, 0x3fff}}},
    {"first", {0x1000}, {{0x2000, 0x3fff}}},
    {"middle", {0x2000}, {{0x1000, 0x1fff}, {0x3000, 0x3fff}}},
    {"last", {0x3000}, {{0x1000, 0x2fff}}},
    {"one_before", {0}, {{0x1000, 0x3fff}}},
    {"one_behind", {0x4000}, {{0x1000, 0x3fff}}},
    {"first_and_last", {0x1000, 0x3000}, {{0x2000, 0x2fff}}},
    {"all_forward", {0x1000, 0x2000, 0x3000}, {}},
    {"all_backward", {0x3000, 0x2000, 0x1000}, {}},
    {"all_middle_first", {0x2000, 0x1000, 0x3000}, {}},
};

class Run : public testing::TestWithParam<Pieces>
{
};

TEST_P(Run, keeps_the_pages_that_no_command_names)
{
    Stream s;

    prepare(s);
    unmap_begins(s);
    for (const uint64_t page : GetParam().pages)
        tlbi_va(s, page);
    s.sync();
    unmap_ends(s);
    const xpl_op &op = s.explore().ops[0];
    std::vector<std::array<uint64_t, 2>> left;

    for (uint32_t i = 0; i < op.n_tables; i++) {
        EXPECT_EQ(CHK_STALE, op.tables[i].verdict);
        left.push_back({op.tables[i].first, op.tables[i].last});
    }
    std::sort(left.begin(), left.end());
    EXPECT_EQ(GetParam().left, left);
    EXPECT_EQ(left.empty() ? CHK_HITLESS : CHK_STALE, op.worst[XPL_ARCHITECTURE]);
    EXPECT_EQ(CHK_HITLESS, op.entry_worst[XPL_ARCHITECTURE]);
    EXPECT_EQ(CHK_HITLESS, op.worst[XPL_DEPLOYED]); /* nothing was used before an operation */
}

INSTANTIATE_TEST_SUITE_P(flushed, Run, testing::ValuesIn(pieces),
                         [](const auto &row) { return std::string(row.param.name); });

TEST(ExploreRun, pages_of_two_operations_are_told_each_to_its_own)
{
    Stream s;

    prepare(s);
    s.begin(SIM_OP_UNMAP, kNone, 0x1000, 0x1000);
    s.store(kL3 + 8, 0, SIM_S_PTE);
    s.end(SIM_OP_UNMAP, kNone, 0x1000, 0x1000);
    s.begin(SIM_OP_UNMAP, kNone, 0x2000, 0x1000);
    s.store(kL3 + 16, 0, SIM_S_PTE);
    tlbi_va(s, 0x2000);
    s.sync();
    s.end(SIM_OP_UNMAP, kNone, 0x2000, 0x1000);
    const xpl_report &report = s.explore();

    ASSERT_EQ(2u, report.n_ops);
    EXPECT_EQ(CHK_STALE, report.ops[0].worst[XPL_ARCHITECTURE]);
    EXPECT_EQ(1u, report.ops[0].n_tables);
    EXPECT_EQ(CHK_HITLESS, report.ops[1].worst[XPL_ARCHITECTURE]);
    EXPECT_EQ(0u, report.ops[1].n_tables);
}

TEST(ExploreRun, unmap_of_another_cpu_at_work_is_not_judged_yet)
{
    Stream s;

    prepare(s);
    s.begin(SIM_OP_UNMAP, kNone, 0x1000, 0x1000);
    s.store(kL3 + 8, 0, SIM_S_PTE);
    s.cpu = 1;
    s.begin(SIM_OP_UNMAP, kNone, 0x2000, 0x1000);
    s.store(kL3 + 16, 0, SIM_S_PTE);
    tlbi_va(s, 0x2000);
    s.sync();
    s.end(SIM_OP_UNMAP, kNone, 0x2000, 0x1000);
    s.cpu = 0;
    tlbi_va(s, 0x1000);
    s.sync();
    s.end(SIM_OP_UNMAP, kNone, 0x1000, 0x1000);
    const xpl_report &report = s.explore();

    EXPECT_EQ(CHK_HITLESS, report.ops[0].worst[XPL_ARCHITECTURE]);
    EXPECT_EQ(CHK_HITLESS, report.ops[1].worst[XPL_ARCHITECTURE]);
}

TEST(ExploreRun, page_that_faults_for_want_of_its_access_flag_is_not_filed)
{
    Stream s;

    prepare(s, kPage & ~0x400ull);
    unmap_begins(s);
    s.sync();
    unmap_ends(s);
    EXPECT_EQ(CHK_HITLESS, s.last());
}

TEST(ExploreRun, bits_left_to_software_change_nothing)
{
    Stream s;

    prepare(s);
    s.begin(SIM_OP_UNMAP, kNone, 0x1000, 0x1000);
    s.store(kL3 + 8, 0x80001000 | kPage | 1ull << 55, SIM_S_PTE);
    s.end(SIM_OP_UNMAP, kNone, 0x1000, 0x1000);
    EXPECT_EQ(CHK_HITLESS, s.last());
    EXPECT_EQ(0u, s.explore().ops[0].n_tables);
}

TEST(ExploreRun, range_of_pages_takes_all_of_it_and_no_more)
{
    for (const uint64_t num : {1u, 2u}) { /* pages, less one */
        Stream s;

        prepare(s);
        unmap_begins(s);
        s.command(1ull << 48 | num << 12 | 0x12, 0x1000 | 1 << 10 | 1);
        s.sync();
        unmap_ends(s);
        EXPECT_EQ(num == 2 ? CHK_HITLESS : CHK_STALE, s.last()) << num;
    }
}

TEST(ExploreRun, wakes_up_with_the_tag_unless_flushed_meanwhile)
{
    for (const uint64_t asid : {0u, 1u, 2u}) { /* 0 = none */
        Stream s;

        prepare(s);
        s.begin(SIM_OP_DETACH);
        s.store(ste_at(kSid), 1);
        s.cfgi_ste();
        s.sync();
        s.end(SIM_OP_DETACH);
        unmap_begins(s);
        unmap_ends(s);
        if (asid) {
            s.tlbi_asid(asid);
            s.sync();
        }
        s.begin(SIM_OP_ATTACH);
        s.store(ste_at(kSid), s1_ste(kCdTable)[0]);
        s.cfgi_ste();
        s.sync();
        s.end(SIM_OP_ATTACH);
        const xpl_report &report = s.explore();

        EXPECT_EQ(CHK_HITLESS, report.ops[1].worst[XPL_ARCHITECTURE]) << asid;
        EXPECT_EQ(asid == 1 ? CHK_HITLESS : CHK_STALE, report.ops[2].worst[XPL_ARCHITECTURE])
            << asid;
    }
}

/* Requests of the same tables are looked at again while the unmap is at work: not over yet. */
TEST(ExploreRun, unmap_at_work_is_not_judged_when_another_entry_is_dropped)
{
    Stream s;

    prepare(s);
    unmap_begins(s);
    s.cfgi_ste(kSid);
    s.sync();
    s.cfgi_ste(kOtherSid);
    s.sync();
    s.tlbi_asid(1);
    s.sync();
    unmap_ends(s);
    EXPECT_EQ(CHK_HITLESS, s.last());
    EXPECT_EQ(0u, s.explore().ops[0].n_tables);
}

/* Pages on both sides of 2 MiB, each below a table of its own. Both tables go; the walk of the
 * second one is cached still, so that its page may come back though its leaf was flushed. */
TEST(ExploreRun, page_below_a_table_that_is_cached_still_comes_back)
{
    for (const bool is_all : {false, true}) {
        constexpr uint64_t kNext = kTableA + 0x4000;
        Stream s;

        prepare(s);
        s.store(kL3 + 511 * 8, 0x801ff000 | kPage, SIM_S_PTE);
        s.store(kNext, 0x80200000 | kPage, SIM_S_PTE);
        s.store(kL2 + 8, kNext | 3, SIM_S_PTE);
        for (uint64_t i = 1; i <= 3; i++)
            s.store(kL3 + 8 * i, 0, SIM_S_PTE);
        s.tlbi_asid(1);
        s.sync();
        s.begin(SIM_OP_UNMAP, kNone, 0x1ff000, 0x2000);
        s.store(kL2, 0, SIM_S_PTE);
        s.store(kL2 + 8, 0, SIM_S_PTE);
        s.command(1ull << 48 | 0x12, 0x1ff000);
        s.command(1ull << 48 | 0x12, 0x200000 | (is_all ? 0 : 1));
        s.sync();
        s.end(SIM_OP_UNMAP, kNone, 0x1ff000, 0x2000);
        const xpl_op &op = s.explore().ops[0];

        EXPECT_EQ(is_all ? CHK_HITLESS : CHK_STALE, op.worst[XPL_ARCHITECTURE]) << is_all;
        ASSERT_EQ(is_all ? 0u : 1u, op.n_tables);
        if (op.n_tables) {
            EXPECT_EQ(0x200000u, op.tables[0].first);
            EXPECT_EQ(0x200fffu, op.tables[0].last);
        }
    }
}

/* ---- global pages ---- */

struct Scope {
    const char *name;
    bool is_global;
    uint64_t q0, q1;
    chk_class verdict;
};

std::ostream &operator<<(std::ostream &out, const Scope &scope)
{
    return out << scope.name;
}

const Scope scopes[] = {
    {"asid_leaves_globals", true, 1ull << 48 | 0x11, 0, CHK_STALE},
    {"asid_takes_others", false, 1ull << 48 | 0x11, 0, CHK_HITLESS},
    {"va_takes_globals", true, 1ull << 48 | 2ull << 12 | 0x12, 0x1401, CHK_HITLESS},
    {"va_of_another_asid_takes_globals", true, 9ull << 48 | 2ull << 12 | 0x12, 0x1401, CHK_HITLESS},
    {"va_of_another_asid_leaves_others", false, 9ull << 48 | 2ull << 12 | 0x12, 0x1401, CHK_STALE},
    {"vaa_takes_globals", true, 2ull << 12 | 0x13, 0x1401, CHK_HITLESS},
    {"vaa_takes_others", false, 2ull << 12 | 0x13, 0x1401, CHK_HITLESS},
    {"all_takes_globals", true, 0x10, 0, CHK_HITLESS},
    {"el2_leaves_all", false, 0x20, 0, CHK_STALE},
    {"range_of_its_granule", false, 1ull << 48 | 2ull << 12 | 0x12, 0x1401, CHK_HITLESS},
    {"range_of_16k", false, 1ull << 48 | 2ull << 12 | 0x12, 0x1801, CHK_STALE},
    {"range_of_64k", false, 1ull << 48 | 2ull << 12 | 0x12, 0x1c01, CHK_STALE},
};

class Scopes : public testing::TestWithParam<Scope>
{
};

TEST_P(Scopes, of_commands)
{
    Stream s;

    prepare(s, GetParam().is_global ? kGlobalPage : kPage);
    unmap_begins(s);
    s.command(GetParam().q0, GetParam().q1);
    s.sync();
    unmap_ends(s);
    EXPECT_STREQ(chk_class_name(GetParam().verdict), chk_class_name(s.last()));
}

INSTANTIATE_TEST_SUITE_P(stage1, Scopes, testing::ValuesIn(scopes),
                         [](const auto &row) { return std::string(row.param.name); });

/* ---- stage 2, alone and below a guest's ---- */

struct Stage2 {
    const char *name;
    bool is_nested;
    std::vector<uint64_t> commands;
    chk_class verdict;
};

std::ostream &operator<<(std::ostream &out, const Stage2 &row)
{
    return out << row.name;
}

constexpr uint64_t kIpa = 7ull << 32 | 2ull << 12 | 0x2a; /* pages 0x1000 to 0x3000 */
constexpr uint64_t kNhAll = 7ull << 32 | 0x10;
constexpr uint64_t kVmall = 7ull << 32 | 0x28;
constexpr uint64_t kSync = 0x46;

const Stage2 stage2[] = {
    {"s2_none", false, {}, CHK_STALE},
    {"s2_ipa", false, {kIpa}, CHK_HITLESS},
    {"s2_nh_all", false, {kNhAll}, CHK_STALE},
    {"s2_vmall", false, {kVmall}, CHK_HITLESS},
    {"s2_vmall_of_another", false, {8ull << 32 | 0x28}, CHK_STALE},
    {"nested_none", true, {}, CHK_STALE},
    {"nested_ipa", true, {kIpa}, CHK_STALE},
    {"nested_nh_all", true, {kNhAll}, CHK_STALE},
    {"nested_ipa_nh_all", true, {kIpa, kSync, kNhAll}, CHK_HITLESS},
    /* In either order: what both stages make is made again as long as stage 2 is there. */
    {"nested_ipa_nh_all_one_sync", true, {kIpa, kNhAll}, CHK_STALE},
    {"nested_nh_all_then_ipa", true, {kNhAll, kSync, kIpa}, CHK_STALE},
    {"nested_nh_all_beside_vmall", true, {kNhAll, kVmall}, CHK_HITLESS},
    {"nested_ipa_nh_all_of_another", true, {kIpa, 8ull << 32 | 0x10}, CHK_STALE},
    {"nested_vmall", true, {kVmall}, CHK_HITLESS},
};

class Stages : public testing::TestWithParam<Stage2>
{
};

TEST_P(Stages, need_their_own_commands)
{
    Stream s;

    s.entry(ste_at(kSid),
            GetParam().is_nested ? nested_ste(7, kTableA, 0x40000) : s2_ste(7, kTableA));
    tables(s, kPage2);
    s.on();
    unmap_begins(s);
    for (const uint64_t q0 : GetParam().commands) {
        if (q0 == kSync)
            s.sync();
        else
            s.command(q0, q0 == kIpa ? 0x1401 : 0);
    }
    s.sync();
    unmap_ends(s);
    EXPECT_STREQ(chk_class_name(GetParam().verdict), chk_class_name(s.last()));
}

INSTANTIATE_TEST_SUITE_P(stage2, Stages, testing::ValuesIn(stage2),
                         [](const auto &row) { return std::string(row.param.name); });

/* A guest with another VMID beside it has nothing to do with these tables. */
TEST(ExploreRun, guest_of_another_vmid_needs_nothing_for_both_stages)
{
    Stream s;

    s.entry(ste_at(kSid), s2_ste(7, kTableA));
    s.entry(ste_at(kOtherSid), nested_ste(8, kTableB, 0x40000));
    tables(s, kPage2);
    s.on();
    unmap_begins(s);
    s.command(kIpa, 0x1401);
    s.sync();
    unmap_ends(s);
    EXPECT_EQ(CHK_HITLESS, s.last());
}

/* ---- break before make ---- */

struct Make {
    const char *name;
    bool is_strict;
    uint64_t bbml;
    uint64_t from, to;
    chk_class verdict;
};

std::ostream &operator<<(std::ostream &out, const Make &make)
{
    return out << make.name;
}

const Make makes[] = {
    {"block_to_table", true, 0, 0x80200000 | kBlock, kL3 | 3, CHK_BREAKS},
    {"table_to_block", true, 0, kL3 | 3, 0x80200000 | kBlock, CHK_BREAKS},
    {"either_way", false, 0, 0x80200000 | kBlock, kL3 | 3, CHK_HITLESS},
    {"nt_without_bbml", true, 0, 0x80200000 | kBlock | 1 << 16, kL3 | 3, CHK_BREAKS},
    {"bbml_1", true, 1, 0x80200000 | kBlock, kL3 | 3, CHK_BREAKS},
    {"bbml_1_with_nt", true, 1, 0x80200000 | kBlock | 1 << 16, kL3 | 3, CHK_HITLESS},
    {"bbml_2", true, 2, 0x80200000 | kBlock, kL3 | 3, CHK_HITLESS},
    {"other_output", true, 0, 0x80200000 | kBlock, 0x80400000 | kBlock, CHK_BREAKS},
    {"other_output_bbml_2", true, 2, 0x80200000 | kBlock, 0x80400000 | kBlock, CHK_BREAKS},
    {"read_only", true, 0, 0x80200000 | kBlock, 0x80200000 | kBlock | 1 << 7, CHK_HITLESS},
    {"invalid", true, 0, 0x80200000 | kBlock, 0, CHK_HITLESS},
    {"valid", true, 0, 0, 0x80200000 | kBlock, CHK_HITLESS},
};

class Makes : public testing::TestWithParam<Make>
{
};

TEST_P(Makes, need_a_break_first)
{
    Stream s;
    sim_record idr3 = s.records[3];

    ASSERT_EQ(0xcu, idr3.mmio_read.offset);
    idr3.mmio_read.value |= GetParam().bbml << 11;
    s.records[3] = idr3;
    s.params.same_tag_conflict = GetParam().is_strict;
    s.entry(ste_at(kSid), s1_ste(kCdTable));
    s.entry(kCdTable, cd(1, kTableA));
    s.store(kTableA, kL1 | 3, SIM_S_PTE);
    s.store(kL1, kL2 | 3, SIM_S_PTE);
    s.store(kL3 + 8, 0x80201000 | kPage, SIM_S_PTE);
    s.store(kL2, GetParam().from, SIM_S_PTE);
    s.on();
    s.begin(SIM_OP_UNMAP, kNone, 0, 0x200000);
    s.store(kL2, GetParam().to, SIM_S_PTE);
    s.tlbi_asid(1);
    s.sync();
    s.end(SIM_OP_UNMAP, kNone, 0, 0x200000);
    EXPECT_STREQ(chk_class_name(GetParam().verdict), chk_class_name(s.last()));
}

INSTANTIATE_TEST_SUITE_P(descriptors, Makes, testing::ValuesIn(makes),
                         [](const auto &row) { return std::string(row.param.name); });

/* ---- pages that are freed ---- */

struct Freed {
    const char *name;
    uint64_t pa, size;
    bool is_flushed;
    chk_class verdict;
};

std::ostream &operator<<(std::ostream &out, const Freed &freed)
{
    return out << freed.name;
}

const Freed freed[] = {
    {"data_page", 0x80001000, 0x1000, false, CHK_DANGLES},
    {"data_page_after_the_flush", 0x80001000, 0x1000, true, CHK_HITLESS},
    {"page_before_it", 0x80000000, 0x1000, false, CHK_HITLESS},
    {"page_behind_it", 0x80002000, 0x1000, false, CHK_HITLESS},
    {"pages_that_begin_with_it", 0x80001000, 0x2000, false, CHK_DANGLES},
    {"pages_that_end_with_it", 0x80000000, 0x2000, false, CHK_DANGLES},
    {"table_in_use", kL3, 0x1000, true, CHK_DANGLES},
    {"root_in_use", kTableA, 0x1000, true, CHK_DANGLES},
    {"pages_with_a_table_at_the_end", kL3 - 0x1000, 0x2000, true, CHK_DANGLES},
    {"page_behind_the_tables", kL3 + 0x1000, 0x1000, true, CHK_HITLESS},
};

class Free : public testing::TestWithParam<Freed>
{
};

TEST_P(Free, dangles_if_hardware_may_use_it)
{
    Stream s;

    prepare(s);
    s.begin(SIM_OP_UNMAP, kNone, 0x1000, 0x1000);
    s.store(kL3 + 8, 0, SIM_S_PTE);
    if (GetParam().is_flushed) {
        s.tlbi_asid(1);
        s.sync();
    }
    s.free_page(GetParam().pa, GetParam().size);
    s.tlbi_asid(1);
    s.sync();
    s.end(SIM_OP_UNMAP, kNone, 0x1000, 0x1000);
    EXPECT_STREQ(chk_class_name(GetParam().verdict), chk_class_name(s.last()));
}

INSTANTIATE_TEST_SUITE_P(pages, Free, testing::ValuesIn(freed),
                         [](const auto &row) { return std::string(row.param.name); });

TEST(ExploreRun, pages_in_a_row_are_told_with_the_first_of_their_stores)
{
    Stream s;

    prepare(s);
    s.begin(SIM_OP_UNMAP, kNone, 0x1000, 0x3000);
    const uint64_t begin = s.records.size();

    for (uint64_t i = 1; i <= 3; i++)
        s.store(kL3 + 8 * i, 0, SIM_S_PTE);
    unmap_ends(s);
    const xpl_op &op = s.explore().ops[0];

    ASSERT_EQ(1u, op.n_tables);
    EXPECT_EQ(begin + 1, op.tables[0].seq);
}

} // namespace
