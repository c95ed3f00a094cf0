// SPDX-License-Identifier: BSD-2-Clause
// Faults of stage 2: of a stream that has it alone, and of everything that it translates for
// stage 1 (3.5, 4.2, 4.4, 4.6, 6.2 of the facts).
#include "tests/unit/models/smmuv3/machine_bench.h"

namespace
{

using namespace machine;

const uint64_t kS2r = 0x400000000000000;

struct Descriptor {
    uint64_t at, value;
};

// ---- stage 2 alone: 4K pages, 39 bits from level 1 unless the row says otherwise ----

struct Fault {
    const char *name;
    uint64_t ipa;
    std::vector<Descriptor> changed; // of the tables at 0x100000, 0x101000, 0x102000
    uint32_t event;                  // 0: none
    unsigned access = SIM_DMA_READ;
    uint64_t q2 = s2_q2(7);
    bool is_stage_2 = true;
    uint32_t idr0 = kIdr0, idr3 = kIdr3, idr5 = kIdr5;
};
MACHINE_CASES(Fault)

const unsigned kWriteOnly = SIM_DMA_WRITE, kReadOnly = SIM_DMA_READ;
const unsigned kPrivR = SIM_DMA_READ | SIM_DMA_PRIVILEGED;
const unsigned kPrivW = SIM_DMA_WRITE | SIM_DMA_PRIVILEGED;
const unsigned kExec = SIM_DMA_READ | SIM_DMA_EXECUTE, kPrivExec = kExec | SIM_DMA_PRIVILEGED;
const uint64_t kPs32 = 0x408355900000007, kPs36 = 0x409355900000007; // S2PS=0, S2PS=1
const uint64_t kAffd = s2_q2(7) | 0x20000000000000;
const uint32_t kBothFormats = kIdr0 | 0x4; // TTF=3: IPAs of 40 bits at least
const uint32_t kNoXnx = kIdr3 & ~0x10u;
const Fault faults[] = {
    {"nothing_wrong", 0x1000, {}, 0},
    // T04: input
    {"T04_last_of_the_range", 0x7ffffff000, {{0x100ff8, 0x400007fd}}, 0},
    {"T04_first_above_the_range", 0x8000000000, {}, F_TRANSLATION},
    {"T04_last_of_all", 0xfffffffff000, {}, F_TRANSLATION},
    {"T04_first_above_40_bits", // two tables of level 1
     0x10000000000,
     {},
     F_TRANSLATION,
     kReadOnly,
     0x40d355800000007},
    {"T04_first_above_33_bits", // T0SZ=31
     0x200000000,
     {},
     F_TRANSLATION,
     kReadOnly,
     0x40d355f00000007},
    // T05: beyond all that stage 2 could ever take; no fault of its
    {"T05_first_above_ias", 0x1000000000000, {}, F_ADDR_SIZE, kReadOnly, s2_q2(7), false},
    {"T05_last_above_ias", 0xfffffffffffff000, {}, F_ADDR_SIZE, kReadOnly, s2_q2(7), false},
    {"T05_no_upper_half", 0xffffff8000001000, {}, F_ADDR_SIZE, kReadOnly, s2_q2(7), false},
    {"T05_no_top_byte", 0xab00000000001000, {}, F_ADDR_SIZE, kReadOnly, s2_q2(7), false},
    {"T05_ias_of_44_bits",
     0x100000000000,
     {},
     F_ADDR_SIZE,
     kReadOnly,
     s2_q2(7),
     false,
     kIdr0,
     kIdr3,
     0x74},
    {"T05_below_ias_of_44_bits",
     0xffffffff000,
     {},
     F_TRANSLATION,
     kReadOnly,
     s2_q2(7),
     true,
     kIdr0,
     kIdr3,
     0x74},
    {"T05_ias_of_40_bits_is_more_than_oas",
     0x10000000000,
     {},
     F_ADDR_SIZE,
     kReadOnly,
     s2_q2(7),
     false,
     kBothFormats,
     kIdr3,
     0x70},
    {"T05_above_oas_below_ias",
     0x200000000,
     {{0x100040, 0x400007fd}},
     0,
     kReadOnly,
     s2_q2(7),
     true,
     kBothFormats,
     kIdr3,
     0x70},
    // T04: output
    {"T04_page_above_s2ps", 0x1000, {{0x102008, 0x1000007ff}}, F_ADDR_SIZE, kReadOnly, kPs32},
    {"T04_page_below_s2ps", 0x1000, {{0x102008, 0x1000007ff}}, 0, kReadOnly, kPs36},
    {"T04_level_2_table_above_s2ps",
     0x1000,
     {{0x100000, 0x100101003}},
     F_ADDR_SIZE,
     kReadOnly,
     kPs32},
    {"T04_level_3_table_above_s2ps",
     0x1000,
     {{0x101000, 0x100102003}},
     F_ADDR_SIZE,
     kReadOnly,
     kPs32},
    {"T04_block_of_1g_above_s2ps",
     0x1000,
     {{0x100000, 0x1000007fd}},
     F_ADDR_SIZE,
     kReadOnly,
     kPs32},
    {"T04_block_of_2m_above_s2ps",
     0x1000,
     {{0x101000, 0x1000007fd}},
     F_ADDR_SIZE,
     kReadOnly,
     kPs32},
    {"T04_page_above_oas",
     0x1000,
     {{0x102008, 0x1000000007ff}},
     F_ADDR_SIZE,
     kReadOnly,
     s2_q2(7),
     true,
     kIdr0,
     kIdr3,
     0x74},
    // descriptors that are not valid where they stand
    {"level_3_block_is_invalid", 0x1000, {{0x102008, 0x2017fd}}, F_TRANSLATION},
    {"level_0_block_is_invalid",
     0x1000,
     {{0x100000, 0x7fd}},
     F_TRANSLATION,
     kReadOnly,
     0x40d359000000007},
    {"level_1_block_of_16k_is_invalid",
     0x1000,
     {{0x100000, 0x7fd}},
     F_TRANSLATION,
     kReadOnly,
     0x40db59100000007},
    {"level_1_block_of_64k_is_invalid",
     0x1000,
     {{0x100000, 0x7fd}},
     F_TRANSLATION,
     kReadOnly,
     0x40d759000000007},
    // access flag
    {"access_flag_clear", 0x1000, {{0x102008, 0x2013ff}}, F_ACCESS},
    {"access_flag_clear_in_a_block", 0x1000, {{0x101000, 0x2003fd}}, F_ACCESS},
    {"access_flag_not_checked", 0x1000, {{0x102008, 0x2013ff}}, 0, kReadOnly, kAffd},
    // permissions: S2AP 0, 1, 2, 3 in bits 7:6; privilege does not count
    {"s2ap_0_read", 0x1000, {{0x102008, 0x20173f}}, F_PERMISSION},
    {"s2ap_0_write", 0x1000, {{0x102008, 0x20173f}}, F_PERMISSION, kWriteOnly},
    {"s2ap_0_privileged_read", 0x1000, {{0x102008, 0x20173f}}, F_PERMISSION, kPrivR},
    {"s2ap_1_read", 0x1000, {{0x102008, 0x20177f}}, 0},
    {"s2ap_1_write", 0x1000, {{0x102008, 0x20177f}}, F_PERMISSION, kWriteOnly},
    {"s2ap_1_privileged_read", 0x1000, {{0x102008, 0x20177f}}, 0, kPrivR},
    {"s2ap_1_privileged_write", 0x1000, {{0x102008, 0x20177f}}, F_PERMISSION, kPrivW},
    {"s2ap_2_read", 0x1000, {{0x102008, 0x2017bf}}, F_PERMISSION},
    {"s2ap_2_write", 0x1000, {{0x102008, 0x2017bf}}, 0, kWriteOnly},
    {"s2ap_2_privileged_write", 0x1000, {{0x102008, 0x2017bf}}, 0, kPrivW},
    {"s2ap_3_read", 0x1000, {{0x102008, 0x2017ff}}, 0},
    {"s2ap_3_write", 0x1000, {{0x102008, 0x2017ff}}, 0, kWriteOnly},
    {"s2ap_1_write_in_a_block", 0x1000, {{0x101000, 0x20077d}}, F_PERMISSION, kWriteOnly},
    // XN 0, 1, 2, 3 in bits 54:53: for none, the privileged, all, users
    {"xn_0_execute", 0x1000, {}, 0, kExec},
    {"xn_0_privileged_execute", 0x1000, {}, 0, kPrivExec},
    {"xn_1_execute", 0x1000, {{0x102008, 0x200000002017ff}}, 0, kExec},
    {"xn_1_privileged_execute", 0x1000, {{0x102008, 0x200000002017ff}}, F_PERMISSION, kPrivExec},
    {"xn_2_execute", 0x1000, {{0x102008, 0x400000002017ff}}, F_PERMISSION, kExec},
    {"xn_2_privileged_execute", 0x1000, {{0x102008, 0x400000002017ff}}, F_PERMISSION, kPrivExec},
    {"xn_2_read", 0x1000, {{0x102008, 0x400000002017ff}}, 0},
    {"xn_3_execute", 0x1000, {{0x102008, 0x600000002017ff}}, F_PERMISSION, kExec},
    {"xn_3_privileged_execute", 0x1000, {{0x102008, 0x600000002017ff}}, 0, kPrivExec},
    {"xn_1_is_0_without_xnx",
     0x1000,
     {{0x102008, 0x200000002017ff}},
     0,
     kPrivExec,
     s2_q2(7),
     true,
     kIdr0,
     kNoXnx},
    {"xn_3_is_2_without_xnx",
     0x1000,
     {{0x102008, 0x600000002017ff}},
     F_PERMISSION,
     kPrivExec,
     s2_q2(7),
     true,
     kIdr0,
     kNoXnx},
    // order: size, then access flag, then permission
    {"size_before_access", 0x1000, {{0x102008, 0x1000003ff}}, F_ADDR_SIZE, kReadOnly, kPs32},
    {"access_before_permission", 0x1000, {{0x102008, 0x20133f}}, F_ACCESS},
};

class SmmuS2Fault : public testing::TestWithParam<Fault>
{
  protected:
    static Config config()
    {
        Config c;

        c.smmu.ids.idr0 = GetParam().idr0;
        c.smmu.ids.idr3 = GetParam().idr3;
        c.smmu.ids.idr5 = GetParam().idr5;
        return c;
    }
    static void prepare(Bench &b, uint64_t q2)
    {
        b.make_s2_stream(1, 0, 7);
        b.ste(1, {0xd, 0, q2, s2_space(0)});
        for (const Descriptor &d : GetParam().changed)
            b.store(d.at, d.value);
        b.boot();
    }
    // q1 of its record.
    static uint64_t what()
    {
        const unsigned access = GetParam().access;

        return kInput | (GetParam().is_stage_2 ? kS2 : 0) | (access & SIM_DMA_WRITE ? 0 : kRead) |
               (access & SIM_DMA_PRIVILEGED ? kPriv : 0) | (access & SIM_DMA_EXECUTE ? kInst : 0);
    }
};
INSTANTIATE_TEST_SUITE_P(Rows, SmmuS2Fault, testing::ValuesIn(faults), name_of<Fault>);

TEST_P(SmmuS2Fault, IsAnsweredAndRecorded)
{
    const Fault &f = GetParam();
    Bench b(config());

    prepare(b, f.q2);
    const Answer a = b.dma(1, f.ipa, f.access);
    EXPECT_EQ(a.event, f.event);
    EXPECT_EQ(a.status, f.event ? SIM_DMA_ABORT : SIM_DMA_OK);
    ASSERT_EQ(b.n_events(), f.event ? 1u : 0u);
    if (f.event) {
        EXPECT_EQ(b.event(0)[0], 0x100000000 | f.event);
        EXPECT_EQ(b.event(0)[1] & ~kTableRead, what());
        EXPECT_EQ(b.event(0)[2], f.ipa);
        if (f.is_stage_2) {
            EXPECT_EQ(b.event(0)[3], f.ipa >> 12 << 12);
        }
    }
    // Nothing of a fault stays.
    EXPECT_EQ(b.dma(1, f.ipa, f.access).event, f.event);
}

// 3.5: S2R=0. What stage 2 never saw (T05) is recorded all the same.
TEST_P(SmmuS2Fault, IsSilentWithoutS2r)
{
    const Fault &f = GetParam();
    Bench b(config());

    prepare(b, f.q2 & ~kS2r);
    EXPECT_EQ(b.dma(1, f.ipa, f.access).status, f.event ? SIM_DMA_ABORT : SIM_DMA_OK);
    EXPECT_EQ(b.n_events(), f.is_stage_2 ? 0u : 1u);
}

// RnW, PnU and InD are those of the request as the STE changes it, and so are the rights.
TEST(SmmuS2FaultCase, OverridesOfTheSte)
{
    const struct {
        uint64_t q1, leaf;
        unsigned access;
        uint64_t what; // of the record; 0: none
    } rows[] = {
        {0x3000000000000, 0x600000002017ff, kExec, 0},                 // PRIVCFG=3
        {0x2000000000000, 0x600000002017ff, kPrivExec, kRead | kInst}, // PRIVCFG=2
        {0xc000000000000, 0x400000002017ff, kReadOnly, kRead | kInst}, // INSTCFG=3
        {0x8000000000000, 0x400000002017ff, kExec, 0},                 // INSTCFG=2
        {0xc000000000000, 0x20177f, kWriteOnly, 0x1},                  // writes are data
        {0xf000000000000, 0x200000002017ff, kReadOnly, kRead | kInst | kPriv},
    };

    for (const auto &row : rows) {
        Bench b;

        b.make_s2_stream(1, 0, 7);
        b.ste(1, {0xd, row.q1, s2_q2(7), s2_space(0)});
        b.store(s2_slot(0, 0x1000), row.leaf);
        b.boot();
        EXPECT_EQ(b.dma(1, 0x1000, row.access).event, row.what ? F_PERMISSION : NO_EVENT) << row.q1;
        ASSERT_EQ(b.n_events(), row.what ? 1u : 0u);
        if (row.what) {
            EXPECT_EQ(b.event(0)[1] & ~kTableRead, kS2 | kInput | (row.what & ~1ull)) << row.q1;
        }
    }
}

// ---- under stage 1: every descriptor of stage 2, by what it is for ----

std::vector<Read> s2_reads(bool is_leaf_only)
{
    std::vector<Read> some;

    for (const Read &r : deep_reads) {
        if ((r.purpose == Purpose::S2_OF_CD || r.purpose == Purpose::S2_OF_TT ||
             r.purpose == Purpose::S2_OF_IN) &&
            (!is_leaf_only || (r.value & 0x400)))
            some.push_back(r);
    }
    return some;
}

class SmmuNestedS2Fault : public testing::TestWithParam<Read>
{
  protected:
    Bench b;
    uint64_t q2 = 0x40c359000000007; // S2PS=4: 44 bits

    // The request faults there, once with S2R=1, once with 0; then put right, it succeeds.
    void expect(uint64_t value, uint32_t event)
    {
        const Read &r = GetParam();
        const uint64_t what = r.purpose == Purpose::S2_OF_CD   ? 0
                              : r.purpose == Purpose::S2_OF_TT ? kTable
                                                               : kInput;
        // TTRnW tells something of descriptors of stage 1 only.
        const uint64_t kept = what == kTable ? UINT64_MAX : ~kTableRead;
        const uint64_t tt_read = what == kTable && event == F_PERMISSION ? kTableRead : 0;

        b.make_deep(q2);
        b.store(r.at, value);
        b.boot_deep();
        const Answer a = b.dma(1, kDeepVa, SIM_DMA_READ, kDeepSsid);
        EXPECT_EQ(a.status, SIM_DMA_ABORT);
        EXPECT_EQ(a.event, event);
        ASSERT_EQ(b.n_events(), 1u);
        EXPECT_EQ(b.event(0)[0], 0x100045800u | event);
        EXPECT_EQ(b.event(0)[1] & kept, kS2 | kRead | what | tt_read);
        EXPECT_EQ(b.event(0)[2], kDeepVa);
        EXPECT_EQ(b.event(0)[3], r.ipa >> 12 << 12);
        b.store(0x10050, q2 & ~kS2r);
        b.run_sync(0x100000003, 1); // CFGI_STE
        expect_silent_abort(b, 1, kDeepVa, kDeepSsid);
        b.store(r.at, r.value);
        EXPECT_EQ(b.target(1, kDeepVa, kDeepSsid), kDeepPa);
    }
};
INSTANTIATE_TEST_SUITE_P(Reads, SmmuNestedS2Fault, testing::ValuesIn(s2_reads(false)),
                         name_of<Read>);

TEST_P(SmmuNestedS2Fault, Invalid)
{
    expect(GetParam().value & ~1ull, F_TRANSLATION);
}

TEST_P(SmmuNestedS2Fault, OutputTooLarge)
{
    expect(GetParam().value | 0x100000000000, F_ADDR_SIZE);
}

class SmmuNestedS2Leaf : public SmmuNestedS2Fault
{
};
INSTANTIATE_TEST_SUITE_P(Reads, SmmuNestedS2Leaf, testing::ValuesIn(s2_reads(true)), name_of<Read>);

TEST_P(SmmuNestedS2Leaf, AccessFlagClear)
{
    expect(GetParam().value & ~0x400ull, F_ACCESS);
}

TEST_P(SmmuNestedS2Leaf, NoRights)
{
    expect(GetParam().value & ~0xc0ull, F_PERMISSION);
}

// Structures and tables are read: the right to write is not enough.
TEST_P(SmmuNestedS2Leaf, WriteOnly)
{
    expect(GetParam().value & ~0x40ull, F_PERMISSION);
}

// And the right to read is: a write of the request needs no more of its tables. They are data, too.
TEST_P(SmmuNestedS2Leaf, ReadOnlyAndExecuteNever)
{
    const bool is_in = GetParam().purpose == Purpose::S2_OF_IN;

    b.make_deep();
    b.store(GetParam().at, (GetParam().value & ~0x80ull) | 0x40000000000000);
    b.boot_deep();
    const Answer a = b.dma(1, kDeepVa, SIM_DMA_WRITE, kDeepSsid);
    EXPECT_EQ(a.event, is_in ? F_PERMISSION : NO_EVENT);
    EXPECT_EQ(b.target(1, kDeepVa, kDeepSsid), kDeepPa);
}

TEST_P(SmmuNestedS2Leaf, AccessFlagNotChecked)
{
    b.make_deep(q2 | 0x20000000000000); // S2AFFD
    b.store(GetParam().at, GetParam().value & ~0x400ull);
    b.boot_deep();
    EXPECT_EQ(b.target(1, kDeepVa, kDeepSsid), kDeepPa);
}

// S2PTW: what stage 2 maps as Device is no place for tables. MemAttr 0 to 3 are such.
TEST_P(SmmuNestedS2Leaf, DeviceWithS2ptw)
{
    q2 |= 0x40000000000000;
    if (GetParam().purpose != Purpose::S2_OF_IN) {
        expect(GetParam().value & ~0x3cull, F_PERMISSION);
        return;
    }
    b.make_deep(q2);
    b.store(GetParam().at, GetParam().value & ~0x3cull);
    b.boot_deep();
    EXPECT_EQ(b.target(1, kDeepVa, kDeepSsid), kDeepPa);
}

TEST_P(SmmuNestedS2Leaf, EveryDeviceWithoutS2ptw)
{
    for (uint64_t mem_attr = 0; mem_attr < 4; mem_attr++) {
        Bench other;

        other.make_deep();
        other.store(GetParam().at, (GetParam().value & ~0x3cull) | mem_attr << 2);
        other.boot_deep();
        EXPECT_EQ(other.target(1, kDeepVa, kDeepSsid), kDeepPa) << mem_attr;
    }
}

TEST(SmmuNestedS2FaultCase, EveryDeviceWithS2ptw)
{
    for (uint64_t mem_attr = 0; mem_attr < 16; mem_attr++) {
        const bool is_device = mem_attr < 4;
        const bool is_reserved = !(mem_attr & 3) && !is_device;
        Bench b;

        if (is_reserved)
            continue;
        b.make_nested(1, 0, 0, 1, 7);
        b.store(0x10050, s2_q2(7) | 0x40000000000000);
        b.store(s2_slot(0, space(0)), (space(0) | 0x7c3) | mem_attr << 2);
        b.boot();
        EXPECT_EQ(b.dma(1, 0x1000).event, is_device ? F_PERMISSION : NO_EVENT) << mem_attr;
    }
}

// The rule holds when stage 2 knows the page already: a request of its own has read it there.
TEST(SmmuNestedS2FaultCase, S2ptwCountsForWhatIsCached)
{
    for (const uint64_t ipa : {cds_of(1), space(0), space(0) + 0x2000}) {
        Bench b;

        b.make_nested(1, 0, 0, 1, 7);
        b.make_s2_stream(2, 0, 7);
        for (const uint64_t ste : {0x10050u, 0x10090u})
            b.store(ste, s2_q2(7) | 0x40000000000000);
        b.store(s2_slot(0, ipa), ipa | 0x7c3);
        b.boot();
        EXPECT_EQ(b.target(2, ipa), ipa);
        EXPECT_EQ(b.dma(1, 0x1000).event, F_PERMISSION);
        ASSERT_EQ(b.n_events(), 1u);
        EXPECT_EQ(b.event(0)[1] & ~kTableRead, kS2 | kRead | (ipa == cds_of(1) ? 0 : kTable));
        EXPECT_EQ(b.n_accesses(s2_slot(0, ipa), 8), 1u);
    }
}

// The same for rights: a page that was written, and may not be read.
TEST(SmmuNestedS2FaultCase, RightsCountForWhatIsCached)
{
    for (const uint64_t ipa : {cds_of(1), space(0), space(0) + 0x2000, UINT64_C(0x201000)}) {
        Bench b;

        b.make_nested(1, 0, 0, 1, 7);
        b.make_s2_stream(2, 0, 7);
        b.store(s2_slot(0, ipa), ipa | 0x7bf);
        b.boot();
        EXPECT_EQ(b.dma(2, ipa, SIM_DMA_WRITE).status, SIM_DMA_OK);
        EXPECT_EQ(b.dma(1, 0x1000).event, F_PERMISSION);
        ASSERT_EQ(b.n_events(), 1u);
        EXPECT_EQ(b.event(0)[3], ipa);
        EXPECT_EQ(b.n_accesses(s2_slot(0, ipa), 8), 1u);
    }
}

// RnW, PnU and InD are always those of the request, with what the STE makes of it.
TEST(SmmuNestedS2FaultCase, TheRequestIsToldWhateverIsFetched)
{
    const std::pair<unsigned, uint64_t> rows[] = {
        {kWriteOnly, 0},         {kPrivW, kPriv},        {kReadOnly, kRead},
        {kPrivR, kRead | kPriv}, {kExec, kRead | kInst}, {kPrivExec, kRead | kPriv | kInst},
    };

    for (const uint64_t ipa : {cds_of(1), space(0), UINT64_C(0x201000)}) {
        for (const bool is_overridden : {false, true}) {
            Bench b;
            uint32_t n = 0;

            b.make_nested(1, 0, 0, 1, 7);
            if (is_overridden) // INSTCFG=2, PRIVCFG=2
                b.store(0x10048, 0xa000000000000);
            b.store(s2_slot(0, ipa), 0);
            b.boot();
            for (const auto &row : rows) {
                const uint64_t what = is_overridden ? row.second & kRead : row.second;

                // Users may write there: the privileged may not execute, says stage 1.
                if (ipa == 0x201000 && what == (kRead | kPriv | kInst))
                    continue;
                EXPECT_EQ(b.dma(1, 0x1000, row.first).event, F_TRANSLATION);
                ASSERT_EQ(b.n_events(), ++n);
                EXPECT_EQ(b.event(n - 1)[1] & (kRead | kPriv | kInst), what) << ipa;
                EXPECT_EQ(b.event(n - 1)[3], ipa);
            }
        }
    }
}

// ---- an intermediate address that stage 2 cannot take: 39 bits ----

struct Range {
    const char *name;
    Descriptor changed;
    uint64_t what, ipa;
};
MACHINE_CASES(Range)

class SmmuNestedRange : public testing::TestWithParam<Range>
{
};
const Range ranges[] = {
    {"context_pointer", {0x10040, 0x800000000f}, 0, 0x8000000000},
    {"last_context_pointer", {0x10040, 0xffffffffff4f}, 0, 0xfffffffff000},
    {"table_base", {0x41008, 0x8000080000}, kTable, 0x8000080000},
    {"level_2_table", {0x80000, 0x8000081003}, kTable, 0x8000081000},
    {"level_3_table", {0x81000, 0x8000082003}, kTable, 0x8000082000},
    {"page", {0x82008, 0x8000201f43}, kInput, 0x8000201000},
    {"block_of_2m", {0x81000, 0x8000200f41}, kInput, 0x8000201000},
    {"block_of_1g", {0x80000, 0x8000000f41}, kInput, 0x8000001000},
};
INSTANTIATE_TEST_SUITE_P(T04, SmmuNestedRange, testing::ValuesIn(ranges), name_of<Range>);

TEST_P(SmmuNestedRange, IsAFaultOfStage2)
{
    Bench b;

    b.make_nested(1, 0, 0, 1, 7);
    b.store(GetParam().changed.at, GetParam().changed.value);
    b.boot();
    EXPECT_EQ(b.dma(1, 0x1abc).status, SIM_DMA_ABORT);
    expect_events(b, {{0x100000010, kS2 | kRead | GetParam().what, 0x1abc, GetParam().ipa}});
}

// CMD_PREFETCH_CONFIG reads the CD as a request would, and says nothing if it cannot.
TEST(SmmuNestedS2FaultCase, APrefetchIsSilent)
{
    Bench b;

    b.make_nested(1, 0, 0, 1, 7);
    b.store(s2_slot(0, cds_of(1)), 0);
    b.boot();
    b.run_sync(0x100000001);
    EXPECT_EQ(b.n_accesses(s2_slot(0, cds_of(1)), 8), 1u);
    test_machine_break(b.m, s2_slot(0, cds_of(1)), 8);
    b.run_sync(0x100000001);
    EXPECT_EQ(b.n_events(), 0u);
    b.store(s2_slot(0, cds_of(1)), s2_page(cds_of(1)));
    b.run_sync(0x100000001);
    const unsigned n = b.n_accesses(cds_of(1), 64);
    EXPECT_EQ(n, 8u);
    EXPECT_EQ(b.target(1, 0x1000), 0x1000201000u);
    EXPECT_EQ(b.n_accesses(cds_of(1), 64), n);
    EXPECT_EQ(b.n_events(), 0u);
}

} // namespace
