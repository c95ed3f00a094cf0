// SPDX-License-Identifier: BSD-2-Clause
// What a refused request leaves behind: each record word by word, what R and A of a CD make of a
// fault, which of two faults is reported (6.1, 6.2, 3.5, 4.1 of the facts; 7.3, 5.5).
#include "tests/unit/models/smmuv3/machine_bench.h"

namespace
{

using namespace machine;

const unsigned kRd = SIM_DMA_READ, kWr = SIM_DMA_WRITE, kPv = SIM_DMA_PRIVILEGED;
const unsigned kEx = SIM_DMA_READ | SIM_DMA_EXECUTE;

// Stream 1 has 4 CDs, S1DSS=0; CD 2 is that of make_stream.
void four_cds(Bench &b)
{
    b.make_stream(1, 0, 1);
    b.ste(1, {0x100000000004100b});
    b.cd(1, 2, {0x16205c0000019, 0x80000, 0, 0xff});
}

// ---- 6.2: records ----

struct Event {
    const char *name;
    void (*prepare)(Bench &b);
    uint32_t sid;
    uint64_t iova;
    unsigned access;
    int64_t ssid;
    Record record;
};
MACHINE_CASES(Event)

void nothing(Bench &)
{
}

void stream(Bench &b)
{
    b.make_stream(1, 0, 1);
}

void no_access_flag(Bench &b)
{
    four_cds(b);
    b.store(0x82008, 0x201b43);
}

void read_only(Bench &b)
{
    four_cds(b);
    b.store(0x82008, 0x201f83); // privileged, read
}

void too_large(Bench &b)
{
    four_cds(b);
    b.cd(1, 2, {0x16200c0000019, 0x80000, 0, 0xff}); // IPS=0
    b.store(0x82008, 0x100000f43);
}

void broken_table(Bench &b)
{
    four_cds(b);
    test_machine_break(b.m, 0x81000, 8);
}

void overridden(Bench &b, uint64_t q1)
{
    b.make_stream(1, 0, 1);
    b.ste(1, {0x4100b, q1});
}

const Event events[] = {
    {"bad_streamid", nothing, 0x1234, 0x9000, kRd, kNoSsid, {0x123400000002, 0, 0, 0}},
    {"bad_streamid_with_ssid", nothing, 0x1234, 0x9000, kWr, 7, {0x123400007802, 0, 0, 0}},
    {"ste_fetch",
     [](Bench &b) { test_machine_break(b.m, 0x10080, 64); },
     2,
     0x9000,
     kRd,
     7,
     {0x200007803, 0, 0, 0x10080}},
    {"bad_ste", nothing, 1, 0x9000, kRd, kNoSsid, {0x100000004, 0, 0, 0}},
    {"bad_ste_with_ssid", nothing, 1, 0x9000, kRd, 0xfffff, {0x1fffff804, 0, 0, 0}},
    {"stream_disabled", four_cds, 1, 0x9000, kRd, kNoSsid, {0x100000006, 0, 0, 0}},
    {"bad_substreamid_has_no_ssv", four_cds, 1, 0x9000, kRd, 4, {0x100004008, 0, 0, 0}},
    {"cd_fetch",
     [](Bench &b) {
         four_cds(b);
         test_machine_break(b.m, 0x410c0, 64);
     },
     1,
     0x9000,
     kRd,
     3,
     {0x100003809, 0, 0, 0x410c0}},
    {"bad_cd", four_cds, 1, 0x9000, kRd, 1, {0x10000180a, 0, 0, 0}},
    {"walk_abort", broken_table, 1, 0x1010, kRd, 2, {0x10000280b, 0x10800000000, 0x1010, 0x81000}},
    {"walk_abort_of_privileged_write",
     broken_table,
     1,
     0x1010,
     kWr | kPv,
     2,
     {0x10000280b, 0x10200000000, 0x1010, 0x81000}},
    {"translation", stream, 1, 0x20010, kRd, kNoSsid, {0x100000010, 0x20800000000, 0x20010, 0}},
    {"translation_write",
     stream,
     1,
     0x20010,
     kWr,
     kNoSsid,
     {0x100000010, 0x20000000000, 0x20010, 0}},
    {"translation_privileged_read",
     stream,
     1,
     0x20010,
     kRd | kPv,
     kNoSsid,
     {0x100000010, 0x20a00000000, 0x20010, 0}},
    {"translation_execute",
     stream,
     1,
     0x20010,
     kEx,
     kNoSsid,
     {0x100000010, 0x20c00000000, 0x20010, 0}},
    {"translation_privileged_execute",
     stream,
     1,
     0x20010,
     kEx | kPv,
     kNoSsid,
     {0x100000010, 0x20e00000000, 0x20010, 0}},
    {"translation_keeps_the_top_byte",
     [](Bench &b) {
         b.make_stream(1, 0, 1);
         b.cd(1, 0, {0x16245c0000019, 0x80000, 0, 0xff}); // TBI0
     },
     1,
     0xab00000000020010,
     kRd,
     kNoSsid,
     {0x100000010, 0x20800000000, 0xab00000000020010, 0}},
    {"translation_with_ssid",
     four_cds,
     1,
     0x20010,
     kRd,
     2,
     {0x100002810, 0x20800000000, 0x20010, 0}},
    {"addr_size", too_large, 1, 0x1010, kRd, 2, {0x100002811, 0x20800000000, 0x1010, 0}},
    {"access", no_access_flag, 1, 0x1010, kWr, 2, {0x100002812, 0x20000000000, 0x1010, 0}},
    {"permission", read_only, 1, 0x1010, kRd, 2, {0x100002813, 0x20800000000, 0x1010, 0}},
    {"permission_of_privileged_write",
     read_only,
     1,
     0x1010,
     kWr | kPv,
     2,
     {0x100002813, 0x20200000000, 0x1010, 0}},
    {"bypass_beyond_oas", // T05
     [](Bench &b) { b.ste(1, {0x9}); },
     1,
     0x1000000000000,
     kRd,
     kNoSsid,
     {0x100000011, 0x20800000000, 0x1000000000000, 0}},
    {"dss_bypass_beyond_oas", // T05
     [](Bench &b) {
         four_cds(b);
         b.ste(1, {0x100000000004100b, 1});
     },
     1,
     0x1000000000000,
     kWr,
     kNoSsid,
     {0x100000011, 0x20000000000, 0x1000000000000, 0}},
    {"privcfg_makes_it_privileged",
     [](Bench &b) { overridden(b, 0x3000000000000); },
     1,
     0x20010,
     kRd,
     kNoSsid,
     {0x100000010, 0x20a00000000, 0x20010, 0}},
    {"privcfg_makes_it_unprivileged",
     [](Bench &b) { overridden(b, 0x2000000000000); },
     1,
     0x20010,
     kRd | kPv,
     kNoSsid,
     {0x100000010, 0x20800000000, 0x20010, 0}},
    {"instcfg_makes_it_an_instruction",
     [](Bench &b) { overridden(b, 0xc000000000000); },
     1,
     0x20010,
     kRd,
     kNoSsid,
     {0x100000010, 0x20c00000000, 0x20010, 0}},
    {"instcfg_leaves_writes_data",
     [](Bench &b) { overridden(b, 0xc000000000000); },
     1,
     0x20010,
     kWr,
     kNoSsid,
     {0x100000010, 0x20000000000, 0x20010, 0}},
    {"instcfg_makes_it_data",
     [](Bench &b) { overridden(b, 0x8000000000000); },
     1,
     0x20010,
     kEx,
     kNoSsid,
     {0x100000010, 0x20800000000, 0x20010, 0}},
};

class SmmuEvent : public testing::TestWithParam<Event>
{
  protected:
    static void expect_record(const char *preset)
    {
        const Event &e = GetParam();
        Bench b{Config(preset)};

        e.prepare(b);
        b.boot();
        const Answer a = b.dma(e.sid, e.iova, e.access, e.ssid);
        EXPECT_EQ(a.status, SIM_DMA_ABORT);
        EXPECT_EQ(a.event, e.record[0] & 0xff);
        expect_events(b, {e.record});
    }
};
INSTANTIATE_TEST_SUITE_P(Words, SmmuEvent, testing::ValuesIn(events), name_of<Event>);

TEST_P(SmmuEvent, IsThisRecord)
{
    expect_record("zero");
}

TEST_P(SmmuEvent, IsThisRecordWithTime)
{
    expect_record("mmu600");
}

// ---- 3.5: R (bit 45) and A (bit 46) of a CD, S=0 ----

struct Response {
    const char *name;
    uint64_t cd_q0; // with A=0, R=0
    uint64_t iova;
    unsigned access;
    uint32_t event;
    bool is_governed; // by A and R
};
MACHINE_CASES(Response)

class SmmuResponse : public testing::TestWithParam<Response>
{
};
const Response responses[] = {
    {"translation", 0x10205c0000019, 0x20000, kRd, F_TRANSLATION, true},
    {"translation_out_of_range", 0x10205c0000019, 0x8000000000, kWr, F_TRANSLATION, true},
    {"addr_size", 0x10200c0000019, 0x1000, kRd, F_ADDR_SIZE, true},
    {"access", 0x10205c0000019, 0x2000, kWr, F_ACCESS, true},
    {"permission", 0x10205c0000019, 0x3000, kWr, F_PERMISSION, true},
    {"walk_abort", 0x10205c0000019, 0x200000, kRd, F_WALK_EABT, false},
    {"bad_cd", 0x1020540000019, 0x1000, kRd, C_BAD_CD, false},
};
INSTANTIATE_TEST_SUITE_P(RandA, SmmuResponse, testing::ValuesIn(responses), name_of<Response>);

TEST_P(SmmuResponse, IsAbortOrZeroRecordedOrSilent)
{
    const Response &r = GetParam();

    for (unsigned a_and_r = 0; a_and_r < 4; a_and_r++) {
        const bool abort = a_and_r & 2 || !r.is_governed, record = a_and_r & 1 || !r.is_governed;
        Bench b;

        b.make_stream(1, 0, 1);
        b.cd(1, 0, {r.cd_q0 | static_cast<uint64_t>(a_and_r) << 45, 0x80000, 0, 0xff});
        b.store(leaf_slot(0, 0x1000), 0x100000000f43);
        b.store(leaf_slot(0, 0x2000), 0x202b43);
        b.store(leaf_slot(0, 0x3000), 0x203fc3);
        b.store(0x81008, 0x1000000003); // nothing answers there
        b.boot();
        const Answer a = b.dma(1, r.iova, r.access);
        EXPECT_EQ(a.status, abort ? SIM_DMA_ABORT : SIM_DMA_RAZ_WI) << a_and_r;
        EXPECT_EQ(a.event, r.event) << a_and_r;
        EXPECT_EQ(b.n_events(), record ? 1u : 0u) << a_and_r;
    }
}

TEST(SmmuResponses, RazWiReadsZeroAndWritesNothing)
{
    uint64_t data = 0x1111;
    Bench b;
    Request rd(1, 0x20000), wr(1, 0x20000, SIM_DMA_WRITE);

    b.make_stream(1, 0, 1);
    b.cd(1, 0, {0x10205c0000019, 0x80000, 0, 0xff});
    b.boot();
    wr.dma.data = &data;
    b.submit(wr);
    b.settle();
    EXPECT_EQ(wr.dma.status, SIM_DMA_RAZ_WI);
    rd.dma.data = &data;
    b.submit(rd);
    b.settle();
    EXPECT_EQ(rd.dma.status, SIM_DMA_RAZ_WI);
    EXPECT_EQ(data, 0u);
}

TEST(SmmuResponses, DataMovesThroughTheTranslation)
{
    uint64_t data = 0x1122334455667788;
    Bench b;
    Request wr(1, 0x1010, SIM_DMA_WRITE), rd(1, 0x2010);

    b.make_stream(1, 0, 1);
    b.boot();
    wr.dma.data = &data;
    b.submit(wr);
    b.settle();
    EXPECT_EQ(wr.dma.status, SIM_DMA_OK);
    EXPECT_EQ(b.load(0x201010), 0x1122334455667788u);
    b.store(0x202010, 0xabcd);
    rd.dma.data = &data;
    b.submit(rd);
    b.settle();
    EXPECT_EQ(rd.dma.status, SIM_DMA_OK);
    EXPECT_EQ(data, 0xabcdu);
}

// ---- 4.1: of two things that are wrong, the first is reported, and only that ----

struct Order {
    const char *name;
    void (*prepare)(Bench &b);
    uint32_t sid;
    uint64_t iova;
    int64_t ssid;
    uint32_t event; // 0: silent
};
MACHINE_CASES(Order)

class SmmuOrder : public testing::TestWithParam<Order>
{
};
const Order orders[] = {
    {"bad_streamid_before_ste_fetch", [](Bench &b) { test_machine_break(b.m, 0x14000, 64); }, 256,
     0, kNoSsid, C_BAD_STREAMID},
    {"bad_ste_before_bad_substreamid", [](Bench &b) { b.ste(1, {0xa80000000004100b}); }, 1, 0,
     0x80000, C_BAD_STE},
    {"bad_ste_before_stream_disabled",
     [](Bench &b) {
         b.ste(1, {0x100000000004100b, 0x40000000});
     },
     1, 0, kNoSsid, C_BAD_STE},
    {"silent_abort_before_bad_substreamid", [](Bench &b) { b.ste(1, {0x1}); }, 1, 0, 5, 0},
    {"silent_abort_before_address_size", [](Bench &b) { b.ste(1, {0x1}); }, 1, 0x1000000000000,
     kNoSsid, 0},
    {"bad_substreamid_before_address_size", [](Bench &b) { b.ste(1, {0x9}); }, 1, 0x1000000000000,
     5, C_BAD_SUBSTREAMID},
    {"bad_substreamid_before_cd_fetch",
     [](Bench &b) {
         four_cds(b);
         test_machine_break(b.m, 0x41100, 64);
     },
     1, 0, 4, C_BAD_SUBSTREAMID},
    {"stream_disabled_before_cd_fetch",
     [](Bench &b) {
         four_cds(b);
         test_machine_break(b.m, 0x41000, 64);
     },
     1, 0, kNoSsid, F_STREAM_DISABLED},
    {"stream_disabled_before_l1cd_fetch",
     [](Bench &b) {
         b.ste(1, {0x400000000040001b, 2}); // two levels, S1DSS=10
         test_machine_break(b.m, 0x400000, 8);
     },
     1, 0, 0, F_STREAM_DISABLED},
    {"dss_bypass_before_cd_fetch",
     [](Bench &b) {
         b.ste(1, {0x100000000004100b, 1});
         test_machine_break(b.m, 0x41000, 64);
     },
     1, 0x1000000000000, kNoSsid, F_ADDR_SIZE},
    {"l1cd_fetch_before_bad_cd",
     [](Bench &b) {
         b.ste(1, {0x400000000040001b, 2});
         test_machine_break(b.m, 0x400000, 8);
     },
     1, 0, 5, F_CD_FETCH},
    {"invalid_l1cd_before_cd_fetch",
     [](Bench &b) {
         b.ste(1, {0x400000000040001b, 2});
         b.store(0x400000, 0x500000);
         test_machine_break(b.m, 0x500000, 0x1000);
     },
     1, 0, 5, C_BAD_SUBSTREAMID},
    {"bad_cd_before_translation", [](Bench &b) { b.ste(1, {0x4100b}); }, 1, 0x8000000000, kNoSsid,
     C_BAD_CD},
    {"range_before_walk_abort",
     [](Bench &b) {
         b.make_stream(1, 0, 1);
         test_machine_break(b.m, 0x80000, 0x1000);
     },
     1, 0x8000000000, kNoSsid, F_TRANSLATION},
    {"walk_abort_before_anything_below",
     [](Bench &b) {
         b.make_stream(1, 0, 1);
         b.store(0x82000, 0);
         test_machine_break(b.m, 0x81000, 8);
     },
     1, 0, kNoSsid, F_WALK_EABT},
};
INSTANTIATE_TEST_SUITE_P(First, SmmuOrder, testing::ValuesIn(orders), name_of<Order>);

TEST_P(SmmuOrder, IsTheOneReported)
{
    const Order &o = GetParam();
    Bench b;

    o.prepare(b);
    b.boot();
    const Answer a = b.dma(o.sid, o.iova, SIM_DMA_READ, o.ssid);
    EXPECT_EQ(a.status, SIM_DMA_ABORT);
    ASSERT_EQ(b.n_events(), o.event ? 1u : 0u);
    EXPECT_EQ(b.event(0)[0] & 0xff, o.event);
}

} // namespace
