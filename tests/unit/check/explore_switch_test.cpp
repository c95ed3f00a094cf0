/* SPDX-License-Identifier: BSD-2-Clause
 * explore_switch_test.cpp - transitions of an STE or a CD, step by step, and their classes.
 * Rows: facts 8.4 (what Linux does), and what goes wrong when a step is left out. */
#include <cstring>
#include <gtest/gtest.h>

#include "tests/unit/check/explore_stream.h"

using namespace explore_test;

namespace
{

/*
 * @steps: stores between two syncs, one word a step:  0-3 that word becomes the target's; m1: word
 * 1 becomes old | target; z: word 0 becomes 0;  |: CFGI and SYNC.
 */
struct Row {
    const char *name;
    bool is_cd;
    Words from, to;
    const char *steps;
    chk_class verdict;
    unsigned syncs;
};

std::ostream &operator<<(std::ostream &out, const Row &row)
{
    return out << row.name;
}

const Row rows[] = {
    {"invalid_to_abort", false, {0}, abort_ste(), "0|", CHK_HITLESS, 1},
    {"abort_to_identity", false, abort_ste(), identity_ste(), "1|0|", CHK_HITLESS, 2},
    {"identity_to_abort", false, identity_ste(), abort_ste(), "0|1|", CHK_HITLESS, 2},
    {"abort_to_s1", false, abort_ste(), s1_ste(kCdTable), "1|0|", CHK_HITLESS, 2},
    {"s1_to_abort", false, s1_ste(kCdTable), abort_ste(), "0|1|", CHK_HITLESS, 2},
    {"identity_to_s1", false, identity_ste(), s1_ste(kCdTable), "m1|0|1|", CHK_HITLESS, 3},
    {"s1_to_identity", false, s1_ste(kCdTable), identity_ste(), "m1|0|1|", CHK_HITLESS, 3},
    {"abort_to_s2", false, abort_ste(), s2_ste(1, kTableA), "123|0|", CHK_HITLESS, 2},
    {"s2_to_abort", false, s2_ste(1, kTableA), abort_ste(), "0|123|", CHK_HITLESS, 2},
    {"identity_to_s2", false, identity_ste(), s2_ste(1, kTableA), "23|0|", CHK_HITLESS, 2},
    {"s2_to_identity", false, s2_ste(1, kTableA), identity_ste(), "0|23|", CHK_HITLESS, 2},
    {"s1_to_s2", false, s1_ste(kCdTable), s2_ste(1, kTableA), "z|123|0|", CHK_BREAKS, 3},
    {"s2_to_s1", false, s2_ste(1, kTableA), s1_ste(kCdTable), "z|123|0|", CHK_BREAKS, 3},
    {"s2_to_other_s2", false, s2_ste(1, kTableA), s2_ste(2, kTableB), "z|23|0|", CHK_BREAKS, 3},
    {"s2_vmid_only", false, s2_ste(1, kTableA), s2_ste(2, kTableA), "2|", CHK_HITLESS, 1},
    {"s2_to_nested", false, s2_ste(1, kTableA), nested_ste(1, kTableA, 0x40000), "1|0|",
     CHK_HITLESS, 2},
    {"nested_to_s2", false, nested_ste(1, kTableA, 0x40000), s2_ste(1, kTableA), "0|1|",
     CHK_HITLESS, 2},
    {"nested_pointer_only", false, nested_ste(1, kTableA, 0x40000), nested_ste(1, kTableA, 0x80000),
     "0|", CHK_HITLESS, 1},
    {"nested_pointer_and_eats", false, nested_ste(1, kTableA, 0x40000),
     nested_ste(1, kTableA, 0x80000, 1ull << 28), "1|0|", CHK_HITLESS, 2},
    {"nested_to_other_parent", false, nested_ste(1, kTableA, 0x40000),
     nested_ste(2, kTableB, 0x40000), "z|23|0|", CHK_BREAKS, 3},
    {"nested_to_s1", false, nested_ste(1, kTableA, 0x40000), s1_ste(kCdTable), "z|123|0|",
     CHK_BREAKS, 3},
    {"abort_to_nested", false, abort_ste(), nested_ste(1, kTableA, 0x40000), "123|0|", CHK_HITLESS,
     2},
    {"nested_to_abort", false, nested_ste(1, kTableA, 0x40000), abort_ste(), "0|123|", CHK_HITLESS,
     2},
    {"cd_appears", true, {0}, cd(2, kTableB), "13|0|", CHK_HITLESS, 2},
    {"cd_goes", true, cd(1, kTableA), {0}, "0|13|", CHK_HITLESS, 2},
    {"cd_a_to_b", true, cd(1, kTableA), cd(2, kTableB), "z|1|0|", CHK_BREAKS, 3},
    {"cd_asid_only", true, cd(1, kTableA), cd(2, kTableA), "0|", CHK_HITLESS, 1},

    /* Wrong orders. With every TLB under a tag of its own, a mix is TORN, and what it filed under
     * the new tag POISONS the new configuration. */
    {"cd_struct_assignment", true, cd(1, kTableA), cd(2, kTableB), "01|", CHK_POISONS, 1},
    {"cd_table_first", true, cd(1, kTableA), cd(2, kTableB), "1|0|", CHK_TORN, 2},
    {"s2_both_words", false, s2_ste(1, kTableA), s2_ste(2, kTableB), "23|", CHK_POISONS, 1},
    {"abort_to_s2_pointer_last", false, abort_ste(), s2_ste(1, kTableA), "012|3|", CHK_POISONS, 2},
    {"nested_dss_and_pointer", false, nested_ste(1, kTableA, 0x40000 | 1ull << 59),
     nested_ste(1, kTableA, 0x80000 | 1ull << 59, 1), "0|1|", CHK_TORN, 2},
    {"no_sync_before_valid", true, {0}, cd(2, kTableB), "130|", CHK_POISONS, 1},
    {"cd_break_without_middle_sync", true, cd(1, kTableA), cd(2, kTableB), "z10|", CHK_POISONS, 1},
    {"never_invalidated", true, cd(1, kTableA), {0}, "0", CHK_STALE, 0},
    {"negative_stays", true, {0}, cd(2, kTableB), "13|0", CHK_STALE_REFUSAL, 1},
};

class Switch : public testing::TestWithParam<Row>
{
};

void prepare(Stream &stream, const Row &row)
{
    if (row.is_cd) {
        stream.entry(ste_at(kSid), s1_ste(kCdTable));
        stream.entry(kCdTable, row.from);
    } else {
        stream.entry(ste_at(kSid), row.from);
        stream.entry(kCdTable, cd(1, kTableA));
    }
    stream.on();
}

void invalidate(Stream &stream, bool is_cd)
{
    if (is_cd)
        stream.cfgi_cd();
    else
        stream.cfgi_ste();
    stream.sync();
}

TEST_P(Switch, has_the_class_of_the_table)
{
    const Row &row = GetParam();
    const uint64_t at = row.is_cd ? kCdTable : ste_at(kSid);
    Stream stream;

    stream.params.has_all_ats = true; /* there is none */
    prepare(stream, row);
    stream.begin(SIM_OP_REPLACE);
    for (const char *step = row.steps; *step; step++) {
        if (*step == '|')
            invalidate(stream, row.is_cd);
        else if (*step == 'z')
            stream.store(at, 0);
        else if (*step == 'm')
            step++, stream.store(at + 8, row.from[1] | row.to[1]);
        else
            stream.store(at + 8 * (*step - '0'), row.to[*step - '0']);
    }
    stream.end(SIM_OP_REPLACE);
    const xpl_report &report = stream.explore();

    ASSERT_EQ(1u, report.n_ops);
    EXPECT_STREQ(chk_class_name(row.verdict),
                 chk_class_name(report.ops[0].worst[XPL_ARCHITECTURE]));
    EXPECT_EQ(row.syncs, report.ops[0].syncs);
    EXPECT_FALSE(report.ops[0].inconclusive);
}

INSTANTIATE_TEST_SUITE_P(facts, Switch, testing::ValuesIn(rows),
                         [](const auto &row) { return std::string(row.param.name); });

/* ---- A refusal that stays, but first harms nobody ---- */

constexpr uint64_t kSecondLevel = kStreamTable + 0x1000;

/* @type of what the entry becomes; only the entry is dropped, never the descriptor before it. */
void switch_second_level(Stream &s, const Words &ste, uint64_t l1std)
{
    s.begin(SIM_OP_DRV_ATTACH);
    s.store(kSecondLevel + kSid * 64 + 8, ste[1]);
    if (l1std)
        s.store(kStreamTable, l1std, SIM_S_L1STD);
    s.cfgi_ste();
    s.sync();
    s.store(kSecondLevel + kSid * 64, ste[0]);
    s.cfgi_ste();
    s.sync();
    s.end(SIM_OP_DRV_ATTACH);
}

TEST(ExploreSwitch, refusal_that_an_earlier_operation_left_is_charged_to_the_first_that_it_harms)
{
    const chk_class wanted[] = {CHK_HITLESS, CHK_STALE_REFUSAL, CHK_HITLESS, CHK_HITLESS};
    Stream s;

    s.reg(0x88, 1 << 16 | 6 << 6 | 7);
    s.entry(kCdTable, cd(1, kTableA));
    s.on();
    switch_second_level(s, abort_ste(), kSecondLevel | 7);
    switch_second_level(s, s1_ste(kCdTable), 0);
    switch_second_level(s, abort_ste(), 0);
    switch_second_level(s, s1_ste(kCdTable), 0);
    const xpl_report &report = s.explore();
    ASSERT_EQ(4u, report.n_ops);
    for (unsigned i = 0; i < 4; i++)
        EXPECT_EQ(wanted[i], report.ops[i].entry_worst[XPL_ARCHITECTURE]) << i;
}

} // namespace
