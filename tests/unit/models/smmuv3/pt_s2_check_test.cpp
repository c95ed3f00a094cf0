// SPDX-License-Identifier: BSD-2-Clause
// Who may do what with a stage 2 leaf: the permission tables of the architecture typed as text,
// accesses of the SMMU itself, access flag and dirty state, and whole walks with their faults.
#include <gtest/gtest.h>

#include <map>
#include <string>

#include "tests/unit/models/smmuv3/pt_s2_case.h"

namespace
{

// Bits of a descriptor by their names (D8.3).
const uint64_t ap_none = 0x000, ap_r = 0x040, ap_w = 0x080, ap_rw = 0x0c0;
const uint64_t af = 0x400;
const uint64_t dbm = 0x0008000000000000;
const uint64_t xn_0 = 0x0000000000000000, xn_1 = 0x0020000000000000;
const uint64_t xn_2 = 0x0040000000000000, xn_3 = 0x0060000000000000;
const uint64_t normal = 0x3c, device = 0x04;

const unsigned r = SMMU_PT_R, w = SMMU_PT_W, x = SMMU_PT_X, p = SMMU_PT_PRIVILEGED;
const unsigned s = SMMU_PT_S2_STRUCTURE;

enum {
    XNX = 1,
    AFFD = 2,
    HA = 4,
    HD = 8,
    PTW = 16,
    FWB = 32,
};

smmu_pt_s2 make_s2(unsigned flags)
{
    smmu_pt_s2 pt = pt_s2::make_s2(12, 3, 43);

    pt.xnx = flags & XNX;
    pt.affd = flags & AFFD;
    pt.ha = flags & HA;
    pt.hd = flags & HD;
    pt.ptw = flags & PTW;
    pt.fwb = flags & FWB;
    return pt;
}

smmu_pt_s2_leaf make_leaf(const smmu_pt_s2 &pt, uint64_t page_bits)
{
    smmu_pt_s2_step step;

    smmu_pt_s2_begin(&pt, 0, &step);
    smmu_pt_s2_next(&pt, 0, 0x5003 | page_bits, &step);
    EXPECT_EQ(step.at.reason, HW_WALK_OK);
    EXPECT_EQ(step.leaf.pa, 0x5000);
    return step.leaf;
}

// ---- permissions (4.3) --------------------------------------------------------------------------

struct Rights {
    const char *name;
    unsigned flags;
    uint64_t page;
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

class SmmuPtS2Rights : public testing::TestWithParam<Rights>
{
};

TEST_P(SmmuPtS2Rights, EveryAccessIsJudged)
{
    const Rights &c = GetParam();
    const smmu_pt_s2 pt = make_s2(c.flags);
    const smmu_pt_s2_leaf leaf = make_leaf(pt, c.page | af | normal);

    for (const bool is_privileged : {false, true}) {
        const unsigned rights = bits_of(is_privileged ? c.privileged : c.unprivileged);

        EXPECT_EQ(smmu_pt_s2_rights(&pt, &leaf, is_privileged), rights) << is_privileged;
        for (unsigned asked = 1; asked <= SMMU_PT_RWX; asked++) {
            const smmu_pt_verdict v = smmu_pt_s2_check(&pt, &leaf, asked | (is_privileged ? p : 0));

            EXPECT_EQ(v.reason, asked & ~rights ? HW_WALK_PERMISSION : HW_WALK_OK)
                << "asked " << asked << " privileged " << is_privileged;
            EXPECT_EQ(v.granted, asked & rights);
            EXPECT_FALSE(v.set_af);
            EXPECT_FALSE(v.set_dirty);
        }
    }
}

const Rights rights_cases[] = {
    {"none", 0, ap_none, "--X", "--X"},
    {"r", 0, ap_r, "R-X", "R-X"},
    {"w", 0, ap_w, "-WX", "-WX"},
    {"rw", 0, ap_rw, "RWX", "RWX"},
    {"none_xn", 0, ap_none | xn_2, "---", "---"},
    {"r_xn", 0, ap_r | xn_2, "R--", "R--"},
    {"w_xn", 0, ap_w | xn_2, "-W-", "-W-"},
    {"rw_xn", 0, ap_rw | xn_2, "RW-", "RW-"},
    // Without XNX the lower bit of XN is nothing.
    {"rw_xn_1", 0, ap_rw | xn_1, "RWX", "RWX"},
    {"rw_xn_3", 0, ap_rw | xn_3, "RW-", "RW-"},
    {"xnx_none_0", XNX, ap_none | xn_0, "--X", "--X"},
    {"xnx_none_1", XNX, ap_none | xn_1, "---", "--X"},
    {"xnx_none_2", XNX, ap_none | xn_2, "---", "---"},
    {"xnx_none_3", XNX, ap_none | xn_3, "--X", "---"},
    {"xnx_r_0", XNX, ap_r | xn_0, "R-X", "R-X"},
    {"xnx_r_1", XNX, ap_r | xn_1, "R--", "R-X"},
    {"xnx_r_2", XNX, ap_r | xn_2, "R--", "R--"},
    {"xnx_r_3", XNX, ap_r | xn_3, "R-X", "R--"},
    {"xnx_w_0", XNX, ap_w | xn_0, "-WX", "-WX"},
    {"xnx_w_1", XNX, ap_w | xn_1, "-W-", "-WX"},
    {"xnx_w_2", XNX, ap_w | xn_2, "-W-", "-W-"},
    {"xnx_w_3", XNX, ap_w | xn_3, "-WX", "-W-"},
    {"xnx_rw_0", XNX, ap_rw | xn_0, "RWX", "RWX"},
    {"xnx_rw_1", XNX, ap_rw | xn_1, "RW-", "RWX"},
    {"xnx_rw_2", XNX, ap_rw | xn_2, "RW-", "RW-"},
    {"xnx_rw_3", XNX, ap_rw | xn_3, "RWX", "RW-"},
    // DBM counts only with HA and HD.
    {"dbm", 0, ap_r | dbm, "R-X", "R-X"},
    {"dbm_ha", HA, ap_r | dbm, "R-X", "R-X"},
    {"dbm_hd", HD, ap_r | dbm, "R-X", "R-X"},
    {"ha_hd", HA | HD, ap_r, "R-X", "R-X"},
    // What is about stage 1 tables is nothing to a device's own access.
    {"ptw", PTW, ap_rw, "RWX", "RWX"},
};

INSTANTIATE_TEST_SUITE_P(All, SmmuPtS2Rights, testing::ValuesIn(rights_cases),
                         [](const auto &info) { return std::string(info.param.name); });

TEST(SmmuPtS2Rights, CleanIsWritableWhateverItsReadPermission)
{
    const smmu_pt_s2 pt = make_s2(HA | HD);
    const smmu_pt_s2_leaf readable = make_leaf(pt, ap_r | dbm | af);
    const smmu_pt_s2_leaf unreadable = make_leaf(pt, ap_none | dbm | af | xn_2);

    EXPECT_EQ(smmu_pt_s2_rights(&pt, &readable, false), r | w | x);
    EXPECT_EQ(smmu_pt_s2_rights(&pt, &unreadable, true), w);
}

// ---- access flag, dirty state, accesses of the SMMU itself --------------------------------------

struct Access {
    const char *name;
    unsigned flags;
    uint64_t page;
    unsigned access;
    hw_walk_reason reason;
    bool set_af, set_dirty;
};

void PrintTo(const Access &c, std::ostream *out)
{
    *out << c.name;
}

class SmmuPtS2Access : public testing::TestWithParam<Access>
{
};

TEST_P(SmmuPtS2Access, IsAllowedOrFaults)
{
    const Access &c = GetParam();
    const smmu_pt_s2 pt = make_s2(c.flags);
    const smmu_pt_s2_leaf leaf = make_leaf(pt, c.page);
    const smmu_pt_verdict v = smmu_pt_s2_check(&pt, &leaf, c.access);

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

const hw_walk_reason ok = HW_WALK_OK, denied = HW_WALK_PERMISSION, flag = HW_WALK_ACCESS;

const Access access_cases[] = {
    {"af", 0, ap_rw | af, r, ok, false, false},
    {"no_af", 0, ap_rw, r, flag, false, false},
    {"no_af_hd_only", HD, ap_rw, r, flag, false, false},
    {"affd", AFFD, ap_rw, r, ok, false, false},
    {"ha", HA, ap_rw, r, ok, true, false},
    {"ha_affd", HA | AFFD, ap_rw, r, ok, true, false},
    {"ha_af", HA, ap_rw | af, r, ok, false, false},
    {"access_before_permission", 0, ap_r, w, flag, false, false},
    {"affd_permission", AFFD, ap_r, w, denied, false, false},
    {"ha_permission", HA, ap_r, w, denied, true, false},
    {"clean_write", HA | HD, ap_r | dbm | af, w, ok, false, true},
    {"clean_write_no_af", HA | HD, ap_r | dbm, w, ok, true, true},
    {"clean_write_unreadable", HA | HD, ap_none | dbm | af, w, ok, false, true},
    {"clean_read_write_unreadable", HA | HD, ap_none | dbm | af, r | w, denied, false, false},
    {"clean_read", HA | HD, ap_r | dbm | af, r, ok, false, false},
    {"clean_read_write", HA | HD, ap_r | dbm | af, r | w, ok, false, true},
    {"dirty_write", HA | HD, ap_rw | dbm | af, w, ok, false, false},
    {"dirty_write_only", HA | HD, ap_w | dbm | af, w, ok, false, false},
    {"no_dbm", HA | HD, ap_r | af, w, denied, false, false},
    {"no_hd", HA, ap_r | dbm | af, w, denied, false, false},
    {"no_ha", HD, ap_r | dbm | af, w, denied, false, false},
    // A stage 1 descriptor or a CD is read as data, an update writes.
    {"structure_read", 0, ap_r | af | normal, r | s, ok, false, false},
    {"structure_needs_r", 0, ap_w | af | normal, r | s, denied, false, false},
    {"structure_none", 0, ap_none | af | normal, r | s, denied, false, false},
    {"structure_not_executed", 0, ap_r | af | xn_2 | normal, r | s, ok, false, false},
    {"structure_no_af", 0, ap_rw | normal, r | s, flag, false, false},
    {"structure_ha", HA, ap_rw | normal, r | s, ok, true, false},
    {"structure_read_stays_clean", HA | HD, ap_r | dbm | af | normal, r | s, ok, false, false},
    {"structure_update", 0, ap_rw | af | normal, r | w | s, ok, false, false},
    {"structure_update_needs_w", 0, ap_r | af | normal, r | w | s, denied, false, false},
    {"structure_update_of_clean", HA | HD, ap_r | dbm | af | normal, r | w | s, ok, false, true},
    {"structure_update_no_dbm", HA | HD, ap_r | af | normal, r | w | s, denied, false, false},
    // S2PTW: not in Device memory.
    {"ptw_normal", PTW, ap_rw | af | normal, r | s, ok, false, false},
    {"ptw_device", PTW, ap_rw | af | device, r | s, denied, false, false},
    {"ptw_device_update", PTW, ap_rw | af | device, r | w | s, denied, false, false},
    {"ptw_device_data", PTW, ap_rw | af | device, r, ok, false, false},
    {"ptw_device_no_af", PTW, ap_rw | device, r | s, flag, false, false},
    {"ptw_device_clean", PTW | HA | HD, ap_r | dbm | device, r | w | s, denied, true, false},
    {"no_ptw_device", 0, ap_rw | af | device, r | s, ok, false, false},
    {"ptw_fwb_device", PTW | FWB, ap_rw | af | 0x04, r | s, denied, false, false},
    {"ptw_fwb_write_back", PTW | FWB, ap_rw | af | 0x18, r | s, ok, false, false},
    {"ptw_fwb_as_stage_1", PTW | FWB, ap_rw | af | 0x1c, r | s, ok, false, false},
    {"ptw_fwb_upper_bit", PTW | FWB, ap_rw | af | 0x24, r | s, denied, false, false},
    {"ptw_outer_nc", PTW, ap_rw | af | 0x14, r | s, ok, false, false},
};

INSTANTIATE_TEST_SUITE_P(All, SmmuPtS2Access, testing::ValuesIn(access_cases),
                         [](const auto &info) { return std::string(info.param.name); });

TEST(SmmuPtS2Check, NothingIsGrantedInDeviceMemoryWithPtw)
{
    const smmu_pt_s2 pt = make_s2(PTW);
    const smmu_pt_s2_leaf leaf = make_leaf(pt, ap_rw | af | device);

    EXPECT_EQ(smmu_pt_s2_check(&pt, &leaf, r | w | s).granted, 0);
}

// ---- whole walks --------------------------------------------------------------------------------

class SmmuPtS2Walk : public testing::Test
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

    smmu_pt_s2_walked walk(uint64_t ipa, unsigned access)
    {
        const smmu_pt_memory from = {read64, &memory_};
        smmu_pt_s2_walked out;

        smmu_pt_s2_walk(&pt_, ipa, access, &from, &out);
        return out;
    }

    void expect_fault(hw_walk_reason reason, int level, uint64_t address, unsigned n_reads,
                      unsigned access = SMMU_PT_R)
    {
        const smmu_pt_s2_walked out = walk(ipa_, access);

        EXPECT_EQ(out.result.reason, reason);
        EXPECT_EQ(out.result.level, level);
        EXPECT_EQ(out.result.stage, 2);
        EXPECT_EQ(out.result.address, address);
        EXPECT_EQ(out.n_reads, n_reads);
    }

    // 40 bits of input from level 1: two tables side by side, this one in the second.
    smmu_pt_s2 pt_ = pt_s2::make_s2(12, 1, 24);
    const uint64_t ipa_ = 0x8080604567;
    std::map<uint64_t, uint64_t> memory_ = {
        {0x801010, 0x2000003}, {0x2000018, 0x3000003}, {0x3000020, 0x12345647f}};
};

TEST_F(SmmuPtS2Walk, ReadsOneDescriptorPerLevel)
{
    const smmu_pt_s2_walked out = walk(ipa_, SMMU_PT_R);

    EXPECT_EQ(out.result.reason, HW_WALK_OK);
    EXPECT_EQ(out.result.address, 0x123456567);
    EXPECT_EQ(out.result.level, 3);
    EXPECT_EQ(out.result.stage, 2);
    EXPECT_EQ(out.step.descriptor, 0x3000020);
    EXPECT_EQ(out.verdict.granted, SMMU_PT_R);
    EXPECT_EQ(out.n_reads, 3);
}

TEST_F(SmmuPtS2Walk, OutsideTheRangeReadsNothing)
{
    const smmu_pt_s2_walked out = walk(0x10000000000, SMMU_PT_R);

    EXPECT_EQ(out.result.reason, HW_WALK_TRANSLATION);
    EXPECT_EQ(out.result.stage, 2);
    EXPECT_EQ(out.result.address, 0x10000000000);
    EXPECT_EQ(out.n_reads, 0);
}

TEST_F(SmmuPtS2Walk, FaultsNameTheirLevel)
{
    const uint64_t addresses[] = {0x801010, 0x2000018, 0x3000020};

    for (int i = 0; i < 3; i++) {
        const uint64_t address = addresses[i];
        const uint64_t good = memory_[address];
        const unsigned n_reads = static_cast<unsigned>(i) + 1;

        memory_[address] = 0;
        expect_fault(HW_WALK_TRANSLATION, i + 1, ipa_, n_reads);
        pt_.output_bits = 44;
        memory_[address] = good | 0x100000000000;
        expect_fault(HW_WALK_ADDR_SIZE, i + 1, ipa_, n_reads);
        memory_.erase(address);
        expect_fault(HW_WALK_EABT, i + 1, address, n_reads);
        memory_[address] = good;
    }
}

TEST_F(SmmuPtS2Walk, ChecksTheLeaf)
{
    expect_fault(HW_WALK_PERMISSION, 3, ipa_, 3, SMMU_PT_W);
    pt_.ptw = true;
    memory_[0x3000020] = 0x123456443; // Device
    expect_fault(HW_WALK_PERMISSION, 3, ipa_, 3, SMMU_PT_R | SMMU_PT_S2_STRUCTURE);
    memory_[0x3000020] = 0x12345607f; // AF clear
    expect_fault(HW_WALK_ACCESS, 3, ipa_, 3);
    memory_[0x2000018] = 0x000000004020007d; // a block without AF
    expect_fault(HW_WALK_ACCESS, 2, ipa_, 2);
}

} // namespace
