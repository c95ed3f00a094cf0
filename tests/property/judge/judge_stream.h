// SPDX-License-Identifier: BSD-2-Clause
// judge_stream.h - a stream of records as acts: set-up, and then what is judged, one act at a time.
// Knows: records, where an SMMUv3 has its queue. Must not know: the explorer, any model.
// What is the same for VT-d: acts, marks, mutants.
#ifndef TESTS_PROPERTY_JUDGE_STREAM_H
#define TESTS_PROPERTY_JUDGE_STREAM_H

#include "sim/record.h"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace judge
{

enum class Op : uint8_t {
    kStore,    // of 8 bytes, or of 16 at once
    kBarrier,  // earlier acts of this CPU before any later one
    kCommand,  // into slot `index`
    kDoorbell, // slots below `index` are ready
    kWait,     // until the CMD_SYNC in slot `index` is complete
    kBegin,    // of an operation: all of its marks
    kEnd,
    kFree,
    kNote, // anything that hardware does not see
};

struct Act {
    Op op = Op::kNote;
    uint16_t cpu = 0;
    bool wide = false;
    uint32_t index = 0;
    uint64_t pa = 0, size = 0;
    uint64_t word[2] = {0, 0}; // of a store, of a command
    std::vector<sim_record> records;
};

struct Stream {
    std::vector<sim_record> setup;
    std::vector<Act> acts;
    unsigned atom_bytes = 8;
};

// What set-up leaves, in the order of its records.
struct Machine0 {
    std::map<uint64_t, uint64_t> memory;
    uint64_t strtab = 0, strtab_cfg = 0, queue = 0;
    uint32_t ssid_bits = 0;
    uint32_t prod = 0;
    std::map<uint32_t, uint32_t> sid_of; // by device
};

// Records of a text file. Ends the program if it cannot be read.
std::vector<sim_record> read_records(const char *path);
// Another act, that of @rec. Marks that stand together, and what stands between them, are one.
void append(Stream &stream, const sim_record &rec, Act act);

// Of an SMMUv3; the first @n_setup records are set-up.
Stream read_stream(const char *path, size_t n_setup);
Machine0 set_up(const Stream &stream);

// Each act left out, then each two neighbours exchanged. A begin stays where it is. @renumbered:
// makes slots, doorbells and waits fit again.
struct Mutant {
    std::string name; // "drop-3", "swap-4"
    std::string act;
    Stream stream;
};
using Renumber = Stream (*)(const Stream &);
std::vector<Mutant> mutants(const Stream &stream, Renumber renumbered);
std::vector<Mutant> mutants(const Stream &stream);

// All records, slots and times numbered anew.
std::vector<sim_record> records_of(const Stream &stream);
std::string print(const Act &act);

} // namespace judge

#endif
