/* SPDX-License-Identifier: BSD-2-Clause
 * boundary.h - between the half that is compiled with a kernel's headers (kshim/) and the half that
 * is compiled with the C library's (host/): plain C types and nothing else.
 * Knows: numbers, pointers, strings. Must not know: types of a kernel, types of the simulator.
 *
 * host_* is what kshim/ may call, ksh_* is what host/ may call. Everything runs in one host thread;
 * simulated CPUs are coroutines, which change only inside host_* calls. */
#ifndef LNX_BOUNDARY_H
#define LNX_BOUNDARY_H

#ifdef __cplusplus
extern "C" {
#endif

typedef unsigned long long host_u64;

/* ---- host: memory ---------------------------------------------------------------------------- */

/** struct host_arena - all memory that the kernel half has. Bytes below @n_table_bytes are seen by
 * the IOMMU and every store to them is a record; above lies what only software uses. */
struct host_arena {
    char *bytes;
    unsigned long n_bytes;
    unsigned long n_table_bytes;
    unsigned long pa; /* of the first byte */
};
const struct host_arena *host_arena(void);

void *host_malloc(unsigned long n_bytes); /* zeroed; never NULL */
void *host_realloc(void *p, unsigned long n_bytes);
void host_free(void *p);
unsigned long host_size(void *p);

void host_writable(void *p, unsigned long n_bytes); /* constants may be changed from now on */

enum host_use { HOST_USE_DMA, HOST_USE_PAGES };
void *host_table_alloc(unsigned long n_bytes, unsigned long align, int use); /* zeroed */
void host_table_free(void *p, unsigned long n_bytes);

/* ---- host: what a driver does to hardware ---------------------------------------------------- */

host_u64 host_mmio_read(unsigned long offset, int n_bytes, void *ip);
void host_mmio_write(unsigned long offset, host_u64 value, int n_bytes, void *ip);

enum host_barrier { HOST_BARRIER_WRITE, HOST_BARRIER_READ, HOST_BARRIER_FULL };
void host_barrier(int kind);

/** host_flush - cache lines are written to memory that hardware reads without asking caches. */
void host_flush(const void *first, unsigned long n_bytes);

/** host_sync - the store that was announced last has happened; another CPU may be next. */
void host_sync(void);

/* ---- host: CPUs, time, interrupts ------------------------------------------------------------ */

void host_yield(void); /* let another CPU run, if there is one */
int host_cpu(void);    /* which one this is */
host_u64 host_now_ns(void);
void host_delay(unsigned long ns);
int host_irqs_set(int is_on); /* of this CPU; returns what they were */

/** host_irq_request - @hard runs on whatever CPU takes the interrupt; returns nonzero if @thread is
 * to run. Either may be NULL. */
void host_irq_request(int irq, int (*hard)(void *), void (*thread)(void *), void *arg);
void host_irq_free(int irq, const void *arg);

/** host_spawn - a CPU of its own runs @fn once. */
void host_spawn(void (*fn)(void *), void *arg);

/* ---- host: words ----------------------------------------------------------------------------- */

void host_vlog(const char *level, const char *who, const char *fmt, __builtin_va_list args);
void host_log(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void host_die(const char *fmt, ...) __attribute__((noreturn, format(printf, 1, 2)));
void host_warn(const char *file, int line);

/** host_try, host_throw - run until done (0) or until somebody throws (1). */
int host_try(void (*fn)(void *), void *arg);
void host_throw(void) __attribute__((noreturn));
int host_vsnprintf(char *to, unsigned long n, const char *fmt, __builtin_va_list args);

/* ---- host: marks in the stream of records ---------------------------------------------------- */

enum host_op { /* the numbers of sim/record.def */
               HOST_OP_ATTACH,
               HOST_OP_REPLACE,
               HOST_OP_DETACH,
               HOST_OP_GROUP_ATTACH,
               HOST_OP_GROUP_REPLACE,
               HOST_OP_GROUP_DETACH,
               HOST_OP_DRV_ATTACH,
               HOST_OP_MAP,
               HOST_OP_UNMAP,
               HOST_OP_SET_PASID,
               HOST_OP_REPLACE_PASID,
               HOST_OP_REMOVE_PASID,
               HOST_OP_ALLOC,
               HOST_OP_FREE,
};

#define HOST_NO_DEV 0xffffffffu
#define HOST_NO_PASID 0xffffffffu

/** struct host_mark - one operation; as in a BEGIN record. */
struct host_mark {
    int op;
    unsigned int dev, pasid;
    const void *domain;
    host_u64 a, b;
};
void host_begin(const struct host_mark *mark);
void host_end(const struct host_mark *mark, int ret);
void host_mapped(const void *domain, host_u64 iova, host_u64 pa, host_u64 size, int prot);
void host_unmapped(const void *domain, host_u64 iova, host_u64 size, host_u64 n_unmapped);
void host_ats(unsigned int dev, int is_on, int stu, int is_pri);

/* ---- kernel half ----------------------------------------------------------------------------- */

/** ksh_arch - which IOMMU the driver is of. */
enum host_arch_number { HOST_SMMUV3, HOST_VTD };
int ksh_arch(void);

/** struct ksh_setup - the machine, as firmware describes it. */
struct ksh_setup {
    int has_msi;       /* an SMMU's interrupts may be messages */
    int is_incoherent; /* an SMMU that reads memory behind the caches */
};

/** ksh_boot - initcalls, then the driver's probe. Return: 0 or a negative errno. */
int ksh_boot(const struct ksh_setup *setup);
/** ksh_halt - the driver's resources are released. */
void ksh_halt(void);
/** ksh_thread - a stack, aligned to its size, is about to run kernel code. */
void ksh_thread(void *stack);
unsigned long ksh_stack_bytes(void);
/** ksh_trap - @at is an instruction that no processor has. Return: its length if it was a warning,
 * 0 if the kernel half has not put it there. */
unsigned long ksh_trap(unsigned long at);

enum ksh_device_flags { KSH_ATS = 1, KSH_PASID = 2, KSH_PRI = 4, KSH_STALL = 8 };

/** struct ksh_device_info - a device that a scenario names. @dev: its number in records. */
struct ksh_device_info {
    const char *name; /* dddd:bb:dd.f */
    unsigned int dev;
    unsigned int sid, rid;
    unsigned int flags;
    unsigned int pasid_bits;
    unsigned int stu; /* log2 of 4 KiB pages */
};

struct ksh_device;
/** ksh_device_add - Return: 0 and @device, or a negative errno. */
int ksh_device_add(const struct ksh_device_info *info, struct ksh_device **device);
/** ksh_device_claim - user space takes it over: its DMA is blocked until it is attached. */
int ksh_device_claim(struct ksh_device *device);
void ksh_device_remove(struct ksh_device *device);
/** ksh_device_reserved - does a range touch what this device must not map? */
int ksh_device_reserved(struct ksh_device *device, host_u64 iova, host_u64 n_bytes);

enum ksh_domain_flags {
    KSH_NEST_PARENT = 1,
    KSH_DIRTY = 2,
    KSH_USER = 4,
    KSH_KERNEL = 8,
    KSH_FOR_PASID = 16
};

/** ksh_domain_new - a page table for @device. @flags: KSH_USER: as user space asks for
 * it; KSH_KERNEL: as the kernel's DMA API has it, which is the first stage if there are two. */
int ksh_domain_new(struct ksh_device *device, unsigned int flags, void **domain);
void ksh_domain_free(void *domain);

/* @pasid: HOST_NO_PASID for the device itself. Each returns 0 or a negative errno. */
int ksh_attach(struct ksh_device *device, void *domain, unsigned int pasid);
int ksh_replace(struct ksh_device *device, void *old, void *domain, unsigned int pasid);
int ksh_detach(struct ksh_device *device, void *domain, unsigned int pasid);

/** ksh_map - @prot: bits 1 read, 2 write, 4 execute. */
int ksh_map(void *domain, host_u64 iova, host_u64 pa, host_u64 n_bytes, int prot);
/** ksh_unmap - Return: 0, or a negative errno if less was there. */
int ksh_unmap(void *domain, host_u64 iova, host_u64 n_bytes);
host_u64 ksh_iova_to_phys(void *domain, host_u64 iova);

#ifdef __cplusplus
}
#endif
#endif
