// SPDX-License-Identifier: BSD-2-Clause
// tables_test.cpp - which stage a store to a page table was for: known from what leads to the
// table, which may come later.
#include "kernel-glue/replay/rpl_tables.h"

#include <gtest/gtest.h>

#include <memory>

namespace
{

struct Free {
    void operator()(rpl_tables *tables) const
    {
        rpl_tables_free(tables);
    }
};

class Tables : public testing::Test
{
  protected:
    void memory(uint64_t pa, uint64_t size)
    {
        sim_record rec;

        sim_record_init(&rec, SIM_R_MEMORY);
        rec.memory.structure = SIM_S_PAGES;
        rec.memory.pa = pa;
        rec.memory.size = size;
        ASSERT_EQ(rpl_tables_record(tables_.get(), &rec), 0);
    }
    void store(sim_structure structure, uint64_t pa, uint64_t value)
    {
        sim_record rec;

        sim_record_init(&rec, SIM_R_STORE);
        rec.store.structure = static_cast<uint8_t>(structure);
        rec.store.pa = pa;
        rec.store.value = value;
        ASSERT_EQ(rpl_tables_record(tables_.get(), &rec), 0);
    }
    sim_structure of(uint64_t pa) const
    {
        return rpl_tables_structure(tables_.get(), pa);
    }

    // Two levels: 0x1000 leads to 0x2000, which maps a page of data at 0x9000.
    void two_levels()
    {
        memory(0x1000, 0x1000);
        memory(0x2000, 0x1000);
        store(SIM_S_PTE, 0x1008, 0x2003);
        store(SIM_S_PTE, 0x2010, 0x9747);
    }

  private:
    std::unique_ptr<rpl_tables, Free> tables_{rpl_tables_new()};
};

TEST_F(Tables, OfNoStageUntilSomethingLeadsThere)
{
    two_levels();
    EXPECT_EQ(of(0x1008), SIM_S_PTE);
    EXPECT_EQ(of(0x2010), SIM_S_PTE);
    EXPECT_EQ(of(0x777000), SIM_S_PTE);
}

TEST_F(Tables, StageOneByTheFirstTableOfACd)
{
    two_levels();
    store(SIM_S_CD, 0x40008, 0x1000); // word 1: TTB0
    EXPECT_EQ(of(0x1008), SIM_S_PTE_S1);
    EXPECT_EQ(of(0x2010), SIM_S_PTE_S1);
    EXPECT_EQ(of(0x9000), SIM_S_PTE);
}

TEST_F(Tables, StageOneByTheSecondTableOfACd)
{
    two_levels();
    store(SIM_S_CD, 0x40010, 0x1000); // word 2: TTB1
    EXPECT_EQ(of(0x2010), SIM_S_PTE_S1);
}

TEST_F(Tables, StageTwoByAnSte)
{
    two_levels();
    store(SIM_S_STE, 0x50018, 0x1000); // word 3: S2TTB
    EXPECT_EQ(of(0x1008), SIM_S_PTE_S2);
    EXPECT_EQ(of(0x2010), SIM_S_PTE_S2);
}

TEST_F(Tables, OtherWordsOfAnSteLeadNowhere)
{
    two_levels();
    store(SIM_S_STE, 0x50000, 0x100b); // word 0: S1ContextPtr
    EXPECT_EQ(of(0x1008), SIM_S_PTE);
}

TEST_F(Tables, ALargeTableIsOneWhole)
{
    memory(0x10000, 0x10000); // 64 KiB
    store(SIM_S_CD, 0x40008, 0x10000);
    EXPECT_EQ(of(0x1fff8), SIM_S_PTE_S1);
    EXPECT_EQ(of(0x20000), SIM_S_PTE);
}

TEST_F(Tables, MemoryThatIsHandedOutAgainIsWhatItWasUntilItIsSomethingElse)
{
    two_levels();
    store(SIM_S_CD, 0x40008, 0x1000);
    memory(0x2000, 0x1000);
    EXPECT_EQ(of(0x2010), SIM_S_PTE_S1);
    EXPECT_EQ(of(0x1008), SIM_S_PTE_S1);
    store(SIM_S_STE, 0x50018, 0x2000);
    EXPECT_EQ(of(0x2010), SIM_S_PTE_S2);
}

TEST_F(Tables, ALoopIsOfNoStage)
{
    memory(0x1000, 0x1000);
    memory(0x2000, 0x1000);
    store(SIM_S_PTE, 0x1000, 0x2003);
    store(SIM_S_PTE, 0x2000, 0x1003);
    EXPECT_EQ(of(0x1000), SIM_S_PTE);
}

} // namespace
