/* SPDX-License-Identifier: BSD-2-Clause
 * ord_vtd_page.c - rules of page requests: each group has one response (7.4, 7.7).
 * Knows: requests that software took from the queue, responses. Must not know: devices. */
#include "check/vtd/ord_vtd.h"

#include <inttypes.h>

#define PAGE_LOG2 12u

static bool is_in_queue(const struct ordv_unit *unit, uint64_t pa)
{
    const uint64_t base = vtd_PQA_PQA_addr(&unit->pqa);
    const uint64_t size = UINT64_C(1) << (vtd_PQA_PQS(&unit->pqa) + PAGE_LOG2);

    return unit->has_pqa && pa >= base && pa - base < size;
}

static struct ordv_group *find(struct ordv_unit *unit, const struct ordv_group *like)
{
    for (size_t i = 0; i < unit->n_groups; i++) {
        struct ordv_group *group = &unit->groups[i];

        if (group->rid == like->rid && group->pasid == like->pasid && group->prgi == like->prgi)
            return group;
    }
    return NULL;
}

/* The last request of a group wants the answer; one without rights is a stop marker. */
static void request(struct ordv *v, struct ordv_unit *unit, const uint64_t *words)
{
    const struct ordv_group like = {
        .rid = (uint32_t)vtd_PRQ_RID(words),
        .pasid = vtd_PRQ_PP(words) ? (uint32_t)vtd_PRQ_PASID(words) : UINT32_MAX,
        .prgi = (uint32_t)vtd_PRQ_PRGI(words),
        .is_open = true,
        .since = ord_here(v->order),
    };
    struct ordv_group *group = find(unit, &like);
    void *groups = unit->groups;

    if (!vtd_PRQ_LPIG(words) || (!vtd_PRQ_R(words) && !vtd_PRQ_W(words)))
        return;
    if (!group) {
        if (!ord_room(v->order, &groups, &unit->groups_room, unit->n_groups, sizeof(*unit->groups)))
            return;
        unit->groups = groups;
        group = &unit->groups[unit->n_groups++];
    }
    *group = like;
}

void ordv_page_event(struct ordv *v, const struct sim_rec_event *rec)
{
    const uint64_t words[VTD_WORDS_PRQ] = {rec->word0, rec->word1, rec->word2, rec->word3};

    for (size_t i = 0; i < ORDV_MAX_UNITS; i++) {
        if (v->units[i].is_used && is_in_queue(&v->units[i], rec->pa))
            request(v, &v->units[i], words);
    }
}

/* Of a group that nobody saw a request of nothing is said: hardware answers some by itself. */
void ordv_page_response(struct ordv *v, struct ordv_unit *unit, const uint64_t *words)
{
    const struct ordv_group like = {
        .rid = (uint32_t)vtd_PGRP_RESP_RID(words),
        .pasid = vtd_PGRP_RESP_PP(words) ? (uint32_t)vtd_PGRP_RESP_PASID(words) : UINT32_MAX,
        .prgi = (uint32_t)vtd_PGRP_RESP_PRGI(words),
    };
    struct ordv_group *group = find(unit, &like);

    if (!group)
        return;
    if (!group->is_open)
        ord_hit_since(v->order, CHK_RULE_VTD_PAGE_TWICE, unit->iommu, &group->since,
                      "group %" PRIu32 " of requester 0x%" PRIx32 " has its response already",
                      group->prgi, group->rid);
    group->is_open = false;
    group->since = ord_here(v->order);
}

static bool is_of(const struct ordv *v, uint32_t dev, uint32_t rid)
{
    for (size_t i = 0; i < v->order->n_devices; i++) {
        if (v->order->devices[i].dev == dev && v->order->devices[i].requester == rid)
            return true;
    }
    return false;
}

/* A PASID that is removed, or a device that is detached, has no request left. */
void ordv_page_end(struct ordv *v, struct ordv_unit *unit, const struct ord_mark *mark)
{
    if (mark->op != SIM_OP_REMOVE_PASID && mark->op != SIM_OP_DETACH)
        return;
    for (size_t i = 0; i < unit->n_groups; i++) {
        struct ordv_group *group = &unit->groups[i];

        if (!group->is_open || group->pasid != mark->pasid || !is_of(v, mark->dev, group->rid))
            continue;
        group->is_open = false;
        ord_hit_since(v->order, CHK_RULE_VTD_PAGE_UNANSWERED, unit->iommu, &group->since,
                      "group %" PRIu32 " of requester 0x%" PRIx32 " has no response", group->prgi,
                      group->rid);
    }
}
