// SPDX-License-Identifier: BSD-2-Clause
// model_qi_test.cpp - the invalidation queue: examples, head and tail, what stops it (4, 4.1, 4.3).
#include "sim/record.h"
#include "tests/unit/models/vtd/vtd_machine_bench.h"

namespace
{

using namespace vtdm;

constexpr uint32_t kIqe = 0x10;

// ---- 4.1: every encoded example is taken and executed ----

struct ExampleCase {
    const char *name;
    bool is_wide;
    uint64_t q0, q1;
    bool is_for_device; // it answers
};
VTDM_CASES(ExampleCase)

class Example : public testing::TestWithParam<ExampleCase>
{
};

TEST_P(Example, IsExecutedAndDone)
{
    const ExampleCase &c = GetParam();
    Bench b;

    b.boot(c.is_wide ? scalable() : Boot());
    b.run({c.q0, c.q1});
    EXPECT_EQ(b.read(FSTS), 0u);
    EXPECT_EQ(b.read(IQH), c.is_wide ? 0x20u : 0x10u);
    EXPECT_EQ(b.n_facts(SIM_FACT_CMD_EXECUTED), 1u);
    EXPECT_EQ(b.n_facts(SIM_FACT_CMD_COMPLETED), c.is_for_device ? 0u : 1u);
    EXPECT_EQ(b.last_fact(SIM_FACT_CMD_EXECUTED).arg[0], (c.q0 & 0xf) | (c.q0 >> 9 & 7) << 4);
    EXPECT_EQ(test_machine_n_ats_invs(b.m), c.is_for_device ? 1u : 0u);
}

const ExampleCase example_cases[] = {
    {"cc_global", false, 0x11, 0, false},
    {"cc_domain", false, 0x50021, 0, false},
    {"cc_device", false, 0x00003a1000050031, 0, false},
    {"iotlb_global", false, 0xd2, 0, false},
    {"iotlb_domain", false, 0x500e2, 0, false},
    {"iotlb_page", false, 0x500f2, 0x7f000049, false},
    {"iec_global", false, 0x4, 0, false},
    {"iec_index", false, 0x0000012310000014, 0, false},
    {"wait", false, 0x0000000200000025, 0x38000, false},
    {"wait_pd", false, 0x00000002000000a5, 0x38000, false},
    {"wait_fn", false, 0x0000000200000045, 0, false},
    {"piotlb_pasid", true, 0x0001234500050026, 0, false},
    {"piotlb_page", true, 0x0001234500050036, 0x7f000009, false},
    {"pc_domain", true, 0x50007, 0, false},
    {"pc_pasid", true, 0x0001234500050017, 0, false},
    {"pc_global", true, 0x37, 0, false},
    {"pgrp_success", true, 0x000123453a100019, 0xe8, false},
    {"pgrp_invalid", true, 0x000123453a101019, 0xe8, false},
    {"cc_device_wide", true, 0x00003a1000050031, 0, false},
    {"iotlb_page_wide", true, 0x500f2, 0x7f000049, false},
};
INSTANTIATE_TEST_SUITE_P(All, Example, testing::ValuesIn(example_cases), name_of<ExampleCase>);

// Tail, head, and how many descriptors are between them, of each move.
TEST(Queue, WhoWatchesSeesBothIndicesMove)
{
    const std::vector<std::array<uint64_t, 3>> expected = {{2, 0, 2}, {2, 1, 1}, {2, 2, 0}};

    for (const bool is_wide : {false, true}) {
        std::vector<std::array<uint64_t, 3>> moves;
        Bench b;

        b.boot(is_wide ? scalable() : Boot());
        const size_t n_before = test_machine_n_facts(b.m);
        b.put({0x11, 0}); // two invalidations of the context cache
        b.put({0x11, 0});
        b.ring();
        b.settle();
        for (size_t i = n_before; i < test_machine_n_facts(b.m); i++) {
            const sim_fact &fact = test_machine_facts(b.m)[i];

            if (fact.kind != SIM_FACT_QUEUE_MOVED)
                continue;
            EXPECT_EQ(fact.arg[0], SIM_S_QI);
            moves.push_back({fact.arg[1], fact.arg[2], fact.arg[3]});
        }
        EXPECT_EQ(moves, expected) << is_wide;
    }
}

// With 8 bits, and without DIT.
TEST(Limits, WhatFitsIsTaken)
{
    Bench b(Config().cap(0x4, 0).ecap(0x0000020000000000, 0));

    b.boot(Boot());
    b.run({0x00ff00e2, 0});
    b.run({0x3a1000080003, 0});
    EXPECT_EQ(b.read(FSTS) & kIqe, 0u); // nobody answers the second one
    EXPECT_EQ(b.n_facts(SIM_FACT_CMD_EXECUTED), 2u);
}

// ---- what is refused: IQEI ----

struct RefuseCase {
    const char *name;
    uint64_t mode;
    bool is_wide;
    uint64_t cap, ecap; // bits to take away
    std::vector<uint64_t> words;
    uint64_t iqei;
};
VTDM_CASES(RefuseCase)

class Refused : public testing::TestWithParam<RefuseCase>
{
};

TEST_P(Refused, StopsAtTheDescriptorAndTellsWhy)
{
    const RefuseCase &c = GetParam();
    Bench b(Config().cap(c.cap, 0).ecap(c.ecap, 0));
    Boot how;

    how.rtaddr = kRoots | c.mode;
    how.is_wide = c.is_wide;
    b.boot(how);
    b.run(c.words);
    EXPECT_EQ(b.read(FSTS), kIqe);
    EXPECT_EQ(b.read64(IQERCD), c.iqei);
    EXPECT_EQ(b.read(IQH), 0u);
    EXPECT_EQ(b.n_facts(SIM_FACT_CMD_EXECUTED), 0u);
}

constexpr uint64_t kSmts = 0x0000080000000000, kAdms = 0x0010000000000000;
constexpr uint64_t kDit = 0x0000020000000000;
const RefuseCase refuse_cases[] = {
    // 3: types
    {"type_0", LEGACY, false, 0, 0, {0x0}, 3},
    {"type_b", LEGACY, false, 0, 0, {0xb}, 3},
    {"type_1_with_high_bits", LEGACY, false, 0, 0, {0x211}, 3},
    {"piotlb_in_a_narrow_queue", LEGACY, false, 0, 0, {0x0001234500050026}, 3},
    {"pc_in_a_narrow_queue", LEGACY, false, 0, 0, {0x37}, 3},
    {"pdevtlb_in_a_narrow_queue", LEGACY, false, 0, 0, {0x3a10008, 0x7ffffffffffff800}, 3},
    {"pgrp_in_a_narrow_queue", LEGACY, false, 0, 0, {0x000123453a100019}, 3},
    {"piotlb_in_legacy_mode", LEGACY, true, 0, 0, {0x0001234500050026}, 3},
    {"pc_in_legacy_mode", LEGACY, true, 0, 0, {0x37}, 3},
    {"devtlb_without_dt", LEGACY, false, 0, 0x4, {0x3a1000080003, 0}, 3},
    {"pdevtlb_without_dt", SCALABLE, true, 0, 0x4, {0x3a100088, 0}, 3},
    {"iec_without_ir", LEGACY, false, 0, 0x8, {0x4}, 3},
    {"pgrp_without_prs", SCALABLE, true, 0, 0x20000000, {0x000123453a100019, 0xe8}, 3},
    {"hpt_without_hpts", SCALABLE, true, 0, 0, {0xa}, 3},
    // 4: reserved bits and values
    {"cc_g_0", LEGACY, false, 0, 0, {0x1}, 4},
    {"cc_bit_6", LEGACY, false, 0, 0, {0x51}, 4},
    {"cc_bit_50", LEGACY, false, 0, 0, {0x0004000000000011}, 4},
    {"cc_second_word", LEGACY, false, 0, 0, {0x11, 0x1}, 4},
    {"iotlb_g_0", LEGACY, false, 0, 0, {0x2}, 4},
    {"iotlb_bit_32", LEGACY, false, 0, 0, {0x1000500e2}, 4},
    {"iotlb_bit_71", LEGACY, false, 0, 0, {0x500f2, 0x80}, 4},
    {"iotlb_page_am_above_mamv", LEGACY, false, 0, 0, {0x500f2, 0x7f000013}, 4},
    {"iotlb_page_without_psi", LEGACY, false, 0x8000000000, 0, {0x500f2, 0x7f000009}, 4},
    {"iec_im_above_mhmv", LEGACY, false, 0, 0xe00000, {0x10000014}, 4},
    {"devtlb_bit_65", LEGACY, false, 0, 0, {0x3a1000080003, 0x2}, 4},
    {"devtlb_size_without_end", LEGACY, false, 0, 0, {0x3a1000080003, 0xfffffffffffff001}, 4},
    {"wait_bit_8", LEGACY, false, 0, 0, {0x0000000200000125, 0x38000}, 4},
    {"wait_address_bit_1", LEGACY, false, 0, 0, {0x0000000200000025, 0x38002}, 4},
    {"wait_pd_without_pds", LEGACY, false, 0, 0x0000040000000000, {0x2000000a5, 0x38000}, 4},
    {"piotlb_g_0", SCALABLE, true, 0, 0, {0x0001234500050006}, 4},
    {"piotlb_g_1", SCALABLE, true, 0, 0, {0x0001234500050016}, 4},
    {"piotlb_bit_52", SCALABLE, true, 0, 0, {0x0011234500050026}, 4},
    {"pc_g_2", SCALABLE, true, 0, 0, {0x50027}, 4},
    {"pdevtlb_bit_65", SCALABLE, true, 0, 0, {0x3a100088, 0x2}, 4},
    {"pgrp_rc_2", SCALABLE, true, 0, 0, {0x000123453a102019, 0xe8}, 4},
    // ND 6 to 2: domains of 8 bits
    {"cc_did_too_wide", LEGACY, false, 0x4, 0, {0x01000021}, 4},
    {"cc_did_too_wide_though_global", LEGACY, false, 0x4, 0, {0x01000011}, 4},
    {"iotlb_did_too_wide", LEGACY, false, 0x4, 0, {0x010000e2}, 4},
    {"piotlb_did_too_wide", SCALABLE, true, 0x4, 0, {0x0001234501000026}, 4},
    {"pc_did_too_wide", SCALABLE, true, 0x4, 0, {0x01000007}, 4},
    // without DIT, PFSID is reserved
    {"devtlb_pfsid_high_without_dit", LEGACY, false, 0, kDit, {0x3a003a1000080003, 0}, 4},
    {"devtlb_pfsid_low_without_dit", LEGACY, false, 0, kDit, {0x3a1000081003, 0}, 4},
    {"pdevtlb_pfsid_high_without_dit", SCALABLE, true, 0, kDit, {0x3a0003453a100088, 0}, 4},
    {"pdevtlb_pfsid_low_without_dit", SCALABLE, true, 0, kDit, {0x3453a101088, 0}, 4},
    {"third_word", SCALABLE, true, 0, 0, {0x11, 0, 0x1}, 4},
    {"fourth_word", SCALABLE, true, 0, 0, {0x11, 0, 0, 0x8000000000000000}, 4},
    // 5: width and mode
    {"narrow_in_scalable_mode", SCALABLE, false, 0, 0, {0x11}, 5},
    {"narrow_in_abort_mode", ABORT_MODE, false, 0, 0, {0x11}, 5},
    {"wide_without_scalable_mode", LEGACY, true, 0, kSmts | kAdms, {0x11}, 5},
    // 7: mode
    {"reserved_mode_narrow", RESERVED_MODE, false, 0, 0, {0x11}, 7},
    {"reserved_mode_wide", RESERVED_MODE, true, 0, 0, {0x11}, 7},
};
INSTANTIATE_TEST_SUITE_P(All, Refused, testing::ValuesIn(refuse_cases), name_of<RefuseCase>);

// Not refused: the same just on the right side.
struct TakenCase {
    const char *name;
    uint64_t mode;
    bool is_wide;
    std::vector<uint64_t> words;
};
VTDM_CASES(TakenCase)

class Taken : public testing::TestWithParam<TakenCase>
{
};

TEST_P(Taken, IsNoError)
{
    const TakenCase &c = GetParam();
    Bench b;
    Boot how;

    how.rtaddr = kRoots | c.mode;
    how.is_wide = c.is_wide;
    b.boot(how);
    b.run(c.words);
    EXPECT_EQ(b.read(FSTS), 0u);
    EXPECT_NE(b.read(IQH), 0u);
}

const TakenCase taken_cases[] = {
    {"iotlb_page_am_at_mamv", LEGACY, false, {0x500f2, 0x7f000012}},
    {"piotlb_page_am_above_mamv", SCALABLE, true, {0x0001234500050036, 0x3f}},
    {"iotlb_global_ignores_domain", LEGACY, false, {0x12340012, 0}},
    {"iec_im_at_mhmv", LEGACY, false, {0x78000014}},
    {"pgrp_failure", SCALABLE, true, {0x000123453a10f019, 0xe8}},
    {"pgrp_ignored_bit", SCALABLE, true, {0x000123453a100019, 0xec}},
    {"wide_in_legacy_mode", LEGACY, true, {0x11}},
    {"wide_in_abort_mode", ABORT_MODE, true, {0x37}},
};
INSTANTIATE_TEST_SUITE_P(All, Taken, testing::ValuesIn(taken_cases), name_of<TakenCase>);

// ---- head and tail ----

TEST(Tail, BeyondTheQueueIsAnError)
{
    Bench b;

    b.boot();
    b.write(IQT, 0x1000); // one page: up to FF0h
    b.settle();
    EXPECT_EQ(b.read(FSTS), kIqe);
    EXPECT_EQ(b.read64(IQERCD), 1u);
    EXPECT_EQ(b.n_facts(SIM_FACT_CMD_FETCHED), 0u);
}

TEST(Tail, BetweenTwoWideDescriptorsIsAnError)
{
    Bench b;

    b.boot(scalable());
    b.write(IQT, 0x30);
    b.settle();
    EXPECT_EQ(b.read(FSTS), kIqe);
    EXPECT_EQ(b.read64(IQERCD), 6u);
}

TEST(Tail, GoesRound)
{
    Bench b;

    b.boot();
    for (unsigned i = 0; i < 300; i++)
        b.run({0x11});
    EXPECT_EQ(b.read(IQH), 16u * (300 - 256));
    EXPECT_EQ(b.n_facts(SIM_FACT_CMD_COMPLETED), 300u);
}

TEST(Tail, AQueueOfMorePages)
{
    Bench b;

    b.write64(IQA, kQueue | 3); // 8 pages
    b.command(QIE);
    for (uint64_t at = 0; at < 0x8000; at += 16)
        b.store(kQueue + at, {0x11, 0});
    b.write(IQT, 0x7ff0);
    b.settle();
    EXPECT_EQ(b.read(IQH), 0x7ff0u);
    EXPECT_EQ(b.n_facts(SIM_FACT_CMD_COMPLETED), 2047u);
    EXPECT_EQ(b.read(FSTS), 0u);
}

TEST(Head, MovesWhenADescriptorWasTakenNotWhenItIsDone)
{
    Bench b;

    b.boot(scalable());
    b.put({0x3a1000080003, 0x7ffffffffffff001}); // the device does not answer yet
    b.ring();
    test_machine_run_until(b.m, test_machine_now_ps(b.m) + 1000000);
    EXPECT_EQ(b.read(IQH), 0x20u);
    EXPECT_EQ(b.n_facts(SIM_FACT_CMD_COMPLETED), 0u);
}

TEST(Head, OneDoorbellIsEnoughForMany)
{
    Config c;

    c.vtd.param.qi_slots = 4;
    Bench b(c);
    b.boot();
    for (unsigned i = 0; i < 20; i++)
        b.put({0x11});
    b.put(Bench::wait_for(0, 9));
    b.ring();
    b.settle();
    EXPECT_EQ(b.status(0), 9u);
    EXPECT_EQ(b.read(IQH), 0x150u);
}

// 64 descriptors wait for the device, the first one among them; the next ones stay in the queue.
TEST(Head, StopsWhenNoMoreCanBeWaitedFor)
{
    Bench b;
    const sim_iommu *iommu = test_machine_iommu(b.m);

    b.boot();
    b.put({0x0000001000080003, 0x7ffffffffffff001});
    for (unsigned i = 0; i < 100; i++)
        b.put(Bench::wait_for(i, 7));
    b.ring();
    test_machine_run_until(b.m, 1000000);
    EXPECT_EQ(b.read(IQH), 16u * 64);
    iommu->ops->ats_complete(iommu->model, test_machine_ats_invs(b.m)[0].itag);
    b.settle();
    EXPECT_EQ(b.read(IQH), 16u * 101);
    EXPECT_EQ(b.status(99), 7u);
}

// ---- an error, and how it goes on ----

TEST(Error, OfARead)
{
    Bench b;

    b.boot();
    b.put({0x11});
    b.put({0x11});
    test_machine_break(b.m, kQueue + 0x10, 16);
    b.ring();
    b.settle();
    EXPECT_EQ(b.read(FSTS), kIqe);
    EXPECT_EQ(b.read64(IQERCD), 2u);
    EXPECT_EQ(b.read(IQH), 0x10u);
    EXPECT_EQ(b.n_facts(SIM_FACT_CMD_COMPLETED), 1u);
}

TEST(Error, WhatWasTakenBeforeItFinishesWaitsToo)
{
    Config c;

    c.vtd.param.clock_ps = 1000;
    c.vtd.param.inval_cycles = 1000;
    Bench b(c);
    b.boot();
    b.put({0x500e2});
    b.put(Bench::wait_for(0, 3));
    b.put({0x0});
    b.put(Bench::wait_for(1, 4));
    b.ring();
    test_machine_run_until(b.m, test_machine_now_ps(b.m) + 1000);
    EXPECT_EQ(b.read(FSTS), kIqe);
    EXPECT_EQ(b.status(0), 0u);
    b.settle();
    EXPECT_EQ(b.status(0), 3u);
    EXPECT_EQ(b.status(1), 0u);
    EXPECT_EQ(b.read(IQH), 0x20u);
}

// As Linux does: the bad one is overwritten by a copy of the wait behind it.
TEST(Error, GoesOnWithWhatIsThereThen)
{
    Bench b;

    b.boot();
    b.put({0x0});
    b.put(Bench::wait_for(0, 4));
    b.ring();
    b.settle();
    b.store(kQueue, Bench::wait_for(1, 5));
    b.settle();
    EXPECT_EQ(b.status(1), 0u); // it stands still until told
    b.write(FSTS, 0x10);
    b.settle();
    EXPECT_EQ(b.read(FSTS), 0u);
    EXPECT_EQ(b.status(0), 4u);
    EXPECT_EQ(b.status(1), 5u);
    EXPECT_EQ(b.read(IQH), 0x20u);
    EXPECT_EQ(b.read64(IQERCD), 3u); // sticky
}

TEST(Error, DoorbellsDoNotHelp)
{
    Bench b;

    b.boot();
    b.run({0x0});
    b.run({0x11});
    EXPECT_EQ(b.read(IQH), 0u);
    EXPECT_EQ(b.n_facts(SIM_FACT_CMD_EXECUTED), 0u);
}

TEST(Error, ComesAgainIfItIsClearedOnly)
{
    Bench b;

    b.boot();
    b.run({0x0});
    b.write(FSTS, 0x10);
    b.settle();
    EXPECT_EQ(b.read(FSTS), kIqe);
}

TEST(Error, SendsAMessageAsAFaultDoes)
{
    Bench b;

    b.boot();
    b.write(FECTL, 0);
    b.run({0x0});
    EXPECT_EQ(b.n_irqs(SIM_IRQ_FAULT), 1u);
    (void)b.dma(0x10, 0x1000); // recorded, but a status bit is set already
    EXPECT_EQ(b.read(FSTS), 0x12u);
    EXPECT_EQ(b.n_irqs(SIM_IRQ_FAULT), 1u);
}

} // namespace
