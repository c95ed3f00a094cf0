// SPDX-License-Identifier: BSD-2-Clause
// model_reg_inval_test.cpp - invalidation by CCMD and IOTLB registers (1.4).
#include "tests/unit/models/vtd/vtd_machine_bench.h"

namespace
{

using namespace vtdm;

struct Old {
    Bench b;

    explicit Old(const Config &config = Config(), bool has_queue = false, uint64_t mode = LEGACY)
        : b(config)
    {
        Boot how;

        how.has_queue = has_queue;
        how.rtaddr = kRoots | mode;
        how.is_wide = mode != LEGACY;
        b.make_ss(0);
        b.make_ss(1);
        b.ctx(0x10, ctx_ss(space(0), 5));
        b.boot(how);
    }
};

// What is asked for in b[62:61], what was done in b[60:59].
struct CcmdCase {
    const char *name;
    uint64_t written, read;
    bool is_new; // the context entry that was exchanged is seen
};
VTDM_CASES(CcmdCase)

class Ccmd : public testing::TestWithParam<CcmdCase>
{
};

TEST_P(Ccmd, DropsWhatItNames)
{
    Old old;
    Bench &b = old.b;

    EXPECT_EQ(b.target(0x10, 0x1000), page_of(0, 0x1000));
    b.ctx(0x10, ctx_ss(space(1), 6));
    b.write64(CCMD, GetParam().written);
    b.settle();
    EXPECT_EQ(b.read64(CCMD), GetParam().read);
    // The IOTLB is another matter: a page that it has not seen tells.
    EXPECT_EQ(b.target(0x10, 0x1000), page_of(0, 0x1000));
    EXPECT_EQ(b.target(0x10, 0x2000), page_of(GetParam().is_new ? 1 : 0, 0x2000));
}

const CcmdCase ccmd_cases[] = {
    {"global", 0xa000000000000000, 0x2800000000000000, true},
    {"domain", 0xc000000000000005, 0x5000000000000005, true},
    {"other_domain", 0xc000000000000006, 0x5000000000000006, false},
    {"device", 0xe000000000100005, 0x7800000000100005, true},
    {"device_of_other_domain", 0xe000000000100006, 0x7800000000100006, false},
    {"other_device", 0xe000000000110005, 0x7800000000110005, false},
    {"other_function_masked", 0xe000000300110005, 0x7800000300110005, true},
    {"nothing_asked", 0x8000000000000000, 0x0000000000000000, false},
};
INSTANTIATE_TEST_SUITE_P(All, Ccmd, testing::ValuesIn(ccmd_cases), name_of<CcmdCase>);

// What is asked for in b[61:60], what was done in b[58:57].
struct IotlbCase {
    const char *name;
    uint64_t iva, written, read;
    bool is_new;
};
VTDM_CASES(IotlbCase)

class Iotlb : public testing::TestWithParam<IotlbCase>
{
};

TEST_P(Iotlb, DropsWhatItNames)
{
    Old old;
    Bench &b = old.b;

    EXPECT_EQ(b.target(0x10, 0x1000), page_of(0, 0x1000));
    b.store(leaf_slot(0, 0x1000), ss_entry(0x777000));
    b.write64(IVA, GetParam().iva);
    b.write64(IOTLB, GetParam().written);
    b.settle();
    EXPECT_EQ(b.read64(IOTLB), GetParam().read);
    EXPECT_EQ(b.target(0x10, 0x1000), GetParam().is_new ? 0x777000 : page_of(0, 0x1000));
}

const IotlbCase iotlb_cases[] = {
    {"global", 0, 0x9000000000000000, 0x1200000000000000, true},
    {"global_with_drains", 0, 0x9003000000000000, 0x1203000000000000, true},
    {"domain", 0, 0xa000000500000000, 0x2400000500000000, true},
    {"other_domain", 0, 0xa000000600000000, 0x2400000600000000, false},
    {"page", 0x1000, 0xb000000500000000, 0x3600000500000000, true},
    {"other_page", 0x2000, 0xb000000500000000, 0x3600000500000000, false},
    {"two_pages", 0x0001, 0xb000000500000000, 0x3600000500000000, true},
    {"page_of_other_domain", 0x1000, 0xb000000600000000, 0x3600000600000000, false},
    {"at_mamv", 0x12, 0xb000000500000000, 0x3600000500000000, true},
    {"above_mamv", 0x13, 0xb000000500000000, 0x3000000500000000, false},
    {"nothing_asked", 0, 0x8000000000000000, 0x0000000000000000, false},
};
INSTANTIATE_TEST_SUITE_P(All, Iotlb, testing::ValuesIn(iotlb_cases), name_of<IotlbCase>);

// Before version 2, DW (bit 48) and DR (bit 49) say what is drained.
struct BitsCase {
    const char *name;
    uint32_t ver;
    uint64_t bits;
    bool waits;
};
VTDM_CASES(BitsCase)

class IotlbDrain : public testing::TestWithParam<BitsCase>
{
};

TEST_P(IotlbDrain, OfAWrite)
{
    Config c;
    uint64_t word = 0x1234;
    Boot how;

    c.memory(100000);
    c.vtd.ids.ver = GetParam().ver;
    how.has_queue = false;
    Bench b(c);
    b.make_ss(0);
    b.ctx(0x10, ctx_ss(space(0), 5));
    b.boot(how);
    (void)b.target(0x10, 0x1000);
    const uint64_t t = test_machine_now_ps(b.m);
    Request r(0x10, 0x1000, SIM_DMA_WRITE);
    r.dma.data = &word;
    r.dma.n_bytes = 8;
    b.submit(r); // its data lands at 100 ns
    b.write64(IOTLB, 0x9000000000000000 | GetParam().bits);
    test_machine_run_until(b.m, t + 99999);
    EXPECT_EQ(b.read64(IOTLB) >> 63, GetParam().waits ? 1u : 0u);
    test_machine_run_until(b.m, t + 100000);
    EXPECT_EQ(b.read64(IOTLB) >> 63, 0u);
}

const BitsCase bits_cases[] = {
    {"version_1_none", 0x10, 0, false},
    {"version_1_reads", 0x10, 0x0002000000000000, false},
    {"version_1_writes", 0x10, 0x0001000000000000, true},
    {"version_5_none", 0x50, 0, true},
};
INSTANTIATE_TEST_SUITE_P(All, IotlbDrain, testing::ValuesIn(bits_cases), name_of<BitsCase>);

// The table of the last level was exchanged; with IH=1 hardware may keep the way to the old one.
class Hint : public testing::TestWithParam<bool>
{
};

TEST_P(Hint, KeepsTables)
{
    Old old;
    Bench &b = old.b;

    EXPECT_EQ(b.target(0x10, 0x1000), page_of(0, 0x1000));
    b.store(space(0) + 0x2000, ss_entry(space(1) + 0x3000));
    b.write64(IVA, 0x1000 | (GetParam() ? 0x40 : 0));
    b.write64(IOTLB, 0xb000000500000000);
    b.settle();
    EXPECT_EQ(b.target(0x10, 0x1000), page_of(GetParam() ? 0 : 1, 0x1000));
}

INSTANTIATE_TEST_SUITE_P(Both, Hint, testing::Bool());

// ---- refused: done, with an actual granularity of 0 ----

struct RefusedCase {
    const char *name;
    uint32_t ver;
    bool has_queue;
    uint64_t mode;
};
VTDM_CASES(RefusedCase)

class RefusedByRegister : public testing::TestWithParam<RefusedCase>
{
};

TEST_P(RefusedByRegister, TellsThatNothingWasDone)
{
    Config c;

    c.vtd.ids.ver = GetParam().ver;
    Old old(c, GetParam().has_queue, GetParam().mode);
    Bench &b = old.b;
    b.write64(CCMD, 0xa000000000000000);
    b.write64(IOTLB, 0x9000000000000000);
    b.settle();
    EXPECT_EQ(b.read64(CCMD), 0x2000000000000000u);
    EXPECT_EQ(b.read64(IOTLB), 0x1000000000000000u);
}

const RefusedCase refused_cases[] = {
    {"with_a_queue", 0x50, true, LEGACY},
    {"in_scalable_mode", 0x50, false, SCALABLE},
    {"in_abort_mode", 0x50, false, ABORT_MODE},
    {"from_version_6", 0x60, false, LEGACY},
};
INSTANTIATE_TEST_SUITE_P(All, RefusedByRegister, testing::ValuesIn(refused_cases),
                         name_of<RefusedCase>);

TEST(RegInval, PagesNeedPsi)
{
    Old old(Config().cap(0x8000000000, 0));

    old.b.write64(IVA, 0x1000);
    old.b.write64(IOTLB, 0xb000000500000000);
    old.b.settle();
    EXPECT_EQ(old.b.read64(IOTLB), 0x3000000500000000u);
}

TEST(RegInval, TakesItsTime)
{
    Config c;

    c.vtd.param.clock_ps = 1000;
    c.vtd.param.reg_cycles = 20;
    c.vtd.param.inval_cycles = 10;
    Old old(c);
    Bench &b = old.b;
    const uint64_t t = test_machine_now_ps(b.m);

    b.write64(CCMD, 0xa000000000000000);
    test_machine_run_until(b.m, t + 29999);
    EXPECT_EQ(b.read64(CCMD), 0xa000000000000000u);
    test_machine_run_until(b.m, t + 30000);
    EXPECT_EQ(b.read64(CCMD), 0x2800000000000000u);
}

TEST(RegInval, UpperHalfBegins)
{
    Old old;

    old.b.write(CCMD, 0x00100005);
    old.b.settle();
    EXPECT_EQ(old.b.read64(CCMD), 0x100005u);
    old.b.write(CCMD + 4, 0xe0000000);
    old.b.settle();
    EXPECT_EQ(old.b.read64(CCMD), 0x7800000000100005u);
}

TEST(RegInval, OneAtATime)
{
    Config c;

    c.vtd.param.clock_ps = 1000;
    c.vtd.param.reg_cycles = 20;
    Old old(c);
    Bench &b = old.b;

    b.write64(CCMD, 0xa000000000000000);
    b.write64(CCMD, 0xc000000000000005);
    b.write64(IOTLB, 0x9000000000000000);
    b.write64(IOTLB, 0xa000000500000000);
    EXPECT_EQ(b.n_facts(SIM_FACT_UNIMPL), 2u);
    b.settle();
    EXPECT_EQ(b.read64(CCMD), 0x2800000000000000u);
    EXPECT_EQ(b.read64(IOTLB), 0x1200000000000000u);
}

TEST(RegInval, WaitsForRequestsThatHaveBegun)
{
    Config c;
    uint64_t word = 0;

    c.memory(100000);
    Old old(c);
    Bench &b = old.b;
    (void)b.target(0x10, 0x1000);
    const uint64_t t = test_machine_now_ps(b.m);
    Request r(0x10, 0x1000, SIM_DMA_WRITE);
    r.dma.data = &word;
    b.submit(r);
    b.write64(IOTLB, 0x9000000000000000);
    test_machine_run_until(b.m, t + 99999);
    EXPECT_EQ(b.read64(IOTLB) >> 63, 1u);
    test_machine_run_until(b.m, t + 100000);
    EXPECT_EQ(b.read64(IOTLB), 0x1200000000000000u);
}

} // namespace
