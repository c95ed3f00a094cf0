// SPDX-License-Identifier: BSD-2-Clause
// driver_run.cpp - see driver_run.h.
#include "tests/shim/driver_run.h"

#include <cstdlib>

static void check(bool is_good)
{
    if (!is_good)
        abort();
}

static sim_str text(const char *bytes)
{
    return {bytes, static_cast<uint32_t>(std::char_traits<char>::length(bytes))};
}

DriverRun::DriverRun(const char *name, const DriverIds &ids, uint8_t arch)
    : port(ids), ops(drv_find(arch, name))
{
    sim_record rec;

    check(ops != nullptr);
    sim_record_init(&rec, SIM_R_META);
    rec.meta.key = text("barriers");
    rec.meta.value = text("recorded");
    port.put(rec);
    sim_record_init(&rec, SIM_R_IOMMU);
    rec.unit.arch = arch;
    rec.unit.base = 0x2b400000;
    rec.unit.size = 0x20000;
    port.put(rec);
    names_.reserve(64);
    check(ops->create(port.port(), rec.unit.base, &driver) == 0);
    check(ops->start(driver) == 0);
    identity = domain(DRV_IDENTITY);
    blocked = domain(DRV_BLOCKED);
}

DriverRun::~DriverRun()
{
    for (const auto &device : devices_)
        ops->device_remove(driver, const_cast<drv_device *>(device.first));
    for (const auto &domain : ids_)
        ops->domain_free(driver, const_cast<drv_domain *>(domain.first));
    (void)ops->stop(driver);
    ops->destroy(driver);
}

drv_device *DriverRun::device(uint32_t requester, uint32_t flags, uint8_t pasid_bits)
{
    drv_device_info info = {};
    drv_device *device = nullptr;
    sim_record rec;

    info.dev = static_cast<uint32_t>(devices_.size());
    info.requester = requester;
    info.flags = flags;
    info.pasid_bits = pasid_bits;
    names_.push_back("device" + std::to_string(info.dev));
    sim_record_init(&rec, SIM_R_DEVICE);
    rec.device.dev = info.dev;
    rec.device.requester = requester;
    rec.device.name = text(names_.back().c_str());
    port.put(rec);
    check(ops->device_add(driver, &info, identity, &device) == 0);
    devices_[device] = info.dev;
    check(ops->attach(driver, device, DRV_NO_PASID, blocked) == 0);
    skip();
    return device;
}

drv_domain *DriverRun::spec(const drv_domain_spec &spec, int *err)
{
    drv_domain_spec named = spec;
    drv_domain *domain = nullptr;

    named.id = next_id_ += 0x10;
    *err = ops->domain_alloc(driver, &named, nullptr, &domain);
    if (*err)
        return nullptr;
    ids_[domain] = named.id;
    skip();
    return domain;
}

drv_domain *DriverRun::domain(drv_domain_kind kind, uint8_t stage, uint32_t flags)
{
    drv_domain_spec wanted = {};
    int err;

    wanted.kind = static_cast<uint8_t>(kind);
    wanted.stage = stage;
    wanted.flags = flags;
    return spec(wanted, &err);
}

drv_domain *DriverRun::nested(drv_domain *parent, uint64_t word0, uint64_t word1)
{
    drv_domain_spec wanted = {};
    int err;

    wanted.kind = DRV_NESTED;
    wanted.parent = parent;
    wanted.guest[0] = word0;
    wanted.guest[1] = word1;
    return spec(wanted, &err);
}

void DriverRun::destroy(drv_domain *domain)
{
    const uint64_t id = id_of(domain);

    port.mark(SIM_R_BEGIN, SIM_OP_FREE, id);
    ops->domain_free(driver, domain);
    ids_.erase(domain);
    port.mark(SIM_R_END, SIM_OP_FREE, id);
}

int DriverRun::map(drv_domain *domain, uint64_t iova, uint64_t pa, uint64_t n_bytes)
{
    const uint64_t id = id_of(domain);
    sim_record rec;
    int err;

    port.mark(SIM_R_BEGIN, SIM_OP_MAP, id, iova, n_bytes);
    err = ops->map(driver, domain, iova, pa, n_bytes, SIM_PROT_RWX);
    if (!err) {
        sim_record_init(&rec, SIM_R_MAP);
        rec.map.domain = id;
        rec.map.iova = iova;
        rec.map.pa = pa;
        rec.map.size = n_bytes;
        rec.map.prot = SIM_PROT_RWX;
        rec.flags = SIM_RF_PROT;
        port.put(rec);
    }
    port.mark(SIM_R_END, SIM_OP_MAP, id, iova, n_bytes);
    return err;
}

uint64_t DriverRun::unmap(drv_domain *domain, uint64_t iova, uint64_t n_bytes)
{
    const uint64_t id = id_of(domain);
    uint64_t n_unmapped = 0;
    sim_record rec;

    port.mark(SIM_R_BEGIN, SIM_OP_UNMAP, id, iova, n_bytes);
    (void)ops->unmap(driver, domain, iova, n_bytes, &n_unmapped);
    sim_record_init(&rec, SIM_R_UNMAP);
    rec.unmap.domain = id;
    rec.unmap.iova = iova;
    rec.unmap.size = n_bytes;
    rec.unmap.unmapped = n_unmapped;
    port.put(rec);
    port.mark(SIM_R_END, SIM_OP_UNMAP, id, iova, n_bytes);
    return n_unmapped;
}

int DriverRun::attach(drv_device *device, drv_domain *domain, uint32_t pasid)
{
    return ops->attach(driver, device, pasid, domain);
}

void DriverRun::open(uint8_t op, drv_device *device)
{
    port.mark(SIM_R_BEGIN, op, 0, 0, 0, devices_.at(device));
}

void DriverRun::close(uint8_t op, drv_device *device)
{
    port.mark(SIM_R_END, op, 0, 0, 0, devices_.at(device));
}

// The mark of a group that is detached names what it leaves.
int DriverRun::group(uint8_t op, drv_device *device, drv_domain *domain)
{
    const uint8_t of_group = static_cast<uint8_t>(op - SIM_OP_ATTACH + SIM_OP_GROUP_ATTACH);
    const uint64_t id = op == SIM_OP_DETACH ? at_.at(device) : id_of(domain);
    int err;

    port.mark(SIM_R_BEGIN, of_group, id);
    err = ops->attach(driver, device, DRV_NO_PASID, domain);
    port.mark(SIM_R_END, of_group, id);
    at_[device] = id_of(domain);
    return err;
}

int DriverRun::attach_as(uint8_t op, drv_device *device, drv_domain *domain)
{
    int err;

    open(op, device);
    err = group(op, device, domain);
    close(op, device);
    return err;
}

int DriverRun::pasid_as(uint8_t op, drv_device *device, uint32_t pasid, drv_domain *domain)
{
    const uint32_t dev = devices_.at(device);
    int err;

    port.mark(SIM_R_BEGIN, op, id_of(domain), 0, 0, dev, pasid);
    err = ops->attach(driver, device, pasid, op == SIM_OP_REMOVE_PASID ? blocked : domain);
    port.mark(SIM_R_END, op, id_of(domain), 0, 0, dev, pasid);
    return err;
}

std::string DriverRun::steps()
{
    const std::string done = driver_steps(port.records, seen_);

    skip();
    return done;
}
