/* SPDX-License-Identifier: BSD-2-Clause
 * smmu_ids.c - ID registers: what an SMMU says that it has (6.3).
 * Knows: their fields. Must not know: what is made of them. */
#include "models/smmuv3/smmu.h"
#include "models/smmuv3/smmu_layout.h"

void smmu_ids_default(struct smmu_ids *ids)
{
    uint64_t idr0 = 0;
    uint64_t idr1 = 0;
    uint64_t idr3 = 0;
    uint64_t idr5 = 0;
    uint64_t aidr = 0;

    smmu_IDR0_put_S2P(&idr0, 1);
    smmu_IDR0_put_S1P(&idr0, 1);
    smmu_IDR0_put_TTF(&idr0, SMMU_IDR0_TTF_V8_64);
    smmu_IDR0_put_COHACC(&idr0, 1);
    smmu_IDR0_put_Hyp(&idr0, 1);
    smmu_IDR0_put_ASID16(&idr0, 1);
    smmu_IDR0_put_MSI(&idr0, 1);
    smmu_IDR0_put_SEV(&idr0, 1);
    smmu_IDR0_put_VMID16(&idr0, 1);
    smmu_IDR0_put_CD2L(&idr0, 1);
    smmu_IDR0_put_TTENDIAN(&idr0, SMMU_IDR0_TTENDIAN_LITTLE);
    smmu_IDR0_put_STALL_MODEL(&idr0, SMMU_IDR0_STALL_MODEL_TERMINATE);
    smmu_IDR0_put_ST_LEVEL(&idr0, SMMU_IDR0_ST_LEVEL_TWO);
    smmu_IDR1_put_SIDSIZE(&idr1, 16);
    smmu_IDR1_put_SSIDSIZE(&idr1, 16);
    smmu_IDR1_put_EVENTQS(&idr1, 19);
    smmu_IDR1_put_CMDQS(&idr1, 19);
    smmu_IDR1_put_ATTR_PERMS_OVR(&idr1, 1);
    smmu_IDR1_put_ATTR_TYPES_OVR(&idr1, 1);
    smmu_IDR3_put_HAD(&idr3, 1);
    smmu_IDR3_put_XNX(&idr3, 1);
    smmu_IDR3_put_FWB(&idr3, 1);
    smmu_IDR3_put_STT(&idr3, 1);
    smmu_IDR3_put_RIL(&idr3, 1);
    smmu_IDR3_put_BBML(&idr3, SMMU_IDR3_BBML_LEVEL2);
    smmu_IDR5_put_OAS(&idr5, SMMU_IDR5_OAS_B48);
    smmu_IDR5_put_GRAN4K(&idr5, 1);
    smmu_IDR5_put_GRAN16K(&idr5, 1);
    smmu_IDR5_put_GRAN64K(&idr5, 1);
    smmu_AIDR_put_ArchMinorRev(&aidr, 2);
    *ids = (struct smmu_ids){
        .idr0 = (uint32_t)idr0,
        .idr1 = (uint32_t)idr1,
        .idr3 = (uint32_t)idr3,
        .idr5 = (uint32_t)idr5,
        .aidr = (uint32_t)aidr,
    };
}

bool smmu_ids_set(struct smmu_ids *ids, uint64_t offset, uint32_t value)
{
    switch (offset) {
    case SMMU_REG_IDR0:
        ids->idr0 = value;
        return true;
    case SMMU_REG_IDR1:
        ids->idr1 = value;
        return true;
    case SMMU_REG_IDR2:
        ids->idr2 = value;
        return true;
    case SMMU_REG_IDR3:
        ids->idr3 = value;
        return true;
    case SMMU_REG_IDR4:
        ids->idr4 = value;
        return true;
    case SMMU_REG_IDR5:
        ids->idr5 = value;
        return true;
    case SMMU_REG_IIDR:
        ids->iidr = value;
        return true;
    case SMMU_REG_AIDR:
        ids->aidr = value;
        return true;
    default:
        return false;
    }
}
