/* SPDX-License-Identifier: BSD-2-Clause
 * explore_vtd_stream.h - streams of records of VT-d for tests of the explorer, written by hand.
 * Knows: records, raw words typed from the architecture. Must not know: how anything is decoded.
 *
 * The machine: coherent, 48 bits, DIDs of 16 bits, both stages and nesting, ATS, snoop control,
 * PASIDs of 20 bits. 00:03.0 is device 0, 00:05.0 device 1. */
#ifndef EXPLORE_VTD_STREAM_H
#define EXPLORE_VTD_STREAM_H

#include "check/explore.h"
#include "cli/arch_vtd.h"

#include <array>
#include <gtest/gtest.h>
#include <memory>
#include <vector>

namespace vtd_test
{

using Words = std::array<uint64_t, 8>;

constexpr uint64_t kRoot = 0x10000000;
constexpr uint64_t kContexts = 0x10001000;
constexpr uint64_t kDirectory = 0x10002000; /* of device 0; that of device 1 is two pages on */
constexpr uint64_t kPasids = 0x10003000;
constexpr uint64_t kQueue = 0x10008000;
constexpr uint64_t kStatus = 0x1000a000;
constexpr uint64_t kTableA = 0x20000000;
constexpr uint64_t kTableB = 0x20010000;
constexpr uint32_t kSid = 0x18;
constexpr uint32_t kOtherSid = 0x28;

constexpr uint64_t kCap =
    6 | 0x600 | 0x2f0000 | 3ull << 34 | 1ull << 39 | 0x12ull << 48 | 3ull << 54;
constexpr uint64_t kCachingMode = 1 << 7;
constexpr uint64_t kEcap = 0xc7 | 1ull << 26 | 1ull << 31 | 19ull << 35 | 1ull << 40 | 1ull << 41 |
                           1ull << 43 | 1ull << 45 | 1ull << 46 | 1ull << 47 | 1ull << 48 |
                           1ull << 49;

constexpr uint64_t kPwsnp = 1 << 23;

/* PASID entries, 48 bits, P=1. */
constexpr Words ss(uint64_t did, uint64_t table)
{
    return {table | 0x89, did | kPwsnp};
}
constexpr Words fs(uint64_t did, uint64_t table)
{
    return {0x49, did | kPwsnp, table};
}
constexpr Words nested(uint64_t did, uint64_t table, uint64_t guest)
{
    return {table | 0xc9, did | kPwsnp, guest | 1};
}
constexpr Words pass(uint64_t did)
{
    return {0x109, did};
}
/* A context entry of legacy mode. */
constexpr Words legacy(uint64_t did, uint64_t table)
{
    return {table | 1, did << 8 | 2};
}

constexpr uint64_t pasid_at(unsigned dev, uint64_t pasid = 0)
{
    return kPasids + dev * 0x2000 + pasid * 64;
}
constexpr uint64_t legacy_at(uint32_t sid)
{
    return kContexts + uint64_t{sid} * 16;
}

class Stream
{
  public:
    explicit Stream(uint64_t cap = kCap, bool is_scalable = true)
    {
        xpl_defaults(&params);
        sim_record r = blank(SIM_R_IOMMU);
        r.unit.arch = SIM_ARCH_VTD;
        r.unit.base = 0xfed90000;
        r.unit.size = 0x1000;
        records.push_back(r);
        id(0x0, 0x40);
        id(0x8, cap);
        id(0x10, kEcap);
        device(0, kSid);
        device(1, kOtherSid);
        memory(0x10000000, 0x100000);
        memory(0x20000000, 0x100000);
        store(kRoot, kContexts | 1, SIM_S_ROOT);
        reg(0x88, 0, 8);
        reg(0x90, kQueue | 0x800, 8);
        reg(0x18, 1 << 26);
        reg(0x20, kRoot | (is_scalable ? 0x400 : 0), 8);
        reg(0x18, 1 << 26 | 1 << 30);
        if (is_scalable)
            make_contexts();
    }

    /* PASID entry of a device, as it is when translation goes on. */
    void has(unsigned dev, const Words &words, uint64_t pasid = 0)
    {
        for (unsigned i = 0; i < 8; i++)
            store(pasid_at(dev, pasid) + i * 8, words[i]);
    }
    void on()
    {
        reg(0x18, 1u << 31 | 1 << 26);
    }
    void id(uint64_t offset, uint64_t value)
    {
        sim_record r = blank(SIM_R_MMIO_READ);

        r.mmio_read.offset = offset;
        r.mmio_read.value = value;
        r.mmio_read.width = 8;
        records.push_back(r);
    }
    void reg(uint64_t offset, uint64_t value, uint8_t width = 4)
    {
        sim_record r = blank(SIM_R_MMIO_WRITE);

        r.mmio.offset = offset;
        r.mmio.value = value;
        r.mmio.width = width;
        records.push_back(r);
    }
    void memory(uint64_t pa, uint64_t size)
    {
        sim_record r = blank(SIM_R_MEMORY);

        r.memory.structure = SIM_S_PAGES;
        r.memory.pa = pa;
        r.memory.size = size;
        records.push_back(r);
    }
    void store(uint64_t pa, uint64_t value, unsigned structure = SIM_S_PASID)
    {
        sim_record r = blank(SIM_R_STORE);

        r.store.structure = static_cast<uint8_t>(structure);
        r.store.pa = pa;
        r.store.value = value;
        r.store.width = 8;
        records.push_back(r);
    }
    /* lock cmpxchg16b. */
    void store16(uint64_t pa, uint64_t low, uint64_t high, unsigned structure = SIM_S_PASID)
    {
        sim_record r = blank(SIM_R_STORE);

        r.flags = SIM_RF_ATOMIC;
        r.store.structure = static_cast<uint8_t>(structure);
        r.store.pa = pa;
        r.store.value = low;
        r.store.value_hi = high;
        r.store.width = 16;
        records.push_back(r);
    }
    /* Barriers are in the stream. */
    void recorded()
    {
        sim_record r = blank(SIM_R_META);

        r.meta.key = {"barriers", 8};
        r.meta.value = {"recorded", 8};
        records.insert(records.begin(), r);
    }
    /* clflush of the line of @pa. */
    void flush(uint64_t pa)
    {
        sim_record r = blank(SIM_R_BARRIER);

        r.barrier.what = SIM_BARRIER_FLUSH;
        r.barrier.pa = pa / 64 * 64;
        records.push_back(r);
    }
    /* All that was stored so far is in memory. */
    void flush_all()
    {
        const size_t n = records.size();

        for (size_t i = 0; i < n; i++) {
            if (records[i].kind == SIM_R_STORE)
                flush(records[i].store.pa);
        }
    }
    /* Software saw @value in the bits @mask of a register. */
    void poll(uint64_t offset, uint64_t mask, uint64_t value)
    {
        sim_record r = blank(SIM_R_WAIT);

        r.wait.cond = SIM_COND_REG;
        r.wait.addr = offset;
        r.wait.mask = mask;
        r.wait.value = value;
        records.push_back(r);
    }
    /* Software saw @value in a word of memory. */
    void poll_memory(uint64_t pa, uint32_t value)
    {
        sim_record r = blank(SIM_R_WAIT);

        r.wait.cond = SIM_COND_MEM;
        r.wait.addr = pa;
        r.wait.mask = 0xffffffff;
        r.wait.value = value;
        records.push_back(r);
    }
    void free_page(uint64_t pa)
    {
        sim_record r = blank(SIM_R_FREE);

        r.memfree.structure = SIM_S_PAGES;
        r.memfree.pa = pa;
        r.memfree.size = 0x1000;
        records.push_back(r);
    }
    /* DTE of device 0. */
    void allow_ats()
    {
        store(kContexts + kSid * 32, kDirectory | 0xd, SIM_S_CTX);
    }
    void ats(bool is_on)
    {
        sim_record r = blank(SIM_R_ATS);

        r.ats.on = is_on;
        records.push_back(r);
    }
    /* A 32-byte descriptor, as Linux puts it: two stores of 16 bytes. */
    void descriptor(uint64_t q0, uint64_t q1 = 0)
    {
        queue_store(0, q0, q1);
        queue_store(16, 0, 0);
        tail = (tail + 1) % 128;
    }
    void cc_device(uint64_t did, uint32_t sid = kSid)
    {
        descriptor(0x31 | did << 16 | uint64_t{sid} << 32);
    }
    void cc_global()
    {
        descriptor(0x11);
    }
    void pc_pasid(uint64_t did, uint64_t pasid = 0)
    {
        descriptor(0x17 | did << 16 | pasid << 32);
    }
    void pc_global()
    {
        descriptor(0x37);
    }
    void iotlb_domain(uint64_t did)
    {
        descriptor(0xe2 | did << 16);
    }
    void iotlb_page(uint64_t did, uint64_t address, uint64_t am = 0, uint64_t ih = 0)
    {
        descriptor(0xf2 | did << 16, address | ih << 6 | am);
    }
    void piotlb(uint64_t did, uint64_t pasid = 0)
    {
        descriptor(0x26 | did << 16 | pasid << 32);
    }
    void devtlb(uint32_t sid = kSid)
    {
        descriptor(0x3 | uint64_t{sid} << 32, 0x7ffffffffffff001);
    }
    void wait()
    {
        sim_record r = blank(SIM_R_WAIT);

        descriptor(0x25 | 2ull << 32, kStatus);
        reg(0x88, tail << 5);
        r.wait.cond = SIM_COND_QUEUE;
        r.wait.addr = kQueue;
        r.wait.index = (tail + 127) % 128;
        records.push_back(r);
    }
    void begin(unsigned op = SIM_OP_REPLACE, uint32_t dev = 0, uint32_t pasid = UINT32_MAX)
    {
        sim_record r = blank(SIM_R_BEGIN);

        r.mark.op = static_cast<uint8_t>(op);
        r.mark.dev = dev;
        r.mark.pasid = pasid;
        records.push_back(r);
    }
    void end(unsigned op = SIM_OP_REPLACE, uint32_t dev = 0, uint32_t pasid = UINT32_MAX)
    {
        sim_record r = blank(SIM_R_END);

        r.mark_end.op = static_cast<uint8_t>(op);
        r.mark_end.dev = dev;
        r.mark_end.pasid = pasid;
        records.push_back(r);
    }

    const xpl_report &explore()
    {
        static const chk_arch *const archs[] = {&arch_vtd};

        xpl.reset(xpl_new(&params, archs, 1, nullptr, 0));
        for (const sim_record &r : records)
            EXPECT_EQ(0, xpl_put(xpl.get(), &r));
        EXPECT_EQ(0, xpl_finish(xpl.get()));
        return *xpl_get_report(xpl.get());
    }
    const xpl_op &last_op()
    {
        const xpl_report &report = explore();

        return report.ops[report.n_ops - 1];
    }
    chk_class last()
    {
        const xpl_op &op = last_op();

        EXPECT_FALSE(op.inconclusive) << op.why;
        return op.worst[XPL_ARCHITECTURE];
    }

    xpl_params params;
    uint16_t cpu = 0;
    uint32_t tail = 0;
    std::vector<sim_record> records;

  private:
    struct Free {
        void operator()(struct xpl *x) const
        {
            xpl_free(x);
        }
    };

    sim_record blank(unsigned kind) const
    {
        sim_record r = {};

        r.kind = static_cast<uint8_t>(kind);
        r.cpu = cpu;
        return r;
    }
    void device(uint32_t dev, uint32_t sid)
    {
        sim_record r = blank(SIM_R_DEVICE);

        r.device.dev = dev;
        r.device.name = {"d", 1};
        r.device.requester = sid;
        records.push_back(r);
    }
    /* PASIDE; a directory of 128 entries, and its first table. */
    void make_contexts()
    {
        const uint32_t sids[] = {kSid, kOtherSid};

        for (unsigned dev = 0; dev < 2; dev++) {
            store(kDirectory + dev * 0x2000, (kPasids + dev * 0x2000) | 1, SIM_S_PASID_DIR);
            store(kContexts + sids[dev] * 32, (kDirectory + dev * 0x2000) | 9, SIM_S_CTX);
        }
    }
    void queue_store(uint64_t offset, uint64_t low, uint64_t high)
    {
        sim_record r = blank(SIM_R_STORE);

        r.store.structure = SIM_S_QI;
        r.store.pa = kQueue + tail * 32 + offset;
        r.store.value = low;
        r.store.value_hi = high;
        r.store.width = 16;
        records.push_back(r);
    }

    std::unique_ptr<struct xpl, Free> xpl;
};

} // namespace vtd_test

#endif
