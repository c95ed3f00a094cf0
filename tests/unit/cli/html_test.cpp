/* SPDX-License-Identifier: BSD-2-Clause
 * html_test.cpp - no text from a file can become markup, or hide. */
#include "cli/report/html.h"

#include <cstdlib>
#include <gtest/gtest.h>
#include <string>

namespace
{
std::string escaped(const std::string &text)
{
    char *bytes = nullptr;
    size_t n = 0;
    FILE *out = open_memstream(&bytes, &n);

    html_text(out, text.c_str());
    fclose(out);
    std::string result(bytes, n);
    free(bytes);
    return result;
}

#define FFFD "\xef\xbf\xbd"

struct row {
    const char *name, *text, *html;
};

class Text : public testing::TestWithParam<row>
{
};

TEST_P(Text, IsText)
{
    EXPECT_EQ(escaped(GetParam().text), GetParam().html);
}

const row rows[] = {
    {"plain", "0000:00:04.0", "0000:00:04.0"},
    {"tag", "<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"},
    {"quotes", "a\"b'c", "a&quot;b&#39;c"},
    {"entity", "&lt;", "&amp;lt;"},
    {"umlaut", "\xc3\xa4", "\xc3\xa4"},
    {"four_bytes", "\xf0\x9f\x92\xbe", "\xf0\x9f\x92\xbe"},
    {"line_end_and_tab", "a\n\tb", "a\n\tb"},
    {"escape_character", "\x1b[31m", FFFD "[31m"},
    {"delete", "\x7f", FFFD},
    {"c1_control", "\xc2\x85", FFFD},
    {"right_to_left_override", "\xe2\x80\xae", FFFD},
    {"isolate", "\xe2\x81\xa6", FFFD},
    {"byte_order_mark", "\xef\xbb\xbf", FFFD},
    {"lone_continuation", "\x80<", FFFD "&lt;"},
    {"cut_sequence_hides_nothing", "\xe2\x80<b>", FFFD FFFD "&lt;b&gt;"},
    {"cut_at_the_end", "\xf0\x9f", FFFD FFFD},
    {"overlong_less_than", "\xc0\xbc", FFFD FFFD},
    {"surrogate", "\xed\xa0\x80", FFFD FFFD FFFD},
    {"beyond_unicode", "\xf4\x90\x80\x80", FFFD FFFD FFFD FFFD},
    {"no_such_first_byte", "\xff", FFFD},
    {"noncharacter", "\xef\xbf\xbe", FFFD},
};

INSTANTIATE_TEST_SUITE_P(Rows, Text, testing::ValuesIn(rows),
                         [](const auto &info) { return std::string(info.param.name); });

TEST(Html, OnlyArgumentsAreEscaped)
{
    char *bytes = nullptr;
    size_t n = 0;
    FILE *out = open_memstream(&bytes, &n);

    html(out, "<b title=\"%s\">100%% of %s</b>", "\"", "<x>");
    fclose(out);
    EXPECT_STREQ(bytes, "<b title=\"&quot;\">100% of &lt;x&gt;</b>");
    free(bytes);
}
} // namespace
