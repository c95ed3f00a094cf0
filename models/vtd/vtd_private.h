/* SPDX-License-Identifier: BSD-2-Clause
 * vtd_private.h - the state of a remapping unit and what its files call of each other.
 * Knows: everything inside the model. Must not know: anything outside.
 *
 * One translation is a job: struct vtd_job. It is stepped by events and memory completions, and
 * waits in first-in-first-out lists for what is scarce.
 *
 * Two rules keep invalidations true. (1) A job may enter what it found into a cache only if no
 * invalidation has swept a cache since the job began (epoch). (2) A wait descriptor, a register
 * invalidation and a handshake that drains wait for every job that began before their own turn
 * (hw_flight.h). */
#ifndef VTD_PRIVATE_H
#define VTD_PRIVATE_H

#include "models/common/hw_fetch.h"
#include "models/common/hw_fifo.h"
#include "models/common/hw_flight.h"
#include "models/common/hw_msi.h"
#include "models/vtd/vtd.h"
#include "models/vtd/vtd_cache.h"
#include "models/vtd/vtd_layout.h"
#include "models/vtd/vtd_qi.h"
#include "sim/record.h"
#include "sim/rng.h"

#ifdef __cplusplus
extern "C" {
#endif

enum {
    VTD_NO_LIMIT_SLOTS = 256, /* what "no limit" (0) means in memory */
    VTD_NO_LIMIT_FETCHES = 16,
    VTD_PREFETCH_JOBS = 4,
    VTD_PAGE_JOBS = 32, /* page requests being looked up or written */
    VTD_MAX_FRCD = 256,
    VTD_VER_DRAINS = 2, /* from this version on, every invalidation drains (4.4) */
};

/* Values of prefetch. */
enum vtd_prefetch_mode {
    VTD_PREFETCH_NONE,
    VTD_PREFETCH_NEXT_PAGE,
    VTD_PREFETCH_REACHABLE,
};

/* Index of each register at a fixed offset in vtd_regs and in struct vtd.reg. */
enum vtd_reg_index {
#define REG(name, offset, bytes, access, reset, writable, section, title) VTD_RI_##name,
#define LAYOUT(name, title, section, n_bits)
#define F(layout, field, msb, lsb, used, show, doc)
#define E(layout, field, name, value, doc)
#define END(name)
#include "models/vtd/regs.def"
#undef REG
#undef LAYOUT
#undef F
#undef E
#undef END
    VTD_N_REGS
};

struct vtd;
struct vtd_job;

enum vtd_job_state {
    VTD_JOB_FREE,
    VTD_JOB_TLB,       /* looking up the IOTLB */
    VTD_JOB_CFG,       /* looking up or fetching root, context, PASID directory, PASID entry */
    VTD_JOB_WALK,      /* walking the first stage */
    VTD_JOB_SS,        /* walking the second stage */
    VTD_JOB_WALK_WAIT, /* another job walks for the same page, or no slot is free */
    VTD_JOB_DATA,      /* moving data */
    VTD_JOB_PAGE,      /* a page request that was looked up: in vtd_prq.c's hands */
};

/* What the second stage is asked for (3.3): the request's own address or what the first stage made
 * of it; a table of the first stage. */
enum vtd_ss_why { VTD_SS_WHY_FINAL, VTD_SS_WHY_FS_TABLE };

struct vtd_job {
    struct hw_link link;
    struct vtd *vtd;
    struct sim_dma *dma; /* NULL: a prefetch, a page request, or answered already */
    struct sim_event event;
    struct sim_access access;
    enum vtd_job_state state;
    uint8_t phase;
    bool is_reading;   /* the access is with the port */
    bool is_zombie;    /* reset while it was */
    bool is_in_flight; /* counted in flight */
    bool has_slot, has_walk;
    bool is_missed;     /* counted in n_misses */
    bool is_replayed;   /* counted in n_replays */
    bool is_configured; /* config holds */
    bool is_prefetch;   /* nobody asked: no record, no update of memory, no answer */
    bool is_address;    /* a prefetch of a translation, not only of configuration */
    bool is_page;       /* a page request: for life */
    bool is_interrupt;  /* moves no data */
    bool wants_write;   /* of a translation request: D is set if it may be */
    uint64_t epoch;
    struct vtd_request request;
    uint32_t pasid;      /* that which is looked up: RID_PASID's value for requests without */
    uint8_t access_bits; /* VTD_PT_* */
    uint64_t iova;
    struct hw_fetch *fetch;
    uint8_t cfg_step; /* of vtd_cfg.c */
    uint64_t entry_pa;
    bool fpd; /* of the deepest entry that was reached */
    struct vtd_root root;
    struct vtd_ctx ctx;           /* scalable mode */
    struct vtd_pasid_view config; /* of the PASID entry, or of the legacy context entry */
    /* walk */
    struct vtd_pt_fs fs;
    struct vtd_pt_ss ss;
    struct vtd_pt_step fs_step, ss_step;
    struct vtd_pt_step before;   /* the step that an update interrupts */
    uint64_t fs_entry, ss_entry; /* read last */
    uint64_t update;             /* bits that are being set in one of them */
    enum vtd_ss_why ss_why;
    uint64_t gpa;      /* what the second stage is asked for */
    uint64_t table_pa; /* where it put the entry of the first stage */
    uint8_t table_rights;
    struct vtd_translation found;
    struct hw_fifo followers; /* jobs in VTD_JOB_WALK_WAIT for the same page */
    uint32_t walk_index;      /* in struct vtd.walkers */
    /* answer */
    uint8_t status;
    uint32_t n_moved;
    struct sim_page_request page;
};

/* One walk. @page: 4 KiB page of the request that it is for. */
struct vtd_walker {
    struct vtd_job *job; /* NULL = free */
    uint64_t page;
};

/* A read of configuration that nobody asked for, at a moment of its own. */
struct vtd_prefetcher {
    struct sim_event event;
    struct vtd_request request;
};

/* What has a message of its own (1.5): status bits, control, address and data registers. */
enum vtd_message { VTD_MESSAGE_FAULT, VTD_MESSAGE_INV, VTD_MESSAGE_PAGE, VTD_N_MESSAGES };

/* Commands of GCMD, and PMEN, on their way to their status (1.3). */
enum vtd_command {
    VTD_COMMAND_TE,
    VTD_COMMAND_SRTP,
    VTD_COMMAND_WBF,
    VTD_COMMAND_QIE,
    VTD_COMMAND_IRE,
    VTD_COMMAND_SIRTP,
    VTD_COMMAND_CFI,
    VTD_COMMAND_PMEN,
    VTD_N_COMMANDS
};

struct vtd_handshake {
    struct vtd *vtd;
    struct sim_event event;
    bool is_due;     /* its time has passed, it waits for something */
    bool is_again;   /* it was asked for again meanwhile */
    uint64_t ticket; /* of a drain */
};

/* An invalidation by register (1.4). */
struct vtd_reg_inval {
    struct vtd *vtd;
    struct sim_event event;
    bool is_draining;
    uint64_t ticket;
    uint8_t drained; /* VTD_DRAIN_* */
};

/* Who waits for requests that have begun: tickets are numbers of drains. */
struct vtd_drain {
    struct sim_event progress;
    uint64_t n_begun, n_over;
    uint64_t wanted; /* highest ticket that was given */
};

struct vtd {
    struct sim_queue *queue;
    struct sim_port port;
    struct sim_tap tap;
    struct sim_source source;
    struct vtd_config config;
    struct vtd_param param; /* = config.param, "no limit" resolved */
    struct vtd_caps caps;
    struct vtd_stats stats;

    /* registers: those at fixed offsets by index, each in one word; the rest beside them */
    uint64_t reg[VTD_N_REGS];
    uint64_t iva, iotlb;
    uint64_t frcd[VTD_MAX_FRCD][2];
    uint32_t frcd_next; /* index of the record to be used next */

    /* what the registers have made of it */
    struct vtd_root root; /* latched by SRTP */
    bool is_translating;  /* TES as it takes effect on new requests */
    bool is_protected;    /* PMEN.PRS */
    struct vtd_handshake command[VTD_N_COMMANDS];
    struct vtd_reg_inval ccmd_inval, iotlb_inval;
    struct vtd_drain drain;

    /* translation */
    struct vtd_caches cache;
    struct sim_rng rng;
    struct hw_slots request_slots, walk_slots;
    struct vtd_job *jobs;
    uint32_t n_jobs;
    struct hw_fifo free_jobs, free_pages;
    uint32_t n_misses;  /* requests that the IOTLB did not answer */
    uint32_t n_replays; /* of these, those that wait for replay_cycles */
    uint32_t n_prefetches;
    struct vtd_prefetcher prefetcher;
    struct hw_fetcher fetcher;
    struct vtd_walker *walkers; /* walk_slots of them */
    uint64_t epoch;
    struct hw_flight flight;

    struct vtd_qi_state qi;
    struct vtd_devtlb devtlb;
    struct hw_msi msi[VTD_N_MESSAGES];
    struct vtd_prq_state prq;
    struct hw_fifo pages_waiting, pages_writing;
    struct vtd_faults faults;
};

/* ==== control: vtd.c, vtd_mmio.c, vtd_gcmd.c, vtd_event.c, vtd_fault.c, vtd_qi*.c, vtd_prq.c ====
 */

static inline uint64_t vtd_now(const struct vtd *vtd)
{
    return sim_queue_now_ps(vtd->queue);
}
/** vtd_wake - run @event @n_cycles from now. */
static inline void vtd_wake(struct vtd *vtd, struct sim_event *event, uint64_t n_cycles)
{
    sim_queue_at(vtd->queue, &vtd->source, vtd_now(vtd) + n_cycles * vtd->param.clock_ps, event);
}
static inline bool vtd_wants(const struct vtd *vtd, enum sim_fact_kind kind)
{
    return (vtd->tap.wanted >> kind & 1) != 0;
}
/** vtd_fact - emit a fact that somebody wants; arguments as fact.def has them. */
void vtd_fact(const struct vtd *vtd, enum sim_fact_kind kind, uint64_t a0, uint64_t a1,
              const uint64_t rest[3]);
void vtd_fact_unimpl(const struct vtd *vtd, enum vtd_unimpl what, uint64_t code);

uint64_t vtd_reg_read(void *model, uint64_t offset, uint32_t n_bytes);
void vtd_reg_write(void *model, uint64_t offset, uint32_t n_bytes, uint64_t value);
/** vtd_progress - a job ended or moves data: waits and handshakes may complete, as events of this
 * instant. */
void vtd_progress(struct vtd *vtd);

/**
 * vtd_fault_put - a request failed: record it unless @fpd lets it pass, or the kind of request has
 * none (5.1: what a translation request gets as S0 or SE is not recorded). @address: as the record
 * shows it. Takes no job: the model's answer does not wait for the record.
 */
void vtd_fault_put(struct vtd *vtd, const struct vtd_request *request, int code, bool fpd,
                   unsigned access_bits, uint64_t address);

/** vtd_prq_put - the look-up of a page request ended: @fault 0, or the reason why it may not be (by
 * then told to vtd_fault_put). The job is the queue's until it is freed here; a write of its access
 * that ends with is_zombie set frees it too. */
void vtd_prq_put(struct vtd_job *job, int fault);
/** vtd_prq_drop - a page request for which there is no room: overflow. */
void vtd_prq_drop(struct vtd *vtd, const struct sim_page_request *page);

/* ==== translation: what control asks of it; vtd_xlate.h has the rest ==== */

/** vtd_translation_new, vtd_translation_free - allocate, free caches, jobs, fetches, walkers from
 * vtd->param. Return: 0, SIM_ENOMEM, SIM_EINVAL. */
int vtd_translation_new(struct vtd *vtd);
void vtd_translation_free(struct vtd *vtd);
/** vtd_translation_reset - answer everything with an abort, empty the caches. */
void vtd_translation_reset(struct vtd *vtd);
int vtd_translation_state(struct vtd *vtd, struct sim_snapshot *snapshot);

bool vtd_submit(void *model, struct sim_dma *dma);
/** vtd_page_request - look up whether the device may ask; goes on in vtd_prq_put, at once or later.
 * The job is vtd_prq.c's from then on, until vtd_job_free; no drain waits for it any more. */
void vtd_page_request(void *model, const struct sim_page_request *request);
/** vtd_job_free - the job has nothing more to do. */
void vtd_job_free(struct vtd_job *job);

/** vtd_drain_begin - from now on jobs count in the other phase. vtd_is_drained - have all that
 * began before it ended? One drain at a time: the one before must be done. */
void vtd_drain_begin(struct vtd *vtd);
bool vtd_is_drained(const struct vtd *vtd);
/** vtd_are_drained - have all of them found their way, and those ended that read, or write? */
bool vtd_are_drained(const struct vtd *vtd, bool of_reads, bool of_writes);

/** struct vtd_sweep - what one invalidation drops (4.2), whoever asked for it. */
struct vtd_sweep {
    enum vtd_sweep_kind {
        VTD_SWEEP_CC_GLOBAL,
        VTD_SWEEP_CC_DOMAIN,
        VTD_SWEEP_CC_DEVICE,
        VTD_SWEEP_PC_GLOBAL,
        VTD_SWEEP_PC_DOMAIN,
        VTD_SWEEP_PC_PASID,
        VTD_SWEEP_TLB_GLOBAL,
        VTD_SWEEP_TLB_DOMAIN,
        VTD_SWEEP_TLB_PAGE,
        VTD_SWEEP_PTLB_PASID,
        VTD_SWEEP_PTLB_PAGE,
    } kind;
    uint32_t did, pasid;
    uint16_t source_id;
    uint8_t function_mask; /* FM */
    bool is_leaf_only;     /* IH */
    uint64_t address;
    unsigned am;                          /* 2^am pages */
    uint32_t visited, killed, collateral; /* out; collateral: not named, but hardware is coarse */
};
/** vtd_sweep_n - entries of the largest array that @sweep looks at. */
uint32_t vtd_sweep_n(const struct vtd *vtd, const struct vtd_sweep *sweep);
/** vtd_sweep_do - drop, and let no job in flight enter what it found before. Emits TLB_SWEPT of
 * sweeps of the IOTLB. */
void vtd_sweep_do(struct vtd *vtd, struct vtd_sweep *sweep);
/** vtd_flush_writes - WBF, and what every invalidation begins with: empty the buffer that stores
 * pass (CAP.RWBF). */
static inline void vtd_flush_writes(const struct vtd *vtd)
{
    if (vtd->caps.rwbf && vtd->port.ops->flush_writes)
        vtd->port.ops->flush_writes(vtd->port.ctx);
}
/** vtd_sweep_all - everything: SRTP with ESRTPS, TE going to 0. */
void vtd_sweep_all(struct vtd *vtd);

#ifdef __cplusplus
}
#endif
#endif
