/* SPDX-License-Identifier: BSD-2-Clause
 * explore_reproduce.c - iommusim explore --reproduce: see explore_reproduce.h. */
#include "cli/explore_reproduce.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

int explore_reproduce(struct explore_result *result, const struct reproduce_stream *stream,
                      uint64_t only)
{
    const struct xpl_report *report = result->report;
    int err = 0;

    result->reproduced = calloc(report->n_ops + 1, sizeof(*result->reproduced));
    if (!result->reproduced)
        return SIM_ENOMEM;
    for (size_t i = 0; i < report->n_ops && !err; i++) {
        if (report->ops[i].worst[XPL_ARCHITECTURE] == CHK_HITLESS || (only && only != i + 1))
            continue;
        err = reproduce(stream, &report->ops[i], &result->reproduced[i]);
    }
    return err;
}

void explore_reproduced_free(struct explore_result *result)
{
    for (size_t i = 0; result->reproduced && i < result->report->n_ops; i++)
        reproduced_free(&result->reproduced[i]);
    free(result->reproduced);
    result->reproduced = NULL;
}

static bool has_class(const struct explore_result *result, size_t op, unsigned verdict)
{
    return result->reproduced[op].wanted &&
           (result->report->ops[op].classes[XPL_ARCHITECTURE] >> verdict & 1) != 0;
}

bool explore_is_unshown(const struct explore_result *result)
{
    for (size_t i = 0; result->reproduced && i < result->report->n_ops; i++) {
        for (unsigned verdict = CHK_BREAKS; verdict < CHK_N_CLASSES; verdict++) {
            if (has_class(result, i, verdict) &&
                !reproduce_shows(&result->reproduced[i], (enum chk_class)verdict))
                return true;
        }
    }
    return false;
}

/* Of one class: what was seen most plainly. NULL: nothing. */
static const struct reproduce_wanted *best_of(const struct reproduced *reproduced, unsigned verdict)
{
    const struct reproduce_wanted *best = NULL;

    for (uint32_t i = 0; i < reproduced->n_wanted; i++) {
        const struct reproduce_wanted *wanted = &reproduced->wanted[i];

        if (wanted->verdict == verdict && wanted->kind != REPRODUCE_NOT &&
            (!best || (best->kind == REPRODUCE_WORDS && wanted->kind != REPRODUCE_WORDS)))
            best = wanted;
    }
    return best;
}

static const char *by(enum reproduce_kind kind)
{
    static const char *const texts[] = {
        [REPRODUCE_NOT] = "not shown",
        [REPRODUCE_ANSWER] = "a request got it",
        [REPRODUCE_WORDS] = "a request was served by these words",
        [REPRODUCE_PAGE] = "hardware used the freed page",
    };

    return texts[kind];
}

static void print_class(const struct explore_result *result, size_t op, unsigned verdict)
{
    const struct reproduced *reproduced = &result->reproduced[op];
    const struct reproduce_wanted *best = best_of(reproduced, verdict);

    (void)printf("%5zu  %-13s %-13s %s", op + 1,
                 sim_enum_word(SIM_SHOW_OP, result->report->ops[op].op),
                 chk_class_name((enum chk_class)verdict), by(best ? best->kind : REPRODUCE_NOT));
    if (best)
        (void)printf(":\n         %s\n", best->how);
    else
        (void)printf(" by %" PRIu64 " replays\n", reproduced->n_plans);
}

void explore_print_reproduced(const struct explore_result *result)
{
    if (!result->reproduced)
        return;
    (void)printf("\nReproduced by directed replays:\n");
    for (size_t i = 0; i < result->report->n_ops; i++) {
        for (unsigned verdict = CHK_BREAKS; verdict < CHK_N_CLASSES; verdict++) {
            if (has_class(result, i, verdict))
                print_class(result, i, verdict);
        }
    }
}

json_t *explore_reproduced_json(const struct explore_result *result, size_t op)
{
    static const char *const words[] = {[REPRODUCE_NOT] = "nothing",
                                        [REPRODUCE_ANSWER] = "answer",
                                        [REPRODUCE_WORDS] = "words",
                                        [REPRODUCE_PAGE] = "page"};
    json_t *list = json_array();

    for (unsigned verdict = CHK_BREAKS; list && verdict < CHK_N_CLASSES; verdict++) {
        const struct reproduce_wanted *best;

        if (!result->reproduced || !has_class(result, op, verdict))
            continue;
        best = best_of(&result->reproduced[op], verdict);
        (void)json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:I}", "class",
                                                    chk_class_name((enum chk_class)verdict), "by",
                                                    words[best ? best->kind : REPRODUCE_NOT], "how",
                                                    best ? best->how : "", "replays",
                                                    (json_int_t)result->reproduced[op].n_plans));
    }
    return list;
}
