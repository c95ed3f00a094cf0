/* SPDX-License-Identifier: BSD-2-Clause
 * smmu_pt_private.h - what both stages of VMSAv8-64 share: where an index and an address are.
 * Knows: granules, levels, address bits. Must not know: stages, permissions, time, memory. */
#ifndef SMMU_PT_PRIVATE_H
#define SMMU_PT_PRIVATE_H

#include <stdbool.h>
#include <stdint.h>

#include "models/smmuv3/smmu_layout.h"

/* Geometry, in bits. */
enum {
    SMMU_PT_DESCRIPTOR_LOG2 = 3,
    SMMU_PT_LAST_LEVEL = 3,
    SMMU_PT_4K = 12,
    SMMU_PT_16K = 14,
    SMMU_PT_64K = 16,
    SMMU_PT_OA_BITS = 48,        /* more than that needs other descriptor bits */
    SMMU_PT_DS_OA_TOP_BIT = 50,  /* with DS, SH has the address from here on */
    SMMU_PT_WIDE_TABLE_LOG2 = 6, /* with more than OA_BITS a first table is aligned to 64 bytes */
};

/* What the form of a table depends on; members as in struct smmu_pt_s1. */
struct smmu_pt_shape {
    uint8_t granule_log2;
    uint8_t output_bits;
    bool ds;
    bool oas_52;
};

enum smmu_pt_kind {
    SMMU_PT_INVALID,
    SMMU_PT_TABLE,
    SMMU_PT_LEAF,
};

/* Bits below @n_bits, which is less than 64. */
static inline uint64_t smmu_pt_low_mask(unsigned n_bits)
{
    return (UINT64_C(1) << n_bits) - 1;
}

static inline unsigned smmu_pt_bits_per_level(unsigned granule_log2)
{
    return granule_log2 - (unsigned)SMMU_PT_DESCRIPTOR_LOG2;
}

/* Lowest input bit of the index of @level: 12 / 21 / 30 / 39 / 48 with 4 KiB (4.3). */
static inline unsigned smmu_pt_index_low_bit(unsigned granule_log2, int level)
{
    return granule_log2 +
           smmu_pt_bits_per_level(granule_log2) * (unsigned)(SMMU_PT_LAST_LEVEL - level);
}

/* Where in a table of @level, the first one excepted, the descriptor for @input is, in bytes. */
static inline uint64_t smmu_pt_table_offset(unsigned granule_log2, uint64_t input, int level)
{
    const uint64_t index = input >> smmu_pt_index_low_bit(granule_log2, level);

    return (index & smmu_pt_low_mask(smmu_pt_bits_per_level(granule_log2)))
           << SMMU_PT_DESCRIPTOR_LOG2;
}

/* Address of the first descriptor for @input, of which @input_bits count. The first table is as
 * large as its index needs, be that less than a granule or several of them. */
static inline uint64_t smmu_pt_first_address(const struct smmu_pt_shape *shape, uint64_t ttb,
                                             int level, unsigned input_bits, uint64_t input)
{
    const unsigned low = smmu_pt_index_low_bit(shape->granule_log2, level);
    const uint64_t index = (input & smmu_pt_low_mask(input_bits)) >> low;
    unsigned table_log2 = input_bits - low + SMMU_PT_DESCRIPTOR_LOG2;

    if (shape->output_bits > SMMU_PT_OA_BITS && table_log2 < SMMU_PT_WIDE_TABLE_LOG2)
        table_log2 = SMMU_PT_WIDE_TABLE_LOG2;
    return (ttb & ~smmu_pt_low_mask(table_log2)) | index << SMMU_PT_DESCRIPTOR_LOG2;
}

/* Do descriptors hold 52-bit addresses, and may the level above have blocks for it? */
static inline bool smmu_pt_is_wide(const struct smmu_pt_shape *shape)
{
    return shape->granule_log2 == SMMU_PT_64K ? shape->oas_52 : shape->ds;
}

/* With DS, SH is not the shareability; a 64 KiB granule has no DS. */
static inline bool smmu_pt_is_sh_address(const struct smmu_pt_shape *shape)
{
    return shape->granule_log2 != SMMU_PT_64K && shape->ds;
}

/* Address in a descriptor, table or leaf, that is aligned to 2^@align_log2 bytes: the layouts of
 * all granules and levels differ only in where it ends, those of both stages in nothing. */
static inline uint64_t smmu_pt_output_address(const struct smmu_pt_shape *shape,
                                              uint64_t descriptor, unsigned align_log2)
{
    uint64_t oa = smmu_S1_PAGE_OA_addr(&descriptor) & ~smmu_pt_low_mask(align_log2);

    if (!smmu_pt_is_wide(shape))
        return oa;
    if (smmu_pt_is_sh_address(shape)) {
        oa |= smmu_S1_PAGE_OA_49_48_addr(&descriptor);
        oa |= smmu_S1_PAGE_SH(&descriptor) << SMMU_PT_DS_OA_TOP_BIT; /* the same of a table */
    } else {
        oa |= smmu_S1_PAGE_64K_OA_51_48(&descriptor) << SMMU_PT_OA_BITS;
    }
    return oa;
}

/* First level that may hold blocks without 52-bit addresses; those add the level above. */
static inline int smmu_pt_first_block_level(const struct smmu_pt_shape *shape)
{
    return shape->granule_log2 == SMMU_PT_4K ? 1 : 2;
}

static inline bool smmu_pt_is_block_allowed(const struct smmu_pt_shape *shape, int level)
{
    return level >= smmu_pt_first_block_level(shape) - (smmu_pt_is_wide(shape) ? 1 : 0);
}

/* log2 of the group's size. The bit is reserved in the blocks that only 52-bit addresses have. */
static inline uint8_t smmu_pt_contig_log2(const struct smmu_pt_shape *shape, uint64_t descriptor,
                                          int level)
{
    if (!smmu_S1_PAGE_Contig(&descriptor) || level < smmu_pt_first_block_level(shape))
        return 0;
    switch (shape->granule_log2) {
    case SMMU_PT_4K:
        return 4;
    case SMMU_PT_16K:
        return level == SMMU_PT_LAST_LEVEL ? 7 : 5;
    default:
        return 5;
    }
}

static inline enum smmu_pt_kind smmu_pt_kind_of(const struct smmu_pt_shape *shape,
                                                uint64_t descriptor, int level)
{
    const bool is_block = smmu_S1_PAGE_Kind(&descriptor) == 0; /* else a page or a table */

    if (!smmu_PTE_INVALID_Valid(&descriptor))
        return SMMU_PT_INVALID;
    if (level == SMMU_PT_LAST_LEVEL)
        return is_block ? SMMU_PT_INVALID : SMMU_PT_LEAF;
    if (!is_block)
        return SMMU_PT_TABLE;
    return smmu_pt_is_block_allowed(shape, level) ? SMMU_PT_LEAF : SMMU_PT_INVALID;
}

#endif
