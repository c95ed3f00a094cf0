// SPDX-License-Identifier: BSD-2-Clause
// bench_styles.cpp - by how much b_transport (LT) differs from 4 phases (AT), in simulated time:
// the same platform, driver and devices in each style, as a table of exact figures.
//
//   bench_styles
//
// lt: the initiator waits after each request. lt-1us: it runs ahead by up to a microsecond, as
// initiators with a quantum do. Several requests under way are so many threads of the initiator.
#include "examples/systemc/platform.h"

#include <cinttypes>
#include <sys/wait.h>
#include <unistd.h>

namespace
{

struct Style {
    const char *name;
    Device::Style style;
    uint64_t quantum_ns;
};
constexpr Style kStyles[] = {
    {"at", Device::AT, 0}, {"lt", Device::LT, 0}, {"lt-1us", Device::LT, 1000}};

struct Part {
    bool is_smmu;
    const char *preset;
};
constexpr Part kParts[] = {{true, "mmu600"}, {true, "mmu700"}, {false, "bdw"}, {false, "ivb"}};

/* driver: of the replaces; NULL: there are none. */
struct Load {
    const char *name;
    unsigned n_devices, in_flight;
    uint64_t n_pages, n_requests;
    const char *driver;
};
constexpr Load kLoads[] = {
    {"1 device, 1 request, 16 pages", 1, 1, 16, 4000, nullptr},
    {"1 device, 8 requests, 16 pages", 1, 8, 16, 8000, nullptr},
    {"1 device, 8 requests, 256 pages", 1, 8, 256, 8000, nullptr},
    {"2 devices, 8 requests, 16 pages", 2, 8, 16, 8000, nullptr},
    {"2 devices, 8 requests, 256 pages", 2, 8, 256, 8000, nullptr},
    {"replaces, best", 2, 8, 32, 0, "best"},
    {"replaces, linux-6.12", 2, 8, 32, 0, "linux-6.12"},
};
constexpr unsigned kReplaces = 16;

void rest(Platform &p)
{
    for (size_t i = 0; i < p.devices.size(); i++)
        p.rest(i);
}

bool prepare(Platform &p, const Load &load)
{
    const char *driver = load.driver ? load.driver : "best";

    if (!p.boot(driver) || !p.map(1, load.n_pages) || !p.map(2, load.n_pages))
        return false;
    for (size_t i = 0; i < p.devices.size(); i++) {
        if (!p.attach(i, 1, SIM_OP_ATTACH))
            return false;
        p.devices[i]->start(1000); /* caches are warm */
    }
    rest(p);
    for (const auto &device : p.devices) {
        device->n_done = 0;
        device->busy = device->worst = sc_core::SC_ZERO_TIME;
        device->forget_seen();
    }
    return true;
}

Platform::Seen replaces(Platform &p)
{
    Platform::Seen sum;

    for (const auto &device : p.devices)
        device->start(UINT32_MAX);
    for (unsigned n = 0; n < kReplaces; n++) {
        sc_core::wait(5, sc_core::SC_US);
        const Platform::Seen seen = p.replace(n % 2 ? 1 : 2);

        sum.n_old += seen.n_old;
        sum.n_new += seen.n_new;
        sum.n_refused += seen.n_refused;
        sum.n_wrong += seen.n_wrong;
        sum.n_stale += seen.n_stale;
        sum.took += seen.took;
    }
    for (const auto &device : p.devices)
        device->stop();
    return sum;
}

bool measure(Platform &p, const Load &load)
{
    Platform::Seen seen;
    sc_core::sc_time busy, worst;
    uint64_t n = 0;

    if (!prepare(p, load))
        return false;
    const sc_core::sc_time begin = sc_core::sc_time_stamp();
    if (load.driver)
        seen = replaces(p);
    else
        for (const auto &device : p.devices)
            device->start(load.n_requests);
    rest(p);
    const double took_ns = (sc_core::sc_time_stamp() - begin).to_seconds() * 1e9;
    for (const auto &device : p.devices) {
        n += device->n_done;
        busy += device->busy;
        worst = std::max(worst, device->worst);
        seen.n_refused += load.driver ? 0 : device->n_refused;
    }
    std::printf("%.1f,%.1f,%.2f,", busy.to_seconds() * 1e9 / static_cast<double>(n),
                worst.to_seconds() * 1e9, static_cast<double>(n) * 1e3 / took_ns);
    std::printf("%.0f,%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64 "\n",
                seen.took.to_seconds() * 1e9 / kReplaces, seen.n_old, seen.n_new, seen.n_refused,
                seen.n_wrong, seen.n_stale);
    return true;
}

/* In a process of its own: there is one simulation in each. */
bool run(const Part &part, const Load &load, const Style &style)
{
    iommusim_config *config = iommusim_config_new(part.is_smmu ? IOMMUSIM_SMMUV3 : IOMMUSIM_VTD);
    bool is_good = false;

    if (!config || iommusim_config_preset(config, part.preset))
        return false;
    sc_core::sc_set_time_resolution(1, sc_core::SC_PS);
    {
        Platform p(part.is_smmu, config, load.n_devices);

        for (unsigned i = 0; i < load.n_devices; i++) {
            Device &d = p.add_device(style.style);

            (style.style == Device::AT ? d.window : d.threads) = load.in_flight;
            d.n_pages = load.n_pages;
            d.quantum_ns = style.quantum_ns;
            d.socket.bind(p.unit->upstream[i]);
        }
        p.connect();
        std::printf("%s,%s,\"%s\",%s,", part.is_smmu ? "smmuv3" : "vtd", part.preset, load.name,
                    style.name);
        sc_core::sc_spawn([&] {
            is_good = measure(p, load);
            sc_core::sc_stop();
        });
        sc_core::sc_start();
    }
    iommusim_config_free(config);
    return is_good;
}

} // namespace

int sc_main(int, char *[])
{
    sc_core::sc_report_handler::set_actions(sc_core::SC_INFO, sc_core::SC_DO_NOTHING);
    std::printf("arch,preset,load,style,mean_ns,worst_ns,per_us,replace_ns,old,new,refused,wrong,"
                "stale\n");
    for (const Part &part : kParts) {
        for (const Load &load : kLoads) {
            for (const Style &style : kStyles) {
                int status = 1;

                (void)std::fflush(stdout);
                const pid_t child = fork();
                if (child == 0) {
                    const bool is_good = run(part, load, style);
                    (void)std::fflush(stdout);
                    _exit(!is_good);
                }
                if (child < 0 || waitpid(child, &status, 0) != child || status != 0)
                    return 1;
            }
        }
    }
    return 0;
}
