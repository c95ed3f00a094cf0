/* SPDX-License-Identifier: BSD-2-Clause
 * order_rules_test.cpp - the examples of every rule: the bad one breaks it alone, the good one
 * breaks none. */
#include "tests/unit/check/order_stream.h"

#include <cctype>
#include <set>

using order_test::Checked;

namespace
{

class Rules : public testing::TestWithParam<unsigned>
{
  protected:
    const chk_rule &rule() const
    {
        return chk_rules[GetParam()];
    }
    /* as iommusim rules prints it */
    std::string whole(const char *example) const
    {
        return std::string(chk_rule_start_text(rule().start)) + example +
               chk_rule_end_text(rule().start);
    }
};

std::string name_of(const testing::TestParamInfo<unsigned> &info)
{
    std::string name = chk_rules[info.param].id;

    for (char &c : name)
        if (!isalnum(static_cast<unsigned char>(c)))
            c = '_';
    return name;
}

TEST_P(Rules, BadExampleBreaksThisRuleAlone)
{
    const Checked bad(whole(rule().bad));

    EXPECT_EQ(std::vector<std::string>{rule().id}, bad.rules()) << bad.text();
}

TEST_P(Rules, BadExampleIsToldOnce)
{
    const Checked bad(whole(rule().bad));

    EXPECT_EQ(1u, bad.report().count[GetParam()]) << bad.text();
}

TEST_P(Rules, GoodExampleBreaksNone)
{
    const Checked good(whole(rule().good));

    EXPECT_EQ(std::vector<std::string>{}, good.rules()) << good.text();
}

TEST_P(Rules, TellsWhatWhyAndWhere)
{
    EXPECT_NE('\0', rule().title[0]);
    EXPECT_NE('\0', rule().why[0]);
    EXPECT_NE('\0', rule().fix[0]);
    EXPECT_TRUE(isdigit(static_cast<unsigned char>(rule().section[0])));
    EXPECT_EQ(GetParam(), static_cast<unsigned>(chk_rule_find(rule().id)));
}

INSTANTIATE_TEST_SUITE_P(All, Rules, testing::Range(0u, static_cast<unsigned>(CHK_N_RULES)),
                         name_of);

TEST(RuleTable, HasAtLeastFortyRulesWithNamesOfTheirOwn)
{
    std::set<std::string> ids;

    for (const chk_rule &rule : chk_rules)
        ids.insert(rule.id);
    EXPECT_LE(40u, ids.size());
    EXPECT_EQ(static_cast<size_t>(CHK_N_RULES), ids.size());
}

TEST(RuleTable, KnowsNoOtherNames)
{
    EXPECT_EQ(CHK_N_RULES, chk_rule_find("smmu-no-such-rule"));
}

TEST(RuleTable, StartsBreakNothing)
{
    for (unsigned start = 0; start < CHK_N_STARTS; start++) {
        const chk_rule_start of = static_cast<chk_rule_start>(start);
        const Checked alone(of, chk_rule_end_text(of));

        EXPECT_EQ(std::vector<std::string>{}, alone.rules()) << alone.text();
    }
}

} // namespace
