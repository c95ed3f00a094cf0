// SPDX-License-Identifier: BSD-2-Clause
// atc_fixture.h - an endpoint with an ATC, in front of an IOMMU that answers as it is told.
#ifndef ATC_FIXTURE_H
#define ATC_FIXTURE_H

#include "sim/atc/atc.h"

#include <gtest/gtest.h>

#include <deque>
#include <vector>

namespace atc_fixture
{

constexpr unsigned kRead = SIM_DMA_READ, kRw = SIM_DMA_READ | SIM_DMA_WRITE;
constexpr uint32_t kDevice = 0x20;

// An IOMMU that keeps what comes until the test answers it.
struct Behind {
    std::deque<sim_dma *> taken;
    std::vector<uint32_t> completed;
    std::vector<sim_page_request> pages;
    unsigned n_refuse = 0;

    static bool submit(void *model, sim_dma *dma)
    {
        Behind *b = static_cast<Behind *>(model);

        if (b->n_refuse) {
            b->n_refuse--;
            return false;
        }
        b->taken.push_back(dma);
        return true;
    }
    static void complete(void *model, uint32_t itag)
    {
        static_cast<Behind *>(model)->completed.push_back(itag);
    }
    static void page_request(void *model, const sim_page_request *request)
    {
        static_cast<Behind *>(model)->pages.push_back(*request);
    }
};

struct Asked {
    sim_dma dma{};
    unsigned n_answers = 0;

    Asked(uint64_t iova, unsigned access = kRead, uint32_t requester = kDevice, int pasid = -1)
    {
        dma.iova = iova;
        dma.n_bytes = 64;
        dma.requester = requester;
        dma.access = static_cast<uint8_t>(access);
        dma.has_pasid = pasid >= 0;
        dma.pasid = pasid >= 0 ? static_cast<uint32_t>(pasid) : 0;
        dma.done.ctx = this;
        dma.done.fn = [](void *ctx) { static_cast<Asked *>(ctx)->n_answers++; };
    }
    Asked(const Asked &) = delete;
    Asked &operator=(const Asked &) = delete;
};

inline sim_atc_param defaults()
{
    sim_atc_param param;

    EXPECT_EQ(sim_param_preset(&sim_atc_params, "default", &param), 0);
    return param;
}

class Atc : public testing::Test
{
  protected:
    void make(const sim_atc_param &param)
    {
        sim_atc_wiring wiring{};

        sim_atc_free(atc);
        wiring.queue = queue;
        wiring.behind = {&ops, &behind};
        wiring.n_functions = 2;
        wiring.seed = 1;
        atc = sim_atc_new(&param, &wiring);
        front = sim_atc_front(atc);
        ASSERT_EQ(sim_atc_switch(atc, kDevice, true, false), 0);
    }
    void SetUp() override
    {
        ops.submit = Behind::submit;
        ops.ats_complete = Behind::complete;
        ops.page_request = Behind::page_request;
        queue = sim_queue_new();
        make(defaults());
    }
    void TearDown() override
    {
        sim_atc_free(atc);
        sim_queue_free(queue);
    }
    void submit(Asked &asked)
    {
        ASSERT_TRUE(front.ops->submit(front.model, &asked.dma));
        run();
    }
    void run()
    {
        while (sim_queue_run_one(queue))
            continue;
    }
    // Answers the oldest request that the IOMMU has.
    void answer(uint64_t pa, unsigned granted = kRw, unsigned page_log2 = 12,
                sim_dma_status status = SIM_DMA_OK)
    {
        sim_dma *dma = behind.taken.front();

        behind.taken.pop_front();
        dma->pa = pa;
        dma->granted = static_cast<uint8_t>(granted);
        dma->page_log2 = static_cast<uint8_t>(page_log2);
        dma->status = static_cast<uint8_t>(status);
        dma->done.fn(dma->done.ctx);
        run();
    }
    sim_ats_inv inv(uint64_t address, uint64_t n_bytes, int pasid = -1, bool is_global = false,
                    uint32_t itag = 7)
    {
        sim_ats_inv message{};

        message.requester = kDevice;
        message.address = address;
        message.n_bytes = n_bytes;
        message.has_pasid = pasid >= 0;
        message.pasid = pasid >= 0 ? static_cast<uint32_t>(pasid) : 0;
        message.is_global = is_global;
        message.itag = itag;
        return message;
    }
    void invalidate(const sim_ats_inv &message)
    {
        sim_atc_inv(atc, &message);
        run();
    }
    // The translation of that page is in the ATC.
    void fill(uint64_t iova, uint64_t pa, int pasid = -1, unsigned page_log2 = 12)
    {
        Asked a(iova, kRead, kDevice, pasid);

        submit(a);
        answer(pa, kRw, page_log2);
        answer(0);
        ASSERT_EQ(a.n_answers, 1u);
    }
    bool is_hit(uint64_t iova, int pasid = -1)
    {
        Asked a(iova, kRead, kDevice, pasid);

        submit(a);
        const bool hit = behind.taken.front()->kind == SIM_DMA_TRANSLATED;
        if (!hit)
            answer(0, 0);
        else
            answer(0);
        EXPECT_EQ(a.n_answers, 1u);
        return hit;
    }

    sim_iommu_ops ops{};
    Behind behind;
    sim_queue *queue = nullptr;
    sim_atc *atc = nullptr;
    sim_iommu front{};
};

} // namespace atc_fixture

#endif
