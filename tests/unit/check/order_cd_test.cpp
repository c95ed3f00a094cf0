/* SPDX-License-Identifier: BSD-2-Clause
 * order_cd_test.cpp - rules of CDs and the tables above them: which are live, which CFGI covers
 * them, what they lead to, and under which ASID. Rows: sections 3.3, 3.21.3, 4.3 and 5.4. */
#include "tests/unit/check/order_script.h"

using namespace order_test;

namespace
{

Script live(const std::string &lines = "")
{
    return Script().line(lines);
}

const char *const kNoCfgi = "smmu-cd-no-cfgi";
const char *const kNoL1Cfgi = "smmu-l1cd-no-cfgi";
const char *const kFreedEarly = "smmu-table-freed-early";
const char *const kUnwritten = "smmu-table-unwritten";
/* R of the CD at 0x20000 goes: one word, of no consequence to a TLB */
const char *const kChange = "store CD 0x20000 0x1c204c0003519";

/* ---- which command covers a CD: SubstreamID 0 of StreamID 0x20 ---- */

struct Cover {
    const char *name;
    uint64_t word0, word1;
    bool covers;
};

std::ostream &operator<<(std::ostream &out, const Cover &row)
{
    return out << row.name;
}

const Cover covers[] = {
    {"cfgi_cd", 0x2000000005, 1, true},
    {"cfgi_cd_with_leaf_0", 0x2000000005, 0, true},
    {"cfgi_cd_of_another_substream", 0x2000001005, 1, false},
    {"cfgi_cd_of_the_stream_before", 0x1f00000005, 1, false},
    {"cfgi_cd_of_the_stream_behind", 0x2100000005, 1, false},
    {"cfgi_cd_all", 0x2000000006, 0, true},
    {"cfgi_cd_all_of_another_stream", 0x2100000006, 0, false},
    {"cfgi_ste", 0x2000000003, 1, true},
    {"cfgi_ste_of_another_stream", 0x2100000003, 1, false},
    {"cfgi_all", 0x4, 31, true},
    {"tlbi_of_everything", 0x30, 0, false},
};

class CdCovers : public testing::TestWithParam<Cover>
{
};

TEST_P(CdCovers, ACd)
{
    const Script script = live(kChange).cmd(GetParam().word0, GetParam().word1).sync();

    EXPECT_EQ(GetParam().covers ? kNone : std::vector<std::string>{kNoCfgi}, script.rules());
}

INSTANTIATE_TEST_SUITE_P(Cds, CdCovers, testing::ValuesIn(covers),
                         [](const auto &row) { return std::string(row.param.name); });

/* ---- tables in one piece ---- */

TEST(OneCd, EndsWhereItsTableEnds)
{
    EXPECT_LEGAL(live("store CD 0x20040 0x1"));
    EXPECT_LEGAL(live("store CD 0x1ffc0 0x1"));
    EXPECT_RULE(live("store CD 0x20038 0x1"), kNoCfgi);
    /* what looks like one behind it shares no ASID */
    EXPECT_LEGAL(live("store CD 0x20048 0x90000\nstore CD 0x20058 0xff44\n"
                      "store CD 0x20040 0x1e204c0003519")
                     .line(kChange)
                     .cfgi_cd());
}

/* S1CDMax 1, S1DSS 0: a table of two */
Script two_cds(const std::string &q0 = "0x80000000002200b")
{
    return live("memory CD 0x22000 0x100\nstore STE 0x10840 " + q0).cfgi_ste(0x21);
}

TEST(TwoCds, AreBothLive)
{
    EXPECT_RULE(two_cds().line("store CD 0x22000 0x1"), kNoCfgi);
    EXPECT_RULE(two_cds().line("store CD 0x22040 0x1"), kNoCfgi);
    EXPECT_LEGAL(two_cds().line("store CD 0x22080 0x1"));
    EXPECT_SAYS(two_cds().line("store CD 0x22040 0x1"),
                "CD 0x22040 of StreamID 0x21, SubstreamID 0x1: q0 was 0x0, is 0x1");
}

/* S1Fmt does not count when S1CDMax is 0. */
TEST(OneCd, HasNoTableAboveIt)
{
    EXPECT_RULE(two_cds("0x2201b").line("store CD 0x22008 0x1"), kNoCfgi);
    EXPECT_LEGAL(two_cds("0x2201b").line("store L1CD 0x22000 0x71001"));
}

TEST(OneCd, UnderNestedTranslationIsTheGuests)
{
    EXPECT_LEGAL(live("memory PAGES 0x90000 0x1000\nstore STE 0x10850 0x40d006100000001\n"
                      "store STE 0x10858 0x90000")
                     .cfgi_ste(0x21)
                     .line("store STE 0x10840 0x2200f")
                     .cfgi_ste(0x21)
                     .line("store CD 0x22000 0x1"));
}

TEST(OneCd, OfAStage2OnlyIsNone)
{
    EXPECT_LEGAL(live("memory PAGES 0x90000 0x1000\nstore STE 0x10850 0x40d006100000001\n"
                      "store STE 0x10858 0x90000")
                     .cfgi_ste(0x21)
                     .line("store STE 0x10840 0xd")
                     .cfgi_ste(0x21)
                     .line("store CD 0x0 0x1"));
}

/* ---- what a CD led to is held until its CFGI is complete ---- */

TEST(Root, IsHeldUntilTheCfgi)
{
    const char *const freed = "store CD 0x20000 0x0\nfree PAGES 0x80000 0x1000";

    EXPECT_RULE(live(freed).cfgi_cd(), kFreedEarly);
    EXPECT_LEGAL(live("store CD 0x20000 0x0").cfgi_cd().line("free PAGES 0x80000 0x1000"));
    EXPECT_LEGAL(live("store CD 0x20000 0x0\nfree PAGES 0x84000 0x1000").cfgi_cd());
}

TEST(Root, OfACdThatWasNotValidIsNotHeld)
{
    EXPECT_LEGAL(live("store CD 0x20000 0x0")
                     .cfgi_cd()
                     .line("store CD 0x20008 0x90000\nfree PAGES 0x80000 0x3000")
                     .cfgi_cd());
}

/* EPD0 is bit 14 */
TEST(Root, OfAHalfThatWasOffIsNotHeld)
{
    EXPECT_LEGAL(live("store CD 0x20000 0x1e204c0007519")
                     .cfgi_cd()
                     .line("store CD 0x20000 0x0\nfree PAGES 0x80000 0x3000")
                     .cfgi_cd());
}

/* ---- torn: which CD, which rule ---- */

TEST(TornCd, NamesTheWords)
{
    EXPECT_SAYS(live("store CD 0x20018 0x44ff\nstore CD 0x20000 0x2e204c0003519").cfgi_cd(),
                "CD 0x20000 of StreamID 0x20: q0 0x1e204c0003519 q1 0x80000 -> "
                "q0 0x2e204c0003519 q1 0x80000");
}

/* TTB1 is not read with EPD1. */
TEST(TornCd, NeedsTwoWordsThatCount)
{
    EXPECT_LEGAL(live("store CD 0x20010 0x90000").line(kChange).cfgi_cd());
}

/* ---- two levels: 256 CDs; of four tables the first two are at 0x71000 and 0x72000 ---- */

Script two_levels(const std::string &lines = "")
{
    return live("memory L1CD 0x70000 0x40\nmemory CD 0x71000 0x2000\n"
                "store L1CD 0x70000 0x71001\nstore L1CD 0x70008 0x72001\n"
                "store STE 0x10840 0x400000000007001b")
        .cfgi_ste(0x21)
        .line(lines);
}

TEST(SecondLevel, HasAFirstAndALastCd)
{
    EXPECT_SAYS(two_levels("store CD 0x71000 0x1"), "StreamID 0x21, SubstreamID 0x0:");
    EXPECT_SAYS(two_levels("store CD 0x71040 0x1"), "StreamID 0x21, SubstreamID 0x1:");
    EXPECT_SAYS(two_levels("store CD 0x71fc0 0x1"), "StreamID 0x21, SubstreamID 0x3f:");
    EXPECT_SAYS(two_levels("store CD 0x72000 0x1"), "StreamID 0x21, SubstreamID 0x40:");
    EXPECT_SAYS(two_levels("store CD 0x72fc0 0x1"), "StreamID 0x21, SubstreamID 0x7f:");
    EXPECT_LEGAL(two_levels("store CD 0x73000 0x1"));
    EXPECT_LEGAL(two_levels("store CD 0x70fc0 0x1"));
}

TEST(SecondLevel, WithoutValidIsNone)
{
    EXPECT_LEGAL(two_levels("store L1CD 0x70008 0x72000")
                     .cmd(0x2100040005, 0)
                     .sync()
                     .line("store CD 0x72000 0x1"));
}

/* The stream's own address spaces follow: ASID 5, its table at 0x90000. */
TEST(SecondLevel, BringsItsAddressSpaces)
{
    const char *const cd = "memory PAGES 0x90000 0x1000\nstore CD 0x72008 0x90000\n"
                           "store CD 0x72018 0xff44\nstore CD 0x72000 0x5e204c0003519\n"
                           "store PTE 0x90008 0x40000f41\n";
    const Script script = live("memory L1CD 0x70000 0x40\nmemory CD 0x71000 0x2000\n"
                               "store L1CD 0x70000 0x71001\n"
                               "store STE 0x10840 0x400000000007001b")
                              .cfgi_ste(0x21)
                              .line(cd);

    EXPECT_LEGAL(Script(script).line("store PTE 0x90008 0x80000f41"));
    EXPECT_RULE(Script(script)
                    .line("store L1CD 0x70008 0x72001")
                    .cmd(0x2100040005, 0)
                    .sync()
                    .line("store PTE 0x90008 0x80000f41"),
                "smmu-pte-bbm");
}

/* SubstreamIDs 128 to 255 have no table; that is no CD with ASID 0. */
TEST(SecondLevel, ThatIsNotThereHasNoAsid)
{
    EXPECT_LEGAL(two_levels("memory CD 0x22000 0x40\nmemory PAGES 0x90000 0x1000\n"
                            "store CD 0x22008 0x90000\nstore CD 0x22018 0xff44\n"
                            "store CD 0x22000 0x0e204c0003519\nstore STE 0x10880 0x2200b")
                     .cfgi_ste(0x22));
}

/* ---- first-level descriptors ---- */

const Cover l1_covers[] = {
    {"the_first_of_them", 0x2100040005, 0, true},
    {"the_last_of_them", 0x210007f005, 0, true},
    {"one_before", 0x210003f005, 0, false},
    {"one_behind", 0x2100080005, 0, false},
    {"with_leaf_1", 0x2100040005, 1, false},
    {"of_another_stream", 0x2000040005, 0, false},
    {"all_of_the_stream", 0x2100000006, 0, true},
    {"its_ste", 0x2100000003, 1, true},
    {"everything", 0x4, 31, true},
};

class L1cdCovers : public testing::TestWithParam<Cover>
{
};

TEST_P(L1cdCovers, ADescriptor)
{
    const Script script =
        two_levels("store L1CD 0x70008 0x0").cmd(GetParam().word0, GetParam().word1).sync();

    EXPECT_EQ(GetParam().covers ? kNone : std::vector<std::string>{kNoL1Cfgi}, script.rules());
}

INSTANTIATE_TEST_SUITE_P(Cds, L1cdCovers, testing::ValuesIn(l1_covers),
                         [](const auto &row) { return std::string(row.param.name); });

TEST(FirstLevel, HasFourDescriptors)
{
    EXPECT_RULE(two_levels("store L1CD 0x70018 0x72001"), kNoL1Cfgi);
    EXPECT_LEGAL(two_levels("store L1CD 0x70020 0x72001"));
    EXPECT_LEGAL(two_levels("store L1CD 0x6fff8 0x72001"));
    EXPECT_LEGAL(two_levels("store L1CD 0x70020 0x73001\nstore CD 0x73000 0x1"));
    EXPECT_SAYS(two_levels("store L1CD 0x70008 0x71001"),
                "L1CD 0x70008 of StreamID 0x21, SubstreamID 0x40: q0 was 0x72001, is 0x71001");
}

TEST(FirstLevel, LeadsToATableThatWasWritten)
{
    EXPECT_RULE(two_levels("store L1CD 0x70010 0x78001").cmd(0x2100080005, 0).sync(), kUnwritten);
    EXPECT_LEGAL(two_levels("memory CD 0x78000 0x1000\nstore L1CD 0x70010 0x78001")
                     .cmd(0x2100080005, 0)
                     .sync());
    EXPECT_RULE(two_levels("memory CD 0x78000 0xff8\nstore L1CD 0x70010 0x78001")
                    .cmd(0x2100080005, 0)
                    .sync(),
                kUnwritten);
    EXPECT_LEGAL(two_levels("store L1CD 0x70010 0x78000").cmd(0x2100080005, 0).sync());
}

/* S1Fmt 2: tables of 1024 CDs, 64 KiB each */
TEST(FirstLevel, LeadsToATableThatIsAligned)
{
    const auto large = [](const char *l1cd) {
        return live("memory L1CD 0x70000 0x40\nmemory CD 0x110000 0x20000\n"
                    "store STE 0x10840 0x400000000007002b")
            .cfgi_ste(0x21)
            .line(std::string("store L1CD 0x70000 ") + l1cd)
            .cmd(0x2100000005, 0)
            .sync();
    };

    EXPECT_LEGAL(large("0x120001"));
    EXPECT_RULE(large("0x121001"), "smmu-table-align");
    EXPECT_LEGAL(large("0x121000"));
    EXPECT_SAYS(large("0x121001"), "L1CD.L2Ptr 0x121000 is not aligned to its 65536 bytes");
}

TEST(FirstLevel, HoldsItsTableUntilItsCfgiIsComplete)
{
    const char *const l1cd = "store L1CD 0x70008 0x0\n";

    EXPECT_RULE(
        two_levels(std::string(l1cd) + "free CD 0x72000 0x1000").cmd(0x2100040005, 0).sync(),
        kFreedEarly);
    EXPECT_RULE(two_levels(std::string(l1cd) + "free CD 0x72fc0 0x40").cmd(0x2100040005, 0).sync(),
                kFreedEarly);
    EXPECT_LEGAL(
        two_levels(std::string(l1cd) + "free CD 0x73000 0x40").cmd(0x2100040005, 0).sync());
    EXPECT_LEGAL(two_levels(l1cd).cmd(0x2100040005, 0).sync().line("free CD 0x72000 0x1000"));
    EXPECT_LEGAL(two_levels("store L1CD 0x70010 0x0\nfree CD 0x0 0x1000"));
}

TEST(FirstLevel, OfASmallerTableIsOne)
{
    const auto small =
        [](const char *l1cd) { /* S1CDMax 6: 64 CDs, one descriptor */
                               return live("memory L1CD 0x70000 0x40\nmemory CD 0x71000 0x2000\n"
                                           "store STE 0x10840 0x300000000007001b")
                                   .cfgi_ste(0x21)
                                   .line(std::string("store L1CD ") + l1cd + " 0x72001");
        };

    EXPECT_RULE(small("0x70000"), kNoL1Cfgi);
    EXPECT_LEGAL(small("0x70008"));
}

/* ---- a table that two streams share ---- */

TEST(SharedTable, NeedsACfgiForEach)
{
    const auto both = [] { return live("store STE 0x10840 0x2000b").cfgi_ste(0x21).line(kChange); };

    EXPECT_LEGAL(both().cfgi_cd(0x20).cfgi_cd(0x21));
    EXPECT_RULE(both().cfgi_cd(0x20), kNoCfgi);
    EXPECT_RULE(both().cfgi_cd(0x21), kNoCfgi);
}

/* The one that left may keep its caches. */
TEST(SharedTable, NeedsNoCfgiForOneThatLeft)
{
    EXPECT_LEGAL(live("store STE 0x10840 0x2000b")
                     .cfgi_ste(0x21)
                     .line("store STE 0x10800 0x1")
                     .cfgi_ste(0x20)
                     .line(kChange)
                     .cfgi_cd(0x21));
}

} // namespace
