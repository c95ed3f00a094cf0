// SPDX-License-Identifier: BSD-2-Clause
// brute_explore.h - what the explorer says of a case, in the words of brute_case.h.
// Knows: the explorer's report. Must not know: how it comes about.
#ifndef TESTS_PROPERTY_BRUTE_EXPLORE_H
#define TESTS_PROPERTY_BRUTE_EXPLORE_H

#include "tests/property/brute/brute_case.h"

namespace brute
{

struct Explored {
    std::set<Outcome> views[kPhases];    // source: entry
    std::set<Outcome> outcomes[kPhases]; // both sources
    std::set<Outcome> bystander[kPhases];
    Class verdict = kHitless;
    size_t n_witnesses = 0;
    std::string trouble; // inconclusive, or not to be told in our words
};

Explored explore(const Case &c);
std::string print(const Explored &explored);

} // namespace brute

#endif
