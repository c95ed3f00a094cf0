// SPDX-License-Identifier: BSD-2-Clause
// Hardware updates of access flag and dirty state (facts 4.3, 4.4; 3.13), seen in memory. Words are
// typed by hand.
#include "tests/shim/smmu_machine.h"

#include "sim/diag.h"

#include <gtest/gtest.h>

#include <memory>
#include <ostream>

namespace
{

constexpr uint64_t kStrtab = 0x10000, kCd = 0x20000, kEventq = 0x40000;
constexpr uint64_t kTables = 0x100000, kGuest = 0x200000;
constexpr uint64_t kIova = 0x40000000, kLeaf = kTables + 0x3000, kGuestLeaf = kGuest + 0x2000;
constexpr uint64_t kData = 0x800000, kOther = 0x900000;

constexpr uint64_t kCdPlain = 0x00016205'c0003510; // ASID 1, A, R, AA64, 48 bits, V, EPD1
constexpr uint64_t kHa = UINT64_C(1) << 43, kHd = UINT64_C(1) << 42;
constexpr uint64_t kTable = 0x3, kAf = 0x400, kDbm = UINT64_C(1) << 51;
constexpr uint64_t kRw = 0xb43, kRo = 0xbc3; // pages without AF: nG, ISH, AP 01 and 11

constexpr uint64_t kS2Word2 = 0x040d0061'00000001; // S2R, AA64, 48 bits, level 1, T0SZ 33, VMID 1
constexpr uint64_t kS2Ha = UINT64_C(1) << 56, kS2Hd = UINT64_C(1) << 55;
constexpr uint64_t kS2Rw = 0x3ff, kS2Ro = 0x37f; // pages without AF: normal memory, S2AP 11 and 01

class SmmuHttu : public testing::Test
{
  protected:
    SmmuHttu()
    {
        smmu_machine_config config;

        smmu_machine_config_init(&config, "mmu600");
        config.timing = {150000, 0, 0};
        config.smmu.ids.idr0 |= 2u << 6; // HTTU: access flag and dirty state
        machine_.reset(smmu_machine_new(&config));
        SIM_BUG_ON(!machine_);
        iommu_ = test_machine_iommu(machine_.get());
        for (unsigned level = 0; level < 3; level++)
            store(kTables + 0x1000 * level + (level == 1 ? 8 : 0),
                  (kTables + 0x1000 * (level + 1)) | kTable);
        // Stage 2: one table of level 1, of level 2 and of level 3 for the first 2 MiB, which are
        // where they are; then one for the data.
        store(kGuest, (kGuest + 0x1000) | kTable);
        store(kGuest + 0x1000, (kGuest + 0x2000) | kTable);
        store(kGuest + 0x1000 + 4 * 8, (kGuest + 0x3000) | kTable);
        for (uint64_t pa = 0; pa < 0x200000; pa += 0x1000)
            store(kGuestLeaf + (pa >> 12) * 8, pa | kS2Rw | kAf);
        store(kGuest + 0x3000, kData | kS2Rw | kAf);
    }

    void store(uint64_t pa, uint64_t value)
    {
        test_machine_store(machine_.get(), pa, value);
    }
    uint64_t load(uint64_t pa) const
    {
        return test_machine_load(machine_.get(), pa);
    }

    void stage1(uint64_t cd_bits, uint64_t leaf)
    {
        store(kStrtab, 0xb | kCd);
        store(kCd, kCdPlain | cd_bits);
        store(kCd + 8, kTables);
        store(kLeaf, leaf);
        enable();
    }
    void stage2(uint64_t bits, uint64_t leaf)
    {
        store(kStrtab, 0xd);
        store(kStrtab + 16, kS2Word2 | bits);
        store(kStrtab + 24, kGuest);
        store(kGuest + 0x3000, leaf);
        enable();
    }
    void nested(uint64_t cd_bits, uint64_t leaf, uint64_t s2_bits)
    {
        store(kCd, kCdPlain | cd_bits);
        store(kCd + 8, kTables);
        store(kLeaf, leaf);
        store(kStrtab, 0xf | kCd);
        store(kStrtab + 16, kS2Word2 | s2_bits);
        store(kStrtab + 24, kGuest);
        enable();
    }

    void send(sim_dma *dma, uint64_t iova, uint8_t access)
    {
        *dma = {};
        dma->iova = iova;
        dma->n_bytes = 64;
        dma->access = access;
        dma->done.fn = [](void *) {};
        ASSERT_TRUE(iommu_->ops->submit(iommu_->model, dma));
    }
    sim_dma ask(uint64_t iova, uint8_t access)
    {
        static_assert(sizeof(sim_dma) < 256, "returned by value");
        sim_dma dma;

        send(&dma, iova, access);
        test_machine_run(machine_.get());
        dma.done = {};
        return dma;
    }

    struct Free {
        void operator()(test_machine *machine) const
        {
            test_machine_free(machine);
        }
    };
    std::unique_ptr<test_machine, Free> machine_;
    const sim_iommu *iommu_ = nullptr;

  private:
    void enable()
    {
        iommu_->ops->reg_write(iommu_->model, 0x80, 8, kStrtab);     // STRTAB_BASE
        iommu_->ops->reg_write(iommu_->model, 0xa0, 8, kEventq | 4); // EVENTQ_BASE
        iommu_->ops->reg_write(iommu_->model, 0x20, 4, 0x5);         // CR0: SMMUEN, EVENTQEN
        test_machine_run(machine_.get());
    }
};

TEST_F(SmmuHttu, AReadSetsTheAccessFlag)
{
    stage1(kHa, kData | kRw);
    EXPECT_EQ(ask(kIova, SIM_DMA_READ).pa, kData);
    EXPECT_EQ(load(kLeaf), kData | kRw | kAf);
}

TEST_F(SmmuHttu, WithoutHaTheAccessFlagFaultsAndStays)
{
    stage1(0, kData | kRw);
    EXPECT_EQ(ask(kIova, SIM_DMA_READ).event, 0x12u); // F_ACCESS
    EXPECT_EQ(load(kLeaf), kData | kRw);
}

TEST_F(SmmuHttu, AWriteMakesACleanPageWritable)
{
    stage1(kHa | kHd, kData | kRo | kAf | kDbm);
    EXPECT_EQ(ask(kIova, SIM_DMA_WRITE).status, SIM_DMA_OK);
    EXPECT_EQ(load(kLeaf), kData | kRw | kAf | kDbm); // AP 11 to 01
}

TEST_F(SmmuHttu, AReadLeavesACleanPageCleanAndALaterWriteFindsIt)
{
    stage1(kHa | kHd, kData | kRo | kAf | kDbm);
    EXPECT_EQ(ask(kIova, SIM_DMA_READ).status, SIM_DMA_OK);
    EXPECT_EQ(load(kLeaf), kData | kRo | kAf | kDbm);
    EXPECT_EQ(ask(kIova, SIM_DMA_WRITE).status, SIM_DMA_OK); // cached as not writable
    EXPECT_EQ(load(kLeaf), kData | kRw | kAf | kDbm);
}

TEST_F(SmmuHttu, WithoutDbmAReadOnlyPageStaysSo)
{
    stage1(kHa | kHd, kData | kRo | kAf);
    EXPECT_EQ(ask(kIova, SIM_DMA_WRITE).event, 0x13u); // F_PERMISSION
    EXPECT_EQ(load(kLeaf), kData | kRo | kAf);
}

TEST_F(SmmuHttu, WithoutHdDbmMeansNothing)
{
    stage1(kHa, kData | kRo | kAf | kDbm);
    EXPECT_EQ(ask(kIova, SIM_DMA_WRITE).event, 0x13u);
}

TEST_F(SmmuHttu, OneUpdateSetsBoth)
{
    stage1(kHa | kHd, kData | kRo | kDbm);
    EXPECT_EQ(ask(kIova, SIM_DMA_WRITE).status, SIM_DMA_OK);
    EXPECT_EQ(load(kLeaf), kData | kRw | kAf | kDbm);
}

TEST_F(SmmuHttu, SoftwareThatWasQuickerWins)
{
    sim_dma dma;
    bool has_read_leaf = false;

    stage1(kHa, kData | kRw);
    send(&dma, kIova, SIM_DMA_READ);
    while (!has_read_leaf && test_machine_step(machine_.get())) {
        const sim_fact *facts = test_machine_facts(machine_.get());

        for (size_t i = 0; i < test_machine_n_facts(machine_.get()); i++)
            has_read_leaf |= facts[i].kind == SIM_FACT_WALK_STEP && facts[i].arg[2] == kLeaf;
    }
    ASSERT_TRUE(has_read_leaf);
    store(kLeaf, kOther | kRw); // before the update arrives
    test_machine_run(machine_.get());
    EXPECT_EQ(dma.status, SIM_DMA_OK);
    EXPECT_EQ(dma.pa, kOther);
    EXPECT_EQ(load(kLeaf), kOther | kRw | kAf);
}

TEST_F(SmmuHttu, AnAbortedUpdateIsAWalkAbort)
{
    sim_dma dma;

    stage1(kHa, kData | kRw);
    send(&dma, kIova, SIM_DMA_READ);
    while (dma.status == SIM_DMA_PENDING && test_machine_step(machine_.get())) {
        const size_t n = test_machine_n_facts(machine_.get());
        const sim_fact *facts = test_machine_facts(machine_.get());

        if (n && facts[n - 1].kind == SIM_FACT_WALK_STEP && facts[n - 1].arg[2] == kLeaf)
            test_machine_break(machine_.get(), kLeaf, 8);
    }
    EXPECT_EQ(dma.status, SIM_DMA_ABORT);
    EXPECT_EQ(dma.event, 0x0bu); // F_WALK_EABT
}

TEST_F(SmmuHttu, StageTwoSetsItsAccessFlag)
{
    stage2(kS2Ha, kData | kS2Rw);
    EXPECT_EQ(ask(0x800000, SIM_DMA_READ).pa, kData);
    EXPECT_EQ(load(kGuest + 0x3000), kData | kS2Rw | kAf);
}

TEST_F(SmmuHttu, StageTwoMakesACleanPageWritable)
{
    stage2(kS2Ha | kS2Hd, kData | kS2Ro | kAf | kDbm);
    EXPECT_EQ(ask(0x800000, SIM_DMA_READ).status, SIM_DMA_OK);
    EXPECT_EQ(load(kGuest + 0x3000), kData | kS2Ro | kAf | kDbm);
    EXPECT_EQ(ask(0x800000, SIM_DMA_WRITE).status, SIM_DMA_OK);
    EXPECT_EQ(load(kGuest + 0x3000), kData | kS2Rw | kAf | kDbm); // S2AP 01 to 11
}

TEST_F(SmmuHttu, AStageOneUpdateNeedsStageTwoToAllowTheWrite)
{
    store(kGuestLeaf + (kLeaf >> 12) * 8, (kLeaf & ~UINT64_C(0xfff)) | kS2Ro | kAf);
    nested(kHa, kData | kRw, 0);
    EXPECT_EQ(ask(kIova, SIM_DMA_READ).event, 0x13u);
    EXPECT_EQ(load(kLeaf), kData | kRw);
    // q1: RnW 35, S2 39, CLASS 41:40 = TT; TTRnW 44 is 0: a descriptor was to be written.
    EXPECT_EQ(load(kEventq + 8), UINT64_C(1) << 35 | UINT64_C(1) << 39 | UINT64_C(1) << 40);
    EXPECT_EQ(load(kEventq + 24), kLeaf & ~UINT64_C(0xfff)); // IPA
}

TEST_F(SmmuHttu, AStageOneUpdateMakesItsOwnPageDirtyInStageTwo)
{
    const uint64_t page = kLeaf & ~UINT64_C(0xfff), entry = kGuestLeaf + (kLeaf >> 12) * 8;

    store(entry, page | kS2Ro | kAf | kDbm);
    nested(kHa, kData | kRw, kS2Ha | kS2Hd);
    EXPECT_EQ(ask(kIova, SIM_DMA_READ).pa, kData);
    EXPECT_EQ(load(kLeaf), kData | kRw | kAf);
    EXPECT_EQ(load(entry), page | kS2Rw | kAf | kDbm);
}

TEST_F(SmmuHttu, NestedSetsTheAccessFlagsOfEveryPageOnTheWay)
{
    const uint64_t page = kLeaf & ~UINT64_C(0xfff), entry = kGuestLeaf + (kLeaf >> 12) * 8;

    store(entry, page | kS2Rw);
    nested(kHa, kData | kRw, kS2Ha);
    store(kGuest + 0x3000, kData | kS2Rw);
    EXPECT_EQ(ask(kIova, SIM_DMA_READ).pa, kData);
    EXPECT_EQ(load(entry), page | kS2Rw | kAf);
    EXPECT_EQ(load(kLeaf), kData | kRw | kAf);
    EXPECT_EQ(load(kGuest + 0x3000), kData | kS2Rw | kAf);
}

} // namespace
