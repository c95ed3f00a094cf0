/* SPDX-License-Identifier: BSD-2-Clause
 * result_test.cpp - what a file must say to be a result. */
#include "cli/result.h"

#include <gtest/gtest.h>
#include <string>

namespace
{
struct taken {
    int err;
    std::string text;
};

taken take(const char *json)
{
    struct result result;
    struct sim_diag diag;

    sim_diag_init(&diag, "x.json");
    const int err = result_take(&result, "x.json", json_loads(json, 0, nullptr), &diag);

    if (!err)
        result_free(&result);
    return {err, err ? diag.text : ""};
}

struct row {
    const char *name, *json, *says;
};

class Refused : public testing::TestWithParam<row>
{
};

TEST_P(Refused, WithAReason)
{
    const taken t = take(GetParam().json);

    EXPECT_EQ(t.err, SIM_EFORMAT);
    EXPECT_NE(t.text.find(GetParam().says), std::string::npos) << t.text;
}

const row rows[] = {
    {"no_schema", "{}", "without a member \"schema\""},
    {"a_list", "[]", "without a member \"schema\""},
    {"another_schema", R"({"schema": "iommusim.decode/1"})", "its schema is 'iommusim.decode/1'"},
    {"another_version", R"({"schema": "iommusim.replay/2"})", "its schema is 'iommusim.replay/2'"},
    {"schema_is_a_number", R"({"schema": 1})", "without a member \"schema\""},
    {"no_operations", R"({"schema": "iommusim.replay/1"})", "without \"operations\""},
    {"operations_is_a_number", R"({"schema": "iommusim.replay/1", "operations": 3})",
     "without \"operations\""},
    {"operation_is_a_number", R"({"schema": "iommusim.replay/1", "operations": [3]})",
     "operation 1 is not"},
    {"unknown_verdict",
     R"({"schema": "iommusim.replay/1", "operations": [{"op": "map", "verdict": "FINE"}]})",
     "operation 1 is not"},
    {"second_without_a_name",
     R"({"schema": "iommusim.replay/1", "operations":
         [{"op": "map", "verdict": "BREAKS"}, {"verdict": "BREAKS"}]})",
     "operation 2 is not"},
    {"explored_without_a_level",
     R"({"schema": "iommusim.explore/1", "operations":
         [{"op": "map", "architecture": {"verdict": "BREAKS"}}]})",
     "operation 1 is not"},
};

INSTANTIATE_TEST_SUITE_P(Rows, Refused, testing::ValuesIn(rows),
                         [](const auto &info) { return std::string(info.param.name); });

TEST(Result, WrongTypesInsideAreNoFigures)
{
    const taken t = take(R"({"schema": "iommusim.replay/1", "trace": 3, "config": "x", "units": 7,
        "operations": [{"op": "map", "device": 4, "verdict": "BREAKS", "pasid": "x", "ret": "x",
        "stores": 3, "commands": {"CMD_SYNC": "x"}, "cost_ns": [], "latency_ns": {"before": 3}}]})");

    EXPECT_EQ(t.err, 0);
}

/* The PASID of an explored operation is that of what it switches, if that is one. */
TEST(Result, PasidOfAnExploredOperation)
{
    const auto pasid = [](const char *slots) {
        const std::string json =
            std::string(R"({"schema": "iommusim.explore/1", "operations": [{"op": "set_pasid",
            "architecture": {"verdict": "HITLESS"}, "deployed": {"verdict": "HITLESS"}, "slots": )") +
            slots + "}]}";
        struct result result;
        struct sim_diag diag;

        sim_diag_init(&diag, "x");
        EXPECT_EQ(result_take(&result, "x", json_loads(json.c_str(), 0, nullptr), &diag), 0);
        const json_t *found = json_object_get(json_array_get(result.ops, 0), "pasid");
        const long value = json_is_integer(found) ? (long)json_integer_value(found) : -1;
        result_free(&result);
        return value;
    };

    EXPECT_EQ(pasid("[]"), -1);
    EXPECT_EQ(pasid(R"([{"pasid": 7, "is_switched": true}])"), 7);
    EXPECT_EQ(pasid(R"([{"pasid": null, "is_switched": false},
                        {"pasid": 7, "is_switched": true}])"),
              7);
    EXPECT_EQ(pasid(R"([{"pasid": 6, "is_switched": true},
                        {"pasid": 7, "is_switched": true}])"),
              -1);
}

TEST(Ranks, RiseAsTheVerdictsDo)
{
    EXPECT_EQ(result_rank("HITLESS"), 0);
    EXPECT_EQ(result_rank("INCONCLUSIVE"), 0);
    EXPECT_EQ(result_rank("DANGLES"), 6);
    EXPECT_EQ(result_rank("FINE"), -1);
    EXPECT_EQ(result_rank(""), -1);
    EXPECT_EQ(result_meaning("FINE"), nullptr);
    for (size_t i = 0; result_word(i); i++)
        EXPECT_NE(result_meaning(result_word(i)), nullptr);
    EXPECT_LT(result_rank("BREAKS"), result_rank("STALE-REFUSAL"));
    EXPECT_LT(result_rank("STALE-REFUSAL"), result_rank("TORN"));
    EXPECT_LT(result_rank("TORN"), result_rank("STALE"));
    EXPECT_LT(result_rank("STALE"), result_rank("POISONS"));
    EXPECT_LT(result_rank("POISONS"), result_rank("DANGLES"));
}
} // namespace
