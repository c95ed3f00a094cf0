/* SPDX-License-Identifier: BSD-2-Clause
 * explore_guest.c - guests: whose translations of both stages in one a TLB may have.
 * Knows: targets, tags, invalidations. Must not know: descriptors, layouts.
 *
 * What a guest and the tables below it make together outlives the guest's configuration, until all
 * of its VMID's stage 1 is flushed. It answers no one until a guest has the VMID again. */
#include "check/explore_private.h"

#include <string.h>

static struct xpl_guest *find(const struct xpl_core *core, uint32_t unit, uint32_t space)
{
    for (uint32_t i = 0; i < core->n_guests; i++) {
        struct xpl_guest *guest = &core->guests[i];

        if (guest->is_live && guest->unit == unit && guest->space == space)
            return guest;
    }
    return NULL;
}

/* Before the requests are looked at again: who is here will be told. */
void xpl_guest_forget(struct xpl_core *core)
{
    for (uint32_t i = 0; i < core->n_guests; i++) {
        core->guests[i].was_made = core->guests[i].is_made;
        core->guests[i].is_made = false;
    }
}

void xpl_guest_make(struct xpl_core *core, uint32_t unit, const struct chk_target *target)
{
    const uint32_t space = target->tlb[0].tag.space;
    struct xpl_guest *guest = find(core, unit, space);
    uint32_t i = 0;

    if (guest) {
        const bool is_back = !guest->is_made && !guest->was_made;

        guest->is_made = true;
        if (is_back)
            xpl_pte_wake_guest(core, guest);
        return;
    }
    while (i < core->n_guests && core->guests[i].is_live)
        i++;
    if (i == core->n_guests &&
        xpl_grow(core, (void **)&core->guests, i, &core->n_max_guests, sizeof(*core->guests)))
        core->n_guests++;
    if (i < core->n_guests)
        core->guests[i] = (struct xpl_guest){.unit = unit,
                                             .world = target->tlb[0].tag.world,
                                             .space = space,
                                             .is_live = true,
                                             .is_made = true};
}

void xpl_guest_purge(struct xpl_core *core, uint32_t unit, const struct chk_command *command)
{
    for (uint32_t i = 0; i < core->n_guests; i++) {
        struct xpl_guest *guest = &core->guests[i];
        struct chk_tlb_entry entry;

        if (!guest->is_live || guest->is_made || guest->unit != unit)
            continue;
        memset(&entry, 0, sizeof(entry));
        entry.tag = (struct chk_tag){.world = guest->world, .space = guest->space, .stage = 1};
        entry.tag.id = entry.tag.requester = CHK_NO_ID;
        entry.last = UINT64_MAX;
        entry.is_combined = true;
        if (command->first == 0 && command->last == UINT64_MAX &&
            core->units[unit].arch->drops_tlb(&core->units[unit].regs, command, &entry))
            guest->is_live = false;
    }
}

bool xpl_guest_was_here(const struct xpl_core *core, uint32_t unit, const struct chk_tag *tag)
{
    return find(core, unit, tag->space) != NULL;
}

bool xpl_guest_is_here(const struct xpl_core *core, uint32_t unit, const struct chk_tag *tag)
{
    const struct xpl_guest *guest = find(core, unit, tag->space);

    return guest && guest->is_made;
}
