// SPDX-License-Identifier: BSD-2-Clause
// table_maze.cpp - lays out tables of any shape (2.1, 2.2, 3.1, 3.3, 4.3, 4.4 of the facts).
#include "tests/unit/models/smmuv3/table_maze.h"

#include <algorithm>

namespace machine
{

namespace
{

// Index bits of a level.
unsigned stride(unsigned granule)
{
    return granule - 3;
}

// Bits below the index of the first of @n levels.
unsigned below_top(unsigned granule, unsigned n)
{
    return granule + stride(granule) * (n - 1);
}

// CD.TG0 and STE.S2TG: 0 is 4K, 1 is 64K, 2 is 16K.
uint64_t code_of(unsigned granule)
{
    return granule == 12 ? 0 : granule == 16 ? 1 : 2;
}

// S2SL0 by granule and number of levels (4.4).
uint64_t sl0_of(unsigned granule, unsigned m)
{
    const uint64_t of_4k[] = {3, 0, 1, 2}, of_others[] = {0, 1, 2};

    return granule == 12 ? of_4k[m - 1] : of_others[m - 1];
}

unsigned max_levels(unsigned granule, bool is_stage_2)
{
    return granule == 12 ? 4 : granule == 16 || is_stage_2 ? 3 : 4;
}

} // namespace

std::vector<Shape> all_shapes(bool is_two_level)
{
    std::vector<Shape> shapes;

    for (const unsigned g1 : {12u, 14u, 16u}) {
        for (unsigned n = 0; n <= max_levels(g1, false); n++) {
            for (const unsigned g2 : {12u, 14u, 16u}) {
                for (unsigned m = 0; m <= max_levels(g2, true); m++) {
                    // A stage that is off has no granule: once is enough.
                    if ((n || m) && (n || g1 == 12) && (m || g2 == 12))
                        shapes.push_back({g1, n, g2, m, is_two_level});
                }
            }
        }
    }
    return shapes;
}

std::string name_of_shape(const testing::TestParamInfo<Shape> &row)
{
    const Shape &s = row.param;
    const auto stage = [](unsigned granule, unsigned n) {
        return n ? std::to_string(n) + "_of_" + std::to_string((1u << granule) / 1024) + "k"
                 : std::string("off");
    };

    return stage(s.granule_1, s.n) + "_over_" + stage(s.granule_2, s.m) +
           (s.is_two_level ? "_two_level" : "_linear");
}

void PrintTo(const Shape &s, std::ostream *out)
{
    *out << "stage 1: " << s.n << " levels of 2^" << s.granule_1 << ", stage 2: " << s.m << " of 2^"
         << s.granule_2;
}

Maze::Maze(const Shape &the_shape) : shape(the_shape)
{
    // Nine addresses, 1 to 9, differ in the top index.
    if (shape.m)
        ipa_bits = std::max(shape.granule_1, below_top(shape.granule_2, shape.m)) + 4;
    ips_bits = ipa_bits > 44 ? 48 : 44;
    if (shape.m)
        s2_top_ = new_page();
    add_streams();
    if (shape.n) {
        add_cds();
        add_stage_1();
    } else {
        const uint64_t at = place(Purpose::S2_OF_IN, 0xab8, &pa);

        va = at;
    }
    // The STE: V, Config, S1Fmt=1 and 256 CDs if there are two levels.
    Step &ste = steps[shape.is_two_level ? 1 : 0];

    ste.value = (shape.n && shape.m ? 0xf : shape.n ? 0xb : 0xd) | context_;
    if (shape.n && shape.is_two_level)
        ste.value |= 0x4000000000000010;
    if (shape.m) {
        words_.push_back({0x10050, ste_q2()});
        words_.push_back({0x10058, s2_top_});
    }
}

Config Maze::config()
{
    Config c;

    c.smmu.ids.idr3 |= 0x200; // STT
    return c;
}

// VMID 7, write-back tables, AA64, S2R, 44 bits out.
uint64_t Maze::ste_q2() const
{
    return 0x40c350000000007 | uint64_t{64 - ipa_bits} << 32 |
           sl0_of(shape.granule_2, shape.m) << 38 | code_of(shape.granule_2) << 46;
}

// ASID 1, A, R, AA64, V, EPD1.
uint64_t Maze::cd_q0() const
{
    const unsigned bits = std::min(48u, below_top(shape.granule_1, shape.n) + 4);

    return 0x16200c0000000 | uint64_t{ips_bits == 48 ? 5u : 4u} << 32 | (64 - bits) |
           code_of(shape.granule_1) << 6;
}

uint64_t Maze::new_page()
{
    const uint64_t at = next_page_;

    next_page_ += 0x10000;
    return at;
}

// A new page. Returns how it is called there where stage 2 is below; @address: where it is.
uint64_t Maze::place(Purpose of, uint64_t offset, uint64_t *address)
{
    const uint64_t page = new_page();

    *address = page | offset;
    if (!shape.m)
        return *address;
    const unsigned top = std::max(shape.granule_1, below_top(shape.granule_2, shape.m));
    const uint64_t ipa = uint64_t{++n_places_} << top | offset;

    add_stage_2(of, ipa, page);
    return ipa;
}

void Maze::add_streams()
{
    if (shape.is_two_level) // SPLIT=6, Span=7
        steps.push_back({Purpose::STREAM, kDeepL1Std, kStreams | 7, 0, false, true});
    steps.push_back({Purpose::STREAM, 0x10040, 0, 0, false, false});
}

// SSID 0x45: 1 and 5. The table of CDs begins at offset 0, and so does its page.
void Maze::add_cds()
{
    uint64_t at, ipa;
    size_t first = 0;

    ssid = shape.is_two_level ? 0x45 : kNoSsid;
    if (shape.is_two_level) {
        ipa = place(Purpose::S2_OF_CD, 8, &at);
        context_ = ipa - 8;
        first = steps.size();
        steps.push_back({Purpose::CD, at, 0, ipa, false, true});
    }
    ipa = place(Purpose::S2_OF_CD, shape.is_two_level ? 0x140 : 0, &at);
    if (shape.is_two_level)
        steps[first].value = (ipa - 0x140) | 1;
    else
        context_ = ipa;
    steps.push_back({Purpose::CD, at, cd_q0(), ipa, false, false});
    words_.push_back({at + 24, 0xff});
}

void Maze::add_stage_1()
{
    const size_t cd = steps.size() - 1;
    size_t above = cd;
    uint64_t at, ipa;

    // Of 48 bits in 16K, the top level has one bit of index.
    for (unsigned i = 0; i < shape.n; i++) {
        const unsigned low = below_top(shape.granule_1, shape.n - i);
        const unsigned index = i ? 0x20 + 3 * i : 1;

        va |= uint64_t{index} << low;
        ipa = place(Purpose::S2_OF_TT, 8 * index, &at);
        if (i)
            steps[above].value = (ipa - 8 * index) | 3;
        else
            ttb_ = ipa - 8 * index;
        above = steps.size();
        steps.push_back({Purpose::TT, at, 0, ipa, i == shape.n - 1, false});
    }
    words_.push_back({steps[cd].at + 8, ttb_});
    va |= 0xab8;
    ipa = place(Purpose::S2_OF_IN, 0xab8, &pa);
    steps[above].value = page(ipa - 0xab8);
}

void Maze::add_stage_2(Purpose of, uint64_t ipa, uint64_t pa_of_page)
{
    uint64_t table = s2_top_;

    for (unsigned i = 0; i < shape.m; i++) {
        const unsigned low = below_top(shape.granule_2, shape.m - i);
        const uint64_t mask = i ? (uint64_t{1} << stride(shape.granule_2)) - 1 : UINT64_MAX;
        const uint64_t at = table + 8 * ((ipa >> low) & mask);
        const bool is_leaf = i == shape.m - 1;
        const uint64_t below = is_leaf ? pa_of_page : new_page();

        steps.push_back({of, at, is_leaf ? s2_page(below) : below | 3, ipa, is_leaf, false});
        table = below;
    }
}

void Maze::build(Bench &b) const
{
    for (const Step &s : steps)
        b.store(s.at, s.value);
    for (const Word &w : words_)
        b.store(w.at, w.value);
    if (shape.is_two_level)
        b.boot_deep();
    else
        b.boot();
}

} // namespace machine
