/* SPDX-License-Identifier: BSD-2-Clause
 * view.h - a whole replay for viewers: Perfetto's and those of waveforms.
 * Knows: a result, what its run tells. Must not know: options, machines.
 *
 * view.c follows the marks and hands on what it sees; view_perfetto.c and view_wave.c write.
 * docs/replay.md says what is shown. */
#ifndef CLI_VIEW_H
#define CLI_VIEW_H

#include "cli/replay.h"
#include "sim/wave.h"

/** struct view_paths - where to; NULL: not wanted. */
struct view_paths {
    const char *perfetto;
    const char *fst;
    const char *vcd;
};

/** view_wanted - is any of them wanted? */
bool view_wanted(const struct view_paths *paths);

/** view_write - run the stream once more and write what is wanted: each file whole, or none.
 * Return: CLI_OK or the exit code. */
int view_write(struct replay *replay, const struct replay_result *result,
               const struct view_paths *paths);

/* ---- between the parts ------------------------------------------------------------------------
 */

#define VIEW_MAX_DEPTH 16u /* of marks; deeper ones are not shown */
#define VIEW_NO_ENDPOINT SIZE_MAX

/** struct view_mark - an open mark. @judged: its operation, if it is one with a verdict; @index:
 * its place in the report. */
struct view_mark {
    uint8_t op;
    uint32_t dev;
    const struct chk_op *judged;
    size_t index;
};

/** struct view_cpu - open marks, outermost first. */
struct view_cpu {
    struct view_mark mark[VIEW_MAX_DEPTH];
    unsigned n;
};

/**
 * struct view_sink - who writes.
 * @opened: the CPU's innermost mark has just been opened. @closed: all but its first @n were
 * closed.
 * @act:    any other record; @text: what it says, NULL if @wants_text is false.
 * @fact:   @unit: index in the scan. @dma: @endpoint: index in the scan or VIEW_NO_ENDPOINT.
 * @finish: the end. Return: 0 or SIM_E...
 */
struct view_sink {
    bool wants_text;
    void (*opened)(void *ctx, uint16_t cpu, const struct view_cpu *marks, uint64_t time_ps);
    void (*closed)(void *ctx, uint16_t cpu, const struct view_cpu *marks, uint64_t time_ps);
    void (*act)(void *ctx, const struct sim_record_seen *seen, const char *text);
    void (*fact)(void *ctx, const struct sim_fact *fact, size_t unit);
    void (*dma)(void *ctx, const struct sim_dma_seen *seen, size_t endpoint);
    int (*finish)(void *ctx, uint64_t end_ps);
    void (*free)(void *ctx);
    void *ctx;
};

/** view_perfetto_new, view_wave_new - Return: a sink without ctx without memory. */
struct view_sink view_perfetto_new(FILE *out, const struct replay_result *result);
struct view_sink view_wave_new(FILE *out, enum wave_format format,
                               const struct replay_result *result);

/** view_endpoint - index in the scan of who sends as @requester with @pasid (SIM_NO_PASID: none).
 */
size_t view_endpoint(const struct rpl_scan *scan, uint32_t requester, uint64_t pasid);

/** view_endpoint_name - the device's name, with the PASID if it has one. */
#define VIEW_NAME_BYTES 96u
const char *view_endpoint_name(const struct sim_device *device, char name[VIEW_NAME_BYTES]);

/** view_answer - "ok", "abort", "ur", "raz_wi". */
const char *view_answer(uint8_t status);

/** view_command - a command's name, or "unknown". */
const char *view_command(uint8_t arch, uint64_t word0, uint64_t word1);

#endif
