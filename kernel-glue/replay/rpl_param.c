/* SPDX-License-Identifier: BSD-2-Clause
 * rpl_param.c - the tables of what software costs and where probes look.
 * Knows: rpl_cpu.def, rpl_probe.def. Must not know: how a replay uses them. */
#include "kernel-glue/replay/rpl.h"

static const char *const cpu_presets[] = {"server", "zero"};

static const struct sim_param cpu_params[] = {
#define P(name_, unit_, zero, server, min_, max_, source_, doc_)                                   \
    {.name = #name_,                                                                               \
     .unit = (unit_),                                                                              \
     .doc = (doc_),                                                                                \
     .source = (source_),                                                                          \
     .offset = offsetof(struct rpl_cpu, name_),                                                    \
     .min = (min_),                                                                                \
     .max = (max_),                                                                                \
     .value = {(server), (zero)}},
#include "kernel-glue/replay/rpl_cpu.def"
#undef P
};

const struct sim_param_table rpl_cpu_params = {
    .section = "cpu",
    .params = cpu_params,
    .n_params = sizeof(cpu_params) / sizeof(cpu_params[0]),
    .presets = cpu_presets,
    .n_presets = sizeof(cpu_presets) / sizeof(cpu_presets[0]),
};

static const char *const probe_presets[] = {"default"};

static const struct sim_param probe_params[] = {
#define P(name_, unit_, deflt, min_, max_, source_, doc_)                                          \
    {.name = #name_,                                                                               \
     .unit = (unit_),                                                                              \
     .doc = (doc_),                                                                                \
     .source = (source_),                                                                          \
     .offset = offsetof(struct rpl_probe, name_),                                                  \
     .min = (min_),                                                                                \
     .max = (max_),                                                                                \
     .value = {(deflt)}},
#include "kernel-glue/replay/rpl_probe.def"
#undef P
};

const struct sim_param_table rpl_probe_params = {
    .section = "probe",
    .params = probe_params,
    .n_params = sizeof(probe_params) / sizeof(probe_params[0]),
    .presets = probe_presets,
    .n_presets = sizeof(probe_presets) / sizeof(probe_presets[0]),
};
