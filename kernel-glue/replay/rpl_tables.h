/* SPDX-License-Identifier: BSD-2-Clause
 * rpl_tables.h - which stage a page of an SMMUv3's page tables belongs to.
 * Knows: the addresses in CDs, STEs and table descriptors. Must not know: models.
 *
 * A trace says of a store that it went to a page table, not of which stage. That comes out when the
 * root of the table is put into a CD (stage 1) or an STE (stage 2), often long after the store; so
 * a first pass over the whole stream links pages to their roots. */
#ifndef RPL_TABLES_H
#define RPL_TABLES_H

#include "sim/record.h"

#ifdef __cplusplus
extern "C" {
#endif

struct rpl_tables;

struct rpl_tables *rpl_tables_new(void);
void rpl_tables_free(struct rpl_tables *tables);

/** rpl_tables_record - MEMORY and STORE records of table memory, in order. Return: 0 or
 * SIM_ENOMEM. */
int rpl_tables_record(struct rpl_tables *tables, const struct sim_record *rec);

/** rpl_tables_structure - SIM_S_PTE_S1 or SIM_S_PTE_S2 for a descriptor at @pa; SIM_S_PTE if no CD
 * or STE ever led to its table. A page that served both stages is what it was last. */
enum sim_structure rpl_tables_structure(const struct rpl_tables *tables, uint64_t pa);

/** rpl_tables_stage - @rec into @staged, with its structure by rpl_tables_structure if it stores a
 * descriptor of unknown stage. @tables: NULL = as it is. */
void rpl_tables_stage(const struct rpl_tables *tables, const struct sim_record *rec,
                      struct sim_record *staged);

#ifdef __cplusplus
}
#endif
#endif
