// SPDX-License-Identifier: BSD-2-Clause
// smmuv3_pasid_test.cpp - PASIDs and ATS: the order of entries, ATC invalidations and the device's
// own switch. "!" is the CFGI of what was stored before it with its CMD_SYNC, P PREFETCH_CONFIG.
#include "tests/unit/kernel-glue/drivers/smmuv3_bench.h"

#include <cerrno>
#include <regex>

using namespace drv_test;

namespace
{

constexpr uint32_t idr0_ats = 0x94c761b; // IDR0.ATS

std::string brief(std::string steps)
{
    steps = std::regex_replace(steps, std::regex(" CFGI_(STE|CD) S"), "!");
    return std::regex_replace(steps, std::regex("PREFETCH_CONFIG"), "P");
}

class Bench : public DriverRun
{
  public:
    explicit Bench(const char *driver, uint32_t idr0 = 0x94c721b, uint8_t pasid_bits = 4)
        : DriverRun(driver, {idr0})
    {
        dev = device(0x20, DRV_ATS, pasid_bits);
        a = domain(DRV_PAGING, 1);
        b = domain(DRV_PAGING, 1);
        skip();
    }
    std::string of(drv_domain *domain, uint32_t pasid = DRV_NO_PASID)
    {
        skip();
        EXPECT_EQ(0, attach(dev, domain, pasid));
        return brief(steps());
    }

    drv_device *dev;
    drv_domain *a, *b;
};

TEST(Ats, goes_on_after_the_entry_and_an_empty_cache)
{
    Bench bench("linux-6.12", idr0_ats);

    EXPECT_EQ("CD.q1 CD.q3! CD.q0! STE.q1! STE.q0! P ATC_INV S ats+", bench.of(bench.a));
}

TEST(Ats, stays_on_in_a_replace_and_forgets)
{
    Bench bench("linux-6.12", idr0_ats);

    bench.of(bench.a);
    EXPECT_EQ("CD.q0! CD.q1! CD.q0! P ATC_INV S", bench.of(bench.b));
}

TEST(Ats, goes_off_before_the_entry)
{
    Bench bench("linux-6.12", idr0_ats);

    bench.of(bench.a);
    EXPECT_EQ("ats- STE.q0! STE.q1! P ATC_INV S CD.q0! CD.q1 CD.q3!", bench.of(bench.blocked));
}

TEST(Ats, is_not_used_if_the_smmu_or_the_device_has_none)
{
    Bench bench("linux-6.12");
    DriverRun other("linux-6.12", {idr0_ats});
    drv_device *device = other.device(0x20);

    EXPECT_EQ(std::string::npos, bench.of(bench.a).find("ats"));
    ASSERT_EQ(0, other.attach(device, other.domain(DRV_PAGING, 1)));
    EXPECT_EQ(std::string::npos, driver_steps(other.port.records).find("ats"));
}

TEST(Ats, and_the_old_tag_are_flushed_by_linux_7_in_this_order)
{
    Bench bench("linux-7", idr0_ats);

    bench.of(bench.a);
    EXPECT_EQ("CD.q0! CD.q1! CD.q0! P ATC_INV S TLBI_NH_ASID S", bench.of(bench.b));
}

TEST(Pasid, beside_a_table_of_the_device_is_a_cd)
{
    Bench bench("linux-6.12");

    bench.of(bench.a);
    EXPECT_EQ("CD.q1 CD.q3! CD.q0!", bench.of(bench.b, 5));
    EXPECT_EQ("CD.q0! CD.q1 CD.q3!", bench.of(bench.blocked, 5));
}

TEST(Pasid, with_ats_has_its_own_atc_invalidation)
{
    Bench bench("linux-6.12", idr0_ats);

    bench.of(bench.a);
    EXPECT_EQ("CD.q1 CD.q3! CD.q0! ATC_INV S", bench.of(bench.b, 5));
    EXPECT_EQ("CD.q0! CD.q1 CD.q3! ATC_INV S", bench.of(bench.blocked, 5));
}

// The STE has to lead to the CDs while requests without a PASID pass, or are refused, and back.
TEST(Pasid, alone_brings_the_table_into_the_ste_and_out_again)
{
    for (const bool is_identity : {false, true}) {
        Bench bench("linux-6.12");
        const uint64_t s1dss = is_identity ? 1 : 0;
        uint64_t ste[2];

        bench.of(is_identity ? bench.identity : bench.blocked);
        EXPECT_EQ("CD.q1 CD.q3! CD.q0! STE.q1! STE.q0! P", bench.of(bench.a, 5));
        ste[0] = bench.port.load(0x40804000 + 0x20 * 64);
        ste[1] = bench.port.load(0x40804000 + 0x20 * 64 + 8);
        EXPECT_EQ(5u, ste[0] >> 1 & 7);
        EXPECT_EQ(s1dss, ste[1] & 3);
        EXPECT_EQ(is_identity ? 1u : 0u, ste[1] >> 44 & 3);
        EXPECT_EQ("CD.q0! CD.q1 CD.q3! STE.q0! STE.q1! P", bench.of(bench.blocked, 5));
    }
}

// Two levels: 2^16 CDs are 64 tables of 64 KiB, made when they are needed.
TEST(Pasid, of_another_second_level_table_installs_it_first)
{
    Bench bench("linux-6.12", 0x94c721b, 16);

    EXPECT_EQ("L1CD! CD.q1 CD.q3! CD.q0! STE.q1! STE.q0! P", bench.of(bench.a));
    EXPECT_EQ("CD.q1 CD.q3! CD.q0!", bench.of(bench.b, 1023));
    EXPECT_EQ("L1CD! CD.q1 CD.q3! CD.q0!", bench.of(bench.b, 1024));
}

TEST(Pasid, is_replaced_in_one_go_where_the_kernel_can)
{
    Bench six("linux-6.12"), seven("linux-7"), best("best"), wide("best-16");

    for (Bench *bench : {&six, &seven, &best, &wide}) {
        bench->of(bench->a);
        bench->of(bench->a, 5);
    }
    EXPECT_EQ("CD.q0! CD.q1 CD.q3! CD.q1 CD.q3! CD.q0!", six.of(six.b, 5));
    EXPECT_EQ("CD.q0! CD.q1! CD.q0!", seven.of(seven.b, 5));
    EXPECT_EQ("CD.q0 CD.q1 CD.q3 CD.q0 CD.q1 CD.q3 CD.q0 CD.q1 STE.q0!", best.of(best.b, 5));
    EXPECT_EQ("CD.q0+!", wide.of(wide.b, 5));
}

TEST(Pasid, cannot_be)
{
    Bench bench("linux-6.12");
    drv_domain *s2 = bench.domain(DRV_PAGING, 2);

    EXPECT_EQ(-EINVAL, bench.attach(bench.dev, bench.a, 0));
    EXPECT_EQ(-EINVAL, bench.attach(bench.dev, bench.a, 16)); // 4 bits
    EXPECT_EQ(-EINVAL, bench.attach(bench.dev, s2, 5));
    EXPECT_EQ(-EINVAL, bench.attach(bench.dev, bench.identity, 5));
    ASSERT_EQ(0, bench.attach(bench.dev, s2));
    EXPECT_EQ(-EINVAL, bench.attach(bench.dev, bench.a, 5)); // above stage 2 there are no CDs
    ASSERT_EQ(0, bench.attach(bench.dev, bench.a));
    ASSERT_EQ(0, bench.attach(bench.dev, bench.b, 5));
    EXPECT_EQ(-EBUSY, bench.attach(bench.dev, s2));
}

// Pages come and go without commands to put them there, and one by address, for tables too, when
// they go.
TEST(Process, gives_memory_back_with_one_command)
{
    Bench bench("linux-6.12");
    drv_domain *process = bench.domain(DRV_SVA);

    bench.of(process, 1);
    ASSERT_EQ(0, bench.map(process, 0x10000000, 0x81000000, 0x2000));
    EXPECT_EQ(std::vector<std::string>{}, commands(bench));
    EXPECT_EQ(0x10000u, bench.unmap(process, 0x10000000, 0x10000));
    EXPECT_EQ((std::vector<std::string>{
                  "TLBI_NH_VA ASID=3 SCALE=4 NUM=0 Leaf=0 TTL=0 TG=1 0x10000000", "SYNC"}),
              commands(bench));
    bench.unmap(process, 0x10000000, 0x1000); // one page would be NUM=0, SCALE=0, TTL=0
    EXPECT_EQ((std::vector<std::string>{
                  "TLBI_NH_VA ASID=3 SCALE=1 NUM=0 Leaf=0 TTL=0 TG=1 0x10000000", "SYNC"}),
              commands(bench));
    EXPECT_EQ(-EOPNOTSUPP, bench.attach(bench.dev, process));
}

// EPD0=1 without stalls and records, in two steps; then the tag. The CD goes with the PASID.
TEST(Process, that_ends_leaves_a_cd_that_translates_nothing)
{
    Bench bench("linux-6.12", 0x84c721b); // stalls
    drv_device *device = bench.device(0x21, DRV_STALL, 4);
    drv_domain *process = bench.domain(DRV_SVA);
    const auto cd = [&] {
        return bench.port.load((bench.port.load(0x40804000 + 0x21 * 64) & 0xffffffffffc0) + 64);
    };

    ASSERT_EQ(0, bench.attach(device, process, 1));
    EXPECT_EQ(0x0003f205c0003510u, cd()); // S, R
    bench.skip();
    ASSERT_EQ(0, bench.ops->process_exit(bench.driver, process));
    EXPECT_EQ("CD.q0! CD.q1! TLBI_NH_ASID S", brief(bench.steps()));
    EXPECT_EQ(0x0003c205c0004000u, cd()); // EPD0, EPD1, V, 48 bits, AA64, A, ASET, ASID 3
    ASSERT_EQ(0, bench.attach(device, bench.blocked, 1));
    EXPECT_EQ("CD.q0! CD.q3! STE.q0! STE.q1! P", brief(bench.steps()));
}

} // namespace
