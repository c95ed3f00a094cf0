/* SPDX-License-Identifier: BSD-2-Clause
 * reproduce_private.h - what the files of reproduce share. */
#ifndef CLI_REPRODUCE_PRIVATE_H
#define CLI_REPRODUCE_PRIVATE_H

#include "cli/config.h"
#include "cli/replay_machine.h"
#include "cli/reproduce.h"
#include "sim/mem.h"

#define REPRODUCE_IOVAS 6u
#define REPRODUCE_REQUESTS 24u /* different ones of an operation */
#define REPRODUCE_IN_FLIGHT 48u

/**
 * struct reproduce_plan - one machine and its requests.
 * @view:      entries are held back until memory has these words; NULL: not.
 * @has_warmth: requests before the operation, so that caches are full.
 * @first, @next: records after which requests begin, and, after a first round, go on.
 * @is_lazy:   a command is read 20 us after its turn; meanwhile devices go on asking.
 * @delayed:   this store becomes visible only with its CPU's next barrier; 0 = none.
 * @is_slow:   descriptors of VT-d take 15 us each; meanwhile devices go on asking.
 * @is_forgetful: devices with ATS ask anew while software waits.
 * @is_alone:  at first only the device asks that the operation is about; the others do from the
 * next record on.
 * @swapped:   the command of this store acts after the next one; 0 = none.
 * @seed:      0, or of caches that forget at random.
 */
struct reproduce_plan {
    const struct xpl_view *view;
    bool has_caches, has_warmth, is_lazy, is_slow, is_alone, is_forgetful;
    uint64_t first, next;
    uint64_t delayed, swapped;
    uint32_t seed;
};

/** struct reproduce_request - @iova is tried for @request. */
struct reproduce_request {
    struct chk_request request;
    uint64_t iova;
};

/** struct reproduce_job - one operation. @last: records of the stream that matter.
 * @unit: registers as they are at @last. */
struct reproduce_job {
    const struct reproduce_stream *stream;
    const struct xpl_op *op;
    struct reproduced *result;
    uint64_t last;
    struct chk_arch_unit unit;
    struct reproduce_request requests[REPRODUCE_REQUESTS];
    uint32_t n_requests;
};

/* Where a request gets to: @is_known: it can be told by its answer. */
struct reproduce_effect {
    bool is_known, is_refused;
    uint64_t pa;
};

/* reproduce_effect.c: what targets come to. */
void reproduce_effect(const struct reproduce_job *job, const struct sim_mem *mem,
                      const struct chk_target *target, uint64_t iova,
                      struct reproduce_effect *effect);
bool reproduce_is_same(const struct reproduce_effect *a, const struct reproduce_effect *b);
void reproduce_choose(struct reproduce_job *job, const struct sim_mem *mem);

/* Is what is said of a table said of all that memory has for the device? Is the operation about
 * this request? */
bool reproduce_is_whole(const struct xpl_table *table);
bool reproduce_is_about(const struct xpl_op *op, const struct chk_request *request);

/* reproduce_feed.c: is it time for requests when record @seq has taken effect? Does @rec order the
 * store that is late? May the command that record @seq stores act after the next one? And the
 * record as the plan has it. */
bool reproduce_asks_after(const struct reproduce_job *job, const struct reproduce_plan *plan,
                          uint64_t seq);
bool reproduce_ends_delay(const struct reproduce_job *job, const struct reproduce_plan *plan,
                          const struct sim_record *rec);
bool reproduce_may_swap(const struct reproduce_job *job, uint64_t seq);
struct sim_record reproduce_as_put(const struct reproduce_job *job,
                                   const struct reproduce_plan *plan, uint64_t seq);

/* reproduce_machine.c: entries of the queue; is the command that @rec stores one that others wait
 * for? Structures on the way to a table. */
bool reproduce_is_command(unsigned structure);
bool reproduce_is_sync(const struct reproduce_stream *stream, const struct sim_record *rec);
bool reproduce_is_config(unsigned structure);

/* What @target is looked up under, whichever cache it was found in: it has tables. */
struct chk_tag reproduce_tag(const struct reproduce_stream *stream,
                             const struct chk_target *target);

/* The stages of a target, as tables of one stage each; a guest's tables are known on VT-d alone.
 * What a cache of one stage gave has the other one of @by. */
enum reproduce_stages { REPRODUCE_UNKNOWN, REPRODUCE_ONE, REPRODUCE_TWO };
enum reproduce_stages reproduce_split(const struct reproduce_stream *stream,
                                      const struct chk_target *target, struct chk_regime *first,
                                      struct chk_regime *second);
void reproduce_complete(const struct reproduce_stream *stream, struct chk_target *target,
                        const struct chk_target *by);

/* Registers of the unit after reset; settings of the plan's machine. */
void reproduce_unit(const struct reproduce_stream *stream, struct chk_arch_unit *unit);
void reproduce_configure(const struct reproduce_stream *stream, const struct reproduce_plan *plan,
                         struct config *config);

/* reproduce_run.c: one replay. Return: 0 or SIM_E... */
int reproduce_run(struct reproduce_job *job, const struct reproduce_plan *plan);

#endif
