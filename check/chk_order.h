/* SPDX-License-Identifier: BSD-2-Clause
 * chk_order.h - rules of the protocol between software and an IOMMU: a sanitizer for drivers.
 * Knows: records, rules and what broke them. Must not know: models, how hits are printed.
 * Meaning: docs/rules.md.
 *
 * A struct chk_order is a sink of records and nothing else: it needs no model, no time and no
 * requests of devices. Every rule is in check/rules/, with examples that are tests. */
#ifndef CHK_ORDER_H
#define CHK_ORDER_H

#include "sim/record.h"

#ifdef __cplusplus
extern "C" {
#endif

/** enum chk_rule_kind - ARCH: the architecture forbids it or leaves open what happens. STATE: it
 * leaves something in a cache, or in use, that must not be there. ADVICE: legal, but hardly meant;
 * it does not count as a violation. */
enum chk_rule_kind { CHK_RULE_ARCH, CHK_RULE_STATE, CHK_RULE_ADVICE, CHK_N_RULE_KINDS };
const char *chk_rule_kind_name(enum chk_rule_kind kind); /* "arch", "state", "advice" */

/** enum chk_rule_start - what an example begins with. RESET: a unit whose ID registers were read.
 * READY: it translates, every stream is aborted. LIVE: StreamID 0x20 has a stage 1 table. Behind
 * RESET the unit is set up. VTD: the same for VT-d; LIVE: requester 0x18 has a second stage;
 * so it has in LEGACY mode. */
enum chk_rule_start {
    CHK_START_RESET,
    CHK_START_READY,
    CHK_START_LIVE,
    CHK_START_VTD_RESET,
    CHK_START_VTD_READY,
    CHK_START_VTD_LIVE,
    CHK_START_VTD_LEGACY,
    CHK_N_STARTS,
};

enum chk_rule_id {
#define RULE(name, id, kind, section, start, title, why, fix, bad, good) CHK_RULE_##name,
#include "check/rules/smmu_cmd.def"
#include "check/rules/smmu_entry.def"
#include "check/rules/smmu_queue.def"
#include "check/rules/smmu_reg.def"
#include "check/rules/smmu_tlb.def"
#include "check/rules/vtd_entry.def"
#include "check/rules/vtd_queue.def"
#include "check/rules/vtd_reg.def"
#include "check/rules/vtd_tlb.def"
#undef RULE
    CHK_N_RULES
};

/**
 * struct chk_rule - one rule.
 * @id:      its name for people and options; never changes.
 * @section: of the architecture.
 * @title:   what software did wrong, in one line. @why: it matters. @fix: what to do instead.
 * @bad, @good: lines of records, to be put behind those that @start begins with and before those
 * that it ends with: the first breaks this rule and no other, the second none.
 */
struct chk_rule {
    const char *id;
    enum chk_rule_kind kind;
    const char *section;
    enum chk_rule_start start;
    const char *title;
    const char *why;
    const char *fix;
    const char *bad;
    const char *good;
};
extern const struct chk_rule chk_rules[CHK_N_RULES];

/** chk_rule_find - rule by id; CHK_N_RULES if there is none. */
enum chk_rule_id chk_rule_find(const char *id);

/** chk_rule_start_text - the lines that every example with this start begins with, header
 * included. */
const char *chk_rule_start_text(enum chk_rule_start start);

/** chk_rule_end_text - the lines behind every example with this start, that make it a whole stream:
 * one in which a device uses what was set up. */
const char *chk_rule_end_text(enum chk_rule_start start);

/**
 * struct chk_hit - a rule was broken.
 * @seq:    number of the record, from 1, at which that came out; @since_seq: of the one that began
 *          it (a store that nobody invalidated), else equal.
 * @op, @dev, @pasid: the innermost operation that was open on the record's CPU; SIM_NO_DEV and
 *          UINT32_MAX if none. @has_op: there was one.
 * @ip:     of the instruction, if @has_ip.
 * @text:   what was seen, with the words.
 */
struct chk_hit {
    enum chk_rule_id rule;
    uint64_t seq, since_seq;
    uint64_t time_ns;
    uint16_t iommu, cpu;
    bool has_op, has_ip;
    uint8_t op;
    uint32_t dev, pasid;
    uint64_t ip;
    char text[200];
};

/** struct chk_order_report - @hits: the first CHK_MAX_HITS of each rule, in the order of records.
 * @count: of each rule, all of them. @n_violations: hits of rules that are neither advice nor
 * allowed. @reason: why a rule is allowed, NULL = it is not. @blind_seq: after this record nothing
 * was judged, because records are missing; 0 = all was. */
#define CHK_MAX_HITS 32u
struct chk_order_report {
    const struct chk_hit *hits;
    size_t n_hits;
    uint64_t count[CHK_N_RULES];
    const char *reason[CHK_N_RULES];
    uint64_t n_violations;
    uint64_t blind_seq;
};

struct chk_order;

/** chk_order_new - Return: NULL without memory. */
struct chk_order *chk_order_new(void);
void chk_order_free(struct chk_order *order);

/** chk_order_allow - hits of the rule are counted, but are no violations. @reason: borrowed. To be
 * called before the first record. */
void chk_order_allow(struct chk_order *order, enum chk_rule_id rule, const char *reason);

/** chk_order_put - put of a struct sim_record_sink. Return: 0 or SIM_ENOMEM. */
int chk_order_put(void *order, const struct sim_record *rec);

/** chk_order_finish - after the last record: judges what is still open. Return: 0 or SIM_ENOMEM,
 * which any earlier call may have met. */
int chk_order_finish(struct chk_order *order);

/** chk_order_get_report - good until chk_order_free; complete after chk_order_finish. */
const struct chk_order_report *chk_order_get_report(const struct chk_order *order);

#ifdef __cplusplus
}
#endif
#endif
