/* SPDX-License-Identifier: BSD-2-Clause
 * smmu_private.h - the state of an SMMUv3 and what its files call of each other.
 * Knows: everything inside the model. Must not know: anything outside.
 *
 * One translation is a job: struct smmu_job. It is stepped by events and memory completions, and
 * waits in first-in-first-out lists for what is scarce: slots of the TCU, of configuration
 * fetches, of walks, of the event queue's writer.
 *
 * Two rules keep invalidations true. (1) A job may enter what it found into a cache only if no
 * invalidation has swept a cache since the job began (epoch). (2) A CMD_SYNC waits for every
 * job that began before the sync's own turn (hw_flight.h). */
#ifndef SMMU_PRIVATE_H
#define SMMU_PRIVATE_H

#include "models/common/hw_fetch.h"
#include "models/common/hw_fifo.h"
#include "models/common/hw_flight.h"
#include "models/common/hw_msi.h"
#include "models/smmuv3/smmu.h"
#include "models/smmuv3/smmu_ats.h"
#include "models/smmuv3/smmu_cache.h"
#include "models/smmuv3/smmu_cmdq.h"
#include "models/smmuv3/smmu_layout.h"
#include "sim/record.h"

#include <string.h>

#ifdef __cplusplus
extern "C" {
#endif

enum {
    SMMU_MAX_TBUS = 16,
    SMMU_NO_LIMIT_SLOTS = 256, /* what "no limit" (0) means in memory */
    SMMU_NO_LIMIT_FETCHES = 16,
    SMMU_PREFETCH_JOBS = 4,
    SMMU_SSID_BITS = 20,  /* the most that there can be */
    SMMU_QUEUE_LOG2 = 19, /* likewise, of entries: PROD and CONS have 20 bits */
    SMMU_EVT_BYTES = 32,
    SMMU_CMD_BYTES = 16,
};

/* Values of prefetch. */
enum smmu_prefetch_mode {
    SMMU_PREFETCH_NONE,
    SMMU_PREFETCH_NEXT_PAGE,
    SMMU_PREFETCH_REACHABLE,
};

/* Index of each register in smmu_regs and in struct smmu.reg. */
enum smmu_reg_index {
#define REG(name, offset, bytes, access, reset, writable, section, title) SMMU_RI_##name,
#define LAYOUT(name, title, section, n_bits)
#define F(layout, field, msb, lsb, used, show, doc)
#define E(layout, field, name, value, doc)
#define END(name)
#define ARRAY(name, stride, count)
#define ACK(written, polled, mask, kind)
#include "models/smmuv3/regs.def"
#undef REG
#undef LAYOUT
#undef F
#undef E
#undef END
#undef ARRAY
#undef ACK
    SMMU_N_REGS
};

/* The bits of a field in its register (a constant: for tables). */
#define SMMU_MASK(layout, field)                                                                   \
    (UINT64_MAX >> (63 - (SMMU_MSB_##layout##_##field - SMMU_LSB_##layout##_##field))              \
                       << SMMU_LSB_##layout##_##field)

struct smmu;
struct smmu_job;

/* What stage 2 translates an address for; CLASS of its events (6.1). */
enum smmu_s2_use {
    SMMU_S2_USE_CD,        /* CD or L1CD */
    SMMU_S2_USE_TT,        /* a stage 1 descriptor, to read it */
    SMMU_S2_USE_TT_UPDATE, /* the same, to change it */
    SMMU_S2_USE_IN,        /* the request's own address, or what stage 1 made of it */
};

/* An update of a descriptor that waits for another one. */
struct smmu_httu {
    uint64_t old;
    uint8_t stage;
    bool is_dirty;
};

enum smmu_job_state {
    SMMU_JOB_FREE,
    SMMU_JOB_TBU,       /* looking up the TBU's main TLB */
    SMMU_JOB_TO_TCU,    /* on the link */
    SMMU_JOB_CFG,       /* looking up or fetching configuration */
    SMMU_JOB_TLB,       /* looking up the main TLB */
    SMMU_JOB_WALK,      /* walking */
    SMMU_JOB_WALK_WAIT, /* another job walks for the same page, or no slot is free */
    SMMU_JOB_S2,        /* stage 2 of one address */
    SMMU_JOB_S2_WAIT,   /* no slot is free for it */
    SMMU_JOB_DATA,      /* moving data */
    SMMU_JOB_EVENT,     /* answered, its event record is being written */
    SMMU_JOB_STALLED,   /* waits for software (see smmu_stall.c) */
    SMMU_JOB_STALL_WAIT,
    SMMU_JOB_STALL_TWIN,
    SMMU_JOB_PAGE, /* a page request (see smmu_priq.c) */
};

struct smmu_job {
    struct hw_link link;
    struct smmu *smmu;
    struct sim_dma *dma; /* NULL: a prefetch of configuration, or answered already */
    struct sim_event event;
    struct sim_access access;
    enum smmu_job_state state;
    uint8_t phase;
    bool is_reading;   /* the access is with the port */
    bool is_zombie;    /* reset while it was */
    bool is_in_flight; /* counted in flight: a CMD_SYNC waits for it */
    bool is_old;       /* and, until then, in n_translating: it began while SMMUEN was 1 */
    bool has_tcu, has_walk, has_tbu;
    bool has_stag, is_recorded; /* of smmu_stall.c */
    uint16_t stag;
    bool is_prefetch;  /* nobody asked: no event, no update of memory, no answer */
    bool is_address;   /* a prefetch of a translation, not only of configuration */
    uint8_t ats;       /* enum sim_dma_kind */
    bool wants_write;  /* of a translation request: make the page dirty if it can be */
    bool is_page;      /* a page request: for life */
    bool is_cacheable; /* the answer may go into the TBU's TLBs */
    bool is_walked;    /* found is what a walk came to, for its followers too */
    bool has_found;    /* found is what the walk of another job came to */
    uint8_t n_holders; /* answer and record end apart */
    uint64_t epoch;
    uint32_t sid, ssid;
    bool ssv;
    uint8_t tbu;
    uint8_t access_bits; /* SMMU_PT_*, after the overrides of the STE */
    uint64_t iova;
    struct hw_fetch *fetch;
    uint8_t cfg_step; /* of smmu_cfg.c */
    uint64_t l1_word; /* L1STD or L1CD that was found */
    struct smmu_ste ste;
    uint32_t cd_index;
    struct smmu_cd_view cd;
    const struct smmu_pt_s1 *half;
    struct smmu_pt_step step;
    struct smmu_translation found;
    uint64_t walk_va; /* iova as names have it */
    struct smmu_pt_s2 s2;
    struct smmu_pt_s2_step s2_step;
    struct smmu_translation s2_found;
    uint64_t ipa; /* what stage 2 is asked for, and why */
    enum smmu_s2_use s2_use;
    uint64_t descriptor, s2_descriptor; /* read last */
    uint64_t httu_old;                  /* leaf to be updated, as it was read */
    uint8_t httu_stage;
    bool httu_dirty;
    struct smmu_httu s2_httu_kept;
    uint8_t s2_phase;         /* of smmu_s2.c */
    uint8_t cd_structure;     /* what smmu_cfg.c reads once its address is translated */
    struct hw_fifo followers; /* jobs in SMMU_JOB_WALK_WAIT */
    uint32_t walk_index;      /* in struct smmu.walkers */
    /* answer */
    uint8_t status;
    bool is_written; /* the record is in memory */
    uint32_t n_moved;
    uint64_t record[4];
    struct sim_event answer;
};

/* One walk. @page: 4 KiB page of the request that it is for. */
struct smmu_walker {
    struct smmu_job *job; /* NULL = free */
    uint64_t page;
};

enum smmu_msi_source { SMMU_MSI_CMDQ, SMMU_MSI_EVENTQ, SMMU_MSI_GERROR, SMMU_MSI_PRIQ, SMMU_N_MSI };

/* A read of configuration that nobody asked for, at a moment of its own. */
struct smmu_prefetcher {
    struct sim_event event;
    uint32_t sid, ssid;
    bool ssv;
};

struct smmu {
    struct sim_queue *queue;
    struct sim_port port;
    struct sim_tap tap;
    struct sim_source source;
    struct smmu_config config;
    struct smmu_param param; /* = config.param, "no limit" resolved */
    struct smmu_caps caps;
    struct smmu_ctrl ctrl;     /* taken from the registers */
    struct smmu_strtab strtab; /* taken when SMMUEN is set */
    struct smmu_stats stats;

    /* registers */
    uint64_t reg[SMMU_N_REGS];
    bool rec_cfg_ats; /* CR2.REC_CFG_ATS, taken with ctrl */
    bool is_enabled;  /* SMMUEN as it takes effect on new requests */
    uint64_t gbpa_next;
    bool is_cr0_due, is_irq_due; /* the handshake's time has passed, something still drains */
    struct sim_event cr0_ack, irq_ack, gbpa_ack;

    /* translation */
    struct smmu_caches cache;
    struct smmu_tbu tbu[SMMU_MAX_TBUS];
    struct smmu_message *messages; /* n_tbus for each invalidation slot, then for CMD_SYNC */
    uint32_t n_messages;
    uint64_t port_free_ps; /* the request port's */
    uint8_t n_resets;
    struct sim_rng rng;
    struct hw_slots tcu, walk_slots;
    struct smmu_job *jobs;
    uint32_t n_jobs;
    struct hw_fifo free_jobs;
    struct hw_fetcher fetcher;
    struct smmu_walker *walkers; /* walk_slots of them */
    uint32_t n_prefetches;
    struct smmu_prefetcher prefetcher;
    uint64_t epoch;
    struct hw_flight flight;
    uint64_t n_translating;       /* of these, what SMMUEN going to 0 waits for */
    uint64_t hits_until_ps;       /* when the last micro TLB hit is answered */
    uint64_t translated_until_ps; /* the same of requests that are translated */

    struct smmu_cmdq cmdq;
    struct smmu_atc atc;
    struct hw_fifo events_waiting, events_writing; /* jobs with records, in order */
    struct hw_fifo events_held;                    /* of stalls: the queue takes none now */
    uint32_t n_events_writing;
    struct hw_msi msi[SMMU_N_MSI];
    struct smmu_job **stalls; /* by STAG; NULL = free */
    uint32_t n_stalls;
    struct hw_fifo stalls_waiting; /* for a STAG */
    struct hw_fifo free_pages, pages_waiting, pages_writing;
    uint32_t n_pages_writing;
};

/* ---- smmu.c ---- */

static inline uint64_t smmu_now(const struct smmu *smmu)
{
    return sim_queue_now_ps(smmu->queue);
}
/** smmu_wake - run @event @n_cycles from now. */
static inline void smmu_wake(struct smmu *smmu, struct sim_event *event, uint64_t n_cycles)
{
    sim_queue_at(smmu->queue, &smmu->source, smmu_now(smmu) + n_cycles * smmu->param.clock_ps,
                 event);
}
/** smmu_busy_until - data is being moved until @until_ps; nobody but handshakes and CMD_SYNC wants
 * to know. */
static inline void smmu_busy_until(struct smmu *smmu, uint64_t until_ps, bool is_translated)
{
    if (until_ps > smmu->hits_until_ps)
        smmu->hits_until_ps = until_ps;
    if (is_translated && until_ps > smmu->translated_until_ps)
        smmu->translated_until_ps = until_ps;
}
static inline void smmu_event_init(struct sim_event *event, void (*fn)(void *ctx), void *ctx)
{
    *event = (struct sim_event){.fn = fn, .ctx = ctx};
}
static inline bool smmu_wants(const struct smmu *smmu, enum sim_fact_kind kind)
{
    return (smmu->tap.wanted >> kind & 1) != 0;
}
/** smmu_fact - emit a fact that somebody wants; arguments as fact.def has them. */
void smmu_fact(const struct smmu *smmu, enum sim_fact_kind kind, uint64_t a0, uint64_t a1,
               const uint64_t rest[3]);
void smmu_fact_unimpl(const struct smmu *smmu, enum smmu_unimpl what, uint64_t code);

/* ---- smmu_cache.c ---- */

/** smmu_caches_new, smmu_caches_free, smmu_caches_clear, smmu_caches_state - of all caches. */
int smmu_caches_new(struct smmu *smmu);
void smmu_caches_free(struct smmu *smmu);
void smmu_caches_clear(struct smmu *smmu);
int smmu_caches_state(struct smmu *smmu, struct sim_snapshot *snapshot);
/** smmu_cache_shake - with cache_mode=random something is looked up: perhaps an entry goes. */
void smmu_cache_shake(struct smmu *smmu);

/* ---- smmu_mmio.c ---- */

uint64_t smmu_reg_read(void *model, uint64_t offset, uint32_t n_bytes);
void smmu_reg_write(void *model, uint64_t offset, uint32_t n_bytes, uint64_t value);
void smmu_mmio_reset(struct smmu *smmu);
/** smmu_mmio_progress - something drained: handshakes that wait for it may complete. */
void smmu_mmio_progress(struct smmu *smmu);
static inline bool smmu_cmdq_enabled(const struct smmu *smmu)
{
    return smmu_CR0_CMDQEN(&smmu->reg[SMMU_RI_CR0ACK]) && smmu_CR0_CMDQEN(&smmu->reg[SMMU_RI_CR0]);
}

/* ---- smmu_irq.c ---- */

void smmu_irq_init(struct smmu *smmu);
/** smmu_irq_reset - send nothing more of what was to be sent. */
void smmu_irq_reset(struct smmu *smmu);
/** smmu_gerror_raise - make an error of GERROR (@mask: its bit) active; see R40. */
void smmu_gerror_raise(struct smmu *smmu, uint64_t mask);
/** smmu_gerror_is_active - is a bit of @mask active? */
bool smmu_gerror_is_active(const struct smmu *smmu, uint64_t mask);
/** smmu_irq_eventq - the event queue became non-empty. */
void smmu_irq_eventq(struct smmu *smmu);
void smmu_irq_priq(struct smmu *smmu);
/** smmu_msi_send - write @data to @address; done or aborted later. */
void smmu_msi_send(struct smmu *smmu, enum smmu_msi_source source, uint64_t address, uint32_t data);
/** smmu_irq_drained - are the MSIs of all sources whose enable bits are in @mask done? */
bool smmu_irq_drained(const struct smmu *smmu, uint64_t mask);

/* ---- smmu_evtq.c ---- */

/** smmu_evt_begin - start the record of @job: number and stream. */
void smmu_evt_begin(struct smmu_job *job, unsigned number);
/** smmu_evt_put - hand the record to the writer; the job is freed when it is written or lost. */
void smmu_evt_put(struct smmu_job *job);
/** smmu_evt_made - the record has been made. */
void smmu_evt_made(struct smmu_job *job);
/** smmu_evt_forget - nobody wants the record any more, unless it is being written already. */
void smmu_evt_forget(struct smmu_job *job);
/** smmu_evt_kick - write what can be written. */
void smmu_evt_kick(struct smmu *smmu);
/** smmu_evt_drop_waiting - EVENTQEN goes to 0: drop records whose write has not begun. */
void smmu_evt_drop_waiting(struct smmu *smmu);

/* ---- smmu_cfg.c ---- */

/** smmu_cfg_start - find STE and CD of @job; goes on in smmu_xlate_configured or
 * smmu_xlate_fault. */
void smmu_cfg_start(struct smmu_job *job);
/** smmu_cfg_lookup - the job's event. */
void smmu_cfg_lookup(struct smmu_job *job);
/** smmu_cfg_new - Return: 0 or SIM_ENOMEM. */
int smmu_cfg_new(struct smmu *smmu);
/** smmu_cfg_translated - stage 2 put the CD or L1CD at @pa. */
void smmu_cfg_translated(struct smmu_job *job, uint64_t pa);
/** smmu_cfg_abandon - reset: nobody wants what @job was fetching. */
void smmu_cfg_abandon(struct smmu_job *job);

/* ---- smmu_xlate.c ---- */

bool smmu_submit(void *model, struct sim_dma *dma);
/** smmu_xlate_configured - STE and CD (if any is used) of the job are known. */
void smmu_xlate_configured(struct smmu_job *job, enum smmu_cd_use use);
/** smmu_xlate_found - the translation in job->found applies: check rights, answer. */
void smmu_xlate_found(struct smmu_job *job);
/** smmu_xlate_look - the main TLB's answer is due: the job's event. */
void smmu_xlate_look(struct smmu_job *job);
/** smmu_xlate_refuse - end with @status and no record. */
void smmu_xlate_refuse(struct smmu_job *job, enum sim_dma_status status);
/** smmu_xlate_refuse_and_record - the same with the record that has been made; @number is its
 * event. */
void smmu_xlate_refuse_and_record(struct smmu_job *job, int number, enum sim_dma_status status);
/** smmu_xlate_identity - the address is the answer. */
void smmu_xlate_identity(struct smmu_job *job);
/** smmu_xlate_translated - a translated request under split-stage ATS: stage 2 on its address. */
void smmu_xlate_translated(struct smmu_job *job);
/** smmu_xlate_config_fault - end with an abort and the event @number of a configuration error;
 * @fetch_pa: what could not be read, for F_STE_FETCH and F_CD_FETCH. */
void smmu_xlate_config_fault(struct smmu_job *job, int number, uint64_t fetch_pa);
/** smmu_xlate_walk_fault - end as the CD says (3.5), with the event for job->step.at. */
void smmu_xlate_walk_fault(struct smmu_job *job, enum hw_walk_reason reason);
/** smmu_xlate_s2_fault - end with the event of a stage 2 fault on job->ipa. */
void smmu_xlate_s2_fault(struct smmu_job *job, enum hw_walk_reason reason);
/** smmu_xlate_lookup - look up the main TLB (again: a walk for the same page ended). */
void smmu_xlate_lookup(struct smmu_job *job);

/* ---- smmu_link.c ---- */

/** smmu_port_access - @access goes out by the TCU's request port, which is held for one beat by a
 * read and for its data by a write. */
void smmu_port_access(struct smmu *smmu, struct sim_access *access);
/** smmu_port_take - hold the port for @n_beats. Return: when they are over, in ps. */
uint64_t smmu_port_take(struct smmu *smmu, uint32_t n_beats);
/** smmu_port_leave - @access goes out at @at_ps; the port has been taken for it. */
void smmu_port_leave(struct smmu *smmu, struct sim_access *access, uint64_t at_ps);

/* ---- smmu_tbu.c ---- */

/** smmu_needed_rights - SMMU_PT_RWX that a request needs. */
static inline uint8_t smmu_needed_rights(const struct sim_dma *dma)
{
    uint8_t needed = 0;

    if (dma->access & SIM_DMA_EXECUTE)
        needed |= SMMU_PT_X;
    else if (dma->access & SIM_DMA_READ)
        needed |= SMMU_PT_R;
    if (dma->access & SIM_DMA_WRITE)
        needed |= SMMU_PT_W;
    return needed;
}

/** smmu_tbu_miss - the micro TLB of job->tbu does not know; it has said so in utlb_cycles. */
void smmu_tbu_miss(struct smmu_job *job);
/** smmu_tbu_look - the answer of the TBU's main TLB is due: the job's event. */
void smmu_tbu_look(struct smmu_job *job);

/* ---- smmu_prefetch.c ---- */

void smmu_prefetch_init(struct smmu *smmu);
void smmu_prefetch_reset(struct smmu *smmu);
/** smmu_prefetch_config - what CMD_PREFETCH_CONFIG asks for, if a job is free. */
void smmu_prefetch_config(struct smmu *smmu, const uint64_t *words);
/** smmu_prefetch_address - likewise CMD_PREFETCH_ADDR; ignored unless prefetches are on. */
void smmu_prefetch_address(struct smmu *smmu, const uint64_t *words);
/** smmu_prefetch_next - the walk of @job has ended well. */
void smmu_prefetch_next(const struct smmu_job *job);
/** smmu_prefetch_reachable - something happened to stream @sid (K01): perhaps its configuration or
 * that of a neighbour is read, sooner or later. */
void smmu_prefetch_reachable(struct smmu *smmu, uint32_t sid, bool ssv, uint32_t ssid);

/* ---- smmu_job.c ---- */

void smmu_job_init(struct smmu *smmu);
/** smmu_job_new - a job for @dma (NULL: prefetch), or NULL if none is free. */
struct smmu_job *smmu_job_new(struct smmu *smmu, struct sim_dma *dma);
struct smmu_job *smmu_job_new_page(struct smmu *smmu);
/** smmu_job_free - one holder less; the last one frees. */
void smmu_job_free(struct smmu_job *job);
/** smmu_job_wake - run the job's next step in @n_cycles. */
void smmu_job_wake(struct smmu_job *job, enum smmu_job_state state, uint64_t n_cycles);
/** smmu_job_enter - take a slot of the TCU, or wait for one. */
void smmu_job_enter(struct smmu_job *job);
/** smmu_job_leave - give the TCU's slot back. */
void smmu_job_leave(struct smmu_job *job);
/** smmu_job_answer - job->status and job->found go back to the TBU and to the requester. */
void smmu_job_answer(struct smmu_job *job);
/** smmu_job_park, smmu_job_unpark - CMD_SYNC and handshakes do not wait for it; they do again. */
void smmu_job_park(struct smmu_job *job);
void smmu_job_unpark(struct smmu_job *job);
/** smmu_job_again - begin anew: nothing that was found counts. */
void smmu_job_again(struct smmu_job *job);
/** smmu_job_arrive - job->status and job->found are known where the request waits. */
void smmu_job_arrive(struct smmu_job *job);
/** smmu_job_abort_all - reset: answer everything with an abort. */
void smmu_job_abort_all(struct smmu *smmu);

/* ---- smmu_walk.c ---- */

/** smmu_is_global - is the leaf of job->step one of every ASID? (4.3) */
static inline bool smmu_is_global(const struct smmu_job *job)
{
    return !job->step.leaf.ng && job->ste.world != SMMU_WORLD_EL2;
}
/** smmu_entry_log2 - what one entry of a leaf of 2^@page_log2 bytes covers: its group, if the hint
 * is used and @pa fits the group; the page alone otherwise (4.3). */
static inline uint8_t smmu_entry_log2(const struct smmu *smmu, unsigned page_log2,
                                      unsigned contig_log2, uint64_t pa, uint64_t va)
{
    const unsigned group_log2 = page_log2 + contig_log2;

    if (!smmu->param.contig || ((pa ^ va) & ((UINT64_C(1) << group_log2) - 1)))
        return (uint8_t)page_log2;
    return (uint8_t)group_log2;
}
/** smmu_walk_start - the main TLB missed. */
void smmu_walk_start(struct smmu_job *job);
/** smmu_walk_take - take a walk slot for requests of @page, or wait for one (false). */
#define SMMU_NO_PAGE UINT64_MAX
bool smmu_walk_take(struct smmu_job *job, uint64_t page);
/** smmu_walk_translated - stage 2 put the descriptor at @pa. */
void smmu_walk_translated(struct smmu_job *job, uint64_t pa);
/** smmu_walk_updated - the leaf has been changed, or was not what it had been; or memory refused.
 */
void smmu_walk_updated(struct smmu_job *job, bool is_good, bool is_changed);
/** smmu_descriptor_of - the descriptor that was read into job->access. */
uint64_t smmu_descriptor_of(const struct smmu_job *job, bool is_big_endian);
/** smmu_walk_go - the job's event: read a descriptor, or end. */
void smmu_walk_go(struct smmu_job *job);
/** smmu_walk_release - give back the walk slot; wakes followers and whoever waits. */
void smmu_walk_release(struct smmu_job *job);

/* ---- smmu_s2.c ---- */

/** smmu_s2_translate - find the physical address of @ipa; goes on in smmu_cfg_translated,
 * smmu_walk_translated or smmu_xlate_found, or smmu_xlate_s2_fault. */
void smmu_s2_translate(struct smmu_job *job, uint64_t ipa, enum smmu_s2_use use);
/** smmu_s2_go - the job's event. */
void smmu_s2_go(struct smmu_job *job);
/** smmu_s2_start - a walk slot is free: go on. */
void smmu_s2_start(struct smmu_job *job);

/** smmu_s2_updated - the leaf has been changed, or was not what it had been; or memory refused. */
void smmu_s2_updated(struct smmu_job *job, bool is_good, bool is_changed);

/* ---- smmu_httu.c ---- */

/** smmu_httu_start - what is to be changed: @descriptor as it was read. */
void smmu_httu_start(struct smmu_job *job, enum smmu_stage stage, uint64_t descriptor,
                     bool is_dirty);
/** smmu_httu_write - change it at @pa; goes on in smmu_walk_updated or smmu_s2_updated. */
void smmu_httu_write(struct smmu_job *job, uint64_t pa);

#ifdef __cplusplus
}
#endif
#endif
