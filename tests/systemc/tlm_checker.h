// SPDX-License-Identifier: BSD-2-Clause
// tlm_checker.h - stands between two sockets and holds them to the rules of TLM-2.0's base
// protocol. Knows: phases, attributes. Must not know: what the sockets are for.
#ifndef TESTS_SYSTEMC_TLM_CHECKER_H
#define TESTS_SYSTEMC_TLM_CHECKER_H

#include <cinttypes>
#include <cstdio>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <systemc>
#include <tlm>

class TlmChecker : public sc_core::sc_module,
                   public tlm::tlm_fw_transport_if<>,
                   public tlm::tlm_bw_transport_if<>
{
  public:
    tlm::tlm_target_socket<32> in{"in"};
    tlm::tlm_initiator_socket<32> out{"out"};
    uint64_t n_transactions = 0, n_violations = 0, n_invalidations = 0;
    size_t max_in_flight = 0;

    explicit TlmChecker(const sc_core::sc_module_name &name) : sc_module(name)
    {
        in.bind(*this);
        out.bind(*this);
    }
    size_t n_unfinished() const
    {
        return open.size();
    }

    tlm::tlm_sync_enum nb_transport_fw(tlm::tlm_generic_payload &trans, tlm::tlm_phase &phase,
                                       sc_core::sc_time &delay) override
    {
        const tlm::tlm_phase before = phase;

        forward(trans, phase);
        if (before == tlm::BEGIN_REQ && takes && takes(trans)) {
            completed(trans, true);
            return tlm::TLM_COMPLETED;
        }
        const tlm::tlm_sync_enum sync = out->nb_transport_fw(trans, phase, delay);
        if (sync == tlm::TLM_UPDATED)
            backward(trans, phase);
        else if (sync == tlm::TLM_COMPLETED)
            completed(trans, before == tlm::BEGIN_REQ);
        return sync;
    }
    tlm::tlm_sync_enum nb_transport_bw(tlm::tlm_generic_payload &trans, tlm::tlm_phase &phase,
                                       sc_core::sc_time &delay) override
    {
        backward(trans, phase);
        const tlm::tlm_sync_enum sync = in->nb_transport_bw(trans, phase, delay);
        if (sync == tlm::TLM_UPDATED)
            forward(trans, phase);
        else if (sync == tlm::TLM_COMPLETED)
            completed(trans, false);
        return sync;
    }
    void b_transport(tlm::tlm_generic_payload &trans, sc_core::sc_time &delay) override
    {
        const Was was(trans);

        if (trans.get_response_status() != tlm::TLM_INCOMPLETE_RESPONSE)
            wrong("b_transport begins with a response status");
        out->b_transport(trans, delay);
        was.compare(*this, trans);
        if (trans.get_response_status() == tlm::TLM_INCOMPLETE_RESPONSE)
            wrong("b_transport ends without a response status");
        n_transactions++;
    }
    unsigned transport_dbg(tlm::tlm_generic_payload &trans) override
    {
        const unsigned n = out->transport_dbg(trans);

        if (n > trans.get_data_length())
            wrong("transport_dbg moved more than was asked for");
        return n;
    }
    bool get_direct_mem_ptr(tlm::tlm_generic_payload &trans, tlm::tlm_dmi &dmi) override
    {
        const bool is_granted = out->get_direct_mem_ptr(trans, dmi);

        if (is_granted && (dmi.get_start_address() > trans.get_address() ||
                           dmi.get_end_address() < trans.get_address()))
            wrong("the range of a pointer does not have the address");
        return is_granted;
    }
    void invalidate_direct_mem_ptr(sc_dt::uint64 start, sc_dt::uint64 end) override
    {
        n_invalidations++;
        if (start > end)
            wrong("an invalidation of nothing");
        if (passes_invalidations)
            in->invalidate_direct_mem_ptr(start, end);
    }
    /* For who wants to know: a request is here answered, or is over. */
    std::function<bool(tlm::tlm_generic_payload &)> takes;
    std::function<void(const tlm::tlm_generic_payload &)> over;
    bool passes_invalidations = true; /* a test of tests: without them pointers go stale */

  private:
    /* What must not change between the request and its answer. */
    struct Was {
        tlm::tlm_command command;
        sc_dt::uint64 address;
        unsigned char *data;
        unsigned n_bytes, width;

        explicit Was(const tlm::tlm_generic_payload &trans)
            : command(trans.get_command()), address(trans.get_address()),
              data(trans.get_data_ptr()), n_bytes(trans.get_data_length()),
              width(trans.get_streaming_width())
        {
        }
        void compare(TlmChecker &checker, const tlm::tlm_generic_payload &trans) const
        {
            if (command != trans.get_command() || data != trans.get_data_ptr() ||
                n_bytes != trans.get_data_length() || width != trans.get_streaming_width())
                checker.wrong("an attribute changed on the way");
        }
    };
    struct Flight {
        Was was;
        tlm::tlm_phase phase;
    };
    std::map<const tlm::tlm_generic_payload *, Flight> open;
    const tlm::tlm_generic_payload *asking = nullptr, *answering = nullptr;

    void wrong(const char *what)
    {
        if (n_violations++ < 10)
            std::fprintf(stderr, "%s at %s: %s\n", name(),
                         sc_core::sc_time_stamp().to_string().c_str(), what);
    }
    void forward(const tlm::tlm_generic_payload &trans, const tlm::tlm_phase &phase)
    {
        const auto it = open.find(&trans);

        if (phase == tlm::BEGIN_REQ) {
            if (it != open.end())
                wrong("BEGIN_REQ of a transaction that is under way");
            if (asking)
                wrong("BEGIN_REQ before END_REQ of the one before");
            if (!trans.has_mm())
                wrong("a transaction of phases without a memory manager");
            if (trans.get_response_status() != tlm::TLM_INCOMPLETE_RESPONSE)
                wrong("BEGIN_REQ with a response status");
            asking = &trans;
            open.insert({&trans, {Was(trans), phase}});
            n_transactions++;
            max_in_flight = std::max(max_in_flight, open.size());
        } else if (phase == tlm::END_RESP) {
            if (it == open.end() || it->second.phase != tlm::BEGIN_RESP)
                wrong("END_RESP without BEGIN_RESP");
            finish(trans);
        } else {
            wrong("a phase that does not go forward");
        }
    }
    void backward(const tlm::tlm_generic_payload &trans, const tlm::tlm_phase &phase)
    {
        const auto it = open.find(&trans);

        if (it == open.end()) {
            wrong("an answer to what nobody asked");
        } else if (phase == tlm::END_REQ) {
            if (it->second.phase != tlm::BEGIN_REQ)
                wrong("END_REQ without BEGIN_REQ");
            it->second.phase = phase;
            asking = asking == &trans ? nullptr : asking;
        } else if (phase == tlm::BEGIN_RESP) {
            if (it->second.phase != tlm::BEGIN_REQ && it->second.phase != tlm::END_REQ)
                wrong("BEGIN_RESP twice");
            if (answering)
                wrong("BEGIN_RESP before END_RESP of the one before");
            if (trans.get_response_status() == tlm::TLM_INCOMPLETE_RESPONSE)
                wrong("BEGIN_RESP without a response status");
            it->second.was.compare(*this, trans);
            it->second.phase = phase;
            asking = asking == &trans ? nullptr : asking;
            answering = &trans;
        } else {
            wrong("a phase that does not go backward");
        }
    }
    void completed(const tlm::tlm_generic_payload &trans, bool is_at_once)
    {
        const auto it = open.find(&trans);

        if (it == open.end()) /* after END_RESP it is over already */
            return;
        it->second.was.compare(*this, trans);
        if (!is_at_once && it->second.phase != tlm::BEGIN_RESP)
            wrong("TLM_COMPLETED in the middle");
        finish(trans);
    }
    void finish(const tlm::tlm_generic_payload &trans)
    {
        asking = asking == &trans ? nullptr : asking;
        answering = answering == &trans ? nullptr : answering;
        open.erase(&trans);
        if (over)
            over(trans);
    }
};

#endif
