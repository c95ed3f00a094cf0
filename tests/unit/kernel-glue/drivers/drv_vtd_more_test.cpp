/* SPDX-License-Identifier: BSD-2-Clause
 * drv_vtd_more_test.cpp - dirty pages, snooping, a guest's invalidations, processes (7.8, 7.10). */
#include "tests/unit/kernel-glue/drivers/vtd_port.h"

using namespace drv_test;

namespace
{

Lines operator+(Lines a, const Lines &b)
{
    a.insert(a.end(), b.begin(), b.end());
    return a;
}

Lines flush(const std::string &descriptor)
{
    return {"qi " + descriptor, "wait", "ok"};
}

using Range = std::pair<uint64_t, uint64_t>;

void see(void *ctx, uint64_t iova, uint64_t n_bytes)
{
    static_cast<std::vector<Range> *>(ctx)->push_back({iova, n_bytes});
}

drv_domain *process(VtdDriver &d, uint64_t root)
{
    drv_domain_spec spec = {};

    spec.kind = DRV_SVA;
    spec.root = root;
    return d.domain(spec);
}

} // namespace

/* ---- dirty pages ---- */

TEST(DrvVtdDirty, TrackingIsOneBitOfALiveEntry)
{
    VtdDriver d("linux-6.12");

    d.start(DRV_ATS);
    drv_domain *a = d.domain(DRV_PAGING, 0, DRV_DIRTY);
    ASSERT_EQ(0, d.attach(a));
    d.port.forget();
    ASSERT_EQ(0, d.ops->dirty_tracking(d.self, a, true));
    EXPECT_EQ((Lines{"pasid0=10041289"} + flush("20017 0") + flush("200e2 0") +
               flush("1800000003 7ffffffffffff001")),
              d.port.lines());
    ASSERT_EQ(0, d.ops->dirty_tracking(d.self, a, true));
    EXPECT_EQ(Lines{}, d.port.lines());
    ASSERT_EQ(0, d.ops->dirty_tracking(d.self, a, false));
    EXPECT_EQ("pasid0=10041089", d.port.lines().front());
}

TEST(DrvVtdDirty, BestWaitsOnce)
{
    VtdDriver d("best");

    d.start();
    drv_domain *a = d.domain(DRV_PAGING, 0, DRV_DIRTY);
    ASSERT_EQ(0, d.attach(a));
    d.port.forget();
    ASSERT_EQ(0, d.ops->dirty_tracking(d.self, a, true));
    EXPECT_EQ((Lines{"pasid0=10041289", "qi 20017 0", "qi 200e2 0", "wait", "ok"}), d.port.lines());
}

TEST(DrvVtdDirty, EntriesOfNestedDomainsTrackToo)
{
    VtdDriver d("linux-7");

    d.start();
    drv_domain *parent = d.domain(DRV_PAGING, 0, DRV_NEST_PARENT | DRV_DIRTY);
    ASSERT_EQ(0, d.attach(d.nested(parent, 0x76543000)));
    d.port.forget();
    ASSERT_EQ(0, d.ops->dirty_tracking(d.self, parent, true));
    EXPECT_EQ("pasid0=100412c9", d.port.lines().front());
}

TEST(DrvVtdDirty, WhatIsAttachedLaterTracks)
{
    VtdDriver d("linux-6.12");

    d.start();
    drv_domain *a = d.domain(DRV_PAGING, 0, DRV_DIRTY);
    ASSERT_EQ(0, d.ops->dirty_tracking(d.self, a, true));
    ASSERT_EQ(0, d.attach(a));
    EXPECT_EQ(0x10041289u, d.port.word(0x10042000));
}

TEST(DrvVtdDirty, HarvestClearsAndFlushesWhatItFound)
{
    VtdDriver d("linux-6.12");
    std::vector<Range> seen;

    d.start();
    drv_domain *a = d.domain(DRV_PAGING, 0, DRV_DIRTY);
    ASSERT_EQ(0, d.attach(a));
    ASSERT_EQ(0, d.map(a, 0x10000, 0x80000000, 0x8000));
    ASSERT_EQ(0, d.ops->dirty_tracking(d.self, a, true));
    d.port.memory[0x10045000 + 0x12 * 8] |= 0x300; /* A and D, as hardware sets them */
    d.port.memory[0x10045000 + 0x13 * 8] |= 0x300;
    d.port.forget();
    ASSERT_EQ(0, d.ops->read_dirty(d.self, a, 0x10000, 0x8000, see, &seen));
    EXPECT_EQ((std::vector<Range>{{0x12000, 0x1000}, {0x13000, 0x1000}}), seen);
    EXPECT_EQ((Lines{"pte2=80002103", "pte2=80003103"} + flush("200f2 12041")), d.port.lines());
    seen.clear();
    ASSERT_EQ(0, d.ops->read_dirty(d.self, a, 0x10000, 0x8000, see, &seen));
    EXPECT_TRUE(seen.empty());
    EXPECT_EQ(Lines{}, d.port.lines());
}

TEST(DrvVtdDirty, NothingToReadUnlessItTracks)
{
    VtdDriver d("linux-6.12");
    std::vector<Range> seen;

    d.start();
    drv_domain *a = d.domain(DRV_PAGING, 0, DRV_DIRTY);
    EXPECT_EQ(-EINVAL, d.ops->read_dirty(d.self, a, 0, 0x1000, see, &seen));
    EXPECT_EQ(-EOPNOTSUPP, d.ops->dirty_tracking(d.self, d.domain(DRV_PAGING), true));
}

/* ---- snooping ---- */

TEST(DrvVtdSnoop, FirstStageHasABitInTheEntry)
{
    VtdDriver d("linux-7");

    d.start();
    drv_domain *a = d.domain(DRV_PAGING, 1);
    ASSERT_EQ(0, d.attach(a));
    d.port.forget();
    ASSERT_EQ(0, d.ops->enforce_coherency(d.self, a));
    EXPECT_EQ((Lines{"pasid1=1800002"} + flush("20017 0") + flush("20026 0")), d.port.lines());
    ASSERT_EQ(0, d.ops->enforce_coherency(d.self, a));
    EXPECT_EQ(Lines{}, d.port.lines());
}

TEST(DrvVtdSnoop, SecondStageHasABitInEachPage)
{
    VtdDriver d("linux-6.12");

    d.start();
    drv_domain *a = d.domain(DRV_PAGING), *b = d.domain(DRV_PAGING);
    ASSERT_EQ(0, d.ops->enforce_coherency(d.self, a));
    ASSERT_EQ(0, d.map(a, 0x1000, 0x5000, 0x1000));
    EXPECT_EQ("pte2=5803", d.port.lines().back());
    ASSERT_EQ(0, d.map(b, 0x1000, 0x5000, 0x1000));
    EXPECT_EQ(-EOPNOTSUPP, d.ops->enforce_coherency(d.self, b)); /* it has pages without */
}

TEST(DrvVtdSnoop, NeedsAUnitThatCan)
{
    VtdDriver d("linux-6.12", kEcapScalable & ~(1ull << 7));

    d.start();
    EXPECT_EQ(-EOPNOTSUPP, d.ops->enforce_coherency(d.self, d.domain(DRV_PAGING)));
}

/* ---- a guest's invalidations ---- */

class DrvVtdGuest : public testing::Test
{
  public:
    VtdDriver d{"linux-7"};
    drv_domain *nested = nullptr;
    uint32_t n_done = 0;

    void SetUp() override
    {
        d.start(DRV_ATS);
        drv_domain *parent = d.domain(DRV_PAGING, 0, DRV_NEST_PARENT);
        nested = d.nested(parent, 0x76543000);
        ASSERT_EQ(0, d.attach(nested));
        d.port.forget();
    }
    int ask(std::vector<uint64_t> words)
    {
        return d.ops->invalidate(d.self, nested, d.device, words.data(),
                                 static_cast<uint32_t>(words.size() / 3), &n_done);
    }
};

TEST_F(DrvVtdGuest, PagesGoByTheHostsDid)
{
    ASSERT_EQ(0, ask({0x7f000000, 4, 1}));
    EXPECT_EQ((Lines{"qi 20036 7f000042", "qi 1800000003 7f001001", "wait", "ok"}), d.port.lines());
    ASSERT_EQ(0, ask({0x7f000000, 512, 0}));
    EXPECT_EQ((Lines{"qi 20036 7f000009", "qi 1800000003 7f0ff001", "wait", "ok"}), d.port.lines());
}

TEST_F(DrvVtdGuest, AllPages)
{
    ASSERT_EQ(0, ask({0, UINT64_MAX, 0}));
    EXPECT_EQ((Lines{"qi 20026 0", "qi 1800000003 7ffffffffffff001", "wait", "ok"}),
              d.port.lines());
}

TEST_F(DrvVtdGuest, TheFirstBadOneEndsIt)
{
    EXPECT_EQ(-EINVAL, ask({0x1000, 1, 0, 0x1800, 1, 0, 0x3000, 1, 0}));
    EXPECT_EQ(1u, n_done);
    EXPECT_EQ(-EOPNOTSUPP, ask({0x1000, 1, 2}));
    EXPECT_EQ(-EINVAL, ask({0x1000, UINT64_MAX, 0}));
    EXPECT_EQ(0u, n_done);
}

/* ---- a process ---- */

TEST(DrvVtdProcess, NotifiersFlushByPasidWithTables)
{
    VtdDriver d("linux-7");
    drv_domain_spec spec = {};

    d.start();
    spec.kind = DRV_SVA;
    drv_domain *own = d.domain(spec);
    ASSERT_EQ(0, d.attach(own, 3));
    ASSERT_EQ(0, d.map(own, 0x400000, 0x80000000, 0x4000));
    d.port.forget();
    EXPECT_EQ(0x4000u, d.unmap(own, 0x400000, 0x4000));
    EXPECT_EQ((Lines{"pte1=0", "pte1=0", "pte1=0", "pte1=0"} + flush("300010036 400002")),
              d.port.lines());
}

TEST(DrvVtdProcess, ExitLeavesARefusalWithoutRecords)
{
    VtdDriver d("linux-7");

    d.start();
    drv_domain *a = process(d, 0x55555000);
    ASSERT_EQ(0, d.attach(a, 3));
    d.port.forget();
    ASSERT_EQ(0, d.ops->process_exit(d.self, a));
    EXPECT_EQ((Lines{"pasid0=48", "wmb"} + flush("300010017 0") + flush("300010026 0") +
               Lines{"pasid0=2", "pasid1=0", "pasid2=0", "pasid3=0", "pasid4=0", "pasid5=0",
                     "pasid6=0", "pasid7=0"}),
              d.port.lines());
    ASSERT_EQ(0, d.attach(d.domain(DRV_BLOCKED), 3));
    EXPECT_EQ((Lines{"pasid0=0", "pasid1=0", "pasid2=0", "pasid3=0", "pasid4=0", "pasid5=0",
                     "pasid6=0", "pasid7=0"}),
              d.port.lines());
}

TEST(DrvVtdProcess, ExitUnderBest)
{
    VtdDriver d("best");

    d.start();
    drv_domain *a = process(d, 0x55555000);
    ASSERT_EQ(0, d.attach(a, 3));
    ASSERT_EQ(0, d.ops->process_exit(d.self, a));
    d.port.forget();
    ASSERT_EQ(0, d.attach(d.domain(DRV_BLOCKED), 3));
    EXPECT_EQ(Lines{"pasid0=0"}, d.port.lines());
}
