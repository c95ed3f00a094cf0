// SPDX-License-Identifier: BSD-2-Clause
// device.h - a device that reads and writes pages, in one of three styles, and knows what it should
// find: byte 8 of each 64 of a page is the number of the domain that maps it there.
// Knows: addresses, stamps. Must not know: tables, drivers.
#ifndef EXAMPLES_SYSTEMC_DEVICE_H
#define EXAMPLES_SYSTEMC_DEVICE_H

#include "include/iommusim/systemc.h"

#include <array>
#include <deque>
#include <map>
#include <memory>
#include <random>
#include <vector>

class Device : public sc_core::sc_module,
               public tlm::tlm_bw_transport_if<>,
               public tlm::tlm_mm_interface
{
  public:
    enum Style { AT, LT, DMI };

    tlm::tlm_initiator_socket<32> socket{"socket"};
    uint64_t first_iova = 0x100000, n_pages = 16, n_bytes = 64;
    uint32_t requester = 0;
    unsigned window = 8;  /* AT: requests under way at most */
    unsigned threads = 1; /* LT, DMI: how many ask at once; before the simulation begins */
    uint64_t n_left = 0;  /* requests to come */
    uint64_t quantum_ns = 1000;
    bool is_random = false; /* AT: answers are taken late by chance */
    sc_core::sc_time gap;
    uint64_t n_done = 0, n_refused = 0, n_by_pointer = 0;
    std::array<uint64_t, 4> n_seen{};  /* by stamp: 0 is none */
    std::array<uint64_t, 4> n_by_pa{}; /* the same, by where the unit led (AT) */
    sc_core::sc_time busy, worst;      /* sum and worst of latencies */
    sc_core::sc_event finished{"finished"};

    Device(const sc_core::sc_module_name &name, Style how, uint64_t seed)
        : sc_module(name), style(how), first_seed(seed), random(seed)
    {
        socket.bind(*this);
        sc_core::sc_spawn([this] { run(0); }, "run");
        sc_core::sc_spawn([this] { end_late(); }, "end_late");
    }
    ~Device() override
    {
        for (Request &r : requests)
            r.free_all_extensions();
    }
    void start(uint64_t n)
    {
        n_left += n;
        more.notify(sc_core::SC_ZERO_TIME);
    }
    void stop()
    {
        n_left = 0;
    }
    bool is_idle() const
    {
        return n_left == 0 && n_in_flight == 0 && n_working == 0;
    }
    void forget_seen()
    {
        n_seen.fill(0);
        n_by_pa.fill(0);
        n_refused = 0;
    }
    size_t n_pointers() const
    {
        return pointers.size();
    }

    tlm::tlm_sync_enum nb_transport_bw(tlm::tlm_generic_payload &trans, tlm::tlm_phase &phase,
                                       sc_core::sc_time &delay) override
    {
        if (phase == tlm::END_REQ) {
            asking = nullptr;
            freed.notify(sc_core::SC_ZERO_TIME);
            return tlm::TLM_ACCEPTED;
        }
        if (asking == &trans)
            asking = nullptr;
        if (is_random && random() % 2) { /* END_RESP comes later */
            late = &static_cast<Request &>(trans);
            late_end.notify(sc_core::sc_time(static_cast<double>(random() % 40), sc_core::SC_NS));
            return tlm::TLM_ACCEPTED;
        }
        answered(static_cast<Request &>(trans), delay);
        phase = tlm::END_RESP;
        return tlm::TLM_COMPLETED;
    }
    void invalidate_direct_mem_ptr(sc_dt::uint64 start, sc_dt::uint64 end) override
    {
        for (auto it = pointers.begin(); it != pointers.end();) {
            if (it->second.get_start_address() <= end && it->second.get_end_address() >= start)
                it = pointers.erase(it);
            else
                ++it;
        }
    }
    void free(tlm::tlm_generic_payload *trans) override
    {
        idle.push_back(static_cast<Request *>(trans));
    }

  private:
    struct Request : tlm::tlm_generic_payload {
        iommusim_tlm::request *who;
        std::vector<uint8_t> data;
        sc_core::sc_time begin;
    };
    Style style;
    uint64_t first_seed;
    std::mt19937_64 random;
    std::deque<Request> requests;
    std::vector<Request *> idle;
    std::map<uint64_t, tlm::tlm_dmi> pointers; /* by first address and command */
    tlm::tlm_generic_payload *asking = nullptr;
    Request *late = nullptr;
    unsigned n_in_flight = 0;
    unsigned n_working = 0;
    sc_core::sc_event more{"more"}, freed{"freed"}, late_end{"late_end"};

    void start_of_simulation() override
    {
        for (unsigned n = 1; style != AT && n < threads; n++)
            sc_core::sc_spawn([this, n] { run(n); });
    }
    Request *take()
    {
        if (idle.empty()) {
            requests.emplace_back();
            requests.back().who = new iommusim_tlm::request;
            requests.back().set_extension(requests.back().who);
            requests.back().set_mm(this);
            idle.push_back(&requests.back());
        }
        Request *r = idle.back();
        idle.pop_back();
        r->data.assign(n_bytes, 0);
        return r;
    }
    /* Writes go to the second half of each 64 bytes, so that stamps stay. */
    void fill(Request &r, std::mt19937_64 &dice, unsigned thread)
    {
        const bool is_write = dice() % 4 == 0;
        const uint64_t slots = 4096 / 64;
        const uint64_t n = is_write ? std::min<uint64_t>(n_bytes, 32) : n_bytes;
        uint64_t iova = first_iova + dice() % n_pages * 4096 +
                        (dice() % slots / threads * threads + thread) * 64;

        if (n_bytes > 64) /* large ones begin with a page */
            iova = first_iova + dice() % n_pages * 4096;
        r.set_command(is_write ? tlm::TLM_WRITE_COMMAND : tlm::TLM_READ_COMMAND);
        r.set_address(is_write ? iova + 32 : iova);
        r.set_data_ptr(r.data.data());
        r.set_data_length(static_cast<unsigned>(n));
        r.set_streaming_width(static_cast<unsigned>(n));
        r.set_byte_enable_ptr(nullptr);
        r.set_dmi_allowed(false);
        r.set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
        r.who->requester = requester;
        r.who->status = IOMMUSIM_PENDING;
        r.who->pa = 0;
    }
    void judge(const tlm::tlm_generic_payload &r, const sc_core::sc_time &took)
    {
        n_done++;
        busy += took;
        worst = took > worst ? took : worst;
        if (!r.is_response_ok())
            n_refused++;
        else if (r.is_read() && r.get_data_length() > 8)
            n_seen[r.get_data_ptr()[8] & 3]++;
    }
    void answered(Request &r, const sc_core::sc_time &delay)
    {
        judge(r, sc_core::sc_time_stamp() + delay - r.begin);
        if (r.is_response_ok())
            n_by_pa[(r.who->pa >> 20) & 3]++;
        n_in_flight--;
        r.release();
        freed.notify(sc_core::SC_ZERO_TIME);
        if (is_idle())
            finished.notify(sc_core::SC_ZERO_TIME);
    }
    /* Dice and addresses of its own: in which order SystemC runs the threads of one instant must
     * not matter. */
    void run(unsigned thread)
    {
        std::mt19937_64 dice(first_seed + (uint64_t{thread} << 32));

        for (;;) {
            while (!n_left)
                sc_core::wait(more);
            n_working++;
            if (style == AT)
                run_phases();
            else
                run_blocking(thread, dice);
            n_working--;
            if (is_idle())
                finished.notify(sc_core::SC_ZERO_TIME);
        }
    }
    void end_late()
    {
        for (;;) {
            sc_core::wait(late_end);
            Request *r = late;
            tlm::tlm_phase phase = tlm::END_RESP;
            sc_core::sc_time none = sc_core::SC_ZERO_TIME;

            r->acquire();
            late = nullptr;
            (void)socket->nb_transport_fw(*r, phase, none);
            answered(*r, none);
            r->release();
        }
    }
    void run_phases()
    {
        while (n_left) {
            while (asking || n_in_flight >= window)
                sc_core::wait(freed);
            if (!n_left)
                return;
            Request *r = take();
            tlm::tlm_phase phase = tlm::BEGIN_REQ;
            sc_core::sc_time delay = sc_core::SC_ZERO_TIME;

            if (is_random)
                delay = sc_core::sc_time(static_cast<double>(random() % 10), sc_core::SC_NS);
            fill(*r, random, 0);
            r->acquire();
            r->begin = sc_core::sc_time_stamp() + delay;
            n_left--;
            n_in_flight++;
            asking = r;
            const tlm::tlm_sync_enum sync = socket->nb_transport_fw(*r, phase, delay);
            if (sync != tlm::TLM_ACCEPTED)
                asking = nullptr;
            if (sync == tlm::TLM_COMPLETED)
                answered(*r, delay);
            if (gap != sc_core::SC_ZERO_TIME)
                sc_core::wait(gap);
        }
    }
    void run_blocking(unsigned thread, std::mt19937_64 &dice)
    {
        const sc_core::sc_time quantum(static_cast<double>(quantum_ns), sc_core::SC_NS);
        sc_core::sc_time local = sc_core::SC_ZERO_TIME;

        while (n_left) {
            Request *r = take();

            r->acquire();
            fill(*r, dice, thread);
            n_left--;
            r->begin = sc_core::sc_time_stamp() + local;
            if (!by_pointer(*r, local)) {
                socket->b_transport(*r, local);
                if (style == DMI && r->is_response_ok() && r->is_dmi_allowed())
                    ask_pointer(*r);
            }
            judge(*r, sc_core::sc_time_stamp() + local - r->begin);
            r->release();
            local += gap;
            if (local >= quantum) {
                sc_core::wait(local);
                local = sc_core::SC_ZERO_TIME;
            }
        }
        if (local != sc_core::SC_ZERO_TIME)
            sc_core::wait(local);
    }
    static uint64_t key_of(const tlm::tlm_generic_payload &r, uint64_t first)
    {
        return first | (r.is_write() ? 1 : 0);
    }
    void ask_pointer(Request &r)
    {
        tlm::tlm_dmi dmi;

        if (socket->get_direct_mem_ptr(r, dmi))
            pointers[key_of(r, dmi.get_start_address())] = dmi;
    }
    bool by_pointer(Request &r, sc_core::sc_time &local)
    {
        auto it = pointers.upper_bound(r.get_address() | 1);

        for (int n = 0; n < 2 && it != pointers.begin(); n++) {
            --it;
            const tlm::tlm_dmi &dmi = it->second;
            if (key_of(r, dmi.get_start_address()) != it->first ||
                r.get_address() + r.get_data_length() - 1 > dmi.get_end_address())
                continue;
            unsigned char *at = dmi.get_dmi_ptr() + (r.get_address() - dmi.get_start_address());
            if (r.is_write())
                std::memcpy(at, r.get_data_ptr(), r.get_data_length());
            else
                std::memcpy(r.get_data_ptr(), at, r.get_data_length());
            local += r.is_write() ? dmi.get_write_latency() : dmi.get_read_latency();
            r.set_response_status(tlm::TLM_OK_RESPONSE);
            n_by_pointer++;
            return true;
        }
        return false;
    }
};

#endif
