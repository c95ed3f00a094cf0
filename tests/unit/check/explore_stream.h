/* SPDX-License-Identifier: BSD-2-Clause
 * explore_stream.h - streams of records for tests of the explorer, written by hand.
 * Knows: records, raw words typed from the architecture. Must not know: how anything is decoded.
 *
 * The machine: SMMUv3 with both stages, ASID16, VMID16, 4 KiB granules, 48 bits, ATS, RIL. A linear
 * stream table, two-level nothing. StreamID 3 is device 0, StreamID 5 is device 1. */
#ifndef EXPLORE_STREAM_H
#define EXPLORE_STREAM_H

#include "check/explore.h"
#include "cli/arch_smmuv3.h"

#include <array>
#include <cstring>
#include <gtest/gtest.h>
#include <memory>
#include <vector>

namespace explore_test
{

using Words = std::array<uint64_t, 8>;

constexpr uint64_t kStreamTable = 0x10000000;
constexpr uint64_t kQueue = 0x10020000;
constexpr uint64_t kCdTable = 0x10010000;  /* of StreamID 3 */
constexpr uint64_t kCdTable5 = 0x10018000; /* of StreamID 5 */
constexpr uint64_t kSecondCdTable = 0x10014000;
constexpr uint64_t kTableA = 0x20000000;
constexpr uint64_t kTableB = 0x20010000;
constexpr uint32_t kSid = 3;
constexpr uint32_t kOtherSid = 5;

constexpr uint64_t ste_at(uint32_t sid)
{
    return kStreamTable + uint64_t{sid} * 64;
}

/* Bits from the layouts of an STE and a CD. */
constexpr Words abort_ste()
{
    return {0x1};
}
constexpr Words identity_ste()
{
    return {0x9, 1ull << 44};
}
constexpr Words s1_ste(uint64_t cds, uint64_t dss = 2)
{
    return {0xb | cds, 0xd4 | dss | (dss == 1 ? 1ull << 44 : 0)};
}
constexpr Words s2_ste(uint64_t vmid, uint64_t table)
{
    return {0xd, 1ull << 44,
            vmid | 0x10ull << 32 | 2ull << 38 | 1ull << 40 | 1ull << 42 | 3ull << 44 | 5ull << 48 |
                1ull << 51 | 1ull << 54 | 1ull << 58,
            table};
}
constexpr Words nested_ste(uint64_t vmid, uint64_t table, uint64_t guest, uint64_t more_q1 = 0)
{
    return {0xf | guest, 0xd6 | 1ull << 44 | 1ull << 19 | more_q1, s2_ste(vmid, table)[2], table};
}
constexpr Words cd(uint64_t asid, uint64_t table)
{
    return {asid << 48 | 0xe204c0003510, table, 0, 0xfffffffff404ff44};
}

class Stream
{
  public:
    Stream()
    {
        const uint32_t ids[][2] = {{0x0, 0x94c341b}, {0x4, 0x9000210}, {0xc, 0x504}, {0x14, 0x15}};

        xpl_defaults(&params);
        put([](sim_record &r) { iommu(r); });
        for (const auto &id : ids)
            put([&](sim_record &r) {
                r.kind = SIM_R_MMIO_READ;
                r.mmio_read.offset = id[0];
                r.mmio_read.value = id[1];
                r.mmio_read.width = 4;
            });
        device(0, kSid);
        device(1, kOtherSid);
        memory(0x10000000, 0x100000);
        memory(0x20000000, 0x100000);
        reg(0x80, kStreamTable, 8);
        reg(0x88, 4);
        reg(0x90, kQueue | 8, 8);
        reg(0x98, 0);
        reg(0x20, 8);
    }

    void meta(const char *key, const char *value)
    {
        sim_record r = blank(SIM_R_META);

        r.meta.key = {key, static_cast<uint32_t>(strlen(key))};
        r.meta.value = {value, static_cast<uint32_t>(strlen(value))};
        records.push_back(r);
    }
    void on()
    {
        reg(0x20, 9);
    }
    void reg(uint64_t offset, uint64_t value, uint8_t width = 4)
    {
        sim_record r = blank(SIM_R_MMIO_WRITE);

        r.mmio.offset = offset;
        r.mmio.value = value;
        r.mmio.width = width;
        r.mmio.iommu = iommu_number;
        records.push_back(r);
    }
    /* A second SMMU like the first; the registers that follow are of unit @number. */
    void unit(uint16_t number)
    {
        sim_record r = blank(SIM_R_IOMMU);

        r.unit.arch = SIM_ARCH_SMMUV3;
        r.unit.iommu = number;
        r.unit.base = 0x9050000 + uint64_t{number} * 0x20000;
        r.unit.size = 0x20000;
        records.push_back(r);
        iommu_number = number;
    }
    void memory(uint64_t pa, uint64_t size)
    {
        sim_record r = blank(SIM_R_MEMORY);

        r.memory.structure = SIM_S_PAGES;
        r.memory.pa = pa;
        r.memory.size = size;
        records.push_back(r);
    }
    void store(uint64_t pa, uint64_t value, unsigned structure = SIM_S_STE)
    {
        sim_record r = blank(SIM_R_STORE);

        r.store.structure = static_cast<uint8_t>(structure);
        r.store.pa = pa;
        r.store.value = value;
        r.store.width = 8;
        records.push_back(r);
    }
    void store16(uint64_t pa, uint64_t low, uint64_t high, bool is_atomic)
    {
        sim_record r = blank(SIM_R_STORE);

        r.flags = is_atomic ? SIM_RF_ATOMIC : 0;
        r.store.structure = SIM_S_CD;
        r.store.pa = pa;
        r.store.value = low;
        r.store.value_hi = high;
        r.store.width = 16;
        records.push_back(r);
    }
    void entry(uint64_t pa, const Words &words)
    {
        for (unsigned i = 0; i < 8; i++)
            store(pa + i * 8, words[i]);
    }
    void barrier()
    {
        sim_record r = blank(SIM_R_BARRIER);

        r.barrier.what = SIM_BARRIER_WRITE;
        records.push_back(r);
    }
    void free_page(uint64_t pa, uint64_t size = 0x1000)
    {
        sim_record r = blank(SIM_R_FREE);

        r.memfree.structure = SIM_S_PAGES;
        r.memfree.pa = pa;
        r.memfree.size = size;
        records.push_back(r);
    }
    void ats(bool is_on)
    {
        sim_record r = blank(SIM_R_ATS);

        r.ats.on = is_on;
        records.push_back(r);
    }
    void device_is(uint32_t dev, uint32_t sid)
    {
        device(dev, sid);
    }
    void lost()
    {
        records.push_back(blank(SIM_R_LOST));
    }
    /* The mark before this is about a PASID. */
    void of_pasid(uint32_t pasid)
    {
        sim_record &r = records.back();

        (r.kind == SIM_R_BEGIN ? r.mark.pasid : r.mark_end.pasid) = pasid;
    }
    void atc_inv_all(uint32_t sid = kSid)
    {
        command(uint64_t{sid} << 32 | 0x40, 52);
    }
    void command(uint64_t q0, uint64_t q1 = 0)
    {
        sim_record r = blank(SIM_R_STORE);

        r.store.structure = SIM_S_CMD;
        r.store.pa = kQueue + (prod & 0xff) * 16;
        r.store.value = q0;
        r.store.value_hi = q1;
        r.store.width = 16;
        records.push_back(r);
        prod = (prod + 1) & 0x1ff;
    }
    void doorbell()
    {
        reg(0x98, prod);
    }
    void wait()
    {
        sim_record r = blank(SIM_R_WAIT);

        r.wait.cond = SIM_COND_QUEUE;
        r.wait.addr = kQueue;
        r.wait.index = (prod - 1) & 0xff;
        records.push_back(r);
    }
    /* Software saw @cond at @addr. */
    void wait_for(unsigned cond, uint64_t addr, uint64_t value, int32_t ret = 0)
    {
        sim_record r = blank(SIM_R_WAIT);

        r.wait.cond = static_cast<uint8_t>(cond);
        r.wait.addr = addr;
        r.wait.value = value;
        r.wait.ret = ret;
        r.wait.iommu = iommu_number;
        records.push_back(r);
    }
    /* CMD_SYNC, doorbell, wait. */
    void sync()
    {
        command(0x2046);
        doorbell();
        wait();
    }
    void cfgi_ste(uint32_t sid = kSid)
    {
        command(uint64_t{sid} << 32 | 0x03, 1);
    }
    void cfgi_cd(uint32_t sid = kSid, uint64_t ssid = 0)
    {
        command(uint64_t{sid} << 32 | ssid << 12 | 0x05, 1);
    }
    void tlbi_asid(uint64_t asid)
    {
        command(asid << 48 | 0x11);
    }
    void tlbi_vmid(uint64_t vmid)
    {
        command(vmid << 32 | 0x28);
    }
    void begin(unsigned op, uint32_t dev = 0, uint64_t a = 0, uint64_t b = 0)
    {
        mark(SIM_R_BEGIN, op, dev, a, b, 0);
    }
    void end(unsigned op, uint32_t dev = 0, uint64_t a = 0, uint64_t b = 0, int32_t ret = 0)
    {
        mark(SIM_R_END, op, dev, a, b, ret);
    }

    const xpl_report &explore()
    {
        static const chk_arch *const archs[] = {&arch_smmuv3};

        xpl.reset(xpl_new(&params, archs, 1, devices.data(), devices.size()));
        for (const sim_record &r : records)
            EXPECT_EQ(0, xpl_put(xpl.get(), &r));
        EXPECT_EQ(0, xpl_finish(xpl.get()));
        return *xpl_get_report(xpl.get());
    }

    /* Class of the last operation. */
    chk_class last(xpl_level level = XPL_ARCHITECTURE)
    {
        const xpl_report &report = explore();

        return report.ops[report.n_ops - 1].worst[level];
    }

    xpl_params params;
    uint16_t cpu = 0;
    uint16_t iommu_number = 0;
    uint32_t prod = 0;
    std::vector<sim_record> records;
    std::vector<sim_device> devices; /* that the caller knows */

  private:
    struct Free {
        void operator()(struct xpl *x) const
        {
            xpl_free(x);
        }
    };

    static void iommu(sim_record &r)
    {
        r.kind = SIM_R_IOMMU;
        r.unit.arch = SIM_ARCH_SMMUV3;
        r.unit.base = 0x9050000;
        r.unit.size = 0x20000;
    }
    sim_record blank(unsigned kind) const
    {
        sim_record r = {};

        r.kind = static_cast<uint8_t>(kind);
        r.cpu = cpu;
        return r;
    }
    template <typename Fill> void put(Fill fill)
    {
        sim_record r = {};

        fill(r);
        records.push_back(r);
    }
    void device(uint32_t dev, uint32_t sid)
    {
        sim_record r = blank(SIM_R_DEVICE);

        r.device.dev = dev;
        r.device.name = {"d", 1};
        r.device.requester = sid;
        records.push_back(r);
    }
    void mark(unsigned kind, unsigned op, uint32_t dev, uint64_t a, uint64_t b, int32_t ret)
    {
        sim_record r = blank(kind);

        r.mark.op = static_cast<uint8_t>(op);
        r.mark.dev = dev;
        r.mark.pasid = UINT32_MAX;
        r.mark.a = a;
        r.mark.b = b;
        r.mark.ret = ret;
        if (kind == SIM_R_END) {
            r.mark_end.op = static_cast<uint8_t>(op);
            r.mark_end.dev = dev;
            r.mark_end.pasid = UINT32_MAX;
            r.mark_end.a = a;
            r.mark_end.b = b;
            r.mark_end.ret = ret;
        }
        records.push_back(r);
    }

    std::unique_ptr<struct xpl, Free> xpl;
};

} // namespace explore_test

#endif
