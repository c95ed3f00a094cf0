// SPDX-License-Identifier: BSD-2-Clause
// Which faults stall (3.12.2, 5.5; facts 3.5, V10).
#include "tests/unit/models/smmuv3/stall_bench.h"

namespace
{

using namespace stall;

// What becomes of a request that fails.
enum Fate { STALLS, ABORTS, READS_ZERO, BAD };

void expect_fate(const Request &r, Fate fate)
{
    if (fate == STALLS)
        EXPECT_TRUE(is_stalled(r));
    else
        EXPECT_TRUE(has_ended(r, fate == READS_ZERO ? SIM_DMA_RAZ_WI : SIM_DMA_ABORT));
}

// ---- 3.5, stage 1: all of S, R, A under each stall model ----

struct Stage1 {
    const char *name;
    uint32_t model;
    uint64_t flags;
    Fate fate;
    bool is_recorded;
    uint32_t term_model = 0; // of IDR0
};
MACHINE_CASES(Stage1)

const Stage1 stage1[] = {
    {"both_none", 0, 0, READS_ZERO, false},
    {"both_A", 0, kA, ABORTS, false},
    {"both_R", 0, kR, READS_ZERO, true},
    {"both_RA", 0, kR | kA, ABORTS, true},
    {"both_S", 0, kS, STALLS, true},
    {"both_SA", 0, kS | kA, STALLS, true},
    {"both_SR", 0, kS | kR, STALLS, true},
    {"both_SRA", 0, kS | kR | kA, STALLS, true},
    {"terminate_none", 1, 0, READS_ZERO, false},
    {"terminate_A", 1, kA, ABORTS, false},
    {"terminate_R", 1, kR, READS_ZERO, true},
    {"terminate_RA", 1, kR | kA, ABORTS, true},
    {"terminate_S", 1, kS, BAD, true},
    {"terminate_SA", 1, kS | kA, BAD, true},
    {"terminate_SR", 1, kS | kR, BAD, true},
    {"terminate_SRA", 1, kS | kR | kA, BAD, true},
    {"stall_none", 2, 0, BAD, true},
    {"stall_A", 2, kA, BAD, true},
    {"stall_R", 2, kR, BAD, true},
    {"stall_RA", 2, kR | kA, BAD, true},
    {"stall_S", 2, kS, STALLS, true},
    {"stall_SA", 2, kS | kA, STALLS, true},
    {"stall_SR", 2, kS | kR, STALLS, true},
    {"stall_SRA", 2, kS | kR | kA, STALLS, true},
    {"abort_only_none", 0, 0, BAD, true, kAbortOnly},
    {"abort_only_A", 0, kA, ABORTS, false, kAbortOnly},
    {"abort_only_S", 0, kS, BAD, true, kAbortOnly},
    {"abort_only_SA", 0, kS | kA, STALLS, true, kAbortOnly},
};

class SmmuStallStage1 : public testing::TestWithParam<Stage1>
{
};

TEST_P(SmmuStallStage1, Fate)
{
    const Stage1 &t = GetParam();
    Bench b(stall_config(t.model).idr0(kAbortOnly, t.term_model));
    Request r(1, kHole);

    b.make_stream(1, 0, 5);
    b.cd(1, 0, {0x5020500000019 | 0xc0000000 | t.flags, space(0), 0, 0xff});
    b.boot();
    b.submit(r);
    b.settle();
    expect_fate(r, t.fate);
    if (t.fate == BAD)
        expect_events(b, {{0x10000000a, 0, 0, 0}});
    else if (t.fate == STALLS)
        expect_events(b, {{0x100000010, kRead | kInput | kStall, kHole, 0}});
    else if (t.is_recorded)
        expect_events(b, {{0x100000010, kRead | kInput, kHole, 0}});
    else
        expect_events(b, {});
}

INSTANTIATE_TEST_SUITE_P(Table, SmmuStallStage1, testing::ValuesIn(stage1), name_of<Stage1>);

// ---- 3.5, stage 2 ----

struct Stage2 {
    const char *name;
    uint32_t model;
    uint64_t flags;
    Fate fate;
    bool is_recorded;
};
MACHINE_CASES(Stage2)

const Stage2 stage2[] = {
    {"both_none", 0, 0, ABORTS, false},      {"both_R", 0, kS2r, ABORTS, true},
    {"both_S", 0, kS2s, STALLS, true},       {"both_SR", 0, kS2s | kS2r, STALLS, true},
    {"terminate_none", 1, 0, ABORTS, false}, {"terminate_R", 1, kS2r, ABORTS, true},
    {"terminate_S", 1, kS2s, BAD, true},     {"terminate_SR", 1, kS2s | kS2r, BAD, true},
    {"stall_none", 2, 0, BAD, true},         {"stall_R", 2, kS2r, BAD, true},
    {"stall_S", 2, kS2s, STALLS, true},      {"stall_SR", 2, kS2s | kS2r, STALLS, true},
};

class SmmuStallStage2 : public testing::TestWithParam<Stage2>
{
};

TEST_P(SmmuStallStage2, Fate)
{
    const Stage2 &t = GetParam();
    Bench b(stall_config(t.model));
    Request r(1, 0x1000);

    b.make_s2_stream(1, 0, 7);
    b.ste(1, {0xd, 0, 0xd355900000007 | t.flags, s2_space(0)});
    b.store(s2_slot(0, 0x1000), 0);
    b.boot();
    b.submit(r);
    b.settle();
    expect_fate(r, t.fate);
    if (t.fate == BAD)
        expect_events(b, {{0x100000004, 0, 0, 0}});
    else if (t.fate == STALLS)
        expect_events(b, {{0x100000010, kRead | kInput | kS2 | kStall, 0x1000, 0x1000}});
    else if (t.is_recorded)
        expect_events(b, {{0x100000010, kRead | kInput | kS2, 0x1000, 0x1000}});
    else
        expect_events(b, {});
}

INSTANTIATE_TEST_SUITE_P(Table, SmmuStallStage2, testing::ValuesIn(stage2), name_of<Stage2>);

// ---- four kinds of fault, of each stage; V10: the stage that fails decides ----

struct Kind {
    const char *name;
    uint32_t event;
    uint64_t leaf, s2_leaf; // 0x201000 as stage 1 and stage 2 have it
    unsigned access = SIM_DMA_READ;
};
MACHINE_CASES(Kind)

const Kind kinds[] = {
    {"translation", F_TRANSLATION, 0, 0},
    {"addr_size", F_ADDR_SIZE, page(0x1000000001000), s2_page(0x1000000001000)},
    {"access", F_ACCESS, 0x201b43, 0x2013ff},
    {"permission", F_PERMISSION, 0x201fc3, 0x20177f, SIM_DMA_WRITE},
};

class SmmuStallKind : public testing::TestWithParam<Kind>
{
};

// Leaves of 48 bits and more are cut off by the descriptor: outputs are limited to 44 bits here.
Config narrow()
{
    Config c = stall_config();

    c.smmu.ids.idr5 = 0x100074;
    return c;
}

uint64_t leaf_of(const Kind &t, uint64_t leaf)
{
    return t.event == F_ADDR_SIZE ? leaf >> 48 << 44 | (leaf & 0xffffffffffff) : leaf;
}

TEST_P(SmmuStallKind, OfStage1)
{
    for (const uint64_t s2s : {uint64_t{0}, kS2s}) {
        for (const uint64_t s : {uint64_t{0}, kS}) {
            const Kind &t = GetParam();
            Bench b(narrow());
            Request r(1, 0x1000, t.access);

            b.make_nested(1, 0, 0, 5, 7);
            b.ste(1, {cds_of(1) | 0xf, 0, s2_q2(7) | s2s, s2_space(0)});
            b.cd(1, 0, {cd_q0(5) | s, space(0), 0, 0xff});
            b.store(leaf_slot(0, 0x1000), leaf_of(t, t.leaf));
            b.boot();
            b.submit(r);
            b.settle();
            EXPECT_EQ(is_stalled(r), s != 0);
            EXPECT_EQ(r.dma.event, t.event);
            ASSERT_EQ(b.n_events(), 1u);
            EXPECT_EQ(b.event(0)[0], 0x100000000 | t.event);
            EXPECT_EQ(b.event(0)[1] & (kS2 | kStall), s ? kStall : 0u);
        }
    }
}

TEST_P(SmmuStallKind, OfStage2)
{
    for (const uint64_t s2s : {uint64_t{0}, kS2s}) {
        for (const uint64_t s : {uint64_t{0}, kS}) {
            const Kind &t = GetParam();
            Bench b(narrow());
            Request r(1, 0x1000, t.access);

            b.make_nested(1, 0, 0, 5, 7);
            b.ste(1, {cds_of(1) | 0xf, 0, s2_q2(7) | s2s, s2_space(0)});
            b.cd(1, 0, {cd_q0(5) | s, space(0), 0, 0xff});
            b.store(s2_slot(0, page_of(0, 0x1000)), leaf_of(t, t.s2_leaf));
            b.boot();
            b.submit(r);
            b.settle();
            EXPECT_EQ(is_stalled(r), s2s != 0);
            ASSERT_EQ(b.n_events(), 1u);
            EXPECT_EQ(b.event(0)[0], 0x100000000 | t.event);
            EXPECT_EQ(b.event(0)[1] & (kS2 | kStall), s2s ? kS2 | kStall : kS2);
        }
    }
}

INSTANTIATE_TEST_SUITE_P(Table, SmmuStallKind, testing::ValuesIn(kinds), name_of<Kind>);

// What stage 2 is asked for on the way counts as stage 2 (4.6): the CD, a table of stage 1.
TEST(SmmuStall, V10_Stage2OfStructures)
{
    for (const uint64_t ipa : {cds_of(1), space(0) + 0x1000}) {
        for (const uint64_t s2s : {uint64_t{0}, kS2s}) {
            Bench b(stall_config());
            Request r(1, 0x1000);

            b.make_nested(1, 0, 0, 5, 7);
            b.ste(1, {cds_of(1) | 0xf, 0, s2_q2(7) | s2s, s2_space(0)});
            b.cd(1, 0, {cd_q0(5) | kS, space(0), 0, 0xff});
            b.store(s2_slot(0, ipa), 0);
            b.boot();
            b.submit(r);
            b.settle();
            EXPECT_EQ(is_stalled(r), s2s != 0);
            if (!s2s)
                continue;
            b.store(s2_slot(0, ipa), s2_page(ipa));
            resume(b, 1, stag_of(b, 0), kRetry);
            EXPECT_TRUE(has_ended(r, SIM_DMA_OK));
            EXPECT_EQ(r.dma.pa, s2_page_of(page_of(0, 0x1000)));
        }
    }
}

// ---- what never stalls ----

TEST(SmmuStall, NotConfigurationNorAborts)
{
    Bench b(stall_config());

    make_stalling(b, 1, 0, 5);
    make_stalling(b, 2, 1, 6);
    make_stalling(b, 3, 2, 7);
    make_stalling(b, 4, 3, 8);
    b.ste(2, {0x0});
    b.cd(3, 0, {0});
    test_machine_break(b.m, space(3) + 0x1000, 0x1000);
    b.boot();
    EXPECT_EQ(b.dma(2, 0x1000).event, C_BAD_STE);
    EXPECT_EQ(b.dma(3, 0x1000).event, C_BAD_CD);
    EXPECT_EQ(b.dma(4, 0x1000).event, F_WALK_EABT);
    EXPECT_EQ(b.n_events(), 3u);
    EXPECT_EQ(b.dma(1, 0x1000).status, SIM_DMA_OK);
}

TEST(SmmuStall, NotAnAddressThatNoStageTakes)
{
    Bench b(stall_config());

    b.make_s2_stream(1, 0, 7);
    b.ste(1, {0xd, 0, s2_q2(7) | kS2s, s2_space(0)});
    b.boot();
    EXPECT_EQ(b.dma(1, 0x1000000000000).event, F_ADDR_SIZE);
    expect_events(b, {{0x100000011, kRead | kInput, 0x1000000000000, 0}});
}

TEST(SmmuStall, NotAPrefetch)
{
    Bench b(stall_config());

    b.make_nested(1, 0, 0, 5, 7);
    b.ste(1, {cds_of(1) | 0xf, 0, s2_q2(7) | kS2s, s2_space(0)});
    b.store(s2_slot(0, cds_of(1)), 0);
    b.boot();
    b.run_sync(0x100000001);
    EXPECT_EQ(b.n_events(), 0u);
}

} // namespace
