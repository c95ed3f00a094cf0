// SPDX-License-Identifier: BSD-2-Clause
// judge_vtd_litmus.cpp - a litmus test's records, and them with each act left out and each two
// neighbours exchanged: does the explorer say what every interleaving of a VT-d says?
//   judge_vtd_litmus [--every N] [--mutant NAME] FILE N_SETUP
// As judge_litmus.cpp.
#include "tests/property/judge/judge_vtd_compare.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace
{

using namespace judge::vtd;
using judge::Mutant;
using judge::Stream;

struct Options {
    const char *file = nullptr, *mutant = nullptr;
    size_t n_setup = 0, every = 1;
};

// Return: true if both say the same.
bool judge_one(const std::string &name, const std::string &act, const Stream &stream,
               std::string &found)
{
    const Compared compared = compare(stream, true);

    found = compared.found;
    if (!compared.differences.empty())
        (void)std::printf("  %s (%s), %zu states\n%s", name.c_str(), act.c_str(), compared.n_states,
                          compared.differences.c_str());
    return compared.differences.empty();
}

bool judge_all(const Options &options, const Stream &stream)
{
    std::map<std::string, size_t> n_of;
    std::string found, good;
    size_t n = 0, n_bad = !judge_one("as it is", "", stream, good);

    size_t at = 0;
    for (const Mutant &mutant : judge::vtd::mutants(stream)) {
        if (options.mutant ? mutant.name != options.mutant : at++ % options.every != 0)
            continue;
        n_bad += !judge_one(mutant.name, mutant.act, mutant.stream, found);
        n_of[found]++;
        n++;
    }
    (void)std::printf("%s | %zu |", good.c_str(), n);
    for (const auto &[name, count] : n_of)
        (void)std::printf("%s %zu %s", &name == &n_of.begin()->first ? "" : ",", count,
                          name.c_str());
    (void)std::printf("\n");
    return n_bad == 0;
}

bool parse(int argc, char **argv, Options &options)
{
    int i = 1;

    for (; i + 1 < argc && argv[i][0] == '-'; i += 2) {
        if (!std::strcmp(argv[i], "--every"))
            options.every = std::strtoul(argv[i + 1], nullptr, 0);
        else if (!std::strcmp(argv[i], "--mutant"))
            options.mutant = argv[i + 1];
        else if (std::strcmp(argv[i], "--atom") != 0) // of an SMMUv3
            return false;
    }
    if (argc != i + 2 || !options.every)
        return false;
    options.file = argv[i];
    options.n_setup = std::strtoul(argv[i + 1], nullptr, 0);
    return true;
}

} // namespace

int main(int argc, char **argv)
{
    Options options;

    if (!parse(argc, argv, options))
        return 2;
    return judge_all(options, read_stream(options.file, options.n_setup)) ? 0 : 1;
}
