/* SPDX-License-Identifier: BSD-2-Clause
 * explore_promise_test.cpp - memory against promises, address by address: ranges, blocks, rights,
 * words that nobody told, several users of one domain.
 * Domain A has table A; its pages are the ones from 0x1000 on, mapped to 0x80001000 and on. */
#include "tests/unit/check/explore_stream.h"

#include <string>

using namespace explore_test;

namespace
{

constexpr uint64_t kDomain = 0xd0;
constexpr uint64_t kL1 = kTableA + 0x1000;
constexpr uint64_t kL2 = kTableA + 0x2000;
constexpr uint64_t kL3 = kTableA + 0x3000;
constexpr uint64_t kPagePte = 0xf43; /* AF, ISH, nG, for all, page */
constexpr uint64_t kReadOnly = 1 << 7;
constexpr uint64_t kBlockPte = 0xf41;
constexpr uint64_t kBeyond = 1ull << 48; /* behind what T0SZ=16 lets pass */

void table_mark(Stream &s, unsigned kind, unsigned op, uint64_t iova, uint64_t size)
{
    if (kind == SIM_R_BEGIN)
        s.begin(op, UINT32_MAX, iova, size);
    else
        s.end(op, UINT32_MAX, iova, size);
    sim_record &r = s.records.back();

    (kind == SIM_R_BEGIN ? r.mark.domain : r.mark_end.domain) = kDomain;
}

void map_record(Stream &s, uint64_t iova, uint64_t pa, uint64_t size, int prot)
{
    sim_record r = {};

    r.kind = SIM_R_MAP;
    r.flags = prot < 0 ? 0 : SIM_RF_PROT;
    r.map.domain = kDomain;
    r.map.iova = iova;
    r.map.pa = pa;
    r.map.size = size;
    r.map.prot = static_cast<uint8_t>(prot < 0 ? 0 : prot);
    s.records.push_back(r);
}

/* A map that stores @pte at @at; 0 = it stores nothing. */
void map(Stream &s, uint64_t iova, uint64_t size, uint64_t at, uint64_t pte,
         int prot = SIM_PROT_R | SIM_PROT_W, uint64_t pa = 0)
{
    table_mark(s, SIM_R_BEGIN, SIM_OP_MAP, iova, size);
    if (at)
        s.store(at, pte, SIM_S_PTE);
    map_record(s, iova, pa ? pa : 0x80000000 + iova, size, prot);
    table_mark(s, SIM_R_END, SIM_OP_MAP, iova, size);
}

void tables(Stream &s)
{
    s.entry(ste_at(kSid), abort_ste());
    s.entry(ste_at(kOtherSid), abort_ste());
    s.entry(kCdTable, cd(1, kTableA));
    s.entry(kCdTable5, cd(2, kTableA));
    s.store(kTableA, kL1 | 3, SIM_S_PTE);
    s.store(kL1, kL2 | 3, SIM_S_PTE);
    s.store(kL2, kL3 | 3, SIM_S_PTE);
    s.on();
}

void attach(Stream &s, uint32_t dev = 0, uint64_t eats = 0)
{
    const uint64_t at = ste_at(dev ? kOtherSid : kSid);
    const Words ste = s1_ste(dev ? kCdTable5 : kCdTable);

    s.begin(SIM_OP_DRV_ATTACH, dev, 1);
    s.records.back().mark.domain = kDomain;
    s.store(at + 8, ste[1] | eats);
    s.cfgi_ste(dev ? kOtherSid : kSid);
    s.sync();
    s.store(at, ste[0]);
    s.cfgi_ste(dev ? kOtherSid : kSid);
    s.sync();
    s.end(SIM_OP_DRV_ATTACH, dev, 1);
    s.records.back().mark_end.domain = kDomain;
}

const xpl_op &last_op(Stream &s)
{
    const xpl_report &report = s.explore();

    return report.ops[report.n_ops - 1];
}

chk_class entry_class(Stream &s)
{
    return last_op(s).entry_worst[XPL_ARCHITECTURE];
}

/* ---- ranges, at a switch ---- */

TEST(ExplorePromise, range_with_a_hole_is_found_at_the_attach)
{
    for (uint64_t hole = 1; hole <= 4; hole++) { /* 4 = none */
        Stream s;

        tables(s);
        for (uint64_t i = 1; i <= 3; i++) {
            if (i != hole)
                s.store(kL3 + i * 8, (0x80000000 + i * 0x1000) | kPagePte, SIM_S_PTE);
        }
        map(s, 0x1000, 0x3000, 0, 0);
        attach(s);
        EXPECT_EQ(hole < 4 ? CHK_STALE_REFUSAL : CHK_HITLESS, entry_class(s)) << hole;
        EXPECT_EQ(hole < 4 ? 1u : 0u, last_op(s).n_tables) << hole; /* one is enough */
        for (uint32_t i = 0; i < last_op(s).n_tables; i++)
            EXPECT_EQ(hole, last_op(s).tables[i].first / 0x1000);
    }
}

TEST(ExplorePromise, every_range_of_a_domain_is_asked_at_the_attach)
{
    for (uint64_t hole = 1; hole <= 8; hole++) { /* 8 = none */
        Stream s;

        tables(s);
        for (uint64_t i = 1; i < 8; i += 2) {
            map(s, i * 0x1000, 0x1000, i == hole ? 0 : kL3 + i * 8,
                (0x80000000 + i * 0x1000) | kPagePte);
        }
        attach(s);
        EXPECT_EQ(hole % 2 ? CHK_STALE_REFUSAL : CHK_HITLESS, entry_class(s)) << hole;
    }
}

/* ---- blocks ---- */

TEST(ExplorePromise, block_leads_to_each_of_its_pages)
{
    for (const uint64_t pa : {0x80200000ull, 0x80400000ull}) {
        Stream s;

        tables(s);
        attach(s);
        map(s, 0x200000, 0x200000, kL2 + 8, pa | kBlockPte);
        EXPECT_EQ(pa == 0x80200000 ? CHK_HITLESS : CHK_STALE, entry_class(s)) << std::hex << pa;
    }
}

TEST(ExplorePromise, map_of_pages_on_both_sides_of_a_block_is_asked_behind_it_too)
{
    for (const bool has_last : {false, true}) {
        Stream s;

        tables(s);
        attach(s);
        table_mark(s, SIM_R_BEGIN, SIM_OP_MAP, 0x1ff000, 0x202000);
        s.store(kL3 + 511 * 8, 0x801ff000 | kPagePte, SIM_S_PTE);
        s.store(kL2 + 8, 0x80200000 | kBlockPte, SIM_S_PTE);
        if (has_last)
            s.store(kTableA + 0x4000, 0x80400000 | kPagePte, SIM_S_PTE);
        s.store(kL2 + 16, (kTableA + 0x4000) | 3, SIM_S_PTE);
        map_record(s, 0x1ff000, 0x801ff000, 0x202000, SIM_PROT_R | SIM_PROT_W);
        table_mark(s, SIM_R_END, SIM_OP_MAP, 0x1ff000, 0x202000);
        EXPECT_EQ(has_last ? CHK_HITLESS : CHK_STALE_REFUSAL, entry_class(s)) << has_last;
    }
}

/* ---- rights ---- */

struct Rights {
    const char *name;
    int prot; /* -1: not recorded */
    uint64_t pte;
    chk_class verdict;
};

std::ostream &operator<<(std::ostream &out, const Rights &rights)
{
    return out << rights.name;
}

const Rights rights[] = {
    {"as_promised", SIM_PROT_R | SIM_PROT_W, 0, CHK_HITLESS},
    {"less", SIM_PROT_R | SIM_PROT_W, kReadOnly, CHK_STALE_REFUSAL},
    {"read_only", SIM_PROT_R, kReadOnly, CHK_HITLESS},
    {"more", SIM_PROT_R, 0, CHK_STALE},
    {"write_only", SIM_PROT_W, 0, CHK_HITLESS}, /* stage 1 has no such page */
    {"not_recorded_less", -1, kReadOnly, CHK_HITLESS},
    {"not_recorded_more", -1, 0, CHK_HITLESS},
};

class ExplorePromiseRights : public testing::TestWithParam<Rights>
{
};

TEST_P(ExplorePromiseRights, of_a_map)
{
    Stream s;

    tables(s);
    attach(s);
    map(s, 0x1000, 0x1000, kL3 + 8, 0x80001000 | kPagePte | GetParam().pte, GetParam().prot);
    EXPECT_STREQ(chk_class_name(GetParam().verdict), chk_class_name(entry_class(s)));
}

INSTANTIATE_TEST_SUITE_P(pages, ExplorePromiseRights, testing::ValuesIn(rights),
                         [](const auto &row) { return std::string(row.param.name); });

/* ---- what cannot be asked ---- */

TEST(ExplorePromise, word_of_a_table_that_nobody_told_is_inconclusive)
{
    Stream s;

    tables(s);
    s.store(kL1, 0x50000000 | 3, SIM_S_PTE); /* the next table is not known */
    attach(s);
    map(s, 0x1000, 0x1000, 0, 0);
    EXPECT_EQ(CHK_HITLESS, entry_class(s));
    EXPECT_TRUE(last_op(s).inconclusive);
    EXPECT_STREQ("a table has a word that the stream does not tell", last_op(s).why);
}

/* Its first table ends there; what lies behind it in memory is none of it, though it would lead
 * where the map says. */
TEST(ExplorePromise, address_behind_the_first_table_is_refused)
{
    Stream s;

    tables(s);
    s.store(kL3, (kTableA + 0x4000) | kPagePte, SIM_S_PTE);
    s.store(kTableA + 0x4008, 0x80001000 | kPagePte, SIM_S_PTE);
    attach(s);
    map(s, kBeyond + 0x1000, 0x1000, 0, 0, SIM_PROT_R | SIM_PROT_W, 0x80001000);
    EXPECT_EQ(CHK_STALE_REFUSAL, entry_class(s));
}

/* Three pages, all wrong in the same way: one of them is told. */
TEST(ExplorePromise, wrong_pages_of_one_map_are_told_once)
{
    const struct {
        uint64_t pte; /* 0 = no store */
        int prot;
        chk_class verdict;
    } rows[] = {
        {0, SIM_PROT_R | SIM_PROT_W, CHK_STALE_REFUSAL},
        {0x90000000 | kPagePte, SIM_PROT_R | SIM_PROT_W, CHK_STALE},
        {0x80000000 | kPagePte | kReadOnly, SIM_PROT_R | SIM_PROT_W, CHK_STALE_REFUSAL},
        {0x80000000 | kPagePte, SIM_PROT_R, CHK_STALE},
        {0x80000000 | kPagePte, SIM_PROT_R | SIM_PROT_W, CHK_HITLESS},
    };

    for (const auto &row : rows) {
        Stream s;

        tables(s);
        attach(s);
        table_mark(s, SIM_R_BEGIN, SIM_OP_MAP, 0x1000, 0x3000);
        for (uint64_t i = 1; i <= 3 && row.pte; i++)
            s.store(kL3 + i * 8, row.pte + i * 0x1000, SIM_S_PTE);
        map_record(s, 0x1000, 0x80001000, 0x3000, row.prot);
        table_mark(s, SIM_R_END, SIM_OP_MAP, 0x1000, 0x3000);
        EXPECT_EQ(row.verdict, entry_class(s)) << std::hex << row.pte;
        ASSERT_EQ(row.verdict == CHK_HITLESS ? 0u : 1u, last_op(s).n_tables) << std::hex << row.pte;
        for (uint32_t i = 0; i < last_op(s).n_tables; i++)
            EXPECT_EQ(1u, last_op(s).tables[i].first / 0x1000);
    }
}

TEST(ExplorePromise, map_of_a_unit_that_is_off_is_not_judged)
{
    Stream s;

    tables(s);
    attach(s);
    s.reg(0x20, 8);
    map(s, 0x1000, 0x1000, 0, 0);
    EXPECT_EQ(CHK_HITLESS, entry_class(s));
}

/* ---- who uses a domain ---- */

TEST(ExplorePromise, domain_of_two_devices_is_judged_for_each_tag)
{
    for (const bool is_shared : {false, true}) { /* both have the same CD */
        Stream s;

        tables(s);
        if (is_shared)
            s.entry(kCdTable5, cd(1, kTableA));
        attach(s);
        attach(s, 1);
        map(s, 0x1000, 0x1000, 0, 0);
        EXPECT_EQ(CHK_STALE_REFUSAL, entry_class(s));
        EXPECT_EQ(is_shared ? 1u : 2u, last_op(s).n_tables);
    }
}

/* An operation that stores, and does not say where to, makes its device's domain unknown; not if
 * the driver's own part said it within. The map stores nothing that could tell whose tables they
 * are. */
TEST(ExplorePromise, domain_that_was_told_within_an_operation_is_known_after_it)
{
    for (const bool is_within : {false, true}) {
        Stream s;

        tables(s);
        attach(s);
        s.begin(SIM_OP_REPLACE);
        if (is_within)
            attach(s);
        else
            s.store(ste_at(kSid) + 48, 0);
        s.end(SIM_OP_REPLACE);
        map(s, 0x1000, 0x1000, 0, 0);
        EXPECT_EQ(is_within ? CHK_STALE_REFUSAL : CHK_HITLESS, entry_class(s)) << is_within;
        EXPECT_EQ(!is_within, (last_op(s).notes & XPL_NOTE_UNUSED) != 0) << is_within;
    }
}

TEST(ExplorePromise, domain_that_nobody_uses_is_noted)
{
    for (const bool is_used : {false, true}) {
        Stream s;

        tables(s);
        if (is_used)
            attach(s);
        map(s, 0x1000, 0x1000, kL3 + 8, 0x80001000 | kPagePte);
        EXPECT_EQ(!is_used, (last_op(s).notes & XPL_NOTE_UNUSED) != 0);
        EXPECT_EQ(CHK_HITLESS, last_op(s).worst[XPL_ARCHITECTURE]);
    }
}

/* A domain with pages, one that refuses all, one that lets all pass: what memory should say is
 * known. Of a process's own tables it is not. */
TEST(ExplorePromise, switch_to_what_nothing_is_promised_for_is_noted)
{
    const struct {
        uint64_t kind;
        bool is_known;
    } rows[] = {{1, true}, {3, true}, {0, true}, {4, true}, {2, false}};

    for (const auto &row : rows) {
        Stream s;

        tables(s);
        s.begin(SIM_OP_DRV_ATTACH, 0, row.kind);
        s.records.back().mark.domain = kDomain;
        s.store(ste_at(kSid) + 8, s1_ste(kCdTable)[1]);
        s.end(SIM_OP_DRV_ATTACH, 0, row.kind);
        s.records.back().mark_end.domain = kDomain;
        EXPECT_EQ(!row.is_known, (last_op(s).notes & XPL_NOTE_NO_PROMISE) != 0) << row.kind;
    }
}

/* All requests pass after a detach: no page of the domain before is told beside it. */
TEST(ExplorePromise, what_is_wrong_as_a_whole_is_told_once)
{
    Stream s;

    tables(s);
    attach(s);
    map(s, 0x1000, 0x1000, kL3 + 8, 0x80001000 | kPagePte);
    s.begin(SIM_OP_DRV_ATTACH, 0, 0);
    s.records.back().mark.domain = 1;
    s.store(ste_at(kSid) + 8, s1_ste(kCdTable)[1] | 1ull << 44);
    s.cfgi_ste();
    s.sync();
    s.store(ste_at(kSid), identity_ste()[0]);
    s.cfgi_ste();
    s.sync();
    s.end(SIM_OP_DRV_ATTACH, 0, 0);
    s.records.back().mark_end.domain = 1;
    EXPECT_EQ(CHK_STALE, entry_class(s));
    ASSERT_EQ(1u, last_op(s).n_tables);
    EXPECT_STREQ("memory lets requests pass after a detach", last_op(s).tables[0].what);
}

TEST(ExplorePromise, refusal_of_all_is_told_once)
{
    Stream s;

    tables(s);
    attach(s);
    map(s, 0x1000, 0x1000, kL3 + 8, 0x80001000 | kPagePte);
    s.begin(SIM_OP_DRV_ATTACH, 0, 4); /* identity */
    s.records.back().mark.domain = 1;
    s.store(ste_at(kSid), abort_ste()[0]);
    s.cfgi_ste();
    s.sync();
    s.end(SIM_OP_DRV_ATTACH, 0, 4);
    s.records.back().mark_end.domain = 1;
    EXPECT_EQ(CHK_STALE_REFUSAL, entry_class(s));
    EXPECT_EQ(1u, last_op(s).n_tables);
}

/* The new domain's tables have the old one's page, too. Of a domain with pages of its own that is
 * known to be wrong; of one without it may be that its maps were not seen. */
TEST(ExplorePromise, page_of_the_old_domain_in_the_new_tables)
{
    for (const bool has_pages : {false, true}) {
        Stream s;

        tables(s);
        s.entry(kSecondCdTable, cd(3, kTableB));
        for (uint64_t i = 0; i < 3; i++)
            s.store(kTableB + i * 0x1000, (kTableB + (i + 1) * 0x1000) | 3, SIM_S_PTE);
        s.store(kTableB + 0x3008, 0x90001000 | kPagePte, SIM_S_PTE);
        s.store(kTableB + 0x3010, 0x90002000 | kPagePte, SIM_S_PTE);
        attach(s);
        map(s, 0x1000, 0x1000, kL3 + 8, 0x80001000 | kPagePte);
        if (has_pages) {
            map_record(s, 0x2000, 0x90002000, 0x1000, SIM_PROT_R | SIM_PROT_W);
            s.records.back().map.domain = kDomain + 1;
        }
        s.begin(SIM_OP_DRV_ATTACH, 0, 1);
        s.records.back().mark.domain = kDomain + 1;
        s.store(ste_at(kSid), s1_ste(kSecondCdTable)[0]);
        s.cfgi_ste();
        s.sync();
        s.end(SIM_OP_DRV_ATTACH, 0, 1);
        s.records.back().mark_end.domain = kDomain + 1;
        EXPECT_EQ(has_pages ? CHK_STALE : CHK_HITLESS, entry_class(s)) << has_pages;
    }
}

/* Which marks say what domain a request should use: a replace of a PASID does, one that the
 * driver's own part is not told of does not. */
TEST(ExplorePromise, marks_that_name_the_domain)
{
    const struct {
        unsigned op;
        uint32_t pasid;
        chk_class verdict;
    } rows[] = {
        {SIM_OP_SET_PASID, 1, CHK_STALE},           {SIM_OP_REPLACE_PASID, 1, CHK_STALE},
        {SIM_OP_DRV_ATTACH, UINT32_MAX, CHK_STALE}, {SIM_OP_REPLACE, UINT32_MAX, CHK_HITLESS},
        {SIM_OP_ATTACH, UINT32_MAX, CHK_HITLESS},
    };

    for (const auto &row : rows) {
        Stream s;

        tables(s);
        s.store(kL3 + 8, 0x80001000 | kPagePte, SIM_S_PTE);
        s.entry(kCdTable + 64, cd(2, kTableA));
        s.entry(ste_at(kSid), s1_ste(kCdTable | 1ull << 59));
        s.cfgi_ste();
        s.sync();
        s.begin(SIM_OP_REPLACE);
        s.of_pasid(row.pasid);
        s.end(SIM_OP_REPLACE);
        s.of_pasid(row.pasid);
        map_record(s, 0x1000, 0x90001000, 0x1000, SIM_PROT_R | SIM_PROT_W); /* not what is there */
        s.begin(row.op, 0, 1);
        s.of_pasid(row.pasid);
        s.records.back().mark.domain = kDomain;
        s.end(row.op, 0, 1);
        s.of_pasid(row.pasid);
        s.records.back().mark_end.domain = kDomain;
        EXPECT_EQ(row.verdict, entry_class(s)) << row.op;
    }
}

TEST(ExplorePromise, device_with_ats_needs_answers)
{
    for (const uint64_t eats : {uint64_t{0}, uint64_t{1} << 28}) {
        Stream s;

        tables(s);
        s.ats(true);
        attach(s, 0, eats);
        EXPECT_EQ(eats ? CHK_HITLESS : CHK_STALE_REFUSAL, entry_class(s)) << eats;
    }
}

/* Another CPU is about to map again what a page is promised for: that one cannot be judged. What
 * else the new tables have, can. */
TEST(ExplorePromise, range_that_is_at_work_hides_no_other)
{
    Stream s;

    tables(s);
    s.entry(kSecondCdTable, cd(3, kTableB));
    for (uint64_t i = 0; i < 3; i++)
        s.store(kTableB + i * 0x1000, (kTableB + (i + 1) * 0x1000) | 3, SIM_S_PTE);
    s.store(kTableB + 0x3008, 0x90001000 | kPagePte, SIM_S_PTE);
    attach(s);
    map(s, 0x1000, 0x1000, kL3 + 8, 0x80001000 | kPagePte);
    map_record(s, 0x2000, 0x90002000, 0x1000, SIM_PROT_R | SIM_PROT_W);
    s.records.back().map.domain = kDomain + 1;
    s.cpu = 1;
    s.begin(SIM_OP_MAP, UINT32_MAX, 0x2000, 0x1000);
    s.records.back().mark.domain = kDomain + 1;
    s.cpu = 0;
    s.begin(SIM_OP_DRV_ATTACH, 0, 1);
    s.records.back().mark.domain = kDomain + 1;
    s.store(ste_at(kSid), s1_ste(kSecondCdTable)[0]);
    s.cfgi_ste();
    s.sync();
    s.end(SIM_OP_DRV_ATTACH, 0, 1);
    s.records.back().mark_end.domain = kDomain + 1;
    EXPECT_EQ(CHK_STALE, entry_class(s));
    EXPECT_EQ(1u, last_op(s).n_tables);
}

/* The new domain has the old one's tables: its own page is in one that nobody told, the old one's
 * is there still. */
TEST(ExplorePromise, word_that_nobody_told_hides_no_page_of_the_old_domain)
{
    Stream s;

    tables(s);
    attach(s);
    map(s, 0x1000, 0x1000, kL3 + 8, 0x80001000 | kPagePte);
    map_record(s, 0x200000, 0x80200000, 0x1000, SIM_PROT_R | SIM_PROT_W);
    s.records.back().map.domain = kDomain + 1;
    s.begin(SIM_OP_DRV_ATTACH, 0, 1);
    s.records.back().mark.domain = kDomain + 1;
    s.store(kL2 + 8, 0x50000000 | 3, SIM_S_PTE);
    s.end(SIM_OP_DRV_ATTACH, 0, 1);
    s.records.back().mark_end.domain = kDomain + 1;
    EXPECT_EQ(CHK_STALE, entry_class(s));
    EXPECT_TRUE(last_op(s).inconclusive);
}

TEST(ExplorePromise, more_ranges_than_are_asked_are_inconclusive)
{
    constexpr uint64_t kAsked = 16384;

    for (const uint64_t n : {kAsked, kAsked + 1}) {
        Stream s;

        tables(s);
        for (uint64_t t = 0; t <= n / 512; t++)
            s.store(kL2 + t * 8, (kL3 + t * 0x1000) | 3, SIM_S_PTE);
        for (uint64_t i = 0; i < n; i++) {
            s.store(kL3 + i * 8, (0x80000000 + i * 0x2000) | kPagePte, SIM_S_PTE);
            map_record(s, i * 0x1000, 0x80000000 + i * 0x2000, 0x1000, SIM_PROT_R | SIM_PROT_W);
        }
        attach(s);
        EXPECT_EQ(CHK_HITLESS, entry_class(s));
        EXPECT_EQ(n > kAsked, last_op(s).inconclusive) << n;
        EXPECT_STREQ(n > kAsked ? "a domain has more ranges than the explorer asks" : nullptr,
                     last_op(s).why);
    }
}

} // namespace
