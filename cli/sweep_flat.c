/* SPDX-License-Identifier: BSD-2-Clause
 * sweep_flat.c - a walk without recursion: depth of input is not depth of stack. */
#include "cli/sweep_flat.h"

#include <stdio.h>
#include <string.h>

void sweep_flat_start(struct sweep_flat *flat, json_t *json)
{
    memset(flat, 0, sizeof(*flat));
    if (!json_is_object(json) && !json_is_array(json))
        return;
    flat->levels[0].node = json;
    flat->levels[0].member = json_object_iter(json);
    flat->n_levels = 1;
}

/* Path of the level, a dot, and @name. Return: false if it does not fit. */
static bool set_path(struct sweep_flat *flat, size_t n_path, const char *name)
{
    size_t n = n_path;

    if (n && n < sizeof(flat->path))
        flat->path[n++] = '.';
    for (; *name && n + 2 < sizeof(flat->path); name++) {
        if (*name == '.' || *name == '\\')
            flat->path[n++] = '\\';
        flat->path[n++] = *name;
    }
    if (*name || n >= sizeof(flat->path))
        return false;
    flat->path[n] = '\0';
    return true;
}

/* The next child of the innermost level, with the path set; NULL: none is left. */
static json_t *child(struct sweep_flat *flat, bool *fits)
{
    const size_t at = flat->n_levels - 1;
    char number[24];
    json_t *value = NULL;

    if (json_is_array(flat->levels[at].node)) {
        (void)snprintf(number, sizeof(number), "%zu", flat->levels[at].index);
        value = json_array_get(flat->levels[at].node, flat->levels[at].index++);
        *fits = set_path(flat, flat->levels[at].n_path, number);
        return value;
    }
    if (!flat->levels[at].member)
        return NULL;
    value = json_object_iter_value(flat->levels[at].member);
    *fits = set_path(flat, flat->levels[at].n_path, json_object_iter_key(flat->levels[at].member));
    flat->levels[at].member = json_object_iter_next(flat->levels[at].node, flat->levels[at].member);
    return value;
}

static void enter(struct sweep_flat *flat, json_t *node)
{
    if (flat->n_levels == SWEEP_FLAT_LEVELS)
        return;
    flat->levels[flat->n_levels].node = node;
    flat->levels[flat->n_levels].member = json_object_iter(node);
    flat->levels[flat->n_levels].index = 0;
    flat->levels[flat->n_levels].n_path = strlen(flat->path);
    flat->n_levels++;
}

static bool in_array(const struct sweep_flat *flat)
{
    for (size_t i = 0; i < flat->n_levels; i++) {
        if (json_is_array(flat->levels[i].node))
            return true;
    }
    return false;
}

const json_t *sweep_flat_next(struct sweep_flat *flat)
{
    while (flat->n_levels) {
        bool fits = false;
        json_t *value = child(flat, &fits);

        if (!value) {
            flat->n_levels--;
        } else if (fits && (json_is_object(value) || json_is_array(value))) {
            enter(flat, value);
        } else if (fits) {
            flat->is_item = in_array(flat);
            return value;
        }
    }
    return NULL;
}
