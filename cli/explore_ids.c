/* SPDX-License-Identifier: BSD-2-Clause
 * explore_ids.c - which ID registers the explorer's units have. */
#include "cli/explore_ids.h"

#include "cli/replay_unit.h"
#include "models/smmuv3/smmu_layout.h"
#include "models/vtd/vtd_layout.h"

static void set_vtd_ids(const struct config *config, const struct rpl_scan_unit *unit,
                        struct xpl *xpl)
{
    struct vtd_ids ids;

    replay_unit_vtd_ids(config, unit, &ids);
    (void)xpl_set(xpl, unit->iommu, VTD_REG_VER, ids.ver);
    (void)xpl_set(xpl, unit->iommu, VTD_REG_CAP, ids.cap);
    (void)xpl_set(xpl, unit->iommu, VTD_REG_ECAP, ids.ecap);
}

static void set_smmu_ids(const struct config *config, const struct rpl_scan_unit *unit,
                         struct xpl *xpl)
{
    struct smmu_ids ids;

    replay_unit_ids(config, unit, &ids);
    (void)xpl_set(xpl, unit->iommu, SMMU_REG_IDR0, ids.idr0);
    (void)xpl_set(xpl, unit->iommu, SMMU_REG_IDR1, ids.idr1);
    (void)xpl_set(xpl, unit->iommu, SMMU_REG_IDR3, ids.idr3);
    (void)xpl_set(xpl, unit->iommu, SMMU_REG_IDR5, ids.idr5);
}

void explore_set_ids(const struct config *config, const struct rpl_scan *scan, struct xpl *xpl)
{
    for (size_t i = 0; i < scan->n_units; i++) {
        const struct rpl_scan_unit *unit = &scan->units[i];

        (void)xpl_unit(xpl, unit->iommu, unit->arch);
        if (unit->arch == SIM_ARCH_SMMUV3)
            set_smmu_ids(config, unit, xpl);
        else
            set_vtd_ids(config, unit, xpl);
    }
}
