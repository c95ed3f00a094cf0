// SPDX-License-Identifier: BSD-2-Clause
// machine_bench.cpp - sets up a machine as software does, and asks it as devices do.
#include "tests/unit/models/smmuv3/machine_bench.h"

#include "sim/record.h"

namespace machine
{

// Intermediate addresses have the indexes 1 to 7, then 0x11, 0x22, 0x33 in 4K: 8444433000 and so
// on. Virtual ones: 0x24, 0xd1, 0xb3, 0x189.
const std::array<Read, 36> deep_reads = {{
    {"l1std", Purpose::STREAM, 0x50000, 0x10007, 0},
    {"ste", Purpose::STREAM, 0x10040, 0x400000844443301f, 0},
    {"l1cd_s2_level_0", Purpose::S2_OF_CD, 0x100008, 0x101003, 0x8444433008},
    {"l1cd_s2_level_1", Purpose::S2_OF_CD, 0x101088, 0x102003, 0x8444433008},
    {"l1cd_s2_level_2", Purpose::S2_OF_CD, 0x102110, 0x103003, 0x8444433008},
    {"l1cd_s2_level_3", Purpose::S2_OF_CD, 0x103198, 0x2007ff, 0x8444433008},
    {"l1cd", Purpose::CD, 0x200008, 0x10444433001, 0x8444433008},
    {"cd_s2_level_0", Purpose::S2_OF_CD, 0x100010, 0x104003, 0x10444433140},
    {"cd_s2_level_1", Purpose::S2_OF_CD, 0x104088, 0x105003, 0x10444433140},
    {"cd_s2_level_2", Purpose::S2_OF_CD, 0x105110, 0x106003, 0x10444433140},
    {"cd_s2_level_3", Purpose::S2_OF_CD, 0x106198, 0x2107ff, 0x10444433140},
    {"cd", Purpose::CD, 0x210140, 0x16205c0000010, 0x10444433140},
    {"level_0_s2_level_0", Purpose::S2_OF_TT, 0x100018, 0x107003, 0x18444433120},
    {"level_0_s2_level_1", Purpose::S2_OF_TT, 0x107088, 0x108003, 0x18444433120},
    {"level_0_s2_level_2", Purpose::S2_OF_TT, 0x108110, 0x109003, 0x18444433120},
    {"level_0_s2_level_3", Purpose::S2_OF_TT, 0x109198, 0x2207ff, 0x18444433120},
    {"level_0", Purpose::TT, 0x220120, 0x20444433003, 0x18444433120},
    {"level_1_s2_level_0", Purpose::S2_OF_TT, 0x100020, 0x10a003, 0x20444433688},
    {"level_1_s2_level_1", Purpose::S2_OF_TT, 0x10a088, 0x10b003, 0x20444433688},
    {"level_1_s2_level_2", Purpose::S2_OF_TT, 0x10b110, 0x10c003, 0x20444433688},
    {"level_1_s2_level_3", Purpose::S2_OF_TT, 0x10c198, 0x2307ff, 0x20444433688},
    {"level_1", Purpose::TT, 0x230688, 0x28444433003, 0x20444433688},
    {"level_2_s2_level_0", Purpose::S2_OF_TT, 0x100028, 0x10d003, 0x28444433598},
    {"level_2_s2_level_1", Purpose::S2_OF_TT, 0x10d088, 0x10e003, 0x28444433598},
    {"level_2_s2_level_2", Purpose::S2_OF_TT, 0x10e110, 0x10f003, 0x28444433598},
    {"level_2_s2_level_3", Purpose::S2_OF_TT, 0x10f198, 0x2407ff, 0x28444433598},
    {"level_2", Purpose::TT, 0x240598, 0x30444433003, 0x28444433598},
    {"level_3_s2_level_0", Purpose::S2_OF_TT, 0x100030, 0x110003, 0x30444433c48},
    {"level_3_s2_level_1", Purpose::S2_OF_TT, 0x110088, 0x111003, 0x30444433c48},
    {"level_3_s2_level_2", Purpose::S2_OF_TT, 0x111110, 0x112003, 0x30444433c48},
    {"level_3_s2_level_3", Purpose::S2_OF_TT, 0x112198, 0x2507ff, 0x30444433c48},
    {"level_3", Purpose::TT, 0x250c48, 0x38444433f43, 0x30444433c48},
    {"address_s2_level_0", Purpose::S2_OF_IN, 0x100038, 0x113003, 0x38444433abc},
    {"address_s2_level_1", Purpose::S2_OF_IN, 0x113088, 0x114003, 0x38444433abc},
    {"address_s2_level_2", Purpose::S2_OF_IN, 0x114110, 0x115003, 0x38444433abc},
    {"address_s2_level_3", Purpose::S2_OF_IN, 0x115198, 0x7770007ff, 0x38444433abc},
}};

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

void Bench::make_s2_space(unsigned n)
{
    store(s2_space(n), (s2_space(n) + 0x1000) | 3);
    for (uint64_t i = 0; i < 3; i++)
        store(s2_space(n) + 0x1000 + 8 * i, (s2_space(n) + 0x2000 + 0x1000 * i) | 3);
    for (uint64_t ipa = 0; ipa < 0x600000; ipa += 0x1000)
        store(s2_slot(n, ipa), s2_page(s2_page_of(ipa)));
}

void Bench::make_s2_stream(uint32_t sid, unsigned s2, uint64_t vmid)
{
    make_s2_space(s2);
    ste(sid, {0xd, 0, s2_q2(vmid), s2_space(s2)}); // V, Config=110
}

void Bench::make_nested(uint32_t sid, unsigned n, unsigned s2, uint64_t asid, uint64_t vmid)
{
    make_space(n);
    make_s2_space(s2);
    ste(sid, {cds_of(sid) | 0xf, 0, s2_q2(vmid), s2_space(s2)}); // V, Config=111
    cd(sid, 0, {cd_q0(asid), space(n), 0, 0xff});
}

void Bench::make_deep(uint64_t ste_q2)
{
    for (const Read &r : deep_reads)
        store(r.at, r.value);
    store(0x10050, ste_q2);
    store(0x10058, 0x100000);       // S2TTB
    store(0x210148, 0x18444433000); // TTB0
    store(0x210158, 0xff);
}

void Bench::boot_deep()
{
    Boot how;

    how.strtab_base = kDeepL1Std;
    how.strtab_cfg = kDeepStrtab;
    boot(how);
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
    const sim_iommu *iommu = test_machine_iommu(m);

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

std::vector<uint64_t> Bench::reads() const
{
    std::vector<uint64_t> found;

    for (size_t i = 0; i < test_machine_n_accesses(m); i++) {
        const test_machine_access &a = test_machine_accesses(m)[i];
        const bool is_entry = a.structure == SIM_S_STE || a.structure == SIM_S_CD;
        const uint64_t at = is_entry ? a.pa & ~UINT64_C(63) : a.pa;

        if (!is_entry && a.structure != SIM_S_L1STD && a.structure != SIM_S_L1CD &&
            a.structure != SIM_S_PTE_S1 && a.structure != SIM_S_PTE_S2)
            continue;
        if (!is_entry || found.empty() || found.back() != at)
            found.push_back(at);
    }
    return found;
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
