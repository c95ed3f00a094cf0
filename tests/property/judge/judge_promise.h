// SPDX-License-Identifier: BSD-2-Clause
// judge_promise.h - classes, and what software promised: where memory should lead at the end.
// Knows: judge_stream.h, the meaning of the classes. Must not know: an architecture, the explorer.
#ifndef TESTS_PROPERTY_JUDGE_PROMISE_H
#define TESTS_PROPERTY_JUDGE_PROMISE_H

#include "tests/property/judge/judge_stream.h"

#include <functional>

namespace judge
{

enum Class : uint8_t { kHitless, kBreaks, kStaleRefusal, kTorn, kStale, kPoisons, kDangles };
const char *print(Class c);

// One class for each operation; @inconclusive: a walk needs a word that the stream does not tell.
struct Verdicts {
    std::vector<Class> ops;
    std::vector<bool> inconclusive;
    bool bad_outside = false;
};
enum class Found : uint8_t { kNowhere, kSomewhere, kUnknown };
using Memory = std::map<uint64_t, uint64_t>;

// What memory gives to requests after an operation. @walk: where an address leads.
struct Led {
    bool is_refused = false, is_bypassed = false, is_guest = false, is_as_before = false;
    std::function<Found(const Memory &memory, uint64_t iova, uint64_t &pa)> walk;
};

// An operation on a device, or on a PASID of it. @outer: SIM_OP_* of the outermost mark.
struct Asked {
    uint8_t outer;
    bool has_stores;
    uint32_t dev, pasid;
};

struct Domain {
    bool is_known = false;
    uint64_t type = 1, number = 0; // as a mark says
};

class Promises
{
  public:
    // What the first @n_acts acts promise.
    Promises(const Stream &stream, size_t n_acts);
    // @is_unknown: memory does not tell.
    Class judge(const Asked &asked, const Led &now, bool &is_unknown) const;

  private:
    void take(const sim_record &rec);
    void take_mark(const sim_rec_mark_end &mark);
    Class judge_pages(const Led &now, const Domain &wanted, const Domain &old,
                      bool &is_unknown) const;

    Memory memory_;
    std::map<uint64_t, std::map<uint64_t, uint64_t>> maps_; // by domain: page to page
    std::map<std::pair<uint32_t, uint32_t>, Domain> now_, before_;
};

} // namespace judge

#endif
