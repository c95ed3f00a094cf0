/* SPDX-License-Identifier: BSD-2-Clause
 * rpl_instants.c - the moments of a run at which what a request sees may have changed.
 * Knows: time, operations. Must not know: why a moment counts.
 *
 * Those of a switch (inside drv_attach) and the rest of an operation are kept apart, so that an
 * operation that maps a gigabyte does not drown its own switch. */
#include "kernel-glue/replay/rpl_private.h"

#include "sim/diag.h"

#include <stdlib.h>
#include <string.h>

/* Each list holds up to this many times max_instants before every second one is dropped. */
#define SLACK 4u

static size_t list_room(const struct rpl *rpl)
{
    return (size_t)rpl->config->probe.max_instants * SLACK;
}

int rpl_instants_init(struct rpl *rpl)
{
    struct rpl_instants *all = &rpl->instants;

    all->of_switch.ps = malloc(list_room(rpl) * sizeof(uint64_t));
    all->of_rest.ps = malloc(list_room(rpl) * sizeof(uint64_t));
    all->of_switch.stride = 1;
    all->of_rest.stride = 1;
    all->is_on = true;
    return all->of_switch.ps && all->of_rest.ps ? 0 : SIM_ENOMEM;
}

void rpl_instants_free(struct rpl *rpl)
{
    free(rpl->instants.of_switch.ps);
    free(rpl->instants.of_rest.ps);
    free(rpl->instants.all);
}

static void put(struct rpl_instant_list *list, uint64_t now_ps, size_t room)
{
    if (list->n_seen && list->last_ps == now_ps)
        return;
    list->last_ps = now_ps;
    if (list->n_seen++ % list->stride)
        return;
    if (list->n == room) {
        for (size_t i = 0; i < room / 2; i++)
            list->ps[i] = list->ps[2 * i];
        list->n = room / 2;
        list->stride *= 2;
        if ((list->n_seen - 1) % list->stride)
            return;
    }
    list->ps[list->n++] = now_ps;
}

void rpl_instant(struct rpl *rpl)
{
    struct rpl_instants *all = &rpl->instants;
    const uint64_t now_ps = rpl_now(rpl);

    if (!all->is_on || (!rpl->live.n_watched && now_ps >= rpl->live.watch_until_ps))
        return;
    put(rpl->live.n_switching ? &all->of_switch : &all->of_rest, now_ps, list_room(rpl));
}

/* Keep @n of the list, evenly. */
static void thin(struct rpl_instant_list *list, size_t n)
{
    for (size_t i = 0; list->n > n && i < n; i++)
        list->ps[i] = list->ps[i * list->n / n];
    if (list->n > n)
        list->n = n;
}

static bool make_room(struct rpl_instants *all, size_t n)
{
    size_t room = all->room ? all->room : 1024;
    uint64_t *bigger;

    while (room < n)
        room *= 2;
    if (room == all->room)
        return true;
    bigger = realloc(all->all, room * sizeof(*bigger));
    if (!bigger)
        return false;
    all->all = bigger;
    all->room = room;
    return true;
}

static void append(struct rpl_instants *all, uint64_t ps)
{
    if (!all->n_all || all->all[all->n_all - 1] < ps)
        all->all[all->n_all++] = ps;
}

static void merge(struct rpl_instants *all)
{
    const struct rpl_instant_list *a = &all->of_switch;
    const struct rpl_instant_list *b = &all->of_rest;
    size_t i = 0;
    size_t j = 0;

    while (i < a->n || j < b->n) {
        if (j == b->n || (i < a->n && a->ps[i] <= b->ps[j]))
            append(all, a->ps[i++]);
        else
            append(all, b->ps[j++]);
    }
}

static void reset(struct rpl_instant_list *list)
{
    list->n = 0;
    list->n_seen = 0;
    list->stride = 1;
}

/* The operation that was watched is over: at most max_instants of it stay. A list that needs less
 * than its half leaves the rest to the other. */
void rpl_instants_close(struct rpl *rpl)
{
    struct rpl_instants *all = &rpl->instants;
    const size_t max = rpl->config->probe.max_instants;
    const uint64_t n_seen = all->of_switch.n_seen + all->of_rest.n_seen;
    const size_t n_rest = all->of_rest.n < max / 2 ? all->of_rest.n : max / 2;

    if (!n_seen)
        return;
    thin(&all->of_switch, max - n_rest);
    thin(&all->of_rest, max - all->of_switch.n);
    rpl->stats.n_switch_instants_left_out += all->of_switch.n_seen - all->of_switch.n;
    rpl->stats.n_instants_left_out += n_seen - all->of_switch.n - all->of_rest.n;
    if (!make_room(all, all->n_all + all->of_switch.n + all->of_rest.n))
        rpl_fail(rpl, SIM_ENOMEM);
    else
        merge(all);
    rpl->stats.n_instants = all->n_all;
    reset(&all->of_switch);
    reset(&all->of_rest);
}
