/* SPDX-License-Identifier: BSD-2-Clause
 * fail_test.cpp - each allocation and each wait of each transition fails in turn: what was attached
 * before still serves requests, nothing is left over, nobody holds what he did not before. */
#include "tests/unit/kernel-glue/scenario/bench.h"

#include "kernel-glue/scenario/run.h"

#include <cstdio>
#include <gtest/gtest.h>

namespace
{

const char kFile[] = "tests/scenario/fail-base.scn";
/* Of a guest whose tables are zeros: it refuses everything. */
constexpr char kNested[] = "nested";
constexpr char kOld[] = "0x80000000";
constexpr char kNew[] = "0x80100000";

/* @before: lines that lead to the state. @op: the transition. @device, @pasid: who asks. @from,
 * @to: where a request ends before and after; empty: it is refused. */
struct Transition {
    const char *name;
    std::vector<std::string> before;
    const char *op;
    const char *device, *pasid;
    const char *from, *to;
    const char *users; /* that must not change by a failure: an expect line */
    uint64_t iova = 0x1000000;
};

const std::vector<Transition> kTransitions = {
    {"attach", {}, "attach d0 ha", "d0", "", "", kOld, "expect unused ha"},
    {"attach-space", {}, "attach d0 a", "d0", "", "", kOld, "expect unused hb"},
    {"replace", {"attach d0 ha"}, "replace d0 hb", "d0", "", kOld, kNew, "expect users ha*1"},
    {"replace-space", {"attach d0 a"}, "replace d0 b", "d0", "", kOld, kNew, "expect unused hb"},
    {"replace-by-space",
     {"attach d0 ha"},
     "replace d0 b",
     "d0",
     "",
     kOld,
     kNew,
     "expect users ha*1"},
    {"group-attach", {}, "attach g1 ha", "g2", "", "", kOld, "expect unused ha"},
    {"group-replace",
     {"attach g1 ha", "attach g2 ha"},
     "replace g1 hb",
     "g2",
     "",
     kOld,
     kNew,
     "expect users ha*2"},
    {"group-detach",
     {"attach g1 ha", "attach g2 ha", "detach g1"},
     "detach g2",
     "g2",
     "",
     kOld,
     "",
     "expect users ha*1"},
    {"attach-pasid",
     {"attach d0 ha"},
     "attach d0 hb pasid=5",
     "d0",
     " pasid=5",
     "",
     kNew,
     "expect users ha*1"},
    {"replace-pasid",
     {"attach d0 hb", "attach d0 ha pasid=5"},
     "replace d0 hb pasid=5",
     "d0",
     " pasid=5",
     kOld,
     kNew,
     "expect users hb*1 ha*1"},
    {"detach", {"attach d0 ha"}, "detach d0", "d0", "", kOld, "", "expect users ha*1"},
    {"detach-pasid",
     {"attach d0 hb", "attach d0 ha pasid=5"},
     "detach d0 pasid=5",
     "d0",
     " pasid=5",
     kOld,
     "",
     "expect users ha*1"},
    {"unmap", {"attach d0 ha"}, "unmap a 0x1000000 16K", "d0", "", kOld, "", "expect users ha*1"},
    {"map",
     {"attach d0 ha"},
     "map a 0x40000000 0x81000000 64K rw",
     "d0",
     "",
     kOld,
     kOld,
     "expect users ha*1"},
    {"table", {"attach d0 ha"}, "hwpt hc b", "d0", "", kOld, kOld, "expect users ha*1"},
    {"to-nested",
     {"hwpt s2 c nest-parent", "attach d0 s2", kNested},
     "replace d0 n",
     "d0",
     "",
     kOld,
     "",
     "expect users s2*2",
     0x80000000},
    {"from-nested",
     {"hwpt s2 c nest-parent", kNested, "attach d0 n"},
     "replace d0 s2",
     "d0",
     "",
     "",
     kOld,
     "expect users s2*1",
     0x80000000},
    {"attach-parent",
     {"hwpt s2 c nest-parent"},
     "attach d0 s2",
     "d0",
     "",
     "",
     kOld,
     "expect unused s2",
     0x80000000},
};

/* IDR0.ATS; ECAP without DT. Without them, an SMMU has no ATS, a VT-d unit has it. */
const char kSmmuAts[] = "SMMU_IDR0=0x94c761b", kVtdNoAts[] = "VTD_ECAP=0x433ef9ea4f050db";

struct Case {
    const char *arch, *driver;
    std::vector<std::string> settings;
};

const std::vector<Case> kCases = {
    {"smmuv3", "linux-6.12", {}},
    {"smmuv3", "linux-7", {}},
    {"smmuv3", "best", {}},
    {"smmuv3", "best-16", {}},
    {"smmuv3", "linux-6.12", {kSmmuAts}},
    {"smmuv3", "linux-7", {kSmmuAts}},
    {"smmuv3", "best", {kSmmuAts}},
    {"vtd", "linux-6.12", {}},
    {"vtd", "linux-7", {}},
    {"vtd", "best", {}},
    {"vtd", "linux-6.12", {kVtdNoAts}},
    {"vtd", "linux-7", {kVtdNoAts}},
    {"vtd", "best", {kVtdNoAts}},
};

/* Linux 6.12 has no replace of a PASID on VT-d, and no nest parents on SMMUv3. */
bool can(const Case &where, const Transition &what)
{
    const bool is_old = std::string(where.driver) == "linux-6.12";
    const bool is_vtd = std::string(where.arch) == "vtd";

    return !is_old || (is_vtd ? std::string(what.name) != "replace-pasid" : what.iova == 0x1000000);
}

std::string text_of(const Case &where, const std::string &line)
{
    if (line != kNested)
        return line;
    return std::string(where.arch) == "vtd" ? "nested n s2 pgtbl=0x80001000"
                                            : "nested n s2 ste=0x8000100b,0xd6";
}

std::string request(const Transition &what, const char *end)
{
    return std::string("expect dma ") + what.device + " " + std::to_string(what.iova) + " r" +
           what.pasid + (*end ? std::string(" -> pa ") + end : std::string(" -> fault"));
}

void prepare(Bench &bench, const Case &where, const Transition &what)
{
    ASSERT_TRUE(bench.is_up());
    ASSERT_EQ(bench.lines(), 0);
    for (const std::string &line : what.before)
        ASSERT_EQ(bench.line(text_of(where, line)), 0) << line;
}

class Fail : public ::testing::TestWithParam<std::tuple<size_t, size_t>>
{
  protected:
    const Case &where = kCases[std::get<0>(GetParam())];
    const Transition &what = kTransitions[std::get<1>(GetParam())];

    void fail_one(int kind, uint64_t n);
    uint32_t n_refused = 0, n_ignored = 0;
    uint64_t n_bytes_after = 0; /* of tables, without a failure */
};

/* A failed operation has changed nothing; one that ignores the failure has done its work. */
void Fail::fail_one(int kind, uint64_t n)
{
    Bench bench(where.arch, where.driver, kFile, where.settings);

    prepare(bench, where, what);
    const uint64_t n_events = bench.stats().n_events;
    bench.fail(kind, n);
    const int err = bench.line(what.op);
    bench.fail(RUN_FAIL_NOTHING, 0);
    EXPECT_EQ(bench.stats().n_events, n_events);
    if (err) {
        n_refused++;
        EXPECT_EQ(bench.line(what.users), 0);
        EXPECT_EQ(bench.line(request(what, what.from)), 0);
        EXPECT_EQ(bench.line(what.op), 0) << "again, without a failure";
    } else {
        n_ignored++;
    }
    EXPECT_EQ(bench.line(request(what, what.to)), 0);
    if (kind == RUN_FAIL_STEP) { /* what is held back goes when a wait is seen to end */
        EXPECT_EQ(bench.line("destroy other"), 0);
        EXPECT_EQ(bench.line("device other sid=0x40 rid=0x40"), 0);
    }
    EXPECT_EQ(bench.stats().n_live_bytes, n_bytes_after) << "as if nothing had failed";
    bench.halt();
    EXPECT_EQ(bench.stats().n_leaked_bytes, 0u);
}

TEST_P(Fail, EachStepInTurnLeavesWhatWasThere)
{
    uint64_t n_steps = 0, n_allocs = 0;

    {
        Bench bench(where.arch, where.driver, kFile, where.settings);

        prepare(bench, where, what);
        bench.fail(RUN_FAIL_NOTHING, 0);
        ASSERT_EQ(bench.line(what.op), 0);
        n_steps = bench.stats().n_steps;
        n_allocs = bench.stats().n_allocs;
        n_bytes_after = bench.stats().n_live_bytes;
        EXPECT_EQ(bench.line(request(what, what.to)), 0);
    }
    for (uint64_t i = 1; i <= n_allocs; i++) {
        SCOPED_TRACE("allocation " + std::to_string(i));
        fail_one(RUN_FAIL_ALLOC, i);
    }
    for (uint64_t i = 1; i <= n_steps; i++) {
        SCOPED_TRACE("wait " + std::to_string(i));
        fail_one(RUN_FAIL_STEP, i);
    }
    (void)std::printf(
        "%s %s %s: %u allocations and %u waits failed in turn, %u refused, %u ignored\n",
        where.arch, where.driver, what.name, static_cast<unsigned>(n_allocs),
        static_cast<unsigned>(n_steps), n_refused, n_ignored);
}

std::string ats_of(const Case &where)
{
    if (where.settings.empty())
        return "";
    return where.settings[0] == kSmmuAts ? "ats_" : "no_ats_";
}

std::string name_of(const ::testing::TestParamInfo<Fail::ParamType> &info)
{
    std::string name = std::string(kCases[std::get<0>(info.param)].arch) + "_" +
                       kCases[std::get<0>(info.param)].driver + "_" +
                       ats_of(kCases[std::get<0>(info.param)]) +
                       kTransitions[std::get<1>(info.param)].name;

    for (char &letter : name) {
        if (letter == '-' || letter == '.')
            letter = '_';
    }
    return name;
}

// Each driver, and what it can.
std::vector<Fail::ParamType> all_that_can()
{
    std::vector<Fail::ParamType> all;

    for (size_t where = 0; where < kCases.size(); where++) {
        for (size_t what = 0; what < kTransitions.size(); what++) {
            if (can(kCases[where], kTransitions[what]))
                all.emplace_back(where, what);
        }
    }
    return all;
}

INSTANTIATE_TEST_SUITE_P(All, Fail, ::testing::ValuesIn(all_that_can()), name_of);

} // namespace
