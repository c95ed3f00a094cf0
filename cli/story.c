/* SPDX-License-Identifier: BSD-2-Clause
 * story.c - tells records in the architecture's words. */
#include "cli/story.h"

#include "models/common/hw_print.h"
#include "models/smmuv3/smmu_layout.h"
#include "models/vtd/vtd_layout.h"
#include "sim/diag.h"
#include "sim/mem.h"
#include "sim/text.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MEMORY_LIMIT_BYTES (UINT64_C(128) << 20)
#define MAX_UNITS 64u
#define MAX_DEVICES 1024u

/* Which decoder an entry of table memory needs. */
struct entry_kind {
    uint8_t structure;
    const char *smmu_word; /* NULL: not of this architecture */
    const char *vtd_word;
};

static const struct entry_kind entry_kinds[] = {
    {SIM_S_L1STD, "l1std", NULL},
    {SIM_S_STE, "ste", NULL},
    {SIM_S_L1CD, "l1cd", NULL},
    {SIM_S_CD, "cd", NULL},
    {SIM_S_ROOT, NULL, "root"},
    {SIM_S_CTX, NULL, "ctx"},
    {SIM_S_PASID_DIR, NULL, "pasid_dir"},
    {SIM_S_PASID, NULL, "pasid"},
    {SIM_S_PTE, "pte_s1", NULL},
    {SIM_S_PTE_VTD, NULL, "pte_ss"},
    {SIM_S_PTE_S1, "pte_s1", "pte_fs"},
    {SIM_S_PTE_S2, "pte_s2", "pte_ss"},
    {SIM_S_IRTE, NULL, "irte"},
    {SIM_S_CMD, "cmd", NULL},
    {SIM_S_QI, NULL, "qi"},
};

struct story {
    uint8_t arch[MAX_UNITS];
    struct hw_hints hints;
    bool is_wide_ctx; /* scalable mode: context entries of 32 bytes */
    bool is_wide_qi;  /* invalidation descriptors of 32 bytes */
    struct sim_mem *mem;
    char devices[MAX_DEVICES][32];
};

struct story *story_new(void)
{
    struct story *story = calloc(1, sizeof(*story));

    if (!story)
        return NULL;
    story->hints.is_legacy = true;
    story->mem = sim_mem_new(MEMORY_LIMIT_BYTES);
    if (!story->mem) {
        free(story);
        return NULL;
    }
    return story;
}

void story_free(struct story *story)
{
    if (!story)
        return;
    sim_mem_free(story->mem);
    free(story);
}

static const struct hw_decoder *find_decoder(const struct story *story, uint8_t structure)
{
    for (size_t i = 0; i < sizeof(entry_kinds) / sizeof(entry_kinds[0]); i++) {
        const struct entry_kind *kind = &entry_kinds[i];

        if (kind->structure != structure)
            continue;
        if (kind->smmu_word && (story->arch[0] != SIM_ARCH_VTD || !kind->vtd_word))
            return smmu_decoder_find(kind->smmu_word);
        return vtd_decoder_find(kind->vtd_word);
    }
    return NULL;
}

static unsigned entry_bytes(const struct story *story, uint8_t structure)
{
    if (structure == SIM_S_CTX && story->is_wide_ctx)
        return 32;
    return sim_structure_infos[structure].n_bytes;
}

static uint32_t conditions(const struct hw_decoder *decoder, const uint64_t *words,
                           const struct hw_hints *hints)
{
    return decoder->conditions ? decoder->conditions(words, hints) : UINT32_MAX;
}

/* Blanks before @fields, if there are any. */
static const char *gap(const char *fields)
{
    return fields[0] ? "  " : "";
}

static int tell_command(struct story *story, const struct hw_decoder *decoder,
                        const struct sim_rec_store *store, char *line)
{
    const uint64_t words[HW_MAX_WORDS] = {store->value, store->value_hi};
    const struct hw_layout *layout = decoder->select(words, &story->hints);
    char all_fields[1024];
    const char *fields = all_fields;
    char name[64];

    if (store->structure == SIM_S_QI && story->is_wide_qi && store->pa % 32) {
        (void)snprintf(line, STORY_LINE_BYTES,
                       "QI 0x%" PRIx64 " upper half  0x%" PRIx64 " 0x%" PRIx64, store->pa,
                       store->value, store->value_hi);
        return 0;
    }
    hw_brief(layout, words, conditions(decoder, words, &story->hints), all_fields,
             sizeof(all_fields));
    if (strncmp(fields, "op=", 3) == 0 || strncmp(fields, "TYPE=", 5) == 0) /* the name says it */
        fields += strcspn(fields, " ") + (strchr(fields, ' ') ? 1 : 0);
    if (store->structure == SIM_S_QI)
        (void)vtd_qi_name(words, name, sizeof(name));
    else
        (void)snprintf(name, sizeof(name), "%s", layout->name);
    (void)snprintf(line, STORY_LINE_BYTES, "%s 0x%" PRIx64 " %s%s%s",
                   sim_structure_infos[store->structure].name, store->pa, name, gap(fields),
                   fields);
    return 0;
}

static int tell_entry(struct story *story, const struct hw_decoder *decoder,
                      const struct sim_rec_store *store, char *line)
{
    const unsigned n_bytes = entry_bytes(story, store->structure);
    const uint64_t base = store->pa - store->pa % n_bytes;
    const unsigned index = (unsigned)(store->pa % n_bytes / 8);
    uint64_t before[HW_MAX_WORDS] = {0};
    uint64_t after[HW_MAX_WORDS] = {0};
    char changes[1024];

    sim_mem_read(story->mem, base, before, n_bytes);
    if (sim_mem_write64(story->mem, store->pa, store->value))
        return SIM_ENOMEM;
    sim_mem_read(story->mem, base, after, n_bytes);
    hw_brief_change(decoder->select(after[index] ? after : before, &story->hints), index, before,
                    after, changes, sizeof(changes));
    (void)snprintf(line, STORY_LINE_BYTES, "%s 0x%" PRIx64 " word %u = 0x%" PRIx64 "  %s",
                   sim_structure_infos[store->structure].name, base, index, store->value,
                   changes[0] ? changes : "(no change)");
    return 0;
}

static int tell_store(struct story *story, const struct sim_record *rec, char *line)
{
    const struct sim_rec_store *store = &rec->store;
    const struct hw_decoder *decoder = find_decoder(story, store->structure);

    if (decoder && (store->structure == SIM_S_CMD || store->structure == SIM_S_QI))
        return tell_command(story, decoder, store, line);
    if (decoder && store->width == 8)
        return tell_entry(story, decoder, store, line);
    (void)snprintf(line, STORY_LINE_BYTES, "store %s 0x%" PRIx64 " = 0x%" PRIx64 ", %u bytes",
                   sim_structure_infos[store->structure].name, store->pa, store->value,
                   store->width);
    return sim_mem_write(story->mem, store->pa, &store->value, store->width < 8 ? store->width : 8)
               ? SIM_ENOMEM
               : 0;
}

static const struct hw_reg *find_reg(const struct story *story, uint16_t unit, uint64_t offset)
{
    const uint8_t arch = unit < MAX_UNITS ? story->arch[unit] : (uint8_t)SIM_ARCH_UNKNOWN;

    if (arch == SIM_ARCH_SMMUV3)
        return smmu_reg_at(offset);
    return arch == SIM_ARCH_VTD && offset <= UINT32_MAX ? vtd_reg_at((uint32_t)offset) : NULL;
}

/* "CR0 = 0xd  SMMUEN=1 ..." or the bare offset. */
static void tell_reg(const struct story *story, const char *what, uint16_t unit, uint64_t offset,
                     uint64_t value, char *line)
{
    const struct hw_reg *reg = find_reg(story, unit, offset);
    char fields[1024] = "";

    if (!reg) {
        (void)snprintf(line, STORY_LINE_BYTES, "%s +0x%" PRIx64 " = 0x%" PRIx64, what, offset,
                       value);
        return;
    }
    if (reg->offset == offset)
        hw_brief(reg->layout, &value, UINT32_MAX, fields, sizeof(fields));
    (void)snprintf(line, STORY_LINE_BYTES, "%s %s%s = 0x%" PRIx64 "%s%s", what, reg->name,
                   reg->offset == offset ? "" : "[63:32]", value, gap(fields), fields);
}

/* VT-d: the table mode decides how root and context entries look, the queue how wide descriptors
 * are. */
static void note_mode(struct story *story, const struct sim_rec_mmio *mmio)
{
    if (mmio->iommu >= MAX_UNITS || story->arch[mmio->iommu] != SIM_ARCH_VTD)
        return;
    if (mmio->offset == VTD_REG_IQA)
        story->is_wide_qi = vtd_IQA_DW(&mmio->value) != 0;
    if (mmio->offset == VTD_REG_RTADDR) {
        story->is_wide_ctx = vtd_RTADDR_TTM(&mmio->value) == VTD_RTADDR_TTM_SCALABLE;
        story->hints.is_legacy = !story->is_wide_ctx;
    }
}

static void tell_wait(const struct story *story, const struct sim_rec_wait *wait, char *line)
{
    const struct hw_reg *reg = find_reg(story, wait->iommu, wait->addr);
    const char *polls = wait->polls == 1 ? "poll" : "polls";
    char more[64] = "";

    if (wait->ret)
        (void)snprintf(more, sizeof(more), ", failed with %" PRId32, wait->ret);
    if (wait->cond == SIM_COND_QUEUE)
        (void)snprintf(line, STORY_LINE_BYTES,
                       "wait for slot %" PRIu32 " of the queue at 0x%" PRIx64 ", %" PRIu32
                       " %s, %" PRIu32 " ns%s",
                       wait->index, wait->addr, wait->polls, polls, wait->took_ns, more);
    else
        (void)snprintf(line, STORY_LINE_BYTES,
                       "wait until %s 0x%" PRIx64 " %s 0x%" PRIx64 " = 0x%" PRIx64 ", %" PRIu32
                       " %s%s",
                       reg && wait->cond == SIM_COND_REG ? reg->name : "memory", wait->addr, "&",
                       wait->mask, wait->value, wait->polls, polls, more);
}

static const char *device_name(const struct story *story, uint32_t dev)
{
    return dev < MAX_DEVICES && story->devices[dev][0] ? story->devices[dev] : "-";
}

static void tell_mark(const struct story *story, const char *what, const struct sim_rec_mark *mark,
                      char *line)
{
    char more[128] = "";

    if (mark->op == SIM_OP_MAP || mark->op == SIM_OP_UNMAP)
        (void)snprintf(more, sizeof(more), " iova 0x%" PRIx64 " bytes 0x%" PRIx64, mark->a,
                       mark->b);
    else if (mark->dev != SIM_NO_DEV)
        (void)snprintf(more, sizeof(more), " %s", device_name(story, mark->dev));
    (void)snprintf(line, STORY_LINE_BYTES, "%s %s%s domain 0x%" PRIx64, what,
                   sim_enum_word(SIM_SHOW_OP, mark->op), more, mark->domain);
    if (mark->ret) {
        const size_t n = strlen(line);

        (void)snprintf(line + n, STORY_LINE_BYTES - n, " -> %" PRId32, mark->ret);
    }
}

static void tell_event(const struct story *story, const struct sim_rec_event *event, char *line)
{
    const uint64_t words[HW_MAX_WORDS] = {event->word0, event->word1, event->word2, event->word3};
    const bool is_vtd = story->arch[0] == SIM_ARCH_VTD;
    const struct hw_decoder *decoder =
        is_vtd ? vtd_decoder_find(event->n_words > 2 ? "prq" : "frcd") : smmu_decoder_find("evt");
    const struct hw_layout *layout = decoder->select(words, &story->hints);
    char fields[1024];

    hw_brief(layout, words, conditions(decoder, words, &story->hints), fields, sizeof(fields));
    (void)snprintf(line, STORY_LINE_BYTES, "event read: %s%s%s", layout->name, gap(fields), fields);
}

static int tell_memory(struct story *story, const struct sim_rec_memory *memory, char *line)
{
    (void)snprintf(line, STORY_LINE_BYTES, "memory %s 0x%" PRIx64 ", 0x%" PRIx64 " bytes",
                   sim_structure_infos[memory->structure].name, memory->pa, memory->size);
    return sim_mem_fill64(story->mem, memory->pa, memory->size, memory->fill) ? SIM_ENOMEM : 0;
}

static void tell_free(const struct sim_rec_memfree *freed, char *line)
{
    (void)snprintf(line, STORY_LINE_BYTES, "free %s 0x%" PRIx64 ", 0x%" PRIx64 " bytes",
                   sim_structure_infos[freed->structure].name, freed->pa, freed->size);
}

static void tell_map(const struct sim_record *rec, char *line)
{
    const struct sim_rec_map *map = &rec->map;
    const bool has_prot = rec->flags & SIM_RF_PROT;

    (void)snprintf(line, STORY_LINE_BYTES,
                   "map iova 0x%" PRIx64 " to pa 0x%" PRIx64 ", 0x%" PRIx64
                   " bytes%s%s, domain 0x%" PRIx64,
                   map->iova, map->pa, map->size, has_prot ? " " : "",
                   has_prot ? sim_enum_word(SIM_SHOW_PROT, map->prot) : "", map->domain);
}

static void tell_unmap(const struct sim_rec_unmap *unmap, char *line)
{
    (void)snprintf(line, STORY_LINE_BYTES,
                   "unmap iova 0x%" PRIx64 ", 0x%" PRIx64 " bytes (0x%" PRIx64
                   " were mapped), domain 0x%" PRIx64,
                   unmap->iova, unmap->size, unmap->unmapped, unmap->domain);
}

/* Everything else as the text language has it, without its time. */
static void tell_plain(const struct sim_record *rec, char *line)
{
    char text[SIM_TEXT_MAX_RECORD_BYTES];
    const size_t n = sim_text_print_record(rec, text);
    const char *start = memchr(text, ' ', n);
    size_t n_left = start ? n - (size_t)(start + 1 - text) - 1 : 0;

    n_left = n_left < STORY_LINE_BYTES ? n_left : STORY_LINE_BYTES - 1;
    memcpy(line, start ? start + 1 : "", n_left);
    line[n_left] = '\0';
}

static void note_unit(struct story *story, const struct sim_rec_unit *unit)
{
    if (unit->iommu < MAX_UNITS)
        story->arch[unit->iommu] = unit->arch;
}

static void note_device(struct story *story, const struct sim_rec_device *device)
{
    if (device->dev < MAX_DEVICES)
        (void)snprintf(story->devices[device->dev], sizeof(story->devices[0]), "%.*s",
                       (int)device->name.n_bytes, device->name.bytes);
}

int story_line(struct story *story, const struct sim_record *rec, char *line)
{
    switch (rec->kind) {
    case SIM_R_STORE:
        return tell_store(story, rec, line);
    case SIM_R_MEMORY:
        return tell_memory(story, &rec->memory, line);
    case SIM_R_MMIO_WRITE:
        note_mode(story, &rec->mmio);
        tell_reg(story, "write", rec->mmio.iommu, rec->mmio.offset, rec->mmio.value, line);
        return 0;
    case SIM_R_MMIO_READ:
        tell_reg(story, "read", rec->mmio_read.iommu, rec->mmio_read.offset, rec->mmio_read.value,
                 line);
        return 0;
    case SIM_R_WAIT:
        tell_wait(story, &rec->wait, line);
        return 0;
    case SIM_R_BEGIN:
        tell_mark(story, "begin", &rec->mark, line);
        return 0;
    case SIM_R_END: /* the same fields at the same places */
        tell_mark(story, "end", &rec->mark, line);
        return 0;
    case SIM_R_EVENT:
        tell_event(story, &rec->event, line);
        return 0;
    case SIM_R_MAP:
        tell_map(rec, line);
        return 0;
    case SIM_R_UNMAP:
        tell_unmap(&rec->unmap, line);
        return 0;
    case SIM_R_FREE:
        tell_free(&rec->memfree, line);
        return 0;
    case SIM_R_IOMMU:
        note_unit(story, &rec->unit);
        break;
    case SIM_R_DEVICE:
        note_device(story, &rec->device);
        break;
    default:
        break;
    }
    tell_plain(rec, line);
    return 0;
}
