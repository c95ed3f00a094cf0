// SPDX-License-Identifier: BSD-2-Clause
// Sizes: every input size of every granule and stage, where its tables begin, which address is the
// last; every output size (4.2, 4.3, 4.4, D08, E14, E15 of the facts).
#include <algorithm>

#include "tests/unit/models/smmuv3/machine_bench.h"

namespace
{

using namespace machine;

constexpr uint64_t kTop = 0x400000; // the first table, aligned to 16 of 64K

// By granule: log2, TG0 and S2TG, TG1.
struct Granule {
    unsigned log2;
    uint64_t tg0, tg1;
};
const Granule granules[] = {{12, 0, 2}, {14, 2, 1}, {16, 1, 3}};

std::string granule_name(const testing::TestParamInfo<std::tuple<Granule, bool>> &row)
{
    return std::to_string((1u << std::get<0>(row.param).log2) / 1024) + "k" +
           (std::get<1>(row.param) ? "_small_tables" : "");
}

// A page at @address of @n levels that leads to itself, or to @to.
void map(Bench &b, const Granule &g, unsigned n, uint64_t address, uint64_t leaf)
{
    uint64_t table = kTop;
    uint64_t next = 0x800000 + (address & 0x1000 ? 0x100000 : 0);

    for (unsigned i = 0; i < n; i++) {
        const unsigned low = g.log2 + (g.log2 - 3) * (n - 1 - i);
        const uint64_t mask = i ? (UINT64_C(1) << (g.log2 - 3)) - 1 : UINT64_MAX;
        const uint64_t at = table + 8 * ((address >> low) & mask);

        if (i == n - 1) {
            b.store(at, leaf);
            return;
        }
        if (!b.load(at))
            b.store(at, next | 3);
        table = b.load(at) & ~UINT64_C(0xfff);
        next = table + 0x10000;
    }
}

// Levels: 4 - start, start = 4 - ceil((64 - TxSZ - g) / s).
unsigned levels_of(const Granule &g, unsigned txsz)
{
    const unsigned stride = g.log2 - 3;

    return (64 - txsz - g.log2 + stride - 1) / stride;
}

// 16 to 39, with small tables to 48, and 47 of 64K.
bool is_legal(const Granule &g, unsigned txsz, bool has_stt)
{
    return txsz >= 16 && txsz <= (!has_stt ? 39u : g.log2 == 16 ? 47u : 48u);
}

Config config_of(bool has_stt)
{
    Config c;

    if (has_stt)
        c.smmu.ids.idr3 |= 0x200;
    return c;
}

size_t reads_of(Bench &b, uint64_t address, Answer *answer)
{
    const size_t n = b.reads().size();

    *answer = b.dma(1, address);
    return b.reads().size() - n;
}

// ---- stage 1 ----

class SmmuTableS1Size : public testing::TestWithParam<std::tuple<Granule, bool>>
{
};
INSTANTIATE_TEST_SUITE_P(Txsz, SmmuTableS1Size,
                         testing::Combine(testing::ValuesIn(granules), testing::Bool()),
                         granule_name);

// First and last address of the half; the one beyond is a fault, before anything is read (T01).
void expect_half(const Granule &g, unsigned txsz, bool is_upper, bool has_stt)
{
    const uint64_t size = UINT64_C(1) << (64 - txsz), start = is_upper ? 0 - size : 0;
    const uint64_t last = start + size - 8, beyond = is_upper ? start - 8 : size;
    const uint64_t t = txsz, other = 25;
    Bench b(config_of(has_stt));
    Answer a;

    b.ste(1, {cds_of(1) | 0xb});
    b.cd(1, 0,
         {0x1620580000000 | (is_upper ? t << 16 | other : other << 16 | t) | g.tg0 << 6 |
              g.tg1 << 22,
          is_upper ? UINT64_C(0x600000) : kTop, is_upper ? kTop : UINT64_C(0x600000), 0xff});
    b.boot();
    if (!is_legal(g, txsz, has_stt)) {
        EXPECT_EQ(b.dma(1, 0).event, C_BAD_CD);
        return;
    }
    map(b, g, levels_of(g, txsz), 0, page(0x10000));
    map(b, g, levels_of(g, txsz), size - 8, page(0x20000));
    EXPECT_EQ(reads_of(b, last, &a), 2 + levels_of(g, txsz)); // STE and CD, too
    EXPECT_EQ(a.pa, 0x20000 + (last & ((UINT64_C(1) << g.log2) - 1)));
    EXPECT_EQ(b.target(1, start), 0x10000u);
    EXPECT_EQ(b.n_events(), 0u);
    EXPECT_EQ(reads_of(b, beyond, &a), 0u);
    EXPECT_EQ(a.event, F_TRANSLATION);
    ASSERT_EQ(b.n_events(), 1u);
    EXPECT_EQ(b.event(0)[1], kInput | kRead);
    EXPECT_EQ(b.event(0)[2], beyond);
}

TEST_P(SmmuTableS1Size, EveryOne)
{
    for (unsigned txsz = 0; txsz < 64; txsz++) {
        for (const bool is_upper : {false, true}) {
            SCOPED_TRACE(testing::Message() << "TxSZ " << txsz << (is_upper ? " upper" : ""));
            if (txsz) // 64 bits are no half
                expect_half(std::get<0>(GetParam()), txsz, is_upper, std::get<1>(GetParam()));
        }
    }
}

// ---- stage 2 ----

// 4.4: levels of a start level, and the T0SZ that it allows. 0 levels: there is no such.
struct Start {
    unsigned n, first, last;
};
const Start starts_4k[] = {{2, 30, 42}, {3, 21, 33}, {4, 16, 24}, {1, 39, 48}};
const Start starts_16k[] = {{1, 35, 48}, {2, 24, 38}, {3, 16, 27}, {0, 0, 0}};
const Start starts_64k[] = {{1, 31, 47}, {2, 18, 34}, {3, 12, 21}, {0, 0, 0}};

void expect_stage_2(const Granule &g, unsigned t0sz, unsigned sl0, bool has_stt)
{
    const Start *starts = g.log2 == 12 ? starts_4k : g.log2 == 14 ? starts_16k : starts_64k;
    const Start start = starts[sl0];
    // Level 3 of 4K is one of the small tables.
    const bool is_level_3_of_4k = g.log2 == 12 && sl0 == 3;
    const bool is_ok = is_legal(g, t0sz, has_stt) && start.n && t0sz >= start.first &&
                       t0sz <= start.last && (has_stt || !is_level_3_of_4k);
    Bench b(config_of(has_stt));
    Answer a;

    b.ste(1, {0xd, 0, 0x40d350000000007 | uint64_t{t0sz} << 32 | uint64_t{sl0} << 38 | g.tg0 << 46,
              kTop});
    b.boot();
    if (!is_ok) {
        EXPECT_EQ(b.dma(1, 0).event, C_BAD_STE);
        return;
    }
    const uint64_t size = UINT64_C(1) << (64 - t0sz);

    map(b, g, start.n, 0, s2_page(0x10000));
    map(b, g, start.n, size - 8, s2_page(0x20000));
    EXPECT_EQ(reads_of(b, size - 8, &a), 1 + start.n); // the STE, too
    EXPECT_EQ(a.pa, 0x20000 + ((size - 8) & ((UINT64_C(1) << g.log2) - 1)));
    EXPECT_EQ(b.target(1, 0), 0x10000u);
    EXPECT_EQ(b.n_events(), 0u);
    // T04; at 2^IAS it is T05, of no stage.
    EXPECT_EQ(reads_of(b, size, &a), 0u);
    EXPECT_EQ(a.event, t0sz == 16 ? F_ADDR_SIZE : F_TRANSLATION);
    ASSERT_EQ(b.n_events(), 1u);
    EXPECT_EQ(b.event(0)[1] & ~kTableRead, kInput | kRead | (t0sz == 16 ? 0 : kS2));
    EXPECT_EQ(b.event(0)[2], size);
}

class SmmuTableS2Size : public testing::TestWithParam<std::tuple<Granule, bool>>
{
};
INSTANTIATE_TEST_SUITE_P(T0szAndSl0, SmmuTableS2Size,
                         testing::Combine(testing::ValuesIn(granules), testing::Bool()),
                         granule_name);

TEST_P(SmmuTableS2Size, EveryOne)
{
    for (unsigned t0sz = 0; t0sz < 64; t0sz++) {
        for (unsigned sl0 = 0; sl0 < 4; sl0++) {
            SCOPED_TRACE(testing::Message() << "S2T0SZ " << t0sz << " S2SL0 " << sl0);
            expect_stage_2(std::get<0>(GetParam()), t0sz, sl0, std::get<1>(GetParam()));
        }
    }
}

// ---- outputs: T03, T04, T05 ----

const unsigned output_bits[] = {32, 36, 40, 42, 44, 48, 52, 56};

class SmmuTableOutput : public testing::TestWithParam<unsigned>
{
  protected:
    // OAS of that code; 4K and 39 bits.
    Config config() const
    {
        Config c;

        c.smmu.ids.idr5 = 0x70 | GetParam();
        return c;
    }
    unsigned bits(unsigned code) const
    {
        return std::min(output_bits[code], output_bits[GetParam()]);
    }
};
INSTANTIATE_TEST_SUITE_P(Oas, SmmuTableOutput, testing::Range(0u, 6u));

TEST_P(SmmuTableOutput, T03_OfStage1)
{
    for (uint64_t ips = 0; ips < 8; ips++) {
        Bench b(config());

        b.make_stream(1, 0, 1);
        b.cd(1, 0, {0x16200c0000019 | ips << 32, space(0), 0, 0xff});
        b.boot();
        for (unsigned bit = 31; bit < 48; bit++) {
            const uint64_t pa = UINT64_C(1) << bit;
            const bool is_ok = bit < bits(static_cast<unsigned>(ips));

            SCOPED_TRACE(testing::Message() << "IPS " << ips << " bit " << bit);
            b.store(leaf_slot(0, 0x1000), page(pa));
            EXPECT_EQ(b.dma(1, 0x1000).event, is_ok ? NO_EVENT : F_ADDR_SIZE);
            b.store(space(0) + 0x1008, pa | 3); // a table
            b.store(pa, page(0x777000));
            EXPECT_EQ(b.dma(1, 0x200000).event, is_ok ? NO_EVENT : F_ADDR_SIZE);
            b.run_sync(0x30);
        }
    }
}

TEST_P(SmmuTableOutput, T04_OfStage2)
{
    for (uint64_t s2ps = 0; s2ps < 8; s2ps++) {
        Bench b(config());

        // 32 bits: what is in the range of every OAS.
        b.ste(1, {0xd, 0, 0x408356000000007 | s2ps << 48, s2_space(0)});
        b.store(s2_space(0), (s2_space(0) + 0x1000) | 3);
        b.store(s2_space(0) + 0x1000, (s2_space(0) + 0x2000) | 3);
        b.boot();
        for (unsigned bit = 31; bit < 48; bit++) {
            const uint64_t pa = UINT64_C(1) << bit;
            const bool is_ok = bit < bits(static_cast<unsigned>(s2ps));

            SCOPED_TRACE(testing::Message() << "S2PS " << s2ps << " bit " << bit);
            b.store(s2_slot(0, 0x1000), s2_page(pa));
            EXPECT_EQ(b.dma(1, 0x1000).event, is_ok ? NO_EVENT : F_ADDR_SIZE);
            b.store(s2_space(0) + 0x1008, pa | 3); // a table
            b.store(pa, s2_page(0x777000));
            EXPECT_EQ(b.dma(1, 0x200000).event, is_ok ? NO_EVENT : F_ADDR_SIZE);
            b.run_sync(0x30);
        }
    }
}

// T05: what no stage translates must fit, and is a fault of no stage that cannot be silenced. With
// stage 2 it is about IAS, which is OAS without the short format.
TEST_P(SmmuTableOutput, T05_OfNoStage)
{
    const uint64_t limit = UINT64_C(1) << bits(5);
    // Bypass; stage 1 skipped by S1DSS; S2R=0.
    const std::vector<uint64_t> stes[] = {{0x9},
                                          {0x100000000004100b, 1},
                                          {0xd, 0, 0xd356000000007, s2_space(0)},
                                          {0x100000000004100f, 1, 0xd356000000007, s2_space(0)}};

    for (const auto &ste : stes) {
        Bench b(config());

        b.ste(1, ste);
        b.boot();
        const Answer below = b.dma(1, limit - 8);
        EXPECT_NE(below.event, F_ADDR_SIZE);
        EXPECT_EQ(b.n_events(), 0u);
        EXPECT_EQ(b.dma(1, limit).status, SIM_DMA_ABORT);
        ASSERT_EQ(b.n_events(), 1u);
        EXPECT_EQ(b.event(0)[0], 0x100000011u);
        EXPECT_EQ(b.event(0)[1] & ~kTableRead, kInput | kRead);
        EXPECT_EQ(b.event(0)[2], limit);
    }
}

} // namespace
