/* SPDX-License-Identifier: BSD-2-Clause
 * smmu_layout.h - every bit of SMMUv3 (Non-secure) as accessors, enumerators and tables.
 * Knows: the .def files beside it. Must not know: time, memory, drivers, a model's state.
 *
 * Per field:       smmu_<L>_<F>(words), smmu_<L>_<F>_addr(words), smmu_<L>_put_<F>(words, value),
 *                  SMMU_MSB_<L>_<F>, SMMU_LSB_<L>_<F>
 * Per named value: SMMU_<L>_<F>_<NAME>
 * Per layout:      smmu_layout_<L>, SMMU_WORDS_<L>; per register also SMMU_REG_<L> (its offset)
 * Per command:     SMMU_CMD_<L> (its opcode); per event: SMMU_EVT_<L> (its number) */
#ifndef SMMU_LAYOUT_H
#define SMMU_LAYOUT_H

#include "models/common/hw_print.h"
#include "models/common/hw_table.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Who reads a field. A field is read if one of its bits is among an entry's conditions. */
enum {
    SMMU_USED_ALWAYS = 1 << 0,
    SMMU_USED_VALID = 1 << 1,   /* V=1 */
    SMMU_USED_S1 = 1 << 2,      /* STE: stage 1 translates */
    SMMU_USED_S2 = 1 << 3,      /* STE: stage 2 translates */
    SMMU_USED_BYPASS = 1 << 4,  /* STE: neither does, and no abort */
    SMMU_USED_TYPES = 1 << 5,   /* STE: memory type overrides: bypass, stage 2, or S1DSS=BYPASS */
    SMMU_USED_STRW = 1 << 6,    /* STE: stage 1 only */
    SMMU_USED_VMID = 1 << 7,    /* STE: NS-EL1 translations, tagged by VMID */
    SMMU_USED_HALF0 = 1 << 8,   /* CD: EPD0=0 */
    SMMU_USED_HALF1 = 1 << 9,   /* CD: EPD1=0 */
    SMMU_USED_OPTION = 1 << 10, /* read only with a feature that the words do not tell (MPAM,
                                   [3.4+], hardware use of descriptor bits): never a condition */
    SMMU_USED_OTHER = 1 << 11,  /* Secure, of the implementation, of software: never a condition */
    SMMU_USED_WALK = SMMU_USED_S1 | SMMU_USED_S2,
    SMMU_USED_ACTIVE = SMMU_USED_WALK | SMMU_USED_BYPASS,
};

#define REG(name, offset, bytes, access, reset, writable, section, title)                          \
    enum { SMMU_REG_##name = (offset) };                                                           \
    LAYOUT(name, title, section, (bytes)*8)
#define CMD(name, opcode, section, title)                                                          \
    enum { SMMU_CMD_##name = (opcode) };                                                           \
    LAYOUT(name, title, section, 128)
#define EVT(name, number, section, title)                                                          \
    enum { SMMU_EVT_##name = (number) };                                                           \
    LAYOUT(name, title, section, 256)
#define LAYOUT(name, title, section, n_bits)                                                       \
    extern const struct hw_layout smmu_layout_##name;                                              \
    enum { SMMU_WORDS_##name = ((n_bits) + 63) / 64 };
#define F(layout, field, msb, lsb, used, show, doc)                                                \
    enum { SMMU_MSB_##layout##_##field = (msb), SMMU_LSB_##layout##_##field = (lsb) };             \
    HW_ACCESSORS(smmu, layout, field, msb, lsb)
#define E(layout, field, name, value, doc) enum { SMMU_##layout##_##field##_##name = (value) };
#define END(name)
#define ARRAY(name, stride, count)
#define ACK(written, polled, mask, kind)
#include "models/smmuv3/cd.def"
#include "models/smmuv3/cmd.def"
#include "models/smmuv3/evt.def"
#include "models/smmuv3/pri.def"
#include "models/smmuv3/pte.def"
#include "models/smmuv3/regs.def"
#include "models/smmuv3/ste.def"
#undef REG
#undef CMD
#undef EVT
#undef LAYOUT
#undef F
#undef E
#undef END
#undef ARRAY
#undef ACK

enum { SMMU_CMD_SYNC = SMMU_CMD_CMD_SYNC }; /* the architecture says CMD_ before every command */

/* ---- registers ------------------------------------------------------------------------------ */

extern const struct hw_reg smmu_regs[]; /* ascending by offset; page 1 from 0x10000 */
extern const size_t smmu_n_regs;

/** smmu_reg_find - register by name, or NULL. */
const struct hw_reg *smmu_reg_find(const char *name);

/**
 * smmu_reg_at - register whose bytes include @offset, or NULL.
 *
 * The upper half of a 64-bit register gives that register, an element of an array its element 0.
 * The page 0 places of EVENTQ_PROD and its like are NULL: alias or RAZ/WI is the model's choice.
 */
const struct hw_reg *smmu_reg_at(uint64_t offset);

enum smmu_ack_kind {
    SMMU_ACK_FOLLOWS, /* done when the mask bits polled equal those written */
    SMMU_ACK_CLEARED, /* done when the mask bits polled are 0 */
};

/** struct smmu_ack - software writes one register and waits for bits of another (or the same). */
struct smmu_ack {
    uint32_t written, polled; /* offsets */
    uint32_t mask;            /* bits that answer */
    enum smmu_ack_kind kind;
};

extern const struct smmu_ack smmu_acks[];
extern const size_t smmu_n_acks;

/** smmu_ack_find - the pair whose written register is at @offset, or NULL. */
const struct smmu_ack *smmu_ack_find(uint64_t offset);

/* ---- commands and events ---------------------------------------------------------------------*/

/** smmu_cmd_layout - layout of an opcode; of opcodes without one, IMPDEF_CMD or UNKNOWN_CMD. */
const struct hw_layout *smmu_cmd_layout(uint64_t opcode);

/** smmu_cmd_name - the architecture's name ("CFGI_STE"); that of the layout above if none. */
const char *smmu_cmd_name(uint64_t opcode);

/** smmu_evt_layout - layout of an event number; of numbers without one, IMPDEF_EVT or UNKNOWN_EVT.
 */
const struct hw_layout *smmu_evt_layout(uint64_t number);

/** smmu_evt_name - the architecture's name ("F_TRANSLATION"); that of the layout above if none. */
const char *smmu_evt_name(uint64_t number);

/** smmu_cmd_is_secure - is the opcode illegal in every Non-secure command queue? */
bool smmu_cmd_is_secure(uint64_t opcode);

/**
 * smmu_tlbi_range - what an invalidation by address asks for.
 * @n_bytes: size of the range: (NUM+1) * 2^SCALE granules. UINT64_MAX if it does not fit.
 *
 * Return: false if the command is not one by address or names no range (TG=0: a single address).
 */
bool smmu_tlbi_range(const uint64_t *cmd, uint64_t *n_bytes);

/* ---- codings ---------------------------------------------------------------------------------*/

/* Log2 of the granule that a code means, 0 if it is reserved. Each place has a coding of its own:
 * CD.TG0 and STE.S2TG, CD.TG1, TG of a TLB invalidation. */
unsigned smmu_tg0_log2(uint64_t code);
unsigned smmu_tg1_log2(uint64_t code);
unsigned smmu_s2tg_log2(uint64_t code);
unsigned smmu_tlbi_tg_log2(uint64_t code);

/** smmu_address_bits - address size of a code of OAS, IPS or S2PS. */
unsigned smmu_address_bits(uint64_t code);

/** smmu_l1std_stes - how many STEs a Span covers; 0 if it is 0 or reserved. */
unsigned smmu_l1std_stes(uint64_t span);

enum { SMMU_NO_LEVEL = -2 };

/** smmu_s2_start_level - level -1..3 where the stage 2 walk starts, or SMMU_NO_LEVEL if reserved.
 * @ste: 8 words; S2SL0_2 counts only with S2DS=1 and a 4 KiB granule. */
int smmu_s2_start_level(const uint64_t *ste);

/* ---- who reads what --------------------------------------------------------------------------*/

/** smmu_ste_conditions - SMMU_USED_* bits that hold for an STE (8 words). */
uint32_t smmu_ste_conditions(const uint64_t *ste);

/** smmu_cd_conditions - the same for a CD (8 words). */
uint32_t smmu_cd_conditions(const uint64_t *cd);

/** smmu_l1cd_conditions - the same for a level 1 CD. */
uint32_t smmu_l1cd_conditions(const uint64_t *l1cd);

/* ---- decoding --------------------------------------------------------------------------------*/

/* Every layout, registers included. */
extern const struct hw_layout *const smmu_layouts[];
extern const size_t smmu_n_layouts;

/* l1std ste l1cd cd pte_s1 pte_s2 cmd evt pri */
extern const struct hw_decoder smmu_decoders[];
extern const size_t smmu_n_decoders;

/** smmu_decoder_find - by word, or NULL. */
const struct hw_decoder *smmu_decoder_find(const char *word);

/** smmu_decode_reg - hw_decode_layout plus what the values mean. */
void smmu_decode_reg(const struct hw_reg *reg, uint64_t value, struct hw_decoded *out);

#ifdef __cplusplus
}
#endif
#endif
