/* SPDX-License-Identifier: BSD-2-Clause
 * ord_vtd_late.c - rules of stores that a unit does not see by itself: lines of caches that are not
 * snooped (ECAP.C, PWSNP), and the write buffer (CAP.RWBF).
 * Knows: stores, flushes, who is walked. Must not know: what entries mean. */
#include "check/vtd/ord_vtd.h"

#include <inttypes.h>

#define LINE_MASK UINT64_C(63)
#define MAX_LINES 4096u /* of more, the oldest are forgotten */

/* ---- What was stored ------------------------------------------------------------------------- */

static unsigned entry_bytes(const struct ordv_unit *unit, uint8_t structure)
{
    switch (structure) {
    case SIM_S_ROOT:
        return VTD_ROOT_BYTES;
    case SIM_S_CTX:
        return ordv_is_scalable(unit) ? VTD_CTX_BYTES : VTD_CTX_LEGACY_BYTES;
    case SIM_S_PASID:
        return VTD_PASID_BYTES;
    default: /* directories, page tables */
        return VTD_PASID_DIR_BYTES;
    }
}

/* P, or a right: in words of every kind, low bits of the first. */
static bool is_present(const struct ordv_unit *unit, uint8_t structure, uint64_t word)
{
    (void)unit;
    if (structure == SIM_S_PTE_VTD || structure == SIM_S_PTE_S1 || structure == SIM_S_PTE_S2)
        return vtd_PTE_SS_R(&word) || vtd_PTE_SS_W(&word);
    return vtd_PASID_P(&word) != 0;
}

/* Is the entry present, or was it before the store? Else nobody needs to see it yet. */
static bool counts(const struct ordv *v, const struct ordv_unit *unit, uint8_t structure,
                   const struct ord_stored *stored)
{
    const uint64_t bytes = entry_bytes(unit, structure);
    const uint64_t pa = stored->pa & ~(bytes - 1);

    if (is_present(unit, structure, sim_mem_read64(v->order->mem, pa)))
        return true;
    if (structure == SIM_S_ROOT) /* the upper half */
        return (stored->before[0] | stored->after[0]) != 0;
    return pa == stored->pa && is_present(unit, structure, stored->before[0]);
}

static bool is_pte(uint8_t structure)
{
    return structure == SIM_S_PTE_VTD || structure == SIM_S_PTE_S1 || structure == SIM_S_PTE_S2;
}

/* Does the unit read it, and past the caches? */
static bool is_read(const struct ordv *v, const struct ordv_unit *unit, uint64_t pa, bool is_table,
                    bool is_unsnooped)
{
    if (is_table)
        return ordv_pte_is_walked(v, unit, pa, is_unsnooped);
    return (!is_unsnooped || !unit->caps.coherent) && ordv_entry_is_read(v, unit, pa);
}

/* ---- Lines ----------------------------------------------------------------------------------- */

static void add_line(struct ordv *v, uint64_t pa, bool is_table)
{
    void *lines = v->lines;

    for (size_t i = 0; i < v->n_lines; i++) {
        if (v->lines[i].pa == (pa & ~LINE_MASK) && v->lines[i].cpu == v->order->rec->cpu)
            return;
    }
    if (v->n_lines == MAX_LINES ||
        !ord_room(v->order, &lines, &v->lines_room, v->n_lines, sizeof(*v->lines)))
        return;
    v->lines = lines;
    v->lines[v->n_lines++] = (struct ordv_line){.pa = pa & ~LINE_MASK,
                                                .word = pa,
                                                .since = ord_here(v->order),
                                                .cpu = v->order->rec->cpu,
                                                .is_table = is_table};
}

void ordv_late_flush(struct ordv *v, uint64_t pa)
{
    size_t n = 0;

    for (size_t i = 0; i < v->n_lines; i++) {
        if (v->lines[i].pa != (pa & ~LINE_MASK))
            v->lines[n++] = v->lines[i];
    }
    v->n_lines = n;
}

/* Memory that becomes known is as it is. */
void ordv_late_forget(struct ordv *v, uint64_t first, uint64_t size)
{
    size_t n = 0;

    for (size_t i = 0; i < v->n_lines; i++) {
        if (v->lines[i].pa < first || v->lines[i].pa - first >= size)
            v->lines[n++] = v->lines[i];
    }
    v->n_lines = n;
}

/* Could any walk of the machine miss it? */
static bool may_be_unsnooped(const struct ordv_unit *unit)
{
    return unit->has_caps && (!unit->caps.coherent || unit->caps.smts);
}

void ordv_late_store(struct ordv *v, const struct sim_rec_store *rec,
                     const struct ord_stored *stored)
{
    const bool is_table = is_pte(rec->structure);

    for (size_t i = 0; i < ORDV_MAX_UNITS; i++) {
        struct ordv_unit *unit = &v->units[i];

        if (!unit->is_used || !unit->has_caps || !counts(v, unit, rec->structure, stored))
            continue;
        if (v->order->barriers_recorded && may_be_unsnooped(unit) &&
            (is_table || !unit->caps.coherent))
            add_line(v, stored->pa, is_table);
        if (unit->caps.rwbf && ordv_is_on(unit) && is_read(v, unit, stored->pa, is_table, false)) {
            unit->wbf_since = ord_here(v->order);
            unit->wbf_cpu = v->order->rec->cpu;
        }
    }
}

/* Whatever is invalidated now is read again as memory has it. */
void ordv_late_command(struct ordv *v, struct ordv_unit *unit)
{
    unit->wbf_since.seq = 0;
    for (size_t i = 0; i < v->n_lines; i++) {
        struct ordv_line *line = &v->lines[i];
        bool has_duty = false;

        for (size_t k = 0; k < unit->n_duties && !line->is_told; k++)
            has_duty = has_duty || ((unit->duties[k].pa & ~LINE_MASK) == line->pa &&
                                    !unit->duties[k].is_cm && !unit->duties[k].is_quiet);
        if (!has_duty || !is_read(v, unit, line->word, line->is_table, true))
            continue;
        line->is_told = true;
        ord_hit_since(v->order, CHK_RULE_VTD_LINE_LATE, unit->iommu, &line->since,
                      "the line 0x%" PRIx64 " is not flushed, and its old contents are invalidated",
                      line->pa);
    }
}

void ordv_late_wbf(struct ordv_unit *unit)
{
    unit->wbf_since.seq = 0;
}

/* ---- The end of an operation ----------------------------------------------------------------- */

static void end_lines(struct ordv *v, const struct ordv_unit *unit, uint64_t since, uint16_t cpu)
{
    for (size_t i = 0; i < v->n_lines; i++) {
        struct ordv_line *line = &v->lines[i];

        if (line->is_told || line->cpu != cpu || line->since.seq < since ||
            !is_read(v, unit, line->word, line->is_table, true))
            continue;
        line->is_told = true;
        ord_hit_since(v->order, CHK_RULE_VTD_LINE_NOT_FLUSHED, unit->iommu, &line->since,
                      "the line 0x%" PRIx64 " is not flushed", line->pa);
    }
}

void ordv_late_end(struct ordv *v, struct ordv_unit *unit, const struct ord_mark *mark,
                   uint16_t cpu)
{
    const struct ord_since since = unit->wbf_since;

    if (!ordv_is_on(unit))
        return;
    end_lines(v, unit, mark->seq, cpu);
    if (!since.seq || since.seq < mark->seq || unit->wbf_cpu != cpu)
        return;
    unit->wbf_since.seq = 0;
    ord_hit_since(v->order, CHK_RULE_VTD_BUFFER_NOT_FLUSHED, unit->iommu, &since,
                  "no WBF and no invalidation follow");
}
