/* SPDX-License-Identifier: BSD-2-Clause
 * explore_vtd_share_test.cpp - what several requests of VT-d share, and what leads to their
 * entries: domains, directories, contexts, RID_PASID, a root (facts 6.2 to 6.4). */
#include <gtest/gtest.h>

#include "tests/unit/check/explore_vtd_stream.h"

using namespace vtd_test;

namespace
{

constexpr uint64_t kNewDirectory = 0x10020000;
constexpr uint64_t kNewPasids = 0x10021000;

/* ---- a domain has one second stage, a domain and a PASID one first stage (6.3) ---- */

struct SharedRow {
    const char *name;
    Words of_other; /* PASID 6 of device 0, or PASID 5 of device 1 */
    Words set;      /* PASID 5 of device 0 */
    bool is_other_device;
    chk_class verdict;
};

TEST(VtdShared, ADomainThatOthersUse)
{
    const SharedRow rows[] = {
        {"ss, other PASID, same table", ss(4, kTableA), ss(4, kTableA), false, CHK_HITLESS},
        {"ss, other PASID, other table", ss(4, kTableA), ss(4, kTableB), false, CHK_POISONS},
        {"ss, other device, other table", ss(4, kTableA), ss(4, kTableB), true, CHK_POISONS},
        {"fs, other PASID, other table", fs(4, kTableA), fs(4, kTableB), false, CHK_HITLESS},
        {"fs, other device, same PASID, other table", fs(4, kTableA), fs(4, kTableB), true,
         CHK_POISONS},
        {"fs, other device, other domain", fs(6, kTableA), fs(4, kTableB), true, CHK_HITLESS},
        {"nested, other PASID, other parent", nested(4, kTableA, 0x40000),
         nested(4, kTableB, 0x80000), false, CHK_POISONS},
    };

    for (const SharedRow &row : rows) {
        for (const bool is_named : {true, false}) { /* the other one, by an operation of its own */
            const uint32_t other = row.is_other_device ? 1 : 0;
            Stream s;

            s.has(other, row.of_other, row.is_other_device ? 5 : 6);
            s.on();
            if (is_named) {
                s.begin(SIM_OP_SET_PASID, other, row.is_other_device ? 5 : 6);
                s.end(SIM_OP_SET_PASID, other, row.is_other_device ? 5 : 6);
            }
            s.begin(SIM_OP_SET_PASID, 0, 5);
            for (unsigned i = 8; i-- > 0;)
                s.store(pasid_at(0, 5) + i * 8, row.set[i]);
            s.end(SIM_OP_SET_PASID, 0, 5);
            EXPECT_EQ(row.verdict, s.last_op().worst[XPL_ARCHITECTURE])
                << row.name << (is_named ? ", named" : "");
        }
    }
}

/* PASIDs of a VT-d have an entry each, whatever guest is behind the first. */
TEST(VtdShared, APasidBehindThatOfAGuest)
{
    Stream s;

    s.has(0, nested(4, kTableA, 0x40000), 1);
    s.has(0, fs(6, kTableA), 6);
    s.on();
    s.begin(SIM_OP_SET_PASID, 1, 6);
    for (unsigned i = 8; i-- > 0;)
        s.store(pasid_at(1, 6) + i * 8, fs(6, kTableB)[i]);
    s.end(SIM_OP_SET_PASID, 1, 6);
    EXPECT_EQ(CHK_POISONS, s.last_op().worst[XPL_ARCHITECTURE]);
}

/* A mix of requests without a PASID has the domain of a PASID that the switch leaves alone. */
TEST(VtdShared, AMixUnderTheDomainOfAnotherPasidOfTheDevice)
{
    Stream s;

    s.has(0, ss(5, kTableA));
    s.has(0, ss(5, kTableA), 5);
    s.on();
    s.begin();
    s.store(pasid_at(0), ss(4, kTableB)[0]);
    s.store(pasid_at(0) + 8, ss(4, kTableB)[1]);
    s.pc_pasid(5);
    s.iotlb_domain(5);
    s.wait();
    s.end();
    EXPECT_EQ(CHK_POISONS, s.last());
}

/* Two devices with one directory are switched at once: an invalidation by domain and PASID is for
 * both. To switch one of them disturbs the other. */
TEST(VtdShared, OneDirectoryForTwoDevices)
{
    const struct {
        bool is_group;
        const char *steps; /* P: PASID cache; I: IOTLB of the domain */
        chk_class verdict;
    } cases[] = {{true, "PI", CHK_HITLESS},
                 {true, "P", CHK_STALE},
                 {true, "I", CHK_STALE},
                 {false, "PI", CHK_POISONS}};

    for (const auto &c : cases) {
        Stream s;

        s.has(0, ss(4, kTableA));
        s.store(kContexts + kOtherSid * 32, kDirectory | 9, SIM_S_CTX);
        s.on();
        s.begin();
        if (c.is_group)
            s.begin(SIM_OP_DRV_ATTACH, 1);
        s.store16(pasid_at(0), ss(5, kTableB)[0], ss(5, kTableB)[1]);
        for (const char *step = c.steps; *step; step++) {
            if (*step == 'P')
                s.pc_pasid(4);
            else
                s.iotlb_domain(4);
        }
        s.wait();
        if (c.is_group)
            s.end(SIM_OP_DRV_ATTACH, 1);
        s.end();
        EXPECT_EQ(c.verdict, s.last()) << c.is_group << c.steps;
    }
}

/* ---- what leads to an entry ---- */

/* The same entry but for domain and table, in another page. */
void copy(Stream &s)
{
    s.store(kNewDirectory, kNewPasids | 1, SIM_S_PASID_DIR);
    for (unsigned i = 0; i < 8; i++)
        s.store(kNewPasids + i * 8, ss(5, kTableB)[i]);
}

void invalidate(Stream &s, const char *steps)
{
    for (const char *step = steps; *step; step++) {
        if (*step == 'C')
            s.cc_device(0);
        else if (*step == 'P')
            s.pc_pasid(4);
        else if (*step == 'p')
            s.pc_pasid(5);
        else if (*step == 'I')
            s.iotlb_domain(4);
        else
            s.wait();
    }
}

/* 6.5: the leaf table is copied, 8 bytes of the directory lead to the copy. */
TEST(VtdTables, ADirectoryEntryIsSwapped)
{
    const struct {
        const char *steps;
        bool is_freed;
        chk_class verdict;
    } cases[] = {{"PI|", false, CHK_HITLESS},  {"I|", false, CHK_STALE},   {"P|", false, CHK_STALE},
                 {"pI|", false, CHK_STALE},    {"PI|", true, CHK_HITLESS}, {"", true, CHK_DANGLES},
                 {"P|I|", false, CHK_HITLESS}, {"IP|", false, CHK_STALE}};

    for (const auto &c : cases) {
        Stream s;

        s.has(0, ss(4, kTableA));
        copy(s);
        s.on();
        s.begin();
        s.store(kDirectory, kNewPasids | 1, SIM_S_PASID_DIR);
        invalidate(s, c.steps);
        if (c.is_freed)
            s.free_page(kPasids);
        s.end();
        EXPECT_EQ(c.verdict, s.last()) << c.steps << c.is_freed;
    }
}

/* Requests without PASID have no entry there, but hardware may know where its table was: by PASID
 * alone that stays, and the table goes. */
TEST(VtdTables, ADirectoryEntryIsSwappedUnderAPasid)
{
    for (const bool is_global : {false, true}) {
        Stream s;

        s.has(0, fs(4, kTableA), 5);
        s.on();
        s.begin(SIM_OP_REPLACE_PASID, 0, 5);
        for (unsigned i = 0; i < 8; i++)
            s.store(kNewPasids + 5 * 64 + i * 8, fs(5, kTableB)[i]);
        s.store(kDirectory, kNewPasids | 1, SIM_S_PASID_DIR);
        if (is_global)
            s.pc_global();
        else
            s.pc_pasid(4, 5);
        s.piotlb(4, 5);
        s.wait();
        s.free_page(kPasids);
        s.end(SIM_OP_REPLACE_PASID, 0, 5);
        EXPECT_EQ(is_global ? CHK_HITLESS : CHK_DANGLES, s.last());
    }
}

/* The context leads to another directory: context, PASID cache, IOTLB. */
TEST(VtdTables, AContextLeadsToAnotherDirectory)
{
    const struct {
        const char *steps;
        bool is_freed;
        chk_class verdict;
    } cases[] = {
        {"CPI|", false, CHK_HITLESS}, {"C|P|I|", false, CHK_HITLESS}, {"PI|", false, CHK_STALE},
        {"CI|", false, CHK_STALE},    {"CP|", false, CHK_STALE},      {"PCI|", false, CHK_STALE},
        {"CpI|", false, CHK_STALE},   {"CPI|", true, CHK_HITLESS},    {"PI|", true, CHK_DANGLES}};

    for (const auto &c : cases) {
        Stream s;

        s.has(0, ss(4, kTableA));
        copy(s);
        s.on();
        s.begin();
        s.store(kContexts + kSid * 32, kNewDirectory | 9, SIM_S_CTX);
        invalidate(s, c.steps);
        if (c.is_freed)
            s.free_page(kDirectory);
        s.end();
        EXPECT_EQ(c.verdict, s.last()) << c.steps << c.is_freed;
    }
}

/* Requests without a PASID go over to another PASID's entry; they are named by its number. */
TEST(VtdTables, RidPasidChanges)
{
    const struct {
        const char *steps;
        chk_class verdict;
    } cases[] = {{"CPI|", CHK_HITLESS}, {"C|", CHK_STALE}, {"PI|", CHK_STALE}};

    for (const auto &c : cases) {
        Stream s;

        s.has(0, ss(4, kTableA));
        s.has(0, ss(5, kTableB), 7);
        s.on();
        s.begin();
        s.store(kContexts + kSid * 32 + 8, 7, SIM_S_CTX);
        invalidate(s, c.steps);
        s.end();
        const xpl_op &op = s.last_op();
        ASSERT_GT(op.n_slots, 0u);
        EXPECT_EQ(UINT32_MAX, op.slots[0].request.pasid);
        EXPECT_EQ(c.verdict, op.slots[0].worst) << c.steps;
    }
}

/* PASIDE goes off, and a PASID with it. */
TEST(VtdTables, AContextThatTakesNoPasidsAnyMore)
{
    Stream s;

    s.has(0, ss(4, kTableA));
    s.has(0, ss(5, kTableB), 7);
    s.on();
    s.begin();
    s.store(kContexts + kSid * 32, kDirectory | 1, SIM_S_CTX);
    s.cc_device(0);
    s.wait();
    s.end();
    EXPECT_NE(CHK_HITLESS, s.last_op().worst[XPL_ARCHITECTURE]);
}

/* ---- caching mode: what was refused stays (6.2) ---- */

TEST(VtdCachingMode, WhatLeadsToAnEntryWasNotThere)
{
    const struct {
        const char *name;
        char missing; /* c: context, d: directory, r: root */
        const char
            *steps; /* 0, 5: PASID cache of that domain; C: context cache of the device; G: all */
        chk_class verdict;
    } cases[] = {
        {"context", 'c', "C", CHK_HITLESS},
        {"context, nothing", 'c', "", CHK_STALE_REFUSAL},
        {"directory", 'd', "0", CHK_HITLESS},
        {"directory, domain", 'd', "5", CHK_STALE_REFUSAL},
        {"directory, none", 'd', "", CHK_STALE_REFUSAL},
        {"root", 'r', "G", CHK_HITLESS},
        {"root, the device", 'r', "C", CHK_HITLESS},
        {"root, nothing", 'r', "", CHK_STALE_REFUSAL},
    };

    for (const auto &c : cases) {
        Stream s(kCap | kCachingMode);
        const uint64_t at = c.missing == 'c'   ? kContexts + kSid * 32
                            : c.missing == 'd' ? kDirectory
                                               : kRoot;
        const unsigned what = c.missing == 'c'   ? SIM_S_CTX
                              : c.missing == 'd' ? SIM_S_PASID_DIR
                                                 : SIM_S_ROOT;
        const uint64_t word = c.missing == 'c'   ? kDirectory | 9
                              : c.missing == 'd' ? kPasids | 1
                                                 : kContexts | 1;

        s.store(at, 0, what);
        s.has(0, ss(5, kTableB));
        s.on();
        s.begin(SIM_OP_ATTACH);
        s.store(at, word, what);
        for (const char *step = c.steps; *step; step++) {
            if (*step == 'C')
                s.cc_device(0);
            else if (*step == 'G')
                s.cc_global();
            else
                s.pc_pasid(static_cast<uint64_t>(*step - '0'));
        }
        s.wait();
        s.end(SIM_OP_ATTACH);
        EXPECT_EQ(c.verdict, s.last_op().slots[0].worst) << c.name;
    }
}

} // namespace
