/* SPDX-License-Identifier: BSD-2-Clause
 * mp_replace.c - a table with the same mappings is put in the place of another; or the device is
 * detached, everything unmapped, mapped in the other table, and attached again.
 * Knows: the rig, time. Must not know: bits. */
#include "bench/mapping/mp.h"
#include "bench/sides/sd_rig.h"
#include "sim/time.h"

/** struct cost - of mapping and unmapping @n pages in one call each. */
struct cost {
    unsigned n, map_ns, unmap_ns;
};

static void work(struct sd_rig *rig, unsigned ns)
{
    sd_advance(rig, sd_now_ps(rig) + ns * SIM_PS_PER_NS);
}

static struct sd_rig *fresh(unsigned n)
{
    struct sd_rig *rig = sd_rig_new(&sd_vtd, "bdw", 1, 0);

    sd_set_victim(rig, SD_RANGE_PAGES, false);
    sd_set_victim(rig, n, true);
    sd_vtd_flush_all(rig);
    rig->map = 1; /* the other table has them, too */
    sd_set_victim(rig, SD_RANGE_PAGES, false);
    sd_set_victim(rig, n, true);
    rig->stores = 0;
    return rig;
}

static uint64_t replaced(const struct cost *cost, uint64_t *stores)
{
    struct sd_rig *rig = fresh(cost->n);
    const uint64_t start = sd_now_ps(rig);
    uint64_t took;

    rig->arch->move(rig, SD_FS_REPLACE);
    took = sd_now_ps(rig) - start;
    *stores = rig->stores;
    sd_rig_free(rig);
    return took;
}

/* What a user does who has no replace: the other address space is empty, and is filled. */
static uint64_t mapped_anew(const struct cost *cost, uint64_t *stores)
{
    struct sd_rig *rig = fresh(cost->n);
    uint64_t start, took;

    sd_set_victim(rig, cost->n, false);
    rig->stores = 0;
    rig->map = 0;
    start = sd_now_ps(rig);
    rig->arch->move(rig, SD_DETACH);
    work(rig, cost->unmap_ns);
    sd_set_victim(rig, cost->n, false);
    rig->map = 1;
    work(rig, cost->map_ns);
    sd_set_victim(rig, cost->n, true);
    rig->arch->undo(rig, SD_DETACH);
    took = sd_now_ps(rig) - start;
    *stores = rig->stores;
    sd_rig_free(rig);
    return took;
}

static void compare(struct mp_out *out, const char *series, const struct cost *cost)
{
    uint64_t few, many;
    const uint64_t quick = replaced(cost, &few), slow = mapped_anew(cost, &many);

    mp_put(out, &(struct mp_line){"E18", series, "replace", "ns", -1, (double)quick / SIM_PS_PER_NS,
                                  0, ""});
    mp_put(out, &(struct mp_line){"E18", series, "detach; unmap; map; attach", "ns", -1,
                                  (double)slow / SIM_PS_PER_NS, 0, ""});
    mp_put(out,
           &(struct mp_line){"E18", series, "saved", "ns", (double)cost->map_ns + cost->unmap_ns,
                             ((double)slow - (double)quick) / SIM_PS_PER_NS, 0.02, ""});
    mp_put(out, &(struct mp_line){"E18", series, "stores saved", "stores", 2.0 * cost->n,
                                  (double)many - (double)few, 0, ""});
}

void mp_replace_all(struct mp_out *out)
{
    compare(out, "1 page", &(struct cost){1, MP_MAP_NS, MP_UNMAP_NS});
    compare(out, "256 pages in one call", &(struct cost){256, MP_MAP_256_NS, MP_UNMAP_256_NS});
    compare(out, "256 pages in 256 calls", &(struct cost){256, 256 * MP_MAP_NS, 256 * MP_UNMAP_NS});
}
