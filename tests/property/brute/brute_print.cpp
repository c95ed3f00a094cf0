// SPDX-License-Identifier: BSD-2-Clause
// brute_print.cpp - shows a random case by its seed: as acts and outcomes, or as records.
//   brute_print SEED           acts, outcomes, class
//   brute_print --records SEED a stream for `iommusim import`
//   brute_print --classes N    how many of N cases have which class
#include "tests/property/brute/brute_random.h"
#include "tests/property/brute/brute_records.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace
{

using namespace brute;

void count_classes(uint64_t n)
{
    size_t n_of[kDangles + 1] = {}, most = 0;

    for (uint64_t seed = 0; seed < n; seed++) {
        const Case c = random_case(seed);
        const Result result = enumerate(c);
        n_of[classify(c, result)]++;
        most = std::max(most, result.n_states);
    }
    for (unsigned i = 0; i <= kDangles; i++)
        (void)std::printf("%8zu %s\n", n_of[i], print(Class(i)));
    (void)std::printf("%8zu states at most\n", most);
}

} // namespace

int main(int argc, char **argv)
{
    const bool records = argc == 3 && !std::strcmp(argv[1], "--records");

    if (argc == 3 && !std::strcmp(argv[1], "--classes")) {
        count_classes(std::strtoull(argv[2], nullptr, 0));
        return 0;
    }
    if (argc != 2 && !records)
        return 2;
    const Case c = random_case(std::strtoull(argv[argc - 1], nullptr, 0));
    if (records) {
        (void)std::fputs(print_records(c).c_str(), stdout);
        return 0;
    }
    const Result result = enumerate(c);
    (void)std::printf("%s%s%s\n", print(c).c_str(), print(result).c_str(),
                      print(classify(c, result)));
    return 0;
}
