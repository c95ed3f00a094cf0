// SPDX-License-Identifier: BSD-2-Clause
// diff_tables.cpp - see diff_tables.h.
#include "tests/property/diff_tables.h"

#include "sim/diag.h"

#include <algorithm>

namespace diff
{

namespace
{

constexpr uint64_t bit(unsigned n)
{
    return UINT64_C(1) << n;
}

constexpr uint64_t kValid = 1, kAf = bit(10), kNotGlobal = bit(11), kDbm = bit(51),
                   kContig = bit(52);

} // namespace

unsigned Tree::group_log2(unsigned granule, unsigned level)
{
    if (granule == 12)
        return 4;
    return granule == 14 && level == 3 ? 7 : 5;
}

unsigned Tree::low_of(unsigned level) const
{
    return diff_oracle_index_low(shape_.granule, level);
}

unsigned Tree::n_entries(const Table &table) const
{
    const unsigned low = low_of(table.level);
    const unsigned high = &table == tables_.data() ? shape_.high : low + shape_.granule - 3;

    return 1u << (high - low);
}

uint64_t Tree::at(Spot spot) const
{
    return (tables_[spot.table].home + 8 * uint64_t{spot.index}) ^ shape_.moved;
}

uint64_t Tree::base_of(Spot spot) const
{
    const Table &table = tables_[spot.table];

    return table.base + (uint64_t{spot.index} << low_of(table.level));
}

void Tree::put(Spot spot, uint64_t word, uint64_t hint)
{
    std::vector<Entry> &used = tables_[spot.table].used;
    const auto same = [&](const Entry &entry) { return entry.index == spot.index; };
    const auto found = std::find_if(used.begin(), used.end(), same);

    machine_->store(at(spot), word);
    if (found != used.end())
        found->hint = hint;
    else
        used.push_back({spot.index, hint});
}

// One more table. Return: false if the arena is full.
bool Tree::grow(unsigned level, uint64_t base, unsigned *table)
{
    const uint64_t size = bit(shape_.granule);

    next_ = (next_ + size - 1) & ~(size - 1);
    if (next_ + size > shape_.arena_end)
        return false;
    *table = static_cast<unsigned>(tables_.size());
    tables_.push_back({next_, base, level, {}});
    next_ += size;
    return true;
}

void Tree::rebuild(Machine &machine, const Shape &shape)
{
    for (const Table &table : tables_) // what was there may be where tables will be
        for (const Entry &entry : table.used)
            machine.store((table.home + 8 * uint64_t{entry.index}) ^ shape_.moved, 0);
    machine_ = &machine;
    shape_ = shape;
    next_ = shape.arena;
    const uint64_t base = shape.is_upper ? ~uint64_t{0} << shape.high : 0;
    tables_.assign(1, {next_, base, shape.level, {}});
    next_ += std::max<uint64_t>(8 * uint64_t{n_entries(tables_[0])}, 64);
}

void Tree::populate(Random &random, unsigned n)
{
    while (n-- > 0) {
        const Spot spot = pick(random);

        if (!is_precious(spot))
            (void)replace(random, spot);
    }
}

bool Tree::is_precious(Spot spot) const
{
    // A group begins before its members.
    spot.index &= ~((1u << group_log2(shape_.granule, tables_[spot.table].level)) - 1);
    return shape_.is_s2 && base_of(spot) < TEST_MACHINE_RAM_BYTES;
}

void Tree::map(uint64_t address, uint64_t to, unsigned level, uint64_t attributes)
{
    Spot spot;

    for (;;) {
        const unsigned at_level = tables_[spot.table].level, low = low_of(at_level);
        const uint64_t base = tables_[spot.table].base;
        unsigned next = 0;

        spot.index = static_cast<unsigned>((address - base) >> low);
        if (at_level == level)
            break;
        while (next < tables_.size() &&
               (tables_[next].level != at_level + 1 || tables_[next].base != base_of(spot)))
            next++;
        if (next == tables_.size()) {
            (void)clear(spot);
            SIM_BUG_ON(!grow(at_level + 1, base_of(spot), &next));
            put(spot, tables_[next].home | 3, 0);
        }
        spot.table = next;
    }
    put(spot, to | attributes | (level == 3 ? 3 : 1), 0);
}

Tree::Spot Tree::pick(Random &random) const
{
    Spot spot;

    spot.table = random.below(static_cast<unsigned>(tables_.size()));
    const Table &table = tables_[spot.table];
    const unsigned n = n_entries(table);
    if (!table.used.empty() && random.below(4))
        spot.index = table.used[random.below(static_cast<unsigned>(table.used.size()))].index;
    else if (random.below(2))
        spot.index = random.below(std::min(n, 4u));
    else
        spot.index = random.below(n);
    return spot;
}

bool Tree::is_leaf(Spot spot) const
{
    const unsigned level = tables_[spot.table].level;

    return may_be_leaf(level) && (machine_->load(at(spot)) & 3) == (level == 3 ? 3 : kValid);
}

// One that leads somewhere, if it is found soon.
Tree::Spot Tree::pick_leaf(Random &random) const
{
    Spot spot = pick(random);

    for (unsigned tries = 0; tries < 12 && !is_leaf(spot); tries++)
        spot = pick(random);
    return spot;
}

uint64_t Tree::address_in(Random &random, Spot spot) const
{
    const uint64_t mask = bit(low_of(tables_[spot.table].level)) - 1;
    uint64_t offset = random.word();

    if (random.below(4)) {
        for (const Entry &entry : tables_[spot.table].used)
            if (entry.index == spot.index)
                offset = entry.hint | random.below(0x1000);
    }
    return (base_of(spot) | (offset & mask)) & ~UINT64_C(7);
}

void Tree::forget_below(uint64_t base, unsigned level)
{
    const uint64_t size = bit(low_of(level));

    for (unsigned i = 1; i < tables_.size(); i++) {
        if (tables_[i].level <= level || tables_[i].base - base >= size)
            continue;
        for (const Entry &entry : tables_[i].used)
            machine_->store(at({i, entry.index}), 0);
        tables_.erase(tables_.begin() + i--);
    }
}

bool Tree::may_be_leaf(unsigned level) const
{
    return level >= 2 || (level == 1 && shape_.granule == 12);
}

// Take what is there away; a whole group if it is part of one.
Change Tree::clear(Spot spot)
{
    const unsigned level = tables_[spot.table].level, low = low_of(level);
    const uint64_t word = machine_->load(at(spot));
    const unsigned group = group_log2(shape_.granule, level);
    Change change;

    change.level = level;
    change.is_needed = (word & 3) == 3 || ((word & 3) == kValid && level < 3 && may_be_leaf(level));
    change.was_table = level < 3 && (word & 3) == 3;
    change.was_global = is_leaf(spot) && !(word & kNotGlobal);
    change.size_log2 = change.step_log2 = low;
    change.address = base_of(spot);
    if (change.was_table)
        forget_below(base_of(spot), level);
    if (change.is_needed && !change.was_table && may_be_leaf(level) && (word & kContig)) {
        change.size_log2 += group;
        spot.index &= ~((1u << group) - 1);
        change.address = base_of(spot);
        for (unsigned i = 0; i < 1u << group; i++)
            machine_->store(at({spot.table, spot.index + i}), 0);
    } else {
        machine_->store(at(spot), 0);
    }
    return change;
}

uint64_t Tree::attributes(Random &random, bool is_grouped) const
{
    uint64_t word = random.word() & 0x00600000'00000300; // XN, PXN, SH

    if (random.below(3))
        word &= 0x300;
    if (random.below(8) || (is_grouped && shape_.has_af))
        word |= kAf;
    if (shape_.is_s2) {
        word |= (random.below(4) ? 0xc0 : random.below(4) << 6) | // S2AP
                (random.below(6) ? 0x3c : random.below(16) << 2); // MemAttr
    } else {
        word |= (random.below(2) ? 0x40 : random.below(4) << 6) | random.below(8)
                                                                      << 2; // AP, AttrIndx
        if (!shape_.has_globals || random.below(2))
            word |= kNotGlobal;
    }
    if (shape_.has_dirty && !is_grouped && random.one_in(2)) {
        word |= kDbm;
        if (!shape_.is_s2)
            word |= bit(53); // a page that may become writable is not for privileged code
    }
    return word;
}

void Tree::put_leaf(Random &random, Spot spot)
{
    const unsigned level = tables_[spot.table].level, low = low_of(level);
    const uint64_t to = shape_.target(low), mask = bit(low) - 1;

    put(spot, (to & ~mask) | attributes(random, false) | (level == 3 ? 3 : 1), to & mask);
}

void Tree::put_group(Random &random, Spot spot)
{
    const unsigned level = tables_[spot.table].level, low = low_of(level);
    const unsigned n = 1u << group_log2(shape_.granule, level);
    const uint64_t size = uint64_t{n} << low, to = shape_.target(low);
    const uint64_t word = attributes(random, true) | kContig | (level == 3 ? 3 : 1);

    for (unsigned i = 0; i < n; i++)
        put({spot.table, spot.index + i}, (to & ~(size - 1)) | (uint64_t{i} << low) | word,
            to & (bit(low) - 1));
}

void Tree::put_table(Random &random, Spot spot)
{
    const unsigned level = tables_[spot.table].level;
    uint64_t limits = random.below(3) ? 0 : random.word() & 0x78000000'00000000;
    unsigned table;

    if (shape_.is_s2)
        limits = 0;
    if (random.one_in(12)) { // nothing is there
        put(spot, kNowhere | 3, 0);
        return;
    }
    if (!grow(level + 1, base_of(spot), &table))
        return;
    put(spot, tables_[table].home | limits | 3, 0);
    for (unsigned n = 1 + random.below(3); n > 0; n--) {
        const Spot below = {static_cast<unsigned>(table),
                            random.below(std::min(n_entries(tables_[table]), 40u))};

        if (machine_->load(at(below)))
            continue;
        if (level + 1 < 3 && random.below(3))
            put_table(random, below);
        else if (may_be_leaf(level + 1))
            put_leaf(random, below);
    }
}

// Bit 0 clear, or a kind that this level does not have.
void Tree::put_invalid(Random &random, Spot spot)
{
    const unsigned level = tables_[spot.table].level;
    const uint64_t rest = random.word() & 0x0000ffff'fffffffc;

    if (random.below(2))
        put(spot, rest & ~kContig, 0);
    else if (level == 3 || !may_be_leaf(level))
        put(spot, (rest & ~kContig) | 1, 0);
}

// A group takes the place of all that is there.
Change Tree::replace_by_group(Random &random, Spot spot)
{
    const unsigned level = tables_[spot.table].level;
    const unsigned group = group_log2(shape_.granule, level);
    Change change;

    spot.index &= ~((1u << group) - 1);
    change.level = level;
    change.step_log2 = low_of(level);
    change.size_log2 = low_of(level) + group;
    change.address = base_of(spot);
    for (unsigned i = 0; i < 1u << group; i++) {
        const Change one = clear({spot.table, spot.index + i});

        change.is_needed |= one.is_needed;
        change.was_table |= one.was_table;
        change.was_global = false; // not all of them
    }
    put_group(random, spot);
    return change;
}

Change Tree::replace(Random &random, Spot spot)
{
    const unsigned level = tables_[spot.table].level;
    const unsigned n_grouped = 1u << group_log2(shape_.granule, level);
    const unsigned how = random.below(16);

    if (how == 15 && may_be_leaf(level) && n_entries(tables_[spot.table]) >= n_grouped)
        return replace_by_group(random, spot);
    const Change change = clear(spot);
    if (how < 2)
        put_invalid(random, spot);
    else if (level < 3 && (how < 10 || !may_be_leaf(level)))
        put_table(random, spot);
    else
        put_leaf(random, spot);
    return change;
}

// Other attributes of a leaf that stands alone; else like replace.
Change Tree::tweak(Random &random, Spot spot)
{
    const unsigned level = tables_[spot.table].level;
    const uint64_t word = machine_->load(at(spot));
    const uint64_t mask = shape_.is_s2 ? 0x00680000'000007fc : 0x00680000'00000ffc;

    if (!is_leaf(spot) || (word & kContig))
        return replace(random, spot);
    Change change;
    change.level = level;
    change.is_needed = true;
    change.was_global = !(word & kNotGlobal);
    change.size_log2 = change.step_log2 = low_of(level);
    change.address = base_of(spot);
    machine_->store(at(spot), (word & ~mask) | attributes(random, false));
    return change;
}

} // namespace diff
