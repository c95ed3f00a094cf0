// SPDX-License-Identifier: BSD-2-Clause
// model_order_test.cpp - which descriptor runs when, and what a wait waits for (4.4).
#include "tests/unit/models/vtd/vtd_machine_bench.h"

#include <map>

namespace
{

using namespace vtdm;

// Every invalidation takes 1 us, as many at once as there are; the youngest that may goes first.
Config eager()
{
    Config c;

    c.vtd.param.clock_ps = 1000;
    c.vtd.param.inval_cycles = 1000;
    c.vtd.param.inval_slots = 64;
    c.vtd.param.inval_order = 1;
    return c;
}

// When the descriptor number @n was begun, or done; 0: not (yet).
uint64_t time_of(const Bench &b, sim_fact_kind kind, const std::vector<uint64_t> &words)
{
    for (size_t i = 0; i < test_machine_n_facts(b.m); i++) {
        const sim_fact &fact = test_machine_facts(b.m)[i];

        if (fact.kind == static_cast<uint32_t>(kind) && fact.arg[1] == words[0] &&
            fact.arg[2] == (words.size() > 1 ? words[1] : 0))
            return fact.time_ps;
    }
    return 0;
}

uint64_t begun(const Bench &b, const std::vector<uint64_t> &words)
{
    return time_of(b, SIM_FACT_CMD_EXECUTED, words);
}

uint64_t done(const Bench &b, const std::vector<uint64_t> &words)
{
    return time_of(b, SIM_FACT_CMD_COMPLETED, words);
}

// Descriptors of each type, for device 10h.
const std::map<std::string, std::vector<uint64_t>> kinds = {
    {"cc", {0x0000001000050031, 0}},
    {"pc", {0x0000000300050017, 0}},
    {"iotlb", {0x500e2, 0}},
    {"piotlb", {0x0000000300050026, 0}},
    {"iec", {0x4, 0}},
    {"devtlb", {0x0000001000080003, 0x7ffffffffffff001}},
    {"pdevtlb", {0x0000000300100088, 0x7ffffffffffff800}},
    {"pgrp", {0x0000000300100019, 0xe8}},
};

// The second one behind the first one in the queue: does it wait until the first is done?
struct OrderCase {
    const char *first, *second;
    bool waits;
};

std::string order_name(const testing::TestParamInfo<OrderCase> &row)
{
    return std::string(row.param.first) + "_then_" + row.param.second;
}

void PrintTo(const OrderCase &c, std::ostream *out)
{
    *out << c.first << " then " << c.second;
}

class Order : public testing::TestWithParam<OrderCase>
{
};

TEST_P(Order, OfTwo)
{
    const auto &first = kinds.at(GetParam().first);
    const auto &second = kinds.at(GetParam().second);
    Bench b(eager());

    b.boot(scalable());
    test_machine_run_until(b.m, 1000);
    b.put(first);
    b.put(second);
    b.ring();
    test_machine_run_until(b.m, test_machine_now_ps(b.m) + 10000000);
    ASSERT_NE(begun(b, second), 0u);
    if (GetParam().waits)
        EXPECT_EQ(begun(b, second), begun(b, first) + 1000000);
    else
        EXPECT_EQ(begun(b, second), begun(b, first));
}

const OrderCase order_cases[] = {
    {"cc", "pc", true},          {"cc", "iotlb", true},      {"cc", "piotlb", true},
    {"cc", "iec", false},        {"cc", "devtlb", false},    {"cc", "pdevtlb", false},
    {"cc", "pgrp", false},       {"pc", "cc", false},        {"pc", "iotlb", true},
    {"pc", "piotlb", true},      {"pc", "iec", false},       {"pc", "devtlb", false},
    {"pc", "pdevtlb", false},    {"iotlb", "cc", false},     {"iotlb", "pc", false},
    {"iotlb", "piotlb", false},  {"iotlb", "iec", false},    {"iotlb", "devtlb", true},
    {"iotlb", "pdevtlb", true},  {"iotlb", "pgrp", false},   {"piotlb", "cc", false},
    {"piotlb", "pc", false},     {"piotlb", "iotlb", false}, {"piotlb", "devtlb", false},
    {"piotlb", "pdevtlb", true}, {"iec", "cc", false},       {"iec", "iotlb", false},
    {"iec", "devtlb", true},     {"iec", "pdevtlb", true},   {"devtlb", "iotlb", false},
    {"devtlb", "pgrp", false},   {"pdevtlb", "cc", false},   {"pgrp", "iotlb", false},
};
INSTANTIATE_TEST_SUITE_P(All, Order, testing::ValuesIn(order_cases), order_name);

TEST(Together, InvalidationsShareTheirSlots)
{
    Config c = eager();

    c.vtd.param.inval_slots = 2;
    Bench b(c);
    b.boot();
    const uint64_t t = test_machine_now_ps(b.m);
    for (uint64_t did = 1; did <= 4; did++)
        b.put({0x22 | did << 16, 0});
    b.put(Bench::wait_for(0, 1));
    b.ring();
    test_machine_run_until(b.m, t + 1999999);
    EXPECT_EQ(b.status(0), 0u);
    test_machine_run_until(b.m, t + 2000000);
    EXPECT_EQ(b.status(0), 1u);
}

TEST(Together, OldestFirst)
{
    Config c = eager();

    c.vtd.param.inval_slots = 1;
    c.vtd.param.inval_order = 0;
    c.vtd.param.qi_slots = 8;
    Bench b(c);
    b.boot();
    for (uint64_t did = 1; did <= 3; did++)
        b.put({0x22 | did << 16, 0});
    b.ring();
    b.settle();
    EXPECT_LT(done(b, {0x10022}), done(b, {0x20022}));
    EXPECT_LT(done(b, {0x20022}), done(b, {0x30022}));
}

TEST(Together, YoungestFirst)
{
    Config c = eager();

    c.vtd.param.inval_slots = 1;
    Bench b(c);
    b.boot();
    for (uint64_t did = 1; did <= 3; did++)
        b.put({0x22 | did << 16, 0});
    b.ring();
    b.settle();
    EXPECT_LT(done(b, {0x30022}), done(b, {0x20022})); // the first had begun before
}

// To one device, an answer does not overtake an invalidation that has not been sent yet.
TEST(Together, AnswersAndInvalidationsReachADeviceInOrder)
{
    Bench b(eager());

    b.boot(scalable());
    b.put(kinds.at("iotlb"));
    b.put(kinds.at("devtlb"));
    b.put(kinds.at("pgrp"));
    b.put({0x0000000300200019, 0xe8}); // to another one
    b.ring();
    test_machine_run_until(b.m, test_machine_now_ps(b.m) + 999999);
    ASSERT_EQ(test_machine_n_pages(b.m), 1u);
    EXPECT_EQ(test_machine_pages(b.m)[0].response.requester, 0x20u);
    test_machine_run_until(b.m, test_machine_now_ps(b.m) + 1);
    EXPECT_EQ(test_machine_n_ats_invs(b.m), 1u);
    ASSERT_EQ(test_machine_n_pages(b.m), 2u);
    EXPECT_EQ(test_machine_pages(b.m)[1].response.requester, 0x10u);
}

// ---- waits ----

TEST(Wait, ComesAfterEverythingBefore)
{
    Bench b(eager());

    b.boot();
    const uint64_t t = test_machine_now_ps(b.m);
    b.put(kinds.at("cc"));
    b.put(kinds.at("iotlb")); // behind it: 2 us
    b.put(Bench::wait_for(0, 0x55aa));
    b.ring();
    test_machine_run_until(b.m, t + 1999999);
    EXPECT_EQ(b.status(0), 0u);
    test_machine_run_until(b.m, t + 2000000);
    EXPECT_EQ(b.status(0), 0x55aau);
}

TEST(Wait, WithoutFenceLetsLaterOnesStart)
{
    Bench b(eager());
    const std::vector<uint64_t> later = {0x60022, 0};

    b.boot();
    const uint64_t t = test_machine_now_ps(b.m);
    b.put(kinds.at("iotlb"));
    b.put(Bench::wait_for(0, 1));
    b.put(later);
    b.ring();
    b.settle();
    EXPECT_EQ(begun(b, later), t);
}

TEST(Wait, WithFenceDoesNot)
{
    Bench b(eager());
    const std::vector<uint64_t> later = {0x60022, 0};

    b.boot();
    const uint64_t t = test_machine_now_ps(b.m);
    b.put(kinds.at("iotlb"));
    b.put(Bench::wait_for(0, 1, 0x40)); // FN
    b.put(later);
    b.ring();
    b.settle();
    EXPECT_EQ(begun(b, later), t + 1000000);
}

TEST(Wait, FenceAloneIsSilent)
{
    Bench b(eager());

    b.boot();
    b.put(kinds.at("iotlb"));
    b.put({0x45, 0}); // FN: no status, no interrupt
    b.ring();
    b.settle();
    EXPECT_EQ(b.n_facts(SIM_FACT_CMD_COMPLETED), 2u);
    EXPECT_EQ(b.n_facts(SIM_FACT_SYNC_VISIBLE), 0u);
    EXPECT_EQ(b.read(ICS), 0u);
}

TEST(Wait, TellsItsPlaceWhenItsStatusIsVisible)
{
    Config c;

    c.memory(100000);
    Bench b(c);
    b.boot(scalable());
    b.put({0x11});
    b.put(Bench::wait_for(3, 7));
    b.ring();
    b.settle();
    EXPECT_EQ(b.status(3), 7u);
    const sim_fact fact = b.last_fact(SIM_FACT_SYNC_VISIBLE);
    EXPECT_EQ(fact.arg[0], kQueue);
    EXPECT_EQ(fact.arg[1], 1u);
    EXPECT_EQ(fact.time_ps, test_machine_now_ps(b.m));
    EXPECT_EQ(b.last_fact(SIM_FACT_CMD_EXECUTED).time_ps, fact.time_ps - 100000);
}

TEST(Wait, WritesFourBytes)
{
    Bench b;

    b.boot();
    b.store(kStatus, UINT64_MAX);
    b.run({0x0000000200000025, kStatus + 4});
    EXPECT_EQ(b.load(kStatus), 0x00000002ffffffffu);
}

TEST(Wait, InterruptComesBehindTheStatus)
{
    Config c;

    c.memory(100000);
    Bench b(c);
    b.boot();
    b.write(IEDATA, 0x99);
    b.write(IEADDR, kMsi);
    b.write(IECTL, 0);
    const uint64_t t = test_machine_now_ps(b.m);
    b.put(Bench::wait_for(0, 1, 0x10)); // IF
    b.ring();
    test_machine_run_until(b.m, t + 199999);
    EXPECT_EQ(b.read(ICS), 0u);
    EXPECT_EQ(b.status(0), 0u);
    test_machine_run_until(b.m, t + 200000);
    EXPECT_EQ(b.status(0), 1u);
    EXPECT_EQ(b.read(ICS), 1u);
    EXPECT_EQ(b.n_irqs(SIM_IRQ_INV), 1u);
    b.settle();
    EXPECT_EQ(b.load(kMsi), 0x99u);
    b.write(ICS, 1);
    EXPECT_EQ(b.read(ICS), 0u);
}

TEST(Wait, InterruptAlone)
{
    Bench b;

    b.boot();
    b.run({0x15, 0});
    EXPECT_EQ(b.read(ICS), 1u);
    EXPECT_EQ(b.read(IECTL), 0xc0000000u);
    EXPECT_EQ(b.n_facts(SIM_FACT_SYNC_VISIBLE), 1u);
}

TEST(Wait, HasAFloor)
{
    Config c;

    c.vtd.param.clock_ps = 1000;
    c.vtd.param.wait_cycles = 400;
    Bench b(c);
    b.boot();
    const uint64_t t = test_machine_now_ps(b.m);
    b.put(Bench::wait_for(0, 1));
    b.ring();
    test_machine_run_until(b.m, t + 399999);
    EXPECT_EQ(b.status(0), 0u);
    test_machine_run_until(b.m, t + 400000);
    EXPECT_EQ(b.status(0), 1u);
}

// ---- drain: requests that used what is gone are over ----

struct DrainCase {
    const char *name;
    std::vector<uint64_t> words;
    bool wait_drains, drains;
};
VTDM_CASES(DrainCase)

class Drain : public testing::TestWithParam<DrainCase>
{
};

TEST_P(Drain, HoldsTheWait)
{
    Config c;
    uint64_t word = 0x1234;

    c.memory(100000);
    c.vtd.param.wait_drains = GetParam().wait_drains;
    Bench b(c);
    b.make_ss(0);
    b.device(0x10);
    b.pasid(0x10, 0, pasid_ss(space(0), 5));
    b.boot(scalable());
    (void)b.target(0x10, 0x1000);
    b.put(GetParam().words);
    b.put(Bench::wait_for(0, 1));
    const uint64_t t = test_machine_now_ps(b.m);
    b.ring(); // 100 ns per descriptor
    test_machine_run_until(b.m, t + 190000);
    Request r(0x10, 0x1000, SIM_DMA_WRITE);
    r.dma.data = &word;
    b.submit(r); // a hit; its data lands at 290 ns
    test_machine_run_until(b.m, t + 299999);
    EXPECT_EQ(r.n_answers, 1u);
    EXPECT_EQ(b.status(0), 0u);
    test_machine_run_until(b.m, t + 300000);
    EXPECT_EQ(b.status(0), GetParam().drains ? 0u : 1u);
    test_machine_run_until(b.m, t + 389999);
    EXPECT_EQ(b.status(0), GetParam().drains ? 0u : 1u);
    test_machine_run_until(b.m, t + 390000);
    EXPECT_EQ(b.status(0), 1u);
}

// The invalidation is done at 100 ns, so what comes at 190 ns is the wait's to wait for, or not.
const DrainCase drain_cases[] = {
    {"of_the_wait", {0x600e2, 0}, true, true},
    {"none_of_the_wait", {0x600e2, 0}, false, false},
};
INSTANTIATE_TEST_SUITE_P(All, Drain, testing::ValuesIn(drain_cases), name_of<DrainCase>);

// A drain runs already, for others; requests have begun since.
TEST(Drains, DoNotCountForWhoComesLater)
{
    Config c;
    uint64_t words[16] = {};

    c.memory(100000);
    c.vtd.param.wait_drains = 1;
    Bench b(c);
    b.boot(Boot{kRoots, true, false, false}); // not translated
    const uint64_t t = test_machine_now_ps(b.m);
    Request first(0x10, 0x5000);
    Request second(0x10, 0x5000);
    first.dma.data = words;
    first.dma.n_bytes = 64; // 100 ns
    second.dma.data = words;
    second.dma.n_bytes = 128; // 200 ns
    b.put(Bench::wait_for(0, 1));
    b.put(Bench::wait_for(1, 1));
    b.ring(); // read at 100 and 200 ns
    test_machine_run_until(b.m, t + 90000);
    b.submit(first); // until 190 ns
    b.write(PMEN, 0x80000000);
    test_machine_run_until(b.m, t + 95000);
    b.submit(second); // until 295 ns
    b.settle();
    EXPECT_EQ(time_of(b, SIM_FACT_CMD_COMPLETED, Bench::wait_for(0, 1)), t + 395000);
}

class DrainOfTlb : public testing::TestWithParam<DrainCase>
{
};

TEST_P(DrainOfTlb, WaitsForWhatHasBegun)
{
    Config c;
    uint64_t word = 0x1234;

    c.memory(100000);
    c.vtd.param.wait_drains = false;
    Bench b(c);
    b.make_ss(0);
    b.device(0x10);
    b.pasid(0x10, 0, pasid_ss(space(0), 5));
    b.boot(scalable());
    (void)b.target(0x10, 0x1000);
    b.put(GetParam().words);
    const uint64_t t = test_machine_now_ps(b.m);
    b.ring();
    test_machine_run_until(b.m, t + 50000);
    Request r(0x10, 0x1000, SIM_DMA_WRITE);
    r.dma.data = &word;
    b.submit(r);
    b.settle();
    EXPECT_EQ(done(b, GetParam().words), t + (GetParam().drains ? 150000 : 100000));
}

const DrainCase tlb_cases[] = {
    {"iotlb_global", {0x12, 0}, false, true},
    {"iotlb_domain", {0x500e2, 0}, false, true},
    {"iotlb_page", {0x500f2, 0x1000}, false, true},
    {"piotlb_pasid", {0x0000000000050026, 0}, false, true},
    {"cc", {0x11, 0}, false, false},
    {"pc", {0x37, 0}, false, false},
    {"iec", {0x4, 0}, false, false},
};
INSTANTIATE_TEST_SUITE_P(All, DrainOfTlb, testing::ValuesIn(tlb_cases), name_of<DrainCase>);

// Before version 2, DR (bit 7) and DW (bit 6) say what is drained; data that is under way without
// is moved after the invalidation is complete. CAP.DRD is bit 55, CAP.DWD bit 54.
struct BitCase {
    const char *name;
    uint32_t ver;
    uint64_t word, without; // bits of CAP that the unit has not
    bool waits_for_read, waits_for_write;
};
VTDM_CASES(BitCase)

class DrainBits : public testing::TestWithParam<BitCase>
{
  protected:
    // The request begins at 50 ns, its data lands at 150 ns; the descriptor is there at 100 ns.
    static uint64_t done_at(const BitCase &how, unsigned access)
    {
        Config c;
        uint64_t word = 0x1234;

        c.memory(100000);
        c.cap(how.without, 0);
        c.vtd.ids.ver = how.ver;
        c.vtd.param.wait_drains = false;
        Bench b(c);
        b.make_ss(0);
        b.ctx(0x10, ctx_ss(space(0), 5));
        b.boot(Boot());
        (void)b.target(0x10, 0x1000);
        b.put({how.word, 0});
        const uint64_t t = test_machine_now_ps(b.m);
        b.ring();
        test_machine_run_until(b.m, t + 50000);
        Request r(0x10, 0x1000, access);
        r.dma.data = &word;
        r.dma.n_bytes = 8;
        b.submit(r);
        b.settle();
        EXPECT_EQ(r.n_answers, 1u);
        return done(b, {how.word, 0}) - t;
    }
};

TEST_P(DrainBits, SayWhatIsWaitedFor)
{
    const BitCase &c = GetParam();

    EXPECT_EQ(done_at(c, SIM_DMA_READ), c.waits_for_read ? 150000u : 100000u);
    EXPECT_EQ(done_at(c, SIM_DMA_WRITE), c.waits_for_write ? 150000u : 100000u);
}

const BitCase bit_cases[] = {
    {"version_1_none", 0x10, 0x50022, 0, false, false},
    {"version_1_writes", 0x10, 0x50062, 0, false, true},
    {"version_1_reads", 0x10, 0x500a2, 0, true, false},
    {"version_1_both", 0x10, 0x500e2, 0, true, true},
    {"version_1_reads_that_it_cannot", 0x10, 0x500e2, 0x0080000000000000, false, true},
    {"version_1_writes_that_it_cannot", 0x10, 0x500e2, 0x0040000000000000, true, false},
    {"version_2_none", 0x20, 0x50022, 0, true, true},
    {"version_5_none", 0x50, 0x50022, 0, true, true},
};
INSTANTIATE_TEST_SUITE_P(All, DrainBits, testing::ValuesIn(bit_cases), name_of<BitCase>);

// Whatever DR and DW say, a walk that used what is gone is over first: root, context and four
// tables from 50 ns on, then the data.
TEST(DrainsOfVersion1, WalksAreWaitedForAnyway)
{
    Config c;
    uint64_t word = 0x1234;

    c.memory(100000);
    c.vtd.ids.ver = 0x10;
    c.vtd.param.wait_drains = false;
    Bench b(c);
    b.make_ss(0);
    b.ctx(0x10, ctx_ss(space(0), 5));
    b.boot(Boot());
    b.put({0x50022, 0});
    const uint64_t t = test_machine_now_ps(b.m);
    b.ring();
    test_machine_run_until(b.m, t + 50000);
    Request r(0x10, 0x1000, SIM_DMA_WRITE);
    r.dma.data = &word;
    r.dma.n_bytes = 8;
    b.submit(r);
    b.settle();
    EXPECT_EQ(done(b, {0x50022, 0}), t + 650000);
}

} // namespace
