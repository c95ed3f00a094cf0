// SPDX-License-Identifier: BSD-2-Clause
// iommu_contract_test.cpp - what every model owes to struct sim_iommu.
// Knows: iommu.h, port.h, and one row of set-up per model. Must not know: a model's inside.
#include "models/smmuv3/smmu.h"
#include "models/vtd/vtd.h"
#include "sim/iommu.h"
#include "sim/mem.h"
#include "sim/tap.h"
#include "sim/time.h"
#include "tests/shim/stub_iommu.h"

#include <gtest/gtest.h>

#include <ostream>
#include <vector>

namespace
{

constexpr uint64_t kTable = 0x10000, kPa = 0x400000;
constexpr uint32_t kSlots = 2;

struct Bench;

// How one model is made and told to translate page 0 of requester 0 to kPa.
struct Model {
    const char *name;
    sim_iommu (*make)(Bench &bench);
    void (*enable)(Bench &bench);
};
void PrintTo(const Model &model, std::ostream *os)
{
    *os << model.name;
}

struct Bench {
    sim_queue *queue = sim_queue_new();
    sim_mem *mem = sim_mem_new(1 << 20);
    sim_mem_timing timing{20000, 0, 0};
    sim_mem_port *mem_port = sim_mem_port_new(mem, queue, &timing, 0, false);
    sim_tap tap{0, nullptr, nullptr};
    sim_port_ops ops{
        [](void *ctx, sim_access *a) {
            sim_mem_port_access(static_cast<Bench *>(ctx)->mem_port, a);
        },
        [](void *ctx, sim_irq, bool) { static_cast<Bench *>(ctx)->n_irqs++; },
        [](void *, const sim_ats_inv *) {},
        [](void *, const sim_page_response *) {},
        nullptr,
    };
    sim_port port{&ops, this};
    unsigned n_irqs = 0;
    sim_iommu iommu;

    explicit Bench(const Model &model) : iommu(model.make(*this))
    {
    }
    Bench(const Bench &) = delete;
    Bench &operator=(const Bench &) = delete;
    ~Bench()
    {
        iommu.ops->free(iommu.model);
        sim_mem_port_free(mem_port);
        sim_mem_free(mem);
        sim_queue_free(queue);
    }
    bool submit(sim_dma &dma) const
    {
        return iommu.ops->submit(iommu.model, &dma);
    }
    uint64_t next_ps() const
    {
        return iommu.ops->next_event_ps(iommu.model);
    }
    void write(uint64_t offset, uint64_t value) const
    {
        iommu.ops->reg_write(iommu.model, offset, 8, value);
    }
    uint64_t read(uint64_t offset) const
    {
        return iommu.ops->reg_read(iommu.model, offset, 8);
    }
    void run_until_idle() const
    {
        while (next_ps() != SIM_TIME_NEVER)
            iommu.ops->advance(iommu.model, next_ps());
    }
};

const Model models[] = {
    {"stub",
     [](Bench &b) {
         const stub_config config{b.queue, &b.port, &b.tap, 1000, kSlots, 5, 0};
         return stub_iommu_new(&config);
     },
     [](Bench &b) {
         ASSERT_EQ(sim_mem_write64(b.mem, kTable, kPa | STUB_ENTRY_VALID), 0);
         b.write(STUB_TABLE_BASE, kTable);
         b.write(STUB_CTRL, 1);
     }},
    // One stream, stage 1: STE at 0, CD at kTable, four levels of 4 KiB tables after it.
    {"smmuv3",
     [](Bench &b) {
         smmu_config config;
         sim_iommu iommu{};

         smmu_config_default(&config);
         config.param.tbu_slots = kSlots;
         EXPECT_EQ(smmu_new(&config, b.queue, &b.port, &b.tap, &iommu), 0);
         return iommu;
     },
     [](Bench &b) {
         const uint64_t words[][2] = {
             {0x0, 0xb | kTable},                    // STE: V, stage 1, its CD
             {kTable, 0x00016205c0003510},           // CD: V, AA64, A, R, EPD1, 48 bits, ASID 1
             {kTable + 8, kTable + 0x1000},          // TTB0
             {kTable + 0x1000, kTable + 0x2000 + 3}, // tables
             {kTable + 0x2000, kTable + 0x3000 + 3}, //
             {kTable + 0x3000, kTable + 0x4000 + 3}, //
             {kTable + 0x4000, kPa | 0xf43},         // page: AF, nG, read and write for all
         };

         for (const auto &word : words)
             ASSERT_EQ(sim_mem_write64(b.mem, word[0], word[1]), 0);
         b.iommu.ops->reg_write(b.iommu.model, 0x80, 8, 0); // STRTAB_BASE
         b.iommu.ops->reg_write(b.iommu.model, 0x88, 4, 0); // one STE, linear
         b.iommu.ops->reg_write(b.iommu.model, 0x20, 4, 1); // CR0: SMMUEN
         b.run_until_idle();
     }},
    // Legacy mode, bus 0 device 0: root entry at kTable, context entry and four levels after it.
    {"vtd_legacy",
     [](Bench &b) {
         vtd_config config;
         sim_iommu iommu{};

         vtd_config_default(&config);
         config.param.request_slots = kSlots;
         config.param.hit_under_miss = 0;
         EXPECT_EQ(vtd_new(&config, b.queue, &b.port, &b.tap, &iommu), 0);
         return iommu;
     },
     [](Bench &b) {
         const uint64_t words[][2] = {
             {kTable, kTable + 0x1001},              // root: P, context table
             {kTable + 0x1000, kTable + 0x2001},     // context: P, second stage
             {kTable + 0x1008, 0x102},               // 48 bits, domain 1
             {kTable + 0x2000, kTable + 0x3000 + 3}, // tables
             {kTable + 0x3000, kTable + 0x4000 + 3}, //
             {kTable + 0x4000, kTable + 0x5000 + 3}, //
             {kTable + 0x5000, kPa | 3},             // page: R, W
         };

         for (const auto &word : words)
             ASSERT_EQ(sim_mem_write64(b.mem, word[0], word[1]), 0);
         b.iommu.ops->reg_write(b.iommu.model, 0x20, 8, kTable);     // RTADDR, legacy
         b.iommu.ops->reg_write(b.iommu.model, 0x18, 4, 0x40000000); // GCMD: SRTP
         b.run_until_idle();
         b.iommu.ops->reg_write(b.iommu.model, 0x18, 4, 0x80000000); // GCMD: TE
         b.run_until_idle();
     }},
    // Scalable mode: RID_PASID 0 leads to a first stage of the same shape.
    {"vtd_scalable",
     [](Bench &b) {
         vtd_config config;
         sim_iommu iommu{};

         vtd_config_default(&config);
         config.param.request_slots = kSlots;
         config.param.hit_under_miss = 0;
         EXPECT_EQ(vtd_new(&config, b.queue, &b.port, &b.tap, &iommu), 0);
         return iommu;
     },
     [](Bench &b) {
         const uint64_t words[][2] = {
             {kTable, kTable + 0x1001},                 // root: LP, lower context table
             {kTable + 0x1000, kTable + 0x2001},        // context: P, directory of 128 entries
             {kTable + 0x2000, kTable + 0x3001},        // directory: P, PASID table
             {kTable + 0x3000, 0x41},                   // PASID 0: P, PGTT first stage
             {kTable + 0x3008, 0x1},                    // domain 1
             {kTable + 0x3010, kTable + 0x4000},        // four levels
             {kTable + 0x4000, kTable + 0x5000 + 0x27}, // tables: P, R/W, U/S, A
             {kTable + 0x5000, kTable + 0x6000 + 0x27}, //
             {kTable + 0x6000, kTable + 0x7000 + 0x27}, //
             {kTable + 0x7000, kPa | 0x67},             // page: D too
         };

         for (const auto &word : words)
             ASSERT_EQ(sim_mem_write64(b.mem, word[0], word[1]), 0);
         b.iommu.ops->reg_write(b.iommu.model, 0x20, 8, kTable | 0x400); // RTADDR, scalable
         b.iommu.ops->reg_write(b.iommu.model, 0x18, 4, 0x40000000);     // GCMD: SRTP
         b.run_until_idle();
         b.iommu.ops->reg_write(b.iommu.model, 0x18, 4, 0x80000000); // GCMD: TE
         b.run_until_idle();
     }},
};

// A request that counts its answers.
struct Request {
    sim_dma dma{};
    unsigned n_answers = 0;

    explicit Request(uint64_t iova = 0)
    {
        dma.iova = iova;
        dma.access = SIM_DMA_READ;
        dma.done.ctx = this;
        dma.done.fn = [](void *ctx) { static_cast<Request *>(ctx)->n_answers++; };
    }
    Request(const Request &) = delete;
    Request &operator=(const Request &) = delete;
};

class Contract : public testing::TestWithParam<Model>
{
};
INSTANTIATE_TEST_SUITE_P(Models, Contract, testing::ValuesIn(models),
                         [](const auto &row) { return row.param.name; });

TEST_P(Contract, IdleModelHasNoNextEvent)
{
    Bench b(GetParam());

    EXPECT_EQ(b.next_ps(), SIM_TIME_NEVER);
    GetParam().enable(b);
    b.run_until_idle();
    b.iommu.ops->advance(b.iommu.model, 1000000);
    EXPECT_EQ(b.next_ps(), SIM_TIME_NEVER);
    EXPECT_EQ(sim_queue_now_ps(b.queue), 1000000u);
}

TEST_P(Contract, AnswersComeOnlyAsEvents)
{
    Bench b(GetParam());
    Request r(0x123);

    GetParam().enable(b);
    b.run_until_idle();
    ASSERT_TRUE(b.submit(r.dma));
    EXPECT_EQ(r.n_answers, 0u);
    EXPECT_EQ(r.dma.status, SIM_DMA_PENDING);
    EXPECT_NE(b.next_ps(), SIM_TIME_NEVER);
    EXPECT_EQ(r.n_answers, 0u); // to look is not to run
    b.run_until_idle();
    EXPECT_EQ(r.n_answers, 1u);
    EXPECT_EQ(r.dma.status, SIM_DMA_OK);
    EXPECT_EQ(r.dma.pa, kPa + 0x123);
}

TEST_P(Contract, NoAnswerBeforeMemoryAnswered)
{
    Bench b(GetParam());
    Request r;

    GetParam().enable(b);
    b.run_until_idle();
    ASSERT_TRUE(b.submit(r.dma));
    b.iommu.ops->advance(b.iommu.model, sim_queue_now_ps(b.queue) + b.timing.latency_ps - 1);
    EXPECT_EQ(r.n_answers, 0u);
    b.run_until_idle();
    EXPECT_EQ(r.n_answers, 1u);
}

TEST_P(Contract, BackPressureUntilASlotIsFree)
{
    Bench b(GetParam());
    Request r[kSlots], late;

    GetParam().enable(b);
    b.run_until_idle();
    for (Request &one : r)
        ASSERT_TRUE(b.submit(one.dma));
    EXPECT_FALSE(b.submit(late.dma));
    b.run_until_idle();
    EXPECT_EQ(late.n_answers, 0u); // a refused request is forgotten
    ASSERT_TRUE(b.submit(late.dma));
    b.run_until_idle();
    EXPECT_EQ(late.n_answers, 1u);
    for (const Request &one : r)
        EXPECT_EQ(one.n_answers, 1u);
}

// Reset at every event of a translation: one answer each, then idle, then as new.
TEST_P(Contract, ResetAtEveryStep)
{
    for (unsigned n_steps = 0; n_steps < 64; n_steps++) {
        Bench b(GetParam());
        Request r[kSlots], after;

        GetParam().enable(b);
        b.run_until_idle();
        for (Request &one : r)
            ASSERT_TRUE(b.submit(one.dma));
        for (unsigned i = 0; i < n_steps; i++)
            (void)sim_queue_run_one(b.queue);
        b.iommu.ops->reset(b.iommu.model);
        b.run_until_idle();
        for (const Request &one : r) {
            EXPECT_EQ(one.n_answers, 1u) << n_steps;
            EXPECT_NE(one.dma.status, SIM_DMA_PENDING);
        }
        GetParam().enable(b);
        ASSERT_TRUE(b.submit(after.dma));
        b.run_until_idle();
        EXPECT_EQ(after.dma.status, SIM_DMA_OK);
    }
}

// The stub moves no data and has no reasons.
class Whole : public Contract
{
};
INSTANTIATE_TEST_SUITE_P(Models, Whole,
                         testing::ValuesIn(std::vector<Model>(models + 1, std::end(models))),
                         [](const auto &row) { return row.param.name; });

TEST_P(Whole, DataMovesWhereTheTranslationLeads)
{
    Bench b(GetParam());
    Request in(0x40), out(0x80);
    uint64_t from_memory = 0, to_memory = 0x1122334455667788;

    GetParam().enable(b);
    b.run_until_idle();
    ASSERT_EQ(sim_mem_write64(b.mem, kPa + 0x40, 0x99aabbccddeeff00), 0);
    in.dma.data = &from_memory;
    in.dma.n_bytes = 8;
    out.dma.data = &to_memory;
    out.dma.n_bytes = 8;
    out.dma.access = SIM_DMA_WRITE;
    ASSERT_TRUE(b.submit(in.dma));
    ASSERT_TRUE(b.submit(out.dma));
    b.run_until_idle();
    EXPECT_EQ(in.dma.status, SIM_DMA_OK);
    EXPECT_EQ(out.dma.status, SIM_DMA_OK);
    EXPECT_EQ(from_memory, 0x99aabbccddeeff00u);
    EXPECT_EQ(sim_mem_read64(b.mem, kPa + 0x80), 0x1122334455667788u);
}

// No page there: refused, with a cause, and nothing moves.
TEST_P(Whole, ARefusedRequestHasACause)
{
    Bench b(GetParam());
    Request r(0x5000);
    uint64_t data = 0x55;

    GetParam().enable(b);
    b.run_until_idle();
    r.dma.data = &data;
    r.dma.n_bytes = 8;
    ASSERT_TRUE(b.submit(r.dma));
    b.run_until_idle();
    EXPECT_EQ(r.n_answers, 1u);
    EXPECT_TRUE(r.dma.status == SIM_DMA_ABORT || r.dma.status == SIM_DMA_UR);
    EXPECT_EQ(data, 0x55u);
    EXPECT_NE(r.dma.event, 0u);
}

// What comes from outside and fits nothing changes nothing.
TEST_P(Contract, StrayMessagesAndRegistersAreHarmless)
{
    Bench b(GetParam());
    const sim_page_request stray{0x1000, 7, 0, false, 3, SIM_DMA_READ, true};
    Request r;

    GetParam().enable(b);
    b.run_until_idle();
    if (b.iommu.ops->ats_complete)
        b.iommu.ops->ats_complete(b.iommu.model, 12345);
    if (b.iommu.ops->page_request)
        b.iommu.ops->page_request(b.iommu.model, &stray);
    b.run_until_idle();
    b.iommu.ops->reg_write(b.iommu.model, 0xffff8, 8, UINT64_MAX);
    EXPECT_EQ(b.read(0xffff8), 0u);
    b.run_until_idle();
    ASSERT_TRUE(b.submit(r.dma));
    b.run_until_idle();
    EXPECT_EQ(r.dma.status, SIM_DMA_OK);
}

TEST_P(Contract, TheSameRequestsTakeTheSameTime)
{
    uint64_t end_ps[2];

    for (uint64_t &end : end_ps) {
        Bench b(GetParam());
        Request r[kSlots];

        GetParam().enable(b);
        b.run_until_idle();
        for (Request &one : r)
            ASSERT_TRUE(b.submit(one.dma));
        b.run_until_idle();
        end = sim_queue_now_ps(b.queue);
    }
    EXPECT_EQ(end_ps[0], end_ps[1]);
    EXPECT_GT(end_ps[0], 0u);
}

// ---- the stub's own ring: enough to trust it in the other tests ----

TEST(Stub, SyncWritesAndInterrupts)
{
    Bench b(models[0]);

    ASSERT_EQ(sim_mem_write64(b.mem, 0x1000, STUB_OP_WAIT), 0);
    ASSERT_EQ(sim_mem_write64(b.mem, 0x1008, 10), 0);
    ASSERT_EQ(sim_mem_write64(b.mem, 0x1010, 0x55ull << 32 | STUB_OP_SYNC), 0);
    ASSERT_EQ(sim_mem_write64(b.mem, 0x1018, 0x3000), 0);
    b.write(STUB_CMD_BASE, 0x1000);
    b.write(STUB_CTRL, 1);
    b.write(STUB_CMD_TAIL, 2);
    // fetch 20 ns, 5 + 10 cycles, fetch 20 ns, 5 cycles, write 20 ns
    b.iommu.ops->advance(b.iommu.model, 79999);
    EXPECT_EQ(b.n_irqs, 0u);
    EXPECT_EQ(b.read(STUB_CMD_HEAD), 1u);
    EXPECT_EQ(sim_mem_read64(b.mem, 0x3000), 0u);
    b.iommu.ops->advance(b.iommu.model, 80000);
    EXPECT_EQ(b.n_irqs, 1u);
    EXPECT_EQ(b.read(STUB_CMD_HEAD), 2u);
    EXPECT_EQ(sim_mem_read64(b.mem, 0x3000), 0x55u);
    EXPECT_EQ(b.next_ps(), SIM_TIME_NEVER);
}

TEST(Stub, ResetAtEveryStepOfACommand)
{
    for (unsigned n_steps = 0; n_steps < 8; n_steps++) {
        Bench b(models[0]);

        ASSERT_EQ(sim_mem_write64(b.mem, 0x1000, 0x66ull << 32 | STUB_OP_SYNC), 0);
        ASSERT_EQ(sim_mem_write64(b.mem, 0x1008, 0x3000), 0);
        for (unsigned round = 0; round < 2; round++) {
            b.write(STUB_CMD_BASE, 0x1000);
            b.write(STUB_CTRL, 1);
            b.write(STUB_CMD_TAIL, 1);
            for (unsigned i = 0; i < n_steps && !round; i++)
                (void)sim_queue_run_one(b.queue);
            if (!round)
                b.iommu.ops->reset(b.iommu.model); // and set up again with the access on its way
        }
        b.run_until_idle();
        EXPECT_EQ(b.read(STUB_CMD_HEAD), 1u) << n_steps;
        EXPECT_EQ(sim_mem_read64(b.mem, 0x3000), 0x66u);
    }
}

} // namespace
