// SPDX-License-Identifier: BSD-2-Clause
// Who may do what with a stage 1 leaf: the permission tables of the architecture typed as text,
// access flag and dirty state, and whole walks with their faults.
#include <gtest/gtest.h>

#include <map>
#include <string>

#include "models/smmuv3/smmu_pt.h"

namespace
{

// Bits of a descriptor by their names (D8.3).
const uint64_t ap_0 = 0x000, ap_1 = 0x040, ap_2 = 0x080, ap_3 = 0x0c0;
const uint64_t af = 0x400;
const uint64_t dbm = 0x0008000000000000;
const uint64_t pxn = 0x0020000000000000;
const uint64_t uxn = 0x0040000000000000;
const uint64_t pxn_table = 0x0800000000000000;
const uint64_t uxn_table = 0x1000000000000000;
const uint64_t apt_1 = 0x2000000000000000, apt_2 = 0x4000000000000000, apt_3 = 0x6000000000000000;

const unsigned r = SMMU_PT_R, w = SMMU_PT_W, x = SMMU_PT_X, p = SMMU_PT_PRIVILEGED;

enum {
    WXN = 1,
    UWXN = 2,
    PAN = 4,
    EPAN = 8,
    HAD = 16,
    EL2 = 32,
    AFFD = 64,
    HA = 128,
    HD = 256,
};

smmu_pt_s1 make_s1(unsigned flags)
{
    smmu_pt_s1 pt = {};

    pt.ttb = 0x1000;
    pt.granule_log2 = 12;
    pt.tsz = 34; // level 2, then level 3
    pt.output_bits = 48;
    pt.wxn = flags & WXN;
    pt.uwxn = flags & UWXN;
    pt.pan = flags & PAN;
    pt.epan = flags & EPAN;
    pt.had = flags & HAD;
    pt.one_privilege = flags & EL2;
    pt.affd = flags & AFFD;
    pt.ha = flags & HA;
    pt.hd = flags & HD;
    return pt;
}

// A page at 0x5000 under one table.
smmu_pt_leaf make_leaf(const smmu_pt_s1 &pt, uint64_t table_bits, uint64_t page_bits)
{
    smmu_pt_step step;

    smmu_pt_begin(&pt, 0, &step);
    smmu_pt_next(&pt, 0, 0x2003 | table_bits, &step);
    smmu_pt_next(&pt, 0, 0x5003 | page_bits, &step);
    EXPECT_EQ(step.at.reason, HW_WALK_OK);
    EXPECT_EQ(step.leaf.pa, 0x5000);
    return step.leaf;
}

// ---- permissions (4.3) --------------------------------------------------------------------------

struct Rights {
    const char *name;
    unsigned flags;
    uint64_t table, page;
    const char *privileged, *unprivileged;
};

void PrintTo(const Rights &c, std::ostream *out)
{
    *out << c.name;
}

unsigned bits_of(const std::string &rights)
{
    return (rights[0] == 'R' ? r : 0) | (rights[1] == 'W' ? w : 0) | (rights[2] == 'X' ? x : 0);
}

class SmmuPtRights : public testing::TestWithParam<Rights>
{
};

TEST_P(SmmuPtRights, EveryAccessIsJudged)
{
    const Rights &c = GetParam();
    const smmu_pt_s1 pt = make_s1(c.flags);
    const smmu_pt_leaf leaf = make_leaf(pt, c.table, c.page | af);

    for (const bool is_privileged : {false, true}) {
        const unsigned rights = bits_of(is_privileged ? c.privileged : c.unprivileged);

        EXPECT_EQ(smmu_pt_rights(&pt, &leaf, is_privileged), rights) << is_privileged;
        for (unsigned asked = 1; asked <= SMMU_PT_RWX; asked++) {
            const smmu_pt_verdict v = smmu_pt_check(&pt, &leaf, asked | (is_privileged ? p : 0));

            EXPECT_EQ(v.reason, asked & ~rights ? HW_WALK_PERMISSION : HW_WALK_OK)
                << "asked " << asked << " privileged " << is_privileged;
            EXPECT_EQ(v.granted, asked & rights);
            EXPECT_FALSE(v.set_af);
            EXPECT_FALSE(v.set_dirty);
        }
    }
}

const Rights rights_cases[] = {
    {"ap0", 0, 0, ap_0, "RWX", "--X"},
    {"ap1", 0, 0, ap_1, "RW-", "RWX"}, // writable at EL0: not executable above
    {"ap2", 0, 0, ap_2, "R-X", "--X"},
    {"ap3", 0, 0, ap_3, "R-X", "R-X"},
    {"ap0_uxn", 0, 0, ap_0 | uxn, "RWX", "---"},
    {"ap1_uxn", 0, 0, ap_1 | uxn, "RW-", "RW-"},
    {"ap2_uxn", 0, 0, ap_2 | uxn, "R-X", "---"},
    {"ap3_uxn", 0, 0, ap_3 | uxn, "R-X", "R--"},
    {"ap0_pxn", 0, 0, ap_0 | pxn, "RW-", "--X"},
    {"ap1_pxn", 0, 0, ap_1 | pxn, "RW-", "RWX"},
    {"ap2_pxn", 0, 0, ap_2 | pxn, "R--", "--X"},
    {"ap3_pxn", 0, 0, ap_3 | pxn, "R--", "R-X"},
    {"ap0_xn", 0, 0, ap_0 | uxn | pxn, "RW-", "---"},
    {"ap1_xn", 0, 0, ap_1 | uxn | pxn, "RW-", "RW-"},
    {"ap2_xn", 0, 0, ap_2 | uxn | pxn, "R--", "---"},
    {"ap3_xn", 0, 0, ap_3 | uxn | pxn, "R--", "R--"},
    // Limits of the tables above.
    {"apt1_ap0", 0, apt_1, ap_0, "RWX", "--X"},
    {"apt1_ap1", 0, apt_1, ap_1, "RWX", "--X"}, // no more writable at EL0
    {"apt1_ap2", 0, apt_1, ap_2, "R-X", "--X"},
    {"apt1_ap3", 0, apt_1, ap_3, "R-X", "--X"},
    {"apt2_ap0", 0, apt_2, ap_0, "R-X", "--X"},
    {"apt2_ap1", 0, apt_2, ap_1, "R-X", "R-X"},
    {"apt2_ap2", 0, apt_2, ap_2, "R-X", "--X"},
    {"apt2_ap3", 0, apt_2, ap_3, "R-X", "R-X"},
    {"apt3_ap0", 0, apt_3, ap_0, "R-X", "--X"},
    {"apt3_ap1", 0, apt_3, ap_1, "R-X", "--X"},
    {"apt3_ap2", 0, apt_3, ap_2, "R-X", "--X"},
    {"apt3_ap3", 0, apt_3, ap_3, "R-X", "--X"},
    {"uxn_table", 0, uxn_table, ap_3, "R-X", "R--"},
    {"pxn_table", 0, pxn_table, ap_3, "R--", "R-X"},
    {"all_tables", 0, uxn_table | pxn_table | apt_3, ap_1, "R--", "---"},
    {"all_tables_had", HAD, uxn_table | pxn_table | apt_3, ap_1, "RW-", "RWX"},
    {"all_tables_had_ap3", HAD, uxn_table | pxn_table | apt_3, ap_3, "R-X", "R-X"},
    // Writable is not executable, each privilege by its own rights.
    {"wxn_ap0", WXN, 0, ap_0, "RW-", "--X"},
    {"wxn_ap1", WXN, 0, ap_1, "RW-", "RW-"},
    {"wxn_ap2", WXN, 0, ap_2, "R-X", "--X"},
    {"wxn_ap3", WXN, 0, ap_3, "R-X", "R-X"},
    {"wxn_apt2_ap1", WXN, apt_2, ap_1, "R-X", "R-X"},
    {"uwxn_ap0", UWXN, 0, ap_0, "RWX", "--X"},
    {"uwxn_ap1", UWXN, 0, ap_1, "RW-", "RWX"},
    {"uwxn_ap2", UWXN, 0, ap_2, "R-X", "--X"},
    {"uwxn_ap3", UWXN, 0, ap_3, "R-X", "R-X"},
    {"wxn_uwxn_ap1", WXN | UWXN, 0, ap_1, "RW-", "RW-"},
    // Privileged data stays out of unprivileged pages.
    {"pan_ap0", PAN, 0, ap_0, "RWX", "--X"},
    {"pan_ap1", PAN, 0, ap_1, "---", "RWX"},
    {"pan_ap2", PAN, 0, ap_2, "R-X", "--X"},
    {"pan_ap3", PAN, 0, ap_3, "--X", "R-X"},
    {"pan_apt1_ap1", PAN, apt_1, ap_1, "RWX", "--X"},
    {"pan_apt1_ap3", PAN, apt_1, ap_3, "R-X", "--X"},
    {"pan_wxn_ap0", PAN | WXN, 0, ap_0, "RW-", "--X"},
    {"pan_wxn_ap1", PAN | WXN, 0, ap_1, "---", "RW-"},
    {"epan_alone", EPAN, 0, ap_0, "RWX", "--X"},
    {"epan_ap0", PAN | EPAN, 0, ap_0, "--X", "--X"},
    {"epan_ap0_uxn", PAN | EPAN, 0, ap_0 | uxn, "RWX", "---"},
    {"epan_ap0_uxn_table", PAN | EPAN, uxn_table, ap_0, "RWX", "---"},
    {"epan_ap2", PAN | EPAN, 0, ap_2, "--X", "--X"},
    {"epan_ap3_uxn", PAN | EPAN, 0, ap_3 | uxn, "--X", "R--"},
    // One privilege: AP[1], APTable[0], PXN and PAN mean nothing; bit 54 is XN.
    {"el2_ap0", EL2, 0, ap_0, "RWX", "RWX"},
    {"el2_ap1", EL2, 0, ap_1, "RWX", "RWX"},
    {"el2_ap2", EL2, 0, ap_2, "R-X", "R-X"},
    {"el2_ap3", EL2, 0, ap_3, "R-X", "R-X"},
    {"el2_xn", EL2, 0, ap_1 | uxn, "RW-", "RW-"},
    {"el2_pxn", EL2, 0, ap_1 | pxn, "RWX", "RWX"},
    {"el2_apt1", EL2, apt_1, ap_1, "RWX", "RWX"},
    {"el2_apt2", EL2, apt_2, ap_1, "R-X", "R-X"},
    {"el2_apt3", EL2, apt_3, ap_1, "R-X", "R-X"},
    {"el2_xn_table", EL2, uxn_table, ap_1, "RW-", "RW-"},
    {"el2_pxn_table", EL2, pxn_table, ap_1, "RWX", "RWX"},
    {"el2_had", EL2 | HAD, apt_2 | uxn_table, ap_1, "RWX", "RWX"},
    {"el2_wxn", EL2 | WXN, 0, ap_1, "RW-", "RW-"},
    {"el2_wxn_ap3", EL2 | WXN, 0, ap_3, "R-X", "R-X"},
    {"el2_pan", EL2 | PAN | EPAN, 0, ap_1, "RWX", "RWX"},
    // DBM counts only with HA and HD.
    {"dbm", 0, 0, ap_3 | dbm, "R-X", "R-X"},
    {"dbm_ha", HA, 0, ap_3 | dbm, "R-X", "R-X"},
    {"dbm_hd", HD, 0, ap_3 | dbm, "R-X", "R-X"},
    {"ha_hd", HA | HD, 0, ap_3, "R-X", "R-X"},
    {"dbm_apt2", HA | HD, apt_2, ap_3 | dbm, "R-X", "R-X"},
    {"dbm_apt2_ap1", HA | HD, apt_2, ap_1 | dbm, "R-X", "R-X"},
};

INSTANTIATE_TEST_SUITE_P(All, SmmuPtRights, testing::ValuesIn(rights_cases),
                         [](const auto &info) { return std::string(info.param.name); });

TEST(SmmuPtTables, LimitsOfAllLevelsAddUp)
{
    smmu_pt_s1 pt = make_s1(0);
    smmu_pt_step step;

    pt.tsz = 16;
    smmu_pt_begin(&pt, 0, &step);
    smmu_pt_next(&pt, 0, 0x2003 | apt_1 | pxn_table, &step);
    smmu_pt_next(&pt, 0, 0x3003 | uxn_table | apt_2, &step);
    smmu_pt_next(&pt, 0, 0x4003, &step);
    smmu_pt_next(&pt, 0, 0x5003 | ap_1 | dbm, &step);
    ASSERT_EQ(step.at.reason, HW_WALK_OK);
    EXPECT_EQ(step.leaf.ap, 2);
    EXPECT_TRUE(step.leaf.uxn);
    EXPECT_TRUE(step.leaf.pxn);
    EXPECT_FALSE(step.leaf.dbm);
}

// ---- access flag and dirty state ----------------------------------------------------------------

struct Update {
    const char *name;
    unsigned flags;
    uint64_t table, page;
    unsigned access;
    hw_walk_reason reason;
    bool set_af, set_dirty;
};

void PrintTo(const Update &c, std::ostream *out)
{
    *out << c.name;
}

class SmmuPtUpdate : public testing::TestWithParam<Update>
{
};

TEST_P(SmmuPtUpdate, IsAskedForOrFaults)
{
    const Update &c = GetParam();
    const smmu_pt_s1 pt = make_s1(c.flags);
    const smmu_pt_leaf leaf = make_leaf(pt, c.table, c.page);
    const smmu_pt_verdict v = smmu_pt_check(&pt, &leaf, c.access);

    EXPECT_EQ(v.reason, c.reason);
    EXPECT_EQ(v.set_af, c.set_af);
    EXPECT_EQ(v.set_dirty, c.set_dirty);
    if (c.reason == HW_WALK_OK) {
        EXPECT_EQ(v.granted, c.access & SMMU_PT_RWX);
    }
    if (c.reason == HW_WALK_ACCESS) {
        EXPECT_EQ(v.granted, 0);
    }
}

const Update update_cases[] = {
    {"af", 0, 0, ap_1 | af, r, HW_WALK_OK, false, false},
    {"no_af", 0, 0, ap_1, r, HW_WALK_ACCESS, false, false},
    {"no_af_hd_only", HD, 0, ap_1, r, HW_WALK_ACCESS, false, false},
    {"affd", AFFD, 0, ap_1, r, HW_WALK_OK, false, false},
    {"ha", HA, 0, ap_1, r, HW_WALK_OK, true, false},
    {"ha_affd", HA | AFFD, 0, ap_1, r, HW_WALK_OK, true, false},
    {"ha_af", HA, 0, ap_1 | af, r, HW_WALK_OK, false, false},
    {"access_before_permission", 0, 0, ap_3, w, HW_WALK_ACCESS, false, false},
    {"affd_permission", AFFD, 0, ap_3, w, HW_WALK_PERMISSION, false, false},
    {"ha_permission", HA, 0, ap_3, w, HW_WALK_PERMISSION, true, false},
    {"clean_write", HA | HD, 0, ap_3 | dbm | af, w, HW_WALK_OK, false, true},
    {"clean_write_no_af", HA | HD, 0, ap_3 | dbm, w, HW_WALK_OK, true, true},
    {"clean_write_privileged", HA | HD, 0, ap_2 | dbm | af, w | p, HW_WALK_OK, false, true},
    {"clean_write_unprivileged", HA | HD, 0, ap_2 | dbm | af, w, HW_WALK_PERMISSION, false, false},
    {"clean_read", HA | HD, 0, ap_3 | dbm | af, r, HW_WALK_OK, false, false},
    {"clean_read_write", HA | HD, 0, ap_3 | dbm | af, r | w, HW_WALK_OK, false, true},
    {"dirty_write", HA | HD, 0, ap_1 | dbm | af, w, HW_WALK_OK, false, false},
    {"no_dbm", HA | HD, 0, ap_3 | af, w, HW_WALK_PERMISSION, false, false},
    {"no_hd", HA, 0, ap_3 | dbm | af, w, HW_WALK_PERMISSION, false, false},
    {"no_ha", HD, 0, ap_3 | dbm | af, w, HW_WALK_PERMISSION, false, false},
    {"table_read_only", HA | HD, apt_2, ap_3 | dbm | af, w, HW_WALK_PERMISSION, false, false},
    {"table_read_only_had", HA | HD | HAD, apt_2, ap_3 | dbm | af, w, HW_WALK_OK, false, true},
    {"clean_el2", HA | HD | EL2, 0, ap_2 | dbm | af, w, HW_WALK_OK, false, true},
    // Clean counts as writable for WXN and for the rule of EL0-writable pages.
    {"clean_wxn", HA | HD | WXN, 0, ap_3 | dbm | af, x, HW_WALK_PERMISSION, false, false},
    {"clean_px", HA | HD, 0, ap_3 | dbm | af, x | p, HW_WALK_PERMISSION, false, false},
    {"clean_pan", HA | HD | PAN, 0, ap_3 | dbm | af, w | p, HW_WALK_PERMISSION, false, false},
};

INSTANTIATE_TEST_SUITE_P(All, SmmuPtUpdate, testing::ValuesIn(update_cases),
                         [](const auto &info) { return std::string(info.param.name); });

// ---- whole walks --------------------------------------------------------------------------------

class SmmuPtWalk : public testing::Test
{
  protected:
    static bool read64(void *ctx, uint64_t pa, uint64_t *value)
    {
        const auto *memory = static_cast<std::map<uint64_t, uint64_t> *>(ctx);
        const auto found = memory->find(pa);

        if (found == memory->end())
            return false;
        *value = found->second;
        return true;
    }

    smmu_pt_walked walk(uint64_t va, unsigned access)
    {
        const smmu_pt_memory from = {read64, &memory_};
        smmu_pt_walked out;

        smmu_pt_walk(&lower_, nullptr, va, access, &from, &out);
        return out;
    }

    void expect_fault(hw_walk_reason reason, int level, uint64_t address, unsigned n_reads,
                      unsigned access = SMMU_PT_R)
    {
        const smmu_pt_walked out = walk(va_, access);

        EXPECT_EQ(out.result.reason, reason);
        EXPECT_EQ(out.result.level, level);
        EXPECT_EQ(out.result.stage, 1);
        EXPECT_EQ(out.result.address, address);
        EXPECT_EQ(out.n_reads, n_reads);
    }

    void SetUp() override
    {
        lower_ = make_s1(0);
        lower_.ttb = 0x800000;
        lower_.tsz = 16;
    }

    const uint64_t va_ = 0x0000008080604567;
    smmu_pt_s1 lower_ = {};
    std::map<uint64_t, uint64_t> memory_ = {{0x800008, 0x1000003},
                                            {0x1000010, 0x2000003},
                                            {0x2000018, 0x3000003},
                                            {0x3000020, 0x1234567c3}};
};

TEST_F(SmmuPtWalk, ReadsOneDescriptorPerLevel)
{
    const smmu_pt_walked out = walk(va_, SMMU_PT_R);

    EXPECT_EQ(out.result.reason, HW_WALK_OK);
    EXPECT_EQ(out.result.address, 0x123456567);
    EXPECT_EQ(out.result.level, 3);
    EXPECT_EQ(out.half, &lower_);
    EXPECT_EQ(out.step.descriptor, 0x3000020);
    EXPECT_EQ(out.verdict.granted, SMMU_PT_R);
    EXPECT_EQ(out.n_reads, 4);
}

TEST_F(SmmuPtWalk, OutsideTheRangeReadsNothing)
{
    const smmu_pt_walked out = walk(0x0001000000000000, SMMU_PT_R);

    EXPECT_EQ(out.result.reason, HW_WALK_TRANSLATION);
    EXPECT_EQ(out.result.address, 0x0001000000000000);
    EXPECT_EQ(out.half, nullptr);
    EXPECT_EQ(out.n_reads, 0);
}

TEST_F(SmmuPtWalk, FaultsNameTheirLevel)
{
    const uint64_t addresses[] = {0x800008, 0x1000010, 0x2000018, 0x3000020};

    for (int level = 0; level < 4; level++) {
        const uint64_t address = addresses[level];
        const uint64_t good = memory_[address];
        const unsigned n_reads = static_cast<unsigned>(level) + 1;

        memory_[address] = 0;
        expect_fault(HW_WALK_TRANSLATION, level, va_, n_reads);
        lower_.output_bits = 44;
        memory_[address] = good | 0x100000000000;
        expect_fault(HW_WALK_ADDR_SIZE, level, va_, n_reads);
        memory_.erase(address);
        expect_fault(HW_WALK_EABT, level, address, n_reads);
        memory_[address] = good;
    }
}

TEST_F(SmmuPtWalk, ChecksTheLeaf)
{
    expect_fault(HW_WALK_PERMISSION, 3, va_, 4, SMMU_PT_W);
    memory_[0x3000020] = 0x1234563c3; // AF clear
    expect_fault(HW_WALK_ACCESS, 3, va_, 4);
    memory_[0x2000018] = 0x0000000040200341; // a block without AF
    expect_fault(HW_WALK_ACCESS, 2, va_, 3);
}

} // namespace
