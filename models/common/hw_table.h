/* SPDX-License-Identifier: BSD-2-Clause
 * hw_table.h - the language of the .def files, and what each line becomes in a header.
 * Knows: how a table expands. Must not know: any table.
 *
 * A .def file holds one or more structures:
 *
 *   LAYOUT(STE, "stream table entry", "5.2", 512)
 *   F(STE, V,      0, 0, ALWAYS, NUMBER, "entry is valid")
 *   F(STE, Config, 3, 1, VALID,  NUMBER, "which stages translate")
 *   E(STE, Config, ABORT, 0, "abort every transaction, no event")
 *   END(STE)
 *
 * A register is a structure with a place:
 *
 *   REG(CR0, 0x020, 4, RW, 0x0, 0x15f, "6.3.9", "control register 0")   ... F, E ... END(CR0)
 *   (name, offset, bytes, access, reset value, writable bits, section, title)
 *
 * F(layout, field, msb, lsb, used, show, doc): @used names an enumerator <PREFIX>_USED_<used> (a
 * bit: who reads the field), @show one of HW_SHOW_*.
 * E(layout, field, name, value, doc).
 *
 * A header defines HW_PREFIX-specific macros around each .def (see smmu_layout.h); a source file
 * includes hw_table.inc once per .def. Both leave no macro behind. */
#ifndef HW_TABLE_H
#define HW_TABLE_H

#include "models/common/hw_field.h"

enum hw_access {
    HW_RO,
    HW_RW,
    HW_WO,
    HW_W1C,
};

/** struct hw_reg - one register; its layout has its name in words, section and fields. */
struct hw_reg {
    const char *name;
    uint32_t offset;
    uint8_t n_bytes;
    uint8_t access;
    uint64_t reset;
    uint64_t writable;
    const struct hw_layout *layout;
};

/* HW_ACCESSORS(prefix, layout, field, msb, lsb): field value, and the same bits as an address. */
#define HW_ACCESSORS(prefix, layout, field, msb, lsb)                                              \
    static_assert((msb) / 64 == (lsb) / 64, #layout "." #field " straddles two words");            \
    static inline uint64_t prefix##_##layout##_##field(const uint64_t *words)                      \
    {                                                                                              \
        return hw_get(words, msb, lsb);                                                            \
    }                                                                                              \
    static inline uint64_t prefix##_##layout##_##field##_addr(const uint64_t *words)               \
    {                                                                                              \
        return hw_get_addr(words, msb, lsb);                                                       \
    }                                                                                              \
    static inline void prefix##_##layout##_put_##field(uint64_t *words, uint64_t value)            \
    {                                                                                              \
        hw_put(words, msb, lsb, value);                                                            \
    }

#endif
