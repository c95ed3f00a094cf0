// SPDX-License-Identifier: BSD-2-Clause
// Arrays with payloads: what each mode makes of them, sizes in use, entries that go at random,
// copies.
#include "models/common/hw_cache.h"

#include "sim/diag.h"

#include <gtest/gtest.h>

namespace
{

constexpr uint64_t SEED = 7;

// Entries of two ways, payloads of one word; pages from 4 KiB on.
struct Cache {
    explicit Cache(hw_cache_mode mode = HW_CACHE_NORMAL, uint32_t n_entries = 4)
    {
        list = {};
        list.tags = &tlb;
        list.data = reinterpret_cast<void **>(&data);
        list.n_bytes = sizeof(data[0]);
        list.n_entries = n_entries;
        list.n_ways = 2;
        list.may_be_empty = true;
        list.sizes = &sizes;
        EXPECT_EQ(hw_cache_make(&list, mode), 0);
    }
    Cache(const Cache &) = delete;
    Cache &operator=(const Cache &) = delete;
    ~Cache()
    {
        hw_cache_free(&list);
    }
    uint32_t put(uint64_t va, unsigned size_log2)
    {
        const uint64_t mask = UINT64_MAX << size_log2;
        const hw_tlb_tag tag = {HW_TLB_VALID | 1, UINT64_MAX, va & mask, mask};
        bool had_victim;

        return hw_tlb_put(&tlb, hw_tlb_set(&tlb, va >> size_log2), &tag, &had_victim);
    }
    bool has(uint64_t va) const
    {
        return hw_tlb_find_sized(&tlb, HW_TLB_VALID | 1, va, va) != HW_TLB_NONE;
    }
    hw_cache list;
    hw_tlb tlb{};
    hw_tlb_sizes sizes{};
    uint64_t *data = nullptr;
};

TEST(HwCache, HoldHasEightTimesTheWaysAndEvictsNobody)
{
    Cache cache(HW_CACHE_HOLD);

    EXPECT_EQ(cache.tlb.n_sets, 2u);
    EXPECT_EQ(cache.tlb.n_ways, 16u);
    for (uint64_t i = 0; i < 1000; i++)
        (void)cache.put(i << 12, 12);
    EXPECT_EQ(cache.tlb.n_valid, 32u);
}

TEST(HwCache, AlwaysMissKeepsAndNeverFinds)
{
    Cache cache(HW_CACHE_ALWAYS_MISS);

    (void)cache.put(0x1000, 12);
    EXPECT_EQ(cache.tlb.n_valid, 1u);
    EXPECT_FALSE(cache.has(0x1000));
}

TEST(HwCache, NoEntriesAreNoArrayOrAnError)
{
    Cache none(HW_CACHE_NORMAL, 0);
    hw_cache list = none.list;

    EXPECT_EQ(none.tlb.tags, nullptr);
    EXPECT_FALSE(none.has(0x1000));
    list.may_be_empty = false;
    EXPECT_EQ(hw_cache_make(&list, HW_CACHE_NORMAL), SIM_EINVAL);
}

TEST(HwCache, FreedTwiceIsFreedOnce)
{
    Cache cache;

    hw_cache_free(&cache.list);
    EXPECT_EQ(cache.data, nullptr);
}

// ---- page sizes

TEST(HwCache, EverySizeInUseIsLookedUp)
{
    Cache cache;

    (void)cache.put(0x1000, 12);
    (void)cache.put(0x40000000, 21);
    EXPECT_EQ(cache.sizes.in_use, UINT64_C(0x201000));
    EXPECT_EQ(hw_tlb_n_sizes(&cache.sizes), 2u);
    EXPECT_TRUE(cache.has(0x1fff));
    EXPECT_TRUE(cache.has(0x401fffff));
    EXPECT_FALSE(cache.has(0x2000));
    EXPECT_FALSE(cache.has(0x40200000));
}

TEST(HwCache, AnEmptyArrayStillTakesOneLookUp)
{
    const Cache cache;

    EXPECT_EQ(cache.sizes.in_use, 0u);
    EXPECT_EQ(hw_tlb_n_sizes(&cache.sizes), 1u);
}

TEST(HwCache, ASizeIsInUseUntilItsLastEntryGoes)
{
    Cache cache;
    const uint32_t a = cache.put(0x1000, 12);
    const uint32_t b = cache.put(0x2000, 12);

    EXPECT_EQ(cache.put(0x1000, 12), a) << "the same again is no second one";
    EXPECT_EQ(cache.sizes.n_entries[12], 2u);
    hw_tlb_drop(&cache.tlb, a);
    hw_tlb_drop(&cache.tlb, a);
    EXPECT_EQ(cache.sizes.in_use, UINT64_C(0x1000));
    hw_tlb_drop(&cache.tlb, b);
    EXPECT_EQ(cache.sizes.in_use, 0u);
}

TEST(HwCache, AVictimTakesItsSizeAlong)
{
    Cache cache(HW_CACHE_NORMAL, 2);

    (void)cache.put(0x40000000, 21);
    (void)cache.put(0x1000, 12);
    (void)cache.put(0x2000, 12);
    EXPECT_EQ(cache.sizes.in_use, UINT64_C(0x1000));
    EXPECT_EQ(cache.sizes.n_entries[12], 2u);
}

TEST(HwCache, ClearedItIsAsNew)
{
    Cache cache;

    (void)cache.put(0x40000000, 21);
    (void)cache.put(0x1000, 12);
    hw_tlb_clear(&cache.tlb);
    EXPECT_EQ(cache.tlb.n_valid, 0u);
    EXPECT_EQ(cache.sizes.in_use, 0u);
    EXPECT_FALSE(cache.has(0x1000));
}

// ---- at random

TEST(HwCache, OneLookUpInEightShakesOnAverage)
{
    sim_rng rng;
    unsigned n = 0;

    sim_rng_seed(&rng, SEED);
    for (unsigned i = 0; i < 8000; i++)
        n += hw_cache_shakes(&rng);
    EXPECT_GT(n, 900u);
    EXPECT_LT(n, 1100u);
}

TEST(HwCache, AnyEntryMayGoButOneAtATime)
{
    sim_rng rng;
    bool went[2] = {};

    sim_rng_seed(&rng, SEED);
    for (unsigned i = 0; i < 64; i++) {
        Cache cache;

        (void)cache.put(0x1000, 12);
        (void)cache.put(0x40000000, 21);
        hw_cache_drop_any(&cache.tlb, &rng);
        ASSERT_EQ(cache.tlb.n_valid, 1u);
        went[cache.has(0x1000) ? 1 : 0] = true;
    }
    EXPECT_TRUE(went[0] && went[1]);
}

TEST(HwCache, WithNothingInItNothingIsDrawn)
{
    Cache cache;
    sim_rng rng, untouched;

    sim_rng_seed(&rng, SEED);
    sim_rng_seed(&untouched, SEED);
    hw_cache_drop_any(&cache.tlb, &rng);
    EXPECT_EQ(sim_rng_below(&rng, 1u << 30), sim_rng_below(&untouched, 1u << 30));
}

// ---- copies

TEST(HwCache, WhatIsRestoredIsWhatWasThere)
{
    Cache cache;
    const uint32_t index = cache.put(0x1000, 12);
    sim_snapshot *snapshot = sim_snapshot_new();

    ASSERT_NE(snapshot, nullptr);
    cache.data[index] = 42;
    ASSERT_EQ(hw_cache_state(&cache.list, snapshot), 0);
    ASSERT_EQ(sim_snapshot_take(snapshot), 0);
    cache.data[index] = 43;
    cache.tlb.tags[index].va = 0;
    sim_snapshot_restore(snapshot);
    EXPECT_TRUE(cache.has(0x1000));
    EXPECT_EQ(cache.data[index], 42u);
    sim_snapshot_free(snapshot);
}

} // namespace
