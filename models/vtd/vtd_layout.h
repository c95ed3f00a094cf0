/* SPDX-License-Identifier: BSD-2-Clause
 * vtd_layout.h - every bit of VT-d as accessors, enumerators and tables.
 * Knows: the .def files beside it. Must not know: time, memory, drivers, a model's state.
 *
 * Per field:       vtd_<L>_<F>(words), vtd_<L>_<F>_addr(words), vtd_<L>_put_<F>(words, value),
 *                  VTD_MSB_<L>_<F>, VTD_LSB_<L>_<F>
 * Per named value: VTD_<L>_<F>_<NAME>
 * Per layout:      vtd_layout_<L>, VTD_WORDS_<L>; per register also VTD_REG_<L> (its offset)
 * Per descriptor:  VTD_QI_<L> (its type); per fault reason: VTD_F_59h */
#ifndef VTD_LAYOUT_H
#define VTD_LAYOUT_H

#include "models/common/hw_print.h"
#include "models/common/hw_table.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Who reads a field. A field is read if one of its bits is among an entry's conditions. */
enum {
    VTD_USED_ALWAYS = 1 << 0,
    VTD_USED_VALID = 1 << 1, /* the entry is present */
    VTD_USED_FS = 1 << 2,    /* PGTT = first stage */
    VTD_USED_SS = 1 << 3,    /* PGTT = second stage; legacy context: TT walks a table */
    VTD_USED_NESTED = 1 << 4,
    VTD_USED_PT = 1 << 5,
    VTD_USED_HPT = 1 << 6,     /* the context entry has HPTE=1: no entry says so of itself */
    VTD_USED_LOWER = 1 << 7,   /* root: lower half present */
    VTD_USED_UPPER = 1 << 8,   /* root: upper half present */
    VTD_USED_LEAF = 1 << 9,    /* page tables: maps a page */
    VTD_USED_DOMAIN = 1 << 10, /* descriptors: the granularity names a domain, ... */
    VTD_USED_DEVICE = 1 << 11,
    VTD_USED_PASID = 1 << 12,
    VTD_USED_PAGE = 1 << 13,
    VTD_USED_INDEX = 1 << 14,
    VTD_USED_STATUS = 1 << 15,  /* wait: a status is written */
    VTD_USED_IGNORED = 1 << 16, /* left to software, or old: never read */
    VTD_USED_SS_NESTED = VTD_USED_SS | VTD_USED_NESTED,
    VTD_USED_FS_NESTED = VTD_USED_FS | VTD_USED_NESTED,
    VTD_USED_WALK = VTD_USED_FS | VTD_USED_SS | VTD_USED_NESTED,
    VTD_USED_MEMTYPE = VTD_USED_FS | VTD_USED_NESTED | VTD_USED_PT,
    VTD_USED_ANY_PGTT = VTD_USED_WALK | VTD_USED_PT,
};

#define REG(name, offset, bytes, access, reset, writable, section, title)                          \
    enum { VTD_REG_##name = (offset) };                                                            \
    LAYOUT(name, title, section, (bytes)*8)
#define LAYOUT(name, title, section, n_bits)                                                       \
    extern const struct hw_layout vtd_layout_##name;                                               \
    enum { VTD_WORDS_##name = ((n_bits) + 63) / 64 };
#define F(layout, field, msb, lsb, used, show, doc)                                                \
    enum { VTD_MSB_##layout##_##field = (msb), VTD_LSB_##layout##_##field = (lsb) };               \
    HW_ACCESSORS(vtd, layout, field, msb, lsb)
#define E(layout, field, name, value, doc) enum { VTD_##layout##_##field##_##name = (value) };
#define END(name)
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
#undef REG
#undef LAYOUT
#undef F
#undef E
#undef END

/* ---- registers ------------------------------------------------------------------------------ */

/* vtd_regs: fixed offsets, ascending. vtd_iotlb_regs: offsets from vtd_iotlb_offset(ecap).
 * vtd_frcd_reg: record 0, offset from vtd_frcd_offset(cap); its writable mask covers word 0 only.
 */
extern const struct hw_reg vtd_regs[];
extern const size_t vtd_n_regs;
extern const struct hw_reg vtd_iotlb_regs[];
extern const size_t vtd_n_iotlb_regs;
extern const struct hw_reg vtd_frcd_reg;

/** vtd_reg_find - register of any of the three blocks by name, or NULL. */
const struct hw_reg *vtd_reg_find(const char *name);

/** vtd_reg_at - fixed register whose bytes include @offset, or NULL (relocated blocks: NULL). */
const struct hw_reg *vtd_reg_at(uint32_t offset);

/** vtd_iotlb_offset - where IVA is, from the value of ECAP. IOTLB follows. */
uint32_t vtd_iotlb_offset(uint64_t ecap);

/** vtd_frcd_offset - where fault record 0 is, from the value of CAP. */
uint32_t vtd_frcd_offset(uint64_t cap);

/** vtd_n_frcd - number of fault records, from the value of CAP. */
unsigned vtd_n_frcd(uint64_t cap);

/* ---- commands and their answers --------------------------------------------------------------*/

enum vtd_ack_kind {
    VTD_ACK_LEVEL,   /* status follows the command bit */
    VTD_ACK_SET,     /* one-shot: 1 when done */
    VTD_ACK_CLEARED, /* one-shot: 0 when done */
};

/** struct vtd_ack - one command field and the status field that answers it. Masks are in place. */
struct vtd_ack {
    const char *command, *status; /* registers, for vtd_reg_find */
    const char *command_field, *status_field;
    uint64_t command_mask, status_mask;
    enum vtd_ack_kind kind;
};

extern const struct vtd_ack vtd_acks[];
extern const size_t vtd_n_acks;

/**
 * vtd_gcmd_wait_mask - GSTS bits that software waits for after one store to GCMD.
 * @gcmd_before:  what was stored before (or GSTS masked as software does); 0 at reset.
 * @gcmd_written: what is stored now.
 *
 * Level bits that change, and one-shots that are 1. More than one bit: undefined by the
 * architecture (?), all of them are returned.
 */
uint64_t vtd_gcmd_wait_mask(uint64_t gcmd_before, uint64_t gcmd_written);

/** vtd_gcmd_wait_value - value of those GSTS bits once everything is done. */
uint64_t vtd_gcmd_wait_value(uint64_t gcmd_before, uint64_t gcmd_written);

/* ---- descriptors -----------------------------------------------------------------------------*/

#define QI(name, type, width) VTD_QI_##name = (type),
enum vtd_qi {
    VTD_QI_NONE = 0,
#include "models/vtd/qi_type.def"
};
#undef QI

/** vtd_qi_type - the 7-bit type of a descriptor. */
unsigned vtd_qi_type(const uint64_t *words);

/** vtd_qi_layout - layout of a type; vtd_layout_UNKNOWN if it has none. */
const struct hw_layout *vtd_qi_layout(unsigned type);

/** vtd_qi_is_wide - is the type legal only in a queue of 256-bit descriptors? */
bool vtd_qi_is_wide(unsigned type);

/** vtd_qi_name - "IOTLB_INV.domain" or "WAIT" into @buf; a reserved granularity is ".G<value>".
 * Return: @buf. */
const char *vtd_qi_name(const uint64_t *words, char *buf, size_t n_bytes);

/**
 * vtd_devtlb_range - address and size of a DEVTLB_INV or PDEVTLB_INV.
 * @base:        first address.
 * @n_log2: log2 of the number of 4 KiB pages; 52 = the whole address space.
 * Return: false for a coding without meaning (S=1 and every address bit 1). */
bool vtd_devtlb_range(const uint64_t *words, uint64_t *base, unsigned *n_log2);

/* ---- faults ----------------------------------------------------------------------------------*/

enum vtd_fault_code {
#define FAULT(code, id, rec, ats, flags, cause) VTD_F_##code##h = 0x##code,
#include "models/vtd/fault.def"
#undef FAULT
};

enum vtd_fault_class {
    VTD_FAULT_N, /* always recorded */
    VTD_FAULT_Q, /* recorded unless the governing FPD is 1 */
};

/** enum vtd_ats_result - what a translation request gets. */
enum vtd_ats_result {
    VTD_ATS_NONE, /* not a DMA, or a page request */
    VTD_ATS_UR,
    VTD_ATS_CA,
    VTD_ATS_S0,  /* success, no rights */
    VTD_ATS_SE,  /* success, the rights that exist */
    VTD_ATS_ANY, /* not known */
};

/**
 * struct vtd_fault - one reason.
 * @name:           "F_59h"; @id: the architecture's ("SPT.2").
 * @is_sure:        false if some column could not be confirmed.
 * @is_tr_recorded: a translation request that meets it leaves a record (if FPD lets it).
 */
struct vtd_fault {
    uint8_t code;
    const char *name;
    const char *id;
    enum vtd_fault_class rec;
    enum vtd_ats_result ats;
    bool is_sure;
    bool is_tr_recorded;
    const char *cause;
};

extern const struct vtd_fault vtd_faults[];
extern const size_t vtd_n_faults;

/** vtd_fault_find - by code, or NULL. */
const struct vtd_fault *vtd_fault_find(unsigned code);

/* ---- who reads what --------------------------------------------------------------------------*/

/** vtd_pasid_conditions - VTD_USED_* bits that hold for a PASID entry (8 words). Never HPT. */
uint32_t vtd_pasid_conditions(const uint64_t *entry);

/** vtd_ctx_conditions - the same for a scalable-mode context entry. */
uint32_t vtd_ctx_conditions(const uint64_t *entry);

/** vtd_ctx_legacy_conditions - the same for a legacy context entry. */
uint32_t vtd_ctx_legacy_conditions(const uint64_t *entry);

/** vtd_qi_conditions - the same for a descriptor. */
uint32_t vtd_qi_conditions(const uint64_t *words);

/* ---- decoding --------------------------------------------------------------------------------*/

/* Every layout, registers included. */
extern const struct hw_layout *const vtd_layouts[];
extern const size_t vtd_n_layouts;

/* root ctx pasid_dir pasid pte_fs pte_ss qi frcd prq irte fault */
extern const struct hw_decoder vtd_decoders[];
extern const size_t vtd_n_decoders;

/** vtd_decoder_find - by word, or NULL. */
const struct hw_decoder *vtd_decoder_find(const char *word);

/** vtd_decode_reg - hw_decode_layout plus what the values mean and what is wrong with them. */
void vtd_decode_reg(const struct hw_reg *reg, uint64_t value, struct hw_decoded *out);

#ifdef __cplusplus
}
#endif
#endif
