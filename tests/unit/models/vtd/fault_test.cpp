// SPDX-License-Identifier: BSD-2-Clause
// Fault reasons, typed by hand from facts 5.1.
#include <gtest/gtest.h>

#include <set>
#include <string>

#include "models/vtd/vtd_layout.h"

namespace
{

struct Fault {
    unsigned code;
    const char *name, *id;
    vtd_fault_class rec;
    vtd_ats_result ats;
    bool is_sure, is_tr_recorded;
};

class VtdFault : public testing::TestWithParam<Fault>
{
};

TEST_P(VtdFault, IsAsTheFactsSay)
{
    const Fault &c = GetParam();
    const vtd_fault *fault = vtd_fault_find(c.code);

    ASSERT_NE(fault, nullptr);
    EXPECT_EQ(fault->code, c.code);
    EXPECT_STREQ(fault->name, c.name);
    EXPECT_STREQ(fault->id, c.id);
    EXPECT_EQ(fault->rec, c.rec);
    EXPECT_EQ(fault->ats, c.ats);
    EXPECT_EQ(fault->is_sure, c.is_sure);
    EXPECT_EQ(fault->is_tr_recorded, c.is_tr_recorded);
}

#define N VTD_FAULT_N
#define Q VTD_FAULT_Q
#define NONE VTD_ATS_NONE
#define UR VTD_ATS_UR
#define CA VTD_ATS_CA
#define S0 VTD_ATS_S0
#define SE VTD_ATS_SE
const Fault faults[] = {
    {0x01, "F_01h", "LRT.2", N, UR, true, true},   {0x02, "F_02h", "LCT.2", Q, UR, true, true},
    {0x03, "F_03h", "LCT.4", Q, CA, true, true},   {0x04, "F_04h", "LGN.1", Q, S0, true, false},
    {0x05, "F_05h", "LGN.2", Q, SE, true, false},  {0x06, "F_06h", "LGN.3", Q, SE, true, false},
    {0x07, "F_07h", "LSS.1", Q, CA, true, true},   {0x08, "F_08h", "LRT.1", N, CA, true, true},
    {0x0b, "F_0Bh", "LCT.3", Q, CA, true, true},   {0x0c, "F_0Ch", "LSS.2", Q, CA, true, true},
    {0x0d, "F_0Dh", "LCT.5", Q, UR, true, true},   {0x0e, "F_0Eh", "LGN.4", Q, CA, true, true},
    {0x22, "F_22h", "IR.3", Q, NONE, true, false}, {0x25, "F_25h", "IR.6", N, NONE, true, false},
    {0x26, "F_26h", "IR.7", Q, NONE, true, false}, {0x30, "F_30h", "RTA.1", N, CA, true, true},
    {0x31, "F_31h", "RTA.2", N, UR, true, true},   {0x33, "F_33h", "RTA.4", N, UR, true, true},
    {0x39, "F_39h", "SRT.2", N, UR, true, true},   {0x3a, "F_3Ah", "SRT.3", N, CA, true, true},
    {0x40, "F_40h", "SCT.1", N, CA, true, true},   {0x41, "F_41h", "SCT.2", Q, UR, true, true},
    {0x43, "F_43h", "SCT.4", Q, CA, true, true},   {0x44, "F_44h", "SCT.5", Q, UR, true, true},
    {0x46, "F_46h", "SCT.7", Q, UR, false, true},  {0x47, "F_47h", "SCT.8", Q, NONE, true, false},
    {0x48, "F_48h", "SCT.9", Q, UR, true, true},   {0x50, "F_50h", "SPD.1", N, CA, true, true},
    {0x51, "F_51h", "SPD.2", Q, S0, true, false},  {0x52, "F_52h", "SPD.3", Q, CA, true, true},
    {0x58, "F_58h", "SPT.1", N, CA, true, true},   {0x59, "F_59h", "SPT.2", Q, S0, true, false},
    {0x5a, "F_5Ah", "SPT.3", Q, CA, true, true},   {0x5b, "F_5Bh", "SPT.4", Q, CA, true, true},
    {0x5d, "F_5Dh", "SPT.6", Q, S0, true, false},  {0x60, "F_60h", "SPT.9", Q, CA, false, true},
    {0x71, "F_71h", "SFS.2", Q, S0, true, false},  {0x72, "F_72h", "SFS.3", Q, S0, true, false},
    {0x73, "F_73h", "SFS.4", Q, S0, true, false},  {0x77, "F_77h", "SFS.8", Q, S0, true, false},
    {0x78, "F_78h", "SSS.1", Q, CA, true, true},   {0x79, "F_79h", "SSS.2", Q, S0, true, false},
    {0x7a, "F_7Ah", "SSS.3", Q, CA, true, true},   {0x7d, "F_7Dh", "SSS.6", Q, CA, true, true},
    {0x80, "F_80h", "SGN.1", Q, S0, true, false},  {0x84, "F_84h", "SGN.5", Q, S0, true, false},
    {0x85, "F_85h", "SGN.6", Q, SE, true, false},  {0x86, "F_86h", "SGN.7", Q, SE, true, false},
    {0x87, "F_87h", "SGN.8", Q, CA, true, true},   {0x90, "F_90h", "SFS.9", Q, S0, true, false},
    {0x91, "F_91h", "SFS.10", Q, S0, true, true},
};
#undef N
#undef Q
#undef NONE
#undef UR
#undef CA
#undef S0
#undef SE

INSTANTIATE_TEST_SUITE_P(Facts51, VtdFault, testing::ValuesIn(faults),
                         [](const testing::TestParamInfo<Fault> &param) {
                             return std::string(param.param.name);
                         });

TEST(VtdFaults, CodesAscendAndNamesFollowThem)
{
    std::set<unsigned> codes;

    for (size_t i = 0; i < vtd_n_faults; i++) {
        char name[8];

        (void)snprintf(name, sizeof(name), "F_%02Xh", vtd_faults[i].code);
        EXPECT_STREQ(vtd_faults[i].name, name);
        EXPECT_TRUE(codes.insert(vtd_faults[i].code).second);
        if (i > 0) {
            EXPECT_GT(vtd_faults[i].code, vtd_faults[i - 1].code);
        }
    }
}

TEST(VtdFaults, TheTableIsComplete)
{
    // 14 legacy, 10 interrupt, 5 RTADDR, 3 root, 10 context, 3 + 4 + 2 + 1 PASID, 10 first stage,
    // 6 second stage, 10 general, 6 host permission
    EXPECT_EQ(vtd_n_faults, 84u);
    EXPECT_EQ(vtd_fault_find(0x00), nullptr);
    EXPECT_EQ(vtd_fault_find(0x0f), nullptr);
    EXPECT_EQ(vtd_fault_find(0x5e), nullptr);
    EXPECT_EQ(vtd_fault_find(0x100), nullptr);
}

} // namespace
