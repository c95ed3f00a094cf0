/* SPDX-License-Identifier: BSD-2-Clause
 * smmu_machine.h - the smallest machine around one SMMUv3.
 * Knows: the model's configuration. Must not know: what any bit means. */
#ifndef TESTS_SHIM_SMMU_MACHINE_H
#define TESTS_SHIM_SMMU_MACHINE_H

#include "models/smmuv3/smmu.h"
#include "tests/shim/test_machine.h"

#ifdef __cplusplus
extern "C" {
#endif

/** struct smmu_machine_config - everything of it is copied. */
struct smmu_machine_config {
    struct smmu_config smmu;
    struct sim_mem_timing timing;
};

/** smmu_machine_config_init - defaults of the model, parameters of @preset, memory without delay.
 * An unknown preset is our bug. */
void smmu_machine_config_init(struct smmu_machine_config *config, const char *preset);

/** smmu_machine_new - as test_machine_new. */
struct test_machine *smmu_machine_new(const struct smmu_machine_config *config);

#ifdef __cplusplus
}
#endif
#endif
