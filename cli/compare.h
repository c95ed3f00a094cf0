/* SPDX-License-Identifier: BSD-2-Clause
 * compare.h - what changed between two results.
 * Knows: results in one form. Must not know: who made them, what a model is. */
#ifndef CLI_COMPARE_H
#define CLI_COMPARE_H

#include "cli/result.h"

#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

#define COMPARE_NONE SIZE_MAX

/** struct compare_pair - an operation of a and its partner in b; COMPARE_NONE: there is none. */
struct compare_pair {
    size_t a, b;
};

/**
 * compare_align - which operation is which: by kind, device, PASID and order.
 *
 * Operations of one device and PASID keep their order; of several ways to pair them, the one with
 * most pairs and most that also agree in detail is taken. If the two have no name of a device in
 * common, devices are paired in the order in which they appear.
 * @n: the number of pairs, which stand in the order of @a. Return: for free; NULL without memory.
 */
struct compare_pair *compare_align(const json_t *a, const json_t *b, size_t *n);

/**
 * compare_results - everything that differs: schema iommusim.compare/1.
 * @tolerance: per cent by which a cost may differ; negative: costs are told, not judged.
 * Both must be of one kind. Return: a new object; NULL without memory.
 */
json_t *compare_results(const struct result *a, const struct result *b, double tolerance);

/** compare_exit_code - of what compare_results found: CLI_OK, CLI_VERDICT or CLI_INCONCLUSIVE. */
int compare_exit_code(const json_t *comparison);

/** compare_headline - the outcome in a sentence, into @text. */
void compare_headline(const json_t *comparison, char *text, size_t n_bytes);

/** compare_print - for people. @shows_all: also what is the same. */
void compare_print(const json_t *comparison, bool shows_all, FILE *out);

/** compare_amount - a cost as a person reads it: "1.145 us", "37"; @name ends with the unit. */
void compare_amount(const char *name, double value, char *text, size_t n_bytes);

/** compare_ratio - "x0.25", "new", "gone". */
void compare_ratio(const json_t *cost, char *text, size_t n_bytes);

/** compare_cost_name - "dma blocked" for dma_blocked_ns, into @text. */
void compare_cost_name(const char *name, char *text, size_t n_bytes);

#ifdef __cplusplus
}
#endif
#endif
