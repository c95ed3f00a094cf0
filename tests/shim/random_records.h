/* SPDX-License-Identifier: BSD-2-Clause
 * random_records.h - records of every kind with random but legal contents, for property tests. */
#ifndef SHIM_RANDOM_RECORDS_H
#define SHIM_RANDOM_RECORDS_H

#include "sim/record.h"

#ifdef __cplusplus
extern "C" {
#endif

/** struct shim_random - seed and scratch memory of one sequence; zero it, then set seed. */
struct shim_random {
    uint64_t seed;
    uint64_t time_ns;
    char text[2][SIM_STR_MAX_BYTES];
};

uint64_t shim_random_next(struct shim_random *random);

/** shim_random_record - the next record; its strings are good until the next call. It passes
 * sim_record_check. */
void shim_random_record(struct shim_random *random, struct sim_record *rec);

/** shim_records_equal - every field, flag and string? */
bool shim_records_equal(const struct sim_record *a, const struct sim_record *b);

#ifdef __cplusplus
}
#endif
#endif
