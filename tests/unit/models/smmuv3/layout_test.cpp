// SPDX-License-Identifier: BSD-2-Clause
// The tables keep their own rules, and looking things up in them finds the right line.
#include <gtest/gtest.h>

#include <set>
#include <string>

#include "models/smmuv3/smmu_layout.h"

namespace
{

std::string layout_name(const testing::TestParamInfo<size_t> &info)
{
    return smmu_layouts[info.param]->name;
}

class SmmuLayout : public testing::TestWithParam<size_t>
{
};

TEST_P(SmmuLayout, KeepsTheRules)
{
    const char *culprit = nullptr;
    const char *wrong = hw_layout_check(smmu_layouts[GetParam()], &culprit);

    EXPECT_EQ(wrong, nullptr) << wrong << ": " << culprit;
}

TEST_P(SmmuLayout, FitsTheDecoder)
{
    EXPECT_LE(smmu_layouts[GetParam()]->n_fields, HW_MAX_ROWS);
}

TEST_P(SmmuLayout, EveryFieldHasADoc)
{
    const hw_layout *layout = smmu_layouts[GetParam()];

    EXPECT_STRNE(layout->title, "");
    EXPECT_STRNE(layout->section, "");
    for (size_t i = 0; i < layout->n_fields; i++)
        EXPECT_STRNE(layout->fields[i].doc, "") << layout->fields[i].name;
}

INSTANTIATE_TEST_SUITE_P(All, SmmuLayout, testing::Range<size_t>(0, smmu_n_layouts), layout_name);

TEST(SmmuLayouts, HaveNamesOfTheirOwn)
{
    std::set<std::string> names;

    for (size_t i = 0; i < smmu_n_layouts; i++)
        EXPECT_TRUE(names.insert(smmu_layouts[i]->name).second) << smmu_layouts[i]->name;
}

TEST(SmmuRegs, AscendAndDoNotOverlap)
{
    for (size_t i = 0; i + 1 < smmu_n_regs; i++)
        EXPECT_LE(smmu_regs[i].offset + smmu_regs[i].n_bytes, smmu_regs[i + 1].offset)
            << smmu_regs[i].name;
}

TEST(SmmuRegs, AreAlignedAndAsWideAsTheirLayout)
{
    for (size_t i = 0; i < smmu_n_regs; i++) {
        EXPECT_EQ(smmu_regs[i].offset % smmu_regs[i].n_bytes, 0u) << smmu_regs[i].name;
        EXPECT_EQ(smmu_regs[i].layout->n_bits, smmu_regs[i].n_bytes * 8) << smmu_regs[i].name;
    }
}

TEST(SmmuRegs, WritableAndResetBitsBelongToFields)
{
    for (size_t i = 0; i < smmu_n_regs; i++) {
        const hw_reg &reg = smmu_regs[i];
        uint64_t known = 0;

        hw_used(reg.layout->fields, reg.layout->n_fields, UINT32_MAX, &known);
        EXPECT_EQ(reg.writable & ~known, 0u) << reg.name;
        EXPECT_EQ(reg.reset & ~known, 0u) << reg.name;
        if (reg.access == HW_RW) {
            EXPECT_EQ(reg.writable, known) << reg.name;
        }
    }
}

struct PlaceCase {
    const char *name;
    uint64_t offset;
    const char *reg; // nullptr: nothing there
};

class SmmuRegAt : public testing::TestWithParam<PlaceCase>
{
};

TEST_P(SmmuRegAt, FindsByOffset)
{
    const PlaceCase &c = GetParam();
    const hw_reg *reg = smmu_reg_at(c.offset);

    if (c.reg) {
        ASSERT_NE(reg, nullptr);
        EXPECT_STREQ(reg->name, c.reg);
        EXPECT_EQ(smmu_reg_find(c.reg), reg);
    } else {
        EXPECT_EQ(reg, nullptr);
    }
}

const PlaceCase place_cases[] = {
    {"idr0", 0x000, "IDR0"},
    {"idr1", 0x004, "IDR1"},
    {"idr2", 0x008, "IDR2"},
    {"idr3", 0x00c, "IDR3"},
    {"idr4", 0x010, "IDR4"},
    {"idr5", 0x014, "IDR5"},
    {"iidr", 0x018, "IIDR"},
    {"aidr", 0x01c, "AIDR"},
    {"cr0", 0x020, "CR0"},
    {"cr0ack", 0x024, "CR0ACK"},
    {"cr1", 0x028, "CR1"},
    {"cr2", 0x02c, "CR2"},
    {"s2pii", 0x030, "S2PII"},
    {"hole_038", 0x038, nullptr},
    {"statusr", 0x040, "STATUSR"},
    {"gbpa", 0x044, "GBPA"},
    {"agbpa", 0x048, "AGBPA"},
    {"irq_ctrl", 0x050, "IRQ_CTRL"},
    {"irq_ctrlack", 0x054, "IRQ_CTRLACK"},
    {"gerror", 0x060, "GERROR"},
    {"gerrorn", 0x064, "GERRORN"},
    {"gerror_irq_cfg0", 0x068, "GERROR_IRQ_CFG0"},
    {"gerror_irq_cfg0_high", 0x06c, "GERROR_IRQ_CFG0"},
    {"gerror_irq_cfg1", 0x070, "GERROR_IRQ_CFG1"},
    {"gerror_irq_cfg2", 0x074, "GERROR_IRQ_CFG2"},
    {"strtab_base", 0x080, "STRTAB_BASE"},
    {"strtab_base_high", 0x084, "STRTAB_BASE"},
    {"strtab_base_cfg", 0x088, "STRTAB_BASE_CFG"},
    {"cmdq_base", 0x090, "CMDQ_BASE"},
    {"cmdq_base_high", 0x094, "CMDQ_BASE"},
    {"cmdq_prod", 0x098, "CMDQ_PROD"},
    {"cmdq_cons", 0x09c, "CMDQ_CONS"},
    {"eventq_base", 0x0a0, "EVENTQ_BASE"},
    {"eventq_prod_page0", 0x0a8, nullptr},
    {"eventq_irq_cfg0", 0x0b0, "EVENTQ_IRQ_CFG0"},
    {"eventq_irq_cfg1", 0x0b8, "EVENTQ_IRQ_CFG1"},
    {"eventq_irq_cfg2", 0x0bc, "EVENTQ_IRQ_CFG2"},
    {"priq_base", 0x0c0, "PRIQ_BASE"},
    {"priq_irq_cfg0", 0x0d0, "PRIQ_IRQ_CFG0"},
    {"priq_irq_cfg1", 0x0d8, "PRIQ_IRQ_CFG1"},
    {"priq_irq_cfg2", 0x0dc, "PRIQ_IRQ_CFG2"},
    {"gatos_ctrl", 0x100, "GATOS_CTRL"},
    {"gatos_sid", 0x108, "GATOS_SID"},
    {"gatos_addr", 0x110, "GATOS_ADDR"},
    {"gatos_par", 0x118, "GATOS_PAR"},
    {"mpamidr", 0x130, "MPAMIDR"},
    {"gmpam", 0x138, "GMPAM"},
    {"gbpmpam", 0x13c, "GBPMPAM"},
    {"vatos_sel", 0x180, "VATOS_SEL"},
    {"idr6", 0x190, "IDR6"},
    {"dpt_base", 0x200, "DPT_BASE"},
    {"dpt_base_cfg", 0x208, "DPT_BASE_CFG"},
    {"dpt_cfg_far", 0x210, "DPT_CFG_FAR"},
    {"impdef", 0xe00, nullptr},
    {"control_page_0", 0x4000, "CMDQ_CONTROL_PAGE_BASE"},
    {"control_page_1_high", 0x4024, "CMDQ_CONTROL_PAGE_BASE"},
    {"control_page_1_cfg", 0x4028, "CMDQ_CONTROL_PAGE_CFG"},
    {"control_page_255_status", 0x5fec, "CMDQ_CONTROL_PAGE_STATUS"},
    {"control_page_gap", 0x4010, nullptr},
    {"control_page_256", 0x6000, nullptr},
    {"secure_idr0", 0x8000, nullptr},
    {"page1_start", 0x10000, nullptr},
    {"eventq_prod", 0x100a8, "EVENTQ_PROD"},
    {"eventq_cons", 0x100ac, "EVENTQ_CONS"},
    {"priq_prod", 0x100c8, "PRIQ_PROD"},
    {"priq_cons", 0x100cc, "PRIQ_CONS"},
    {"beyond_32_bits", 0x100000020, nullptr},
};
INSTANTIATE_TEST_SUITE_P(Places, SmmuRegAt, testing::ValuesIn(place_cases),
                         [](const auto &info) { return std::string(info.param.name); });

TEST(SmmuRegFind, KnowsNoOtherName)
{
    EXPECT_EQ(smmu_reg_find("CR3"), nullptr);
}

struct CodeCase {
    const char *name;
    uint64_t code;
    int enumerator;
};

class SmmuCommandCode : public testing::TestWithParam<CodeCase>
{
};

TEST_P(SmmuCommandCode, NamesTheOpcode)
{
    EXPECT_EQ(static_cast<uint64_t>(GetParam().enumerator), GetParam().code);
    EXPECT_STREQ(smmu_cmd_name(GetParam().code), GetParam().name);
    EXPECT_EQ(smmu_cmd_layout(GetParam().code)->n_bits, 128);
}

const CodeCase command_cases[] = {
    {"PREFETCH_CONFIG", 0x01, SMMU_CMD_PREFETCH_CONFIG},
    {"PREFETCH_ADDR", 0x02, SMMU_CMD_PREFETCH_ADDR},
    {"CFGI_STE", 0x03, SMMU_CMD_CFGI_STE},
    {"CFGI_STE_RANGE", 0x04, SMMU_CMD_CFGI_STE_RANGE},
    {"CFGI_CD", 0x05, SMMU_CMD_CFGI_CD},
    {"CFGI_CD_ALL", 0x06, SMMU_CMD_CFGI_CD_ALL},
    {"CFGI_VMS_PIDM", 0x07, SMMU_CMD_CFGI_VMS_PIDM},
    {"TLBI_NH_ALL", 0x10, SMMU_CMD_TLBI_NH_ALL},
    {"TLBI_NH_ASID", 0x11, SMMU_CMD_TLBI_NH_ASID},
    {"TLBI_NH_VA", 0x12, SMMU_CMD_TLBI_NH_VA},
    {"TLBI_NH_VAA", 0x13, SMMU_CMD_TLBI_NH_VAA},
    {"TLBI_EL3_ALL", 0x18, SMMU_CMD_TLBI_EL3_ALL},
    {"TLBI_EL3_VA", 0x1a, SMMU_CMD_TLBI_EL3_VA},
    {"TLBI_EL2_ALL", 0x20, SMMU_CMD_TLBI_EL2_ALL},
    {"TLBI_EL2_ASID", 0x21, SMMU_CMD_TLBI_EL2_ASID},
    {"TLBI_EL2_VA", 0x22, SMMU_CMD_TLBI_EL2_VA},
    {"TLBI_EL2_VAA", 0x23, SMMU_CMD_TLBI_EL2_VAA},
    {"TLBI_S12_VMALL", 0x28, SMMU_CMD_TLBI_S12_VMALL},
    {"TLBI_S2_IPA", 0x2a, SMMU_CMD_TLBI_S2_IPA},
    {"TLBI_NSNH_ALL", 0x30, SMMU_CMD_TLBI_NSNH_ALL},
    {"ATC_INV", 0x40, SMMU_CMD_ATC_INV},
    {"PRI_RESP", 0x41, SMMU_CMD_PRI_RESP},
    {"RESUME", 0x44, SMMU_CMD_RESUME},
    {"STALL_TERM", 0x45, SMMU_CMD_STALL_TERM},
    {"CMD_SYNC", 0x46, SMMU_CMD_SYNC},
    {"TLBI_S_EL2_ALL", 0x50, SMMU_CMD_TLBI_S_EL2_ALL},
    {"TLBI_S_EL2_ASID", 0x51, SMMU_CMD_TLBI_S_EL2_ASID},
    {"TLBI_S_EL2_VA", 0x52, SMMU_CMD_TLBI_S_EL2_VA},
    {"TLBI_S_EL2_VAA", 0x53, SMMU_CMD_TLBI_S_EL2_VAA},
    {"TLBI_S_S12_VMALL", 0x58, SMMU_CMD_TLBI_S_S12_VMALL},
    {"TLBI_S_S2_IPA", 0x5a, SMMU_CMD_TLBI_S_S2_IPA},
    {"TLBI_SNH_ALL", 0x60, SMMU_CMD_TLBI_SNH_ALL},
    {"DPTI_ALL", 0x70, SMMU_CMD_DPTI_ALL},
    {"DPTI_PA", 0x73, SMMU_CMD_DPTI_PA},
};
INSTANTIATE_TEST_SUITE_P(Commands, SmmuCommandCode, testing::ValuesIn(command_cases),
                         [](const auto &info) { return std::string(info.param.name); });

class SmmuEventCode : public testing::TestWithParam<CodeCase>
{
};

TEST_P(SmmuEventCode, NamesTheNumber)
{
    EXPECT_EQ(static_cast<uint64_t>(GetParam().enumerator), GetParam().code);
    EXPECT_STREQ(smmu_evt_name(GetParam().code), GetParam().name);
    EXPECT_EQ(smmu_evt_layout(GetParam().code)->n_bits, 256);
}

const CodeCase event_cases[] = {
    {"F_UUT", 0x01, SMMU_EVT_F_UUT},
    {"C_BAD_STREAMID", 0x02, SMMU_EVT_C_BAD_STREAMID},
    {"F_STE_FETCH", 0x03, SMMU_EVT_F_STE_FETCH},
    {"C_BAD_STE", 0x04, SMMU_EVT_C_BAD_STE},
    {"F_BAD_ATS_TREQ", 0x05, SMMU_EVT_F_BAD_ATS_TREQ},
    {"F_STREAM_DISABLED", 0x06, SMMU_EVT_F_STREAM_DISABLED},
    {"F_TRANSL_FORBIDDEN", 0x07, SMMU_EVT_F_TRANSL_FORBIDDEN},
    {"C_BAD_SUBSTREAMID", 0x08, SMMU_EVT_C_BAD_SUBSTREAMID},
    {"F_CD_FETCH", 0x09, SMMU_EVT_F_CD_FETCH},
    {"C_BAD_CD", 0x0a, SMMU_EVT_C_BAD_CD},
    {"F_WALK_EABT", 0x0b, SMMU_EVT_F_WALK_EABT},
    {"F_TRANSLATION", 0x10, SMMU_EVT_F_TRANSLATION},
    {"F_ADDR_SIZE", 0x11, SMMU_EVT_F_ADDR_SIZE},
    {"F_ACCESS", 0x12, SMMU_EVT_F_ACCESS},
    {"F_PERMISSION", 0x13, SMMU_EVT_F_PERMISSION},
    {"F_TLB_CONFLICT", 0x20, SMMU_EVT_F_TLB_CONFLICT},
    {"F_CFG_CONFLICT", 0x21, SMMU_EVT_F_CFG_CONFLICT},
    {"E_PAGE_REQUEST", 0x24, SMMU_EVT_E_PAGE_REQUEST},
    {"F_VMS_FETCH", 0x25, SMMU_EVT_F_VMS_FETCH},
};
INSTANTIATE_TEST_SUITE_P(Events, SmmuEventCode, testing::ValuesIn(event_cases),
                         [](const auto &info) { return std::string(info.param.name); });

TEST(SmmuCodes, EveryCodeIsALineOnce)
{
    std::set<std::string> commands, events;

    for (unsigned code = 0; code <= 0xff; code++) {
        if (smmu_cmd_layout(code) != &smmu_layout_UNKNOWN_CMD &&
            smmu_cmd_layout(code) != &smmu_layout_IMPDEF_CMD) {
            EXPECT_TRUE(commands.insert(smmu_cmd_name(code)).second) << code;
        }
        if (smmu_evt_layout(code) != &smmu_layout_UNKNOWN_EVT &&
            smmu_evt_layout(code) != &smmu_layout_IMPDEF_EVT) {
            EXPECT_TRUE(events.insert(smmu_evt_name(code)).second) << code;
        }
    }
    EXPECT_EQ(commands.size(), std::size(command_cases));
    EXPECT_EQ(events.size(), std::size(event_cases));
}

TEST(SmmuCodes, ImplementationsHaveTheirs)
{
    EXPECT_EQ(smmu_cmd_layout(0x7f), &smmu_layout_UNKNOWN_CMD);
    EXPECT_EQ(smmu_cmd_layout(0x80), &smmu_layout_IMPDEF_CMD);
    EXPECT_EQ(smmu_cmd_layout(0x8f), &smmu_layout_IMPDEF_CMD);
    EXPECT_EQ(smmu_cmd_layout(0x90), &smmu_layout_UNKNOWN_CMD);
    EXPECT_EQ(smmu_evt_layout(0xdf), &smmu_layout_UNKNOWN_EVT);
    EXPECT_EQ(smmu_evt_layout(0xe0), &smmu_layout_IMPDEF_EVT);
    EXPECT_EQ(smmu_evt_layout(0xef), &smmu_layout_IMPDEF_EVT);
    EXPECT_EQ(smmu_evt_layout(0xf0), &smmu_layout_UNKNOWN_EVT);
}

TEST(SmmuCodes, OnlySecureAndEl3CommandsAreSecure)
{
    const std::set<unsigned> secure = {0x18, 0x1a, 0x50, 0x51, 0x52, 0x53, 0x58, 0x5a, 0x60};

    for (unsigned code = 0; code <= 0xff; code++)
        EXPECT_EQ(smmu_cmd_is_secure(code), secure.count(code) != 0) << code;
}

TEST(SmmuCodes, QueueErrorsAreNamed)
{
    EXPECT_EQ(SMMU_CMDQ_CONS_ERR_CERROR_NONE, 0);
    EXPECT_EQ(SMMU_CMDQ_CONS_ERR_CERROR_ILL, 1);
    EXPECT_EQ(SMMU_CMDQ_CONS_ERR_CERROR_ABT, 2);
    EXPECT_EQ(SMMU_CMDQ_CONS_ERR_CERROR_ATC_INV_SYNC, 3);
}

struct AckCase {
    const char *name;
    uint64_t written, polled;
    uint32_t mask;
    smmu_ack_kind kind;
};

class SmmuAck : public testing::TestWithParam<AckCase>
{
};

TEST_P(SmmuAck, SaysWhatToPoll)
{
    const smmu_ack *ack = smmu_ack_find(GetParam().written);

    ASSERT_NE(ack, nullptr);
    EXPECT_EQ(ack->polled, GetParam().polled);
    EXPECT_EQ(ack->mask, GetParam().mask);
    EXPECT_EQ(ack->kind, GetParam().kind);
}

// CR0: bits 0-4, 8:6, 10.
const AckCase ack_cases[] = {
    {"cr0", 0x020, 0x024, 0x5df, SMMU_ACK_FOLLOWS},
    {"irq_ctrl", 0x050, 0x054, 0x7, SMMU_ACK_FOLLOWS},
    {"gbpa", 0x044, 0x044, 0x80000000, SMMU_ACK_CLEARED},
    {"gmpam", 0x138, 0x138, 0x80000000, SMMU_ACK_CLEARED},
    {"gbpmpam", 0x13c, 0x13c, 0x80000000, SMMU_ACK_CLEARED},
    {"gatos_ctrl", 0x100, 0x100, 0x1, SMMU_ACK_CLEARED},
};
INSTANTIATE_TEST_SUITE_P(Pairs, SmmuAck, testing::ValuesIn(ack_cases),
                         [](const auto &info) { return std::string(info.param.name); });

TEST(SmmuAcks, OthersAreNotAcknowledged)
{
    EXPECT_EQ(smmu_n_acks, std::size(ack_cases));
    EXPECT_EQ(smmu_ack_find(0x028), nullptr);
    EXPECT_EQ(smmu_ack_find(0x098), nullptr);
}

TEST(SmmuDecoders, AreFoundByWord)
{
    const char *const words[] = {"l1std",  "ste", "l1cd", "cd", "pte_s1",
                                 "pte_s2", "cmd", "evt",  "pri"};

    EXPECT_EQ(smmu_n_decoders, std::size(words));
    for (const char *word : words) {
        ASSERT_NE(smmu_decoder_find(word), nullptr) << word;
        EXPECT_STREQ(smmu_decoder_find(word)->word, word);
    }
    EXPECT_EQ(smmu_decoder_find("STE"), nullptr);
}

} // namespace
