// SPDX-License-Identifier: BSD-2-Clause
// brute_text.h - cases and outcomes as one writes them by hand.
// Knows: brute_case.h. Must not know: how a case is judged.
//
// Memory: "S0=3 A0=1 A1=1". Acts, one word each, of CPU 0 or, after "1:", of CPU 1:
//   A0=2       a store               A0=2+A1=2   both words in one store of 16 bytes
//   b          barrier               begin end   of the switch
//   ste cd cdall all other asid(v,a) nhall(v) s12(v) nsnh      a command and its doorbell
//   sync       CMD_SYNC, doorbell, wait        sync-   without the wait
//   freeA freeB freeroot(n)
// A command with "~" before it has no doorbell; the next doorbell covers it.
// Outcomes: "- by s1(vmid,asid,root,attr) s2(vmid,root)"; "-" is refused, "by" is bypassed.
#ifndef TESTS_PROPERTY_BRUTE_TEXT_H
#define TESTS_PROPERTY_BRUTE_TEXT_H

#include "tests/property/brute/brute_case.h"

namespace brute
{

Case parse(const std::string &memory, const std::string &acts);
std::set<Outcome> parse_outcomes(const std::string &text);

} // namespace brute

#endif
