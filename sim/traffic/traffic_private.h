/* SPDX-License-Identifier: BSD-2-Clause
 * traffic_private.h - the state of one device's traffic, for its own files only.
 * Knows: addresses, requests, chance. Must not know: records, verdicts.
 *
 * All state lies in one allocation that never grows, so that a copy of it is a copy of the device.
 */
#ifndef SIM_TRAFFIC_PRIVATE_H
#define SIM_TRAFFIC_PRIVATE_H

#include "sim/rng.h"
#include "sim/traffic/traffic.h"

#ifdef __cplusplus
extern "C" {
#endif

#define PAGE_LOG2 12u
#define PAGE_BYTES (1u << PAGE_LOG2)
#define MAX_RANGES 4096u
#define MAX_RANGE_BYTES (UINT64_C(1) << 31) /* of a longer one only the beginning is used */
#define MAX_SLICES 4096u
#define NVME_QUEUES 4u

/* @n_bytes from @iova on; its first page is number @first_page of all. */
struct span {
    uint64_t iova;
    uint32_t n_bytes;
    uint32_t first_page;
};

/*
 * The addresses that may be used, by number of page.
 * @generation: of the intent, when they were listed. @n_drawn: requests since.
 * @serial:     counts the lists. @domains: who must map them; none: they are an earlier domain's.
 * @slices: for every 2^slice_log2 pages, the span in which they begin; one more at the end.
 */
struct spans {
    uint64_t generation;
    uint64_t domains[2];
    uint32_t serial;
    uint32_t n;
    uint32_t n_pages;
    uint32_t n_drawn;
    uint8_t n_domains;
    bool is_listed;
    uint8_t slice_log2;
    struct span of[MAX_RANGES];
    uint16_t slices[MAX_SLICES + 1];
};

/* One request in the making. */
struct draft {
    uint64_t iova;
    uint32_t serial; /* of the list that it was drawn from */
    uint32_t n_bytes;
    uint8_t access;
};

struct nic {
    uint32_t packet; /* counts; gives the descriptor and the buffer */
    uint8_t phase;   /* 0 descriptor, 1 buffer, 2 write-back */
};

struct nvme_queue {
    uint32_t page; /* next piece */
    uint32_t n_left;
    uint8_t access;
};

struct nvme {
    struct nvme_queue queues[NVME_QUEUES];
    uint32_t turn;
};

struct slot {
    struct sim_dma dma;
    uint64_t issue_ps;
    uint64_t issue_seq;
    struct traffic *traffic;
    uint32_t next_free; /* index + 1 */
};

/*
 * @free_slot: index + 1 of the first free one, 0 = none.
 * @has_draft: a request was drawn, and no slot or no model took it yet.
 * @is_waiting: the next answer shall send it.
 */
struct traffic {
    struct traffic_config config;
    struct traffic_wiring wiring;
    struct sim_device device;
    uint64_t interval_ps;
    uint64_t domain, other;
    enum sim_domain_kind kind;
    struct sim_rng rng;
    struct sim_source source;
    struct sim_event tick;
    uint32_t free_slot;
    uint32_t n_in_flight;
    bool has_domain, has_started, is_stopped;
    bool has_draft, is_waiting;
    struct draft draft;
    union {
        struct nic nic;
        struct nvme nvme;
    };
    struct spans spans;
    struct slot slots[]; /* config.max_outstanding */
};

/* traffic_spans_update - list the addresses anew if they may have changed. Return: are there any?
 */
bool traffic_spans_update(struct traffic *traffic);
/* traffic_spans_allow - may @draft still be sent? If not, the list is up to date now. */
bool traffic_spans_allow(struct traffic *traffic, const struct draft *draft);
/* traffic_spans_page - the part of page @number that may be used; it crosses no 4 KiB boundary. */
struct span traffic_spans_page(const struct spans *spans, uint32_t number);

/* The next request of each kind; there are addresses. */
void traffic_draw_random(struct traffic *traffic, struct draft *draft);
void traffic_draw_nic(struct traffic *traffic, struct draft *draft);
void traffic_draw_nvme(struct traffic *traffic, struct draft *draft);

#ifdef __cplusplus
}
#endif
#endif
