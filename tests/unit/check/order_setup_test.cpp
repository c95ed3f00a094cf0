/* SPDX-License-Identifier: BSD-2-Clause
 * order_setup_test.cpp - rules of setting up: sizes, alignments, and what is in place before it is
 * enabled. Rows: sections 6.3.2 and 6.3.24 to 6.3.32. */
#include "tests/unit/check/order_script.h"

using namespace order_test;

namespace
{

Script reset(const std::string &lines)
{
    return Script(CHK_START_RESET).line(lines);
}

Script ready(const std::string &lines)
{
    return Script(CHK_START_READY).line(lines);
}

const char *const kUnit = "iommusim-text/1 records\niommu 0 smmuv3 0x9050000 0x20000\n";
const char *const kNoSmmuEn = "mmio_write 0x20 0x1e\nwait reg 0x24 mask=0x5df value=0x1e\n";
const char *const kSmmuEn = "mmio_write 0x20 0x1f\nwait reg 0x24 mask=0x5df value=0x1f\n";

/* ---- one register, one verdict ---- */

struct Row {
    const char *name, *lines;
    const char *rule; /* or NULL */
};

std::ostream &operator<<(std::ostream &out, const Row &row)
{
    return out << row.name;
}

/* IDR1: CMDQS 8, EVENTQS 7, PRIQS 6, SSIDSIZE 8, SIDSIZE 16 */
#define SIZES "mmio_read 0x4 0xd073210\n"
#define LINEAR_ONLY "mmio_read 0x0 0x49641b\n" /* IDR0.ST_LEVEL 0 */
#define MSI_LESS "mmio_read 0x0 0x849441b\n"

const Row rows[] = {
    {"cmdq_of_the_largest_size", SIZES "mmio_write 0x90 0x30008 width=8", nullptr},
    {"cmdq_above", SIZES "mmio_write 0x90 0x30009 width=8", "smmu-queue-size"},
    {"eventq_of_the_largest_size", SIZES "mmio_write 0xa0 0x40007 width=8", nullptr},
    {"eventq_above", SIZES "mmio_write 0xa0 0x40008 width=8", "smmu-queue-size"},
    {"priq_of_the_largest_size", SIZES "mmio_write 0xc0 0x50006 width=8", nullptr},
    {"priq_above", SIZES "mmio_write 0xc0 0x50007 width=8", "smmu-queue-size"},
    /* 64 commands have 0x400 bytes, 128 events 0x1000, 64 page requests 0x400 */
    {"cmdq_aligned_to_its_own_size", SIZES "mmio_write 0x90 0x30406 width=8", nullptr},
    {"cmdq_not_aligned", SIZES "mmio_write 0x90 0x30606 width=8", "smmu-queue-align"},
    {"eventq_aligned", SIZES "mmio_write 0xa0 0x41007 width=8", nullptr},
    {"eventq_not_aligned", SIZES "mmio_write 0xa0 0x40807 width=8", "smmu-queue-align"},
    {"priq_aligned", SIZES "mmio_write 0xc0 0x50406 width=8", nullptr},
    {"priq_not_aligned", SIZES "mmio_write 0xc0 0x50206 width=8", "smmu-queue-align"},
    /* what is larger is taken as the largest: 256 commands, 0x1000 bytes */
    {"cmdq_above_is_aligned_as_the_largest", SIZES "mmio_write 0x90 0x31009 width=8",
     "smmu-queue-size"},

    {"linear", "mmio_write 0x88 0x6", nullptr},
    {"linear_of_the_largest_size", "mmio_write 0x88 0x10", nullptr},
    {"linear_above", "mmio_write 0x88 0x11", "smmu-strtab-cfg"},
    {"two_levels_split_6", "mmio_write 0x88 0x1018a", nullptr},
    {"two_levels_split_8", "mmio_write 0x88 0x1020a", nullptr},
    {"two_levels_split_10", "mmio_write 0x88 0x1028a", nullptr},
    {"two_levels_split_7", "mmio_write 0x88 0x101ca", "smmu-strtab-cfg"},
    {"split_of_a_linear_one", "mmio_write 0x88 0x1c6", nullptr},
    {"format_2", "mmio_write 0x88 0x20006", "smmu-strtab-cfg"},
    {"format_3", "mmio_write 0x88 0x30206", "smmu-strtab-cfg"},
    {"two_levels_where_there_are_none", LINEAR_ONLY "mmio_write 0x88 0x1020a", "smmu-strtab-cfg"},
    {"linear_where_there_is_no_other", LINEAR_ONLY "mmio_write 0x88 0x6", nullptr},

    {"interrupt_without_msi", MSI_LESS "mmio_write 0x50 0x7", nullptr},
    {"gerror_irq", "mmio_write 0x50 0x1", "smmu-irq-before-msi"},
    {"priq_irq", "mmio_write 0x50 0x2", "smmu-irq-before-msi"},
    {"eventq_irq", "mmio_write 0x50 0x4", "smmu-irq-before-msi"},
    {"gerror_irq_after_its_own", "mmio_write 0x68 0x0 width=8\nmmio_write 0x50 0x1", nullptr},
    {"priq_irq_after_its_own", "mmio_write 0xd0 0x0 width=8\nmmio_write 0x50 0x2", nullptr},
    {"eventq_irq_after_its_own", "mmio_write 0xb0 0x0 width=8\nmmio_write 0x50 0x4", nullptr},
    {"gerror_irq_after_another", "mmio_write 0xb0 0x0 width=8\nmmio_write 0x50 0x1",
     "smmu-irq-before-msi"},
};

class Values : public testing::TestWithParam<Row>
{
};

TEST_P(Values, OfRegisters)
{
    EXPECT_EQ(GetParam().rule ? std::vector<std::string>{GetParam().rule} : kNone,
              reset(GetParam().lines).rules());
}

INSTANTIATE_TEST_SUITE_P(SetUp, Values, testing::ValuesIn(rows),
                         [](const auto &row) { return std::string(row.param.name); });

TEST(Values, SayWhatIsWrong)
{
    EXPECT_SAYS(reset("mmio_write 0x88 0x20006"), "STRTAB_BASE_CFG 0x20006: FMT is reserved");
    EXPECT_SAYS(reset("mmio_write 0x88 0x101ca"), "STRTAB_BASE_CFG 0x101ca: SPLIT is reserved");
    EXPECT_SAYS(reset(SIZES "mmio_write 0xc0 0x50007 width=8"),
                "PRIQ_BASE.LOG2SIZE is 7, the SMMU has at most 6");
    EXPECT_SAYS(reset("mmio_write 0x50 0x4"), "EVENTQ_IRQEN is set");
}

/* No ID register was read: then nothing is known to be too large. */
TEST(Values, AreNotJudgedByUnknownLimits)
{
    EXPECT_EQ(kNone, Checked(std::string(kUnit) + "mmio_write 0x90 0x30009 width=8\n"
                                                  "mmio_write 0x88 0x1020a\nmmio_write 0x50 0x7\n")
                         .rules());
}

/* ---- a queue is enabled ---- */

const Row enables[] = {
    {"cmdq_all", "mmio_write 0x90 0x30006 width=8\nmmio_write 0x98 0x0\nmmio_write 0x9c 0x0\n",
     nullptr},
    {"cmdq_no_base", "mmio_write 0x98 0x0\nmmio_write 0x9c 0x0\n", "smmu-queue-before-base"},
    {"cmdq_no_prod", "mmio_write 0x90 0x30006 width=8\nmmio_write 0x9c 0x0\n",
     "smmu-queue-before-pointers"},
    {"cmdq_no_cons", "mmio_write 0x90 0x30006 width=8\nmmio_write 0x98 0x0\n",
     "smmu-queue-before-pointers"},
    {"cmdq_preset", "mmio_read 0x4 0x2d084210\nmmio_write 0x98 0x0\nmmio_write 0x9c 0x0\n",
     nullptr},
    {"cmdq_preset_no_cons", "mmio_read 0x4 0x2d084210\nmmio_write 0x98 0x0\n",
     "smmu-queue-before-pointers"},
};

class Enables : public testing::TestWithParam<Row>
{
};

TEST_P(Enables, TheCommandQueue)
{
    EXPECT_EQ(GetParam().rule ? std::vector<std::string>{GetParam().rule} : kNone,
              reset(std::string(GetParam().lines) + "mmio_write 0x20 0x8").rules());
}

INSTANTIATE_TEST_SUITE_P(SetUp, Enables, testing::ValuesIn(enables),
                         [](const auto &row) { return std::string(row.param.name); });

TEST(Enabled, EventQueueNeedsItsOwnRegisters)
{
    const std::string base = "mmio_write 0xa0 0x40006 width=8\n";
    const std::string prod = "mmio_write 0x100a8 0x0\n", cons = "mmio_write 0x100ac 0x0\n";

    EXPECT_LEGAL(reset(base + prod + cons + "mmio_write 0x20 0x4"));
    EXPECT_RULE(reset(prod + cons + "mmio_write 0x20 0x4"), "smmu-queue-before-base");
    EXPECT_RULE(reset(base + cons + "mmio_write 0x20 0x4"), "smmu-queue-before-pointers");
    EXPECT_RULE(reset(base + prod + "mmio_write 0x20 0x4"), "smmu-queue-before-pointers");
    EXPECT_SAYS(reset(base + prod + "mmio_write 0x20 0x4"), "EVENTQ_CONS was never written");
    EXPECT_SAYS(reset(base + cons + "mmio_write 0x20 0x4"), "EVENTQ_PROD was never written");
}

TEST(Enabled, PriQueueNeedsItsOwnRegisters)
{
    const std::string base = "mmio_write 0xc0 0x50006 width=8\n";
    const std::string prod = "mmio_write 0x100c8 0x0\n", cons = "mmio_write 0x100cc 0x0\n";

    EXPECT_LEGAL(reset(base + prod + cons + "mmio_write 0x20 0x2"));
    EXPECT_RULE(reset(prod + cons + "mmio_write 0x20 0x2"), "smmu-queue-before-base");
    EXPECT_RULE(reset(base + cons + "mmio_write 0x20 0x2"), "smmu-queue-before-pointers");
    EXPECT_RULE(reset(base + prod + "mmio_write 0x20 0x2"), "smmu-queue-before-pointers");
}

/* ---- SMMUEN is set: which invalidations are complete? ---- */

const char *const kQueue = "mmio_write 0x80 0x10000 width=8\nmmio_write 0x88 0x6\n"
                           "mmio_write 0x90 0x30006 width=8\nmmio_write 0x98 0x0\n"
                           "mmio_write 0x9c 0x0\nmmio_write 0x20 0x8\n"
                           "wait reg 0x24 mask=0x5df value=0x8\n";
const char *const kOn = "mmio_write 0x20 0x9\nwait reg 0x24 mask=0x5df value=0x9\n";

Script clean()
{
    return reset(kQueue);
}

constexpr uint64_t kTlbiAll = 0x30;
const char *const kDirty = "smmu-enable-before-inv";

TEST(Clean, IsWhatBothCommandsLeave)
{
    EXPECT_LEGAL(clean().cmd(4, 31).sync().cmd(kTlbiAll).sync().line(kOn));
    EXPECT_LEGAL(clean().cmd(kTlbiAll).sync().cmd(4, 31).sync().line(kOn));
    EXPECT_LEGAL(clean().cmd(kTlbiAll).cmd(4, 31).sync().line(kOn));
    EXPECT_LEGAL(clean().cmd(4, 31).cmd(kTlbiAll).sync().line(kOn));
}

TEST(Clean, NeedsBoth)
{
    EXPECT_RULE(clean().sync().line(kOn), kDirty);
    EXPECT_RULE(clean().cmd(4, 31).sync().line(kOn), kDirty);
    EXPECT_RULE(clean().cmd(kTlbiAll).sync().line(kOn), kDirty);
    EXPECT_SAYS(clean().cmd(4, 31).sync().line(kOn), "before a TLBI_NSNH_ALL was complete");
    EXPECT_SAYS(clean().cmd(kTlbiAll).sync().line(kOn), "before a CFGI_ALL was complete");
}

TEST(Clean, NeedsASyncBehindThem)
{
    EXPECT_RULE(clean().sync().cmd(4, 31).cmd(kTlbiAll).ring().line(kOn), kDirty);
    EXPECT_RULE(clean().cmd(4, 31).sync().cmd(kTlbiAll).ring().line(kOn), kDirty);
    EXPECT_RULE(clean().cmd(kTlbiAll).sync().cmd(4, 31).ring().line(kOn), kDirty);
}

TEST(Clean, NeedsEveryStreamId)
{
    EXPECT_RULE(clean().cmd(4, 15).sync().cmd(kTlbiAll).sync().line(kOn), kDirty);
}

TEST(Clean, IsAskedOnceInALife)
{
    const Script twice = clean().line(kOn).line("mmio_write 0x20 0x8\n"
                                                "wait reg 0x24 mask=0x5df value=0x8\n" +
                                                std::string(kOn));

    EXPECT_EQ(1u, count_of(twice, CHK_RULE_ENABLE_BEFORE_INV)) << twice.text();
}

/* ---- the stream table ---- */

/* CFG before BASE is as good. */
TEST(StreamTable, IsKnownWhicheverRegisterComesLast)
{
    const std::string base = "mmio_write 0x80 0x18000 width=8\n", cfg = "mmio_write 0x88 0x6\n";

    EXPECT_RULE(ready(kNoSmmuEn + base + cfg + kSmmuEn + "store STE 0x18800 0x1"),
                "smmu-ste-no-cfgi");
    EXPECT_RULE(ready(kNoSmmuEn + cfg + base + kSmmuEn + "store STE 0x18800 0x1"),
                "smmu-ste-no-cfgi");
    EXPECT_LEGAL(ready(kNoSmmuEn + cfg + base + kSmmuEn + "store STE 0x10800 0x9"));
}

/* Four entries only: StreamID 0x20 has none. */
TEST(StreamTable, HasTheSizeThatItWasGiven)
{
    const std::string small = kNoSmmuEn + std::string("mmio_write 0x88 0x2\n") + kSmmuEn;

    EXPECT_LEGAL(ready(small + "store STE 0x10800 0x9"));
    EXPECT_LEGAL(ready(small + "store STE 0x10100 0x9"));
    EXPECT_RULE(ready(small + "store STE 0x100c0 0x9"), "smmu-ste-no-cfgi");
    EXPECT_RULE(ready(small + "store STE 0x10000 0x9"), "smmu-ste-no-cfgi");
}

TEST(StreamTable, ThatIsHalfKnownIsNotJudged)
{
    const char *const kTwoQueues = "mmio_write 0x90 0x30006 width=8\nmmio_write 0x98 0x0\n"
                                   "mmio_write 0x9c 0x0\nmmio_write 0x20 0x8\n"
                                   "wait reg 0x24 mask=0x5df value=0x8\n";
    const auto half = [&](const char *reg) {
        return reset(kTwoQueues)
            .cmd(4, 31)
            .cmd(kTlbiAll)
            .sync()
            .line(reg)
            .line(kOn)
            .line("store STE 0x10000 0x9\nfree STE 0x10000 0x1000");
    };

    EXPECT_RULE(half("mmio_write 0x80 0x10000 width=8"), "smmu-enable-before-table");
    EXPECT_RULE(half("mmio_write 0x88 0x6"), "smmu-enable-before-table");
}

/* Neither IDR was read: its size is believed, and so are two levels. */
TEST(StreamTable, WithoutIdRegistersIsBelieved)
{
    const std::string unit = kUnit;

    EXPECT_EQ(std::vector<std::string>{"smmu-ste-no-cfgi"},
              Checked(unit + "mmio_write 0x80 0x10000 width=8\nmmio_write 0x88 0x6\n"
                             "mmio_write 0x20 0x1\nstore STE 0x10800 0x1\n")
                  .rules());
    EXPECT_EQ(std::vector<std::string>{"smmu-l1std-no-cfgi"},
              Checked(unit + "memory STE 0x64000 0x4000\nmmio_write 0x80 0x60000 width=8\n"
                             "mmio_write 0x88 0x10209\nmmio_write 0x20 0x1\n"
                             "store L1STD 0x60000 0x64009\n")
                  .rules());
}

/* With them, two levels where there are none are taken as what the SMMU takes them for. */
TEST(StreamTable, OfTwoLevelsIsLinearWhereNoOtherIsImplemented)
{
    const std::string cfg = LINEAR_ONLY "mmio_write 0x88 0x10206\n";

    EXPECT_EQ((std::vector<std::string>{"smmu-ste-no-cfgi", "smmu-strtab-cfg"}),
              ready(kNoSmmuEn + cfg + kSmmuEn + "store STE 0x10800 0x9").rules());
}

} // namespace
