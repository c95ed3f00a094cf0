// SPDX-License-Identifier: BSD-2-Clause
// registers.cpp - what software does to registers, and what endpoints say: sockets regs, ats_req.
// Knows: offsets, widths, messages. Must not know: what a register means.
#include "sim/event.h"
#include "sim/systemc/front.h"

#include <cstring>

namespace iommusim_tlm
{

namespace
{

bool is_good(const front &f, tlm::tlm_generic_payload &trans)
{
    const uint64_t offset = trans.get_address();
    const unsigned n = trans.get_data_length();

    if (trans.get_command() == tlm::TLM_IGNORE_COMMAND)
        trans.set_response_status(tlm::TLM_COMMAND_ERROR_RESPONSE);
    else if (trans.get_byte_enable_ptr())
        trans.set_response_status(tlm::TLM_BYTE_ENABLE_ERROR_RESPONSE);
    else if ((n != 4 && n != 8) || trans.get_streaming_width() < n || offset % n)
        trans.set_response_status(tlm::TLM_BURST_ERROR_RESPONSE);
    else if (offset >= f.make.n_register_bytes || n > f.make.n_register_bytes - offset)
        trans.set_response_status(tlm::TLM_ADDRESS_ERROR_RESPONSE);
    else
        return true;
    return false;
}

/* The payload has a number in the host's order, as TLM wants it. */
uint64_t word_of(const tlm::tlm_generic_payload &trans)
{
    uint64_t wide;
    uint32_t narrow;

    if (trans.get_data_length() == sizeof(wide)) {
        std::memcpy(&wide, trans.get_data_ptr(), sizeof(wide));
        return wide;
    }
    std::memcpy(&narrow, trans.get_data_ptr(), sizeof(narrow));
    return narrow;
}

void put_word(tlm::tlm_generic_payload &trans, uint64_t value)
{
    const auto narrow = static_cast<uint32_t>(value);

    if (trans.get_data_length() == sizeof(value))
        std::memcpy(trans.get_data_ptr(), &value, sizeof(value));
    else
        std::memcpy(trans.get_data_ptr(), &narrow, sizeof(narrow));
}

void act(front &f, tlm::tlm_generic_payload &trans)
{
    const sim_iommu_ops *ops = f.model.ops;

    if (trans.is_read())
        put_word(trans, ops->reg_read(f.model.model, trans.get_address(), trans.get_data_length()));
    else
        ops->reg_write(f.model.model, trans.get_address(), trans.get_data_length(), word_of(trans));
    trans.set_response_status(tlm::TLM_OK_RESPONSE);
}

/* Page requests. */
bool ask(front &f, tlm::tlm_generic_payload &trans)
{
    const auto *m = trans.get_extension<message>();

    if (!m || m->what != message::page_request || trans.get_command() != tlm::TLM_IGNORE_COMMAND ||
        m->ask.group > UINT16_MAX || m->ask.access > UINT8_MAX) {
        trans.set_response_status(tlm::TLM_COMMAND_ERROR_RESPONSE);
        return false;
    }
    sim_page_request ours{};
    ours.address = m->ask.address;
    ours.requester = m->ask.requester;
    ours.has_pasid = m->ask.pasid != IOMMUSIM_NO_PASID;
    ours.pasid = ours.has_pasid ? m->ask.pasid : 0;
    ours.group = static_cast<uint16_t>(m->ask.group);
    ours.access = static_cast<uint8_t>(m->ask.access);
    ours.is_last = m->ask.is_last != 0;
    f.model.ops->page_request(f.model.model, &ours);
    trans.set_response_status(tlm::TLM_OK_RESPONSE);
    return true;
}

/* Does @what in its turn; the caller waits. Inside an event it is its turn already. */
void in_turn(front &f, sim_source &source, sc_core::sc_time &delay, std::function<void()> what)
{
    if (f.core->is_running()) {
        what();
        return;
    }
    sc_core::sc_event done("done");
    bool is_done = false;

    f.do_later(source, delay, [&] {
        what();
        is_done = true;
        done.notify(sc_core::SC_ZERO_TIME);
    });
    delay = sc_core::SC_ZERO_TIME;
    while (!is_done)
        sc_core::wait(done);
}

/* Both 4-phase targets: the request is done in its turn, and its answer ends both halves. */
template <class Socket>
tlm::tlm_sync_enum in_phases(front &f, sim_source &source, Socket &socket,
                             tlm::tlm_generic_payload &trans, const sc_core::sc_time &delay,
                             std::function<void()> what)
{
    if (f.core->is_running() && delay == sc_core::SC_ZERO_TIME) {
        what();
        return tlm::TLM_COMPLETED;
    }
    if (trans.has_mm())
        trans.acquire();
    f.do_later(source, delay, [&f, &socket, &trans, what] {
        tlm::tlm_phase phase = tlm::BEGIN_RESP;
        sc_core::sc_time now = sc_core::SC_ZERO_TIME;

        what();
        f.core->touch();
        const tlm::tlm_sync_enum sync = socket->nb_transport_bw(trans, phase, now);
        if ((sync == tlm::TLM_COMPLETED || phase == tlm::END_RESP) && trans.has_mm())
            trans.release();
    });
    return tlm::TLM_ACCEPTED;
}

tlm::tlm_sync_enum end_of(tlm::tlm_generic_payload &trans, const tlm::tlm_phase &phase)
{
    if (phase != tlm::END_RESP)
        return tlm::TLM_ACCEPTED;
    if (trans.has_mm())
        trans.release();
    return tlm::TLM_COMPLETED;
}

} // namespace

/* ---- registers ---- */

tlm::tlm_sync_enum register_port::nb_transport_fw(tlm::tlm_generic_payload &trans,
                                                  tlm::tlm_phase &phase, sc_core::sc_time &delay)
{
    if (phase != tlm::BEGIN_REQ)
        return end_of(trans, phase);
    if (!is_good(*f, trans))
        return tlm::TLM_COMPLETED;
    return in_phases(*f, source, f->module->regs, trans, delay, [this, &trans] { act(*f, trans); });
}

void register_port::b_transport(tlm::tlm_generic_payload &trans, sc_core::sc_time &delay)
{
    if (is_good(*f, trans))
        in_turn(*f, source, delay, [this, &trans] { act(*f, trans); });
}

bool register_port::get_direct_mem_ptr(tlm::tlm_generic_payload &trans, tlm::tlm_dmi &dmi)
{
    (void)trans;
    dmi.init();
    return false;
}

/* Reads have no effect; a write would have one. */
unsigned register_port::transport_dbg(tlm::tlm_generic_payload &trans)
{
    if (!trans.is_read() || !is_good(*f, trans))
        return 0;
    act(*f, trans);
    return trans.get_data_length();
}

/* ---- page requests ---- */

tlm::tlm_sync_enum endpoint_port::nb_transport_fw(tlm::tlm_generic_payload &trans,
                                                  tlm::tlm_phase &phase, sc_core::sc_time &delay)
{
    if (phase != tlm::BEGIN_REQ)
        return end_of(trans, phase);
    return in_phases(*f, source, f->module->ats_req, trans, delay,
                     [this, &trans] { (void)ask(*f, trans); });
}

void endpoint_port::b_transport(tlm::tlm_generic_payload &trans, sc_core::sc_time &delay)
{
    in_turn(*f, source, delay, [this, &trans] { (void)ask(*f, trans); });
}

bool endpoint_port::get_direct_mem_ptr(tlm::tlm_generic_payload &trans, tlm::tlm_dmi &dmi)
{
    (void)trans;
    dmi.init();
    return false;
}

unsigned endpoint_port::transport_dbg(tlm::tlm_generic_payload &trans)
{
    (void)trans;
    return 0;
}

} // namespace iommusim_tlm
