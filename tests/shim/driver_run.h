// SPDX-License-Identifier: BSD-2-Clause
// driver_run.h - a driver, a device or two, and the marks that the object layer would put around
// what they do: streams of a driver without objects.
#ifndef DRIVER_RUN_H
#define DRIVER_RUN_H

#include "tests/shim/driver_port.h"

class DriverRun
{
  public:
    explicit DriverRun(const char *name, const DriverIds &ids = DriverIds(),
                       uint8_t arch = SIM_ARCH_SMMUV3);
    ~DriverRun();
    DriverRun(const DriverRun &) = delete;
    DriverRun &operator=(const DriverRun &) = delete;

    // A device as a kernel finds it (identity), then as user space takes it (blocked).
    drv_device *device(uint32_t requester, uint32_t flags = 0, uint8_t pasid_bits = 0);
    drv_domain *domain(drv_domain_kind kind, uint8_t stage = 0, uint32_t flags = 0);
    drv_domain *nested(drv_domain *parent, uint64_t word0, uint64_t word1);
    drv_domain *spec(const drv_domain_spec &spec, int *err);
    void destroy(drv_domain *domain); // with marks

    int map(drv_domain *domain, uint64_t iova, uint64_t pa, uint64_t n_bytes);
    uint64_t unmap(drv_domain *domain, uint64_t iova, uint64_t n_bytes);
    int attach(drv_device *device, drv_domain *domain, uint32_t pasid = DRV_NO_PASID);
    // Inside an operation as iommufd has it: attach, replace or detach.
    int attach_as(uint8_t op, drv_device *device, drv_domain *domain);
    // The same in parts, with what else belongs to the operation between them.
    void open(uint8_t op, drv_device *device);
    int group(uint8_t op, drv_device *device, drv_domain *domain);
    void close(uint8_t op, drv_device *device);
    int pasid_as(uint8_t op, drv_device *device, uint32_t pasid, drv_domain *domain);

    // What was done since the last call, in words, and how many CMD_SYNCs it had.
    std::string steps();
    uint32_t syncs() const
    {
        return driver_syncs(port.records, seen_);
    }
    void skip()
    {
        seen_ = port.records.size();
    }
    size_t seen() const
    {
        return seen_;
    }

    DriverPort port;
    const drv_ops *ops;
    drv *driver = nullptr;
    drv_domain *identity, *blocked;

  private:
    uint64_t id_of(const drv_domain *domain) const
    {
        return ids_.at(domain);
    }

    std::map<const drv_domain *, uint64_t> ids_;
    std::map<const drv_device *, uint32_t> devices_;
    std::map<const drv_device *, uint64_t> at_; // the domain that it was given last
    std::vector<std::string> names_;
    uint64_t next_id_ = 0x1000;
    size_t seen_ = 0;
};

#endif
