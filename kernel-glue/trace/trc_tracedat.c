/* SPDX-License-Identifier: BSD-2-Clause
 * trc_tracedat.c - takes events out of a trace.dat by the layouts that the file itself has. */
#include "kernel-glue/trace/trc_tracedat.h"

#include "sim/sanitizer.h"

#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <trace-cmd/trace-cmd.h>

#define MAX_EVENT_ID 65535
#define PAGE_BYTES 4096
#define SPARE_HEAP_BYTES (8 << 20)
#define MAX_WORD_VALUES 64u
#define MAX_CPUS 8192

/* Bytes of one CPU's pages. libtracecmd exports it, but its header leaves it out; a version without
 * it only costs the check for data that cannot be read. */
extern unsigned long long tracecmd_get_cpu_file_size(struct tracecmd_input *handle, int cpu)
    __attribute__((weak));
/* Bytes of a page of the ring buffer, in a libtraceevent that knows of other than 4 KiB. */
extern int tep_get_sub_buffer_size(struct tep_handle *tep) __attribute__((weak));

/* Where one value of an event lies in its raw record. */
struct value_place {
    uint32_t offset;
    uint8_t n_bytes;
    uint8_t type;
    uint8_t slot;
    uint8_t n_words; /* elements, for arrays */
    bool is_signed;
    bool is_dynamic; /* a __data_loc string */
    uint64_t *words; /* kernel's number to ours, for STRUCTURE and OP; MAX_WORD_VALUES of them */
};

/* What to do with one event id. */
struct event_plan {
    uint8_t kind;
    uint8_t n_places;
    struct value_place places[TRC_MAX_VALUES];
    const char *name;
};

/* Offsets of the pages from which one CPU's records came. */
struct extent {
    uint64_t first;
    uint64_t end; /* 0: no record yet */
};

struct reader {
    const struct trc_event_sink *sink;
    struct sim_diag *diag;
    struct tep_handle *tep;
    int err;
    uint32_t pid_offset;
    uint64_t page_bytes;
    struct extent extents[MAX_CPUS];
    struct event_plan *plans[MAX_EVENT_ID + 1]; /* by event id, made when first met */
};

bool trc_is_tracedat(const uint8_t *bytes, size_t n_bytes)
{
    static const uint8_t magic[] = {0x17, 0x08, 0x44, 't', 'r', 'a', 'c', 'i', 'n', 'g'};

    return n_bytes >= sizeof(magic) && memcmp(bytes, magic, sizeof(magic)) == 0;
}

static int fail(struct reader *reader, const struct tep_record *record, const char *what)
{
    return sim_diag_bytes(reader->diag, SIM_EFORMAT, record ? record->offset : SIM_DIAG_NO_OFFSET,
                          "%s", what);
}

/* The numbers behind __print_symbolic(REC->field, ...) in the event's own print format. */
static void read_symbols(const struct tep_event *event, struct value_place *place,
                         const char *field)
{
    const struct tep_print_arg *arg = event->print_fmt.args;

    for (; arg; arg = arg->next) {
        const struct tep_print_flag_sym *symbol;

        if (arg->type != TEP_PRINT_SYMBOL || !arg->symbol.field ||
            arg->symbol.field->type != TEP_PRINT_FIELD ||
            strcmp(arg->symbol.field->field.name, field) != 0)
            continue;
        for (symbol = arg->symbol.symbols; symbol; symbol = symbol->next) {
            const unsigned long value = strtoul(symbol->value, NULL, 0);

            if (value < MAX_WORD_VALUES)
                place->words[value] = trc_word_value((enum trc_value_type)place->type, symbol->str,
                                                     strlen(symbol->str));
        }
    }
}

static bool plan_field(struct value_place *place, const struct tep_format_field *field)
{
    const int element = field->elementsize ? (int)field->elementsize : field->size;

    place->offset = (uint32_t)field->offset;
    place->is_dynamic = (field->flags & TEP_FIELD_IS_DYNAMIC) != 0;
    place->is_signed = (field->flags & TEP_FIELD_IS_SIGNED) != 0;
    if (field->offset < 0 || field->size < 0)
        return false;
    if (place->type == TRC_DEVICE) { /* __data_loc, or characters up to the end of the record */
        place->n_bytes = place->is_dynamic ? 4 : 0;
        return true;
    }
    place->n_bytes = (uint8_t)element;
    place->n_words = (uint8_t)(place->type == TRC_WORDS && field->size == 4 * element ? 4 : 1);
    return element == 1 || element == 2 || element == 4 || element == 8;
}

static bool plan_value(struct tep_event *event, const struct trc_value_info *value,
                       struct event_plan *plan)
{
    struct value_place *place = &plan->places[plan->n_places];
    struct tep_format_field *field = tep_find_any_field(event, value->field);

    if (!field)
        return !value->is_required;
    place->type = value->type;
    place->slot = value->slot;
    if (!plan_field(place, field))
        return false;
    if (trc_has_words((enum trc_value_type)value->type)) {
        place->words = malloc(MAX_WORD_VALUES * sizeof(place->words[0]));
        if (!place->words)
            return false;
        for (unsigned i = 0; i < MAX_WORD_VALUES; i++)
            place->words[i] = TRC_UNKNOWN_WORD;
        read_symbols(event, place, value->field);
    }
    plan->n_places++;
    return true;
}

/* Descriptors of qi_submit lie in four fields of their own. */
static bool plan_qi_submit(struct tep_event *event, struct event_plan *plan)
{
    static const char *const fields[] = {"qw0", "qw1", "qw2", "qw3"};

    for (uint8_t i = 0; i < 4; i++) {
        const struct trc_value_info value = {i, TRC_NUMBER, true, fields[i], ""};

        if (!plan_value(event, &value, plan))
            return false;
    }
    return true;
}

static enum trc_event_kind find_kind(const struct tep_event *event)
{
    if (strcmp(event->system, "ftrace") == 0 && strcmp(event->name, "print") == 0)
        return TRC_E_MARKER;
    return trc_event_find(event->system, event->name, strlen(event->name));
}

static struct event_plan *make_plan(struct reader *reader, int id, const struct tep_record *record)
{
    struct tep_event *event = tep_find_event(reader->tep, id);
    struct event_plan *plan = calloc(1, sizeof(*plan));
    const struct trc_event_info *info;
    bool ok = true;

    if (!plan || !event) {
        reader->err = fail(reader, record,
                           plan ? "a record of an event whose layout the file does not have"
                                : "no memory to read");
        free(plan);
        return NULL;
    }
    plan->kind = (uint8_t)find_kind(event);
    plan->name = event->name;
    reader->plans[id] = plan;
    if (plan->kind == TRC_E_OTHER)
        return plan;
    info = &trc_event_infos[plan->kind];
    if (plan->kind == TRC_E_QI_SUBMIT) {
        ok = plan_qi_submit(event, plan);
    } else {
        for (unsigned i = 0; ok && i < info->n_values; i++)
            ok = plan_value(event, &info->values[i], plan);
    }
    if (!ok) {
        reader->err = sim_diag_bytes(reader->diag, SIM_EFORMAT, record->offset,
                                     "event %s lacks a field that this program needs", info->name);
        return NULL;
    }
    return plan;
}

static uint64_t get_number(const struct value_place *place, const uint8_t *at)
{
    uint64_t value = 0;

    memcpy(&value, at, place->n_bytes);
    if (place->is_signed && place->n_bytes < 8 && value >> (8 * place->n_bytes - 1) & 1)
        value |= UINT64_MAX << 8 * place->n_bytes;
    return value;
}

static bool get_text(const struct value_place *place, const struct tep_record *record,
                     struct sim_str *text)
{
    const char *data = record->data;
    const uint32_t size = (uint32_t)record->size;
    uint32_t offset = place->offset;
    uint32_t n_bytes = size - offset;

    if (place->is_dynamic) {
        uint32_t location;

        memcpy(&location, data + offset, sizeof(location));
        offset = location & 0xffff;
        n_bytes = location >> 16;
        if (offset > size || n_bytes > size - offset)
            return false;
    }
    text->bytes = data + offset;
    text->n_bytes = (uint32_t)strnlen(text->bytes, n_bytes);
    return true;
}

static bool get_value(const struct value_place *place, const struct tep_record *record,
                      struct trc_event *event)
{
    const uint8_t *at = (const uint8_t *)record->data + place->offset;
    const uint32_t n_bytes = place->n_bytes * (place->n_words > 1 ? place->n_words : 1U);

    if (place->offset > (uint32_t)record->size || n_bytes > (uint32_t)record->size - place->offset)
        return false;
    event->has |= (uint8_t)(1U << place->slot);
    if (place->type == TRC_DEVICE)
        return get_text(place, record, &event->text);
    event->values[place->slot] = get_number(place, at);
    if (place->words) {
        const uint64_t number = event->values[place->slot];

        event->values[place->slot] =
            number < MAX_WORD_VALUES ? place->words[number] : TRC_UNKNOWN_WORD;
    }
    for (unsigned i = 1; i < place->n_words; i++)
        event->values[place->slot + i] = get_number(place, at + (size_t)place->n_bytes * i);
    return true;
}

static int send_lost(struct reader *reader, const struct tep_record *record)
{
    struct trc_event event = {.kind = TRC_E_LOST, .has = 1};

    event.cpu = (uint16_t)record->cpu;
    event.time_ns = record->ts;
    event.values[0] = record->missed_events > 0 ? (uint64_t)record->missed_events : 0;
    return reader->sink->put(reader->sink->ctx, &event);
}

static int read_record(struct reader *reader, const struct tep_record *record)
{
    struct trc_event event = {0};
    const struct event_plan *plan;
    uint16_t id;
    int32_t pid;

    if (record->missed_events) {
        reader->err = send_lost(reader, record);
        if (reader->err)
            return -1;
    }
    if (record->size < 8 || (uint32_t)record->size < reader->pid_offset + sizeof(pid)) {
        reader->err = fail(reader, record, "a record that is too short for any event");
        return -1;
    }
    /* libtracecmd takes a record's length as it stands there. */
    if ((record->offset & (reader->page_bytes - 1)) + 4 + (uint32_t)record->size >
        reader->page_bytes) {
        reader->err = fail(reader, record, "a record that goes beyond its page");
        return -1;
    }
    memcpy(&id, record->data, sizeof(id));
    memcpy(&pid, (const char *)record->data + reader->pid_offset, sizeof(pid));
    plan = reader->plans[id] ? reader->plans[id] : make_plan(reader, id, record);
    if (!plan)
        return -1;
    event.time_ns = record->ts;
    event.cpu = (uint16_t)record->cpu;
    event.pid = (uint32_t)pid;
    event.kind = plan->kind;
    if (plan->kind == TRC_E_OTHER) {
        event.text.bytes = plan->name;
        event.text.n_bytes = (uint32_t)strlen(plan->name);
    }
    for (unsigned i = 0; i < plan->n_places; i++) {
        if (!get_value(&plan->places[i], record, &event)) {
            reader->err = fail(reader, record, "a record that is too short for its event");
            return -1;
        }
    }
    if (plan->kind == TRC_E_MARKER && event.text.n_bytes &&
        event.text.bytes[event.text.n_bytes - 1] == '\n')
        event.text.n_bytes--;
    reader->err = reader->sink->put(reader->sink->ctx, &event);
    return reader->err ? -1 : 0;
}

static int on_record(struct tracecmd_input *input, struct tep_record *record, int cpu, void *ctx)
{
    struct reader *reader = ctx;

    (void)input;
    if (cpu >= 0 && cpu < MAX_CPUS) {
        struct extent *extent = &reader->extents[cpu];
        const uint64_t page = record->offset & ~(reader->page_bytes - 1);

        if (extent->end == 0)
            extent->first = page;
        extent->end = page + reader->page_bytes;
    }
    return read_record(reader, record);
}

static uint64_t get_page_bytes(struct tep_handle *tep)
{
    const int n_buffer = tep_get_sub_buffer_size ? tep_get_sub_buffer_size(tep) : 0;
    const int n_page = n_buffer > 0 ? n_buffer : tep_get_page_size(tep);

    /* a power of two, or what the file says is nonsense */
    return n_page > 0 && (n_page & (n_page - 1)) == 0 ? (uint64_t)n_page : PAGE_BYTES;
}

/* What libtracecmd takes for granted. */
static int check_headers(struct reader *reader, struct tracecmd_input *input)
{
    const int n_cpus = tep_get_cpus(reader->tep);

    reader->page_bytes = get_page_bytes(reader->tep);
    if (!tep_is_file_bigendian(reader->tep) != !tep_is_local_bigendian(reader->tep))
        return sim_diag_bytes(reader->diag, SIM_EFORMAT, 0,
                              "a trace of a machine of the other byte order");
    if (n_cpus <= 0)
        return sim_diag_bytes(reader->diag, SIM_EFORMAT, 0, "a trace of no CPU");
    for (int cpu = 0; tracecmd_get_cpu_file_size && cpu < n_cpus && cpu < MAX_CPUS; cpu++) {
        const unsigned long long n_bytes = tracecmd_get_cpu_file_size(input, cpu);

        if (n_bytes % reader->page_bytes)
            return sim_diag_bytes(reader->diag, SIM_EFORMAT, 0,
                                  "the data of CPU %d are %llu bytes, which is no number of whole "
                                  "pages: the trace is damaged",
                                  cpu, n_bytes);
    }
    return 0;
}

/* Where libtracecmd cannot go on in the pages of a CPU, it ends them without a word. */
static int check_extents(struct reader *reader, struct tracecmd_input *input)
{
    const int n_cpus = tep_get_cpus(reader->tep);

    for (int cpu = 0; tracecmd_get_cpu_file_size && cpu < n_cpus && cpu < MAX_CPUS; cpu++) {
        const struct extent *extent = &reader->extents[cpu];
        const uint64_t n_wanted = tracecmd_get_cpu_file_size(input, cpu);
        const uint64_t n_read = extent->end - extent->first;

        if (n_read < n_wanted)
            return sim_diag_bytes(reader->diag, SIM_ETRUNC, extent->end,
                                  "the data of CPU %d are damaged: events come from %llu of their "
                                  "%llu bytes",
                                  cpu, (unsigned long long)n_read, (unsigned long long)n_wanted);
    }
    return 0;
}

static int send_meta(struct reader *reader)
{
    struct trc_event event = {.kind = TRC_E_META, .has = 3};

    event.values[0] = (uint64_t)tep_get_cpus(reader->tep);
    event.values[1] = 1;
    return reader->sink->put(reader->sink->ctx, &event);
}

static void free_plans(struct reader *reader)
{
    for (unsigned i = 0; i <= MAX_EVENT_ID; i++) {
        for (unsigned j = 0; reader->plans[i] && j < reader->plans[i]->n_places; j++)
            free(reader->plans[i]->places[j].words);
        free(reader->plans[i]);
    }
}

/* libtracecmd maps the data of every CPU in windows as large as the address space allows, and if a
 * later window finds no room it ends that CPU's data without a word. Where it cannot map at all it
 * reads page by page, which keeps memory flat and is as fast. So mapping is made to fail while it
 * decides; what it allocates meanwhile comes from heap that is there already. */
static int init_data(struct tracecmd_input *input)
{
    struct rlimit before;
    struct rlimit none;
    void *heap;
    int err;

    if (getrlimit(RLIMIT_AS, &before))
        return -1;
    none = before;
    none.rlim_cur = PAGE_BYTES;
    (void)mallopt(M_MMAP_THRESHOLD, 4 * SPARE_HEAP_BYTES);
    (void)mallopt(M_TRIM_THRESHOLD, 4 * SPARE_HEAP_BYTES);
    heap = malloc(SPARE_HEAP_BYTES);
    if (heap)
        explicit_bzero(heap, 1); /* a compiler would leave out malloc and free alone */
    free(heap);
    if (!SIM_HAS_SANITIZER)
        (void)setrlimit(RLIMIT_AS, &none);
    err = tracecmd_init_data(input);
    (void)setrlimit(RLIMIT_AS, &before);
    return err;
}

int trc_tracedat(void *ctx, const struct trc_event_sink *sink, struct sim_diag *diag)
{
    static const int flags = TRACECMD_FL_LOAD_NO_PLUGINS | TRACECMD_FL_LOAD_NO_SYSTEM_PLUGINS;
    struct reader *reader = calloc(1, sizeof(*reader));
    struct tracecmd_input *input;
    int err;

    if (!reader)
        return sim_diag_text(diag, SIM_ENOMEM, 0, 0, "no memory to read");
    reader->sink = sink;
    reader->diag = diag;
    tracecmd_set_loglevel(TEP_LOG_NONE);
    input = tracecmd_open_head(ctx, flags);
    if (!input || init_data(input) < 0) {
        free(reader);
        return sim_diag_bytes(diag, SIM_EFORMAT, 0,
                              "libtracecmd cannot open it: the headers of the trace are damaged");
    }
    reader->tep = tracecmd_get_tep(input);
    reader->pid_offset = 4;
    reader->err = check_headers(reader, input);
    if (!reader->err)
        reader->err = send_meta(reader);
    if (!reader->err && tracecmd_iterate_events(input, NULL, 0, on_record, reader) && !reader->err)
        reader->err = fail(reader, NULL, "libtracecmd cannot read its events");
    if (!reader->err)
        reader->err = check_extents(reader, input);
    err = reader->err;
    free_plans(reader);
    free(reader);
    tracecmd_close(input);
    return err;
}
