/* SPDX-License-Identifier: BSD-2-Clause
 * order_pte_test.cpp - rules of page tables: which descriptors are live and for which addresses,
 * what may change in place, and what a TLBI has to cover. Rows: sections 3.21.1 and 4.4. */
#include "tests/unit/check/order_script.h"

using namespace order_test;

namespace
{

Script live(const std::string &lines = "")
{
    return Script().line(lines);
}

const char *const kBbm = "smmu-pte-bbm";
const char *const kNoTlbi = "smmu-unmap-no-tlbi";
const char *const kRights = "smmu-pte-rights-no-tlbi";
const char *const kWrongTag = "smmu-tlbi-wrong-tag";
const char *const kFreedLinked = "smmu-table-freed-linked";
constexpr uint64_t kVa = 0x1000000000012; /* TLBI_NH_VA, ASID 1 */

/* The lines as an unmap, with a TLBI of the addresses (0: none). */
Script unmap(const std::string &lines, uint64_t word0, uint64_t word1)
{
    Script script;

    script.line("begin unmap domain=0xa").line(lines);
    if (word0)
        script.cmd(word0, word1).sync();
    return script.line("end unmap domain=0xa");
}

/* ---- what is followed ---- */

/* A new table at 0x84000, linked at 0x40000000, and an output address in it that changes. */
Script new_table(const std::string &memory)
{
    return live(memory + "\nstore PTE 0x80008 0x84003\nstore PTE 0x84008 0x40200f41\n"
                         "store PTE 0x84008 0x40400f41");
}

TEST(Table, IsWhatAMemoryRecordSays)
{
    for (const char *structure : {"PAGES", "PTE", "PTE_S1", "PTE_S2"})
        EXPECT_RULE(new_table(std::string("memory ") + structure + " 0x84000 0x1000"), kBbm)
            << structure;
    EXPECT_LEGAL(new_table("memory OTHER 0x84000 0x1000"));
    EXPECT_LEGAL(new_table("memory STE 0x84000 0x1000"));
}

TEST(Table, IsEveryPageOfItsMemory)
{
    EXPECT_RULE(new_table("memory PAGES 0x83000 0x2000"), kBbm);
    EXPECT_RULE(new_table("memory PAGES 0x83000 0x1008\nmemory OTHER 0x84000 0x1000"), kBbm);
    EXPECT_RULE(new_table("memory PAGES 0x83800 0x1000\nmemory OTHER 0x84000 0x1000"), kBbm);
    EXPECT_LEGAL(new_table("memory PAGES 0x83000 0x1000\nmemory OTHER 0x84000 0x1000"));
}

/* 4 MiB at once are tables, more is something else. */
TEST(Table, IsNotPartOfAWholeHeap)
{
    const auto in = [](const char *memory) {
        return live(std::string(memory) + "\nstore PTE 0x80008 0x584003\n"
                                          "store PTE 0x584008 0x40200f41\n"
                                          "store PTE 0x584008 0x40400f41");
    };

    EXPECT_RULE(in("memory PAGES 0x400000 0x400000"), kBbm);
    EXPECT_LEGAL(in("memory PAGES 0x400000 0x401000"));
}

TEST(Table, IsWhatWasStoredToAsOne)
{
    const char *const known = "memory OTHER 0x84000 0x1000\n";

    EXPECT_RULE(new_table(std::string(known) + "store PTE 0x84010 0x40600f41"), kBbm);
    EXPECT_RULE(new_table(std::string(known) + "store PTE_S1 0x84010 0x40600f41"), kBbm);
    EXPECT_LEGAL(new_table(std::string(known) + "store STE 0x84010 0x1"));
    EXPECT_LEGAL(new_table(std::string(known) + "store OTHER 0x84010 0x1"));
}

TEST(Table, ThatWasUnlinkedIsNotLive)
{
    const auto gone = [] { return unmap("store PTE 0x81000 0x0", kVa | 9ull << 20, 0x400); };

    EXPECT_LEGAL(gone().line("store PTE 0x82000 0xa0009f43"));
    EXPECT_LEGAL(gone()
                     .line("memory PAGES 0x84000 0x1000\nstore PTE 0x81000 0x84003")
                     .line("store PTE 0x82000 0xa0009f43"));
    EXPECT_RULE(gone()
                    .line("memory PAGES 0x84000 0x1000\nstore PTE 0x81000 0x84003")
                    .line("store PTE 0x84000 0xa0000f43\nstore PTE 0x84000 0xa0009f43"),
                kBbm);
}

/* Then a page of it is data, and its descriptor may go with a TLBI of leaves. */
TEST(Table, ThatWasFreedIsData)
{
    EXPECT_LEGAL(unmap("store PTE 0x81000 0x0", kVa | 9ull << 20, 0x400)
                     .line("free PAGES 0x82000 0x1000\nmemory PAGES 0x84000 0x1000\n"
                           "store PTE 0x81000 0x84003\nstore PTE 0x84008 0x82f43\n"
                           "begin unmap domain=0xa\nstore PTE 0x84008 0x0")
                     .cmd(kVa, 0x1001)
                     .sync()
                     .line("end unmap domain=0xa"));
}

TEST(Table, IsNotTouchedWhenThePageBeforeItIsFreed)
{
    const char *const pages = "memory PAGES 0x83000 0x2000\n", *const link =
                                                                   "store PTE 0x80008 0x84003\n";
    const char *const before = "free PAGES 0x83000 0x1000\n";
    const char *const change = "store PTE 0x84008 0x40200f41\nstore PTE 0x84008 0x40400f41\n";

    EXPECT_LEGAL(live(std::string(pages) + link + before));
    EXPECT_RULE(live(std::string(pages) + before + link + change), kBbm);
    EXPECT_RULE(live(std::string(pages) + link + "free PAGES 0x84ff8 0x8"), kFreedLinked);
}

/* A table that is mapped for a device is still walked where it is a table. */
TEST(Table, ThatIsDataAsWellIsATableToo)
{
    EXPECT_LEGAL(unmap("store PTE 0x82020 0x82f43\nstore PTE 0x82020 0x0", kVa, 0x4001));
}

TEST(Table, ThatLeadsToItselfEnds)
{
    EXPECT_LEGAL(live("memory PAGES 0x84000 0x1000\nstore PTE 0x84000 0x84003\n"
                      "store PTE 0x84008 0x85f43\nstore PTE 0x84008 0x86f43"));
}

/* Many pages are remembered at once. */
TEST(Table, IsFoundAmongManyOthers)
{
    EXPECT_RULE(new_table("memory PAGES 0x1000000 0x3ff000\nmemory PAGES 0x84000 0x1000\n"
                          "memory PAGES 0x2000000 0x3ff000"),
                kBbm);
    EXPECT_RULE(live("memory PAGES 0x1000000 0x3ff000\nstore PTE 0x82000 0xa0004f43"), kBbm);
}

TEST(Table, IsToldOfOnceIfSeveralStreamsUseIt)
{
    EXPECT_EQ(
        1u,
        count_of(
            live("store STE 0x10840 0x2000b").cfgi_ste(0x21).line("store PTE 0x82000 0xa0004f43"),
            CHK_RULE_PTE_BBM));
}

/* ---- a pointer to a table that was not written ---- */

TEST(Link, LeadsToATableThatWasWritten)
{
    const char *const kUnwritten = "smmu-table-unwritten";

    EXPECT_RULE(live("store PTE 0x84010 0x40600f41\nstore PTE 0x80008 0x84003"), kUnwritten);
    EXPECT_LEGAL(live("memory PAGES 0x84000 0x1000\nstore PTE 0x80008 0x84003"));
    EXPECT_EQ(1u, count_of(live("store PTE 0x84010 0x40600f41\nstore PTE 0x80008 0x84003\n"
                                "store PTE 0x80008 0x800000000084003"),
                           CHK_RULE_TABLE_UNWRITTEN)); /* a bit that software may use */
    EXPECT_EQ(2u, count_of(live("store PTE 0x84010 0x40600f41\nstore PTE 0x85010 0x40600f41\n"
                                "store PTE 0x80008 0x84003\nstore PTE 0x80008 0x85003"),
                           CHK_RULE_TABLE_UNWRITTEN));
}

/* On the last level it is a page, whatever it holds. */
TEST(Link, OnTheLastLevelIsNone)
{
    EXPECT_LEGAL(live("store PTE 0x84010 0x40600f41\nstore PTE 0x82020 0x84f43"));
}

/* ---- which addresses ---- */

TEST(Address, IsThatOfTheDescriptor)
{
    EXPECT_SAYS(unmap("store PTE 0x82008 0x0", 0, 0),
                "0x1000-0x1fff under ASID 1: descriptor 0x82008 was 0xa0001f43, is 0x0");
    EXPECT_SAYS(unmap("store PTE 0x81010 0x40400f41\nstore PTE 0x81010 0x0", 0, 0),
                "0x400000-0x5fffff under ASID 1");
    EXPECT_SAYS(unmap("store PTE 0x80018 0x40000f41\nstore PTE 0x80018 0x0", 0, 0),
                "0xc0000000-0xffffffff under ASID 1");
    EXPECT_SAYS(live("store PTE 0x82008 0xa0009f43"),
                "output address of descriptor 0x82008 (address 0x1000, ASID 1) changes: "
                "0xa0001f43 -> 0xa0009f43");
}

/* A TLBI of any page in a block drops the block. */
TEST(Address, OfABlockIsEachOfItsPages)
{
    const char *const block = "store PTE 0x81010 0x40400f41\nstore PTE 0x81010 0x0";

    EXPECT_LEGAL(unmap(block, kVa, 0x400001));
    EXPECT_LEGAL(unmap(block, kVa, 0x5ff001));
    EXPECT_RULE(unmap(block, kVa, 0x3ff001), kNoTlbi);
    EXPECT_RULE(unmap(block, kVa, 0x600001), kNoTlbi);
}

TEST(Address, OfAnotherFirstLevelDescriptor)
{
    const char *const block = "store PTE 0x80018 0x40000f41\nstore PTE 0x80018 0x0";

    EXPECT_LEGAL(unmap(block, kVa, 0xc0000001));
    EXPECT_RULE(unmap(block, kVa, 0x80000001), kNoTlbi);
}

/* T0SZ 32: four first-level descriptors; the table has 32 bytes at 0x91020, aligned to them. */
Script small_root(const std::string &lines)
{
    return live("memory PAGES 0x91000 0x1000\nmemory CD 0x22000 0x40\nstore CD 0x22008 0x91020\n"
                "store CD 0x22018 0xff44\nstore CD 0x22000 0x5e204c0003520\n"
                "store STE 0x10840 0x2200b")
        .cfgi_ste(0x21)
        .line(lines);
}

TEST(Address, IsInsideTheRoot)
{
    EXPECT_RULE(small_root("store PTE 0x91020 0x40000f41\nstore PTE 0x91020 0x80000f41"), kBbm);
    EXPECT_RULE(small_root("store PTE 0x91038 0x40000f41\nstore PTE 0x91038 0x80000f41"), kBbm);
    EXPECT_LEGAL(small_root("store PTE 0x91040 0x40000f41\nstore PTE 0x91040 0x80000f41"));
    EXPECT_LEGAL(small_root("store PTE 0x91018 0x40000f41\nstore PTE 0x91018 0x80000f41"));
}

/* ---- the upper half: T1SZ 25, 4 KiB, its root at 0x91000 ---- */

Script upper(const std::string &lines)
{
    return live("memory PAGES 0x91000 0x2000\nmemory CD 0x22000 0x40\nstore CD 0x22008 0x90000\n"
                "memory PAGES 0x90000 0x1000\nstore CD 0x22010 0x91000\nstore CD 0x22018 0xff44\n"
                "store CD 0x22000 0x5e20480993519\nstore STE 0x10840 0x2200b")
        .cfgi_ste(0x21)
        .line("store PTE 0x92008 0x40200f41\nstore PTE 0x91000 0x92003")
        .line(lines);
}

TEST(UpperHalf, IsLive)
{
    EXPECT_RULE(upper("store PTE 0x92008 0x40400f41"), kBbm);
    EXPECT_RULE(upper("free PAGES 0x91000 0x1000"), kFreedLinked);
    EXPECT_RULE(upper("free PAGES 0x92000 0x1000"), kFreedLinked);
    EXPECT_LEGAL(upper("memory PAGES 0x94000 0x2000\nstore PTE 0x95000 0x94003\n"
                       "free PAGES 0x94000 0x1000")); /* linked, but from nowhere */
    EXPECT_LEGAL(upper("memory PAGES 0x94000 0x1000\nstore PTE 0x94008 0x40200f41\n"
                       "store PTE 0x94008 0x40400f41\nfree PAGES 0x94000 0x1000"));
}

/* Its addresses begin at 0xffffff8000000000, and a TLBI names them so. */
TEST(UpperHalf, HasAddressesOfItsOwn)
{
    const auto unmapped = [](uint64_t address) {
        return upper("begin unmap domain=0xb\nstore PTE 0x92008 0x0")
            .cmd(0x5000000000012, address | 1)
            .sync()
            .line("end unmap domain=0xb");
    };

    EXPECT_LEGAL(unmapped(0xffffff8000200000));
    EXPECT_LEGAL(unmapped(0xffffff80003ff000));
    EXPECT_RULE(unmapped(0xffffff8000400000), kNoTlbi);
    EXPECT_RULE(unmapped(0x200000), kNoTlbi);
}

/* ---- what may change in place ---- */

struct Change {
    const char *name, *before, *after;
    const char *rule;
};

std::ostream &operator<<(std::ostream &out, const Change &row)
{
    return out << row.name;
}

const Change stage1[] = {
    {"nothing", "0xa0004f43", "0xa0004f43", nullptr},
    {"output_address", "0xa0004f43", "0xa0005f43", kBbm},
    {"attribute_index", "0xa0004f43", "0xa0004f47", kBbm},
    {"shareability", "0xa0004f43", "0xa0004e43", kBbm},
    {"global", "0xa0004f43", "0xa0004743", kBbm},
    {"access_flag_set", "0xa0004b43", "0xa0004f43", nullptr},
    {"read_only", "0xa0004f43", "0xa0004fc3", kRights},
    {"writable", "0xa0004fc3", "0xa0004f43", nullptr},
    {"no_unprivileged_access", "0xa0004f43", "0xa0004f03", kRights},
    {"unprivileged_access", "0xa0004f03", "0xa0004f43", nullptr},
    {"uxn", "0xa0004f43", "0x400000a0004f43", kRights},
    {"no_uxn", "0x400000a0004f43", "0xa0004f43", nullptr},
    {"pxn", "0xa0004f43", "0x200000a0004f43", kRights},
    {"no_pxn", "0x200000a0004f43", "0xa0004f43", nullptr},
    {"for_software", "0xa0004f43", "0x80000000a0004f43", nullptr},
};

class InPlace : public testing::TestWithParam<Change>
{
};

TEST_P(InPlace, AtStage1)
{
    const Script script =
        live("begin map domain=0xa\nstore PTE 0x82020 " + std::string(GetParam().before) +
             "\nstore PTE 0x82020 " + GetParam().after + "\nend map domain=0xa");

    EXPECT_EQ(GetParam().rule ? std::vector<std::string>{GetParam().rule} : kNone, script.rules());
}

INSTANTIATE_TEST_SUITE_P(Pages, InPlace, testing::ValuesIn(stage1),
                         [](const auto &row) { return std::string(row.param.name); });

/* Stage 2 of StreamID 0x21: VMID 1, a walk from level 1; 0x0 to 0x1fff. */
Script stage2(const std::string &lines = "", const char *q0 = "0xd")
{
    return Script(CHK_START_READY)
        .line("memory PAGES 0x80000 0x3000\nstore PTE 0x82000 0xa00007ff\n"
              "store PTE 0x82008 0xa00017ff\nstore PTE 0x81000 0x82003\nstore PTE 0x80000 0x81003\n"
              "store STE 0x10850 0x40d006100000001\nstore STE 0x10858 0x80000")
        .cfgi_ste(0x21)
        .line(std::string("store STE 0x10840 ") + q0)
        .cfgi_ste(0x21)
        .line(lines);
}

const Change stage2_rows[] = {
    {"nothing", "0xa00047ff", "0xa00047ff", nullptr},
    {"output_address", "0xa00047ff", "0xa00057ff", kBbm},
    {"memory_type", "0xa00047ff", "0xa00047fb", kBbm},
    {"shareability", "0xa00047ff", "0xa00046ff", kBbm},
    {"read_only", "0xa00047ff", "0xa000477f", kRights},
    {"no_access", "0xa00047ff", "0xa000473f", kRights},
    {"writable", "0xa000477f", "0xa00047ff", nullptr},
    {"xn", "0xa00047ff", "0x400000a00047ff", kRights},
    {"no_xn", "0x400000a00047ff", "0xa00047ff", nullptr},
    {"still_xn", "0x400000a00047ff", "0x400000a00047ff", nullptr},
    {"for_software", "0xa00047ff", "0x80000000a00047ff", nullptr},
};

class InPlace2 : public testing::TestWithParam<Change>
{
};

TEST_P(InPlace2, AtStage2)
{
    const Script script =
        stage2("begin map domain=0xa\nstore PTE 0x82020 " + std::string(GetParam().before) +
               "\nstore PTE 0x82020 " + GetParam().after + "\nend map domain=0xa");

    EXPECT_EQ(GetParam().rule ? std::vector<std::string>{GetParam().rule} : kNone, script.rules());
}

INSTANTIATE_TEST_SUITE_P(Pages, InPlace2, testing::ValuesIn(stage2_rows),
                         [](const auto &row) { return std::string(row.param.name); });

/* A block of 2 MiB becomes a table. IDR3.BBML is at bit 11; nT is bit 16. */
TEST(Size, MayChangeAsBbmlSays)
{
    const auto split = [](const char *idr3, const char *block) {
        return live(std::string(idr3) + "\nstore PTE 0x81008 " + block +
                    "\nmemory PAGES 0x83000 0x1000\nstore PTE 0x81008 0x83003");
    };

    EXPECT_RULE(split("mmio_read 0xc 0x504", "0xa0200f41"), kBbm);
    EXPECT_RULE(split("mmio_read 0xc 0x504", "0xa0210f41"), kBbm);
    EXPECT_RULE(split("mmio_read 0xc 0xd04", "0xa0200f41"), kBbm);
    EXPECT_LEGAL(split("mmio_read 0xc 0xd04", "0xa0210f41"));
    EXPECT_LEGAL(split("mmio_read 0xc 0x1504", "0xa0200f41"));
    EXPECT_LEGAL(split("mmio_read 0xc 0x1504", "0xa0210f41"));
    EXPECT_SAYS(split("mmio_read 0xc 0x504", "0xa0200f41"), "size of descriptor 0x81008");
}

TEST(Size, OfATableThatBecomesABlockNeedsATlbi)
{
    const auto merged = [](uint64_t word0, uint64_t word1) {
        return live("mmio_read 0xc 0x1504\nbegin map domain=0xa\nstore PTE 0x81000 0xa0000f41")
            .cmd(word0, word1)
            .sync()
            .line("end map domain=0xa");
    };

    EXPECT_LEGAL(merged(kVa | 9ull << 20, 0x400));
    EXPECT_RULE(merged(kVa | 9ull << 20, 0x401), "smmu-tlbi-leaf-only");
}

TEST(Table, ThatIsReplacedByAnotherNeedsABreak)
{
    EXPECT_RULE(live("memory PAGES 0x84000 0x1000\nstore PTE 0x81000 0x84003"), kBbm);
    EXPECT_SAYS(live("memory PAGES 0x84000 0x1000\nstore PTE 0x81000 0x84003"),
                "next table of descriptor 0x81000");
}

/* ---- a table that goes: each page that it had may be in a TLB ---- */

TEST(TableGoes, WithItsPages)
{
    EXPECT_LEGAL(unmap("store PTE 0x81000 0x0", kVa | 9ull << 20, 0x400));
    EXPECT_RULE(unmap("store PTE 0x81000 0x0", kVa, 0x0), kNoTlbi);
    EXPECT_RULE(unmap("store PTE 0x81000 0x0", kVa | 9ull << 20, 0x401), "smmu-tlbi-leaf-only");
}

TEST(TableGoes, EmptyWithOneAddress)
{
    const char *const empty = "memory PAGES 0x84000 0x1000\nstore PTE 0x80008 0x84003\n"
                              "store PTE 0x80008 0x0";

    EXPECT_LEGAL(unmap(empty, kVa, 0x40000000));
    EXPECT_LEGAL(unmap(empty, kVa, 0x7ffff000));
    EXPECT_LEGAL(unmap(std::string("store PTE 0x85000 0xa0000f43\n") + empty, kVa, 0x7ffff000));
    EXPECT_RULE(unmap(empty, kVa, 0x40000001), "smmu-tlbi-leaf-only");
    EXPECT_RULE(unmap(empty, kVa, 0x80000000), kNoTlbi);
}

/* ---- neighbours are one duty, and one hit ---- */

uint64_t hits(const std::string &lines)
{
    return live(lines).checked().report().n_hits;
}

TEST(Neighbours, AreToldOnce)
{
    const std::string begin = "begin unmap domain=0xa\n", end = "end unmap domain=0xa\n";

    EXPECT_EQ(1u, hits(begin + "store PTE 0x82000 0x0\nstore PTE 0x82008 0x0\n" + end));
    EXPECT_EQ(2u, hits(begin + "store PTE 0x82000 0x0\nstore PTE 0x82010 0x0\n" + end));
    EXPECT_EQ(2u, hits(begin + "store PTE 0x82008 0x0\nstore PTE 0x82000 0x0\n" + end));
    EXPECT_SAYS(live(begin + "store PTE 0x82000 0x0\nstore PTE 0x82008 0x0\n" + end),
                "0x0-0x1fff under ASID 1");
}

TEST(Neighbours, AreToldApartIfTheyAreNotOfOneKind)
{
    const std::string begin = "begin unmap domain=0xa\n", end = "end unmap domain=0xa\n";

    EXPECT_EQ((std::vector<std::string>{kNoTlbi, kRights}),
              live(begin + "store PTE 0x82000 0xa0000fc3\nstore PTE 0x82008 0x0\n" + end).rules());
    EXPECT_EQ(2u, hits("store PTE 0x82ff8 0x401fff43\nstore PTE 0x81008 0x40200f41\n" + begin +
                       "store PTE 0x82ff8 0x0\nstore PTE 0x81008 0x0\n" + end));
}

TEST(Neighbours, ThatAreGlobalAreAnotherMatter)
{
    constexpr uint64_t kAsid = 0x1000000000011;
    const char *const mixed = "store PTE 0x82020 0xa0004f43\nstore PTE 0x82028 0xa0005743\n"
                              "store PTE 0x82020 0x0\nstore PTE 0x82028 0x0\n";
    const char *const other = "store PTE 0x82020 0xa0004743\nstore PTE 0x82028 0xa0005f43\n"
                              "store PTE 0x82020 0x0\nstore PTE 0x82028 0x0\n";

    EXPECT_SAYS(unmap(mixed, kAsid, 0), "0x5000-0x5fff");
    EXPECT_SAYS(unmap(other, kAsid, 0), "0x4000-0x4fff");
}

TEST(Neighbours, OfAnotherCpuAreItsMatter)
{
    EXPECT_EQ(2u, hits("@+1/0 begin unmap domain=0xa\n@+1/1 begin unmap domain=0xa\n"
                       "@+1/0 store PTE 0x82000 0x0\n@+1/1 store PTE 0x82008 0x0\n"
                       "@+1/0 end unmap domain=0xa\n@+1/1 end unmap domain=0xa\n"));
}

TEST(Neighbours, OfWhichOneWasFlushedAreTwo)
{
    EXPECT_SAYS(live("begin unmap domain=0xa\nstore PTE 0x82000 0x0")
                    .cmd(kVa, 1)
                    .ring()
                    .line("store PTE 0x82008 0x0")
                    .sync()
                    .line("end unmap domain=0xa"),
                "0x1000-0x1fff");
    EXPECT_EQ((std::vector<std::string>{kNoTlbi, kWrongTag}),
              live("begin unmap domain=0xa\nstore PTE 0x82000 0x0")
                  .cmd(0x2000000000012, 1)
                  .sync()
                  .line("store PTE 0x82008 0x0\nend unmap domain=0xa")
                  .rules());
}

/* A table that is used under two ASIDs: both must be flushed. */
Script two_asids(const std::string &lines)
{
    return live("memory CD 0x22000 0x40\nstore CD 0x22008 0x80000\nstore CD 0x22018 0xff44\n"
                "store CD 0x22000 0x2e204c0003519\nstore STE 0x10840 0x2200b")
        .cfgi_ste(0x21)
        .line("begin unmap domain=0xa")
        .line(lines);
}

TEST(TwoAsids, AreFlushedBoth)
{
    const char *const pages = "store PTE 0x82000 0x0\nstore PTE 0x82008 0x0";
    constexpr uint64_t kOne = 0x1000000000011, kTwo = 0x2000000000011;

    EXPECT_LEGAL(two_asids(pages).cmd(kOne).cmd(kTwo).sync().line("end unmap domain=0xa"));
    EXPECT_RULE(two_asids(pages).cmd(kOne).sync().line("end unmap domain=0xa"), kWrongTag);
    EXPECT_RULE(two_asids(pages).cmd(kTwo).sync().line("end unmap domain=0xa"), kWrongTag);
    EXPECT_EQ(4u, two_asids(pages).line("end unmap domain=0xa").checked().report().n_hits);
}

TEST(TwoAsids, AreFlushedForEachPage)
{
    EXPECT_RULE(two_asids("store PTE 0x82000 0x0\nstore PTE 0x82008 0x0")
                    .cmd(0x1000000000012, 0x1)
                    .cmd(0x2000000000011)
                    .sync()
                    .line("end unmap domain=0xa"),
                kWrongTag);
}

/* ---- nested: entries of both stages in one ---- */

TEST(Combined, IsToldOnceForAVmidAndACpu)
{
    const auto nested = [](const std::string &lines) { return stage2(lines, "0x5000f"); };
    const char *const two = "begin unmap domain=0xa\nstore PTE 0x82000 0x0\nstore PTE 0x82008 0x0";

    EXPECT_EQ(1u, count_of(nested(two)
                               .cmd(0x10000002a, 0x0)
                               .cmd(0x10000002a, 0x1000)
                               .sync()
                               .line("end unmap domain=0xa"),
                           CHK_RULE_TLBI_STAGE2_ONLY));
    EXPECT_SAYS(nested(two).cmd(0x10000002a, 0x0).sync().line("end unmap domain=0xa"),
                "0x0-0x0 under VMID 1: descriptor 0x82000 was 0xa00007ff, is 0x0");
    EXPECT_SAYS(nested("begin unmap domain=0xa\nstore PTE 0x82008 0x0\nend unmap domain=0xa"),
                "0x1000-0x1000 under VMID 1: descriptor 0x82008 was 0xa00017ff, is 0x0");
    EXPECT_EQ(2u, count_of(nested("@+1/0 begin unmap domain=0xa\n@+1/1 begin unmap domain=0xa\n"
                                  "@+1/0 store PTE 0x82000 0x0\n@+1/1 store PTE 0x82008 0x0")
                               .cmd(0x10000002a, 0x0)
                               .cmd(0x10000002a, 0x1000)
                               .sync()
                               .line("@+1/0 end unmap domain=0xa\n@+1/1 end unmap domain=0xa"),
                           CHK_RULE_TLBI_STAGE2_ONLY));
}

struct Combined {
    const char *name;
    uint64_t word0;
    bool drops;
};

TEST(Combined, IsDroppedByCommandsOfBothStages)
{
    const Combined rows[] = {
        {"nh_all", 0x100000010, true},
        {"nh_all_of_another", 0x200000010, false},
        {"s12_vmall", 0x100000028, true},
        {"s12_vmall_of_another", 0x200000028, false},
        {"nsnh_all", 0x30, true},
        {"nh_asid", 0x1000100000011, false},
        {"stage_2_alone", 0x10000002a, false},
    };

    for (const Combined &row : rows) {
        const Script script = stage2("begin unmap domain=0xa\nstore PTE 0x82008 0x0", "0x5000f")
                                  .cmd(0x10000002a, 0x1000)
                                  .cmd(row.word0, row.word0 == 0x10000002a ? 0x1000 : 0)
                                  .sync()
                                  .line("end unmap domain=0xa");

        EXPECT_EQ(row.drops ? kNone : std::vector<std::string>{"smmu-tlbi-stage2-only"},
                  script.rules())
            << row.name;
    }
}

/* Two guests with one stage 2 under VMIDs 1 and 2. */
TEST(Combined, IsAMatterOfEachVmid)
{
    const auto both = [] {
        return stage2("store STE 0x10890 0x40d006100000002\nstore STE 0x10898 0x80000", "0x5000f")
            .cfgi_ste(0x22)
            .line("store STE 0x10880 0x5000f")
            .cfgi_ste(0x22)
            .line("begin unmap domain=0xa\nstore PTE 0x82008 0x0")
            .cmd(0x10000002a, 0x1000)
            .cmd(0x20000002a, 0x1000)
            .cmd(0x100000010);
    };

    EXPECT_RULE(both().sync().line("end unmap domain=0xa"), "smmu-tlbi-stage2-only");
    EXPECT_LEGAL(both().cmd(0x200000010).sync().line("end unmap domain=0xa"));
}

} // namespace
