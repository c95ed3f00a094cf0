/* SPDX-License-Identifier: BSD-2-Clause
 * explore_piece_test.cpp - which memory what was unmapped led to: every page of it, in a row or
 * not, and what stood below a descriptor that is gone. Rows: frees while a TLB may still have the
 * page (DANGLES), scopes of TLBIs (4.4, 5.4). */
#include "tests/unit/check/explore_stream.h"

#include <cstring>
#include <string>

using namespace explore_test;

namespace
{

constexpr uint64_t kL1 = kTableA + 0x1000;
constexpr uint64_t kL2 = kTableA + 0x2000;
constexpr uint64_t kL3 = kTableA + 0x3000;
constexpr uint64_t kOtherL3 = kTableA + 0x4000; /* of the addresses from 0x200000 on */
constexpr uint64_t kPage = 0xf43;               /* AF, ISH, nG, all privileges */
constexpr uint64_t kGlobalPage = 0x743;
constexpr uint64_t kReadOnly = 0xfc3;
constexpr uint64_t kBlock = 0xf41;
constexpr uint64_t kS2Page = 0x7ff;
constexpr uint32_t kNone = UINT32_MAX;

/* Pages of the first three addresses: in no row. */
constexpr uint64_t kPages[] = {0x80007000, 0x80005000, 0x80009000};

void upper_tables(Stream &s)
{
    s.store(kTableA, kL1 | 3, SIM_S_PTE);
    s.store(kL1, kL2 | 3, SIM_S_PTE);
    s.store(kL2, kL3 | 3, SIM_S_PTE);
}

void use(Stream &s)
{
    s.entry(ste_at(kSid), s1_ste(kCdTable));
    s.entry(kCdTable, cd(1, kTableA));
}

/* 0x1000, 0x2000 and 0x3000 lead to kPages. */
void prepare(Stream &s, uint64_t second = kPage)
{
    use(s);
    upper_tables(s);
    for (unsigned i = 0; i < 3; i++)
        s.store(kL3 + 8 + i * 8, kPages[i] | (i == 1 ? second : kPage), SIM_S_PTE);
    s.on();
}

void unmap(Stream &s)
{
    s.begin(SIM_OP_UNMAP, kNone, 0x1000, 0x3000);
    for (unsigned i = 0; i < 3; i++)
        s.store(kL3 + 8 + i * 8, 0, SIM_S_PTE);
}

void end(Stream &s)
{
    s.end(SIM_OP_UNMAP, kNone, 0x1000, 0x3000);
}

void flush(Stream &s)
{
    s.tlbi_asid(1);
    s.sync();
}

/* TLBI_NH_VA of one page: Leaf=1, or table descriptors too. */
void tlbi_va(Stream &s, uint64_t page, bool is_leaf = true)
{
    s.command(1ull << 48 | 0x12, page | is_leaf);
    s.sync();
}

/* ---- each page of three that are in no row ---- */

struct Row {
    const char *name;
    uint64_t pa, size;
    chk_class verdict;
};

std::ostream &operator<<(std::ostream &out, const Row &row)
{
    return out << row.name;
}

class Scattered : public testing::TestWithParam<Row>
{
};

TEST_P(Scattered, page_that_is_freed)
{
    Stream s;

    prepare(s);
    unmap(s);
    s.free_page(GetParam().pa, GetParam().size);
    flush(s);
    end(s);
    EXPECT_STREQ(chk_class_name(GetParam().verdict), chk_class_name(s.last()));
    EXPECT_FALSE(s.explore().inconclusive);
}

INSTANTIATE_TEST_SUITE_P(pages, Scattered,
                         testing::Values(Row{"first", 0x80007000, 0x1000, CHK_DANGLES},
                                         Row{"second", 0x80005000, 0x1000, CHK_DANGLES},
                                         Row{"third", 0x80009000, 0x1000, CHK_DANGLES},
                                         Row{"part_of_one", 0x80009800, 0x10, CHK_DANGLES},
                                         Row{"between", 0x80006000, 0x1000, CHK_HITLESS},
                                         Row{"behind_the_first", 0x80008000, 0x1000, CHK_HITLESS},
                                         Row{"all", 0x80005000, 0x5000, CHK_DANGLES}),
                         [](const auto &row) { return std::string(row.param.name); });

TEST(ExplorePiece, page_that_its_own_flush_took_may_be_freed_the_others_may_not)
{
    for (unsigned flushed = 0; flushed < 3; flushed++) {
        for (unsigned freed = 0; freed < 3; freed++) {
            Stream s;

            prepare(s);
            unmap(s);
            tlbi_va(s, 0x1000 + flushed * 0x1000);
            s.free_page(kPages[freed]);
            flush(s);
            end(s);
            EXPECT_EQ(flushed == freed ? CHK_HITLESS : CHK_DANGLES, s.last()) << flushed << freed;
        }
    }
}

TEST(ExplorePiece, pages_in_a_row_are_known_by_what_is_left_of_them)
{
    for (unsigned freed = 1; freed <= 3; freed++) {
        Stream s;

        use(s);
        upper_tables(s);
        for (uint64_t i = 1; i <= 3; i++)
            s.store(kL3 + i * 8, (0x80000000 + i * 0x1000) | kPage, SIM_S_PTE);
        s.on();
        unmap(s);
        tlbi_va(s, 0x2000);
        s.free_page(0x80000000 + freed * 0x1000);
        flush(s);
        end(s);
        EXPECT_EQ(freed == 2 ? CHK_HITLESS : CHK_DANGLES, s.last()) << freed;
    }
}

TEST(ExplorePiece, addresses_in_a_row_are_told_in_one_line)
{
    Stream s;

    prepare(s);
    unmap(s);
    end(s);
    const xpl_op &op = s.explore().ops[0];

    ASSERT_EQ(1u, op.n_tables);
    EXPECT_EQ(0x1000u, op.tables[0].first);
    EXPECT_EQ(0x3fffu, op.tables[0].last);
}

TEST(ExplorePiece, page_inside_a_block_that_is_freed_dangles)
{
    Stream s;

    use(s);
    upper_tables(s);
    s.store(kL2, 0x80200000 | kBlock, SIM_S_PTE);
    s.on();
    s.begin(SIM_OP_UNMAP, kNone, 0, 0x200000);
    s.store(kL2, 0, SIM_S_PTE);
    s.free_page(0x80280000);
    flush(s);
    s.end(SIM_OP_UNMAP, kNone, 0, 0x200000);
    EXPECT_EQ(CHK_DANGLES, s.last());
}

/* ---- pages beside each other that not every command takes ---- */

TEST(ExplorePiece, global_page_between_others_stays_when_an_asid_is_flushed)
{
    Stream s;

    prepare(s, kGlobalPage);
    unmap(s);
    flush(s);
    end(s);
    const xpl_op &op = s.explore().ops[0];

    EXPECT_EQ(CHK_STALE, op.worst[XPL_ARCHITECTURE]);
    ASSERT_EQ(1u, op.n_tables);
    EXPECT_EQ(0x2000u, op.tables[0].first);
    EXPECT_EQ(0x2fffu, op.tables[0].last);
}

TEST(ExplorePiece, page_of_other_rights_is_flushed_like_the_others)
{
    Stream s;

    prepare(s, kReadOnly);
    unmap(s);
    flush(s);
    end(s);
    EXPECT_EQ(CHK_HITLESS, s.last());
}

/* ---- a whole table goes ---- */

void unlink_table(Stream &s)
{
    s.begin(SIM_OP_UNMAP, kNone, 0, 0x200000);
    s.store(kL2, 0, SIM_S_PTE);
}

void unlink_ends(Stream &s)
{
    s.end(SIM_OP_UNMAP, kNone, 0, 0x200000);
}

TEST(ExplorePiece, pages_below_a_table_that_is_gone_dangle_each)
{
    for (const uint64_t page : kPages) {
        Stream s;

        prepare(s);
        unlink_table(s);
        s.free_page(page);
        flush(s);
        unlink_ends(s);
        EXPECT_EQ(CHK_DANGLES, s.last()) << page;
    }
}

TEST(ExplorePiece, flush_of_one_page_below_leaves_the_others)
{
    Stream s;

    prepare(s);
    unlink_table(s);
    tlbi_va(s, 0x2000, false);
    unlink_ends(s);
    const xpl_op &op = s.explore().ops[0];

    EXPECT_EQ(CHK_STALE, op.worst[XPL_ARCHITECTURE]);
    ASSERT_EQ(2u, op.n_tables);
    EXPECT_EQ(0x1000u, op.tables[0].first);
    EXPECT_EQ(0x3000u, op.tables[1].first);
}

/* The table's descriptor may be held, so that its pages may come back. */
TEST(ExplorePiece, flush_of_the_last_level_below_leaves_all)
{
    Stream s;

    prepare(s);
    unlink_table(s);
    for (uint64_t page = 0x1000; page <= 0x3000; page += 0x1000)
        tlbi_va(s, page, true);
    unlink_ends(s);
    EXPECT_EQ(CHK_STALE, s.last());
}

TEST(ExplorePiece, flush_of_each_page_and_of_the_table_leaves_nothing)
{
    Stream s;

    prepare(s);
    unlink_table(s);
    for (uint64_t page = 0x1000; page <= 0x3000; page += 0x1000)
        tlbi_va(s, page, page != 0x1000);
    unlink_ends(s);
    EXPECT_EQ(CHK_HITLESS, s.last());
}

struct Below {
    const char *name;
    std::vector<uint64_t> pages; /* flushed, tables too */
    uint64_t freed;
    chk_class verdict;
};

std::ostream &operator<<(std::ostream &out, const Below &row)
{
    return out << row.name;
}

class Tree : public testing::TestWithParam<Below>
{
};

/* Level 1 leads nowhere any more: two tables below, one page each. */
TEST_P(Tree, below_a_descriptor_that_is_gone)
{
    Stream s;

    use(s);
    upper_tables(s);
    s.store(kL2 + 8, kOtherL3 | 3, SIM_S_PTE);
    s.store(kL3 + 8, 0x80001000 | kPage, SIM_S_PTE);
    s.store(kOtherL3, 0x80005000 | kPage, SIM_S_PTE);
    s.on();
    s.begin(SIM_OP_UNMAP, kNone, 0, 0x400000);
    s.store(kL1, 0, SIM_S_PTE);
    for (const uint64_t page : GetParam().pages)
        tlbi_va(s, page, false);
    if (GetParam().freed)
        s.free_page(GetParam().freed);
    s.end(SIM_OP_UNMAP, kNone, 0, 0x400000);
    EXPECT_STREQ(chk_class_name(GetParam().verdict), chk_class_name(s.last()));
}

INSTANTIATE_TEST_SUITE_P(
    tables, Tree,
    testing::Values(Below{"not_flushed", {}, 0, CHK_STALE},
                    Below{"top_freed", {}, kL2, CHK_DANGLES},
                    Below{"first_leaf_table_freed", {}, kL3, CHK_DANGLES},
                    Below{"second_leaf_table_freed", {}, kOtherL3, CHK_DANGLES},
                    Below{"one_page_flushed", {0x1000}, 0, CHK_STALE},
                    Below{"table_freed_of_the_other_page", {0x1000}, kOtherL3, CHK_DANGLES},
                    Below{"table_freed_of_that_page_while_another_lives", {0x1000}, kL3, CHK_STALE},
                    Below{"both_flushed", {0x1000, 0x200000}, 0, CHK_HITLESS},
                    Below{"both_flushed_all_freed", {0x1000, 0x200000}, kOtherL3, CHK_HITLESS}),
    [](const auto &row) { return std::string(row.param.name); });

/* ---- a table gets another place ---- */

chk_class class_of_move(bool is_flushed, uint64_t to)
{
    Stream s;

    use(s);
    upper_tables(s);
    s.on();
    s.begin(SIM_OP_UNMAP, kNone, 0, 0x200000);
    s.store(kL2, 0, SIM_S_PTE); /* the table is empty */
    if (is_flushed)
        tlbi_va(s, 0, false);
    s.store(to, kL3 | 3, SIM_S_PTE);
    s.store(kL3 + 8, 0x80001000 | kPage, SIM_S_PTE);
    s.end(SIM_OP_UNMAP, kNone, 0, 0x200000);
    return s.last();
}

TEST(ExplorePiece, table_that_is_used_elsewhere_before_the_flush_dangles)
{
    EXPECT_EQ(CHK_DANGLES, class_of_move(false, kL2 + 8));
}

TEST(ExplorePiece, table_that_is_used_elsewhere_after_the_flush_is_hitless)
{
    EXPECT_EQ(CHK_HITLESS, class_of_move(true, kL2 + 8));
}

TEST(ExplorePiece, table_that_comes_back_to_its_place_is_hitless)
{
    EXPECT_EQ(CHK_HITLESS, class_of_move(false, kL2));
}

/* ---- guests ---- */

TEST(ExplorePiece, page_below_a_guest_dangles_until_both_stages_are_flushed)
{
    for (const bool has_nh_all : {false, true}) {
        Stream s;

        s.entry(ste_at(kSid), nested_ste(7, kTableA, 0x40000));
        upper_tables(s);
        for (unsigned i = 0; i < 3; i++)
            s.store(kL3 + 8 + i * 8, kPages[i] | kS2Page, SIM_S_PTE);
        s.on();
        unmap(s);
        s.command(7ull << 32 | 2ull << 12 | 0x2a, 0x1401); /* S2_IPA of all three */
        s.sync();
        if (has_nh_all)
            s.command(7ull << 32 | 0x10);
        s.sync();
        s.free_page(kPages[2]);
        s.command(7ull << 32 | 0x10);
        s.sync();
        end(s);
        EXPECT_EQ(has_nh_all ? CHK_HITLESS : CHK_DANGLES, s.last()) << has_nh_all;
    }
}

/* What a guest filed is of pages of its own size: no address takes it away. */
TEST(ExplorePiece, guest_translations_are_not_taken_by_address)
{
    Stream s;

    s.entry(ste_at(kSid), nested_ste(7, kTableA, 0x40000));
    upper_tables(s);
    s.store(kL3 + 8, kPages[0] | kS2Page, SIM_S_PTE);
    s.on();
    s.begin(SIM_OP_UNMAP, kNone, 0x1000, 0x1000);
    s.store(kL3 + 8, 0, SIM_S_PTE);
    s.command(7ull << 32 | 2ull << 12 | 0x2a, 0x1401);
    s.command(7ull << 32 | 0x13, 0x1001); /* NH_VAA */
    s.sync();
    s.end(SIM_OP_UNMAP, kNone, 0x1000, 0x1000);
    EXPECT_EQ(CHK_STALE, s.last());
}

/* Nor does a flush of one of its ASIDs: which of them filed it is not known. */
TEST(ExplorePiece, guest_translations_are_not_taken_by_asid)
{
    Stream s;

    s.entry(ste_at(kSid), nested_ste(7, kTableA, 0x40000));
    upper_tables(s);
    s.store(kL3 + 8, kPages[0] | kS2Page, SIM_S_PTE);
    s.on();
    s.begin(SIM_OP_UNMAP, kNone, 0x1000, 0x1000);
    s.store(kL3 + 8, 0, SIM_S_PTE);
    s.command(7ull << 32 | 2ull << 12 | 0x2a, 0x1401);
    s.command(0xffffull << 48 | 7ull << 32 | 0x11); /* NH_ASID */
    s.sync();
    s.end(SIM_OP_UNMAP, kNone, 0x1000, 0x1000);
    EXPECT_EQ(CHK_STALE, s.last());
}

/* ---- more pieces than are kept ---- */

constexpr uint64_t kMany = 1536; /* pages, in three tables */

/* Every second page of memory, backwards. */
uint64_t page_of(uint64_t i)
{
    return 0x90000000 - i * 0x2000;
}

void unmap_many(Stream &s)
{
    use(s);
    upper_tables(s);
    for (uint64_t t = 0; t < 3; t++)
        s.store(kL2 + t * 8, (kL3 + t * 0x1000) | 3, SIM_S_PTE);
    for (uint64_t i = 0; i < kMany; i++)
        s.store(kL3 + i * 8, page_of(i) | kPage, SIM_S_PTE);
    s.on();
    s.begin(SIM_OP_UNMAP, kNone, 0, kMany * 0x1000);
    for (uint64_t i = 0; i < kMany; i++)
        s.store(kL3 + i * 8, 0, SIM_S_PTE);
}

TEST(ExplorePiece, of_more_pieces_than_are_kept_no_page_is_known_to_be_safe)
{
    for (const uint64_t i : {kMany - 1, kMany - 2, kMany - 100}) {
        Stream s;

        unmap_many(s);
        s.free_page(page_of(i));
        flush(s);
        s.end(SIM_OP_UNMAP, kNone, 0, kMany * 0x1000);
        EXPECT_TRUE(s.explore().ops[0].inconclusive || s.last() == CHK_DANGLES) << i;
    }
}

TEST(ExplorePiece, of_more_pieces_than_are_kept_those_that_are_kept_dangle)
{
    Stream s;

    unmap_many(s);
    s.free_page(page_of(5));
    flush(s);
    s.end(SIM_OP_UNMAP, kNone, 0, kMany * 0x1000);
    EXPECT_EQ(CHK_DANGLES, s.last());
}

TEST(ExplorePiece, more_pieces_than_are_kept_are_flushed_like_others)
{
    Stream s;

    unmap_many(s);
    flush(s);
    s.free_page(page_of(kMany - 1));
    s.end(SIM_OP_UNMAP, kNone, 0, kMany * 0x1000);
    EXPECT_EQ(CHK_HITLESS, s.last());
    EXPECT_FALSE(s.explore().inconclusive);
}

TEST(ExplorePiece, memory_far_from_many_pieces_may_be_freed)
{
    Stream s;

    unmap_many(s);
    s.free_page(0xa0000000);
    flush(s);
    s.end(SIM_OP_UNMAP, kNone, 0, kMany * 0x1000);
    EXPECT_EQ(CHK_HITLESS, s.last());
    EXPECT_FALSE(s.explore().inconclusive);
}

TEST(ExplorePiece, more_pieces_than_are_kept_are_stale_to_the_last_page)
{
    Stream s;

    unmap_many(s);
    s.end(SIM_OP_UNMAP, kNone, 0, kMany * 0x1000);
    const xpl_op &op = s.explore().ops[0];

    EXPECT_EQ(CHK_STALE, op.worst[XPL_ARCHITECTURE]);
    EXPECT_EQ(0u, op.tables[0].first);
    EXPECT_EQ(kMany * 0x1000 - 1, op.tables[op.n_tables - 1].last);
}

/* Of those only the bounds are known. */
TEST(ExplorePiece, page_between_pieces_that_are_not_kept_is_not_known_to_be_safe)
{
    for (const uint64_t i : {uint64_t{500}, kMany - 2}) {
        Stream s;

        unmap_many(s);
        s.free_page(page_of(i) + 0x1000);
        flush(s);
        s.end(SIM_OP_UNMAP, kNone, 0, kMany * 0x1000);
        EXPECT_EQ(CHK_HITLESS, s.last()) << i;
        EXPECT_EQ(i > 1024, s.explore().inconclusive) << i;
    }
}

/* Pages in a row are one piece, however many: each is known. */
TEST(ExplorePiece, pages_in_a_row_are_one_piece_however_many)
{
    for (const uint64_t freed :
         {uint64_t{0}, kMany / 2, kMany - 1, kMany}) { /* the last is behind */
        Stream s;

        use(s);
        upper_tables(s);
        for (uint64_t t = 0; t < 3; t++)
            s.store(kL2 + t * 8, (kL3 + t * 0x1000) | 3, SIM_S_PTE);
        for (uint64_t i = 0; i < kMany; i++)
            s.store(kL3 + i * 8, (0x90000000 + i * 0x1000) | kPage, SIM_S_PTE);
        s.on();
        s.begin(SIM_OP_UNMAP, kNone, 0, kMany * 0x1000);
        for (uint64_t i = 0; i < kMany; i++)
            s.store(kL3 + i * 8, 0, SIM_S_PTE);
        s.free_page(0x90000000 + freed * 0x1000);
        flush(s);
        s.end(SIM_OP_UNMAP, kNone, 0, kMany * 0x1000);
        EXPECT_EQ(freed < kMany ? CHK_DANGLES : CHK_HITLESS, s.last()) << freed;
        EXPECT_FALSE(s.explore().inconclusive) << freed;
    }
}

/* ---- descriptors that change nothing, or before the command ---- */

TEST(ExplorePiece, bits_of_a_table_descriptor_that_are_left_to_software_change_nothing)
{
    Stream s;

    prepare(s);
    s.begin(SIM_OP_UNMAP, kNone, 0x1000, 0x1000);
    s.store(kL2, kL3 | 3 | 1ull << 55, SIM_S_PTE);
    s.end(SIM_OP_UNMAP, kNone, 0x1000, 0x1000);
    EXPECT_EQ(CHK_HITLESS, s.last());
    EXPECT_EQ(0u, s.explore().ops[0].n_tables);
}

/* It may be done before the store that follows its doorbell, though the wait is behind both. */
TEST(ExplorePiece, flush_that_is_published_before_the_store_does_not_count)
{
    for (const bool is_before : {false, true}) {
        Stream s;

        prepare(s);
        s.begin(SIM_OP_UNMAP, kNone, 0x1000, 0x1000);
        if (!is_before)
            s.store(kL3 + 8, 0, SIM_S_PTE);
        s.tlbi_asid(1);
        s.command(0x2046);
        s.doorbell();
        if (is_before)
            s.store(kL3 + 8, 0, SIM_S_PTE);
        s.wait();
        s.end(SIM_OP_UNMAP, kNone, 0x1000, 0x1000);
        EXPECT_EQ(is_before ? CHK_STALE : CHK_HITLESS, s.last()) << is_before;
    }
}

} // namespace
