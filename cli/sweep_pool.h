/* SPDX-License-Identifier: BSD-2-Clause
 * sweep_pool.h - every word of a sweep once, and the sum of the file that it names.
 * Knows: bytes, files, XXH3. Must not know: what a word means. */
#ifndef CLI_SWEEP_POOL_H
#define CLI_SWEEP_POOL_H

#include "sim/diag.h"

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SWEEP_SUM_CHARS 33u /* 128 bits in hexadecimal, and a NUL */

struct sweep_pool;

/** sweep_pool_new - Return: NULL without memory. */
struct sweep_pool *sweep_pool_new(void);
void sweep_pool_free(struct sweep_pool *pool);

/** sweep_pool_add - the pool's copy of @text; equal texts have one copy. Return: NULL without
 * memory. */
const char *sweep_pool_add(struct sweep_pool *pool, const char *text);

/**
 * sweep_pool_file_sum - the sum of the file that @text names, which is read once.
 * @sum: SWEEP_SUM_CHARS; "" if @text names no regular file.
 * Return: 0, SIM_ENOMEM, or SIM_EIO if there is a file that cannot be read; @diag says why.
 */
int sweep_pool_file_sum(struct sweep_pool *pool, const char *text, char *sum,
                        struct sim_diag *diag);

/** sweep_file_sum - the sum of a file's bytes. Return: 0 or SIM_EIO, with @diag. */
int sweep_file_sum(const char *path, char *sum, struct sim_diag *diag);

/** sweep_bytes_sum - the sum of @n_bytes in memory. */
void sweep_bytes_sum(const void *bytes, size_t n_bytes, char *sum);

#ifdef __cplusplus
}
#endif
#endif
