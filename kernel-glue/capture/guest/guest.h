/* SPDX-License-Identifier: BSD-2-Clause
 * guest.h - the one program of a capture's guest: runs a scenario on real devices.
 * Knows: VFIO, iommufd, QEMU's edu device. Must not know: what an IOMMU makes of it.
 *
 * It is linked with the reader of scenarios that everybody else has. */
#ifndef GUEST_H
#define GUEST_H

#include "kernel-glue/scenario/scn.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#define MAX_OBJECTS 64u
#define MAX_RANGES 64u

/* A scenario's physical addresses are a window of this program's memory. Each word of it holds its
 * own address, so that a device's read tells where it came from. */
#define ARENA_PA UINT64_C(0x80000000)
#define ARENA_BYTES (UINT64_C(64) << 20)
/* The last page: what a device reads is written here, and what it writes is read from here. */
#define MAILBOX_PA (ARENA_PA + ARENA_BYTES - 4096)
#define TOKEN UINT64_C(0x5eed5eed5eed5eed)

enum kind { KIND_NONE, KIND_DEVICE, KIND_IOAS, KIND_HWPT };

struct device {
    char bdf[16];
    int fd;
    uint8_t *registers; /* of an edu device, or NULL */
    uint64_t n_bytes;
    volatile uint64_t *engine; /* its DMA registers */
};

/* What a scenario gives a name to. */
struct object {
    enum kind kind;
    char name[SCN_NAME_BYTES];
    uint32_t id;          /* of iommufd; survives in a destroyed object, which is then refused */
    struct object *table; /* of a device: what it is attached to; of a page table: its IOAS */
    struct device device;
};

struct range {
    const struct object *ioas;
    uint64_t iova;
    uint64_t pa;
    uint64_t n_bytes;
};

/* The block that runs on another CPU: steps first to last - 1, again and again. */
struct beside {
    unsigned first, last;
    uint64_t cpu;
    volatile bool stop;
    bool is_running;
    pthread_t thread;
};

struct guest {
    int iommufd;
    int marker;
    bool dumps; /* stop at marks until the host has dumped memory */
    uint8_t *arena;
    unsigned n_objects;
    struct object objects[MAX_OBJECTS];
    unsigned n_ranges;
    struct range ranges[MAX_RANGES];
    struct scn scn;
    struct beside beside;
    unsigned n_failures;
};

/* init.c */
void guest_mark(const struct guest *guest, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
int guest_write_file(const char *path, const char *text);
long guest_read_file(const char *path, char *text, size_t n_bytes);

/* scn.c: reads the whole scenario, then runs it. 0 or -1. */
int guest_load(struct guest *guest, const char *path);
int guest_run(struct guest *guest);

/* vfio.c: each returns 0 or a negative errno. */
int vfio_open_device(struct guest *guest, struct object *object, uint32_t requester);
void vfio_close_device(struct guest *guest, struct object *object);
int vfio_attach(struct guest *guest, struct object *device, struct object *table);
int vfio_detach(struct guest *guest, struct object *device);
int iommufd_ioas(struct guest *guest, struct object *object);
#define HWPT_NEST_PARENT 1u
#define HWPT_DIRTY 2u
int iommufd_hwpt(struct guest *guest, struct object *object, uint32_t device, unsigned kind);
int iommufd_destroy(struct guest *guest, const struct object *object);
#define MAP_READ 1u
#define MAP_WRITE 2u
int iommufd_map(struct guest *guest, const struct range *range, unsigned access);
int iommufd_unmap(struct guest *guest, const struct range *range);
/* @range->pa is an address of @from here. */
int iommufd_copy(struct guest *guest, const struct range *range, const struct object *from);
/* @ranges: first and last address of each of @n. */
int iommufd_allow(struct guest *guest, const struct object *ioas, const uint64_t *ranges,
                  unsigned n);
int iommufd_dirty(struct guest *guest, const struct object *object, bool on);

/* dma.c */
int dma_run(const struct guest *guest, const struct object *device, uint64_t iova, bool is_write);
/* Where does a request of the device end? Return: a physical address, or 0 for nowhere. */
uint64_t dma_probe(struct guest *guest, const struct object *device, uint64_t iova, bool is_write);
/* Replace tables in turn, each time with a write due a little later: first to last ns, by step. */
struct aim {
    struct object *device;
    uint64_t iova;
    uint64_t first, last, step;
    unsigned n_tables;
    struct object *tables[4];
};
void dma_aim(struct guest *guest, const struct aim *aim);
/* The scenario's physical address of iova in a table, or 0. */
uint64_t guest_pa(const struct guest *guest, const struct object *table, uint64_t iova);
uint64_t *guest_at(const struct guest *guest, uint64_t pa);

/* save.c: everything that the host needs, as a tar on the disk. */
int guest_save(const char *disk);

#endif
