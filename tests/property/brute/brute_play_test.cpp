// SPDX-License-Identifier: BSD-2-Clause
// What the model of the SMMUv3 does with a case, however it caches, is among what every conforming
// machine may do.
#include "tests/property/brute/brute_play.h"
#include "tests/property/brute/brute_random.h"
#include "tests/property/brute/brute_records.h"

#include <gtest/gtest.h>

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

bool is_allowed(const Seen &seen, const Result &result)
{
    for (unsigned phase = seen.issued; phase <= seen.answered; phase++) {
        if (effects_of(seen.bystander ? result.bystander[phase] : result.outcomes[phase])
                .count(seen.effect))
            return true;
    }
    return false;
}

size_t n_effects(const Result &result)
{
    size_t n = 0;

    for (unsigned phase = 0; phase < kPhases; phase++)
        n += effects_of(result.outcomes[phase]).size();
    return n;
}

// Much of what is possible happens, too: else the above would show little.
TEST(Play, ObservesNothingThatTheEnumeratorDoesNotHave)
{
    const uint64_t n_cases = is_long() ? 20000 : 300;
    constexpr uint64_t kPlays = 5;
    size_t n_seen = 0, n_bad = 0, n_possible = 0, n_happened = 0;

    for (uint64_t seed = 0; seed < n_cases; seed++) {
        const Case c = random_case(seed);
        const Result result = enumerate(c);
        std::set<Effect> happened[kPhases];
        for (uint64_t i = 0; i < kPlays; i++) {
            for (const Seen &seen : play(c, seed * kPlays + i)) {
                n_seen++;
                if (!seen.bystander && seen.issued == seen.answered)
                    happened[seen.issued].insert(seen.effect);
                if (is_allowed(seen, result))
                    continue;
                ADD_FAILURE() << "case " << seed << ", play " << i << ": " << print(seen) << "\n"
                              << print(c) << print(result);
                ASSERT_LT(++n_bad, 3u);
            }
        }
        n_possible += n_effects(result);
        for (const std::set<Effect> &effects : happened)
            n_happened += effects.size();
    }
    EXPECT_GT(n_seen, 30 * n_cases);
    EXPECT_GT(n_happened * 100, n_possible * 60) << n_happened << " of " << n_possible;
}

// Does a request inside the switch get what neither the old nor the new configuration gives?
bool reproduces(const Case &c, uint64_t seed)
{
    const std::set<Effect> good = effects_of({target(c.memory), target(final_memory(c))});

    for (const Seen &seen : play(c, seed)) {
        if (!seen.bystander && seen.issued == kDuring && seen.answered == kDuring &&
            !good.count(seen.effect))
            return true;
    }
    return false;
}

bool is_reproduced(const Case &c)
{
    for (uint64_t seed = 0; seed < 300; seed++) {
        if (reproduces(c, seed))
            return true;
    }
    return false;
}

// A verdict is no mere theory: some machine shows it. Not where only a store that is still on its
// way does, since the model's stores are visible at once.
TEST(Play, ReproducesBreaks)
{
    const uint64_t n_cases = is_long() ? 20000 : 400;
    size_t n_breaks = 0, n_reproduced = 0;

    for (uint64_t seed = 0; seed < n_cases; seed++) {
        const Case c = random_case(seed);
        if (classify(c, enumerate(c)) != kBreaks)
            continue;
        n_breaks++;
        n_reproduced += is_reproduced(c);
    }
    EXPECT_GE(n_breaks * 50, n_cases);
    EXPECT_GE(n_reproduced * 10, n_breaks * 9) << n_reproduced << " of " << n_breaks;
    std::cout << n_reproduced << " of " << n_breaks << " reproduced\n";
}

} // namespace
