/* SPDX-License-Identifier: BSD-2-Clause
 * smmu_decode.c - which layout raw words are in, and the list of decoders.
 * Knows: layouts, conditions. Must not know: ID registers, time, memory. */
#include "models/smmuv3/smmu_decode.h"

#include <stdio.h>
#include <string.h>

/* Index of a granule: 0 unknown, then 4, 16 and 64 KiB. */
enum {
    N_GRANULES = 4,
    N_BLOCK_LEVELS = 3,
    LAST_LEVEL = 3,
};

/** struct pte_layouts - the descriptors of one stage, by granule index and level. */
struct pte_layouts {
    const struct hw_layout *table[N_GRANULES];
    const struct hw_layout *page[N_GRANULES];
    const struct hw_layout *any_block; /* granule or level unknown */
    const struct hw_layout *block[N_GRANULES][N_BLOCK_LEVELS];
};

#define STAGE(S)                                                                                   \
    {                                                                                              \
        {&smmu_layout_##S##_TABLE, &smmu_layout_##S##_TABLE_4K, &smmu_layout_##S##_TABLE_16K,      \
         &smmu_layout_##S##_TABLE_64K},                                                            \
            {&smmu_layout_##S##_PAGE, &smmu_layout_##S##_PAGE_4K, &smmu_layout_##S##_PAGE_16K,     \
             &smmu_layout_##S##_PAGE_64K},                                                         \
            &smmu_layout_##S##_BLOCK,                                                              \
        {                                                                                          \
            {&smmu_layout_##S##_BLOCK, &smmu_layout_##S##_BLOCK, &smmu_layout_##S##_BLOCK},        \
                {&smmu_layout_##S##_BLOCK_4K_L0, &smmu_layout_##S##_BLOCK_4K_L1,                   \
                 &smmu_layout_##S##_BLOCK_4K_L2},                                                  \
                {NULL, &smmu_layout_##S##_BLOCK_16K_L1, &smmu_layout_##S##_BLOCK_16K_L2},          \
                {NULL, &smmu_layout_##S##_BLOCK_64K_L1, &smmu_layout_##S##_BLOCK_64K_L2},          \
        }                                                                                          \
    }
static const struct pte_layouts s1_layouts = STAGE(S1);
static const struct pte_layouts s2_layouts = STAGE(S2);
#undef STAGE

static unsigned granule_index(const struct hw_hints *hints)
{
    switch (hints ? hints->granule_log2 : 0) {
    case 12:
        return 1;
    case 14:
        return 2;
    case 16:
        return 3;
    default:
        return 0;
    }
}

/* With an unknown level, bit 1 means a table or a page: a page has its access flag in a bit that
 * a table leaves to software, which never sets it in practice. */
static const struct hw_layout *select_pte(const struct pte_layouts *layouts, const uint64_t *words,
                                          const struct hw_hints *hints)
{
    const unsigned granule = granule_index(hints);
    const bool is_level_known = hints && hints->level != 0;
    const unsigned level = is_level_known ? hints->level - 1u : 0;
    const bool is_block = smmu_S1_BLOCK_Kind(words) == 0;
    const struct hw_layout *found;

    if (!smmu_PTE_INVALID_Valid(words) || (is_level_known && level > LAST_LEVEL))
        return &smmu_layout_PTE_INVALID;
    if (!is_level_known) {
        if (is_block)
            return layouts->any_block;
        return smmu_S1_PAGE_AF(words) ? layouts->page[granule] : layouts->table[granule];
    }
    if (level == LAST_LEVEL)
        return is_block ? &smmu_layout_PTE_INVALID : layouts->page[granule];
    found = is_block ? layouts->block[granule][level] : layouts->table[granule];
    return found ? found : &smmu_layout_PTE_INVALID;
}

static const struct hw_layout *select_pte_s1(const uint64_t *words, const struct hw_hints *hints)
{
    return select_pte(&s1_layouts, words, hints);
}

static const struct hw_layout *select_pte_s2(const uint64_t *words, const struct hw_hints *hints)
{
    return select_pte(&s2_layouts, words, hints);
}

static const struct hw_layout *select_cmd(const uint64_t *words, const struct hw_hints *hints)
{
    (void)hints;
    return smmu_cmd_layout(smmu_UNKNOWN_CMD_op(words));
}

static const struct hw_layout *select_evt(const uint64_t *words, const struct hw_hints *hints)
{
    (void)hints;
    return smmu_evt_layout(smmu_UNKNOWN_EVT_number(words));
}

#define SELECT(word, layout)                                                                       \
    static const struct hw_layout *select_##word(const uint64_t *words,                            \
                                                 const struct hw_hints *hints)                     \
    {                                                                                              \
        (void)words;                                                                               \
        (void)hints;                                                                               \
        return &smmu_layout_##layout;                                                              \
    }
SELECT(l1std, L1STD)
SELECT(ste, STE)
SELECT(l1cd, L1CD)
SELECT(cd, CD)
SELECT(pri, PRI)
#undef SELECT

static uint32_t plain_conditions(const uint64_t *words, const struct hw_hints *hints)
{
    (void)words;
    (void)hints;
    return SMMU_USED_ALWAYS;
}

static uint32_t ste_conditions(const uint64_t *words, const struct hw_hints *hints)
{
    (void)hints;
    return smmu_ste_conditions(words);
}

static uint32_t cd_conditions(const uint64_t *words, const struct hw_hints *hints)
{
    (void)hints;
    return smmu_cd_conditions(words);
}

static uint32_t l1cd_conditions(const uint64_t *words, const struct hw_hints *hints)
{
    (void)hints;
    return smmu_l1cd_conditions(words);
}

/* clang-format off: one decoder, one line */
const struct hw_decoder smmu_decoders[] = {
    {"l1std", "level 1 stream table descriptor", 1, 1, select_l1std, plain_conditions, smmu_explain,
     smmu_complain_l1std},
    {"ste", "stream table entry", 1, SMMU_WORDS_STE, select_ste, ste_conditions, smmu_explain,
     smmu_complain_ste},
    {"l1cd", "level 1 context descriptor", 1, 1, select_l1cd, l1cd_conditions, smmu_explain,
     smmu_complain_l1cd},
    {"cd", "context descriptor", 1, SMMU_WORDS_CD, select_cd, cd_conditions, smmu_explain,
     smmu_complain_cd},
    {"pte_s1", "stage 1 table descriptor", 1, 1, select_pte_s1, plain_conditions, smmu_explain,
     smmu_complain_pte},
    {"pte_s2", "stage 2 table descriptor", 1, 1, select_pte_s2, plain_conditions, smmu_explain,
     smmu_complain_pte},
    {"cmd", "command", 1, SMMU_WORDS_CMD_SYNC, select_cmd, plain_conditions, smmu_explain,
     smmu_complain_cmd},
    {"evt", "event record", 1, SMMU_WORDS_F_TRANSLATION, select_evt, plain_conditions, smmu_explain,
     smmu_complain_evt},
    {"pri", "page request record", 1, SMMU_WORDS_PRI, select_pri, plain_conditions, smmu_explain,
     smmu_complain_pri},
};
/* clang-format on */
const size_t smmu_n_decoders = sizeof(smmu_decoders) / sizeof(smmu_decoders[0]);

const struct hw_decoder *smmu_decoder_find(const char *word)
{
    for (size_t i = 0; i < smmu_n_decoders; i++) {
        if (strcmp(smmu_decoders[i].word, word) == 0)
            return &smmu_decoders[i];
    }
    return NULL;
}

void smmu_decode_reg(const struct hw_reg *reg, uint64_t value, struct hw_decoded *out)
{
    const uint64_t words[HW_MAX_WORDS] = {value};
    const struct hw_layout *layout = reg->layout;

    if (layout == &smmu_layout_GATOS_PAR && smmu_GATOS_PAR_FAULT(words))
        layout = &smmu_layout_GATOS_PAR_FAULT;
    hw_decode_layout(layout, words, out);
    for (size_t i = 0; i < out->n_rows; i++) {
        struct hw_row *row = &out->rows[i];
        const size_t n = strlen(row->meaning);
        char text[HW_TEXT_BYTES] = "";

        smmu_explain(layout, row->field, row->value, words, text, sizeof(text));
        if (text[0])
            (void)snprintf(row->meaning + n, sizeof(row->meaning) - n, "; %s", text);
        row->is_used = row->field->used != SMMU_USED_OTHER;
    }
}
