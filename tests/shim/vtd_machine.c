/* SPDX-License-Identifier: BSD-2-Clause
 * vtd_machine.c - a test machine whose model is a VT-d unit.
 * Knows: how the model is made. Must not know: what any bit means. */
#include "tests/shim/vtd_machine.h"

#include "sim/diag.h"

#include <string.h>

void vtd_machine_config_init(struct vtd_machine_config *config, const char *preset)
{
    memset(config, 0, sizeof(*config));
    vtd_config_default(&config->vtd);
    SIM_BUG_ON(sim_param_preset(&vtd_params, preset, &config->vtd.param));
}

static int make(const void *config, struct sim_queue *queue, const struct sim_port *port,
                const struct sim_tap *tap, struct sim_iommu *out)
{
    return vtd_new(config, queue, port, tap, out);
}

struct test_machine *vtd_machine_new(const struct vtd_machine_config *config)
{
    static const struct test_machine_model model = {make, vtd_state};

    return test_machine_new(&model, &config->vtd, &config->timing);
}
