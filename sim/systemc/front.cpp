// SPDX-License-Identifier: BSD-2-Clause
// front.cpp - a unit's SystemC side: sockets, wires and model bound together.
// Knows: who is connected to whom. Must not know: any architecture.
#include "sim/systemc/front.h"

#include "sim/event.h"
#include "sim/time.h"

namespace iommusim_tlm
{

namespace
{

constexpr size_t kLaters = 256, kPages = 8192, kPageBytes = 4096;
constexpr uint16_t kFirstPort = 0x8000;                   /* of sources: below are others' */
constexpr uint16_t kPortsOfUnit = 128, kMaxUpstream = 60; /* of phases, and of threads */

/* After which an answer that was given may not be given any more: a command is complete (what it
 * invalidates is gone from every array, and software is not told before), a register is written or
 * takes effect. */
constexpr uint64_t kChanges = UINT64_C(1) << SIM_FACT_CMD_COMPLETED | UINT64_C(1)
                                                                          << SIM_FACT_REG_WRITTEN;

} // namespace

/* ---- what the model tells ---- */

void front::on_fact(void *ctx, const sim_fact *fact)
{
    auto *f = static_cast<front *>(ctx);

    if (f->is_looking)
        return;
    if (kChanges >> fact->kind & 1)
        f->forget();
    if (f->make.outer)
        sim_tap_emit(f->make.outer, fact);
    if (!f->tell)
        return;
    const sim_fact_info &info = sim_fact_infos[fact->kind];
    iommusim_fact theirs{};
    theirs.time_ps = fact->time_ps;
    theirs.name = info.json;
    while (theirs.n_args < IOMMUSIM_FACT_ARGS && info.arg[theirs.n_args][0] != '-') {
        theirs.arg_name[theirs.n_args] = info.arg[theirs.n_args];
        theirs.arg[theirs.n_args] = fact->arg[theirs.n_args];
        theirs.n_args++;
    }
    f->tell(theirs);
}

void front::on_irq(void *ctx, sim_irq source, bool level)
{
    auto *f = static_cast<front *>(ctx);

    if (f->is_looking)
        return;
    if (f->make.aside)
        f->make.aside->ops->irq(f->make.aside->ctx, source, level);
    f->levels[source].is_high = level;
    if (level) /* both architectures send edges */
        f->levels[source].until_ps = event_core::now_ps() + event_core::ps_of(f->module->irq_pulse);
    f->irq_changed.notify(sc_core::SC_ZERO_TIME);
    f->core->touch();
}

/* A platform has no buffer of stores that we know of. */
void front::on_flush(void *ctx)
{
    auto *f = static_cast<front *>(ctx);

    if (!f->is_looking && f->make.aside)
        f->make.aside->ops->flush_writes(f->make.aside->ctx);
}

/* ---- turns ---- */

void front::do_later(sim_source &source, const sc_core::sc_time &delay, std::function<void()> what)
{
    if (free_laters.empty()) {
        SC_REPORT_FATAL("iommusim", "too many calls wait for their turn");
        return;
    }
    later *l = free_laters.back();
    sim_event &event = later_events[static_cast<size_t>(l - laters.data())];

    free_laters.pop_back();
    l->what = std::move(what);
    event.fn = on_later;
    event.ctx = l;
    sim_queue_at(core->queue(), &source, core->due_ps(delay), &event);
    if (!core->is_running())
        core->kick();
}

void front::on_later(void *ctx)
{
    auto *l = static_cast<later *>(ctx);

    if (l->f->is_looking)
        return;
    const std::function<void()> what = std::move(l->what);
    l->f->free_laters.push_back(l);
    l->f->core->touch();
    what();
}

/* ---- life ---- */

front::front(iommu *owner, event_core *runs, const maker &made, unsigned n_upstream)
    : module(owner), core(runs), number(runs->join()), make(made), up(n_upstream), jobs(kJobs),
      laters(kLaters), later_events(kLaters), pages(kPages), irq_changed("irq_changed"),
      scratch(kPageBytes)
{
    static const sim_port_ops ops = {on_access, on_irq, on_ats_inv, on_page_response, on_flush};
    const auto first = static_cast<uint16_t>(kFirstPort + number * kPortsOfUnit);

    if (n_upstream == 0 || n_upstream > kMaxUpstream)
        SC_REPORT_FATAL("iommusim", "from 1 to 60 upstream ports");
    port = {&ops, this};
    /* The model keeps a copy. It answers a hit in its micro TLB by one event more if somebody wants
     * to know, so nobody may want what @outer does not: the order would not be its own. */
    tap = {make.outer ? make.outer->wanted | kChanges : (UINT64_C(1) << SIM_N_FACTS) - 1, on_fact,
           this};
    for (job &j : jobs)
        free_jobs.push_back(&j);
    for (later &l : laters) {
        l.f = this;
        free_laters.push_back(&l);
    }
    for (unsigned i = 0; i < n_upstream; i++) {
        up[i].f = this;
        up[i].index = i;
        up[i].source = {SIM_RANK_ENDPOINT, static_cast<uint16_t>(first + 4 + 2 * i), 0};
    }
    retry_source = {SIM_RANK_ENDPOINT, first, 0};
    retry_event.fn = on_retry;
    retry_event.ctx = this;
    registers.f = this;
    registers.source = {SIM_RANK_SOFTWARE, first, 0};
    endpoints.f = this;
    endpoints.source = {SIM_RANK_ENDPOINT, static_cast<uint16_t>(first + 1), 0};
    invalidations.f = this;
    invalidations.socket = &owner->ats_inv;
    invalidations.source = {SIM_RANK_LINK, first, 0};
    ptw.f = downstream.f = this;
    ptw.source = {SIM_RANK_LINK, static_cast<uint16_t>(first + 1), 0};
    downstream.source = {SIM_RANK_LINK, static_cast<uint16_t>(first + 2), 0};
    ptw.socket = &owner->ptw;
    downstream.socket = &owner->downstream;
    if (make.make(make.config, number, core->queue(), &port, &tap, &model))
        SC_REPORT_FATAL("iommusim", "the configuration does not fit, or no memory");
}

front::~front()
{
    sim_snapshot_free(snapshot);
    if (model.ops)
        model.ops->free(model.model);
    for (flight &fl : flights)
        fl.free_all_extensions();
}

iommu::iommu(const sc_core::sc_module_name &name, unsigned n_upstream, event_core *runs,
             const maker &make)
    : sc_module(name), upstream("upstream", n_upstream), regs("regs"), ats_req("ats_req"),
      ptw("ptw"), downstream("downstream"), ats_inv("ats_inv"), irq("irq", n_irqs), reset("reset"),
      lt_hit(2, sc_core::SC_NS), irq_pulse(1, sc_core::SC_NS)
{
    if (!runs)
        own_core = std::make_unique<event_core>("core");
    f = std::make_unique<front>(this, runs ? runs : own_core.get(), make, n_upstream);
    for (unsigned i = 0; i < n_upstream; i++)
        upstream[i].bind(f->up[i]);
    regs.bind(f->registers);
    ats_req.bind(f->endpoints);
    ptw.bind(f->ptw);
    downstream.bind(f->downstream);
    ats_inv.bind(f->invalidations);
}

iommu::~iommu() = default;

void iommu::end_of_elaboration()
{
    sc_core::sc_spawn_options wires, line;

    wires.spawn_method();
    wires.dont_initialize();
    wires.set_sensitivity(&f->irq_changed);
    sc_core::sc_spawn([this] { drive(); }, "drive", &wires);
    if (!reset.size())
        return;
    line.spawn_method();
    line.dont_initialize();
    line.set_sensitivity(&reset->value_changed_event());
    sc_core::sc_spawn([this] { on_reset(); }, "on_reset", &line);
}

/* The wires show what the model wants; the ends of pulses come by themselves. */
void iommu::drive()
{
    const uint64_t now = event_core::now_ps();
    uint64_t next = SIM_TIME_NEVER;

    for (unsigned i = 0; i < n_irqs; i++) {
        front::level &l = f->levels[i];

        if (l.until_ps && l.until_ps <= now)
            l = {false, 0};
        if (l.until_ps && l.until_ps < next)
            next = l.until_ps;
        if (irq[i].size())
            irq[i]->write(l.is_high);
    }
    if (next != SIM_TIME_NEVER)
        f->irq_changed.notify(event_core::time_of(next - now));
}

void iommu::on_reset()
{
    if (!reset->read())
        return;
    f->do_later(f->registers.source, sc_core::SC_ZERO_TIME, [this] {
        f->forget();
        f->model.ops->reset(f->model.model);
    });
}

void iommu::stream(unsigned port, uint32_t requester, uint32_t pasid)
{
    f->up.at(port).requester = requester;
    f->up.at(port).pasid = pasid;
}

void iommu::on_fact(std::function<void(const struct iommusim_fact &)> fact)
{
    f->tell = std::move(fact);
}

const statistics &iommu::stats() const
{
    if (f->make.count)
        f->make.count(f->model.model, &f->stats.n_tlb_hits, &f->stats.n_walks);
    return f->stats;
}

event_core &iommu::core()
{
    return *f->core;
}

} // namespace iommusim_tlm
