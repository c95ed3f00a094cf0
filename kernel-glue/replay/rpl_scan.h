/* SPDX-License-Identifier: BSD-2-Clause
 * rpl_scan.h - what must be known of a stream before it is replayed.
 * Knows: records, layouts of commands. Must not know: models.
 *
 * A first pass finds the units, their ID registers and which StreamID each device has. */
#ifndef RPL_SCAN_H
#define RPL_SCAN_H

#include "kernel-glue/replay/rpl_tables.h"
#include "sim/observe.h"

#ifdef __cplusplus
extern "C" {
#endif

#define RPL_SCAN_MAX_UNITS 8u
#define RPL_SCAN_MAX_IDS 16u

/** struct rpl_scan_unit - @id: read-only ID registers that software read: offset and value. */
#define RPL_SCAN_MAX_PASIDS 32u

struct rpl_scan_unit {
    uint16_t iommu;
    uint8_t arch; /* SIM_ARCH_* */
    uint64_t base;
    struct {
        uint32_t offset;
        uint64_t value;
    } id[RPL_SCAN_MAX_IDS];
    size_t n_ids;
};

/**
 * struct rpl_scan - what a stream is about.
 * @devices:       n_devices devices, and after them requests of them with a PASID, so that there
 * are n_endpoints in all; PASIDs beyond RPL_SCAN_MAX_PASIDS are left out.
 * @n_lost:        LOST records.
 * @n_ops:         operations that are part of no other.
 * @resolution_ns: of the stamps, 0 = not known.
 * @n_cpus:        that have at least one record. @max_cpu: the highest number of one.
 * @translation_on_at_start: the stream begins in the middle of a unit's life.
 */
struct rpl_scan {
    struct rpl_scan_unit units[RPL_SCAN_MAX_UNITS];
    size_t n_units;
    struct sim_device *devices;
    size_t n_devices, n_endpoints;
    uint64_t n_records;
    uint64_t n_lost;
    uint64_t n_ops;
    uint64_t n_map_ops; /* of n_ops, map and unmap */
    uint64_t resolution_ns;
    uint32_t n_cpus;
    uint16_t max_cpu;
    const struct rpl_tables *tables; /* NULL: not known (a scan made by hand) */
    bool barriers_recorded;
    bool is_recorded_from_start; /* ... and nothing was stored before the stream said so */
    bool has_ats;                /* there are ATS records */
    bool translation_on_at_start;
    bool maps_unknown;      /* a map stored descriptors, and no MAP record says what it maps */
    bool registers_unknown; /* in use, and the stream does not show its set-up, or no register */
};

struct rpl_scanner;
struct rpl_scanner *rpl_scanner_new(void);
void rpl_scanner_free(struct rpl_scanner *scanner);
/** rpl_scanner_put - put of a struct sim_record_sink. */
int rpl_scanner_put(void *scanner, const struct sim_record *rec);
/** rpl_scanner_end - the result; good until rpl_scanner_free. */
const struct rpl_scan *rpl_scanner_end(struct rpl_scanner *scanner);

#ifdef __cplusplus
}
#endif
#endif
