/* SPDX-License-Identifier: BSD-2-Clause
 * explore_keep_test.cpp - what stays where one would not look for it: globals under a flush by ASID
 * and under other ASIDs, answers that a device has for a PASID, what the explorer left out earlier.
 * Rows: IHI 0070 5.4 (TLBI_NH_ASID leaves globals), 3.17 (a global entry is found under any ASID).
 */
#include "tests/unit/check/explore_stream.h"

#include <string>

using namespace explore_test;

namespace
{

constexpr uint64_t kPage = 0xf43;       /* AF, ISH, nG, all privileges */
constexpr uint64_t kGlobalPage = 0x743; /* the same without nG */
constexpr uint64_t kEats = 1ull << 28;
constexpr uint32_t kNone = UINT32_MAX;

void tables(Stream &s, uint64_t root, uint64_t pa, uint64_t attributes)
{
    for (uint64_t i = 0; i < 3; i++)
        s.store(root + i * 0x1000, (root + (i + 1) * 0x1000) | 3, SIM_S_PTE);
    s.store(root + 0x3008, pa | attributes, SIM_S_PTE);
}

void attach(Stream &s, uint32_t dev, const Words &words)
{
    const uint32_t sid = dev ? kOtherSid : kSid;
    const uint64_t cds = dev ? kCdTable5 : kCdTable;

    s.begin(SIM_OP_ATTACH, dev);
    s.entry(cds, words);
    s.store(ste_at(sid) + 8, s1_ste(cds)[1]);
    s.cfgi_ste(sid);
    s.sync();
    s.store(ste_at(sid), s1_ste(cds)[0]);
    s.cfgi_ste(sid);
    s.sync();
    s.end(SIM_OP_ATTACH, dev);
}

void detach(Stream &s)
{
    s.begin(SIM_OP_DETACH);
    s.store(ste_at(kSid), abort_ste()[0]);
    s.cfgi_ste();
    s.sync();
    s.end(SIM_OP_DETACH);
}

void prepare(Stream &s, uint64_t attributes)
{
    s.entry(ste_at(kSid), abort_ste());
    s.entry(ste_at(kOtherSid), abort_ste());
    tables(s, kTableA, 0x80001000, attributes);
    tables(s, kTableB, 0x90001000, kPage);
    s.on();
    attach(s, 0, cd(1, kTableA));
}

/* ---- globals ---- */

struct Reuse {
    const char *name;
    uint64_t attributes; /* of the page of the domain that goes */
    uint64_t command;
    uint64_t asid; /* of the domain that comes */
    bool is_bad;
};

std::ostream &operator<<(std::ostream &out, const Reuse &row)
{
    return out << row.name;
}

class Globals : public testing::TestWithParam<Reuse>
{
};

TEST_P(Globals, of_a_domain_that_is_gone)
{
    Stream s;

    prepare(s, GetParam().attributes);
    detach(s);
    if (GetParam().command) {
        s.command(GetParam().command);
        s.sync();
    }
    attach(s, 1, cd(GetParam().asid, kTableB));
    EXPECT_EQ(GetParam().is_bad, s.last() != CHK_HITLESS) << chk_class_name(s.last());
}

constexpr uint64_t kAsid1 = 1ull << 48 | 0x11;
constexpr uint64_t kNhAll = 0x10;
constexpr uint64_t kVmid7 = 7ull << 32 | 0x10;

INSTANTIATE_TEST_SUITE_P(
    flushes, Globals,
    testing::Values(Reuse{"same_asid_not_flushed", kPage, 0, 1, true},
                    Reuse{"same_asid_flushed_by_asid", kPage, kAsid1, 1, false},
                    Reuse{"same_asid_globals_flushed_by_asid", kGlobalPage, kAsid1, 1, true},
                    Reuse{"same_asid_globals_all_flushed", kGlobalPage, kNhAll, 1, false},
                    Reuse{"other_asid_not_flushed", kPage, 0, 2, false},
                    Reuse{"other_asid_globals_not_flushed", kGlobalPage, 0, 2, true},
                    Reuse{"other_asid_globals_flushed_by_asid", kGlobalPage, kAsid1, 2, true},
                    Reuse{"other_asid_globals_all_flushed", kGlobalPage, kNhAll, 2, false},
                    Reuse{"other_asid_globals_other_vmid", kGlobalPage, kVmid7, 2, true}),
    [](const auto &row) { return std::string(row.param.name); });

/* Both at once: what one files globally, the other finds. */
TEST(ExploreKeep, globals_of_a_domain_in_use_are_found_under_other_asids)
{
    for (const bool is_global : {false, true}) {
        Stream s;

        prepare(s, is_global ? kGlobalPage : kPage);
        attach(s, 1, cd(2, kTableB));
        EXPECT_EQ(is_global ? CHK_POISONS : CHK_HITLESS, s.last());
    }
}

TEST(ExploreKeep, globals_of_the_same_table_are_the_same_under_other_asids)
{
    Stream s;

    prepare(s, kGlobalPage);
    attach(s, 1, cd(2, kTableA));
    EXPECT_EQ(CHK_HITLESS, s.last());
}

/* It becomes global after the switch. */
TEST(ExploreKeep, page_that_is_mapped_as_global_later_counts)
{
    Stream s;

    prepare(s, kPage);
    s.begin(SIM_OP_MAP, kNone, 0x2000, 0x1000);
    s.store(kTableA + 0x3010, 0x80002000 | kGlobalPage, SIM_S_PTE);
    s.end(SIM_OP_MAP, kNone, 0x2000, 0x1000);
    detach(s);
    s.command(kAsid1);
    s.sync();
    attach(s, 1, cd(1, kTableB));
    EXPECT_NE(CHK_HITLESS, s.last());
}

/* A global page was unmapped while its ASID slept, and not flushed: another ASID finds it. */
TEST(ExploreKeep, global_page_that_was_unmapped_wakes_up_with_any_asid)
{
    for (const bool is_global : {false, true}) {
        Stream s;

        prepare(s, is_global ? kGlobalPage : kPage);
        attach(s, 1, cd(2, kTableA));
        detach(s);
        s.begin(SIM_OP_UNMAP, kNone, 0x1000, 0x1000);
        s.store(kTableA + 0x3008, 0, SIM_S_PTE);
        s.command(2ull << 48 | 0x11); /* of the ASID in use alone */
        s.sync();
        s.end(SIM_OP_UNMAP, kNone, 0x1000, 0x1000);
        EXPECT_EQ(is_global ? CHK_STALE : CHK_HITLESS, s.last());
    }
}

/* ---- PASIDs of a device whose ATS is on ---- */

chk_class class_of_pasid_removal(bool has_ats, bool has_atc_inv)
{
    const Words ste = s1_ste(kCdTable | 2ull << 59);
    Stream s;

    s.entry(ste_at(kSid), ste);
    s.store(ste_at(kSid) + 8, ste[1] | kEats);
    s.entry(kCdTable, cd(1, kTableA));
    tables(s, kTableA, 0x80001000, kPage);
    tables(s, kTableB, 0x90001000, kPage);
    s.entry(kCdTable + 64, cd(2, kTableB));
    s.on();
    s.ats(has_ats);
    s.begin(SIM_OP_REMOVE_PASID);
    s.records.back().mark.pasid = 1;
    s.store(kCdTable + 64, 0, SIM_S_CD);
    s.cfgi_cd(kSid, 1);
    s.sync();
    s.tlbi_asid(2);
    s.sync();
    if (has_atc_inv) {
        s.command(uint64_t{kSid} << 32 | 1ull << 12 | 1ull << 11 | 0x40, 52);
        s.sync();
    }
    s.end(SIM_OP_REMOVE_PASID);
    s.records.back().mark_end.pasid = 1;
    return s.last();
}

TEST(ExploreKeep, pasid_that_is_removed_stays_in_a_device_with_ats)
{
    EXPECT_EQ(CHK_STALE, class_of_pasid_removal(true, false));
    EXPECT_EQ(CHK_HITLESS, class_of_pasid_removal(true, true));
    EXPECT_EQ(CHK_HITLESS, class_of_pasid_removal(false, false));
}

void map_record(Stream &s, uint64_t domain, uint64_t iova, uint64_t pa)
{
    sim_record r = {};

    r.kind = SIM_R_MAP;
    r.map.domain = domain;
    r.map.iova = iova;
    r.map.pa = pa;
    r.map.size = 0x1000;
    s.records.push_back(r);
}

/* PASID 1 is set to domain 7, which has a page; then a drv_attach of the device, of no PASID, takes
 * the table of CDs away: inside the PASID's removal, or after nobody asked for one. */
chk_class class_of_last_pasid(bool is_removed)
{
    const Words ste = s1_ste(kCdTable | 2ull << 59, 0);
    Stream s;

    s.entry(ste_at(kSid), ste);
    tables(s, kTableB, 0x90001000, kPage);
    s.on();
    s.begin(SIM_OP_MAP, kNone, 0x1000, 0x1000);
    map_record(s, 7, 0x1000, 0x90001000);
    s.end(SIM_OP_MAP, kNone, 0x1000, 0x1000);
    s.begin(SIM_OP_SET_PASID);
    s.of_pasid(1);
    s.records.back().mark.domain = 7;
    s.entry(kCdTable + 64, cd(2, kTableB));
    s.cfgi_cd(kSid, 1);
    s.sync();
    s.end(SIM_OP_SET_PASID);
    s.of_pasid(1);
    s.records.back().mark_end.domain = 7;
    s.begin(is_removed ? SIM_OP_REMOVE_PASID : SIM_OP_DETACH);
    if (is_removed)
        s.of_pasid(1);
    s.begin(SIM_OP_DRV_ATTACH);
    s.records.back().mark.domain = 9;
    s.store(ste_at(kSid), 1);
    s.cfgi_ste();
    s.sync();
    s.end(SIM_OP_DRV_ATTACH);
    s.records.back().mark_end.domain = 9;
    s.end(is_removed ? SIM_OP_REMOVE_PASID : SIM_OP_DETACH);
    if (is_removed)
        s.of_pasid(1);
    return s.last();
}

TEST(ExploreKeep, last_pasid_may_take_the_table_of_cds_with_it)
{
    EXPECT_EQ(CHK_HITLESS, class_of_last_pasid(true));
    EXPECT_EQ(CHK_STALE_REFUSAL, class_of_last_pasid(false));
}

TEST(ExploreKeep, pasid_of_a_device_that_was_told_of_is_conclusive)
{
    Stream s;

    s.entry(ste_at(kSid), s1_ste(kCdTable | 2ull << 59));
    s.store(ste_at(kSid) + 8, s1_ste(kCdTable)[1] | kEats);
    s.entry(kCdTable + 64, cd(2, kTableB));
    s.on();
    s.ats(true);
    s.begin(SIM_OP_SET_PASID);
    s.records.back().mark.pasid = 1;
    s.end(SIM_OP_SET_PASID);
    s.records.back().mark_end.pasid = 1;
    EXPECT_FALSE(s.explore().inconclusive);
}

/* ---- what was left out earlier ---- */

TEST(ExploreKeep, with_more_tables_than_are_followed_every_later_operation_is_inconclusive)
{
    for (const uint32_t max_tables : {3u, 64u}) {
        Stream s;

        s.params.max_tables = max_tables;
        prepare(s, kPage); /* four tables */
        s.begin(SIM_OP_MAP, kNone, 0x2000, 0x1000);
        s.end(SIM_OP_MAP, kNone, 0x2000, 0x1000);
        s.begin(SIM_OP_UNMAP, kNone, 0x1000, 0x1000);
        s.store(kTableA + 0x3008, 0, SIM_S_PTE);
        s.end(SIM_OP_UNMAP, kNone, 0x1000, 0x1000);
        detach(s);
        const xpl_report &report = s.explore();

        for (size_t i = 0; i < report.n_ops; i++)
            EXPECT_EQ(max_tables == 3, report.ops[i].inconclusive) << i;
        EXPECT_EQ(max_tables == 3 ? CHK_HITLESS : CHK_STALE, report.ops[2].worst[XPL_ARCHITECTURE]);
    }
}

TEST(ExploreKeep, operations_that_are_nested_too_deep_end_with_their_own_marks)
{
    constexpr unsigned kDepth = 20;
    Stream s;

    prepare(s, kPage);
    for (unsigned i = 0; i < kDepth; i++)
        s.begin(SIM_OP_REPLACE);
    for (unsigned i = 1; i < kDepth; i++)
        s.end(SIM_OP_REPLACE);
    s.store(ste_at(kSid), 0);
    s.end(SIM_OP_REPLACE);
    const xpl_report &report = s.explore();

    ASSERT_EQ(2u, report.n_ops);
    EXPECT_TRUE(report.ops[1].inconclusive);
    EXPECT_NE(CHK_HITLESS, report.ops[1].worst[XPL_ARCHITECTURE]);
}

/* ---- tables that many use ---- */

/* Of one table as many tags are followed as 16. */
TEST(ExploreKeep, table_of_more_tags_than_are_followed_is_inconclusive)
{
    for (const uint32_t n : {16u, 17u}) {
        Stream s;

        s.reg(0x88, 5); /* 32 StreamIDs */
        tables(s, kTableA, 0x80001000, kPage);
        for (uint32_t i = 0; i < n; i++) {
            const uint64_t cds = 0x10040000 + i * 0x1000;

            s.device_is(10 + i, 8 + i);
            s.entry(ste_at(8 + i), s1_ste(cds));
            s.entry(cds, cd(1 + i, kTableA));
        }
        s.on();
        s.begin(SIM_OP_UNMAP, kNone, 0x1000, 0x1000);
        s.store(kTableA + 0x3008, 0, SIM_S_PTE);
        s.command(0x30); /* NSNH_ALL */
        s.sync();
        s.end(SIM_OP_UNMAP, kNone, 0x1000, 0x1000);
        const xpl_op &op = s.explore().ops[0];

        EXPECT_EQ(CHK_HITLESS, op.worst[XPL_ARCHITECTURE]) << n;
        EXPECT_EQ(n == 17, op.inconclusive) << n;
        EXPECT_STREQ(n == 17 ? "a table is shared more often than the explorer follows" : nullptr,
                     op.why);
    }
}

/* ---- two at work at once ---- */

/* CPU 1 attaches device 1, CPU 0 stores its CD: what is global in the new tables, device 0 finds,
 * though the operation on it is over. The attach is to blame. */
TEST(ExploreKeep, globals_of_an_attach_that_another_cpu_works_for_poison)
{
    for (const bool is_global : {false, true}) {
        Stream s;

        prepare(s, kPage);
        s.store(kTableB + 0x3008, 0x90001000 | (is_global ? kGlobalPage : kPage), SIM_S_PTE);
        s.begin(SIM_OP_REPLACE);
        s.cpu = 1;
        s.begin(SIM_OP_ATTACH, 1);
        s.cpu = 0;
        s.end(SIM_OP_REPLACE);
        s.entry(kCdTable5, cd(2, kTableB));
        s.store(ste_at(kOtherSid) + 8, s1_ste(kCdTable5)[1]);
        s.cfgi_ste(kOtherSid);
        s.sync();
        s.store(ste_at(kOtherSid), s1_ste(kCdTable5)[0]);
        s.cfgi_ste(kOtherSid);
        s.sync();
        s.cpu = 1;
        s.end(SIM_OP_ATTACH, 1);
        const xpl_report &report = s.explore();

        ASSERT_EQ(3u, report.n_ops); /* the first is the attach of device 0 */
        EXPECT_EQ(CHK_HITLESS, report.ops[1].worst[XPL_ARCHITECTURE]);
        EXPECT_EQ(is_global ? CHK_POISONS : CHK_HITLESS, report.ops[2].worst[XPL_ARCHITECTURE]);
        EXPECT_EQ(CHK_HITLESS, report.ops[2].entry_worst[XPL_ARCHITECTURE]);
    }
}

} // namespace
