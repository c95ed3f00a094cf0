/* SPDX-License-Identifier: BSD-2-Clause
 * explore_vtd_doubt_test.cpp - hardware of VT-d that sees stores late, or is told by registers:
 * what the explorer does not follow is no proof (facts 1.4, 4.4, 6.4). */
#include <gtest/gtest.h>

#include "tests/unit/check/explore_vtd_stream.h"

using namespace vtd_test;

namespace
{

constexpr uint64_t kRwbf = 1 << 4;
constexpr uint32_t kOn = 1u << 31 | 1u << 26;

void recorded(Stream &s)
{
    sim_record r = {};

    r.kind = SIM_R_META;
    r.meta.key = {"barriers", 8};
    r.meta.value = {"recorded", 8};
    s.records.insert(s.records.begin(), r);
}

void attach(Stream &s)
{
    s.store(pasid_at(0) + 8, ss(5, kTableB)[1]);
    s.store(pasid_at(0), ss(5, kTableB)[0]);
}

TEST(VtdDoubt, WithoutAWriteBufferAnEntryAppearsByItself)
{
    Stream s;

    s.on();
    s.begin(SIM_OP_ATTACH);
    attach(s);
    s.end(SIM_OP_ATTACH);
    EXPECT_FALSE(s.last_op().inconclusive);
    EXPECT_EQ(CHK_HITLESS, s.last());
}

TEST(VtdDoubt, AWriteBufferThatNobodyEmptiesKeepsTheEntry)
{
    Stream s(kCap | kRwbf);

    s.on();
    s.begin(SIM_OP_ATTACH);
    attach(s);
    s.end(SIM_OP_ATTACH);
    EXPECT_TRUE(s.last_op().inconclusive);
}

TEST(VtdDoubt, WbfEmptiesTheWriteBuffer)
{
    for (const bool is_late : {true, false}) {
        Stream s(kCap | kRwbf);

        s.on();
        s.begin(SIM_OP_ATTACH);
        if (!is_late)
            s.reg(0x18, kOn | 1u << 27);
        attach(s);
        if (is_late)
            s.reg(0x18, kOn | 1u << 27);
        s.end(SIM_OP_ATTACH);
        EXPECT_EQ(!is_late, s.last_op().inconclusive);
    }
}

/* Hardware empties it before it executes one (4.4). */
TEST(VtdDoubt, SoDoesAnInvalidationThatIsComplete)
{
    const struct {
        bool has_wait, is_last_store_behind, is_open;
    } cases[] = {{true, false, false}, {false, false, true}, {true, true, true}};

    for (const auto &c : cases) {
        Stream s(kCap | kRwbf);

        s.has(0, ss(4, kTableA));
        s.on();
        s.begin();
        s.store16(pasid_at(0), ss(5, kTableB)[0], ss(5, kTableB)[1]);
        s.pc_pasid(4);
        s.iotlb_domain(4);
        if (c.has_wait)
            s.wait();
        if (c.is_last_store_behind)
            s.store(pasid_at(0) + 16, 0x1000);
        s.end();
        EXPECT_EQ(c.is_open, s.last_op().inconclusive);
    }
}

TEST(VtdDoubt, TablesThatAreNotSnoopedNeedFlushesThatAreNotFollowed)
{
    const struct {
        bool is_recorded, is_coherent, is_open;
    } cases[] = {{true, false, true},
                 {true, true, false},
                 {false, false, false}, /* a kernel's trace: order and flushes are assumed */
                 {false, true, false}};

    for (const auto &c : cases) {
        Stream s;

        if (c.is_recorded)
            recorded(s);
        if (!c.is_coherent)
            s.id(0x10, kEcap & ~1ull);
        s.on();
        s.begin(SIM_OP_ATTACH);
        attach(s);
        s.end(SIM_OP_ATTACH);
        EXPECT_EQ(c.is_open, s.last_op().inconclusive) << c.is_recorded << c.is_coherent;
    }
}

/* CCMD, and IOTLB behind IVA at ECAP.IRO * 16. */
TEST(VtdDoubt, InvalidationsByRegistersAreNotFollowed)
{
    constexpr uint64_t kIro = 0x50ull << 8;
    const struct {
        uint64_t offset;
        bool is_open;
    } cases[] = {{0x28, true}, {0x508, true}, {0x500, false}, {0x38, false}};

    for (const auto &c : cases) {
        Stream s(kCap, false);

        s.id(0x10, kEcap | kIro);
        s.store16(legacy_at(kSid), legacy(4, kTableA)[0], legacy(4, kTableA)[1], SIM_S_CTX);
        s.on();
        s.begin();
        s.store16(legacy_at(kSid), legacy(5, kTableB)[0], legacy(5, kTableB)[1], SIM_S_CTX);
        s.reg(c.offset, 1ull << 63, 8);
        s.cc_device(4);
        s.iotlb_domain(4);
        s.wait();
        s.end();
        EXPECT_EQ(c.is_open, s.last_op().inconclusive) << std::hex << c.offset;
    }
}

TEST(VtdDoubt, BeforeTranslationIsOnNothingIsToBeInvalidated)
{
    Stream s;

    s.reg(0x28, 1ull << 63, 8);
    s.on();
    s.begin(SIM_OP_ATTACH);
    attach(s);
    s.end(SIM_OP_ATTACH);
    EXPECT_EQ(CHK_HITLESS, s.last());
}

} // namespace
