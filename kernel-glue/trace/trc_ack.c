/* SPDX-License-Identifier: BSD-2-Clause
 * trc_ack.c - reads the acknowledge pairs of both architectures' tables. */
#include "kernel-glue/trace/trc_ack.h"

#include "models/smmuv3/smmu_layout.h"
#include "models/vtd/vtd_layout.h"

#include <string.h>

static bool find_smmu(uint64_t offset, uint64_t value, struct trc_ack *ack)
{
    const struct smmu_ack *pair = smmu_ack_find(offset);

    if (!pair || (pair->kind == SMMU_ACK_CLEARED && !(value & pair->mask)))
        return false;
    ack->offset = pair->polled;
    ack->mask = pair->mask;
    ack->value = pair->kind == SMMU_ACK_FOLLOWS ? value & pair->mask : 0;
    return true;
}

/* A pair of the register at @offset whose command field is written; GCMD has functions of its own
 * because several pairs share it. */
static bool find_vtd(uint64_t offset, uint64_t value, struct trc_ack *ack)
{
    const struct hw_reg *reg = vtd_reg_at((uint32_t)offset);

    for (size_t i = 0; reg && i < vtd_n_acks; i++) {
        const struct vtd_ack *pair = &vtd_acks[i];
        const struct hw_reg *status = vtd_reg_find(pair->status);

        if (strcmp(pair->command, reg->name) != 0 || !status)
            continue;
        if (pair->kind != VTD_ACK_LEVEL && !(value & pair->command_mask))
            continue;
        ack->offset = status->offset;
        ack->mask = pair->status_mask;
        ack->value = pair->kind != VTD_ACK_CLEARED && value & pair->command_mask ? ack->mask : 0;
        return true;
    }
    return false;
}

bool trc_ack_is_command(uint8_t arch, uint64_t offset)
{
    if (arch == SIM_ARCH_SMMUV3)
        return smmu_ack_find(offset) != NULL;
    return offset == VTD_REG_GCMD || offset == VTD_REG_CCMD || offset == VTD_REG_PMEN;
}

bool trc_ack_find(uint8_t arch, uint64_t offset, uint64_t before, uint64_t value,
                  struct trc_ack *ack)
{
    if (arch == SIM_ARCH_SMMUV3)
        return find_smmu(offset, value, ack);
    if (offset != VTD_REG_GCMD)
        return find_vtd(offset, value, ack);
    ack->offset = VTD_REG_GSTS;
    ack->mask = vtd_gcmd_wait_mask(before, value);
    ack->value = vtd_gcmd_wait_value(before, value) & ack->mask;
    return ack->mask != 0;
}

bool trc_is_sync_poll(uint8_t arch, uint64_t offset)
{
    if (arch == SIM_ARCH_SMMUV3)
        return offset == SMMU_REG_CMDQ_CONS;
    return offset == VTD_REG_FSTS || offset == VTD_REG_IQH;
}
