// SPDX-License-Identifier: BSD-2-Clause
// endpoint_test.cpp - ATS end to end: endpoints with caches of translations in a platform whose
// driver maps, unmaps and replaces. One case per process: SystemC has one simulation.
//
//   endpoint_test CASE [smmuv3|vtd]
#include "tests/systemc/endpoint.h"
#include "tests/systemc/platform_bench.h"

namespace
{

using namespace bench;

constexpr uint64_t kFaultPages = 32;

/* The platform's bench, with an endpoint for each of its devices. */
struct AtsBench : Bench {
    Fabric fabric{"fabric"};
    std::deque<Endpoint> endpoints;
    sc_core::sc_mutex driver{"driver"}; /* one CPU at a time */

    AtsBench(const Context &c, size_t n, uint32_t flags = DRV_ATS)
        : Bench(c.is_smmu, c.config, std::vector<Device::Style>(n, Device::AT),
                static_cast<unsigned>(n))
    {
        p.device_flags = flags;
        for (size_t i = 0; i < n; i++) {
            endpoints.emplace_back(("endpoint" + std::to_string(i)).c_str(), 4, i + 1);
            endpoints[i].requester = p.devices[i]->requester;
            endpoints[i].first_iova = Platform::first_iova;
            fabric.add(endpoints[i]);
            between(endpoints[i].socket, p.unit->upstream[static_cast<unsigned>(n + i)]);
        }
        between(p.unit->ats_inv, fabric.told);
        between(fabric.asks, p.unit->ats_req);
        p.cpu.set_ats = [this](const sim_rec_ats &ats) {
            endpoints[ats.dev].set_ats(ats.on == SIM_ONOFF_ON, ats.pri == SIM_ONOFF_ON);
        };
    }
};

/* Default ID registers, with ATS, page requests, and room for 256 of these. VT-d has them anyway.
 */
void offer_ats(const Context &c)
{
    const uint32_t idr0 = 0x94c721b | 1u << 10 | 1u << 16;
    const uint32_t idr1 = 16 | 16u << 6 | 8u << 11 | 19u << 16 | 19u << 21 | 3u << 26;

    if (!c.is_smmu)
        return;
    EXPECT(iommusim_config_id(c.config, SMMU_REG_IDR0, idr0) == 0);
    EXPECT(iommusim_config_id(c.config, SMMU_REG_IDR1, idr1) == 0);
}

/* A replace under endpoints that never rest: nothing of the old domain is read once the driver has
 * returned, and the best driver refuses nothing. Linux's switches ATS off in between on VT-d, and
 * has no entry for a while. @is_deaf: endpoints that forget nothing; then it must be noticed. */
void replaces(const Context &c, const char *driver, bool is_deaf)
{
    offer_ats(c);
    AtsBench b(c, 2);
    const bool is_best = std::strcmp(driver, "best") == 0;
    uint64_t n_stale = 0, n_fresh = 0, n_refused = 0;

    for (Endpoint &e : b.endpoints) {
        e.is_deaf = is_deaf;
        e.late_ns = 500;
    }
    run(b, [&] {
        EXPECT(start(b, 16, driver));
        for (Endpoint &e : b.endpoints) {
            EXPECT(e.has_ats);
            e.start(UINT32_MAX);
        }
        for (unsigned n = 0; n < 40; n++) {
            const unsigned next = n % 2 ? 1 : 2;

            sc_core::wait(3, sc_core::SC_US);
            for (size_t i = 0; i < 2; i++) {
                Endpoint &e = b.endpoints[i];

                EXPECT(b.p.attach(i, next));
                n_refused += e.n_refused;
                e.forget_seen();
                sc_core::wait(2, sc_core::SC_US);
                n_stale += e.n_seen[3 - next];
                n_fresh += e.n_seen[next];
                EXPECT(e.n_seen[0] == 0 && e.n_seen[3] == 0);
            }
        }
        for (Endpoint &e : b.endpoints) {
            e.n_left = 0;
            e.rest();
            EXPECT(e.n_hits > 1000);
            EXPECT(e.n_invs >= 40 || !is_best);
            EXPECT(e.n_dropped > 40 || !is_best || is_deaf);
        }
    });
    EXPECT(n_fresh > 500 || is_deaf);
    EXPECT(is_deaf ? n_stale > 0 : n_stale == 0);
    EXPECT(n_refused == 0 || !is_best);
}

/* Three endpoints share a domain: an unmap asks all of them at once, is over when the last one has
 * answered, in whichever order, and then nobody reads the page. */
void late(const Context &c)
{
    offer_ats(c);
    AtsBench b(c, 3);
    uint64_t n_early = 0;

    for (Endpoint &e : b.endpoints)
        e.late_ns = 3000;
    run(b, [&] {
        EXPECT(start(b, 16, "best"));
        for (unsigned n = 0; n < 30; n++) {
            for (Endpoint &e : b.endpoints) { /* every page is in a cache */
                e.start(200);
                e.rest();
                EXPECT(e.n_refused == 0);
            }
            const uint64_t n_invs = b.endpoints[0].n_invs;
            EXPECT(b.p.unmap(1, Platform::first_iova, 16 * 4096));
            n_early += sc_core::sc_time_stamp() < b.fabric.last_answer;
            EXPECT(b.fabric.n_open() == 0);
            EXPECT(b.endpoints[0].n_invs > n_invs);
            for (Endpoint &e : b.endpoints) {
                e.start(20);
                e.rest();
                EXPECT(e.n_refused == 20);
                e.forget_seen();
            }
            EXPECT(b.p.map(1, 16));
        }
    });
    EXPECT(n_early == 0);
    EXPECT(b.fabric.max_open >= 3);
    EXPECT(b.fabric.n_overtaken > 5);
}

/* An endpoint that does not answer: the unit tells software after its time, and not before; an
 * answer that comes after that ends its transaction and nothing else. */
void mute(const Context &c)
{
    offer_ats(c);
    (void)iommusim_config_set(c.config, "smmu.atc_timeout_us", "20");
    (void)iommusim_config_set(c.config, "vtd.devtlb_timeout_us", "20");
    AtsBench b(c, 1);
    Endpoint &e = b.endpoints[0];
    bool is_over = false;

    run(b, [&] {
        EXPECT(start(b, 4, "best"));
        e.start(100);
        e.rest();
        e.is_mute = true;
        sc_core::sc_spawn([&] {
            uint64_t n_unmapped = 0;

            (void)b.p.ops->unmap(b.p.driver, b.p.domain[1], Platform::first_iova, 4096,
                                 &n_unmapped);
            is_over = true;
        });
        while (!b.fabric.n_open())
            sc_core::wait(100, sc_core::SC_NS);
        sc_core::wait(19, sc_core::SC_US);
        EXPECT(!is_over);
        const auto failed = [&] {
            const uint64_t cons = b.p.cpu.read_reg(SMMU_REG_CMDQ_CONS, 4);
            const uint64_t gerror = b.p.cpu.read_reg(SMMU_REG_GERROR, 4);
            const uint64_t fsts = c.is_smmu ? 0 : b.p.cpu.read_reg(VTD_REG_FSTS, 4);

            return c.is_smmu ? (gerror & 1) && (cons >> 24 & 0x7f) == 3 : (fsts >> 6 & 1) != 0;
        };
        EXPECT(!failed());
        sc_core::wait(3, sc_core::SC_US);
        EXPECT(failed());
        e.is_mute = false;
        e.spoken.notify(sc_core::SC_ZERO_TIME);
        sc_core::wait(1, sc_core::SC_US);
        EXPECT(b.fabric.n_open() == 0);
        EXPECT(failed()); /* as it was */
        if (c.is_smmu)
            b.p.cpu.write_reg(SMMU_REG_GERRORN, 4, b.p.cpu.read_reg(SMMU_REG_GERROR, 4));
        else
            b.p.cpu.write_reg(VTD_REG_FSTS, 4, 1u << 6);
        sc_core::wait(10, sc_core::SC_US);
        for (unsigned n = 0; n < 3000 && !is_over; n++)
            sc_core::wait(1, sc_core::SC_US);
        EXPECT(is_over);
    });
}

/* Maps what was asked for, in both domains, so that a replace changes nothing for endpoints. */
struct Pager {
    AtsBench &b;
    uint64_t n_faults = 0, n_refused = 0;
    bool is_over = false, is_mapped[kFaultPages] = {};

    bool map(uint64_t iova)
    {
        const uint64_t n = (iova - Platform::first_iova) / 4096;
        int error = 0;

        if (iova < Platform::first_iova || n >= kFaultPages)
            return false;
        for (unsigned d = 1; d <= 2 && !is_mapped[n]; d++)
            error |= b.p.ops->map(b.p.driver, b.p.domain[d], iova, (uint64_t{d} << 20) + n * 4096,
                                  4096, IOMMUSIM_READ | IOMMUSIM_WRITE);
        is_mapped[n] = true;
        EXPECT(error == 0);
        return true;
    }
    void run()
    {
        while (!is_over) {
            drv_fault fault{};

            b.driver.lock();
            while (b.p.ops->next_fault(b.p.driver, &fault)) {
                const bool is_good = map(fault.iova);

                n_faults++;
                n_refused += !is_good;
                EXPECT(b.p.ops->respond(b.p.driver, &fault, is_good) == 0);
            }
            b.driver.unlock();
            sc_core::wait(500, sc_core::SC_NS);
        }
    }
};

/* Pages are mapped when endpoints ask for them; every request has its answer; a replace in the
 * middle; what nobody maps is refused. */
void page_requests(const Context &c)
{
    offer_ats(c);
    AtsBench b(c, 2, DRV_ATS | DRV_PRI);
    Pager pager{b};

    b.p.domain_flags = DRV_FAULTS;
    run(b, [&] {
        const uint64_t end = Platform::first_iova + kFaultPages * 4096;

        EXPECT(b.p.boot("best"));
        EXPECT(b.p.attach(0, 1, SIM_OP_ATTACH) && b.p.attach(1, 2, SIM_OP_ATTACH));
        sc_core::sc_spawn([&] { pager.run(); });
        for (Endpoint &e : b.endpoints) {
            EXPECT(e.has_ats && e.has_pri);
            e.n_pages = kFaultPages;
            e.start(1000);
        }
        sc_core::wait(4, sc_core::SC_US);
        b.driver.lock();
        EXPECT(b.p.attach(0, 2));
        b.endpoints[0].forget_seen();
        b.driver.unlock();
        for (Endpoint &e : b.endpoints) {
            e.rest();
            EXPECT(e.n_done == 1000 && e.n_refused == 0 && e.n_unasked == 0);
            EXPECT(e.n_seen[2] > 100 && e.n_seen[1] == 0 && e.n_seen[0] == 0);
            EXPECT(e.n_page_requests > 0);
            e.first_iova = end; /* nobody maps that */
            e.start(10);
            e.rest();
            EXPECT(e.n_refused == 10);
        }
        pager.is_over = true;
        sc_core::wait(1, sc_core::SC_US);
        EXPECT(pager.n_faults == b.endpoints[0].n_page_requests + b.endpoints[1].n_page_requests);
        EXPECT(pager.n_refused == 20);
    });
}

} // namespace

int sc_main(int argc, char *argv[])
{
    const std::string name = argc > 1 ? argv[1] : "";
    const Context c = begin(argc, argv);

    if (name == "replaces")
        replaces(c, "best", false);
    else if (name == "replaces_linux")
        replaces(c, "linux-6.12", false);
    else if (name == "replaces_deaf")
        replaces(c, "best", true);
    else if (name == "late")
        late(c);
    else if (name == "mute")
        mute(c);
    else if (name == "page_requests")
        page_requests(c);
    else
        n_failed = 1;
    return end(c);
}
