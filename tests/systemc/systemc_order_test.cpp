// SPDX-License-Identifier: BSD-2-Clause
// systemc_order_test.cpp - one model, one set of stimuli, two kernels: the same facts, byte by
// byte. Knows: the stub, the event core, SystemC, TLM-2.0. Must not know: any real model.
//
// In the C core everything is an event of one queue. Under SystemC the queue lives in an SC_METHOD
// that runs one event at a time and then lets the platform answer; memory is a TLM target that
// keeps the time of each completion itself; stimuli come from an SC_THREAD when their time comes.
// What comes in from outside becomes an event with the key it has in the C core: that keeps the
// order, whatever the order of SystemC's processes.
#include "sim/mem.h"
#include "sim/tap.h"
#include "sim/time.h"
#include "tests/shim/stub_iommu.h"

#define SC_INCLUDE_DYNAMIC_PROCESSES // the TLM sockets want it
#include <systemc>
#include <tlm>
#include <tlm_utils/peq_with_get.h>
#include <tlm_utils/simple_initiator_socket.h>
#include <tlm_utils/simple_target_socket.h>

#include <algorithm>
#include <cinttypes>
#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <memory>
#include <random>
#include <string>
#include <vector>

namespace
{

constexpr uint64_t kPeriodPs = 1000, kRetryPs = 16000, kRing = 0x1000, kTable = 0x2000,
                   kSyncs = 0x8000;
constexpr uint64_t kMaxBytes = 1 << 20;
constexpr uint16_t kMemoryPort = 7, kModelPort = 1;
enum Act { STORE, REG, DMA };

struct World;

struct Stimulus {
    uint64_t time_ps;
    Act act;
    uint64_t a, b;
    World *world = nullptr;
    sim_event event{};
    sim_dma dma{};
};

std::vector<Stimulus> make_stimuli(uint64_t seed)
{
    std::mt19937_64 random(seed);
    std::vector<Stimulus> s;

    for (uint64_t i = 0; i < 8; i++)
        s.push_back({0, STORE, kTable + 8 * i, (0x100000 + i * 4096) | (i % 4 != 3)});
    for (uint64_t i = 0; i < STUB_CMD_ENTRIES; i++) {
        const bool is_sync = random() % 2;
        s.push_back(
            {0, STORE, kRing + 16 * i, is_sync ? i << 32 | STUB_OP_SYNC : uint64_t{STUB_OP_WAIT}});
        s.push_back({0, STORE, kRing + 16 * i + 8, is_sync ? kSyncs + 8 * i : random() % 20});
    }
    s.push_back({0, REG, STUB_CMD_BASE, kRing});
    s.push_back({0, REG, STUB_TABLE_BASE, kTable});
    s.push_back({0, REG, STUB_CTRL, 1});
    const size_t n_setup = s.size();
    for (uint64_t i = 0; i < 250; i++) { // most on a clock edge, so that many are of one instant
        const uint64_t t = random() % 8 ? kPeriodPs * (random() % 400) : random() % 400000;
        switch (random() % 5) {
        case 0:
            s.push_back({t, STORE, kTable + 8 * (random() % 8), 0x200001 + i * 4096});
            break;
        case 1: // a store and the doorbell at once: program order counts
            s.push_back({t, STORE, kRing + 16 * (i % 16), (i % 7) << 32 | STUB_OP_SYNC});
            s.push_back({t, STORE, kRing + 16 * (i % 16) + 8, kSyncs + 8 * (i % 16)});
            s.push_back({t, REG, STUB_CMD_TAIL, i % 16});
            break;
        default:
            s.push_back({t, DMA, (random() % 8) << 12 | i, i});
            break;
        }
    }
    std::stable_sort(s.begin() + static_cast<std::ptrdiff_t>(n_setup), s.end(),
                     [](const Stimulus &x, const Stimulus &y) { return x.time_ps < y.time_ps; });
    return s;
}

// What both runs share: queue, model, stimuli, log. How memory is reached is theirs.
struct World {
    sim_queue *queue = sim_queue_new();
    sim_mem *mem = sim_mem_new(kMaxBytes);
    std::vector<Stimulus> stimuli;
    std::string log;
    sim_source software{SIM_RANK_SOFTWARE, 0, 0}, endpoint{SIM_RANK_ENDPOINT, 0, 0};
    sim_source again{SIM_RANK_ENDPOINT, 1, 0}; // retries: their number is not the stimuli's
    sim_tap tap{~0ull, on_fact, this};
    sim_port_ops ops{on_access, on_irq, nullptr, nullptr, nullptr};
    sim_port port{&ops, this};
    sim_iommu iommu{};

    explicit World(uint64_t seed) : stimuli(make_stimuli(seed))
    {
        const stub_config config{queue, &port, &tap, kPeriodPs, 4, 3, kModelPort};

        iommu = stub_iommu_new(&config);
        for (Stimulus &s : stimuli) {
            s.world = this;
            s.event.fn = on_stimulus;
            s.event.ctx = &s;
        }
    }
    World(const World &) = delete;
    World &operator=(const World &) = delete;
    virtual ~World()
    {
        iommu.ops->free(iommu.model);
        sim_mem_free(mem);
        sim_queue_free(queue);
    }
    virtual void access(sim_access *access) = 0;
    virtual void store(uint64_t pa, uint64_t value) = 0;

    void line(const char *fmt, ...) __attribute__((format(printf, 2, 3)))
    {
        char text[256];
        va_list args;

        va_start(args, fmt);
        vsnprintf(text, sizeof(text), fmt, args);
        va_end(args);
        log += text;
    }
    void schedule(Stimulus &s)
    {
        sim_queue_at(queue, s.act == DMA ? &endpoint : &software, s.time_ps, &s.event);
    }
    void submit(Stimulus &s)
    {
        s.dma.iova = s.a;
        s.dma.requester = static_cast<uint32_t>(s.b);
        s.dma.access = SIM_DMA_READ;
        s.dma.done.ctx = &s;
        s.dma.done.fn = [](void *ctx) {
            const auto *d = static_cast<Stimulus *>(ctx);
            d->world->line("%" PRIu64 " done %" PRIu64 " %" PRIx64 " %d\n",
                           sim_queue_now_ps(d->world->queue), d->b, d->dma.pa, d->dma.status);
        };
        if (iommu.ops->submit(iommu.model, &s.dma))
            return;
        line("%" PRIu64 " busy %" PRIu64 "\n", sim_queue_now_ps(queue), s.b);
        sim_queue_at(queue, &again, sim_queue_now_ps(queue) + kRetryPs, &s.event);
    }

    static void on_stimulus(void *ctx)
    {
        auto *s = static_cast<Stimulus *>(ctx);

        if (s->act == STORE)
            s->world->store(s->a, s->b);
        else if (s->act == REG)
            s->world->iommu.ops->reg_write(s->world->iommu.model, s->a, 8, s->b);
        else
            s->world->submit(*s);
    }
    static void on_fact(void *ctx, const sim_fact *f)
    {
        static_cast<World *>(ctx)->line("%" PRIu64 " %s %u %" PRIx64 " %" PRIx64 " %" PRIx64
                                        " %" PRIx64 " %" PRIx64 "\n",
                                        f->time_ps, sim_fact_infos[f->kind].json, f->iommu,
                                        f->arg[0], f->arg[1], f->arg[2], f->arg[3], f->arg[4]);
    }
    static void on_access(void *ctx, sim_access *access)
    {
        static_cast<World *>(ctx)->access(access);
    }
    static void on_irq(void *ctx, sim_irq source, bool level)
    {
        auto *w = static_cast<World *>(ctx);
        w->line("%" PRIu64 " irq %d %d\n", sim_queue_now_ps(w->queue), source, level);
    }
};

// ---- (a) the C core ----

struct PlainWorld : World {
    sim_mem_port *mem_port;

    PlainWorld(uint64_t seed, const sim_mem_timing &timing)
        : World(seed), mem_port(sim_mem_port_new(mem, queue, &timing, kMemoryPort, false))
    {
        for (Stimulus &s : stimuli)
            schedule(s);
        sim_queue_advance(queue, SIM_TIME_NEVER);
    }
    ~PlainWorld() override
    {
        sim_mem_port_free(mem_port);
    }
    void access(sim_access *access) override
    {
        sim_mem_port_access(mem_port, access);
    }
    void store(uint64_t pa, uint64_t value) override
    {
        (void)sim_mem_write64(mem, pa, value);
    }
};

// ---- (b) SystemC ----

uint64_t now_ps()
{
    return sc_core::sc_time_stamp().value(); // the resolution is 1 ps, see sc_main
}

sc_core::sc_time ps(uint64_t n)
{
    return sc_core::sc_time::from_value(n);
}

// The target: nb_transport keeps the time of a completion, b_transport moves the bytes now.
struct TlmMemory : sc_core::sc_module {
    tlm_utils::simple_target_socket<TlmMemory> socket{"socket"};
    tlm_utils::peq_with_get<tlm::tlm_generic_payload> completions{"completions"};
    sim_mem *mem;
    sim_mem_timing timing;
    std::vector<uint64_t> done_ps; // of every access so far
    uint64_t next_start_ps = 0;

    SC_HAS_PROCESS(TlmMemory);
    TlmMemory(const sc_core::sc_module_name &name, sim_mem *memory, const sim_mem_timing &t)
        : sc_module(name), mem(memory), timing(t)
    {
        socket.register_nb_transport_fw(this, &TlmMemory::nb_transport_fw);
        socket.register_b_transport(this, &TlmMemory::b_transport);
        SC_METHOD(respond);
        sensitive << completions.get_event();
        dont_initialize();
    }
    tlm::tlm_sync_enum nb_transport_fw(tlm::tlm_generic_payload &trans, tlm::tlm_phase &phase,
                                       sc_core::sc_time &)
    {
        uint64_t start_ps = std::max(now_ps(), next_start_ps);

        if (timing.n_slots && done_ps.size() >= timing.n_slots)
            start_ps = std::max(start_ps, done_ps[done_ps.size() - timing.n_slots]);
        next_start_ps = start_ps + timing.interval_ps;
        done_ps.push_back(start_ps + timing.latency_ps);
        completions.notify(trans, ps(done_ps.back() - now_ps()));
        phase = tlm::END_REQ;
        return tlm::TLM_UPDATED;
    }
    void b_transport(tlm::tlm_generic_payload &trans, sc_core::sc_time &)
    {
        const bool is_read = trans.is_read();

        if (is_read)
            sim_mem_read(mem, trans.get_address(), trans.get_data_ptr(), trans.get_data_length());
        const bool is_ok = is_read || !sim_mem_write(mem, trans.get_address(), trans.get_data_ptr(),
                                                     trans.get_data_length());
        trans.set_response_status(is_ok ? tlm::TLM_OK_RESPONSE : tlm::TLM_ADDRESS_ERROR_RESPONSE);
    }
    void respond()
    {
        while (tlm::tlm_generic_payload *trans = completions.get_next_transaction()) {
            tlm::tlm_phase phase = tlm::BEGIN_RESP;
            sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
            socket->nb_transport_bw(*trans, phase, delay);
        }
    }
};

struct Flight : tlm::tlm_generic_payload {
    World *world = nullptr;
    sim_access *access = nullptr;
    uint64_t number = 0; // the port's, taken at the request
};

struct FlightPool : tlm::tlm_mm_interface {
    void free(tlm::tlm_generic_payload *trans) override
    {
        trans->reset();
        delete static_cast<Flight *>(trans);
    }
};

struct TlmWorld : sc_core::sc_module, World {
    tlm_utils::simple_initiator_socket<TlmWorld> socket{"socket"};
    TlmMemory memory;
    FlightPool pool;
    sc_core::sc_event wake;
    uint64_t n_accesses = 0;
    bool has_settled = false;

    SC_HAS_PROCESS(TlmWorld);
    TlmWorld(const sc_core::sc_module_name &name, uint64_t seed, const sim_mem_timing &timing)
        : sc_module(name), World(seed), memory("memory", mem, timing)
    {
        socket.bind(memory.socket);
        socket.register_nb_transport_bw(this, &TlmWorld::nb_transport_bw);
        SC_METHOD(run_core);
        sensitive << wake;
        dont_initialize();
        SC_THREAD(run_stimuli);
    }

    // The only process that runs events, one per visit. Between two of them the platform gets a
    // delta cycle to bring in what belongs before the second one.
    void run_core()
    {
        has_settled = !has_settled;
        if (has_settled) {
            next_trigger(sc_core::SC_ZERO_TIME);
            return;
        }
        if (sim_queue_next_ps(queue) == now_ps())
            sim_queue_run_one(queue);
        const uint64_t next_ps = sim_queue_next_ps(queue);
        if (next_ps == now_ps())
            next_trigger(sc_core::SC_ZERO_TIME);
        else if (next_ps != SIM_TIME_NEVER)
            wake.notify(ps(next_ps - now_ps()));
    }
    void run_stimuli()
    {
        for (Stimulus &s : stimuli) {
            if (s.time_ps > now_ps())
                wait(ps(s.time_ps - now_ps()));
            schedule(s);
            wake.notify(sc_core::SC_ZERO_TIME);
        }
    }
    void access(sim_access *access) override
    {
        tlm::tlm_phase phase = tlm::BEGIN_REQ;
        sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
        auto *flight = new Flight;

        flight->world = this;
        flight->access = access;
        flight->number = n_accesses++;
        flight->set_mm(&pool);
        flight->acquire();
        flight->set_command(tlm::TLM_IGNORE_COMMAND);
        flight->set_address(access->pa);
        flight->set_data_length(access->n_bytes);
        socket->nb_transport_fw(*flight, phase, delay);
    }
    tlm::tlm_sync_enum nb_transport_bw(tlm::tlm_generic_payload &trans, tlm::tlm_phase &,
                                       sc_core::sc_time &)
    {
        auto &flight = static_cast<Flight &>(trans);
        sim_source source{SIM_RANK_MEMORY, kMemoryPort, flight.number};

        flight.access->event.fn = on_complete;
        flight.access->event.ctx = &flight;
        sim_queue_at(queue, &source, now_ps(), &flight.access->event);
        wake.notify(sc_core::SC_ZERO_TIME);
        return tlm::TLM_COMPLETED;
    }
    bool move(tlm::tlm_command command, uint64_t pa, uint8_t *data, uint32_t n_bytes)
    {
        sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
        tlm::tlm_generic_payload trans;

        trans.set_command(command);
        trans.set_address(pa);
        trans.set_data_ptr(data);
        trans.set_data_length(n_bytes);
        trans.set_streaming_width(n_bytes);
        socket->b_transport(trans, delay);
        return trans.is_response_ok();
    }
    static void on_complete(void *ctx)
    {
        auto *flight = static_cast<Flight *>(ctx);
        auto *world = static_cast<TlmWorld *>(flight->world);
        sim_access *a = flight->access;
        const bool is_read = a->op == SIM_ACCESS_READ; // the stub never compares and swaps

        flight->release();
        a->status = world->move(is_read ? tlm::TLM_READ_COMMAND : tlm::TLM_WRITE_COMMAND, a->pa,
                                a->data, a->n_bytes)
                        ? SIM_ACCESS_OK
                        : SIM_ACCESS_ABORT;
        a->done.fn(a->done.ctx);
    }
    void store(uint64_t pa, uint64_t value) override
    {
        uint8_t bytes[8];

        for (unsigned i = 0; i < 8; i++)
            bytes[i] = static_cast<uint8_t>(value >> 8 * i);
        (void)move(tlm::TLM_WRITE_COMMAND, pa, bytes, sizeof(bytes));
    }
};

// Stimuli that never fill the slots or never reach the end of a SYNC prove nothing.
bool has_everything(const std::string &log)
{
    for (const char *word : {"sync_visible", "dma_answered", "busy", "irq", "done"}) {
        if (log.find(word) == std::string::npos)
            return false;
    }
    return true;
}

int compare(const World &plain, const World &systemc, const std::string &name)
{
    const auto [a, b] =
        std::mismatch(plain.log.begin(), plain.log.end(), systemc.log.begin(), systemc.log.end());

    if (a == plain.log.end() && b == systemc.log.end())
        return 0;
    const size_t at = static_cast<size_t>(a - plain.log.begin());
    const size_t begin = at ? plain.log.rfind('\n', at - 1) + 1 : 0;
    fprintf(stderr, "%s: the logs differ\n  C core:  %s\n  SystemC: %s\n", name.c_str(),
            plain.log.substr(begin, plain.log.find('\n', at) - begin).c_str(),
            systemc.log.substr(begin, systemc.log.find('\n', at) - begin).c_str());
    return 1;
}

} // namespace

int sc_main(int, char *[])
{
    const sim_mem_timing timings[] = {
        {0, 0, 0},      {1000, 0, 0}, {37500, 2000, 0}, {50000, 0, 2},
        {8300, 700, 1}, {0, 1000, 0}, {3000, 1000, 3},
    };
    std::vector<std::unique_ptr<TlmWorld>> worlds;
    int n_failed = 0;
    size_t n_worlds = 0, n_lines = 0, n_rich = 0;

    sc_core::sc_set_time_resolution(1, sc_core::SC_PS);
    for (const sim_mem_timing &timing : timings) {
        for (uint64_t seed = 1; seed <= 10; seed++) {
            const std::string name = "world" + std::to_string(worlds.size());
            worlds.push_back(std::make_unique<TlmWorld>(name.c_str(), seed, timing));
        }
    }
    sc_core::sc_start();
    for (const sim_mem_timing &timing : timings) {
        for (uint64_t seed = 1; seed <= 10; seed++) {
            const PlainWorld plain(seed, timing);
            const TlmWorld &systemc = *worlds[n_worlds++];

            n_failed += compare(plain, systemc, systemc.name());
            n_rich += has_everything(plain.log);
            n_lines += static_cast<size_t>(std::count(plain.log.begin(), plain.log.end(), '\n'));
        }
    }
    printf("%zu runs, %zu with back-pressure, %zu lines of facts, %d differ\n", n_worlds, n_rich,
           n_lines, n_failed);
    return n_failed || n_rich < n_worlds / 2;
}
