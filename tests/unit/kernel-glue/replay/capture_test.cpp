// SPDX-License-Identifier: BSD-2-Clause
// A capture of a real kernel against the real model: what the small unit of the other tests cannot
// show. Numbers of records and addresses were read off the capture's text.
#include <gtest/gtest.h>

#include <memory>
#include <vector>

#include "kernel-glue/replay/rpl.h"
#include "kernel-glue/trace/trc_file.h"
#include "models/smmuv3/smmu.h"
#include "sim/mem_param.h"

namespace
{

const char capture[] = "traces/captures/arm64-basic/trace.dat";

struct Tally {
    uint64_t hash = 14695981039346656037u;
    uint64_t n_answers = 0, n_doubts = 0, n_events = 0;
    std::vector<sim_dma_seen> probes;
    std::vector<uint64_t> instants;
    rpl_stats stats{};
    int error = 0;

    void add(uint64_t value)
    {
        hash = (hash ^ value) * 1099511628211u;
        hash ^= hash >> 29;
    }
};

struct Machine {
    sim_queue *queue;
    sim_mem_port *mem_port;
    rpl *replay;
};

void see_record(void *ctx, const sim_record_seen *seen)
{
    Tally *tally = static_cast<Tally *>(ctx);

    tally->add(seen->start_ps);
    tally->add(seen->end_ps);
}

void see_fact(void *ctx, const sim_fact *fact, uint64_t seq)
{
    Tally *tally = static_cast<Tally *>(ctx);

    tally->add(fact->kind);
    tally->add(fact->time_ps);
    tally->add(seq);
    for (const uint64_t arg : fact->arg)
        tally->add(arg);
    tally->n_doubts += fact->kind == SIM_FACT_UNIMPL;
    tally->n_events += fact->kind == SIM_FACT_EVENT_RECORDED;
}

void see_dma(void *ctx, const sim_dma_seen *seen)
{
    Tally *tally = static_cast<Tally *>(ctx);

    if (seen->is_probe) {
        tally->probes.push_back(*seen);
        return;
    }
    tally->n_answers++;
    tally->add(seen->issue_ps);
    tally->add(seen->answer_ps);
    tally->add(seen->pa);
}

void access_memory(void *ctx, sim_access *access)
{
    sim_mem_port_access(static_cast<Machine *>(ctx)->mem_port, access);
}

void interrupt(void *ctx, sim_irq source, bool level)
{
    rpl_on_irq(static_cast<Machine *>(ctx)->replay, 0, source, level);
}

void emit(void *ctx, const sim_fact *fact)
{
    rpl_on_fact(static_cast<Machine *>(ctx)->replay, fact);
}

void read_capture(int (*put)(void *, const sim_record *), void *ctx)
{
    const sim_record_sink sink = {put, ctx};
    auto info = std::make_unique<trc_file_info>();
    sim_diag diag;

    sim_diag_init(&diag, capture);
    ASSERT_EQ(trc_file_read(capture, &sink, info.get(), &diag), 0) << diag.text;
}

rpl_config config_of(rpl_cpu_time cpu_time)
{
    rpl_config config{};

    sim_param_preset(&rpl_cpu_params, "server", &config.cpu);
    sim_param_preset(&rpl_probe_params, "default", &config.probe);
    sim_param_preset(&traffic_params, "default", &config.traffic);
    config.cpu_time = cpu_time;
    config.seed = 1;
    return config;
}

smmu_config smmu_of(const rpl_scan *scan)
{
    smmu_config config;

    smmu_config_default(&config);
    for (size_t i = 0; i < scan->units[0].n_ids; i++)
        smmu_ids_set(&config.ids, scan->units[0].id[i].offset,
                     static_cast<uint32_t>(scan->units[0].id[i].value));
    return config;
}

Tally run(const rpl_scan *scan, rpl_cpu_time cpu_time, const std::vector<uint64_t> &probe_at)
{
    const sim_port_ops port_ops = {access_memory, interrupt, nullptr, nullptr, nullptr};
    const rpl_config config = config_of(cpu_time);
    const smmu_config unit = smmu_of(scan);
    const sim_mem_timing timing = {150000, 2000, 32};
    Tally tally;
    Machine machine{};
    rpl_machine parts{};
    const sim_port port = {&port_ops, &machine};
    const sim_tap tap = {(1u << SIM_N_FACTS) - 1, emit, &machine};
    const sim_observer observer = {see_record, see_fact, see_dma, &tally};
    sim_snapshot *snapshot = sim_snapshot_new();

    parts.queue = machine.queue = sim_queue_new();
    parts.mem = sim_mem_new(1u << 30);
    machine.mem_port = sim_mem_port_new(parts.mem, parts.queue, &timing, 0, false);
    parts.n_units = 1;
    parts.units[0].arch = SIM_ARCH_SMMUV3;
    tally.error = smmu_new(&unit, parts.queue, &port, &tap, &parts.units[0].model);
    machine.replay = rpl_new(&config, &parts, scan, &observer);
    if (!probe_at.empty()) {
        sim_queue_state(parts.queue, snapshot);
        sim_mem_port_state(machine.mem_port, snapshot);
        smmu_state(parts.units[0].model.model, snapshot);
        rpl_snapshot(machine.replay, snapshot, probe_at.data(), probe_at.size());
    }
    read_capture(rpl_put, machine.replay);
    tally.error |= rpl_finish(machine.replay);
    tally.stats = *rpl_get_stats(machine.replay);
    size_t n = 0;
    const uint64_t *instants = rpl_instants(machine.replay, &n);
    tally.instants.assign(instants, instants + n);
    rpl_free(machine.replay);
    parts.units[0].model.ops->free(parts.units[0].model.model);
    sim_mem_port_free(machine.mem_port);
    sim_mem_free(parts.mem);
    sim_snapshot_free(snapshot);
    sim_queue_free(parts.queue);
    return tally;
}

class Capture : public testing::Test
{
  protected:
    Capture() : scanner(rpl_scanner_new(), rpl_scanner_free)
    {
        read_capture(rpl_scanner_put, scanner.get());
        scan = rpl_scanner_end(scanner.get());
    }

    std::unique_ptr<rpl_scanner, void (*)(rpl_scanner *)> scanner;
    const rpl_scan *scan;
};

TEST_F(Capture, IsScanned)
{
    ASSERT_EQ(scan->n_units, 1u);
    EXPECT_EQ(scan->units[0].base, 0x9050000u);
    EXPECT_EQ(scan->units[0].n_ids, 5u);
    ASSERT_EQ(scan->n_devices, 2u);
    EXPECT_EQ(scan->devices[0].requester[0], 0x18u);
    EXPECT_EQ(scan->devices[1].requester[0], 0x20u);
    EXPECT_STREQ(scan->devices[1].source, "commands");
    EXPECT_EQ(scan->n_records, 914u);
    EXPECT_EQ(scan->n_ops, 9u);
    EXPECT_EQ(scan->n_cpus, 1u);
    EXPECT_FALSE(scan->translation_on_at_start);
}

TEST_F(Capture, RunsToItsEndWithoutATimeout)
{
    const Tally tally = run(scan, RPL_CPU_MODEL, {});

    EXPECT_EQ(tally.error, 0);
    EXPECT_EQ(tally.stats.n_records, 914u);
    EXPECT_EQ(tally.stats.n_wait_timeouts, 0u);
    EXPECT_EQ(tally.stats.n_instants_left_out, 0u);
    EXPECT_EQ(tally.n_doubts, 0u);
    EXPECT_GT(tally.n_answers, 1000u);
    EXPECT_EQ(tally.stats.n_responses, tally.n_events); // each event was taken off its queue
}

TEST_F(Capture, ProbesLeaveNoTrace)
{
    for (const rpl_cpu_time mode : {RPL_CPU_MODEL, RPL_CPU_ZERO}) {
        const Tally plain = run(scan, mode, {});
        const Tally probed = run(scan, mode, plain.instants);

        EXPECT_EQ(plain.hash, probed.hash);
        EXPECT_EQ(plain.stats.end_ps, probed.stats.end_ps);
        EXPECT_EQ(plain.n_answers, probed.n_answers);
        EXPECT_GT(probed.probes.size(), 1000u);
        EXPECT_EQ(probed.stats.n_probes_unanswered, 0u);
    }
}

// The first replace switches from record 613 to 631: record 614 clears the CD's valid bit, 624 sets
// it again with the new table, and with 628 software has waited for the invalidation after it:
// until then a CD that was cached as invalid may refuse. Page 0x1000000 leads to 0x4060f000, then
// to 0x405ff000.
TEST_F(Capture, ProbesFindTheWindowOfTheFirstReplace)
{
    const Tally plain = run(scan, RPL_CPU_MODEL, {});
    const Tally tally = run(scan, RPL_CPU_MODEL, plain.instants);
    int state = 0; // 0 old, 1 refused, 2 new: it never goes back
    uint64_t n[3] = {0, 0, 0};

    for (const sim_dma_seen &probe : tally.probes) {
        if (probe.requester != 0x20 || probe.iova != 0x1000000 || probe.issue_seq < 613 ||
            probe.issue_seq > 631)
            continue;
        const bool is_ok = probe.status == SIM_DMA_OK;
        const int now = !is_ok ? 1 : probe.pa == 0x4060f000 ? 0 : 2;
        if (is_ok && now == 2) {
            EXPECT_EQ(probe.pa, 0x405ff000u);
        }
        if (!is_ok) {
            EXPECT_EQ(probe.event, 0x0au); // C_BAD_CD
            EXPECT_GE(probe.answer_seq, 614u);
            EXPECT_LT(probe.issue_seq, 628u);
        }
        EXPECT_GE(now, state);
        state = now;
        n[now]++;
    }
    EXPECT_GT(n[0], 5u);
    EXPECT_GT(n[1], 5u);
    EXPECT_GT(n[2], 5u);
}

} // namespace
