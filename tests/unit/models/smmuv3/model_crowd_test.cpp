// SPDX-License-Identifier: BSD-2-Clause
// Everything on its way at once, with endpoints that have ATCs: it ends, a snapshot goes the same
// way again, a machine that was reset is as new.
#include "tests/unit/models/smmuv3/flight_bench.h"

#include "sim/atc/atc.h"
#include "sim/snapshot.h"

#include <memory>

namespace
{

using namespace flight;

// ---- everything at once ----

constexpr unsigned kRequests = 24;

// Devices: 1 and 3 have ATS (3 with both stages, split) and page requests, 2 stalls, 4 has both
// stages and nothing else. Software's commands are in the queue; it answers no page request.
struct Crowd : FlightBench {
    struct Free {
        void operator()(sim_atc *atc) const
        {
            sim_atc_free(atc);
        }
    };
    std::unique_ptr<sim_atc, Free> atc;
    std::vector<std::unique_ptr<Request>> requests;
    size_t n_invs = 0, n_pages = 0;

    Crowd()
    {
        sim_atc_param param;
        sim_atc_wiring wiring{};

        EXPECT_EQ(sim_param_preset(&sim_atc_params, "default", &param), 0);
        param.inv_jitter_ns = 300;
        param.inv_lost_permille = 100;
        wiring.queue = test_machine_queue(m);
        wiring.behind = *test_machine_iommu(m);
        wiring.port = 7;
        wiring.n_functions = 2;
        wiring.seed = 5;
        atc.reset(sim_atc_new(&param, &wiring));
        EXPECT_EQ(sim_atc_switch(atc.get(), 1, true, true), 0);
        EXPECT_EQ(sim_atc_switch(atc.get(), 3, true, true), 0);
        make_tables();
    }
    void make_tables()
    {
        make_stream(1, 0, 1);
        store(kStreams + 64 + 8, kFull);
        make_stream(2, 1, 2);
        cd(2, 0, {cd_q0(2) | kS, space(1), 0, 0xff});
        make_nested(3, 2, 0, 3, 7);
        store(kStreams + 3 * 64 + 8, kSplit);
        make_nested(4, 3, 1, 4, 8);
        store(leaf_slot(0, 0x5000), 0);
        store(leaf_slot(2, 0x5000), 0);
    }
    void put_commands()
    {
        put(4 * kSid1 | 0x1); // PREFETCH_CONFIG
        put(kTlbiAll);
        put_inv(1);
        put_inv(3);
        put(kSync);
        put(2 * kSid1 | 0x3, 1); // CFGI_STE
        put(2 * kSid1 | kRetry, 0);
        put_inv(1);
        put(4 * kSid1 | 0x2, 0x8000); // PREFETCH_ADDR
        put(kAtcInv | 3 * kSid1, 0x1000);
        put(kTlbiAll);
        put(kSync | 0x1000 | UINT64_C(1) << 44, 0x9000); // MSI
    }
    void issue(unsigned i)
    {
        const sim_iommu front = sim_atc_front(atc.get());
        const unsigned sid = 1 + i % 4;
        const uint64_t iova = 0x1000 * (i * 5 % 16) + 8 * i;

        requests.emplace_back(new Request(sid, sid == 2 && i % 8 == 1 ? iova + 0x20000 : iova,
                                          i % 3 ? SIM_DMA_READ : SIM_DMA_WRITE));
        requests.back()->dma.tbu = i % 2;
        EXPECT_TRUE(front.ops->submit(front.model, &requests.back()->dma));
    }
    // Messages go on at once.
    bool step()
    {
        if (!test_machine_step(m))
            return false;
        for (; n_invs < test_machine_n_ats_invs(m); n_invs++)
            sim_atc_inv(atc.get(), &test_machine_ats_invs(m)[n_invs]);
        for (; n_pages < test_machine_n_pages(m); n_pages++)
            sim_atc_page_response(atc.get(), &test_machine_pages(m)[n_pages].response);
        return true;
    }
    void begin()
    {
        boot_all(0, kEvtq | 1); // one page request, two events
        n_invs = test_machine_n_ats_invs(m);
        n_pages = test_machine_n_pages(m);
        put_commands();
        ring();
        for (unsigned i = 0; i < kRequests; i++)
            issue(i);
    }
    void run_out()
    {
        while (step())
            continue;
    }
    unsigned n_answered() const
    {
        unsigned n = 0;

        for (const auto &r : requests) {
            EXPECT_LE(r->n_answers, 1u);
            n += r->n_answers;
        }
        return n;
    }
    // All that has been told since fact number first, and what the requests came to.
    std::vector<std::array<uint64_t, 7>> story(size_t first, uint64_t start_ps = 0) const
    {
        std::vector<std::array<uint64_t, 7>> all;

        for (size_t i = first; i < test_machine_n_facts(m); i++) {
            const sim_fact &f = test_machine_facts(m)[i];

            all.push_back({f.time_ps - start_ps, static_cast<uint64_t>(f.kind), f.arg[0], f.arg[1],
                           f.arg[2], f.arg[3], f.arg[4]});
        }
        for (const auto &r : requests)
            all.push_back({r->n_answers, r->dma.status, r->dma.pa, r->dma.granted, 0, 0, 0});
        all.push_back({read(CR0ACK), read(CMDQ_CONS), read(EVENTQ_PROD), read(GERROR),
                       read(kPriqProd), load(0x9000), test_machine_now_ps(m) - start_ps});
        return all;
    }
};

size_t n_steps_of_crowd()
{
    Crowd c;
    size_t n = 0;

    c.begin();
    while (c.step())
        n++;
    return n;
}

TEST(SmmuFlightCrowd, EndsByItself)
{
    Crowd c;

    c.begin();
    c.run_out();
    const uint32_t cons = c.cons();
    EXPECT_TRUE((cons & 0xffffff) == 12 || cons >> 24 == 3) << cons;
    c.write(CR0, 0);
    c.run_out();
    EXPECT_EQ(c.read(CR0ACK), 0u);
    EXPECT_GT(c.n_answered(), kRequests / 2);
}

TEST(SmmuFlightCrowd, ARestoredSnapshotGoesTheSameWay)
{
    const size_t n_steps = n_steps_of_crowd();

    ASSERT_GT(n_steps, 500u);
    for (size_t at = 0; at < n_steps; at += 11) {
        std::unique_ptr<sim_snapshot, decltype(&sim_snapshot_free)> snapshot(sim_snapshot_new(),
                                                                             sim_snapshot_free);
        Crowd c;

        c.begin();
        test_machine_add_state(c.m, snapshot.get());
        ASSERT_EQ(sim_atc_state(c.atc.get(), snapshot.get()), 0);
        for (const auto &r : c.requests)
            ASSERT_EQ(sim_snapshot_add(snapshot.get(), r.get(), sizeof(*r)), 0);
        for (size_t i = 0; i < at; i++)
            ASSERT_TRUE(c.step());
        test_machine_take(c.m, snapshot.get());
        size_t first = test_machine_n_facts(c.m);
        c.run_out();
        const auto once = c.story(first);
        test_machine_restore(c.m, snapshot.get());
        first = test_machine_n_facts(c.m);
        c.run_out();
        ASSERT_EQ(c.story(first), once) << at;
    }
}

// What a fresh machine does is what one does that was reset in the middle of anything.
TEST(SmmuFlightCrowd, AResetMachineIsAsNew)
{
    const size_t n_steps = n_steps_of_crowd();
    const auto run_simple = [](Crowd &c) {
        const uint64_t start_ps = test_machine_now_ps(c.m);
        const size_t first = test_machine_n_facts(c.m);

        c.requests.clear();
        c.boot_all();
        c.n_invs = test_machine_n_ats_invs(c.m);
        c.store(kCmdq, {kTlbiAll, 0, kAtcInv | kSid1, kEverything, kSync, 0});
        c.write(CMDQ_PROD, 3);
        for (unsigned i = 0; i < 4; i++) {
            c.requests.emplace_back(new Request(1 + i, 0x1000 * i));
            c.requests.back()->dma.kind =
                i % 2 ? SIM_DMA_UNTRANSLATED : SIM_DMA_TRANSLATION_REQUEST;
            c.submit(*c.requests.back());
        }
        test_machine_run_until(c.m, test_machine_now_ps(c.m) + 5000000);
        std::vector<sim_ats_inv> sent = c.sent();
        c.complete(sent.size() - 1);
        c.settle();
        auto story = c.story(first, start_ps);
        for (auto &line : story) { // an itag is like no other before
            if (line[1] == SIM_FACT_ATS_INV_SENT || line[1] == SIM_FACT_ATS_INV_DONE)
                line[3] = line[6] = 0;
        }
        return story;
    };
    Crowd fresh;
    const auto as_new = run_simple(fresh);

    for (size_t at = 0; at < n_steps; at += 23) {
        Crowd c;
        const sim_iommu *iommu = test_machine_iommu(c.m);
        std::vector<std::unique_ptr<Request>> old;

        c.begin();
        for (size_t i = 0; i < at; i++)
            ASSERT_TRUE(c.step());
        iommu->ops->reset(iommu->model);
        sim_atc_function_reset(c.atc.get(), 1);
        sim_atc_function_reset(c.atc.get(), 3);
        c.settle();
        old.swap(c.requests); // the ATC may still hold some of them
        for (uint64_t pa = kEvtq; pa < kEvtq + 0x1000; pa += 8)
            c.store(pa, 0);
        c.store(0x9000, 0);
        ASSERT_EQ(run_simple(c), as_new) << at;
    }
}

} // namespace
