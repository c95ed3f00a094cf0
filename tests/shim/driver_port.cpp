// SPDX-License-Identifier: BSD-2-Clause
// driver_port.cpp - see driver_port.h.
#include "tests/shim/driver_port.h"

#include "models/smmuv3/smmu_layout.h"

#include <cerrno>

namespace
{

constexpr uint64_t memory_base = 0x40000000;

} // namespace

DriverPort::DriverPort(const DriverIds &ids)
{
    port_ = {this, record, alloc, release, load, read};
    registers_[SMMU_REG_IDR0] = ids.idr0;
    registers_[SMMU_REG_IDR1] = ids.idr1;
    registers_[SMMU_REG_IDR3] = ids.idr3;
    registers_[SMMU_REG_IDR5] = ids.idr5;
}

uint64_t DriverPort::load(uint64_t pa) const
{
    const auto at = memory_.find(pa);

    return at == memory_.end() ? 0 : at->second;
}

void DriverPort::put(const sim_record &rec)
{
    records.push_back(rec);
    records.back().time_ns = records.size();
}

int DriverPort::record(void *ctx, const sim_record *rec)
{
    DriverPort *self = static_cast<DriverPort *>(ctx);

    if (rec->kind == SIM_R_STORE) {
        self->memory_[rec->store.pa] = rec->store.value;
        if (rec->store.width == 16)
            self->memory_[rec->store.pa + 8] = rec->store.value_hi;
    }
    if (rec->kind == SIM_R_MMIO_WRITE)
        self->registers_[rec->mmio.offset] = rec->mmio.value;
    self->put(*rec);
    if (rec->kind == SIM_R_WAIT && self->wait_fails_ && --self->wait_fails_ == 0) {
        self->records.back().wait.ret = -ETIMEDOUT;
        return -ETIMEDOUT;
    }
    return 0;
}

// The lowest place that fits, so that freed memory comes back soon.
int DriverPort::alloc(void *ctx, uint64_t n_bytes, uint8_t structure, uint64_t *pa)
{
    DriverPort *self = static_cast<DriverPort *>(ctx);
    uint64_t size = 4096, at = memory_base;
    sim_record rec;

    if (self->alloc_fails_ && --self->alloc_fails_ == 0)
        return -ENOMEM;
    while (size < n_bytes)
        size *= 2;
    for (bool is_free = false; !is_free;) {
        is_free = true;
        for (const auto &piece : self->live_) {
            if (at < piece.first + piece.second.first && piece.first < at + size) {
                at = (piece.first + piece.second.first + size - 1) / size * size;
                is_free = false;
            }
        }
    }
    self->live_[at] = {size, structure};
    self->memory_.erase(self->memory_.lower_bound(at), self->memory_.lower_bound(at + size));
    *pa = at;
    sim_record_init(&rec, SIM_R_MEMORY);
    rec.memory.pa = at;
    rec.memory.size = n_bytes;
    rec.memory.structure = structure;
    self->put(rec);
    return 0;
}

void DriverPort::release(void *ctx, uint64_t pa, uint64_t n_bytes)
{
    DriverPort *self = static_cast<DriverPort *>(ctx);
    sim_record rec;

    sim_record_init(&rec, SIM_R_FREE);
    rec.memfree.pa = pa;
    rec.memfree.size = n_bytes;
    rec.memfree.structure = self->live_.at(pa).second;
    self->live_.erase(pa);
    self->put(rec);
}

uint64_t DriverPort::load(void *ctx, uint64_t pa)
{
    return static_cast<const DriverPort *>(ctx)->load(pa);
}

uint64_t DriverPort::read(void *ctx, uint64_t offset, uint32_t n_bytes)
{
    DriverPort *self = static_cast<DriverPort *>(ctx);
    sim_record rec;

    sim_record_init(&rec, SIM_R_MMIO_READ);
    rec.mmio_read.offset = offset;
    rec.mmio_read.value = self->registers_[offset];
    rec.mmio_read.width = static_cast<uint8_t>(n_bytes);
    self->put(rec);
    return rec.mmio_read.value;
}

void DriverPort::mark(sim_record_kind kind, uint8_t op, uint64_t domain, uint64_t a, uint64_t b,
                      uint32_t dev, uint32_t pasid)
{
    sim_record rec;

    sim_record_init(&rec, kind);
    rec.mark.op = op; // an END has the same members at the same places
    if (kind == SIM_R_END) {
        rec.mark_end.op = op;
        rec.mark_end.domain = domain;
        rec.mark_end.a = a;
        rec.mark_end.b = b;
        rec.mark_end.dev = dev;
        rec.mark_end.pasid = pasid;
    } else {
        rec.mark.domain = domain;
        rec.mark.a = a;
        rec.mark.b = b;
        rec.mark.dev = dev;
        rec.mark.pasid = pasid;
    }
    put(rec);
}

static std::string words_of_store(const sim_rec_store &store)
{
    const std::string word = ".q" + std::to_string(store.pa / 8 % 8);
    const std::string pair = store.width == 16 ? "+" : "";

    switch (store.structure) {
    case SIM_S_STE:
        return "STE" + word + pair;
    case SIM_S_CD:
        return "CD" + word + pair;
    case SIM_S_L1STD:
        return "L1STD";
    case SIM_S_L1CD:
        return "L1CD";
    case SIM_S_CMD: {
        const uint64_t cmd[2] = {store.value, store.value_hi};
        const uint64_t op = smmu_UNKNOWN_CMD_op(cmd);

        return op == SMMU_CMD_SYNC ? "S" : smmu_cmd_name(op);
    }
    default:
        return "";
    }
}

std::string driver_steps(const std::vector<sim_record> &records, size_t first)
{
    std::string steps;

    for (size_t i = first; i < records.size(); i++) {
        std::string word;

        if (records[i].kind == SIM_R_STORE)
            word = words_of_store(records[i].store);
        if (records[i].kind == SIM_R_ATS)
            word = records[i].ats.on == SIM_ONOFF_ON ? "ats+" : "ats-";
        if (!word.empty())
            steps += (steps.empty() ? "" : " ") + word;
    }
    return steps;
}

uint32_t driver_syncs(const std::vector<sim_record> &records, size_t first)
{
    uint32_t n = 0;

    for (size_t i = first; i < records.size(); i++)
        n += records[i].kind == SIM_R_STORE && words_of_store(records[i].store) == "S";
    return n;
}
