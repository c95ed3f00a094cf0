// SPDX-License-Identifier: BSD-2-Clause
// memory.cpp - the model's accesses as requests to the platform: sockets ptw and downstream.
// Knows: struct sim_access, payloads. Must not know: what the model reads.
#include "sim/diag.h"
#include "sim/event.h"
#include "sim/record.h"
#include "sim/systemc/front.h"

#include <cstring>

namespace iommusim_tlm
{

void front::on_access(void *ctx, sim_access *a)
{
    auto *f = static_cast<front *>(ctx);

    if (f->is_looking) {
        f->look_access(a);
        return;
    }
    if (f->free_flights.empty()) {
        f->flights.emplace_back();
        flight *fresh = &f->flights.back();
        fresh->f = f;
        fresh->words = new access;
        fresh->set_extension(fresh->words);
        fresh->set_mm(f);
        f->free_flights.push_back(fresh);
    }
    flight *fl = f->free_flights.back();
    f->free_flights.pop_back();
    fl->acquire();
    fl->a = a;
    fl->is_used = true;
    fl->is_write_of_swap = false;
    fl->via = a->structure == SIM_S_OTHER ? &f->downstream : &f->ptw;
    fl->words->structure = a->structure;
    fl->words->is_unsnooped = a->is_unsnooped;
    fl->words->is_swap = a->op == SIM_ACCESS_CAS;
    fl->words->was_swapped = false;
    f->stats.n_accesses++;
    f->stats.n_accesses_in_flight++;
    if (a->op != SIM_ACCESS_CAS) {
        f->begin(fl, a->op == SIM_ACCESS_READ ? tlm::TLM_READ_COMMAND : tlm::TLM_WRITE_COMMAND,
                 a->data);
        return;
    }
    std::memcpy(fl->words->compare, a->compare, sizeof(fl->words->compare));
    std::memcpy(fl->words->desired, a->data, sizeof(fl->words->desired));
    f->begin(fl, tlm::TLM_READ_COMMAND, fl->swap);
}

void front::begin(flight *fl, tlm::tlm_command command, uint8_t *data)
{
    fl->number = n_accesses++;
    fl->is_due = false;
    fl->set_command(command);
    fl->set_address(fl->a->pa);
    fl->set_data_ptr(data);
    fl->set_data_length(fl->a->n_bytes);
    fl->set_streaming_width(fl->a->n_bytes);
    fl->set_byte_enable_ptr(nullptr);
    fl->set_dmi_allowed(false);
    fl->set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
    fl->via->waiting.push_back(fl);
    in_access++;
    fl->via->pump();
    in_access--;
}

/* One request at a time: the next BEGIN_REQ waits for the END_REQ of this one. */
void memory_port::pump()
{
    if (is_pumping)
        return;
    is_pumping = true;
    while (!begun && !waiting.empty()) {
        tlm::tlm_phase phase = tlm::BEGIN_REQ;
        sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
        flight *fl = waiting.front();

        waiting.pop_front();
        begun = fl;
        f->core->touch();
        const tlm::tlm_sync_enum sync = (*socket)->nb_transport_fw(*fl, phase, delay);
        if (sync == tlm::TLM_ACCEPTED)
            continue; /* begun is cleared by END_REQ, if it was not already */
        if (begun == fl)
            begun = nullptr;
        if (sync == tlm::TLM_COMPLETED) {
            f->response(fl, delay);
        } else if (phase == tlm::BEGIN_RESP) {
            sc_core::sc_time now = delay;

            phase = tlm::END_RESP;
            (void)(*socket)->nb_transport_fw(*fl, phase, now);
            f->response(fl, delay);
        }
    }
    is_pumping = false;
}

tlm::tlm_sync_enum memory_port::nb_transport_bw(tlm::tlm_generic_payload &trans,
                                                tlm::tlm_phase &phase, sc_core::sc_time &delay)
{
    auto *fl = static_cast<flight *>(&trans);
    tlm::tlm_sync_enum sync = tlm::TLM_ACCEPTED;

    if (phase != tlm::END_REQ && phase != tlm::BEGIN_RESP)
        return tlm::TLM_ACCEPTED;
    if (begun == fl)
        begun = nullptr;
    if (phase == tlm::BEGIN_RESP) {
        f->response(fl, delay);
        phase = tlm::END_RESP;
        sync = tlm::TLM_COMPLETED;
    }
    if (!begun && !waiting.empty() && !f->core->is_running()) /* not from within this call */
        f->do_later(source, sc_core::SC_ZERO_TIME, [this] { pump(); });
    else
        pump();
    return sync;
}

/* Pointers that were handed on lead where the platform takes one back. */
void memory_port::invalidate_direct_mem_ptr(sc_dt::uint64, sc_dt::uint64)
{
    f->forget();
}

/* An answer becomes an event with the key that its request has. One that comes from an event of
 * the same core has that already. */
void front::response(flight *fl, const sc_core::sc_time &delay)
{
    if (!in_access && core->is_running() && delay == sc_core::SC_ZERO_TIME) {
        complete(fl);
        return;
    }
    sim_source source{SIM_RANK_MEMORY, static_cast<uint16_t>(number), fl->number};
    fl->is_due = true;
    fl->a->event.fn = on_complete;
    fl->a->event.ctx = fl;
    sim_queue_at(core->queue(), &source, core->due_ps(delay), &fl->a->event);
    if (!core->is_running())
        core->kick();
}

void front::on_complete(void *ctx)
{
    auto *fl = static_cast<flight *>(ctx);
    sim_access *a = fl->a;

    if (!fl->f->is_looking) {
        fl->f->complete(fl);
        return;
    }
    a->status = fl->is_response_ok() ? SIM_ACCESS_OK : SIM_ACCESS_ABORT;
    if (a->op == SIM_ACCESS_CAS)
        std::memcpy(a->data, fl->swap, a->n_bytes);
    a->done.fn(a->done.ctx);
}

void front::complete(flight *fl)
{
    sim_access *a = fl->a;
    const bool is_ok = fl->is_response_ok();
    const bool is_swap = a->op == SIM_ACCESS_CAS;

    if (is_swap && is_ok && !fl->words->was_swapped && !fl->is_write_of_swap &&
        std::memcmp(fl->swap, fl->words->compare, a->n_bytes) == 0) {
        fl->is_write_of_swap = true;
        begin(fl, tlm::TLM_WRITE_COMMAND, fl->words->desired);
        return;
    }
    if (is_swap)
        std::memcpy(a->data, fl->swap, a->n_bytes);
    a->status = is_ok ? SIM_ACCESS_OK : SIM_ACCESS_ABORT;
    fl->is_used = false;
    stats.n_accesses_in_flight--;
    fl->release();
    a->done.fn(a->done.ctx);
}

void front::free(tlm::tlm_generic_payload *trans)
{
    free_flights.push_back(static_cast<flight *>(trans));
}

} // namespace iommusim_tlm
