// SPDX-License-Identifier: BSD-2-Clause
// judge_vtd_compare.h - does the explorer say of a stream what every interleaving says?
// Knows: judge_vtd_explore.h. Must not know: how either comes about.
#ifndef TESTS_PROPERTY_JUDGE_VTD_COMPARE_H
#define TESTS_PROPERTY_JUDGE_VTD_COMPARE_H

#include "tests/property/judge/judge_vtd_explore.h"

namespace judge::vtd
{

// @found: the classes of its operations, by every interleaving; "-": not compared, flushes of lines
// would count. @differences: lines, or none.
// @is_less: the explorer has a lower class, or lacks a view; @is_alarm: it has a higher class
// though nothing stays behind.
struct Compared {
    std::string found, differences;
    Verdicts wanted, explored;
    size_t n_states = 0;
    bool is_less = false, is_stale_only = false, is_alarm = false;
};
// @is_all: also what follows an operation that leaves something behind; who is charged with that,
// the two may see differently.
Compared compare(const Stream &stream, bool is_all);

} // namespace judge::vtd

#endif
