// SPDX-License-Identifier: BSD-2-Clause
// recorder_test.cpp - a driver runs in the example's platform; what it did is told twice: by its
// CPU, record by record, and by a recorder, which knows the buses only.
//
//   recorder_test ARCH DRIVER FOLDER told|implied
//       writes cpu.iotr.txt, bus.iotr.txt and bus.iotr; told: the recorder hears of barriers
#include "include/iommusim/systemc_recorder.h"
#include "tests/systemc/platform_bench.h"

#include <fstream>

namespace
{

using namespace bench;

constexpr uint64_t kOldPage = 0x3f0000; /* nobody's */

struct Recorded {
    Platform p;
    iommusim_tlm::recorder recorder;
    bool tells_barriers = true;

    explicit Recorded(const Context &c)
        : p(c.is_smmu, c.config, 1),
          recorder("recorder", c.is_smmu ? IOMMUSIM_SMMUV3 : IOMMUSIM_VTD, 0x2b400000)
    {
        p.add_device(Device::AT);
        p.devices[0]->socket.bind(p.unit->upstream[0]);
        p.cpu.memory.bind(recorder.cpu_memory);
        recorder.memory.bind(p.ram.sockets[0]);
        p.cpu.regs.bind(recorder.cpu_regs);
        recorder.regs.bind(p.unit->regs);
        p.unit->ptw.bind(recorder.unit_ptw);
        recorder.ptw.bind(p.ram.sockets[1]);
        p.unit->downstream.bind(p.ram.sockets[2]);
        p.ram.store(kOldPage, 0x1122334455667788); /* before the recorder has seen anything */
        p.cpu.noted = [this](const sim_record &rec) { mark(rec); };
    }
    /* What no bus shows: operations, promises, who is who, memory that was given back. */
    void mark(const sim_record &rec)
    {
        if (rec.kind == SIM_R_BEGIN) {
            const sim_rec_mark &m = rec.mark;
            recorder.begin({static_cast<iommusim_op>(m.op), m.dev, m.pasid, 0, m.domain, m.a, m.b});
        } else if (rec.kind == SIM_R_END) {
            const sim_rec_mark_end &m = rec.mark_end;
            recorder.end(
                {static_cast<iommusim_op>(m.op), m.dev, m.pasid, m.ret, m.domain, m.a, m.b});
        } else if (rec.kind == SIM_R_MAP) {
            recorder.promise({rec.map.domain, rec.map.iova, rec.map.pa, rec.map.size, rec.map.prot},
                             true);
        } else if (rec.kind == SIM_R_UNMAP) {
            recorder.promise({rec.unmap.domain, rec.unmap.iova, 0, rec.unmap.size, 0}, false);
        } else if (rec.kind == SIM_R_DEVICE) {
            recorder.device(rec.device.dev,
                            std::string(rec.device.name.bytes, rec.device.name.n_bytes),
                            rec.device.requester);
        } else if (rec.kind == SIM_R_BARRIER && tells_barriers) {
            recorder.barrier(static_cast<enum iommusim_barrier>(rec.barrier.what), rec.barrier.pa);
        } else if (rec.kind == SIM_R_ATS) {
            recorder.ats(rec.ats.dev, rec.ats.on == SIM_ONOFF_ON, rec.ats.stu);
        } else if (rec.kind == SIM_R_FREE) {
            recorder.freed(rec.memfree.pa, rec.memfree.size);
        }
    }
    bool story(const char *driver)
    {
        if (!p.boot(driver) || !p.map(1, 8) || !p.map(2, 8) || !p.attach(0, 1, SIM_OP_ATTACH))
            return false;
        sim_record rec;
        sim_record_init(&rec, SIM_R_STORE);
        rec.store.structure = SIM_S_OTHER;
        rec.store.pa = kOldPage + 0x100;
        rec.store.value = 0x99;
        rec.store.width = 8;
        if (p.cpu.port.record(p.cpu.port.ctx, &rec))
            return false;
        p.devices[0]->n_pages = 8;
        p.devices[0]->gap = sc_core::sc_time(50, sc_core::SC_NS);
        p.devices[0]->start(UINT32_MAX);
        for (unsigned n = 0; n < 4; n++) {
            sc_core::wait(5, sc_core::SC_US);
            if (!p.attach(0, n % 2 ? 1 : 2))
                return false;
        }
        sc_core::wait(5, sc_core::SC_US);
        p.devices[0]->stop();
        p.rest(0);
        return p.attach(0, 0, SIM_OP_DETACH);
    }
};

} // namespace

int sc_main(int argc, char *argv[])
{
    if (argc != 5)
        return 2;
    char *only_arch[] = {argv[0], argv[0], argv[1]};
    const Context c = begin(3, only_arch);
    const std::string out = argv[3];

    {
        Recorded r(c);

        r.tells_barriers = std::strcmp(argv[4], "told") == 0;
        sc_core::sc_spawn([&] {
            EXPECT(r.story(argv[2]));
            sc_core::sc_stop();
        });
        sc_core::sc_start();
        EXPECT(r.recorder.save(out + "/bus.iotr.txt") == 0);
        EXPECT(r.recorder.save(out + "/bus.iotr") == 0);
        std::ofstream(out + "/cpu.iotr.txt") << r.p.cpu.recording;
    }
    return end(c);
}
