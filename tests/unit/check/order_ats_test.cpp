/* SPDX-License-Identifier: BSD-2-Clause
 * order_ats_test.cpp - rules of devices that translate themselves, of stalled transactions, and of
 * commands about both. Rows: sections 3.9, 3.12.2, 4.5 and 4.6. */
#include "tests/unit/check/order_script.h"

using namespace order_test;

namespace
{

Script ready(const std::string &lines = "")
{
    return Script(CHK_START_READY).line(lines);
}

/* StreamID 0x20 has ATS on. */
Script with_ats(const std::string &lines = "")
{
    return Script().line("store STE 0x10808 0x10000000").cfgi_ste().line("ats 0 on").line(lines);
}

const char *const kEarly = "smmu-ats-on-early";
const char *const kMissing = "smmu-atc-missing";
const char *const kOpen = "smmu-stall-open";
constexpr uint64_t kAtcInv = 0x2000000040;
constexpr uint64_t kVa = 0x1000000000012;

/* ---- EATS ---- */

/* Nested, with full (1) or split (2) ATS in bits 29:28 of word 1. */
Script eats(const char *before, const char *after)
{
    return ready(std::string("memory PAGES 0x80000 0x1000\nstore STE 0x10850 0x40d006100000001\n"
                             "store STE 0x10858 0x80000\nstore STE 0x10848 ") +
                 before)
        .cfgi_ste(0x21)
        .line("store STE 0x10840 0x2000f")
        .cfgi_ste(0x21)
        .line(std::string("store STE 0x10848 ") + after)
        .cfgi_ste(0x21);
}

TEST(Eats, GoesThroughZero)
{
    const char *const off = "0x0", *const full = "0x10000000", *const split = "0x20000000";
    const char *const kDirect = "smmu-eats-direct";

    EXPECT_LEGAL(eats(off, full));
    EXPECT_LEGAL(eats(off, split));
    EXPECT_LEGAL(eats(full, off));
    EXPECT_LEGAL(eats(split, off));
    EXPECT_RULE(eats(full, split), kDirect);
    EXPECT_RULE(eats(split, full), kDirect);
    EXPECT_SAYS(eats(full, split), "EATS of StreamID 0x21: 1 -> 2");
}

TEST(Eats, MustBeKnownToTheSmmuBeforeAtsIsOn)
{
    EXPECT_LEGAL(with_ats());
    EXPECT_RULE(Script().line("ats 0 on"), kEarly);
    EXPECT_RULE(Script().line("store STE 0x10808 0x10000000\nats 0 on").cfgi_ste(), kEarly);
    EXPECT_SAYS(Script().line("ats 0 on"), "its STE has V=1 EATS=0");
    EXPECT_SAYS(Script().line("store STE 0x10808 0x10000000\nats 0 on").cfgi_ste(),
                "before the CFGI of its STE was complete");
}

TEST(Eats, DoesNotMatterWhileNothingTranslates)
{
    EXPECT_LEGAL(ready("mmio_write 0x20 0x1e\nwait reg 0x24 mask=0x5df value=0x1e\nats 0 on"));
}

TEST(Eats, OfAStreamThatHasNoSteIsNotJudged)
{
    EXPECT_LEGAL(ready("device 1 \"0000:00:05.0\" requester=0x80\nats 1 on"));
}

/* ---- ATC_INV after an unmap ---- */

Script unmapped(const std::string &before = "")
{
    return with_ats(before)
        .line("begin unmap domain=0xa\nstore PTE 0x82008 0x0")
        .cmd(kVa, 0x1001)
        .sync();
}

const char *const kEnd = "end unmap domain=0xa";

TEST(AtcInv, FollowsTheTlbi)
{
    EXPECT_LEGAL(unmapped().cmd(kAtcInv, 0x1000).sync().line(kEnd));
    EXPECT_RULE(unmapped().line(kEnd), kMissing);
    EXPECT_SAYS(unmapped().line(kEnd),
                "no ATC_INV for StreamID 0x20 after the TLBI of 0x1000-0x1fff");
}

TEST(AtcInv, IsThatOfTheDevice)
{
    EXPECT_RULE(unmapped().cmd(0x2100000040, 0x1000).sync().line(kEnd), kMissing);
}

TEST(AtcInv, BeforeTheTlbiIsTooEarly)
{
    EXPECT_RULE(with_ats("begin unmap domain=0xa\nstore PTE 0x82008 0x0")
                    .cmd(kAtcInv, 0x1000)
                    .cmd(kVa, 0x1001)
                    .sync()
                    .line(kEnd),
                kMissing);
}

/* The newest of several counts, wherever it lies in the ring. */
TEST(AtcInv, IsTheNewest)
{
    Script script = unmapped();

    script.cmd(kAtcInv, 0x1000).sync().line(kEnd);
    for (unsigned i = 0; i < 25; i++)
        script.cmd(0x2000000001).sync();
    EXPECT_LEGAL(script.line("begin unmap domain=0xa\nstore PTE 0x82010 0x0")
                     .cmd(kVa, 0x2001)
                     .sync()
                     .cmd(kAtcInv, 0x2000)
                     .sync()
                     .line(kEnd));
}

TEST(AtcInv, OfAnEarlierUnmapIsNotAskedForAgain)
{
    EXPECT_EQ(1u, count_of(unmapped().line(kEnd).line("begin unmap domain=0xc\n"
                                                      "end unmap domain=0xc"),
                           CHK_RULE_ATC_MISSING));
}

/* Device 1 (0x21) has ATS too, in an address space of its own. */
TEST(AtcInv, IsNotForDevicesOfOtherDomains)
{
    const auto second = [](const char *q0) {
        return with_ats(std::string("device 1 \"0000:00:05.0\" requester=0x21\n"
                                    "memory CD 0x22000 0x40\nmemory PAGES 0x90000 0x1000\n") +
                        (std::string(q0) == "0x1e204c0003519" ? "store CD 0x22008 0x80000\n"
                                                              : "store CD 0x22008 0x90000\n") +
                        "store CD 0x22018 0xff44\nstore CD 0x22000 " + q0 +
                        "\nstore STE 0x10848 0x10000000")
            .cfgi_ste(0x21)
            .line("store STE 0x10840 0x2200b")
            .cfgi_ste(0x21)
            .line("ats 1 on\nbegin unmap domain=0xa\nstore PTE 0x82008 0x0")
            .cmd(kVa, 0x1001)
            .sync()
            .cmd(kAtcInv, 0x1000);
    };

    EXPECT_LEGAL(second("0x2e204c0003519").sync().line(kEnd));
    EXPECT_RULE(second("0x1e204c0003519").sync().line(kEnd), kMissing);
    EXPECT_LEGAL(second("0x1e204c0003519").cmd(0x2100000040, 0x1000).sync().line(kEnd));
}

/* ---- ATC_INV after a switch ---- */

Script switched(bool is_early, const char *begin = "begin drv_attach dev=0 domain=0xb a=0x1")
{
    Script script = with_ats(begin);

    if (is_early)
        script.cmd(kAtcInv, 0x34).ring();
    return script.line("store STE 0x10800 0x1").cfgi_ste();
}

const char *const kSwitched = "end drv_attach dev=0 domain=0xb a=0x1";

TEST(AtcInv, FollowsASwitch)
{
    EXPECT_LEGAL(switched(false).cmd(kAtcInv, 0x34).sync().line(kSwitched));
    EXPECT_RULE(switched(false).line(kSwitched), kMissing);
    EXPECT_RULE(switched(true).line(kSwitched), kMissing);
    EXPECT_SAYS(switched(false).line(kSwitched),
                "no ATC_INV for StreamID 0x20 after its table changed");
}

TEST(AtcInv, ThatIsMissingIsToldOnce)
{
    EXPECT_EQ(1u, count_of(switched(false, "begin attach dev=0\n"
                                           "begin drv_attach dev=0 domain=0xb a=0x1")
                               .line(kSwitched)
                               .line("end attach dev=0"),
                           CHK_RULE_ATC_MISSING));
}

/* The same table as before: R of the CD, and a TLBI's worth of nothing. */
TEST(AtcInv, IsNotAskedForWhereNoTableChanged)
{
    EXPECT_LEGAL(with_ats("begin drv_attach dev=0 domain=0xa a=0x1\nstore STE 0x10808 0x10000040")
                     .cfgi_ste()
                     .line("end drv_attach dev=0 domain=0xa a=0x1"));
}

TEST(AtcInv, IsNotAskedForWhereAtsIsOff)
{
    EXPECT_LEGAL(Script()
                     .line("begin drv_attach dev=0 domain=0xb a=0x1\nstore STE 0x10800 0x1")
                     .cfgi_ste()
                     .line(kSwitched));
}

TEST(AtcInv, OvertakesWhatNoSyncSeparates)
{
    const char *const kUnordered = "smmu-atc-unordered";

    EXPECT_LEGAL(with_ats().cmd(0x30).cmd(0x46).cmd(kAtcInv, 0x34).sync());
    EXPECT_RULE(with_ats().cmd(0x30).cmd(kAtcInv, 0x34).sync(), kUnordered);
    EXPECT_RULE(with_ats().cmd(0x2000000003, 1).cmd(kAtcInv, 0x34).sync(), kUnordered);
    EXPECT_RULE(with_ats().cmd(0x46).cmd(0x30).cmd(kAtcInv, 0x34).sync(), kUnordered);
    EXPECT_LEGAL(with_ats().cmd(kAtcInv, 0x34).cmd(kAtcInv, 0x34).sync());
    EXPECT_LEGAL(with_ats().cmd(0x30, 0, 1).cmd(kAtcInv, 0x34).sync());
    EXPECT_SAYS(with_ats().cmd(0x30).cmd(kAtcInv, 0x34).sync(), "ATC_INV 0x2000000040 0x34");
}

/* ---- stalls: an event says that STAG 1 of StreamID 0x20 waits ---- */

Script stalled(const char *type = "10", const char *word1 = "0x80000001",
               const char *place = "0x40000")
{
    return ready(std::string("event ") + place + " 4 0x20000000" + type + " word1=" + word1 +
                 " word2=0x1000");
}

const char *const kDetach = "begin detach dev=0\nend detach dev=0";

TEST(Stall, IsOpenUntilItIsAnswered)
{
    EXPECT_RULE(stalled().line(kDetach), kOpen);
    EXPECT_LEGAL(stalled().cmd(0x2000001044, 1).sync().line(kDetach));
    EXPECT_EQ((std::vector<std::string>{"smmu-resume-unknown", kOpen}),
              stalled().cmd(0x2000001044, 2).sync().line(kDetach).rules());
    EXPECT_SAYS(stalled().line(kDetach),
                "StreamID 0x20 has a stalled transaction, STAG 0x1, that nobody answered");
}

TEST(Stall, OfEveryTranslationFaultIsOne)
{
    for (const char *type : {"10", "11", "12", "13"})
        EXPECT_RULE(stalled(type).line(kDetach), kOpen) << type;
    for (const char *type : {"02", "04", "0a", "20"})
        EXPECT_LEGAL(stalled(type).line(kDetach));
    EXPECT_LEGAL(stalled("10", "0x1").line(kDetach)); /* Stall is 0 */
}

TEST(Stall, IsTerminatedForTheWholeStream)
{
    EXPECT_LEGAL(stalled().cmd(0x2000000045).sync().line(kDetach));
    EXPECT_RULE(stalled().cmd(0x2100000045).sync().line(kDetach), kOpen);
    EXPECT_RULE(stalled().cmd(0x2000000003, 1).sync().line(kDetach), kOpen);
}

TEST(Stall, IsAMatterOfItsDevice)
{
    EXPECT_LEGAL(stalled().line("begin detach dev=1\nend detach dev=1"));
    EXPECT_LEGAL(stalled().line("begin attach dev=0\nend attach dev=0"));
    EXPECT_RULE(stalled().line("begin remove_pasid dev=0\nend remove_pasid dev=0"), kOpen);
}

TEST(Stall, IsToldOnce)
{
    EXPECT_EQ(1u, count_of(stalled().line(kDetach).line(kDetach), CHK_RULE_STALL_OPEN));
}

TEST(Stall, IsKnownFromTheEventQueueAlone)
{
    EXPECT_RULE(stalled("10", "0x80000001", "0x407e0").line(kDetach), kOpen);
    EXPECT_LEGAL(stalled("10", "0x80000001", "0x40800").line(kDetach));
    EXPECT_LEGAL(stalled("10", "0x80000001", "0x3ffe0").line(kDetach));
}

TEST(Resume, OfWhatNoEventToldOf)
{
    const char *const kUnknown = "smmu-resume-unknown";

    EXPECT_RULE(stalled().cmd(0x2000001044, 1).cmd(0x2000001044, 2).sync(), kUnknown);
    EXPECT_RULE(stalled().cmd(0x2000001044, 1).cmd(0x2100001044, 1).sync(), kUnknown);
    EXPECT_LEGAL(ready().cmd(0x2000001044, 2).sync()); /* no event was seen at all */
    EXPECT_LEGAL(stalled("10", "0x80000001", "0x48000").cmd(0x2000001044, 2).sync());
    EXPECT_RULE(stalled("02", "0x0").cmd(0x2000001044, 2).sync(), kUnknown);
}

/* ---- commands alone ---- */

struct Row {
    const char *name;
    uint64_t word0, word1;
    const char *rule;
};

std::ostream &operator<<(std::ostream &out, const Row &row)
{
    return out << row.name;
}

const char *const kUnaligned = "smmu-tlbi-unaligned";
const char *const kReservedRange = "smmu-tlbi-reserved-range";

/* TG is at bit 10 of word 1, TTL at bit 8; NUM at bit 12 and SCALE at bit 20 of word 0 */
const Row rows[] = {
    {"pri_resp_denied", 0x2000000041, 0x0, nullptr},
    {"pri_resp_success", 0x2000000041, 0x2000, nullptr},
    {"pri_resp_reserved", 0x2000000041, 0x3000, "smmu-cmd-encoding"},
    {"sync_with_sev", 0x2046, 0, nullptr},
    {"sync_reserved", 0x3046, 0, "smmu-cmd-encoding"},
    {"for_the_secure_queue", 0x403, 0, "smmu-cmd-encoding"},
    {"range_4k_level_3", 0x1000000001012, 0x5701, nullptr},
    {"range_4k_level_2_aligned", 0x1000000001012, 0x200601, nullptr},
    {"range_4k_level_2", 0x1000000001012, 0x1601, kUnaligned},
    {"range_4k_level_1_aligned", 0x1000000001012, 0x40000501, nullptr},
    {"range_4k_level_1", 0x1000000001012, 0x200501, kUnaligned},
    {"range_16k_any_level", 0x1000000001012, 0x4801, nullptr},
    {"range_16k_not_aligned", 0x1000000001012, 0x1801, kUnaligned},
    {"range_16k_level_1", 0x1000000001012, 0x4901, nullptr},
    {"range_16k_level_2", 0x1000000001012, 0x4a01, kUnaligned},
    {"range_16k_level_2_aligned", 0x1000000001012, 0x2000a01, nullptr},
    {"range_64k_level_3", 0x1000000001012, 0x10f01, nullptr},
    {"range_64k_not_aligned", 0x1000000001012, 0x4f01, kUnaligned},
    {"range_of_nothing", 0x1000000000012, 0x1401, kReservedRange},
    {"range_with_a_level", 0x1000000000012, 0x1701, nullptr},
    {"range_with_num", 0x1000000001012, 0x1401, nullptr},
    {"range_with_scale", 0x1000000100012, 0x1401, nullptr},
    {"range_without_tg", 0x1000000001012, 0x1001, nullptr},
    {"range_of_an_ipa", 0x2a, 0x1400, kReservedRange},
    {"sync_with_an_address", 0x1046, 0x31c00, nullptr},
};

class Alone : public testing::TestWithParam<Row>
{
};

TEST_P(Alone, ACommand)
{
    EXPECT_EQ(GetParam().rule ? std::vector<std::string>{GetParam().rule} : kNone,
              ready().cmd(GetParam().word0, GetParam().word1).ring().rules());
}

INSTANTIATE_TEST_SUITE_P(Commands, Alone, testing::ValuesIn(rows),
                         [](const auto &row) { return std::string(row.param.name); });

} // namespace
