/* SPDX-License-Identifier: BSD-2-Clause
 * replay_json.c - the result of a replay for machines: JSON and CSV. */
#include "cli/replay.h"
#include "cli/replay_unit.h"

#include <inttypes.h>
#include <string.h>

#define NO_PASID UINT32_MAX

/* Nanoseconds: whole ones as integers. */
static json_t *json_ns(uint64_t ps)
{
    return ps % 1000 == 0 ? json_integer((json_int_t)(ps / 1000)) : json_real((double)ps / 1000.0);
}

/* A name out of a file, which may be no UTF-8: JSON has no other strings. */
static json_t *json_name(const char *name)
{
    json_t *string = json_string(name);
    char ascii[256];
    size_t n = 0;

    if (string)
        return string;
    for (; n < sizeof(ascii) - 1 && name[n]; n++)
        ascii[n] = (unsigned char)name[n] < 0x80 ? name[n] : '?';
    ascii[n] = '\0';
    return json_string(ascii);
}

static json_t *json_counts(const struct chk_counts *counts)
{
    json_t *object = json_object();

    for (size_t i = 0; i < counts->n; i++)
        (void)json_object_set_new(object, counts->of[i].name,
                                  json_integer((json_int_t)counts->of[i].n));
    return object;
}

static json_t *json_dma(const struct chk_dma *dma)
{
    return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "issued", (json_int_t)dma->issued,
                     "old", (json_int_t)dma->old_, "new", (json_int_t)dma->new_, "same",
                     (json_int_t)dma->same, "faulted", (json_int_t)dma->faulted, "mixed",
                     (json_int_t)dma->mixed, "stale", (json_int_t)dma->stale, "unchecked",
                     (json_int_t)dma->unchecked);
}

static json_t *json_latency(const struct chk_latency *latency)
{
    return json_pack("{s:I, s:o, s:o, s:o}", "requests", (json_int_t)latency->n, "p50",
                     json_ns(latency->p50), "p99", json_ns(latency->p99), "max",
                     json_ns(latency->max));
}

static json_t *json_domain(bool has_domain, uint64_t domain)
{
    return has_domain ? cli_json_hex(domain) : json_null();
}

static const char *kind_name(enum sim_domain_kind kind)
{
    static const char *const names[] = {
        [SIM_DOMAIN_BLOCKED] = "blocked",
        [SIM_DOMAIN_IDENTITY] = "identity",
        [SIM_DOMAIN_PAGING] = "paging",
        [SIM_DOMAIN_OPAQUE] = "opaque",
    };

    return names[kind];
}

static json_t *json_parts(const struct chk_op *op)
{
    json_t *list = json_array();

    for (size_t i = 0; i < op->n_parts; i++) {
        const struct chk_part *part = &op->parts[i];

        (void)json_array_append_new(
            list,
            json_pack("{s:s, s:o, s:o, s:o, s:o, s:I}", "op", sim_enum_word(SIM_SHOW_OP, part->op),
                      "begin_ns", json_ns(part->begin_ps), "end_ns", json_ns(part->end_ps),
                      "stores", json_counts(&part->stores), "commands",
                      json_counts(&part->commands), "syncs", (json_int_t)part->syncs));
    }
    return list;
}

static json_t *json_classes(const struct chk_op *op)
{
    json_t *list = json_array();

    for (int i = 0; i < CHK_N_CLASSES; i++) {
        if (op->classes >> i & 1)
            (void)json_array_append_new(list, json_string(chk_class_name((enum chk_class)i)));
    }
    return list;
}

/* Who, what, and the verdict. */
static json_t *json_identity(const struct chk_op *op)
{
    json_t *object = json_pack("{s:s, s:o}", "op", sim_enum_word(SIM_SHOW_OP, op->op), "device",
                               json_name(op->device));

    (void)json_object_set_new(object, "iommu", json_integer(op->iommu));
    (void)json_object_set_new(
        object, "requester",
        op->has_requester ? json_pack("{s:I}", "sid", (json_int_t)op->requester) : json_null());
    (void)json_object_set_new(object, "pasid",
                              op->pasid == NO_PASID ? json_null() : json_integer(op->pasid));
    (void)json_object_set_new(object, "old_domain",
                              json_domain(op->has_old_domain, op->old_domain));
    (void)json_object_set_new(object, "new_domain",
                              json_domain(op->has_new_domain, op->new_domain));
    (void)json_object_set_new(object, "old_kind", json_string(kind_name(op->old_kind)));
    (void)json_object_set_new(object, "new_kind", json_string(kind_name(op->new_kind)));
    (void)json_object_set_new(object, "ret", json_integer(op->ret));
    (void)json_object_set_new(object, "cpu", json_integer(op->cpu));
    (void)json_object_set_new(object, "begin_ns", json_ns(op->begin_ps));
    (void)json_object_set_new(object, "end_ns", json_ns(op->end_ps));
    (void)json_object_set_new(object, "trace_begin_ns",
                              json_integer((json_int_t)op->trace_begin_ns));
    (void)json_object_set_new(object, "trace_end_ns", json_integer((json_int_t)op->trace_end_ns));
    (void)json_object_set_new(object, "verdict", json_string(replay_verdict(op)));
    (void)json_object_set_new(object, "safe", json_boolean(op->safe));
    (void)json_object_set_new(object, "hitless", json_boolean(op->hitless));
    (void)json_object_set_new(object, "inconclusive", json_boolean(op->inconclusive));
    (void)json_object_set_new(object, "why", op->why ? json_string(op->why) : json_null());
    (void)json_object_set_new(object, "note", op->note ? json_string(op->note) : json_null());
    (void)json_object_set_new(object, "classes", json_classes(op));
    return object;
}

static json_t *json_cost(const struct chk_op *op, const struct config *config)
{
    json_t *cost = json_pack("{s:o, s:o, s:s}", "hw", json_ns(op->hw_ps), "cpu",
                             json_ns(op->cpu_ps), "cpu_source", replay_cpu_source(config));

    (void)json_object_set_new(cost, "sync_p50", json_ns(op->sync_p50_ps));
    (void)json_object_set_new(cost, "sync_max", json_ns(op->sync_max_ps));
    (void)json_object_set_new(cost, "dma_blocked", json_ns(op->dma_blocked_ps));
    (void)json_object_set_new(cost, "refill", json_ns(op->refill_ps));
    return cost;
}

/* @cost: the operation in the cost run, @op: in the verdict run. */
static json_t *json_op(const struct replay_result *result, const struct chk_op *cost,
                       const struct chk_op *op)
{
    json_t *object = json_identity(op);

    (void)json_object_set_new(object, "stores", json_counts(&cost->stores));
    (void)json_object_set_new(object, "commands", json_counts(&cost->commands));
    (void)json_object_set_new(object, "syncs", json_integer((json_int_t)cost->syncs));
    (void)json_object_set_new(object, "mmio_writes", json_integer((json_int_t)cost->mmio_writes));
    (void)json_object_set_new(object, "events", json_counts(&cost->events));
    (void)json_object_set_new(object, "tlb",
                              json_pack("{s:I, s:I, s:I}", "swept", (json_int_t)cost->swept,
                                        "killed", (json_int_t)cost->killed, "collateral",
                                        (json_int_t)cost->collateral));
    (void)json_object_set_new(object, "cost_ns", json_cost(cost, result->config));
    (void)json_object_set_new(object, "dma", json_dma(&cost->dma));
    (void)json_object_set_new(object, "probes",
                              result->has_probes ? json_dma(&op->probes) : json_null());
    (void)json_object_set_new(object, "latency_ns",
                              json_pack("{s:o, s:o, s:o}", "before", json_latency(&cost->before),
                                        "during", json_latency(&cost->during), "after",
                                        json_latency(&cost->after)));
    (void)json_object_set_new(object, "parts", json_parts(cost));
    return object;
}

static json_t *json_smmu_ids(const struct config *config, const struct rpl_scan_unit *unit)
{
    struct smmu_ids ids;

    replay_unit_ids(config, unit, &ids);
    return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "SMMU_IDR0",
                     cli_json_hex(ids.idr0), "SMMU_IDR1", cli_json_hex(ids.idr1), "SMMU_IDR2",
                     cli_json_hex(ids.idr2), "SMMU_IDR3", cli_json_hex(ids.idr3), "SMMU_IDR4",
                     cli_json_hex(ids.idr4), "SMMU_IDR5", cli_json_hex(ids.idr5), "SMMU_IIDR",
                     cli_json_hex(ids.iidr), "SMMU_AIDR", cli_json_hex(ids.aidr));
}

static json_t *json_vtd_ids(const struct config *config, const struct rpl_scan_unit *unit)
{
    struct vtd_ids ids;

    replay_unit_vtd_ids(config, unit, &ids);
    return json_pack("{s:o, s:o, s:o}", "VTD_VER", cli_json_hex(ids.ver), "VTD_CAP",
                     cli_json_hex(ids.cap), "VTD_ECAP", cli_json_hex(ids.ecap));
}

static json_t *json_units(const struct replay_result *result)
{
    json_t *list = json_array();

    for (size_t i = 0; i < result->scan->n_units; i++) {
        const struct rpl_scan_unit *unit = &result->scan->units[i];
        json_t *idr = unit->arch == SIM_ARCH_VTD ? json_vtd_ids(result->config, unit)
                                                 : json_smmu_ids(result->config, unit);

        (void)json_array_append_new(list,
                                    json_pack("{s:i, s:s, s:o, s:o}", "iommu", (int)unit->iommu,
                                              "arch", sim_enum_word(SIM_SHOW_ARCH, unit->arch),
                                              "base", cli_json_hex(unit->base), "idr", idr));
    }
    return list;
}

static json_t *json_devices(const struct rpl_scan *scan)
{
    json_t *list = json_array();

    for (size_t i = 0; i < scan->n_devices; i++) {
        const struct sim_device *device = &scan->devices[i];
        json_t *sids = json_array();

        for (uint32_t k = 0; k < device->n_requesters; k++)
            (void)json_array_append_new(sids, json_integer((json_int_t)device->requester[k]));
        (void)json_array_append_new(
            list, json_pack("{s:I, s:o, s:i, s:o, s:s}", "dev", (json_int_t)device->dev, "name",
                            json_name(device->name), "iommu", (int)device->iommu, "sids", sids,
                            "source", device->source));
    }
    return list;
}

static json_t *json_run(const struct replay_result *result)
{
    const struct rpl_stats *stats = result->stats;
    const struct rpl_stats *moments = result->cost_stats;

    return json_pack("{s:o, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "end_ns",
                     json_ns(stats->end_ps), "responses", (json_int_t)stats->n_responses,
                     "answers_not_replayed", (json_int_t)stats->n_answers, "wait_timeouts",
                     (json_int_t)stats->n_wait_timeouts, "probes", (json_int_t)stats->n_probes,
                     "probes_unanswered", (json_int_t)stats->n_probes_unanswered, "instants",
                     (json_int_t)moments->n_instants, "instants_left_out",
                     (json_int_t)moments->n_instants_left_out, "map_operations_left_out",
                     (json_int_t)moments->n_map_ops_left_out);
}

static json_t *json_summary(const struct replay_result *result)
{
    const struct chk_report *report = result->verdicts;
    bool is_hitless = report->n_ops > 0 && !report->bad_outside;
    bool is_safe = !report->bad_outside;

    for (size_t i = 0; i < report->n_ops; i++) {
        is_hitless &= report->ops[i].hitless;
        is_safe &= report->ops[i].safe;
    }
    return json_pack(
        "{s:s, s:b, s:b, s:b, s:s?, s:I, s:I, s:I}", "worst", chk_class_name(report->worst),
        "hitless", is_hitless, "safe", is_safe, "inconclusive", replay_is_inconclusive(result),
        "why", report->why, "bad_outside", (json_int_t)report->bad_outside, "unknown_reads",
        (json_int_t)report->unknown_reads, "unimplemented", (json_int_t)report->unimplemented);
}

json_t *replay_json(const struct replay_result *result)
{
    const struct chk_report *report = result->verdicts;
    json_t *root = json_pack("{s:s, s:o, s:s, s:o}", "schema", "iommusim.replay/1", "trace",
                             json_name(result->input), "arch",
                             sim_enum_word(SIM_SHOW_ARCH, result->scan->units[0].arch), "config",
                             config_json(result->config));
    json_t *ops = json_array();

    for (size_t i = 0; i < report->n_ops; i++)
        (void)json_array_append_new(ops, json_op(result, &result->costs->ops[i], &report->ops[i]));
    (void)json_object_set_new(root, "seed", json_integer((json_int_t)result->config->rpl.seed));
    (void)json_object_set_new(root, "records", json_integer((json_int_t)result->scan->n_records));
    (void)json_object_set_new(root, "lost_events", json_integer((json_int_t)report->lost_events));
    (void)json_object_set_new(root, "damage",
                              result->damage[0] ? json_string(result->damage) : json_null());
    (void)json_object_set_new(root, "units", json_units(result));
    (void)json_object_set_new(root, "devices", json_devices(result->scan));
    (void)json_object_set_new(root, "summary", json_summary(result));
    (void)json_object_set_new(root, "protocol", rules_json(result->rules));
    (void)json_object_set_new(root, "run", json_run(result));
    (void)json_object_set_new(root, "operations", ops);
    return root;
}

/* ---- CSV ------------------------------------------------------------------------------------ */

static uint64_t sum(const struct chk_counts *counts)
{
    uint64_t n = 0;

    for (size_t i = 0; i < counts->n; i++)
        n += counts->of[i].n;
    return n;
}

void replay_csv(const struct replay_result *result, FILE *out)
{
    (void)fputs("op_number,op,device,sid,old_domain,new_domain,ret,verdict,safe,hitless,"
                "inconclusive,begin_ns,end_ns,stores,commands,syncs,events,tlb_swept,tlb_killed,"
                "tlb_collateral,hw_ns,cpu_ns,sync_p50_ns,sync_max_ns,dma_blocked_ns,refill_ns,"
                "dma_issued,dma_faulted,latency_p50_before_ns,latency_p99_before_ns,"
                "latency_p50_after_ns,latency_p99_after_ns\n",
                out);
    for (size_t i = 0; i < result->costs->n_ops; i++) {
        const struct chk_op *cost = &result->costs->ops[i];
        const struct chk_op *op = &result->verdicts->ops[i];

        (void)fprintf(out, "%zu,%s,%s,", i + 1, sim_enum_word(SIM_SHOW_OP, op->op), op->device);
        if (op->has_requester)
            (void)fprintf(out, "%" PRIu32, op->requester);
        (void)fprintf(out, ",0x%" PRIx64 ",0x%" PRIx64 ",%" PRId32 ",%s,%d,%d,%d", op->old_domain,
                      op->new_domain, op->ret, replay_verdict(op), op->safe, op->hitless,
                      op->inconclusive);
        (void)fprintf(out, ",%.3f,%.3f", (double)cost->begin_ps / 1e3, (double)cost->end_ps / 1e3);
        (void)fprintf(out, ",%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64, sum(&cost->stores),
                      sum(&cost->commands), cost->syncs, sum(&cost->events));
        (void)fprintf(out, ",%" PRIu64 ",%" PRIu64 ",%" PRIu64, cost->swept, cost->killed,
                      cost->collateral);
        (void)fprintf(out, ",%.3f,%.3f,%.3f,%.3f,%.3f,%.3f", (double)cost->hw_ps / 1e3,
                      (double)cost->cpu_ps / 1e3, (double)cost->sync_p50_ps / 1e3,
                      (double)cost->sync_max_ps / 1e3, (double)cost->dma_blocked_ps / 1e3,
                      (double)cost->refill_ps / 1e3);
        (void)fprintf(out, ",%" PRIu64 ",%" PRIu64 ",%.3f,%.3f,%.3f,%.3f\n", cost->dma.issued,
                      cost->dma.faulted, (double)cost->before.p50 / 1e3,
                      (double)cost->before.p99 / 1e3, (double)cost->after.p50 / 1e3,
                      (double)cost->after.p99 / 1e3);
    }
}
