// SPDX-License-Identifier: BSD-2-Clause
// Random stage 2 address spaces walked against a plain map of pages. No table is ever written:
// what a descriptor must say is made up from the map when it is read.
#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <random>
#include <vector>

#include "tests/unit/models/smmuv3/pt_s2_case.h"

namespace
{

using Random = std::mt19937_64;

uint64_t below(Random &random, uint64_t n)
{
    return random() % n;
}

uint64_t power(unsigned log2)
{
    return UINT64_C(1) << log2;
}

struct Format {
    unsigned granule_log2;
    bool is_wide;
    std::vector<unsigned> leaves; // log2 of all leaf sizes
};

const Format formats[] = {
    {12, false, {12, 21, 30}}, {12, true, {12, 21, 30, 39}}, {14, false, {14, 25}},
    {14, true, {14, 25, 36}},  {16, false, {16, 29}},        {16, true, {16, 29, 42}},
};

struct Page {
    unsigned log2;
    uint64_t pa;
    unsigned s2ap, xn;
};

// A table that a walk may read: where it is, what it covers, and by entries of which size.
struct Table {
    uint64_t start;
    unsigned entry_log2;
    uint64_t n_entries;
};

class Space
{
  public:
    explicit Space(Random &random) : random_(random)
    {
        const unsigned sizes[] = {32, 36, 40, 42, 44, 48, 52};

        format_ = &formats[below(random, std::size(formats))];
        pick_range();
        pt_ = pt_s2::make_s2(format_->granule_log2, range_->level, tsz_, format_->is_wide);
        pt_.output_bits = static_cast<uint8_t>(sizes[below(random, format_->is_wide ? 7 : 6)]);
        pt_.xnx = below(random, 2);
        pt_.sh = 1;
        place_first_table();
        for (unsigned n = 40; n; n--)
            map_random();
    }

    const smmu_pt_s2 &pt() const
    {
        return pt_;
    }

    unsigned input_bits() const
    {
        return 64 - tsz_;
    }

    // A mapped byte, a byte beside a page, anywhere, or outside.
    uint64_t random_ipa()
    {
        const uint64_t all = power(input_bits()) - 1;
        const uint64_t choice = below(random_, 10);

        if (choice == 0)
            return (random_() & all) | power(input_bits()) << below(random_, tsz_);
        if (choice == 1 || pages_.empty())
            return random_() & all;
        auto at = pages_.begin();
        std::advance(at, static_cast<long>(below(random_, pages_.size())));
        if (choice == 2)
            return (at->first + power(at->second.log2)) & all;
        if (choice == 3)
            return (at->first - 1) & all;
        return at->first + below(random_, power(at->second.log2));
    }

    // Page that holds the IPA, or null.
    const Page *find(uint64_t ipa, uint64_t *start) const
    {
        auto at = pages_.upper_bound(ipa);

        if (at == pages_.begin())
            return nullptr;
        --at;
        *start = at->first;
        return ipa - at->first < power(at->second.log2) ? &at->second : nullptr;
    }

    // Descriptors from the start level down to entries of that size.
    unsigned n_reads(unsigned log2) const
    {
        return (range_->low - log2) / (format_->granule_log2 - 3) + 1;
    }

    static bool read64(void *ctx, uint64_t pa, uint64_t *value)
    {
        return static_cast<Space *>(ctx)->read(pa, value);
    }

  private:
    void pick_range()
    {
        unsigned first = 0;

        do {
            range_ = &pt_s2::start_ranges[below(random_, std::size(pt_s2::start_ranges))];
            first = format_->is_wide ? range_->first_tsz : range_->first_tsz_48;
        } while (range_->granule_log2 != format_->granule_log2 || !first);
        tsz_ = first + static_cast<unsigned>(below(random_, range_->last_tsz - first + 1));
    }

    // Anywhere in the output range, with rubbish where software may leave it.
    void place_first_table()
    {
        const uint64_t n_entries = power(input_bits() - range_->low);
        const uint64_t n_bytes = n_entries * 8;
        const uint64_t pool = below(random_, power(pt_.output_bits - 26)) << 26;

        tables_[pool] = {0, range_->low, n_entries};
        pt_.ttb = pool + below(random_, n_bytes);
        next_table_ = pool + power(21);
    }

    void map_random()
    {
        const uint64_t all = power(input_bits()) - 1;
        const unsigned log2 = format_->leaves[below(random_, format_->leaves.size())];
        uint64_t ipa = random_() & all;

        if (log2 > range_->low || log2 >= pt_.output_bits)
            return;
        if (!pages_.empty() && below(random_, 2)) // beside another: they share tables
            ipa = (pages_.rbegin()->first + power(pages_.rbegin()->second.log2)) & all;
        ipa = ipa >> log2 << log2;
        if (overlaps(ipa, power(log2)))
            return;
        pages_[ipa] = {log2, random_() % power(pt_.output_bits) >> log2 << log2,
                       static_cast<unsigned>(below(random_, 4)),
                       static_cast<unsigned>(below(random_, 4))};
    }

    bool overlaps(uint64_t start, uint64_t n_bytes) const
    {
        const auto next = pages_.lower_bound(start);
        uint64_t unused;

        return (next != pages_.end() && next->first < start + n_bytes) || find(start, &unused);
    }

    // Address bits of a descriptor, with those beyond 48 bits where the format has them.
    uint64_t encode(uint64_t pa) const
    {
        const uint64_t in_place = pa % power(48);
        const uint64_t above = pa >> 48;

        if (format_->granule_log2 == 16)
            return in_place + above * 0x1000;
        return in_place + (above % 4) * power(48) + (above / 4) * 0x100;
    }

    // Bits 58 to 55 are software's everywhere; in a table descriptor 7 to 2 too.
    uint64_t leaf_descriptor(const Page &page, bool is_last_level)
    {
        return encode(page.pa) + power(55) * below(random_, 16) + power(53) * page.xn + 0x400 +
               0x40 * page.s2ap + 0x3c + (is_last_level ? 3 : 1);
    }

    uint64_t table_descriptor(uint64_t start, unsigned span_log2)
    {
        uint64_t &at = below_[{start, span_log2}];

        if (!at) {
            at = next_table_;
            next_table_ += power(format_->granule_log2);
            tables_[at] = {start, span_log2 - (format_->granule_log2 - 3),
                           power(format_->granule_log2 - 3)};
        }
        return encode(at) + power(55) * below(random_, 16) + 4 * below(random_, 64) + 3;
    }

    bool read(uint64_t pa, uint64_t *value)
    {
        auto at = tables_.upper_bound(pa);

        if (at == tables_.begin() || pa % 8)
            return false;
        --at;
        const Table table = at->second;
        const uint64_t index = (pa - at->first) / 8;

        if (index >= table.n_entries)
            return false;
        const uint64_t start = table.start + (index << table.entry_log2);
        const auto page = pages_.lower_bound(start);

        if (page == pages_.end() || page->first - start >= power(table.entry_log2))
            *value = random_() & ~UINT64_C(1);
        else if (page->second.log2 == table.entry_log2)
            *value = leaf_descriptor(page->second, table.entry_log2 == format_->granule_log2);
        else
            *value = table_descriptor(start, table.entry_log2);
        return true;
    }

    Random &random_;
    const Format *format_ = nullptr;
    const pt_s2::StartRange *range_ = nullptr;
    unsigned tsz_ = 0;
    smmu_pt_s2 pt_ = {};
    uint64_t next_table_ = 0;
    std::map<uint64_t, Page> pages_;                          // by IPA
    std::map<uint64_t, Table> tables_;                        // by PA
    std::map<std::pair<uint64_t, unsigned>, uint64_t> below_; // start and span -> table
};

struct Counts {
    unsigned mapped = 0, unmapped = 0, refused = 0, outside = 0;
};

// R, W, X that a page allows: S2AP, then XN by privilege if the SMMU has XNX, as the tables say.
unsigned rights_of(const Page &page, bool has_xnx, bool is_privileged)
{
    static const bool executable[4][2] = {
        {true, true}, {true, false}, {false, false}, {false, true}};
    unsigned rights = 0;

    if (page.s2ap & 1)
        rights |= SMMU_PT_R;
    if (page.s2ap & 2)
        rights |= SMMU_PT_W;
    if (has_xnx ? executable[page.xn][is_privileged] : page.xn < 2)
        rights |= SMMU_PT_X;
    return rights;
}

void ask(Random &random, Space &space, Counts *counts)
{
    const unsigned kinds[] = {SMMU_PT_R, SMMU_PT_W, SMMU_PT_X, SMMU_PT_R | SMMU_PT_W};
    const smmu_pt_memory memory = {Space::read64, &space};
    const uint64_t ipa = space.random_ipa();
    const unsigned asked = kinds[below(random, 4)];
    const bool is_privileged = below(random, 2);
    uint64_t start = 0;
    const Page *const page = space.find(ipa, &start);
    smmu_pt_s2_walked out;

    smmu_pt_s2_walk(&space.pt(), ipa, asked | (is_privileged ? SMMU_PT_PRIVILEGED : 0), &memory,
                    &out);
    ASSERT_EQ(out.result.stage, 2);
    if (!page || ipa >= power(space.input_bits())) {
        const bool is_outside = ipa >= power(space.input_bits());

        (is_outside ? counts->outside : counts->unmapped)++;
        ASSERT_EQ(out.result.reason, HW_WALK_TRANSLATION);
        ASSERT_EQ(out.result.address, ipa);
        ASSERT_EQ(out.n_reads == 0, is_outside);
        return;
    }
    const unsigned rights = rights_of(*page, space.pt().xnx, is_privileged);

    ASSERT_EQ(out.n_reads, space.n_reads(page->log2));
    ASSERT_EQ(out.step.leaf.page_log2, page->log2);
    ASSERT_EQ(out.step.leaf.pa, page->pa + (ipa - start));
    ASSERT_EQ(out.verdict.granted, asked & rights);
    if (asked & ~rights) {
        counts->refused++;
        ASSERT_EQ(out.result.reason, HW_WALK_PERMISSION);
        return;
    }
    counts->mapped++;
    ASSERT_EQ(out.result.reason, HW_WALK_OK);
    ASSERT_EQ(out.result.address, page->pa + (ipa - start));
}

TEST(SmmuPtS2Property, WalksAgreeWithAMapOfPages)
{
    const unsigned n_requests = std::getenv("IOMMUSIM_TEST_LONG") ? 200000 : 20000;
    const unsigned n_per_space = 50;
    Counts counts;

    for (unsigned seed = 0; seed < n_requests / n_per_space; seed++) {
        Random random(seed);
        Space space(random);

        SCOPED_TRACE(seed);
        for (unsigned i = 0; i < n_per_space; i++)
            ASSERT_NO_FATAL_FAILURE(ask(random, space, &counts));
    }
    // The draw is no use if it asks one kind of question only.
    EXPECT_GT(counts.mapped, n_requests / 10);
    EXPECT_GT(counts.refused, n_requests / 10);
    EXPECT_GT(counts.unmapped, n_requests / 10);
    EXPECT_GT(counts.outside, n_requests / 20);
}

} // namespace
