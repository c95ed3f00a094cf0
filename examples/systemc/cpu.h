// SPDX-License-Identifier: BSD-2-Clause
// cpu.h - a CPU that runs a reference driver: its stores go to memory, its register accesses to the
// unit, its waits poll; and everything can be recorded for `iommusim replay`.
// Knows: records, sockets. Must not know: what the driver does.
#ifndef EXAMPLES_SYSTEMC_CPU_H
#define EXAMPLES_SYSTEMC_CPU_H

#include "kernel-glue/drivers/drv.h"
#include "models/smmuv3/smmu_layout.h"
#include "models/vtd/vtd_layout.h"
#include "sim/text.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <functional>
#include <string>
#include <systemc>
#include <tlm>
#include <tlm_utils/simple_initiator_socket.h>
#include <vector>

class Cpu : public sc_core::sc_module
{
  public:
    tlm_utils::simple_initiator_socket<Cpu> memory{"memory"};
    tlm_utils::simple_initiator_socket<Cpu> regs{"regs"};
    drv_port port{};
    uint64_t next_pa; /* memory for tables */
    std::string recording = SIM_TEXT_VERSION " records\n";
    bool is_smmu;
    std::function<void(const sim_record &)> noted;    /* who else wants to know */
    std::function<void(const sim_rec_ats &)> set_ats; /* what there is of configuration space */

    Cpu(const sc_core::sc_module_name &name, bool smmu, uint64_t first_pa)
        : sc_module(name), next_pa(first_pa), is_smmu(smmu)
    {
        port.ctx = this;
        port.record = [](void *ctx, const sim_record *rec) {
            return static_cast<Cpu *>(ctx)->act(*rec);
        };
        port.alloc = [](void *ctx, uint64_t n, uint8_t what, uint64_t *pa) {
            return static_cast<Cpu *>(ctx)->alloc(n, what, pa);
        };
        port.free = [](void *ctx, uint64_t pa, uint64_t n) {
            static_cast<Cpu *>(ctx)->give_back(pa, n);
        };
        port.load = [](void *ctx, uint64_t pa) { return static_cast<Cpu *>(ctx)->load(pa); };
        port.read = [](void *ctx, uint64_t offset, uint32_t n) {
            return static_cast<Cpu *>(ctx)->read(offset, n);
        };
    }
    void note(const sim_record &rec)
    {
        std::vector<char> line(SIM_TEXT_MAX_RECORD_BYTES);
        sim_record timed = rec;

        timed.time_ns = static_cast<uint64_t>(sc_core::sc_time_stamp().to_seconds() * 1e9);
        const size_t n = sim_text_print_record(&timed, line.data());
        recording.append(line.data(), n);
        if (noted)
            noted(rec);
    }
    /* An operation, for those who judge the recording. */
    void mark(sim_record_kind kind, uint8_t op, uint64_t domain, uint32_t dev, uint64_t a = 0,
              uint64_t b = 0)
    {
        sim_record rec;

        sim_record_init(&rec, kind);
        if (kind == SIM_R_BEGIN) {
            rec.mark.op = op;
            rec.mark.dev = dev;
            rec.mark.pasid = UINT32_MAX;
            rec.mark.domain = domain;
            rec.mark.a = a;
            rec.mark.b = b;
        } else {
            rec.mark_end.op = op;
            rec.mark_end.dev = dev;
            rec.mark_end.pasid = UINT32_MAX;
            rec.mark_end.domain = domain;
            rec.mark_end.a = a;
            rec.mark_end.b = b;
        }
        note(rec);
    }
    uint64_t load(uint64_t pa)
    {
        uint64_t value = 0;

        (void)move(memory, tlm::TLM_READ_COMMAND, pa, &value, sizeof(value));
        return value;
    }
    void write_reg(uint64_t offset, uint32_t n, uint64_t value)
    {
        const auto narrow = static_cast<uint32_t>(value);

        if (n == 8)
            (void)move(regs, tlm::TLM_WRITE_COMMAND, offset, &value, n);
        else
            (void)move(regs, tlm::TLM_WRITE_COMMAND, offset, const_cast<uint32_t *>(&narrow), n);
    }
    uint64_t read_reg(uint64_t offset, uint32_t n)
    {
        uint64_t wide = 0;
        uint32_t narrow = 0;

        if (n == 8) {
            (void)move(regs, tlm::TLM_READ_COMMAND, offset, &wide, n);
            return wide;
        }
        (void)move(regs, tlm::TLM_READ_COMMAND, offset, &narrow, n);
        return narrow;
    }
    void store(uint64_t pa, uint64_t value)
    {
        (void)move(memory, tlm::TLM_WRITE_COMMAND, pa, &value, sizeof(value));
    }

  private:
    static constexpr unsigned kMaxLooks = 20000;

    bool move(tlm_utils::simple_initiator_socket<Cpu> &socket, tlm::tlm_command command,
              uint64_t address, void *data, uint32_t n)
    {
        tlm::tlm_generic_payload trans;
        sc_core::sc_time delay = sc_core::SC_ZERO_TIME;

        trans.set_command(command);
        trans.set_address(address);
        trans.set_data_ptr(static_cast<unsigned char *>(data));
        trans.set_data_length(n);
        trans.set_streaming_width(n);
        socket->b_transport(trans, delay);
        return trans.is_response_ok();
    }
    void pass(double ns)
    {
        sc_core::wait(ns, sc_core::SC_NS);
    }
    int act(const sim_record &rec)
    {
        int error = 0;

        if (rec.kind == SIM_R_STORE) {
            uint64_t words[2] = {rec.store.value, rec.store.value_hi};
            const bool is_two = rec.store.width == 16 && !(rec.flags & SIM_RF_ATOMIC);

            pass(1);
            (void)move(memory, tlm::TLM_WRITE_COMMAND, rec.store.pa, words,
                       is_two ? 8 : rec.store.width);
            if (is_two) {
                pass(1);
                (void)move(memory, tlm::TLM_WRITE_COMMAND, rec.store.pa + 8, &words[1], 8);
            }
        } else if (rec.kind == SIM_R_MMIO_WRITE) {
            pass(100);
            write_reg(rec.mmio.offset, rec.mmio.width, rec.mmio.value);
        } else if (rec.kind == SIM_R_WAIT) {
            error = wait_for(rec.wait);
        } else if (rec.kind == SIM_R_ATS && set_ats) {
            set_ats(rec.ats);
        }
        note(rec);
        return error;
    }
    int wait_for(const sim_rec_wait &what)
    {
        for (unsigned n = 0; n < kMaxLooks; n++) {
            if (holds(what))
                return 0;
            pass(50);
        }
        return -ETIMEDOUT;
    }
    bool holds(const sim_rec_wait &what)
    {
        if (what.cond == SIM_COND_MEM)
            return (load(what.addr) & what.mask) == what.value;
        if (what.cond == SIM_COND_REG)
            return (read_reg(what.addr, what.mask >> 32 ? 8 : 4) & what.mask) == what.value;
        if (!is_smmu)
            return is_waited_for(what);
        const uint64_t base = read_reg(SMMU_REG_CMDQ_BASE, 8);
        const uint64_t prod = read_reg(SMMU_REG_CMDQ_PROD, 4);
        const uint64_t cons = read_reg(SMMU_REG_CMDQ_CONS, 4);
        const uint64_t size = UINT64_C(1) << smmu_CMDQ_BASE_LOG2SIZE(&base);
        const uint64_t left = smmu_CMDQ_PROD_WR(&prod) - smmu_CMDQ_CONS_RD(&cons);

        return ((what.index - smmu_CMDQ_CONS_RD(&cons)) & (size - 1)) >= (left & (2 * size - 1));
    }
    /* VT-d: the head moves when a descriptor was read; a wait is over when its status is there. */
    bool is_waited_for(const sim_rec_wait &what)
    {
        const uint64_t iqa = read_reg(VTD_REG_IQA, 8);
        const uint64_t slot = what.addr + what.index * (vtd_IQA_DW(&iqa) ? 32 : 16);
        const uint64_t words[2] = {load(slot), load(slot + 8)};

        if (vtd_qi_type(words) != VTD_QI_WAIT || !vtd_WAIT_SW(words))
            return read_reg(VTD_REG_IQH, 8) == read_reg(VTD_REG_IQT, 8);
        return static_cast<uint32_t>(load(vtd_WAIT_ADDR_addr(words))) == vtd_WAIT_DATA(words);
    }
    int alloc(uint64_t n_bytes, uint8_t what, uint64_t *pa)
    {
        std::vector<uint64_t> zeros(512);
        sim_record rec;
        const uint64_t n = (n_bytes + 4095) / 4096 * 4096;

        next_pa = (next_pa + n - 1) / n * n;
        *pa = next_pa;
        next_pa += n;
        for (uint64_t at = 0; at < n; at += 4096) {
            if (!move(memory, tlm::TLM_WRITE_COMMAND, *pa + at, zeros.data(), 4096))
                return -ENOMEM;
        }
        sim_record_init(&rec, SIM_R_MEMORY);
        rec.memory.structure = what;
        rec.memory.pa = *pa;
        rec.memory.size = n;
        note(rec);
        return 0;
    }
    void give_back(uint64_t pa, uint64_t n_bytes)
    {
        sim_record rec;

        sim_record_init(&rec, SIM_R_FREE);
        rec.memfree.pa = pa;
        rec.memfree.size = (n_bytes + 4095) / 4096 * 4096;
        note(rec);
    }
    uint64_t read(uint64_t offset, uint32_t n_bytes)
    {
        sim_record rec;

        sim_record_init(&rec, SIM_R_MMIO_READ);
        rec.mmio_read.offset = offset;
        rec.mmio_read.width = static_cast<uint8_t>(n_bytes);
        pass(100);
        rec.mmio_read.value = read_reg(offset, n_bytes);
        note(rec);
        return rec.mmio_read.value;
    }
};

#endif
