/* SPDX-License-Identifier: BSD-2-Clause
 * explore_beyond_test.cpp - transitions that no driver is known to make, worked out by hand: what
 * may be changed at once, in which order, and what must be flushed (3.21, 5.2, 5.4, 7.3). */
#include "tests/unit/check/explore_stream.h"

#include <string>

using namespace explore_test;

namespace
{

constexpr uint64_t kCdMaxOne = 1ull << 59; /* S1CDMax */
constexpr uint64_t kTwoLevels = 7ull << 59 | 1 << 4;
constexpr uint64_t kL1Cds = 0x10040000;
constexpr uint64_t kL1std = 0x10030000;
constexpr uint64_t kCopy = 0x10050000; /* of the stream table */
constexpr uint64_t kEats = 1ull << 28;
constexpr uint64_t kEpd1 = 1ull << 30;
constexpr uint64_t kMair = 0xfffffffff404ff44;

Words with(Words words, unsigned word, uint64_t value)
{
    words[word] = value;
    return words;
}

Words plus(Words words, unsigned word, uint64_t bits)
{
    words[word] |= bits;
    return words;
}

Words minus(Words words, unsigned word, uint64_t bits)
{
    words[word] &= ~bits;
    return words;
}

/*
 * @steps: 0-3: that word becomes the target's; m1: word 1 becomes old | target; z: word 0 becomes
 * 0; |: CFGI and SYNC; f: TLBI and SYNC; x: CFGI, TLBI, one SYNC. @entry: without TLBs.
 */
struct Row {
    const char *name;
    bool is_cd;
    Words from, to;
    const char *steps;
    uint64_t flush;
    chk_class entry, all;
};

std::ostream &operator<<(std::ostream &out, const Row &row)
{
    return out << row.name;
}

constexpr uint64_t kAsid1 = 1ull << 48 | 0x11;
constexpr uint64_t kVmid1 = 1ull << 32 | 0x28;
constexpr uint64_t kS2Level = 3ull << 38 | 9ull << 32; /* S2SL0 2 and 1, S2T0SZ 16 and 25 */
const Words kS1 = s1_ste(kCdTable);
const Words kS1Max = s1_ste(kCdTable | kCdMaxOne);
const Words kS2 = s2_ste(1, kTableA);
const Words kCd = cd(1, kTableA);
const Words kUpper = with(minus(kCd, 0, kEpd1), 2, kTableB); /* TTB1, T1SZ 16, TG1 4K */
const Words kUpperCd = plus(kUpper, 0, 16ull << 16 | 2ull << 22);

const Row rows[] = {
    /* One word is enough. */
    {"more_cds", false, kS1, kS1Max, "0|", 0, CHK_HITLESS, CHK_HITLESS},
    {"fewer_cds", false, kS1Max, kS1, "0|", 0, CHK_HITLESS, CHK_HITLESS},
    {"other_cd_table_and_size", false, kS1, s1_ste(kSecondCdTable | kCdMaxOne), "0|", 0,
     CHK_HITLESS, CHK_HITLESS},
    {"terminate_to_ssid_0", false, s1_ste(kCdTable | kCdMaxOne, 0), kS1Max, "1|", 0, CHK_HITLESS,
     CHK_HITLESS},
    {"s1dss_and_eats", false, kS1Max, plus(s1_ste(kCdTable | kCdMaxOne, 1), 1, kEats), "1|", 0,
     CHK_HITLESS, CHK_HITLESS},
    {"other_override_of_bypass", false, identity_ste(), with(identity_ste(), 1, 2ull << 44), "1|",
     0, CHK_HITLESS, CHK_HITLESS},
    {"cd_fetch_attributes", false, kS1, with(kS1, 1, 0x2), "1|", 0, CHK_HITLESS, CHK_HITLESS},
    {"mev_of_stage_2", false, kS2, plus(kS2, 1, 1 << 19), "1|", 0, CHK_HITLESS, CHK_HITLESS},
    {"cd_answers_to_faults", true, kCd, minus(kCd, 0, 1ull << 45), "0|", 0, CHK_HITLESS,
     CHK_HITLESS},

    /* One word, and the TLB has the old under the same tag. */
    {"s2_table", false, kS2, s2_ste(1, kTableB), "3|", 0, CHK_HITLESS, CHK_STALE},
    {"s2_table_flushed", false, kS2, s2_ste(1, kTableB), "3|f", kVmid1, CHK_HITLESS, CHK_HITLESS},
    {"s2_table_flushed_at_once", false, kS2, s2_ste(1, kTableB), "3x", kVmid1, CHK_HITLESS,
     CHK_STALE},
    {"s2_table_flushed_before", false, kS2, s2_ste(1, kTableB), "f3|", kVmid1, CHK_HITLESS,
     CHK_STALE},
    {"s2_table_flushed_by_asid", false, kS2, s2_ste(1, kTableB), "3|f", kAsid1, CHK_HITLESS,
     CHK_STALE},
    {"parent_table", false, nested_ste(1, kTableA, 0x40000), nested_ste(1, kTableB, 0x40000), "3|",
     0, CHK_HITLESS, CHK_STALE},
    {"parent_table_flushed", false, nested_ste(1, kTableA, 0x40000),
     nested_ste(1, kTableB, 0x40000), "3|f", kVmid1, CHK_HITLESS, CHK_HITLESS},
    {"cd_write_never_executes", true, kCd, plus(kCd, 0, 1ull << 36), "0|", 0, CHK_HITLESS,
     CHK_STALE},
    {"cd_write_never_executes_flushed", true, kCd, plus(kCd, 0, 1ull << 36), "0|f", kAsid1,
     CHK_HITLESS, CHK_HITLESS},
    {"cd_mair", true, kCd, with(kCd, 3, kMair ^ 0xff), "3|", 0, CHK_HITLESS, CHK_STALE},
    {"cd_mair_flushed", true, kCd, with(kCd, 3, kMair ^ 0xff), "3|f", kAsid1, CHK_HITLESS,
     CHK_HITLESS},

    /* Two words in use: no order helps, and V=0 breaks. */
    {"cd_table_and_mair", true, kCd, with(cd(1, kTableB), 3, kMair ^ 0xff), "1|3|f", kAsid1,
     CHK_TORN, CHK_TORN},
    {"cd_mair_and_table", true, kCd, with(cd(1, kTableB), 3, kMair ^ 0xff), "3|1|f", kAsid1,
     CHK_TORN, CHK_TORN},
    {"cd_same_asid_by_break", true, kCd, cd(1, kTableB), "z|1|0|f", kAsid1, CHK_BREAKS, CHK_BREAKS},
    {"cd_same_asid_by_break_not_flushed", true, kCd, cd(1, kTableB), "z|1|0|", 0, CHK_BREAKS,
     CHK_STALE},
    {"cd_size_and_table", true, kCd, plus(cd(1, kTableB), 0, 0x9), "1|0|f", kAsid1, CHK_TORN,
     CHK_TORN},
    {"s2_level_then_table", false, kS2, with(s2_ste(1, kTableB), 2, kS2[2] ^ kS2Level), "2|3|f",
     kVmid1, CHK_TORN, CHK_TORN},
    {"s1dss_and_table", false, kS1Max, s1_ste(kSecondCdTable | kCdMaxOne, 1), "0|1|", 0, CHK_TORN,
     CHK_TORN},
    {"s1dss_and_table_by_break", false, kS1Max, s1_ste(kSecondCdTable | kCdMaxOne, 1), "z|1|0|", 0,
     CHK_BREAKS, CHK_BREAKS},

    /* What the old ignores comes first, what the new ignores last. */
    {"upper_half_on", true, kCd, kUpperCd, "2|0|f", kAsid1, CHK_HITLESS, CHK_HITLESS},
    {"upper_half_on_too_early", true, kCd, kUpperCd, "0|2|f", kAsid1, CHK_TORN, CHK_TORN},
    {"upper_half_off", true, kUpperCd, kCd, "0|2|f", kAsid1, CHK_HITLESS, CHK_HITLESS},
    {"upper_half_off_table_first", true, kUpperCd, kCd, "2|0|f", kAsid1, CHK_TORN, CHK_TORN},
    {"s1dss_bypass_to_s2", false, s1_ste(kCdTable | kCdMaxOne, 1), kS2, "23|0|1|", 0, CHK_HITLESS,
     CHK_HITLESS},
    {"s2_to_s1dss_bypass", false, kS2, s1_ste(kCdTable | kCdMaxOne, 1), "m1|0|1|23|", 0,
     CHK_HITLESS, CHK_HITLESS},
    {"s1dss_bypass_to_s2_at_once", false, s1_ste(kCdTable | kCdMaxOne, 1), kS2, "23|01|", 0,
     CHK_BREAKS, CHK_BREAKS}, /* the old Config with the new S1DSS */
};

class Beyond : public testing::TestWithParam<Row>
{
};

void invalidate(Stream &s, bool is_cd)
{
    if (is_cd)
        s.cfgi_cd();
    else
        s.cfgi_ste();
}

void take(Stream &s, const Row &row, const char *&step)
{
    const uint64_t at = row.is_cd ? kCdTable : ste_at(kSid);

    switch (*step) {
    case '|':
        invalidate(s, row.is_cd);
        s.sync();
        break;
    case 'f':
    case 'x':
        if (*step == 'x')
            invalidate(s, row.is_cd);
        s.command(row.flush);
        s.sync();
        break;
    case 'z':
        s.store(at, 0);
        break;
    case 'm':
        step++;
        s.store(at + 8, row.from[1] | row.to[1]);
        break;
    default:
        s.store(at + 8 * (*step - '0'), row.to[*step - '0']);
    }
}

TEST_P(Beyond, has_the_class_that_was_worked_out)
{
    const Row &row = GetParam();
    Stream s;

    s.params.has_all_ats = true;
    s.entry(ste_at(kSid), row.is_cd ? kS1 : row.from);
    s.entry(kCdTable, row.is_cd ? row.from : kCd);
    s.entry(kSecondCdTable, cd(2, kTableB));
    s.on();
    s.begin(SIM_OP_REPLACE);
    for (const char *step = row.steps; *step; step++)
        take(s, row, step);
    s.end(SIM_OP_REPLACE);
    const xpl_op &op = s.explore().ops[0];

    EXPECT_STREQ(chk_class_name(row.entry), chk_class_name(op.entry_worst[XPL_ARCHITECTURE]));
    EXPECT_STREQ(chk_class_name(row.all), chk_class_name(op.worst[XPL_ARCHITECTURE]));
    EXPECT_FALSE(op.inconclusive);
}

INSTANTIATE_TEST_SUITE_P(rows, Beyond, testing::ValuesIn(rows),
                         [](const auto &row) { return std::string(row.param.name); });

/* ---- PASIDs that share the entry ---- */

/* Requests without PASID bypass; those with PASID 1 have a CD: VMID and Config are two words. */
TEST(ExploreBeyond, s1dss_bypass_to_s2_tears_requests_with_a_pasid)
{
    for (const bool has_cd : {false, true}) {
        Stream s;

        s.entry(ste_at(kSid), s1_ste(kCdTable | kCdMaxOne, 1));
        if (has_cd)
            s.entry(kCdTable + 64, cd(2, kTableB));
        s.on();
        s.begin(SIM_OP_REPLACE);
        s.store(ste_at(kSid) + 16, kS2[2]);
        s.store(ste_at(kSid) + 24, kS2[3]);
        s.cfgi_ste();
        s.sync();
        s.store(ste_at(kSid), kS2[0]);
        s.cfgi_ste();
        s.sync();
        s.end(SIM_OP_REPLACE);
        EXPECT_EQ(has_cd ? CHK_TORN : CHK_HITLESS, s.last());
    }
}

/* Only the PASID's users notice: without one, requests are refused before and after. */
TEST(ExploreBeyond, break_that_only_a_pasid_notices)
{
    for (const bool has_cd : {false, true}) {
        Stream s;

        s.entry(ste_at(kSid), s1_ste(kCdTable | kCdMaxOne, 0));
        if (has_cd)
            s.entry(kCdTable + 64, cd(2, kTableB));
        s.on();
        s.begin(SIM_OP_REPLACE);
        for (const uint64_t q0 : {uint64_t{0}, s1_ste(kCdTable | kCdMaxOne, 0)[0]}) {
            s.store(ste_at(kSid), q0);
            s.cfgi_ste();
            s.sync();
        }
        s.end(SIM_OP_REPLACE);
        EXPECT_EQ(has_cd ? CHK_BREAKS : CHK_HITLESS, s.last());
    }
}

/* ---- tables of two levels ---- */

enum Step { kBefore, kAfter, kAfterLeaf };

/* The linear table of CDs becomes the first part of one with two levels. */
chk_class class_of_second_level(Step l1cd)
{
    Stream s;

    s.entry(ste_at(kSid), kS1);
    s.entry(kCdTable, kCd);
    s.on();
    s.begin(SIM_OP_REPLACE);
    if (l1cd == kBefore)
        s.store(kL1Cds, kCdTable | 1, SIM_S_L1CD);
    s.store(ste_at(kSid), s1_ste(kL1Cds | kTwoLevels)[0]);
    s.cfgi_ste();
    s.sync();
    if (l1cd != kBefore) {
        s.store(kL1Cds, kCdTable | 1, SIM_S_L1CD);
        s.command(uint64_t{kSid} << 32 | 0x05, l1cd == kAfterLeaf); /* CFGI_CD */
        s.sync();
    }
    s.end(SIM_OP_REPLACE);
    return s.last();
}

TEST(ExploreBeyond, second_level_of_cds_is_hitless_if_its_table_is_there_before)
{
    EXPECT_EQ(CHK_HITLESS, class_of_second_level(kBefore));
    EXPECT_EQ(CHK_BREAKS, class_of_second_level(kAfter));
    EXPECT_EQ(CHK_STALE_REFUSAL, class_of_second_level(kAfterLeaf));
}

/* The second-level stream table moves to a copy of itself, and its page is freed. */
chk_class class_of_moved_ste_table(bool is_leaf, bool is_freed)
{
    Stream s;

    s.reg(0x80, kL1std, 8);
    s.reg(0x88, 1 << 16 | 6 << 6 | 8);
    s.store(kL1std, kStreamTable | 7, SIM_S_L1STD);
    s.entry(ste_at(kSid), kS2);
    s.entry(kCopy + kSid * 64, kS2);
    s.on();
    s.begin(SIM_OP_REPLACE);
    s.store(kL1std, kCopy | 7, SIM_S_L1STD);
    s.command(uint64_t{kSid} << 32 | 0x03, is_leaf);
    s.sync();
    if (is_freed)
        s.free_page(kStreamTable);
    s.end(SIM_OP_REPLACE);
    return s.last();
}

TEST(ExploreBeyond, stream_table_that_moves_must_be_dropped_with_its_l1std)
{
    EXPECT_EQ(CHK_HITLESS, class_of_moved_ste_table(false, false));
    EXPECT_EQ(CHK_HITLESS, class_of_moved_ste_table(true, false));
    EXPECT_EQ(CHK_HITLESS, class_of_moved_ste_table(false, true));
    EXPECT_EQ(CHK_DANGLES, class_of_moved_ste_table(true, true));
}

/* The copy differs: it is another configuration. */
TEST(ExploreBeyond, stream_table_that_moves_without_its_l1std_is_stale)
{
    for (const bool is_leaf : {false, true}) {
        Stream s;

        s.reg(0x80, kL1std, 8);
        s.reg(0x88, 1 << 16 | 6 << 6 | 8);
        s.store(kL1std, kStreamTable | 7, SIM_S_L1STD);
        s.entry(ste_at(kSid), kS2);
        s.entry(kCopy + kSid * 64, s2_ste(2, kTableB));
        s.on();
        s.begin(SIM_OP_REPLACE);
        s.store(kL1std, kCopy | 7, SIM_S_L1STD);
        s.command(uint64_t{kSid} << 32 | 0x03, is_leaf);
        s.sync();
        s.end(SIM_OP_REPLACE);
        EXPECT_EQ(is_leaf ? CHK_STALE : CHK_HITLESS, s.last());
    }
}

/* ---- tags of others ---- */

TEST(ExploreBeyond, vmid_of_another_device_with_another_table_is_poison)
{
    for (const uint64_t vmid : {1u, 2u}) {
        Stream s;

        s.entry(ste_at(kSid), identity_ste());
        s.entry(ste_at(kOtherSid), s2_ste(1, kTableB));
        s.on();
        s.begin(SIM_OP_REPLACE);
        for (unsigned i = 4; i-- > 0;) {
            s.store(ste_at(kSid) + i * 8, s2_ste(vmid, kTableA)[i]);
            s.cfgi_ste();
            s.sync();
        }
        s.end(SIM_OP_REPLACE);
        EXPECT_EQ(vmid == 1 ? CHK_POISONS : CHK_HITLESS, s.last()) << vmid;
    }
}

/* Stage 1 of one device, stage 2 of another, one VMID: their tags differ by the stage. */
TEST(ExploreBeyond, vmid_0_of_stage_1_and_of_stage_2_do_not_meet)
{
    Stream s;

    s.entry(ste_at(kSid), abort_ste());
    s.entry(kCdTable, kCd);
    s.entry(ste_at(kOtherSid), s2_ste(0, kTableB));
    s.on();
    s.begin(SIM_OP_ATTACH);
    s.store(ste_at(kSid) + 8, kS1[1]);
    s.cfgi_ste();
    s.sync();
    s.store(ste_at(kSid), kS1[0]);
    s.cfgi_ste();
    s.sync();
    s.end(SIM_OP_ATTACH);
    EXPECT_EQ(CHK_HITLESS, s.last());
}

/* Another world: the tags differ, one word does it. */
TEST(ExploreBeyond, stream_world_changes_in_one_word)
{
    Stream s;

    s.records[1].mmio_read.value |= 1 << 9; /* IDR0.Hyp */
    s.reg(0x2c, 1);                         /* CR2.E2H */
    s.entry(ste_at(kSid), kS1);
    s.entry(kCdTable, kCd);
    s.on();
    s.begin(SIM_OP_REPLACE);
    s.store(ste_at(kSid) + 8, kS1[1] | 2ull << 30);
    s.cfgi_ste();
    s.sync();
    s.end(SIM_OP_REPLACE);
    const xpl_op &op = s.explore().ops[0];

    EXPECT_EQ(CHK_HITLESS, op.worst[XPL_ARCHITECTURE]);
    EXPECT_NE(op.slots[0].old_target.tlb[0].tag.world, op.slots[0].new_target.tlb[0].tag.world);
}

/* ---- the switch of all ---- */

TEST(ExploreBeyond, smmu_that_is_off_for_a_moment_lets_requests_pass_or_refuses_them)
{
    for (const uint64_t abort : {0ull, 1ull << 20}) {
        Stream s;

        s.reg(0x44, abort); /* GBPA */
        s.entry(ste_at(kSid), kS2);
        s.on();
        s.begin(SIM_OP_REPLACE);
        s.reg(0x20, 8);
        s.reg(0x20, 9);
        s.end(SIM_OP_REPLACE);
        EXPECT_EQ(abort ? CHK_BREAKS : CHK_TORN, s.last());
    }
}

} // namespace
