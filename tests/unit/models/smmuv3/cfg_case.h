/* SPDX-License-Identifier: BSD-2-Clause
 * cfg_case.h - what the tests of configuration structures share: the SMMU that offers nearly
 * everything, cases with a name, event numbers as the architecture gives them. */
#ifndef CFG_CASE_H
#define CFG_CASE_H

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <ostream>
#include <string>
#include <vector>

#include "models/smmuv3/smmu_cfg_decode.h"

namespace cfg
{

// Typed from the facts, 6.1; not the model's own enumerators.
enum {
    C_BAD_STREAMID = 0x02,
    F_STE_FETCH = 0x03,
    C_BAD_STE = 0x04,
    F_STREAM_DISABLED = 0x06,
    C_BAD_SUBSTREAMID = 0x08,
    C_BAD_CD = 0x0a,
};

// S1P S2P TTF=2 HTTU=2 Hyp ATS ASID16 VMID16 CD2L ST_LEVEL=1; SIDSIZE=16 SSIDSIZE=20, both
// overrides; HAD FWB RIL BBML=2; OAS=5 (48 bits), all granules. No STT, no DS, VAX=0.
const smmu_idr rich = {0x080c168b, 0x0c000510, 0x1504, 0x75};
// A real trace: an emulated SMMU with stage 1 only.
const smmu_idr traced = {0x0d40101a, 0x02730010, 0x1404, 0x74};

inline smmu_caps caps_of(const smmu_idr &idr)
{
    smmu_caps caps;

    smmu_caps_parse(&idr, &caps);
    return caps;
}

// An entry of 8 words from those typed; the rest is 0.
struct Entry {
    uint64_t words[8];

    explicit Entry(const std::vector<uint64_t> &typed) : words()
    {
        std::copy(typed.begin(), typed.end(), words);
    }
};

template <typename Case> std::string name_of(const testing::TestParamInfo<Case> &info)
{
    return info.param.name;
}

using Fields = std::map<std::string, int64_t>;

// A field that is not expected must be 0, or its first enumerator.
inline void expect_fields(const Fields &got, const Fields &expected)
{
    for (const auto &field : got) {
        const auto found = expected.find(field.first);

        EXPECT_EQ(field.second, found == expected.end() ? 0 : found->second) << field.first;
    }
    for (const auto &field : expected)
        EXPECT_TRUE(got.count(field.first)) << field.first << " is no field";
}

inline const char *text(const char *rule)
{
    return rule ? rule : "legal";
}

} // namespace cfg

#endif
