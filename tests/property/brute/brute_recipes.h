// SPDX-License-Identifier: BSD-2-Clause
// brute_recipes.h - switches as a driver does them, right ones, and each of them with one mistake.
// Knows: brute_text.h. Must not know: how a case is judged.
#ifndef TESTS_PROPERTY_BRUTE_RECIPES_H
#define TESTS_PROPERTY_BRUTE_RECIPES_H

#include "tests/property/brute/brute_case.h"

namespace brute
{

struct Recipe {
    const char *name;
    const char *memory;
    const char *acts;
    Class verdict; // as the architecture and the meaning of the verdicts have it
};

extern const Recipe kRecipes[];
extern const unsigned kNRecipes;

// The recipe itself, then without each of its acts, then with each two neighbours exchanged, then
// with each flush aimed at another tag. Orders that no software can have are left out.
std::vector<Case> variants(const Recipe &recipe);

} // namespace brute

#endif
