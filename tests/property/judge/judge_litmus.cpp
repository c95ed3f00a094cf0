// SPDX-License-Identifier: BSD-2-Clause
// judge_litmus.cpp - a litmus test's records, and them with each act left out and each two
// neighbours exchanged: does the explorer say what every interleaving says?
//   judge_litmus [--atom 16] [--every N] [--mutant NAME] FILE N_SETUP
// FILE: records; the first N_SETUP of them are set-up. --every: only each Nth of the mutants.
// Prints each difference, and in the last line the class of each operation, how many mutants there
// are, and what becomes of them. Exit code 1: there is a difference.
#include "tests/property/judge/judge_explore.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace
{

using namespace judge;

struct Options {
    const char *file = nullptr, *mutant = nullptr;
    size_t n_setup = 0, every = 1;
    unsigned atom_bytes = 8;
};

std::string print(const std::set<Target> &targets)
{
    std::string text;

    for (const Target &t : targets)
        text += "\n      " + judge::print(t);
    return text.empty() ? " none" : text;
}

void compare(const std::set<Target> &wanted, const std::set<Target> &found, const std::string &what,
             std::string &text)
{
    if (wanted != found)
        text += "    " + what + ":" + print(wanted) + "\n    explorer:" + print(found) + "\n";
}

// The explorer tells of the requests that an operation touches.
void compare_seen(const Operation &op, const std::map<Request, Seen> &found, std::string &text)
{
    static const char *const phases[] = {" before", " during", " after"};

    for (const auto &[request, seen] : found) {
        const auto wanted = op.seen.find(request);
        for (unsigned p = kDuring; wanted != op.seen.end() && p < kPhases; p++) {
            const std::string where = judge::print(request) + phases[p];
            compare(wanted->second.views[p], seen.views[p], "views, " + where, text);
            compare(wanted->second.all[p], seen.all[p], "answers, " + where, text);
        }
    }
}

std::string classes(const Verdicts &verdicts)
{
    std::string text;

    for (const Class c : verdicts.ops)
        text += (text.empty() ? "" : "; ") + std::string(judge::print(c));
    if (text.empty())
        text = "-";
    return text + (verdicts.bad_outside ? "; bad outside" : "");
}

// Return: true if both say the same.
bool judge_one(const std::string &name, const std::string &act, const Stream &stream,
               std::string &found)
{
    const Result result = Machine(stream).run();
    const Verdicts verdicts = judge::judge(stream, result);
    const Explored explored = explore(stream);
    std::string text;

    found = classes(verdicts);
    if (found != classes(explored.verdicts))
        text += "    class " + found + ", explorer " + classes(explored.verdicts) + "\n";
    for (size_t i = 0; i < result.ops.size(); i++) {
        const uint8_t outer = result.ops[i].outer;
        if (verdicts.inconclusive[i] != explored.verdicts.inconclusive[i])
            text += "    inconclusive: " + explored.why[i] + "\n";
        if (outer != SIM_OP_MAP && outer != SIM_OP_UNMAP)
            compare_seen(result.ops[i], explored.seen[i], text);
    }
    if (!text.empty())
        (void)std::printf("  %s (%s), %zu states\n%s", name.c_str(), act.c_str(), result.n_states,
                          text.c_str());
    return text.empty();
}

bool judge_all(const Options &options, const Stream &stream)
{
    std::map<std::string, size_t> n_of;
    std::string found, good;
    size_t n = 0, n_bad = !judge_one("as it is", "", stream, good);

    size_t at = 0;
    for (const Mutant &mutant : mutants(stream)) {
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
        if (!std::strcmp(argv[i], "--atom"))
            options.atom_bytes = unsigned(std::strtoul(argv[i + 1], nullptr, 0));
        else if (!std::strcmp(argv[i], "--every"))
            options.every = std::strtoul(argv[i + 1], nullptr, 0);
        else if (!std::strcmp(argv[i], "--mutant"))
            options.mutant = argv[i + 1];
        else
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
    Stream stream = read_stream(options.file, options.n_setup);
    stream.atom_bytes = options.atom_bytes;
    return judge_all(options, stream) ? 0 : 1;
}
