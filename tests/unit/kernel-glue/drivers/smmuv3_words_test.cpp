// SPDX-License-Identifier: BSD-2-Clause
// smmuv3_words_test.cpp - what entries and tables say, as raw words: typed from the architecture.
#include "tests/unit/kernel-glue/drivers/smmuv3_bench.h"

#include <cerrno>

using namespace drv_test;

namespace
{

// Where the port puts things, the lowest place that fits first: two queues of 4 MiB, 2 KiB of
// L1STDs at 0x40800000, the STEs of the first 256 StreamIDs (16 KiB); pages that come later at
// 0x40801000, 0x40802000, 0x40803000, 0x40808000...
constexpr uint64_t stes = 0x40804000;
constexpr uint64_t ste_at = stes + 0x20 * 64;

std::vector<uint64_t> words(const DriverRun &run, uint64_t pa)
{
    std::vector<uint64_t> found;

    for (uint64_t i = 0; i < 8; i++)
        found.push_back(run.port.load(pa + 8 * i));
    while (!found.empty() && !found.back())
        found.pop_back();
    return found;
}

using Words = std::vector<uint64_t>;

/* ---- STE ---- */

TEST(Ste, of_each_kind)
{
    DriverRun run("linux-6.12");
    drv_device *device = run.device(0x20);
    drv_domain *s1 = run.domain(DRV_PAGING, 1), *s2 = run.domain(DRV_PAGING, 2);

    EXPECT_EQ((Words{0x1}), words(run, ste_at)); // V, abort
    ASSERT_EQ(0, run.attach(device, run.identity));
    EXPECT_EQ((Words{0x9, 1ull << 44}), words(run, ste_at)); // V, bypass; SHCFG incoming
    ASSERT_EQ(0, run.attach(device, s1));
    // V, stage 1, CD table at 0x40803000; S1DSS SSID0, write-back, inner shareable
    EXPECT_EQ((Words{0x4080300b, 0xd6}), words(run, ste_at));
    ASSERT_EQ(0, run.attach(device, s2));
    // V, stage 2; SHCFG; VMID 1, T0SZ 16, SL0 2, WB WB ISH, 4K, 48 bits, AA64, PTW, R; table
    EXPECT_EQ((Words{0xd, 1ull << 44, 0x044d359000000001, 0x40802000}), words(run, ste_at));
}

// IDR1.SSIDSIZE 16. Without two levels of CDs, Linux's limit is 2^10.
TEST(Ste, has_as_many_cds_as_the_smmu_the_device_and_a_linear_table_can_have)
{
    const struct {
        uint32_t idr0;
        uint8_t pasid_bits;
        uint64_t s1cdmax;
    } cases[] = {{0x94c721b, 12, 12}, {0x94c721b, 20, 16}, {0x944721b, 12, 10}, {0x944721b, 9, 9}};

    for (const auto &row : cases) {
        DriverRun run("linux-6.12", {row.idr0});

        ASSERT_EQ(0, run.attach(run.device(0x20, 0, row.pasid_bits), run.domain(DRV_PAGING, 1)));
        EXPECT_EQ(row.s1cdmax, words(run, ste_at).at(0) >> 59) << int(row.pasid_bits);
    }
}

TEST(Ste, of_a_device_that_cannot_stall_says_so_where_others_can)
{
    // IDR0.STALL_MODEL = 0: stalls and terminations
    DriverRun run("linux-6.12", {0x84c721b});
    drv_device *plain = run.device(0x20), *stalling = run.device(0x21, DRV_STALL);
    drv_domain *s1 = run.domain(DRV_PAGING, 1), *s2 = run.domain(DRV_PAGING, 2);

    ASSERT_EQ(0, run.attach(plain, s1));
    ASSERT_EQ(0, run.attach(stalling, s1));
    EXPECT_EQ(1u, run.port.load(ste_at + 8) >> 27 & 1); // S1STALLD
    EXPECT_EQ(0u, run.port.load(ste_at + 64 + 8) >> 27 & 1);
    ASSERT_EQ(0, run.attach(stalling, s2));
    EXPECT_EQ(1u, run.port.load(ste_at + 64 + 16) >> 57 & 1); // S2S
}

TEST(Ste, nested_has_the_guests_bits_above_the_parents)
{
    DriverRun run("linux-7", {0x94c761b});
    drv_device *device = run.device(0x20, DRV_ATS);
    drv_domain *parent = run.domain(DRV_PAGING, 2, DRV_NEST_PARENT);
    constexpr uint64_t eats = 1ull << 28, fwb = 1ull << 25, mev = 1ull << 19, shcfg = 1ull << 44;

    ASSERT_EQ(0, run.attach(device, run.nested(parent, 0x8000100b, 0xd6)));
    EXPECT_EQ((Words{0x8000100f, 0xd6 | shcfg | fwb | mev, 0x044d359000000001, 0x40801000}),
              words(run, ste_at));
    ASSERT_EQ(0, run.attach(device, run.nested(parent, 0x8000100b, 0xd6 | eats)));
    EXPECT_EQ(0xd6 | shcfg | fwb | mev | eats, run.port.load(ste_at + 8));
    // V=0: abort. Config 4: stage 2 alone.
    ASSERT_EQ(0, run.attach(device, run.nested(parent, 0, 0xffffffffffffffff)));
    EXPECT_EQ((Words{0x1}), words(run, ste_at));
    ASSERT_EQ(0, run.attach(device, run.nested(parent, 0x9, 0)));
    EXPECT_EQ((Words{0xd, shcfg | fwb, 0x044d359000000001, 0x40801000}), words(run, ste_at));
}

TEST(Ste, that_a_guest_may_not_have)
{
    const struct {
        const char *what;
        uint64_t q0, q1;
        int err;
    } rows[] = {
        {"reserved bit", 0x020000008000100b, 0xd6, -EIO},
        {"stage 2", 0x8000100d, 0xd6, -EIO},
        {"both stages", 0x8000100f, 0xd6, -EIO},
        {"EATS split", 0x8000100b, 0x200000d6, -EIO},
        {"STRW EL2", 0x8000100b, 0x800000d6, -EIO},
        {"S2FWB", 0x8000100b, 0x20000d6 | 1 << 25, -EIO},
        {"MEV", 0x8000100b, 0x800d6, -EIO},
        {"EATS full", 0x8000100b, 0x100000d6, 0},
        {"S1STALLD", 0x8000100b, 0x80000d6, 0},
        {"two levels, 2^10 CDs", 0x500000008000101b, 0xd6, 0},
        {"abort", 0x1, 0, 0},
        {"nothing", 0, 0xffffffff, 0},
    };
    DriverRun run("linux-7", {0x94c761b});
    drv_domain *parent = run.domain(DRV_PAGING, 2, DRV_NEST_PARENT);

    for (const auto &row : rows) {
        drv_domain_spec spec = {};
        int err;

        spec.kind = DRV_NESTED;
        spec.parent = parent;
        spec.guest[0] = row.q0;
        spec.guest[1] = row.q1;
        run.spec(spec, &err);
        EXPECT_EQ(row.err, err) << row.what;
    }
}

/* ---- CD ---- */

TEST(Cd, of_a_table_a_process_and_dirty_tracking)
{
    DriverRun run("linux-6.12", {0x94c729b}); // HTTU: access and dirty
    drv_device *device = run.device(0x20, 0, 1);
    drv_domain *table = run.domain(DRV_PAGING, 1);
    drv_domain *dirty = run.domain(DRV_PAGING, 1, DRV_DIRTY);
    drv_domain *process = run.domain(DRV_SVA);

    ASSERT_EQ(0, run.attach(device, table));
    // T0SZ 16, 4K, WB WB ISH, EPD1, V, 48 bits, AA64, R, A, ASET, ASID 1; table; ; MAIR
    EXPECT_EQ((Words{0x0001e205c0003510, 0x40801000, 0, 0xfffffffff404ff44}),
              words(run, 0x40808000));
    ASSERT_EQ(0, run.attach(device, dirty));
    EXPECT_EQ(0x0002ee05c0003510u, run.port.load(0x40808000)); // and HA, HD
    ASSERT_EQ(0, run.attach(device, process, 1));
    EXPECT_EQ((Words{0x0003e205c0003510, 0x40803000, 0, 0xbbff440c0400}),
              words(run, 0x40808000 + 64));
}

/* ---- page tables ---- */

struct Leaf {
    const char *name;
    uint8_t stage;
    uint32_t flags;
    uint8_t prot;
    uint64_t pte;
};

TEST(Leaf, of_each_right)
{
    constexpr uint64_t xn1 = 3ull << 53, xn2 = 3ull << 53, dbm = 1ull << 51;
    const Leaf rows[] = {
        {"s1 rwx", 1, 0, SIM_PROT_RWX, 0x80000f47},
        {"s1 rx", 1, 0, SIM_PROT_RX, 0x80000fc7},
        {"s1 rw", 1, 0, SIM_PROT_RW, 0x80000f47 | xn1},
        {"s1 rwx dirty", 1, DRV_DIRTY, SIM_PROT_RWX, 0x80000f47 | dbm},
        {"s1 rx dirty", 1, DRV_DIRTY, SIM_PROT_RX, 0x80000fc7},
        {"s2 rwx", 2, 0, SIM_PROT_RWX, 0x800007ff},
        {"s2 rx", 2, 0, SIM_PROT_RX, 0x8000077f},
        {"s2 wx", 2, 0, SIM_PROT_WX, 0x800007bf},
        {"s2 rw", 2, 0, SIM_PROT_RW, 0x800007ff | xn2},
        {"s2 rwx parent", 2, DRV_NEST_PARENT, SIM_PROT_RWX, 0x800007db}, // forced write-back
    };

    for (const Leaf &row : rows) {
        DriverRun run("linux-7", {0x94c729b});
        drv_domain *domain = run.domain(DRV_PAGING, row.stage, row.flags);
        uint64_t last = 0;

        ASSERT_NE(nullptr, domain) << row.name;
        ASSERT_EQ(0, run.ops->map(run.driver, domain, 0x1000, 0x80000000, 0x1000, row.prot));
        for (const sim_record &rec : run.port.records) {
            if (rec.kind == SIM_R_STORE && rec.store.structure != SIM_S_CMD)
                last = rec.store.value;
        }
        EXPECT_EQ(row.pte, last) << row.name;
    }
}

// Where the leaf of an address must lie, and how large pages can be, for each granule and size.
TEST(Table, has_the_shape_of_what_the_smmu_offers)
{
    const struct {
        const char *name;
        uint32_t idr5;
        uint8_t stage;
        uint64_t sizes, end;
        uint32_t n_tables; // for one page
    } rows[] = {
        {"4K 48 bits", 0x15, 1, 0x40201000, 0xffffffffffff, 4},
        {"4K 48 bits stage 2", 0x15, 2, 0x40201000, 0xffffffffffff, 4},
        // 44 bits: 16 roots side by side save level 0
        {"4K 44 bits stage 2", 0x14, 2, 0x40201000, 0xfffffffffff, 4},
        {"4K 40 bits stage 2", 0x12, 2, 0x40201000, 0xffffffffff, 3},
        {"16K 48 bits", 0x25, 1, 0x2004000, 0xffffffffffff, 4},
        {"64K 48 bits", 0x45, 1, 0x20010000, 0xffffffffffff, 3},
        {"all", 0x75, 1, 0x40201000, 0xffffffffffff, 4},
    };

    for (const auto &row : rows) {
        DriverRun run("linux-6.12", {0x94c721b, 0xe730410, 0x1714, row.idr5});
        drv_domain *domain = run.domain(DRV_PAGING, row.stage);
        const size_t before = run.port.n_live();
        const uint64_t granule = row.sizes & (~row.sizes + 1);

        ASSERT_NE(nullptr, domain);
        EXPECT_EQ(row.sizes, run.ops->page_sizes(domain)) << row.name;
        EXPECT_EQ(row.end, run.ops->aperture_end(domain)) << row.name;
        ASSERT_EQ(0, run.map(domain, 0, 0x80000000 + granule, granule)) << row.name;
        EXPECT_EQ(row.n_tables, run.port.n_live() - before + 1) << row.name;
    }
}

TEST(Map, refuses_what_does_not_fit)
{
    DriverRun run("linux-6.12");
    drv_domain *domain = run.domain(DRV_PAGING, 1);
    const auto map = [&](uint64_t iova, uint64_t pa, uint64_t n_bytes, uint8_t prot) {
        return run.ops->map(run.driver, domain, iova, pa, n_bytes, prot);
    };

    EXPECT_EQ(-EINVAL, map(0x1800, 0x80000000, 0x1000, SIM_PROT_RW));
    EXPECT_EQ(-EINVAL, map(0x1000, 0x80000800, 0x1000, SIM_PROT_RW));
    EXPECT_EQ(-EINVAL, map(0x1000, 0x80000000, 0x800, SIM_PROT_RW));
    EXPECT_EQ(-EINVAL, map(0x1000, 0x80000000, 0x1000, SIM_PROT_X));
    EXPECT_EQ(-ERANGE, map(1ull << 48, 0x80000000, 0x1000, SIM_PROT_RW));
    EXPECT_EQ(-ERANGE, map(0x1000, 1ull << 48, 0x1000, SIM_PROT_RW));
    EXPECT_EQ(0, map(0x1000, 0x80000000, 0x1000, SIM_PROT_RW));
    EXPECT_EQ(-EEXIST, map(0x1000, 0x80000000, 0x1000, SIM_PROT_RW));
    EXPECT_EQ(0, map(0x40000000, 0x40000000, 0x40000000, SIM_PROT_RW)); // one block
    EXPECT_EQ(-EEXIST, map(0x40000000, 0x80000000, 0x1000, SIM_PROT_RW));
}

TEST(Map, of_mixed_alignment_uses_the_largest_pages_that_fit)
{
    DriverRun run("linux-6.12");
    drv_domain *domain = run.domain(DRV_PAGING, 1);
    std::vector<uint64_t> leaves;

    run.skip();
    ASSERT_EQ(0, run.map(domain, 0x1ff000, 0x801ff000, 0x1000 + 0x200000 + 0x1000));
    for (size_t i = run.seen(); i < run.port.records.size(); i++) {
        const sim_record &rec = run.port.records[i];

        if (rec.kind == SIM_R_STORE && (rec.store.value >> 10 & 1))
            leaves.push_back(rec.store.value);
    }
    EXPECT_EQ((Words{0x801fff47, 0x80200f45, 0x80400f47}), leaves);
}

TEST(Unmap, of_part_of_a_block_splits_it_with_6_12_only)
{
    DriverRun six("linux-6.12"), seven("linux-7");
    drv_domain *domain = six.domain(DRV_PAGING, 1);

    ASSERT_EQ(0, six.map(domain, 0x400000, 0x80000000, 0x200000));
    EXPECT_EQ(0x1000u, six.unmap(domain, 0x401000, 0x1000));
    EXPECT_EQ(0x1000u, six.unmap(domain, 0x402000, 0x1000));
    EXPECT_EQ(0u, six.unmap(domain, 0x401000, 0x1000));
    domain = seven.domain(DRV_PAGING, 1);
    ASSERT_EQ(0, seven.map(domain, 0x400000, 0x80000000, 0x200000));
    EXPECT_EQ(0u, seven.unmap(domain, 0x401000, 0x1000));
}

TEST(Unmap, ends_at_the_first_hole)
{
    DriverRun run("linux-6.12");
    drv_domain *domain = run.domain(DRV_PAGING, 1);

    ASSERT_EQ(0, run.map(domain, 0x1000, 0x80000000, 0x2000));
    ASSERT_EQ(0, run.map(domain, 0x4000, 0x80004000, 0x1000));
    EXPECT_EQ(0x2000u, run.unmap(domain, 0x1000, 0x4000));
    EXPECT_EQ(0x1000u, run.unmap(domain, 0x4000, 0x1000));
}

/* Everything that was taken is given back. */
TEST(Memory, is_returned)
{
    DriverRun run("linux-6.12");
    const size_t before = run.port.n_live();
    drv_domain *domain = run.domain(DRV_PAGING, 1);

    ASSERT_EQ(0, run.map(domain, 0x1000, 0x80000000, 0x1000));
    ASSERT_EQ(0, run.map(domain, 0x40001000, 0x80000000, 0x400000));
    ASSERT_EQ(0, run.map(domain, 1ull << 40, 0x80000000, 0x1000));
    EXPECT_LT(before, run.port.n_live());
    run.destroy(domain);
    EXPECT_EQ(before, run.port.n_live());
}

} // namespace
