// SPDX-License-Identifier: BSD-2-Clause
// model_devtlb_test.cpp - invalidations of device TLBs: there, back, late, never (4, 4.3).
#include "tests/unit/models/vtd/vtd_machine_bench.h"

namespace
{

using namespace vtdm;

constexpr uint32_t kIce = 0x20, kIte = 0x40;
constexpr uint64_t kMs = UINT64_C(1000000000);

// A device has 10 ms to answer.
Config patient()
{
    Config c;

    c.vtd.param.devtlb_timeout_us = 10000;
    return c;
}

void run_ms(Bench &b, uint64_t n)
{
    test_machine_run_until(b.m, test_machine_now_ps(b.m) + n * kMs);
}

void answer(Bench &b, uint32_t itag)
{
    const sim_iommu *iommu = test_machine_iommu(b.m);

    iommu->ops->ats_complete(iommu->model, itag);
    run_ms(b, 1);
}

sim_ats_inv sent(const Bench &b, size_t i)
{
    return test_machine_ats_invs(b.m)[i];
}

// ---- what the device is told ----

struct MessageCase {
    const char *name;
    std::vector<uint64_t> words;
    bool has_pasid, is_global;
    uint32_t pasid;
    uint64_t address, n_bytes;
};
VTDM_CASES(MessageCase)

class DeviceMessage : public testing::TestWithParam<MessageCase>
{
};

TEST_P(DeviceMessage, HasWhatTheDescriptorSays)
{
    const MessageCase &c = GetParam();
    Bench b(patient());

    b.boot(scalable());
    b.put(c.words);
    b.ring();
    run_ms(b, 1);
    ASSERT_EQ(test_machine_n_ats_invs(b.m), 1u);
    EXPECT_EQ(sent(b, 0).requester, 0x3a10u);
    EXPECT_EQ(sent(b, 0).has_pasid, c.has_pasid);
    EXPECT_EQ(sent(b, 0).is_global, c.is_global);
    EXPECT_FALSE(sent(b, 0).is_whole); // 4.2: that is the endpoint's choice
    EXPECT_EQ(sent(b, 0).pasid, c.pasid);
    EXPECT_EQ(sent(b, 0).address, c.address);
    EXPECT_EQ(sent(b, 0).n_bytes, c.n_bytes);
    EXPECT_EQ(b.n_facts(SIM_FACT_ATS_INV_SENT), 1u);
}

const MessageCase message_cases[] = {
    {"all", {0x3a103a1000080003, 0x7ffffffffffff001}, false, false, 0, 0, 0},
    {"one_page", {0x3a103a1000080003, 0x40000}, false, false, 0, 0x40000, 0x1000},
    {"two_pages", {0x3a103a1000080003, 0x42001}, false, false, 0, 0x42000, 0x2000},
    {"eight_pages", {0x3a103a1000080003, 0x43001}, false, false, 0, 0x40000, 0x8000},
    {"pasid_all", {0x3a1123453a100088, 0x7ffffffffffff800}, true, false, 0x12345, 0, 0},
    {"pasid_page", {0x3a1123453a100088, 0x40000}, true, false, 0x12345, 0x40000, 0x1000},
    {"pasid_eight_pages", {0x3a1123453a100088, 0x43800}, true, false, 0x12345, 0x40000, 0x8000},
    {"every_pasid", {0x3a1123453a100088, 0x7ffffffffffff801}, true, true, 0x12345, 0, 0},
};
INSTANTIATE_TEST_SUITE_P(All, DeviceMessage, testing::ValuesIn(message_cases),
                         name_of<MessageCase>);

// ---- an answer ----

constexpr uint64_t kAll = 0x7ffffffffffff001;

std::vector<uint64_t> flush(uint16_t sid, uint64_t mip = 8)
{
    return {static_cast<uint64_t>(sid) << 32 | mip << 16 | 0x3 |
                static_cast<uint64_t>(sid >> 4) << 52 | (sid & 0xfu) << 12,
            kAll};
}

TEST(Answer, CompletesAndLetsTheWaitGo)
{
    Bench b(patient());

    b.boot(scalable());
    b.put(flush(0x10));
    b.put(Bench::wait_for(0, 1));
    b.ring();
    run_ms(b, 1);
    EXPECT_EQ(b.status(0), 0u);
    answer(b, sent(b, 0).itag);
    EXPECT_EQ(b.status(0), 1u);
    EXPECT_EQ(b.n_facts(SIM_FACT_ATS_INV_DONE), 1u);
    b.settle();
    EXPECT_EQ(b.read(FSTS), 0u);
}

TEST(Answer, IsWaitedForByEveryone)
{
    Bench b(patient());

    b.boot(scalable());
    b.put(flush(0x10));
    b.put(flush(0x20));
    b.put(Bench::wait_for(0, 1));
    b.ring();
    run_ms(b, 1);
    ASSERT_EQ(test_machine_n_ats_invs(b.m), 2u);
    EXPECT_NE(sent(b, 0).itag, sent(b, 1).itag);
    answer(b, sent(b, 1).itag);
    EXPECT_EQ(b.status(0), 0u);
    answer(b, sent(b, 0).itag);
    EXPECT_EQ(b.status(0), 1u);
}

// ---- how many at once ----

struct MipCase {
    const char *name;
    uint64_t mip;
    uint32_t is_honoured, slots;
    unsigned n_sent;
};
VTDM_CASES(MipCase)

class Throttle : public testing::TestWithParam<MipCase>
{
};

TEST_P(Throttle, ByMipAndByTheUnit)
{
    const MipCase &c = GetParam();
    Config config = patient();

    config.vtd.param.devtlb_mip = c.is_honoured;
    config.vtd.param.devtlb_slots = c.slots;
    Bench b(config);
    b.boot(scalable());
    for (unsigned i = 0; i < 40; i++)
        b.put(flush(0x10, c.mip));
    b.ring();
    run_ms(b, 1);
    EXPECT_EQ(test_machine_n_ats_invs(b.m), c.n_sent);
    answer(b, sent(b, 0).itag);
    EXPECT_EQ(test_machine_n_ats_invs(b.m), c.n_sent == 40 ? 40 : c.n_sent + 1);
}

const MipCase mip_cases[] = {
    {"one", 1, 1, 64, 1},
    {"eight", 8, 1, 64, 8},
    {"zero_is_32", 0, 1, 64, 32},
    {"ignored", 1, 0, 64, 40},
    {"slots_of_the_unit", 0, 1, 5, 5},
    {"slots_without_mip", 1, 0, 5, 5},
};
INSTANTIATE_TEST_SUITE_P(All, Throttle, testing::ValuesIn(mip_cases), name_of<MipCase>);

// SIDs 10h, 11h and 20h; the first two belong to PFSID 10h.
TEST(Throttled, FunctionsOfOnePhysicalFunctionTogether)
{
    Bench b(patient());

    b.boot(scalable());
    b.put({0x0010001000010003, kAll});
    b.put({0x0010001100010003, kAll});
    b.put({0x0020002000010003, kAll});
    b.ring();
    run_ms(b, 1);
    ASSERT_EQ(test_machine_n_ats_invs(b.m), 2u);
    EXPECT_EQ(sent(b, 0).requester, 0x10u);
    EXPECT_EQ(sent(b, 1).requester, 0x20u);
}

// Without ECAP.DIT the unit knows nothing of physical functions.
TEST(Throttled, FunctionsAloneWithoutDit)
{
    Config c = patient();

    c.ecap(0x0000020000000000, 0);
    Bench b(c);
    b.boot(scalable());
    b.put({0x0000001000010003, kAll});
    b.put({0x0000001100010003, kAll});
    b.ring();
    run_ms(b, 1);
    EXPECT_EQ(test_machine_n_ats_invs(b.m), 2u);
}

// ---- never: ITE (trap 5) ----

TEST(TimeOut, StopsTheQueueAndAbortsWaits)
{
    Bench b(patient());

    b.boot(scalable());
    b.put(flush(0x3a10));
    b.put(Bench::wait_for(0, 1, 0x10)); // with IF
    b.ring();
    const uint64_t t = test_machine_now_ps(b.m);
    test_machine_run_until(b.m, t + 10 * kMs - 1);
    EXPECT_EQ(b.read(FSTS), 0u);
    test_machine_run_until(b.m, t + 10 * kMs);
    EXPECT_EQ(b.read(FSTS), kIte);
    EXPECT_EQ(b.read64(IQERCD), 0x00003a1000000000u);
    b.settle();
    EXPECT_EQ(b.status(0), 0u);
    EXPECT_EQ(b.read(ICS), 0u);
    EXPECT_EQ(b.read(IQH), 0x40u); // not rolled back
    b.put(Bench::wait_for(1, 2));
    b.ring();
    b.settle();
    EXPECT_EQ(b.status(1), 0u); // stands still
    b.write(FSTS, 0x40);
    b.settle();
    EXPECT_EQ(b.read(FSTS), 0u);
    EXPECT_EQ(b.status(1), 2u);
    EXPECT_EQ(b.status(0), 0u); // the aborted one never comes
}

TEST(TimeOut, SendsAMessage)
{
    Bench b(patient());

    b.boot(scalable());
    b.write(FECTL, 0);
    b.put(flush(0x10));
    b.ring();
    b.settle();
    EXPECT_EQ(b.n_irqs(SIM_IRQ_FAULT), 1u);
}

// 4.4: time-out between two waits: no later wait completes.
TEST(TimeOut, AbortsLaterWaitsNotEarlierOnes)
{
    Bench b(patient());

    b.boot(scalable());
    b.put(Bench::wait_for(0, 1));
    b.put(flush(0x10));
    b.put(Bench::wait_for(1, 2));
    b.put({0x500e2, 0});
    b.put(Bench::wait_for(2, 3));
    b.ring();
    b.settle();
    EXPECT_EQ(b.status(0), 1u);
    EXPECT_EQ(b.status(1), 0u);
    EXPECT_EQ(b.status(2), 0u);
    b.write(FSTS, 0x40);
    b.settle();
    EXPECT_EQ(b.status(1), 0u);
    EXPECT_EQ(b.status(2), 0u);
    EXPECT_EQ(b.read(IQH), 0xa0u);
}

// What waited behind the fence has not begun, and never does.
TEST(TimeOut, WhatHasNotBegunDoesNotBegin)
{
    Bench b(patient());

    b.boot(scalable());
    b.put(flush(0x10));
    b.put(Bench::wait_for(0, 1, 0x40)); // FN
    b.put({0x500e2, 0});
    b.ring();
    b.settle();
    b.write(FSTS, 0x40);
    b.run({0x11, 0});
    EXPECT_EQ(b.last_fact(SIM_FACT_CMD_EXECUTED).arg[1], 0x11u);
    EXPECT_EQ(b.n_facts(SIM_FACT_CMD_EXECUTED), 2u); // the first and the last
    EXPECT_EQ(b.read(IQH), 0x80u);
}

// What runs already finishes.
TEST(TimeOut, WhatHasBegunFinishes)
{
    Config c = patient();

    c.vtd.param.clock_ps = 1000000;
    c.vtd.param.inval_cycles = 20000; // 20 ms
    Bench b(c);
    b.boot(scalable());
    b.put(flush(0x10));
    b.put({0x500e2, 0});
    b.ring();
    run_ms(b, 11);
    EXPECT_EQ(b.read(FSTS), kIte);
    EXPECT_EQ(b.n_facts(SIM_FACT_CMD_COMPLETED), 0u);
    b.settle();
    EXPECT_EQ(b.n_facts(SIM_FACT_CMD_COMPLETED), 1u);
}

TEST(TimeOut, ErrorRecordKeepsTheFirstDevice)
{
    Bench b(patient());

    b.boot(scalable());
    b.put(flush(0x10));
    b.put(flush(0x20));
    b.ring();
    b.settle();
    EXPECT_EQ(b.read(FSTS), kIte);
    EXPECT_EQ(b.read64(IQERCD), 0x0000001000000000u);
}

TEST(TimeOut, FreesTheTag)
{
    Config c = patient();

    c.vtd.param.devtlb_slots = 1;
    Bench b(c);
    b.boot(scalable());
    b.put(flush(0x10));
    b.ring();
    b.settle();
    b.write(FSTS, 0x40);
    b.put(flush(0x10));
    b.put(Bench::wait_for(0, 1));
    b.ring();
    run_ms(b, 1);
    ASSERT_EQ(test_machine_n_ats_invs(b.m), 2u);
    EXPECT_NE(sent(b, 0).itag, sent(b, 1).itag);
    answer(b, sent(b, 1).itag);
    EXPECT_EQ(b.status(0), 1u);
}

// ---- late or never asked for: ICE ----

TEST(Unexpected, LateAnswerIsToldAndTheQueueGoesOn)
{
    Bench b(patient());

    b.boot(scalable());
    b.put(flush(0x3a10));
    b.ring();
    b.settle();
    b.write(FSTS, 0x40);
    answer(b, sent(b, 0).itag);
    EXPECT_EQ(b.read(FSTS), kIce);
    EXPECT_EQ(b.read64(IQERCD), 0x3a103a1000000000u);
    b.put(Bench::wait_for(0, 1));
    b.ring();
    b.settle();
    EXPECT_EQ(b.status(0), 1u);
    b.write(FSTS, 0x20);
    EXPECT_EQ(b.read(FSTS), 0u);
}

TEST(Unexpected, SecondAnswerIsOne)
{
    Bench b(patient());

    b.boot(scalable());
    b.put(flush(0x10));
    b.ring();
    run_ms(b, 1);
    answer(b, sent(b, 0).itag);
    EXPECT_EQ(b.read(FSTS), 0u);
    answer(b, sent(b, 0).itag);
    EXPECT_EQ(b.read(FSTS), kIce);
}

TEST(Unexpected, TagThatIsNoTag)
{
    Bench b(patient());

    b.boot(scalable());
    answer(b, 0xff);
    EXPECT_EQ(b.read(FSTS), kIce);
}

// The same slot is in use again: it is the tag that tells.
TEST(Unexpected, AnswerToAnInvalidationFromBeforeAReset)
{
    Bench b(patient());
    const sim_iommu *iommu = test_machine_iommu(b.m);

    b.boot(scalable());
    b.put(flush(0x10));
    b.ring();
    run_ms(b, 1);
    iommu->ops->reset(iommu->model);
    b.restart();
    b.boot(scalable());
    b.put(flush(0x20));
    b.put(Bench::wait_for(0, 1));
    b.ring();
    run_ms(b, 1);
    ASSERT_EQ(test_machine_n_ats_invs(b.m), 2u);
    answer(b, sent(b, 0).itag);
    EXPECT_EQ(b.read(FSTS), kIce);
    EXPECT_EQ(b.status(0), 0u);
    answer(b, sent(b, 1).itag);
    EXPECT_EQ(b.status(0), 1u);
}

TEST(Unexpected, AnswerAfterAReset)
{
    Bench b(patient());
    const sim_iommu *iommu = test_machine_iommu(b.m);

    b.boot(scalable());
    b.put(flush(0x10));
    b.ring();
    run_ms(b, 1);
    const uint32_t itag = sent(b, 0).itag;
    iommu->ops->reset(iommu->model);
    b.settle();
    EXPECT_EQ(b.read(FSTS), 0u);
    answer(b, itag);
    EXPECT_EQ(b.read(FSTS), kIce);
}

} // namespace
