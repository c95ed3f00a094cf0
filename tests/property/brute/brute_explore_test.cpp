// SPDX-License-Identifier: BSD-2-Clause
// The explorer and the enumerator share no code, and agree on every small case: the same outcomes
// in each phase, the same class.
#include "tests/property/brute/brute_explore.h"
#include "tests/property/brute/brute_play.h"
#include "tests/property/brute/brute_random.h"
#include "tests/property/brute/brute_recipes.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <iostream>

namespace
{

using namespace brute;

bool is_long()
{
    const char *text = std::getenv("IOMMUSIM_TEST_LONG");

    return text && *text == '1';
}

constexpr Same kSame = Same::kTuple;

struct Difference {
    std::string text; // "" if there is none
    size_t n_witnesses = 0;
    bool lacks = false; // the explorer misses something, or has another class
};

void compare(const std::set<Outcome> &wanted, const std::set<Outcome> &found, const char *what,
             Difference &difference)
{
    if (found == wanted)
        return;
    difference.text +=
        std::string(what) + ": " + print(wanted) + "\n  explorer: " + print(found) + "\n";
    difference.lacks |= !std::includes(found.begin(), found.end(), wanted.begin(), wanted.end());
}

Difference difference_of(Case c)
{
    static const char *const views[] = {"views before", "views during", "views after"};
    static const char *const all[] = {"before", "during", "after"};
    static const char *const others[] = {"other before", "other during", "other after"};
    Difference difference;

    c.settled = true;
    const Result result = enumerate(c);
    const Explored explored = explore(c);
    difference.n_witnesses = explored.n_witnesses;
    const Class verdict = classify(c, result, kSame);
    for (unsigned p = 0; p < kPhases; p++) {
        if (result.outcomes[p].empty())
            continue; // nothing was stored
        compare(result.views[p], explored.views[p], views[p], difference);
        compare(result.outcomes[p], explored.outcomes[p], all[p], difference);
        compare(result.bystander[p], explored.bystander[p], others[p], difference);
    }
    if (explored.verdict != verdict || !explored.trouble.empty()) {
        difference.text += std::string("verdict ") + print(verdict) + ", explorer " +
                           print(explored.verdict) + " " + explored.trouble + "\n";
        difference.lacks |= explored.verdict < verdict || !explored.trouble.empty();
    }
    if (!difference.text.empty())
        difference.text += print(c);
    return difference;
}

// The explorer keeps a set for each word, the enumerator each state by itself. So the explorer may
// have more where two acts exclude each other that only one command in flight connects: a pointer
// that comes back while its invalidation is under way. It must be rare, and never less.
TEST(Explore, HasTheOutcomesOfTheEnumerator)
{
    const uint64_t n_cases = is_long() ? 100000 : 2000;
    size_t n_bad = 0, n_more = 0, n_witnesses = 0;

    for (uint64_t seed = 0; seed < n_cases; seed++) {
        const Difference difference = difference_of(random_case(seed));
        n_witnesses += difference.n_witnesses;
        n_more += !difference.text.empty();
        if (!difference.lacks)
            continue;
        ADD_FAILURE() << "case " << seed << "\n" << difference.text;
        ASSERT_LT(++n_bad, 5u);
    }
    EXPECT_LE(n_more * 1000, n_cases);
    EXPECT_GT(n_witnesses, n_cases / 2);
    std::cout << n_more << " of " << n_cases << " cases with more than there is\n";
}

class Recipes : public testing::TestWithParam<unsigned>
{
};

// Each right sequence, and it with one act left out, exchanged or misaimed.
TEST_P(Recipes, AndTheirMistakesAreJudgedAlike)
{
    const std::vector<Case> all = variants(kRecipes[GetParam()]);

    for (size_t i = 0; i < all.size(); i++) {
        EXPECT_EQ(difference_of(all[i]).text, "") << "variant " << i;
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
