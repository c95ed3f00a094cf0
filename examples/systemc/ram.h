// SPDX-License-Identifier: BSD-2-Clause
// ram.h - a platform's memory: flat, with latency and bandwidth, in every style of TLM-2.0.
// Knows: addresses, bytes. Must not know: who asks.
#ifndef EXAMPLES_SYSTEMC_RAM_H
#define EXAMPLES_SYSTEMC_RAM_H

#include <cstdint>
#include <cstring>
#include <deque>
#include <map>
#include <random>
#include <systemc>
#include <tlm>
#include <vector>

class Ram : public sc_core::sc_module
{
  public:
    struct Port : tlm::tlm_fw_transport_if<> {
        Ram *ram = nullptr;
        size_t index = 0;
        std::deque<tlm::tlm_generic_payload *> answers; /* the first one has its BEGIN_RESP */
        bool is_answering = false;

        tlm::tlm_sync_enum nb_transport_fw(tlm::tlm_generic_payload &trans, tlm::tlm_phase &phase,
                                           sc_core::sc_time &delay) override
        {
            return ram->forward(*this, trans, phase, delay);
        }
        void b_transport(tlm::tlm_generic_payload &trans, sc_core::sc_time &delay) override
        {
            ram->move(trans);
            trans.set_dmi_allowed(true);
            delay += ram->latency;
        }
        bool get_direct_mem_ptr(tlm::tlm_generic_payload &, tlm::tlm_dmi &dmi) override
        {
            dmi.init();
            dmi.set_dmi_ptr(ram->bytes.data());
            dmi.set_start_address(0);
            dmi.set_end_address(ram->bytes.size() - 1);
            dmi.allow_read_write();
            dmi.set_read_latency(ram->latency);
            dmi.set_write_latency(ram->latency);
            return true;
        }
        unsigned transport_dbg(tlm::tlm_generic_payload &trans) override
        {
            return ram->move(trans) ? trans.get_data_length() : 0;
        }
    };
    sc_core::sc_vector<tlm::tlm_target_socket<32>> sockets;
    std::vector<uint8_t> bytes;
    sc_core::sc_time latency, interval;
    bool is_random = false; /* phases and delays by chance, as long as the protocol permits them */
    std::mt19937_64 random{1};

    Ram(const sc_core::sc_module_name &name, size_t n_ports, size_t n_bytes)
        : sc_module(name), sockets("sockets", n_ports), bytes(n_bytes),
          latency(150, sc_core::SC_NS), interval(2, sc_core::SC_NS), ports(n_ports)
    {
        for (size_t i = 0; i < n_ports; i++) {
            ports[i].ram = this;
            ports[i].index = i;
            sockets[i].bind(ports[i]);
        }
        sc_core::sc_spawn_options options;
        options.spawn_method();
        options.dont_initialize();
        options.set_sensitivity(&due);
        sc_core::sc_spawn([this] { run(); }, "run", &options);
    }
    uint64_t load(uint64_t pa) const
    {
        uint64_t value = 0;

        if (pa + sizeof(value) <= bytes.size())
            std::memcpy(&value, &bytes[pa], sizeof(value));
        return value;
    }
    void store(uint64_t pa, uint64_t value)
    {
        std::memcpy(&bytes.at(pa + 7) - 7, &value, sizeof(value));
    }
    void take_pointers_back()
    {
        for (auto &socket : sockets)
            socket->invalidate_direct_mem_ptr(0, bytes.size() - 1);
    }

  private:
    struct Step {
        Port *port;
        tlm::tlm_generic_payload *trans;
        tlm::tlm_phase phase; /* to send */
    };
    std::deque<Port> ports;
    std::multimap<sc_core::sc_time, Step> steps;
    sc_core::sc_event due{"due"};
    sc_core::sc_time free_at;

    bool move(tlm::tlm_generic_payload &trans)
    {
        const uint64_t pa = trans.get_address(), n = trans.get_data_length();

        if (pa >= bytes.size() || n > bytes.size() - pa) {
            trans.set_response_status(tlm::TLM_ADDRESS_ERROR_RESPONSE);
            return false;
        }
        if (trans.is_read())
            std::memcpy(trans.get_data_ptr(), &bytes[pa], n);
        else if (trans.is_write())
            std::memcpy(&bytes[pa], trans.get_data_ptr(), n);
        trans.set_response_status(tlm::TLM_OK_RESPONSE);
        return true;
    }
    sc_core::sc_time chance(unsigned max_ns)
    {
        return {static_cast<double>(random() % max_ns), sc_core::SC_NS};
    }
    void at(const sc_core::sc_time &time, const Step &step)
    {
        steps.emplace(time, step);
        due.notify(steps.begin()->first - sc_core::sc_time_stamp());
    }
    tlm::tlm_sync_enum forward(Port &port, tlm::tlm_generic_payload &trans, tlm::tlm_phase &phase,
                               sc_core::sc_time &delay)
    {
        const sc_core::sc_time now = sc_core::sc_time_stamp() + delay;

        if (phase == tlm::END_RESP) {
            ended(port, trans);
            return tlm::TLM_COMPLETED;
        }
        trans.acquire();
        const unsigned dice = is_random ? static_cast<unsigned>(random() % 8) : 7;
        if (dice == 0) { /* all at once, the time is annotated */
            (void)move(trans);
            delay += chance(200);
            trans.release();
            return tlm::TLM_COMPLETED;
        }
        if (dice == 1 && !port.is_answering) {
            (void)move(trans);
            port.is_answering = true;
            port.answers.push_front(&trans);
            phase = tlm::BEGIN_RESP;
            delay += chance(100);
            return tlm::TLM_UPDATED;
        }
        sc_core::sc_time start = free_at > now ? free_at : now;
        free_at = start + interval;
        if (dice == 2) { /* a busy bus: END_REQ comes late */
            start += chance(50);
            at(start, {&port, &trans, tlm::END_REQ});
        }
        at(start + latency + (is_random ? chance(100) : sc_core::SC_ZERO_TIME),
           {&port, &trans, tlm::BEGIN_RESP});
        if (dice <= 3)
            return tlm::TLM_ACCEPTED; /* 3: BEGIN_RESP stands for END_REQ, too */
        phase = tlm::END_REQ;
        return tlm::TLM_UPDATED;
    }
    void run()
    {
        while (!steps.empty() && steps.begin()->first <= sc_core::sc_time_stamp()) {
            const Step step = steps.begin()->second;
            steps.erase(steps.begin());
            if (step.phase == tlm::END_REQ) {
                tlm::tlm_phase phase = tlm::END_REQ;
                sc_core::sc_time none = sc_core::SC_ZERO_TIME;
                (void)sockets[step.port->index]->nb_transport_bw(*step.trans, phase, none);
                continue;
            }
            (void)move(*step.trans);
            step.port->answers.push_back(step.trans);
            answer(*step.port);
        }
        if (!steps.empty())
            due.notify(steps.begin()->first - sc_core::sc_time_stamp());
    }
    void answer(Port &port)
    {
        while (!port.is_answering && !port.answers.empty()) {
            tlm::tlm_phase phase = tlm::BEGIN_RESP;
            sc_core::sc_time none = sc_core::SC_ZERO_TIME;
            tlm::tlm_generic_payload *trans = port.answers.front();

            port.is_answering = true;
            const tlm::tlm_sync_enum sync =
                sockets[port.index]->nb_transport_bw(*trans, phase, none);
            if (sync == tlm::TLM_COMPLETED || phase == tlm::END_RESP)
                finish(port);
        }
    }
    void finish(Port &port)
    {
        port.answers.front()->release();
        port.answers.pop_front();
        port.is_answering = false;
    }
    void ended(Port &port, tlm::tlm_generic_payload &trans)
    {
        if (!port.is_answering || port.answers.front() != &trans)
            SC_REPORT_ERROR("ram", "END_RESP of what was not answered");
        finish(port);
        answer(port);
    }
};

#endif
