/* SPDX-License-Identifier: BSD-2-Clause
 * replay_test.cpp - the records of a run are the whole run: done again, they take the same time, to
 * the picosecond, and have the same verdicts. (Where hardware reports faults or errors, who reads
 * them in a replay is its responder, at other times.) */
#include "tests/unit/kernel-glue/scenario/bench.h"

#include "kernel-glue/scenario/run.h"

#include <gtest/gtest.h>

namespace
{

struct Case {
    const char *arch, *driver, *scenario;
};

const Case kCases[] = {
    {"smmuv3", "linux-6.12", "tests/scenario/timeouts.scn"},
    {"smmuv3", "linux-6.12", "kernel-glue/capture/scenarios/hwpt.scn"},
    {"smmuv3", "linux-6.12", "kernel-glue/capture/scenarios/ats.scn"},
    {"smmuv3", "linux-7", "kernel-glue/linux/scenarios/invalidate.scn"},
    {"smmuv3", "best", "kernel-glue/capture/scenarios/hwpt.scn"},
    {"vtd", "linux-6.12", "kernel-glue/capture/scenarios/twodev.scn"},
    {"vtd", "linux-7", "kernel-glue/capture/scenarios/ats.scn"},
    {"vtd", "best", "kernel-glue/capture/scenarios/twodev.scn"},
};

class Replay : public ::testing::TestWithParam<Case>
{
};

TEST_P(Replay, IsTheSameToThePicosecond)
{
    Bench bench(GetParam().arch, GetParam().driver, GetParam().scenario);

    ASSERT_TRUE(bench.is_up());
    (void)bench.lines();
    EXPECT_GT(bench.stats().n_records, 100u);
    EXPECT_EQ(bench.replay(), "");
}

INSTANTIATE_TEST_SUITE_P(All, Replay, ::testing::ValuesIn(kCases));

} // namespace
