// SPDX-License-Identifier: BSD-2-Clause
// agree_run.cpp - see agree_run.h.
#include "tests/property/agree/agree_run.h"

#include "cli/arch_smmuv3.h"
#include "cli/replay_machine.h"
#include "sim/diag.h"

#include <random>

namespace agree
{

namespace
{

using Random = std::mt19937_64;

unsigned below(Random &random, unsigned n)
{
    return unsigned(random() % n);
}

void choose_caches(Random &random, smmu_param &p, bool has_wide_atoms)
{
    const unsigned entries[] = {1, 2, 4, 16}, modes[] = {0, 1, 2, 3, 3, 3, 4, 4, 4, 4};

    if (below(random, 2)) {
        p.cfg_ways = 0;
        p.cfg_entries = entries[below(random, 4)];
    }
    if (below(random, 2)) {
        p.tlb_ways = 0;
        p.tlb_entries = entries[below(random, 4)];
    }
    if (below(random, 4) == 0)
        p.walk_entries = 0;
    p.n_tbus = 1 + below(random, 3);
    p.cache_mode = modes[below(random, 10)];
    p.cfg_negative = below(random, 4) != 0;
    p.prefetch = below(random, 3);
    p.atom_bytes = has_wide_atoms ? 16 : 8;
    p.atom_order = below(random, 4);
    p.atom_cycles = below(random, 2) * below(random, 300);
    if (below(random, 3) == 0)
        p.cmd_cycles = below(random, 3000); // what is not awaited is not done
}

void choose(Random &random, config &c, bool has_wide_atoms)
{
    const char *const presets[] = {"zero", "mmu600", "gem5", "mmu700", "mmu500-walkers"};
    sim_diag diag;

    config_default(&c);
    sim_diag_init(&diag, "agree");
    SIM_BUG_ON(config_preset(&c, presets[below(random, 5)], &diag));
    choose_caches(random, c.smmu, has_wide_atoms);
    c.smmu.clock_ps = 1000;
    c.mem.latency_ns = below(random, 200);
    c.mem.interval_ns = below(random, 3);
    c.atc.link_ns = below(random, 200);
    c.atc.inv_jitter_ns = below(random, 2) * below(random, 500);
    c.rpl.cpu.store_ns = 1 + below(random, 2) * below(random, 300);
    c.rpl.cpu.mmio_write_ns = below(random, 300);
    c.rpl.cpu.quiet_ns = below(random, 1000);
    c.rpl.cpu.quiet_map_ns = below(random, 1000);
    c.rpl.cpu.wait_limit_us = 10000;
    c.rpl.cpu_time = RPL_CPU_MODEL;
    c.rpl.traffic.kind = TRAFFIC_NONE;
    c.rpl.seed = random() % 1000000;
}

void on_dma(void *replayed, const sim_dma_seen *seen)
{
    static_cast<Replayed *>(replayed)->seen.push_back(
        {seen->requester, seen->has_pasid ? seen->pasid : UINT32_MAX, seen->iova, seen->pa,
         seen->issue_seq, seen->answer_seq, seen->status != SIM_DMA_OK, seen->event});
}

void on_fact(void *replayed, const sim_fact *fact, uint64_t)
{
    Facts &facts = static_cast<Replayed *>(replayed)->facts;

    facts.n_fetched[fact->arg[0] % 32] += fact->kind == SIM_FACT_ATOM_FETCHED;
    facts.n_dropped += fact->kind == SIM_FACT_ENTRY_DROPPED;
    facts.n_walks += fact->kind == SIM_FACT_WALK_STEP;
    facts.n_ats += fact->kind == SIM_FACT_ATS_INV_DONE;
}

} // namespace

Scan::Scan(const Stream &stream) : scanner(rpl_scanner_new()), scan(nullptr)
{
    SIM_BUG_ON(!scanner);
    for (const sim_record &rec : stream.records)
        SIM_BUG_ON(rpl_scanner_put(scanner, &rec) != 0);
    scan = rpl_scanner_end(scanner);
}

Scan::~Scan()
{
    rpl_scanner_free(scanner);
}

Explorer explore(const Stream &stream, const Scan &scan, bool has_wide_atoms)
{
    const chk_arch *const archs[] = {&arch_smmuv3};
    xpl_params params;

    xpl_defaults(&params);
    params.atom_bytes = has_wide_atoms ? 16 : 8;
    params.has_all_ats = true;
    Explorer explorer(xpl_new(&params, archs, 1, scan.scan->devices, scan.scan->n_endpoints));
    SIM_BUG_ON(!explorer);
    for (const sim_record &rec : stream.records) {
        if (rec.kind == SIM_R_MMIO_READ)
            SIM_BUG_ON(xpl_set(explorer.get(), 0, rec.mmio_read.offset, rec.mmio_read.value));
    }
    for (const sim_record &rec : stream.records)
        SIM_BUG_ON(xpl_put(explorer.get(), &rec) != 0);
    SIM_BUG_ON(xpl_finish(explorer.get()) != 0);
    return explorer;
}

Replayed replay(const Stream &stream, const Scan &scan, bool has_wide_atoms, uint64_t seed)
{
    Replayed replayed;
    const sim_observer also = {nullptr, on_fact, on_dma, &replayed};
    Random random(seed);
    auto c = std::make_unique<config>();
    sim_diag diag;

    choose(random, *c, has_wide_atoms);
    sim_diag_init(&diag, "agree");
    replay_machine *machine = replay_machine_new(c.get(), scan.scan, &also, &diag);
    SIM_BUG_ON(!machine);
    for (const sim_record &rec : stream.records)
        SIM_BUG_ON(replay_machine_put(machine, &rec) != 0);
    SIM_BUG_ON(replay_machine_finish(machine) != 0);
    const chk_report *report = replay_machine_report(machine);
    for (size_t i = 0; i < report->n_ops; i++)
        replayed.classes[report->ops[i].begin_seq] = report->ops[i].classes;
    replay_machine_free(machine);
    replayed.facts.n_requests = replayed.seen.size();
    return replayed;
}

} // namespace agree
