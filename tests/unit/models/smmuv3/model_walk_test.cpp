// SPDX-License-Identifier: BSD-2-Clause
// Page tables of stage 1: one walk per granule and level, each descriptor at the place that its
// index says, and what comes of a walk that ends early (T01 to T05, 4.3 of the facts; 3.4, 5.4).
#include "tests/unit/models/smmuv3/machine_bench.h"

namespace
{

using namespace machine;

struct Descriptor {
    uint64_t at, value;
};

struct Walk {
    const char *name;
    uint64_t cd_q0; // ASID=1, A R AA64 IPS=5 V, then what the name says
    uint64_t ttb;   // of the half that is used
    uint64_t iova;
    std::vector<Descriptor> descriptors;
    uint64_t pa;
    uint8_t page_log2;
};
MACHINE_CASES(Walk)

// 0x123456789abc in 4K: indexes 0x24 0xd1 0xb3 0x189, each times 8.
// 0x923456789abc in 16K: 0x1 0x123 0x22b 0x1e2; in 64K: 0x24 0x11a2 0x1678.
const Walk walks[] = {
    {"4k_page_from_level_0",
     0x16205c0000010,
     0x80000,
     0x123456789abc,
     {{0x80120, 0x81003}, {0x81688, 0x82003}, {0x82598, 0x83003}, {0x83c48, 0x777000f43}},
     0x777000abc,
     12},
    {"4k_page_from_level_1", // T0SZ=25: 0x3456789abc
     0x16205c0000019,
     0x81000,
     0x3456789abc,
     {{0x81688, 0x82003}, {0x82598, 0x83003}, {0x83c48, 0x777000f43}},
     0x777000abc,
     12},
    {"4k_page_from_level_2", // T0SZ=34
     0x16205c0000022,
     0x82000,
     0x16789abc,
     {{0x82598, 0x83003}, {0x83c48, 0x777000f43}},
     0x777000abc,
     12},
    {"4k_page_from_level_2_smallest", // T0SZ=39: 25 bits
     0x16205c0000027,
     0x82000,
     0x789abc,
     {{0x82018, 0x83003}, {0x83c48, 0x777000f43}},
     0x777000abc,
     12},
    {"4k_block_of_1g",
     0x16205c0000010,
     0x80000,
     0x123456789abc,
     {{0x80120, 0x81003}, {0x81688, 0x740000f41}},
     0x756789abc,
     30},
    {"4k_block_of_2m",
     0x16205c0000010,
     0x80000,
     0x123456789abc,
     {{0x80120, 0x81003}, {0x81688, 0x82003}, {0x82598, 0x777000f41}},
     0x777189abc,
     21},
    {"16k_page_from_level_0",
     0x16205c0000090,
     0x80000,
     0x923456789abc,
     {{0x80008, 0x84003}, {0x84918, 0x88003}, {0x89158, 0x8c003}, {0x8cf10, 0x777000f43}},
     0x777001abc,
     14},
    {"16k_page_from_level_1", // T0SZ=17
     0x16205c0000091,
     0x84000,
     0x123456789abc,
     {{0x84918, 0x88003}, {0x89158, 0x8c003}, {0x8cf10, 0x777000f43}},
     0x777001abc,
     14},
    {"16k_block_of_32m",
     0x16205c0000090,
     0x80000,
     0x923456789abc,
     {{0x80008, 0x84003}, {0x84918, 0x88003}, {0x89158, 0x776000f41}},
     0x776789abc,
     25},
    {"64k_page_from_level_1",
     0x16205c0000050,
     0x80000,
     0x923456789abc,
     {{0x80120, 0x90003}, {0x98d10, 0xa0003}, {0xab3c0, 0x777000f43}},
     0x777009abc,
     16},
    {"64k_page_from_level_2", // T0SZ=22: bits 41 to 29
     0x16205c0000056,
     0x90000,
     0x23456789abc,
     {{0x98d10, 0xa0003}, {0xab3c0, 0x777000f43}},
     0x777009abc,
     16},
    {"64k_block_of_512m",
     0x16205c0000050,
     0x80000,
     0x923456789abc,
     {{0x80120, 0x90003}, {0x98d10, 0x760000f41}},
     0x776789abc,
     29},
    // The upper half has codes of its own: TG1 1 = 16K, 2 = 4K, 3 = 64K. EPD0; T1SZ=16.
    {"upper_4k",
     0x1620580904019,
     0x80000,
     0xffff123456789abc,
     {{0x80120, 0x81003}, {0x81688, 0x82003}, {0x82598, 0x83003}, {0x83c48, 0x777000f43}},
     0x777000abc,
     12},
    {"upper_16k",
     0x1620580504019,
     0x80000,
     0xffff923456789abc,
     {{0x80008, 0x84003}, {0x84918, 0x88003}, {0x89158, 0x8c003}, {0x8cf10, 0x777000f43}},
     0x777001abc,
     14},
    {"upper_64k",
     0x1620580d04019,
     0x80000,
     0xffff923456789abc,
     {{0x80120, 0x90003}, {0x98d10, 0xa0003}, {0xab3c0, 0x777000f43}},
     0x777009abc,
     16},
    {"table_base_is_aligned_to_its_size", // T0SZ=25: a table of 4K
     0x16205c0000019,
     0x81ff0,
     0x3456789abc,
     {{0x81688, 0x82003}, {0x82598, 0x83003}, {0x83c48, 0x777000f43}},
     0x777000abc,
     12},
    {"top_byte_ignored", // TBI0
     0x16245c0000019,
     0x81000,
     0xab00003456789abc,
     {{0x81688, 0x82003}, {0x82598, 0x83003}, {0x83c48, 0x777000f43}},
     0x777000abc,
     12},
    {"last_output_below_ips", // IPS=0: 32 bits
     0x16200c0000019,
     0x81000,
     0x3456789abc,
     {{0x81688, 0x82003}, {0x82598, 0x83003}, {0x83c48, 0xfffff743}},
     0xfffffabc,
     12},
};

class SmmuWalk : public testing::TestWithParam<Walk>
{
  protected:
    void prepare(Bench &b) const
    {
        b.ste(1, {cds_of(1) | 0xb});
        b.cd(1, 0, {GetParam().cd_q0, GetParam().ttb, GetParam().ttb, 0xff});
        for (const Descriptor &d : GetParam().descriptors)
            b.store(d.at, d.value);
        b.boot();
    }
};
INSTANTIATE_TEST_SUITE_P(Levels, SmmuWalk, testing::ValuesIn(walks), name_of<Walk>);

TEST_P(SmmuWalk, LeadsToTheAddress)
{
    Bench b;

    prepare(b);
    const Answer a = b.dma(1, GetParam().iova);
    EXPECT_EQ(a.status, SIM_DMA_OK);
    EXPECT_EQ(a.pa, GetParam().pa);
    EXPECT_EQ(a.page_log2, GetParam().page_log2);
    EXPECT_EQ(b.n_events(), 0u);
    // 4.5 of the facts: as many reads as levels, and none the second time.
    EXPECT_EQ(b.n_accesses(0x80000, 0x40000), GetParam().descriptors.size());
    EXPECT_EQ(b.target(1, GetParam().iova), GetParam().pa);
    EXPECT_EQ(b.n_accesses(0x80000, 0x40000), GetParam().descriptors.size());
}

// At each level in turn: invalid, and the record has no level in it; then put right, and used,
// because nothing of a fault is kept.
TEST_P(SmmuWalk, InvalidAtEachLevel)
{
    for (const Descriptor &d : GetParam().descriptors) {
        Bench b;

        prepare(b);
        b.store(d.at, d.value & ~1ull);
        EXPECT_EQ(b.dma(1, GetParam().iova).event, F_TRANSLATION);
        ASSERT_EQ(b.n_events(), 1u);
        EXPECT_EQ(b.event(0)[0], 0x100000010u);
        EXPECT_EQ(b.event(0)[1], kInput | kRead);
        EXPECT_EQ(b.event(0)[2], GetParam().iova);
        b.store(d.at, d.value);
        EXPECT_EQ(b.target(1, GetParam().iova), GetParam().pa);
    }
}

TEST_P(SmmuWalk, AbortAtEachLevel)
{
    for (const Descriptor &d : GetParam().descriptors) {
        Bench b;

        prepare(b);
        test_machine_break(b.m, d.at, 8);
        const Answer a = b.dma(1, GetParam().iova);
        EXPECT_EQ(a.status, SIM_DMA_ABORT);
        expect_events(b, {{0x10000000b, kTable | kRead, GetParam().iova, d.at}});
        b.store(d.at, d.value);
        EXPECT_EQ(b.target(1, GetParam().iova), GetParam().pa);
    }
}

// ---- where a walk ends early; 4K pages, T0SZ=25 and 48 bits unless the row says otherwise ----

struct Fault {
    const char *name;
    uint64_t cd_q0;
    uint64_t iova;
    std::vector<Descriptor> changed; // of the tables at 0x80000, 0x81000, 0x82000
    uint32_t event;                  // 0: none
    unsigned access = SIM_DMA_READ;
    uint32_t idr5 = kIdr5;
};
MACHINE_CASES(Fault)

const uint64_t kUsual = 0x16205c0000019;
const unsigned kUserWrite = SIM_DMA_WRITE, kPrivWrite = SIM_DMA_WRITE | SIM_DMA_PRIVILEGED;
const unsigned kPrivRead = SIM_DMA_READ | SIM_DMA_PRIVILEGED;
const unsigned kUserExec = SIM_DMA_READ | SIM_DMA_EXECUTE;
const Fault faults[] = {
    {"nothing_wrong", kUsual, 0x1000, {}, 0},
    // T01, T02
    {"T01_above_the_range", kUsual, 0x8000001000, {}, F_TRANSLATION},
    {"T01_last_above_the_range", kUsual, 0x7ffffffffff000, {}, F_TRANSLATION},
    {"T01_top_byte", kUsual, 0xab00000000001000, {}, F_TRANSLATION},
    {"T01_top_byte_ignored", 0x16245c0000019, 0xab00000000001000, {}, 0},
    {"T01_top_byte_ignored_of_the_other_half",
     0x16285c0000019,
     0xab00000000001000,
     {},
     F_TRANSLATION},
    {"T02_upper_half_off", kUsual, 0xffffff8000001000, {}, F_TRANSLATION},
    {"T02_lower_half_off", 0x1620580994019, 0x1000, {}, F_TRANSLATION},
    {"T02_upper_half_below_its_range", 0x1620580994019, 0xffffff7fffff1000, {}, F_TRANSLATION},
    {"T02_upper_half_on", 0x1620580994019, 0xffffff8000001000, {}, 0},
    // T03
    {"T03_page_above_ips", 0x16200c0000019, 0x1000, {{0x82008, 0x100000f43}}, F_ADDR_SIZE},
    {"T03_page_below_ips", 0x16201c0000019, 0x1000, {{0x82008, 0x100000f43}}, 0},
    {"T03_level_2_table_above_ips", 0x16200c0000019, 0x1000, {{0x80000, 0x100081003}}, F_ADDR_SIZE},
    {"T03_level_3_table_above_ips", 0x16200c0000019, 0x1000, {{0x81000, 0x100082003}}, F_ADDR_SIZE},
    {"T03_block_above_ips", 0x16200c0000019, 0x1000, {{0x81000, 0x100000f41}}, F_ADDR_SIZE},
    {"T03_page_above_oas",
     kUsual,
     0x1000,
     {{0x82008, 0x100000000f43}},
     F_ADDR_SIZE,
     SIM_DMA_READ,
     0x74},
    // descriptors that are not valid where they stand
    {"level_3_block_is_invalid", kUsual, 0x1000, {{0x82008, 0x201f41}}, F_TRANSLATION},
    {"level_0_block_is_invalid", 0x16205c0000010, 0x1000, {{0x80000, 0xf41}}, F_TRANSLATION},
    {"level_1_block_of_16k_is_invalid", 0x16205c0000091, 0x1000, {{0x80000, 0xf41}}, F_TRANSLATION},
    {"level_1_block_of_64k_is_invalid", 0x16205c0000050, 0x1000, {{0x80000, 0xf41}}, F_TRANSLATION},
    // access flag: page 1 of the space is 0x201f43 with it
    {"access_flag_clear", kUsual, 0x1000, {{0x82008, 0x201b43}}, F_ACCESS},
    {"access_flag_clear_in_a_block", kUsual, 0x1000, {{0x81000, 0x200b41}}, F_ACCESS},
    {"access_flag_not_checked", 0x1620dc0000019, 0x1000, {{0x82008, 0x201b43}}, 0},
    // permissions: AP 00, 01, 10, 11 in bits 7:6
    {"ap_0_user_read", kUsual, 0x1000, {{0x82008, 0x201f03}}, F_PERMISSION},
    {"ap_0_privileged_read", kUsual, 0x1000, {{0x82008, 0x201f03}}, 0, kPrivRead},
    {"ap_0_privileged_write", kUsual, 0x1000, {{0x82008, 0x201f03}}, 0, kPrivWrite},
    {"ap_1_user_write", kUsual, 0x1000, {{0x82008, 0x201f43}}, 0, kUserWrite},
    {"ap_2_user_read", kUsual, 0x1000, {{0x82008, 0x201f83}}, F_PERMISSION},
    {"ap_2_privileged_read", kUsual, 0x1000, {{0x82008, 0x201f83}}, 0, kPrivRead},
    {"ap_2_privileged_write", kUsual, 0x1000, {{0x82008, 0x201f83}}, F_PERMISSION, kPrivWrite},
    {"ap_3_user_read", kUsual, 0x1000, {{0x82008, 0x201fc3}}, 0},
    {"ap_3_user_write", kUsual, 0x1000, {{0x82008, 0x201fc3}}, F_PERMISSION, kUserWrite},
    {"ap_3_privileged_write", kUsual, 0x1000, {{0x82008, 0x201fc3}}, F_PERMISSION, kPrivWrite},
    {"table_takes_user_away", kUsual, 0x1000, {{0x81000, 0x2000000000082003}}, F_PERMISSION},
    {"table_takes_writes_away",
     kUsual,
     0x1000,
     {{0x80000, 0x4000000000081003}},
     F_PERMISSION,
     kUserWrite},
    {"table_takes_nothing_with_had0",
     kUsual,
     0x1000,
     {{0x81000, 0x2000000000082003}, {0x41008, 0x80002}},
     0},
    {"user_execute", kUsual, 0x1000, {}, 0, kUserExec},
    {"user_execute_never", kUsual, 0x1000, {{0x82008, 0x40000000201f43}}, F_PERMISSION, kUserExec},
    {"table_takes_execute_away",
     kUsual,
     0x1000,
     {{0x81000, 0x1000000000082003}},
     F_PERMISSION,
     kUserExec},
    {"privileged_execute_of_user_writable",
     kUsual,
     0x1000,
     {},
     F_PERMISSION,
     kPrivRead | SIM_DMA_EXECUTE},
    {"writable_is_not_executable", 0x16215c0000019, 0x1000, {}, F_PERMISSION, kUserExec},
    {"pan_refuses_privileged_data", 0x16305c0000019, 0x1000, {}, F_PERMISSION, kPrivRead},
    {"pan_lets_users", 0x16305c0000019, 0x1000, {}, 0},
    // order within a stage: size, then access flag, then permission
    {"size_before_access", 0x16200c0000019, 0x1000, {{0x82008, 0x100000b43}}, F_ADDR_SIZE},
    {"access_before_permission", kUsual, 0x1000, {{0x82008, 0x201b83}}, F_ACCESS},
};

class SmmuWalkFault : public testing::TestWithParam<Fault>
{
};
INSTANTIATE_TEST_SUITE_P(Rows, SmmuWalkFault, testing::ValuesIn(faults), name_of<Fault>);

TEST_P(SmmuWalkFault, IsAnsweredAndRecorded)
{
    const Fault &f = GetParam();
    Config c;

    c.smmu.ids.idr5 = f.idr5;
    Bench b(c);

    b.make_stream(1, 0, 1);
    b.cd(1, 0, {f.cd_q0, 0x80000, 0x80000, 0xff});
    for (const Descriptor &d : f.changed)
        b.store(d.at, d.value);
    b.boot();
    const Answer a = b.dma(1, f.iova, f.access);
    EXPECT_EQ(a.event, f.event);
    EXPECT_EQ(a.status, f.event ? SIM_DMA_ABORT : SIM_DMA_OK);
    ASSERT_EQ(b.n_events(), f.event ? 1u : 0u);
    if (f.event) {
        EXPECT_EQ(b.event(0)[0], 0x100000000 | f.event);
        EXPECT_EQ(b.event(0)[1] & 0x38000000000, kInput); // CLASS and S2
        EXPECT_EQ(b.event(0)[2], f.iova);
    }
    // Nothing of a fault stays.
    EXPECT_EQ(b.dma(1, f.iova, f.access).event, f.event);
}

// EL2 has one half: EPD1 is taken as 1, EPD0 as 0, and there are no users.
TEST(SmmuWalkWorld, T02_El2HasNoUpperHalf)
{
    Bench b;

    b.make_stream(1, 0, 1);
    b.ste(1, {0x4100b, 0x80000000});                       // STRW=10
    b.cd(1, 0, {0x1620580990019, 0x80000, 0x80000, 0xff}); // both halves
    b.boot();
    EXPECT_EQ(b.target(1, 0x1000), page_of(0, 0x1000));
    EXPECT_EQ(b.dma(1, 0xffffff8000001000).event, F_TRANSLATION);
}

TEST(SmmuWalkWorld, T02_El2WithE2hHasOne)
{
    Bench b;
    Boot how;

    how.cr2 = 0x3; // E2H
    b.make_stream(1, 0, 1);
    b.ste(1, {0x4100b, 0x80000000});
    b.cd(1, 0, {0x1620580990019, 0x80000, 0x80000, 0xff});
    b.boot(how);
    EXPECT_EQ(b.target(1, 0x1000), page_of(0, 0x1000));
    EXPECT_EQ(b.target(1, 0xffffff8000001000), page_of(0, 0x1000));
}

// A global page is one for all ASIDs of a VMID: the second stream reads no table of its own.
TEST(SmmuWalkTlb, AGlobalPageServesEveryAsidOfItsVmid)
{
    Bench b;

    b.make_stream(1, 0, 1);
    b.make_stream(2, 1, 2);
    b.make_stream(3, 2, 2, 5);
    for (unsigned n = 0; n < 3; n++) {
        b.store(leaf_slot(n, 0x1000), global_page(0x700000));
        b.store(leaf_slot(n, 0x2000), page(0x701000));
    }
    b.boot();
    for (uint32_t sid = 1; sid < 4; sid++) {
        EXPECT_EQ(b.target(sid, 0x1000), 0x700000u);
        EXPECT_EQ(b.n_accesses(leaf_slot(sid - 1, 0x1000), 8), sid == 2 ? 0u : 1u);
        EXPECT_EQ(b.target(sid, 0x2000), 0x701000u);
        EXPECT_EQ(b.n_accesses(leaf_slot(sid - 1, 0x2000), 8), 1u);
    }
}

// What a page grants is the same the first time and when it is cached, under overrides too.
TEST(SmmuWalkTlb, AHitGrantsTheSame)
{
    const std::pair<uint64_t, uint64_t> rows[] = {
        {0, 0x201fc3},                       // read-only for all
        {0x3000000000000, 0x201f83},         // PRIVCFG=3, read-only for the privileged
        {0xc000000000000, 0x201fc3},         // INSTCFG=3
        {0xc000000000000, 0x20000000201fc3}, // the same, and not for the privileged
        {0xb000000000000, 0x40000000201f83}, // PRIVCFG=3, INSTCFG=2
    };

    for (const auto &row : rows) {
        Bench b;

        b.make_stream(1, 0, 1);
        b.ste(1, {0x4100b, row.first});
        b.store(leaf_slot(0, 0x1000), row.second);
        b.boot();
        const Answer first = b.dma(1, 0x1000), second = b.dma(1, 0x1000);
        ASSERT_EQ(first.status, SIM_DMA_OK);
        ASSERT_EQ(second.status, SIM_DMA_OK);
        EXPECT_EQ(first.granted, second.granted) << row.first;
        EXPECT_EQ(first.granted & SIM_DMA_READ, SIM_DMA_READ) << row.first;
        EXPECT_EQ(first.granted & SIM_DMA_WRITE, 0);
    }
}

// A page that was cached by an allowed access still refuses the other one.
TEST(SmmuWalkTlb, AHitIsCheckedToo)
{
    Bench b;

    b.make_stream(1, 0, 1);
    b.store(leaf_slot(0, 0x1000), 0x201fc3);
    b.boot();
    ASSERT_EQ(b.target(1, 0x1000), page_of(0, 0x1000));
    EXPECT_EQ(b.dma(1, 0x1000, SIM_DMA_WRITE).event, F_PERMISSION);
    ASSERT_EQ(b.n_events(), 1u);
    EXPECT_EQ(b.event(0)[1], kInput);
    EXPECT_EQ(b.target(1, 0x1008), page_of(0, 0x1008));
}

} // namespace
