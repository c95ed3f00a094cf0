/* SPDX-License-Identifier: BSD-2-Clause
 * explore_words.c - how each architecture calls what the explorer found.
 * Knows: names of layouts, tags. Must not know: how outcomes were found. */
#include "cli/explore_words.h"

#include "cli/arch_vtd.h"
#include "models/smmuv3/smmu_layout.h"
#include "models/vtd/vtd_layout.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static bool is_vtd(const struct chk_arch *arch)
{
    return arch->arch == SIM_ARCH_VTD;
}

const struct hw_layout *explore_layout(const struct xpl_words *words)
{
    switch (words->key.structure) {
    case SIM_S_L1STD:
        return &smmu_layout_L1STD;
    case SIM_S_STE:
        return &smmu_layout_STE;
    case SIM_S_L1CD:
        return &smmu_layout_L1CD;
    case SIM_S_CD:
        return &smmu_layout_CD;
    case SIM_S_ROOT:
        return &vtd_layout_ROOT;
    case SIM_S_CTX:
        return words->n_words == VTD_WORDS_CTX ? &vtd_layout_CTX : &vtd_layout_CTX_LEGACY;
    case SIM_S_PASID_DIR:
        return &vtd_layout_PASID_DIR;
    case SIM_S_PASID:
        return &vtd_layout_PASID;
    default:
        return NULL;
    }
}

static uint32_t vtd_conditions(const struct xpl_words *words)
{
    if (words->key.structure == SIM_S_PASID)
        return vtd_pasid_conditions(words->word);
    if (words->key.structure != SIM_S_CTX)
        return VTD_USED_ALWAYS | VTD_USED_VALID | VTD_USED_LOWER | VTD_USED_UPPER;
    return words->n_words == VTD_WORDS_CTX ? vtd_ctx_conditions(words->word)
                                           : vtd_ctx_legacy_conditions(words->word);
}

void explore_used(const struct chk_arch *arch, const struct xpl_words *words, uint64_t *mask)
{
    const struct hw_layout *layout = explore_layout(words);
    struct chk_arch_unit unit;

    memset(mask, 0, words->n_words * sizeof(*mask));
    if (is_vtd(arch) && layout) {
        hw_used(layout->fields, layout->n_fields, vtd_conditions(words), mask);
        return;
    }
    arch->init(&unit);
    arch->used(&unit, words->key.structure, words->word, mask);
}

void explore_ids(const struct chk_arch *arch, const struct chk_tag *tag, uint32_t *space,
                 uint32_t *id)
{
    *space = tag->space;
    *id = tag->id;
    if (!is_vtd(arch) || !tag->file)
        return;
    *space = arch_vtd_file_did(tag->file);
    *id = arch_vtd_file_pasid(tag->file);
}

static size_t length(int n, size_t n_bytes)
{
    return n > 0 && (size_t)n < n_bytes ? (size_t)n : 0;
}

static size_t vtd_tables(const struct chk_target *target, unsigned i, char *text, size_t n_bytes)
{
    const struct chk_regime *regime = &target->tlb[i].regime;
    const enum arch_vtd_class how = (enum arch_vtd_class)regime->field[ARCH_VTD_CLASS];
    const uint64_t file = target->tlb[i].tag.file;
    char owner[64] = "";
    char guest[48] = "";

    if (how == ARCH_VTD_NESTED)
        (void)snprintf(guest, sizeof(guest), " under the guest's 0x%" PRIx64, regime->root[1]);
    if (file && arch_vtd_file_pasid(file) != CHK_NO_PASID)
        (void)snprintf(owner, sizeof(owner), " (domain %" PRIu32 ", PASID 0x%" PRIx32 ")",
                       arch_vtd_file_did(file), arch_vtd_file_pasid(file));
    else if (file)
        (void)snprintf(owner, sizeof(owner), " (domain %" PRIu32 ")", arch_vtd_file_did(file));
    if (how == ARCH_VTD_PASS)
        return length(snprintf(text, n_bytes, "pass-through%s", owner), n_bytes);
    return length(snprintf(text, n_bytes, "%s-stage table 0x%" PRIx64 "%s%s",
                           how == ARCH_VTD_FS ? "first" : "second", regime->root[0], guest, owner),
                  n_bytes);
}

static size_t smmu_tables(const struct chk_target *target, unsigned i, char *text, size_t n_bytes)
{
    const struct chk_tag *tag = &target->tlb[i].tag;
    char id[48] = "";

    if (tag->id != CHK_NO_ID)
        (void)snprintf(id, sizeof(id), " ASID %" PRIu32, tag->id);
    return length(snprintf(text, n_bytes,
                           "stage %" PRIu32 " table 0x%" PRIx64 " (VMID %" PRId32 "%s)", tag->stage,
                           target->tlb[i].regime.root[0], (int32_t)tag->space, id),
                  n_bytes);
}

size_t explore_tables(const struct chk_arch *arch, const struct chk_target *target, unsigned i,
                      char *text, size_t n_bytes)
{
    return is_vtd(arch) ? vtd_tables(target, i, text, n_bytes)
                        : smmu_tables(target, i, text, n_bytes);
}

void explore_run_name(const struct chk_arch *arch, const struct chk_tag *tag, char *text,
                      size_t n_bytes)
{
    uint32_t space, id;

    explore_ids(arch, tag, &space, &id);
    if (!is_vtd(arch))
        (void)snprintf(text, n_bytes, ", VMID %" PRId32 " ASID %" PRId32, (int32_t)space,
                       (int32_t)id);
    else if (id == CHK_NO_ID)
        (void)snprintf(text, n_bytes, ", domain %" PRIu32, space);
    else
        (void)snprintf(text, n_bytes, ", domain %" PRIu32 " PASID 0x%" PRIx32, space, id);
}

const char *explore_requester_word(const struct chk_arch *arch)
{
    return is_vtd(arch) ? "source id" : "StreamID";
}

const char *explore_pasid_word(const struct chk_arch *arch)
{
    return is_vtd(arch) ? "PASID" : "SubstreamID";
}

void explore_place_name(const struct chk_arch *arch, const struct xpl_words *words, char *text,
                        size_t n_bytes)
{
    const uint32_t structure = words->key.structure;
    const char *name = sim_structure_infos[structure].name;

    if (structure == SIM_S_ROOT)
        (void)snprintf(text, n_bytes, "%s of bus 0x%" PRIx32, name, words->key.index & 0xff);
    else if (structure == SIM_S_CD || structure == SIM_S_PASID || structure == SIM_S_PASID_DIR)
        (void)snprintf(text, n_bytes, "%s[0x%" PRIx32 "] of %s 0x%" PRIx32, name, words->key.index,
                       explore_requester_word(arch), words->key.requester);
    else
        (void)snprintf(text, n_bytes, "%s of %s 0x%" PRIx32, name, explore_requester_word(arch),
                       words->key.requester);
}
