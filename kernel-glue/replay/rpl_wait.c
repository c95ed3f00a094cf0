/* SPDX-License-Identifier: BSD-2-Clause
 * rpl_wait.c - does the condition hold that software waits for?
 * Knows: registers by offset, memory. Must not know: what a model does to fulfil it. */
#include "kernel-glue/replay/rpl_private.h"

static bool reg_holds(const struct rpl *rpl, uint32_t unit, const struct sim_rec_wait *wait)
{
    const struct sim_iommu *model = &rpl->machine->units[unit].model;
    const uint32_t n_bytes = wait->mask >> 32 ? 8 : 4;
    const uint64_t value = model->ops->reg_read(model->model, wait->addr, n_bytes);

    if ((value & wait->mask) == wait->value)
        return true;
    return rpl->machine->units[unit].arch == SIM_ARCH_SMMUV3 &&
           rpl_smmuv3_reg_is_past(rpl, unit, wait);
}

bool rpl_wait_holds(const struct rpl *rpl, const struct sim_rec_wait *wait)
{
    const uint32_t unit = rpl_unit_index(rpl, wait->iommu);

    if (wait->cond == SIM_COND_MEM)
        return (sim_mem_read64(rpl->machine->mem, wait->addr) & wait->mask) == wait->value;
    if (unit == RPL_NO_UNIT)
        return false;
    if (wait->cond == SIM_COND_REG)
        return reg_holds(rpl, unit, wait);
    if (rpl->machine->units[unit].arch == SIM_ARCH_SMMUV3)
        return rpl_smmuv3_slot_is_done(rpl, unit, wait->addr, wait->index);
    if (rpl->machine->units[unit].arch == SIM_ARCH_VTD)
        return rpl_vtd_slot_is_done(rpl, unit, wait->addr, wait->index);
    return false;
}
