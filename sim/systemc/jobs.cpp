// SPDX-License-Identifier: BSD-2-Clause
// jobs.cpp - requests of devices, in 4 phases and by b_transport.
// Knows: payloads, the model's submit. Must not know: what the model makes of them.
#include "sim/diag.h"
#include "sim/event.h"
#include "sim/systemc/front.h"

#include <algorithm>
#include <cstring>

namespace iommusim_tlm
{

namespace
{

constexpr uint64_t kPageBytes = 4096;
constexpr uint64_t kRetryPs = 10000; /* if nothing was answered meanwhile */

bool is_done_well(const sim_dma &dma)
{
    return dma.status == SIM_DMA_OK || dma.status == SIM_DMA_RAZ_WI;
}

} // namespace

/* ---- what a payload asks for ---- */

bool front::check(tlm::tlm_generic_payload &trans) const
{
    const auto *ext = trans.get_extension<request>();
    const uint64_t last = trans.get_address() + (trans.get_data_length() - 1);
    const bool is_translation = ext && ext->type == address_type::translation_request;

    if (trans.get_command() == tlm::TLM_IGNORE_COMMAND
            ? !ext || !(ext->access & (SIM_DMA_READ | SIM_DMA_WRITE | SIM_DMA_EXECUTE))
            : is_translation)
        trans.set_response_status(tlm::TLM_COMMAND_ERROR_RESPONSE);
    else if (trans.get_byte_enable_ptr())
        trans.set_response_status(tlm::TLM_BYTE_ENABLE_ERROR_RESPONSE);
    else if (!trans.get_data_length() || trans.get_streaming_width() < trans.get_data_length() ||
             (!trans.get_data_ptr() && trans.get_command() != tlm::TLM_IGNORE_COMMAND))
        trans.set_response_status(tlm::TLM_BURST_ERROR_RESPONSE);
    else if (last < trans.get_address())
        trans.set_response_status(tlm::TLM_ADDRESS_ERROR_RESPONSE);
    else
        return true;
    return false;
}

void front::read_key(const upstream_port &from, tlm::tlm_generic_payload &trans, who *key) const
{
    const auto *ext = trans.get_extension<request>();
    uint32_t access = ext ? ext->access : 0;

    if (trans.get_command() != tlm::TLM_IGNORE_COMMAND)
        access = (access & (SIM_DMA_EXECUTE | SIM_DMA_PRIVILEGED)) |
                 (trans.is_read() ? SIM_DMA_READ : SIM_DMA_WRITE);
    key->requester = ext ? ext->requester : from.requester;
    key->pasid = ext ? ext->pasid : from.pasid;
    key->access = static_cast<uint8_t>(access & 0xf);
    key->kind = static_cast<uint8_t>(ext ? ext->type : address_type::untranslated);
}

/* ---- a job ---- */

job *front::take_job(unsigned port_index, const who &key)
{
    if (free_jobs.empty())
        return nullptr;
    job *j = free_jobs.back();

    free_jobs.pop_back();
    *j = job{};
    j->owner = this;
    j->key = key;
    j->port = port_index;
    j->is_used = true;
    stats.n_in_flight++;
    return j;
}

void front::give_back(job *j)
{
    j->is_used = false;
    free_jobs.push_back(j);
    stats.n_in_flight--;
    for (upstream_port &p : up) {
        tlm::tlm_generic_payload *trans = p.starved;
        who key;

        if (!trans || free_jobs.empty())
            continue;
        p.starved = nullptr;
        read_key(p, *trans, &key);
        job *next = take_job(p.index, key);
        next->trans = trans;
        next->n_bytes = trans->get_data_length();
        next->is_begun = true;
        arrive_later(next, sc_core::SC_ZERO_TIME);
    }
}

/* What comes from outside waits for its turn among the events of its instant. Threads that call
 * b_transport at one instant have no order among themselves that SystemC would promise: what they
 * ask for gives them one. */
void front::arrive_later(job *j, const sc_core::sc_time &delay)
{
    upstream_port &p = up[j->port];
    const auto index = static_cast<uint64_t>(j - jobs.data());
    sim_source threads{p.source.rank, static_cast<uint16_t>(p.source.port + 1),
                       hash_of(j->key, j->dma.iova) % (UINT64_C(1) << 30) * kJobs + index};

    j->arrival.fn = on_arrival;
    j->arrival.ctx = j;
    sim_queue_at(core->queue(), j->answered ? &threads : &p.source, core->due_ps(delay),
                 &j->arrival);
    if (!core->is_running())
        core->kick();
}

/* The next piece: what lies in one page. Return: false if the model has no room. */
bool front::submit(job *j)
{
    const uint64_t iova = (j->trans ? j->trans->get_address() : j->dma.iova) + j->n_done;
    const uint64_t room = kPageBytes - iova % kPageBytes;
    const bool has_data = j->trans && j->trans->get_command() != tlm::TLM_IGNORE_COMMAND;
    sim_dma &dma = j->dma;

    j->piece = static_cast<uint32_t>(std::min<uint64_t>(room, j->n_bytes - j->n_done));
    dma = sim_dma{};
    dma.iova = iova;
    dma.n_bytes = j->piece;
    dma.requester = j->key.requester;
    dma.has_pasid = j->key.pasid != IOMMUSIM_NO_PASID;
    dma.pasid = dma.has_pasid ? j->key.pasid : 0;
    dma.kind = j->key.kind;
    dma.access = j->key.access;
    dma.tbu = static_cast<uint8_t>(j->port);
    dma.data = has_data ? j->trans->get_data_ptr() + j->n_done : nullptr;
    dma.done.fn = on_done;
    dma.done.ctx = j;
    j->epoch = epoch;
    if (!model.ops->submit(model.model, &dma))
        return false;
    stats.n_translations++;
    return true;
}

/* The model has the first piece: the initiator may send its next request. */
void front::taken(job *j)
{
    tlm::tlm_phase phase = tlm::END_REQ;
    sc_core::sc_time delay = sc_core::SC_ZERO_TIME;

    if (!j->is_begun)
        return;
    j->is_begun = false;
    up[j->port].begun = nullptr;
    core->touch();
    (void)module->upstream[j->port]->nb_transport_bw(*j->trans, phase, delay);
}

void front::on_arrival(void *ctx)
{
    auto *j = static_cast<job *>(ctx);
    front *f = j->owner;

    if (f->is_looking)
        return;
    if (f->submit(j)) {
        f->taken(j);
        return;
    }
    f->stats.n_held++;
    f->held.push_back(j);
    f->retry_soon(kRetryPs);
}

void front::retry_soon(uint64_t delay_ps)
{
    stats.n_waiting = static_cast<unsigned>(held.size());
    if (held.empty())
        return;
    sim_queue_cancel(core->queue(), &retry_event);
    sim_queue_at(core->queue(), &retry_source, sim_queue_now_ps(core->queue()) + delay_ps,
                 &retry_event);
}

void front::on_retry(void *ctx)
{
    auto *f = static_cast<front *>(ctx);
    size_t n = f->held.size();

    if (f->is_looking)
        return;
    while (n--) {
        job *j = f->held.front();

        f->held.pop_front();
        if (f->submit(j))
            f->taken(j);
        else
            f->held.push_back(j);
    }
    f->retry_soon(kRetryPs);
}

void front::on_done(void *ctx)
{
    auto *j = static_cast<job *>(ctx);
    front *f = j->owner;

    if (f->is_looking) {
        f->has_looked |= j == &f->looked;
        return;
    }
    f->retry_soon(0);
    if (j->dma.status == SIM_DMA_OK) /* if nothing was forgotten since it began */
        f->keep(j->key, j->dma, j->epoch);
    if (j->answered) {
        f->core->touch();
        j->answered->notify(sc_core::SC_ZERO_TIME);
        return;
    }
    if (j->dma.status == SIM_DMA_RAZ_WI && j->dma.data && j->trans->is_read())
        std::memset(j->dma.data, 0, j->piece);
    if (is_done_well(j->dma) && j->n_done + j->piece < j->n_bytes) {
        j->n_done += j->piece;
        if (f->submit(j))
            return;
        f->held.push_back(j);
        f->retry_soon(kRetryPs);
        return;
    }
    f->respond(j);
}

/* ---- answers ---- */

static void answer(tlm::tlm_generic_payload &trans, const sim_dma &dma)
{
    auto *ext = trans.get_extension<request>();

    trans.set_response_status(is_done_well(dma) ? tlm::TLM_OK_RESPONSE
                                                : tlm::TLM_ADDRESS_ERROR_RESPONSE);
    if (!ext)
        return;
    ext->status = dma.status;
    ext->pa = dma.pa;
    ext->page_log2 = dma.page_log2;
    ext->granted = dma.granted;
    ext->event = dma.event;
}

void front::respond(job *j)
{
    answer(*j->trans, j->dma);
    up[j->port].answers.push_back(j);
    send_answers(up[j->port]);
}

/* One answer at a time: the next one's BEGIN_RESP waits for the END_RESP of this one. */
void front::send_answers(upstream_port &p)
{
    while (!p.is_answering && !p.answers.empty()) {
        tlm::tlm_phase phase = tlm::BEGIN_RESP;
        sc_core::sc_time delay = sc_core::SC_ZERO_TIME;

        p.is_answering = true;
        core->touch();
        const tlm::tlm_sync_enum sync =
            module->upstream[p.index]->nb_transport_bw(*p.answers.front()->trans, phase, delay);
        if (sync == tlm::TLM_COMPLETED || (sync == tlm::TLM_UPDATED && phase == tlm::END_RESP))
            end_answer(p, delay);
    }
}

void front::end_answer(upstream_port &p, const sc_core::sc_time &delay)
{
    job *j = p.answers.front();

    p.answers.pop_front();
    if (j->trans->has_mm())
        j->trans->release();
    give_back(j);
    if (delay == sc_core::SC_ZERO_TIME) {
        p.is_answering = false;
        return;
    }
    do_later(p.source, delay, [this, &p] {
        p.is_answering = false;
        send_answers(p);
    });
}

/* ---- 4 phases ---- */

static void wrong_phase(const char *what)
{
    SC_REPORT_ERROR("iommusim", what);
}

tlm::tlm_sync_enum upstream_port::nb_transport_fw(tlm::tlm_generic_payload &trans,
                                                  tlm::tlm_phase &phase, sc_core::sc_time &delay)
{
    if (phase == tlm::BEGIN_REQ)
        return begin(trans, phase, delay);
    if (phase != tlm::END_RESP)
        return tlm::TLM_ACCEPTED; /* phases that the base protocol does not have may be ignored */
    if (!is_answering || answers.empty() || answers.front()->trans != &trans) {
        wrong_phase("upstream: END_RESP of what was not answered");
        return tlm::TLM_ACCEPTED;
    }
    f->end_answer(*this, delay);
    if (!is_answering && !answers.empty()) /* not from within this call */
        f->do_later(source, sc_core::SC_ZERO_TIME, [this] { f->send_answers(*this); });
    return tlm::TLM_COMPLETED;
}

tlm::tlm_sync_enum upstream_port::begin(tlm::tlm_generic_payload &trans, tlm::tlm_phase &phase,
                                        sc_core::sc_time &delay)
{
    auto *ext = trans.get_extension<request>();
    who key;

    f->stats.n_requests++;
    if (begun) {
        wrong_phase("upstream: BEGIN_REQ before the END_REQ of the last one");
        return tlm::TLM_ACCEPTED;
    }
    if (!f->check(trans))
        return tlm::TLM_COMPLETED;
    trans.set_dmi_allowed(false);
    f->read_key(*this, trans, &key);
    job *j = f->take_job(index, key);
    if (trans.has_mm())
        trans.acquire();
    begun = &trans;
    if (!j) {
        f->stats.n_held++;
        starved = &trans;
        return tlm::TLM_ACCEPTED;
    }
    j->trans = &trans;
    j->n_bytes = trans.get_data_length();
    j->is_begun = true;
    if (!f->core->is_running() || delay != sc_core::SC_ZERO_TIME) {
        f->arrive_later(j, delay);
        return tlm::TLM_ACCEPTED;
    }
    if (f->submit(j)) {
        j->is_begun = false;
        begun = nullptr;
        phase = tlm::END_REQ;
        return tlm::TLM_UPDATED;
    }
    f->stats.n_held++;
    if (ext && ext->may_refuse) {
        begun = nullptr;
        ext->was_refused = true;
        if (trans.has_mm())
            trans.release();
        f->give_back(j);
        return tlm::TLM_COMPLETED;
    }
    f->held.push_back(j);
    f->retry_soon(kRetryPs);
    return tlm::TLM_ACCEPTED;
}

/* ---- b_transport ---- */

/* Through the model; the caller waits. Return: false: refused, and the payload says so. */
bool front::translate(upstream_port &p, const who &key, uint64_t iova, sim_dma *dma)
{
    sc_core::sc_event done("done");
    job *j;

    while (!(j = take_job(p.index, key)))
        sc_core::wait(event_core::time_of(kRetryPs));
    j->dma.iova = iova;
    j->n_bytes = 1;
    j->answered = &done;
    arrive_later(j, sc_core::SC_ZERO_TIME);
    while (j->dma.status == SIM_DMA_PENDING)
        sc_core::wait(done);
    *dma = j->dma;
    give_back(j);
    return is_done_well(*dma);
}

void upstream_port::b_transport(tlm::tlm_generic_payload &trans, sc_core::sc_time &delay)
{
    who key;

    f->stats.n_requests++;
    if (!f->check(trans))
        return;
    f->read_key(*this, trans, &key);
    trans.set_dmi_allowed(false);
    trans.set_response_status(tlm::TLM_OK_RESPONSE);
    for (uint32_t n_done = 0; n_done < trans.get_data_length() && trans.is_response_ok();) {
        const uint64_t iova = trans.get_address() + n_done;
        const auto n = static_cast<uint32_t>(
            std::min<uint64_t>(kPageBytes - iova % kPageBytes, trans.get_data_length() - n_done));

        f->move_piece(*this, trans, {key, iova, n_done, n}, delay);
        n_done += n;
    }
}

/* The data of a piece, at @pa. Payloads are used again: a fresh one takes memory of the host. */
void front::move_data(tlm::tlm_generic_payload &trans, const span &piece, uint64_t pa,
                      sc_core::sc_time &delay)
{
    if (idle_payloads.empty())
        idle_payloads.push_back(std::make_unique<tlm::tlm_generic_payload>());
    std::unique_ptr<tlm::tlm_generic_payload> sub = std::move(idle_payloads.back());

    idle_payloads.pop_back();
    sub->set_command(trans.get_command());
    sub->set_address(pa);
    sub->set_data_ptr(trans.get_data_ptr() + piece.n_done);
    sub->set_data_length(piece.n_bytes);
    sub->set_streaming_width(piece.n_bytes);
    sub->set_byte_enable_ptr(nullptr);
    sub->set_dmi_allowed(false);
    sub->set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
    module->downstream->b_transport(*sub, delay);
    trans.set_response_status(sub->get_response_status());
    trans.set_dmi_allowed(sub->is_dmi_allowed());
    idle_payloads.push_back(std::move(sub));
}

void front::move_piece(upstream_port &p, tlm::tlm_generic_payload &trans, const span &piece,
                       sc_core::sc_time &delay)
{
    const entry *known = find(piece.key, piece.iova);
    sim_dma dma{};

    if (known) {
        stats.n_table_hits++;
        delay += module->lt_hit;
        dma.status = SIM_DMA_OK;
        dma.pa = known->pa + piece.iova % kPageBytes;
        dma.page_log2 = known->page_log2;
        dma.granted = known->granted;
    } else {
        if (delay != sc_core::SC_ZERO_TIME)
            sc_core::wait(delay);
        delay = sc_core::SC_ZERO_TIME;
        (void)translate(p, piece.key, piece.iova, &dma);
    }
    answer(trans, dma);
    if (trans.get_command() == tlm::TLM_IGNORE_COMMAND || !trans.is_response_ok())
        return;
    if (dma.status == SIM_DMA_RAZ_WI) {
        if (trans.is_read())
            std::memset(trans.get_data_ptr() + piece.n_done, 0, piece.n_bytes);
        return;
    }
    move_data(trans, piece, dma.pa, delay);
}

} // namespace iommusim_tlm
