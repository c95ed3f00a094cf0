/* SPDX-License-Identifier: BSD-2-Clause
 * sweep_flat.h - every scalar of a JSON document with its path: a.b.c, items of arrays by number.
 * Knows: JSON. Must not know: tables. */
#ifndef CLI_SWEEP_FLAT_H
#define CLI_SWEEP_FLAT_H

#include <jansson.h>
#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SWEEP_FLAT_LEVELS 32u
#define SWEEP_FLAT_PATH_BYTES 1024u

/**
 * struct sweep_flat - a walk; see sweep_flat_next.
 * @path: of the scalar. A dot or backslash in a name has a backslash before it.
 * @is_item: it lies in an array.
 */
struct sweep_flat {
    struct {
        json_t *node;
        void *member; /* of an object: which comes next */
        size_t index; /* of an array: the same */
        size_t n_path;
    } levels[SWEEP_FLAT_LEVELS];
    size_t n_levels;
    char path[SWEEP_FLAT_PATH_BYTES];
    bool is_item;
};

/** sweep_flat_start - @json (borrowed): an object; anything else has no scalars. */
void sweep_flat_start(struct sweep_flat *flat, json_t *json);

/** sweep_flat_next - Return: the next scalar, borrowed; NULL behind the last. What lies deeper than
 * SWEEP_FLAT_LEVELS or has a longer path than fits is passed over. */
const json_t *sweep_flat_next(struct sweep_flat *flat);

#ifdef __cplusplus
}
#endif
#endif
