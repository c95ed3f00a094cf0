/* SPDX-License-Identifier: BSD-2-Clause
 * compare_test.cpp - what counts as worse, better, unclear; costs with their tolerance. */
#include "cli/compare.h"

#include <gtest/gtest.h>
#include <string>

namespace
{
/* A replay of one operation. */
std::string replay(const std::string &verdict, bool open, int ret, const std::string &more)
{
    return R"({"schema": "iommusim.replay/1", "arch": "smmuv3", "trace": "x", "operations": [)"
           R"({"op": "replace", "device": "d", "pasid": null, "verdict": ")" +
           verdict + R"(", "inconclusive": )" + (open ? "true" : "false") +
           ", \"ret\": " + std::to_string(ret) + more + "}]}";
}

class Two
{
  public:
    Two(const std::string &a, const std::string &b, double tolerance = -1)
    {
        struct sim_diag diag;

        sim_diag_init(&diag, "test");
        EXPECT_EQ(result_take(&a_, "a.json", json_loads(a.c_str(), 0, nullptr), &diag), 0);
        EXPECT_EQ(result_take(&b_, "b.json", json_loads(b.c_str(), 0, nullptr), &diag), 0);
        json_ = compare_results(&a_, &b_, tolerance);
    }
    Two(const Two &) = delete;
    Two &operator=(const Two &) = delete;
    ~Two()
    {
        json_decref(json_);
        result_free(&a_);
        result_free(&b_);
    }
    std::string outcome() const
    {
        return result_text(json_, "outcome");
    }
    int code() const
    {
        return compare_exit_code(json_);
    }
    const json_t *json() const
    {
        return json_;
    }
    /* "name difference ratio; ..." of the only operation */
    std::string costs() const
    {
        const json_t *op = json_array_get(json_object_get(json_, "operations"), 0);
        std::string text;
        size_t i;
        json_t *cost;

        json_array_foreach (json_object_get(op, "costs"), i, cost) {
            char line[128], ratio[32];

            compare_ratio(cost, ratio, sizeof(ratio));
            snprintf(line, sizeof(line), "%s %g %s; ", result_text(cost, "name"),
                     result_number(cost, "difference"), ratio);
            text += line;
        }
        return text;
    }

  private:
    struct result a_ = {}, b_ = {};
    json_t *json_ = nullptr;
};

struct row {
    const char *name, *a;
    bool a_open;
    const char *b;
    bool b_open;
    const char *outcome;
    int code;
};

class Verdicts : public testing::TestWithParam<row>
{
};

TEST_P(Verdicts, Outcome)
{
    const row &r = GetParam();
    const Two two(replay(r.a, r.a_open, 0, ""), replay(r.b, r.b_open, 0, ""));

    EXPECT_EQ(two.outcome(), r.outcome);
    EXPECT_EQ(two.code(), r.code);
}

const row rows[] = {
    {"hitless_twice", "HITLESS", false, "HITLESS", false, "same", 0},
    {"breaks_twice", "BREAKS", false, "BREAKS", false, "same", 0},
    {"hitless_to_breaks", "HITLESS", false, "BREAKS", false, "worse", 1},
    {"breaks_to_hitless", "BREAKS", false, "HITLESS", false, "better", 0},
    {"breaks_to_stale_refusal", "BREAKS", false, "STALE-REFUSAL", false, "worse", 1},
    {"stale_refusal_to_torn", "STALE-REFUSAL", false, "TORN", false, "worse", 1},
    {"torn_to_stale", "TORN", false, "STALE", false, "worse", 1},
    {"stale_to_poisons", "STALE", false, "POISONS", false, "worse", 1},
    {"poisons_to_dangles", "POISONS", false, "DANGLES", false, "worse", 1},
    {"dangles_to_hitless", "DANGLES", false, "HITLESS", false, "better", 0},
    {"hitless_to_inconclusive", "HITLESS", false, "INCONCLUSIVE", true, "unclear", 4},
    {"inconclusive_to_hitless", "INCONCLUSIVE", true, "HITLESS", false, "better", 0},
    {"inconclusive_twice", "INCONCLUSIVE", true, "INCONCLUSIVE", true, "same", 0},
    {"inconclusive_to_breaks", "INCONCLUSIVE", true, "BREAKS", false, "worse", 1},
    {"breaks_to_inconclusive", "BREAKS", false, "INCONCLUSIVE", true, "unclear", 4},
    {"breaks_gets_open", "BREAKS", false, "BREAKS", true, "unclear", 4},
    {"breaks_is_closed", "BREAKS", true, "BREAKS", false, "better", 0},
    {"stale_to_open_breaks", "STALE", false, "BREAKS", true, "unclear", 4},
    {"breaks_to_open_stale", "BREAKS", false, "STALE", true, "worse", 1},
};

INSTANTIATE_TEST_SUITE_P(Rows, Verdicts, testing::ValuesIn(rows),
                         [](const auto &info) { return std::string(info.param.name); });

TEST(Returns, FailureIsWorseWhateverTheVerdict)
{
    const std::string good = replay("HITLESS", false, 0, "");
    const std::string bad = replay("HITLESS", false, -22, "");
    const std::string other = replay("HITLESS", false, -12, "");

    EXPECT_EQ(Two(good, bad).outcome(), "worse");
    EXPECT_EQ(Two(bad, good).outcome(), "better");
    EXPECT_EQ(Two(bad, other).outcome(), "unclear");
    EXPECT_EQ(Two(bad, bad).outcome(), "same");
}

TEST(Rules, BrokenMoreOftenIsWorse)
{
    const auto with = [](int n) {
        std::string text = replay("HITLESS", false, 0, "");

        text.insert(1, R"("protocol": {"counts": {"smmu-x": )" + std::to_string(n) + "}}, ");
        return text;
    };

    EXPECT_EQ(Two(with(1), with(2)).outcome(), "worse");
    EXPECT_EQ(Two(with(2), with(1)).outcome(), "better");
    EXPECT_EQ(Two(replay("HITLESS", false, 0, ""), with(1)).outcome(), "worse");
    EXPECT_EQ(Two(with(1), replay("HITLESS", false, 0, "")).outcome(), "better");
}

TEST(Operations, OneWithoutAPartnerIsUnclear)
{
    const std::string none =
        R"({"schema": "iommusim.replay/1", "arch": "smmuv3", "trace": "x", "operations": []})";
    const std::string one = replay("HITLESS", false, 0, "");

    EXPECT_EQ(Two(none, one).outcome(), "unclear");
    EXPECT_EQ(Two(one, none).outcome(), "unclear");
    EXPECT_EQ(Two(one, none).code(), 4);
}

/* 10 commands, 1000 ns waited; against 11 and 1049. */
const char few[] = R"(, "commands": {"CMD_SYNC": 4, "CFGI_STE": 6}, "cost_ns": {"hw": 1000})";
const char more[] = R"(, "commands": {"CMD_SYNC": 4, "CFGI_CD": 7}, "cost_ns": {"hw": 1049})";

TEST(Costs, AreToldAndNotJudgedWithoutATolerance)
{
    const Two two(replay("HITLESS", false, 0, few), replay("HITLESS", false, 0, more));

    EXPECT_EQ(two.costs(), "commands 1 x1.1; commands.CFGI_STE -6 gone; commands.CFGI_CD 7 new; "
                           "hw_ns 49 x1.05; ");
    EXPECT_EQ(two.outcome(), "costs");
    EXPECT_EQ(two.code(), 0);
}

TEST(Costs, SumsAreOfAllTheirParts)
{
    const char a[] = R"(, "stores": {"PTE_S1": 37, "CD": 3}, "events": {"C_BAD_CD": 10})";
    const char b[] = R"(, "stores": {"CD": 5}, "events": {})";
    const Two two(replay("HITLESS", false, 0, a), replay("HITLESS", false, 0, b));

    EXPECT_EQ(two.costs(), "stores -35 x0.125; stores.PTE_S1 -37 gone; stores.CD 2 x1.67; "
                           "events -10 gone; events.C_BAD_CD -10 gone; ");
}

TEST(Costs, WithinTheToleranceAreLeftOut)
{
    const Two at_five(replay("HITLESS", false, 0, few), replay("HITLESS", false, 0, more), 5);
    const Two at_ten(replay("HITLESS", false, 0, few), replay("HITLESS", false, 0, more), 10);

    EXPECT_EQ(at_five.costs(), "commands 1 x1.1; commands.CFGI_STE -6 gone; "
                               "commands.CFGI_CD 7 new; ");
    EXPECT_EQ(at_five.outcome(), "costlier");
    EXPECT_EQ(at_five.code(), 1);
    EXPECT_EQ(at_ten.outcome(), "same"); /* parts of a sum are not judged */
    EXPECT_EQ(at_ten.code(), 0);
}

TEST(Costs, LessIsNoFault)
{
    const Two two(replay("HITLESS", false, 0, more), replay("HITLESS", false, 0, few), 0);

    EXPECT_EQ(two.outcome(), "costs");
    EXPECT_EQ(two.code(), 0);
}

TEST(Settings, ThatDifferAreNamed)
{
    std::string a = replay("HITLESS", false, 0, ""), b = a;

    a.insert(1, R"("config": {"mem": {"latency_ns": 150, "slots": 8}}, )");
    b.insert(1, R"("config": {"mem": {"latency_ns": 460, "slots": 8}, "new": true}, )");

    const Two two(a, b);
    const json_t *settings = json_object_get(two.json(), "settings");

    ASSERT_EQ(json_array_size(settings), 2U);
    EXPECT_STREQ(result_text(json_array_get(settings, 0), "name"), "mem.latency_ns");
    EXPECT_STREQ(result_text(json_array_get(settings, 0), "a"), "150");
    EXPECT_STREQ(result_text(json_array_get(settings, 0), "b"), "460");
    EXPECT_STREQ(result_text(json_array_get(settings, 1), "name"), "new");
    EXPECT_TRUE(json_is_null(json_object_get(json_array_get(settings, 1), "a")));
    EXPECT_STREQ(result_text(json_array_get(settings, 1), "b"), "true");
}

TEST(Words, AmountsHaveAUnit)
{
    const auto amount = [](const char *name, double value) {
        char text[64];

        compare_amount(name, value, text, sizeof(text));
        return std::string(text);
    };

    EXPECT_EQ(amount("stores", 37), "37");
    EXPECT_EQ(amount("hw_ns", 392), "392 ns");
    EXPECT_EQ(amount("hw_ns", 1145.168), "1.145 us");
    EXPECT_EQ(amount("hw_ns", -1145.168), "-1.145 us");
    EXPECT_EQ(amount("hw_ns", 2500000), "2.500 ms");
}
} // namespace
