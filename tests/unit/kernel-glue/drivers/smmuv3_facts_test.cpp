// SPDX-License-Identifier: BSD-2-Clause
// smmuv3_facts_test.cpp - every change of a device's domain, of its PASIDs, and many ranges, with
// both drivers of Linux on many kinds of hardware: each store, command and field, in order, against
// a second working out of the rules (smmuv3_facts.h).
#include "tests/unit/kernel-glue/drivers/smmuv3_bench.h"
#include "tests/unit/kernel-glue/drivers/smmuv3_facts.h"

using namespace drv_test;
using facts::Lines;

namespace
{

struct Hardware {
    const char *name, *driver;
    DriverIds ids;
    unsigned pasid_bits;
    uint32_t flags;
};

std::ostream &operator<<(std::ostream &out, const Hardware &hardware)
{
    return out << hardware.name;
}

// IDR0: bit 10 is ATS, 13 MSI, 17 VMW, 19 CD2L, 24 STALL_MODEL (1: no stalls), 27 ST_LEVEL.
constexpr uint32_t idr0 = 0x94c721b, with_ats = 0x94c761b;
// IDR1: bits 10:6 SSIDSIZE, 27 ATTR_TYPES_OVR.
constexpr uint32_t idr1 = 0xe730410;

const Hardware hardwares[] = {
    {"plain", "linux-6.12", {idr0}, 0, 0},
    {"pasids", "linux-6.12", {idr0}, 6, 0},
    {"ten_bits", "linux-6.12", {idr0}, 10, 0},
    {"two_levels", "linux-6.12", {idr0}, 16, 0},
    {"ats", "linux-6.12", {with_ats}, 0, DRV_ATS},
    {"ats_pasids", "linux-6.12", {with_ats}, 6, DRV_ATS},
    {"ats_two_levels", "linux-6.12", {with_ats}, 16, DRV_ATS},
    {"ats_of_the_device_only", "linux-6.12", {idr0}, 6, DRV_ATS},
    {"no_overrides", "linux-6.12", {idr0, idr1 & ~(1u << 27)}, 6, 0},
    {"one_level_of_cds", "linux-6.12", {idr0 & ~(1u << 19)}, 6, 0},
    {"linear_stream_table", "linux-6.12", {idr0 & ~(3u << 27)}, 6, 0},
    {"stalls", "linux-6.12", {idr0 & ~(3u << 24)}, 6, 0},
    {"no_msi_vmw", "linux-6.12", {(idr0 & ~(1u << 13)) | 1u << 17}, 6, 0},
    {"plain", "linux-7", {idr0}, 0, 0},
    {"pasids", "linux-7", {idr0}, 6, 0},
    {"two_levels", "linux-7", {idr0}, 16, 0},
    {"ats", "linux-7", {with_ats}, 0, DRV_ATS},
    {"ats_pasids", "linux-7", {with_ats}, 6, DRV_ATS},
    {"ats_two_levels", "linux-7", {with_ats}, 16, DRV_ATS},
    {"no_overrides", "linux-7", {idr0, idr1 & ~(1u << 27)}, 6, 0},
    {"stalls_ats", "linux-7", {with_ats & ~(3u << 24)}, 6, DRV_ATS},
};

facts::Smmu smmu_of(const Hardware &hardware)
{
    facts::Smmu smmu = {hardware.driver == std::string("linux-7")};

    smmu.ats = hardware.ids.idr0 >> 10 & 1;
    smmu.overrides = hardware.ids.idr1 >> 27 & 1;
    smmu.two_levels = hardware.ids.idr0 >> 19 & 1;
    smmu.forbids_stalls = !(hardware.ids.idr0 >> 24 & 3);
    return smmu;
}

std::string entry_line(const sim_record &rec)
{
    const std::string word = ".q" + std::to_string(rec.store.pa / 8 % 8);

    switch (rec.store.structure) {
    case SIM_S_STE:
        return "STE" + word;
    case SIM_S_CD:
        return "CD" + word;
    case SIM_S_L1CD:
        return "L1CD";
    default:
        return "";
    }
}

// Stores, commands with their fields, ATS of the device.
Lines done(DriverRun *run)
{
    Lines lines;

    for (size_t i = run->seen(); i < run->port.records.size(); i++) {
        const sim_record &rec = run->port.records[i];
        const uint64_t cmd[2] = {rec.store.value, rec.store.value_hi};
        std::string line;

        if (rec.kind == SIM_R_ATS)
            line = rec.ats.on == SIM_ONOFF_ON ? "ATS on" : "ATS off";
        if (rec.kind == SIM_R_STORE)
            line = rec.store.structure == SIM_S_CMD ? command(cmd) : entry_line(rec);
        if (rec.kind == SIM_R_STORE && line == "PREFETCH_CONFIG") {
            std::ostringstream out;

            out << line << " SID=0x" << std::hex << smmu_CFGI_STE_SID(cmd);
            line = out.str();
        }
        if (!line.empty())
            lines.push_back(line);
    }
    run->skip();
    return lines;
}

// The same domains twice: the driver's, and what the rules know of them.
class Facts : public testing::TestWithParam<Hardware>
{
  protected:
    Facts() : run_(GetParam().driver, GetParam().ids), oracle_(smmu_of(GetParam()))
    {
        device_ = run_.device(0x20, GetParam().flags, static_cast<uint8_t>(GetParam().pasid_bits));
        add("blocked", {facts::BLOCKED}, run_.blocked);
        add("identity", {facts::IDENTITY}, run_.identity);
        for (uint64_t tag : {1, 2}) {
            add("s1", {facts::S1, tag}, run_.domain(DRV_PAGING, 1));
            add("s2", {facts::S2, tag}, run_.domain(DRV_PAGING, 2));
        }
        if (smmu_of(GetParam()).is_7)
            add_nested();
        known_.ssid_bits = GetParam().pasid_bits;
        known_.has_ats = GetParam().flags & DRV_ATS;
        run_.skip();
    }

    void add(const std::string &name, facts::Domain known, drv_domain *domain)
    {
        names_.push_back(name);
        knowns_.push_back(known);
        domains_.push_back(domain);
    }

    void add_nested()
    {
        for (uint64_t tag : {3, 4})
            add("parent", {facts::S2, tag, true}, run_.domain(DRV_PAGING, 2, DRV_NEST_PARENT));
        for (const facts::Domain &nested :
             {nest(6, 1, 2, false), nest(6, 2, 2, false), nest(6, 2, 1, false),
              nest(7, 1, 2, false), nest(6, 1, 2, true), nest(7, 2, 2, true)})
            add("nested", nested, nullptr);
    }

    // @parent: its place in the list.
    static facts::Domain nest(size_t parent, uint64_t ptr, uint64_t s1dss, bool eats)
    {
        facts::Domain domain = {facts::NESTED, parent, false, eats};

        domain.ptr = ptr << 12;
        domain.s1dss = s1dss;
        return domain;
    }

    // Parents have their places only when the list is whole.
    void link()
    {
        for (size_t i = 0; i < knowns_.size(); i++) {
            facts::Domain &known = knowns_[i];

            if (known.kind != facts::NESTED || known.parent)
                continue;
            known.parent = &knowns_[known.tag];
            domains_[i] = run_.nested(domains_[known.tag], 0x8000000b | known.ptr,
                                      0xd4 | known.s1dss | uint64_t(known.eats) << 28);
        }
        known_.domain = &of("blocked");
        run_.skip();
    }

    const facts::Domain &of(const std::string &name) const
    {
        for (size_t i = 0; i < names_.size(); i++)
            if (names_[i] == name)
                return knowns_[i];
        return knowns_[0];
    }

    void go(size_t to)
    {
        const Lines wanted = oracle_.attach(&known_, &knowns_[to]);

        ASSERT_EQ(0, run_.attach(device_, domains_[to]));
        ASSERT_EQ(wanted, done(&run_)) << "to " << names_[to] << ' ' << to;
    }

    void set(uint32_t pasid, size_t to)
    {
        Lines wanted;

        // 6.12 takes the old one away first
        if (!smmu_of(GetParam()).is_7 && known_.pasids.count(pasid))
            wanted = oracle_.remove_pasid(&known_, pasid);
        for (const std::string &line : oracle_.set_pasid(&known_, pasid, &knowns_[to]))
            wanted.push_back(line);
        ASSERT_EQ(0, run_.attach(device_, domains_[to], pasid));
        ASSERT_EQ(wanted, done(&run_)) << "PASID " << pasid;
    }

    void remove(uint32_t pasid)
    {
        const Lines wanted = oracle_.remove_pasid(&known_, pasid);

        ASSERT_EQ(0, run_.attach(device_, run_.blocked, pasid));
        ASSERT_EQ(wanted, done(&run_)) << "without PASID " << pasid;
    }

    DriverRun run_;
    facts::Oracle oracle_;
    drv_device *device_;
    facts::Device known_;
    std::vector<std::string> names_;
    std::vector<facts::Domain> knowns_;
    std::vector<drv_domain *> domains_;
};

TEST_P(Facts, hold_for_each_ordered_pair_of_domains)
{
    link();
    for (size_t from = 0; from < domains_.size(); from++) {
        for (size_t to = 0; to < domains_.size(); to++) {
            ASSERT_NO_FATAL_FAILURE(go(from)) << "from anywhere";
            ASSERT_NO_FATAL_FAILURE(go(to)) << "from " << names_[from] << ' ' << from;
        }
    }
}

TEST_P(Facts, hold_for_pasids_beside_each_domain_that_allows_them)
{
    const uint32_t last = (1u << GetParam().pasid_bits) - 1;

    if (!last)
        GTEST_SKIP() << "has no PASIDs";
    link();
    for (size_t with = 0; with < 5; with++) {
        if (knowns_[with].kind == facts::S2)
            continue;
        ASSERT_NO_FATAL_FAILURE(go(with));
        ASSERT_NO_FATAL_FAILURE(set(1, 2));
        ASSERT_NO_FATAL_FAILURE(set(last, 4));
        for (const size_t next : {0, 1, 2, 4})
            ASSERT_NO_FATAL_FAILURE(go(next)) << "with PASIDs";
        ASSERT_NO_FATAL_FAILURE(go(with));
        ASSERT_NO_FATAL_FAILURE(set(1, 4));
        ASSERT_NO_FATAL_FAILURE(remove(last));
        ASSERT_NO_FATAL_FAILURE(remove(1));
    }
}

INSTANTIATE_TEST_SUITE_P(on, Facts, testing::ValuesIn(hardwares), [](const auto &info) {
    return std::string(info.param.driver == std::string("linux-7") ? "7_" : "6_12_") +
           info.param.name;
});

/* ---- ranges ---- */

std::string range_line(const facts::Range &range, bool is_s1, bool is_leaf)
{
    std::ostringstream out;

    out << (is_s1 ? "TLBI_NH_VA ASID=1" : "TLBI_S2_IPA VMID=1") << " SCALE=" << range.scale
        << " NUM=" << range.num << " Leaf=" << is_leaf << " TTL=" << range.ttl << " TG=" << range.tg
        << " 0x" << std::hex << range.address;
    return out.str();
}

// Pages of 4 KiB that no larger page can hold, where no table goes: one stretch of each count.
TEST(FactsOfRanges, hold_for_counts_up_to_beyond_a_table)
{
    for (const char *driver : {"linux-6.12", "linux-7"}) {
        for (const int stage : {1, 2}) {
            for (const bool ril : {true, false}) {
                DriverRun run(driver, {idr0, idr1, ril ? 0x1714u : 0x1314u});
                drv_domain *domain = run.domain(DRV_PAGING, static_cast<uint8_t>(stage));

                ASSERT_EQ(0, run.attach(run.device(0x20), domain));
                for (uint64_t n = 1; n < 512; n += n < 70 ? 1 : 21) {
                    const uint64_t iova = 0x10001000;
                    Lines wanted;

                    for (const facts::Range &range :
                         facts::ranges(iova, n << 12, 0x1000, 12, ril, true))
                        wanted.push_back(range_line(range, stage == 1, true));
                    wanted.emplace_back("SYNC");
                    ASSERT_EQ(0, run.map(domain, iova, 0x80002000, n << 12));
                    run.skip();
                    ASSERT_EQ(n << 12, run.unmap(domain, iova, n << 12));
                    ASSERT_EQ(wanted, commands(run)) << driver << ' ' << n << " pages";
                }
            }
        }
    }
}

TEST(FactsOfRanges, hold_for_blocks_of_both_sizes)
{
    for (const uint64_t leaf : {UINT64_C(0x200000), UINT64_C(0x40000000)}) {
        for (uint64_t n = 1; n < (leaf == 0x200000 ? 70 : 6); n++) {
            DriverRun run("linux-7");
            drv_domain *domain = run.domain(DRV_PAGING, 1);
            const uint64_t iova = UINT64_C(0x8000000000) - n * leaf;
            Lines wanted;

            if (leaf == 0x200000 && iova % 0x40000000 == 0)
                continue;
            ASSERT_EQ(0, run.attach(run.device(0x20), domain));
            for (const facts::Range &range : facts::ranges(iova, n * leaf, leaf, 12, true, true))
                wanted.push_back(range_line(range, true, true));
            wanted.emplace_back("SYNC");
            ASSERT_EQ(0,
                      run.map(domain, iova, leaf == 0x200000 ? 0x80200000 : 0x40000000, n * leaf));
            run.skip();
            ASSERT_EQ(n * leaf, run.unmap(domain, iova, n * leaf));
            ASSERT_EQ(wanted, commands(run)) << n << " of " << leaf;
        }
    }
}

} // namespace
