/* SPDX-License-Identifier: BSD-2-Clause
 * vtd_port.h - a port of test doubles for the VT-d drivers: memory and registers without a model.
 * Knows: records. Must not know: drivers inside, what hardware makes of an act.
 *
 * Acts are told as lines, so that a test is a list: "ctx0=123001" (word of a context entry),
 * "pasid2=...", "dir=", "root=", "pte=", "qi 500e2 0" (a descriptor), "wait" and "wait+pd" (its
 * wait descriptor), "w 18=..." (a register), "ok" (a wait came true), "wmb", "clf", "ats on". */
#ifndef VTD_PORT_H
#define VTD_PORT_H

#include "kernel-glue/drivers/drv_vtd.h"

#include <cerrno>
#include <cinttypes>
#include <cstdio>
#include <cstring>
#include <gtest/gtest.h>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace drv_test
{

using Lines = std::vector<std::string>;

/* 48 bits, DIDs of 16 bits, 2 MiB and 1 GiB, PSI up to 2^18 pages, both drains. */
constexpr uint64_t kCap =
    6 | 0x400 | 0x2f0000 | 3ull << 34 | 1ull << 39 | 0x12ull << 48 | 3ull << 54 | 1ull << 56;
constexpr uint64_t kCm = 1 << 7;
constexpr uint64_t kRwbf = 1 << 4;
/* C, QI, DT, PT, SC; IRO 0x10. */
constexpr uint64_t kEcapLegacy = 0xc7 | 0x10 << 8;
/* ... NEST, PRS, SRS, PSS 20 bits, PASID, PDS, SMTS, SSADS, SSTS, FSTS, SMPWCS. */
constexpr uint64_t kEcapScalable = kEcapLegacy | 1ull << 26 | 1ull << 29 | 1ull << 31 |
                                   19ull << 35 | 1ull << 40 | 1ull << 42 | 1ull << 43 | 1ull << 45 |
                                   1ull << 46 | 1ull << 47 | 1ull << 48;

class VtdPort
{
  public:
    uint64_t cap = kCap, ecap = kEcapScalable;
    std::map<uint64_t, uint64_t> registers; /* what a read finds, where it is not the usual */
    std::vector<sim_record> records;
    std::map<uint64_t, uint64_t> memory;
    std::map<uint64_t, uint64_t> live;       /* pages: address, bytes */
    int fail_alloc_in = 0, fail_wait_in = 0; /* the n-th from now on fails; 0: none */
    size_t shown = 0;

    drv_port port()
    {
        return {this, record, alloc, free, load, read};
    }

    /* The acts since the last call. */
    Lines lines()
    {
        Lines out;

        for (; shown < records.size(); shown++)
            tell(records[shown], out);
        return out;
    }
    void forget()
    {
        shown = records.size();
    }
    uint64_t word(uint64_t pa) const
    {
        const auto at = memory.find(pa);

        return at == memory.end() ? 0 : at->second;
    }

  private:
    uint64_t next_page = 0x10000000;

    static void tell_value(const char *name, uint64_t value, Lines &out)
    {
        char digits[32];

        snprintf(digits, sizeof(digits), "=%" PRIx64, value);
        out.emplace_back(std::string(name) + digits);
    }

    void tell_store(const sim_rec_store &store, Lines &out)
    {
        const std::string chunk = store.width == 16 ? "+" : "";
        char text[80];

        switch (store.structure) {
        case SIM_S_QI:
            if (store.value || store.value_hi)
                tell_descriptor(store, out);
            return;
        case SIM_S_QUEUE:
            return;
        case SIM_S_CTX:
            snprintf(text, sizeof(text), "ctx%u%s", unsigned(store.pa % 16 / 8), chunk.c_str());
            break;
        case SIM_S_PASID:
            snprintf(text, sizeof(text), "pasid%u%s", unsigned(store.pa % 64 / 8), chunk.c_str());
            break;
        case SIM_S_ROOT:
            snprintf(text, sizeof(text), "root");
            break;
        case SIM_S_PASID_DIR:
            snprintf(text, sizeof(text), "dir");
            break;
        case SIM_S_PTE_S1:
            snprintf(text, sizeof(text), "pte1");
            break;
        case SIM_S_PTE_S2:
            snprintf(text, sizeof(text), "pte2");
            break;
        default:
            snprintf(text, sizeof(text), "structure%u", store.structure);
        }
        tell_value(text, store.value, out);
        if (store.width == 16) {
            snprintf(text, sizeof(text), "%" PRIx64, store.value_hi);
            out.back() += std::string(",") + text;
        }
    }
    static void tell_descriptor(const sim_rec_store &store, Lines &out)
    {
        char text[80];

        if (store.value == 0x200000025 || store.value == 0x2000000a5) {
            out.emplace_back(store.value == 0x200000025 ? "wait" : "wait+pd");
            return;
        }
        snprintf(text, sizeof(text), "qi %" PRIx64 " %" PRIx64, store.value, store.value_hi);
        out.emplace_back(text);
    }
    void tell(const sim_record &rec, Lines &out)
    {
        char text[80];

        switch (rec.kind) {
        case SIM_R_STORE:
            tell_store(rec.store, out);
            break;
        case SIM_R_MMIO_WRITE:
            snprintf(text, sizeof(text), "w %" PRIx64, rec.mmio.offset);
            if (rec.mmio.offset != 0x88 || rec.mmio.value == 0)
                tell_value(text, rec.mmio.value, out);
            break;
        case SIM_R_WAIT:
            out.emplace_back(rec.wait.cond == SIM_COND_QUEUE ? "ok" : "reg ok");
            break;
        case SIM_R_BARRIER:
            out.emplace_back(rec.barrier.what == SIM_BARRIER_FLUSH ? "clf" : "wmb");
            break;
        case SIM_R_ATS:
            out.emplace_back(std::string("ats ") + (rec.ats.on ? "on" : "off") +
                             (rec.ats.pri ? " pri" : ""));
            break;
        case SIM_R_FREE:
            out.emplace_back("free");
            break;
        case SIM_R_BEGIN:
            out.emplace_back("begin");
            break;
        case SIM_R_END:
            snprintf(text, sizeof(text), rec.mark_end.ret ? "end %d" : "end", rec.mark_end.ret);
            out.emplace_back(text);
            break;
        default:
            break;
        }
    }
    void put(uint64_t pa, uint64_t value, unsigned width)
    {
        const uint64_t mask = width == 8 ? UINT64_MAX : 0xffffffffull << (pa % 8 * 8);
        uint64_t &there = memory[pa - pa % 8];

        there = (there & ~mask) | (width == 8 ? value : value << (pa % 8 * 8) & mask);
    }

    static int record(void *ctx, const sim_record *rec)
    {
        auto *self = static_cast<VtdPort *>(ctx);

        EXPECT_EQ(nullptr, sim_record_check(rec));
        self->records.push_back(*rec);
        if (rec->kind == SIM_R_STORE && rec->store.width == 16) {
            self->put(rec->store.pa, rec->store.value, 8);
            self->put(rec->store.pa + 8, rec->store.value_hi, 8);
        } else if (rec->kind == SIM_R_STORE) {
            self->put(rec->store.pa, rec->store.value, rec->store.width);
        }
        if (rec->kind == SIM_R_WAIT && self->fail_wait_in && --self->fail_wait_in == 0)
            return -ETIMEDOUT;
        return 0;
    }
    static int alloc(void *ctx, uint64_t n_bytes, uint8_t structure, uint64_t *pa)
    {
        auto *self = static_cast<VtdPort *>(ctx);
        sim_record rec;

        if (self->fail_alloc_in && --self->fail_alloc_in == 0)
            return -ENOMEM;
        const uint64_t size = n_bytes < 4096 ? 4096 : n_bytes;

        self->next_page = (self->next_page + size - 1) / size * size;
        *pa = self->next_page;
        self->next_page += size;
        self->live[*pa] = n_bytes;
        self->memory.erase(self->memory.lower_bound(*pa), self->memory.lower_bound(*pa + n_bytes));
        sim_record_init(&rec, SIM_R_MEMORY);
        rec.memory.pa = *pa;
        rec.memory.size = n_bytes;
        rec.memory.structure = structure;
        self->records.push_back(rec);
        return 0;
    }
    static void free(void *ctx, uint64_t pa, uint64_t n_bytes)
    {
        auto *self = static_cast<VtdPort *>(ctx);
        sim_record rec;

        EXPECT_EQ(1u, self->live.count(pa)) << std::hex << pa;
        EXPECT_EQ(n_bytes, self->live[pa]);
        self->live.erase(pa);
        sim_record_init(&rec, SIM_R_FREE);
        rec.memfree.pa = pa;
        rec.memfree.size = n_bytes;
        rec.memfree.structure = SIM_S_PAGES;
        self->records.push_back(rec);
    }
    static uint64_t load(void *ctx, uint64_t pa)
    {
        return static_cast<VtdPort *>(ctx)->word(pa);
    }
    static uint64_t read(void *ctx, uint64_t offset, uint32_t n_bytes)
    {
        auto *self = static_cast<VtdPort *>(ctx);
        const auto at = self->registers.find(offset);
        sim_record rec;

        sim_record_init(&rec, SIM_R_MMIO_READ);
        rec.mmio_read.offset = offset;
        rec.mmio_read.width = static_cast<uint8_t>(n_bytes);
        if (at != self->registers.end())
            rec.mmio_read.value = at->second;
        else if (offset == 0x8)
            rec.mmio_read.value = self->cap;
        else if (offset == 0x10)
            rec.mmio_read.value = self->ecap;
        else if (offset == 0)
            rec.mmio_read.value = 0x40;
        self->records.push_back(rec);
        return rec.mmio_read.value;
    }
};

/* A driver on such a port. */
class VtdDriver
{
  public:
    VtdPort port;
    drv *self = nullptr;
    const drv_ops *ops = nullptr;
    drv_device *device = nullptr;

    explicit VtdDriver(const char *name, uint64_t ecap = kEcapScalable, uint64_t cap = kCap)
    {
        port.cap = cap;
        port.ecap = ecap;
        for (uint32_t i = 0; drv_vtd(i); i++) {
            if (strcmp(drv_vtd(i)->name, name) == 0)
                ops = drv_vtd(i);
        }
        given = port.port();
        EXPECT_EQ(0, ops->create(&given, 0xfed90000, &self));
    }
    ~VtdDriver()
    {
        ops->destroy(self);
    }
    /* Started, with 00:03.0 and nothing attached. */
    void start(uint32_t flags = 0, uint8_t pasid_bits = 20)
    {
        ASSERT_EQ(0, ops->start(self));
        device = add(0x18, flags, pasid_bits);
        port.forget();
    }
    drv_device *add(uint32_t requester, uint32_t flags = 0, uint8_t pasid_bits = 20)
    {
        drv_device_info info = {};
        drv_device *made = nullptr;

        info.dev = n_devices++;
        info.requester = requester;
        info.flags = flags;
        info.pasid_bits = pasid_bits;
        EXPECT_EQ(0, ops->device_add(self, &info, nullptr, &made));
        return made;
    }
    drv_domain *domain(uint8_t kind, uint8_t stage = 0, uint32_t flags = 0)
    {
        drv_domain_spec spec = {};

        spec.kind = kind;
        spec.stage = stage;
        spec.flags = flags;
        return domain(spec);
    }
    drv_domain *domain(drv_domain_spec spec)
    {
        drv_domain *made = nullptr;

        spec.id = next_id++;
        EXPECT_EQ(0, ops->domain_alloc(self, &spec, device, &made));
        return made;
    }
    drv_domain *nested(drv_domain *parent, uint64_t root, uint64_t flags = 0, uint64_t width = 48)
    {
        drv_domain_spec spec = {};

        spec.kind = DRV_NESTED;
        spec.parent = parent;
        spec.guest[0] = root;
        spec.guest[1] = flags;
        spec.guest[2] = width;
        return domain(spec);
    }
    int attach(drv_domain *to, uint32_t pasid = DRV_NO_PASID)
    {
        return ops->attach(self, device, pasid, to);
    }
    int map(drv_domain *to, uint64_t iova, uint64_t pa, uint64_t n, uint8_t prot = SIM_PROT_RW)
    {
        return ops->map(self, to, iova, pa, n, prot);
    }
    uint64_t unmap(drv_domain *from, uint64_t iova, uint64_t n)
    {
        uint64_t n_unmapped = 0;

        EXPECT_EQ(0, ops->unmap(self, from, iova, n, &n_unmapped));
        return n_unmapped;
    }

    uint64_t last_id() const
    {
        return next_id - 1;
    }

  private:
    drv_port given;
    uint32_t n_devices = 0;
    uint64_t next_id = 0x100;
};

} // namespace drv_test

#endif
