/* SPDX-License-Identifier: BSD-2-Clause
 * trn_legal.c - which transitions there are: who forbids the others, and where that is said.
 * Knows: states, architectures, names of drivers. Must not know: how anything is run.
 *
 * One table; the first row that fits decides, and a cell that no row fits runs. Rows of the
 * architecture come before those of the interface, and these before those of drivers: what hardware
 * cannot do is no driver's fault. */
#include "kernel-glue/transition/trn.h"
#include "sim/record.h"

#include <string.h>

#define BIT(state) (1u << (state))
#define ANY ((1u << TRN_N_STATES) - 1)
#define NESTED (BIT(TRN_NESTED_A) | BIT(TRN_NESTED_B) | BIT(TRN_NESTED_A2))
#define TABLES (BIT(TRN_TABLE_A) | BIT(TRN_TABLE_B) | BIT(TRN_TABLE_GROWN) | BIT(TRN_TABLE_SHRUNK))
#define SMMU (1u << SIM_ARCH_SMMUV3)
#define VTD (1u << SIM_ARCH_VTD)
#define BOTH (SMMU | VTD)

/* Which cells a row is about, beside its states. */
enum when {
    ALWAYS = 0,
    WITH_PASID = 1 << 0,
    WITHOUT_PASID = 1 << 1,
    WITHOUT_ATS = 1 << 2,
    BY_REPLACE = 1 << 3,
    TO_OTHERS = 1 << 4, /* the one end is among @states, the other is not */
    BOTH_ENDS = 1 << 5, /* both ends are among @states; else one of them is enough */
    AT_BEGIN = 1 << 6,  /* the old state is */
    AT_END = 1 << 7,    /* the new one is */
};

/** struct row - @driver: NULL: every one. */
struct row {
    unsigned archs, states, when;
    const char *driver;
    enum trn_kind kind;
    enum trn_rule rule;
    const char *reason, *section;
};

static const struct row rows[] = {
    /* the architecture */
    {SMMU, BIT(TRN_IDENTITY), WITH_PASID, NULL, TRN_ILLEGAL, TRN_RULE_ARCHITECTURE,
     "a context descriptor always leads to a table: nothing lets the requests of one SubstreamID "
     "pass (S1DSS speaks of those without one)",
     "IHI 0070 5.2 STE.S1DSS, 5.4"},
    {SMMU, BIT(TRN_S2), WITH_PASID, NULL, TRN_ILLEGAL, TRN_RULE_ARCHITECTURE,
     "under STE.Config = stage 2 a request with a SubstreamID ends as C_BAD_SUBSTREAMID",
     "IHI 0070 5.2 STE.Config, 7.3.4"},
    {SMMU, NESTED, WITH_PASID, NULL, TRN_ILLEGAL, TRN_RULE_ARCHITECTURE,
     "all SubstreamIDs of a stream share the STE, and with it one stage 2 and one table of the "
     "guest: it is the device that is switched",
     "IHI 0070 5.2 STE.S2TTB, STE.S1ContextPtr"},
    {BOTH, TABLES, WITH_PASID, NULL, TRN_ILLEGAL, TRN_RULE_ARCHITECTURE,
     "one table holds all PASIDs of a device: it is the device that is switched",
     "IHI 0070 5.2 STE.S1ContextPtr; VT-d 9.3 PASIDDIRPTR"},
    {VTD, BIT(TRN_SVA), WITHOUT_ATS, NULL, TRN_ILLEGAL, TRN_RULE_ARCHITECTURE,
     "a process's pages come in by page requests, which a device sends after a translation "
     "request: PRI needs ATS",
     "PCIe 10.4; VT-d 7.2"},
    /* the interface: iommufd, VFIO, the kernel's core */
    {BOTH, BIT(TRN_BLOCKED), BOTH_ENDS, NULL, TRN_ILLEGAL, TRN_RULE_INTERFACE,
     "nothing is attached, and nothing is to be", "iommufd: attach, detach"},
    {BOTH, BIT(TRN_BLOCKED), BY_REPLACE | AT_BEGIN, NULL, TRN_ILLEGAL, TRN_RULE_INTERFACE,
     "nothing is attached that could be replaced: -EINVAL; what there is, is the attach "
     "(detach-attach)",
     "iommufd: replace of a device or PASID without a table"},
    {BOTH, BIT(TRN_BLOCKED), BY_REPLACE | AT_END, NULL, TRN_ILLEGAL, TRN_RULE_INTERFACE,
     "no object stands for blocked, so that nothing can be replaced by it; what there is, is the "
     "detach (detach-attach)",
     "iommufd: replace takes an IOAS or a page table"},
    {BOTH, TABLES, TO_OTHERS, NULL, TRN_ILLEGAL, TRN_RULE_INTERFACE,
     "between a table of PASIDs and anything else it is the guest's table that comes or goes: the "
     "cells of nested:A",
     "iommufd: IOMMU_HWPT_ALLOC with a parent"},
    {BOTH, BIT(TRN_SVA), WITHOUT_PASID, NULL, TRN_NOT_OFFERED, TRN_RULE_INTERFACE,
     "the kernel binds processes to PASIDs only", "Linux iommu_sva_bind_device"},
    {BOTH, BIT(TRN_SVA), BOTH_ENDS, NULL, TRN_NOT_OFFERED, TRN_RULE_INTERFACE,
     "each process has a PASID of its own: no other one comes to the same PASID",
     "Linux iommu_sva_bind_device"},
    {BOTH, BIT(TRN_SVA), BY_REPLACE, NULL, TRN_NOT_OFFERED, TRN_RULE_INTERFACE,
     "a process is bound and unbound: there is no replace of it or by it",
     "Linux iommu_sva_bind_device, iommu_sva_unbind_device"},
    /* drivers */
    {SMMU, NESTED | TABLES, ALWAYS, "linux-6.12", TRN_NOT_OFFERED, TRN_RULE_DRIVER,
     "the driver has no nesting, and makes a device's CD table once, with as many entries as the "
     "device has PASIDs: nothing of the guest's, nothing swapped, grown or shrunk",
     "Linux 6.12 arm_smmu_domain_alloc_user (nesting since 6.13)"},
    {VTD, TABLES, ALWAYS, NULL, TRN_NOT_OFFERED, TRN_RULE_DRIVER,
     "every driver makes the PASID directory once, when the device comes, for as many PASIDs as "
     "the device has; a guest has none of its own",
     "Linux intel_pasid_alloc_table"},
    {VTD, NESTED, WITH_PASID, "linux-6.12", TRN_NOT_OFFERED, TRN_RULE_DRIVER,
     "nested domains have no set_dev_pasid: -EOPNOTSUPP", "Linux 6.12 intel_nested_domain_ops"},
    {VTD, ANY, WITH_PASID | BY_REPLACE, "linux-6.12", TRN_NOT_OFFERED, TRN_RULE_DRIVER,
     "a PASID that has a domain is refused another one: -EBUSY; it is removed and set again",
     "Linux 6.12 intel_pasid_setup_second_level and its like"},
};

static bool fits_states(const struct row *row, const struct trn_cell *cell)
{
    const bool is_from = row->states >> cell->from & 1;
    const bool is_to = row->states >> cell->to & 1;

    if (row->when & BOTH_ENDS)
        return is_from && is_to;
    if (row->when & TO_OTHERS)
        return is_from != is_to;
    if (row->when & AT_BEGIN)
        return is_from;
    if (row->when & AT_END)
        return is_to;
    return is_from || is_to;
}

static bool fits(const struct row *row, const struct trn_cell *cell)
{
    const bool has_pasid = cell->pasid != TRN_NO_PASID;

    if (!(row->archs >> cell->arch & 1) || !fits_states(row, cell))
        return false;
    if ((row->when & WITH_PASID && !has_pasid) || (row->when & WITHOUT_PASID && has_pasid))
        return false;
    if (row->when & WITHOUT_ATS && cell->has_ats)
        return false;
    if (row->when & BY_REPLACE && cell->by != TRN_REPLACE)
        return false;
    return !row->driver || strcmp(row->driver, cell->driver) == 0;
}

void trn_judge(const struct trn_cell *cell, struct trn_judgement *judgement)
{
    memset(judgement, 0, sizeof(*judgement));
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (!fits(&rows[i], cell))
            continue;
        *judgement = (struct trn_judgement){.kind = rows[i].kind,
                                            .rule = rows[i].rule,
                                            .reason = rows[i].reason,
                                            .section = rows[i].section};
        return;
    }
}
