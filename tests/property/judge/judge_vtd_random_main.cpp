// SPDX-License-Identifier: BSD-2-Clause
// judge_vtd_random_main.cpp - random streams: does the explorer say what every interleaving says?
//   judge_vtd_random FIRST N         streams FIRST to FIRST + N - 1; each fifth is of pages
//   judge_vtd_random --print SEED    one of them, as records
// Prints what the explorer lacks, and its false alarms; in the end how often each class was. Exit
// code 1: there is one of these. Where old entries stay behind it may have more, and a higher
// class.
#include "tests/property/judge/judge_vtd_compare.h"
#include "tests/property/judge/judge_vtd_random.h"

#include "sim/text.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace
{

using namespace judge::vtd;

void print_records(const judge::Stream &stream)
{
    std::vector<char> line(SIM_TEXT_MAX_RECORD_BYTES);

    (void)std::printf("iommusim-text/1 records\n");
    for (const sim_record &rec : judge::vtd::records_of(stream)) {
        const size_t n = sim_text_print_record(&rec, line.data());
        (void)std::fwrite(line.data(), 1, n, stdout);
    }
}

judge::Stream stream_of_seed(uint64_t seed)
{
    return seed % 5 == 4 ? random_pages(seed) : random_stream(seed);
}

int run(uint64_t first, uint64_t n)
{
    std::map<std::string, size_t> n_of;
    size_t n_less = 0, n_alarms = 0, n_stale_only = 0, n_more = 0;

    for (uint64_t seed = first; seed < first + n; seed++) {
        const Compared c = compare(stream_of_seed(seed), false);
        n_of[c.found]++;
        n_less += c.is_less;
        n_alarms += c.is_alarm;
        n_stale_only += c.is_stale_only;
        n_more += !c.is_less && !c.is_alarm && !c.is_stale_only &&
                  c.differences.find("class") != std::string::npos;
        if (c.is_less || c.is_alarm)
            (void)std::printf("  seed %llu, %zu states: %s\n%s", (unsigned long long)seed,
                              c.n_states, c.is_less ? "less" : "alarm", c.differences.c_str());
        (void)std::fflush(stdout);
    }
    for (const auto &[name, count] : n_of)
        (void)std::printf("%zu %s\n", count, name.c_str());
    (void)std::printf("%llu streams: the explorer has less in %zu, false alarms in %zu, STALE for "
                      "POISONS in %zu, a higher class in %zu\n",
                      (unsigned long long)n, n_less, n_alarms, n_stale_only, n_more);
    return n_less + n_alarms != 0;
}

} // namespace

int main(int argc, char **argv)
{
    if (argc == 3 && !std::strcmp(argv[1], "--print")) {
        print_records(stream_of_seed(std::strtoull(argv[2], nullptr, 0)));
        return 0;
    }
    if (argc != 3)
        return 2;
    return run(std::strtoull(argv[1], nullptr, 0), std::strtoull(argv[2], nullptr, 0));
}
