// SPDX-License-Identifier: BSD-2-Clause
// diff_tables.h - one tree of random page tables, of either stage, and what a change in it touches.
// Descriptors are typed by bit number.
#ifndef TESTS_PROPERTY_DIFF_TABLES_H
#define TESTS_PROPERTY_DIFF_TABLES_H

#include "tests/property/diff_machine.h"

#include <cstdint>
#include <functional>
#include <vector>

namespace diff
{

// What of the input was translated by what is no longer there.
struct Change {
    bool is_needed = false; // a valid descriptor went or became another one
    bool was_table = false;
    bool was_global = false; // whatever ASID a command names
    uint64_t address = 0;
    unsigned size_log2 = 0, step_log2 = 0; // of all; of each descriptor
    unsigned level = 0;
};

// How a tree is made. @is_upper: addresses have all bits above the input size set. @moved: what a
// table's address is to be xor'ed with to find its bytes. @has_globals: leaves may be global.
// @has_af, @has_dirty: hardware keeps them. @target: an address for a leaf of that size.
struct Shape {
    bool is_s2 = false, is_upper = false;
    unsigned granule = 12, level = 0, high = 48;
    uint64_t arena = 0, arena_end = 0;
    uint64_t moved = 0;
    bool has_globals = false, has_af = false, has_dirty = false;
    std::function<uint64_t(unsigned)> target;
};

class Tree
{
  public:
    struct Spot {
        unsigned table = 0, index = 0;
    };

    // A root and nothing in it; n random descriptors.
    void rebuild(Machine &machine, const Shape &shape);
    void populate(Random &random, unsigned n);
    // Does much else hang on this descriptor?
    bool is_precious(Spot spot) const;
    // Descriptors down to a page or block of that size at @address; it must have none yet.
    void map(uint64_t address, uint64_t to, unsigned level, uint64_t attributes);

    Spot pick(Random &random) const;
    Spot pick_leaf(Random &random) const;
    // An address that this descriptor translates.
    uint64_t address_in(Random &random, Spot spot) const;
    Change replace(Random &random, Spot spot);
    Change tweak(Random &random, Spot spot);

    const Shape &shape() const
    {
        return shape_;
    }
    uint64_t root() const
    {
        return tables_[0].home;
    }

  private:
    struct Entry {
        unsigned index;
        uint64_t hint; // an offset that leads somewhere
    };
    struct Table {
        uint64_t home, base;
        unsigned level;
        std::vector<Entry> used;
    };

    static unsigned group_log2(unsigned granule, unsigned level);
    unsigned low_of(unsigned level) const;
    unsigned n_entries(const Table &table) const;
    uint64_t at(Spot spot) const;
    uint64_t base_of(Spot spot) const;
    void put(Spot spot, uint64_t word, uint64_t hint);
    bool grow(unsigned level, uint64_t base, unsigned *table);
    void forget_below(uint64_t base, unsigned level);
    Change clear(Spot spot);
    Change replace_by_group(Random &random, Spot spot);
    bool is_leaf(Spot spot) const;
    bool may_be_leaf(unsigned level) const;
    uint64_t attributes(Random &random, bool is_grouped) const;
    void put_leaf(Random &random, Spot spot);
    void put_group(Random &random, Spot spot);
    void put_table(Random &random, Spot spot);
    void put_invalid(Random &random, Spot spot);

    Machine *machine_ = nullptr;
    Shape shape_;
    uint64_t next_ = 0;
    std::vector<Table> tables_; // the first one is the root
};

} // namespace diff

#endif
