/* SPDX-License-Identifier: BSD-2-Clause
 * drv_vtd_private.h - the parts of the VT-d drivers, and what they share.
 * Knows: drv.h, registers and entries by their layouts. Must not know: objects, models.
 *
 * One code base; struct dvtd_policy says in what the drivers differ. A record that fails (only a
 * WAIT can) is kept in drv->error, and whoever asked looks at it when the sequence is over. */
#ifndef DRV_VTD_PRIVATE_H
#define DRV_VTD_PRIVATE_H

#include "kernel-glue/drivers/drv.h"
#include "kernel-glue/drivers/drv_vtd.h"

#include "models/vtd/vtd_layout.h"

#include <errno.h>

#ifdef __cplusplus
extern "C" {
#endif

#define DVTD_PAGE 4096u
#define DVTD_PAGE_LOG2 12u
#define DVTD_ENTRY 8u /* bytes of a word of any table */
#define DVTD_LINE 64u
#define DVTD_BATCH 16u     /* descriptors of one submission */
#define DVTD_ALL_PAGES 52u /* log2: the whole address space */

/* DIDs: 0 tags what faulted with caching mode, 1 is that of identity and processes. */
#define DVTD_DID_SHARED 1u
#define DVTD_DID_FIRST 2u

/* The kernel's domain types, in field a of drv_attach marks. */
enum dvtd_type {
    DVTD_TYPE_BLOCKED = 0,
    DVTD_TYPE_PAGING = 1,
    DVTD_TYPE_IDENTITY = 4,
    DVTD_TYPE_SVA = 0x10,
    DVTD_TYPE_NESTED = 0x40,
};

enum dvtd_pasid_replace {
    DVTD_REPLACE_NEVER,    /* -EBUSY */
    DVTD_REPLACE_COPY,     /* the new entry over the live one, word by word */
    DVTD_REPLACE_TEARDOWN, /* P=0, flush, set up */
};

/**
 * struct dvtd_policy - in what the drivers differ.
 * @is_hitless:          entries change in place, by 16-byte stores or another directory entry.
 * @keeps_ats:           scalable mode: ATS stays on from the device's start.
 * @flushes_before_ats:  legacy mode: ATS goes off after the context entry, not before.
 * @has_pre_from_start:  page requests are allowed from the device's start.
 * @clears_at_once:      a tear-down zeroes the entry first, not P alone.
 * @prefers_first_stage: where the caller leaves it to the driver.
 * @orders_tables:       a new page table is written before a barrier, then linked; an unmap clears
 * each table that goes, from below, and flushes once; a domain's tables go as they are.
 * @refuses_read_only:   in parents of nesting (an erratum of one processor).
 */
struct dvtd_policy {
    bool is_hitless, keeps_ats, flushes_before_ats, has_pre_from_start, clears_at_once;
    bool prefers_first_stage, orders_tables, refuses_read_only;
    enum dvtd_pasid_replace pasid_replace;
};

/** struct dvtd_queue - @n: its descriptors. @status: a word per descriptor that waits write to. */
struct dvtd_queue {
    uint64_t base, status;
    uint32_t n, head, bytes;
};

struct drv {
    struct drv_port port;
    const struct dvtd_policy *policy;
    uint64_t base, cap, ecap;
    uint32_t ver, gcmd;
    bool is_scalable, is_started;
    bool is_coherent;      /* root, context, PASID directory and table */
    bool is_walk_coherent; /* page tables */
    uint8_t agaw;          /* AW of what it can: 1, 2, 3 */
    int error;
    struct dvtd_queue queue;
    uint64_t root, prq;
    uint32_t prq_head, prq_tail; /* byte offsets; what is between is not handled yet */
    uint64_t *freed;             /* tables that wait for a flush; room for all that there are */
    uint32_t n_freed, freed_room, n_tables;
    uint64_t *dids; /* a bit each */
    uint32_t n_dids;
    struct drv_device *devices;
    struct drv_domain *domains;
};

/** struct dvtd_att - a domain attached to a device, or to a PASID of it. @did: as its entry has it.
 */
struct dvtd_att {
    struct drv_device *device;
    struct drv_domain *domain;
    uint32_t pasid; /* 0: requests without */
    uint16_t did;
    bool has_devtlb;
    struct dvtd_att *next;           /* of the device */
    struct dvtd_att *next_of_domain; /* in order of attachment */
    struct dvtd_att *next_of_parent; /* nested: of the parent */
};

struct drv_device {
    struct drv_device_info info;
    uint64_t directory;
    uint32_t directory_bytes, pasid_end;
    bool is_ats_on, is_pri_on;
    uint32_t n_fault_users;
    struct dvtd_att *atts;
    struct drv_device *next;
};

struct drv_domain {
    const struct drv *drv;
    struct drv_domain_spec spec;
    uint8_t stage, levels, agaw, address_bits;
    uint8_t super_levels; /* leaves above 4 KiB: 1 = 2 MiB, 2 = also 1 GiB */
    bool owns_root, snoops, tracks_dirty, has_mappings;
    uint64_t root;
    uint16_t did;
    uint32_t did_users, n_children;
    struct dvtd_att *atts, *nested;
    struct drv_domain *next;
};

/* ---- records (drv_vtd_io.c) ------------------------------------------------------------------ */

void dvtd_store(struct drv *drv, uint8_t structure, uint64_t pa, uint64_t value);
/** dvtd_store16 - both words in one store (lock cmpxchg16b). */
void dvtd_store16(struct drv *drv, uint8_t structure, uint64_t pa, const uint64_t *words);
/** dvtd_store4 - a 4-byte word. */
void dvtd_store4(struct drv *drv, uint8_t structure, uint64_t pa, uint32_t value);
void dvtd_barrier(struct drv *drv);
/** dvtd_flush_lines - write back what [pa, +n_bytes) touches. */
void dvtd_flush_lines(struct drv *drv, uint64_t pa, uint64_t n_bytes);
/** dvtd_flush_table - the same, if configuration tables are not snooped. */
void dvtd_flush_table(struct drv *drv, uint64_t pa, uint64_t n_bytes);
void dvtd_write(struct drv *drv, uint32_t offset, uint64_t value, uint8_t n_bytes);
uint64_t dvtd_read(struct drv *drv, uint32_t offset, uint8_t n_bytes);
/** dvtd_wait_reg - until the bits of @mask are @value. Return: 0 or a negative errno. */
int dvtd_wait_reg(struct drv *drv, uint32_t offset, uint64_t mask, uint64_t value);
int dvtd_wait_slot(struct drv *drv, uint32_t index);
uint64_t dvtd_load(struct drv *drv, uint64_t pa);
void dvtd_load_words(struct drv *drv, uint64_t pa, uint64_t *words, uint32_t n);
/** dvtd_alloc - memory for a table of hardware, written back if it must be. */
int dvtd_alloc(struct drv *drv, uint64_t n_bytes, bool is_coherent, uint64_t *pa);
void dvtd_mark(struct drv *drv, enum sim_record_kind kind, const struct drv_device *device,
               const struct drv_domain *domain, int ret);
/** dvtd_tell_ats - the state as it is; nobody else knows that ATS is off when a device comes. */
void dvtd_tell_ats(struct drv *drv, const struct drv_device *device);
/** dvtd_set_ats - switch a device's ATS (and page requests) and say so. */
void dvtd_set_ats(struct drv *drv, struct drv_device *device, bool is_on, bool is_pri_on);
/** dvtd_take_error - what failed since the last call; forgets it. */
int dvtd_take_error(struct drv *drv);

/* ---- invalidation (drv_vtd_qi.c, drv_vtd_error.c) -------------------------------------------- */

/** struct dvtd_batch - descriptors for one submission with one wait; full: goes out by itself.
 * @drains: that wait also comes after all page requests. */
struct dvtd_batch {
    struct drv *drv;
    uint32_t n;
    bool drains;
    uint64_t words[DVTD_BATCH][2];
};

void dvtd_batch_init(struct dvtd_batch *batch, struct drv *drv);
void dvtd_batch_add(struct dvtd_batch *batch, const uint64_t *words);
/** dvtd_batch_run - submit what is there and wait. */
void dvtd_batch_run(struct dvtd_batch *batch);
/** dvtd_batch_step - the end of one flush: Linux waits after each, best after the last. */
void dvtd_batch_step(struct dvtd_batch *batch);
/** dvtd_submit - descriptors, one wait, one store to IQT. @drains: page requests, too. Return: 0,
 * -EINVAL: hardware refused a descriptor; -EAGAIN: a device did not answer; -ETIMEDOUT. */
int dvtd_submit(struct drv *drv, const uint64_t words[][2], uint32_t n, bool drains);
int dvtd_submit_once(struct drv *drv, const uint64_t words[][2], uint32_t n, bool drains,
                     uint32_t *first);
/** dvtd_queue_error - after a wait that did not end: what FSTS says, answered as Linux does. */
int dvtd_queue_error(struct drv *drv, uint32_t first, uint32_t n);

void dvtd_context_inv(struct dvtd_batch *batch, uint64_t granularity, uint16_t did, uint32_t sid);
void dvtd_iotlb_inv(struct dvtd_batch *batch, uint64_t granularity, uint16_t did);
void dvtd_iotlb_page(struct dvtd_batch *batch, uint16_t did, uint64_t address, unsigned n_log2,
                     bool is_leaf);
void dvtd_pasid_inv(struct dvtd_batch *batch, uint64_t granularity, uint16_t did, uint32_t pasid);
void dvtd_piotlb(struct dvtd_batch *batch, uint16_t did, uint32_t pasid);
void dvtd_piotlb_page(struct dvtd_batch *batch, uint16_t did, uint32_t pasid, uint64_t address,
                      unsigned n_log2, bool is_leaf);
/** dvtd_devtlb - @pasid 0: of requests without. @n_log2: of 4 KiB pages, DVTD_ALL_PAGES: all. */
void dvtd_devtlb(struct dvtd_batch *batch, const struct drv_device *device, uint32_t pasid,
                 uint64_t address, unsigned n_log2);
/** dvtd_fence - what follows starts after what is there; software does not wait. */
void dvtd_fence(struct dvtd_batch *batch);
/** dvtd_write_buffer - GCMD.WBF, if this unit needs it. */
void dvtd_write_buffer(struct drv *drv);

/* ---- the unit (drv_vtd_unit.c) --------------------------------------------------------------- */

int dvtd_start(struct drv *drv);
int dvtd_stop(struct drv *drv);
int dvtd_gcmd_set(struct drv *drv, uint32_t level_bit, bool is_on);
int dvtd_gcmd_shot(struct drv *drv, uint32_t bit, uint32_t status_value);

/* ---- devices (drv_vtd_device.c) -------------------------------------------------------------- */

int dvtd_device_add(struct drv *drv, const struct drv_device_info *info, struct drv_domain *first,
                    struct drv_device **device);
void dvtd_device_remove(struct drv *drv, struct drv_device *device);
/** dvtd_context_at - where a device's context entry is; its table is made if need be. */
int dvtd_context_at(struct drv *drv, const struct drv_device *device, uint64_t *pa);
/** dvtd_pasid_at - where a PASID's entry is; its table is made if need be. */
int dvtd_pasid_at(struct drv *drv, const struct drv_device *device, uint32_t pasid, uint64_t *pa);
/** dvtd_allow_page_requests - PRE of a live context entry, and the device's PRI. */
void dvtd_allow_page_requests(struct drv *drv, struct drv_device *device, bool is_on);

/* ---- entries (drv_vtd_entry.c, drv_vtd_best.c) ----------------------------------------------- */

/** struct dvtd_entry - a PASID or context entry. @is_live: each field becomes a store. */
struct dvtd_entry {
    struct drv *drv;
    uint64_t pa;
    bool is_live;
    uint64_t words[HW_MAX_WORDS];
};

/** dvtd_fill_pasid - all fields but P. */
void dvtd_fill_pasid(struct dvtd_entry *entry, const struct drv_domain *domain, uint16_t did);
void dvtd_fill_context(struct dvtd_entry *entry, const struct drv_device *device,
                       const struct drv_domain *domain, uint16_t did);
/** dvtd_setup - a domain into the not-present entry at @pa, as Linux does. */
void dvtd_setup(struct dvtd_att *att, struct drv *drv, uint64_t pa);
/** dvtd_tear_down - the present entry at @pa goes, with all that is cached of it. */
void dvtd_tear_down(struct dvtd_att *att, struct drv *drv, uint64_t pa);
/** dvtd_silence - a tear-down that leaves FPD=1: later requests are refused without a record. */
void dvtd_silence(struct dvtd_att *att, struct drv *drv, uint64_t pa);
/** dvtd_copy_over - the new entry over the present one, word by word. */
void dvtd_copy_over(struct dvtd_att *att, struct drv *drv, uint64_t pa, uint16_t old_did);
/** dvtd_best_switch - as dvtd_attach, the shortest way. */
int dvtd_best_switch(struct drv *drv, struct drv_device *device, uint32_t pasid,
                     struct drv_domain *domain);
void dvtd_drain(struct drv *drv, const struct drv_device *device, uint32_t pasid);

/* ---- attachments (drv_vtd_attach.c) ---------------------------------------------------------- */

int dvtd_attach(struct drv *drv, struct drv_device *device, uint32_t pasid,
                struct drv_domain *domain);
int dvtd_process_exit(struct drv *drv, struct drv_domain *domain);
struct dvtd_att *dvtd_att_find(const struct drv_device *device, uint32_t pasid);
struct dvtd_att *dvtd_att_new(struct drv_device *device, uint32_t pasid);
/** dvtd_att_free - off the device's list. */
void dvtd_att_free(struct dvtd_att *att);
/** dvtd_att_link - @att uses @domain from now on: flushes of the domain reach it. */
void dvtd_att_link(struct dvtd_att *att, struct drv_domain *domain, uint16_t did);
void dvtd_att_unlink(struct dvtd_att *att);
/** dvtd_did_get - a domain's DID, a new one if it has none. Return: 0 or -ENOSPC. */
int dvtd_did_get(struct drv *drv, struct drv_domain *domain, uint16_t *did);
void dvtd_did_put(struct drv *drv, struct drv_domain *domain);
/** dvtd_att_at - where its entry is: a context entry in legacy mode, else a PASID entry. */
int dvtd_att_at(struct drv *drv, const struct drv_device *device, uint32_t pasid, uint64_t *pa);
/** dvtd_wants_faults - does somebody wait for page requests of this domain? */
bool dvtd_wants_faults(const struct drv_domain *domain);
bool dvtd_may_ats(const struct drv *drv, const struct drv_device *device);
/** dvtd_check_pasid - may a device's PASID have this domain? */
int dvtd_check_pasid(const struct drv *drv, const struct drv_device *device, uint32_t pasid,
                     const struct drv_domain *domain);
/** dvtd_rid_did - DID of what a device has for requests without PASID. */
uint16_t dvtd_rid_did(const struct drv_device *device);

/* ---- domains (drv_vtd_domain.c) -------------------------------------------------------------- */

int dvtd_domain_alloc(struct drv *drv, const struct drv_domain_spec *spec,
                      const struct drv_device *device, struct drv_domain **domain);
void dvtd_domain_free(struct drv *drv, struct drv_domain *domain);
bool dvtd_fits(const struct drv *drv, const struct drv_domain *domain,
               const struct drv_device *device);
uint64_t dvtd_page_sizes(const struct drv_domain *domain);
uint64_t dvtd_aperture_end(const struct drv_domain *domain);
int dvtd_enforce_coherency(struct drv *drv, struct drv_domain *domain);
bool dvtd_reserved(const struct drv *drv, uint32_t n, struct drv_range *range);

/* ---- page tables (drv_vtd_pt.c, drv_vtd_unmap.c) --------------------------------------------- */

int dvtd_map(struct drv *drv, struct drv_domain *domain, uint64_t iova, uint64_t pa,
             uint64_t n_bytes, uint8_t prot);
/** dvtd_drop_table - the entry of @level at @place is cleared; the tables below are collected. */
void dvtd_drop_table(struct drv *drv, const struct drv_domain *domain, uint64_t place,
                     unsigned level);
int dvtd_unmap(struct drv *drv, struct drv_domain *domain, uint64_t iova, uint64_t n_bytes,
               uint64_t *n_unmapped);
/** dvtd_new_table - counted, so that there is room to keep it until a flush. */
int dvtd_new_table(struct drv *drv, const struct drv_domain *domain, uint64_t *pa);
void dvtd_pte_store(struct drv *drv, const struct drv_domain *domain, uint64_t pa, uint64_t pte);
/** dvtd_pte_flush - entries in [pa, +n_bytes), if walks do not snoop. */
void dvtd_pte_flush(struct drv *drv, const struct drv_domain *domain, uint64_t pa,
                    uint64_t n_bytes);
/** dvtd_table_free_later - after the next flush. dvtd_free_collected - that flush has been. */
void dvtd_table_free_later(struct drv *drv, uint64_t pa);
void dvtd_free_collected(struct drv *drv);
/** dvtd_free_tables - all of a domain's; hardware uses none any more. */
void dvtd_free_tables(struct drv *drv, struct drv_domain *domain);
unsigned dvtd_level_log2(unsigned level);
bool dvtd_pte_present(uint64_t pte);
bool dvtd_pte_is_table(uint64_t pte, unsigned level);
uint64_t dvtd_pte_table(uint64_t pte);
uint8_t dvtd_pte_structure(const struct drv_domain *domain);
/** dvtd_leaf - the entry that maps @iova, or ends its walk. @level: of it. */
uint64_t dvtd_leaf(struct drv *drv, const struct drv_domain *domain, uint64_t iova, unsigned *level,
                   uint64_t *pa);
unsigned dvtd_super_levels(const struct drv *drv, uint8_t stage);

/* ---- flushes of a domain (drv_vtd_flush.c) --------------------------------------------------- */

/** dvtd_flush_range - [first, last] changed. @is_leaf: no table went. */
void dvtd_flush_range(struct drv *drv, struct drv_domain *domain, uint64_t first, uint64_t last,
                      bool is_leaf);
void dvtd_flush_mapped(struct drv *drv, struct drv_domain *domain, uint64_t first, uint64_t last);
int dvtd_flush(struct drv *drv, struct drv_domain *domain);
int dvtd_invalidate(struct drv *drv, struct drv_domain *domain, struct drv_device *device,
                    const uint64_t *words, uint32_t n, uint32_t *n_done);

/* ---- dirty pages, faults (drv_vtd_dirty.c, drv_vtd_fault.c) ---------------------------------- */

int dvtd_dirty_tracking(struct drv *drv, struct drv_domain *domain, bool on);
int dvtd_read_dirty(struct drv *drv, struct drv_domain *domain, uint64_t iova, uint64_t n_bytes,
                    void (*seen)(void *ctx, uint64_t iova, uint64_t n_bytes), void *ctx);
int dvtd_respond(struct drv *drv, const struct drv_fault *fault, bool is_success);
bool dvtd_next_fault(struct drv *drv, struct drv_fault *fault);

#ifdef __cplusplus
}
#endif
#endif
