// SPDX-License-Identifier: BSD-2-Clause
// What the tests of stage 2 tables share: legal start levels, and an address space made of them.
#ifndef PT_S2_CASE_H
#define PT_S2_CASE_H

#include <cstdint>

#include "models/smmuv3/smmu_pt_s2.h"

namespace pt_s2
{

// All input sizes of one start level, up to 16 tables side by side (4.4); low is the lowest bit of
// that level's index. first_tsz is with 52-bit addresses, first_tsz_48 without; 0: none.
struct StartRange {
    unsigned granule_log2;
    int level;
    unsigned first_tsz, first_tsz_48, last_tsz, low;
};

const StartRange start_ranges[] = {
    {12, -1, 12, 0, 15, 48}, {12, 0, 12, 16, 24, 39}, {12, 1, 21, 21, 33, 30},
    {12, 2, 30, 30, 42, 21}, {12, 3, 39, 39, 48, 12}, {14, 0, 12, 0, 16, 47},
    {14, 1, 13, 16, 27, 36}, {14, 2, 24, 24, 38, 25}, {14, 3, 35, 35, 48, 14},
    {16, 1, 12, 16, 21, 42}, {16, 2, 18, 18, 34, 29}, {16, 3, 31, 31, 47, 16},
};

// The first table is at 0x800000. Wide: 52-bit addresses, in the way of the granule.
inline smmu_pt_s2 make_s2(unsigned granule_log2, int start_level, unsigned tsz,
                          bool is_wide = false)
{
    smmu_pt_s2 pt = {};

    pt.ttb = 0x800000;
    pt.granule_log2 = static_cast<uint8_t>(granule_log2);
    pt.start_level = start_level;
    pt.tsz = static_cast<uint8_t>(tsz);
    pt.output_bits = is_wide ? 52 : 48;
    pt.ds = is_wide && granule_log2 != 16;
    pt.oas_52 = is_wide && granule_log2 == 16;
    return pt;
}

} // namespace pt_s2

#endif
