/* SPDX-License-Identifier: BSD-2-Clause
 * arch_vtd_qi.c - VT-d for check/: invalidation descriptors, and what each drops (4.2, 6.1 of the
 * facts).
 * Knows: layouts of descriptors. Must not know: time, memory, the model's caches. */
#include "cli/arch_vtd.h"

#include "models/vtd/vtd_layout.h"

#include <string.h>

enum {
    PAGE_LOG2 = 12,
    ADDRESS_LOG2 = 64,
    SOURCE_MASK = 0xffff,
    BUS_SHIFT = 8,
};

/* ---- commands ---- */

static enum chk_command_kind kind_of(const struct chk_arch_unit *unit, const uint64_t *words)
{
    const struct arch_vtd_unit *s = arch_vtd_look(unit);
    const unsigned type = vtd_qi_type(words);

    if (vtd_qi_is_wide(type) && (!vtd_IQA_DW(&s->iqa) || !arch_vtd_is_scalable(unit)))
        return CHK_COMMAND_ILLEGAL;
    if (!vtd_qi_is_well_formed(&s->caps, words))
        return CHK_COMMAND_ILLEGAL;
    switch (type) {
    case VTD_QI_CC_INV:
    case VTD_QI_PC_INV:
        return CHK_COMMAND_CONFIG;
    case VTD_QI_IOTLB_INV:
    case VTD_QI_PIOTLB_INV:
        return CHK_COMMAND_TLB;
    case VTD_QI_DEVTLB_INV:
    case VTD_QI_PDEVTLB_INV:
        return CHK_COMMAND_ATC;
    case VTD_QI_WAIT:
        return CHK_COMMAND_SYNC;
    case VTD_QI_IEC_INV:
    case VTD_QI_PGRP_RESP:
    case VTD_QI_HPT_INV:
        return CHK_COMMAND_OTHER;
    default:
        return CHK_COMMAND_ILLEGAL;
    }
}

static void take_pages(uint64_t address, unsigned n_log2, struct chk_command *command)
{
    const unsigned log2 = n_log2 + PAGE_LOG2;

    if (log2 >= ADDRESS_LOG2)
        return;
    command->has_range = true;
    command->first = address & (UINT64_MAX << log2);
    command->last = command->first + ((UINT64_C(1) << log2) - 1);
}

static void take_device(const uint64_t *words, bool is_by_pasid, struct chk_command *command)
{
    uint64_t base = 0;
    unsigned n_log2 = 0;

    command->requester =
        (uint32_t)(is_by_pasid ? vtd_PDEVTLB_INV_SID(words) : vtd_DEVTLB_INV_SID(words));
    command->is_plain = !is_by_pasid;
    command->is_with_pasid = is_by_pasid;
    if (is_by_pasid && vtd_PDEVTLB_INV_G(words) == VTD_PDEVTLB_INV_G_pasid)
        command->pasid = (uint32_t)vtd_PDEVTLB_INV_PASID(words);
    if (vtd_devtlb_range(words, &base, &n_log2))
        take_pages(base, n_log2, command);
}

static void take_operands(const uint64_t *words, struct chk_command *command)
{
    switch (vtd_qi_type(words)) {
    case VTD_QI_IOTLB_INV:
        command->is_leaf = vtd_IOTLB_INV_IH(words) != 0;
        if (vtd_IOTLB_INV_G(words) == VTD_IOTLB_INV_G_page)
            take_pages(vtd_IOTLB_INV_ADDR_addr(words), (unsigned)vtd_IOTLB_INV_AM(words), command);
        break;
    case VTD_QI_PIOTLB_INV:
        command->is_leaf = vtd_PIOTLB_INV_IH(words) != 0;
        command->is_overtaken = true; /* type 3 waits for type 2 alone (4.4) */
        if (vtd_PIOTLB_INV_G(words) == VTD_PIOTLB_INV_G_page)
            take_pages(vtd_PIOTLB_INV_ADDR_addr(words), (unsigned)vtd_PIOTLB_INV_AM(words),
                       command);
        break;
    case VTD_QI_DEVTLB_INV:
        take_device(words, false, command);
        break;
    case VTD_QI_PDEVTLB_INV:
        take_device(words, true, command);
        break;
    case VTD_QI_WAIT:
        if (vtd_WAIT_SW(words))
            command->signal = vtd_WAIT_ADDR_addr(words);
        command->is_fence = vtd_WAIT_FN(words) != 0;
        command->is_silent = !vtd_WAIT_SW(words) && !vtd_WAIT_IF(words);
        break;
    default:
        break;
    }
}

void arch_vtd_command(const struct chk_arch_unit *unit, const uint64_t *words,
                      struct chk_command *command)
{
    memset(command, 0, sizeof(*command));
    command->kind = kind_of(unit, words);
    command->requester = CHK_NO_ID;
    command->pasid = CHK_NO_PASID;
    command->space = CHK_NO_ID;
    command->id = CHK_NO_ID;
    command->last = UINT64_MAX;
    memcpy(command->words, words, sizeof(command->words));
    command->name = vtd_qi_layout(vtd_qi_type(words))->name;
    take_operands(words, command);
}

/* ---- configuration ---- */

/* FM: function bits that do not count. */
static bool names_source(const uint64_t *words, uint32_t requester)
{
    static const uint32_t ignored[] = {0, 4, 6, 7};
    const uint32_t mask = SOURCE_MASK & ~ignored[vtd_CC_INV_FM(words)];

    return ((requester ^ (uint32_t)vtd_CC_INV_SID(words)) & mask) == 0;
}

static bool drops_context(const struct vtd_caps *caps, const uint64_t *words,
                          const struct chk_key *key)
{
    const bool is_global = vtd_CC_INV_G(words) == VTD_CC_INV_G_global;

    if (key->structure == SIM_S_ROOT) /* 6.4; with caching mode, a refusal of a source of its bus */
        return is_global || (caps->cm && (uint8_t)key->index == vtd_CC_INV_SID(words) >> BUS_SHIFT);
    if (key->structure != SIM_S_CTX)
        return false;
    return vtd_CC_INV_G(words) != VTD_CC_INV_G_device || names_source(words, key->requester);
}

static bool drops_pasid(const uint64_t *words, const struct chk_key *key)
{
    if (key->structure != SIM_S_PASID_DIR && key->structure != SIM_S_PASID)
        return false;
    return vtd_PC_INV_G(words) != VTD_PC_INV_G_pasid || vtd_PC_INV_PASID(words) == key->index;
}

bool arch_vtd_drops_config(const struct chk_arch_unit *unit, const struct chk_command *command,
                           const struct chk_key *key)
{
    if (command->kind != CHK_COMMAND_CONFIG)
        return false;
    return vtd_qi_type(command->words) == VTD_QI_CC_INV
               ? drops_context(&arch_vtd_look(unit)->caps, command->words, key)
               : drops_pasid(command->words, key);
}

/* What faulted, which is kept with caching mode alone, has domain 0 (6.2). */
static uint64_t did_of_context(const struct chk_arch_unit *unit, const uint64_t *words)
{
    struct vtd_ctx_legacy ctx;

    return vtd_ctx_legacy_decode(words, &arch_vtd_look(unit)->caps, &ctx) ? 0 : ctx.did;
}

static uint64_t did_of_pasid(const struct chk_arch_unit *unit, const uint64_t *words)
{
    struct vtd_pasid pasid;

    return vtd_pasid_decode(words, &arch_vtd_look(unit)->caps, &pasid) ? 0 : pasid.did;
}

/* A domain is that of the entry as it was cached. */
bool arch_vtd_names(const struct chk_arch_unit *unit, const struct chk_command *command,
                    const struct chk_key *key, const uint64_t *words)
{
    const uint64_t *c = command->words;
    const bool is_legacy = !arch_vtd_is_scalable(unit);

    switch (key->structure) {
    case SIM_S_ROOT:
        return vtd_CC_INV_G(c) == VTD_CC_INV_G_global ||
               (!arch_vtd_is_root_present(key, words) && (!is_legacy || !vtd_CC_INV_DID(c)));
    case SIM_S_CTX:
        return vtd_CC_INV_G(c) == VTD_CC_INV_G_global || !is_legacy ||
               vtd_CC_INV_DID(c) == did_of_context(unit, words);
    case SIM_S_PASID_DIR:
        return vtd_PC_INV_G(c) == VTD_PC_INV_G_global || vtd_PASID_DIR_P(words) ||
               !vtd_PC_INV_DID(c);
    case SIM_S_PASID:
        return vtd_PC_INV_G(c) == VTD_PC_INV_G_global ||
               vtd_PC_INV_DID(c) == did_of_pasid(unit, words);
    default:
        return true;
    }
}

/* ---- translations ---- */

static bool is_nested_or_fs(uint64_t file)
{
    return arch_vtd_file_class(file) == ARCH_VTD_FS || arch_vtd_file_class(file) == ARCH_VTD_NESTED;
}

static bool is_at(const struct chk_command *command, const struct chk_tlb_entry *entry)
{
    return command->first <= entry->last && command->last >= entry->first;
}

/* Is the entry one of first-stage tables: an entry of them, or the cache's as a whole? Those of a
 * nested translation that this host has are of the second stage. */
static bool is_of_fs_tables(const struct chk_tlb_entry *entry)
{
    if (entry->tag.world != ARCH_VTD_IOTLB)
        return entry->tag.world == ARCH_VTD_FS_TABLES;
    return arch_vtd_file_class(entry->tag.file) == ARCH_VTD_FS;
}

static bool is_of_tables(const struct chk_tlb_entry *entry)
{
    return entry->is_table || entry->tag.world != ARCH_VTD_IOTLB;
}

static bool drops_by_domain(const struct chk_command *command, const struct chk_tlb_entry *entry)
{
    const uint64_t *words = command->words;

    if (vtd_IOTLB_INV_G(words) == VTD_IOTLB_INV_G_global)
        return true;
    if (vtd_IOTLB_INV_DID(words) != arch_vtd_file_did(entry->tag.file))
        return false;
    if (vtd_IOTLB_INV_G(words) == VTD_IOTLB_INV_G_domain)
        return true;
    if (is_of_tables(entry))
        return is_of_fs_tables(entry) || (!command->is_leaf && is_at(command, entry));
    return is_nested_or_fs(entry->tag.file) || is_at(command, entry);
}

static bool drops_by_pasid(const struct chk_command *command, const struct chk_tlb_entry *entry)
{
    const uint64_t *words = command->words;
    const uint64_t file = entry->tag.file;

    if (vtd_PIOTLB_INV_DID(words) != arch_vtd_file_did(file) ||
        vtd_PIOTLB_INV_PASID(words) != arch_vtd_file_pasid(file))
        return false;
    if (is_of_tables(entry) && !is_of_fs_tables(entry))
        return false;
    if (vtd_PIOTLB_INV_G(words) == VTD_PIOTLB_INV_G_pasid)
        return true;
    if (is_of_tables(entry) && command->is_leaf)
        return false;
    /* Of a nested translation only the host's addresses are known here. */
    return arch_vtd_file_class(file) == ARCH_VTD_FS && is_at(command, entry);
}

bool arch_vtd_drops_tlb(const struct chk_arch_unit *unit, const struct chk_command *command,
                        const struct chk_tlb_entry *entry)
{
    (void)unit;
    if (command->kind != CHK_COMMAND_TLB)
        return false;
    return vtd_qi_type(command->words) == VTD_QI_IOTLB_INV ? drops_by_domain(command, entry)
                                                           : drops_by_pasid(command, entry);
}
