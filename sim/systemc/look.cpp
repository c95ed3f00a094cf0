// SPDX-License-Identifier: BSD-2-Clause
// look.cpp - transport_dbg: a request runs on a copy of the unit's state, which is then put back.
// Knows: regions of state, the platform's transport_dbg. Must not know: what the model does.
#include "sim/event.h"
#include "sim/record.h"
#include "sim/systemc/front.h"
#include "sim/time.h"

#include <algorithm>

namespace iommusim_tlm
{

namespace
{

constexpr uint64_t kMaxEvents = 1000000;

unsigned debug(iommu::initiator &socket, tlm::tlm_command command, uint64_t pa, uint8_t *data,
               unsigned n_bytes)
{
    tlm::tlm_generic_payload trans;

    trans.set_command(command);
    trans.set_address(pa);
    trans.set_data_ptr(data);
    trans.set_data_length(n_bytes);
    trans.set_streaming_width(n_bytes);
    return socket->transport_dbg(trans);
}

} // namespace

/* Reads see memory as it is; writes go nowhere, and who compares and swaps believes it did. */
void front::on_looked(void *ctx)
{
    auto *a = static_cast<sim_access *>(ctx);
    auto *f = static_cast<front *>(a->port);
    iommu::initiator &socket = a->structure == SIM_S_OTHER ? f->module->downstream : f->module->ptw;
    bool is_ok = true;

    if (a->op != SIM_ACCESS_WRITE)
        is_ok = debug(socket, tlm::TLM_READ_COMMAND, a->pa, a->data, a->n_bytes) == a->n_bytes;
    a->status = is_ok ? SIM_ACCESS_OK : SIM_ACCESS_ABORT;
    a->done.fn(a->done.ctx);
}

void front::look_access(sim_access *a)
{
    sim_source source{SIM_RANK_MEMORY, static_cast<uint16_t>(number), look_number++};

    a->port = this;
    a->event.fn = on_looked;
    a->event.ctx = a;
    sim_queue_at(core->queue(), &source, sim_queue_now_ps(core->queue()), &a->event);
}

/* The state is saved; what is under way in the platform is over at once; data goes nowhere. */
bool front::look_begin()
{
    if (!snapshot) {
        snapshot = sim_snapshot_new();
        if (!snapshot || sim_queue_state(core->queue(), snapshot) ||
            make.state(make.config, model.model, snapshot) ||
            sim_snapshot_add(snapshot, jobs.data(), jobs.size() * sizeof(jobs[0])) ||
            sim_snapshot_add(snapshot, &retry_event, sizeof(retry_event)) ||
            sim_snapshot_add(snapshot, later_events.data(),
                             later_events.size() * sizeof(later_events[0])))
            SC_REPORT_FATAL("iommusim", "no memory");
    }
    if (sim_snapshot_take(snapshot))
        return false;
    is_looking = true;
    has_looked = false;
    look_number = n_accesses;
    for (job &j : jobs) {
        if (j.is_used && j.dma.data)
            j.dma.data = scratch.data();
    }
    for (flight &fl : flights) {
        if (!fl.is_used || fl.is_due)
            continue;
        sim_source source{SIM_RANK_MEMORY, static_cast<uint16_t>(number), fl.number};

        fl.a->port = this;
        fl.a->event.fn = on_looked;
        fl.a->event.ctx = fl.a;
        sim_queue_at(core->queue(), &source, sim_queue_now_ps(core->queue()), &fl.a->event);
    }
    return true;
}

/* The order of others' events cannot be copied, nor can the middle of an event. */
bool front::look(const who &key, uint64_t iova, uint64_t *pa)
{
    bool is_taken = false;

    if (core->n_users() > 1 || core->is_running() || !look_begin())
        return false;
    looked = job{};
    looked.owner = this;
    looked.dma.iova = iova;
    looked.n_bytes = 1;
    looked.key = key;
    for (uint64_t n = 0; !has_looked && n < kMaxEvents; n++) {
        if (!is_taken)
            is_taken = submit_look();
        if (!sim_queue_run_one(core->queue()))
            break;
    }
    const bool is_found = has_looked && looked.dma.status == SIM_DMA_OK;
    *pa = looked.dma.pa;
    sim_snapshot_restore(snapshot);
    is_looking = false;
    return is_found;
}

bool front::submit_look()
{
    const uint64_t n = stats.n_translations;
    const bool is_taken = submit(&looked);

    stats.n_translations = n;
    return is_taken;
}

unsigned upstream_port::transport_dbg(tlm::tlm_generic_payload &trans)
{
    unsigned n_done = 0;
    who key;

    if (trans.get_command() == tlm::TLM_IGNORE_COMMAND || !f->check(trans))
        return 0;
    f->read_key(*this, trans, &key);
    while (n_done < trans.get_data_length()) {
        const uint64_t iova = trans.get_address() + n_done;
        const auto n = static_cast<unsigned>(
            std::min<uint64_t>(4096 - iova % 4096, trans.get_data_length() - n_done));
        uint64_t pa;

        if (!f->look(key, iova, &pa))
            break;
        const unsigned moved =
            debug(f->module->downstream, trans.get_command(), pa, trans.get_data_ptr() + n_done, n);
        n_done += moved;
        if (moved < n)
            break;
    }
    return n_done;
}

} // namespace iommusim_tlm
