/* SPDX-License-Identifier: BSD-2-Clause
 * explore_hold.c - values of configuration structures that caches may hold.
 * Knows: keys, addresses, stores, invalidations. Must not know: what the words mean.
 *
 * A value stays until an invalidation of its key is complete that was published (its doorbell)
 * after the value's successor was visible for sure: after a barrier of the CPU that stored it, or,
 * where barriers are implied, a doorbell for a command that the CPU stored later. What cannot be
 * reached any more is not fetched again. */
#include "check/explore_private.h"

#include <stdlib.h>
#include <string.h>

#define WORD_BYTES 8u
#define LINE_BYTES 64u
#define MAX_COMPARED 4096u /* stores that are not ordered; beyond, all may be missed */

static uint32_t hash_key(uint32_t unit, const struct chk_key *key)
{
    const uint64_t mix = ((uint64_t)key->requester * 0x9e3779b1u) ^ ((uint64_t)key->index << 7) ^
                         ((uint64_t)key->structure << 3) ^ unit;

    return (uint32_t)((mix ^ mix >> 17) % XPL_BUCKETS);
}

static uint32_t hash_place(uint64_t pa)
{
    const uint64_t line = pa / LINE_BYTES;

    return (uint32_t)((line ^ line >> 11) % XPL_BUCKETS);
}

/* ---- values ---- */

static struct xpl_value *add_value(struct xpl_core *core, struct xpl_atom *atom)
{
    if (!xpl_grow(core, (void **)&atom->value, atom->n, &atom->n_max, sizeof(*atom->value)))
        return NULL;
    memset(&atom->value[atom->n], 0, sizeof(*atom->value));
    return &atom->value[atom->n++];
}

void xpl_value_settle(struct xpl_value *value, uint64_t gone)
{
    value->gone = gone;
    value->n_over = 0;
    value->lacks = 0;
    memset(value->over, 0, sizeof(value->over));
}

static bool has_words(const struct xpl_value *value, const uint64_t *word)
{
    return value->word[0] == word[0] && value->word[1] == word[1];
}

/* The same value for the same reason: two that lack different stores end at different times. */
static struct xpl_value *find_value(const struct xpl_atom *atom, const struct xpl_value *like)
{
    for (uint32_t i = 0; i < atom->n; i++) {
        struct xpl_value *value = &atom->value[i];

        if (has_words(value, like->word) && value->n_over == like->n_over &&
            memcmp(value->over, like->over, sizeof(value->over)) == 0)
            return value;
    }
    return NULL;
}

/* A value that comes back is one value, with its newest date. */
void xpl_hold_value(struct xpl_core *core, struct xpl_atom *atom, const struct xpl_value *value)
{
    struct xpl_value *held = find_value(atom, value);

    if (!held) {
        if (atom->n >= core->params->max_values) {
            core->values_left_out = true;
            xpl_op_hole(core, xpl_op_now(core), XPL_MORE_VALUES);
            return;
        }
        held = add_value(core, atom);
        if (held)
            *held = *value;
        return;
    }
    for (unsigned i = 0; i < 2; i++) {
        if (held->word_first[i] < value->word_first[i])
            held->word_first[i] = value->word_first[i];
    }
    if (value->gone > held->gone)
        held->gone = value->gone;
    if (value->late > held->late)
        held->late = value->late;
    if (value->whole_since < held->whole_since)
        held->whole_since = value->whole_since;
}

/* ---- items ---- */

uint32_t xpl_item_first(const struct xpl_core *core, uint32_t unit, const struct chk_key *key)
{
    uint32_t i = core->by_key[hash_key(unit, key)];

    while (i != XPL_NONE &&
           (core->items[i].unit != unit || memcmp(&core->items[i].key, key, sizeof(*key)) != 0))
        i = core->items[i].by_key;
    return i;
}

uint32_t xpl_item_next(const struct xpl_core *core, uint32_t item)
{
    const struct xpl_item *from = &core->items[item];
    uint32_t i = from->by_key;

    while (i != XPL_NONE && (core->items[i].unit != from->unit ||
                             memcmp(&core->items[i].key, &from->key, sizeof(from->key)) != 0))
        i = core->items[i].by_key;
    return i;
}

static bool reads_16(const struct xpl_core *core, uint32_t unit)
{
    return core->params->atom_bytes > WORD_BYTES || core->units[unit].arch->reads_16;
}

static uint32_t new_item(struct xpl_core *core, uint32_t unit, const struct chk_chain *chain)
{
    struct xpl_item *item = NULL;
    uint32_t i = 0;

    while (i < core->n_items && core->items[i].is_live)
        i++;
    if (i == core->n_items) {
        if (!xpl_grow(core, (void **)&core->items, i, &core->n_max_items, sizeof(*core->items)))
            return XPL_NONE;
        memset(&core->items[core->n_items++], 0, sizeof(*core->items));
    }
    item = &core->items[i];
    item->key = chain->key;
    item->unit = unit;
    item->address = chain->address;
    item->n_words = chain->n_words;
    item->words_per_atom = (uint8_t)(reads_16(core, unit) && chain->n_words > 1 ? 2 : 1);
    item->is_live = true;
    item->is_reached = false;
    item->is_unknown = false;
    item->by_key = core->by_key[hash_key(unit, &chain->key)];
    core->by_key[hash_key(unit, &chain->key)] = i;
    item->by_place = core->by_place[hash_place(chain->address)];
    core->by_place[hash_place(chain->address)] = i;
    return i;
}

/* ---- reaching ---- */

/* Hardware may fetch it from now on: what memory says, and what it may still seem to say. */
static void fetch(struct xpl_core *core, struct xpl_item *item)
{
    const unsigned per_atom = item->words_per_atom;
    const struct xpl_late *late[XPL_MAX_LATE];
    const unsigned n_late = xpl_line_find(core, item, late);

    for (unsigned i = 0; i < item->n_words / per_atom; i++) {
        const uint64_t pa = item->address + (uint64_t)i * per_atom * WORD_BYTES;
        struct xpl_value value = {.gone = XPL_NEVER};

        for (unsigned j = 0; j < per_atom; j++)
            value.word[j] = xpl_line_undone(core, pa + (uint64_t)j * WORD_BYTES, late, n_late);
        xpl_hold_value(core, &item->atom[i], &value);
        if (core->n_loose)
            xpl_loose_hold(core, item, &item->atom[i], pa, &value);
    }
    for (unsigned i = 0; i < n_late; i++)
        xpl_line_fetch(core, item, late[i]);
    if (!sim_mem_is_known(core->mem, item->address, (uint64_t)item->n_words * WORD_BYTES))
        item->is_unknown = true;
    item->is_reached = true;
}

uint32_t xpl_item_reach(struct xpl_core *core, uint32_t unit, const struct chk_chain *chain,
                        uint64_t since)
{
    uint32_t i = xpl_item_first(core, unit, &chain->key);

    while (i != XPL_NONE && core->items[i].address != chain->address)
        i = xpl_item_next(core, i);
    if (i == XPL_NONE)
        i = new_item(core, unit, chain);
    if (i == XPL_NONE)
        return i;
    if (!core->items[i].is_reached)
        fetch(core, &core->items[i]);
    if (core->items[i].pass != core->pass || since < core->items[i].reach_since)
        core->items[i].reach_since = since;
    core->items[i].pass = core->pass;
    return i;
}

uint32_t xpl_item_in_line(const struct xpl_core *core, uint64_t pa)
{
    return core->by_place[hash_place(pa)];
}

static void unlink_from(struct xpl_core *core, uint32_t *head, uint32_t item, bool is_key)
{
    uint32_t *at = head;

    while (*at != item)
        at = is_key ? &core->items[*at].by_key : &core->items[*at].by_place;
    *at = is_key ? core->items[item].by_key : core->items[item].by_place;
}

static void drop_item(struct xpl_core *core, uint32_t i)
{
    struct xpl_item *item = &core->items[i];

    unlink_from(core, &core->by_key[hash_key(item->unit, &item->key)], i, true);
    unlink_from(core, &core->by_place[hash_place(item->address)], i, false);
    for (unsigned a = 0; a < CHK_MAX_WORDS; a++)
        item->atom[a].n = 0;
    item->is_live = item->is_matched = false;
}

/* ---- stores ---- */

/* The store of this record is not ordered before anything yet. */
static void be_overwritten(const struct xpl_core *core, struct xpl_value *value, uint32_t words)
{
    value->lacks |= words;
    if (value->n_over < XPL_OVERS) /* one of several is enough */
        value->over[value->n_over++] = (struct xpl_over){core->seq, core->cpu};
}

/* Every value that may be what memory shows becomes one with the word replaced. Of two stores that
 * are not ordered either may be first, unless they are to one word. */
static void overwrite(struct xpl_core *core, const struct xpl_item *item, struct xpl_atom *atom,
                      const uint64_t *word, unsigned first_word, unsigned n_words)
{
    const uint32_t words = ((1u << n_words) - 1) << first_word;
    const uint32_t n = atom->n;

    for (uint32_t i = 0; i < n; i++) {
        struct xpl_value next = atom->value[i];

        if (next.gone != XPL_NEVER)
            continue;
        for (unsigned j = 0; j < n_words; j++) {
            next.word[first_word + j] = word[j];
            next.word_first[first_word + j] = core->seq;
        }
        next.since = core->seq;
        if (atom == item->atom && !xpl_is_present(core, item, &atom->value[i]))
            next.whole_since = core->seq;
        if (has_words(&next, atom->value[i].word) && !next.n_over)
            continue;
        be_overwritten(core, &atom->value[i], words);
        if (!(next.lacks & words))
            xpl_hold_value(core, atom, &next);
    }
}

static void store_item(struct xpl_core *core, struct xpl_item *item, uint64_t pa,
                       const uint64_t *words, unsigned n_words)
{
    const unsigned per_atom = item->words_per_atom;
    const unsigned first = (unsigned)((pa - item->address) / WORD_BYTES);

    for (unsigned w = 0; w < n_words;) {
        const unsigned atom = (first + w) / per_atom;
        const unsigned in_atom = (first + w) % per_atom;
        const unsigned n = n_words - w < per_atom - in_atom ? n_words - w : per_atom - in_atom;

        if (item->is_reached)
            overwrite(core, item, &item->atom[atom], words + w, in_atom, n);
        w += n;
    }
    xpl_stream_dirty(core, item->unit, item->key.requester, xpl_is_shared(item->key.structure));
}

/* The part of a store of @n_words at @pa that is to @item. */
static void store_part(struct xpl_core *core, struct xpl_item *item, uint64_t pa,
                       const uint64_t *words, unsigned n_words)
{
    const uint64_t end = pa + (uint64_t)n_words * WORD_BYTES;
    const uint64_t item_end = item->address + (uint64_t)item->n_words * WORD_BYTES;
    const uint64_t from = pa > item->address ? pa : item->address;
    const uint64_t to = end < item_end ? end : item_end;

    if (from < to)
        store_item(core, item, from, words + (from - pa) / WORD_BYTES,
                   (unsigned)((to - from) / WORD_BYTES));
}

void xpl_hold_store(struct xpl_core *core, uint64_t pa, const uint64_t *words, unsigned n_words,
                    bool is_atomic)
{
    const unsigned at_once = is_atomic ? n_words : 1;

    for (unsigned w = 0; w < n_words; w += at_once) {
        const uint64_t at = pa + (uint64_t)w * WORD_BYTES;

        for (uint32_t i = core->by_place[hash_place(at)]; i != XPL_NONE;
             i = core->items[i].by_place)
            store_part(core, &core->items[i], at, words + w, at_once);
    }
}

static bool is_settled(const struct xpl_value *value, uint16_t cpu, uint64_t before)
{
    for (uint32_t i = 0; i < value->n_over; i++) {
        if (value->over[i].cpu == cpu && value->over[i].seq < before)
            return true;
    }
    return false;
}

static void settle_atom(const struct xpl_core *core, const struct xpl_item *item,
                        struct xpl_atom *atom, uint16_t cpu, uint64_t before)
{
    for (uint32_t v = 0; v < atom->n; v++) {
        struct xpl_value *value = &atom->value[v];

        if (!is_settled(value, cpu, before))
            continue;
        if (cpu == XPL_NOBODY)
            xpl_value_settle(value, core->seq);
        else
            xpl_line_value(core, item->unit, value, core->seq, true);
    }
}

/* Is there a later store to the same words that is visible now? Then nobody misses this one. */
static bool is_covered(const struct xpl_core *core, const struct xpl_loose *loose, uint16_t cpu,
                       uint64_t before)
{
    for (uint32_t i = 0; core->n_loose <= MAX_COMPARED && i < core->n_loose; i++) {
        const struct xpl_loose *later = &core->loose[i];

        if (later->seq > loose->seq && later->cpu == cpu && later->seq < before &&
            later->pa <= loose->pa &&
            later->pa + (uint64_t)later->n_words * WORD_BYTES >=
                loose->pa + (uint64_t)loose->n_words * WORD_BYTES)
            return true;
    }
    return false;
}

/* Stores of @cpu that are older than record @before are visible from now on. */
void xpl_hold_settle(struct xpl_core *core, uint16_t cpu, uint64_t before)
{
    uint32_t kept = 0;

    for (uint32_t i = 0; i < core->n_items; i++) {
        struct xpl_item *item = &core->items[i];

        for (unsigned a = 0; item->is_live && a < item->n_words; a++)
            settle_atom(core, item, &item->atom[a], cpu, before);
        if (item->is_live)
            xpl_hold_forget(core, item);
    }
    for (uint32_t i = 0; i < core->n_loose; i++)
        core->loose[i].is_over = (core->loose[i].cpu == cpu && core->loose[i].seq < before) ||
                                 is_covered(core, &core->loose[i], cpu, before);
    for (uint32_t i = 0; i < core->n_loose; i++) {
        if (!core->loose[i].is_over)
            core->loose[kept++] = core->loose[i];
    }
    core->n_loose = kept;
}

/* ---- invalidations ---- */

/* Commands that name what an entry says: does @command name those that begin with @value? */
static bool names(const struct xpl_core *core, const struct xpl_item *item,
                  const struct xpl_value *value, const struct chk_command *command)
{
    const struct xpl_unit *unit = &core->units[item->unit];
    uint64_t words[CHK_MAX_WORDS];

    if (!unit->arch->names)
        return true;
    xpl_first_words(item, value, words);
    return unit->arch->names(&unit->regs, command, &item->key, words);
}

/* Is every entry that a cache may have of the item named? */
static bool is_all_named(const struct xpl_core *core, const struct xpl_item *item,
                         const struct chk_command *command)
{
    for (uint32_t v = 0; v < item->atom[0].n; v++) {
        const struct xpl_value *value = &item->atom[0].value[v];

        if (xpl_keeps(core, item, value) && !names(core, item, value, command))
            return false;
    }
    return true;
}

/* The one beginning that memory may have had since @published, if it is named: what was read for it
 * before is gone. */
static void make_whole(const struct xpl_core *core, struct xpl_item *item,
                       const struct chk_command *command, uint64_t published)
{
    struct xpl_value *only = NULL;
    uint32_t n = 0;

    for (uint32_t v = 0; v < item->atom[0].n; v++) {
        if (item->atom[0].value[v].gone > published) {
            only = &item->atom[0].value[v];
            n++;
        }
    }
    if (n == 1 && only->whole_since < published && names(core, item, only, command))
        only->whole_since = published;
}

/* What is named and was overwritten before @published goes; the rest of an entry only with every
 * beginning that it may have. Return: is anything left? */
static bool purge_item(const struct xpl_core *core, struct xpl_item *item,
                       const struct chk_command *command, uint64_t published)
{
    const bool is_all = is_all_named(core, item, command);
    bool is_left = false;

    make_whole(core, item, command, published);
    for (unsigned a = 0; a < item->n_words; a++) {
        struct xpl_atom *atom = &item->atom[a];
        uint32_t kept = 0;

        for (uint32_t v = 0; v < atom->n; v++) {
            const struct xpl_value *value = &atom->value[v];

            if (value->gone > published ||
                !(is_all || (a == 0 && names(core, item, value, command))))
                atom->value[kept++] = *value;
        }
        atom->n = kept;
        is_left = is_left || kept;
    }
    return is_left;
}

void xpl_hold_unreached(struct xpl_core *core, uint32_t unit, uint32_t requester)
{
    for (uint32_t i = 0; i < core->n_items; i++) {
        struct xpl_item *item = &core->items[i];
        const bool is_shared = xpl_is_shared(item->key.structure);

        if (!item->is_live || item->unit != unit || is_shared != (requester == CHK_NO_ID) ||
            (!is_shared && item->key.requester != requester) || item->pass == core->pass ||
            !item->is_reached)
            continue;
        item->is_reached = false;
        for (unsigned a = 0; a < item->n_words; a++) {
            for (uint32_t v = 0; v < item->atom[a].n; v++) {
                if (item->atom[a].value[v].gone > core->seq)
                    xpl_value_settle(&item->atom[a].value[v],
                                     core->act_seq ? core->act_seq : core->seq);
            }
        }
        xpl_hold_forget(core, item);
        if (!item->atom[0].n)
            drop_item(core, i);
    }
}

/* What the command dropped comes back only as it was when something led to it that is left. */
void xpl_hold_purge(struct xpl_core *core, uint32_t unit, const struct xpl_command *command)
{
    const struct chk_command *cmd = &command->command;

    for (uint32_t i = 0; i < core->n_items; i++) {
        struct xpl_item *item = &core->items[i];

        item->is_matched = false;
        if (!item->is_live || item->unit != unit ||
            !core->units[unit].arch->drops_config(&core->units[unit].regs, cmd, &item->key))
            continue;
        xpl_stream_dirty(core, unit, item->key.requester, xpl_is_shared(item->key.structure));
        if (!purge_item(core, item, cmd, command->door_seq))
            drop_item(core, i);
        else
            item->is_matched = item->is_reached && is_all_named(core, item, cmd);
    }
    for (bool is_more = true; is_more;) {
        is_more = false;
        xpl_look(core);
        for (uint32_t i = 0; i < core->n_items; i++) {
            struct xpl_item *item = &core->items[i];

            if (!item->is_live || !item->is_matched ||
                (item->is_reached && purge_item(core, item, cmd, item->reach_since)))
                continue;
            xpl_stream_dirty(core, unit, item->key.requester, false);
            drop_item(core, i);
            is_more = true;
        }
    }
}

bool xpl_hold_reaches(const struct xpl_core *core, uint64_t first, uint64_t last)
{
    for (uint32_t i = 0; i < core->n_items; i++) {
        const struct xpl_item *item = &core->items[i];

        if (item->is_live && item->is_reached && item->address <= last &&
            item->address + (uint64_t)item->n_words * WORD_BYTES > first)
            return true;
    }
    return false;
}

void xpl_hold_free(struct xpl_core *core)
{
    for (uint32_t i = 0; i < core->n_items; i++) {
        for (unsigned a = 0; a < CHK_MAX_WORDS; a++)
            free(core->items[i].atom[a].value);
    }
    free(core->items);
    free(core->loose);
}
