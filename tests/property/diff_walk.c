/* SPDX-License-Identifier: BSD-2-Clause
 * diff_walk.c - page tables of stage 1 and 2, read step by step (VMSAv8-64).
 * Knows: descriptors by bit number. Must not know: caches, time, the model. */
#include "tests/property/diff_private.h"

#include <stddef.h>

/* One stage's tables. @high: number of bits that the first index ends below. @locate: from where a
 * descriptor should be to where it is; NULL if that is the same. */
struct tree {
    bool (*locate)(struct diff_ask *ask, uint64_t *address);
    bool is_s2;
    enum diff_class class;
    unsigned granule, level, high;
    unsigned out_bits;
    uint64_t root;
    bool has_limits; /* tables narrow the rights of what is below them */
};

/* @home: where the descriptor is, for whoever reads it; @pa: where it really is. */
struct leaf {
    uint64_t word, home, pa, out;
    unsigned low, group_low;
    bool no_user, no_write, no_x, no_px;
};

unsigned diff_oracle_index_low(unsigned granule, unsigned level)
{
    return granule + (granule - 3) * (3 - level);
}

unsigned diff_oracle_start_level(unsigned granule, unsigned tsz)
{
    const unsigned step = granule - 3;

    return 4 - (64 - tsz - granule + step - 1) / step;
}

static bool fail_walk(struct diff_ask *ask, const struct tree *tree, unsigned number, uint64_t at)
{
    const struct diff_fault fault = {number, tree->is_s2, tree->class, at, false};

    return diff_fail(ask, &fault);
}

static void update(struct diff_ask *ask, const struct leaf *leaf, uint64_t set, uint64_t clear)
{
    struct diff_answer *answer = ask->answer;
    unsigned i = 0;

    while (i < answer->n_updates && answer->updates[i].pa != leaf->pa)
        i++;
    if (i == DIFF_MAX_UPDATES)
        return;
    if (i == answer->n_updates)
        answer->updates[answer->n_updates++] = (struct diff_update){.pa = leaf->pa};
    answer->updates[i].set |= set;
    answer->updates[i].clear |= clear;
    answer->updates[i].is_free |= leaf->group_low != leaf->low;
}

static unsigned group_bits(unsigned granule, unsigned level)
{
    if (granule == 12)
        return 4;
    return granule == 14 && level == 3 ? 7 : 5;
}

static bool may_be_block(unsigned granule, unsigned level)
{
    return level == 2 || (level == 1 && granule == 12);
}

/* The word at leaf->pa. */
static bool read_there(struct diff_ask *ask, const struct tree *tree, struct leaf *leaf)
{
    const struct diff_fault fault = {DIFF_WALK_EABT, tree->is_s2,
                                     tree->is_s2 ? tree->class : DIFF_TT, leaf->pa, false};

    return ask->smmu->read(ask->smmu->memory, leaf->pa, &leaf->word) || diff_fail(ask, &fault);
}

static void take_limits(const struct tree *tree, struct leaf *leaf)
{
    if (!tree->has_limits)
        return;
    leaf->no_user |= diff_bits(leaf->word, 61, 61);
    leaf->no_write |= diff_bits(leaf->word, 62, 62);
    leaf->no_x |= diff_bits(leaf->word, 60, 60);
    leaf->no_px |= diff_bits(leaf->word, 59, 59);
}

/* Down to the leaf of @address. Return: false if the answer is final. */
static bool walk(struct diff_ask *ask, const struct tree *tree, uint64_t address, struct leaf *leaf)
{
    uint64_t table = tree->root;
    unsigned high = tree->high;

    *leaf = (struct leaf){0};
    for (unsigned level = tree->level; level < 4; level++) {
        const unsigned low = diff_oracle_index_low(tree->granule, level);
        bool is_table, is_leaf;

        leaf->home = table + 8 * diff_bits(address, high - 1, low);
        leaf->pa = leaf->home;
        if ((tree->locate && !tree->locate(ask, &leaf->pa)) || !read_there(ask, tree, leaf))
            return false;
        is_table = level < 3 && diff_bits(leaf->word, 1, 0) == 3;
        is_leaf = level == 3
                      ? diff_bits(leaf->word, 1, 0) == 3
                      : diff_bits(leaf->word, 1, 0) == 1 && may_be_block(tree->granule, level);
        if (!is_table && !is_leaf)
            return fail_walk(ask, tree, DIFF_TRANSLATION, address);
        leaf->low = is_table ? tree->granule : low;
        leaf->out = diff_bits(leaf->word, 47, leaf->low) << leaf->low;
        if (leaf->out >> tree->out_bits)
            return fail_walk(ask, tree, DIFF_ADDR_SIZE, address);
        if (is_leaf) {
            leaf->group_low =
                low + (diff_bits(leaf->word, 52, 52) ? group_bits(tree->granule, level) : 0);
            return true;
        }
        take_limits(tree, leaf);
        table = leaf->out;
        high = low;
    }
    return false;
}

/* The answer covers no more than this leaf. */
static void narrow(struct diff_ask *ask, const struct leaf *leaf, unsigned rights, bool has_hd)
{
    struct diff_answer *answer = ask->answer;

    if (leaf->low < answer->page_log2)
        answer->page_log2 = leaf->low;
    if (leaf->group_low < answer->group_log2)
        answer->group_log2 = leaf->group_low;
    answer->rights &= rights;
    answer->is_managed |= has_hd && diff_bits(leaf->word, 51, 51);
}

static void join(const struct leaf *leaf, uint64_t *address)
{
    *address = leaf->out | diff_bits(*address, leaf->low - 1, 0);
}

/* ---- stage 2 ---- */

static unsigned granule_of(uint64_t tg0)
{
    static const unsigned granules[] = {12, 16, 14, 12};

    return granules[tg0];
}

static unsigned start_level2(unsigned granule, uint64_t sl0)
{
    if (granule == 12)
        return sl0 == 3 ? 3 : 2 - (unsigned)sl0;
    return 3 - (unsigned)sl0;
}

static struct tree tree2(const struct diff_ask *ask, enum diff_class class)
{
    const unsigned granule = granule_of(diff_bits(ask->ste[2], 47, 46));
    const unsigned level = start_level2(granule, diff_bits(ask->ste[2], 39, 38));
    const unsigned high = 64 - (unsigned)diff_bits(ask->ste[2], 37, 32);
    const unsigned low = diff_oracle_index_low(granule, level);
    const unsigned ps = diff_size(diff_bits(ask->ste[2], 50, 48));
    const uint64_t size = high > low + 1 ? UINT64_C(8) << (high - low) : 16;

    return (struct tree){.is_s2 = true,
                         .class = class,
                         .granule = granule,
                         .level = level,
                         .high = high,
                         .out_bits = ps < ask->oas_bits ? ps : ask->oas_bits,
                         .root = diff_bits(ask->ste[3], 51, 4) << 4 & ~(size - 1)};
}

static unsigned rights2(const struct diff_ask *ask, const struct leaf *leaf)
{
    const bool has_xnx = diff_bits(ask->smmu->idr3, 4, 4);
    const uint64_t xn = diff_bits(leaf->word, 54, 53);
    unsigned rights = (unsigned)diff_bits(leaf->word, 7, 6);

    if (has_xnx ? xn == 0 || xn == (ask->is_priv ? 3 : 1) : !(xn & 2))
        rights |= DIFF_X;
    return rights;
}

static bool is_device(const struct diff_ask *ask, const struct leaf *leaf)
{
    if (diff_bits(ask->smmu->idr3, 8, 8) && diff_bits(ask->ste[1], 25, 25)) /* forced write-back */
        return !diff_bits(leaf->word, 4, 4);
    return !diff_bits(leaf->word, 5, 4) || !diff_bits(leaf->word, 3, 2); /* 4, 8, 12: reserved */
}

bool diff_stage2(struct diff_ask *ask, enum diff_class class, unsigned needed, uint64_t *address)
{
    const struct tree tree = tree2(ask, class);
    const bool has_ha = diff_bits(ask->ste[2], 56, 56), has_hd = diff_bits(ask->ste[2], 55, 55);
    struct leaf leaf;
    unsigned rights;

    if (*address >> tree.high)
        return fail_walk(ask, &tree, DIFF_TRANSLATION, *address);
    if (!walk(ask, &tree, *address, &leaf))
        return false;
    if (!diff_bits(leaf.word, 10, 10)) {
        if (has_ha)
            update(ask, &leaf, UINT64_C(1) << 10, 0);
        else if (!diff_bits(ask->ste[2], 53, 53))
            return fail_walk(ask, &tree, DIFF_ACCESS, *address);
    }
    rights = rights2(ask, &leaf);
    if ((needed & DIFF_W) && !(rights & DIFF_W) && has_hd && diff_bits(leaf.word, 51, 51)) {
        update(ask, &leaf, UINT64_C(1) << 7, 0);
        rights |= DIFF_W;
    }
    if ((needed & ~rights) ||
        (class != DIFF_IN && diff_bits(ask->ste[2], 54, 54) && is_device(ask, &leaf))) {
        const struct diff_fault fault = {DIFF_PERMISSION, true, class, *address, needed & DIFF_W};

        return diff_fail(ask, &fault);
    }
    if (class == DIFF_IN)
        narrow(ask, &leaf, rights, has_hd);
    join(&leaf, address);
    return true;
}

/* ---- stage 1 ---- */

static unsigned granule_of_tg1(uint64_t tg1)
{
    static const unsigned granules[] = {12, 14, 12, 16};

    return granules[tg1];
}

static bool locate1(struct diff_ask *ask, uint64_t *address)
{
    return diff_stage2(ask, DIFF_TT, DIFF_R, address);
}

static struct tree tree1(const struct diff_ask *ask, bool is_upper)
{
    const uint64_t q0 = ask->cd[0];
    const unsigned ips = diff_size(diff_bits(q0, 34, 32));
    const unsigned tsz = (unsigned)(is_upper ? diff_bits(q0, 21, 16) : diff_bits(q0, 5, 0));
    const uint64_t ttb = ask->cd[is_upper ? 2 : 1];
    const unsigned granule =
        is_upper ? granule_of_tg1(diff_bits(q0, 23, 22)) : granule_of(diff_bits(q0, 7, 6));
    const unsigned level = diff_oracle_start_level(granule, tsz);
    const unsigned low = diff_oracle_index_low(granule, level);
    const uint64_t size = 64 - tsz > low + 1 ? UINT64_C(8) << (64 - tsz - low) : 16;

    return (struct tree){.locate = ask->has_s2 ? locate1 : NULL,
                         .class = DIFF_IN,
                         .granule = granule,
                         .level = level,
                         .high = 64 - tsz,
                         .out_bits = ips < ask->oas_bits ? ips : ask->oas_bits,
                         .root = diff_bits(ttb, 51, 4) << 4 & ~(size - 1),
                         .has_limits = !(diff_bits(ask->smmu->idr3, 2, 2) && diff_bits(ttb, 1, 1))};
}

/* Is this address one that the tables of its half translate? */
static bool is_in_range(const struct diff_ask *ask, uint64_t address)
{
    const bool is_upper = diff_bits(address, 55, 55);
    const bool has_halves = ask->world != DIFF_EL2;
    const uint64_t q0 = ask->cd[0];
    const unsigned tsz = (unsigned)(is_upper ? diff_bits(q0, 21, 16) : diff_bits(q0, 5, 0));
    const bool has_tbi = is_upper ? diff_bits(q0, 39, 39) : diff_bits(q0, 38, 38);
    const unsigned top = has_tbi ? 55 : 63;
    const uint64_t above = diff_bits(address, top, 64 - tsz);

    if (is_upper && !has_halves)
        return false;
    if (has_halves && (is_upper ? diff_bits(q0, 30, 30) : diff_bits(q0, 14, 14)))
        return false;
    return above == (is_upper ? diff_bits(UINT64_MAX, top, 64 - tsz) : 0);
}

static unsigned rights_el2(const struct diff_ask *ask, const struct leaf *leaf, bool is_read_only)
{
    unsigned rights = is_read_only ? DIFF_R : DIFF_R | DIFF_W;

    if (!diff_bits(leaf->word, 54, 54) && !leaf->no_x &&
        !((rights & DIFF_W) && diff_bits(ask->cd[0], 36, 36)))
        rights |= DIFF_X;
    return rights;
}

static unsigned rights1(const struct diff_ask *ask, const struct leaf *leaf, bool is_read_only)
{
    const bool has_wxn = diff_bits(ask->cd[0], 36, 36), has_uwxn = diff_bits(ask->cd[0], 37, 37);
    const bool is_users = diff_bits(leaf->word, 6, 6) && !leaf->no_user;
    const bool has_ux = !diff_bits(leaf->word, 54, 54) && !leaf->no_x;
    const bool has_px = !diff_bits(leaf->word, 53, 53) && !leaf->no_px;
    const bool has_pan = diff_bits(ask->cd[0], 40, 40);
    const bool has_epan = diff_bits(ask->smmu->idr3, 17, 17) && diff_bits(ask->cd[1], 59, 59);
    unsigned rights = 0;

    if (ask->world == DIFF_EL2)
        return rights_el2(ask, leaf, is_read_only);
    if (ask->is_priv || is_users)
        rights = is_read_only ? DIFF_R : DIFF_R | DIFF_W;
    if (ask->is_priv ? has_px && !(is_users && !is_read_only) : has_ux)
        rights |= DIFF_X;
    if ((rights & DIFF_W) && has_wxn)
        rights &= (unsigned)~DIFF_X;
    if (ask->is_priv && has_uwxn && is_users && !is_read_only)
        rights &= (unsigned)~DIFF_X;
    if (ask->is_priv && has_pan && (is_users || (has_epan && has_ux)))
        rights &= DIFF_X;
    return rights;
}

/* Access flag and dirty state as hardware keeps them: a write to the descriptor itself. */
static bool write_leaf(struct diff_ask *ask, const struct leaf *leaf, uint64_t set, uint64_t clear)
{
    uint64_t pa = leaf->home;

    if (!(set | clear))
        return true;
    if (ask->has_s2 && !diff_stage2(ask, DIFF_TT, DIFF_R | DIFF_W, &pa))
        return false;
    update(ask, leaf, set, clear);
    return true;
}

bool diff_stage1(struct diff_ask *ask, uint64_t *address)
{
    const unsigned needed = ask->is_write ? DIFF_W : ask->is_inst ? DIFF_X : DIFF_R;
    const struct tree tree = tree1(ask, diff_bits(*address, 55, 55));
    const bool has_ha = diff_bits(ask->cd[0], 43, 43), has_hd = diff_bits(ask->cd[0], 42, 42);
    uint64_t set = 0, clear = 0;
    bool is_read_only;
    struct leaf leaf;

    if (!is_in_range(ask, *address))
        return fail_walk(ask, &tree, DIFF_TRANSLATION, 0);
    if (!walk(ask, &tree, *address, &leaf))
        return false;
    if (!diff_bits(leaf.word, 10, 10)) {
        if (has_ha)
            set = UINT64_C(1) << 10;
        else if (!diff_bits(ask->cd[0], 35, 35))
            return fail_walk(ask, &tree, DIFF_ACCESS, 0);
    }
    is_read_only = diff_bits(leaf.word, 7, 7) || leaf.no_write;
    if (is_read_only && !leaf.no_write && ask->is_write && has_hd && diff_bits(leaf.word, 51, 51) &&
        (rights1(ask, &leaf, false) & DIFF_W)) {
        clear = UINT64_C(1) << 7;
        is_read_only = false;
    }
    if (needed & ~rights1(ask, &leaf, is_read_only))
        return fail_walk(ask, &tree, DIFF_PERMISSION, 0);
    if (!write_leaf(ask, &leaf, set, clear))
        return false;
    narrow(ask, &leaf, rights1(ask, &leaf, is_read_only), has_hd);
    join(&leaf, address);
    return true;
}
