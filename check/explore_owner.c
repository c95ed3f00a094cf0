/* SPDX-License-Identifier: BSD-2-Clause
 * explore_owner.c - whose tables a page is part of, and which devices share a group.
 * Knows: marks of maps, stores, groups. Must not know: layouts, caches.
 *
 * A nested domain's mark does not name its parent. But whoever maps something into a parent stores
 * to its first table, which is the one that the entry of the nested domain leads to. */
#include "check/explore_private.h"

#define PAGE_BYTES 4096u
#define MAX_OWNERS (1u << 17)

static uint32_t *bucket(struct xpl_core *core, uint64_t page)
{
    const uint64_t number = page / PAGE_BYTES;

    return &core->by_owned[(number ^ number >> 13) % XPL_BUCKETS];
}

static struct xpl_owner *find(const struct xpl_core *core, uint64_t page)
{
    const uint64_t number = page / PAGE_BYTES;
    uint32_t i = core->by_owned[(number ^ number >> 13) % XPL_BUCKETS];

    while (i != XPL_NONE && core->owners[i].page != page)
        i = core->owners[i].next;
    return i != XPL_NONE ? &core->owners[i] : NULL;
}

/* The domain that this CPU maps into, or unmaps from, now; 0 = none. */
static uint64_t domain_now(const struct xpl_core *core)
{
    const struct xpl_cpu *cpu = core->cpu < core->n_cpus ? &core->cpus[core->cpu] : NULL;

    for (uint32_t i = cpu ? cpu->depth : 0; i-- > 0;) {
        if (cpu->mark[i].op == SIM_OP_MAP || cpu->mark[i].op == SIM_OP_UNMAP)
            return cpu->mark[i].domain;
    }
    return 0;
}

void xpl_owner_store(struct xpl_core *core, uint64_t pa)
{
    const uint64_t page = pa / PAGE_BYTES * PAGE_BYTES;
    const uint64_t domain = domain_now(core);
    struct xpl_owner *owner = domain ? find(core, page) : NULL;

    if (owner)
        owner->domain = domain;
    if (owner || !domain || core->n_owners == MAX_OWNERS ||
        !xpl_grow(core, (void **)&core->owners, core->n_owners, &core->n_max_owners,
                  sizeof(*core->owners)))
        return;
    core->owners[core->n_owners] = (struct xpl_owner){page, domain, *bucket(core, page)};
    *bucket(core, page) = core->n_owners++;
}

void xpl_owner_free(struct xpl_core *core, uint64_t first, uint64_t last)
{
    for (uint64_t page = first / PAGE_BYTES * PAGE_BYTES; page <= last; page += PAGE_BYTES) {
        struct xpl_owner *owner = find(core, page);

        if (owner)
            owner->domain = 0;
    }
}

/* Return: 0 if it is not known. */
uint64_t xpl_owner_of(const struct xpl_core *core, uint64_t pa)
{
    const struct xpl_owner *owner = find(core, pa / PAGE_BYTES * PAGE_BYTES);

    return owner ? owner->domain : 0;
}

/* ---- groups ---- */

void xpl_group_change(struct xpl_core *core, const struct sim_rec_group *rec)
{
    uint32_t i = 0;

    while (i < core->n_members && core->members[i].dev != rec->dev)
        i++;
    if (rec->what == SIM_MEMBER_LEAVE) {
        if (i < core->n_members)
            core->members[i] = core->members[--core->n_members];
        return;
    }
    if (i == core->n_members &&
        xpl_grow(core, (void **)&core->members, i, &core->n_max_members, sizeof(*core->members)))
        core->n_members++;
    if (i < core->n_members)
        core->members[i] = (struct xpl_member){rec->dev, rec->group};
}

/* Is another device in its group? Then a detach of this one alone changes nothing. */
bool xpl_group_is_shared(const struct xpl_core *core, uint32_t dev)
{
    for (uint32_t i = 0; i < core->n_members; i++) {
        for (uint32_t j = 0; core->members[i].dev == dev && j < core->n_members; j++) {
            if (j != i && core->members[j].group == core->members[i].group)
                return true;
        }
    }
    return false;
}
