// SPDX-License-Identifier: BSD-2-Clause
// brute_play.h - a case on the model of the SMMUv3, with requests at random moments.
// Knows: records, the model's front. Must not know: how a case is judged.
#ifndef TESTS_PROPERTY_BRUTE_PLAY_H
#define TESTS_PROPERTY_BRUTE_PLAY_H

#include "tests/property/brute/brute_case.h"

namespace brute
{

// What a request may tell: how it ended, and by which root.
struct Effect {
    Kind kind = Kind::kRefused;
    uint8_t root = 0;
    bool operator<(const Effect &other) const
    {
        return kind != other.kind ? kind < other.kind : root < other.root;
    }
};

// One request: what it got, and in which phases it was under way.
struct Seen {
    Effect effect;
    Phase issued, answered;
    bool bystander;
};

// Sizes, timings, what is cached and what is read ahead: all by @seed.
std::vector<Seen> play(const Case &c, uint64_t seed);

std::set<Effect> effects_of(const std::set<Outcome> &outcomes);
std::string print(const Seen &seen);

} // namespace brute

#endif
