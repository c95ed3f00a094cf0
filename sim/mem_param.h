/* SPDX-License-Identifier: BSD-2-Clause
 * mem_param.h - the timing of memory as parameters of a user.
 * Knows: mem_param.def. Must not know: who asks for memory. */
#ifndef SIM_MEM_PARAM_H
#define SIM_MEM_PARAM_H

#include "sim/mem.h"
#include "sim/param.h"

#ifdef __cplusplus
extern "C" {
#endif

/** struct sim_mem_param - see mem_param.def. */
struct sim_mem_param {
#define P(name, unit, server, zero, remote, min, max, source, doc) uint32_t name;
#include "sim/mem_param.def"
#undef P
};

extern const struct sim_param_table sim_mem_params; /* section "mem" */

/** sim_mem_param_timing - the same in the units of a port. */
struct sim_mem_timing sim_mem_param_timing(const struct sim_mem_param *param);

#ifdef __cplusplus
}
#endif
#endif
