/* SPDX-License-Identifier: BSD-2-Clause
 * explore_reason_test.cpp - why an operation is inconclusive: what is too much to try, what nobody
 * told, gaps in the stream. Device 1 has an STE of zeros. */
#include "tests/unit/check/explore_stream.h"

using namespace explore_test;

namespace
{

void prepare(Stream &s)
{
    s.entry(ste_at(kSid), s1_ste(kCdTable));
    s.entry(kCdTable, cd(1, kTableA));
    s.on();
}

void detach(Stream &s, uint32_t dev = 0, uint32_t sid = kSid)
{
    s.begin(SIM_OP_DETACH, dev);
    s.store(ste_at(sid), 1);
    s.cfgi_ste(sid);
    s.sync();
    s.end(SIM_OP_DETACH, dev);
}

const xpl_slot &slot_of(const xpl_op &op, uint32_t sid)
{
    uint32_t i = 0;

    while (i < op.n_slots && op.slots[i].request.requester != sid)
        i++;
    EXPECT_LT(i, op.n_slots);
    return op.slots[i];
}

constexpr const char *kViews = "a request had more views than the explorer tries (max_views)";
constexpr const char *kValues = "a structure had more values than the explorer keeps (max_values)";
constexpr const char *kUnknown = "hardware may read a word that the stream does not tell";

TEST(ExploreReason, reason_of_the_report_is_the_first_of_all)
{
    Stream s;

    prepare(s);
    s.begin(SIM_OP_REPLACE, 9);
    s.end(SIM_OP_REPLACE, 9);
    s.begin(SIM_OP_REPLACE);
    const xpl_report &report = s.explore();

    ASSERT_EQ(2u, report.n_ops);
    EXPECT_STREQ("the requests of the device are not known, or its unit is off", report.ops[0].why);
    EXPECT_STREQ("the operation's end is missing", report.ops[1].why);
    EXPECT_STREQ(report.ops[0].why, report.why);
    EXPECT_TRUE(report.inconclusive);
}

TEST(ExploreReason, reason_of_an_operation_is_the_first_of_its_own)
{
    Stream s;

    prepare(s);
    s.begin(SIM_OP_REPLACE, 9);
    s.lost();
    const xpl_report &report = s.explore();

    EXPECT_STREQ("the requests of the device are not known, or its unit is off", report.ops[0].why);
}

/* Two values of each of two words of a CD: one look has more than 4 views. After the CFGI it has
 * few again, but the replace began with what was not tried. */
TEST(ExploreReason, look_that_was_cut_before_makes_the_next_operation_inconclusive)
{
    Stream s;

    prepare(s);
    s.params.max_views = 4;
    s.store(kCdTable + 16, 0x10);
    s.store(kCdTable + 24, 0);
    s.store(kCdTable + 8, kTableB);
    s.begin(SIM_OP_REPLACE);
    s.cfgi_cd();
    s.sync();
    s.end(SIM_OP_REPLACE);
    const xpl_report &report = s.explore();

    EXPECT_TRUE(report.ops[0].inconclusive);
    EXPECT_STREQ(kViews, report.ops[0].why);
    EXPECT_TRUE(slot_of(report.ops[0], kSid).inconclusive);
    EXPECT_STREQ(kViews, slot_of(report.ops[0], kSid).why);
    EXPECT_FALSE(slot_of(report.ops[0], kOtherSid).inconclusive);
}

TEST(ExploreReason, look_that_is_cut_makes_its_slot_inconclusive)
{
    Stream s;

    prepare(s);
    s.params.max_views = 2;
    s.begin(SIM_OP_REPLACE);
    s.store(kCdTable, 0);
    s.end(SIM_OP_REPLACE);
    const xpl_op &op = s.explore().ops[0];

    EXPECT_TRUE(op.inconclusive);
    EXPECT_STREQ(kViews, op.why);
    EXPECT_TRUE(slot_of(op, kSid).inconclusive);
    EXPECT_STREQ(kViews, slot_of(op, kSid).why);
    EXPECT_FALSE(slot_of(op, kOtherSid).inconclusive);
}

TEST(ExploreReason, as_many_views_as_are_tried_are_conclusive)
{
    for (const unsigned max : {2u, 3u}) {
        Stream s;

        prepare(s);
        s.params.max_views = max;
        s.begin(SIM_OP_REPLACE);
        s.store(kCdTable, 0); /* one view of the STE, two of the CD */
        s.end(SIM_OP_REPLACE);
        EXPECT_EQ(max < 3, s.explore().ops[0].inconclusive) << max;
    }
}

/* A word of an STE that means nothing: two views of the STE, which are one on their way to the CD.
 */
TEST(ExploreReason, look_ups_in_the_same_state_are_one)
{
    for (const unsigned max : {2u, 3u}) {
        Stream s;

        prepare(s);
        s.params.max_views = max;
        s.begin(SIM_OP_REPLACE);
        s.store(ste_at(kSid) + 48, 0x1234);
        s.end(SIM_OP_REPLACE);
        EXPECT_EQ(max < 3, s.explore().ops[0].inconclusive) << max;
        EXPECT_EQ(CHK_HITLESS, s.explore().ops[0].worst[XPL_ARCHITECTURE]);
    }
}

TEST(ExploreReason, as_many_values_as_are_kept_are_conclusive)
{
    for (const unsigned max : {2u, 3u}) {
        Stream s;

        prepare(s);
        s.params.max_values = max;
        s.begin(SIM_OP_REPLACE);
        for (const uint64_t word : {uint64_t{0}, cd(1, kTableA)[0], cd(2, kTableA)[0]}) {
            s.store(kCdTable, word); /* the first comes back: it is one value */
            s.tlbi_asid(9);
            s.doorbell();
        }
        s.cfgi_cd();
        s.sync();
        s.end(SIM_OP_REPLACE);
        const xpl_op &op = s.explore().ops[0];

        EXPECT_EQ(max < 3, op.inconclusive) << max;
        EXPECT_EQ(max < 3, slot_of(op, kSid).inconclusive) << max;
        EXPECT_STREQ(max < 3 ? kValues : nullptr, op.why);
        EXPECT_STREQ(max < 3 ? kValues : nullptr, slot_of(op, kSid).why);
    }
}

TEST(ExploreReason, word_that_nobody_wrote_is_named_where_it_is_read)
{
    Stream s;

    s.entry(ste_at(kSid), s1_ste(0x50000000));
    s.on();
    s.begin(SIM_OP_REPLACE);
    s.end(SIM_OP_REPLACE);
    const xpl_op &op = s.explore().ops[0];

    EXPECT_EQ(CHK_HITLESS, op.worst[XPL_ARCHITECTURE]);
    EXPECT_STREQ(kUnknown, op.why);
    EXPECT_TRUE(slot_of(op, kSid).inconclusive);
    EXPECT_STREQ(kUnknown, slot_of(op, kSid).why);
    EXPECT_FALSE(slot_of(op, kOtherSid).inconclusive);
}

/* ---- gaps ---- */

TEST(ExploreReason, gap_makes_the_operation_of_its_cpu_inconclusive)
{
    Stream s;

    prepare(s);
    s.begin(SIM_OP_UNMAP, UINT32_MAX);
    s.lost();
    s.end(SIM_OP_UNMAP, UINT32_MAX);
    const xpl_report &report = s.explore();

    EXPECT_TRUE(report.ops[0].inconclusive);
    EXPECT_STREQ("events were lost", report.ops[0].why);
}

TEST(ExploreReason, gap_makes_what_is_at_work_on_other_cpus_inconclusive)
{
    Stream s;

    prepare(s);
    s.begin(SIM_OP_DETACH);
    s.cpu = 1;
    s.lost();
    s.cpu = 0;
    s.store(ste_at(kSid), 1);
    s.cfgi_ste();
    s.sync();
    s.end(SIM_OP_DETACH);
    EXPECT_TRUE(s.explore().ops[0].inconclusive);
}

TEST(ExploreReason, gap_outside_any_operation_makes_the_next_one_inconclusive)
{
    Stream s;

    prepare(s);
    s.lost();
    detach(s);
    EXPECT_TRUE(s.explore().ops[0].inconclusive);
}

} // namespace
