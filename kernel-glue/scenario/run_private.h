/* SPDX-License-Identifier: BSD-2-Clause
 * run_private.h - the state of a run, for its own files only. */
#ifndef RUN_PRIVATE_H
#define RUN_PRIVATE_H

#include "kernel-glue/objects/iofd.h"
#include "kernel-glue/scenario/run.h"
#include "kernel-glue/scenario/scn.h"

#ifdef __cplusplus
extern "C" {
#endif

#define RUN_TABLES_PA UINT64_C(0x40000000) /* scenarios map what lies above the tables */
#define RUN_TABLES_BYTES UINT64_C(0x40000000)
#define RUN_ORDERS 16u /* blocks of 2^i pages */
#define RUN_MAX_NAMES 512u
#define RUN_MAX_PINS 64u
#define RUN_MAX_CPUS 16u
#define RUN_MAX_BESIDE 8u

/** struct run_block - of tables. @next: index + 1 of the next free one of its size. */
struct run_block {
    uint64_t pa;
    uint32_t order, next;
    uint8_t structure;
    bool is_live;
};

/** struct run_memory - @n_own_bytes: live ones that do not go with the objects. */
struct run_memory {
    uint64_t brk, n_live_bytes, n_own_bytes;
    struct run_block *blocks; /* ascending */
    uint32_t n_blocks, room;
    uint32_t free_blocks[RUN_ORDERS];
};

/** struct run_name - what a word of the scenario stands for. @id: of the object. @sid, @dev, @bdf:
 * a device's. @faultq: of a page table. @pins: of an emulated device. */
struct run_name {
    char name[SCN_NAME_BYTES];
    enum iofd_kind kind;
    uint32_t id, faultq;
    uint32_t sid, rid, dev;
    char bdf[16];
    struct run *run;
    struct {
        uint64_t iova, n_bytes;
    } pins[RUN_MAX_PINS];
    uint32_t n_pins;
};

/** struct run_request - a request of a device that a line waits for, or has aimed. */
struct run_request {
    bool is_waiting, is_answered;
    struct sim_dma_seen seen;
    bool is_aimed;
    uint64_t aim_ps;
    struct sim_record aim;
};

/** struct run_beside - lines [first, last) that run on @cpu beside the next block; @next: due. */
struct run_beside {
    size_t first, last, next;
    uint16_t cpu;
};

struct run {
    struct run_config config;
    struct run_stats stats;
    struct scn scn;
    struct sim_record *kept;
    size_t n_kept, kept_room;
    size_t window; /* first record that an expect looks at */
    bool was_expect;
    uint64_t n_events_before;
    struct rpl_scanner *scanner;
    const struct rpl_scan *scan;
    struct sim_observer observer;
    struct rpl *rpl;
    struct sim_mem *mem;
    struct drv_port port;
    struct drv *drv;
    struct iofd *fd;
    struct run_memory memory;
    struct run_request request;
    struct run_name names[RUN_MAX_NAMES];
    uint32_t n_names, n_devices;
    struct run_beside beside[RUN_MAX_BESIDE];
    uint32_t n_beside;
    bool is_beside; /* a line of such a block runs */
    uint16_t cpu;
    bool any_irq, is_settling;
    bool is_over; /* acts are neither done nor kept any more */
    enum run_fail fail;
    uint64_t fail_in;
};

/* run_port.c */
void run_port_init(struct run *run);
/** run_act - a record takes effect and is kept. Return: as of struct drv_port's record. */
int run_act(struct run *run, struct sim_record *rec);
uint64_t run_now_ps(const struct run *run);
bool run_may_alloc(void *run);
void run_port_free(struct run *run);

/* run_head.c */
int run_head(struct run *run);

/* run_request.c */
void run_dma_seen(void *run, const struct sim_dma_seen *seen);
/** run_settle - interrupts that are due are taken, until none is. */
void run_settle(struct run *run);
/** run_rest - time for what hardware still has to report. */
void run_rest(struct run *run);
int run_dma(struct run *run, const struct scn_step *step);
int run_expect_dma(struct run *run, const struct scn_step *step);
void run_aim(struct run *run, const struct scn_step *head, uint64_t ns);
void run_aimed(struct run *run);
/** run_send - a request that nobody waits for. */
void run_send(struct run *run, const struct scn_step *step);

/* run_expect.c */
int run_expect(struct run *run, const struct scn_step *step);

/* run_verbs.c */
struct run_name *run_find(struct run *run, const struct scn_word *word);
struct run_name *run_name_new(struct run *run, const struct scn_word *word, enum iofd_kind kind);
int run_verb(struct run *run, const struct scn_step *step);

/* run_guest.c: verbs of virtual machines, processes, page requests */
int run_nested(struct run *run, const struct scn_step *step);
int run_invalidate(struct run *run, const struct scn_step *step);
int run_respond(struct run *run, const struct scn_step *step);
int run_guest(struct run *run, const struct scn_step *step);
int run_label(struct run *run, const struct scn_step *step);
int run_pasid_name(struct run *run, const struct scn_step *step);
int run_sva(struct run *run, const struct run_name *device, const struct run_name *process,
            const struct scn_step *step);

#ifdef __cplusplus
}
#endif
#endif
