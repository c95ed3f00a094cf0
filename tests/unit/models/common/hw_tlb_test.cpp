// SPDX-License-Identifier: BSD-2-Clause
// Associative arrays: what matches, who leaves a full set.
#include "models/common/hw_tlb.h"

#include <gtest/gtest.h>

#include <set>
#include <vector>

namespace
{

struct Tlb : hw_tlb {
    Tlb(uint32_t n_entries, uint32_t n_ways, hw_tlb_replace how = HW_TLB_ROUND_ROBIN,
        uint64_t seed = 1)
        : hw_tlb{}
    {
        EXPECT_EQ(hw_tlb_init(this, n_entries, n_ways), 0);
        hw_tlb_replacement(this, how, seed);
    }
    Tlb(const Tlb &) = delete;
    Tlb &operator=(const Tlb &) = delete;
    ~Tlb()
    {
        hw_tlb_free(this);
    }
    uint32_t put(uint64_t key, uint32_t set = 0)
    {
        const hw_tlb_tag tag = {HW_TLB_VALID | key, UINT64_MAX, 0, 0};
        bool had_victim;

        return hw_tlb_put(this, set, &tag, &had_victim);
    }
    // A look-up as its owner does it.
    bool hit(uint64_t key, uint32_t set = 0)
    {
        const uint32_t index = hw_tlb_find(this, set, HW_TLB_VALID | key, 0);

        if (index == HW_TLB_NONE)
            return false;
        hw_tlb_hit(this, index);
        return true;
    }
    bool has(uint64_t key, uint32_t set = 0)
    {
        return hw_tlb_find(this, set, HW_TLB_VALID | key, 0) != HW_TLB_NONE;
    }
};

TEST(HwTlb, SizesMustFit)
{
    hw_tlb tlb;

    EXPECT_NE(hw_tlb_init(&tlb, 0, 0), 0);
    EXPECT_NE(hw_tlb_init(&tlb, 10, 4), 0);
}

TEST(HwTlb, RoundRobinTakesOneAfterTheOtherWhoeverIsUsed)
{
    Tlb tlb(4, 0);

    for (uint64_t key = 1; key <= 4; key++)
        tlb.put(key);
    EXPECT_TRUE(tlb.hit(1));
    tlb.put(5);
    EXPECT_FALSE(tlb.has(1));
    tlb.put(6);
    EXPECT_FALSE(tlb.has(2));
    EXPECT_TRUE(tlb.has(3) && tlb.has(4) && tlb.has(5) && tlb.has(6));
}

TEST(HwTlb, PseudoLruSparesWhatWasHit)
{
    Tlb tlb(4, 0, HW_TLB_PLRU);

    for (uint64_t key = 1; key <= 4; key++)
        tlb.put(key); // the fourth bit clears the other three
    EXPECT_TRUE(tlb.hit(1));
    EXPECT_TRUE(tlb.hit(3));
    tlb.put(5); // 2 alone has no bit; its place gets the last one and clears the others
    EXPECT_FALSE(tlb.has(2));
    tlb.put(6);
    EXPECT_FALSE(tlb.has(1));
    EXPECT_TRUE(tlb.has(3) && tlb.has(4) && tlb.has(5) && tlb.has(6));
}

TEST(HwTlb, PseudoLruOfOneWayReplacesIt)
{
    Tlb tlb(2, 1, HW_TLB_PLRU);

    tlb.put(1, 0);
    tlb.put(2, 1);
    EXPECT_TRUE(tlb.hit(1, 0));
    tlb.put(3, 0);
    EXPECT_TRUE(tlb.has(3, 0) && tlb.has(2, 1));
}

TEST(HwTlb, PseudoLruForgetsTheBitOfWhatIsDropped)
{
    Tlb tlb(3, 0, HW_TLB_PLRU);
    const uint32_t first = tlb.put(1);

    tlb.put(2);
    hw_tlb_drop(&tlb, first);
    EXPECT_EQ(tlb.put(3), first);
    tlb.put(4); // the third bit: 2 and 3 lose theirs
    tlb.put(5); // in the first place
    EXPECT_FALSE(tlb.has(3));
    EXPECT_TRUE(tlb.has(2) && tlb.has(4));
}

std::vector<uint32_t> random_places(uint64_t seed)
{
    Tlb tlb(8, 0, HW_TLB_RANDOM, seed);
    std::vector<uint32_t> places;

    for (uint64_t key = 1; key <= 72; key++)
        places.push_back(tlb.put(key));
    return {places.begin() + 8, places.end()};
}

TEST(HwTlb, RandomIsTheSameForTheSameSeedOnly)
{
    EXPECT_EQ(random_places(1), random_places(1));
    EXPECT_NE(random_places(1), random_places(2));
}

TEST(HwTlb, RandomReachesEveryPlace)
{
    const std::vector<uint32_t> places = random_places(3);

    EXPECT_EQ(std::set<uint32_t>(places.begin(), places.end()).size(), 8u);
}

TEST(HwTlb, AnEmptyPlaceIsTakenBeforeAnybodyLeaves)
{
    for (const hw_tlb_replace how : {HW_TLB_ROUND_ROBIN, HW_TLB_RANDOM, HW_TLB_PLRU}) {
        Tlb tlb(4, 0, how);

        for (uint64_t key = 1; key <= 4; key++)
            tlb.put(key);
        hw_tlb_drop(&tlb, 2);
        EXPECT_EQ(tlb.put(9), 2u);
    }
}

TEST(HwTlb, OneThatKeepsTakesNothingMoreWhenASetIsFull)
{
    Tlb tlb(4, 2);

    tlb.keeps = true;
    tlb.put(1);
    tlb.put(2);
    EXPECT_EQ(tlb.put(3), HW_TLB_NONE);
    EXPECT_NE(tlb.put(3, 1), HW_TLB_NONE); // another set
    EXPECT_EQ(tlb.put(2), 1u);             // known already
    EXPECT_TRUE(tlb.has(1) && tlb.has(2));
    EXPECT_EQ(tlb.n_valid, 3u);
}

TEST(HwTlb, BlindOnesHaveEntriesAndFindNone)
{
    Tlb tlb(4, 0);

    tlb.is_blind = true;
    EXPECT_EQ(tlb.put(1), 0u);
    EXPECT_EQ(tlb.put(1), 0u); // the same entry
    EXPECT_EQ(tlb.n_valid, 1u);
    EXPECT_FALSE(tlb.has(1));
}

TEST(HwTlb, PartsAreSetsOfTheirOwn)
{
    Tlb tlb(64, 2); // 32 sets: 8 parts of 4

    for (uint64_t hash = 0; hash < 100; hash++) {
        for (uint32_t part = 0; part < 8; part++) {
            const uint32_t set = hw_tlb_set_in_part(&tlb, hash, part, 8);

            EXPECT_GE(set, part * 4);
            EXPECT_LT(set, part * 4 + 4);
        }
    }
}

} // namespace
