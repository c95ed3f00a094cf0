// SPDX-License-Identifier: BSD-2-Clause
// front.h - the parts of a unit's SystemC side, among themselves.
// Knows: struct sim_iommu, struct sim_port, TLM-2.0. Must not know: any architecture.
#ifndef SIM_SYSTEMC_FRONT_H
#define SIM_SYSTEMC_FRONT_H

#include "include/iommusim/systemc.h"
#include "sim/iommu.h"
#include "sim/port.h"
#include "sim/snapshot.h"
#include "sim/systemc/maker.h"
#include "sim/tap.h"

#include <array>
#include <deque>
#include <vector>

namespace iommusim_tlm
{

class front;

/** who - a request's key: pages are known per who. */
struct who {
    uint32_t requester, pasid;
    uint8_t access; /* SIM_DMA_* */
    uint8_t kind;
};

/** span - what of a payload lies in one page. */
struct span {
    who key;
    uint64_t iova;
    uint32_t n_done, n_bytes;
};

/** entry - a page that was translated. @epoch: of the front then; another one now: not valid. */
struct entry {
    who key;
    uint64_t iova, pa; /* of its first byte */
    uint64_t epoch = 0;
    uint8_t page_log2, granted;
};

/** job - a payload on its way through the unit, page by page. @dma: the piece in hand; its state is
 * the model's too, so that it is put back after a look on a copy. */
struct job {
    sim_dma dma;
    front *owner;
    tlm::tlm_generic_payload *trans; /* NULL: of b_transport, see @answered */
    sc_core::sc_event *answered;
    sim_event arrival;
    who key;
    uint64_t epoch;
    uint32_t n_done, n_bytes;
    unsigned port;
    uint32_t piece;
    bool is_used;
    bool is_begun; /* END_REQ has not been sent */
};

/** upstream - one socket of devices. */
class upstream_port : public tlm::tlm_fw_transport_if<>
{
  public:
    front *f = nullptr;
    unsigned index = 0;
    uint32_t requester = 0, pasid = IOMMUSIM_NO_PASID;
    sim_source source{};
    tlm::tlm_generic_payload *begun = nullptr;   /* BEGIN_REQ without END_REQ */
    tlm::tlm_generic_payload *starved = nullptr; /* it found no job */
    std::deque<job *> answers;                   /* the first one: BEGIN_RESP without END_RESP */
    bool is_answering = false;
    bool has_dmi = false;

    tlm::tlm_sync_enum begin(tlm::tlm_generic_payload &trans, tlm::tlm_phase &phase,
                             sc_core::sc_time &delay);
    tlm::tlm_sync_enum nb_transport_fw(tlm::tlm_generic_payload &trans, tlm::tlm_phase &phase,
                                       sc_core::sc_time &delay) override;
    void b_transport(tlm::tlm_generic_payload &trans, sc_core::sc_time &delay) override;
    bool get_direct_mem_ptr(tlm::tlm_generic_payload &trans, tlm::tlm_dmi &dmi) override;
    unsigned transport_dbg(tlm::tlm_generic_payload &trans) override;
};

/** flight - an access of the unit in the platform. */
struct flight : public tlm::tlm_generic_payload {
    front *f;
    sim_access *a;
    class memory_port *via;
    uint64_t number;
    bool is_used, is_due; /* its answer has come and is an event */
    bool is_write_of_swap;
    uint8_t swap[16];
    access *words;
};

/** memory_port - one socket by which the unit reaches memory. */
class memory_port : public tlm::tlm_bw_transport_if<>
{
  public:
    front *f = nullptr;
    iommu::initiator *socket = nullptr;
    flight *begun = nullptr; /* BEGIN_REQ without END_REQ */
    std::deque<flight *> waiting;
    bool is_pumping = false;
    sim_source source{};

    tlm::tlm_sync_enum nb_transport_bw(tlm::tlm_generic_payload &trans, tlm::tlm_phase &phase,
                                       sc_core::sc_time &delay) override;
    void invalidate_direct_mem_ptr(sc_dt::uint64 start, sc_dt::uint64 end) override;
    void pump();
};

/** register_port - what software does. */
class register_port : public tlm::tlm_fw_transport_if<>
{
  public:
    front *f = nullptr;
    sim_source source{};

    tlm::tlm_sync_enum nb_transport_fw(tlm::tlm_generic_payload &trans, tlm::tlm_phase &phase,
                                       sc_core::sc_time &delay) override;
    void b_transport(tlm::tlm_generic_payload &trans, sc_core::sc_time &delay) override;
    bool get_direct_mem_ptr(tlm::tlm_generic_payload &trans, tlm::tlm_dmi &dmi) override;
    unsigned transport_dbg(tlm::tlm_generic_payload &trans) override;
};

/** endpoint_port - messages of endpoints: ats_req. */
class endpoint_port : public tlm::tlm_fw_transport_if<>
{
  public:
    front *f = nullptr;
    sim_source source{};

    tlm::tlm_sync_enum nb_transport_fw(tlm::tlm_generic_payload &trans, tlm::tlm_phase &phase,
                                       sc_core::sc_time &delay) override;
    void b_transport(tlm::tlm_generic_payload &trans, sc_core::sc_time &delay) override;
    bool get_direct_mem_ptr(tlm::tlm_generic_payload &trans, tlm::tlm_dmi &dmi) override;
    unsigned transport_dbg(tlm::tlm_generic_payload &trans) override;
};

/** invalidation_port - messages to endpoints, and their answers: ats_inv. */
class invalidation_port : public tlm::tlm_bw_transport_if<>, public tlm::tlm_mm_interface
{
  public:
    front *f = nullptr;
    iommu::optional_initiator *socket = nullptr;
    sim_source source{};
    tlm::tlm_generic_payload *begun = nullptr;
    std::deque<tlm::tlm_generic_payload *> waiting;
    bool is_pumping = false;

    tlm::tlm_sync_enum nb_transport_bw(tlm::tlm_generic_payload &trans, tlm::tlm_phase &phase,
                                       sc_core::sc_time &delay) override;
    void invalidate_direct_mem_ptr(sc_dt::uint64 start, sc_dt::uint64 end) override;
    void free(tlm::tlm_generic_payload *trans) override;
    void send(const message &what);
    void pump();
    void ended(tlm::tlm_generic_payload &trans, const sc_core::sc_time &delay);
};

/** later - a call that has to wait for its turn in the queue. Its event is in front::later_events.
 */
struct later {
    front *f;
    std::function<void()> what;
    bool is_used = false;
};

class front : public tlm::tlm_mm_interface
{
  public:
    static constexpr size_t kJobs = 1024; /* payloads under way at most */

    front(iommu *module, event_core *core, const maker &make, unsigned n_upstream);
    ~front() override;

    /* front.cpp */
    void do_later(sim_source &source, const sc_core::sc_time &delay, std::function<void()> what);
    void forget(); /* what was translated until now is known no more */
    void free(tlm::tlm_generic_payload *trans) override;
    static void on_later(void *ctx);
    void retry_soon(uint64_t delay_ps);
    static void on_retry(void *ctx);

    /* jobs.cpp: upstream requests */
    bool check(tlm::tlm_generic_payload &trans) const;
    void read_key(const upstream_port &port, tlm::tlm_generic_payload &trans, who *key) const;
    job *take_job(unsigned port, const who &key);
    void give_back(job *j);
    void arrive_later(job *j, const sc_core::sc_time &delay);
    bool submit(job *j);
    void taken(job *j);
    void respond(job *j);
    void send_answers(upstream_port &port);
    void end_answer(upstream_port &port, const sc_core::sc_time &delay);
    bool translate(upstream_port &port, const who &key, uint64_t iova, sim_dma *dma);
    void move_data(tlm::tlm_generic_payload &trans, const span &piece, uint64_t pa,
                   sc_core::sc_time &delay);
    void move_piece(upstream_port &port, tlm::tlm_generic_payload &trans, const span &piece,
                    sc_core::sc_time &delay);
    static void on_arrival(void *ctx);
    static void on_done(void *ctx);

    /* pages.cpp: what is known without asking the model */
    static uint64_t hash_of(const who &key, uint64_t what);
    const entry *find(const who &key, uint64_t iova) const;
    void keep(const who &key, const sim_dma &dma, uint64_t epoch);

    /* memory.cpp: the model's own accesses */
    static void on_access(void *ctx, sim_access *a);
    void begin(flight *fl, tlm::tlm_command command, uint8_t *data);
    void response(flight *fl, const sc_core::sc_time &delay);
    void complete(flight *fl);
    static void on_complete(void *ctx);
    bool move(memory_port &via, tlm::tlm_command command, uint64_t pa, uint8_t *data, uint32_t n);

    /* look.cpp: on a copy */
    bool look(const who &key, uint64_t iova, uint64_t *pa);
    void look_access(sim_access *a);
    bool look_begin();
    bool submit_look();
    static void on_looked(void *ctx);

    static void on_irq(void *ctx, sim_irq source, bool level);
    static void on_ats_inv(void *ctx, const sim_ats_inv *inv);
    static void on_page_response(void *ctx, const sim_page_response *response);
    static void on_flush(void *ctx);
    static void on_fact(void *ctx, const sim_fact *fact);

    iommu *module;
    event_core *core;
    unsigned number; /* of this unit in its core */
    sim_iommu model{};
    maker make;
    sim_port port{};
    sim_tap tap{};
    std::function<void(const iommusim_fact &)> tell;
    statistics stats{};

    std::deque<upstream_port> up;
    register_port registers;
    endpoint_port endpoints;
    memory_port ptw, downstream;
    invalidation_port invalidations;

    std::vector<job> jobs; /* never moves */
    std::vector<job *> free_jobs;
    std::deque<job *> held; /* the model had no room */
    sim_source retry_source{};
    std::deque<flight> flights;
    std::vector<flight *> free_flights;
    uint64_t n_accesses = 0;
    unsigned in_access = 0;
    std::vector<later> laters;           /* never moves */
    std::vector<sim_event> later_events; /* one for each */
    std::vector<later *> free_laters;
    sim_event retry_event{};

    std::vector<entry> pages;
    std::vector<std::unique_ptr<tlm::tlm_generic_payload>> idle_payloads; /* of b_transport */
    uint64_t epoch = 1;

    /* What the wires should show; a pulse ends at @until_ps. */
    struct level {
        bool is_high;
        uint64_t until_ps;
    };
    std::array<level, iommu::n_irqs> levels{};
    sc_core::sc_event irq_changed;

    sim_snapshot *snapshot = nullptr;
    bool is_looking = false;
    job looked{};
    bool has_looked = false;
    uint64_t look_number = 0;
    std::vector<uint8_t> scratch;
};

} // namespace iommusim_tlm

#endif
