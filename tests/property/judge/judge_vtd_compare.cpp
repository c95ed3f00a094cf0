// SPDX-License-Identifier: BSD-2-Clause
// judge_vtd_compare.cpp - see judge_vtd_compare.h.
#include "tests/property/judge/judge_vtd_compare.h"

#include <algorithm>

namespace judge::vtd
{

namespace
{

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

std::string print_classes(const Verdicts &verdicts, size_t n_ops)
{
    std::string text;

    for (size_t i = 0; i < n_ops; i++)
        text += (i ? "; " : "") + std::string(judge::print(verdicts.ops[i]));
    if (text.empty())
        text = "-";
    return text + (verdicts.bad_outside && n_ops == verdicts.ops.size() ? "; bad outside" : "");
}

bool leaves_something(Class c)
{
    return c != kHitless && c != kBreaks && c != kTorn;
}

bool lacks_views(const Operation &op, const std::map<Request, Answers> &found)
{
    for (const auto &[request, seen] : found) {
        const auto at = op.seen.find(request);
        if (at == op.seen.end())
            continue;
        const Answers wanted = answers_of(at->second);
        for (unsigned p = kDuring; p < kPhases; p++) {
            if (!std::includes(seen.views[p].begin(), seen.views[p].end(), wanted.views[p].begin(),
                               wanted.views[p].end()))
                return true;
        }
    }
    return false;
}

bool has_unsnooped(const Result &result)
{
    for (const Operation &op : result.ops) {
        for (const auto &[request, target] : op.after) {
            if (target.is_unsnooped || op.before.at(request).is_unsnooped)
                return true;
        }
    }
    return false;
}

// Up to the first operation that leaves something behind.
size_t n_clean(const Verdicts &verdicts)
{
    for (size_t i = 0; i < verdicts.ops.size(); i++) {
        if (leaves_something(verdicts.ops[i]))
            return i + 1;
    }
    return verdicts.ops.size();
}

} // namespace

Compared compare(const Stream &stream, bool is_all)
{
    const Result result = Machine(stream).run();
    Compared c;
    std::string &text = c.differences;

    if (has_unsnooped(result)) {
        c.found = "-";
        return c;
    }
    c.wanted = judge::vtd::judge(stream, result);
    const Explored explored = explore(stream);
    c.explored = explored.verdicts;
    c.n_states = result.n_states;
    const size_t n = is_all ? result.ops.size() : n_clean(c.wanted);
    c.found = print_classes(c.wanted, n);
    if (c.found != print_classes(c.explored, n))
        text += "    class " + c.found + ", explorer " + print_classes(c.explored, n) + "\n";
    for (size_t i = 0; i < n; i++) {
        const uint8_t outer = result.ops[i].outer;
        const Class wanted = c.wanted.ops[i], found = c.explored.ops[i];
        const bool is_stale_only = wanted == kPoisons && found == kStale;
        c.is_stale_only |= is_stale_only;
        c.is_less |=
            (found < wanted && !is_stale_only) || lacks_views(result.ops[i], explored.seen[i]);
        c.is_alarm |= found > wanted && !leaves_something(wanted);
        if (c.wanted.inconclusive[i] != c.explored.inconclusive[i])
            text += "    inconclusive: " + explored.why[i] + "\n";
        if (outer != SIM_OP_MAP && outer != SIM_OP_UNMAP)
            compare_seen(result.ops[i], explored.seen[i], text);
    }
    return c;
}

} // namespace judge::vtd
