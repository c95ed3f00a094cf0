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
#include "tests/systemc/replay_streams.h"

namespace
{

using namespace streams;

constexpr int kBatch = 10; /* machines of one process: what SystemC has made stays */

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
                cases.emplace_back();
                if (is_random)
                    read_random(cases.back().stream, first + static_cast<uint64_t>(i),
                                &argv[first_path], static_cast<uint64_t>(n_paths));
                else
                    read(cases.back().stream, argv[first_path + i]);
            }
            return run_batch(cases);
        });
    }
    return n_failed != 0;
}
