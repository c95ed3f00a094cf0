/* SPDX-License-Identifier: BSD-2-Clause
 * timing_bench.h - a machine for counting cycles: two streams that share one table and ASID, memory
 * of a fixed latency, requests and commands with the time that they take.
 *
 * One cycle is 1 ns. Words are typed from the architecture's tables. */
#ifndef TIMING_BENCH_H
#define TIMING_BENCH_H

#include "sim/diag.h"
#include "sim/record.h"
#include "tests/shim/smmu_machine.h"

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <vector>

namespace timing
{

constexpr uint64_t kNs = 1000;
constexpr uint64_t kStrtab = 0x10000, kCd = 0x20000, kCmdq = 0x30000, kTables = 0x100000;
constexpr uint64_t kIova = 0x40000000;        // 128 pages of 4 KiB
constexpr uint64_t kBlock = 0x40200000;       // one block of 2 MiB
constexpr uint64_t kPa = 0x800000;            // of kIova
constexpr uint64_t kSteS1 = 0xb;              // V, Config=101
constexpr uint64_t kCd0 = 0x00016205c0003510; // ASID 1, V, AA64, A, R, EPD1, T0SZ 16, IPS 48
constexpr uint64_t kPage = 0xf43, kLarge = 0xf41, kTable = 0x3; // read and write for all; a table

using Tune = std::function<void(smmu_param &)>;

// A request, and when it was answered.
struct Dma {
    sim_dma dma{};
    const test_machine *machine = nullptr;
    uint64_t done_ns = 0;
    bool is_done = false;
};

class Bench
{
  public:
    explicit Bench(const char *preset = "mmu600", uint64_t memory_ns = 150,
                   const Tune &tune = nullptr, uint32_t idr0 = 0)
    {
        smmu_machine_config config;

        smmu_machine_config_init(&config, preset);
        config.timing = {memory_ns * kNs, 0, 0};
        if (tune)
            tune(config.smmu.param);
        config.smmu.ids.idr0 |= idr0;
        machine_.reset(smmu_machine_new(&config));
        SIM_BUG_ON(!machine_);
        iommu_ = test_machine_iommu(m());
        tables();
        write64(0x80, kStrtab);   // STRTAB_BASE
        write(0x88, 1);           // two streams, linear
        write64(0x90, kCmdq | 8); // CMDQ_BASE
        write(0x20, 0x9);         // CR0: SMMUEN, CMDQEN
        settle();
    }

    test_machine *m() const
    {
        return machine_.get();
    }
    void write(uint64_t offset, uint64_t value)
    {
        iommu_->ops->reg_write(iommu_->model, offset, 4, value);
    }
    void write64(uint64_t offset, uint64_t value)
    {
        iommu_->ops->reg_write(iommu_->model, offset, 8, value);
    }
    const smmu_stats &stats() const
    {
        return *smmu_get_stats(iommu_->model);
    }
    void settle()
    {
        test_machine_run(m());
    }
    uint64_t now_ns() const
    {
        return test_machine_now_ps(m()) / kNs;
    }

    // Return: whether the SMMU took the request.
    bool submit(Dma &d, uint32_t sid, uint64_t iova, uint8_t tbu = 0, uint8_t access = SIM_DMA_READ)
    {
        d.machine = m();
        d.dma = {};
        d.dma.iova = iova;
        d.dma.n_bytes = 64;
        d.dma.requester = sid;
        d.dma.access = access;
        d.dma.tbu = tbu;
        d.dma.done.ctx = &d;
        d.is_done = false;
        d.dma.done.fn = [](void *ctx) {
            auto *dma = static_cast<Dma *>(ctx);

            dma->is_done = true;
            dma->done_ns = test_machine_now_ps(dma->machine) / kNs;
        };
        return iommu_->ops->submit(iommu_->model, &d.dma);
    }

    // ns until the answer, a good one.
    uint64_t ask(uint32_t sid, uint64_t iova, uint8_t tbu = 0)
    {
        const uint64_t start_ns = now_ns();
        Dma d;

        EXPECT_TRUE(submit(d, sid, iova, tbu));
        settle();
        EXPECT_TRUE(d.is_done);
        EXPECT_EQ(d.dma.status, SIM_DMA_OK);
        return d.done_ns - start_ns;
    }
    // Where a read of that address goes; 0 if it is refused.
    uint64_t target(uint32_t sid, uint64_t iova, uint8_t tbu = 0)
    {
        Dma d;

        EXPECT_TRUE(submit(d, sid, iova, tbu));
        settle();
        return d.dma.status == SIM_DMA_OK ? d.dma.pa : 0;
    }

    void command(uint64_t word0, uint64_t word1 = 0)
    {
        test_machine_store(m(), kCmdq + prod_ * 16, word0);
        test_machine_store(m(), kCmdq + prod_ * 16 + 8, word1);
        prod_++;
    }
    void doorbell()
    {
        write(0x98, prod_);
    }
    // ns from the doorbell until CONS has passed everything.
    uint64_t ring()
    {
        const uint64_t start_ps = test_machine_now_ps(m());

        doorbell();
        while (iommu_->ops->reg_read(iommu_->model, 0x9c, 4) != prod_)
            EXPECT_TRUE(test_machine_step(m()));
        return (test_machine_now_ps(m()) - start_ps) / kNs;
    }

    // Reads of memory so far, of one kind.
    unsigned n_reads(sim_structure structure) const
    {
        unsigned n = 0;

        for (size_t i = 0; i < test_machine_n_accesses(m()); i++)
            n += test_machine_accesses(m())[i].structure == structure;
        return n;
    }

  private:
    // Streams 0 and 1 have one CD each, with the same ASID and table.
    void tables()
    {
        for (uint64_t sid = 0; sid < 2; sid++) {
            test_machine_store(m(), kStrtab + 64 * sid, kSteS1 | (kCd + 64 * sid));
            test_machine_store(m(), kCd + 64 * sid, kCd0);
            test_machine_store(m(), kCd + 64 * sid + 8, kTables);
        }
        test_machine_store(m(), kTables, (kTables + 0x1000) | kTable);
        test_machine_store(m(), kTables + 0x1000 + 8, (kTables + 0x2000) | kTable); // 1 GiB up
        test_machine_store(m(), kTables + 0x2000, (kTables + 0x3000) | kTable);
        test_machine_store(m(), kTables + 0x2008, 0xc00000 | kLarge);
        for (uint64_t page = 0; page < 128; page++)
            test_machine_store(m(), kTables + 0x3000 + 8 * page, (kPa + 0x1000 * page) | kPage);
    }

    struct Free {
        void operator()(test_machine *machine) const
        {
            test_machine_free(machine);
        }
    };
    std::unique_ptr<test_machine, Free> machine_;
    const sim_iommu *iommu_ = nullptr;
    uint32_t prod_ = 0;
};

} // namespace timing

#endif
