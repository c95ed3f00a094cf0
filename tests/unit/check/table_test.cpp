// SPDX-License-Identifier: BSD-2-Clause
// table_test.cpp - verdicts of maps and unmaps, and what permissions have to do with it.
// Knows: chk.h. Must not know: segments, slots.
#include "tests/unit/check/stream.h"

namespace
{

using namespace chk_test;

constexpr uint64_t kWild = 0xdead0000;

/* ---- maps and unmaps ---- */

struct TableRow {
    const char *name;
    uint64_t iova;
    bool inside;
    uint64_t pa;
    const char *classes;
};

class Unmap : public testing::TestWithParam<TableRow>
{
};

constexpr uint64_t kPage2 = kIova + 0x1000;

void table_case(Stream &s, const TableRow &row, bool is_map)
{
    const auto answer = [&] { row.pa ? s.served(row.pa, row.iova) : s.refused(row.iova); };

    if (!is_map)
        s.map(kDomA, kIova, kPaA);
    s.map(kDomA, kPage2, kPaA + 0x1000);
    s.switch_begin(kDev, kDomA, kTypePaging);
    s.switch_end(kDev, kDomA, kTypePaging);
    if (is_map) {
        s.begin(SIM_OP_MAP, SIM_NO_DEV, kDomA, kIova, 0x1000);
        sim_record rec = s.make(SIM_R_MAP);
        rec.map.domain = kDomA;
        rec.map.iova = kIova;
        rec.map.pa = kPaA;
        rec.map.size = 0x1000;
        s.put(rec);
        if (row.inside)
            answer();
        s.end(SIM_OP_MAP, SIM_NO_DEV, kDomA, 0, kIova);
    } else {
        s.unmap_begin(kDomA, kIova);
        if (row.inside)
            answer();
        s.unmap_end(kDomA, kIova);
    }
    if (!row.inside)
        answer();
}

TEST_P(Unmap, IsClassed)
{
    Stream s;

    table_case(s, GetParam(), false);
    EXPECT_EQ(s.last().op, SIM_OP_UNMAP);
    EXPECT_EQ(classes(s.last()), GetParam().classes);
    EXPECT_FALSE(s.last().inconclusive);
}

const TableRow kUnmaps[] = {
    {"ServedInside", kIova, true, kPaA, ""},
    {"RefusedInside", kIova, true, 0, ""},
    {"ServedAfter", kIova, false, kPaA, "STALE"},
    {"RefusedAfter", kIova, false, 0, ""},
    {"WildInside", kIova, true, kWild, "TORN"},
    {"WildAfter", kIova, false, kWild, "STALE"},
    {"NeighbourRefusedInside", kPage2, true, 0, "BREAKS"},
    {"NeighbourServedInside", kPage2, true, kPaA + 0x1000, ""},
    {"NeighbourRefusedAfter", kPage2, false, 0, "STALE-REFUSAL"},
    {"NeighbourServedAfter", kPage2, false, kPaA + 0x1000, ""},
};

INSTANTIATE_TEST_SUITE_P(All, Unmap, testing::ValuesIn(kUnmaps),
                         [](const auto &info) { return info.param.name; });

class Map : public testing::TestWithParam<TableRow>
{
};

TEST_P(Map, IsClassed)
{
    Stream s;

    table_case(s, GetParam(), true);
    EXPECT_EQ(s.last().op, SIM_OP_MAP);
    EXPECT_EQ(classes(s.last()), GetParam().classes);
}

const TableRow kMaps[] = {
    {"ServedInside", kIova, true, kPaA, ""},
    {"RefusedInside", kIova, true, 0, ""},
    {"ServedAfter", kIova, false, kPaA, ""},
    {"RefusedAfter", kIova, false, 0, "STALE-REFUSAL"},
    {"WildInside", kIova, true, kWild, "TORN"},
    {"NeighbourRefusedInside", kPage2, true, 0, "BREAKS"},
};

INSTANTIATE_TEST_SUITE_P(All, Map, testing::ValuesIn(kMaps),
                         [](const auto &info) { return info.param.name; });

TEST(Verdict, LazyDomainMayServeWhatIsUnmapped)
{
    Stream s;

    s.map(kDomA, kIova, kPaA);
    s.switch_begin(kDev, kDomA, kTypeLazy);
    s.switch_end(kDev, kDomA, kTypeLazy);
    s.unmap(kDomA, kIova);
    s.served(kPaA);
    EXPECT_EQ(classes(s.last()), "");
    EXPECT_EQ(s.last().dma.unchecked, 1u);
}

/* ---- permissions ---- */

struct ProtRow {
    const char *name;
    int prot; /* -1: nobody told */
    uint8_t access;
    bool is_refused;
    uint32_t event;
    const char *classes;
    uint64_t unchecked;
};

class Prot : public testing::TestWithParam<ProtRow>
{
};

TEST_P(Prot, IsPartOfThePromise)
{
    const ProtRow &row = GetParam();
    Stream s;
    sim_dma_seen seen;

    s.map(kDomA, kIova, kPaA, row.prot);
    s.switch_begin(kDev, kDomA, kTypePaging);
    s.switch_end(kDev, kDomA, kTypePaging);
    seen = s.request();
    seen.access = row.access;
    seen.status = row.is_refused ? SIM_DMA_ABORT : SIM_DMA_OK;
    seen.pa = kPaA;
    seen.event = row.event;
    s.answer(seen);
    EXPECT_EQ(classes(s.last()), row.classes);
    EXPECT_EQ(s.last().dma.unchecked, row.unchecked);
}

const ProtRow kProts[] = {
    {"ReadOfReadOnly", SIM_PROT_R, SIM_DMA_READ, false, 0, "", 0},
    {"WriteToReadOnly", SIM_PROT_R, SIM_DMA_WRITE, false, 0, "STALE", 0},
    {"WriteToReadOnlyRefused", SIM_PROT_R, SIM_DMA_WRITE, true, kPermission, "", 0},
    {"ReadOfReadOnlyRefused", SIM_PROT_R, SIM_DMA_READ, true, kPermission, "STALE-REFUSAL", 0},
    {"ReadOfWriteOnly", SIM_PROT_W, SIM_DMA_READ, false, 0, "", 0},
    {"WriteRefusedAndNobodyTold", -1, SIM_DMA_WRITE, true, kPermission, "", 1},
    {"WriteRefusedForAnotherReason", -1, SIM_DMA_WRITE, true, kBadCd, "STALE-REFUSAL", 0},
    {"WriteAndNobodyTold", -1, SIM_DMA_WRITE, false, 0, "", 0},
};

INSTANTIATE_TEST_SUITE_P(All, Prot, testing::ValuesIn(kProts),
                         [](const auto &info) { return info.param.name; });

} // namespace
