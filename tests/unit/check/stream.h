/* SPDX-License-Identifier: BSD-2-Clause
 * stream.h - what a replay would tell, said by hand: records, facts and answers in one line each.
 * Knows: chk.h. Must not know: how verdicts come about. */
#ifndef TESTS_UNIT_CHECK_STREAM_H
#define TESTS_UNIT_CHECK_STREAM_H

#include "check/chk.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <cstring>
#include <map>
#include <string>

namespace chk_test
{

/* One device with StreamID 0x20, one with 0x30, and one that nobody knows a StreamID of. */
constexpr uint32_t kDev = 1, kOtherDev = 2, kNamelessDev = 3;
constexpr uint32_t kSid = 0x20, kOtherSid = 0x30;
constexpr uint32_t kNoPasid = UINT32_MAX;

/* Domains by the address of the kernel's object; their types are those of drv_attach. */
constexpr uint64_t kDomA = 0xa000, kDomB = 0xb000, kBlocked = 0xff00;
constexpr uint64_t kTypeBlocked = 0, kTypePaging = 1, kTypeIdentity = 4, kTypeLazy = 11,
                   kTypeNested = 0x40;

/* A 4 KiB page that both domains map, each elsewhere. */
constexpr uint64_t kIova = 0x1000000, kPaA = 0x80000000, kPaB = 0x90000000;

/* Commands of a made-up architecture. */
constexpr uint64_t kCfgi = 5, kTlbi = 0x12, kSync = 0x46, kPrefetch = 1;
constexpr uint32_t kBadCd = 0x0a, kPermission = 0x13;

inline const char *command_name(uint64_t word0, uint64_t)
{
    switch (word0) {
    case kCfgi:
        return "CFGI_CD";
    case kTlbi:
        return "TLBI_NH_VA";
    case kSync:
        return "CMD_SYNC";
    case kPrefetch:
        return "PREFETCH_CONFIG";
    default:
        return nullptr;
    }
}

inline bool is_sync(uint64_t word0, uint64_t)
{
    return word0 == kSync;
}

inline const char *event_name(uint64_t code)
{
    return code == kBadCd ? "C_BAD_CD" : code == kPermission ? "F_PERMISSION" : nullptr;
}

inline bool is_permission(uint64_t code)
{
    return code == kPermission;
}

constexpr uint64_t kPowerReg = 0x18;

inline chk_power_effect power_effect(uint64_t offset, uint64_t value)
{
    return offset != kPowerReg ? CHK_POWER_NONE : value ? CHK_POWER_ON : CHK_POWER_OFF;
}

constexpr uint64_t kStepPs = 1000; /* each record takes that long */

class Stream
{
  public:
    explicit Stream(uint64_t resolution_ns = 0)
    {
        chk_names names = {};

        name_device(0, kDev, "0000:00:04.0", kSid);
        name_device(1, kOtherDev, "0000:00:05.0", kOtherSid);
        name_device(2, kNamelessDev, "platform", 0);
        devices_[2].n_requesters = 0;
        names.command = command_name;
        names.is_sync = is_sync;
        names.event = event_name;
        names.is_permission = is_permission;
        names.power = power_effect;
        chk_ = chk_new(&names, devices_, 3, resolution_ns);
        observer_ = chk_observer(chk_);
    }
    Stream(const Stream &) = delete;
    Stream &operator=(const Stream &) = delete;
    ~Stream()
    {
        chk_free(chk_);
    }

    void blind(const char *why)
    {
        chk_blind(chk_, why);
    }

    /* ---- records ---- */

    void put(const sim_record &rec, uint64_t takes_ps = kStepPs, bool gave_up = false)
    {
        sim_record_seen seen = {};

        seen.gave_up = gave_up;

        seen.rec = &rec;
        seen.seq = ++seq;
        seen.start_ps = ps;
        ps += takes_ps;
        seen.end_ps = ps;
        observer_.record(observer_.ctx, &seen);
    }
    sim_record make(sim_record_kind kind)
    {
        sim_record rec;

        sim_record_init(&rec, kind);
        rec.cpu = cpu;
        rec.time_ns = trace_ns;
        trace_ns += 10;
        return rec;
    }
    void begin(uint8_t op, uint32_t dev = SIM_NO_DEV, uint64_t domain = 0, uint64_t a = 0,
               uint64_t b = 0)
    {
        sim_record rec = make(SIM_R_BEGIN);

        rec.mark.op = op;
        rec.mark.dev = dev;
        rec.mark.pasid = pasid;
        rec.mark.domain = domain;
        rec.mark.a = a;
        rec.mark.b = b;
        put(rec);
    }
    void end(uint8_t op, uint32_t dev = SIM_NO_DEV, uint64_t domain = 0, int32_t ret = 0,
             uint64_t a = 0)
    {
        sim_record rec = make(SIM_R_END);

        rec.mark_end.op = op;
        rec.mark_end.dev = dev;
        rec.mark_end.pasid = pasid;
        rec.mark_end.domain = domain;
        rec.mark_end.a = a;
        rec.mark_end.ret = ret;
        put(rec);
    }
    void store(uint8_t structure, uint64_t pa = 0x5000, uint64_t value = 1, uint8_t width = 8,
               bool is_atomic = false)
    {
        sim_record rec = make(SIM_R_STORE);

        rec.store.structure = structure;
        rec.store.pa = pa;
        rec.store.value = value;
        rec.store.width = width;
        rec.flags = is_atomic ? SIM_RF_ATOMIC : 0;
        put(rec);
    }
    void command(uint64_t word0)
    {
        store(SIM_S_CMD, 0x40000000 + 16 * n_commands_++, word0, 16);
    }
    void doorbell(uint64_t offset = 0x98)
    {
        sim_record rec = make(SIM_R_MMIO_WRITE);

        rec.mmio.offset = offset;
        put(rec);
    }
    /* The unit translates from now on, or not yet. */
    void power(bool is_on, uint16_t iommu = 0)
    {
        sim_record rec = make(SIM_R_MMIO_WRITE);

        rec.mmio.iommu = iommu;
        rec.mmio.offset = kPowerReg;
        rec.mmio.value = is_on;
        put(rec);
    }
    void wait(uint32_t index = 0, uint64_t takes_ps = kStepPs, int32_t ret = 0,
              uint8_t cond = SIM_COND_QUEUE)
    {
        sim_record rec = make(SIM_R_WAIT);

        rec.wait.cond = cond;
        rec.wait.addr = 0x40000000;
        rec.wait.index = index;
        rec.wait.ret = ret;
        put(rec, takes_ps);
    }
    /* A command, its sync, and the wait for it. */
    void command_and_sync(uint64_t word0)
    {
        command(word0);
        command(kSync);
        doorbell();
        wait();
    }
    void map(uint64_t domain, uint64_t iova, uint64_t pa, int prot = -1)
    {
        sim_record rec;

        begin(SIM_OP_MAP, SIM_NO_DEV, domain, iova, 0x1000);
        store(SIM_S_PTE, 0x6000 + (iova >> 9 & 0xff8));
        rec = make(SIM_R_MAP);
        rec.map.domain = domain;
        rec.map.iova = iova;
        rec.map.pa = pa;
        rec.map.size = 0x1000;
        if (prot >= 0) {
            rec.map.prot = static_cast<uint8_t>(prot);
            rec.flags |= SIM_RF_PROT;
        }
        put(rec);
        end(SIM_OP_MAP, SIM_NO_DEV, domain, 0, iova);
    }
    void unmap_begin(uint64_t domain, uint64_t iova)
    {
        sim_record rec;

        begin(SIM_OP_UNMAP, SIM_NO_DEV, domain, iova, 0x1000);
        store(SIM_S_PTE, 0x6000 + (iova >> 9 & 0xff8), 0);
        rec = make(SIM_R_UNMAP);
        rec.unmap.domain = domain;
        rec.unmap.iova = iova;
        rec.unmap.size = 0x1000;
        rec.unmap.unmapped = 0x1000;
        put(rec);
    }
    void unmap_end(uint64_t domain, uint64_t iova)
    {
        command_and_sync(kTlbi);
        end(SIM_OP_UNMAP, SIM_NO_DEV, domain, 0, iova);
    }
    void unmap(uint64_t domain, uint64_t iova)
    {
        unmap_begin(domain, iova);
        unmap_end(domain, iova);
    }
    void memory(uint64_t pa, uint64_t size)
    {
        sim_record rec = make(SIM_R_MEMORY);

        rec.memory.structure = SIM_S_PAGES;
        rec.memory.pa = pa;
        rec.memory.size = size;
        put(rec);
    }
    void free(uint64_t pa, uint64_t size)
    {
        sim_record rec = make(SIM_R_FREE);

        rec.memfree.structure = SIM_S_PAGES;
        rec.memfree.pa = pa;
        rec.memfree.size = size;
        put(rec);
    }
    void lost(uint64_t n)
    {
        sim_record rec = make(SIM_R_LOST);

        rec.lost.n = n;
        put(rec);
    }

    /* ---- whole operations ---- */

    /* The driver's part of a switch: entry invalid, new table, entry valid. */
    void switch_begin(uint32_t dev, uint64_t domain, uint64_t type)
    {
        begin(SIM_OP_DRV_ATTACH, dev, domain, type);
        store(SIM_S_CD, 0x7000, 0);
    }
    void switch_end(uint32_t dev, uint64_t domain, uint64_t type, int32_t ret = 0)
    {
        command_and_sync(kCfgi);
        end(SIM_OP_DRV_ATTACH, dev, domain, ret, type);
    }
    /* kIova is mapped in both domains; kDev is attached to A. Operations: 2 maps, 1 attach. */
    void two_domains()
    {
        map(kDomA, kIova, kPaA);
        map(kDomB, kIova, kPaB);
        switch_begin(kDev, kDomA, kTypePaging);
        switch_end(kDev, kDomA, kTypePaging);
        refresh();
    }

    /* ---- hardware ---- */

    void fact(uint32_t kind, uint64_t a0 = 0, uint64_t a1 = 0, uint64_t a2 = 0, uint64_t a3 = 0,
              uint32_t iommu = 0)
    {
        sim_fact fact = {};

        fact.kind = kind;
        fact.iommu = iommu;
        fact.time_ps = ps;
        fact.arg[0] = a0;
        fact.arg[1] = a1;
        fact.arg[2] = a2;
        fact.arg[3] = a3;
        observer_.fact(observer_.ctx, &fact, seq);
    }

    /* A request of kDev, issued and answered at this moment. */
    sim_dma_seen request() const
    {
        sim_dma_seen seen = {};

        seen.issue_ps = ps;
        seen.answer_ps = ps + 100;
        seen.issue_seq = seq;
        seen.answer_seq = seq;
        seen.dev = kDev;
        seen.requester = kSid;
        seen.pasid = kNoPasid;
        seen.access = SIM_DMA_READ;
        seen.status = SIM_DMA_OK;
        seen.n_bytes = 64;
        seen.iova = kIova;
        return seen;
    }
    void answer(const sim_dma_seen &seen)
    {
        observer_.dma(observer_.ctx, &seen);
    }
    void served(uint64_t pa, uint64_t iova = kIova)
    {
        sim_dma_seen seen = request();

        seen.iova = iova;
        seen.pa = pa;
        answer(seen);
    }
    void refused(uint64_t iova = kIova, uint32_t event = kBadCd)
    {
        sim_dma_seen seen = request();

        seen.iova = iova;
        seen.status = SIM_DMA_ABORT;
        seen.event = event;
        answer(seen);
    }
    /* A little time without records. */
    void refresh()
    {
        ps += kStepPs;
    }

    /* ---- the report ---- */

    const chk_report &report()
    {
        if (!finished_) {
            finished_ = true;
            EXPECT_EQ(chk_finish(chk_), 0);
        }
        return *chk_get_report(chk_);
    }
    const chk_op &op(size_t index)
    {
        static const chk_op none = {};
        const chk_report &r = report();

        EXPECT_LT(index, r.n_ops);
        return index < r.n_ops ? r.ops[index] : none;
    }
    const chk_op &last()
    {
        return op(report().n_ops - 1);
    }

    uint64_t seq = 0, ps = 0, trace_ns = 1000;
    uint16_t cpu = 0;
    uint32_t pasid = kNoPasid;

  private:
    void name_device(size_t index, uint32_t dev, const char *name, uint32_t requester)
    {
        devices_[index] = {};
        devices_[index].dev = dev;
        snprintf(devices_[index].name, sizeof(devices_[index].name), "%s", name);
        devices_[index].requester[0] = requester;
        devices_[index].n_requesters = 1;
        devices_[index].source = "record";
    }

    sim_device devices_[3];
    chk *chk_;
    sim_observer observer_;
    uint64_t n_commands_ = 0;
    bool finished_ = false;
};

using Counts = std::map<std::string, uint64_t>;

inline Counts counts(const chk_counts &c)
{
    Counts out;

    for (size_t i = 0; i < c.n; i++)
        out[c.of[i].name] = c.of[i].n;
    return out;
}

inline std::string classes(const chk_op &op)
{
    std::string out;

    for (unsigned i = 0; i < CHK_N_CLASSES; i++) {
        if (op.classes >> i & 1)
            out +=
                (out.empty() ? "" : " ") + std::string(chk_class_name(static_cast<chk_class>(i)));
    }
    return out;
}

} // namespace chk_test

#endif
