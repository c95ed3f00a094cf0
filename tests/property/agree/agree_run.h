// SPDX-License-Identifier: BSD-2-Clause
// agree_run.h - a random stream, explored once and replayed on machines of every kind.
// Knows: the explorer, the replay. Must not know: how an answer is judged.
#ifndef TESTS_PROPERTY_AGREE_RUN_H
#define TESTS_PROPERTY_AGREE_RUN_H

#include "check/chk.h"
#include "check/explore.h"
#include "kernel-glue/replay/rpl_scan.h"
#include "tests/property/agree/agree_judge.h"

#include <memory>

namespace agree
{

struct Facts {
    uint64_t n_fetched[32] = {}; // atoms, by structure
    uint64_t n_requests = 0, n_dropped = 0, n_walks = 0, n_ats = 0;
};

struct Scan {
    explicit Scan(const Stream &stream);
    ~Scan();
    Scan(const Scan &) = delete;
    Scan &operator=(const Scan &) = delete;
    rpl_scanner *scanner;
    const rpl_scan *scan;
};

struct FreeExplorer {
    void operator()(xpl *explorer) const
    {
        xpl_free(explorer);
    }
};
using Explorer = std::unique_ptr<xpl, FreeExplorer>;
Explorer explore(const Stream &stream, const Scan &scan, bool has_wide_atoms);

// What every request got, in the order of answers; and the replay's own classes by the
// first record of each operation.
struct Replayed {
    std::vector<Seen> seen;
    std::map<uint64_t, uint32_t> classes; // none of operations that are inconclusive
    Facts facts;
};
Replayed replay(const Stream &stream, const Scan &scan, bool has_wide_atoms, uint64_t seed);

} // namespace agree

#endif
