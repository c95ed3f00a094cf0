// SPDX-License-Identifier: BSD-2-Clause
// flight_bench.h - what tests of things on their way share: a machine with ATS, PRI and stalls.
#ifndef FLIGHT_BENCH_H
#define FLIGHT_BENCH_H

#include "tests/unit/models/smmuv3/machine_bench.h"

namespace flight
{

using namespace machine;

constexpr uint64_t kSid1 = UINT64_C(1) << 32;
constexpr uint64_t kSync = 0x46, kAtcInv = 0x40, kTlbiAll = 0x30, kRetry = 0x1044;
constexpr uint64_t kEverything = 52;                        // ATC_INV.Size
constexpr uint64_t kFull = 0x10000000, kSplit = 0x20000000; // STE q1: EATS
constexpr uint64_t kS = 0x100000000000;                     // CD q0
constexpr uint32_t kAts = 0x800400, kPri = 0x10000, kHttu = 0x80, kStallModel = 0x3000000;
constexpr uint32_t kAtsChk = 0x10, kPriqen = 0x2, kAllOn = 0x1f, kCmdqErr = 0x1;
constexpr uint64_t kPriqBase = 0xc0, kPriqProd = 0x100c8, kPriqCons = 0x100cc, kPriq = 0x38000;
constexpr uint32_t kTimeoutUs = 10;

inline Config full_config()
{
    Config c("mmu600");

    c.idr0(kStallModel, kAts | kPri | kHttu);
    c.smmu.ids.idr1 |= 0x2800;        // PRIQS=5
    c.smmu.ids.idr5 = 0x75 | 4 << 16; // STALL_MAX
    c.smmu.param.atc_timeout_us = kTimeoutUs;
    c.smmu.param.n_tbus = 2;
    c.smmu.param.contig = 1;
    c.smmu.param.prefetch = 1;
    c.memory(100000, 1000);
    return c;
}

struct FlightBench : Bench {
    explicit FlightBench(const Config &config = full_config()) : Bench(config)
    {
    }
    void boot_all(uint64_t priq_log2 = 5, uint64_t evtq = kEvtq | 7)
    {
        Boot how;

        how.cr0 = kAllOn;
        how.cr2 = 0xa;
        how.evtq_base = evtq;
        write64(kPriqBase, kPriq | priq_log2);
        write(kPriqProd, 0);
        write(kPriqCons, 0);
        boot(how);
    }
    std::vector<sim_ats_inv> sent() const
    {
        const sim_ats_inv *first = test_machine_ats_invs(m);

        return {first, first + test_machine_n_ats_invs(m)};
    }
    void complete(size_t n)
    {
        const sim_iommu *iommu = test_machine_iommu(m);

        iommu->ops->ats_complete(iommu->model, sent().at(n).itag);
    }
    // Long enough for everything but the endpoint's time.
    void wait_a_little()
    {
        test_machine_run_until(m, test_machine_now_ps(m) + 3000000);
    }
    void put_inv(unsigned sid)
    {
        put(kAtcInv | sid * kSid1, kEverything);
    }
    uint32_t cons() const
    {
        return read(CMDQ_CONS);
    }
};

} // namespace flight

#endif
