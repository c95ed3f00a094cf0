/* SPDX-License-Identifier: BSD-2-Clause
 * drv_smmuv3.h - the parts of the SMMUv3 drivers, among themselves.
 * Knows: what a driver remembers. Must not know: objects, models.
 *
 * One code for all of them; what differs is in struct dsm_policy. What hardware reads is asked of
 * memory (port.load), never remembered a second time. */
#ifndef DRV_SMMUV3_H
#define DRV_SMMUV3_H

#include "kernel-glue/drivers/drv.h"
#include "models/smmuv3/smmu_layout.h"

#ifdef __cplusplus
extern "C" {
#endif

enum {
    DSM_WORDS = 8,        /* of an STE or CD */
    DSM_ENTRY_BYTES = 64, /* the same */
    DSM_CMD_BYTES = 16,   /* of a command */
    DSM_EVT_BYTES = 32,   /* of an event */
    DSM_BATCH = 64,       /* commands that are put into the queue at once */
    DSM_SPLIT = 8,        /* StreamID bits of a second-level stream table */
    DSM_L1_BYTES = 8,     /* of an L1STD or L1CD */
    DSM_L2_CDS_LOG2 = 10, /* CDs of a second-level CD table */
    DSM_L2_CDS = 1 << DSM_L2_CDS_LOG2,
    DSM_L2_BYTES = DSM_L2_CDS * DSM_ENTRY_BYTES,
    DSM_LEVELS = 4,       /* of a page table */
    DSM_TAGS = 1 << 16,   /* ASIDs, VMIDs */
    DSM_ATC_ALL = 52,     /* CMD_ATC_INV.Size: every address */
    DSM_TYPE_BLOCKED = 0, /* drv_attach: the kernel's numbers for kinds of domains */
    DSM_TYPE_PAGING = 1,
    DSM_TYPE_IDENTITY = 4,
    DSM_TYPE_SVA = 0x20,
    DSM_TYPE_NESTED = 0x40,
};

/**
 * struct dsm_policy - in what the drivers differ.
 * @has_nesting:       nest parents and what is above them.
 * @has_safe_bits:     EATS and MEV of an STE change together with whatever else does.
 * @flushes_idle_tags: ASID or VMID is flushed when its last user goes, and of a domain that
 *                     nobody uses nothing is flushed; else it is flushed when its domain is freed.
 * @has_lists:         whom an unmap tells stands in a sorted list: devices by StreamID and PASID;
 * those of a nest parent forget everything; a long range goes by tag if there is no RIL.
 * @replaces_pasids:   a PASID goes from one domain to the next without a stop.
 * @splits_blocks:     part of a block can be unmapped.
 * @is_short:          the shortest sequence that is hitless.
 * @n_atom:            words that are stored at once: 1 or 2.
 */
struct dsm_policy {
    bool has_nesting, has_safe_bits, flushes_idle_tags, has_lists, replaces_pasids, splits_blocks;
    bool is_short;
    uint8_t n_atom;
};

/** struct dsm_caps - what the ID registers say, as far as a driver asks. */
struct dsm_caps {
    bool s1, s2, is_coherent, hyp, ats, pri, msi, cd2l, two_level, types_ovr, ril, fwb;
    bool has_stalls, must_stall, dirty;
    uint8_t asid_bits, vmid_bits, sid_bits, ssid_bits, oas, ias, bbml;
    uint8_t cmdq_log2, evtq_log2, priq_log2;
    uint64_t page_sizes;
};

struct dsm_queue {
    uint64_t pa;
    uint32_t prod, cons; /* index and wrap bit */
    uint8_t log2;
};

/** struct dsm_batch - commands on their way into the queue. */
struct dsm_batch {
    uint64_t words[DSM_BATCH][2];
    uint32_t n;
};

/** struct dsm_tags - ASIDs or VMIDs; 0 is never given away. */
struct dsm_tags {
    uint8_t is_used[DSM_TAGS / 8];
    uint32_t n;
};

/** struct drv - @is_late: the last CMD_SYNC was not seen to complete; @held: what is given back
 * when one is. */
struct drv {
    struct drv_port port;
    const struct dsm_policy *policy;
    struct dsm_caps caps;
    struct dsm_queue cmdq, evtq, priq;
    uint32_t cr0;
    uint64_t strtab; /* linear table, or its first level */
    uint64_t *l2;    /* second-level tables, 0 = none yet */
    uint32_t n_l1;
    struct dsm_tags asids, vmids;
    bool is_late;
    struct dsm_held *held;
    struct drv_device *devices;
};

/** struct dsm_pt - a page table. @root_log2: bytes of the first table. */
struct dsm_pt {
    uint64_t root;
    uint8_t granule_log2, start_level, root_log2, ias, oas, structure;
    uint64_t page_sizes;
};

/** struct dsm_user - a device, or one PASID of it, that a domain is attached to, or is about to be
 * or was until now. @is_nested: above it is a guest's stage 1. */
struct dsm_user {
    struct drv_device *device;
    uint32_t pasid;
    bool is_nested;
    struct dsm_user *next;
};

/** struct drv_domain - @stage: 1, 2, or 0 for what has no table of its own. @tag: ASID or VMID.
 * @users: newest first, or by StreamID and PASID (has_lists); of a nested domain its parent has
 * them. @was_used: since the tag was flushed.
 * @is_stale: and the table has changed since nobody uses it. */
struct drv_domain {
    struct drv *drv;
    struct drv_domain_spec spec;
    uint8_t stage;
    bool is_ours; /* the page table */
    bool was_used, is_stale;
    uint32_t tag;
    struct dsm_pt pt;
    struct dsm_user *users;
    uint64_t guest_cds; /* a guest's CD table, as dsm_guest_table; 0: none */
    uint8_t guest_log2;
};

/** struct dsm_cdtab - CD table of a device. @l2: per first-level entry, 0 = none yet. */
struct dsm_cdtab {
    uint64_t pa;
    uint8_t log2;
    bool is_two_level;
    uint32_t n_l1;
    uint64_t *l2;
};

/** struct dsm_pasid - a domain of a PASID. */
struct dsm_pasid {
    uint32_t pasid;
    struct drv_domain *domain;
    struct dsm_pasid *next;
};

struct drv_device {
    struct drv *drv;
    struct drv_device_info info;
    struct drv_domain *domain; /* without a PASID; NULL: it is blocked */
    struct dsm_pasid *pasids;
    struct dsm_cdtab cdtab;
    bool is_ats_on;
    uint8_t ssid_bits;
    struct drv_device *next;
};

/* ---- records (drv_smmuv3_out.c) ---- */

/* All return 0 or what the port says. Stores tell what was there before. */
int dsm_store(struct drv *drv, uint8_t structure, uint64_t pa, uint64_t value);
/** dsm_store_pair - 16 bytes in one store. */
int dsm_store_pair(struct drv *drv, uint8_t structure, uint64_t pa, const uint64_t *words);
int dsm_store_cmd(struct drv *drv, uint64_t pa, const uint64_t *cmd);
int dsm_barrier(struct drv *drv, uint8_t what);
/** dsm_flush - lines of a page table in [pa, +n_bytes), if the SMMU does not look into caches. */
int dsm_flush(struct drv *drv, uint64_t pa, uint64_t n_bytes);
int dsm_write(struct drv *drv, uint64_t offset, uint64_t value, uint8_t width);
/** dsm_write_sync - and waits until @ack has the bits of @mask. */
int dsm_write_sync(struct drv *drv, uint32_t offset, uint32_t ack, uint32_t mask, uint32_t value);
/** dsm_write_clear - and waits until the bits of @mask are 0. */
int dsm_write_clear(struct drv *drv, uint32_t offset, uint32_t value, uint32_t mask);
int dsm_wait_mem(struct drv *drv, uint64_t pa);
int dsm_wait_slot(struct drv *drv, uint32_t slot);
int dsm_ats(struct drv_device *device, bool is_on);
int dsm_begin(struct drv_device *device, const struct drv_domain *domain, uint64_t type);
int dsm_end(struct drv_device *device, const struct drv_domain *domain, uint64_t type, int ret);

/* ---- the unit (drv_smmuv3_start.c) ---- */

int dsm_probe(struct drv *drv);
int dsm_start(struct drv *drv);
int dsm_stop(struct drv *drv);

/* ---- commands (drv_smmuv3_cmdq.c) ---- */

/** dsm_cmd - an opcode and nothing else. */
void dsm_cmd(uint64_t *cmd, uint64_t op);
/** dsm_cmd_sync - with an event to CPUs that sleep, not a message. */
void dsm_cmd_sync(uint64_t *cmd);
/** dsm_issue - @n commands, and a CMD_SYNC behind them that is waited for. Structures that were
 * stored before are ordered before them. Return: 0 or -ETIMEDOUT. */
int dsm_issue(struct drv *drv, uint64_t (*cmds)[2], uint32_t n, bool with_sync);
int dsm_issue_one(struct drv *drv, const uint64_t *cmd, bool with_sync);
/** dsm_batch_add - issues what is there when it is full, without a CMD_SYNC. */
int dsm_batch_add(struct drv *drv, struct dsm_batch *batch, const uint64_t *cmd);
/** dsm_batch_sync - the rest, and a CMD_SYNC. An empty batch is one CMD_SYNC alone. */
int dsm_batch_sync(struct drv *drv, struct dsm_batch *batch);

/* ---- invalidation (drv_smmuv3_inval.c) ---- */

/** struct dsm_range - @n_bytes from @iova were changed, in entries of @granule bytes. @is_leaf: no
 * table was taken out. */
struct dsm_range {
    uint64_t iova, n_bytes, granule;
    bool is_leaf;
};
/** dsm_free - of memory that hardware could reach; while a CMD_SYNC is late, later. */
void dsm_free(struct drv *drv, uint64_t pa, uint64_t n_bytes);
/** dsm_free_held - a CMD_SYNC is complete, and with it all before it. */
void dsm_free_held(struct drv *drv);
/** dsm_inval_range - TLB, then the ATCs of all users (8.7). */
int dsm_inval_range(struct drv_domain *domain, const struct dsm_range *range);
/** dsm_inval_tag - everything with the domain's ASID or VMID. */
int dsm_inval_tag(struct drv_domain *domain);
/** dsm_inval_dormant - the same for a short driver, if nobody uses the domain and @is_stale: what
 * may be left under its tag must not be found. */
int dsm_inval_dormant(struct drv_domain *domain, bool is_stale);
/** dsm_inval_domain - the same, and all of the ATCs. */
int dsm_inval_domain(struct drv_domain *domain);
/** dsm_atc_device - all of a device's ATC, or of one PASID. */
int dsm_atc_device(struct drv_device *device, uint32_t pasid);
/** dsm_atc_size - Size and first address of a CMD_ATC_INV that covers a range. */
uint32_t dsm_atc_size(uint64_t iova, uint64_t n_bytes, uint64_t *first);

/* ---- entries (drv_smmuv3_entry.c) ---- */

/** struct dsm_entry - where an STE or CD lies and whose it is. @is_reachable: hardware may have
 * read it; else it needs no invalidation. */
struct dsm_entry {
    struct drv_device *device;
    uint8_t structure;
    uint32_t ssid;
    uint64_t pa;
    bool is_reachable;
};
/** dsm_entry_load - what memory has. */
void dsm_entry_load(const struct dsm_entry *entry, uint64_t *words);
/** dsm_entry_write - the update of 8.3. Return: 0 or -ETIMEDOUT: it is left in between. */
int dsm_entry_write(const struct dsm_entry *entry, const uint64_t *target);
/** dsm_entry_atoms - bit per atom that has to change while it is in use. */
uint32_t dsm_entry_atoms(const struct dsm_entry *entry, const uint64_t *target);

/* ---- stream table and CD tables (drv_smmuv3_table.c) ---- */

/** dsm_strtab_log2 - StreamID bits that the table covers. */
uint32_t dsm_strtab_log2(const struct drv *drv);
int dsm_strtab_alloc(struct drv *drv);
void dsm_strtab_free(struct drv *drv);
/** dsm_strtab_forget - what a driver remembers of the table; the memory stays as it is. */
void dsm_strtab_forget(struct drv *drv);
/** dsm_strtab_add - there is an STE for @device; a new table is blocked throughout. */
int dsm_strtab_add(struct drv_device *device);
struct dsm_entry dsm_ste(struct drv_device *device);
/** dsm_l1std_store - a first-level descriptor leads to @table. */
int dsm_l1std_store(struct drv *drv, uint32_t index, uint64_t table);
/** dsm_cfgi_ste - and a CMD_SYNC. */
int dsm_cfgi_ste(struct drv_device *device, bool is_leaf);
/** dsm_ste_write - and a prefetch hint. */
int dsm_ste_write(struct drv_device *device, const uint64_t *target);
/** dsm_has_cdtab_in_ste - does hardware reach the CD table? */
bool dsm_has_cdtab_in_ste(struct drv_device *device);
/** dsm_cd_alloc - there is a CD for @ssid. Return: 0, -ENOMEM, -ETIMEDOUT. */
int dsm_cd_alloc(struct drv_device *device, uint32_t ssid);
void dsm_cdtab_free(struct drv_device *device);
/** dsm_cdtab_bytes - of the linear table or of the first level. */
uint64_t dsm_cdtab_bytes(const struct dsm_cdtab *table);
/** dsm_cd - the entry. Return: false: there is none. */
bool dsm_cd(struct drv_device *device, uint32_t ssid, struct dsm_entry *entry);
int dsm_cd_write(struct drv_device *device, uint32_t ssid, const uint64_t *target);
/** dsm_cd_clear - if there is one. */
int dsm_cd_clear(struct drv_device *device, uint32_t ssid);
/** dsm_cfgi_cd - and a CMD_SYNC. */
int dsm_cfgi_cd(struct drv_device *device, uint32_t ssid, bool is_leaf);

/* ---- tables for tables (drv_smmuv3_swap.c) ---- */

/** dsm_cdtab_clone - @device has a table of its own with the same entries, which nobody sees yet;
 * @ssid may be written there. @old: the one before. Return: 0, -ENOMEM: nothing was done. */
int dsm_cdtab_clone(struct drv_device *device, uint32_t ssid, struct dsm_cdtab *old);
/** dsm_cdtab_drop - what dsm_cdtab_clone made of @ssid's part, or the part that it replaced. */
void dsm_cdtab_drop(struct drv_device *device, struct dsm_cdtab *table, uint32_t ssid);
/** dsm_strtab_swap - another second-level stream table in which the device's STE says @target, by
 * one store of the L1STD. Other devices' entries are the same. Return: 0, -ENOMEM, -ETIMEDOUT: all
 * is as before. */
int dsm_strtab_swap(struct drv_device *device, const uint64_t *target);

/* ---- what entries say (drv_smmuv3_make.c) ---- */

void dsm_make_abort(struct drv_device *device, uint64_t *ste);
void dsm_make_bypass(struct drv_device *device, uint64_t *ste);
void dsm_make_cdtable(struct drv_device *device, bool with_ats, uint64_t s1dss, uint64_t *ste);
void dsm_make_s2(struct drv_device *device, const struct drv_domain *domain, bool with_ats,
                 uint64_t *ste);
void dsm_make_nested(struct drv_device *device, const struct drv_domain *domain, bool with_ats,
                     uint64_t *ste);
void dsm_make_cd(struct drv_device *device, const struct drv_domain *domain, uint64_t *cd);
/** dsm_make_released_cd - a process that ended: nothing is translated any more. */
void dsm_make_released_cd(struct drv_device *device, const struct drv_domain *domain, uint64_t *cd);

/* ---- attach (drv_smmuv3_attach.c, drv_smmuv3_pasid.c) ---- */

int dsm_attach(struct drv *drv, struct drv_device *device, uint32_t pasid,
               struct drv_domain *domain);
int dsm_attach_device(struct drv_device *device, struct drv_domain *domain);
int dsm_attach_pasid(struct drv_device *device, uint32_t pasid, struct drv_domain *domain);
/** dsm_process_exit - nothing of a process is translated any more. */
int dsm_process_exit(struct drv *drv, struct drv_domain *domain);
/** dsm_has_pasids - is there one with a domain? */
bool dsm_has_pasids(const struct drv_device *device);

/**
 * struct dsm_switch - a change of a device or PASID from @old to @now (8.5, 8.6).
 * @cd_needs_ats: the table of PASIDs stays in use.
 * @had_ats:      the device's ATS was on before it.
 * @kept:         the CD table before it, if it is replaced by another one.
 */
struct dsm_switch {
    struct drv_device *device;
    struct drv_domain *old, *now;
    uint32_t pasid;
    bool cd_needs_ats, had_ats, with_ats;
    struct dsm_cdtab kept;
};
int dsm_switch_prepare(struct dsm_switch *sw);
int dsm_switch_commit(struct dsm_switch *sw);
/** dsm_switch_cd - the CD of a PASID (or 0) gets new words; the STE has to be written after it if
 * the table is another one then: @kept.pa is not 0. */
int dsm_switch_cd(struct dsm_switch *sw, const uint64_t *cd);
/** dsm_switch_back - the table before it is the device's again; the STE has to be written. */
void dsm_switch_back(struct dsm_switch *sw);
/** dsm_switch_done - frees the table that is not used any more. */
void dsm_switch_done(struct dsm_switch *sw);
/** dsm_switch_forget - the part of dsm_switch_commit that is about the old domain. */
int dsm_switch_forget(struct dsm_switch *sw);
/** dsm_switch_abandon - @now is not used after all. */
void dsm_switch_abandon(struct dsm_switch *sw);
/** dsm_users_of - the domain whose invalidations reach a device of @domain, or NULL. */
struct drv_domain *dsm_users_of(struct drv_domain *domain);

/** dsm_forget_device - no domain knows it any more, whatever hardware does. */
void dsm_forget_device(struct drv_device *device);

/* ---- page tables (drv_smmuv3_pt.c, drv_smmuv3_unmap.c, drv_smmuv3_dirty.c) ---- */

/** dsm_pt_shape - granule, levels and sizes of what the SMMU offers. */
void dsm_pt_shape(struct drv_domain *domain);
int dsm_pt_alloc(struct drv_domain *domain);
void dsm_pt_free(struct drv_domain *domain);
/** dsm_pt_free_below - the table at @pa of @level and all that it leads to. */
void dsm_pt_free_below(struct drv_domain *domain, uint64_t pa, uint32_t level);
uint32_t dsm_pt_shift(const struct dsm_pt *pt, uint32_t level);
uint32_t dsm_pt_index(const struct dsm_pt *pt, uint64_t iova, uint32_t level);
/** dsm_pt_entries - of the table that @index is in, from there to its end. */
uint64_t dsm_pt_entries(const struct dsm_pt *pt, uint32_t index);
bool dsm_pte_is_leaf(uint64_t pte, uint32_t level);
uint64_t dsm_pte_address(const struct dsm_pt *pt, uint64_t pte);
uint64_t dsm_pte_with_address(const struct dsm_pt *pt, uint64_t pte, uint64_t pa);
uint64_t dsm_pte_kind(uint64_t pte, uint32_t level);
int dsm_pte_store(struct drv_domain *domain, uint64_t pa, uint64_t pte);
/** dsm_pt_link - puts a table below an entry. */
int dsm_pt_link(struct drv_domain *domain, uint64_t entry, uint64_t table);
/** dsm_pt_chunk - as many pages of one size as an operation on a range starts with. */
uint64_t dsm_pt_chunk(const struct dsm_pt *pt, uint64_t both, uint64_t differ, uint64_t n_bytes,
                      uint64_t *n_pages);
int dsm_map(struct drv *drv, struct drv_domain *domain, uint64_t iova, uint64_t pa,
            uint64_t n_bytes, uint8_t prot);
int dsm_unmap(struct drv *drv, struct drv_domain *domain, uint64_t iova, uint64_t n_bytes,
              uint64_t *n_unmapped);
int dsm_dirty_tracking(struct drv *drv, struct drv_domain *domain, bool on);
int dsm_read_dirty(struct drv *drv, struct drv_domain *domain, uint64_t iova, uint64_t n_bytes,
                   void (*seen)(void *ctx, uint64_t iova, uint64_t n_bytes), void *ctx);

/* ---- guests (drv_smmuv3_nest.c), faults (drv_smmuv3_fault.c) ---- */

/** dsm_check_guest - words of a guest's STE. Return: 0 or -EIO. */
int dsm_check_guest(const uint64_t *guest);
/** dsm_guest_table - as of struct drv_ops; dsm_guest_free - with the domain. */
int dsm_guest_table(struct drv *drv, struct drv_domain *domain, struct drv_device *device,
                    uint8_t pasid_bits, uint64_t *pa);
void dsm_guest_free(struct drv_domain *domain);
int dsm_invalidate(struct drv *drv, struct drv_domain *domain, struct drv_device *device,
                   const uint64_t *words, uint32_t n, uint32_t *n_done);
bool dsm_next_fault(struct drv *drv, struct drv_fault *fault);
int dsm_respond(struct drv *drv, const struct drv_fault *fault, bool is_success);

/* ---- domains (drv_smmuv3_domain.c) ---- */

int dsm_domain_alloc(struct drv *drv, const struct drv_domain_spec *spec,
                     const struct drv_device *for_device, struct drv_domain **domain);
void dsm_domain_free(struct drv *drv, struct drv_domain *domain);

#ifdef __cplusplus
}
#endif
#endif
