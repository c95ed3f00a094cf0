// SPDX-License-Identifier: BSD-2-Clause
// brute_text.cpp - see brute_text.h.
#include "tests/property/brute/brute_text.h"

#include <cstdio>
#include <cstdlib>
#include <iterator>
#include <sstream>

namespace brute
{

namespace
{

[[noreturn]] void bad(const std::string &word)
{
    (void)std::fprintf(stderr, "brute_text: what is \"%s\"?\n", word.c_str());
    std::abort();
}

std::vector<std::string> words_of(const std::string &text)
{
    std::istringstream in(text);

    return {std::istream_iterator<std::string>(in), {}};
}

uint8_t word_of(const std::string &name)
{
    static const char *const names[] = {"S0", "S2", "S3", "A0", "A1", "A3", "B0", "B1", "B3"};

    for (uint8_t i = 0; i < kWords; i++) {
        if (name == names[i])
            return i;
    }
    bad(name);
}

// "asid(1,2)": the name, and up to four numbers.
struct Call {
    std::string name;
    uint8_t args[4] = {};

    explicit Call(const std::string &text)
    {
        const size_t open = text.find('(');
        name = text.substr(0, open);
        if (open == std::string::npos)
            return;
        std::istringstream in(text.substr(open + 1));
        unsigned number;
        for (uint8_t &arg : args) {
            if (in >> number)
                arg = uint8_t(number);
            in.ignore(1);
        }
    }
};

bool command(const Call &call, Act &act)
{
    static const char *const names[] = {"sync",  "ste",  "cd",    "cdall", "all",
                                        "other", "asid", "nhall", "s12",   "nsnh"};

    for (size_t i = 0; i < std::size(names); i++) {
        if (call.name == names[i]) {
            act.op = Op::kSlot;
            act.cmd = Cmd(i);
            act.vmid = call.args[0];
            act.asid = call.args[1];
            return true;
        }
    }
    return false;
}

Act store(const std::string &word)
{
    const size_t equal = word.find('='), plus = word.find('+');
    Act act{Op::kStore};

    act.word = word_of(word.substr(0, equal));
    act.value = uint8_t(std::atoi(word.c_str() + equal + 1));
    if (plus != std::string::npos) {
        const Act second = store(word.substr(plus + 1));
        act.also = second.word;
        act.also_value = second.value;
    }
    return act;
}

Act simple(const std::string &word)
{
    const Call call(word);

    if (word == "b")
        return {Op::kBarrier};
    if (word == "begin")
        return {Op::kBegin};
    if (word == "end")
        return {Op::kEnd};
    Act act{Op::kFreeTable};
    if (word == "freeA" || word == "freeB") {
        act.index = word == "freeB";
        return act;
    }
    if (call.name != "freeroot")
        bad(word);
    act.op = Op::kFreeRoot;
    act.index = call.args[0];
    return act;
}

} // namespace

Case parse(const std::string &memory, const std::string &acts)
{
    Case c;
    uint8_t n_slots = 0;

    for (const std::string &word : words_of(memory))
        c.memory[store(word).word] = store(word).value;
    for (std::string word : words_of(acts)) {
        const uint8_t cpu = word.rfind("1:", 0) == 0;
        word = cpu ? word.substr(2) : word;
        const bool silent = word[0] == '~', no_wait = word == "sync-";
        const auto put = [&](const Act &act) {
            c.cpus[cpu].push_back(act);
            c.order.push_back(cpu);
        };
        Act act{Op::kSlot};
        if (word.find('=') != std::string::npos) {
            put(store(word));
        } else if (!command(Call(no_wait ? "sync" : word.substr(silent)), act)) {
            put(simple(word));
        } else {
            act.index = n_slots++;
            put(act);
            Act bell{Op::kDoorbell}, wait{Op::kWait};
            bell.index = n_slots;
            wait.index = act.index;
            if (!silent)
                put(bell);
            if (act.cmd == Cmd::kSync && !no_wait)
                put(wait);
        }
    }
    return c;
}

std::set<Outcome> parse_outcomes(const std::string &text)
{
    std::set<Outcome> all;

    for (const std::string &word : words_of(text)) {
        const Call call(word);
        const uint8_t *a = call.args;
        if (word == "-")
            all.insert(Outcome{});
        else if (word == "by")
            all.insert(Outcome{Kind::kBypassed});
        else if (call.name == "s1")
            all.insert(Outcome{Kind::kStage1, a[0], a[1], a[2], a[3]});
        else if (call.name == "s2")
            all.insert(Outcome{Kind::kStage2, a[0], 0, a[1], 0});
        else
            bad(word);
    }
    return all;
}

} // namespace brute
