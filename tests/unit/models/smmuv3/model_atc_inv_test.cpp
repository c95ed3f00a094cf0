// SPDX-License-Identifier: BSD-2-Clause
// CMD_ATC_INV: what the endpoint is told, and what CMD_SYNC makes of its answer (4.5, 4.7.3, 5.5,
// 5.6, 10.3 of the facts).
#include "tests/unit/models/smmuv3/machine_bench.h"

namespace
{

using namespace machine;

constexpr uint32_t kAts = 0x400;
constexpr uint64_t kSync = 0x46, kAtcInv = 0x40, kSid1 = UINT64_C(1) << 32;
constexpr uint64_t kAll = 52; // Size of everything
constexpr uint32_t kCmdqErr = 0x1;

Config with_ats(const char *preset = "zero")
{
    Config c(preset);

    c.idr0(0, kAts);
    return c;
}

struct AtcBench : Bench {
    explicit AtcBench(const Config &config = with_ats()) : Bench(config)
    {
    }
    std::vector<sim_ats_inv> sent() const
    {
        const sim_ats_inv *first = test_machine_ats_invs(m);

        return {first, first + test_machine_n_ats_invs(m)};
    }
    void answer(uint32_t itag)
    {
        const sim_iommu *iommu = test_machine_iommu(m);

        iommu->ops->ats_complete(iommu->model, itag);
    }
    void answer_nth(size_t n)
    {
        answer(sent().at(n).itag);
    }
    // As long as any command could take, and far less than the endpoint's time.
    void wait_a_little()
    {
        test_machine_run_until(m, test_machine_now_ps(m) + 1000000000);
    }
};

struct Message {
    const char *name;
    uint64_t q0, q1;
    uint32_t pasid;
    bool has_pasid, is_global;
    uint64_t address, n_bytes;
};
MACHINE_CASES(Message)

const Message messages[] = {
    {"everything", kAtcInv | kSid1, kAll, 0, false, false, 0, 0},
    {"one_page", kAtcInv | kSid1, 0x5000, 0, false, false, 0x5000, 0x1000},
    {"eight_pages", kAtcInv | kSid1, 0x8003, 0, false, false, 0x8000, 0x8000},
    {"low_bits_of_the_address_do_not_count", kAtcInv | kSid1, 0xd003, 0, false, false, 0x8000,
     0x8000},
    {"of_a_pasid", kAtcInv | kSid1 | 0x45800, 0x5000, 0x45, true, false, 0x5000, 0x1000},
    {"pasid_without_ssv", kAtcInv | kSid1 | 0x45000, 0x5000, 0, false, false, 0x5000, 0x1000},
    {"global", kAtcInv | kSid1 | 0x45a00, kAll, 0x45, true, true, 0, 0},
    {"global_without_ssv", kAtcInv | kSid1 | 0x45200, kAll, 0, false, false, 0, 0},
};

class SmmuAtcInvMessage : public testing::TestWithParam<Message>
{
};
INSTANTIATE_TEST_SUITE_P(Rows, SmmuAtcInvMessage, testing::ValuesIn(messages), name_of<Message>);

TEST_P(SmmuAtcInvMessage, GoesToTheEndpoint)
{
    const Message &c = GetParam();
    AtcBench b;

    b.boot();
    b.put(c.q0, c.q1);
    b.ring();
    b.wait_a_little();
    ASSERT_EQ(b.sent().size(), 1u);
    EXPECT_EQ(b.sent()[0].requester, 1u);
    EXPECT_EQ(b.sent()[0].pasid, c.pasid);
    EXPECT_EQ(b.sent()[0].has_pasid, c.has_pasid);
    EXPECT_EQ(b.sent()[0].is_global, c.is_global);
    EXPECT_EQ(b.sent()[0].is_whole, !c.has_pasid); // SSV=0: what has a substream, too
    EXPECT_EQ(b.sent()[0].address, c.address);
    EXPECT_EQ(b.sent()[0].n_bytes, c.n_bytes);
    EXPECT_EQ(b.read(CMDQ_CONS), 1u); // consumed, which proves nothing
}

TEST(SmmuAtcInv, WithoutSubstreamsThereIsNoPasid)
{
    Config c = with_ats();

    c.smmu.ids.idr1 &= ~UINT32_C(0x7c0); // SSIDSIZE=0
    AtcBench b(c);

    b.boot();
    b.put(kAtcInv | kSid1 | 0x45a00, kAll);
    b.ring();
    b.wait_a_little();
    ASSERT_EQ(b.sent().size(), 1u);
    EXPECT_FALSE(b.sent()[0].has_pasid);
    EXPECT_FALSE(b.sent()[0].is_global);
    EXPECT_EQ(b.sent()[0].pasid, 0u);
}

TEST(SmmuAtcInv, SyncWaitsForEveryAnswer)
{
    AtcBench b;

    b.boot();
    b.put(kAtcInv | kSid1, kAll);
    b.put(kAtcInv | 2 * kSid1, kAll);
    b.put(kSync);
    b.ring();
    b.wait_a_little();
    EXPECT_EQ(b.read(CMDQ_CONS), 2u);
    b.answer_nth(1); // in any order
    b.wait_a_little();
    EXPECT_EQ(b.read(CMDQ_CONS), 2u);
    b.answer_nth(0);
    b.wait_a_little();
    EXPECT_EQ(b.read(CMDQ_CONS), 3u);
}

TEST(SmmuAtcInv, IsNotOrderedAfterATlbInvalidation)
{
    Config c = with_ats("mmu600");

    c.timing.latency_ps = 10000;
    c.smmu.param.sweep_per_cycle = 1; // slow
    AtcBench b(c);

    b.boot();
    b.put(0x30); // TLBI_NSNH_ALL
    b.put(kAtcInv | kSid1, kAll);
    b.put(kSync);
    b.ring();
    while (b.sent().empty())
        ASSERT_TRUE(test_machine_step(b.m));
    EXPECT_LT(test_machine_now_ps(b.m), 200000u); // the sweep alone takes longer
    for (size_t i = 0; i < test_machine_n_facts(b.m); i++)
        EXPECT_NE(test_machine_facts(b.m)[i].kind, SIM_FACT_TLB_SWEPT);
}

TEST(SmmuAtcInv, WithoutAnAnswerTheNextSyncTellsAndPointsAtItself)
{
    AtcBench b;

    b.boot();
    b.put(kAtcInv | kSid1, kAll);
    b.put(kAtcInv | 2 * kSid1, kAll);
    b.put(kSync);
    b.put(kSync);
    b.ring();
    b.wait_a_little();
    b.answer_nth(0);
    b.settle();                               // the endpoint's time passes
    EXPECT_EQ(b.read(CMDQ_CONS), 0x3000002u); // CERROR_ATC_INV_SYNC, RD at the first CMD_SYNC
    EXPECT_EQ(b.read(GERROR), kCmdqErr);
    b.answer_nth(1); // too late
    b.settle();
    EXPECT_EQ(b.read(CMDQ_CONS), 0x3000002u);
    b.write(GERRORN, kCmdqErr);
    b.settle();
    EXPECT_EQ(b.read(CMDQ_CONS) & 0xfffff, 4u); // both have run: it was told once
    EXPECT_EQ(b.read(GERROR), kCmdqErr);        // no new error
}

TEST(SmmuAtcInv, LateAnswersDoNotEndALaterInvalidation)
{
    AtcBench b;
    uint32_t old;

    b.boot();
    b.run(kAtcInv | kSid1, kAll); // and its time passes
    old = b.sent()[0].itag;
    b.put(kAtcInv | kSid1, kAll);
    b.ring();
    b.wait_a_little();
    b.answer(old);
    b.put(kSync);
    b.ring();
    b.wait_a_little();
    EXPECT_EQ(b.read(CMDQ_CONS), 2u); // waits for the second one
    b.answer_nth(1);
    b.settle();
    EXPECT_EQ(b.read(CMDQ_CONS), 0x3000002u); // the first one never came
}

TEST(SmmuAtcInv, AnswersThatNobodyAskedForAreIgnored)
{
    AtcBench b;

    b.boot();
    for (const uint32_t itag : {0u, 63u, 64u, 255u, 256u, 0xffffffffu})
        b.answer(itag);
    b.run_sync(0x30);
}

TEST(SmmuAtcInv, WaitsForASlot)
{
    Config c = with_ats();

    c.smmu.param.atc_slots = 2;
    AtcBench b(c);

    b.boot();
    for (int i = 0; i < 3; i++)
        b.put(kAtcInv | kSid1, kAll);
    b.ring();
    b.wait_a_little();
    EXPECT_EQ(b.sent().size(), 2u);
    EXPECT_EQ(b.read(CMDQ_CONS), 2u);
    b.answer_nth(0);
    b.wait_a_little();
    EXPECT_EQ(b.sent().size(), 3u);
    EXPECT_NE(b.sent()[2].itag, b.sent()[0].itag);
}

TEST(SmmuAtcInv, IsIgnoredWhileTheSmmuIsOff)
{
    AtcBench b;
    Boot how;

    how.cr0 = CMDQEN | EVENTQEN;
    b.boot(how);
    b.run_sync(kAtcInv | kSid1, kAll);
    EXPECT_TRUE(b.sent().empty());
}

TEST(SmmuAtcInv, IsIllegalWithoutAts)
{
    AtcBench b{Config()};

    b.boot();
    b.run(kAtcInv | kSid1, kAll);
    EXPECT_EQ(b.read(CMDQ_CONS), 0x1000000u); // CERROR_ILL
}

TEST(SmmuAtcInv, ResetForgetsWhatIsOnItsWay)
{
    AtcBench b;
    const sim_iommu *iommu = test_machine_iommu(b.m);

    b.boot();
    b.put(kAtcInv | kSid1, kAll);
    b.ring();
    b.wait_a_little();
    iommu->ops->reset(iommu->model);
    b.boot();
    b.store(kCmdq, {kSync, 0});
    b.write(CMDQ_PROD, 1);
    b.wait_a_little();
    EXPECT_EQ(b.read(CMDQ_CONS), 1u); // waits for nothing
    b.answer_nth(0);
    b.settle();
    EXPECT_EQ(b.read(GERROR), 0u); // and nothing has timed out
}

// 10.3: an ATC_INV before the TLBI is complete lets the device fetch the old address again.
TEST(SmmuAtcInv, BeforeTheTlbIsCleanTheDeviceFetchesTheOldAddressAgain)
{
    AtcBench b;
    Request r(1, 0x1000);

    b.make_stream(1, 0, 1);
    b.store(kStreams + 64 + 8, 0x10000000); // EATS
    b.boot();
    r.dma.kind = SIM_DMA_TRANSLATION_REQUEST;
    b.submit(r);
    b.settle();
    b.store(leaf_slot(0, 0x1000), page(0x777000));
    b.put(kAtcInv | kSid1, kAll);
    b.ring();
    b.wait_a_little();
    b.answer_nth(0);
    b.submit(r);
    b.settle();
    EXPECT_EQ(r.dma.pa, 0x201000u); // stale, and the device keeps it
    b.run_sync(0x30);
    b.submit(r);
    b.settle();
    EXPECT_EQ(r.dma.pa, 0x777000u);
}

} // namespace
