/* SPDX-License-Identifier: BSD-2-Clause
 * vtd_machine.h - the smallest machine around one VT-d unit.
 * Knows: the model's configuration. Must not know: what any bit means. */
#ifndef TESTS_SHIM_VTD_MACHINE_H
#define TESTS_SHIM_VTD_MACHINE_H

#include "models/vtd/vtd.h"
#include "tests/shim/test_machine.h"

#ifdef __cplusplus
extern "C" {
#endif

/** struct vtd_machine_config - everything of it is copied. */
struct vtd_machine_config {
    struct vtd_config vtd;
    struct sim_mem_timing timing;
};

/** vtd_machine_config_init - defaults of the model, parameters of @preset, memory without delay.
 * An unknown preset is our bug. */
void vtd_machine_config_init(struct vtd_machine_config *config, const char *preset);

/** vtd_machine_new - as test_machine_new. */
struct test_machine *vtd_machine_new(const struct vtd_machine_config *config);

#ifdef __cplusplus
}
#endif
#endif
