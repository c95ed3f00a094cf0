/* SPDX-License-Identifier: BSD-2-Clause
 * arch_vtd_target.c - VT-d for check/: what a decoded entry makes of a request, and where
 * translations of it are filed.
 * Knows: decoded entries. Must not know: time, memory, the model's state. */
#include "cli/arch_vtd.h"

enum {
    DID_BITS = 16,
    CLASS_SHIFT = 16,
    CLASS_MASK = 0xf,
    PASID_SHIFT = 32,
};

uint64_t arch_vtd_file(enum arch_vtd_class how, uint32_t did, uint32_t pasid)
{
    return (uint64_t)pasid << PASID_SHIFT | (uint64_t)how << CLASS_SHIFT | did;
}

uint32_t arch_vtd_file_did(uint64_t file)
{
    return (uint32_t)(file & ((UINT64_C(1) << DID_BITS) - 1));
}

uint32_t arch_vtd_file_pasid(uint64_t file)
{
    return (uint32_t)(file >> PASID_SHIFT);
}

enum arch_vtd_class arch_vtd_file_class(uint64_t file)
{
    return (enum arch_vtd_class)(file >> CLASS_SHIFT & CLASS_MASK);
}

/* Caches of tables: what they can show of a regime is where its tables are. */
static void share(struct chk_target *target, enum arch_vtd_world world, uint32_t did,
                  uint32_t pasid)
{
    const unsigned i = target->n_tlbs + target->n_shared++;
    const struct chk_regime *regime = &target->tlb[0].regime;
    const bool is_fs = world == ARCH_VTD_FS_TABLES;

    target->tlb[i].tag = (struct chk_tag){
        .world = world,
        .space = did,
        .id = is_fs ? pasid : CHK_NO_ID,
        .requester = CHK_NO_ID,
        .stage = is_fs ? 1 : 2,
        .file = arch_vtd_file((enum arch_vtd_class)regime->field[ARCH_VTD_CLASS], did, pasid),
    };
    target->tlb[i].regime.root[0] = regime->root[0];
    target->tlb[i].regime.field[ARCH_VTD_CLASS] = is_fs ? ARCH_VTD_FS : ARCH_VTD_SS;
    if (is_fs) {
        target->tlb[i].regime.root[1] = regime->root[1];
        target->tlb[i].regime.field[ARCH_VTD_FS_LEVELS] = regime->field[ARCH_VTD_FS_LEVELS];
    } else {
        target->tlb[i].regime.field[ARCH_VTD_SS_LEVELS] = regime->field[ARCH_VTD_SS_LEVELS];
    }
}

static void take_ss(struct chk_regime *regime, const struct vtd_ss *ss)
{
    regime->root[0] = ss->table;
    regime->field[ARCH_VTD_SS_LEVELS] = (uint64_t)ss->levels << 8 | ss->input_bits;
    regime->field[ARCH_VTD_FLAGS] |= (uint64_t)ss->is_ad_on << 2;
}

static void take_fs(struct chk_regime *regime, const struct vtd_fs *fs, unsigned at)
{
    regime->root[at] = fs->table;
    regime->field[ARCH_VTD_FS_LEVELS] = fs->levels;
    regime->field[ARCH_VTD_FLAGS] |= (uint64_t)fs->wpe | (uint64_t)fs->eafe << 1;
}

void arch_vtd_legacy_target(const struct chk_arch_unit *unit, const struct vtd_ctx_legacy *ctx,
                            struct chk_chain *chain)
{
    struct chk_target *target = &chain->target;
    const enum arch_vtd_class how = ctx->is_pass ? ARCH_VTD_PASS : ARCH_VTD_LEGACY;

    (void)unit;
    chain->is_over = true;
    target->kind = ctx->is_pass ? CHK_BYPASS : CHK_TRANSLATED;
    target->tlb[0].tag.file = arch_vtd_file(how, ctx->did, CHK_NO_PASID);
    target->tlb[0].regime.field[ARCH_VTD_CLASS] = how;
    if (ctx->is_pass)
        return;
    target->is_unsnooped = !ctx->ss.is_snooped;
    take_ss(&target->tlb[0].regime, &ctx->ss);
    share(target, ARCH_VTD_SS_TABLES, ctx->did, CHK_NO_PASID);
}

static enum arch_vtd_class class_of(const struct vtd_pasid *pasid)
{
    switch (pasid->pgtt) {
    case VTD_PGTT_FS:
        return ARCH_VTD_FS;
    case VTD_PGTT_SS:
        return ARCH_VTD_SS;
    case VTD_PGTT_NESTED:
        return ARCH_VTD_NESTED;
    case VTD_PGTT_PT:
    default:
        return ARCH_VTD_PASS;
    }
}

void arch_vtd_pasid_target(const struct chk_arch_unit *unit, const struct vtd_pasid *pasid,
                           struct chk_chain *chain)
{
    struct chk_target *target = &chain->target;
    struct chk_regime *regime = &target->tlb[0].regime;
    const enum arch_vtd_class how = class_of(pasid);
    const uint32_t number = chain->key.index;
    const bool has_sre = pasid->fs.sre && (how != ARCH_VTD_PASS ||
                                           arch_vtd_look(unit)->caps.choices.is_pt_sre_checked);

    chain->is_over = true;
    target->kind = how == ARCH_VTD_PASS     ? CHK_BYPASS
                   : how == ARCH_VTD_NESTED ? CHK_OPAQUE
                                            : CHK_TRANSLATED;
    regime->field[ARCH_VTD_ACCESS] = (uint64_t)pasid->is_page_snooped |
                                     (uint64_t)pasid->is_uncached << 1 | (uint64_t)has_sre << 2 |
                                     (uint64_t)pasid->ss.has_memory_type << 3;
    regime->field[ARCH_VTD_PAT] = pasid->pat;
    target->is_unsnooped =
        (how == ARCH_VTD_FS && !pasid->fs.is_snooped) ||
        ((how == ARCH_VTD_SS || how == ARCH_VTD_NESTED) && !pasid->ss.is_snooped);
    target->tlb[0].tag.file = arch_vtd_file(how, pasid->did, number);
    regime->field[ARCH_VTD_CLASS] = how;
    if (how == ARCH_VTD_SS || how == ARCH_VTD_NESTED)
        take_ss(regime, &pasid->ss);
    if (how == ARCH_VTD_FS || how == ARCH_VTD_NESTED)
        take_fs(regime, &pasid->fs, how == ARCH_VTD_NESTED ? 1 : 0);
    if (how == ARCH_VTD_FS || how == ARCH_VTD_NESTED)
        share(target, ARCH_VTD_FS_TABLES, pasid->did, number);
    if (how == ARCH_VTD_SS || how == ARCH_VTD_NESTED)
        share(target, ARCH_VTD_SS_TABLES, pasid->did, number);
}
