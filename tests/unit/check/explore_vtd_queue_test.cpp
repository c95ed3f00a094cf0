/* SPDX-License-Identifier: BSD-2-Clause
 * explore_vtd_queue_test.cpp - the invalidation queue of VT-d: what a descriptor that hardware
 * rejects, a wait that tells nobody, an order that nobody keeps leave behind (facts 4.3, 4.4). */
#include <gtest/gtest.h>

#include "tests/unit/check/explore_vtd_stream.h"

using namespace vtd_test;

namespace
{

constexpr uint64_t kPcPasid = 0x17 | 4 << 16; /* domain 4, PASID 0 */
constexpr uint64_t kIotlbDomain = 0xe2 | 4 << 16;

/* From domain 4 to domain 5 in one store. */
void begin_replace(Stream &s)
{
    s.has(0, ss(4, kTableA));
    s.on();
    s.begin();
    s.store16(pasid_at(0), ss(5, kTableB)[0], ss(5, kTableB)[1]);
}

void wait_record(Stream &s, int32_t ret = 0)
{
    sim_record r = {};

    r.kind = SIM_R_WAIT;
    r.wait.cond = SIM_COND_QUEUE;
    r.wait.addr = kQueue;
    r.wait.index = (s.tail + 127) % 128;
    r.wait.ret = ret;
    s.records.push_back(r);
}

void doorbell(Stream &s)
{
    s.reg(0x88, s.tail << 5);
}

/* ---- waits ---- */

TEST(VtdWait, OneThatWritesNoStatusTellsNobody)
{
    const struct {
        uint64_t q0;
        chk_class verdict;
    } cases[] = {
        {0x25 | 2ull << 32, CHK_HITLESS}, /* SW */
        {0x05 | 2ull << 32, CHK_STALE},   /* neither SW nor IF */
        {0x45, CHK_STALE},                /* FN alone: a fence */
    };

    for (const auto &c : cases) {
        Stream s;

        begin_replace(s);
        s.descriptor(kPcPasid);
        s.descriptor(kIotlbDomain);
        s.descriptor(c.q0, kStatus);
        doorbell(s);
        wait_record(s);
        s.end();
        EXPECT_EQ(c.verdict, s.last()) << std::hex << c.q0;
    }
}

TEST(VtdWait, OneThatWasAbortedIsNotComplete)
{
    Stream s;

    begin_replace(s);
    s.descriptor(kPcPasid);
    s.descriptor(kIotlbDomain);
    s.descriptor(0x25 | 2ull << 32, kStatus);
    doorbell(s);
    wait_record(s, -11);
    s.end();
    EXPECT_EQ(CHK_STALE, s.last());
}

TEST(VtdWait, ForWhatWasNeverPublishedNobodyCanWait)
{
    Stream s;

    begin_replace(s);
    s.descriptor(kPcPasid);
    s.descriptor(0x25 | 2ull << 32, kStatus);
    wait_record(s);
    s.descriptor(kIotlbDomain);
    s.wait();
    s.end();
    EXPECT_TRUE(s.last_op().inconclusive);
}

/* ---- descriptors that hardware rejects: IQE, and nothing is invalidated ---- */

TEST(VtdDescriptor, OneThatIsRejectedDropsNothing)
{
    const struct {
        const char *name;
        uint64_t pc, iotlb, iotlb_hi;
        chk_class verdict;
    } cases[] = {
        {"good", kPcPasid, kIotlbDomain, 0, CHK_HITLESS},
        {"reserved bit of PC", kPcPasid | 1 << 6, kIotlbDomain, 0, CHK_STALE},
        {"reserved word of PC", kPcPasid | 1ull << 52, kIotlbDomain, 0, CHK_STALE},
        {"reserved bit of IOTLB", kPcPasid, kIotlbDomain | 1ull << 32, 0, CHK_STALE},
        {"granularity 0", kPcPasid, 0xc2 | 4 << 16, 0, CHK_STALE},
        {"too many pages", kPcPasid, 0xf2 | 4 << 16, 0x13, CHK_STALE},
        {"PC granularity 2", kPcPasid | 1 << 5 | 0, kIotlbDomain, 0, CHK_HITLESS}, /* 3: all */
        {"PC granularity 2", (kPcPasid & ~0x10ull) | 1 << 5, kIotlbDomain, 0, CHK_STALE},
    };

    for (const auto &c : cases) {
        Stream s;

        begin_replace(s);
        s.descriptor(c.pc);
        s.descriptor(c.iotlb, c.iotlb_hi);
        s.wait();
        s.end();
        EXPECT_EQ(c.verdict, s.last()) << c.name;
    }
}

/* ---- device TLBs ---- */

/* Type 3 waits for IOTLB descriptors, not for those by PASID (4.4). */
TEST(VtdDeviceTlb, WaitsForTheIotlbAloneUnlessItIsByPasid)
{
    const struct {
        const char *name;
        bool is_by_pasid, has_wait, is_awaited;
        chk_class verdict;
    } cases[] = {
        {"domain, then the device", false, false, false, CHK_HITLESS},
        {"PASID, then the device", true, false, false, CHK_STALE},
        {"PASID, a wait that nobody sees, the device", true, true, false, CHK_STALE},
        {"PASID, wait, the device", true, true, true, CHK_HITLESS},
    };

    for (const auto &c : cases) {
        Stream s;

        s.has(0, fs(4, kTableA));
        s.allow_ats();
        s.on();
        s.ats(true);
        s.begin();
        s.store(pasid_at(0) + 16, kTableB);
        s.pc_pasid(4);
        if (c.is_by_pasid)
            s.piotlb(4);
        else
            s.iotlb_domain(4);
        if (c.is_awaited)
            s.wait();
        else if (c.has_wait)
            s.descriptor(0x25 | 3ull << 32, kStatus + 8);
        s.devtlb();
        s.wait();
        s.end();
        EXPECT_EQ(c.verdict, s.last()) << c.name;
    }
}

/* Begun before the wait was complete, it may have acted before what the wait was for. */
TEST(VtdDeviceTlb, OnePublishedBeforeAnEarlierWaitWasSeenMayHaveOvertakenIt)
{
    const struct {
        const char *name;
        bool is_published_first, is_by_pasid;
        chk_class verdict;
    } cases[] = {
        {"PIOTLB, wait, device, one doorbell", true, true, CHK_STALE},
        {"PIOTLB, wait seen, device", false, true, CHK_HITLESS},
        {"IOTLB, wait, device, one doorbell", true, false, CHK_HITLESS},
    };

    for (const auto &c : cases) {
        Stream s;

        s.has(0, fs(4, kTableA));
        s.allow_ats();
        s.on();
        s.ats(true);
        s.begin();
        s.store(pasid_at(0) + 16, kTableB);
        s.descriptor(kPcPasid);
        s.descriptor(c.is_by_pasid ? 0x26 | 4 << 16 : kIotlbDomain);
        s.descriptor(0x25 | 2ull << 32, kStatus + 8);
        if (c.is_published_first)
            s.devtlb();
        doorbell(s);
        s.poll_memory(kStatus + 8, 2);
        if (!c.is_published_first)
            s.devtlb();
        s.wait();
        s.end();
        EXPECT_EQ(c.verdict, s.last()) << c.name;
    }
}

/* A knob says that it waits for PIOTLB, too; a note, that the knob decided. */
TEST(VtdDeviceTlb, HardwareThatKeepsTheOrderIsAKnob)
{
    const struct {
        const char *name;
        bool is_by_pasid, is_kept, has_note;
        chk_class verdict;
    } cases[] = {
        {"PIOTLB, device", true, false, true, CHK_STALE},
        {"PIOTLB, device, in order", true, true, true, CHK_HITLESS},
        {"IOTLB, device", false, false, false, CHK_HITLESS},
        {"IOTLB, device, in order", false, true, false, CHK_HITLESS},
    };

    for (const auto &c : cases) {
        Stream s;

        s.params.is_atc_in_order = c.is_kept;
        s.has(0, fs(4, kTableA));
        s.allow_ats();
        s.on();
        s.ats(true);
        s.begin();
        s.store(pasid_at(0) + 16, kTableB);
        s.pc_pasid(4);
        if (c.is_by_pasid)
            s.piotlb(4);
        else
            s.iotlb_domain(4);
        s.devtlb();
        s.wait();
        s.end();
        EXPECT_EQ(c.verdict, s.last()) << c.name;
        EXPECT_EQ(c.has_note, (s.last_op().notes & XPL_NOTE_ATC_ORDER) != 0) << c.name;
    }
}

TEST(VtdDeviceTlb, AFenceKeepsTheOrder)
{
    Stream s;

    s.has(0, fs(4, kTableA));
    s.allow_ats();
    s.on();
    s.ats(true);
    s.begin();
    s.store(pasid_at(0) + 16, kTableB);
    s.pc_pasid(4);
    s.piotlb(4);
    s.descriptor(0x45);
    s.devtlb();
    s.wait();
    s.end();
    EXPECT_EQ(CHK_HITLESS, s.last());
}

/* Types 3 and 8: requests without a PASID, and those of one. */
TEST(VtdDeviceTlb, EachTypeDropsItsOwnRequests)
{
    const struct {
        const char *name;
        uint64_t pasid; /* of the switch; 0: requests without one */
        uint64_t q0, q1;
        chk_class verdict;
    } cases[] = {
        {"3, without", 0, 0x3 | uint64_t{kSid} << 32, 0x7ffffffffffff001, CHK_HITLESS},
        {"3, other device", 0, 0x3 | uint64_t{kOtherSid} << 32, 0x7ffffffffffff001, CHK_STALE},
        {"3, one page", 0, 0x3 | uint64_t{kSid} << 32, 0x1000, CHK_STALE},
        {"8, all PASIDs, without", 0, 0x8 | kSid << 16, 0x7ffffffffffff801, CHK_STALE},
        {"8, without", 0, 0x8 | kSid << 16, 0x7ffffffffffff800, CHK_STALE},
        {"3, PASID 5", 5, 0x3 | uint64_t{kSid} << 32, 0x7ffffffffffff001, CHK_STALE},
        {"8, PASID 5", 5, 0x8 | kSid << 16 | 5ull << 32, 0x7ffffffffffff800, CHK_HITLESS},
        {"8, PASID 6", 5, 0x8 | kSid << 16 | 6ull << 32, 0x7ffffffffffff800, CHK_STALE},
        {"8, all PASIDs", 5, 0x8 | kSid << 16, 0x7ffffffffffff801, CHK_HITLESS},
    };

    for (const auto &c : cases) {
        const uint32_t named = c.pasid ? static_cast<uint32_t>(c.pasid) : UINT32_MAX;
        const unsigned op = c.pasid ? SIM_OP_REPLACE_PASID : SIM_OP_REPLACE;
        Stream s;

        s.has(0, ss(6, kTableA));
        s.has(0, ss(4, kTableA), 5);
        s.allow_ats();
        s.store(kContexts + kSid * 32, kDirectory | 0xd | 8, SIM_S_CTX);
        s.on();
        s.ats(true);
        s.begin(op, 0, named);
        s.store16(pasid_at(0, c.pasid), ss(5, kTableB)[0], ss(5, kTableB)[1]);
        s.pc_pasid(c.pasid ? 4 : 6, c.pasid);
        s.iotlb_domain(c.pasid ? 4 : 6);
        s.descriptor(c.q0, c.q1);
        s.wait();
        s.end(op, 0, named);
        EXPECT_EQ(c.verdict, s.last()) << c.name;
    }
}

/* ---- the queue goes round ---- */

TEST(VtdQueue, GoesRound)
{
    for (const bool has_iotlb : {true, false}) {
        Stream s;

        s.has(0, ss(4, kTableA));
        s.on();
        for (unsigned i = 0; i < 100; i++) { /* 3 slots each: more than twice around */
            s.cc_global();
            s.pc_global();
            s.wait();
        }
        s.begin();
        s.store16(pasid_at(0), ss(5, kTableB)[0], ss(5, kTableB)[1]);
        s.descriptor(kPcPasid);
        if (has_iotlb)
            s.descriptor(kIotlbDomain);
        s.wait();
        s.end();
        EXPECT_EQ(has_iotlb ? CHK_HITLESS : CHK_STALE, s.last());
    }
}

} // namespace
