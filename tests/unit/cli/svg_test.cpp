/* SPDX-License-Identifier: BSD-2-Clause
 * svg_test.cpp - pictures of gnuplot inside a page. */
#include "cli/report/report.h"

#include <cstdlib>
#include <gtest/gtest.h>
#include <string>

namespace
{
/* What gnuplot writes: a frame with a title of its own, then @body. */
std::string svg(const std::string &body)
{
    return "<?xml version=\"1.0\"?>\n<svg \n width=\"1200\" height=\"700\"\n viewBox=\"0 0 1200 "
           "700\"\n"
           " xmlns=\"http://www.w3.org/2000/svg\"\n>\n<title>Gnuplot</title>\n"
           "<g id=\"gnuplot_canvas\">\n" +
           body + "</g>\n</svg>\n";
}

std::string page(const std::string &text, const char *id)
{
    std::string copy = text;
    const struct report_picture picture = {copy.data(), "A <title>", "Words & more"};
    char *bytes = nullptr;
    size_t n = 0;
    FILE *out = open_memstream(&bytes, &n);

    report_picture(out, &picture, id);
    fclose(out);
    std::string result(bytes, n);
    free(bytes);
    return result;
}

size_t count(const std::string &text, const std::string &what)
{
    size_t n = 0;

    for (size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 1))
        n++;
    return n;
}

std::string point(const char *symbol, const char *place)
{
    return std::string("<use xlink:href='#gpPt") + symbol + "' transform='translate(" + place +
           ") scale(2.10)' color='black'/>\n";
}

TEST(Picture, HasAFrameOfItsOwn)
{
    const std::string text = page(svg("<text>x</text>\n"), "a");

    EXPECT_EQ(count(text, "<svg"), 1U);
    EXPECT_NE(text.find("<svg viewBox=\"0 0 1200 700\" role=\"img\""), std::string::npos);
    EXPECT_EQ(count(text, "Gnuplot"), 0U);
    EXPECT_EQ(count(text, "http"), 0U);
    EXPECT_NE(text.find("<title>A &lt;title&gt;</title>"), std::string::npos);
    EXPECT_NE(text.find("<desc>Words &amp; more</desc>"), std::string::npos);
    EXPECT_NE(text.find("<text>x</text>"), std::string::npos);
}

TEST(Picture, NamesAreThoseOfThePicture)
{
    const std::string text =
        page(svg("<circle id='gpDot'/><path id=\"p\"/><use xlink:href='#gpDot'/>"
                 "<rect fill='url(#gpPat1)'/>\n"),
             "b-p0");

    EXPECT_NE(text.find("id='b-p0-gpDot'"), std::string::npos);
    EXPECT_NE(text.find("id=\"b-p0-p\""), std::string::npos);
    EXPECT_NE(text.find("xlink:href='#b-p0-gpDot'"), std::string::npos);
    EXPECT_NE(text.find("url(#b-p0-gpPat1)"), std::string::npos);
    EXPECT_NE(text.find("id=\"b-p0-gnuplot_canvas\""), std::string::npos);
}

TEST(Picture, APointUponAnotherIsLeftOut)
{
    const std::string text =
        page(svg(point("6", "10.10,20.10") + point("6", "10.90,20.90") + point("6", "11.10,20.10") +
                 point("6", "10.10,21.10") + point("1", "10.10,20.10") + point("6", "10.10,20.10")),
             "a");

    EXPECT_EQ(count(text, "<use"), 4U);
    EXPECT_EQ(count(text, "translate(10.10,20.10)"), 2U); /* of two symbols */
    EXPECT_EQ(count(text, "translate(10.90,20.90)"), 0U);
}

TEST(Picture, WhatIsNoPointOfAPictureStays)
{
    const std::string text =
        page(svg(point("6", "5000.0,1.0") + point("6", "5000.0,1.0") + point("99", "1.0,1.0") +
                 point("99", "1.0,1.0") + point("6", "-1.0,1.0") + point("6", "-1.0,1.0") +
                 point("6", "x") + point("6", "x") + point("6", "nan,1") + point("6", "nan,1")),
             "a");

    EXPECT_EQ(count(text, "<use"), 10U);
}

TEST(Picture, NoneIsNothing)
{
    EXPECT_EQ(page("", "a"), "");
    EXPECT_EQ(page("<svg viewBox=\"0 0 1 1\"></svg>", "a"), "");
}
} // namespace
