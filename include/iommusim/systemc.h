/* SPDX-License-Identifier: BSD-2-Clause
 * systemc.h - SMMUv3 and VT-d as SystemC modules with TLM-2.0 sockets (docs/systemc.md).
 * Knows: SystemC, iommusim.h. Must not know: the project.
 *
 * The models are those of the library, with the same events in the same order. The resolution of
 * time must be 1 ps or finer. C++17; SystemC 2.3.4 and later. */
#ifndef IOMMUSIM_SYSTEMC_H
#define IOMMUSIM_SYSTEMC_H

#include <iommusim/iommusim.h>

#include <functional>
#include <memory>
#include <string>
#include <systemc>
#include <tlm>

struct sim_queue;

namespace iommusim_tlm
{

/** address_type - of a request: PCIe's AT. */
enum class address_type : uint8_t { untranslated, translated, translation_request };

/**
 * request - the extension of a payload that says who asks, and how it was answered. Without it a
 * request is that of its port: see iommu::stream.
 * @requester: StreamID, or requester-id.
 * @access:    of a TLM_IGNORE_COMMAND, which asks for a translation and moves nothing: enum
 *             iommusim_dma_access. Else only IOMMUSIM_EXECUTE and _PRIVILEGED of it count.
 * @is_secure: carried, not used: the models have the non-secure side only.
 * @may_refuse: if there is no room, answer at once with @was_refused instead of holding the
 *             request (4 phases, from inside the unit's event_core).
 * The answer: @status (enum iommusim_dma_status), @pa, @page_log2, @granted and @event as in struct
 * iommusim_dma; of a request of several pages those of the last one.
 */
class request : public tlm::tlm_extension<request>
{
  public:
    uint32_t requester = 0;
    uint32_t pasid = IOMMUSIM_NO_PASID;
    uint32_t access = 0;
    address_type type = address_type::untranslated;
    bool is_secure = false;
    bool may_refuse = false;

    bool was_refused = false;
    uint8_t status = IOMMUSIM_PENDING;
    uint8_t page_log2 = 0;
    uint8_t granted = 0;
    uint32_t event = 0;
    uint64_t pa = 0;

    tlm::tlm_extension_base *clone() const override;
    void copy_from(const tlm::tlm_extension_base &other) override;
};

/**
 * access - the extension that the unit's own requests carry (sockets ptw and downstream).
 * @structure: enum iommusim_structure: what is read or written there.
 * @is_unsnooped: a read that does not look into the CPUs' caches.
 * @is_swap:   compare and swap: the payload is a read of 8 or 16 bytes. A target that can do it in
 *             one piece writes @desired if memory has @compare, gives what was there, and sets
 *             @was_swapped; of any other the unit sends a write after the read.
 */
class access : public tlm::tlm_extension<access>
{
  public:
    uint8_t structure = 0;
    bool is_unsnooped = false;
    bool is_swap = false;
    bool was_swapped = false;
    uint8_t compare[16] = {};
    uint8_t desired[16] = {};

    tlm::tlm_extension_base *clone() const override;
    void copy_from(const tlm::tlm_extension_base &other) override;
};

/**
 * message - the extension of payloads between unit and endpoints (sockets ats_inv and ats_req),
 * which are TLM_IGNORE_COMMANDs.
 * ats_inv, invalidation: the endpoint answers by ending the transaction (BEGIN_RESP, or
 * TLM_COMPLETED). ats_inv, page_response: the answer to a group. ats_req, page_request.
 */
class message : public tlm::tlm_extension<message>
{
  public:
    enum kind { invalidation, page_request, page_response };

    kind what = invalidation;
    struct iommusim_ats_inv inv = {};
    struct iommusim_page_request ask = {};
    struct iommusim_page_response answer = {};

    tlm::tlm_extension_base *clone() const override;
    void copy_from(const tlm::tlm_extension_base &other) override;
};

/**
 * event_core - the clock of one unit, or of several that want one order among themselves: one
 * SC_METHOD that runs the events of the library's core at their times.
 *
 * When an instant comes, and whenever an event has called into the platform, it waits for delta
 * cycles before the next event: what the platform answers in them belongs before it.
 */
class event_core : public sc_core::sc_module
{
  public:
    explicit event_core(const sc_core::sc_module_name &name);
    /** For whoever has a queue of his own already; it is borrowed. */
    event_core(const sc_core::sc_module_name &name, struct sim_queue *queue);
    ~event_core() override;

    struct sim_queue *queue() const;
    /** is_running - an event of it runs now. */
    bool is_running() const;
    /** kick - something was scheduled while it slept. */
    void kick();
    /** touch - the event that runs has called the platform. */
    void touch();
    /** hold - from now on events run when step asks for them, from an SC_THREAD. */
    void hold();
    /** step - the next event runs, at its time. Return: false if there is none. */
    bool step();
    /** join - a number for one more user of the queue; n_users - how many there are. */
    unsigned join();
    unsigned n_users() const;
    /** now_ps, time_of - SystemC's time, and back. */
    static uint64_t now_ps();
    static uint64_t ps_of(const sc_core::sc_time &time);
    static sc_core::sc_time time_of(uint64_t time_ps);
    /** due_ps - now, and @delay from now on. */
    uint64_t due_ps(const sc_core::sc_time &delay) const;

  private:
    struct state;
    std::unique_ptr<state> s;
    void run();
};

/** statistics - what a unit has done for its sockets. */
struct statistics {
    uint64_t n_requests;     /* payloads that came in upstream */
    uint64_t n_translations; /* pieces that the model translated */
    uint64_t n_table_hits;   /* of b_transport: pages known from before */
    uint64_t n_held;         /* payloads that found no room at once */
    uint64_t n_dmi_grants, n_dmi_invalidations;
    uint64_t n_accesses;          /* of the unit, by ptw and downstream */
    uint64_t n_tlb_hits, n_walks; /* of the model, since reset */
    unsigned n_in_flight, n_waiting;
    unsigned n_accesses_in_flight;
};

struct maker;
class front;

/**
 * iommu - what all units have. Sockets are 32 bits wide by type; any length goes through.
 *
 * upstream[i]: devices. 4 phases: any number of requests under way, of which each is answered
 *   when the model has done so; END_REQ comes when the model has taken it. b_transport: pages that
 *   were translated before take @lt_hit, others go through the model, and the caller waits. DMI:
 *   page by page, of pages that a request of the same kind has used; taken back whenever a command
 *   completes, a register is written or takes effect, the platform takes its own back, and at
 *   reset. transport_dbg: translates on a copy of the unit's state, which then is as before.
 * regs: registers by offset; 4 or 8 bytes, aligned.
 * ptw: reads and writes of tables and queues. downstream: data, messages (MSIs), status writes.
 *   Both are 4 phases; b_transport and transport_dbg for those that came in that way.
 * ats_req, ats_inv: see class message; may be left open: then nobody answers invalidations.
 * irq[]: one per enum iommusim_irq; may be left open. Pulses of @irq_pulse.
 * reset: on its rising edge; may be left open.
 */
class iommu : public sc_core::sc_module
{
  public:
    static constexpr unsigned n_irqs = 8;
    using target = tlm::tlm_target_socket<32>;
    using initiator = tlm::tlm_initiator_socket<32>;
    using optional_target =
        tlm::tlm_target_socket<32, tlm::tlm_base_protocol_types, 1, sc_core::SC_ZERO_OR_MORE_BOUND>;
    using optional_initiator = tlm::tlm_initiator_socket<32, tlm::tlm_base_protocol_types, 1,
                                                         sc_core::SC_ZERO_OR_MORE_BOUND>;
    using optional_out =
        sc_core::sc_port<sc_core::sc_signal_inout_if<bool>, 1, sc_core::SC_ZERO_OR_MORE_BOUND>;
    using optional_in =
        sc_core::sc_port<sc_core::sc_signal_in_if<bool>, 1, sc_core::SC_ZERO_OR_MORE_BOUND>;

    sc_core::sc_vector<target> upstream;
    target regs;
    optional_target ats_req;
    initiator ptw;
    initiator downstream;
    optional_initiator ats_inv;
    sc_core::sc_vector<optional_out> irq;
    optional_in reset;

    /** lt_hit - of a page that b_transport or DMI knows. irq_pulse - how long a pulse is. */
    sc_core::sc_time lt_hit;
    sc_core::sc_time irq_pulse;

    /** stream - who a payload without the extension comes from. */
    void stream(unsigned port, uint32_t requester, uint32_t pasid = IOMMUSIM_NO_PASID);
    /** on_fact - everything that the unit does from now on. */
    void on_fact(std::function<void(const struct iommusim_fact &)> fact);
    const statistics &stats() const;
    event_core &core();

    ~iommu() override;

  protected:
    /** core: NULL: one of its own. */
    iommu(const sc_core::sc_module_name &name, unsigned n_upstream, event_core *core,
          const maker &make);

  private:
    void end_of_elaboration() override;
    void drive();
    void on_reset();
    std::unique_ptr<event_core> own_core;
    std::unique_ptr<front> f;
};

/** smmuv3, vtd - @config: read only, may be freed afterwards; its memory's parameters do not count:
 * memory is the platform's. A configuration that the model refuses is SC_REPORT_FATAL. */
class smmuv3 : public iommu
{
  public:
    smmuv3(const sc_core::sc_module_name &name, const struct iommusim_config *config,
           unsigned n_upstream = 1, event_core *core = nullptr);
};

class vtd : public iommu
{
  public:
    vtd(const sc_core::sc_module_name &name, const struct iommusim_config *config,
        unsigned n_upstream = 1, event_core *core = nullptr);
};

} // namespace iommusim_tlm

#endif
