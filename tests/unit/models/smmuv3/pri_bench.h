// SPDX-License-Identifier: BSD-2-Clause
// pri_bench.h - what tests of page requests share.
#ifndef PRI_BENCH_H
#define PRI_BENCH_H

#include "tests/unit/models/smmuv3/machine_bench.h"

namespace pri
{

using namespace machine;

enum PriReg : uint64_t {
    PRIQ_BASE = 0xc0,
    PRIQ_IRQ_CFG0 = 0xd0,
    PRIQ_IRQ_CFG1 = 0xd8,
    PRIQ_IRQ_CFG2 = 0xdc,
    PRIQ_PROD = 0x100c8,
    PRIQ_CONS = 0x100cc,
};
const uint32_t kPriqen = 0x2, kAll = 0xf;
const uint64_t kPriq = 0x38000;
const uint64_t kSsv = 1ull << 63, kLast = 1ull << 62, kW = 1ull << 61, kR = 1ull << 60,
               kX = 1ull << 59, kPrivileged = 1ull << 58;
const uint8_t kSuccess = 0, kInvalid = 1, kFailure = 15;

// PRI, PRIQS=5.
inline Config pri_config(const char *preset = "zero")
{
    Config c(preset);

    c.idr0(0, 0x10000);
    c.smmu.ids.idr1 |= 0x2800;
    return c;
}

// 2^log2 records.
inline void boot(Bench &b, uint64_t log2 = 5, uint32_t cr0 = kAll)
{
    Boot how;

    how.cr0 = cr0;
    b.write64(PRIQ_BASE, kPriq | log2);
    b.write(PRIQ_PROD, 0);
    b.write(PRIQ_CONS, 0);
    b.boot(how);
}

inline sim_page_request request(uint32_t sid, uint64_t address, int64_t ssid = kNoSsid)
{
    sim_page_request r{};

    r.requester = sid;
    r.address = address;
    r.has_pasid = ssid != kNoSsid;
    r.pasid = r.has_pasid ? static_cast<uint32_t>(ssid) : 0;
    r.access = SIM_DMA_READ;
    r.is_last = true;
    return r;
}

inline void send(Bench &b, const sim_page_request &r)
{
    const sim_iommu *iommu = test_machine_iommu(b.m);

    iommu->ops->page_request(iommu->model, &r);
}

inline void ask(Bench &b, const sim_page_request &r)
{
    send(b, r);
    b.settle();
}

inline std::array<uint64_t, 2> record(const Bench &b, uint32_t index)
{
    return {b.load(kPriq + 16 * index), b.load(kPriq + 16 * index + 8)};
}

inline size_t n_answers(const Bench &b)
{
    return test_machine_n_pages(b.m);
}

inline const sim_page_response &answer(const Bench &b, size_t i)
{
    return test_machine_pages(b.m)[i].response;
}

} // namespace pri

#endif
