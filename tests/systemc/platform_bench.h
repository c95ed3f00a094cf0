// SPDX-License-Identifier: BSD-2-Clause
// platform_bench.h - the example's platform on a bench: a checker in every way that has phases.
// Knows: platforms, what a test expects. Must not know: which test it is.
#ifndef TESTS_SYSTEMC_PLATFORM_BENCH_H
#define TESTS_SYSTEMC_PLATFORM_BENCH_H

#include "examples/systemc/platform.h"
#include "tests/systemc/tlm_checker.h"

#include <cinttypes>
#include <cstdlib>

namespace bench
{

inline int n_failed;

inline void expect(bool is_good, const char *what, int line)
{
    if (is_good)
        return;
    std::fprintf(stderr, "platform test, line %d: at %s: not so: %s\n", line,
                 sc_core::sc_time_stamp().to_string().c_str(), what);
    n_failed++;
}
#define EXPECT(x) expect((x), #x, __LINE__)

inline uint64_t scaled(uint64_t n, uint64_t n_long)
{
    const char *is_long = std::getenv("IOMMUSIM_TEST_LONG");

    return is_long && *is_long == '1' ? n_long : n;
}

/* A platform with a checker in every way that has phases. */
struct Bench {
    Platform p;
    std::deque<TlmChecker> checkers;
    sc_core::sc_vector<sc_core::sc_signal<bool>> irqs{"irqs", iommusim_tlm::iommu::n_irqs};
    sc_core::sc_signal<bool> reset{"reset"};

    Bench(bool is_smmu, const iommusim_config *config, std::vector<Device::Style> styles,
          unsigned n_more = 0)
        : p(is_smmu, config, static_cast<unsigned>(styles.size()) + n_more)
    {
        for (Device::Style style : styles)
            p.add_device(style);
        p.cpu.memory.bind(p.ram.sockets[0]);
        p.cpu.regs.bind(p.unit->regs);
        for (size_t i = 0; i < styles.size(); i++)
            between(p.devices[i]->socket, p.unit->upstream[i]);
        between(p.unit->ptw, p.ram.sockets[1]);
        between(p.unit->downstream, p.ram.sockets[2]);
        for (unsigned i = 0; i < irqs.size(); i++)
            p.unit->irq[i].bind(irqs[i]);
        p.unit->reset.bind(reset);
    }
    template <class From, class To> void between(From &from, To &to)
    {
        checkers.emplace_back(("check" + std::to_string(checkers.size())).c_str());
        from.bind(checkers.back().in);
        checkers.back().out.bind(to);
    }
    void check_end()
    {
        for (const TlmChecker &c : checkers) {
            EXPECT(c.n_violations == 0);
            EXPECT(c.n_unfinished() == 0);
        }
        EXPECT(p.unit->stats().n_in_flight == 0);
        EXPECT(p.unit->stats().n_accesses_in_flight == 0);
    }
};

struct Context {
    bool is_smmu;
    iommusim_config *config;
};

inline void run(Bench &b, const std::function<void()> &what)
{
    bool is_over = false;

    sc_core::sc_spawn([&] {
        what();
        sc_core::wait(5, sc_core::SC_US); /* faults are recorded after their answers */
        is_over = true;
        sc_core::sc_stop();
    });
    sc_core::sc_start();
    EXPECT(is_over);
    b.check_end();
}

inline bool start(Bench &b, uint64_t n_pages, const char *driver = "linux-6.12")
{
    if (!b.p.boot(driver) || !b.p.map(1, n_pages) || !b.p.map(2, n_pages))
        return false;
    for (size_t i = 0; i < b.p.devices.size(); i++) {
        b.p.devices[i]->n_pages = n_pages;
        if (!b.p.attach(i, 1, SIM_OP_ATTACH))
            return false;
    }
    return true;
}

/* The second word of the command line says which unit it is. */
inline Context begin(int argc, char *argv[])
{
    const bool is_smmu = argc < 3 || std::string(argv[2]) != "vtd";

    sc_core::sc_set_time_resolution(1, sc_core::SC_PS);
    sc_core::sc_report_handler::set_actions(sc_core::SC_ERROR,
                                            sc_core::SC_DISPLAY | sc_core::SC_ABORT);
    return {is_smmu, iommusim_config_new(is_smmu ? IOMMUSIM_SMMUV3 : IOMMUSIM_VTD)};
}

inline int end(const Context &c)
{
    iommusim_config_free(c.config);
    return n_failed != 0;
}

} // namespace bench

#endif
