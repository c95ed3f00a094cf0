/* SPDX-License-Identifier: BSD-2-Clause
 * chk_power.c - units that do not translate yet: a driver sets everything up, then switches on.
 * Knows: what register writes mean, from names. Must not know: registers.
 *
 * Until then requests pass untranslated, whatever domain their device has been given. */
#include "check/chk_private.h"

void chk_on_power(struct chk *chk, const struct sim_record_seen *seen)
{
    const struct sim_rec_mmio *mmio = &seen->rec->mmio;
    struct chk_power *power;
    enum chk_power_effect effect;

    if (!chk->names.power || mmio->iommu >= CHK_MAX_UNITS)
        return;
    power = &chk->power[mmio->iommu];
    effect = chk->names.power(mmio->offset, mmio->value);
    if (power->on_seq || effect == CHK_POWER_NONE)
        return;
    if (effect == CHK_POWER_ON)
        power->on_seq = seen->seq;
    else if (!power->off_seq)
        power->off_seq = seen->seq;
}

/* The write is answered before the next record takes effect. */
bool chk_is_off(const struct chk *chk, uint16_t iommu, uint64_t first_seq, uint64_t last_seq)
{
    const struct chk_power *power = iommu < CHK_MAX_UNITS ? &chk->power[iommu] : NULL;

    return power && power->off_seq && first_seq >= power->off_seq &&
           (!power->on_seq || last_seq <= power->on_seq);
}
