/* SPDX-License-Identifier: BSD-2-Clause
 * trc_verify.c - table memory as the records leave it, beside a dump. */
#include "kernel-glue/trace/trc_verify.h"

#include "kernel-glue/trace/trc_elf.h"
#include "models/smmuv3/smmu_layout.h"
#include "sim/mem.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#define MEMORY_LIMIT_BYTES (UINT64_C(160) << 20)
#define MAX_AREAS 262144u
#define MAX_LIVE_BYTES (UINT64_C(1) << 30) /* a few lines of text can claim any size */
#define CHUNK_BYTES 4096u

/* Live table memory: from its MEMORY record to its FREE record. */
struct area {
    uint64_t pa;
    uint64_t n_bytes;
    uint8_t structure;
    bool has_stores; /* software wrote into it: for queues */
    UT_hash_handle hh;
};

struct trc_verify {
    struct sim_diag *diag;
    struct sim_mem *mem;
    struct area *areas;
    struct area *last_queue;
    uint64_t n_live_bytes;
    size_t n_marks;
    struct trc_verify_mark marks[TRC_VERIFY_MAX_MARKS];
    struct trc_verify_totals totals;
};

struct trc_verify *trc_verify_new(struct sim_diag *diag)
{
    struct trc_verify *verify = calloc(1, sizeof(*verify));

    if (!verify)
        return NULL;
    verify->diag = diag;
    verify->mem = sim_mem_new(MEMORY_LIMIT_BYTES);
    if (!verify->mem) {
        free(verify);
        return NULL;
    }
    return verify;
}

static void remove_area(struct trc_verify *verify, struct area *area)
{
    if (verify->last_queue == area)
        verify->last_queue = NULL;
    verify->n_live_bytes -= area->n_bytes;
    HASH_DEL(verify->areas, area);
    free(area);
}

void trc_verify_free(struct trc_verify *verify)
{
    struct area *area;

    if (!verify)
        return;
    area = verify->areas;
    HASH_CLEAR(hh, verify->areas); /* the table; its elements still form a list */
    while (area) {
        struct area *next = area->hh.next;

        free(area);
        area = next;
    }
    sim_mem_free(verify->mem);
    free(verify);
}

int trc_verify_add(struct trc_verify *verify, const char *name, const char *dump)
{
    if (verify->n_marks == TRC_VERIFY_MAX_MARKS)
        return sim_diag_text(verify->diag, SIM_EINVAL, 0, 0, "more than %u marks to verify",
                             TRC_VERIFY_MAX_MARKS);
    verify->marks[verify->n_marks].name = name;
    verify->marks[verify->n_marks++].dump = dump;
    return 0;
}

static int check_memory(struct trc_verify *verify, int err)
{
    return err ? sim_diag_text(verify->diag, err, 0, 0,
                               "the tables of this trace need more memory than %llu MiB",
                               (unsigned long long)(MEMORY_LIMIT_BYTES >> 20))
               : 0;
}

static int on_memory(struct trc_verify *verify, const struct sim_rec_memory *memory)
{
    struct area *area;

    HASH_FIND(hh, verify->areas, &memory->pa, sizeof(memory->pa), area);
    if (!area) {
        if (HASH_COUNT(verify->areas) == MAX_AREAS)
            return sim_diag_text(verify->diag, SIM_ENOMEM, 0, 0, "more than %u live tables",
                                 MAX_AREAS);
        area = calloc(1, sizeof(*area));
        if (!area)
            return check_memory(verify, SIM_ENOMEM);
        area->pa = memory->pa;
        HASH_ADD(hh, verify->areas, pa, sizeof(area->pa), area);
    }
    if (memory->size > MAX_LIVE_BYTES - (verify->n_live_bytes - area->n_bytes))
        return sim_diag_text(verify->diag, SIM_ENOMEM, 0, 0,
                             "more than %" PRIu64 " MiB of live tables", MAX_LIVE_BYTES >> 20);
    verify->n_live_bytes += memory->size - area->n_bytes;
    area->n_bytes = memory->size;
    area->structure = memory->structure;
    area->has_stores = false;
    return check_memory(verify,
                        sim_mem_fill64(verify->mem, memory->pa, memory->size, memory->fill));
}

static int on_free(struct trc_verify *verify, const struct sim_rec_memfree *memfree)
{
    struct area *area;

    HASH_FIND(hh, verify->areas, &memfree->pa, sizeof(memfree->pa), area);
    if (area)
        remove_area(verify, area);
    return check_memory(verify, sim_mem_forget(verify->mem, memfree->pa, memfree->size));
}

/* Software's store into a queue: it is not one that only hardware writes. */
static void note_queue(struct trc_verify *verify, uint64_t pa)
{
    struct area *area = verify->last_queue;
    struct area *next;

    if (area && pa - area->pa < area->n_bytes)
        return;
    for (area = verify->areas; area; area = next) {
        next = area->hh.next;
        if (area->structure == SIM_S_QUEUE && pa - area->pa < area->n_bytes) {
            area->has_stores = true;
            verify->last_queue = area;
            return;
        }
    }
}

static int on_store(struct trc_verify *verify, const struct sim_record *rec)
{
    const struct sim_rec_store *store = &rec->store;
    uint8_t bytes[16];

    verify->totals.n_stores++;
    if (!sim_mem_is_known(verify->mem, store->pa, store->width))
        verify->totals.n_outside++;
    else if (rec->flags & SIM_RF_OLD && store->width == 8 &&
             sim_mem_read64(verify->mem, store->pa) != store->old)
        verify->totals.n_old_different++;
    if (store->structure == SIM_S_CMD || store->structure == SIM_S_QI)
        note_queue(verify, store->pa);
    memcpy(bytes, &store->value, 8);
    memcpy(bytes + 8, &store->value_hi, 8);
    return check_memory(verify, sim_mem_write(verify->mem, store->pa, bytes, store->width));
}

/* The driver lets a CMD_SYNC's MSI overwrite the first word of the SYNC itself. */
static bool is_sync_msi(const struct trc_verify *verify, const struct area *area, uint64_t pa)
{
    uint64_t cmd[2];

    if (area->structure != SIM_S_QUEUE || pa % 16)
        return false;
    cmd[0] = sim_mem_read64(verify->mem, pa);
    cmd[1] = sim_mem_read64(verify->mem, pa + 8);
    return smmu_CMD_SYNC_op(cmd) == SMMU_CMD_CMD_SYNC &&
           smmu_CMD_SYNC_CS(cmd) == SMMU_CMD_SYNC_CS_IRQ && smmu_CMD_SYNC_MSIAddr_addr(cmd) == pa;
}

static void compare_word(const struct trc_verify *verify, struct trc_verify_mark *mark,
                         const struct area *area, uint64_t pa, uint64_t in_trace, uint64_t in_dump)
{
    if (in_trace == in_dump || is_sync_msi(verify, area, pa))
        return;
    if (mark->n_different < TRC_VERIFY_MAX_LISTED) {
        const struct trc_difference difference = {pa, in_trace, in_dump, area->structure};

        mark->differences[mark->n_different] = difference;
    }
    mark->n_different++;
}

static void compare_area(const struct trc_verify *verify, struct trc_verify_mark *mark,
                         const struct area *area, const struct trc_elf *dump)
{
    uint64_t in_trace[CHUNK_BYTES / 8];
    uint64_t in_dump[CHUNK_BYTES / 8];

    if (area->structure == SIM_S_QUEUE && !area->has_stores) {
        mark->n_skipped_bytes += area->n_bytes;
        return;
    }
    mark->n_areas++;
    for (uint64_t at = 0; at < area->n_bytes; at += CHUNK_BYTES) {
        const uint64_t n_left = area->n_bytes - at;
        const size_t n = n_left < CHUNK_BYTES ? (size_t)n_left : CHUNK_BYTES;

        if (trc_elf_read(dump, area->pa + at, in_dump, n)) {
            mark->n_missing_bytes += n;
            continue;
        }
        sim_mem_read(verify->mem, area->pa + at, in_trace, n);
        for (size_t i = 0; i < n / 8; i++)
            compare_word(verify, mark, area, area->pa + at + 8 * i, in_trace[i], in_dump[i]);
        mark->n_bytes += n;
    }
}

static int by_address(const void *a, const void *b)
{
    const struct trc_difference *first = a;
    const struct trc_difference *second = b;

    return (first->pa > second->pa) - (first->pa < second->pa);
}

static int compare_mark(struct trc_verify *verify, struct trc_verify_mark *mark)
{
    struct trc_elf *dump;
    struct area *area;
    struct area *next;
    struct sim_diag diag;

    sim_diag_init(&diag, mark->dump);
    dump = trc_elf_open(mark->dump, &diag);
    if (!dump) {
        if (!verify->diag->error)
            *verify->diag = diag;
        return diag.error;
    }
    mark->is_found = true;
    mark->n_areas = mark->n_bytes = mark->n_skipped_bytes = 0;
    mark->n_missing_bytes = mark->n_different = 0;
    for (area = verify->areas; area; area = next) {
        next = area->hh.next;
        compare_area(verify, mark, area, dump);
    }
    qsort(mark->differences,
          mark->n_different < TRC_VERIFY_MAX_LISTED ? mark->n_different : TRC_VERIFY_MAX_LISTED,
          sizeof(mark->differences[0]), by_address);
    trc_elf_close(dump);
    return 0;
}

static bool is_mark(const struct sim_str *text, const char *name)
{
    static const char prefix[] = "DUMP ";
    const size_t n_prefix = sizeof(prefix) - 1;
    const size_t n = strlen(name);

    if (text->n_bytes == n && memcmp(text->bytes, name, n) == 0)
        return true;
    return text->n_bytes == n + n_prefix && memcmp(text->bytes, prefix, n_prefix) == 0 &&
           memcmp(text->bytes + n_prefix, name, n) == 0;
}

static int on_mark(struct trc_verify *verify, const struct sim_str *text)
{
    for (size_t i = 0; i < verify->n_marks; i++) {
        if (is_mark(text, verify->marks[i].name)) {
            const int err = compare_mark(verify, &verify->marks[i]);

            if (err)
                return err;
        }
    }
    return 0;
}

int trc_verify_put(void *ctx, const struct sim_record *rec)
{
    struct trc_verify *verify = ctx;

    switch (rec->kind) {
    case SIM_R_MEMORY:
        return on_memory(verify, &rec->memory);
    case SIM_R_FREE:
        return on_free(verify, &rec->memfree);
    case SIM_R_STORE:
        return on_store(verify, rec);
    case SIM_R_MARK:
        return on_mark(verify, &rec->note.text);
    default:
        return 0;
    }
}

size_t trc_verify_n_marks(const struct trc_verify *verify)
{
    return verify->n_marks;
}

const struct trc_verify_mark *trc_verify_get(const struct trc_verify *verify, size_t index)
{
    return &verify->marks[index];
}

const struct trc_verify_totals *trc_verify_get_totals(const struct trc_verify *verify)
{
    return &verify->totals;
}
