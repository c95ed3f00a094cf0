// SPDX-License-Identifier: BSD-2-Clause
// VT-d tables keep their own rules: fields, registers, descriptor types, fault codes, answers.
#include <gtest/gtest.h>

#include <cstring>
#include <set>
#include <string>

#include "models/vtd/vtd_layout.h"

namespace
{

class VtdLayout : public testing::TestWithParam<size_t>
{
};

TEST_P(VtdLayout, KeepsTheRules)
{
    const char *culprit = nullptr;
    const hw_layout &layout = *vtd_layouts[GetParam()];
    const char *wrong = hw_layout_check(&layout, &culprit);

    EXPECT_EQ(wrong, nullptr) << layout.name << "." << culprit << ": " << wrong;
    for (size_t i = 0; i < layout.n_fields; i++)
        EXPECT_STRNE(layout.fields[i].doc, "") << layout.fields[i].name;
}

INSTANTIATE_TEST_SUITE_P(All, VtdLayout, testing::Range<size_t>(0, vtd_n_layouts),
                         [](const testing::TestParamInfo<size_t> &param) {
                             return std::string(vtd_layouts[param.param]->name);
                         });

TEST(VtdLayouts, NamesAreUnique)
{
    std::set<std::string> names;

    for (size_t i = 0; i < vtd_n_layouts; i++)
        EXPECT_TRUE(names.insert(vtd_layouts[i]->name).second) << vtd_layouts[i]->name;
}

void expect_apart(const hw_reg *regs, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const hw_reg &reg = regs[i];
        const uint64_t all = reg.n_bytes == 4 ? 0xffffffff : UINT64_MAX;

        EXPECT_EQ(reg.layout->n_bits, reg.n_bytes * 8) << reg.name;
        EXPECT_STREQ(reg.layout->name, reg.name);
        EXPECT_EQ(reg.offset % (reg.n_bytes == 4 ? 4 : 8), 0u) << reg.name;
        EXPECT_EQ((reg.writable | reg.reset) & ~all, 0u) << reg.name;
        if (i > 0) {
            EXPECT_GE(reg.offset, regs[i - 1].offset + regs[i - 1].n_bytes) << reg.name;
        }
    }
}

TEST(VtdRegs, AscendWithoutOverlap)
{
    expect_apart(vtd_regs, vtd_n_regs);
    expect_apart(vtd_iotlb_regs, vtd_n_iotlb_regs);
}

TEST(VtdRegs, WritableBitsBelongToFields)
{
    for (size_t i = 0; i < vtd_n_regs; i++) {
        uint64_t bits[HW_MAX_WORDS] = {0};

        EXPECT_FALSE(hw_reserved_set(vtd_regs[i].layout, &vtd_regs[i].writable, bits))
            << vtd_regs[i].name;
    }
}

struct Place {
    const char *name;
    uint32_t offset;
    unsigned n_bytes;
    uint64_t reset;
};

// Typed from section 1 of the facts.
const Place places[] = {
    {"VER", 0x000, 4, 0},
    {"CAP", 0x008, 8, 0},
    {"ECAP", 0x010, 8, 0},
    {"GCMD", 0x018, 4, 0},
    {"GSTS", 0x01c, 4, 0},
    {"RTADDR", 0x020, 8, 0},
    {"CCMD", 0x028, 8, 0},
    {"FSTS", 0x034, 4, 0},
    {"FECTL", 0x038, 4, 1u << 31},
    {"FEDATA", 0x03c, 4, 0},
    {"FEADDR", 0x040, 4, 0},
    {"FEUADDR", 0x044, 4, 0},
    {"AFLOG", 0x058, 8, 0},
    {"PMEN", 0x064, 4, 0},
    {"PLMBASE", 0x068, 4, 0},
    {"PLMLIMIT", 0x06c, 4, 0},
    {"PHMBASE", 0x070, 8, 0},
    {"PHMLIMIT", 0x078, 8, 0},
    {"IQH", 0x080, 8, 0},
    {"IQT", 0x088, 8, 0},
    {"IQA", 0x090, 8, 0},
    {"ICS", 0x09c, 4, 0},
    {"IECTL", 0x0a0, 4, 1u << 31},
    {"IEDATA", 0x0a4, 4, 0},
    {"IEADDR", 0x0a8, 4, 0},
    {"IEUADDR", 0x0ac, 4, 0},
    {"IQERCD", 0x0b0, 8, 0},
    {"IRTA", 0x0b8, 8, 0},
    {"PQH", 0x0c0, 8, 0},
    {"PQT", 0x0c8, 8, 0},
    {"PQA", 0x0d0, 8, 0},
    {"PRS", 0x0dc, 4, 0},
    {"PECTL", 0x0e0, 4, 1u << 31},
    {"PEDATA", 0x0e4, 4, 0},
    {"PEADDR", 0x0e8, 4, 0},
    {"PEUADDR", 0x0ec, 4, 0},
    {"MTRRCAP", 0x100, 8, 0},
    {"MTRRDEF", 0x108, 8, 0},
    {"FIX64K_00000", 0x120, 8, 0},
    {"FIX4K_F8000", 0x170, 8, 0},
    {"PHYSBASE9", 0x210, 8, 0},
    {"PHYSMASK9", 0x218, 8, 0},
    {"PERFCAP", 0x300, 8, 0},
    {"PERFCFGOFF", 0x310, 4, 0},
    {"PERFFRZOFF", 0x314, 4, 0},
    {"PERFOVFOFF", 0x318, 4, 0},
    {"PERFCNTROFF", 0x31c, 4, 0},
    {"PERFINTRSTS", 0x324, 4, 0},
    {"PERFINTRCTL", 0x328, 4, 1u << 31},
    {"PERFINTRUADDR", 0x334, 4, 0},
    {"PERFEVNTCAP0", 0x380, 8, 0},
    {"ECMD", 0x400, 8, 0},
    {"ECEO", 0x408, 8, 0},
    {"ECRSP", 0x410, 8, 0},
    {"ECCAP0", 0x430, 8, 0},
    {"VCMD", 0xe00, 8, 0},
    {"VCRSP", 0xe10, 8, 0},
    {"VCCAP", 0xe30, 8, 0},
};

class VtdPlace : public testing::TestWithParam<Place>
{
};

TEST_P(VtdPlace, IsWhereTheArchitectureSays)
{
    const Place &p = GetParam();
    const hw_reg *reg = vtd_reg_find(p.name);

    ASSERT_NE(reg, nullptr);
    EXPECT_EQ(reg->offset, p.offset);
    EXPECT_EQ(reg->n_bytes, p.n_bytes);
    EXPECT_EQ(reg->reset, p.reset);
    EXPECT_EQ(vtd_reg_at(p.offset), reg);
    EXPECT_EQ(vtd_reg_at(p.offset + p.n_bytes - 1), reg);
}

INSTANTIATE_TEST_SUITE_P(Facts, VtdPlace, testing::ValuesIn(places),
                         [](const testing::TestParamInfo<Place> &param) {
                             return std::string(param.param.name);
                         });

TEST(VtdRegs, FindsNothingWhereNothingIs)
{
    EXPECT_EQ(vtd_reg_at(0x004), nullptr);
    EXPECT_EQ(vtd_reg_at(0x0f0), nullptr);
    EXPECT_EQ(vtd_reg_at(0x1000), nullptr);
    EXPECT_EQ(vtd_reg_find("NO_SUCH"), nullptr);
}

TEST(VtdRegs, RelocatedBlocksFollowTheCapabilities)
{
    // real capture: ECAP.IRO = 0xf, CAP.FRO = 0x22, CAP.NFR = 0
    EXPECT_EQ(vtd_iotlb_offset(0x480080f00f4a), 0xf0u);
    EXPECT_EQ(vtd_frcd_offset(0xd2008c22260206), 0x220u);
    EXPECT_EQ(vtd_n_frcd(0xd2008c22260206), 1u);
    EXPECT_EQ(vtd_reg_find("IVA")->offset, 0x0u);
    EXPECT_EQ(vtd_reg_find("IOTLB")->offset, 0x8u);
    EXPECT_EQ(vtd_reg_find("FRCD")->n_bytes, 16u);
}

struct QiType {
    const char *name;
    unsigned type;
    bool is_wide;
};

class VtdQiType : public testing::TestWithParam<QiType>
{
};

TEST_P(VtdQiType, HasItsLayout)
{
    const QiType &c = GetParam();

    EXPECT_STREQ(vtd_qi_layout(c.type)->name, c.name);
    EXPECT_EQ(vtd_qi_is_wide(c.type), c.is_wide);
}

INSTANTIATE_TEST_SUITE_P(Facts, VtdQiType,
                         testing::Values(QiType{"CC_INV", 1, false}, QiType{"IOTLB_INV", 2, false},
                                         QiType{"DEVTLB_INV", 3, false},
                                         QiType{"IEC_INV", 4, false}, QiType{"WAIT", 5, false},
                                         QiType{"PIOTLB_INV", 6, true}, QiType{"PC_INV", 7, true},
                                         QiType{"PDEVTLB_INV", 8, true},
                                         QiType{"PGRP_RESP", 9, true}, QiType{"HPT_INV", 10, true}),
                         [](const testing::TestParamInfo<QiType> &param) {
                             return std::string(param.param.name);
                         });

TEST(VtdQiTypes, OthersAreUnknown)
{
    EXPECT_STREQ(vtd_qi_layout(0)->name, "UNKNOWN");
    for (unsigned type = 11; type < 128; type++) {
        EXPECT_STREQ(vtd_qi_layout(type)->name, "UNKNOWN");
        EXPECT_FALSE(vtd_qi_is_wide(type));
    }
}

TEST(VtdQiTypes, TypeHasSevenBits)
{
    const uint64_t low[HW_MAX_WORDS] = {0xf1ff};  // b[8:4], b[15:12] are no part of it
    const uint64_t high[HW_MAX_WORDS] = {0x0e05}; // b[11:9] = 7, b[3:0] = 5

    EXPECT_EQ(vtd_qi_type(low), 0x0fu);
    EXPECT_EQ(vtd_qi_type(high), 0x75u);
}

TEST(VtdAcks, NameRegistersAndFieldsThatExist)
{
    std::set<std::string> commands;

    for (size_t i = 0; i < vtd_n_acks; i++) {
        const vtd_ack &ack = vtd_acks[i];
        const hw_reg *command = vtd_reg_find(ack.command);
        const hw_reg *status = vtd_reg_find(ack.status);

        ASSERT_NE(command, nullptr) << ack.command;
        ASSERT_NE(status, nullptr) << ack.status;
        EXPECT_NE(hw_field_find(command->layout, ack.command_field), nullptr);
        EXPECT_NE(hw_field_find(status->layout, ack.status_field), nullptr);
        EXPECT_EQ(ack.command_mask & ~command->writable, 0u) << ack.command_field;
        EXPECT_TRUE(commands.insert(std::string(ack.command) + ack.command_field).second);
    }
}

struct Ack {
    const char *name, *command, *command_field, *status, *status_field;
    uint64_t command_mask, status_mask;
    vtd_ack_kind kind;
};

class VtdAck : public testing::TestWithParam<Ack>
{
};

TEST_P(VtdAck, IsPairedAsTheArchitectureSays)
{
    const Ack &c = GetParam();

    for (size_t i = 0; i < vtd_n_acks; i++) {
        const vtd_ack &ack = vtd_acks[i];

        if (strcmp(ack.command, c.command) != 0 || strcmp(ack.command_field, c.command_field) != 0)
            continue;
        EXPECT_STREQ(ack.status, c.status);
        EXPECT_STREQ(ack.status_field, c.status_field);
        EXPECT_EQ(ack.command_mask, c.command_mask);
        EXPECT_EQ(ack.status_mask, c.status_mask);
        EXPECT_EQ(ack.kind, c.kind);
        return;
    }
    FAIL() << "no such command";
}

INSTANTIATE_TEST_SUITE_P(
    Facts, VtdAck,
    testing::Values(
        Ack{"te", "GCMD", "TE", "GSTS", "TES", 0x80000000, 0x80000000, VTD_ACK_LEVEL},
        Ack{"srtp", "GCMD", "SRTP", "GSTS", "RTPS", 0x40000000, 0x40000000, VTD_ACK_SET},
        Ack{"wbf", "GCMD", "WBF", "GSTS", "WBFS", 0x08000000, 0x08000000, VTD_ACK_CLEARED},
        Ack{"qie", "GCMD", "QIE", "GSTS", "QIES", 0x04000000, 0x04000000, VTD_ACK_LEVEL},
        Ack{"ire", "GCMD", "IRE", "GSTS", "IRES", 0x02000000, 0x02000000, VTD_ACK_LEVEL},
        Ack{"sirtp", "GCMD", "SIRTP", "GSTS", "IRTPS", 0x01000000, 0x01000000, VTD_ACK_SET},
        Ack{"cfi", "GCMD", "CFI", "GSTS", "CFIS", 0x00800000, 0x00800000, VTD_ACK_LEVEL},
        Ack{"icc", "CCMD", "ICC", "CCMD", "ICC", 1ull << 63, 1ull << 63, VTD_ACK_CLEARED},
        Ack{"ivt", "IOTLB", "IVT", "IOTLB", "IVT", 1ull << 63, 1ull << 63, VTD_ACK_CLEARED},
        Ack{"epm", "PMEN", "EPM", "PMEN", "PRS", 0x80000000, 0x1, VTD_ACK_LEVEL}),
    [](const testing::TestParamInfo<Ack> &param) { return std::string(param.param.name); });

struct Wait {
    const char *name;
    uint64_t before, written, mask, value;
};

class VtdWait : public testing::TestWithParam<Wait>
{
};

TEST_P(VtdWait, WaitsForWhatTheStoreAskedFor)
{
    const Wait &w = GetParam();

    EXPECT_EQ(vtd_gcmd_wait_mask(w.before, w.written), w.mask);
    EXPECT_EQ(vtd_gcmd_wait_value(w.before, w.written), w.value);
}

// The first five are the stores of a real boot, in order.
INSTANTIATE_TEST_SUITE_P(
    Facts, VtdWait,
    testing::Values(Wait{"queue_on", 0x0, 0x4000000, 0x4000000, 0x4000000},
                    Wait{"latch_irta", 0x4000000, 0x5000000, 0x1000000, 0x1000000},
                    Wait{"interrupts_on", 0x5000000, 0x6000000, 0x2000000, 0x2000000},
                    Wait{"latch_root", 0x6000000, 0x46000000, 0x40000000, 0x40000000},
                    Wait{"translation_on", 0x46000000, 0x86000000, 0x80000000, 0x80000000},
                    Wait{"translation_off", 0x86000000, 0x06000000, 0x80000000, 0x0},
                    Wait{"write_buffer", 0x86000000, 0x8e000000, 0x08000000, 0x0},
                    Wait{"one_shot_again", 0x46000000, 0x46000000, 0x40000000, 0x40000000},
                    Wait{"queue_off", 0x4000000, 0x0, 0x4000000, 0x0},
                    Wait{"nothing", 0x86000000, 0x86000000, 0x0, 0x0},
                    Wait{"two_at_once", 0x0, 0x44000000, 0x44000000, 0x44000000}),
    [](const testing::TestParamInfo<Wait> &param) { return std::string(param.param.name); });

TEST(VtdAcks, OneShotsAreTheBitsThatDriversMaskOut)
{
    uint64_t one_shots = 0;

    for (size_t i = 0; i < vtd_n_acks; i++) {
        if (strcmp(vtd_acks[i].command, "GCMD") == 0 && vtd_acks[i].kind != VTD_ACK_LEVEL)
            one_shots |= vtd_acks[i].command_mask;
    }
    EXPECT_EQ(~one_shots & 0xffffffff, 0x96ffffffu);
}

} // namespace
