/* SPDX-License-Identifier: BSD-2-Clause
 * act.c - what the driver does to hardware becomes records, which take effect at once.
 * Knows: records, registers that answer, the command queue's slots. Must not know: why the driver
 * does what it does. */
#include "kernel-glue/linux/host/host.h"

#include "sim/diag.h"
#include "sim/time.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define LINE_BYTES UINT64_C(64)
#define LOOKS_BEFORE_HURRY                                                                         \
    10000u /* then each look brings the driver's clock nearer to its limit                         \
            */
#define HURRY_NS 100000u

struct host_cpu *host_this(struct lnx *lnx)
{
    return &lnx->cpus[lnx->cpu];
}

uint64_t host_now_ps(const struct lnx *lnx)
{
    return lnx->rpl ? rpl_free_ps(lnx->rpl) : 0;
}

/* ---- keeping ---- */

void host_keep(struct lnx *lnx, const struct sim_record *rec, uint32_t table)
{
    if (lnx->n_kept == lnx->kept_room) {
        lnx->kept_room = lnx->kept_room ? lnx->kept_room * 2 : 4096;
        lnx->kept = realloc(lnx->kept, lnx->kept_room * sizeof(*lnx->kept));
        if (!lnx->kept)
            host_die("no memory");
    }
    lnx->kept[lnx->n_kept].rec = *rec;
    lnx->kept[lnx->n_kept].rec.time_ns = host_now_ps(lnx) / SIM_PS_PER_NS;
    lnx->kept[lnx->n_kept++].table = table;
    lnx->stats.n_records++;
}

/* A request that was aimed at this moment goes first. */
void host_aim(struct lnx *lnx)
{
    struct host_request *request = &lnx->request;

    if (!request->is_aimed || host_now_ps(lnx) < request->aim_ps)
        return;
    request->is_aimed = false;
    lnx->stats.error = rpl_do(lnx->rpl, &request->aim);
    host_keep(lnx, &request->aim, HOST_NO_TABLE);
}

void host_act(struct lnx *lnx, struct sim_record *rec, uint32_t table)
{
    int err;

    host_close_wait(lnx);
    host_aim(lnx);
    rec->cpu = (uint16_t)lnx->cpu;
    err = rpl_do(lnx->rpl, rec);
    if (err)
        host_die("the simulation fails with error %d", err);
    host_keep(lnx, rec, table);
    lnx->n_idle = 0;
}

/* ---- stores ---- */

static const uint64_t *word_at(const struct lnx *lnx, uint64_t pa)
{
    const uint64_t at = (pa - HOST_ARENA_PA) & ~UINT64_C(7);

    return (const uint64_t *)(const void *)(lnx->memory.arena.bytes + at);
}

static void store_word(struct lnx *lnx, const struct host_pending *store, uint64_t at,
                       uint32_t n_bytes)
{
    const uint64_t pa = host_pa(lnx, store->at) + at;
    const uint32_t table = host_table_at(lnx, pa);
    struct sim_record rec;

    sim_record_init(&rec, SIM_R_STORE);
    rec.store.pa = pa;
    memcpy(&rec.store.value, store->at + at, n_bytes);
    sim_mem_read(lnx->mem, pa, &rec.store.old, n_bytes);
    if (lnx->spoils_command && lnx->arch->spoil(lnx, pa, &rec.store.value))
        lnx->spoils_command = false;
    rec.store.ip = store->ip;
    rec.store.width = (uint8_t)n_bytes;
    rec.store.structure =
        table == HOST_NO_TABLE ? (uint8_t)SIM_S_OTHER : lnx->memory.tables[table].kind;
    rec.flags = SIM_RF_OLD | SIM_RF_IP;
    lnx->stats.n_stores++;
    host_act(lnx, &rec, table);
    if (table != HOST_NO_TABLE)
        lnx->arch->stored(lnx, pa, table, word_at(lnx, pa));
    lnx->arch->commanded(lnx, pa, rec.store.value);
}

/* Largest power of two that divides the address and fits. */
static uint32_t width_at(uint64_t pa, uint64_t n_bytes)
{
    uint32_t width = 8;

    while (pa % width || width > n_bytes)
        width /= 2;
    return width;
}

void host_act_store(struct lnx *lnx, const struct host_pending *store)
{
    uint64_t at = 0;

    while (at < store->n_bytes) {
        const uint32_t width = width_at(host_pa(lnx, store->at) + at, store->n_bytes - at);

        store_word(lnx, store, at, width);
        at += width;
    }
}

void host_sync(void)
{
    struct lnx *lnx = host_the();

    host_close_store(lnx);
    if (lnx->is_up)
        host_point(lnx);
}

void host_barrier(int kind)
{
    struct lnx *lnx = host_the();
    struct sim_record rec;

    host_close_store(lnx);
    if (!lnx->is_up || kind == HOST_BARRIER_READ)
        return;
    sim_record_init(&rec, SIM_R_BARRIER);
    rec.barrier.what = kind == HOST_BARRIER_FULL ? SIM_BARRIER_FULL : SIM_BARRIER_WRITE;
    lnx->stats.n_barriers++;
    host_act(lnx, &rec, HOST_NO_TABLE);
}

/* Barrier records of what hardware may see; lines that no table is in say nothing. */
void host_flush(const void *first, unsigned long n_bytes)
{
    struct lnx *lnx = host_the();
    const uint64_t pa = host_pa(lnx, first);

    host_close_store(lnx);
    if (!lnx->is_up || !host_is_table(lnx, first))
        return;
    for (uint64_t at = pa & ~(LINE_BYTES - 1); at < pa + n_bytes; at += LINE_BYTES) {
        struct sim_record rec;

        sim_record_init(&rec, SIM_R_BARRIER);
        rec.barrier.what = SIM_BARRIER_FLUSH;
        rec.barrier.pa = at;
        lnx->stats.n_barriers++;
        host_act(lnx, &rec, HOST_NO_TABLE);
    }
}

/* ---- waits ---- */

static bool fill_wait(struct lnx *lnx, const struct host_wait *wait, struct sim_rec_wait *rec)
{
    struct host_cpu *cpu = host_this(lnx);

    if (wait->kind == HOST_WAIT_REG) {
        rec->cond = SIM_COND_REG;
        rec->addr = wait->addr;
        rec->mask = lnx->ack.mask;
        rec->value = lnx->ack.value;
        rec->ret = (wait->value & rec->mask) == rec->value ? 0 : -ETIMEDOUT;
        lnx->has_ack = false;
        return true;
    }
    if (!cpu->has_sync)
        return false;
    cpu->has_sync = false;
    return lnx->arch->waited(lnx, wait, rec);
}

/* The CPU does something else: what it waited for has come, or it has given up. */
void host_close_wait(struct lnx *lnx)
{
    struct host_cpu *cpu = host_this(lnx);
    const struct host_wait wait = cpu->wait;
    const uint64_t took_ns = (host_now_ps(lnx) - wait.start_ps) / SIM_PS_PER_NS;
    struct sim_record rec;

    if (wait.kind == HOST_WAIT_NONE)
        return;
    cpu->wait.kind = HOST_WAIT_NONE;
    sim_record_init(&rec, SIM_R_WAIT);
    rec.cpu = (uint16_t)lnx->cpu;
    rec.wait.polls = (uint32_t)wait.n_looks;
    rec.wait.took_ns = took_ns > UINT32_MAX ? UINT32_MAX : (uint32_t)took_ns;
    if (!fill_wait(lnx, &wait, &rec.wait))
        return;
    lnx->stats.n_waits++;
    lnx->stats.error = rpl_looked(lnx->rpl, &rec, wait.start_ps);
    host_keep(lnx, &rec, HOST_NO_TABLE);
}

static void look(struct lnx *lnx, enum host_wait_kind kind, uint64_t addr)
{
    struct host_wait *wait = &host_this(lnx)->wait;

    if (wait->kind != kind || wait->addr != addr) {
        host_close_wait(lnx);
        *wait = (struct host_wait){.kind = kind, .addr = addr, .start_ps = host_now_ps(lnx)};
    }
    if (!rpl_look(lnx->rpl, wait->n_looks, kind == HOST_WAIT_MEM) ||
        wait->n_looks > LOOKS_BEFORE_HURRY)
        lnx->skew_ns += HURRY_NS;
    wait->n_looks++;
    lnx->n_idle = 0;
}

/* The word that a CMD_SYNC's message clears, or a wait descriptor sets. */
void host_look_memory(struct lnx *lnx, const void *at)
{
    const uint64_t pa = host_pa(lnx, at);
    enum host_wait_kind kind;
    uint32_t status;

    host_point(lnx);
    if (!host_this(lnx)->has_sync || pa - HOST_ARENA_PA >= HOST_ARENA_BYTES)
        return;
    kind = lnx->arch->awaits(lnx, pa);
    if (kind == HOST_WAIT_NONE)
        return;
    look(lnx, kind, pa);
    memcpy(&status, at, sizeof(status));
    host_this(lnx)->wait.value = status;
}

/* ---- registers ---- */

/* A look after the one that saw what it waited for is for something else. */
static bool is_ack(struct lnx *lnx, uint64_t offset)
{
    const struct host_wait *wait = &host_this(lnx)->wait;

    if (wait->kind == HOST_WAIT_REG && (wait->value & lnx->ack.mask) == lnx->ack.value)
        host_close_wait(lnx);
    return lnx->has_ack && offset == lnx->ack.offset;
}

host_u64 host_mmio_read(unsigned long offset, int n_bytes, void *ip)
{
    struct lnx *lnx = host_the();
    struct host_wait *wait = &host_this(lnx)->wait;
    bool is_reg;
    struct sim_record rec;

    host_close_store(lnx);
    host_point(lnx);
    is_reg = is_ack(lnx, offset);
    lnx->stats.n_registers++;
    if (wait->kind == HOST_WAIT_QUEUE && lnx->arch->is_beside(lnx, offset))
        return rpl_reg_read(lnx->rpl, 0, offset, (uint32_t)n_bytes);
    if (is_reg || (host_this(lnx)->has_sync && lnx->arch->is_poll(lnx, offset))) {
        look(lnx, is_reg ? HOST_WAIT_REG : HOST_WAIT_QUEUE, offset);
        wait->value = rpl_reg_read(lnx->rpl, 0, offset, (uint32_t)n_bytes);
        return wait->value;
    }
    sim_record_init(&rec, SIM_R_MMIO_READ);
    rec.mmio_read.offset = offset;
    rec.mmio_read.width = (uint8_t)n_bytes;
    rec.mmio_read.ip = (uint64_t)ip;
    rec.flags = SIM_RF_IP;
    host_act(lnx, &rec, HOST_NO_TABLE);
    lnx->kept[lnx->n_kept - 1].rec.mmio_read.value = rec.mmio_read.value;
    return rec.mmio_read.value;
}

void host_mmio_write(unsigned long offset, host_u64 value, int n_bytes, void *ip)
{
    struct lnx *lnx = host_the();
    struct trc_ack ack;
    struct sim_record rec;

    host_close_store(lnx);
    host_point(lnx);
    lnx->stats.n_registers++;
    sim_record_init(&rec, SIM_R_MMIO_WRITE);
    rec.mmio.offset = offset;
    rec.mmio.value = value;
    rec.mmio.width = (uint8_t)n_bytes;
    rec.mmio.ip = (uint64_t)ip;
    rec.flags = SIM_RF_IP;
    host_act(lnx, &rec, HOST_NO_TABLE);
    if (lnx->arch->acked(lnx, offset, value, &ack)) {
        lnx->ack = ack;
        lnx->has_ack = true;
    }
    lnx->arch->registered(lnx, offset, value);
}

/* ---- marks ---- */

static uint64_t domain_number(const struct lnx *lnx, const void *domain)
{
    const uint64_t offset = (uint64_t)((const char *)domain - lnx->memory.arena.bytes);

    return offset < HOST_ARENA_BYTES ? HOST_ARENA_PA + offset : (uint64_t)domain;
}

void host_begin(const struct host_mark *mark)
{
    struct lnx *lnx = host_the();
    struct sim_record rec;

    host_close_store(lnx);
    sim_record_init(&rec, SIM_R_BEGIN);
    rec.mark.op = (uint8_t)mark->op;
    rec.mark.dev = mark->dev;
    rec.mark.pasid = mark->pasid;
    rec.mark.domain = domain_number(lnx, mark->domain);
    rec.mark.a = mark->a;
    rec.mark.b = mark->b;
    host_act(lnx, &rec, HOST_NO_TABLE);
}

void host_end(const struct host_mark *mark, int ret)
{
    struct lnx *lnx = host_the();
    struct sim_record rec;

    host_close_store(lnx);
    sim_record_init(&rec, SIM_R_END);
    rec.mark_end.op = (uint8_t)mark->op;
    rec.mark_end.dev = mark->dev;
    rec.mark_end.pasid = mark->pasid;
    rec.mark_end.domain = domain_number(lnx, mark->domain);
    rec.mark_end.a = mark->a;
    rec.mark_end.b = mark->b;
    rec.mark_end.ret = ret;
    host_act(lnx, &rec, HOST_NO_TABLE);
}

void host_mapped(const void *domain, host_u64 iova, host_u64 pa, host_u64 size, int prot)
{
    struct lnx *lnx = host_the();
    struct sim_record rec;

    host_close_store(lnx);
    sim_record_init(&rec, SIM_R_MAP);
    rec.map.domain = domain_number(lnx, domain);
    rec.map.iova = iova;
    rec.map.pa = pa;
    rec.map.size = size;
    rec.map.prot = (uint8_t)prot;
    rec.flags = SIM_RF_PROT;
    host_act(lnx, &rec, HOST_NO_TABLE);
}

void host_unmapped(const void *domain, host_u64 iova, host_u64 size, host_u64 n_unmapped)
{
    struct lnx *lnx = host_the();
    struct sim_record rec;

    host_close_store(lnx);
    sim_record_init(&rec, SIM_R_UNMAP);
    rec.unmap.domain = domain_number(lnx, domain);
    rec.unmap.iova = iova;
    rec.unmap.size = size;
    rec.unmap.unmapped = n_unmapped;
    host_act(lnx, &rec, HOST_NO_TABLE);
}

void host_ats(unsigned int dev, int is_on, int stu, int is_pri)
{
    struct lnx *lnx = host_the();
    struct sim_record rec;

    host_close_store(lnx);
    sim_record_init(&rec, SIM_R_ATS);
    rec.ats.dev = dev;
    rec.ats.on = is_on ? SIM_ONOFF_ON : SIM_ONOFF_OFF;
    rec.ats.stu = (uint8_t)stu;
    rec.ats.pri = is_pri ? SIM_ONOFF_ON : SIM_ONOFF_OFF;
    host_act(lnx, &rec, HOST_NO_TABLE);
}
