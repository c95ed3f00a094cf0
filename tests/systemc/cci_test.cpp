// SPDX-License-Identifier: BSD-2-Clause
// cci_test.cpp - parameters of a configuration under Accellera CCI: presets of the broker arrive,
// what is outside its limits is refused, nothing changes afterwards. Built where CCI is.
#include "include/iommusim/systemc_cci.h"

#include <cci/utils/broker.h>
#include <cstdio>
#include <map>

static int n_failed;

static void expect(bool is_good, const char *what)
{
    if (!is_good) {
        std::fprintf(stderr, "cci_test: not so: %s\n", what);
        n_failed++;
    }
}
#define EXPECT(x) expect((x), #x)

int sc_main(int, char *[])
{
    cci_utils::broker all("broker");
    cci::cci_register_broker(all);
    cci::cci_broker_handle broker = cci::cci_get_global_broker(cci::cci_originator("test"));
    iommusim_config *config = iommusim_config_new(IOMMUSIM_SMMUV3);
    std::map<std::string, uint32_t> values;
    iommusim_parameter p;

    sc_core::sc_report_handler::set_actions(sc_core::SC_ERROR, sc_core::SC_DO_NOTHING);
    broker.set_preset_cci_value("unit.smmu.tlb_entries", cci::cci_value(64u));
    broker.set_preset_cci_value("unit.smmu.utlb_cycles",
                                cci::cci_value(20000u)); /* 10000 at most */
    iommusim_config_set(config, "mem.latency_ns", "460");
    {
        iommusim_tlm::cci_parameters unit("unit", config);
        cci::cci_param_handle tlb = broker.get_param_handle("unit.smmu.tlb_entries");
        cci::cci_param_handle latency = broker.get_param_handle("unit.mem.latency_ns");

        EXPECT(tlb.is_valid() && tlb.get_cci_value().get_uint() == 64);
        EXPECT(latency.is_valid() && latency.get_cci_value().get_uint() == 460);
        EXPECT(!broker.get_param_handle("unit.vtd.tlb_entries").is_valid());
        EXPECT(sc_core::sc_report_handler::get_count(sc_core::SC_ERROR) == 1);
        tlb.set_cci_value(cci::cci_value(32u));
        EXPECT(tlb.get_cci_value().get_uint() == 64);
    }
    for (uint32_t i = 0; !iommusim_config_parameter(config, i, &p); i++)
        values[p.name] = p.value;
    EXPECT(values["smmu.tlb_entries"] == 64);
    EXPECT(values["smmu.utlb_cycles"] == 2); /* mmu600's */
    EXPECT(values["mem.latency_ns"] == 460);
    iommusim_config_free(config);
    return n_failed != 0;
}
