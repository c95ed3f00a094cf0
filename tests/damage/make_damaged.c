/* SPDX-License-Identifier: BSD-2-Clause
 * make_damaged.c - writes damaged copies of a file, for the test of hostile input.
 * Knows: what can happen to any file. Must not know: formats (damage_*.c do), who reads the copies.
 *
 * Usage: make_damaged SEED iotr|records|ftrace|dat6|dat7|elf INPUT OUTDIR N
 * Every kind of file is damaged in the ways of its own and in those of all; copy i gets way number
 * i, over and over. OUTDIR/KIND-SEED-I-WAY is written. The same arguments give the same bytes. */
#include "tests/damage/damage.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void die(const char *what)
{
    perror(what);
    exit(2);
}

uint64_t next_random(struct copy *c)
{
    uint64_t x = c->random += UINT64_C(0x9e3779b97f4a7c15);

    x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
    return x ^ x >> 31;
}

/* 0 to n - 1; 0 if n is 0. */
size_t pick(struct copy *c, size_t n)
{
    return n ? next_random(c) % n : 0;
}

void *get_memory(size_t n)
{
    void *memory = calloc(n + 1, 1);

    if (!memory)
        die("memory");
    return memory;
}

/* Replace n_old bytes at a place. */
void splice(struct copy *c, size_t at, size_t n_old, const void *bytes, size_t n_new)
{
    uint8_t *result;

    at = at < c->n ? at : c->n;
    n_old = n_old < c->n - at ? n_old : c->n - at;
    result = get_memory(c->n - n_old + n_new);
    if (c->n) {
        memcpy(result, c->bytes, at);
        memcpy(result + at + n_new, c->bytes + at + n_old, c->n - at - n_old);
    }
    if (n_new)
        memcpy(result + at, bytes, n_new);
    free(c->bytes);
    c->bytes = result;
    c->n = c->n - n_old + n_new;
}

void put_le(struct copy *c, size_t at, uint64_t value, unsigned n_bytes)
{
    for (unsigned i = 0; i < n_bytes && at + i < c->n; i++)
        c->bytes[at + i] = (uint8_t)(value >> 8 * i);
}

uint64_t get_le(const struct copy *c, size_t at, unsigned n_bytes)
{
    uint64_t value = 0;

    for (unsigned i = 0; i < n_bytes && at + i < c->n; i++)
        value |= (uint64_t)c->bytes[at + i] << 8 * i;
    return value;
}

/* Numbers at which arithmetic breaks. */
uint64_t hostile_number(struct copy *c)
{
    static const uint64_t numbers[] = {
        0,          1,          0x7f,       0x80,           0xff,           0x7fff,
        0x8000,     0xffff,     0x10000,    0x7fffffff,     0x80000000,     0xfffffff8,
        0xffffffff, UINT64_MAX, INT64_MAX,  UINT64_MAX - 7, 1ULL << 63,     0xffffffff00000000,
        4095,       4096,       1ULL << 40, 0x7fffffffffff, 0x123456789abc, 17};

    return pick(c, 4) ? numbers[pick(c, N_OF(numbers))] : next_random(c) >> pick(c, 64);
}

/* ---- ways for every file ---- */

static void cut(struct copy *c)
{
    c->n = pick(c, c->n);
}

static void cut_end(struct copy *c)
{
    c->n -= pick(c, c->n < 64 ? c->n : 64) + (c->n > 0);
}

static void flip(struct copy *c)
{
    if (c->n)
        c->bytes[pick(c, c->n)] ^= (uint8_t)(1U << pick(c, 8));
}

static void flips(struct copy *c)
{
    for (unsigned i = 0; i < 16; i++)
        flip(c);
}

static void overwrite(struct copy *c)
{
    const size_t at = pick(c, c->n);
    const unsigned style = (unsigned)pick(c, 3);
    const size_t n = 1 + pick(c, 64);

    for (size_t i = at; i < at + n && i < c->n; i++)
        c->bytes[i] = style == 0 ? 0 : style == 1 ? 0xff : (uint8_t)next_random(c);
}

static void wipe(struct copy *c)
{
    const size_t at = pick(c, c->n) & ~(size_t)511;
    const size_t n = 512U << pick(c, 5);

    if (at < c->n)
        memset(c->bytes + at, 0, n < c->n - at ? n : c->n - at);
}

static void duplicate(struct copy *c)
{
    const size_t at = pick(c, c->n);
    const size_t n = 1 + pick(c, (c->n - at < 9000 ? c->n - at : 9000));
    uint8_t *block = get_memory(n);

    memcpy(block, c->bytes + at, n < c->n - at ? n : c->n - at);
    splice(c, at, 0, block, n);
    free(block);
}

static void leave_out(struct copy *c)
{
    splice(c, pick(c, c->n), 1 + pick(c, 9000), NULL, 0);
}

static void swap(struct copy *c)
{
    const size_t n = 1 + pick(c, c->n / 8);
    const size_t a = pick(c, c->n - n);
    const size_t b = pick(c, c->n - n);

    for (size_t i = 0; i < n && a + i < c->n && b + i < c->n; i++) {
        const uint8_t byte = c->bytes[a + i];

        c->bytes[a + i] = c->bytes[b + i];
        c->bytes[b + i] = byte;
    }
}

static void number(struct copy *c)
{
    put_le(c, pick(c, c->n), hostile_number(c), 1U << pick(c, 4));
}

static void append(struct copy *c)
{
    uint8_t garbage[512];

    for (size_t i = 0; i < sizeof(garbage); i++)
        garbage[i] = (uint8_t)next_random(c);
    splice(c, c->n, 0, garbage, 1 + pick(c, sizeof(garbage)));
}

static void start_number(struct copy *c)
{
    put_le(c, pick(c, c->n < 1024 ? c->n : 1024), hostile_number(c), 1U << pick(c, 4));
}

static const struct way all_ways[] = {{"cut", cut},
                                      {"cut_end", cut_end},
                                      {"flip", flip},
                                      {"flips", flips},
                                      {"overwrite", overwrite},
                                      {"wipe", wipe},
                                      {"duplicate", duplicate},
                                      {"leave_out", leave_out},
                                      {"swap", swap},
                                      {"number", number},
                                      {"append", append},
                                      {"start_number", start_number}};

void any_way(struct copy *c)
{
    if (c->n)
        all_ways[pick(c, N_OF(all_ways))].run(c);
}

struct kind {
    const char *name;
    const struct way *ways;
    size_t n_ways;
};

static const struct kind kinds[] = {
    {"iotr", iotr_ways, N_IOTR_WAYS},       {"records", record_ways, N_RECORD_WAYS},
    {"ftrace", ftrace_ways, N_FTRACE_WAYS}, {"dat6", dat6_ways, N_DAT6_WAYS},
    {"dat7", dat7_ways, N_DAT7_WAYS},       {"elf", elf_ways, N_ELF_WAYS}};

static struct copy read_input(const char *path)
{
    struct copy c = {0, 0, NULL};
    FILE *file = fopen(path, "rb");

    if (!file)
        die(path);
    (void)fseek(file, 0, SEEK_END);
    c.n = (size_t)ftell(file);
    rewind(file);
    c.bytes = get_memory(c.n);
    if (c.n == 0 || fread(c.bytes, 1, c.n, file) != c.n)
        die(path);
    (void)fclose(file);
    return c;
}

static void write_copy(const struct copy *c, const char *path)
{
    FILE *file = fopen(path, "wb");

    if (!file || (c->n && fwrite(c->bytes, 1, c->n, file) != c->n) || fclose(file) != 0)
        die(path);
}

static void damage(const struct copy *input, const struct kind *kind, uint64_t seed, uint64_t i,
                   const char *folder)
{
    const size_t n_ways = kind->n_ways + N_OF(all_ways);
    const size_t number_of_way = i % n_ways;
    const struct way *way = number_of_way < kind->n_ways ? &kind->ways[number_of_way]
                                                         : &all_ways[number_of_way - kind->n_ways];
    struct copy c = {seed << 32 ^ i, 0, NULL};
    char path[4096];

    splice(&c, 0, 0, input->bytes, input->n);
    way->run(&c);
    (void)snprintf(path, sizeof(path), "%s/%s-%llu-%05llu-%s", folder, kind->name,
                   (unsigned long long)seed, (unsigned long long)i, way->name);
    write_copy(&c, path);
    free(c.bytes);
}

int main(int argc, char **argv)
{
    const struct kind *kind = NULL;
    struct copy input;

    for (size_t i = 0; argc == 6 && i < N_OF(kinds); i++) {
        if (strcmp(argv[2], kinds[i].name) == 0)
            kind = &kinds[i];
    }
    if (!kind) {
        (void)fprintf(stderr, "Usage: make_damaged SEED iotr|records|ftrace|dat6|dat7|elf INPUT "
                              "OUTDIR N\n");
        return 2;
    }
    input = read_input(argv[3]);
    for (uint64_t i = 0; i < strtoull(argv[5], NULL, 0); i++)
        damage(&input, kind, strtoull(argv[1], NULL, 0), i, argv[4]);
    free(input.bytes);
    return 0;
}
