/* SPDX-License-Identifier: BSD-2-Clause
 * arch_smmuv3.h - SMMUv3 for check/: its pure functions as a table.
 * Knows: the model's decoders. Must not know: time, memory, the model's state. */
#ifndef CLI_ARCH_SMMUV3_H
#define CLI_ARCH_SMMUV3_H

#include "check/arch.h"
#include "models/smmuv3/smmu_cfg_decode.h"

#ifdef __cplusplus
extern "C" {
#endif

/** arch_smmuv3 - Non-secure SMMUv3. */
extern const struct chk_arch arch_smmuv3;

/** struct arch_smmuv3_unit - what chk_arch_unit.state holds. */
struct arch_smmuv3_unit {
    struct smmu_idr idr;
    struct smmu_caps caps;
    uint64_t cr0, cr2, gbpa;
    uint64_t strtab_base, strtab_base_cfg, cmdq_base;
};

struct arch_smmuv3_unit *arch_smmuv3_state(struct chk_arch_unit *unit);
const struct arch_smmuv3_unit *arch_smmuv3_look(const struct chk_arch_unit *unit);

/* arch_smmuv3_tlb.c: members of the table. */
void arch_smmuv3_s1_regime(const uint64_t *cd, const uint64_t *used, struct chk_regime *regime);
void arch_smmuv3_s2_regime(const uint64_t *ste, const uint64_t *used, struct chk_regime *regime);
void arch_smmuv3_command(const struct chk_arch_unit *unit, const uint64_t *words,
                         struct chk_command *command);
bool arch_smmuv3_drops_config(const struct chk_arch_unit *unit, const struct chk_command *command,
                              const struct chk_key *key);
bool arch_smmuv3_drops_tlb(const struct chk_arch_unit *unit, const struct chk_command *command,
                           const struct chk_tlb_entry *entry);

/* arch_smmuv3_pte.c: members of the table. */
unsigned arch_smmuv3_roots(const struct chk_arch_unit *unit, const struct chk_tag *tag,
                           const struct chk_regime *regime, struct chk_table table[2]);
void arch_smmuv3_pte(const struct chk_arch_unit *unit, const struct chk_tag *tag,
                     const struct chk_regime *regime, const struct chk_table *table, uint64_t word,
                     struct chk_pte *pte);

/** arch_smmuv3_l1cd_index - chk_key.index of an L1CD: which one, and how many CDs it leads to. */
static inline uint32_t arch_smmuv3_l1cd_index(uint32_t ssid, unsigned split)
{
    return (uint32_t)split << 24 | ssid >> split;
}

#ifdef __cplusplus
}
#endif
#endif
