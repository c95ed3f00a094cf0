// SPDX-License-Identifier: BSD-2-Clause
// model_posted_test.cpp - tables that hardware does not snoop (ECAP.C=0, PWSNP=0) and the buffer
// that stores pass (CAP.RWBF): what a unit sees of a store, and when (1.3, 3.3, 4.4).
#include "tests/unit/models/vtd/stage_bench.h"

namespace
{

using namespace stage;

constexpr unsigned R = SIM_DMA_READ;
constexpr uint64_t kA = 0x5000;
constexpr uint64_t kC = 0x1;     // of ECAP
constexpr uint64_t kRwbf = 0x10; // of CAP

uint32_t ask(Bench &b, int64_t pasid = kNoPasid)
{
    return b.dma(kSid, kA, R, pasid).event;
}

// ---- not coherent ----

TEST(NotCoherent, ContextEntryIsSeenOnceItsLineIsFlushed)
{
    for (const bool is_coherent : {true, false}) {
        Bench b(Config().ecap(is_coherent ? 0 : kC, 0));

        boot_legacy(b);
        b.ctx(kSid, {0, 0});
        EXPECT_EQ(ask(b), 0x02u);
        test_machine_post(b.m, kCtxs + 16 * kSid + 8, 0x1002, false);
        test_machine_post(b.m, kCtxs + 16 * kSid, space(0) | 0x1, false);
        EXPECT_EQ(ask(b), is_coherent ? 0u : 0x02u);
        test_machine_clflush(b.m, kCtxs + 16 * kSid);
        EXPECT_EQ(ask(b), 0u);
    }
}

TEST(NotCoherent, PasidEntryIsSeenOnceItsLineIsFlushed)
{
    Bench b(Config().ecap(kC, 0));

    boot_scalable(b);
    b.pasid(kSid, kSs, {});
    test_machine_post(b.m, pasid_slot(kSid, kSs) + 8, 0x800012, false);
    test_machine_post(b.m, pasid_slot(kSid, kSs), space(2) | 0x89, false);
    EXPECT_EQ(ask(b, kSs), 0x59u);
    test_machine_clflush(b.m, pasid_slot(kSid, kSs));
    EXPECT_EQ(ask(b, kSs), 0u);
}

TEST(NotCoherent, LegacyTablesAreReadAsTheContext)
{
    for (const bool is_coherent : {true, false}) {
        Bench b(Config().ecap(is_coherent ? 0 : kC, 0));

        boot_legacy(b);
        b.store(leaf_slot(0, kA), 0);
        test_machine_post(b.m, leaf_slot(0, kA), ss_entry(page_of(0, kA)), false);
        EXPECT_EQ(ask(b), is_coherent ? 0u : 0x06u);
        test_machine_clflush(b.m, leaf_slot(0, kA));
        EXPECT_EQ(ask(b), 0u);
    }
}

TEST(NotCoherent, TablesOfScalableModeAreAsPwsnpSays)
{
    for (const uint64_t pwsnp : {UINT64_C(0), UINT64_C(0x800000)}) {
        for (const int64_t pasid : {kFs, kSs}) {
            Bench b(Config().ecap(kC, 0));
            const bool is_fs = pasid == kFs;
            const uint64_t leaf = leaf_slot(is_fs ? 1 : 2, kA), value = b.load(leaf);

            boot_scalable(b);
            b.store(pasid_slot(kSid, static_cast<uint32_t>(pasid)) + 8,
                    pwsnp | (is_fs ? 0x11 : 0x12));
            b.store(leaf, value);
            test_machine_post(b.m, leaf, page_of(is_fs ? 1 : 2, kA) | (is_fs ? 0x67 : 0x3), false);
            EXPECT_EQ(ask(b, pasid), pwsnp ? 0u : (is_fs ? 0x71u : 0x79u));
            test_machine_clflush(b.m, leaf);
            EXPECT_EQ(ask(b, pasid), 0u);
        }
    }
}

// ---- the write buffer ----

void post_context(Bench &b)
{
    b.ctx(kSid, {0, 0});
    EXPECT_EQ(ask(b), 0x02u);
    test_machine_post(b.m, kCtxs + 16 * kSid + 8, 0x1002, true);
    test_machine_post(b.m, kCtxs + 16 * kSid, space(0) | 0x1, true);
    test_machine_clflush(b.m, kCtxs + 16 * kSid);
    EXPECT_EQ(ask(b), 0x02u);
}

TEST(WriteBuffer, IsEmptiedByWbf)
{
    Bench b(Config().cap(0, kRwbf));

    boot_legacy(b);
    post_context(b);
    b.command(WBF);
    EXPECT_EQ(b.read(GSTS) & WBF, 0u);
    EXPECT_EQ(ask(b), 0u);
}

TEST(WriteBuffer, IsEmptiedByEveryInvalidation)
{
    const std::vector<uint64_t> descriptors[] = {
        {0x11}, {0x00990021}, {0xd2}, {0x009900e2}, {0x009900f2, 0x7f000000}, {0x4}};

    for (const auto &descriptor : descriptors) {
        Bench b(Config().cap(0, kRwbf));

        boot_legacy(b);
        post_context(b);
        b.run_wait(descriptor);
        EXPECT_EQ(ask(b), 0u) << std::hex << descriptor[0];
    }
}

TEST(WriteBuffer, IsNotEmptiedByAWaitAlone)
{
    Bench b(Config().cap(0, kRwbf));

    boot_legacy(b);
    post_context(b);
    b.run(Bench::wait_for(0, 1));
    EXPECT_EQ(b.status(0), 1u);
    EXPECT_EQ(ask(b), 0x02u);
}

} // namespace
