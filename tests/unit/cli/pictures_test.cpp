/* SPDX-License-Identifier: BSD-2-Clause
 * pictures_test.cpp - pictures of a page: what stands where, and that no input draws outside. */
#include "cli/report/report.h"

#include <cmath>
#include <cstdlib>
#include <gtest/gtest.h>
#include <regex>
#include <string>
#include <vector>

namespace
{
std::string drawn(const std::string &story)
{
    char *text = nullptr;
    size_t n = 0;
    FILE *out = open_memstream(&text, &n);
    json_t *json = json_loads(story.c_str(), 0, nullptr);

    EXPECT_NE(json, nullptr) << story;
    report_timeline(out, json);
    report_latency(out, json, nullptr);
    fclose(out);
    const std::string result(text, n);
    free(text);
    json_decref(json);
    return result;
}

std::string story(const char *acts, const char *answers, const char *rest = R"("switch_ns": null)")
{
    return std::string(R"({"operation": 1, "begin_ns": 0, "end_ns": 1000, "acts": [)") + acts +
           R"(], "answers": [)" + answers + "], " + rest + "}";
}

std::vector<std::string> found(const std::string &text, const char *pattern)
{
    const std::regex regex(pattern);
    std::vector<std::string> all;

    for (std::sregex_iterator i(text.begin(), text.end(), regex), end; i != end; ++i)
        all.push_back((*i)[1]);
    return all;
}

using Words = std::vector<std::string>;

/* Times go from x = 150 to 985: 1000 ns in 835 parts. */
TEST(Timeline, TimesAreDrawnToScale)
{
    const std::string page =
        drawn(story(R"({"lane": "store", "begin_ns": 500, "end_ns": 500, "name": "CD"},
                       {"lane": "wait", "begin_ns": 0, "end_ns": 200, "name": null})",
                    R"({"probe": null, "begin_ns": 400, "end_ns": 1000, "answer": "REFUSED",
                        "event": "C_BAD_CD"})"));

    EXPECT_EQ(found(page, "t-act\" x=\"([0-9.]+)"),
              Words{"566.5"}); /* 150 + 417.5, less half of 2 */
    EXPECT_EQ(found(page, "t-wait\"><title>200 ns</title><rect x=\"([0-9.]+)"), Words{"150.0"});
    EXPECT_EQ(found(page, "t-wait.*width=\"([0-9.]+)"), Words{"167.0"});
    EXPECT_EQ(found(page, "t-refused\"><title>REFUSED C_BAD_CD</title><rect x=\"([0-9.]+)"),
              Words{"484.0"});
    EXPECT_EQ(found(page, "t-tick\" x=\"[0-9.]+\" y=\"[0-9.]+\">([0-9.]+)<"),
              (Words{"0", "0.2", "0.4", "0.6", "0.8", "1"}));
}

/* A quarter of the switch on both sides. */
TEST(Timeline, ASwitchFillsThePicture)
{
    const std::string page = drawn(story(R"({"lane": "register", "end_ns": 399, "name": null},
                                            {"lane": "register", "end_ns": 400, "name": null},
                                            {"lane": "register", "end_ns": 700, "name": null},
                                            {"lane": "register", "end_ns": 701, "name": null})",
                                         "", R"("switch_ns": [450, 650])"));

    EXPECT_EQ(found(page, "t-act\" x=\"([0-9.]+)"), (Words{"149.0", "984.0"}));
}

/* What is near shares a label, so that none covers another. */
TEST(Timeline, LabelsDoNotCoverEachOther)
{
    std::string acts;

    for (int i = 0; i < 100; i++)
        acts += std::string(i ? "," : "") + R"({"lane": "store", "end_ns": )" +
                std::to_string(10 * i) + R"(, "name": ")" + (i % 2 ? "CD" : "PTE_S1") + "\"}";
    const std::string page = drawn(story(acts.c_str(), ""));
    const Words at = found(page, "t-name\" x=\"([0-9.]+)\" y=\"12.0\"");

    ASSERT_GE(at.size(), 5U);
    for (size_t i = 1; i < at.size(); i++)
        EXPECT_GE(std::stod(at[i]) - std::stod(at[i - 1]), 125);
    EXPECT_EQ(found(page, "y=\"12.0\">([0-9]+ PTE_S1)<")[0], "8 PTE_S1"); /* 0 to 140 ns */
    EXPECT_EQ(found(page, "y=\"24.0\">([0-9]+ CD)<")[0], "7 CD");
}

/* At the right edge a label ends where its first act is. */
TEST(Timeline, LabelsAtTheEdgeCoverNoOthers)
{
    const char *const two = R"({"lane": "command", "end_ns": 780, "name": "PREFETCH_CONFIG"},
                               {"lane": "command", "end_ns": 960, "name": "TLBI_NH_VA"})";
    const char *const far = R"({"lane": "command", "end_ns": 500, "name": "PREFETCH_CONFIG"},
                               {"lane": "command", "end_ns": 960, "name": "TLBI_NH_VA"})";

    EXPECT_EQ(found(drawn(story(two, "")), "t-name( t-end)?\" x=\"801.3\"").size(), 2U);
    EXPECT_EQ(found(drawn(story(far, "")), "t-name t-end\" x=\"([0-9.]+)"), Words{"951.6"});
}

TEST(Timeline, EachAddressHasARowUpToSix)
{
    std::string answers = R"({"probe": null, "begin_ns": 0, "end_ns": 9, "answer": "old"})";

    for (int i = 1; i <= 8; i++)
        answers += R"(,{"probe": "0x)" + std::to_string(i) +
                   R"(000", "begin_ns": 0, "end_ns": 9, "answer": "new"})";
    const std::string page = drawn(story("", answers.c_str()));

    EXPECT_EQ(found(page, ">(0x[0-9]000) sees<").size(), 6U);
    EXPECT_NE(page.find("Addresses that are not drawn: 2."), std::string::npos);
}

TEST(Latency, IsDrawnOnAScaleOfTens)
{
    const std::string page =
        drawn(R"({"begin_ns": 0, "end_ns": 10, "latency": {"bin_ns": 500, "every": 4, "bins": [
            {"begin_ns": 0, "requests": 1, "p50_ns": 10, "max_ns": 100, "refused": 0},
            {"begin_ns": 500, "requests": 1, "p50_ns": 1, "max_ns": 10000, "refused": 3}]}})");

    /* four tens between 210 and 22: 47 each */
    EXPECT_EQ(found(page, "t-most\" x=\"[0-9.]+\" y=\"([0-9.]+)"), (Words{"116.0", "22.0"}));
    EXPECT_EQ(found(page, "t-middle\" x=\"[0-9.]+\" y=\"([0-9.]+)"), (Words{"161.5", "208.5"}));
    EXPECT_EQ(found(page, "<title>(3 refused)"), Words{"3 refused"});
    EXPECT_NE(page.find("One of 4 requests"), std::string::npos);
}

struct hostile {
    const char *name, *story;
};

class Hostile : public testing::TestWithParam<hostile>
{
};

/* Figures are figures, and inside the picture; tags are ours. */
TEST_P(Hostile, DrawsNothingWrong)
{
    const std::string page = drawn(GetParam().story);

    EXPECT_TRUE(found(page, "(nan|inf|-[0-9]+\\.[0-9]\"|<script|<b>)").empty()) << page;
    for (const std::string &x : found(page, " x=\"([^\"]+)\""))
        EXPECT_LE(std::stod(x), 1000) << page;
    for (const std::string &width : found(page, " width=\"([^\"]+)\""))
        EXPECT_LE(std::stod(width), 1000) << page;
}

const hostile hostiles[] = {
    {"nothing", "{}"},
    {"a_list", "[]"},
    {"wrong_types", R"({"end_ns": "x", "switch_ns": 3, "acts": 7, "answers": {"a": 1},
                        "latency": [1]})"},
    {"wrong_types_inside", R"({"end_ns": 10, "switch_ns": ["a", []], "acts": [3, null, {"lane": 7}],
                        "answers": [[], {"probe": 3, "answer": []}], "latency": {"bins": [1, "x"]}})"},
    {"huge_end", R"({"end_ns": 1e308, "acts": [{"lane": "store", "end_ns": 1e307}]})"},
    {"huge_switch", R"({"end_ns": 5, "switch_ns": [-1e308, 1e308]})"},
    {"huge_act", R"({"end_ns": 5, "acts": [{"lane": "wait", "begin_ns": -1e308, "end_ns": 1e308}],
                     "answers": [{"begin_ns": -1e308, "end_ns": 1e308, "answer": "old"}]})"},
    {"ends_before_it_begins", R"({"end_ns": -5, "switch_ns": [5, -5]})"},
    {"backwards", R"({"end_ns": 5, "acts": [{"lane": "wait", "begin_ns": 4, "end_ns": 1}],
                      "answers": [{"begin_ns": 4, "end_ns": 1, "answer": "old"}]})"},
    {"tiny", R"({"end_ns": 1e-300, "acts": [{"lane": "store", "end_ns": 0}]})"},
    {"markup", R"({"end_ns": 5, "acts": [{"lane": "store", "end_ns": 1, "name": "<script>"}],
       "answers": [{"begin_ns": 0, "end_ns": 5, "probe": "\"><b>", "answer": "<b>", "event": "<b>"}]})"},
    {"long_name", R"({"end_ns": 5, "acts": [{"lane": "store", "end_ns": 1, "name":
       "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}]})"},
    {"huge_latency",
     R"({"latency": {"bin_ns": 1e300, "bins": [{"begin_ns": 1e300, "max_ns": 1e300}]}})"},
    {"huge_bin", R"({"begin_ns": 1e300, "end_ns": 1e300, "latency": {"bin_ns": 10, "every": -1,
       "bins": [{"begin_ns": -1e300, "max_ns": 9, "p50_ns": 1e300, "refused": 1e300}]}})"},
    {"negative_latency", R"({"latency": {"bin_ns": 10, "bins": [{"max_ns": -9, "p50_ns": -7}]}})"},
};

INSTANTIATE_TEST_SUITE_P(Stories, Hostile, testing::ValuesIn(hostiles),
                         [](const auto &info) { return std::string(info.param.name); });
} // namespace
