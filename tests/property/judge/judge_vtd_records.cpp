// SPDX-License-Identifier: BSD-2-Clause
// judge_vtd_records.cpp - see judge_vtd_records.h.
#include "tests/property/judge/judge_vtd_records.h"

namespace judge::vtd
{

namespace
{

constexpr uint64_t kCap = 0x11d2078c606f0666, kEcap = 0x0433ef9ea4f050df, kCachingMode = 1 << 7;

} // namespace

sim_record &Records::add(unsigned kind)
{
    sim_record rec = {};

    rec.kind = uint8_t(kind);
    rec.cpu = uint16_t(cpu_);
    records_.push_back(rec);
    return records_.back();
}

void Records::store(uint64_t pa, uint64_t value, unsigned structure)
{
    sim_record &rec = add(SIM_R_STORE);

    rec.store.structure = uint8_t(structure);
    rec.store.pa = pa;
    rec.store.value = value;
    rec.store.width = 8;
}

void Records::reg(uint64_t offset, uint64_t value, uint8_t width)
{
    sim_record &rec = add(SIM_R_MMIO_WRITE);

    rec.mmio.offset = offset;
    rec.mmio.value = value;
    rec.mmio.width = width;
}

void Records::id(uint64_t offset, uint64_t value)
{
    sim_record &rec = add(SIM_R_MMIO_READ);

    rec.mmio_read.offset = offset;
    rec.mmio_read.value = value;
    rec.mmio_read.width = 8;
}

void Records::memory(uint64_t pa, uint64_t size)
{
    sim_record &rec = add(SIM_R_MEMORY);

    rec.memory.structure = SIM_S_PAGES;
    rec.memory.pa = pa;
    rec.memory.size = size;
}

void Records::descriptor(uint64_t low, uint64_t high)
{
    const unsigned n_halves = is_scalable_ ? 2 : 1;

    for (unsigned i = 0; i < n_halves; i++) {
        sim_record &rec = add(SIM_R_STORE);
        rec.store.structure = SIM_S_QI;
        rec.store.pa = kQueue + uint64_t{n_slots_} * 16 * n_halves + 16 * i;
        rec.store.value = i ? 0 : low;
        rec.store.value_hi = i ? 0 : high;
        rec.store.width = 16;
    }
    n_slots_++;
}

void Records::ring()
{
    reg(0x88, uint64_t{n_slots_} * (is_scalable_ ? 32 : 16), 4);
}

void Records::wait()
{
    const uint64_t status = kStatus + 8 * uint64_t{++n_status_};

    descriptor(UINT64_C(0x200000025) | (random_.is(10) ? 0x40 : 0), status);
    if (random_.is(95))
        ring();
    sim_record &rec = add(SIM_R_WAIT);
    rec.wait.cond = SIM_COND_MEM;
    rec.wait.addr = status;
    rec.wait.mask = 0xffffffff;
    rec.wait.value = 2;
}

void Records::set_up_unit()
{
    add(SIM_R_META).meta = {{"barriers", 8}, {"recorded", 8}};
    sim_record &unit = add(SIM_R_IOMMU);
    unit.unit.arch = SIM_ARCH_VTD;
    unit.unit.base = 0xfed90000;
    unit.unit.size = 0x1000;
    id(0x0, 0x50);
    id(0x8, kCap | (is_caching_ ? kCachingMode : 0));
    id(0x10, kEcap);
    memory(kRoot, 0x40000);
    memory(kDirectory, 0x200000);
    for (unsigned dev = 0; dev < kDevices; dev++) {
        sim_record &rec = add(SIM_R_DEVICE);
        rec.device.dev = dev;
        rec.device.name = {"device", 6};
        rec.device.requester = kSids[dev];
    }
    store(kRoot, kContexts | 1, SIM_S_ROOT);
    for (unsigned dev = 0; dev < kDevices && is_scalable_; dev++) {
        const uint64_t at = dev * kPerDevice;
        store(kDirectory + at, (kPasids + at) | 1, SIM_S_PASID_DIR);
        store(kContexts + kSids[dev] * 32, (kDirectory + at) | (has_ats_ ? 0xd : 9), SIM_S_CTX);
    }
    reg(0x88, 0, 8);
    reg(0x90, kQueue | (is_scalable_ ? 0x800 : 0), 8);
    reg(0x18, 1u << 26, 4);
    reg(0x20, kRoot | (is_scalable_ ? 0x400 : 0), 8);
    reg(0x18, 1u << 26 | 1u << 30, 4);
}

void Records::switch_on()
{
    add(SIM_R_BARRIER).barrier.what = SIM_BARRIER_WRITE;
    reg(0x18, 1u << 31 | 1u << 26, 4);
    for (unsigned dev = 0; dev < kDevices && has_ats_; dev++) {
        sim_record &rec = add(SIM_R_ATS);
        rec.ats.dev = dev;
        rec.ats.on = random_.is(70);
    }
}

} // namespace judge::vtd
