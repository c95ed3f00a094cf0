// SPDX-License-Identifier: BSD-2-Clause
// judge_class.h - what the outcomes of an operation come to.
// Knows: judge_machine.h, the meaning of the classes. Must not know: the explorer, any model.
#ifndef TESTS_PROPERTY_JUDGE_CLASS_H
#define TESTS_PROPERTY_JUDGE_CLASS_H

#include "tests/property/judge/judge_machine.h"

namespace judge
{

enum Class : uint8_t { kHitless, kBreaks, kStaleRefusal, kTorn, kStale, kPoisons, kDangles };
const char *print(Class c);

// One class for each operation; @inconclusive: a walk needs a word that the stream does not tell.
struct Verdicts {
    std::vector<Class> ops;
    std::vector<bool> inconclusive;
    bool bad_outside = false;
};
Verdicts judge(const Stream &stream, const Result &result);

} // namespace judge

#endif
