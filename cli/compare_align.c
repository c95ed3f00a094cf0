/* SPDX-License-Identifier: BSD-2-Clause
 * compare_align.c - pairs the operations of two results. */
#include "cli/compare.h"

#include <stdlib.h>
#include <string.h>

#define MAX_CELLS (UINT64_C(1) << 24) /* of the table of ways to pair */
#define WEIGHT_KIND 8u                /* of a pair, against what only breaks ties */
#define WEIGHT_DETAIL 2u
#define WEIGHT_RET 1u
#define LOOK_AHEAD 64u /* without the table */

/* The operations of one device and PASID, on both sides. */
struct group {
    const json_t *a, *b; /* the operations */
    const size_t *at_a, *at_b;
    size_t n_a, n_b;
    size_t *partner_a, *partner_b; /* by operation, of all */
};

static const char *text_of(const json_t *ops, size_t i, const char *name)
{
    return result_text(json_array_get(ops, i), name);
}

/* 0: they cannot be partners. */
static uint32_t weight(const struct group *group, size_t i, size_t k)
{
    const size_t a = group->at_a[i], b = group->at_b[k];
    uint32_t w = WEIGHT_KIND;

    if (strcmp(text_of(group->a, a, "op"), text_of(group->b, b, "op")) != 0)
        return 0;
    if (strcmp(text_of(group->a, a, "detail"), text_of(group->b, b, "detail")) == 0)
        w += WEIGHT_DETAIL;
    if (json_equal(json_object_get(json_array_get(group->a, a), "ret"),
                   json_object_get(json_array_get(group->b, b), "ret")))
        w += WEIGHT_RET;
    return w;
}

static bool is_equal(const struct group *group, size_t i, size_t k)
{
    return weight(group, i, k) == WEIGHT_KIND + WEIGHT_DETAIL + WEIGHT_RET;
}

static void pair(struct group *group, size_t i, size_t k)
{
    group->partner_a[group->at_a[i]] = group->at_b[k];
    group->partner_b[group->at_b[k]] = group->at_a[i];
}

/* The best pairing of two sequences; score[i][k]: of what is behind i and k. */
static int pair_table(struct group *group)
{
    const size_t width = group->n_b + 1;
    uint32_t *score = calloc((group->n_a + 1) * width, sizeof(*score));
    size_t i, k;

    if (!score)
        return SIM_ENOMEM;
    for (i = group->n_a; i-- > 0;) {
        for (k = group->n_b; k-- > 0;) {
            const uint32_t w = weight(group, i, k);
            const uint32_t both = w ? w + score[(i + 1) * width + k + 1] : 0;
            const uint32_t skip_a = score[(i + 1) * width + k];
            const uint32_t skip_b = score[i * width + k + 1];
            const uint32_t skip = skip_a > skip_b ? skip_a : skip_b;

            score[i * width + k] = both > skip ? both : skip;
        }
    }
    for (i = k = 0; i < group->n_a && k < group->n_b;) {
        const uint32_t w = weight(group, i, k);

        if (w && score[i * width + k] == w + score[(i + 1) * width + k + 1])
            pair(group, i++, k++);
        else if (score[i * width + k] == score[(i + 1) * width + k])
            i++;
        else
            k++;
    }
    free(score);
    return 0;
}

/* Too many for the table: each with the next one that it can go with. */
static void pair_next(struct group *group)
{
    size_t next = 0;

    for (size_t i = 0; i < group->n_a && next < group->n_b; i++) {
        size_t k = next;

        while (k < group->n_b && k < next + LOOK_AHEAD && !weight(group, i, k))
            k++;
        if (k < group->n_b && weight(group, i, k)) {
            pair(group, i, k);
            next = k + 1;
        }
    }
}

/* What is equal at both ends is paired at once; the rest is small, mostly. */
static int pair_group(struct group *group)
{
    while (group->n_a && group->n_b && is_equal(group, 0, 0)) {
        pair(group, 0, 0);
        group->at_a++;
        group->at_b++;
        group->n_a--;
        group->n_b--;
    }
    while (group->n_a && group->n_b && is_equal(group, group->n_a - 1, group->n_b - 1))
        pair(group, --group->n_a, --group->n_b);
    if ((uint64_t)(group->n_a + 1) * (group->n_b + 1) > MAX_CELLS) {
        pair_next(group);
        return 0;
    }
    return pair_table(group);
}

/* ---- Groups --------------------------------------------------------------------------------- */

/* Names of devices, in the order in which they appear. */
static json_t *devices(const json_t *ops)
{
    json_t *names = json_array();
    json_t *seen = json_object();

    for (size_t i = 0; i < json_array_size(ops); i++) {
        const char *name = text_of(ops, i, "device");

        if (!*name || json_object_get(seen, name))
            continue;
        (void)json_object_set_new(seen, name, json_true());
        (void)json_array_append_new(names, json_string(name));
    }
    json_decref(seen);
    return names;
}

/* Name in b: name in a, if the two share none. */
static json_t *renames(const json_t *a, const json_t *b)
{
    json_t *names_a = devices(a);
    json_t *names_b = devices(b);
    json_t *map = json_object();
    bool is_shared = false;

    for (size_t i = 0; i < json_array_size(names_a); i++) {
        for (size_t k = 0; k < json_array_size(names_b); k++)
            is_shared |= json_equal(json_array_get(names_a, i), json_array_get(names_b, k)) == 1;
    }
    for (size_t i = 0; !is_shared && i < json_array_size(names_b); i++) {
        json_t *name = json_array_get(names_a, i);

        if (name)
            (void)json_object_set(map, json_string_value(json_array_get(names_b, i)), name);
    }
    json_decref(names_a);
    json_decref(names_b);
    return map;
}

/* Which group an operation is in; a name that no text in a file can be mistaken for another by. */
static json_t *group_name(const json_t *op, const json_t *map)
{
    const json_t *pasid = json_object_get(op, "pasid");
    const char *device = result_text(op, "device");
    const char *renamed = json_string_value(json_object_get(map, device));

    return json_sprintf("%" JSON_INTEGER_FORMAT "/%s",
                        json_is_integer(pasid) ? json_integer_value(pasid) : -1,
                        renamed ? renamed : device);
}

/* By operation the number of its group; @groups: name to number. */
static size_t *number_groups(const json_t *ops, const json_t *map, json_t *groups)
{
    const size_t n = json_array_size(ops);
    size_t *numbers = calloc(n + 1, sizeof(*numbers));

    for (size_t i = 0; numbers && i < n; i++) {
        json_t *name = group_name(json_array_get(ops, i), map);
        const char *key = json_string_value(name);
        const json_t *number = json_object_get(groups, key);

        numbers[i] = number ? (size_t)json_integer_value(number) : json_object_size(groups);
        if (!number)
            (void)json_object_set_new(groups, key, json_integer((json_int_t)numbers[i]));
        json_decref(name);
    }
    return numbers;
}

/* Operations sorted by group, each group in order; @first: where a group begins, one more at the
 * end. */
static void sort(const size_t *numbers, size_t n, size_t n_groups, size_t *first, size_t *sorted)
{
    memset(first, 0, (n_groups + 2) * sizeof(*first));
    for (size_t i = 0; i < n; i++)
        first[numbers[i] + 2]++;
    for (size_t g = 2; g < n_groups + 2; g++)
        first[g] += first[g - 1];
    for (size_t i = 0; i < n; i++)
        sorted[first[numbers[i] + 1]++] = i;
}

/**
 * struct side - the operations of one result by group. @partner: by operation, COMPARE_NONE.
 */
struct side {
    const json_t *ops;
    size_t n;
    size_t *numbers, *first, *sorted, *partner;
};

static void side_free(struct side *side)
{
    free(side->numbers);
    free(side->first);
    free(side->sorted);
    free(side->partner);
}

static int side_sort(struct side *side, size_t n_groups)
{
    side->first = calloc(n_groups + 2, sizeof(*side->first));
    side->sorted = calloc(side->n + 1, sizeof(*side->sorted));
    side->partner = calloc(side->n + 1, sizeof(*side->partner));
    if (!side->numbers || !side->first || !side->sorted || !side->partner)
        return SIM_ENOMEM;
    for (size_t i = 0; i < side->n; i++)
        side->partner[i] = COMPARE_NONE;
    sort(side->numbers, side->n, n_groups, side->first, side->sorted);
    return 0;
}

static int pair_groups(struct side *a, struct side *b, size_t n_groups)
{
    int err = side_sort(a, n_groups);

    if (!err)
        err = side_sort(b, n_groups);
    for (size_t g = 0; g < n_groups && !err; g++) {
        struct group group = {.a = a->ops,
                              .b = b->ops,
                              .at_a = a->sorted + a->first[g],
                              .at_b = b->sorted + b->first[g],
                              .n_a = a->first[g + 1] - a->first[g],
                              .n_b = b->first[g + 1] - b->first[g],
                              .partner_a = a->partner,
                              .partner_b = b->partner};

        err = pair_group(&group);
    }
    return err;
}

/* In the order of a; what only b has stands before the first partner that follows it there. */
static size_t put_pairs(const struct side *a, const struct side *b, struct compare_pair *pairs)
{
    size_t n = 0;
    size_t next = 0; /* of b */

    for (size_t i = 0; i < a->n; i++) {
        for (; a->partner[i] != COMPARE_NONE && next < a->partner[i]; next++) {
            if (b->partner[next] == COMPARE_NONE)
                pairs[n++] = (struct compare_pair){COMPARE_NONE, next};
        }
        pairs[n++] = (struct compare_pair){i, a->partner[i]};
    }
    for (; next < b->n; next++) {
        if (b->partner[next] == COMPARE_NONE)
            pairs[n++] = (struct compare_pair){COMPARE_NONE, next};
    }
    return n;
}

struct compare_pair *compare_align(const json_t *a, const json_t *b, size_t *n)
{
    struct side sides[2] = {{.ops = a, .n = json_array_size(a)},
                            {.ops = b, .n = json_array_size(b)}};
    json_t *map = renames(a, b);
    json_t *groups = json_object();
    struct compare_pair *pairs = calloc(sides[0].n + sides[1].n + 1, sizeof(*pairs));
    int err;

    sides[0].numbers = number_groups(a, NULL, groups);
    sides[1].numbers = number_groups(b, map, groups);
    err = pair_groups(&sides[0], &sides[1], json_object_size(groups));
    if (!err && pairs) {
        *n = put_pairs(&sides[0], &sides[1], pairs);
    } else {
        free(pairs);
        pairs = NULL;
    }
    side_free(&sides[0]);
    side_free(&sides[1]);
    json_decref(map);
    json_decref(groups);
    return pairs;
}
