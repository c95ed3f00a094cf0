// SPDX-License-Identifier: BSD-2-Clause
// judge_explore.h - what the explorer says of a stream, in the words of judge_class.h.
// Knows: the explorer's report. Must not know: how it comes about.
#ifndef TESTS_PROPERTY_JUDGE_EXPLORE_H
#define TESTS_PROPERTY_JUDGE_EXPLORE_H

#include "tests/property/judge/judge_class.h"

namespace judge
{

struct Explored {
    Verdicts verdicts;                         // of the operations after set-up
    std::vector<std::map<Request, Seen>> seen; // by operation
    std::vector<std::string> why;              // by operation, inconclusive
};

Explored explore(const Stream &stream);

} // namespace judge

#endif
