/* SPDX-License-Identifier: BSD-2-Clause
 * explore_tlb_test.cpp - translations that outlive what made them: tags, tables, freed pages.
 * Sequences from semantics of verdicts: same tag, dormant tag, wrong tag, break before make. */
#include "tests/unit/check/explore_stream.h"

using namespace explore_test;

namespace
{

constexpr uint64_t kL1 = kTableA + 0x1000;
constexpr uint64_t kL2 = kTableA + 0x2000;
constexpr uint64_t kL3 = kTableA + 0x3000;
constexpr uint64_t kTablePte = 3;
constexpr uint64_t kPagePte = 0xf43; /* AF, ISH, nG, privileged and unprivileged, page */

/* StreamID 3 has stage 1, ASID 1, table A with one page at 0x1000, mapped to 0x80001000. */
void prepare(Stream &s)
{
    s.entry(ste_at(kSid), s1_ste(kCdTable));
    s.entry(kCdTable, cd(1, kTableA));
    s.store(kTableA, kL1 | kTablePte, SIM_S_PTE);
    s.store(kL1, kL2 | kTablePte, SIM_S_PTE);
    s.store(kL2, kL3 | kTablePte, SIM_S_PTE);
    s.store(kL3 + 8, 0x80001000 | kPagePte, SIM_S_PTE);
    s.on();
}

void attach_other(Stream &s, const Words &entry)
{
    s.begin(SIM_OP_ATTACH, 1);
    s.store(ste_at(kOtherSid) + 8, s1_ste(kCdTable5)[1]);
    s.entry(kCdTable5, entry);
    s.cfgi_ste(kOtherSid);
    s.sync();
    s.store(ste_at(kOtherSid), s1_ste(kCdTable5)[0]);
    s.cfgi_ste(kOtherSid);
    s.sync();
    s.end(SIM_OP_ATTACH, 1);
}

/* CD: only the table. */
Stream replace_table(bool has_flush, bool is_after_sync)
{
    Stream s;

    prepare(s);
    s.begin(SIM_OP_REPLACE);
    s.store(kCdTable + 8, kTableB);
    s.cfgi_cd();
    if (is_after_sync)
        s.sync();
    if (has_flush)
        s.tlbi_asid(1);
    s.sync();
    s.end(SIM_OP_REPLACE);
    return s;
}

TEST(ExploreTlb, same_tag_other_table_is_hitless_by_entry_and_stale_by_tlb)
{
    Stream s = replace_table(false, false);
    const xpl_report &report = s.explore();

    EXPECT_EQ(CHK_HITLESS, report.ops[0].entry_worst[XPL_ARCHITECTURE]);
    EXPECT_EQ(CHK_STALE, report.ops[0].tlb_worst[XPL_ARCHITECTURE]);
}

TEST(ExploreTlb, flush_in_the_interval_of_the_cfgi_does_not_clean_the_tag)
{
    EXPECT_EQ(CHK_STALE, replace_table(true, false).last());
}

TEST(ExploreTlb, flush_after_the_sync_of_the_cfgi_cleans_the_tag)
{
    EXPECT_EQ(CHK_HITLESS, replace_table(true, true).last());
}

TEST(ExploreTlb, what_is_left_under_the_tag_is_charged_once)
{
    Stream s = replace_table(false, false);

    s.begin(SIM_OP_REPLACE);
    s.end(SIM_OP_REPLACE);
    const xpl_report &report = s.explore();

    ASSERT_EQ(2u, report.n_ops);
    EXPECT_EQ(CHK_STALE, report.ops[0].worst[XPL_ARCHITECTURE]);
    EXPECT_EQ(CHK_HITLESS, report.ops[1].worst[XPL_ARCHITECTURE]);
}

/* A torn CD, and then a flush of one of the tags. */
chk_class torn_then_flush(uint64_t asid, unsigned *classes)
{
    Stream s;

    prepare(s);
    s.begin(SIM_OP_REPLACE);
    s.store(kCdTable, cd(2, kTableB)[0]);
    s.store(kCdTable + 8, kTableB);
    s.cfgi_cd();
    s.sync();
    s.tlbi_asid(asid);
    s.sync();
    s.end(SIM_OP_REPLACE);
    const xpl_report &report = s.explore();

    *classes = report.ops[0].classes[XPL_ARCHITECTURE];
    return report.ops[0].worst[XPL_ARCHITECTURE];
}

TEST(ExploreTlb, torn_tag_flushed_by_the_old_tag_poisons)
{
    unsigned classes = 0;

    EXPECT_EQ(CHK_POISONS, torn_then_flush(1, &classes));
    EXPECT_TRUE(classes & 1u << CHK_TORN);
}

TEST(ExploreTlb, torn_tag_flushed_by_the_new_tag_is_torn_only)
{
    unsigned classes = 0;

    EXPECT_EQ(CHK_TORN, torn_then_flush(2, &classes));
}

TEST(ExploreTlb, tag_in_use_given_to_another_device_with_other_tables_is_caught)
{
    Stream s;

    prepare(s);
    attach_other(s, cd(1, kTableB));
    EXPECT_LE(CHK_STALE, s.last());
}

TEST(ExploreTlb, domain_shared_by_two_devices_is_hitless)
{
    Stream s;

    prepare(s);
    attach_other(s, cd(1, kTableA));
    EXPECT_EQ(CHK_HITLESS, s.last());
}

Stream reuse(bool has_flush)
{
    Stream s;

    prepare(s);
    s.begin(SIM_OP_DETACH);
    s.store(ste_at(kSid), 1);
    s.cfgi_ste();
    s.sync();
    s.end(SIM_OP_DETACH);
    if (has_flush) {
        s.tlbi_asid(1);
        s.sync();
    }
    attach_other(s, cd(1, kTableB));
    return s;
}

TEST(ExploreTlb, dormant_tag_does_no_harm)
{
    Stream s;

    prepare(s);
    s.begin(SIM_OP_DETACH);
    s.store(ste_at(kSid), 1);
    s.cfgi_ste();
    s.sync();
    s.end(SIM_OP_DETACH);
    EXPECT_EQ(CHK_HITLESS, s.last());
}

TEST(ExploreTlb, tag_reused_without_a_flush_is_stale)
{
    const xpl_report &report = reuse(false).explore();

    (void)report;
    EXPECT_LE(CHK_STALE, reuse(false).last());
}

TEST(ExploreTlb, tag_reused_after_a_flush_is_hitless)
{
    EXPECT_EQ(CHK_HITLESS, reuse(true).last());
}

/* ---- page tables ---- */

struct Flush {
    const char *name;
    uint64_t q0, q1; /* 0 = none */
    bool waits;
    chk_class verdict;
};

std::ostream &operator<<(std::ostream &out, const Flush &flush)
{
    return out << flush.name;
}

const Flush flushes[] = {
    {"none", 0, 0, true, CHK_STALE},
    {"asid", 1ull << 48 | 0x11, 0, true, CHK_HITLESS},
    {"asid_not_waited_for", 1ull << 48 | 0x11, 0, false, CHK_STALE},
    {"wrong_asid", 2ull << 48 | 0x11, 0, true, CHK_STALE},
    {"va", 1ull << 48 | 0x12, 0x1001, true, CHK_HITLESS},
    {"wrong_va", 1ull << 48 | 0x12, 0x2001, true, CHK_STALE},
    {"all", 0x30, 0, true, CHK_HITLESS},
    {"vmid_zero_all", 0x10, 0, true, CHK_HITLESS},
    {"other_vmid_all", 7ull << 32 | 0x10, 0, true, CHK_STALE},
    {"range_of_two_pages", 1ull << 48 | 1ull << 12 | 0x12, 0x701, true, CHK_HITLESS},
    {"range_without_units", 1ull << 48 | 0x12, 0x1401, true, CHK_STALE}, /* reserved: illegal */
    {"stage_2_by_ipa", 0x2a, 0x1000, true, CHK_STALE},
};

class Unmap : public testing::TestWithParam<Flush>
{
};

TEST_P(Unmap, is_stale_unless_flushed)
{
    Stream s;

    prepare(s);
    s.begin(SIM_OP_UNMAP, UINT32_MAX, 0x1000, 0x1000);
    s.store(kL3 + 8, 0, SIM_S_PTE);
    if (GetParam().q0)
        s.command(GetParam().q0, GetParam().q1);
    if (GetParam().waits)
        s.sync();
    s.end(SIM_OP_UNMAP, UINT32_MAX, 0x1000, 0x1000);
    EXPECT_STREQ(chk_class_name(GetParam().verdict), chk_class_name(s.last()));
}

INSTANTIATE_TEST_SUITE_P(commands, Unmap, testing::ValuesIn(flushes),
                         [](const auto &flush) { return std::string(flush.param.name); });

TEST(ExploreTable, map_of_what_was_invalid_needs_nothing)
{
    Stream s;

    prepare(s);
    s.begin(SIM_OP_MAP, UINT32_MAX, 0x2000, 0x1000);
    s.store(kL3 + 16, 0x80002000 | kPagePte, SIM_S_PTE);
    s.end(SIM_OP_MAP, UINT32_MAX, 0x2000, 0x1000);
    EXPECT_EQ(CHK_HITLESS, s.last());
}

TEST(ExploreTable, fewer_permissions_without_a_flush_are_stale)
{
    Stream s;

    prepare(s);
    s.begin(SIM_OP_UNMAP, UINT32_MAX, 0x1000, 0x1000);
    s.store(kL3 + 8, 0x80001000 | kPagePte | 1 << 7, SIM_S_PTE);
    s.sync();
    s.end(SIM_OP_UNMAP, UINT32_MAX, 0x1000, 0x1000);
    EXPECT_EQ(CHK_STALE, s.last());
}

/* The last level goes: leaf, table descriptor, flush, free. */
chk_class free_table(uint64_t q1, bool has_flush)
{
    Stream s;

    prepare(s);
    s.begin(SIM_OP_UNMAP, UINT32_MAX, 0, 0x200000);
    s.store(kL2, 0, SIM_S_PTE);
    if (has_flush) {
        s.command(1ull << 48 | 511ull << 12 >> 9 << 9 | 0x12, q1);
        s.sync();
    }
    s.free_page(kL3);
    s.tlbi_asid(1);
    s.sync();
    s.end(SIM_OP_UNMAP, UINT32_MAX, 0, 0x200000);
    return s.last();
}

TEST(ExploreTable, table_freed_before_the_flush_dangles)
{
    EXPECT_EQ(CHK_DANGLES, free_table(0, false));
}

TEST(ExploreTable, table_freed_after_a_flush_of_leaves_alone_dangles)
{
    EXPECT_EQ(CHK_DANGLES, free_table(0x1001, true));
}

TEST(ExploreTable, table_freed_after_the_flush_is_hitless)
{
    Stream s;

    prepare(s);
    s.begin(SIM_OP_UNMAP, UINT32_MAX, 0, 0x200000);
    s.store(kL2, 0, SIM_S_PTE);
    s.tlbi_asid(1);
    s.sync();
    s.free_page(kL3);
    s.end(SIM_OP_UNMAP, UINT32_MAX, 0, 0x200000);
    EXPECT_EQ(CHK_HITLESS, s.last());
}

TEST(ExploreTable, root_freed_while_a_cd_has_it_dangles)
{
    Stream s;

    prepare(s);
    s.begin(SIM_OP_REPLACE);
    s.free_page(kTableA);
    s.end(SIM_OP_REPLACE);
    EXPECT_EQ(CHK_DANGLES, s.last());
}

TEST(ExploreTable, cd_table_freed_before_the_sync_dangles)
{
    Stream s;

    prepare(s);
    s.begin(SIM_OP_DETACH);
    s.store(ste_at(kSid), 1);
    s.cfgi_ste();
    s.free_page(kCdTable);
    s.sync();
    s.end(SIM_OP_DETACH);
    EXPECT_EQ(CHK_DANGLES, s.last());
}

TEST(ExploreTable, cd_table_freed_after_the_sync_is_hitless)
{
    Stream s;

    prepare(s);
    s.begin(SIM_OP_DETACH);
    s.store(ste_at(kSid), 1);
    s.cfgi_ste();
    s.sync();
    s.free_page(kCdTable);
    s.end(SIM_OP_DETACH);
    EXPECT_EQ(CHK_HITLESS, s.last());
}

TEST(ExploreTable, unmap_in_a_sleeping_table_shows_when_the_tag_is_used_again)
{
    Stream s;

    prepare(s);
    s.begin(SIM_OP_DETACH);
    s.store(ste_at(kSid), 1);
    s.cfgi_ste();
    s.sync();
    s.end(SIM_OP_DETACH);
    s.begin(SIM_OP_UNMAP, UINT32_MAX, 0x1000, 0x1000);
    s.store(kL3 + 8, 0, SIM_S_PTE);
    s.end(SIM_OP_UNMAP, UINT32_MAX, 0x1000, 0x1000);
    s.begin(SIM_OP_ATTACH);
    s.store(ste_at(kSid), s1_ste(kCdTable)[0]);
    s.cfgi_ste();
    s.sync();
    s.end(SIM_OP_ATTACH);
    const xpl_report &report = s.explore();

    ASSERT_EQ(3u, report.n_ops);
    EXPECT_EQ(CHK_HITLESS, report.ops[1].worst[XPL_ARCHITECTURE]);
    EXPECT_EQ(CHK_STALE, report.ops[2].worst[XPL_ARCHITECTURE]);
}

} // namespace
