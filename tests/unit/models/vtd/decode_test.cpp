// SPDX-License-Identifier: BSD-2-Clause
// What the decoder says: layouts chosen, names, meanings, complaints with their fault codes.
#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <vector>

#include "models/vtd/vtd_layout.h"

namespace
{

const hw_hints scalable = {0, 0, false};
const hw_hints legacy = {0, 0, true};

void decode(const char *word, const std::vector<uint64_t> &given, const hw_hints &hints,
            hw_decoded *out)
{
    const hw_decoder *decoder = vtd_decoder_find(word);
    uint64_t words[HW_MAX_WORDS] = {0};

    ASSERT_NE(decoder, nullptr) << word;
    for (size_t i = 0; i < given.size(); i++)
        words[i] = given[i];
    hw_decode(decoder, words, &hints, out);
}

const hw_row *find_row(const hw_decoded &decoded, const char *field)
{
    for (size_t i = 0; i < decoded.n_rows; i++) {
        if (strcmp(decoded.rows[i].field->name, field) == 0)
            return &decoded.rows[i];
    }
    return nullptr;
}

TEST(VtdDecoders, AreTheElevenWords)
{
    std::string words;

    for (size_t i = 0; i < vtd_n_decoders; i++)
        words += std::string(vtd_decoders[i].word) + " ";
    EXPECT_EQ(words, "root ctx pasid_dir pasid pte_fs pte_ss qi frcd prq irte fault ");
    EXPECT_EQ(vtd_decoder_find("ste"), nullptr);
}

struct Select {
    const char *name, *word;
    uint64_t word0;
    hw_hints hints;
    const char *layout;
};

class VtdSelect : public testing::TestWithParam<Select>
{
};

TEST_P(VtdSelect, FindsTheLayout)
{
    const Select &c = GetParam();
    const uint64_t words[HW_MAX_WORDS] = {c.word0};

    EXPECT_STREQ(vtd_decoder_find(c.word)->select(words, &c.hints)->name, c.layout);
}

INSTANTIATE_TEST_SUITE_P(
    Words, VtdSelect,
    testing::Values(Select{"root", "root", 1, scalable, "ROOT"},
                    Select{"root_legacy", "root", 1, legacy, "ROOT_LEGACY"},
                    Select{"ctx", "ctx", 1, scalable, "CTX"},
                    Select{"ctx_legacy", "ctx", 1, legacy, "CTX_LEGACY"},
                    Select{"irte", "irte", 0x300009, scalable, "IRTE"},
                    Select{"irte_posted", "irte", 0x318001, scalable, "IRTE_POSTED"},
                    Select{"qi_wait", "qi", 0x25, scalable, "WAIT"},
                    Select{"qi_unknown", "qi", 0xf, scalable, "UNKNOWN"}),
    [](const testing::TestParamInfo<Select> &param) { return std::string(param.param.name); });

struct Name {
    const char *name;
    uint64_t words[2];
    const char *full;
};

class VtdQiName : public testing::TestWithParam<Name>
{
};

TEST_P(VtdQiName, TellsTypeAndGranularity)
{
    char buf[40];

    EXPECT_STREQ(vtd_qi_name(GetParam().words, buf, sizeof(buf)), GetParam().full);
}

INSTANTIATE_TEST_SUITE_P(
    Descriptors, VtdQiName,
    testing::Values(Name{"cc_global", {0x11, 0}, "CC_INV.global"},
                    Name{"cc_domain", {0x50021, 0}, "CC_INV.domain"},
                    Name{"cc_device", {0x3a1000050031, 0}, "CC_INV.device"},
                    Name{"cc_reserved", {0x01, 0}, "CC_INV.G0"},
                    Name{"iotlb_global", {0xd2, 0}, "IOTLB_INV.global"},
                    Name{"iotlb_domain", {0x400e2, 0}, "IOTLB_INV.domain"},
                    Name{"iotlb_page", {0x500f2, 0}, "IOTLB_INV.page"},
                    Name{"devtlb", {0x3, 0}, "DEVTLB_INV"},
                    Name{"iec_global", {0x4, 0}, "IEC_INV.global"},
                    Name{"iec_index", {0x14, 0}, "IEC_INV.index"}, Name{"wait", {0x25, 0}, "WAIT"},
                    Name{"piotlb_pasid", {0x26, 0}, "PIOTLB_INV.pasid"},
                    Name{"piotlb_page", {0x36, 0}, "PIOTLB_INV.page"},
                    Name{"piotlb_reserved", {0x16, 0}, "PIOTLB_INV.G1"},
                    Name{"pc_domain", {0x07, 0}, "PC_INV.domain"},
                    Name{"pc_pasid", {0x17, 0}, "PC_INV.pasid"},
                    Name{"pc_global", {0x37, 0}, "PC_INV.global"},
                    Name{"pdevtlb_pasid", {0x8, 0x1000}, "PDEVTLB_INV.pasid"},
                    Name{"pdevtlb_all", {0x8, 0x1}, "PDEVTLB_INV.all_pasids"},
                    Name{"pgrp", {0x19, 0}, "PGRP_RESP"}, Name{"hpt", {0xa, 0}, "HPT_INV"},
                    Name{"unknown", {0xe, 0}, "UNKNOWN"}),
    [](const testing::TestParamInfo<Name> &param) { return std::string(param.param.name); });

TEST(VtdQiName, KeepsToTheBuffer)
{
    const uint64_t words[2] = {0xd2, 0};
    char buf[6];

    EXPECT_STREQ(vtd_qi_name(words, buf, sizeof(buf)), "IOTLB");
}

struct Range {
    const char *name;
    uint64_t words[2];
    bool is_legal;
    uint64_t base;
    unsigned n_log2;
};

class VtdDevtlbRange : public testing::TestWithParam<Range>
{
};

TEST_P(VtdDevtlbRange, ReadsTheCodedSize)
{
    const Range &c = GetParam();
    uint64_t base = 0xdead;
    unsigned n_log2 = 99;

    ASSERT_EQ(vtd_devtlb_range(c.words, &base, &n_log2), c.is_legal);
    EXPECT_EQ(base, c.is_legal ? c.base : 0xdead);
    EXPECT_EQ(n_log2, c.is_legal ? c.n_log2 : 99u);
}

INSTANTIATE_TEST_SUITE_P(
    Facts4, VtdDevtlbRange,
    testing::Values(Range{"one_page", {0x3, 0x43000}, true, 0x43000, 0},
                    Range{"two_pages", {0x3, 0x40001}, true, 0x40000, 1},
                    Range{"eight_pages", {0x3, 0x43001}, true, 0x40000, 3},
                    Range{"two_mib", {0x3, 0x400ff001}, true, 0x40000000, 9},
                    Range{"half_space", {0x3, 0xbffffffffffff001}, true, 1ull << 63, 51},
                    Range{"all", {0x3, 0x7ffffffffffff001}, true, 0, 52},
                    Range{"no_size", {0x3, 0xfffffffffffff001}, false, 0, 0},
                    Range{"pasid_all", {0x8, 0x7ffffffffffff800}, true, 0, 52},
                    Range{"pasid_one_page", {0x8, 0x43001}, true, 0x43000, 0},
                    Range{"pasid_eight_pages", {0x8, 0x43800}, true, 0x40000, 3}),
    [](const testing::TestParamInfo<Range> &param) { return std::string(param.param.name); });

struct Meaning {
    const char *name, *word;
    std::vector<uint64_t> words;
    hw_hints hints;
    const char *field, *encoding, *text;
};

void PrintTo(const Meaning &c, std::ostream *out)
{
    *out << c.name;
}

class VtdMeaning : public testing::TestWithParam<Meaning>
{
};

TEST_P(VtdMeaning, IsTold)
{
    const Meaning &c = GetParam();
    hw_decoded decoded;
    const hw_row *row;

    ASSERT_NO_FATAL_FAILURE(decode(c.word, c.words, c.hints, &decoded));
    row = find_row(decoded, c.field);
    ASSERT_NE(row, nullptr);
    EXPECT_STREQ(row->encoding, c.encoding);
    EXPECT_NE(std::string(row->meaning).find(c.text), std::string::npos) << row->meaning;
}

const Meaning meanings[] = {
    {"pdts_7",
     "ctx",
     {0x200000e1d},
     scalable,
     "PDTS",
     nullptr,
     "16384 directory entries, PASIDs below 2^20"},
    {"pdts_2",
     "ctx",
     {0xf8b401},
     scalable,
     "PDTS",
     nullptr,
     "512 directory entries, PASIDs below 2^15"},
    {"legacy_aw", "ctx", {0xfea001, 0x501}, legacy, "AW", "39", "39 bits, 3 levels"},
    {"legacy_absent", "ctx", {0xfea000, 0x501}, legacy, "P", nullptr, "F_02h"},
    {"ctx_absent", "ctx", {0}, scalable, "P", nullptr, "F_41h"},
    {"root_absent", "root", {0xf83001, 0}, scalable, "UP", nullptr, "F_39h"},
    {"pasid_type", "pasid", {0x123456089, 0x800005}, scalable, "PGTT", "SS", "second stage only"},
    {"pasid_width", "pasid", {0x123456089, 0x800005}, scalable, "AW", "48", "48 bits, 4 levels"},
    {"faults_recorded", "pasid", {0x109, 1}, scalable, "FPD", nullptr, "not: suppress"},
    {"faults_not_recorded", "pasid", {0x10b, 1}, scalable, "FPD", nullptr, "suppress records"},
    {"legacy_faults_recorded", "ctx", {0x9, 0x102}, legacy, "FPD", nullptr, "not: suppress"},
    {"pasid_absent", "pasid", {0}, scalable, "P", nullptr, "F_59h"},
    {"pasid_pat",
     "pasid",
     {0x041, 0x0007040600000000},
     scalable,
     "PAT",
     nullptr,
     "WB UC WT UC UC- UC UC UC"},
    {"mask_9", "qi", {0x500f2, 0x7f000049}, scalable, "AM", nullptr, "512 pages of 4 KiB, 2 MiB"},
    {"mask_0", "qi", {0x500f2, 0x7f000040}, scalable, "AM", nullptr, "1 page of 4 KiB, 4 KiB"},
    {"mask_63", "qi", {0x36, 0x3f}, scalable, "AM", nullptr, "2^75 bytes"},
    {"devtlb_8",
     "qi",
     {0x3a103a1000080003, 0x43001},
     scalable,
     "ADDR",
     nullptr,
     "8 pages of 4 KiB (32 KiB) at 0x40000"},
    {"devtlb_all",
     "qi",
     {0x3a103a1000080003, 0x7ffffffffffff001},
     scalable,
     "ADDR",
     nullptr,
     "the whole address space"},
    {"pdevtlb_all",
     "qi",
     {0x3a1123453a100088, 0x7ffffffffffff800},
     scalable,
     "ADDR",
     nullptr,
     "the whole address space"},
    {"pfsid", "qi", {0x3a103a1000080003, 0}, scalable, "PFSID_HI", nullptr, "PFSID 0x3a10"},
    {"source_id", "qi", {0x3a1000050031, 0}, scalable, "SID", nullptr, "3a:02.0"},
    {"mip_0", "qi", {0x3, 0}, scalable, "MIP", nullptr, "; 32"},
    {"index_mask", "qi", {0x12310000014, 0}, scalable, "IM", nullptr, "4 interrupt entries"},
    {"granularity", "qi", {0xd2, 0}, scalable, "G", "global", "every entry"},
    {"record_reason",
     "frcd",
     {0xdead0000, 0xc123455980003a10},
     scalable,
     "FR",
     nullptr,
     "F_59h (SPT.2)"},
    {"record_read",
     "frcd",
     {0xdead0000, 0xc123455980003a10},
     scalable,
     "T1",
     nullptr,
     "with T2: read"},
    {"record_write", "frcd", {0, 0x8000000500003a10}, scalable, "T1", nullptr, "with T2: write"},
    {"record_atomic", "frcd", {0, 0xc000000510003a10}, scalable, "T1", nullptr, "with T2: atomic"},
    {"record_interrupt",
     "frcd",
     {0x0123000000000000, 0x8000002200003a10},
     scalable,
     "FI",
     nullptr,
     "interrupt index 291"},
    {"stop_marker", "prq", {0x3a100001, 0x4}, scalable, "LPIG", nullptr, "stop marker"},
    {"posted",
     "irte",
     {0x1234568000318001, 0x100040020},
     scalable,
     "PDA_LO",
     nullptr,
     "at 0x112345680"},
    {"irte_absent", "irte", {0x0, 0x0}, scalable, "P", nullptr, "F_22h"},
    {"reason", "fault", {0x02}, scalable, "CODE", nullptr, "F_02h (LCT.2): legacy context entry"},
    {"reason_class", "fault", {0x30}, scalable, "CODE", nullptr, "always recorded, ATS: CA"},
};
INSTANTIATE_TEST_SUITE_P(Values, VtdMeaning, testing::ValuesIn(meanings),
                         [](const testing::TestParamInfo<Meaning> &param) {
                             return std::string(param.param.name);
                         });

struct RegMeaning {
    const char *name, *reg;
    uint64_t value;
    const char *field, *text;
};

class VtdRegMeaning : public testing::TestWithParam<RegMeaning>
{
};

TEST_P(VtdRegMeaning, IsTold)
{
    const RegMeaning &c = GetParam();
    hw_decoded decoded;
    const hw_row *row;

    vtd_decode_reg(vtd_reg_find(c.reg), c.value, &decoded);
    row = find_row(decoded, c.field);
    ASSERT_NE(row, nullptr);
    EXPECT_NE(std::string(row->meaning).find(c.text), std::string::npos) << row->meaning;
}

INSTANTIATE_TEST_SUITE_P(
    Values, VtdRegMeaning,
    testing::Values(
        RegMeaning{"version", "VER", 0x52, "MAX", "version 5.2"},
        RegMeaning{"domains", "CAP", 0xd2008c22260206, "ND", "domain ids of 16 bits"},
        RegMeaning{"domains_reserved", "CAP", 0x7, "ND", "reserved"},
        RegMeaning{"widths", "CAP", 0xd2008c22260206, "SAGAW", "; 39-bit (3 levels)"},
        RegMeaning{"two_widths", "CAP", 0xc00, "SAGAW", "48-bit (4 levels), 57-bit (5 levels)"},
        RegMeaning{"no_width", "CAP", 0x0, "SAGAW", "no second stage"},
        RegMeaning{"guest_width", "CAP", 0xd2008c22260206, "MGAW", "39 bits"},
        RegMeaning{"record_offset", "CAP", 0xd2008c22260206, "FRO", "at 0x220"},
        RegMeaning{"records", "CAP", 0xd2008c22260206, "NFR", "1 record"},
        RegMeaning{"large_pages", "CAP", 0xd2008c22260206, "SSLPS", "4 KiB, 2 MiB and 1 GiB"},
        RegMeaning{"largest_mask", "CAP", 0xd2008c22260206, "MAMV", "262144 pages of 4 KiB, 1 GiB"},
        RegMeaning{"iotlb_offset", "ECAP", 0x480080f00f4a, "IRO", "at 0xf0"},
        RegMeaning{"pasid_width", "ECAP", 0x9800000000, "PSS", "20 bits"},
        RegMeaning{"queue_wide", "IQA", 0x7dc801, "QS", "2 pages of 4 KiB, 256 entries of 32"},
        RegMeaning{"queue_narrow", "IQA", 0x7dc000, "QS", "1 page of 4 KiB, 256 entries of 16"},
        RegMeaning{"tail", "IQT", 0x200, "QT", "128-bit descriptor 32, or 256-bit descriptor 16"},
        RegMeaning{"interrupts", "IRTA", 0xc0000f, "S", "65536 interrupt entries"},
        RegMeaning{"page_requests", "PQA", 0x10004, "PQS", "16 pages of 4 KiB, 2048 entries of 32"},
        RegMeaning{"page_request_tail", "PQT", 0x60, "PQT", "entry 3"},
        RegMeaning{"timed_out", "IQERCD", 0x3a1000000000, "ITESID", "3a:02.0"},
        RegMeaning{"mode", "RTADDR", 0xf7f400, "TTM", "scalable mode"}),
    [](const testing::TestParamInfo<RegMeaning> &param) { return std::string(param.param.name); });

struct Wrong {
    const char *name, *word;
    std::vector<uint64_t> words;
    hw_hints hints;
    const char *complaint; // part of one; nullptr = none at all
};

void PrintTo(const Wrong &c, std::ostream *out)
{
    *out << c.name;
}

class VtdComplaint : public testing::TestWithParam<Wrong>
{
};

TEST_P(VtdComplaint, NamesTheFault)
{
    const Wrong &c = GetParam();
    hw_decoded decoded;
    std::string all;

    ASSERT_NO_FATAL_FAILURE(decode(c.word, c.words, c.hints, &decoded));
    for (size_t i = 0; i < decoded.n_complaints; i++)
        all += std::string(decoded.complaints[i]) + "\n";
    if (c.complaint) {
        EXPECT_NE(all.find(c.complaint), std::string::npos) << all;
    } else {
        EXPECT_EQ(all, "");
    }
}

// level hints are the architecture's level + 1
const hw_hints level1 = {12, 2, false};
const hw_hints level2 = {12, 3, false};
const hw_hints level3 = {12, 4, false};
const hw_hints level4 = {12, 5, false};

const Wrong wrongs[] = {
    {"root_good", "root", {0xf83001, 0xf89001}, scalable, nullptr},
    {"root_lower",
     "root",
     {0xf83003, 0},
     scalable,
     "F_3Ah (SRT.3): reserved bits set in the lower"},
    {"root_upper",
     "root",
     {0, 0xf83003},
     scalable,
     "F_3Ah (SRT.3): reserved bits set in the upper"},
    {"root_legacy_good", "root", {0xf84001, 0}, legacy, nullptr},
    {"root_legacy_high", "root", {0xf84001, 1}, legacy, "F_0Ah"},
    {"ctx_legacy_good", "ctx", {0xfea001, 0x501}, legacy, nullptr},
    {"ctx_legacy_pt_good", "ctx", {0x9, 0x102}, legacy, nullptr},
    {"ctx_legacy_absent", "ctx", {0xc, 0x0}, legacy, nullptr},
    {"ctx_legacy_ignored_bits", "ctx", {0xfea001, 0x579}, legacy, nullptr},
    {"ctx_legacy_type", "ctx", {0xfea00d, 0x501}, legacy, "F_03h (LCT.4): TT is reserved"},
    {"ctx_legacy_width", "ctx", {0xfea001, 0x500}, legacy, "F_03h (LCT.4): AW is reserved"},
    {"ctx_legacy_reserved", "ctx", {0xfea011, 0x501}, legacy, "F_0Bh"},
    {"ctx_good", "ctx", {0x200000e1d}, scalable, nullptr},
    {"ctx_pre_without_dte", "ctx", {0x200000e19}, scalable, "F_43h (SCT.4): PRE=1 needs DTE=1"},
    {"ctx_eptr_without_paside", "ctx", {0x200000e41}, scalable, "EPTR=1 needs PASIDE=1"},
    {"ctx_rid_pasid_fits", "ctx", {0x200000001, 0x1fff}, scalable, nullptr},
    {"ctx_rid_pasid_beyond", "ctx", {0x200000001, 0x2000}, scalable, "RID_PASID lies beyond"},
    {"ctx_reserved", "ctx", {0x200000001, 0, 1, 0}, scalable, "F_42h"},
    {"dir_good", "pasid_dir", {0xf8d001}, scalable, nullptr},
    {"dir_reserved", "pasid_dir", {0xf8d005}, scalable, "F_52h"},
    {"pasid_ss_good", "pasid", {0x123456089, 0x800005}, scalable, nullptr},
    {"pasid_fs_good", "pasid", {0x49, 0x800005, 0x123457000}, scalable, nullptr},
    {"pasid_fs_any_width", "pasid", {0x41, 0x800005, 0x123457000}, scalable, nullptr},
    {"pasid_pt_good", "pasid", {0x109, 1}, scalable, nullptr},
    {"pasid_absent", "pasid", {0x1c0, 1}, scalable, nullptr},
    {"pasid_type_0", "pasid", {0x009, 1}, scalable, "F_5Bh (SPT.4): PGTT is reserved"},
    {"pasid_type_5", "pasid", {0x149, 1}, scalable, "F_5Bh (SPT.4): PGTT is reserved"},
    {"pasid_width", "pasid", {0x081, 1}, scalable, "F_5Bh (SPT.4): AW is reserved"},
    {"pasid_mode", "pasid", {0x049, 1, 0x8}, scalable, "F_5Bh (SPT.4): FSPM is reserved"},
    {"pasid_mode_unused", "pasid", {0x089, 1, 0x8}, scalable, nullptr},
    {"pasid_reserved", "pasid", {0x089, 1, 0, 1}, scalable, "F_5Ah"},
    {"pte_fs_good", "pte_fs", {0x12345a167}, level1, nullptr},
    {"pte_fs_2m_good", "pte_fs", {0x402010e7}, level2, nullptr}, // bit 12 is PAT
    {"pte_fs_2m_address", "pte_fs", {0x402020e7}, level2, "F_72h"},
    {"pte_fs_1g_good", "pte_fs", {0x400000e7}, level3, nullptr},
    {"pte_fs_1g_address", "pte_fs", {0x402000e7}, level3, "F_72h"},
    {"pte_fs_large_at_4", "pte_fs", {0x400000e7}, level4, "F_72h (SFS.3): PS"},
    {"pte_ss_good", "pte_ss", {0x17ce003}, level1, nullptr},
    {"pte_ss_2m_good", "pte_ss", {0x40200083}, level2, nullptr},
    {"pte_ss_2m_address", "pte_ss", {0x40201083}, level2, "F_7Ah, in legacy mode F_0Ch: address"},
    {"pte_ss_1g_address", "pte_ss", {0x40200083}, level3, "F_7Ah, in legacy mode F_0Ch: address"},
    {"pte_ss_large_at_4", "pte_ss", {0x40000083}, level4, "F_7Ah, in legacy mode F_0Ch: PS"},
    {"pte_ss_snoop_in_table", "pte_ss", {0x17ce803}, level2, "SNP"},
    {"qi_good", "qi", {0x200000025, 0x1514bc}, scalable, nullptr},
    {"qi_type_0", "qi", {0x0, 0}, scalable, "IQEI 3: no descriptor has type 00h"},
    {"qi_type_7_bits", "qi", {0x211, 0}, scalable, "IQEI 3: no descriptor has type 11h"},
    {"qi_cc_granularity", "qi", {0x1, 0}, scalable, "IQEI 4: G value 0"},
    {"qi_iotlb_granularity", "qi", {0x2, 0}, scalable, "IQEI 4: G value 0"},
    {"qi_pc_granularity", "qi", {0x27, 0}, scalable, "IQEI 4: G value 2"},
    {"qi_piotlb_granularity", "qi", {0x16, 0}, scalable, "IQEI 4: G value 1"},
    {"qi_pasid_upper_words", "qi", {0x40017, 0, 1, 0}, scalable, "IQEI 4: reserved bits set"},
    {"qi_wait_upper_words", "qi", {0x25, 0x1000, 0, 1}, scalable, "word 3: reserved bits set"},
    {"qi_reserved", "qi", {0xd2, 0x1000, 0, 0}, scalable, nullptr}, // address not used
    {"qi_iec_reserved", "qi", {0x24, 0}, scalable, "IQEI 4: reserved bits set"},
    {"qi_response", "qi", {0x000123453a102019, 0xe8}, scalable, "IQEI 4: RC value 2"},
    {"qi_devtlb_size", "qi", {0x3, 0xfffffffffffff001}, scalable, "codes no size"},
    {"frcd_good", "frcd", {0xdead0000, 0xc123455980003a10}, scalable, nullptr},
    {"frcd_empty", "frcd", {0, 0}, scalable, nullptr},
    {"frcd_reason", "frcd", {0, 0x800000ff00003a10}, scalable, "FFh is not a reason code"},
    {"frcd_pasid", "frcd", {0, 0x8123450500003a10}, scalable, "PV must be 0"},
    {"frcd_reserved_type", "frcd", {0, 0xb000000500003a10}, scalable, "AT: value 3 is reserved"},
    {"prq_good", "prq", {0x000123453a100101, 0x7f0010ed, 0, 0}, scalable, nullptr},
    {"prq_type", "prq", {0x000123453a100102, 0x7f0010ed}, scalable, "TYPE: value 2 is reserved"},
    {"prq_private", "prq", {0x000123453a100101, 0, 1, 0}, scalable, "private data"},
    {"irte_good", "irte", {0x300009, 0x4ff00}, scalable, nullptr},
    {"irte_posted_good", "irte", {0x1234568000318001, 0x100040020}, scalable, nullptr},
    {"irte_check", "irte", {0x300009, 0xcff00}, scalable, "F_24h (IR.5): SVT is reserved"},
    {"irte_delivery", "irte", {0x300069, 0x4ff00}, scalable, "F_24h (IR.5): DLM is reserved"},
    {"irte_reserved", "irte", {0x301009, 0x4ff00}, scalable, "F_24h (IR.5): reserved bits"},
    {"irte_absent", "irte", {0, 0}, scalable, nullptr},
    {"fault_known", "fault", {0x59}, scalable, nullptr},
    {"fault_unknown", "fault", {0x5e}, scalable, "5Eh is not a reason code"},
};
INSTANTIATE_TEST_SUITE_P(Words, VtdComplaint, testing::ValuesIn(wrongs),
                         [](const testing::TestParamInfo<Wrong> &param) {
                             return std::string(param.param.name);
                         });

struct RegWrong {
    const char *name, *reg;
    uint64_t value;
    const char *complaint;
};

class VtdRegComplaint : public testing::TestWithParam<RegWrong>
{
};

TEST_P(VtdRegComplaint, NamesTheFault)
{
    const RegWrong &c = GetParam();
    hw_decoded decoded;
    std::string all;

    vtd_decode_reg(vtd_reg_find(c.reg), c.value, &decoded);
    for (size_t i = 0; i < decoded.n_complaints; i++)
        all += std::string(decoded.complaints[i]) + "\n";
    if (c.complaint) {
        EXPECT_NE(all.find(c.complaint), std::string::npos) << all;
    } else {
        EXPECT_EQ(all, "");
    }
}

INSTANTIATE_TEST_SUITE_P(
    Values, VtdRegComplaint,
    testing::Values(RegWrong{"cap_good", "CAP", 0xd2008c22260206, nullptr},
                    RegWrong{"ecap_good", "ECAP", 0x480080f00f4a, nullptr},
                    RegWrong{"cap_pages", "CAP", 0x800000000, "SSLPS: value 2 is reserved"},
                    RegWrong{"mode_good", "RTADDR", 0xf7f400, nullptr},
                    RegWrong{"mode_reserved", "RTADDR", 0xf7f800, "F_30h (RTA.1): TTM is reserved"},
                    RegWrong{"mode_legacy_internal", "RTADDR", 0xf7f080, "SSIRWE=1 in legacy"},
                    RegWrong{"idle_ccmd", "CCMD", 0x0, nullptr},
                    RegWrong{"ccmd", "CCMD", 1ull << 63, "ICC=1 with a reserved granularity"},
                    RegWrong{"iotlb", "IOTLB", 1ull << 63, "IVT=1 with a reserved granularity"},
                    RegWrong{"iqa_reserved", "IQA", 0x7dc808, "reserved bits set: 0x8"}),
    [](const testing::TestParamInfo<RegWrong> &param) { return std::string(param.param.name); });

} // namespace
