// SPDX-License-Identifier: BSD-2-Clause
// traffic_fixture.h - one device in front of a machine that answers every request after a while.
// Knows: traffic.h, intent.h. Must not know: how requests are drawn.
#ifndef TESTS_TRAFFIC_FIXTURE_H
#define TESTS_TRAFFIC_FIXTURE_H

#include "sim/time.h"
#include "sim/traffic/traffic.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

struct Request {
    uint64_t time_ps;
    uint64_t iova;
    uint32_t n_bytes;
    uint8_t access;
    uint32_t requester;
    bool operator==(const Request &o) const
    {
        return time_ps == o.time_ps && iova == o.iova && n_bytes == o.n_bytes &&
               access == o.access && requester == o.requester;
    }
};

inline traffic_config default_config()
{
    traffic_config config;

    EXPECT_EQ(sim_param_preset(&traffic_params, "default", &config), 0);
    return config;
}

class Traffic
{
  public:
    explicit Traffic(const traffic_config &config, uint64_t seed = 1,
                     std::vector<uint32_t> requesters = {0x20},
                     std::pair<uint64_t, uint64_t> range = {0, 0})
    {
        device.dev = 7;
        for (uint32_t r : requesters)
            device.requester[device.n_requesters++] = r;
        wiring = {queue, &iommu, intent, &seq, on_answer, nullptr, this, range.first, range.second};
        traffic = traffic_new(&config, &wiring, &device, 5, seed);
    }
    Traffic(const Traffic &) = delete;
    Traffic &operator=(const Traffic &) = delete;
    ~Traffic()
    {
        traffic_free(traffic);
        sim_intent_free(intent);
        sim_queue_free(queue);
    }
    void map(uint64_t domain, uint64_t iova, uint64_t size)
    {
        sim_record rec;

        sim_record_init(&rec, SIM_R_MAP);
        rec.map.domain = domain;
        rec.map.iova = iova;
        rec.map.pa = iova ^ 0x8000000000;
        rec.map.size = size;
        ASSERT_EQ(sim_intent_record(intent, &rec, ++seq), 0);
    }
    void unmap(uint64_t domain, uint64_t iova, uint64_t size)
    {
        sim_record rec;

        sim_record_init(&rec, SIM_R_UNMAP);
        rec.unmap.domain = domain;
        rec.unmap.iova = iova;
        rec.unmap.size = size;
        rec.unmap.unmapped = size;
        ASSERT_EQ(sim_intent_record(intent, &rec, ++seq), 0);
    }
    void use(uint64_t domain)
    {
        traffic_domain(traffic, SIM_DOMAIN_PAGING, domain, domain);
    }
    void run_ns(uint64_t ns)
    {
        sim_queue_advance(queue, sim_queue_now_ps(queue) + ns * SIM_PS_PER_NS);
    }
    // Run until there are @n requests more.
    void run_requests(size_t n)
    {
        n += requests.size();
        while (requests.size() < n)
            ASSERT_TRUE(sim_queue_run_one(queue));
    }

    sim_queue *queue = sim_queue_new();
    sim_intent *intent = sim_intent_new();
    uint64_t seq = 0;
    struct traffic *traffic;

    // The machine.
    uint64_t latency_ps = 20 * SIM_PS_PER_NS;
    bool is_mute = false; // takes requests, answers none
    bool refuses = false; // takes none
    size_t n_refused = 0;
    uint32_t event = 0; // what every answer says
    uint8_t status = SIM_DMA_OK;
    sim_source source = {SIM_RANK_IOMMU, 0, 0};
    std::vector<sim_dma *> held;
    std::vector<Request> requests;
    std::vector<sim_dma_seen> answers;
    uint32_t most_in_flight = 0;

    void answer(sim_dma *dma)
    {
        dma->pa = dma->iova ^ 0x8000000000;
        dma->status = status;
        dma->event = event;
        sim_queue_at(queue, &source, sim_queue_now_ps(queue) + latency_ps, &dma->done);
    }

  private:
    static bool submit(void *ctx, sim_dma *dma)
    {
        auto *t = static_cast<Traffic *>(ctx);

        if (t->refuses) {
            t->n_refused++;
            return false;
        }
        EXPECT_EQ(dma->data, nullptr);
        EXPECT_EQ(dma->kind, SIM_DMA_UNTRANSLATED);
        EXPECT_FALSE(dma->has_pasid);
        EXPECT_EQ(dma->status, SIM_DMA_PENDING);
        EXPECT_EQ(dma->event, 0u);
        EXPECT_GT(dma->n_bytes, 0u);
        t->requests.push_back(
            {sim_queue_now_ps(t->queue), dma->iova, dma->n_bytes, dma->access, dma->requester});
        t->most_in_flight = std::max(t->most_in_flight, traffic_in_flight(t->traffic) + 1);
        if (t->is_mute)
            t->held.push_back(dma);
        else
            t->answer(dma);
        return true;
    }
    static void on_answer(void *ctx, const sim_dma_seen *seen)
    {
        static_cast<Traffic *>(ctx)->answers.push_back(*seen);
    }

    sim_iommu_ops ops = [] {
        sim_iommu_ops o{};
        o.submit = submit;
        return o;
    }();
    sim_iommu iommu = {&ops, this};
    sim_device device{};
    traffic_wiring wiring{};
};

#endif
