// SPDX-License-Identifier: BSD-2-Clause
// Switching on and off: CR0 and its acknowledgement, GBPA, interrupts' enables (R10 to R17, R30,
// R31, R33).
#include "tests/unit/models/smmuv3/machine_bench.h"

#include <deque>

namespace
{

using namespace machine;

// ---- R10 ----

TEST(SmmuCtrl, R10_AcknowledgedAfterTheHandshake)
{
    Bench b(Config("mmu600")); // 20 cycles of 1 ns

    b.write(CR0, CMDQEN | EVENTQEN);
    EXPECT_EQ(b.read(CR0), CMDQEN | EVENTQEN);
    EXPECT_EQ(b.read(CR0ACK), 0u);
    test_machine_run_until(b.m, 19999);
    EXPECT_EQ(b.read(CR0ACK), 0u);
    test_machine_run_until(b.m, 20000);
    EXPECT_EQ(b.read(CR0ACK), CMDQEN | EVENTQEN);
}

struct Offered {
    const char *name;
    uint32_t idr0; // bits besides those of all
    uint32_t acknowledged;
};
MACHINE_CASES(Offered)

class SmmuReserved : public testing::TestWithParam<Offered>
{
};
const Offered offered[] = {
    {"plain", 0, 0xd},
    {"ats", 0x400, 0x1d},
    {"pri", 0x10000, 0xf},
    {"vmw", 0x20000, 0x1cd},
};
INSTANTIATE_TEST_SUITE_P(R10, SmmuReserved, testing::ValuesIn(offered), name_of<Offered>);

TEST_P(SmmuReserved, BitsThatAreNotThereAreNeverAcknowledged)
{
    Config c;

    c.idr0(0, GetParam().idr0);
    Bench b(c);

    b.write(CR0, 0xffffffff);
    b.settle();
    EXPECT_EQ(b.read(CR0ACK), GetParam().acknowledged);
    b.write(CR0, 0);
    b.settle();
    EXPECT_EQ(b.read(CR0ACK), 0u);
}

TEST(SmmuCtrl, R10_FieldsAreUpdatedInParallel)
{
    Bench b(Config("mmu600"));

    b.write(CR0, CMDQEN);
    test_machine_run_until(b.m, 10000);
    b.write(CR0, CMDQEN | EVENTQEN);
    b.settle();
    EXPECT_EQ(b.read(CR0ACK), CMDQEN | EVENTQEN);
}

TEST(SmmuCtrl, R10_AFieldRewrittenInTransitionEndsConsistent)
{
    Bench b(Config("mmu600"));

    b.write(CR0, CMDQEN);
    test_machine_run_until(b.m, 10000);
    b.write(CR0, 0);
    b.settle();
    EXPECT_EQ(b.read(CR0ACK), b.read(CR0));
}

// ---- R11 ----

TEST(SmmuCtrl, R11_NeitherEdgeOfSmmuenTouchesCaches)
{
    Bench b;

    b.make_stream(1, 0, 1);
    b.ste(2, {0x9}); // bypass
    b.boot();
    ASSERT_EQ(b.target(1, 0x1000), page_of(0, 0x1000));
    ASSERT_EQ(b.target(2, 0x5000), 0x5000u);
    b.store(leaf_slot(0, 0x1000), page(0x700000));
    b.ste(2, {0x1}); // abort
    b.write(CR0, ALL_ON & ~SMMUEN);
    b.settle();
    b.write(CR0, ALL_ON);
    b.settle();
    EXPECT_EQ(b.target(1, 0x1000), page_of(0, 0x1000));
    EXPECT_EQ(b.target(2, 0x5000), 0x5000u);
}

TEST(SmmuCtrl, R11_TableIsTakenWhenSwitchedOn)
{
    Bench b;

    b.store(0x14000 + 64 * 3, 0x9); // bypass, in the second table
    b.boot();
    ASSERT_EQ(b.dma(3, 0x5000).event, C_BAD_STE);
    b.run_sync(0x4, 0x1f); // CFGI_ALL
    b.write(CR0, ALL_ON & ~SMMUEN);
    b.settle();
    b.write64(STRTAB_BASE, 0x14000);
    b.write(CR0, ALL_ON);
    b.settle();
    EXPECT_EQ(b.target(3, 0x5000), 0x5000u);
}

TEST(SmmuCtrl, R11_SwitchedOffOnlyWhenTranslationsHaveFinished)
{
    Config c("mmu600");

    c.memory(500000); // 500 ns: a walk takes microseconds
    Bench b(c);
    Request r(1, 0x1000);

    b.make_stream(1, 0, 1);
    b.boot();
    b.submit(r);
    test_machine_run_until(b.m, test_machine_now_ps(b.m) + 600000);
    ASSERT_EQ(r.n_answers, 0u);
    b.write(CR0, ALL_ON & ~SMMUEN);
    while (b.read(CR0ACK) & SMMUEN)
        ASSERT_TRUE(test_machine_step(b.m));
    test_machine_run_until(b.m, test_machine_now_ps(b.m)); // all of this instant
    EXPECT_EQ(r.n_answers, 1u);
    EXPECT_EQ(r.dma.status, SIM_DMA_OK);
    EXPECT_EQ(r.dma.pa, page_of(0, 0x1000));
    EXPECT_EQ(b.target(1, 0x1000), 0x1000u); // GBPA passes it
}

// What passes by the SMMU after it was switched off, or is refused, has nothing to do with that.
TEST(SmmuCtrl, R11_SwitchedOffAlthoughADeviceNeverRests)
{
    for (const bool is_ats : {false, true}) {
        Config c("mmu600");
        uint64_t word = 0;
        std::deque<Request> requests;

        c.memory(100000);
        c.idr0(0, 0x400);
        c.smmu.param.data_cycles = 100;
        Bench b(c);
        b.make_stream(1, 0, 1);
        b.boot();
        const sim_iommu *iommu = test_machine_iommu(b.m);
        b.write(CR0, EVENTQEN | CMDQEN);
        for (unsigned i = 0; i < 200; i++) { // one each 20 ns: some are always on their way
            requests.emplace_back(1u, 0x1000u);
            requests.back().dma.data = is_ats ? nullptr : &word;
            requests.back().dma.kind = is_ats ? SIM_DMA_TRANSLATION_REQUEST : SIM_DMA_UNTRANSLATED;
            (void)iommu->ops->submit(iommu->model, &requests.back().dma);
            test_machine_run_until(b.m, test_machine_now_ps(b.m) + 20000);
        }
        EXPECT_EQ(b.read(CR0ACK), EVENTQEN | CMDQEN) << is_ats;
        b.settle();
    }
}

// ---- R12 ----

// Switched off when n_steps events have run. Return: false if all commands were done by then.
bool expect_stop(unsigned n_steps)
{
    Config c("mmu600");

    c.memory(100000);
    Bench b(c);

    b.boot();
    for (unsigned i = 0; i < 3; i++)
        b.put(0x46 | 0x1000 | (0x100ull + i) << 32, 0x8000 + 8 * i); // SYNC that writes
    b.ring();
    for (unsigned i = 0; i < n_steps; i++)
        (void)test_machine_step(b.m);
    if (b.read(CMDQ_CONS) == 3)
        return false;
    b.write(CR0, ALL_ON & ~CMDQEN);
    while (b.read(CR0ACK) & CMDQEN) {
        if (!test_machine_step(b.m))
            break;
    }
    EXPECT_EQ(b.read(CR0ACK), ALL_ON & ~CMDQEN) << n_steps;
    const uint32_t n_done = b.read(CMDQ_CONS);
    b.settle();
    EXPECT_EQ(b.read(CMDQ_CONS), n_done) << n_steps;
    for (unsigned i = 0; i < 3; i++)
        EXPECT_EQ(b.load(0x8000 + 8 * i), i < n_done ? 0x100 + i : 0) << n_steps;
    b.write(CR0, ALL_ON);
    b.settle();
    EXPECT_EQ(b.read(CMDQ_CONS), 3u);
    EXPECT_EQ(b.load(0x8010), 0x102u);
    return true;
}

TEST(SmmuCtrl, R12_CommandQueueStopsBetweenCommands)
{
    unsigned n_steps = 0;

    while (expect_stop(n_steps))
        n_steps++;
    EXPECT_GT(n_steps, 9u);
}

TEST(SmmuCtrl, R12_RecordsAreDroppedWithoutEventqen)
{
    Bench b;

    b.boot();
    b.write(CR0, ALL_ON & ~EVENTQEN);
    b.settle();
    EXPECT_EQ(b.dma(1, 0).event, C_BAD_STE);
    EXPECT_EQ(b.read(EVENTQ_PROD), 0u); // nor is it an overflow
    EXPECT_EQ(b.event(0)[0], 0u);
    b.write(CR0, ALL_ON);
    b.settle();
    EXPECT_EQ(b.read(EVENTQ_PROD), 0u);
    EXPECT_EQ(b.dma(1, 0).event, C_BAD_STE);
    expect_events(b, {{0x100000004, 0, 0, 0}});
}

// ---- R16, R17 ----

TEST(SmmuCtrl, R16_CommandsActWithoutSmmuen)
{
    Bench b;

    b.make_stream(1, 0, 1);
    b.boot();
    ASSERT_EQ(b.target(1, 0x1000), page_of(0, 0x1000));
    b.store(leaf_slot(0, 0x1000), page(0x700000));
    b.write(CR0, CMDQEN | EVENTQEN);
    b.settle();
    b.run_sync(0x30); // TLBI_NSNH_ALL
    b.write(CR0, ALL_ON);
    b.settle();
    EXPECT_EQ(b.target(1, 0x1000), 0x700000u);
}

TEST(SmmuCtrl, R16_AtcInvIsIgnoredWithoutSmmuen)
{
    Config c;

    c.idr0(0, 0x400); // ATS
    Bench b(c);
    Boot how;

    how.cr0 = CMDQEN | EVENTQEN;
    b.boot(how);
    b.run_sync(0x100000040, 0x34); // ATC_INV, SID 1, everything
    EXPECT_EQ(b.read(GERROR), 0u);
}

TEST(SmmuCtrl, R17_NothingIsFetchedWithoutSmmuen)
{
    Bench b;
    Boot how;

    how.cr0 = CMDQEN | EVENTQEN;
    b.make_stream(1, 0, 1);
    b.boot(how);
    b.run_sync(0x100000001); // PREFETCH_CONFIG
    b.run_sync(0x100000002); // PREFETCH_ADDR
    EXPECT_EQ(b.target(1, 0x1000), 0x1000u);
    EXPECT_EQ(b.n_accesses(kStreams, 0x4000), 0u);
    EXPECT_EQ(b.n_accesses(0x40000, 0xc0000), 0u);
}

// ---- R30, R31 ----

TEST(SmmuCtrl, R30_GbpaIsTakenWithUpdateOnly)
{
    Bench b;

    b.write(GBPA, 0x80100000); // Update, ABORT
    b.settle();
    EXPECT_EQ(b.read(GBPA), 0x100000u);
    b.write(GBPA, 0x1000);
    b.settle();
    EXPECT_EQ(b.read(GBPA), 0x100000u);
    b.write(GBPA, 0x80001000); // Update, SHCFG=1
    b.settle();
    EXPECT_EQ(b.read(GBPA), 0x1000u);
}

TEST(SmmuCtrl, R30_UpdateReadsOneUntilDone)
{
    Bench b(Config("mmu600"));

    b.write(GBPA, 0x80100000);
    EXPECT_EQ(b.read(GBPA) & 0x80000000, 0x80000000u);
    b.write(GBPA, 0x80001000); // too early
    EXPECT_EQ(b.read(GBPA) & 0x80000000, 0x80000000u);
    b.settle();
    EXPECT_EQ(b.read(GBPA), 0x100000u);
}

TEST(SmmuCtrl, R31_AbortIsSilentAndOnlyWithoutSmmuen)
{
    Bench b;
    Boot how;

    how.cr0 = CMDQEN | EVENTQEN;
    b.ste(1, {0x9});
    b.boot(how);
    b.write(GBPA, 0x80100000);
    b.settle();
    expect_silent_abort(b, 1, 0x5000);
    b.write(CR0, ALL_ON);
    b.settle();
    EXPECT_EQ(b.target(1, 0x5000), 0x5000u); // bypass, by its STE
    b.write(GBPA, 0x80001000);               // may be written now as well
    b.settle();
    EXPECT_EQ(b.read(GBPA), 0x1000u);
    b.write(CR0, CMDQEN | EVENTQEN);
    b.settle();
    EXPECT_EQ(b.target(1, 0x5000), 0x5000u);
}

// The same request again: the event of the last time is not this one's.
TEST(SmmuCtrl, R31_SilentAbortCausedNoEvent)
{
    Bench b;
    Request r(1, 0x5000);

    b.boot();
    b.submit(r);
    b.settle();
    EXPECT_EQ(r.dma.event, C_BAD_STE);
    b.write(GBPA, 0x80100000);
    b.write(CR0, CMDQEN | EVENTQEN);
    b.settle();
    b.submit(r);
    b.settle();
    EXPECT_EQ(r.dma.status, SIM_DMA_ABORT);
    EXPECT_EQ(r.dma.event, 0u);
}

TEST(SmmuCtrl, R31_PassesEveryAddressBelowOas)
{
    Bench b;
    Boot how;

    how.cr0 = CMDQEN | EVENTQEN;
    b.boot(how);
    b.write(GBPA, 0x80001000);
    b.settle();
    EXPECT_EQ(b.target(0xffff, 0xfffffffffff8), 0xfffffffffff8u);
    expect_silent_abort(b, 1, 0x1000000000000);
}

// ---- R33 ----

TEST(SmmuCtrl, R33_InterruptEnablesAreAcknowledged)
{
    Bench b(Config("mmu600"));

    b.write(IRQ_CTRL, 0xffffffff);
    EXPECT_EQ(b.read(IRQ_CTRLACK), 0u);
    test_machine_run_until(b.m, 19999);
    EXPECT_EQ(b.read(IRQ_CTRLACK), 0u);
    test_machine_run_until(b.m, 20000);
    EXPECT_EQ(b.read(IRQ_CTRLACK), 0x5u); // no page request queue here
    b.write(IRQ_CTRL, 0x1);
    b.settle();
    EXPECT_EQ(b.read(IRQ_CTRLACK), 0x1u);
}

TEST(SmmuCtrl, R33_ClearedOnlyWhenMessagesAreVisible)
{
    Config c("mmu600");

    c.memory(1000000);
    Bench b(c);

    b.boot();
    b.write64(EVENTQ_IRQ_CFG0, 0x8000);
    b.write(EVENTQ_IRQ_CFG1, 0x77);
    b.write(IRQ_CTRL, 0x4);
    b.settle();
    Request r(1, 0);
    b.submit(r);
    while (!b.read(EVENTQ_PROD))
        ASSERT_TRUE(test_machine_step(b.m));
    while (!b.n_accesses(0x8000, 8)) // on its way
        ASSERT_TRUE(test_machine_step(b.m));
    ASSERT_EQ(b.load(0x8000), 0u);
    b.write(IRQ_CTRL, 0);
    while (b.read(IRQ_CTRLACK))
        ASSERT_TRUE(test_machine_step(b.m));
    EXPECT_EQ(b.load(0x8000), 0x77u);
    b.settle();
}

} // namespace
