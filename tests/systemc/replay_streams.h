// SPDX-License-Identifier: BSD-2-Clause
// replay_streams.h - streams of records for replays: shipped traces, and random ones made of them;
// what happened in a replay, line by line.
// Knows: records, settings. Must not know: where the units are.
#ifndef TESTS_SYSTEMC_REPLAY_STREAMS_H
#define TESTS_SYSTEMC_REPLAY_STREAMS_H

#include "cli/config.h"
#include "cli/replay_machine.h"
#include "kernel-glue/replay/rpl.h"
#include "kernel-glue/trace/trc_file.h"
#include "sim/rng.h"

#include <algorithm>
#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <functional>
#include <string>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

namespace streams
{

struct Stream {
    std::string path;
    std::deque<std::string> strings;
    std::vector<sim_record> records;
    config settings;
    rpl_scanner *scanner = nullptr;

    Stream() = default;
    Stream(Stream &&) = delete;
    Stream(const Stream &) = delete;
    ~Stream()
    {
        rpl_scanner_free(scanner);
    }
};

[[noreturn]] inline void fail(const std::string &what)
{
    std::fprintf(stderr, "replay: %s\n", what.c_str());
    std::exit(2);
}

inline sim_str keep(Stream &stream, const sim_str &text)
{
    stream.strings.emplace_back(text.bytes, text.n_bytes);
    return {stream.strings.back().data(), text.n_bytes};
}

inline int put(void *ctx, const sim_record *rec)
{
    auto &stream = *static_cast<Stream *>(ctx);

    stream.records.push_back(*rec);
    sim_record &copy = stream.records.back();
    if (rec->kind == SIM_R_META) {
        copy.meta.key = keep(stream, rec->meta.key);
        copy.meta.value = keep(stream, rec->meta.value);
    } else if (rec->kind == SIM_R_DEVICE) {
        copy.device.name = keep(stream, rec->device.name);
    } else if (rec->kind == SIM_R_MARK) {
        copy.note.text = keep(stream, rec->note.text);
    }
    return 0;
}

inline void read(Stream &stream, const std::string &path)
{
    const sim_record_sink sink = {put, &stream};
    trc_file_info info{};
    sim_diag diag;

    stream.path = path;
    sim_diag_init(&diag, path.c_str());
    if (trc_file_read(path.c_str(), &sink, &info, &diag))
        fail(path + " cannot be read");
    config_default(&stream.settings);
}

/* ---- chance ---- */

inline void change(Stream &stream, sim_rng &rng)
{
    std::vector<sim_record> kept;

    for (sim_record &rec : stream.records) {
        const uint64_t dice = sim_rng_below(&rng, 200);
        const bool is_act =
            rec.kind == SIM_R_STORE || rec.kind == SIM_R_MMIO_WRITE || rec.kind == SIM_R_BARRIER;

        if (dice == 0 && is_act)
            continue;
        if (dice == 1 && rec.kind == SIM_R_STORE)
            rec.store.value ^= UINT64_C(1)
                               << sim_rng_below(&rng, 8u * std::min<unsigned>(rec.store.width, 8));
        kept.push_back(rec);
    }
    stream.records = std::move(kept);
}

inline void set(Stream &stream, const std::string &name, const std::string &value)
{
    sim_diag diag;

    sim_diag_init(&diag, "random");
    if (config_set(&stream.settings, (name + "=" + value).c_str(), &diag))
        fail(name + " cannot be set");
}

inline void set(Stream &stream, const std::string &name, uint64_t value)
{
    set(stream, name, std::to_string(value));
}

inline void choose(Stream &stream, sim_rng &rng)
{
    static const char *const presets[] = {"mmu600",         "zero", "gem5", "mmu700",
                                          "mmu500-walkers", "snb",  "ivb"};
    static const struct {
        const char *name;
        uint64_t n; /* 0 to n - 1 */
    } numbers[] = {
        {"mem.interval_ns", 4},  {"mem.slots", 6},           {"smmu.tbu_slots", 9},
        {"smmu.walk_slots", 5},  {"smmu.cmd_slots", 5},      {"smmu.link_cycles", 20},
        {"smmu.inval_slots", 5}, {"smmu.seed", 1000},        {"smmu.prefetch", 3},
        {"smmu.cache_mode", 5},  {"smmu.hit_under_miss", 2}, {"vtd.request_slots", 30},
        {"vtd.walk_slots", 7},   {"vtd.qi_slots", 5},        {"vtd.inval_slots", 5},
        {"vtd.seed", 1000},      {"vtd.prefetch", 3},        {"vtd.cache_mode", 5},
        {"vtd.same_page", 2},
    };
    const char *const preset = presets[sim_rng_below(&rng, 7)];
    sim_diag diag;

    sim_diag_init(&diag, "random");
    if (config_preset(&stream.settings, preset, &diag))
        fail(std::string("no preset ") + diag.text);
    for (const auto &number : numbers) {
        const sim_param_table *table = config_table(number.name[0] == 's'   ? CONFIG_SMMU
                                                    : number.name[0] == 'v' ? CONFIG_VTD
                                                                            : CONFIG_MEM);
        const sim_param *param = sim_param_find(table, std::strchr(number.name, '.') + 1);

        if (sim_rng_below(&rng, 3) || !param || std::strncmp(param->unit, "enum:", 5) == 0)
            continue;
        set(stream, number.name, std::max<uint64_t>(param->min, sim_rng_below(&rng, number.n)));
    }
    set(stream, "mem.latency_ns", sim_rng_below(&rng, 3) ? sim_rng_below(&rng, 400) : 0);
    set(stream, "cpu.wait_limit_us", 20); /* what was damaged may never come */
    set(stream, "seed", sim_rng_next(&rng) >> 2);
}

/* Stream number @seed of those that can be made of @paths. */
inline void read_random(Stream &stream, uint64_t seed, char *const *paths, uint64_t n_paths)
{
    sim_rng rng;

    sim_rng_seed(&rng, seed);
    read(stream, paths[sim_rng_below(&rng, n_paths)]);
    change(stream, rng);
    choose(stream, rng);
    stream.path += " seed " + std::to_string(seed);
}

/* ---- what happened ---- */

struct Log {
    std::vector<std::string> lines;
    uint64_t n_facts = 0, n_answers = 0, n_refused = 0;
    uint64_t ignored = 0; /* a bit for each kind of fact that does not count */

    template <class... Args> void line(const char *format, Args... args)
    {
        char text[400];

        std::snprintf(text, sizeof(text), format, args...);
        lines.emplace_back(text);
    }
    static void record(void *ctx, const sim_record_seen *seen)
    {
        static_cast<Log *>(ctx)->line("record %" PRIu64 " %u %" PRIu64 " %" PRIu64 " %d", seen->seq,
                                      seen->rec->kind, seen->start_ps, seen->end_ps, seen->gave_up);
    }
    static void fact(void *ctx, const sim_fact *f, uint64_t seq)
    {
        auto *log = static_cast<Log *>(ctx);

        if (log->ignored >> f->kind & 1)
            return;
        log->n_facts++;
        log->line("%" PRIu64 " %s %u %" PRIx64 " %" PRIx64 " %" PRIx64 " %" PRIx64 " %" PRIx64
                  " %" PRIu64,
                  f->time_ps, sim_fact_infos[f->kind].json, f->iommu, f->arg[0], f->arg[1],
                  f->arg[2], f->arg[3], f->arg[4], seq);
    }
    static void dma(void *ctx, const sim_dma_seen *d)
    {
        auto *log = static_cast<Log *>(ctx);

        log->n_answers++;
        log->n_refused += d->status != SIM_DMA_OK;
        log->line("dma %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64
                  " %x %x %d %u %u %x %u %" PRIx64 " %" PRIx64,
                  d->issue_ps, d->answer_ps, d->issue_seq, d->answer_seq, d->requester, d->pasid,
                  d->has_pasid, d->access, d->status, d->event, d->n_bytes, d->iova, d->pa);
    }
    sim_observer observer()
    {
        return {record, fact, dma, this};
    }
};

inline void drive(replay_machine *machine, const Stream &stream)
{
    for (const sim_record &rec : stream.records) {
        if (replay_machine_put(machine, &rec))
            fail(stream.path + ": a record is refused");
    }
    if (replay_machine_finish(machine))
        fail(stream.path + ": the end fails");
}

/* A process for each: SystemC has one simulation. */
inline int in_child(const std::function<int()> &what)
{
    int status = 0;

    (void)std::fflush(stdout);
    const pid_t child = fork();
    if (child == 0) {
        const int code = what();

        (void)std::fflush(stdout);
        _exit(code);
    }
    if (child < 0 || waitpid(child, &status, 0) != child)
        return 1;
    if (!WIFEXITED(status))
        std::fprintf(stderr, "replay: a batch was killed by signal %d\n", WTERMSIG(status));
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

} // namespace streams

#endif
