/* SPDX-License-Identifier: BSD-2-Clause
 * rpl_marks.c - which operations are open on a CPU: a small stack of marks.
 * Knows: BEGIN and END records. Must not know: what an operation does. */
#include "kernel-glue/replay/rpl_marks.h"

bool rpl_mark_counts(uint8_t op)
{
    return op != SIM_OP_ALLOC && op != SIM_OP_FREE;
}

/* Index of the innermost open mark of @op plus 1, 0 if none is open. */
static uint32_t find(const struct rpl_marks *marks, uint8_t op)
{
    uint32_t i = marks->n < RPL_MAX_MARKS ? marks->n : RPL_MAX_MARKS;

    while (i && marks->op[i - 1] != op)
        i--;
    return i;
}

bool rpl_marks_begin(struct rpl_marks *marks, uint8_t op, uint32_t dev)
{
    if (marks->n < RPL_MAX_MARKS) {
        marks->op[marks->n] = op;
        marks->dev[marks->n] = dev;
    }
    marks->n++;
    return marks->n == 1;
}

/* Return: true if a mark was closed and it was the outermost one. */
static bool close_at(struct rpl_marks *marks, uint32_t i)
{
    marks->n = i - 1;
    return !marks->n;
}

size_t rpl_marks_end(struct rpl_marks *marks, size_t n_cpus, size_t cpu, uint8_t op, uint32_t dev)
{
    uint32_t i = find(&marks[cpu], op);

    if (i)
        return close_at(&marks[cpu], i) ? cpu : RPL_NO_CPU;
    if (marks[cpu].n > RPL_MAX_MARKS) {
        marks[cpu].n--;
        return RPL_NO_CPU;
    }
    for (size_t other = 0; dev != SIM_NO_DEV && other < n_cpus; other++) {
        i = find(&marks[other], op);
        if (i && marks[other].dev[i - 1] == dev)
            return close_at(&marks[other], i) ? other : RPL_NO_CPU;
    }
    return RPL_NO_CPU;
}

uint32_t rpl_marks_dev(const struct rpl_marks *marks, uint8_t op)
{
    const uint32_t i = find(marks, op);

    return i ? marks->dev[i - 1] : SIM_NO_DEV;
}
