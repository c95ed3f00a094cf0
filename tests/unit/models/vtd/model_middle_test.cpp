// SPDX-License-Identifier: BSD-2-Clause
// model_middle_test.cpp - a reset, and a snapshot, in the middle of everything that control does.
#include "tests/unit/models/vtd/vtd_machine_bench.h"

namespace
{

using namespace vtdm;

constexpr uint64_t kNs = 1000;

Config busy()
{
    Config c;

    c.vtd.param.clock_ps = 1000;
    c.vtd.param.reg_cycles = 20;
    c.vtd.param.inval_cycles = 150;
    c.vtd.param.wait_cycles = 100;
    c.vtd.param.qi_slots = 4;
    c.vtd.param.fault_cycles = 10;
    c.vtd.param.devtlb_timeout_us = 10;
    c.memory(100000);
    return c;
}

void prepare(Bench &b)
{
    b.make_ss(0);
    b.device(0x10);
    b.pasid(0x10, 0, pasid_ss(space(0), 5));
    b.boot(scalable());
    b.write(FECTL, 0);
    b.write(FEADDR, kMsi);
    b.write(IECTL, 0);
    b.write(IEADDR, kMsi);
    b.write(PECTL, 0);
    b.write(PEADDR, kMsi);
}

// Descriptors, waits, a device that never answers, page requests, faults, a handshake.
void begin(Bench &b, Request &good, Request &bad)
{
    sim_page_request page = {};

    b.put({0x11, 0});
    b.put(Bench::wait_for(0, 1, 0x10));
    b.put({0x500e2, 0});
    b.put({0x0000001000080003, 0x7ffffffffffff001});
    b.put(Bench::wait_for(1, 2, 0x80));
    b.ring();
    b.submit(good);
    b.submit(bad);
    page.address = 0x3000;
    page.requester = 0x10;
    page.access = SIM_DMA_READ;
    page.is_last = true;
    for (unsigned i = 0; i < 3; i++)
        b.page_request(page);
    b.write(PMEN, 0x80000000);
}

class Middle : public testing::TestWithParam<unsigned>
{
};

TEST_P(Middle, ResetLeavesNothingBehind)
{
    Bench b(busy());
    uint64_t word = 0;
    Request good(0x10, 0x1000);
    Request bad(0x1000, 0x1000);
    const sim_iommu *iommu = test_machine_iommu(b.m);

    good.dma.data = &word;
    prepare(b);
    begin(b, good, bad);
    test_machine_run_until(b.m, test_machine_now_ps(b.m) + GetParam() * kNs);
    iommu->ops->reset(iommu->model);
    EXPECT_EQ(b.read(GSTS), 0u);
    const unsigned n_executed = b.n_facts(SIM_FACT_CMD_EXECUTED);
    const unsigned n_recorded = b.n_facts(SIM_FACT_EVENT_RECORDED);
    const unsigned n_visible = b.n_facts(SIM_FACT_SYNC_VISIBLE);
    b.settle();
    EXPECT_EQ(good.n_answers, 1u);
    EXPECT_EQ(bad.n_answers, 1u);
    EXPECT_EQ(b.n_facts(SIM_FACT_CMD_EXECUTED), n_executed);
    EXPECT_EQ(b.n_facts(SIM_FACT_EVENT_RECORDED), n_recorded);
    EXPECT_EQ(b.n_facts(SIM_FACT_SYNC_VISIBLE), n_visible);
    EXPECT_EQ(b.read(FSTS), 0u);
    EXPECT_EQ(b.read(PRS), 0u);
    EXPECT_EQ(b.read(PMEN), 0u);
    EXPECT_EQ(b.read64(PQT), 0u);
    EXPECT_EQ(b.read(IQH), 0u);
}

TEST_P(Middle, AfterAResetEverythingWorks)
{
    Bench b(busy());
    Request good(0x10, 0x1000);
    Request bad(0x1000, 0x1000);
    const sim_iommu *iommu = test_machine_iommu(b.m);

    prepare(b);
    begin(b, good, bad);
    test_machine_run_until(b.m, test_machine_now_ps(b.m) + GetParam() * kNs);
    iommu->ops->reset(iommu->model);
    b.restart();
    prepare(b);
    b.run_wait({0x500e2, 0});
    EXPECT_EQ(b.target(0x10, 0x1000), page_of(0, 0x1000));
    (void)b.dma(0x1000, 0x1000);
    EXPECT_EQ(b.n_records(), 1u);
}

TEST_P(Middle, SnapshotGoesTheSameWayAgain)
{
    Bench b(busy());
    Request good(0x10, 0x1000);
    Request bad(0x1000, 0x1000);
    struct sim_snapshot *snapshot = sim_snapshot_new();

    prepare(b);
    begin(b, good, bad);
    test_machine_run_until(b.m, test_machine_now_ps(b.m) + GetParam() * kNs);
    test_machine_add_state(b.m, snapshot);
    ASSERT_EQ(sim_snapshot_add(snapshot, &good.dma, sizeof(good.dma)), 0);
    ASSERT_EQ(sim_snapshot_add(snapshot, &bad.dma, sizeof(bad.dma)), 0);
    test_machine_take(b.m, snapshot);
    const size_t n_before = test_machine_n_facts(b.m);
    b.settle();
    const size_t n = test_machine_n_facts(b.m) - n_before;
    const uint32_t fsts = b.read(FSTS);
    test_machine_restore(b.m, snapshot);
    b.settle();
    ASSERT_EQ(test_machine_n_facts(b.m), n_before + 2 * n);
    for (size_t i = n_before; i < n_before + n; i++) {
        const sim_fact &once = test_machine_facts(b.m)[i];
        const sim_fact &twice = test_machine_facts(b.m)[i + n];

        EXPECT_EQ(once.time_ps, twice.time_ps);
        EXPECT_EQ(once.kind, twice.kind);
        for (unsigned a = 0; a < SIM_FACT_MAX_ARGS; a++)
            EXPECT_EQ(once.arg[a], twice.arg[a]) << sim_fact_infos[once.kind].name;
    }
    EXPECT_EQ(b.read(FSTS), fsts);
    sim_snapshot_free(snapshot);
}

// Nanoseconds after the doorbell.
INSTANTIATE_TEST_SUITE_P(Moments, Middle,
                         testing::Values(0u, 5u, 15u, 20u, 50u, 100u, 110u, 150u, 200u, 250u, 300u,
                                         350u, 400u, 450u, 500u, 600u, 700u, 800u, 900u, 1000u,
                                         1500u, 3000u, 9999u, 11000u));

} // namespace
