/* SPDX-License-Identifier: BSD-2-Clause
 * order_legal_test.cpp - what Linux 6.12 does and may do: no rule alarms. And what it would take
 * for the same sequence to be wrong. */
#include "tests/unit/check/order_script.h"

using namespace order_test;

namespace
{

/* ---- tags ---- */

TEST(LegalTags, NoTlbiWhenACdChanges)
{
    EXPECT_LEGAL(replaced());
}

TEST(LegalTags, NoTlbiWhenAnSteChanges)
{
    EXPECT_LEGAL(Script()
                     .line("begin detach dev=0")
                     .line("begin drv_attach dev=0")
                     .line("store STE 0x10800 0x1")
                     .cfgi_ste()
                     .line("end drv_attach dev=0")
                     .line("end detach dev=0"));
}

TEST(LegalTags, TlbiWhenTheDomainIsFreed)
{
    EXPECT_LEGAL(replaced().cmd(kTlbiAsid1).sync().line("free PAGES 0x80000 0x3000"));
}

TEST(LegalTags, FreedTablesOfADormantTag)
{
    EXPECT_LEGAL(replaced().line("free PAGES 0x80000 0x3000"));
}

Script reused(bool is_flushed)
{
    Script script = replaced();

    if (is_flushed)
        script.cmd(kTlbiAsid1).sync();
    return script.line("memory PAGES 0xa0000 0x1000")
        .line("begin drv_attach dev=0 domain=0xc a=0x1")
        .line(kCdOff)
        .cfgi_cd()
        .line("store CD 0x20008 0xa0000")
        .cfgi_cd()
        .line(kCdA)
        .cfgi_cd()
        .line("end drv_attach dev=0 domain=0xc a=0x1");
}

TEST(LegalTags, AnAsidUsedAgainAfterItsFlush)
{
    EXPECT_LEGAL(reused(true));
}

TEST(LegalTags, AnAsidUsedAgainWithoutIt)
{
    EXPECT_RULE(reused(false), "smmu-asid-reused");
}

TEST(LegalTags, AnAsidThatComesBackToItsTable)
{
    EXPECT_LEGAL(replaced()
                     .line("begin drv_attach dev=0 domain=0xa a=0x1")
                     .line(kCdOff)
                     .cfgi_cd()
                     .line("store CD 0x20008 0x80000")
                     .cfgi_cd()
                     .line(kCdA)
                     .cfgi_cd()
                     .line("end drv_attach dev=0 domain=0xa a=0x1"));
}

/* CFGI, TLBI, one SYNC: the old CD may be read again after the TLBI. */
TEST(LegalTags, AFlushBesideTheCfgiDoesNotCount)
{
    EXPECT_RULE(Script()
                    .line("begin drv_attach dev=0 domain=0xb a=0x1")
                    .line("store CD 0x20008 0x90000")
                    .cmd(0x2000000005, 1)
                    .cmd(kTlbiAsid1)
                    .sync()
                    .line("end drv_attach dev=0 domain=0xb a=0x1"),
                "smmu-asid-reused");
}

/* StreamID 0x21 has a CD of its own at 0x21000. */
Script second_stream(const std::string &q0)
{
    return Script()
        .line("memory CD 0x21000 0x40")
        .line("store CD 0x21008 0x80000")
        .line("store CD 0x21018 0xff44")
        .line("store CD 0x21000 " + q0)
        .line("store STE 0x10840 0x2100b")
        .cfgi_ste(0x21);
}

TEST(LegalTags, TwoCdsOfOneAsidThatDifferInS)
{
    EXPECT_LEGAL(second_stream("0x1f204c0003519"));
}

TEST(LegalTags, TwoCdsOfOneAsidThatDifferInR)
{
    EXPECT_LEGAL(second_stream("0x1c204c0003519"));
}

TEST(LegalTags, TwoCdsOfOneAsidThatDifferInA)
{
    EXPECT_LEGAL(second_stream("0x1a204c0003519"));
}

TEST(LegalTags, TwoCdsOfOneAsidThatDifferInTheirSize)
{
    EXPECT_RULE(second_stream("0x1e204c0003518"), "smmu-asid-shared");
}

/* ---- entries ---- */

TEST(LegalEntries, UnusedWordsThatHoldTheTargetAlready)
{
    EXPECT_LEGAL(Script(CHK_START_READY)
                     .line("memory CD 0x20000 0x40")
                     .line("begin drv_attach dev=0 domain=0xa a=0x1")
                     .line("store STE 0x10808 0xd6")
                     .cfgi_ste()
                     .line("store STE 0x10808 0xd6")
                     .line("store STE 0x10800 0x2000b")
                     .cfgi_ste()
                     .line("end drv_attach dev=0 domain=0xa a=0x1"));
}

TEST(LegalEntries, AnAbortingSteWithLeftovers)
{
    EXPECT_LEGAL(Script(CHK_START_READY)
                     .line("store STE 0x10810 0xffffffffffffffff")
                     .line("store STE 0x10818 0xffffffffffffffff")
                     .cfgi_ste());
}

TEST(LegalEntries, ABypassingSteWithLeftovers)
{
    EXPECT_LEGAL(Script(CHK_START_READY)
                     .line("store STE 0x10810 0x40d006100000001")
                     .cfgi_ste()
                     .line("store STE 0x10800 0x9")
                     .cfgi_ste());
}

TEST(LegalEntries, GarbageInTheHalfThatIsOff)
{
    /* T1SZ 0x3f, TG1 3, and a TTB1 beyond every address: EPD1 is 1 */
    EXPECT_LEGAL(Script()
                     .line("store CD 0x20010 0xfffffffffffff0")
                     .cfgi_cd()
                     .line("store CD 0x20000 0x1e204c0ff3519")
                     .cfgi_cd());
}

TEST(LegalEntries, BothHalvesOff)
{
    /* EPD0 and EPD1: how an address space of a process is let go */
    EXPECT_LEGAL(Script()
                     .line("store CD 0x20000 0x18204c0007519")
                     .cfgi_cd()
                     .line("store CD 0x20008 0x0")
                     .cfgi_cd());
}

TEST(LegalEntries, ACdThatStaysValidUnderNested)
{
    EXPECT_LEGAL(Script()
                     .line("begin drv_attach dev=0 domain=0xb a=0x40")
                     .line("store STE 0x10800 0x0")
                     .cfgi_ste()
                     .line("store STE 0x10810 0x40d006100000001")
                     .line("store STE 0x10818 0x90000")
                     .cfgi_ste()
                     .line("store STE 0x10800 0x5000f")
                     .cfgi_ste()
                     .line("end drv_attach dev=0 domain=0xb a=0x40")
                     .cmd(kTlbiAsid1)
                     .sync()
                     .line("free PAGES 0x80000 0x3000"));
}

/* ---- commands ---- */

Script batch(bool other_cpu_waits)
{
    Script script;

    script.line("begin unmap domain=0xa a=0x1000 b=0x1000")
        .line("store PTE 0x82008 0x0")
        .cmd(0x1000000000012, 0x1001)
        .ring();
    if (other_cpu_waits)
        script.sync(1);
    return script.line("@+1/0 end unmap domain=0xa a=0x1000 b=0x1000");
}

TEST(LegalCommands, ABatchThatAnotherCpusSyncCovers)
{
    EXPECT_LEGAL(batch(true));
}

TEST(LegalCommands, ABatchThatNoSyncCovers)
{
    EXPECT_RULE(batch(false), "smmu-sync-missing");
}

TEST(LegalCommands, APrefetchWithoutSyncAndWithoutChange)
{
    EXPECT_LEGAL(Script()
                     .line("begin drv_attach dev=0 domain=0xa a=0x1")
                     .cmd(0x2000000001)
                     .ring()
                     .line("end drv_attach dev=0 domain=0xa a=0x1"));
}

TEST(LegalCommands, ACfgiCdOfAStreamWithoutStage1)
{
    EXPECT_LEGAL(Script(CHK_START_READY).cfgi_cd());
}

TEST(LegalCommands, AnAtcInvJustAfterAtsWentOff)
{
    EXPECT_LEGAL(Script()
                     .line("store STE 0x10808 0x10000000")
                     .cfgi_ste()
                     .line("ats 0 on")
                     .line("begin detach dev=0")
                     .line("ats 0 off")
                     .line("store STE 0x10800 0x1")
                     .cfgi_ste()
                     .cmd(0x2000000040, 0x34)
                     .sync()
                     .line("end detach dev=0"));
}

/* Unmaps 0x1000-0x1fff with the TLBI that is given. */
Script unmap(uint64_t word0, uint64_t word1)
{
    return Script()
        .line("begin unmap domain=0xa a=0x1000 b=0x1000")
        .line("store PTE 0x82008 0x0")
        .line("unmap 0xa 0x1000 0x1000 0x1000")
        .cmd(word0, word1)
        .sync()
        .line("end unmap domain=0xa a=0x1000 b=0x1000");
}

TEST(LegalCommands, ARangeOfOnePageMore)
{
    EXPECT_LEGAL(unmap(0x1000000001012, 0x1401));
}

TEST(LegalCommands, ARangeThatIsWiderThanNeeded)
{
    EXPECT_LEGAL(unmap(0x1000000900012, 0x401));
}

TEST(LegalCommands, ATlbiOfTheWholeAsid)
{
    EXPECT_LEGAL(unmap(kTlbiAsid1, 0));
}

TEST(LegalCommands, ATlbiOfEverything)
{
    EXPECT_LEGAL(unmap(0x30, 0));
}

TEST(LegalCommands, ARangeThatEndsBeforeThePage)
{
    EXPECT_RULE(unmap(0x1000000000012, 0x1), "smmu-unmap-no-tlbi");
}

TEST(LegalCommands, ARangeThatBeginsBehindThePage)
{
    EXPECT_RULE(unmap(0x1000000000012, 0x2001), "smmu-unmap-no-tlbi");
}

TEST(LegalCommands, ARangeForAnotherLevel)
{
    EXPECT_RULE(unmap(0x1000000900012, 0x601), "smmu-unmap-no-tlbi");
}

TEST(LegalCommands, AResumeOfATransactionThatIsGone)
{
    EXPECT_LEGAL(Script()
                     .line("event 0x40000 4 0x2000000010 word1=0x80000001 word2=0x1000")
                     .cmd(0x2000001044, 1)
                     .sync()
                     .cmd(0x2000001044, 1)
                     .sync());
}

/* ---- queue ---- */

TEST(LegalQueue, AnMsiThatZeroesTheSlotOfItsSync)
{
    Script script;

    for (unsigned i = 0; i < 70; i++) { /* more than once around */
        char wait[100];

        script.cmd(0x1046, 0x30000 + script.slot() % 64 * 16).ring();
        snprintf(wait, sizeof(wait), "wait mem 0x%x mask=0xffffffff value=0x0",
                 0x30000 + (script.slot() - 1) % 64 * 16);
        script.line(wait);
    }
    EXPECT_LEGAL(script);
}

TEST(LegalQueue, AQueueThatGoesRoundManyTimes)
{
    Script script;

    for (unsigned i = 0; i < 500; i++)
        script.cfgi_ste();
    EXPECT_LEGAL(script);
}

TEST(LegalQueue, ABadCommandThatIsOverwrittenWhereItStands)
{
    EXPECT_LEGAL(Script()
                     .cmd(0x2000000001)
                     .ring()
                     .line("mmio_read 0x60 0x1")
                     .line("mmio_read 0x9c 0x1000006")
                     .line("store CMD 0x30060 0x46 width=16")
                     .line("mmio_write 0x64 0x1"));
}

} // namespace
