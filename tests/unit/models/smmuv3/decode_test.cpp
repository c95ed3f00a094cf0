// SPDX-License-Identifier: BSD-2-Clause
// What the decoder says of raw words: which layout, which meaning, which complaint.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "models/smmuv3/smmu_layout.h"

namespace
{

hw_decoded decode(const char *word, const std::vector<uint64_t> &words, const hw_hints &hints = {})
{
    uint64_t raw[HW_MAX_WORDS] = {};
    hw_decoded out;

    for (size_t i = 0; i < words.size(); i++)
        raw[i] = words[i];
    hw_decode(smmu_decoder_find(word), raw, &hints, &out);
    return out;
}

std::string meaning(const hw_decoded &out, const char *field)
{
    for (size_t i = 0; i < out.n_rows; i++) {
        if (std::string(out.rows[i].field->name) == field)
            return out.rows[i].meaning;
    }
    return "no such field";
}

std::string complaints(const hw_decoded &out)
{
    std::string all;

    for (size_t i = 0; i < out.n_complaints; i++)
        all += std::string(out.complaints[i]) + "\n";
    return all;
}

// --- meanings

struct Meaning {
    const char *name, *word;
    std::vector<uint64_t> words;
    const char *field, *part; // part of the meaning
};

void PrintTo(const Meaning &c, std::ostream *os)
{
    *os << c.name;
}

class SmmuMeaning : public testing::TestWithParam<Meaning>
{
};

TEST_P(SmmuMeaning, IsSaidInWords)
{
    const Meaning &c = GetParam();
    const std::string text = meaning(decode(c.word, c.words), c.field);

    EXPECT_NE(text.find(c.part), std::string::npos) << text;
}

const Meaning meanings[] = {
    {"span_9", "l1std", {0x40f20009}, "Span", "256 STEs"},
    {"span_1", "l1std", {0x40f20001}, "Span", "1 STEs"},
    {"span_4", "l1std", {0x40f20004}, "Span", "8 STEs"},
    {"span_11", "l1std", {0x4000000b}, "Span", "1024 STEs"},
    {"span_0", "l1std", {0x0}, "Span", "no table"},
    {"span_12", "l1std", {0x4000000c}, "Span", "no table"},
    {"cds_1", "ste", {0x40f0a00b, 0xd6}, "S1CDMax", "one CD"},
    {"cds_1024", "ste", {0x5000000040f0a00b, 0xd6}, "S1CDMax", "1024 CDs"},
    {"dss_without_substreams", "ste", {0x40f0a00b, 0xd6}, "S1DSS", "no effect"},
    {"s2_input", "ste", {0xd, 0, 0x0008001900000000}, "S2T0SZ", "39 input bits"},
    {"s2_level_4k_0", "ste", {0xd, 0, 0x0}, "S2SL0", "level 2"},
    {"s2_level_4k_2", "ste", {0xd, 0, 0x0000008000000000}, "S2SL0", "level 0"},
    {"s2_level_4k_3", "ste", {0xd, 0, 0x000000c000000000}, "S2SL0", "level 3"},
    {"s2_level_64k_1", "ste", {0xd, 0, 0x0000404000000000}, "S2SL0", "level 2"},
    {"s2_level_16k_0", "ste", {0xd, 0, 0x0000800000000000}, "S2SL0", "level 3"},
    {"s2_ps_44", "ste", {0xd, 0, 0x0004000000000000}, "S2PS", "44 bits"},
    {"alloc_incoming", "ste", {0x9}, "ALLOCCFG", "incoming"},
    {"alloc_rw", "ste", {0x9, 0x000001c000000000}, "ALLOCCFG", "read-allocate 1, write-allocate 1"},
    {"cd_input", "cd", {0x2e204c0003510}, "T0SZ", "48 input bits"},
    {"cd_granule", "cd", {0x2e204c0003510}, "TG0", "4 KiB"},
    {"cd_ips", "cd", {0x2e204c0003510}, "IPS", "44 bits"},
    {"cd_mair",
     "cd",
     {0x80000000, 0, 0, 0xfffffffff404ff44},
     "MAIR0",
     "Normal-NC, Normal-WB, Device-nGnRE, Normal-oWB-iNC"},
    {"range_31_pages", "cmd", {0x000100000001e012, 0x1000701}, "TG", "126976 bytes"},
    {"range_480_pages", "cmd", {0x000100000050e012, 0x101f701}, "TG", "1966080 bytes"},
    {"range_512_pages", "cmd", {0x000000070090002a, 0x1000701}, "TG", "2097152 bytes"},
    {"range_none", "cmd", {0x12, 0x1000001}, "TG", "one address"},
    {"ttl_2m", "cmd", {0x0003000000000022, 0x1000601}, "TTL", "leaves of 2 MiB"},
    {"ttl_64k_level_2", "cmd", {0x22, 0x20000e01}, "TTL", "leaves of 512 MiB"},
    {"atc_all", "cmd", {0x0000001800000040, 0x34}, "Size", "every address"},
    {"atc_32k", "cmd", {0x0000001800000040, 0x1000003}, "Size", "32 KiB"},
    {"ste_range_all", "cmd", {0x4, 0x1f}, "Range", "CFGI_ALL"},
    {"ste_range_256", "cmd", {0x4, 0x7}, "Range", "256 StreamIDs"},
    {"sync_signal", "cmd", {0x0fc02046}, "CS", "wake-up"},
    {"sync_type", "cmd", {0x0fc02046}, "MSIAttr", "Normal, outer WB, inner WB"},
    {"opcode", "cmd", {0x30}, "op", "TLBI_NSNH_ALL"},
    {"event", "evt", {0x10}, "number", "F_TRANSLATION"},
    {"event_class", "evt", {0x10, 0x0000020000000000}, "CLASS", "input address"},
    {"stop_marker", "pri", {0xc000000500000018}, "Last", "stop marker"},
};
INSTANTIATE_TEST_SUITE_P(Fields, SmmuMeaning, testing::ValuesIn(meanings),
                         [](const auto &info) { return std::string(info.param.name); });

struct RegMeaning {
    const char *name, *reg;
    uint64_t value;
    const char *field, *part;
};

class SmmuRegMeaning : public testing::TestWithParam<RegMeaning>
{
};

TEST_P(SmmuRegMeaning, IsSaidInWords)
{
    const RegMeaning &c = GetParam();
    hw_decoded out;

    smmu_decode_reg(smmu_reg_find(c.reg), c.value, &out);
    EXPECT_NE(meaning(out, c.field).find(c.part), std::string::npos) << meaning(out, c.field);
}

const RegMeaning reg_meanings[] = {
    {"cmdq_size", "CMDQ_BASE", 0x4000000041400012, "LOG2SIZE", "262144 entries, 4194304 bytes"},
    {"eventq_size", "EVENTQ_BASE", 0x4000000042000011, "LOG2SIZE", "131072 entries, 4194304 bytes"},
    {"strtab_size", "STRTAB_BASE_CFG", 0x10210, "LOG2SIZE", "below 0x10000"},
    {"strtab_split", "STRTAB_BASE_CFG", 0x10210, "SPLIT", "256 STEs"},
    {"strtab_split_odd", "STRTAB_BASE_CFG", 0x101d0, "SPLIT", "64 STEs"},
    {"idr1_cmdqs", "IDR1", 0x02730010, "CMDQS", "524288 entries"},
    {"idr1_sids", "IDR1", 0x02730010, "SIDSIZE", "below 0x10000"},
    {"idr0_ttf", "IDR0", 0x0d40101a, "TTF", "VMSAv8-64 only"},
    {"idr0_endian", "IDR0", 0x0d40101a, "TTENDIAN", "little-endian only"},
    {"idr0_stall", "IDR0", 0x0d40101a, "STALL_MODEL", "terminate only"},
    {"idr3_bbml", "IDR3", 0x1404, "BBML", "freely"},
    {"idr5_oas", "IDR5", 0x74, "OAS", "44 bits"},
    {"iidr_arm", "IIDR", 0x4831043b, "Implementer", "Arm"},
    {"iidr_product", "IIDR", 0x4831043b, "ProductID", "MMU-600"},
    {"aidr", "AIDR", 0x2, "ArchMinorRev", "SMMUv3.2"},
    {"cmdq_error", "CMDQ_CONS", 0x01000002, "ERR", "illegal command"},
    {"par_fault", "GATOS_PAR", 0x101, "FAULTCODE", "F_TRANSLATION"},
};
INSTANTIATE_TEST_SUITE_P(Registers, SmmuRegMeaning, testing::ValuesIn(reg_meanings),
                         [](const auto &info) { return std::string(info.param.name); });

// --- complaints

struct Complaint {
    const char *name, *word;
    std::vector<uint64_t> words;
    const char *part; // of a complaint; "" = none at all
};

void PrintTo(const Complaint &c, std::ostream *os)
{
    *os << c.name;
}

class SmmuComplaint : public testing::TestWithParam<Complaint>
{
};

TEST_P(SmmuComplaint, NamesTheRule)
{
    const Complaint &c = GetParam();
    const std::string all = complaints(decode(c.word, c.words));

    if (std::string(c.part).empty())
        EXPECT_EQ(all, "");
    else
        EXPECT_NE(all.find(c.part), std::string::npos) << all;
}

// 0x000c3559...: legal stage 2: 4 KiB, S2SL0=1, S2T0SZ=25, WB, ISH, 44 bits, AA64, VMID 1.
const Complaint complaint_cases[] = {
    {"l1std_good", "l1std", {0x40f20009}, ""},
    {"l1std_span_0", "l1std", {0x0}, "C_BAD_STREAMID (S05)"},
    {"l1std_span_12", "l1std", {0x4000000c}, "C_BAD_STREAMID (S05)"},
    {"l1std_unaligned", "l1std", {0x40f20049}, "not aligned"},
    {"l1std_reserved", "l1std", {0x40f20029}, "reserved bits set: 0x20"},
    {"ste_invalid", "ste", {0x0}, "C_BAD_STE (E01)"},
    {"ste_abort", "ste", {0x1}, ""},
    {"ste_abort_2", "ste", {0x5}, ""},
    {"ste_bypass", "ste", {0x9}, ""},
    {"ste_s1_linux", "ste", {0x40f0a00b, 0xd6}, ""},
    {"ste_s1_fmt_3", "ste", {0x40f0a03b, 0xd6}, "S1Fmt: value 3 is reserved"},
    {"ste_s1_strw_1", "ste", {0x40f0a00b, 0x400000d6}, "C_BAD_STE (E05)"},
    {"ste_s1_strw_3", "ste", {0x40f0a00b, 0xc00000d6}, "C_BAD_STE (E05)"},
    {"ste_s1_strw_2", "ste", {0x40f0a00b, 0x800000d6}, ""},
    {"ste_bypass_strw_3", "ste", {0x9, 0xc0000000}, ""},
    {"ste_nested_strw_1", "ste", {0x40f0a00f, 0x400000d6, 0x000c355900000001, 0x40fee000}, ""},
    {"ste_s1_eats_split", "ste", {0x40f0a00b, 0x200000d6}, "E04"},
    {"ste_nested_eats_split", "ste", {0x40f0a00f, 0x200000d6, 0x000c355900000001, 0x40fee000}, ""},
    {"ste_s2_eats_full_stall", "ste", {0xd, 0x10000000, 0x020c355900000001, 0x40fee000}, "E04"},
    {"ste_bypass_eats", "ste", {0x9, 0x20000000}, ""},
    {"ste_s2_good", "ste", {0xd, 0x0, 0x000c355900000001, 0x40fee000}, ""},
    {"ste_s2_tg_3", "ste", {0xd, 0x0, 0x000cf55900000001, 0x40fee000}, "C_BAD_STE (E12)"},
    {"ste_s2_ttb_high", "ste", {0xd, 0x0, 0x000c355900000001, 0x0000100000000000}, "(E13)"},
    {"ste_s2_ttb_49", "ste", {0xd, 0x0, 0x000e355900000001, 0x0001000000000000}, "(E13)"},
    {"ste_s2_t0sz_57", "ste", {0xd, 0x0, 0x000c357900000001, 0x40fee000}, "C_BAD_STE (E14)"},
    {"ste_s2_t0sz_15", "ste", {0xd, 0x0, 0x000c358f00000001, 0x40fee000}, "C_BAD_STE (E14)"},
    {"ste_s2_t0sz_48_64k", "ste", {0xd, 0x0, 0x000c753000000001, 0x40ff0000}, "C_BAD_STE (E14)"},
    {"ste_s2_sl0_0", "ste", {0xd, 0x0, 0x000c351900000001, 0x40fee000}, "C_BAD_STE (E15)"},
    {"ste_s2_sl0_2_t0sz_16", "ste", {0xd, 0x0, 0x000c359000000001, 0x40fee000}, ""},
    {"ste_s2_64k_sl0_3", "ste", {0xd, 0x0, 0x000c75e000000001, 0x40ff0000}, "C_BAD_STE (E15)"},
    {"ste_s2_lpae_fwb", "ste", {0xd, 0x02000000, 0x0004355900000001, 0x40fee000}, "E09"},
    {"ste_s2_lpae_ha", "ste", {0xd, 0x0, 0x0104355900000001, 0x40fee000}, "E11"},
    {"ste_s2_haft", "ste", {0xd, 0x0, 0x080c355900000001, 0x40fee000}, "E11"},
    {"ste_s2_unused_is_free", "ste", {0x40f0a00b, 0xd6, 0xc00000000000, 0x0}, ""},
    {"ste_shcfg_all_named", "ste", {0x9, 0x0000100000000000}, ""},
    {"l1cd_invalid", "l1cd", {0x0}, "C_BAD_SUBSTREAMID (C03)"},
    {"l1cd_good", "l1cd", {0x40f2b001}, ""},
    {"cd_invalid", "cd", {0x2e20440003510}, "C_BAD_CD (D01)"},
    {"cd_linux", "cd", {0x2e204c0003510, 0x40f69000, 0, 0xfffffffff404ff44}, ""},
    {"cd_released", "cd", {0x2e204c0007510, 0, 0, 0xfffffffff404ff44}, ""},
    {"cd_tg0_3", "cd", {0x2e204c00035d0, 0x40f69000}, "C_BAD_CD (D09): TG0"},
    {"cd_tg1_0", "cd", {0x2e20480103510, 0x40f69000}, "C_BAD_CD (D09): TG1"},
    {"cd_t0sz_11", "cd", {0x2e204c000350b, 0x40f69000}, "C_BAD_CD (D08): T0SZ=11"},
    {"cd_t0sz_15", "cd", {0x2e204c000350f, 0x40f69000}, "C_BAD_CD (D08): T0SZ=15"},
    {"cd_t0sz_49", "cd", {0x2e204c0003531, 0x40f69000}, "C_BAD_CD (D08): T0SZ=49"},
    {"cd_t0sz_12_64k", "cd", {0x2e204c000354c, 0x40f60000}, ""},
    {"cd_t0sz_48_64k", "cd", {0x2e204c0003570, 0x40f60000}, "C_BAD_CD (D08): T0SZ=48"},
    {"cd_t1sz_49", "cd", {0x2e20480b13510, 0x40f69000, 0x40f69000}, "C_BAD_CD (D08): T1SZ=49"},
    {"cd_ttb_high", "cd", {0x2e204c0003510, 0x0000100000000000}, "C_BAD_CD (D10): TTB0"},
    {"cd_ttb_49", "cd", {0x2e206c0003510, 0x0001000000000000}, "C_BAD_CD (D10): TTB0 above"},
    {"cd_haft", "cd", {0x2e204c0003510, 0x40f69008}, "C_BAD_CD (D06)"},
    {"cd_epd0_skips_rules", "cd", {0x2e204c00075ff, 0x0001000000000000}, ""},
    {"cmd_good", "cmd", {0x0000001800000003, 0x1}, ""},
    {"cmd_sync_linux", "cmd", {0x0fc02046}, ""},
    {"cmd_ssec", "cmd", {0x0000001800000403, 0x1}, "CERROR_ILL: SSec=1"},
    {"cmd_unknown", "cmd", {0x00}, "CERROR_ILL: opcode 0x00"},
    {"cmd_unknown_29", "cmd", {0x29}, "CERROR_ILL: opcode 0x29"},
    {"cmd_impdef", "cmd", {0x80}, ""},
    {"cmd_el3", "cmd", {0x18}, "CERROR_ILL: TLBI_EL3_ALL"},
    {"cmd_secure", "cmd", {0x60}, "CERROR_ILL: TLBI_SNH_ALL"},
    {"cmd_sync_cs_3", "cmd", {0x0fc03046}, "CERROR_ILL: CS=3"},
    {"cmd_pri_resp_3", "cmd", {0x41, 0x3000}, "CERROR_ILL: Resp=3"},
    {"cmd_pri_resp_0", "cmd", {0x41, 0x0}, ""},
    {"cmd_range_empty", "cmd", {0x12, 0x1000401}, "CERROR_ILL (I05)"},
    {"cmd_range_one_ttl", "cmd", {0x12, 0x1000701}, ""},
    {"cmd_range_one_num", "cmd", {0x1012, 0x1000401}, ""},
    {"cmd_range_16k_ttl_1", "cmd", {0x12, 0x1000901}, "I05, if IDR5.DS=0"},
    {"cmd_no_tg_with_num", "cmd", {0x1012, 0x1000001}, "I01"},
    {"cmd_no_tg_with_ttl", "cmd", {0x12, 0x1000301}, "I01"},
    {"cmd_no_range", "cmd", {0x12, 0x1001001}, ""},
    {"cmd_ttl_2_unaligned", "cmd", {0x12, 0x1001601}, "I06"},
    {"cmd_ttl_1_unaligned", "cmd", {0x12, 0x20000501}, "I06"},
    {"cmd_16k_unaligned", "cmd", {0x1012, 0x1001801}, "I06"},
    {"cmd_64k_aligned", "cmd", {0x1012, 0x1010c01}, ""},
    {"evt_unknown", "evt", {0x0c}, "event number 0x0c"},
    {"evt_class_3", "evt", {0x10, 0x0000030000000000}, "CLASS: value 3 is reserved"},
    {"evt_good", "evt", {0x0000001800000010, 0x0000020800000000, 0x1000123}, ""},
    {"pri_x_without_pasid", "pri", {0x0800000000000018}, "without PASID"},
    {"pri_good", "pri", {0x7000000000000018, 0x1000003}, ""},
};
INSTANTIATE_TEST_SUITE_P(Rules, SmmuComplaint, testing::ValuesIn(complaint_cases),
                         [](const auto &info) { return std::string(info.param.name); });

// --- table descriptors

struct Descriptor {
    const char *name, *word;
    uint64_t value;
    uint8_t granule_log2;
    int level; // -1: unknown
    const char *layout;
    const char *oa;        // part of the meaning of OA; "" = no such field
    const char *complaint; // "" = none
};

void PrintTo(const Descriptor &c, std::ostream *os)
{
    *os << c.name;
}

class SmmuDescriptor : public testing::TestWithParam<Descriptor>
{
};

TEST_P(SmmuDescriptor, IsReadByGranuleAndLevel)
{
    const Descriptor &c = GetParam();
    const hw_hints hints = {c.granule_log2, static_cast<uint8_t>(c.level + 1), false};
    const hw_decoded out = decode(c.word, {c.value}, hints);

    EXPECT_STREQ(out.layout->name, c.layout);
    if (c.oa[0])
        EXPECT_NE(meaning(out, "OA").find(c.oa), std::string::npos) << meaning(out, "OA");
    else
        EXPECT_EQ(hw_field_find(out.layout, "OA"), nullptr);
    if (c.complaint[0])
        EXPECT_NE(complaints(out).find(c.complaint), std::string::npos) << complaints(out);
    else
        EXPECT_EQ(complaints(out), "");
}

const Descriptor descriptor_cases[] = {
    {"page_4k", "pte_s1", 0x60000008090e4b, 12, 3, "S1_PAGE_4K", "0x8090000, 4 KiB", ""},
    {"table_4k", "pte_s1", 0x40f0e003, 12, 1, "S1_TABLE_4K", "0x40f0e000", ""},
    {"page_memory", "pte_s1", 0x4060ff47, 12, 3, "S1_PAGE_4K", "0x4060f000, 4 KiB", ""},
    {"nothing_known_page", "pte_s1", 0x4060ff47, 0, -1, "S1_PAGE", "0x4060f000", ""},
    {"nothing_known_table", "pte_s1", 0x40f0e003, 0, -1, "S1_TABLE", "0x40f0e000", ""},
    {"nothing_known_block", "pte_s1", 0x40600f45, 0, -1, "S1_BLOCK", "size unknown", ""},
    {"level_unknown_page", "pte_s1", 0x4060cf47, 14, -1, "S1_PAGE_16K", "0x4060c000, 16 KiB", ""},
    {"block_1g", "pte_s1", 0x40000f45, 12, 1, "S1_BLOCK_4K_L1", "0x40000000, 1 GiB", ""},
    {"block_2m", "pte_s1", 0x40600f45, 12, 2, "S1_BLOCK_4K_L2", "0x40600000, 2 MiB", ""},
    {"block_2m_low_bits", "pte_s1", 0x40700f45, 12, 2, "S1_BLOCK_4K_L2", "2 MiB", "reserved bits"},
    {"block_32m", "pte_s1", 0x42000f45, 14, 2, "S1_BLOCK_16K_L2", "0x42000000, 32 MiB", ""},
    {"block_512m", "pte_s1", 0x60000f45, 16, 2, "S1_BLOCK_64K_L2", "0x60000000, 512 MiB", ""},
    {"block_16k_level_0", "pte_s1", 0x40000f45, 14, 0, "PTE_INVALID", "", "no block at level 0"},
    {"block_64k_level_0", "pte_s1", 0x40000f45, 16, 0, "PTE_INVALID", "", "no block at level 0"},
    {"page_16k", "pte_s1", 0x4060cf47, 14, 3, "S1_PAGE_16K", "0x4060c000, 16 KiB", ""},
    {"page_64k", "pte_s1", 0x0000123456780f47, 16, 3, "S1_PAGE_64K", "0x123456780000, 64 KiB", ""},
    {"page_64k_52_bits", "pte_s1", 0x0000123456785f47, 16, 3, "S1_PAGE_64K",
     "0x5123456780000, 64 KiB", ""},
    {"invalid", "pte_s1", 0x4060ff46, 12, 3, "PTE_INVALID", "", "F_TRANSLATION"},
    {"level_3_bit_1", "pte_s1", 0x4060ff45, 12, 3, "PTE_INVALID", "", "bit 1 is 0 at level 3"},
    {"access_flag", "pte_s1", 0x4060fb47, 12, 3, "S1_PAGE_4K", "0x4060f000", "F_ACCESS"},
    {"shareability_1", "pte_s1", 0x4060fd47, 12, 3, "S1_PAGE_4K", "0x4060f000",
     "SH: value 1 is reserved"},
    {"s2_page", "pte_s2", 0x00400000406007ff, 12, 3, "S2_PAGE_4K", "0x40600000, 4 KiB", ""},
    {"s2_table", "pte_s2", 0x40ff0003, 16, 1, "S2_TABLE_64K", "0x40ff0000", ""},
    {"s2_block", "pte_s2", 0x406007fd, 12, 2, "S2_BLOCK_4K_L2", "0x40600000, 2 MiB", ""},
    {"s2_table_attributes", "pte_s2", 0x8000000040ff0003, 16, 1, "S2_TABLE_64K", "0x40ff0000",
     "reserved bits"},
};
INSTANTIATE_TEST_SUITE_P(Descriptors, SmmuDescriptor, testing::ValuesIn(descriptor_cases),
                         [](const auto &info) { return std::string(info.param.name); });

// --- codings

struct Granule {
    const char *name;
    unsigned (*log2)(uint64_t);
    unsigned of_code[4];
};

class SmmuGranule : public testing::TestWithParam<Granule>
{
};

TEST_P(SmmuGranule, HasACodingOfItsOwn)
{
    for (unsigned code = 0; code < 4; code++)
        EXPECT_EQ(GetParam().log2(code), GetParam().of_code[code]) << code;
}

// Facts 10, row 6: all 16 combinations.
const Granule granules[] = {
    {"TG0", smmu_tg0_log2, {12, 16, 14, 0}},
    {"TG1", smmu_tg1_log2, {0, 14, 12, 16}},
    {"S2TG", smmu_s2tg_log2, {12, 16, 14, 0}},
    {"TLBI_TG", smmu_tlbi_tg_log2, {0, 12, 14, 16}},
};
INSTANTIATE_TEST_SUITE_P(Places, SmmuGranule, testing::ValuesIn(granules),
                         [](const auto &info) { return std::string(info.param.name); });

TEST(SmmuCoding, AddressSizes)
{
    const unsigned bits[] = {32, 36, 40, 42, 44, 48, 52, 56};

    for (unsigned code = 0; code < 8; code++)
        EXPECT_EQ(smmu_address_bits(code), bits[code]);
    EXPECT_EQ(smmu_address_bits(8), 0u);
}

TEST(SmmuCoding, SpanCountsStes)
{
    const unsigned stes[] = {0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024};

    for (unsigned span = 0; span < 12; span++)
        EXPECT_EQ(smmu_l1std_stes(span), stes[span]);
    for (unsigned span = 12; span < 32; span++)
        EXPECT_EQ(smmu_l1std_stes(span), 0u);
}

struct StartLevel {
    const char *name;
    uint64_t word2, word3;
    int level;
};

class SmmuStartLevel : public testing::TestWithParam<StartLevel>
{
};

TEST_P(SmmuStartLevel, DependsOnGranule)
{
    const uint64_t ste[HW_MAX_WORDS] = {0xd, 0, GetParam().word2, GetParam().word3};

    EXPECT_EQ(smmu_s2_start_level(ste), GetParam().level);
}

// S2SL0 at 39:38 of word 2, S2TG at 47:46 (0 4K, 1 64K, 2 16K); S2SL0_2 and S2DS in word 3.
const StartLevel start_levels[] = {
    {"4k_0", 0x0000000000000000, 0, 2},
    {"4k_1", 0x0000004000000000, 0, 1},
    {"4k_2", 0x0000008000000000, 0, 0},
    {"4k_3", 0x000000c000000000, 0, 3},
    {"64k_0", 0x0000400000000000, 0, 3},
    {"64k_1", 0x0000404000000000, 0, 2},
    {"64k_2", 0x0000408000000000, 0, 1},
    {"64k_3", 0x000040c000000000, 0, SMMU_NO_LEVEL},
    {"16k_0", 0x0000800000000000, 0, 3},
    {"16k_1", 0x0000804000000000, 0, 2},
    {"16k_2", 0x0000808000000000, 0, 1},
    {"16k_3", 0x000080c000000000, 0, 0},
    {"reserved", 0x0000c00000000000, 0, SMMU_NO_LEVEL},
    {"4k_ds_4", 0x0000000000000000, 0xc, -1},
    {"4k_third_bit_without_ds", 0x0000000000000000, 0x4, 2},
};
INSTANTIATE_TEST_SUITE_P(Codes, SmmuStartLevel, testing::ValuesIn(start_levels),
                         [](const auto &info) { return std::string(info.param.name); });

TEST(SmmuRange, OnlyOfInvalidationsByAddress)
{
    const uint64_t by_va[2] = {0x0000000000f1f012, 0x1000c00}; // NUM 31, SCALE 15, TG 3
    const uint64_t by_asid[2] = {0x0000000000f1f011, 0x1000c00};
    const uint64_t no_tg[2] = {0x12, 0x1000001};
    const uint64_t huge[2] = {0x0000000003f1f012, 0x0000c00}; // SCALE 63
    uint64_t n_bytes = 0;

    EXPECT_TRUE(smmu_tlbi_range(by_va, &n_bytes));
    EXPECT_EQ(n_bytes, 0x1000000000u); // 32 * 2^15 * 2^16 = 2^36
    EXPECT_FALSE(smmu_tlbi_range(by_asid, &n_bytes));
    EXPECT_FALSE(smmu_tlbi_range(no_tg, &n_bytes));
    EXPECT_TRUE(smmu_tlbi_range(huge, &n_bytes));
    EXPECT_EQ(n_bytes, UINT64_MAX);
}

} // namespace
