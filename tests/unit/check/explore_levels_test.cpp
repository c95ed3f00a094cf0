/* SPDX-License-Identifier: BSD-2-Clause
 * explore_levels_test.cpp - tables of two levels, of streams and of CDs: what caches keep of the
 * first one, and which commands drop it. Rows: 3.3.1, 3.3.2, 4.3 (Leaf).
 *
 * StreamIDs 0 to 63 are behind the first L1STD, 64 to 127 behind the second one. PASIDs 0 to 63 of
 * StreamID 3 are behind the first L1CD, 64 to 127 behind the second one. */
#include "tests/unit/check/explore_stream.h"

#include <string>

using namespace explore_test;

namespace
{

constexpr uint64_t kL1Stream = 0x10040000;
constexpr uint64_t kL2Stream0 = 0x10041000;
constexpr uint64_t kL2Stream1 = 0x10042000;
constexpr uint64_t kL1Cds = 0x10050000;
constexpr uint64_t kL2Cds0 = 0x10051000;
constexpr uint64_t kL2Cds1 = 0x10052000;
constexpr uint64_t kSpan = 7; /* 64 STEs */
constexpr uint32_t kFarSid = 0x45;
constexpr uint32_t kFarPasid = 0x41;

uint64_t far_ste()
{
    return kL2Stream1 + (kFarSid & 63) * 64;
}

/* Device 2 is StreamID 0x45. */
void two_levels(Stream &s)
{
    s.device_is(2, kFarSid);
    s.reg(0x80, kL1Stream, 8);
    s.reg(0x88, 1 << 16 | 6 << 6 | 16);
    s.store(kL1Stream, kL2Stream0 | kSpan);
    s.entry(kL2Stream0 + kSid * 64, identity_ste());
}

struct Row {
    const char *name;
    bool is_before; /* the L1STD is there before the attach begins */
    uint64_t q0, q1;
    chk_class architecture, deployed;
};

std::ostream &operator<<(std::ostream &out, const Row &row)
{
    return out << row.name;
}

constexpr uint64_t sid(uint64_t number)
{
    return number << 32;
}

/* Before first use hardware has prefetched that there is nothing, or, deployed, it has not. */
const Row rows[] = {
    {"leaf", true, sid(kFarSid) | 3, 1, CHK_STALE_REFUSAL, CHK_HITLESS},
    {"all_levels", true, sid(kFarSid) | 3, 0, CHK_BREAKS, CHK_HITLESS},
    {"leaf_within", false, sid(kFarSid) | 3, 1, CHK_STALE_REFUSAL, CHK_STALE_REFUSAL},
    {"all_levels_within", false, sid(kFarSid) | 3, 0, CHK_HITLESS, CHK_HITLESS},
    {"of_a_neighbour", false, sid(kFarSid + 1) | 3, 0, CHK_HITLESS, CHK_HITLESS},
    {"of_another_table", false, sid(kSid) | 3, 0, CHK_STALE_REFUSAL, CHK_STALE_REFUSAL},
    {"all", false, 4, 31, CHK_HITLESS, CHK_HITLESS},
};

class Levels : public testing::TestWithParam<Row>
{
};

TEST_P(Levels, need_a_command_for_each)
{
    const Row &row = GetParam();
    Stream s;

    two_levels(s);
    s.on();
    s.entry(far_ste(), identity_ste());
    if (row.is_before)
        s.store(kL1Stream + 8, kL2Stream1 | kSpan, SIM_S_L1STD);
    s.begin(SIM_OP_ATTACH, 2);
    if (!row.is_before)
        s.store(kL1Stream + 8, kL2Stream1 | kSpan, SIM_S_L1STD);
    s.command(row.q0, row.q1);
    s.sync();
    s.end(SIM_OP_ATTACH, 2);
    const xpl_op &op = s.explore().ops[0];

    EXPECT_STREQ(chk_class_name(row.architecture), chk_class_name(op.worst[XPL_ARCHITECTURE]));
    EXPECT_STREQ(chk_class_name(row.deployed), chk_class_name(op.worst[XPL_DEPLOYED]));
    EXPECT_FALSE(op.inconclusive);
}

INSTANTIATE_TEST_SUITE_P(streams, Levels, testing::ValuesIn(rows),
                         [](const auto &row) { return std::string(row.param.name); });

/* Both L1STDs in one store of 16 bytes: nobody may keep what there was. */
TEST(ExploreLevels, store_of_sixteen_bytes_at_once_is_to_two_first_level_entries)
{
    for (const uint64_t dropped : {uint64_t{kSid}, uint64_t{kFarSid}}) {
        Stream s;

        two_levels(s);
        s.store(kL1Stream + 8, kL2Stream1 | kSpan, SIM_S_L1STD);
        s.entry(far_ste(), identity_ste());
        s.on();
        s.begin(SIM_OP_DETACH, dropped == kSid ? 2 : 0);
        s.store16(kL1Stream, 0, 0, true);
        s.command(sid(dropped) | 3, 0); /* of the other one */
        s.sync();
        s.end(SIM_OP_DETACH, dropped == kSid ? 2 : 0);
        EXPECT_EQ(CHK_STALE, s.last()) << dropped;
    }
}

/* The table of STEs moves to memory that nobody told: what is read there may be the same, and may
 * not be. */
TEST(ExploreLevels, table_in_memory_that_nobody_told_is_inconclusive)
{
    for (const uint64_t table : {kL2Stream1 + 0x4000, uint64_t{0x50000000}}) {
        Stream s;

        two_levels(s);
        s.store(kL1Stream + 8, kL2Stream1 | kSpan, SIM_S_L1STD);
        s.on();
        s.begin(SIM_OP_REPLACE, 2);
        s.store(kL1Stream + 8, table | kSpan, SIM_S_L1STD);
        s.end(SIM_OP_REPLACE, 2);
        EXPECT_EQ(table == 0x50000000, s.explore().ops[0].inconclusive);
    }
}

TEST(ExploreLevels, witness_names_the_first_level_too)
{
    Stream s;

    two_levels(s);
    s.store(kL1Stream + 8, kL2Stream1 | kSpan, SIM_S_L1STD);
    s.entry(far_ste(), identity_ste());
    s.on();
    s.begin(SIM_OP_REPLACE, 2);
    s.store(far_ste(), 0);
    s.cfgi_ste(kFarSid);
    s.sync();
    s.end(SIM_OP_REPLACE, 2, 0, 0, -12);
    const xpl_op &op = s.explore().ops[0];
    bool is_found = false;

    EXPECT_EQ(CHK_STALE_REFUSAL, op.worst[XPL_ARCHITECTURE]);
    for (uint32_t i = 0; i < op.n_views_kept; i++) {
        const xpl_view &view = op.views[i];

        ASSERT_EQ(2u, view.n_structures);
        EXPECT_EQ(SIM_S_L1STD, view.structure[0].key.structure);
        EXPECT_EQ(1u, view.structure[0].key.index);
        EXPECT_EQ(1u, view.structure[0].n_words);
        EXPECT_EQ(kL1Stream + 8, view.structure[0].address);
        EXPECT_EQ(kL2Stream1 | kSpan, view.structure[0].word[0]);
        EXPECT_EQ(SIM_S_STE, view.structure[1].key.structure);
        EXPECT_EQ(far_ste(), view.structure[1].address);
        is_found = is_found || view.structure[1].word[0] == 0;
    }
    EXPECT_TRUE(is_found);
}

/* The STE is in two tables, word for word, and the CD that is refused is met through either: shown
 * is the way through the table that was linked last. */
TEST(ExploreLevels, witness_shows_the_latest_of_several_ways)
{
    constexpr uint64_t kCopy = 0x10043000;
    bool is_found = false;
    Stream s;

    two_levels(s);
    s.store(kL1Stream + 8, kL2Stream1 | kSpan, SIM_S_L1STD);
    s.entry(far_ste(), s1_ste(kCdTable));
    s.entry(kCopy + (far_ste() & 0xfff), s1_ste(kCdTable));
    s.entry(kCdTable, cd(1, kTableA));
    s.on();
    s.begin(SIM_OP_REPLACE, 2);
    s.store(kL1Stream + 8, kCopy | kSpan, SIM_S_L1STD);
    s.store(kCdTable, 0);
    s.command(4, 31);
    s.sync();
    s.store(kCdTable, cd(1, kTableA)[0]);
    s.command(4, 31);
    s.sync();
    s.end(SIM_OP_REPLACE, 2);
    const xpl_op &op = s.explore().ops[0];

    EXPECT_EQ(CHK_BREAKS, op.worst[XPL_ARCHITECTURE]);
    for (uint32_t i = 0; i < op.n_views_kept; i++) {
        const xpl_view &view = op.views[i];

        ASSERT_EQ(3u, view.n_structures);
        if (view.structure[2].word[0])
            continue;
        EXPECT_EQ(kCopy | kSpan, view.structure[0].word[0]);
        is_found = true;
    }
    EXPECT_TRUE(is_found);
}

/* ---- CDs: S1Fmt is 4 KiB, S1CDMax 7, S1DSS bypass ---- */

struct CdRow {
    const char *name;
    uint64_t q0, q1;
    chk_class verdict;
};

std::ostream &operator<<(std::ostream &out, const CdRow &row)
{
    return out << row.name;
}

const CdRow cd_rows[] = {
    {"leaf", sid(kSid) | kFarPasid << 12 | 5, 1, CHK_STALE_REFUSAL},
    {"all_levels", sid(kSid) | kFarPasid << 12 | 5, 0, CHK_HITLESS},
    {"of_a_neighbour", sid(kSid) | (kFarPasid + 1) << 12 | 5, 0, CHK_HITLESS},
    {"of_another_table", sid(kSid) | 1 << 12 | 5, 0, CHK_STALE_REFUSAL},
    {"of_another_stream", sid(kOtherSid) | kFarPasid << 12 | 5, 0, CHK_STALE_REFUSAL},
    {"cd_all", sid(kSid) | 6, 0, CHK_HITLESS},
    {"ste", sid(kSid) | 3, 1, CHK_HITLESS},
};

class CdLevels : public testing::TestWithParam<CdRow>
{
};

TEST_P(CdLevels, need_a_command_for_each)
{
    Stream s;

    s.entry(ste_at(kSid), s1_ste(kL1Cds | 1 << 4 | 7ull << 59, 1));
    s.store(kL1Cds, kL2Cds0 | 1);
    s.entry(kL2Cds1 + (kFarPasid & 63) * 64, cd(2, kTableB));
    s.on();
    s.begin(SIM_OP_REMOVE_PASID); /* it was never there: from now on it is watched */
    s.of_pasid(kFarPasid);
    s.end(SIM_OP_REMOVE_PASID);
    s.of_pasid(kFarPasid);
    s.begin(SIM_OP_SET_PASID);
    s.of_pasid(kFarPasid);
    s.store(kL1Cds + 8, kL2Cds1 | 1, SIM_S_L1CD);
    s.command(GetParam().q0, GetParam().q1);
    s.sync();
    s.end(SIM_OP_SET_PASID);
    s.of_pasid(kFarPasid);
    const xpl_report &report = s.explore();

    ASSERT_EQ(2u, report.n_ops);
    EXPECT_STREQ(chk_class_name(GetParam().verdict),
                 chk_class_name(report.ops[1].worst[XPL_ARCHITECTURE]));
    EXPECT_FALSE(report.inconclusive);
}

INSTANTIATE_TEST_SUITE_P(cds, CdLevels, testing::ValuesIn(cd_rows),
                         [](const auto &row) { return std::string(row.param.name); });

} // namespace
