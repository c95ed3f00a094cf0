/* SPDX-License-Identifier: BSD-2-Clause
 * cmp_load.c - records to acts: what is compared of each, with its names taken out.
 * Knows: records, tables of fields. Must not know: the other stream. */
#include "kernel-glue/compare/cmp_private.h"

#include "kernel-glue/replay/rpl_tables.h"
#include "sim/diag.h"

#include <stdlib.h>
#include <string.h>

enum { MIN_ROOM = 1024, MAX_ACTS = 4 << 20, MAX_BETWEEN = 1024 };

struct cmp_stream *cmp_stream_new(void)
{
    struct cmp_stream *stream = calloc(1, sizeof(*stream));

    if (!stream)
        return NULL;
    stream->arch = &cmp_smmuv3;
    stream->tables = rpl_tables_new();
    if (stream->tables && cmp_world_init(&stream->world) == 0)
        return stream;
    rpl_tables_free(stream->tables);
    free(stream);
    return NULL;
}

void cmp_stream_free(struct cmp_stream *stream)
{
    if (!stream)
        return;
    cmp_world_fini(&stream->world);
    rpl_tables_free(stream->tables);
    free(stream->acts);
    free(stream);
}

void cmp_stream_counts(const struct cmp_stream *stream, struct cmp_counts *counts)
{
    *counts = stream->counts;
    counts->n_acts = stream->n_acts;
}

uint64_t cmp_stream_n_ops(const struct cmp_stream *stream, uint8_t op)
{
    uint64_t n = 0;

    for (size_t i = 0; i < stream->n_acts; i++)
        n += stream->acts[i].kind == CMP_ACT_BEGIN && stream->acts[i].op == op;
    return n;
}

static struct cmp_act *add(struct cmp_stream *stream, const struct sim_record *rec,
                           enum cmp_act_kind kind, int *err)
{
    struct cmp_act *act;

    *err = stream->n_acts == MAX_ACTS ? SIM_ERANGE : 0;
    if (!*err && stream->n_acts == stream->room) {
        const size_t room = stream->room ? 2 * stream->room : MIN_ROOM;
        void *bigger = realloc(stream->acts, room * sizeof(*stream->acts));

        *err = bigger ? 0 : SIM_ENOMEM;
        if (bigger) {
            stream->acts = bigger;
            stream->room = room;
        }
    }
    if (*err)
        return NULL;
    act = &stream->acts[stream->n_acts++];
    memset(act, 0, sizeof(*act));
    act->kind = (uint8_t)kind;
    act->cpu = rec->cpu;
    act->time_ns = rec->time_ns;
    act->seq = stream->n_records;
    act->partner = SIZE_MAX;
    return act;
}

/* ---- names ---- */

static enum cmp_space space_of(const struct cmp_arch *arch, const struct hw_layout *layout,
                               const struct hw_field *field)
{
    for (size_t i = 0; i < arch->n_rules; i++) {
        const struct cmp_rule *rule = &arch->rules[i];

        if (strcmp(rule->field, field->name) == 0 &&
            (!rule->layout || strcmp(rule->layout, layout->name) == 0))
            return rule->space;
    }
    return field->show == HW_SHOW_ADDR ? CMP_S_PAGE : CMP_S_NONE;
}

/* The name of a page: tables have a life, other memory is a device's. */
static struct cmp_name page_name(const struct cmp_world *world, uint64_t pa)
{
    const struct cmp_page *page = cmp_page_find(world, pa);
    const bool is_table = page && page->is_table;

    return (struct cmp_name){.value = pa >> CMP_PAGE_LOG2,
                             .space = is_table ? CMP_S_PAGE : CMP_S_DATA,
                             .life = is_table ? page->life : 0};
}

/* Take the names of word @from on out of act->plain. @n words of a structure that begins @skip
 * words before plain[0]. */
static void take_names(const struct cmp_stream *stream, struct cmp_act *act, const uint64_t *words,
                       unsigned skip, unsigned n)
{
    for (size_t i = 0; act->layout && i < act->layout->n_fields; i++) {
        const struct hw_field *field = &act->layout->fields[i];
        const unsigned word = field->lsb / 64U;
        const enum cmp_space space = space_of(stream->arch, act->layout, field);
        const uint64_t mask = hw_mask(field->msb % 64U, field->lsb % 64U);
        struct cmp_name name = {.space = space};

        if (word < skip || word >= skip + n || space == CMP_S_NONE || !words[word])
            continue;
        if (space == CMP_S_IGNORE) {
            act->plain[word - skip] &= ~mask;
            continue;
        }
        if (act->n_refs == CMP_MAX_REFS)
            return;
        if (space == CMP_S_PAGE) {
            if (!(words[word] & mask))
                continue; /* no address */
            name = page_name(&stream->world, hw_get_addr(words, field->msb, field->lsb));
            act->plain[word - skip] &= ~(mask & ~((UINT64_C(1) << CMP_PAGE_LOG2) - 1));
        } else {
            name.value = hw_get(words, field->msb, field->lsb);
            act->plain[word - skip] &= ~mask;
        }
        act->ref_fields[act->n_refs] = field;
        act->refs[act->n_refs++] = name;
    }
}

static const struct hw_layout *layout_of(const struct cmp_stream *stream, uint8_t structure,
                                         const uint64_t *words)
{
    const struct hw_decoder *decoder = stream->arch->decoder(structure);
    const struct hw_hints hints = {.is_legacy = !stream->world.is_wide_ctx};

    return decoder ? decoder->select(words, &hints) : NULL;
}

/* ---- stores ---- */

/* The command whose upper half is at @pa: a driver stores both halves one after the other, but an
 * interrupt may come between. */
static struct cmp_act *find_lower(struct cmp_stream *stream, uint16_t cpu, uint64_t pa)
{
    for (size_t n = 1; n <= stream->n_acts && n <= MAX_BETWEEN; n++) {
        struct cmp_act *act = &stream->acts[stream->n_acts - n];

        if (act->kind == CMP_ACT_COMMAND && act->cpu == cpu)
            return act->pa + 8 == pa ? act : NULL;
    }
    return NULL;
}

static int put_command(struct cmp_stream *stream, const struct sim_record *rec)
{
    const struct sim_rec_store *store = &rec->store;
    const bool is_upper = store->width == 8 && store->pa % 16 == 8;
    uint64_t words[HW_MAX_WORDS] = {store->value, store->value_hi};
    struct cmp_act *act = is_upper ? find_lower(stream, rec->cpu, store->pa) : NULL;
    int err = 0;

    if (act) {
        words[0] = act->words[0];
        words[1] = store->value;
        act->n_refs = 0;
    } else {
        act = add(stream, rec, CMP_ACT_COMMAND, &err);
        if (!act)
            return err;
        act->structure = store->structure;
        act->pa = store->pa;
        act->ip = rec->flags & SIM_RF_IP ? store->ip : 0;
    }
    act->layout = layout_of(stream, store->structure, words);
    memcpy(act->words, words, sizeof(act->words));
    memcpy(act->plain, words, sizeof(act->plain));
    take_names(stream, act, words, 0, 2);
    return 0;
}

static void set_where(const struct cmp_stream *stream, struct cmp_act *act)
{
    enum cmp_space space;
    const unsigned log2 = stream->arch->place(&stream->world, act->structure, &space);

    act->offset = act->pa & ((UINT64_C(1) << log2) - 1);
    if (space == CMP_S_PAGE) {
        act->where = page_name(&stream->world, act->pa);
        act->where.space = CMP_S_PAGE;
        return;
    }
    act->where.value = act->pa >> log2;
    act->where.space = space;
}

/* One word of an entry. */
static int put_word(struct cmp_stream *stream, const struct sim_record *rec, uint64_t pa,
                    uint64_t value)
{
    const uint8_t structure = rec->store.structure;
    unsigned n_bytes = stream->arch->entry_bytes(&stream->world, structure);
    uint64_t base;
    int err;
    struct cmp_act *act = add(stream, rec, CMP_ACT_STORE, &err);

    if (!act)
        return err;
    if (n_bytes == 0 || n_bytes > sizeof(act->before))
        n_bytes = 8;
    base = pa - pa % n_bytes;
    act->structure = structure;
    act->pa = pa;
    act->ip = rec->flags & SIM_RF_IP ? rec->store.ip : 0;
    act->index = (uint8_t)(pa % n_bytes / 8);
    if (rec->flags & SIM_RF_OLD && !sim_mem_is_known(stream->world.mem, pa, 8))
        (void)sim_mem_write64(stream->world.mem, pa, rec->store.old);
    sim_mem_read(stream->world.mem, base, act->before, n_bytes);
    if (sim_mem_write64(stream->world.mem, pa, value))
        return SIM_ENOMEM;
    sim_mem_read(stream->world.mem, base, act->after, n_bytes);
    act->words[0] = value;
    act->plain[0] = value;
    act->layout = layout_of(stream, structure, act->after[act->index] ? act->after : act->before);
    set_where(stream, act);
    take_names(stream, act, act->after, act->index, 1);
    act->is_live = stream->arch->is_live(&stream->world, structure, base, act->before, act->after);
    return stream->arch->note_entry(&stream->world, structure, base, act->after);
}

static int put_store(struct cmp_stream *stream, const struct sim_record *rec)
{
    const struct sim_rec_store *store = &rec->store;
    uint64_t pa = store->pa;
    uint64_t word;
    int err;

    if (store->structure == stream->arch->command)
        return store->width >= 8 ? put_command(stream, rec) : 0;
    if (store->structure == SIM_S_EVT || store->structure == SIM_S_PRI ||
        store->structure == SIM_S_PRQ || store->structure == SIM_S_QUEUE)
        return 0; /* memory that hardware writes */
    if (store->width < 8) {
        pa -= pa % 8;
        (void)sim_mem_write(stream->world.mem, store->pa, &store->value, store->width);
        word = sim_mem_read64(stream->world.mem, pa);
        return put_word(stream, rec, pa, word);
    }
    err = put_word(stream, rec, pa, store->value);
    return !err && store->width == 16 ? put_word(stream, rec, pa + 8, store->value_hi) : err;
}

/* ---- registers and waits ---- */

/* Is there a store of this CPU with no barrier behind it? */
static bool is_loose(const struct cmp_stream *stream, uint16_t cpu)
{
    for (size_t n = 1; n <= stream->n_acts && n <= MAX_BETWEEN; n++) {
        const struct cmp_act *act = &stream->acts[stream->n_acts - n];

        if (act->cpu != cpu)
            continue;
        if (act->kind == CMP_ACT_STORE || act->kind == CMP_ACT_COMMAND)
            return true;
        if (act->kind == CMP_ACT_BARRIER)
            return false;
    }
    return false;
}

static int put_reg(struct cmp_stream *stream, const struct sim_record *rec)
{
    const bool loose = is_loose(stream, rec->cpu);
    int err;
    struct cmp_act *act = add(stream, rec, CMP_ACT_REGISTER, &err);

    if (!act)
        return err;
    act->is_loose = loose;
    act->offset = rec->mmio.offset;
    act->layout = stream->arch->reg(rec->mmio.offset, &act->title);
    act->ip = rec->flags & SIM_RF_IP ? rec->mmio.ip : 0;
    act->words[0] = rec->mmio.value;
    act->plain[0] = rec->mmio.value;
    take_names(stream, act, act->words, 0, 1);
    stream->arch->note_reg(&stream->world, &rec->mmio);
    return 0;
}

/* Which slot is waited for, and what a wait word holds, depends on how full the queue was. */
static int put_wait(struct cmp_stream *stream, const struct sim_record *rec)
{
    const struct sim_rec_wait *wait = &rec->wait;
    int err;
    struct cmp_act *act = add(stream, rec, CMP_ACT_WAIT, &err);

    if (!act)
        return err;
    act->index = wait->cond;
    act->ret = wait->ret;
    act->plain[1] = (uint64_t)(int64_t)wait->ret;
    if (wait->cond != SIM_COND_REG)
        return 0;
    act->offset = wait->addr;
    (void)stream->arch->reg(wait->addr, &act->title);
    act->plain[0] = wait->mask & wait->value;
    act->words[0] = wait->value;
    act->words[1] = wait->mask;
    return 0;
}

/* ---- operations ---- */

static int put_begin(struct cmp_stream *stream, const struct sim_record *rec)
{
    int err;
    struct cmp_act *act = add(stream, rec, CMP_ACT_BEGIN, &err);

    if (!act)
        return err;
    act->op = rec->mark.op;
    act->offset = rec->mark.dev;
    stream->counts.n_ops++;
    if (stream->n_open < CMP_MAX_OPEN)
        stream->open[stream->n_open++] = stream->n_acts - 1;
    return 0;
}

/* The innermost that is open, on this CPU, else of this device on another. Return: its place among
 * those that are open. */
static size_t find_begin(const struct cmp_stream *stream, const struct sim_record *rec)
{
    size_t other = SIZE_MAX;

    for (size_t i = stream->n_open; i-- > 0;) {
        const struct cmp_act *act = &stream->acts[stream->open[i]];

        if (act->op != rec->mark_end.op)
            continue;
        if (act->cpu == rec->cpu)
            return i;
        if (other == SIZE_MAX && act->offset == rec->mark_end.dev)
            other = i;
    }
    return other;
}

static int put_end(struct cmp_stream *stream, const struct sim_record *rec)
{
    const size_t place = find_begin(stream, rec);
    size_t begin;
    int err;
    struct cmp_act *act;

    if (place == SIZE_MAX)
        return 0;
    begin = stream->open[place];
    stream->n_open--;
    memmove(&stream->open[place], &stream->open[place + 1],
            (stream->n_open - place) * sizeof(stream->open[0]));
    act = add(stream, rec, CMP_ACT_END, &err);
    if (!act)
        return err;
    act->op = rec->mark_end.op;
    act->ret = rec->mark_end.ret;
    act->partner = begin;
    stream->acts[begin].partner = stream->n_acts - 1;
    return 0;
}

static int put_barrier(struct cmp_stream *stream, const struct sim_record *rec)
{
    int err = 0;

    if (rec->barrier.what == SIM_BARRIER_FLUSH)
        return 0;
    stream->counts.n_barriers++;
    (void)add(stream, rec, CMP_ACT_BARRIER, &err);
    return err;
}

int cmp_stream_put(void *ctx, const struct sim_record *rec)
{
    struct cmp_stream *stream = ctx;

    stream->n_records++;
    if (rpl_tables_record(stream->tables, rec))
        return SIM_ENOMEM;
    switch (rec->kind) {
    case SIM_R_IOMMU:
        if (rec->unit.arch == SIM_ARCH_VTD)
            stream->arch = &cmp_vtd;
        return 0;
    case SIM_R_STORE:
        return put_store(stream, rec);
    case SIM_R_MEMORY:
        return cmp_page_alloc(&stream->world, &rec->memory);
    case SIM_R_FREE:
        cmp_page_free(&stream->world, &rec->memfree);
        return 0;
    case SIM_R_MMIO_WRITE:
        return put_reg(stream, rec);
    case SIM_R_WAIT:
        return put_wait(stream, rec);
    case SIM_R_BARRIER:
        return put_barrier(stream, rec);
    case SIM_R_BEGIN:
        return put_begin(stream, rec);
    case SIM_R_END:
        return put_end(stream, rec);
    case SIM_R_LOST:
        stream->counts.n_lost++;
        return 0;
    default:
        return 0;
    }
}

void cmp_stream_end(struct cmp_stream *stream)
{
    for (size_t i = 0; i < stream->n_acts; i++) {
        struct cmp_act *act = &stream->acts[i];

        if (act->kind != CMP_ACT_STORE || act->structure != SIM_S_PTE)
            continue;
        act->structure = (uint8_t)rpl_tables_structure(stream->tables, act->pa);
        act->layout = layout_of(stream, act->structure, act->after[0] ? act->after : act->before);
    }
}

/* ---- what must be equal ---- */

static uint64_t mix(uint64_t hash, uint64_t value)
{
    hash ^= value + UINT64_C(0x9e3779b97f4a7c15) + (hash << 6) + (hash >> 2);
    hash *= UINT64_C(0xff51afd7ed558ccd);
    return hash ^ hash >> 33;
}

/* The stage of a table may be known of one stream only. */
uint8_t cmp_act_structure(const struct cmp_act *act)
{
    const bool is_pte = act->structure == SIM_S_PTE_S1 || act->structure == SIM_S_PTE_S2 ||
                        act->structure == SIM_S_PTE_VTD;

    return is_pte ? (uint8_t)SIM_S_PTE : act->structure;
}

uint64_t cmp_act_slot(const struct cmp_act *act)
{
    uint64_t hash = mix(mix(act->kind, act->is_live), act->offset);

    if (act->kind == CMP_ACT_COMMAND) /* the operation is its place */
        return mix(hash, (uintptr_t)act->layout);
    hash = mix(hash, act->kind == CMP_ACT_STORE ? cmp_act_structure(act) : 0);
    return mix(hash, act->index);
}

uint64_t cmp_act_shape(const struct cmp_act *act)
{
    uint64_t hash = mix(mix(cmp_act_slot(act), act->plain[0]), act->plain[1]);

    for (unsigned i = 0; i < act->n_refs; i++)
        hash = mix(hash, act->refs[i].space);
    return hash;
}
