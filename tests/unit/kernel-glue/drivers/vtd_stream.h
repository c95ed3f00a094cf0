/* SPDX-License-Identifier: BSD-2-Clause
 * vtd_stream.h - whole streams of the VT-d drivers, as an object layer makes them: units, devices,
 * marks around what the driver does; and what the explorer and the rules say of them.
 * Knows: the explorer, the rules. Must not know: drivers inside. */
#ifndef VTD_STREAM_H
#define VTD_STREAM_H

#include "check/chk_order.h"
#include "check/explore.h"
#include "cli/arch_vtd.h"
#include "tests/unit/kernel-glue/drivers/vtd_port.h"

namespace drv_test
{

class VtdStream : public VtdDriver
{
  public:
    explicit VtdStream(const char *name, uint64_t ecap = kEcapScalable, uint64_t cap = kCap)
        : VtdDriver(name, ecap, cap)
    {
        sim_record r = blank(SIM_R_META);

        r.meta.key = {"barriers", 8};
        r.meta.value = {"recorded", 8};
        port.records.push_back(r);
        r = blank(SIM_R_IOMMU);
        r.unit.base = 0xfed90000;
        r.unit.size = 0x1000;
        r.unit.arch = SIM_ARCH_VTD;
        port.records.push_back(r);
    }
    /* The unit on, and device 0, 00:03.0. */
    void begin(uint32_t flags = 0, uint8_t pasid_bits = 20)
    {
        name_device(0, 0x18);
        start(flags, pasid_bits);
    }
    void name_device(uint32_t dev, uint32_t requester)
    {
        sim_record r = blank(SIM_R_DEVICE);

        r.device.dev = dev;
        r.device.name = {"d", 1};
        r.device.requester = requester;
        port.records.push_back(r);
    }
    /* A domain with a page of its own at 1 MiB. */
    drv_domain *mapped(uint64_t pa, uint8_t stage = 0, uint32_t flags = 0)
    {
        drv_domain *made = domain(DRV_PAGING, stage, flags);

        EXPECT_EQ(0, map_marked(made, 0x100000, pa, 0x4000));
        return made;
    }
    uint64_t id_of(drv_domain *of)
    {
        return ids[of];
    }
    drv_domain *domain(uint8_t kind, uint8_t stage = 0, uint32_t flags = 0)
    {
        return note(VtdDriver::domain(kind, stage, flags));
    }
    drv_domain *domain(const drv_domain_spec &spec)
    {
        return note(VtdDriver::domain(spec));
    }
    drv_domain *nested(drv_domain *parent, uint64_t root)
    {
        return note(VtdDriver::nested(parent, root));
    }
    int map_marked(drv_domain *to, uint64_t iova, uint64_t pa, uint64_t n)
    {
        mark(SIM_R_BEGIN, SIM_OP_MAP, to, iova, n, 0);
        const int err = map(to, iova, pa, n);
        sim_record r = blank(SIM_R_MAP);

        r.flags = SIM_RF_PROT;
        r.map.domain = id_of(to);
        r.map.iova = iova;
        r.map.pa = pa;
        r.map.size = n;
        r.map.prot = SIM_PROT_RW;
        port.records.push_back(r);
        mark(SIM_R_END, SIM_OP_MAP, to, iova, n, err);
        return err;
    }
    void unmap_marked(drv_domain *from, uint64_t iova, uint64_t n)
    {
        mark(SIM_R_BEGIN, SIM_OP_UNMAP, from, iova, n, 0);
        const uint64_t gone = unmap(from, iova, n);
        sim_record r = blank(SIM_R_UNMAP);

        r.unmap.domain = id_of(from);
        r.unmap.iova = iova;
        r.unmap.size = n;
        r.unmap.unmapped = gone;
        port.records.push_back(r);
        mark(SIM_R_END, SIM_OP_UNMAP, from, iova, n, 0);
    }
    int attach_marked(drv_domain *to, uint32_t pasid = DRV_NO_PASID, unsigned op = SIM_OP_REPLACE)
    {
        device_mark(SIM_R_BEGIN, op, to, pasid, 0);
        const int err = attach(to, pasid);

        device_mark(SIM_R_END, op, to, pasid, err);
        return err;
    }

    const xpl_report &explore()
    {
        static const chk_arch *const archs[] = {&arch_vtd};
        xpl_params params;

        xpl_defaults(&params);
        explorer.reset(xpl_new(&params, archs, 1, nullptr, 0));
        for (const sim_record &r : port.records)
            EXPECT_EQ(0, xpl_put(explorer.get(), &r));
        EXPECT_EQ(0, xpl_finish(explorer.get()));
        return *xpl_get_report(explorer.get());
    }
    /* Class of the last operation, which must be conclusive. */
    chk_class last()
    {
        const xpl_report &report = explore();
        const xpl_op &op = report.ops[report.n_ops - 1];

        EXPECT_FALSE(op.inconclusive) << op.why;
        return op.worst[XPL_ARCHITECTURE];
    }
    /* Rules that the stream breaks, each once. */
    std::vector<std::string> broken_rules(std::string *text = nullptr)
    {
        chk_order *order = chk_order_new();
        std::vector<std::string> ids;

        for (const sim_record &r : port.records)
            EXPECT_EQ(0, chk_order_put(order, &r));
        EXPECT_EQ(0, chk_order_finish(order));
        const chk_order_report *report = chk_order_get_report(order);
        for (unsigned i = 0; i < CHK_N_RULES; i++) {
            if (report->count[i])
                ids.push_back(chk_rules[i].id);
        }
        for (size_t i = 0; text && i < report->n_hits; i++)
            *text += std::string(chk_rules[report->hits[i].rule].id) + ": " + report->hits[i].text +
                     "\n";
        chk_order_free(order);
        return ids;
    }

  private:
    struct Free {
        void operator()(struct xpl *x) const
        {
            xpl_free(x);
        }
    };

    static sim_record blank(unsigned kind)
    {
        sim_record r;

        sim_record_init(&r, static_cast<sim_record_kind>(kind));
        return r;
    }
    drv_domain *note(drv_domain *made)
    {
        ids[made] = last_id();
        return made;
    }
    void mark(unsigned kind, unsigned op, drv_domain *of, uint64_t a, uint64_t b, int ret)
    {
        sim_record r = blank(kind);

        r.mark.op = static_cast<uint8_t>(op);
        r.mark.domain = id_of(of);
        r.mark.a = a;
        r.mark.b = b;
        r.mark.ret = ret;
        port.records.push_back(r);
    }
    void device_mark(unsigned kind, unsigned op, drv_domain *of, uint32_t pasid, int ret)
    {
        sim_record r = blank(kind);

        r.mark.op = static_cast<uint8_t>(op);
        r.mark.dev = 0;
        if (pasid != DRV_NO_PASID) {
            r.mark.pasid = pasid;
            r.mark.domain = id_of(of);
        }
        r.mark.ret = ret;
        port.records.push_back(r);
    }

    std::map<drv_domain *, uint64_t> ids;
    std::unique_ptr<struct xpl, Free> explorer;
};

} // namespace drv_test

#endif
