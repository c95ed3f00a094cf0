/* SPDX-License-Identifier: BSD-2-Clause
 * table_maze.h - tables of one stream of any shape, and every read that its first request takes.
 *
 * No two addresses that stage 2 is asked for have a descriptor in common, and no descriptor shares
 * its memory with another: whatever is cached of one read does not save another one. */
#ifndef TABLE_MAZE_H
#define TABLE_MAZE_H

#include "tests/unit/models/smmuv3/machine_bench.h"

namespace machine
{

// Pages are of 1 << granule bytes; 0 levels: the stage is off.
struct Shape {
    unsigned granule_1, n;
    unsigned granule_2, m;
    bool is_two_level; // table of streams and table of CDs
};

// Every shape that there is without 52-bit addresses: of each stage alone, and of both together.
std::vector<Shape> all_shapes(bool is_two_level);
std::string name_of_shape(const testing::TestParamInfo<Shape> &row);
void PrintTo(const Shape &s, std::ostream *out);

// A descriptor, or the first word of an entry.
struct Step {
    Purpose purpose;
    uint64_t at, value;
    uint64_t ipa;     // what stage 2 is asked for
    bool is_leaf;     // the last descriptor of its stage
    bool is_first_of; // of two levels: L1STD, L1CD
};

class Maze
{
  public:
    explicit Maze(const Shape &shape);

    // S1P, S2P and small tables, so that stages of one level are possible.
    static Config config();
    // Tables, registers; the machine is on then.
    void build(Bench &b) const;

    Shape shape;
    std::vector<Step> steps;
    uint64_t va = 0, pa = 0;
    int64_t ssid = kNoSsid;
    // Bits of an intermediate address, and of an output of stage 1 (CD.IPS).
    unsigned ipa_bits = 0;
    unsigned ips_bits = 0;

  private:
    struct Word {
        uint64_t at, value;
    };
    uint64_t new_page();
    uint64_t place(Purpose of, uint64_t offset, uint64_t *address);
    void add_streams();
    void add_cds();
    void add_stage_1();
    void add_stage_2(Purpose of, uint64_t ipa, uint64_t pa_of_page);
    uint64_t ste_q2() const;
    uint64_t cd_q0() const;

    std::vector<Word> words_; // what is no step: further words of entries
    uint64_t s2_top_ = 0;
    uint64_t context_ = 0; // of the STE
    uint64_t ttb_ = 0;     // of the CD
    uint64_t next_page_ = 0x100000;
    unsigned n_places_ = 0;
};

} // namespace machine

#endif
