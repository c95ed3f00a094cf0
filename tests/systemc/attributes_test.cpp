// SPDX-License-Identifier: BSD-2-Clause
// attributes_test.cpp - devices and interconnects that know masters by an extension of their own:
// who asks arrives, nothing stays behind, and the protocol holds on both sides of each bridge.
//
//   attributes_test CASE smmuv3|vtd
#include "include/iommusim/systemc_attributes.h"
#include "tests/systemc/platform_bench.h"

namespace
{

using namespace bench;

/* A platform's extension, with the interface that is asked for. */
class Attributes : public tlm::tlm_extension<Attributes>
{
  public:
    uint64_t get_master_id() const
    {
        return id;
    }
    void set_master_id(uint64_t new_id = 0)
    {
        id = new_id;
    }
    bool get_secure() const
    {
        return secure;
    }
    void set_secure(bool new_secure = true)
    {
        secure = new_secure;
    }
    tlm::tlm_extension_base *clone() const override
    {
        return new Attributes(*this);
    }
    void copy_from(const tlm::tlm_extension_base &other) override
    {
        *this = static_cast<const Attributes &>(other);
    }

    uint64_t seen_pa = 0; /* what an answer brings */

  private:
    uint64_t id = 0;
    bool secure = true;
};

/* A master of such a platform: one request after the other, in phases or by b_transport. */
struct Master : sc_core::sc_module, tlm::tlm_bw_transport_if<>, tlm::tlm_mm_interface {
    tlm::tlm_initiator_socket<32> socket{"socket"};
    tlm::tlm_generic_payload trans;
    Attributes attributes;
    uint8_t data[64] = {};
    uint64_t n_freed = 0, n_taken_back = 0;
    bool is_over = false, is_late = false; /* END_RESP comes in a call of its own */
    sc_core::sc_event answered{"answered"};

    explicit Master(const sc_core::sc_module_name &name) : sc_module(name)
    {
        socket.bind(*this);
        trans.set_mm(this);
        trans.set_extension(&attributes);
    }
    ~Master() override
    {
        trans.clear_extension(&attributes);
    }
    void free(tlm::tlm_generic_payload *) override
    {
        n_freed++;
    }
    tlm::tlm_sync_enum nb_transport_bw(tlm::tlm_generic_payload &, tlm::tlm_phase &phase,
                                       sc_core::sc_time &) override
    {
        if (phase != tlm::BEGIN_RESP)
            return tlm::TLM_ACCEPTED;
        over();
        if (is_late)
            return tlm::TLM_ACCEPTED;
        phase = tlm::END_RESP;
        return tlm::TLM_COMPLETED;
    }
    void invalidate_direct_mem_ptr(sc_dt::uint64, sc_dt::uint64) override
    {
        n_taken_back++;
    }
    void over()
    {
        is_over = true;
        answered.notify(sc_core::SC_ZERO_TIME);
    }
    void prepare(uint64_t master_id, uint64_t iova)
    {
        attributes.set_master_id(master_id);
        trans.set_command(tlm::TLM_READ_COMMAND);
        trans.set_address(iova);
        trans.set_data_ptr(data);
        trans.set_data_length(sizeof(data));
        trans.set_streaming_width(sizeof(data));
        trans.set_dmi_allowed(false);
        trans.set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
        std::memset(data, 0, sizeof(data));
    }
    /* Return: the stamp that was read; -1: refused. */
    int result() const
    {
        return trans.is_response_ok() ? data[8] : -1;
    }
    int by_call(uint64_t master_id, uint64_t iova)
    {
        sc_core::sc_time delay;

        prepare(master_id, iova);
        socket->b_transport(trans, delay);
        return result();
    }
    int by_phases(uint64_t master_id, uint64_t iova)
    {
        tlm::tlm_phase phase = tlm::BEGIN_REQ;
        sc_core::sc_time delay;

        prepare(master_id, iova);
        is_over = false;
        trans.acquire();
        if (socket->nb_transport_fw(trans, phase, delay) == tlm::TLM_COMPLETED)
            is_over = true;
        while (!is_over)
            sc_core::wait(answered);
        if (is_late) {
            phase = tlm::END_RESP;
            (void)socket->nb_transport_fw(trans, phase, delay);
        }
        trans.release();
        return result();
    }
    unsigned by_debugger(uint64_t master_id, uint64_t iova)
    {
        prepare(master_id, iova);
        return socket->transport_dbg(trans);
    }
    bool by_pointer(uint64_t master_id, uint64_t iova, tlm::tlm_dmi &dmi)
    {
        prepare(master_id, iova);
        return socket->get_direct_mem_ptr(trans, dmi);
    }
    bool is_clean()
    {
        return !trans.get_extension<iommusim_tlm::request>() &&
               trans.get_extension<Attributes>() == &attributes && trans.get_ref_count() == 0;
    }
};

/* Master 0x20 leads to domain 1, 0x21 to domain 2; each style finds that out. */
void who_asks(const Context &c)
{
    Bench b(c.is_smmu, c.config, {Device::LT, Device::LT}, 1);
    Master master("master");
    iommusim_tlm::from_attributes<Attributes> bridge("bridge");
    bool was_secure = false;

    b.between(master.socket, bridge.in);
    b.between(bridge.out, b.p.unit->upstream[2]);
    bridge.also = [&](const Attributes &a, iommusim_tlm::request &r) {
        was_secure = a.get_secure() && r.is_secure;
    };
    bridge.answer = [](const iommusim_tlm::request &r, Attributes &a) { a.seen_pa = r.pa; };
    run(b, [&] {
        const uint64_t iova = Platform::first_iova;
        tlm::tlm_dmi dmi;

        EXPECT(start(b, 4) && b.p.attach(1, 2));
        sc_core::wait(1,
                      sc_core::SC_US); /* what the driver did takes pointers back until it ends */
        for (uint32_t d = 1; d <= 2; d++) {
            const uint64_t id = Platform::first_requester + d - 1;

            EXPECT(master.by_phases(id, iova + 0x40) == static_cast<int>(d));
            EXPECT(master.attributes.seen_pa == (uint64_t{d} << 20) + 0x40);
            EXPECT(master.is_clean());
            master.is_late = true;
            EXPECT(master.by_phases(id, iova + 0x80) == static_cast<int>(d) && master.is_clean());
            master.is_late = false;
            EXPECT(master.by_call(id, iova + 0x1040) == static_cast<int>(d));
            EXPECT(master.attributes.seen_pa == (uint64_t{d} << 20) + 0x1040);
            EXPECT(master.is_clean());
            EXPECT(master.by_pointer(id, iova, dmi));
            EXPECT(dmi.get_dmi_ptr() == b.p.ram.bytes.data() + (uint64_t{d} << 20));
            EXPECT(master.by_debugger(id, iova + 0x2000) == 64 && master.data[8] == d);
            EXPECT(master.is_clean());
        }
        EXPECT(was_secure);
        master.attributes.set_secure(false);
        EXPECT(master.by_call(Platform::first_requester, iova) == 1 && !was_secure);
        EXPECT(master.n_taken_back == 0);
        EXPECT(b.p.attach(0, 2) && master.n_taken_back > 0);
        EXPECT(master.by_call(Platform::first_requester, iova) == 2);
        EXPECT(master.by_phases(Platform::first_requester, iova) == 2);
        EXPECT(master.n_freed > 0);
    });
}

/* Masters that nobody knows, numbers that are too large, and numbers that are translated first. */
void strangers(const Context &c)
{
    Bench b(c.is_smmu, c.config, {Device::LT}, 1);
    Master master("master");
    iommusim_tlm::from_attributes<Attributes> bridge("bridge");

    b.between(master.socket, bridge.in);
    b.between(bridge.out, b.p.unit->upstream[1]);
    run(b, [&] {
        const uint64_t iova = Platform::first_iova, large = UINT64_C(0x100000020);

        EXPECT(start(b, 4));
        EXPECT(master.by_call(0x2f, iova) == -1);
        EXPECT(master.trans.get_response_status() == tlm::TLM_ADDRESS_ERROR_RESPONSE);
        const uint64_t n = b.p.unit->stats().n_requests;
        EXPECT(master.by_call(large, iova) == -1 && master.by_phases(large, iova) == -1);
        EXPECT(master.trans.get_response_status() == tlm::TLM_GENERIC_ERROR_RESPONSE);
        EXPECT(master.by_debugger(large, iova) == 0 && master.is_clean());
        EXPECT(b.p.unit->stats().n_requests == n);
        bridge.requester_of = [](uint64_t id) { return static_cast<uint32_t>(id >> 32) + 0x1f; };
        EXPECT(master.by_call(large, iova) == 1 && master.by_phases(large, iova) == 1);
        EXPECT(master.is_clean());
    });
}

/* Those that have a request of their own keep it; those without either are the port's. */
void unchanged(const Context &c)
{
    Bench b(c.is_smmu, c.config, {Device::AT}, 1);
    Master master("master");
    iommusim_tlm::from_attributes<Attributes> bridge("bridge");

    b.p.unit->stream(1, Platform::first_requester);
    b.between(master.socket, bridge.in);
    b.between(bridge.out, b.p.unit->upstream[1]);
    run(b, [&] {
        const uint64_t iova = Platform::first_iova;
        iommusim_tlm::request who;

        EXPECT(start(b, 4));
        who.requester = Platform::first_requester;
        master.trans.set_extension(&who);
        EXPECT(master.by_call(0x2f, iova) == 1 && master.by_phases(0x2f, iova) == 1);
        EXPECT(who.pa == UINT64_C(1) << 20);
        EXPECT(master.trans.get_extension<iommusim_tlm::request>() == &who);
        master.trans.clear_extension(&who);
        EXPECT(master.by_call(0x2f, iova) == -1);
        master.trans.clear_extension(&master.attributes);
        EXPECT(master.by_call(0x2f, iova) == 1 && master.by_phases(0x2f, iova) == 1);
    });
}

/* What memory sees of the unit's own requests, with phases and delays by chance. */
struct Watch : TlmChecker {
    uint64_t n_good = 0, n_bad = 0, want = 0;

    explicit Watch(const sc_core::sc_module_name &name) : TlmChecker(name)
    {
        takes = [this](tlm::tlm_generic_payload &trans) {
            look(trans);
            return false;
        };
    }
    void look(tlm::tlm_generic_payload &trans)
    {
        const auto *a = trans.get_extension<Attributes>();

        (a && a->get_master_id() == want && !a->get_secure() ? n_good : n_bad)++;
    }
    tlm::tlm_sync_enum nb_transport_bw(tlm::tlm_generic_payload &trans, tlm::tlm_phase &phase,
                                       sc_core::sc_time &delay) override
    {
        if (phase == tlm::BEGIN_RESP) /* it is there until the end */
            look(trans);
        return TlmChecker::nb_transport_bw(trans, phase, delay);
    }
};

void unit(const Context &c)
{
    Platform p(c.is_smmu, c.config, 2);
    TlmChecker checks[4] = {TlmChecker("c0"), TlmChecker("c1"), TlmChecker("c2"), TlmChecker("c3")};
    Watch tables("tables"), data("data");
    iommusim_tlm::to_attributes<Attributes> ptw("ptw_bridge"), downstream("downstream_bridge");
    unsigned n_structures = 0;

    p.ram.is_random = true;
    for (unsigned i = 0; i < 2; i++) {
        Device &d = p.add_device(Device::AT);

        d.is_random = true;
        d.socket.bind(checks[i].in);
        checks[i].out.bind(p.unit->upstream[i]);
    }
    p.cpu.memory.bind(p.ram.sockets[0]);
    p.cpu.regs.bind(p.unit->regs);
    p.unit->ptw.bind(checks[2].in);
    checks[2].out.bind(ptw.in);
    ptw.out.bind(tables.in);
    tables.out.bind(p.ram.sockets[1]);
    p.unit->downstream.bind(checks[3].in);
    checks[3].out.bind(downstream.in);
    downstream.out.bind(data.in);
    data.out.bind(p.ram.sockets[2]);
    tables.want = ptw.master_id = 0x77;
    data.want = downstream.master_id = 0x78;
    ptw.also = [&](const iommusim_tlm::access *a, Attributes &) {
        n_structures += a && a->structure != IOMMUSIM_S_OTHER;
    };
    sc_core::sc_spawn([&] {
        EXPECT(p.boot("best") && p.map(1, 128) && p.map(2, 128));
        for (size_t i = 0; i < 2; i++) {
            EXPECT(p.attach(i, 1, SIM_OP_ATTACH));
            p.devices[i]->n_pages = 128;
            p.devices[i]->start(2000);
        }
        for (unsigned n = 0; n < 6; n++) {
            sc_core::wait(2, sc_core::SC_US);
            const Platform::Seen seen = p.replace(n % 2 ? 1 : 2);
            EXPECT(seen.n_wrong == 0 && seen.n_stale == 0);
        }
        for (size_t i = 0; i < 2; i++)
            p.rest(i);
        sc_core::wait(5, sc_core::SC_US);
        sc_core::sc_stop();
    });
    sc_core::sc_start();
    EXPECT(tables.n_bad == 0 && tables.n_good > 100 && n_structures >= tables.n_good / 2);
    EXPECT(data.n_bad == 0 && data.n_good >= 4000);
    TlmChecker *all[] = {&checks[0], &checks[1], &checks[2], &checks[3], &tables, &data};
    for (const TlmChecker *check : all)
        EXPECT(check->n_violations == 0 && check->n_unfinished() == 0);
}

} // namespace

int sc_main(int argc, char *argv[])
{
    const std::string name = argc > 1 ? argv[1] : "";
    const Context c = begin(argc, argv);

    if (name == "who_asks")
        who_asks(c);
    else if (name == "strangers")
        strangers(c);
    else if (name == "unchanged")
        unchanged(c);
    else if (name == "unit")
        unit(c);
    else
        n_failed = 1;
    return end(c);
}
