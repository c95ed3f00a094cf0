/* SPDX-License-Identifier: BSD-2-Clause
 * chk_order.c - the rules of all architectures over one stream: marks, memory, hits.
 * Knows: records. Must not know: any architecture. */
#include "check/chk_order_private.h"

#include "sim/diag.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MEMORY_LIMIT_BYTES (UINT64_C(2) << 30)
#define MIN_ROOM 16u
#define TYPE_LAZY 0xbu /* a kernel's domain with page tables and a flush queue */

struct chk_order *chk_order_new(void)
{
    struct chk_order *order = calloc(1, sizeof(*order));

    if (!order)
        return NULL;
    order->mem = sim_mem_new(MEMORY_LIMIT_BYTES);
    order->arch[0] = &ord_smmuv3;
    order->arch[1] = &ord_vtd;
    order->n_arch = sizeof(order->arch) / sizeof(order->arch[0]);
    for (size_t i = 0; i < order->n_arch; i++)
        order->rules[i] = order->arch[i]->create(order);
    if (order->mem && order->rules[0] && order->rules[1])
        return order;
    chk_order_free(order);
    return NULL;
}

void chk_order_free(struct chk_order *order)
{
    if (!order)
        return;
    for (size_t i = 0; i < order->n_arch; i++)
        order->arch[i]->destroy(order->rules[i]);
    sim_mem_free(order->mem);
    free(order->cpus);
    free(order->devices);
    free(order->lazy);
    free(order->hits);
    free(order);
}

void chk_order_allow(struct chk_order *order, enum chk_rule_id rule, const char *reason)
{
    order->report.reason[rule] = reason;
}

bool ord_room(struct chk_order *order, void **array, size_t *room, size_t n, size_t item_bytes)
{
    size_t bigger = *room ? *room : MIN_ROOM;
    void *grown;

    if (n < *room)
        return true;
    while (bigger <= n)
        bigger *= 2;
    grown = realloc(*array, bigger * item_bytes);
    if (!grown) {
        order->error = SIM_ENOMEM;
        return false;
    }
    memset((char *)grown + *room * item_bytes, 0, (bigger - *room) * item_bytes);
    *array = grown;
    *room = bigger;
    return true;
}

/* ---- Hits ------------------------------------------------------------------------------------ */

struct ord_since ord_here(const struct chk_order *order)
{
    struct ord_since since = {order->seq, 0, false};

    if (order->rec && order->rec->kind == SIM_R_STORE && (order->rec->flags & SIM_RF_IP)) {
        since.ip = order->rec->store.ip;
        since.has_ip = true;
    } else if (order->rec && order->rec->kind == SIM_R_MMIO_WRITE &&
               (order->rec->flags & SIM_RF_IP)) {
        since.ip = order->rec->mmio.ip;
        since.has_ip = true;
    }
    return since;
}

static void fill_place(const struct chk_order *order, struct chk_hit *hit)
{
    const struct sim_record *rec = order->rec;
    const struct ord_mark *mark = order->ended;

    hit->seq = order->seq;
    hit->dev = SIM_NO_DEV;
    hit->pasid = UINT32_MAX;
    if (!rec)
        return;
    hit->time_ns = rec->time_ns;
    hit->cpu = rec->cpu;
    if (!mark && rec->cpu < order->n_cpus && order->cpus[rec->cpu].n_marks > 0)
        mark = &order->cpus[rec->cpu].marks[order->cpus[rec->cpu].n_marks - 1];
    if (!mark)
        return;
    hit->has_op = true;
    hit->op = mark->op;
    hit->dev = mark->dev;
    hit->pasid = mark->pasid;
}

static struct chk_hit *new_hit(struct chk_order *order, enum chk_rule_id rule)
{
    struct chk_order_report *report = &order->report;
    void *hits = order->hits;
    struct chk_hit *hit;

    if (report->blind_seq)
        return NULL;
    report->count[rule]++;
    if (chk_rules[rule].kind != CHK_RULE_ADVICE && !report->reason[rule])
        report->n_violations++;
    if (report->count[rule] > CHK_MAX_HITS ||
        !ord_room(order, &hits, &order->hits_room, order->n_hits, sizeof(*order->hits)))
        return NULL;
    order->hits = hits;
    hit = &order->hits[order->n_hits++];
    hit->rule = rule;
    fill_place(order, hit);
    return hit;
}

static void __attribute__((format(printf, 5, 0)))
fill_hit(struct chk_order *order, enum chk_rule_id rule, uint16_t iommu,
         const struct ord_since *since, const char *fmt, va_list args)
{
    struct chk_hit *hit = new_hit(order, rule);

    if (!hit)
        return;
    hit->iommu = iommu;
    hit->since_seq = since->seq;
    hit->has_ip = since->has_ip;
    hit->ip = since->ip;
    (void)vsnprintf(hit->text, sizeof(hit->text), fmt, args);
}

void ord_hit_since(struct chk_order *order, enum chk_rule_id rule, uint16_t iommu,
                   const struct ord_since *since, const char *fmt, ...)
{
    const struct ord_since here = ord_here(order);
    va_list args;

    va_start(args, fmt);
    fill_hit(order, rule, iommu, since ? since : &here, fmt, args);
    va_end(args);
}

void ord_hit(struct chk_order *order, enum chk_rule_id rule, uint16_t iommu, const char *fmt, ...)
{
    const struct ord_since here = ord_here(order);
    va_list args;

    va_start(args, fmt);
    fill_hit(order, rule, iommu, &here, fmt, args);
    va_end(args);
}

/* ---- CPUs, marks, devices -------------------------------------------------------------------- */

struct ord_cpu *ord_cpu_of(struct chk_order *order, uint16_t cpu)
{
    void *cpus = order->cpus;

    if (!ord_room(order, &cpus, &order->n_cpus, cpu, sizeof(*order->cpus)))
        return NULL;
    order->cpus = cpus;
    return &order->cpus[cpu];
}

bool ord_is_lazy(const struct chk_order *order, uint64_t domain)
{
    for (size_t i = 0; i < order->n_lazy; i++) {
        if (order->lazy[i].domain == domain)
            return true;
    }
    return false;
}

/* A domain's address may be used again for one of another kind. */
static void see_domain(struct chk_order *order, const struct sim_rec_mark *mark)
{
    void *lazy = order->lazy;
    size_t i = 0;

    if (mark->op != SIM_OP_DRV_ATTACH || mark->domain == 0)
        return;
    while (i < order->n_lazy && order->lazy[i].domain != mark->domain)
        i++;
    if (mark->a != TYPE_LAZY) {
        if (i < order->n_lazy)
            order->lazy[i] = order->lazy[--order->n_lazy];
        return;
    }
    if (i < order->n_lazy ||
        !ord_room(order, &lazy, &order->lazy_room, order->n_lazy, sizeof(*order->lazy)))
        return;
    order->lazy = lazy;
    order->lazy[order->n_lazy++].domain = mark->domain;
}

static void begin(struct chk_order *order, const struct sim_record *rec)
{
    struct ord_cpu *cpu = ord_cpu_of(order, rec->cpu);

    see_domain(order, &rec->mark);
    if (!cpu || cpu->n_marks == ORD_MAX_DEPTH)
        return;
    cpu->marks[cpu->n_marks++] = (struct ord_mark){.seq = order->seq,
                                                   .domain = rec->mark.domain,
                                                   .type = rec->mark.a,
                                                   .dev = rec->mark.dev,
                                                   .pasid = rec->mark.pasid,
                                                   .op = rec->mark.op};
}

/* Marks that lost their end go with the one around them. */
static void end(struct chk_order *order, const struct sim_record *rec)
{
    struct ord_cpu *cpu = ord_cpu_of(order, rec->cpu);
    struct ord_mark mark;
    uint32_t i;

    if (!cpu)
        return;
    i = cpu->n_marks;
    while (i > 0 && cpu->marks[i - 1].op != rec->mark_end.op)
        i--;
    if (i == 0)
        return;
    mark = cpu->marks[i - 1];
    if (!mark.domain)
        mark.domain = rec->mark_end.domain;
    cpu->n_marks = i - 1;
    order->ended = &mark;
    for (size_t k = 0; k < order->n_arch; k++)
        order->arch[k]->end(order->rules[k], &mark, rec->cpu);
    order->ended = NULL;
}

static void see_device(struct chk_order *order, const struct sim_rec_device *device)
{
    void *devices = order->devices;

    if (device->requester == UINT32_MAX)
        return;
    for (size_t i = 0; i < order->n_devices; i++) {
        if (order->devices[i].dev == device->dev &&
            order->devices[i].requester == device->requester)
            return;
    }
    if (!ord_room(order, &devices, &order->devices_room, order->n_devices, sizeof(*order->devices)))
        return;
    order->devices = devices;
    order->devices[order->n_devices++] =
        (struct ord_device){.dev = device->dev, .requester = device->requester};
}

static void see_ats(struct chk_order *order, const struct sim_rec_ats *ats)
{
    for (size_t i = 0; i < order->n_devices; i++) {
        if (order->devices[i].dev == ats->dev)
            order->devices[i].has_ats = ats->on == SIM_ONOFF_ON;
    }
}

static bool meta_is(const struct sim_rec_meta *meta, const char *key, const char *value)
{
    return meta->key.n_bytes == strlen(key) && memcmp(meta->key.bytes, key, strlen(key)) == 0 &&
           meta->value.n_bytes == strlen(value) &&
           memcmp(meta->value.bytes, value, strlen(value)) == 0;
}

/* ---- Memory ---------------------------------------------------------------------------------- */

static int store(struct chk_order *order, const struct sim_rec_store *rec,
                 struct ord_stored *stored)
{
    const uint64_t bytes[2] = {rec->value, rec->value_hi};
    int err;

    stored->pa = rec->pa & ~UINT64_C(7);
    stored->n_words = rec->width == 16 ? 2 : 1;
    for (unsigned i = 0; i < stored->n_words; i++) {
        stored->before[i] = sim_mem_read64(order->mem, stored->pa + UINT64_C(8) * i);
        stored->was_known[i] = sim_mem_is_known(order->mem, stored->pa + UINT64_C(8) * i, 8);
        if (!stored->was_known[i] && (order->rec->flags & SIM_RF_OLD) && rec->width == 8)
            stored->before[i] = rec->old;
    }
    /* The host is little-endian, as tables are: the low bytes stand first. */
    err = sim_mem_write(order->mem, rec->pa, bytes, rec->width);
    for (unsigned i = 0; i < stored->n_words; i++)
        stored->after[i] = sim_mem_read64(order->mem, stored->pa + UINT64_C(8) * i);
    return err;
}

/* What memory looks like for the rules: a FREE takes effect after they have seen it. */
static int change_memory(struct chk_order *order, const struct sim_record *rec,
                         struct ord_stored *stored)
{
    if (rec->kind == SIM_R_STORE)
        return store(order, &rec->store, stored);
    if (rec->kind == SIM_R_MEMORY)
        return sim_mem_fill64(order->mem, rec->memory.pa, rec->memory.size, rec->memory.fill);
    return 0;
}

/* ---- The stream ------------------------------------------------------------------------------ */

/* Records of one CPU that order its earlier stores before what follows. */
static void see_order(struct chk_order *order, const struct sim_record *rec)
{
    struct ord_cpu *cpu;

    if (rec->kind != SIM_R_BARRIER && rec->kind != SIM_R_MMIO_WRITE && rec->kind != SIM_R_WAIT)
        return;
    cpu = ord_cpu_of(order, rec->cpu);
    if (cpu)
        cpu->order_seq = order->seq;
}

static void see(struct chk_order *order, const struct sim_record *rec)
{
    if (rec->kind == SIM_R_META && meta_is(&rec->meta, "barriers", "recorded"))
        order->barriers_recorded = true;
    if (rec->kind == SIM_R_DEVICE)
        see_device(order, &rec->device);
    if (rec->kind == SIM_R_BEGIN)
        begin(order, rec);
    if (rec->kind == SIM_R_LOST && !order->report.blind_seq)
        order->report.blind_seq = order->seq;
}

int chk_order_put(void *ctx, const struct sim_record *rec)
{
    struct chk_order *order = ctx;
    struct ord_stored stored = {0};
    int err;

    order->seq++;
    order->rec = rec;
    see(order, rec);
    err = change_memory(order, rec, &stored);
    for (size_t i = 0; i < order->n_arch && !err; i++)
        err = order->arch[i]->put(order->rules[i], rec, &stored);
    if (rec->kind == SIM_R_END)
        end(order, rec);
    if (rec->kind == SIM_R_ATS)
        see_ats(order, &rec->ats);
    if (rec->kind == SIM_R_FREE && !err)
        err = sim_mem_forget(order->mem, rec->memfree.pa, rec->memfree.size);
    see_order(order, rec);
    order->rec = NULL;
    if (err)
        order->error = err;
    return order->error;
}

int chk_order_finish(struct chk_order *order)
{
    for (size_t i = 0; i < order->n_arch; i++)
        order->arch[i]->finish(order->rules[i]);
    order->report.hits = order->hits;
    order->report.n_hits = order->n_hits;
    return order->error;
}

const struct chk_order_report *chk_order_get_report(const struct chk_order *order)
{
    return &order->report;
}
