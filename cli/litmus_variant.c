/* SPDX-License-Identifier: BSD-2-Clause
 * litmus_variant.c - the hardware that a litmus test runs on.
 * Knows: parameters by name. Must not know: acts. */
#include "cli/litmus.h"
#include "sim/diag.h"

#include <stdio.h>
#include <string.h>

/* A parameter of the hardware in this run. */
static void set(struct config *config, const char *assignment)
{
    struct sim_diag diag;

    sim_diag_init(&diag, "litmus");
    SIM_BUG_ON(config_set(config, assignment, &diag));
}

/* How the unit of VT-d is as its fellow is. */
static void configure_vtd(const struct litmus_variant *variant, struct config *config)
{
    static const char *const orders[] = {"vtd.atom_order=up", "vtd.atom_order=down",
                                         "vtd.atom_order=first_last", "vtd.atom_order=random"};

    if (!variant->is_slow) {
        set(config, "vtd.clock_ps=1000");
    } else {
        set(config, "vtd.atom_cycles=300");
        set(config, orders[variant->seed % 4]);
        if (variant->seed % 3 == 0)
            set(config, "vtd.inval_cycles=5000");
    }
    switch (variant->caches) {
    case LITMUS_CACHES_OFF:
        set(config, "vtd.cache_mode=never");
        break;
    case LITMUS_CACHES_LARGEST:
        set(config, "vtd.cache_mode=hold");
        break;
    case LITMUS_CACHES_ADVERSARIAL:
        set(config, "vtd.cache_mode=random");
        set(config, "vtd.prefetch=reachable");
        break;
    }
}

void litmus_configure(const struct litmus *litmus, const struct litmus_variant *variant,
                      struct config *config)
{
    static const char *const orders[] = {"smmu.atom_order=up", "smmu.atom_order=down",
                                         "smmu.atom_order=valid_last",
                                         "smmu.atom_order=valid_first_rest_down"};
    char seed[48];
    struct sim_diag diag;

    *config = litmus->config;
    if (!variant->is_slow) {
        sim_diag_init(&diag, "litmus");
        SIM_BUG_ON(config_preset(config, "zero", &diag));
        set(config, "smmu.clock_ps=1000");
        set(config, "atc.link_ns=0");
        set(config, "atc.inv_ns=0");
    } else {
        set(config, "smmu.atom_cycles=300");
        set(config, orders[variant->seed % 4]);
        if (variant->seed % 3 == 0) /* commands late, too: what is not awaited is not done */
            set(config, "smmu.cmd_cycles=5000");
    }
    switch (variant->caches) {
    case LITMUS_CACHES_OFF:
        set(config, "smmu.cache_mode=never");
        break;
    case LITMUS_CACHES_LARGEST:
        set(config, "smmu.cache_mode=hold");
        break;
    case LITMUS_CACHES_ADVERSARIAL:
        set(config, "smmu.cache_mode=random");
        set(config, "smmu.prefetch=reachable");
        break;
    }
    (void)snprintf(seed, sizeof(seed), "smmu.seed=%u", (unsigned)(variant->seed % 1000000));
    set(config, seed);
    configure_vtd(variant, config);
    (void)snprintf(seed, sizeof(seed), "vtd.seed=%u", (unsigned)(variant->seed % 1000000));
    set(config, seed);
    for (uint32_t i = 0; i < litmus->n_knobs; i++)
        set(config, litmus->knobs[i]);
}

uint32_t litmus_atom_bytes(const struct litmus *litmus)
{
    static const char name[] = "smmu.atom_bytes=16";

    for (uint32_t i = 0; i < litmus->n_knobs; i++) {
        if (strcmp(litmus->knobs[i], name) == 0)
            return 16;
    }
    return 8;
}
