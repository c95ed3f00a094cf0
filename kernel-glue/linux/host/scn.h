/* SPDX-License-Identifier: BSD-2-Clause
 * scn.h - the objects that a scenario names. For the host's own files only. */
#ifndef LNX_SCN_H
#define LNX_SCN_H

#include "kernel-glue/linux/host/host.h"
#include "kernel-glue/scenario/scn.h"

#define SCN_MAX_OBJECTS 128u
#define SCN_MAX_RANGES 256u
#define SCN_MAX_BESIDE 8u
#define SCN_MAX_PASIDS 8u

enum scn_kind { SCN_NONE, SCN_DEVICE, SCN_IOAS, SCN_HWPT, SCN_NESTED, SCN_PROCESS };

/**
 * struct scn_object - what a name stands for.
 * @table:   device: what it is attached to, an hwpt; hwpt: its ioas.
 * @is_auto: an hwpt that an attach to an ioas has made; it goes with its last device.
 * @n_users: hwpt: devices attached.
 * @id, @vdevice, @viommu, @faults: numbers of iommufd, 0 for none: the object, a guest's device,
 * what a guest sees above a nest parent, a fault queue.
 */
struct scn_object {
    enum scn_kind kind;
    char name[SCN_NAME_BYTES];
    /* device */
    uint32_t dev, sid, rid;
    char bdf[16];
    struct ksh_device *device;
    struct {
        uint32_t pasid;
        struct scn_object *table;
    } pasids[SCN_MAX_PASIDS];
    /* hwpt */
    void *domain;
    bool is_auto;
    uint32_t n_tickets, n_served;
    uint32_t n_users;
    struct scn_object *table;
    unsigned id, vdevice, viommu, faults, shared_pasid;
    struct ksh_process *process;
};

struct scn_range {
    struct scn_object *ioas;
    uint64_t iova, pa, n_bytes;
    int prot;
};

struct scn_beside {
    struct lnx *lnx;
    size_t first, last;
    bool stop, is_running;
};

struct host_scenario {
    struct scn scn;
    size_t next;
    struct scn_object objects[SCN_MAX_OBJECTS];
    uint32_t n_objects;
    struct scn_range ranges[SCN_MAX_RANGES];
    uint32_t n_ranges;
    struct scn_beside beside[SCN_MAX_BESIDE];
    uint32_t n_beside;
    uint32_t n_devices;
};

/* objects.c */
struct scn_object *scn_find(struct lnx *lnx, const struct scn_word *word);
struct scn_object *scn_add(struct lnx *lnx, const struct scn_word *word, enum scn_kind kind);
/** scn_place - where a device keeps what is attached to it under @pasid, or NULL for nothing.
 * scn_new_place: a free one, or NULL. */
struct scn_object **scn_place(struct scn_object *device, uint32_t pasid);
struct scn_object **scn_new_place(struct scn_object *device, uint32_t pasid);
int scn_run_verb(struct lnx *lnx, const struct scn_step *step);
void scn_release(struct lnx *lnx);

/* request.c */
int scn_dma(struct lnx *lnx, const struct scn_step *step);
int scn_expect(struct lnx *lnx, const struct scn_step *step);
void scn_aim(struct lnx *lnx, const struct scn_step *head, uint64_t ns);

/* objects_fd.c */
bool scn_fd_wants(const struct scn_step *step);
int scn_fd_device(struct scn_object *device);
/** scn_fd_run_verb - Return: false if the verb is not one of iommufd's or a process's. */
bool scn_fd_run_verb(struct lnx *lnx, const struct scn_step *step, int *err);
void scn_fd_release(struct lnx *lnx);

#endif
