// SPDX-License-Identifier: BSD-2-Clause
// replay_memory_test.cpp - a stream of records replayed by the program's own machine, and by one
// whose units are SystemC modules with a platform's memory behind them (docs/systemc.md).
//
//   replay_memory_test same  TRACE...    memory as fast as the program's: the same to the
//   picosecond replay_memory_test told  TRACE...    memory by chance; a unit without SystemC that
//   gets its
//                                        answers at the same times: the same to the picosecond
//   replay_memory_test apart TRACE...    memory by chance, the program's is not told: without
//                                        requests the same order and contents, other times
//   replay_memory_test CASE --random FIRST N TRACE...    N random streams
#include "tests/systemc/platform_memory.h"
#include "tests/systemc/replay_front.h"
#include "tests/systemc/replay_streams.h"

namespace
{

using namespace streams;

constexpr int kBatch = 10;
constexpr unsigned kVtdWait = 5; /* the type of an Invalidation Wait Descriptor */

struct Case {
    std::string what; /* same, odd, told, apart */
    Stream stream;
    const rpl_scan *scan = nullptr;
    Log plain, systemc;
    sim_observer watch{};
    std::unique_ptr<behind::Machine> machine;
    std::deque<behind::PlatformMemory> memories;
    behind::ToldMemory told;

    void place(behind::Sandwich &s, const std::string &name, uint64_t seed)
    {
        memories.emplace_back((name + "_memory").c_str());
        behind::PlatformMemory &memory = memories.back();

        memory.queue = s.wiring.queue;
        memory.timing = sim_mem_param_timing(&stream.settings.mem);
        if (what == "odd") {
            memory.timing.latency_ps += 20373; /* nor do errors come back in no time */
            memory.timing.interval_ps += 119;
        }
        memory.is_random = what == "told" || what == "apart";
        memory.random.seed(seed);
        memory.bytes = [this] { return replay_machine_mem(machine->machine); };
        s.between(name, s.unit->ptw, memory.sockets[0]);
        s.between(name, s.unit->downstream, memory.sockets[1]);
    }
    /* Stores that stand in a CPU's cache are hidden by the program's memory alone. */
    bool keeps_stores_back() const
    {
        bool does = false;

        for (size_t i = 0; i < scan->n_units && scan->is_recorded_from_start; i++)
            does |= replay_unit_misses_caches(&stream.settings, &scan->units[i]) ||
                    replay_unit_has_buffer(&stream.settings, &scan->units[i]);
        return does;
    }
    void prepare(const std::string &name, uint64_t seed)
    {
        sim_diag diag;

        stream.scanner = rpl_scanner_new();
        for (const sim_record &rec : stream.records)
            (void)rpl_scanner_put(stream.scanner, &rec);
        scan = rpl_scanner_end(stream.scanner);
        plain.ignored = systemc.ignored = UINT64_C(1) << SIM_FACT_UNKNOWN_READ; /* of memory */
        if (what == "apart")
            set(stream, "traffic.kind", "none");
        if (stream.settings.rpl.cpu.poll_ns == 0) /* or looks come whenever an event does */
            set(stream, "cpu.poll_ns", 50);
        if (what == "apart" && seed % 2) { /* seed: by turns */
            set(stream, "smmu.cmd_slots", 4);
            set(stream, "vtd.qi_slots", 4);
        }
        if (what == "same") { /* software and memory act at one instant rarely */
            set(stream, "smmu.clock_ps", 997);
            set(stream, "vtd.clock_ps", 997);
        }
        sim_diag_init(&diag, "machine");
        watch = systemc.observer();
        machine = std::make_unique<behind::Machine>(name);
        machine->place = [this, seed](behind::Sandwich &s, const std::string &called) {
            place(s, called, seed);
        };
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
        replay_machine *m;

        sim_diag_init(&diag, "machine");
        for (const behind::PlatformMemory &memory : memories)
            told.moments.push_back(&memory.moments);
        if (what == "odd")
            told.timing = &memories.front().timing;
        if (what == "told" || what == "odd")
            m = replay_machine_new_behind(&stream.settings, scan, &observer, &told.front, &diag);
        else
            m = replay_machine_new(&stream.settings, scan, &observer, &diag);
        if (!m)
            fail(stream.path + ": no machine");
        told.bytes = [m] { return replay_machine_mem(m); };
        drive(m, stream);
        replay_machine_free(m);
    }
    uint64_t n_violations() const
    {
        uint64_t n = told.n_missing;

        for (const auto &unit : machine->units) {
            for (const TlmChecker &checker : unit->checkers)
                n += checker.n_violations;
        }
        return n;
    }
    int compare(const char *of, const std::vector<std::string> &a,
                const std::vector<std::string> &b) const
    {
        const auto [x, y] = std::mismatch(a.begin(), a.end(), b.begin(), b.end());

        if (x == a.end() && y == b.end())
            return 0;
        std::fprintf(stderr, "%s: %s: line %td of %zu, %zu\n  C core:  %s\n  SystemC: %s\n",
                     stream.path.c_str(), of, x - a.begin(), a.size(), b.size(),
                     x == a.end() ? "(nothing)" : x->c_str(),
                     y == b.end() ? "(nothing)" : y->c_str());
        return 1;
    }
    /* VT-d: commands go on while a wait without a fence writes its status; all before it are over
     * when it is. */
    int compare_order(const Log &log) const
    {
        std::deque<uint64_t> n_before; /* of each wait that is under way */
        uint64_t n_executed = 0, n_completed = 0, n_bad = 0;

        for (const std::string &line : log.lines) {
            char name[32] = "";
            unsigned unit = 0, code = 0;

            if (std::sscanf(line.c_str(), "%*s %31s %u %x", name, &unit, &code) != 3)
                continue;
            const bool is_wait = is_vtd(unit) && code == kVtdWait;
            if (std::strcmp(name, "cmd_executed") == 0 && is_wait)
                n_before.push_back(n_executed);
            n_executed += std::strcmp(name, "cmd_executed") == 0 && !is_wait;
            if (std::strcmp(name, "cmd_completed") != 0)
                continue;
            n_completed += !is_wait;
            if (!is_wait)
                continue;
            n_bad += n_before.empty() || n_completed < n_before.front();
            if (!n_before.empty())
                n_before.pop_front();
        }
        if (n_bad)
            std::fprintf(stderr, "%s: %" PRIu64 " waits end too early\n", stream.path.c_str(),
                         n_bad);
        return n_bad != 0;
    }
    bool is_vtd(unsigned unit) const
    {
        for (size_t i = 0; i < scan->n_units; i++) {
            if (scan->units[i].iommu == unit)
                return scan->units[i].arch == SIM_ARCH_VTD;
        }
        return false;
    }
    int compare() const
    {
        int n = n_violations() != 0;

        if (n)
            std::fprintf(stderr, "%s: %" PRIu64 " violations, %" PRIu64 " of memory\n",
                         stream.path.c_str(), n_violations(), told.n_missing);
        if (what != "apart")
            return compare("facts", plain.lines, systemc.lines) || n;
        for (const char *of : {"record", "reg_written", "cmd_fetched", "cmd_executed", "waits",
                               "others", "sync_visible"})
            n += compare(of, without_times(plain, of), without_times(systemc, of));
        n += compare_order(plain) + compare_order(systemc);
        n += plain.lines == systemc.lines; /* they would not be apart */
        return n != 0;
    }
    std::vector<std::string> without_times(const Log &log, const std::string &of) const;
};

/* "record SEQ KIND START END GAVE_UP"; facts: "TIME KIND UNIT ARGUMENTS... SEQ". Reads ahead of a
 * queue are told as they come: in no order. */
std::vector<std::string> Case::without_times(const Log &log, const std::string &of) const
{
    std::vector<std::string> lines;

    for (const std::string &line : log.lines) {
        char name[32] = "", a[32] = "", b[32] = "";
        unsigned unit = 0, code = 0;

        if (of == "record") {
            if (std::sscanf(line.c_str(), "record %31s %31s %*s %*s %31s", a, b, name) == 3)
                lines.push_back(std::string(a) + " " + b + " " + name);
            continue;
        }
        if (std::sscanf(line.c_str(), "%*s %31s %u %x", name, &unit, &code) != 3)
            continue;
        const bool is_wait = is_vtd(unit) && code == kVtdWait;
        const char *kind = std::strcmp(name, "cmd_completed") != 0 ? name
                           : is_wait                               ? "waits"
                                                                   : "others";
        if (of == kind)
            lines.push_back(line.substr(line.find(' '), line.rfind(' ') - line.find(' ')));
    }
    if (of == "cmd_fetched")
        std::sort(lines.begin(), lines.end());
    return lines;
}

int run_batch(std::deque<Case> &cases)
{
    int n_failed = 0;
    uint64_t n_facts = 0, n_answers = 0, n_left_out = 0;

    sc_core::sc_set_time_resolution(1, sc_core::SC_PS);
    for (size_t i = 0; i < cases.size(); i++)
        cases[i].prepare("case" + std::to_string(i), i + 1);
    sc_core::sc_start();
    for (Case &one : cases) {
        if (one.what != "told" && one.what != "odd" && one.keeps_stores_back()) {
            n_left_out++;
            continue;
        }
        one.run_plain();
        n_failed += one.compare();
        n_facts += one.plain.n_facts;
        n_answers += one.plain.n_answers;
    }
    std::printf("%s: %zu streams, %" PRIu64 " facts, %" PRIu64 " answers, %d differ, %" PRIu64
                " left out (stores kept back)\n",
                cases[0].what.c_str(), cases.size(), n_facts, n_answers, n_failed, n_left_out);
    return n_failed || n_facts == 0;
}

} // namespace

int sc_main(int argc, char *argv[])
{
    const bool is_random = argc > 5 && std::string(argv[2]) == "--random";
    const uint64_t first = is_random ? std::strtoull(argv[3], nullptr, 0) : 0;
    const int first_path = is_random ? 5 : 2, n_paths = argc - first_path;
    const int n = is_random ? std::atoi(argv[4]) : n_paths;
    int n_failed = n_paths < 1;

    for (int begin = 0; begin < n && n_paths > 0; begin += kBatch) {
        n_failed += in_child([&] {
            std::deque<Case> cases;

            for (int i = begin; i < std::min(n, begin + kBatch); i++) {
                cases.emplace_back();
                Case &one = cases.back();

                one.what = argv[1];
                if (is_random)
                    read_random(one.stream, first + static_cast<uint64_t>(i), &argv[first_path],
                                static_cast<uint64_t>(n_paths));
                else
                    read(one.stream, argv[first_path + i]);
            }
            return run_batch(cases);
        });
    }
    return n_failed != 0;
}
