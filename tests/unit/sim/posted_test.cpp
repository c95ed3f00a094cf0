// SPDX-License-Identifier: BSD-2-Clause
// posted_test.cpp - stores that hardware does not see yet.
#include "sim/posted.h"

#include <gtest/gtest.h>

#include <cstring>

#include "sim/diag.h"

namespace
{

class Posted : public testing::Test
{
  protected:
    sim_mem *mem = sim_mem_new(1 << 20);
    sim_posted posted = {};

    void SetUp() override
    {
        for (uint64_t pa = 0x1000; pa < 0x1100; pa += 8)
            ASSERT_EQ(sim_mem_write64(mem, pa, 0xaa), 0);
    }
    ~Posted() override
    {
        sim_mem_free(mem);
    }
    uint64_t read(uint64_t pa, bool is_unsnooped)
    {
        sim_access access = {};
        uint64_t value;

        access.pa = pa;
        access.n_bytes = 8;
        access.is_unsnooped = is_unsnooped;
        sim_mem_access(mem, &access, true);
        sim_posted_hide(&posted, &access);
        memcpy(&value, access.data, 8);
        return value;
    }
};

TEST_F(Posted, StoreIsInMemoryAtOnce)
{
    EXPECT_EQ(sim_posted_store(&posted, mem, 0x1008, 0xbb), 0);
    EXPECT_EQ(sim_mem_read64(mem, 0x1008), 0xbbu);
}

TEST_F(Posted, StoreIsHiddenFromReadsThatDoNotSnoopUntilItsLineIsFlushed)
{
    sim_posted_store(&posted, mem, 0x1008, 0xbb);
    EXPECT_EQ(read(0x1008, false), 0xbbu);
    EXPECT_EQ(read(0x1008, true), 0xaau);
    sim_posted_flush_line(&posted, 0x1040); // another line
    EXPECT_EQ(read(0x1008, true), 0xaau);
    sim_posted_flush_line(&posted, 0x103f);
    EXPECT_EQ(read(0x1008, true), 0xbbu);
}

TEST_F(Posted, LaterStoresToAWordHideWhatWasThereFirst)
{
    sim_posted_store(&posted, mem, 0x1008, 0xbb);
    sim_posted_store(&posted, mem, 0x1008, 0xcc);
    EXPECT_EQ(read(0x1008, true), 0xaau);
    sim_posted_flush_line(&posted, 0x1008);
    EXPECT_EQ(read(0x1008, true), 0xccu);
}

TEST_F(Posted, BufferHidesFromEveryRead)
{
    posted.has_buffer = true;
    sim_posted_store(&posted, mem, 0x1008, 0xbb);
    EXPECT_EQ(read(0x1008, false), 0xbbu); // from the cache
    sim_posted_flush_line(&posted, 0x1008);
    EXPECT_EQ(read(0x1008, false), 0xaau);
    EXPECT_EQ(read(0x1008, true), 0xaau);
    sim_posted_flush_buffer(&posted);
    EXPECT_EQ(read(0x1008, false), 0xbbu);
    EXPECT_EQ(read(0x1008, true), 0xbbu);
}

TEST_F(Posted, BufferDoesNotEmptyTheCache)
{
    posted.has_buffer = true;
    sim_posted_store(&posted, mem, 0x1008, 0xbb);
    sim_posted_flush_buffer(&posted);
    EXPECT_EQ(read(0x1008, true), 0xaau);
}

TEST_F(Posted, WordsOfALongerReadAreHiddenOneByOne)
{
    sim_access access = {};

    sim_posted_store(&posted, mem, 0x1000, 0xbb);
    sim_posted_store(&posted, mem, 0x1018, 0xdd);
    access.pa = 0x1008;
    access.n_bytes = 16;
    access.is_unsnooped = true;
    sim_mem_access(mem, &access, true);
    sim_posted_hide(&posted, &access);
    EXPECT_EQ(access.data[0], 0xaa);
    EXPECT_EQ(access.data[8], 0xaa);
    access.pa = 0x1010;
    sim_mem_access(mem, &access, true);
    EXPECT_EQ(access.data[8], 0xdd);
    sim_posted_hide(&posted, &access);
    EXPECT_EQ(access.data[8], 0xaa);
}

TEST_F(Posted, TooManyOrCrookedStoresAreRefused)
{
    EXPECT_EQ(sim_posted_store(&posted, mem, 0x1004, 1), SIM_EINVAL);
    for (uint64_t i = 0; i < SIM_POSTED_MAX; i++)
        ASSERT_EQ(sim_posted_store(&posted, mem, 0x2000 + 8 * i, 1), 0);
    EXPECT_EQ(sim_posted_store(&posted, mem, 0x1000, 1), SIM_EFULL);
    EXPECT_EQ(sim_mem_read64(mem, 0x1000), 0xaau);
    EXPECT_EQ(sim_posted_store(&posted, mem, 0x2000, 2), 0);
}

} // namespace
