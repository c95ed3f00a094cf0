/* SPDX-License-Identifier: BSD-2-Clause
 * explore_queue.c - commands: stored, published, complete.
 * Knows: slots, pointers, waits. Must not know: what a command drops.
 *
 * A command acts some time after its publication. That it has acted is known when software has
 * waited for a sync behind it; until then caches may be as before or as after. */
#include "check/explore_private.h"

#include <stdlib.h>
#include <string.h>

#define LACKING "a command was published that the stream does not show"

static uint64_t size_of(const struct xpl_unit *unit)
{
    return UINT64_C(1) << unit->regs.queue_log2;
}

static bool is_in_queue(const struct xpl_unit *unit, uint64_t pa)
{
    const uint64_t n_bytes = size_of(unit) * unit->regs.slot_bytes;

    return unit->regs.queue_base && pa >= unit->regs.queue_base &&
           pa - unit->regs.queue_base < n_bytes;
}

static bool make_slots(struct xpl_core *core, struct xpl_unit *unit)
{
    if (!unit->slot)
        unit->slot = calloc(XPL_SLOTS, sizeof(*unit->slot));
    if (!unit->slot)
        core->error = SIM_ENOMEM;
    return unit->slot != NULL;
}

static void put_word(uint64_t *word, const struct sim_rec_store *store)
{
    const unsigned shift = 8u * (unsigned)(store->pa % sizeof(*word));
    uint64_t mask = UINT64_MAX;

    if (store->width < sizeof(*word))
        mask = (UINT64_C(1) << 8u * store->width) - 1;
    *word = (*word & ~(mask << shift)) | (store->value & mask) << shift;
}

bool xpl_queue_store(struct xpl_core *core, const struct sim_rec_store *store)
{
    for (uint32_t i = 0; i < core->n_units; i++) {
        struct xpl_unit *unit = &core->units[i];
        struct xpl_queue_slot *slot;
        uint64_t index, word;

        if (!unit->is_ours || !is_in_queue(unit, store->pa))
            continue;
        if (!make_slots(core, unit))
            return true;
        index = (store->pa - unit->regs.queue_base) / unit->regs.slot_bytes;
        word = store->pa % unit->regs.slot_bytes / sizeof(uint64_t);
        slot = &unit->slot[index % XPL_SLOTS];
        if (slot->index != index)
            memset(slot->word, 0, sizeof(slot->word));
        put_word(&slot->word[word], store);
        if (store->width == 2 * sizeof(uint64_t))
            slot->word[word | 1] = store->value_hi;
        slot->index = index;
        slot->seq = core->seq;
        slot->cpu = core->cpu;
        slot->is_new = true;
        return true;
    }
    return false;
}

static void publish_one(struct xpl_core *core, struct xpl_unit *unit, uint64_t index)
{
    struct xpl_queue_slot *slot = &unit->slot[index % XPL_SLOTS];
    struct xpl_command *command;

    if (!slot->is_new || slot->index != index) {
        xpl_op_hole(core, xpl_op_now(core), LACKING);
        unit->position++;
        return;
    }
    slot->is_new = false;
    if (!core->is_recorded)
        xpl_settle(core, slot->cpu, slot->seq);
    if (!xpl_grow(core, (void **)&unit->pending, unit->n_pending, &unit->n_max_pending,
                  sizeof(*unit->pending)))
        return;
    command = &unit->pending[unit->n_pending++];
    memset(command, 0, sizeof(*command));
    unit->arch->command(&unit->regs, slot->word, &command->command);
    command->is_doubted = command->command.is_overtaken;
    command->command.is_overtaken = command->is_doubted && !core->params->is_atc_in_order;
    command->position = unit->position++;
    command->door_seq = core->seq;
    if (xpl_op_now(core) != XPL_NONE) {
        core->ops[xpl_op_now(core)].commands++;
        core->ops[xpl_op_now(core)].syncs += command->command.kind == CHK_COMMAND_SYNC;
    }
}

void xpl_queue_publish(struct xpl_core *core, uint32_t unit_index)
{
    struct xpl_unit *unit = &core->units[unit_index];
    const uint64_t size = size_of(unit);
    const uint64_t n = (unit->regs.prod - unit->prod) & (2 * size - 1);

    if (!unit->regs.has_queue) { /* set up: where it starts; what was in it may never run */
        unit->n_pending = 0;
        unit->prod = unit->regs.prod;
        unit->position = unit->prod & (size - 1);
        return;
    }
    if (n > size || !make_slots(core, unit)) {
        xpl_op_hole(core, xpl_op_now(core), "the queue's write pointer went backwards");
        return;
    }
    for (uint64_t i = 0; i < n; i++)
        publish_one(core, unit, (unit->prod + i) & (size - 1));
    unit->prod = unit->regs.prod;
}

static void run_command(struct xpl_core *core, uint32_t unit, const struct xpl_command *command)
{
    const bool is_sweep =
        command->command.kind == CHK_COMMAND_TLB || command->command.kind == CHK_COMMAND_CONFIG;

    if (is_sweep)
        xpl_late_flush_buffer(core, unit, command->door_seq);
    switch ((enum chk_command_kind)command->command.kind) {
    case CHK_COMMAND_ATC:
        xpl_atc_purge(core, unit, command);
        break;
    case CHK_COMMAND_TLB:
        xpl_tlb_purge(core, unit, command);
        xpl_pte_purge(core, unit, command, false);
        break;
    case CHK_COMMAND_CONFIG:
        xpl_hold_purge(core, unit, command);
        break;
    case CHK_COMMAND_FLUSH:
        xpl_late_flush_buffer(core, unit, command->door_seq);
        break;
    case CHK_COMMAND_OTHER:
    case CHK_COMMAND_PREFETCH:
    case CHK_COMMAND_SYNC:
    case CHK_COMMAND_ILLEGAL:
    default:
        break;
    }
}

/* What both stages make together. */
static void purge_combined(struct xpl_core *core, uint32_t unit, const struct xpl_command *command)
{
    const struct xpl_command copy = *command;

    if (copy.command.kind == CHK_COMMAND_TLB)
        xpl_pte_purge(core, unit, &copy, true);
}

/* Those of one kind among the @n from @first on. */
static void run_kind(struct xpl_core *core, uint32_t unit, uint32_t first, uint32_t n,
                     enum chk_command_kind kind)
{
    for (uint32_t i = first; i < first + n; i++) {
        const struct xpl_command command = core->units[unit].pending[i];

        if (command.command.kind == kind)
            run_command(core, unit, &command);
    }
}

/* Must the command on a device @atc wait for @older? */
static bool holds_back(const struct chk_command *older, const struct chk_command *atc)
{
    if (older->kind == CHK_COMMAND_SYNC)
        return older->is_fence;
    return older->kind == CHK_COMMAND_TLB && !(older->is_overtaken && atc->is_plain);
}

/* Those on devices that wait for what is before @first and for nothing later. */
static void run_devices(struct xpl_core *core, uint32_t unit, uint32_t first, uint32_t end)
{
    const struct xpl_unit *u = &core->units[unit];
    bool is_any_held = false;

    for (uint32_t i = first; i < end; i++) {
        const struct xpl_command command = u->pending[i];
        const struct chk_command *before = first ? &u->pending[first - 1].command : NULL;

        if (command.command.kind == CHK_COMMAND_SYNC && command.command.is_fence)
            return;
        if (command.command.kind == CHK_COMMAND_TLB && !command.command.is_overtaken)
            return;
        is_any_held = is_any_held || command.command.kind == CHK_COMMAND_TLB;
        if (command.command.kind == CHK_COMMAND_ATC && (command.command.is_plain || !is_any_held) &&
            (!before || holds_back(before, &command.command)))
            run_command(core, unit, &command);
    }
}

/* Commands on devices behind @last that may have begun before what is complete now. */
static void overtake(struct xpl_unit *unit, uint32_t last)
{
    bool is_overtaken = false;

    for (uint32_t i = 0; i <= last; i++)
        is_overtaken = is_overtaken || unit->pending[i].command.is_overtaken;
    for (uint32_t i = last + 1; i < unit->n_pending && is_overtaken; i++) {
        struct chk_command *command = &unit->pending[i].command;

        if (command->kind == CHK_COMMAND_ATC && command->is_plain)
            command->kind = CHK_COMMAND_OTHER; /* it may have dropped nothing */
    }
}

/* Does it matter what waits for what? Then the report says so. */
static void note_order(struct xpl_core *core, const struct xpl_unit *unit)
{
    bool is_open = false;

    for (uint32_t i = 0; i < unit->n_pending && xpl_op_now(core) != XPL_NONE; i++) {
        const struct xpl_command *command = &unit->pending[i];

        if (command->command.is_fence)
            is_open = false;
        is_open = is_open || command->is_doubted;
        if (is_open && command->command.kind == CHK_COMMAND_ATC && command->command.is_plain)
            core->ops[xpl_op_now(core)].notes |= XPL_NOTE_ATC_ORDER;
    }
}

/* What acts in the order of the queue, the sync at @last included. */
static void complete_in_order(struct xpl_core *core, uint32_t unit, uint32_t last)
{
    struct xpl_unit *u = &core->units[unit];

    note_order(core, u);
    if (!u->pending[last].command.is_fence)
        overtake(u, last);
    run_devices(core, unit, 0, last);
    for (uint32_t i = 0; i < last; i++) {
        const struct xpl_command command = core->units[unit].pending[i];

        core->act_seq = command.door_seq;
        purge_combined(core, unit, &command);
        if (command.command.kind != CHK_COMMAND_ATC)
            run_command(core, unit, &command);
        if (command.command.kind == CHK_COMMAND_TLB || command.command.is_fence)
            run_devices(core, unit, i + 1, last);
    }
    core->act_seq = 0;
}

/* Commands between two syncs act in any order, and each as if it were alone: what takes away what
 * others lead to comes last. */
static void complete_interval(struct xpl_core *core, uint32_t unit, uint32_t first, uint32_t n)
{
    run_kind(core, unit, first, n, CHK_COMMAND_ATC);
    for (uint32_t i = first; i < first + n; i++)
        purge_combined(core, unit, &core->units[unit].pending[i]);
    run_kind(core, unit, first, n, CHK_COMMAND_TLB);
    run_kind(core, unit, first, n, CHK_COMMAND_CONFIG);
}

/* The sync at @last and all before it are complete. */
static void complete(struct xpl_core *core, uint32_t unit_index, uint32_t last)
{
    struct xpl_unit *unit = &core->units[unit_index];
    const bool is_in_order = unit->arch->is_queue_in_order;
    uint32_t first = 0;

    if (is_in_order)
        complete_in_order(core, unit_index, last);
    for (uint32_t i = 0; i <= last && !is_in_order; i++) {
        if (unit->pending[i].command.kind != CHK_COMMAND_SYNC)
            continue;
        complete_interval(core, unit_index, first, i - first);
        first = i + 1;
    }
    memmove(unit->pending, unit->pending + last + 1,
            (unit->n_pending - last - 1) * sizeof(*unit->pending));
    unit->n_pending -= last + 1;
}

/* ---- commands without a queue ---- */

void xpl_queue_start(struct xpl_core *core, uint32_t unit_index, uint64_t offset)
{
    struct xpl_unit *unit = &core->units[unit_index];
    struct chk_started list[CHK_MAX_STARTED];
    const unsigned n = unit->arch->started(&unit->regs, offset, list);

    for (unsigned i = 0; i < n; i++) {
        struct xpl_started *to;

        if (!xpl_grow(core, (void **)&unit->started, unit->n_started, &unit->n_max_started,
                      sizeof(*unit->started)))
            return;
        to = &unit->started[unit->n_started++];
        memset(to, 0, sizeof(*to));
        to->command.command = list[i].command;
        to->command.door_seq = core->seq;
        to->by = list[i].by;
        if (xpl_op_now(core) != XPL_NONE)
            core->ops[xpl_op_now(core)].commands++;
    }
}

/* What the register's value tells to be complete acted in its order. */
static void finish(struct xpl_core *core, uint32_t unit_index, const struct sim_rec_wait *wait)
{
    struct xpl_unit *unit = &core->units[unit_index];
    uint32_t kept = 0;
    bool is_any = false;

    for (uint32_t i = 0; i < unit->n_started; i++) {
        const struct xpl_started started = unit->started[i];

        if (!unit->arch->is_finished(&unit->regs, started.by, wait->addr, wait->mask,
                                     wait->value)) {
            unit->started[kept++] = started;
            continue;
        }
        is_any = true;
        core->act_seq = started.command.door_seq;
        run_command(core, unit_index, &started.command);
        core->act_seq = 0;
    }
    unit->n_started = kept;
    if (is_any && xpl_op_now(core) != XPL_NONE)
        core->ops[xpl_op_now(core)].syncs++;
}

/* ---- waits ---- */

/* Does the word at its address tell of this sync, and not of one that signals there, too? */
static bool is_signalled(const struct xpl_unit *unit, uint32_t sync,
                         const struct sim_rec_wait *wait)
{
    const struct chk_command *command = &unit->pending[sync].command;

    if (!command->signal || command->signal != wait->addr)
        return false;
    for (uint32_t i = 0; i < sync; i++) {
        const struct chk_command *other = &unit->pending[i].command;
        const uint64_t distance = unit->pending[sync].position - unit->pending[i].position;

        if (distance % size_of(unit) == 0)
            continue; /* its slot was used again: it is over */
        if (other->kind == CHK_COMMAND_SYNC && other->signal == command->signal &&
            (other->signal_value == command->signal_value ||
             ((wait->value ^ command->signal_value) & wait->mask) != 0))
            return false;
    }
    return true;
}

/* The last pending sync that the wait tells of; XPL_NONE if there is none. */
static uint32_t find_sync(const struct xpl_unit *unit, const struct sim_rec_wait *wait)
{
    const uint64_t size = size_of(unit);
    uint32_t read = 0;
    uint32_t found = XPL_NONE;

    for (uint32_t i = 0; i < unit->n_pending; i++) {
        const struct xpl_command *command = &unit->pending[i];
        bool is_it = false;

        if (command->command.kind != CHK_COMMAND_SYNC || command->command.is_silent)
            continue;
        if (wait->cond == SIM_COND_QUEUE)
            is_it = wait->addr == unit->regs.queue_base &&
                    (command->position & (size - 1)) == (wait->index & (size - 1));
        else if (wait->cond == SIM_COND_MEM)
            is_it = is_signalled(unit, i, wait);
        else if (unit->arch->queue_is_past(&unit->regs, wait->addr, wait->value, &read))
            is_it = ((read - 1 - command->position) & (size - 1)) < size / 2;
        if (is_it)
            found = i;
    }
    return found;
}

/* Would the command in @slot, which was stored and never published, end the wait? */
static bool is_it(const struct xpl_unit *unit, const struct xpl_queue_slot *slot,
                  const struct sim_rec_wait *wait)
{
    struct chk_command command;

    if (!slot->is_new)
        return false;
    if (wait->cond == SIM_COND_QUEUE)
        return wait->addr == unit->regs.queue_base &&
               slot->index == (wait->index & (size_of(unit) - 1));
    unit->arch->command(&unit->regs, slot->word, &command);
    return command.kind == CHK_COMMAND_SYNC && command.signal && command.signal == wait->addr;
}

/* Nothing that was published tells of the end of the wait; software that saw it saw no hardware. */
static bool is_in_vain(const struct xpl_unit *unit, const struct sim_rec_wait *wait)
{
    bool is_found = false;

    if (wait->cond == SIM_COND_REG || !unit->regs.has_queue || !unit->slot)
        return false;
    for (uint64_t i = 0; i < size_of(unit) && i < XPL_SLOTS && !is_found; i++)
        is_found = is_it(unit, &unit->slot[i], wait);
    return is_found;
}

void xpl_queue_wait(struct xpl_core *core, const struct sim_rec_wait *wait)
{
    if (wait->ret)
        return;
    for (uint32_t i = 0; i < core->n_units; i++) {
        const struct xpl_unit *unit = &core->units[i];
        uint32_t sync;

        if (!unit->is_ours || (wait->cond == SIM_COND_REG && unit->iommu != wait->iommu))
            continue;
        if (wait->cond == SIM_COND_REG && unit->n_started)
            finish(core, i, wait);
        sync = find_sync(unit, wait);
        if (sync != XPL_NONE)
            complete(core, i, sync);
        else if (is_in_vain(unit, wait))
            xpl_op_hole(core, xpl_op_now(core),
                        "a wait ended for a command that was not published");
    }
}
