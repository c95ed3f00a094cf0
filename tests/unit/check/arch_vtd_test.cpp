/* SPDX-License-Identifier: BSD-2-Clause
 * arch_vtd_test.cpp - what check/ is told of VT-d: registers, look-ups step by step, descriptors.
 * Words are those of the architecture's examples (facts 4.1), typed by hand. */
#include <cstring>
#include <gtest/gtest.h>

#include "tests/unit/check/explore_vtd_stream.h"

using namespace vtd_test;

namespace
{

chk_arch_unit unit_of(bool is_scalable)
{
    chk_arch_unit unit;

    arch_vtd.init(&unit);
    arch_vtd.set(&unit, 0x0, 0x40);
    arch_vtd.set(&unit, 0x8, kCap);
    arch_vtd.set(&unit, 0x10, kEcap | 1ull << 41); /* DIT: descriptors have a PFSID */
    (void)arch_vtd.write(&unit, 0x90, 8, 0x100000000 | (is_scalable ? 0x801 : 0));
    (void)arch_vtd.write(&unit, 0x20, 8, kRoot | (is_scalable ? 0x400 : 0));
    (void)arch_vtd.write(&unit, 0x18, 4, 1u << 30);
    (void)arch_vtd.write(&unit, 0x18, 4, 1u << 31 | 1u << 26);
    return unit;
}

/* ---- registers ---- */

TEST(ArchVtdRegisters, TheRootTableCountsWhenItIsLatched)
{
    chk_arch_unit unit;

    arch_vtd.init(&unit);
    EXPECT_EQ(CHK_REG_NONE, arch_vtd.write(&unit, 0x20, 8, kRoot));
    EXPECT_EQ(CHK_REG_TABLE, arch_vtd.write(&unit, 0x18, 4, 1u << 30));
    EXPECT_EQ(CHK_REG_QUEUE, arch_vtd.write(&unit, 0x18, 4, 1u << 26));
    EXPECT_EQ(CHK_REG_ON, arch_vtd.write(&unit, 0x18, 4, 1u << 31 | 1u << 26));
    EXPECT_TRUE(unit.is_on && unit.has_queue);
    EXPECT_EQ(CHK_REG_OFF, arch_vtd.write(&unit, 0x18, 4, 1u << 26));
    EXPECT_EQ(CHK_REG_NONE, arch_vtd.write(&unit, 0x38, 4, 0));
}

TEST(ArchVtdRegisters, TheQueueHas256NarrowOr128WideSlotsInAPage)
{
    chk_arch_unit unit;

    arch_vtd.init(&unit);
    (void)arch_vtd.write(&unit, 0x90, 8, 0x7d9000);
    EXPECT_EQ(16, unit.slot_bytes);
    EXPECT_EQ(8, unit.queue_log2);
    EXPECT_EQ(0x7d9000u, unit.queue_base);
    (void)arch_vtd.write(&unit, 0x90, 8, 0x100000801);
    EXPECT_EQ(32, unit.slot_bytes);
    EXPECT_EQ(8, unit.queue_log2);
    (void)arch_vtd.write(&unit, 0x90, 4, 0x2003);
    (void)arch_vtd.write(&unit, 0x94, 4, 0x5);
    EXPECT_EQ(0x500002000u, unit.queue_base);
    EXPECT_EQ(11, unit.queue_log2);
}

TEST(ArchVtdRegisters, ATailThatGoesBackHasGoneRound)
{
    chk_arch_unit unit = unit_of(true);

    EXPECT_EQ(CHK_REG_PROD, arch_vtd.write(&unit, 0x88, 4, 255 << 5));
    EXPECT_EQ(255u, unit.prod);
    EXPECT_EQ(CHK_REG_PROD, arch_vtd.write(&unit, 0x88, 4, 2 << 5));
    EXPECT_EQ(256u + 2, unit.prod);
    (void)arch_vtd.write(&unit, 0x88, 4, 2 << 5);
    EXPECT_EQ(256u + 2, unit.prod);
    (void)arch_vtd.write(&unit, 0x88, 4, 1 << 5);
    EXPECT_EQ(1u, unit.prod);
}

/* ---- look-ups ---- */

struct Step {
    unsigned structure;
    uint64_t address;
    unsigned n_words;
    uint64_t words[8];
};

/* Goes from step to step; each must ask for what the row says. */
chk_target look_up(const chk_arch_unit &unit, uint32_t sid, uint32_t pasid,
                   const std::vector<Step> &steps)
{
    const chk_request request = {sid, pasid};
    chk_chain chain;

    arch_vtd.begin(&unit, &request, &chain);
    for (const Step &step : steps) {
        EXPECT_FALSE(chain.is_over);
        EXPECT_EQ(step.structure, chain.key.structure);
        EXPECT_EQ(step.address, chain.address);
        EXPECT_EQ(step.n_words, chain.n_words);
        arch_vtd.next(&unit, &chain, step.words);
    }
    EXPECT_TRUE(chain.is_over);
    return chain.target;
}

const Step root = {SIM_S_ROOT, kRoot + 0x3a * 16, 2, {0x110000001, 0x120000001}};
const Step context = {SIM_S_CTX, 0x110000000 + 0x10 * 32, 4, {0x200000e0d, 0}};
const Step directory = {SIM_S_PASID_DIR, 0x200000000 + 0x48d * 8, 1, {0x300000001}};
const uint64_t at = 0x300000000 + 5 * 64; /* 12345h & 63 */

TEST(ArchVtdLookUp, ScalableSecondStage)
{
    const chk_target t =
        look_up(unit_of(true), 0x3a10, 0x12345,
                {root, context, directory, {SIM_S_PASID, at, 8, {0x123456089, 0x800005}}});

    EXPECT_EQ(uint32_t{CHK_TRANSLATED}, t.kind);
    EXPECT_EQ(uint32_t{CHK_ATS_ANSWERS | CHK_ATS_PASSES}, t.ats);
    EXPECT_EQ(1u, t.n_tlbs);
    EXPECT_EQ(1u, t.n_shared);
    EXPECT_EQ(0x123456000u, t.tlb[0].regime.root[0]);
    EXPECT_EQ(0x3a10u, t.tlb[0].tag.requester);
    EXPECT_EQ(0x12345u, t.tlb[0].tag.id);
    EXPECT_EQ(5u, arch_vtd_file_did(t.tlb[0].tag.file));
    EXPECT_EQ(0x12345u, arch_vtd_file_pasid(t.tlb[0].tag.file));
    EXPECT_EQ(5u, t.tlb[1].tag.space); /* tables are found by domain, by whomsoever */
    EXPECT_EQ(CHK_NO_ID, t.tlb[1].tag.requester);
}

TEST(ArchVtdLookUp, ScalableFirstStageNestedAndPassThrough)
{
    const std::vector<Step> way = {root, context, directory};
    std::vector<Step> steps = way;

    steps.push_back({SIM_S_PASID, at, 8, {0x49, 0x800005, 0x123457000}});
    EXPECT_EQ(0x123457000u, look_up(unit_of(true), 0x3a10, 0x12345, steps).tlb[0].regime.root[0]);
    steps.back() = {SIM_S_PASID, at, 8, {0x1234560c9, 0x800005, 0x76543001}};
    const chk_target nested = look_up(unit_of(true), 0x3a10, 0x12345, steps);
    EXPECT_EQ(uint32_t{CHK_OPAQUE}, nested.kind);
    EXPECT_EQ(2u, nested.n_shared);
    EXPECT_EQ(0x76543000u, nested.tlb[0].regime.root[1]);
    steps.back() = {SIM_S_PASID, at, 8, {0x109, 1}};
    EXPECT_EQ(uint32_t{CHK_BYPASS}, look_up(unit_of(true), 0x3a10, 0x12345, steps).kind);
}

TEST(ArchVtdLookUp, WithoutAPasidItIsThatOfTheContext)
{
    const Step other = {SIM_S_CTX, 0x110000000 + 0x10 * 32, 4, {0x200000e01, 0x41}};
    const chk_target t = look_up(unit_of(true), 0x3a10, CHK_NO_PASID,
                                 {root,
                                  other,
                                  {SIM_S_PASID_DIR, 0x200000008, 1, {0x300000001}},
                                  {SIM_S_PASID, 0x300000040, 8, {0x109, 1}}});

    EXPECT_EQ(CHK_NO_ID, t.tlb[0].tag.id);
    EXPECT_EQ(0x41u, arch_vtd_file_pasid(t.tlb[0].tag.file));
    EXPECT_EQ(0u, t.ats);
}

TEST(ArchVtdLookUp, TheUpperHalfOfARootEntry)
{
    const chk_target t = look_up(unit_of(true), 0x3a90, CHK_NO_PASID,
                                 {root, {SIM_S_CTX, 0x120000000 + 0x10 * 32, 4, {0}}});

    EXPECT_EQ(uint32_t{CHK_REFUSED}, t.kind);
    EXPECT_EQ(0x41u, t.event);
}

TEST(ArchVtdLookUp, Legacy)
{
    const Step legacy_root = {SIM_S_ROOT, kRoot + 0x3a * 16, 2, {0x110000001, 0}};
    const uint64_t place = 0x110000000 + 0x10 * 16;
    const chk_target t = look_up(unit_of(false), 0x3a10, CHK_NO_PASID,
                                 {legacy_root, {SIM_S_CTX, place, 2, {0x123456001, 0x502}}});

    EXPECT_EQ(uint32_t{CHK_TRANSLATED}, t.kind);
    EXPECT_EQ(0x123456000u, t.tlb[0].regime.root[0]);
    EXPECT_EQ(5u, arch_vtd_file_did(t.tlb[0].tag.file));
    EXPECT_EQ(uint32_t{CHK_BYPASS}, look_up(unit_of(false), 0x3a10, CHK_NO_PASID,
                                            {legacy_root, {SIM_S_CTX, place, 2, {0x9, 0x102}}})
                                        .kind);
    EXPECT_EQ(0x02u, look_up(unit_of(false), 0x3a10, CHK_NO_PASID,
                             {legacy_root, {SIM_S_CTX, place, 2, {0x123456000, 0x502}}})
                         .event);
}

struct Refusal {
    const char *name;
    std::vector<Step> steps;
    uint32_t code;
};

TEST(ArchVtdLookUp, Refusals)
{
    const std::vector<Refusal> rows = {
        {"root", {{SIM_S_ROOT, kRoot + 0x3a0, 2, {0, 1}}}, 0x39},
        {"context", {root, {SIM_S_CTX, 0x110000200, 4, {0x200000e0c}}}, 0x41},
        {"context reserved", {root, {SIM_S_CTX, 0x110000200, 4, {0x200000e8d}}}, 0x42},
        {"no PASIDs", {root, {SIM_S_CTX, 0x110000200, 4, {0x200000e05}}}, 0x45},
        {"directory", {root, context, {SIM_S_PASID_DIR, directory.address, 1, {0}}}, 0x51},
        {"entry", {root, context, directory, {SIM_S_PASID, at, 8, {0x123456088, 5}}}, 0x59},
        {"reserved", {root, context, directory, {SIM_S_PASID, at, 8, {0x123456489, 5}}}, 0x5a},
        {"invalid", {root, context, directory, {SIM_S_PASID, at, 8, {0x1c9 | 1 << 4, 5}}}, 0x5b},
    };

    for (const Refusal &row : rows)
        EXPECT_EQ(row.code, look_up(unit_of(true), 0x3a10, 0x12345, row.steps).event) << row.name;
}

TEST(ArchVtdLookUp, AUnitThatIsOffLetsRequestsPass)
{
    chk_arch_unit unit;

    arch_vtd.init(&unit);
    EXPECT_EQ(uint32_t{CHK_BYPASS}, look_up(unit, 0x3a10, CHK_NO_PASID, {}).kind);
}

/* ---- what caches keep ---- */

TEST(ArchVtdCaches, NothingThatFaulted)
{
    chk_arch_unit unit = unit_of(true);
    const chk_key pasid = {SIM_S_PASID, 0x3a10, 0};
    const uint64_t good[8] = {0x123456089, 0x800005};
    const uint64_t absent[8] = {0x123456088, 0x800005};
    const uint64_t invalid[8] = {0x1234561c9, 0x800005};

    EXPECT_TRUE(arch_vtd.keeps(&unit, &pasid, good));
    EXPECT_FALSE(arch_vtd.keeps(&unit, &pasid, absent));
    EXPECT_FALSE(arch_vtd.keeps(&unit, &pasid, invalid));
    arch_vtd.set(&unit, 0x8, kCap | kCachingMode);
    EXPECT_TRUE(arch_vtd.keeps(&unit, &pasid, absent));
}

TEST(ArchVtdCaches, HalvesOfARootEntryAreKeptEachForItself)
{
    const chk_arch_unit unit = unit_of(true);
    const chk_key lower = {SIM_S_ROOT, 0, 0x3a};
    const chk_key upper = {SIM_S_ROOT, 0, 0x13a};
    const uint64_t words[8] = {0x110000001, 0};

    EXPECT_TRUE(arch_vtd.keeps(&unit, &lower, words));
    EXPECT_FALSE(arch_vtd.keeps(&unit, &upper, words));
}

/* ---- descriptors (facts 4.1): SID 3A10h, DID 5, PASID 12345h ---- */

chk_command command_of(uint64_t q0, uint64_t q1, bool is_wide = true)
{
    const chk_arch_unit unit = unit_of(is_wide);
    const uint64_t words[4] = {q0, q1, 0, 0};
    chk_command command;

    arch_vtd.command(&unit, words, &command);
    return command;
}

TEST(ArchVtdCommand, KindAndAddresses)
{
    const struct {
        uint64_t q0, q1;
        chk_command_kind kind;
        uint64_t first, last;
    } rows[] = {
        {0x11, 0, CHK_COMMAND_CONFIG, 0, UINT64_MAX},
        {0x00003a1000050031, 0, CHK_COMMAND_CONFIG, 0, UINT64_MAX},
        {0xd2, 0, CHK_COMMAND_TLB, 0, UINT64_MAX},
        {0x500e2, 0, CHK_COMMAND_TLB, 0, UINT64_MAX},
        {0x500f2, 0x7f000049, CHK_COMMAND_TLB, 0x7f000000, 0x7f1fffff},
        {0x3a103a1000080003, 0x7ffffffffffff001, CHK_COMMAND_ATC, 0, UINT64_MAX},
        {0x3a103a1000080003, 0x43001, CHK_COMMAND_ATC, 0x40000, 0x47fff},
        {0x12300000004 | 1 << 4, 0, CHK_COMMAND_OTHER, 0, UINT64_MAX},
        {0x200000025, 0x1000, CHK_COMMAND_SYNC, 0, UINT64_MAX},
        {0x1234500050026, 0, CHK_COMMAND_TLB, 0, UINT64_MAX},
        {0x1234500050036, 0x7f000009, CHK_COMMAND_TLB, 0x7f000000, 0x7f1fffff},
        {0x50007, 0, CHK_COMMAND_CONFIG, 0, UINT64_MAX},
        {0x1234500050017, 0, CHK_COMMAND_CONFIG, 0, UINT64_MAX},
        {0x37, 0, CHK_COMMAND_CONFIG, 0, UINT64_MAX},
        {0x3a1123453a100088, 0x7ffffffffffff800, CHK_COMMAND_ATC, 0, UINT64_MAX},
        {0x123453a100019, 0xe8, CHK_COMMAND_OTHER, 0, UINT64_MAX},
        {0x01, 0, CHK_COMMAND_ILLEGAL, 0, UINT64_MAX}, /* G = 00 */
        {0x27, 0, CHK_COMMAND_ILLEGAL, 0, UINT64_MAX}, /* G = 10 */
        {0x50016, 0, CHK_COMMAND_ILLEGAL, 0, UINT64_MAX},
        {0x500f2, 0x7f000013, CHK_COMMAND_ILLEGAL, 0x7f000000 & ~0x7fffffffull, 0x7fffffff},
        {0x0f, 0, CHK_COMMAND_ILLEGAL, 0, UINT64_MAX},
    };

    for (const auto &row : rows) {
        const chk_command c = command_of(row.q0, row.q1);

        EXPECT_EQ(uint32_t{row.kind}, c.kind) << std::hex << row.q0;
        EXPECT_EQ(row.first, c.first) << std::hex << row.q0;
        EXPECT_EQ(row.last, c.last) << std::hex << row.q0;
    }
}

TEST(ArchVtdCommand, WhoseAndWhatElse)
{
    EXPECT_EQ(0x3a10u, command_of(0x3a103a1000080003, 0x7ffffffffffff001).requester);
    EXPECT_TRUE(command_of(0x3a103a1000080003, 0x7ffffffffffff001).is_plain);
    EXPECT_EQ(0x3a10u, command_of(0x3a1123453a100088, 0x7ffffffffffff800).requester);
    EXPECT_EQ(0x12345u, command_of(0x3a1123453a100088, 0x7ffffffffffff800).pasid);
    EXPECT_EQ(CHK_NO_PASID, command_of(0x3a1123453a100088, 0x7ffffffffffff801).pasid); /* G */
    EXPECT_FALSE(command_of(0x3a1123453a100088, 0x7ffffffffffff800).is_plain);
    EXPECT_TRUE(command_of(0x500f2, 0x7f000049).is_leaf);
    EXPECT_FALSE(command_of(0x500f2, 0x7f000009).is_leaf);
    EXPECT_EQ(0x151400u, command_of(0x200000025, 0x151400).signal);
    EXPECT_EQ(0u, command_of(0x45, 0).signal);
    EXPECT_EQ(uint32_t{CHK_COMMAND_ILLEGAL}, command_of(0x50007, 0, false).kind); /* 128 bits */
}

TEST(ArchVtdCommand, WhichContextsAreDropped)
{
    const chk_arch_unit unit = unit_of(false);
    const chk_key root_key = {SIM_S_ROOT, 0, 0x3a};
    const chk_key key = {SIM_S_CTX, 0x3a10, 0};
    const uint64_t of_5[2] = {0x123456001, 0x502};
    const uint64_t of_6[2] = {0x123456001, 0x602};
    const struct {
        uint64_t q0;
        bool drops_root, drops, names_5, names_6;
    } rows[] = {
        {0x11, true, true, true, true},
        {0x50021, false, true, true, false},
        {0x00003a1000050031, false, true, true, false},
        {0x00003a1100050031, false, false, true, false},
        {0x00013a1400050031, false, true, true, false}, /* FM 1: bit 2 does not count */
        {0x00013a1200050031, false, false, true, false},
        {0x00023a1600050031, false, true, true, false},
        {0x00023a1700050031, false, false, true, false},
        {0x00033a1700050031, false, true, true, false},
    };

    for (const auto &row : rows) {
        const chk_command c = command_of(row.q0, 0);

        EXPECT_EQ(row.drops_root, arch_vtd.drops_config(&unit, &c, &root_key)) << row.q0;
        EXPECT_EQ(row.drops, arch_vtd.drops_config(&unit, &c, &key)) << std::hex << row.q0;
        EXPECT_EQ(row.names_5, arch_vtd.names(&unit, &c, &key, of_5)) << std::hex << row.q0;
        EXPECT_EQ(row.names_6, arch_vtd.names(&unit, &c, &key, of_6)) << std::hex << row.q0;
    }
}

/* Scalable-mode context entries have no domain (6.1). */
TEST(ArchVtdCommand, ADomainMeansNothingToScalableContexts)
{
    const chk_arch_unit unit = unit_of(true);
    const chk_key key = {SIM_S_CTX, 0x3a10, 0};
    const uint64_t words[4] = {0x200000e0d, 0};
    const chk_command c = command_of(0x70021, 0);

    EXPECT_TRUE(arch_vtd.drops_config(&unit, &c, &key));
    EXPECT_TRUE(arch_vtd.names(&unit, &c, &key, words));
}

TEST(ArchVtdCommand, WhichPasidEntriesAreDropped)
{
    const chk_arch_unit unit = unit_of(true);
    const chk_key key = {SIM_S_PASID, 0x3a10, 0x12345};
    const chk_key other = {SIM_S_PASID, 0x3a10, 0x12346};
    const uint64_t of_5[8] = {0x123456089, 0x800005};
    const uint64_t of_6[8] = {0x123456089, 0x800006};
    const struct {
        uint64_t q0;
        bool drops, drops_other, names_5, names_6;
    } rows[] = {
        {0x50007, true, true, true, false},
        {0x1234500050017, true, false, true, false},
        {0x37, true, true, true, true},
        {0x11, false, false, true, true},
    };

    for (const auto &row : rows) {
        const chk_command c = command_of(row.q0, 0);

        EXPECT_EQ(row.drops, arch_vtd.drops_config(&unit, &c, &key)) << std::hex << row.q0;
        EXPECT_EQ(row.drops_other, arch_vtd.drops_config(&unit, &c, &other)) << row.q0;
        if (row.drops) {
            EXPECT_EQ(row.names_5, arch_vtd.names(&unit, &c, &key, of_5)) << std::hex << row.q0;
            EXPECT_EQ(row.names_6, arch_vtd.names(&unit, &c, &key, of_6)) << std::hex << row.q0;
        }
    }
}

} // namespace
