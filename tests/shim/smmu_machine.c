/* SPDX-License-Identifier: BSD-2-Clause
 * smmu_machine.c - a test machine whose model is an SMMUv3.
 * Knows: how the model is made. Must not know: what any bit means. */
#include "tests/shim/smmu_machine.h"

#include "sim/diag.h"

#include <string.h>

void smmu_machine_config_init(struct smmu_machine_config *config, const char *preset)
{
    memset(config, 0, sizeof(*config));
    smmu_config_default(&config->smmu);
    SIM_BUG_ON(sim_param_preset(&smmu_params, preset, &config->smmu.param));
}

static int make(const void *config, struct sim_queue *queue, const struct sim_port *port,
                const struct sim_tap *tap, struct sim_iommu *out)
{
    return smmu_new(config, queue, port, tap, out);
}

struct test_machine *smmu_machine_new(const struct smmu_machine_config *config)
{
    static const struct test_machine_model model = {make, smmu_state};

    return test_machine_new(&model, &config->smmu, &config->timing);
}
