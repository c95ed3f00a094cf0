/* SPDX-License-Identifier: BSD-2-Clause
 * explore_vtd_promise_test.cpp - what marks and maps promise of a guest's tables, and what is
 * stored outside of all operations. Domain P has table A, domain Q table B: the guest's page 5
 * leads to 0x80005000 or 0x90005000. */
#include <gtest/gtest.h>

#include "tests/unit/check/explore_vtd_stream.h"

using namespace vtd_test;

namespace
{

constexpr uint64_t kDomainP = 0xd1;
constexpr uint64_t kDomainQ = 0xd2;
constexpr uint64_t kGuest = 0x40000;
constexpr uint64_t kOtherGuest = 0x80000;
constexpr uint64_t kGuestPage = 0x5000;
constexpr uint64_t kReadWrite = 3;

void table_mark(Stream &s, unsigned kind, uint64_t domain)
{
    if (kind == SIM_R_BEGIN)
        s.begin(SIM_OP_MAP, UINT32_MAX);
    else
        s.end(SIM_OP_MAP, UINT32_MAX);
    sim_record &r = s.records.back();

    (kind == SIM_R_BEGIN ? r.mark.domain : r.mark_end.domain) = domain;
    (kind == SIM_R_BEGIN ? r.mark.a : r.mark_end.a) = kGuestPage;
    (kind == SIM_R_BEGIN ? r.mark.b : r.mark_end.b) = 0x1000;
}

/* Four levels, one page each. */
void map(Stream &s, uint64_t domain, uint64_t table, uint64_t pa)
{
    sim_record r = {};

    r.kind = SIM_R_MAP;
    r.map.domain = domain;
    r.map.iova = kGuestPage;
    r.map.pa = pa;
    r.map.size = 0x1000;
    table_mark(s, SIM_R_BEGIN, domain);
    for (uint64_t at = table; at < table + 0x3000; at += 0x1000)
        s.store(at, (at + 0x1000) | kReadWrite, SIM_S_PTE_S2);
    s.store(table + 0x3000 + 5 * 8, pa | kReadWrite, SIM_S_PTE_S2);
    s.records.push_back(r);
    table_mark(s, SIM_R_END, domain);
}

void drv_attach(Stream &s, unsigned kind, uint64_t domain, uint64_t type)
{
    if (kind == SIM_R_BEGIN)
        s.begin(SIM_OP_DRV_ATTACH);
    else
        s.end(SIM_OP_DRV_ATTACH);
    sim_record &r = s.records.back();

    (kind == SIM_R_BEGIN ? r.mark.domain : r.mark_end.domain) = domain;
    (kind == SIM_R_BEGIN ? r.mark.a : r.mark_end.a) = type;
}

/* A guest's table above P becomes another one, and that is all, though a mark says more. */
chk_class other_guest(unsigned op, uint64_t domain, uint64_t type)
{
    Stream s;

    map(s, kDomainP, kTableA, 0x80005000);
    map(s, kDomainQ, kTableB, 0x90005000);
    s.has(0, nested(4, kTableA, kGuest));
    s.on();
    s.begin(op);
    drv_attach(s, SIM_R_BEGIN, domain, type);
    s.store(pasid_at(0) + 16, kOtherGuest | 1);
    s.pc_pasid(4);
    s.piotlb(4);
    s.wait();
    drv_attach(s, SIM_R_END, domain, type);
    s.end(op);
    return s.last();
}

constexpr uint64_t kBlocked = 0;
constexpr uint64_t kPaging = 1;

TEST(VtdPromise, guest_above_the_domain_that_the_mark_names_is_hitless)
{
    EXPECT_EQ(CHK_HITLESS, other_guest(SIM_OP_REPLACE, kDomainP, kPaging));
}

TEST(VtdPromise, guest_above_another_domain_than_the_mark_names_is_stale)
{
    EXPECT_EQ(CHK_STALE, other_guest(SIM_OP_REPLACE, kDomainQ, kPaging));
}

TEST(VtdPromise, guest_that_is_there_after_a_detach_is_stale)
{
    EXPECT_EQ(CHK_STALE, other_guest(SIM_OP_DETACH, kDomainQ, kBlocked));
}

/* No operation names PASID 5: what it has of the page, an invalidation by PASID 0 leaves. */
TEST(VtdPromise, unmap_is_for_pasids_that_nobody_names)
{
    Stream s;
    sim_record r = {};

    map(s, kDomainP, kTableA, 0x80005000);
    s.has(0, ss(4, kTableA));
    s.has(0, ss(4, kTableA), 5);
    s.on();
    s.begin(SIM_OP_UNMAP, UINT32_MAX);
    s.records.back().mark.domain = kDomainP;
    s.records.back().mark.a = kGuestPage;
    s.records.back().mark.b = 0x1000;
    s.store(kTableA + 0x3000 + 5 * 8, 0, SIM_S_PTE_S2);
    s.piotlb(4);
    s.wait();
    r.kind = SIM_R_UNMAP;
    r.unmap.domain = kDomainP;
    r.unmap.iova = kGuestPage;
    r.unmap.size = r.unmap.unmapped = 0x1000;
    s.records.push_back(r);
    s.end(SIM_OP_UNMAP, UINT32_MAX);
    s.records.back().mark_end.domain = kDomainP;
    s.records.back().mark_end.a = kGuestPage;
    s.records.back().mark_end.b = 0x1000;
    EXPECT_EQ(CHK_STALE, s.last());
}

TEST(VtdPromise, what_is_stored_outside_of_all_operations_is_nobodys)
{
    Stream s;

    s.on();
    s.begin(SIM_OP_ATTACH);
    s.store(pasid_at(0) + 16, kTableA);
    s.store(pasid_at(0) + 8, 5 | kPwsnp);
    s.store(pasid_at(0), 0x49);
    s.end(SIM_OP_ATTACH);
    s.store(pasid_at(0) + 16, kTableB);
    EXPECT_EQ(CHK_HITLESS, s.last());
}

} // namespace
