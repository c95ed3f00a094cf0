/* SPDX-License-Identifier: BSD-2-Clause
 * explore_vtd_switch_test.cpp - present-to-present changes of a PASID entry or a context entry, and
 * their classes: the rows of the table of hitless transitions (facts 6.5), and what goes wrong when
 * a step is left out. */
#include <gtest/gtest.h>

#include "tests/unit/check/explore_vtd_stream.h"

using namespace vtd_test;

namespace
{

/*
 * @steps: 0: quantum 0 of the target in one store; 1: word 2 of it; a, b: word 0 or 1 alone;
 *         z: P=0; S: all 8 words, one after the other; c: quantum 1 becomes 0;
 *         o: the new word 0 with the old word 1, in one store.
 *         P, p: PASID cache, by the old or the new domain; G: all of it. I, i: IOTLB by the old or
 *         the new domain; T, t: by domain and PASID; g: one page of it, by the old domain. |: wait.
 * A mix that has the new domain is filed where the new entry looks: POISONS, unless that domain is
 * flushed as well.
 */
struct Row {
    const char *name;
    Words from, to;
    const char *steps;
    chk_class verdict;
};

std::ostream &operator<<(std::ostream &out, const Row &row)
{
    return out << row.name;
}

constexpr uint64_t kPgsnp = 1 << 24;
constexpr uint64_t kWpe = 1 << 4;
constexpr uint64_t kSsade = 1 << 9;
constexpr uint64_t kGuest = 0x40000;
constexpr uint64_t kOtherGuest = 0x80000;

const Row rows[] = {
    {"ss_to_ss", ss(4, kTableA), ss(5, kTableB), "0P|I|", CHK_HITLESS},
    {"ss_to_ss_one_wait", ss(4, kTableA), ss(5, kTableB), "0PI|", CHK_HITLESS},
    {"ss_to_pass", ss(4, kTableA), pass(1), "0P|I|", CHK_HITLESS},
    {"pass_to_ss", pass(1), ss(5, kTableB), "0P|T|", CHK_HITLESS},
    {"fs_to_fs_same_domain", fs(4, kTableA), fs(4, kTableB), "1P|T|", CHK_HITLESS},
    {"ss_to_fs", ss(4, kTableA), fs(5, kTableB), "1PT|0P|I|", CHK_HITLESS},
    {"ss_to_nested", ss(4, kTableA), nested(5, kTableA, kGuest), "1PT|0P|I|", CHK_HITLESS},
    {"pass_to_fs", pass(1), fs(5, kTableB), "1PT|0P|T|", CHK_HITLESS},
    {"fs_to_ss", fs(4, kTableA), ss(5, kTableB), "0P|T|c", CHK_HITLESS},
    {"nested_to_ss", nested(4, kTableA, kGuest), ss(5, kTableB), "0P|I|c", CHK_HITLESS},
    {"fs_to_pass", fs(4, kTableA), pass(1), "0P|T|c", CHK_HITLESS},
    {"nested_to_pass", nested(4, kTableA, kGuest), pass(1), "0P|I|c", CHK_HITLESS},
    {"nested_pointer", nested(4, kTableA, kGuest), nested(4, kTableA, kOtherGuest), "1P|T|",
     CHK_HITLESS},
    {"nested_to_other_domain_same_pointer", nested(4, kTableA, kGuest), nested(5, kTableA, kGuest),
     "0P|I|", CHK_HITLESS},

    {"nested_to_ss_same_domain", nested(4, kTableA, kGuest), ss(4, kTableA), "0P|I|", CHK_HITLESS},
    /* One domain, two second stages: the guest's tables go on above the new one. */
    {"nested_to_ss_same_domain_other_table", nested(4, kTableA, kGuest), ss(4, kTableB), "0P|I|",
     CHK_TORN},

    /* Two quanta that both read: no order helps. */
    {"fs_to_fs_other_domain", fs(4, kTableA), fs(5, kTableB), "1P|T|0P|T|", CHK_TORN},
    {"fs_to_fs_other_domain_both_flushed", fs(4, kTableA), fs(5, kTableB), "01pPtT|", CHK_TORN},
    {"fs_to_fs_other_domain_q0_first", fs(4, kTableA), fs(5, kTableB), "0P|T|1p|", CHK_POISONS},
    {"fs_to_fs_other_domain_q0_first_flushed", fs(4, kTableA), fs(5, kTableB), "0P|T|1p|t|",
     CHK_TORN},
    {"nested_both", nested(4, kTableA, kGuest), nested(5, kTableB, kOtherGuest), "1P|T|0P|I|",
     CHK_TORN},
    {"fs_to_fs_break", fs(4, kTableA), fs(5, kTableB), "zP|T|1ba", CHK_BREAKS},
    {"ss_to_ss_break", ss(4, kTableA), ss(5, kTableB), "zP|I|ba", CHK_BREAKS},

    /* Released kernels assigned a struct of 64 bytes: halves meet. */
    {"ss_struct_assignment", ss(4, kTableA), ss(5, kTableB), "SP|T|", CHK_TORN},
    {"fs_struct_assignment", fs(4, kTableA), fs(5, kTableB), "SP|T|", CHK_POISONS},
    {"ss_two_halves", ss(4, kTableA), ss(5, kTableB), "abP|I|", CHK_TORN},

    /* Steps that are missing or wrong. */
    {"no_pasid_cache", ss(4, kTableA), ss(5, kTableB), "0I|", CHK_STALE},
    {"no_iotlb", ss(4, kTableA), ss(5, kTableB), "0P|", CHK_STALE},
    {"pasid_cache_by_the_new_domain", ss(4, kTableA), ss(5, kTableB), "0p|I|", CHK_STALE},
    {"iotlb_by_the_new_domain", ss(4, kTableA), ss(5, kTableB), "0P|i|", CHK_STALE},
    {"iotlb_before_pasid_cache", ss(4, kTableA), ss(5, kTableB), "0IP|", CHK_STALE},
    {"invalidated_before_the_store", ss(4, kTableA), ss(5, kTableB), "P|I|0", CHK_STALE},
    {"no_wait_at_the_end", ss(4, kTableA), ss(5, kTableB), "0P|I", CHK_STALE},
    {"whole_pasid_cache_is_enough", ss(4, kTableA), ss(5, kTableB), "0G|I|", CHK_HITLESS},
    {"ss_to_fs_without_the_first_wait", ss(4, kTableA), fs(5, kTableB), "10P|I|", CHK_POISONS},
    {"fs_to_ss_cleared_too_early", fs(4, kTableA), ss(5, kTableB), "0cP|T|", CHK_TORN},
    /* P=1 with a type that does not exist: refused and never cached, but a fetch of it may be under
     * way, and it ends with P=0 alone. */
    {"no_type_to_fs", {0x9, 4 | kPwsnp, kTableA}, fs(5, kTableB), "10", CHK_POISONS},
    {"no_type_to_fs_by_way_of_absent",
     {0x9, 4 | kPwsnp, kTableA},
     fs(5, kTableB),
     "z10",
     CHK_HITLESS},
    {"no_type_to_fs_flushed", {0x9, 4 | kPwsnp, kTableA}, fs(5, kTableB), "1P|0", CHK_HITLESS},
    /* The old entry stays; what is there anew has nothing that was gone before. */
    {"fs_to_fs_break_no_pasid_cache", fs(4, kTableA), fs(5, kTableB), "zT|1ba", CHK_STALE},
    /* By page, all that a first stage has of the domain goes; of a second stage the page (4.2). */
    {"fs_same_domain_by_page", fs(4, kTableA), fs(4, kTableB), "1P|g|", CHK_HITLESS},
    {"ss_same_domain_by_page", ss(4, kTableA), ss(4, kTableB), "0P|g|", CHK_STALE},
    /* Snooping alone: the IOTLB has it, too (6.4, any other field). */
    {"no_snoop", {0x49, 4 | kPwsnp | kPgsnp, kTableA}, fs(4, kTableA), "bP|T|", CHK_HITLESS},
    {"no_snoop_no_iotlb", {0x49, 4 | kPwsnp | kPgsnp, kTableA}, fs(4, kTableA), "bP|", CHK_STALE},
    {"snoop_no_iotlb", fs(4, kTableA), {0x49, 4 | kPwsnp | kPgsnp, kTableA}, "bP|", CHK_STALE},
    {"write_protect_no_iotlb",
     fs(4, kTableA),
     {0x49, 4 | kPwsnp, kTableA | kWpe},
     "1P|",
     CHK_STALE},
    {"dirty_tracking", ss(4, kTableA), {kTableA | 0x89 | kSsade, 4 | kPwsnp}, "aP|I|", CHK_HITLESS},
    {"dirty_tracking_no_iotlb",
     ss(4, kTableA),
     {kTableA | 0x89 | kSsade, 4 | kPwsnp},
     "aP|",
     CHK_STALE},
    {"same_domain_no_iotlb", fs(4, kTableA), fs(4, kTableB), "1P|", CHK_STALE},
};

class VtdTransition : public testing::TestWithParam<Row>
{
};

void invalidate(Stream &s, char step, uint64_t old_did, uint64_t new_did)
{
    switch (step) {
    case 'P':
        s.pc_pasid(old_did);
        break;
    case 'p':
        s.pc_pasid(new_did);
        break;
    case 'G':
        s.pc_global();
        break;
    case 'I':
        s.iotlb_domain(old_did);
        break;
    case 'i':
        s.iotlb_domain(new_did);
        break;
    case 'g':
        s.iotlb_page(old_did, 0x1000);
        break;
    case 'T':
        s.piotlb(old_did);
        break;
    case 't':
        s.piotlb(new_did);
        break;
    default:
        s.wait();
        break;
    }
}

void play(Stream &s, const Row &row, uint64_t at)
{
    for (const char *step = row.steps; *step; step++) {
        switch (*step) {
        case '0':
            s.store16(at, row.to[0], row.to[1]);
            break;
        case 'o':
            s.store16(at, row.to[0], row.from[1]);
            break;
        case '1':
            s.store(at + 16, row.to[2]);
            break;
        case 'c':
            s.store(at + 16, 0);
            break;
        case 'a':
            s.store(at, row.to[0]);
            break;
        case 'b':
            s.store(at + 8, row.to[1]);
            break;
        case 'z':
            s.store(at, row.from[0] & ~1ull);
            break;
        case 'S':
            for (unsigned i = 0; i < 8; i++)
                s.store(at + i * 8, row.to[i]);
            break;
        default:
            invalidate(s, *step, row.from[1] & 0xffff, row.to[1] & 0xffff);
            break;
        }
    }
}

TEST_P(VtdTransition, HasTheClassOfTheTable)
{
    const Row &row = GetParam();
    Stream s;

    s.has(0, row.from);
    s.on();
    s.begin();
    play(s, row, pasid_at(0));
    s.end();
    EXPECT_EQ(chk_class_name(row.verdict), std::string(chk_class_name(s.last())));
}

INSTANTIATE_TEST_SUITE_P(PasidEntry, VtdTransition, testing::ValuesIn(rows),
                         [](const testing::TestParamInfo<Row> &param) { return param.param.name; });

/* ---- what was met ---- */

const xpl_outcome *find(const xpl_op &op, chk_class verdict, xpl_phase phase)
{
    for (uint32_t i = 0; i < op.slots[0].n_outcomes; i++) {
        const xpl_outcome &o = op.slots[0].outcomes[i];

        if (o.verdict == verdict && o.phase == phase)
            return &o;
    }
    return nullptr;
}

TEST(VtdWitness, ABreakIsRefusedWith59h)
{
    Stream s;

    s.has(0, ss(4, kTableA));
    s.on();
    s.begin();
    play(s, {"", ss(4, kTableA), ss(5, kTableB), "zP|I|ba", CHK_BREAKS}, pasid_at(0));
    s.end();
    const xpl_outcome *o = find(s.last_op(), CHK_BREAKS, XPL_DURING);
    ASSERT_NE(nullptr, o);
    EXPECT_EQ(0x59u, o->target.event);
}

TEST(VtdWitness, AStructAssignmentShowsTheEntryThatIsHalfOld)
{
    Stream s;

    s.has(0, fs(4, kTableA));
    s.on();
    s.begin();
    play(s, {"", fs(4, kTableA), fs(5, kTableB), "SP|T|", CHK_TORN}, pasid_at(0));
    s.end();
    const xpl_op &op = s.last_op();
    const xpl_outcome *o = find(op, CHK_TORN, XPL_DURING);
    ASSERT_NE(nullptr, o);
    ASSERT_NE(XPL_NO_VIEW, o->view);
    const xpl_view &view = op.views[o->view];
    ASSERT_EQ(4u, view.n_structures);
    EXPECT_EQ(uint32_t{SIM_S_PASID}, view.structure[3].key.structure);
    /* Domain 5 with the table of domain 4, or the other way round. */
    const uint64_t did = view.structure[3].word[1] & 0xffff;
    EXPECT_EQ(did == 5 ? kTableA : kTableB, view.structure[3].word[2]);
}

/* What was fetched halfway has the new domain: the old one's invalidation does not reach it. */
TEST(VtdWitness, ATornEntryStaysUnderTheNewDomain)
{
    Stream s;

    s.has(0, fs(4, kTableA));
    s.on();
    s.begin();
    play(s, {"", fs(4, kTableA), fs(5, kTableB), "01P|T|", CHK_TORN}, pasid_at(0));
    s.end();
    EXPECT_NE(nullptr, find(s.last_op(), CHK_STALE, XPL_AFTER));

    Stream t;

    t.has(0, fs(4, kTableA));
    t.on();
    t.begin();
    play(t, {"", fs(4, kTableA), fs(5, kTableB), "01Pp|T|", CHK_TORN}, pasid_at(0));
    t.piotlb(5);
    t.wait();
    t.end();
    EXPECT_EQ(nullptr, find(t.last_op(), CHK_STALE, XPL_AFTER));
}

/* ---- domains are shared ---- */

TEST(VtdDomain, TheOldDomainWithANewTablePoisonsTheOtherDevice)
{
    Stream s;

    s.has(0, ss(4, kTableA));
    s.has(1, ss(4, kTableA));
    s.on();
    s.begin(SIM_OP_REPLACE, 0);
    s.store16(pasid_at(0), ss(4, kTableB)[0], ss(4, kTableB)[1]);
    s.pc_pasid(4);
    s.wait();
    s.iotlb_domain(4);
    s.wait();
    s.end(SIM_OP_REPLACE, 0);
    const xpl_op &op = s.last_op();
    bool is_named = false;

    EXPECT_TRUE(op.classes[XPL_ARCHITECTURE] >> CHK_POISONS & 1);
    for (uint32_t i = 0; i < op.n_slots; i++)
        is_named = is_named ||
                   (op.slots[i].request.requester == kOtherSid && op.slots[i].worst == CHK_POISONS);
    EXPECT_TRUE(is_named);
}

TEST(VtdDomain, OneThatNobodyElseUsesPoisonsNobody)
{
    Stream s;

    s.has(0, ss(4, kTableA));
    s.has(1, ss(6, kTableA));
    s.on();
    s.begin(SIM_OP_REPLACE, 0);
    s.store16(pasid_at(0), ss(4, kTableB)[0], ss(4, kTableB)[1]);
    s.pc_pasid(4);
    s.wait();
    s.iotlb_domain(4);
    s.wait();
    s.end(SIM_OP_REPLACE, 0);
    EXPECT_EQ(CHK_HITLESS, s.last());
}

TEST(VtdDomain, FlushingThePasidAloneLeavesTheTablesOfTheSecondStage)
{
    Stream s;

    s.has(0, ss(4, kTableA));
    s.on();
    s.begin();
    s.store16(pasid_at(0), ss(4, kTableB)[0], ss(4, kTableB)[1]);
    s.pc_pasid(4);
    s.wait();
    s.piotlb(4);
    s.wait();
    s.end();
    EXPECT_EQ(CHK_STALE, s.last());
}

/* ---- what appears and goes ---- */

void fill(Stream &s, const Words &words)
{
    s.store(pasid_at(0) + 16, words[2]);
    s.store(pasid_at(0) + 8, words[1]);
    s.store(pasid_at(0), words[0] & ~1ull);
    s.store(pasid_at(0), words[0]);
}

TEST(VtdPresent, AnEntryAppearsWithoutAnyInvalidation)
{
    Stream s;

    s.on();
    s.begin(SIM_OP_ATTACH);
    fill(s, fs(5, kTableB));
    s.end(SIM_OP_ATTACH);
    EXPECT_EQ(CHK_HITLESS, s.last());
}

/* Not-present entries have domain 0 (6.2). */
TEST(VtdPresent, WithCachingModeItIsFiledUnderDomain0)
{
    const struct {
        uint64_t did;
        chk_class verdict;
    } cases[] = {{0, CHK_HITLESS}, {5, CHK_STALE_REFUSAL}, {6, CHK_STALE_REFUSAL}};

    for (const auto &c : cases) {
        Stream s(kCap | kCachingMode);

        s.on();
        s.begin(SIM_OP_ATTACH);
        s.store16(pasid_at(0), ss(5, kTableB)[0], ss(5, kTableB)[1]);
        s.pc_pasid(c.did);
        s.wait();
        s.end(SIM_OP_ATTACH);
        EXPECT_EQ(c.verdict, s.last()) << c.did;
    }
}

TEST(VtdPresent, PBeforeTheRestFilesTablesThatAreNotTheDomains)
{
    Stream s;

    s.on();
    s.begin(SIM_OP_ATTACH);
    s.store(pasid_at(0) + 8, fs(5, kTableB)[1]);
    s.store(pasid_at(0), fs(5, kTableB)[0]);
    s.store(pasid_at(0) + 16, fs(5, kTableB)[2]);
    s.end(SIM_OP_ATTACH);
    EXPECT_EQ(CHK_POISONS, s.last()); /* nothing was invalidated */
}

/* A request that finds its translation in the IOTLB does not look at the PASID entry. */
TEST(VtdPresent, ADetachNeedsTheIotlb)
{
    const struct {
        bool has_iotlb;
        chk_class verdict;
    } cases[] = {{true, CHK_HITLESS}, {false, CHK_STALE}};

    for (const auto &c : cases) {
        Stream s;

        s.has(0, ss(4, kTableA));
        s.on();
        s.begin(SIM_OP_DETACH);
        s.store(pasid_at(0), ss(4, kTableA)[0] & ~1ull);
        s.pc_pasid(4);
        s.wait();
        if (c.has_iotlb) {
            s.iotlb_domain(4);
            s.wait();
        }
        s.end(SIM_OP_DETACH);
        EXPECT_EQ(c.verdict, s.last()) << c.has_iotlb;
    }
}

/* ---- legacy mode ---- */

struct LegacyRow {
    const char *name;
    const char *steps; /* 0 a b z as above; C, c: context cache by the old, new domain; I | */
    chk_class verdict;
};

class VtdContext : public testing::TestWithParam<LegacyRow>
{
};

TEST_P(VtdContext, HasItsClass)
{
    const Words from = legacy(4, kTableA);
    const Words to = legacy(5, kTableB);
    const uint64_t at = legacy_at(kSid);
    Stream s(kCap, false);

    s.store16(at, from[0], from[1], SIM_S_CTX);
    s.on();
    s.begin();
    for (const char *step = GetParam().steps; *step; step++) {
        if (*step == '0')
            s.store16(at, to[0], to[1], SIM_S_CTX);
        else if (*step == 'a' || *step == 'b')
            s.store(at + (*step == 'b' ? 8 : 0), to[*step == 'b'], SIM_S_CTX);
        else if (*step == 'z')
            s.store(at, from[0] & ~1ull, SIM_S_CTX);
        else if (*step == 'C' || *step == 'c')
            s.cc_device(*step == 'C' ? 4 : 5);
        else if (*step == 'g')
            s.cc_global();
        else if (*step == 'I')
            s.iotlb_domain(4);
        else
            s.wait();
    }
    s.end();
    EXPECT_EQ(chk_class_name(GetParam().verdict), std::string(chk_class_name(s.last())));
}

const LegacyRow legacy_rows[] = {
    {"one_store", "0C|I|", CHK_HITLESS},
    {"one_store_all_contexts", "0g|I|", CHK_HITLESS},
    {"linux", "zC|I|ba", CHK_BREAKS},
    {"two_halves", "abC|I|", CHK_TORN},
    {"context_cache_by_the_new_domain", "0c|I|", CHK_STALE},
    {"no_context_cache", "0I|", CHK_STALE},
    {"no_iotlb", "0C|", CHK_STALE},
};

INSTANTIATE_TEST_SUITE_P(ContextEntry, VtdContext, testing::ValuesIn(legacy_rows),
                         [](const testing::TestParamInfo<LegacyRow> &param) {
                             return param.param.name;
                         });

TEST(VtdLegacy, ABreakIsRefusedWith02h)
{
    const Words from = legacy(4, kTableA);
    Stream s(kCap, false);

    s.store16(legacy_at(kSid), from[0], from[1], SIM_S_CTX);
    s.on();
    s.begin();
    s.store(legacy_at(kSid), from[0] & ~1ull, SIM_S_CTX);
    s.cc_device(4);
    s.wait();
    s.store(legacy_at(kSid), from[0], SIM_S_CTX);
    s.end();
    const xpl_outcome *o = find(s.last_op(), CHK_BREAKS, XPL_DURING);
    ASSERT_NE(nullptr, o);
    EXPECT_EQ(0x02u, o->target.event);
}

/* ---- coarser: a copy of the table, and one store of the directory (6.5) ---- */

TEST(VtdCopy, AnotherTableBehindTheDirectoryIsHitless)
{
    const uint64_t copy = 0x10020000;
    Stream s;

    s.has(0, fs(4, kTableA));
    s.on();
    s.begin();
    for (unsigned i = 0; i < 8; i++)
        s.store(copy + i * 8, fs(5, kTableB)[i]);
    s.store(kDirectory, copy | 1, SIM_S_PASID_DIR);
    s.pc_pasid(4);
    s.wait();
    s.piotlb(4);
    s.wait();
    s.end();
    EXPECT_EQ(CHK_HITLESS, s.last());
}

/* ---- ATS ---- */

struct AtsRow {
    const char *name;
    const char *steps; /* 0 P I as above, D: device TLB */
    chk_class verdict;
};

class VtdAts : public testing::TestWithParam<AtsRow>
{
};

TEST_P(VtdAts, HasItsClass)
{
    Stream s;

    s.has(0, ss(4, kTableA));
    s.allow_ats();
    s.on();
    s.ats(true);
    s.begin();
    for (const char *step = GetParam().steps; *step; step++) {
        if (*step == 'D')
            s.devtlb();
        else if (*step == '0')
            s.store16(pasid_at(0), ss(5, kTableB)[0], ss(5, kTableB)[1]);
        else
            invalidate(s, *step, 4, 5);
    }
    s.end();
    EXPECT_EQ(chk_class_name(GetParam().verdict), std::string(chk_class_name(s.last())));
}

const AtsRow ats_rows[] = {
    {"in_order", "0P|I|D|", CHK_HITLESS}, {"one_wait", "0PID|", CHK_HITLESS},
    {"device_first", "0DPI|", CHK_STALE}, {"device_before_the_iotlb", "0PDI|", CHK_STALE},
    {"no_device", "0P|I|", CHK_STALE},
};

INSTANTIATE_TEST_SUITE_P(Replace, VtdAts, testing::ValuesIn(ats_rows),
                         [](const testing::TestParamInfo<AtsRow> &param) {
                             return param.param.name;
                         });

} // namespace
