/* SPDX-License-Identifier: BSD-2-Clause
 * drv_vtd_best_test.cpp - the shortest switches of PASID entries: each pair of kinds (6.5).
 *
 * Parent 10041000h, second stages 10042000h and 10043000h, first stages 10044000h and 10045000h;
 * the PASID table is 10046000h, its directory 10020000h, and a copy of it 10047000h. */
#include "tests/unit/kernel-glue/drivers/vtd_port.h"

using namespace drv_test;

namespace
{

class Best : public VtdDriver
{
  public:
    drv_domain *parent, *ss1, *ss2, *fs1, *fs2, *identity, *blocked, *nested1, *nested2, *other;

    explicit Best(uint32_t flags = 0, uint64_t cap = kCap) : VtdDriver("best", kEcapScalable, cap)
    {
        start(flags);
        parent = domain(DRV_PAGING, 0, DRV_NEST_PARENT);
        ss1 = domain(DRV_PAGING, 2);
        ss2 = domain(DRV_PAGING, 2);
        fs1 = domain(DRV_PAGING, 1);
        fs2 = domain(DRV_PAGING, 1);
        identity = domain(DRV_IDENTITY);
        blocked = domain(DRV_BLOCKED);
        nested1 = nested(parent, 0x76543000);
        nested2 = nested(parent, 0x76549000);
        other = nested(parent, 0x10044000); /* the table of fs1 */
        port.forget();
    }
    /* Acts of the switch, after the entry has had @from. */
    Lines change(drv_domain *from, drv_domain *to, uint32_t pasid = DRV_NO_PASID)
    {
        EXPECT_EQ(0, attach(from, pasid));
        port.forget();
        EXPECT_EQ(0, attach(to, pasid));
        Lines all = port.lines();
        if (pasid != DRV_NO_PASID)
            return all;
        EXPECT_EQ("begin", all.front());
        EXPECT_EQ("end", all.back());
        return Lines(all.begin() + 1, all.end() - 1);
    }
};

} // namespace

TEST(DrvVtdBest, FirstAttachIsOneStoreForASecondStage)
{
    Best d;

    ASSERT_EQ(0, d.attach(d.ss1));
    EXPECT_EQ((Lines{"begin", "dir=10046001", "pasid0+=10042089,800002", "end"}), d.port.lines());
}

TEST(DrvVtdBest, FirstAttachIsTwoStoresForAFirstStage)
{
    Best d;

    ASSERT_EQ(0, d.attach(d.fs1));
    EXPECT_EQ((Lines{"begin", "dir=10046001", "pasid2+=10044000,0", "pasid0+=49,800002", "end"}),
              d.port.lines());
}

TEST(DrvVtdBest, SecondStageToSecondStage)
{
    Best d;

    EXPECT_EQ((Lines{"pasid0+=10043089,800003", "qi 20017 0", "qi 200e2 0", "wait", "ok"}),
              d.change(d.ss1, d.ss2));
}

TEST(DrvVtdBest, SecondStageToPassThroughAndBack)
{
    Best d;

    EXPECT_EQ((Lines{"pasid0+=109,800001", "qi 20017 0", "qi 200e2 0", "wait", "ok"}),
              d.change(d.ss1, d.identity));
    EXPECT_EQ((Lines{"pasid0+=10042089,800002", "qi 10017 0", "qi 10026 0", "wait", "ok"}),
              d.change(d.identity, d.ss1));
}

/* The first stage's pointer is written while nobody reads it, and no cache may have the old one. */
TEST(DrvVtdBest, SecondStageToFirstStage)
{
    Best d;

    EXPECT_EQ((Lines{"pasid2+=10044000,0", "qi 20017 0", "wait", "ok", "pasid0+=49,800003",
                     "qi 20017 0", "qi 200e2 0", "wait", "ok"}),
              d.change(d.ss1, d.fs1));
}

TEST(DrvVtdBest, PassThroughToNested)
{
    Best d;

    EXPECT_EQ((Lines{"pasid2+=76543000,0", "qi 10017 0", "wait", "ok", "pasid0+=100410c9,800002",
                     "qi 10017 0", "qi 10026 0", "wait", "ok"}),
              d.change(d.identity, d.nested1));
}

TEST(DrvVtdBest, FirstStageToSecondStage)
{
    Best d;

    EXPECT_EQ((Lines{"pasid0+=10042089,800003", "qi 20017 0", "qi 20026 0", "wait", "ok"}),
              d.change(d.fs1, d.ss1));
}

TEST(DrvVtdBest, NestedToSecondStage)
{
    Best d;

    EXPECT_EQ((Lines{"pasid0+=10042089,800003", "qi 20017 0", "qi 200e2 0", "wait", "ok"}),
              d.change(d.nested1, d.ss1));
}

/* DID and table lie in two chunks: the table of PASIDs is exchanged. */
TEST(DrvVtdBest, FirstStageToFirstStage)
{
    Best d;

    EXPECT_EQ((Lines{"pasid0=49", "pasid1=800003", "pasid2=10045000", "wmb", "dir=10047001",
                     "qi 37 0", "qi 20026 0", "wait", "ok", "free"}),
              d.change(d.fs1, d.fs2));
}

TEST(DrvVtdBest, NestedToNested)
{
    Best d;

    EXPECT_EQ((Lines{"pasid0=100410c9", "pasid1=800003", "pasid2=76549000", "wmb", "dir=10047001",
                     "qi 37 0", "qi 200e2 0", "wait", "ok", "free"}),
              d.change(d.nested1, d.nested2));
}

TEST(DrvVtdBest, FirstStageToNestedWithTheSameTable)
{
    Best d;

    EXPECT_EQ((Lines{"pasid0+=100410c9,800003", "qi 20017 0", "qi 20026 0", "wait", "ok"}),
              d.change(d.fs1, d.other));
}

/* Two processes have one DID: only the pointer changes. */
TEST(DrvVtdBest, ProcessToProcess)
{
    Best d;
    drv_domain_spec spec = {};

    spec.kind = DRV_SVA;
    spec.root = 0x55555000;
    drv_domain *one = d.domain(spec);
    spec.root = 0x66666000;
    drv_domain *two = d.domain(spec);
    EXPECT_EQ((Lines{"pasid2+=66666000,0", "qi 300010017 0", "qi 300010026 0", "wait", "ok"}),
              d.change(one, two, 3));
}

TEST(DrvVtdBest, OtherPasidsOfAnExchangedTableAreFlushedToo)
{
    Best d;

    ASSERT_EQ(0, d.attach(d.ss1, 3));
    ASSERT_EQ(0, d.attach(d.fs1, 5));
    d.port.forget();
    ASSERT_EQ(0, d.attach(d.fs2, 5));
    EXPECT_EQ(
        (Lines{"pasid0=10042089", "pasid1=800002", "pasid0=49", "pasid1=800004", "pasid2=10045000",
               "wmb", "dir=10047001", "qi 37 0", "qi 500030026 0", "wait", "ok", "free"}),
        d.port.lines());
}

TEST(DrvVtdBest, Detach)
{
    Best d;

    EXPECT_EQ((Lines{"pasid0=10042088", "qi 20017 0", "qi 200e2 0", "wait", "ok"}),
              d.change(d.ss1, d.blocked));
}

TEST(DrvVtdBest, AtsStaysOnAndTheDeviceIsFlushedLast)
{
    Best d(DRV_ATS);

    EXPECT_EQ((Lines{"pasid0+=10043089,800003", "qi 20017 0", "qi 200e2 0",
                     "qi 1800000003 7ffffffffffff001", "wait", "ok"}),
              d.change(d.ss1, d.ss2));
}

/* A device's flush without PASID would not wait for one by PASID (6.5.2.11). */
TEST(DrvVtdBest, AFenceStandsBeforeTheDeviceOfAFirstStage)
{
    Best d(DRV_ATS);

    EXPECT_EQ((Lines{"pasid0+=10042089,800003", "qi 20017 0", "qi 20026 0", "qi 200000045 0",
                     "qi 1800000003 7ffffffffffff001", "wait", "ok"}),
              d.change(d.fs1, d.ss1));
    ASSERT_EQ(0, d.map(d.ss1, 0x1000, 0x5000, 0x1000));
    ASSERT_EQ(0, d.attach(d.fs1));
    ASSERT_EQ(0, d.map(d.fs1, 0x1000, 0x5000, 0x1000));
    d.port.forget();
    EXPECT_EQ(0x1000u, d.unmap(d.fs1, 0x1000, 0x1000));
    EXPECT_EQ(
        (Lines{"pte1=0", "qi 20036 1040", "qi 200000045 0", "qi 1800000003 1000", "wait", "ok"}),
        d.port.lines());
}

TEST(DrvVtdBest, PageRequestsAreDrainedByTheSameWait)
{
    Best d(DRV_ATS | DRV_PRI);
    drv_domain *faults = d.domain(DRV_PAGING, 2, DRV_FAULTS);

    EXPECT_EQ((Lines{"pasid0=10046088", "qi 300020017 0", "qi 200e2 0",
                     "qi 300180008 7ffffffffffff800", "wait+pd", "ok"}),
              d.change(faults, d.blocked, 3));
}

TEST(DrvVtdBest, TheSameAgainIsNothing)
{
    Best d;

    EXPECT_EQ(Lines{}, d.change(d.ss1, d.ss1));
}

/* What refused is kept under DID 0 (6.2). */
TEST(DrvVtdBest, CachingModeWantsAFlushOfTheRefusal)
{
    Best d(0, kCap | kCm);

    ASSERT_EQ(0, d.attach(d.ss1));
    EXPECT_EQ((Lines{"begin", "dir=10046001", "pasid0+=10042089,800002", "qi 17 0", "qi 20026 0",
                     "wait", "ok", "end"}),
              d.port.lines());
}

TEST(DrvVtdBest, CachingModeMayHaveKeptAChunkWithTheRefusal)
{
    Best d(0, kCap | kCm);

    ASSERT_EQ(0, d.attach(d.fs1));
    EXPECT_EQ((Lines{"begin", "dir=10046001", "pasid2+=10044000,0", "qi 17 0", "wait", "ok",
                     "pasid0+=49,800002", "qi 17 0", "qi 20026 0", "wait", "ok", "end"}),
              d.port.lines());
}

TEST(DrvVtdBest, WhatDoesNotFitChangesNothing)
{
    VtdDriver d("best", kEcapScalable & ~(1ull << 31));

    d.start();
    drv_domain *parent = d.domain(DRV_PAGING, 0, DRV_NEST_PARENT);
    drv_domain *sre = d.nested(parent, 0x76543000, 1);
    ASSERT_EQ(0, d.attach(parent));
    d.port.forget();
    EXPECT_EQ(-EINVAL, d.attach(sre));
    EXPECT_EQ((Lines{"begin", "end -22"}), d.port.lines());
}

TEST(DrvVtdBest, WriteBufferIsFlushedBeforeACopyIsReached)
{
    Best d(0, kCap | kRwbf);

    EXPECT_EQ((Lines{"pasid0=49", "pasid1=800003", "pasid2=10045000", "wmb", "w 18=8c000000",
                     "reg ok", "dir=10047001", "qi 37 0", "qi 20026 0", "wait", "ok", "free"}),
              d.change(d.fs1, d.fs2));
}

/* ---- failures ---- */

TEST(DrvVtdBestFailure, AWaitThatDoesNotEndTakesTheOldEntryBack)
{
    Best d;

    ASSERT_EQ(0, d.attach(d.ss1));
    d.port.forget();
    d.port.fail_wait_in = 1;
    EXPECT_EQ(-ETIMEDOUT, d.attach(d.ss2));
    EXPECT_EQ(
        (Lines{"begin", "pasid0+=10043089,800003", "qi 20017 0", "qi 200e2 0", "wait", "ok",
               "pasid0+=10042089,800002", "qi 30017 0", "qi 300e2 0", "wait", "ok", "end -110"}),
        d.port.lines());
    EXPECT_EQ((Lines{"pasid0+=10043089,800003", "qi 20017 0", "qi 200e2 0", "wait", "ok"}),
              d.change(d.ss1, d.ss2));
}

TEST(DrvVtdBestFailure, AnExchangedTableIsPutBack)
{
    Best d;

    ASSERT_EQ(0, d.attach(d.fs1, 5));
    const auto before = d.port.live;
    d.port.forget();
    d.port.fail_wait_in = 1;
    EXPECT_EQ(-ETIMEDOUT, d.attach(d.fs2, 5));
    EXPECT_EQ(0x10046001u, d.port.word(0x10020000));
    EXPECT_EQ(before, d.port.live);
}

TEST(DrvVtdBestFailure, NoMemoryForACopyChangesNothing)
{
    Best d;

    ASSERT_EQ(0, d.attach(d.fs1, 5));
    d.port.forget();
    d.port.fail_alloc_in = 1;
    EXPECT_EQ(-ENOMEM, d.attach(d.fs2, 5));
    EXPECT_EQ(Lines{}, d.port.lines());
}
