/* SPDX-License-Identifier: BSD-2-Clause
 * damage_binary.c - damages trace.dat of versions 6 and 7, and ELF dumps. */
#include "tests/damage/damage.h"

#include <elf.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#define PAGE_BYTES 4096u
#define MAX_PLACES 4096u

/* Some place where the bytes stand; c->n if they stand nowhere. */
static size_t find(struct copy *c, const char *text)
{
    size_t places[MAX_PLACES];
    size_t n = 0;
    size_t at = 0;

    while (n < MAX_PLACES) {
        const uint8_t *found = memmem(c->bytes + at, c->n - at, text, strlen(text));

        if (!found)
            break;
        places[n++] = (size_t)(found - c->bytes);
        at = places[n - 1] + 1;
    }
    return n ? places[pick(c, n)] : c->n;
}

/* ---- version 6 ---- */

/* An event's format is text behind its length. A change keeps the length right, and the pages where
 * they are as long as there is padding in front of them. */
static void change_format(struct copy *c, size_t at, size_t n_old, const char *text)
{
    static const uint8_t zeros[1024] = {0};
    size_t start = at;
    size_t pages;

    while (start > 8 && memcmp(c->bytes + start, "name: ", 6) != 0)
        start--;
    put_le(c, start - 8, get_le(c, start - 8, 8) + strlen(text) - n_old, 8);
    pages = find(c, "flyrecord");
    pages = (pages / PAGE_BYTES + 1) * PAGE_BYTES;
    if (strlen(text) < n_old)
        splice(c, pages, 0, zeros, n_old - strlen(text) < sizeof(zeros) ? n_old - strlen(text) : 0);
    else if (pages > sizeof(zeros) && strlen(text) - n_old < sizeof(zeros) &&
             memcmp(c->bytes + pages - (strlen(text) - n_old), zeros, strlen(text) - n_old) == 0)
        splice(c, pages - (strlen(text) - n_old), strlen(text) - n_old, NULL, 0);
    splice(c, at, n_old, text, strlen(text));
}

static void format_number(struct copy *c)
{
    static const char *const keys[] = {"offset:", "offset:", "size:", "size:", "signed:", "ID: "};
    const char *key = keys[pick(c, N_OF(keys))];
    const size_t at = find(c, key) + strlen(key);
    char text[32];
    size_t n = 0;

    while (at + n < c->n && c->bytes[at + n] >= '0' && c->bytes[at + n] <= '9')
        n++;
    if (pick(c, 3))
        (void)snprintf(text, sizeof(text), "%lld", (long long)hostile_number(c));
    else
        (void)snprintf(text, sizeof(text), "%d", (int)pick(c, 70));
    if (at < c->n)
        change_format(c, at, n, text);
}

static void format_numbers(struct copy *c)
{
    for (unsigned i = 0; i < 12; i++)
        format_number(c);
}

static void format_type(struct copy *c)
{
    static const char *const types[] = {"u64 ", "u8 ", "int ", "__data_loc char[] ", "u64 dw[4]"};
    static const char *const hostile[] = {"u64 x[999999999] ",
                                          "__data_loc u64[] ",
                                          "__rel_loc char[] ",
                                          "char x[0] ",
                                          "((((((((",
                                          "u64 pa[-1] ",
                                          "struct { ",
                                          ";;;;;;",
                                          "",
                                          "__data_loc __data_loc char[][] ",
                                          "u64 *"};
    const char *type = types[pick(c, N_OF(types))];
    const size_t at = find(c, type);

    if (at < c->n)
        change_format(c, at, strlen(type), hostile[pick(c, N_OF(hostile))]);
}

static void print_format(struct copy *c)
{
    static const char *const hostile[] = {"((((((((((((((((((((((((((((((((",
                                          "__print_symbolic(REC->op, { 99999999999, \"",
                                          "__print_array(REC->x, 1/0, 0)",
                                          "%*.*s%n\", ",
                                          "__print_flags(",
                                          "}}}}}}",
                                          "REC->",
                                          "__get_dynamic_array(",
                                          "{ -1, \"x\" }, { 18446744073709551616, \"y\" }",
                                          "?:?:?:?:",
                                          "\"\"\"\""};
    const size_t at = find(c, "print fmt: ") + 11 + pick(c, 20);

    if (at < c->n)
        change_format(c, at, pick(c, 8), hostile[pick(c, N_OF(hostile))]);
}

static void deep_format(struct copy *c)
{
    const size_t n = 1000U << pick(c, 9);
    const size_t at = find(c, "print fmt: ");
    char *text = get_memory(n);

    memset(text, "(!~-"[pick(c, 4)], n);
    if (at < c->n) {
        const uint8_t *comma = memmem(c->bytes + at, c->n - at, ", ", 2);

        if (comma)
            change_format(c, (size_t)(comma - c->bytes) + 2, 0, text);
    }
    free(text);
}

static void format_bytes(struct copy *c)
{
    const size_t at = find(c, "field:") + pick(c, 40);

    if (at < c->n)
        c->bytes[at] = (uint8_t)next_random(c);
}

static void length(struct copy *c)
{
    size_t at = find(c, "name: ") - 8;

    if (pick(c, 3) == 0) /* the number of events before the first, or a header's length */
        at = find(c, pick(c, 2) ? "header_page" : "header_event") + 12 + pick(c, 2);
    if (at < c->n)
        put_le(c, at, hostile_number(c), pick(c, 2) ? 8 : 4);
}

static void cpus(struct copy *c)
{
    const size_t options = find(c, "options  ");

    if (options < c->n)
        put_le(c, options - 4, hostile_number(c), 4);
}

static void cpu_places(struct copy *c)
{
    const size_t places = find(c, "flyrecord") + 10;

    if (places < c->n)
        put_le(c, places + 8 * pick(c, 4), hostile_number(c), 8);
}

static size_t pick_page(struct copy *c)
{
    const size_t start = (find(c, "flyrecord") / PAGE_BYTES + 1) * PAGE_BYTES;

    return start < c->n ? start + pick(c, (c->n - start) / PAGE_BYTES) * PAGE_BYTES : 0;
}

static void page_commit(struct copy *c)
{
    const size_t page = pick_page(c);

    put_le(c, page + 8, hostile_number(c), pick(c, 2) ? 8 : 4);
}

static void page_time(struct copy *c)
{
    put_le(c, pick_page(c), hostile_number(c), 8);
}

/* type_len 0 (array), 29 (padding), 30 (time extend), 31 (time stamp) and lengths that lie. */
static void event_header(struct copy *c)
{
    static const uint8_t types[] = {0, 0, 1, 28, 29, 29, 30, 31};

    for (size_t i = 0; i <= pick(c, 8); i++) {
        const size_t at = pick_page(c) + 16 + 4 * (pick(c, 3) ? pick(c, 4) * 14 : pick(c, 1000));

        put_le(c, at, types[pick(c, N_OF(types))] | hostile_number(c) << 5, 4);
        if (pick(c, 2))
            put_le(c, at + 4, hostile_number(c), 4);
    }
}

static void event_bytes(struct copy *c)
{
    for (size_t i = 0; i <= pick(c, 8); i++)
        put_le(c, pick_page(c) + 16 + 4 * pick(c, 1020), hostile_number(c), 1U << pick(c, 4));
}

static void start_bytes(struct copy *c)
{
    put_le(c, pick(c, 32), hostile_number(c), 1U << pick(c, 4));
}

const struct way dat6_ways[N_DAT6_WAYS] = {{"format_number", format_number},
                                           {"format_numbers", format_numbers},
                                           {"format_type", format_type},
                                           {"print_format", print_format},
                                           {"deep_format", deep_format},
                                           {"format_bytes", format_bytes},
                                           {"length", length},
                                           {"cpus", cpus},
                                           {"cpu_places", cpu_places},
                                           {"page_commit", page_commit},
                                           {"page_time", page_time},
                                           {"event_header", event_header},
                                           {"event_bytes", event_bytes},
                                           {"start_bytes", start_bytes}};

/* ---- version 7: sections and data are compressed in blocks ---- */

#define ZSTD_MAGIC "\x28\xb5\x2f\xfd"
#define BLOCK_HEADER_BYTES 8u /* packed and unpacked bytes, 4 each */

/* A block, unpacked. Return: where its packed bytes are, or 0. */
static size_t unpack_block(struct copy *c, struct copy *raw)
{
    const size_t at = find(c, ZSTD_MAGIC);
    const size_t n_packed = (size_t)get_le(c, at - BLOCK_HEADER_BYTES, 4);

    raw->random = next_random(c);
    raw->n = (size_t)get_le(c, at - 4, 4);
    if (at >= c->n || n_packed > c->n - at || raw->n > 1 << 24)
        return 0;
    raw->bytes = get_memory(raw->n);
    if (!ZSTD_isError(ZSTD_decompress(raw->bytes, raw->n, c->bytes + at, n_packed)))
        return at;
    free(raw->bytes);
    return 0;
}

/* Back into its place. What is left of the place becomes a frame that zstd skips. */
static void pack_block(struct copy *c, size_t at, struct copy *raw)
{
    const size_t n_place = (size_t)get_le(c, at - BLOCK_HEADER_BYTES, 4);
    const size_t n_bound = ZSTD_compressBound(raw->n) + n_place;
    static const uint8_t skippable[] = {0x50, 0x2a, 0x4d, 0x18}; /* a frame that zstd passes over */
    uint8_t *packed = get_memory(n_bound);
    size_t n = ZSTD_compress(packed, n_bound, raw->bytes, raw->n, 19);

    if (n + 8 <= n_place) {
        memcpy(packed + n, skippable, sizeof(skippable));
        for (unsigned i = 0; i < 4; i++)
            packed[n + 4 + i] = (uint8_t)((n_place - n - 8) >> 8 * i);
        n = n_place;
    }
    splice(c, at, n_place, packed, n);
    put_le(c, at - 8, n, 4);
    put_le(c, at - 4, raw->n, 4);
    free(packed);
    free(raw->bytes);
}

static void block_bytes(struct copy *c)
{
    struct copy raw;
    const size_t at = unpack_block(c, &raw);

    if (!at)
        return;
    any_way(&raw);
    pack_block(c, at, &raw);
}

/* Pages, and what stands in options: offsets, counts and sizes of sections. */
static void block_numbers(struct copy *c)
{
    struct copy raw;
    const size_t at = unpack_block(c, &raw);

    if (!at)
        return;
    for (size_t i = 0; i <= pick(c, 4); i++) {
        const size_t n_start = pick(c, 2) && raw.n > 64 ? 64 : raw.n;

        put_le(&raw, pick(c, n_start) & ~(size_t)(pick(c, 2) ? 3 : 0), hostile_number(c),
               1U << pick(c, 4));
    }
    pack_block(c, at, &raw);
}

static void block_formats(struct copy *c)
{
    struct copy raw;
    const size_t at = unpack_block(c, &raw);

    if (!at)
        return;
    for (unsigned i = 0; i < 20; i++) {
        size_t digit = find(&raw, i % 2 ? "offset:" : "size:") + (i % 2 ? 7 : 5);

        if (digit < raw.n)
            raw.bytes[digit] = (uint8_t)('0' + pick(c, 10));
        digit = find(&raw, ";");
        if (digit < raw.n && pick(c, 4) == 0)
            raw.bytes[digit] = (uint8_t)('0' + pick(c, 10));
    }
    pack_block(c, at, &raw);
}

static void block_bomb(struct copy *c)
{
    struct copy raw;
    const size_t at = unpack_block(c, &raw);

    if (!at)
        return;
    free(raw.bytes);
    raw.n = 512U << 20;
    raw.bytes = get_memory(raw.n);
    pack_block(c, at, &raw);
    if (pick(c, 2))
        put_le(c, at - 4, hostile_number(c), 4);
}

static void block_header(struct copy *c)
{
    const size_t at = find(c, ZSTD_MAGIC);

    if (at < c->n)
        put_le(c, at - 4 * (1 + pick(c, 3)), hostile_number(c), pick(c, 2) ? 4 : 2);
}

static void section_header(struct copy *c)
{
    const size_t at = find(c, ZSTD_MAGIC);

    if (at < c->n && at > 24)
        put_le(c, at - 8 - 2 * (1 + pick(c, 8)), hostile_number(c), 1U << pick(c, 4));
}

const struct way dat7_ways[N_DAT7_WAYS] = {
    {"block_bytes", block_bytes},     {"block_numbers", block_numbers},
    {"block_formats", block_formats}, {"block_bomb", block_bomb},
    {"block_header", block_header},   {"section_header", section_header}};

/* ---- ELF ---- */

struct field {
    uint16_t offset;
    uint8_t n_bytes;
};

#define FIELD(type, member)                                                                        \
    {                                                                                              \
        offsetof(type, member), sizeof(((type *)0)->member)                                        \
    }

static void put_field(struct copy *c, size_t base, const struct field *field)
{
    const uint64_t value = pick(c, 3)
                               ? hostile_number(c)
                               : get_le(c, base + field->offset, field->n_bytes) + pick(c, 3) - 1;

    put_le(c, base + field->offset, value, field->n_bytes);
}

static void elf_header(struct copy *c)
{
    static const struct field fields[] = {
        FIELD(Elf64_Ehdr, e_type),  FIELD(Elf64_Ehdr, e_machine),   FIELD(Elf64_Ehdr, e_version),
        FIELD(Elf64_Ehdr, e_phoff), FIELD(Elf64_Ehdr, e_phentsize), FIELD(Elf64_Ehdr, e_phnum),
        FIELD(Elf64_Ehdr, e_phoff), FIELD(Elf64_Ehdr, e_phnum),     FIELD(Elf64_Ehdr, e_shoff),
        FIELD(Elf64_Ehdr, e_shnum), FIELD(Elf64_Ehdr, e_shstrndx),  FIELD(Elf64_Ehdr, e_ehsize)};

    put_field(c, 0, &fields[pick(c, N_OF(fields))]);
}

static size_t pick_segment(struct copy *c)
{
    return (size_t)get_le(c, offsetof(Elf64_Ehdr, e_phoff), 8) +
           pick(c, (size_t)get_le(c, offsetof(Elf64_Ehdr, e_phnum), 2)) * sizeof(Elf64_Phdr);
}

static void segment(struct copy *c)
{
    static const struct field fields[] = {
        FIELD(Elf64_Phdr, p_type),   FIELD(Elf64_Phdr, p_offset), FIELD(Elf64_Phdr, p_filesz),
        FIELD(Elf64_Phdr, p_offset), FIELD(Elf64_Phdr, p_filesz), FIELD(Elf64_Phdr, p_paddr),
        FIELD(Elf64_Phdr, p_memsz),  FIELD(Elf64_Phdr, p_vaddr),  FIELD(Elf64_Phdr, p_align)};

    for (size_t i = 0; i <= pick(c, 3); i++)
        put_field(c, pick_segment(c), &fields[pick(c, N_OF(fields))]);
}

static void elf_ident(struct copy *c)
{
    c->bytes[pick(c, EI_NIDENT)] = (uint8_t)(pick(c, 2) ? pick(c, 4) : next_random(c));
}

/* The real number of segments stands in a section header that is not there. */
static void many_segments(struct copy *c)
{
    put_le(c, offsetof(Elf64_Ehdr, e_phnum), PN_XNUM, 2);
    put_le(c, offsetof(Elf64_Ehdr, e_shoff), pick(c, 2) ? hostile_number(c) : pick(c, c->n), 8);
    put_le(c, offsetof(Elf64_Ehdr, e_shnum), pick(c, 3), 2);
    put_le(c, offsetof(Elf64_Ehdr, e_shentsize), sizeof(Elf64_Shdr), 2);
}

static void same_segments(struct copy *c)
{
    const size_t from = pick_segment(c);
    const size_t to = pick_segment(c);

    if (from + sizeof(Elf64_Phdr) <= c->n && to + sizeof(Elf64_Phdr) <= c->n)
        memmove(c->bytes + to, c->bytes + from, sizeof(Elf64_Phdr));
    put_le(c, to + offsetof(Elf64_Phdr, p_paddr), hostile_number(c), 8);
}

static void header_cut(struct copy *c)
{
    c->n = pick(c, c->n < 4 * sizeof(Elf64_Phdr) ? c->n : 4 * sizeof(Elf64_Phdr));
}

const struct way elf_ways[N_ELF_WAYS] = {
    {"elf_header", elf_header},       {"segment", segment},
    {"elf_ident", elf_ident},         {"many_segments", many_segments},
    {"same_segments", same_segments}, {"header_cut", header_cut}};
