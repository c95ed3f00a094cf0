// SPDX-License-Identifier: BSD-2-Clause
// replay_same_test.cpp - a stream of records replayed by the program's own machine, and by one
// whose units are SystemC modules behind sockets: every record, fact and answer is the same, to the
// picosecond.
//
//   replay_same_test TRACE...            shipped traces, as they are
//   replay_same_test --random FIRST N TRACE...
//                                        N streams: traces with records left out and words changed,
//                                        on hardware of random sizes, latencies and choices
#include "tests/systemc/replay_front.h"

#include "kernel-glue/trace/trc_file.h"
#include "sim/rng.h"

#include <algorithm>
#include <sys/wait.h>
#include <unistd.h>

namespace
{

constexpr int kBatch = 10; /* machines of one process: what SystemC has made stays */

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

[[noreturn]] void fail(const std::string &what)
{
    std::fprintf(stderr, "replay_same_test: %s\n", what.c_str());
    std::exit(2);
}

sim_str keep(Stream &stream, const sim_str &text)
{
    stream.strings.emplace_back(text.bytes, text.n_bytes);
    return {stream.strings.back().data(), text.n_bytes};
}

int put(void *ctx, const sim_record *rec)
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

void read(Stream &stream, const std::string &path)
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

void change(Stream &stream, sim_rng &rng)
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

void set(Stream &stream, const char *name, uint64_t value)
{
    sim_diag diag;

    sim_diag_init(&diag, "random");
    if (config_set(&stream.settings, (name + ("=" + std::to_string(value))).c_str(), &diag))
        fail(std::string(name) + " cannot be set");
}

void choose(Stream &stream, sim_rng &rng)
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

/* ---- what happened ---- */

struct Log {
    std::vector<std::string> lines;
    uint64_t n_facts = 0, n_answers = 0, n_refused = 0;

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

void drive(replay_machine *machine, const Stream &stream)
{
    for (const sim_record &rec : stream.records) {
        if (replay_machine_put(machine, &rec))
            fail(stream.path + ": a record is refused");
    }
    if (replay_machine_finish(machine))
        fail(stream.path + ": the end fails");
}

struct Case {
    Stream stream;
    const rpl_scan *scan = nullptr;
    Log plain, systemc;
    sim_observer watch{};
    std::unique_ptr<behind::Machine> machine;

    void prepare(const std::string &name)
    {
        sim_diag diag;

        stream.scanner = rpl_scanner_new();
        for (const sim_record &rec : stream.records)
            (void)rpl_scanner_put(stream.scanner, &rec);
        scan = rpl_scanner_end(stream.scanner);
        sim_diag_init(&diag, "machine");
        watch = systemc.observer();
        machine = std::make_unique<behind::Machine>(name);
        machine->machine =
            replay_machine_new_behind(&stream.settings, scan, &watch, &machine->front, &diag);
        if (!machine->machine)
            fail(stream.path + ": no machine");
        sc_core::sc_spawn([this] { drive(machine->machine, stream); }, name.c_str());
    }
    void run_plain()
    {
        const sim_observer observer = plain.observer();
        sim_diag diag;

        sim_diag_init(&diag, "machine");
        replay_machine *m = replay_machine_new(&stream.settings, scan, &observer, &diag);
        if (!m)
            fail(stream.path + ": no machine");
        drive(m, stream);
        replay_machine_free(m);
    }
    uint64_t n_violations() const
    {
        uint64_t n = 0;

        for (const auto &unit : machine->units) {
            for (const TlmChecker &checker : unit->checkers)
                n += checker.n_violations;
        }
        return n;
    }
    int compare() const
    {
        const auto [a, b] = std::mismatch(plain.lines.begin(), plain.lines.end(),
                                          systemc.lines.begin(), systemc.lines.end());
        const bool is_same = a == plain.lines.end() && b == systemc.lines.end();

        if (is_same && n_violations() == 0)
            return 0;
        std::fprintf(stderr,
                     "%s: %s, %" PRIu64 " violations of the protocol\n  line %td of %zu, %zu\n"
                     "  C core:  %s\n  SystemC: %s\n",
                     stream.path.c_str(), is_same ? "the same" : "different", n_violations(),
                     a - plain.lines.begin(), plain.lines.size(), systemc.lines.size(),
                     a == plain.lines.end() ? "(nothing)" : a->c_str(),
                     b == systemc.lines.end() ? "(nothing)" : b->c_str());
        return 1;
    }
};

/* Return: how many differ. */
int run_batch(std::deque<Case> &cases)
{
    int n_failed = 0;
    uint64_t n_facts = 0, n_answers = 0, n_refused = 0;

    sc_core::sc_set_time_resolution(1, sc_core::SC_PS);
    for (size_t i = 0; i < cases.size(); i++)
        cases[i].prepare("case" + std::to_string(i));
    for (Case &one : cases)
        one.run_plain();
    sc_core::sc_start();
    for (Case &one : cases) {
        n_failed += one.compare();
        n_facts += one.plain.n_facts;
        n_answers += one.plain.n_answers;
        n_refused += one.plain.n_refused;
    }
    std::printf("%zu streams, %" PRIu64 " facts, %" PRIu64 " answers (%" PRIu64
                " refused), %d differ\n",
                cases.size(), n_facts, n_answers, n_refused, n_failed);
    return n_failed || n_facts == 0 || n_answers == 0;
}

/* A process for each: SystemC has one simulation. */
int in_child(const std::function<int()> &what)
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
        std::fprintf(stderr, "replay_same_test: a batch was killed by signal %d\n",
                     WTERMSIG(status));
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

} // namespace

int sc_main(int argc, char *argv[])
{
    const bool is_random = argc > 4 && std::string(argv[1]) == "--random";
    const uint64_t first = is_random ? std::strtoull(argv[2], nullptr, 0) : 0;
    const int first_path = is_random ? 4 : 1, n_paths = argc - first_path;
    const int n = is_random ? std::atoi(argv[3]) : n_paths;
    int n_failed = n_paths < 1;

    for (int begin = 0; begin < n && n_paths > 0; begin += kBatch) {
        n_failed += in_child([&] {
            std::deque<Case> cases;

            for (int i = begin; i < std::min(n, begin + kBatch); i++) {
                sim_rng rng;

                sim_rng_seed(&rng, first + static_cast<uint64_t>(i));
                cases.emplace_back();
                read(cases.back().stream,
                     argv[first_path + (is_random ? static_cast<int>(sim_rng_below(
                                                        &rng, static_cast<uint64_t>(n_paths)))
                                                  : i)]);
                if (!is_random)
                    continue;
                change(cases.back().stream, rng);
                choose(cases.back().stream, rng);
                cases.back().stream.path +=
                    " seed " + std::to_string(first + static_cast<uint64_t>(i));
            }
            return run_batch(cases);
        });
    }
    return n_failed != 0;
}
