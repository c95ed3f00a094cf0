/* SPDX-License-Identifier: BSD-2-Clause
 * trc_import_private.h - the importer's state, for its own files only. */
#ifndef TRC_IMPORT_PRIVATE_H
#define TRC_IMPORT_PRIVATE_H

#include "kernel-glue/trace/trc_ack.h"
#include "kernel-glue/trace/trc_import.h"
#include "kernel-glue/trace/trc_reorder.h"

#include <uthash.h>

#define MAX_UNITS 64u
#define MAX_FRAMES 128u
#define MAX_TASKS 16384u
#define MAX_DEVICES 16384u
#define MAX_OPS 16u     /* nested operations of one task */
#define MAX_PENDING 4u  /* register accesses of one task that interrupts can nest */
#define MAX_QI 32u      /* descriptors of one submission */
#define FLUSH_BYTES 64u /* a cache line of x86 and most arm64 */
#define MAX_FLUSH_BYTES (UINT64_C(16) << 20) /* of one barrier event */
#define MAX_COMMANDS 8u                      /* registers of one unit whose writes are answered */

/* Fates that several places name. */
#define WHY_NOT_IOMMU "the address is not one of an IOMMU's registers"
#define WHY_BOOKKEEPING                                                                            \
    "bookkeeping of the driver; a patched kernel shows its stores and descriptors"
#define WHY_IMPOSSIBLE "impossible values: the trace is damaged here"

struct unit {
    uint8_t arch;
    uint64_t base;
    uint64_t size;
    struct {
        uint64_t offset, value;
    } commands[MAX_COMMANDS];
    unsigned n_commands;
};

/* A mapped register frame: virtual addresses to a unit's offsets. */
struct frame {
    uint64_t va;
    uint64_t size;
    uint64_t offset;
    uint16_t unit;
};

struct reg {
    uint16_t unit;
    uint8_t width;
    uint64_t offset;
};

struct pending {
    uint64_t addr;
    uint64_t value;
    uint64_t width;
};

struct open_op {
    uint8_t op;
    uint64_t domain;
    uint64_t iova;
    uint64_t size;
};

struct open_sync {
    bool is_open;
    uint64_t base;
    uint64_t index;
    uint64_t begin_ns;
    uint32_t n_polls;
    uint16_t unit;
};

/* A run of reads of one register by one task; the last of them holds a place in the stream. */
struct poll_run {
    bool is_open;
    struct reg reg;
    uint64_t first_ns;
    uint64_t last_ns;
    uint64_t value;
    uint64_t changed; /* bits that were ever different from now */
    uint32_t n_reads;
    uint16_t cpu;
    uint64_t ticket;
};

struct expected {
    bool is_open;
    uint16_t unit;
    struct trc_ack ack;
};

/* A task, or the idle task of one CPU. */
struct task {
    uint64_t key;
    unsigned n_ops;
    struct open_op ops[MAX_OPS];
    unsigned n_writes, n_reads;
    struct pending writes[MAX_PENDING];
    struct pending reads[MAX_PENDING];
    struct open_sync sync;
    struct poll_run poll;
    struct expected expected;
    unsigned n_qi;
    uint64_t qi[MAX_QI][2];
    struct task *next_polling; /* list of tasks whose poll is open */
    UT_hash_handle hh;
};

struct device {
    uint32_t number;
    UT_hash_handle hh;
    uint32_t n_name;
    char name[];
};

struct trc_import {
    const struct sim_record_sink *sink;
    struct trc_stats *stats;
    struct sim_diag *diag;
    struct sim_record_sink counter; /* counts records on their way to sink */
    struct trc_reorder *reorder;
    uint64_t time_ns; /* of the last event */
    unsigned n_units;
    struct unit units[MAX_UNITS];
    unsigned n_frames;
    struct frame frames[MAX_FRAMES];
    struct task *tasks;
    struct task *last_task;
    struct task *polling;
    struct device *devices;
    uint32_t n_devices;
};

/* One event on its way: who, when. */
struct act {
    struct trc_import *import;
    struct task *task;
    const struct trc_event *event;
};

/* trc_import.c */
void trc_start(const struct act *act, struct sim_record *rec, enum sim_record_kind kind);
int trc_emit(const struct act *act, const struct sim_record *rec, const char *what);
void trc_fate(const struct act *act, enum trc_fate_kind kind, const char *what, uint64_t n_events);

/* The number of a device; a DEVICE record introduces a new one. "-" is no device. */
int trc_find_device(const struct act *act, uint32_t *number);
/* The event's text, cut at SIM_STR_MAX_BYTES; counted if so. */
struct sim_str trc_limited_text(const struct act *act);

/* trc_import_op.c */
int trc_on_op_begin(const struct act *act);
int trc_on_op_end(const struct act *act);
int trc_on_map(const struct act *act);
int trc_on_unmap(const struct act *act);
int trc_on_group(const struct act *act);
int trc_on_ats(const struct act *act);
int trc_on_io_page_fault(const struct act *act);
int trc_on_marker(const struct act *act);

/* trc_import_mmio.c */
int trc_on_mmio_map(const struct act *act);
int trc_on_write(const struct act *act);
int trc_on_post_write(const struct act *act);
int trc_on_read(const struct act *act);
int trc_on_post_read(const struct act *act);
/* The task does something else: its run of reads is over. */
int trc_close_poll(struct trc_import *import, struct task *task);
/* Make room in the reorder buffer. */
int trc_make_room(struct trc_import *import);
/* The end of the trace. */
int trc_close_mmio(struct trc_import *import, struct task *task);

#endif
