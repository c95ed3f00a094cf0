// SPDX-License-Identifier: BSD-2-Clause
// platform_test.cpp - the modules in a platform with memory, CPU and devices of its own: each
// socket in each style. One case per process: SystemC has one simulation.
//
//   platform_test CASE [smmuv3|vtd]
#include "tests/systemc/platform_bench.h"

namespace
{

using namespace bench;

/* ---- the cases ---- */

/* Answers come from domain 1 before the replace and from domain 2 after it, in every style; what is
 * detached is refused. */
void replaces(const Context &c)
{
    Bench b(c.is_smmu, c.config, {Device::AT, Device::LT, Device::DMI});

    run(b, [&] {
        EXPECT(start(b, 16));
        for (size_t i = 0; i < 3; i++) {
            Device &d = *b.p.devices[i];

            d.start(500);
            b.p.rest(i);
            EXPECT(d.n_done == 500 && d.n_refused == 0);
            EXPECT(d.n_seen[1] > 300 && d.n_seen[2] == 0 && d.n_seen[0] == 0);
            EXPECT(b.p.attach(i, 2));
            d.forget_seen();
            d.start(500);
            b.p.rest(i);
            EXPECT(d.n_refused == 0 && d.n_seen[1] == 0 && d.n_seen[2] > 300);
            EXPECT(b.p.attach(i, 0, SIM_OP_DETACH));
            d.forget_seen();
            d.start(50);
            b.p.rest(i);
            EXPECT(d.n_refused == 50);
        }
        EXPECT(b.p.devices[2]->n_by_pointer > 500);
    });
}

/* Whatever lets entries go takes every pointer back, by itself: one thing each. */
void takes_back(const Context &c)
{
    Bench b(c.is_smmu, c.config, {Device::DMI});

    run(b, [&] {
        EXPECT(start(b, 8));
        Device &d = *b.p.devices[0];
        const auto fill = [&] {
            d.start(300);
            b.p.rest(0);
            EXPECT(d.n_pointers() > 0);
        };

        fill();
        EXPECT(b.p.unmap(1, Platform::first_iova, 4096)); /* a TLB invalidation */
        EXPECT(d.n_pointers() == 0);
        EXPECT(b.p.map(1, 1));
        fill();
        EXPECT(b.p.attach(0, 2)); /* an entry of configuration */
        EXPECT(d.n_pointers() == 0);
        fill();
        b.p.ram.take_pointers_back(); /* the platform's memory */
        EXPECT(d.n_pointers() == 0);
        const uint64_t queue = c.is_smmu ? uint64_t{SMMU_REG_CMDQ_PROD} : uint64_t{VTD_REG_IQT};

        fill();
        b.p.cpu.write_reg(queue, c.is_smmu ? 4 : 8,
                          b.p.cpu.read_reg(queue, c.is_smmu ? 4 : 8)); /* a register */
        EXPECT(d.n_pointers() == 0);
        fill();
        b.reset.write(true);
        sc_core::wait(10, sc_core::SC_NS);
        EXPECT(d.n_pointers() == 0);
    });
}

/* Devices with pointers run while domains are replaced: nothing of the old one is read once the
 * driver has returned. @is_deaf: a platform that loses invalidations; then it must be noticed. */
void stale(const Context &c, bool is_deaf)
{
    Bench b(c.is_smmu, c.config, {Device::DMI});
    uint64_t n_stale = 0;

    b.checkers[0].passes_invalidations = !is_deaf;
    run(b, [&] {
        EXPECT(start(b, 8, "best")); /* nothing follows its last command */
        Device &d = *b.p.devices[0];

        d.quantum_ns = 20;
        d.start(UINT32_MAX);
        for (unsigned n = 0; n < 60; n++) {
            const unsigned next = n % 2 ? 1 : 2;

            sc_core::wait(5, sc_core::SC_US);
            EXPECT(b.p.attach(0, next));
            sc_core::wait(static_cast<double>(d.quantum_ns) * 20, sc_core::SC_NS);
            d.forget_seen();
            sc_core::wait(5, sc_core::SC_US);
            n_stale += d.n_seen[3 - next];
            EXPECT(is_deaf || d.n_seen[next] > 0);
        }
        d.stop();
        b.p.rest(0);
        EXPECT(d.n_by_pointer > 200);
    });
    EXPECT(is_deaf ? n_stale > 0 : n_stale == 0);
}

/* b_transport: a page that is known takes a hit and memory's latency, to the picosecond, and does
 * not ask the model; in 4 phases, one request at a time, it is the same. */
void loose(const Context &c)
{
    constexpr uint64_t n = 1000;
    Bench b(c.is_smmu, c.config, {Device::LT, Device::AT});
    const uint64_t hit_ns = c.is_smmu ? 2 : 1; /* presets mmu600 and bdw */

    run(b, [&] {
        EXPECT(start(b, 16));
        for (size_t i = 0; i < 2; i++) {
            Device &d = *b.p.devices[i];

            d.window = 1;
            d.start(500); /* every page, both ways */
            b.p.rest(i);
            const iommusim_tlm::statistics was = b.p.unit->stats();
            const sc_core::sc_time begin = sc_core::sc_time_stamp();
            d.start(n);
            b.p.rest(i);
            const sc_core::sc_time took = sc_core::sc_time_stamp() - begin;
            EXPECT(took ==
                   sc_core::sc_time(static_cast<double>(n * (hit_ns + 150)), sc_core::SC_NS));
            EXPECT(b.p.unit->stats().n_table_hits - was.n_table_hits == (i ? 0 : n));
            EXPECT(b.p.unit->stats().n_translations - was.n_translations == (i ? n : 0));
        }
    });
}

/* Random phases and delays on both sides, back-pressure, requests of several pages. */
void random_phases(const Context &c)
{
    const uint64_t n = scaled(2000, 333334);

    (void)iommusim_config_set(c.config, "smmu.tbu_slots", "4");
    (void)iommusim_config_set(c.config, "smmu.hit_under_miss", "no");
    (void)iommusim_config_set(c.config, "vtd.request_slots", "3");
    Bench b(c.is_smmu, c.config, {Device::AT, Device::AT, Device::AT});

    b.p.ram.is_random = true;
    run(b, [&] {
        EXPECT(start(b, 128));
        for (size_t i = 0; i < 3; i++) {
            b.p.devices[i]->window = 16;
            b.p.devices[i]->is_random = true;
            b.p.devices[i]->n_bytes = i == 2 ? 5000 : 64;
            b.p.devices[i]->n_pages = i == 2 ? 126 : 128;
            b.p.devices[i]->start(n);
        }
        for (size_t i = 0; i < 3; i++)
            b.p.rest(i);
        for (size_t i = 0; i < 3; i++) {
            EXPECT(b.p.devices[i]->n_done == n && b.p.devices[i]->n_refused == 0);
            EXPECT(b.p.devices[i]->n_seen[1] > n / 2 && b.p.devices[i]->n_seen[2] == 0);
        }
        EXPECT(b.p.unit->stats().n_held > n / 100);
        EXPECT(b.checkers[0].max_in_flight >= 3);
    });
    for (const TlmChecker &check : b.checkers)
        std::printf("%" PRIu64 " transactions, %zu at once\n", check.n_transactions,
                    check.max_in_flight);
}

tlm::tlm_response_status send(Bench &b, tlm::tlm_generic_payload &trans)
{
    sc_core::sc_time delay = sc_core::SC_ZERO_TIME;

    trans.set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
    b.p.devices[0]->socket->b_transport(trans, delay);
    return trans.get_response_status();
}

struct Row {
    tlm::tlm_command command;
    uint64_t address;
    unsigned n, width;
    bool has_enables;
    tlm::tlm_response_status want;
};

tlm::tlm_response_status read_reg(Bench &b, uint64_t offset, unsigned n)
{
    uint8_t data[8];
    tlm::tlm_generic_payload t;
    sc_core::sc_time delay = sc_core::SC_ZERO_TIME;

    t.set_command(tlm::TLM_READ_COMMAND);
    t.set_address(offset);
    t.set_data_ptr(data);
    t.set_data_length(n);
    t.set_streaming_width(n);
    b.p.cpu.regs->b_transport(t, delay);
    return t.get_response_status();
}

unsigned look(Bench &b, tlm::tlm_command command, uint64_t address, unsigned n, uint8_t *bytes)
{
    tlm::tlm_generic_payload t;
    iommusim_tlm::request who;

    who.requester = Platform::first_requester;
    t.set_extension(&who);
    t.set_command(command);
    t.set_address(address);
    t.set_data_ptr(bytes);
    t.set_data_length(n);
    t.set_streaming_width(n);
    const unsigned moved = b.p.devices[0]->socket->transport_dbg(t);
    t.clear_extension(&who);
    return moved;
}

/* What is not offered is refused with the status that TLM has for it. */
void statuses(const Context &c)
{
    Bench b(c.is_smmu, c.config, {Device::LT});
    uint8_t data[64], enables[4] = {0xff, 0, 0xff, 0};

    b.p.unit->stream(0, Platform::first_requester); /* payloads without the extension */
    run(b, [&] {
        EXPECT(start(b, 4));
        const uint64_t iova = Platform::first_iova;
        const Row rows[] = {
            {tlm::TLM_READ_COMMAND, iova, 64, 64, false, tlm::TLM_OK_RESPONSE},
            {tlm::TLM_READ_COMMAND, iova + 4090, 12, 12, false, tlm::TLM_OK_RESPONSE},
            {tlm::TLM_READ_COMMAND, iova + 4 * 4096 - 4, 8, 8, false,
             tlm::TLM_ADDRESS_ERROR_RESPONSE},
            {tlm::TLM_READ_COMMAND, 0x800000, 4, 4, false, tlm::TLM_ADDRESS_ERROR_RESPONSE},
            {tlm::TLM_READ_COMMAND, UINT64_MAX - 3, 8, 8, false, tlm::TLM_ADDRESS_ERROR_RESPONSE},
            {tlm::TLM_IGNORE_COMMAND, iova, 4, 4, false, tlm::TLM_COMMAND_ERROR_RESPONSE},
            {tlm::TLM_WRITE_COMMAND, iova, 4, 4, true, tlm::TLM_BYTE_ENABLE_ERROR_RESPONSE},
            {tlm::TLM_READ_COMMAND, iova, 8, 4, false, tlm::TLM_BURST_ERROR_RESPONSE},
            {tlm::TLM_READ_COMMAND, iova, 0, 0, false, tlm::TLM_BURST_ERROR_RESPONSE},
        };
        for (const Row &row : rows) {
            tlm::tlm_generic_payload t;

            t.set_command(row.command);
            t.set_address(row.address);
            t.set_data_ptr(data);
            t.set_data_length(row.n);
            t.set_streaming_width(row.width);
            if (row.has_enables) {
                t.set_byte_enable_ptr(enables);
                t.set_byte_enable_length(4);
            }
            EXPECT(send(b, t) == row.want);
        }
        EXPECT(read_reg(b, 0, 4) == tlm::TLM_OK_RESPONSE);
        EXPECT(read_reg(b, 8, 8) == tlm::TLM_OK_RESPONSE);
        EXPECT(read_reg(b, 0, 2) == tlm::TLM_BURST_ERROR_RESPONSE);
        EXPECT(read_reg(b, 2, 4) == tlm::TLM_BURST_ERROR_RESPONSE);
        EXPECT(read_reg(b, 0x40000, 4) == tlm::TLM_ADDRESS_ERROR_RESPONSE);
    });
}

/* transport_dbg finds what a request would, and leaves nothing: time, facts, counters, answers of
 * requests under way. */
void debugger(const Context &c)
{
    Bench b(c.is_smmu, c.config, {Device::AT});
    uint64_t n_facts = 0;

    b.p.unit->on_fact([&](const iommusim_fact &) { n_facts++; });
    run(b, [&] {
        EXPECT(start(b, 16));
        uint8_t bytes[8192] = {};
        const uint64_t before = n_facts;
        const iommusim_tlm::statistics was = b.p.unit->stats();

        EXPECT(look(b, tlm::TLM_READ_COMMAND, Platform::first_iova, 64, bytes) == 64);
        EXPECT(bytes[8] == 1);
        EXPECT(look(b, tlm::TLM_READ_COMMAND, Platform::first_iova + 4096 - 64, 4096, bytes) ==
               4096);
        EXPECT(bytes[8] == 1 && bytes[64 + 8] == 1);
        EXPECT(look(b, tlm::TLM_READ_COMMAND, Platform::first_iova + 16 * 4096 - 32, 64, bytes) ==
               32);
        EXPECT(look(b, tlm::TLM_READ_COMMAND, 0x800000, 8, bytes) == 0);
        bytes[0] = 0x5a;
        EXPECT(look(b, tlm::TLM_WRITE_COMMAND, Platform::first_iova + 0x123, 1, bytes) == 1);
        EXPECT(b.p.ram.bytes[0x100123] == 0x5a);
        EXPECT(n_facts == before);
        EXPECT(b.p.unit->stats().n_accesses == was.n_accesses);
        EXPECT(b.p.unit->stats().n_translations == was.n_translations);
        /* while requests and their table reads are under way */
        b.p.devices[0]->window = 16;
        b.p.devices[0]->start(400);
        for (unsigned n = 0; n < 100; n++) {
            sc_core::wait(37, sc_core::SC_NS);
            EXPECT(look(b, tlm::TLM_READ_COMMAND, Platform::first_iova + n % 16 * 4096, 64,
                        bytes) == 64);
            EXPECT(bytes[8] == 1);
        }
        b.p.rest(0);
        EXPECT(b.p.devices[0]->n_done == 400 && b.p.devices[0]->n_refused == 0);
        EXPECT(b.p.devices[0]->n_seen[1] > 200 && b.p.devices[0]->n_seen[0] == 0);
        uint32_t id = 0;
        tlm::tlm_generic_payload t;
        t.set_command(tlm::TLM_READ_COMMAND);
        t.set_address(0);
        t.set_data_ptr(reinterpret_cast<uint8_t *>(&id));
        t.set_data_length(4);
        t.set_streaming_width(4);
        EXPECT(b.p.cpu.regs->transport_dbg(t) == 4 && id == b.p.cpu.read_reg(0, 4));
        t.set_command(tlm::TLM_WRITE_COMMAND);
        EXPECT(b.p.cpu.regs->transport_dbg(t) == 0);
    });
}

/* A fault's interrupt reaches its wire, and nobody else's. */
void interrupts(const Context &c)
{
    Bench b(c.is_smmu, c.config, {Device::AT});
    unsigned n_rises[iommusim_tlm::iommu::n_irqs] = {};
    bool was_high[iommusim_tlm::iommu::n_irqs] = {};

    sc_core::sc_spawn([&] {
        for (;;) {
            sc_core::wait(100, sc_core::SC_PS);
            for (unsigned i = 0; i < b.irqs.size(); i++) {
                n_rises[i] += b.irqs[i].read() && !was_high[i];
                was_high[i] = b.irqs[i].read();
            }
        }
    });
    run(b, [&] {
        EXPECT(start(b, 4));
        if (c.is_smmu) {
            b.p.cpu.write_reg(SMMU_REG_EVENTQ_IRQ_CFG0, 8, 0); /* no message: the wire */
            b.p.cpu.write_reg(SMMU_REG_IRQ_CTRL, 4, 5);
            sc_core::wait(1, sc_core::SC_US);
        } else {
            b.p.cpu.write_reg(VTD_REG_FECTL, 4, 0); /* not masked */
        }
        for (unsigned &n : n_rises)
            n = 0;
        b.p.devices[0]->first_iova = 0x800000;
        b.p.devices[0]->start(1);
        b.p.rest(0);
        sc_core::wait(2, sc_core::SC_US);
        EXPECT(b.p.devices[0]->n_refused == 1);
        if (c.is_smmu) {
            EXPECT(n_rises[IOMMUSIM_IRQ_EVENTQ] == 1);
        } else {
            EXPECT(n_rises[IOMMUSIM_IRQ_FAULT] == 1);
        }
        EXPECT(!was_high[IOMMUSIM_IRQ_EVENTQ] && !was_high[IOMMUSIM_IRQ_FAULT]); /* a pulse */
        for (unsigned i = 0; i < b.irqs.size(); i++)
            EXPECT(i == IOMMUSIM_IRQ_EVENTQ || i == IOMMUSIM_IRQ_FAULT || n_rises[i] == 0);
    });
}

/* Translation ends, by a register or by a reset: then addresses go through as they are, in every
 * style, whatever was known before. */
void turns_off(const Context &c, bool is_reset)
{
    Bench b(c.is_smmu, c.config, {Device::AT, Device::LT, Device::DMI});

    run(b, [&] {
        EXPECT(start(b, 16));
        for (size_t i = 0; i < 3; i++) {
            EXPECT(b.p.attach(i, 2));
            b.p.devices[i]->start(500);
            b.p.rest(i);
            EXPECT(b.p.devices[i]->n_seen[2] > 300);
        }
        EXPECT(b.p.devices[2]->n_pointers() > 0);
        EXPECT(b.p.unit->stats().n_table_hits > 300);
        if (is_reset)
            b.reset.write(true);
        else if (c.is_smmu)
            b.p.cpu.write_reg(SMMU_REG_CR0, 4, b.p.cpu.read_reg(SMMU_REG_CR0, 4) & ~UINT64_C(1));
        else
            b.p.cpu.write_reg(VTD_REG_GCMD, 4, 0); /* TE */
        sc_core::wait(2, sc_core::SC_US);
        for (size_t i = 0; i < 3; i++) {
            Device &d = *b.p.devices[i];

            d.forget_seen();
            d.start(300);
            b.p.rest(i);
            EXPECT(d.n_refused == 0 && d.n_seen[2] == 0 && d.n_seen[1] > 150); /* 1 MiB: 1's */
        }
    });
}

/* A page whose request was under way when something was taken back is not known by it. */
void forgets_late(const Context &c)
{
    Bench b(c.is_smmu, c.config, {Device::LT});
    uint8_t data[64];

    b.p.unit->stream(0, Platform::first_requester);
    run(b, [&] {
        const auto read = [&] {
            tlm::tlm_generic_payload t;

            t.set_command(tlm::TLM_READ_COMMAND);
            t.set_address(Platform::first_iova);
            t.set_data_ptr(data);
            t.set_data_length(64);
            t.set_streaming_width(64);
            EXPECT(send(b, t) == tlm::TLM_OK_RESPONSE);
        };
        bool is_over = false;

        EXPECT(start(b, 4));
        sc_core::sc_spawn([&] {
            read();
            is_over = true;
        });
        sc_core::wait(50, sc_core::SC_NS); /* it walks */
        EXPECT(!is_over && b.p.unit->stats().n_in_flight == 1);
        b.p.ram.take_pointers_back();
        sc_core::wait(10, sc_core::SC_US);
        EXPECT(is_over);
        read();
        EXPECT(b.p.unit->stats().n_table_hits == 0);
        read();
        EXPECT(b.p.unit->stats().n_table_hits == 1);
    });
}

} // namespace

int sc_main(int argc, char *argv[])
{
    const std::string name = argc > 1 ? argv[1] : "";
    const Context c = begin(argc, argv);

    if (name == "replaces")
        replaces(c);
    else if (name == "takes_back")
        takes_back(c);
    else if (name == "turns_off" || name == "resets")
        turns_off(c, name == "resets");
    else if (name == "forgets_late")
        forgets_late(c);
    else if (name == "stale")
        stale(c, false);
    else if (name == "stale_deaf")
        stale(c, true);
    else if (name == "loose")
        loose(c);
    else if (name == "random_phases")
        random_phases(c);
    else if (name == "statuses")
        statuses(c);
    else if (name == "debugger")
        debugger(c);
    else if (name == "interrupts")
        interrupts(c);
    else
        n_failed = 1;
    return end(c);
}
