/* SPDX-License-Identifier: BSD-2-Clause
 * test_machine.c - binds queue, memory, port and model together, and keeps the log.
 * Knows: who is connected to whom. Must not know: what any bit means. */
#include "tests/shim/test_machine.h"

#include "sim/diag.h"
#include "sim/posted.h"
#include "sim/time.h"

#include <stdlib.h>
#include <string.h>

#define MAX_BACKING_BYTES (UINT64_C(64) << 20)
#define MAX_STORES 64u

/* A growing array of things of one size. */
struct list {
    void *items;
    size_t item_bytes;
    size_t n_items, n_max;
};

struct pending_store {
    struct test_machine *machine;
    uint64_t pa, value;
    struct sim_event event;
};

struct test_machine {
    const struct test_machine_model *model;
    struct sim_queue *queue;
    struct sim_mem *mem;
    struct sim_mem_port *mem_port;
    struct sim_port port;
    struct sim_tap tap;
    struct sim_iommu iommu;
    struct sim_source software;
    struct pending_store stores[MAX_STORES];
    struct list facts, irqs, accesses, ats_invs, pages;
    struct sim_posted posted;
};

static void list_add(struct list *list, const void *item)
{
    if (list->n_items == list->n_max) {
        list->n_max = list->n_max ? 2 * list->n_max : 64;
        list->items = realloc(list->items, list->n_max * list->item_bytes);
        SIM_BUG_ON(!list->items);
    }
    memcpy((char *)list->items + list->n_items * list->item_bytes, item, list->item_bytes);
    list->n_items++;
}

static void on_access(void *ctx, struct sim_access *access)
{
    struct test_machine *machine = ctx;
    const struct test_machine_access seen = {
        .time_ps = sim_queue_now_ps(machine->queue),
        .pa = access->pa,
        .n_bytes = access->n_bytes,
        .op = access->op,
        .structure = access->structure,
    };

    list_add(&machine->accesses, &seen);
    sim_mem_port_access(machine->mem_port, access);
}

static void on_irq(void *ctx, enum sim_irq source, bool level)
{
    struct test_machine *machine = ctx;
    const struct test_machine_irq seen = {
        .time_ps = sim_queue_now_ps(machine->queue),
        .source = source,
        .level = level,
    };

    list_add(&machine->irqs, &seen);
}

static void on_ats_inv(void *ctx, const struct sim_ats_inv *inv)
{
    list_add(&((struct test_machine *)ctx)->ats_invs, inv);
}

static void on_page_response(void *ctx, const struct sim_page_response *response)
{
    struct test_machine *machine = ctx;
    const struct test_machine_page seen = {
        .time_ps = sim_queue_now_ps(machine->queue),
        .response = *response,
    };

    list_add(&machine->pages, &seen);
}

static void on_flush_writes(void *ctx)
{
    sim_posted_flush_buffer(&((struct test_machine *)ctx)->posted);
}

static void on_see(void *ctx, struct sim_access *access)
{
    sim_posted_hide(ctx, access);
}

static void on_fact(void *ctx, const struct sim_fact *fact)
{
    struct test_machine *machine = ctx;

    list_add(&machine->facts, fact);
}

static const struct sim_port_ops port_ops = {
    .access = on_access,
    .irq = on_irq,
    .ats_inv = on_ats_inv,
    .page_response = on_page_response,
    .flush_writes = on_flush_writes,
};

struct test_machine *test_machine_new(const struct test_machine_model *model, const void *config,
                                      const struct sim_mem_timing *timing)
{
    struct test_machine *machine = calloc(1, sizeof(*machine));

    SIM_BUG_ON(!machine);
    machine->model = model;
    machine->facts.item_bytes = sizeof(struct sim_fact);
    machine->irqs.item_bytes = sizeof(struct test_machine_irq);
    machine->ats_invs.item_bytes = sizeof(struct sim_ats_inv);
    machine->accesses.item_bytes = sizeof(struct test_machine_access);
    machine->pages.item_bytes = sizeof(struct test_machine_page);
    machine->software.rank = SIM_RANK_SOFTWARE;
    machine->queue = sim_queue_new();
    machine->mem = sim_mem_new(MAX_BACKING_BYTES);
    SIM_BUG_ON(!machine->queue || !machine->mem);
    machine->mem_port = sim_mem_port_new(machine->mem, machine->queue, timing, 0, true);
    SIM_BUG_ON(!machine->mem_port);
    SIM_BUG_ON(sim_mem_fill64(machine->mem, 0, TEST_MACHINE_RAM_BYTES, 0));
    sim_mem_port_view(machine->mem_port, on_see, &machine->posted);
    machine->port = (struct sim_port){.ops = &port_ops, .ctx = machine};
    machine->tap = (struct sim_tap){
        .wanted = (UINT64_C(1) << SIM_N_FACTS) - 1, .emit = on_fact, .ctx = machine};
    if (model->make(config, machine->queue, &machine->port, &machine->tap, &machine->iommu)) {
        test_machine_free(machine);
        return NULL;
    }
    return machine;
}

void test_machine_free(struct test_machine *machine)
{
    if (!machine)
        return;
    if (machine->iommu.ops)
        machine->iommu.ops->free(machine->iommu.model);
    sim_mem_port_free(machine->mem_port);
    sim_mem_free(machine->mem);
    sim_queue_free(machine->queue);
    free(machine->facts.items);
    free(machine->irqs.items);
    free(machine->ats_invs.items);
    free(machine->accesses.items);
    free(machine->pages.items);
    free(machine);
}

const struct sim_iommu *test_machine_iommu(const struct test_machine *machine)
{
    return &machine->iommu;
}

uint64_t test_machine_load(const struct test_machine *machine, uint64_t pa)
{
    return sim_mem_read64(machine->mem, pa);
}

void test_machine_store(struct test_machine *machine, uint64_t pa, uint64_t value)
{
    SIM_BUG_ON(sim_mem_write64(machine->mem, pa, value));
}

void test_machine_post(struct test_machine *machine, uint64_t pa, uint64_t value, bool has_buffer)
{
    machine->posted.has_buffer = has_buffer;
    SIM_BUG_ON(sim_posted_store(&machine->posted, machine->mem, pa, value));
}

void test_machine_clflush(struct test_machine *machine, uint64_t pa)
{
    sim_posted_flush_line(&machine->posted, pa);
}

static void do_store(void *ctx)
{
    const struct pending_store *store = ctx;

    test_machine_store(store->machine, store->pa, store->value);
}

void test_machine_store_at(struct test_machine *machine, uint64_t time_ps, uint64_t pa,
                           uint64_t value)
{
    struct pending_store *store = machine->stores;

    while (sim_event_is_scheduled(&store->event)) {
        store++;
        SIM_BUG_ON(store == machine->stores + MAX_STORES);
    }
    store->machine = machine;
    store->pa = pa;
    store->value = value;
    store->event.fn = do_store;
    store->event.ctx = store;
    sim_queue_at(machine->queue, &machine->software, time_ps, &store->event);
}

void test_machine_break(struct test_machine *machine, uint64_t pa, uint64_t n_bytes)
{
    SIM_BUG_ON(sim_mem_forget(machine->mem, pa, n_bytes));
}

uint64_t test_machine_now_ps(const struct test_machine *machine)
{
    return sim_queue_now_ps(machine->queue);
}

void test_machine_run(struct test_machine *machine)
{
    (void)sim_queue_advance(machine->queue, SIM_TIME_NEVER);
}

void test_machine_run_until(struct test_machine *machine, uint64_t time_ps)
{
    machine->iommu.ops->advance(machine->iommu.model, time_ps);
}

bool test_machine_step(struct test_machine *machine)
{
    return sim_queue_run_one(machine->queue);
}

struct sim_queue *test_machine_queue(const struct test_machine *machine)
{
    return machine->queue;
}

void test_machine_add_state(struct test_machine *machine, struct sim_snapshot *snapshot)
{
    SIM_BUG_ON(machine->model->state(machine->iommu.model, snapshot));
    SIM_BUG_ON(sim_queue_state(machine->queue, snapshot));
    SIM_BUG_ON(sim_mem_port_state(machine->mem_port, snapshot));
    SIM_BUG_ON(sim_snapshot_add(snapshot, &machine->software, sizeof(machine->software)));
    SIM_BUG_ON(sim_snapshot_add(snapshot, machine->stores, sizeof(machine->stores)));
}

void test_machine_take(struct test_machine *machine, struct sim_snapshot *snapshot)
{
    SIM_BUG_ON(sim_snapshot_take(snapshot));
    sim_mem_journal_begin(machine->mem);
}

void test_machine_restore(struct test_machine *machine, const struct sim_snapshot *snapshot)
{
    sim_snapshot_restore(snapshot);
    sim_mem_journal_rollback(machine->mem);
}

size_t test_machine_n_facts(const struct test_machine *machine)
{
    return machine->facts.n_items;
}

const struct sim_fact *test_machine_facts(const struct test_machine *machine)
{
    return machine->facts.items;
}

size_t test_machine_n_ats_invs(const struct test_machine *machine)
{
    return machine->ats_invs.n_items;
}

const struct sim_ats_inv *test_machine_ats_invs(const struct test_machine *machine)
{
    return machine->ats_invs.items;
}

size_t test_machine_n_irqs(const struct test_machine *machine)
{
    return machine->irqs.n_items;
}

const struct test_machine_irq *test_machine_irqs(const struct test_machine *machine)
{
    return machine->irqs.items;
}

size_t test_machine_n_accesses(const struct test_machine *machine)
{
    return machine->accesses.n_items;
}

const struct test_machine_access *test_machine_accesses(const struct test_machine *machine)
{
    return machine->accesses.items;
}

size_t test_machine_n_pages(const struct test_machine *machine)
{
    return machine->pages.n_items;
}

const struct test_machine_page *test_machine_pages(const struct test_machine *machine)
{
    return machine->pages.items;
}
