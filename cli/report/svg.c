/* SPDX-License-Identifier: BSD-2-Clause
 * svg.c - a picture of gnuplot inside a page.
 * Knows: how gnuplot writes SVG. Must not know: what a picture shows. */
#include "cli/report/report.h"

#include <string.h>

/* What stands before a name that is one of a kind in a file, and would not be in a page. */
static size_t before_name(const char *at)
{
    static const char *const marks[] = {" id=\"", " id='", "href=\"#", "href='#", "url(#"};

    for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
        if (strncmp(at, marks[i], strlen(marks[i])) == 0)
            return strlen(marks[i]);
    }
    return 0;
}

static void put_body(FILE *out, const char *at, const char *id)
{
    while (*at) {
        const size_t n = before_name(at);

        if (!n) {
            (void)fputc(*at++, out);
            continue;
        }
        (void)fwrite(at, 1, n, out);
        (void)fprintf(out, "%s-", id);
        at += n;
    }
}

/* What is between the first @from and the next @to behind it; NULL if they are not there. */
static const char *between(const char *text, const char *from, const char *to, size_t *n)
{
    const char *begin = strstr(text, from);
    const char *end = begin ? strstr(begin + strlen(from), to) : NULL;

    if (!end)
        return NULL;
    begin += strlen(from);
    *n = (size_t)(end - begin);
    return begin;
}

void report_picture(FILE *out, const struct report_picture *picture, const char *id)
{
    size_t n = 0;
    const char *box = picture->svg ? between(picture->svg, "viewBox=\"", "\"", &n) : NULL;
    const char *body = box ? strstr(picture->svg, "<g id=\"gnuplot_canvas\">") : NULL;

    if (!body)
        return;
    html(out,
         "<figure>\n<div class=\"picture scroll\" tabindex=\"0\" role=\"region\" "
         "aria-label=\"%s\">\n<svg viewBox=\"",
         picture->title);
    (void)fwrite(box, 1, n, out);
    html(out, "\" role=\"img\" aria-label=\"%s\">\n<title>%s</title>\n<desc>%s</desc>\n",
         picture->title, picture->title, picture->words);
    put_body(out, body, id);
    html(out, "</div>\n<figcaption>%s</figcaption>\n</figure>\n", picture->words);
}
