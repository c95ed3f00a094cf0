/* SPDX-License-Identifier: BSD-2-Clause
 * explore_doubt_test.cpp - ways to hide a fault from the explorer: narrow stores, contents without
 * stores, queues that are set up again, signals that others share, commands of another granule,
 * changes of tables inside other operations, hardware of which nothing is known. */
#include "tests/unit/check/explore_stream.h"

#include <cstddef>
#include <vector>

using namespace explore_test;

namespace
{

constexpr uint64_t kL3 = kTableA + 0x3000;
constexpr uint64_t kPage = 0xf43; /* AF, ISH, nG, all privileges */
constexpr uint32_t kNone = UINT32_MAX;

void prepare(Stream &s)
{
    s.entry(ste_at(kSid), s1_ste(kCdTable));
    s.entry(kCdTable, cd(1, kTableA));
    for (uint64_t i = 0; i < 3; i++)
        s.store(kTableA + i * 0x1000, (kTableA + (i + 1) * 0x1000) | 3, SIM_S_PTE);
    s.store(kL3 + 8, 0x80001000 | kPage, SIM_S_PTE);
    s.on();
}

void narrow(Stream &s, uint64_t pa, uint64_t value, uint8_t width, unsigned structure = SIM_S_PTE)
{
    s.store(pa, value, structure);
    s.records.back().store.width = width;
}

void begin(Stream &s)
{
    s.begin(SIM_OP_UNMAP, kNone, 0x1000, 0x1000);
}

void end(Stream &s)
{
    s.end(SIM_OP_UNMAP, kNone, 0x1000, 0x1000);
}

/* ---- narrow stores ---- */

TEST(ExploreDoubt, descriptor_that_is_cleared_in_part_needs_its_flush)
{
    for (const uint8_t width : {1, 2, 4, 8}) {
        for (const bool is_flushed : {false, true}) {
            Stream s;

            prepare(s);
            begin(s);
            narrow(s, kL3 + 8, 0, width); /* V is in the first byte */
            if (is_flushed)
                s.tlbi_asid(1);
            s.sync();
            end(s);
            EXPECT_EQ(is_flushed ? CHK_HITLESS : CHK_STALE, s.last()) << int(width);
        }
    }
}

/* The upper half of a descriptor: another page. */
TEST(ExploreDoubt, upper_half_of_a_descriptor_is_stored_in_its_place)
{
    Stream s;

    prepare(s);
    begin(s);
    narrow(s, kL3 + 12, 0x1, 4);
    end(s);
    EXPECT_EQ(CHK_STALE, s.last());
}

TEST(ExploreDoubt, entry_that_is_stored_in_halves_is_whole)
{
    Stream s;

    prepare(s);
    s.begin(SIM_OP_DETACH);
    narrow(s, ste_at(kSid), abort_ste()[0], 4, SIM_S_STE);
    s.cfgi_ste();
    s.sync();
    s.end(SIM_OP_DETACH);
    const xpl_op &op = s.explore().ops[0];

    EXPECT_EQ(CHK_HITLESS, op.worst[XPL_ARCHITECTURE]);
    EXPECT_EQ(CHK_REFUSED, int(op.slots[0].new_target.kind));
}

TEST(ExploreDoubt, command_that_is_stored_in_halves_is_whole)
{
    Stream s;

    prepare(s);
    begin(s);
    s.store(kL3 + 8, 0, SIM_S_PTE);
    narrow(s, kQueue, 0x11, 4, SIM_S_CMD); /* TLBI_NH_ASID of ASID 1 */
    narrow(s, kQueue + 4, 1 << 16, 4, SIM_S_CMD);
    s.store(kQueue + 8, 0, SIM_S_CMD);
    s.prod = 1;
    s.sync();
    end(s);
    EXPECT_EQ(CHK_HITLESS, s.last());
}

/* ---- contents without stores ---- */

TEST(ExploreDoubt, table_in_use_that_gets_new_contents_has_lost_its_pages)
{
    for (const uint64_t pa : {kL3, kL3 + 0x1000}) {
        Stream s;

        prepare(s);
        begin(s);
        s.memory(pa, 0x1000);
        end(s);
        EXPECT_EQ(pa == kL3 ? CHK_STALE : CHK_HITLESS, s.last());
    }
}

/* ---- queues ---- */

/* Commands that were in the queue when it was stopped may never run. */
TEST(ExploreDoubt, commands_of_a_queue_that_is_set_up_again_are_not_complete)
{
    Stream s;

    prepare(s);
    begin(s);
    s.store(kL3 + 8, 0, SIM_S_PTE);
    s.tlbi_asid(1);
    s.command(0x2046);
    s.doorbell();
    s.reg(0x20, 1); /* CMDQEN=0 */
    s.reg(0x98, 0);
    s.prod = 0;
    s.reg(0x20, 9);
    s.command(0x1); /* PREFETCH_CONFIG */
    s.sync();
    end(s);
    EXPECT_EQ(CHK_STALE, s.last());
}

void sync_by_memory(Stream &s, uint64_t value)
{
    s.command(0x1046 | value << 32, 0x10060000); /* CS=IRQ, MSIData, MSIAddr */
    s.doorbell();
}

void wait_for(Stream &s, uint64_t value)
{
    sim_record r = {};

    r.kind = SIM_R_WAIT;
    r.wait.cond = SIM_COND_MEM;
    r.wait.addr = 0x10060000;
    r.wait.mask = 0xffffffff;
    r.wait.value = value;
    s.records.push_back(r);
}

/* Two syncs signal at one address, the second one after the flush; software saw the first. */
TEST(ExploreDoubt, signal_of_an_earlier_sync_completes_no_later_one)
{
    struct {
        uint64_t first, second, seen;
        chk_class verdict;
    } const rows[] = {{1, 2, 1, CHK_STALE}, {1, 2, 2, CHK_HITLESS}, {1, 1, 1, CHK_STALE}};

    for (const auto &row : rows) {
        Stream s;

        prepare(s);
        begin(s);
        s.store(kL3 + 8, 0, SIM_S_PTE);
        sync_by_memory(s, row.first);
        s.tlbi_asid(1);
        sync_by_memory(s, row.second);
        wait_for(s, row.seen);
        end(s);
        EXPECT_EQ(row.verdict, s.last()) << row.seen;
    }
}

/* ---- commands ---- */

/* Range commands that name another granule need not take anything (4.4.1.1). */
TEST(ExploreDoubt, range_of_another_granule_takes_nothing)
{
    for (const uint64_t tg : {1u, 2u, 3u}) {
        Stream s;

        prepare(s);
        begin(s);
        s.store(kL3 + 8, 0, SIM_S_PTE);
        s.command(1ull << 48 | 3ull << 12 | 0x12, tg << 10 | 1); /* four pages from 0 on */
        s.sync();
        end(s);
        EXPECT_EQ(tg == 1 ? CHK_HITLESS : CHK_STALE, s.last()) << tg;
    }
}

/* ---- tables inside other operations ---- */

chk_class class_of_replace_with_unmap(bool is_flushed)
{
    Stream s;

    prepare(s);
    s.begin(SIM_OP_REPLACE);
    s.store(kL3 + 8, 0, SIM_S_PTE);
    if (is_flushed) {
        s.tlbi_asid(1);
        s.sync();
    }
    s.end(SIM_OP_REPLACE);
    return s.last();
}

TEST(ExploreDoubt, page_that_goes_during_a_replace_needs_its_flush)
{
    EXPECT_EQ(CHK_STALE, class_of_replace_with_unmap(false));
    EXPECT_EQ(CHK_HITLESS, class_of_replace_with_unmap(true));
}

/* A table that was used before has a page left in it; it is cleared, and linked. */
TEST(ExploreDoubt, table_that_is_linked_before_it_is_seen_to_be_empty_leads_anywhere)
{
    for (const bool has_barrier : {false, true}) {
        for (const uint64_t left : {0ull, 0x80007000ull | kPage}) {
            Stream s;

            s.meta("barriers", "recorded");
            s.store(kL3 + 0x1000, left, SIM_S_PTE);
            s.barrier();
            prepare(s);
            s.barrier();
            s.begin(SIM_OP_MAP, kNone, 0x201000, 0x1000);
            s.store(kL3 + 0x1000, 0, SIM_S_PTE);
            if (has_barrier)
                s.barrier();
            s.store(kTableA + 0x2008, (kL3 + 0x1000) | 3, SIM_S_PTE);
            s.barrier();
            s.end(SIM_OP_MAP, kNone, 0x201000, 0x1000);
            EXPECT_EQ(left && !has_barrier ? CHK_TORN : CHK_HITLESS, s.last()) << has_barrier;
        }
    }
}

/* Nobody misses a store whose successor is visible, whoever did it. */
TEST(ExploreDoubt, store_that_is_overwritten_for_sure_is_not_missed)
{
    for (const bool has_barrier : {false, true}) {
        const Words ste = s1_ste(kCdTable);
        Stream s;

        s.meta("barriers", "recorded");
        s.entry(ste_at(kSid), abort_ste());
        s.entry(kCdTable, cd(1, kTableA + 0x8000));
        s.barrier();
        s.cpu = 1;
        s.store(kCdTable + 8, kTableB, SIM_S_CD);
        s.cpu = 0;
        s.store(kCdTable + 8, kTableA, SIM_S_CD);
        if (has_barrier)
            s.barrier();
        s.on();
        s.begin(SIM_OP_ATTACH);
        for (const unsigned i : {1u, 0u}) {
            s.store(ste_at(kSid) + i * 8, ste[i]);
            if (has_barrier)
                s.barrier();
            s.cfgi_ste();
            s.sync();
        }
        s.end(SIM_OP_ATTACH);
        EXPECT_EQ(has_barrier, s.last() == CHK_HITLESS);
    }
}

/* ---- guests that come back ---- */

/* While no guest is there, its parent loses a page that another device has, too. */
chk_class class_of_return(const std::vector<uint64_t> &commands, bool was_here)
{
    const Words guest = nested_ste(7, kTableA, 0x40000);
    Stream s;

    s.entry(ste_at(kSid), was_here ? guest : abort_ste());
    s.entry(ste_at(kOtherSid), s2_ste(7, kTableA));
    for (uint64_t i = 0; i < 3; i++)
        s.store(kTableA + i * 0x1000, (kTableA + (i + 1) * 0x1000) | 3, SIM_S_PTE);
    s.store(kL3 + 8, 0x80001000 | 0x7ff, SIM_S_PTE);
    s.on();
    s.begin(SIM_OP_DETACH);
    s.store(ste_at(kSid), abort_ste()[0]);
    s.cfgi_ste();
    s.sync();
    s.end(SIM_OP_DETACH);
    begin(s);
    s.store(kL3 + 8, 0, SIM_S_PTE);
    for (const uint64_t q0 : commands) {
        s.command(q0, (q0 & 0xff) == 0x2a ? 0x1001 : 0);
        s.sync();
    }
    end(s);
    EXPECT_EQ(CHK_HITLESS, s.last());
    s.begin(SIM_OP_ATTACH);
    for (unsigned i = 4; i-- > 0;) {
        s.store(ste_at(kSid) + i * 8, guest[i]);
        s.cfgi_ste();
        s.sync();
    }
    s.end(SIM_OP_ATTACH);
    return s.last();
}

TEST(ExploreDoubt, guest_that_comes_back_finds_what_its_parent_has_lost)
{
    constexpr uint64_t kS2Ipa = 7ull << 32 | 0x2a;
    constexpr uint64_t kNhAll = 7ull << 32 | 0x10;
    constexpr uint64_t kVmall = 7ull << 32 | 0x28;

    EXPECT_EQ(CHK_STALE, class_of_return({kS2Ipa}, true));
    EXPECT_EQ(CHK_HITLESS, class_of_return({kS2Ipa, kNhAll}, true));
    EXPECT_EQ(CHK_HITLESS, class_of_return({kVmall}, true));
    EXPECT_EQ(CHK_HITLESS, class_of_return({kS2Ipa}, false));
    EXPECT_EQ(CHK_HITLESS, class_of_return({kNhAll, kS2Ipa}, true));
}

/* ---- hardware that is not known ---- */

chk_class last_class(Stream &s, bool &is_inconclusive)
{
    const xpl_report &report = s.explore();
    const xpl_op &op = report.ops[report.n_ops - 1];

    is_inconclusive = op.inconclusive;
    return op.worst[XPL_ARCHITECTURE];
}

TEST(ExploreDoubt, without_id_registers_nothing_is_hitless)
{
    for (const bool is_unmap : {false, true}) {
        bool is_inconclusive = false;
        Stream s;

        s.records.erase(s.records.begin() + 1, s.records.begin() + 5);
        prepare(s);
        if (is_unmap) {
            begin(s);
            end(s);
        } else {
            s.begin(SIM_OP_DETACH);
            s.store(ste_at(kSid), abort_ste()[0]);
            s.end(SIM_OP_DETACH);
        }
        EXPECT_TRUE(last_class(s, is_inconclusive) != CHK_HITLESS || is_inconclusive) << is_unmap;
    }
}

TEST(ExploreDoubt, without_registers_an_unmap_is_inconclusive)
{
    bool is_inconclusive = false;
    Stream s;

    prepare(s);
    for (size_t i = s.records.size(); i-- > 0;) {
        if (s.records[i].kind == SIM_R_MMIO_WRITE)
            s.records.erase(s.records.begin() + std::ptrdiff_t(i));
    }
    begin(s);
    s.store(kL3 + 8, 0, SIM_S_PTE);
    end(s);
    EXPECT_EQ(CHK_HITLESS, last_class(s, is_inconclusive));
    EXPECT_TRUE(is_inconclusive);
}

} // namespace
