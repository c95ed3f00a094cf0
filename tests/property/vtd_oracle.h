// SPDX-License-Identifier: BSD-2-Clause
// vtd_oracle.h - what a VT-d unit without caches makes of a request, written from the tables of the
// architecture. Shares nothing with the model.
#ifndef VTD_ORACLE_H
#define VTD_ORACLE_H

#include <cstdint>
#include <functional>

namespace vtd_oracle
{

// The unit: 39 and 48 bits, 4 and 5 levels in the first stage, large pages, everything of scalable
// mode but memory types and what revision 5 added; 48 bits of host address.
struct Unit {
    std::function<uint64_t(uint64_t)> load;    // one aligned word
    std::function<bool(uint64_t)> is_readable; // it, too
    uint64_t roots;
    bool is_scalable;
};

enum class Kind { UNTRANSLATED, REQUEST };

struct Ask {
    uint16_t sid;
    bool has_pasid;
    uint32_t pasid;
    uint64_t iova;
    bool reads, writes, is_supervisor;
    Kind kind;
};

enum class End { OK, UNSUPPORTED, ABORTED };

// @code: the reason, 0 if none. A success of a translation request may have one, and no rights.
struct Answer {
    End end;
    unsigned code;
    uint64_t pa;
    unsigned rights; // 1 read, 2 write
};

Answer translate(const Unit &unit, const Ask &ask);

} // namespace vtd_oracle

#endif
