/* SPDX-License-Identifier: BSD-2-Clause
 * chk_mark.c - BEGIN and END: which operation runs on which CPU, and whom it concerns.
 * Knows: nesting of marks. Must not know: answers, costs.
 *
 * From outside to inside: operations of a user (attach, replace, detach, those of a PASID), those
 * of a group, the driver's attach, maps and unmaps. A mark cannot stand inside one of its own or
 * an inner level: the END of that one is missing. Marks of allocations have no effect. */
#include "check/chk_private.h"
#include "sim/diag.h"

#include <stdlib.h>

/* The kernel's domain types (a of drv_attach). */
#define KERNEL_BLOCKED 0u
#define KERNEL_PAGING 1u /* a bit; the others say who uses the domain */
#define KERNEL_IDENTITY 4u
#define KERNEL_FLUSH_QUEUE 8u

enum level {
    LEVEL_NONE,
    LEVEL_USER,
    LEVEL_GROUP,
    LEVEL_DRIVER,
    LEVEL_TABLE,
};

static enum level level_of(uint8_t op)
{
    switch (op) {
    case SIM_OP_ATTACH:
    case SIM_OP_REPLACE:
    case SIM_OP_DETACH:
    case SIM_OP_SET_PASID:
    case SIM_OP_REPLACE_PASID:
    case SIM_OP_REMOVE_PASID:
        return LEVEL_USER;
    case SIM_OP_GROUP_ATTACH:
    case SIM_OP_GROUP_REPLACE:
    case SIM_OP_GROUP_DETACH:
        return LEVEL_GROUP;
    case SIM_OP_DRV_ATTACH:
        return LEVEL_DRIVER;
    case SIM_OP_MAP:
    case SIM_OP_UNMAP:
        return LEVEL_TABLE;
    default:
        return LEVEL_NONE;
    }
}

static bool is_pasid_op(uint8_t op)
{
    return op == SIM_OP_SET_PASID || op == SIM_OP_REPLACE_PASID || op == SIM_OP_REMOVE_PASID;
}

/* ---- CPUs ------------------------------------------------------------------------------------ */

/* Return: NULL without memory. */
struct chk_cpu *chk_cpu(struct chk *chk, uint16_t number)
{
    if (number >= chk->n_cpus) {
        struct chk_cpu **grown = realloc(chk->cpus, (number + 1u) * sizeof(struct chk_cpu *));

        if (!grown) {
            chk->error = SIM_ENOMEM;
            return NULL;
        }
        chk->cpus = grown;
        while (chk->n_cpus <= number)
            grown[chk->n_cpus++] = NULL;
    }
    if (!chk->cpus[number]) {
        chk->cpus[number] = calloc(1, sizeof(**chk->cpus));
        if (!chk->cpus[number]) {
            chk->error = SIM_ENOMEM;
            return NULL;
        }
        chk->cpus[number]->op = CHK_NONE;
        chk->cpus[number]->switcher = CHK_NONE;
    }
    return chk->cpus[number];
}

/* Does the innermost switch belong to the driver's attach? */
static bool is_in_driver(const struct chk_cpu *cpu)
{
    return cpu->switcher != CHK_NONE && cpu->mark[cpu->switcher].op == SIM_OP_DRV_ATTACH;
}

static void find_switcher(struct chk_cpu *cpu)
{
    cpu->switcher = CHK_NONE;
    cpu->is_in_table = cpu->depth && level_of(cpu->mark[cpu->depth - 1].op) == LEVEL_TABLE;
    for (uint32_t i = cpu->depth; i-- > 0;) {
        if (cpu->mark[i].slot) {
            cpu->switcher = i;
            return;
        }
    }
}

/* ---- Domains --------------------------------------------------------------------------------- */

static struct chk_domain domain_of_driver(const struct chk *chk, const struct sim_rec_mark *mark)
{
    struct chk_domain domain = {.id = mark->domain, .is_known = true, .kind = SIM_DOMAIN_OPAQUE};

    if (mark->a == KERNEL_BLOCKED)
        domain.kind = SIM_DOMAIN_BLOCKED;
    else if (mark->a == KERNEL_IDENTITY)
        domain.kind = SIM_DOMAIN_IDENTITY;
    else if (mark->a & KERNEL_PAGING || sim_intent_n_ranges(chk->intent, mark->domain))
        domain.kind = SIM_DOMAIN_PAGING; /* a guest's, if the host was told what it maps */
    domain.is_lazy = domain.kind == SIM_DOMAIN_PAGING && mark->a & KERNEL_PAGING &&
                     (mark->a & KERNEL_FLUSH_QUEUE) != 0;
    return domain;
}

/* The mark of a PASID does not tell the domain's kind: it may be known from elsewhere. */
static struct chk_domain domain_of_pasid(const struct chk *chk, const struct sim_rec_mark *mark)
{
    struct chk_domain domain = {.id = mark->domain, .is_known = true, .kind = SIM_DOMAIN_OPAQUE};

    if (mark->op == SIM_OP_REMOVE_PASID) {
        domain.id = 0;
        domain.kind = SIM_DOMAIN_BLOCKED;
        return domain;
    }
    if (mark->b == KERNEL_IDENTITY) {
        domain.kind = SIM_DOMAIN_IDENTITY;
        return domain;
    }
    for (size_t i = 0; i < chk->n_slots; i++) {
        if (chk->slots[i]->domain.is_known && chk->slots[i]->domain.id == mark->domain)
            return chk->slots[i]->domain;
    }
    if (mark->domain && sim_intent_n_ranges(chk->intent, mark->domain))
        domain.kind = SIM_DOMAIN_PAGING;
    return domain;
}

/* Is any address mapped by both? Two sorted rows, side by side. */
static bool have_common(const struct sim_intent *intent, uint64_t a, uint64_t b)
{
    const size_t n_a = sim_intent_n_ranges(intent, a), n_b = sim_intent_n_ranges(intent, b);
    size_t i = 0, k = 0;

    while (i < n_a && k < n_b) {
        uint64_t a_iova, a_size, b_iova, b_size, pa;

        sim_intent_range(intent, a, i, &a_iova, &a_size, &pa);
        sim_intent_range(intent, b, k, &b_iova, &b_size, &pa);
        if (a_iova <= b_iova ? b_iova - a_iova < a_size : a_iova - b_iova < b_size)
            return true;
        if (a_iova < b_iova)
            i++;
        else
            k++;
    }
    return false;
}

static void note_domains(struct chk *chk, const struct chk_slot *slot,
                         const struct chk_domain *target, uint32_t op)
{
    if (op == CHK_NONE)
        return;
    chk->ops[op].has_new_domain = true;
    chk->ops[op].new_domain = target->id;
    chk->ops[op].new_kind = target->kind;
    chk->extra[op].has_no_common =
        slot->domain.is_known && slot->domain.kind == SIM_DOMAIN_PAGING &&
        target->kind == SIM_DOMAIN_PAGING && !have_common(chk->intent, slot->domain.id, target->id);
}

static void note_old_domain(struct chk *chk, const struct chk_slot *slot, uint32_t op)
{
    if (op == CHK_NONE || !slot->domain.is_known || chk->ops[op].has_old_domain)
        return;
    chk->ops[op].has_old_domain = true;
    chk->ops[op].old_domain = slot->domain.id;
    chk->ops[op].old_kind = slot->domain.kind;
}

/* ---- BEGIN ----------------------------------------------------------------------------------- */

/* A map or unmap concerns whoever uses the domain (0: not told, so everybody). */
static void enter_table_op(struct chk *chk, uint32_t op, uint64_t domain)
{
    struct chk_slot *user = NULL;
    size_t n_users = 0;

    for (size_t i = 0; i < chk->n_slots; i++) {
        struct chk_slot *slot = chk->slots[i];

        if (domain && (!slot->domain.is_known || slot->domain.id != domain))
            continue;
        chk_enter(chk, slot, op);
        user = slot;
        n_users++;
    }
    if (n_users == 1)
        chk_op_device(chk, op, user->dev);
}

static void enter_device(struct chk *chk, uint32_t op, const struct sim_rec_mark *mark)
{
    struct chk_slot *slot;

    if (mark->dev == SIM_NO_DEV)
        return;
    slot = chk_slot_get(chk, mark->dev, mark->pasid);
    if (!slot)
        return;
    note_old_domain(chk, slot, op);
    for (size_t i = 0; i < chk->n_slots; i++) {
        if (chk->slots[i]->dev == mark->dev)
            chk_enter(chk, chk->slots[i], op);
    }
}

/* Two marks of one slot: the inner one tells the switch more precisely. */
static void disarm_outer(struct chk *chk, struct chk_cpu *cpu)
{
    for (uint32_t i = 0; i + 1 < cpu->depth; i++) {
        struct chk_mark *outer = &cpu->mark[i];

        if (outer->slot != cpu->mark[cpu->depth - 1].slot)
            continue;
        if (outer->has_begun && cpu->op != CHK_NONE)
            chk->ops[cpu->op].switch_begin_seq = 0;
        outer->slot = NULL;
    }
}

/* The mark may turn out to switch its device: with the first access inside. */
static void arm_switch(struct chk *chk, struct chk_cpu *cpu, const struct sim_rec_mark *rec)
{
    struct chk_mark *mark = &cpu->mark[cpu->depth - 1];

    if ((level_of(rec->op) != LEVEL_DRIVER && !is_pasid_op(rec->op)) || rec->dev == SIM_NO_DEV)
        return;
    mark->slot = chk_slot_get(chk, rec->dev, rec->pasid);
    if (!mark->slot)
        return;
    disarm_outer(chk, cpu);
    mark->target = is_pasid_op(rec->op) ? domain_of_pasid(chk, rec) : domain_of_driver(chk, rec);
    chk_op_device(chk, cpu->op, rec->dev);
    note_old_domain(chk, mark->slot, cpu->op);
    chk_switch_mark(chk, mark->slot, cpu->op);
}

static void close_marks(struct chk *chk, struct chk_cpu *cpu, uint32_t depth,
                        const struct sim_record_seen *seen);

void chk_mark_begin(struct chk *chk, const struct sim_record_seen *seen)
{
    const struct sim_rec_mark *rec = &seen->rec->mark;
    const enum level level = level_of(rec->op);
    struct chk_cpu *cpu = chk_cpu(chk, seen->rec->cpu);
    uint32_t depth;

    if (!cpu || level == LEVEL_NONE)
        return;
    for (depth = cpu->depth; depth && level_of(cpu->mark[depth - 1].op) >= level; depth--)
        ;
    close_marks(chk, cpu, depth, NULL);
    SIM_BUG_ON(cpu->depth == CHK_MAX_DEPTH); /* there are fewer levels */
    cpu->mark[cpu->depth++] =
        (struct chk_mark){.op = rec->op, .dev = rec->dev, .domain = rec->domain, .a = rec->a};
    if (cpu->depth == 1) {
        cpu->op = chk_op_begin(chk, seen);
        if (level == LEVEL_TABLE)
            enter_table_op(chk, cpu->op, rec->domain);
        else
            enter_device(chk, cpu->op, rec);
    } else if (level == LEVEL_DRIVER || (level == LEVEL_TABLE && !is_in_driver(cpu))) {
        chk_part_begin(chk, chk_live_of(chk, cpu->op), rec->op);
    }
    arm_switch(chk, cpu, rec);
    find_switcher(cpu);
}

/* ---- END ------------------------------------------------------------------------------------- */

static void end_switch(struct chk *chk, struct chk_cpu *cpu, struct chk_mark *mark, int32_t ret)
{
    if (ret) {
        if (cpu->op != CHK_NONE && !chk->ops[cpu->op].has_new_domain) {
            chk->ops[cpu->op].has_new_domain = true;
            chk->ops[cpu->op].new_domain = mark->target.id;
            chk->ops[cpu->op].new_kind = mark->target.kind;
        }
        chk_switch_failed(chk, mark->slot, cpu->op);
        return;
    }
    note_domains(chk, mark->slot, &mark->target, cpu->op);
    chk_switch_end(chk, mark->slot, &mark->target, cpu->op);
}

/* An operation that switched nothing and did not fail left the old domain where it was. */
static void note_no_switch(struct chk *chk, uint32_t index)
{
    struct chk_op *op = &chk->ops[index];

    if (op->ret || op->has_new_domain || !op->has_old_domain)
        return;
    op->has_new_domain = true;
    op->new_domain = op->old_domain;
    op->new_kind = op->old_kind;
}

static void end_op(struct chk *chk, struct chk_cpu *cpu, const struct sim_record_seen *seen,
                   int32_t ret)
{
    const uint32_t op = cpu->op;

    cpu->op = CHK_NONE;
    if (op == CHK_NONE)
        return;
    chk_op_end(chk, op, seen, ret);
    note_no_switch(chk, op);
    for (size_t i = 0; i < chk->n_slots; i++)
        chk_leave(chk, chk->slots[i], op);
}

/* Marks from @depth on end with @seen; NULL: their ENDs are missing. */
static void close_marks(struct chk *chk, struct chk_cpu *cpu, uint32_t depth,
                        const struct sim_record_seen *seen)
{
    const struct sim_record_seen here = {.seq = chk->seq, .end_ps = chk->now_ps};

    while (cpu->depth > depth) {
        struct chk_mark *mark = &cpu->mark[cpu->depth - 1];
        const int32_t ret = seen ? seen->rec->mark_end.ret : 0; /* inner ones share its fate */

        if (!seen) {
            chk_op_inconclusive(chk, cpu->op, "the operation's end is missing");
            mark->target.is_known = false;
        }
        if (mark->slot)
            end_switch(chk, cpu, mark, ret);
        if (mark->op == SIM_OP_DRV_ATTACH && cpu->depth > 1)
            chk_part_end(chk, chk_live_of(chk, cpu->op));
        cpu->depth--;
        if (!cpu->depth)
            end_op(chk, cpu, seen ? seen : &here, ret);
    }
    find_switcher(cpu);
}

static bool is_same(const struct chk_mark *mark, const struct sim_rec_mark_end *end)
{
    if (mark->op != end->op || mark->dev != end->dev)
        return false;
    if (mark->domain && end->domain && mark->domain != end->domain)
        return false;
    return level_of(mark->op) != LEVEL_TABLE || mark->a == end->a;
}

/* Return: how deep the mark that @end closes stands on @cpu, CHK_NONE if it does not. */
static uint32_t find_mark(const struct chk_cpu *cpu, const struct sim_rec_mark_end *end,
                          bool is_strict)
{
    for (uint32_t i = cpu->depth; i-- > 0;) {
        if (is_strict ? is_same(&cpu->mark[i], end) : cpu->mark[i].op == end->op)
            return i;
    }
    return CHK_NONE;
}

/* Return: the CPU where the mark stands: the END's own, or the one that the task came from. */
static struct chk_cpu *cpu_of_end(struct chk *chk, const struct sim_record *rec, uint32_t *depth)
{
    struct chk_cpu *own = chk_cpu(chk, rec->cpu);

    if (!own)
        return NULL;
    *depth = find_mark(own, &rec->mark_end, true);
    if (*depth != CHK_NONE)
        return own;
    for (uint32_t i = 0; i < chk->n_cpus; i++) {
        if (!chk->cpus[i])
            continue;
        *depth = find_mark(chk->cpus[i], &rec->mark_end, true);
        if (*depth != CHK_NONE)
            return chk->cpus[i];
    }
    *depth = find_mark(own, &rec->mark_end, false);
    return *depth == CHK_NONE ? NULL : own;
}

void chk_mark_end(struct chk *chk, const struct sim_record_seen *seen)
{
    uint32_t depth;
    struct chk_cpu *cpu;

    if (level_of(seen->rec->mark_end.op) == LEVEL_NONE)
        return;
    cpu = cpu_of_end(chk, seen->rec, &depth);
    if (cpu)
        close_marks(chk, cpu, depth, seen);
}

/* The stream is over. */
void chk_mark_finish(struct chk *chk)
{
    for (uint32_t i = 0; i < chk->n_cpus; i++) {
        if (chk->cpus[i])
            close_marks(chk, chk->cpus[i], 0, NULL);
    }
}
