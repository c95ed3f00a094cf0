/* SPDX-License-Identifier: BSD-2-Clause
 * explore_vtd_late_test.cpp - stores that a remapping unit sees late: lines that nobody flushed,
 * buffers that nobody emptied (facts 1.2, 1.3, 2.5, 4.4, 6.4; section 4 of the semantics). */
#include <gtest/gtest.h>

#include "tests/unit/check/explore_vtd_late.h"

using namespace vtd_test;

namespace
{

/* ---- PASID entries ---- */

TEST(VtdLate, AnEntryThatIsNotFlushedMayStayNotPresent)
{
    const struct {
        const char *name;
        bool is_recorded, is_coherent, is_flushed;
        chk_class verdict;
    } cases[] = {{"snooped", true, true, false, CHK_HITLESS},
                 {"flushed", true, false, true, CHK_HITLESS},
                 {"not flushed", true, false, false, CHK_STALE_REFUSAL},
                 {"flushes are assumed", false, false, false, CHK_HITLESS}};

    for (const auto &c : cases) {
        Stream s;

        if (c.is_recorded)
            s.recorded();
        s.id(0x10, c.is_coherent ? kEcap : kNotSnooped);
        s.flush_all();
        s.on();
        s.begin(SIM_OP_ATTACH);
        fill(s, fs(5, kTableB));
        if (c.is_flushed)
            s.flush(pasid_at(0));
        s.end(SIM_OP_ATTACH);
        expect(c.verdict, s, c.name);
    }
}

TEST(VtdLate, AnotherLineIsAnotherLine)
{
    for (const uint64_t line : {pasid_at(0) - 64, pasid_at(0) + 64}) {
        Stream s;

        s.recorded();
        s.id(0x10, kNotSnooped);
        s.flush_all();
        s.on();
        s.begin(SIM_OP_ATTACH);
        fill(s, fs(5, kTableB));
        s.flush(line);
        s.end(SIM_OP_ATTACH);
        expect(CHK_STALE_REFUSAL, s, "other line");
    }
}

TEST(VtdLate, WhatIsStoredBehindTheFlushIsLateAgain)
{
    Stream s;

    s.recorded();
    s.id(0x10, kNotSnooped);
    s.flush_all();
    s.on();
    s.begin(SIM_OP_ATTACH);
    s.store(pasid_at(0) + 8, ss(5, kTableB)[1]);
    s.flush(pasid_at(0));
    s.store(pasid_at(0), ss(5, kTableB)[0]);
    s.end(SIM_OP_ATTACH);
    expect(CHK_STALE_REFUSAL, s, "P behind the flush");
}

/* The invalidation drops what is cached, and the old entry is read again from memory. */
TEST(VtdLate, AnInvalidationBeforeTheFlushComesTooEarly)
{
    const struct {
        const char *name;
        bool is_first, is_last;
        chk_class verdict;
    } cases[] = {{"flush first", true, false, CHK_HITLESS},
                 {"flush last", false, true, CHK_STALE},
                 {"no flush", false, false, CHK_STALE}};

    for (const auto &c : cases) {
        Stream s;

        s.recorded();
        s.id(0x10, kNotSnooped);
        s.has(0, ss(4, kTableA));
        s.flush_all();
        s.on();
        s.begin();
        s.store16(pasid_at(0), ss(5, kTableB)[0], ss(5, kTableB)[1]);
        if (c.is_first)
            s.flush(pasid_at(0));
        s.pc_pasid(4);
        s.wait();
        s.iotlb_domain(4);
        s.wait();
        if (c.is_last)
            s.flush(pasid_at(0));
        s.end();
        expect(c.verdict, s, c.name);
    }
}

/* All of a line goes to memory at once: what a break leaves behind is the old, the new, or none. */
TEST(VtdLate, ALineShowsOneMoment)
{
    Stream s;

    s.recorded();
    s.id(0x10, kNotSnooped);
    s.has(0, fs(4, kTableA));
    s.flush_all();
    s.on();
    s.begin();
    s.store(pasid_at(0), fs(4, kTableA)[0] & ~1ull);
    s.flush(pasid_at(0));
    s.pc_pasid(4);
    s.piotlb(4);
    s.wait();
    fill(s, fs(5, kTableB));
    s.flush(pasid_at(0));
    s.end();
    expect(CHK_BREAKS, s, "break before make");
}

TEST(VtdLate, ABreakThatIsNotFlushedIsNone)
{
    Stream s;

    s.recorded();
    s.id(0x10, kNotSnooped);
    s.has(0, fs(4, kTableA));
    s.flush_all();
    s.on();
    s.begin();
    s.store(pasid_at(0), fs(4, kTableA)[0] & ~1ull);
    s.pc_pasid(4);
    s.piotlb(4);
    s.wait();
    fill(s, fs(5, kTableB));
    s.flush(pasid_at(0));
    s.end();
    /* Its first quantum was read before the flush, the table behind it after. */
    expect(CHK_POISONS, s, "the old entry is read again");
}

/* ---- tables above it ---- */

TEST(VtdLate, ADirectoryEntryIsFlushedApart)
{
    for (const bool is_flushed : {true, false}) {
        Stream s;

        s.recorded();
        s.id(0x10, kNotSnooped);
        s.store(kDirectory, 0, SIM_S_PASID_DIR);
        s.flush_all();
        s.on();
        s.begin(SIM_OP_ATTACH);
        fill(s, ss(5, kTableB));
        s.flush(pasid_at(0));
        s.store(kDirectory, kPasids | 1, SIM_S_PASID_DIR);
        if (is_flushed)
            s.flush(kDirectory);
        s.end(SIM_OP_ATTACH);
        expect(is_flushed ? CHK_HITLESS : CHK_STALE_REFUSAL, s, "directory");
    }
}

/* Reached through a pointer that came earlier than what it points to. */
TEST(VtdLate, WhatATableWasBeforeIsReadIfItIsReachedEarly)
{
    const struct {
        const char *name;
        bool is_recycled, is_flushed;
        chk_class verdict;
    } cases[] = {{"flushed", true, true, CHK_HITLESS},
                 {"zeroes before", false, false, CHK_STALE_REFUSAL},
                 {"an entry of a third domain before", true, false, CHK_POISONS}};

    for (const auto &c : cases) {
        Stream s;

        s.recorded();
        s.id(0x10, kNotSnooped);
        s.store(kDirectory, 0, SIM_S_PASID_DIR);
        if (c.is_recycled)
            fill(s, ss(9, kTableA));
        s.flush_all();
        s.on();
        s.store(pasid_at(0), 0);
        fill(s, ss(5, kTableB));
        if (c.is_flushed)
            s.flush(pasid_at(0));
        s.begin(SIM_OP_ATTACH);
        s.store(kDirectory, kPasids | 1, SIM_S_PASID_DIR);
        s.flush(kDirectory);
        s.end(SIM_OP_ATTACH);
        expect(c.verdict, s, c.name);
    }
}

/* ---- page tables ---- */

struct Walk {
    const char *name;
    uint64_t ecap;
    bool is_legacy, is_pwsnp, is_late;
};

/* Legacy tables follow C, those of a PASID entry PWSNP, whatever C is (facts 3.3). */
const Walk walks[] = {
    {"PWSNP", kEcap, false, true, false},
    {"no PWSNP", kEcap, false, false, true},
    {"C=0, PWSNP", kNotSnooped, false, true, false},
    {"C=0, no PWSNP", kNotSnooped, false, false, true},
    {"SMPWCS=0", kNoWalkSnoop, false, false, true},
    {"legacy", kEcap, true, false, false},
    {"legacy, C=0", kNotSnooped, true, false, true},
};

void has_tables(Stream &s, const Walk &w)
{
    s.recorded();
    s.id(0x10, w.ecap);
    map(s);
    if (w.is_legacy)
        s.store16(legacy_at(kSid), legacy(4, kTableA)[0], legacy(4, kTableA)[1], SIM_S_CTX);
    else
        s.has(0, w.is_pwsnp ? ss(4, kTableA) : unsnooped(ss(4, kTableA)));
}

TEST(VtdLateWalk, AnUnmapIsOverWhenItsLineWasFlushedFirst)
{
    for (const Walk &w : walks) {
        for (const bool is_flushed : {true, false}) {
            Stream s(kCap, !w.is_legacy);

            has_tables(s, w);
            s.flush_all();
            s.on();
            s.begin(SIM_OP_UNMAP, UINT32_MAX);
            s.store(kLevel1, 0, SIM_S_PTE_VTD);
            if (is_flushed)
                s.flush(kLevel1);
            s.iotlb_page(4, kIova);
            s.wait();
            if (!is_flushed)
                s.flush(kLevel1);
            s.end(SIM_OP_UNMAP, UINT32_MAX);
            expect(w.is_late && !is_flushed ? CHK_STALE : CHK_HITLESS, s, w.name);
        }
    }
}

TEST(VtdLateWalk, AMapIsThereWhenItsLineIsFlushed)
{
    for (const Walk &w : walks) {
        for (const bool is_flushed : {true, false}) {
            Stream s(kCap, !w.is_legacy);

            has_tables(s, w);
            s.flush_all();
            s.on();
            s.begin(SIM_OP_MAP, UINT32_MAX);
            s.store(kLevel1 + 8, (kPage + 0x1000) | 3, SIM_S_PTE_VTD);
            if (is_flushed)
                s.flush(kLevel1);
            s.end(SIM_OP_MAP, UINT32_MAX);
            expect(w.is_late && !is_flushed ? CHK_STALE_REFUSAL : CHK_HITLESS, s, w.name);
        }
    }
}

/* A table that another one leads to: first its contents, then the pointer. */
TEST(VtdLateWalk, ATableIsFlushedBeforeItIsLinked)
{
    constexpr uint64_t kNew = kTableA + 0x4000;
    const struct {
        const char *name;
        bool is_recycled, is_first, is_last;
        chk_class verdict;
    } cases[] = {
        {"flushed", true, true, true, CHK_HITLESS},
        {"nothing there before, flushed at the end", false, false, true, CHK_HITLESS},
        {"another mapping before", true, false, true, CHK_TORN},
        {"never flushed", false, false, false, CHK_STALE_REFUSAL},
    };

    for (const auto &c : cases) {
        Stream s;

        has_tables(s, walks[1]);
        if (c.is_recycled)
            s.store(kNew, 0x31000000 | 3, SIM_S_PTE_VTD);
        s.flush_all();
        s.on();
        s.begin(SIM_OP_MAP, UINT32_MAX);
        s.store(kNew, 0x32000000 | 3, SIM_S_PTE_VTD);
        if (c.is_first)
            s.flush(kNew);
        s.store(kEntry2 + 8, kNew | 3, SIM_S_PTE_VTD);
        s.flush(kEntry2 + 8);
        if (c.is_last)
            s.flush(kNew);
        s.end(SIM_OP_MAP, UINT32_MAX);
        expect(c.verdict, s, c.name);
    }
}

/* The same of the table that an entry leads to, and of one two levels below it. */
TEST(VtdLateWalk, TablesAreFlushedBeforeAnEntryLeadsToThem)
{
    const struct {
        const char *name;
        bool is_pwsnp, is_recycled, is_flushed;
        chk_class verdict;
    } cases[] = {
        {"flushed", false, true, true, CHK_HITLESS},
        {"snooped", true, true, false, CHK_HITLESS},
        {"not flushed", false, false, false, CHK_STALE_REFUSAL},
        {"another mapping before", false, true, false, CHK_TORN},
    };

    for (const auto &c : cases) {
        Stream s;

        s.recorded();
        if (c.is_recycled)
            s.store(kLevel1, 0x31000000 | 3, SIM_S_PTE_VTD);
        s.flush_all();
        s.on();
        map(s);
        if (c.is_flushed)
            s.flush_all();
        s.begin(SIM_OP_ATTACH);
        fill(s, c.is_pwsnp ? ss(4, kTableA) : unsnooped(ss(4, kTableA)));
        s.end(SIM_OP_ATTACH);
        expect(c.verdict, s, c.name);
    }
}

/* Addresses in a row, pages in a row, but two tables: each has a line of its own. */
TEST(VtdLateWalk, TablesOfARangeAreFlushedEach)
{
    constexpr uint64_t kUpper = kTableA + 0x5000; /* of the lower addresses */
    constexpr uint64_t kLower = kTableA + 0x4000;

    for (const bool is_flushed : {true, false}) {
        Stream s;

        has_tables(s, walks[1]);
        s.store(kEntry2 + 8, kUpper | 3, SIM_S_PTE_VTD);
        s.store(kEntry2 + 16, kLower | 3, SIM_S_PTE_VTD);
        s.store(kUpper + 511 * 8, kPage | 3, SIM_S_PTE_VTD);
        s.store(kLower, (kPage + 0x1000) | 3, SIM_S_PTE_VTD);
        s.flush_all();
        s.on();
        s.begin(SIM_OP_UNMAP, UINT32_MAX);
        s.store(kUpper + 511 * 8, 0, SIM_S_PTE_VTD);
        s.store(kLower, 0, SIM_S_PTE_VTD);
        s.flush(kUpper + 511 * 8);
        if (is_flushed)
            s.flush(kLower);
        s.iotlb_domain(4);
        s.wait();
        s.end(SIM_OP_UNMAP, UINT32_MAX);
        expect(is_flushed ? CHK_HITLESS : CHK_STALE, s, "two tables");
    }
}

/* While the old domain gives way to the new one, requests find the new tables as they were. */
TEST(VtdLateWalk, TablesThatAreFlushedTooLateBreakAReplace)
{
    for (const bool is_flushed_first : {true, false}) {
        Stream s;

        s.recorded();
        s.has(0, unsnooped(ss(5, kTableB)));
        s.flush_all();
        s.on();
        map(s);
        if (is_flushed_first)
            s.flush_all();
        s.begin();
        s.store16(pasid_at(0), unsnooped(ss(4, kTableA))[0], unsnooped(ss(4, kTableA))[1]);
        s.pc_pasid(5);
        s.iotlb_domain(5);
        s.wait();
        if (!is_flushed_first)
            s.flush_all();
        s.end();
        expect(is_flushed_first ? CHK_HITLESS : CHK_BREAKS, s, "replace");
    }
}

/* A large page becomes a table of small ones. */
TEST(VtdLateWalk, ATableThatTakesThePlaceOfAPageIsThereBefore)
{
    constexpr uint64_t kNew = kTableA + 0x4000;

    for (const bool is_flushed_first : {true, false}) {
        Stream s;

        has_tables(s, walks[1]);
        s.store(kEntry2 + 8, 0x32000000 | 0x83, SIM_S_PTE_VTD);
        s.flush_all();
        s.on();
        s.begin(SIM_OP_UNMAP, UINT32_MAX);
        for (unsigned i = 0; i < 512; i++)
            s.store(kNew + i * 8, (0x32000000 + i * 0x1000) | 3, SIM_S_PTE_VTD);
        for (unsigned i = 0; i < 64 && is_flushed_first; i++)
            s.flush(kNew + i * 64);
        s.store(kEntry2 + 8, kNew | 3, SIM_S_PTE_VTD);
        for (unsigned i = 0; i < 64 && !is_flushed_first; i++)
            s.flush(kNew + i * 64);
        s.flush(kEntry2 + 8);
        s.iotlb_domain(4);
        s.wait();
        s.end(SIM_OP_UNMAP, UINT32_MAX);
        expect(is_flushed_first ? CHK_HITLESS : CHK_BREAKS, s, "split");
    }
}

/* The device comes back to a domain that was changed, and not flushed, while nobody used it. */
TEST(VtdLateWalk, ADomainThatIsUsedAgainIsFlushed)
{
    for (const bool is_flushed : {true, false}) {
        Stream s;

        has_tables(s, walks[1]);
        s.flush_all();
        s.on();
        s.begin();
        s.store(pasid_at(0), 0);
        s.flush(pasid_at(0));
        s.pc_pasid(4);
        s.wait();
        s.end();
        s.store(kLevel1 + 8, (kPage + 0x1000) | 3, SIM_S_PTE_VTD);
        if (is_flushed)
            s.flush(kLevel1);
        s.begin(SIM_OP_ATTACH);
        fill(s, unsnooped(ss(4, kTableA)));
        s.flush(pasid_at(0));
        s.end(SIM_OP_ATTACH);
        expect(is_flushed ? CHK_HITLESS : CHK_STALE_REFUSAL, s, "used again");
    }
}

/* Eight descriptors in a line: each line of a range counts. */
TEST(VtdLateWalk, EachLineOfARangeIsFlushed)
{
    for (unsigned n_flushed = 0; n_flushed <= 3; n_flushed++) {
        Stream s;

        has_tables(s, walks[1]);
        for (unsigned i = 0; i < 24; i++)
            s.store(kLevel1 + i * 8, (kPage + i * 0x1000) | 3, SIM_S_PTE_VTD);
        s.flush_all();
        s.on();
        s.begin(SIM_OP_UNMAP, UINT32_MAX);
        for (unsigned i = 0; i < 24; i++)
            s.store(kLevel1 + i * 8, 0, SIM_S_PTE_VTD);
        for (unsigned i = 0; i < n_flushed; i++)
            s.flush(kLevel1 + (2 - i) * 64);
        s.iotlb_domain(4);
        s.wait();
        s.end(SIM_OP_UNMAP, UINT32_MAX);
        expect(n_flushed == 3 ? CHK_HITLESS : CHK_STALE, s, "range");
    }
}

} // namespace
