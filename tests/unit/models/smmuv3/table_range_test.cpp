// SPDX-License-Identifier: BSD-2-Clause
// TLB invalidation of ranges: how far they reach, of which granule and level, which of them are
// reserved (5.3 of the facts).
#include "tests/unit/models/smmuv3/machine_bench.h"

namespace
{

using namespace machine;

constexpr uint64_t kMoved = 0x4000000000; // where a changed leaf leads, beside the old place

// TG of commands, TG0 of a CD and S2TG of an STE, TG1: three codes (10, row 6).
struct Granule {
    unsigned log2;
    uint64_t tg, tg0, tg1;
    unsigned n, m; // levels of 48 bits in stage 1, and in stage 2 with S2SL0=2
};
const Granule granules[] = {{12, 1, 0, 2, 4, 4}, {14, 2, 2, 1, 4, 3}, {16, 3, 1, 3, 3, 3}};

// A stream of one stage with 48 bits: VMID 7, ASID 5. Both halves of stage 1 have the same tables.
class Space
{
  public:
    Space(const Granule &granule, bool is_stage_2)
        : g_(granule), is_s2_(is_stage_2), n_(is_stage_2 ? granule.m : granule.n)
    {
        b.ste(1, {cds_of(1) | 0xb, 0, 7});
        if (is_s2_)
            b.ste(1, {0xd, 0, 0x40d359000000007 | g_.tg0 << 46, 0x100000});
        b.cd(1, 0, {0x5620580100010 | g_.tg0 << 6 | g_.tg1 << 22, 0x100000, 0x100000, 0xff});
        b.boot();
    }

    // A leaf at @level for @address, which leads to @to. Where it is.
    uint64_t map(uint64_t address, uint64_t to, unsigned level = 3)
    {
        uint64_t table = 0x100000;

        for (unsigned i = 4 - n_;; i++) {
            const unsigned low = g_.log2 + (g_.log2 - 3) * (3 - i);
            const uint64_t index = address >> low;
            const uint64_t mask = i == 4 - n_ ? UINT64_MAX : (UINT64_C(1) << (g_.log2 - 3)) - 1;
            const uint64_t at = table + 8 * (index & mask);

            if (i == level) {
                b.store(at, value(to & ~((UINT64_C(1) << low) - 1), level));
                return at;
            }
            if (!b.load(at)) {
                b.store(at, next_ | 3);
                next_ += 0x10000;
            }
            table = b.load(at) & ~UINT64_C(0xfff);
        }
    }

    void command(uint64_t num, uint64_t scale, uint64_t q1)
    {
        const uint64_t op = is_s2_ ? 0x70000002a : 0x5000700000012;

        b.run_sync(op | num << 12 | scale << 20, q1);
    }

    Bench b;

  private:
    uint64_t value(uint64_t to, unsigned level) const
    {
        if (is_s2_)
            return level == 3 ? s2_page(to) : s2_block(to);
        return level == 3 ? page(to) : block(to);
    }

    const Granule g_;
    const bool is_s2_;
    const unsigned n_;
    uint64_t next_ = 0x200000;
};

// ---- I03: from the address, (NUM + 1) * 2^SCALE granules ----

struct Length {
    uint64_t num, scale, n_granules;
};
const Length lengths[] = {
    {0, 1, 0x2},     {1, 0, 0x2},      {2, 0, 0x3},      {30, 0, 0x1f},       {31, 0, 0x20},
    {0, 4, 0x10},    {0, 5, 0x20},     {3, 4, 0x40},     {14, 5, 0x1e0},      {0, 9, 0x200},
    {31, 9, 0x4000}, {0, 16, 0x10000}, {5, 17, 0xc0000}, {31, 20, 0x2000000},
};

class SmmuTableRange : public testing::TestWithParam<std::tuple<Granule, bool>>
{
};
INSTANTIATE_TEST_SUITE_P(I03, SmmuTableRange,
                         testing::Combine(testing::ValuesIn(granules), testing::Bool()),
                         [](const auto &info) {
                             const Granule &g = std::get<0>(info.param);

                             return (std::get<1>(info.param) ? "s2_" : "s1_") +
                                    std::to_string((1u << g.log2) / 1024) + "k";
                         });

TEST_P(SmmuTableRange, ReachesFromItsAddressToItsEnd)
{
    const Granule &g = std::get<0>(GetParam());
    const uint64_t page_bytes = UINT64_C(1) << g.log2, base = UINT64_C(1) << 46;

    for (const Length &l : lengths) {
        Space s(g, std::get<1>(GetParam()));
        const uint64_t end = base + l.n_granules * page_bytes;
        const struct {
            uint64_t address;
            bool is_in;
        } rows[] = {{base - page_bytes, false}, {base, true}, {base + page_bytes, true},
                    {end - page_bytes, true},   {end, false}, {end + page_bytes, false}};
        std::vector<uint64_t> at;

        for (const auto &row : rows)
            at.push_back(s.map(row.address, 0x800000));
        for (const auto &row : rows)
            ASSERT_EQ(s.b.target(1, row.address), 0x800000u);
        for (const uint64_t one : at)
            s.b.store(one, s.b.load(one) | kMoved);
        s.command(l.num, l.scale, base | g.tg << 10 | 1);
        for (const auto &row : rows) {
            EXPECT_EQ(s.b.target(1, row.address), row.is_in ? 0x800000 | kMoved : 0x800000)
                << std::hex << row.address << " NUM " << l.num << " SCALE " << l.scale;
        }
        EXPECT_EQ(s.b.read(GERROR), 0u);
    }
}

// The largest range is larger than what there is; it has no end, but a beginning.
TEST_P(SmmuTableRange, MayBeLargerThanAddresses)
{
    const Granule &g = std::get<0>(GetParam());
    const uint64_t page_bytes = UINT64_C(1) << g.log2, base = UINT64_C(1) << 46;
    const uint64_t last = 0x1000000000000 - page_bytes;
    Space s(g, std::get<1>(GetParam()));

    for (const uint64_t address : {UINT64_C(0), base - page_bytes, base, last}) {
        const uint64_t at = s.map(address, 0x800000);

        ASSERT_EQ(s.b.target(1, address), 0x800000u);
        s.b.store(at, s.b.load(at) | kMoved);
    }
    s.command(31, 31, base | g.tg << 10 | 1);
    EXPECT_EQ(s.b.target(1, 0), 0x800000u);
    EXPECT_EQ(s.b.target(1, base - page_bytes), 0x800000u);
    EXPECT_EQ(s.b.target(1, base), 0x800000 | kMoved);
    EXPECT_EQ(s.b.target(1, last), 0x800000 | kMoved);
}

// I07: at the top of the address space it ends.
TEST(SmmuTableRangeTop, DoesNotWrap)
{
    for (const Granule &g : granules) {
        for (const uint64_t num : {1u, 31u}) {
            Space s(g, false);
            const uint64_t top = UINT64_MAX << g.log2;

            for (const uint64_t address : {UINT64_C(0), top}) {
                const uint64_t at = s.map(address & 0xffffffffffff, 0x800000);

                ASSERT_EQ(s.b.target(1, address), 0x800000u) << g.log2;
                s.b.store(at, s.b.load(at) | kMoved);
            }
            s.command(num, 0, top | g.tg << 10 | 1);
            EXPECT_EQ(s.b.target(1, top), 0x800000 | kMoved) << g.log2;
            EXPECT_EQ(s.b.target(1, 0), 0x800000u) << g.log2;
        }
    }
}

// ---- I02, I04: granule and level ----

struct Leaf {
    Granule granule;
    unsigned level;
};
const Leaf leaves[] = {
    {granules[0], 1}, {granules[0], 2}, {granules[0], 3}, {granules[1], 2},
    {granules[1], 3}, {granules[2], 2}, {granules[2], 3},
};

class SmmuTableLevel : public testing::TestWithParam<std::tuple<Leaf, bool>>
{
};
INSTANTIATE_TEST_SUITE_P(I04, SmmuTableLevel,
                         testing::Combine(testing::ValuesIn(leaves), testing::Bool()),
                         [](const auto &info) {
                             const Leaf &l = std::get<0>(info.param);

                             return (std::get<1>(info.param) ? "s2_" : "s1_") +
                                    std::to_string((1u << l.granule.log2) / 1024) + "k_level_" +
                                    std::to_string(l.level);
                         });

TEST_P(SmmuTableLevel, DropsLeavesOfItsGranuleAndLevel)
{
    const Leaf &l = std::get<0>(GetParam());
    Space s(l.granule, std::get<1>(GetParam()));
    const uint64_t address = UINT64_C(1) << 46;
    const uint64_t at = s.map(address, UINT64_C(1) << 36, l.level);
    const uint64_t value = s.b.load(at);

    for (uint64_t tg = 0; tg < 4; tg++) {
        for (uint64_t ttl = 0; ttl < 4; ttl++) {
            const bool is_any_level = !ttl || (tg == 2 && ttl == 1); // I04: 16K has no level 1

            for (const uint64_t is_leaf : {0u, 1u}) {
                const bool is_gone =
                    !tg || (tg == l.granule.tg && (is_any_level || ttl == l.level));

                s.b.store(at, value);
                ASSERT_EQ(s.b.target(1, address), UINT64_C(1) << 36);
                s.b.store(at, value | kMoved);
                s.command(1, 0, address | tg << 10 | ttl << 8 | is_leaf);
                EXPECT_EQ(s.b.target(1, address), UINT64_C(1) << 36 | (is_gone ? kMoved : 0))
                    << "TG " << tg << " TTL " << ttl << " Leaf " << is_leaf;
                s.b.run_sync(0x30);
            }
        }
    }
    EXPECT_EQ(s.b.read(GERROR), 0u);
}

// ---- I05: what is reserved ----

TEST(SmmuTableReserved, StopsTheQueueAndNothingElseDoes)
{
    for (const uint64_t op : {0x12u, 0x13u, 0x22u, 0x23u, 0x2au}) {
        for (unsigned i = 0; i < 64; i++) {
            const uint64_t tg = i & 3, ttl = i >> 2 & 3, num = i >> 4 & 1, scale = i >> 5;
            const bool is_reserved = tg && !num && !scale && (!ttl || (tg == 2 && ttl == 1)); // 16K
            Bench b;

            b.boot();
            b.run(op | num << 12 | scale << 20, tg << 10 | ttl << 8 | 1);
            EXPECT_EQ(b.read(GERROR), is_reserved ? 1u : 0u) << std::hex << op << " " << i;
            EXPECT_EQ(b.read(CMDQ_CONS), is_reserved ? 0x1000000u : 1u);
        }
    }
}

// Without RIL the fields do not exist.
TEST(SmmuTableReserved, NothingIsWithoutRil)
{
    for (const uint64_t op : {0x12u, 0x13u, 0x22u, 0x23u, 0x2au}) {
        for (uint64_t i = 0; i < 16; i++) {
            Config c;

            c.smmu.ids.idr3 &= ~0x400u;
            Bench b(c);

            b.boot();
            b.run(op, (i & 3) << 10 | (i >> 2) << 8 | 1);
            EXPECT_EQ(b.read(GERROR), 0u) << std::hex << op << " " << i;
        }
    }
}

} // namespace
