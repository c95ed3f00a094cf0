/* SPDX-License-Identifier: BSD-2-Clause
 * tap.h - facts leave the models here; observers read and never call back.
 * Knows: the shape of a fact. Must not know: what any observer concludes. */
#ifndef SIM_TAP_H
#define SIM_TAP_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum sim_fact_kind {
#define F(name, json, a0, a1, a2, a3, a4, doc) SIM_FACT_##name,
#include "sim/fact.def"
#undef F
    SIM_N_FACTS
};

#define SIM_FACT_MAX_ARGS 5u
#define SIM_NO_PASID UINT64_MAX

/** struct sim_fact - one act of hardware. Arguments are named by fact.def. */
struct sim_fact {
    uint64_t time_ps;
    uint32_t kind;
    uint32_t iommu;
    uint64_t arg[SIM_FACT_MAX_ARGS];
};

/** struct sim_fact_info - one line of fact.def. Unused arguments have the name "-". */
struct sim_fact_info {
    const char *name;
    const char *json;
    const char *arg[SIM_FACT_MAX_ARGS];
    const char *doc;
};

extern const struct sim_fact_info sim_fact_infos[SIM_N_FACTS];

/**
 * struct sim_tap - where a model's facts go.
 * @wanted: bit per fact kind; a model builds no fact that nobody wants.
 * @emit:   reads the fact, keeps no pointer to it. NULL if wanted is 0.
 */
struct sim_tap {
    uint64_t wanted;
    void (*emit)(void *ctx, const struct sim_fact *fact);
    void *ctx;
};

static inline void sim_tap_emit(const struct sim_tap *tap, const struct sim_fact *fact)
{
    if (tap->wanted >> fact->kind & 1)
        tap->emit(tap->ctx, fact);
}

#ifdef __cplusplus
}
#endif
#endif
