/* SPDX-License-Identifier: BSD-2-Clause
 * iofd.h - objects of a user of IOMMUs, with the meaning that Linux's iommufd gives them: address
 * spaces, page tables, devices in groups, emulated devices, fault queues, processes.
 * Knows: what may be attached to what, and when an old reference may go. Must not know: entries of
 * tables, registers, who runs the records.
 *
 * Objects have numbers, from 1 on, which are not used again. Every call returns 0 or a negative
 * errno; one that fails has changed nothing, unless it says otherwise. What hardware is asked for
 * goes to a reference driver (kernel-glue/drivers/drv.h); BEGIN, END, MAP and UNMAP records go to
 * the driver's own port. docs/objects.md has the rules. */
#ifndef IOFD_H
#define IOFD_H

#include "kernel-glue/drivers/drv.h"

#ifdef __cplusplus
extern "C" {
#endif

#define IOFD_PAGE_BYTES UINT64_C(4096)
#define IOFD_NO_PASID DRV_NO_PASID
#define IOFD_FAULT_PAGES 16u /* of one group of page requests */

enum iofd_kind {
    IOFD_NONE,
    IOFD_IOAS,
    IOFD_HWPT,
    IOFD_NESTED,
    IOFD_DEVICE,
    IOFD_ACCESS,
    IOFD_FAULTQ,
    IOFD_PROCESS,
};

/**
 * struct iofd_config - what a context stands on; all borrowed until iofd_free.
 * @drv:          created and started by the caller.
 * @port:         where marks go; the driver's.
 * @may_alloc:    asked before each allocation of memory that only software sees; false: it fails.
 *                NULL: always true.
 * @yield:        somebody else holds what this call needs: let him go on. NULL: -EBUSY instead.
 * @now_ns:       for time-outs of page requests; NULL: there are none.
 * @fault_limit_ns: a page request that nobody has answered so long is refused.
 * @asid_bits:    that hardware has, for iofd_guest_bind; 0: 16.
 * @pasid_by_flag: only page tables with IOFD_HWPT_PASID go to a PASID (Linux 6.15 and later).
 */
struct iofd_config {
    const struct drv_ops *ops;
    struct drv *drv;
    const struct drv_port *port;
    void *ctx;
    bool (*may_alloc)(void *ctx);
    void (*yield)(void *ctx);
    uint64_t (*now_ns)(void *ctx);
    uint64_t fault_limit_ns;
    uint8_t asid_bits;
    bool pasid_by_flag;
};

struct iofd;

/** iofd_new - a context without objects. Return: NULL without memory. */
struct iofd *iofd_new(const struct iofd_config *config);

/** iofd_release - everything is detached and destroyed; devices go back to the kernel, which keeps
 * them attached to its default domain. */
void iofd_release(struct iofd *fd);

/** iofd_free - the same; then the driver lets go of the devices, too. NULL is taken. */
void iofd_free(struct iofd *fd);

/** iofd_destroy - an object goes. -ENOENT: there is none; -EBUSY: somebody uses it. */
int iofd_destroy(struct iofd *fd, uint32_t id);

/** iofd_kind - of an object; IOFD_NONE if there is none of that number. */
enum iofd_kind iofd_kind(const struct iofd *fd, uint32_t id);
/** iofd_users - who holds an object, beside its number. 0 if there is none of that number. */
uint32_t iofd_users(const struct iofd *fd, uint32_t id);
/** iofd_count - objects of a kind; of IOFD_NONE: of any kind. */
uint32_t iofd_count(const struct iofd *fd, enum iofd_kind kind);

/* ---- address spaces (iofd_ioas.c) ------------------------------------------------------------ */

enum iofd_map_flag {
    IOFD_MAP_FILE = 1 << 0,      /* memory of a file, which outlives a process */
    IOFD_MAP_READ_ONLY = 1 << 1, /* the memory itself may not be written */
};

/** struct iofd_range - @prot: enum sim_record_enum's PROT bits; @flags: enum iofd_map_flag. */
struct iofd_range {
    uint64_t iova, pa, n_bytes;
    uint8_t prot;
    uint32_t flags;
};

int iofd_ioas_alloc(struct iofd *fd, uint32_t *id);

/**
 * iofd_map - into every page table of the address space, or into none.
 * -EINVAL: size 0, neither read nor write, not aligned, a reserved range; -EOVERFLOW; -EEXIST:
 * something is mapped there; -EPERM: writable, but the memory is not.
 */
int iofd_map(struct iofd *fd, uint32_t ioas, const struct iofd_range *range);

/** iofd_map_anywhere - as iofd_map; the address is chosen among the allowed ranges and put into
 * @range. -ENOSPC: there is none. */
int iofd_map_anywhere(struct iofd *fd, uint32_t ioas, struct iofd_range *range);

/**
 * iofd_unmap - all mappings inside the range; those that emulated devices have pinned after they
 * were told. @n_unmapped: bytes; may be NULL. iova 0 and UINT64_MAX bytes: everything.
 * -ENOENT: nothing there, or a mapping lies only partly inside (those before it are gone then);
 * -EDEADLK: an emulated device does not let go.
 */
int iofd_unmap(struct iofd *fd, uint32_t ioas, uint64_t iova, uint64_t n_bytes,
               uint64_t *n_unmapped);

/** iofd_copy - @to gets at @range->iova what @from has at @range->pa (an IOVA). -ENOENT: not all of
 * it is mapped there; -EPERM: writable, but what @from has was mapped to be read only. */
int iofd_copy(struct iofd *fd, uint32_t to, uint32_t from, const struct iofd_range *range);

/** iofd_allow - the user promises to map only there; devices and page tables that would forbid any
 * of it are refused from now on. -EADDRINUSE: one forbids it already; -EINVAL: they overlap. */
int iofd_allow(struct iofd *fd, uint32_t ioas, const struct drv_range *ranges, uint32_t n);

/** iofd_ranges - where mappings may lie, ascending. Return: how many there are, which may be more
 * than @max; or a negative errno. @alignment: bytes; may be NULL. */
int iofd_ranges(const struct iofd *fd, uint32_t ioas, struct drv_range *ranges, uint32_t max,
                uint64_t *alignment);

/** iofd_change_process - pinned memory is accounted to another process. -EINVAL: some of it is no
 * file's. */
int iofd_change_process(struct iofd *fd, uint64_t process);
/** iofd_pinned_bytes - accounted to a process. */
uint64_t iofd_pinned_bytes(const struct iofd *fd, uint64_t process);

/* ---- page tables (iofd_hwpt.c) --------------------------------------------------------------- */

enum iofd_hwpt_flag {
    IOFD_HWPT_NEST_PARENT = 1 << 0,
    IOFD_HWPT_DIRTY = 1 << 1,
    IOFD_HWPT_PASID = 1 << 2,
    IOFD_HWPT_IDENTITY = 1 << 3, /* no table: all passes. The kernel has it, its iommufd does not */
};

/** struct iofd_hwpt_spec - @device: whose capabilities count. @faultq: 0, or who gets page
 * requests. @stage: 0 as the driver likes. @words: a nested table's, as of drv.h. */
struct iofd_hwpt_spec {
    uint32_t device, flags, faultq;
    uint8_t stage;
    uint64_t words[DRV_GUEST_WORDS];
};

/** iofd_hwpt_alloc - of address space @ioas, filled; @made: its id. -EOPNOTSUPP: a flag or
 * capability is not there; -EADDRINUSE: something is mapped where the table cannot reach. */
int iofd_hwpt_alloc(struct iofd *fd, uint32_t ioas, const struct iofd_hwpt_spec *spec,
                    uint32_t *made);

/** iofd_nested_alloc - a guest's table above @parent; @made: its id. -EINVAL: @parent was not made
 * for that; the driver says what a guest may not have (-EIO on SMMUv3). */
int iofd_nested_alloc(struct iofd *fd, uint32_t parent, const struct iofd_hwpt_spec *spec,
                      uint32_t *made);

int iofd_dirty_tracking(struct iofd *fd, uint32_t hwpt, bool on);

/** struct iofd_dirty - a question for pages that were written. @page_bytes: of the answer. */
struct iofd_dirty {
    uint64_t iova, n_bytes, page_bytes;
    void (*seen)(void *ctx, uint64_t iova, uint64_t n_bytes);
    void *ctx;
};

/** iofd_read_dirty - and they are clean again. It ends at the first hole, which is no error. */
int iofd_read_dirty(struct iofd *fd, uint32_t hwpt, const struct iofd_dirty *dirty);

/** iofd_is_coherent - is no-snoop ignored in this table? */
bool iofd_is_coherent(const struct iofd *fd, uint32_t hwpt);

/* ---- devices (iofd_device.c) ----------------------------------------------------------------- */

#define IOFD_NO_GROUP UINT32_MAX

/** struct iofd_device_info - @group: devices of one number move together; IOFD_NO_GROUP: alone.
 * @may_skip_snoop: its requests may say no-snoop, so its tables must enforce coherency.
 * @default_kind: DRV_IDENTITY or DRV_BLOCKED, what the kernel had it attached to. */
struct iofd_device_info {
    struct drv_device_info drv;
    uint32_t group;
    bool may_skip_snoop;
    uint8_t default_kind;
};

/** iofd_bind - the user takes the device over; its requests are refused from now on. -EBUSY: he
 * has it already. iofd_destroy is how to give it back. */
int iofd_bind(struct iofd *fd, const struct iofd_device_info *info, uint32_t *id);

/**
 * iofd_attach - @table is a page table, nested one or address space (then one is looked for or
 * made); @pasid IOFD_NO_PASID: the device itself. -EINVAL: its group has another table, or table
 * and device do not fit; -EBUSY: attached already; -EADDRINUSE: something is mapped where the
 * device's interrupts lie; -ENOENT: no such table. A device without that PASID: -EINVAL.
 */
int iofd_attach(struct iofd *fd, uint32_t device, uint32_t pasid, uint32_t table);

/** iofd_replace - the device's table, or that of all members of its group. -EINVAL: it is not
 * attached. By the same one: nothing happens. */
int iofd_replace(struct iofd *fd, uint32_t device, uint32_t pasid, uint32_t table);

/** iofd_detach - requests are refused from now on, once the last member of the group has left.
 * -EINVAL: it is not attached. Of an emulated device: @pasid is IOFD_NO_PASID. */
int iofd_detach(struct iofd *fd, uint32_t device, uint32_t pasid);

/** iofd_attached - the table that a device is attached to, 0 for none. */
uint32_t iofd_attached(const struct iofd *fd, uint32_t device, uint32_t pasid);

/* ---- emulated devices (iofd_access.c) --------------------------------------------------------
 * They take part in iofd_attach, iofd_replace (-ENOENT if not attached) and iofd_detach. */

/** struct iofd_access_ops - @unmap: the range goes away: unpin what is in it, before returning. */
struct iofd_access_ops {
    void (*unmap)(void *ctx, uint64_t iova, uint64_t n_bytes);
    void *ctx;
};

/** iofd_access_alloc - @ops is copied. */
int iofd_access_alloc(struct iofd *fd, const struct iofd_access_ops *ops, uint32_t *id);

/** iofd_pin - pages stay until they are unpinned. -ENOENT: not attached, or a hole; -EPERM: the
 * mapping does not permit it (@is_write or reading); -EINVAL: no whole pages, or the mapping is
 * about to go. What comes first in the range counts. */
int iofd_pin(struct iofd *fd, uint32_t access, uint64_t iova, uint64_t n_bytes, bool is_write);
/** iofd_unpin - exactly a range that was pinned. -EINVAL otherwise. */
int iofd_unpin(struct iofd *fd, uint32_t access, uint64_t iova, uint64_t n_bytes);

/* ---- page requests (iofd_fault.c) ------------------------------------------------------------ */

int iofd_faultq_alloc(struct iofd *fd, uint32_t *id);

/** struct iofd_fault - one page of a group. @label: of the device, iofd_label. @pasid: the
 * guest's number, if there is one. @cookie: to respond with. */
struct iofd_fault {
    uint32_t device, label, pasid, group, cookie;
    uint64_t iova;
    bool is_write, is_last;
};

/** iofd_poll_faults - what hardware has reported is given to whom it concerns; page requests that
 * took too long are refused. Return: how many pages came. */
uint32_t iofd_poll_faults(struct iofd *fd);

/** iofd_fault_read - the oldest group of a queue that was not read. Return: how many pages of it
 * are in @pages, 0: none is there, or a negative errno. */
int iofd_fault_read(struct iofd *fd, uint32_t faultq, struct iofd_fault *pages, uint32_t max);

/** iofd_fault_respond - to a group that was read. -EINVAL: there is none (any more). */
int iofd_fault_respond(struct iofd *fd, uint32_t faultq, uint32_t cookie, bool is_success);

/* ---- processes (iofd_sva.c) ------------------------------------------------------------------ */

int iofd_process_alloc(struct iofd *fd, uint32_t *id);
/** iofd_process_tell - records tell what it maps and which PASIDs get it, as they do of an address
 * space. Before its first device. */
int iofd_process_tell(struct iofd *fd, uint32_t process);
/** iofd_process_map - pages that come in when a device touches them. */
int iofd_process_map(struct iofd *fd, uint32_t process, const struct iofd_range *range);
/** iofd_process_touch - the process itself touches them: they come in. -EFAULT: nothing there. */
int iofd_process_touch(struct iofd *fd, uint32_t process, uint64_t va, uint64_t n_bytes);
int iofd_process_unmap(struct iofd *fd, uint32_t process, uint64_t iova, uint64_t n_bytes);
/** iofd_process_root - physical address of its table: a guest whose memory is the host's, one to
 * one, may have it as its first stage. -EOPNOTSUPP: the driver does not tell. */
int iofd_process_root(struct iofd *fd, uint32_t process, uint32_t device, uint64_t *root);
/** iofd_process_words - what a guest says whose stage 1 is that table: words of a nested one.
 * @pasid_bits: SMMUv3: of its table of context descriptors, of which the first leads there. */
int iofd_process_words(struct iofd *fd, uint32_t process, uint32_t device, uint8_t pasid_bits,
                       uint64_t *words);
/** iofd_nested_tell - records tell what a nested table maps whose stage 1 is that of a process
 * (iofd_process_tell): the guest changes nothing any more. */
int iofd_nested_tell(struct iofd *fd, uint32_t nested, uint32_t process);
/** iofd_process_exit - it ends, while devices may still be attached to it. */
int iofd_process_exit(struct iofd *fd, uint32_t process);
/** iofd_sva_bind - @pasid is chosen: each process has one. iofd_detach is how to end that.
 * -EINVAL: the device has no PASIDs or cannot wait for a page; -EBUSY: attached already. */
int iofd_sva_bind(struct iofd *fd, uint32_t device, uint32_t process, uint32_t *pasid);

/* ---- guests (iofd_guest.c) ------------------------------------------------------------------- */

/** iofd_label - the guest's name of a device: its StreamID or requester-id. It is the device's
 * number in records until then. -EEXIST: another device has it. */
int iofd_label(struct iofd *fd, uint32_t device, uint32_t label);

/** iofd_invalidate - what a guest sent for tables above @hwpt's parent (or @hwpt, a parent). @n
 * units of two words on SMMUv3, three on VT-d. @n_done: how many took effect; the next one is the
 * guest's mistake then. */
int iofd_invalidate(struct iofd *fd, uint32_t hwpt, const uint64_t *words, uint32_t n,
                    uint32_t *n_done);

/** iofd_pasid_name - the guest's @guest is the host's @host on that device; IOFD_NO_PASID as
 * @host: it is not any more. */
int iofd_pasid_name(struct iofd *fd, uint32_t device, uint32_t guest, uint32_t host);
/** iofd_pasid_host, iofd_pasid_guest - translated; the same number if there is no name. */
uint32_t iofd_pasid_host(const struct iofd *fd, uint32_t device, uint32_t guest);
uint32_t iofd_pasid_guest(const struct iofd *fd, uint32_t device, uint32_t host);

/** iofd_guest_table - the nested table for these words: one that is there already, or a new one.
 * Each call is one user; iofd_guest_release takes one away, and the last one destroys it. */
int iofd_guest_table(struct iofd *fd, uint32_t parent, const struct iofd_hwpt_spec *spec,
                     uint32_t *id);
int iofd_guest_release(struct iofd *fd, uint32_t id);

enum iofd_guest_kind { IOFD_GUEST_ABORT, IOFD_GUEST_BYPASS, IOFD_GUEST_TABLE };

/**
 * struct iofd_guest - a guest's first stage of one device, for both architectures.
 * @table:      IPA: SMMUv3 the table of context descriptors, VT-d the root of the PASID's first
 * stage.
 * @pasid_bits: SMMUv3: entries of that table; @is_two_level of it.
 * @asid_bits:  8 or 16: what the guest uses; must not be more than the hardware has.
 * @n_levels:   VT-d: 4 or 5.
 */
struct iofd_guest {
    enum iofd_guest_kind kind;
    uint64_t table;
    uint8_t pasid_bits, asid_bits, n_levels;
    bool is_two_level;
};

/** iofd_guest_bind - @device (and @pasid, on VT-d) gets the guest's configuration above @parent:
 * attached if it was not, else replaced. -EINVAL: a width that hardware has not. */
int iofd_guest_bind(struct iofd *fd, uint32_t device, uint32_t pasid, uint32_t parent,
                    const struct iofd_guest *guest);

#ifdef __cplusplus
}
#endif
#endif
