// SPDX-License-Identifier: BSD-2-Clause
// Stalls and the rest of the machine: the queue that takes no record, CMD_SYNC, SMMUEN, reset
// (V03, V08, Y04, Y09, R11; 3.12.2, 7.2).
#include "tests/unit/models/smmuv3/stall_bench.h"

namespace
{

using namespace stall;

Boot with_evtq(uint64_t base)
{
    Boot how;

    how.evtq_base = base;
    return how;
}

unsigned n_facts(const Bench &b, sim_fact_kind kind)
{
    unsigned n = 0;

    for (size_t i = 0; i < test_machine_n_facts(b.m); i++)
        n += test_machine_facts(b.m)[i].kind == kind;
    return n;
}

// Word 1 of the record of a read in kHole.
const uint64_t kWord1 = kRead | kInput | kStall;

// A stream that stalls, and one whose STE is bad.
void make_streams(Bench &b)
{
    make_stalling(b, 1, 0, 5);
    b.ste(9, {0x0});
}

// ---- V03: held ----

TEST(SmmuStallRecord, V03_HeldWhileTheQueueIsFull)
{
    Bench b(stall_config());
    Request r(1, kHole);

    make_streams(b);
    b.boot(with_evtq(kEvtq | 0)); // one record
    EXPECT_EQ(b.dma(9, 0).event, C_BAD_STE);
    b.submit(r);
    b.settle();
    EXPECT_EQ(b.read(EVENTQ_PROD), 1u); // no overflow
    EXPECT_EQ(n_facts(b, SIM_FACT_EVENT_LOST), 0u);
    b.run_sync(0x46); // nothing is waited for
    EXPECT_EQ(b.read(EVENTQ_PROD), 1u);
    b.write(EVENTQ_CONS, 1);
    b.settle();
    EXPECT_EQ(b.read(EVENTQ_PROD), 0u);
    EXPECT_EQ(b.event(0)[0], 0x100000010u);
    EXPECT_EQ(b.event(0)[1], kWord1);
    resume(b, 1, 0, kAbort);
    EXPECT_TRUE(has_ended(r, SIM_DMA_ABORT));
}

TEST(SmmuStallRecord, V03_WhatTerminatesIsLostMeanwhile)
{
    Bench b(stall_config());
    Request r(1, kHole);

    make_streams(b);
    b.boot(with_evtq(kEvtq | 0));
    EXPECT_EQ(b.dma(9, 0).event, C_BAD_STE);
    b.submit(r);
    b.settle();
    EXPECT_EQ(b.dma(9, 0).event, C_BAD_STE); // not behind the one that is held
    EXPECT_EQ(b.read(EVENTQ_PROD), 0x80000001u);
    EXPECT_EQ(n_facts(b, SIM_FACT_EVENT_LOST), 1u);
    b.write(EVENTQ_CONS, 0x80000001);
    b.settle();
    EXPECT_EQ(b.event(0)[1], kWord1);
}

TEST(SmmuStallRecord, V03_SeveralAreHeldInOrder)
{
    Bench b(stall_config());
    Request r1(1, kHole), r2(1, kHole + 0x1000), r3(1, kHole + 0x2000);

    make_streams(b);
    b.boot(with_evtq(kEvtq | 0));
    for (Request *r : {&r1, &r2, &r3}) {
        b.submit(*r);
        b.settle();
    }
    for (uint32_t i = 0; i < 3; i++) {
        EXPECT_EQ(b.event(0)[2], kHole + 0x1000 * i);
        b.write(EVENTQ_CONS, (i + 1) & 1);
        b.settle();
    }
    b.run(sid_of(1) | kStallTerm);
    EXPECT_TRUE(has_ended(r3, SIM_DMA_ABORT));
}

TEST(SmmuStallRecord, V03_HeldWhileTheQueueIsOff)
{
    Bench b(stall_config());
    Request r(1, kHole);
    Boot how;

    how.cr0 = SMMUEN | CMDQEN;
    make_streams(b);
    b.boot(how);
    b.submit(r);
    b.settle();
    EXPECT_TRUE(is_stalled(r));
    EXPECT_EQ(b.n_events(), 0u);
    b.write(CR0, ALL_ON);
    b.settle();
    expect_events(b, {{0x100000010, kWord1, kHole, 0}});
}

TEST(SmmuStallRecord, V03_HeldWhileItsAbortIsActive)
{
    Bench b(stall_config());
    Request r(1, kHole);

    make_streams(b);
    test_machine_break(b.m, kEvtq, 0x1000);
    b.boot();
    b.submit(r);
    b.settle();
    EXPECT_EQ(b.read(GERROR), 0x4u);
    EXPECT_EQ(b.read(EVENTQ_PROD), 0u);
    EXPECT_TRUE(is_stalled(r));
    b.store(kEvtq, std::vector<uint64_t>(512));
    b.write(GERRORN, 0x4);
    b.settle();
    expect_events(b, {{0x100000010, kWord1, kHole, 0}});
}

TEST(SmmuStallRecord, V08_HeldWhenTheQueueIsSwitchedOff)
{
    Config c = stall_config(0, 16, "mmu600");

    c.memory(100000);
    c.smmu.param.event_cycles = 10000;
    Bench b(c);
    Request r(1, kHole);

    make_streams(b);
    b.boot();
    b.submit(r);
    test_machine_run_until(b.m, test_machine_now_ps(b.m) + 5000000);
    b.write(CR0, SMMUEN | CMDQEN);
    b.settle();
    EXPECT_EQ(b.read(CR0ACK), 0x9u);
    EXPECT_EQ(b.n_events(), 0u);
    EXPECT_TRUE(is_stalled(r));
    b.write(CR0, ALL_ON);
    b.settle();
    EXPECT_EQ(b.n_events(), 1u);
}

TEST(SmmuStallRecord, V03_AHeldOneIsEndedByTerm)
{
    Bench b(stall_config());
    Request r(1, kHole);

    make_streams(b);
    b.boot(with_evtq(kEvtq | 0));
    EXPECT_EQ(b.dma(9, 0).event, C_BAD_STE);
    b.submit(r);
    b.settle();
    resume(b, 1, 0, kAbort); // a token that software cannot know
    EXPECT_TRUE(is_stalled(r));
    b.run(sid_of(1) | kStallTerm);
    EXPECT_TRUE(has_ended(r, SIM_DMA_ABORT));
    b.write(EVENTQ_CONS, 1);
    b.settle();
    EXPECT_EQ(b.read(EVENTQ_PROD), 1u); // nothing comes after
    EXPECT_EQ(b.load(kEvtq), 0x900000004u);
}

// ---- Y04, Y09: CMD_SYNC ----

TEST(SmmuStallRecord, Y09_SyncDoesNotWaitForSoftware)
{
    Bench b(stall_config(0, 16, "mmu600"));
    Request r(1, kHole);

    make_streams(b);
    b.boot();
    b.submit(r);
    b.settle();
    b.run_sync(0x100000003, 1); // CFGI_STE
    b.run_sync(0x30);
    EXPECT_TRUE(is_stalled(r));
    EXPECT_EQ(b.n_events(), 1u);
    EXPECT_EQ(b.dma(1, 0x1000).status, SIM_DMA_OK);
}

TEST(SmmuStallRecord, Y04_SyncWaitsForARecordOnItsWay)
{
    Config c = stall_config(0, 16, "mmu600");

    c.memory(100000);
    c.smmu.param.event_cycles = 10000; // ten times a CMD_SYNC
    Bench b(c);
    Request r(1, kHole);

    make_streams(b);
    b.boot();
    b.submit(r);
    test_machine_run_until(b.m, test_machine_now_ps(b.m) + 5000000);
    b.put(0x30);
    b.put(0x46);
    b.ring();
    while (b.read(CMDQ_CONS) != 2 && test_machine_step(b.m))
        ;
    EXPECT_EQ(b.n_events(), 1u);
    EXPECT_TRUE(is_stalled(r));
}

// The command is on its way already when the queue takes records again.
TEST(SmmuStallRecord, Y04_SyncWaitsForARecordThatWasHeld)
{
    Config c = stall_config(0, 16, "mmu600");

    c.memory(1000000); // a CMD_SYNC takes a tenth of it
    Bench b(c);
    Request r(1, kHole);

    make_streams(b);
    b.boot(with_evtq(kEvtq | 0));
    EXPECT_EQ(b.dma(9, 0).event, C_BAD_STE);
    b.submit(r);
    b.settle();
    b.put(0x46);
    b.ring();
    test_machine_run_until(b.m, test_machine_now_ps(b.m) + 900000);
    b.write(EVENTQ_CONS, 1);
    while (b.read(CMDQ_CONS) != 1 && test_machine_step(b.m))
        ;
    EXPECT_EQ(b.read(EVENTQ_PROD), 0u);
    EXPECT_EQ(b.event(0)[1], kWord1);
}

TEST(SmmuStallRecord, Y04_WhatWasHeldAcrossAnInvalidationIsTriedAgain)
{
    Bench b(stall_config());
    Request r1(1, kHole), r2(1, kHole + 0x1000);

    make_streams(b);
    b.boot(with_evtq(kEvtq | 1)); // two records
    EXPECT_EQ(b.dma(9, 0).event, C_BAD_STE);
    EXPECT_EQ(b.dma(9, 0).event, C_BAD_STE);
    b.submit(r1);
    b.submit(r2);
    b.settle();
    b.store(leaf_slot(0, kHole), page(page_of(0, kHole)));
    b.run_sync(0x30);
    b.write(EVENTQ_CONS, 2);
    b.settle();
    EXPECT_TRUE(has_ended(r1, SIM_DMA_OK));
    EXPECT_TRUE(is_stalled(r2));
    EXPECT_EQ(b.read(EVENTQ_PROD), 3u); // one more, of the second
    EXPECT_EQ(b.event(0)[2], kHole + 0x1000);
}

TEST(SmmuStallRecord, Y03_SyncWaitsForARetry)
{
    Config c = stall_config(0, 16, "mmu600");

    c.memory(100000);
    c.smmu.param.step_cycles = 2000;
    Bench b(c);
    Request r(1, kHole);

    make_streams(b);
    b.boot();
    b.submit(r);
    b.settle();
    b.store(leaf_slot(0, kHole), page(page_of(0, kHole)));
    b.put(sid_of(1) | kRetry, stag_of(b, 0));
    b.put(0x46);
    b.ring();
    while (b.read(CMDQ_CONS) != 2 && test_machine_step(b.m))
        ;
    EXPECT_EQ(r.dma.status, SIM_DMA_OK);
}

// ---- tokens that software has not seen ----

TEST(SmmuStallRecord, ResumeBeforeTheRecordFindsNothing)
{
    Config c = stall_config(0, 16, "mmu600");

    c.smmu.param.event_cycles = 10000;
    Bench b(c);
    Request r(1, kHole);

    make_streams(b);
    b.boot();
    b.submit(r);
    test_machine_run_until(b.m, test_machine_now_ps(b.m) + 5000000);
    resume(b, 1, 0, kAbort);
    EXPECT_TRUE(is_stalled(r));
    expect_events(b, {{0x100000010, kWord1, kHole, 0}});
}

TEST(SmmuStallRecord, TermBeforeTheRecordDropsIt)
{
    Config c = stall_config(0, 16, "mmu600");

    c.smmu.param.event_cycles = 10000;
    Bench b(c);
    Request r(1, kHole);

    make_streams(b);
    b.boot();
    b.submit(r);
    test_machine_run_until(b.m, test_machine_now_ps(b.m) + 5000000);
    b.run_sync(sid_of(1) | kStallTerm);
    EXPECT_TRUE(has_ended(r, SIM_DMA_ABORT));
    EXPECT_EQ(b.n_events(), 0u);
}

// The record is with memory when the command comes: the token is free only when it is there.
TEST(SmmuStallRecord, TermWhileTheRecordIsWritten)
{
    Config c = stall_config(0, 1, "mmu600");
    bool was_written = false;

    c.memory(1000000);
    Bench b(c);
    Request r(1, kHole);

    make_streams(b);
    b.boot();
    // The command is read while the request walks, so that it acts during the write.
    for (uint64_t delay_ps = 0; delay_ps < 10000000 && !was_written; delay_ps += 500000) {
        Request late(1, kHole + 0x3000);

        b.submit(late);
        test_machine_run_until(b.m, test_machine_now_ps(b.m) + delay_ps);
        const unsigned n_before = b.n_events();
        b.put(sid_of(1) | kStallTerm);
        b.ring();
        while (late.n_answers == 0 && test_machine_step(b.m))
            ;
        if (late.n_answers == 0) { // it came too early
            b.run(sid_of(1) | kStallTerm);
        }
        b.settle();
        EXPECT_TRUE(has_ended(late, SIM_DMA_ABORT));
        was_written = b.n_events() != n_before;
        b.write(EVENTQ_CONS, b.read(EVENTQ_PROD));
    }
    EXPECT_TRUE(was_written);
    b.submit(r); // the token is there again
    b.settle();
    EXPECT_TRUE(is_stalled(r));
    b.run(sid_of(1) | kStallTerm);
    EXPECT_TRUE(has_ended(r, SIM_DMA_ABORT));
}

// ---- R11: SMMUEN ----

TEST(SmmuStallRecord, R11_DisablingEndsThemAll)
{
    for (const char *preset : {"zero", "mmu600"}) {
        Bench b(stall_config(0, 1, preset));
        Request r1(1, kHole), r2(2, kHole);

        make_streams(b);
        make_stalling(b, 2, 1, 6);
        b.boot();
        b.submit(r1);
        b.submit(r2); // waits for a token
        b.settle();
        b.write(CR0, EVENTQEN | CMDQEN);
        b.settle();
        EXPECT_EQ(b.read(CR0ACK), 0xcu);
        EXPECT_TRUE(has_ended(r1, SIM_DMA_ABORT));
        EXPECT_TRUE(has_ended(r2, SIM_DMA_ABORT));
        EXPECT_EQ(b.n_events(), 1u);
        resume(b, 1, 0, kRetry); // finds nothing
        EXPECT_EQ(b.read(CMDQ_CONS), 1u);
        EXPECT_EQ(r1.n_answers, 1u);
    }
}

TEST(SmmuStallRecord, R11_WhatIsHeldEndsToo)
{
    Bench b(stall_config());
    Request r(1, kHole);

    make_streams(b);
    b.boot(with_evtq(kEvtq | 0));
    EXPECT_EQ(b.dma(9, 0).event, C_BAD_STE);
    b.submit(r);
    b.settle();
    b.write(CR0, 0);
    b.settle();
    EXPECT_EQ(b.read(CR0ACK), 0u);
    EXPECT_TRUE(has_ended(r, SIM_DMA_ABORT));
}

TEST(SmmuStallRecord, R11_WhatFailsWhileItIsDisabledDoesNotStall)
{
    Config c = stall_config(0, 16, "mmu600");

    c.memory(1000000);
    Bench b(c);
    Request r(1, kHole);

    make_streams(b);
    b.boot();
    b.submit(r);
    test_machine_run_until(b.m, test_machine_now_ps(b.m) + 2000000); // fetches its CD
    b.write(CR0, EVENTQEN | CMDQEN);
    b.settle();
    EXPECT_EQ(b.read(CR0ACK), 0xcu);
    EXPECT_TRUE(has_ended(r, SIM_DMA_ABORT));
    EXPECT_EQ(b.n_events(), 0u);
}

TEST(SmmuStallRecord, R11_AfterwardsAllTokensAreFree)
{
    Bench b(stall_config(0, 2));

    make_streams(b);
    b.boot();
    for (unsigned round = 0; round < 3; round++) {
        Request r1(1, kHole), r2(1, kHole + 0x1000);

        b.submit(r1);
        b.submit(r2);
        b.settle();
        EXPECT_EQ(b.n_events(), 2 * round + 2);
        b.write(CR0, EVENTQEN | CMDQEN);
        b.settle();
        EXPECT_TRUE(has_ended(r1, SIM_DMA_ABORT));
        EXPECT_TRUE(has_ended(r2, SIM_DMA_ABORT));
        b.write(CR0, ALL_ON);
        b.settle();
    }
}

// ---- reset ----

TEST(SmmuStallRecord, ResetForgetsWhatIsHeld)
{
    Bench b(stall_config());
    const sim_iommu *iommu = test_machine_iommu(b.m);
    Request r(1, kHole);

    make_streams(b);
    b.boot(with_evtq(kEvtq | 0));
    EXPECT_EQ(b.dma(9, 0).event, C_BAD_STE);
    b.submit(r);
    b.settle();
    iommu->ops->reset(iommu->model);
    b.settle();
    EXPECT_TRUE(has_ended(r, SIM_DMA_ABORT));
    b.boot();
    EXPECT_EQ(b.n_events(), 0u);
    EXPECT_EQ(b.dma(9, 0).event, C_BAD_STE);
    EXPECT_EQ(b.n_events(), 1u);
    b.put(0x46);
    b.run_sync(0x30);
}

TEST(SmmuStallRecord, ResetEndsThem)
{
    for (const uint64_t wait_ps : {0, 500000, 1500000, 3500000, 5500000, 9000000, 20000000}) {
        Config c = stall_config(0, 1, "mmu600");

        c.memory(1000000);
        c.smmu.param.stall_dup = 1;
        Bench b(c);
        const sim_iommu *iommu = test_machine_iommu(b.m);
        Request r1(1, kHole), r2(1, kHole + 0x1000), r3(1, kHole + 8), later(1, kHole);

        make_streams(b);
        b.boot();
        b.submit(r1);
        b.submit(r2);
        b.submit(r3);
        test_machine_run_until(b.m, test_machine_now_ps(b.m) + wait_ps);
        iommu->ops->reset(iommu->model);
        b.settle();
        for (const Request *r : {&r1, &r2, &r3})
            EXPECT_TRUE(has_ended(*r, SIM_DMA_ABORT));
        b.write(CMDQ_PROD, 0);
        b.boot();
        b.submit(later);
        b.settle();
        EXPECT_TRUE(is_stalled(later));
        EXPECT_EQ(b.n_events(), 1u);
        EXPECT_EQ(stag_of(b, 0), 0u);
    }
}

} // namespace
