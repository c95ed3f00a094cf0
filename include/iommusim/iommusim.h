/* SPDX-License-Identifier: BSD-2-Clause
 * iommusim.h - the library's whole interface: a simulated IOMMU for a driver of one's own.
 * Knows: registers by offset, memory by address, a device's requests. Must not know: the project.
 *
 * A simulation is one IOMMU, its clock, and memory. Software (you) stores tables, writes registers
 * and waits; a device (you, too) sends requests. Nothing happens in between: time stands still
 * until iommusim_advance, iommusim_run, iommusim_dma_wait or a wait lets it pass. docs/api.md is
 * the tutorial.
 *
 * Who may call what: one thread at a time uses a simulation; different simulations know nothing of
 * each other. Callbacks come from inside the functions that let time pass, and from register
 * writes. In them, memory may be read and written and the time asked for: note what happened, and
 * act when the function has returned. A request's own @done may besides use registers, submit and
 * answer. Whatever is not allowed there gives IOMMUSIM_EBUSY.
 *
 * Functions that can fail return 0 or a negative enum iommusim_error. Addresses and lengths are in
 * bytes, times in picoseconds. Structures that are given are copied, unless it is said otherwise.
 */
#ifndef IOMMUSIM_H
#define IOMMUSIM_H

#include <iommusim/version.h>
#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__)
#define IOMMUSIM_API __attribute__((visibility("default")))
#else
#define IOMMUSIM_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

#define IOMMUSIM_NEVER UINT64_MAX     /* a time that does not come */
#define IOMMUSIM_NO_PASID UINT32_MAX  /* a request without one; a mark that names none */
#define IOMMUSIM_NO_DEVICE UINT32_MAX /* a mark that names none */
#define IOMMUSIM_MAX_REQUEST_BYTES 4096u
#define IOMMUSIM_MAX_IN_FLIGHT 256u /* requests of iommusim_submit without an answer */

struct iommusim;        /* a simulation */
struct iommusim_config; /* what it will be */

/** enum iommusim_error - why a call did nothing. */
enum iommusim_error {
    IOMMUSIM_OK = 0,
    IOMMUSIM_EINVAL = -1,    /* an argument that has no meaning */
    IOMMUSIM_ENOMEM = -2,    /* the host has no memory, or the simulated one is full */
    IOMMUSIM_EIO = -3,       /* a file could not be read or written */
    IOMMUSIM_EFORMAT = -4,   /* a file that is refused */
    IOMMUSIM_EFULL = -7,     /* no room in the hardware: let time pass, try again */
    IOMMUSIM_ERANGE = -8,    /* a value or an address outside what there is */
    IOMMUSIM_EBUSY = -9,     /* not from this callback */
    IOMMUSIM_ETIMEDOUT = -10 /* the condition did not come true */
};

/** iommusim_error_name - "EINVAL"; "OK" for 0, "?" for what is none. */
IOMMUSIM_API const char *iommusim_error_name(int error);
/** iommusim_version - of the library that is linked; IOMMUSIM_VERSION is that of this header. */
IOMMUSIM_API const char *iommusim_version(void);

/* ---- what the unit is ---- */

enum iommusim_arch { IOMMUSIM_SMMUV3 = 1, IOMMUSIM_VTD = 2 };

/** iommusim_config_new - default registers and the default preset. Return: NULL without memory, or
 * if there is no such architecture. */
IOMMUSIM_API struct iommusim_config *iommusim_config_new(enum iommusim_arch arch);
IOMMUSIM_API void iommusim_config_free(struct iommusim_config *config);

/**
 * iommusim_config_id - one ID or capability register, as software will read it.
 * @offset: SMMUv3: IDR0 to IDR5, IIDR, AIDR. VT-d: VER, CAP, ECAP.
 * Return: 0, IOMMUSIM_EINVAL (none is there), IOMMUSIM_ERANGE (wider than the register).
 */
IOMMUSIM_API int iommusim_config_id(struct iommusim_config *config, uint64_t offset,
                                    uint64_t value);
/** iommusim_config_preset - all timing and sizes of a part: mmu600, mmu700, bdw, zero, ... for
 * the unit, server, zero, remote for memory (`iommusim replay --list-parameters` lists them). Every
 * part that has a preset of that name gets it. Return: 0, or IOMMUSIM_EINVAL if none has. */
IOMMUSIM_API int iommusim_config_preset(struct iommusim_config *config, const char *preset);
/** iommusim_config_set - one parameter by its name ("smmu.tlb_entries", "vtd.tlb_ways",
 * "mem.latency_ns"), to a number or a word of its list. Return: 0, IOMMUSIM_EINVAL (no such name
 * or word), IOMMUSIM_ERANGE. */
IOMMUSIM_API int iommusim_config_set(struct iommusim_config *config, const char *name,
                                     const char *value);
/** struct iommusim_parameter - @name: as iommusim_config_set takes it; @value: now. @unit:
 * "enum:a,b,c": a word of these, by its place. */
struct iommusim_parameter {
    char name[64];
    const char *unit, *doc;
    uint32_t value, min, max;
};
/** iommusim_config_parameter - the parameters of the unit, then those of memory, by @index. Return:
 * 0, or IOMMUSIM_ERANGE behind the last one. */
IOMMUSIM_API int iommusim_config_parameter(const struct iommusim_config *config, uint32_t index,
                                           struct iommusim_parameter *parameter);
/**
 * iommusim_config_load - the settings of a YAML file, the same that the program reads with --config
 * (docs/config.md).
 *
 * They go on top of what @config has. Sections of a replay (cpu, probe, traffic, atc, allow) and of
 * the other architecture are checked and count for nothing here.
 * @error: gets "file:line:column: what is wrong" if the file is; NULL: nobody wants to know.
 * Return: 0; IOMMUSIM_EINVAL (no path), IOMMUSIM_EFORMAT, IOMMUSIM_EIO or IOMMUSIM_ENOMEM, and
 * @config is as before.
 */
IOMMUSIM_API int iommusim_config_load(struct iommusim_config *config, const char *path, char *error,
                                      size_t n_error_bytes);
/** iommusim_config_memory - how much memory of the host the simulated one may take; without a call
 * 1 GiB. It is taken when it is used. */
IOMMUSIM_API void iommusim_config_memory(struct iommusim_config *config, uint64_t max_bytes);
/** iommusim_config_doorbell - writes of the unit into [base, base + n_bytes) are messages (MSIs):
 * they go to the callback @msi. Without a call: VT-d 0xfee00000, 1 MiB; SMMUv3 none. */
IOMMUSIM_API void iommusim_config_doorbell(struct iommusim_config *config, uint64_t base,
                                           uint64_t n_bytes);

/* ---- what it tells ---- */

/** enum iommusim_irq - wired interrupts. SMMUv3: a pulse of level 1. */
enum iommusim_irq {
    IOMMUSIM_IRQ_GERROR,   /* SMMUv3 global error */
    IOMMUSIM_IRQ_EVENTQ,   /* SMMUv3 event queue */
    IOMMUSIM_IRQ_PRIQ,     /* SMMUv3 page request queue */
    IOMMUSIM_IRQ_CMD_SYNC, /* SMMUv3 CMD_SYNC with CS=IRQ */
    IOMMUSIM_IRQ_SEV,      /* SMMUv3 CMD_SYNC with CS=SEV: an event to the CPUs */
    IOMMUSIM_IRQ_FAULT,    /* VT-d fault event */
    IOMMUSIM_IRQ_INV,      /* VT-d invalidation completion event */
    IOMMUSIM_IRQ_PAGE_REQ  /* VT-d page request event */
};

/** struct iommusim_ats_inv - the unit tells a device to forget translations. The device answers
 * with iommusim_ats_complete(@itag). @n_bytes: 0 = everything. */
struct iommusim_ats_inv {
    uint64_t address, n_bytes;
    uint32_t requester;
    uint32_t pasid; /* IOMMUSIM_NO_PASID: those without a PASID */
    uint32_t itag;
    uint32_t is_global; /* all PASIDs */
    uint32_t is_whole;  /* without a PASID: what was cached with one, too */
};

/** struct iommusim_page_response - the answer to a group of page requests. @code: 0 success,
 * 1 invalid request, 15 failure. */
struct iommusim_page_response {
    uint32_t requester;
    uint32_t pasid;
    uint32_t group;
    uint32_t code;
};

#define IOMMUSIM_FACT_ARGS 5u

/** struct iommusim_fact - one act of hardware. @name: "cmd_completed", "tlb_filled", ...;
 * @arg_name[i] says what @arg[i] is; there are @n_args. All names last as long as the program. */
struct iommusim_fact {
    uint64_t time_ps;
    const char *name;
    const char *arg_name[IOMMUSIM_FACT_ARGS];
    uint64_t arg[IOMMUSIM_FACT_ARGS];
    uint32_t n_args;
};

/**
 * struct iommusim_world - what surrounds the unit. Any function may be NULL.
 * @read, @write: memory is yours, not the library's: @n_bytes (64 at most) from or to @pa, at the
 *                instant when hardware does it. Return: 0, or anything else for an external abort.
 *                Either both or none.
 * @swap:         with those: if memory has @compare, write @data; @data gets what was there. 8 or
 *                16 bytes. NULL: made of @read and @write.
 * @ats_inv:      without it no device answers invalidations, and who waits for them waits for ever.
 * @msi:          a message: @data was written to the doorbell at @pa.
 * @fact:         everything that hardware does, for who wants to watch.
 */
struct iommusim_world {
    int (*read)(void *ctx, uint64_t pa, void *data, uint32_t n_bytes);
    int (*write)(void *ctx, uint64_t pa, const void *data, uint32_t n_bytes);
    int (*swap)(void *ctx, uint64_t pa, const void *compare, void *data, uint32_t n_bytes);
    void (*irq)(void *ctx, enum iommusim_irq source, int level);
    void (*msi)(void *ctx, uint64_t pa, uint32_t data);
    void (*ats_inv)(void *ctx, const struct iommusim_ats_inv *inv);
    void (*page_response)(void *ctx, const struct iommusim_page_response *response);
    void (*fact)(void *ctx, const struct iommusim_fact *fact);
    void *ctx;
};

/**
 * iommusim_new - a unit just out of reset, at time 0, with empty memory.
 * @config: read only; may be used again or freed. @world: NULL: nobody wants to know.
 * Return: 0 and @sim; IOMMUSIM_EINVAL (sizes that do not fit, half of read and write);
 * IOMMUSIM_ENOMEM.
 */
IOMMUSIM_API int iommusim_new(const struct iommusim_config *config,
                              const struct iommusim_world *world, struct iommusim **sim);
/** iommusim_free - at any time but in a callback; requests without an answer get none. A recording
 * that was not stopped leaves no file. NULL is allowed. */
IOMMUSIM_API void iommusim_free(struct iommusim *sim);
/** iommusim_reset - the unit as after power-on; memory and time stay. */
IOMMUSIM_API int iommusim_reset(struct iommusim *sim);

/* ---- software ---- */

/** iommusim_reg_read, iommusim_reg_write - @n_bytes is 4 or 8. Takes no time. What the architecture
 * says of a wrong offset happens. A read that fails gives 0. */
IOMMUSIM_API uint64_t iommusim_reg_read(struct iommusim *sim, uint64_t offset, uint32_t n_bytes);
IOMMUSIM_API int iommusim_reg_write(struct iommusim *sim, uint64_t offset, uint32_t n_bytes,
                                    uint64_t value);

/** enum iommusim_structure - what a store is to: for recordings. IOMMUSIM_S_PTE: SMMUv3's tables of
 * pages, IOMMUSIM_S_PTE_VTD: VT-d's. */
enum iommusim_structure {
    IOMMUSIM_S_L1STD,
    IOMMUSIM_S_STE,
    IOMMUSIM_S_L1CD,
    IOMMUSIM_S_CD,
    IOMMUSIM_S_ROOT,
    IOMMUSIM_S_CTX,
    IOMMUSIM_S_PASID_DIR,
    IOMMUSIM_S_PASID,
    IOMMUSIM_S_PTE,
    IOMMUSIM_S_PTE_VTD,
    IOMMUSIM_S_CMD = 13,
    IOMMUSIM_S_QI,
    IOMMUSIM_S_QUEUE = 18,
    IOMMUSIM_S_PAGES,
    IOMMUSIM_S_OTHER
};

/** iommusim_memory - [pa, pa + n_bytes) exists from now on, filled with zeros; multiples of 8.
 * Hardware that reads what nobody has declared or stored gets an external abort. With memory of
 * yours, it only goes into the recording. Return: 0, IOMMUSIM_EINVAL, IOMMUSIM_ENOMEM. */
IOMMUSIM_API int iommusim_memory(struct iommusim *sim, enum iommusim_structure structure,
                                 uint64_t pa, uint64_t n_bytes);
/** iommusim_forget - and it is given back: hardware that still reads it gets an external abort. */
IOMMUSIM_API int iommusim_forget(struct iommusim *sim, enum iommusim_structure structure,
                                 uint64_t pa, uint64_t n_bytes);
/** iommusim_store - software stores 1, 2, 4 or 8 aligned bytes, little-endian. Hardware sees it at
 * once. Return: 0, IOMMUSIM_EINVAL, IOMMUSIM_ENOMEM, IOMMUSIM_EIO (memory of yours refuses). */
IOMMUSIM_API int iommusim_store(struct iommusim *sim, enum iommusim_structure structure,
                                uint64_t pa, uint64_t value, uint32_t n_bytes);
/** iommusim_store_pair - @words to 16 aligned bytes, in one store that nothing comes between
 * (@is_atomic), or in two, the low half first. */
IOMMUSIM_API int iommusim_store_pair(struct iommusim *sim, enum iommusim_structure structure,
                                     uint64_t pa, const uint64_t words[2], int is_atomic);
/** iommusim_read_memory, iommusim_write_memory - any bytes, never recorded: buffers of a device. */
IOMMUSIM_API int iommusim_read_memory(struct iommusim *sim, uint64_t pa, void *data,
                                      size_t n_bytes);
IOMMUSIM_API int iommusim_write_memory(struct iommusim *sim, uint64_t pa, const void *data,
                                       size_t n_bytes);

enum iommusim_barrier {
    IOMMUSIM_BARRIER_WRITE, /* earlier stores before later ones */
    IOMMUSIM_BARRIER_FULL,  /* whatever is earlier before whatever is later */
    IOMMUSIM_BARRIER_FLUSH  /* the line of 64 bytes around @pa leaves the cache */
};
/** iommusim_barrier - for the recording alone: stores here land in order. Who judges the recording
 * asks whether there were enough. */
IOMMUSIM_API int iommusim_barrier(struct iommusim *sim, enum iommusim_barrier what, uint64_t pa);

/**
 * iommusim_wait_reg, iommusim_wait_memory - let time pass until (word & mask) == value.
 * @pa: aligned to 8; all 8 bytes count, as far as @mask says so.
 * @timeout_ps: how long at most; IOMMUSIM_NEVER: as long as anything happens at all.
 * Return: 0, IOMMUSIM_ETIMEDOUT, IOMMUSIM_EBUSY.
 */
IOMMUSIM_API int iommusim_wait_reg(struct iommusim *sim, uint64_t offset, uint64_t mask,
                                   uint64_t value, uint64_t timeout_ps);
IOMMUSIM_API int iommusim_wait_memory(struct iommusim *sim, uint64_t pa, uint64_t mask,
                                      uint64_t value, uint64_t timeout_ps);
/** iommusim_wait_slot - until the command in slot @index of SMMUv3's command queue at @queue is
 * consumed (for a CMD_SYNC: it is complete), or VT-d's queue is empty. Return: as above,
 * IOMMUSIM_EINVAL: the queue is elsewhere. */
IOMMUSIM_API int iommusim_wait_slot(struct iommusim *sim, uint64_t queue, uint32_t index,
                                    uint64_t timeout_ps);

/* ---- devices ---- */

enum iommusim_dma_kind {
    IOMMUSIM_UNTRANSLATED,
    IOMMUSIM_TRANSLATED,         /* ATS: the address is the answer of an earlier request */
    IOMMUSIM_TRANSLATION_REQUEST /* ATS: asks, moves no data */
};

enum iommusim_dma_access {
    IOMMUSIM_READ = 1,
    IOMMUSIM_WRITE = 2,
    IOMMUSIM_EXECUTE = 4,
    IOMMUSIM_PRIVILEGED = 8
};

enum iommusim_dma_status {
    IOMMUSIM_PENDING,
    IOMMUSIM_DONE,
    IOMMUSIM_ABORT, /* bus error; completer abort for a translation request */
    IOMMUSIM_UR,    /* unsupported request */
    IOMMUSIM_RAZ_WI /* a read gives zeros, a write is dropped, no error */
};
/** iommusim_status_name - "done", "abort", ... */
IOMMUSIM_API const char *iommusim_status_name(uint32_t status);

/**
 * struct iommusim_dma - one request of a device, and its answer. It is yours, must stay where it is
 * until the answer has come, and may then be used again.
 * @iova, @n_bytes: none of them in another page of 4 KiB than the first.
 * @requester: StreamID, or bus << 8 | device << 3 | function.
 * @pasid:     IOMMUSIM_NO_PASID: none.
 * @access:    enum iommusim_dma_access, or-ed.
 * @tbu:       SMMUv3: which upstream port it comes by.
 * @data:      what is read or written; NULL: only the translation is wanted.
 * @done:      called when the answer is there; may be NULL. @ctx: for whoever wrote it.
 * @status, @pa, @page_log2, @granted, @event: the answer: enum iommusim_dma_status, where the first
 *             byte is, log2 of the page's size, what the page allows, and the code of the event or
 *             fault that it caused (0 = none).
 */
struct iommusim_dma {
    uint64_t iova;
    uint32_t n_bytes;
    uint32_t requester;
    uint32_t pasid;
    enum iommusim_dma_kind kind;
    uint32_t access;
    uint32_t tbu;
    void *data;
    void (*done)(void *ctx, struct iommusim_dma *dma);
    void *ctx;

    uint32_t status;
    uint32_t page_log2;
    uint32_t granted;
    uint32_t event;
    uint64_t pa;
};

/** iommusim_submit - the request is on its way. Return: 0; IOMMUSIM_EFULL: hardware has no slot
 * free, or too many are under way: let time pass, try again; IOMMUSIM_EINVAL: no bytes, no access,
 * or more than one page. */
IOMMUSIM_API int iommusim_submit(struct iommusim *sim, struct iommusim_dma *dma);
/** iommusim_dma_wait - submit, and let time pass until the answer is there. Return: 0; as above;
 * IOMMUSIM_ETIMEDOUT: nothing happens any more (the request is stalled): it is still under way. */
IOMMUSIM_API int iommusim_dma_wait(struct iommusim *sim, struct iommusim_dma *dma);
/** iommusim_ats_complete - a device's answer to an ats_inv. */
IOMMUSIM_API int iommusim_ats_complete(struct iommusim *sim, uint32_t itag);

/** struct iommusim_page_request - @access: what is wanted; none, with @is_last: stop marker. */
struct iommusim_page_request {
    uint64_t address;
    uint32_t requester;
    uint32_t pasid;
    uint32_t group;
    uint32_t access;
    uint32_t is_last;
};
/** iommusim_ask_page - a device sends a page request. */
IOMMUSIM_API int iommusim_ask_page(struct iommusim *sim,
                                   const struct iommusim_page_request *request);

/* ---- time ---- */

IOMMUSIM_API uint64_t iommusim_now_ps(const struct iommusim *sim);
/** iommusim_next_ps - when something happens next; IOMMUSIM_NEVER: nothing will by itself. */
IOMMUSIM_API uint64_t iommusim_next_ps(struct iommusim *sim);
/** iommusim_advance - everything up to and including now + @duration_ps happens, and it is then. */
IOMMUSIM_API int iommusim_advance(struct iommusim *sim, uint64_t duration_ps);
/** iommusim_run - until nothing happens any more. */
IOMMUSIM_API int iommusim_run(struct iommusim *sim);

/* ---- recordings: what `iommusim replay`, `explore` and `rules` judge ---- */

/**
 * iommusim_record_start - from now on, what software does goes into a file; start before the first
 * store: what tables held before is in no recording.
 * @path: ends in .txt: as text (docs/text-language.md), else as .iotr. It appears at the stop.
 * @base: physical address of the first register, for those who read the file.
 * Return: 0, IOMMUSIM_EINVAL (one is running), IOMMUSIM_EIO, IOMMUSIM_ENOMEM.
 */
IOMMUSIM_API int iommusim_record_start(struct iommusim *sim, const char *path, uint64_t base);
/** iommusim_record_stop - the file is whole. Return: 0, or the first error since the start. */
IOMMUSIM_API int iommusim_record_stop(struct iommusim *sim);

enum iommusim_op {
    IOMMUSIM_OP_ATTACH,
    IOMMUSIM_OP_REPLACE,
    IOMMUSIM_OP_DETACH,
    IOMMUSIM_OP_DRV_ATTACH = 6, /* what a driver does of it: the switch itself */
    IOMMUSIM_OP_MAP,
    IOMMUSIM_OP_UNMAP,
    IOMMUSIM_OP_SET_PASID,
    IOMMUSIM_OP_REPLACE_PASID,
    IOMMUSIM_OP_REMOVE_PASID
};

/**
 * struct iommusim_mark - an operation, for those who judge.
 * @device: its number, or IOMMUSIM_NO_DEVICE. @pasid: or IOMMUSIM_NO_PASID.
 * @domain: the one that it is about, a number of yours from 1 on; the new one of a replace; of a
 *          detach one without tables. (0: none is named, and nothing is promised.)
 * @a, @b:  map, unmap: first address and bytes. attach, replace: the domain. drv_attach: @a is 1
 *          for a domain with tables, 0 for blocked, 4 for identity.
 * @ret:    at the end: 0, or a negative error of the driver.
 */
struct iommusim_mark {
    enum iommusim_op op;
    uint32_t device;
    uint32_t pasid;
    int32_t ret;
    uint64_t domain, a, b;
};

/** iommusim_mark_device - device @number is @name and sends with @requester. */
IOMMUSIM_API int iommusim_mark_device(struct iommusim *sim, uint32_t number, const char *name,
                                      uint32_t requester);
/** iommusim_mark_begin, iommusim_mark_end - around an operation; they nest. */
IOMMUSIM_API int iommusim_mark_begin(struct iommusim *sim, const struct iommusim_mark *mark);
IOMMUSIM_API int iommusim_mark_end(struct iommusim *sim, const struct iommusim_mark *mark);
/** struct iommusim_range - @access: enum iommusim_dma_access, without PRIVILEGED. */
struct iommusim_range {
    uint64_t domain, iova, pa, n_bytes;
    uint32_t access;
};
/** iommusim_mark_map, iommusim_mark_unmap - inside map, unmap: what the domain promises from the
 * end on. (unmap: @pa and @access do not count.) */
IOMMUSIM_API int iommusim_mark_map(struct iommusim *sim, const struct iommusim_range *range);
IOMMUSIM_API int iommusim_mark_unmap(struct iommusim *sim, const struct iommusim_range *range);
/**
 * iommusim_switch_begin, iommusim_switch_end - a whole attach, replace or detach: the operation,
 * and in it what the driver does of it. @mark: @op is one of the three, or SET_PASID,
 * REPLACE_PASID, REMOVE_PASID; @domain; @a as for drv_attach; @ret. The same at begin and end.
 */
IOMMUSIM_API int iommusim_switch_begin(struct iommusim *sim, const struct iommusim_mark *mark);
IOMMUSIM_API int iommusim_switch_end(struct iommusim *sim, const struct iommusim_mark *mark);
/** iommusim_map_begin, iommusim_map_end - a whole map, with its promise. */
IOMMUSIM_API int iommusim_map_begin(struct iommusim *sim, const struct iommusim_range *range);
IOMMUSIM_API int iommusim_map_end(struct iommusim *sim, const struct iommusim_range *range);
/** iommusim_unmap_begin, iommusim_unmap_end - a whole unmap, with its promise. */
IOMMUSIM_API int iommusim_unmap_begin(struct iommusim *sim, const struct iommusim_range *range);
IOMMUSIM_API int iommusim_unmap_end(struct iommusim *sim, const struct iommusim_range *range);
/** iommusim_mark_ats - a device's ATS is switched. @stu: smallest unit, log2 of pages of 4 KiB. */
IOMMUSIM_API int iommusim_mark_ats(struct iommusim *sim, uint32_t number, int is_on, uint32_t stu);
/** iommusim_mark_text - a line for who reads the recording. */
IOMMUSIM_API int iommusim_mark_text(struct iommusim *sim, const char *text);

#ifdef __cplusplus
}
#endif
#endif
