/* SPDX-License-Identifier: BSD-2-Clause
 * drv_vtd_failure_test.cpp - every allocation and every wait of every switch fails once: what was
 * there works as before, nothing is lost, and the same switch succeeds afterwards. */
#include "tests/unit/kernel-glue/drivers/vtd_port.h"

#include <algorithm>
#include <functional>

using namespace drv_test;

namespace
{

enum Kind { kSs1, kSs2, kFs1, kFs2, kPt, kNested1, kNested2, kBlocked, kKinds };

class World : public VtdDriver
{
  public:
    drv_domain *of[kKinds];

    explicit World(const char *name) : VtdDriver(name)
    {
        start(DRV_ATS);
        drv_domain *parent = domain(DRV_PAGING, 2, DRV_NEST_PARENT);
        of[kSs1] = domain(DRV_PAGING, 2);
        of[kSs2] = domain(DRV_PAGING, 2);
        of[kFs1] = domain(DRV_PAGING, 1);
        of[kFs2] = domain(DRV_PAGING, 1);
        of[kPt] = domain(DRV_IDENTITY);
        of[kNested1] = nested(parent, 0x76543000);
        of[kNested2] = nested(parent, 0x76549000);
        of[kBlocked] = domain(DRV_BLOCKED);
    }
    /* What hardware finds for a PASID: its entry, or nothing. */
    std::vector<uint64_t> entry(uint32_t pasid) const
    {
        const uint64_t directory = port.word(0x10020000);
        std::vector<uint64_t> words(8);

        for (unsigned i = 0; i < 8 && directory & 1; i++)
            words[i] = port.word((directory & ~0xfffull) + pasid * 64 + i * 8);
        /* what an entry does not use may be left over from one that did */
        if (!(words[0] & 1))
            return std::vector<uint64_t>(8);
        if ((words[0] >> 6 & 7) == 2 || (words[0] >> 6 & 7) == 4)
            words[2] = 0;
        return words;
    }
};

using Fail = std::function<int &(World &)>;

/* Fails the n-th of something in one switch, n = 1, 2...; until it succeeds. Return: how often. */
unsigned fail_each(const char *name, Kind from, Kind to, uint32_t pasid, const Fail &what)
{
    for (unsigned n = 1;; n++) {
        World d(name);
        const uint32_t index = pasid == DRV_NO_PASID ? 0 : pasid;

        EXPECT_EQ(0, d.attach(d.of[from], pasid));
        const auto before = d.entry(index);
        const size_t n_pages = d.port.live.size();

        what(d) = static_cast<int>(n);
        const int err = d.attach(d.of[to], pasid);
        if (what(d) != 0) { /* there was no n-th */
            EXPECT_EQ(0, err);
            return n - 1;
        }
        const auto after = d.entry(index);
        if (strcmp(name, "best") == 0 && to == kBlocked) { /* it waited once more */
            EXPECT_EQ(0, err);
            EXPECT_EQ(std::vector<uint64_t>(8), after);
        } else {
            EXPECT_GT(0, err) << name << from << to << " " << n;
        }
        const bool is_linux_rid = strcmp(name, "best") != 0 && pasid == DRV_NO_PASID;
        if (is_linux_rid || to == kBlocked)
            EXPECT_TRUE(after == before || after == std::vector<uint64_t>(8)) << name << from << to;
        else
            EXPECT_EQ(before, after) << name << from << to << " " << n;
        EXPECT_GE(n_pages + 1, d.port.live.size()); /* a PASID table stays for the next time */

        EXPECT_EQ(0, d.attach(d.of[from], pasid));
        EXPECT_EQ(before, d.entry(index));
        EXPECT_EQ(0, d.attach(d.of[to], pasid));
        EXPECT_EQ(0, d.attach(d.of[kBlocked], pasid));
    }
}

void fail_all(const char *name, const Fail &what, unsigned expected)
{
    unsigned n = 0;

    for (const uint32_t pasid : {DRV_NO_PASID, 5u}) {
        for (int from = 0; from < kKinds; from++) {
            for (int to = 0; to < kKinds; to++) {
                if (from != to)
                    n += fail_each(name, Kind(from), Kind(to), pasid, what);
            }
        }
    }
    EXPECT_EQ(expected, n);
    printf("%s: %u steps failed\n", name, n);
}

} // namespace

/* One for each of 42 pairs of kinds and 7 detaches, and one more for 12 pairs whose first stage's
 * pointer is written before; without PASID and with one. */
TEST(DrvVtdFailure, EveryWaitOfBest)
{
    fail_all(
        "best", [](World &d) -> int & { return d.port.fail_wait_in; }, 122);
}

/* A PASID table for 7 first attaches, a copy of one for 12 pairs. */
TEST(DrvVtdFailure, EveryAllocationOfBest)
{
    fail_all(
        "best", [](World &d) -> int & { return d.port.fail_alloc_in; }, 38);
}

bool has(const Lines &lines, const char *line)
{
    return std::find(lines.begin(), lines.end(), line) != lines.end();
}

/* A request that came while the new entry was there is filed under the new domain's number, and an
 * IOTLB is looked up without one (6.2.3): the old entry's flush would leave it. */
TEST(DrvVtdFailure, WhatBestTakesBackIsFlushedByItsOwnNumber)
{
    const struct {
        Kind from, to;
        const char *by_old, *by_new; /* domains get numbers when they are attached: 2, then 3 */
    } rows[] = {
        {kFs1, kFs2, "qi 20026 0", "qi 30026 0"},
        {kSs1, kSs2, "qi 200e2 0", "qi 300e2 0"},
        {kNested1, kNested2, "qi 200e2 0", "qi 300e2 0"},
    };

    for (const auto &row : rows) {
        World d("best");

        ASSERT_EQ(0, d.attach(d.of[row.from]));
        d.port.forget();
        d.port.fail_wait_in = 1;
        EXPECT_GT(0, d.attach(d.of[row.to]));
        const Lines lines = d.port.lines();
        const auto failed = std::find(lines.begin(), lines.end(), "wait");

        ASSERT_NE(lines.end(), failed);
        EXPECT_TRUE(has(Lines(lines.begin(), failed), row.by_old)) << row.from;
        EXPECT_TRUE(has(Lines(failed, lines.end()), row.by_new)) << row.from;
    }
}

/* Twice the same flush: nobody goes on with memory that the unit may still read. */
TEST(DrvVtdFailure, BestSendsTheFlushOfADetachAgain)
{
    World d("best");

    ASSERT_EQ(0, d.attach(d.of[kSs1]));
    d.port.forget();
    d.port.fail_wait_in = 1;
    EXPECT_EQ(0, d.attach(d.of[kBlocked]));
    const Lines lines = d.port.lines();
    EXPECT_EQ(2, std::count(lines.begin(), lines.end(), "qi 200e2 0"));
}

/* PASID cache, IOTLB and device for 49 tear-downs. */
TEST(DrvVtdFailure, EveryWaitOfLinux7)
{
    fail_all(
        "linux-7", [](World &d) -> int & { return d.port.fail_wait_in; }, 294);
}

TEST(DrvVtdFailure, EveryWaitOfLinux615)
{
    fail_all(
        "linux-6.15", [](World &d) -> int & { return d.port.fail_wait_in; }, 294);
}

TEST(DrvVtdFailure, EveryAllocationOfLinux7)
{
    fail_all(
        "linux-7", [](World &d) -> int & { return d.port.fail_alloc_in; }, 14);
}

/* A map that fails leaves nothing mapped, and no table that is not reachable. */
TEST(DrvVtdFailure, EveryAllocationOfAMap)
{
    for (int n = 1; n <= 6; n++) {
        VtdDriver d("best");

        d.start();
        drv_domain *a = d.domain(DRV_PAGING);
        const auto before = d.port.live;

        d.port.fail_alloc_in = n;
        const int err = d.map(a, 0x3ffff000, 0x80000000, 0x2000); /* two leaves, two tables of 2M */
        EXPECT_EQ(n <= 5 ? -ENOMEM : 0, err) << n;
        d.port.fail_alloc_in = 0;
        EXPECT_EQ(n <= 5 ? 0u : 0x2000u, d.unmap(a, 0x3ffff000, 0x2000)) << n;
        d.ops->domain_free(d.self, a);
        EXPECT_EQ(before.size() - 1, d.port.live.size()) << n;
    }
}

TEST(DrvVtdFailure, EveryStepOfTheStart)
{
    for (const char *name : {"linux-6.12", "best"}) {
        for (int n = 1; n < 10; n++) {
            VtdDriver by_wait(name), by_alloc(name);

            by_wait.port.fail_wait_in = n;
            const int err = by_wait.ops->start(by_wait.self);
            if (by_wait.port.fail_wait_in == 0) {
                EXPECT_EQ(-ETIMEDOUT, err) << name << n;
                EXPECT_TRUE(by_wait.port.live.empty()) << name << n;
            }
            by_alloc.port.fail_alloc_in = n;
            EXPECT_EQ(n <= 4 ? -ENOMEM : 0, by_alloc.ops->start(by_alloc.self)) << name << n;
            EXPECT_EQ(n > 4, !by_alloc.port.live.empty()) << name << n;
        }
    }
}

TEST(DrvVtdFailure, NoDidIsLeft)
{
    VtdDriver d("best", kEcapScalable, kCap & ~7ull); /* 16 DIDs, of which 14 are free */

    d.start();
    for (uint32_t pasid = 1; pasid <= 14; pasid++)
        ASSERT_EQ(0, d.attach(d.domain(DRV_PAGING), pasid));
    EXPECT_EQ(-ENOSPC, d.attach(d.domain(DRV_PAGING), 15));
    EXPECT_EQ(0, d.attach(d.domain(DRV_BLOCKED), 7));
    EXPECT_EQ(0, d.attach(d.domain(DRV_PAGING), 15));
}

TEST(DrvVtdFailure, ADeviceGivesEverythingBack)
{
    for (const char *name : {"linux-6.12", "linux-7", "best"}) {
        VtdDriver d(name);

        ASSERT_EQ(0, d.ops->start(d.self));
        d.device = d.add(0x18, DRV_ATS | DRV_PRI);
        drv_domain *a = d.domain(DRV_PAGING, 2);
        const size_t n_pages = d.port.live.size() - 1; /* its directory */
        ASSERT_EQ(0, d.attach(a));
        ASSERT_EQ(0, d.attach(a, 0x12345));
        d.ops->device_remove(d.self, d.device);
        EXPECT_EQ(n_pages, d.port.live.size()) << name;
        EXPECT_EQ(0u, d.port.word(0x10040000 + 0x18 * 32) & 1) << name;
        d.ops->domain_free(d.self, a);
        ASSERT_EQ(0, d.ops->stop(d.self));
    }
}
