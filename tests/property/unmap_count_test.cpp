// SPDX-License-Identifier: BSD-2-Clause
// unmap_count_test.cpp - which commands an unmap of any size at any address is, by another way.
//
// The expected numbers are counted from what the architecture and the kernels' page tables say, and
// share nothing with the drivers: a range of the SMMU is five bits of pages at a time, from the
// lowest one that is set; without ranges a command is a leaf, and of a table that goes whole, a
// page; VT-d drops 2^AM aligned pages, or the domain. The kernel's core asks for pages of one size
// at a time (iommu_pgsize), and what is another size is another flush.
#include "tests/shim/driver_run.h"
#include "tests/unit/kernel-glue/drivers/vtd_port.h"

#include <cstdlib>
#include <gtest/gtest.h>
#include <random>

namespace
{

constexpr uint64_t page = 4096, small = 1, table = 512, big = 512 * 512; // in pages

unsigned rounds()
{
    return std::getenv("IOMMUSIM_TEST_LONG") ? 20000 : 400;
}

// A part of an unmap that the core asks for at once: @n pages that are @size each.
struct Part {
    uint64_t first, n, size;
    uint64_t pages() const
    {
        return n * size;
    }
};

// From small to large and back, as the pages of a sum of money are counted out.
std::vector<Part> parts(uint64_t first, uint64_t n)
{
    std::vector<Part> list;
    const uint64_t sizes[] = {small, table, big};

    while (n) {
        int at = 2;
        while (first % sizes[at] || n < sizes[at])
            at--;
        uint64_t take = n / sizes[at] * sizes[at];
        if (at < 2) {
            const uint64_t room = sizes[at + 1] - first % sizes[at + 1];
            if (n >= room + sizes[at + 1])
                take = room;
        }
        list.push_back({first, take / sizes[at], sizes[at]});
        first += take;
        n -= take;
    }
    return list;
}

struct Counted {
    uint64_t tlbis = 0, syncs = 0;
    bool operator==(const Counted &other) const
    {
        return tlbis == other.tlbis && syncs == other.syncs;
    }
};

std::ostream &operator<<(std::ostream &out, const Counted &counted)
{
    return out << counted.tlbis << " TLBIs, " << counted.syncs << " SYNCs";
}

// 11010011000b is three commands: 11b, 10100b... as many as windows of five bits cover its ones.
uint64_t windows(uint64_t pages)
{
    uint64_t n = 0;

    for (int bit = 0; bit < 64; bit++) {
        if (pages >> bit & 1) {
            n++;
            bit += 4;
        }
    }
    return n;
}

// Pages of 4 KiB everywhere: whole tables go one by one and at once, the rest is gathered.
Counted smmu_of_pages(uint64_t first, uint64_t n, bool has_ranges)
{
    Counted counted;

    for (const Part &part : parts(first, n)) {
        if (part.size != small) { // each table's walks, at once; and then the places of the tables
            counted.tlbis += part.n * (has_ranges ? windows(part.size) : part.size);
            counted.syncs += part.n;
        }
        counted.tlbis += has_ranges ? windows(part.pages()) : part.n;
        counted.syncs++;
    }
    return counted;
}

// Blocks where they fit: no table goes.
Counted smmu_of_blocks(uint64_t first, uint64_t n, bool has_ranges)
{
    Counted counted;

    for (const Part &part : parts(first, n)) {
        counted.tlbis += has_ranges ? windows(part.pages()) : part.n;
        counted.syncs++;
    }
    return counted;
}

Counted smmu_did(const DriverRun &run, uint64_t *covered, uint64_t first)
{
    Counted counted;
    uint64_t next = first * page;

    *covered = 0;
    for (size_t i = run.seen(); i < run.port.records.size(); i++) {
        const sim_rec_store &store = run.port.records[i].store;
        if (run.port.records[i].kind != SIM_R_STORE || store.structure != SIM_S_CMD)
            continue;
        const uint64_t op = store.value & 0xff, at = store.value_hi & ~0xfffull;
        counted.syncs += op == 0x46;
        if (op != 0x12)
            continue;
        counted.tlbis++;
        // Leaf=1, one after the other: together they are all of it.
        const uint64_t scale = store.value >> 20 & 31, num = store.value >> 12 & 31;
        const uint64_t n = (store.value_hi >> 10 & 3) ? (num + 1) << scale : 0;
        if (store.value_hi & 1 && n) {
            EXPECT_EQ(next, at);
            next = at + n * page;
            *covered += n;
        }
    }
    return counted;
}

struct Draw {
    uint64_t first, n;
};

// Around the sizes of tables, and anywhere; up to 40 MiB.
Draw draw(std::mt19937_64 *random)
{
    static const uint64_t bases[] = {0, 1, 3, 31, 33, 509, 511, 512, 513, 1023};
    Draw drawn = {0x4000000 + bases[(*random)() % 10], 0};

    drawn.n = (*random)() % 3 ? 1 + (*random)() % 1200 : 1 + (*random)() % 10000;
    if ((*random)() % 4 == 0)
        drawn.n = 512 * (1 + (*random)() % 8) + (*random)() % 3;
    return drawn;
}

void smmu(bool has_ranges, bool is_blocks, const char *driver)
{
    std::mt19937_64 random(has_ranges * 2 + is_blocks + 1);
    DriverIds ids;

    ids.idr3 = has_ranges ? 0x1714 : 0x1314;
    for (unsigned i = 0; i < rounds() / 4; i++) {
        DriverRun run(driver, ids);
        drv_domain *domain = run.domain(DRV_PAGING, 1);
        const Draw drawn = draw(&random);
        // As far from a multiple of 2 MiB as the address, or a page further.
        const uint64_t pa = 0x8000000000 + (drawn.first % big + !is_blocks) * page;
        uint64_t covered;

        ASSERT_EQ(0, run.attach(run.device(0x20), domain));
        ASSERT_EQ(0, run.map(domain, drawn.first * page, pa, drawn.n * page));
        run.skip();
        ASSERT_EQ(drawn.n * page, run.unmap(domain, drawn.first * page, drawn.n * page));
        const Counted did = smmu_did(run, &covered, drawn.first);
        ASSERT_EQ(is_blocks ? smmu_of_blocks(drawn.first, drawn.n, has_ranges)
                            : smmu_of_pages(drawn.first, drawn.n, has_ranges),
                  did)
            << drawn.n << " pages at " << std::hex << drawn.first;
        ASSERT_EQ(has_ranges ? drawn.n : 0, covered)
            << drawn.n << " pages at " << std::hex << drawn.first;
    }
}

TEST(UnmapCount, smmuv3_pages_by_range)
{
    smmu(true, false, "linux-6.12");
    smmu(true, false, "best");
}

TEST(UnmapCount, smmuv3_pages_one_by_one)
{
    smmu(false, false, "linux-6.12");
    smmu(false, false, "best");
}

TEST(UnmapCount, smmuv3_blocks_by_range)
{
    smmu(true, true, "linux-7");
}

TEST(UnmapCount, smmuv3_blocks_one_by_one)
{
    smmu(false, true, "best");
}

/* ---- VT-d ---- */

// Flushes: Linux 6.12 makes one of parts of one size after the other, the other drivers of all.
std::vector<Part> flushes(uint64_t first, uint64_t n, bool is_once)
{
    std::vector<Part> list;

    if (is_once)
        return {{first, n, 1}};
    for (const Part &part : parts(first, n)) {
        if (!list.empty() && list.back().size == part.pages())
            list.back().n++;
        else
            list.push_back({part.first, 1, part.pages()});
    }
    return list;
}

// The descriptor as text: the smallest aligned power of two around it, or the whole domain. Leaf:
// no table went (which is so if no table was whole).
std::string flush_of(const Part &part, unsigned stage, unsigned did, unsigned max_am, bool is_leaf)
{
    unsigned am = 0;
    char text[80];

    while (part.first >> am << am != (part.first + part.pages() - 1) >> am << am)
        am++;
    const uint64_t at = (part.first >> am << am) * page;
    if (stage == 1)
        snprintf(text, sizeof(text), "qi %" PRIx64 " %" PRIx64, uint64_t{0x36} | did << 16,
                 at | (is_leaf ? 0x40 : 0) | am);
    else if (am > max_am)
        snprintf(text, sizeof(text), "qi %" PRIx64 " 0", uint64_t{0xe2} | did << 16);
    else
        snprintf(text, sizeof(text), "qi %" PRIx64 " %" PRIx64, uint64_t{0xf2} | did << 16,
                 at | (is_leaf ? 0x40 : 0) | am);
    return text;
}

struct Unit {
    const char *driver;
    unsigned stage, max_am; // -1u: no flush by page (PSI=0)
};

// Whether a flush is told that tables went. Linux 6.12 takes the entries of a part away before it
// flushes the parts in front of it: the flush in front hears of the tables, and the part's own,
// which comes after it, of none.
std::vector<bool> leaf_only(uint64_t first, uint64_t n, bool is_once, bool is_blocks)
{
    std::vector<bool> list;
    bool has_tables = false;
    uint64_t size = 0;

    for (const Part &part : parts(first, n)) {
        has_tables |= !is_blocks && part.size != small;
        if (!is_once && size && size != part.pages()) {
            list.push_back(!has_tables);
            has_tables = false;
        }
        size = part.pages();
    }
    list.push_back(!has_tables);
    return list;
}

void vtd(const Unit &unit, bool is_blocks)
{
    using namespace drv_test;
    std::mt19937_64 random(unit.stage * 2 + is_blocks);
    const bool is_once = unit.driver != std::string("linux-6.12");
    uint64_t cap = kCap & ~(0x3full << 48);

    if (unit.max_am == -1u)
        cap &= ~(1ull << 39);
    else
        cap |= uint64_t{unit.max_am} << 48;
    for (unsigned i = 0; i < rounds() / 8; i++) {
        VtdDriver run(unit.driver, kEcapScalable, cap);
        const Draw drawn = draw(&random);
        const uint64_t pa = 0x8000000000 + (drawn.first % big + !is_blocks) * page;
        std::vector<std::string> wanted, did;

        run.start();
        drv_domain *domain = run.domain(DRV_PAGING, static_cast<uint8_t>(unit.stage));
        ASSERT_EQ(0, run.attach(domain));
        ASSERT_EQ(0, run.map(domain, drawn.first * page, pa, drawn.n * page));
        run.port.forget();
        ASSERT_EQ(drawn.n * page, run.unmap(domain, drawn.first * page, drawn.n * page));
        for (const std::string &line : run.port.lines())
            if (line.rfind("qi ", 0) == 0 || line == "wait")
                did.push_back(line);
        ASSERT_FALSE(did.empty());
        // Which number the domain has got is not what this is about.
        const unsigned number = unsigned(strtoull(did[0].c_str() + 3, nullptr, 16) >> 16 & 0xffff);
        const std::vector<bool> leaf = leaf_only(drawn.first, drawn.n, is_once, is_blocks);
        const std::vector<Part> list = flushes(drawn.first, drawn.n, is_once);
        const unsigned max_am = unit.max_am == -1u ? 0 : unit.max_am;
        ASSERT_EQ(list.size(), leaf.size());
        for (size_t k = 0; k < list.size(); k++) {
            wanted.push_back(flush_of(list[k], unit.stage, number, max_am, leaf[k]));
            if (unit.max_am == -1u && unit.stage == 2)
                wanted.back() = flush_of({0, 2, 1}, 2, number, 0, false);
            wanted.push_back("wait");
        }
        ASSERT_EQ(wanted, did) << drawn.n << " pages at " << std::hex << drawn.first;
    }
}

TEST(UnmapCount, vtd_first_stage)
{
    vtd({"linux-6.12", 1, 18}, false);
    vtd({"linux-7", 1, 18}, true);
    vtd({"best", 1, 18}, false);
}

TEST(UnmapCount, vtd_first_stage_whatever_mamv_says)
{
    vtd({"linux-7", 1, 3}, false);
}

TEST(UnmapCount, vtd_second_stage)
{
    vtd({"linux-6.12", 2, 18}, false);
    vtd({"best", 2, 18}, true);
}

TEST(UnmapCount, vtd_second_stage_beyond_mamv)
{
    vtd({"linux-6.12", 2, 9}, false);
    vtd({"linux-7", 2, 3}, true);
    vtd({"best", 2, 9}, false);
}

TEST(UnmapCount, vtd_second_stage_without_pages)
{
    vtd({"linux-6.12", 2, -1u}, false);
    vtd({"best", 2, -1u}, true);
}

} // namespace
