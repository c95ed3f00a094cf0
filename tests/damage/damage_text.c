/* SPDX-License-Identifier: BSD-2-Clause
 * damage_text.c - damages files of lines: records in text, and the kernel's text. */
#include "tests/damage/damage.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

/* Where some line begins; most often not the first one. */
static size_t pick_line(struct copy *c)
{
    size_t at = pick(c, c->n);

    while (at > 0 && c->bytes[at - 1] != '\n')
        at--;
    return at;
}

static size_t line_bytes(const struct copy *c, size_t at)
{
    const uint8_t *end = at < c->n ? memchr(c->bytes + at, '\n', c->n - at) : NULL;

    return end ? (size_t)(end - (c->bytes + at)) : c->n - at;
}

static void insert(struct copy *c, size_t at, const char *text)
{
    splice(c, at, 0, text, strlen(text));
}

/* A number of the text becomes one that does not fit, or is none. */
static void text_number(struct copy *c)
{
    static const char *const numbers[] = {
        "18446744073709551615",
        "18446744073709551616",
        "0xffffffffffffffff",
        "0x10000000000000000",
        "-9223372036854775808",
        "-9223372036854775809",
        "-1",
        "0x",
        "",
        "4294967296",
        "65536",
        "256",
        "99999999999999999999999999999999999999",
        "0x_",
        "1__0",
        "9T",
        "16777216T",
        "1e9",
        "0b1",
        "-",
        "--1",
        "+5",
        "2147483648",
        "0xg",
        "00000000000000000000000000000000000000000000000000000001"};
    const size_t start = pick(c, c->n);
    const char *text = numbers[pick(c, N_OF(numbers))];
    size_t at = start;
    size_t n = 0;

    while (at < c->n && !is_digit(c->bytes[at]))
        at++;
    while (at > 0 && c->bytes[at - 1] != ' ' && c->bytes[at - 1] != '=' && c->bytes[at - 1] != '@')
        at--;
    while (at + n < c->n && !strchr(" \n,=/.:", c->bytes[at + n]))
        n++;
    splice(c, at, n, text, strlen(text));
}

static void text_numbers(struct copy *c)
{
    for (unsigned i = 0; i < 8; i++)
        text_number(c);
}

static void long_line(struct copy *c)
{
    static const size_t lengths[] = {1000,   16383,  16384,  16385,  20000,
                                     262143, 262144, 262145, 2000000};
    static const char fills[] = "xx[  0=,\"$@*1#\\\x1b";
    const size_t n = lengths[pick(c, N_OF(lengths))];
    char *line = get_memory(n);

    memset(line, fills[pick(c, sizeof(fills) - 1)], n);
    if (pick(c, 2)) { /* a pattern rather than one character */
        const char *const patterns[] = {"a=", "[1] ", "0x1,", "\\x41", "->", "k=v ", "- "};
        const char *pattern = patterns[pick(c, N_OF(patterns))];

        for (size_t i = 0; i < n; i++)
            line[i] = pattern[i % strlen(pattern)];
    }
    splice(c, pick(c, 2) ? pick_line(c) : pick(c, c->n), 0, line, n);
    free(line);
}

static void strange_bytes(struct copy *c)
{
    /* U+202E, which turns the rest of a line around */
    static const char right_to_left[] = {(char)0xe2, (char)0x80, (char)0xae, 0};
    static const char *const strange[] = {
        "\x1b[2J\x1b]0;x\x07", "\xff\xfe\xfd", "\r",  "\t", "\x7f", "\xc3\x28", "%s%n%s%n",
        right_to_left,         "\b\b\b",       "\v\f"};

    for (size_t i = 0; i <= pick(c, 4); i++)
        insert(c, pick(c, c->n), strange[pick(c, N_OF(strange))]);
}

static void zero_bytes(struct copy *c)
{
    static const uint8_t zeros[64] = {0};
    static const char characters[] = "=: ,";
    const size_t n = 1 + pick(c, sizeof(zeros));
    size_t at = pick(c, c->n);

    if (pick(c, 2)) { /* inside a word that something compares with another */
        while (at < c->n && !memchr(characters, c->bytes[at], sizeof(characters) - 1))
            at++;
    }
    splice(c, at, pick(c, 2) ? 0 : pick(c, 4), zeros, n);
}

static void lines(struct copy *c)
{
    for (size_t i = 0; i <= pick(c, 8); i++) {
        const size_t from = pick_line(c);
        const size_t to = pick_line(c);
        const size_t n = line_bytes(c, from) + 1;

        if (pick(c, 2) && from + n <= c->n)
            splice(c, to, 0, c->bytes + from, n);
        else
            splice(c, from, n, NULL, 0);
    }
}

static void no_line_end(struct copy *c)
{
    const size_t at = pick_line(c);

    if (at > 0)
        splice(c, at - 1, 1, " ", pick(c, 2));
}

static void words(struct copy *c)
{
    size_t at = pick_line(c);
    const size_t n_line = line_bytes(c, at);
    const size_t n = 1 + pick(c, 24);
    const size_t from = at + pick(c, n_line);

    at += pick(c, n_line);
    if (from + n <= c->n)
        splice(c, at, pick(c, 12), c->bytes + from, n);
}

static void marks(struct copy *c)
{
    static const char characters[] = "=,*@/+->$\"#[]:.-0x \\";
    char text[40];
    const size_t n = 1 + pick(c, sizeof(text) - 1);

    for (size_t i = 0; i < n; i++)
        text[i] = characters[pick(c, sizeof(characters) - 1)];
    splice(c, pick(c, c->n), pick(c, n), text, n);
}

static void records_lines(struct copy *c)
{
    static const char *const hostile[] = {
        "@18446744073709551615 mark \"x\"\n@+1 mark \"y\"\n",
        "@+18446744073709551615/65535 mark \"\\x00\\xff\\x1b[2J\"\n",
        "memory PTE 0x0 0xfffffffffffffff8\n",
        "memory PTE 0xfffffffffffffff8 0x10\n",
        "memory QUEUE 0x8 0x7ffffffffffffff8\nfree QUEUE 0x0 0xffffffffffffffff\n",
        "store CMD 0xfffffffffffffff8 0x1 width=16\n",
        "store STE 0xffffffffffffffff 0x1 width=1\n",
        "event 0x0 255 0x0\nevent 0x0 0 0x0\n",
        "device 4294967295 \"\"\ndevice 4294967296 \"x\"\n",
        "wait queue 0xffffffffffffffff index=4294967295 ret=-2147483648\n",
        "dma 0x0 0xffffffffffffffff 4294967295 rw\n",
        "map 0 0xfffffffffffff000 0x0 0x2000\n",
        "let a = 0xffffffffffffffff\nstore STE $a+1 0x0\n",
        "let let = 1\nlet let = 2\n",
        "lost 18446744073709551615\nlost 18446744073709551615\n",
        "mark \"unclosed\nmark \"\\x4\"\n",
        "iommu 65535 vtd 0xffffffffffffffff 0xffffffffffffffff\n"};

    insert(c, pick_line(c), hostile[pick(c, N_OF(hostile))]);
}

static void many_symbols(struct copy *c)
{
    char *text = get_memory((size_t)64 * 2000);
    size_t n = 0;

    for (unsigned i = 0; i < 1020 + pick(c, 8); i++)
        n += (size_t)snprintf(text + n, 64, "let a%u = %u\n", i, i);
    insert(c, line_bytes(c, 0) + 1, text);
    free(text);
}

static void text_header(struct copy *c)
{
    static const char *const headers[] = {
        "iommusim-text/1 records ", "iommusim-text/1 litmus",
        "iommusim-text/1 scenario", "iommusim-text/2 records",
        "iommusim-text/1",          "iommusim-text/1 recordsrecords",
        "iommusim-text/1\trecords", "\xef\xbb\xbfiommusim-text/1 records"};
    const char *text = headers[pick(c, N_OF(headers))];

    splice(c, 0, line_bytes(c, 0), text, strlen(text));
}

static void many_words(struct copy *c)
{
    const char *const word = pick(c, 2) ? " 1" : ",1";
    const size_t at = pick_line(c);

    for (size_t i = 0; i < 60 + pick(c, 200); i++)
        insert(c, at + line_bytes(c, at), word);
}

const struct way record_ways[N_RECORD_WAYS] = {{"text_number", text_number},
                                               {"text_numbers", text_numbers},
                                               {"long_line", long_line},
                                               {"strange_bytes", strange_bytes},
                                               {"zero_bytes", zero_bytes},
                                               {"lines", lines},
                                               {"no_line_end", no_line_end},
                                               {"words", words},
                                               {"marks", marks},
                                               {"hostile", records_lines},
                                               {"many_symbols", many_symbols},
                                               {"header", text_header},
                                               {"many_words", many_words}};

/* A line of an event that says the impossible. */
static void ftrace_lines(struct copy *c)
{
    static const char *const hostile[] = {
        "x-1 [0] ..... 18446744073.0: mem_write: kind=STE pa=0xffffffffffffffff old=0x0 val=0x0\n",
        "x-1 [65535] ..... 1.0: table_alloc: kind=PTE pa=0x0 size=0xffffffffffffffff\n",
        "x-1 [65536] ..... 1.0: table_alloc: kind=PTE pa=0x0 size=0x1\n",
        "x-2147483648 [0] ..... 1.0: map: IOMMU\n",
        "x-1 [0] ..... 1.0: mmio_map: va=0xffffffffffffffff pa=0xffffffffffffffff size=0x20000\n",
        "x-1 [0] ..... 1.0: mmio_map: va=0x0 pa=0x0 size=0xe00\n",
        "x-1 [0] ..... 1.0: cmd: pa=0xfffffffffffffff0 n=4 dw=0x1,0x2,0x3,0x4\n",
        "x-1 [0] ..... 1.0: cmd: pa=0x10 n=4294967296 dw=0x1,0x2,0x3\n",
        "x-1 [0] ..... 1.0: evt: pa=0x10 n=18446744073709551615 dw=0x1,0x2,0x3,0x4\n",
        "x-1 [0] ..... 1.0: op_end: op=map dev=- domain=0x0 a=0x0 b=0x0 ret=-9223372036854775808\n",
        "x-1 [0] ..... 1.0: sync_end: queue=0x0 idx=18446744073709551615 ret=0x8000000000000000\n",
        "x-1 [0] ..... 1.0: rwmmio_write: f width=4294967295 val=0x0 addr=0x0\n",
        "x-1 [0] ..... 1.0: rwmmio_post_read: f width=64 val=0xffffffffffffffff addr=0x5\n",
        /* one input of two lines; NOLINTNEXTLINE(bugprone-suspicious-missing-comma) */
        "x-1 [0] ..... 1.0: mmio_map: va=0x1000 pa=0x1000 size=0xe00\n"
        "x-1 [0] ..... 1.0: rwmmio_post_read: f width=64 val=0x1 addr=0x1005\n",
        "x-1 [0] ..... 1.0: qi_submit: cc_inv dmar0: 0x11 0x0 0x0\n",
        "x-1 [0] ..... 1.0: \x1b[31m\xff\xfe: evil\n",
        "x-1 [0] ..... 1.0: io_page_fault: IOMMU: driver iova=0x0 flags=0x0\n",
        "CPU:99999 [LOST 1 EVENTS]\nCPU:1 [LOST 99999999999999999999 EVENTS]\n",
        "CPU:1 [LOST 18446744073709551615 EVENTS]\n# entries-written: 0/18446744073709551615 "
        "#P:99999\n",
        "x-1 [0] ..... 0.9999999999999999999999: map: x\n"};

    insert(c, pick_line(c), hostile[pick(c, N_OF(hostile))]);
}

/* More tasks, devices and names than a table holds, all of them with a poll that is open. */
static void many_tasks(struct copy *c)
{
    const size_t n_tasks = pick(c, 3) ? 5000 : 17000;
    char *text = get_memory(200 * n_tasks);
    size_t n = 0;

    n += (size_t)snprintf(text, 200,
                          "x-1 [0] ..... 1.0: mmio_map: va=0x1000 pa=0x1000 size=0xe00\n");
    for (size_t i = 1; i < n_tasks; i++) {
        n += (size_t)snprintf(
            text + n, 200,
            i % 3 ? "x-%zu [0] ..... 1.0: rwmmio_post_read: f width=32 val=0x0 addr=0x1004\n"
                  : "x-%zu [0] ..... 1.0: strange_event_%zu: x\n",
            i, i);
    }
    insert(c, 0, text);
    free(text);
}

static void many_devices(struct copy *c)
{
    char *text = get_memory((size_t)120 * 17000);
    size_t n = 0;

    for (size_t i = 0; i < 16380 + pick(c, 10); i++)
        n += (size_t)snprintf(
            text + n, 120,
            "x-1 [0] ..... 1.0: add_device_to_group: IOMMU: groupID=%zu device=d%zu\n", i, i);
    insert(c, pick_line(c), text);
    free(text);
}

const struct way ftrace_ways[N_FTRACE_WAYS] = {{"text_number", text_number},
                                               {"text_numbers", text_numbers},
                                               {"long_line", long_line},
                                               {"strange_bytes", strange_bytes},
                                               {"zero_bytes", zero_bytes},
                                               {"lines", lines},
                                               {"no_line_end", no_line_end},
                                               {"words", words},
                                               {"marks", marks},
                                               {"hostile", ftrace_lines},
                                               {"many_tasks", many_tasks},
                                               {"many_devices", many_devices}};
