// SPDX-License-Identifier: BSD-2-Clause
// platform.h - a virtual platform: memory, an IOMMU, a CPU with a reference driver, devices.
// Knows: who is connected to whom. Must not know: what is asked of it.
#ifndef EXAMPLES_SYSTEMC_PLATFORM_H
#define EXAMPLES_SYSTEMC_PLATFORM_H

#include "examples/systemc/cpu.h"
#include "examples/systemc/device.h"
#include "examples/systemc/ram.h"
#include "include/iommusim/systemc.h"

#include <functional>
#include <memory>
#include <string>
#include <vector>

/* Memory: domain 1's pages from 1 MiB on, domain 2's from 2 MiB on, tables from 4 MiB on. */
struct Platform {
    static constexpr uint64_t ram_bytes = 16 << 20, first_iova = 0x100000, max_pages = 256;
    static constexpr uint32_t first_requester = 0x20;

    Ram ram;
    std::unique_ptr<iommusim_tlm::iommu> unit;
    Cpu cpu;
    std::vector<std::unique_ptr<Device>> devices;
    bool is_smmu, is_replacing = false;
    unsigned current = 0;                        /* the domain that the devices have */
    uint32_t device_flags = 0, domain_flags = 0; /* DRV_ATS, ...; DRV_FAULTS */

    const drv_ops *ops = nullptr;
    drv *driver = nullptr;
    drv_domain *identity = nullptr, *blocked = nullptr, *domain[3] = {};
    std::vector<drv_device *> handles;

    /* Which is always the case: the CPU, table reads and data have a way to memory each. */
    Platform(bool smmu, const iommusim_config *config, unsigned n_devices,
             iommusim_tlm::event_core *core = nullptr)
        : ram("ram", 3, ram_bytes), cpu("cpu", smmu, 4 << 20), is_smmu(smmu)
    {
        if (smmu)
            unit = std::make_unique<iommusim_tlm::smmuv3>("smmu", config, n_devices, core);
        else
            unit = std::make_unique<iommusim_tlm::vtd>("vtd", config, n_devices, core);
        for (uint64_t d = 1; d <= 2; d++) {
            for (uint64_t at = 8; at < max_pages * 4096; at += 64)
                ram.bytes[(d << 20) + at] = static_cast<uint8_t>(d);
        }
    }
    void connect()
    {
        cpu.memory.bind(ram.sockets[0]);
        cpu.regs.bind(unit->regs);
        unit->ptw.bind(ram.sockets[1]);
        unit->downstream.bind(ram.sockets[2]);
    }
    Device &add_device(Device::Style style)
    {
        const size_t n = devices.size();

        devices.push_back(
            std::make_unique<Device>(("device" + std::to_string(n)).c_str(), style, n + 1));
        devices.back()->requester = first_requester + static_cast<uint32_t>(n);
        devices.back()->first_iova = first_iova;
        return *devices.back();
    }
    static bool fails(const char *what)
    {
        SC_REPORT_ERROR("platform", what);
        return false;
    }
    drv_domain *make(uint8_t kind, uint64_t id)
    {
        drv_domain_spec spec{};
        drv_domain *made = nullptr;

        spec.kind = kind;
        spec.id = id;
        spec.flags = kind == DRV_PAGING ? domain_flags : 0;
        return ops->domain_alloc(driver, &spec, nullptr, &made) ? nullptr : made;
    }
    sim_str text(const char *bytes) const
    {
        return {bytes, static_cast<uint32_t>(std::strlen(bytes))};
    }
    void note_unit()
    {
        sim_record rec;

        sim_record_init(&rec, SIM_R_META);
        rec.meta.key = text("barriers");
        rec.meta.value = text("recorded");
        cpu.note(rec);
        sim_record_init(&rec, SIM_R_IOMMU);
        rec.unit.arch = static_cast<uint8_t>(is_smmu ? SIM_ARCH_SMMUV3 : SIM_ARCH_VTD);
        rec.unit.base = 0x2b400000;
        rec.unit.size = 0x20000;
        cpu.note(rec);
    }
    /* Everything below is called from an SC_THREAD: it takes time. */
    bool boot(const char *name)
    {
        ops = drv_find(static_cast<uint8_t>(is_smmu ? SIM_ARCH_SMMUV3 : SIM_ARCH_VTD), name);
        if (!ops)
            return fails("no such driver");
        note_unit();
        if (ops->create(&cpu.port, 0x2b400000, &driver) || ops->start(driver))
            return fails("the driver does not start");
        identity = make(DRV_IDENTITY, 0x10);
        blocked = make(DRV_BLOCKED, 0x20);
        for (uint64_t d = 1; d <= 2; d++)
            domain[d] = make(DRV_PAGING, 0x20 + 0x10 * d);
        for (uint32_t i = 0; i < devices.size(); i++) {
            drv_device_info info{};
            drv_device *handle = nullptr;
            sim_record rec;
            const std::string called = "device" + std::to_string(i);

            info.dev = i;
            info.requester = devices[i]->requester;
            info.flags = device_flags;
            sim_record_init(&rec, SIM_R_DEVICE);
            rec.device.dev = i;
            rec.device.requester = info.requester;
            rec.device.name = text(called.c_str());
            cpu.note(rec);
            if (ops->device_add(driver, &info, identity, &handle) ||
                ops->attach(driver, handle, DRV_NO_PASID, blocked))
                return fails("a device is refused");
            handles.push_back(handle);
        }
        return true;
    }
    bool map(unsigned d, uint64_t n_pages)
    {
        for (uint64_t i = 0; i < n_pages; i++) {
            const uint64_t iova = first_iova + i * 4096, pa = (uint64_t{d} << 20) + i * 4096;
            sim_record rec;

            cpu.mark(SIM_R_BEGIN, SIM_OP_MAP, 0x20 + 0x10 * d, SIM_NO_DEV, iova, 4096);
            if (ops->map(driver, domain[d], iova, pa, 4096, IOMMUSIM_READ | IOMMUSIM_WRITE))
                return fails("a map is refused");
            sim_record_init(&rec, SIM_R_MAP);
            rec.map.domain = 0x20 + 0x10 * d;
            rec.map.iova = iova;
            rec.map.pa = pa;
            rec.map.size = 4096;
            rec.map.prot = IOMMUSIM_READ | IOMMUSIM_WRITE;
            rec.flags |= SIM_RF_PROT;
            cpu.note(rec);
            cpu.mark(SIM_R_END, SIM_OP_MAP, 0x20 + 0x10 * d, SIM_NO_DEV, iova, 4096);
        }
        return true;
    }
    bool unmap(unsigned d, uint64_t iova, uint64_t n_bytes)
    {
        uint64_t n_unmapped = 0;

        return ops->unmap(driver, domain[d], iova, n_bytes, &n_unmapped) == 0 &&
               n_unmapped == n_bytes;
    }
    bool attach(size_t dev, unsigned d, uint8_t op = SIM_OP_REPLACE)
    {
        const uint64_t id = 0x20 + 0x10 * d;

        cpu.mark(SIM_R_BEGIN, op, id, static_cast<uint32_t>(dev));
        const int error = ops->attach(driver, handles[dev], DRV_NO_PASID, d ? domain[d] : blocked);
        cpu.mark(SIM_R_END, op, id, static_cast<uint32_t>(dev));
        current = d;
        return error ? fails("an attach is refused") : true;
    }
    /* What the devices saw of one replace: while it ran, and after the driver had returned. */
    struct Seen {
        uint64_t n_old = 0, n_new = 0, n_refused = 0, n_wrong = 0, n_stale = 0;
        sc_core::sc_time took;
    };
    /* Whatever the devices do at this instant is done. */
    static void after_this_instant()
    {
        sc_core::wait(1, sc_core::SC_NS);
    }
    Seen replace(unsigned to)
    {
        Seen seen;

        after_this_instant();
        const sc_core::sc_time begin = sc_core::sc_time_stamp();
        for (const auto &device : devices)
            device->forget_seen();
        is_replacing = true;
        for (size_t i = 0; i < devices.size(); i++)
            (void)attach(i, to);
        is_replacing = false;
        seen.took = sc_core::sc_time_stamp() - begin;
        after_this_instant();
        for (const auto &device : devices) {
            seen.n_old += device->n_seen[3 - to];
            seen.n_new += device->n_seen[to];
            seen.n_refused += device->n_refused;
            seen.n_wrong += device->n_seen[0] + device->n_seen[3];
        }
        /* What was answered before is on its way to the devices still. */
        sc_core::wait(1, sc_core::SC_US);
        for (const auto &device : devices)
            device->forget_seen();
        sc_core::wait(5, sc_core::SC_US);
        after_this_instant();
        for (const auto &device : devices)
            seen.n_stale += device->n_seen[3 - to];
        return seen;
    }
    void rest(size_t dev)
    {
        while (!devices[dev]->is_idle())
            sc_core::wait(devices[dev]->finished);
    }
};

#endif
