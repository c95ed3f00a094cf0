/* SPDX-License-Identifier: BSD-2-Clause
 * explore_order_test.cpp - order: barriers, two CPUs, publication, chains through old pointers. */
#include "tests/unit/check/explore_stream.h"

using namespace explore_test;

namespace
{

void prepare(Stream &s, const Words &entry)
{
    s.entry(ste_at(kSid), s1_ste(kCdTable));
    s.entry(kCdTable, entry);
    s.barrier();
    s.on();
}

TEST(ExploreOrder, new_table_of_cds_and_one_store_of_its_pointer_is_hitless)
{
    Stream s;

    prepare(s, cd(1, kTableA));
    s.begin(SIM_OP_REPLACE);
    s.entry(kSecondCdTable, cd(2, kTableB));
    s.store(ste_at(kSid), s1_ste(kSecondCdTable)[0]);
    s.cfgi_ste();
    s.sync();
    s.end(SIM_OP_REPLACE);
    EXPECT_EQ(CHK_HITLESS, s.last());
}

TEST(ExploreOrder, cd_cached_through_the_old_pointer_stays_without_cfgi)
{
    Stream s;

    prepare(s, cd(1, kTableA));
    s.begin(SIM_OP_REPLACE);
    s.entry(kSecondCdTable, cd(2, kTableB));
    s.store(ste_at(kSid), s1_ste(kSecondCdTable)[0]);
    s.cfgi_cd();
    s.sync();
    s.end(SIM_OP_REPLACE);
    EXPECT_EQ(CHK_STALE, s.last());
}

TEST(ExploreOrder, old_table_of_cds_changed_after_the_sync_is_not_read_any_more)
{
    Stream s;

    prepare(s, cd(1, kTableA));
    s.begin(SIM_OP_REPLACE);
    s.entry(kSecondCdTable, cd(2, kTableB));
    s.store(ste_at(kSid), s1_ste(kSecondCdTable)[0]);
    s.cfgi_ste();
    s.sync();
    s.entry(kCdTable, cd(7, kTableA));
    s.end(SIM_OP_REPLACE);
    EXPECT_EQ(CHK_HITLESS, s.last());
}

TEST(ExploreOrder, old_table_of_cds_changed_before_the_sync_is_read)
{
    Stream s;

    prepare(s, cd(1, kTableA));
    s.begin(SIM_OP_REPLACE);
    s.entry(kSecondCdTable, cd(2, kTableB));
    s.store(ste_at(kSid), s1_ste(kSecondCdTable)[0]);
    s.cfgi_ste();
    s.store(kCdTable, cd(7, kTableA)[0]);
    s.sync();
    s.end(SIM_OP_REPLACE);
    EXPECT_EQ(CHK_TORN, s.last());
}

/* CD appears: words with V=0, CFGI, SYNC, V=1, CFGI, SYNC. @gap: which barriers are there. */
chk_class appear(bool first, bool second)
{
    Stream s;

    s.meta("barriers", "recorded");
    prepare(s, {0});
    s.begin(SIM_OP_ATTACH);
    s.store(kCdTable + 8, kTableB);
    s.store(kCdTable + 24, cd(2, kTableB)[3]);
    if (first)
        s.barrier();
    s.cfgi_cd();
    s.sync();
    s.store(kCdTable, cd(2, kTableB)[0]);
    if (second)
        s.barrier();
    s.cfgi_cd();
    s.sync();
    s.end(SIM_OP_ATTACH);
    return s.last();
}

TEST(ExploreOrder, recorded_barriers_make_it_hitless)
{
    EXPECT_EQ(CHK_HITLESS, appear(true, true));
}

TEST(ExploreOrder, missing_barrier_before_the_first_cfgi_is_torn)
{
    EXPECT_LE(CHK_TORN, appear(false, true));
}

TEST(ExploreOrder, missing_barrier_before_the_last_cfgi_leaves_a_refusal)
{
    EXPECT_EQ(CHK_STALE_REFUSAL, appear(true, false));
}

TEST(ExploreOrder, missing_barrier_between_pointee_and_pointer_is_seen)
{
    Stream s;

    s.meta("barriers", "recorded");
    prepare(s, cd(1, kTableA));
    s.begin(SIM_OP_REPLACE);
    s.entry(kSecondCdTable, cd(2, kTableB));
    s.store(ste_at(kSid), s1_ste(kSecondCdTable)[0]);
    s.barrier();
    s.cfgi_ste();
    s.sync();
    s.end(SIM_OP_REPLACE);
    EXPECT_NE(CHK_HITLESS, s.last());
}

TEST(ExploreOrder, pointer_of_one_cpu_is_not_ordered_after_the_pointee_of_another)
{
    Stream s;

    prepare(s, cd(1, kTableA));
    s.begin(SIM_OP_REPLACE);
    s.cpu = 1;
    s.entry(kSecondCdTable, cd(2, kTableB));
    s.cpu = 0;
    s.store(ste_at(kSid), s1_ste(kSecondCdTable)[0]);
    s.cfgi_ste();
    s.sync();
    s.end(SIM_OP_REPLACE);
    EXPECT_NE(CHK_HITLESS, s.last());
}

TEST(ExploreOrder, map_without_a_barrier_may_not_work_at_its_end)
{
    for (const bool has_barrier : {false, true}) {
        Stream s;

        s.meta("barriers", "recorded");
        prepare(s, cd(1, kTableA));
        s.begin(SIM_OP_MAP, UINT32_MAX, 0, 0x1000);
        s.store(kTableA, (kTableA + 0x1000) | 3, SIM_S_PTE);
        if (has_barrier)
            s.barrier();
        s.end(SIM_OP_MAP, UINT32_MAX, 0, 0x1000);
        EXPECT_EQ(has_barrier ? CHK_HITLESS : CHK_STALE_REFUSAL, s.last()) << has_barrier;
    }
}

TEST(ExploreOrder, store_after_the_doorbell_is_not_covered_by_it)
{
    Stream s;

    prepare(s, cd(1, kTableA));
    s.begin(SIM_OP_DETACH);
    s.cfgi_ste();
    s.doorbell();
    s.store(ste_at(kSid), 1);
    s.sync();
    s.end(SIM_OP_DETACH);
    EXPECT_EQ(CHK_STALE, s.last());
}

TEST(ExploreOrder, command_acts_after_its_doorbell_on_what_was_stored_before)
{
    Stream s;

    prepare(s, cd(1, kTableA));
    s.begin(SIM_OP_DETACH);
    s.cfgi_ste();
    s.store(ste_at(kSid), 1);
    s.sync();
    s.end(SIM_OP_DETACH);
    EXPECT_EQ(CHK_HITLESS, s.last());
}

TEST(ExploreOrder, store_of_another_cpu_is_ordered_by_its_own_command_alone)
{
    Stream s;

    prepare(s, cd(1, kTableA));
    s.begin(SIM_OP_DETACH);
    s.store(ste_at(kSid), 1);
    s.cpu = 1;
    s.cfgi_ste();
    s.doorbell();
    s.cpu = 0;
    s.sync();
    s.end(SIM_OP_DETACH);
    EXPECT_EQ(CHK_STALE, s.last());
}

TEST(ExploreOrder, sync_of_another_cpu_later_in_the_queue_completes)
{
    Stream s;

    prepare(s, cd(1, kTableA));
    s.begin(SIM_OP_DETACH);
    s.store(ste_at(kSid), 1);
    s.cfgi_ste();
    s.doorbell();
    s.cpu = 1;
    s.sync();
    s.cpu = 0;
    s.end(SIM_OP_DETACH);
    EXPECT_EQ(CHK_HITLESS, s.last());
}

TEST(ExploreOrder, sixteen_bytes_at_once_need_hardware_that_reads_sixteen)
{
    for (const unsigned atom : {8u, 16u}) {
        Stream s;

        s.params.atom_bytes = atom;
        prepare(s, cd(1, kTableA));
        s.begin(SIM_OP_REPLACE);
        s.store16(kCdTable, cd(2, kTableB)[0], kTableB, true);
        s.cfgi_cd();
        s.sync();
        s.end(SIM_OP_REPLACE);
        EXPECT_EQ(atom == 16 ? CHK_HITLESS : CHK_POISONS, s.last()) << atom;
    }
}

TEST(ExploreOrder, two_stores_of_eight_are_torn_whatever_hardware_reads)
{
    Stream s;

    s.params.atom_bytes = 16;
    prepare(s, cd(1, kTableA));
    s.begin(SIM_OP_REPLACE);
    s.store16(kCdTable, cd(2, kTableB)[0], kTableB, false);
    s.cfgi_cd();
    s.sync();
    s.end(SIM_OP_REPLACE);
    EXPECT_LE(CHK_TORN, s.last());
}

TEST(ExploreOrder, left_over_is_charged_once)
{
    Stream s;

    prepare(s, {0});
    s.begin(SIM_OP_ATTACH);
    s.store(kCdTable + 8, kTableA);
    s.store(kCdTable + 24, cd(1, kTableA)[3]);
    s.cfgi_cd();
    s.sync();
    s.store(kCdTable, cd(1, kTableA)[0]);
    s.end(SIM_OP_ATTACH);
    s.begin(SIM_OP_REPLACE);
    s.end(SIM_OP_REPLACE);
    const xpl_report &report = s.explore();

    ASSERT_EQ(2u, report.n_ops);
    EXPECT_EQ(CHK_STALE_REFUSAL, report.ops[0].worst[XPL_ARCHITECTURE]);
    EXPECT_EQ(CHK_HITLESS, report.ops[1].worst[XPL_ARCHITECTURE]);
}

TEST(ExploreOrder, too_many_views_are_inconclusive_and_hide_nothing)
{
    Stream s;

    s.params.max_views = 4;
    prepare(s, cd(1, kTableA));
    s.begin(SIM_OP_REPLACE);
    s.store(kCdTable, cd(2, kTableB)[0]);
    s.store(kCdTable + 8, kTableB);
    s.store(kCdTable + 24, 0);
    s.end(SIM_OP_REPLACE);
    const xpl_report &report = s.explore();

    EXPECT_TRUE(report.ops[0].inconclusive);
    EXPECT_LE(CHK_TORN, report.ops[0].worst[XPL_ARCHITECTURE]);
}

/* The first look, before any operation, is cut: what the stores of the replace change was never
 * reached, and nothing of it is seen. */
TEST(ExploreOrder, replace_after_a_first_look_that_was_cut_is_inconclusive)
{
    Stream s;

    s.params.max_views = 0; /* the STE alone is reached, the CD is not */
    prepare(s, cd(1, kTableA));
    s.begin(SIM_OP_REPLACE);
    s.store(kCdTable, 0);
    s.end(SIM_OP_REPLACE);
    const xpl_report &report = s.explore();

    ASSERT_EQ(1u, report.n_ops);
    EXPECT_TRUE(report.ops[0].inconclusive);
    EXPECT_TRUE(report.inconclusive);
}

/* Values that were left out stay unknown: the next operation, which stores nothing, is judged with
 * the same ones. */
TEST(ExploreOrder, operation_after_one_with_too_many_values_is_inconclusive_too)
{
    Stream s;

    s.params.max_values = 2;
    prepare(s, cd(1, kTableA));
    s.begin(SIM_OP_REPLACE);
    for (uint64_t asid = 1; asid < 5; asid++)
        s.store(kCdTable, cd(asid, kTableA)[0]);
    s.store(kCdTable, cd(1, kTableA)[0]);
    s.end(SIM_OP_REPLACE);
    s.begin(SIM_OP_UNMAP);
    s.end(SIM_OP_UNMAP);
    const xpl_report &report = s.explore();

    ASSERT_EQ(2u, report.n_ops);
    EXPECT_TRUE(report.ops[0].inconclusive);
    EXPECT_TRUE(report.ops[1].inconclusive);
}

TEST(ExploreOrder, word_that_nobody_wrote_is_inconclusive)
{
    Stream s;

    s.entry(ste_at(kSid), s1_ste(0x50000000));
    s.on();
    s.begin(SIM_OP_REPLACE);
    s.end(SIM_OP_REPLACE);
    EXPECT_TRUE(s.explore().ops[0].inconclusive);
}

TEST(ExploreOrder, failed_switch_may_show_the_old_alone)
{
    Stream s;

    prepare(s, cd(1, kTableA));
    s.begin(SIM_OP_REPLACE);
    s.store(ste_at(kSid), 0);
    s.cfgi_ste();
    s.sync();
    s.store(ste_at(kSid), s1_ste(kCdTable)[0]);
    s.cfgi_ste();
    s.sync();
    s.end(SIM_OP_REPLACE, 0, 0, 0, -12);
    EXPECT_EQ(CHK_BREAKS, s.last());
}

/* Nobody is refused by it. */
TEST(ExploreOrder, map_without_a_barrier_of_tables_that_nobody_uses_is_hitless)
{
    for (const bool is_used : {false, true}) {
        constexpr uint64_t kL3 = kTableA + 0x3000;
        Stream s;

        s.meta("barriers", "recorded");
        for (uint64_t i = 0; i < 3; i++)
            s.store(kTableA + i * 0x1000, (kTableA + (i + 1) * 0x1000) | 3, SIM_S_PTE);
        s.store(kL3 + 16, 0x80002f43, SIM_S_PTE);
        prepare(s, cd(1, kTableA));
        if (!is_used) {
            s.begin(SIM_OP_DETACH);
            s.store(ste_at(kSid), 1);
            s.barrier();
            s.cfgi_ste();
            s.sync();
            s.end(SIM_OP_DETACH);
        }
        s.begin(SIM_OP_MAP, UINT32_MAX, 0x1000, 0x1000);
        s.store(kL3 + 8, 0x80001f43, SIM_S_PTE);
        s.end(SIM_OP_MAP, UINT32_MAX, 0x1000, 0x1000);
        EXPECT_EQ(is_used ? CHK_STALE_REFUSAL : CHK_HITLESS, s.last()) << is_used;
    }
}

} // namespace
