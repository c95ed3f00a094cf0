// SPDX-License-Identifier: BSD-2-Clause
// Many requests of both stages at once, few slots for them, and a reset in the middle: everyone is
// answered once, and rightly.
#include "tests/unit/models/smmuv3/machine_bench.h"

#include <memory>

namespace
{

using namespace machine;

struct Slots {
    const char *name;
    uint32_t tcu, cfg, walk;
    uint32_t walk_entries;
};
MACHINE_CASES(Slots)

class SmmuNestedLoad : public testing::TestWithParam<Slots>
{
  protected:
    // Stream 1: stage 1 alone; 2 and 3: both; 4: stage 2 alone; 5: a CD that stage 2 refuses.
    static void prepare(Bench &b)
    {
        b.make_stream(1, 0, 5, 7);
        b.make_nested(2, 1, 0, 1, 7);
        b.make_nested(3, 2, 0, 2, 7);
        b.make_s2_stream(4, 0, 7);
        b.make_nested(5, 3, 1, 1, 8);
        b.store(leaf_slot(1, 0x3000), 0);              // stage 1 refuses
        b.store(s2_slot(0, 0x405000), 0);              // stage 2 refuses
        b.store(s2_slot(1, cds_of(5)), 0);             //
        b.store(leaf_slot(2, 0xa000), page(0x300000)); // a page of another stream
        b.boot();
    }
    static uint64_t expected_pa(uint32_t sid, uint64_t iova)
    {
        if (sid == 5 || (sid == 2 && iova == 0x3000) || (sid == 3 && iova == 0x5000))
            return 0;
        if (sid == 3 && iova == 0xa000)
            return 0x1000300000;
        if (sid == 1)
            return page_of(0, iova);
        return sid == 4 ? iova : s2_page_of(page_of(sid - 1, iova));
    }
};
const Slots slots[] = {
    {"one_of_each", 1, 1, 1, 256}, {"one_walk", 64, 2, 1, 256},
    {"one_fetch", 64, 1, 16, 256}, {"few_and_no_walk_cache", 3, 2, 2, 0},
    {"many", 64, 16, 16, 256},
};
INSTANTIATE_TEST_SUITE_P(Slots, SmmuNestedLoad, testing::ValuesIn(slots), name_of<Slots>);

TEST_P(SmmuNestedLoad, EveryoneIsAnsweredRightly)
{
    Config c("mmu600");
    std::vector<std::unique_ptr<Request>> requests;
    unsigned n_refused = 0;

    c.smmu.param.tcu_slots = GetParam().tcu;
    c.smmu.param.cfg_slots = GetParam().cfg;
    c.smmu.param.walk_slots = GetParam().walk;
    c.smmu.param.walk_entries = GetParam().walk_entries;
    c.memory(100000);
    Bench b(c);

    prepare(b);
    for (uint64_t iova = 0x1000; iova < 0xc000; iova += 0x1000) {
        for (uint32_t sid = 5; sid > 0; sid--) {
            requests.push_back(std::make_unique<Request>(sid, iova));
            b.submit(*requests.back());
        }
    }
    b.settle();
    for (const auto &r : requests) {
        const uint64_t pa = expected_pa(r->dma.requester, r->dma.iova);

        ASSERT_EQ(r->n_answers, 1u) << r->dma.requester << " " << r->dma.iova;
        EXPECT_EQ(r->dma.status, pa ? SIM_DMA_OK : SIM_DMA_ABORT);
        EXPECT_EQ(pa ? r->dma.pa : 0, pa) << r->dma.requester;
        n_refused += !pa;
    }
    EXPECT_EQ(b.n_events(), n_refused);
}

// A reset at any moment answers what is under way, and leaves nothing behind.
TEST_P(SmmuNestedLoad, AResetLeavesNothingBehind)
{
    for (uint64_t at_ps = 0; at_ps < 4000000; at_ps += 100000) {
        Config c("mmu600");
        std::vector<std::unique_ptr<Request>> requests;

        c.smmu.param.tcu_slots = GetParam().tcu;
        c.smmu.param.cfg_slots = GetParam().cfg;
        c.smmu.param.walk_slots = GetParam().walk;
        c.smmu.param.walk_entries = GetParam().walk_entries;
        c.memory(100000);
        Bench b(c);
        const sim_iommu *iommu = test_machine_iommu(b.m);

        prepare(b);
        for (uint32_t sid = 1; sid < 6; sid++) {
            requests.push_back(std::make_unique<Request>(sid, 0x1000));
            b.submit(*requests.back());
        }
        test_machine_run_until(b.m, test_machine_now_ps(b.m) + at_ps);
        iommu->ops->reset(iommu->model);
        b.settle();
        for (const auto &r : requests)
            ASSERT_EQ(r->n_answers, 1u) << at_ps;
        b.store(s2_slot(0, 0x301000), s2_page(0x777000));
        b.boot();
        b.run_sync(0x4, 0x1f); // CFGI_ALL
        b.run_sync(0x30);      // TLBI_NSNH_ALL
        EXPECT_EQ(b.target(2, 0x1000), 0x777000u) << at_ps;
        EXPECT_EQ(b.target(4, 0x1000), 0x1000u);
    }
}

// One walk serves all that want the same page.
TEST(SmmuNestedTwins, ReadTheTablesOnce)
{
    Config c("mmu600");
    std::vector<std::unique_ptr<Request>> requests;

    c.memory(100000);
    Bench b(c);

    b.make_deep();
    b.boot_deep();
    ASSERT_EQ(b.target(1, kDeepVa, kDeepSsid), kDeepPa);
    b.run_sync(0x30);
    const size_t n = b.reads().size();
    for (uint64_t i = 0; i < 8; i++) {
        requests.push_back(std::make_unique<Request>(1, kDeepVa + i, SIM_DMA_READ, kDeepSsid));
        b.submit(*requests.back());
    }
    b.settle();
    for (uint64_t i = 0; i < 8; i++)
        EXPECT_EQ(requests[i]->dma.pa, kDeepPa + i);
    EXPECT_EQ(b.reads().size(), n + 24);
}

} // namespace
