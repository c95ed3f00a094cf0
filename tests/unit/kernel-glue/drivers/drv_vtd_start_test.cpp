/* SPDX-License-Identifier: BSD-2-Clause
 * drv_vtd_start_test.cpp - from reset to translating: which registers, in which order. */
#include "tests/unit/kernel-glue/drivers/vtd_port.h"

using namespace drv_test;

/* The queue is the first memory, at 10000000h; its status words and the root table follow. */
TEST(DrvVtdStart, ScalableModeHasWideDescriptorsAndFlushesThreeTimes)
{
    VtdDriver d("linux-6.12", kEcapScalable & ~(1ull << 29));

    ASSERT_EQ(0, d.ops->start(d.self));
    const Lines want = {
        "w 88=0", "w 90=10000801", "w 18=4000000",  "reg ok", "w 20=10003400", "w 18=44000000",
        "reg ok", "qi 11 0",       "wait",          "ok",     "qi 37 0",       "wait",
        "ok",     "qi d2 0",       "wait",          "ok",     "w 3c=28",       "w 40=fee00000",
        "w 44=0", "w 38=0",        "w 18=84000000", "reg ok"};
    EXPECT_EQ(want, d.port.lines());
}

TEST(DrvVtdStart, LegacyModeHasNarrowDescriptorsAndNoPasidCache)
{
    VtdDriver d("linux-6.12", kEcapLegacy);

    ASSERT_EQ(0, d.ops->start(d.self));
    const Lines want = {
        "w 88=0", "w 90=10000000", "w 18=4000000",  "reg ok", "w 20=10002000", "w 18=44000000",
        "reg ok", "qi 11 0",       "wait",          "ok",     "qi d2 0",       "wait",
        "ok",     "w 3c=28",       "w 40=fee00000", "w 44=0", "w 38=0",        "w 18=84000000",
        "reg ok"};
    EXPECT_EQ(want, d.port.lines());
}

TEST(DrvVtdStart, RequestersHave16BitsAndPasids20)
{
    VtdDriver d("best", kEcapScalable);
    drv_device *made = nullptr;
    drv_device_info info = {};

    ASSERT_EQ(0, d.ops->start(d.self));
    d.port.forget();
    info.requester = 0x10000;
    EXPECT_EQ(-ERANGE, d.ops->device_add(d.self, &info, nullptr, &made));
    info.requester = 0xffff;
    info.pasid_bits = 21;
    EXPECT_EQ(-ERANGE, d.ops->device_add(d.self, &info, nullptr, &made));
    EXPECT_TRUE(d.port.lines().empty());
    info.pasid_bits = 20;
    EXPECT_EQ(0, d.ops->device_add(d.self, &info, nullptr, &made));
}

TEST(DrvVtdStart, BestFlushesAllWithOneWait)
{
    VtdDriver d("best", kEcapScalable & ~(1ull << 29));

    ASSERT_EQ(0, d.ops->start(d.self));
    const Lines want = {
        "w 88=0",  "w 90=10000801", "w 18=4000000", "reg ok",  "w 20=10003400", "w 18=44000000",
        "reg ok",  "qi 11 0",       "qi 37 0",      "qi d2 0", "wait",          "ok",
        "w 3c=28", "w 40=fee00000", "w 44=0",       "w 38=0",  "w 18=84000000", "reg ok"};
    EXPECT_EQ(want, d.port.lines());
}
