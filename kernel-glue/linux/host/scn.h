/* SPDX-License-Identifier: BSD-2-Clause
 * scn.h - a scenario in memory, and the objects that it names. For the host's own files only. */
#ifndef LNX_SCN_H
#define LNX_SCN_H

#include "kernel-glue/linux/host/host.h"

#define SCN_NAME_BYTES 64u
#define SCN_MAX_WORDS 12u
#define SCN_MAX_VALUES 4u
#define SCN_MAX_OBJECTS 128u
#define SCN_MAX_RANGES 256u
#define SCN_MAX_BESIDE 8u

/** struct scn_word - key, key=value or a value. */
struct scn_word {
    char key[SCN_NAME_BYTES];
    char text[SCN_NAME_BYTES];
    bool is_number;
    uint64_t number;
    uint64_t values[SCN_MAX_VALUES];
    uint32_t n_values;
};

struct scn_step {
    uint32_t line;
    char verb[SCN_NAME_BYTES];
    struct scn_word words[SCN_MAX_WORDS];
    uint32_t n_words;
    struct scn_word results[2];
    uint32_t n_results;
    bool has_result;
};

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
    } pasids[8];
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
    struct scn_step *steps;
    size_t n_steps, room, next;
    struct scn_object objects[SCN_MAX_OBJECTS];
    uint32_t n_objects;
    struct scn_range ranges[SCN_MAX_RANGES];
    uint32_t n_ranges;
    struct scn_beside beside[SCN_MAX_BESIDE];
    uint32_t n_beside;
    uint32_t n_devices;
};

/* scn.c */
const struct scn_word *scn_key(const struct scn_step *step, const char *key);
uint64_t scn_number(const struct scn_step *step, const char *key, uint64_t otherwise);
bool scn_has(const struct scn_step *step, const char *text);

/* objects.c */
struct scn_object *scn_find(struct lnx *lnx, const struct scn_word *word);
struct scn_object *scn_add(struct lnx *lnx, const struct scn_word *word, enum scn_kind kind);
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
