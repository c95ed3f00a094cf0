/* SPDX-License-Identifier: BSD-2-Clause
 * vtd_layout.c - the tables as data, and looking things up in them.
 * Knows: the .def files. Must not know: what a value means to a reader (vtd_explain.c). */
#include "models/vtd/vtd_layout.h"

#include <stdio.h>
#include <string.h>

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

#define HW_DEF "models/vtd/ctx.def"
#define HW_USED(name) VTD_USED_##name
#define HW_NAME(name) vtd_layout_##name
#include "models/common/hw_table.inc"

#define HW_DEF "models/vtd/frcd.def"
#define HW_USED(name) VTD_USED_##name
#define HW_NAME(name) vtd_layout_##name
#include "models/common/hw_table.inc"

#define HW_DEF "models/vtd/iotlb.def"
#define HW_USED(name) VTD_USED_##name
#define HW_NAME(name) vtd_layout_##name
#include "models/common/hw_table.inc"

#define HW_DEF "models/vtd/irte.def"
#define HW_USED(name) VTD_USED_##name
#define HW_NAME(name) vtd_layout_##name
#include "models/common/hw_table.inc"

#define HW_DEF "models/vtd/pasid.def"
#define HW_USED(name) VTD_USED_##name
#define HW_NAME(name) vtd_layout_##name
#include "models/common/hw_table.inc"

#define HW_DEF "models/vtd/prq.def"
#define HW_USED(name) VTD_USED_##name
#define HW_NAME(name) vtd_layout_##name
#include "models/common/hw_table.inc"

#define HW_DEF "models/vtd/pte.def"
#define HW_USED(name) VTD_USED_##name
#define HW_NAME(name) vtd_layout_##name
#include "models/common/hw_table.inc"

#define HW_DEF "models/vtd/qi.def"
#define HW_USED(name) VTD_USED_##name
#define HW_NAME(name) vtd_layout_##name
#include "models/common/hw_table.inc"

#define HW_DEF "models/vtd/regs.def"
#define HW_USED(name) VTD_USED_##name
#define HW_NAME(name) vtd_layout_##name
#include "models/common/hw_table.inc"

#define HW_DEF "models/vtd/root.def"
#define HW_USED(name) VTD_USED_##name
#define HW_NAME(name) vtd_layout_##name
#include "models/common/hw_table.inc"

/* clang-format off: lists made by macros */
#define F(layout, field, msb, lsb, used, show, doc)
#define E(layout, field, name, value, doc)
#define END(name)

#define REG(name, offset, bytes, access, reset, writable, section, title) &vtd_layout_##name,
#define LAYOUT(name, title, section, n_bits) &vtd_layout_##name,
const struct hw_layout *const vtd_layouts[] = {
#include "models/vtd/ctx.def"
#include "models/vtd/frcd.def"
#include "models/vtd/iotlb.def"
#include "models/vtd/irte.def"
#include "models/vtd/pasid.def"
#include "models/vtd/prq.def"
#include "models/vtd/pte.def"
#include "models/vtd/qi.def"
#include "models/vtd/regs.def"
#include "models/vtd/root.def"
};
#undef REG
#undef LAYOUT
const size_t vtd_n_layouts = ARRAY_LEN(vtd_layouts);

#define REG(name, offset, bytes, access, reset, writable, section, title)                          \
    {#name, offset, bytes, HW_##access, reset, writable, &vtd_layout_##name},
const struct hw_reg vtd_regs[] = {
#include "models/vtd/regs.def"
};
const size_t vtd_n_regs = ARRAY_LEN(vtd_regs);

const struct hw_reg vtd_iotlb_regs[] = {
#include "models/vtd/iotlb.def"
};
const size_t vtd_n_iotlb_regs = ARRAY_LEN(vtd_iotlb_regs);
#undef REG

#define REG(name, offset, bytes, access, reset, writable, section, title)                          \
#name, offset, bytes, HW_##access, reset, writable, &vtd_layout_##name
#define LAYOUT(name, title, section, n_bits)
const struct hw_reg vtd_frcd_reg = {
#include "models/vtd/frcd.def"
};
#undef REG
#undef LAYOUT
#undef F
#undef E
#undef END

#define MASK(layout, field)                                                                        \
    (UINT64_MAX >> (63 - (VTD_MSB_##layout##_##field - VTD_LSB_##layout##_##field))                \
                       << VTD_LSB_##layout##_##field)
#define ACK(cmd, cmd_field, sts, sts_field, kind)                                                  \
    {#cmd,          #sts, #cmd_field, #sts_field, MASK(cmd, cmd_field), MASK(sts, sts_field),      \
     VTD_ACK_##kind},
const struct vtd_ack vtd_acks[] = {
#include "models/vtd/ack.def"
};
#undef ACK
#undef MASK
const size_t vtd_n_acks = ARRAY_LEN(vtd_acks);

enum {
    SURE = 1,
    TR_TOO = 1 << 1 | SURE,
    UNSURE = 0,
};

#define FAULT(code, id, rec, ats, flags, cause)                                                    \
    {0x##code,                                                                                     \
     "F_" #code "h",                                                                               \
     id,                                                                                           \
     VTD_FAULT_##rec,                                                                              \
     VTD_ATS_##ats,                                                                                \
     ((flags)&SURE) != 0,                                                                          \
     VTD_ATS_##ats == VTD_ATS_UR || VTD_ATS_##ats == VTD_ATS_CA || (flags) == TR_TOO,              \
     cause},
const struct vtd_fault vtd_faults[] = {
#include "models/vtd/fault.def"
};
#undef FAULT
const size_t vtd_n_faults = ARRAY_LEN(vtd_faults);

/** struct qi_type - one line of qi_type.def. */
struct qi_type {
    unsigned type;
    bool is_wide;
    const struct hw_layout *layout;
};

enum {
    ANY = 0,
    WIDE = 1,
};

#define QI(name, type, width) {type, (width) == WIDE, &vtd_layout_##name},
static const struct qi_type qi_types[] = {
#include "models/vtd/qi_type.def"
};
#undef QI
/* clang-format on */

const struct hw_reg *vtd_reg_find(const char *name)
{
    for (size_t i = 0; i < vtd_n_regs; i++) {
        if (strcmp(vtd_regs[i].name, name) == 0)
            return &vtd_regs[i];
    }
    for (size_t i = 0; i < vtd_n_iotlb_regs; i++) {
        if (strcmp(vtd_iotlb_regs[i].name, name) == 0)
            return &vtd_iotlb_regs[i];
    }
    return strcmp(vtd_frcd_reg.name, name) == 0 ? &vtd_frcd_reg : NULL;
}

const struct hw_reg *vtd_reg_at(uint32_t offset)
{
    for (size_t i = 0; i < vtd_n_regs; i++) {
        if (offset >= vtd_regs[i].offset && offset - vtd_regs[i].offset < vtd_regs[i].n_bytes)
            return &vtd_regs[i];
    }
    return NULL;
}

/* IRO and FRO count units of 16 bytes. */
uint32_t vtd_iotlb_offset(uint64_t ecap)
{
    return (uint32_t)vtd_ECAP_IRO(&ecap) * 16;
}

uint32_t vtd_frcd_offset(uint64_t cap)
{
    return (uint32_t)vtd_CAP_FRO(&cap) * 16;
}

unsigned vtd_n_frcd(uint64_t cap)
{
    return (unsigned)vtd_CAP_NFR(&cap) + 1;
}

uint64_t vtd_gcmd_wait_mask(uint64_t gcmd_before, uint64_t gcmd_written)
{
    uint64_t mask = 0;

    for (size_t i = 0; i < vtd_n_acks; i++) {
        const struct vtd_ack *ack = &vtd_acks[i];
        const uint64_t asked =
            ack->kind == VTD_ACK_LEVEL ? gcmd_before ^ gcmd_written : gcmd_written;

        if (strcmp(ack->command, vtd_layout_GCMD.name) == 0 && asked & ack->command_mask)
            mask |= ack->status_mask;
    }
    return mask;
}

uint64_t vtd_gcmd_wait_value(uint64_t gcmd_before, uint64_t gcmd_written)
{
    const uint64_t mask = vtd_gcmd_wait_mask(gcmd_before, gcmd_written);
    uint64_t value = 0;

    for (size_t i = 0; i < vtd_n_acks; i++) {
        const struct vtd_ack *ack = &vtd_acks[i];

        if (strcmp(ack->command, vtd_layout_GCMD.name) == 0 && ack->kind != VTD_ACK_CLEARED &&
            gcmd_written & ack->command_mask)
            value |= ack->status_mask & mask;
    }
    return value;
}

unsigned vtd_qi_type(const uint64_t *words)
{
    const unsigned n_low = VTD_MSB_UNKNOWN_TYPE - VTD_LSB_UNKNOWN_TYPE + 1;

    return (unsigned)(vtd_UNKNOWN_TYPE_HI(words) << n_low | vtd_UNKNOWN_TYPE(words));
}

static const struct qi_type *qi_type_find(unsigned type)
{
    for (size_t i = 0; i < ARRAY_LEN(qi_types); i++) {
        if (qi_types[i].type == type)
            return &qi_types[i];
    }
    return NULL;
}

const struct hw_layout *vtd_qi_layout(unsigned type)
{
    const struct qi_type *found = qi_type_find(type);

    return found ? found->layout : &vtd_layout_UNKNOWN;
}

bool vtd_qi_is_wide(unsigned type)
{
    const struct qi_type *found = qi_type_find(type);

    return found && found->is_wide;
}

const char *vtd_qi_name(const uint64_t *words, char *buf, size_t n_bytes)
{
    const struct hw_layout *layout = vtd_qi_layout(vtd_qi_type(words));
    const struct hw_field *field = hw_field_find(layout, "G");
    const struct hw_encoding *enc;
    uint64_t value;

    if (!field) {
        (void)snprintf(buf, n_bytes, "%s", layout->name);
        return buf;
    }
    value = hw_get(words, field->msb, field->lsb);
    enc = hw_encoding_find(layout, field->name, value);
    if (enc)
        (void)snprintf(buf, n_bytes, "%s.%s", layout->name, enc->name);
    else
        (void)snprintf(buf, n_bytes, "%s.G%u", layout->name, (unsigned)value);
    return buf;
}

static_assert((int)VTD_MSB_DEVTLB_INV_ADDR == (int)VTD_MSB_PDEVTLB_INV_ADDR &&
                  (int)VTD_LSB_DEVTLB_INV_ADDR == (int)VTD_LSB_PDEVTLB_INV_ADDR,
              "both device TLB descriptors code their range in the same bits");

bool vtd_devtlb_range(const uint64_t *words, uint64_t *base, unsigned *n_log2)
{
    const unsigned n_bits = VTD_MSB_DEVTLB_INV_ADDR - VTD_LSB_DEVTLB_INV_ADDR + 1;
    const uint64_t addr = vtd_DEVTLB_INV_ADDR_addr(words);
    const uint64_t page = vtd_DEVTLB_INV_ADDR(words);
    const bool is_many = vtd_qi_type(words) == VTD_QI_DEVTLB_INV ? vtd_DEVTLB_INV_S(words) != 0
                                                                 : vtd_PDEVTLB_INV_S(words) != 0;
    unsigned n = 0;

    if (!is_many) {
        *base = addr;
        *n_log2 = 0;
        return true;
    }
    while (n < n_bits && page >> n & 1)
        n++;
    if (n == n_bits)
        return false;
    *n_log2 = n + 1;
    *base = n + 1 == n_bits ? 0 : addr >> (64 - n_bits + n + 1) << (64 - n_bits + n + 1);
    return true;
}

const struct vtd_fault *vtd_fault_find(unsigned code)
{
    for (size_t i = 0; i < vtd_n_faults; i++) {
        if (vtd_faults[i].code == code)
            return &vtd_faults[i];
    }
    return NULL;
}
