/* SPDX-License-Identifier: BSD-2-Clause
 * explore_hold_test.cpp - what stays cached over a longer time: many devices, tables that come
 * back, units that are off for a while, commands that come in one piece. */
#include "tests/unit/check/explore_stream.h"

using namespace explore_test;

namespace
{

constexpr uint64_t kThirdCdTable = 0x1001c000;

void prepare(Stream &s)
{
    s.entry(ste_at(kSid), s1_ste(kCdTable));
    s.entry(kCdTable, cd(1, kTableA));
    s.on();
}

void point(Stream &s, uint64_t cds)
{
    s.store(ste_at(kSid), s1_ste(cds)[0]);
    s.cfgi_ste();
    s.sync();
}

TEST(ExploreHold, tables_of_cds_that_take_turns_stay_hitless)
{
    const uint64_t table[] = {kCdTable, kSecondCdTable, kThirdCdTable};
    Stream s;

    prepare(s);
    for (unsigned i = 1; i <= 12; i++) {
        s.begin(SIM_OP_REPLACE);
        s.entry(table[i % 3], cd(i % 4 + 1, i % 4 * 0x10000 + kTableA));
        point(s, table[i % 3]);
        s.tlbi_asid((i - 1) % 4 + 1);
        s.sync();
        s.end(SIM_OP_REPLACE);
    }
    const xpl_report &report = s.explore();

    ASSERT_EQ(12u, report.n_ops);
    EXPECT_EQ(CHK_HITLESS, report.worst[XPL_ARCHITECTURE]);
    EXPECT_EQ(0u, report.bad_outside);
    for (size_t i = 0; i < report.n_ops; i++) {
        ASSERT_EQ(2u, report.ops[i].n_slots) << i;
        /* Old before, old and new within, new after; of the other device one each. */
        EXPECT_EQ(7u, report.ops[i].n_outcomes) << i;
    }
}

/* More entries than there are chains to find them by. */
TEST(ExploreHold, entries_of_many_devices_are_kept_apart)
{
    constexpr uint32_t kMany = 500;
    constexpr uint64_t kTable = 0x40000000;
    Stream s;

    s.memory(kTable, 0x100000);
    s.reg(0x80, kTable, 8);
    s.reg(0x88, 12);
    for (uint32_t i = 0; i < kMany; i++) {
        sim_device device = {};

        device.dev = 100 + i;
        device.requester[0] = 16 + i;
        device.n_requesters = 1;
        s.devices.push_back(device);
        s.store(kTable + (16 + i) * 64, identity_ste()[0]);
        s.store(kTable + (16 + i) * 64 + 8, identity_ste()[1]);
    }
    s.on();
    for (uint32_t i = 0; i < kMany; i += 33) {
        const bool is_good = i / 33 % 2 == 0;

        s.begin(SIM_OP_DETACH, 100 + i);
        s.store(kTable + (16 + i) * 64, 1);
        s.cfgi_ste(is_good ? 16 + i : 17 + i);
        s.sync();
        s.end(SIM_OP_DETACH, 100 + i);
    }
    const xpl_report &report = s.explore();

    for (size_t i = 0; i < report.n_ops; i++)
        EXPECT_EQ(i % 2 ? CHK_STALE : CHK_HITLESS, report.ops[i].worst[XPL_ARCHITECTURE]) << i;
}

/* The old pointer is cached still; its table, which said the same, is used for something else. */
TEST(ExploreHold, old_table_that_changes_after_the_end_is_charged_to_the_replace)
{
    for (const bool has_cfgi : {false, true}) {
        Stream s;

        prepare(s);
        s.begin(SIM_OP_REPLACE);
        s.entry(kSecondCdTable, cd(1, kTableA));
        s.store(ste_at(kSid), s1_ste(kSecondCdTable)[0]);
        if (has_cfgi) {
            s.cfgi_ste();
            s.sync();
        }
        s.end(SIM_OP_REPLACE);
        s.store(kCdTable, 0);
        EXPECT_EQ(has_cfgi ? CHK_HITLESS : CHK_STALE_REFUSAL, s.last()) << has_cfgi;
    }
}

/* ---- commands in one piece: only the last sync is waited for ---- */

TEST(ExploreHold, flush_in_a_later_interval_comes_after_what_it_needs)
{
    for (const bool has_sync : {false, true}) {
        Stream s;

        prepare(s);
        s.begin(SIM_OP_REPLACE);
        s.entry(kSecondCdTable, cd(1, kTableB));
        s.store(ste_at(kSid), s1_ste(kSecondCdTable)[0]);
        s.cfgi_ste();
        if (has_sync)
            s.command(0x2046);
        s.tlbi_asid(1);
        s.sync();
        s.end(SIM_OP_REPLACE);
        EXPECT_EQ(has_sync ? CHK_HITLESS : CHK_STALE, s.last()) << has_sync;
    }
}

/* Between two syncs commands act in any order, so what stands first in the queue does not help. */
TEST(ExploreHold, order_of_commands_within_an_interval_does_not_count)
{
    for (const bool is_flush_first : {false, true}) {
        Stream s;

        prepare(s);
        s.begin(SIM_OP_REPLACE);
        s.store(kCdTable + 8, kTableB);
        if (is_flush_first)
            s.tlbi_asid(1);
        s.cfgi_cd();
        if (!is_flush_first)
            s.tlbi_asid(1);
        s.sync();
        s.end(SIM_OP_REPLACE);
        EXPECT_EQ(CHK_STALE, s.last()) << is_flush_first;
    }
}

TEST(ExploreHold, command_behind_the_sync_is_not_complete)
{
    Stream s;

    prepare(s);
    s.begin(SIM_OP_DETACH);
    s.store(ste_at(kSid), 1);
    s.command(0x2046);
    s.cfgi_ste();
    s.doorbell();
    s.wait_for(SIM_COND_REG, 0x9c, 1);
    s.end(SIM_OP_DETACH);
    EXPECT_EQ(CHK_STALE, s.last());
}

TEST(ExploreHold, command_behind_the_sync_is_complete_with_the_next_one)
{
    Stream s;

    prepare(s);
    s.begin(SIM_OP_DETACH);
    s.store(ste_at(kSid), 1);
    s.command(0x2046);
    s.cfgi_ste();
    s.cfgi_ste(kOtherSid);
    s.doorbell();
    s.wait_for(SIM_COND_REG, 0x9c, 1);
    s.sync();
    s.end(SIM_OP_DETACH);
    EXPECT_EQ(CHK_HITLESS, s.last());
}

/* A flush that is complete does not act again with a later sync. */
TEST(ExploreHold, command_acts_once)
{
    Stream s;

    prepare(s);
    s.tlbi_asid(1);
    s.sync();
    s.begin(SIM_OP_REPLACE);
    s.store(kCdTable + 8, kTableB);
    s.cfgi_cd();
    s.sync();
    s.sync();
    s.end(SIM_OP_REPLACE);
    EXPECT_EQ(CHK_STALE, s.last());
}

/* ---- a unit that is off for a while keeps its caches ---- */

TEST(ExploreHold, entry_that_changes_while_the_unit_is_off_stays_cached_without_a_command)
{
    for (const bool has_cfgi : {false, true}) {
        Stream s;

        prepare(s);
        s.reg(0x20, 8);
        s.store(ste_at(kSid), 1);
        if (has_cfgi) {
            s.cfgi_ste();
            s.sync();
        }
        s.reg(0x20, 9);
        s.begin(SIM_OP_REPLACE);
        s.end(SIM_OP_REPLACE);
        EXPECT_EQ(has_cfgi ? CHK_HITLESS : CHK_STALE, s.last()) << has_cfgi;
    }
}

/* A value that comes back while it is cached is one value, and stays. */
TEST(ExploreHold, entry_that_comes_back_before_its_command_is_not_dropped)
{
    Stream s;

    prepare(s);
    s.begin(SIM_OP_REPLACE);
    s.store(ste_at(kSid), 1);
    s.cfgi_ste();
    s.doorbell();
    s.store(ste_at(kSid), s1_ste(kCdTable)[0]);
    s.sync();
    s.end(SIM_OP_REPLACE);
    /* The abort may have been fetched after the CFGI, and nothing drops it. */
    EXPECT_EQ(CHK_STALE_REFUSAL, s.last());
    const xpl_slot &slot = s.explore().ops[0].slots[0];
    unsigned n_after = 0;

    for (uint32_t i = 0; i < slot.n_outcomes; i++)
        n_after += slot.outcomes[i].phase == XPL_AFTER;
    EXPECT_EQ(2u, n_after); /* the abort and what memory says */
}

/* Six stores on their way, all of one CPU: its barrier orders each of them. */
TEST(ExploreHold, barrier_orders_many_stores_to_a_cd_in_use)
{
    for (const unsigned atom : {8u, 16u}) {
        Stream s;

        s.params.atom_bytes = atom;
        s.meta("barriers", "recorded");
        s.entry(ste_at(kSid), s1_ste(kCdTable));
        s.entry(kCdTable, cd(1, kTableA));
        s.barrier();
        s.on();
        s.begin(SIM_OP_REPLACE);
        for (uint64_t asid = 10; asid < 16; asid++)
            s.store(kCdTable, cd(asid, kTableA)[0], SIM_S_CD);
        s.store(kCdTable, cd(2, kTableA)[0], SIM_S_CD);
        s.barrier();
        s.cfgi_cd();
        s.sync();
        s.end(SIM_OP_REPLACE);
        const xpl_op &op = s.explore().ops[0];

        EXPECT_EQ(CHK_TORN, op.entry_worst[XPL_ARCHITECTURE]); /* other ASIDs for a while */
        EXPECT_EQ(0u, op.slots[0].classes[XPL_ENTRY] & 1u << CHK_STALE);
    }
}

/* ---- failed operations ---- */

/* What a failed operation changed of others is judged by what memory says then. */
TEST(ExploreHold, failed_operation_is_judged_by_memory_where_it_only_lent)
{
    Stream s;

    prepare(s);
    s.begin(SIM_OP_UNMAP, UINT32_MAX);
    s.store(ste_at(kSid), 1);
    s.cfgi_ste();
    s.sync();
    s.end(SIM_OP_UNMAP, UINT32_MAX, 0, 0, -12);
    EXPECT_EQ(CHK_HITLESS, s.last());
    EXPECT_EQ(CHK_REFUSED, s.explore().ops[0].slots[0].new_target.kind);
    EXPECT_EQ(CHK_TRANSLATED, s.explore().ops[0].slots[0].old_target.kind);
}

TEST(ExploreHold, failed_operation_on_a_device_keeps_what_it_had)
{
    Stream s;

    prepare(s);
    s.begin(SIM_OP_REPLACE);
    s.store(ste_at(kSid), 1);
    s.cfgi_ste();
    s.sync();
    s.end(SIM_OP_REPLACE, 0, 0, 0, -12);
    EXPECT_EQ(CHK_STALE_REFUSAL, s.last());
    EXPECT_EQ(CHK_TRANSLATED, s.explore().ops[0].slots[0].new_target.kind);
}

/* ---- who looked on before, and is at work now ---- */

TEST(ExploreHold, device_that_looked_on_is_judged_for_itself_when_its_own_operation_begins)
{
    Stream s;

    prepare(s);
    s.begin(SIM_OP_REPLACE, 1);
    s.cpu = 1;
    s.begin(SIM_OP_REPLACE);
    s.store(kCdTable + 8, kTableB);
    s.cfgi_cd();
    s.sync();
    s.end(SIM_OP_REPLACE);
    s.cpu = 0;
    s.end(SIM_OP_REPLACE, 1);
    const xpl_report &report = s.explore();

    EXPECT_EQ(CHK_HITLESS, report.ops[0].worst[XPL_ARCHITECTURE]);
    EXPECT_EQ(CHK_STALE, report.ops[1].tlb_worst[XPL_ARCHITECTURE]);
    EXPECT_EQ(CHK_HITLESS, report.ops[1].entry_worst[XPL_ARCHITECTURE]);
}

/* After a detach that nobody tells the SMMU of, what answers is stale; no new configuration trusts
 * a tag, so nothing is poisoned. */
TEST(ExploreHold, nothing_is_poisoned_where_the_new_configuration_refuses)
{
    Stream s;

    prepare(s);
    s.begin(SIM_OP_DETACH);
    s.store(kCdTable + 8, kTableB);
    s.store(ste_at(kSid), 1);
    s.end(SIM_OP_DETACH);
    const xpl_slot &slot = s.explore().ops[0].slots[0];

    EXPECT_NE(0u, slot.classes[XPL_TLB] & 1u << CHK_STALE);
    EXPECT_EQ(0u, slot.classes[XPL_TLB] & 1u << CHK_POISONS);
}

/* The place of an entry that nobody told is taken by one that all is known of. */
TEST(ExploreHold, entry_in_the_place_of_an_unknown_one_is_known)
{
    Stream s;

    s.entry(ste_at(kSid), s1_ste(0x50000000));
    s.entry(kCdTable, cd(1, kTableA));
    s.on();
    s.store(ste_at(kSid), 1);
    s.cfgi_ste();
    s.sync();
    point(s, kCdTable);
    s.begin(SIM_OP_REPLACE);
    s.end(SIM_OP_REPLACE);
    EXPECT_FALSE(s.explore().ops[0].inconclusive);
}

} // namespace
