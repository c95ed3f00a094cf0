/* SPDX-License-Identifier: BSD-2-Clause
 * arch.h - what an architecture says about its structures, as a table of pure functions.
 * Knows: shapes that both architectures share: chains, tags, commands, tables. Must not know: any
 * layout. Whoever binds the program fills a struct chk_arch in (cli/arch_smmuv3.c), so that the
 * explorer, the rules and the simulation use one decoder.
 *
 * Every function depends on its arguments alone, takes no memory and cannot fail. Structs that are
 * written are written whole, padding included: they may be compared with memcmp. */
#ifndef CHK_ARCH_H
#define CHK_ARCH_H

#include "sim/record.h"

#ifdef __cplusplus
extern "C" {
#endif

#define CHK_MAX_WORDS 8u /* of one structure: 64 bytes */
#define CHK_NO_PASID UINT32_MAX
#define CHK_NO_ID UINT32_MAX /* a tag has no such part */

/* ---- registers ------------------------------------------------------------------------------- */

/**
 * struct chk_arch_unit - registers of one IOMMU, as software wrote them. @state belongs to the
 * architecture; the rest is for everybody.
 * @is_on:       requests are translated (the switch was written, acknowledged or not).
 * @has_queue:   the command queue runs.
 * @queue_base:  first byte of the command queue; @queue_log2: log2 of its slots of @slot_bytes.
 * @prod:        write pointer as written, with a wrap bit (made up where registers have none).
 * @is_known:    ID registers that decoding needs were seen (chk_arch.set).
 */
struct chk_arch_unit {
    bool is_on, has_queue, is_known;
    uint8_t queue_log2;
    uint8_t slot_bytes;
    uint32_t prod;
    uint64_t queue_base;
    uint64_t state[48];
};

/** enum chk_reg_effect - what a register write meant. */
enum chk_reg_effect {
    CHK_REG_NONE,    /* nothing that can change what a request sees */
    CHK_REG_TABLE,   /* where the first table is, or how large */
    CHK_REG_ON,      /* translation was switched on */
    CHK_REG_OFF,     /* ... or off */
    CHK_REG_QUEUE,   /* place, size or switch of the command queue */
    CHK_REG_PROD,    /* commands up to chk_arch_unit.prod are published */
    CHK_REG_CONTROL, /* another bit that changes what structures mean */
};

/* ---- chains: from a request to its target ---------------------------------------------------- */

/** struct chk_request - who asks. @pasid: CHK_NO_PASID without. */
struct chk_request {
    uint32_t requester;
    uint32_t pasid;
};

/** struct chk_key - what a configuration cache finds an entry by; never its address.
 * @structure: SIM_S_*. @requester: of an entry that belongs to one, else 0. @index: place in its
 * table (SSID of a CD, group of an L1CD, first-level index of an L1STD). */
struct chk_key {
    uint32_t structure;
    uint32_t requester;
    uint32_t index;
};

/** struct chk_tag - what a TLB files translations under. CHK_NO_ID: there is no such part. Two
 * lookups can meet the same entry iff their tags are equal but for @file (chk_tag_meets).
 * @world: of the architecture's. @space: VMID, DID. @id: ASID, PASID. @requester: where entries
 * belong to one. @stage: 1 or 2: what the input address is. @file: what invalidations name besides,
 * the architecture's; a look-up does not compare it. */
struct chk_tag {
    uint32_t world;
    uint32_t space;
    uint32_t id;
    uint32_t requester;
    uint32_t stage;
    uint32_t pad;
    uint64_t file;
};

/** chk_tag_meets - may a look-up under @a meet an entry that was filed under @b? */
bool chk_tag_meets(const struct chk_tag *a, const struct chk_tag *b);

/** struct chk_regime - how translations under a tag are made. Two regimes that differ in any word
 * must not share a tag. @root: first table; @field: the rest, projected on what a TLB can show. */
#define CHK_REGIME_FIELDS 8u
struct chk_regime {
    uint64_t root[2];
    uint64_t field[CHK_REGIME_FIELDS];
};

/** enum chk_kind - how a chain ended. */
enum chk_kind {
    CHK_REFUSED,    /* no request passes */
    CHK_BYPASS,     /* address = physical address */
    CHK_TRANSLATED, /* by tables of this host: tlb[] says under which tags */
    CHK_OPAQUE,     /* by tables of a guest, which are not looked into; @tlb[0]: of stage 2 */
};

/** enum chk_refusal - what the device sees; refusals compare by this alone. */
enum chk_refusal {
    CHK_REFUSAL_NONE,
    CHK_REFUSAL_LOST,    /* an abort, UR, CA */
    CHK_REFUSAL_SILENT,  /* reads 0, writes vanish */
    CHK_REFUSAL_PENDING, /* waits for software */
};

/**
 * struct chk_target - the end of a chain. Equal iff memcmp says so, but for @event, @rule and
 * @note (chk_target_equal).
 * @refusal:  if CHK_REFUSED. @event: code of the event or fault, 0 = silent. @rule: static, why.
 * @n_tlbs:   entries that this target may file: stage 1 (or the only one) first. A refused or
 *            bypassed request may look for one, too.
 * @n_shared: behind them, the same of caches of page tables that requests of others look into;
 *            what they show of a regime is less.
 * @field:    what else of the structures changes the answer: attributes, overrides, faults, and
 *            for CHK_OPAQUE the guest's root. Canonical: unused bits are 0.
 * @ats:      CHK_ATS_*: what the structures say of ATS; no part of the comparison. Nor is
 * @is_unsnooped: page tables are read past the CPUs' caches.
 */
enum {
    CHK_ATS_ANSWERS = 1 << 0, /* translation requests are answered with what is here */
    CHK_ATS_PASSES = 1 << 1,  /* translated requests pass */
};
#define CHK_TARGET_FIELDS 16u
#define CHK_TARGET_TLBS 3u
struct chk_target {
    uint32_t kind;
    uint32_t refusal;
    uint32_t n_tlbs;
    uint32_t n_shared;
    struct {
        struct chk_tag tag;
        struct chk_regime regime;
    } tlb[CHK_TARGET_TLBS];
    uint64_t field[CHK_TARGET_FIELDS];
    uint32_t event;
    uint32_t ats;
    uint32_t is_unsnooped;
    uint32_t pad;
    const char *rule;
};

/** chk_target_equal - is it the same answer? Two refusals: the same effect. */
bool chk_target_equal(const struct chk_target *a, const struct chk_target *b);

/**
 * struct chk_chain - a look-up on its way. Until @is_over, read @n_words words at @address and hand
 * them to chk_arch.next; then @target counts.
 * @key: of the structure to be read. @is_ipa: @address is a guest's, which nobody here can read.
 * @state: the architecture's: what was decoded so far.
 */
struct chk_chain {
    bool is_over;
    bool is_ipa;
    uint8_t n_words;
    struct chk_key key;
    uint64_t address;
    struct chk_request request;
    struct chk_target target;
    uint64_t state[64];
};

/* ---- commands -------------------------------------------------------------------------------- */

enum chk_command_kind {
    CHK_COMMAND_OTHER,    /* nothing to do with caches: RESUME, PRI_RESP */
    CHK_COMMAND_CONFIG,   /* drops configuration: chk_arch.drops_config */
    CHK_COMMAND_TLB,      /* drops translations: chk_arch.drops_tlb */
    CHK_COMMAND_ATC,      /* drops translations in a device */
    CHK_COMMAND_PREFETCH, /* may fetch */
    CHK_COMMAND_SYNC,     /* waits for all before it */
    CHK_COMMAND_FLUSH,    /* stores before it leave the write buffer */
    CHK_COMMAND_ILLEGAL,  /* the queue stops */
};

/** struct chk_command - one command. CHK_NO_ID: not named, any. @is_leaf: first-level entries, or
 * table descriptors, stay. @first, @last: addresses of TLB and ATC commands; 0..UINT64_MAX = all.
 * @is_plain: ATC: of requests without a PASID alone. @is_with_pasid: of those with one alone.
 * @is_overtaken: TLB: an ATC command that @is_plain does not wait for it (is_queue_in_order).
 * @is_fence: SYNC: what is behind it begins later. @is_silent: it tells nobody when it is complete.
 * @signal: SYNC: memory word that hardware writes when it is complete, 0 = none; @signal_value. */
struct chk_command {
    uint32_t kind;
    uint32_t requester, pasid, space, id;
    bool is_leaf, has_range, is_plain, is_with_pasid, is_overtaken, is_fence, is_silent;
    uint64_t first, last;
    uint64_t signal, signal_value;
    uint64_t words[4];
    const char *name;
};

/** struct chk_tlb_entry - what drops_tlb is asked about. @is_global: found under any id.
 * @is_table: a descriptor that leads to a table. @is_combined: of both stages in one.
 * @level: of the descriptor, as the architecture counts; @granule_log2: 0 = not known. */
struct chk_tlb_entry {
    struct chk_tag tag;
    uint64_t first, last;
    int level;
    uint8_t granule_log2;
    bool is_global, is_table, is_combined;
};

/** struct chk_started - a command that a register write starts, not a queue. @by: the
 * architecture's: which register tells that it is complete. */
#define CHK_MAX_STARTED 8u
struct chk_started {
    struct chk_command command;
    uint32_t by;
};

/* ---- page tables ----------------------------------------------------------------------------- */

/** struct chk_table - a page table, or the part of one that a root covers.
 * @address: of entry 0. @n_entries: what one translation can reach. @span_log2: bytes of input
 * that one entry covers. @first: input address of entry 0. */
struct chk_table {
    uint64_t address;
    uint64_t first;
    uint32_t n_entries;
    uint8_t span_log2;
    uint8_t stage;
    int16_t level;
};

enum chk_pte_kind {
    CHK_PTE_INVALID, /* never cached */
    CHK_PTE_TABLE,
    CHK_PTE_LEAF,
};

/** struct chk_pte - one descriptor. @next: CHK_PTE_TABLE. @pa: CHK_PTE_LEAF, first byte.
 * @prot: SIM_PROT_* that an unprivileged request has. @attrs: the rest of what a TLB shows; two
 * leaves are alike iff pa, prot and attrs are. @is_break_free: size may change without first
 * making it invalid. @is_faulting: its access flag is clear, so that it is never cached. */
struct chk_pte {
    uint32_t kind;
    uint8_t prot;
    bool is_global, is_break_free, is_faulting;
    uint64_t pa;
    uint64_t attrs;
    struct chk_table next;
};

/* ---- the table ------------------------------------------------------------------------------- */

/**
 * struct chk_arch - one architecture.
 * @arch:         SIM_ARCH_*
 * @reads_16:     hardware always reads 16 aligned bytes of an entry at once.
 * @is_in_order:  what a CPU stores is visible in its order, and before what it does to registers.
 * @is_queue_in_order: commands act in the order of the queue, but that those on devices wait for
 *                fences and earlier ones on TLBs alone.
 * @passes_when_off: requests of a unit that is off pass, and attaching a device to one is normal.
 * @last_level:   of a page table: the one whose entries have 64 bits and lead to pages alone.
 * @init:         a unit after reset.
 * @set:          an ID register, as read or as configured; before the first structure is decoded.
 * @write:        a register write. Return: what it meant.
 * @started:      NULL (none), or: commands that the write just handed to @write starts, at most
 *                CHK_MAX_STARTED, in the order in which they act. Return: how many.
 * @is_finished:  does @value in the bits @mask of the register @offset tell that what @by names is
 *                complete?
 * @n_words:      words of a structure (SIM_S_*), 0 = none of this architecture.
 * @used:         into @mask the bits of @words that can change what the structure means.
 * @begin, @next: see struct chk_chain. @begin of a unit that is off: over, CHK_BYPASS or REFUSED.
 * @command:      decode a command. Return: its size in bytes.
 * @drops_config: must the command, once complete, have dropped the entry?
 * @names:        NULL, or: is an entry that begins with @words among those that the command drops?
 * @keeps:        NULL (all), or: may a cache keep an entry that begins with @words?
 * @is_present:   NULL (all), or: does a fetch that has read @words first go on? What it reads of
 * the entry then is not older than that this is so.
 * @drops_tlb:    the same for a translation, wholly inside the command's addresses or not.
 * @roots:        first tables of a target's entry: up to 2 halves; one without entries: what is
 *                filed has no tables. Return: how many; 0: nothing is filed.
 * @pte:          what the descriptor @word says, in the entry of @table for its first address.
 * @is_done:      a register that software polled: does @value say that the queue is past @prod?
 * @is_queue_register: is it the one?
 * @is_unsnooped: NULL (no), or: configuration is read past the CPUs' caches; @may_be_unsnooped:
 *                something is.
 * @is_buffered:  NULL (no), or: stores reach memory for sure with an invalidation or
 * CHK_COMMAND_FLUSH alone.
 * @event:        name of an event's code. @layout: lines like "CD.q0 ..." come from cli.
 */
struct chk_arch {
    uint8_t arch;
    bool reads_16, is_in_order, is_queue_in_order, passes_when_off;
    uint8_t last_level;
    void (*init)(struct chk_arch_unit *unit);
    void (*set)(struct chk_arch_unit *unit, uint64_t offset, uint64_t value);
    enum chk_reg_effect (*write)(struct chk_arch_unit *unit, uint64_t offset, uint32_t n_bytes,
                                 uint64_t value);
    unsigned (*started)(const struct chk_arch_unit *unit, uint64_t offset,
                        struct chk_started *started);
    bool (*is_finished)(const struct chk_arch_unit *unit, uint32_t by, uint64_t offset,
                        uint64_t mask, uint64_t value);
    unsigned (*n_words)(unsigned structure);
    void (*used)(const struct chk_arch_unit *unit, unsigned structure, const uint64_t *words,
                 uint64_t *mask);
    void (*begin)(const struct chk_arch_unit *unit, const struct chk_request *request,
                  struct chk_chain *chain);
    void (*next)(const struct chk_arch_unit *unit, struct chk_chain *chain, const uint64_t *words);
    void (*command)(const struct chk_arch_unit *unit, const uint64_t *words,
                    struct chk_command *command);
    bool (*drops_config)(const struct chk_arch_unit *unit, const struct chk_command *command,
                         const struct chk_key *key);
    bool (*names)(const struct chk_arch_unit *unit, const struct chk_command *command,
                  const struct chk_key *key, const uint64_t *words);
    bool (*keeps)(const struct chk_arch_unit *unit, const struct chk_key *key,
                  const uint64_t *words);
    bool (*is_present)(const struct chk_arch_unit *unit, const struct chk_key *key,
                       const uint64_t *words);
    bool (*drops_tlb)(const struct chk_arch_unit *unit, const struct chk_command *command,
                      const struct chk_tlb_entry *entry);
    unsigned (*roots)(const struct chk_arch_unit *unit, const struct chk_tag *tag,
                      const struct chk_regime *regime, struct chk_table table[2]);
    void (*pte)(const struct chk_arch_unit *unit, const struct chk_tag *tag,
                const struct chk_regime *regime, const struct chk_table *table, uint64_t word,
                struct chk_pte *pte);
    bool (*queue_is_past)(const struct chk_arch_unit *unit, uint64_t offset, uint64_t value,
                          uint32_t *read_pointer);
    bool (*is_unsnooped)(const struct chk_arch_unit *unit);
    bool (*may_be_unsnooped)(const struct chk_arch_unit *unit);
    bool (*is_buffered)(const struct chk_arch_unit *unit);
    const char *(*event)(uint32_t code);
};

#ifdef __cplusplus
}
#endif
#endif
