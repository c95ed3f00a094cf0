// SPDX-License-Identifier: BSD-2-Clause
// Each of the 512 bits of an STE and of a CD, flipped: what a configuration does not use changes
// nothing that anybody could see, what it uses does (2.5, 3.3 of the facts).
#include "tests/unit/models/smmuv3/machine_bench.h"

namespace
{

using namespace machine;

using Entry = std::array<uint64_t, 8>;

// ---- everything that there is to see of one stream ----

struct Ask {
    uint64_t iova;
    unsigned access;
    int64_t ssid;
};

constexpr unsigned kRd = SIM_DMA_READ, kWr = SIM_DMA_WRITE, kPv = SIM_DMA_PRIVILEGED;
constexpr unsigned kEx = SIM_DMA_READ | SIM_DMA_EXECUTE;
constexpr uint64_t k2To36 = 1ull << 36, k2To38 = 1ull << 38, k2To39 = 1ull << 39;
constexpr uint64_t kUpper = 0xffffff8000000000; // the first address of 39 bits

// Pages by what stage 1 or 2 says of them: see prepare().
const Ask asks[] = {
    {0x1000, kRd, kNoSsid},
    {0x1000, kWr, kNoSsid},
    {0x1000, kRd | kPv, kNoSsid},
    {0x1000, kEx, kNoSsid},
    {0x1000, kEx | kPv, kNoSsid},
    {0x2000, kRd, kNoSsid},
    {0x2000, kRd | kPv, kNoSsid},
    {0x2000, kEx | kPv, kNoSsid},
    {0x3000, kRd, kNoSsid},
    {0x3000, kEx, kNoSsid},
    {0x4000, kRd, kNoSsid},
    {0x5000, kRd, kNoSsid},
    {0x6000, kRd, kNoSsid},
    {0x7000, kRd, kNoSsid},
    {0x8000, kRd, kNoSsid},
    {0x9000, kRd, kNoSsid},
    {0x9000, kEx | kPv, kNoSsid},
    {0xa000, kRd, kNoSsid},
    {0xb000, kRd, kNoSsid},
    {0x20000, kRd, kNoSsid},
    {0x20000, kEx | kPv, kNoSsid},
    {0x400000, kWr, kNoSsid},
    {0x1000, kRd, 0},
    {0x1000, kRd, 1},
    {0x2000, kEx | kPv, 0},
    {0x20000, kEx, 0},
    {0x20000, kEx | kPv, 0},
    {0x1000, kRd, 3},
    {0x1000, kRd, 4},
    {0x1000, kRd, 40},
    {0x203000, kEx, kNoSsid},
    {0x207000, kRd, kNoSsid},
    {0x208000, kRd, kNoSsid},
    {0x209000, kRd, kNoSsid},
    {0x209000, kEx | kPv, kNoSsid},
    {k2To36, kRd, kNoSsid},
    {k2To38, kRd, kNoSsid},
    {k2To39, kRd, kNoSsid},
    {0x1000000001000, kRd, kNoSsid},
    {0x1000000001000, kEx | kPv, kNoSsid},
    {0xab00000000001000, kRd, kNoSsid},
    {0xabffff8000001000, kRd, kNoSsid},
    {kUpper | 0x1000, kRd, kNoSsid},
    {kUpper | 0x1000, kRd | kPv, kNoSsid},
    {kUpper | 0x1000, kEx, kNoSsid},
    {kUpper | 0x2000, kRd | kPv, kNoSsid},
    {kUpper | 0x4000, kRd, kNoSsid},
    {kUpper | 0xa000, kRd, kNoSsid},
    {kUpper | 0xb000, kRd, kNoSsid},
    {kUpper | 0x400000, kWr, kNoSsid},
    {kUpper | k2To36, kRd, kNoSsid},
    {kUpper | k2To38, kRd, kNoSsid},
    {kUpper - 0x1000, kRd, kNoSsid},
    {UINT64_MAX << 48, kRd, kNoSsid},
};

// Spaces of stage 1: one per CD, and one for the upper half.
void make_stage_1(Bench &b, unsigned n)
{
    b.make_space(n);
    b.store(leaf_slot(n, 0x2000), page(0x202000) & ~0x40ull);         // AP=00
    b.store(leaf_slot(n, 0x3000), page(0x203000) | 0x60000000000000); // UXN, PXN
    b.store(leaf_slot(n, 0x4000), page(k2To36));
    b.store(leaf_slot(n, 0x5000), page(k2To38));
    b.store(leaf_slot(n, 0x6000), page(k2To39));
    b.store(leaf_slot(n, 0x7000), page(0x207000));
    b.store(leaf_slot(n, 0x8000), page(0x208000));
    b.store(leaf_slot(n, 0x9000), page(0x209000));
    b.store(leaf_slot(n, 0xa000), page(0x20a000) & ~0x400ull); // AF=0
    b.store(leaf_slot(n, 0xb000), page(0x10000020b000));
    // The second 2M, and of the first 1G: a table that takes the right to write.
    b.store(space(n) + 0x1010, 0x4000000000000003 | (space(n) + 0x3000));
    b.store(space(n) + 0x3000, page(0x20c000));
    b.store(space(n) + 8 * 64, block(0x40000000));  // 2^36
    b.store(space(n) + 8 * 256, block(0x80000000)); // 2^38
}

void make_stage_2(Bench &b)
{
    b.make_s2_space(0);
    b.store(s2_slot(0, 0x203000), s2_page(0x203000) | 0x40000000000000); // XN=10
    b.store(s2_slot(0, 0x207000), s2_page(0x207000) & ~0x400ull);        // AF=0
    b.store(s2_slot(0, 0x208000), s2_page(0x100000208000));              // 2^44
    b.store(s2_slot(0, 0x209000), 0);
    b.store(s2_slot(0, space(1)), s2_page(space(1)) & ~0x3cull); // Device
    b.store(s2_space(0) + 8 * 64, s2_block(0x40000000));
    b.store(s2_space(0) + 8 * 256, s2_block(0x80000000));
}

// SMMU with overrides of attributes, EL2, ATS, EPAN; neither stalls nor hardware updates, so that
// asking for those is illegal. Little-endian tables of VMSAv8-64.
Config config()
{
    Config c;

    c.idr0(0, 0x400);
    c.smmu.ids.idr3 |= 0x20000;
    return c;
}

using Seen = std::vector<uint64_t>;

void ask(Bench &b, Seen &seen, const Ask &a)
{
    const Answer answer = b.dma(1, a.iova, a.access, a.ssid);

    for (const uint64_t what : {uint64_t{answer.status}, answer.pa, uint64_t{answer.event},
                                uint64_t{answer.page_log2}, uint64_t{answer.granted}})
        seen.push_back(what);
}

// Whether a translation goes with a command that names it by VMID 7 and ASID 10.
void ask_for_tags(Bench &b, Seen &seen)
{
    const uint64_t commands[] = {0xa000700000011, 0x700000028, 0x20}; // NH_ASID, S12_VMALL, EL2_ALL

    for (uint64_t i = 0; i < 3; i++) {
        b.store(leaf_slot(0, 0x1000), page(0x300000 + 0x1000 * i));
        b.store(leaf_slot(2, 0x1000), page(0x300000 + 0x1000 * i));
        b.store(s2_slot(0, 0x210000), s2_page(0x300000 + 0x1000 * i));
        b.run_sync(commands[i]);
        ask(b, seen, {0x1000, kRd, 0});
        ask(b, seen, {0x1000, kRd, kNoSsid});
        ask(b, seen, {kUpper | 0x1000, kRd, kNoSsid});
        ask(b, seen, {0x210000, kRd, kNoSsid});
    }
}

Seen look(const Entry &ste, const Entry &cd)
{
    Bench b(config());
    Seen seen;

    for (unsigned n = 0; n < 3; n++)
        make_stage_1(b, n);
    make_stage_2(b);
    b.ste(1, Seen(ste.begin(), ste.end()));
    for (uint32_t ssid = 0; ssid < 8; ssid++)
        b.cd(1, ssid, {cd_q0(20 + ssid), space(1), 0, 0xff});
    b.cd(1, 0, Seen(cd.begin(), cd.end()));
    b.boot();
    ask(b, seen, {0x210000, kRd, kNoSsid});
    for (const Ask &a : asks)
        ask(b, seen, a);
    for (const uint64_t at : b.reads())
        seen.push_back(at);
    ask_for_tags(b, seen);
    for (uint32_t i = 0; i < b.n_events(); i++) {
        for (const uint64_t word : b.event(i))
            seen.push_back(word);
    }
    seen.push_back(b.n_events());
    seen.push_back(b.read(GERROR));
    return seen;
}

// @used: as the facts have it. @quiet: of these, what nothing shows, and why.
struct Row {
    const char *name;
    Entry entry, used, quiet;
};
MACHINE_CASES(Row)

void expect_bits(const Row &row, const Seen &usual, Seen (*look_at)(const Entry &))
{
    for (unsigned bit = 0; bit < 512; bit++) {
        const uint64_t mask = 1ull << bit % 64;
        Entry flipped = row.entry;

        flipped[bit / 64] ^= mask;
        EXPECT_EQ(look_at(flipped) != usual,
                  (row.used[bit / 64] & ~row.quiet[bit / 64] & mask) != 0)
            << "q" << bit / 64 << "[" << bit % 64 << "]";
    }
}

// ---- CDs ----

// Both halves: 39 bits, 4K (TG0=0, TG1=2), IPS=4 (44 bits), AA64, PAN, R, A, ASID 10.
constexpr uint64_t kCdQ0 = 0xa630480990019;
const Entry usual_cd = {kCdQ0, space(0), space(2), 0xff};

// ---- STEs ----

// Four CDs; PRIVCFG=2, INSTCFG=2; VMID 7, 39 bits, 4K, S2PS=4, AA64, S2R.
constexpr uint64_t kQ0 = 0x1000000000041000, kQ1 = 0xa000000000000;
constexpr uint64_t kQ2 = 0x40c355900000007, kQ3 = 0x100000;

// q0: S1CDMax 63:59, S1ContextPtr 55:6, S1Fmt 5:4, Config 3:1, V.
constexpr uint64_t kUsedQ0 = 0xf8ffffffffffffff;
// q1 of stage 1: S1DSS, S1CIR, S1COR, S1CSH 7:0, DCP 17, PPAR 18, MEV 19, S1STALLD 27, EATS 29:28,
// STRW 31:30. Of stage 2: MEV, S2FWB 25, EATS. Overrides: of types MemAttr 35:32, MTCFG 36,
// ALLOCCFG 40:37, SHCFG 45:44; PRIVCFG 49:48, INSTCFG 51:50.
constexpr uint64_t kS1Q1 = 0xf80e00ff, kS2Q1 = 0x32080000;
constexpr uint64_t kTypes = 0x31ff00000000, kRights = 0xf000000000000;
// q2: S2VMID 15:0, from S2T0SZ to S2R 58:32. q3: S2TTB 55:4, S2DS 3, S2SL0_2 2.
constexpr uint64_t kVmid = 0xffff, kS2Q2 = 0x7ffffff0000ffff, kS2Q3 = 0xfffffffffffffc;

// What nothing shows. Memory attributes are not reported: S1CIR, S1COR, S1CSH, types, S2FWB,
// S2IR0, S2OR0, S2SH0. Events are not merged: MEV. Hints: DCP. No page requests: PPAR.
constexpr uint64_t kQuietS1Q1 = 0xe00fc, kQuietS2Q1 = 0x2080000, kQuietS2Q2 = 0x3f0000000000;
// A table begins where its size says: four CDs, 4K. No DS: S2DS and S2SL0_2 mean nothing.
constexpr uint64_t kQuietQ0 = 0xc0, kQuietS2Q3 = 0xffc;
// EATS: 01 is for requests of another kind; 10 is illegal, and with both stages it is not.
constexpr uint64_t kEats1 = 0x10000000, kEats2 = 0x20000000;

const Row ste_rows[] = {
    {"invalid", {kQ0 | 0xe, kQ1, kQ2, kQ3}, {1}, {}},
    // Any of 0xx is the same.
    {"abort", {kQ0 | 0x1, kQ1, kQ2, kQ3}, {0xf}, {0x6}},
    {"abort_3", {kQ0 | 0x7, kQ1, kQ2, kQ3}, {0xf}, {0x6}},
    {"bypass", {kQ0 | 0x9, kQ1, kQ2, kQ3}, {0xf, kTypes | kRights}, {0, kTypes}},
    {"s1_dss_0",
     {kQ0 | 0xb, kQ1, kQ2, kQ3},
     {kUsedQ0, kS1Q1 | kRights, kVmid},
     {kQuietQ0, kQuietS1Q1 | kEats1}},
    {"s1_dss_1",
     {kQ0 | 0xb, kQ1 | 1, kQ2, kQ3},
     {kUsedQ0, kS1Q1 | kRights | kTypes, kVmid},
     {kQuietQ0, kQuietS1Q1 | kEats1 | kTypes}},
    {"s1_dss_2",
     {kQ0 | 0xb, kQ1 | 2, kQ2, kQ3},
     {kUsedQ0, kS1Q1 | kRights, kVmid},
     {kQuietQ0, kQuietS1Q1 | kEats1}},
    {"s1_of_el2",
     {kQ0 | 0xb, kQ1 | 0x80000002, kQ2, kQ3},
     {kUsedQ0, kS1Q1 | kRights},
     {kQuietQ0, kQuietS1Q1 | kEats1}},
    // What is fetched below stage 1 is what S2PTW is about.
    {"s2",
     {kQ0 | 0xd, kQ1, kQ2, kQ3},
     {0xf, kS2Q1 | kTypes | kRights, kS2Q2, kS2Q3},
     {0, kQuietS2Q1 | kTypes | kEats1, kQuietS2Q2 | 0x40000000000000, kQuietS2Q3}},
    // Above stage 2 STRW is ignored (2.3).
    {"nested",
     {kQ0 | 0xf, kQ1 | 2, kQ2, kQ3},
     {kUsedQ0, (kS1Q1 & ~0xc0000000ull) | kS2Q1 | kTypes | kRights, kS2Q2, kS2Q3},
     {kQuietQ0, kQuietS1Q1 | kQuietS2Q1 | kTypes | kEats1 | kEats2, kQuietS2Q2, kQuietS2Q3}},
    {"nested_dss_1",
     {kQ0 | 0xf, kQ1 | 1, kQ2, kQ3},
     {kUsedQ0, (kS1Q1 & ~0xc0000000ull) | kS2Q1 | kTypes | kRights, kS2Q2, kS2Q3},
     {kQuietQ0, kQuietS1Q1 | kQuietS2Q1 | kTypes | kEats1 | kEats2, kQuietS2Q2, kQuietS2Q3}},
};

class SmmuTableSteBits : public testing::TestWithParam<Row>
{
};
INSTANTIATE_TEST_SUITE_P(Used, SmmuTableSteBits, testing::ValuesIn(ste_rows), name_of<Row>);

TEST_P(SmmuTableSteBits, CountOrDoNot)
{
    const auto of_ste = [](const Entry &ste) { return look(ste, usual_cd); };

    expect_bits(GetParam(), of_ste(GetParam().entry), of_ste);
}

// The same of CDs. q0 of a half: T0SZ, TG0, IR0, OR0, SH0 13:0; T1SZ to SH1 29:16. Others: EPD0 14,
// ENDI 15, EPD1 30, V 31, IPS 34:32, AFFD, WXN, UWXN, TBI0, TBI1, PAN, AA64, HD, HA, S, R, A, ASET,
// ASID. q1, q2: TTBx 55:4, HADx 1, E0PDx 2; q1 EPAN 59, q2 DS 58. q3: MAIR.
constexpr uint64_t kHalf0 = 0x3fff, kHalf1 = 0x3fff0000, kRest0 = ~(kHalf0 | kHalf1);
constexpr uint64_t kTtb = 0xfffffffffffff0, kEpan = 0x800000000000000, kDs = 0x400000000000000;

// No attributes: IR, OR, SH. UWXN is the rule of these tables whatever it says; ASET is about
// broadcasts. A table begins where its size says. Absent: E0PD, DS; attributes: MAIR.
constexpr uint64_t kQuietHalf0 = 0x3f00, kQuietHalf1 = 0x3f000000, kQuietRest0 = 0x802000000000;
constexpr uint64_t kQuietTtb = 0xff0, kE0pd = 0x4;

const Row cd_rows[] = {
    {"invalid", {kCdQ0 & ~0x80000000ull, space(0), space(2), 0xff}, {0x80000000}, {}},
    {"both_halves",
     usual_cd,
     {UINT64_MAX, kTtb | kEpan | 6, kTtb | kDs | 6, UINT64_MAX},
     {kQuietHalf0 | kQuietHalf1 | kQuietRest0, kQuietTtb | kE0pd, kQuietTtb | kDs | kE0pd,
      UINT64_MAX}},
    // One half alone: of the other, its top byte and what its tables take away mean nothing, and
    // rights of users are asked of both.
    {"lower_half",
     {kCdQ0 | 0x40000000, space(0), space(2), 0xff},
     {kHalf0 | kRest0, kTtb | kEpan | 6, kDs | 6, UINT64_MAX},
     {kQuietHalf0 | kQuietRest0 | 0x8000000000, kQuietTtb | kE0pd, kDs | 6, UINT64_MAX}},
    {"upper_half",
     {kCdQ0 | 0x4000, space(0), space(2), 0xff},
     {kHalf1 | kRest0, kEpan | 6, kTtb | kDs | 6, UINT64_MAX},
     {kQuietHalf1 | kQuietRest0 | 0x4000000000, 6, kQuietTtb | kDs | kE0pd, UINT64_MAX}},
};

// EL2: no upper half, neither EPD0 nor EPD1, no ASID; one privilege, so nothing of PAN.
const Row el2_cd_rows[] = {
    {"el2",
     {kCdQ0, space(0), space(2), 0xff},
     {kHalf0 | (kRest0 & ~0xffff018040004000), kTtb | 6, kDs, UINT64_MAX},
     {kQuietHalf0 | kQuietRest0, kQuietTtb | kE0pd, kDs, UINT64_MAX}},
};

class SmmuTableCdBits : public testing::TestWithParam<Row>
{
};
INSTANTIATE_TEST_SUITE_P(Used, SmmuTableCdBits, testing::ValuesIn(cd_rows), name_of<Row>);

TEST_P(SmmuTableCdBits, CountOrDoNot)
{
    const auto of_cd = [](const Entry &cd) { return look({kQ0 | 0xb, 2, 7}, cd); };

    expect_bits(GetParam(), of_cd(GetParam().entry), of_cd);
}

class SmmuTableEl2CdBits : public testing::TestWithParam<Row>
{
};
INSTANTIATE_TEST_SUITE_P(Used, SmmuTableEl2CdBits, testing::ValuesIn(el2_cd_rows), name_of<Row>);

TEST_P(SmmuTableEl2CdBits, CountOrDoNot)
{
    const auto of_cd = [](const Entry &cd) { return look({kQ0 | 0xb, 0x80000002}, cd); };

    expect_bits(GetParam(), of_cd(GetParam().entry), of_cd);
}

} // namespace
