// SPDX-License-Identifier: BSD-2-Clause
// minimal.cpp - the smallest platform: an IOMMU out of reset, memory, one initiator. Nothing of the
// project but the installed library and header.
#include <cstdio>
#include <cstring>
#include <iommusim/systemc.h>
#include <tlm_utils/simple_initiator_socket.h>
#include <tlm_utils/simple_target_socket.h>
#include <vector>

struct Memory : sc_core::sc_module {
    tlm_utils::simple_target_socket<Memory> tables{"tables"}, data{"data"};
    std::vector<unsigned char> bytes = std::vector<unsigned char>(1 << 20);

    explicit Memory(const sc_core::sc_module_name &name) : sc_module(name)
    {
        tables.register_b_transport(this, &Memory::b_transport);
        data.register_b_transport(this, &Memory::b_transport);
    }
    void b_transport(tlm::tlm_generic_payload &trans, sc_core::sc_time &delay)
    {
        const auto at = trans.get_address();

        trans.set_response_status(tlm::TLM_ADDRESS_ERROR_RESPONSE);
        if (at >= bytes.size() || trans.get_data_length() > bytes.size() - at)
            return;
        if (trans.is_write())
            std::memcpy(&bytes[at], trans.get_data_ptr(), trans.get_data_length());
        else
            std::memcpy(trans.get_data_ptr(), &bytes[at], trans.get_data_length());
        trans.set_response_status(tlm::TLM_OK_RESPONSE);
        delay += sc_core::sc_time(100, sc_core::SC_NS);
    }
};

struct Initiator : sc_core::sc_module {
    tlm_utils::simple_initiator_socket<Initiator> dma{"dma"}, cpu{"cpu"};
    unsigned id = 0;

    SC_HAS_PROCESS(Initiator);
    explicit Initiator(const sc_core::sc_module_name &name) : sc_module(name)
    {
        SC_THREAD(run);
    }
    static bool move(tlm_utils::simple_initiator_socket<Initiator> &socket,
                     tlm::tlm_command command, uint64_t address, unsigned *word)
    {
        tlm::tlm_generic_payload trans;
        sc_core::sc_time delay = sc_core::SC_ZERO_TIME;

        trans.set_command(command);
        trans.set_address(address);
        trans.set_data_ptr(reinterpret_cast<unsigned char *>(word));
        trans.set_data_length(4);
        trans.set_streaming_width(4);
        socket->b_transport(trans, delay);
        sc_core::wait(delay);
        return trans.is_response_ok();
    }
    void run()
    {
        unsigned word = 0x12345678, back = 0;

        move(cpu, tlm::TLM_READ_COMMAND, 0, &id);
        const bool is_ok = move(dma, tlm::TLM_WRITE_COMMAND, 0x2000, &word) &&
                           move(dma, tlm::TLM_READ_COMMAND, 0x2000, &back);
        std::printf("first register 0x%x, DMA past a unit out of reset: %s\n", id,
                    is_ok && back == word ? "passes" : "refused");
        sc_core::sc_stop();
    }
};

static int run(iommusim_tlm::iommu &unit)
{
    Memory memory("memory");
    Initiator initiator("initiator");

    initiator.dma.bind(unit.upstream[0]);
    initiator.cpu.bind(unit.regs);
    unit.ptw.bind(memory.tables);
    unit.downstream.bind(memory.data);
    unit.stream(0, 0x20);
    sc_core::sc_start();
    return 0;
}

int sc_main(int argc, char *argv[])
{
    const bool is_vtd = argc > 1 && !std::strcmp(argv[1], "vtd");
    iommusim_config *config = iommusim_config_new(is_vtd ? IOMMUSIM_VTD : IOMMUSIM_SMMUV3);
    int code;

    sc_core::sc_set_time_resolution(1, sc_core::SC_PS);
    if (is_vtd) {
        iommusim_tlm::vtd unit("vtd", config);
        code = run(unit);
    } else {
        iommusim_tlm::smmuv3 unit("smmu", config);
        code = run(unit);
    }
    iommusim_config_free(config);
    return code;
}
