// SPDX-License-Identifier: BSD-2-Clause
// smmuv3_switch_test.cpp - stores, commands and CMD_SYNCs of each change of a device, word for word
// as the architecture's rules and the kernel's algorithm give them.
//
// STE.q0 is word 0 of the stream table entry, CD.q1 word 1 of a context descriptor, S a CMD_SYNC,
// P PREFETCH_CONFIG. A slot of the table is what the device has, then what it gets.
#include "tests/shim/driver_run.h"

#include <gtest/gtest.h>

#include <regex>

namespace
{

enum Kind { BLOCKED, IDENTITY, S1_A, S1_B, S2_A, S2_B, NESTED_A, NESTED_B, NESTED_DSS, NESTED_FAR };

struct Row {
    const char *name;
    const char *driver;
    Kind from, to;
    const char *steps;
    uint32_t syncs;
};

std::ostream &operator<<(std::ostream &out, const Row &row)
{
    return out << row.name;
}

// CFGI_STE or CFGI_CD and its CMD_SYNC, as each step of an entry ends.
const char *const ste = " CFGI_STE S", *const cd = " CFGI_CD S";

std::string brief(std::string steps)
{
    steps = std::regex_replace(steps, std::regex(ste), "!");
    steps = std::regex_replace(steps, std::regex(cd), "!");
    return std::regex_replace(steps, std::regex("PREFETCH_CONFIG"), "P");
}

// "!": CFGI of what was stored before it, CMD_SYNC.
const Row rows[] = {
    {"abort_to_identity", "linux-6.12", BLOCKED, IDENTITY, "STE.q1! STE.q0! P", 2},
    {"identity_to_abort", "linux-6.12", IDENTITY, BLOCKED, "STE.q0! STE.q1! P", 2},
    {"abort_to_s1", "linux-6.12", BLOCKED, S1_A, "CD.q1 CD.q3! CD.q0! STE.q1! STE.q0! P", 4},
    {"s1_to_abort", "linux-6.12", S1_A, BLOCKED, "STE.q0! STE.q1! P CD.q0! CD.q1 CD.q3!", 4},
    {"identity_to_s1", "linux-6.12", IDENTITY, S1_A,
     "CD.q1 CD.q3! CD.q0! STE.q1! STE.q0! STE.q1! P", 5},
    {"s1_to_identity", "linux-6.12", S1_A, IDENTITY,
     "STE.q1! STE.q0! STE.q1! P CD.q0! CD.q1 CD.q3!", 5},
    {"s1_to_s1", "linux-6.12", S1_A, S1_B, "CD.q0! CD.q1! CD.q0! P", 3},
    {"abort_to_s2", "linux-6.12", BLOCKED, S2_A, "STE.q1 STE.q2 STE.q3! STE.q0! P", 2},
    {"s2_to_abort", "linux-6.12", S2_A, BLOCKED, "STE.q0! STE.q1 STE.q2 STE.q3! P", 2},
    {"identity_to_s2", "linux-6.12", IDENTITY, S2_A, "STE.q2 STE.q3! STE.q0! P", 2},
    {"s2_to_identity", "linux-6.12", S2_A, IDENTITY, "STE.q0! STE.q2 STE.q3! P", 2},
    {"s1_to_s2", "linux-6.12", S1_A, S2_A,
     "STE.q0! STE.q1 STE.q2 STE.q3! STE.q0! P CD.q0! CD.q1 CD.q3!", 5},
    {"s2_to_s1", "linux-6.12", S2_A, S1_A,
     "CD.q1 CD.q3! CD.q0! STE.q0! STE.q1 STE.q2 STE.q3! STE.q0! P", 5},
    {"s2_to_s2", "linux-6.12", S2_A, S2_B, "STE.q0! STE.q2 STE.q3! STE.q0! P", 3},

    {"s1_to_s1", "linux-7", S1_A, S1_B, "CD.q0! CD.q1! CD.q0! P TLBI_NH_ASID S", 4},
    {"s2_to_s2", "linux-7", S2_A, S2_B, "STE.q0! STE.q2 STE.q3! STE.q0! P TLBI_S12_VMALL S", 4},
    {"s2_to_nested", "linux-7", S2_A, NESTED_A, "STE.q1! STE.q0! P", 2},
    {"nested_to_s2", "linux-7", NESTED_A, S2_A, "STE.q1! STE.q0! STE.q1! P", 3},
    {"nested_pointer", "linux-7", NESTED_A, NESTED_B, "STE.q0! P", 1},
    {"nested_pointer_and_s1dss", "linux-7", NESTED_A, NESTED_DSS, "STE.q0! STE.q1! STE.q0! P", 3},
    {"nested_other_parent", "linux-7", NESTED_A, NESTED_FAR,
     "STE.q0! STE.q2 STE.q3! STE.q0! P TLBI_S12_VMALL S", 4},
    {"abort_to_nested", "linux-7", BLOCKED, NESTED_A, "STE.q1 STE.q2 STE.q3! STE.q0! P", 2},
    {"nested_to_abort", "linux-7", NESTED_A, BLOCKED,
     "STE.q0! STE.q1 STE.q2 STE.q3! P TLBI_S12_VMALL S", 3},
    {"s1_to_nested", "linux-7", S1_A, NESTED_A,
     "STE.q0! STE.q1 STE.q2 STE.q3! STE.q0! P TLBI_NH_ASID S", 4},

    {"abort_to_identity", "best", BLOCKED, IDENTITY, "STE.q0!", 1},
    {"identity_to_abort", "best", IDENTITY, BLOCKED, "STE.q0!", 1},
    {"abort_to_s1", "best", BLOCKED, S1_A, "CD.q0 CD.q1 CD.q3 STE.q0!", 1},
    {"s1_to_abort", "best", S1_A, BLOCKED, "STE.q0!", 1},
    {"identity_to_s1", "best", IDENTITY, S1_A, "CD.q0 CD.q1 CD.q3 STE.q0!", 1},
    {"s1_to_identity", "best", S1_A, IDENTITY, "STE.q0!", 1},
    // another table: what the CD says now is copied, then two words of it get their new values
    {"s1_to_s1", "best", S1_A, S1_B, "CD.q0 CD.q1 CD.q3 CD.q0 CD.q1 STE.q0!", 1},
    {"abort_to_s2", "best", BLOCKED, S2_A, "STE.q1 STE.q2 STE.q3! STE.q0!", 2},
    {"s2_to_abort", "best", S2_A, BLOCKED, "STE.q0!", 1},
    {"nested_pointer", "best", NESTED_A, NESTED_B, "STE.q0!", 1},

    {"s1_to_s1", "best-16", S1_A, S1_B, "CD.q0+!", 1},
    {"s2_to_s2", "best-16", S2_A, S2_B, "STE.q2+!", 1},
    {"abort_to_s2", "best-16", BLOCKED, S2_A, "STE.q2+! STE.q0+!", 2},
    {"s2_to_nested", "best-16", S2_A, NESTED_A, "STE.q0+!", 1},
    {"nested_pointer_and_s1dss", "best-16", NESTED_A, NESTED_DSS, "STE.q0+!", 1},
};

class Bench : public DriverRun
{
  public:
    explicit Bench(const char *driver, const DriverIds &ids = DriverIds()) : DriverRun(driver, ids)
    {
        const bool has_nesting = driver != std::string("linux-6.12");
        drv_domain *far;

        at[BLOCKED] = blocked;
        at[IDENTITY] = identity;
        at[S1_A] = domain(DRV_PAGING, 1);
        at[S1_B] = domain(DRV_PAGING, 1);
        at[S2_A] = domain(DRV_PAGING, 2, has_nesting ? DRV_NEST_PARENT : 0);
        at[S2_B] = domain(DRV_PAGING, 2, has_nesting ? DRV_NEST_PARENT : 0);
        if (!has_nesting)
            return;
        far = at[S2_B];
        at[NESTED_A] = nested(at[S2_A], 0x8000100b, 0xd6);
        at[NESTED_B] = nested(at[S2_A], 0x8000200b, 0xd6);
        at[NESTED_DSS] = nested(at[S2_A], 0x8000200b, 0xd5);
        at[NESTED_FAR] = nested(far, 0x8000100b, 0xd6);
    }

    drv_domain *at[NESTED_FAR + 1] = {};
};

class Switch : public testing::TestWithParam<Row>
{
};

TEST_P(Switch, does_these_steps)
{
    const Row &row = GetParam();
    Bench bench(row.driver);
    drv_device *device = bench.device(0x20);

    ASSERT_EQ(0, bench.attach(device, bench.at[row.from]));
    bench.skip();
    ASSERT_EQ(0, bench.attach(device, bench.at[row.to]));

    EXPECT_EQ(row.syncs, bench.syncs());
    EXPECT_EQ(row.steps, brief(bench.steps()));
}

std::string name_of(const testing::TestParamInfo<Row> &info)
{
    return std::regex_replace(std::string(info.param.driver) + "_" + info.param.name,
                              std::regex("[-.]"), "_");
}

INSTANTIATE_TEST_SUITE_P(changes, Switch, testing::ValuesIn(rows), name_of);

// Without type overrides there is no SHCFG to set and to clear.
TEST(SwitchWithoutOverrides, identity_needs_one_step_less)
{
    Bench bench("linux-6.12", {0x94c721b, 0x6730410});
    drv_device *device = bench.device(0x20);

    ASSERT_EQ(0, bench.attach(device, bench.identity));
    bench.skip();
    ASSERT_EQ(0, bench.attach(device, bench.at[S1_A]));
    EXPECT_EQ("CD.q1 CD.q3! CD.q0! STE.q1! STE.q0! P", brief(bench.steps()));
    ASSERT_EQ(0, bench.attach(device, bench.identity));
    EXPECT_EQ("STE.q0! STE.q1! P CD.q0! CD.q1 CD.q3!", brief(bench.steps()));
}

// Detach and attach, where a replace is one call: sums of both.
TEST(SwitchInTwo, costs_what_its_halves_cost)
{
    const struct {
        Kind from, to;
        uint32_t syncs;
    } pairs[] = {{S1_A, S1_B, 8},     {S1_A, S2_A, 6},     {S2_A, S1_A, 6},
                 {S2_A, S2_B, 4},     {IDENTITY, S1_A, 6}, {S1_A, IDENTITY, 6},
                 {IDENTITY, S2_A, 4}, {S2_A, IDENTITY, 4}};

    for (const auto &pair : pairs) {
        Bench bench("linux-6.12");
        drv_device *device = bench.device(0x20);

        ASSERT_EQ(0, bench.attach(device, bench.at[pair.from]));
        bench.skip();
        ASSERT_EQ(0, bench.attach(device, bench.blocked));
        ASSERT_EQ(0, bench.attach(device, bench.at[pair.to]));
        EXPECT_EQ(pair.syncs, bench.syncs()) << pair.from << " to " << pair.to;
    }
}

// The short driver puts another second-level table in place when one entry has too much to change.
TEST(SwitchOfTables, is_one_store_of_the_l1std)
{
    for (const auto &pair : {std::pair<Kind, Kind>{S1_A, S2_A},
                             {S2_A, S1_A},
                             {S2_A, S2_B},
                             {NESTED_A, NESTED_DSS},
                             {NESTED_A, NESTED_FAR},
                             {S1_A, NESTED_A}}) {
        Bench bench("best");
        drv_device *device = bench.device(0x20);
        std::string steps;

        ASSERT_EQ(0, bench.attach(device, bench.at[pair.first]));
        bench.skip();
        ASSERT_EQ(0, bench.attach(device, bench.at[pair.second]));
        EXPECT_EQ(1u, bench.syncs());
        steps = bench.steps();
        EXPECT_EQ("L1STD CFGI_STE_RANGE S", steps.substr(steps.find("L1STD")));
        EXPECT_EQ(std::string::npos, steps.find("CFGI_CD"));
    }
}

} // namespace
