// SPDX-License-Identifier: BSD-2-Clause
// agree_judge.h - is what a request got among what the explorer says?
// Knows: the explorer's report, the history of page tables. Must not know: any model.
#ifndef TESTS_PROPERTY_AGREE_JUDGE_H
#define TESTS_PROPERTY_AGREE_JUDGE_H

#include "check/explore.h"
#include "tests/property/agree/agree_stream.h"

namespace agree
{

// A request and its answer. It was under way from record @issued to record @answered.
struct Seen {
    uint32_t sid, pasid;
    uint64_t iova, pa;
    uint64_t issued, answered;
    bool is_refused;
    uint32_t event; // its code, 0 = none
};

enum class Answer : uint8_t {
    kAllowed,
    kForbidden, // the explorer does not have it
    kUnknown,   // it does not say: nothing yet, or inconclusive
};

class Judge
{
  public:
    Judge(const Stream &stream, const xpl_report &report);
    Answer judge(const Seen &seen) const;
    // Does the explorer call what the answer stems from good, whatever happened before?
    std::string print(const Seen &seen) const;

  private:
    struct Window {
        const xpl_op *op;
        const xpl_slot *slot;
    };

    void find_ends();
    bool fits(const chk_target &target, const Seen &seen) const;
    bool fits_tables(uint64_t table, unsigned span_log2, const Seen &seen) const;
    bool is_possible(const Version &version, const Seen &seen) const;
    bool is_guest(const Seen &seen) const;
    bool is_told(const Seen &seen, bool wants_refusal) const;
    bool has_outcome(const Window &window, const Seen &seen, bool is_after) const;

    const Stream &stream_;
    const xpl_report &report_;
    std::map<uint64_t, std::vector<Window>> windows_; // of a requester and PASID, in order
    std::map<uint64_t, uint64_t> ends_; // of the map or unmap that a store of a descriptor is in
};

} // namespace agree

#endif
