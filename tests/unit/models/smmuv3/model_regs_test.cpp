// SPDX-License-Identifier: BSD-2-Clause
// Registers as software sees them: widths, offsets, what may be written when (R02 to R06, R14).
#include "tests/unit/models/smmuv3/machine_bench.h"

namespace
{

using namespace machine;

// ---- R05: what reset gives, and what nobody can write ----

struct ReadOnly {
    const char *name;
    uint64_t offset;
    uint32_t value;
};
MACHINE_CASES(ReadOnly)

class SmmuRegReadOnly : public testing::TestWithParam<ReadOnly>
{
};
const ReadOnly read_only[] = {
    {"IDR0", IDR0, 0x094c721b}, {"IDR1", IDR1, 0x0e730510}, {"IDR2", 0x8, 0},
    {"IDR3", IDR3, 0x1514},     {"IDR4", 0x10, 0},          {"IDR5", IDR5, 0x75},
    {"IIDR", IIDR, 0x4830043b}, {"AIDR", AIDR, 2},          {"CR0ACK", CR0ACK, 0},
    {"STATUSR", STATUSR, 0},    {"GERROR", GERROR, 0},      {"IRQ_CTRLACK", IRQ_CTRLACK, 0},
};
INSTANTIATE_TEST_SUITE_P(R05, SmmuRegReadOnly, testing::ValuesIn(read_only), name_of<ReadOnly>);

TEST_P(SmmuRegReadOnly, KeepsItsValue)
{
    Bench b;

    EXPECT_EQ(b.read(GetParam().offset), GetParam().value);
    b.write(GetParam().offset, 0xffffffff);
    b.settle();
    EXPECT_EQ(b.read(GetParam().offset), GetParam().value);
}

TEST(SmmuRegs, R05_ResetValuesThatAreKnown)
{
    Bench b;

    for (const uint64_t offset : {CR0, CR0ACK, IRQ_CTRL, IRQ_CTRLACK, GERROR, GERRORN})
        EXPECT_EQ(b.read(offset), 0u) << offset;
    EXPECT_EQ(b.read(GBPA) & 0x80000000, 0u);
}

// ---- R02: 32 bits of every register, halves of wide ones, all of wide ones ----

struct ReadWrite {
    const char *name;
    uint64_t offset;
    uint32_t value;
};
MACHINE_CASES(ReadWrite)

class SmmuRegReadWrite : public testing::TestWithParam<ReadWrite>
{
};
const ReadWrite read_write[] = {
    {"CR1", CR1, 0xd75},
    {"CR2_e2h_and_recinvsid", CR2, 0x3},
    {"GERROR_IRQ_CFG1", GERROR_IRQ_CFG1, 0xfeedf00d},
    {"GERROR_IRQ_CFG2", GERROR_IRQ_CFG2, 0x3f},
    {"STRTAB_BASE_CFG", STRTAB_BASE_CFG, 0x1020a}, // FMT=1 SPLIT=8 LOG2SIZE=10
    {"CMDQ_PROD", CMDQ_PROD, 0x5},
    {"CMDQ_CONS", CMDQ_CONS, 0x5},
    {"EVENTQ_IRQ_CFG1", EVENTQ_IRQ_CFG1, 0xfeedf00d},
    {"EVENTQ_IRQ_CFG2", EVENTQ_IRQ_CFG2, 0x3f},
    {"EVENTQ_PROD", EVENTQ_PROD, 0x80000005},
    {"EVENTQ_CONS", EVENTQ_CONS, 0x80000005},
};
INSTANTIATE_TEST_SUITE_P(R02, SmmuRegReadWrite, testing::ValuesIn(read_write), name_of<ReadWrite>);

TEST_P(SmmuRegReadWrite, ReadsWhatWasWritten)
{
    Bench b;

    b.write64(CMDQ_BASE, kCmdq | 8);
    b.write64(EVENTQ_BASE, kEvtq | 7);
    b.write(GetParam().offset, GetParam().value);
    EXPECT_EQ(b.read(GetParam().offset), GetParam().value);
    b.write(GetParam().offset, 0);
    EXPECT_EQ(b.read(GetParam().offset), 0u);
}

struct Wide {
    const char *name;
    uint64_t offset;
    uint64_t value;
};
MACHINE_CASES(Wide)

class SmmuRegWide : public testing::TestWithParam<Wide>
{
};
const Wide wide[] = {
    {"STRTAB_BASE", STRTAB_BASE, 0x4000abcd12340000}, // RA, address
    {"CMDQ_BASE", CMDQ_BASE, 0x4000abcd12345008},     // RA, address, LOG2SIZE=8
    {"EVENTQ_BASE", EVENTQ_BASE, 0x4000abcd12345007},
    {"GERROR_IRQ_CFG0", GERROR_IRQ_CFG0, 0xabcd12345674},
    {"EVENTQ_IRQ_CFG0", EVENTQ_IRQ_CFG0, 0xabcd12345674},
};
INSTANTIATE_TEST_SUITE_P(R02, SmmuRegWide, testing::ValuesIn(wide), name_of<Wide>);

TEST_P(SmmuRegWide, HalvesAndWholeAreOneRegister)
{
    const uint64_t offset = GetParam().offset, value = GetParam().value;
    Bench b;

    b.write64(offset, value);
    EXPECT_EQ(b.read64(offset), value);
    EXPECT_EQ(b.read(offset), value & 0xffffffff);
    EXPECT_EQ(b.read(offset + 4), value >> 32);
    b.write(offset, 0);
    EXPECT_EQ(b.read64(offset), value & 0xffffffff00000000);
    b.write(offset + 4, 0);
    EXPECT_EQ(b.read64(offset), 0u);
    b.write(offset + 4, static_cast<uint32_t>(value >> 32));
    b.write(offset, static_cast<uint32_t>(value));
    EXPECT_EQ(b.read64(offset), value);
}

// ---- R03: wrong accesses read 0 and write nothing ----

TEST(SmmuRegs, R03_OneAccessOverTwoRegisters)
{
    Bench b;

    b.write(CR1, 0xd75);
    b.write(CR2, 0x2);
    EXPECT_EQ(b.read64(CR1), 0u);
    b.write64(CR1, 0);
    EXPECT_EQ(b.read(CR1), 0xd75u);
    EXPECT_EQ(b.read(CR2), 0x2u);
}

TEST(SmmuRegs, R03_OneAccessFromTheMiddleOfAWideRegister)
{
    Bench b;

    b.write64(STRTAB_BASE, 0x4000abcd12340000);
    EXPECT_EQ(b.read64(STRTAB_BASE + 4), 0u);
    b.write64(STRTAB_BASE + 4, 0);
    EXPECT_EQ(b.read64(STRTAB_BASE), 0x4000abcd12340000u);
}

TEST(SmmuRegs, R03_Unaligned)
{
    Bench b;

    b.write(CR1, 0xd75);
    EXPECT_EQ(b.read(CR1 + 1), 0u);
    EXPECT_EQ(b.read(CR1 + 2), 0u);
    b.write(CR1 + 1, 0);
    b.write(CR1 + 2, 0);
    EXPECT_EQ(b.read(CR1), 0xd75u);
}

// ---- R04: where there is nothing ----

class SmmuRegNothing : public testing::TestWithParam<uint64_t>
{
};
INSTANTIATE_TEST_SUITE_P(R04, SmmuRegNothing,
                         testing::Values(0x4c, 0x58, 0x8c, 0xc0, 0x100, 0x130, 0x180, 0x1000,
                                         0x4000, 0x8020, 0xa8, 0xac, 0xc8, 0xcc));

TEST_P(SmmuRegNothing, ReadsZero)
{
    Bench b;

    b.write(EVENTQ_PROD, 0x3);
    b.write(EVENTQ_CONS, 0x3);
    EXPECT_EQ(b.read(GetParam()), 0u);
    b.write(GetParam(), 0xffffffff);
    b.settle();
    EXPECT_EQ(b.read(GetParam()), 0u);
    EXPECT_EQ(b.read(EVENTQ_PROD), 0x3u);
    EXPECT_EQ(b.read(EVENTQ_CONS), 0x3u);
}

TEST(SmmuRegs, R04_Page1ShowsInPage0WhereTheImplementationSaysSo)
{
    Config c;

    c.smmu.param.page1_alias = 1;
    Bench b(c);

    b.write(0xa8, 0x3);
    b.write(0xac, 0x80000004);
    EXPECT_EQ(b.read(EVENTQ_PROD), 0x3u);
    EXPECT_EQ(b.read(EVENTQ_CONS), 0x80000004u);
    EXPECT_EQ(b.read(0xac), 0x80000004u);
}

// ---- R06, R14: guarded registers ----

// The bits of ignored keep their old value while CR0 (or IRQ_CTRL) holds guard; others change.
struct Guard {
    const char *name;
    uint64_t guard_register;
    uint32_t guard;
    uint64_t offset;
    uint32_t before, after;
    uint32_t ignored;
};
MACHINE_CASES(Guard)

const uint32_t all = 0xffffffff;
const Guard guards[] = {
    {"STRTAB_BASE_low_by_SMMUEN", CR0, SMMUEN, STRTAB_BASE, 0x10000, 0x50000, all},
    {"STRTAB_BASE_high_by_SMMUEN", CR0, SMMUEN, STRTAB_BASE + 4, 0, 0x7, all},
    {"STRTAB_BASE_CFG_by_SMMUEN", CR0, SMMUEN, STRTAB_BASE_CFG, 0x8, 0x10209, all},
    {"CR2_by_SMMUEN", CR0, SMMUEN, CR2, 0x2, 0x1, all},
    {"CR1_tables_by_SMMUEN", CR0, SMMUEN, CR1, 0xd75, 0, 0xfc0},
    {"CR1_queues_by_CMDQEN", CR0, CMDQEN, CR1, 0xd75, 0, 0x3f},
    {"CR1_queues_by_EVENTQEN", CR0, EVENTQEN, CR1, 0xd75, 0, 0x3f},
    {"CR1_all_by_all", CR0, ALL_ON, CR1, 0xd75, 0, 0xfff},
    {"CMDQ_BASE_by_CMDQEN", CR0, CMDQEN, CMDQ_BASE, 0x20008, 0x50007, all},
    {"CMDQ_CONS_by_CMDQEN", CR0, CMDQEN, CMDQ_CONS, 0, 0x3, all},
    {"CMDQ_BASE_not_by_others", CR0, SMMUEN | EVENTQEN, CMDQ_BASE, 0x20008, 0x50007, 0},
    {"CMDQ_CONS_not_by_others", CR0, SMMUEN | EVENTQEN, CMDQ_CONS, 0, 0x3, 0},
    {"EVENTQ_BASE_by_EVENTQEN", CR0, EVENTQEN, EVENTQ_BASE, 0x30007, 0x50006, all},
    {"EVENTQ_PROD_by_EVENTQEN", CR0, EVENTQEN, EVENTQ_PROD, 0, 0x3, all},
    {"EVENTQ_BASE_not_by_others", CR0, SMMUEN | CMDQEN, EVENTQ_BASE, 0x30007, 0x50006, 0},
    {"EVENTQ_CONS_by_nothing", CR0, ALL_ON, EVENTQ_CONS, 0, 0x80000000, 0},
    {"STRTAB_BASE_not_by_queues", CR0, CMDQEN | EVENTQEN, STRTAB_BASE, 0x10000, 0x50000, 0},
    {"CR2_not_by_queues", CR0, CMDQEN | EVENTQEN, CR2, 0x2, 0x1, 0},
    {"GERROR_IRQ_CFG0", IRQ_CTRL, 0x1, GERROR_IRQ_CFG0, 0x1000, 0x2000, all},
    {"GERROR_IRQ_CFG1", IRQ_CTRL, 0x1, GERROR_IRQ_CFG1, 0x10, 0x20, all},
    {"GERROR_IRQ_CFG2", IRQ_CTRL, 0x1, GERROR_IRQ_CFG2, 0x1, 0x2, all},
    {"GERROR_IRQ_CFG0_not_by_EVENTQ", IRQ_CTRL, 0x4, GERROR_IRQ_CFG0, 0x1000, 0x2000, 0},
    {"EVENTQ_IRQ_CFG0", IRQ_CTRL, 0x4, EVENTQ_IRQ_CFG0, 0x1000, 0x2000, all},
    {"EVENTQ_IRQ_CFG1", IRQ_CTRL, 0x4, EVENTQ_IRQ_CFG1, 0x10, 0x20, all},
    {"EVENTQ_IRQ_CFG2", IRQ_CTRL, 0x4, EVENTQ_IRQ_CFG2, 0x1, 0x2, all},
    {"EVENTQ_IRQ_CFG1_not_by_GERROR", IRQ_CTRL, 0x1, EVENTQ_IRQ_CFG1, 0x10, 0x20, 0},
};

class SmmuGuard : public testing::TestWithParam<Guard>
{
  protected:
    void prepare(Bench &b)
    {
        b.write64(CMDQ_BASE, kCmdq | 8);
        b.write64(EVENTQ_BASE, kEvtq | 7);
        b.write64(STRTAB_BASE, kStreams);
        b.write(GetParam().offset, GetParam().before);
    }
    uint32_t kept() const
    {
        return (GetParam().before & GetParam().ignored) | (GetParam().after & ~GetParam().ignored);
    }
};
INSTANTIATE_TEST_SUITE_P(R06, SmmuGuard, testing::ValuesIn(guards), name_of<Guard>);

TEST_P(SmmuGuard, WhileSet)
{
    const Guard &g = GetParam();
    Bench b;

    prepare(b);
    b.write(g.guard_register, g.guard);
    b.settle();
    b.write(g.offset, g.after);
    EXPECT_EQ(b.read(g.offset), kept());
}

TEST_P(SmmuGuard, OnItsWayUp)
{
    const Guard &g = GetParam();
    Bench b(Config("mmu600"));

    prepare(b);
    b.write(g.guard_register, g.guard);
    ASSERT_EQ(b.read(g.guard_register + 4), 0u); // not acknowledged yet
    b.write(g.offset, g.after);
    EXPECT_EQ(b.read(g.offset), kept());
}

TEST_P(SmmuGuard, OnItsWayDown)
{
    const Guard &g = GetParam();
    Bench b(Config("mmu600"));

    prepare(b);
    b.write(g.guard_register, g.guard);
    b.settle();
    b.write(g.guard_register, 0);
    ASSERT_EQ(b.read(g.guard_register + 4), g.guard);
    b.write(g.offset, g.after);
    EXPECT_EQ(b.read(g.offset), kept());
}

TEST_P(SmmuGuard, GoneOnceAcknowledged)
{
    const Guard &g = GetParam();
    Bench b(Config("mmu600"));

    prepare(b);
    b.write(g.guard_register, g.guard);
    b.settle();
    b.write(g.guard_register, 0);
    b.settle();
    ASSERT_EQ(b.read(g.guard_register + 4), 0u);
    b.write(g.offset, g.after);
    EXPECT_EQ(b.read(g.offset), g.after);
}

TEST(SmmuRegs, R06_BeforeSmmuv32AGuardedWriteMayBeDone)
{
    Config c;

    c.smmu.param.guards = 1;
    Bench b(c);

    b.boot();
    b.write(STRTAB_BASE_CFG, 0x9);
    EXPECT_EQ(b.read(STRTAB_BASE_CFG), 0x9u);
    b.write(CMDQ_CONS, 0x3); // not guarded, but read-only while the queue runs
    EXPECT_EQ(b.read(CMDQ_CONS), 0u);
}

} // namespace
