// SPDX-License-Identifier: BSD-2-Clause
// brute_random.h - small cases at random, by seed. Wrong ones are as welcome as right ones.
// Knows: brute_case.h. Must not know: how a case is judged.
#ifndef TESTS_PROPERTY_BRUTE_RANDOM_H
#define TESTS_PROPERTY_BRUTE_RANDOM_H

#include "tests/property/brute/brute_case.h"

namespace brute
{

Case random_case(uint64_t seed);

} // namespace brute

#endif
