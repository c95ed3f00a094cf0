/* SPDX-License-Identifier: BSD-2-Clause
 * trc_stats.c - counts events by what became of them. */
#include "kernel-glue/trace/trc_stats.h"

#include <string.h>

/* Names come from the trace and go to a terminal. */
static void see_other(struct trc_stats *stats, const struct sim_str *name)
{
    char clean[sizeof(stats->others[0].name)];
    size_t n = 0;

    for (; n < name->n_bytes && n < sizeof(clean) - 1; n++)
        clean[n] = name->bytes[n] >= 0x20 && name->bytes[n] <= 0x7e ? name->bytes[n] : '?';
    clean[n] = '\0';
    for (uint32_t i = 0; i < stats->n_others; i++) {
        struct trc_other *other = &stats->others[i];

        if (strcmp(other->name, clean) == 0) {
            other->n_events++;
            return;
        }
    }
    if (stats->n_others == TRC_MAX_OTHER_NAMES) {
        stats->n_others_unnamed++;
        return;
    }
    memcpy(stats->others[stats->n_others].name, clean, sizeof(clean));
    stats->others[stats->n_others++].n_events = 1;
}

void trc_stats_see(struct trc_stats *stats, const struct trc_event *event)
{
    if (event->kind < TRC_N_EVENTS) {
        stats->n_events++;
        stats->seen[event->kind]++;
    } else if (event->kind == TRC_E_OTHER) {
        stats->n_events++;
        see_other(stats, &event->text);
    } else if (event->kind == TRC_E_LOST) {
        stats->n_lost_marks++;
        stats->n_lost += event->values[0];
    }
}

void trc_stats_fate(struct trc_stats *stats, enum trc_event_kind event, enum trc_fate_kind kind,
                    const char *what, uint64_t n_events)
{
    struct trc_fate *fate = stats->fates[event];

    for (uint32_t i = 0; i < stats->n_fates[event]; i++, fate++) {
        if (fate->kind == kind && (fate->what == what || strcmp(fate->what, what) == 0)) {
            fate->n_events += n_events;
            return;
        }
    }
    if (n_events == 0)
        return;
    SIM_BUG_ON(stats->n_fates[event] == TRC_MAX_FATES);
    stats->n_fates[event]++;
    fate->kind = (uint8_t)kind;
    fate->what = what;
    fate->n_events = n_events;
}

uint64_t trc_stats_unexplained(const struct trc_stats *stats, enum trc_event_kind event)
{
    uint64_t n = stats->seen[event];

    for (uint32_t i = 0; i < stats->n_fates[event]; i++)
        n -= stats->fates[event][i].n_events;
    return n;
}
