/* SPDX-License-Identifier: BSD-2-Clause
 * damage.h - what the parts of make_damaged share.
 * Knows: bytes in memory, and a generator of numbers. Must not know: formats. */
#ifndef TESTS_DAMAGE_H
#define TESTS_DAMAGE_H

#include <stddef.h>
#include <stdint.h>

#define N_OF(array) (sizeof(array) / sizeof((array)[0]))

/** struct copy - a file on its way to being damaged. @bytes: @n of them, and a 0 behind. */
struct copy {
    uint64_t random;
    size_t n;
    uint8_t *bytes;
};

/** struct way - one way to damage a file. */
struct way {
    const char *name;
    void (*run)(struct copy *c);
};

#define N_IOTR_WAYS 14u
#define N_RECORD_WAYS 13u
#define N_FTRACE_WAYS 12u
#define N_DAT6_WAYS 14u
#define N_DAT7_WAYS 6u
#define N_ELF_WAYS 6u

extern const struct way iotr_ways[N_IOTR_WAYS];
extern const struct way record_ways[N_RECORD_WAYS];
extern const struct way ftrace_ways[N_FTRACE_WAYS];
extern const struct way dat6_ways[N_DAT6_WAYS];
extern const struct way dat7_ways[N_DAT7_WAYS];
extern const struct way elf_ways[N_ELF_WAYS];

/** die - the test cannot go on. */
void die(const char *what);
/** get_memory - n bytes of 0, and one more. */
void *get_memory(size_t n);

uint64_t next_random(struct copy *c);
/** pick - 0 to n - 1; 0 if n is 0. */
size_t pick(struct copy *c, size_t n);
/** hostile_number - a number at which arithmetic breaks. */
uint64_t hostile_number(struct copy *c);

/** splice - replace n_old bytes at a place; what is beyond the end is not there. @bytes may
 * lie in the copy. */
void splice(struct copy *c, size_t at, size_t n_old, const void *bytes, size_t n_new);
/** put_le, get_le - little-endian; bytes beyond the end are left out, or 0. */
void put_le(struct copy *c, size_t at, uint64_t value, unsigned n_bytes);
uint64_t get_le(const struct copy *c, size_t at, unsigned n_bytes);

/** any_way - one of the ways in which any file can be damaged. */
void any_way(struct copy *c);

#endif
