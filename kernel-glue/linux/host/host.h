/* SPDX-License-Identifier: BSD-2-Clause
 * host.h - the state of the host's side, for its own files only. */
#ifndef LNX_HOST_H
#define LNX_HOST_H

#include "kernel-glue/linux/boundary.h"
#include "kernel-glue/linux/host/lnx.h"
#include "kernel-glue/trace/trc_ack.h"
#include "sim/rng.h"
#include "sim/text.h"

#include <setjmp.h>
#include <ucontext.h>

#define HOST_ARENA_PA UINT64_C(0x40000000)
#define HOST_ARENA_BYTES (UINT64_C(256) << 20)
#define HOST_TABLE_BYTES (UINT64_C(96) << 20)
#define HOST_PAGE_BYTES UINT64_C(4096)
#define HOST_TABLE_PAGES (HOST_TABLE_BYTES / HOST_PAGE_BYTES)
#define HOST_MSI_DOORBELL UINT64_C(0x2b500000)
#define HOST_MAX_CPUS 16u
#define HOST_MAX_IRQS 128u
#define HOST_MAX_HANDLERS 16u
#define HOST_ORDERS 16u
#define HOST_NO_TABLE UINT32_MAX

/* ---- memory ---- */

/** struct host_table - one allocation that hardware may see. @kind: enum sim_structure; SIM_S_OTHER
 * until something shows what it is. */
struct host_table {
    uint64_t pa, n_bytes;
    uint8_t kind;
    bool is_live;
};

/** struct host_memory - @owner: per page of the tables' half, number of its newest table. */
struct host_memory {
    struct host_arena arena;
    uint64_t brk, heap;
    struct host_table *tables;
    uint32_t n_tables, tables_room;
    uint32_t *owner;
    uint64_t *next_free; /* per page that heads a freed block: offset + 1 of the next one */
    uint64_t free_pages[HOST_ORDERS]; /* offset + 1 of the first free block of 2^i pages */
    void *free_small[HOST_ORDERS * 4];
};

/* ---- CPUs ---- */

enum host_wait_kind { HOST_WAIT_NONE, HOST_WAIT_REG, HOST_WAIT_QUEUE, HOST_WAIT_MEM };

/** struct host_wait - a CPU looks at the same place again and again. */
struct host_wait {
    enum host_wait_kind kind;
    uint64_t addr, value;
    uint64_t n_looks;
    uint64_t start_ps;
    uint64_t ip;
};

/** struct host_cpu - a coroutine. @is_blocked: nothing to do. @sync_slot: of the newest CMD_SYNC or
 * wait descriptor that it wrote; @status_pa: where the latter says that it is done. */
struct host_cpu {
    ucontext_t context;
    void *stack;
    bool is_used, is_live, is_blocked;
    bool irqs_on;
    struct host_wait wait;
    bool has_sync;
    uint32_t sync_slot;
    uint64_t status_pa;
    void (*fn)(void *);
    void *arg;
    sigjmp_buf *catcher;
};

struct host_handler {
    int irq;
    int (*hard)(void *);
    void (*thread)(void *);
    void *arg;
    bool is_thread_due;
};

struct host_irq {
    bool is_pending;
    uint64_t due_ps;
};

/** struct host_pending - the store that was announced and not seen yet. */
struct host_pending {
    bool is_on, is_atomic;
    char *at;
    uint32_t n_bytes;
    uint64_t old, ip;
};

/* ---- records ---- */

/** struct host_kept - a record, and the table it is about. */
struct host_kept {
    struct sim_record rec;
    uint32_t table;
};

/** struct host_request - one request of a device that the scenario waits for, or has aimed. */
struct host_request {
    bool is_waiting, is_answered;
    struct sim_dma_seen seen;
    bool is_aimed;
    uint64_t aim_ps;
    struct sim_record aim;
};

struct host_scenario;
struct kunit;
struct lnx;

/**
 * struct host_arch - what is different about an IOMMU, for a driver's host.
 * @arch:        SIM_ARCH_...
 * @base, n_bytes: of its registers, as kshim's firmware has them.
 * @pages:       what pages are until something shows what they are: SIM_S_...
 * @pages_may_be_all: tables of every kind are made of them.
 * @has_viommu:  iommufd has an object between a guest's table and the nest parent.
 * @queue:       what a command is: SIM_S_...
 * @is_incoherent: firmware says that it does not look into caches; NULL: its driver asks itself.
 * @irq_of:      number of an interrupt, as kshim has it, or -1.
 * @registered:  a register has been written. @stored: a word that hardware may see.
 * @commanded:   a word has been stored: is it part of a command that this CPU waits for?
 * @spoil:       a bit of a command flips. Return: false if @pa is no place for it.
 * @awaits:      is memory at @pa where this CPU will see that its command is done? What kind of
 *               wait that is.
 * @is_poll:     does this CPU look at a register to see it? @is_beside: only beside another place.
 * @acked:       what a register answers to a write. Return: false if nothing does.
 * @waited:      how that ended. Return: false if there was nothing to wait for.
 */
struct host_arch {
    uint8_t arch, pages, queue;
    bool pages_may_be_all, has_viommu;
    uint64_t base, n_bytes;
    bool (*is_incoherent)(const struct lnx *lnx);
    int (*irq_of)(enum sim_irq source);
    void (*registered)(struct lnx *lnx, uint64_t offset, uint64_t value);
    void (*stored)(struct lnx *lnx, uint64_t pa, uint32_t table, const uint64_t *word);
    void (*commanded)(struct lnx *lnx, uint64_t pa, uint64_t word);
    bool (*spoil)(struct lnx *lnx, uint64_t pa, uint64_t *word);
    enum host_wait_kind (*awaits)(struct lnx *lnx, uint64_t pa);
    bool (*is_poll)(struct lnx *lnx, uint64_t offset);
    bool (*is_beside)(struct lnx *lnx, uint64_t offset);
    bool (*acked)(struct lnx *lnx, uint64_t offset, uint64_t value, struct trc_ack *ack);
    bool (*waited)(struct lnx *lnx, const struct host_wait *wait, struct sim_rec_wait *rec);
};
extern const struct host_arch host_arch_smmuv3, host_arch_vtd;

struct lnx {
    const struct host_arch *arch;
    struct lnx_config config;
    struct lnx_stats stats;
    struct host_memory memory;
    struct host_cpu cpus[HOST_MAX_CPUS];
    uint32_t n_cpus, cpu;
    struct sim_rng rng;
    ucontext_t outside;
    struct host_handler handlers[HOST_MAX_HANDLERS];
    uint32_t n_handlers;
    struct host_irq irqs[HOST_MAX_IRQS];
    bool any_irq;
    struct host_pending pending;
    struct host_kept *kept;
    size_t n_kept, kept_room;
    struct rpl_scanner *scanner;
    const struct rpl_scan *scan;
    struct sim_observer observer;
    struct rpl *rpl;
    struct sim_mem *mem;
    bool is_up;
    bool spoils_command;
    bool is_over;
    uint64_t skew_ns;
    uint64_t n_messages;
    uint64_t n_idle; /* yields in a row in which nothing happened */
    struct trc_ack ack;
    bool has_ack;
    uint64_t cmdq_base, cmdq_size, cmdq_prod; /* size: entries */
    uint64_t cmd_bytes;
    uint64_t strtab_base, strtab_cfg;
    bool is_scalable; /* VT-d: the root table's mode */
    uint64_t gcmd;    /* VT-d: last value written there */
    struct host_request request;
    struct host_scenario *scenario;
    struct kunit *kunit;
    size_t n_prelude;
    void (*transition_done)(void *ctx, const struct lnx_transition *transition);
    void *transition_ctx;
};

/* host_the - hooks that a compiler puts before each store have no other way to find it. */
struct lnx *host_the(void);

/* arena.c */
int host_memory_init(struct lnx *lnx);
void host_memory_free(struct lnx *lnx);
uint32_t host_table_at(const struct lnx *lnx, uint64_t pa);
uint64_t host_pa(const struct lnx *lnx, const void *p);
bool host_is_table(const struct lnx *lnx, const void *p);
/** host_learn - a pointer to @pa shows that a table of that kind lies there. */
void host_learn(struct lnx *lnx, uint64_t pa, enum sim_structure kind);
void host_check_complete(struct lnx *lnx);

/* trap.c */
void host_trap_init(void);

/* observe.c */
void host_close_store(struct lnx *lnx);

/* act.c */
uint64_t host_now_ps(const struct lnx *lnx);
void host_act(struct lnx *lnx, struct sim_record *rec, uint32_t table);
void host_keep(struct lnx *lnx, const struct sim_record *rec, uint32_t table);
void host_close_wait(struct lnx *lnx);
void host_act_store(struct lnx *lnx, const struct host_pending *store);
void host_look_memory(struct lnx *lnx, const void *at);
struct host_cpu *host_this(struct lnx *lnx);
void host_aim(struct lnx *lnx);

/* cpu.c */
int host_cpu_run(struct lnx *lnx, void (*fn)(void *), void *arg);
void host_point(struct lnx *lnx);
void host_settle(struct lnx *lnx);
bool host_pass(struct lnx *lnx);
void host_note_irq(void *ctx, uint16_t iommu, enum sim_irq source);
void host_note_msi(struct lnx *lnx, uint32_t data);
uint32_t host_cpu_start(struct lnx *lnx, uint32_t number, void (*fn)(void *), void *arg);
bool host_cpu_is_live(const struct lnx *lnx, uint32_t number);

/* scn.c */
int host_scenario_read(struct lnx *lnx, struct sim_diag *diag);
void host_scenario_free(struct lnx *lnx);
int host_scenario_prelude(struct lnx *lnx);
int host_scenario_boot(struct lnx *lnx);
void host_scenario_run(struct lnx *lnx);
void host_scenario_halt(struct lnx *lnx);

#endif
