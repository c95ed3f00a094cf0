/* SPDX-License-Identifier: BSD-2-Clause
 * table_test.cpp - tables of sweeps, and single transitions, as results. */
#include "cli/compare.h"

#include <cstdlib>
#include <gtest/gtest.h>
#include <string>
#include <unistd.h>

namespace
{
/* A file that goes with the test. */
class File
{
  public:
    explicit File(const std::string &bytes) : name_(testing::TempDir() + "table_XXXXXX.csv")
    {
        const int fd = mkstemps(name_.data(), 4);
        FILE *file = fdopen(fd, "w");

        EXPECT_EQ(fwrite(bytes.data(), 1, bytes.size(), file), bytes.size());
        fclose(file);
    }
    File(const File &) = delete;
    File &operator=(const File &) = delete;
    ~File()
    {
        unlink(name_.c_str());
    }
    const char *name() const
    {
        return name_.c_str();
    }

  private:
    std::string name_;
};

struct sim_diag read_table(const std::string &bytes, struct result *result, int *err)
{
    const File file(bytes);
    struct sim_diag diag;

    sim_diag_init(&diag, "t.csv");
    *err = result_read(result, file.name(), &diag);
    return diag;
}

const char head[] = "point,state,exit,why,driver,smmu.tlb_entries,verdict.replay,"
                    "verdict.inconclusive,costs.total_ns,costs.stores.CD,cell.from,cell.to\n";

TEST(Table, RowsBecomeOperations)
{
    struct result result;
    int err;

    read_table(std::string(head) + "0,done,1,,best,64,BREAKS,false,1500,3,s1,s2\n"
                                   "1,failed,5,\"said \"\"no\"\",\nand left\",best,512,,,,,,\n",
               &result, &err);
    ASSERT_EQ(err, 0);
    EXPECT_EQ(result.kind, RESULT_SWEEP);
    ASSERT_EQ(json_array_size(result.ops), 2U);

    const json_t *op = json_array_get(result.ops, 0);
    EXPECT_STREQ(result_text(op, "op"), "driver=best smmu.tlb_entries=64");
    EXPECT_STREQ(result_text(json_object_get(op, "axes"), "driver"), "best");
    EXPECT_STREQ(result_text(json_object_get(op, "axes"), "from"), "s1");
    const json_t *verdict = json_object_get(json_object_get(op, "verdicts"), "verdict.replay");
    EXPECT_STREQ(result_text(verdict, "word"), "BREAKS");
    EXPECT_TRUE(json_is_false(json_object_get(verdict, "inconclusive")));
    EXPECT_EQ(result_number(json_object_get(op, "costs"), "total_ns"), 1500);
    EXPECT_EQ(result_number(json_object_get(op, "costs"), "stores/CD"), 3);

    op = json_array_get(result.ops, 1);
    EXPECT_STREQ(result_text(op, "why"), "said \"no\",\nand left");
    EXPECT_EQ(json_object_size(json_object_get(op, "verdicts")), 0U);
    EXPECT_EQ(json_object_size(json_object_get(op, "costs")), 0U);
    result_free(&result);
}

TEST(Table, LineEndsOfOtherSystems)
{
    struct result result;
    int err;

    read_table("point,state,exit,why,a\r\n0,done,0,,x\r\n1,done,0,,y", &result, &err);
    ASSERT_EQ(err, 0);
    ASSERT_EQ(json_array_size(result.ops), 2U);
    EXPECT_STREQ(result_text(json_array_get(result.ops, 0), "op"), "a=x");
    EXPECT_STREQ(result_text(json_array_get(result.ops, 1), "op"), "a=y");
    result_free(&result);
}

struct row {
    const char *name, *bytes, *says;
    uint32_t line;
};

class Bad : public testing::TestWithParam<row>
{
};

TEST_P(Bad, IsRefusedWithItsLine)
{
    struct result result;
    int err;
    const struct sim_diag diag = read_table(GetParam().bytes, &result, &err);

    EXPECT_EQ(err, SIM_EFORMAT);
    EXPECT_NE(std::string(diag.text).find(GetParam().says), std::string::npos) << diag.text;
    EXPECT_EQ(diag.line, GetParam().line);
}

const row rows[] = {
    {"empty", "", "the table is empty", 1},
    {"short_row", "point,state,exit,why,a\n0,done,0,,x\n1,done\n", "2 fields", 3},
    {"long_row", "point,state,exit,why\n0,done,0,,x\n", "5 fields", 2},
    {"open_quotes", "point,state,exit,why\n0,done,0,\"x\n", "not closed", 2},
    {"line_behind_a_field_of_two", "point,state,exit,why\n0,done,0,\"a\nb\"\n1\n", "1 fields", 4},
    {"not_utf8", "point,state,exit,why\n0,done,0,\xff\n", "not UTF-8", 2},
};

INSTANTIATE_TEST_SUITE_P(Rows, Bad, testing::ValuesIn(rows),
                         [](const auto &info) { return std::string(info.param.name); });

/* ---- One transition ------------------------------------------------------------------------- */

std::string transition(const char *by, const char *replay, const char *may, int blocked)
{
    return std::string(R"({"schema": "iommusim.transition/1", "kind": "ran",
        "cell": {"arch": "smmuv3", "from": "s1", "to": "s2", "by": ")") +
           by + R"("}, "ret": {"expected": 0, "actual": 0}, "verdict": {"replay": ")" + replay +
           R"(", "explore_architecture": ")" + may + R"(", "explore_deployed": ")" + replay +
           R"(", "inconclusive": false, "why": ["x", "y"], "rules": {"smmu-x": 1}},
        "costs": {"n_commands": 5, "commands": {"CMD_SYNC": 2, "CFGI_STE": 3}, "blocked_ns": )" +
           std::to_string(blocked) + R"(, "dma": {"during": {"p50": 29.0}, "refused": 22}}})";
}

struct result take(const std::string &text)
{
    struct result result;
    struct sim_diag diag;

    sim_diag_init(&diag, "x.json");
    EXPECT_EQ(result_take(&result, "x.json", json_loads(text.c_str(), 0, nullptr), &diag), 0)
        << diag.text;
    return result;
}

TEST(Transition, HasThreeVerdictsAndItsCosts)
{
    struct result result = take(transition("replace", "BREAKS", "TORN", 2115));

    ASSERT_EQ(json_array_size(result.ops), 1U);
    const json_t *op = json_array_get(result.ops, 0);
    const json_t *verdicts = json_object_get(op, "verdicts");
    EXPECT_STREQ(result_text(json_object_get(verdicts, "replay"), "word"), "BREAKS");
    EXPECT_STREQ(result_text(json_object_get(verdicts, "explore_architecture"), "word"), "TORN");
    EXPECT_STREQ(result_text(json_object_get(verdicts, "explore_deployed"), "word"), "BREAKS");
    EXPECT_STREQ(result_text(json_object_get(verdicts, "replay"), "why"), "x; y");
    const json_t *costs = json_object_get(op, "costs");
    EXPECT_EQ(result_number(costs, "commands"), 5);
    EXPECT_EQ(json_number_value(json_object_get(costs, "commands.CFGI_STE")), 3);
    EXPECT_EQ(result_number(costs, "blocked_ns"), 2115);
    EXPECT_EQ(result_number(costs, "latency_during_p50_ns"), 29);
    EXPECT_EQ(result_number(costs, "dma_refused"), 22);
    result_free(&result);
}

/* That they are of two kinds is what is compared. */
TEST(Transition, ReplaceIsComparedWithDetachAndAttach)
{
    struct result a = take(transition("replace", "HITLESS", "HITLESS", 0));
    struct result b = take(transition("detach-attach", "BREAKS", "BREAKS", 3042));
    json_t *comparison = compare_results(&a, &b, -1);
    const json_t *settings = json_object_get(comparison, "settings");

    EXPECT_STREQ(result_text(comparison, "outcome"), "worse");
    EXPECT_EQ(json_array_size(json_object_get(comparison, "operations")), 1U);
    ASSERT_EQ(json_array_size(settings), 1U);
    EXPECT_STREQ(result_text(json_array_get(settings, 0), "name"), "cell.by");
    json_decref(comparison);
    result_free(&a);
    result_free(&b);
}

TEST(Transition, OneThatWasNotRunHasNoOperation)
{
    struct result none = take(R"({"schema": "iommusim.transition/1", "kind": "illegal",
        "cell": {"from": "blocked"}, "verdict": null, "costs": null})");
    struct result one = take(transition("replace", "HITLESS", "HITLESS", 0));
    json_t *comparison = compare_results(&none, &one, -1);

    EXPECT_EQ(json_array_size(none.ops), 0U);
    EXPECT_STREQ(result_text(comparison, "outcome"), "worse"); /* it breaks a rule */
    json_decref(comparison);
    result_free(&none);
    result_free(&one);
}

TEST(Transition, WithoutItsPartsIsRefused)
{
    const char *const bad[] = {
        R"({"schema": "iommusim.transition/1", "kind": "ran"})",
        R"({"schema": "iommusim.transition/1", "cell": {}})",
        R"({"schema": "iommusim.transition/1", "cell": {}, "kind": "ran"})",
        R"({"schema": "iommusim.transition/1", "cell": {}, "kind": "ran",
            "verdict": {"replay": "BREAKS", "explore_architecture": "BREAKS"}})",
    };

    for (const char *text : bad) {
        struct result result;
        struct sim_diag diag;

        sim_diag_init(&diag, "x.json");
        EXPECT_EQ(result_take(&result, "x.json", json_loads(text, 0, nullptr), &diag), SIM_EFORMAT)
            << text;
    }
}
} // namespace
