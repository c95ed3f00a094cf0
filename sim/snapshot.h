/* SPDX-License-Identifier: BSD-2-Clause
 * snapshot.h - take the state of a whole machine, let it run on, put the state back.
 * Knows: regions of memory. Must not know: what lies in them.
 *
 * Every part of a machine names the regions that hold its state, once, after everything has been
 * allocated. Regions never move, so pointers between them stay good: putting the state back is
 * copying bytes back. sim_mem grows and has a journal of its own: see sim_mem_journal. */
#ifndef SIM_SNAPSHOT_H
#define SIM_SNAPSHOT_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct sim_snapshot;

/** sim_snapshot_new - no regions yet. Return: NULL without memory. */
struct sim_snapshot *sim_snapshot_new(void);
void sim_snapshot_free(struct sim_snapshot *snapshot);

/** sim_snapshot_add - @n_bytes at @state belong to the machine. Return: 0 or SIM_ENOMEM. */
int sim_snapshot_add(struct sim_snapshot *snapshot, void *state, size_t n_bytes);

/** sim_snapshot_take - remember what all regions hold now. Return: 0 or SIM_ENOMEM (first time
 * only, or after an add). */
int sim_snapshot_take(struct sim_snapshot *snapshot);

/** sim_snapshot_restore - put back what the last take saw; may be called again and again. */
void sim_snapshot_restore(const struct sim_snapshot *snapshot);

/** sim_snapshot_bytes - size of all regions. */
size_t sim_snapshot_bytes(const struct sim_snapshot *snapshot);

#ifdef __cplusplus
}
#endif
#endif
