// SPDX-License-Identifier: BSD-2-Clause
// Random address spaces walked against a plain map of pages. The tables are built here, by code of
// the test's own, from the list of index positions of the architecture.
#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <random>
#include <vector>

#include "models/smmuv3/smmu_pt.h"

namespace
{

// Lowest bit of the index at each level, from level 3 upwards; blocks are as large.
struct Format {
    unsigned granule_log2;
    std::vector<unsigned> lows;
    std::vector<unsigned> leaves; // log2 of all leaf sizes
    bool is_wide;
    unsigned first_tsz, last_tsz;
};

const Format formats[] = {
    {12, {12, 21, 30, 39}, {12, 21, 30}, false, 16, 48},
    {12, {12, 21, 30, 39, 48}, {12, 21, 30, 39}, true, 12, 48},
    {14, {14, 25, 36, 47}, {14, 25}, false, 16, 48},
    {14, {14, 25, 36, 47}, {14, 25, 36}, true, 12, 48},
    {16, {16, 29, 42}, {16, 29}, false, 16, 47},
    {16, {16, 29, 42}, {16, 29, 42}, true, 12, 47},
};

struct Page {
    unsigned log2;
    uint64_t pa;
    bool is_writable;
};

using Random = std::mt19937_64;

uint64_t below(Random &random, uint64_t n)
{
    return n ? random() % n : 0;
}

// One half: the map is what a request must get, the memory is what the walk reads.
class Space
{
  public:
    Space(Random &random, bool is_upper) : random_(random), is_upper_(is_upper)
    {
        const unsigned sizes[] = {32, 36, 40, 42, 44, 48, 52};
        unsigned output_bits;

        format_ = &formats[below(random, std::size(formats))];
        output_bits = sizes[below(random, format_->is_wide ? 7 : 6)];
        pt_.granule_log2 = static_cast<uint8_t>(format_->granule_log2);
        pt_.tsz = static_cast<uint8_t>(format_->first_tsz +
                                       below(random, format_->last_tsz - format_->first_tsz + 1));
        pt_.output_bits = static_cast<uint8_t>(output_bits);
        pt_.ds = format_->is_wide && format_->granule_log2 != 16;
        pt_.oas_52 = format_->is_wide && format_->granule_log2 == 16;
        pt_.affd = true;
        pt_.one_privilege = true;
        pt_.tbi = below(random, 2);
        // Levels until the index positions cover the whole input.
        while (n_levels_ < format_->lows.size() && format_->lows[n_levels_] < input_bits())
            n_levels_++;
        pt_.ttb = new_table();
        for (unsigned n = 40; n; n--)
            map_random();
    }

    const smmu_pt_s1 &pt() const
    {
        return pt_;
    }

    unsigned input_bits() const
    {
        return 64 - pt_.tsz;
    }

    // Address in this half from the offset inside it; a random top byte where it is ignored.
    uint64_t address(uint64_t offset)
    {
        const uint64_t va = is_upper_ ? offset | UINT64_MAX << input_bits() : offset;

        return pt_.tbi ? (va & UINT64_C(0x00ffffffffffffff)) | random_() << 56 : va;
    }

    // A mapped byte, a byte beside a page, or anywhere.
    uint64_t random_offset()
    {
        const uint64_t all = UINT64_MAX >> pt_.tsz;

        if (pages_.empty() || below(random_, 5) == 0)
            return random_() & all;
        auto at = pages_.begin();
        std::advance(at, static_cast<long>(below(random_, pages_.size())));
        const uint64_t size = UINT64_C(1) << at->second.log2;

        switch (below(random_, 4)) {
        case 0:
            return (at->first + size) & all;
        case 1:
            return (at->first - 1) & all;
        default:
            return at->first + below(random_, size);
        }
    }

    // Page that holds the offset, or null.
    const Page *find(uint64_t offset, uint64_t *start) const
    {
        auto at = pages_.upper_bound(offset);

        if (at == pages_.begin())
            return nullptr;
        --at;
        *start = at->first;
        return (offset - at->first) >> at->second.log2 ? nullptr : &at->second;
    }

    // Descriptors on the way to a leaf of that size.
    unsigned n_reads(unsigned log2) const
    {
        unsigned n = 0;

        for (unsigned i = 0; i < n_levels_; i++)
            n += format_->lows[i] >= log2;
        return n;
    }

    unsigned n_levels() const
    {
        return n_levels_;
    }

    static bool read64(void *ctx, uint64_t pa, uint64_t *value)
    {
        auto *space = static_cast<Space *>(ctx);
        const auto found = space->memory_.find(pa);

        *value = found == space->memory_.end() ? 0 : found->second;
        return true;
    }

  private:
    uint64_t new_table()
    {
        const uint64_t table = next_table_;

        next_table_ += UINT64_C(1) << format_->granule_log2;
        return table;
    }

    // Address bits of a descriptor, with those beyond 48 bits where the format has them.
    uint64_t encode(uint64_t pa) const
    {
        const uint64_t in_place = pa % (UINT64_C(1) << 48);
        const uint64_t above = pa >> 48;

        if (format_->granule_log2 == 16)
            return in_place + above * 0x1000;
        return in_place + (above % 4) * (UINT64_C(1) << 48) + (above / 4) * 0x100;
    }

    bool is_free(uint64_t offset, uint64_t size) const
    {
        const auto after = pages_.lower_bound(offset);

        if (after != pages_.end() && after->first < offset + size)
            return false;
        if (after == pages_.begin())
            return true;
        const auto before = std::prev(after);
        return before->first + (UINT64_C(1) << before->second.log2) <= offset;
    }

    void map_random()
    {
        const unsigned log2 = format_->leaves[below(random_, format_->leaves.size())];
        uint64_t offset = random_() & (UINT64_MAX >> pt_.tsz);
        uint64_t pa;

        if (log2 >= input_bits() || log2 >= pt_.output_bits)
            return;
        if (!pages_.empty() && below(random_, 2)) { // beside another: they share tables
            const auto &last = *pages_.rbegin();

            offset = (last.first + (UINT64_C(1) << last.second.log2)) & (UINT64_MAX >> pt_.tsz);
        }
        offset = offset >> log2 << log2;
        if (!is_free(offset, UINT64_C(1) << log2))
            return;
        pa = (random_() & ((UINT64_C(1) << pt_.output_bits) - 1)) >> log2 << log2;
        write(offset, log2, pa, pages_[offset] = {log2, pa, below(random_, 2) != 0});
    }

    void write(uint64_t offset, unsigned log2, uint64_t pa, const Page &page)
    {
        uint64_t table = pt_.ttb;
        uint64_t rest = offset;

        for (unsigned level = n_levels_; level-- > 0;) {
            const uint64_t span = UINT64_C(1) << format_->lows[level];
            const uint64_t slot = table + rest / span * 8;

            rest %= span;
            if (format_->lows[level] == log2) {
                memory_[slot] = encode(pa) + (page.is_writable ? 0 : 0x80) + (level ? 1 : 3);
                return;
            }
            uint64_t &descriptor = memory_[slot];

            if (!descriptor) {
                const uint64_t below_it = new_table();

                tables_[slot] = below_it;
                descriptor = below_it + 3;
            }
            table = tables_.at(slot);
        }
        FAIL() << "no level for the page";
    }

    Random &random_;
    const bool is_upper_;
    const Format *format_ = nullptr;
    smmu_pt_s1 pt_ = {};
    unsigned n_levels_ = 0;
    uint64_t next_table_ = 0x10000;
    std::map<uint64_t, Page> pages_;
    std::map<uint64_t, uint64_t> memory_;
    std::map<uint64_t, uint64_t> tables_; // slot -> table
};

struct Counts {
    unsigned mapped = 0, unmapped = 0, refused = 0;
};

void ask(Random &random, Space &lower, Space &upper, bool is_upper, Counts *counts)
{
    Space &space = is_upper ? upper : lower;
    const smmu_pt_memory memory = {Space::read64, &space};
    const uint64_t offset = space.random_offset();
    const uint64_t va = space.address(offset);
    const unsigned access = below(random, 2) ? SMMU_PT_W : SMMU_PT_R;
    uint64_t start = 0;
    const Page *const page = space.find(offset, &start);
    smmu_pt_walked out;

    smmu_pt_walk(&lower.pt(), &upper.pt(), va, access, &memory, &out);
    ASSERT_EQ(out.half, &space.pt());
    if (!page) {
        counts->unmapped++;
        ASSERT_EQ(out.result.reason, HW_WALK_TRANSLATION);
        ASSERT_EQ(out.result.address, va);
        ASSERT_GE(out.n_reads, 1);
        ASSERT_LE(out.n_reads, space.n_levels());
        return;
    }
    ASSERT_EQ(out.n_reads, space.n_reads(page->log2));
    ASSERT_EQ(out.step.leaf.page_log2, page->log2);
    ASSERT_EQ(out.step.leaf.pa, page->pa + (offset - start));
    if (access == SMMU_PT_W && !page->is_writable) {
        counts->refused++;
        ASSERT_EQ(out.result.reason, HW_WALK_PERMISSION);
        return;
    }
    counts->mapped++;
    ASSERT_EQ(out.result.reason, HW_WALK_OK);
    ASSERT_EQ(out.result.address, page->pa + (offset - start));
}

TEST(SmmuPtProperty, WalksAgreeWithAMapOfPages)
{
    const unsigned n_requests = std::getenv("IOMMUSIM_TEST_LONG") ? 200000 : 20000;
    const unsigned n_per_space = 100;
    Counts counts;

    for (unsigned seed = 0; seed < n_requests / n_per_space; seed++) {
        Random random(seed);
        Space lower(random, false);
        Space upper(random, true);

        SCOPED_TRACE(seed);
        for (unsigned i = 0; i < n_per_space; i++) {
            ASSERT_NO_FATAL_FAILURE(ask(random, lower, upper, below(random, 2) != 0, &counts));
        }
    }
    // The draw is no use if it asks one kind of question only.
    EXPECT_GT(counts.mapped, n_requests / 10);
    EXPECT_GT(counts.unmapped, n_requests / 10);
    EXPECT_GT(counts.refused, n_requests / 20);
}

} // namespace
