// SPDX-License-Identifier: BSD-2-Clause
// platform_memory.h - a platform's memory behind a unit, which answers when it likes and in which
// order it likes; and the same answers again for a unit without SystemC.
// Knows: accesses, phases, times. Must not know: what they are for.
#ifndef TESTS_SYSTEMC_PLATFORM_MEMORY_H
#define TESTS_SYSTEMC_PLATFORM_MEMORY_H

#include "cli/replay_machine.h"
#include "cli/replay_unit.h"
#include "include/iommusim/systemc.h"
#include "sim/mem.h"
#include "sim/record.h"

#include <cstring>
#include <deque>
#include <functional>
#include <map>
#include <random>
#include <vector>

namespace behind
{

/* When an access had its effect, and when the unit was told. */
struct Moment {
    uint64_t moved_ps = UINT64_MAX, told_ps = UINT64_MAX;
};

/* Of each socket the accesses in the order in which the unit asked: 0 ptw, 1 downstream. */
struct Moments {
    std::deque<Moment> of[2];

    static size_t socket_of(const sim_access &a)
    {
        return a.structure == SIM_S_OTHER;
    }
};

/* Chance or not; bytes are the replay's, because its software stores without a socket. */
class PlatformMemory : public sc_core::sc_module
{
  public:
    struct Way : tlm::tlm_fw_transport_if<> {
        PlatformMemory *m = nullptr;
        size_t index = 0;
        tlm::tlm_sync_enum nb_transport_fw(tlm::tlm_generic_payload &trans, tlm::tlm_phase &phase,
                                           sc_core::sc_time &delay) override
        {
            return m->forward(index, trans, phase, delay);
        }
        void b_transport(tlm::tlm_generic_payload &trans, sc_core::sc_time &) override
        {
            trans.set_response_status(tlm::TLM_GENERIC_ERROR_RESPONSE);
        }
        bool get_direct_mem_ptr(tlm::tlm_generic_payload &, tlm::tlm_dmi &) override
        {
            return false;
        }
        unsigned transport_dbg(tlm::tlm_generic_payload &) override
        {
            return 0;
        }
    };
    sc_core::sc_vector<tlm::tlm_target_socket<32>> sockets{"sockets", 2};
    Moments moments;
    std::function<sim_mem *()> bytes;
    sim_queue *queue = nullptr;
    sim_mem_timing timing{};
    bool is_random = false;
    std::mt19937_64 random{1};

    explicit PlatformMemory(const sc_core::sc_module_name &name) : sc_module(name)
    {
        for (size_t i = 0; i < 2; i++) {
            ways[i].m = this;
            ways[i].index = i;
            sockets[i].bind(ways[i]);
        }
        sc_core::sc_spawn_options options;
        options.spawn_method();
        options.dont_initialize();
        options.set_sensitivity(&due);
        sc_core::sc_spawn([this] { run(); }, "run", &options);
    }

  private:
    struct Step {
        size_t index;
        tlm::tlm_generic_payload *trans;
        Moment *moment;
        bool is_end_of_request;
    };
    /* Nothing happens in it; but a replay moves on when nothing can happen before. */
    struct Sign {
        sim_event event{};
        PlatformMemory *m = nullptr;
    };
    Way ways[2];
    std::multimap<uint64_t, Step> steps;
    sc_core::sc_event due{"due"};
    uint64_t next_start_ps = 0;
    std::deque<uint64_t> slots;
    std::deque<Sign> signs;
    std::vector<Sign *> idle_signs;
    sim_source sign_source{SIM_RANK_OBSERVER, 0x7fff, 0};

    static uint64_t now()
    {
        return iommusim_tlm::event_core::now_ps();
    }
    uint64_t chance(uint64_t max_ps)
    {
        return random() % max_ps;
    }
    void at(uint64_t time_ps, const Step &step)
    {
        steps.emplace(time_ps, step);
        due.notify(iommusim_tlm::event_core::time_of(steps.begin()->first - now()));
        if (idle_signs.empty()) {
            signs.emplace_back();
            idle_signs.push_back(&signs.back());
        }
        Sign *sign = idle_signs.back();
        idle_signs.pop_back();
        sign->m = this;
        sign->event.ctx = sign;
        sign->event.fn = [](void *ctx) {
            auto *over = static_cast<Sign *>(ctx);
            over->m->idle_signs.push_back(over);
        };
        sim_queue_at(queue, &sign_source, time_ps, &sign->event);
    }
    void move(tlm::tlm_generic_payload &trans, Moment *moment)
    {
        auto *ext = trans.get_extension<iommusim_tlm::access>();
        sim_access a{};

        a.pa = trans.get_address();
        a.n_bytes = trans.get_data_length();
        a.op = ext->is_swap ? SIM_ACCESS_CAS : trans.is_read() ? SIM_ACCESS_READ : SIM_ACCESS_WRITE;
        if (ext->is_swap) {
            std::memcpy(a.compare, ext->compare, sizeof(a.compare));
            std::memcpy(a.data, ext->desired, sizeof(ext->desired));
        } else if (trans.is_write()) {
            std::memcpy(a.data, trans.get_data_ptr(), a.n_bytes);
        }
        sim_mem_access(bytes(), &a, false);
        if (a.op != SIM_ACCESS_WRITE)
            std::memcpy(trans.get_data_ptr(), a.data, a.n_bytes);
        ext->was_swapped = ext->is_swap;
        trans.set_response_status(a.status == SIM_ACCESS_OK ? tlm::TLM_OK_RESPONSE
                                                            : tlm::TLM_ADDRESS_ERROR_RESPONSE);
        moment->moved_ps = now();
    }
    /* As docs/config.md says of section mem, made anew. */
    uint64_t fixed_end()
    {
        uint64_t start = std::max(now(), next_start_ps);

        if (timing.n_slots && slots.size() == timing.n_slots) {
            start = std::max(start, slots.front());
            slots.pop_front();
        }
        next_start_ps = start + timing.interval_ps;
        slots.push_back(start + timing.latency_ps);
        if (!timing.n_slots)
            slots.clear();
        return start + timing.latency_ps;
    }
    tlm::tlm_sync_enum forward(size_t index, tlm::tlm_generic_payload &trans, tlm::tlm_phase &phase,
                               sc_core::sc_time &delay)
    {
        if (phase != tlm::BEGIN_REQ) {
            std::fprintf(stderr, "platform_memory: every answer is taken at once\n");
            std::abort();
        }
        moments.of[index].emplace_back();
        Moment *moment = &moments.of[index].back();
        const unsigned dice = is_random ? static_cast<unsigned>(random() % 8) : 7;
        const uint64_t ps = chance(300000);

        if (dice == 0) { /* all in the call, with a time to come */
            move(trans, moment);
            moment->told_ps = now() + ps;
            delay += iommusim_tlm::event_core::time_of(ps);
            return tlm::TLM_COMPLETED;
        }
        trans.acquire();
        const uint64_t end = is_random ? now() + ps : fixed_end();
        if (dice == 1) /* a busy bus: END_REQ comes late */
            at(now() + chance(ps + 1), {index, &trans, nullptr, true});
        at(end, {index, &trans, moment, false});
        if (dice <= 2) /* 2: BEGIN_RESP stands for END_REQ, too */
            return tlm::TLM_ACCEPTED;
        phase = tlm::END_REQ;
        return tlm::TLM_UPDATED;
    }
    void run()
    {
        while (!steps.empty() && steps.begin()->first <= now()) {
            const Step step = steps.begin()->second;
            tlm::tlm_phase phase = step.is_end_of_request ? tlm::END_REQ : tlm::BEGIN_RESP;
            sc_core::sc_time none = sc_core::SC_ZERO_TIME;

            steps.erase(steps.begin());
            if (!step.is_end_of_request) {
                move(*step.trans, step.moment);
                step.moment->told_ps = now();
            }
            (void)sockets[step.index]->nb_transport_bw(*step.trans, phase, none);
            if (!step.is_end_of_request)
                step.trans->release();
        }
        if (!steps.empty())
            due.notify(iommusim_tlm::event_core::time_of(steps.begin()->first - now()));
    }
};

/* Memory of a unit without SystemC: with the moments of somebody else's, or @timing, finer than the
 * settings, which have nanoseconds. */
class ToldMemory
{
  public:
    replay_front front{};
    std::function<sim_mem *()> bytes;
    std::vector<const Moments *> moments; /* of each unit */
    const sim_mem_timing *timing = nullptr;
    uint64_t n_missing = 0;

    ToldMemory()
    {
        front.make = make;
        front.ctx = this;
    }
    ~ToldMemory()
    {
        for (UnitPort &unit : units)
            sim_mem_port_free(unit.timed);
    }
    ToldMemory(const ToldMemory &) = delete;

  private:
    struct Flight {
        sim_event moved{}, told{};
        sim_access *a = nullptr;
        ToldMemory *m = nullptr;
    };
    struct UnitPort {
        ToldMemory *m = nullptr;
        sim_port port{}, outer{};
        sim_queue *queue = nullptr;
        const Moments *moments = nullptr;
        uint64_t n_asked[2] = {};
        uint64_t n = 0;
        size_t index = 0;
        sim_mem_port *timed = nullptr;
    };
    std::deque<UnitPort> units;
    std::deque<Flight> flights;
    std::vector<Flight *> idle;

    static int make(void *ctx, const replay_unit_wiring *w, sim_iommu *out)
    {
        static const sim_port_ops ops = {
            on_access,
            [](void *c, sim_irq source, bool level) {
                outer(c).ops->irq(outer(c).ctx, source, level);
            },
            [](void *c, const sim_ats_inv *inv) { outer(c).ops->ats_inv(outer(c).ctx, inv); },
            [](void *c, const sim_page_response *r) {
                outer(c).ops->page_response(outer(c).ctx, r);
            },
            [](void *c) { outer(c).ops->flush_writes(outer(c).ctx); },
        };
        auto *m = static_cast<ToldMemory *>(ctx);
        replay_unit_wiring inner = *w;

        m->units.emplace_back();
        UnitPort &unit = m->units.back();
        unit.m = m;
        unit.port = {&ops, &unit};
        unit.outer = *w->port;
        unit.queue = w->queue;
        unit.index = w->index;
        unit.moments = m->moments.at(w->index);
        inner.port = &unit.port;
        return replay_unit_new(&inner, out);
    }
    static const sim_port &outer(void *ctx)
    {
        return static_cast<UnitPort *>(ctx)->outer;
    }
    static void on_access(void *ctx, sim_access *a)
    {
        auto *unit = static_cast<UnitPort *>(ctx);
        ToldMemory *m = unit->m;

        if (m->timing) {
            if (!unit->timed)
                unit->timed = sim_mem_port_new(m->bytes(), unit->queue, m->timing,
                                               static_cast<uint16_t>(unit->index), false);
            sim_mem_port_access(unit->timed, a);
            return;
        }
        const size_t socket = Moments::socket_of(*a);
        const uint64_t k = unit->n_asked[socket]++, now = sim_queue_now_ps(unit->queue);
        Moment moment;

        if (k < unit->moments->of[socket].size())
            moment = unit->moments->of[socket][k];
        if (moment.told_ps == UINT64_MAX || moment.moved_ps < now) {
            m->n_missing++;
            moment = {now, now};
        }
        if (m->idle.empty()) {
            m->flights.emplace_back();
            m->idle.push_back(&m->flights.back());
        }
        Flight *fl = m->idle.back();
        m->idle.pop_back();
        fl->a = a;
        fl->m = m;
        sim_source source{SIM_RANK_MEMORY, static_cast<uint16_t>(unit->index), 2 * unit->n++};
        fl->moved.ctx = fl->told.ctx = fl;
        fl->moved.fn = on_moved;
        fl->told.fn = on_told;
        if (moment.moved_ps == now)
            on_moved(fl);
        else
            sim_queue_at(unit->queue, &source, moment.moved_ps, &fl->moved);
        source.next |= 1;
        sim_queue_at(unit->queue, &source, moment.told_ps, &fl->told);
    }
    static void on_moved(void *ctx)
    {
        auto *fl = static_cast<Flight *>(ctx);

        sim_mem_access(fl->m->bytes(), fl->a, false);
    }
    static void on_told(void *ctx)
    {
        auto *fl = static_cast<Flight *>(ctx);
        sim_access *a = fl->a;

        fl->m->idle.push_back(fl);
        a->done.fn(a->done.ctx);
    }
};

} // namespace behind

#endif
