/* SPDX-License-Identifier: BSD-2-Clause
 * html.h - text as HTML.
 * Knows: what must be escaped. Must not know: results. */
#ifndef CLI_REPORT_HTML_H
#define CLI_REPORT_HTML_H

#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * html_text - @text so that it is text between tags and in quoted attributes, whatever is in it.
 * What is no UTF-8, control characters, and those that turn the direction of writing become
 * U+FFFD; line ends and tabs stay.
 */
void html_text(FILE *out, const char *text);

/** html - markup with %s for text, which is escaped, and %% ; no other conversion. */
void html(FILE *out, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#ifdef __cplusplus
}
#endif
#endif
