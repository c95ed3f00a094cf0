/* SPDX-License-Identifier: BSD-2-Clause
 * order_full_test.cpp - sixteen of everything, as many as there is room for before more is taken:
 * with sanitizers, a look at a seventeenth shows. */
#include "tests/unit/check/order_script.h"

using namespace order_test;

namespace
{

std::string line(const char *fmt, uint64_t a, uint64_t b = 0, uint64_t c = 0)
{
    char text[160];

    snprintf(text, sizeof(text), fmt, a, b, c);
    return std::string(text) + "\n";
}

template <typename Line> std::string sixteen(Line each)
{
    std::string lines;

    for (uint64_t i = 0; i < 16; i++)
        lines += each(i);
    return lines;
}

const char *const kOff = "mmio_write 0x20 0x1e\nwait reg 0x24 mask=0x5df value=0x1e\n";
const char *const kOn = "mmio_write 0x20 0x1f\nwait reg 0x24 mask=0x5df value=0x1f\n";

/* 16 second-level stream tables; StreamIDs 0 to 15 are 16 devices with a CD, an ASID and a table
 * each, of which the first descriptor is a block of 1 GiB. */
Script full()
{
    return Script(CHK_START_READY)
        .line(kOff +
              std::string("memory L1STD 0x60000 0x80\nmemory STE 0x100000 0x40000\n"
                          "memory CD 0x20000 0x400\nmemory PAGES 0x80000 0x10000\n") +
              sixteen([](uint64_t i) {
                  return line("store L1STD 0x%" PRIx64 " 0x%" PRIx64, 0x60000 + i * 8,
                              0x100009 + i * 0x4000);
              }) +
              sixteen([](uint64_t i) {
                  const uint64_t cd = 0x20000 + i * 0x40;

                  return line("store CD 0x%" PRIx64 " 0x%" PRIx64, cd + 8, 0x80000 + i * 0x1000) +
                         line("store CD 0x%" PRIx64 " 0xff44", cd + 0x18) +
                         line("store CD 0x%" PRIx64 " 0x%" PRIx64, cd,
                              0xe204c0003519 + ((i + 1) << 48)) +
                         line("store PTE 0x%" PRIx64 " 0x40000f41", 0x80000 + i * 0x1000) +
                         line("store STE 0x%" PRIx64 " 0x10000000", 0x100008 + i * 0x40) +
                         line("store STE 0x%" PRIx64 " 0x%" PRIx64, 0x100000 + i * 0x40, cd | 0xb);
              }) +
              sixteen([](uint64_t i) {
                  return i ? line("device %" PRIu64 " \"0000:00:%02" PRIx64
                                  ".0\" requester=0x%" PRIx64,
                                  i, i, i)
                           : std::string();
              }) +
              "mmio_write 0x80 0x60000 width=8\nmmio_write 0x88 0x1020c\n" + kOn)
        .line(sixteen([](uint64_t i) { return i ? line("ats %" PRIu64 " on", i) : ""; }));
}

TEST(Full, StreamsAreJudgedEach)
{
    for (const uint64_t i : {0, 7, 15}) {
        const uint64_t pa = 0x80000 + i * 0x1000;

        EXPECT_RULE(full().line(line("store PTE 0x%" PRIx64 " 0x80000f41", pa)), "smmu-pte-bbm");
        EXPECT_RULE(full().line(line("free PAGES 0x%" PRIx64 " 0x1000", pa)),
                    "smmu-table-freed-linked");
        EXPECT_RULE(full().line(line("store STE 0x%" PRIx64 " 0x9", 0x100000 + i * 0x4000 + 0x800)),
                    "smmu-ste-no-cfgi");
        EXPECT_RULE(full().line(line("store CD 0x%" PRIx64 " 0x1", 0x20038 + i * 0x40)),
                    "smmu-cd-no-cfgi");
    }
    EXPECT_LEGAL(
        full().line("store CD 0x20400 0x1\nfree CD 0x20400 0x40\nfree PAGES 0x90000 0x1000\n"
                    "store STE 0x140000 0x1\nstore PTE 0x90000 0x40000f41"));
}

TEST(Full, UnmapsOfOneNeedItsOwnCommands)
{
    EXPECT_RULE(full()
                    .line("begin unmap domain=0xa\nstore PTE 0x8f000 0x0")
                    .cmd(0x10ull << 48 | 0x12, 0x1)
                    .sync()
                    .line("end unmap domain=0xa"),
                "smmu-atc-missing");
    EXPECT_LEGAL(full()
                     .line("begin unmap domain=0xa\nstore PTE 0x8f000 0x0")
                     .cmd(0x10ull << 48 | 0x12, 0x1)
                     .sync()
                     .cmd(0xf00000040, 0x34)
                     .sync()
                     .line("end unmap domain=0xa"));
}

/* Each of them is a duty, or two; one command takes care of all. */
TEST(Full, ChangesAreCovered)
{
    const std::string all = sixteen(
        [](uint64_t i) { return line("store STE 0x%" PRIx64 " 0x9", 0x100800 + i * 0x40); });

    EXPECT_LEGAL(full().line(all).cmd(4, 31).sync());
    EXPECT_EQ(16u, count_of(full().line(all), CHK_RULE_STE_NO_CFGI));
    EXPECT_LEGAL(full()
                     .line("begin replace dev=3\n" + all)
                     .cmd(4, 31)
                     .sync()
                     .line("free OTHER 0x300000 0x1000\nend replace dev=3"));
}

TEST(Full, UnmappedPagesAreFlushedOneByOne)
{
    const std::string all = sixteen(
        [](uint64_t i) { return line("store PTE 0x%" PRIx64 " 0x0", 0x80000 + i * 0x1000); });
    Script script = full().line("begin drv_attach dev=0 domain=0x9 a=0x0\n" + all);

    for (uint64_t i = 0; i < 16; i++)
        script.cmd((i + 1) << 48 | 0x12, 0x1);
    EXPECT_LEGAL(script.sync().line("end drv_attach dev=0 domain=0x9 a=0x0"));
}

/* The middle of the last of 16 duties goes: what is left is a seventeenth. */
TEST(Full, APieceMayBeCutOut)
{
    std::string pages;

    for (unsigned i = 0; i < 4; i++)
        pages += line("store PTE 0x%" PRIx64 " 0x0", 0x82000 + 8 * i);
    Script script;

    script
        .line("begin unmap domain=0xa\n" + sixteen([](uint64_t i) {
                  return i < 15 ? line("store STE 0x%" PRIx64 " 0x9", 0x10000 + i * 0x40) : "";
              }) +
              pages)
        .cmd(0x1000000000012, 0x1001);
    EXPECT_SAYS(script.sync().cmd(4, 31).sync().line("end unmap domain=0xa"), "0x0-0xfff under");
    EXPECT_SAYS(script, "0x2000-0x3fff under");
}

TEST(Full, StallsAreAnsweredOneByOne)
{
    const std::string all = sixteen([](uint64_t i) {
        return line("event 0x40000 4 0x%" PRIx64 " word1=0x%" PRIx64 " word2=0x1000",
                    0x10 | i << 32, 0x80000001 + i);
    });
    Script script = full().line(all);

    EXPECT_RULE(Script(script).line("begin detach dev=15\nend detach dev=15"), "smmu-stall-open");
    for (uint64_t i = 0; i < 16; i++)
        script.cmd(i << 32 | 0x1044, i + 1);
    EXPECT_LEGAL(script.sync().line(sixteen([](uint64_t i) {
        return line("begin detach dev=%" PRIu64 "\nend detach dev=%" PRIu64, i, i);
    })));
    EXPECT_EQ((std::vector<std::string>{"smmu-resume-unknown"}),
              script.cmd(0x1044, 99).sync().rules());
}

TEST(Full, DomainsWithAFlushQueueAreExcusedEach)
{
    const std::string all = sixteen([](uint64_t i) {
        return line("begin drv_attach dev=20 domain=0x%" PRIx64 " a=0xb\n"
                    "end drv_attach dev=20 domain=0x%" PRIx64 " a=0xb",
                    0x100 + i, 0x100 + i);
    });
    const auto unmap = [&](const char *domain) {
        return Script().line(all).line(std::string("begin unmap domain=") + domain +
                                       "\nstore PTE 0x82008 0x0\nend unmap domain=" + domain);
    };

    EXPECT_LEGAL(unmap("0x10f"));
    EXPECT_RULE(unmap("0x110"), "smmu-unmap-no-tlbi");
}

/* Units 0 to 7 are followed; an eighth beyond them is not. */
TEST(Full, EightUnits)
{
    std::string units = "iommusim-text/1 records\n";

    for (unsigned i = 0; i < 9; i++)
        units += line("iommu %" PRIu64 " smmuv3 0x9050000 0x20000", i);
    EXPECT_EQ(std::vector<std::string>{"smmu-reg-read-only"},
              Checked(units + "mmio_write 0x24 0x0 iommu=7\n").rules());
    EXPECT_EQ(kNone, Checked(units + "mmio_write 0x24 0x0 iommu=8\nmmio_read 0x24 0x0 iommu=8\n"
                                     "wait reg 0x24 iommu=8 ret=-110\nstore CMD 0x0 0x0\n"
                                     "wait mem 0x0\nstore STE 0x0 0x1\nfree OTHER 0x0 0x1000\n"
                                     "ats 0 on\nevent 0x0 1 0x10\nbegin map\nend map\n")
                         .rules());
}

} // namespace
