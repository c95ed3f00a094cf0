// SPDX-License-Identifier: BSD-2-Clause
// Whatever a replay with adversarial caches shows of a random stream, the explorer has: each answer
// of each request is among the outcomes of the operation it fell into.
#include "tests/property/agree/agree_driver.h"
#include "tests/property/agree/agree_run.h"

#include "sim/text.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <iostream>

namespace
{

using namespace agree;

uint64_t number_of(const char *name, uint64_t otherwise)
{
    const char *text = std::getenv(name);

    return text ? std::strtoull(text, nullptr, 0) : otherwise;
}

struct Tally {
    uint64_t n_allowed = 0, n_forbidden = 0, n_unknown = 0, n_ops = 0, n_inconclusive = 0;
    uint64_t n_records = 0, n_slips[unsigned(Slip::kCount)] = {};
    uint64_t n_classes[CHK_N_CLASSES] = {}, n_seen_classes[CHK_N_CLASSES] = {};
    uint64_t n_kinds[16] = {};
    std::map<std::string, uint64_t> n_commands;
    uint64_t n_compared = 0, n_charged_alike = 0;
    Facts facts;
};

struct Explored {
    std::map<uint64_t, unsigned> worst; // by the first record of an operation
    unsigned worst_of_all = CHK_HITLESS;
    bool is_inconclusive = false;
    uint64_t nested_seq = UINT64_MAX; // when the first device got a guest's tables
};

Explored summary_of(const Stream &stream, const xpl_report &report)
{
    Explored explored;

    explored.is_inconclusive = report.inconclusive;
    for (size_t i = 0; i < report.n_ops; i++) {
        const unsigned worst = report.ops[i].worst[XPL_ARCHITECTURE];
        explored.worst[report.ops[i].begin_seq] = worst;
        explored.worst_of_all = std::max(explored.worst_of_all, worst);
    }
    for (size_t i = 0; i < stream.records.size(); i++) {
        const sim_record &rec = stream.records[i];
        if (rec.kind == SIM_R_BEGIN && rec.mark.op == SIM_OP_DRV_ATTACH &&
            rec.mark.a == kGuestDomain)
            explored.nested_seq = std::min(explored.nested_seq, uint64_t(i + 1));
    }
    return explored;
}

void count_stream(const Stream &stream, const xpl_report &report, Tally &tally)
{
    tally.n_records += stream.records.size();
    for (const auto &[name, n] : stream.n_commands)
        tally.n_commands[name] += n;
    for (unsigned i = 0; i < unsigned(Slip::kCount); i++)
        tally.n_slips[i] += stream.n_slips[i];
    for (size_t i = 0; i < report.n_ops; i++) {
        const xpl_op &op = report.ops[i];
        tally.n_ops++;
        tally.n_inconclusive += op.inconclusive;
        tally.n_kinds[op.op % 16]++;
        tally.n_classes[0] += op.worst[XPL_ARCHITECTURE] == CHK_HITLESS;
        for (unsigned c = 1; c < CHK_N_CLASSES; c++)
            tally.n_classes[c] += op.classes[XPL_ARCHITECTURE] >> c & 1;
    }
}

void count_facts(const Facts &facts, Tally &tally)
{
    for (unsigned i = 0; i < 32; i++)
        tally.facts.n_fetched[i] += facts.n_fetched[i];
    tally.facts.n_requests += facts.n_requests;
    tally.facts.n_dropped += facts.n_dropped;
    tally.facts.n_walks += facts.n_walks;
    tally.facts.n_ats += facts.n_ats;
}

void judge_all(uint64_t seed, uint64_t run, const Judge &judge, const Replayed &replayed,
               Tally &tally)
{
    for (const Seen &seen : replayed.seen) {
        switch (judge.judge(seen)) {
        case Answer::kAllowed:
            tally.n_allowed++;
            break;
        case Answer::kUnknown:
            tally.n_unknown++;
            break;
        case Answer::kForbidden:
            tally.n_forbidden++;
            ADD_FAILURE() << "stream " << seed << ", run " << run << ": " << judge.print(seen);
            return;
        }
    }
}

unsigned worst_of(uint32_t classes)
{
    unsigned worst = CHK_HITLESS;

    for (unsigned c = 1; c < CHK_N_CLASSES; c++)
        worst = classes >> c & 1 ? c : worst;
    return worst;
}

// Each operation that a replay calls bad the explorer calls as bad or worse; or another one, since
// the two may charge a leftover differently. Tables of guests are not explored.
void compare_classes(uint64_t seed, uint64_t run, const Explored &explored,
                     const Replayed &replayed, Tally &tally)
{
    for (const auto &[begin, classes] : replayed.classes) {
        const unsigned seen = worst_of(classes);
        const auto own = explored.worst.find(begin);
        if (begin >= explored.nested_seq)
            break;
        tally.n_seen_classes[seen]++;
        if (seen == CHK_HITLESS || explored.is_inconclusive)
            continue;
        tally.n_compared++;
        tally.n_charged_alike += own != explored.worst.end() && own->second >= seen;
        // A table that is freed while nobody uses it is told when it is used again.
        if (seen <= explored.worst_of_all ||
            (seen == CHK_DANGLES && explored.worst_of_all >= CHK_STALE))
            continue;
        tally.n_forbidden++;
        ADD_FAILURE() << "stream " << seed << ", run " << run << ": operation at " << begin
                      << " is " << chk_class_name(chk_class(seen)) << ", explorer "
                      << chk_class_name(chk_class(explored.worst_of_all));
        return;
    }
}

// For iommusim import and explore.
void print_records(const Stream &stream)
{
    std::vector<char> line(SIM_TEXT_MAX_RECORD_BYTES);

    std::cout << "iommusim-text/1 records\n";
    for (const sim_record &rec : stream.records)
        std::cout << std::string(line.data(), sim_text_print_record(&rec, line.data()));
}

void run_stream(uint64_t seed, uint64_t n_runs, Tally &tally)
{
    Stream stream;
    Driver driver(stream, seed);

    driver.run(4 + seed % 6);
    if (std::getenv("AGREE_PRINT"))
        print_records(stream);
    const bool has_wide_atoms = seed % 4 == 3;
    const Scan scan(stream);
    const Explorer explorer = explore(stream, scan, has_wide_atoms);
    const xpl_report &report = *xpl_get_report(explorer.get());
    const Judge judge(stream, report);
    const Explored explored = summary_of(stream, report);
    count_stream(stream, report, tally);
    for (uint64_t run = 0; run < n_runs; run++) {
        const Replayed replayed = replay(stream, scan, has_wide_atoms, seed * n_runs + run);
        judge_all(seed, run, judge, replayed, tally);
        count_facts(replayed.facts, tally);
        compare_classes(seed, run, explored, replayed, tally);
    }
}

void print(const Tally &tally)
{
    std::cout << tally.n_records << " records, " << tally.n_ops << " operations, "
              << tally.n_inconclusive << " inconclusive, " << tally.n_allowed
              << " answers allowed, " << tally.n_forbidden << " forbidden, " << tally.n_unknown
              << " not judged\n"
              << tally.n_compared << " bad operations compared, " << tally.n_charged_alike
              << " charged alike\n";
    for (unsigned c = 0; c < CHK_N_CLASSES; c++)
        std::cout << chk_class_name(chk_class(c)) << ": " << tally.n_classes[c] << " explored, "
                  << tally.n_seen_classes[c] << " seen\n";
    for (const auto &[name, n] : tally.n_commands)
        std::cout << name << " " << n << "; ";
    std::cout << "\n";
    for (unsigned i = 0; i < unsigned(Slip::kCount); i++)
        std::cout << name_of(Slip(i)) << " " << tally.n_slips[i] << "; ";
    std::cout << "\nATC answers " << tally.facts.n_ats << ", dropped entries "
              << tally.facts.n_dropped << ", walk steps " << tally.facts.n_walks << "\n";
    for (unsigned i = 0; i < 32; i++) {
        if (tally.facts.n_fetched[i])
            std::cout << sim_structure_infos[i].name << " " << tally.facts.n_fetched[i]
                      << " atoms; ";
    }
    std::cout << "\n";
}

// Else agreement would show little.
void expect_coverage(const Tally &tally, uint64_t n_streams)
{
    const unsigned structures[] = {SIM_S_L1STD, SIM_S_STE, SIM_S_L1CD, SIM_S_CD};
    const unsigned operations[] = {SIM_OP_DRV_ATTACH, SIM_OP_MAP,           SIM_OP_UNMAP,
                                   SIM_OP_SET_PASID,  SIM_OP_REPLACE_PASID, SIM_OP_REMOVE_PASID};
    // Of 100 streams, some thousand operations.
    const unsigned least[CHK_N_CLASSES] = {300, 10, 20, 10, 15, 8, 0};

    for (unsigned c = 0; c < CHK_N_CLASSES; c++)
        EXPECT_GE(tally.n_classes[c] * 100, least[c] * n_streams) << chk_class_name(chk_class(c));
    for (const unsigned structure : structures)
        EXPECT_GE(tally.facts.n_fetched[structure], n_streams) << structure;
    for (const unsigned op : operations)
        EXPECT_GE(tally.n_kinds[op] * 50, n_streams) << op;
    EXPECT_GE(tally.n_commands.size(), 15u);
    for (const auto &[name, n] : tally.n_commands)
        EXPECT_GE(n * 100, n_streams) << name;
    for (unsigned i = 0; i < unsigned(Slip::kCount); i++)
        EXPECT_GE(tally.n_slips[i] * 1000, n_streams) << name_of(Slip(i));
    EXPECT_GE(tally.n_allowed, n_streams * 20);
    EXPECT_LE(tally.n_unknown * 10, tally.n_allowed);
    EXPECT_LE(tally.n_inconclusive * 50, tally.n_ops);
    EXPECT_GE(tally.n_charged_alike * 100, tally.n_compared * 80);
    EXPECT_GE(tally.facts.n_ats, n_streams);
    EXPECT_GE(tally.facts.n_dropped, n_streams);
}

// AGREE_FIRST, AGREE_N and AGREE_PRINT look closer at some streams.
TEST(Agree, EveryAnswerOfAReplayIsAmongTheExplorersOutcomes)
{
    constexpr uint64_t kRuns = 4;
    const bool is_long = number_of("IOMMUSIM_TEST_LONG", 0) == 1;
    const uint64_t first = number_of("AGREE_FIRST", 0);
    const uint64_t n = number_of("AGREE_N", is_long ? 25000 : 600);
    Tally tally;

    for (uint64_t seed = first; seed < first + n && tally.n_forbidden < 5; seed++)
        run_stream(seed, kRuns, tally);
    print(tally);
    EXPECT_EQ(0u, tally.n_forbidden);
    if (n >= 600)
        expect_coverage(tally, n);
}

} // namespace
