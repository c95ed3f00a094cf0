/* SPDX-License-Identifier: BSD-2-Clause
 * vtd_follow.h - a driver does what a recorded stream says that a kernel was asked to do.
 * Knows: marks, devices, maps of the stream. Must not know: what the kernel did then.
 *
 * Of the stream only requests are taken: units and their capabilities, devices, BEGIN and END, MAP,
 * UNMAP, and that a domain's tables were given back. All else is the driver's. */
#ifndef VTD_FOLLOW_H
#define VTD_FOLLOW_H

#include "tests/unit/kernel-glue/drivers/vtd_port.h"

#include <set>

namespace drv_test
{

class Follower
{
  public:
    VtdPort port;

    Follower(const char *name, std::vector<sim_record> of) : stream(std::move(of))
    {
        for (uint32_t i = 0; drv_vtd(i); i++) {
            if (strcmp(drv_vtd(i)->name, name) == 0)
                ops = drv_vtd(i);
        }
        look_ahead();
        given = port.port();
        EXPECT_EQ(0, ops->create(&given, 0xfed90000, &self));
    }
    ~Follower()
    {
        ops->destroy(self);
    }
    Follower(const Follower &) = delete;
    Follower &operator=(const Follower &) = delete;

    /* Records of the driver, with the marks of the stream around them. */
    const std::vector<sim_record> &run()
    {
        for (const sim_record &rec : stream)
            follow(rec);
        return port.records;
    }

  private:
    std::vector<sim_record> stream;
    const drv_ops *ops = nullptr;
    drv *self = nullptr;
    drv_port given = {};
    std::map<uint32_t, drv_device *> devices;
    std::set<uint32_t> with_ats;
    std::map<uint64_t, drv_domain *> domains;
    uint64_t last_unmap = 0;
    unsigned maps_open = 0;
    bool is_started = false, was_writable = false;

    void look_ahead()
    {
        for (const sim_record &rec : stream) {
            if (rec.kind == SIM_R_MMIO_READ && rec.mmio_read.offset == 0x8)
                port.cap = rec.mmio_read.value;
            else if (rec.kind == SIM_R_MMIO_READ && rec.mmio_read.offset == 0x10)
                port.ecap = rec.mmio_read.value;
            else if (rec.kind == SIM_R_ATS)
                with_ats.insert(rec.ats.dev);
        }
    }
    void copy(const sim_record &rec)
    {
        port.records.push_back(rec);
    }
    void add(const sim_rec_device &device)
    {
        drv_device_info info = {};
        drv_device *made = nullptr;

        if (!is_started) {
            EXPECT_EQ(0, ops->start(self));
        }
        is_started = true;
        info.dev = device.dev;
        info.requester = device.requester;
        info.flags = with_ats.count(device.dev) ? DRV_ATS : 0;
        EXPECT_EQ(0, ops->device_add(self, &info, nullptr, &made));
        devices[device.dev] = made;
    }
    drv_domain *domain(uint64_t id, uint64_t type)
    {
        drv_domain_spec spec = {};

        if (domains.count(id))
            return domains[id];
        spec.kind = type & 1 ? DRV_PAGING : type == 4 ? DRV_IDENTITY : DRV_BLOCKED;
        spec.stage = type & 1 ? 2 : 0;
        spec.id = id;
        EXPECT_EQ(0, ops->domain_alloc(self, &spec, nullptr, &domains[id]));
        return domains[id];
    }
    void begin(const sim_record &rec)
    {
        if (rec.mark.op == SIM_OP_DRV_ATTACH) {
            EXPECT_EQ(0, ops->attach(self, devices[rec.mark.dev], DRV_NO_PASID,
                                     domain(rec.mark.domain, rec.mark.a)));
            return;
        }
        maps_open += rec.mark.op == SIM_OP_MAP || rec.mark.op == SIM_OP_UNMAP;
        copy(rec);
    }
    void end(const sim_record &rec)
    {
        if (rec.mark_end.op == SIM_OP_DRV_ATTACH)
            return;
        maps_open -= rec.mark_end.op == SIM_OP_MAP || rec.mark_end.op == SIM_OP_UNMAP;
        copy(rec);
    }
    /* Where the record has no permissions, the kernel's last entry before it has them. */
    void map(const sim_record &rec)
    {
        uint8_t prot = was_writable ? 3 : 1;

        if (rec.flags & SIM_RF_PROT)
            prot = rec.map.prot;
        EXPECT_EQ(0, ops->map(self, domain(rec.map.domain, 1), rec.map.iova, rec.map.pa,
                              rec.map.size, prot));
        copy(rec);
    }
    void unmap(const sim_record &rec)
    {
        uint64_t n_unmapped = 0;

        last_unmap = rec.unmap.domain;
        EXPECT_EQ(0, ops->unmap(self, domain(rec.unmap.domain, 1), rec.unmap.iova, rec.unmap.size,
                                &n_unmapped));
        EXPECT_EQ(rec.unmap.unmapped, n_unmapped);
        copy(rec);
    }
    /* Pages that go outside of a map or unmap are those of the domain that was unmapped last. */
    void freed()
    {
        const auto at = domains.find(last_unmap);

        if (maps_open || at == domains.end())
            return;
        ops->domain_free(self, at->second);
        domains.erase(at);
    }
    void follow(const sim_record &rec)
    {
        switch (rec.kind) {
        case SIM_R_META:
        case SIM_R_IOMMU:
            copy(rec);
            break;
        case SIM_R_DEVICE:
            copy(rec);
            add(rec.device);
            break;
        case SIM_R_BEGIN:
            begin(rec);
            break;
        case SIM_R_END:
            end(rec);
            break;
        case SIM_R_MAP:
            map(rec);
            break;
        case SIM_R_STORE:
            was_writable = rec.store.value & 2;
            break;
        case SIM_R_UNMAP:
            unmap(rec);
            break;
        case SIM_R_FREE:
            freed();
            break;
        default:
            break;
        }
    }
};

} // namespace drv_test

#endif
