/* SPDX-License-Identifier: BSD-2-Clause
 * snapshot.c - regions of memory, copied out into one buffer and back.
 * Knows: regions of memory. Must not know: what lies in them. */
#include "sim/snapshot.h"

#include "sim/diag.h"

#include <stdlib.h>
#include <string.h>

#define MIN_REGIONS 16u

struct region {
    void *state;
    size_t n_bytes;
};

struct sim_snapshot {
    struct region *regions;
    size_t n_regions;
    size_t n_regions_max;
    size_t n_regions_taken; /* by the last take; later ones are not in copy */
    size_t n_bytes;
    unsigned char *copy; /* all regions, one after the other */
    size_t n_copy_bytes;
};

struct sim_snapshot *sim_snapshot_new(void)
{
    return calloc(1, sizeof(struct sim_snapshot));
}

void sim_snapshot_free(struct sim_snapshot *snapshot)
{
    if (!snapshot)
        return;
    free(snapshot->copy);
    free(snapshot->regions);
    free(snapshot);
}

int sim_snapshot_add(struct sim_snapshot *snapshot, void *state, size_t n_bytes)
{
    if (!n_bytes)
        return 0;
    if (snapshot->n_regions == snapshot->n_regions_max) {
        const size_t n = snapshot->n_regions_max ? 2 * snapshot->n_regions_max : MIN_REGIONS;
        struct region *regions = realloc(snapshot->regions, n * sizeof(*regions));

        if (!regions)
            return SIM_ENOMEM;
        snapshot->regions = regions;
        snapshot->n_regions_max = n;
    }
    snapshot->regions[snapshot->n_regions++] = (struct region){state, n_bytes};
    snapshot->n_bytes += n_bytes;
    return 0;
}

int sim_snapshot_take(struct sim_snapshot *snapshot)
{
    unsigned char *at;

    if (snapshot->n_copy_bytes < snapshot->n_bytes) {
        unsigned char *copy = malloc(snapshot->n_bytes);

        if (!copy)
            return SIM_ENOMEM; /* the last take stays good */
        free(snapshot->copy);
        snapshot->copy = copy;
        snapshot->n_copy_bytes = snapshot->n_bytes;
    }
    at = snapshot->copy;
    for (size_t i = 0; i < snapshot->n_regions; i++) {
        memcpy(at, snapshot->regions[i].state, snapshot->regions[i].n_bytes);
        at += snapshot->regions[i].n_bytes;
    }
    snapshot->n_regions_taken = snapshot->n_regions;
    return 0;
}

void sim_snapshot_restore(const struct sim_snapshot *snapshot)
{
    const unsigned char *at = snapshot->copy;

    for (size_t i = 0; i < snapshot->n_regions_taken; i++) {
        memcpy(snapshot->regions[i].state, at, snapshot->regions[i].n_bytes);
        at += snapshot->regions[i].n_bytes;
    }
}

size_t sim_snapshot_bytes(const struct sim_snapshot *snapshot)
{
    return snapshot->n_bytes;
}
