/* SPDX-License-Identifier: BSD-2-Clause
 * order_tag_test.cpp - rules of ASIDs and VMIDs: who shares them, who uses them again, and which
 * command drops them; the world of EL2 has its own. Rows: sections 3.8, 3.21.3 and 4.4. */
#include "tests/unit/check/order_script.h"

using namespace order_test;

namespace
{

Script live(const std::string &lines = "")
{
    return Script().line(lines);
}

Script ready(const std::string &lines = "")
{
    return Script(CHK_START_READY).line(lines);
}

const char *const kReused = "smmu-asid-reused";
const char *const kShared = "smmu-vmid-shared";
const char *const kWrongTag = "smmu-tlbi-wrong-tag";

/* ---- VMIDs: StreamID 0x21 has VMID 1, its table at 0x80000 ---- */

Script stage2(const char *q2 = "0x40d006100000001")
{
    return ready(std::string("memory PAGES 0x80000 0x3000\nmemory PAGES 0x90000 0x1000\n"
                             "store STE 0x10850 ") +
                 q2 + "\nstore STE 0x10858 0x80000")
        .cfgi_ste(0x21)
        .line("store STE 0x10840 0xd")
        .cfgi_ste(0x21);
}

/* And StreamID 0x22 these words. */
Script beside(const char *q1, const char *q2, const char *q3)
{
    return stage2()
        .line(std::string("store STE 0x10888 ") + q1 + "\nstore STE 0x10890 " + q2 +
              "\nstore STE 0x10898 " + q3)
        .cfgi_ste(0x22)
        .line("store STE 0x10880 0xd")
        .cfgi_ste(0x22);
}

TEST(Vmid, OfOneTableIsShared)
{
    EXPECT_LEGAL(beside("0x0", "0x40d006100000001", "0x80000"));
    EXPECT_LEGAL(beside("0x0", "0x40d006100000002", "0x90000"));
    EXPECT_RULE(beside("0x0", "0x40d006100000001", "0x90000"), kShared);
}

/* S2FWB is bit 25 of word 1; S2SH0 bits 45:44 and S2R bit 58 of word 2. */
TEST(Vmid, OfOneFormatIsShared)
{
    EXPECT_RULE(beside("0x2000000", "0x40d006100000001", "0x80000"), kShared); /* S2FWB */
    EXPECT_RULE(beside("0x0", "0x40d306100000001", "0x80000"), kShared);       /* S2SH0 */
    EXPECT_LEGAL(beside("0x0", "0x00d006100000001", "0x80000"));               /* S2R */
}

TEST(Vmid, IsNotAnAsidsTag)
{
    EXPECT_LEGAL(live("memory PAGES 0x90000 0x1000\nstore STE 0x10850 0x40d006100000000\n"
                      "store STE 0x10858 0x90000")
                     .cfgi_ste(0x21)
                     .line("store STE 0x10840 0xd")
                     .cfgi_ste(0x21));
}

TEST(Vmid, OfAStreamThatLeftIsNotInUse)
{
    const auto left = [] { return stage2().line("store STE 0x10840 0x1").cfgi_ste(0x21); };

    EXPECT_LEGAL(left().line("store PTE 0x80008 0x400007fd\nstore PTE 0x80008 0x800007fd"));
    EXPECT_RULE(stage2().line("store PTE 0x80008 0x400007fd\nstore PTE 0x80008 0x800007fd"),
                "smmu-pte-bbm");
}

/* ---- an ASID leads elsewhere ---- */

const char *const kAway = "store CD 0x20008 0x90000";

TEST(Asid, ThatLeadsElsewhereIsTold)
{
    EXPECT_SAYS(live("memory PAGES 0x90000 0x1000").line(kAway).cfgi_cd(),
                "ASID 1 led to 0x80000, leads to 0x90000 now, and was not flushed");
}

TEST(Asid, ThatLeadsElsewhereTwiceIsToldOnce)
{
    EXPECT_EQ(1u, count_of(live("memory PAGES 0x90000 0x2000")
                               .line(kAway)
                               .cfgi_cd()
                               .line("store CD 0x20008 0x91000")
                               .cfgi_cd(),
                           CHK_RULE_ASID_REUSED));
}

/* While it is in use, it is filled again at once. */
TEST(Asid, ThatWasFlushedInUseIsDirty)
{
    EXPECT_RULE(live("memory PAGES 0x90000 0x1000").cmd(kTlbiAsid1).sync().line(kAway).cfgi_cd(),
                kReused);
}

struct Flush {
    const char *name;
    uint64_t word0, word1;
    bool drops;
};

/* Domain A's ASID 1 is in no CD any more; which of these let it be used for another table? */
TEST(Asid, IsFreeAfterACommandForAllOfIt)
{
    const Flush rows[] = {
        {"nh_asid", 0x1000000000011, 0, true},
        {"nh_asid_of_another", 0x2000000000011, 0, false},
        {"nh_asid_of_another_vmid", 0x1000100000011, 0, false},
        {"nh_all", 0x10, 0, true},
        {"nh_va", 0x1000000000012, 0, false},
        {"nh_va_of_a_range", 0x1000000900012, 0x400, false},
        {"nh_vaa", 0x13, 0, false},
        {"s12_vmall", 0x28, 0, true},
        {"s2_ipa", 0x2a, 0, false},
        {"nsnh_all", 0x30, 0, true},
        {"cfgi_all", 0x4, 31, false},
    };

    for (const Flush &row : rows) {
        const Script script = live("memory PAGES 0x90000 0x1000\nstore CD 0x20000 0x0")
                                  .cfgi_cd()
                                  .cmd(row.word0, row.word1)
                                  .sync()
                                  .line(kAway)
                                  .cfgi_cd()
                                  .line("store CD 0x20000 0x1e204c0003519")
                                  .cfgi_cd();

        EXPECT_EQ(row.drops ? kNone : std::vector<std::string>{kReused}, script.rules())
            << row.name;
    }
}

/* CFGI and TLBI with one CMD_SYNC: the old CD may be read again behind the TLBI. */
TEST(Asid, IsFreeOnlyAfterItsCdIs)
{
    const auto dropped = [](bool apart) {
        Script script = live("memory PAGES 0x90000 0x1000\nstore CD 0x20000 0x0");

        script.cmd(0x2000000005, 1);
        if (apart)
            script.sync();
        return script.cmd(kTlbiAsid1)
            .sync()
            .line(kAway)
            .cfgi_cd()
            .line("store CD 0x20000 0x1e204c0003519")
            .cfgi_cd();
    };

    EXPECT_LEGAL(dropped(true));
    EXPECT_RULE(dropped(false), kReused);
}

/* A CMD_SYNC before the TLBI says nothing of it. StreamID 0x21 takes the ASID over. */
TEST(Asid, IsFreeWhenTheFlushIsComplete)
{
    const auto waited = [](const char *which) {
        return live("memory PAGES 0x90000 0x1000\nmemory CD 0x22000 0x40\n"
                    "store CD 0x22008 0x90000\nstore CD 0x22018 0xff44\n"
                    "store CD 0x22000 0x1e204c0003519\nstore CD 0x20000 0x0")
            .cfgi_cd() /* slots 6 and 7 */
            .cmd(0x46)
            .cmd(kTlbiAsid1)
            .cmd(0x46)
            .ring()
            .line(std::string("wait queue 0x30000 index=") + which)
            .line("store STE 0x10840 0x2200b")
            .cfgi_ste(0x21);
    };

    EXPECT_LEGAL(waited("10"));
    EXPECT_RULE(waited("8"), kReused);
}

/* A second stream with the same ASID keeps it in use. */
TEST(Asid, IsFreeWhenNobodyUsesIt)
{
    const auto first_of_two = [](const char *second) {
        return live(std::string("memory PAGES 0x90000 0x1000\nmemory CD 0x22000 0x40\n"
                                "store CD 0x22008 0x80000\nstore CD 0x22018 0xff44\n"
                                "store CD 0x22000 0x1e204c0003519\nstore STE 0x10840 ") +
                    second)
            .cfgi_ste(0x21)
            .line("store CD 0x20000 0x0")
            .cfgi_cd()
            .cmd(kTlbiAsid1)
            .sync()
            .line("store STE 0x10840 0x1")
            .cfgi_ste(0x21)
            .line(kAway)
            .cfgi_cd()
            .line("store CD 0x20000 0x1e204c0003519")
            .cfgi_cd();
    };

    EXPECT_RULE(first_of_two("0x2200b"), kReused);
    EXPECT_LEGAL(first_of_two("0x1"));
}

/* The flush that comes late takes the duty over, if the CD is settled by then. */
TEST(Asid, ThatWasUsedTooEarlyMayBeFlushedYet)
{
    EXPECT_LEGAL(live("memory PAGES 0x90000 0x1000").line(kAway).cfgi_cd().cmd(kTlbiAsid1).sync());
    EXPECT_RULE(
        live("memory PAGES 0x90000 0x1000").line(kAway).cfgi_cd().cmd(0x2000000000011).sync(),
        kReused);
}

/* ---- EL2: IDR0.Hyp is 1, StreamID 0x21 has STRW 2 and a table at 0x90000, ASID 5 ---- */

Script el2(bool has_e2h, const char *page = "0x40000f41")
{
    const char *const hyp = "mmio_read 0x0 0x849661b\nmmio_write 0x20 0x1e\n"
                            "wait reg 0x24 mask=0x5df value=0x1e\n";
    const char *const on = "mmio_write 0x20 0x1f\nwait reg 0x24 mask=0x5df value=0x1f\n";

    return ready(std::string(hyp) + (has_e2h ? "mmio_write 0x2c 0x7\n" : "") + on +
                 "memory PAGES 0x90000 0x1000\nmemory CD 0x22000 0x40\nstore CD 0x22008 0x90000\n"
                 "store CD 0x22018 0xff44\nstore CD 0x22000 0x5e204c0003519\n"
                 "store PTE 0x90008 " +
                 page + "\nstore STE 0x10848 0x80000000")
        .cfgi_ste(0x21)
        .line("store STE 0x10840 0x2200b")
        .cfgi_ste(0x21);
}

struct Row {
    const char *name;
    uint64_t word0, word1;
    const char *plain, *e2h; /* rules that are broken without and with E2H */
};

std::ostream &operator<<(std::ostream &out, const Row &row)
{
    return out << row.name;
}

const char *const kNoTlbi = "smmu-unmap-no-tlbi";
constexpr uint64_t kAsid5 = 5ull << 48, kAsid6 = 6ull << 48;

const Row rows[] = {
    {"el2_all", 0x20, 0, nullptr, nullptr},
    {"el2_asid", kAsid5 | 0x21, 0, nullptr, nullptr},
    {"el2_asid_of_another", kAsid6 | 0x21, 0, nullptr, kWrongTag},
    {"el2_va", kAsid5 | 0x22, 0x40000001, nullptr, nullptr},
    {"el2_va_of_another", kAsid6 | 0x22, 0x40000001, nullptr, kWrongTag},
    {"el2_va_of_another_address", kAsid5 | 0x22, 0x80000001, kNoTlbi, kNoTlbi},
    {"el2_vaa", 0x23, 0x40000001, nullptr, nullptr},
    {"el2_vaa_of_another_address", 0x23, 0x80000001, kNoTlbi, kNoTlbi},
    {"nh_all", 0x10, 0, kWrongTag, kWrongTag},
    {"nh_asid", kAsid5 | 0x11, 0, kWrongTag, kWrongTag},
    {"nh_va", kAsid5 | 0x12, 0x40000001, kWrongTag, kWrongTag},
    {"s12_vmall", 0x28, 0, kWrongTag, kWrongTag},
    {"nsnh_all", 0x30, 0, kWrongTag, kWrongTag},
};

class El2 : public testing::TestWithParam<Row>
{
};

TEST_P(El2, HasItsOwnCommands)
{
    for (const bool has_e2h : {false, true}) {
        const Script script = el2(has_e2h)
                                  .line("begin unmap domain=0xb\nstore PTE 0x90008 0x0")
                                  .cmd(GetParam().word0, GetParam().word1)
                                  .sync()
                                  .line("end unmap domain=0xb");
        const char *rule = has_e2h ? GetParam().e2h : GetParam().plain;

        EXPECT_EQ(rule ? std::vector<std::string>{rule} : kNone, script.rules())
            << has_e2h << script.text();
    }
}

INSTANTIATE_TEST_SUITE_P(Commands, El2, testing::ValuesIn(rows),
                         [](const auto &row) { return std::string(row.param.name); });

/* nG is 0: found under any ASID, which EL2_ASID leaves. */
TEST(El2, GlobalsStayBehindACommandForAnAsid)
{
    const auto global = [](uint64_t word0) {
        return el2(true, "0x40000741")
            .line("begin unmap domain=0xb\nstore PTE 0x90008 0x0")
            .cmd(word0)
            .sync()
            .line("end unmap domain=0xb");
    };

    EXPECT_RULE(global(kAsid5 | 0x21), kNoTlbi);
    EXPECT_LEGAL(global(0x20));
}

/* EL2's commands leave what is EL1's. */
TEST(El2, CommandsAreNotForEl1)
{
    const auto unmapped = [](uint64_t word0, uint64_t word1) {
        return live("mmio_read 0x0 0x849661b\nbegin unmap domain=0xa\nstore PTE 0x82008 0x0")
            .cmd(word0, word1)
            .sync()
            .line("end unmap domain=0xa");
    };

    EXPECT_RULE(unmapped(0x20, 0), kWrongTag);
    EXPECT_RULE(unmapped(0x1000000000021, 0), kWrongTag);
    EXPECT_RULE(unmapped(0x1000000000022, 0x1001), kWrongTag);
    EXPECT_RULE(unmapped(0x23, 0x1001), kWrongTag);
}

/* Two worlds may use one ASID for two tables. */
TEST(El2, HasItsOwnAsids)
{
    EXPECT_LEGAL(el2(true)
                     .line("memory CD 0x23000 0x40\nmemory PAGES 0x91000 0x1000\n"
                           "store CD 0x23008 0x91000\nstore CD 0x23018 0xff44\n"
                           "store CD 0x23000 0x5e204c0003519\nstore STE 0x10880 0x2300b")
                     .cfgi_ste(0x22));
}

/* What uses an ASID of EL2 again needs EL2's commands. */
TEST(El2, AsidsAreFreeAfterItsCommands)
{
    const auto again = [](uint64_t word0, uint64_t word1) {
        return el2(true)
            .line("memory PAGES 0x91000 0x1000\nstore CD 0x22000 0x0")
            .cmd(0x2100000005, 1)
            .sync()
            .cmd(word0, word1)
            .sync()
            .line("store CD 0x22008 0x91000")
            .cmd(0x2100000005, 1)
            .sync()
            .line("store CD 0x22000 0x5e204c0003519")
            .cmd(0x2100000005, 1)
            .sync();
    };

    EXPECT_LEGAL(again(0x20, 0));
    EXPECT_LEGAL(again(kAsid5 | 0x21, 0));
    EXPECT_RULE(again(kAsid6 | 0x21, 0), kReused);
    EXPECT_RULE(again(kAsid5 | 0x22, 0x40000000), kReused);
    EXPECT_RULE(again(0x23, 0x40000000), kReused);
    EXPECT_RULE(again(0x30, 0), kReused);
}

} // namespace
