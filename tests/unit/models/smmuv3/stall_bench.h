// SPDX-License-Identifier: BSD-2-Clause
// stall_bench.h - what tests of stalls and page requests share: words typed from the
// architecture's tables.
#ifndef STALL_BENCH_H
#define STALL_BENCH_H

#include "tests/unit/models/smmuv3/machine_bench.h"

namespace stall
{

using namespace machine;

// CD q0: S, R, A. STE q2: S2S, S2R.
constexpr uint64_t kS = 0x100000000000, kR = 0x200000000000, kA = 0x400000000000;
constexpr uint64_t kS2s = 0x200000000000000, kS2r = 0x400000000000000;

// Bit 31 of word 1 of a record: Stall. The STAG is in its bits 15:0.
constexpr uint64_t kStall = 0x80000000;

// IDR0.TERM_MODEL.
constexpr uint32_t kAbortOnly = 0x4000000;

// The first page above the 16 that a space has.
constexpr uint64_t kHole = 0x10000;

// IDR0.STALL_MODEL, IDR5.STALL_MAX.
inline Config stall_config(uint32_t model = 0, uint32_t max = 16, const char *preset = "zero")
{
    Config c(preset);

    c.idr0(0x3000000, model << 24);
    c.smmu.ids.idr5 = 0x75 | max << 16;
    return c;
}

// A stream with stage 1 whose CD has S, R and A.
inline void make_stalling(Bench &b, uint32_t sid, unsigned n, uint64_t asid)
{
    b.make_stream(sid, n, asid);
    b.cd(sid, 0, {cd_q0(asid) | kS, space(n), 0, 0xff});
}

inline uint64_t sid_of(uint32_t sid)
{
    return static_cast<uint64_t>(sid) << 32;
}

// RESUME, terminating or trying again; STALL_TERM.
constexpr uint64_t kRazWi = 0x44, kRetry = 0x1044, kAbort = 0x2044, kStallTerm = 0x45;

inline void resume(Bench &b, uint32_t sid, uint64_t stag, uint64_t how)
{
    b.run(sid_of(sid) | how, stag);
}

inline bool is_stalled(const Request &r)
{
    return r.n_answers == 0;
}

inline bool has_ended(const Request &r, uint8_t status)
{
    return r.n_answers == 1 && r.dma.status == status;
}

inline uint64_t stag_of(const Bench &b, uint32_t index)
{
    return b.event(index)[1] & 0xffff;
}

} // namespace stall

#endif
