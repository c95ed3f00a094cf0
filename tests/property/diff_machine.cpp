// SPDX-License-Identifier: BSD-2-Clause
// diff_machine.cpp - see diff_machine.h. Registers are named by offset, records by bit.
#include "tests/property/diff_machine.h"

#include "sim/diag.h"

#include <gtest/gtest.h>

#include <cstdio>

namespace diff
{

namespace
{

constexpr unsigned kCmdLog2 = 8, kEventLog2 = 7;
constexpr uint64_t kIdr0 = 0x0, kIdr1 = 0x4, kIdr3 = 0xc, kIdr5 = 0x14, kCr0 = 0x20, kCr2 = 0x2c;
constexpr uint64_t kStrtabBase = 0x80, kStrtabBaseCfg = 0x88, kCmdqBase = 0x90, kCmdqProd = 0x98;
constexpr uint64_t kCmdqCons = 0x9c, kGerror = 0x60, kEventqBase = 0xa0, kEventqProd = 0x100a8;
constexpr uint64_t kEventqCons = 0x100ac;

void flip(Random &random, uint32_t *id, unsigned bit, unsigned one_in)
{
    if (random.one_in(one_in))
        *id ^= UINT32_C(1) << bit;
}

void choose_ids(Random &random, smmu_ids *ids)
{
    const unsigned oas[] = {5, 5, 5, 4, 2};

    ids->idr0 = (ids->idr0 & ~UINT32_C(0xc0)) | random.below(3) << 6; // HTTU
    ids->idr0 = (ids->idr0 & ~UINT32_C(0x3000000)) | 1 << 24;         // STALL_MODEL: never
    flip(random, &ids->idr0, 26, 2);                                  // TERM_MODEL
    flip(random, &ids->idr1, 26, 4);                                  // ATTR_PERMS_OVR
    for (const unsigned bit : {2, 4, 8, 10, 17})                      // HAD, XNX, FWB, RIL, EPAN
        flip(random, &ids->idr3, bit, 4);
    ids->idr5 = (ids->idr5 & ~UINT32_C(7)) | random.one_of(oas);
}

// Every size and order that changes what is kept, or when.
void choose_parameters(Random &random, smmu_param *p)
{
    const unsigned sizes[] = {1, 2, 4, 16, 64}, ways[] = {0, 1, 2, 4};
    const auto cache = [&](uint32_t *n_entries, uint32_t *n_ways) {
        if (random.one_in(2))
            return;
        *n_ways = random.one_of(ways);
        *n_entries = random.one_of(sizes) * (*n_ways ? *n_ways : 1);
    };

    if (random.one_in(2))
        p->n_tbus = 1 + random.below(16);
    cache(&p->utlb_entries, &p->utlb_ways);
    cache(&p->cfg_entries, &p->cfg_ways);
    cache(&p->tlb_entries, &p->tlb_ways);
    cache(&p->tbu_tlb_entries, &p->tbu_tlb_ways);
    cache(&p->walk_entries, &p->walk_ways);
    for (uint32_t *n_entries : {&p->tlb_entries, &p->tbu_tlb_entries, &p->walk_entries}) {
        if (random.one_in(6))
            *n_entries = 0;
    }
    p->walk_split = random.below(2);
    p->utlb_replace = random.below(3);
    p->tlb_replace = random.below(3);
    p->walk_replace = random.below(3);
    p->cache_mode = random.one_in(2) ? 0 : random.below(5);
    p->prefetch = random.one_in(2) ? 0 : random.below(3);
    p->seed = random.below(1000);
    if (random.one_in(4))
        p->link_interval = random.below(20);
    if (random.one_in(4))
        p->port_cycles = random.below(10);
    p->cfg_negative = random.below(2);
    p->atom_bytes = random.one_in(2) ? 8 : 16;
    p->atom_order = random.below(4);
    p->utlb_invalidate = random.one_in(4);
}

void done(void *)
{
}

bool is_far(uint64_t pa)
{
    return pa > TEST_MACHINE_RAM_BYTES - 8;
}

template <typename... Args> std::string format(const char *fmt, Args... args)
{
    char line[256];

    (void)std::snprintf(line, sizeof(line), fmt, args...);
    return line;
}

using ull = unsigned long long;

} // namespace

Machine::Machine(Random &random)
{
    const char *const presets[] = {"zero", "mmu600", "gem5", "mmu700"};
    const unsigned preset = random.below(4);
    smmu_machine_config config;

    smmu_machine_config_init(&config, presets[preset]);
    if (preset)
        config.timing = {random.below(200) * UINT64_C(1000), random.below(3) * UINT64_C(1000),
                         random.below(4) * 8};
    choose_ids(random, &config.smmu.ids);
    choose_parameters(random, &config.smmu.param);
    has_prefetch_ = config.smmu.param.prefetch != 0;
    machine_.reset(smmu_machine_new(&config));
    SIM_BUG_ON(!machine_);
    iommu_ = test_machine_iommu(machine_.get());
    start(random);
}

void Machine::start(Random &random)
{
    const unsigned splits[] = {6, 8, 10};
    const auto id = [&](uint64_t offset) {
        return static_cast<uint32_t>(iommu_->ops->reg_read(iommu_->model, offset, 4));
    };

    smmu_.idr0 = id(kIdr0);
    smmu_.idr1 = id(kIdr1);
    smmu_.idr3 = id(kIdr3);
    smmu_.idr5 = id(kIdr5);
    smmu_.strtab_base_cfg = 3 + random.below(7);
    smmu_.strtab_base = kStreams;
    if (random.one_in(2)) {
        smmu_.strtab_base_cfg |= UINT32_C(1) << 16 | random.one_of(splits) << 6;
        smmu_.strtab_base = kL1Streams;
    }
    smmu_.cr2 = random.below(4);
    smmu_.read = read;
    smmu_.memory = machine_.get();
    write(kCr2, 4, smmu_.cr2);
    write(kStrtabBase, 8, smmu_.strtab_base);
    write(kStrtabBaseCfg, 4, smmu_.strtab_base_cfg);
    write(kCmdqBase, 8, kCmdq | kCmdLog2);
    write(kEventqBase, 8, kEventq | kEventLog2);
    write(kCr0, 4, 0xd); // CMDQEN, EVENTQEN, SMMUEN
    idle();
}

bool Machine::read(void *memory, uint64_t pa, uint64_t *word)
{
    if (is_far(pa))
        return false;
    *word = test_machine_load(static_cast<test_machine *>(memory), pa);
    return true;
}

void Machine::store(uint64_t pa, uint64_t value)
{
    SIM_BUG_ON(is_far(pa));
    test_machine_store(machine_.get(), pa, value);
}

uint64_t Machine::load(uint64_t pa) const
{
    return test_machine_load(machine_.get(), pa);
}

void Machine::write(uint64_t offset, uint32_t n_bytes, uint64_t value)
{
    iommu_->ops->reg_write(iommu_->model, offset, n_bytes, value);
}

void Machine::put(uint64_t word0, uint64_t word1)
{
    const uint64_t slot = kCmdq + 16 * (prod_ & ((1u << kCmdLog2) - 1));

    store(slot, word0);
    store(slot + 8, word1);
    prod_ = (prod_ + 1) & ((2u << kCmdLog2) - 1);
    if (prod_ % 64 == 0) // the queue never fills
        write(kCmdqProd, 4, prod_);
}

void Machine::command(uint64_t word0, uint64_t word1)
{
    if (drop_ != kDropWait && drop_ == (word0 & 0xff) && !has_dropped_ && n_until_drop_-- == 0)
        has_dropped_ = true;
    else
        put(word0, word1);
}

void Machine::spare_command(uint64_t word0, uint64_t word1)
{
    put(word0, word1);
}

void Machine::sync()
{
    put(0x46, 0);
    write(kCmdqProd, 4, prod_);
    if (drop_ == kDropWait && !has_dropped_ && n_until_drop_-- == 0) {
        has_dropped_ = is_hasty_ = true;
        return;
    }
    idle();
    SIM_BUG_ON(iommu_->ops->reg_read(iommu_->model, kCmdqCons, 4) != prod_);
    SIM_BUG_ON(iommu_->ops->reg_read(iommu_->model, kGerror, 4) != 0);
}

void Machine::drop(unsigned opcode, unsigned n)
{
    drop_ = opcode;
    n_until_drop_ = n;
}

void Machine::idle()
{
    test_machine_run(machine_.get());
}

std::string Machine::ask(const diff_request &request, unsigned tbu)
{
    sim_dma dma = {};

    diff_oracle_ask(&smmu_, &request, &wanted_);
    for (unsigned i = 0; i < wanted_.n_updates; i++)
        before_[i] = load(wanted_.updates[i].pa);
    dma.iova = request.address;
    dma.n_bytes = 8;
    dma.requester = request.sid;
    dma.pasid = request.ssid;
    dma.has_pasid = request.ssv;
    dma.access = request.is_write  ? SIM_DMA_WRITE
                 : request.is_inst ? SIM_DMA_READ | SIM_DMA_EXECUTE
                                   : SIM_DMA_READ;
    if (request.is_priv)
        dma.access |= SIM_DMA_PRIVILEGED;
    dma.tbu = static_cast<uint8_t>(tbu);
    dma.done.fn = done;
    if (!is_hasty_)
        idle();
    is_hasty_ = false;
    const size_t n_facts = test_machine_n_facts(machine_.get());
    SIM_BUG_ON(!iommu_->ops->submit(iommu_->model, &dma));
    idle();
    const auto prod = static_cast<uint32_t>(iommu_->ops->reg_read(iommu_->model, kEventqProd, 4));
    const uint32_t n_records = (prod - seen_) & ((2u << kEventLog2) - 1);
    const uint64_t record = kEventq + 32 * (seen_ & ((1u << kEventLog2) - 1));
    seen_ = prod;
    write(kEventqCons, 4, prod);
    n_events_ += wanted_.event != 0;
    const std::string difference = compare(dma, n_records, record);
    return difference.empty() ? "" : difference + story(n_facts);
}

// What the model did for a request, so that a difference explains itself.
std::string Machine::story(size_t first) const
{
    const sim_fact *facts = test_machine_facts(machine_.get());
    std::string lines;

    for (size_t i = first; i < test_machine_n_facts(machine_.get()); i++) {
        const uint64_t *arg = facts[i].arg;

        lines += format("\n  %s %llx %llx %llx %llx %llx", sim_fact_infos[facts[i].kind].json,
                        (ull)arg[0], (ull)arg[1], (ull)arg[2], (ull)arg[3], (ull)arg[4]);
    }
    return lines;
}

std::string Machine::compare(const sim_dma &dma, uint32_t n_records, uint64_t record) const
{
    const unsigned statuses[] = {SIM_DMA_OK, SIM_DMA_ABORT, SIM_DMA_RAZ_WI};

    if (dma.status != statuses[wanted_.status])
        return format("status %u event 0x%x pa 0x%llx, wanted status %u event 0x%x pa 0x%llx",
                      dma.status, dma.event, (ull)dma.pa, statuses[wanted_.status], wanted_.event,
                      (ull)wanted_.pa);
    if (dma.event != wanted_.event)
        return format("event 0x%x, wanted 0x%x", dma.event, wanted_.event);
    if (n_records != wanted_.is_recorded)
        return format("%u records of event 0x%x, wanted %u", n_records, wanted_.event,
                      wanted_.is_recorded);
    if (n_records)
        return compare_record(record);
    return wanted_.status == DIFF_OK ? compare_good(dma) : "";
}

std::string Machine::compare_good(const sim_dma &dma) const
{
    if (dma.pa != wanted_.pa)
        return format("pa 0x%llx, wanted 0x%llx", (ull)dma.pa, (ull)wanted_.pa);
    const unsigned withheld = wanted_.is_managed ? DIFF_W : 0;
    if ((dma.granted ^ wanted_.rights) & ~(withheld & wanted_.rights))
        return format("rights %u, wanted %u", dma.granted, wanted_.rights);
    // A micro TLB may cut pages into pieces of 4 KiB.
    if (wanted_.page_log2 != 63 && dma.page_log2 != 12 &&
        (dma.page_log2 < wanted_.page_log2 || dma.page_log2 > wanted_.group_log2))
        return format("page of 2^%u, wanted 2^%u to 2^%u", dma.page_log2, wanted_.page_log2,
                      wanted_.group_log2);
    for (unsigned i = 0; i < wanted_.n_updates; i++) {
        const diff_update &u = wanted_.updates[i];
        const uint64_t after = load(u.pa), want = (before_[i] | u.set) & ~u.clear;

        if (after != want && !u.is_free)
            return format("descriptor 0x%llx is 0x%llx, wanted 0x%llx", (ull)u.pa, (ull)after,
                          (ull)want);
    }
    return "";
}

std::string Machine::compare_record(uint64_t pa) const
{
    for (unsigned i = 0; i < 4; i++) {
        const uint64_t got = load(pa + 8 * i) & wanted_.known[i];

        if (got != wanted_.record[i])
            return format("event 0x%x word %u 0x%llx, wanted 0x%llx", wanted_.event, i, (ull)got,
                          (ull)wanted_.record[i]);
    }
    return "";
}

std::string to_string(const diff_request &request)
{
    return format("sid 0x%x %s 0x%x address 0x%llx %s%s%s", request.sid,
                  request.ssv ? "ssid" : "no ssid", request.ssid, (ull)request.address,
                  request.is_write ? "write" : "read", request.is_inst ? " inst" : "",
                  request.is_priv ? " priv" : "");
}

} // namespace diff
