// SPDX-License-Identifier: BSD-2-Clause
// model_survivor_test.cpp - which cached entries survive each invalidation (the table of every
// descriptor and cache, 4.2): what must go, goes; the rest stays, and software must not rely on it
// going.
#include "tests/unit/models/vtd/stage_bench.h"

#include <string>

namespace
{

using namespace stage;

constexpr int64_t kLegacy = -2;
constexpr uint64_t kA = 0x5000, kB = 0x6000; // warmed; of the same tables
constexpr uint64_t kFar = 0x40000000;        // of other tables, but for the topmost

// One letter per cache: context, PASID, IOTLB, tables of the first and of the second stage.
// @survivors: of those that the type of address space fills.
struct Case {
    const char *name;
    int64_t pasid;
    uint64_t q0, q1;
    const char *survivors;
};

VTDM_CASES(Case)

// Descriptors by their words.
constexpr uint64_t cc_domain(uint64_t did)
{
    return did << 16 | 0x21;
}
constexpr uint64_t cc_device(uint64_t did, uint64_t sid, uint64_t fm = 0)
{
    return fm << 48 | sid << 32 | did << 16 | 0x31;
}
constexpr uint64_t pc_domain(uint64_t did)
{
    return did << 16 | 0x07;
}
constexpr uint64_t pc_pasid(uint64_t did, uint64_t pasid)
{
    return pasid << 32 | did << 16 | 0x17;
}
constexpr uint64_t tlb_domain(uint64_t did)
{
    return did << 16 | 0xe2;
}
constexpr uint64_t tlb_page(uint64_t did)
{
    return did << 16 | 0xf2;
}
constexpr uint64_t ptlb_pasid(uint64_t did, uint64_t pasid)
{
    return pasid << 32 | did << 16 | 0x26;
}
constexpr uint64_t ptlb_page(uint64_t did, uint64_t pasid)
{
    return pasid << 32 | did << 16 | 0x36;
}
constexpr uint64_t kCcGlobal = 0x11, kPcGlobal = 0x37, kTlbGlobal = 0xd2, kLeaf = 0x40; // IH

const Case cases[] = {
    {"cc_global_fs", kFs, kCcGlobal, 0, "PTF"},
    {"cc_global_ss", kSs, kCcGlobal, 0, "PTS"},
    {"cc_global_nested", kNested, kCcGlobal, 0, "PTFS"},
    {"cc_global_pass", kPass, kCcGlobal, 0, "PT"},
    {"cc_global_legacy", kLegacy, kCcGlobal, 0, "TS"},
    {"cc_domain_scalable_is_global", kSs, cc_domain(0x99), 0, "PTS"},
    {"cc_domain_legacy", kLegacy, cc_domain(0x10), 0, "TS"},
    {"cc_domain_legacy_other", kLegacy, cc_domain(0x11), 0, "CTS"},
    {"cc_device_scalable_ignores_domain", kSs, cc_device(0x99, 0x10), 0, "PTS"},
    {"cc_device_scalable_other", kSs, cc_device(0x12, 0x11), 0, "CPTS"},
    {"cc_device_function_2_ignored", kSs, cc_device(0x12, 0x14, 1), 0, "PTS"},
    {"cc_device_function_1_not_ignored", kSs, cc_device(0x12, 0x12, 1), 0, "CPTS"},
    {"cc_device_functions_21_ignored", kSs, cc_device(0x12, 0x16, 2), 0, "PTS"},
    {"cc_device_function_0_not_ignored", kSs, cc_device(0x12, 0x11, 2), 0, "CPTS"},
    {"cc_device_functions_ignored", kSs, cc_device(0x12, 0x17, 3), 0, "PTS"},
    {"cc_device_next_device", kSs, cc_device(0x12, 0x18, 3), 0, "CPTS"},
    {"cc_device_legacy", kLegacy, cc_device(0x10, 0x10), 0, "TS"},
    {"cc_device_legacy_wrong_domain", kLegacy, cc_device(0x11, 0x10), 0, "CTS"},

    {"pc_global_fs", kFs, kPcGlobal, 0, "CTF"},
    {"pc_global_ss", kSs, kPcGlobal, 0, "CTS"},
    {"pc_global_nested", kNested, kPcGlobal, 0, "CTFS"},
    {"pc_global_pass", kPass, kPcGlobal, 0, "CT"},
    {"pc_domain", kSs, pc_domain(0x12), 0, "CTS"},
    {"pc_domain_other", kSs, pc_domain(0x11), 0, "CPTS"},
    {"pc_pasid", kNested, pc_pasid(0x13, 5), 0, "CTFS"},
    {"pc_pasid_wrong_domain", kNested, pc_pasid(0x12, 5), 0, "CPTFS"},
    {"pc_pasid_other", kNested, pc_pasid(0x13, 4), 0, "CPTFS"},
    {"pc_pasid_of_rid", kNoPasid, pc_pasid(0x10, 0), 0, "CTS"},

    {"tlb_global_fs", kFs, kTlbGlobal, 0, "CP"},
    {"tlb_global_ss", kSs, kTlbGlobal, 0, "CP"},
    {"tlb_global_nested", kNested, kTlbGlobal, 0, "CP"},
    {"tlb_global_pass", kPass, kTlbGlobal, 0, "CP"},
    {"tlb_global_legacy", kLegacy, kTlbGlobal, 0, "C"},
    {"tlb_domain_fs", kFs, tlb_domain(0x11), 0, "CP"},
    {"tlb_domain_ss", kSs, tlb_domain(0x12), 0, "CP"},
    {"tlb_domain_nested", kNested, tlb_domain(0x13), 0, "CP"},
    {"tlb_domain_pass", kPass, tlb_domain(0x14), 0, "CP"},
    {"tlb_domain_rid", kNoPasid, tlb_domain(0x10), 0, "CP"},
    {"tlb_domain_legacy", kLegacy, tlb_domain(0x10), 0, "C"},
    {"tlb_domain_other", kNested, tlb_domain(0x12), 0, "CPTFS"},

    {"tlb_page_ss", kSs, tlb_page(0x12), kA, "CP"},
    {"tlb_page_ss_leaf", kSs, tlb_page(0x12), kA | kLeaf, "CPS"},
    {"tlb_page_ss_next_page", kSs, tlb_page(0x12), kB, "CPT"},
    {"tlb_page_ss_next_page_leaf", kSs, tlb_page(0x12), kB | kLeaf, "CPTS"},
    {"tlb_page_ss_range", kSs, tlb_page(0x12), 0x4000 | kLeaf | 1, "CPS"},
    {"tlb_page_ss_range_beside", kSs, tlb_page(0x12), 0x6000 | kLeaf | 1, "CPTS"},
    {"tlb_page_ss_far", kSs, tlb_page(0x12), kFar, "CPTS"},
    {"tlb_page_ss_other_domain", kSs, tlb_page(0x11), kA, "CPTS"},
    {"tlb_page_legacy", kLegacy, tlb_page(0x10), kA, "C"},
    {"tlb_page_legacy_leaf", kLegacy, tlb_page(0x10), kA | kLeaf, "CS"},
    {"tlb_page_legacy_next_page", kLegacy, tlb_page(0x10), kB | kLeaf, "CTS"},
    {"tlb_page_pass", kPass, tlb_page(0x14), kA, "CP"},
    {"tlb_page_pass_next_page", kPass, tlb_page(0x14), kB, "CPT"},
    {"tlb_page_fs_drops_the_domain", kFs, tlb_page(0x11), kFar | kLeaf, "CP"},
    {"tlb_page_nested_drops_the_domain", kNested, tlb_page(0x13), kFar, "CPS"},
    {"tlb_page_nested_own_page", kNested, tlb_page(0x13), 0xd000, "CP"},
    {"tlb_page_nested_leaf", kNested, tlb_page(0x13), 0xd000 | kLeaf, "CPS"},

    {"ptlb_pasid_fs", kFs, ptlb_pasid(0x11, 3), 0, "CP"},
    {"ptlb_pasid_ss", kSs, ptlb_pasid(0x12, 4), 0, "CPS"},
    {"ptlb_pasid_nested", kNested, ptlb_pasid(0x13, 5), 0, "CPS"},
    {"ptlb_pasid_pass", kPass, ptlb_pasid(0x14, 6), 0, "CP"},
    {"ptlb_pasid_rid", kNoPasid, ptlb_pasid(0x10, 0), 0, "CPS"},
    {"ptlb_pasid_other", kFs, ptlb_pasid(0x11, 4), 0, "CPTF"},
    {"ptlb_pasid_wrong_domain", kFs, ptlb_pasid(0x12, 3), 0, "CPTF"},

    {"ptlb_page_fs", kFs, ptlb_page(0x11, 3), kA, "CP"},
    {"ptlb_page_fs_leaf", kFs, ptlb_page(0x11, 3), kA | kLeaf, "CPF"},
    {"ptlb_page_fs_next_page", kFs, ptlb_page(0x11, 3), kB, "CPT"},
    {"ptlb_page_fs_far", kFs, ptlb_page(0x11, 3), kFar, "CPTF"},
    {"ptlb_page_fs_wrong_domain", kFs, ptlb_page(0x12, 3), kA, "CPTF"},
    {"ptlb_page_fs_other_pasid", kFs, ptlb_page(0x11, 5), kA, "CPTF"},
    {"ptlb_page_nested", kNested, ptlb_page(0x13, 5), kA, "CPS"},
    {"ptlb_page_nested_leaf", kNested, ptlb_page(0x13, 5), kA | kLeaf, "CPFS"},
    {"ptlb_page_spares_ss", kSs, ptlb_page(0x12, 4), kA, "CPTS"},
    {"ptlb_page_spares_pass", kPass, ptlb_page(0x14, 6), kA, "CPT"},
    {"ptlb_page_spares_rid", kNoPasid, ptlb_page(0x10, 0), kA, "CPTS"},
};

int64_t pasid_of(const Case &c)
{
    return c.pasid == kLegacy ? kNoPasid : c.pasid;
}

// Where an address space is: its context entry, its PASID entry, a table of each stage (an entry
// that leads to the leaf's), and the leaf of the warmed page.
struct Places {
    uint64_t ctx, pasid, fs, ss, leaf;
};

Places places_of(const Case &c)
{
    const uint64_t entry = pasid_slot(kSid, c.pasid < 0 ? 0 : static_cast<uint32_t>(c.pasid));
    const uint64_t ctx = kCtxs + 32 * kSid;

    switch (c.pasid) {
    case kLegacy:
        return {kCtxs + 16 * kSid, 0, 0, space(0) + 0x2000, leaf_slot(0, kA)};
    case kFs:
        return {ctx, entry, space(1) + 0x2000, 0, leaf_slot(1, kA)};
    case kSs:
        return {ctx, entry, 0, space(2) + 0x2000, leaf_slot(2, kA)};
    case kNested:
        return {ctx, entry, guest(0x2000), space(3) + 0x2000, guest_slot(kA)};
    case kPass:
        return {ctx, entry, 0, 0, 0};
    default:
        return {ctx, entry, 0, space(0) + 0x2000, leaf_slot(0, kA)};
    }
}

class EachInvalidation : public testing::TestWithParam<Case>
{
};

void warm_and_invalidate(Bench &b, const Case &c)
{
    if (c.pasid == kLegacy)
        boot_legacy(b);
    else
        boot_scalable(b);
    ASSERT_NE(b.target(kSid, kA, pasid_of(c)), 0u);
    b.run_wait({c.q0, c.q1});
}

// Was nothing read there by a request for @iova?
class Probe
{
  public:
    Probe(const Case &c, uint64_t iova)
    {
        warm_and_invalidate(b_, c);
        n_ = test_machine_n_accesses(b_.m);
        EXPECT_NE(b_.target(kSid, iova, pasid_of(c)), 0u);
    }
    bool is_untouched(uint64_t pa) const
    {
        for (size_t i = n_; i < test_machine_n_accesses(b_.m); i++) {
            if (test_machine_accesses(b_.m)[i].pa == pa)
                return false;
        }
        return true;
    }
    bool is_silent() const
    {
        return test_machine_n_accesses(b_.m) == n_;
    }

  private:
    Bench b_;
    size_t n_ = 0;
};

TEST_P(EachInvalidation, DropsThisAndNoMore)
{
    const Case &c = GetParam();
    const Places at = places_of(c);
    const Probe same(c, kA), next(c, kB);
    std::string survivors;

    if (next.is_untouched(at.ctx))
        survivors += 'C';
    if (at.pasid && next.is_untouched(at.pasid))
        survivors += 'P';
    if (c.pasid == kPass) {
        // an identity costs no read: what tells is that the fill is not repeated
        Bench b;

        warm_and_invalidate(b, c);
        const unsigned n = b.n_facts(SIM_FACT_TLB_FILLED);
        EXPECT_EQ(b.target(kSid, kA, kPass), kA);
        if (b.n_facts(SIM_FACT_TLB_FILLED) == n)
            survivors += 'T';
    } else if (same.is_silent()) {
        survivors += 'T';
    }
    if (at.fs && next.is_untouched(at.fs))
        survivors += 'F';
    if (at.ss && next.is_untouched(at.ss))
        survivors += 'S';
    EXPECT_EQ(survivors, c.survivors);
}

INSTANTIATE_TEST_SUITE_P(Table, EachInvalidation, testing::ValuesIn(cases), name_of<Case>);

} // namespace
