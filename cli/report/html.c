/* SPDX-License-Identifier: BSD-2-Clause
 * html.c - escapes text for HTML. */
#include "cli/report/html.h"

#include "sim/diag.h"

#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#define REPLACEMENT "\xef\xbf\xbd" /* U+FFFD */

/* Length of the UTF-8 sequence that begins at @s, 0 if there is none; @code: what it says. */
static size_t decode(const unsigned char *s, uint32_t *code)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    const size_t n = s[0] < 0x80 ? 1 : (s[0] & 0xe0) == 0xc0 ? 2 : (s[0] & 0xf0) == 0xe0 ? 3 : 4;

    if (s[0] >= 0xf8 || (s[0] & 0xc0) == 0x80)
        return 0;
    *code = n == 1 ? s[0] : s[0] & (0x7fu >> n);
    for (size_t i = 1; i < n; i++) {
        if ((s[i] & 0xc0) != 0x80)
            return 0;
        *code = *code << 6 | (s[i] & 0x3fu);
    }
    return *code < least[n] || *code > 0x10ffff || (*code >= 0xd800 && *code < 0xe000) ? 0 : n;
}

static int is_shown(uint32_t code)
{
    if (code < 0x20)
        return code == '\n' || code == '\t';
    if (code >= 0x7f && code < 0xa0)
        return 0;
    if (code == 0x61c || code == 0x200e || code == 0x200f || code == 0xfeff)
        return 0;
    if ((code & 0xfffe) == 0xfffe || (code >= 0xfdd0 && code < 0xfdf0))
        return 0;
    return !((code >= 0x2028 && code <= 0x202e) || (code >= 0x2060 && code <= 0x206f));
}

static const char *entity(char c)
{
    switch (c) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    default:
        return NULL;
    }
}

void html_text(FILE *out, const char *text)
{
    while (*text) {
        uint32_t code = 0;
        const size_t n = decode((const unsigned char *)text, &code);
        const char *escaped = entity(*text);

        if (escaped)
            (void)fputs(escaped, out);
        else if (n == 0 || !is_shown(code))
            (void)fputs(REPLACEMENT, out);
        else
            (void)fwrite(text, 1, n, out);
        text += n ? n : 1;
    }
}

void html(FILE *out, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    for (; *fmt; fmt++) {
        if (*fmt != '%') {
            (void)fputc(*fmt, out);
            continue;
        }
        fmt++;
        SIM_BUG_ON(*fmt != 's' && *fmt != '%');
        if (*fmt == '%')
            (void)fputc('%', out);
        else
            /* NOLINTNEXTLINE(clang-analyzer-valist.Uninitialized): wrong where files are many */
            html_text(out, va_arg(args, const char *));
    }
    va_end(args);
}
