/* SPDX-License-Identifier: BSD-2-Clause
 * scn.c - a scenario of iommusim-text/1, run on the devices of this machine.
 * Verbs: docs/text-language.md. What only a simulator can do is refused when the file is read. */
#include "kernel-glue/capture/guest/guest.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define HUGE_BYTES (UINT64_C(2) << 20)

/* ---- reading ---- */

int guest_load(struct guest *guest, const char *path)
{
    struct sim_diag diag;

    sim_diag_init(&diag, path);
    if (scn_read(&guest->scn, path, &diag) == 0)
        return 0;
    (void)printf("%s:%u:%u: %s\n", path, diag.line, diag.column, diag.text);
    return -1;
}

/* ---- names ---- */

static struct object *find_object(struct guest *guest, const struct scn_word *word)
{
    for (unsigned i = 0; i < guest->n_objects; i++) {
        if (!word->is_number && strcmp(guest->objects[i].name, word->text) == 0)
            return &guest->objects[i];
    }
    return NULL;
}

static struct object *add_object(struct guest *guest, const struct scn_word *word, enum kind kind)
{
    struct object *object = find_object(guest, word);

    if (!object && guest->n_objects < MAX_OBJECTS)
        object = &guest->objects[guest->n_objects++];
    if (!object) {
        (void)printf("more than %u names\n", MAX_OBJECTS);
        exit(1);
    }
    memset(object, 0, sizeof(*object));
    object->kind = kind;
    (void)snprintf(object->name, sizeof(object->name), "%s", word->text);
    return object;
}

/* ---- memory ---- */

uint64_t *guest_at(const struct guest *guest, uint64_t pa)
{
    return (uint64_t *)(void *)(guest->arena + (pa - ARENA_PA));
}

uint64_t guest_pa(const struct guest *guest, const struct object *table, uint64_t iova)
{
    while (table && table->kind == KIND_HWPT)
        table = table->table;
    for (unsigned i = 0; i < guest->n_ranges; i++) {
        const struct range *range = &guest->ranges[i];

        if (range->ioas == table && iova - range->iova < range->n_bytes)
            return range->pa + (iova - range->iova);
    }
    return 0;
}

static int make_arena(struct guest *guest)
{
    uint8_t *raw = mmap(NULL, ARENA_BYTES + HUGE_BYTES, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    if (raw == MAP_FAILED)
        return -1;
    guest->arena = raw + (HUGE_BYTES - (uintptr_t)raw % HUGE_BYTES) % HUGE_BYTES;
    return 0;
}

/* Each word holds its own address. */
static void fill(const struct guest *guest, const struct range *range)
{
    uint64_t *words = guest_at(guest, range->pa);

    if (range->n_bytes >= HUGE_BYTES)
        (void)madvise(words, range->n_bytes, MADV_HUGEPAGE);
    for (uint64_t i = 0; i < range->n_bytes / 8; i++)
        words[i] = range->pa + 8 * i;
}

/* ---- verbs: each returns 0 or a negative errno ---- */

static int do_device(struct guest *guest, const struct scn_step *step)
{
    struct object *device = add_object(guest, &step->words[0], KIND_DEVICE);
    const uint64_t requester = scn_number(step, "rid", scn_number(step, "sid", 0));

    return vfio_open_device(guest, device, (uint32_t)requester);
}

static int do_ioas(struct guest *guest, const struct scn_step *step)
{
    return iommufd_ioas(guest, add_object(guest, &step->words[0], KIND_IOAS));
}

static int do_hwpt(struct guest *guest, const struct scn_step *step)
{
    struct object *ioas = find_object(guest, &step->words[1]);
    const unsigned kind = (scn_has(step, "nest-parent") ? HWPT_NEST_PARENT : 0u) |
                          (scn_has(step, "dirty") ? HWPT_DIRTY : 0u);
    struct object *hwpt = add_object(guest, &step->words[0], KIND_HWPT);

    hwpt->table = ioas;
    for (unsigned i = 0; ioas && i < guest->n_objects; i++) {
        if (guest->objects[i].kind == KIND_DEVICE)
            return iommufd_hwpt(guest, hwpt, guest->objects[i].id, kind);
    }
    return -ENOENT;
}

static int do_destroy(struct guest *guest, const struct scn_step *step)
{
    const struct object *object = find_object(guest, &step->words[0]);
    int err = object ? iommufd_destroy(guest, object) : -ENOENT;

    for (unsigned i = 0; !err && i < guest->n_ranges;) {
        if (guest->ranges[i].ioas == object)
            guest->ranges[i] = guest->ranges[--guest->n_ranges];
        else
            i++;
    }
    return err;
}

static int do_map(struct guest *guest, const struct scn_step *step)
{
    const char *prot = step->n_words > 4 ? step->words[4].text : "rw";
    const unsigned access =
        (strchr(prot, 'r') ? MAP_READ : 0u) | (strchr(prot, 'w') ? MAP_WRITE : 0u);
    const struct range range = {find_object(guest, &step->words[0]), step->words[1].number,
                                step->words[2].number, step->words[3].number};
    int err;

    if (!range.ioas)
        return -ENOENT;
    if (range.pa < ARENA_PA || range.pa - ARENA_PA > ARENA_BYTES ||
        range.n_bytes > ARENA_BYTES - (range.pa - ARENA_PA))
        return -EFAULT;
    fill(guest, &range);
    err = iommufd_map(guest, &range, access);
    if (!err && guest->n_ranges < MAX_RANGES)
        guest->ranges[guest->n_ranges++] = range;
    return err;
}

static int do_unmap(struct guest *guest, const struct scn_step *step)
{
    const struct range range = {find_object(guest, &step->words[0]), step->words[1].number, 0,
                                step->words[2].number};
    int err = range.ioas ? iommufd_unmap(guest, &range) : -ENOENT;

    for (unsigned i = 0; !err && i < guest->n_ranges;) {
        if (guest->ranges[i].ioas == range.ioas &&
            guest->ranges[i].iova - range.iova < range.n_bytes)
            guest->ranges[i] = guest->ranges[--guest->n_ranges];
        else
            i++;
    }
    return err;
}

static int do_copy(struct guest *guest, const struct scn_step *step)
{
    const struct object *from = find_object(guest, &step->words[3]);
    struct range range = {find_object(guest, &step->words[0]), step->words[1].number,
                          step->words[4].number, step->words[2].number};
    int err;

    if (!range.ioas || !from)
        return -ENOENT;
    err = iommufd_copy(guest, &range, from);
    range.pa = guest_pa(guest, from, range.pa);
    if (!err && guest->n_ranges < MAX_RANGES)
        guest->ranges[guest->n_ranges++] = range;
    return err;
}

static int do_allow(struct guest *guest, const struct scn_step *step)
{
    const struct object *ioas = find_object(guest, &step->words[0]);
    const struct scn_word *ranges = scn_key(step, "ranges");

    if (!ioas)
        return -ENOENT;
    return iommufd_allow(guest, ioas, ranges ? ranges->values : NULL,
                         ranges ? ranges->n_values / 2 : 0);
}

static int do_attach(struct guest *guest, const struct scn_step *step)
{
    struct object *device = find_object(guest, &step->words[0]);
    struct object *table = find_object(guest, &step->words[1]);

    if (!device || !table)
        return -ENOENT;
    if (scn_key(step, "pasid"))
        return -EOPNOTSUPP;
    return vfio_attach(guest, device, table);
}

static int do_detach(struct guest *guest, const struct scn_step *step)
{
    struct object *device = find_object(guest, &step->words[0]);

    return device ? vfio_detach(guest, device) : -ENOENT;
}

static int do_dirty(struct guest *guest, const struct scn_step *step)
{
    const struct object *hwpt = find_object(guest, &step->words[0]);

    return hwpt ? iommufd_dirty(guest, hwpt, strcmp(step->words[1].text, "on") == 0) : -ENOENT;
}

static int do_dma(struct guest *guest, const struct scn_step *step)
{
    const struct object *device = find_object(guest, &step->words[0]);

    if (!device)
        return -ENOENT;
    return dma_run(guest, device, step->words[1].number, strchr(step->words[2].text, 'w')) ? -EIO
                                                                                           : 0;
}

static int do_cpu(struct guest *guest, const struct scn_step *step)
{
    cpu_set_t set;

    (void)guest;
    CPU_ZERO(&set);
    CPU_SET(step->words[0].number, &set);
    return sched_setaffinity(0, sizeof(set), &set) ? -errno : 0;
}

static int do_sleep(struct guest *guest, const struct scn_step *step)
{
    (void)guest;
    (void)usleep((useconds_t)((step->words[0].number + 999) / 1000));
    return 0;
}

/* The host dumps memory here; the mark is what the dump belongs to. */
static int do_moment(struct guest *guest, const struct scn_step *step)
{
    int letter;

    if (!guest->dumps)
        return 0;
    guest_mark(guest, "DUMP %s", step->words[0].text);
    (void)printf("@@DUMP %s\n", step->words[0].text);
    do
        letter = getchar();
    while (letter != '\n' && letter != EOF);
    return 0;
}

/* "expect dma DEVICE IOVA r|w -> pa PA", or "-> fault". What the run must have done otherwise is
 * for a simulator to check. */
static int do_expect(struct guest *guest, const struct scn_step *step)
{
    const struct object *device;
    uint64_t wanted, got;
    char access;

    if (strcmp(step->words[0].text, "dma") != 0 || step->n_words < 4 || step->n_results < 1)
        return 0;
    device = find_object(guest, &step->words[1]);
    if (!device || !device->device.engine)
        return 0;
    access = step->words[3].text[0];
    wanted = step->n_results > 1 ? step->results[1].number : 0;
    got = dma_probe(guest, device, step->words[2].number, access == 'w');
    guest_mark(guest, "DMA_RESULT dev=%s iova=0x%llx access=%c pa=0x%llx expect=0x%llx",
               device->device.bdf, (unsigned long long)step->words[2].number, access,
               (unsigned long long)got, (unsigned long long)wanted);
    return got == wanted ? 0 : -EIO;
}

struct verb {
    const char *name;
    int (*run)(struct guest *guest, const struct scn_step *step);
};

static const struct verb verbs[] = {
    {"device", do_device}, {"ioas", do_ioas},      {"hwpt", do_hwpt},     {"destroy", do_destroy},
    {"map", do_map},       {"unmap", do_unmap},    {"copy", do_copy},     {"allow", do_allow},
    {"attach", do_attach}, {"replace", do_attach}, {"detach", do_detach}, {"dirty", do_dirty},
    {"dma", do_dma},       {"cpu", do_cpu},        {"sleep", do_sleep},   {"moment", do_moment},
    {"expect", do_expect},
};

/* ---- running ---- */

static void judge(struct guest *guest, const struct scn_step *step, int err)
{
    char got[SCN_NAME_BYTES];
    const char *wanted;

    if (scn_judge(step, err, got, &wanted))
        return;
    guest->n_failures++;
    guest_mark(guest, "UNEXPECTED line %u: %s: %s instead of %s", step->line, step->verb, got,
               wanted);
}

static void run_step(struct guest *guest, const struct scn_step *step)
{
    for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
        if (strcmp(verbs[i].name, step->verb) == 0) {
            judge(guest, step, verbs[i].run(guest, step));
            return;
        }
    }
    judge(guest, step, -ENOSYS);
}

static void *run_meanwhile(void *context)
{
    struct guest *guest = context;
    cpu_set_t set;

    CPU_ZERO(&set);
    CPU_SET(guest->beside.cpu, &set);
    (void)sched_setaffinity(0, sizeof(set), &set);
    while (!guest->beside.stop) {
        for (unsigned i = guest->beside.first; i < guest->beside.last; i++)
            run_step(guest, &guest->scn.steps[i]);
    }
    return NULL;
}

static void run_aim(struct guest *guest, const struct scn_step *head, unsigned first, unsigned last)
{
    struct aim aim = {.device = find_object(guest, &head->words[0]),
                      .iova = head->words[1].number,
                      .first = scn_number(head, "first", 0),
                      .last = scn_number(head, "last", 0),
                      .step = scn_number(head, "step", 1000)};

    for (unsigned i = first; i < last && aim.n_tables < 4; i++) {
        struct object *table = find_object(guest, &guest->scn.steps[i].words[1]);

        if (strcmp(guest->scn.steps[i].verb, "replace") == 0 && table)
            aim.tables[aim.n_tables++] = table;
    }
    if (aim.device && aim.device->device.engine && aim.n_tables)
        dma_aim(guest, &aim);
    else
        judge(guest, head, -EINVAL);
}

static unsigned run_block(struct guest *guest, unsigned head)
{
    const struct scn_step *step = &guest->scn.steps[head];
    const unsigned end = (unsigned)scn_end(&guest->scn, head);

    if (strcmp(step->verb, "meanwhile") == 0) {
        guest->beside.first = head + 1;
        guest->beside.last = end;
        guest->beside.cpu = step->words[0].number;
        guest->beside.stop = false;
        guest->beside.is_running =
            pthread_create(&guest->beside.thread, NULL, run_meanwhile, guest) == 0;
        return end;
    }
    if (strcmp(step->verb, "aim") == 0)
        run_aim(guest, step, head + 1, end);
    for (uint64_t n = strcmp(step->verb, "repeat") == 0 ? step->words[0].number : 0; n > 0; n--) {
        for (unsigned i = head + 1; i < end; i++)
            run_step(guest, &guest->scn.steps[i]);
    }
    if (guest->beside.is_running) {
        guest->beside.stop = true;
        (void)pthread_join(guest->beside.thread, NULL);
        guest->beside.is_running = false;
    }
    return end;
}

int guest_run(struct guest *guest)
{
    if (make_arena(guest))
        return -1;
    for (unsigned i = 0; i < guest->scn.n_steps; i++) {
        if (scn_is_block(&guest->scn.steps[i]))
            i = run_block(guest, i);
        else
            run_step(guest, &guest->scn.steps[i]);
    }
    for (unsigned i = 0; i < guest->n_objects; i++) {
        if (guest->objects[i].kind == KIND_DEVICE)
            vfio_close_device(guest, &guest->objects[i]);
    }
    scn_free(&guest->scn);
    return guest->n_failures ? -1 : 0;
}
