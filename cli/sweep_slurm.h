/* SPDX-License-Identifier: BSD-2-Clause
 * sweep_slurm.h - points as a job array: who runs which, and how Slurm is asked.
 * Knows: elements of an array, the tools of Slurm. Must not know: grids, results. */
#ifndef CLI_SWEEP_SLURM_H
#define CLI_SWEEP_SLURM_H

#include "sim/diag.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SWEEP_MAX_ELEMENTS 1000u /* Slurm's default MaxArraySize is 1001 */
#define SWEEP_JOB_BYTES 32u

/**
 * struct sweep_elements - the work of an array, kept in DIR/elements.json. Element N has every
 * @n_elements-th point of @points (numbers), beginning at N, so that neighbours, which are alike,
 * are spread.
 * @retries: points that failed run again.
 */
struct sweep_elements {
    uint32_t n_elements;
    uint64_t timeout_s;
    bool retries;
    size_t *points;
    size_t n_points;
};

/** sweep_elements_write - Return: 0, SIM_ENOMEM, SIM_EIO, with @diag. */
int sweep_elements_write(const struct sweep_elements *elements, const char *dir,
                         struct sim_diag *diag);

/** sweep_elements_read - @elements->points is the caller's to free.
 * Return: 0, SIM_ENOMEM, SIM_EIO, SIM_EFORMAT, with @diag. */
int sweep_elements_read(struct sweep_elements *elements, const char *dir, struct sim_diag *diag);

/** sweep_elements_count - into how many elements @n_points go that last @point_ms each, so that an
 * element of @n_jobs processes lasts @element_s or longer. From 1 to SWEEP_MAX_ELEMENTS. */
uint32_t sweep_elements_count(size_t n_points, uint64_t point_ms, uint64_t element_s,
                              uint64_t n_jobs);

/** struct sweep_slurm - what is asked for; NULL: what the cluster gives by itself. */
struct sweep_slurm {
    const char *partition, *time;
    uint64_t n_jobs;
};

/**
 * sweep_slurm_submit - write DIR/array.sh and give it to sbatch.
 * @dir: absolute. @job: SWEEP_JOB_BYTES for its number. Return: 0 or SIM_EIO, after a message.
 */
int sweep_slurm_submit(const struct sweep_slurm *slurm, const char *dir, uint32_t n_elements,
                       char *job);

/** sweep_slurm_wait - until no element of @job waits or runs. A controller that does not answer is
 * waited for. Return: 0 or SIM_EIO, after a message. */
int sweep_slurm_wait(const char *job);

#ifdef __cplusplus
}
#endif
#endif
