// SPDX-License-Identifier: BSD-2-Clause
// Page requests: the records, their queue, interrupts, overflow (3.9, 8; facts 4.9, Q01 to Q04,
// Q11).
#include "tests/unit/models/smmuv3/pri_bench.h"

namespace
{

using namespace pri;

unsigned n_overflows(const Bench &b)
{
    unsigned n = 0;

    for (size_t i = 0; i < test_machine_n_facts(b.m); i++)
        n += test_machine_facts(b.m)[i].kind == SIM_FACT_QUEUE_OVERFLOW;
    return n;
}

// ---- 4.9 ----

struct Layout {
    const char *name;
    sim_page_request request;
    uint64_t q0, q1;
};
MACHINE_CASES(Layout)

const unsigned kAccessAll = SIM_DMA_READ | SIM_DMA_WRITE | SIM_DMA_EXECUTE | SIM_DMA_PRIVILEGED;
// address, requester, pasid, has_pasid, group, access, is_last
const Layout layouts[] = {
    {"read", {0x5000, 1, 0, false, 0, SIM_DMA_READ, false}, kR | 1, 0x5000},
    {"write", {0x5000, 1, 0, false, 0, SIM_DMA_WRITE, false}, kW | 1, 0x5000},
    {"execute",
     {0x5000, 1, 3, true, 0, SIM_DMA_READ | SIM_DMA_EXECUTE, false},
     kSsv | kR | kX | 0x300000001,
     0x5000},
    {"privileged",
     {0x5000, 1, 3, true, 0, SIM_DMA_READ | SIM_DMA_PRIVILEGED, false},
     kSsv | kR | kPrivileged | 0x300000001,
     0x5000},
    {"last", {0x5000, 1, 0, false, 0, SIM_DMA_READ, true}, kLast | kR | 1, 0x5000},
    {"group", {0x5000, 1, 0, false, 0x1ff, SIM_DMA_READ, false}, kR | 1, 0x51ff},
    {"no_offset", {0x5fff, 1, 0, false, 0, SIM_DMA_READ, false}, kR | 1, 0x5000},
    {"stop_marker", {0, 1, 7, true, 0, 0, true}, kSsv | kLast | 0x700000001, 0},
    {"pasid_0", {0x5000, 1, 0, true, 0, SIM_DMA_READ, false}, kSsv | kR | 1, 0x5000},
    {"no_pasid_although_a_number", {0, 1, 9, false, 0, SIM_DMA_READ, false}, kR | 1, 0},
    {"all",
     {0xfffffffffffff000, 0xffffffff, 0xfffff, true, 0x1ff, kAccessAll, true},
     0xfc0fffffffffffff,
     0xfffffffffffff1ff},
};

class SmmuPriqLayout : public testing::TestWithParam<Layout>
{
};

TEST_P(SmmuPriqLayout, Record)
{
    Bench b(pri_config());

    boot(b);
    ask(b, GetParam().request);
    EXPECT_EQ(b.read(PRIQ_PROD), 1u);
    EXPECT_EQ(record(b, 0)[0], GetParam().q0);
    EXPECT_EQ(record(b, 0)[1], GetParam().q1);
    EXPECT_EQ(n_answers(b), 0u); // software answers
    EXPECT_EQ(b.n_events(), 0u);
}

INSTANTIATE_TEST_SUITE_P(Table, SmmuPriqLayout, testing::ValuesIn(layouts), name_of<Layout>);

// ---- the queue ----

TEST(SmmuPriq, Q02_IndexAndWrap)
{
    Bench b(pri_config());
    const uint32_t prods[] = {1, 2, 3, 0, 1};

    boot(b, 1);
    for (uint32_t i = 0; i < 5; i++) {
        ask(b, request(i, 0x1000));
        EXPECT_EQ(b.read(PRIQ_PROD), prods[i]);
        EXPECT_EQ(record(b, i % 2)[0], kLast | kR | i);
        b.write(PRIQ_CONS, prods[i]);
    }
}

TEST(SmmuPriq, Q01_SizeIsCappedByWhatIsOffered)
{
    Config c = pri_config();

    c.smmu.ids.idr1 = (c.smmu.ids.idr1 & ~0xf800u) | 0x800; // PRIQS=1
    Bench b(c);

    boot(b, 5);
    for (uint32_t i = 0; i < 3; i++)
        ask(b, request(1, 0x1000 * i));
    EXPECT_EQ(b.read(PRIQ_PROD), 0x80000002u);
    EXPECT_EQ(record(b, 2)[0], 0u);
}

TEST(SmmuPriq, Q01_BaseIsAlignedToItsSize)
{
    Bench b(pri_config());

    boot(b, 0xfe0 | 5); // 32 records: 512 bytes
    ask(b, request(1, 0x1000));
    EXPECT_EQ(b.load(kPriq + 0xe00), kLast | kR | 1);
}

TEST(SmmuPriq, Q04_RecordThenProdThenInterrupt)
{
    Config c = pri_config("mmu600");

    c.memory(100000);
    Bench b(c);
    bool was_seen = false;

    boot(b);
    b.write(IRQ_CTRL, 0x2);
    b.settle();
    send(b, request(1, 0x1000));
    while (test_machine_step(b.m)) {
        if (b.read(PRIQ_PROD)) {
            EXPECT_EQ(record(b, 0)[0], kLast | kR | 1);
            was_seen = true;
        }
        if (b.n_irqs(SIM_IRQ_PRIQ)) {
            EXPECT_EQ(b.read(PRIQ_PROD), 1u);
        }
    }
    EXPECT_TRUE(was_seen);
    EXPECT_EQ(b.n_irqs(SIM_IRQ_PRIQ), 1u);
}

TEST(SmmuPriq, RecordsKeepTheirOrder)
{
    for (const uint32_t n_slots : {1, 4, 0}) {
        Config c = pri_config("mmu600");

        c.memory(100000, 1000);
        c.smmu.param.priq_slots = n_slots;
        Bench b(c);

        boot(b);
        for (uint32_t i = 0; i < 20; i++)
            send(b, request(1, 0x1000 * i));
        b.settle();
        ASSERT_EQ(b.read(PRIQ_PROD), 20u);
        for (uint32_t i = 0; i < 20; i++)
            EXPECT_EQ(record(b, i)[1], 0x1000 * i);
    }
}

TEST(SmmuPriq, MoreThanThereAreCreditsForAreLost)
{
    Bench b(pri_config());

    boot(b, 5, kAll & ~kPriqen);
    for (uint32_t i = 0; i < 80; i++)
        send(b, request(1, 0x1000 * i));
    b.settle();
    EXPECT_EQ(n_answers(b), 64u);
    for (uint32_t i = 0; i < 3; i++)
        ask(b, request(1, 0x1000 * i));
    EXPECT_EQ(n_answers(b), 67u);
}

// ---- interrupts ----

TEST(SmmuPriq, InterruptWhenItWasEmpty)
{
    Bench b(pri_config());

    boot(b);
    b.write(IRQ_CTRL, 0x2);
    b.settle();
    ask(b, request(1, 0x1000));
    EXPECT_EQ(b.n_irqs(SIM_IRQ_PRIQ), 1u);
    ask(b, request(1, 0x1000));
    EXPECT_EQ(b.n_irqs(SIM_IRQ_PRIQ), 1u);
    b.write(PRIQ_CONS, 2);
    ask(b, request(1, 0x1000));
    EXPECT_EQ(b.n_irqs(SIM_IRQ_PRIQ), 2u);
    EXPECT_EQ(b.n_irqs(SIM_IRQ_EVENTQ), 0u);
}

TEST(SmmuPriq, InterruptAtTheLastOfAGroup)
{
    Bench b(pri_config());
    sim_page_request first = request(1, 0x1000);

    first.is_last = false;
    b.write(PRIQ_IRQ_CFG2, 0x80000000);
    boot(b);
    b.write(IRQ_CTRL, 0x2);
    b.settle();
    ask(b, first);
    EXPECT_EQ(b.n_irqs(SIM_IRQ_PRIQ), 0u);
    ask(b, request(1, 0x2000));
    EXPECT_EQ(b.n_irqs(SIM_IRQ_PRIQ), 1u);
    ask(b, request(1, 0x3000));
    EXPECT_EQ(b.n_irqs(SIM_IRQ_PRIQ), 2u);
}

TEST(SmmuPriq, NoInterruptUnlessEnabled)
{
    Bench b(pri_config());

    boot(b);
    b.write64(PRIQ_IRQ_CFG0, 0x8000);
    b.write(PRIQ_IRQ_CFG1, 0x77);
    b.write(IRQ_CTRL, 0x5);
    b.settle();
    ask(b, request(1, 0x1000));
    EXPECT_EQ(b.n_irqs(SIM_IRQ_PRIQ), 0u);
    EXPECT_EQ(b.load(0x8000), 0u);
}

TEST(SmmuPriq, Message)
{
    Bench b(pri_config());

    boot(b);
    b.write64(PRIQ_IRQ_CFG0, 0x8000);
    b.write(PRIQ_IRQ_CFG1, 0x77);
    b.write(IRQ_CTRL, 0x2);
    b.settle();
    ask(b, request(1, 0x1000));
    EXPECT_EQ(b.load(0x8000), 0x77u);
}

TEST(SmmuPriq, LostMessage)
{
    Bench b(pri_config());

    boot(b);
    b.write64(PRIQ_IRQ_CFG0, 0x1000000000);
    b.write(IRQ_CTRL, 0x2);
    b.settle();
    ask(b, request(1, 0x1000));
    EXPECT_EQ(b.read(GERROR), 0x40u); // MSI_PRIQ_ABT_ERR
    EXPECT_EQ(b.read(PRIQ_PROD), 1u);
}

// ---- Q11: overflow ----

TEST(SmmuPriq, Q11_BlocksUntilAcknowledged)
{
    Bench b(pri_config());

    boot(b, 1);
    ask(b, request(1, 0x1000));
    ask(b, request(1, 0x2000));
    EXPECT_EQ(b.read(PRIQ_PROD), 2u); // full is no overflow
    ask(b, request(1, 0x3000));
    EXPECT_EQ(b.read(PRIQ_PROD), 0x80000002u);
    b.write(PRIQ_CONS, 2); // empty, not acknowledged
    ask(b, request(1, 0x4000));
    EXPECT_EQ(b.read(PRIQ_PROD), 0x80000002u);
    EXPECT_EQ(n_overflows(b), 1u);
    EXPECT_EQ(n_answers(b), 2u);
    b.write(PRIQ_CONS, 0x80000002);
    ask(b, request(1, 0x5000));
    EXPECT_EQ(b.read(PRIQ_PROD), 0x80000003u);
    EXPECT_EQ(record(b, 0)[1], 0x5000u);
    ask(b, request(1, 0x6000));
    ask(b, request(1, 0x7000));
    EXPECT_EQ(b.read(PRIQ_PROD), 0u); // toggled back
    EXPECT_EQ(n_overflows(b), 2u);
}

// Trap 9 of the list: the event queue's overflow does not block, this one does.
TEST(SmmuPriq, Trap9_UnlikeTheEventQueue)
{
    Bench b(pri_config());
    Boot how;

    how.cr0 = kAll;
    how.evtq_base = kEvtq | 0;
    b.write64(PRIQ_BASE, kPriq | 0);
    b.boot(how);
    for (unsigned i = 0; i < 2; i++) {
        EXPECT_EQ(b.dma(9, 0).event, C_BAD_STE);
        ask(b, request(1, 0x1000));
    }
    EXPECT_EQ(b.read(EVENTQ_PROD), 0x80000001u);
    EXPECT_EQ(b.read(PRIQ_PROD), 0x80000001u);
    b.write(EVENTQ_CONS, 1);
    b.write(PRIQ_CONS, 1);
    EXPECT_EQ(b.dma(9, 0).event, C_BAD_STE);
    ask(b, request(1, 0x1000));
    EXPECT_EQ(b.read(EVENTQ_PROD), 0x80000000u);
    EXPECT_EQ(b.read(PRIQ_PROD), 0x80000001u);
}

} // namespace
