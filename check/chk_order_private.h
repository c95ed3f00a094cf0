/* SPDX-License-Identifier: BSD-2-Clause
 * chk_order_private.h - what the rules of every architecture share: marks, memory, hits.
 * Knows: records. Must not know: any architecture. */
#ifndef CHK_ORDER_PRIVATE_H
#define CHK_ORDER_PRIVATE_H

#include "check/chk_order.h"
#include "sim/mem.h"

#include <stdarg.h>

#define ORD_MAX_DEPTH 8u
#define ORD_NO_SEQ UINT64_MAX

/* An open mark. @type: of a drv_attach: the kernel's kind of domain. */
struct ord_mark {
    uint64_t seq;
    uint64_t domain, type;
    uint32_t dev, pasid;
    uint8_t op;
};

/* @order_seq: record of this CPU's last act that orders stores before it. */
struct ord_cpu {
    struct ord_mark marks[ORD_MAX_DEPTH];
    uint32_t n_marks;
    uint64_t order_seq;
};

/* A device, one line per requester. @has_ats: an ATS record switched it on. */
struct ord_device {
    uint32_t dev;
    uint32_t requester;
    bool has_ats;
};

/* A domain that was attached as one with a flush queue. */
struct ord_lazy {
    uint64_t domain;
};

/* The word that the record at hand stores to, before and after; two words of a 16-byte store. */
struct ord_stored {
    uint64_t pa; /* aligned to 8 */
    unsigned n_words;
    uint64_t before[2], after[2];
    bool was_known[2];
};

/* The rules of one architecture. */
struct ord_arch {
    uint8_t arch;
    void *(*create)(struct chk_order *order);
    void (*destroy)(void *rules);
    int (*put)(void *rules, const struct sim_record *rec, const struct ord_stored *stored);
    /* a mark ended; @mark is no longer open, but its operation is that of the hits */
    void (*end)(void *rules, const struct ord_mark *mark, uint16_t cpu);
    void (*finish)(void *rules);
};
extern const struct ord_arch ord_smmuv3;
extern const struct ord_arch ord_vtd;

struct chk_order {
    const struct ord_arch *arch[2];
    void *rules[2];
    size_t n_arch;
    struct sim_mem *mem;
    struct ord_cpu *cpus;
    size_t n_cpus;
    struct ord_device *devices;
    size_t n_devices, devices_room;
    struct ord_lazy *lazy;
    size_t n_lazy, lazy_room;
    bool barriers_recorded;
    uint64_t seq;
    const struct sim_record *rec;
    const struct ord_mark *ended; /* while a mark's end is judged */
    int error;
    struct chk_hit *hits;
    size_t n_hits, hits_room;
    struct chk_order_report report;
};

/** struct ord_since - an earlier record that is to blame. */
struct ord_since {
    uint64_t seq, ip;
    bool has_ip;
};

/** ord_hit_since - the record at hand breaks @rule. @since: an earlier one that began it, or NULL.
 */
void ord_hit_since(struct chk_order *order, enum chk_rule_id rule, uint16_t iommu,
                   const struct ord_since *since, const char *fmt, ...)
    __attribute__((format(printf, 5, 6)));
/** ord_hit - the record at hand breaks @rule, and nothing before it is to blame. */
void ord_hit(struct chk_order *order, enum chk_rule_id rule, uint16_t iommu, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

/** ord_cpu_of - the CPU of the record at hand; NULL without memory. */
struct ord_cpu *ord_cpu_of(struct chk_order *order, uint16_t cpu);

/** ord_room - make room for item @n of @array. Return: true, or false and order->error. */
bool ord_room(struct chk_order *order, void **array, size_t *room, size_t n, size_t item_bytes);

/** ord_is_lazy - is it a domain with a flush queue? */
bool ord_is_lazy(const struct chk_order *order, uint64_t domain);

/** ord_here - the record at hand as one to be blamed later. */
struct ord_since ord_here(const struct chk_order *order);

#endif
