/* SPDX-License-Identifier: BSD-2-Clause
 * sweep_grid_test.cpp - which points a grid file has, and which files are none. */
#include "tests/unit/cli/sweep_fixture.h"

#include <random>

using Lines = std::vector<std::string>;

namespace
{

struct Grid {
    const char *name;
    const char *text;
    Lines lines;
};

class Points : public testing::TestWithParam<Grid>
{
};

TEST_P(Points, AreThoseThatTheGridSays)
{
    const Folder folder;
    const Plan plan(folder.write("grid.yaml", GetParam().text));

    EXPECT_EQ(plan.err, 0) << plan.text;
    EXPECT_EQ(plan.lines(), GetParam().lines);
}

const Grid grids[] = {
    {"NoAxisIsOnePoint", "command: run\n", {"run --story=none --json"}},
    {"LastAxisChangesFirst",
     "command: run\naxes: {b: [1, 2], a: [x, y]}\n",
     {"run --story=none --b=1 --a=x --json", "run --story=none --b=1 --a=y --json",
      "run --story=none --b=2 --a=x --json", "run --story=none --b=2 --a=y --json"}},
    {"OneValueNeedsNoList", "command: explore\naxes: {a: 7}\n", {"explore --a=7 --json"}},
    {"FlagsAreGivenOrLeftOut",
     "command: run\naxes: {a: [true, false], b: ['true', \"false\"]}\n",
     {"run --story=none --a --b=true --json", "run --story=none --a --b=false --json",
      "run --story=none --b=true --json", "run --story=none --b=false --json"}},
    {"NullLeavesOut",
     "command: run\naxes: {a: [1, null]}\n",
     {"run --story=none --a=1 --json", "run --story=none --json"}},
    {"SettingsAreNeverFlags",
     "command: run\naxes: {set: {choices.aw_ignored: [true], seed: 1}}\n",
     {"run --story=none --set=choices.aw_ignored=true --set=seed=1 --json"}},
    {"SkipNeedsAllItsValues",
     "command: run\naxes: {a: [1, 2], b: [1, 2]}\nskip: [{a: 1, b: 2}]\n",
     {"run --story=none --a=1 --b=1 --json", "run --story=none --a=2 --b=1 --json",
      "run --story=none --a=2 --b=2 --json"}},
    {"SkipTakesLists",
     "command: run\naxes: {a: [1, 2, 3]}\nskip: [{a: [1, 3]}]\n",
     {"run --story=none --a=2 --json"}},
    {"OnlyNeedsOneOfItsItems",
     "command: run\naxes: {a: [1, 2, 3]}\nonly: [{a: 3}, {a: 1}]\n",
     {"run --story=none --a=1 --json", "run --story=none --a=3 --json"}},
    {"SkipGoesBeforeOnly",
     "command: run\naxes: {a: [1, 2, 3]}\nonly: [{a: [1, 2]}]\nskip: [{a: 1}]\n",
     {"run --story=none --a=2 --json"}},
    {"RulesKnowWhatIsLeftOut",
     "command: run\naxes: {a: [null, 1]}\nskip: [{a: null}]\n",
     {"run --story=none --a=1 --json"}},
    {"GridsShareAxesAndTakeTheirPlace",
     "command: run\naxes: {a: [1, 2]}\ngrids:\n- axes: {b: 3}\n- {command: replay, axes: {a: 4}}\n",
     {"run --story=none --a=1 --b=3 --json", "run --story=none --a=2 --b=3 --json",
      "replay --story=none --a=4 --json"}},
    {"EqualCommandLinesAreOnePoint",
     "grids:\n- {command: run, axes: {a: [1, 2]}}\n- {command: run, axes: {a: [2, 3]}}\n",
     {"run --story=none --a=1 --json", "run --story=none --a=2 --json",
      "run --story=none --a=3 --json"}},
};

INSTANTIATE_TEST_SUITE_P(Sweep, Points, testing::ValuesIn(grids),
                         [](const auto &info) { return std::string(info.param.name); });

struct Bad {
    const char *name;
    const char *text;
    const char *why; /* how the message begins */
};

class Refused : public testing::TestWithParam<Bad>
{
};

TEST_P(Refused, WithLineAndColumn)
{
    const Folder folder;
    const Plan plan(folder.write("grid.yaml", GetParam().text));

    EXPECT_EQ(plan.err, SIM_EFORMAT);
    EXPECT_EQ(plan.text.rfind(std::string("grid:") + GetParam().why, 0), 0U) << plan.text;
}

const Bad bads[] = {
    {"Empty", "", " a grid file must be a mapping"},
    {"List", "- 1\n", "1:1: a grid file must be a mapping"},
    {"NotYaml", "command: [\n", "2:1: not YAML"},
    {"TwoDocuments", "command: run\n---\ncommand: run\n", "3:1: a second YAML document"},
    {"KeyTwice", "command: run\ncommand: run\n", "2:1: 'command' stands twice"},
    {"UnknownKey", "command: run\nskp: []\n", "2:1: a grid has no 'skp'; did you mean 'skip'?"},
    {"UnknownKeyOfAGrid", "grids:\n- {command: run, columns: []}\n",
     "2:18: a grid has no 'columns'"},
    {"RulesBesideGrids", "skip: []\ngrids: [{command: run}]\n", "1:1: a grid has no 'skip'"},
    {"NoCommand", "axes: {a: 1}\n", "1:1: the grid has no command"},
    {"CommandIsSweep", "command: sweep\n", "1:10: command is replay"},
    {"CommandIsAList", "command: [run]\n", "1:10: command is replay"},
    {"ValueTwice", "command: run\naxes: {a: [1, 2, 1]}\n", "2:18: '1' stands twice in a"},
    {"NoValue", "command: run\naxes: {a: []}\n", "2:11: a has no value"},
    {"ListInAList", "command: run\naxes: {a: [[1]]}\n", "2:12: a value of a must be a word"},
    {"OptionWithADash", "command: run\naxes: {--a: 1}\n", "2:8: '--a' is no long option"},
    {"OptionWithEquals", "command: run\naxes: {a=b: 1}\n", "2:8: 'a=b' is no long option"},
    {"JsonItself", "command: run\naxes: {json: true}\n", "2:8: 'json' is no long option"},
    {"PathWithEquals", "command: run\naxes: {set: {a=b: 1}}\n", "2:14: 'a=b' is no path"},
    {"OptionAndSetting", "command: run\naxes: {seed: 1, set: {seed: 1}}\n",
     "2:23: 'seed' is an option and a setting"},
    {"FilesMisspelled", "command: run\naxes: {a: {file: x}}\n", "2:12: a has no 'file'"},
    {"FilesWithoutAny", "command: run\naxes: {a: {}}\n", "2:11: a has no value"},
    {"NoSuchFile", "command: run\naxes: {input: nowhere/*.x}\n", "2:15: there is no file"},
    {"EmptyNameOfAFile", "command: run\naxes: {input: ''}\n", "2:15: input takes names of files"},
    {"RuleOfAnUnknownAxis", "command: run\naxes: {arch: 1}\nskip: [{arhc: 1}]\n",
     "3:9: the grid has no 'arhc'; did you mean 'arch'?"},
    {"RuleOfAnUnknownValue", "command: run\naxes: {a: 1}\nonly: [{a: 2}]\n",
     "3:12: a has no value '2'"},
    {"RuleIsAWord", "command: run\naxes: {a: 1}\nskip: [a]\n", "3:8: an item of skip must be a"},
    {"RulesAreNoList", "command: run\naxes: {a: 1}\nskip: {a: 1}\n", "3:7: skip must be a list"},
    {"NothingIsLeft", "command: run\naxes: {a: 1}\nskip: [{a: 1}]\n", "1:1: no point is left"},
    {"NoGrid", "grids: []\n", "1:1: no point is left"},
    {"ColumnsAreNoList", "command: run\ncolumns: a\n", "2:10: columns must be a list"},
};

INSTANTIATE_TEST_SUITE_P(Sweep, Refused, testing::ValuesIn(bads),
                         [](const auto &info) { return std::string(info.param.name); });

std::string numbers(unsigned n)
{
    std::string text = "[0";

    for (unsigned i = 1; i < n; i++)
        text += ", " + std::to_string(i);
    return text + "]";
}

TEST(SweepGrid, HasAtMost4096ValuesOfAnAxis)
{
    const Folder folder;
    const Plan most(folder.write("most.yaml", "command: run\naxes: {a: " + numbers(4096) + "}\n"));
    const Plan more(folder.write("more.yaml", "command: run\naxes: {a: " + numbers(4097) + "}\n"));

    EXPECT_EQ(most.err, 0) << most.text;
    EXPECT_EQ(most.plan.n_points, 4096U);
    EXPECT_EQ(more.err, SIM_EFORMAT);
    EXPECT_NE(more.text.find("a has more than 4096 values"), std::string::npos) << more.text;
}

/* 4096 * 4096 are more than 10,000,000. So would be 2 to the 72nd, which a product of 64 bits
 * loses. */
TEST(SweepGrid, HasAtMostTenMillionCombinations)
{
    const Folder folder;
    std::string text = "command: run\naxes:\n";

    for (const char *axis : {"a", "b", "c", "d", "e", "f"})
        text += std::string("  ") + axis + ": " + numbers(4096) + "\n";
    const Plan plan(folder.write("grid.yaml", text));

    EXPECT_EQ(plan.err, SIM_EFORMAT);
    EXPECT_NE(plan.text.find("more than 10000000 combinations"), std::string::npos) << plan.text;
}

TEST(SweepGrid, PatternsOfFilesAreSortedAndAFileOfThatNameGoesFirst)
{
    const Folder folder;
    const std::string dir = folder.path + "/";

    for (const char *name : {"b.scn", "a.scn", "B.scn", "[ab].scn", "c.txt"})
        (void)folder.write(name, "x");
    const Plan all(folder.write("1.yaml", "command: run\naxes: {input: '" + dir + "?.scn'}\n"));
    const Plan one(folder.write("2.yaml", "command: run\naxes: {input: '" + dir + "[ab].scn'}\n"));

    EXPECT_EQ(all.lines(), (Lines{"run --story=none --json -- " + dir + "B.scn",
                                  "run --story=none --json -- " + dir + "a.scn",
                                  "run --story=none --json -- " + dir + "b.scn"}));
    EXPECT_EQ(one.lines(), Lines{"run --story=none --json -- " + dir + "[ab].scn"});
}

TEST(SweepGrid, NamesThatAreNotUtf8AreRefused)
{
    const Folder folder;

    (void)folder.write("a\xff.scn", "x");
    const Plan plan(
        folder.write("g.yaml", "command: run\naxes: {input: '" + folder.path + "/a*.scn'}\n"));

    EXPECT_EQ(plan.err, SIM_EFORMAT);
    EXPECT_NE(plan.text.find("is not UTF-8"), std::string::npos) << plan.text;
}

TEST(SweepGrid, KeysFollowTheContentOfFilesAndTheCommandLine)
{
    const Folder folder;
    const std::string scenario = folder.write("a.scn", "one");
    const std::string grid =
        folder.write("g.yaml", "command: run\naxes: {script: '" + scenario + "', a: [1, 2]}\n");
    std::string before;

    {
        const Plan first(grid);
        const Plan again(grid);

        ASSERT_EQ(first.err, 0) << first.text;
        before = first.plan.points[0].key;
        EXPECT_EQ(before.size(), 32U);
        EXPECT_EQ(before, again.plan.points[0].key);
        EXPECT_NE(before, first.plan.points[1].key);
    }
    (void)folder.write("a.scn", "two");
    EXPECT_NE(before, Plan(grid).plan.points[0].key);
    (void)folder.write("a.scn", "one");
    EXPECT_EQ(before, Plan(grid).plan.points[0].key);
}

/* Bytes of a good grid, changed at random: whatever they say, it is points or a refusal. */
TEST(SweepGrid, AnyBytesAreAGridOrRefused)
{
    static const std::string good =
        "command: run\naxes:\n  a: [1, 2]\n  b: {files: [x*]}\n  set: {c.d: [true, null]}\n"
        "grids:\n- axes: {e: 1}\n  skip: [{a: 1, e: 1}]\n- {command: replay, axes: {f: ~}}\n"
        "columns: [x.*]\n";
    static const char bytes[] = " \n\t:-{}[],'\"&*!|>%@`#?~ab1\0\xff\xc3";
    const Folder folder;
    std::mt19937 random(1);
    unsigned n_good = 0;
    unsigned n_refused = 0;

    for (int i = 0; i < 4000; i++) {
        std::string text = good;

        for (unsigned k = random() % 4 + 1; k > 0; k--) {
            text += text.empty() ? " " : "";
            const size_t at = random() % text.size();

            switch (random() % 4) {
            case 0:
                text[at] = bytes[random() % (sizeof(bytes) - 1)];
                break;
            case 1:
                text.erase(at, random() % 8 + 1);
                break;
            case 2:
                text.insert(at, text.substr(random() % text.size(), random() % 24));
                break;
            default:
                text.resize(at + 1);
            }
        }
        const std::string path = folder.write("g.yaml", text);
        struct sweep_plan plan = {}; /* without the program's sum, which takes its time */
        struct sim_diag diag;

        sim_diag_init(&diag, "grid");
        plan.pool = sweep_pool_new();
        const int err = sweep_grid_read(&plan, path.c_str(), &diag);
        n_good += err == 0 && plan.n_points > 0;
        n_refused += err == SIM_EFORMAT && diag.error == SIM_EFORMAT;
        sweep_plan_free(&plan);
    }
    EXPECT_EQ(n_good + n_refused, 4000U);
    EXPECT_GT(n_refused, 100U);
}

} // namespace
