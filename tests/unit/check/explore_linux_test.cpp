/* SPDX-License-Identifier: BSD-2-Clause
 * explore_linux_test.cpp - entries as Linux updates them: transitions of one entry, and whole
 * attaches, replaces and detaches; by the rules of 6.12 and of 7.x.
 * The rule that finds the steps is written here once more, from its description: bits that the old
 * entry ignores first, then the one word in use that differs, then the rest; with more words than
 * one, V=0 between. Classes and numbers of CMD_SYNCs are typed by hand. */
#include "tests/unit/check/explore_stream.h"

#include <string>

using namespace explore_test;

namespace
{

enum Kernel { k612, k7 };

constexpr unsigned kWords = 8;
constexpr uint64_t kGuest = 0x40000;
constexpr uint64_t kGuestToo = 0x80000;
constexpr uint64_t kEats = 1ull << 28;
constexpr uint64_t kMaxOne = 1ull << 59; /* S1CDMax */
constexpr uint64_t kMair = 0xfffffffff404ff44;
constexpr uint64_t kOtherMair = 0xfffffffff40400ff;

constexpr uint64_t bits(unsigned high, unsigned low)
{
    return (~0ull >> (63 - high)) & (~0ull << low);
}

/* ---- which bits an entry looks at ---- */

Words ste_used(const Words &ste, Kernel kernel)
{
    const uint64_t config = ste[0] >> 1 & 7;
    Words used = {};

    used[0] = 1;
    if (!(ste[0] & 1))
        return used;
    used[0] |= bits(3, 1);
    if (!(config & 4))
        return used;
    if (config & 1) {
        used[0] |= bits(5, 4) | bits(51, 6) | bits(63, 59);
        used[1] |= bits(7, 0) | bits(27, 27) | bits(31, 28);
        used[2] |= bits(15, 0);
        if ((ste[1] & 3) == 1)
            used[1] |= bits(45, 44);
    }
    if (config & 2) {
        used[1] |= bits(29, 28) | bits(45, 44);
        used[2] |= bits(15, 0) | bits(50, 32) | bits(52, 51) | bits(54, 54) | bits(58, 57);
        used[3] |= bits(51, 4);
    }
    if (config & 3 && kernel == k7)
        used[1] |= bits(19, 19); /* MEV */
    if (config == 4)
        used[1] |= bits(45, 44);
    return used;
}

Words cd_used(const Words &cd)
{
    Words used = {1ull << 31};

    if (!(cd[0] >> 31 & 1))
        return used;
    used = {~0ull, ~0ull, ~0ull, ~0ull, ~0ull, ~0ull, ~0ull, ~0ull};
    if (cd[0] >> 14 & 1) { /* EPD0 */
        used[0] &= ~bits(13, 0);
        used[1] &= ~bits(51, 4);
    }
    return used;
}

/* Bits that may change at any time: MEV, and EATS between 00 and 01 without S2S. */
uint64_t safe_bits(const Words &from, const Words &to)
{
    const uint64_t eats = from[1] | to[1];
    const bool has_s2s = (from[2] | to[2]) >> 57 & 1;

    return bits(19, 19) | (eats >> 29 & 1 || has_s2s ? 0 : bits(29, 28));
}

/* ---- the driver ---- */

struct Driver {
    Stream &s;
    Kernel kernel;
    Words ste, cd0;

    void invalidate(bool is_cd)
    {
        if (is_cd)
            s.cfgi_cd();
        else
            s.cfgi_ste();
        s.sync();
    }
    /* Words @first to @last become @to's; a CMD_SYNC if that changed any. */
    void set(bool is_cd, const Words &to, unsigned first, unsigned last)
    {
        Words &now = is_cd ? cd0 : ste;
        bool is_changed = false;

        for (unsigned i = first; i <= last; i++) {
            if (now[i] == to[i])
                continue;
            now[i] = to[i];
            s.store((is_cd ? kCdTable : ste_at(kSid)) + i * 8, to[i], is_cd ? SIM_S_CD : SIM_S_STE);
            is_changed = true;
        }
        if (is_changed)
            invalidate(is_cd);
    }
    void write(bool is_cd, const Words &to)
    {
        const Words from = is_cd ? cd0 : ste;
        Words used = is_cd ? cd_used(from) : ste_used(from, kernel);
        const Words wanted = is_cd ? cd_used(to) : ste_used(to, kernel);
        unsigned n_differ = 0, critical = 0;
        Words ignored;

        if (!is_cd && kernel == k7)
            used[1] &= ~(safe_bits(from, to) & wanted[1]); /* of those that both look at */
        for (unsigned i = 0; i < kWords; i++) {
            ignored[i] = (from[i] & used[i]) | (to[i] & ~used[i]);
            if ((ignored[i] & wanted[i]) == to[i])
                continue;
            critical = i;
            n_differ++;
        }
        if (n_differ > 1) {
            Words broken = from;

            broken[0] = 0;
            set(is_cd, broken, 0, 0);
            set(is_cd, to, 1, kWords - 1);
            set(is_cd, to, 0, 0);
        } else if (n_differ == 1) {
            ignored[critical] = from[critical];
            set(is_cd, ignored, 0, kWords - 1);
            set(is_cd, to, critical, critical);
            set(is_cd, to, 0, kWords - 1);
        } else {
            set(is_cd, to, 0, kWords - 1);
        }
        if (!is_cd)
            s.command(uint64_t{kSid} << 32 | 0x01); /* PREFETCH_CONFIG */
    }
};

/* ---- transitions of one entry ---- */

struct Row {
    const char *name;
    bool is_cd;
    Words from, to;
    chk_class entry, all[2]; /* without what a TLB has, and with it, by kernel */
    unsigned syncs[2];       /* 0: not of that kernel */
};

std::ostream &operator<<(std::ostream &out, const Row &row)
{
    return out << row.name;
}

Words with(Words words, unsigned word, uint64_t value)
{
    words[word] = value;
    return words;
}

Words s2_other_vmid_zero()
{
    return s2_ste(0, kTableA);
}

Words nested(uint64_t guest, uint64_t dss = 2, uint64_t eats = 0)
{
    const Words ste = nested_ste(1, kTableA, guest | kMaxOne);

    return with(ste, 1, (ste[1] & ~3ull) | dss | eats);
}

Words released()
{
    const Words live = cd(1, kTableA);

    return {(live[0] & ~(bits(13, 0) | 3ull << 44)) | 1ull << 14, 0, 0, kMair};
}

const Words plain_identity = {0x9};

#define HITLESS                                                                                    \
    CHK_HITLESS,                                                                                   \
    {                                                                                              \
        CHK_HITLESS, CHK_HITLESS                                                                   \
    }
#define BREAKS                                                                                     \
    CHK_BREAKS,                                                                                    \
    {                                                                                              \
        CHK_BREAKS, CHK_BREAKS                                                                     \
    }
/* The same tag, and nobody flushes it in between. */
#define TAG_STAYS                                                                                  \
    CHK_HITLESS,                                                                                   \
    {                                                                                              \
        CHK_STALE, CHK_STALE                                                                       \
    }

const Row rows[] = {
    {"invalid_to_abort", false, {0}, abort_ste(), HITLESS, {1, 1}},
    {"abort_to_identity", false, abort_ste(), identity_ste(), HITLESS, {2, 2}},
    {"identity_to_abort", false, identity_ste(), abort_ste(), HITLESS, {2, 2}},
    {"abort_to_s1", false, abort_ste(), s1_ste(kCdTable), HITLESS, {2, 2}},
    {"s1_to_abort", false, s1_ste(kCdTable), abort_ste(), HITLESS, {2, 2}},
    {"identity_to_s1", false, identity_ste(), s1_ste(kCdTable), HITLESS, {3, 3}},
    {"s1_to_identity", false, s1_ste(kCdTable), identity_ste(), HITLESS, {3, 3}},
    {"identity_without_override_to_s1", false, plain_identity, s1_ste(kCdTable), HITLESS, {2, 2}},
    {"s1_to_identity_without_override", false, s1_ste(kCdTable), plain_identity, HITLESS, {2, 2}},
    {"identity_to_s1dss_bypass",
     false,
     identity_ste(),
     s1_ste(kCdTable | kMaxOne, 1),
     HITLESS,
     {2, 2}},
    {"s1dss_bypass_to_identity",
     false,
     s1_ste(kCdTable | kMaxOne, 1),
     identity_ste(),
     HITLESS,
     {2, 2}},
    {"s1dss_only",
     false,
     s1_ste(kCdTable | kMaxOne),
     s1_ste(kCdTable | kMaxOne, 0),
     HITLESS,
     {1, 1}},
    {"s1dss_to_bypass",
     false,
     s1_ste(kCdTable | kMaxOne),
     s1_ste(kCdTable | kMaxOne, 1),
     HITLESS,
     {1, 1}},
    {"eats_only",
     false,
     s1_ste(kCdTable),
     with(s1_ste(kCdTable), 1, 0xd6 | kEats),
     HITLESS,
     {1, 1}},
    {"abort_to_s2", false, abort_ste(), s2_ste(1, kTableA), HITLESS, {2, 2}},
    {"s2_to_abort", false, s2_ste(1, kTableA), abort_ste(), HITLESS, {2, 2}},
    {"identity_to_s2", false, identity_ste(), s2_ste(1, kTableA), HITLESS, {2, 2}},
    {"s2_to_identity", false, s2_ste(1, kTableA), identity_ste(), HITLESS, {2, 2}},
    {"s1_to_s2", false, s1_ste(kCdTable), s2_ste(1, kTableA), BREAKS, {3, 3}},
    {"s2_to_s1", false, s2_ste(1, kTableA), s1_ste(kCdTable), BREAKS, {3, 3}},
    {"s1_to_s2_of_vmid_0", false, s1_ste(kCdTable), s2_other_vmid_zero(), HITLESS, {3, 3}},
    {"s2_of_vmid_0_to_s1", false, s2_other_vmid_zero(), s1_ste(kCdTable), HITLESS, {3, 3}},
    {"s2_to_s2", false, s2_ste(1, kTableA), s2_ste(2, kTableB), BREAKS, {3, 3}},
    {"s2_table_only", false, s2_ste(1, kTableA), s2_ste(1, kTableB), TAG_STAYS, {1, 1}},
    {"s2_vmid_only", false, s2_ste(1, kTableA), s2_ste(2, kTableA), HITLESS, {1, 1}},
    {"s2_to_nested", false, s2_ste(1, kTableA), nested(kGuest), HITLESS, {0, 2}},
    {"nested_to_s2", false, nested(kGuest), s2_ste(1, kTableA), HITLESS, {0, 3}},
    {"nested_pointer_only", false, nested(kGuest), nested(kGuestToo), HITLESS, {0, 1}},
    {"nested_pointer_and_eats",
     false,
     nested(kGuest),
     nested(kGuestToo, 2, kEats),
     HITLESS,
     {0, 2}},
    {"nested_pointer_and_s1dss", false, nested(kGuest), nested(kGuestToo, 0), BREAKS, {3, 3}},
    {"nested_to_other_parent",
     false,
     nested(kGuest),
     nested_ste(2, kTableB, kGuest | kMaxOne),
     BREAKS,
     {3, 3}},
    {"nested_to_s1", false, nested(kGuest), s1_ste(kCdTable), BREAKS, {3, 3}},
    {"s1_to_nested", false, s1_ste(kCdTable), nested(kGuest), BREAKS, {3, 3}},
    {"abort_to_nested", false, abort_ste(), nested(kGuest), HITLESS, {3, 2}},
    {"nested_to_abort", false, nested(kGuest), abort_ste(), HITLESS, {3, 2}},

    {"cd_appears", true, {0}, cd(1, kTableA), HITLESS, {2, 2}},
    {"cd_goes", true, cd(1, kTableA), {0}, HITLESS, {2, 2}},
    {"cd_a_to_b", true, cd(1, kTableA), cd(2, kTableB), BREAKS, {3, 3}},
    {"cd_a_to_b_with_mair",
     true,
     cd(1, kTableA),
     with(cd(2, kTableB), 3, kOtherMair),
     BREAKS,
     {3, 3}},
    {"cd_asid_only", true, cd(1, kTableA), cd(2, kTableA), HITLESS, {1, 1}},
    {"cd_table_only", true, cd(1, kTableA), cd(1, kTableB), TAG_STAYS, {1, 1}},
    {"cd_is_released", true, cd(1, kTableA), released(), TAG_STAYS, {2, 2}},
    {"cd_lives_again", true, released(), cd(1, kTableA), HITLESS, {2, 2}},
    {"cd_released_goes", true, released(), {0}, HITLESS, {2, 2}},
};

bool is_done_by(const Row &row, Kernel kernel)
{
    return row.syncs[kernel] != 0;
}

/* What each kernel does of @list. */
template <typename R, size_t n> std::vector<std::tuple<R, Kernel>> by_kernel(const R (&list)[n])
{
    std::vector<std::tuple<R, Kernel>> all;

    for (const Kernel kernel : {k612, k7}) {
        for (const R &row : list) {
            if (is_done_by(row, kernel))
                all.emplace_back(row, kernel);
        }
    }
    return all;
}

class Transition : public testing::TestWithParam<std::tuple<Row, Kernel>>
{
};

TEST_P(Transition, of_an_entry)
{
    const auto &[row, kernel] = GetParam();
    Stream s;

    s.params.has_all_ats = true;
    s.entry(ste_at(kSid), row.is_cd ? s1_ste(kCdTable) : row.from);
    s.entry(kCdTable, row.is_cd ? row.from : cd(1, kTableA));
    s.on();
    s.begin(SIM_OP_REPLACE);
    Driver{s, kernel, row.is_cd ? s1_ste(kCdTable) : row.from, row.is_cd ? row.from : Words{}}
        .write(row.is_cd, row.to);
    s.end(SIM_OP_REPLACE);
    const xpl_report &report = s.explore();

    ASSERT_EQ(1u, report.n_ops);
    EXPECT_STREQ(chk_class_name(row.entry),
                 chk_class_name(report.ops[0].entry_worst[XPL_ARCHITECTURE]));
    EXPECT_STREQ(chk_class_name(row.all[kernel]),
                 chk_class_name(report.ops[0].worst[XPL_ARCHITECTURE]));
    EXPECT_EQ(row.syncs[kernel], report.ops[0].syncs);
    EXPECT_FALSE(report.ops[0].inconclusive);
    EXPECT_FALSE(report.bad_outside);
}

INSTANTIATE_TEST_SUITE_P(rows, Transition, testing::ValuesIn(by_kernel(rows)), [](const auto &row) {
    return std::string(std::get<0>(row.param).name) +
           (std::get<1>(row.param) == k7 ? "_7" : "_6_12");
});

/* ---- whole sequences ---- */

enum Domain { kS1A, kS1B, kS2A, kS2B, kIdentity, kNestedA, kNestedB, kNestedDss, kNestedOther };

bool is_nested(Domain domain)
{
    return domain >= kNestedA;
}

Words ste_of(Domain domain)
{
    switch (domain) {
    case kS1A:
    case kS1B:
        return s1_ste(kCdTable);
    case kS2A:
        return s2_ste(1, kTableA);
    case kS2B:
        return s2_ste(2, kTableB);
    case kIdentity:
        return identity_ste();
    case kNestedA:
        return nested(kGuest);
    case kNestedB:
        return nested(kGuestToo);
    case kNestedDss:
        return nested(kGuestToo, 0);
    case kNestedOther:
    default:
        return nested_ste(2, kTableB, kGuest | kMaxOne);
    }
}

Words cd_of(Domain domain)
{
    return domain == kS1A ? cd(1, kTableA) : domain == kS1B ? cd(2, kTableB) : Words{};
}

/* Stage 1: CD 0 first; others: the STE first, then CD 0 goes; nested: the STE alone. */
void attach(Driver &driver, Domain domain)
{
    const bool is_s1 = domain == kS1A || domain == kS1B;

    if (is_s1)
        driver.write(true, cd_of(domain));
    driver.write(false, ste_of(domain));
    if (!is_s1 && !is_nested(domain))
        driver.write(true, {});
}

void block(Driver &driver)
{
    driver.write(false, abort_ste());
    driver.write(true, {});
}

struct Sequence {
    const char *name;
    Domain from, to;
    chk_class replace;
    unsigned syncs;         /* of the replace */
    unsigned detach, again; /* of a detach, and of the attach after it */
    bool has_nested;
};

std::ostream &operator<<(std::ostream &out, const Sequence &row)
{
    return out << row.name;
}

const Sequence sequences[] = {
    {"s1_to_s1", kS1A, kS1B, CHK_BREAKS, 3, 4, 4, false},
    {"s1_to_s2", kS1A, kS2A, CHK_BREAKS, 5, 4, 2, false},
    {"s2_to_s1", kS2A, kS1A, CHK_BREAKS, 5, 2, 4, false},
    {"s2_to_s2", kS2A, kS2B, CHK_BREAKS, 3, 2, 2, false},
    {"identity_to_s1", kIdentity, kS1A, CHK_HITLESS, 5, 2, 4, false},
    {"s1_to_identity", kS1A, kIdentity, CHK_HITLESS, 5, 4, 2, false},
    {"identity_to_s2", kIdentity, kS2A, CHK_HITLESS, 2, 2, 2, false},
    {"s2_to_identity", kS2A, kIdentity, CHK_HITLESS, 2, 2, 2, false},
    {"s2_to_nested", kS2A, kNestedA, CHK_HITLESS, 2, 2, 2, true},
    {"nested_to_s2", kNestedA, kS2A, CHK_HITLESS, 3, 2, 2, true},
    {"nested_to_nested", kNestedA, kNestedB, CHK_HITLESS, 1, 2, 2, true},
    {"nested_to_other_parent", kNestedA, kNestedOther, CHK_BREAKS, 3, 2, 2, true},
    {"nested_to_other_s1dss", kNestedA, kNestedDss, CHK_BREAKS, 3, 2, 2, true},
    {"s1_to_nested", kS1A, kNestedA, CHK_BREAKS, 3, 4, 2, true},
};

bool is_done_by(const Sequence &row, Kernel kernel)
{
    return kernel == k7 || !row.has_nested;
}

class Whole : public testing::TestWithParam<std::tuple<Sequence, Kernel>>
{
};

Driver prepare(Stream &s, const Sequence &row, Kernel kernel)
{
    const Driver driver{s, kernel, ste_of(row.from), cd_of(row.from)};

    s.params.has_all_ats = true;
    s.entry(ste_at(kSid), driver.ste);
    s.entry(kCdTable, driver.cd0);
    s.on();
    return driver;
}

/* 7.x: tags that no device uses any more. */
void flush_old(Driver &driver, const Sequence &row)
{
    const bool was_s1 = row.from == kS1A;
    const bool was_s2 = row.from == kS2A || is_nested(row.from);
    const bool keeps = row.to == kS2A || row.to == kNestedA || row.to == kNestedB ||
                       row.to == kNestedDss; /* of VMID 1 */

    if (driver.kernel != k7 || (!was_s1 && (!was_s2 || keeps)))
        return;
    if (was_s1)
        driver.s.tlbi_asid(1);
    else
        driver.s.tlbi_vmid(1);
    driver.s.sync();
}

TEST_P(Whole, replace)
{
    const auto &[row, kernel] = GetParam();
    Stream s;

    Driver driver = prepare(s, row, kernel);
    s.begin(SIM_OP_REPLACE);
    attach(driver, row.to);
    s.end(SIM_OP_REPLACE);
    flush_old(driver, row);
    const xpl_report &report = s.explore();

    ASSERT_EQ(1u, report.n_ops);
    EXPECT_STREQ(chk_class_name(row.replace),
                 chk_class_name(report.ops[0].worst[XPL_ARCHITECTURE]));
    EXPECT_STREQ(chk_class_name(row.replace), chk_class_name(report.ops[0].worst[XPL_DEPLOYED]));
    EXPECT_EQ(1u << row.replace & ~1u, report.ops[0].classes[XPL_ARCHITECTURE]);
    EXPECT_EQ(row.syncs, report.ops[0].syncs);
    EXPECT_FALSE(report.inconclusive);
    EXPECT_FALSE(report.bad_outside);
}

TEST_P(Whole, detach_and_attach)
{
    const auto &[row, kernel] = GetParam();
    Stream s;

    Driver driver = prepare(s, row, kernel);
    s.begin(SIM_OP_DETACH);
    block(driver);
    flush_old(driver, row);
    s.end(SIM_OP_DETACH);
    s.begin(SIM_OP_ATTACH);
    attach(driver, row.to);
    s.end(SIM_OP_ATTACH);
    const xpl_report &report = s.explore();

    ASSERT_EQ(2u, report.n_ops);
    const bool has_flush = report.ops[0].syncs > row.detach;

    EXPECT_STREQ("HITLESS", chk_class_name(report.worst[XPL_ARCHITECTURE]));
    EXPECT_EQ(row.detach + has_flush, report.ops[0].syncs);
    EXPECT_EQ(row.again, report.ops[1].syncs);
    EXPECT_TRUE(kernel == k7 || !has_flush);
    EXPECT_FALSE(report.inconclusive);
    EXPECT_FALSE(report.bad_outside);
}

INSTANTIATE_TEST_SUITE_P(rows, Whole, testing::ValuesIn(by_kernel(sequences)), [](const auto &row) {
    return std::string(std::get<0>(row.param).name) +
           (std::get<1>(row.param) == k7 ? "_7" : "_6_12");
});

} // namespace
