// SPDX-License-Identifier: BSD-2-Clause
// model_record_test.cpp - fault records, their ring, and the three messages (1.5, 5.1 to 5.3).
#include "tests/unit/models/vtd/vtd_machine_bench.h"

namespace
{

using namespace vtdm;

// No root entry: 01h, never qualified.
void fault(Bench &b, uint16_t bus)
{
    (void)b.dma(static_cast<uint32_t>(bus) << 8, 0x1000);
}

Boot no_queue()
{
    Boot how;

    how.has_queue = false;
    return how;
}

// ---- what a record says ----

TEST(Record, OfARequestWithPasid)
{
    Bench b;

    b.boot(scalable());
    b.device(0x3a);
    b.store(kRoots + 16 * 0x3a, {kCtxs | 1, kCtxs | 1});
    b.store(kCtxs + 32 * 0x10, {0x4e00d | 7 << 9, 0}); // a directory for 1M PASIDs
    b.store(0x4e000 + 8 * (0x12345 >> 6), 0x4d001);
    (void)b.dma(0x3a10, 0xdead0000, SIM_DMA_READ, 0x12345);
    EXPECT_EQ(b.record(0), (Words{0x00000000dead0000, 0xc123455980003a10}));
}

TEST(Record, OfAWriteWithoutPasid)
{
    Bench b;

    b.make_ss(0);
    b.store(leaf_slot(0, 0x2000), 0x402001); // read-only
    b.ctx(0x10, ctx_ss(space(0), 5));
    b.boot();
    (void)b.dma(0x10, 0x2abc, SIM_DMA_WRITE);
    EXPECT_EQ(b.record(0), (Words{0x2000, 0x8000000500000010}));
}

TEST(Record, OfASupervisorThatHasNoPasidDoesNotTellIt)
{
    Bench b;

    b.boot();
    (void)b.dma(0x10, 0x1000, SIM_DMA_READ | SIM_DMA_PRIVILEGED);
    EXPECT_EQ(b.record(0)[1], 0xc000000100000010u);
}

TEST(Record, OfASupervisor)
{
    Bench b;

    b.boot(scalable());
    b.device(0x10);
    b.make_fs(0);
    b.pasid(0x10, 3, pasid_fs(space(0), 5)); // SRE=0
    (void)b.dma(0x10, 0x1000, SIM_DMA_READ | SIM_DMA_PRIVILEGED, 3);
    EXPECT_EQ(b.record(0)[1], 0xc000035da0000010u);
}

TEST(Record, OfATranslationRequestAndATranslatedOne)
{
    Bench b;

    b.make_ss(0);
    b.ctx(0x10, ctx_ss(space(0), 5)); // TT=00
    b.boot();
    (void)b.dma(0x10, 0x1000, SIM_DMA_READ, kNoPasid, SIM_DMA_TRANSLATION_REQUEST);
    (void)b.dma(0x10, 0x2000, SIM_DMA_WRITE, kNoPasid, SIM_DMA_TRANSLATED);
    EXPECT_EQ(b.record(0), (Words{0x1000, 0xd000000d00000010}));
    EXPECT_EQ(b.record(1), (Words{0x2000, 0xa000000d00000010}));
}

TEST(Record, OfAPageRequest)
{
    Bench b;
    sim_page_request page = {};

    b.boot(scalable());
    b.device(0x10);
    b.store(kCtxs + 32 * 0x10, dir_of(0x10) | 0xd); // PRE=0
    page.address = 0x7f001000;
    page.requester = 0x10;
    page.has_pasid = true;
    page.pasid = 5;
    page.access = SIM_DMA_WRITE;
    page.is_last = true;
    b.page_request(page);
    b.settle();
    EXPECT_EQ(b.record(0), (Words{0x7f001000, 0x8000054790000010}));
}

// ---- who is recorded ----

struct FpdCase {
    const char *name;
    uint64_t root, ctx_lo, dir, pasid_lo; // as words
    unsigned n_records;
    uint32_t event;
};
VTDM_CASES(FpdCase)

class Fpd : public testing::TestWithParam<FpdCase>
{
};

// Trap 9: the deepest entry that was reached decides, also if it is not present.
TEST_P(Fpd, KeepsQualifiedFaultsOutOfTheRecords)
{
    const FpdCase &c = GetParam();
    Bench b;

    b.boot(scalable());
    b.store(kRoots, {c.root, 0});
    b.store(kCtxs + 32 * 0x10, {c.ctx_lo, 0, 0, 0});
    b.store(dir_of(0x10), c.dir);
    b.store(pasid_slot(0x10, 0), {c.pasid_lo, 0});
    const Answer a = b.dma(0x10, 0x1000);
    EXPECT_EQ(a.status, SIM_DMA_UR);
    EXPECT_EQ(a.event, c.event);
    EXPECT_EQ(b.n_records(), c.n_records);
}

constexpr uint64_t kCtxLo = 0x6001d, kDirLo = 0x61001; // dir_of(0x10) = 60000h
const FpdCase fpd_cases[] = {
    {"root_has_none", 0x12000, kCtxLo, kDirLo, 0x109, 1, 0x39},
    {"ctx_not_present", 0x12001, 0x0, kDirLo, 0x109, 1, 0x41},
    {"ctx_not_present_fpd", 0x12001, 0x2, kDirLo, 0x109, 0, 0x41},
    {"ctx_reserved_fpd", 0x12001, kCtxLo | 0x82, kDirLo, 0x109, 0, 0x42},
    {"dir_not_present", 0x12001, kCtxLo, 0x0, 0x109, 1, 0x51},
    {"dir_not_present_fpd", 0x12001, kCtxLo, 0x2, 0x109, 0, 0x51},
    {"entry_not_present", 0x12001, kCtxLo, kDirLo, 0x0, 1, 0x59},
    {"entry_not_present_fpd", 0x12001, kCtxLo, kDirLo, 0x2, 0, 0x59},
    {"entry_invalid_fpd", 0x12001, kCtxLo, kDirLo, 0x1c3, 0, 0x5b},
};
INSTANTIATE_TEST_SUITE_P(All, Fpd, testing::ValuesIn(fpd_cases), name_of<FpdCase>);

// An entry that cannot be read is told whatever FPD says.
TEST(Recorded, AFaultThatIsNotQualifiedAlwaysIs)
{
    Bench b;

    b.boot(scalable());
    b.device(0x10);
    b.store(kCtxs + 32 * 0x10, kCtxLo | 0x2);
    test_machine_break(b.m, dir_of(0x10), 8);
    const Answer a = b.dma(0x10, 0x1000);
    EXPECT_EQ(a.event, 0x50u);
    EXPECT_EQ(b.record(0)[1], 0xc000005000000010u);
}

// Trap 5: what a translation request is told as "no rights" is an answer, not a fault.
TEST(Recorded, AMissOfATranslationRequestIsNot)
{
    Bench b;

    b.boot(scalable());
    b.device(0x10);
    const Answer tr = b.dma(0x10, 0x1000, SIM_DMA_READ, kNoPasid, SIM_DMA_TRANSLATION_REQUEST);
    EXPECT_EQ(tr.status, SIM_DMA_OK);
    EXPECT_EQ(tr.granted, 0u);
    EXPECT_EQ(tr.event, 0x59u);
    EXPECT_EQ(b.n_records(), 0u);
    const Answer unt = b.dma(0x10, 0x1000);
    EXPECT_EQ(unt.status, SIM_DMA_UR);
    EXPECT_EQ(b.n_records(), 1u);
}

// ---- the ring (trap 10) ----

TEST(Ring, FillsThenLosesThenTells)
{
    Bench b;

    b.boot();
    for (uint16_t i = 0; i < 8; i++)
        fault(b, static_cast<uint16_t>(0x10 + i));
    EXPECT_EQ(b.read(FSTS), 0x2u);
    fault(b, 0x18);
    EXPECT_EQ(b.read(FSTS), 0x3u);
    for (unsigned i = 0; i < 8; i++)
        EXPECT_EQ(b.record(i)[1], 0xc000000100000000 | (0x1000 + 0x100 * i));
    EXPECT_EQ(b.n_facts(SIM_FACT_EVENT_RECORDED), 8u);
    EXPECT_EQ(b.n_facts(SIM_FACT_EVENT_LOST), 1u);
}

TEST(Ring, LosesEverythingUntilPfoIsCleared)
{
    Bench b;

    b.boot();
    for (uint16_t i = 0; i < 9; i++)
        fault(b, i);
    for (unsigned i = 0; i < 8; i++)
        b.write(FRCD + 16 * i + 12, 0x80000000);
    EXPECT_EQ(b.read(FSTS), 0x1u); // F of no record, PFO alone
    fault(b, 0x20);
    EXPECT_EQ(b.n_records(), 0u);
    b.write(FSTS, 0x1);
    EXPECT_EQ(b.read(FSTS), 0x0u);
    fault(b, 0x21);
    EXPECT_EQ(b.record(0)[1], 0xc000000100002100u);
}

TEST(Ring, ClearingPfoKeepsRecords)
{
    Bench b;

    b.boot();
    for (uint16_t i = 0; i < 9; i++)
        fault(b, i);
    b.write(FSTS, 0xffffffff);
    EXPECT_EQ(b.read(FSTS), 0x2u);
    EXPECT_EQ(b.n_records(), 8u);
}

TEST(Ring, IndexIsWhereThePendingOnesBegan)
{
    Bench b;

    b.boot();
    for (uint16_t i = 0; i < 3; i++)
        fault(b, i);
    b.clear_records();
    EXPECT_EQ(b.read(FSTS), 0x0u);
    fault(b, 3);
    EXPECT_EQ(b.read(FSTS), 0x302u);
    fault(b, 4);
    EXPECT_EQ(b.read(FSTS), 0x302u);
    EXPECT_EQ(b.record(3)[1] >> 63, 1u);
    EXPECT_EQ(b.record(4)[1] >> 63, 1u);
}

TEST(Ring, RecordsMayBeClearedInAnyOrder)
{
    Bench b;

    b.boot();
    for (uint16_t i = 0; i < 8; i++)
        fault(b, i);
    for (unsigned i : {5u, 0u, 7u, 1u, 2u, 3u, 6u}) {
        b.write(FRCD + 16 * i + 12, 0x80000000);
        EXPECT_EQ(b.read(FSTS), 0x2u);
    }
    b.write(FRCD + 16 * 4 + 12, 0x80000000);
    EXPECT_EQ(b.read(FSTS), 0x0u);
    fault(b, 9); // the ring went on: it is at 0 again
    EXPECT_EQ(b.read(FSTS), 0x2u);
}

// The next one is full although others are free.
TEST(Ring, AFullRecordInTheWayIsAnOverflow)
{
    Bench b;

    b.boot();
    for (uint16_t i = 0; i < 8; i++)
        fault(b, i);
    b.write(FRCD + 16 * 1 + 12, 0x80000000);
    fault(b, 9);
    EXPECT_EQ(b.read(FSTS), 0x3u);
    EXPECT_EQ(b.n_records(), 7u);
}

TEST(Ring, OnlyOneBitOfARecordIsWritable)
{
    Bench b;

    b.boot();
    fault(b, 0x3a);
    b.write64(FRCD, UINT64_MAX);
    b.write(FRCD + 8, 0xffffffff);
    b.write(FRCD + 12, 0x7fffffff);
    EXPECT_EQ(b.record(0), (Words{0x1000, 0xc000000100003a00}));
    b.write64(FRCD + 8, 0x8000000000000000);
    EXPECT_EQ(b.record(0), (Words{0x1000, 0x4000000100003a00}));
}

TEST(Ring, StartsAnewWhenNothingIsOnAnyMore)
{
    Bench b;

    b.boot();
    fault(b, 1);
    fault(b, 2);
    b.clear_records();
    b.command(IRE);
    b.command(0, TE);
    b.command(TE);
    fault(b, 3);
    EXPECT_EQ(b.read(FSTS), 0x202u); // IRES was 1
    b.clear_records();
    b.command(0, TE);
    b.command(0, IRE);
    b.command(TE);
    fault(b, 4);
    EXPECT_EQ(b.read(FSTS), 0x2u);
}

TEST(Ring, MayMergeFaultsOfOneSource)
{
    Config c;

    c.vtd.param.fault_merge = 1;
    Bench b(c);
    b.boot();
    fault(b, 1);
    fault(b, 1);
    fault(b, 2);
    EXPECT_EQ(b.n_records(), 2u);
    EXPECT_EQ(b.read(FSTS), 0x2u);
}

TEST(Ring, RecordsTakeTheirTimeOneAfterTheOther)
{
    Config c;

    c.vtd.param.clock_ps = 1000;
    c.vtd.param.fault_cycles = 10;
    c.vtd.param.fault_slots = 1;
    Bench b(c);
    Request r1(0x100, 0x1000);
    Request r2(0x200, 0x2000);

    b.boot();
    const uint64_t t = test_machine_now_ps(b.m);
    b.submit(r1);
    b.submit(r2);
    test_machine_run_until(b.m, t + 9999);
    EXPECT_EQ(r1.n_answers, 1u); // the answer does not wait
    EXPECT_EQ(b.n_records(), 0u);
    test_machine_run_until(b.m, t + 10000);
    EXPECT_EQ(b.n_records(), 1u);
    test_machine_run_until(b.m, t + 19999);
    EXPECT_EQ(b.n_records(), 1u);
    test_machine_run_until(b.m, t + 20000);
    EXPECT_EQ(b.n_records(), 2u);
}

// ---- messages (1.5) ----

void set_message(Bench &b)
{
    b.write(FEDATA, 0x4321);
    b.write(FEADDR, kMsi);
    b.write(FEUADDR, 0);
}

TEST(Message, IsSentWhenTheFirstFaultIsPending)
{
    Bench b;

    b.boot(no_queue());
    set_message(b);
    b.write(FECTL, 0);
    fault(b, 1);
    EXPECT_EQ(b.load(kMsi), 0x4321u);
    EXPECT_EQ(b.read(FECTL), 0u);
    EXPECT_EQ(b.n_irqs(SIM_IRQ_FAULT), 1u);
    fault(b, 2);
    EXPECT_EQ(b.n_irqs(SIM_IRQ_FAULT), 1u);
    EXPECT_EQ(b.n_accesses(kMsi, 4), 1u);
}

TEST(Message, ComesAgainOnceEverythingWasCleared)
{
    Bench b;

    b.boot(no_queue());
    b.write(FECTL, 0);
    fault(b, 1);
    b.clear_records();
    fault(b, 2);
    EXPECT_EQ(b.n_irqs(SIM_IRQ_FAULT), 2u);
}

TEST(Message, DoesNotComeWhileOneStatusBitIsLeft)
{
    Bench b;

    b.boot(no_queue());
    b.write(FECTL, 0);
    for (uint16_t i = 0; i < 9; i++)
        fault(b, i);
    EXPECT_EQ(b.n_irqs(SIM_IRQ_FAULT), 1u);
    for (unsigned i = 0; i < 8; i++)
        b.write(FRCD + 16 * i + 12, 0x80000000);
    EXPECT_EQ(b.read(FSTS), 0x1u);
    fault(b, 9); // lost, PFO stays
    EXPECT_EQ(b.n_irqs(SIM_IRQ_FAULT), 1u);
}

TEST(Message, ThatIsMaskedIsPending)
{
    Bench b;

    b.boot(no_queue());
    set_message(b);
    fault(b, 1);
    EXPECT_EQ(b.read(FECTL), 0xc0000000u);
    EXPECT_EQ(b.n_irqs(SIM_IRQ_FAULT), 0u);
    b.write(FECTL, 0);
    b.settle();
    EXPECT_EQ(b.read(FECTL), 0u);
    EXPECT_EQ(b.n_irqs(SIM_IRQ_FAULT), 1u);
    EXPECT_EQ(b.load(kMsi), 0x4321u);
}

TEST(Message, IsDroppedIfEverythingIsClearedFirst)
{
    Bench b;

    b.boot(no_queue());
    fault(b, 1);
    EXPECT_EQ(b.read(FECTL), 0xc0000000u);
    b.clear_records();
    EXPECT_EQ(b.read(FECTL), 0x80000000u);
    b.write(FECTL, 0);
    b.settle();
    EXPECT_EQ(b.n_irqs(SIM_IRQ_FAULT), 0u);
}

TEST(Message, PendingIsNotSoftwaresToWrite)
{
    Bench b;

    b.write(FECTL, 0xc0000000);
    EXPECT_EQ(b.read(FECTL), 0x80000000u);
    b.write(FECTL, 0x40000000);
    b.settle();
    EXPECT_EQ(b.read(FECTL), 0u);
    EXPECT_EQ(b.n_irqs(SIM_IRQ_FAULT), 0u);
}

TEST(Message, IsSentAgainWhileTheLastIsOnItsWay)
{
    Config c;

    c.memory(100000);
    Bench b(c);
    b.boot();
    set_message(b);
    b.write(FECTL, 0);
    b.write(IQT, 0x1000); // beyond the queue: IQE at once
    b.write(FSTS, 0x10);  // and again
    EXPECT_EQ(b.n_irqs(SIM_IRQ_FAULT), 2u);
    b.settle();
    EXPECT_EQ(b.n_accesses(kMsi, 4), 2u);
}

TEST(Message, GoesToTheUpperAddressToo)
{
    Bench b;

    b.boot(no_queue());
    b.store(0x1200000000, 0);
    b.write(FEDATA, 0x77);
    b.write(FEADDR, 0x4);
    b.write(FEUADDR, 0x12);
    b.write(FECTL, 0);
    fault(b, 1);
    EXPECT_EQ(b.load(0x1200000000), 0x7700000000u);
}

} // namespace
