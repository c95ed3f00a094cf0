/* SPDX-License-Identifier: BSD-2-Clause
 * explore_report.h - what iommusim explore found, for people and as JSON.
 * Knows: reports. Must not know: options. */
#ifndef CLI_EXPLORE_REPORT_H
#define CLI_EXPLORE_REPORT_H

#include "check/explore.h"
#include "cli/cli.h"
#include "cli/lines.h"

struct reproduced;

/** struct explore_result - @devices: names of the stream's devices. @lines: NULL without --vmlinux.
 * @ips: of record i + 1, if @lines; 0 = not known. @reproduced: of each operation, with
 * --reproduce; of those that were not tried nothing is wanted. */
struct explore_result {
    const char *input;
    const struct xpl_report *report;
    const struct xpl_params *params;
    const struct chk_arch *arch;
    const struct sim_device *devices;
    size_t n_devices;
    struct trc_lines *lines;
    const uint64_t *ips;
    size_t n_ips;
    struct reproduced *reproduced;
};

/** explore_print - a table of the operations. @all: maps and unmaps of which nothing bad is known,
 * too. */
void explore_print(const struct explore_result *result, bool all);

/** explore_witness - the story of operation @op: what a request may meet, and why. */
void explore_witness(const struct explore_result *result, size_t op);

/** explore_worst - index of the operation that a person should look at first; n_ops if all are
 * hitless. */
size_t explore_worst(const struct explore_result *result);

/** explore_device - its name, "-" if there is none. */
const char *explore_device(const struct explore_result *result, uint32_t dev);

/** explore_verdict - class at a level, or "INCONCLUSIVE" if no class was proven and something is
 * missing. */
const char *explore_verdict(const struct xpl_op *op, enum xpl_level level);

/** explore_atom - bytes of an entry that hardware reads at once. */
uint32_t explore_atom(const struct explore_result *result);

/** explore_conflict - name of the knob's value. */
const char *explore_conflict(const struct xpl_params *params);
const char *explore_order(const struct xpl_params *params);

/** explore_target - a target in a few words, into @text. */
void explore_target(const struct explore_result *result, const struct chk_target *target,
                    char *text, size_t n_bytes);

/** explore_json - everything (docs/schema/explore.schema.json). Return: NULL without memory. */
json_t *explore_json(const struct explore_result *result);

/** explore_ip - the instruction that stored record @seq, 0 = not known. */
uint64_t explore_ip(const struct explore_result *result, uint64_t seq);

/** explore_finding - id of the known finding of docs/findings.md that outcome @o comes from, or
 * NULL. */
const char *explore_finding(const struct xpl_op *op, const struct xpl_slot *slot,
                            const struct xpl_outcome *o);

/** explore_known - id of the known finding that all of an operation's classes come from, or NULL.
 */
const char *explore_known(const struct xpl_op *op);

/* explore_advice.c: which bits forced it, and what the architecture allows instead. */
void explore_advice(const struct explore_result *result, const struct xpl_op *op);

#endif
