/* SPDX-License-Identifier: BSD-2-Clause
 * litmus.h - a litmus test: a program of acts, and what may come out.
 * Knows: acts, requests, permitted answers. Must not know: how a report looks.
 *
 * A file becomes a list of acts once. What software does in it are records, so that the same list
 * runs on a model and is explored. Words of one architecture are behind struct litmus_arch. */
#ifndef CLI_LITMUS_H
#define CLI_LITMUS_H

#include "check/arch.h"
#include "cli/config.h"
#include "sim/iommu.h"
#include "sim/mem.h"
#include "sim/port.h"
#include "sim/record.h"
#include "sim/text.h"

#ifdef __cplusplus
extern "C" {
#endif

#define LITMUS_MAX_OUTCOMES 16u
#define LITMUS_MAX_CLASSES 8u
#define LITMUS_MAX_KNOBS 16u
#define LITMUS_NAME_BYTES (SIM_LEX_MAX_NAME_BYTES + 1u)
#define LITMUS_WHY_BYTES 512u

enum litmus_outcome_kind {
    LITMUS_PA,      /* the request went to @pa */
    LITMUS_ABORT,   /* aborted, and no event says so */
    LITMUS_EVENT,   /* refused with event @event */
    LITMUS_REFUSED, /* refused, however */
    LITMUS_RAZ,     /* reads zero, writes are dropped */
    LITMUS_UR,      /* unsupported request */
};

/** struct litmus_outcome - an answer that a request may have. */
struct litmus_outcome {
    uint8_t kind;
    uint32_t event;
    uint64_t pa;
};

/** struct litmus_request - a request of a device, and its permitted answers. */
struct litmus_request {
    uint64_t iova;
    uint32_t requester;
    uint32_t pasid;
    uint32_t n_bytes;
    bool has_pasid;
    uint8_t access; /* SIM_DMA_* */
    uint8_t n_outcomes;
    struct litmus_outcome outcome[LITMUS_MAX_OUTCOMES];
};

enum litmus_act_kind {
    LITMUS_ACT_RECORD,  /* rec: software does something */
    LITMUS_ACT_START,   /* the body begins: everything before was set-up */
    LITMUS_ACT_DMA,     /* dma: and wait for its answer */
    LITMUS_ACT_ASYNC,   /* dma: its answer comes some time */
    LITMUS_ACT_WATCH,   /* dma: again and again, until UNWATCH */
    LITMUS_ACT_UNWATCH, /* - */
    LITMUS_ACT_EVENT,   /* event */
    LITMUS_ACT_READ,    /* read: must hold now */
    LITMUS_ACT_ABORTS,  /* range: answers with an abort from now on */
    LITMUS_ACT_SEEN,    /* seen: some run must have it, of the request in act @of */
    LITMUS_ACT_EXISTS,  /* question: permitted hardware can give each of the answers */
    LITMUS_ACT_FORALL,  /* question: and no other */
    LITMUS_ACT_CLASS,   /* classes: verdict on the operation that ended last */
    LITMUS_ACT_COUNT,   /* count: how many of a command that operation has */
};

/** struct litmus_event - words of an event record that count. @is_none: there must be no record. */
struct litmus_event {
    bool is_none;
    uint64_t mask[4], value[4];
    char text[128];
};

struct litmus_read {
    bool is_reg;
    uint8_t n_bytes;
    uint64_t at, mask, value;
};

/** enum litmus_part - which verdict: of all, of entries alone, of the TLB alone. */
enum litmus_part { LITMUS_WHOLE, LITMUS_ENTRY, LITMUS_TLB };

/** struct litmus_classes - the verdict must be one of these. @op: number of the operation in the
 * stream, from 0 and those of the set-up first. */
struct litmus_classes {
    uint32_t op;
    uint32_t n;
    enum litmus_part part;
    char name[LITMUS_MAX_CLASSES][16];
};

/** struct litmus_count - commands of the last operation, by name. */
struct litmus_count {
    char name[LITMUS_NAME_BYTES];
    uint64_t wanted, is;
};

/** struct litmus_question - of an EXISTS or FORALL: a request, its answers, and when. @op: as in
 * struct litmus_classes. */
struct litmus_question {
    struct litmus_request request;
    uint32_t op;
    bool wants_during, wants_after;
};

struct litmus_act {
    uint8_t kind;
    uint32_t line;
    union {
        struct sim_record rec;
        struct litmus_request dma;
        struct litmus_question question;
        struct litmus_event event;
        struct litmus_read read;
        struct {
            struct litmus_outcome outcome;
            size_t of;
        } seen;
        struct litmus_classes classes;
        struct litmus_count count;
        struct {
            uint64_t pa, n_bytes;
        } range;
    };
};

struct hw_layout;
struct litmus;
struct litmus_op;

/** struct litmus_verb - a verb of one architecture. run returns 0 or SIM_E..., place in diag. */
struct litmus_verb {
    const char *name;
    int (*run)(struct litmus *litmus, const struct sim_text *text, const struct sim_stmt *stmt);
};

/**
 * struct litmus_arch - everything that depends on the architecture.
 * @verb:        a verb by name, or NULL.
 * @check:       its pure functions, for the explorer.
 * @new, @free:  what it keeps while a file is read.
 * @id:          an ID register, or a field of one ("IDR0.ATS"), gets a value.
 * @has:         does a field of an ID register have that value? Return: 1, 0, or SIM_EINVAL.
 * @event_code:  number of an event by name; false if there is none.
 * @event_name:  name of an event.
 * @command_name: name of a command, by its first word.
 * @model:       a model out of reset.
 * @slot_is_done: has the hardware passed that slot of the command queue?
 * @next_event:  take the next event record; false if there is none.
 */
struct litmus_arch {
    const char *name;
    const struct chk_arch *check;
    const struct litmus_verb *(*verb)(const struct sim_token *word);
    void *(*new)(void);
    void (*free)(void *own);
    int (*id)(struct config *config, const char *name, uint64_t value);
    int (*has)(const struct config *config, const char *name, uint64_t value);
    /* Number of the device with that stream or source; SIM_NO_DEV. */
    uint32_t (*device)(const struct litmus *litmus, uint64_t sid);
    /* Domain and its type of what the word names. Return: 0 or an error that has been told. */
    int (*domain)(const struct litmus *litmus, const struct sim_text *text,
                  const struct sim_token *word, struct litmus_op *op);
    /* Address of what the word names. */
    bool (*place)(const struct litmus *litmus, const struct sim_token *word, uint64_t *value);
    bool (*event_code)(const char *name, uint32_t *code);
    const char *(*event_name)(uint64_t code);
    const char *(*command_name)(uint64_t word0);
    int (*model)(const struct config *config, struct sim_queue *queue, const struct sim_port *port,
                 struct sim_iommu *out);
    bool (*slot_is_done)(const struct sim_iommu *iommu, uint32_t slot);
    bool (*next_event)(const struct sim_iommu *iommu, const struct sim_mem *mem, uint64_t words[4]);
};

extern const struct litmus_arch litmus_smmuv3, litmus_vtd;

/* Types of domains in marks, as the kernel has them. */
enum { LITMUS_DOMAIN_PAGING = 1, LITMUS_DOMAIN_IDENTITY = 4, LITMUS_DOMAIN_NESTED = 6 };

/** struct litmus_op - the operation that is open. @has_range: a map or unmap; else an attach. */
struct litmus_op {
    bool is_open, is_pasid, has_range;
    enum sim_record_enum what;
    uint64_t domain, type, iova, size, pa;
    uint32_t dev, pasid;
    uint8_t prot;
};

/**
 * struct litmus - one test.
 * @config:  hardware: defaults, what the user set, what the file says; caches and latencies are
 *           the runs' to choose.
 * @knobs:   settings that every run has, as --set takes them.
 * @skip:    why it cannot run here, or empty.
 * @view:    memory as software knows it, while the file is read.
 * @n_ops:   operations that have begun and are part of no other; @depth: marks open now.
 * @n_asks:  acts that are questions, from LITMUS_ACT_SEEN on.
 * @is_body: init ... done is over. @has_op: an operation of the body has ended.
 */
struct litmus {
    const char *path;
    char name[LITMUS_NAME_BYTES];
    char doc[256];
    char skip[LITMUS_WHY_BYTES];
    const struct litmus_arch *arch;
    void *own;
    struct config config;
    char knobs[LITMUS_MAX_KNOBS][2 * LITMUS_NAME_BYTES];
    uint32_t n_knobs;
    struct litmus_act *acts;
    size_t n_acts, max_acts;
    struct sim_mem *view;
    uint64_t time_ns;
    uint16_t cpu;
    uint32_t line;
    uint32_t n_ops, depth, n_asks;
    bool is_body, has_op;
    struct litmus_op op;
    struct sim_diag diag;
};

/** litmus_read - read a file. @config: what the hardware is before the file says something.
 * Return: NULL after a message in @diag, which is good without the result. */
struct litmus *litmus_read(const char *path, const struct config *config, struct sim_diag *diag);
void litmus_free(struct litmus *litmus);

/* For verbs of an architecture. ----------------------------------------------------------------*/

/* Verbs of requests. */
int litmus_read_dma(struct litmus *litmus, const struct sim_text *text,
                    const struct sim_stmt *stmt);
int litmus_read_watch(struct litmus *litmus, const struct sim_text *text,
                      const struct sim_stmt *stmt);
int litmus_read_unwatch(struct litmus *litmus, const struct sim_text *text,
                        const struct sim_stmt *stmt);
int litmus_read_exists(struct litmus *litmus, const struct sim_text *text,
                       const struct sim_stmt *stmt);
int litmus_read_forall(struct litmus *litmus, const struct sim_text *text,
                       const struct sim_stmt *stmt);
int litmus_read_seen(struct litmus *litmus, const struct sim_text *text,
                     const struct sim_stmt *stmt);

/* Verbs of operations and devices. */
int litmus_verb_op(struct litmus *litmus, const struct sim_text *text, const struct sim_stmt *stmt);
int litmus_verb_endop(struct litmus *litmus, const struct sim_text *text,
                      const struct sim_stmt *stmt);
int litmus_verb_pci_ats(struct litmus *litmus, const struct sim_text *text,
                        const struct sim_stmt *stmt);

/** litmus_mark - an operation begins, or ends. */
int litmus_mark(struct litmus *litmus, bool is_begin, const struct sim_rec_mark *what);

/** litmus_fields - every key of the statement that is none of @known (words with blanks between) is
 * a field of @layout: put its value into @words. */
int litmus_fields(const struct litmus *litmus, const struct sim_text *text,
                  const struct sim_stmt *stmt, const struct hw_layout *layout, const char *known,
                  uint64_t *words);

/** litmus_find_verb - one of a list by name, or NULL. */
const struct litmus_verb *litmus_find_verb(const struct litmus_verb *list, size_t n,
                                           const struct sim_token *word);

/** litmus_add - one more act, zeroed, of the current line. Return: NULL without memory. */
struct litmus_act *litmus_add(struct litmus *litmus, enum litmus_act_kind kind);
/** litmus_record - one more record, at its defaults. Return: NULL without memory. */
struct sim_record *litmus_record(struct litmus *litmus, enum sim_record_kind kind);
/** litmus_store - a store of 8 bytes, seen by software at once. Return: 0 or SIM_ENOMEM. */
int litmus_store(struct litmus *litmus, enum sim_structure what, uint64_t pa, uint64_t value);
/** litmus_memory - a range of zeros becomes known. Return: 0 or SIM_ENOMEM. */
int litmus_memory(struct litmus *litmus, enum sim_structure what, uint64_t pa, uint64_t n_bytes);
/** litmus_barrier - earlier stores are visible before later ones, and before register writes. */
int litmus_barrier(struct litmus *litmus);
/** litmus_write - a register write of the first unit. Return: 0 or SIM_ENOMEM. */
int litmus_write(struct litmus *litmus, uint64_t offset, uint32_t n_bytes, uint64_t value);

/** litmus_word - a token's word or string with a 0 at its end; cut if longer than @n_bytes. */
void litmus_word(const struct sim_token *token, char *word, size_t n_bytes);
/** litmus_pos - the @index-th word behind the verb that has no key; the verb if there is none. */
const struct sim_token *litmus_pos(const struct sim_stmt *stmt, unsigned index);
/** litmus_key - the argument @key=..., or NULL. */
const struct sim_arg *litmus_key(const struct sim_stmt *stmt, const char *key);
/** litmus_number - its number, or @dflt. */
uint64_t litmus_number(const struct sim_stmt *stmt, const char *key, uint64_t dflt);
/** litmus_has_word - does a bare @word stand behind the verb? */
bool litmus_has_word(const struct sim_stmt *stmt, const char *word);

/* Runs. ----------------------------------------------------------------------------------------*/

enum litmus_caches { LITMUS_CACHES_OFF, LITMUS_CACHES_LARGEST, LITMUS_CACHES_ADVERSARIAL };

/**
 * struct litmus_variant - one hardware. @is_slow: with latencies, so that what nobody waits for
 * happens late; else at once. @seed: of what is random.
 */
struct litmus_variant {
    enum litmus_caches caches;
    bool is_slow;
    uint64_t seed;
};

/** struct litmus_run - what a run gave. @seen: one flag per act, of the caller; flags of SEEN acts
 * are set when an answer fits. @why: the first thing that was not permitted, at line @line. */
struct litmus_run {
    bool *seen;
    uint64_t n_answers;
    bool has_failed;
    uint32_t line;
    char why[LITMUS_WHY_BYTES];
};

/** litmus_configure - the settings of a run: the test's, then those of the variant, then the test's
 * knobs. */
void litmus_configure(const struct litmus *litmus, const struct litmus_variant *variant,
                      struct config *config);

/** litmus_run - the whole program on one hardware. Return: 0, or SIM_ENOMEM, SIM_EINVAL (settings
 * that no model takes). */
int litmus_run(const struct litmus *litmus, const struct litmus_variant *variant,
               struct litmus_run *run);

/** litmus_fits - is the answer of @dma that outcome? */
bool litmus_fits(const struct litmus_outcome *outcome, const struct sim_dma *dma);

/** litmus_request_text, litmus_outcomes_text - as the file writes them. */
void litmus_request_text(const struct litmus_request *request, char *text, size_t n_bytes);
void litmus_outcomes_text(const struct litmus_arch *arch, const struct litmus_request *request,
                          char *text, size_t n_bytes);

/** litmus_outcome_text - one of them. */
void litmus_outcome_text(const struct litmus_arch *arch, const struct litmus_outcome *outcome,
                         char *text, size_t n_bytes);

/* Exploration. ---------------------------------------------------------------------------------*/

struct litmus_explored;

/** litmus_explore - explore what software does. Return: NULL without memory. */
struct litmus_explored *litmus_explore(const struct litmus *litmus);
void litmus_explored_free(struct litmus_explored *explored);

enum litmus_answer { LITMUS_YES, LITMUS_NO, LITMUS_UNKNOWN };

/** litmus_ask - is an EXISTS, FORALL or CLASS act true of all permitted hardware?
 * @why: if it is not, or why it is not known. */
enum litmus_answer litmus_ask(const struct litmus_explored *explored, const struct litmus_act *act,
                              char *why, size_t n_bytes);

/** litmus_atom_bytes - how much of an entry the test's hardware reads at once. */
uint32_t litmus_atom_bytes(const struct litmus *litmus);

#ifdef __cplusplus
}
#endif
#endif
