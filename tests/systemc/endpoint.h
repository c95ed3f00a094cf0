// SPDX-License-Identifier: BSD-2-Clause
// endpoint.h - endpoints with a cache of translations (ATC) and page requests, in 4 phases; and the
// fabric that takes a unit's messages to them.
// Knows: PCIe's ATS and page requests. Must not know: tables, drivers.
#ifndef TESTS_SYSTEMC_ENDPOINT_H
#define TESTS_SYSTEMC_ENDPOINT_H

#include "include/iommusim/systemc.h"

#include <algorithm>
#include <array>
#include <deque>
#include <functional>
#include <map>
#include <random>
#include <vector>

/* It reads where byte 8 of each 64 says which domain maps the page. */
class Endpoint : public sc_core::sc_module,
                 public tlm::tlm_bw_transport_if<>,
                 public tlm::tlm_mm_interface
{
  public:
    tlm::tlm_initiator_socket<32> socket{"socket"};
    uint32_t requester = 0;
    uint64_t first_iova = 0, n_pages = 16;
    bool has_ats = false, has_pri = false;
    bool is_deaf = false; /* answers invalidations and forgets nothing */
    bool is_mute = false; /* does not answer invalidations until it is told to */
    unsigned late_ns = 0; /* up to so late */
    uint64_t n_left = 0;
    uint64_t n_done = 0, n_refused = 0, n_hits = 0, n_asked = 0, n_again = 0;
    uint64_t n_invs = 0, n_dropped = 0, n_page_requests = 0;
    std::array<uint64_t, 4> n_seen{};
    std::function<void(const iommusim_page_request &)> ask_page;
    std::function<void(tlm::tlm_generic_payload &)> answer_inv;
    sc_core::sc_event finished{"finished"}, spoken{"spoken"};

    Endpoint(const sc_core::sc_module_name &name, unsigned n_workers, uint64_t seed)
        : sc_module(name), workers(n_workers), random(seed)
    {
        socket.bind(*this);
        for (Worker &w : workers) {
            w.ext = new iommusim_tlm::request;
            w.trans.set_extension(w.ext);
            w.trans.set_mm(this);
            sc_core::sc_spawn([this, &w] { run(w); });
        }
    }
    ~Endpoint() override
    {
        for (Worker &w : workers)
            w.trans.free_all_extensions();
    }
    void start(uint64_t n)
    {
        n_left += n;
        more.notify(sc_core::SC_ZERO_TIME);
    }
    void rest()
    {
        while (n_left || std::any_of(workers.begin(), workers.end(),
                                     [](const Worker &w) { return w.is_busy; }))
            sc_core::wait(finished);
    }
    void forget_seen()
    {
        n_seen.fill(0);
        n_refused = 0;
    }
    /* Configuration space; off: translated requests end first, and nothing is kept. */
    void set_ats(bool is_on, bool pri)
    {
        has_ats = has_pri = false;
        n_changes++;
        while (!is_on && n_using({0, UINT64_MAX}))
            sc_core::wait(finished);
        cache.clear();
        has_ats = is_on;
        has_pri = pri;
    }
    /* An invalidation: what it names is forgotten at once, and answered when no request that uses
     * it is under way. */
    void invalidate(tlm::tlm_generic_payload &trans)
    {
        const iommusim_ats_inv inv = trans.get_extension<iommusim_tlm::message>()->inv;
        const Range range{inv.address, inv.n_bytes ? inv.address + (inv.n_bytes - 1) : UINT64_MAX};
        std::vector<std::pair<Worker *, uint64_t>> users;

        n_invs++;
        n_changes += !is_deaf;
        for (auto it = cache.begin(); it != cache.end() && !is_deaf;) {
            const bool is_named = it->first + 4095 >= range.first && it->first <= range.last;

            n_dropped += is_named;
            it = is_named ? cache.erase(it) : std::next(it);
        }
        for (Worker &w : workers) {
            if (is_using(w, range))
                users.emplace_back(&w, w.number);
        }
        sc_core::sc_spawn([this, &trans, users] {
            for (const auto &[w, number] : users) {
                while (w->number == number && w->is_using)
                    sc_core::wait(finished);
            }
            if (late_ns)
                sc_core::wait(static_cast<double>(random() % late_ns), sc_core::SC_NS);
            while (is_mute)
                sc_core::wait(spoken);
            answer_inv(trans);
        });
    }
    void responded(const iommusim_page_response &r)
    {
        for (Worker &w : workers) {
            if (!w.waits_for_page || w.group != r.group)
                continue;
            w.waits_for_page = false;
            w.code = r.code;
            w.told.notify(sc_core::SC_ZERO_TIME);
            return;
        }
        n_unasked++;
    }
    uint64_t n_unasked = 0; /* page responses that nobody waits for */

    tlm::tlm_sync_enum nb_transport_bw(tlm::tlm_generic_payload &trans, tlm::tlm_phase &phase,
                                       sc_core::sc_time &) override
    {
        if (asking == &trans) {
            asking = nullptr;
            freed.notify(sc_core::SC_ZERO_TIME);
        }
        if (phase == tlm::END_REQ)
            return tlm::TLM_ACCEPTED;
        for (Worker &w : workers) {
            if (&w.trans == &trans)
                w.is_answered = true;
        }
        answered.notify(sc_core::SC_ZERO_TIME);
        phase = tlm::END_RESP;
        return tlm::TLM_COMPLETED;
    }
    void invalidate_direct_mem_ptr(sc_dt::uint64, sc_dt::uint64) override
    {
    }
    void free(tlm::tlm_generic_payload *) override
    {
    }

  private:
    struct Range {
        uint64_t first, last;
    };
    struct Worker {
        tlm::tlm_generic_payload trans;
        iommusim_tlm::request *ext = nullptr;
        uint8_t data[64] = {};
        bool is_busy = false, is_answered = false, is_using = false, waits_for_page = false;
        uint64_t number = 0, page = 0; /* of the translated request under way */
        uint32_t group = 0, code = 0;
        sc_core::sc_event told;
    };
    std::deque<Worker> workers;
    std::mt19937_64 random;
    std::map<uint64_t, uint64_t> cache; /* page: its address */
    tlm::tlm_generic_payload *asking = nullptr;
    uint64_t n_changes = 0; /* of what a translation under way may say */
    uint32_t next_group = 0;
    sc_core::sc_event more{"more"}, freed{"freed"}, answered{"answered"};

    static bool is_using(const Worker &w, const Range &range)
    {
        return w.is_using && w.page + 4095 >= range.first && w.page <= range.last;
    }
    long n_using(const Range &range) const
    {
        return std::count_if(workers.begin(), workers.end(),
                             [&](const Worker &w) { return is_using(w, range); });
    }
    void send(Worker &w, tlm::tlm_command command, uint64_t address,
              iommusim_tlm::address_type type)
    {
        tlm::tlm_phase phase = tlm::BEGIN_REQ;
        sc_core::sc_time delay = sc_core::SC_ZERO_TIME;

        w.trans.set_command(command);
        w.trans.set_address(address);
        w.trans.set_data_ptr(w.data);
        w.trans.set_data_length(sizeof(w.data));
        w.trans.set_streaming_width(sizeof(w.data));
        w.trans.set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
        w.ext->requester = requester;
        w.ext->access = IOMMUSIM_READ;
        w.ext->type = type;
        while (asking)
            sc_core::wait(freed);
        asking = &w.trans;
        w.is_answered = false;
        w.trans.acquire();
        const tlm::tlm_sync_enum sync = socket->nb_transport_fw(w.trans, phase, delay);
        if (sync != tlm::TLM_ACCEPTED)
            asking = nullptr;
        while (sync != tlm::TLM_COMPLETED && !w.is_answered)
            sc_core::wait(answered);
        w.trans.release();
    }
    /* Return: may it be tried again? */
    bool ask_for_page(Worker &w, uint64_t page)
    {
        w.group = next_group++ & 0x1ff;
        w.waits_for_page = true;
        n_page_requests++;
        ask_page({page, requester, IOMMUSIM_NO_PASID, w.group, IOMMUSIM_READ, 1});
        while (w.waits_for_page)
            sc_core::wait(w.told);
        return w.code == 0;
    }
    bool translate(Worker &w, uint64_t page, uint64_t *pa)
    {
        for (unsigned n = 0; n < 20; n++) {
            const uint64_t seen = n_changes;
            const auto known = cache.find(page);

            if (known != cache.end()) {
                n_hits++;
                *pa = known->second;
                return true;
            }
            n_asked++;
            send(w, tlm::TLM_IGNORE_COMMAND, page, iommusim_tlm::address_type::translation_request);
            if (seen != n_changes) {
                n_again++;
                if (!has_ats)
                    return false;
                continue;
            }
            if (w.trans.is_response_ok() && w.ext->granted & IOMMUSIM_READ) {
                cache[page] = *pa = w.ext->pa & ~UINT64_C(4095);
                return true;
            }
            if (!w.trans.is_response_ok() || !has_pri || !ask_for_page(w, page))
                return false;
        }
        return false;
    }
    void access(Worker &w)
    {
        const uint64_t page = first_iova + random() % n_pages * 4096, at = random() % 64 * 64;
        uint64_t pa = 0;

        if (!has_ats) {
            send(w, tlm::TLM_READ_COMMAND, page + at, iommusim_tlm::address_type::untranslated);
        } else if (translate(w, page, &pa)) {
            w.is_using = true;
            w.page = page;
            w.number++;
            send(w, tlm::TLM_READ_COMMAND, pa + at, iommusim_tlm::address_type::translated);
            w.is_using = false;
        } else if (!has_ats) { /* switched off meanwhile */
            send(w, tlm::TLM_READ_COMMAND, page + at, iommusim_tlm::address_type::untranslated);
        } else {
            w.trans.set_response_status(tlm::TLM_ADDRESS_ERROR_RESPONSE);
        }
        n_done++;
        if (w.trans.is_response_ok())
            n_seen[w.data[8] & 3]++;
        else
            n_refused++;
        finished.notify(sc_core::SC_ZERO_TIME);
    }
    void run(Worker &w)
    {
        for (;;) {
            while (!n_left)
                sc_core::wait(more);
            n_left--;
            w.is_busy = true;
            access(w);
            w.is_busy = false;
            finished.notify(sc_core::SC_ZERO_TIME);
            sc_core::wait(static_cast<double>(10 + random() % 50), sc_core::SC_NS);
        }
    }
};

/* Messages by requester: down to endpoints, and up from them. */
class Fabric : public sc_core::sc_module, public tlm::tlm_fw_transport_if<>
{
  public:
    tlm::tlm_target_socket<32> told{"told"};
    tlm::tlm_initiator_socket<32> asks{"asks"};
    std::vector<Endpoint *> endpoints;
    uint64_t n_overtaken = 0; /* invalidations that were answered before an older one */
    size_t max_open = 0;
    sc_core::sc_time last_answer;

    explicit Fabric(const sc_core::sc_module_name &name) : sc_module(name)
    {
        told.bind(*this);
        asks.bind(nobody);
    }
    size_t n_open() const
    {
        return open.size();
    }
    void add(Endpoint &e)
    {
        endpoints.push_back(&e);
        e.ask_page = [this](const iommusim_page_request &ask) { send(ask); };
        e.answer_inv = [this](tlm::tlm_generic_payload &trans) { answer(trans); };
    }
    tlm::tlm_sync_enum nb_transport_fw(tlm::tlm_generic_payload &trans, tlm::tlm_phase &phase,
                                       sc_core::sc_time &) override
    {
        const auto *m = trans.get_extension<iommusim_tlm::message>();

        for (Endpoint *e : endpoints) {
            if (m->what == iommusim_tlm::message::page_response &&
                e->requester == m->answer.requester) {
                e->responded(m->answer);
            } else if (m->what == iommusim_tlm::message::invalidation &&
                       e->requester == m->inv.requester) {
                trans.acquire();
                open.push_back(&trans);
                max_open = std::max(max_open, open.size());
                e->invalidate(trans);
                phase = tlm::END_REQ;
                return tlm::TLM_UPDATED;
            }
        }
        trans.set_response_status(tlm::TLM_OK_RESPONSE);
        return tlm::TLM_COMPLETED;
    }
    void b_transport(tlm::tlm_generic_payload &, sc_core::sc_time &) override
    {
    }
    bool get_direct_mem_ptr(tlm::tlm_generic_payload &, tlm::tlm_dmi &) override
    {
        return false;
    }
    unsigned transport_dbg(tlm::tlm_generic_payload &) override
    {
        return 0;
    }

  private:
    struct Nobody : tlm::tlm_bw_transport_if<> {
        tlm::tlm_sync_enum nb_transport_bw(tlm::tlm_generic_payload &, tlm::tlm_phase &,
                                           sc_core::sc_time &) override
        {
            return tlm::TLM_ACCEPTED;
        }
        void invalidate_direct_mem_ptr(sc_dt::uint64, sc_dt::uint64) override
        {
        }
    };
    Nobody nobody;
    std::deque<tlm::tlm_generic_payload *> open;

    void answer(tlm::tlm_generic_payload &trans)
    {
        tlm::tlm_phase phase = tlm::BEGIN_RESP;
        sc_core::sc_time none = sc_core::SC_ZERO_TIME;

        n_overtaken += open.front() != &trans;
        open.erase(std::find(open.begin(), open.end(), &trans));
        last_answer = sc_core::sc_time_stamp();
        trans.set_response_status(tlm::TLM_OK_RESPONSE);
        (void)told->nb_transport_bw(trans, phase, none);
        trans.release();
    }
    void send(const iommusim_page_request &ask)
    {
        tlm::tlm_generic_payload trans;
        iommusim_tlm::message m;
        sc_core::sc_time none = sc_core::SC_ZERO_TIME;

        m.what = iommusim_tlm::message::page_request;
        m.ask = ask;
        trans.set_command(tlm::TLM_IGNORE_COMMAND);
        trans.set_extension(&m);
        asks->b_transport(trans, none);
        trans.clear_extension(&m);
    }
};

#endif
