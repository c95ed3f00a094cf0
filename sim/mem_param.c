/* SPDX-License-Identifier: BSD-2-Clause
 * mem_param.c - the table of memory's parameters.
 * Knows: mem_param.def. Must not know: who asks for memory. */
#include "sim/mem_param.h"

#include "sim/time.h"

static const char *const presets[] = {"server", "zero", "remote"};

static const struct sim_param params[] = {
#define P(name_, unit_, server, zero, remote, min_, max_, source_, doc_)                           \
    {.name = #name_,                                                                               \
     .unit = (unit_),                                                                              \
     .doc = (doc_),                                                                                \
     .source = (source_),                                                                          \
     .offset = offsetof(struct sim_mem_param, name_),                                              \
     .min = (min_),                                                                                \
     .max = (max_),                                                                                \
     .value = {(server), (zero), (remote)}},
#include "sim/mem_param.def"
#undef P
};

const struct sim_param_table sim_mem_params = {
    .section = "mem",
    .params = params,
    .n_params = sizeof(params) / sizeof(params[0]),
    .presets = presets,
    .n_presets = sizeof(presets) / sizeof(presets[0]),
};

struct sim_mem_timing sim_mem_param_timing(const struct sim_mem_param *param)
{
    return (struct sim_mem_timing){
        .latency_ps = sim_ps_from_ns(param->latency_ns),
        .interval_ps = sim_ps_from_ns(param->interval_ns),
        .n_slots = param->slots,
    };
}
