/* SPDX-License-Identifier: BSD-2-Clause
 * sweep_parts_test.cpp - plans and results in files, elements of an array, scalars of JSON. */
#include "tests/unit/cli/sweep_fixture.h"

#include "cli/sweep_flat.h"
#include "cli/sweep_slurm.h"

using Lines = std::vector<std::string>;

namespace
{

/* ---- plan.jsonl ---- */

const char grid[] = "grids:\n- {command: run, axes: {a: [1, \"q'\\\"\\n\"]}}\n"
                    "- {command: run, axes: {b: 2}}\ncolumns: [x]\n";

TEST(SweepPlan, ComesBackFromItsFile)
{
    const Folder folder;
    const std::string path = folder.path + "/plan.jsonl";
    Plan made(folder.write("g.yaml", grid));
    struct sweep_plan plan;

    ASSERT_EQ(made.err, 0) << made.text;
    ASSERT_EQ(sweep_plan_write(&made.plan, path.c_str(), &made.diag), 0);
    ASSERT_EQ(sweep_plan_read(&plan, path.c_str(), &made.diag), 0) << made.diag.text;
    ASSERT_EQ(plan.n_points, 3U);
    ASSERT_EQ(plan.n_columns, 2U);
    EXPECT_STREQ(plan.columns[0], "a");
    EXPECT_STREQ(plan.columns[1], "b");
    EXPECT_STREQ(plan.picks[0], "x");
    EXPECT_STREQ(plan.program, made.plan.program);
    EXPECT_STREQ(plan.points[1].args[2], "--a=q'\"\n");
    EXPECT_STREQ(plan.points[1].values[0], "q'\"\n");
    EXPECT_STREQ(plan.points[1].key, made.plan.points[1].key);
    EXPECT_EQ(plan.points[2].values[0], nullptr);
    EXPECT_STREQ(plan.points[2].values[1], "2");
    sweep_plan_free(&plan);
}

/* Each line gone, cut, or another: a plan of fewer points is none. */
TEST(SweepPlan, IsRefusedWhenDamaged)
{
    const Folder folder;
    const std::string path = folder.path + "/plan.jsonl";
    Plan made(folder.write("g.yaml", grid));
    std::string good;

    ASSERT_EQ(sweep_plan_write(&made.plan, path.c_str(), &made.diag), 0);
    good = Folder::read(path);
    for (size_t i = 0; i < good.size() - 1; i++) {
        struct sweep_plan plan;
        struct sim_diag diag;

        (void)folder.write("plan.jsonl", good.substr(0, i));
        sim_diag_init(&diag, "plan");
        EXPECT_EQ(sweep_plan_read(&plan, path.c_str(), &diag), SIM_EFORMAT) << i;
        EXPECT_EQ(diag.error, SIM_EFORMAT);
        sweep_plan_free(&plan);
    }
}

TEST(SweepPlan, WrongMembersAreRefused)
{
    static const char *const changes[][2] = {{"sweep-plan/1", "sweep-plan/2"},
                                             {"\"points\":3", "\"points\":2"},
                                             {"\"points\":3", "\"points\":-1"},
                                             {"\"points\":3", "\"points\":1000001"},
                                             {"\"a\",\"b\"", "\"a\",null"},
                                             {"\"a\",\"b\"", "\"a\""},
                                             {"\"run\"", "null"},
                                             {"\"key\":\"", "\"key\":\"../"},
                                             {"\"args\":[", "\"args\":{}, \"x\":["}};
    const Folder folder;
    const std::string path = folder.path + "/plan.jsonl";
    Plan made(folder.write("g.yaml", grid));
    std::string good;

    ASSERT_EQ(sweep_plan_write(&made.plan, path.c_str(), &made.diag), 0);
    good = Folder::read(path);
    for (const auto &change : changes) {
        std::string text = good;
        struct sweep_plan plan;
        struct sim_diag diag;

        ASSERT_NE(text.find(change[0]), std::string::npos) << change[0];
        text.replace(text.find(change[0]), std::string(change[0]).size(), change[1]);
        (void)folder.write("plan.jsonl", text);
        sim_diag_init(&diag, "plan");
        EXPECT_EQ(sweep_plan_read(&plan, path.c_str(), &diag), SIM_EFORMAT) << change[1];
        sweep_plan_free(&plan);
    }
}

TEST(SweepPlan, CommandLinesArePrintedForAShell)
{
    const Folder folder;
    const Plan made(folder.write("g.yaml", grid));
    char *text = nullptr;
    size_t n = 0;
    FILE *out = open_memstream(&text, &n);

    sweep_plan_print(out, &made.plan.points[1]);
    (void)fclose(out);
    EXPECT_STREQ(text, "iommusim run --story=none $'--a=q\\'\"\\012' --json");
    free(text);
}

/* ---- points/KEY.json ---- */

struct Written {
    Written()
    {
        json_t *json = json_pack("{s:i}", "x", 12345);
        const struct sweep_result result = {1, "", "said\n", json};

        EXPECT_EQ(sweep_result_folders(folder.path.c_str(), &plan.diag), 0);
        EXPECT_EQ(sweep_result_write(folder.path.c_str(), plan.plan.program, &plan.plan.points[0],
                                     &result, &plan.diag),
                  0);
        json_decref(json);
        key = plan.plan.points[0].key;
        path = folder.path + "/points/" + key + ".json";
    }
    enum sweep_state state() const
    {
        return sweep_result_state(folder.path.c_str(), key.c_str(), nullptr);
    }
    Folder folder;
    Plan plan{folder.write("g.yaml", grid)};
    std::string key, path;
};

TEST(SweepResult, IsWhatWasWritten)
{
    const Written written;
    json_t *json;

    EXPECT_EQ(written.state(), SWEEP_DONE);
    ASSERT_EQ(sweep_result_read(written.folder.path.c_str(), written.key.c_str(), &json), 0);
    EXPECT_EQ(json_integer_value(json_object_get(json, "exit")), 1);
    EXPECT_STREQ(json_string_value(json_object_get(json, "stderr")), "said\n");
    EXPECT_EQ(json_integer_value(json_object_get(json_object_get(json, "result"), "x")), 12345);
    json_decref(json);
}

/* Any bit of the file, and any length. */
TEST(SweepResult, IsNoneWithOneBitChanged)
{
    const Written written;
    const std::string good = Folder::read(written.path);

    for (size_t i = 0; i < good.size() - 3; i++) { /* the last three close the JSON */
        std::string text = good;

        text[i] = (char)(text[i] ^ (1 << i % 7));
        (void)written.folder.write("points/" + written.key + ".json", text);
        EXPECT_EQ(written.state(), SWEEP_MISSING) << i;
        (void)written.folder.write("points/" + written.key + ".json", good.substr(0, i));
        EXPECT_EQ(written.state(), SWEEP_MISSING) << i;
    }
    (void)written.folder.write("points/" + written.key + ".json", good);
    EXPECT_EQ(written.state(), SWEEP_DONE);
}

TEST(SweepResult, OfAnotherKeyIsNone)
{
    const Written written;
    const std::string other = written.plan.plan.points[1].key;

    std::filesystem::copy_file(written.path, written.folder.path + "/points/" + other + ".json");
    EXPECT_EQ(sweep_result_state(written.folder.path.c_str(), other.c_str(), nullptr),
              SWEEP_MISSING);
}

/* ---- elements ---- */

TEST(SweepElements, FillTheSecondsThatAreAskedFor)
{
    /* points, ms of one, seconds, processes: elements */
    static const uint64_t rows[][5] = {
        {1, 1, 30, 1, 1},           {3000, 10, 30, 1, 1},
        {5999, 10, 30, 1, 1},       {6000, 10, 30, 1, 2},
        {6000, 10, 30, 2, 1},       {2999999, 10, 30, 1, 999},
        {3000000, 10, 30, 1, 1000}, {1000000, 1000000000, 1, 1, 1000}};

    for (const auto &row : rows)
        EXPECT_EQ(sweep_elements_count(row[0], row[1], row[2], row[3]), row[4])
            << row[0] << " points of " << row[1] << " ms";
}

TEST(SweepElements, ComeBackFromTheirFile)
{
    const Folder folder;
    size_t points[] = {4, 0, 999999};
    const struct sweep_elements written = {2, 60, true, points, 3};
    struct sweep_elements read;
    struct sim_diag diag;

    sim_diag_init(&diag, "elements");
    ASSERT_EQ(sweep_elements_write(&written, folder.path.c_str(), &diag), 0);
    ASSERT_EQ(sweep_elements_read(&read, folder.path.c_str(), &diag), 0) << diag.text;
    EXPECT_EQ(read.n_elements, 2U);
    EXPECT_EQ(read.timeout_s, 60U);
    EXPECT_TRUE(read.retries);
    ASSERT_EQ(read.n_points, 3U);
    EXPECT_EQ(read.points[0], 4U);
    EXPECT_EQ(read.points[2], 999999U);
    free(read.points);
}

TEST(SweepElements, WrongOnesAreRefused)
{
    static const char *const files[] = {
        "",
        "[]",
        "{}",
        "{\"schema\":\"iommusim.sweep-elements/1\"}",
        "{\"schema\":\"iommusim.sweep-elements/1\",\"elements\":0,\"timeout\":0,\"points\":[]}",
        "{\"schema\":\"iommusim.sweep-elements/1\",\"elements\":1001,\"timeout\":0,\"points\":[]}",
        "{\"schema\":\"iommusim.sweep-elements/1\",\"elements\":1,\"timeout\":-1,\"points\":[]}",
        "{\"schema\":\"iommusim.sweep-elements/1\",\"elements\":1,\"timeout\":0,\"points\":[-1]}",
        "{\"schema\":\"iommusim.sweep-elements/"
        "1\",\"elements\":1,\"timeout\":0,\"points\":[\"1\"]}",
        "{\"schema\":\"iommusim.sweep-elements/1\",\"elements\":1,\"timeout\":0,"
        "\"points\":[1000000]}"};
    const Folder folder;

    for (const char *file : files) {
        struct sweep_elements read;
        struct sim_diag diag;

        (void)folder.write("elements.json", file);
        sim_diag_init(&diag, "elements");
        EXPECT_EQ(sweep_elements_read(&read, folder.path.c_str(), &diag), SIM_EFORMAT) << file;
    }
}

/* ---- scalars ---- */

Lines flat(const std::string &text)
{
    json_t *json = json_loads(text.c_str(), 0, nullptr);
    struct sweep_flat flat;
    Lines all;

    sweep_flat_start(&flat, json);
    while (sweep_flat_next(&flat))
        all.push_back((flat.is_item ? "*" : "") + std::string(flat.path));
    json_decref(json);
    return all;
}

TEST(SweepFlat, PathsLeadToEveryScalar)
{
    EXPECT_EQ(flat("{\"a\":1,\"b\":{\"c\":\"x\",\"d\":{\"e\":null}},\"f\":true}"),
              (Lines{"a", "b.c", "b.d.e", "f"}));
    EXPECT_EQ(flat("{\"a\":[1,{\"b\":2},[3]],\"c\":4}"), (Lines{"*a.0", "*a.1.b", "*a.2.0", "c"}));
    EXPECT_EQ(flat("{\"a\":{},\"b\":[]}"), Lines{});
    EXPECT_EQ(flat("{\"a.b\":1,\"a\":{\"b\":2,\"\\\\\":3}}"), (Lines{"a\\.b", "a.b", "a.\\\\"}));
}

TEST(SweepFlat, WhatIsTooDeepOrTooLongIsPassedOver)
{
    std::string text = "1";

    for (int i = 0; i < 40; i++)
        text = "{\"a\":" + text + ",\"b\":1}";
    EXPECT_EQ(flat(text).size(), SWEEP_FLAT_LEVELS);
    EXPECT_EQ(flat("{\"" + std::string(2000, 'x') + "\":1,\"y\":1}"), Lines{"y"});
}

} // namespace
