/* SPDX-License-Identifier: BSD-2-Clause
 * align_test.cpp - which operation of one result is which of another. */
#include "cli/compare.h"

#include <cstdlib>
#include <gtest/gtest.h>
#include <string>

namespace
{
/* Operations as "kind device pasid detail" words; "-" for no PASID, "." for no device. */
json_t *ops(const std::string &text)
{
    json_t *list = json_array();
    size_t at = 0;

    while (at < text.size()) {
        size_t end = text.find(';', at);
        char kind[16] = "", device[16] = "", pasid[16] = "", detail[16] = "";

        if (end == std::string::npos)
            end = text.size();
        EXPECT_GE(sscanf(text.substr(at, end - at).c_str(), "%15s %15s %15s %15s", kind, device,
                         pasid, detail),
                  2);
        if (device[0] == '.')
            device[0] = '\0';
        json_t *number = pasid[0] && pasid[0] != '-' ? json_integer(atoi(pasid)) : json_null();
        json_array_append_new(list, json_pack("{s:s, s:s, s:o, s:s, s:i}", "op", kind, "device",
                                              device, "pasid", number, "detail", detail, "ret", 0));
        at = end + 1;
    }
    return list;
}

/* "0-0 1-? ?-1" */
std::string pairs(const std::string &a, const std::string &b)
{
    json_t *of_a = ops(a), *of_b = ops(b);
    size_t n = 0;
    struct compare_pair *found = compare_align(of_a, of_b, &n);
    std::string text;

    for (size_t i = 0; i < n; i++) {
        text += i ? " " : "";
        text += found[i].a == COMPARE_NONE ? "?" : std::to_string(found[i].a);
        text += "-";
        text += found[i].b == COMPARE_NONE ? "?" : std::to_string(found[i].b);
    }
    free(found);
    json_decref(of_a);
    json_decref(of_b);
    return text;
}

struct row {
    const char *name, *a, *b, *pairs;
};

class Align : public testing::TestWithParam<row>
{
};

TEST_P(Align, Pairs)
{
    EXPECT_EQ(pairs(GetParam().a, GetParam().b), GetParam().pairs);
}

const row rows[] = {
    {"nothing", "", "", ""},
    {"only_a", "attach d", "", "0-?"},
    {"only_b", "", "attach d", "?-0"},
    {"equal", "attach d;replace d;detach d", "attach d;replace d;detach d", "0-0 1-1 2-2"},
    {"one_more_in_front", "replace d;detach d", "attach d;replace d;detach d", "?-0 0-1 1-2"},
    {"one_more_in_the_middle", "attach d;detach d", "attach d;replace d;detach d", "0-0 ?-1 1-2"},
    {"one_less_at_the_end", "attach d;replace d;detach d", "attach d;replace d", "0-0 1-1 2-?"},
    {"kinds_do_not_mix", "attach d", "detach d", "0-? ?-0"},
    {"devices_may_take_turns", "attach x;attach y;detach x", "attach y;attach x;detach x",
     "0-1 1-0 2-2"},
    {"a_pasid_is_no_device", "attach d;attach d 3", "attach d 3;attach d", "0-1 1-0"},
    {"another_pasid_is_another", "attach d 3", "attach d 4", "0-? ?-0"},
    {"detail_decides_between_two", "replace d - s1", "replace d - s2;replace d - s1", "?-0 0-1"},
    {"order_beats_detail", "attach d - x;attach d - y", "attach d - y;attach d - x", "0-0 1-1"},
    {"devices_without_a_common_name", "attach x;attach y", "attach p;attach q", "0-0 1-1"},
    {"no_device_is_no_common_name", "map .;attach x", "map .;attach p", "0-0 1-1"},
    {"a_common_name_forbids_that", "attach x;attach y", "attach x;attach q", "0-0 1-? ?-1"},
};

INSTANTIATE_TEST_SUITE_P(Rows, Align, testing::ValuesIn(rows),
                         [](const auto &info) { return std::string(info.param.name); });

/* Too many operations for a table of all ways: one more in front shifts them all. */
TEST(AlignMany, OneMoreInFrontOfFiveThousand)
{
    std::string a, b = "attach d;";

    for (int i = 0; i < 5000; i++) {
        a += i % 2 ? "map d - x;" : "unmap d - y;";
        b += i % 2 ? "map d - z;" : "unmap d - z;"; /* no equal ends that could be cut off */
    }
    const std::string text = pairs(a, b);

    EXPECT_EQ(text.substr(0, 15), "?-0 0-1 1-2 2-3");
    EXPECT_EQ(text.substr(text.size() - 9), "4999-5000");
}
} // namespace
