/* SPDX-License-Identifier: BSD-2-Clause
 * systemc_attributes.h - payloads of platforms that say who asks with an extension of their own.
 * Knows: SystemC, systemc.h. Must not know: that extension's class, the project.
 *
 * Attributes: a tlm_extension with get_master_id, set_master_id, get_secure and set_secure, as
 * genattr_extension of AMD's libsystemctlm-soc has them. Nothing of it is needed here: the platform
 * includes its header and names the class. */
#ifndef IOMMUSIM_SYSTEMC_ATTRIBUTES_H
#define IOMMUSIM_SYSTEMC_ATTRIBUTES_H

#include <iommusim/systemc.h>

#include <deque>
#include <vector>

namespace iommusim_tlm
{

/**
 * extension_bridge - hands payloads on, and has @Extension in each from its begin to its end. Those
 * that have one already keep it. All styles; takes no time.
 */
template <class Extension>
class extension_bridge : public sc_core::sc_module,
                         public tlm::tlm_fw_transport_if<>,
                         public tlm::tlm_bw_transport_if<>
{
  public:
    tlm::tlm_target_socket<32> in{"in"};
    tlm::tlm_initiator_socket<32> out{"out"};

    explicit extension_bridge(const sc_core::sc_module_name &name) : sc_module(name)
    {
        in.bind(*this);
        out.bind(*this);
    }

  protected:
    struct lent : Extension {
        const extension_bridge *owner = nullptr; /* while it is in a payload */
    };
    using payload = tlm::tlm_generic_payload;

    /** fill - what @trans, which has no Extension, should have. Return: false: nothing. */
    virtual bool fill(payload &trans, Extension &extension) = 0;
    /** refuses - such a payload goes no further. */
    virtual bool refuses(payload &trans) = 0;
    /** answered - @extension is about to leave. */
    virtual void answered(payload &trans, Extension &extension) = 0;

  private:
    std::deque<lent> all;
    std::vector<lent *> idle;

    bool begin(payload &trans)
    {
        if (refuses(trans)) {
            trans.set_response_status(tlm::TLM_GENERIC_ERROR_RESPONSE);
            return false;
        }
        if (trans.get_extension<Extension>())
            return true;
        if (idle.empty())
            idle.push_back(&all.emplace_back());
        lent *l = idle.back();
        *static_cast<Extension *>(l) = Extension();
        if (!fill(trans, *l))
            return true;
        idle.pop_back();
        l->owner = this;
        trans.set_extension(static_cast<Extension *>(l));
        if (trans.has_mm()) /* it stays ours until the extension is out of it */
            trans.acquire();
        return true;
    }
    lent *ours(payload &trans)
    {
        auto *l = dynamic_cast<lent *>(trans.get_extension<Extension>());

        return l && l->owner == this ? l : nullptr;
    }
    void tell(payload &trans)
    {
        if (lent *l = ours(trans))
            answered(trans, *l);
    }
    void end(payload &trans)
    {
        lent *l = ours(trans);

        if (!l)
            return;
        trans.clear_extension(static_cast<Extension *>(l));
        l->owner = nullptr;
        idle.push_back(l);
        if (trans.has_mm())
            trans.release();
    }
    tlm::tlm_sync_enum nb_transport_fw(payload &trans, tlm::tlm_phase &phase,
                                       sc_core::sc_time &delay) override
    {
        const bool is_begin = phase == tlm::BEGIN_REQ, is_end = phase == tlm::END_RESP;

        if (is_begin && !begin(trans))
            return tlm::TLM_COMPLETED;
        const tlm::tlm_sync_enum sync = out->nb_transport_fw(trans, phase, delay);
        if (is_begin &&
            (sync == tlm::TLM_COMPLETED || (sync == tlm::TLM_UPDATED && phase == tlm::BEGIN_RESP)))
            tell(trans);
        if (is_end || sync == tlm::TLM_COMPLETED)
            end(trans);
        return sync;
    }
    tlm::tlm_sync_enum nb_transport_bw(payload &trans, tlm::tlm_phase &phase,
                                       sc_core::sc_time &delay) override
    {
        if (phase == tlm::BEGIN_RESP)
            tell(trans);
        const tlm::tlm_sync_enum sync = in->nb_transport_bw(trans, phase, delay);
        if (sync == tlm::TLM_COMPLETED || (sync == tlm::TLM_UPDATED && phase == tlm::END_RESP))
            end(trans);
        return sync;
    }
    void b_transport(payload &trans, sc_core::sc_time &delay) override
    {
        if (!begin(trans))
            return;
        out->b_transport(trans, delay);
        tell(trans);
        end(trans);
    }
    bool get_direct_mem_ptr(payload &trans, tlm::tlm_dmi &dmi) override
    {
        if (!begin(trans))
            return false;
        const bool is_granted = out->get_direct_mem_ptr(trans, dmi);
        end(trans);
        return is_granted;
    }
    unsigned transport_dbg(payload &trans) override
    {
        if (!begin(trans))
            return 0;
        const unsigned n = out->transport_dbg(trans);
        end(trans);
        return n;
    }
    void invalidate_direct_mem_ptr(sc_dt::uint64 start, sc_dt::uint64 end_address) override
    {
        in->invalidate_direct_mem_ptr(start, end_address);
    }
};

/**
 * from_attributes - between a device that has Attributes and a socket upstream: they become a
 * class request. A payload without Attributes goes through as it is.
 * @requester_of: StreamID or requester-id of a master; NULL: the number itself, of 32 bits. A
 *                larger one is refused (TLM_GENERIC_ERROR_RESPONSE).
 * @also:         what else a request has (PASID, privileged, address type), from the same.
 * @answer:       before the device gets its answer: what of it should be in the Attributes.
 */
template <class Attributes> class from_attributes : public extension_bridge<request>
{
  public:
    std::function<uint32_t(uint64_t master_id)> requester_of;
    std::function<void(const Attributes &, request &)> also;
    std::function<void(const request &, Attributes &)> answer;

    explicit from_attributes(const sc_core::sc_module_name &name) : extension_bridge(name)
    {
    }

  private:
    bool refuses(payload &trans) override
    {
        const auto *a = trans.get_extension<Attributes>();

        return a && !requester_of && a->get_master_id() > UINT32_MAX;
    }
    bool fill(payload &trans, request &r) override
    {
        const auto *a = trans.get_extension<Attributes>();

        if (!a)
            return false;
        const uint64_t id = a->get_master_id();
        r.requester = requester_of ? requester_of(id) : static_cast<uint32_t>(id);
        r.is_secure = a->get_secure();
        if (also)
            also(*a, r);
        return true;
    }
    void answered(payload &trans, request &r) override
    {
        auto *a = trans.get_extension<Attributes>();

        if (a && answer)
            answer(r, *a);
    }
};

/**
 * to_attributes - behind a socket of the unit (ptw, downstream): its own requests get Attributes,
 * for interconnects that ask for a master. They are not secure, as the models are.
 * @master_id: of the unit at this socket. @also: what else they have, by the unit's own extension.
 */
template <class Attributes> class to_attributes : public extension_bridge<Attributes>
{
  public:
    uint64_t master_id = 0;
    std::function<void(const access *, Attributes &)> also;

    explicit to_attributes(const sc_core::sc_module_name &name) : extension_bridge<Attributes>(name)
    {
    }

  private:
    bool refuses(tlm::tlm_generic_payload &) override
    {
        return false;
    }
    bool fill(tlm::tlm_generic_payload &trans, Attributes &a) override
    {
        a.set_master_id(master_id);
        a.set_secure(false);
        if (also)
            also(trans.get_extension<access>(), a);
        return true;
    }
    void answered(tlm::tlm_generic_payload &, Attributes &) override
    {
    }
};

} // namespace iommusim_tlm

#endif
