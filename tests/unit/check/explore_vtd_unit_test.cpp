/* SPDX-License-Identifier: BSD-2-Clause
 * explore_vtd_unit_test.cpp - a unit of VT-d as a whole: pages that several domains, devices and
 * units have, the root table, what translates nothing (facts 1.3, 4.2, 6.4). */
#include <gtest/gtest.h>

#include "tests/unit/check/explore_vtd_stream.h"

using namespace vtd_test;

namespace
{

constexpr uint64_t kIova = 0x7f000000;
constexpr uint64_t kPage = 0x30000000;
constexpr uint64_t kLeaf = kTableA + 0x3000; /* of kIova */
constexpr uint64_t kNewRoot = 0x10030000;
constexpr uint64_t kNewContexts = 0x10031000;

void map(Stream &s, uint64_t bits)
{
    s.store(kTableA, (kTableA + 0x1000) | bits, SIM_S_PTE_VTD);
    s.store(kTableA + 0x1000 + 8 * 1, (kTableA + 0x2000) | bits, SIM_S_PTE_VTD);
    s.store(kTableA + 0x2000 + 8 * 0x1f8, kLeaf | bits, SIM_S_PTE_VTD);
    s.store(kLeaf, kPage | bits, SIM_S_PTE_VTD);
}

void unmap_begin(Stream &s)
{
    s.begin(SIM_OP_UNMAP, UINT32_MAX);
    s.store(kLeaf, 0, SIM_S_PTE_VTD);
}

void unmap_end(Stream &s)
{
    s.end(SIM_OP_UNMAP, UINT32_MAX);
}

/* One second stage under two domains: each of them is flushed (6.3, 7.10). */
TEST(VtdUnmapShared, EachDomainOfATableIsFlushed)
{
    const struct {
        const char *name;
        Words one, other;
        const char *flushed;
        chk_class verdict;
    } cases[] = {
        {"two nested", nested(4, kTableA, 0x40000), nested(5, kTableA, 0x80000), "45", CHK_HITLESS},
        {"two nested, one flushed", nested(4, kTableA, 0x40000), nested(5, kTableA, 0x80000), "4",
         CHK_STALE},
        {"a parent in use by itself", nested(4, kTableA, 0x40000), ss(5, kTableA), "4", CHK_STALE},
        {"both flushed", nested(4, kTableA, 0x40000), ss(5, kTableA), "54", CHK_HITLESS},
        {"one domain", ss(4, kTableA), ss(4, kTableA), "4", CHK_HITLESS},
    };

    for (const auto &c : cases) {
        Stream s;

        map(s, 3);
        s.has(0, c.one);
        s.has(1, c.other);
        s.on();
        unmap_begin(s);
        for (const char *did = c.flushed; *did; did++)
            s.iotlb_page(static_cast<uint64_t>(*did - '0'), kIova);
        s.wait();
        unmap_end(s);
        EXPECT_EQ(c.verdict, s.last()) << c.name;
    }
}

/* The page sizes of a hint, and of the device. */
TEST(VtdUnmapShared, ADeviceWithAtsIsFlushedBehindTheIotlb)
{
    const struct {
        const char *steps; /* I: IOTLB page, T: PIOTLB, D: device, d: its next page, |: wait */
        bool is_first;
        chk_class verdict;
    } cases[] = {
        {"ID|", false, CHK_HITLESS}, {"I|", false, CHK_STALE},     {"DI|", false, CHK_STALE},
        {"Id|", false, CHK_STALE},   {"I|D|", false, CHK_HITLESS}, {"D|I|", false, CHK_STALE},
        {"T|D|", true, CHK_HITLESS}, {"TD|", true, CHK_STALE},     {"T|", true, CHK_STALE}};

    for (const auto &c : cases) {
        Stream s;

        map(s, c.is_first ? 0x27 : 3);
        s.has(0, c.is_first ? fs(4, kTableA) : ss(4, kTableA));
        s.allow_ats();
        s.on();
        s.ats(true);
        unmap_begin(s);
        for (const char *step = c.steps; *step; step++) {
            if (*step == 'I')
                s.iotlb_page(4, kIova);
            else if (*step == 'T')
                s.piotlb(4);
            else if (*step == 'D' || *step == 'd')
                s.descriptor(0x3 | uint64_t{kSid} << 32, *step == 'D' ? kIova : kIova + 0x1000);
            else
                s.wait();
        }
        unmap_end(s);
        EXPECT_EQ(c.verdict, s.last()) << c.steps;
    }
}

/* ---- pass-through is in the IOTLB, too ---- */

TEST(VtdPass, LeavesIdentityBehind)
{
    const struct {
        const char *name;
        bool has_iotlb;
        chk_class verdict;
    } cases[] = {{"flushed", true, CHK_HITLESS}, {"not flushed", false, CHK_STALE}};

    for (const auto &c : cases) {
        Stream s;

        s.has(0, pass(1));
        s.on();
        s.begin();
        s.store16(pasid_at(0), ss(5, kTableB)[0], ss(5, kTableB)[1]);
        s.pc_pasid(1);
        if (c.has_iotlb)
            s.piotlb(1);
        s.wait();
        s.end();
        EXPECT_EQ(c.verdict, s.last()) << c.name;
    }
}

/* ---- another root table (1.3): context, PASID cache and IOTLB, all of them ---- */

TEST(VtdRoot, AnotherRootTable)
{
    const struct {
        const char *steps;
        chk_class verdict;
    } cases[] = {{"CPI|", CHK_HITLESS}, {"PI|", CHK_STALE}, {"CP|", CHK_STALE}, {"CI|", CHK_STALE}};

    for (const auto &c : cases) {
        Stream s;

        s.has(0, ss(4, kTableA));
        s.store(kNewRoot, kNewContexts | 1, SIM_S_ROOT);
        s.store(kNewContexts + kSid * 32, (kDirectory + 0x2000) | 9, SIM_S_CTX);
        s.store(kNewContexts + kOtherSid * 32, (kDirectory + 0x2000) | 9, SIM_S_CTX);
        s.has(1, ss(5, kTableB));
        s.on();
        s.begin();
        s.reg(0x20, kNewRoot | 0x400, 8);
        s.reg(0x18, 1u << 31 | 1u << 30 | 1u << 26);
        for (const char *step = c.steps; *step; step++) {
            if (*step == 'C')
                s.cc_global();
            else if (*step == 'P')
                s.pc_global();
            else if (*step == 'I')
                s.descriptor(0xd2);
            else
                s.wait();
        }
        s.end();
        EXPECT_EQ(c.verdict, s.last()) << c.steps;
    }
}

/* ---- two units: each has caches and a queue of its own ---- */

constexpr uint64_t kOtherQueue = 0x10040000;

/* What a second unit is given, with the tables of the first. */
sim_record second(const sim_record &first)
{
    sim_record r = first;

    if (r.kind == SIM_R_IOMMU)
        r.unit.iommu = 1;
    if (r.kind == SIM_R_MMIO_READ)
        r.mmio_read.iommu = 1;
    if (r.kind == SIM_R_MMIO_WRITE)
        r.mmio.iommu = 1;
    if (r.kind == SIM_R_MMIO_WRITE && r.mmio.offset == 0x90)
        r.mmio.value = kOtherQueue | 0x800;
    return r;
}

TEST(VtdTwoUnits, APageIsFlushedOnBoth)
{
    for (const bool is_both : {true, false}) {
        static const chk_arch *const archs[] = {&arch_vtd};
        sim_device devices[2] = {};
        Stream s;
        std::vector<sim_record> all;

        devices[0].n_requesters = devices[1].n_requesters = 1;
        devices[0].requester[0] = kSid;
        devices[1].requester[0] = kOtherSid;
        devices[1].dev = 1;
        devices[1].iommu = 1;
        map(s, 3);
        s.has(0, ss(4, kTableA));
        s.has(1, ss(4, kTableA));
        s.on();
        for (const sim_record &r : s.records) {
            all.push_back(r);
            if (r.kind == SIM_R_IOMMU || r.kind == SIM_R_MMIO_READ || r.kind == SIM_R_MMIO_WRITE)
                all.push_back(second(r));
        }
        s.records = all;
        unmap_begin(s);
        const size_t first = s.records.size();
        s.iotlb_page(4, kIova);
        s.wait();
        const size_t last = s.records.size();
        for (size_t i = first; i < last && is_both; i++) {
            sim_record r = second(s.records[i]);
            if (r.kind == SIM_R_STORE)
                r.store.pa += kOtherQueue - kQueue;
            if (r.kind == SIM_R_WAIT)
                r.wait.addr = kOtherQueue;
            s.records.push_back(r);
        }
        unmap_end(s);
        struct xpl *xpl = xpl_new(&s.params, archs, 1, devices, 2);
        for (const sim_record &r : s.records)
            EXPECT_EQ(0, xpl_put(xpl, &r));
        EXPECT_EQ(0, xpl_finish(xpl));
        const xpl_report *report = xpl_get_report(xpl);
        ASSERT_EQ(1u, report->n_ops);
        EXPECT_FALSE(report->ops[0].inconclusive) << report->ops[0].why;
        EXPECT_EQ(is_both ? CHK_HITLESS : CHK_STALE, report->ops[0].worst[XPL_ARCHITECTURE]);
        xpl_free(xpl);
    }
}

} // namespace
