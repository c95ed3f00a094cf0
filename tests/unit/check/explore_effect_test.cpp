/* SPDX-License-Identifier: BSD-2-Clause
 * explore_effect_test.cpp - operations that must take effect, and store nothing or the wrong thing:
 * on the parent of a nested domain, on a guest's domain, on a PASID, on one device of a group.
 * The parent has the guest's page 0x1000 at 0x80001000. */
#include "tests/unit/check/explore_stream.h"

#include <string>

using namespace explore_test;

namespace
{

constexpr uint64_t kParent = 0xa0;
constexpr uint64_t kOther = 0xa1; /* has the same page in tables of its own */
constexpr uint64_t kGuest = 0xa2;
constexpr uint64_t kGuestToo = 0xa3;
constexpr uint64_t kNested = 6; /* domain types of the kernel */
constexpr uint64_t kPage = 0x1000;
constexpr uint64_t kPagePte = 0x7ff;
constexpr uint64_t kReadOnlyPte = 0x77f; /* S2AP 01 */
constexpr uint64_t kGuestTable = 0x40000;
constexpr uint64_t kNoSize = 0;

void name(Stream &s, uint64_t domain, uint32_t dev, uint32_t pasid = UINT32_MAX)
{
    sim_record &r = s.records.back();

    if (r.kind == SIM_R_BEGIN) {
        r.mark.domain = domain;
        r.mark.dev = dev;
        r.mark.pasid = pasid;
    } else {
        r.mark_end.domain = domain;
        r.mark_end.dev = dev;
        r.mark_end.pasid = pasid;
    }
}

void table_begins(Stream &s, unsigned op, uint64_t domain, uint64_t iova, uint64_t size = kPage)
{
    s.begin(op, 0, iova, size);
    name(s, domain, SIM_NO_DEV);
}

void table_ends(Stream &s, unsigned op, uint64_t domain, uint64_t iova, uint64_t size = kPage)
{
    s.end(op, 0, iova, size);
    name(s, domain, SIM_NO_DEV);
}

void map_record(Stream &s, uint64_t domain, uint64_t iova, uint64_t pa)
{
    sim_record r = {};

    r.kind = SIM_R_MAP;
    r.flags = SIM_RF_PROT;
    r.map.domain = domain;
    r.map.iova = iova;
    r.map.pa = pa;
    r.map.size = kPage;
    r.map.prot = SIM_PROT_R | SIM_PROT_W;
    s.records.push_back(r);
}

void unmap_record(Stream &s, uint64_t domain, uint64_t iova)
{
    sim_record r = {};

    r.kind = SIM_R_UNMAP;
    r.unmap.domain = domain;
    r.unmap.iova = iova;
    r.unmap.size = kPage;
    r.unmap.unmapped = kPage;
    s.records.push_back(r);
}

void store_tables(Stream &s, uint64_t root)
{
    for (uint64_t i = 0; i < 3; i++)
        s.store(root + i * 0x1000, (root + (i + 1) * 0x1000) | 3, SIM_S_PTE);
}

/* The first map of @domain makes its tables. */
void first_map(Stream &s, uint64_t domain, uint64_t root)
{
    table_begins(s, SIM_OP_MAP, domain, kPage);
    store_tables(s, root);
    s.store(root + 0x3008, 0x80001000 | kPagePte, SIM_S_PTE);
    map_record(s, domain, kPage, 0x80001000);
    table_ends(s, SIM_OP_MAP, domain, kPage);
}

void switch_begins(Stream &s, unsigned op, uint64_t domain, uint64_t type,
                   uint32_t pasid = UINT32_MAX)
{
    s.begin(op, 0, type);
    name(s, domain, 0, pasid);
}

void switch_ends(Stream &s, unsigned op, uint64_t domain, uint64_t type,
                 uint32_t pasid = UINT32_MAX)
{
    s.end(op, 0, type);
    name(s, domain, 0, pasid);
}

void attach(Stream &s, uint64_t domain, const Words *ste)
{
    switch_begins(s, SIM_OP_DRV_ATTACH, domain, kNested);
    if (ste) {
        for (unsigned i = 8; i-- > 0;) {
            s.store(ste_at(kSid) + i * 8, (*ste)[i]);
            s.cfgi_ste();
            s.sync();
        }
    }
    switch_ends(s, SIM_OP_DRV_ATTACH, domain, kNested);
}

/* A guest of @parent, which is never attached itself. */
void prepare(Stream &s, uint64_t vmid = 7)
{
    const Words ste = nested_ste(vmid, kTableA, kGuestTable);

    s.entry(ste_at(kSid), abort_ste());
    first_map(s, kParent, kTableA);
    first_map(s, kOther, kTableB);
    s.on();
    attach(s, kGuest, &ste);
}

void flush_parent(Stream &s)
{
    s.command(7ull << 32 | 0x2a, kPage); /* S2_IPA */
    s.sync();
    s.command(7ull << 32 | 0x10); /* NH_ALL */
    s.sync();
}

chk_class class_of_unmap(uint64_t domain, uint64_t store_at)
{
    Stream s;

    prepare(s);
    table_begins(s, SIM_OP_UNMAP, domain, kPage);
    if (store_at)
        s.store(store_at, 0, SIM_S_PTE);
    flush_parent(s);
    unmap_record(s, domain, kPage);
    table_ends(s, SIM_OP_UNMAP, domain, kPage);
    return s.last();
}

/* ---- the parent of a nested domain ---- */

TEST(ExploreEffect, unmap_of_a_parent_that_stores_is_hitless)
{
    EXPECT_EQ(CHK_HITLESS, class_of_unmap(kParent, kTableA + 0x3008));
}

TEST(ExploreEffect, unmap_of_a_parent_that_stores_nothing_is_stale)
{
    EXPECT_EQ(CHK_STALE, class_of_unmap(kParent, 0));
}

TEST(ExploreEffect, unmap_of_a_parent_that_stores_beside_it_is_stale)
{
    EXPECT_EQ(CHK_STALE, class_of_unmap(kParent, kTableA + 0x3010));
}

TEST(ExploreEffect, unmap_of_a_parent_that_stores_to_another_parents_tables_is_stale)
{
    EXPECT_EQ(CHK_STALE, class_of_unmap(kParent, kTableB + 0x3008));
}

/* What two domains of one address space lose, they lose one after the other. */
TEST(ExploreEffect, unmap_of_another_domain_with_the_same_pages_is_hitless)
{
    EXPECT_EQ(CHK_HITLESS, class_of_unmap(kOther, kTableB + 0x3008));
    EXPECT_EQ(CHK_HITLESS, class_of_unmap(kOther, 0));
}

struct Map {
    const char *name;
    uint64_t pte;
    chk_class verdict;
};

std::ostream &operator<<(std::ostream &out, const Map &row)
{
    return out << row.name;
}

class ParentMap : public testing::TestWithParam<Map>
{
};

/* The promise: 0x2000 leads to 0x80002000, to read and write. */
TEST_P(ParentMap, of_a_parent)
{
    Stream s;

    prepare(s);
    table_begins(s, SIM_OP_MAP, kParent, 0x2000);
    if (GetParam().pte)
        s.store(kTableA + 0x3010, GetParam().pte, SIM_S_PTE);
    map_record(s, kParent, 0x2000, 0x80002000);
    table_ends(s, SIM_OP_MAP, kParent, 0x2000);
    EXPECT_STREQ(chk_class_name(GetParam().verdict), chk_class_name(s.last()));
}

INSTANTIATE_TEST_SUITE_P(descriptors, ParentMap,
                         testing::Values(Map{"done", 0x80002000 | kPagePte, CHK_HITLESS},
                                         Map{"forgotten", 0, CHK_STALE_REFUSAL},
                                         Map{"elsewhere", 0x80003000 | kPagePte, CHK_STALE},
                                         Map{"read_only", 0x80002000 | kReadOnlyPte,
                                             CHK_STALE_REFUSAL}),
                         [](const auto &row) { return std::string(row.param.name); });

TEST(ExploreEffect, unmap_of_a_parent_whose_guest_is_gone_is_not_judged)
{
    const Words none = abort_ste();
    Stream s;

    prepare(s);
    attach(s, kGuestToo, &none);
    table_begins(s, SIM_OP_UNMAP, kParent, kPage);
    unmap_record(s, kParent, kPage);
    table_ends(s, SIM_OP_UNMAP, kParent, kPage);
    const xpl_report &report = s.explore();

    EXPECT_EQ(CHK_HITLESS, report.ops[report.n_ops - 1].worst[XPL_ARCHITECTURE]);
    EXPECT_TRUE(report.ops[report.n_ops - 1].notes & XPL_NOTE_UNUSED);
}

TEST(ExploreEffect, page_of_tables_that_was_freed_tells_no_domain)
{
    Stream s;

    s.entry(ste_at(kSid), abort_ste());
    first_map(s, kParent, kTableA);
    s.free_page(kTableA, 0x4000);
    store_tables(s, kTableA);
    s.store(kTableA + 0x3008, 0x80001000 | kPagePte, SIM_S_PTE);
    s.on();
    const Words ste = nested_ste(7, kTableA, kGuestTable);

    attach(s, kGuest, &ste);
    table_begins(s, SIM_OP_UNMAP, kParent, kPage);
    unmap_record(s, kParent, kPage);
    table_ends(s, SIM_OP_UNMAP, kParent, kPage);
    EXPECT_EQ(CHK_HITLESS, s.last());
}

TEST(ExploreEffect, both_guests_of_two_parents_are_judged)
{
    for (const uint64_t domain : {kParent, kOther}) {
        const Words to = nested_ste(8, kTableB, kGuestTable);
        Stream s;

        s.entry(ste_at(kOtherSid), to);
        prepare(s);
        table_begins(s, SIM_OP_UNMAP, domain, kPage);
        unmap_record(s, domain, kPage);
        table_ends(s, SIM_OP_UNMAP, domain, kPage);
        EXPECT_EQ(CHK_STALE, s.last()) << domain;
    }
}

/* ---- switches to what no record describes ---- */

TEST(ExploreEffect, switch_to_another_guest_that_stores_nothing_is_inconclusive)
{
    Stream s;

    prepare(s);
    attach(s, kGuestToo, nullptr);
    EXPECT_EQ(CHK_HITLESS, s.last());
    EXPECT_TRUE(s.explore().ops[3].inconclusive);
}

TEST(ExploreEffect, switch_to_the_same_guest_that_stores_nothing_is_hitless)
{
    Stream s;

    prepare(s);
    attach(s, kGuest, nullptr);
    EXPECT_EQ(CHK_HITLESS, s.last());
    EXPECT_FALSE(s.explore().ops[3].inconclusive);
}

TEST(ExploreEffect, switch_to_another_guest_that_stores_is_told_to_be_by_address)
{
    const Words to = nested_ste(7, kTableA, 2 * kGuestTable);
    Stream s;

    prepare(s);
    attach(s, kGuestToo, &to);
    const xpl_op &op = s.explore().ops[3];

    EXPECT_FALSE(op.inconclusive);
    EXPECT_EQ(XPL_NOTE_GUEST | XPL_NOTE_NO_PROMISE, int(op.notes));
}

TEST(ExploreEffect, notes_have_texts)
{
    for (unsigned i = 0; i < XPL_N_NOTES; i++)
        EXPECT_STRNE("", xpl_note_text(i));
    EXPECT_STREQ("", xpl_note_text(XPL_N_NOTES));
}

/* ---- PASIDs ---- */

chk_class class_of_pasid(unsigned op, bool has_store, bool was_set)
{
    const Words ste = s1_ste(kCdTable | 1ull << 59);
    Stream s;

    s.entry(ste_at(kSid), ste);
    s.entry(kCdTable, cd(1, kTableA));
    if (was_set)
        s.entry(kCdTable + 64, cd(2, kTableB));
    s.on();
    switch_begins(s, op, kGuest, kGuest, 1);
    for (unsigned i = 8; has_store && i-- > 0;) {
        s.store(kCdTable + 64 + i * 8, cd(3, kTableA + 0x8000)[i], SIM_S_CD);
        s.cfgi_cd(kSid, 1);
        s.sync();
    }
    switch_ends(s, op, kGuest, kGuest, 1);
    const xpl_report &report = s.explore();

    return report.ops[report.n_ops - 1].entry_worst[XPL_ARCHITECTURE];
}

TEST(ExploreEffect, pasid_of_a_process_that_is_set_without_a_store_is_a_stale_refusal)
{
    EXPECT_EQ(CHK_STALE_REFUSAL, class_of_pasid(SIM_OP_SET_PASID, false, false));
}

TEST(ExploreEffect, pasid_of_a_process_that_is_set_is_hitless)
{
    EXPECT_EQ(CHK_HITLESS, class_of_pasid(SIM_OP_SET_PASID, true, false));
}

TEST(ExploreEffect, pasid_that_is_removed_without_a_store_is_stale)
{
    EXPECT_EQ(CHK_STALE, class_of_pasid(SIM_OP_REMOVE_PASID, false, true));
}

/* ---- detaches that name no domain ---- */

struct Detach {
    const char *name;
    bool has_inner, is_shared;
    Words from;
    chk_class verdict;
};

std::ostream &operator<<(std::ostream &out, const Detach &row)
{
    return out << row.name;
}

class Nothing : public testing::TestWithParam<Detach>
{
};

TEST_P(Nothing, is_what_the_detach_does)
{
    Stream s;

    for (uint32_t dev = 0; dev < 2; dev++) {
        sim_record r = {};

        r.kind = SIM_R_GROUP;
        r.group.dev = dev;
        r.group.group = GetParam().is_shared ? 1 : dev;
        r.group.what = SIM_MEMBER_JOIN;
        s.records.push_back(r);
    }
    s.entry(ste_at(kSid), GetParam().from);
    s.entry(kCdTable, cd(1, kTableA));
    s.on();
    s.begin(SIM_OP_DETACH);
    if (GetParam().has_inner) { /* blocked, of no name */
        s.begin(SIM_OP_DRV_ATTACH);
        s.end(SIM_OP_DRV_ATTACH);
    }
    s.end(SIM_OP_DETACH);
    EXPECT_STREQ(chk_class_name(GetParam().verdict), chk_class_name(s.last()));
}

INSTANTIATE_TEST_SUITE_P(
    detaches, Nothing,
    testing::Values(Detach{"of_stage_1", false, false, s1_ste(kCdTable), CHK_STALE},
                    Detach{"of_stage_1_by_the_driver", true, false, s1_ste(kCdTable), CHK_STALE},
                    Detach{"of_stage_2", false, false, s2_ste(1, kTableA), CHK_STALE},
                    Detach{"of_a_guest", true, false, nested_ste(1, kTableA, kGuestTable),
                           CHK_STALE},
                    Detach{"of_bypass", true, false, identity_ste(), CHK_STALE},
                    Detach{"of_abort", true, false, abort_ste(), CHK_HITLESS},
                    Detach{"of_one_of_a_group", false, true, s1_ste(kCdTable), CHK_HITLESS}),
    [](const auto &row) { return std::string(row.param.name); });

TEST(ExploreEffect, detach_that_failed_may_do_nothing)
{
    Stream s;

    s.entry(ste_at(kSid), s2_ste(1, kTableA));
    s.on();
    s.begin(SIM_OP_DETACH);
    s.end(SIM_OP_DETACH, 0, 0, kNoSize, -22);
    EXPECT_EQ(CHK_HITLESS, s.last());
}

} // namespace
