// SPDX-License-Identifier: BSD-2-Clause
// event_core.cpp - the event core under SystemC: one SC_METHOD runs its events at their times.
// Knows: time, order, delta cycles. Must not know: what an event means.
#include "include/iommusim/systemc.h"
#include "sim/event.h"
#include "sim/time.h"

#include <algorithm>

namespace iommusim_tlm
{

namespace
{

/* What is due at an instant triggers in its first delta cycle. An answer to a call takes one cycle
 * to be noticed and one to be sent. */
constexpr unsigned kArrivalDeltas = 1, kAnswerDeltas = 2;

uint64_t ticks_per_ps()
{
    static_assert(sizeof(sc_dt::uint64) == sizeof(uint64_t));
    const uint64_t ticks = sc_core::sc_time(1, sc_core::SC_PS).value();

    if (ticks == 0 || sc_core::sc_get_time_resolution() > sc_core::sc_time(1, sc_core::SC_PS))
        SC_REPORT_FATAL("iommusim", "the resolution of time must be 1 ps or finer");
    return ticks;
}

} // namespace

struct event_core::state {
    sim_queue *queue;
    bool is_own;
    bool is_running = false;
    bool is_touched = false;
    bool is_held = false;
    bool is_wanted = false; /* of step: one event may run */
    unsigned n_users = 0;
    uint64_t ticks;                /* of SystemC's time in a picosecond */
    sc_dt::uint64 quiet_until = 0; /* a delta cycle: before it no event runs */
    uint64_t instant_ps = SIM_TIME_NEVER;
    sc_core::sc_event wake{"wake"}, stepped{"stepped"};
};

event_core::event_core(const sc_core::sc_module_name &name) : event_core(name, nullptr)
{
}

event_core::event_core(const sc_core::sc_module_name &name, sim_queue *queue)
    : sc_module(name), s(std::make_unique<state>())
{
    s->is_own = !queue;
    s->queue = queue ? queue : sim_queue_new();
    if (!s->queue)
        SC_REPORT_FATAL("iommusim", "no memory");
    s->ticks = ticks_per_ps();
    sc_core::sc_spawn_options options;
    options.spawn_method();
    options.dont_initialize();
    options.set_sensitivity(&s->wake);
    sc_core::sc_spawn([this] { run(); }, "run", &options);
}

event_core::~event_core()
{
    if (s->is_own)
        sim_queue_free(s->queue);
}

sim_queue *event_core::queue() const
{
    return s->queue;
}

bool event_core::is_running() const
{
    return s->is_running;
}

void event_core::kick()
{
    s->wake.notify(sc_core::SC_ZERO_TIME);
}

void event_core::touch()
{
    s->is_touched = true;
}

void event_core::hold()
{
    s->is_held = true;
}

bool event_core::step()
{
    if (sim_queue_next_ps(s->queue) == SIM_TIME_NEVER)
        return false;
    s->is_wanted = true;
    kick();
    while (s->is_wanted)
        sc_core::wait(s->stepped);
    return true;
}

unsigned event_core::join()
{
    return s->n_users++;
}

unsigned event_core::n_users() const
{
    return s->n_users;
}

uint64_t event_core::ps_of(const sc_core::sc_time &time)
{
    return time.value() / ticks_per_ps();
}

uint64_t event_core::now_ps()
{
    return ps_of(sc_core::sc_time_stamp());
}

sc_core::sc_time event_core::time_of(uint64_t time_ps)
{
    return sc_core::sc_time::from_value(time_ps * ticks_per_ps());
}

uint64_t event_core::due_ps(const sc_core::sc_time &delay) const
{
    const uint64_t now = sc_core::sc_time_stamp().value();

    return s->ticks == 1 ? now + delay.value() : now / s->ticks + delay.value() / s->ticks;
}

/* SystemC visits cost more than events do. So after an event that called the platform nobody
 * counts delta cycles if no other event is due: who brings one kicks, and then it waits for what is
 * left of them. */
void event_core::run()
{
    const uint64_t now = due_ps(sc_core::SC_ZERO_TIME);
    uint64_t next = sim_queue_next_ps(s->queue);

    if (next <= now && s->instant_ps != now) {
        s->instant_ps = now;
        s->quiet_until = std::max(s->quiet_until, sc_core::sc_delta_count() + kArrivalDeltas);
    }
    while (next <= now && (!s->is_held || s->is_wanted)) {
        if (sc_core::sc_delta_count() < s->quiet_until) {
            kick();
            return;
        }
        s->is_running = true;
        s->is_touched = false;
        (void)sim_queue_run_one(s->queue);
        s->is_running = false;
        if (s->is_wanted) {
            s->is_wanted = false;
            s->stepped.notify(sc_core::SC_ZERO_TIME);
        }
        if (s->is_touched)
            s->quiet_until = sc_core::sc_delta_count() + kAnswerDeltas;
        next = sim_queue_next_ps(s->queue);
    }
    if (next != SIM_TIME_NEVER && next > now)
        s->wake.notify(sc_core::sc_time::from_value((next - now) * s->ticks));
}

} // namespace iommusim_tlm
