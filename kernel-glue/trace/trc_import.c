/* SPDX-License-Identifier: BSD-2-Clause
 * trc_import.c - gives every event its meaning. Registers and polls: trc_import_mmio.c. */
#include "kernel-glue/trace/trc_import_private.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int count_and_pass(void *ctx, const struct sim_record *rec)
{
    struct trc_import *import = ctx;

    import->stats->n_records++;
    return import->sink->put(import->sink->ctx, rec);
}

struct trc_import *trc_import_new(const struct sim_record_sink *sink, struct trc_stats *stats,
                                  struct sim_diag *diag)
{
    struct trc_import *import = calloc(1, sizeof(*import));

    if (!import)
        return NULL;
    import->sink = sink;
    import->stats = stats;
    import->diag = diag;
    import->counter.put = count_and_pass;
    import->counter.ctx = import;
    import->reorder = trc_reorder_new(&import->counter);
    if (!import->reorder) {
        free(import);
        return NULL;
    }
    return import;
}

void trc_import_free(struct trc_import *import)
{
    struct task *task;
    struct device *device;

    if (!import)
        return;
    task = import->tasks;
    device = import->devices;
    HASH_CLEAR(hh, import->tasks); /* the tables; their elements still form lists */
    HASH_CLEAR(hh, import->devices);
    while (task) {
        struct task *next = task->hh.next;

        free(task);
        task = next;
    }
    while (device) {
        struct device *next = device->hh.next;

        free(device);
        device = next;
    }
    trc_reorder_free(import->reorder);
    free(import);
}

/* ---- helpers ---- */

void trc_fate(const struct act *act, enum trc_fate_kind kind, const char *what, uint64_t n_events)
{
    trc_stats_fate(act->import->stats, (enum trc_event_kind)act->event->kind, kind, what, n_events);
}

void trc_start(const struct act *act, struct sim_record *rec, enum sim_record_kind kind)
{
    sim_record_init(rec, kind);
    rec->time_ns = act->event->time_ns;
    rec->cpu = act->event->cpu;
}

static int put(struct trc_import *import, const struct sim_record *rec)
{
    const int err = trc_make_room(import);

    return err ? err : trc_reorder_put(import->reorder, rec);
}

/* Something is missing here: everything open becomes inconclusive. */
static int emit_lost(const struct act *act, uint64_t n)
{
    struct sim_record rec;

    trc_start(act, &rec, SIM_R_LOST);
    rec.time_ns = act->import->time_ns;
    rec.lost.n = n;
    return put(act->import, &rec);
}

int trc_emit(const struct act *act, const struct sim_record *rec, const char *what)
{
    if (sim_record_check(rec)) {
        trc_fate(act, TRC_FATE_IGNORED, WHY_IMPOSSIBLE, 1);
        return emit_lost(act, 1);
    }
    if (what)
        trc_fate(act, TRC_FATE_RECORD, what, 1);
    return put(act->import, rec);
}

static struct task *find_task(struct trc_import *import, const struct trc_event *event)
{
    /* Every CPU's idle task has pid 0. */
    const uint64_t key = event->pid ? event->pid : UINT64_C(1) << 32 | event->cpu;
    struct task *task = import->last_task;

    if (task && task->key == key)
        return task;
    HASH_FIND(hh, import->tasks, &key, sizeof(key), task);
    if (!task && HASH_COUNT(import->tasks) < MAX_TASKS) {
        task = calloc(1, sizeof(*task));
        if (task) {
            task->key = key;
            HASH_ADD(hh, import->tasks, key, sizeof(task->key), task);
        }
    }
    if (task)
        import->last_task = task;
    return task;
}

/* Cut at SIM_STR_MAX_BYTES, counted if so. */
struct sim_str trc_limited_text(const struct act *act)
{
    struct sim_str text = act->event->text;

    if (text.n_bytes > SIM_STR_MAX_BYTES) {
        text.n_bytes = SIM_STR_MAX_BYTES;
        act->import->stats->n_cut_texts++;
    }
    return text;
}

/* Says a device's name, and a requester of it (UINT32_MAX: unknown). */
static int emit_device(const struct act *act, uint32_t number, uint32_t requester)
{
    struct sim_record rec;

    trc_start(act, &rec, SIM_R_DEVICE);
    rec.device.dev = number;
    rec.device.name = trc_limited_text(act);
    rec.device.requester = requester;
    return put(act->import, &rec);
}

/* The number of a device; a new one gets the next. "-" is no device. */
static int number_device(const struct act *act, uint32_t *number, bool *is_new)
{
    struct trc_import *import = act->import;
    const struct sim_str name = trc_limited_text(act);
    struct device *device;

    *is_new = false;
    *number = SIM_NO_DEV;
    if (name.n_bytes == 0 || (name.n_bytes == 1 && name.bytes[0] == '-'))
        return 0;
    HASH_FIND(hh, import->devices, name.bytes, name.n_bytes, device);
    if (device) {
        *number = device->number;
        return 0;
    }
    if (import->n_devices == MAX_DEVICES)
        return sim_diag_text(import->diag, SIM_EFORMAT, 0, 0,
                             "event %" PRIu64 ": more than %u devices", import->stats->n_events,
                             MAX_DEVICES);
    device = malloc(sizeof(*device) + name.n_bytes);
    if (!device)
        return sim_diag_text(import->diag, SIM_ENOMEM, 0, 0, "no memory for a device");
    device->number = import->n_devices++;
    device->n_name = name.n_bytes;
    memcpy(device->name, name.bytes, name.n_bytes);
    HASH_ADD_KEYPTR(hh, import->devices, device->name, device->n_name, device);
    *number = device->number;
    *is_new = true;
    return 0;
}

int trc_find_device(const struct act *act, uint32_t *number)
{
    bool is_new;
    const int err = number_device(act, number, &is_new);

    return err || !is_new ? err : emit_device(act, *number, UINT32_MAX);
}

/* Each requester of a device is a DEVICE record, also of one that is known. */
static int on_requester(const struct act *act)
{
    bool is_new;
    uint32_t number;
    const int err = number_device(act, &number, &is_new);

    if (err)
        return err;
    if (number == SIM_NO_DEV || act->event->values[1] >= UINT32_MAX) {
        trc_fate(act, TRC_FATE_IGNORED, WHY_IMPOSSIBLE, 1);
        return 0;
    }
    trc_fate(act, TRC_FATE_RECORD, "DEVICE", 1);
    return emit_device(act, number, (uint32_t)act->event->values[1]);
}

static uint8_t structure_of(uint64_t value)
{
    return value < SIM_N_STRUCTURES ? (uint8_t)value : (uint8_t)SIM_S_OTHER;
}

/* ---- memory ---- */

static int on_mem_write(const struct act *act)
{
    const struct trc_event *event = act->event;
    struct sim_record rec;

    trc_start(act, &rec, SIM_R_STORE);
    rec.flags = SIM_RF_OLD;
    rec.store.structure = structure_of(event->values[0]);
    rec.store.pa = event->values[1];
    rec.store.old = event->values[2];
    rec.store.value = event->values[3];
    if (event->has >> 4 & 1) {
        rec.flags |= SIM_RF_IP;
        rec.store.ip = event->values[4];
    }
    return trc_emit(act, &rec, "STORE");
}

static int on_table_alloc(const struct act *act)
{
    struct sim_record rec;

    trc_start(act, &rec, SIM_R_MEMORY);
    rec.memory.structure = structure_of(act->event->values[0]);
    rec.memory.pa = act->event->values[1];
    rec.memory.size = act->event->values[2];
    return trc_emit(act, &rec, "MEMORY");
}

/* Written back are whole lines. */
static int emit_flush(const struct act *act, struct sim_record *rec)
{
    const uint64_t first = act->event->values[1] / FLUSH_BYTES * FLUSH_BYTES;
    const uint64_t n_bytes = act->event->values[1] - first + act->event->values[2];
    int err = 0;

    for (uint64_t at = 0; !err && (at == 0 || at < n_bytes); at += FLUSH_BYTES) {
        rec->barrier.pa = first + at;
        err = trc_emit(act, rec, at == 0 ? "BARRIER" : NULL);
    }
    return err;
}

static int on_barrier(const struct act *act)
{
    const uint64_t *values = act->event->values;
    struct sim_record rec;

    if (values[0] == TRC_UNKNOWN_WORD || values[2] > MAX_FLUSH_BYTES ||
        values[1] > UINT64_MAX - 2 * MAX_FLUSH_BYTES) {
        trc_fate(act, TRC_FATE_IGNORED,
                 values[0] == TRC_UNKNOWN_WORD ? "a barrier that this program does not know"
                                               : WHY_IMPOSSIBLE,
                 1);
        return 0;
    }
    trc_start(act, &rec, SIM_R_BARRIER);
    rec.barrier.what = (uint8_t)values[0];
    return rec.barrier.what == SIM_BARRIER_FLUSH ? emit_flush(act, &rec)
                                                 : trc_emit(act, &rec, "BARRIER");
}

static int on_table_free(const struct act *act)
{
    struct sim_record rec;

    trc_start(act, &rec, SIM_R_FREE);
    rec.memfree.structure = structure_of(act->event->values[0]);
    rec.memfree.pa = act->event->values[1];
    rec.memfree.size = act->event->values[2];
    return trc_emit(act, &rec, "FREE");
}

/* The qi_submit event before a cmd event shows the same descriptor. */
static void match_qi(const struct act *act)
{
    struct task *task = act->task;

    if (task->n_qi == 0 || task->qi[0][0] != act->event->values[2] ||
        task->qi[0][1] != act->event->values[3])
        return;
    task->n_qi--;
    memmove(task->qi[0], task->qi[1], task->n_qi * sizeof(task->qi[0]));
    trc_stats_fate(act->import->stats, TRC_E_QI_SUBMIT, TRC_FATE_FOLDED,
                   "STORE (of the cmd event with the same descriptor)", 1);
}

static int on_cmd(const struct act *act)
{
    const struct trc_event *event = act->event;
    const uint64_t n = event->values[1];
    const bool is_vtd = act->import->n_units ? act->import->units[0].arch == SIM_ARCH_VTD : n > 2;
    struct sim_record rec;
    int err = 0;

    match_qi(act);
    if (n < 1 || n > 4 || event->values[0] % 8 || event->values[0] > UINT64_MAX - 32) {
        trc_fate(act, TRC_FATE_IGNORED, WHY_IMPOSSIBLE, 1);
        return emit_lost(act, 1);
    }
    trc_start(act, &rec, SIM_R_STORE);
    rec.store.structure = is_vtd ? SIM_S_QI : SIM_S_CMD;
    for (uint64_t i = 0; i < n && !err; i += 2) {
        const bool is_pair = i + 1 < n && event->values[0] % 16 == 0;

        rec.store.pa = event->values[0] + 8 * i;
        rec.store.value = event->values[2 + i];
        rec.store.value_hi = is_pair ? event->values[3 + i] : 0;
        rec.store.width = is_pair ? 16 : 8;
        err = trc_emit(act, &rec, i == 0 ? "STORE" : NULL);
        if (!err && !is_pair && i + 1 < n) {
            rec.store.pa += 8;
            rec.store.value = event->values[3 + i];
            err = trc_emit(act, &rec, NULL);
        }
    }
    return err;
}

static int on_evt(const struct act *act)
{
    const struct trc_event *event = act->event;
    struct sim_record rec;

    trc_start(act, &rec, SIM_R_EVENT);
    rec.event.pa = event->values[0];
    rec.event.n_words = event->values[1] <= 4 ? (uint8_t)event->values[1] : 0;
    rec.event.word0 = event->values[2];
    rec.event.word1 = rec.event.n_words > 1 ? event->values[3] : 0;
    rec.event.word2 = rec.event.n_words > 2 ? event->values[4] : 0;
    rec.event.word3 = rec.event.n_words > 3 ? event->values[5] : 0;
    return trc_emit(act, &rec, "EVENT");
}

static int on_qi_submit(const struct act *act)
{
    struct task *task = act->task;

    if (task->n_qi == MAX_QI) {
        trc_fate(act, TRC_FATE_IGNORED, "no cmd event with its descriptor follows", 1);
        return 0;
    }
    task->qi[task->n_qi][0] = act->event->values[0];
    task->qi[task->n_qi++][1] = act->event->values[1];
    return 0;
}

/* ---- waiting ---- */

static void forget_sync(struct trc_import *import, struct task *task)
{
    if (task->sync.is_open)
        trc_stats_fate(import->stats, TRC_E_SYNC_BEGIN, TRC_FATE_IGNORED, "no sync_end follows", 1);
    task->sync.is_open = false;
}

static int on_sync_begin(const struct act *act)
{
    struct open_sync *sync = &act->task->sync;

    forget_sync(act->import, act->task);
    sync->is_open = true;
    sync->base = act->event->values[0];
    sync->index = act->event->values[1];
    sync->begin_ns = act->event->time_ns;
    sync->n_polls = 0;
    sync->unit = 0;
    return 0;
}

static int on_sync_end(const struct act *act)
{
    const struct trc_event *event = act->event;
    struct open_sync *sync = &act->task->sync;
    struct sim_record rec;

    trc_start(act, &rec, SIM_R_WAIT);
    rec.wait.cond = SIM_COND_QUEUE;
    rec.wait.addr = event->values[0];
    rec.wait.index = (uint32_t)event->values[1];
    rec.wait.ret = (int32_t)event->values[2];
    if (sync->is_open && sync->base == event->values[0] && sync->index == event->values[1]) {
        const uint64_t took_ns = event->time_ns - sync->begin_ns;

        rec.wait.took_ns = took_ns < UINT32_MAX ? (uint32_t)took_ns : UINT32_MAX;
        rec.wait.polls = sync->n_polls;
        rec.wait.iommu = sync->unit;
        sync->is_open = false;
        trc_stats_fate(act->import->stats, TRC_E_SYNC_BEGIN, TRC_FATE_FOLDED, "WAIT", 1);
    }
    return trc_emit(act, &rec, "WAIT");
}

/* ---- the whole ---- */

static int emit_meta(const struct act *act, const char *key, const char *value)
{
    struct sim_record rec;

    trc_start(act, &rec, SIM_R_META);
    rec.meta.key.bytes = key;
    rec.meta.key.n_bytes = (uint32_t)strlen(key);
    rec.meta.value.bytes = value;
    rec.meta.value.n_bytes = (uint32_t)strlen(value);
    return put(act->import, &rec);
}

static int on_meta(const struct act *act)
{
    char number[24];
    int err = emit_meta(act, "barriers", "implied");

    if (!err && act->event->values[0]) {
        (void)snprintf(number, sizeof(number), "%llu", (unsigned long long)act->event->values[0]);
        err = emit_meta(act, "cpus", number);
    }
    if (err)
        return err;
    (void)snprintf(number, sizeof(number), "%llu", (unsigned long long)act->event->values[1]);
    return emit_meta(act, "resolution_ns", number);
}

/* What to do with each event: a function, or why it is ignored. */
struct handler {
    int (*run)(const struct act *act);
    const char *why_ignored;
};

static const struct handler handlers[] = {
    [TRC_E_MMIO_MAP] = {trc_on_mmio_map, NULL},
    [TRC_E_MEM_WRITE] = {on_mem_write, NULL},
    [TRC_E_TABLE_ALLOC] = {on_table_alloc, NULL},
    [TRC_E_TABLE_FREE] = {on_table_free, NULL},
    [TRC_E_CMD] = {on_cmd, NULL},
    [TRC_E_EVT] = {on_evt, NULL},
    [TRC_E_SYNC_BEGIN] = {on_sync_begin, NULL},
    [TRC_E_SYNC_END] = {on_sync_end, NULL},
    [TRC_E_OP_BEGIN] = {trc_on_op_begin, NULL},
    [TRC_E_OP_END] = {trc_on_op_end, NULL},
    [TRC_E_BARRIER] = {on_barrier, NULL},
    [TRC_E_REQUESTER] = {on_requester, NULL},
    [TRC_E_ATS] = {trc_on_ats, NULL},
    [TRC_E_RWMMIO_WRITE] = {trc_on_write, NULL},
    [TRC_E_RWMMIO_POST_WRITE] = {trc_on_post_write, NULL},
    [TRC_E_RWMMIO_READ] = {trc_on_read, NULL},
    [TRC_E_RWMMIO_POST_READ] = {trc_on_post_read, NULL},
    [TRC_E_MAP] = {trc_on_map, NULL},
    [TRC_E_UNMAP] = {trc_on_unmap, NULL},
    [TRC_E_ADD_DEVICE] = {trc_on_group, NULL},
    [TRC_E_REMOVE_DEVICE] = {trc_on_group, NULL},
    [TRC_E_ATTACH_DEVICE] = {NULL, "it names no domain; drv_attach marks of a patched kernel do"},
    [TRC_E_IO_PAGE_FAULT] = {trc_on_io_page_fault, NULL},
    [TRC_E_QI_SUBMIT] = {on_qi_submit, NULL},
    [TRC_E_CACHE_TAG_ASSIGN] = {NULL, WHY_BOOKKEEPING},
    [TRC_E_CACHE_TAG_UNASSIGN] = {NULL, WHY_BOOKKEEPING},
    [TRC_E_CACHE_TAG_FLUSH_ALL] = {NULL, WHY_BOOKKEEPING},
    [TRC_E_CACHE_TAG_FLUSH_RANGE] = {NULL, WHY_BOOKKEEPING},
    [TRC_E_CACHE_TAG_FLUSH_RANGE_NP] = {NULL, WHY_BOOKKEEPING},
    [TRC_E_PRQ_REPORT] = {NULL, "the evt event of the same request is recorded"},
    [TRC_E_MARKER] = {trc_on_marker, NULL},
};

static_assert(sizeof(handlers) / sizeof(handlers[0]) == TRC_N_EVENTS, "every event has a handler");

static int dispatch(const struct act *act)
{
    const struct handler *handler;

    if (act->event->kind == TRC_E_LOST)
        return emit_lost(act, act->event->values[0]);
    if (act->event->kind == TRC_E_META)
        return on_meta(act);
    handler = &handlers[act->event->kind];
    if (handler->run)
        return handler->run(act);
    trc_fate(act, TRC_FATE_IGNORED, handler->why_ignored, 1);
    return 0;
}

int trc_import_event(void *ctx, const struct trc_event *event)
{
    struct trc_import *import = ctx;
    struct act act = {import, NULL, event};
    int err;

    trc_stats_see(import->stats, event);
    if (event->kind == TRC_E_OTHER)
        return 0;
    if (event->kind != TRC_E_LOST || event->time_ns)
        import->time_ns = event->time_ns;
    if (event->kind < TRC_N_EVENTS) {
        act.task = find_task(import, event);
        if (!act.task)
            return sim_diag_text(import->diag, SIM_ENOMEM, 0, 0,
                                 "event %" PRIu64 ": more than %u tasks, or no memory for them",
                                 import->stats->n_events, MAX_TASKS);
        if (event->kind != TRC_E_RWMMIO_READ && event->kind != TRC_E_RWMMIO_POST_READ) {
            err = trc_close_poll(import, act.task);
            if (err)
                return err;
        }
    }
    return dispatch(&act);
}

int trc_import_finish(struct trc_import *import, bool is_cut)
{
    const struct trc_event last = {.kind = TRC_E_LOST, .time_ns = import->time_ns};
    const struct act act = {import, NULL, &last};
    struct task *task;
    int err = 0;

    for (task = import->tasks; task; task = task->hh.next) {
        if (!err)
            err = trc_close_mmio(import, task);
        forget_sync(import, task);
        trc_stats_fate(import->stats, TRC_E_QI_SUBMIT, TRC_FATE_IGNORED,
                       "no cmd event with its descriptor follows", task->n_qi);
        task->n_qi = 0;
    }
    if (!err && is_cut)
        err = emit_lost(&act, 0);
    return err;
}
