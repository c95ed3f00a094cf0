// SPDX-License-Identifier: BSD-2-Clause
// stage_bench.h - address spaces of every type for one device, for tests of translations.
#ifndef STAGE_BENCH_H
#define STAGE_BENCH_H

#include "tests/unit/models/vtd/vtd_machine_bench.h"

namespace stage
{

using namespace vtdm;

constexpr uint16_t kSid = 0x10;
// PASIDs of kSid, and what they are; without a PASID it is a second stage too (RID_PASID 0).
constexpr int64_t kFs = 3, kSs = 4, kNested = 5, kPass = 6;

// Spaces: first stage 1, second stage 2; without PASID 0. Nested: guest memory is space 3; the
// guest's tables are at its addresses 0 to 3fff, its pages from 8000 on.
constexpr uint64_t guest(uint64_t gpa)
{
    return page_of(3, gpa);
}
constexpr uint64_t guest_slot(uint64_t iova)
{
    return guest(0x3000) + (iova >> 12) * 8;
}
constexpr uint64_t nested_page(uint64_t iova)
{
    return guest(0x8000 + iova);
}

// First-stage entries without A or D; with them: fs_table, fs_page.
constexpr uint64_t fs_fresh(uint64_t pa)
{
    return pa | 0x7;
}

inline void make_guest(Bench &b)
{
    b.make_ss(3);
    for (uint64_t gpa = 0; gpa < 0x3000; gpa += 0x1000)
        b.store(guest(gpa), fs_table(gpa + 0x1000));
    for (uint64_t iova = 0; iova < 0x8000; iova += 0x1000)
        b.store(guest_slot(iova), fs_page(0x8000 + iova));
}

// Scalable mode, on; domains 10 to 14 hex.
inline void boot_scalable(Bench &b)
{
    b.make_ss(0);
    b.make_fs(1);
    b.make_ss(2);
    make_guest(b);
    b.device(kSid);
    b.pasid(kSid, 0, pasid_ss(space(0), 0x10));
    b.pasid(kSid, kFs, pasid_fs(space(1), 0x11));
    b.pasid(kSid, kSs, pasid_ss(space(2), 0x12));
    b.pasid(kSid, kNested, pasid_nested(0, space(3), 0x13));
    b.pasid(kSid, kPass, pasid_pass(0x14));
    b.boot(scalable());
}

// Legacy mode, on: second stage of space 0 with ATS, domain 10 hex.
inline void boot_legacy(Bench &b)
{
    b.make_ss(0);
    b.ctx(kSid, ctx_ats(space(0), 0x10));
    b.boot();
}

// Reason of fault record @index.
inline uint32_t reason(const Bench &b, unsigned index)
{
    return static_cast<uint32_t>(b.record(index)[1] >> 32 & 0xff);
}

} // namespace stage

#endif
