/* SPDX-License-Identifier: BSD-2-Clause
 * order_entry_test.cpp - rules of stream tables: which entries are live, which CFGI covers them,
 * what they lead to. Rows: sections 3.3, 3.21.3, 4.3 and 5.2. */
#include "tests/unit/check/order_script.h"

using namespace order_test;

namespace
{

Script ready(const std::string &lines = "")
{
    return Script(CHK_START_READY).line(lines);
}

Script live(const std::string &lines = "")
{
    return Script().line(lines);
}

const char *const kOff = "mmio_write 0x20 0x1e\nwait reg 0x24 mask=0x5df value=0x1e\n";
const char *const kOn = "mmio_write 0x20 0x1f\nwait reg 0x24 mask=0x5df value=0x1f\n";
const char *const kNoCfgi = "smmu-ste-no-cfgi";
const char *const kNoL1Cfgi = "smmu-l1std-no-cfgi";
const char *const kFreedEarly = "smmu-table-freed-early";
const char *const kFreedLinked = "smmu-table-freed-linked";

/* ---- a linear table of 64 entries at 0x10000 ---- */

TEST(LinearTable, HasAFirstAndALastEntry)
{
    EXPECT_RULE(ready("store STE 0x10000 0x9"), kNoCfgi);
    EXPECT_RULE(ready("store STE 0x10fc0 0x9"), kNoCfgi);
    EXPECT_LEGAL(ready("store STE 0xffc0 0x9"));
    EXPECT_LEGAL(ready("store STE 0x11000 0x9"));
    EXPECT_SAYS(ready("store STE 0x10fc0 0x9"), "STE 0x10fc0 of StreamID 0x3f");
}

TEST(LinearTable, IsNotLiveWhileNothingTranslates)
{
    EXPECT_LEGAL(ready(std::string(kOff) + "store STE 0x10840 0x9"));
}

TEST(LinearTable, ChangesOnlyWhereAWordDoes)
{
    EXPECT_LEGAL(live("store STE 0x10800 0x2000b"));
    EXPECT_LEGAL(live("store STE 0x10800 0x2000b width=16"));
    EXPECT_RULE(live("store STE 0x10800 0x2000b value_hi=0x10000000 width=16"), kNoCfgi);
}

TEST(LinearTable, IsLiveMemory)
{
    EXPECT_RULE(ready("free STE 0x10000 0x1000"), kFreedLinked);
    EXPECT_RULE(ready("free STE 0x10fc0 0x40"), kFreedLinked);
    EXPECT_LEGAL(ready("free STE 0x11000 0x1000"));
    EXPECT_LEGAL(ready("free STE 0xf000 0x1000"));
    EXPECT_LEGAL(ready(std::string(kOff) + "free STE 0x10000 0x1000"));
    EXPECT_SAYS(ready("free STE 0x10000 0x1000"), "the stream table lies there");
}

/* ---- which command covers an STE: 0x20 changes ---- */

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
    {"cfgi_ste", 0x2000000003, 1, true},
    {"cfgi_ste_with_leaf_0", 0x2000000003, 0, true},
    {"cfgi_ste_of_the_one_before", 0x1f00000003, 1, false},
    {"cfgi_ste_of_the_one_behind", 0x2100000003, 1, false},
    {"cfgi_all", 0x4, 31, true},
    {"range_of_32_to_35", 0x2000000004, 1, true},
    {"range_of_32_to_35_by_its_last", 0x2300000004, 1, true},
    {"range_of_36_to_39", 0x2400000004, 1, false},
    {"range_of_28_to_31", 0x1c00000004, 1, false},
    {"cfgi_cd", 0x2000000005, 1, false},
    {"cfgi_cd_all", 0x2000000006, 0, false},
    {"tlbi_of_everything", 0x30, 0, false},
};

class Covers : public testing::TestWithParam<Cover>
{
};

TEST_P(Covers, AnSte)
{
    const Script script =
        ready("store STE 0x10800 0x9").cmd(GetParam().word0, GetParam().word1).sync();

    EXPECT_EQ(GetParam().covers ? kNone : std::vector<std::string>{kNoCfgi}, script.rules());
}

INSTANTIATE_TEST_SUITE_P(Commands, Covers, testing::ValuesIn(covers),
                         [](const auto &row) { return std::string(row.param.name); });

/* ---- when it was told, and by whom ---- */

TEST(Operation, IsTheOneOfTheCpuThatStored)
{
    const char *const both = "@+1/1 begin drv_attach dev=1 domain=0x9 a=0x0\n"
                             "@+1/0 begin drv_attach dev=0 domain=0x9 a=0x0\n"
                             "@+1/1 store STE 0x10800 0x1\n";
    const Checked own =
        live(both + std::string("@+1/1 end drv_attach dev=1 domain=0x9 a=0x0\n")).checked();
    const Script other = live(both + std::string("@+1/0 end drv_attach dev=0 domain=0x9 a=0x0\n"));

    EXPECT_EQ(1u, own.report().n_hits);
    EXPECT_TRUE(own.hit(0).has_op);
    EXPECT_EQ(1u, own.hit(0).dev);
    EXPECT_LEGAL(Script(other).cfgi_ste());
    EXPECT_RULE(other, kNoCfgi); /* when the stream ends */
}

TEST(Operation, IsNotChargedWithWhatWasStoredBefore)
{
    EXPECT_LEGAL(live("store STE 0x10800 0x1\nbegin replace dev=0\nend replace dev=0").cfgi_ste());
}

/* The first change was taken care of, the second was not: it is no CFGI that came too early. */
TEST(Operation, WithACfgiBetweenTwoChangesMissesTheSecond)
{
    EXPECT_RULE(live("begin drv_attach dev=0 domain=0x9 a=0x0\nstore STE 0x10800 0x1")
                    .cfgi_ste()
                    .line("store STE 0x10800 0x9\nend drv_attach dev=0 domain=0x9 a=0x0"),
                kNoCfgi);
}

const char *const kEarly = "smmu-cfgi-early";

TEST(Operation, WithACfgiTooEarlyIsToldAsThat)
{
    const auto early = [](const char *begin, uint64_t word0, unsigned cpu, const char *store) {
        return live(begin)
            .cmd(word0, word0 != 0x30, cpu)
            .sync(cpu)
            .line("@+1/0 barrier write")
            .line(store)
            .line("@+1/0 end drv_attach dev=0 domain=0x9 a=0x0");
    };
    const char *const begin = "begin drv_attach dev=0 domain=0x9 a=0x0";
    const char *const store = "store STE 0x10800 0x1";

    EXPECT_RULE(early(begin, 0x2000000003, 0, store), kEarly);
    EXPECT_RULE(early(begin, 0x2100000003, 0, store), kNoCfgi);
    EXPECT_RULE(early(begin, 0x2000000003, 1, store), kNoCfgi);
    EXPECT_RULE(early(begin, 0x30, 0, store), kNoCfgi); /* no CFGI at all */
}

TEST(Operation, IsNotChargedWithACfgiOfAnEarlierOne)
{
    EXPECT_RULE(live("").cfgi_ste().line("begin drv_attach dev=0 domain=0x9 a=0x0\n"
                                         "store STE 0x10800 0x1\n"
                                         "end drv_attach dev=0 domain=0x9 a=0x0"),
                kNoCfgi);
}

/* Those that found nothing to do are remembered, 32 of them. */
TEST(Operation, RemembersOldCfgis)
{
    const auto after = [](unsigned n) {
        Script script = live("begin drv_attach dev=0 domain=0x9 a=0x0");

        script.cmd(0x2000000003, 1);
        for (unsigned i = 0; i < n; i++)
            script.cmd(0x2100000003, 1).cmd(0x2100000001); /* no CFGI */
        return script.sync().line("store STE 0x10800 0x1\n"
                                  "end drv_attach dev=0 domain=0x9 a=0x0");
    };

    EXPECT_RULE(after(20), kEarly);
    EXPECT_RULE(after(25), kEarly);
}

/* Told when the operation ends, it is still the same change to those who look at it later. */
TEST(Operation, ThatEndedLeavesItsChange)
{
    EXPECT_EQ((std::vector<std::string>{kNoCfgi, "smmu-ste-torn"}),
              live("memory CD 0x21000 0x40\nbegin drv_attach dev=0 domain=0xa a=0x1\n"
                   "store STE 0x10808 0xd4\nend drv_attach dev=0 domain=0xa a=0x1\n"
                   "store CD 0x21008 0x80000\nstore CD 0x21018 0xff44\n"
                   "store CD 0x21000 0x1e204c0003519\nstore STE 0x10800 0x2100b")
                  .cfgi_ste()
                  .rules());
    EXPECT_EQ((std::vector<std::string>{kNoL1Cfgi, kFreedEarly}),
              Script(CHK_START_READY)
                  .line(std::string(kOff) +
                        "memory L1STD 0x60000 0x40\nmemory STE 0x64000 0x4000\n"
                        "store L1STD 0x60000 0x64009\n"
                        "mmio_write 0x80 0x60000 width=8\n"
                        "mmio_write 0x88 0x10209\n" +
                        kOn + "begin replace dev=0\nstore L1STD 0x60000 0x0\nend replace dev=0\n" +
                        "free STE 0x64000 0x4000")
                  .rules());
}

/* ---- torn ---- */

TEST(Torn, IsToldOnceForOneChangeAndAgainForTheNext)
{
    const std::string tear = "store STE 0x10808 0xd4\nstore STE 0x10800 0x2100b\n"
                             "store STE 0x10808 0xd8\n";
    const std::string back = "store STE 0x10808 0x0\nstore STE 0x10800 0x2000b\n";
    const std::string cd = "memory CD 0x21000 0x40\nstore CD 0x21008 0x80000\n"
                           "store CD 0x21018 0xff44\nstore CD 0x21000 0x1e204c0003519\n";

    EXPECT_EQ(1u, count_of(live(cd + tear).cfgi_ste(), CHK_RULE_STE_TORN));
    EXPECT_EQ(2u, count_of(live(cd + tear).cfgi_ste().line(back).cfgi_ste(), CHK_RULE_STE_TORN));
}

TEST(Torn, EatsAndMevMayChangeWithAnotherWord)
{
    const std::string cd = "memory CD 0x21000 0x40\nstore CD 0x21008 0x80000\n"
                           "store CD 0x21018 0xff44\nstore CD 0x21000 0x1e204c0003519\n";

    EXPECT_LEGAL(
        live(cd + "store STE 0x10808 0x10000000\nstore STE 0x10800 0x2100b").cfgi_ste()); /* EATS */
    EXPECT_LEGAL(
        live(cd + "store STE 0x10808 0x80000\nstore STE 0x10800 0x2100b").cfgi_ste()); /* MEV */
    EXPECT_RULE(live(cd + "store STE 0x10808 0x4\nstore STE 0x10800 0x2100b").cfgi_ste(),
                "smmu-ste-torn"); /* S1CIR */
}

TEST(Torn, WordsOfOneAtomicStoreAreOne)
{
    const std::string cd = "memory CD 0x21000 0x40\nstore CD 0x21008 0x80000\n"
                           "store CD 0x21018 0xff44\nstore CD 0x21000 0x1e204c0003519\n";
    const std::string wide = "store STE 0x10800 0x2100b value_hi=0xd4 width=16";

    EXPECT_LEGAL(live(cd + wide + " atomic").cfgi_ste());
    EXPECT_RULE(live(cd + wide).cfgi_ste(), "smmu-ste-torn");
    EXPECT_RULE(live(cd + "store STE 0x10808 0xd0\n" + wide + " atomic").cfgi_ste(),
                "smmu-ste-torn");
    EXPECT_SAYS(live(cd + wide).cfgi_ste(),
                "STE 0x10800 of StreamID 0x20: q0 0x2000b q1 0x0 -> q0 0x2100b q1 0xd4");
}

/* ---- the table of CDs that an STE leads to ---- */

TEST(Pointer, ToCdsThatNobodyWrote)
{
    EXPECT_RULE(live("store STE 0x10800 0x2200b").cfgi_ste(), "smmu-table-unwritten");
    EXPECT_LEGAL(live("memory CD 0x22000 0x40\nstore STE 0x10800 0x2200b").cfgi_ste());
    EXPECT_LEGAL(live("memory CD 0x22040 0x40\nstore STE 0x10800 0x2204b").cfgi_ste());
    EXPECT_SAYS(live("store STE 0x10800 0x2200b").cfgi_ste(),
                "S1ContextPtr leads to 0x22000, and not all of its 64 bytes were written");
}

/* Two CDs (S1CDMax 1, S1DSS: SubstreamID 0 is not used) have 128 bytes. */
TEST(Pointer, IsAlignedToTheTable)
{
    const std::string two = "memory CD 0x22000 0x200\nstore STE 0x10848 0x0\n";

    EXPECT_LEGAL(live(two + "store STE 0x10840 0x80000000002200b").cfgi_ste(0x21));
    EXPECT_LEGAL(live(two + "store STE 0x10840 0x80000000002208b").cfgi_ste(0x21));
    EXPECT_RULE(live(two + "store STE 0x10840 0x80000000002204b").cfgi_ste(0x21),
                "smmu-table-align");
}

TEST(Pointer, IsToldWhenItIsStored)
{
    const std::string lost = "store STE 0x10800 0x2200b\n";

    EXPECT_EQ(1u, count_of(live(lost).cfgi_ste().line("store STE 0x10808 0xd4").cfgi_ste(),
                           CHK_RULE_TABLE_UNWRITTEN));
    EXPECT_EQ(2u, count_of(live(lost).cfgi_ste().line("store STE 0x10800 0x2300b").cfgi_ste(),
                           CHK_RULE_TABLE_UNWRITTEN));
    EXPECT_EQ(
        2u,
        count_of(
            live(lost).cfgi_ste().line("store STE 0x10800 0x1").cfgi_ste().line(lost).cfgi_ste(),
            CHK_RULE_TABLE_UNWRITTEN));
}

/* T0SZ 0 is illegal; SubstreamID 0's CD counts if it is the only one, or S1DSS says so (2). */
TEST(Pointer, ToAnIllegalCd)
{
    const std::string bad = "memory CD 0x22000 0x80\nstore CD 0x22008 0x80000\n"
                            "store CD 0x22000 0x5e204c0003500\n";
    const char *const kIllegal = "smmu-cd-illegal";

    EXPECT_RULE(live(bad + "store STE 0x10840 0x2200b").cfgi_ste(0x21), kIllegal);
    EXPECT_LEGAL(live(bad + "store STE 0x10840 0x80000000002200b").cfgi_ste(0x21));
    EXPECT_RULE(live(bad + "store STE 0x10848 0x2")
                    .cfgi_ste(0x21)
                    .line("store STE 0x10840 0x80000000002200b")
                    .cfgi_ste(0x21),
                kIllegal);
    EXPECT_SAYS(live(bad + "store STE 0x10840 0x2200b").cfgi_ste(0x21),
                "CD 0x0 of StreamID 0x21 is illegal");
}

/* Under nested translation it is an address of the guest's. */
TEST(Pointer, OfAGuestLeadsNowhereHere)
{
    EXPECT_LEGAL(ready("memory PAGES 0x90000 0x1000\nstore STE 0x10850 0x40d006100000001\n"
                       "store STE 0x10858 0x90000")
                     .cfgi_ste(0x21)
                     .line("store STE 0x10840 0x2204f")
                     .cfgi_ste(0x21)
                     .line("store CD 0x22040 0x5e204c0003500\nfree CD 0x22040 0x40"));
}

TEST(Pointer, KeepsItsTableAlive)
{
    EXPECT_RULE(live("free CD 0x20000 0x40"), kFreedLinked);
    EXPECT_LEGAL(live("free CD 0x20040 0x40"));
    EXPECT_LEGAL(live("free CD 0x1ffc0 0x40"));
    EXPECT_SAYS(live("free CD 0x20000 0x40"), "a CD table lies there");
}

TEST(Pointer, IsHeldUntilItsCfgiIsComplete)
{
    EXPECT_RULE(live("store STE 0x10800 0x1\nfree CD 0x20000 0x40").cfgi_ste(), kFreedEarly);
    EXPECT_LEGAL(live("store STE 0x10800 0x1\nfree CD 0x20040 0x40").cfgi_ste());
    EXPECT_LEGAL(live("store STE 0x10800 0x1").cfgi_ste().line("free CD 0x20000 0x40"));
    EXPECT_SAYS(live("store STE 0x10800 0x1\nfree CD 0x20000 0x40").cfgi_ste(),
                "0x20000 was reached through 0x10800 until record");
    EXPECT_SAYS(live("store STE 0x10800 0x1\nfree CD 0x20000 0x40").cfgi_ste(),
                "and nothing was invalidated since");
    EXPECT_SAYS(
        live("store STE 0x10800 0x1").cmd(0x2000000003, 1).ring().line("free CD 0x20000 0x40"),
        "and nobody saw the invalidation complete");
}

/* V=0 led nowhere, whatever stands behind it; neither did a bypass. */
TEST(Pointer, OfAnEntryThatDidNotTranslateHoldsNothing)
{
    for (const char *q0 : {"0x2200a", "0x22009"})
        EXPECT_LEGAL(ready(std::string("memory CD 0x22000 0x40\nstore STE 0x10840 ") + q0)
                         .cfgi_ste(0x21)
                         .line("store STE 0x10840 0x0\nfree CD 0x22000 0x40")
                         .cfgi_ste(0x21));
}

/* ---- reserved bits ---- */

TEST(Reserved, BitsAreToldWhenTheyAppear)
{
    const std::string bit = "store STE 0x10800 0x10000000002000b\n";

    EXPECT_EQ(1u, count_of(live(bit).cfgi_ste().line("store STE 0x10808 0xd4").cfgi_ste(),
                           CHK_RULE_ENTRY_RESERVED));
    EXPECT_EQ(2u, count_of(live(bit).cfgi_ste().line("store STE 0x10800 0x30000000002000b"),
                           CHK_RULE_ENTRY_RESERVED));
    EXPECT_EQ(2u, count_of(live(bit)
                               .cfgi_ste()
                               .line("store STE 0x10800 0x10000000002000a")
                               .cfgi_ste()
                               .line(bit)
                               .cfgi_ste(),
                           CHK_RULE_ENTRY_RESERVED));
}

/* ---- where StreamIDs of a table that moved went ---- */

TEST(Moved, StreamsAreForgotten)
{
    const std::string moved = std::string(kOff) +
                              "memory STE 0x18000 0x1000\n"
                              "mmio_write 0x80 0x18000 width=8\n" +
                              kOn;

    EXPECT_LEGAL(live(moved + "store PTE 0x82000 0xa0004f43")); /* nobody uses that table */
    EXPECT_LEGAL(live(moved + "store CD 0x20018 0x44ff"));
    EXPECT_LEGAL(live(moved + "free CD 0x20000 0x40"));
    EXPECT_LEGAL(live(moved + "free STE 0x10000 0x1000"));
}

/* What looks like an STE behind the table is none. */
TEST(Moved, StreamsEndWithTheTable)
{
    EXPECT_LEGAL(live("memory CD 0x22000 0x40\nstore STE 0x11000 0x2200b\n" + std::string(kOff) +
                      "mmio_write 0x88 0x6\n" + kOn + "store CD 0x22000 0x1"));
}

TEST(Moved, StreamsAreLiveOnceEnabled)
{
    const std::string to = std::string(kOff) + "store STE 0x10800 0x1\n";
    const std::string back = "store STE 0x10800 0x2000b\nmmio_write 0x80 0x10000 width=8\n";

    EXPECT_LEGAL(ready(to +
                       "memory CD 0x20000 0x40\nmemory PAGES 0x80000 0x1000\n"
                       "store CD 0x20008 0x80000\nstore CD 0x20000 0x1e204c0003519\n" +
                       back + "store PTE 0x80008 0x40000f41\nstore PTE 0x80008 0x80000f41"));
    EXPECT_RULE(ready(to +
                      "memory CD 0x20000 0x40\nmemory PAGES 0x80000 0x1000\n"
                      "store CD 0x20008 0x80000\nstore CD 0x20000 0x1e204c0003519\n" +
                      back + kOn + "store PTE 0x80008 0x40000f41\nstore PTE 0x80008 0x80000f41"),
                "smmu-pte-bbm");
}

/* ---- two levels: 2 descriptors at 0x60000, of 256 STEs each; the first is at 0x64000 ---- */

std::string two_levels(const std::string &before = "")
{
    return kOff +
           std::string("memory L1STD 0x60000 0x40\nmemory STE 0x64000 0x4000\n"
                       "mmio_write 0x80 0x60000 width=8\nmmio_write 0x88 0x10209\n") +
           before + kOn;
}

const char *const kLinked = "store L1STD 0x60000 0x64009\n";

Script linked(const std::string &lines = "")
{
    return ready(two_levels() + kLinked).cmd(3, 0).sync().line(lines);
}

TEST(SecondLevel, HasAFirstAndALastEntry)
{
    EXPECT_RULE(linked("store STE 0x64000 0x9"), kNoCfgi);
    EXPECT_RULE(linked("store STE 0x67fc0 0x9"), kNoCfgi);
    EXPECT_LEGAL(linked("store STE 0x63fc0 0x9"));
    EXPECT_LEGAL(linked("store STE 0x68000 0x9"));
    EXPECT_SAYS(linked("store STE 0x67fc0 0x9"), "of StreamID 0xff");
}

TEST(SecondLevel, IsFoundWhenItIsEnabled)
{
    EXPECT_RULE(ready(two_levels(kLinked) + "store STE 0x64800 0x9"), kNoCfgi);
    EXPECT_LEGAL(ready(two_levels() + "store STE 0x64800 0x9"));
}

/* What stands behind the first level is not a part of it. */
TEST(SecondLevel, BehindTheFirstLevelIsNone)
{
    EXPECT_LEGAL(ready(two_levels("store L1STD 0x60010 0x64009\n") + "store STE 0x64800 0x9"));
    EXPECT_LEGAL(linked("store L1STD 0x60010 0x64009"));
    EXPECT_LEGAL(linked("store L1STD 0x5fff8 0x64009"));
}

TEST(SecondLevel, OfTheSecondDescriptor)
{
    EXPECT_SAYS(ready(two_levels("store L1STD 0x60008 0x64009\n") + "store STE 0x64040 0x9"),
                "StreamID 0x101");
}

TEST(SecondLevel, ThatWasUnlinkedIsNotLive)
{
    const Script gone = linked("store L1STD 0x60000 0x0").cmd(3, 0).sync();

    EXPECT_LEGAL(Script(gone).line("store STE 0x64800 0x9"));
    EXPECT_LEGAL(Script(gone).line("free STE 0x64000 0x4000"));
}

TEST(SecondLevel, ThatWasReplacedIsNotLive)
{
    const Script moved =
        linked("memory STE 0x6c000 0x4000\nstore L1STD 0x60000 0x6c009").cmd(3, 0).sync();

    EXPECT_LEGAL(Script(moved).line("store STE 0x64800 0x9"));
    EXPECT_RULE(Script(moved).line("store STE 0x6c800 0x9"), kNoCfgi);
}

TEST(SecondLevel, StaysWhenAnotherIsUnlinked)
{
    const Script both = linked("memory STE 0x6c000 0x4000\nstore L1STD 0x60008 0x6c009")
                            .cmd(0x10000000003, 0)
                            .sync()
                            .line("store L1STD 0x60008 0x0")
                            .cmd(0x10000000003, 0)
                            .sync();

    EXPECT_RULE(Script(both).line("store STE 0x64800 0x9"), kNoCfgi);
    EXPECT_LEGAL(Script(both).line("store STE 0x6c800 0x9"));
}

TEST(SecondLevel, IsForgottenWhenTheTableMoves)
{
    EXPECT_LEGAL(linked(std::string(kOff) +
                        "memory L1STD 0x61000 0x40\n"
                        "mmio_write 0x80 0x61000 width=8\n" +
                        kOn + "store STE 0x64800 0x9"));
}

TEST(SecondLevel, BringsItsStreams)
{
    const char *const stream = "memory CD 0x20000 0x40\nstore CD 0x20008 0x80000\n"
                               "store CD 0x20000 0x1e204c0003519\nstore STE 0x64800 0x2000b\n";

    EXPECT_RULE(
        ready(two_levels() + stream + kLinked).cmd(3, 0).sync().line("free CD 0x20000 0x40"),
        kFreedLinked);
}

TEST(SecondLevel, IsLiveMemory)
{
    EXPECT_RULE(linked("free STE 0x64000 0x4000"), kFreedLinked);
    EXPECT_RULE(linked("free STE 0x67fc0 0x40"), kFreedLinked);
    EXPECT_RULE(linked("free L1STD 0x60008 0x8"), kFreedLinked);
    EXPECT_LEGAL(linked("free STE 0x68000 0x1000"));
    EXPECT_LEGAL(linked("free STE 0x63fc0 0x40"));
    EXPECT_LEGAL(linked("free L1STD 0x60010 0x8"));
    EXPECT_SAYS(linked("free STE 0x64000 0x4000"), "a second-level stream table lies there");
}

TEST(SecondLevel, IsHeldUntilItsCfgiIsComplete)
{
    EXPECT_RULE(linked("store L1STD 0x60000 0x0\nfree STE 0x67fc0 0x40").cmd(3, 0).sync(),
                kFreedEarly);
    EXPECT_LEGAL(linked("store L1STD 0x60000 0x0\nfree STE 0x68000 0x40").cmd(3, 0).sync());
    EXPECT_LEGAL(linked("store L1STD 0x60008 0x0\nfree STE 0x0 0x40").cmd(3, 0).sync());
}

/* ---- which command covers a first-level descriptor: that of 0 to 255 ---- */

const Cover l1_covers[] = {
    {"the_first_of_them", 0x3, 0, true},
    {"the_last_of_them", 0xff00000003, 0, true},
    {"one_behind", 0x10000000003, 0, false},
    {"with_leaf_1", 0x3, 1, false},
    {"everything", 0x4, 31, true},
    {"a_range_inside", 0x2000000004, 1, true},
    {"a_range_behind", 0x10000000004, 1, false},
    {"a_cd", 0x5, 0, false},
};

class CoversL1 : public testing::TestWithParam<Cover>
{
};

TEST_P(CoversL1, ADescriptor)
{
    const Script script =
        ready(two_levels() + kLinked).cmd(GetParam().word0, GetParam().word1).sync();

    EXPECT_EQ(GetParam().covers ? kNone : std::vector<std::string>{kNoL1Cfgi}, script.rules());
}

INSTANTIATE_TEST_SUITE_P(Commands, CoversL1, testing::ValuesIn(l1_covers),
                         [](const auto &row) { return std::string(row.param.name); });

TEST(FirstLevel, OfTheSecond256)
{
    EXPECT_SAYS(ready(two_levels() + "memory STE 0x68000 0x4000\nstore L1STD 0x60008 0x68009"),
                "L1STD 0x60008 of StreamID 0x100, SubstreamID 0x0: q0 was 0x0, is 0x68009");
    EXPECT_RULE(ready(two_levels() + "memory STE 0x68000 0x4000\nstore L1STD 0x60008 0x68009")
                    .cmd(0xff00000003, 0)
                    .sync(),
                kNoL1Cfgi);
}

TEST(FirstLevel, TwoInOneStoreAreTwo)
{
    const Script both =
        ready(two_levels() + "memory STE 0x68000 0x4000\n"
                             "store L1STD 0x60000 0x64009 value_hi=0x68009 width=16");

    EXPECT_EQ(2u, count_of(both, CHK_RULE_L1STD_NO_CFGI));
}

TEST(FirstLevel, IsNotJudgedInALinearTable)
{
    EXPECT_LEGAL(ready("store L1STD 0x10000 0x64009"));
}

TEST(FirstLevel, WithASpanThatIsReservedSaysSo)
{
    EXPECT_SAYS(ready(two_levels() + "store L1STD 0x60000 0x6400b").cmd(3, 0).sync(),
                "L1STD 0x6400b: Span 11 with SPLIT 8 is invalid");
}

} // namespace
