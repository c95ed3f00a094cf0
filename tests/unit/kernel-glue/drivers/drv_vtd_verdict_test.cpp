/* SPDX-License-Identifier: BSD-2-Clause
 * drv_vtd_verdict_test.cpp - what hardware may make of each switch: best is proven hitless, Linux
 * shows the gaps and mixes that are known of it, and nobody breaks a rule of the protocol. */
#include "tests/unit/kernel-glue/drivers/vtd_stream.h"

using namespace drv_test;

namespace
{

enum Kind { kSs1, kSs2, kFs1, kFs2, kPt, kNested1, kNested2, kBlocked, kKinds };
const char *const names[] = {"ss1", "ss2", "fs1", "fs2", "pass", "nested1", "nested2", "blocked"};

/* All kinds of domains of one driver. */
class World : public VtdStream
{
  public:
    drv_domain *of[kKinds];

    explicit World(const char *name, uint32_t flags = 0, uint64_t ecap = kEcapScalable,
                   uint64_t cap = kCap)
        : VtdStream(name, ecap, cap)
    {
        begin(flags);
        drv_domain *parent = mapped(0x90000000, 2, DRV_NEST_PARENT);
        of[kSs1] = mapped(0xa0000000, 2);
        of[kSs2] = mapped(0xb0000000, 2);
        of[kFs1] = mapped(0xc0000000, 1);
        of[kFs2] = mapped(0xd0000000, 1);
        of[kPt] = domain(DRV_IDENTITY);
        of[kNested1] = nested(parent, 0x100000);
        of[kNested2] = nested(parent, 0x102000);
        of[kBlocked] = domain(DRV_BLOCKED);
    }
};

struct Pair {
    Kind from, to;
    uint32_t pasid;
};

std::vector<Pair> pairs()
{
    std::vector<Pair> all;

    for (uint32_t pasid : {DRV_NO_PASID, 5u}) {
        for (int from = 0; from < kKinds; from++) {
            for (int to = 0; to < kKinds; to++) {
                if (from != to)
                    all.push_back({Kind(from), Kind(to), pasid});
            }
        }
    }
    return all;
}

std::string name_of(const testing::TestParamInfo<Pair> &info)
{
    return std::string(names[info.param.from]) + "_to_" + names[info.param.to] +
           (info.param.pasid == DRV_NO_PASID ? "" : "_pasid");
}

class VtdSwitch : public testing::TestWithParam<Pair>
{
};

} // namespace

TEST_P(VtdSwitch, BestIsHitless)
{
    World d("best", DRV_ATS);
    const Pair &p = GetParam();
    std::string text;

    ASSERT_EQ(0, d.attach_marked(d.of[p.from], p.pasid, SIM_OP_ATTACH));
    ASSERT_EQ(0, d.attach_marked(d.of[p.to], p.pasid));
    EXPECT_STREQ("HITLESS", chk_class_name(d.last()));
    EXPECT_EQ(std::vector<std::string>{}, d.broken_rules(&text)) << text;
}

INSTANTIATE_TEST_SUITE_P(Pairs, VtdSwitch, testing::ValuesIn(pairs()), name_of);

TEST_P(VtdSwitch, BestIsHitlessWithoutAts)
{
    World d("best");
    const Pair &p = GetParam();
    std::string text;

    ASSERT_EQ(0, d.attach_marked(d.of[p.from], p.pasid, SIM_OP_ATTACH));
    ASSERT_EQ(0, d.attach_marked(d.of[p.to], p.pasid));
    EXPECT_STREQ("HITLESS", chk_class_name(d.last()));
    EXPECT_EQ(std::vector<std::string>{}, d.broken_rules(&text)) << text;
}

/* Tables that are not snooped, write buffers, caches that keep refusals: still no gap. */
TEST_P(VtdSwitch, BestIsHitlessOnOtherUnits)
{
    const uint64_t not_snooped = kEcapScalable & ~(1ull | 1ull << 48);
    const std::pair<uint64_t, uint64_t> units[] = {
        {not_snooped, kCap}, {kEcapScalable, kCap | kRwbf}, {kEcapScalable, kCap | kCm}};
    const Pair &p = GetParam();

    for (const auto &unit : units) {
        World d("best", DRV_ATS, unit.first, unit.second);
        std::string text;

        ASSERT_EQ(0, d.attach_marked(d.of[p.from], p.pasid, SIM_OP_ATTACH));
        ASSERT_EQ(0, d.attach_marked(d.of[p.to], p.pasid));
        EXPECT_STREQ("HITLESS", chk_class_name(d.last())) << std::hex << unit.first << unit.second;
        EXPECT_EQ(std::vector<std::string>{}, d.broken_rules(&text)) << text;
    }
}

/* A tear-down and a set-up refuse in between, unless nothing was there before or nothing comes. */
TEST_P(VtdSwitch, LinuxRefusesInBetween)
{
    for (const char *name : {"linux-7", "linux-6.12"}) {
        World d(name, DRV_ATS);
        const Pair &p = GetParam();
        const bool has_gap = p.from != kBlocked && p.to != kBlocked;
        const bool is_old = std::string(name) == "linux-6.12" && p.pasid != DRV_NO_PASID;
        std::string text;

        if (is_old && (has_gap || p.from >= kNested1 || p.to >= kNested1))
            continue; /* -EBUSY; no nested domains under a PASID */
        ASSERT_EQ(0, d.attach_marked(d.of[p.from], p.pasid, SIM_OP_ATTACH));
        ASSERT_EQ(0, d.attach_marked(d.of[p.to], p.pasid));
        EXPECT_STREQ(has_gap ? "BREAKS" : "HITLESS", chk_class_name(d.last())) << name;
        EXPECT_EQ(std::vector<std::string>{}, d.broken_rules(&text)) << name << text;
    }
}

/* Linux names the new DID where hardware keeps a refusal under DID 0. */
TEST(VtdCachingMode, LinuxLeavesARefusal)
{
    for (const char *name : {"linux-6.12", "linux-7"}) {
        World d(name, 0, kEcapScalable, kCap | kCm);

        ASSERT_EQ(0, d.attach_marked(d.of[kSs1], DRV_NO_PASID, SIM_OP_ATTACH));
        EXPECT_STREQ("STALE-REFUSAL", chk_class_name(d.last())) << name;
    }
}

/* ---- PASIDs in Linux 6.13 to 6.19: the new entry over the live one ---- */

TEST_P(VtdSwitch, Linux615TearsEntriesOfPasids)
{
    World d("linux-6.15", DRV_ATS);
    const Pair &p = GetParam();
    std::string text;

    if (p.pasid == DRV_NO_PASID || p.from == kBlocked || p.to == kBlocked)
        return;
    ASSERT_EQ(0, d.attach_marked(d.of[p.from], p.pasid, SIM_OP_ATTACH));
    ASSERT_EQ(0, d.attach_marked(d.of[p.to], p.pasid));
    EXPECT_LE(CHK_TORN, d.last());
    /* and what a second stage leaves in caches of tables is flushed by domain alone */
    std::vector<std::string> want = {"vtd-pasid-torn"};
    const bool has_other_parent = p.from >= kNested1 && p.to < kNested1;
    if (p.from == kSs1 || p.from == kSs2 || has_other_parent)
        want.push_back("vtd-iotlb-by-pasid");
    EXPECT_EQ(want, d.broken_rules(&text)) << text;
}

/* ---- legacy mode ---- */

namespace
{

class LegacyWorld : public VtdStream
{
  public:
    drv_domain *of[kKinds] = {};

    LegacyWorld(const char *name, uint32_t flags, uint64_t cap = kCap)
        : VtdStream(name, kEcapLegacy, cap)
    {
        begin(flags, 0);
        of[kSs1] = mapped(0xa0000000);
        of[kSs2] = mapped(0xb0000000);
        of[kPt] = domain(DRV_IDENTITY);
        of[kBlocked] = domain(DRV_BLOCKED);
    }
};

const Kind legacy_kinds[] = {kSs1, kSs2, kPt, kBlocked};

/* All pairs of kinds, with and without ATS. */
template <typename Check> void for_legacy(const char *name, uint64_t cap, Check check)
{
    for (const uint32_t flags : {0u, uint32_t{DRV_ATS}}) {
        for (const Kind from : legacy_kinds) {
            for (const Kind to : legacy_kinds) {
                LegacyWorld d(name, flags, cap);
                const std::string what = std::string(name) + " " + names[from] + " to " +
                                         names[to] + (flags ? " ATS" : "");
                std::string text;

                if (from == to)
                    continue;
                ASSERT_EQ(0, d.attach_marked(d.of[from], DRV_NO_PASID, SIM_OP_ATTACH));
                ASSERT_EQ(0, d.attach_marked(d.of[to]));
                EXPECT_EQ(std::vector<std::string>{}, d.broken_rules(&text)) << what << text;
                check(d.last(), from != kBlocked && to != kBlocked, what);
            }
        }
    }
}

} // namespace

TEST(VtdSwitchLegacy, BestIsHitless)
{
    for (const uint64_t cap : {kCap, kCap | kCm, kCap | kRwbf}) {
        for_legacy("best", cap, [](chk_class verdict, bool, const std::string &what) {
            EXPECT_STREQ("HITLESS", chk_class_name(verdict)) << what;
        });
    }
}

TEST(VtdSwitchLegacy, LinuxRefusesInBetween)
{
    for (const char *name : {"linux-6.12", "linux-7"}) {
        for_legacy(name, kCap, [](chk_class verdict, bool has_gap, const std::string &what) {
            EXPECT_STREQ(has_gap ? "BREAKS" : "HITLESS", chk_class_name(verdict)) << what;
        });
    }
}

/* ---- maps and unmaps ---- */

/* Pages, a table, a large page; the device has the domain twice. Return: the worst class. */
static chk_class unmaps(VtdStream &d, uint8_t stage, std::string *text)
{
    d.begin(DRV_ATS);
    drv_domain *a = d.mapped(0xa0000000, stage);

    EXPECT_EQ(0, d.attach_marked(a, DRV_NO_PASID, SIM_OP_ATTACH));
    EXPECT_EQ(0, d.attach_marked(a, 5, SIM_OP_SET_PASID));
    EXPECT_EQ(0, d.map_marked(a, 0x200000, 0xb0000000, 0x200000));
    EXPECT_EQ(0, d.map_marked(a, 0x400000, 0xc0001000, 0x200000));
    d.unmap_marked(a, 0x200000, 0x200000);
    d.unmap_marked(a, 0x401000, 0x2000);
    d.unmap_marked(a, 0x400000, 0x1000);
    d.unmap_marked(a, 0x403000, 0x1fd000);
    const xpl_report &report = d.explore();

    EXPECT_FALSE(report.inconclusive) << report.why;
    (void)d.broken_rules(text);
    return report.worst[XPL_ARCHITECTURE];
}

TEST(VtdUnmapVerdict, NothingIsLeft)
{
    const struct {
        const char *name;
        uint8_t stage;
    } rows[] = {{"linux-6.12", 2}, {"linux-7", 2}, {"best", 2}, {"best", 1}};

    for (const auto &row : rows) {
        VtdStream d(row.name);
        std::string text;

        EXPECT_STREQ("HITLESS", chk_class_name(unmaps(d, row.stage, &text))) << row.name;
        EXPECT_EQ("", text) << row.name;
    }
}

/* One submission has PIOTLB_INV and, for the device, DEVTLB_INV: the second need not wait for the
 * first, and the device may fetch the old translation again. */
TEST(VtdUnmapVerdict, LinuxLetsTheDeviceOvertakeAFirstStage)
{
    for (const char *name : {"linux-6.12", "linux-7"}) {
        VtdStream d(name);
        std::string text;

        EXPECT_STREQ("STALE", chk_class_name(unmaps(d, 1, &text))) << name;
    }
}

TEST(VtdUnmapVerdict, NothingIsLeftBelowAGuest)
{
    for (const char *name : {"linux-6.12", "linux-7", "best"}) {
        VtdStream d(name);
        std::string text;

        d.begin(DRV_ATS);
        drv_domain *parent = d.mapped(0xa0000000, 2, DRV_NEST_PARENT);
        ASSERT_EQ(0, d.attach_marked(d.nested(parent, 0x100000), DRV_NO_PASID, SIM_OP_ATTACH));
        d.unmap_marked(parent, 0x102000, 0x2000);
        EXPECT_STREQ("HITLESS", chk_class_name(d.last())) << name;
        EXPECT_EQ(std::vector<std::string>{}, d.broken_rules(&text)) << name << text;
    }
}

/* Linux 6.12 gives an empty table back before it flushes what may still lead there. */
TEST(VtdMapVerdict, ALargePageInThePlaceOfATable)
{
    for (const char *name : {"linux-6.12", "linux-7", "best"}) {
        VtdStream d(name);

        d.begin();
        drv_domain *a = d.mapped(0xa0000000, 2);
        ASSERT_EQ(0, d.attach_marked(a, DRV_NO_PASID, SIM_OP_ATTACH));
        ASSERT_EQ(0, d.map_marked(a, 0x200000, 0xb0000000, 0x1000));
        d.unmap_marked(a, 0x200000, 0x1000);
        ASSERT_EQ(0, d.map_marked(a, 0x200000, 0xc0000000, 0x200000));
        EXPECT_STREQ(std::string(name) == "linux-6.12" ? "DANGLES" : "HITLESS",
                     chk_class_name(d.last()))
            << name;
    }
}
