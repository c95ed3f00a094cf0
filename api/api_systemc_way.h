// SPDX-License-Identifier: BSD-2-Clause
// api_systemc_way.h - from a socket to a socket, and whoever listens hears what passes.
// Knows: TLM-2.0. Must not know: what it is heard for.
#ifndef API_SYSTEMC_WAY_H
#define API_SYSTEMC_WAY_H

#include "include/iommusim/systemc_recorder.h"

namespace iommusim_tlm
{

/** way - @before: a request comes; @after: it has been done, without an error. @may_point: false:
 * pointers are refused. transport_dbg counts if it writes. */
class way : public tlm::tlm_fw_transport_if<>, public tlm::tlm_bw_transport_if<>
{
  public:
    recorder::target *in = nullptr;
    recorder::initiator *out = nullptr;
    bool may_point = true;
    std::function<void(tlm::tlm_generic_payload &)> before, after;

    void connect(recorder::target &from, recorder::initiator &to)
    {
        in = &from;
        out = &to;
        from.bind(*this);
        to.bind(*this);
    }
    tlm::tlm_sync_enum nb_transport_fw(tlm::tlm_generic_payload &trans, tlm::tlm_phase &phase,
                                       sc_core::sc_time &delay) override
    {
        if (phase == tlm::BEGIN_REQ)
            before(trans);
        const bool is_end = phase == tlm::END_RESP;
        const tlm::tlm_sync_enum sync = (*out)->nb_transport_fw(trans, phase, delay);
        if (!is_end &&
            (sync == tlm::TLM_COMPLETED || (sync == tlm::TLM_UPDATED && phase == tlm::BEGIN_RESP)))
            over(trans);
        return sync;
    }
    tlm::tlm_sync_enum nb_transport_bw(tlm::tlm_generic_payload &trans, tlm::tlm_phase &phase,
                                       sc_core::sc_time &delay) override
    {
        if (phase == tlm::BEGIN_RESP)
            over(trans);
        return (*in)->nb_transport_bw(trans, phase, delay);
    }
    void b_transport(tlm::tlm_generic_payload &trans, sc_core::sc_time &delay) override
    {
        before(trans);
        (*out)->b_transport(trans, delay);
        over(trans);
    }
    bool get_direct_mem_ptr(tlm::tlm_generic_payload &trans, tlm::tlm_dmi &dmi) override
    {
        if (may_point)
            return (*out)->get_direct_mem_ptr(trans, dmi);
        dmi.init();
        return false;
    }
    void invalidate_direct_mem_ptr(sc_dt::uint64 start, sc_dt::uint64 end) override
    {
        (*in)->invalidate_direct_mem_ptr(start, end);
    }
    unsigned transport_dbg(tlm::tlm_generic_payload &trans) override
    {
        if (trans.is_write())
            before(trans);
        const unsigned n = (*out)->transport_dbg(trans);
        if (trans.is_write() && n == trans.get_data_length())
            after(trans);
        return n;
    }

  private:
    void over(tlm::tlm_generic_payload &trans)
    {
        if (!may_point)
            trans.set_dmi_allowed(false);
        if (trans.is_response_ok())
            after(trans);
    }
};

} // namespace iommusim_tlm

#endif
