// SPDX-License-Identifier: BSD-2-Clause
// What things cost with the default preset, added up by hand from the parameters:
// micro TLB 2, link 8, configuration 3, main TLB 3, walk cache 4 per level, step 1, decode 2,
// CMD_SYNC 72 cycles of 1 ns; atoms 1 cycle apart; memory 150 ns.
#include "tests/shim/smmu_machine.h"

#include "sim/diag.h"

#include <gtest/gtest.h>

#include <memory>
#include <ostream>

namespace
{

constexpr uint64_t kNs = 1000;
constexpr uint64_t kStrtab = 0x10000, kCd = 0x20000, kCmdq = 0x30000, kTables = 0x100000;
constexpr uint64_t kIova = 0x40000000;
constexpr uint64_t kSteS1 = 0xb;                // V, Config=101
constexpr uint64_t kCd0 = 0x00016205'c0003510;  // ASID 1, V, AA64, A, R, EPD1, T0SZ 16, IPS 48
constexpr uint64_t kPage = 0xf43, kTable = 0x3; // read and write for all; a table

class SmmuTiming : public testing::Test
{
  protected:
    explicit SmmuTiming(uint32_t sweep_per_cycle = 16)
    {
        smmu_machine_config config;

        smmu_machine_config_init(&config, "mmu600");
        config.timing = {150 * kNs, 0, 0};
        config.smmu.param.sweep_per_cycle = sweep_per_cycle;
        machine_.reset(smmu_machine_new(&config));
        SIM_BUG_ON(!machine_);
        iommu_ = smmu_machine_iommu(machine_.get());
        tables();
        iommu_->ops->reg_write(iommu_->model, 0x80, 8, kStrtab);   // STRTAB_BASE
        iommu_->ops->reg_write(iommu_->model, 0x88, 4, 1);         // two streams, linear
        iommu_->ops->reg_write(iommu_->model, 0x90, 8, kCmdq | 4); // CMDQ_BASE
        iommu_->ops->reg_write(iommu_->model, 0x20, 4, 0x9);       // CR0: SMMUEN, CMDQEN
        smmu_machine_run(machine_.get());
    }

    // ns until the answer.
    uint64_t ask(uint32_t sid, uint64_t iova)
    {
        const uint64_t start_ps = smmu_machine_now_ps(machine_.get());
        sim_dma dma = {};

        dma.iova = iova;
        dma.n_bytes = 64;
        dma.requester = sid;
        dma.access = SIM_DMA_READ;
        dma.done.fn = [](void *) {};
        EXPECT_TRUE(iommu_->ops->submit(iommu_->model, &dma));
        while (dma.status == SIM_DMA_PENDING || sim_event_is_scheduled(&dma.done))
            EXPECT_TRUE(smmu_machine_step(machine_.get()));
        EXPECT_EQ(dma.status, SIM_DMA_OK);
        const uint64_t took_ps = smmu_machine_now_ps(machine_.get()) - start_ps;
        smmu_machine_run(machine_.get());
        return took_ps / kNs;
    }

    void command(uint64_t word0, uint64_t word1)
    {
        smmu_machine_store(machine_.get(), kCmdq + prod_ * 16, word0);
        smmu_machine_store(machine_.get(), kCmdq + prod_ * 16 + 8, word1);
        prod_++;
    }

    // ns from the doorbell until CONS has passed everything.
    uint64_t ring()
    {
        const uint64_t start_ps = smmu_machine_now_ps(machine_.get());

        iommu_->ops->reg_write(iommu_->model, 0x98, 4, prod_);
        while (iommu_->ops->reg_read(iommu_->model, 0x9c, 4) != prod_)
            EXPECT_TRUE(smmu_machine_step(machine_.get()));
        return (smmu_machine_now_ps(machine_.get()) - start_ps) / kNs;
    }

    struct Free {
        void operator()(smmu_machine *machine) const
        {
            smmu_machine_free(machine);
        }
    };
    std::unique_ptr<smmu_machine, Free> machine_;
    const sim_iommu *iommu_ = nullptr;
    uint32_t prod_ = 0;

  private:
    // Streams 0 and 1 have one CD each, with the same ASID and table.
    void tables()
    {
        smmu_machine *m = machine_.get();

        for (uint64_t sid = 0; sid < 2; sid++) {
            smmu_machine_store(m, kStrtab + 64 * sid, kSteS1 | (kCd + 64 * sid));
            smmu_machine_store(m, kCd + 64 * sid, kCd0);
            smmu_machine_store(m, kCd + 64 * sid + 8, kTables);
        }
        smmu_machine_store(m, kTables, (kTables + 0x1000) | kTable);
        smmu_machine_store(m, kTables + 0x1000 + 8, (kTables + 0x2000) | kTable); // 1 GiB up
        smmu_machine_store(m, kTables + 0x2000, (kTables + 0x3000) | kTable);
        for (uint64_t page = 0; page < 4; page++)
            smmu_machine_store(m, kTables + 0x3000 + 8 * page, (0x800000 + 0x1000 * page) | kPage);
    }
};

TEST_F(SmmuTiming, ColdRequestReadsSteCdAndFourLevels)
{
    // 2 + 8 + 3, two entries of 150 + 7 (the last atom leaves 7 cycles after the first), 3, then
    // three levels of walk cache tried (12) and a step (1), four reads with a step each, 8.
    EXPECT_EQ(ask(0, kIova), 2u + 8 + 3 + 2 * 157 + 3 + 13 + 4 * 151 + 8);
}

TEST_F(SmmuTiming, MicroTlbHitTakesTwoCycles)
{
    ask(0, kIova);
    EXPECT_EQ(ask(0, kIova + 0x40), 2u);
}

TEST_F(SmmuTiming, WalkCacheHitLeavesOneRead)
{
    ask(0, kIova);
    // 2 + 8, configuration 3, main TLB 3, walk cache 4 and step 1, one read and step, 8.
    EXPECT_EQ(ask(0, kIova + 0x1000), 2u + 8 + 3 + 3 + 5 + 151 + 8);
}

TEST_F(SmmuTiming, MainTlbHitOfAnotherStreamCrossesTheLinkTwice)
{
    ask(1, kIova + 0x1000);
    ask(0, kIova);
    EXPECT_EQ(ask(1, kIova), 2u + 8 + 3 + 3 + 8);
}

TEST_F(SmmuTiming, SyncOnAnEmptyQueueTakes240Ns)
{
    // One read of the command, decode 2, to the TBU and back 16, floor 72 (timing facts, I1).
    command(0x46, 0);
    EXPECT_EQ(ring(), 150u + 2 + 16 + 72);
}

TEST_F(SmmuTiming, CommandsAreReadOneAfterTheOther)
{
    command(0x02, 0); // PREFETCH_ADDR twice: hints that cost their reading only
    command(0x02, 0);
    command(0x46, 0);
    EXPECT_EQ(ring(), 3u * 152 + 16 + 72);
}

TEST_F(SmmuTiming, AnInvalidationIsDoneBeforeTheNextCommandIsRead)
{
    // TLBI_NH_ALL, consumed at 152: 64 cycles for 1024 entries, link 8, 2 cycles for 32 entries,
    // link 8: done at 234. The SYNC is decoded at 304.
    command(0x10, 0);
    command(0x46, 0);
    EXPECT_EQ(ring(), 2u * 152 + 16 + 72);
}

class SmmuTimingSlowSweep : public SmmuTiming
{
  protected:
    SmmuTimingSlowSweep() : SmmuTiming(1)
    {
    }
};

TEST_F(SmmuTimingSlowSweep, SyncWaitsForTheSweep)
{
    // One entry a cycle: 1024 and 32 cycles, twice the link: done at 1224.
    command(0x10, 0);
    command(0x46, 0);
    EXPECT_EQ(ring(), 152u + 1024 + 8 + 32 + 8 + 16 + 72);
}

TEST_F(SmmuTiming, SyncWaitsForAWalkThatBeganBefore)
{
    sim_dma dma = {};

    dma.iova = kIova;
    dma.n_bytes = 64;
    dma.access = SIM_DMA_READ;
    dma.done.fn = [](void *) {};
    ASSERT_TRUE(iommu_->ops->submit(iommu_->model, &dma));
    command(0x46, 0);
    // The cold request's answer, see above: later than the 240 ns of the SYNC itself.
    EXPECT_EQ(ring(), 2u + 8 + 3 + 2 * 157 + 3 + 13 + 4 * 151 + 8);
}

} // namespace
