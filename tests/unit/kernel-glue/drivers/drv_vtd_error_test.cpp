/* SPDX-License-Identifier: BSD-2-Clause
 * drv_vtd_error_test.cpp - page requests, faults, and a queue that does not finish (7.0, 7.9). */
#include "tests/unit/kernel-glue/drivers/vtd_port.h"

using namespace drv_test;

namespace
{

/* A device that asks for pages; the page request queue is at 10010000h. */
class Requests : public VtdDriver
{
  public:
    drv_domain *a = nullptr;

    explicit Requests(const char *name) : VtdDriver(name)
    {
        start(DRV_ATS | DRV_PRI);
        a = domain(DRV_PAGING, 1, DRV_FAULTS);
        EXPECT_EQ(0, attach(a, 5));
        port.forget();
    }
    void put(unsigned slot, uint64_t word0, uint64_t word1)
    {
        port.memory[0x10010000 + slot * 32] = word0;
        port.memory[0x10010008 + slot * 32] = word1;
        port.registers[0xc8] = (slot + 1) * 32;
        port.registers[0xdc] = 1; /* PPR */
    }
};

} // namespace

/* ---- page requests ---- */

TEST(DrvVtdRequests, OneAfterTheOtherThenTheHeadMoves)
{
    Requests d("linux-7");
    drv_fault fault = {};

    d.put(0, 0x500180101, 0x7f001002); /* W, group 0, more follow */
    d.put(1, 0x500180101, 0x7f0020ed); /* R, group 1dh, the last */
    ASSERT_TRUE(d.ops->next_fault(d.self, &fault));
    EXPECT_EQ(5u, fault.pasid);
    EXPECT_EQ(0x7f001000u, fault.iova);
    EXPECT_TRUE(fault.is_write);
    EXPECT_FALSE(fault.is_last);
    EXPECT_EQ(d.device, fault.device);
    ASSERT_TRUE(d.ops->next_fault(d.self, &fault));
    EXPECT_EQ(0x1du, fault.group);
    EXPECT_FALSE(fault.is_write);
    EXPECT_TRUE(fault.is_last);
    EXPECT_EQ((Lines{"w dc=1", "w c0=40"}), d.port.lines());
    d.port.registers[0xc0] = 0x40;
    EXPECT_FALSE(d.ops->next_fault(d.self, &fault));
}

/* Whoever looks because of a fault leaves the queue alone. */
TEST(DrvVtdRequests, WithoutOneTheQueueIsNotTouched)
{
    Requests d("linux-6.12");
    drv_fault fault = {};

    EXPECT_FALSE(d.ops->next_fault(d.self, &fault));
    EXPECT_EQ(Lines{}, d.port.lines());
}

TEST(DrvVtdRequests, TheLastOfAGroupIsAnswered)
{
    Requests d("linux-7");
    drv_fault fault = {};

    fault.device = d.device;
    fault.pasid = 0x12345;
    fault.group = 0x1d;
    ASSERT_EQ(0, d.ops->respond(d.self, &fault, true));
    EXPECT_EQ(Lines{}, d.port.lines());
    fault.is_last = true;
    ASSERT_EQ(0, d.ops->respond(d.self, &fault, true));
    ASSERT_EQ(0, d.ops->respond(d.self, &fault, false));
    EXPECT_EQ((Lines{"qi 1234500180019 e8", "wait", "ok", "qi 1234500181019 e8", "wait", "ok"}),
              d.port.lines());
}

/* Without PASID, of a PASID that nobody has, of an unknown device; a stop marker has no answer. */
TEST(DrvVtdRequests, BadOnesAreRefused)
{
    Requests d("linux-7");
    drv_fault fault = {};

    d.put(0, 0x180001, 0x7f0010ed);
    d.put(1, 0x600180101, 0x7f0010ed);
    d.put(2, 0x500990101, 0x7f0010e9); /* not the last: no answer */
    d.put(3, 0x500990101, 0x7f0010ed);
    d.put(4, 0x500180101, 0x7f0010ec);
    EXPECT_FALSE(d.ops->next_fault(d.self, &fault));
    EXPECT_EQ((Lines{"w dc=1", "qi 181009 e8", "wait", "ok", "qi 600181019 e8", "wait", "ok",
                     "qi 500991019 e8", "wait", "ok", "w c0=a0"}),
              d.port.lines());
}

TEST(DrvVtdRequests, OverflowIsClearedWhenTheQueueIsEmpty)
{
    Requests d("linux-7");
    drv_fault fault = {};

    d.put(0, 0x500180101, 0x7f0020ed);
    d.port.registers[0xdc] = 3;
    ASSERT_TRUE(d.ops->next_fault(d.self, &fault));
    EXPECT_EQ((Lines{"w dc=1", "w c0=20", "w dc=2"}), d.port.lines());
}

/* ---- fault records: NFR+1 of them from FRO on ---- */

TEST(DrvVtdFaults, RecordsAreClearedFromTheFirstPendingOne)
{
    VtdDriver d("linux-6.12", kEcapLegacy, kCap | 0x22ull << 24 | 3ull << 40);
    drv_fault fault = {};

    d.start(0, 0);
    d.port.registers[0x34] = 0x302; /* PPF, FRI 3 */
    d.port.registers[0x220 + 3 * 16 + 12] = 0x80000000;
    d.port.registers[0x220 + 0 * 16 + 12] = 0xc0000000;
    EXPECT_FALSE(d.ops->next_fault(d.self, &fault));
    EXPECT_EQ((Lines{"w 25c=80000000", "w 22c=80000000", "w 34=83"}), d.port.lines());
}

/* ---- the queue ---- */

/* The second submission of an attach: slots 10 to 13 were used before. */
TEST(DrvVtdQueue, ABadDescriptorIsReplacedByTheWait)
{
    VtdDriver d("linux-6.12", kEcapLegacy);

    d.start(0, 0);
    drv_domain *a = d.domain(DRV_PAGING);
    ASSERT_EQ(0, d.attach(a));
    d.port.forget();
    d.port.registers[0x34] = 0x10;   /* IQE */
    d.port.registers[0x80] = 4 * 16; /* at our own descriptor: four were used by the start */
    d.port.fail_wait_in = 1;
    EXPECT_EQ(-EINVAL, d.attach(d.domain(DRV_BLOCKED)));
    const Lines lines = d.port.lines();
    const Lines want = {"begin", "ctx0=10003000", "wmb",     "qi 1800020031 0", "wait",
                        "ok",    "wait",          "w 34=10", "qi 200e2 0",      "wait",
                        "ok"};
    EXPECT_EQ(want, Lines(lines.begin(), lines.begin() + 11));
    EXPECT_EQ(0x200000025u, d.port.word(0x10000000 + 4 * 16));
}

TEST(DrvVtdQueue, WhatADeviceDidNotAnswerIsSubmittedAgain)
{
    VtdDriver d("linux-7");

    d.start(DRV_ATS);
    drv_domain *a = d.domain(DRV_PAGING, 2);
    ASSERT_EQ(0, d.attach(a));
    d.port.forget();
    d.port.registers[0x34] = 0x40; /* ITE */
    d.port.fail_wait_in = 1;
    EXPECT_EQ(0, d.ops->flush(d.self, a));
    const Lines want = {"qi 200e2 0", "qi 1800000003 7ffffffffffff001", "wait", "ok", "w 34=40",
                        "qi 200e2 0", "qi 1800000003 7ffffffffffff001", "wait", "ok"};
    EXPECT_EQ(want, d.port.lines());
}

TEST(DrvVtdQueue, WrapsAround)
{
    VtdDriver d("linux-6.12", kEcapLegacy);

    d.start(0, 0);
    drv_domain *a = d.domain(DRV_PAGING);
    ASSERT_EQ(0, d.attach(a));
    for (unsigned i = 0; i < 130; i++)
        ASSERT_EQ(0, d.ops->flush(d.self, a));
    /* 4 + 260 slots of 256: the last pair is at 6 and 7, the tail behind it */
    EXPECT_EQ(0x200e2u, d.port.word(0x10000000 + 6 * 16));
    for (auto at = d.port.records.rbegin(); at != d.port.records.rend(); ++at) {
        if (at->kind == SIM_R_MMIO_WRITE) {
            EXPECT_EQ(8u * 16, at->mmio.value);
            break;
        }
    }
}
