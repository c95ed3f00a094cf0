// SPDX-License-Identifier: BSD-2-Clause
// judge_vtd_explore.h - what the explorer says of a stream, in the words of judge_vtd_class.h.
// Knows: the explorer's report. Must not know: how it comes about.
#ifndef TESTS_PROPERTY_JUDGE_VTD_EXPLORE_H
#define TESTS_PROPERTY_JUDGE_VTD_EXPLORE_H

#include "tests/property/judge/judge_vtd_class.h"

namespace judge::vtd
{

// Answers to requests: as entries say, with the domain, and in all, without.
struct Answers {
    std::set<Target> views[kPhases];
    std::set<Regime> all[kPhases];
};
Answers answers_of(const Seen &seen);

struct Explored {
    Verdicts verdicts;                            // of the operations after set-up
    std::vector<std::map<Request, Answers>> seen; // by operation
    std::vector<std::string> why;                 // by operation, inconclusive
};
Explored explore(const Stream &stream);

} // namespace judge::vtd

#endif
