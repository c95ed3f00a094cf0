// SPDX-License-Identifier: BSD-2-Clause
// judge_vtd_litmus.cpp - a litmus test's records, and them with each act left out and each two
// neighbours exchanged: does the explorer say what every interleaving of a VT-d says?
//   judge_vtd_litmus [--every N] [--mutant NAME] FILE N_SETUP
// As judge_litmus.cpp.
#include "tests/property/judge/judge_vtd_explore.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace
{

using namespace judge::vtd;
using judge::Mutant;
using judge::Stream;
using judge::Verdicts;

struct Options {
    const char *file = nullptr, *mutant = nullptr;
    size_t n_setup = 0, every = 1;
};

template <class T>
void compare(const std::set<T> &wanted, const std::set<T> &found, const std::string &what,
             std::string &text)
{
    const auto list = [](const std::set<T> &some) {
        std::string lines;
        for (const T &t : some)
            lines += "\n      " + judge::vtd::print(t);
        return lines.empty() ? std::string(" none") : lines;
    };

    if (wanted != found)
        text += "    " + what + ":" + list(wanted) + "\n    explorer:" + list(found) + "\n";
}

// The explorer tells of the requests that an operation touches.
void compare_seen(const Operation &op, const std::map<Request, Answers> &found, std::string &text)
{
    static const char *const phases[] = {" before", " during", " after"};

    for (const auto &[request, seen] : found) {
        const auto at = op.seen.find(request);
        if (at == op.seen.end())
            continue;
        const Answers wanted = answers_of(at->second);
        for (unsigned p = kDuring; p < kPhases; p++) {
            const std::string where = judge::vtd::print(request) + phases[p];
            compare(wanted.views[p], seen.views[p], "views, " + where, text);
            compare(wanted.all[p], seen.all[p], "answers, " + where, text);
        }
    }
}

std::string classes(const Verdicts &verdicts)
{
    std::string text;

    for (const judge::Class c : verdicts.ops)
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
    const Verdicts verdicts = judge::vtd::judge(stream, result);
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
