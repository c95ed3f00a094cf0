// SPDX-License-Identifier: BSD-2-Clause
// bench_systemc.cpp - host speed of the SystemC modules: requests per second of the host by pointer
// (DMI), b_transport (LT) and 4 phases (AT), beside memory without an IOMMU and beside the C core.
//
//   bench_systemc [REQUESTS [WAY]]
//
// WAY: one line alone, for valgrind: bare-dmi, dmi, bare-lt, lt, core, bare-at, at.
// One SMMUv3, 16 pages of 4 KiB, requests of 64 bytes, a quarter of them writes, 8 under way in AT
// and in the C core; memory of 150 ns. The same device makes the requests of every SystemC line.
#include "examples/systemc/platform.h"
#include "models/smmuv3/smmu.h"
#include "sim/event.h"
#include "sim/mem.h"
#include "sim/time.h"

#include <chrono>
#include <cinttypes>
#include <cstdlib>

namespace
{

double host_s()
{
    return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch())
        .count();
}

void line(const char *what, uint64_t n, double took_s)
{
    std::printf("%-44s %12.0f\n", what, static_cast<double>(n) / took_s);
}

/* The C core with the tables that the driver has made in the platform's memory. */
struct Core {
    static constexpr unsigned in_flight = 8;
    struct Request {
        Core *core;
        sim_dma dma;
        uint8_t data[64];
    };
    sim_queue *queue = sim_queue_new();
    sim_mem *mem = sim_mem_new(64 << 20);
    sim_mem_port *memory;
    sim_port_ops ops{sim_mem_port_access, [](void *, sim_irq, bool) {}, nullptr, nullptr, nullptr};
    sim_port port;
    sim_iommu smmu{};
    std::mt19937_64 random{1};
    Request requests[in_flight];
    uint64_t n_left = 0, n_wrong = 0;

    explicit Core(Platform &p)
    {
        const sim_mem_timing timing{150000, 2000, 0};
        smmu_config config;

        smmu_config_default(&config);
        (void)sim_mem_write(mem, 0, p.ram.bytes.data(), p.ram.bytes.size());
        memory = sim_mem_port_new(mem, queue, &timing, 0, false);
        port = {&ops, memory};
        if (smmu_new(&config, queue, &port, nullptr, &smmu))
            std::abort();
        for (const auto &[offset, n] : {std::pair<uint64_t, uint32_t>{SMMU_REG_STRTAB_BASE, 8},
                                        {SMMU_REG_STRTAB_BASE_CFG, 4},
                                        {SMMU_REG_CR1, 4},
                                        {SMMU_REG_CR2, 4}})
            smmu.ops->reg_write(smmu.model, offset, n, p.cpu.read_reg(offset, n));
        smmu.ops->reg_write(smmu.model, SMMU_REG_CR0, 4, 1);
        (void)sim_queue_advance(queue, SIM_TIME_NEVER);
    }
    ~Core()
    {
        smmu.ops->free(smmu.model);
        sim_mem_port_free(memory);
        sim_mem_free(mem);
        sim_queue_free(queue);
    }
    void next(Request &r)
    {
        const bool is_write = random() % 4 == 0;

        r.dma = sim_dma{};
        r.dma.iova =
            Platform::first_iova + random() % 16 * 4096 + random() % 64 * 64 + (is_write ? 32 : 0);
        r.dma.n_bytes = is_write ? 32 : 64;
        r.dma.requester = Platform::first_requester;
        r.dma.access = is_write ? SIM_DMA_WRITE : SIM_DMA_READ;
        r.dma.data = r.data;
        r.dma.done.ctx = &r;
        r.dma.done.fn = [](void *ctx) {
            auto *done = static_cast<Request *>(ctx);

            done->core->n_wrong += done->dma.status != SIM_DMA_OK;
            if (done->core->n_left) {
                done->core->n_left--;
                done->core->next(*done);
            }
        };
        if (!smmu.ops->submit(smmu.model, &r.dma))
            std::abort(); /* there are more slots than requests */
    }
    void run(uint64_t n)
    {
        n_left = n - in_flight;
        for (Request &r : requests) {
            r.core = this;
            next(r);
        }
        (void)sim_queue_advance(queue, SIM_TIME_NEVER);
    }
};

/* One line of the table each; @way: only that one, if it is not empty. */
struct Ways {
    Platform &p;
    std::string way;
    uint64_t n;
    bool is_good;

    bool is_wanted(const char *name) const
    {
        return way.empty() || way == name;
    }
    void timed(const char *name, const char *what, Device &d, uint64_t n_requests)
    {
        if (!is_wanted(name))
            return;
        d.start(1000); /* caches are warm */
        while (!d.is_idle())
            sc_core::wait(d.finished);
        const double begin = host_s();
        d.start(n_requests);
        while (!d.is_idle())
            sc_core::wait(d.finished);
        line(what, n_requests, host_s() - begin);
        is_good &= d.n_refused == 0;
    }
    void core()
    {
        if (!is_wanted("core"))
            return;
        Core core(p);
        core.run(1000);
        const double begin = host_s();
        core.run(10 * n);
        line("SMMUv3, the C core (every event)", 10 * n, host_s() - begin);
        is_good &= core.n_wrong == 0;
    }
};

bool prepare(Platform &p)
{
    bool is_good = p.boot("best") && p.map(1, 16);

    for (size_t i = 0; i < p.devices.size(); i++)
        is_good = is_good && p.attach(i, 1, SIM_OP_ATTACH);
    return is_good;
}

} // namespace

int sc_main(int argc, char *argv[])
{
    const uint64_t n = argc > 1 ? std::strtoull(argv[1], nullptr, 0) : 200000;
    const std::string way = argc > 2 ? argv[2] : "";
    iommusim_config *config = iommusim_config_new(IOMMUSIM_SMMUV3);
    bool is_good = false;

    sc_core::sc_set_time_resolution(1, sc_core::SC_PS);
    {
        Platform p(true, config, 3);
        Ram bare("bare", 3, Platform::ram_bytes);
        Device lt("lt", Device::LT, 1), dmi("dmi", Device::DMI, 1), at("at", Device::AT, 1);

        p.add_device(Device::AT);
        p.add_device(Device::LT);
        p.add_device(Device::DMI);
        p.connect();
        for (size_t i = 0; i < p.devices.size(); i++)
            p.devices[i]->socket.bind(p.unit->upstream[i]);
        lt.socket.bind(bare.sockets[0]);
        dmi.socket.bind(bare.sockets[1]);
        at.socket.bind(bare.sockets[2]);
        sc_core::sc_spawn([&] {
            Ways ways{p, way, n, prepare(p)};

            std::printf("%-44s %12s\n", "way", "requests/s");
            ways.timed("bare-dmi", "memory alone, by pointer (DMI)", dmi, 20 * n);
            ways.timed("dmi", "SMMUv3, by pointer (DMI)", *p.devices[2], 20 * n);
            ways.timed("bare-lt", "memory alone, b_transport (LT)", lt, 10 * n);
            ways.timed("lt", "SMMUv3, b_transport (LT)", *p.devices[1], 10 * n);
            ways.core();
            ways.timed("bare-at", "memory alone, 4 phases (AT)", at, n);
            ways.timed("at", "SMMUv3, 4 phases (AT, every event)", *p.devices[0], n);
            is_good = ways.is_good;
            sc_core::sc_stop();
        });
        sc_core::sc_start();
    }
    iommusim_config_free(config);
    return !is_good;
}
