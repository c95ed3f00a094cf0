/* SPDX-License-Identifier: BSD-2-Clause
 * tap.c - names of facts. */
#include "sim/tap.h"

const struct sim_fact_info sim_fact_infos[SIM_N_FACTS] = {
#define F(name, json, a0, a1, a2, a3, a4, doc) {#name, json, {#a0, #a1, #a2, #a3, #a4}, doc},
#include "sim/fact.def"
#undef F
};
