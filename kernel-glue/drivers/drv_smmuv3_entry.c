/* SPDX-License-Identifier: BSD-2-Clause
 * drv_smmuv3_entry.c - changes an STE or CD in steps that hardware may see (8.3).
 * Knows: which bits an entry's configuration reads. Must not know: what an entry is for. */
#include "kernel-glue/drivers/drv_smmuv3.h"

#include <string.h>

/* Of one change. @early: now, but for bits that hardware ignores, which have their new value. */
struct plan {
    uint64_t now[DSM_WORDS], early[DSM_WORDS], target[DSM_WORDS];
    uint32_t atoms; /* those that have to change while they are read */
};

static void find_used(uint8_t structure, const uint64_t *words, uint64_t *used)
{
    const bool is_ste = structure == SIM_S_STE;
    const struct hw_layout *layout = is_ste ? &smmu_layout_STE : &smmu_layout_CD;

    memset(used, 0, DSM_WORDS * sizeof(*used));
    hw_used(layout->fields, layout->n_fields,
            is_ste ? smmu_ste_conditions(words) : smmu_cd_conditions(words), used);
}

/* Bits that both configurations read, and that may be changed with anything else: merging events,
 * and full ATS if neither side splits stages or stalls in stage 2. */
static void find_safe(const struct dsm_entry *entry, const struct plan *plan, uint64_t *safe)
{
    const uint64_t *now = plan->now, *target = plan->target;
    const bool is_split =
        smmu_STE_EATS(now) > SMMU_STE_EATS_FULL || smmu_STE_EATS(target) > SMMU_STE_EATS_FULL;

    memset(safe, 0, DSM_WORDS * sizeof(*safe));
    if (entry->structure != SIM_S_STE || !entry->device->drv->policy->has_safe_bits)
        return;
    smmu_STE_put_MEV(safe, UINT64_MAX);
    if (!is_split && !smmu_STE_S2S(now) && !smmu_STE_S2S(target))
        smmu_STE_put_EATS(safe, UINT64_MAX);
}

static void make_plan(const struct dsm_entry *entry, const uint64_t *target, struct plan *plan)
{
    const uint32_t n_atom = entry->device->drv->policy->n_atom;
    const bool is_short = entry->device->drv->policy->is_short;
    uint64_t used_now[DSM_WORDS], used_then[DSM_WORDS], safe[DSM_WORDS];

    dsm_entry_load(entry, plan->now);
    memcpy(plan->target, target, sizeof(plan->target));
    find_used(entry->structure, plan->now, used_now);
    find_used(entry->structure, target, used_then);
    find_safe(entry, plan, safe);
    plan->atoms = 0;
    for (uint32_t i = 0; i < DSM_WORDS; i++) {
        const uint64_t read = used_now[i] & ~(safe[i] & used_then[i]);
        const uint64_t keep = is_short ? read | ~(used_then[i] | target[i]) : read;

        plan->early[i] = (plan->now[i] & keep) | (target[i] & ~keep);
        if ((plan->early[i] ^ target[i]) & used_then[i])
            plan->atoms |= UINT32_C(1) << i / n_atom;
    }
}

void dsm_entry_load(const struct dsm_entry *entry, uint64_t *words)
{
    const struct drv_port *port = &entry->device->drv->port;

    for (uint32_t i = 0; i < DSM_WORDS; i++)
        words[i] = port->load(port->ctx, entry->pa + i * sizeof(*words));
}

uint32_t dsm_entry_atoms(const struct dsm_entry *entry, const uint64_t *target)
{
    struct plan plan;

    make_plan(entry, target, &plan);
    return plan.atoms;
}

/* ---- steps ---- */

static int invalidate(const struct dsm_entry *entry)
{
    if (entry->structure == SIM_S_CD)
        return dsm_cfgi_cd(entry->device, entry->ssid, true);
    return dsm_cfgi_ste(entry->device, true);
}

static int store_atom(const struct dsm_entry *entry, uint32_t i, const uint64_t *now,
                      const uint64_t *words)
{
    struct drv *drv = entry->device->drv;
    const uint64_t pa = entry->pa + i * sizeof(*words);

    if (drv->policy->n_atom == 1)
        return dsm_store(drv, entry->structure, pa, words[i]);
    if (now[i] != words[i] && now[i + 1] != words[i + 1])
        return dsm_store_pair(drv, entry->structure, pa, &words[i]);
    if (now[i] != words[i])
        return dsm_store(drv, entry->structure, pa, words[i]);
    return dsm_store(drv, entry->structure, pa + sizeof(*words), words[i + 1]);
}

/* Stores words [first, first + n) that change, and tells hardware if there was one. */
static int set(const struct dsm_entry *entry, const uint64_t *words, uint32_t first, uint32_t n)
{
    const uint32_t n_atom = entry->device->drv->policy->n_atom;
    uint64_t now[DSM_WORDS];
    bool has_changed = false;
    int err = 0;

    dsm_entry_load(entry, now);
    for (uint32_t i = first; !err && i < first + n; i += n_atom) {
        if (memcmp(&now[i], &words[i], n_atom * sizeof(*now)) == 0)
            continue;
        has_changed = true;
        err = store_atom(entry, i, now, words);
    }
    return err || !has_changed || !entry->is_reachable ? err : invalidate(entry);
}

/* One atom decides: what is ignored before it is set early, what is ignored after it late. A short
 * driver leaves what is ignored for good as it is. */
static int write_hitless(const struct dsm_entry *entry, struct plan *plan)
{
    const struct dsm_policy *policy = entry->device->drv->policy;
    uint32_t first = 0;
    int err;

    while (!(plan->atoms >> first & 1))
        first++;
    first *= policy->n_atom;
    for (uint32_t i = first; i < first + policy->n_atom; i++)
        plan->early[i] = plan->now[i];
    err = set(entry, plan->early, 0, DSM_WORDS);
    if (!err)
        err = set(entry, plan->target, first, policy->n_atom);
    if (err || policy->is_short)
        return err;
    return set(entry, plan->target, 0, DSM_WORDS);
}

static int write_broken(const struct dsm_entry *entry, const struct plan *plan)
{
    const uint32_t n_atom = entry->device->drv->policy->n_atom;
    uint64_t off[DSM_WORDS];
    int err;

    memcpy(off, plan->now, sizeof(off));
    off[0] = 0;
    err = set(entry, off, 0, n_atom);
    if (!err)
        err = set(entry, plan->target, n_atom, DSM_WORDS - n_atom);
    return err ? err : set(entry, plan->target, 0, n_atom);
}

static bool has_one(uint32_t bits)
{
    return (bits & (bits - 1)) == 0;
}

int dsm_entry_write(const struct dsm_entry *entry, const uint64_t *target)
{
    struct drv *drv = entry->device->drv;
    struct plan plan;
    int err = dsm_barrier(drv, SIM_BARRIER_WRITE); /* what it leads to comes first */

    if (err)
        return err;
    make_plan(entry, target, &plan);
    if (!entry->is_reachable)
        return set(entry, target, 0, DSM_WORDS);
    if (!plan.atoms && drv->policy->is_short)
        return set(entry, plan.early, 0, DSM_WORDS);
    if (!plan.atoms)
        return set(entry, target, 0, DSM_WORDS);
    return has_one(plan.atoms) ? write_hitless(entry, &plan) : write_broken(entry, &plan);
}
