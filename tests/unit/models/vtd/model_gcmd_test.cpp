// SPDX-License-Identifier: BSD-2-Clause
// model_gcmd_test.cpp - handshakes of GCMD and PMEN (1.3, 1.6).
#include "tests/unit/models/vtd/vtd_machine_bench.h"

namespace
{

using namespace vtdm;

// Registers take a while, memory too; a cycle is 1 ns.
Config slow()
{
    Config c;

    c.vtd.param.clock_ps = 1000;
    c.vtd.param.reg_cycles = 20;
    c.memory(100000);
    return c;
}

// Bits that follow what is written, one way and back.
struct LevelCase {
    const char *name;
    uint32_t bit;
};
VTDM_CASES(LevelCase)

class Level : public testing::TestWithParam<LevelCase>
{
};

TEST_P(Level, FollowsAfterTheHandshake)
{
    Bench b(slow());

    b.write(GCMD, GetParam().bit);
    test_machine_run_until(b.m, 19999);
    EXPECT_EQ(b.read(GSTS), 0u);
    test_machine_run_until(b.m, 20000);
    EXPECT_EQ(b.read(GSTS), GetParam().bit);
    b.write(GCMD, 0);
    test_machine_run_until(b.m, 39999);
    EXPECT_EQ(b.read(GSTS), GetParam().bit);
    test_machine_run_until(b.m, 40000);
    EXPECT_EQ(b.read(GSTS), 0u);
}

TEST_P(Level, IsNotACommandIfItDoesNotChange)
{
    Bench b(slow());

    b.write(GCMD, GetParam().bit);
    b.settle();
    b.write(GCMD, GetParam().bit | SRTP); // one command: no complaint
    b.settle();
    EXPECT_EQ(b.read(GSTS), GetParam().bit | SRTP);
    EXPECT_EQ(b.n_facts(SIM_FACT_UNIMPL), 0u);
}

const LevelCase level_cases[] = {{"te", TE}, {"qie", QIE}, {"ire", IRE}, {"cfi", CFI}};
INSTANTIATE_TEST_SUITE_P(All, Level, testing::ValuesIn(level_cases), name_of<LevelCase>);

struct ShotCase {
    const char *name;
    uint32_t bit;
    uint32_t during, after;
};
VTDM_CASES(ShotCase)

class OneShot : public testing::TestWithParam<ShotCase>
{
};

TEST_P(OneShot, TellsWhenItIsDone)
{
    Bench b(slow().cap(0, 0x10)); // RWBF

    b.write(GCMD, GetParam().bit);
    b.settle();
    b.write(GCMD, GetParam().bit);
    EXPECT_EQ(b.read(GSTS), GetParam().during); // from the moment of the write
    test_machine_run_until(b.m, 39999);
    EXPECT_EQ(b.read(GSTS), GetParam().during);
    test_machine_run_until(b.m, 40000);
    EXPECT_EQ(b.read(GSTS), GetParam().after);
}

const ShotCase shot_cases[] = {
    {"srtp", SRTP, 0, SRTP}, {"sirtp", SIRTP, 0, SIRTP}, {"wbf", WBF, WBF, 0}};
INSTANTIATE_TEST_SUITE_P(All, OneShot, testing::ValuesIn(shot_cases), name_of<ShotCase>);

TEST(Gcmd, WbfIsNothingWithoutRwbf)
{
    Bench b(slow());

    b.write(GCMD, WBF);
    EXPECT_EQ(b.read(GSTS), 0u);
}

TEST(Gcmd, CommandsOfWhatIsNotThereAreNothing)
{
    Bench b(slow().ecap(0xa, 0)); // no queue, no interrupt remapping

    b.write(GCMD, QIE | IRE | SIRTP | CFI);
    b.settle();
    EXPECT_EQ(b.read(GSTS), 0u);
}

// Trap 11.
TEST(Gcmd, TwoCommandsInOneWriteAreBothDoneAndTold)
{
    Bench b(slow());

    b.write(GCMD, SRTP | QIE);
    EXPECT_EQ(b.n_facts(SIM_FACT_UNIMPL), 1u);
    EXPECT_EQ(b.last_fact(SIM_FACT_UNIMPL).arg[0], static_cast<uint64_t>(VTD_UNIMPL_UNDEFINED));
    EXPECT_EQ(b.last_fact(SIM_FACT_UNIMPL).arg[1], 0x18u);
    b.settle();
    EXPECT_EQ(b.read(GSTS), 0x44000000u);
}

TEST(Gcmd, IsWriteOnly)
{
    Bench b;

    b.write(GCMD, TE);
    b.settle();
    EXPECT_EQ(b.read(GCMD), 0u);
}

// ---- TE ----

TEST(Te, IsSetWhenRequestsFromBeforeAreOver)
{
    Bench b(slow());
    uint64_t word = 0;
    Request r(0x10, 0x5000);

    r.dma.data = &word;
    b.submit(r); // not translated: 100 ns of memory
    b.write(GCMD, TE);
    test_machine_run_until(b.m, 99999);
    EXPECT_EQ(b.read(GSTS), 0u);
    EXPECT_EQ(r.n_answers, 0u);
    test_machine_run_until(b.m, 100000);
    EXPECT_EQ(b.read(GSTS), 0x80000000u);
    EXPECT_EQ(r.n_answers, 1u);
    EXPECT_EQ(r.dma.status, SIM_DMA_OK);
}

TEST(Te, TranslatesFromTheMomentThatItTells)
{
    Bench b(slow());
    uint64_t word = 0;
    Request late(0x10, 0x5000);

    late.dma.data = &word;
    b.write(GCMD, TE);
    test_machine_run_until(b.m, 20000);
    EXPECT_EQ(b.read(GSTS), 0x80000000u); // nothing was under way
    b.submit(late);
    b.settle();
    EXPECT_EQ(late.dma.status, SIM_DMA_UR); // no root entry
}

TEST(Te, GoingOffForgetsEverythingInAScalableUnit)
{
    Bench b;

    b.make_ss(0);
    b.ctx(0x10, ctx_ss(space(0), 5));
    b.boot();
    EXPECT_EQ(b.target(0x10, 0x1000), page_of(0, 0x1000));
    b.ctx(0x10, {0, 0});
    EXPECT_EQ(b.target(0x10, 0x1000), page_of(0, 0x1000)); // cached
    b.command(0, TE);
    EXPECT_EQ(b.target(0x10, 0x1000), 0x1000u); // not translated
    b.command(TE);
    EXPECT_EQ(b.target(0x10, 0x1000), 0u);
}

TEST(Te, GoingOffKeepsEverythingInAUnitWithoutScalableMode)
{
    Bench b(Config().ecap(0x0000080000000000, 0));

    b.make_ss(0);
    b.ctx(0x10, ctx_ss(space(0), 5));
    b.boot();
    EXPECT_EQ(b.target(0x10, 0x1000), page_of(0, 0x1000));
    b.ctx(0x10, {0, 0});
    b.command(0, TE);
    b.command(TE);
    EXPECT_EQ(b.target(0x10, 0x1000), page_of(0, 0x1000));
}

TEST(Te, TakenBackOnItsWayGoesBack)
{
    Bench b(slow());
    uint64_t word = 0;
    Request r(0x10, 0x5000);

    r.dma.data = &word;
    b.submit(r);
    b.write(GCMD, TE);
    test_machine_run_until(b.m, 50000); // it waits for the request
    b.write(GCMD, 0);
    b.settle();
    EXPECT_EQ(b.read(GSTS), 0u);
    EXPECT_EQ(b.target(0x10, 0x5000), 0x5000u);
}

// ---- SRTP ----

TEST(Srtp, LatchesTheRootTableAddress)
{
    Bench b;

    b.make_ss(0);
    b.make_ss(1);
    b.ctx(0x10, ctx_ss(space(0), 5));
    b.boot();
    b.store(0x60000, {0x61001, 0});
    b.store(0x61000 + 16 * 0x20, ctx_ss(space(1), 6));
    b.write64(RTADDR, 0x60000);
    EXPECT_EQ(b.target(0x20, 0x1000), 0u); // not yet
    b.command(SRTP);
    EXPECT_EQ(b.target(0x20, 0x1000), page_of(1, 0x1000));
}

// The old tables stay in the caches until software flushes, or hardware does with ESRTPS.
TEST(Srtp, LeavesCachesAlone)
{
    Bench b;

    b.make_ss(0);
    b.ctx(0x10, ctx_ss(space(0), 5));
    b.boot();
    EXPECT_EQ(b.target(0x10, 0x1000), page_of(0, 0x1000));
    b.write64(RTADDR, 0x60000);
    b.command(SRTP);
    EXPECT_EQ(b.target(0x10, 0x1000), page_of(0, 0x1000));
}

TEST(Srtp, FlushesWithEsrtps)
{
    Bench b(Config().cap(0, 0x8000000000000000));

    b.make_ss(0);
    b.ctx(0x10, ctx_ss(space(0), 5));
    b.boot();
    EXPECT_EQ(b.target(0x10, 0x1000), page_of(0, 0x1000));
    b.write64(RTADDR, 0x60000);
    b.command(SRTP);
    EXPECT_EQ(b.target(0x10, 0x1000), 0u);
}

TEST(Srtp, WithEsrtpsWaitsForRequestsThatHaveBegun)
{
    Bench b(slow().cap(0, 0x8000000000000000));
    uint64_t word = 0;
    Request r(0x10, 0x5000);

    r.dma.data = &word;
    b.submit(r);
    b.write(GCMD, SRTP);
    test_machine_run_until(b.m, 99999);
    EXPECT_EQ(b.read(GSTS), 0u);
    test_machine_run_until(b.m, 100000);
    EXPECT_EQ(b.read(GSTS), 0x40000000u);
}

struct ModeCase {
    const char *name;
    bool is_on;
    uint64_t esrtps;
    uint64_t next;
    unsigned n_complaints;
};
VTDM_CASES(ModeCase)

class ModeChange : public testing::TestWithParam<ModeCase>
{
};

TEST_P(ModeChange, IsToldUnlessItIsAllowed)
{
    Bench b(Config().cap(0, GetParam().esrtps));
    Boot how;

    how.is_on = GetParam().is_on;
    b.boot(how);
    b.write64(RTADDR, kRoots | GetParam().next);
    b.command(SRTP);
    EXPECT_EQ(b.n_facts(SIM_FACT_UNIMPL), GetParam().n_complaints);
}

const ModeCase mode_cases[] = {
    {"while_off", false, 0, SCALABLE, 0},
    {"same_mode", true, 0, LEGACY, 0},
    {"while_on", true, 0, SCALABLE, 1},
    {"to_abort_while_on", true, 0, ABORT_MODE, 1},
    {"while_on_with_esrtps", true, 0x8000000000000000, SCALABLE, 0},
};
INSTANTIATE_TEST_SUITE_P(All, ModeChange, testing::ValuesIn(mode_cases), name_of<ModeCase>);

// ---- QIE ----

TEST(Qie, GoingOffPutsTheHeadToZero)
{
    Bench b;

    b.boot();
    b.run_wait({0x11}); // all contexts
    EXPECT_EQ(b.read(IQH), 0x20u);
    b.command(0, QIE);
    EXPECT_EQ(b.read(IQH), 0u);
    EXPECT_EQ(b.read(GSTS), 0xc0000000u);
    EXPECT_EQ(b.n_facts(SIM_FACT_UNIMPL), 0u);
}

TEST(Qie, GoingOffInTheMiddleWaitsAndIsTold)
{
    Bench b(slow());

    b.boot();
    b.put({0x11});
    b.put(Bench::wait_for(0, 7));
    b.ring();
    test_machine_run_until(b.m, test_machine_now_ps(b.m) + 210000); // the wait is writing
    EXPECT_EQ(b.read(IQH), 0x20u);
    b.write(GCMD, TE);
    test_machine_run_until(b.m, test_machine_now_ps(b.m) + 20000);
    EXPECT_EQ(b.read(GSTS), 0xc4000000u);
    b.settle();
    EXPECT_EQ(b.read(GSTS), 0xc0000000u);
    EXPECT_EQ(b.status(0), 7u);
    EXPECT_EQ(b.n_facts(SIM_FACT_UNIMPL), 1u);
}

TEST(Qie, GoingOffExecutesNothingMore)
{
    Bench b(slow());

    b.boot();
    for (unsigned i = 0; i < 10; i++)
        b.put({0x11});
    b.ring();
    test_machine_run_until(b.m, test_machine_now_ps(b.m) + 150000);
    EXPECT_EQ(b.n_facts(SIM_FACT_CMD_EXECUTED), 1u);
    b.write(GCMD, TE);
    b.settle();
    EXPECT_EQ(b.read(GSTS), 0xc0000000u);
    EXPECT_EQ(b.n_facts(SIM_FACT_CMD_EXECUTED), 1u);
    EXPECT_EQ(b.read(IQH), 0u);
}

TEST(Qie, TheQueueDoesNotMoveWhereItLiesWhileItIsOn)
{
    Bench b;

    b.boot();
    b.write64(IQA, 0x50000);
    EXPECT_EQ(b.read64(IQA), kQueue);
    EXPECT_EQ(b.n_facts(SIM_FACT_UNIMPL), 1u);
}

// The fetch of descriptors does not depend on TE.
TEST(Qie, WorksWhileTranslationIsOff)
{
    Bench b;
    Boot how;

    how.is_on = false;
    b.boot(how);
    b.run_wait({0x11});
}

// ---- PMEN ----

TEST(Pmen, StatusFollowsWhenRequestsAreOver)
{
    Bench b(slow());
    uint64_t word = 0;
    Request r(0x10, 0x5000);

    r.dma.data = &word;
    b.submit(r);
    b.write(PMEN, 0x80000000);
    EXPECT_EQ(b.read(PMEN), 0x80000000u);
    test_machine_run_until(b.m, 99999);
    EXPECT_EQ(b.read(PMEN), 0x80000000u);
    test_machine_run_until(b.m, 100000);
    EXPECT_EQ(b.read(PMEN), 0x80000001u);
    b.write(PMEN, 0);
    EXPECT_EQ(b.read(PMEN), 0x1u);
    b.settle();
    EXPECT_EQ(b.read(PMEN), 0u);
}

} // namespace
