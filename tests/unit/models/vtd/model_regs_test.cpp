// SPDX-License-Identifier: BSD-2-Clause
// model_regs_test.cpp - the register page as software sees it (1).
#include "tests/unit/models/vtd/vtd_machine_bench.h"

namespace
{

using namespace vtdm;

TEST(Ids, DefaultIsTheUnitOfTheTests)
{
    struct vtd_ids ids;

    vtd_ids_default(&ids);
    EXPECT_EQ(ids.ver, kVer);
    EXPECT_EQ(ids.cap, kCap);
    EXPECT_EQ(ids.ecap, kEcap);
}

TEST(Ids, AreSetByTheirOffset)
{
    struct vtd_ids ids = {};

    EXPECT_TRUE(vtd_ids_set(&ids, 0x0, 0x12));
    EXPECT_TRUE(vtd_ids_set(&ids, 0x8, 0x123456789abcdef0));
    EXPECT_TRUE(vtd_ids_set(&ids, 0x10, 0xfedcba9876543210));
    EXPECT_FALSE(vtd_ids_set(&ids, 0x18, 1));
    EXPECT_EQ(ids.ver, 0x12u);
    EXPECT_EQ(ids.cap, 0x123456789abcdef0u);
    EXPECT_EQ(ids.ecap, 0xfedcba9876543210u);
}

// What is read after reset; what is read after all ones were written.
struct RegCase {
    const char *name;
    uint64_t offset;
    unsigned n_bytes;
    uint64_t reset, ones;
};
VTDM_CASES(RegCase)

class Registers : public testing::TestWithParam<RegCase>
{
};

uint64_t value_of(const Bench &b, const RegCase &c)
{
    return c.n_bytes == 8 ? b.read64(c.offset) : b.read(c.offset);
}

TEST_P(Registers, ReadsItsResetValue)
{
    Bench b;

    EXPECT_EQ(value_of(b, GetParam()), GetParam().reset);
}

TEST_P(Registers, KeepsItsWritableBitsAlone)
{
    Bench b;

    if (GetParam().n_bytes == 8)
        b.write64(GetParam().offset, UINT64_MAX);
    else
        b.write(GetParam().offset, UINT32_MAX);
    EXPECT_EQ(value_of(b, GetParam()), GetParam().ones);
}

const RegCase reg_cases[] = {
    {"ver", 0x00, 4, 0x50, 0x50},
    {"cap", 0x08, 8, kCap, kCap},
    {"ecap", 0x10, 8, kEcap, kEcap},
    {"gsts", 0x1c, 4, 0, 0},
    {"rtaddr_without_ssirwe", 0x20, 8, 0, 0xfffffffffffffc00},
    {"fsts", 0x34, 4, 0, 0},
    {"fectl", 0x38, 4, 0x80000000, 0x80000000},
    {"fedata", 0x3c, 4, 0, 0xffff},
    {"feaddr", 0x40, 4, 0, 0xfffffffc},
    {"feuaddr", 0x44, 4, 0, 0xffffffff},
    {"aflog_of_old", 0x58, 8, 0, 0},
    {"pmen_lags", 0x64, 4, 0, 0x80000000},
    {"plmbase", 0x68, 4, 0, 0xfffff000},
    {"plmlimit", 0x6c, 4, 0, 0xfffff000},
    {"phmbase", 0x70, 8, 0, 0xfffffffffffff000},
    {"phmlimit", 0x78, 8, 0, 0xfffffffffffff000},
    {"iqh", 0x80, 8, 0, 0},
    {"iqt", 0x88, 8, 0, 0x7fff0},
    {"iqa", 0x90, 8, 0, 0xfffffffffffff807},
    {"ics", 0x9c, 4, 0, 0},
    {"iectl", 0xa0, 4, 0x80000000, 0x80000000},
    {"iedata", 0xa4, 4, 0, 0xffff},
    {"ieaddr", 0xa8, 4, 0, 0xfffffffc},
    {"ieuaddr", 0xac, 4, 0, 0xffffffff},
    {"iqercd", 0xb0, 8, 0, 0},
    {"irta", 0xb8, 8, 0, 0xfffffffffffff80f},
    {"pqh", 0xc0, 8, 0, 0x7ffe0},
    {"pqt", 0xc8, 8, 0, 0x7ffe0},
    {"pqa", 0xd0, 8, 0, 0xfffffffffffff007},
    {"prs", 0xdc, 4, 0, 0},
    {"pectl", 0xe0, 4, 0x80000000, 0x80000000},
    {"pedata", 0xe4, 4, 0, 0xffff},
    {"peaddr", 0xe8, 4, 0, 0xfffffffc},
    {"peuaddr", 0xec, 4, 0, 0xffffffff},
    {"mtrrcap_without_mts", 0x100, 8, 0, 0},
    {"mtrrdef_without_mts", 0x108, 8, 0, 0},
    {"perfcap", 0x300, 8, 0, 0},
    {"iva_is_write_only", 0x500, 8, 0, 0},
    {"frcd_low", 0x600, 8, 0, 0},
    {"frcd_high", 0x608, 8, 0, 0},
    {"frcd_last", 0x678, 8, 0, 0},
    {"behind_frcd", 0x680, 8, 0, 0},
    {"nothing", 0xff8, 8, 0, 0},
};
INSTANTIATE_TEST_SUITE_P(All, Registers, testing::ValuesIn(reg_cases), name_of<RegCase>);

// Registers that a feature brings.
struct FeatureCase {
    const char *name;
    uint64_t cap, ecap; // bits to take away
    uint64_t offset;
};
VTDM_CASES(FeatureCase)

class Feature : public testing::TestWithParam<FeatureCase>
{
};

TEST_P(Feature, TakesItsRegistersAlong)
{
    Bench b(Config().cap(GetParam().cap, 0).ecap(GetParam().ecap, 0));

    b.write64(GetParam().offset & ~UINT64_C(7), UINT64_MAX);
    EXPECT_EQ(b.read(GetParam().offset), 0u);
    EXPECT_EQ(b.n_facts(SIM_FACT_UNIMPL), 0u);
}

const FeatureCase feature_cases[] = {
    {"plmr", 0x20, 0, PLMBASE},  {"phmr", 0x40, 0, PHMLIMIT},
    {"pmen", 0x60, 0, PMEN},     {"iqt", 0, 0x2, IQT},
    {"iqa", 0, 0x2, IQA},        {"iedata", 0, 0x2, IEDATA},
    {"irta", 0, 0x8, IRTA},      {"pqa", 0, 0x20000000, PQA},
    {"pqh", 0, 0x20000000, PQH}, {"pedata", 0, 0x20000000, PEDATA},
};
INSTANTIATE_TEST_SUITE_P(All, Feature, testing::ValuesIn(feature_cases), name_of<FeatureCase>);

// The unit says that it has them; the model has not.
struct MissedCase {
    const char *name;
    uint64_t cap, ecap; // bits to add
    uint64_t offset;
};
VTDM_CASES(MissedCase)

class Missed : public testing::TestWithParam<MissedCase>
{
};

TEST_P(Missed, IsTold)
{
    Bench without;
    Bench with(Config().cap(0, GetParam().cap).ecap(0, GetParam().ecap));

    for (Bench *b : {&without, &with}) {
        b->write64(GetParam().offset, UINT64_MAX);
        EXPECT_EQ(b->read64(GetParam().offset), 0u);
    }
    EXPECT_EQ(without.n_facts(SIM_FACT_UNIMPL), 0u);
    EXPECT_EQ(with.n_facts(SIM_FACT_UNIMPL), 1u);
    EXPECT_EQ(with.last_fact(SIM_FACT_UNIMPL).arg[0], static_cast<uint64_t>(VTD_UNIMPL_REGISTER));
    EXPECT_EQ(with.last_fact(SIM_FACT_UNIMPL).arg[1], GetParam().offset);
}

const MissedCase missed_cases[] = {
    {"aflog", 0x8, 0, 0x58},
    {"mtrrdef", 0, 0x2000000, 0x108},
    {"mtrr_variable", 0, 0x2000000, 0x180},
    {"ecmd", 0x2000000000000000, 0, 0x400},
    {"vcmd", 0, 0x100000000000, 0xe00},
};
INSTANTIATE_TEST_SUITE_P(All, Missed, testing::ValuesIn(missed_cases), name_of<MissedCase>);

TEST(Access, HalvesOfAWideRegisterAreWrittenOneByOne)
{
    Bench b;

    b.write(RTADDR, 0x89abc400);
    b.write(RTADDR + 4, 0x01234567);
    EXPECT_EQ(b.read64(RTADDR), 0x0123456789abc400u);
    EXPECT_EQ(b.read(RTADDR), 0x89abc400u);
    EXPECT_EQ(b.read(RTADDR + 4), 0x01234567u);
    b.write(RTADDR + 4, 0);
    EXPECT_EQ(b.read64(RTADDR), 0x89abc400u);
}

TEST(Access, EightBytesGoToAPairOfNarrowRegisters)
{
    Bench b;

    b.write64(FEADDR, 0x00000012fee00000);
    EXPECT_EQ(b.read(FEADDR), 0xfee00000u);
    EXPECT_EQ(b.read(FEUADDR), 0x12u);
    EXPECT_EQ(b.read64(FEADDR), 0x00000012fee00000u);
}

TEST(Access, ThatIsNotAlignedIsNothing)
{
    Bench b;

    b.write64(RTADDR + 4, UINT64_MAX);
    EXPECT_EQ(b.read64(RTADDR), 0u);
    EXPECT_EQ(b.read64(CAP + 4), 0u);
}

TEST(Access, BlocksAreWhereCapabilitiesSay)
{
    // FRO 0x22, one record; IRO 0xf.
    Bench b(Config().cap(0xff03ff000000, 0x22000000).ecap(0x3ff00, 0xf00));

    b.boot(Boot{kRoots, false, false, true});
    (void)b.dma(0x10, 0x1000); // no root entry
    EXPECT_EQ(b.read(0x22c), 0xc0000001u);
    b.write(0x22c, 0x80000000);
    EXPECT_EQ(b.read(0x22c), 0x40000001u);
    b.write64(0xf8, 0x1000000000000000); // no IVT
    EXPECT_EQ(b.read64(0xf8), 0x1000000000000000u);
}

TEST(Reset, PutsEverythingBack)
{
    Bench b;
    const sim_iommu *iommu = test_machine_iommu(b.m);

    b.boot();
    (void)b.dma(0x10, 0x1000);
    EXPECT_EQ(b.n_records(), 1u);
    EXPECT_EQ(b.read(GSTS), 0xc4000000u);
    iommu->ops->reset(iommu->model);
    b.settle();
    EXPECT_EQ(b.n_records(), 0u);
    EXPECT_EQ(b.read(GSTS), 0u);
    EXPECT_EQ(b.read64(IQA), 0u);
    EXPECT_EQ(b.read(FSTS), 0u);
    EXPECT_EQ(b.read64(CAP), kCap);
}

} // namespace
