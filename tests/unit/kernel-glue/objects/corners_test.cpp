/* SPDX-License-Identifier: BSD-2-Clause
 * corners_test.cpp - what iommufd does where its documentation is silent: which error comes first,
 * in which order tables are gone through, where it stops. Expected: io_pagetable.c, pages.c,
 * device.c, main.c of Linux 6.12. */
#include "kernel-glue/objects/iofd_private.h"
#include "tests/unit/kernel-glue/objects/fake_driver.h"

#include <gtest/gtest.h>

namespace
{

using Lines = std::vector<std::string>;

class Corners : public ::testing::Test
{
  protected:
    void SetUp() override
    {
        device = fake.device(0);
        a = fake.ioas();
        b = fake.ioas();
    }
    int copy(uint32_t to, uint64_t iova, uint64_t from, uint64_t n_bytes, uint8_t prot)
    {
        const iofd_range range = {iova, from, n_bytes, prot, 0};

        return iofd_copy(fake.fd, to, a, &range);
    }

    Fake fake;
    uint32_t device = 0, a = 0, b = 0;
};

/* ---- in which order: iopt_area_unfill_domains, iopt_table_remove_domain ---- */

TEST_F(Corners, WhatRemembersTheMemoryIsEmptiedLast)
{
    const uint32_t first = fake.hwpt(a); /* paging#258, the storage of what is mapped now */
    (void)fake.hwpt(a);
    (void)fake.hwpt(a);
    ASSERT_EQ(fake.map(a, 0x1000, 0xa000, 0x1000), 0);
    ASSERT_EQ(fake.map(a, 0x3000, 0xb000, 0x1000), 0);
    fake.taken();
    EXPECT_EQ(iofd_unmap(fake.fd, a, 0x1000, 0x1000, nullptr), 0);
    EXPECT_EQ(fake.taken(false),
              (Lines{"unmap paging#259", "unmap paging#260", "unmap paging#258"}));
    /* The last one moves to the place of the one that goes, and remembers for it. */
    EXPECT_EQ(iofd_destroy(fake.fd, first), 0);
    EXPECT_EQ(fake.taken(false), (Lines{"unmap paging#258", "free paging#258"}));
    EXPECT_EQ(fake.map(a, 0x1000, 0xa000, 0x1000), 0);
    EXPECT_EQ(fake.taken(false), (Lines{"map paging#260", "map paging#259"}));
    EXPECT_EQ(iofd_unmap(fake.fd, a, 0, UINT64_MAX, nullptr), 0);
    EXPECT_EQ(fake.taken(false), (Lines{"unmap paging#259", "unmap paging#260", "unmap paging#259",
                                        "unmap paging#260"}));
}

TEST_F(Corners, WhatTheFirstTableFindsItRemembers)
{
    ASSERT_EQ(fake.map(a, 0x1000, 0xa000, 0x1000), 0);
    (void)fake.hwpt(a);
    (void)fake.hwpt(a);
    fake.taken();
    EXPECT_EQ(iofd_unmap(fake.fd, a, 0x1000, 0x1000, nullptr), 0);
    EXPECT_EQ(fake.taken(false), (Lines{"unmap paging#259", "unmap paging#258"}));
}

/* ---- which error first: iopt_alloc_pages, iopt_alloc_area_pages, iopt_insert_area ---- */

struct Refusal {
    const char *name;
    iofd_range range;
    int err;
};

const Refusal kRefusals[] = {
    {"memory beyond the end, and no alignment",
     {0x2800, UINT64_MAX - 0xfff, 0x1800, 3, 0},
     -EOVERFLOW},
    {"memory up to the very end", {0x2000, UINT64_MAX - 0xfff, 0x1000, 3, 0}, -EOVERFLOW},
    {"nearly everything", {0x2000, 0, UINT64_MAX - 0x10, 3, 0}, -EINVAL},
    {"a mapping, and unaligned memory", {0x1000, 0xa800, 0x1000, 3, 0}, -EEXIST},
    {"a mapping, and unaligned size", {0x1000, 0xa000, 0x800, 3, 0}, -EINVAL},
    {"a mapping, and memory that may not be written",
     {0x1000, 0xa000, 0x1000, 3, IOFD_MAP_READ_ONLY},
     -EEXIST},
    {"unaligned memory that may not be written",
     {0x2000, 0xa800, 0x1000, 3, IOFD_MAP_READ_ONLY},
     -EPERM},
};

TEST_F(Corners, WhichErrorOfAMapComesFirst)
{
    (void)fake.hwpt(a);
    ASSERT_EQ(fake.map(a, 0x1000, 0xa000, 0x1000), 0);
    for (const Refusal &refusal : kRefusals)
        EXPECT_EQ(iofd_map(fake.fd, a, &refusal.range), refusal.err) << refusal.name;
}

TEST_F(Corners, ACopyMayDoWhatTheMemoryWasGivenFor)
{
    ASSERT_EQ(fake.map(a, 0x1000, 0xa000, 0x1000, 3), 0);
    ASSERT_EQ(fake.map(a, 0x2000, 0xb000, 0x1000, 1), 0);
    (void)fake.hwpt(b);
    fake.taken();
    EXPECT_EQ(copy(b, 0x1000, 0x1000, 0x2000, 3), -EPERM); /* the second piece: nothing is mapped */
    EXPECT_EQ(fake.taken(false), Lines{});
    EXPECT_EQ(copy(b, 0x1000, 0x1000, 0x2000, 1), 0);
    EXPECT_EQ(copy(b, 0x1000, 0x1000, 0x1000, 3), -EEXIST);
    EXPECT_EQ(copy(b, 0x5000, 0x1000, 0x800, 3), -EINVAL); /* of the space that gets it */
    /* What may only be read in the copy was given to be written. */
    const iofd_range again = {0x8000, 0x1000, 0x1000, 3, 0};
    EXPECT_EQ(iofd_copy(fake.fd, a, b, &again), 0);
}

TEST_F(Corners, AnAddressIsChosenWithTheMemorysOffset)
{
    iofd_range range = {0, 0xa800, 0x800, 3, 0};

    EXPECT_EQ(iofd_map_anywhere(fake.fd, a, &range), 0);
    EXPECT_EQ(range.iova, 0x1800u);
}

/* ---- where it stops: __iommu_read_and_clear_dirty ---- */

TEST_F(Corners, DirtyPagesAreReadUpToTheFirstHole)
{
    std::vector<uint64_t> pages;
    const auto collect = [](void *ctx, uint64_t iova, uint64_t) {
        static_cast<std::vector<uint64_t> *>(ctx)->push_back(iova);
    };
    iofd_hwpt_spec spec{};
    uint32_t h = 0;

    spec.device = device;
    spec.flags = IOFD_HWPT_DIRTY;
    ASSERT_EQ(fake.map(a, 0x1000, 0xa000, 0x1000), 0);
    ASSERT_EQ(fake.map(a, 0x3000, 0xb000, 0x1000), 0);
    ASSERT_EQ(iofd_hwpt_alloc(fake.fd, a, &spec, &h), 0);
    ASSERT_EQ(iofd_attach(fake.fd, device, IOFD_NO_PASID, h), 0);
    fake.devices.at(0)->at.at(DRV_NO_PASID)->dirty = {0x1000, 0x3000};
    iofd_dirty dirty = {0x1000, 0x3000, 0x1000, collect, &pages};
    EXPECT_EQ(iofd_read_dirty(fake.fd, h, &dirty), 0);
    EXPECT_EQ(pages, std::vector<uint64_t>{0x1000});
    dirty.iova = 0x0;
    EXPECT_EQ(iofd_read_dirty(fake.fd, h, &dirty), 0); /* it begins with a hole */
    EXPECT_EQ(pages.size(), 1u);
    dirty.iova = 0x3000;
    dirty.n_bytes = 0x1000;
    EXPECT_EQ(iofd_read_dirty(fake.fd, h, &dirty), 0);
    EXPECT_EQ(pages.size(), 2u);
    /* A question that is none is refused before the table is asked whether it can. */
    dirty.n_bytes = 0;
    EXPECT_EQ(iofd_read_dirty(fake.fd, fake.hwpt(a), &dirty), -EINVAL);
}

/* ---- attaching: iommufd_device_change_pt, iommufd_hw_pagetable_attach ---- */

TEST_F(Corners, WhatIsNoTableIsSaidBeforeWhatIsAttached)
{
    ASSERT_EQ(iofd_attach(fake.fd, device, IOFD_NO_PASID, a), 0);
    EXPECT_EQ(iofd_attach(fake.fd, device, IOFD_NO_PASID, device), -EINVAL);
    EXPECT_EQ(iofd_replace(fake.fd, device, IOFD_NO_PASID, device), -EINVAL);
    EXPECT_EQ(iofd_replace(fake.fd, device, IOFD_NO_PASID, 99), -ENOENT);
}

TEST_F(Corners, InterruptsComeBeforeWhetherTheTableFits)
{
    const uint32_t hwpt = fake.hwpt(a);
    const uint32_t picky = fake.device(0xbad);

    ASSERT_EQ(fake.map(a, 0x8000000, 0xa000, 0x1000), 0); /* as the fake driver's interrupts */
    EXPECT_EQ(iofd_attach(fake.fd, picky, IOFD_NO_PASID, hwpt), -EADDRINUSE);
    ASSERT_EQ(iofd_unmap(fake.fd, a, 0, UINT64_MAX, nullptr), 0);
    EXPECT_EQ(iofd_attach(fake.fd, picky, IOFD_NO_PASID, hwpt), -EINVAL);
    EXPECT_EQ(fake.map(a, 0x8000000, 0xa000, 0x1000), 0); /* nothing is reserved any more */
}

/* ---- one at a time ---- */

/* Whoever holds the first object's lock lets it go at the third look. */
void let_go_on(void *ctx)
{
    Fake *fake = static_cast<Fake *>(ctx);
    auto *ioas = static_cast<iofd_ioas *>(iofd_object(fake->fd, 2, IOFD_IOAS));

    fake->log.push_back("yield");
    if (fake->log.size() == 3)
        ioas->lock.is_held = false;
}

TEST_F(Corners, WhoComesMeanwhileWaitsOrIsRefused)
{
    auto *ioas = static_cast<iofd_ioas *>(iofd_object(fake.fd, a, IOFD_IOAS));

    ASSERT_EQ(a, 2u);
    ioas->lock.is_held = true;
    EXPECT_EQ(fake.map(a, 0x1000, 0xa000, 0x1000), -EBUSY);
    fake.fd->config.yield = let_go_on;
    fake.log.clear();
    EXPECT_EQ(fake.map(a, 0x1000, 0xa000, 0x1000), 0);
    EXPECT_EQ(fake.log, (Lines{"yield", "yield", "yield"}));
    EXPECT_FALSE(ioas->lock.is_held);
    EXPECT_EQ(fake.map(b, 0x1000, 0xa000, 0x1000), 0); /* nobody holds that one */
    EXPECT_EQ(fake.log.size(), 3u);
}

/* ---- the end: iommufd_fops_release goes by numbers, which it uses again ---- */

TEST_F(Corners, WhatHasAnOldNumberGoesInItsPlace)
{
    const uint32_t first = fake.hwpt(a); /* 258 */
    (void)fake.hwpt(b);                  /* 259 */
    ASSERT_EQ(iofd_destroy(fake.fd, first), 0);
    (void)fake.hwpt(a); /* 260, with the number of 258 */
    fake.taken();
    iofd_release(fake.fd);
    EXPECT_EQ(fake.taken(false),
              (Lines{"attach 0 identity#257", "free paging#260", "free paging#259"}));
}

TEST_F(Corners, PasidsGoFirstInTheirOrder)
{
    const uint32_t other = fake.device(1);
    const uint32_t ha = fake.hwpt(a);

    for (const uint32_t pasid : {IOFD_NO_PASID, 5u, 3u})
        ASSERT_EQ(iofd_attach(fake.fd, device, pasid, ha), 0);
    ASSERT_EQ(iofd_attach(fake.fd, other, IOFD_NO_PASID, ha), 0);
    fake.taken();
    iofd_release(fake.fd);
    const Lines log = fake.taken();
    ASSERT_GE(log.size(), 4u);
    EXPECT_EQ(log[0], "attach 0:3 blocked");
    EXPECT_EQ(log[1], "attach 0:5 blocked");
    EXPECT_EQ(log[2], "attach 0 blocked");
}

} // namespace
