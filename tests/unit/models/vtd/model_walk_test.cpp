// SPDX-License-Identifier: BSD-2-Clause
// model_walk_test.cpp - walks of every format: levels, page sizes, rights, what a walk reads and
// where it may begin (3.1 to 3.3).
#include "tests/unit/models/vtd/stage_bench.h"

#include <memory>

namespace
{

using namespace stage;

constexpr unsigned R = SIM_DMA_READ, W = SIM_DMA_WRITE;
constexpr uint64_t kA = 0x5000;

// Reads of tables so far.
unsigned n_walk_reads(const Bench &b)
{
    return b.n_facts(SIM_FACT_WALK_STEP);
}

TEST(Modes, TranslateWithEachTypeOfEntry)
{
    Bench b;

    boot_scalable(b);
    EXPECT_EQ(b.target(kSid, kA + 8), page_of(0, kA) + 8);
    EXPECT_EQ(b.target(kSid, kA + 8, kFs), page_of(1, kA) + 8);
    EXPECT_EQ(b.target(kSid, kA + 8, kSs), page_of(2, kA) + 8);
    EXPECT_EQ(b.target(kSid, kA + 8, kNested), nested_page(kA) + 8);
    EXPECT_EQ(b.target(kSid, kA + 8, kPass), kA + 8);
    EXPECT_EQ(b.n_records(), 0u);
}

TEST(Modes, TranslateInLegacyMode)
{
    Bench b;

    boot_legacy(b);
    b.ctx(kSid + 1, ctx_pass(2));
    EXPECT_EQ(b.target(kSid, kA + 8), page_of(0, kA) + 8);
    EXPECT_EQ(b.target(kSid + 1, kA + 8), kA + 8);
}

TEST(Modes, WhoWatchesSeesWhatTheIotlbAnswers)
{
    Bench b;

    boot_legacy(b);
    EXPECT_EQ(b.target(kSid, kA), page_of(0, kA));
    ASSERT_EQ(b.n_facts(SIM_FACT_TLB_LOOKED_UP), 1u);
    EXPECT_EQ(b.last_fact(SIM_FACT_TLB_LOOKED_UP).arg[4], 0u); // a walk found it
    EXPECT_EQ(b.target(kSid, kA + 8), page_of(0, kA) + 8);
    ASSERT_EQ(b.n_facts(SIM_FACT_TLB_LOOKED_UP), 2u);
    const sim_fact hit = b.last_fact(SIM_FACT_TLB_LOOKED_UP);
    EXPECT_EQ(hit.arg[0], kSid);
    EXPECT_EQ(hit.arg[1], SIM_NO_PASID);
    EXPECT_EQ(hit.arg[2], kA + 8);
    EXPECT_EQ(hit.arg[3], 2u); // the main TLB
    EXPECT_EQ(hit.arg[4], 1u);
}

TEST(Modes, OffMeansPhysicalAddressesAndNoAts)
{
    Bench b;

    EXPECT_EQ(b.target(kSid, 0x123458), 0x123458u);
    EXPECT_EQ(b.dma(kSid, kA, R, kNoPasid, SIM_DMA_TRANSLATION_REQUEST).status, SIM_DMA_UR);
    EXPECT_EQ(b.dma(kSid, kA, R, kNoPasid, SIM_DMA_TRANSLATED).status, SIM_DMA_UR);
    EXPECT_EQ(b.dma(kSid, UINT64_C(1) << 48).status, SIM_DMA_UR);
    EXPECT_EQ(b.n_records(), 0u);
}

TEST(Modes, DevicesOfTheUpperHalfHaveATableOfTheirOwn)
{
    Bench b;

    b.make_ss(0);
    b.device(0x85);
    b.pasid(0x85, 0, pasid_ss(space(0), 5));
    b.store(kRoots, 0); // the lower half is not present
    b.boot(scalable());
    EXPECT_EQ(b.target(0x85, kA), page_of(0, kA));
    EXPECT_EQ(b.dma(0x10, kA).event, 0x39u);
}

TEST(Data, MovesWhereTheTranslationSays)
{
    Bench b;
    uint64_t out = 0x1122334455667788, in = 0;

    boot_scalable(b);
    Request w(kSid, kA + 0x10, W, kNested), r(kSid, kA + 0x10, R, kNested);
    w.dma.data = &out;
    r.dma.data = &in;
    b.submit(w);
    b.settle();
    EXPECT_EQ(w.dma.status, SIM_DMA_OK);
    EXPECT_EQ(b.load(nested_page(kA) + 0x10), out);
    b.submit(r);
    b.settle();
    EXPECT_EQ(in, out);
}

TEST(Data, OfARefusedWriteIsDropped)
{
    Bench b;
    uint64_t out = 0x1122334455667788;

    boot_scalable(b);
    b.store(leaf_slot(2, kA), page_of(2, kA) | 0x1);
    Request w(kSid, kA, W, kSs);
    w.dma.data = &out;
    b.submit(w);
    b.settle();
    EXPECT_EQ(w.dma.status, SIM_DMA_UR);
    EXPECT_EQ(b.load(page_of(2, kA)), 0u);
}

// ---- rights ----

// Entries of the leaf and of the table above it, what a request of each kind comes to.
struct Right {
    const char *name;
    bool is_fs;
    uint64_t table, leaf; // flags
    unsigned access;
    uint32_t event; // 0: allowed
};

VTDM_CASES(Right)

constexpr unsigned P = SIM_DMA_PRIVILEGED;

const Right rights[] = {
    {"fs_user_read", true, 0x27, 0x67, R, 0},
    {"fs_user_write", true, 0x27, 0x67, W, 0},
    {"fs_read_only_leaf", true, 0x27, 0x65, W, 0x85},
    {"fs_read_only_leaf_read", true, 0x27, 0x65, R, 0},
    {"fs_read_only_table", true, 0x25, 0x67, W, 0x85},
    {"fs_supervisor_table", true, 0x23, 0x67, R, 0x81},
    {"fs_supervisor_leaf_write", true, 0x27, 0x63, W, 0x81},
    {"fs_supervisor_reads_its_page", true, 0x23, 0x63, R | P, 0},
    {"fs_supervisor_reads_users_page", true, 0x27, 0x67, R | P, 0},
    {"fs_supervisor_writes_read_only", true, 0x25, 0x65, W | P, 0},
    {"fs_execute_disable_is_ignored", true, 0x27, UINT64_C(1) << 63 | 0x67, R, 0},
    {"ss_read", false, 0x3, 0x1, R, 0},
    {"ss_write", false, 0x3, 0x2, W, 0},
    {"ss_write_only_leaf", false, 0x3, 0x2, R, 0x86},
    {"ss_read_only_leaf", false, 0x3, 0x1, W, 0x85},
    {"ss_write_only_table", false, 0x2, 0x3, R, 0x86},
    {"ss_read_only_table", false, 0x1, 0x3, W, 0x85},
    {"ss_atomic_needs_both", false, 0x3, 0x1, R | W, 0x85},
    {"ss_privilege_means_nothing", false, 0x3, 0x1, R | P, 0},
    {"ss_no_right", false, 0x3, 0x0, R, 0x79},
};

class EachRight : public testing::TestWithParam<Right>
{
};

// Twice: a walk, and what it left in the caches.
TEST_P(EachRight, IsThatOfTheWholePath)
{
    const Right &c = GetParam();
    const unsigned n = c.is_fs ? 1 : 2;
    Bench b;

    boot_scalable(b);
    b.store(pasid_slot(kSid, kFs) + 16, space(1) | 0x1); // SRE
    b.store(space(n) + 0x2000, (space(n) + 0x3000) | c.table);
    b.store(leaf_slot(n, kA), page_of(n, kA) | c.leaf);
    for (unsigned i = 0; i < 2; i++) {
        const Answer a = b.dma(kSid, kA, c.access, c.is_fs ? kFs : kSs);

        EXPECT_EQ(a.event, c.event);
        EXPECT_EQ(a.status, c.event ? SIM_DMA_UR : SIM_DMA_OK);
    }
}

INSTANTIATE_TEST_SUITE_P(Table, EachRight, testing::ValuesIn(rights), name_of<Right>);

TEST(Rights, OfASupervisorToReadOnlyPagesNeedWpe0)
{
    Bench b;

    boot_scalable(b);
    b.store(leaf_slot(1, kA), page_of(1, kA) | 0x65);
    b.store(pasid_slot(kSid, kFs) + 16, space(1) | 0x11); // SRE, WPE
    EXPECT_EQ(b.dma(kSid, kA, R | P, kFs).event, 0u);     // what it leaves is no right to write
    EXPECT_EQ(b.dma(kSid, kA, W | P, kFs).event, 0x85u);
}

TEST(Rights, OfASupervisorDoNotServeUsers)
{
    Bench b;

    boot_scalable(b);
    b.store(pasid_slot(kSid, kFs) + 16, space(1) | 0x1); // SRE
    b.store(leaf_slot(1, kA), page_of(1, kA) | 0x63);
    EXPECT_EQ(b.dma(kSid, kA, R | P, kFs).event, 0u);
    EXPECT_EQ(b.dma(kSid, kA, R, kFs).event, 0x81u);
}

TEST(Rights, NestedAreThoseThatBothStagesGive)
{
    Bench b;

    boot_scalable(b);
    b.store(guest_slot(kA), 0x8000 | kA | 0x65);        // no W
    b.store(leaf_slot(3, 0xe000), guest(0xe000) | 0x1); // no W: of page 6000
    b.store(leaf_slot(3, 0xf000), guest(0xf000) | 0x2); // no R: of page 7000
    EXPECT_EQ(b.dma(kSid, kA, W, kNested).event, 0x85u);
    EXPECT_EQ(b.dma(kSid, kA, R, kNested).event, 0u);
    EXPECT_EQ(b.dma(kSid, 0x6000, W, kNested).event, 0x85u);
    EXPECT_EQ(b.dma(kSid, 0x6000, R, kNested).event, 0u);
    EXPECT_EQ(b.dma(kSid, 0x7000, R, kNested).event, 0x86u);
    EXPECT_EQ(b.dma(kSid, 0x7000, W, kNested).event, 0u);
}

// Both pages are mapped; 4 KiB are the end all the same.
TEST(Ends, NoRequestCrossesAPage)
{
    Bench b;
    std::vector<uint8_t> data(0x1000, 0x5a);

    boot_scalable(b);
    for (const uint32_t n_bytes : {16u, 17u}) {
        Request r(kSid, kA + 0xff0, W, kSs);

        r.dma.data = data.data();
        r.dma.n_bytes = n_bytes;
        b.submit(r);
        b.settle();
        EXPECT_EQ(r.n_answers, 1u);
        EXPECT_EQ(r.dma.status, n_bytes == 16 ? SIM_DMA_OK : SIM_DMA_UR);
        EXPECT_EQ(b.load(page_of(2, kA) + 0xff8), n_bytes == 16 ? UINT64_C(0x5a5a5a5a5a5a5a5a) : 0);
        b.store(page_of(2, kA) + 0xff8, 0);
    }
    EXPECT_EQ(b.n_records(), 0u);
    Request whole(kSid, kA, R, kSs);
    whole.dma.data = data.data();
    whole.dma.n_bytes = 0x1000;
    b.submit(whole);
    b.settle();
    EXPECT_EQ(whole.dma.status, SIM_DMA_OK);
}

TEST(Rights, ZeroLengthReadsPassByWriteIfZlrSaysSo)
{
    for (const bool zlr : {true, false}) {
        Bench b(Config().cap(zlr ? 0 : 0x400000, 0));

        boot_scalable(b);
        b.store(leaf_slot(2, kA), page_of(2, kA) | 0x2);
        Request r(kSid, kA, R, kSs), again(kSid, kA, R, kSs), w(kSid, kA, W, kSs);
        r.dma.n_bytes = 0;
        again.dma.n_bytes = 0;
        for (Request *request : {&r, &w, &again}) {
            b.submit(*request);
            b.settle();
        }
        EXPECT_EQ(r.dma.event, zlr ? 0u : 0x86u);
        EXPECT_EQ(again.dma.event, zlr ? 0u : 0x86u);
        EXPECT_EQ(w.dma.event, 0u);
    }
}

TEST(Rights, RidPrivMakesRequestsWithoutPasidSupervisors)
{
    for (const bool sre : {false, true}) {
        Bench b;

        boot_scalable(b);
        b.pasid(kSid, 0, {0x49, 0x800010, space(1) | (sre ? 0x1 : 0x0)});
        b.store(leaf_slot(1, kA), page_of(1, kA) | 0x63); // a supervisor's page
        b.store(kCtxs + 32 * kSid + 8, 0x100000);         // RID_PRIV
        EXPECT_EQ(b.dma(kSid, kA).event, sre ? 0u : 0x5du);
    }
}

TEST(Rights, ExecuteIsRefusedByOldUnitsAndByNew)
{
    for (const uint32_t ver : {0x70u, 0x80u}) {
        Config config;

        config.vtd.ids.ver = ver;
        Bench b(config);

        boot_scalable(b);
        const Answer a = b.dma(kSid, kA, R | SIM_DMA_EXECUTE, kFs, SIM_DMA_TRANSLATION_REQUEST);
        EXPECT_EQ(a.event, ver == 0x80 ? 0x34u : 0x5cu);
        EXPECT_EQ(a.status, ver == 0x80 ? SIM_DMA_UR : SIM_DMA_OK);
        EXPECT_EQ(a.granted, 0);
    }
}

// ---- page sizes, levels ----

TEST(Sizes, OfTheFirstStage)
{
    Bench b;

    boot_scalable(b);
    b.store(space(1) + 0x2008, 0x100000e7); // 2M at 10000000
    b.store(space(1) + 0x1008, 0x800000e7); // 1G at 80000000
    const Answer small = b.dma(kSid, kA, R, kFs);
    const Answer middle = b.dma(kSid, 0x312345, R, kFs);
    const Answer large = b.dma(kSid, 0x52345678, R, kFs);
    EXPECT_EQ(small.page_log2, 12);
    EXPECT_EQ(middle.pa, 0x10112345u);
    EXPECT_EQ(middle.page_log2, 21);
    EXPECT_EQ(large.pa, 0x92345678u);
    EXPECT_EQ(large.page_log2, 30);
}

TEST(Sizes, OfTheSecondStage)
{
    Bench b;

    boot_scalable(b);
    b.store(space(2) + 0x2008, 0x10000083);
    b.store(space(2) + 0x1008, 0x80000083);
    const Answer middle = b.dma(kSid, 0x312345, R, kSs);
    const Answer large = b.dma(kSid, 0x52345678, R, kSs);
    EXPECT_EQ(middle.pa, 0x10112345u);
    EXPECT_EQ(middle.page_log2, 21);
    EXPECT_EQ(large.pa, 0x92345678u);
    EXPECT_EQ(large.page_log2, 30);
}

TEST(Sizes, ThatAreNotOfferedAreReserved)
{
    Bench b(Config().cap(UINT64_C(0xf) << 34 | UINT64_C(1) << 56, 0)); // no SSLPS, no FS1GP

    boot_scalable(b);
    b.store(space(2) + 0x2008, 0x10000083);
    b.store(space(1) + 0x1008, 0x800000e7);
    EXPECT_EQ(b.dma(kSid, 0x312345, R, kSs).event, 0x7au);
    EXPECT_EQ(b.dma(kSid, 0x52345678, R, kFs).event, 0x72u);
}

TEST(Sizes, NestedAreTheSmallerOfBoth)
{
    Bench b;

    boot_scalable(b);
    // A large guest page of gpa 0 to 1fffff; below it pages of 4K.
    b.store(guest(0x2008), 0x000000e7);
    const Answer guest_large = b.dma(kSid, 0x20c123, R, kNested);
    EXPECT_EQ(guest_large.pa, guest(0xc123));
    EXPECT_EQ(guest_large.page_log2, 12);
    // A small guest page on a large host page: gpa 40000000 to 7fffffff at 80000000.
    b.store(space(3) + 0x1008, 0x80000083);
    b.store(guest_slot(kA), fs_page(0x40123000));
    const Answer host_large = b.dma(kSid, kA + 0x45, R, kNested);
    EXPECT_EQ(host_large.pa, 0x80123045u);
    EXPECT_EQ(host_large.page_log2, 12);
}

TEST(Levels, FiveInTheFirstStageReach57Bits)
{
    Bench b;
    const uint64_t top = 0x300000;

    boot_scalable(b);
    b.store(top + 8 * 0x1ff, fs_table(space(1)));   // the highest 2^48 bytes
    b.store(pasid_slot(kSid, kFs) + 16, top | 0x4); // FSPM: 5 levels
    EXPECT_EQ(b.target(kSid, UINT64_C(0xffff000000005008), kFs), page_of(1, kA) + 8);
    EXPECT_EQ(b.dma(kSid, UINT64_C(0x00ff000000005008), R, kFs).event, 0x71u);
    EXPECT_EQ(b.dma(kSid, UINT64_C(0x0100000000000000), R, kFs).event, 0x80u);
}

TEST(Levels, ThreeInTheSecondStageReach39Bits)
{
    Bench b;

    boot_scalable(b);
    b.store(pasid_slot(kSid, kSs), (space(2) + 0x1000) | 0x85); // AW 39
    EXPECT_EQ(b.target(kSid, kA, kSs), page_of(2, kA));
    EXPECT_EQ(n_walk_reads(b), 3u);
    EXPECT_EQ(b.dma(kSid, UINT64_C(1) << 39, R, kSs).event, 0x84u);
}

TEST(Levels, FiveInTheSecondStageReach57BitsOrMgaw)
{
    Bench b(Config().cap(0x3f0000, 0x380800)); // SAGAW: 57 bits too; MGAW 57
    const uint64_t top = 0x300000;

    boot_scalable(b);
    b.store(top + 8 * 0x1ff, ss_entry(space(2)));
    b.store(pasid_slot(kSid, kSs), top | 0x8d); // AW 57
    EXPECT_EQ(b.target(kSid, UINT64_C(0x01ff000000005000), kSs), page_of(2, kA));
    EXPECT_EQ(b.dma(kSid, UINT64_C(0x0200000000000000), R, kSs).event, 0x84u);
}

// ---- how much is read ----

TEST(Reads, OfAWalkWithoutCaches)
{
    Config config;

    config.vtd.param.cache_mode = 1; // never
    Bench b(config);

    boot_scalable(b);
    b.target(kSid, kA, kFs);
    EXPECT_EQ(n_walk_reads(b), 4u);
    b.target(kSid, kA, kSs);
    EXPECT_EQ(n_walk_reads(b), 8u);
    b.target(kSid, kA, kNested); // 4 entries, 5 times 4 below them
    EXPECT_EQ(n_walk_reads(b), 32u);
    b.target(kSid, kA, kPass);
    EXPECT_EQ(n_walk_reads(b), 32u);
}

TEST(Reads, OfConfigurationWithoutCaches)
{
    Config config;

    config.vtd.param.cache_mode = 1;
    Bench b(config);

    boot_scalable(b);
    b.target(kSid, kA, kPass); // root; context 2; directory; entry 4
    EXPECT_EQ(b.n_facts(SIM_FACT_ATOM_FETCHED), 8u);
    EXPECT_EQ(b.n_facts(SIM_FACT_ENTRY_CACHED), 0u);
}

TEST(Reads, OfLegacyConfiguration)
{
    Bench b;

    boot_legacy(b);
    b.target(kSid, kA);
    EXPECT_EQ(b.n_facts(SIM_FACT_ATOM_FETCHED), 2u);
    EXPECT_EQ(n_walk_reads(b), 4u);
    b.target(kSid, kA);
    EXPECT_EQ(b.n_facts(SIM_FACT_ATOM_FETCHED), 2u);
    EXPECT_EQ(n_walk_reads(b), 4u);
}

TEST(Reads, BeginWhereTheCachedTablesEnd)
{
    Bench b;

    boot_scalable(b);
    b.target(kSid, kA, kFs);
    const unsigned n = n_walk_reads(b);
    b.target(kSid, 0x6000, kFs); // the same table
    EXPECT_EQ(n_walk_reads(b), n + 1);
    b.dma(kSid, 0x200000, R, kFs); // the next one
    EXPECT_EQ(n_walk_reads(b), n + 2);
    b.dma(kSid, UINT64_C(1) << 39, R, kFs); // nothing in common
    EXPECT_EQ(n_walk_reads(b), n + 3);
}

// A table without the right ends the walk there, cached or not.
TEST(Reads, DoNotBeginBelowTablesThatLackTheRight)
{
    Bench b;

    boot_scalable(b);
    b.store(space(2) + 0x2000, (space(2) + 0x3000) | 0x2); // W
    EXPECT_EQ(b.dma(kSid, kA, W, kSs).event, 0u);
    test_machine_break(b.m, leaf_slot(2, 0x6000), 8);
    EXPECT_EQ(b.dma(kSid, 0x6000, R, kSs).event, 0x86u);
    EXPECT_EQ(b.dma(kSid, 0x6000, W, kSs).event, 0x78u);
}

TEST(Reads, OfSecondStageTablesAreSharedByADomain)
{
    Bench b;

    boot_scalable(b);
    b.device(kSid + 1);
    b.pasid(kSid + 1, 0, pasid_ss(space(2), 0x12)); // the domain of kSs
    b.target(kSid, kA, kSs);
    EXPECT_EQ(n_walk_reads(b), 4u);
    b.target(kSid + 1, 0x6000);
    EXPECT_EQ(n_walk_reads(b), 5u);
}

TEST(Reads, OfOneEntryServeEveryoneWhoWaitsForItsPage)
{
    Bench b(Config().memory(100000));
    std::vector<std::unique_ptr<Request>> requests;

    boot_scalable(b);
    b.target(kSid, kA, kSs);
    const unsigned n = n_walk_reads(b);
    for (unsigned i = 0; i < 6; i++) {
        requests.push_back(std::make_unique<Request>(kSid, 0x6000 + 64 * i, R, kSs));
        b.submit(*requests.back());
    }
    b.settle();
    for (const auto &r : requests) {
        EXPECT_EQ(r->n_answers, 1u);
        EXPECT_EQ(r->dma.pa, page_of(2, r->dma.iova));
    }
    EXPECT_EQ(n_walk_reads(b), n + 1);
}

TEST(Reads, AreNotSharedByRequestsOfOtherPages)
{
    Bench b(Config().memory(100000));
    Request x(kSid, 0x6000, R, kSs), y(kSid, 0x7000, R, kSs), z(kSid, 0x6000, R, kNested);

    boot_scalable(b);
    for (Request *r : {&x, &y, &z})
        b.submit(*r);
    b.settle();
    EXPECT_EQ(x.dma.pa, page_of(2, 0x6000));
    EXPECT_EQ(y.dma.pa, page_of(2, 0x7000));
    EXPECT_EQ(z.dma.pa, nested_page(0x6000));
}

} // namespace
