// SPDX-License-Identifier: BSD-2-Clause
// Software beside the machine: acts take effect at once, reads have their value, looks their time.
// Costs of the preset "server" are typed here: store 1 ns, register write 50, read 100, poll 50.
#include <gtest/gtest.h>

#include <cstring>
#include <memory>

#include "kernel-glue/replay/rpl.h"

namespace
{

// IHI 0070G.b, 6.2.
constexpr uint64_t cr0 = 0x20;
constexpr uint64_t cr0ack = 0x24;
constexpr uint64_t ack_ps = 130000; // from a write of CR0 to its acknowledge

// A unit of one register pair.
struct Unit {
    sim_queue *queue = nullptr;
    uint64_t written = 0;
    uint64_t written_ps = 0;
};

uint64_t reg_read(void *model, uint64_t offset, uint32_t)
{
    const auto *unit = static_cast<Unit *>(model);

    if (offset != cr0ack || sim_queue_now_ps(unit->queue) < unit->written_ps + ack_ps)
        return 0;
    return unit->written;
}

void reg_write(void *model, uint64_t offset, uint32_t, uint64_t value)
{
    auto *unit = static_cast<Unit *>(model);

    if (offset != cr0)
        return;
    unit->written = value;
    unit->written_ps = sim_queue_now_ps(unit->queue);
}

struct Irq {
    unsigned n = 0;
    sim_irq source = SIM_IRQ_SEV;
};

void note_irq(void *ctx, uint16_t, sim_irq source)
{
    auto *irq = static_cast<Irq *>(ctx);

    irq->n++;
    irq->source = source;
}

struct Told {
    unsigned n = 0;
    sim_record_seen last{};
};

void tell(void *ctx, const sim_record_seen *seen)
{
    auto *told = static_cast<Told *>(ctx);

    told->n++;
    told->last = *seen;
}

class Beside : public testing::Test
{
  protected:
    Beside()
    {
        static const sim_iommu_ops ops = {reg_read, reg_write, nullptr, nullptr, nullptr,
                                          nullptr,  nullptr,   nullptr, nullptr, nullptr};
        sim_record rec;

        memset(&config, 0, sizeof(config));
        sim_param_preset(&rpl_cpu_params, "server", &config.cpu);
        sim_param_preset(&rpl_probe_params, "default", &config.probe);
        sim_record_init(&rec, SIM_R_META); // else each register write has a barrier's cost, too
        rec.meta.key = {"barriers", 8};
        rec.meta.value = {"recorded", 8};
        EXPECT_EQ(rpl_scanner_put(scanner.get(), &rec), 0);
        sim_record_init(&rec, SIM_R_IOMMU);
        rec.unit.arch = SIM_ARCH_SMMUV3;
        EXPECT_EQ(rpl_scanner_put(scanner.get(), &rec), 0);
        unit.queue = queue.get();
        machine.queue = queue.get();
        machine.mem = mem.get();
        machine.units[0].arch = SIM_ARCH_SMMUV3;
        machine.units[0].model = {&ops, &unit};
        machine.n_units = 1;
        observer.record = tell;
        observer.ctx = &told;
        rpl.reset(rpl_new(&config, &machine, rpl_scanner_end(scanner.get()), &observer));
        rpl_beside(rpl.get(), note_irq, &irq);
    }

    void write_cr0(uint64_t value)
    {
        sim_record rec;

        sim_record_init(&rec, SIM_R_MMIO_WRITE);
        rec.mmio.offset = cr0;
        rec.mmio.value = value;
        ASSERT_EQ(rpl_do(rpl.get(), &rec), 0);
    }

    rpl_config config{};
    std::unique_ptr<sim_queue, void (*)(sim_queue *)> queue{sim_queue_new(), sim_queue_free};
    std::unique_ptr<sim_mem, void (*)(sim_mem *)> mem{sim_mem_new(1 << 20), sim_mem_free};
    std::unique_ptr<rpl_scanner, void (*)(rpl_scanner *)> scanner{rpl_scanner_new(),
                                                                  rpl_scanner_free};
    Unit unit;
    Irq irq;
    Told told;
    rpl_machine machine{};
    sim_observer observer{};
    std::unique_ptr<struct rpl, void (*)(struct rpl *)> rpl{nullptr, rpl_free};
};

TEST_F(Beside, AStoreIsInMemoryWhenItReturns)
{
    sim_record rec;

    sim_record_init(&rec, SIM_R_STORE);
    rec.store.pa = 0x1000;
    rec.store.value = 0x1234;
    ASSERT_EQ(rpl_do(rpl.get(), &rec), 0);
    EXPECT_EQ(sim_mem_read64(mem.get(), 0x1000), 0x1234u);
    EXPECT_EQ(rpl_free_ps(rpl.get()), 1000u);
    EXPECT_EQ(told.n, 1u);
}

TEST_F(Beside, AReadHasTheValueOfItsEnd)
{
    sim_record rec;

    write_cr0(0x5); // until 50 ns; acknowledged at 180
    sim_record_init(&rec, SIM_R_MMIO_READ);
    rec.mmio_read.offset = cr0ack;
    ASSERT_EQ(rpl_do(rpl.get(), &rec), 0);
    EXPECT_EQ(rec.mmio_read.value, 0u); // at 150
    ASSERT_EQ(rpl_do(rpl.get(), &rec), 0);
    EXPECT_EQ(rec.mmio_read.value, 0x5u); // at 250
    EXPECT_EQ(rpl_free_ps(rpl.get()), 250000u);
}

TEST_F(Beside, LooksTakeTheTimeOfAWaitRecord)
{
    write_cr0(0x5);
    ASSERT_TRUE(rpl_look(rpl.get(), 0, false));
    EXPECT_EQ(rpl_free_ps(rpl.get()), 150000u); // a read
    EXPECT_EQ(rpl_reg_read(rpl.get(), 0, cr0ack, 4), 0u);
    ASSERT_TRUE(rpl_look(rpl.get(), 1, false));
    EXPECT_EQ(rpl_free_ps(rpl.get()), 300000u); // a pause and a read
    EXPECT_EQ(rpl_reg_read(rpl.get(), 0, cr0ack, 4), 0x5u);
}

TEST_F(Beside, ALookAtMemoryCostsOnlyThePauseBeforeIt)
{
    ASSERT_TRUE(rpl_look(rpl.get(), 0, true));
    EXPECT_EQ(rpl_free_ps(rpl.get()), 0u);
    ASSERT_TRUE(rpl_look(rpl.get(), 1, true));
    EXPECT_EQ(rpl_free_ps(rpl.get()), 50000u);
}

TEST_F(Beside, AWaitIsToldFromItsStartToItsLastLook)
{
    sim_record rec;
    uint64_t start_ps;

    write_cr0(0x5);
    start_ps = rpl_free_ps(rpl.get());
    ASSERT_TRUE(rpl_look(rpl.get(), 0, false));
    ASSERT_TRUE(rpl_look(rpl.get(), 1, false));
    sim_record_init(&rec, SIM_R_WAIT);
    ASSERT_EQ(rpl_looked(rpl.get(), &rec, start_ps), 0);
    EXPECT_EQ(told.n, 2u);
    EXPECT_EQ(told.last.seq, 2u);
    EXPECT_EQ(told.last.start_ps, 50000u);
    EXPECT_EQ(told.last.end_ps, 300000u);
}

TEST_F(Beside, InterruptsGoToTheSoftware)
{
    rpl_on_irq(rpl.get(), 0, SIM_IRQ_EVENTQ, true);
    EXPECT_EQ(irq.n, 1u);
    EXPECT_EQ(irq.source, SIM_IRQ_EVENTQ);
    rpl_on_irq(rpl.get(), 0, SIM_IRQ_EVENTQ, false);
    EXPECT_EQ(irq.n, 1u);
}

} // namespace
