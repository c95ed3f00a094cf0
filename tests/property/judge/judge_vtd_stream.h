// SPDX-License-Identifier: BSD-2-Clause
// judge_vtd_stream.h - a stream of records for a VT-d as acts.
// Knows: judge_stream.h, where a VT-d has its registers and its queue. Must not know: the explorer,
// any model.
#ifndef TESTS_PROPERTY_JUDGE_VTD_STREAM_H
#define TESTS_PROPERTY_JUDGE_VTD_STREAM_H

#include "tests/property/judge/judge_stream.h"
#include "tests/property/judge/judge_vtd_decode.h"

namespace judge::vtd
{

// What set-up leaves. @n_slots: descriptors that it has put into the queue.
struct Start {
    std::map<uint64_t, uint64_t> memory;
    Caps caps;
    uint64_t root = 0, queue = 0, slot_bytes = 16;
    bool is_scalable = false;
    uint32_t n_slots = 0;
    std::map<uint32_t, uint32_t> sid_of; // by device
};

// A wait's `index` is the slot of the wait descriptor whose status word it looks at.
Stream read_stream(const char *path, size_t n_setup);
Stream stream_of(const std::vector<sim_record> &records, size_t n_setup);
Start start_of(const Stream &stream);
std::vector<Mutant> mutants(const Stream &stream);
std::vector<sim_record> records_of(const Stream &stream);

} // namespace judge::vtd

#endif
