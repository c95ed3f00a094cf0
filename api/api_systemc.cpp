// SPDX-License-Identifier: BSD-2-Clause
// api_systemc.cpp - SMMUv3 and VT-d as SystemC modules: models and configurations for the front.
// Knows: both models, the library's configuration. Must not know: sockets.
#include "api/api_private.h"
#include "include/iommusim/systemc.h"
#include "sim/systemc/maker.h"

namespace iommusim_tlm
{

namespace
{

constexpr uint64_t kSmmuBytes = 0x20000, kVtdBytes = 0x1000;

int make_smmu(const void *config, unsigned number, sim_queue *queue, const sim_port *port,
              const sim_tap *tap, sim_iommu *out)
{
    smmu_config smmu = api_smmu(static_cast<const iommusim_config *>(config));

    smmu.iommu = number;
    smmu.source_port = static_cast<uint16_t>(number * SMMU_SOURCE_PORTS);
    return smmu_new(&smmu, queue, port, tap, out);
}

int make_vtd(const void *config, unsigned number, sim_queue *queue, const sim_port *port,
             const sim_tap *tap, sim_iommu *out)
{
    vtd_config vtd = api_vtd(static_cast<const iommusim_config *>(config));

    vtd.iommu = number;
    vtd.source_port = static_cast<uint16_t>(number * VTD_SOURCE_PORTS);
    return vtd_new(&vtd, queue, port, tap, out);
}

int state_of_smmu(const void *, void *model, sim_snapshot *snapshot)
{
    return smmu_state(model, snapshot);
}

int state_of_vtd(const void *, void *model, sim_snapshot *snapshot)
{
    return vtd_state(model, snapshot);
}

void count_smmu(void *model, uint64_t *n_tlb_hits, uint64_t *n_walks)
{
    const smmu_stats *stats = smmu_get_stats(model);

    *n_tlb_hits = stats->n_utlb_hits + stats->n_tbu_hits + stats->n_tlb_hits;
    *n_walks = stats->n_walks;
}

void count_vtd(void *model, uint64_t *n_tlb_hits, uint64_t *n_walks)
{
    const vtd_stats *stats = vtd_get_stats(model);

    *n_tlb_hits = stats->n_tlb_hits;
    *n_walks = stats->n_walks;
}

maker maker_of(const iommusim_config *config, iommusim_arch arch)
{
    if (!config || config->arch != arch)
        SC_REPORT_FATAL("iommusim", "the configuration is of another architecture");
    if (arch == IOMMUSIM_VTD)
        return {make_vtd, state_of_vtd, count_vtd, config, kVtdBytes, nullptr, nullptr};
    return {make_smmu, state_of_smmu, count_smmu, config, kSmmuBytes, nullptr, nullptr};
}

} // namespace

smmuv3::smmuv3(const sc_core::sc_module_name &name, const iommusim_config *config,
               unsigned n_upstream, event_core *core)
    : iommu(name, n_upstream, core, maker_of(config, IOMMUSIM_SMMUV3))
{
    lt_hit =
        event_core::time_of(uint64_t{config->smmu.param.clock_ps} * config->smmu.param.utlb_cycles);
}

vtd::vtd(const sc_core::sc_module_name &name, const iommusim_config *config, unsigned n_upstream,
         event_core *core)
    : iommu(name, n_upstream, core, maker_of(config, IOMMUSIM_VTD))
{
    lt_hit =
        event_core::time_of(uint64_t{config->vtd.param.clock_ps} * config->vtd.param.tlb_cycles);
}

} // namespace iommusim_tlm
