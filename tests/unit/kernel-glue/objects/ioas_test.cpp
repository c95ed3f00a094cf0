/* SPDX-License-Identifier: BSD-2-Clause
 * ioas_test.cpp - address spaces: what may be mapped where, and who is told. */
#include "tests/unit/kernel-glue/objects/fake_driver.h"

#include <gtest/gtest.h>

namespace
{

using Lines = std::vector<std::string>;

class Ioas : public ::testing::Test
{
  protected:
    void SetUp() override
    {
        device = fake.device(0);
        a = fake.ioas();
    }
    int unmap(uint64_t iova, uint64_t n_bytes, uint64_t *n = nullptr)
    {
        return iofd_unmap(fake.fd, a, iova, n_bytes, n);
    }

    Fake fake;
    uint32_t device = 0, a = 0;
};

/* ---- what may be mapped ---- */

struct Refusal {
    const char *name;
    iofd_range range;
    int err;
};

const Refusal kRefusals[] = {
    {"no bytes", {0x2000, 0, 0, 3, 0}, -EINVAL},
    {"no permission", {0x2000, 0, 0x1000, 0, 0}, -EINVAL},
    {"unaligned IOVA", {0x2800, 0, 0x1000, 3, 0}, -EINVAL},
    {"unaligned size", {0x2000, 0, 0x800, 3, 0}, -EINVAL},
    {"unaligned memory", {0x2000, 0x800, 0x1000, 3, 0}, -EINVAL},
    {"beyond the last address", {0xfffffffffffff000, 0, 0x2000, 3, 0}, -EOVERFLOW},
    {"beyond the table", {UINT64_C(1) << 48, 0, 0x1000, 3, 0}, -EINVAL},
    {"the whole of it", {0x2000, 0, UINT64_MAX, 3, 0}, -EOVERFLOW},
    {"the same again", {0x1000, 0xa000, 0x1000, 3, 0}, -EEXIST},
    {"across one", {0, 0xa000, 0x3000, 3, 0}, -EEXIST},
    {"writable, of what is not", {0x2000, 0, 0x1000, 3, IOFD_MAP_READ_ONLY}, -EPERM},
};

TEST_F(Ioas, WhatMayNotBeMapped)
{
    (void)fake.hwpt(a);
    ASSERT_EQ(fake.map(a, 0x1000, 0xa000, 0x1000), 0);
    for (const Refusal &refusal : kRefusals)
        EXPECT_EQ(iofd_map(fake.fd, a, &refusal.range), refusal.err) << refusal.name;
}

TEST_F(Ioas, WithoutATableThereIsNoAlignment)
{
    EXPECT_EQ(fake.map(a, 0x1001, 0xa001, 3), 0);
    EXPECT_EQ(fake.map(a, 0x1003, 0xa001, 3), -EEXIST);
    EXPECT_EQ(fake.map(a, 0x1004, 0xa001, 3), 0);
}

TEST_F(Ioas, ATableThatCannotMapWhatIsThereIsRefused)
{
    ASSERT_EQ(fake.map(a, 0x1001, 0xa001, 3), 0);
    EXPECT_EQ(fake.hwpt(a), 0u);
    EXPECT_EQ(iofd_users(fake.fd, a), 0u);
    EXPECT_EQ(iofd_attach(fake.fd, device, IOFD_NO_PASID, a), -EADDRINUSE);
    EXPECT_EQ(fake.dma(0, 0x1001), -1);
}

TEST_F(Ioas, ATableThatDoesNotReachAMappingIsRefused)
{
    iofd_hwpt_spec spec{};
    uint32_t id = 0;

    spec.device = device;
    spec.stage = 2; /* 4 GiB in the fake driver */
    ASSERT_EQ(fake.map(a, UINT64_C(0x100000000), 0xa000, 0x1000), 0);
    EXPECT_EQ(iofd_hwpt_alloc(fake.fd, a, &spec, &id), -EADDRINUSE);
    ASSERT_EQ(unmap(UINT64_C(0x100000000), 0x1000), 0);
    EXPECT_EQ(iofd_hwpt_alloc(fake.fd, a, &spec, &id), 0);
    EXPECT_EQ(fake.map(a, UINT64_C(0x100000000), 0xa000, 0x1000), -EINVAL);
    EXPECT_EQ(iofd_destroy(fake.fd, id), 0);
    EXPECT_EQ(fake.map(a, UINT64_C(0x100000000), 0xa000, 0x1000), 0);
}

TEST_F(Ioas, AMappingIsInEveryTableOrInNone)
{
    (void)fake.hwpt(a);
    (void)fake.hwpt(a);
    fake.taken();
    fake.fail_at = fake.steps + 2;
    EXPECT_EQ(fake.map(a, 0x1000, 0xa000, 0x1000), -ENOMEM);
    EXPECT_EQ(fake.taken(false), (Lines{"map paging#258", "map paging#259", "unmap paging#258"}));
    EXPECT_EQ(fake.map(a, 0x1000, 0xa000, 0x1000), 0);
}

TEST_F(Ioas, ATableThatCannotBeFilledIsGone)
{
    ASSERT_EQ(fake.map(a, 0x1000, 0xa000, 0x1000), 0);
    ASSERT_EQ(fake.map(a, 0x3000, 0xb000, 0x1000), 0);
    fake.fail_at = fake.steps + 3; /* alloc, first map, second map */
    fake.taken();
    EXPECT_EQ(fake.hwpt(a), 0u);
    EXPECT_EQ(fake.taken(false), (Lines{"alloc", "coherent paging#258", "map paging#258",
                                        "map paging#258", "unmap paging#258", "free paging#258"}));
    EXPECT_EQ(iofd_count(fake.fd, IOFD_HWPT), 0u);
    EXPECT_EQ(fake.map(a, UINT64_C(1) << 48, 0xa000, 0x1000), 0); /* its reach is forgotten */
}

/* ---- unmapping ---- */

TEST_F(Ioas, OnlyWholeMappingsAreUnmapped)
{
    uint64_t n = 7;

    (void)fake.hwpt(a);
    ASSERT_EQ(fake.map(a, 0x10000, 0xa0000, 0x4000), 0);
    ASSERT_EQ(fake.map(a, 0x14000, 0xb0000, 0x1000), 0);
    EXPECT_EQ(unmap(0x10000, 0x2000, &n), -ENOENT);
    EXPECT_EQ(n, 0u);
    EXPECT_EQ(unmap(0x11000, 0x4000, &n), -ENOENT);
    EXPECT_EQ(unmap(0, 0x15000, &n), 0); /* holes are no matter */
    EXPECT_EQ(n, 0x5000u);
    EXPECT_EQ(unmap(0, 0x15000), -ENOENT);
}

TEST_F(Ioas, AnUnmapThatEndsInTheMiddleHasDoneTheFirst)
{
    uint64_t n = 0;

    (void)fake.hwpt(a);
    ASSERT_EQ(fake.map(a, 0x10000, 0xa0000, 0x1000), 0);
    ASSERT_EQ(fake.map(a, 0x11000, 0xb0000, 0x2000), 0);
    EXPECT_EQ(unmap(0x10000, 0x2000, &n), -ENOENT);
    EXPECT_EQ(n, 0x1000u);
    EXPECT_EQ(fake.map(a, 0x10000, 0xa0000, 0x1000), 0);
    EXPECT_EQ(fake.map(a, 0x11000, 0xa0000, 0x1000), -EEXIST);
}

TEST_F(Ioas, EverythingMayBeNothing)
{
    EXPECT_EQ(unmap(0, UINT64_MAX), 0);
    EXPECT_EQ(unmap(0, 0), -EINVAL);
    EXPECT_EQ(unmap(1, UINT64_MAX), -EOVERFLOW);
    EXPECT_EQ(unmap(0x2000, UINT64_MAX - 0x1000), -EOVERFLOW);
    ASSERT_EQ(fake.map(a, 0x1000, 0xa000, 0x1000), 0);
    EXPECT_EQ(unmap(0, UINT64_MAX), 0);
    EXPECT_EQ(unmap(0x1000, 0x1000), -ENOENT);
}

/* ---- copying ---- */

TEST_F(Ioas, ACopyReachesTheSameMemory)
{
    const uint32_t b = fake.ioas();
    const iofd_range copy = {0x50000, 0x11000, 0x2000, 1, 0};

    (void)fake.hwpt(b);
    ASSERT_EQ(fake.map(a, 0x10000, 0xa0000, 0x2000), 0);
    ASSERT_EQ(fake.map(a, 0x12000, 0xc0000, 0x2000), 0);
    ASSERT_EQ(iofd_attach(fake.fd, device, IOFD_NO_PASID, b), 0);
    EXPECT_EQ(iofd_copy(fake.fd, b, a, &copy), 0);
    EXPECT_EQ(fake.dma(0, 0x50000), 0xa1000);
    EXPECT_EQ(fake.dma(0, 0x51000), 0xc0000);
    EXPECT_EQ(unmap(0, UINT64_MAX), 0); /* the source may go */
    EXPECT_EQ(fake.dma(0, 0x51000), 0xc0000);
}

TEST_F(Ioas, ACopyOfAHoleIsRefused)
{
    const uint32_t b = fake.ioas();
    const iofd_range hole = {0x50000, 0x10000, 0x3000, 3, 0};
    const iofd_range nothing = {0x50000, 0x10000, 0, 3, 0};

    ASSERT_EQ(fake.map(a, 0x10000, 0xa0000, 0x2000), 0);
    EXPECT_EQ(iofd_copy(fake.fd, b, a, &hole), -ENOENT);
    EXPECT_EQ(iofd_copy(fake.fd, b, a, &nothing), -EINVAL);
    EXPECT_EQ(iofd_copy(fake.fd, b, 99, &hole), -ENOENT);
}

TEST_F(Ioas, ACopyThatFailsHalfwayLeavesNothing)
{
    const uint32_t b = fake.ioas();
    const iofd_range copy = {0x50000, 0x10000, 0x4000, 3, 0};

    (void)fake.hwpt(b);
    ASSERT_EQ(fake.map(a, 0x10000, 0xa0000, 0x2000), 0);
    ASSERT_EQ(fake.map(a, 0x12000, 0xc0000, 0x2000), 0);
    fake.fail_at = fake.steps + 2;
    EXPECT_EQ(iofd_copy(fake.fd, b, a, &copy), -ENOMEM);
    EXPECT_EQ(iofd_unmap(fake.fd, b, 0x50000, 0x4000, nullptr), -ENOENT);
}

/* ---- ranges ---- */

TEST_F(Ioas, ANewSpaceReachesEverywhere)
{
    drv_range ranges[4];
    uint64_t alignment = 0;

    EXPECT_EQ(iofd_ranges(fake.fd, a, ranges, 4, &alignment), 1);
    EXPECT_EQ(ranges[0].first, 0u);
    EXPECT_EQ(ranges[0].last, UINT64_MAX);
    EXPECT_EQ(alignment, 1u);
}

TEST_F(Ioas, DevicesAndTablesNarrowIt)
{
    drv_range ranges[4];
    uint64_t alignment = 0;

    ASSERT_EQ(iofd_attach(fake.fd, device, IOFD_NO_PASID, a), 0);
    EXPECT_EQ(iofd_ranges(fake.fd, a, ranges, 4, &alignment), 2);
    EXPECT_EQ(ranges[0].first, 0u);
    EXPECT_EQ(ranges[0].last, 0x7ffffffu);
    EXPECT_EQ(ranges[1].first, 0x8100000u);
    EXPECT_EQ(ranges[1].last, (UINT64_C(1) << 48) - 1);
    EXPECT_EQ(alignment, 0x1000u);
    EXPECT_EQ(iofd_ranges(fake.fd, a, ranges, 1, nullptr), 2);
    ASSERT_EQ(iofd_detach(fake.fd, device, IOFD_NO_PASID), 0);
    EXPECT_EQ(iofd_ranges(fake.fd, a, ranges, 4, &alignment), 1);
    EXPECT_EQ(alignment, 1u);
}

TEST_F(Ioas, WhatAUserHasPromisedToUseIsNotTakenAway)
{
    const drv_range promise = {0x8000000, 0x8ffffff};
    const drv_range overlap[] = {{0, 0xfff}, {0x800, 0x1fff}};
    const drv_range backwards = {0x2000, 0x1000};

    EXPECT_EQ(iofd_allow(fake.fd, a, overlap, 2), -EINVAL);
    EXPECT_EQ(iofd_allow(fake.fd, a, &backwards, 1), -EINVAL);
    EXPECT_EQ(iofd_allow(fake.fd, a, &promise, 1), 0);
    EXPECT_EQ(iofd_attach(fake.fd, device, IOFD_NO_PASID, a), -EADDRINUSE);
    EXPECT_EQ(iofd_allow(fake.fd, a, nullptr, 0), 0);
    EXPECT_EQ(iofd_attach(fake.fd, device, IOFD_NO_PASID, a), 0);
    EXPECT_EQ(iofd_allow(fake.fd, a, &promise, 1), -EADDRINUSE);
}

TEST_F(Ioas, AnAddressIsChosenWhereThereIsRoom)
{
    const drv_range allowed[] = {{0x10000, 0x12fff}, {0x20000, 0x2ffff}};
    iofd_range range = {0, 0xa000, 0x2000, 3, 0};

    (void)fake.hwpt(a);
    ASSERT_EQ(iofd_allow(fake.fd, a, allowed, 2), 0);
    EXPECT_EQ(iofd_map_anywhere(fake.fd, a, &range), 0);
    EXPECT_EQ(range.iova, 0x10000u);
    EXPECT_EQ(iofd_map_anywhere(fake.fd, a, &range), 0);
    EXPECT_EQ(range.iova, 0x20000u);
    range.n_bytes = 0x10000;
    EXPECT_EQ(iofd_map_anywhere(fake.fd, a, &range), -ENOSPC);
}

TEST_F(Ioas, AChosenAddressIsNeverZero)
{
    iofd_range range = {0, 0x200000, 0x200000, 3, 0};

    (void)fake.hwpt(a);
    EXPECT_EQ(iofd_map_anywhere(fake.fd, a, &range), 0);
    EXPECT_EQ(range.iova, 0x200000u); /* as coarse as the memory, for large pages */
}

/* ---- who uses it ---- */

TEST_F(Ioas, ASpaceWithTablesStays)
{
    const uint32_t hwpt = fake.hwpt(a);

    EXPECT_EQ(iofd_destroy(fake.fd, a), -EBUSY);
    EXPECT_EQ(iofd_destroy(fake.fd, hwpt), 0);
    EXPECT_EQ(iofd_destroy(fake.fd, a), 0);
    EXPECT_EQ(iofd_destroy(fake.fd, a), -ENOENT);
}

TEST_F(Ioas, MemoryOfFilesIsAccountedToAnotherProcess)
{
    const iofd_range file = {0x1000, 0xa000, 0x1000, 3, IOFD_MAP_FILE};

    (void)fake.hwpt(a);
    ASSERT_EQ(iofd_map(fake.fd, a, &file), 0);
    EXPECT_EQ(iofd_pinned_bytes(fake.fd, 0), 0x1000u);
    EXPECT_EQ(iofd_change_process(fake.fd, 9), 0);
    EXPECT_EQ(iofd_pinned_bytes(fake.fd, 0), 0u);
    EXPECT_EQ(iofd_pinned_bytes(fake.fd, 9), 0x1000u);
    ASSERT_EQ(fake.map(a, 0x2000, 0xb000, 0x1000), 0);
    EXPECT_EQ(iofd_change_process(fake.fd, 10), -EINVAL);
    EXPECT_EQ(iofd_pinned_bytes(fake.fd, 9), 0x2000u);
}

/* ---- emulated devices ---- */

class Access : public Ioas
{
  protected:
    void SetUp() override
    {
        Ioas::SetUp();
        b = fake.ioas();
        ASSERT_EQ(iofd_access_alloc(fake.fd, &ops, &access), 0);
        ASSERT_EQ(fake.map(a, 0x1000, 0xa000, 0x2000), 0);
        ASSERT_EQ(fake.map(b, 0x1000, 0xb000, 0x2000), 0);
    }
    void TearDown() override /* while who is told is still there */
    {
        iofd_free(fake.fd);
        fake.fd = nullptr;
    }
    static void told(void *ctx, uint64_t iova, uint64_t n_bytes)
    {
        Access *self = static_cast<Access *>(ctx);

        self->tells.emplace_back(iova, n_bytes);
        self->pinned = iofd_pin(self->fake.fd, self->access, 0x2000, 0x1000, false);
        if (self->unpins) {
            EXPECT_EQ(iofd_unpin(self->fake.fd, self->access, 0x1000, 0x1000), 0);
        }
        self->unpins = false;
    }

    const iofd_access_ops ops = {told, this};
    std::vector<std::pair<uint64_t, uint64_t>> tells;
    bool unpins = false;
    int pinned = 0; /* what a pin of an emulated device gets that is told to let go */
    uint32_t b = 0, access = 0;
};

TEST_F(Access, ReplaceBeforeAttachIsRefused)
{
    EXPECT_EQ(iofd_replace(fake.fd, access, IOFD_NO_PASID, a), -ENOENT);
    EXPECT_EQ(iofd_pin(fake.fd, access, 0x1000, 0x1000, false), -ENOENT);
    EXPECT_EQ(iofd_attach(fake.fd, access, IOFD_NO_PASID, a), 0);
    EXPECT_EQ(iofd_attach(fake.fd, access, IOFD_NO_PASID, b), -EINVAL);
    EXPECT_EQ(iofd_destroy(fake.fd, a), -EBUSY);
}

TEST_F(Access, OnlyWhatIsMappedAndPermittedIsPinned)
{
    ASSERT_EQ(iofd_attach(fake.fd, access, IOFD_NO_PASID, a), 0);
    ASSERT_EQ(fake.map(a, 0x8000, 0xc000, 0x1000, 1), 0);
    EXPECT_EQ(iofd_pin(fake.fd, access, 0x1000, 0x2000, true), 0);
    EXPECT_EQ(iofd_pin(fake.fd, access, 0x2000, 0x2000, true), -ENOENT);
    EXPECT_EQ(iofd_pin(fake.fd, access, 0x8000, 0x1000, false), 0);
    EXPECT_EQ(iofd_pin(fake.fd, access, 0x8000, 0x1000, true), -EPERM);
    EXPECT_EQ(iofd_pin(fake.fd, access, 0x8000, 0, false), -EINVAL);
    EXPECT_EQ(iofd_pin(fake.fd, access, 0x1800, 0x800, false), -EINVAL); /* no whole page */
    EXPECT_EQ(iofd_pin(fake.fd, access, 0x2000, 0x7000, true), -ENOENT); /* the hole is first */
    ASSERT_EQ(fake.map(a, 0x9000, 0xd000, 0x1000, 2), 0);
    EXPECT_EQ(iofd_pin(fake.fd, access, 0x9000, 0x1000, false), -EPERM); /* only to be written */
    EXPECT_EQ(iofd_pin(fake.fd, access, 0x8000, 0x2000, false), -EPERM);
    EXPECT_EQ(iofd_unpin(fake.fd, access, 0x8000, 0x2000), -EINVAL); /* nothing is left of it */
    EXPECT_EQ(iofd_unpin(fake.fd, access, 0x1000, 0x1000), -EINVAL);
    EXPECT_EQ(iofd_unpin(fake.fd, access, 0x1000, 0x2000), 0);
    EXPECT_EQ(iofd_unpin(fake.fd, access, 0x8000, 0x1000), 0);
}

TEST_F(Access, AnUnmapWaitsForItsPins)
{
    ASSERT_EQ(iofd_attach(fake.fd, access, IOFD_NO_PASID, a), 0);
    ASSERT_EQ(iofd_pin(fake.fd, access, 0x1000, 0x1000, true), 0);
    unpins = true;
    EXPECT_EQ(unmap(0, UINT64_MAX), 0);
    ASSERT_EQ(tells.size(), 1u);
    EXPECT_EQ(tells[0].first, 0x1000u);
    EXPECT_EQ(tells[0].second, 0x2000u);
}

TEST_F(Access, WhoDoesNotUnpinStopsTheUnmap)
{
    ASSERT_EQ(iofd_attach(fake.fd, access, IOFD_NO_PASID, a), 0);
    ASSERT_EQ(iofd_pin(fake.fd, access, 0x1000, 0x1000, true), 0);
    EXPECT_EQ(unmap(0x1000, 0x2000), -EDEADLK);
    EXPECT_EQ(tells.size(), 101u);
    EXPECT_EQ(iofd_pin(fake.fd, access, 0x2000, 0x1000, false), -EINVAL); /* it is about to go */
    EXPECT_EQ(iofd_unpin(fake.fd, access, 0x1000, 0x1000), 0);
    EXPECT_EQ(unmap(0x1000, 0x2000), 0);
}

TEST_F(Access, NobodyIsToldOfWhatIsNotPinned)
{
    ASSERT_EQ(iofd_attach(fake.fd, access, IOFD_NO_PASID, a), 0);
    EXPECT_EQ(unmap(0x1000, 0x2000), 0);
    EXPECT_EQ(tells.size(), 0u);
}

TEST_F(Access, BeforeTheOldSpaceGoesEverythingIsUnpinned)
{
    ASSERT_EQ(iofd_attach(fake.fd, access, IOFD_NO_PASID, a), 0);
    ASSERT_EQ(iofd_pin(fake.fd, access, 0x1000, 0x1000, true), 0);
    unpins = true;
    EXPECT_EQ(iofd_replace(fake.fd, access, IOFD_NO_PASID, b), 0);
    ASSERT_EQ(tells.size(), 1u);
    EXPECT_EQ(tells[0].first, 0u);
    EXPECT_EQ(tells[0].second, UINT64_MAX);
    EXPECT_EQ(pinned, -ENOENT); /* neither in the old one any more nor in the new one yet */
    EXPECT_EQ(iofd_destroy(fake.fd, a), 0);
    EXPECT_EQ(iofd_destroy(fake.fd, b), -EBUSY);
    EXPECT_EQ(iofd_pin(fake.fd, access, 0x1000, 0x1000, true), 0); /* in the new one */
}

TEST_F(Access, ReplaceByTheSameTellsNobody)
{
    ASSERT_EQ(iofd_attach(fake.fd, access, IOFD_NO_PASID, a), 0);
    ASSERT_EQ(iofd_pin(fake.fd, access, 0x1000, 0x1000, true), 0);
    EXPECT_EQ(iofd_replace(fake.fd, access, IOFD_NO_PASID, a), 0);
    EXPECT_EQ(tells.size(), 0u);
}

TEST_F(Access, AFailedReplaceLeavesTheOldSpace)
{
    ASSERT_EQ(iofd_unmap(fake.fd, b, 0, UINT64_MAX, nullptr), 0);
    ASSERT_EQ(fake.map(b, 0x1001, 0xb001, 1), 0); /* nothing that could be pinned as pages */
    ASSERT_EQ(iofd_attach(fake.fd, access, IOFD_NO_PASID, a), 0);
    EXPECT_EQ(iofd_replace(fake.fd, access, IOFD_NO_PASID, b), -EADDRINUSE);
    EXPECT_EQ(iofd_attached(fake.fd, access, IOFD_NO_PASID), a);
    EXPECT_EQ(iofd_pin(fake.fd, access, 0x1000, 0x1000, true), 0);
    EXPECT_EQ(iofd_users(fake.fd, b), 0u);
}

TEST_F(Access, DetachLetsEverythingGo)
{
    ASSERT_EQ(iofd_attach(fake.fd, access, IOFD_NO_PASID, a), 0);
    ASSERT_EQ(iofd_pin(fake.fd, access, 0x1000, 0x1000, true), 0);
    EXPECT_EQ(iofd_detach(fake.fd, access, IOFD_NO_PASID), 0);
    EXPECT_EQ(iofd_detach(fake.fd, access, IOFD_NO_PASID), -EINVAL);
    EXPECT_EQ(unmap(0x1000, 0x2000), 0);
    EXPECT_EQ(iofd_destroy(fake.fd, a), 0);
}

} // namespace
