/* SPDX-License-Identifier: BSD-2-Clause
 * rpl_op.c - operations: which are open, what each device is attached to, what its traffic and its
 * probes are told of it.
 * Knows: BEGIN and END records, domains. Must not know: how domains are laid out in memory. */
#include "kernel-glue/replay/rpl_private.h"

#include "sim/time.h"

/* The kernel's numbers of a domain's type, as drv_attach marks carry them in field a. */
enum kernel_domain {
    KERNEL_BLOCKED = 0,
    KERNEL_PAGING = 1 << 0, /* a bit of several types */
    KERNEL_IDENTITY = 1 << 2,
};

static bool has_ranges(const struct rpl *rpl, uint64_t domain)
{
    return rpl->intent && sim_intent_n_ranges(rpl->intent, domain);
}

static enum sim_domain_kind kind_of(const struct rpl *rpl, uint64_t type, uint64_t domain)
{
    if (type == KERNEL_BLOCKED)
        return SIM_DOMAIN_BLOCKED;
    if (type == KERNEL_IDENTITY)
        return SIM_DOMAIN_IDENTITY;
    return type & KERNEL_PAGING || has_ranges(rpl, domain) ? SIM_DOMAIN_PAGING : SIM_DOMAIN_OPAQUE;
}

static bool is_pasid_op(uint8_t op)
{
    return op == SIM_OP_SET_PASID || op == SIM_OP_REPLACE_PASID || op == SIM_OP_REMOVE_PASID;
}

/* The innermost of these marks tells what a device, or a PASID of it, is attached to. */
static bool is_switch(uint8_t op)
{
    return op == SIM_OP_DRV_ATTACH || is_pasid_op(op);
}

static bool is_map(uint8_t op)
{
    return op == SIM_OP_MAP || op == SIM_OP_UNMAP;
}

/* Is a new outermost operation looked at? Of very many maps, each n-th. */
static bool is_watched(struct rpl *rpl, uint8_t op)
{
    const uint64_t most = rpl->config->probe.max_map_ops;
    const uint64_t stride = rpl->scan->n_map_ops / most + (rpl->scan->n_map_ops % most != 0);
    bool is_due;

    if (!is_map(op))
        return true;
    is_due = rpl->config->probe.map_ops && (!stride || rpl->live.n_maps++ % stride == 0);
    if (!is_due && !rpl->is_fork)
        rpl->stats.n_map_ops_left_out++;
    return is_due;
}

static struct rpl_marks *marks_of(struct rpl *rpl, uint16_t cpu)
{
    return &rpl->marks[cpu % rpl->n_marks];
}

bool rpl_op_is_first(const struct rpl *rpl, const struct sim_record *rec)
{
    return rec->kind == SIM_R_BEGIN && !rpl->live.had_operation && rpl_mark_counts(rec->mark.op);
}

/* ---- what a device is attached to ---- */

static void tell_traffic(struct rpl *rpl, size_t device, uint64_t domain, uint64_t next)
{
    struct traffic *traffic = rpl->traffic[device];

    if (traffic)
        traffic_domain(traffic, rpl->devices[device].kind, domain, next);
}

/* The mark of a PASID does not tell the domain's kind: it may be known from elsewhere. */
static enum sim_domain_kind kind_of_pasid(const struct rpl *rpl, const struct sim_rec_mark *rec)
{
    if (rec->op == SIM_OP_REMOVE_PASID)
        return SIM_DOMAIN_BLOCKED;
    if (rec->b == KERNEL_IDENTITY)
        return SIM_DOMAIN_IDENTITY;
    for (size_t i = 0; i < rpl->scan->n_endpoints; i++) {
        if (rpl->devices[i].has_domain && rpl->devices[i].domain == rec->domain)
            return rpl->devices[i].kind;
    }
    return rec->domain && has_ranges(rpl, rec->domain) ? SIM_DOMAIN_PAGING : SIM_DOMAIN_OPAQUE;
}

static void switch_begin(struct rpl *rpl, const struct sim_rec_mark *rec)
{
    const size_t i = rpl_endpoint_index(rpl, rec->dev, rec->pasid);
    struct rpl_device *device;
    bool both_map;

    if (i == RPL_NO_DEVICE)
        return;
    device = &rpl->devices[i];
    rpl->live.n_switching += !device->is_switching;
    device->is_switching = true;
    device->next_domain = rec->op == SIM_OP_REMOVE_PASID ? 0 : rec->domain;
    device->next_kind =
        is_pasid_op(rec->op) ? kind_of_pasid(rpl, rec) : kind_of(rpl, rec->a, rec->domain);
    both_map = device->kind == SIM_DOMAIN_PAGING && device->next_kind == SIM_DOMAIN_PAGING;
    if (device->has_domain)
        tell_traffic(rpl, i, device->domain, both_map ? device->next_domain : device->domain);
    rpl_target_choose(rpl, device, device->has_domain ? device->domain : device->next_domain,
                      device->next_domain);
}

static void switch_end(struct rpl *rpl, const struct sim_rec_mark_end *rec)
{
    const size_t i = rpl_endpoint_index(rpl, rec->dev, rec->pasid);
    struct rpl_device *device;

    if (i == RPL_NO_DEVICE)
        return;
    device = &rpl->devices[i];
    if (!device->is_switching)
        return;
    rpl->live.n_switching--;
    device->is_switching = false;
    if (!rec->ret) {
        device->has_domain = true;
        device->domain = device->next_domain;
        device->kind = device->next_kind;
    }
    if (device->has_domain)
        tell_traffic(rpl, i, device->domain, device->domain);
}

/* ---- what probes look at ---- */

static void watch_endpoint(struct rpl *rpl, uint32_t dev, uint32_t pasid)
{
    const size_t i = rpl_endpoint_index(rpl, dev, pasid);
    struct rpl_device *device;

    if (i == RPL_NO_DEVICE)
        return;
    device = &rpl->devices[i];
    if (device->epoch == rpl->live.epoch)
        return;
    device->epoch = rpl->live.epoch;
    if (device->has_domain)
        rpl_target_choose(rpl, device, device->domain, device->domain);
}

/* A map or unmap that stands alone: every device that uses the domain. */
static void watch_range(struct rpl *rpl, const struct sim_rec_mark *rec)
{
    for (size_t i = 0; i < rpl->scan->n_endpoints; i++) {
        struct rpl_device *device = &rpl->devices[i];

        if (!device->has_domain || device->domain != rec->domain)
            continue;
        device->epoch = rpl->live.epoch;
        rpl_target_range(rpl, device, rec->a, rec->b);
    }
}

static void watch_begin(struct rpl *rpl, const struct sim_rec_mark *rec, struct rpl_marks *marks,
                        bool is_outermost)
{
    struct rpl_live *live = &rpl->live;

    if (is_outermost)
        marks->is_watched = is_watched(rpl, rec->op);
    if (is_outermost && marks->is_watched) {
        if (!live->n_watched) {
            live->epoch++;
            if (!rpl->is_fork)
                rpl_instants_close(rpl);
        }
        live->n_watched++;
        if (is_map(rec->op))
            watch_range(rpl, rec);
    }
    if (live->n_watched && !is_map(rec->op))
        watch_endpoint(rpl, rec->dev, rec->pasid);
}

/* ---- the marks ---- */

void rpl_op_begin(struct rpl *rpl, const struct sim_record *rec)
{
    struct rpl_live *live = &rpl->live;
    struct rpl_marks *marks = marks_of(rpl, rec->cpu);
    bool is_outermost;

    if (!rpl_mark_counts(rec->mark.op))
        return;
    is_outermost = rpl_marks_begin(marks, rec->mark.op, rec->mark.dev);
    live->n_open += is_outermost;
    live->had_operation = true;
    watch_begin(rpl, &rec->mark, marks, is_outermost);
    if (is_switch(rec->mark.op))
        switch_begin(rpl, &rec->mark);
}

/* How long software rests after an outermost operation, so that requests show what is there then.
 */
static uint64_t rest_ps(const struct rpl *rpl, uint8_t op)
{
    if (is_map(op))
        return rpl->cost.quiet_map;
    if (rpl->config->has_gap && (op == SIM_OP_DETACH || op == SIM_OP_REMOVE_PASID))
        return sim_ps_from_ns(rpl->config->gap_ns);
    return rpl->cost.quiet;
}

/* Return: how long software rests after it. */
uint64_t rpl_op_end(struct rpl *rpl, const struct sim_record *rec)
{
    struct rpl_live *live = &rpl->live;
    size_t cpu;
    uint8_t op;

    if (!rpl_mark_counts(rec->mark_end.op))
        return 0;
    if (is_switch(rec->mark_end.op))
        switch_end(rpl, &rec->mark_end);
    cpu = rpl_marks_end(rpl->marks, rpl->n_marks, rec->cpu % rpl->n_marks, rec->mark_end.op,
                        rec->mark_end.dev);
    if (cpu == RPL_NO_CPU)
        return 0;
    op = rpl->marks[cpu].op[0];
    live->n_open--;
    if (rpl->marks[cpu].is_watched && !--live->n_watched)
        live->watch_until_ps = live->due_ps + rpl->cost.quiet;
    if (live->n_open || rpl->cost.is_stamped)
        return 0;
    return rest_ps(rpl, op);
}
