/* SPDX-License-Identifier: BSD-2-Clause
 * ord_smmu.h - what the rules of SMMUv3 remember of a stream, shared by their files.
 * Knows: layouts and pure decoders of SMMUv3. Must not know: a model's state, time.
 *
 * Rules about caches rest on duties: a store to something that an SMMU may have cached makes one,
 * an invalidation that covers it takes it over, a CMD_SYNC that software saw complete ends it. What
 * is left at the end of the operation is a hit. */
#ifndef ORD_SMMU_H
#define ORD_SMMU_H

#include "check/chk_order_private.h"
#include "models/smmuv3/smmu_cfg_decode.h"
#include "models/smmuv3/smmu_layout.h"

#define ORD_MAX_UNITS 8u
#define ORD_WORDS 8u
#define ORD_NO_INDEX UINT64_MAX
#define ORD_EL2 UINT32_MAX /* in place of a VMID: a world that has none */

/* Bits of a field in its own register or word; a constant, as hw_mask is not. */
#define ORD_BITS(layout, field)                                                                    \
    ((UINT64_MAX >> (63 - (SMMU_MSB_##layout##_##field - SMMU_LSB_##layout##_##field)))            \
     << (SMMU_LSB_##layout##_##field % 64u))

/* ---- Queues ---- */

/* @store_seq: of its newest store; @fresh: words stored since it was published last.
 * @index: of the command that was published from here last, + 1; 0 = none.
 * @is_told: it was published before it was stored, or overwritten, and that was told. */
struct ord_slot {
    uint64_t cmd[2];
    uint64_t store_seq, index;
    uint16_t cpu;
    uint8_t fresh;
    bool is_told;
};

/* Commands count from 0 over the whole stream. @head: published. @consumed: known to be read.
 * @done: known to be complete. @prod: as written. */
struct ord_cmdq {
    bool has_base, has_prod, has_cons;
    uint64_t base;
    uint32_t log2, prod, cons;
    uint64_t head, consumed, done;
    uint64_t last_sync; /* index + 1 */
    uint64_t error_seq; /* CONS was read with an error; 0 = none */
    uint32_t error, error_cons;
    struct ord_slot *slots;
    size_t slots_room;
};

/* The event queue and the PRI queue. @prod: as read last, if @is_prod_known. */
struct ord_outq {
    bool has_base, has_prod, has_cons, is_prod_known;
    uint64_t base;
    uint32_t log2, prod, cons;
};

/* ---- Structures ---- */

enum ord_duty_kind {
    ORD_DUTY_STE,
    ORD_DUTY_CD,
    ORD_DUTY_L1STD,
    ORD_DUTY_L1CD,
    ORD_DUTY_PTE,    /* valid -> invalid */
    ORD_DUTY_RIGHTS, /* of a valid descriptor */
    ORD_DUTY_TAG,    /* an ASID or VMID leads elsewhere now */
    ORD_DUTY_ATSCHK, /* captured with STEs */
};

/**
 * struct ord_duty - something that caches may still hold.
 * @pa:        of the entry, or of the descriptor.
 * @sid, @ssid: whose; @n_sids: of an L1STD. @before: the entry when the duty began.
 * @index:     of the command that takes care of it, ORD_NO_INDEX = none yet.
 * @first, @last: PTE, RIGHTS: addresses; @leaf_log2, @level: of the descriptors.
 * @table:     range that the old value led to, and that must not be freed. 0 bytes = none.
 * @key_s2, @vmid, @asid: PTE, RIGHTS, TAG: what the entries are filed under.
 * @is_global: PTE, RIGHTS: found under any ASID. @needs_s1: entries of both stages in one, which an
 *             invalidation of stage 2 alone leaves.
 * @saw_other: an invalidation of the addresses came, with another tag. @saw_leaf: of leaves only.
 * @is_torn:   its rule was told already.
 */
struct ord_duty {
    enum ord_duty_kind kind;
    uint16_t cpu;
    uint64_t pa;
    uint32_t sid, n_sids, ssid;
    struct ord_since since;
    uint64_t index;
    uint64_t before[ORD_WORDS];
    uint8_t atomic_pairs, plain_pairs;
    bool is_torn, is_judged;
    bool is_table, key_s2, saw_other, saw_leaf;
    uint32_t vmid, asid;
    uint64_t first, last;
    uint8_t leaf_log2;
    int8_t level;
    uint64_t table_pa, table_bytes;
    uint64_t root; /* of page tables that the old value led to, 0 = none */
    bool is_global, needs_s1;
};

/* A valid STE that translates. */
struct ord_ste {
    uint32_t sid;
    uint64_t pa;
    struct smmu_ste ste;
};

/* A second-level stream table. */
struct ord_l2 {
    uint32_t index;
    uint64_t pa;
    uint32_t n_stes;
};

/**
 * struct ord_conf - one way to translate: a valid CD of a stream, or a stage 2.
 * @sign: fields that all of one tag must agree in.
 */
struct ord_conf {
    uint64_t pa;
    uint32_t sid;
    bool is_s2, is_old, is_nested;
    uint32_t vmid, asid;
    uint64_t root[2];
    uint8_t tsz[2];
    int8_t level[2];
    uint8_t granule_log2[2];
    bool has_half[2];
    uint64_t sign[4];
};

/* An ASID (with its VMID) or a VMID that was in use. @is_dirty: entries may be cached under it.
 * @clean_index: a command that ends that, once complete. @gone_pa: entry that used it last. */
struct ord_tag {
    bool is_s2, is_dirty;
    uint32_t vmid, asid;
    uint64_t root[2];
    uint64_t clean_index;
    uint64_t gone_pa;
};

/* A stalled transaction that software has read of. */
struct ord_stall {
    uint32_t sid, stag;
    uint64_t seq;
    bool is_open;
};

/* A CFGI_STE or CFGI_CD that found nothing to do. */
struct ord_idle {
    uint64_t cmd[2];
    uint64_t seq;
    uint16_t cpu;
};
#define ORD_N_IDLE 32u

/* Invalidations by one CPU. @last: index + 1 of the newest; @unsynced: of a TLBI or CFGI after
 * which there is no CMD_SYNC yet. @atc: of ATC_INV. */
struct ord_issue {
    uint64_t last, last_seq;
    uint64_t unsynced;
};

struct ord_unit {
    bool is_used;
    uint16_t iommu;
    struct smmu_idr idr;
    uint8_t idr_known; /* bit per IDR 0, 1, 3, 5 */
    bool has_caps;
    struct smmu_caps caps;
    /* Registers; @cr0_moving, @irq_moving: bits that were changed and not acknowledged. */
    bool is_cr0_known, is_gbpa_busy, is_gerror_known, was_on;
    uint64_t cr0, cr0_moving, cr1, cr2, irq, irq_moving, gerror, gerrorn;
    bool has_cr1, has_strtab_base, has_strtab_cfg, has_msi[3];
    uint64_t strtab_base, strtab_cfg;
    struct smmu_strtab strtab;
    struct ord_cmdq cmdq;
    struct ord_outq evtq, priq;
    /* CFGI_ALL and a TLBI of everything: index + 1 of the newest, and of the newest complete. */
    uint64_t cfgi_all, tlbi_all;
    bool has_cfgi_all, has_tlbi_all;
    struct ord_duty *duties;
    size_t n_duties, duties_room;
    struct ord_ste *stes;
    size_t n_stes, stes_room;
    struct ord_l2 *l2;
    size_t n_l2, l2_room;
    struct ord_conf *confs;
    size_t n_confs, confs_room;
    struct ord_tag *tags;
    size_t n_tags, tags_room;
    struct ord_stall *stalls;
    size_t n_stalls, stalls_room;
    struct ord_idle idle[ORD_N_IDLE];
    uint64_t n_idle;
    struct ord_issue *issues;
    size_t issues_room;
    bool saw_events;
    struct ord_since map_since; /* a live descriptor became valid, by this CPU */
    uint16_t map_cpu;
    struct ord_since atc_since; /* a device with ATS got another table; seq 0 = none */
    uint32_t atc_sid;
    uint64_t atc_head;   /* commands published by then */
    struct ord_duty ats; /* the newest of PTE kind that a TLBI took over; since.seq 0 = none */
};

/* A page of page-table memory, or one that holds other tables. @parent: descriptor that leads to
 * it, 0 = none. @store_seq, @store_cpu: the newest store into it. */
struct ord_page {
    uint64_t pa; /* | 1, so that 0 is an empty place */
    uint64_t parent;
    uint64_t store_seq;
    uint16_t store_cpu;
    bool is_table;
};

struct ord_smmu {
    struct chk_order *order;
    struct ord_unit units[ORD_MAX_UNITS];
    struct ord_page *pages;
    size_t n_pages, pages_room; /* room: a power of 2 */
};

/* ---- ord_smmu.c ---- */
/** ord_unit_of - the unit of that number; NULL if there are too many. */
struct ord_unit *ord_unit_of(struct ord_smmu *smmu, uint16_t iommu);
/** ord_is_on - is translation enabled, or about to be? */
bool ord_is_on(const struct ord_unit *unit);
/** ord_read - @n words of memory as they are now. */
void ord_read(const struct ord_smmu *smmu, uint64_t pa, uint64_t *words, unsigned n);
struct ord_issue *ord_issue_of(struct ord_smmu *smmu, struct ord_unit *unit, uint16_t cpu);

/* ---- ord_regs.c ---- */
void ord_reg_write(struct ord_smmu *smmu, const struct sim_rec_mmio *rec);
void ord_reg_read(struct ord_smmu *smmu, const struct sim_rec_mmio_read *rec);
void ord_reg_wait(struct ord_smmu *smmu, const struct sim_rec_wait *rec);

/* ---- ord_setup.c: values of registers that say where things are ---- */
void ord_setup_write(struct ord_smmu *smmu, struct ord_unit *unit, const struct hw_reg *reg,
                     uint64_t value);
/** ord_setup_enable - CR0 bits that are set now and were not: is all in place? */
void ord_setup_enable(struct ord_smmu *smmu, struct ord_unit *unit, uint64_t rising);
void ord_setup_irq(struct ord_smmu *smmu, struct ord_unit *unit, uint64_t rising);

/* ---- ord_queue.c ---- */
void ord_queue_store(struct ord_smmu *smmu, const struct ord_stored *stored);
void ord_queue_prod(struct ord_smmu *smmu, struct ord_unit *unit, uint32_t value);
/** ord_queue_enabled - CMDQEN was set: what lies between CONS and PROD is published. */
void ord_queue_enabled(struct ord_smmu *smmu, struct ord_unit *unit);
/** ord_queue_cons - software read CONS. */
void ord_queue_cons(struct ord_smmu *smmu, struct ord_unit *unit, uint32_t value);
void ord_queue_wait(struct ord_smmu *smmu, const struct sim_rec_wait *rec);
/** ord_outq_cons - software wrote the read pointer of an output queue. */
void ord_outq_cons(struct ord_smmu *smmu, struct ord_unit *unit, struct ord_outq *queue,
                   const char *name, uint32_t value);
/** ord_queue_holds - does memory of an enabled queue lie in the range? */
bool ord_queue_holds(const struct ord_unit *unit, uint64_t pa, uint64_t n_bytes);

/* ---- ord_cmd.c ---- */
struct ord_command {
    const uint64_t *words;
    uint64_t index;
    uint16_t cpu;
    uint64_t seq; /* of the store into its slot */
};
void ord_command(struct ord_smmu *smmu, struct ord_unit *unit, const struct ord_command *command);

/* ---- ord_cmd_check.c: what is wrong with a command alone ---- */
void ord_cmd_check(struct ord_smmu *smmu, const struct ord_unit *unit, const uint64_t *cmd);

/* ---- ord_duty.c ---- */
struct ord_duty *ord_duty_new(struct ord_smmu *smmu, struct ord_unit *unit,
                              enum ord_duty_kind kind);
/** ord_duty_of - the oldest duty of that kind and place; NULL if none. */
struct ord_duty *ord_duty_of(struct ord_unit *unit, enum ord_duty_kind kind, uint64_t pa,
                             uint32_t sid);
/** ord_duty_command - a published command takes over what it covers. */
void ord_duty_command(struct ord_smmu *smmu, struct ord_unit *unit,
                      const struct ord_command *command);
/** ord_is_settled - is no old value of the STE or CD at @pa cached any more? */
bool ord_is_settled(const struct ord_unit *unit, uint64_t pa);
/** ord_duty_complete - commands below unit->cmdq.done are complete. */
void ord_duty_complete(struct ord_unit *unit);
/** ord_duty_end - a mark ended on @cpu, or the stream (@mark NULL). */
void ord_duty_end(struct ord_smmu *smmu, struct ord_unit *unit, const struct ord_mark *mark,
                  uint16_t cpu);
/** ord_duty_free - a range is given back. */
void ord_duty_free(struct ord_smmu *smmu, struct ord_unit *unit, uint64_t pa, uint64_t n_bytes);

/* ---- ord_tlbi.c ---- */
/** ord_tlbi_is - does the command invalidate translations? */
bool ord_tlbi_is(uint64_t op);
/** ord_tlbi_covers_tag - does it name the tag (whatever its addresses)? */
bool ord_tlbi_covers_tag(const uint64_t *cmd, bool is_s2, uint32_t vmid, uint32_t asid);
/** ord_tlbi_drops_tag - does it drop everything of the tag, globals but for NH_ASID? */
bool ord_tlbi_drops_tag(const uint64_t *cmd, bool is_s2, uint32_t vmid, uint32_t asid);
/** ord_tlbi_apply - take from a PTE or RIGHTS duty what the command covers. */
void ord_tlbi_apply(struct ord_smmu *smmu, struct ord_unit *unit, size_t duty,
                    const struct ord_command *command);

/* ---- ord_entry.c: STEs, CDs and the tables above them ---- */
void ord_entry_store(struct ord_smmu *smmu, const struct sim_rec_store *rec,
                     const struct ord_stored *stored);
/** ord_entry_rescan - the stream table moved, or is used from now on. */
void ord_entry_rescan(struct ord_smmu *smmu, struct ord_unit *unit);
/** ord_ste_of - where the STE of @sid is; 0 if nowhere. */
uint64_t ord_ste_of(const struct ord_smmu *smmu, const struct ord_unit *unit, uint32_t sid);
void ord_ste_update(struct ord_smmu *smmu, struct ord_unit *unit, uint32_t sid, uint64_t pa);

/* ---- ord_torn.c: several words of one entry ---- */
void ord_torn_check(struct ord_smmu *smmu, struct ord_unit *unit, struct ord_duty *duty,
                    bool is_atomic, const struct ord_stored *stored);

/* ---- ord_cd.c ---- */
/** ord_cd_store - a word of a CD or L1CD changed; for each stream that reads it. */
void ord_cd_store(struct ord_smmu *smmu, struct ord_unit *unit, const struct ord_stored *stored,
                  bool is_l1);
/** ord_cd_address - where CD @index is as memory is now; 0 if nowhere. */
uint64_t ord_cd_address(const struct ord_smmu *smmu, const struct ord_ste *ste, uint32_t index);
/** ord_cd_table_bytes - size of the table (first level) at S1ContextPtr. */
uint64_t ord_cd_table_bytes(const struct smmu_ste *ste);
void ord_cd_illegal(struct ord_smmu *smmu, struct ord_unit *unit, const struct ord_ste *ste,
                    uint32_t index);

/* ---- ord_tag.c: what is configured, and under which tags ---- */
/** ord_conf_refresh - configurations of a stream as memory has them now. */
void ord_conf_refresh(struct ord_smmu *smmu, struct ord_unit *unit, uint32_t sid);
/** ord_tag_command - an invalidation was published. */
void ord_tag_command(struct ord_unit *unit, const struct ord_command *command);
void ord_tag_complete(struct ord_unit *unit);

/* ---- ord_pte.c ---- */
void ord_pte_store(struct ord_smmu *smmu, const struct ord_stored *stored);
void ord_pte_memory(struct ord_smmu *smmu, const struct sim_rec_memory *rec);
/** ord_page_of - the page of table memory at @pa; NULL if it was never seen. */
struct ord_page *ord_page_of(const struct ord_smmu *smmu, uint64_t pa);
/** ord_page_see - a store went to it. */
void ord_page_see(struct ord_smmu *smmu, uint64_t pa, bool is_table);
/** ord_pointer_check - a pointer to a table of @n_bytes at @pa was stored: is there one? */
void ord_pointer_check(struct ord_smmu *smmu, uint16_t iommu, const char *what, uint64_t pa,
                       uint64_t n_bytes);

/* ---- ord_free.c ---- */
void ord_free(struct ord_smmu *smmu, const struct sim_rec_memfree *rec);

/* ---- ord_ats.c ---- */
void ord_ats_record(struct ord_smmu *smmu, const struct sim_rec_ats *rec);
/** ord_ats_eats - EATS of a stream changes. */
void ord_ats_eats(struct ord_smmu *smmu, struct ord_unit *unit, uint32_t sid, uint64_t before,
                  uint64_t after);
/** ord_ats_moved - a stream does not use a table any more that it used. */
void ord_ats_moved(struct ord_smmu *smmu, struct ord_unit *unit, uint32_t sid);
/** ord_ats_end - an operation ended: has the device dropped what it must? */
void ord_ats_end(struct ord_smmu *smmu, struct ord_unit *unit, const struct ord_mark *mark);
void ord_ats_event(struct ord_smmu *smmu, const struct sim_rec_event *rec);
void ord_ats_command(struct ord_smmu *smmu, struct ord_unit *unit,
                     const struct ord_command *command);

#endif
