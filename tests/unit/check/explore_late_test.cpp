/* SPDX-License-Identifier: BSD-2-Clause
 * explore_late_test.cpp - stores that are not ordered, of several CPUs, to a CD that becomes
 * reachable while they are on their way. What may be left is worked out by hand: a store is seen
 * late until its own CPU's barrier; a later store to the same word that is seen hides it. */
#include "tests/unit/check/explore_stream.h"

#include <string>

using namespace explore_test;

namespace
{

constexpr uint64_t kNew = kSecondCdTable;

/* V=1, everything else of word 0 as domain B has it. */
uint64_t valid()
{
    return cd(2, kTableB)[0];
}

/* Device 0 has domain A. All of the new CD is there but words 0 and 1, which are 0. */
void prepare(Stream &s, unsigned atom)
{
    s.params.atom_bytes = atom;
    s.meta("barriers", "recorded");
    s.entry(ste_at(kSid), s1_ste(kCdTable));
    s.entry(kCdTable, cd(1, kTableA));
    s.store(kNew + 24, cd(2, kTableB)[3]);
    s.barrier();
    s.on();
    s.begin(SIM_OP_REPLACE);
}

void by(Stream &s, uint16_t cpu, unsigned word, uint64_t value)
{
    s.cpu = cpu;
    s.store(kNew + word * 8, value, SIM_S_CD);
    s.cpu = 0;
}

void barrier_of(Stream &s, uint16_t cpu)
{
    s.cpu = cpu;
    s.barrier();
    s.cpu = 0;
}

/* The pointer, ordered; what was cached of the new CD until now is dropped with it. */
void point(Stream &s)
{
    s.store(ste_at(kSid), s1_ste(kNew)[0]);
    s.barrier();
    s.cfgi_ste();
    s.sync();
}

const xpl_slot &finish(Stream &s)
{
    s.cfgi_cd();
    s.sync();
    s.end(SIM_OP_REPLACE);
    const xpl_op &op = s.explore().ops[0];

    EXPECT_EQ(kSid, op.slots[0].request.requester);
    return op.slots[0];
}

bool has(const xpl_slot &slot, chk_class verdict)
{
    return (slot.classes[XPL_ENTRY] & 1u << verdict) != 0;
}

class Late : public testing::TestWithParam<unsigned>
{
};

TEST_P(Late, none_is_hitless)
{
    Stream s;

    prepare(s, GetParam());
    by(s, 1, 1, kTableB);
    by(s, 1, 0, valid());
    barrier_of(s, 1);
    point(s);
    EXPECT_EQ(0u, finish(s).classes[XPL_ENTRY]);
}

/* CPU 1 makes it valid, CPU 2 gives it its table; @order: whose barrier comes, 0 = nobody's. */
chk_class worst_entry(unsigned atom, uint16_t first, uint16_t second)
{
    Stream s;

    prepare(s, atom);
    by(s, 1, 0, valid());
    by(s, 2, 1, kTableB);
    if (first)
        barrier_of(s, first);
    if (second)
        barrier_of(s, second);
    point(s);
    const xpl_slot &slot = finish(s);
    chk_class worst = CHK_HITLESS;

    for (const chk_class c : {CHK_BREAKS, CHK_STALE_REFUSAL, CHK_TORN, CHK_STALE}) {
        if (has(slot, c))
            worst = c;
    }
    return worst;
}

TEST_P(Late, of_two_words_each_needs_its_own_cpus_barrier)
{
    EXPECT_EQ(CHK_HITLESS, worst_entry(GetParam(), 1, 2));
    EXPECT_EQ(CHK_HITLESS, worst_entry(GetParam(), 2, 1));
    EXPECT_EQ(CHK_STALE_REFUSAL, worst_entry(GetParam(), 2, 0)); /* V=0 */
    EXPECT_EQ(CHK_STALE, worst_entry(GetParam(), 1, 0));         /* V=1 without its table */
    EXPECT_EQ(CHK_STALE, worst_entry(GetParam(), 0, 0));
    EXPECT_EQ(CHK_STALE, worst_entry(GetParam(), 3, 0));
}

/* CPU 1 makes it valid with ASID 7, ordered, CPU 2 then with ASID 2: nobody sees V=0 any more. */
TEST_P(Late, later_store_to_the_same_word_leaves_what_the_earlier_one_wrote)
{
    Stream s;

    prepare(s, GetParam());
    by(s, 1, 1, kTableB);
    barrier_of(s, 1);
    by(s, 1, 0, cd(7, kTableB)[0]);
    by(s, 2, 0, valid());
    barrier_of(s, 1);
    point(s);
    const xpl_slot &slot = finish(s);

    EXPECT_FALSE(has(slot, CHK_STALE_REFUSAL));
    EXPECT_FALSE(has(slot, CHK_BREAKS));
    EXPECT_TRUE(has(slot, CHK_TORN));
    EXPECT_TRUE(has(slot, CHK_STALE));
}

TEST_P(Late, both_stores_to_a_word_may_be)
{
    Stream s;

    prepare(s, GetParam());
    by(s, 1, 1, kTableB);
    barrier_of(s, 1);
    by(s, 1, 0, cd(7, kTableB)[0]);
    by(s, 2, 0, valid());
    point(s);
    const xpl_slot &slot = finish(s);

    EXPECT_TRUE(has(slot, CHK_STALE_REFUSAL));
    EXPECT_TRUE(has(slot, CHK_STALE));
}

/* CPU 1 makes it valid with ASID 7, CPU 2 then with ASID 2. Once that is ordered, nobody misses the
 * first one alone. */
TEST_P(Late, earlier_store_is_not_missed_when_the_later_one_is_seen)
{
    Stream s;

    prepare(s, GetParam());
    by(s, 1, 1, kTableB);
    barrier_of(s, 1);
    by(s, 1, 0, cd(7, kTableB)[0]);
    by(s, 2, 0, valid());
    point(s);
    barrier_of(s, 2);
    const xpl_slot &slot = finish(s);

    EXPECT_TRUE(has(slot, CHK_BREAKS));
    EXPECT_TRUE(has(slot, CHK_TORN));
    EXPECT_FALSE(has(slot, CHK_STALE_REFUSAL));
    EXPECT_FALSE(has(slot, CHK_STALE));
}

/* V=0 and ASID 7, and then ASID 2: three CDs, whoever lacks what. */
TEST_P(Late, store_over_one_that_is_missed_makes_one_more)
{
    for (const unsigned max : {9u, 10u}) {
        Stream s;

        prepare(s, GetParam());
        by(s, 1, 1, kTableB);
        barrier_of(s, 1);
        by(s, 1, 0, cd(7, kTableB)[0]);
        s.store(ste_at(kSid), s1_ste(kNew)[0]);
        by(s, 1, 0, valid());
        s.end(SIM_OP_REPLACE);
        s.params.max_views = max; /* two pointers; behind each the old CD and three new ones */
        EXPECT_EQ(max < 10, s.explore().ops[0].inconclusive) << max;
    }
}

/* The store is on its way while the CD is reachable already. */
TEST_P(Late, store_to_a_cd_in_use_needs_its_cpus_barrier)
{
    for (const uint16_t cpu : {1, 2}) {
        Stream s;

        prepare(s, GetParam());
        point(s); /* V=0: a break */
        by(s, 1, 1, kTableB);
        by(s, 1, 0, valid());
        barrier_of(s, cpu);
        const xpl_slot &slot = finish(s);

        EXPECT_TRUE(has(slot, CHK_BREAKS));
        EXPECT_EQ(cpu == 2, has(slot, CHK_STALE_REFUSAL)) << cpu;
    }
}

/* Of a CD in use CPU 1 changes the ASID, CPU 2 the table. */
TEST_P(Late, stores_of_two_cpus_to_a_cd_in_use_may_be_seen_in_any_order)
{
    for (const uint16_t cpu : {0, 1, 2}) {
        Stream s;

        prepare(s, GetParam());
        s.cpu = 1;
        s.store(kCdTable, cd(2, kTableA)[0], SIM_S_CD);
        s.cpu = 2;
        s.store(kCdTable + 8, kTableB, SIM_S_CD);
        s.cpu = 0;
        if (cpu) {
            barrier_of(s, cpu);
            s.cfgi_cd();
            s.sync();
        } else {
            barrier_of(s, 1);
            barrier_of(s, 2);
        }
        const xpl_slot &slot = finish(s);

        EXPECT_TRUE(has(slot, CHK_TORN)) << cpu;
        EXPECT_EQ(cpu != 0, has(slot, CHK_STALE)) << cpu; /* one of them may never be seen */
    }
}

/* A barrier counts for what its CPU stored before it, not after. */
TEST_P(Late, barrier_orders_what_came_before_it)
{
    for (const bool is_before : {false, true}) {
        Stream s;

        prepare(s, GetParam());
        by(s, 1, 1, kTableB);
        if (!is_before)
            barrier_of(s, 1);
        by(s, 1, 0, valid());
        if (is_before)
            barrier_of(s, 1);
        point(s);
        const xpl_slot &slot = finish(s);

        EXPECT_EQ(!is_before, has(slot, CHK_STALE_REFUSAL));
        EXPECT_FALSE(has(slot, CHK_TORN));
    }
}

TEST_P(Late, more_stores_to_a_word_than_are_tried_are_inconclusive)
{
    for (const unsigned n : {8u, 9u}) {
        Stream s;

        prepare(s, GetParam());
        by(s, 1, 1, kTableB);
        barrier_of(s, 1);
        for (unsigned i = 0; i < n; i++)
            by(s, 1, 0, cd(10 + i, kTableB)[0]);
        s.store(ste_at(kSid), s1_ste(kNew)[0]);
        s.end(SIM_OP_REPLACE);
        const xpl_op &op = s.explore().ops[0];

        EXPECT_EQ(n > 8, op.inconclusive) << n;
        EXPECT_STREQ(n > 8 ? "too many stores of one entry are not ordered" : nullptr, op.why);
    }
}

/* Words beside the CD are none of its own. */
TEST_P(Late, stores_beside_it_do_not_count)
{
    Stream s;

    prepare(s, GetParam());
    by(s, 1, 1, kTableB);
    by(s, 1, 0, valid());
    barrier_of(s, 1);
    s.store(kNew - 8, 1, SIM_S_CD);
    s.store(kNew + 64, 1, SIM_S_CD);
    s.store(ste_at(kSid), s1_ste(kNew)[0]);
    s.barrier();
    s.cfgi_ste();
    s.command(0x2046);
    s.params.max_views = 5; /* two pointers; behind each of them either CD may be cached */
    s.end(SIM_OP_REPLACE);
    EXPECT_TRUE(s.explore().ops[0].inconclusive);
    s.params.max_views = 6;
    EXPECT_FALSE(s.explore().ops[0].inconclusive);
}

/* Two late words of a CD: each may be missing, four CDs; in one atom of 16 bytes as well. */
TEST_P(Late, views_are_as_many_as_stores_may_be_missing)
{
    for (const unsigned max : {11u, 12u}) {
        Stream s;

        prepare(s, GetParam());
        by(s, 1, 1, kTableB);
        by(s, 2, 0, valid());
        s.store(ste_at(kSid), s1_ste(kNew)[0]);
        s.end(SIM_OP_REPLACE);
        s.params.max_views = max; /* two pointers; behind each five CDs */
        EXPECT_EQ(max < 12, s.explore().ops[0].inconclusive) << max;
    }
}

TEST_P(Late, store_of_what_is_there_already_is_none)
{
    Stream s;

    prepare(s, GetParam());
    s.params.max_values = 1;
    s.store(kCdTable, cd(1, kTableA)[0], SIM_S_CD);
    s.store(kCdTable + 8, kTableA, SIM_S_CD);
    s.end(SIM_OP_REPLACE);
    const xpl_op &op = s.explore().ops[0];

    EXPECT_FALSE(op.inconclusive);
    EXPECT_EQ(CHK_HITLESS, op.worst[XPL_ARCHITECTURE]);
}

INSTANTIATE_TEST_SUITE_P(atoms, Late, testing::Values(8u, 16u),
                         [](const auto &row) { return "of_" + std::to_string(row.param); });

/* Old and new are there, and a mix if the two words are not fetched at once. */
TEST(ExploreLate, sixteen_byte_store_to_a_cd_in_use_is_late_as_a_whole)
{
    for (const unsigned atom : {8u, 16u}) {
        Stream s;

        prepare(s, atom);
        s.store16(kCdTable, cd(2, kTableA)[0], kTableB, true);
        s.cfgi_cd();
        s.sync();
        s.end(SIM_OP_REPLACE);
        const xpl_slot &slot = s.explore().ops[0].slots[0];

        EXPECT_EQ(atom == 8, has(slot, CHK_TORN)) << atom;
        EXPECT_TRUE(has(slot, CHK_STALE)) << atom; /* no barrier */
    }
}

} // namespace
