/* SPDX-License-Identifier: BSD-2-Clause
 * drv_vtd_map_test.cpp - page tables of both stages, and what an unmap flushes (7.10).
 *
 * Roots of domains begin at 10041000h; the PASID table follows the last of them. */
#include "tests/unit/kernel-glue/drivers/vtd_port.h"

#include <algorithm>

using namespace drv_test;

namespace
{

constexpr uint64_t k2M = 0x200000, k1G = 0x40000000;

Lines operator+(Lines a, const Lines &b)
{
    a.insert(a.end(), b.begin(), b.end());
    return a;
}

Lines flush(const std::string &descriptor)
{
    return {"qi " + descriptor, "wait", "ok"};
}

/* Attached without PASID, nothing mapped. */
class Mapped : public VtdDriver
{
  public:
    drv_domain *a = nullptr;

    explicit Mapped(const char *name, uint8_t stage = 2, uint64_t ecap = kEcapScalable,
                    uint64_t cap = kCap, uint32_t flags = 0)
        : VtdDriver(name, ecap, cap)
    {
        start(flags);
        a = domain(DRV_PAGING, stage);
        EXPECT_EQ(0, attach(a));
        port.forget();
    }
    /* What the unmap of a range does that was mapped before. */
    Lines unmapping(uint64_t iova, uint64_t n, uint64_t pa = 0x80000000)
    {
        EXPECT_EQ(0, map(a, iova, pa, n));
        port.forget();
        EXPECT_EQ(n, unmap(a, iova, n));
        return port.lines();
    }
    /* The same without stores. */
    Lines flushes(uint64_t iova, uint64_t n, uint64_t pa = 0x80000000)
    {
        Lines out;

        for (const std::string &line : unmapping(iova, n, pa)) {
            if (line.compare(0, 3, "pte") != 0)
                out.push_back(line);
        }
        return out;
    }
};

} // namespace

/* ---- entries ---- */

TEST(DrvVtdMap, SecondStageMakesTablesFromTheTop)
{
    Mapped d("linux-6.12");

    ASSERT_EQ(0, d.map(d.a, 0x1000000, 0x173c000, 0x2000));
    const Lines want = {"pte2=10043003", "pte2=10044003", "pte2=10045003", "pte2=173c003",
                        "pte2=173d003"};
    EXPECT_EQ(want, d.port.lines());
    EXPECT_EQ(0x10045003u, d.port.word(0x10044000 + 8 * 8));
}

TEST(DrvVtdMap, FirstStageHasUserAccessedDirty)
{
    Mapped d("linux-6.12", 1);

    ASSERT_EQ(0, d.map(d.a, 0x1000, 0x173c000, 0x1000));
    ASSERT_EQ(0, d.map(d.a, 0x2000, 0x173d000, 0x1000, SIM_PROT_R));
    const Lines want = {"pte1=10043027", "pte1=10044027", "pte1=10045027", "pte1=173c067",
                        "pte1=173d025"};
    EXPECT_EQ(want, d.port.lines());
}

/* Linux 7: a table is whole before it is linked. */
TEST(DrvVtdMap, Linux7HasABarrierBeforeATableIsLinked)
{
    Mapped d("linux-7");

    ASSERT_EQ(0, d.map(d.a, 0x1000, 0x173c000, 0x1000));
    const Lines want = {"wmb", "pte2=10043003", "wmb",         "pte2=10044003",
                        "wmb", "pte2=10045003", "pte2=173c003"};
    EXPECT_EQ(want, d.port.lines());
}

TEST(DrvVtdMap, WhatMayOnlyBeReadHasNoW)
{
    Mapped d("linux-6.12");

    ASSERT_EQ(0, d.map(d.a, 0x1000, 0x5000, 0x1000, SIM_PROT_R));
    EXPECT_EQ("pte2=5001", d.port.lines().back());
}

TEST(DrvVtdMap, LargePagesWhereBothAddressesAllow)
{
    Mapped d("linux-6.12");

    ASSERT_EQ(0, d.map(d.a, k1G - k2M, 0x80000000 - k2M, k1G + 2 * k2M));
    /* 2 MiB, then 1 GiB, then 2 MiB */
    const Lines want = {"pte2=10043003", "pte2=10044003", "pte2=7fe00083",
                        "pte2=80000083", "pte2=10045003", "pte2=c0000083"};
    EXPECT_EQ(want, d.port.lines());
}

TEST(DrvVtdMap, NoLargePagesWhereTheUnitHasNone)
{
    Mapped d("linux-6.12", 2, kEcapScalable, kCap & ~(15ull << 34));

    EXPECT_EQ(0x1000u, d.ops->page_sizes(d.a));
    ASSERT_EQ(0, d.map(d.a, k2M, 0x80000000, k2M));
    EXPECT_EQ(3u + 512, d.port.lines().size());
}

TEST(DrvVtdMap, SizesAndEnds)
{
    Mapped ss("linux-6.12", 2), fs("linux-6.12", 1, kEcapScalable, kCap & ~(1ull << 56));

    EXPECT_EQ(0x40201000u, ss.ops->page_sizes(ss.a));
    EXPECT_EQ(0x201000u, fs.ops->page_sizes(fs.a));
    EXPECT_EQ((1ull << 48) - 1, ss.ops->aperture_end(ss.a));
    EXPECT_EQ((1ull << 47) - 1, fs.ops->aperture_end(fs.a));
}

TEST(DrvVtdMap, BeyondTheEndIsRefused)
{
    Mapped d("linux-6.12", 1);

    EXPECT_EQ(-EFAULT, d.map(d.a, 1ull << 47, 0x80000000, 0x1000));
    EXPECT_EQ(-EFAULT, d.map(d.a, (1ull << 47) - 0x1000, 0x80000000, 0x2000));
    EXPECT_EQ(-EINVAL, d.map(d.a, 0x1000, 0x80000000, 0x1000, 0));
    EXPECT_EQ(-EINVAL, d.map(d.a, 0x1800, 0x80000000, 0x1000));
    EXPECT_EQ(Lines{}, d.port.lines());
}

TEST(DrvVtdMap, EntriesAreWrittenBackOnceALine)
{
    Mapped d("linux-6.12", 2, kEcapScalable & ~(1ull << 48));

    ASSERT_EQ(0, d.map(d.a, 0, 0x80000000, 0x1000));
    d.port.forget();
    ASSERT_EQ(0, d.map(d.a, 0x6000, 0x80000000, 0x3000));
    const Lines want = {"pte2=80000003", "pte2=80001003", "pte2=80002003", "clf", "clf"};
    EXPECT_EQ(want, d.port.lines());
}

TEST(DrvVtdMap, CachingModeIsFlushedForASecondStageOnly)
{
    Mapped ss("linux-6.12", 2, kEcapScalable, kCap | kCm);
    Mapped fs("linux-6.12", 1, kEcapScalable, kCap | kCm);

    ASSERT_EQ(0, ss.map(ss.a, 0x4000, 0x80000000, 0x4000));
    const Lines all = ss.port.lines();
    EXPECT_EQ(flush("200f2 4002"), Lines(all.end() - 3, all.end()));
    ASSERT_EQ(0, fs.map(fs.a, 0x4000, 0x80000000, 0x1000));
    EXPECT_EQ("pte1=80000067", fs.port.lines().back());
}

TEST(DrvVtdMap, WriteBufferIsFlushed)
{
    Mapped d("linux-6.12", 2, kEcapScalable, kCap | kRwbf);

    ASSERT_EQ(0, d.map(d.a, 0x4000, 0x80000000, 0x1000));
    const Lines all = d.port.lines();
    EXPECT_EQ((Lines{"w 18=8c000000", "reg ok"}), Lines(all.end() - 2, all.end()));
}

TEST(DrvVtdMap, ParentsOfNestingHaveNoReadOnlyPagesInLinux)
{
    VtdDriver linux_like("linux-6.12"), best("best");

    linux_like.start();
    best.start();
    drv_domain *a = linux_like.domain(DRV_PAGING, 0, DRV_NEST_PARENT);
    drv_domain *b = best.domain(DRV_PAGING, 0, DRV_NEST_PARENT);
    EXPECT_EQ(-EINVAL, linux_like.map(a, 0x1000, 0x5000, 0x1000, SIM_PROT_R));
    EXPECT_EQ(0, best.map(b, 0x1000, 0x5000, 0x1000, SIM_PROT_R));
}

TEST(DrvVtdMap, WithoutMemoryNothingStaysMapped)
{
    Mapped d("linux-6.12");

    d.port.fail_alloc_in = 4; /* the second leaf table */
    EXPECT_EQ(-ENOMEM, d.map(d.a, k2M - 0x1000, 0x80000000, 0x2000));
    EXPECT_EQ(0u, d.port.word(0x10045000 + 511 * 8));
    d.port.forget();
    EXPECT_EQ(0, d.map(d.a, k2M - 0x1000, 0x80000000, 0x2000));
}

/* ---- flushes of unmapped ranges ---- */

TEST(DrvVtdUnmap, OnePageIsFlushedWithoutTables)
{
    Mapped d("linux-6.12");

    EXPECT_EQ(Lines{"pte2=0"} + flush("200f2 1000040"), d.unmapping(0x1000000, 0x1000));
}

TEST(DrvVtdUnmap, FirstStageIsFlushedByPasid)
{
    Mapped d("linux-7", 1);

    EXPECT_EQ(flush("20036 1000042"), d.flushes(0x1000000, 0x4000));
}

TEST(DrvVtdUnmap, RangesAreRoundedToAPowerOfTwo)
{
    Mapped d("linux-6.12");

    EXPECT_EQ(flush("200f2 1000042"), d.flushes(0x1000000, 0x3000));
    EXPECT_EQ(flush("200f2 1000042"), d.flushes(0x1001000, 0x2000));
    EXPECT_EQ(flush("200f2 1000043"), d.flushes(0x1003000, 0x2000));
}

TEST(DrvVtdUnmap, LargePages)
{
    Mapped d("linux-6.12");

    EXPECT_EQ(flush("200f2 40000049"), d.flushes(k1G, k2M));
    EXPECT_EQ(flush("200f2 40000052"), d.flushes(k1G, k1G));
}

TEST(DrvVtdUnmap, TablesGoAfterTheFlushAndTheHintIsOff)
{
    Mapped d("linux-6.12");

    ASSERT_EQ(0, d.map(d.a, k2M, 0x80000000, k2M - 0x1000));
    ASSERT_EQ(0, d.map(d.a, 2 * k2M - 0x1000, 0x90000000, 0x1000));
    d.port.forget();
    EXPECT_EQ(k2M, d.unmap(d.a, k2M, k2M));
    EXPECT_EQ(Lines{"pte2=0"} + flush("200f2 200009") + Lines{"free"}, d.port.lines());
}

/* Beyond MAMV, or without PSI, the whole domain goes. */
TEST(DrvVtdUnmap, RangesThatAreTooLarge)
{
    Mapped d("linux-6.12"), none("linux-6.12", 2, kEcapScalable, kCap & ~(1ull << 39));

    EXPECT_EQ(flush("200e2 0"), d.flushes(k1G - k2M, 2 * k2M, 0x80000000 - k2M));
    EXPECT_EQ(flush("200e2 0"), none.flushes(0x1000000, 0x1000));
}

/* Linux 6 asks for pages of one size at a time, and flushes between. */
TEST(DrvVtdUnmap, Linux6FlushesBetweenSizes)
{
    Mapped d("linux-6.12"), older("linux-6.15");

    EXPECT_EQ(flush("200f2 3ff040") + flush("200f2 400049"),
              d.flushes(2 * k2M - 0x1000, k2M + 0x1000, 0x80000000 - 0x1000));
    EXPECT_EQ(flush("200f2 3ff040") + flush("200f2 400049"),
              older.flushes(2 * k2M - 0x1000, k2M + 0x1000, 0x80000000 - 0x1000));
}

/* 0x3ff000 to 0x5fffff: the power of two around it is 8 MiB. */
TEST(DrvVtdUnmap, Linux7AndBestFlushOnce)
{
    Mapped d("linux-7"), best("best");

    EXPECT_EQ(flush("200f2 4b"), d.flushes(2 * k2M - 0x1000, k2M + 0x1000, 0x80000000 - 0x1000));
    EXPECT_EQ(flush("200f2 4b"), best.flushes(2 * k2M - 0x1000, k2M + 0x1000, 0x80000000 - 0x1000));
}

/* A table goes, too: the one flush that there is says so (IH=0). */
TEST(DrvVtdUnmap, Linux7FlushesTablesWithTheRestOfTheRange)
{
    Mapped d("linux-7");

    ASSERT_EQ(0, d.map(d.a, k2M, 0x80000000, k2M - 0x1000));
    ASSERT_EQ(0, d.map(d.a, 2 * k2M - 0x1000, 0x90000000, 0x2000));
    d.port.forget();
    EXPECT_EQ(k2M + 0x1000, d.unmap(d.a, k2M, k2M + 0x1000));
    Lines lines = d.port.lines();

    lines.erase(std::remove(lines.begin(), lines.end(), "pte2=0"), lines.end());
    EXPECT_EQ((flush("200f2 b") + Lines{"free"}), lines);
}

TEST(DrvVtdUnmap, DeviceIsFlushedInTheSameSubmission)
{
    Mapped d("linux-6.12", 2, kEcapScalable, kCap, DRV_ATS);
    const Lines want = {"qi 200f2 2000043", "qi 1800000003 2003001", "wait", "ok"};
    const Lines page = {"qi 200f2 3000040", "qi 1800000003 3000000", "wait", "ok"};

    EXPECT_EQ(want, d.flushes(0x2000000, 0x8000));
    EXPECT_EQ(page, d.flushes(0x3000000, 0x1000));
}

TEST(DrvVtdUnmap, EveryUserIsFlushed)
{
    Mapped d("linux-6.12", 2, kEcapScalable, kCap, DRV_ATS);
    drv_device *first = d.device;

    d.device = d.add(0x20, DRV_ATS);
    ASSERT_EQ(0, d.attach(d.a));
    ASSERT_EQ(0, d.attach(d.a, 7));
    d.device = first;
    /* one domain, two devices without PASID: one flush of the unit */
    const Lines want = {"qi 200f2 1000040",
                        "qi 1800000003 1000000",
                        "qi 2000000003 1000000",
                        "qi 200f2 1000040",
                        "qi 700200008 1000000",
                        "wait",
                        "ok"};
    EXPECT_EQ(want, d.flushes(0x1000000, 0x1000));
}

TEST(DrvVtdUnmap, BatchesHave16Descriptors)
{
    Mapped d("linux-7", 1);

    for (uint32_t pasid = 1; pasid <= 17; pasid++)
        ASSERT_EQ(0, d.attach(d.a, pasid));
    const Lines all = d.flushes(0x1000000, 0x1000);
    ASSERT_EQ(22u, all.size());
    EXPECT_EQ("wait", all[16]);
    EXPECT_EQ("ok", all[17]);
    EXPECT_EQ("wait", all[20]);
}

TEST(DrvVtdUnmap, NobodyHasTheDomainNothingIsFlushed)
{
    VtdDriver d("linux-6.12");

    d.start();
    drv_domain *a = d.domain(DRV_PAGING);
    ASSERT_EQ(0, d.map(a, 0x1000, 0x5000, 0x1000));
    d.port.forget();
    EXPECT_EQ(0x1000u, d.unmap(a, 0x1000, 0x1000));
    EXPECT_EQ(Lines{"pte2=0"}, d.port.lines());
}

/* A second stage below a guest's: by the nested domain's DID, and all of the device. */
TEST(DrvVtdUnmap, ParentsFlushWhatIsNestedOnThem)
{
    VtdDriver d("linux-7");

    d.start(DRV_ATS);
    drv_domain *parent = d.domain(DRV_PAGING, 0, DRV_NEST_PARENT);
    ASSERT_EQ(0, d.attach(d.nested(parent, 0x76543000)));
    ASSERT_EQ(0, d.map(parent, 0x1000, 0x5000, 0x1000));
    d.port.forget();
    EXPECT_EQ(0x1000u, d.unmap(parent, 0x1000, 0x1000));
    const Lines want = {"pte2=0", "qi 200f2 1040", "qi 1800000003 7ffffffffffff001", "wait", "ok"};
    EXPECT_EQ(want, d.port.lines());
}

TEST(DrvVtdUnmap, LessThanAskedIfSomeIsNotMapped)
{
    Mapped d("linux-6.12");

    ASSERT_EQ(0, d.map(d.a, 0x1000, 0x5000, 0x1000));
    EXPECT_EQ(0u, d.unmap(d.a, 0x100000, 0x1000));
}

/* ---- large pages in the place of tables ---- */

TEST(DrvVtdMap, LinuxFreesAnEmptyTableBeforeItsFlush)
{
    Mapped d("linux-6.12"), best("best");

    for (Mapped *one : {&d, &best}) {
        (void)one->unmapping(k2M, 0x1000);
        ASSERT_EQ(0, one->map(one->a, k2M, 0x80000000, k2M));
    }
    EXPECT_EQ((Lines{"pte2=0", "free"} + flush("200f2 200009") + Lines{"pte2=80000083"}),
              d.port.lines());
    EXPECT_EQ((Lines{"pte2=0"} + flush("200f2 200009") + Lines{"free", "pte2=80000083"}),
              best.port.lines());
}

/* switch_to_super_page: each flush goes to the end of the run, whose entries are all stored later.
 */
TEST(DrvVtdMap, LinuxMakesRoomForARunOfLargePagesFirst)
{
    Mapped d("linux-6.12");

    (void)d.unmapping(2 * k2M, 0x1000);
    (void)d.unmapping(3 * k2M, 0x1000);
    ASSERT_EQ(0, d.map(d.a, 2 * k2M, 0x80000000, 2 * k2M));
    EXPECT_EQ((Lines{"pte2=0", "free"} + flush("200f2 40000a") + Lines{"pte2=0", "free"} +
               flush("200f2 600009") + Lines{"pte2=80000083", "pte2=80200083"}),
              d.port.lines());
}

TEST(DrvVtdMap, Linux7FlushesADroppedTableWhenAllIsMapped)
{
    Mapped d("linux-7");

    (void)d.unmapping(k2M, 0x1000);
    ASSERT_EQ(0, d.map(d.a, k2M, 0x80000000, k2M));
    EXPECT_EQ((Lines{"pte2=0", "pte2=80000083"} + flush("200f2 200009") + Lines{"free"}),
              d.port.lines());
}

/* ---- the whole domain ---- */

TEST(DrvVtdFlush, AllOfADomain)
{
    Mapped ss("linux-6.12", 2, kEcapScalable, kCap, DRV_ATS), fs("linux-7", 1);

    ASSERT_EQ(0, ss.ops->flush(ss.self, ss.a));
    EXPECT_EQ((Lines{"qi 200e2 0", "qi 1800000003 7ffffffffffff001", "wait", "ok"}),
              ss.port.lines());
    ASSERT_EQ(0, fs.ops->flush(fs.self, fs.a));
    EXPECT_EQ(flush("20026 0"), fs.port.lines());
}

TEST(DrvVtdDomain, ItsTablesAreAllGivenBack)
{
    VtdDriver d("linux-6.12");

    d.start();
    const auto before = d.port.live;
    drv_domain *a = d.domain(DRV_PAGING);
    ASSERT_EQ(0, d.map(a, 0x1000, 0x5000, 0x1000));
    ASSERT_EQ(0, d.map(a, k1G, 0x5000, 0x1000));
    d.port.forget();
    d.ops->domain_free(d.self, a);
    EXPECT_EQ((Lines{"pte2=0", "free", "free", "free", "free", "free", "free"}), d.port.lines());
    EXPECT_EQ(before, d.port.live);
}

TEST(DrvVtdDomain, KindsThatTheUnitCannotHave)
{
    const struct {
        uint64_t without;
        uint8_t kind, stage;
        uint32_t flags;
    } rows[] = {{1ull << 26, DRV_PAGING, 0, DRV_NEST_PARENT},
                {1ull << 45, DRV_PAGING, 0, DRV_DIRTY},
                {1ull << 47, DRV_PAGING, 1, 0},
                {1ull << 46, DRV_PAGING, 2, 0},
                {1ull << 47, DRV_SVA, 0, 0},
                {1ull << 6, DRV_IDENTITY, 0, 0}};

    for (const auto &row : rows) {
        VtdDriver d("linux-6.12", kEcapScalable & ~row.without);
        drv_domain_spec spec = {};
        drv_domain *made = nullptr;

        d.start();
        spec.kind = row.kind;
        spec.stage = row.stage;
        spec.flags = row.flags;
        EXPECT_EQ(-EOPNOTSUPP, d.ops->domain_alloc(d.self, &spec, d.device, &made));
    }
}

TEST(DrvVtdDomain, StageThatADriverPrefers)
{
    VtdDriver old("linux-6.12"), young("linux-7"), best("best");

    old.start();
    young.start();
    best.start();
    EXPECT_EQ((1ull << 48) - 1, old.ops->aperture_end(old.domain(DRV_PAGING)));
    EXPECT_EQ((1ull << 47) - 1, young.ops->aperture_end(young.domain(DRV_PAGING)));
    EXPECT_EQ((1ull << 48) - 1, young.ops->aperture_end(young.domain(DRV_PAGING, 0, DRV_DIRTY)));
    EXPECT_EQ((1ull << 48) - 1, best.ops->aperture_end(best.domain(DRV_PAGING)));
}
