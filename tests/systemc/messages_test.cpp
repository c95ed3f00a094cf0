// SPDX-License-Identifier: BSD-2-Clause
// messages_test.cpp - interrupts as writes on downstream and on wires: what is written where, and
// after what; masks; refused writes; reset. One case per process: SystemC has one simulation.
//
//   messages_test CASE [smmuv3|vtd]
#include "tests/systemc/endpoint.h"
#include "tests/systemc/platform_bench.h"

namespace
{

using namespace bench;

/* Where messages go: no memory is there. */
constexpr uint64_t kDoor = 0x110000000, kVtdDoor = 0xfee00000, kDoorBytes = 0x10000;
constexpr uint64_t kNobodys = 0x800000; /* no domain maps it */

struct Write {
    uint64_t address;
    uint64_t data;
    unsigned n_bytes;
    char by; /* p ptw, d downstream, m message */
};

/* Notes what is written, in the order in which it is over; messages when they come. */
struct Ear : Bench {
    std::vector<Write> writes;
    std::function<void()> at_message;
    Fabric fabric{"fabric"}; /* nobody is there: invalidations are over at once */
    uint64_t refuses = 0;    /* messages to this address; 1: all */
    unsigned n_rises[iommusim_tlm::iommu::n_irqs] = {};

    explicit Ear(const Context &c, uint32_t device_flags = 0)
        : Bench(c.is_smmu, c.config, {Device::AT})
    {
        p.device_flags = device_flags;
        p.unit->ats_inv.bind(fabric.told);
        fabric.asks.bind(p.unit->ats_req);
        checkers[1].over = [this](const tlm::tlm_generic_payload &t) { note(t, 'p'); };
        checkers[2].over = [this](const tlm::tlm_generic_payload &t) { note(t, 'd'); };
        checkers[2].takes = [this](tlm::tlm_generic_payload &t) { return take(t); };
        for (unsigned i = 0; i < irqs.size(); i++)
            sc_core::sc_spawn([this, i] {
                for (;;) {
                    sc_core::wait(irqs[i].posedge_event());
                    n_rises[i]++;
                }
            });
    }
    static bool is_door(uint64_t address)
    {
        return address - kDoor < kDoorBytes || address - kVtdDoor < kDoorBytes;
    }
    void note(const tlm::tlm_generic_payload &t, char by)
    {
        uint64_t data = 0;

        if (!t.is_write() || is_door(t.get_address()))
            return;
        std::memcpy(&data, t.get_data_ptr(), std::min(t.get_data_length(), 8u));
        writes.push_back({t.get_address(), data, t.get_data_length(), by});
    }
    bool take(tlm::tlm_generic_payload &t)
    {
        uint64_t data = 0;

        if (!is_door(t.get_address()))
            return false;
        std::memcpy(&data, t.get_data_ptr(), std::min(t.get_data_length(), 8u));
        writes.push_back({t.get_address(), data, t.get_data_length(), 'm'});
        if (at_message)
            at_message();
        t.set_response_status(refuses == 1 || refuses == t.get_address()
                                  ? tlm::TLM_ADDRESS_ERROR_RESPONSE
                                  : tlm::TLM_OK_RESPONSE);
        return true;
    }
    /* As software could see it at this instant. */
    uint64_t look(uint64_t offset)
    {
        tlm::tlm_generic_payload t;
        uint32_t value = 0;

        t.set_command(tlm::TLM_READ_COMMAND);
        t.set_address(offset);
        t.set_data_ptr(reinterpret_cast<unsigned char *>(&value));
        t.set_data_length(4);
        t.set_streaming_width(4);
        EXPECT(p.cpu.regs->transport_dbg(t) == 4);
        return value;
    }
    void clear()
    {
        writes.clear();
        for (unsigned &n : n_rises)
            n = 0;
    }
    unsigned n_messages(uint64_t address) const
    {
        return static_cast<unsigned>(
            std::count_if(writes.begin(), writes.end(), [&](const Write &w) {
                return w.by == 'm' && (!address || w.address == address);
            }));
    }
    /* The message came once, as 4 bytes, after a write to [base, +n_bytes) by that socket. */
    bool is_after(uint64_t address, uint64_t data, char by, uint64_t base, uint64_t n_bytes) const
    {
        bool is_written = false, is_good = false;

        for (const Write &w : writes) {
            if (w.by == by && w.address - base < n_bytes)
                is_written = true;
            if (w.by == 'm' && w.address == address)
                is_good = is_written && w.data == data && w.n_bytes == 4;
        }
        return is_good && n_messages(address) == 1;
    }
    void fault()
    {
        clear();
        p.devices[0]->first_iova = kNobodys;
        p.devices[0]->start(1);
        p.rest(0);
        sc_core::wait(2, sc_core::SC_US);
        EXPECT(p.devices[0]->n_refused > 0);
    }
    void ask_for_page()
    {
        tlm::tlm_generic_payload t;
        iommusim_tlm::message m;
        sc_core::sc_time none = sc_core::SC_ZERO_TIME;

        m.what = iommusim_tlm::message::page_request;
        m.ask = {kNobodys, Platform::first_requester, IOMMUSIM_NO_PASID, 7, IOMMUSIM_READ, 1};
        t.set_command(tlm::TLM_IGNORE_COMMAND);
        t.set_extension(&m);
        fabric.asks->b_transport(t, none);
        t.clear_extension(&m);
        EXPECT(t.is_response_ok());
        sc_core::wait(2, sc_core::SC_US);
    }
};

/* ---- SMMUv3 ---- */

constexpr uint64_t kEventDoor = kDoor + 0x40, kErrorDoor = kDoor + 0x80, kPageDoor = kDoor + 0xc0;
constexpr uint32_t kEventData = 0xabcd0001, kErrorData = 0xabcd0002, kPageData = 0xabcd0003;

void set_smmu_doors(Ear &b)
{
    Cpu &cpu = b.p.cpu;

    cpu.write_reg(SMMU_REG_IRQ_CTRL, 4, 0);
    sc_core::wait(1, sc_core::SC_US);
    cpu.write_reg(SMMU_REG_GERROR_IRQ_CFG0, 8, kErrorDoor);
    cpu.write_reg(SMMU_REG_GERROR_IRQ_CFG1, 4, kErrorData);
    cpu.write_reg(SMMU_REG_EVENTQ_IRQ_CFG0, 8, kEventDoor);
    cpu.write_reg(SMMU_REG_EVENTQ_IRQ_CFG1, 4, kEventData);
    cpu.write_reg(SMMU_REG_PRIQ_IRQ_CFG0, 8, kPageDoor);
    cpu.write_reg(SMMU_REG_PRIQ_IRQ_CFG1, 4, kPageData);
    cpu.write_reg(SMMU_REG_IRQ_CTRL, 4, 7); /* GERROR, PRIQ, EVENTQ */
    sc_core::wait(1, sc_core::SC_US);
}

uint64_t queue_base(Ear &b, uint64_t reg)
{
    return b.p.cpu.read_reg(reg, 8) & 0xfffffffffffe0;
}

void smmu(const Context &c)
{
    EXPECT(iommusim_config_id(c.config, SMMU_REG_IDR0, 0x94c721b | 1u << 10 | 1u << 16) == 0);
    Ear b(c, DRV_ATS | DRV_PRI);

    run(b, [&] {
        EXPECT(start(b, 4, "best"));
        /* a sync's message: 0 to its own slot of the queue, as the driver asks for it */
        const uint64_t commands = queue_base(b, SMMU_REG_CMDQ_BASE);
        EXPECT(std::any_of(b.writes.begin(), b.writes.end(), [&](const Write &w) {
            return w.by == 'd' && w.n_bytes == 4 && w.data == 0 && w.address - commands < 1 << 20;
        }));
        set_smmu_doors(b);
        const uint64_t events = queue_base(b, SMMU_REG_EVENTQ_BASE);
        uint64_t prod = 0;
        b.at_message = [&] { prod = b.look(SMMU_REG_EVENTQ_PROD); };
        b.fault();
        EXPECT(b.is_after(kEventDoor, kEventData, 'p', events, 32));
        EXPECT(prod == 1); /* software that comes at once finds the event */
        EXPECT(b.n_messages(0) == 1);
        EXPECT(b.n_rises[IOMMUSIM_IRQ_EVENTQ] == 1 && b.n_rises[IOMMUSIM_IRQ_GERROR] == 0);
        b.p.cpu.write_reg(SMMU_REG_EVENTQ_CONS, 4, 1);
        b.at_message = nullptr;
        b.clear();
        b.ask_for_page();
        EXPECT(b.is_after(kPageDoor, kPageData, 'p', queue_base(b, SMMU_REG_PRIQ_BASE), 4096));
        EXPECT(b.n_messages(0) == 1 && b.n_rises[IOMMUSIM_IRQ_PRIQ] == 1);
        /* refused: an error that has an interrupt of its own */
        b.refuses = kEventDoor;
        b.fault();
        EXPECT(b.look(SMMU_REG_EVENTQ_PROD) == 2);
        EXPECT(b.look(SMMU_REG_GERROR) == 1u << 5); /* MSI_EVENTQ_ABT_ERR */
        EXPECT(b.n_messages(kErrorDoor) == 1 && b.writes.back().data == kErrorData);
        EXPECT(b.n_rises[IOMMUSIM_IRQ_GERROR] == 1);
        b.p.cpu.write_reg(SMMU_REG_GERRORN, 4, 1u << 5);
        b.p.cpu.write_reg(SMMU_REG_EVENTQ_CONS, 4, 2);
        b.refuses = 1; /* that one, too: no interrupt says so */
        b.fault();
        EXPECT(b.look(SMMU_REG_GERROR) == 1u << 7); /* 5 went back to 0, MSI_GERROR_ABT_ERR */
        EXPECT(b.n_messages(kErrorDoor) == 1 && b.n_rises[IOMMUSIM_IRQ_GERROR] == 1);
        b.p.cpu.write_reg(SMMU_REG_EVENTQ_CONS, 4, 3);
        b.refuses = kPageDoor;
        b.p.cpu.write_reg(SMMU_REG_GERRORN, 4, 1u << 7);
        b.p.cpu.write_reg(SMMU_REG_PRIQ_CONS, 4, b.look(SMMU_REG_PRIQ_PROD));
        b.ask_for_page();
        EXPECT(b.look(SMMU_REG_GERROR) == (1u << 7 | 1u << 6)); /* MSI_PRIQ_ABT_ERR */
        /* off: neither message nor wire */
        b.refuses = 0;
        b.p.cpu.write_reg(SMMU_REG_IRQ_CTRL, 4, 0);
        sc_core::wait(1, sc_core::SC_US);
        b.fault();
        EXPECT(b.look(SMMU_REG_EVENTQ_PROD) == 4);
        EXPECT(b.n_messages(0) == 0 && b.n_rises[IOMMUSIM_IRQ_EVENTQ] == 0);
    });
}

/* ---- VT-d ---- */

constexpr uint32_t kMasked = 1u << 31, kPending = 1u << 30;
constexpr uint64_t kFaultDoor = kVtdDoor + 0x1000, kInvDoor = kVtdDoor + 0x2000,
                   kAskDoor = kVtdDoor + 0x3000;

void clear_faults(Ear &b)
{
    const uint64_t first = (b.p.cpu.read_reg(VTD_REG_CAP, 8) >> 24 & 0x3ff) * 16;

    for (uint64_t n = 0; n < 8; n++)
        b.p.cpu.write_reg(first + n * 16 + 12, 4, 1u << 31);
}

/* A wait that writes its status and interrupts, behind what the driver has put there. */
void wait_with_interrupt(Ear &b, uint64_t status)
{
    Cpu &cpu = b.p.cpu;
    const uint64_t iqa = cpu.read_reg(VTD_REG_IQA, 8), tail = cpu.read_reg(VTD_REG_IQT, 8);
    const uint64_t base = iqa & ~UINT64_C(0xfff), stride = iqa >> 11 & 1 ? 32 : 16;

    cpu.store(base + tail, UINT64_C(1) << 32 | 1u << 5 | 1u << 4 | 5); /* data 1, SW, IF */
    cpu.store(base + tail + 8, status);
    if (stride == 32) {
        cpu.store(base + tail + 16, 0);
        cpu.store(base + tail + 24, 0);
    }
    cpu.write_reg(VTD_REG_IQT, 8, tail + stride);
    sc_core::wait(2, sc_core::SC_US);
}

void vtd_faults(Ear &b)
{
    Cpu &cpu = b.p.cpu;
    uint64_t fsts = 0;

    cpu.write_reg(VTD_REG_FEDATA, 4, 0x31);
    cpu.write_reg(VTD_REG_FEADDR, 4, kFaultDoor);
    cpu.write_reg(VTD_REG_FEUADDR, 4, 0);
    cpu.write_reg(VTD_REG_FECTL, 4, 0);
    b.at_message = [&] { fsts = b.look(VTD_REG_FSTS); };
    b.fault();
    EXPECT(b.n_messages(0) == 1 && b.writes.back().address == kFaultDoor);
    EXPECT(b.writes.back().data == 0x31 && b.writes.back().n_bytes == 4);
    EXPECT(fsts >> 1 & 1); /* PPF: software that comes at once finds the fault */
    EXPECT(b.n_rises[IOMMUSIM_IRQ_FAULT] == 1);
    b.fault(); /* one is pending still */
    EXPECT(b.n_messages(0) == 0 && b.n_rises[IOMMUSIM_IRQ_FAULT] == 0);
    clear_faults(b);
    cpu.write_reg(VTD_REG_FECTL, 4, kMasked);
    b.fault();
    EXPECT(b.n_messages(0) == 0 && b.n_rises[IOMMUSIM_IRQ_FAULT] == 0);
    EXPECT(b.look(VTD_REG_FECTL) == (kMasked | kPending));
    cpu.write_reg(VTD_REG_FECTL, 4, 0); /* what was held back comes now */
    sc_core::wait(1, sc_core::SC_US);
    EXPECT(b.n_messages(kFaultDoor) == 1 && b.n_rises[IOMMUSIM_IRQ_FAULT] == 1);
    EXPECT(b.look(VTD_REG_FECTL) == 0);
    clear_faults(b);
    cpu.write_reg(VTD_REG_FECTL, 4, kMasked);
    b.fault();
    clear_faults(b); /* nothing is left to tell */
    EXPECT(b.look(VTD_REG_FECTL) == kMasked);
    cpu.write_reg(VTD_REG_FECTL, 4, 0);
    sc_core::wait(1, sc_core::SC_US);
    EXPECT(b.n_messages(0) == 0);
    b.refuses = 1; /* disturbs nobody */
    b.fault();
    EXPECT(b.n_messages(0) == 1 && (b.look(VTD_REG_FSTS) & 0x7f) == 2);
    b.refuses = 0;
    b.at_message = nullptr;
}

void vtd(const Context &c)
{
    Ear b(c, DRV_ATS | DRV_PRI);

    b.p.domain_flags = DRV_FAULTS;
    run(b, [&] {
        Cpu &cpu = b.p.cpu;
        const uint64_t status = 12 << 20;

        EXPECT(start(b, 4, "best"));
        vtd_faults(b);
        cpu.write_reg(VTD_REG_IEDATA, 4, 0x32);
        cpu.write_reg(VTD_REG_IEADDR, 4, kInvDoor);
        cpu.write_reg(VTD_REG_IECTL, 4, 0);
        b.clear();
        wait_with_interrupt(b, status);
        EXPECT(b.is_after(kInvDoor, 0x32, 'd', status, 4));
        EXPECT(b.p.ram.load(status) == 1);
        EXPECT(b.n_messages(0) == 1 && b.n_rises[IOMMUSIM_IRQ_INV] == 1);
        EXPECT(b.look(VTD_REG_ICS) == 1);
        b.clear();
        wait_with_interrupt(b, status); /* IWC is set still */
        EXPECT(b.n_messages(0) == 0);
        cpu.write_reg(VTD_REG_ICS, 4, 1);
        cpu.write_reg(VTD_REG_IECTL, 4, kMasked);
        wait_with_interrupt(b, status);
        EXPECT(b.n_messages(0) == 0 && b.look(VTD_REG_IECTL) == (kMasked | kPending));
        cpu.write_reg(VTD_REG_IECTL, 4, 0);
        sc_core::wait(1, sc_core::SC_US);
        EXPECT(b.n_messages(kInvDoor) == 1 && b.look(VTD_REG_IECTL) == 0);
        cpu.write_reg(VTD_REG_PEDATA, 4, 0x33);
        cpu.write_reg(VTD_REG_PEADDR, 4, kAskDoor);
        cpu.write_reg(VTD_REG_PECTL, 4, 0);
        b.clear();
        b.ask_for_page();
        EXPECT(
            b.is_after(kAskDoor, 0x33, 'p', cpu.read_reg(VTD_REG_PQA, 8) & ~UINT64_C(0xfff), 32));
        EXPECT(b.n_messages(0) == 1 && b.n_rises[IOMMUSIM_IRQ_PAGE_REQ] == 1);
        EXPECT(b.look(VTD_REG_PRS) == 1);
    });
}

/* ---- reset ---- */

/* In the middle of traffic in every style: every payload has its answer, once, and nothing of
 * before comes afterwards: no message, no fault, no wire. The unit can be set up again. */
void reset(const Context &c)
{
    Bench b(c.is_smmu, c.config, {Device::AT, Device::AT, Device::LT, Device::DMI});
    uint64_t n_facts = 0;

    b.p.ram.latency = sc_core::sc_time(700, sc_core::SC_NS);
    for (size_t i = 0; i < 2; i++)
        b.p.devices[i]->window = 40;
    b.p.unit->on_fact([&](const iommusim_fact &) { n_facts++; });
    run(b, [&] {
        EXPECT(start(b, 64, "best"));
        b.p.devices[3]->n_pages = 2;
        for (const auto &d : b.p.devices)
            d->start(UINT32_MAX);
        for (unsigned n = 0; n < 20 || (n < 500 && !b.p.devices[3]->n_pointers()); n++)
            sc_core::wait(1, sc_core::SC_US);
        EXPECT(b.p.unit->stats().n_in_flight > 20);
        EXPECT(b.p.devices[3]->n_pointers() > 0);
        EXPECT(b.p.unit->stats().n_accesses_in_flight > 0);
        for (const auto &d : b.p.devices)
            d->stop(); /* what is under way stays so */
        const uint64_t n_answered = b.p.devices[0]->n_done;
        const uint64_t n_taken_back = b.checkers[3].n_invalidations;
        b.reset.write(true);
        sc_core::wait(1, sc_core::SC_NS);
        EXPECT(b.p.cpu.read_reg(c.is_smmu ? uint64_t{SMMU_REG_CR0ACK} : uint64_t{VTD_REG_GSTS},
                                4) == 0);
        EXPECT(b.checkers[3].n_invalidations > n_taken_back);
        for (size_t i = 0; i < 4; i++)
            b.p.rest(i);
        EXPECT(b.p.devices[0]->n_done > n_answered);
        sc_core::wait(2, sc_core::SC_US); /* memory's answers come, to nobody */
        EXPECT(b.p.unit->stats().n_in_flight == 0);
        EXPECT(b.p.unit->stats().n_accesses_in_flight == 0);
        const uint64_t n = n_facts;
        sc_core::wait(50, sc_core::SC_US);
        EXPECT(n_facts == n);
        b.reset.write(false);
        b.p.handles.clear(); /* another driver, from the first page on */
        b.p.cpu.next_pa = 4 << 20;
        EXPECT(start(b, 64, "best"));
        for (const auto &d : b.p.devices) {
            d->forget_seen();
            d->start(300);
        }
        for (size_t i = 0; i < 4; i++) {
            b.p.rest(i);
            EXPECT(b.p.devices[i]->n_refused == 0 && b.p.devices[i]->n_seen[1] > 150);
        }
    });
}

} // namespace

int sc_main(int argc, char *argv[])
{
    const std::string name = argc > 1 ? argv[1] : "";
    const Context c = begin(argc, argv);

    if (name == "messages" && c.is_smmu)
        smmu(c);
    else if (name == "messages")
        vtd(c);
    else if (name == "reset")
        reset(c);
    else
        n_failed = 1;
    return end(c);
}
