/* SPDX-License-Identifier: BSD-2-Clause
 * random_records.c - fills records by the table of record.def. */
#include "tests/shim/random_records.h"

#include <string.h>

uint64_t shim_random_next(struct shim_random *random)
{
    uint64_t z = random->seed += UINT64_C(0x9e3779b97f4a7c15); /* splitmix64 */

    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

/* Small values are as likely as large ones. */
static uint64_t any_value(struct shim_random *random)
{
    const uint64_t value = shim_random_next(random);

    return value >> shim_random_next(random) % 64;
}

static void fill_string(struct shim_random *random, unsigned index, struct sim_str *str)
{
    const uint64_t kind = shim_random_next(random) % 16;
    const uint32_t n = (uint32_t)(kind == 0   ? 0
                                  : kind == 1 ? SIM_STR_MAX_BYTES
                                              : shim_random_next(random) % 40);

    for (uint32_t i = 0; i < n; i++)
        random->text[index][i] = (char)shim_random_next(random);
    str->bytes = random->text[index];
    str->n_bytes = n;
}

static void fill_field(struct shim_random *random, const struct sim_field_info *field,
                       unsigned *n_strings, struct sim_record *rec)
{
    uint64_t value = any_value(random);

    if (field->show == SIM_SHOW_STR) {
        fill_string(random, (*n_strings)++, sim_field_str(rec, field));
        return;
    }
    if (field->flag && shim_random_next(random) % 2)
        return;
    rec->flags |= field->flag;
    if (field->show >= SIM_SHOW_STRUCTURE) {
        while (!sim_enum_word((enum sim_show)field->show, value))
            value = shim_random_next(random) % 32;
    }
    if (shim_random_next(random) % 4) /* else: its default */
        sim_field_set(rec, field, value);
}

/* What random values of one kind must keep (sim_record_check). */
static void make_legal(struct shim_random *random, struct sim_record *rec)
{
    switch (rec->kind) {
    case SIM_R_STORE:
        rec->store.width = (uint8_t)(1U << shim_random_next(random) % 5);
        rec->store.pa -= rec->store.pa % rec->store.width;
        if (rec->store.width < 8)
            rec->store.value &= (UINT64_C(1) << rec->store.width * 8) - 1;
        if (rec->store.width != 16)
            rec->store.value_hi = 0;
        else if (shim_random_next(random) % 2)
            rec->flags |= SIM_RF_ATOMIC;
        break;
    case SIM_R_MMIO_WRITE:
    case SIM_R_MMIO_READ: /* the same fields at the same places */
        rec->mmio.width = shim_random_next(random) % 2 ? 4 : 8;
        rec->mmio.offset -= rec->mmio.offset % 4;
        if (rec->mmio.width == 4)
            rec->mmio.value = (uint32_t)rec->mmio.value;
        break;
    case SIM_R_MEMORY:
        rec->memory.pa &= UINT64_C(0x7ffffffffffffff8);
        rec->memory.size &= UINT64_C(0x7ffffffffffffff8);
        break;
    case SIM_R_FREE:
        rec->memfree.pa &= INT64_MAX;
        rec->memfree.size &= INT64_MAX;
        break;
    case SIM_R_MAP:
        rec->map.iova &= INT64_MAX;
        rec->map.pa &= INT64_MAX;
        rec->map.size &= INT64_MAX;
        break;
    case SIM_R_IOMMU:
        rec->unit.base &= INT64_MAX;
        rec->unit.size &= INT64_MAX;
        break;
    case SIM_R_DMA:
        rec->dma.iova &= INT64_MAX;
        rec->dma.access = (uint8_t)(1U + shim_random_next(random) % 4);
        break;
    case SIM_R_UNMAP:
        rec->unmap.iova &= INT64_MAX;
        rec->unmap.size &= INT64_MAX;
        break;
    case SIM_R_EVENT:
        rec->event.n_words = (uint8_t)(1 + shim_random_next(random) % 4);
        break;
    default:
        break;
    }
}

void shim_random_record(struct shim_random *random, struct sim_record *rec)
{
    unsigned n_strings = 0;
    uint64_t kind;

    do {
        kind = shim_random_next(random) % SIM_N_RECORD_KINDS;
    } while (!sim_record_infos[kind].name);
    sim_record_init(rec, (enum sim_record_kind)kind);
    for (unsigned i = 0; i < sim_record_infos[kind].n_fields; i++)
        fill_field(random, &sim_record_infos[kind].fields[i], &n_strings, rec);
    make_legal(random, rec);
    random->time_ns += any_value(random) % 100000;
    rec->time_ns = shim_random_next(random) % 64 ? random->time_ns : any_value(random);
    rec->cpu = (uint16_t)(shim_random_next(random) % 4 ? 0 : any_value(random));
}

bool shim_records_equal(const struct sim_record *a, const struct sim_record *b)
{
    const struct sim_record_info *info = &sim_record_infos[a->kind];
    struct sim_record copy_a = *a;
    struct sim_record copy_b = *b;

    if (a->kind != b->kind || a->flags != b->flags || a->cpu != b->cpu || a->time_ns != b->time_ns)
        return false;
    for (unsigned i = 0; i < info->n_fields; i++) {
        const struct sim_field_info *field = &info->fields[i];
        const struct sim_str *x = sim_field_str(&copy_a, field);
        const struct sim_str *y = sim_field_str(&copy_b, field);

        if (field->show != SIM_SHOW_STR) {
            if (sim_field_get(a, field) != sim_field_get(b, field))
                return false;
        } else if (x->n_bytes != y->n_bytes ||
                   (x->n_bytes && memcmp(x->bytes, y->bytes, x->n_bytes) != 0)) {
            return false;
        }
    }
    return true;
}
