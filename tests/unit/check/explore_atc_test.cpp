/* SPDX-License-Identifier: BSD-2-Clause
 * explore_atc_test.cpp - devices that keep translations: when they must be told, and in what order.
 */
#include "tests/unit/check/explore_stream.h"

using namespace explore_test;

namespace
{

constexpr uint64_t kEatsFull = 1ull << 28;
constexpr uint64_t kL1 = kTableA + 0x1000;
constexpr uint64_t kL2 = kTableA + 0x2000;
constexpr uint64_t kL3 = kTableA + 0x3000;

void prepare(Stream &s)
{
    s.entry(ste_at(kSid), s1_ste(kCdTable));
    s.store(ste_at(kSid) + 8, s1_ste(kCdTable)[1] | kEatsFull);
    s.entry(kCdTable, cd(1, kTableA));
    s.entry(kSecondCdTable, cd(2, kTableB));
    s.store(kTableA, kL1 | 3, SIM_S_PTE);
    s.store(kL1, kL2 | 3, SIM_S_PTE);
    s.store(kL2, kL3 | 3, SIM_S_PTE);
    s.store(kL3 + 8, 0x80001f43, SIM_S_PTE);
    s.reg(0x20, 0x19); /* with ATSCHK */
    s.ats(true);
}

/* An unmap with the commands @order: t TLBI, a ATC_INV, s sync. */
chk_class unmap(const char *order)
{
    Stream s;

    prepare(s);
    s.begin(SIM_OP_UNMAP, UINT32_MAX, 0x1000, 0x1000);
    s.store(kL3 + 8, 0, SIM_S_PTE);
    for (; *order; order++) {
        if (*order == 't')
            s.tlbi_asid(1);
        else if (*order == 'a')
            s.atc_inv_all();
        else
            s.sync();
    }
    s.end(SIM_OP_UNMAP, UINT32_MAX, 0x1000, 0x1000);
    return s.last();
}

TEST(ExploreAtc, unmap_needs_both_with_a_sync_between)
{
    EXPECT_EQ(CHK_HITLESS, unmap("tsas"));
    EXPECT_EQ(CHK_STALE, unmap("ts"));
    EXPECT_EQ(CHK_STALE, unmap("tas"));
    EXPECT_EQ(CHK_STALE, unmap("asts"));
    EXPECT_EQ(CHK_STALE, unmap("tsa"));
}

chk_class replace(bool has_inv)
{
    Stream s;

    prepare(s);
    s.begin(SIM_OP_REPLACE);
    s.store(ste_at(kSid), s1_ste(kSecondCdTable)[0]);
    s.cfgi_ste();
    s.sync();
    if (has_inv) {
        s.atc_inv_all();
        s.sync();
    }
    s.end(SIM_OP_REPLACE);
    return s.last();
}

TEST(ExploreAtc, replace_without_atc_inv_is_stale)
{
    EXPECT_EQ(CHK_STALE, replace(false));
}

TEST(ExploreAtc, replace_with_atc_inv_is_hitless)
{
    EXPECT_EQ(CHK_HITLESS, replace(true));
}

chk_class turn_off(bool device_first)
{
    Stream s;

    prepare(s);
    s.begin(SIM_OP_REPLACE);
    if (device_first)
        s.ats(false);
    s.store(ste_at(kSid) + 8, s1_ste(kCdTable)[1]);
    s.cfgi_ste();
    s.sync();
    if (!device_first)
        s.ats(false);
    s.atc_inv_all();
    s.sync();
    s.end(SIM_OP_REPLACE);
    return s.last();
}

TEST(ExploreAtc, eats_off_before_the_device_breaks)
{
    EXPECT_EQ(CHK_BREAKS, turn_off(false));
}

TEST(ExploreAtc, eats_off_after_the_device_is_hitless)
{
    EXPECT_EQ(CHK_HITLESS, turn_off(true));
}

} // namespace
