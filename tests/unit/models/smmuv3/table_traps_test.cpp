// SPDX-License-Identifier: BSD-2-Clause
// The points where models go wrong, one test each (10 of the facts; what the whole product of a
// point is stands in the other table tests). Stalls, page requests and ATS have theirs elsewhere.
#include "tests/unit/models/smmuv3/machine_bench.h"

namespace
{

using namespace machine;

// ---- 1 ----

TEST(SmmuTrap, Row01_SpanCountsHalfOfWhatItSeemsTo)
{
    for (const uint32_t recinvsid : {0x2u, 0x0u}) {
        Bench b;
        Boot how;

        how.strtab_cfg = 0x10208; // two levels, SPLIT=8
        how.cr2 = recinvsid;
        b.store(kStreams, 0x18004); // Span=4: 8 STEs
        for (uint64_t sid = 0; sid < 16; sid++)
            b.store(0x18000 + 64 * sid, 0x9);
        b.boot(how);
        EXPECT_EQ(b.target(7, 0x5000), 0x5000u);
        EXPECT_EQ(b.dma(8, 0x5000).status, SIM_DMA_ABORT);
        EXPECT_EQ(b.dma(15, 0x5000).status, SIM_DMA_ABORT);
        ASSERT_EQ(b.n_events(), recinvsid ? 2u : 0u);
        if (recinvsid)
            expect_events(b, {{0x800000002, 0, 0, 0}, {0xf00000002, 0, 0, 0}});
    }
}

// ---- 2: and table_update_test.cpp ----

TEST(SmmuTrap, Row02_InvalidEntriesStayInTheCache)
{
    Bench b;

    b.ste(1, {0x8});
    b.boot();
    EXPECT_EQ(b.dma(1, 0x5000).event, C_BAD_STE);
    b.ste(1, {0x9});
    EXPECT_EQ(b.dma(1, 0x5000).event, C_BAD_STE);
    b.run_sync(0x100000003, 1);
    EXPECT_EQ(b.target(1, 0x5000), 0x5000u);
}

// ---- 3 ----

// CONS has passed the invalidations while a request is still under way by what they invalidate.
TEST(SmmuTrap, Row03_ConsumedIsNotComplete)
{
    Config c("mmu600");
    Request r(1, 0x1000);

    c.memory(5000000); // 5 us
    Bench b(c);

    b.make_stream(1, 0, 1);
    b.boot();
    b.put(0x100000003, 1);
    b.put(0x1000000000012, 0x1001);
    b.put(0x46);
    b.submit(r);
    test_machine_run_until(b.m, test_machine_now_ps(b.m) + 200000);
    b.ring();
    while (b.read(CMDQ_CONS) < 2)
        ASSERT_TRUE(test_machine_step(b.m));
    EXPECT_EQ(r.n_answers, 0u);
    while (b.read(CMDQ_CONS) < 3)
        ASSERT_TRUE(test_machine_step(b.m));
    test_machine_run_until(b.m, test_machine_now_ps(b.m)); // the whole instant
    EXPECT_EQ(r.n_answers, 1u);
}

TEST(SmmuTrap, Row03_AnIntermediateAddressMissesWhatBothStagesMade)
{
    Bench b;

    b.make_nested(1, 0, 0, 1, 7);
    b.boot();
    ASSERT_EQ(b.target(1, 0x1000), 0x1000201000u);
    b.store(s2_slot(0, 0x201000), s2_page(0x777000));
    b.run_sync(0x70000002a, 0x201001);
    EXPECT_EQ(b.target(1, 0x1000), 0x1000201000u);
    b.run_sync(0x700000010);
    EXPECT_EQ(b.target(1, 0x1000), 0x777000u);
}

// ---- 4: and table_ssid_test.cpp ----

TEST(SmmuTrap, Row04_PagesOf64KHold1024Cds)
{
    Bench b;

    b.make_space(0);
    b.make_space(1);
    b.ste(1, {0x600000000040002b, 2}); // S1Fmt=2, 4096 CDs
    b.store(0x400000, 0x500001);
    b.store(0x400008, 0x600001);
    b.store(0x50ffc0, {cd_q0(1), space(0), 0, 0xff});
    b.store(0x600000, {cd_q0(2), space(1), 0, 0xff});
    b.boot();
    EXPECT_EQ(b.target(1, 0x1000, 1023), page_of(0, 0x1000));
    EXPECT_EQ(b.target(1, 0x1000, 1024), page_of(1, 0x1000));
}

TEST(SmmuTrap, Row04_OneCdHasNoS1dss)
{
    for (uint64_t s1dss = 0; s1dss < 4; s1dss++) {
        Bench b;

        b.make_stream(1, 0, 1);
        b.ste(1, {0x4100b, s1dss});
        b.boot();
        EXPECT_EQ(b.target(1, 0x1000), page_of(0, 0x1000));
        EXPECT_EQ(b.dma(1, 0x1000, SIM_DMA_READ, 0).event, C_BAD_SUBSTREAMID);
    }
}

TEST(SmmuTrap, Row04_Ssid0OfS1dss2IsDisabled)
{
    Bench b;

    b.make_stream(1, 0, 1);
    b.ste(1, {0x100000000004100b, 2});
    b.boot();
    EXPECT_EQ(b.target(1, 0x1000), page_of(0, 0x1000));
    EXPECT_EQ(b.dma(1, 0x1000, SIM_DMA_READ, 0).event, F_STREAM_DISABLED);
}

// ---- 5: and table_nested_test.cpp ----

TEST(SmmuTrap, Row05_AnAbortedTableIsOfClassTtAndAFaultIsNot)
{
    Bench b;

    b.make_nested(1, 0, 0, 1, 7);
    b.boot();
    test_machine_break(b.m, 0x81000, 8);
    EXPECT_EQ(b.dma(1, 0x1abc).status, SIM_DMA_ABORT);
    b.store(0x81000, 0);
    EXPECT_EQ(b.dma(1, 0x1abc).status, SIM_DMA_ABORT);
    ASSERT_EQ(b.n_events(), 2u);
    EXPECT_EQ(b.event(0), (Record{0x10000000b, kTable | kRead, 0x1abc, 0x81000}));
    EXPECT_EQ(b.event(1)[0], 0x100000010u);
    EXPECT_EQ(b.event(1)[1], kInput | kRead);
}

// The flag toggles once; later records still go in where there is room.
TEST(SmmuTrap, Row05_OverflowTogglesOnce)
{
    Bench b;
    Boot how;

    how.evtq_base = kEvtq | 2; // 4 records
    b.boot(how);
    for (uint32_t sid = 1; sid <= 7; sid++)
        EXPECT_EQ(b.dma(sid, 0).event, C_BAD_STE);
    EXPECT_EQ(b.read(EVENTQ_PROD), 0x80000004u);
    b.write(EVENTQ_CONS, 0x4);
    EXPECT_EQ(b.dma(8, 0).event, C_BAD_STE);
    EXPECT_EQ(b.read(EVENTQ_PROD), 0x80000005u);
    EXPECT_EQ(b.load(kEvtq), 0x800000004u);
}

// V01, V07: one request, one record; equal ones are not merged, even where they may be.
TEST(SmmuTrap, Row05_EqualRecordsAreAllThere)
{
    for (const uint64_t mev : {0x0u, 0x80000u}) {
        Bench b;

        b.make_stream(1, 0, 1);
        b.ste(1, {0x4100b, mev});
        b.boot();
        for (unsigned i = 0; i < 3; i++)
            EXPECT_EQ(b.dma(1, 0x20010).event, F_TRANSLATION);
        expect_events(b, std::vector<Record>(3, {0x100000010, kInput | kRead, 0x20010, 0}));
    }
}

// An error is acknowledged by writing what was read, and is one again only if it happens again.
TEST(SmmuTrap, Row05_ErrorsToggle)
{
    Bench b;

    b.boot();
    for (const uint32_t active : {1u, 0u, 1u, 0u}) {
        b.run(0xff); // no such command
        EXPECT_EQ(b.read(GERROR), active);
        EXPECT_NE(b.read(GERROR), b.read(GERRORN));
        const uint32_t cons = b.read(CMDQ_CONS) & 0xfffff;
        b.store(kCmdq + 16 * uint64_t{cons}, {0x46, 0}); // as a driver does
        b.write(GERRORN, b.read(GERROR));
        b.settle();
        EXPECT_EQ(b.read(GERROR), active);
        EXPECT_EQ(b.read(CMDQ_CONS) & 0xfffff, cons + 1);
    }
}

// ---- 6: granules have three codes ----

// Each code of TG0 with each of TG1: two halves of 25 bits, one table of each granule at 0x80000.
TEST(SmmuTrap, Row06_GranulesOfACd)
{
    const unsigned tg0_of[] = {12, 16, 14, 0}, tg1_of[] = {0, 14, 12, 16};

    for (uint64_t i = 0; i < 16; i++) {
        const unsigned tg0 = tg0_of[i & 3], tg1 = tg1_of[i >> 2];
        Bench b;

        SCOPED_TRACE(i);
        b.make_stream(1, 0, 1);
        // TxSZ=39: 4K starts at level 2, 16K and 64K at level 3.
        b.cd(1, 0, {0x1620580270027 | (i & 3) << 6 | (i >> 2) << 22, 0x80000, 0x84000, 0xff});
        b.store(0x80000, {tg0 == 12 ? 0x90003 : page(0x200000), page(0x280000)});
        b.store(0x84000, {tg1 == 12 ? 0x91003 : page(0x300000), page(0x380000)});
        b.store(0x90008, page(0x201000));
        b.store(0x91008, page(0x301000));
        b.boot();
        if (!tg0 || !tg1) {
            EXPECT_EQ(b.dma(1, 0x1000).event, C_BAD_CD);
            continue;
        }
        // The second page of each.
        const uint64_t upper = 0xfffffffffe000000;
        EXPECT_EQ(b.target(1, 1ull << tg0), tg0 == 12 ? 0x201000u : 0x280000u);
        EXPECT_EQ(b.target(1, upper | 1ull << tg1), tg1 == 12 ? 0x301000u : 0x380000u);
        EXPECT_EQ(b.dma(1, 1ull << tg0).page_log2, tg0);
        EXPECT_EQ(b.dma(1, upper | 1ull << tg1).page_log2, tg1);
    }
}

// S2TG is coded as TG0. S2SL0=0 is level 2 of 4K and level 3 of the others.
TEST(SmmuTrap, Row06_GranulesOfAnSte)
{
    const unsigned granule_of[] = {12, 16, 14, 0};

    for (uint64_t s2tg = 0; s2tg < 4; s2tg++) {
        const unsigned granule = granule_of[s2tg];
        const uint64_t q2 = 0x40d352700000007 | s2tg << 46; // 25 bits
        Bench b;

        b.ste(1, {0xd, 0, q2, 0x100000});
        b.store(0x100000, {granule == 12 ? 0x110003 : s2_page(0x200000), s2_page(0x280000)});
        b.store(0x110008, s2_page(0x201000));
        b.boot();
        if (!granule) {
            EXPECT_EQ(b.dma(1, 0x1000).event, C_BAD_STE);
            continue;
        }
        EXPECT_EQ(b.target(1, 1ull << granule), granule == 12 ? 0x201000u : 0x280000u);
        EXPECT_EQ(b.dma(1, 1ull << granule).page_log2, granule);
    }
}

// ---- 7: and table_tlbi_test.cpp ----

TEST(SmmuTrap, Row07_AnAsidDoesNotNameGlobalPages)
{
    Bench b;

    b.make_stream(1, 0, 5);
    b.store(leaf_slot(0, 0x1000), global_page(0x201000));
    b.boot();
    ASSERT_EQ(b.target(1, 0x1000), 0x201000u);
    b.store(leaf_slot(0, 0x1000), global_page(0x777000));
    b.run_sync(0x5000000000011);
    EXPECT_EQ(b.target(1, 0x1000), 0x201000u);
    b.run_sync(0x5000000000012, 0x1001);
    EXPECT_EQ(b.target(1, 0x1000), 0x777000u);
}

// Without stage 2 there are no VMIDs: of requests neither, nor in any command.
TEST(SmmuTrap, Row07_VmidsCountOnlyWithStage2)
{
    for (const uint64_t q0 : {0x700000010u, 0x5000700000011u, 0x5000700000012u, 0x700000013u}) {
        for (const bool has_s2 : {false, true}) {
            Config c;

            c.idr0(has_s2 ? 0 : 1, 0);
            Bench b(c);

            b.make_stream(1, 0, 5, 3);
            b.boot();
            ASSERT_EQ(b.target(1, 0x1000), 0x201000u);
            b.store(leaf_slot(0, 0x1000), page(0x777000));
            b.run_sync(q0, 0x1001);
            EXPECT_EQ(b.target(1, 0x1000), has_s2 ? 0x201000u : 0x777000u) << std::hex << q0;
        }
    }
}

// ---- 8 ----

TEST(SmmuTrap, Row08_AnAbortStreamIsSilentAndAnInvalidOneIsNot)
{
    for (const uint64_t config : {0x1u, 0x3u, 0x5u, 0x7u}) {
        Bench b;

        b.ste(1, {config});
        b.ste(2, {config & ~1ull});
        b.boot();
        for (const int64_t ssid : {kNoSsid, INT64_C(0), INT64_C(5)})
            expect_silent_abort(b, 1, 0x5000, ssid);
        EXPECT_EQ(b.dma(2, 0x5000).status, SIM_DMA_ABORT);
        expect_events(b, {{0x200000004, 0, 0, 0}});
    }
}

TEST(SmmuTrap, Row08_GbpaAbortsInSilence)
{
    Bench b;
    Boot how;

    how.cr0 = EVENTQEN | CMDQEN;
    b.boot(how);
    b.write(GBPA, 0x80100000); // Update, ABORT
    b.settle();
    expect_silent_abort(b, 1, 0x5000);
}

// ---- 9 ----

TEST(SmmuTrap, Row09_AnOverflowDoesNotStopEvents)
{
    Bench b;
    Boot how;

    how.evtq_base = kEvtq | 1; // 2 records
    b.boot(how);
    for (uint32_t sid = 1; sid <= 3; sid++)
        EXPECT_EQ(b.dma(sid, 0).event, C_BAD_STE);
    EXPECT_EQ(b.read(EVENTQ_PROD), 0x80000002u);
    b.write(EVENTQ_CONS, 0x2); // drained, OVACKFLG as it was
    EXPECT_EQ(b.dma(4, 0).event, C_BAD_STE);
    EXPECT_EQ(b.dma(5, 0).event, C_BAD_STE);
    EXPECT_EQ(b.read(EVENTQ_PROD), 0x80000000u);
    EXPECT_EQ(b.load(kEvtq), 0x400000004u);
    EXPECT_EQ(b.load(kEvtq + 32), 0x500000004u);
}

// ---- 10 ----

TEST(SmmuTrap, Row10_AStoppedQueueGoesOnByGerrornAlone)
{
    Bench b;

    b.boot();
    b.put(0x46);
    b.run(0xff);
    EXPECT_EQ(b.read(CMDQ_CONS), 0x1000001u); // ILL, and there it stays
    EXPECT_EQ(b.read(GERROR), 1u);
    b.run(0x46); // PROD moves: nothing
    EXPECT_EQ(b.read(CMDQ_CONS), 0x1000001u);
    b.store(kCmdq + 16, {0x46, 0});
    b.settle();
    EXPECT_EQ(b.read(CMDQ_CONS), 0x1000001u);
    b.write(GERRORN, 1); // the command is read again; PROD is not written
    b.settle();
    EXPECT_EQ(b.read(CMDQ_CONS) & 0xfffff, 3u);
    EXPECT_EQ(b.read(GERROR), 1u);
}

} // namespace
