// SPDX-License-Identifier: BSD-2-Clause
// replay_front.h - a replay's units as SystemC modules: what the replay asks of a unit goes through
// sockets, and so does what the unit asks of memory and endpoints.
// Knows: the replay's wiring, sockets. Must not know: what is replayed.
#ifndef TESTS_SYSTEMC_REPLAY_FRONT_H
#define TESTS_SYSTEMC_REPLAY_FRONT_H

#include "cli/replay_machine.h"
#include "cli/replay_unit.h"
#include "include/iommusim/systemc.h"
#include "sim/systemc/maker.h"
#include "tests/systemc/tlm_checker.h"

#include <cstdlib>
#include <cstring>
#include <deque>
#include <functional>
#include <memory>
#include <vector>

namespace behind
{

namespace tlm_ = iommusim_tlm;

[[noreturn]] inline void bug(const char *what)
{
    std::fprintf(stderr, "replay_front: %s\n", what);
    std::abort();
}

/* The unit itself, of a replay's configuration. */
class Unit : public tlm_::iommu
{
  public:
    Unit(const sc_core::sc_module_name &name, tlm_::event_core *core, const tlm_::maker &maker)
        : iommu(name, 16, core, maker)
    {
    }
};

/* Memory as the replay has it, as a target of 4 phases. */
class Memory : public sc_core::sc_module, public tlm::tlm_fw_transport_if<>
{
  public:
    tlm::tlm_target_socket<32> socket{"socket"};

    Memory(const sc_core::sc_module_name &name, const sim_port *behind)
        : sc_module(name), port(behind)
    {
        socket.bind(*this);
    }
    tlm::tlm_sync_enum nb_transport_fw(tlm::tlm_generic_payload &trans, tlm::tlm_phase &phase,
                                       sc_core::sc_time &) override
    {
        if (phase != tlm::BEGIN_REQ)
            bug("END_RESP, though every answer is taken at once");
        auto *ext = trans.get_extension<tlm_::access>();
        Flight *fl = take();

        trans.acquire();
        fl->memory = this;
        fl->trans = &trans;
        fl->a = sim_access{};
        fl->a.pa = trans.get_address();
        fl->a.n_bytes = trans.get_data_length();
        fl->a.structure = ext->structure;
        fl->a.is_unsnooped = ext->is_unsnooped;
        fl->a.op = ext->is_swap      ? SIM_ACCESS_CAS
                   : trans.is_read() ? SIM_ACCESS_READ
                                     : SIM_ACCESS_WRITE;
        if (ext->is_swap) {
            std::memcpy(fl->a.compare, ext->compare, sizeof(fl->a.compare));
            std::memcpy(fl->a.data, ext->desired, sizeof(ext->desired));
        } else if (trans.is_write()) {
            std::memcpy(fl->a.data, trans.get_data_ptr(), fl->a.n_bytes);
        }
        fl->a.done.fn = on_done;
        fl->a.done.ctx = fl;
        sim_port_access(port, &fl->a);
        phase = tlm::END_REQ;
        return tlm::TLM_UPDATED;
    }
    void b_transport(tlm::tlm_generic_payload &, sc_core::sc_time &) override
    {
        bug("b_transport");
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
    struct Flight {
        Memory *memory;
        tlm::tlm_generic_payload *trans;
        sim_access a;
    };
    const sim_port *port;
    std::deque<Flight> all;
    std::vector<Flight *> idle;

    Flight *take()
    {
        if (idle.empty()) {
            all.emplace_back();
            return &all.back();
        }
        Flight *fl = idle.back();
        idle.pop_back();
        return fl;
    }
    static void on_done(void *ctx)
    {
        auto *fl = static_cast<Flight *>(ctx);
        tlm::tlm_phase phase = tlm::BEGIN_RESP;
        sc_core::sc_time now = sc_core::SC_ZERO_TIME;

        if (fl->a.op != SIM_ACCESS_WRITE)
            std::memcpy(fl->trans->get_data_ptr(), fl->a.data, fl->a.n_bytes);
        fl->trans->get_extension<tlm_::access>()->was_swapped = fl->a.op == SIM_ACCESS_CAS;
        fl->trans->set_response_status(
            fl->a.status == SIM_ACCESS_OK ? tlm::TLM_OK_RESPONSE : tlm::TLM_ADDRESS_ERROR_RESPONSE);
        tlm::tlm_generic_payload *trans = fl->trans;
        Memory *memory = fl->memory;
        memory->idle.push_back(fl);
        if (memory->socket->nb_transport_bw(*trans, phase, now) != tlm::TLM_COMPLETED)
            bug("the unit did not take an answer");
        trans->release();
    }
};

/* What requesters and software see: a struct sim_iommu whose every call is a transaction. */
class Devices : public sc_core::sc_module, public tlm::tlm_mm_interface
{
  public:
    struct Lane : tlm::tlm_bw_transport_if<> {
        Devices *d = nullptr;

        tlm::tlm_sync_enum nb_transport_bw(tlm::tlm_generic_payload &trans, tlm::tlm_phase &phase,
                                           sc_core::sc_time &) override
        {
            if (phase != tlm::BEGIN_RESP)
                bug("a phase that is none of an answer");
            d->answer(static_cast<Request &>(trans));
            phase = tlm::END_RESP;
            return tlm::TLM_COMPLETED;
        }
        void invalidate_direct_mem_ptr(sc_dt::uint64, sc_dt::uint64) override
        {
        }
    };
    struct Request : tlm::tlm_generic_payload {
        sim_dma *dma;
        tlm_::request *ext;
    };

    sc_core::sc_vector<tlm::tlm_initiator_socket<32>> sockets;
    tlm::tlm_initiator_socket<32> regs{"regs"};
    tlm::tlm_initiator_socket<32> asks{"asks"};
    tlm::tlm_target_socket<32> told{"told"};
    sim_iommu_ops ops{};
    sim_iommu direct{}; /* for what has no socket: answers past the queue */

    Devices(const sc_core::sc_module_name &name, const sim_port *behind)
        : sc_module(name), sockets("sockets", 16), port(behind)
    {
        lanes.resize(sockets.size());
        for (size_t i = 0; i < lanes.size(); i++) {
            lanes[i].d = this;
            sockets[i].bind(lanes[i]);
        }
        nobody.d = this;
        regs.bind(nobody);
        asks.bind(nobody);
        endpoint.d = this;
        told.bind(endpoint);
        ops.reg_read = [](void *m, uint64_t offset, uint32_t n) {
            uint64_t value = 0;
            self(m)->access(tlm::TLM_READ_COMMAND, offset, n, &value);
            return value;
        };
        ops.reg_write = [](void *m, uint64_t offset, uint32_t n, uint64_t value) {
            self(m)->access(tlm::TLM_WRITE_COMMAND, offset, n, &value);
        };
        ops.submit = [](void *m, sim_dma *dma) { return self(m)->submit(dma); };
        ops.ats_complete = [](void *m, uint32_t itag) { self(m)->complete(itag); };
        ops.page_request = [](void *m, const sim_page_request *r) { self(m)->ask(*r); };
        ops.reset = [](void *) { bug("reset"); };
        ops.next_event_ps = [](void *) -> uint64_t { bug("next_event_ps"); };
        ops.advance = [](void *, uint64_t) { bug("advance"); };
        ops.free = [](void *) {};
    }
    ~Devices() override
    {
        for (Request &r : all)
            r.free_all_extensions();
    }
    void use_answers(const sim_iommu &model)
    {
        direct = model;
        if (model.ops->answer)
            ops.answer = [](void *m, const uint64_t words[2]) {
                self(m)->direct.ops->answer(self(m)->direct.model, words);
            };
    }
    sim_iommu iommu()
    {
        return {&ops, this};
    }
    void free(tlm::tlm_generic_payload *trans) override
    {
        idle.push_back(static_cast<Request *>(trans));
    }

  private:
    /* ATS messages: an invalidation's transaction ends when the endpoint has answered. */
    struct Endpoint : tlm::tlm_fw_transport_if<> {
        Devices *d = nullptr;

        tlm::tlm_sync_enum nb_transport_fw(tlm::tlm_generic_payload &trans, tlm::tlm_phase &phase,
                                           sc_core::sc_time &) override
        {
            if (phase != tlm::BEGIN_REQ)
                bug("END_RESP of a message");
            return d->tell(trans, phase);
        }
        void b_transport(tlm::tlm_generic_payload &, sc_core::sc_time &) override
        {
            bug("b_transport of a message");
        }
        bool get_direct_mem_ptr(tlm::tlm_generic_payload &, tlm::tlm_dmi &) override
        {
            return false;
        }
        unsigned transport_dbg(tlm::tlm_generic_payload &) override
        {
            return 0;
        }
    };
    const sim_port *port;
    std::deque<Lane> lanes;
    Lane nobody;
    Endpoint endpoint;
    std::deque<Request> all;
    std::vector<Request *> idle;
    std::vector<tlm::tlm_generic_payload *> invs;

    static Devices *self(void *m)
    {
        return static_cast<Devices *>(m);
    }
    Request *take()
    {
        if (idle.empty()) {
            all.emplace_back();
            all.back().ext = new tlm_::request;
            all.back().set_extension(all.back().ext);
            all.back().set_mm(this);
            idle.push_back(&all.back());
        }
        Request *r = idle.back();
        idle.pop_back();
        return r;
    }
    void access(tlm::tlm_command command, uint64_t offset, uint32_t n, uint64_t *value)
    {
        tlm::tlm_generic_payload trans;
        sc_core::sc_time now = sc_core::SC_ZERO_TIME;

        trans.set_command(command);
        trans.set_address(offset);
        trans.set_data_ptr(reinterpret_cast<unsigned char *>(value));
        trans.set_data_length(n);
        trans.set_streaming_width(n);
        regs->b_transport(trans, now);
    }
    bool submit(sim_dma *dma)
    {
        tlm::tlm_phase phase = tlm::BEGIN_REQ;
        sc_core::sc_time now = sc_core::SC_ZERO_TIME;
        Request *r = take();

        if (dma->tbu >= sockets.size())
            bug("more devices than sockets");
        r->acquire();
        r->dma = dma;
        r->set_command(!dma->data                    ? tlm::TLM_IGNORE_COMMAND
                       : dma->access & SIM_DMA_WRITE ? tlm::TLM_WRITE_COMMAND
                                                     : tlm::TLM_READ_COMMAND);
        r->set_address(dma->iova);
        r->set_data_ptr(static_cast<unsigned char *>(dma->data));
        r->set_data_length(dma->n_bytes);
        r->set_streaming_width(dma->n_bytes);
        r->set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
        r->ext->requester = dma->requester;
        r->ext->pasid = dma->has_pasid ? dma->pasid : IOMMUSIM_NO_PASID;
        r->ext->access = dma->access;
        r->ext->type = static_cast<tlm_::address_type>(dma->kind);
        r->ext->may_refuse = true;
        r->ext->was_refused = false;
        const tlm::tlm_sync_enum sync = sockets[dma->tbu]->nb_transport_fw(*r, phase, now);
        if (sync == tlm::TLM_UPDATED && phase == tlm::END_REQ)
            return true;
        if (sync != tlm::TLM_COMPLETED || !r->ext->was_refused)
            bug("a request was neither taken nor refused");
        r->release();
        return false;
    }
    void answer(Request &r)
    {
        sim_dma *dma = r.dma;

        dma->status = r.ext->status;
        dma->event = r.ext->event;
        if (dma->status == SIM_DMA_OK) { /* else models leave what the requester put there */
            dma->pa = r.ext->pa;
            dma->page_log2 = r.ext->page_log2;
            dma->granted = r.ext->granted;
        }
        r.release();
        dma->done.fn(dma->done.ctx);
    }
    tlm::tlm_sync_enum tell(tlm::tlm_generic_payload &trans, tlm::tlm_phase &phase)
    {
        const auto *m = trans.get_extension<tlm_::message>();

        if (m->what == tlm_::message::page_response) {
            const sim_page_response r{
                m->answer.requester, m->answer.pasid == IOMMUSIM_NO_PASID ? 0 : m->answer.pasid,
                m->answer.pasid != IOMMUSIM_NO_PASID, static_cast<uint16_t>(m->answer.group),
                static_cast<uint8_t>(m->answer.code)};
            trans.set_response_status(tlm::TLM_OK_RESPONSE);
            port->ops->page_response(port->ctx, &r);
            return tlm::TLM_COMPLETED;
        }
        const bool has_pasid = m->inv.pasid != IOMMUSIM_NO_PASID;
        const sim_ats_inv inv{m->inv.requester,
                              has_pasid ? m->inv.pasid : 0,
                              has_pasid,
                              m->inv.is_global != 0,
                              m->inv.is_whole != 0,
                              m->inv.itag,
                              m->inv.address,
                              m->inv.n_bytes};
        trans.acquire();
        invs.push_back(&trans);
        port->ops->ats_inv(port->ctx, &inv);
        phase = tlm::END_REQ;
        return tlm::TLM_UPDATED;
    }
    void complete(uint32_t itag)
    {
        for (size_t i = 0; i < invs.size(); i++) {
            tlm::tlm_generic_payload *trans = invs[i];
            tlm::tlm_phase phase = tlm::BEGIN_RESP;
            sc_core::sc_time now = sc_core::SC_ZERO_TIME;

            if (trans->get_extension<tlm_::message>()->inv.itag != itag)
                continue;
            invs.erase(invs.begin() + static_cast<std::ptrdiff_t>(i));
            trans->set_response_status(tlm::TLM_OK_RESPONSE);
            (void)told->nb_transport_bw(*trans, phase, now);
            trans->release();
            return;
        }
    }
    void ask(const sim_page_request &r)
    {
        tlm::tlm_generic_payload trans;
        tlm_::message m;
        sc_core::sc_time now = sc_core::SC_ZERO_TIME;

        m.what = tlm_::message::page_request;
        m.ask = {r.address, r.requester, r.has_pasid ? r.pasid : IOMMUSIM_NO_PASID,
                 r.group,   r.access,    r.is_last};
        trans.set_command(tlm::TLM_IGNORE_COMMAND);
        trans.set_extension(&m);
        asks->b_transport(trans, now);
        trans.clear_extension(&m);
    }
};

/* One unit with all around it; a checker in every way. */
struct Sandwich {
    tlm_::maker maker;
    replay_unit_wiring wiring;
    sim_iommu model{}; /* as made */
    std::unique_ptr<Unit> unit;
    std::unique_ptr<Memory> ptw, downstream;
    std::unique_ptr<Devices> devices;
    std::deque<TlmChecker> checkers;

    static int make(const void *config, unsigned, sim_queue *, const sim_port *port,
                    const sim_tap *tap, sim_iommu *out)
    {
        auto *s = static_cast<Sandwich *>(const_cast<void *>(config));
        replay_unit_wiring inner = s->wiring;

        inner.port = port;
        inner.tap = tap;
        const int err = replay_unit_new(&inner, out);
        s->model = *out;
        return err;
    }
    static int state(const void *, void *, sim_snapshot *)
    {
        return 0;
    }
    /* @place: puts memory behind ptw and downstream; none: the replay's own. */
    using Place = std::function<void(Sandwich &, const std::string &name)>;

    Sandwich(const std::string &name, tlm_::event_core *core, const replay_unit_wiring &w,
             const Place &place)
        : wiring(w)
    {
        maker = {make, state, nullptr, this, UINT64_MAX, w.tap, w.port};
        unit = std::make_unique<Unit>((name + "_unit").c_str(), core, maker);
        devices = std::make_unique<Devices>((name + "_devices").c_str(), w.port);
        devices->use_answers(model);
        for (size_t i = 0; i < devices->sockets.size(); i++)
            between(name, devices->sockets[i], unit->upstream[i]);
        if (place)
            place(*this, name);
        else
            use_own_memory(name);
        devices->regs.bind(unit->regs);
        devices->asks.bind(unit->ats_req);
        between(name, unit->ats_inv, devices->told);
    }
    void use_own_memory(const std::string &name)
    {
        ptw = std::make_unique<Memory>((name + "_ptw").c_str(), wiring.port);
        downstream = std::make_unique<Memory>((name + "_data").c_str(), wiring.port);
        between(name, unit->ptw, ptw->socket);
        between(name, unit->downstream, downstream->socket);
    }
    template <class From, class To> void between(const std::string &name, From &from, To &to)
    {
        checkers.emplace_back((name + "_check" + std::to_string(checkers.size())).c_str());
        from.bind(checkers.back().in);
        checkers.back().out.bind(to);
    }
};

/* A replay's machine under SystemC: the queue runs in one event_core, the replay in an SC_THREAD.
 */
struct Machine {
    std::string name;
    std::unique_ptr<tlm_::event_core> core;
    std::vector<std::unique_ptr<Sandwich>> units;
    struct ::replay_front front;
    replay_machine *machine = nullptr;
    Sandwich::Place place;

    explicit Machine(const std::string &n) : name(n)
    {
        front = {make, [](void *ctx) { return static_cast<Machine *>(ctx)->core->step(); }, this};
    }
    ~Machine()
    {
        replay_machine_free(machine);
    }
    static int make(void *ctx, const replay_unit_wiring *w, sim_iommu *out)
    {
        auto *m = static_cast<Machine *>(ctx);

        if (!m->core) {
            m->core = std::make_unique<tlm_::event_core>((m->name + "_core").c_str(), w->queue);
            m->core->hold();
        }
        m->units.push_back(std::make_unique<Sandwich>(m->name + "_" + std::to_string(w->index),
                                                      m->core.get(), *w, m->place));
        *out = m->units.back()->devices->iommu();
        return 0;
    }
};

} // namespace behind

#endif
