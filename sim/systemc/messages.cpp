// SPDX-License-Identifier: BSD-2-Clause
// messages.cpp - what a unit says to endpoints: socket ats_inv; and the extensions.
// Knows: messages, their answers. Must not know: who answers.
#include "sim/event.h"
#include "sim/systemc/front.h"

namespace iommusim_tlm
{

namespace
{

uint32_t pasid_of(bool has_pasid, uint32_t pasid)
{
    return has_pasid ? pasid : IOMMUSIM_NO_PASID;
}

} // namespace

/* Messages are few: each is made when it is sent. */
void invalidation_port::free(tlm::tlm_generic_payload *trans)
{
    trans->free_all_extensions();
    delete trans;
}

void invalidation_port::send(const message &what)
{
    if (!socket->size())
        return;
    auto *trans = new tlm::tlm_generic_payload(this);

    trans->set_extension(new message(what));
    trans->acquire();
    trans->set_command(tlm::TLM_IGNORE_COMMAND);
    trans->set_address(what.what == message::invalidation ? what.inv.address : 0);
    trans->set_data_length(0);
    waiting.push_back(trans);
    pump();
}

void invalidation_port::pump()
{
    if (is_pumping)
        return;
    is_pumping = true;
    while (!begun && !waiting.empty()) {
        tlm::tlm_phase phase = tlm::BEGIN_REQ;
        sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
        tlm::tlm_generic_payload *trans = waiting.front();

        waiting.pop_front();
        begun = trans;
        f->core->touch();
        const tlm::tlm_sync_enum sync = (*socket)->nb_transport_fw(*trans, phase, delay);
        if (sync == tlm::TLM_ACCEPTED)
            continue;
        if (begun == trans)
            begun = nullptr;
        if (sync == tlm::TLM_UPDATED && phase != tlm::BEGIN_RESP)
            continue;
        if (sync == tlm::TLM_UPDATED) {
            sc_core::sc_time now = delay;

            phase = tlm::END_RESP;
            (void)(*socket)->nb_transport_fw(*trans, phase, now);
        }
        ended(*trans, delay);
    }
    is_pumping = false;
}

/* The answer comes to the model as an event, unless it comes from one. */
void invalidation_port::ended(tlm::tlm_generic_payload &trans, const sc_core::sc_time &delay)
{
    const message m = *trans.get_extension<message>();

    trans.release();
    if (m.what != message::invalidation)
        return;
    if (f->core->is_running() && !is_pumping && delay == sc_core::SC_ZERO_TIME) {
        f->model.ops->ats_complete(f->model.model, m.inv.itag);
        return;
    }
    f->do_later(source, delay,
                [this, m] { f->model.ops->ats_complete(f->model.model, m.inv.itag); });
}

tlm::tlm_sync_enum invalidation_port::nb_transport_bw(tlm::tlm_generic_payload &trans,
                                                      tlm::tlm_phase &phase,
                                                      sc_core::sc_time &delay)
{
    tlm::tlm_sync_enum sync = tlm::TLM_ACCEPTED;

    if (phase != tlm::END_REQ && phase != tlm::BEGIN_RESP)
        return tlm::TLM_ACCEPTED;
    if (begun == &trans)
        begun = nullptr;
    if (phase == tlm::BEGIN_RESP) {
        ended(trans, delay);
        phase = tlm::END_RESP;
        sync = tlm::TLM_COMPLETED;
    }
    pump();
    return sync;
}

void invalidation_port::invalidate_direct_mem_ptr(sc_dt::uint64, sc_dt::uint64)
{
}

void front::on_ats_inv(void *ctx, const sim_ats_inv *inv)
{
    auto *f = static_cast<front *>(ctx);
    message m;

    if (f->is_looking)
        return;
    m.what = message::invalidation;
    m.inv.address = inv->address;
    m.inv.n_bytes = inv->n_bytes;
    m.inv.requester = inv->requester;
    m.inv.pasid = pasid_of(inv->has_pasid, inv->pasid);
    m.inv.itag = inv->itag;
    m.inv.is_global = inv->is_global;
    m.inv.is_whole = inv->is_whole;
    f->invalidations.send(m);
}

void front::on_page_response(void *ctx, const sim_page_response *response)
{
    auto *f = static_cast<front *>(ctx);
    message m;

    if (f->is_looking)
        return;
    m.what = message::page_response;
    m.answer.requester = response->requester;
    m.answer.pasid = pasid_of(response->has_pasid, response->pasid);
    m.answer.group = response->group;
    m.answer.code = response->code;
    f->invalidations.send(m);
}

/* ---- extensions ---- */

tlm::tlm_extension_base *request::clone() const
{
    auto *copy = new request;

    copy->copy_from(*this);
    return copy;
}

void request::copy_from(const tlm::tlm_extension_base &other)
{
    *this = static_cast<const request &>(other);
}

tlm::tlm_extension_base *access::clone() const
{
    auto *copy = new access;

    copy->copy_from(*this);
    return copy;
}

void access::copy_from(const tlm::tlm_extension_base &other)
{
    *this = static_cast<const access &>(other);
}

tlm::tlm_extension_base *message::clone() const
{
    auto *copy = new message;

    copy->copy_from(*this);
    return copy;
}

void message::copy_from(const tlm::tlm_extension_base &other)
{
    *this = static_cast<const message &>(other);
}

} // namespace iommusim_tlm
