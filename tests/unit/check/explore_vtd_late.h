/* SPDX-License-Identifier: BSD-2-Clause
 * explore_vtd_late.h - what tests of stores that VT-d sees late share: machines, tables.
 * Knows: records, raw words typed from the architecture. Must not know: how anything is decoded. */
#ifndef EXPLORE_VTD_LATE_H
#define EXPLORE_VTD_LATE_H

#include "tests/unit/check/explore_vtd_stream.h"

namespace vtd_test
{

constexpr uint64_t kRwbf = 1 << 4;
constexpr uint32_t kOn = 1u << 31 | 1u << 26;
constexpr uint64_t kNotSnooped = kEcap & ~1ull;                  /* C=0 */
constexpr uint64_t kNoWalkSnoop = kEcap & ~1ull & ~(1ull << 48); /* C=0, SMPWCS=0 */
constexpr uint64_t kIova = 0x7f000000;
constexpr uint64_t kPage = 0x30000000;
constexpr uint64_t kLevel3 = kTableA + 0x1000;
constexpr uint64_t kLevel2 = kTableA + 0x2000;
constexpr uint64_t kLevel1 = kTableA + 0x3000;
constexpr uint64_t kEntry3 = kLevel3 + 8 * 1;
constexpr uint64_t kEntry2 = kLevel2 + 8 * 0x1f8;

/* PWSNP=0. */
constexpr Words unsnooped(const Words &words)
{
    return {words[0], words[1] & ~kPwsnp, words[2]};
}

inline void map(Stream &s)
{
    s.store(kTableA, kLevel3 | 3, SIM_S_PTE_VTD);
    s.store(kEntry3, kLevel2 | 3, SIM_S_PTE_VTD);
    s.store(kEntry2, kLevel1 | 3, SIM_S_PTE_VTD);
    s.store(kLevel1, kPage | 3, SIM_S_PTE_VTD);
}

inline void fill(Stream &s, const Words &words)
{
    for (unsigned i = 8; i-- > 0;)
        s.store(pasid_at(0) + i * 8, words[i]);
}

inline void expect(chk_class verdict, Stream &s, const char *name)
{
    EXPECT_STREQ(chk_class_name(verdict), chk_class_name(s.last())) << name;
}

} // namespace vtd_test

#endif
