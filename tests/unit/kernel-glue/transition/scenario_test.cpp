/* SPDX-License-Identifier: BSD-2-Clause
 * scenario_test.cpp - a cell as lines: what is set up, and what the transition itself is. */
#include "kernel-glue/scenario/scn.h"
#include "kernel-glue/transition/trn.h"
#include "sim/record.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

namespace
{

/* The lines of a cell. */
struct Lines {
    std::vector<std::string> setup, transition;

    explicit Lines(const trn_cell &cell, trn_scale scale = trn_scale_default())
    {
        size_t n_setup = 0, n = 0;
        char *text = trn_scenario(&cell, &scale, &n_setup);
        std::string all = text ? text : "";

        free(text);
        for (size_t at = 0, end; (end = all.find('\n', at)) != std::string::npos; at = end + 1, n++)
            if (n >= 2) /* head and comment */
                (n - 2 < n_setup ? setup : transition).push_back(all.substr(at, end - at));
    }

    bool has(const std::string &line) const
    {
        for (const std::string &one : setup)
            if (one == line)
                return true;
        return false;
    }
};

trn_cell cell_of(uint8_t arch, trn_state from, trn_state to, trn_by by)
{
    trn_cell cell = {};

    cell.arch = arch;
    cell.from = from;
    cell.to = to;
    cell.by = by;
    cell.pasid = TRN_NO_PASID;
    cell.driver = "best";
    return cell;
}

using Words = std::vector<std::string>;

TEST(Scenario, AReplaceIsOneLine)
{
    const Lines lines(cell_of(SIM_ARCH_SMMUV3, TRN_S1, TRN_S2, TRN_REPLACE));

    EXPECT_EQ(lines.transition, Words{"replace d0 new"});
    EXPECT_TRUE(lines.has("hwpt old old-space stage=1"));
    EXPECT_TRUE(lines.has("hwpt new new-space stage=2"));
    EXPECT_TRUE(lines.has("attach d0 old"));
}

TEST(Scenario, TheOldAndTheNewMapTheSameAddressesToOtherMemory)
{
    const Lines lines(cell_of(SIM_ARCH_SMMUV3, TRN_S1, TRN_S1, TRN_REPLACE));

    EXPECT_TRUE(lines.has("map old-space 0x10000000 0x80000000 256K rw"));
    EXPECT_TRUE(lines.has("map new-space 0x10000000 0x90000000 256K rw"));
}

TEST(Scenario, ADetachAndAttachAreTwoLinesWithThePasid)
{
    trn_cell cell = cell_of(SIM_ARCH_VTD, TRN_S1, TRN_S2, TRN_DETACH_ATTACH);

    cell.pasid = 7;
    EXPECT_EQ(Lines(cell).transition, (Words{"detach d0 pasid=7", "attach d0 new pasid=7"}));
}

TEST(Scenario, FromBlockedItIsAnAttachAloneAndToBlockedADetach)
{
    EXPECT_EQ(Lines(cell_of(SIM_ARCH_VTD, TRN_BLOCKED, TRN_S2, TRN_DETACH_ATTACH)).transition,
              Words{"attach d0 new"});
    EXPECT_EQ(Lines(cell_of(SIM_ARCH_VTD, TRN_S2, TRN_BLOCKED, TRN_DETACH_ATTACH)).transition,
              Words{"detach d0"});
}

TEST(Scenario, TheSameObjectReplacesItself)
{
    EXPECT_EQ(Lines(cell_of(SIM_ARCH_VTD, TRN_IDENTITY, TRN_IDENTITY, TRN_REPLACE)).transition,
              Words{"replace d0 old"});
}

TEST(Scenario, BeforeAGuestHasATableTheDeviceHasItsParent)
{
    const Lines lines(cell_of(SIM_ARCH_SMMUV3, TRN_S2, TRN_NESTED_A, TRN_REPLACE));

    EXPECT_TRUE(lines.has("attach d0 parent-a"));
    EXPECT_TRUE(lines.has("nested new parent-a process=guest"));
    EXPECT_FALSE(lines.has("hwpt old old-space stage=2"));
}

TEST(Scenario, NestedStatesDifferInTheParentOrInTheTable)
{
    const Lines b(cell_of(SIM_ARCH_SMMUV3, TRN_NESTED_A, TRN_NESTED_B, TRN_REPLACE));
    const Lines a2(cell_of(SIM_ARCH_SMMUV3, TRN_NESTED_A, TRN_NESTED_A2, TRN_REPLACE));

    EXPECT_TRUE(b.has("nested old parent-a process=guest"));
    EXPECT_TRUE(b.has("nested new parent-b process=guest"));
    EXPECT_TRUE(a2.has("nested old parent-a process=guest"));
    EXPECT_TRUE(a2.has("nested new parent-a process=guest-2"));
}

TEST(Scenario, ATableGrowsAndShrinks)
{
    const Lines up(cell_of(SIM_ARCH_SMMUV3, TRN_TABLE_A, TRN_TABLE_GROWN, TRN_REPLACE));
    const Lines down(cell_of(SIM_ARCH_SMMUV3, TRN_TABLE_A, TRN_TABLE_SHRUNK, TRN_REPLACE));

    EXPECT_TRUE(up.has("nested old parent-a process=guest pasid_bits=4"));
    EXPECT_TRUE(up.has("nested new parent-a process=guest-2 pasid_bits=6"));
    EXPECT_TRUE(down.has("nested new parent-a process=guest-2 pasid_bits=2"));
}

TEST(Scenario, AProcessGetsThePasidThatIsAskedFor)
{
    trn_cell cell = cell_of(SIM_ARCH_VTD, TRN_BLOCKED, TRN_SVA, TRN_DETACH_ATTACH);

    cell.pasid = 2;
    cell.has_ats = true;
    const Lines lines(cell);

    EXPECT_TRUE(lines.has("device d0 sid=0x20 rid=0x20 pasid_bits=6 ats pri"));
    EXPECT_TRUE(lines.has("attach d0 other-1 pasid=1"));
    EXPECT_TRUE(lines.has("detach d0 pasid=1"));
    EXPECT_EQ(lines.transition, Words{"attach d0 new pasid=2"});
}

TEST(Scenario, WithoutATSAProcessNeedsStalls)
{
    trn_cell cell = cell_of(SIM_ARCH_SMMUV3, TRN_BLOCKED, TRN_SVA, TRN_DETACH_ATTACH);

    cell.pasid = 1;
    EXPECT_TRUE(Lines(cell).has("device d0 sid=0x20 rid=0x20 pasid_bits=6 stall"));
}

TEST(Scenario, SmallLeavesLieWhereNoLargeOneFits)
{
    const trn_cell cell = cell_of(SIM_ARCH_SMMUV3, TRN_S1, TRN_S1, TRN_REPLACE);
    const trn_scale small = {UINT64_C(2) << 20, false}, large = {UINT64_C(2) << 20, true};

    EXPECT_TRUE(Lines(cell, small).has("map old-space 0x10000000 0x80001000 2048K rw"));
    EXPECT_TRUE(Lines(cell, large).has("map old-space 0x10000000 0x80000000 2048K rw"));
}

TEST(Scenario, WhatIsLargeLiesAboveTheWindowsOfInterrupts)
{
    const trn_cell cell = cell_of(SIM_ARCH_VTD, TRN_S2, TRN_S2, TRN_REPLACE);
    const trn_scale scale = {UINT64_C(8) << 30, true};
    uint64_t first, last;

    trn_mapped(&scale, &first, &last);
    EXPECT_EQ(first, UINT64_C(8) << 30);
    EXPECT_EQ(last, (UINT64_C(16) << 30) - 1);
    EXPECT_TRUE(Lines(cell, scale).has("map old-space 0x200000000 0x1000000000 8388608K rw"));
}

TEST(Scenario, EveryLegalCellIsWellFormed)
{
    for (unsigned i = 0; i < 2 * 2 * TRN_N_STATES * TRN_N_STATES * TRN_N_BYS; i++) {
        trn_cell cell = cell_of(i & 1 ? SIM_ARCH_VTD : SIM_ARCH_SMMUV3,
                                static_cast<trn_state>((i >> 3) % TRN_N_STATES),
                                static_cast<trn_state>((i >> 3) / TRN_N_STATES % TRN_N_STATES),
                                i & 4 ? TRN_DETACH_ATTACH : TRN_REPLACE);
        const trn_scale scale = trn_scale_default();
        trn_judgement judgement;
        sim_diag diag;
        scn scenario;
        size_t n_setup;

        cell.pasid = i & 2 ? 1 : TRN_NO_PASID;
        cell.has_ats = true;
        trn_judge(&cell, &judgement);
        if (judgement.kind != TRN_RUNS)
            continue;
        char *text = trn_scenario(&cell, &scale, &n_setup);
        ASSERT_NE(text, nullptr);
        sim_diag_init(&diag, "cell");
        EXPECT_EQ(scn_read_text(&scenario, text, &diag), 0) << text << diag.text;
        EXPECT_LT(n_setup, scenario.n_steps) << text;
        EXPECT_LE(scenario.n_steps, n_setup + 2) << text;
        scn_free(&scenario);
        free(text);
    }
}

} // namespace
