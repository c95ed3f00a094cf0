/* SPDX-License-Identifier: BSD-2-Clause
 * line_program.c - a program whose instructions line_test.cpp looks up; prints where they are.
 * Lines count: the test knows that the store of inner is in line 11, and its call in line 16. */
#include <inttypes.h>
#include <stdio.h>

extern const char inner_here[], outer_here[];

static inline __attribute__((always_inline)) void inner(volatile int *word)
{
    __asm__ volatile(".globl inner_here\ninner_here: nop" ::"r"(word) : "memory"); /* line 11 */
}

static __attribute__((noinline)) int outer(volatile int *word)
{
    inner(word);                                                           /* line 16 */
    __asm__ volatile(".globl outer_here\nouter_here: nop" : : : "memory"); /* line 17 */
    return *word;
}

int main(void)
{
    volatile int word = 0;
    const int result = outer(&word);

    (void)printf("%" PRIxPTR " %" PRIxPTR "\n", (uintptr_t)inner_here, (uintptr_t)outer_here);
    return result;
}
