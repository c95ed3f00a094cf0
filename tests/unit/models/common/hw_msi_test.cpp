// SPDX-License-Identifier: BSD-2-Clause
// Interrupts that are writes: one at a time, the last one posted again, none after a reset.
#include "models/common/hw_msi.h"

#include <gtest/gtest.h>

#include <vector>

namespace
{

struct Msi : testing::Test {
    Msi()
    {
        msi.owner = this;
        msi.go = [](void *owner, sim_access *access) {
            auto *test = static_cast<Msi *>(owner);

            test->written.push_back(access->pa);
            EXPECT_EQ(access->n_bytes, 4u);
            EXPECT_EQ(access->op, SIM_ACCESS_WRITE);
        };
    }
    bool end(uint8_t status = SIM_ACCESS_OK)
    {
        msi.access.status = status;
        return hw_msi_ended(&msi);
    }
    hw_msi msi{};
    std::vector<uint64_t> written;
};

TEST_F(Msi, DataIsLittleEndian)
{
    hw_msi_post(&msi, 0xfee00000, 0x44332211);
    EXPECT_EQ(written, std::vector<uint64_t>{0xfee00000});
    EXPECT_EQ(msi.access.data[0], 0x11);
    EXPECT_EQ(msi.access.data[3], 0x44);
}

TEST_F(Msi, HoweverOftenItIsPostedMeanwhileItIsSentOnceMore)
{
    hw_msi_post(&msi, 0x1000, 1);
    hw_msi_post(&msi, 0x2000, 2);
    hw_msi_post(&msi, 0x3000, 3);
    EXPECT_EQ(written.size(), 1u);
    EXPECT_TRUE(end());
    EXPECT_EQ(written.size(), 1u) << "the owner says when";
    hw_msi_again(&msi);
    EXPECT_EQ(written, (std::vector<uint64_t>{0x1000, 0x3000}));
    EXPECT_TRUE(msi.is_busy);
    EXPECT_TRUE(end());
    hw_msi_again(&msi);
    EXPECT_EQ(written.size(), 2u);
    EXPECT_FALSE(msi.is_busy);
}

TEST_F(Msi, ARefusalIsTold)
{
    hw_msi_post(&msi, 0x1000, 1);
    EXPECT_FALSE(end(SIM_ACCESS_ABORT));
}

TEST_F(Msi, NobodyCaresAboutARefusalAfterAReset)
{
    hw_msi_post(&msi, 0x1000, 1);
    hw_msi_post(&msi, 0x2000, 2);
    hw_msi_reset(&msi);
    EXPECT_TRUE(end(SIM_ACCESS_ABORT));
    hw_msi_again(&msi);
    EXPECT_EQ(written.size(), 1u) << "what was to be sent is forgotten";
}

TEST_F(Msi, WhatIsSentAfterAResetCountsAgain)
{
    hw_msi_post(&msi, 0x1000, 1);
    hw_msi_reset(&msi);
    (void)end();
    hw_msi_post(&msi, 0x2000, 2);
    EXPECT_FALSE(end(SIM_ACCESS_ABORT));
}

} // namespace
