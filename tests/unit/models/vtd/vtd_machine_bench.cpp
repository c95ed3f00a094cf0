// SPDX-License-Identifier: BSD-2-Clause
// vtd_machine_bench.cpp - sets up a VT-d machine as software does, and asks it as devices do.
#include "tests/unit/models/vtd/vtd_machine_bench.h"

#include <stdexcept>

namespace vtdm
{

std::vector<uint64_t> ctx_ss(uint64_t table, uint64_t did)
{
    return {table | 0x1, did << 8 | 0x2};
}

std::vector<uint64_t> ctx_ats(uint64_t table, uint64_t did)
{
    return {table | 0x5, did << 8 | 0x2};
}

std::vector<uint64_t> ctx_pass(uint64_t did)
{
    return {0x9, did << 8 | 0x2};
}

std::vector<uint64_t> pasid_fs(uint64_t table, uint64_t did)
{
    return {0x49, 0x800000 | did, table};
}

std::vector<uint64_t> pasid_ss(uint64_t table, uint64_t did)
{
    return {table | 0x89, 0x800000 | did};
}

std::vector<uint64_t> pasid_nested(uint64_t fs, uint64_t ss, uint64_t did)
{
    return {ss | 0xc9, 0x800000 | did, fs};
}

std::vector<uint64_t> pasid_pass(uint64_t did)
{
    return {0x109, did};
}

Config::Config(const char *preset) : vtd_machine_config()
{
    vtd_machine_config_init(this, preset);
    vtd.ids = {kVer, kCap, kEcap};
}

Config &Config::cap(uint64_t clear, uint64_t set)
{
    vtd.ids.cap = (vtd.ids.cap & ~clear) | set;
    return *this;
}

Config &Config::ecap(uint64_t clear, uint64_t set)
{
    vtd.ids.ecap = (vtd.ids.ecap & ~clear) | set;
    return *this;
}

Config &Config::memory(uint64_t latency_ps, uint64_t interval_ps)
{
    timing.latency_ps = latency_ps;
    timing.interval_ps = interval_ps;
    return *this;
}

Boot scalable()
{
    Boot how;

    how.rtaddr = kRoots | SCALABLE;
    how.is_wide = true;
    return how;
}

Request::Request(uint32_t sid, uint64_t iova, unsigned access, int64_t pasid, sim_dma_kind kind)
{
    dma.requester = sid;
    dma.iova = iova;
    dma.n_bytes = 8;
    dma.kind = static_cast<uint8_t>(kind);
    dma.access = static_cast<uint8_t>(access);
    dma.has_pasid = pasid != kNoPasid;
    dma.pasid = dma.has_pasid ? static_cast<uint32_t>(pasid) : 0;
    dma.done.ctx = this;
    dma.done.fn = [](void *ctx) { static_cast<Request *>(ctx)->n_answers++; };
}

Bench::Bench(const Config &config) : m(vtd_machine_new(&config))
{
    if (!m)
        throw std::runtime_error("the model refuses its configuration");
}

Bench::~Bench()
{
    test_machine_free(m);
}

uint32_t Bench::read(uint64_t offset) const
{
    const sim_iommu *iommu = test_machine_iommu(m);

    return static_cast<uint32_t>(iommu->ops->reg_read(iommu->model, offset, 4));
}

void Bench::write(uint64_t offset, uint32_t value)
{
    const sim_iommu *iommu = test_machine_iommu(m);

    iommu->ops->reg_write(iommu->model, offset, 4, value);
}

uint64_t Bench::read64(uint64_t offset) const
{
    const sim_iommu *iommu = test_machine_iommu(m);

    return iommu->ops->reg_read(iommu->model, offset, 8);
}

void Bench::write64(uint64_t offset, uint64_t value)
{
    const sim_iommu *iommu = test_machine_iommu(m);

    iommu->ops->reg_write(iommu->model, offset, 8, value);
}

void Bench::command(uint32_t set, uint32_t clear)
{
    const uint32_t levels = TE | QIE | IRE | CFI;

    gcmd_ &= ~clear;
    write(GCMD, gcmd_ | set);
    gcmd_ |= set & levels;
    settle();
}

uint64_t Bench::load(uint64_t pa) const
{
    return test_machine_load(m, pa);
}

void Bench::store(uint64_t pa, uint64_t value)
{
    test_machine_store(m, pa, value);
}

void Bench::store(uint64_t pa, const std::vector<uint64_t> &words)
{
    for (size_t i = 0; i < words.size(); i++)
        store(pa + 8 * i, words[i]);
}

void Bench::settle()
{
    test_machine_run(m);
}

void Bench::boot(const Boot &how)
{
    is_wide_ = how.is_wide;
    if (how.has_queue) {
        write64(IQT, 0);
        write64(IQA, kQueue | (is_wide_ ? 0x801 : 0));
        command(QIE);
    }
    write64(PQH, 0);
    write64(PQT, 0);
    write64(PQA, kPages);
    write64(RTADDR, how.rtaddr);
    command(SRTP);
    if (how.is_on)
        command(TE);
}

void Bench::restart()
{
    tail_ = 0;
    gcmd_ = 0;
}

void Bench::ctx(uint16_t sid, const std::vector<uint64_t> &words)
{
    std::vector<uint64_t> entry(words);

    entry.resize(2);
    store(kRoots + 16 * (sid >> 8), kCtxs | 1);
    store(kCtxs + 16 * (sid & 0xff), entry);
}

void Bench::device(uint16_t sid)
{
    store(kRoots + 16 * (sid >> 8), {kCtxs | 1, (kCtxs + 0x1000) | 1});
    store(kCtxs + 32 * (sid & 0xff), {dir_of(sid) | 0x1d, 0, 0, 0}); // P, DTE, PASIDE, PRE
    store(dir_of(sid), (dir_of(sid) + 0x1000) | 1);
}

void Bench::pasid(uint16_t sid, uint32_t pasid, const std::vector<uint64_t> &words)
{
    std::vector<uint64_t> entry(words);

    entry.resize(8);
    store(pasid_slot(sid, pasid), entry);
}

void Bench::make_fs(unsigned n)
{
    for (unsigned level = 0; level < 3; level++)
        store(space(n) + 0x1000 * level, fs_table(space(n) + 0x1000 * (level + 1)));
    for (uint64_t iova = 0; iova < 0x10000; iova += 0x1000)
        store(leaf_slot(n, iova), fs_page(page_of(n, iova)));
}

void Bench::make_ss(unsigned n)
{
    for (unsigned level = 0; level < 3; level++)
        store(space(n) + 0x1000 * level, ss_entry(space(n) + 0x1000 * (level + 1)));
    for (uint64_t iova = 0; iova < 0x10000; iova += 0x1000)
        store(leaf_slot(n, iova), ss_entry(page_of(n, iova)));
}

void Bench::put(const std::vector<uint64_t> &words)
{
    const uint64_t n_bytes = is_wide_ ? 32 : 16;
    std::vector<uint64_t> whole(words);

    whole.resize(n_bytes / 8);
    store(kQueue + tail_, whole);
    tail_ = (tail_ + n_bytes) % (256 * n_bytes);
}

void Bench::ring()
{
    write(IQT, static_cast<uint32_t>(tail_));
}

void Bench::run(const std::vector<uint64_t> &words)
{
    put(words);
    ring();
    settle();
}

std::vector<uint64_t> Bench::wait_for(unsigned n, uint32_t value, uint64_t flags)
{
    return {static_cast<uint64_t>(value) << 32 | 0x25 | flags, kStatus + 4 * n};
}

uint32_t Bench::status(unsigned n) const
{
    return static_cast<uint32_t>(load((kStatus + 4 * n) & ~UINT64_C(7)) >> (n % 2 ? 32 : 0));
}

void Bench::run_wait(const std::vector<uint64_t> &words)
{
    n_waits_++;
    put(words);
    put(wait_for(1000, n_waits_));
    ring();
    settle();
    EXPECT_EQ(status(1000), n_waits_);
}

uint64_t Bench::tail() const
{
    return tail_;
}

void Bench::submit(Request &request)
{
    const sim_iommu *iommu = test_machine_iommu(m);

    ASSERT_TRUE(iommu->ops->submit(iommu->model, &request.dma));
}

Answer Bench::dma(uint32_t sid, uint64_t iova, unsigned access, int64_t pasid, sim_dma_kind kind)
{
    Request r(sid, iova, access, pasid, kind);

    submit(r);
    settle();
    EXPECT_EQ(r.n_answers, 1u);
    return {r.dma.status, r.dma.pa, r.dma.event, r.dma.page_log2, r.dma.granted};
}

uint64_t Bench::target(uint32_t sid, uint64_t iova, int64_t pasid)
{
    const Answer a = dma(sid, iova, SIM_DMA_READ, pasid);

    return a.status == SIM_DMA_OK ? a.pa : 0;
}

void Bench::page_request(const sim_page_request &request)
{
    const sim_iommu *iommu = test_machine_iommu(m);

    iommu->ops->page_request(iommu->model, &request);
}

Words Bench::record(unsigned index) const
{
    return {read64(FRCD + 16 * index), read64(FRCD + 16 * index + 8)};
}

unsigned Bench::n_records() const
{
    unsigned n = 0;

    for (unsigned i = 0; i < 8; i++)
        n += record(i)[1] >> 63;
    return n;
}

void Bench::clear_records()
{
    for (unsigned i = 0; i < 8; i++)
        write(FRCD + 16 * i + 12, 0x80000000);
    write(FSTS, 0x1);
}

Words Bench::page(unsigned index) const
{
    return {load(kPages + 32 * index), load(kPages + 32 * index + 8)};
}

unsigned Bench::n_irqs(sim_irq source) const
{
    unsigned n = 0;

    for (size_t i = 0; i < test_machine_n_irqs(m); i++)
        n += test_machine_irqs(m)[i].source == source && test_machine_irqs(m)[i].level;
    return n;
}

unsigned Bench::n_accesses(uint64_t pa, uint64_t n_bytes) const
{
    unsigned n = 0;

    for (size_t i = 0; i < test_machine_n_accesses(m); i++)
        n += test_machine_accesses(m)[i].pa - pa < n_bytes;
    return n;
}

unsigned Bench::n_facts(sim_fact_kind kind) const
{
    unsigned n = 0;

    for (size_t i = 0; i < test_machine_n_facts(m); i++)
        n += test_machine_facts(m)[i].kind == static_cast<uint32_t>(kind);
    return n;
}

sim_fact Bench::last_fact(sim_fact_kind kind) const
{
    sim_fact last{};

    for (size_t i = 0; i < test_machine_n_facts(m); i++) {
        if (test_machine_facts(m)[i].kind == static_cast<uint32_t>(kind))
            last = test_machine_facts(m)[i];
    }
    return last;
}

} // namespace vtdm
