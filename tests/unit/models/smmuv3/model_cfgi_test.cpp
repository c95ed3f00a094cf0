// SPDX-License-Identifier: BSD-2-Clause
// Cached configuration: what is kept, invalid entries too, and what each command drops (5.2, 7.1 of
// the facts; 3.21, 4.3).
#include "tests/unit/models/smmuv3/machine_bench.h"

namespace
{

using namespace machine;

struct Command {
    const char *name;
    uint64_t q0, q1;
    const char *gone;
};
MACHINE_CASES(Command)

void add(std::string &names, const std::string &name)
{
    names += names.empty() ? name : " " + name;
}

// ---- STEs ----

class SmmuCfgiSte : public testing::TestWithParam<Command>
{
};
const Command ste_commands[] = {
    {"sync_only", 0x46, 0, ""},
    {"ste_3_leaf", 0x300000003, 0x1, "3"},
    {"ste_3", 0x300000003, 0x0, "3"},
    {"ste_20", 0x1400000003, 0x1, ""},
    {"range_0_is_two", 0x300000004, 0x0, "2 3"},
    {"range_1_is_four", 0x600000004, 0x1, "4 5 6 7"},
    {"range_2_is_eight", 0x100000004, 0x2, "0 1 2 3 4 5 6 7"},
    {"range_4_is_32", 0x1f00000004, 0x4, "0 1 2 3 4 5 6 7 8 9"},
    {"range_3_elsewhere", 0x1000000004, 0x3, ""},
    {"range_31_is_all", 0xffff00000004, 0x1f, "0 1 2 3 4 5 6 7 8 9"},
    {"cd_all", 0x300000006, 0, ""},
    {"nsnh_all", 0x30, 0, ""},
    {"prefetch", 0x300000001, 0, ""},
};
INSTANTIATE_TEST_SUITE_P(Scope, SmmuCfgiSte, testing::ValuesIn(ste_commands), name_of<Command>);

TEST_P(SmmuCfgiSte, DropsThatAndNothingElse)
{
    for (const char *preset : {"zero", "mmu600"}) {
        Bench b{Config(preset)};
        std::string names;

        for (uint32_t sid = 0; sid < 10; sid++)
            b.ste(sid, {0x9});
        b.boot();
        for (uint32_t sid = 0; sid < 10; sid++)
            ASSERT_EQ(b.dma(sid, 0x5000).status, SIM_DMA_OK);
        for (uint32_t sid = 0; sid < 10; sid++)
            b.ste(sid, {0x1});
        b.run_sync(GetParam().q0, GetParam().q1);
        for (uint32_t sid = 0; sid < 10; sid++) {
            if (b.dma(sid, 0x5000).status != SIM_DMA_OK)
                add(names, std::to_string(sid));
        }
        EXPECT_EQ(names, GetParam().gone) << preset;
        EXPECT_EQ(b.n_events(), 0u);
    }
}

// ---- CDs: streams 1 and 2 with four each; a name is StreamID and SSID ----

class SmmuCfgiCd : public testing::TestWithParam<Command>
{
};
const Command cd_commands[] = {
    {"sync_only", 0x46, 0, ""},
    {"cd_2_leaf", 0x100002005, 0x1, "12"},
    {"cd_2", 0x100002005, 0x0, "12"},
    {"cd_0", 0x200000005, 0x1, "20"},
    {"cd_4", 0x100004005, 0x1, ""},
    {"cd_all", 0x100000006, 0, "10 11 12 13"},
    {"ste_leaf_drops_its_cds", 0x100000003, 0x1, "10 11 12 13"},
    {"ste_drops_its_cds", 0x200000003, 0x0, "20 21 22 23"},
    {"ste_of_another", 0x300000003, 0x0, ""},
    {"range_0", 0x100000004, 0x0, "10 11 12 13"}, // StreamIDs 0 and 1
    {"range_1", 0x100000004, 0x1, "10 11 12 13 20 21 22 23"},
    {"all", 0x4, 0x1f, "10 11 12 13 20 21 22 23"},
    {"nsnh_all", 0x30, 0, ""},
    {"prefetch", 0x100000001, 0, ""},
};
INSTANTIATE_TEST_SUITE_P(Scope, SmmuCfgiCd, testing::ValuesIn(cd_commands), name_of<Command>);

TEST_P(SmmuCfgiCd, DropsThatAndNothingElse)
{
    for (const char *preset : {"zero", "mmu600"}) {
        Bench b{Config(preset)};
        std::string names;

        for (uint32_t sid = 1; sid < 3; sid++) {
            b.make_stream(sid, sid, sid);
            b.ste(sid, {0x1000000000000000 | cds_of(sid) | 0xb}); // four CDs
            for (uint32_t ssid = 0; ssid < 4; ssid++)
                b.cd(sid, ssid, {cd_q0(sid), space(sid), 0, 0xff});
        }
        b.boot();
        for (uint32_t i = 0; i < 8; i++)
            ASSERT_EQ(b.target(1 + i / 4, 0x1000, i % 4), page_of(1 + i / 4, 0x1000));
        for (uint32_t i = 0; i < 8; i++)
            b.cd(1 + i / 4, i % 4, {cd_q0(1) & ~0x80000000ull}); // V=0
        b.run_sync(GetParam().q0, GetParam().q1);
        for (uint32_t i = 0; i < 8; i++) {
            const Answer a = b.dma(1 + i / 4, 0x1000, SIM_DMA_READ, i % 4);

            if (a.status != SIM_DMA_OK) {
                EXPECT_EQ(a.event, C_BAD_CD);
                add(names, std::to_string(1 + i / 4) + std::to_string(i % 4));
            }
        }
        EXPECT_EQ(names, GetParam().gone) << preset;
    }
}

// ---- level 1 descriptors: proven by an entry of the same group that was never used ----

struct Level1 {
    const char *name;
    uint64_t q0, q1;
    bool is_dropped;
};
MACHINE_CASES(Level1)

class SmmuCfgiL1std : public testing::TestWithParam<Level1>
{
};
const Level1 l1std_commands[] = {
    {"sync_only", 0x46, 0, false},
    {"ste_leaf", 0x4000000003, 0x1, false},
    {"ste", 0x4000000003, 0x0, true},
    {"ste_of_the_group", 0x4700000003, 0x0, true},
    {"ste_of_another_group", 0x8000000003, 0x0, false},
    {"range_0", 0x4000000004, 0x0, true},
    {"range_9", 0x0000000004, 0x9, true},
    {"range_0_of_another_group", 0x8000000004, 0x0, false},
    {"all", 0x4, 0x1f, true},
    {"cd_all", 0x4000000006, 0, false},
    {"nsnh_all", 0x30, 0, false},
};
INSTANTIATE_TEST_SUITE_P(Scope, SmmuCfgiL1std, testing::ValuesIn(l1std_commands), name_of<Level1>);

TEST_P(SmmuCfgiL1std, IsDroppedWithoutLeafOnly)
{
    Boot how;
    Bench b;

    how.strtab_cfg = 0x10190; // two levels, split 6
    b.store(kStreams + 8, 0x18007);
    for (uint32_t i = 0; i < 64; i++)
        b.store(0x18000 + 64 * i, 0x9);
    b.boot(how);
    ASSERT_EQ(b.dma(0x40, 0x5000).status, SIM_DMA_OK);
    b.store(kStreams + 8, 0x18000); // Span=0
    b.run_sync(GetParam().q0, GetParam().q1);
    EXPECT_EQ(b.dma(0x45, 0x5000).event, GetParam().is_dropped ? C_BAD_STREAMID : 0u);
}

class SmmuCfgiL1cd : public testing::TestWithParam<Level1>
{
};
const Level1 l1cd_commands[] = {
    {"sync_only", 0x46, 0, false},
    {"cd_leaf", 0x100040005, 0x1, false},
    {"cd", 0x100040005, 0x0, true},
    {"cd_of_the_group", 0x10004f005, 0x0, true},
    {"cd_of_another_group", 0x100001005, 0x0, false},
    {"cd_of_another_stream", 0x200040005, 0x0, false},
    {"cd_all", 0x100000006, 0, true},
    {"cd_all_has_no_leaf", 0x100000006, 0x1, true},
    {"cd_all_of_another_stream", 0x200000006, 0, false},
    {"ste_leaf", 0x100000003, 0x1, true},
    {"ste", 0x100000003, 0x0, true},
    {"range_0", 0x100000004, 0x0, true},
    {"all", 0x4, 0x1f, true},
    {"nsnh_all", 0x30, 0, false},
};
INSTANTIATE_TEST_SUITE_P(Scope, SmmuCfgiL1cd, testing::ValuesIn(l1cd_commands), name_of<Level1>);

TEST_P(SmmuCfgiL1cd, IsDroppedWithoutLeafOrWithAllCds)
{
    Bench b;

    b.make_space(0);
    b.ste(1, {0x400000000040001b}); // two levels, 256 CDs
    b.store(0x400008, 0x500001);
    b.store(0x500000, {cd_q0(1), space(0), 0, 0xff});
    b.store(0x500140, {cd_q0(1), space(0), 0, 0xff});
    b.boot();
    ASSERT_EQ(b.target(1, 0x1000, 64), page_of(0, 0x1000));
    b.store(0x400008, 0x500000); // V=0
    b.run_sync(GetParam().q0, GetParam().q1);
    EXPECT_EQ(b.dma(1, 0x1000, SIM_DMA_READ, 69).event,
              GetParam().is_dropped ? C_BAD_SUBSTREAMID : 0u);
}

// ---- 7.1: invalid entries are kept as well, and stay when they have become valid ----

struct Negative {
    const char *name;
    void (*prepare)(Bench &b);
    uint32_t event; // before and, without a command, after
    void (*repair)(Bench &b);
    uint64_t q0, q1; // what makes the repair seen
};
MACHINE_CASES(Negative)

class SmmuNegative : public testing::TestWithParam<Negative>
{
};
const Negative negatives[] = {
    {"ste_v_0", [](Bench &b) { b.ste(1, {0x4100a}); }, C_BAD_STE,
     [](Bench &b) { b.ste(1, {0x4100b}); }, 0x100000003, 0x1},
    {"ste_illegal",
     [](Bench &b) {
         b.ste(1, {0x4100b, 0x40000000});
     },
     C_BAD_STE, [](Bench &b) { b.ste(1, {0x4100b}); }, 0x100000003, 0x1},
    {"cd_v_0",
     [](Bench &b) {
         b.cd(1, 0, {0x1620540000019, 0x80000, 0, 0xff});
     },
     C_BAD_CD,
     [](Bench &b) {
         b.cd(1, 0, {0x16205c0000019, 0x80000, 0, 0xff});
     },
     0x100000005, 0x1},
    {"cd_illegal",
     [](Bench &b) {
         b.cd(1, 0, {0x16205c00000d9, 0x80000, 0, 0xff});
     },
     C_BAD_CD,
     [](Bench &b) {
         b.cd(1, 0, {0x16205c0000019, 0x80000, 0, 0xff});
     },
     0x100000005, 0x1},
    {"l1cd_v_0",
     [](Bench &b) {
         b.ste(1, {0x400000000040001b, 2});
     },
     C_BAD_SUBSTREAMID, [](Bench &b) { b.store(0x400000, 0x41001); }, 0x100000005, 0x0},
};
INSTANTIATE_TEST_SUITE_P(Kept, SmmuNegative, testing::ValuesIn(negatives), name_of<Negative>);

TEST_P(SmmuNegative, UntilItIsInvalidated)
{
    const Negative &n = GetParam();
    Bench b;

    b.make_stream(1, 0, 1);
    n.prepare(b);
    b.boot();
    EXPECT_EQ(b.dma(1, 0x1000).event, n.event);
    n.repair(b);
    EXPECT_EQ(b.dma(1, 0x1000).event, n.event);
    b.run_sync(0x30); // no TLBI does it
    EXPECT_EQ(b.dma(1, 0x1000).event, n.event);
    EXPECT_EQ(b.n_events(), 3u);
    b.run_sync(n.q0, n.q1);
    EXPECT_EQ(b.target(1, 0x1000), page_of(0, 0x1000));
}

TEST_P(SmmuNegative, UnlessTheImplementationKeepsNone)
{
    const Negative &n = GetParam();
    Config c;

    c.smmu.param.cfg_negative = 0;
    Bench b(c);

    b.make_stream(1, 0, 1);
    n.prepare(b);
    b.boot();
    EXPECT_EQ(b.dma(1, 0x1000).event, n.event);
    n.repair(b);
    EXPECT_EQ(b.target(1, 0x1000), page_of(0, 0x1000));
}

TEST(SmmuNegativeL1std, SpanZeroIsKeptToo)
{
    for (const uint32_t is_kept : {0u, 1u}) {
        Boot how;
        Config c;

        c.smmu.param.cfg_negative = is_kept;
        Bench b(c);

        how.strtab_cfg = 0x10190;
        b.store(0x18000 + 64 * 5, 0x9);
        b.boot(how);
        EXPECT_EQ(b.dma(0x45, 0x5000).event, C_BAD_STREAMID);
        b.store(kStreams + 8, 0x18007);
        EXPECT_EQ(b.dma(0x45, 0x5000).event, is_kept ? C_BAD_STREAMID : 0u);
        b.run_sync(0x4500000003, 0x1); // Leaf
        EXPECT_EQ(b.dma(0x45, 0x5000).event, is_kept ? C_BAD_STREAMID : 0u);
        b.run_sync(0x4500000003, 0x0);
        EXPECT_EQ(b.target(0x45, 0x5000), 0x5000u);
    }
}

// CDs belong to a stream: the same table under two StreamIDs is cached twice.
TEST(SmmuCfgiCase, CdsAreNeverShared)
{
    Bench b;

    b.make_stream(1, 0, 1);
    b.ste(2, {0x4100b});
    b.boot();
    ASSERT_EQ(b.target(1, 0x1000), page_of(0, 0x1000));
    ASSERT_EQ(b.target(2, 0x1000), page_of(0, 0x1000));
    b.cd(1, 0, {0});
    b.run_sync(0x100000005, 0x1);
    EXPECT_EQ(b.dma(1, 0x1000).event, C_BAD_CD);
    EXPECT_EQ(b.target(2, 0x1000), page_of(0, 0x1000));
}

// ---- prefetch is a hint, and never an event ----

TEST(SmmuPrefetch, GivesNoEventWhateverItFinds)
{
    Bench b;

    b.ste(1, {0x4100a}); // invalid
    b.ste(2, {0x1});     // abort
    b.ste(3, {0x4300b}); // its CD is invalid
    test_machine_break(b.m, kStreams + 64 * 4, 64);
    b.boot();
    for (uint64_t sid = 0; sid < 6; sid++) {
        b.run_sync(sid << 32 | 0x1);
        b.run_sync(sid << 32 | 0x3801); // with SSID 3
        b.run_sync(sid << 32 | 0x2, 0x1000);
    }
    b.run_sync(0xffff00000001); // outside the table
    EXPECT_EQ(b.n_events(), 0u);
    EXPECT_EQ(b.read(GERROR), 0u);
}

TEST(SmmuPrefetch, WhatItFetchedIsDroppedLikeTheRest)
{
    Bench b{Config("mmu600")};

    b.make_stream(1, 0, 1);
    b.boot();
    b.run_sync(0x100000001);
    b.ste(1, {0x9});
    b.run_sync(0x100000003, 0x1);
    EXPECT_EQ(b.target(1, 0x1000), 0x1000u);
}

} // namespace
