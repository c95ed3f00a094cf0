/* SPDX-License-Identifier: BSD-2-Clause
 * drv.h - a reference driver: what it is given, and what it can be asked to do.
 * Knows: records. Must not know: objects, where its records go, how a model works.
 *
 * A driver turns requests (attach this domain to that device) into records: stores to tables,
 * register writes, commands, barriers and waits. It hears nothing back but what it reads through
 * its port. Errors are those of the kernel: 0 or a negative errno. */
#ifndef DRV_H
#define DRV_H

#include "sim/record.h"

#ifdef __cplusplus
extern "C" {
#endif

#define DRV_NO_PASID UINT32_MAX

/**
 * struct drv_port - all that a driver sees of the world.
 * @record: one act. It has taken effect when this returns; a WAIT returns when its condition holds.
 *          Return: 0, or -ETIMEDOUT: the condition did not come true in time.
 * @alloc:  zeroed memory that hardware may see, aligned to its size. @structure: enum
 *          sim_structure. Return: 0, or -ENOMEM.
 * @free:   hardware may no longer reach it: becomes a FREE record.
 * @load:   8 bytes of that memory, as the driver's CPU sees them. No record.
 * @read:   a register; becomes an MMIO_READ record.
 */
struct drv_port {
    void *ctx;
    int (*record)(void *ctx, const struct sim_record *rec);
    int (*alloc)(void *ctx, uint64_t n_bytes, uint8_t structure, uint64_t *pa);
    void (*free)(void *ctx, uint64_t pa, uint64_t n_bytes);
    uint64_t (*load)(void *ctx, uint64_t pa);
    uint64_t (*read)(void *ctx, uint64_t offset, uint32_t n_bytes);
};

enum drv_domain_kind {
    DRV_BLOCKED,  /* refuses all */
    DRV_IDENTITY, /* bypass, pass-through */
    DRV_PAGING,   /* a page table of the driver's: stage as of drv_domain_spec */
    DRV_NESTED,   /* a guest's stage 1 above a paging domain that is a nest parent */
    DRV_SVA,      /* a process's page table */
};

enum drv_domain_flag {
    DRV_NEST_PARENT = 1 << 0,
    DRV_DIRTY = 1 << 1,  /* hardware tracks dirty pages (while switched on) */
    DRV_FAULTS = 1 << 2, /* stalls and page requests go to a handler */
};

#define DRV_GUEST_WORDS 8u

/**
 * struct drv_domain_spec - what a domain shall be.
 * @stage:  DRV_PAGING: 0 as the driver likes, 1 or 2.
 * @parent: DRV_NESTED.
 * @guest:  DRV_NESTED: the guest's words: SMMUv3 STE words 0 and 1; VT-d {first-stage root, flags
 *          of the kernel's iommu_hwpt_vtd_s1, address width}.
 * @root:   DRV_SVA: physical address of the process's table; its owner keeps it. 0: the driver
 *          makes one in the CPU's format, and @map and @unmap change it as the process does.
 */
struct drv_domain;
struct drv_domain_spec {
    uint8_t kind, stage;
    uint32_t flags;
    struct drv_domain *parent;
    uint64_t guest[DRV_GUEST_WORDS];
    uint64_t root;
    uint64_t id; /* how records name it: BEGIN.domain, MAP.domain */
};

enum drv_device_flag { DRV_ATS = 1 << 0, DRV_PRI = 1 << 1, DRV_STALL = 1 << 2 };

/** struct drv_device_info - @dev: its number in records. @requester: StreamID or requester-id.
 * @pasid_bits: 0 for none. @stu: smallest translation unit, log2 of 4 KiB pages. */
struct drv_device_info {
    uint32_t dev, requester, flags;
    uint8_t pasid_bits, stu;
};

struct drv_device;
struct drv;

/** struct drv_fault - what a device wants to be told after a stall or a page request. */
struct drv_fault {
    struct drv_device *device;
    uint32_t pasid, group, tag;
    uint64_t iova;
    bool is_write, is_last;
};

/** struct drv_range - [first, last]. */
struct drv_range {
    uint64_t first, last;
};

/**
 * struct drv_ops - a driver. Everything is called on one CPU at a time; @cpu of records is set by
 * the port. A call that fails has left the old state working, unless the kernel's own driver
 * would not have (said in the driver's documentation).
 * @start, @stop:   the unit: from reset to translating; back.
 * @device_add:     tables for it; it is blocked, or as @first says.
 * @attach:         @domain to (@device, @pasid); whatever was attached is replaced. DRV_BLOCKED is
 *                  how to detach. Emits BEGIN/END drv_attach around the switch.
 * @map, @unmap:    of a paging domain; @unmap: in one go with its invalidations and the page
 *                  tables that it frees. @n_unmapped may be less than asked for.
 * @flush:          everything cached of a domain.
 * @invalidate:     what a guest sent for a nested domain (SMMUv3: commands of 2 words; VT-d: the
 *                  uAPI's {address, pages, flags}): @n_done of @n; the first refused one ends it.
 * @dirty_tracking: on, off. @read_dirty: harvest [iova, +n_bytes) into @seen
 *                  and clear; @seen NULL: only clear, which is permitted while it is off.
 * @respond:        to a fault that hardware reported.
 * @next_fault:     reads what hardware has reported (queue heads move, errors are answered): true
 *                  and @fault if a device waits for software; false: nothing is left. May be NULL.
 * @enforce_coherency: from now on no-snoop is ignored in @domain; -EOPNOTSUPP: hardware cannot.
 *                  NULL: it never can, or always does so.
 * @process_exit:   of a DRV_SVA domain: nothing of it is reachable any more, requests are refused
 *                  without a stall; it stays attached. May be NULL.
 * @guest_table:    what a guest whose stage 1 is the table of @domain (DRV_SVA) names instead of
 * it: SMMUv3: a table of 2^@pasid_bits CDs, the first of which leads there. It goes with the
 * domain, which has one. NULL: the table itself.
 * @table_root:     physical address of a domain's own table; 0: it has none. May be NULL.
 * @reserved:       the n-th range that devices must not have mapped (interrupts). false: no more.
 */
struct drv_ops {
    const char *name; /* linux-6.12 */
    uint8_t arch;     /* enum of record.def: SIM_ARCH_... */
    const char *doc;  /* a line */
    int (*create)(const struct drv_port *port, uint64_t base, struct drv **drv);
    void (*destroy)(struct drv *drv);
    int (*start)(struct drv *drv);
    int (*stop)(struct drv *drv);
    int (*device_add)(struct drv *drv, const struct drv_device_info *info, struct drv_domain *first,
                      struct drv_device **device);
    void (*device_remove)(struct drv *drv, struct drv_device *device);
    int (*domain_alloc)(struct drv *drv, const struct drv_domain_spec *spec,
                        const struct drv_device *for_device, struct drv_domain **domain);
    void (*domain_free)(struct drv *drv, struct drv_domain *domain);
    int (*attach)(struct drv *drv, struct drv_device *device, uint32_t pasid,
                  struct drv_domain *domain);
    int (*map)(struct drv *drv, struct drv_domain *domain, uint64_t iova, uint64_t pa,
               uint64_t n_bytes, uint8_t prot);
    int (*unmap)(struct drv *drv, struct drv_domain *domain, uint64_t iova, uint64_t n_bytes,
                 uint64_t *n_unmapped);
    int (*flush)(struct drv *drv, struct drv_domain *domain);
    int (*invalidate)(struct drv *drv, struct drv_domain *domain, struct drv_device *device,
                      const uint64_t *words, uint32_t n, uint32_t *n_done);
    int (*dirty_tracking)(struct drv *drv, struct drv_domain *domain, bool on);
    int (*read_dirty)(struct drv *drv, struct drv_domain *domain, uint64_t iova, uint64_t n_bytes,
                      void (*seen)(void *ctx, uint64_t iova, uint64_t n_bytes), void *ctx);
    int (*respond)(struct drv *drv, const struct drv_fault *fault, bool is_success);
    /* what a domain can do, for checks at allocation and attach: */
    uint64_t (*page_sizes)(const struct drv_domain *domain);   /* bit n: 2^n bytes */
    uint64_t (*aperture_end)(const struct drv_domain *domain); /* last IOVA */
    bool (*fits)(const struct drv_domain *domain, const struct drv_device *device);
    bool (*next_fault)(struct drv *drv, struct drv_fault *fault);
    int (*enforce_coherency)(struct drv *drv, struct drv_domain *domain);
    bool (*reserved)(const struct drv *drv, uint32_t n, struct drv_range *range);
    int (*process_exit)(struct drv *drv, struct drv_domain *domain);
    uint64_t (*table_root)(const struct drv_domain *domain);
    int (*guest_table)(struct drv *drv, struct drv_domain *domain, struct drv_device *device,
                       uint8_t pasid_bits, uint64_t *pa);
};

/** drv_find - by architecture and name; NULL: there is none. */
const struct drv_ops *drv_find(uint8_t arch, const char *name);

/** drv_name - of the n-th driver of an architecture; NULL after the last. */
const char *drv_name(uint8_t arch, uint32_t n);

#ifdef __cplusplus
}
#endif
#endif
