/* SPDX-License-Identifier: BSD-2-Clause
 * explore_mark_test.cpp - operations and what they are told of: marks, levels of prefetching, lost
 * records, scopes of configuration commands. Rows: 4.3 (scopes), semantics of verdicts. */
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

void lost(Stream &s)
{
    sim_record r = {};

    r.kind = SIM_R_LOST;
    s.records.push_back(r);
}

/* S1ContextPtr moves to CDs of domain B. */
void replace(Stream &s, int32_t ret = 0)
{
    s.begin(SIM_OP_REPLACE);
    s.entry(kSecondCdTable, cd(2, kTableB));
    s.store(ste_at(kSid), s1_ste(kSecondCdTable)[0]);
    s.cfgi_ste();
    s.sync();
    s.end(SIM_OP_REPLACE, 0, 0, 0, ret);
}

/* ---- scopes of commands ---- */

struct Scope {
    const char *name;
    bool is_cd; /* what becomes invalid */
    uint64_t q0, q1;
    chk_class verdict;
};

std::ostream &operator<<(std::ostream &out, const Scope &scope)
{
    return out << scope.name;
}

constexpr uint64_t sid(uint64_t number)
{
    return number << 32;
}

const Scope scopes[] = {
    {"ste", false, sid(3) | 3, 1, CHK_HITLESS},
    {"ste_of_another", false, sid(2) | 3, 1, CHK_STALE},
    {"range_of_2", false, sid(2) | 4, 0, CHK_HITLESS},
    {"range_of_2_behind", false, sid(4) | 4, 0, CHK_STALE},
    {"range_of_2_before", false, sid(0) | 4, 0, CHK_STALE},
    {"range_of_4", false, sid(0) | 4, 1, CHK_HITLESS},
    {"range_of_4_behind", false, sid(4) | 4, 1, CHK_STALE},
    {"all", false, 4, 31, CHK_HITLESS},
    {"cd_of_an_ste", false, sid(3) | 5, 1, CHK_STALE},
    {"cd_all_of_an_ste", false, sid(3) | 6, 0, CHK_STALE},
    {"cd", true, sid(3) | 5, 1, CHK_HITLESS},
    {"cd_with_leaf_0", true, sid(3) | 5, 0, CHK_HITLESS},
    {"cd_of_another", true, sid(5) | 5, 1, CHK_STALE},
    {"cd_of_another_ssid", true, sid(3) | 1 << 12 | 5, 1, CHK_STALE},
    {"cd_all", true, sid(3) | 6, 0, CHK_HITLESS},
    {"cd_all_of_another", true, sid(5) | 6, 0, CHK_STALE},
    {"ste_of_a_cd", true, sid(3) | 3, 1, CHK_HITLESS},
    {"ste_of_another_cd", true, sid(5) | 3, 1, CHK_STALE},
    {"range_of_a_cd", true, sid(2) | 4, 0, CHK_HITLESS},
    {"all_of_a_cd", true, 4, 31, CHK_HITLESS},
    {"prefetch", true, sid(3) | 1, 0, CHK_STALE},
    {"tlbi", true, 0x30, 0, CHK_STALE},
};

class ConfigScopes : public testing::TestWithParam<Scope>
{
};

TEST_P(ConfigScopes, of_configuration_commands)
{
    Stream s;

    prepare(s);
    s.begin(SIM_OP_DETACH);
    s.store(GetParam().is_cd ? kCdTable : ste_at(kSid), GetParam().is_cd ? 0 : 1);
    s.command(GetParam().q0, GetParam().q1);
    s.sync();
    s.end(SIM_OP_DETACH);
    EXPECT_STREQ(chk_class_name(GetParam().verdict), chk_class_name(s.last()));
}

INSTANTIATE_TEST_SUITE_P(commands, ConfigScopes, testing::ValuesIn(scopes),
                         [](const auto &row) { return std::string(row.param.name); });

/* ---- marks ---- */

TEST(ExploreMark, failed_switch_that_leaves_the_new_is_stale)
{
    Stream s;

    prepare(s);
    replace(s, -12);
    EXPECT_EQ(CHK_STALE, s.last());
}

TEST(ExploreMark, what_is_not_closed_ends_with_its_parent)
{
    Stream s;

    prepare(s);
    s.begin(SIM_OP_REPLACE);
    s.begin(SIM_OP_DRV_ATTACH);
    s.store(ste_at(kSid), 1);
    s.cfgi_ste();
    s.sync();
    s.end(SIM_OP_REPLACE);
    const xpl_report &report = s.explore();

    ASSERT_EQ(1u, report.n_ops);
    EXPECT_EQ(SIM_OP_REPLACE, report.ops[0].op);
    EXPECT_EQ(s.records.size(), report.ops[0].end_seq);
    EXPECT_EQ(CHK_HITLESS, report.ops[0].worst[XPL_ARCHITECTURE]);
    EXPECT_FALSE(report.ops[0].inconclusive);
}

TEST(ExploreMark, missing_end_is_inconclusive)
{
    Stream s;

    prepare(s);
    s.begin(SIM_OP_REPLACE);
    s.end(SIM_OP_ATTACH); /* ends nothing */
    const xpl_report &report = s.explore();

    ASSERT_EQ(1u, report.n_ops);
    EXPECT_TRUE(report.ops[0].inconclusive);
    EXPECT_TRUE(report.inconclusive);
    EXPECT_STREQ("the operation's end is missing", report.ops[0].why);
}

TEST(ExploreMark, deadline_is_the_end_of_the_drivers_part)
{
    for (const bool is_inside : {false, true}) {
        Stream s;

        prepare(s);
        s.begin(SIM_OP_DETACH);
        s.begin(SIM_OP_DRV_ATTACH);
        s.store(ste_at(kSid), 1);
        if (!is_inside)
            s.end(SIM_OP_DRV_ATTACH);
        s.cfgi_ste();
        s.sync();
        if (is_inside)
            s.end(SIM_OP_DRV_ATTACH);
        s.end(SIM_OP_DETACH);
        EXPECT_EQ(is_inside ? CHK_HITLESS : CHK_STALE, s.last()) << is_inside;
    }
}

TEST(ExploreMark, alloc_and_free_are_no_operations)
{
    Stream s;

    prepare(s);
    s.begin(SIM_OP_ALLOC);
    s.end(SIM_OP_ALLOC);
    s.begin(SIM_OP_FREE);
    s.end(SIM_OP_FREE);
    EXPECT_EQ(0u, s.explore().n_ops);
}

/* An operation may be inside of what is none: it ends with its own mark. */
TEST(ExploreMark, operation_inside_an_alloc_ends_with_its_own_mark)
{
    Stream s;

    prepare(s);
    s.begin(SIM_OP_ALLOC);
    s.begin(SIM_OP_UNMAP, UINT32_MAX);
    s.end(SIM_OP_UNMAP, UINT32_MAX);
    const uint64_t end = s.records.size();

    s.begin(SIM_OP_MAP, UINT32_MAX);
    s.end(SIM_OP_MAP, UINT32_MAX);
    s.end(SIM_OP_ALLOC);
    const xpl_report &report = s.explore();

    ASSERT_EQ(2u, report.n_ops);
    EXPECT_EQ(SIM_OP_UNMAP, report.ops[0].op);
    EXPECT_EQ(end, report.ops[0].end_seq);
    EXPECT_EQ(SIM_OP_MAP, report.ops[1].op);
    EXPECT_FALSE(report.inconclusive);
}

TEST(ExploreMark, operations_on_a_device_switch_it_and_those_on_tables_do_not)
{
    const struct {
        unsigned op;
        bool is_switch;
    } rows[] = {
        {SIM_OP_ATTACH, true},       {SIM_OP_REPLACE, true},   {SIM_OP_DETACH, true},
        {SIM_OP_DRV_ATTACH, true},   {SIM_OP_SET_PASID, true}, {SIM_OP_REPLACE_PASID, true},
        {SIM_OP_REMOVE_PASID, true}, {SIM_OP_MAP, false},      {SIM_OP_UNMAP, false},
    };

    for (const auto &row : rows) {
        Stream s;

        prepare(s);
        s.begin(row.op);
        s.end(row.op);
        const xpl_op &op = s.explore().ops[0];

        ASSERT_EQ(row.is_switch ? 2u : 0u, op.n_slots) << row.op;
        EXPECT_EQ(row.op, op.op);
        if (row.is_switch) {
            EXPECT_TRUE(op.slots[0].is_switched) << row.op;
            EXPECT_EQ(kSid, op.slots[0].request.requester);
        }
    }
}

/* Sixteen open marks are kept; the operation is the outermost one. */
TEST(ExploreMark, more_marks_within_each_other_than_are_kept_do_no_harm)
{
    for (const unsigned n : {16u, 17u, 40u}) {
        Stream s;

        prepare(s);
        for (unsigned i = 0; i < n; i++)
            s.begin(SIM_OP_REPLACE);
        for (unsigned i = 0; i < n; i++)
            s.end(SIM_OP_REPLACE);
        const xpl_report &report = s.explore();

        EXPECT_EQ(1u, report.n_ops) << n;
        EXPECT_EQ(CHK_HITLESS, report.worst[XPL_ARCHITECTURE]) << n;
    }
}

/* A CD of zeros, and one that nobody told: what is read there may be the same, and may not be. */
TEST(ExploreMark, table_of_cds_in_memory_that_nobody_told_is_inconclusive)
{
    for (const uint64_t table : {kSecondCdTable, uint64_t{0x50000000}}) {
        Stream s;

        s.entry(ste_at(kSid), s1_ste(kCdTable));
        s.on();
        s.begin(SIM_OP_REPLACE);
        s.store(ste_at(kSid), s1_ste(table)[0]);
        s.end(SIM_OP_REPLACE);
        EXPECT_EQ(table == 0x50000000, s.explore().ops[0].inconclusive);
    }
}

TEST(ExploreMark, unknown_device_is_inconclusive)
{
    Stream s;

    prepare(s);
    s.begin(SIM_OP_REPLACE, 9);
    s.end(SIM_OP_REPLACE, 9);
    EXPECT_TRUE(s.explore().ops[0].inconclusive);
}

TEST(ExploreMark, lost_records_make_the_operation_inconclusive_until_one_succeeds)
{
    Stream s;

    prepare(s);
    s.begin(SIM_OP_REPLACE);
    lost(s);
    s.end(SIM_OP_REPLACE, 0, 0, 0, -12);
    s.begin(SIM_OP_REPLACE);
    s.end(SIM_OP_REPLACE);
    s.begin(SIM_OP_REPLACE);
    s.end(SIM_OP_REPLACE);
    const xpl_report &report = s.explore();

    ASSERT_EQ(3u, report.n_ops);
    EXPECT_TRUE(report.ops[0].inconclusive);
    EXPECT_TRUE(report.ops[1].inconclusive);
    EXPECT_FALSE(report.ops[2].inconclusive);
}

TEST(ExploreMark, report_counts_what_there_was)
{
    Stream s;

    prepare(s);
    replace(s);
    const xpl_report &report = s.explore();

    EXPECT_EQ(s.records.size(), report.n_records);
    EXPECT_LT(0u, report.n_views);
    EXPECT_LT(0u, report.n_outcomes);
    EXPECT_TRUE(report.ordering_assumed);
    EXPECT_FALSE(report.inconclusive);
    EXPECT_EQ(0u, report.bad_outside);
    EXPECT_EQ(0u, report.ops_left_out);
    EXPECT_EQ(9u, report.ops[0].stores); /* a CD and a word */
    EXPECT_EQ(2u, report.ops[0].commands);
    EXPECT_EQ(1u, report.ops[0].syncs);
}

TEST(ExploreMark, slots_tell_who_was_switched_and_who_looked_on)
{
    Stream s;

    prepare(s);
    replace(s);
    const xpl_op &op = s.explore().ops[0];

    ASSERT_EQ(2u, op.n_slots);
    for (uint32_t i = 0; i < op.n_slots; i++) {
        const bool is_own = op.slots[i].request.requester == kSid;

        EXPECT_EQ(is_own, op.slots[i].is_switched);
        EXPECT_EQ(is_own ? 0u : 1u, op.slots[i].dev);
        EXPECT_EQ(CHK_HITLESS, op.slots[i].worst);
    }
}

/* ---- levels ---- */

TEST(ExploreLevel, refusal_before_first_use_is_prefetched_by_the_architecture_alone)
{
    Stream s;

    s.entry(kCdTable, cd(1, kTableA));
    s.on();
    s.entry(ste_at(kSid), s1_ste(kCdTable)); /* nobody tells the SMMU */
    s.begin(SIM_OP_ATTACH);
    s.end(SIM_OP_ATTACH);
    EXPECT_NE(CHK_HITLESS, s.last(XPL_ARCHITECTURE));
    EXPECT_EQ(CHK_HITLESS, s.last(XPL_DEPLOYED));
}

TEST(ExploreLevel, both_levels_have_classes_of_their_own)
{
    Stream s;

    prepare(s);
    s.begin(SIM_OP_REPLACE);
    s.store(kCdTable + 8, kTableB);
    s.cfgi_cd();
    s.sync();
    s.end(SIM_OP_REPLACE);
    const xpl_report &report = s.explore();

    for (const xpl_level level : {XPL_ARCHITECTURE, XPL_DEPLOYED}) {
        EXPECT_EQ(CHK_HITLESS, report.ops[0].entry_worst[level]);
        EXPECT_EQ(CHK_STALE, report.ops[0].tlb_worst[level]);
        EXPECT_EQ(CHK_STALE, report.ops[0].worst[level]);
        EXPECT_EQ(1u << CHK_STALE, report.ops[0].classes[level]);
        EXPECT_EQ(CHK_STALE, report.worst[level]);
    }
}

/* ---- devices with ATS that the STE does not let use it ---- */

TEST(ExploreLevel, device_that_gets_no_answers_keeps_nothing)
{
    Stream s;
    constexpr uint64_t kL1 = kTableA + 0x1000, kL2 = kTableA + 0x2000, kL3 = kTableA + 0x3000;

    s.entry(ste_at(kSid), s1_ste(kCdTable)); /* EATS=0 */
    s.entry(kCdTable, cd(1, kTableA));
    s.store(kTableA, kL1 | 3, SIM_S_PTE);
    s.store(kL1, kL2 | 3, SIM_S_PTE);
    s.store(kL2, kL3 | 3, SIM_S_PTE);
    s.store(kL3 + 8, 0x80001f43, SIM_S_PTE);
    s.reg(0x20, 0x19);
    s.ats(true);
    s.begin(SIM_OP_UNMAP, UINT32_MAX, 0x1000, 0x1000);
    s.store(kL3 + 8, 0, SIM_S_PTE);
    s.tlbi_asid(1);
    s.sync();
    s.end(SIM_OP_UNMAP, UINT32_MAX, 0x1000, 0x1000);
    EXPECT_EQ(CHK_HITLESS, s.last());
}

/* ---- the device of an operation ---- */

TEST(ExploreMark, device_of_an_operation_is_the_first_that_a_mark_names)
{
    const struct {
        uint32_t outer, first, second, expected;
    } rows[] = {
        {UINT32_MAX, 0, 1, 0}, {UINT32_MAX, 1, 0, 1},          {1, 0, 0, 1},
        {0, 1, 1, 0},          {0, UINT32_MAX, UINT32_MAX, 0}, {UINT32_MAX, UINT32_MAX, 1, 1},
    };

    for (const auto &row : rows) {
        Stream s;

        prepare(s);
        s.begin(SIM_OP_REPLACE, row.outer);
        for (const uint32_t dev : {row.first, row.second}) {
            s.begin(SIM_OP_DRV_ATTACH, dev);
            s.end(SIM_OP_DRV_ATTACH, dev);
        }
        s.end(SIM_OP_REPLACE, row.outer);
        const xpl_report &report = s.explore();

        ASSERT_EQ(1u, report.n_ops);
        EXPECT_EQ(row.expected, report.ops[0].dev) << row.outer << " " << row.first;
    }
}

} // namespace
