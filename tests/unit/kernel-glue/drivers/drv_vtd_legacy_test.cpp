/* SPDX-License-Identifier: BSD-2-Clause
 * drv_vtd_legacy_test.cpp - context entries of legacy mode, as Linux does them and the best way.
 *
 * Root table 10002000h; roots of domains from 10003000h on, then the context table. */
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

/* Domain @did at @root; @tt: the bits of TT in the low word. */
Lines setup(const std::string &root, const std::string &did, const std::string &tt = "0",
            const std::string &present = "1")
{
    return {"ctx0=0",
            "ctx1=0",
            "ctx1=" + did + "00",
            "ctx0=" + root + "000",
            "ctx1=" + did + "02",
            "ctx0=" + root + "00" + tt,
            "ctx0=" + root + "00" + tt,
            "wmb",
            "ctx0=" + root + "00" + present};
}

class Legacy : public VtdDriver
{
  public:
    drv_domain *a = nullptr, *b = nullptr;

    explicit Legacy(const char *name, uint64_t cap = kCap) : VtdDriver(name, kEcapLegacy, cap)
    {
    }
    /* With the first of two domains attached, if wanted. */
    void begin(uint32_t flags, bool is_attached)
    {
        start(flags, 0);
        a = domain(DRV_PAGING);
        b = domain(DRV_PAGING);
        if (is_attached) {
            ASSERT_EQ(0, attach(a));
        }
        port.forget();
    }
};

} // namespace

TEST(DrvVtdLegacy, Attach)
{
    Legacy d("linux-6.12");

    d.begin(0, false);
    ASSERT_EQ(0, d.attach(d.a));
    const Lines want = Lines{"begin", "root=10005001"} + setup("10003", "2") + Lines{"end"};
    EXPECT_EQ(want, d.port.lines());
    EXPECT_EQ(0x10003001u, d.port.word(0x10005000 + 0x18 * 16));
    EXPECT_EQ(0x202u, d.port.word(0x10005008 + 0x18 * 16));
}

TEST(DrvVtdLegacy, CachingModeMayHaveKeptItsAbsenceUnderDid0)
{
    Legacy d("linux-6.12", kCap | kCm);

    d.begin(0, false);
    ASSERT_EQ(0, d.attach(d.a));
    const Lines all = d.port.lines();
    const Lines want = flush("1800000031 0") + flush("200e2 0") + Lines{"end"};
    EXPECT_EQ(want, Lines(all.end() - 7, all.end()));
}

TEST(DrvVtdLegacy, PassThrough)
{
    Legacy d("linux-6.12");

    d.begin(DRV_ATS, false);
    ASSERT_EQ(0, d.attach(d.domain(DRV_IDENTITY)));
    const Lines want = {"begin",  "root=10005001", "ctx0=0", "ctx1=0", "ctx1=100", "ctx1=102",
                        "ctx0=8", "ctx0=8",        "wmb",    "ctx0=9", "end"};
    EXPECT_EQ(want, d.port.lines());
}

TEST(DrvVtdLegacy, Detach)
{
    Legacy d("linux-6.12");

    d.begin(0, true);
    ASSERT_EQ(0, d.attach(d.domain(DRV_BLOCKED)));
    const Lines want = Lines{"begin", "ctx0=10003000", "wmb"} + flush("1800020031 0") +
                       flush("200e2 0") + Lines{"ctx0=0", "ctx1=0", "end"};
    EXPECT_EQ(want, d.port.lines());
}

TEST(DrvVtdLegacy, Linux612ReplacesWithAtsOffBefore)
{
    Legacy d("linux-6.12");

    d.begin(DRV_ATS, true);
    ASSERT_EQ(0, d.attach(d.b));
    const Lines want = Lines{"begin", "ats off", "ctx0=10003004", "wmb"} + flush("1800020031 0") +
                       flush("200e2 0") + Lines{"ctx0=0", "ctx1=0"} +
                       setup("10004", "2", "4", "5") + Lines{"ats on", "end"};
    EXPECT_EQ(want, d.port.lines());
}

TEST(DrvVtdLegacy, Linux7ReplacesWithAtsOffAfterTheFlush)
{
    Legacy d("linux-7");

    d.begin(DRV_ATS, true);
    ASSERT_EQ(0, d.attach(d.b));
    const Lines want = Lines{"begin", "ctx0=10003004", "wmb"} + flush("1800020031 0") +
                       flush("200e2 0") + flush("1800000003 7ffffffffffff001") +
                       Lines{"ctx0=0", "ctx1=0", "ats off"} + setup("10004", "2", "4", "5") +
                       Lines{"ats on", "end"};
    EXPECT_EQ(want, d.port.lines());
}

TEST(DrvVtdLegacy, EntriesAreWrittenBackIfTheyAreNotSnooped)
{
    VtdDriver d("linux-6.12", kEcapLegacy & ~1ull);

    d.start(0, 0);
    ASSERT_EQ(0, d.attach(d.domain(DRV_PAGING)));
    d.port.forget();
    ASSERT_EQ(0, d.attach(d.domain(DRV_BLOCKED)));
    const Lines want = Lines{"begin", "ctx0=10003000", "wmb", "clf"} + flush("1800020031 0") +
                       flush("200e2 0") + Lines{"ctx0=0", "ctx1=0", "clf", "end"};
    EXPECT_EQ(want, d.port.lines());
}

TEST(DrvVtdLegacy, ThereAreNoPasids)
{
    Legacy d("linux-7");

    d.begin(0, false);
    EXPECT_EQ(-EOPNOTSUPP, d.attach(d.a, 3));
}

/* ---- best ---- */

TEST(DrvVtdLegacyBest, AttachIsOneStore)
{
    Legacy d("best");

    d.begin(0, false);
    ASSERT_EQ(0, d.attach(d.a));
    const Lines want = {"begin", "root=10005001", "ctx0+=10003001,202", "end"};
    EXPECT_EQ(want, d.port.lines());
}

TEST(DrvVtdLegacyBest, ReplaceIsOneStoreAndOneWait)
{
    Legacy d("best");

    d.begin(DRV_ATS, true);
    ASSERT_EQ(0, d.attach(d.b));
    const Lines want = {"begin",
                        "ctx0+=10004005,302",
                        "qi 1800020031 0",
                        "qi 200e2 0",
                        "qi 1800000003 7ffffffffffff001",
                        "wait",
                        "ok",
                        "end"};
    EXPECT_EQ(want, d.port.lines());
}

/* Pass-through refuses what a device has translated itself. */
TEST(DrvVtdLegacyBest, AtsIsOffBeforePassThrough)
{
    Legacy d("best");

    d.begin(DRV_ATS, true);
    ASSERT_EQ(0, d.attach(d.domain(DRV_IDENTITY)));
    const Lines want = {"begin",      "ats off", "ctx0+=9,102", "qi 1800020031 0",
                        "qi 200e2 0", "wait",    "ok",          "end"};
    EXPECT_EQ(want, d.port.lines());
    ASSERT_EQ(0, d.attach(d.b));
    const Lines back = {
        "begin", "ctx0+=10004005,202", "qi 1800010031 0", "qi 100e2 0", "wait", "ok", "ats on",
        "end"};
    EXPECT_EQ(back, d.port.lines());
}

TEST(DrvVtdLegacyBest, Detach)
{
    Legacy d("best");

    d.begin(DRV_ATS, true);
    ASSERT_EQ(0, d.attach(d.domain(DRV_BLOCKED)));
    const Lines want = {
        "begin", "ats off", "ctx0=10003004", "qi 1800020031 0", "qi 200e2 0", "wait", "ok", "end"};
    EXPECT_EQ(want, d.port.lines());
}

TEST(DrvVtdLegacyBest, TheSameAgainIsNothing)
{
    Legacy d("best");

    d.begin(0, true);
    ASSERT_EQ(0, d.attach(d.a));
    EXPECT_EQ((Lines{"begin", "end"}), d.port.lines());
}

/* ---- no queue: registers ---- */

TEST(DrvVtdRegisters, EachFlushIsACommandAndAPoll)
{
    VtdDriver d("linux-6.12", kEcapLegacy & ~6ull);

    d.start(0, 0);
    drv_domain *a = d.domain(DRV_PAGING);
    ASSERT_EQ(0, d.attach(a));
    d.port.forget();
    ASSERT_EQ(0, d.attach(d.domain(DRV_BLOCKED)));
    /* CCMD: ICC, device, SID 18h, DID 2; IOTLB at 100h + 8: IVT, domain, drain writes, DID 2 */
    const Lines want = {"begin",  "ctx0=10001000",
                        "wmb",    "w 28=e000000000180002",
                        "reg ok", "w 108=a001000200000000",
                        "reg ok", "ctx0=0",
                        "ctx1=0", "end"};
    EXPECT_EQ(want, d.port.lines());
}

TEST(DrvVtdRegisters, PagesHaveTheirAddressWrittenFirst)
{
    VtdDriver d("linux-6.12", kEcapLegacy & ~6ull);

    d.start(0, 0);
    drv_domain *a = d.domain(DRV_PAGING);
    ASSERT_EQ(0, d.attach(a));
    ASSERT_EQ(0, d.map(a, 0x40000000, 0x80000000, 0x8000));
    d.port.forget();
    EXPECT_EQ(0x8000u, d.unmap(a, 0x40000000, 0x8000));
    const Lines want = {"pte2=0", "pte2=0", "pte2=0", "pte2=0",         "pte2=0",
                        "pte2=0", "pte2=0", "pte2=0", "w 100=40000043", "w 108=b001000200000000",
                        "reg ok"};
    EXPECT_EQ(want, d.port.lines());
}
