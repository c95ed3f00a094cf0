// SPDX-License-Identifier: BSD-2-Clause
// cfg_decode_test.cpp - root, context and directory entries: what is wrong with one, what it says
// (2.1 to 2.4, 2.7). Words are typed from the tables of fields.
#include <gtest/gtest.h>

#include "models/vtd/vtd_cfg_decode.h"

#include <cstring>

namespace
{

// 16-bit domains, 39 and 48 bits, MGAW 48; everything in scalable mode.
constexpr uint64_t kCap = 0x11d2078c606f0666, kEcap = 0x0433ef9ea4f050df;

vtd_caps caps_of(uint64_t cap = kCap, uint64_t ecap = kEcap, uint32_t ver = 0x50)
{
    const vtd_ids ids = {ver, cap, ecap};
    vtd_caps caps;

    vtd_caps_parse(&ids, &caps);
    return caps;
}

constexpr uint64_t bit(unsigned n)
{
    return UINT64_C(1) << n;
}

// ---- RTADDR ----

struct Mode {
    uint64_t rtaddr, ecap;
    vtd_mode mode;
};

TEST(Root, ModeIsThatOfTtmIfTheUnitHasIt)
{
    const Mode modes[] = {
        {0x1000, kEcap, VTD_MODE_LEGACY},
        {0x1400, kEcap, VTD_MODE_SCALABLE},
        {0x1800, kEcap, VTD_MODE_INVALID},
        {0x1c00, kEcap, VTD_MODE_ABORT},
        {0x1400, kEcap & ~bit(43), VTD_MODE_INVALID}, // SMTS
        {0x1c00, kEcap & ~bit(52), VTD_MODE_INVALID}, // ADMS
        {0x1080, kEcap, VTD_MODE_INVALID},            // SSIRWE in legacy mode
    };

    for (const Mode &m : modes) {
        const vtd_caps caps = caps_of(kCap, m.ecap);
        vtd_root root;

        vtd_root_parse(m.rtaddr, &caps, &root);
        EXPECT_EQ(root.mode, m.mode) << std::hex << m.rtaddr;
        EXPECT_EQ(root.table, 0x1000u);
    }
}

struct Refused {
    const char *name;
    uint64_t rtaddr;
    vtd_request request;
    uint32_t ver;
    int fault;
};

TEST(Root, ModeAloneRefusesSomeRequests)
{
    const vtd_request plain = {0x10, VTD_REQUEST_UNTRANSLATED, false, 0, false};
    const vtd_request with = {0x10, VTD_REQUEST_UNTRANSLATED, true, 3, false};
    const vtd_request page = {0x10, VTD_REQUEST_PAGE, true, 3, false};
    const vtd_request exec = {0x10, VTD_REQUEST_TRANSLATION, true, 3, true};
    const Refused rows[] = {
        {"legacy", 0x1000, plain, 0x50, 0},
        {"legacy, PASID", 0x1000, with, 0x50, 0x31},
        {"legacy, page request", 0x1000, page, 0x50, 0x32},
        {"scalable", 0x1400, with, 0x50, 0},
        {"scalable, page request", 0x1400, page, 0x50, 0},
        {"reserved", 0x1800, plain, 0x50, 0x30},
        {"abort", 0x1c00, plain, 0x50, 0x33},
        {"execute, old", 0x1400, exec, 0x70, 0},
        {"execute, new", 0x1400, exec, 0x80, 0x34},
    };

    for (const Refused &r : rows) {
        const vtd_caps caps = caps_of(kCap, kEcap, r.ver);
        vtd_root root;

        vtd_root_parse(r.rtaddr, &caps, &root);
        EXPECT_EQ(vtd_root_refuses(&root, &caps, &r.request), r.fault) << r.name;
    }
}

// ---- root entries ----

struct RootRow {
    const char *name;
    bool is_scalable;
    uint16_t sid;
    uint64_t words[2];
    int fault;
    uint64_t address;
};

TEST(Root, EntryLeadsToAContextEntry)
{
    const RootRow rows[] = {
        {"legacy", false, 0x3a10, {0x5001, 0}, 0, 0x5100},
        {"legacy, last", false, 0x3aff, {0x5001, 0}, 0, 0x5ff0},
        {"legacy, not present", false, 0x3a10, {0x5000, 0}, 0x01, 0},
        {"legacy, bit 1", false, 0x3a10, {0x5003, 0}, 0x0a, 0},
        {"legacy, bit 11", false, 0x3a10, {0x5801, 0}, 0x0a, 0},
        {"legacy, bit 127", false, 0x3a10, {0x5001, bit(63)}, 0x0a, 0},
        {"legacy, beyond the host", false, 0x3a10, {bit(48) | 1, 0}, 0x0a, 0},
        {"legacy, not present first", false, 0x3a10, {0x5002, 0}, 0x01, 0},
        {"lower", true, 0x3a10, {0x5001, 0}, 0, 0x5200},
        {"lower, last", true, 0x3a7f, {0x5001, 0}, 0, 0x5fe0},
        {"upper", true, 0x3a80, {0, 0x6001}, 0, 0x6000},
        {"upper, last", true, 0x3aff, {0, 0x6001}, 0, 0x6fe0},
        {"lower, not present", true, 0x3a10, {0x5000, 0x6001}, 0x39, 0},
        {"upper, not present", true, 0x3a80, {0x5001, 0x6000}, 0x39, 0},
        {"lower, reserved", true, 0x3a10, {0x5003, 0}, 0x3a, 0},
        {"upper, reserved", true, 0x3a80, {0, 0x6801}, 0x3a, 0},
        {"lower, the other half reserved", true, 0x3a10, {0x5001, 0x6803}, 0, 0x5200},
        {"upper, beyond the host", true, 0x3a80, {0, bit(48) | 1}, 0x3a, 0},
    };
    const vtd_caps caps = caps_of();

    for (const RootRow &r : rows) {
        const vtd_root root = {r.is_scalable ? VTD_MODE_SCALABLE : VTD_MODE_LEGACY, 0x9000, false};
        uint64_t address = 0;

        EXPECT_EQ(vtd_root_address(&root, r.sid), 0x9000u + 0x3a * 16);
        EXPECT_EQ(vtd_root_decode(r.words, &root, r.sid, &caps, &address), r.fault) << r.name;
        EXPECT_EQ(address, r.address) << r.name;
    }
}

// ---- legacy context ----

TEST(CtxLegacy, SaysWhatItsFieldsSay)
{
    const vtd_caps caps = caps_of();
    const uint64_t words[] = {0x0000000123456005, 0x0000000000000502};
    vtd_ctx_legacy ctx;

    ASSERT_EQ(vtd_ctx_legacy_decode(words, &caps, &ctx), 0);
    EXPECT_EQ(ctx.did, 5u);
    EXPECT_FALSE(ctx.is_pass || ctx.fpd);
    EXPECT_TRUE(ctx.is_ats);
    EXPECT_EQ(ctx.ss.table, 0x123456000u);
    EXPECT_EQ(ctx.ss.levels, 4u);
    EXPECT_EQ(ctx.ss.input_bits, 48u);
    EXPECT_TRUE(ctx.ss.is_snooped); // C
    EXPECT_FALSE(ctx.ss.is_ad_on);
}

struct CtxRow {
    const char *name;
    uint64_t words[4];
    int fault;
    bool fpd;
};

TEST(CtxLegacy, IsCheckedForPresenceThenBitsThenMeaning)
{
    const CtxRow rows[] = {
        {"39 bits", {0x1001, 0x501}, 0, false},
        {"pass-through", {0x9, 0x102}, 0, false},
        {"pass-through ignores the table", {bit(50) | 0x9, 0x102}, 0, false},
        {"not present", {0x1000, 0x502}, 0x02, false},
        {"not present, FPD", {0x1002, 0x502}, 0x02, true},
        {"not present before reserved", {0x1010, 0x502}, 0x02, false},
        {"bit 4", {0x1011, 0x502}, 0x0b, false},
        {"bit 11", {0x1801, 0x502}, 0x0b, false},
        {"bits 67 to 70 are ignored", {0x1001, 0x57a}, 0, false},
        {"bit 71", {0x1001, 0x582}, 0x0b, false},
        {"bit 88", {0x1001, 0x1000502}, 0x0b, false},
        {"table beyond the host", {bit(48) | 1, 0x502}, 0x0b, false},
        {"reserved before meaning, FPD", {0x101f, 0x502}, 0x0b, true},
        {"TT=11", {0x100d, 0x502}, 0x03, false},
        {"AW=0", {0x1001, 0x500}, 0x03, false},
        {"57 bits", {0x1001, 0x503}, 0x03, false},
        {"AW=7", {0x1001, 0x507}, 0x03, false},
        {"pass-through, 39 bits", {0x9, 0x101}, 0x03, false},
    };
    const vtd_caps caps = caps_of();

    for (const CtxRow &r : rows) {
        vtd_ctx_legacy ctx;

        EXPECT_EQ(vtd_ctx_legacy_decode(r.words, &caps, &ctx), r.fault) << r.name;
        EXPECT_EQ(ctx.fpd, r.fpd) << r.name;
        EXPECT_EQ(ctx.rule == nullptr, r.fault == 0) << r.name;
    }
}

TEST(CtxLegacy, NeedsCapabilitiesOfItsType)
{
    const vtd_caps no_dt = caps_of(kCap, kEcap & ~bit(2)), no_pt = caps_of(kCap, kEcap & ~bit(6));
    const vtd_caps narrow = caps_of(kCap - 4); // ND=2: 8 bits
    const uint64_t ats[] = {0x1005, 0x502}, pass[] = {0x9, 0x102};
    const uint64_t wide[] = {0x1001, 0x10002}, fits[] = {0x1001, 0xff02};
    vtd_ctx_legacy ctx;

    EXPECT_EQ(vtd_ctx_legacy_decode(ats, &no_dt, &ctx), 0x03);
    EXPECT_EQ(vtd_ctx_legacy_decode(pass, &no_pt, &ctx), 0x03);
    EXPECT_EQ(vtd_ctx_legacy_decode(wide, &narrow, &ctx), 0x0b);
    EXPECT_EQ(vtd_ctx_legacy_decode(fits, &narrow, &ctx), 0);
}

TEST(CtxLegacy, RefusesAtsUnlessItsTypeIs01)
{
    const vtd_caps caps = caps_of();
    const uint64_t tt[] = {0x1001, 0x1005, 0x9};
    const vtd_request_kind kinds[] = {VTD_REQUEST_UNTRANSLATED, VTD_REQUEST_TRANSLATION,
                                      VTD_REQUEST_TRANSLATED};

    for (const uint64_t word : tt) {
        const uint64_t words[] = {word, 0x502};
        vtd_ctx_legacy ctx;

        ASSERT_EQ(vtd_ctx_legacy_decode(words, &caps, &ctx), 0);
        for (const vtd_request_kind kind : kinds) {
            const vtd_request request = {0x10, kind, false, 0, false};
            const bool is_refused = kind != VTD_REQUEST_UNTRANSLATED && word != 0x1005;

            EXPECT_EQ(vtd_ctx_legacy_refuses(&ctx, &request), is_refused ? 0x0d : 0);
        }
    }
}

// ---- scalable-mode context ----

TEST(Ctx, SaysWhatItsFieldsSay)
{
    const vtd_caps caps = caps_of();
    const uint64_t words[] = {0x0000000200000e1d, 0x0000000000145678, 0, 0};
    vtd_ctx ctx;

    ASSERT_EQ(vtd_ctx_decode(words, &caps, &ctx), 0);
    EXPECT_EQ(ctx.directory, 0x200000000u);
    EXPECT_EQ(ctx.pasid_limit, 1u << 20);
    EXPECT_TRUE(ctx.dte && ctx.paside && ctx.pre);
    EXPECT_FALSE(ctx.fpd || ctx.hpte || ctx.eptr);
    EXPECT_EQ(ctx.rid_pasid, 0x45678u);
    EXPECT_TRUE(ctx.rid_priv);
}

struct CtxCaps {
    CtxRow row;
    uint64_t without; // of ECAP
};

TEST(Ctx, IsCheckedForPresenceThenBitsThenMeaning)
{
    const CtxCaps rows[] = {
        {{"plain", {0x1001, 0, 0, 0}, 0, false}, 0},
        {{"not present", {0x1000, 0, 0, 0}, 0x41, false}, 0},
        {{"not present, FPD", {0x1002, 0, 0, 0}, 0x41, true}, 0},
        {{"not present before reserved", {0x1080, 0, 0, 0}, 0x41, false}, 0},
        {{"bit 7", {0x1081, 0, 0, 0}, 0x42, false}, 0},
        {{"bit 8", {0x1101, 0, 0, 0}, 0x42, false}, 0},
        {{"bit 85", {0x1001, 0x200000, 0, 0}, 0x42, false}, 0},
        {{"bit 128", {0x1001, 0, 1, 0}, 0x42, false}, 0},
        {{"bit 255", {0x1001, 0, 0, bit(63)}, 0x42, false}, 0},
        {{"directory beyond the host", {bit(48) | 1, 0, 0, 0}, 0x42, false}, 0},
        {{"host permissions", {0x1021, 0, 0, 0}, 0x42, false}, 0},
        {{"PASIDs of translated requests", {0x1041, 0, 0, 0}, 0x42, false}, 0},
        {{"DTE without DT", {0x1005, 0, 0, 0}, 0x42, false}, bit(2)},
        {{"PASIDE without PASID", {0x1009, 0, 0, 0}, 0x42, false}, bit(40)},
        {{"PRE without PRS", {0x1015, 0, 0, 0}, 0x42, false}, bit(29)},
        {{"RID_PASID without RPS", {0x1001, 1, 0, 0}, 0x42, false}, bit(49)},
        {{"RID_PRIV without RPRIVS", {0x1001, 0x100000, 0, 0}, 0x42, false}, bit(53)},
        {{"PRE without DTE", {0x1011, 0, 0, 0}, 0x43, false}, 0},
        {{"RID_PASID at the limit", {0x1001, 0x2000, 0, 0}, 0x43, false}, 0},
        {{"RID_PASID below it", {0x1001, 0x1fff, 0, 0}, 0, false}, 0},
        {{"a larger directory", {0x1201, 0x2000, 0, 0}, 0, false}, 0},
    };

    for (const CtxCaps &r : rows) {
        const vtd_caps caps = caps_of(kCap, kEcap & ~r.without);
        vtd_ctx ctx;

        EXPECT_EQ(vtd_ctx_decode(r.row.words, &caps, &ctx), r.row.fault) << r.row.name;
        EXPECT_EQ(ctx.fpd, r.row.fpd) << r.row.name;
    }
}

TEST(Ctx, EptrNeedsPaside)
{
    const vtd_caps caps = caps_of(kCap, kEcap | bit(56));
    const uint64_t bad[] = {0x1041, 0, 0, 0}, good[] = {0x1049, 0, 0, 0};
    vtd_ctx ctx;

    EXPECT_EQ(vtd_ctx_decode(bad, &caps, &ctx), 0x43);
    EXPECT_EQ(vtd_ctx_decode(good, &caps, &ctx), 0);
}

struct Asked {
    const char *name;
    uint64_t flags; // of word 0
    vtd_request request;
    int fault;
    uint32_t pasid;
};

// RID_PASID is 7, the directory has 2^13 PASIDs.
TEST(Ctx, RefusesRequests)
{
    const auto U = VTD_REQUEST_UNTRANSLATED, T = VTD_REQUEST_TRANSLATION,
               D = VTD_REQUEST_TRANSLATED, P = VTD_REQUEST_PAGE;
    const Asked rows[] = {
        {"without PASID", 0x0, {0x10, U, false, 0, false}, 0, 7},
        {"with PASID", 0x8, {0x10, U, true, 9, false}, 0, 9},
        {"translation, DTE=0", 0x8, {0x10, T, false, 0, false}, 0x44, 0},
        {"translated, DTE=0", 0x8, {0x10, D, false, 0, false}, 0x44, 0},
        {"translation", 0x4, {0x10, T, false, 0, false}, 0, 7},
        {"page request, PRE=0", 0xc, {0x10, P, true, 9, false}, 0x47, 0},
        {"page request", 0x1c, {0x10, P, true, 9, false}, 0, 9},
        {"PASIDE=0", 0x0, {0x10, U, true, 9, false}, 0x45, 0},
        {"last PASID", 0x8, {0x10, U, true, 0x1fff, false}, 0, 0x1fff},
        {"PASID beyond", 0x8, {0x10, U, true, 0x2000, false}, 0x46, 0},
        {"PASID is RID_PASID", 0x8, {0x10, U, true, 7, false}, 0x48, 0},
        {"translated with PASID", 0xc, {0x10, D, true, 9, false}, 0x49, 0},
        {"DTE before PASIDE", 0x0, {0x10, T, true, 9, false}, 0x44, 0},
    };
    const vtd_caps caps = caps_of();

    for (const Asked &r : rows) {
        const uint64_t words[] = {0x1001 | r.flags, 7, 0, 0};
        uint32_t pasid = 0;
        vtd_ctx ctx;

        ASSERT_EQ(vtd_ctx_decode(words, &caps, &ctx), 0) << r.name;
        EXPECT_EQ(vtd_ctx_refuses(&ctx, &caps, &r.request, &pasid), r.fault) << r.name;
        EXPECT_EQ(pasid, r.pasid) << r.name;
    }
}

TEST(Ctx, RefusesPasidsWiderThanPss)
{
    const vtd_caps caps = caps_of(kCap, (kEcap & ~(UINT64_C(0x1f) << 35)) | UINT64_C(7) << 35);
    const vtd_request request = {0x10, VTD_REQUEST_UNTRANSLATED, true, 0x100, false};
    const uint64_t words[] = {0x1009, 7, 0, 0};
    uint32_t pasid = 0;
    vtd_ctx ctx;

    ASSERT_EQ(vtd_ctx_decode(words, &caps, &ctx), 0);
    EXPECT_EQ(vtd_ctx_refuses(&ctx, &caps, &request, &pasid), 0x89);
}

// ---- directory ----

TEST(Directory, EntryLeadsToAPasidEntry)
{
    const vtd_caps caps = caps_of();
    const vtd_ctx ctx = {nullptr, false,  true,     true, true, false,
                         false,   0x7000, 1u << 20, 0,    false};
    const CtxRow rows[] = {
        {"good", {0x5001}, 0, false},
        {"good, FPD", {0x5003}, 0, true},
        {"not present", {0x5000}, 0x51, false},
        {"not present, FPD", {0x5002}, 0x51, true},
        {"bit 2", {0x5005}, 0x52, false},
        {"bit 11", {0x5803}, 0x52, true},
        {"beyond the host", {bit(48) | 1}, 0x52, false},
    };

    EXPECT_EQ(vtd_pasid_dir_address(&ctx, 0x12345), 0x7000u + 8 * 0x48d);
    for (const CtxRow &r : rows) {
        uint64_t address = 0;
        bool fpd = !r.fpd;

        EXPECT_EQ(vtd_pasid_dir_decode(r.words[0], 0x12345, &caps, &fpd, &address), r.fault)
            << r.name;
        EXPECT_EQ(fpd, r.fpd) << r.name;
        EXPECT_EQ(address, r.fault ? 0 : 0x5000u + 64 * 5) << r.name;
    }
}

} // namespace
