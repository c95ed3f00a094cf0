/* SPDX-License-Identifier: BSD-2-Clause
 * explore_vtd_register_test.cpp - what registers of VT-d invalidate, and when that is known: CCMD,
 * IVA and IOTLB, SRTP, TE (facts 1.3, 1.4, 6.4). */
#include <gtest/gtest.h>

#include "tests/unit/check/explore_vtd_stream.h"

using namespace vtd_test;

namespace
{

constexpr uint64_t kTop = 1ull << 63; /* ICC, IVT */
constexpr uint64_t kCcmd = 0x28;
constexpr uint64_t kIva = 0x500; /* ECAP.IRO * 16 */
constexpr uint64_t kIotlb = 0x508;
constexpr uint64_t kGsts = 0x1c;
constexpr uint64_t kRegisters = kEcap | 0x50ull << 8;
constexpr uint64_t kEsrtps = 1ull << 63;
constexpr uint64_t kIova = 0x7f000000;
constexpr uint64_t kPage = 0x30000000;
constexpr uint64_t kLevel3 = kTableA + 0x1000;
constexpr uint64_t kLevel2 = kTableA + 0x2000;
constexpr uint64_t kLevel1 = kTableA + 0x3000;

void expect(chk_class verdict, Stream &s, const char *name)
{
    EXPECT_STREQ(chk_class_name(verdict), chk_class_name(s.last())) << name;
}

/* Legacy mode, the queue off; domain 4 for device 0. */
void on_without_queue(Stream &s)
{
    s.id(0x10, kRegisters);
    s.store(kTableA, kLevel3 | 3, SIM_S_PTE_VTD);
    s.store(kLevel3 + 8, kLevel2 | 3, SIM_S_PTE_VTD);
    s.store(kLevel2 + 8 * 0x1f8, kLevel1 | 3, SIM_S_PTE_VTD);
    s.store(kLevel1, kPage | 3, SIM_S_PTE_VTD);
    s.store16(legacy_at(kSid), legacy(4, kTableA)[0], legacy(4, kTableA)[1], SIM_S_CTX);
    s.reg(0x18, 0);
    s.reg(0x18, 1u << 31);
}

/* CIRG, DID, SID of device 0. */
constexpr uint64_t ccmd(uint64_t granularity, uint64_t did, uint64_t sid = kSid)
{
    return kTop | granularity << 61 | sid << 16 | did;
}
constexpr uint64_t iotlb(uint64_t granularity, uint64_t did)
{
    return kTop | granularity << 60 | did << 32;
}

void write_and_poll(Stream &s, uint64_t offset, uint64_t value)
{
    s.reg(offset, value, 8);
    s.poll(offset, kTop, 0);
}

struct Row {
    const char *name;
    uint64_t ccmd, iotlb;
    chk_class verdict;
};

/* As the descriptors do it (4.2): the context cache by the old domain, then the IOTLB. */
TEST(VtdRegister, InvalidatesAsDescriptorsDo)
{
    const Row rows[] = {
        {"device, domain", ccmd(3, 4), iotlb(2, 4), CHK_HITLESS},
        {"all", ccmd(1, 0), iotlb(1, 0), CHK_HITLESS},
        {"domain, domain", ccmd(2, 4), iotlb(2, 4), CHK_HITLESS},
        {"contexts by the new domain", ccmd(3, 5), iotlb(2, 4), CHK_STALE},
        {"another device", ccmd(3, 4, kOtherSid), iotlb(2, 4), CHK_STALE},
        {"all functions of the device", ccmd(3, 4, kSid | 3) | 3ull << 32, iotlb(2, 4),
         CHK_HITLESS},
        {"IOTLB by the new domain", ccmd(3, 4), iotlb(2, 5), CHK_STALE},
        {"reserved granularity of contexts", ccmd(0, 4), iotlb(2, 4), CHK_STALE},
        {"reserved granularity of the IOTLB", ccmd(3, 4), iotlb(0, 4), CHK_STALE},
        {"ICC=0", ccmd(3, 4) & ~kTop, iotlb(2, 4), CHK_STALE},
        {"IVT=0", ccmd(3, 4), iotlb(2, 4) & ~kTop, CHK_STALE},
    };

    for (const Row &row : rows) {
        Stream s(kCap, false);

        on_without_queue(s);
        s.begin();
        s.store16(legacy_at(kSid), legacy(5, kTableB)[0], legacy(5, kTableB)[1], SIM_S_CTX);
        write_and_poll(s, kCcmd, row.ccmd);
        write_and_poll(s, kIotlb, row.iotlb);
        s.end();
        expect(row.verdict, s, row.name);
    }
}

TEST(VtdRegister, IsDoneWhenItsBitWasSeenClear)
{
    const struct {
        const char *name;
        uint64_t mask, value;
        uint64_t offset;
        chk_class verdict;
    } cases[] = {
        {"clear", kTop, 0, kIotlb, CHK_HITLESS},
        {"the upper half alone", 1u << 31, 0, kIotlb + 4, CHK_HITLESS},
        {"another bit", 1ull << 57, 0, kIotlb, CHK_STALE},
        {"set", kTop, kTop, kIotlb, CHK_STALE},
        {"another register", kTop, 0, kCcmd, CHK_STALE},
    };

    for (const auto &c : cases) {
        Stream s(kCap, false);

        on_without_queue(s);
        s.begin();
        s.store16(legacy_at(kSid), legacy(5, kTableB)[0], legacy(5, kTableB)[1], SIM_S_CTX);
        write_and_poll(s, kCcmd, ccmd(3, 4));
        s.reg(kIotlb, iotlb(2, 4), 8);
        s.poll(c.offset, c.mask, c.value);
        s.end();
        expect(c.verdict, s, c.name);
    }
}

/* The IOTLB is filled again from a context that is still cached. */
TEST(VtdRegister, NeedsContextsFirst)
{
    Stream s(kCap, false);

    on_without_queue(s);
    s.begin();
    s.store16(legacy_at(kSid), legacy(5, kTableB)[0], legacy(5, kTableB)[1], SIM_S_CTX);
    write_and_poll(s, kIotlb, iotlb(2, 4));
    write_and_poll(s, kCcmd, ccmd(3, 4));
    s.end();
    expect(CHK_STALE, s, "IOTLB first");
}

TEST(VtdRegister, ActsOnStoresBeforeIt)
{
    Stream s(kCap, false);

    on_without_queue(s);
    s.begin();
    s.reg(kCcmd, ccmd(3, 4), 8);
    s.store16(legacy_at(kSid), legacy(5, kTableB)[0], legacy(5, kTableB)[1], SIM_S_CTX);
    s.poll(kCcmd, kTop, 0);
    write_and_poll(s, kIotlb, iotlb(2, 4));
    s.end();
    expect(CHK_STALE, s, "the store is behind it");
}

/* Two halves: the upper one, with the bit, starts it. */
TEST(VtdRegister, MayBeWrittenInHalves)
{
    for (const bool is_low_last : {false, true}) {
        Stream s(kCap, false);

        on_without_queue(s);
        s.begin();
        s.store16(legacy_at(kSid), legacy(5, kTableB)[0], legacy(5, kTableB)[1], SIM_S_CTX);
        if (is_low_last)
            s.reg(kCcmd + 4, ccmd(3, 4) >> 32);
        s.reg(kCcmd, ccmd(3, 4) & 0xffffffff);
        if (!is_low_last)
            s.reg(kCcmd + 4, ccmd(3, 4) >> 32);
        s.poll(kCcmd, kTop, 0);
        write_and_poll(s, kIotlb, iotlb(2, 4));
        s.end();
        expect(is_low_last ? CHK_STALE : CHK_HITLESS, s, "halves");
    }
}

/* 1.4: with the queue on, in scalable mode, from version 6 on they are rejected. */
TEST(VtdRegister, IsRejectedWhereItDoesNotWork)
{
    const struct {
        const char *name;
        uint64_t ver;
        bool has_queue;
        chk_class verdict;
    } cases[] = {{"version 5", 0x50, false, CHK_HITLESS},
                 {"version 6", 0x60, false, CHK_STALE},
                 {"the queue is on", 0x40, true, CHK_STALE}};

    for (const auto &c : cases) {
        Stream s(kCap, false);

        s.id(0, c.ver);
        on_without_queue(s);
        if (c.has_queue)
            s.reg(0x18, 1u << 31 | 1 << 26);
        s.begin();
        s.store16(legacy_at(kSid), legacy(5, kTableB)[0], legacy(5, kTableB)[1], SIM_S_CTX);
        write_and_poll(s, kCcmd, ccmd(3, 4));
        write_and_poll(s, kIotlb, iotlb(2, 4));
        s.end();
        expect(c.verdict, s, c.name);
    }
}

TEST(VtdRegister, DropsPagesThatIvaNames)
{
    const struct {
        const char *name;
        uint64_t cap, iva, iotlb;
        chk_class verdict;
    } cases[] = {
        {"page", kCap, kIova, iotlb(3, 4), CHK_HITLESS},
        {"two pages", kCap, kIova | 1, iotlb(3, 4), CHK_HITLESS},
        {"next page", kCap, kIova + 0x1000, iotlb(3, 4), CHK_STALE},
        {"another domain", kCap, kIova, iotlb(3, 5), CHK_STALE},
        {"more pages than MAMV allows", kCap, kIova | 0x13, iotlb(3, 4), CHK_STALE},
        {"no PSI", kCap & ~(1ull << 39), kIova, iotlb(3, 4), CHK_STALE},
        {"no PSI, by domain", kCap & ~(1ull << 39), 0, iotlb(2, 4), CHK_HITLESS},
    };

    for (const auto &c : cases) {
        Stream s(c.cap, false);

        on_without_queue(s);
        s.begin(SIM_OP_UNMAP, UINT32_MAX);
        s.store(kLevel1, 0, SIM_S_PTE_VTD);
        s.reg(kIva, c.iva, 8);
        write_and_poll(s, kIotlb, c.iotlb);
        s.end(SIM_OP_UNMAP, UINT32_MAX);
        expect(c.verdict, s, c.name);
    }
}

TEST(VtdRegister, BeforeTranslationIsOnNothingIsToBeInvalidated)
{
    Stream s;

    s.reg(kCcmd, kTop, 8);
    s.on();
    s.begin(SIM_OP_ATTACH);
    s.store(pasid_at(0) + 8, ss(5, kTableB)[1]);
    s.store(pasid_at(0), ss(5, kTableB)[0]);
    s.end(SIM_OP_ATTACH);
    expect(CHK_HITLESS, s, "attach");
}

/* ---- SRTP ---- */

constexpr uint64_t kNewRoot = 0x10020000;
constexpr uint64_t kNewContexts = 0x10021000;
constexpr uint64_t kNewDirectory = 0x10022000;
constexpr uint64_t kNewPasids = 0x10023000;

/* A copy of all tables, but for another domain of device 0. */
void copy_tables(Stream &s)
{
    const Words words = ss(5, kTableB);

    for (unsigned i = 0; i < 8; i++)
        s.store(kNewPasids + i * 8, words[i]);
    s.store(kNewDirectory, kNewPasids | 1, SIM_S_PASID_DIR);
    s.store(kNewContexts + kSid * 32, kNewDirectory | 9, SIM_S_CTX);
    s.store(kNewRoot, kNewContexts | 1, SIM_S_ROOT);
}

TEST(VtdRootPointer, DropsAllCachesWithEsrtpsAlone)
{
    const struct {
        const char *name;
        bool is_esrtps, is_awaited, is_flushed;
        chk_class verdict;
    } cases[] = {
        {"ESRTPS, awaited", true, true, false, CHK_HITLESS},
        {"ESRTPS, nobody waits", true, false, false, CHK_STALE},
        {"without", false, true, false, CHK_STALE},
        {"without, flushed after it", false, true, true, CHK_HITLESS},
    };

    for (const auto &c : cases) {
        Stream s(c.is_esrtps ? kCap | kEsrtps : kCap);

        s.has(0, ss(4, kTableA));
        s.on();
        s.begin();
        copy_tables(s);
        s.reg(0x20, kNewRoot | 0x400, 8);
        s.reg(0x18, 1u << 31 | 1u << 30 | 1 << 26);
        if (c.is_awaited)
            s.poll(kGsts, 1u << 30, 1u << 30);
        if (c.is_flushed) {
            s.cc_global();
            s.wait();
            s.pc_global();
            s.wait();
            s.descriptor(0xd2);
            s.wait();
        }
        s.end();
        expect(c.verdict, s, c.name);
    }
}

/* What a device keeps is not the unit's. */
TEST(VtdRootPointer, DropsNothingInDevices)
{
    Stream s(kCap | kEsrtps);

    s.has(0, ss(4, kTableA));
    s.allow_ats();
    s.on();
    s.ats(true);
    s.begin();
    copy_tables(s);
    s.store(kNewContexts + kSid * 32, kNewDirectory | 0xd, SIM_S_CTX);
    s.reg(0x20, kNewRoot | 0x400, 8);
    s.reg(0x18, 1u << 31 | 1u << 30 | 1 << 26);
    s.poll(kGsts, 1u << 30, 1u << 30);
    s.end();
    expect(CHK_STALE, s, "ATC");
}

/* ---- TE ---- */

/* Scalable mode drops all when it goes off, legacy mode keeps it for when it goes on again: what
 * answers then is neither the pass-through before nor the new domain. */
TEST(VtdEnable, WhatIsCachedWhileItIsOff)
{
    const struct {
        const char *name;
        bool is_scalable, is_awaited;
        chk_class verdict;
    } cases[] = {{"scalable", true, true, CHK_HITLESS},
                 {"scalable, nobody waits", true, false, CHK_POISONS},
                 {"legacy", false, true, CHK_POISONS}};

    for (const auto &c : cases) {
        Stream s(kCap, c.is_scalable);

        if (c.is_scalable)
            s.has(0, ss(4, kTableA));
        else
            s.store16(legacy_at(kSid), legacy(4, kTableA)[0], legacy(4, kTableA)[1], SIM_S_CTX);
        s.on();
        s.reg(0x18, 1 << 26);
        if (c.is_awaited)
            s.poll(kGsts, 1u << 31, 0);
        s.begin();
        if (c.is_scalable)
            s.store16(pasid_at(0), ss(5, kTableB)[0], ss(5, kTableB)[1]);
        else
            s.store16(legacy_at(kSid), legacy(5, kTableB)[0], legacy(5, kTableB)[1], SIM_S_CTX);
        s.on();
        s.end();
        expect(c.verdict, s, c.name);
    }
}

/* While it is off nothing is read: another root then is no old one. */
TEST(VtdEnable, NothingIsReadWhileItIsOff)
{
    Stream s;

    s.has(0, ss(4, kTableA));
    s.on();
    s.reg(0x18, 1 << 26);
    s.poll(kGsts, 1u << 31, 0);
    s.begin();
    copy_tables(s);
    s.store(kRoot, kNewContexts | 1, SIM_S_ROOT);
    s.on();
    s.end();
    expect(CHK_HITLESS, s, "root entry");
}

} // namespace
