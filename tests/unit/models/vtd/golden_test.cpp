// SPDX-License-Identifier: BSD-2-Clause
// Raw words from the facts and from captures of a real kernel; every expected value was worked out
// by hand from the bit positions in the facts. A field that a row does not list must read 0.
#include <gtest/gtest.h>

#include <cstring>
#include <map>
#include <string>
#include <vector>

#include "models/vtd/vtd_layout.h"

namespace
{

// Addresses are written as addresses (bits in place), everything else as a field value.
struct Golden {
    const char *name;
    const char *layout;
    std::vector<uint64_t> words;
    std::map<std::string, uint64_t> fields;
};

void PrintTo(const Golden &c, std::ostream *out)
{
    *out << c.name;
}

const hw_layout *find_layout(const char *name)
{
    for (size_t i = 0; i < vtd_n_layouts; i++) {
        if (strcmp(vtd_layouts[i]->name, name) == 0)
            return vtd_layouts[i];
    }
    return nullptr;
}

class VtdGolden : public testing::TestWithParam<Golden>
{
};

TEST_P(VtdGolden, EveryFieldIsAsWorkedOutByHand)
{
    const Golden &c = GetParam();
    const hw_layout *layout = find_layout(c.layout);
    uint64_t words[HW_MAX_WORDS] = {0};
    uint64_t bits[HW_MAX_WORDS] = {0};
    size_t n_found = 0;

    ASSERT_NE(layout, nullptr);
    ASSERT_LE(c.words.size(), (size_t)HW_MAX_WORDS);
    for (size_t i = 0; i < c.words.size(); i++)
        words[i] = c.words[i];
    for (size_t i = 0; i < layout->n_fields; i++) {
        const hw_field &f = layout->fields[i];
        const auto expected = c.fields.find(f.name);
        const uint64_t value =
            f.show == HW_SHOW_ADDR ? hw_get_addr(words, f.msb, f.lsb) : hw_get(words, f.msb, f.lsb);

        EXPECT_EQ(value, expected == c.fields.end() ? 0 : expected->second) << f.name;
        n_found += expected != c.fields.end();
    }
    EXPECT_EQ(n_found, c.fields.size()) << "the row names a field that does not exist";
    EXPECT_FALSE(hw_reserved_set(layout, words, bits));
}

std::string name_of(const testing::TestParamInfo<Golden> &param)
{
    return param.param.name;
}

// Facts 4.1: source id 3A10h, domain 5, PASID 12345h.
const Golden descriptors[] = {
    {"cc_global", "CC_INV", {0x0000000000000011, 0}, {{"TYPE", 1}, {"G", 1}}},
    {"cc_domain", "CC_INV", {0x0000000000050021, 0}, {{"TYPE", 1}, {"G", 2}, {"DID", 5}}},
    {"cc_device",
     "CC_INV",
     {0x00003a1000050031, 0},
     {{"TYPE", 1}, {"G", 3}, {"DID", 5}, {"SID", 0x3a10}}},
    {"iotlb_global",
     "IOTLB_INV",
     {0x00000000000000d2, 0},
     {{"TYPE", 2}, {"G", 1}, {"DW", 1}, {"DR", 1}}},
    {"iotlb_domain",
     "IOTLB_INV",
     {0x00000000000500e2, 0},
     {{"TYPE", 2}, {"G", 2}, {"DW", 1}, {"DR", 1}, {"DID", 5}}},
    {"iotlb_page",
     "IOTLB_INV",
     {0x00000000000500f2, 0x000000007f000049},
     {{"TYPE", 2},
      {"G", 3},
      {"DW", 1},
      {"DR", 1},
      {"DID", 5},
      {"AM", 9},
      {"IH", 1},
      {"ADDR", 0x7f000000}}},
    {"devtlb_all",
     "DEVTLB_INV",
     {0x3a103a1000080003, 0x7ffffffffffff001},
     {{"TYPE", 3},
      {"MIP", 8},
      {"SID", 0x3a10},
      {"PFSID_HI", 0x3a1},
      {"S", 1},
      {"ADDR", 0x7ffffffffffff000}}},
    {"devtlb_8_pages",
     "DEVTLB_INV",
     {0x3a103a1000080003, 0x0000000000043001},
     {{"TYPE", 3}, {"MIP", 8}, {"SID", 0x3a10}, {"PFSID_HI", 0x3a1}, {"S", 1}, {"ADDR", 0x43000}}},
    {"iec_global", "IEC_INV", {0x0000000000000004, 0}, {{"TYPE", 4}}},
    {"iec_index",
     "IEC_INV",
     {0x0000012310000014, 0},
     {{"TYPE", 4}, {"G", 1}, {"IM", 2}, {"IIDX", 0x123}}},
    {"wait_status",
     "WAIT",
     {0x0000000200000025, 0x0000000000151404},
     {{"TYPE", 5}, {"SW", 1}, {"DATA", 2}, {"ADDR", 0x151404}}},
    {"wait_status_drain",
     "WAIT",
     {0x00000002000000a5, 0x0000000000151408},
     {{"TYPE", 5}, {"SW", 1}, {"PD", 1}, {"DATA", 2}, {"ADDR", 0x151408}}},
    {"wait_fence", "WAIT", {0x0000000200000045, 0}, {{"TYPE", 5}, {"FN", 1}, {"DATA", 2}}},
    {"piotlb_pasid",
     "PIOTLB_INV",
     {0x0001234500050026, 0},
     {{"TYPE", 6}, {"G", 2}, {"DID", 5}, {"PASID", 0x12345}}},
    {"piotlb_page",
     "PIOTLB_INV",
     {0x0001234500050036, 0x000000007f000009},
     {{"TYPE", 6}, {"G", 3}, {"DID", 5}, {"PASID", 0x12345}, {"AM", 9}, {"ADDR", 0x7f000000}}},
    {"pc_domain", "PC_INV", {0x0000000000050007, 0}, {{"TYPE", 7}, {"DID", 5}}},
    {"pc_pasid",
     "PC_INV",
     {0x0001234500050017, 0},
     {{"TYPE", 7}, {"G", 1}, {"DID", 5}, {"PASID", 0x12345}}},
    {"pc_global", "PC_INV", {0x0000000000000037, 0}, {{"TYPE", 7}, {"G", 3}}},
    {"pdevtlb_all",
     "PDEVTLB_INV",
     {0x3a1123453a100088, 0x7ffffffffffff800},
     {{"TYPE", 8},
      {"MIP", 8},
      {"SID", 0x3a10},
      {"PASID", 0x12345},
      {"PFSID_HI", 0x3a1},
      {"S", 1},
      {"ADDR", 0x7ffffffffffff000}}},
    {"pgrp_success",
     "PGRP_RESP",
     {0x000123453a100019, 0x00000000000000e8},
     {{"TYPE", 9}, {"PP", 1}, {"RID", 0x3a10}, {"PASID", 0x12345}, {"PRGI", 0x1d}}},
    {"pgrp_invalid",
     "PGRP_RESP",
     {0x000123453a101019, 0x00000000000000e8},
     {{"TYPE", 9}, {"PP", 1}, {"RC", 1}, {"RID", 0x3a10}, {"PASID", 0x12345}, {"PRGI", 0x1d}}},
};
INSTANTIATE_TEST_SUITE_P(Descriptors, VtdGolden, testing::ValuesIn(descriptors), name_of);

// Facts 4.1, 5.2 and 5.4.
const Golden tables[] = {
    {"ctx_legacy_ss",
     "CTX_LEGACY",
     {0x0000000123456001, 0x0000000000000502},
     {{"P", 1}, {"SSPTPTR", 0x123456000}, {"AW", 2}, {"DID", 5}}},
    {"ctx_legacy_pt",
     "CTX_LEGACY",
     {0x0000000000000009, 0x0000000000000102},
     {{"P", 1}, {"TT", 2}, {"AW", 2}, {"DID", 1}}},
    {"ctx_scalable",
     "CTX",
     {0x0000000200000e1d, 0, 0, 0},
     {{"P", 1}, {"DTE", 1}, {"PASIDE", 1}, {"PRE", 1}, {"PDTS", 7}, {"PASIDDIRPTR", 0x200000000}}},
    {"pasid_ss",
     "PASID",
     {0x0000000123456089, 0x0000000000800005},
     {{"P", 1}, {"AW", 2}, {"PGTT", 2}, {"SSPTPTR", 0x123456000}, {"DID", 5}, {"PWSNP", 1}}},
    {"pasid_fs",
     "PASID",
     {0x0000000000000049, 0x0000000000800005, 0x0000000123457000},
     {{"P", 1}, {"AW", 2}, {"PGTT", 1}, {"DID", 5}, {"PWSNP", 1}, {"FSPTPTR", 0x123457000}}},
    {"pasid_nested",
     "PASID",
     {0x00000001234560c9, 0x0000000000800005, 0x0000000076543001},
     {{"P", 1},
      {"AW", 2},
      {"PGTT", 3},
      {"SSPTPTR", 0x123456000},
      {"DID", 5},
      {"PWSNP", 1},
      {"SRE", 1},
      {"FSPTPTR", 0x76543000}}},
    {"pasid_pt",
     "PASID",
     {0x0000000000000109, 0x0000000000000001},
     {{"P", 1}, {"AW", 2}, {"PGTT", 4}, {"DID", 1}}},
    {"frcd_read_with_pasid",
     "FRCD",
     {0x00000000dead0000, 0xc123455980003a10},
     {{"FI", 0xdead0000},
      {"SID", 0x3a10},
      {"PP", 1},
      {"FR", 0x59},
      {"PV", 0x12345},
      {"T1", 1},
      {"F", 1}}},
    {"frcd_write_without_pasid",
     "FRCD",
     {0, 0x8000000500003a10},
     {{"SID", 0x3a10}, {"FR", 5}, {"F", 1}}},
    {"prq_read",
     "PRQ",
     {0x000123453a100101, 0x000000007f0010ed, 0, 0},
     {{"TYPE", 1},
      {"PP", 1},
      {"RID", 0x3a10},
      {"PASID", 0x12345},
      {"R", 1},
      {"LPIG", 1},
      {"PRGI", 0x1d},
      {"ADDR", 0x7f001000}}},
};
INSTANTIATE_TEST_SUITE_P(Tables, VtdGolden, testing::ValuesIn(tables), name_of);

// Facts 4.1, 7.0, 7.1 and register values that a kernel read or stored (x86-sm-basic).
const Golden regs[] = {
    {"ver", "VER", {0x10}, {{"MAX", 1}}},
    {"cap",
     "CAP",
     {0x00d2008c22260206},
     {{"ND", 6},
      {"SAGAW", 2},
      {"MGAW", 38},
      {"FRO", 0x22},
      {"SSLPS", 3},
      {"PSI", 1},
      {"MAMV", 18},
      {"DWD", 1},
      {"DRD", 1}}},
    {"ecap",
     "ECAP",
     {0x0000480080f00f4a},
     {{"QI", 1},
      {"IR", 1},
      {"PT", 1},
      {"IRO", 0xf},
      {"MHMV", 0xf},
      {"SRS", 1},
      {"SMTS", 1},
      {"SSTS", 1}}},
    {"gcmd_queue_on", "GCMD", {0x4000000}, {{"QIE", 1}}},
    {"gcmd_latch_irta", "GCMD", {0x5000000}, {{"QIE", 1}, {"SIRTP", 1}}},
    {"gcmd_latch_root", "GCMD", {0x46000000}, {{"SRTP", 1}, {"QIE", 1}, {"IRE", 1}}},
    {"gcmd_translation_on", "GCMD", {0x86000000}, {{"TE", 1}, {"QIE", 1}, {"IRE", 1}}},
    {"gsts", "GSTS", {0x47000000}, {{"RTPS", 1}, {"QIES", 1}, {"IRES", 1}, {"IRTPS", 1}}},
    {"rtaddr", "RTADDR", {0xf7f400}, {{"RTA", 0xf7f000}, {"TTM", 1}}},
    {"iqa_capture", "IQA", {0x7dc801}, {{"IQA", 0x7dc000}, {"DW", 1}, {"QS", 1}}},
    {"iqa_linux", "IQA", {0x0000000100000801}, {{"IQA", 0x100000000}, {"DW", 1}, {"QS", 1}}},
    {"iqt", "IQT", {0x200}, {{"QT", 0x200}}},
    {"irta", "IRTA", {0xc0000f}, {{"IRTA", 0xc00000}, {"S", 15}}},
    {"pqa_linux", "PQA", {0x12340004}, {{"PQA", 0x12340000}, {"PQS", 4}}},
    {"fsts_clear", "FSTS", {0x83}, {{"PFO", 1}, {"PPF", 1}, {"PRO", 1}}},
    {"fsts_second_record", "FSTS", {0x103}, {{"PFO", 1}, {"PPF", 1}, {"FRI", 1}}},
    {"fedata", "FEDATA", {0x21}, {{"IMD", 0x21}}},
    {"feaddr", "FEADDR", {0xfee00000}, {{"MA", 0xfee00000}}},
    {"fectl_reset", "FECTL", {0x80000000}, {{"IM", 1}}},
    {"frcd_clear_upper_dword", "FRCD", {0, 0x8000000000000000}, {{"F", 1}}},
    {"iqercd", "IQERCD", {0x3a10003100000003}, {{"IQEI", 3}, {"ITESID", 0x31}, {"ICESID", 0x3a10}}},
    {"ccmd_device",
     "CCMD",
     {0xe00000033a100005},
     {{"ICC", 1}, {"CIRG", 3}, {"FM", 3}, {"SID", 0x3a10}, {"DID", 5}}},
    {"ccmd_done", "CCMD", {0x6800000000000005}, {{"CIRG", 3}, {"CAIG", 1}, {"DID", 5}}},
    {"iotlb_page",
     "IOTLB",
     {0xb003000500000000},
     {{"IVT", 1}, {"IIRG", 3}, {"DR", 1}, {"DW", 1}, {"DID", 5}}},
    {"iotlb_done", "IOTLB", {0x3400000500000000}, {{"IIRG", 3}, {"IAIG", 2}, {"DID", 5}}},
    {"iva", "IVA", {0x7f000049}, {{"ADDR", 0x7f000000}, {"IH", 1}, {"AM", 9}}},
    {"pmen_on", "PMEN", {0x80000001}, {{"EPM", 1}, {"PRS", 1}}},
};
INSTANTIATE_TEST_SUITE_P(Registers, VtdGolden, testing::ValuesIn(regs), name_of);

// Words that a kernel stored (x86-sm-basic; ctx_legacy from x86-legacy-basic).
const Golden captured[] = {
    {"root",
     "ROOT",
     {0xf83001, 0xf89001},
     {{"LP", 1}, {"LCTP", 0xf83000}, {"UP", 1}, {"UCTP", 0xf89000}}},
    {"root_lower_only", "ROOT", {0xf83001, 0}, {{"LP", 1}, {"LCTP", 0xf83000}}},
    {"root_legacy", "ROOT_LEGACY", {0xf84001, 0}, {{"P", 1}, {"CTP", 0xf84000}}},
    {"ctx", "CTX", {0xf8b401, 0, 0, 0}, {{"P", 1}, {"PDTS", 2}, {"PASIDDIRPTR", 0xf8b000}}},
    {"ctx_legacy",
     "CTX_LEGACY",
     {0xfea001, 0x501},
     {{"P", 1}, {"SSPTPTR", 0xfea000}, {"AW", 1}, {"DID", 5}}},
    {"pasid_dir", "PASID_DIR", {0xf8d001}, {{"P", 1}, {"SMPTBLPTR", 0xf8d000}}},
    {"pasid",
     "PASID",
     {0xf8c085, 0x2},
     {{"P", 1}, {"AW", 1}, {"PGTT", 2}, {"SSPTPTR", 0xf8c000}, {"DID", 2}}},
    {"pasid_building", "PASID", {0xf8c004, 0x2}, {{"AW", 1}, {"SSPTPTR", 0xf8c000}, {"DID", 2}}},
    {"pte_ss", "PTE_SS", {0x17ce003}, {{"R", 1}, {"W", 1}, {"ADDR", 0x17ce000}}},
    {"irte_vector_30",
     "IRTE",
     {0x300009, 0x4ff00},
     {{"P", 1}, {"RH", 1}, {"V", 0x30}, {"SID", 0xff00}, {"SVT", 1}}},
    {"irte_vector_22",
     "IRTE",
     {0x220009, 0x40018},
     {{"P", 1}, {"RH", 1}, {"V", 0x22}, {"SID", 0x18}, {"SVT", 1}}},
    {"qi_cc_global", "CC_INV", {0x11, 0, 0, 0}, {{"TYPE", 1}, {"G", 1}}},
    {"qi_pc_global", "PC_INV", {0x37, 0, 0, 0}, {{"TYPE", 7}, {"G", 3}}},
    {"qi_pc_pasid", "PC_INV", {0x40017, 0, 0, 0}, {{"TYPE", 7}, {"G", 1}, {"DID", 4}}},
    {"qi_iotlb_global",
     "IOTLB_INV",
     {0xd2, 0, 0, 0},
     {{"TYPE", 2}, {"G", 1}, {"DW", 1}, {"DR", 1}}},
    {"qi_iotlb_domain",
     "IOTLB_INV",
     {0x400e2, 0, 0, 0},
     {{"TYPE", 2}, {"G", 2}, {"DW", 1}, {"DR", 1}, {"DID", 4}}},
    {"qi_iec_global", "IEC_INV", {0x4, 0, 0, 0}, {{"TYPE", 4}}},
    {"qi_iec_index_17", "IEC_INV", {0x1100000014, 0, 0, 0}, {{"TYPE", 4}, {"G", 1}, {"IIDX", 17}}},
    {"qi_iec_index_8", "IEC_INV", {0x800000014, 0, 0, 0}, {{"TYPE", 4}, {"G", 1}, {"IIDX", 8}}},
    {"qi_wait",
     "WAIT",
     {0x200000025, 0x1514bc, 0, 0},
     {{"TYPE", 5}, {"SW", 1}, {"DATA", 2}, {"ADDR", 0x1514bc}}},
    {"qi_cc_device_legacy",
     "CC_INV",
     {0x2000040031, 0},
     {{"TYPE", 1}, {"G", 3}, {"DID", 4}, {"SID", 0x20}}},
};
INSTANTIATE_TEST_SUITE_P(Captured, VtdGolden, testing::ValuesIn(captured), name_of);

// Page tables and posted interrupts, from the bit lists of facts 3.1 and 3.2 and of public drivers.
const Golden others[] = {
    {"pte_fs_page",
     "PTE_FS",
     {0x800000012345a167},
     {{"P", 1},
      {"RW", 1},
      {"US", 1},
      {"A", 1},
      {"D", 1},
      {"G", 1},
      {"ADDR", 0x12345a000},
      {"XD", 1}}},
    {"pte_fs_2m_extended",
     "PTE_FS",
     {0x00000000402004a1},
     {{"P", 1}, {"A", 1}, {"PS", 1}, {"EA", 1}, {"ADDR", 0x40200000}}},
    {"pte_ss_2m",
     "PTE_SS",
     {0x0000000040200b83},
     {{"R", 1}, {"W", 1}, {"PS", 1}, {"A", 1}, {"D", 1}, {"SNP", 1}, {"ADDR", 0x40200000}}},
    {"irte_posted",
     "IRTE_POSTED",
     {0x1234568000318001, 0x0000000100040020},
     {{"P", 1},
      {"IM", 1},
      {"V", 0x31},
      {"PDA_LO", 0x48d15a},
      {"SID", 0x20},
      {"SVT", 1},
      {"PDA_HI", 1}}},
};
INSTANTIATE_TEST_SUITE_P(Others, VtdGolden, testing::ValuesIn(others), name_of);

TEST(VtdAccessors, AreTheTablesTwin)
{
    const uint64_t pasid[8] = {0x00000001234560c9, 0x0000000000800005, 0x0000000076543001};
    uint64_t built[8] = {0};

    EXPECT_EQ(vtd_PASID_PGTT(pasid), 3u);
    EXPECT_EQ(vtd_PASID_SSPTPTR_addr(pasid), 0x123456000u);
    EXPECT_EQ(vtd_PASID_SSPTPTR(pasid), 0x123456u);
    EXPECT_EQ(vtd_PASID_DID(pasid), 5u);
    EXPECT_EQ(vtd_PASID_FSPTPTR_addr(pasid), 0x76543000u);
    vtd_PASID_put_P(built, 1);
    vtd_PASID_put_PGTT(built, 2);
    vtd_PASID_put_AW(built, 2);
    vtd_PASID_put_SSPTPTR(built, 0x123456);
    EXPECT_EQ(built[0], 0x123456089u);
}

TEST(VtdEncodings, HaveTheFactsValues)
{
    EXPECT_EQ(VTD_PASID_PGTT_FS, 1);
    EXPECT_EQ(VTD_PASID_PGTT_PT, 4);
    EXPECT_EQ(VTD_RTADDR_TTM_ABORT, 3);
    EXPECT_EQ(VTD_CTX_LEGACY_TT_PT, 2);
    EXPECT_EQ(VTD_PC_INV_G_global, 3);
    EXPECT_EQ(VTD_PGRP_RESP_RC_FAILURE, 15);
    EXPECT_EQ(VTD_QI_PGRP_RESP, 9);
    EXPECT_EQ(VTD_REG_IQA, 0x90);
    EXPECT_EQ(VTD_F_5Bh, 0x5b);
}

} // namespace
