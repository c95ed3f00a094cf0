/* SPDX-License-Identifier: BSD-2-Clause
 * bench.cpp - see bench.h. */
#include "tests/unit/kernel-glue/scenario/bench.h"

extern "C" {
#include "cli/config.h"
#include "cli/replay_machine.h"
#include "kernel-glue/scenario/run.h"
}

#include <stdexcept>

struct Bench::Parts {
    std::unique_ptr<struct config> config{new struct config()};
    std::string file;
    struct run *run = nullptr;
    struct replay_machine *machine = nullptr;
    bool is_up = false;
};

Bench::Bench(const std::string &arch, const std::string &driver, const std::string &file,
             const std::vector<std::string> &settings)
    : parts(new Parts())
{
    struct run_config config = {};
    struct sim_diag diag;

    sim_diag_init(&diag, "bench");
    parts->file = file;
    config_default(parts->config.get());
    (void)config_set(parts->config.get(), "traffic.kind=none", &diag);
    for (const std::string &setting : settings) {
        if (config_set(parts->config.get(), setting.c_str(), &diag))
            throw std::runtime_error(diag.text);
    }
    config.scenario = parts->file.c_str();
    config.ops = drv_find(arch == "vtd" ? SIM_ARCH_VTD : SIM_ARCH_SMMUV3, driver.c_str());
    config.is_quiet = true;
    parts->run = config.ops ? run_new(&config, &diag) : nullptr;
    if (parts->run)
        parts->machine = replay_machine_new(parts->config.get(), run_scan(parts->run),
                                            run_observer(parts->run), &diag);
    if (!parts->machine)
        throw std::runtime_error(driver + ": " + diag.text);
    run_bind(parts->run, replay_machine_rpl(parts->machine), replay_machine_mem(parts->machine));
    parts->is_up = run_start(parts->run) == 0;
}

Bench::~Bench()
{
    halt();
    replay_machine_free(parts->machine);
    run_free(parts->run);
}

bool Bench::is_up() const
{
    return parts->is_up;
}

int Bench::lines()
{
    (void)run_lines(parts->run);
    return static_cast<int>(stats().n_unexpected);
}

int Bench::line(const std::string &text)
{
    return run_line(parts->run, text.c_str());
}

const struct run_stats &Bench::stats() const
{
    return *run_get_stats(parts->run);
}

void Bench::fail(int what, uint64_t n)
{
    run_fail(parts->run, static_cast<enum run_fail>(what), n);
}

void Bench::halt()
{
    if (parts->is_up)
        run_halt(parts->run);
    parts->is_up = false;
}

std::string Bench::replay()
{
    struct rpl_scanner *scanner = rpl_scanner_new();
    struct sim_record_sink sink = {rpl_scanner_put, scanner};
    struct replay_machine *again = nullptr;
    struct sim_diag diag;
    std::string differs;

    halt();
    sim_diag_init(&diag, "replay");
    if (replay_machine_finish(parts->machine) || run_save(parts->run, &sink))
        return "no memory";
    again = replay_machine_new(parts->config.get(), rpl_scanner_end(scanner), nullptr, &diag);
    sink = {replay_machine_put, again};
    if (run_save(parts->run, &sink) || replay_machine_finish(again))
        return "the records cannot be replayed";
    const struct chk_report *a = replay_machine_report(parts->machine);
    const struct chk_report *b = replay_machine_report(again);
    if (a->n_ops != b->n_ops)
        differs = std::to_string(a->n_ops) + " operations, not " + std::to_string(b->n_ops);
    for (size_t i = 0; differs.empty() && i < a->n_ops; i++) {
        if (a->ops[i].begin_ps != b->ops[i].begin_ps || a->ops[i].end_ps != b->ops[i].end_ps ||
            a->ops[i].worst != b->ops[i].worst)
            differs = "operation " + std::to_string(i) + ": " + std::to_string(a->ops[i].begin_ps) +
                      "-" + std::to_string(a->ops[i].end_ps) + " live, " +
                      std::to_string(b->ops[i].begin_ps) + "-" + std::to_string(b->ops[i].end_ps) +
                      " again";
    }
    replay_machine_free(again);
    rpl_scanner_free(scanner);
    return differs;
}
