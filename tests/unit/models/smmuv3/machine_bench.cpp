// SPDX-License-Identifier: BSD-2-Clause
// machine_bench.cpp - sets up a machine as software does, and asks it as devices do.
#include "tests/unit/models/smmuv3/machine_bench.h"

namespace machine
{

Config::Config(const char *preset) : smmu_machine_config()
{
    smmu_machine_config_init(this, preset);
    smmu.ids.idr0 = kIdr0;
    smmu.ids.idr1 = kIdr1;
    smmu.ids.idr2 = 0;
    smmu.ids.idr3 = kIdr3;
    smmu.ids.idr4 = 0;
    smmu.ids.idr5 = kIdr5;
    smmu.ids.iidr = 0x4830043b;
    smmu.ids.aidr = 2;
}

Config &Config::idr0(uint32_t clear, uint32_t set)
{
    smmu.ids.idr0 = (smmu.ids.idr0 & ~clear) | set;
    return *this;
}

Config &Config::memory(uint64_t latency_ps, uint64_t interval_ps)
{
    timing.latency_ps = latency_ps;
    timing.interval_ps = interval_ps;
    return *this;
}

Request::Request(uint32_t sid, uint64_t iova, unsigned access, int64_t ssid)
{
    dma.requester = sid;
    dma.iova = iova;
    dma.n_bytes = 8;
    dma.access = static_cast<uint8_t>(access);
    dma.has_pasid = ssid != kNoSsid;
    dma.pasid = dma.has_pasid ? static_cast<uint32_t>(ssid) : 0;
    dma.done.ctx = this;
    dma.done.fn = [](void *ctx) { static_cast<Request *>(ctx)->n_answers++; };
}

Bench::Bench(const Config &config) : m(smmu_machine_new(&config))
{
    if (!m)
        throw std::runtime_error("the model refuses its configuration");
}

Bench::~Bench()
{
    smmu_machine_free(m);
}

uint32_t Bench::read(uint64_t offset) const
{
    const sim_iommu *iommu = smmu_machine_iommu(m);

    return static_cast<uint32_t>(iommu->ops->reg_read(iommu->model, offset, 4));
}

void Bench::write(uint64_t offset, uint32_t value)
{
    const sim_iommu *iommu = smmu_machine_iommu(m);

    iommu->ops->reg_write(iommu->model, offset, 4, value);
}

uint64_t Bench::read64(uint64_t offset) const
{
    const sim_iommu *iommu = smmu_machine_iommu(m);

    return iommu->ops->reg_read(iommu->model, offset, 8);
}

void Bench::write64(uint64_t offset, uint64_t value)
{
    const sim_iommu *iommu = smmu_machine_iommu(m);

    iommu->ops->reg_write(iommu->model, offset, 8, value);
}

uint64_t Bench::load(uint64_t pa) const
{
    return smmu_machine_load(m, pa);
}

void Bench::store(uint64_t pa, uint64_t value)
{
    smmu_machine_store(m, pa, value);
}

void Bench::store(uint64_t pa, const std::vector<uint64_t> &words)
{
    for (size_t i = 0; i < words.size(); i++)
        store(pa + 8 * i, words[i]);
}

void Bench::settle()
{
    smmu_machine_run(m);
}

void Bench::boot(const Boot &how)
{
    cmdq_ = how.cmdq_base & 0xffffffffffe0;
    cmdq_mask_ = (1u << (how.cmdq_base & 0x1f)) - 1;
    write(CR1, 0xd75); // write-back and inner shareable, tables and queues
    write(CR2, how.cr2);
    write64(STRTAB_BASE, how.strtab_base);
    write(STRTAB_BASE_CFG, how.strtab_cfg);
    write64(CMDQ_BASE, how.cmdq_base);
    write(CMDQ_PROD, 0);
    write(CMDQ_CONS, 0);
    write64(EVENTQ_BASE, how.evtq_base);
    write(EVENTQ_PROD, 0);
    write(EVENTQ_CONS, 0);
    write(CR0, how.cr0);
    settle();
    ASSERT_EQ(read(CR0ACK), how.cr0);
}

void Bench::ste(uint32_t sid, const std::vector<uint64_t> &words)
{
    std::vector<uint64_t> entry(words);

    entry.resize(8);
    store(kStreams + 64 * sid, entry);
}

void Bench::cd(uint32_t sid, uint32_t ssid, const std::vector<uint64_t> &words)
{
    std::vector<uint64_t> entry(words);

    entry.resize(8);
    store(cds_of(sid) + 64 * ssid, entry);
}

void Bench::make_space(unsigned n)
{
    store(space(n), (space(n) + 0x1000) | 3);
    store(space(n) + 0x1000, (space(n) + 0x2000) | 3);
    for (uint64_t iova = 0; iova < 0x10000; iova += 0x1000)
        store(leaf_slot(n, iova), page(page_of(n, iova)));
}

void Bench::make_stream(uint32_t sid, unsigned n, uint64_t asid, uint64_t vmid)
{
    make_space(n);
    ste(sid, {cds_of(sid) | 0xb, 0, vmid}); // V, Config=101
    cd(sid, 0, {cd_q0(asid), space(n), 0, 0xff});
}

void Bench::put(uint64_t q0, uint64_t q1)
{
    const uint64_t slot = cmdq_ + 16 * (prod_ & cmdq_mask_);

    store(slot, {q0, q1});
    prod_ = (prod_ + 1) & (2 * cmdq_mask_ + 1);
}

void Bench::ring()
{
    write(CMDQ_PROD, prod_);
}

void Bench::run(uint64_t q0, uint64_t q1)
{
    put(q0, q1);
    ring();
    settle();
}

void Bench::run_sync(uint64_t q0, uint64_t q1)
{
    put(q0, q1);
    put(0x46);
    ring();
    settle();
    EXPECT_EQ(read(CMDQ_CONS), prod_);
}

void Bench::submit(Request &request)
{
    const sim_iommu *iommu = smmu_machine_iommu(m);

    ASSERT_TRUE(iommu->ops->submit(iommu->model, &request.dma));
}

Answer Bench::dma(uint32_t sid, uint64_t iova, unsigned access, int64_t ssid)
{
    Request r(sid, iova, access, ssid);

    submit(r);
    settle();
    EXPECT_EQ(r.n_answers, 1u);
    return {r.dma.status, r.dma.pa, r.dma.event, r.dma.page_log2, r.dma.granted};
}

uint64_t Bench::target(uint32_t sid, uint64_t iova, int64_t ssid)
{
    const Answer a = dma(sid, iova, SIM_DMA_READ, ssid);

    return a.status == SIM_DMA_OK ? a.pa : 0;
}

uint32_t Bench::n_events() const
{
    return read(EVENTQ_PROD);
}

Record Bench::event(uint32_t index) const
{
    const uint64_t slot = kEvtq + 32 * index;

    return {load(slot), load(slot + 8), load(slot + 16), load(slot + 24)};
}

unsigned Bench::n_irqs(sim_irq source) const
{
    unsigned n = 0;

    for (size_t i = 0; i < smmu_machine_n_irqs(m); i++)
        n += smmu_machine_irqs(m)[i].source == source && smmu_machine_irqs(m)[i].level;
    return n;
}

unsigned Bench::n_accesses(uint64_t pa, uint64_t n_bytes) const
{
    unsigned n = 0;

    for (size_t i = 0; i < smmu_machine_n_accesses(m); i++)
        n += smmu_machine_accesses(m)[i].pa - pa < n_bytes;
    return n;
}

void expect_events(const Bench &b, const std::vector<Record> &expected)
{
    ASSERT_EQ(b.n_events(), expected.size());
    for (uint32_t i = 0; i < expected.size(); i++) {
        for (unsigned word = 0; word < 4; word++)
            EXPECT_EQ(b.event(i)[word], expected[i][word]) << "record " << i << " q" << word;
    }
}

void expect_silent_abort(Bench &b, uint32_t sid, uint64_t iova, int64_t ssid)
{
    const uint32_t n_before = b.n_events();
    const Answer a = b.dma(sid, iova, SIM_DMA_READ, ssid);

    EXPECT_EQ(a.status, SIM_DMA_ABORT);
    EXPECT_EQ(b.n_events(), n_before);
}

} // namespace machine
