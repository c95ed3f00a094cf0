/* SPDX-License-Identifier: BSD-2-Clause
 * litmus_read.c - a litmus file becomes a list of acts: what is the same for all architectures.
 * Knows: the language, requests and their permitted answers. Must not know: registers, structures.
 */
#include "cli/litmus.h"
#include "sim/diag.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define VIEW_LIMIT_BYTES (UINT64_C(64) << 20)
#define MAX_ABORT_BYTES (UINT64_C(16) << 20)
#define MAX_ASKS 48u /* of a file: a report has room for so many */
#define STEP_NS 100u /* between two records; runs have a time of their own */

/* ---- what a list is made of ------------------------------------------------------------------ */

struct litmus_act *litmus_add(struct litmus *litmus, enum litmus_act_kind kind)
{
    struct litmus_act *act;

    if (litmus->n_acts == litmus->max_acts) {
        const size_t max = litmus->max_acts ? 2 * litmus->max_acts : 256;
        struct litmus_act *acts = realloc(litmus->acts, max * sizeof(*acts));

        if (!acts) {
            (void)sim_diag_text(&litmus->diag, SIM_ENOMEM, litmus->line, 1, "no memory");
            return NULL;
        }
        litmus->acts = acts;
        litmus->max_acts = max;
    }
    act = &litmus->acts[litmus->n_acts++];
    memset(act, 0, sizeof(*act));
    act->kind = (uint8_t)kind;
    act->line = litmus->line;
    if (kind >= LITMUS_ACT_SEEN)
        litmus->n_asks++;
    return act;
}

struct sim_record *litmus_record(struct litmus *litmus, enum sim_record_kind kind)
{
    struct litmus_act *act = litmus_add(litmus, LITMUS_ACT_RECORD);

    if (!act)
        return NULL;
    sim_record_init(&act->rec, kind);
    litmus->time_ns += STEP_NS;
    act->rec.time_ns = litmus->time_ns;
    act->rec.cpu = litmus->cpu;
    if (kind == SIM_R_BEGIN && litmus->depth++ == 0)
        litmus->n_ops++;
    if (kind == SIM_R_END && litmus->depth > 0)
        litmus->depth--;
    return &act->rec;
}

int litmus_store(struct litmus *litmus, enum sim_structure what, uint64_t pa, uint64_t value)
{
    struct sim_record *rec = litmus_record(litmus, SIM_R_STORE);

    if (!rec)
        return SIM_ENOMEM;
    rec->store.structure = (uint8_t)what;
    rec->store.pa = pa;
    rec->store.value = value;
    return sim_mem_write64(litmus->view, pa, value);
}

int litmus_memory(struct litmus *litmus, enum sim_structure what, uint64_t pa, uint64_t n_bytes)
{
    struct sim_record *rec = litmus_record(litmus, SIM_R_MEMORY);

    if (!rec)
        return SIM_ENOMEM;
    rec->memory.structure = (uint8_t)what;
    rec->memory.pa = pa;
    rec->memory.size = n_bytes;
    return sim_mem_fill64(litmus->view, pa, n_bytes, 0);
}

int litmus_barrier(struct litmus *litmus)
{
    struct sim_record *rec = litmus_record(litmus, SIM_R_BARRIER);

    if (!rec)
        return SIM_ENOMEM;
    rec->barrier.what = SIM_BARRIER_WRITE;
    return 0;
}

int litmus_write(struct litmus *litmus, uint64_t offset, uint32_t n_bytes, uint64_t value)
{
    struct sim_record *rec = litmus_record(litmus, SIM_R_MMIO_WRITE);

    if (!rec)
        return SIM_ENOMEM;
    rec->mmio.offset = offset;
    rec->mmio.width = (uint8_t)n_bytes;
    rec->mmio.value = value;
    return 0;
}

/* ---- words of a statement -------------------------------------------------------------------- */

void litmus_word(const struct sim_token *token, char *word, size_t n_bytes)
{
    (void)snprintf(word, n_bytes, "%.*s", (int)token->n_bytes, token->bytes);
}

const struct sim_token *litmus_pos(const struct sim_stmt *stmt, unsigned index)
{
    for (uint32_t i = 0; i < stmt->n_args; i++) {
        if (!stmt->args[i].key && index-- == 0)
            return stmt->args[i].value;
    }
    return stmt->verb; /* not there: no number, and no name of anything */
}

const struct sim_arg *litmus_key(const struct sim_stmt *stmt, const char *key)
{
    for (uint32_t i = 0; i < stmt->n_args; i++) {
        if (stmt->args[i].key && sim_token_is(stmt->args[i].key, key))
            return &stmt->args[i];
    }
    return NULL;
}

uint64_t litmus_number(const struct sim_stmt *stmt, const char *key, uint64_t dflt)
{
    const struct sim_arg *arg = litmus_key(stmt, key);

    return arg && arg->value->kind == SIM_TOKEN_NUMBER ? arg->value->number : dflt;
}

bool litmus_has_word(const struct sim_stmt *stmt, const char *word)
{
    for (uint32_t i = 0; i < stmt->n_args; i++) {
        if (!stmt->args[i].key && sim_token_is(stmt->args[i].value, word))
            return true;
    }
    return false;
}

/* ---- expectations of operations -------------------------------------------------------------- */

static int read_classes(struct litmus *litmus, const struct sim_text *text,
                        const struct sim_stmt *stmt, enum litmus_part part)
{
    static const char *const known[] = {"HITLESS", "BREAKS",  "STALE-REFUSAL", "TORN",
                                        "STALE",   "POISONS", "DANGLES"};
    struct litmus_act *act = litmus_add(litmus, LITMUS_ACT_CLASS);

    if (!act)
        return SIM_ENOMEM;
    act->classes.op = litmus->n_ops - 1;
    act->classes.part = part;
    for (uint32_t i = 1; i < stmt->n_args; i++) {
        const struct sim_token *word = stmt->args[i].value;
        bool is_known = false;

        for (size_t c = 0; c < sizeof(known) / sizeof(known[0]); c++)
            is_known = is_known || sim_token_is(word, known[c]);
        if (!is_known)
            return sim_text_fail(text, word, "no class of a verdict");
        if (act->classes.n == LITMUS_MAX_CLASSES)
            return sim_text_fail(text, word, "more than %u classes", LITMUS_MAX_CLASSES);
        litmus_word(word, act->classes.name[act->classes.n++], sizeof(act->classes.name[0]));
    }
    return act->classes.n ? 0 : sim_text_fail(text, stmt->verb, "expect class lacks its class");
}

static bool is_command(const struct sim_rec_store *store)
{
    return store->structure == SIM_S_CMD || store->structure == SIM_S_QI;
}

/* Of the operation that ended last. */
static uint64_t count_commands(const struct litmus *litmus, const char *name)
{
    size_t i = litmus->n_acts;
    unsigned depth = 0;
    uint64_t n = 0;

    while (i > 0) {
        const struct litmus_act *act = &litmus->acts[--i];

        if (act->kind != LITMUS_ACT_RECORD)
            continue;
        if (act->rec.kind == SIM_R_END)
            depth++;
        if (act->rec.kind == SIM_R_BEGIN && --depth == 0)
            break;
        if (act->rec.kind == SIM_R_STORE && is_command(&act->rec.store) && depth)
            n += strcmp(litmus->arch->command_name(act->rec.store.value), name) == 0;
    }
    return n;
}

/* expect commands CFGI_CD*3 CMD_SYNC*3 */
static int read_counts(struct litmus *litmus, const struct sim_text *text,
                       const struct sim_stmt *stmt)
{
    if (stmt->n_args < 2)
        return sim_text_fail(text, stmt->verb, "expect commands lacks its commands");
    for (uint32_t i = 1; i < stmt->n_args; i++) {
        struct litmus_act *act = litmus_add(litmus, LITMUS_ACT_COUNT);

        if (!act)
            return SIM_ENOMEM;
        litmus_word(stmt->args[i].value, act->count.name, sizeof(act->count.name));
        act->count.wanted = stmt->args[i].count;
        act->count.is = count_commands(litmus, act->count.name);
    }
    return 0;
}

static int read_expect(struct litmus *litmus, const struct sim_text *text,
                       const struct sim_stmt *stmt)
{
    static const char *const parts[] = {"class", "entry", "tlb"};
    const struct sim_token *word = litmus_pos(stmt, 0);
    unsigned part = 0;

    while (part < 3 && !sim_token_is(word, parts[part]))
        part++;
    if (part == 3 && !sim_token_is(word, "commands"))
        return sim_text_fail(text, word, "a litmus test expects class, entry, tlb or commands");
    if (!litmus->has_op)
        return sim_text_fail(text, stmt->verb, "no operation has ended before this line");
    if (part == 3)
        return read_counts(litmus, text, stmt);
    return read_classes(litmus, text, stmt, (enum litmus_part)part);
}

/* ---- the head -------------------------------------------------------------------------------- */

static int read_test(struct litmus *litmus, const struct sim_text *text,
                     const struct sim_stmt *stmt)
{
    (void)text;
    litmus_word(litmus_pos(stmt, 0), litmus->name, sizeof(litmus->name));
    if (stmt->n_args > 1)
        litmus_word(litmus_pos(stmt, 1), litmus->doc, sizeof(litmus->doc));
    return 0;
}

static int read_arch(struct litmus *litmus, const struct sim_text *text,
                     const struct sim_stmt *stmt)
{
    static const struct litmus_arch *const archs[] = {&litmus_smmuv3, &litmus_vtd};

    for (size_t i = 0; i < sizeof(archs) / sizeof(archs[0]); i++) {
        if (!sim_token_is(litmus_pos(stmt, 0), archs[i]->name))
            continue;
        if (litmus->n_acts || litmus->n_knobs)
            return sim_text_fail(text, stmt->verb, "arch comes before everything but test");
        litmus->arch->free(litmus->own);
        litmus->arch = archs[i];
        litmus->own = litmus->arch->new ();
        return litmus->own ? 0 : SIM_ENOMEM;
    }
    return sim_text_fail(text, litmus_pos(stmt, 0), "no architecture (smmuv3, vtd)");
}

static int read_need(struct litmus *litmus, const struct sim_text *text,
                     const struct sim_stmt *stmt)
{
    for (uint32_t i = 0; i < stmt->n_args; i++) {
        char name[LITMUS_NAME_BYTES];
        int has;

        litmus_word(stmt->args[i].key, name, sizeof(name));
        has = stmt->args[i].value->kind != SIM_TOKEN_NUMBER
                  ? SIM_EINVAL
                  : litmus->arch->has(&litmus->config, name, stmt->args[i].value->number);
        if (has < 0)
            return sim_text_fail(text, stmt->args[i].key,
                                 "no field of an ID register, or no number behind it");
        if (!has && !litmus->skip[0])
            (void)snprintf(litmus->skip, sizeof(litmus->skip), "it needs %s=%" PRIu64, name,
                           stmt->args[i].value->number);
    }
    return 0;
}

static int read_id(struct litmus *litmus, const struct sim_text *text, const struct sim_stmt *stmt)
{
    char name[LITMUS_NAME_BYTES];

    litmus_word(litmus_pos(stmt, 0), name, sizeof(name));
    if (litmus->arch->id(&litmus->config, name, litmus_pos(stmt, 1)->number))
        return sim_text_fail(text, litmus_pos(stmt, 0),
                             "no ID register or field of one, or the value is too large");
    return 0;
}

/* A parameter of the model, in every run. */
static int read_knob(struct litmus *litmus, const struct sim_text *text,
                     const struct sim_stmt *stmt)
{
    char name[LITMUS_NAME_BYTES];
    char value[LITMUS_NAME_BYTES];
    struct config scratch = litmus->config;
    struct sim_diag diag;
    char *knob;

    if (litmus->n_knobs == LITMUS_MAX_KNOBS)
        return sim_text_fail(text, stmt->verb, "more than %u knobs", LITMUS_MAX_KNOBS);
    knob = litmus->knobs[litmus->n_knobs];
    litmus_word(litmus_pos(stmt, 0), name, sizeof(name));
    if (litmus_pos(stmt, 1)->kind == SIM_TOKEN_NUMBER)
        (void)snprintf(value, sizeof(value), "%" PRIu64, litmus_pos(stmt, 1)->number);
    else
        litmus_word(litmus_pos(stmt, 1), value, sizeof(value));
    (void)snprintf(knob, sizeof(litmus->knobs[0]), "%s=%s", name, value);
    sim_diag_init(&diag, litmus->path);
    if (config_set(&scratch, knob, &diag))
        return sim_text_fail(text, litmus_pos(stmt, 0), "%s", diag.text);
    litmus->n_knobs++;
    return 0;
}

static int read_aborts(struct litmus *litmus, const struct sim_text *text,
                       const struct sim_stmt *stmt)
{
    struct litmus_act *act = litmus_add(litmus, LITMUS_ACT_ABORTS);

    if (!act)
        return SIM_ENOMEM;
    act->range.pa = litmus_pos(stmt, 0)->number;
    act->range.n_bytes = litmus_pos(stmt, 1)->number;
    if (act->range.n_bytes > MAX_ABORT_BYTES || act->range.pa > UINT64_MAX - MAX_ABORT_BYTES)
        return sim_text_fail(text, stmt->verb, "a range that aborts has at most 16M");
    return 0;
}

/* ---- statements ------------------------------------------------------------------------------ */

static const struct litmus_verb verbs[] = {
    {"test", read_test},
    {"arch", read_arch},
    {"need", read_need},
    {"id", read_id},
    {"knob", read_knob},
    {"aborts", read_aborts},
    {"dma", litmus_read_dma},
    {"watch", litmus_read_watch},
    {"unwatch", litmus_read_unwatch},
    {"seen", litmus_read_seen},
    {"exists", litmus_read_exists},
    {"forall", litmus_read_forall},
    {"expect", read_expect},
};

const struct litmus_verb *litmus_find_verb(const struct litmus_verb *list, size_t n,
                                           const struct sim_token *word)
{
    for (size_t i = 0; i < n; i++) {
        if (sim_token_is(word, list[i].name))
            return &list[i];
    }
    return NULL;
}

/* The others have a verb of their own here, or say nothing that a test needs. */
static bool is_record_of_tests(const struct sim_record *rec)
{
    static const uint8_t kinds[] = {SIM_R_STORE, SIM_R_MMIO_WRITE, SIM_R_BARRIER,
                                    SIM_R_WAIT,  SIM_R_BEGIN,      SIM_R_END,
                                    SIM_R_MAP,   SIM_R_UNMAP,      SIM_R_MEMORY};
    bool is_one = false;

    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
        is_one = is_one || rec->kind == kinds[i];
    return is_one && (rec->kind != SIM_R_MMIO_WRITE || rec->mmio.iommu == 0) &&
           (rec->kind != SIM_R_WAIT || rec->wait.iommu == 0);
}

/* What software does may stand as a record, too. */
static int read_record(struct litmus *litmus, const struct sim_text *text,
                       const struct sim_stmt *stmt)
{
    struct sim_record *rec;
    struct sim_record parsed;
    int err = sim_text_record(text, stmt, &parsed);

    if (err)
        return err;
    if (!is_record_of_tests(&parsed))
        return sim_text_fail(text, stmt->verb, "this record has no place in a litmus test");
    rec = litmus_record(litmus, (enum sim_record_kind)parsed.kind);
    if (!rec)
        return SIM_ENOMEM;
    parsed.time_ns = rec->time_ns;
    *rec = parsed;
    if (rec->kind == SIM_R_STORE) {
        const uint64_t words[2] = {rec->store.value, rec->store.value_hi};

        err = sim_mem_write(litmus->view, rec->store.pa, words, rec->store.width);
    } else if (rec->kind == SIM_R_MEMORY) {
        err = sim_mem_fill64(litmus->view, rec->memory.pa, rec->memory.size, rec->memory.fill);
    }
    return err;
}

static int read_stmt(struct litmus *litmus, const struct sim_text *text,
                     const struct sim_stmt *stmt)
{
    const struct litmus_verb *verb;
    int err;

    litmus->line = stmt->line;
    litmus->cpu = stmt->cpu;
    if (litmus->n_asks > MAX_ASKS)
        return sim_text_fail(text, stmt->verb, "a test asks at most %u things", MAX_ASKS);
    if (!sim_text_is_verb(SIM_TEXT_LITMUS, stmt) && sim_text_is_record(stmt))
        return read_record(litmus, text, stmt);
    err = sim_text_check(text, SIM_TEXT_LITMUS, stmt);
    if (err)
        return err;
    verb = litmus_find_verb(verbs, sizeof(verbs) / sizeof(verbs[0]), stmt->verb);
    if (!verb)
        verb = litmus->arch->verb(stmt->verb);
    if (!verb)
        return sim_text_fail(text, stmt->verb, "this architecture has no such verb");
    return verb->run(litmus, text, stmt);
}

static int read_all(struct litmus *litmus, FILE *file)
{
    struct sim_stmt *stmt = calloc(1, sizeof(*stmt));
    struct sim_text *text = sim_text_open(file, &litmus->diag);
    enum sim_text_kind kind = SIM_TEXT_LITMUS;
    int err;

    if (!stmt || !text) {
        err = sim_diag_text(&litmus->diag, SIM_ENOMEM, 0, 0, "no memory to read");
    } else {
        err = sim_text_header(text, &kind);
        if (!err && kind != SIM_TEXT_LITMUS)
            err = sim_text_fail(text, NULL, "this is no litmus test");
        while (!err && !litmus->skip[0] && (err = sim_text_next(text, stmt)) == 1)
            err = read_stmt(litmus, text, stmt);
        if (!err && !litmus->skip[0] && !litmus->is_body)
            err = sim_text_fail(text, NULL, "the file has no init ... done");
    }
    sim_text_close(text);
    free(stmt);
    if (err && !litmus->diag.error)
        (void)sim_diag_text(&litmus->diag, err, litmus->line, 1, "no memory");
    return err;
}

static struct litmus *new_litmus(const char *path, const struct config *config)
{
    struct litmus *litmus = calloc(1, sizeof(*litmus));

    if (!litmus)
        return NULL;
    litmus->path = path;
    litmus->config = *config;
    litmus->arch = &litmus_smmuv3;
    litmus->own = litmus->arch->new ();
    litmus->view = sim_mem_new(VIEW_LIMIT_BYTES);
    sim_diag_init(&litmus->diag, path);
    if (litmus->own && litmus->view)
        return litmus;
    litmus_free(litmus);
    return NULL;
}

struct litmus *litmus_read(const char *path, const struct config *config, struct sim_diag *diag)
{
    FILE *file = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
    struct litmus *litmus = NULL;
    int err;

    sim_diag_init(diag, path);
    if (!file) {
        (void)sim_diag_text(diag, SIM_EIO, 0, 0, "cannot open: %s", strerror(errno));
        return NULL;
    }
    litmus = new_litmus(path, config);
    err = litmus ? read_all(litmus, file) : SIM_ENOMEM;
    if (file != stdin)
        (void)fclose(file);
    if (!err)
        return litmus;
    if (litmus)
        *diag = litmus->diag;
    else
        (void)sim_diag_text(diag, SIM_ENOMEM, 0, 0, "no memory");
    litmus_free(litmus);
    return NULL;
}

void litmus_free(struct litmus *litmus)
{
    if (!litmus)
        return;
    litmus->arch->free(litmus->own);
    sim_mem_free(litmus->view);
    free(litmus->acts);
    free(litmus);
}
