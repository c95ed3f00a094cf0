/* SPDX-License-Identifier: BSD-2-Clause
 * explore_view.c - all that a request may meet: every combination of what caches may hold.
 * Knows: chains, items. Must not know: layouts, operations.
 *
 * A look-up goes from structure to structure. At each, every item that is found by its key is
 * tried with every combination of its atoms; look-ups that are in the same state afterwards are
 * one. So what is counted is exact, and what is kept is small. */
#include "check/explore_private.h"

#include <stdlib.h>
#include <string.h>

/* ---- lists of answers ---- */

static bool is_same(const struct xpl_seen *a, const struct xpl_seen *b)
{
    return a->source == b->source && a->target.event == b->target.event &&
           a->target.ats == b->target.ats && /* a device's own requests differ */
           chk_target_equal(&a->target, &b->target);
}

/* One answer of two configurations: the device may ask under either, and either may refuse what it
 * has translated. */
static uint32_t both_ats(uint32_t a, uint32_t b)
{
    return ((a | b) & CHK_ATS_ANSWERS) | (a & b & CHK_ATS_PASSES);
}

void xpl_list_add(struct xpl_core *core, struct xpl_list *list, const struct xpl_seen *seen)
{
    for (uint32_t i = 0; i < list->n; i++) {
        struct xpl_seen *old = &list->seen[i];

        if (!is_same(old, seen))
            continue;
        old->is_unknown = old->is_unknown || seen->is_unknown;
        old->is_exposed = old->is_exposed && seen->is_exposed;
        old->target.ats = both_ats(old->target.ats, seen->target.ats);
        if (seen->newest > old->newest) {
            old->newest = seen->newest;
            old->view = seen->view;
        }
        return;
    }
    if (xpl_grow(core, (void **)&list->seen, list->n, &list->n_max, sizeof(*list->seen)))
        list->seen[list->n++] = *seen;
}

/* ---- streams ---- */

struct xpl_stream *xpl_stream_get(struct xpl_core *core, uint32_t unit, uint32_t dev,
                                  const struct chk_request *request)
{
    struct xpl_stream *stream = NULL;

    for (uint32_t i = 0; i < core->n_streams; i++) {
        stream = &core->streams[i];
        if (stream->unit == unit && memcmp(&stream->request, request, sizeof(*request)) == 0) {
            if (stream->dev == SIM_NO_DEV) {
                stream->dev = dev;
                xpl_atc_inherit(core, stream);
            }
            return stream;
        }
    }
    if (!xpl_grow(core, (void **)&core->streams, core->n_streams, &core->n_max_streams,
                  sizeof(*core->streams)))
        return NULL;
    stream = &core->streams[core->n_streams++];
    memset(stream, 0, sizeof(*stream));
    stream->request = *request;
    stream->unit = unit;
    stream->dev = dev;
    stream->op = XPL_NONE;
    stream->closed_op = XPL_NONE;
    xpl_atc_inherit(core, stream);
    return stream;
}

void xpl_stream_dirty(struct xpl_core *core, uint32_t unit, uint32_t requester, bool is_all)
{
    for (uint32_t i = 0; i < core->n_streams; i++) {
        struct xpl_stream *stream = &core->streams[i];

        if (stream->unit == unit && (is_all || stream->request.requester == requester))
            stream->is_dirty = true;
    }
}

/* ---- look-ups ---- */

static uint64_t hash_chain(const struct chk_chain *chain)
{
    const unsigned char *byte = (const unsigned char *)chain;
    uint64_t hash = 0xcbf29ce484222325u;
    uint64_t word;

    for (size_t i = 0; i + sizeof(word) <= sizeof(*chain); i += sizeof(word)) {
        memcpy(&word, byte + i, sizeof(word));
        hash = (hash ^ word) * 0x100000001b3u;
        hash ^= hash >> 29;
    }
    return hash;
}

/* Among the nodes from @first on, the one in the same state; or none. */
static struct xpl_node *same_node(struct xpl_core *core, uint32_t first,
                                  const struct xpl_node *node)
{
    for (uint32_t i = first; i < core->n_nodes; i++) {
        const struct chk_chain *a = &core->nodes[i].chain;
        const struct chk_chain *b = &node->chain;

        if (core->nodes[i].hash != node->hash)
            continue;
        /* Chains are written whole (arch.h), padding too: equal bytes are equal chains. */
        /* NOLINTNEXTLINE(bugprone-suspicious-memory-comparison,cert-exp42-c,cert-flp37-c) */
        if (memcmp(a, b, sizeof(*a)) == 0)
            return &core->nodes[i];
    }
    return NULL;
}

static void add_node(struct xpl_core *core, uint32_t first, struct xpl_node *node)
{
    struct xpl_node *same;

    node->hash = hash_chain(&node->chain);
    same = same_node(core, first, node);
    if (same) {
        if (node->newest > same->newest) {
            same->newest = node->newest;
            same->parent = node->parent;
            same->words = node->words;
        }
        if (node->since < same->since)
            same->since = node->since;
        same->is_unknown = same->is_unknown || node->is_unknown;
        return;
    }
    if (!xpl_grow(core, (void **)&core->nodes, core->n_nodes, &core->n_max_nodes,
                  sizeof(*core->nodes)))
        return;
    core->nodes[core->n_nodes++] = *node;
}

/* A fetch that sees an entry present reads the rest of it not before it was; else it begins anew.
 */
static bool is_read_at_once(const struct xpl_item *item, const uint32_t *choice)
{
    const struct xpl_value *first = &item->atom[0].value[choice[0]];
    const unsigned n_atoms = item->n_words / item->words_per_atom;

    for (unsigned a = 1; a < n_atoms; a++) {
        if (item->atom[a].value[choice[a]].gone <= first->whole_since)
            return false;
    }
    return true;
}

/* The combination that @choice names, into @words. Return: false if an atom has no value. */
static bool combine(const struct xpl_item *item, const uint32_t *choice, struct xpl_words *words)
{
    const unsigned per_atom = item->words_per_atom;

    words->key = item->key;
    words->address = item->address;
    words->n_words = item->n_words;
    for (unsigned w = 0; w < item->n_words; w++) {
        const struct xpl_atom *atom = &item->atom[w / per_atom];

        if (!atom->n)
            return false;
        words->word[w] = atom->value[choice[w / per_atom]].word[w % per_atom];
        words->word_seq[w] = atom->value[choice[w / per_atom]].word_first[w % per_atom];
    }
    return true;
}

/* When the words that count were all stored: at the latest, at the earliest. */
static void date(const struct xpl_unit *unit, const struct xpl_item *item, const uint32_t *choice,
                 struct xpl_node *node)
{
    const struct xpl_words *words = &node->words;
    uint64_t mask[CHK_MAX_WORDS];

    unit->arch->used(&unit->regs, words->key.structure, words->word, mask);
    for (unsigned w = 0; w < words->n_words; w++) {
        const unsigned atom = w / item->words_per_atom;
        const uint64_t since = item->atom[atom].value[choice[atom]].since;

        if (!mask[w])
            continue;
        if (words->word_seq[w] > node->newest)
            node->newest = words->word_seq[w];
        if (since > node->since)
            node->since = since;
    }
}

static bool next_choice(const struct xpl_item *item, uint32_t *choice)
{
    const unsigned n_atoms = item->n_words / item->words_per_atom;

    for (unsigned a = 0; a < n_atoms; a++) {
        if (++choice[a] < item->atom[a].n)
            return true;
        choice[a] = 0;
    }
    return false;
}

/* Return: false if there were too many. */
static bool try_item(struct xpl_core *core, struct xpl_stream *stream, uint32_t from, uint32_t item,
                     uint32_t first)
{
    const struct xpl_unit *unit = &core->units[stream->unit];
    uint32_t choice[CHK_MAX_WORDS] = {0};
    struct xpl_node node;

    do {
        node = core->nodes[from];
        if (!combine(&core->items[item], choice, &node.words))
            return true;
        if (!is_read_at_once(&core->items[item], choice))
            continue;
        date(unit, &core->items[item], choice, &node);
        node.parent = from;
        node.is_unknown = node.is_unknown || core->items[item].is_unknown;
        unit->arch->next(&unit->regs, &node.chain, node.words.word);
        add_node(core, first, &node);
        if (++stream->n_views > core->params->max_views)
            return false;
    } while (next_choice(&core->items[item], choice));
    return true;
}

static bool step(struct xpl_core *core, struct xpl_stream *stream, uint32_t node, uint32_t first)
{
    const struct chk_chain chain = core->nodes[node].chain;

    for (uint32_t item = xpl_item_first(core, stream->unit, &chain.key); item != XPL_NONE;
         item = xpl_item_next(core, item)) {
        if (!try_item(core, stream, node, item, first))
            return false;
    }
    return true;
}

static void take_view(const struct xpl_core *core, uint32_t node, struct xpl_view *view)
{
    uint32_t depth = 0;

    for (uint32_t i = node; core->nodes[i].parent != XPL_NONE; i = core->nodes[i].parent)
        depth++;
    view->n_structures = depth < XPL_MAX_CHAIN ? depth : XPL_MAX_CHAIN;
    for (uint32_t i = node; core->nodes[i].parent != XPL_NONE; i = core->nodes[i].parent) {
        depth--;
        if (depth < XPL_MAX_CHAIN)
            view->structure[depth] = core->nodes[i].words;
    }
}

static void take_answer(struct xpl_core *core, struct xpl_stream *stream, uint32_t node)
{
    struct xpl_seen seen;

    memset(&seen, 0, sizeof(seen));
    seen.target = core->nodes[node].chain.target;
    seen.source = XPL_ENTRY;
    seen.newest = core->nodes[node].newest;
    seen.fresh_seq = core->seq;
    seen.is_unknown = core->nodes[node].is_unknown;
    take_view(core, node, &seen.view);
    xpl_list_add(core, &stream->now, &seen);
}

/* What these nodes lead to is reached before any is tried: a cache finds by key, so that each may
 * meet what another one has led to. */
static void reach(struct xpl_core *core, const struct xpl_stream *stream, uint32_t begin,
                  uint32_t end)
{
    for (uint32_t i = begin; i < end; i++) {
        const struct xpl_node *node = &core->nodes[i];

        if (!node->chain.is_over)
            (void)xpl_item_reach(core, stream->unit, &node->chain, node->since);
    }
}

/* Breadth first: nodes of one depth stand together. */
static void explore(struct xpl_core *core, struct xpl_stream *stream)
{
    const struct xpl_unit *unit = &core->units[stream->unit];
    struct xpl_node *root;
    uint32_t begin = 0;
    uint32_t end;

    core->n_nodes = 0;
    stream->n_views = 0;
    stream->now.n = 0;
    if (!xpl_grow(core, (void **)&core->nodes, 0, &core->n_max_nodes, sizeof(*core->nodes)))
        return;
    root = &core->nodes[core->n_nodes++];
    memset(root, 0, sizeof(*root));
    root->parent = XPL_NONE;
    unit->arch->begin(&unit->regs, &stream->request, &root->chain);
    for (end = core->n_nodes; begin < end && !stream->is_cut; end = core->n_nodes) {
        reach(core, stream, begin, end);
        for (uint32_t i = begin; i < end && !stream->is_cut; i++) {
            if (core->nodes[i].chain.is_over)
                take_answer(core, stream, i);
            else
                stream->is_cut = !step(core, stream, i, end);
        }
        begin = end;
    }
    core->n_views += stream->n_views;
    stream->window_views += stream->n_views;
}

/* What memory itself says, as if nothing were cached. */
void xpl_read_memory(const struct xpl_core *core, uint32_t of_unit,
                     const struct chk_request *request, struct chk_target *target)
{
    const struct xpl_unit *unit = &core->units[of_unit];
    struct chk_chain chain;
    uint64_t words[CHK_MAX_WORDS];

    unit->arch->begin(&unit->regs, request, &chain);
    while (!chain.is_over) {
        for (unsigned w = 0; w < chain.n_words; w++)
            words[w] = sim_mem_read64(core->mem, chain.address + (uint64_t)w * sizeof(words[0]));
        unit->arch->next(&unit->regs, &chain, words);
    }
    *target = chain.target;
}

static void look_at(struct xpl_core *core, struct xpl_stream *stream)
{
    const struct chk_target old = stream->memory;

    stream->is_cut = false;
    xpl_read_memory(core, stream->unit, &stream->request, &stream->memory);
    if (stream->has_memory && !stream->in_switch && !chk_target_equal(&old, &stream->memory)) {
        const struct chk_target now = stream->memory;

        stream->memory = old;
        xpl_lend(core, stream); /* compares with what was before */
        stream->memory = now;
    }
    stream->has_memory = true;
    explore(core, stream);
    if (stream->is_cut)
        xpl_op_hole(core, stream->op, XPL_MORE_VIEWS);
    for (uint32_t i = 0; i < stream->now.n; i++)
        xpl_see(core, stream, &stream->now.seen[i]);
}

/* Streams of one requester share structures, so they are looked at together. */
static void look_at_requester(struct xpl_core *core, uint32_t unit, uint32_t requester)
{
    core->pass++;
    for (uint32_t i = 0; i < core->n_streams; i++) {
        struct xpl_stream *stream = &core->streams[i];

        if (stream->unit != unit || stream->request.requester != requester)
            continue;
        stream->is_dirty = false;
        if (stream->is_started)
            look_at(core, stream);
    }
    xpl_hold_unreached(core, unit, requester);
}

void xpl_look(struct xpl_core *core)
{
    bool has_looked = false;

    for (uint32_t i = 0; i < core->n_streams; i++) {
        if (!core->streams[i].is_dirty)
            continue;
        look_at_requester(core, core->streams[i].unit, core->streams[i].request.requester);
        has_looked = true;
    }
    if (has_looked) {
        xpl_tlb_make(core);
        xpl_tlb_look(core);
        xpl_atc_look(core);
    }
}
