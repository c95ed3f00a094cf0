/* SPDX-License-Identifier: BSD-2-Clause
 * legal_test.cpp - which transitions there are: typed from the architectures (what an STE, a CD and
 * a PASID entry can say), from iommufd's rules, and from what each kernel's driver has. */
#include "kernel-glue/transition/trn.h"
#include "sim/record.h"

#include <gtest/gtest.h>

namespace
{

constexpr uint8_t kSmmu = SIM_ARCH_SMMUV3, kVtd = SIM_ARCH_VTD;
constexpr uint32_t kNone = TRN_NO_PASID;

struct Case {
    const char *name;
    uint8_t arch;
    const char *driver;
    const char *from, *to, *by;
    uint32_t pasid;
    bool ats;
    trn_kind kind;
    trn_rule rule;
};

void PrintTo(const Case &c, std::ostream *out)
{
    *out << c.name;
}

const Case kCases[] = {
    /* every pair of the host's own states runs on both */
    {"smmu_s1_to_s1", kSmmu, "linux-6.12", "s1", "s1", "replace", kNone, false, TRN_RUNS,
     TRN_RULE_NONE},
    {"smmu_identity_to_s2", kSmmu, "linux-6.12", "identity", "s2", "replace", kNone, true, TRN_RUNS,
     TRN_RULE_NONE},
    {"vtd_fs_to_ss", kVtd, "linux-7", "fs", "ss", "replace", kNone, true, TRN_RUNS, TRN_RULE_NONE},
    {"vtd_pasid_identity", kVtd, "best", "identity", "s1", "replace", 5, false, TRN_RUNS,
     TRN_RULE_NONE},
    {"vtd_pasid_s2", kVtd, "linux-7", "s2", "s2", "replace", 5, false, TRN_RUNS, TRN_RULE_NONE},
    {"vtd_pasid_nested", kVtd, "linux-7", "nested:A", "nested:B", "replace", 5, false, TRN_RUNS,
     TRN_RULE_NONE},
    {"smmu_pasid_s1", kSmmu, "linux-6.12", "s1", "s1", "replace", 5, false, TRN_RUNS,
     TRN_RULE_NONE},
    {"smmu_nested_of_7", kSmmu, "linux-7", "s2", "nested:A", "replace", kNone, false, TRN_RUNS,
     TRN_RULE_NONE},
    {"smmu_table_grows", kSmmu, "best", "table:A", "table:grown", "replace", kNone, false, TRN_RUNS,
     TRN_RULE_NONE},
    {"vtd_sva_with_ats", kVtd, "linux-7", "blocked", "sva", "detach-attach", 1, true, TRN_RUNS,
     TRN_RULE_NONE},
    {"smmu_sva_by_stalls", kSmmu, "linux-6.12", "sva", "s1", "detach-attach", 1, false, TRN_RUNS,
     TRN_RULE_NONE},
    {"attach", kVtd, "linux-6.12", "blocked", "s2", "detach-attach", kNone, false, TRN_RUNS,
     TRN_RULE_NONE},
    {"detach", kSmmu, "linux-6.12", "s2", "blocked", "detach-attach", 5, false, TRN_ILLEGAL,
     TRN_RULE_ARCHITECTURE}, /* a stage 2 for a SubstreamID: before anything else */
    /* the architecture: 3.9, 5.2: a SubstreamID needs stage 1, and a CD of its own */
    {"smmu_pasid_identity", kSmmu, "best", "s1", "identity", "replace", 5, false, TRN_ILLEGAL,
     TRN_RULE_ARCHITECTURE},
    {"smmu_pasid_s2", kSmmu, "best", "s1", "s2", "replace", 5, true, TRN_ILLEGAL,
     TRN_RULE_ARCHITECTURE},
    {"smmu_pasid_nested", kSmmu, "linux-7", "nested:A", "nested:A2", "replace", 5, false,
     TRN_ILLEGAL, TRN_RULE_ARCHITECTURE},
    {"pasid_of_a_table", kSmmu, "linux-7", "table:A", "table:B", "replace", 5, false, TRN_ILLEGAL,
     TRN_RULE_ARCHITECTURE},
    {"vtd_sva_without_ats", kVtd, "linux-7", "blocked", "sva", "detach-attach", 1, false,
     TRN_ILLEGAL, TRN_RULE_ARCHITECTURE},
    /* iommufd: replace wants something attached, and an object to attach */
    {"nothing_to_nothing", kSmmu, "best", "blocked", "blocked", "detach-attach", kNone, false,
     TRN_ILLEGAL, TRN_RULE_INTERFACE},
    {"replace_of_nothing", kVtd, "best", "blocked", "s1", "replace", kNone, false, TRN_ILLEGAL,
     TRN_RULE_INTERFACE},
    {"replace_by_nothing", kSmmu, "best", "s1", "blocked", "replace", 5, true, TRN_ILLEGAL,
     TRN_RULE_INTERFACE},
    {"table_to_s1", kSmmu, "best", "table:A", "s1", "replace", kNone, false, TRN_ILLEGAL,
     TRN_RULE_INTERFACE},
    /* processes: PASIDs only, bound and unbound, one PASID each */
    {"sva_without_pasid", kVtd, "best", "s1", "sva", "detach-attach", kNone, true, TRN_NOT_OFFERED,
     TRN_RULE_INTERFACE},
    {"sva_by_replace", kSmmu, "linux-7", "s1", "sva", "replace", 1, true, TRN_NOT_OFFERED,
     TRN_RULE_INTERFACE},
    {"sva_to_sva", kSmmu, "linux-7", "sva", "sva", "detach-attach", 1, true, TRN_NOT_OFFERED,
     TRN_RULE_INTERFACE},
    /* drivers: 6.12 has no nesting on SMMUv3 (8.2), no replace of a PASID on VT-d (7.7) */
    {"smmu_6_12_nested", kSmmu, "linux-6.12", "s2", "nested:A", "replace", kNone, false,
     TRN_NOT_OFFERED, TRN_RULE_DRIVER},
    {"smmu_6_12_table", kSmmu, "linux-6.12", "table:A", "table:shrunk", "replace", kNone, false,
     TRN_NOT_OFFERED, TRN_RULE_DRIVER},
    {"vtd_6_12_nested_runs", kVtd, "linux-6.12", "s2", "nested:A", "replace", kNone, false,
     TRN_RUNS, TRN_RULE_NONE},
    {"vtd_6_12_pasid_replace", kVtd, "linux-6.12", "s1", "s1", "replace", 5, false, TRN_NOT_OFFERED,
     TRN_RULE_DRIVER},
    {"vtd_6_12_pasid_in_two", kVtd, "linux-6.12", "s1", "s1", "detach-attach", 5, false, TRN_RUNS,
     TRN_RULE_NONE},
    {"vtd_6_12_pasid_nested", kVtd, "linux-6.12", "s1", "nested:A", "detach-attach", 5, false,
     TRN_NOT_OFFERED, TRN_RULE_DRIVER},
    {"vtd_6_15_pasid_replace", kVtd, "linux-6.15", "s1", "s1", "replace", 5, false, TRN_RUNS,
     TRN_RULE_NONE},
    {"vtd_table", kVtd, "best", "table:A", "table:B", "replace", kNone, false, TRN_NOT_OFFERED,
     TRN_RULE_DRIVER},
};

class Legal : public testing::TestWithParam<Case>
{
};

TEST_P(Legal, IsWhatTheRuleBooksSay)
{
    const Case &c = GetParam();
    trn_cell cell = {};
    trn_judgement judgement;

    cell.arch = c.arch;
    cell.driver = c.driver;
    cell.pasid = c.pasid;
    cell.has_ats = c.ats;
    ASSERT_TRUE(trn_state_find(c.from, &cell.from));
    ASSERT_TRUE(trn_state_find(c.to, &cell.to));
    ASSERT_TRUE(trn_by_find(c.by, &cell.by));
    trn_judge(&cell, &judgement);
    EXPECT_EQ(judgement.kind, c.kind) << (judgement.reason ? judgement.reason : "runs");
    EXPECT_EQ(judgement.rule, c.rule);
    EXPECT_EQ(judgement.reason != nullptr, c.kind != TRN_RUNS);
    EXPECT_EQ(judgement.section != nullptr, c.kind != TRN_RUNS);
}

INSTANTIATE_TEST_SUITE_P(Cells, Legal, testing::ValuesIn(kCases),
                         [](const testing::TestParamInfo<Case> &i) { return i.param.name; });

TEST(Words, OfEveryAxisAreFoundAgain)
{
    for (unsigned i = 0; i < TRN_N_STATES; i++) {
        trn_state state;

        ASSERT_TRUE(trn_state_find(trn_state_name(static_cast<trn_state>(i)), &state));
        EXPECT_EQ(state, static_cast<trn_state>(i));
    }
    for (unsigned i = 0; i < TRN_N_LOADS; i++) {
        trn_load load;

        ASSERT_TRUE(trn_load_find(trn_load_name(static_cast<trn_load>(i)), &load));
        EXPECT_EQ(load, static_cast<trn_load>(i));
    }
}

TEST(Words, ThatStandForNothingAreNotFound)
{
    trn_state state;
    trn_by by;
    trn_load load;

    EXPECT_FALSE(trn_state_find("nested", &state));
    EXPECT_FALSE(trn_state_find("", &state));
    EXPECT_FALSE(trn_by_find("detach", &by));
    EXPECT_FALSE(trn_load_find("NIC", &load));
}

} // namespace
