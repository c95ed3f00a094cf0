/* SPDX-License-Identifier: BSD-2-Clause
 * smmu_layout.c - the tables as data, and looking things up in them.
 * Knows: the .def files. Must not know: what a value means to a reader (smmu_explain.c). */
#include "models/smmuv3/smmu_layout.h"

#include <string.h>

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

/* clang-format off: lists made by macros */
#define CMD(name, opcode, section, title) LAYOUT(name, title, section, 128)
#define EVT(name, number, section, title) LAYOUT(name, title, section, 256)
#define ARRAY(name, stride, count)
#define ACK(written, polled, mask, kind)

#define HW_DEF "models/smmuv3/cd.def"
#define HW_USED(name) SMMU_USED_##name
#define HW_NAME(name) smmu_layout_##name
#include "models/common/hw_table.inc"

#define HW_DEF "models/smmuv3/cmd.def"
#define HW_USED(name) SMMU_USED_##name
#define HW_NAME(name) smmu_layout_##name
#include "models/common/hw_table.inc"

#define HW_DEF "models/smmuv3/evt.def"
#define HW_USED(name) SMMU_USED_##name
#define HW_NAME(name) smmu_layout_##name
#include "models/common/hw_table.inc"

#define HW_DEF "models/smmuv3/pri.def"
#define HW_USED(name) SMMU_USED_##name
#define HW_NAME(name) smmu_layout_##name
#include "models/common/hw_table.inc"

#define HW_DEF "models/smmuv3/pte.def"
#define HW_USED(name) SMMU_USED_##name
#define HW_NAME(name) smmu_layout_##name
#include "models/common/hw_table.inc"

#define HW_DEF "models/smmuv3/regs.def"
#define HW_USED(name) SMMU_USED_##name
#define HW_NAME(name) smmu_layout_##name
#include "models/common/hw_table.inc"

#define HW_DEF "models/smmuv3/ste.def"
#define HW_USED(name) SMMU_USED_##name
#define HW_NAME(name) smmu_layout_##name
#include "models/common/hw_table.inc"
#undef CMD
#undef EVT

#define F(layout, field, msb, lsb, used, show, doc)
#define E(layout, field, name, value, doc)
#define END(name)

#define REG(name, offset, bytes, access, reset, writable, section, title) &smmu_layout_##name,
#define CMD(name, opcode, section, title) &smmu_layout_##name,
#define EVT(name, number, section, title) &smmu_layout_##name,
#define LAYOUT(name, title, section, n_bits) &smmu_layout_##name,
const struct hw_layout *const smmu_layouts[] = {
#include "models/smmuv3/cd.def"
#include "models/smmuv3/cmd.def"
#include "models/smmuv3/evt.def"
#include "models/smmuv3/pri.def"
#include "models/smmuv3/pte.def"
#include "models/smmuv3/regs.def"
#include "models/smmuv3/ste.def"
};
const size_t smmu_n_layouts = ARRAY_LEN(smmu_layouts);
#undef REG
#undef CMD
#undef EVT
#undef LAYOUT

#define LAYOUT(name, title, section, n_bits)
#define REG(name, offset, bytes, access, reset, writable, section, title)                          \
    {#name, offset, bytes, HW_##access, reset, writable, &smmu_layout_##name},
const struct hw_reg smmu_regs[] = {
#include "models/smmuv3/regs.def"
};
const size_t smmu_n_regs = ARRAY_LEN(smmu_regs);
#undef REG
#undef ARRAY
#undef ACK

/** struct reg_array - registers that repeat. */
struct reg_array {
    uint32_t offset;
    uint32_t stride;
    uint32_t count;
};

#define REG(name, offset, bytes, access, reset, writable, section, title)
#define ACK(written, polled, mask, kind)
#define ARRAY(name, stride, count) {SMMU_REG_##name, stride, count},
static const struct reg_array reg_arrays[] = {
#include "models/smmuv3/regs.def"
};
#undef ACK
#undef ARRAY

#define ARRAY(name, stride, count)
#define ACK(written, polled, mask, kind)                                                           \
    {SMMU_REG_##written, SMMU_REG_##polled, mask, SMMU_ACK_##kind},
const struct smmu_ack smmu_acks[] = {
#include "models/smmuv3/regs.def"
};
const size_t smmu_n_acks = ARRAY_LEN(smmu_acks);
#undef REG
#undef ACK
#undef ARRAY

/** struct coded_layout - a command's opcode or an event's number. */
struct coded_layout {
    uint64_t code;
    const struct hw_layout *layout;
};

#define CMD(name, opcode, section, title) {opcode, &smmu_layout_##name},
static const struct coded_layout commands[] = {
#include "models/smmuv3/cmd.def"
};
#undef CMD

#define EVT(name, number, section, title) {number, &smmu_layout_##name},
static const struct coded_layout events[] = {
#include "models/smmuv3/evt.def"
};
#undef EVT
#undef LAYOUT
#undef F
#undef E
#undef END
/* clang-format on */

/* Codes left to the implementation (4.1.1, 7.3.21). */
enum {
    IMPDEF_CMD_FIRST = 0x80,
    IMPDEF_CMD_LAST = 0x8f,
    IMPDEF_EVT_FIRST = 0xe0,
    IMPDEF_EVT_LAST = 0xef,
};

enum {
    LOG2_4K = 12,
    LOG2_16K = 14,
    LOG2_64K = 16,
    SPAN_MAX = 11,
};

const struct hw_reg *smmu_reg_find(const char *name)
{
    for (size_t i = 0; i < smmu_n_regs; i++) {
        if (strcmp(smmu_regs[i].name, name) == 0)
            return &smmu_regs[i];
    }
    return NULL;
}

static const struct hw_reg *plain_reg_at(uint64_t offset)
{
    size_t low = 0;
    size_t high = smmu_n_regs;

    while (low < high) {
        const size_t middle = low + (high - low) / 2;

        if (smmu_regs[middle].offset + smmu_regs[middle].n_bytes <= offset)
            low = middle + 1;
        else
            high = middle;
    }
    return low < smmu_n_regs && smmu_regs[low].offset <= offset ? &smmu_regs[low] : NULL;
}

const struct hw_reg *smmu_reg_at(uint64_t offset)
{
    for (size_t i = 0; i < ARRAY_LEN(reg_arrays); i++) {
        const struct reg_array *array = &reg_arrays[i];
        const uint64_t into = offset - array->offset;

        if (offset >= array->offset && into / array->stride < array->count) {
            const struct hw_reg *reg = plain_reg_at(array->offset);

            if (into % array->stride < reg->n_bytes)
                return reg;
        }
    }
    return plain_reg_at(offset);
}

const struct smmu_ack *smmu_ack_find(uint64_t offset)
{
    for (size_t i = 0; i < smmu_n_acks; i++) {
        if (smmu_acks[i].written == offset)
            return &smmu_acks[i];
    }
    return NULL;
}

static const struct hw_layout *find_code(const struct coded_layout *list, size_t n, uint64_t code)
{
    for (size_t i = 0; i < n; i++) {
        if (list[i].code == code)
            return list[i].layout;
    }
    return NULL;
}

const struct hw_layout *smmu_cmd_layout(uint64_t opcode)
{
    const struct hw_layout *found = find_code(commands, ARRAY_LEN(commands), opcode);

    if (found)
        return found;
    if (opcode >= IMPDEF_CMD_FIRST && opcode <= IMPDEF_CMD_LAST)
        return &smmu_layout_IMPDEF_CMD;
    return &smmu_layout_UNKNOWN_CMD;
}

const char *smmu_cmd_name(uint64_t opcode)
{
    return smmu_cmd_layout(opcode)->name;
}

const struct hw_layout *smmu_evt_layout(uint64_t number)
{
    const struct hw_layout *found = find_code(events, ARRAY_LEN(events), number);

    if (found)
        return found;
    if (number >= IMPDEF_EVT_FIRST && number <= IMPDEF_EVT_LAST)
        return &smmu_layout_IMPDEF_EVT;
    return &smmu_layout_UNKNOWN_EVT;
}

const char *smmu_evt_name(uint64_t number)
{
    return smmu_evt_layout(number)->name;
}

bool smmu_cmd_is_secure(uint64_t opcode)
{
    switch (opcode) {
    case SMMU_CMD_TLBI_EL3_ALL:
    case SMMU_CMD_TLBI_EL3_VA:
    case SMMU_CMD_TLBI_S_EL2_ALL:
    case SMMU_CMD_TLBI_S_EL2_ASID:
    case SMMU_CMD_TLBI_S_EL2_VA:
    case SMMU_CMD_TLBI_S_EL2_VAA:
    case SMMU_CMD_TLBI_S_S12_VMALL:
    case SMMU_CMD_TLBI_S_S2_IPA:
    case SMMU_CMD_TLBI_SNH_ALL:
        return true;
    default:
        return false;
    }
}

/* Every command with a TG has its range fields in the same bits (4.4.1.1). */
bool smmu_tlbi_range(const uint64_t *cmd, uint64_t *n_bytes)
{
    const struct hw_layout *layout = smmu_cmd_layout(smmu_UNKNOWN_CMD_op(cmd));
    const unsigned granule_log2 = smmu_tlbi_tg_log2(smmu_TLBI_NH_VA_TG(cmd));
    const uint64_t units = smmu_TLBI_NH_VA_NUM(cmd) + 1;
    const uint64_t shift = smmu_TLBI_NH_VA_SCALE(cmd) + granule_log2;

    if (!hw_field_find(layout, "TG") || granule_log2 == 0)
        return false;
    *n_bytes = shift < 64 && units <= UINT64_MAX >> shift ? units << shift : UINT64_MAX;
    return true;
}

unsigned smmu_tg0_log2(uint64_t code)
{
    switch (code) {
    case SMMU_CD_TG0_G4K:
        return LOG2_4K;
    case SMMU_CD_TG0_G64K:
        return LOG2_64K;
    case SMMU_CD_TG0_G16K:
        return LOG2_16K;
    default:
        return 0;
    }
}

unsigned smmu_tg1_log2(uint64_t code)
{
    switch (code) {
    case SMMU_CD_TG1_G16K:
        return LOG2_16K;
    case SMMU_CD_TG1_G4K:
        return LOG2_4K;
    case SMMU_CD_TG1_G64K:
        return LOG2_64K;
    default:
        return 0;
    }
}

unsigned smmu_s2tg_log2(uint64_t code)
{
    switch (code) {
    case SMMU_STE_S2TG_G4K:
        return LOG2_4K;
    case SMMU_STE_S2TG_G64K:
        return LOG2_64K;
    case SMMU_STE_S2TG_G16K:
        return LOG2_16K;
    default:
        return 0;
    }
}

unsigned smmu_tlbi_tg_log2(uint64_t code)
{
    switch (code) {
    case SMMU_TLBI_NH_VA_TG_G4K:
        return LOG2_4K;
    case SMMU_TLBI_NH_VA_TG_G16K:
        return LOG2_16K;
    case SMMU_TLBI_NH_VA_TG_G64K:
        return LOG2_64K;
    default:
        return 0;
    }
}

unsigned smmu_address_bits(uint64_t code)
{
    static const uint8_t bits[] = {
        [SMMU_IDR5_OAS_B32] = 32, [SMMU_IDR5_OAS_B36] = 36, [SMMU_IDR5_OAS_B40] = 40,
        [SMMU_IDR5_OAS_B42] = 42, [SMMU_IDR5_OAS_B44] = 44, [SMMU_IDR5_OAS_B48] = 48,
        [SMMU_IDR5_OAS_B52] = 52, [SMMU_IDR5_OAS_B56] = 56,
    };

    return code < ARRAY_LEN(bits) ? bits[code] : 0;
}

unsigned smmu_l1std_stes(uint64_t span)
{
    return span == 0 || span > SPAN_MAX ? 0 : 1u << (span - 1);
}

int smmu_s2_start_level(const uint64_t *ste)
{
    const int code = (int)smmu_STE_S2SL0(ste);

    switch (smmu_s2tg_log2(smmu_STE_S2TG(ste))) {
    case LOG2_4K:
        if (smmu_STE_S2DS(ste) && smmu_STE_S2SL0_2(ste))
            return code == 0 ? -1 : SMMU_NO_LEVEL;
        return code == 3 ? 3 : 2 - code;
    case LOG2_16K:
        return 3 - code;
    case LOG2_64K:
        return code == 3 ? SMMU_NO_LEVEL : 3 - code;
    default:
        return SMMU_NO_LEVEL;
    }
}

uint32_t smmu_ste_conditions(const uint64_t *ste)
{
    const uint32_t valid = SMMU_USED_ALWAYS | SMMU_USED_VALID;
    const uint32_t s2 = SMMU_USED_S2 | SMMU_USED_TYPES | SMMU_USED_VMID;
    uint32_t s1 = SMMU_USED_S1;

    if (!smmu_STE_V(ste))
        return SMMU_USED_ALWAYS;
    if (smmu_STE_S1DSS(ste) == SMMU_STE_S1DSS_BYPASS)
        s1 |= SMMU_USED_TYPES;
    switch (smmu_STE_Config(ste)) {
    case SMMU_STE_Config_BYPASS:
        return valid | SMMU_USED_BYPASS | SMMU_USED_TYPES;
    case SMMU_STE_Config_S1:
        if (smmu_STE_STRW(ste) != SMMU_STE_STRW_EL2)
            s1 |= SMMU_USED_VMID;
        return valid | s1 | SMMU_USED_STRW;
    case SMMU_STE_Config_S2:
        return valid | s2;
    case SMMU_STE_Config_NESTED:
        return valid | s1 | s2;
    default: /* 0xx: abort, nothing else is looked at */
        return valid;
    }
}

uint32_t smmu_cd_conditions(const uint64_t *cd)
{
    uint32_t conditions = SMMU_USED_ALWAYS | SMMU_USED_VALID;

    if (!smmu_CD_V(cd))
        return SMMU_USED_ALWAYS;
    if (!smmu_CD_EPD0(cd))
        conditions |= SMMU_USED_HALF0;
    if (!smmu_CD_EPD1(cd))
        conditions |= SMMU_USED_HALF1;
    return conditions;
}

uint32_t smmu_l1cd_conditions(const uint64_t *l1cd)
{
    return smmu_L1CD_V(l1cd) ? SMMU_USED_ALWAYS | SMMU_USED_VALID : SMMU_USED_ALWAYS;
}
