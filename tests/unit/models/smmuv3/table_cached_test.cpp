// SPDX-License-Identifier: BSD-2-Clause
// What is cached, object by object, and which command drops it: the whole product (7.1, 5.2 of the
// facts). What is never cached is in table_nested_test.cpp, where each failure is mended.
#include <algorithm>

#include "tests/unit/models/smmuv3/machine_bench.h"

namespace
{

using namespace machine;

// ---- one stream: StreamID 0x41, SSID 0x45, VMID 7, ASID 5; tables of two levels ----

constexpr uint64_t kL1Std = 0x50008, kStes = 0x51000;   // group 1: 0x40 to 0x7f
constexpr uint64_t kL1Cd = 0x60008, kCdTable = 0x61000; // group 1: 0x40 to 0x7f
constexpr uint64_t kSte = kStes + 0x40, kCd = kCdTable + 0x140;
constexpr uint64_t kS2Ste = kStes + 0xc0; // StreamID 0x43, stage 2 alone
constexpr uint64_t kVa = 0x1000, kIpa = 0x310000;
constexpr uint64_t kMoved = 0x4000000000;

void prepare(Bench &b, bool is_nested)
{
    // V, Config, S1Fmt=1, 256 CDs.
    const uint64_t ste_q0 = is_nested ? 0x400000000006001f : 0x400000000006001b;
    Boot how;

    b.store(kL1Std, kStes | 7);
    b.store(kL1Std + 8, 0x52007);
    b.store(kStes + 0x80, 0x9); // 0x42: bypass
    b.store(kSte, {ste_q0, 0, is_nested ? s2_q2(7) : 7, s2_space(0)});
    b.store(kS2Ste, {0xd, 0, s2_q2(7), s2_space(0)});
    b.store(kL1Cd, kCdTable | 1);
    b.store(kCd, {cd_q0(5), space(0), 0, 0xff});
    b.store(kCd + 64, {cd_q0(6), space(0), 0, 0xff}); // SSID 0x46
    b.make_space(0);
    b.make_s2_space(0);
    // Other tables, that lead elsewhere: stage 1, and stage 2 of 0x200000.
    b.store(0x90008, page(0x380000));
    b.store(0x90010, page(0x381000));
    b.store(0x91888, s2_page(kMoved | 0x311000));
    how.strtab_base = 0x50000;
    how.strtab_cfg = kDeepStrtab;
    b.boot(how);
}

// What a request comes to: its address, or the event, or 1 for an abort without one.
uint64_t outcome(Bench &b, uint32_t sid, uint64_t iova, int64_t ssid)
{
    const Answer a = b.dma(sid, iova, SIM_DMA_READ, ssid);

    return a.status == SIM_DMA_OK ? a.pa : a.event ? a.event : 1;
}

struct Object {
    const char *name;
    // Memory: what is there before the first request if it is not what prepare() made, what after.
    uint64_t at, before, after; // before: 0 = as prepared
    // The first request, which caches it, and the one that shows it.
    uint32_t first_sid, sid;
    int64_t first_ssid, ssid;
    uint64_t first_iova, iova;
    uint64_t kept, dropped;
};

constexpr int64_t kNone = kNoSsid;
constexpr uint64_t kPage = 0x201000; // where kVa leads

const Object objects[] = {
    // level 1 of streams, shown by 0x42, which was not asked
    {"L1STD", kL1Std, 0, kStes, 0x41, 0x42, 0x45, kNone, kVa, 0x5000, 0x5000, C_BAD_STREAMID},
    {"L1STD_span_0", kL1Std, kStes, kStes | 7, 0x41, 0x42, 0x45, kNone, kVa, 0x5000, C_BAD_STREAMID,
     0x5000},
    // STE
    {"STE", kSte, 0, 0x1, 0x41, 0x41, 0x45, 0x45, kVa, kVa, kPage, 1},
    {"STE_v_0", kSte, 0x400000000006001e, 0x1, 0x41, 0x41, 0x45, 0x45, kVa, kVa, C_BAD_STE, 1},
    {"STE_illegal", kSte, 0xf80000000006001b, 0x1, 0x41, 0x41, 0x45, 0x45, kVa, kVa, C_BAD_STE, 1},
    // level 1 of CDs, shown by SSID 0x46
    {"L1CD", kL1Cd, 0, kCdTable, 0x41, 0x41, 0x45, 0x46, kVa, kVa, kPage, C_BAD_SUBSTREAMID},
    {"L1CD_v_0", kL1Cd, kCdTable, kCdTable | 1, 0x41, 0x41, 0x45, 0x46, kVa, kVa, C_BAD_SUBSTREAMID,
     kPage},
    // CD
    {"CD", kCd, 0, cd_q0(5) & ~0x80000000ull, 0x41, 0x41, 0x45, 0x45, kVa, kVa, kPage, C_BAD_CD},
    {"CD_v_0", kCd, cd_q0(5) & ~0x80000000ull, cd_q0(5), 0x41, 0x41, 0x45, 0x45, kVa, kVa, C_BAD_CD,
     kPage},
    {"CD_illegal", kCd, cd_q0(5) | 0xc0, cd_q0(5), 0x41, 0x41, 0x45, 0x45, kVa, kVa, C_BAD_CD,
     kPage},
    // translations: of stage 1 or both, of stage 2
    {"leaf", 0x82008, 0, page(0x380000), 0x41, 0x41, 0x45, 0x45, kVa, kVa, kPage, 0x380000},
    {"table", 0x81000, 0, 0x90003, 0x41, 0x41, 0x45, 0x45, kVa, 0x2000, 0x202000, 0x381000},
    {"S2_leaf", 0x103880, 0, s2_page(kMoved | kIpa), 0x43, 0x43, kNone, kNone, kIpa, kIpa,
     0x1000000000 | kIpa, kMoved | kIpa},
    {"S2_table", 0x101008, 0, 0x91003, 0x43, 0x43, kNone, kNone, kIpa, 0x311000, 0x1000311000,
     kMoved | 0x311000},
    // stage 2 of the last table of stage 1, as the next page of that table shows
    {"S2_of_table", 0x102410, 0, s2_page(0x90000), 0x41, 0x41, 0x45, 0x45, kVa, 0x2000, 0x202000,
     0x381000},
};

// Where stage 2 maps what stage 1 gives: make_s2_space moves all from 2M on.
uint64_t expected(uint64_t what, const Object &o, bool is_nested)
{
    return is_nested && o.sid == 0x41 && what >= 0x200000 ? 0x1000000000 | what : what;
}

// ---- commands, and what 7.1 has each of them drop ----

struct Command {
    const char *name;
    uint64_t q0, q1;
    std::vector<std::string> dropped;
};
MACHINE_CASES(Command)

using Names = std::vector<std::string>;

Names both(const Names &a, const Names &b)
{
    Names all(a);

    all.insert(all.end(), b.begin(), b.end());
    return all;
}

const Names kL1Stds = {"L1STD", "L1STD_span_0"};
const Names kOneSte = {"STE", "STE_v_0", "STE_illegal"};
const Names kL1Cds = {"L1CD", "L1CD_v_0"};
const Names kOneCd = {"CD", "CD_v_0", "CD_illegal"};
const Names kAllCds = both(kL1Cds, kOneCd);
const Names kSteAndCds = both(kOneSte, kAllCds);
const Names kConfig = both(kL1Stds, kSteAndCds);
const Names kStage1 = {"leaf", "table"};
const Names kStage2 = {"S2_leaf", "S2_table", "S2_of_table"};

std::vector<Command> all_commands()
{
    return {
        {"sync", 0x46, 0, {}},
        {"prefetch_config", 0x4100045801, 0, {}},
        {"prefetch_addr", 0x4100045802, kVa, {}},
        // streams
        {"ste_leaf", 0x4100000003, 1, kSteAndCds},
        {"ste", 0x4100000003, 0, kConfig},
        {"ste_leaf_of_the_group", 0x5000000003, 1, {}},
        {"ste_of_the_group", 0x5000000003, 0, kL1Stds},
        {"ste_of_another_group", 0x8100000003, 0, {}},
        {"range_of_two", 0x4000000004, 0, kConfig},
        {"range_of_two_beside_it", 0x4200000004, 0, kL1Stds},
        {"range_of_64", 0x7f00000004, 5, kConfig},
        {"range_of_64_beside_it", 0x8000000004, 5, {}},
        {"range_of_256", 4, 7, kConfig},
        {"all", 4, 31, kConfig},
        // CDs
        {"cd_leaf", 0x4100045005, 1, kOneCd},
        {"cd", 0x4100045005, 0, kAllCds},
        {"cd_leaf_of_the_group", 0x4100047005, 1, {}},
        {"cd_of_the_group", 0x4100047005, 0, kL1Cds},
        {"cd_of_another_group", 0x4100085005, 0, {}},
        {"cd_of_another_stream", 0x4200045005, 0, {}},
        {"cd_all", 0x4100000006, 0, kAllCds},
        {"cd_all_has_no_leaf", 0x4100000006, 1, kAllCds},
        {"cd_all_of_another_stream", 0x4200000006, 0, {}},
        // stage 1
        {"nh_all", 0x700000010, 0, kStage1},
        {"nh_all_of_another_vmid", 0x600000010, 0, {}},
        {"nh_asid", 0x5000700000011, 0, kStage1},
        {"nh_asid_of_another", 0x4000700000011, 0, {}},
        {"nh_va_leaf", 0x5000700000012, kVa | 1, {"leaf"}},
        {"nh_va", 0x5000700000012, kVa, kStage1},
        {"nh_va_leaf_of_the_table", 0x5000700000012, 0x3001, {}},
        {"nh_va_of_the_table", 0x5000700000012, 0x3000, {"table"}},
        {"nh_va_of_another_table", 0x5000700000012, 0x201000, {}},
        {"nh_va_of_another_asid", 0x4000700000012, kVa, {}},
        {"nh_vaa_leaf", 0x700000013, kVa | 1, {"leaf"}},
        {"nh_vaa", 0x700000013, kVa, kStage1},
        // stage 2
        {"s2_ipa_leaf", 0x70000002a, kIpa | 1, {"S2_leaf"}},
        {"s2_ipa", 0x70000002a, kIpa, {"S2_leaf", "S2_table"}},
        {"s2_ipa_of_the_table", 0x70000002a, 0x312000, {"S2_table"}},
        {"s2_ipa_of_a_table_of_stage_1", 0x70000002a, 0x82001, {"S2_of_table"}},
        {"s2_ipa_of_another_vmid", 0x60000002a, kIpa, {}},
        {"s12_vmall", 0x700000028, 0, both(kStage1, kStage2)},
        {"s12_vmall_of_another", 0x600000028, 0, {}},
        {"nsnh_all", 0x30, 0, both(kStage1, kStage2)},
        {"el2_all", 0x20, 0, {}},
        {"el2_va", 0x22, kVa, {}},
    };
}

class SmmuTableCached : public testing::TestWithParam<std::tuple<Command, bool>>
{
  protected:
    static void check(const Object &o, const Config &config)
    {
        const Command &c = std::get<0>(GetParam());
        const bool is_nested = std::get<1>(GetParam());
        const bool is_dropped =
            std::find(c.dropped.begin(), c.dropped.end(), o.name) != c.dropped.end();
        Bench b(config);

        SCOPED_TRACE(o.name);
        prepare(b, is_nested);
        if (o.before)
            b.store(o.at, o.before);
        (void)outcome(b, o.first_sid, o.first_iova, o.first_ssid);
        b.store(o.at, o.after);
        b.run_sync(c.q0, c.q1);
        EXPECT_EQ(outcome(b, o.sid, o.iova, o.ssid),
                  expected(is_dropped ? o.dropped : o.kept, o, is_nested));
    }
};
INSTANTIATE_TEST_SUITE_P(Commands, SmmuTableCached,
                         testing::Combine(testing::ValuesIn(all_commands()), testing::Bool()),
                         [](const auto &info) {
                             return std::string(std::get<0>(info.param).name) +
                                    (std::get<1>(info.param) ? "_nested" : "_s1");
                         });

TEST_P(SmmuTableCached, AndDroppedByThatAlone)
{
    for (const char *preset : {"zero", "mmu600", "mmu700"}) {
        for (const Object &o : objects) {
            if (std::get<1>(GetParam()) || std::string(o.name) != "S2_of_table")
                check(o, Config(preset));
        }
    }
}

} // namespace
