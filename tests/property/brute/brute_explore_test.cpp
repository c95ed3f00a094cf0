// SPDX-License-Identifier: BSD-2-Clause
// The explorer and the enumerator share no code, and agree on every small case: the same outcomes
// in each phase, the same class.
#include "tests/property/brute/brute_explore.h"
#include "tests/property/brute/brute_play.h"
#include "tests/property/brute/brute_random.h"
#include "tests/property/brute/brute_recipes.h"

#include <gtest/gtest.h>

#include <cstdlib>

namespace
{

using namespace brute;

bool is_long()
{
    const char *text = std::getenv("IOMMUSIM_TEST_LONG");

    return text && *text == '1';
}

constexpr Same kSame = Same::kTuple;

bool stores(const std::vector<Act> &acts)
{
    for (const Act &act : acts) {
        if (act.op == Op::kStore)
            return true;
    }
    return false;
}

bool stores_16_bytes(const std::vector<Act> &acts)
{
    for (const Act &act : acts) {
        if (act.op == Op::kStore && act.also != kNoWord)
            return true;
    }
    return false;
}

// Where the explorer is known to be coarser or finer than it should, so that a difference says
// nothing new. Under fetches of 16 bytes: stores of 16 bytes and of two CPUs on their way, and
// barriers recorded where they are implied. A bystander, if another CPU stores than the one with
// the operation.
bool is_open(const Case &c)
{
    if (stores(c.cpus[1]))
        return c.bystander || c.wide_atoms;
    return c.wide_atoms && (c.implied || stores_16_bytes(c.cpus[0]));
}

// "" or what differs.
std::string difference(Case c)
{
    static const char *const phases[] = {"before", "during", "after"};
    c.settled = true;
    const Result result = enumerate(c);
    const Explored explored = explore(c);
    std::string text, views;

    if (!explored.trouble.empty())
        text += " trouble";
    for (unsigned p = 0; p < kPhases; p++) {
        if (result.outcomes[p].empty())
            continue; // nothing was stored
        if (explored.views[p] != result.views[p])
            views += std::string("views ") + phases[p] + ": " + print(result.views[p]) +
                     "\n  explorer: " + print(explored.views[p]) + "\n",
                text += std::string(" views-") + phases[p];
        if (explored.outcomes[p] != result.outcomes[p])
            text += std::string(" outcomes-") + phases[p];
        if (explored.bystander[p] != result.bystander[p])
            text += std::string(" bystander-") + phases[p];
    }
    if (explored.verdict != classify(c, result, kSame))
        text += " class";
    if (text.empty())
        return text;
    return "differ:" + text + "\n" + print(c) + print(result) + print(classify(c, result, kSame)) +
           "\n" + print(explored) + views;
}

TEST(Explore, HasTheOutcomesOfTheEnumerator)
{
    const uint64_t n_cases = is_long() ? 100000 : 2000;
    size_t n_bad = 0, n_open = 0;

    for (uint64_t seed = 0; seed < n_cases; seed++) {
        const Case c = random_case(seed);
        const std::string text = difference(c);
        if (text.empty() || is_open(c)) {
            n_open += !text.empty();
            continue;
        }
        ADD_FAILURE() << "case " << seed << " " << text;
        ASSERT_LT(++n_bad, 5u);
    }
    EXPECT_LT(n_open * 100, n_cases);
    RecordProperty("open", std::to_string(n_open));
}

class Recipes : public testing::TestWithParam<unsigned>
{
};

// Each right sequence, and it with one act left out, exchanged or misaimed.
TEST_P(Recipes, AndTheirMistakesAreJudgedAlike)
{
    const std::vector<Case> all = variants(kRecipes[GetParam()]);

    for (size_t i = 0; i < all.size(); i++) {
        const std::string text = difference(all[i]);
        EXPECT_EQ(text, "") << "variant " << i;
    }
}

INSTANTIATE_TEST_SUITE_P(Explore, Recipes, testing::Range(0u, kNRecipes),
                         [](const testing::TestParamInfo<unsigned> &info) {
                             return std::string(kRecipes[info.param].name);
                         });

// What a machine with caches of any kind does with a case is in the explorer's set.
TEST(Explore, HasWhatTheModelDoes)
{
    const uint64_t n_cases = is_long() ? 20000 : 200;
    constexpr uint64_t kPlays = 5;
    size_t n_bad = 0;

    for (uint64_t seed = 0; seed < n_cases; seed++) {
        const Case c = random_case(seed);
        const Explored explored = explore(c);
        for (uint64_t i = 0; i < kPlays; i++) {
            for (const Seen &seen : play(c, seed * kPlays + i)) {
                bool found = false;
                for (unsigned phase = seen.issued; phase <= seen.answered; phase++)
                    found |= effects_of(seen.bystander ? explored.bystander[phase]
                                                       : explored.outcomes[phase])
                                 .count(seen.effect) != 0;
                if (found)
                    continue;
                ADD_FAILURE() << "case " << seed << ", play " << i << ": " << print(seen) << "\n"
                              << print(c) << print(explored);
                ASSERT_LT(++n_bad, 3u);
            }
        }
    }
}

} // namespace
