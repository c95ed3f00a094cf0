// SPDX-License-Identifier: BSD-2-Clause
// judge_class.h - what the outcomes of an operation come to.
// Knows: judge_machine.h, the meaning of the classes. Must not know: the explorer, any model.
#ifndef TESTS_PROPERTY_JUDGE_CLASS_H
#define TESTS_PROPERTY_JUDGE_CLASS_H

#include "tests/property/judge/judge_machine.h"
#include "tests/property/judge/judge_promise.h"

namespace judge
{

Verdicts judge(const Stream &stream, const Result &result);

} // namespace judge

#endif
