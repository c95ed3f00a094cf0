/* SPDX-License-Identifier: BSD-2-Clause
 * explore_intent_test.cpp - memory against what MAP, UNMAP and switches promise.
 * Every sequence forgets a store, or does not. Domain A has the page 0x1000 at 0x80001000, B the
 * same page at 0x90001000. */
#include "tests/unit/check/explore_stream.h"

using namespace explore_test;

namespace
{

constexpr uint64_t kDomainA = 0xd0;
constexpr uint64_t kDomainB = 0xd1;
constexpr uint64_t kDomainElse = 0x1;
constexpr uint64_t kPage = 0x1000;
constexpr uint64_t kPaging = 1; /* domain types of the kernel */
constexpr uint64_t kIdentity = 4;
constexpr uint64_t kNested = 6;
constexpr uint64_t kBlocked = 0;
constexpr uint64_t kTablePte = 3;
constexpr uint64_t kPagePte = 0xf43;     /* AF, ISH, nG, for all, page */
constexpr uint64_t kReadOnlyPte = 0xfc3; /* the same, AP[2] */

void marks(Stream &s, unsigned kind, unsigned op, uint64_t domain, uint64_t a, uint64_t b = 0,
           int32_t ret = 0)
{
    if (kind == SIM_R_BEGIN)
        s.begin(op, 0, a, b);
    else
        s.end(op, 0, a, b, ret);
    (kind == SIM_R_BEGIN ? s.records.back().mark.domain : s.records.back().mark_end.domain) =
        domain;
}

void table_mark(Stream &s, unsigned kind, unsigned op, uint64_t domain, uint64_t iova,
                uint64_t size, int32_t ret = 0)
{
    marks(s, kind, op, domain, iova, size, ret);
    (kind == SIM_R_BEGIN ? s.records.back().mark.dev : s.records.back().mark_end.dev) = SIM_NO_DEV;
}

void map_record(Stream &s, uint64_t domain, uint64_t iova, uint64_t pa, uint64_t size)
{
    sim_record r = {};

    r.kind = SIM_R_MAP;
    r.flags = SIM_RF_PROT;
    r.map.domain = domain;
    r.map.iova = iova;
    r.map.pa = pa;
    r.map.size = size;
    r.map.prot = SIM_PROT_R | SIM_PROT_W;
    s.records.push_back(r);
}

void unmap_record(Stream &s, uint64_t domain, uint64_t iova, uint64_t size)
{
    sim_record r = {};

    r.kind = SIM_R_UNMAP;
    r.unmap.domain = domain;
    r.unmap.iova = iova;
    r.unmap.size = size;
    r.unmap.unmapped = size;
    s.records.push_back(r);
}

/* Tables of @root that lead to the page table at @root + 0x3000. */
void tables(Stream &s, uint64_t root)
{
    for (uint64_t i = 0; i < 3; i++)
        s.store(root + i * 0x1000, (root + (i + 1) * 0x1000) | kTablePte, SIM_S_PTE);
}

void store_page(Stream &s, uint64_t root, uint64_t iova, uint64_t pte)
{
    s.store(root + 0x3000 + iova / kPage * 8, pte, SIM_S_PTE);
}

void map(Stream &s, uint64_t domain, uint64_t root, uint64_t iova, uint64_t pa, uint64_t pte)
{
    table_mark(s, SIM_R_BEGIN, SIM_OP_MAP, domain, iova, kPage);
    if (pte)
        store_page(s, root, iova, pte);
    map_record(s, domain, iova, pa, kPage);
    table_mark(s, SIM_R_END, SIM_OP_MAP, domain, iova, kPage);
}

void switch_to(Stream &s, uint64_t domain, uint64_t type, const Words *ste)
{
    marks(s, SIM_R_BEGIN, SIM_OP_DRV_ATTACH, domain, type);
    if (ste) {
        s.store(ste_at(kSid), 0);
        s.cfgi_ste();
        s.sync();
        for (unsigned i = 1; i < 8; i++)
            s.store(ste_at(kSid) + i * 8, (*ste)[i]);
        s.cfgi_ste();
        s.sync();
        s.store(ste_at(kSid), (*ste)[0]);
        s.cfgi_ste();
        s.sync();
    }
    marks(s, SIM_R_END, SIM_OP_DRV_ATTACH, domain, type);
}

/* Both domains have their pages; the device is refused, and its unit is on. */
void prepare(Stream &s)
{
    s.entry(ste_at(kSid), abort_ste());
    s.entry(kCdTable, cd(1, kTableA));
    s.entry(kSecondCdTable, cd(2, kTableB));
    tables(s, kTableA);
    tables(s, kTableB);
    map(s, kDomainA, kTableA, 0x1000, 0x80001000, 0x80001000 | kPagePte);
    map(s, kDomainB, kTableB, 0x1000, 0x90001000, 0x90001000 | kPagePte);
    s.on();
}

void attach_a(Stream &s)
{
    const Words ste = s1_ste(kCdTable);

    prepare(s);
    switch_to(s, kDomainA, kPaging, &ste);
}

chk_class entry_class(Stream &s)
{
    const xpl_report &report = s.explore();

    return report.ops[report.n_ops - 1].entry_worst[XPL_ARCHITECTURE];
}

/* ---- maps and unmaps ---- */

chk_class class_of_unmap(bool has_store, uint64_t domain, int32_t ret = 0)
{
    Stream s;

    attach_a(s);
    table_mark(s, SIM_R_BEGIN, SIM_OP_UNMAP, domain, 0x1000, kPage);
    if (has_store)
        store_page(s, kTableA, 0x1000, 0);
    s.tlbi_asid(1);
    s.sync();
    if (!ret)
        unmap_record(s, domain, 0x1000, kPage);
    table_mark(s, SIM_R_END, SIM_OP_UNMAP, domain, 0x1000, kPage, ret);
    return s.last();
}

TEST(ExploreIntent, unmap_without_a_store_is_stale)
{
    EXPECT_EQ(CHK_STALE, class_of_unmap(false, kDomainA));
}

TEST(ExploreIntent, unmap_with_its_store_is_hitless)
{
    EXPECT_EQ(CHK_HITLESS, class_of_unmap(true, kDomainA));
}

TEST(ExploreIntent, unmap_of_a_domain_that_no_request_uses_is_not_judged)
{
    EXPECT_EQ(CHK_HITLESS, class_of_unmap(false, kDomainB));
}

TEST(ExploreIntent, unmap_that_failed_removed_nothing)
{
    EXPECT_EQ(CHK_HITLESS, class_of_unmap(false, kDomainA, -22));
}

TEST(ExploreIntent, unmap_that_leaves_one_page_of_three_is_stale)
{
    for (uint64_t left = 0; left < 3; left++) {
        Stream s;

        attach_a(s);
        for (uint64_t i = 2; i < 5; i++)
            map(s, kDomainA, kTableA, i * kPage, 0x80000000 + i * kPage,
                (0x80000000 + i * kPage) | kPagePte);
        table_mark(s, SIM_R_BEGIN, SIM_OP_UNMAP, kDomainA, 0x2000, 3 * kPage);
        for (uint64_t i = 0; i < 3; i++) {
            if (i != left)
                store_page(s, kTableA, (2 + i) * kPage, 0);
        }
        s.tlbi_asid(1);
        s.sync();
        unmap_record(s, kDomainA, 0x2000, 3 * kPage);
        table_mark(s, SIM_R_END, SIM_OP_UNMAP, kDomainA, 0x2000, 3 * kPage);
        EXPECT_EQ(CHK_STALE, s.last()) << left;
    }
}

struct MapRow {
    const char *name;
    uint64_t pte;
    chk_class verdict;
};

std::ostream &operator<<(std::ostream &out, const MapRow &row)
{
    return out << row.name;
}

class ExploreIntentMap : public testing::TestWithParam<MapRow>
{
};

/* The promise: 0x2000 leads to 0x80002000, to read and write. */
TEST_P(ExploreIntentMap, of_a_domain_in_use)
{
    Stream s;

    attach_a(s);
    map(s, kDomainA, kTableA, 0x2000, 0x80002000, GetParam().pte);
    EXPECT_EQ(GetParam().verdict, s.last());
}

INSTANTIATE_TEST_SUITE_P(Rows, ExploreIntentMap,
                         testing::Values(MapRow{"done", 0x80002000 | kPagePte, CHK_HITLESS},
                                         MapRow{"forgotten", 0, CHK_STALE_REFUSAL},
                                         MapRow{"elsewhere", 0x80003000 | kPagePte, CHK_STALE},
                                         MapRow{"read_only", 0x80002000 | kReadOnlyPte,
                                                CHK_STALE_REFUSAL}),
                         [](const auto &test) { return std::string(test.param.name); });

TEST(ExploreIntent, map_without_a_map_record_promises_nothing)
{
    Stream s;

    attach_a(s);
    table_mark(s, SIM_R_BEGIN, SIM_OP_MAP, kDomainA, 0x2000, kPage);
    store_page(s, kTableA, 0x2000, 0x80002000 | kPagePte);
    table_mark(s, SIM_R_END, SIM_OP_MAP, kDomainA, 0x2000, kPage);
    EXPECT_EQ(CHK_HITLESS, s.last());
}

TEST(ExploreIntent, lost_records_silence_promises)
{
    Stream s;
    sim_record lost = {};

    attach_a(s);
    lost.kind = SIM_R_LOST;
    s.records.push_back(lost);
    map(s, kDomainA, kTableA, 0x2000, 0x80002000, 0);
    EXPECT_EQ(CHK_HITLESS, s.last());
    EXPECT_TRUE(s.explore().inconclusive);
}

/* ---- switches: the first attach is of domain A ---- */

struct SwitchRow {
    const char *name;
    uint64_t domain, type;
    Words ste;
    chk_class entry; /* beside what the transition itself does */
};

std::ostream &operator<<(std::ostream &out, const SwitchRow &row)
{
    return out << row.name;
}

class ExploreIntentSwitch : public testing::TestWithParam<SwitchRow>
{
};

TEST_P(ExploreIntentSwitch, with_an_entry_that)
{
    Stream s;

    prepare(s);
    switch_to(s, GetParam().domain, GetParam().type, &GetParam().ste);
    EXPECT_EQ(GetParam().entry, entry_class(s));
}

INSTANTIATE_TEST_SUITE_P(
    Rows, ExploreIntentSwitch,
    testing::Values(
        SwitchRow{"leads_to_the_domain", kDomainA, kPaging, s1_ste(kCdTable), CHK_HITLESS},
        SwitchRow{"leads_to_another", kDomainA, kPaging, s1_ste(kSecondCdTable), CHK_STALE},
        SwitchRow{"refuses", kDomainA, kPaging, abort_ste(), CHK_STALE_REFUSAL},
        SwitchRow{"lets_pass", kDomainA, kPaging, identity_ste(), CHK_STALE},
        SwitchRow{"lets_pass_an_empty_domain", 0xd9, kPaging, identity_ste(), CHK_STALE},
        SwitchRow{"refuses_an_empty_domain", 0xd9, kPaging, abort_ste(), CHK_HITLESS},
        SwitchRow{"refuses_identity", kDomainElse, kIdentity, abort_ste(), CHK_STALE_REFUSAL},
        SwitchRow{"lets_identity_pass", kDomainElse, kIdentity, identity_ste(), CHK_HITLESS},
        SwitchRow{"refuses_after_detach", kDomainElse, kBlocked, abort_ste(), CHK_HITLESS},
        SwitchRow{"lets_pass_after_detach", kDomainElse, kBlocked, identity_ste(), CHK_STALE},
        SwitchRow{"is_a_guests", kDomainElse, kNested, s1_ste(kCdTable), CHK_HITLESS}),
    [](const auto &test) { return std::string(test.param.name); });

TEST(ExploreIntent, attach_that_writes_nothing_is_a_stale_refusal)
{
    Stream s;

    prepare(s);
    switch_to(s, kDomainA, kPaging, nullptr);
    EXPECT_EQ(CHK_STALE_REFUSAL, s.last());
}

TEST(ExploreIntent, replace_that_writes_nothing_is_stale)
{
    Stream s;

    attach_a(s);
    switch_to(s, kDomainB, kPaging, nullptr);
    EXPECT_EQ(CHK_STALE, s.last());
}

TEST(ExploreIntent, replace_by_an_empty_domain_that_writes_nothing_is_stale)
{
    Stream s;

    attach_a(s);
    switch_to(s, 0xd9, kPaging, nullptr);
    EXPECT_EQ(CHK_STALE, s.last());
}

TEST(ExploreIntent, detach_that_writes_nothing_is_stale)
{
    Stream s;

    attach_a(s);
    switch_to(s, kDomainElse, kBlocked, nullptr);
    EXPECT_EQ(CHK_STALE, s.last());
}

TEST(ExploreIntent, attach_of_the_same_domain_that_writes_nothing_is_hitless)
{
    Stream s;

    attach_a(s);
    switch_to(s, kDomainA, kPaging, nullptr);
    EXPECT_EQ(CHK_HITLESS, s.last());
}

TEST(ExploreIntent, failed_attach_that_writes_nothing_is_hitless)
{
    Stream s;

    attach_a(s);
    marks(s, SIM_R_BEGIN, SIM_OP_DRV_ATTACH, kDomainB, kPaging);
    marks(s, SIM_R_END, SIM_OP_DRV_ATTACH, kDomainB, kPaging, 0, -22);
    EXPECT_EQ(CHK_HITLESS, s.last());
}

TEST(ExploreIntent, attach_whose_end_is_missing_is_not_judged)
{
    Stream s;

    attach_a(s);
    marks(s, SIM_R_BEGIN, SIM_OP_DRV_ATTACH, kDomainB, kPaging);
    EXPECT_EQ(CHK_HITLESS, s.last());
    EXPECT_TRUE(s.explore().inconclusive);
}

TEST(ExploreIntent, after_a_switch_that_names_no_domain_maps_are_not_judged)
{
    Stream s;

    attach_a(s);
    s.begin(SIM_OP_REPLACE);
    s.store(ste_at(kSid), s1_ste(kSecondCdTable)[0]);
    s.cfgi_ste();
    s.sync();
    s.end(SIM_OP_REPLACE);
    map(s, kDomainA, kTableA, 0x2000, 0x80002000, 0);
    EXPECT_EQ(CHK_HITLESS, s.last());
}

/* A look that was cut has not followed what memory says since. */
TEST(ExploreIntent, with_more_views_than_are_tried_a_switch_is_inconclusive_not_stale)
{
    Stream s;

    attach_a(s);
    s.begin(SIM_OP_DRV_ATTACH, 0, kPaging);
    s.records.back().mark.domain = kDomainB;
    s.entry(kCdTable, cd(1, kTableB));
    s.cfgi_cd();
    s.sync();
    s.end(SIM_OP_DRV_ATTACH, 0, kPaging);
    s.records.back().mark_end.domain = kDomainB;
    s.params.max_views = 0;
    EXPECT_EQ(CHK_HITLESS, entry_class(s));
    EXPECT_TRUE(s.explore().inconclusive);
}

TEST(ExploreIntent, attach_of_paging_without_eats_is_refusal_for_a_device_with_ats)
{
    const Words ste = s1_ste(kCdTable);
    Stream s;

    prepare(s);
    s.ats(true);
    switch_to(s, kDomainA, kPaging, &ste);
    EXPECT_EQ(CHK_STALE_REFUSAL, entry_class(s));
}

/* ---- PASIDs: others of the device keep what they have ---- */

void first_pasid(Stream &s, uint64_t dss)
{
    const Words from = identity_ste();
    const Words to = s1_ste(kCdTable | 1ull << 59, dss);

    s.entry(ste_at(kSid), from);
    tables(s, kTableB);
    map(s, kDomainB, kTableB, 0x1000, 0x90001000, 0x90001000 | kPagePte);
    s.entry(kCdTable + 64, cd(2, kTableB));
    s.on();
    marks(s, SIM_R_BEGIN, SIM_OP_SET_PASID, kDomainB, kDomainB);
    s.records.back().mark.pasid = 1;
    s.store(ste_at(kSid) + 8, to[1] | 1ull << 44); /* SHCFG stays */
    s.cfgi_ste();
    s.sync();
    s.store(ste_at(kSid), to[0]);
    s.cfgi_ste();
    s.sync();
    marks(s, SIM_R_END, SIM_OP_SET_PASID, kDomainB, kDomainB);
    s.records.back().mark_end.pasid = 1;
}

chk_class class_of_first_pasid(uint64_t dss)
{
    Stream s;

    first_pasid(s, dss);
    return s.last();
}

TEST(ExploreIntent, first_pasid_leaves_requests_without_one_alone)
{
    EXPECT_EQ(CHK_HITLESS, class_of_first_pasid(1));
}

TEST(ExploreIntent, first_pasid_that_refuses_requests_without_one_is_a_stale_refusal)
{
    EXPECT_EQ(CHK_STALE_REFUSAL, class_of_first_pasid(0));
}

/* A PASID that no mark removed, while the device's own switch takes its table of CDs away. */
TEST(ExploreIntent, switch_of_the_device_that_takes_a_pasid_away_is_a_stale_refusal)
{
    const Words blocked = abort_ste();
    Stream s;

    first_pasid(s, 1);
    switch_to(s, kDomainElse, kBlocked, &blocked);
    EXPECT_EQ(CHK_STALE_REFUSAL, s.last());
}

/* One address is refused, another one leads to a page of the old domain. */
TEST(ExploreIntent, an_address_that_is_refused_hides_none_that_is_stale)
{
    Stream s;

    attach_a(s);
    map(s, kDomainB, kTableB, 0, 0x90000000, 0x90000000 | kPagePte);
    switch_to(s, kDomainB, kPaging, nullptr);
    EXPECT_EQ(CHK_STALE, s.last());
}

} // namespace
