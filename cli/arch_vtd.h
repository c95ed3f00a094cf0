/* SPDX-License-Identifier: BSD-2-Clause
 * arch_vtd.h - VT-d for check/: its pure functions as a table.
 * Knows: the model's decoders. Must not know: time, memory, the model's state. */
#ifndef CLI_ARCH_VTD_H
#define CLI_ARCH_VTD_H

#include "check/arch.h"
#include "models/vtd/vtd_cfg_decode.h"

#ifdef __cplusplus
extern "C" {
#endif

/** arch_vtd - a remapping unit of VT-d, legacy and scalable mode. */
extern const struct chk_arch arch_vtd;

/** struct arch_vtd_unit - what chk_arch_unit.state holds. @root: RTADDR as written; @latched: as
 * GCMD.SRTP took it. @last_gcmd: what was written before @gcmd. @is_wrapped: how often the tail
 * went round, modulo 2. @is_half: 4 of 8 bytes of a register were written last. */
struct arch_vtd_unit {
    struct vtd_ids ids;
    struct vtd_caps caps;
    uint64_t gcmd, last_gcmd, root, latched, iqa;
    uint64_t ccmd, iva, iotlb;
    bool is_wrapped, is_half;
};

struct arch_vtd_unit *arch_vtd_state(struct chk_arch_unit *unit);
const struct arch_vtd_unit *arch_vtd_look(const struct chk_arch_unit *unit);

/** enum arch_vtd_world - chk_tag.world. The IOTLB is looked up by source and PASID; the caches of
 * page tables by domain (6.1 of the facts), so that devices share them. */
enum arch_vtd_world {
    ARCH_VTD_IOTLB,
    ARCH_VTD_FS_TABLES,
    ARCH_VTD_SS_TABLES,
};

/** enum arch_vtd_class - how a translation was made: of chk_tag.file and chk_regime.field[0]. */
enum arch_vtd_class {
    ARCH_VTD_NONE, /* refused: nothing is filed */
    ARCH_VTD_LEGACY,
    ARCH_VTD_FS,
    ARCH_VTD_SS,
    ARCH_VTD_NESTED,
    ARCH_VTD_PASS,
};

/** arch_vtd_file - chk_tag.file. @pasid: CHK_NO_PASID in legacy mode. */
uint64_t arch_vtd_file(enum arch_vtd_class how, uint32_t did, uint32_t pasid);
uint32_t arch_vtd_file_did(uint64_t file);
uint32_t arch_vtd_file_pasid(uint64_t file);
enum arch_vtd_class arch_vtd_file_class(uint64_t file);

/* chk_regime.field: the rest is 0. */
enum {
    ARCH_VTD_CLASS,
    ARCH_VTD_FS_LEVELS,
    ARCH_VTD_SS_LEVELS,
    ARCH_VTD_FLAGS,  /* WPE, EAFE, SSADE */
    ARCH_VTD_ACCESS, /* snoop, memory types, supervisor requests: an IOTLB keeps them, too (6.4) */
    ARCH_VTD_PAT,
};

/* arch_vtd_target.c: what the last structure of a chain says. */
void arch_vtd_legacy_target(const struct chk_arch_unit *unit, const struct vtd_ctx_legacy *ctx,
                            struct chk_chain *chain);
void arch_vtd_pasid_target(const struct chk_arch_unit *unit, const struct vtd_pasid *pasid,
                           struct chk_chain *chain);

/* arch_vtd_qi.c: members of the table. */
void arch_vtd_command(const struct chk_arch_unit *unit, const uint64_t *words,
                      struct chk_command *command);
bool arch_vtd_drops_config(const struct chk_arch_unit *unit, const struct chk_command *command,
                           const struct chk_key *key);
bool arch_vtd_names(const struct chk_arch_unit *unit, const struct chk_command *command,
                    const struct chk_key *key, const uint64_t *words);
bool arch_vtd_drops_tlb(const struct chk_arch_unit *unit, const struct chk_command *command,
                        const struct chk_tlb_entry *entry);

/* arch_vtd_reg.c: members of the table. */
unsigned arch_vtd_started(const struct chk_arch_unit *unit, uint64_t offset,
                          struct chk_started *started);
bool arch_vtd_is_finished(const struct chk_arch_unit *unit, uint32_t by, uint64_t offset,
                          uint64_t mask, uint64_t value);

/* arch_vtd_pte.c: members of the table. */
unsigned arch_vtd_roots(const struct chk_arch_unit *unit, const struct chk_tag *tag,
                        const struct chk_regime *regime, struct chk_table table[2]);
void arch_vtd_pte(const struct chk_arch_unit *unit, const struct chk_tag *tag,
                  const struct chk_regime *regime, const struct chk_table *table, uint64_t word,
                  struct chk_pte *pte);

/** arch_vtd_is_root_present - the half of a root entry that @key is about. */
bool arch_vtd_is_root_present(const struct chk_key *key, const uint64_t *words);

/** arch_vtd_is_scalable - does the latched RTADDR say scalable mode? */
bool arch_vtd_is_scalable(const struct chk_arch_unit *unit);

#ifdef __cplusplus
}
#endif
#endif
