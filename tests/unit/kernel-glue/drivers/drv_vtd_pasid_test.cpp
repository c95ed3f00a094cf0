/* SPDX-License-Identifier: BSD-2-Clause
 * drv_vtd_pasid_test.cpp - scalable mode as Linux does it: lists of stores, descriptors and waits.
 *
 * Where things are (in the order of allocation): directory 10020000h, contexts 10040000h, roots of
 * domains from 10041000h on, then the PASID table. DIDs start at 2; the device is 18h. */
#include "tests/unit/kernel-glue/drivers/vtd_port.h"

using namespace drv_test;

namespace
{

const Lines kZero = {"pasid0=0", "pasid1=0", "pasid2=0", "pasid3=0",
                     "pasid4=0", "pasid5=0", "pasid6=0", "pasid7=0"};

Lines operator+(Lines a, const Lines &b)
{
    a.insert(a.end(), b.begin(), b.end());
    return a;
}

/* One flush as Linux does it: a descriptor, a wait. */
Lines flush(const std::string &descriptor)
{
    return {"qi " + descriptor, "wait", "ok"};
}

/* A second stage, not present to present; @did in hexadecimal. */
Lines setup_ss(const std::string &root, const std::string &did)
{
    return kZero + Lines{"pasid1=" + did,
                         "pasid0=" + root + "000",
                         "pasid0=" + root + "008",
                         "pasid0=" + root + "088",
                         "pasid0=" + root + "088",
                         "pasid1=80000" + did,
                         "wmb",
                         "pasid0=" + root + "089"};
}

Lines tear_down_ss(const std::string &root, const std::string &did)
{
    return Lines{"pasid0=" + root + "088", "wmb"} + flush(did + "0017 0") + flush(did + "00e2 0") +
           kZero;
}

} // namespace

/* ---- a device comes ---- */

TEST(DrvVtdDevice, ContextEntryIsFilledBeforeItIsPresent)
{
    VtdDriver d("linux-6.12");

    d.start();
    d.port.forget();
    (void)d.add(0x2a0);
    /* bus 2, devfn a0h: upper half, a directory of its own */
    const Lines want = {"root=10080001", "ctx0=0",        "ctx1=0", "ctx0=10060e00",
                        "ctx1=0",        "ctx0=10060e08", "wmb",    "ctx0=10060e09"};
    EXPECT_EQ(want, d.port.lines());
    EXPECT_EQ(0x10080001u, d.port.word(0x10003000 + 2 * 16 + 8));
    EXPECT_EQ(0x10060e09u, d.port.word(0x10080000 + 0x20 * 32));
}

TEST(DrvVtdDevice, DirectoryHasTheSizeOfThePasids)
{
    VtdDriver d("linux-6.12");

    d.start();
    (void)d.add(0x20, 0, 16);
    (void)d.add(0x21, 0, 0);
    EXPECT_EQ(3u, d.port.word(0x10040000 + 0x20 * 32) >> 9 & 7); /* 2^10 entries */
    EXPECT_EQ(2u, d.port.word(0x10040000 + 0x21 * 32) >> 9 & 7); /* a page has 2^9 */
    EXPECT_EQ(0u, d.port.word(0x10040000 + 0x21 * 32) & 8);      /* no PASIDE */
}

TEST(DrvVtdDevice, AtsAndPageRequestsFromTheStartInLinux7)
{
    VtdDriver old("linux-6.12"), young("linux-7");

    old.start(DRV_ATS | DRV_PRI);
    young.start(DRV_ATS | DRV_PRI);
    EXPECT_EQ(0x10020e0du, old.port.word(0x10040000 + 0x18 * 32));
    EXPECT_EQ(0x10020e1du, young.port.word(0x10040000 + 0x18 * 32));
}

TEST(DrvVtdDevice, CachingModeMayHaveKeptItsAbsence)
{
    VtdDriver d("linux-6.12", kEcapScalable, kCap | kCm);

    d.start();
    d.port.forget();
    (void)d.add(0x20);
    const Lines all = d.port.lines();
    const Lines want = flush("2000000031 0") + flush("e2 0");
    EXPECT_EQ(want, Lines(all.end() - 6, all.end()));
}

/* ---- not present to present (7.4) ---- */

TEST(DrvVtdSetup, SecondStage)
{
    VtdDriver d("linux-6.12");

    d.start();
    drv_domain *domain = d.domain(DRV_PAGING);
    d.port.forget();
    ASSERT_EQ(0, d.attach(domain));
    const Lines want = Lines{"begin", "dir=10042001"} + setup_ss("10041", "2") + Lines{"end"};
    EXPECT_EQ(want, d.port.lines());
}

TEST(DrvVtdSetup, FirstStage)
{
    VtdDriver d("linux-6.12");

    d.start();
    drv_domain *domain = d.domain(DRV_PAGING, 1);
    d.port.forget();
    ASSERT_EQ(0, d.attach(domain));
    const Lines want = Lines{"begin", "dir=10042001"} + kZero +
                       Lines{"pasid2=10041000", "pasid1=2", "pasid0=8",  "pasid1=800002",
                             "pasid0=48",       "wmb",      "pasid0=49", "end"};
    EXPECT_EQ(want, d.port.lines());
}

TEST(DrvVtdSetup, PassThroughHasDid1)
{
    VtdDriver d("linux-6.12");

    d.start();
    ASSERT_EQ(0, d.attach(d.domain(DRV_IDENTITY)));
    const Lines want = Lines{"begin", "dir=10041001"} + kZero +
                       Lines{"pasid1=1",      "pasid0=8", "pasid0=108", "pasid0=108",
                             "pasid1=800001", "wmb",      "pasid0=109", "end"};
    EXPECT_EQ(want, d.port.lines());
}

TEST(DrvVtdSetup, NestedHasADidOfItsOwnAndTheGuestsRoot)
{
    VtdDriver d("linux-6.12");

    d.start();
    drv_domain *parent = d.domain(DRV_PAGING, 0, DRV_NEST_PARENT);
    drv_domain *nested = d.nested(parent, 0x76543000, 1 | 4); /* SRE, WPE */
    d.port.forget();
    ASSERT_EQ(0, d.attach(nested));
    const Lines want =
        Lines{"begin", "dir=10042001"} + kZero + Lines{"pasid2=76543000", "pasid2=76543001",
                                                       "pasid2=76543011", "pasid0=10041000",
                                                       "pasid0=10041000", "pasid1=2",
                                                       "pasid0=10041008", "pasid1=800002",
                                                       "pasid0=100410c8", "wmb",
                                                       "pasid0=100410c9", "end"};
    EXPECT_EQ(want, d.port.lines());
}

TEST(DrvVtdSetup, CachingModeIsFlushedByTheNewDid)
{
    VtdDriver d("linux-6.12", kEcapScalable, kCap | kCm);

    d.start();
    ASSERT_EQ(0, d.attach(d.domain(DRV_PAGING)));
    const Lines all = d.port.lines();
    const Lines want = flush("20017 0") + flush("20026 0") + Lines{"end"};
    EXPECT_EQ(want, Lines(all.end() - 7, all.end()));
}

TEST(DrvVtdSetup, WriteBufferIsFlushedWhereThereIsOne)
{
    VtdDriver d("linux-6.12", kEcapScalable, kCap | kRwbf);

    d.start();
    ASSERT_EQ(0, d.attach(d.domain(DRV_PAGING)));
    const Lines all = d.port.lines();
    const Lines want = {"w 18=8c000000", "reg ok", "end"};
    EXPECT_EQ(want, Lines(all.end() - 3, all.end()));
}

TEST(DrvVtdSetup, EntriesAreWrittenBackIfTheyAreNotSnooped)
{
    VtdDriver d("linux-6.12", kEcapScalable & ~1ull);

    d.start();
    ASSERT_EQ(0, d.attach(d.domain(DRV_PAGING)));
    const Lines all = d.port.lines();
    const Lines want = {"wmb", "pasid0=10041089", "clf", "end"};
    EXPECT_EQ(want, Lines(all.end() - 4, all.end()));
}

TEST(DrvVtdSetup, FiveLevelsWhereBothStagesHaveThem)
{
    VtdDriver d("linux-6.12", kEcapScalable, kCap | 0x800 | 1ull << 60 | 0x380000);

    d.start();
    drv_domain *domain = d.domain(DRV_PAGING, 1);
    ASSERT_EQ(0, d.attach(domain));
    EXPECT_EQ(0x4du, d.port.word(0x10042000));
    EXPECT_EQ(0x10041004u, d.port.word(0x10042010));
    EXPECT_EQ((1ull << 56) - 1, d.ops->aperture_end(domain));
}

/* ---- tear-down (7.5), requests without PASID (7.6) ---- */

TEST(DrvVtdSwitch, Linux612BlocksThenSetsUp)
{
    VtdDriver d("linux-6.12");

    d.start();
    drv_domain *a = d.domain(DRV_PAGING), *b = d.domain(DRV_PAGING);
    ASSERT_EQ(0, d.attach(a));
    d.port.forget();
    ASSERT_EQ(0, d.attach(b));
    /* the DID is free again before the next one asks */
    const Lines want =
        Lines{"begin"} + tear_down_ss("10041", "2") + setup_ss("10042", "2") + Lines{"end"};
    EXPECT_EQ(want, d.port.lines());
}

TEST(DrvVtdSwitch, FirstStageIsFlushedByPasid)
{
    VtdDriver d("linux-6.12");

    d.start();
    drv_domain *blocked = d.domain(DRV_BLOCKED);
    ASSERT_EQ(0, d.attach(d.domain(DRV_PAGING, 1)));
    d.port.forget();
    ASSERT_EQ(0, d.attach(blocked));
    const Lines want = Lines{"begin", "pasid0=48", "wmb"} + flush("20017 0") + flush("20026 0") +
                       kZero + Lines{"end"};
    EXPECT_EQ(want, d.port.lines());
}

TEST(DrvVtdSwitch, NestedIsFlushedByDomain)
{
    VtdDriver d("linux-6.12");

    d.start();
    drv_domain *parent = d.domain(DRV_PAGING, 0, DRV_NEST_PARENT);
    ASSERT_EQ(0, d.attach(d.nested(parent, 0x76543000)));
    d.port.forget();
    ASSERT_EQ(0, d.attach(d.domain(DRV_BLOCKED)));
    const Lines want = Lines{"begin", "pasid0=100410c8", "wmb"} + flush("20017 0") +
                       flush("200e2 0") + kZero + Lines{"end"};
    EXPECT_EQ(want, d.port.lines());
}

TEST(DrvVtdSwitch, PassThroughIsFlushedByPasid)
{
    VtdDriver d("linux-6.12");

    d.start();
    ASSERT_EQ(0, d.attach(d.domain(DRV_IDENTITY)));
    d.port.forget();
    ASSERT_EQ(0, d.attach(d.domain(DRV_BLOCKED)));
    const Lines want = Lines{"begin", "pasid0=108", "wmb"} + flush("10017 0") + flush("10026 0") +
                       kZero + Lines{"end"};
    EXPECT_EQ(want, d.port.lines());
}

TEST(DrvVtdSwitch, BlockedToBlockedIsNothing)
{
    VtdDriver d("linux-6.12");

    d.start();
    ASSERT_EQ(0, d.attach(d.domain(DRV_BLOCKED)));
    EXPECT_EQ((Lines{"begin", "end"}), d.port.lines());
}

TEST(DrvVtdSwitch, Linux612TurnsAtsOffFirst)
{
    VtdDriver d("linux-6.12");

    d.start(DRV_ATS);
    drv_domain *a = d.domain(DRV_PAGING), *b = d.domain(DRV_PAGING);
    ASSERT_EQ(0, d.attach(a));
    d.port.forget();
    ASSERT_EQ(0, d.attach(b));
    const Lines want = Lines{"begin", "ats off"} + tear_down_ss("10041", "2") +
                       setup_ss("10042", "2") + Lines{"ats on", "end"};
    EXPECT_EQ(want, d.port.lines());
}

TEST(DrvVtdSwitch, Linux7LeavesAtsOnAndFlushesTheDevice)
{
    VtdDriver d("linux-7");

    d.start(DRV_ATS);
    drv_domain *a = d.domain(DRV_PAGING, 2), *b = d.domain(DRV_PAGING, 2);
    ASSERT_EQ(0, d.attach(a));
    d.port.forget();
    ASSERT_EQ(0, d.attach(b));
    const Lines want = Lines{"begin", "pasid0=10041088", "wmb"} + flush("20017 0") +
                       flush("200e2 0") + flush("1800000003 7ffffffffffff001") + kZero +
                       setup_ss("10042", "2") + Lines{"end"};
    EXPECT_EQ(want, d.port.lines());
}

TEST(DrvVtdSwitch, Linux615ClearsTheEntryAtOnce)
{
    VtdDriver d("linux-6.15");

    d.start();
    drv_domain *a = d.domain(DRV_PAGING, 2);
    ASSERT_EQ(0, d.attach(a));
    d.port.forget();
    ASSERT_EQ(0, d.attach(d.domain(DRV_BLOCKED)));
    const Lines want = Lines{"begin"} + kZero + flush("20017 0") + flush("200e2 0") + Lines{"end"};
    EXPECT_EQ(want, d.port.lines());
}

TEST(DrvVtdSwitch, WhatDoesNotFitLeavesLinuxBlocked)
{
    VtdDriver d("linux-6.12", kEcapScalable & ~(1ull << 31));

    d.start();
    drv_domain *parent = d.domain(DRV_PAGING, 0, DRV_NEST_PARENT);
    drv_domain *sre = d.nested(parent, 0x76543000, 1);
    ASSERT_EQ(0, d.attach(parent));
    d.port.forget();
    EXPECT_EQ(-EINVAL, d.attach(sre));
    const Lines want = Lines{"begin"} + tear_down_ss("10041", "2") + Lines{"end -22"};
    EXPECT_EQ(want, d.port.lines());
}

/* ---- PASIDs (7.7, 7.8) ---- */

TEST(DrvVtdPasid, SetIsLikeARequesterWithoutMarks)
{
    VtdDriver d("linux-6.12");

    d.start();
    drv_domain *a = d.domain(DRV_PAGING);
    d.port.forget();
    ASSERT_EQ(0, d.attach(a, 0x12345));
    const Lines want = Lines{"dir=10042001"} + setup_ss("10041", "2");
    EXPECT_EQ(want, d.port.lines());
    EXPECT_EQ(0x10042001u, d.port.word(0x10020000 + 0x48d * 8));
    EXPECT_EQ(0x10041089u, d.port.word(0x10042000 + 5 * 64));
}

TEST(DrvVtdPasid, RemoveNamesIt)
{
    VtdDriver d("linux-6.12");

    d.start();
    ASSERT_EQ(0, d.attach(d.domain(DRV_PAGING), 0x12345));
    d.port.forget();
    ASSERT_EQ(0, d.attach(d.domain(DRV_BLOCKED), 0x12345));
    const Lines want =
        Lines{"pasid0=10041088", "wmb"} + flush("1234500020017 0") + flush("200e2 0") + kZero;
    EXPECT_EQ(want, d.port.lines());
}

TEST(DrvVtdPasid, Linux612DoesNotReplace)
{
    VtdDriver d("linux-6.12");

    d.start();
    drv_domain *b = d.domain(DRV_PAGING);
    ASSERT_EQ(0, d.attach(d.domain(DRV_PAGING), 3));
    d.port.forget();
    EXPECT_EQ(-EBUSY, d.attach(b, 3));
    EXPECT_EQ(Lines{}, d.port.lines());
}

TEST(DrvVtdPasid, Linux615WritesOverTheLiveEntry)
{
    VtdDriver d("linux-6.15");

    d.start(DRV_ATS);
    drv_domain *a = d.domain(DRV_PAGING, 2), *b = d.domain(DRV_PAGING, 1);
    ASSERT_EQ(0, d.attach(a, 3));
    d.port.forget();
    ASSERT_EQ(0, d.attach(b, 3));
    const Lines want = Lines{"pasid0=49", "pasid1=800003", "pasid2=10042000", "pasid3=0",
                             "pasid4=0",  "pasid5=0",      "pasid6=0",        "pasid7=0"} +
                       flush("300020017 0") + flush("300020026 0") +
                       flush("300180008 7ffffffffffff800");
    EXPECT_EQ(want, d.port.lines());
}

TEST(DrvVtdPasid, Linux7TearsDownThenSetsUpWithAnotherDid)
{
    VtdDriver d("linux-7");

    d.start();
    drv_domain *a = d.domain(DRV_PAGING, 2), *b = d.domain(DRV_PAGING, 2);
    ASSERT_EQ(0, d.attach(a, 3));
    d.port.forget();
    ASSERT_EQ(0, d.attach(b, 3));
    const Lines want = Lines{"pasid0=10041088", "wmb"} + flush("300020017 0") + flush("200e2 0") +
                       kZero + setup_ss("10042", "3");
    EXPECT_EQ(want, d.port.lines());
}

TEST(DrvVtdPasid, ProcessHasDid1)
{
    VtdDriver d("linux-7");
    drv_domain_spec spec = {};

    d.start();
    spec.kind = DRV_SVA;
    spec.root = 0x55555000;
    ASSERT_EQ(0, d.attach(d.domain(spec), 3));
    const Lines want = Lines{"dir=10041001"} + kZero +
                       Lines{"pasid2=55555000", "pasid1=1", "pasid0=8", "pasid1=800001",
                             "pasid0=48",       "wmb",      "pasid0=49"};
    EXPECT_EQ(want, d.port.lines());
}

TEST(DrvVtdPasid, Linux612WantsAtsForAProcess)
{
    VtdDriver d("linux-6.12");
    drv_domain_spec spec = {};

    d.start(DRV_ATS);
    spec.kind = DRV_SVA;
    spec.root = 0x55555000;
    drv_domain *process = d.domain(spec);
    EXPECT_EQ(-EINVAL, d.attach(process, 3));
    ASSERT_EQ(0, d.attach(d.domain(DRV_PAGING)));
    EXPECT_EQ(0, d.attach(process, 3));
}

TEST(DrvVtdPasid, NumbersThatAreNone)
{
    VtdDriver d("linux-7");

    d.start(0, 8);
    drv_domain *a = d.domain(DRV_PAGING);
    EXPECT_EQ(-EINVAL, d.attach(a, 0));
    EXPECT_EQ(0, d.attach(a, 255));
    EXPECT_EQ(-EINVAL, d.attach(a, 256));
}

/* ---- page requests (7.3, 7.9) ---- */

TEST(DrvVtdPageRequests, Linux612AllowsThemWithTheFirstDomainThatWantsThem)
{
    VtdDriver d("linux-6.12");

    d.start(DRV_ATS | DRV_PRI);
    drv_domain *plain = d.domain(DRV_PAGING);
    drv_domain *faults = d.domain(DRV_PAGING, 0, DRV_FAULTS);
    ASSERT_EQ(0, d.attach(plain));
    d.port.forget();
    ASSERT_EQ(0, d.attach(faults, 3));
    const Lines want = setup_ss("10042", "3") + Lines{"ctx0=10020e1d"} + flush("1800000031 0") +
                       flush("1800000003 7ffffffffffff001") + Lines{"ats on pri"};
    EXPECT_EQ(want, d.port.lines());
}

/* The drain's flush names the DID of what the device has without PASID, as Linux does. */
TEST(DrvVtdPageRequests, AreDrainedWhenAPasidGoes)
{
    VtdDriver d("linux-7");

    d.start(DRV_ATS | DRV_PRI);
    drv_domain *blocked = d.domain(DRV_BLOCKED);
    ASSERT_EQ(0, d.attach(d.domain(DRV_PAGING, 2)));
    ASSERT_EQ(0, d.attach(d.domain(DRV_PAGING, 2, DRV_FAULTS), 3));
    d.port.forget();
    ASSERT_EQ(0, d.attach(blocked, 3));
    const Lines want =
        Lines{"pasid0=10043088", "wmb"} + flush("300030017 0") + flush("300e2 0") +
        flush("300180008 7ffffffffffff800") + kZero +
        Lines{"qi 200000045 0", "qi 300020026 0", "qi 300180008 7ffffffffffff800", "wait+pd", "ok"};
    EXPECT_EQ(want, d.port.lines());
}

TEST(DrvVtdPageRequests, OfTheDeviceAreDrainedByDomain)
{
    VtdDriver d("linux-7");

    d.start(DRV_ATS | DRV_PRI);
    ASSERT_EQ(0, d.attach(d.domain(DRV_PAGING, 2, DRV_FAULTS)));
    d.port.forget();
    ASSERT_EQ(0, d.attach(d.domain(DRV_BLOCKED)));
    const Lines want = Lines{"begin", "pasid0=10041088", "wmb"} + flush("20017 0") +
                       flush("200e2 0") + flush("1800000003 7ffffffffffff001") + kZero +
                       Lines{"qi 200000045 0", "qi 200e2 0", "qi 1800000003 7ffffffffffff001",
                             "wait+pd",        "ok",         "end"};
    EXPECT_EQ(want, d.port.lines());
}
