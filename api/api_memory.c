/* SPDX-License-Identifier: BSD-2-Clause
 * api_memory.c - the port of the unit: memory of the library or of its user, and doorbells.
 * Knows: bytes, latency, bandwidth. Must not know: who asks and what for. */
#include "api/api_private.h"
#include "sim/diag.h"

#include <stdlib.h>
#include <string.h>

enum { SWAP_MAX_BYTES = 16, MSI_BYTES = 4 };

int api_memory_init(struct iommusim *sim, const struct iommusim_config *config)
{
    struct api_memory *memory = &sim->memory;

    memory->timing = sim_mem_param_timing(&config->mem);
    memory->source = (struct sim_source){.rank = SIM_RANK_MEMORY};
    if (!sim->world.read) {
        memory->own = sim_mem_new(config->max_bytes);
        if (!memory->own)
            return IOMMUSIM_ENOMEM;
    }
    if (memory->timing.n_slots) {
        memory->slot_free_ps = calloc(memory->timing.n_slots, sizeof(*memory->slot_free_ps));
        if (!memory->slot_free_ps)
            return IOMMUSIM_ENOMEM;
    }
    return 0;
}

void api_memory_end(struct iommusim *sim)
{
    sim_mem_free(sim->memory.own);
    free(sim->memory.slot_free_ps);
}

static bool is_message(const struct iommusim *sim, const struct sim_access *access)
{
    return access->op == SIM_ACCESS_WRITE && access->n_bytes == MSI_BYTES &&
           access->pa - sim->doorbell < sim->doorbell_bytes;
}

static void send_message(const struct iommusim *sim, struct sim_access *access)
{
    uint32_t data = 0;

    for (uint32_t i = 0; i < MSI_BYTES; i++)
        data |= (uint32_t)access->data[i] << (8 * i);
    access->status = SIM_ACCESS_OK;
    if (sim->world.msi)
        sim->world.msi(sim->world.ctx, access->pa, data);
}

static int swap(const struct iommusim_world *world, struct sim_access *access)
{
    uint8_t before[SWAP_MAX_BYTES];
    int error;

    SIM_BUG_ON(access->n_bytes > SWAP_MAX_BYTES);
    if (world->swap)
        return world->swap(world->ctx, access->pa, access->compare, access->data, access->n_bytes);
    error = world->read(world->ctx, access->pa, before, access->n_bytes);
    if (!error && !memcmp(before, access->compare, access->n_bytes))
        error = world->write(world->ctx, access->pa, access->data, access->n_bytes);
    memcpy(access->data, before, access->n_bytes);
    return error;
}

static void ask_world(const struct iommusim_world *world, struct sim_access *access)
{
    int error;

    if (access->op == SIM_ACCESS_READ)
        error = world->read(world->ctx, access->pa, access->data, access->n_bytes);
    else if (access->op == SIM_ACCESS_WRITE)
        error = world->write(world->ctx, access->pa, access->data, access->n_bytes);
    else
        error = swap(world, access);
    access->status = error ? SIM_ACCESS_ABORT : SIM_ACCESS_OK;
}

static void complete(void *ctx)
{
    struct sim_access *access = ctx;
    struct iommusim *sim = access->port;

    sim->n_inside++;
    if (is_message(sim, access))
        send_message(sim, access);
    else if (sim->memory.own)
        sim_mem_access(sim->memory.own, access, true);
    else
        ask_world(&sim->world, access);
    sim->n_inside--;
    access->done.fn(access->done.ctx);
}

/* As sim/mem_port.c: an access starts when the one before has had its interval, and the one that
 * used its slot is over. */
void api_memory_access(void *ctx, struct sim_access *access)
{
    struct iommusim *sim = ctx;
    struct api_memory *memory = &sim->memory;
    uint64_t start_ps = sim_queue_now_ps(sim->queue);
    uint64_t done_ps;

    if (start_ps < memory->next_start_ps)
        start_ps = memory->next_start_ps;
    if (memory->slot_free_ps && start_ps < memory->slot_free_ps[memory->slot])
        start_ps = memory->slot_free_ps[memory->slot];
    memory->next_start_ps = start_ps + memory->timing.interval_ps;
    done_ps = start_ps + memory->timing.latency_ps;
    if (memory->slot_free_ps) {
        memory->slot_free_ps[memory->slot] = done_ps;
        if (++memory->slot == memory->timing.n_slots)
            memory->slot = 0;
    }
    access->port = sim;
    access->event.fn = complete;
    access->event.ctx = access;
    sim_queue_at(sim->queue, &memory->source, done_ps, &access->event);
}
