// SPDX-License-Identifier: BSD-2-Clause
// judge_vtd_random.h - random small streams of a driver of a VT-d, with mistakes.
// Knows: judge_vtd_stream.h. Must not know: the explorer, any model.
#ifndef TESTS_PROPERTY_JUDGE_VTD_RANDOM_H
#define TESTS_PROPERTY_JUDGE_VTD_RANDOM_H

#include "tests/property/judge/judge_vtd_stream.h"

namespace judge::vtd
{

// Two devices with two PASIDs each, one or two operations: entries that change from any type to any
// other, each step and each invalidation now and then forgotten, misplaced, or for another domain.
Stream random_stream(uint64_t seed);

// Two devices whose requests have one domain, of the first or the second stage, below a guest too:
// a page is mapped or unmapped, or a table goes with its last page.
Stream random_pages(uint64_t seed);

} // namespace judge::vtd

#endif
