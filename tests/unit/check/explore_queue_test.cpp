/* SPDX-License-Identifier: BSD-2-Clause
 * explore_queue_test.cpp - commands: which of them a wait tells of, where the queue begins and
 * wraps, and what the stream does not show. Rows: 3.5 (queues), 4.7 (CMD_SYNC). */
#include "tests/unit/check/explore_stream.h"

#include <string>

using namespace explore_test;

namespace
{

constexpr uint64_t kCons = 0x9c;
constexpr uint64_t kMsi = 0x10080000;
constexpr unsigned kSlots = 256;

void prepare(Stream &s)
{
    s.entry(ste_at(kSid), s1_ste(kCdTable));
    s.entry(kCdTable, cd(1, kTableA));
    s.on();
}

/* ---- waits: a detach in slots 0 and 1; slots 2 and 3 have nothing to do with it ---- */

struct Wait {
    const char *name;
    unsigned cond;
    uint64_t addr, value; /* queue: the slot */
    int32_t ret;
    bool is_enough;
};

std::ostream &operator<<(std::ostream &out, const Wait &wait)
{
    return out << wait.name;
}

const Wait waits[] = {
    {"slot", SIM_COND_QUEUE, kQueue, 1, 0, true},
    {"slot_with_wrap", SIM_COND_QUEUE, kQueue, 1 + kSlots, 0, true},
    {"later_sync", SIM_COND_QUEUE, kQueue, 3, 0, true},
    {"slot_of_no_sync", SIM_COND_QUEUE, kQueue, 0, 0, false},
    {"slot_behind_all", SIM_COND_QUEUE, kQueue, 4, 0, false},
    {"slot_of_another_queue", SIM_COND_QUEUE, kQueue + 0x1000, 1, 0, false},
    {"given_up", SIM_COND_QUEUE, kQueue, 1, -110, false},
    {"cons_before_the_sync", SIM_COND_REG, kCons, 1, 0, false},
    {"cons_behind_the_sync", SIM_COND_REG, kCons, 2, 0, true},
    {"cons_further_on", SIM_COND_REG, kCons, 3, 0, true},
    {"cons_at_the_end", SIM_COND_REG, kCons, 4, 0, true},
    {"cons_that_has_not_moved", SIM_COND_REG, kCons, 0, 0, false},
    {"cons_given_up", SIM_COND_REG, kCons, 4, -110, false},
    {"prod", SIM_COND_REG, 0x98, 4, 0, false},
    {"message", SIM_COND_MEM, kMsi, 0, 0, true},
    {"message_of_the_later_sync", SIM_COND_MEM, kMsi + 4, 0, 0, true},
    {"message_elsewhere", SIM_COND_MEM, kMsi + 8, 0, 0, false},
    {"message_nowhere", SIM_COND_MEM, 0, 0, 0, false},
};

class Waits : public testing::TestWithParam<Wait>
{
};

TEST_P(Waits, tell_what_is_complete)
{
    Stream s;

    prepare(s);
    s.begin(SIM_OP_DETACH);
    s.store(ste_at(kSid), 1);
    s.cfgi_ste();
    s.command(0x1046, kMsi); /* CS=SIG_IRQ, with a message */
    s.cfgi_ste(kOtherSid);
    s.command(0x1046, kMsi + 4);
    s.doorbell();
    s.wait_for(GetParam().cond, GetParam().addr, GetParam().value, GetParam().ret);
    s.records.back().wait.index = static_cast<uint32_t>(GetParam().value);
    s.end(SIM_OP_DETACH);
    EXPECT_EQ(GetParam().is_enough ? CHK_HITLESS : CHK_STALE, s.last());
    EXPECT_EQ(4u, s.explore().ops[0].commands);
    EXPECT_EQ(2u, s.explore().ops[0].syncs);
}

INSTANTIATE_TEST_SUITE_P(queue, Waits, testing::ValuesIn(waits),
                         [](const auto &row) { return std::string(row.param.name); });

/* CMD_SYNC with CS=NONE writes nothing: a word at its MSIAddress tells nothing. */
TEST(ExploreQueue, sync_without_a_signal_writes_no_message)
{
    Stream s;

    prepare(s);
    s.begin(SIM_OP_DETACH);
    s.store(ste_at(kSid), 1);
    s.cfgi_ste();
    s.command(0x46, kMsi);
    s.doorbell();
    s.wait_for(SIM_COND_MEM, kMsi, 0);
    s.end(SIM_OP_DETACH);
    EXPECT_EQ(CHK_STALE, s.last());
}

TEST(ExploreQueue, register_of_another_unit_tells_nothing_of_this_queue)
{
    Stream s;

    s.unit(1);
    s.iommu_number = 0;
    prepare(s);
    s.begin(SIM_OP_DETACH);
    s.store(ste_at(kSid), 1);
    s.cfgi_ste();
    s.command(0x2046);
    s.doorbell();
    s.iommu_number = 1;
    s.wait_for(SIM_COND_REG, kCons, 2);
    s.end(SIM_OP_DETACH);
    EXPECT_EQ(CHK_STALE, s.last());
}

/* A unit of an architecture that is not known here changes nothing about the others. */
TEST(ExploreQueue, unit_of_an_unknown_architecture_is_left_alone)
{
    Stream s;

    s.unit(1);
    s.records.back().unit.arch = SIM_ARCH_VTD;
    s.reg(0x20, 9);
    s.iommu_number = 0;
    prepare(s);
    s.begin(SIM_OP_DETACH);
    s.store(ste_at(kSid), 1);
    s.cfgi_ste();
    s.command(0x2046);
    s.doorbell();
    s.wait_for(SIM_COND_REG, kCons, 2);
    s.end(SIM_OP_DETACH);
    const xpl_report &report = s.explore();

    EXPECT_EQ(CHK_HITLESS, report.ops[0].worst[XPL_ARCHITECTURE]);
    EXPECT_FALSE(report.inconclusive);
}

/* ---- where the queue stands ---- */

/* @n commands before it, each with its sync; the last wait by slot or by CMDQ_CONS. */
void detach_after(Stream &s, unsigned n, bool is_by_register)
{
    prepare(s);
    for (unsigned i = 0; i < n; i++)
        s.sync();
    s.begin(SIM_OP_DETACH);
    s.store(ste_at(kSid), 1);
    s.cfgi_ste();
    s.command(0x2046);
    s.doorbell();
    if (is_by_register)
        s.wait_for(SIM_COND_REG, kCons, s.prod);
    else
        s.wait();
    s.end(SIM_OP_DETACH);
}

TEST(ExploreQueue, wraps)
{
    for (const bool is_by_register : {false, true}) {
        for (const unsigned n : {0u, 1u, 127u, 128u, 253u, 254u, 255u, 256u, 257u, 510u, 511u}) {
            Stream s;

            detach_after(s, n, is_by_register);
            const xpl_report &report = s.explore();

            EXPECT_EQ(CHK_HITLESS, report.ops[0].worst[XPL_ARCHITECTURE]) << n << is_by_register;
            EXPECT_EQ(2u, report.ops[0].commands) << n;
            EXPECT_EQ(1u, report.ops[0].syncs) << n;
            EXPECT_FALSE(report.inconclusive) << n;
        }
    }
}

TEST(ExploreQueue, begins_where_it_was_set_up)
{
    for (const bool is_by_register : {false, true}) {
        for (const uint32_t prod : {1u, 0x81u, 0xffu, 0x100u, 0x1feu, 0x1ffu}) {
            Stream s;

            s.reg(0x20, 0);
            s.prod = prod;
            s.doorbell();
            s.reg(0x20, 8);
            detach_after(s, 0, is_by_register);
            const xpl_report &report = s.explore();

            EXPECT_EQ(CHK_HITLESS, report.ops[0].worst[XPL_ARCHITECTURE]) << prod;
            EXPECT_EQ(2u, report.ops[0].commands) << prod;
            EXPECT_FALSE(report.inconclusive) << prod;
        }
    }
}

TEST(ExploreQueue, all_of_it_at_once)
{
    Stream s;

    prepare(s);
    s.begin(SIM_OP_DETACH);
    s.store(ste_at(kSid), 1);
    s.cfgi_ste();
    for (unsigned i = 1; i < kSlots; i++)
        s.command(0x2046);
    s.doorbell();
    s.wait();
    s.end(SIM_OP_DETACH);
    const xpl_report &report = s.explore();

    EXPECT_EQ(CHK_HITLESS, report.ops[0].worst[XPL_ARCHITECTURE]);
    EXPECT_EQ(kSlots, report.ops[0].commands);
    EXPECT_FALSE(report.inconclusive);
}

TEST(ExploreQueue, stores_inside_it_are_commands_and_stores_beside_it_are_not)
{
    Stream s;

    prepare(s);
    s.begin(SIM_OP_UNMAP, UINT32_MAX);
    s.store(kQueue - 8, 1, SIM_S_PAGES);
    s.store(kQueue, 1, SIM_S_PAGES);
    s.store(kQueue + 0xff8, 1, SIM_S_PAGES);
    s.store(kQueue + 0x1000, 1, SIM_S_PAGES);
    s.end(SIM_OP_UNMAP, UINT32_MAX);
    EXPECT_EQ(2u, s.explore().ops[0].stores);
}

TEST(ExploreQueue, that_has_no_place_yet_has_no_stores)
{
    Stream s;

    s.reg(0x20, 0);
    s.reg(0x90, 0, 8);
    s.begin(SIM_OP_UNMAP, UINT32_MAX);
    s.store(0, 1, SIM_S_PAGES);
    s.end(SIM_OP_UNMAP, UINT32_MAX);
    EXPECT_EQ(1u, s.explore().ops[0].stores);
}

/* A slot is two words: either may be stored first, and one that stays is used again. */
TEST(ExploreQueue, command_of_two_stores)
{
    for (const bool is_low_first : {false, true}) {
        Stream s;

        prepare(s);
        s.begin(SIM_OP_DETACH);
        s.store(ste_at(kSid), 1);
        s.store(kQueue + (is_low_first ? 0 : 8), is_low_first ? 2ull << 32 | 4 : 31, SIM_S_CMD);
        s.store(kQueue + (is_low_first ? 8 : 0), is_low_first ? 31 : 2ull << 32 | 4, SIM_S_CMD);
        s.prod = 1;
        s.sync(); /* CFGI_ALL */
        s.end(SIM_OP_DETACH);
        EXPECT_EQ(CHK_HITLESS, s.last()) << is_low_first;
        EXPECT_EQ(1u, s.explore().ops[0].stores) << is_low_first;
    }
}

/* ---- what the stream does not show ---- */

constexpr const char *kLacking = "a command was published that the stream does not show";

TEST(ExploreQueue, command_that_was_never_stored_is_inconclusive)
{
    for (const bool is_by_register : {false, true}) {
        Stream s;

        prepare(s);
        s.begin(SIM_OP_DETACH);
        s.store(ste_at(kSid), 1);
        s.prod = 1;
        s.cfgi_ste();
        s.command(0x2046);
        s.doorbell();
        if (is_by_register)
            s.wait_for(SIM_COND_REG, kCons, 3);
        else
            s.wait();
        s.end(SIM_OP_DETACH);
        const xpl_report &report = s.explore();

        EXPECT_EQ(CHK_HITLESS, report.ops[0].worst[XPL_ARCHITECTURE]);
        EXPECT_EQ(2u, report.ops[0].commands);
        EXPECT_TRUE(report.ops[0].inconclusive);
        EXPECT_STREQ(kLacking, report.ops[0].why);
        EXPECT_STREQ(kLacking, report.why);
    }
}

TEST(ExploreQueue, slot_that_is_published_again_without_a_store_is_inconclusive)
{
    Stream s;

    prepare(s);
    for (unsigned i = 0; i < kSlots; i++)
        s.sync();
    s.begin(SIM_OP_UNMAP, UINT32_MAX);
    s.prod++;
    s.doorbell();
    s.end(SIM_OP_UNMAP, UINT32_MAX);
    const xpl_report &report = s.explore();

    EXPECT_TRUE(report.ops[0].inconclusive);
    EXPECT_EQ(0u, report.ops[0].commands);
}

TEST(ExploreQueue, write_pointer_that_goes_backwards_is_inconclusive)
{
    Stream s;

    prepare(s);
    s.sync();
    s.sync();
    s.begin(SIM_OP_UNMAP, UINT32_MAX);
    s.prod--;
    s.doorbell();
    s.end(SIM_OP_UNMAP, UINT32_MAX);
    const xpl_report &report = s.explore();

    EXPECT_TRUE(report.ops[0].inconclusive);
    EXPECT_STREQ("the queue's write pointer went backwards", report.ops[0].why);
    EXPECT_EQ(0u, report.ops[0].commands);
}

/* 8192 slots are remembered; the first of 8193 commands is not known any more. */
TEST(ExploreQueue, more_commands_at_once_than_are_remembered_are_inconclusive)
{
    for (const uint32_t n : {8192u, 8193u}) {
        Stream s;

        s.reg(0x20, 0);
        s.reg(0x90, 0x20000000 | 14, 8);
        s.reg(0x20, 8);
        s.begin(SIM_OP_UNMAP, UINT32_MAX);
        for (uint64_t i = 0; i < n; i++) {
            s.store(0x20000000 + i * 16, 0x46, SIM_S_CMD);
        }
        s.reg(0x98, n);
        s.end(SIM_OP_UNMAP, UINT32_MAX);
        EXPECT_EQ(n > 8192, s.explore().ops[0].inconclusive) << n;
        EXPECT_EQ(8192u, s.explore().ops[0].commands) << n;
    }
}

/* Slot 8192 is remembered where slot 0 was: what stood in that one is not this one's. */
TEST(ExploreQueue, half_of_a_command_does_not_get_the_other_half_from_elsewhere)
{
    constexpr uint64_t kBig = 0x20040000;
    Stream s;

    s.reg(0x20, 0);
    s.reg(0x90, kBig | 14, 8);
    s.reg(0x20, 8);
    prepare(s);
    s.store(kBig + 8, 31, SIM_S_CMD);
    s.store(kBig, 4, SIM_S_CMD); /* CFGI_ALL */
    s.reg(0x98, 1);
    s.begin(SIM_OP_DETACH);
    s.store(ste_at(kSid), 1);
    s.store(kBig + 8192 * 16, 8ull << 32 | 4, SIM_S_CMD); /* CFGI_STE_RANGE of StreamIDs 8, 9 */
    s.store(kBig + 8193 * 16, 0x1046, SIM_S_CMD);
    s.store(kBig + 8193 * 16 + 8, kMsi, SIM_S_CMD);
    s.reg(0x98, 8194);
    s.wait_for(SIM_COND_MEM, kMsi, 0);
    s.end(SIM_OP_DETACH);
    EXPECT_EQ(CHK_STALE, s.last());
}

} // namespace
