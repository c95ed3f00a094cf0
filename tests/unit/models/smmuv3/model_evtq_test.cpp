// SPDX-License-Identifier: BSD-2-Clause
// The event queue: size and wrap, overflow, interrupts, aborts of its memory; errors and their
// acknowledgement (Q01 to Q14, R40 to R42; 4.4, 6.3.17, 7.2, 7.5).
#include "tests/unit/models/smmuv3/machine_bench.h"

namespace
{

using namespace machine;

// Causes one C_BAD_STE of that stream.
void fail(Bench &b, uint32_t sid)
{
    EXPECT_EQ(b.dma(sid, 0).event, C_BAD_STE);
}

uint64_t record_of(uint32_t sid)
{
    return static_cast<uint64_t>(sid) << 32 | C_BAD_STE;
}

unsigned n_facts(const Bench &b, sim_fact_kind kind)
{
    unsigned n = 0;

    for (size_t i = 0; i < test_machine_n_facts(b.m); i++)
        n += test_machine_facts(b.m)[i].kind == kind;
    return n;
}

Boot with_evtq(uint64_t base)
{
    Boot how;

    how.evtq_base = base;
    return how;
}

// ---- Q01, Q02 ----

TEST(SmmuEvtq, Q02_IndexAndWrap)
{
    Bench b;

    b.boot(with_evtq(kEvtq | 1)); // two records
    const uint32_t prods[] = {1, 2, 3, 0, 1};
    for (uint32_t i = 0; i < 5; i++) {
        fail(b, i);
        EXPECT_EQ(b.read(EVENTQ_PROD), prods[i]);
        EXPECT_EQ(b.load(kEvtq + 32 * (i % 2)), record_of(i));
        b.write(EVENTQ_CONS, prods[i]);
    }
}

TEST(SmmuEvtq, Q02_OneRecord)
{
    Bench b;

    b.boot(with_evtq(kEvtq));
    fail(b, 1);
    EXPECT_EQ(b.read(EVENTQ_PROD), 1u);
    b.write(EVENTQ_CONS, 1);
    fail(b, 2);
    EXPECT_EQ(b.read(EVENTQ_PROD), 0u);
    EXPECT_EQ(b.load(kEvtq), record_of(2));
}

TEST(SmmuEvtq, Q01_SizeIsCappedByWhatIsOffered)
{
    Config c;

    c.smmu.ids.idr1 = (c.smmu.ids.idr1 & ~0x1f0000u) | 0x20000; // EVENTQS=2: four records
    Bench b(c);

    b.boot(with_evtq(kEvtq | 5));
    for (uint32_t i = 0; i < 5; i++)
        fail(b, i);
    EXPECT_EQ(b.read(EVENTQ_PROD), 0x80000004u);
    EXPECT_EQ(b.load(kEvtq + 32 * 3), record_of(3));
    EXPECT_EQ(b.load(kEvtq + 32 * 4), 0u);
}

TEST(SmmuEvtq, Q01_BaseIsAlignedToItsSize)
{
    Bench b;

    b.boot(with_evtq(0x30fe0 | 7)); // 128 records: 4096 bytes
    fail(b, 1);
    EXPECT_EQ(b.load(kEvtq), record_of(1));
}

TEST(SmmuEvtq, Q03_StartsWhereItIsToldTo)
{
    Bench b;
    Boot how;

    how.cr0 = SMMUEN | CMDQEN;
    b.boot(how);
    b.write(EVENTQ_PROD, 0x85); // index 5, wrapped
    b.write(EVENTQ_CONS, 0x85);
    b.write(CR0, ALL_ON);
    b.settle();
    fail(b, 1);
    EXPECT_EQ(b.load(kEvtq + 32 * 5), record_of(1));
    EXPECT_EQ(b.read(EVENTQ_PROD), 0x86u);
}

// ---- Q04 ----

TEST(SmmuEvtq, Q04_RecordThenProdThenInterrupt)
{
    for (const char *preset : {"zero", "mmu600"}) {
        Config c(preset);

        c.memory(100000);
        Bench b(c);
        Request r(1, 0);
        bool was_seen = false;

        b.boot();
        b.write(IRQ_CTRL, 0x4);
        b.settle();
        b.submit(r);
        while (test_machine_step(b.m)) {
            if (b.read(EVENTQ_PROD)) {
                EXPECT_EQ(b.load(kEvtq), record_of(1));
                was_seen = true;
            }
            if (b.n_irqs(SIM_IRQ_EVENTQ)) {
                EXPECT_EQ(b.read(EVENTQ_PROD), 1u);
            }
        }
        EXPECT_TRUE(was_seen);
        EXPECT_EQ(b.n_irqs(SIM_IRQ_EVENTQ), 1u);
    }
}

// ---- Q10: overflow ----

TEST(SmmuEvtq, Q10_TogglesOnceAndLetsLaterRecordsIn)
{
    Bench b;

    b.boot(with_evtq(kEvtq | 1));
    fail(b, 1);
    fail(b, 2);
    EXPECT_EQ(b.read(EVENTQ_PROD), 2u); // full is no overflow
    fail(b, 3);
    EXPECT_EQ(b.read(EVENTQ_PROD), 0x80000002u);
    fail(b, 4);
    EXPECT_EQ(b.read(EVENTQ_PROD), 0x80000002u); // once
    EXPECT_EQ(b.load(kEvtq), record_of(1));
    EXPECT_EQ(b.load(kEvtq + 32), record_of(2));
    b.write(EVENTQ_CONS, 1); // drained a little, the overflow not acknowledged
    fail(b, 5);
    EXPECT_EQ(b.read(EVENTQ_PROD), 0x80000003u);
    EXPECT_EQ(b.load(kEvtq), record_of(5));
    fail(b, 6);
    EXPECT_EQ(b.read(EVENTQ_PROD), 0x80000003u); // still the first
    EXPECT_EQ(n_facts(b, SIM_FACT_QUEUE_OVERFLOW), 1u);
    EXPECT_EQ(n_facts(b, SIM_FACT_EVENT_LOST), 3u);
    EXPECT_EQ(n_facts(b, SIM_FACT_EVENT_RECORDED), 3u);
}

TEST(SmmuEvtq, Q10_AfterAcknowledgementItTogglesBack)
{
    Bench b;

    b.boot(with_evtq(kEvtq | 1));
    for (uint32_t sid = 1; sid < 4; sid++)
        fail(b, sid);
    b.write(EVENTQ_CONS, 0x80000002);
    EXPECT_EQ(b.read(EVENTQ_PROD), 0x80000002u);
    fail(b, 4);
    fail(b, 5);
    EXPECT_EQ(b.read(EVENTQ_PROD), 0x80000000u);
    fail(b, 6);
    EXPECT_EQ(b.read(EVENTQ_PROD), 0u);
}

TEST(SmmuEvtq, Q10_SilentFaultsDoNotOverflow)
{
    Bench b;

    b.ste(9, {0x1});
    b.boot(with_evtq(kEvtq | 0));
    fail(b, 1);
    EXPECT_EQ(b.dma(9, 0).status, SIM_DMA_ABORT);
    EXPECT_EQ(b.read(EVENTQ_PROD), 1u);
}

// ---- Q13: interrupts ----

TEST(SmmuEvtq, Q13_InterruptWhenItWasEmpty)
{
    Bench b;

    b.boot();
    b.write(IRQ_CTRL, 0x4);
    b.settle();
    fail(b, 1);
    EXPECT_EQ(b.n_irqs(SIM_IRQ_EVENTQ), 1u);
    fail(b, 2);
    EXPECT_EQ(b.n_irqs(SIM_IRQ_EVENTQ), 1u);
    b.write(EVENTQ_CONS, 1); // not empty yet
    fail(b, 3);
    EXPECT_EQ(b.n_irqs(SIM_IRQ_EVENTQ), 1u);
    b.write(EVENTQ_CONS, 3);
    fail(b, 4);
    EXPECT_EQ(b.n_irqs(SIM_IRQ_EVENTQ), 2u);
}

TEST(SmmuEvtq, Q13_NoInterruptUnlessEnabled)
{
    Bench b;

    b.boot();
    b.write64(EVENTQ_IRQ_CFG0, 0x8000);
    b.write(EVENTQ_IRQ_CFG1, 0x77);
    b.write(IRQ_CTRL, 0x1);
    b.settle();
    fail(b, 1);
    EXPECT_EQ(b.n_irqs(SIM_IRQ_EVENTQ), 0u);
    EXPECT_EQ(b.load(0x8000), 0u);
}

TEST(SmmuEvtq, Q13_MessageIs32Bits)
{
    Bench b;

    b.boot();
    b.store(0x8000, ~0ull);
    b.write64(EVENTQ_IRQ_CFG0, 0x8000);
    b.write(EVENTQ_IRQ_CFG1, 0x77);
    b.write(IRQ_CTRL, 0x4);
    b.settle();
    fail(b, 1);
    EXPECT_EQ(b.load(0x8000), 0xffffffff00000077u);
}

TEST(SmmuEvtq, Q13_WiredWhereThereAreNoMessages)
{
    Config c;

    c.idr0(0x2000, 0); // MSI=0
    Bench b(c);

    b.boot();
    b.write64(EVENTQ_IRQ_CFG0, 0x8000);
    b.write(EVENTQ_IRQ_CFG1, 0x77);
    b.write(IRQ_CTRL, 0x4);
    b.settle();
    fail(b, 1);
    EXPECT_EQ(b.load(0x8000), 0u);
    EXPECT_EQ(b.n_irqs(SIM_IRQ_EVENTQ), 1u);
}

TEST(SmmuEvtq, Q13_NotWritableWhileItsAbortIsActive)
{
    Bench b;

    test_machine_break(b.m, kEvtq, 0x1000);
    b.boot();
    fail(b, 1);
    EXPECT_EQ(b.read(GERROR), 0x4u); // EVENTQ_ABT_ERR
    const uint32_t prod = b.read(EVENTQ_PROD);
    b.store(kEvtq, std::vector<uint64_t>(512));
    fail(b, 2);
    EXPECT_EQ(b.read(EVENTQ_PROD), prod);
    EXPECT_EQ(b.load(kEvtq + 32 * prod), 0u);
    EXPECT_EQ(b.read(GERROR), 0x4u);
    b.write(GERRORN, 0x4);
    fail(b, 3);
    EXPECT_EQ(b.read(EVENTQ_PROD), prod + 1);
    EXPECT_EQ(b.load(kEvtq + 32 * prod), record_of(3));
}

// ---- R40 to R42: with an interrupt's message that nobody takes ----

// A SYNC whose message goes nowhere: GERROR.MSI_CMDQ_ABT_ERR, bit 4.
void lose_message(Bench &b)
{
    b.run(0x7700001046, 0x1000000000);
}

TEST(SmmuGerror, R40_TogglesOnlyWhileInactive)
{
    Bench b;

    b.boot();
    lose_message(b);
    EXPECT_EQ(b.read(GERROR), 0x10u);
    EXPECT_EQ(b.read(CMDQ_CONS), 1u); // the SYNC itself is done
    lose_message(b);
    EXPECT_EQ(b.read(GERROR), 0x10u);
    b.write(GERRORN, 0x10);
    EXPECT_EQ(b.read(GERROR), 0x10u);
    lose_message(b);
    EXPECT_EQ(b.read(GERROR), 0u); // active again
    b.write(GERRORN, 0);
    lose_message(b);
    EXPECT_EQ(b.read(GERROR), 0x10u);
}

TEST(SmmuGerror, R40_ErrorsAreIndependent)
{
    Bench b;

    test_machine_break(b.m, kEvtq, 0x1000);
    b.boot();
    lose_message(b);
    fail(b, 1);
    EXPECT_EQ(b.read(GERROR), 0x14u);
    b.write(GERRORN, 0x4);
    fail(b, 1);
    EXPECT_EQ(b.read(GERROR), 0x10u); // bit 2 toggled back, bit 4 as it was
}

TEST(SmmuGerror, R42_OneInterruptForEachActivation)
{
    Bench b;

    b.boot();
    b.write(IRQ_CTRL, 0x1);
    b.settle();
    lose_message(b);
    EXPECT_EQ(b.n_irqs(SIM_IRQ_GERROR), 1u);
    lose_message(b);
    EXPECT_EQ(b.n_irqs(SIM_IRQ_GERROR), 1u);
    b.write(GERRORN, 0x10);
    b.settle();
    EXPECT_EQ(b.n_irqs(SIM_IRQ_GERROR), 1u);
    lose_message(b);
    EXPECT_EQ(b.n_irqs(SIM_IRQ_GERROR), 2u);
}

TEST(SmmuGerror, R42_NoneUnlessEnabled)
{
    Bench b;

    b.boot();
    b.write64(GERROR_IRQ_CFG0, 0x8000);
    b.write(GERROR_IRQ_CFG1, 0x55);
    lose_message(b);
    EXPECT_EQ(b.read(GERROR), 0x10u);
    EXPECT_EQ(b.n_irqs(SIM_IRQ_GERROR), 0u);
    EXPECT_EQ(b.load(0x8000), 0u);
}

TEST(SmmuGerror, R42_Message)
{
    Bench b;

    b.boot();
    b.write64(GERROR_IRQ_CFG0, 0x8004);
    b.write(GERROR_IRQ_CFG1, 0x55);
    b.write(IRQ_CTRL, 0x1);
    b.settle();
    lose_message(b);
    EXPECT_EQ(b.load(0x8000), 0x5500000000u);
}

TEST(SmmuGerror, R42_LostMessageOfGerrorIsNotInterruptedFor)
{
    Bench b;

    b.boot();
    b.write64(GERROR_IRQ_CFG0, 0x1000000000);
    b.write(IRQ_CTRL, 0x1);
    b.settle();
    lose_message(b);
    EXPECT_EQ(b.read(GERROR), 0x90u);             // MSI_CMDQ and MSI_GERROR
    EXPECT_EQ(b.n_accesses(0x1000000000, 4), 2u); // that of the SYNC and one of GERROR
}

TEST(SmmuGerror, LostMessageOfTheEventQueue)
{
    Bench b;

    b.boot();
    b.write64(EVENTQ_IRQ_CFG0, 0x1000000000);
    b.write(IRQ_CTRL, 0x4);
    b.settle();
    fail(b, 1);
    EXPECT_EQ(b.read(GERROR), 0x20u);
    EXPECT_EQ(b.read(EVENTQ_PROD), 1u); // the record is there
}

} // namespace
