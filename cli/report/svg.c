/* SPDX-License-Identifier: BSD-2-Clause
 * svg.c - a picture of gnuplot inside a page.
 * Knows: how gnuplot writes SVG. Must not know: what a picture shows. */
#include "cli/report/report.h"

#include <stdlib.h>
#include <string.h>

#define N_SYMBOLS 16u
#define WIDTH 2048u /* of a picture, at most; beyond it nothing is left out */
#define HEIGHT 1024u

/* Where a point stands already, by symbol: gnuplot draws each request, and there are many more
 * than places for them. */
struct points {
    unsigned char seen[N_SYMBOLS][HEIGHT][WIDTH / 8];
};

/* Does a point begin at @at that cannot be told from one before? */
static bool is_hidden(struct points *points, const char *at)
{
    static const char begin[] = "<use xlink:href='#gpPt";
    static const char middle[] = "' transform='translate(";
    unsigned long symbol;
    double x, y;
    char *end;
    unsigned char *byte;
    unsigned bit;

    if (!points || strncmp(at, begin, sizeof(begin) - 1) != 0)
        return false;
    symbol = strtoul(at + sizeof(begin) - 1, &end, 10);
    if (strncmp(end, middle, sizeof(middle) - 1) != 0)
        return false;
    x = strtod(end + sizeof(middle) - 1, &end);
    y = *end == ',' ? strtod(end + 1, &end) : -1;
    if (symbol >= N_SYMBOLS || !(x >= 0 && x < WIDTH && y >= 0 && y < HEIGHT))
        return false;
    byte = &points->seen[symbol][(unsigned)y][(unsigned)x / 8];
    bit = 1u << (unsigned)x % 8;
    if (*byte & bit)
        return true;
    *byte = (unsigned char)(*byte | bit);
    return false;
}

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
    struct points *points = calloc(1, sizeof(*points)); /* without memory all are put */

    while (*at) {
        const size_t n = before_name(at);

        if (*at == '<' && is_hidden(points, at)) {
            at += strcspn(at, "\n");
            at += *at == '\n';
            continue;
        }
        if (!n) {
            (void)fputc(*at++, out);
            continue;
        }
        (void)fwrite(at, 1, n, out);
        (void)fprintf(out, "%s-", id);
        at += n;
    }
    free(points);
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
