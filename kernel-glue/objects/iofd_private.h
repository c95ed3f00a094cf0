/* SPDX-License-Identifier: BSD-2-Clause
 * iofd_private.h - what objects are made of, for the files of this folder only. */
#ifndef IOFD_PRIVATE_H
#define IOFD_PRIVATE_H

#include "kernel-glue/objects/iofd.h"

#ifdef __cplusplus
extern "C" {
#endif

#define IOFD_MAX_MEMBERS 32u /* of a group */
#define IOFD_MAX_GROUPS 256u

/** struct iofd_obj - head of every object. @users: beside its number. @place: the kernel's number,
 * which is used again: by these objects go when the file is closed. */
struct iofd_obj {
    enum iofd_kind kind;
    uint32_t id, users, place;
};

/** struct iofd_entry - an object by its number - 1, and one by its place. NULL: gone. */
struct iofd_entry {
    struct iofd_obj *obj, *placed;
};

/** struct iofd_lock - one at a time; who comes meanwhile waits or is refused. */
struct iofd_lock {
    bool is_held;
};

/** struct iofd_area - @n_pins: of emulated devices; @is_leaving: no more of them. @storage: the
 * page table that remembers which memory it is, and is emptied last; NULL while there is none. */
struct iofd_hwpt;
struct iofd_area {
    uint64_t first, last, pa;
    const struct iofd_hwpt *storage;
    uint64_t process; /* to which it is accounted */
    uint32_t flags, n_pins;
    uint8_t prot;
    bool is_leaving;
};

/** struct iofd_reserved - @owner: the device or page table that forbids it. */
struct iofd_reserved {
    uint64_t first, last;
    const void *owner;
};

/** struct iofd_ioas - @tables: what maps and unmaps go to, in this order. */
struct iofd_ioas {
    struct iofd_obj obj;
    struct iofd_lock lock;
    struct iofd_area *areas; /* ascending */
    uint32_t n_areas, areas_room;
    struct iofd_hwpt **tables;
    uint32_t n_tables, tables_room;
    struct iofd_reserved *reserved;
    uint32_t n_reserved, reserved_room;
    struct drv_range *allowed;
    uint32_t n_allowed;
    uint64_t alignment;
};

/**
 * struct iofd_hwpt - a page table, of an address space (@ioas) or of a guest (@parent). @name: in
 * records. @n_guest: users of iofd_guest_table. @is_filled: it takes part in map and unmap.
 */
struct iofd_hwpt {
    struct iofd_obj obj;
    struct drv_domain *domain;
    uint64_t name;
    struct iofd_ioas *ioas;
    struct iofd_hwpt *parent;
    struct iofd_faultq *faultq;
    uint64_t words[DRV_GUEST_WORDS];
    uint64_t aperture_end, page_bytes;
    uint32_t flags, n_guest;
    bool is_auto, is_filled, is_coherent;
};

/** struct iofd_attach - what a group has at a PASID. @n_devices: members that asked for it. */
struct iofd_attach {
    uint32_t pasid, n_devices;
    struct iofd_hwpt *hwpt;
    struct iofd_process *process; /* instead of @hwpt */
};

struct iofd_device;
struct iofd_group {
    uint32_t number;
    struct iofd_lock lock;
    struct iofd_device *members[IOFD_MAX_MEMBERS];
    uint32_t n_members;
    struct iofd_attach *attaches;
    uint32_t n_attaches, attaches_room;
};

struct iofd_name {
    uint32_t guest, host;
};

/** struct iofd_device - @pasids: those that it is attached with; IOFD_NO_PASID is one of them. */
struct iofd_device {
    struct iofd_obj obj;
    struct iofd_device_info info;
    struct drv_device *device;
    struct iofd_group *group;
    uint32_t *pasids;
    uint32_t n_pasids, pasids_room;
    uint32_t label;
    struct iofd_name *names;
    uint32_t n_names, names_room;
};

struct iofd_pin {
    uint64_t first, last;
};

struct iofd_access {
    struct iofd_obj obj;
    struct iofd_access_ops ops;
    struct iofd_ioas *ioas;   /* NULL: nothing may be pinned */
    struct iofd_ioas *pinned; /* where pins are given back */
    struct iofd_pin *pins;
    uint32_t n_pins, pins_room;
};

/** struct iofd_pages - page requests of one group. @cookie: 0 while it is not complete or not read.
 */
struct iofd_pages {
    struct iofd_device *device;
    struct drv_fault pages[IOFD_FAULT_PAGES];
    uint32_t n_pages, cookie;
    uint64_t since_ns;
    bool is_complete;
};

struct iofd_faultq {
    struct iofd_obj obj;
    struct iofd_pages *groups; /* oldest first */
    uint32_t n_groups, groups_room;
    uint32_t last_cookie;
};

/** struct iofd_process - @domain: made with the first device. @pasid: 0 for none yet. */
struct iofd_process {
    struct iofd_obj obj;
    struct drv_domain *domain;
    uint64_t name;
    uint32_t pasid;
    struct iofd_area *areas;
    uint32_t n_areas, areas_room;
    uint64_t *touched; /* pages that are in */
    uint32_t n_touched, touched_room;
    bool has_ended, is_told;
};

/** struct iofd_known - a device that the driver knows, bound or not. */
struct iofd_known {
    uint32_t dev;
    struct drv_device *device;
};

struct iofd {
    struct iofd_config config;
    struct iofd_known *known;
    uint32_t n_known, known_room;
    struct iofd_entry *objects;
    uint32_t n_objects, objects_room;
    uint32_t first_free; /* no place before it is */
    struct iofd_group *groups[IOFD_MAX_GROUPS];
    uint32_t n_groups;
    struct drv_domain *blocked, *identity;
    uint64_t n_names;
    uint64_t process; /* to which new mappings are accounted */
    uint32_t last_pasid;
};

/* iofd.c */
void *iofd_zalloc(struct iofd *fd, size_t n_bytes);
/** iofd_grow - room for one more. Return: false without memory; nothing has changed then. */
bool iofd_grow(struct iofd *fd, void *array, uint32_t n, uint32_t *room, size_t n_bytes);
int iofd_lock(struct iofd *fd, struct iofd_lock *lock);
void iofd_unlock(struct iofd_lock *lock);
/** iofd_object_new - @n_bytes with a struct iofd_obj at its start and a number. NULL: no memory. */
void *iofd_object_new(struct iofd *fd, size_t n_bytes, enum iofd_kind kind);
/** iofd_object_free - the object itself, after what it owned. */
void iofd_object_free(struct iofd *fd, struct iofd_obj *obj);
void *iofd_object(const struct iofd *fd, uint32_t id, enum iofd_kind kind);
struct iofd_obj *iofd_any(const struct iofd *fd, uint32_t id);
/** iofd_domain_new - of the driver; @spec gets its name in records. */
int iofd_domain_new(struct iofd *fd, struct drv_domain_spec *spec, const struct iofd_device *device,
                    struct drv_domain **domain);

/* iofd_marks.c */
struct sim_record iofd_mark(uint8_t op, uint32_t dev, uint32_t pasid, uint64_t domain);
void iofd_begin(struct iofd *fd, const struct sim_record *mark);
int iofd_end(struct iofd *fd, const struct sim_record *mark, int err);
int iofd_domain_map(struct iofd *fd, struct drv_domain *domain, uint64_t name,
                    const struct iofd_area *area);
int iofd_domain_unmap(struct iofd *fd, struct drv_domain *domain, uint64_t name,
                      const struct iofd_area *area);
void iofd_domain_drop(struct iofd *fd, struct drv_domain *domain, uint64_t name);

/** iofd_tell_map, iofd_tell_unmap - pages that nobody mapped through an address space. */
void iofd_tell_map(struct iofd *fd, uint64_t name, const struct iofd_area *area);
void iofd_tell_unmap(struct iofd *fd, uint64_t name, uint64_t iova, uint64_t n_bytes);

/* iofd_ioas.c */
void iofd_ioas_drop(struct iofd *fd, struct iofd_ioas *ioas);
/** iofd_ioas_add, iofd_ioas_remove - a table of it, filled or emptied. */
int iofd_ioas_add(struct iofd *fd, struct iofd_ioas *ioas, struct iofd_hwpt *hwpt);
void iofd_ioas_remove(struct iofd *fd, struct iofd_ioas *ioas, struct iofd_hwpt *hwpt);
/** iofd_ioas_reserve - what @device needs free. -EADDRINUSE: it is not. */
int iofd_ioas_reserve(struct iofd *fd, struct iofd_ioas *ioas, const struct iofd_device *device);
void iofd_ioas_release(struct iofd_ioas *ioas, const void *owner);
/** iofd_ioas_align - its alignment anew, of its tables and emulated devices. */
int iofd_ioas_align(struct iofd *fd, struct iofd_ioas *ioas);
/** iofd_area_at - first area that ends at or after @iova; n_areas if there is none. */
uint32_t iofd_area_at(const struct iofd_area *areas, uint32_t n, uint64_t iova);
/** iofd_is_mapped - is [first, last] mapped without a hole? */
bool iofd_is_mapped(const struct iofd_ioas *ioas, uint64_t first, uint64_t last);

/* iofd_areas.c */
int iofd_area_insert(struct iofd *fd, struct iofd_ioas *ioas, const struct iofd_area *area);
void iofd_area_remove(struct iofd_ioas *ioas, uint32_t i);
/** iofd_check_iova - may something be mapped there? */
int iofd_check_iova(const struct iofd_ioas *ioas, uint64_t iova, uint64_t n_bytes);
int iofd_reserve(struct iofd *fd, struct iofd_ioas *ioas, const struct iofd_reserved *range);
/** iofd_choose_iova - for memory that @range tells of. -ENOSPC: no hole is large enough. */
int iofd_choose_iova(const struct iofd_ioas *ioas, const struct iofd_range *range,
                     uint64_t alignment, uint64_t *iova);

/* iofd_hwpt.c */
int iofd_hwpt_make(struct iofd *fd, struct iofd_ioas *ioas, const struct iofd_hwpt_spec *spec,
                   struct iofd_hwpt **made);
/** iofd_hwpt_drop - it goes; nobody uses it any more. */
void iofd_hwpt_drop(struct iofd *fd, struct iofd_hwpt *hwpt);
/** iofd_hwpt_put - one user less; the last one of an automatic table takes it along. */
void iofd_hwpt_put(struct iofd *fd, struct iofd_hwpt *hwpt);
/** iofd_hwpt_any - paging or nested; NULL. */
struct iofd_hwpt *iofd_hwpt_any(const struct iofd *fd, uint32_t id);

/* iofd_device.c */
struct iofd_attach *iofd_attach_of(const struct iofd_group *group, uint32_t pasid);
bool iofd_device_has(const struct iofd_device *device, uint32_t pasid);
void iofd_device_drop(struct iofd *fd, struct iofd_device *device);
/** iofd_switch - all members of the group to @to, at @pasid; back to @from if one fails. */
int iofd_switch(struct iofd *fd, struct iofd_group *group, uint32_t pasid, struct drv_domain *to,
                struct drv_domain *from);
/** iofd_place_add, iofd_place_remove - the device takes part in what its group has at @pasid. */
int iofd_place_add(struct iofd *fd, struct iofd_device *device, uint32_t pasid,
                   struct iofd_attach **attach);
bool iofd_place_remove(struct iofd_device *device, uint32_t pasid);

/* iofd_attach.c */
int iofd_device_attach(struct iofd *fd, struct iofd_device *device, uint32_t pasid, uint32_t table);
int iofd_device_replace(struct iofd *fd, struct iofd_device *device, uint32_t pasid,
                        uint32_t table);
int iofd_device_detach(struct iofd *fd, struct iofd_device *device, uint32_t pasid);

/* iofd_access.c */
int iofd_access_attach(struct iofd *fd, struct iofd_access *access, uint32_t ioas, bool replaces);
int iofd_access_detach(struct iofd *fd, struct iofd_access *access);
void iofd_access_drop(struct iofd *fd, struct iofd_access *access);
/** iofd_access_tell - emulated devices of @ioas: the range goes away. */
void iofd_access_tell(struct iofd *fd, struct iofd_ioas *ioas, uint64_t iova, uint64_t n_bytes);

/* iofd_fault.c */
void iofd_faultq_drop(struct iofd *fd, struct iofd_faultq *faultq);
/** iofd_faults_refuse - all of @device (NULL: any) with @pasid that wait in @faultq. */
void iofd_faults_refuse(struct iofd *fd, struct iofd_faultq *faultq,
                        const struct iofd_device *device, uint32_t pasid);

/* iofd_sva.c */
void iofd_process_drop(struct iofd *fd, struct iofd_process *process);
int iofd_sva_unbind(struct iofd *fd, struct iofd_device *device, uint32_t pasid);
/** iofd_process_fault - a device touches a page. Return: has it come in? */
bool iofd_process_fault(struct iofd *fd, struct iofd_process *process,
                        const struct drv_fault *fault);

/* iofd_guest.c */
struct iofd_device *iofd_by_label(const struct iofd *fd, uint32_t label);

#ifdef __cplusplus
}
#endif
#endif
