/* SPDX-License-Identifier: BSD-2-Clause
 * vtd_machine.c - binds queue, memory, port and model together, and keeps the log.
 * Knows: who is connected to whom. Must not know: what any bit means. */
#include "tests/shim/vtd_machine.h"

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
    struct vtd_machine *machine;
    uint64_t pa, value;
    struct sim_event event;
};

struct vtd_machine {
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
    struct vtd_machine *machine = ctx;
    const struct vtd_machine_access seen = {
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
    struct vtd_machine *machine = ctx;
    const struct vtd_machine_irq seen = {
        .time_ps = sim_queue_now_ps(machine->queue),
        .source = source,
        .level = level,
    };

    list_add(&machine->irqs, &seen);
}

static void on_ats_inv(void *ctx, const struct sim_ats_inv *inv)
{
    list_add(&((struct vtd_machine *)ctx)->ats_invs, inv);
}

static void on_page_response(void *ctx, const struct sim_page_response *response)
{
    struct vtd_machine *machine = ctx;
    const struct vtd_machine_page seen = {
        .time_ps = sim_queue_now_ps(machine->queue),
        .response = *response,
    };

    list_add(&machine->pages, &seen);
}

static void on_flush_writes(void *ctx)
{
    sim_posted_flush_buffer(&((struct vtd_machine *)ctx)->posted);
}

static void on_see(void *ctx, struct sim_access *access)
{
    sim_posted_hide(ctx, access);
}

static void on_fact(void *ctx, const struct sim_fact *fact)
{
    struct vtd_machine *machine = ctx;

    list_add(&machine->facts, fact);
}

static const struct sim_port_ops port_ops = {
    .access = on_access,
    .irq = on_irq,
    .ats_inv = on_ats_inv,
    .page_response = on_page_response,
    .flush_writes = on_flush_writes,
};

void vtd_machine_config_init(struct vtd_machine_config *config, const char *preset)
{
    memset(config, 0, sizeof(*config));
    vtd_config_default(&config->vtd);
    SIM_BUG_ON(sim_param_preset(&vtd_params, preset, &config->vtd.param));
}

struct vtd_machine *vtd_machine_new(const struct vtd_machine_config *config)
{
    struct vtd_machine *machine = calloc(1, sizeof(*machine));

    SIM_BUG_ON(!machine);
    machine->facts.item_bytes = sizeof(struct sim_fact);
    machine->irqs.item_bytes = sizeof(struct vtd_machine_irq);
    machine->ats_invs.item_bytes = sizeof(struct sim_ats_inv);
    machine->accesses.item_bytes = sizeof(struct vtd_machine_access);
    machine->pages.item_bytes = sizeof(struct vtd_machine_page);
    machine->software.rank = SIM_RANK_SOFTWARE;
    machine->queue = sim_queue_new();
    machine->mem = sim_mem_new(MAX_BACKING_BYTES);
    SIM_BUG_ON(!machine->queue || !machine->mem);
    machine->mem_port = sim_mem_port_new(machine->mem, machine->queue, &config->timing, 0, true);
    SIM_BUG_ON(!machine->mem_port);
    SIM_BUG_ON(sim_mem_fill64(machine->mem, 0, VTD_MACHINE_RAM_BYTES, 0));
    sim_mem_port_view(machine->mem_port, on_see, &machine->posted);
    machine->port = (struct sim_port){.ops = &port_ops, .ctx = machine};
    machine->tap = (struct sim_tap){
        .wanted = (UINT64_C(1) << SIM_N_FACTS) - 1, .emit = on_fact, .ctx = machine};
    if (vtd_new(&config->vtd, machine->queue, &machine->port, &machine->tap, &machine->iommu)) {
        vtd_machine_free(machine);
        return NULL;
    }
    return machine;
}

void vtd_machine_free(struct vtd_machine *machine)
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

const struct sim_iommu *vtd_machine_iommu(const struct vtd_machine *machine)
{
    return &machine->iommu;
}

uint64_t vtd_machine_load(const struct vtd_machine *machine, uint64_t pa)
{
    return sim_mem_read64(machine->mem, pa);
}

void vtd_machine_store(struct vtd_machine *machine, uint64_t pa, uint64_t value)
{
    SIM_BUG_ON(sim_mem_write64(machine->mem, pa, value));
}

void vtd_machine_post(struct vtd_machine *machine, uint64_t pa, uint64_t value, bool has_buffer)
{
    machine->posted.has_buffer = has_buffer;
    SIM_BUG_ON(sim_posted_store(&machine->posted, machine->mem, pa, value));
}

void vtd_machine_clflush(struct vtd_machine *machine, uint64_t pa)
{
    sim_posted_flush_line(&machine->posted, pa);
}

static void do_store(void *ctx)
{
    const struct pending_store *store = ctx;

    vtd_machine_store(store->machine, store->pa, store->value);
}

void vtd_machine_store_at(struct vtd_machine *machine, uint64_t time_ps, uint64_t pa,
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

void vtd_machine_break(struct vtd_machine *machine, uint64_t pa, uint64_t n_bytes)
{
    SIM_BUG_ON(sim_mem_forget(machine->mem, pa, n_bytes));
}

uint64_t vtd_machine_now_ps(const struct vtd_machine *machine)
{
    return sim_queue_now_ps(machine->queue);
}

void vtd_machine_run(struct vtd_machine *machine)
{
    (void)sim_queue_advance(machine->queue, SIM_TIME_NEVER);
}

void vtd_machine_run_until(struct vtd_machine *machine, uint64_t time_ps)
{
    machine->iommu.ops->advance(machine->iommu.model, time_ps);
}

bool vtd_machine_step(struct vtd_machine *machine)
{
    return sim_queue_run_one(machine->queue);
}

struct sim_queue *vtd_machine_queue(const struct vtd_machine *machine)
{
    return machine->queue;
}

void vtd_machine_add_state(struct vtd_machine *machine, struct sim_snapshot *snapshot)
{
    SIM_BUG_ON(vtd_state(machine->iommu.model, snapshot));
    SIM_BUG_ON(sim_queue_state(machine->queue, snapshot));
    SIM_BUG_ON(sim_mem_port_state(machine->mem_port, snapshot));
    SIM_BUG_ON(sim_snapshot_add(snapshot, &machine->software, sizeof(machine->software)));
    SIM_BUG_ON(sim_snapshot_add(snapshot, machine->stores, sizeof(machine->stores)));
}

void vtd_machine_take(struct vtd_machine *machine, struct sim_snapshot *snapshot)
{
    SIM_BUG_ON(sim_snapshot_take(snapshot));
    sim_mem_journal_begin(machine->mem);
}

void vtd_machine_restore(struct vtd_machine *machine, const struct sim_snapshot *snapshot)
{
    sim_snapshot_restore(snapshot);
    sim_mem_journal_rollback(machine->mem);
}

size_t vtd_machine_n_facts(const struct vtd_machine *machine)
{
    return machine->facts.n_items;
}

const struct sim_fact *vtd_machine_facts(const struct vtd_machine *machine)
{
    return machine->facts.items;
}

size_t vtd_machine_n_ats_invs(const struct vtd_machine *machine)
{
    return machine->ats_invs.n_items;
}

const struct sim_ats_inv *vtd_machine_ats_invs(const struct vtd_machine *machine)
{
    return machine->ats_invs.items;
}

size_t vtd_machine_n_irqs(const struct vtd_machine *machine)
{
    return machine->irqs.n_items;
}

const struct vtd_machine_irq *vtd_machine_irqs(const struct vtd_machine *machine)
{
    return machine->irqs.items;
}

size_t vtd_machine_n_accesses(const struct vtd_machine *machine)
{
    return machine->accesses.n_items;
}

const struct vtd_machine_access *vtd_machine_accesses(const struct vtd_machine *machine)
{
    return machine->accesses.items;
}

size_t vtd_machine_n_pages(const struct vtd_machine *machine)
{
    return machine->pages.n_items;
}

const struct vtd_machine_page *vtd_machine_pages(const struct vtd_machine *machine)
{
    return machine->pages.items;
}
