/* SPDX-License-Identifier: BSD-2-Clause
 * mem.c - sparse physical memory: an open hash of pages.
 * Knows: pages, bytes, which bytes were ever written. Must not know: what they mean, who asks. */
#include "sim/diag.h"
#include "sim/mem_private.h"

#include <stdlib.h>
#include <string.h>

#define MIN_LINES 64u /* power of two */

/* A piece of a range that lies in one page. */
struct piece {
    uint64_t tag;
    uint32_t offset;
    uint32_t n_bytes;
};

static uint64_t load_le64(const uint8_t *bytes)
{
    uint64_t value = 0;

    for (uint32_t i = 0; i < WORD_BYTES; i++)
        value |= (uint64_t)bytes[i] << (8 * i);
    return value;
}

static void store_le64(uint8_t *bytes, uint64_t value)
{
    for (uint32_t i = 0; i < WORD_BYTES; i++)
        bytes[i] = (uint8_t)(value >> (8 * i));
}

static bool wraps(uint64_t pa, uint64_t n_bytes)
{
    return n_bytes && pa + (n_bytes - 1) < pa;
}

static struct piece piece_at(uint64_t pa, uint64_t n_bytes)
{
    const uint32_t offset = (uint32_t)pa & PAGE_OFFSET_MASK;
    const uint32_t room = PAGE_BYTES - offset;

    return (struct piece){tag_of(pa), offset, n_bytes < room ? (uint32_t)n_bytes : room};
}

/* For the journal: the pages of a range are about to change. */
static inline int save_range(struct sim_mem *mem, uint64_t pa, uint64_t n_bytes, bool absent_too)
{
    if (!mem->journal.is_open)
        return 0;
    return sim_mem_journal_save(mem, tag_of(pa), tag_of(pa + (n_bytes - 1)), absent_too);
}

/* ---- the index ---- */

static void put_page(struct page *lines, uint64_t n_lines, const struct page *page)
{
    uint64_t line = line_of(page->tag, n_lines);

    while (lines[line].tag)
        line = (line + 1) & (n_lines - 1);
    lines[line] = *page;
}

void sim_mem_insert_page(struct sim_mem *mem, const struct page *page)
{
    put_page(mem->lines, mem->n_lines, page);
    mem->n_pages++;
    mem->n_data += page->data != NULL;
}

/* Close the gap that @page leaves: move up whoever would not be found past it. */
void sim_mem_remove_page(struct sim_mem *mem, struct page *page)
{
    const uint64_t mask = mem->n_lines - 1;
    uint64_t gap = (uint64_t)(page - mem->lines);
    uint64_t line = gap;

    if (page->data)
        mem->n_data--;
    free(page->data);
    mem->n_pages--;
    for (;;) {
        line = (line + 1) & mask;
        if (!mem->lines[line].tag)
            break;
        if (((line - line_of(mem->lines[line].tag, mem->n_lines)) & mask) >=
            ((line - gap) & mask)) {
            mem->lines[gap] = mem->lines[line];
            gap = line;
        }
    }
    mem->lines[gap] = (struct page){0};
}

static uint64_t lines_for(const struct sim_mem *mem, uint64_t n_pages)
{
    uint64_t n_lines = mem->n_lines ? mem->n_lines : MIN_LINES;

    while (n_pages > n_lines / 4 * 3)
        n_lines *= 2;
    return n_lines;
}

static int grow_index(struct sim_mem *mem, uint64_t n_lines)
{
    struct page *lines;

    if (n_lines == mem->n_lines)
        return 0;
    lines = calloc(n_lines, sizeof(*lines));
    if (!lines)
        return SIM_ENOMEM;
    for (uint64_t i = 0; i < mem->n_lines; i++) {
        if (mem->lines[i].tag)
            put_page(lines, n_lines, &mem->lines[i]);
    }
    free(mem->lines);
    mem->lines = lines;
    mem->n_lines = n_lines;
    return 0;
}

/* Room for more, within the limit; changes nothing that anybody can read. */
static int reserve(struct sim_mem *mem, uint64_t n_new_pages, uint64_t n_new_data)
{
    const uint64_t n_lines = lines_for(mem, mem->n_pages + n_new_pages);
    const uint64_t n_data = mem->n_data + n_new_data;

    if (n_new_pages + n_new_data == 0)
        return 0;
    if (n_lines > mem->max_bytes / sizeof(struct page) ||
        n_data > (mem->max_bytes - n_lines * sizeof(struct page)) / sizeof(struct page_data))
        return SIM_ENOMEM;
    return grow_index(mem, n_lines);
}

/* ---- one page ---- */

/* Whether [offset, offset + n_bytes) of the fill pattern is the same as @data. */
static bool fill_equals(const struct page *page, uint32_t offset, const uint8_t *data,
                        uint32_t n_bytes)
{
    for (uint32_t i = 0; i < n_bytes; i++) {
        if (data[i] != (uint8_t)(page->fill >> (8 * ((offset + i) % WORD_BYTES))))
            return false;
    }
    return true;
}

/* Give a filled page bytes of its own. The caller has reserved room. */
static int back_page(struct sim_mem *mem, struct page *page)
{
    struct page_data *data;

    if (page->data)
        return 0;
    data = malloc(sizeof(*data));
    if (!data)
        return SIM_ENOMEM;
    for (uint32_t i = 0; i < PAGE_BYTES; i += WORD_BYTES)
        store_le64(&data->bytes[i], page->fill);
    memset(data->known, 0xff, sizeof(data->known));
    page->data = data;
    mem->n_data++;
    return 0;
}

/* A page with bytes of its own, new and unknown if there was none; nothing that anybody can read
 * changes. The caller has reserved room. */
static int open_page(struct sim_mem *mem, uint64_t tag)
{
    struct page fresh = {.tag = tag};
    struct page *page = find_page(mem, tag);

    if (page)
        return back_page(mem, page);
    fresh.data = calloc(1, sizeof(*fresh.data));
    if (!fresh.data)
        return SIM_ENOMEM;
    sim_mem_insert_page(mem, &fresh);
    return 0;
}

static void set_known(struct page_data *data, uint32_t offset, uint32_t n_bytes, bool known)
{
    const uint32_t end = offset + n_bytes;

    while (offset < end) {
        if (offset % 8 == 0 && end - offset >= 8) {
            const uint32_t whole = (end - offset) / 8;

            memset(&data->known[offset / 8], known ? 0xff : 0, whole);
            offset += whole * 8;
            continue;
        }
        if (known)
            data->known[offset / 8] |= (uint8_t)(1u << offset % 8);
        else
            data->known[offset / 8] &= (uint8_t) ~(1u << offset % 8);
        offset++;
    }
}

static bool all_known(const struct page_data *data, uint32_t offset, uint32_t n_bytes)
{
    const uint32_t end = offset + n_bytes;

    while (offset < end) {
        if (offset % 8 == 0 && end - offset >= 8 && data->known[offset / 8] == 0xff) {
            offset += 8;
            continue;
        }
        if (!(data->known[offset / 8] >> offset % 8 & 1))
            return false;
        offset++;
    }
    return true;
}

static bool none_known(const struct page_data *data)
{
    for (uint32_t i = 0; i < sizeof(data->known); i++) {
        if (data->known[i])
            return false;
    }
    return true;
}

/* ---- public ---- */

struct sim_mem *sim_mem_new(uint64_t max_bytes)
{
    struct sim_mem *mem = calloc(1, sizeof(*mem));

    if (mem)
        mem->max_bytes = max_bytes;
    return mem;
}

void sim_mem_free(struct sim_mem *mem)
{
    if (!mem)
        return;
    for (uint64_t i = 0; i < mem->n_lines; i++)
        free(mem->lines[i].data);
    sim_mem_journal_free(mem);
    free(mem->lines);
    free(mem);
}

static void read_piece(const struct page *page, const struct piece *piece, uint8_t *out)
{
    if (!page) {
        memset(out, 0, piece->n_bytes);
    } else if (page->data) {
        memcpy(out, &page->data->bytes[piece->offset], piece->n_bytes);
    } else {
        for (uint32_t i = 0; i < piece->n_bytes; i++)
            out[i] = (uint8_t)(page->fill >> (8 * ((piece->offset + i) % WORD_BYTES)));
    }
}

void sim_mem_read(const struct sim_mem *mem, uint64_t pa, void *data, size_t n_bytes)
{
    uint8_t *out = data;

    while (n_bytes) {
        const struct piece piece = piece_at(pa, n_bytes);

        read_piece(find_page(mem, piece.tag), &piece, out);
        out += piece.n_bytes;
        n_bytes -= piece.n_bytes;
        pa += piece.n_bytes;
        if (!pa) {
            memset(out, 0, n_bytes);
            return;
        }
    }
}

static bool writes_bytes(const struct page *page, const struct piece *piece, const uint8_t *data)
{
    return !page || page->data || !fill_equals(page, piece->offset, data, piece->n_bytes);
}

/* Count what a write needs, then take it all: what comes after cannot fail. */
static int prepare_write(struct sim_mem *mem, uint64_t pa, const uint8_t *data, uint64_t n_bytes)
{
    uint64_t n_pages = 0, n_data = 0;
    struct piece piece;
    int error;

    for (uint64_t at = 0; at < n_bytes; at += piece.n_bytes) {
        const struct page *page;

        piece = piece_at(pa + at, n_bytes - at);
        page = find_page(mem, piece.tag);
        n_pages += !page;
        n_data += !page || (!page->data && writes_bytes(page, &piece, data + at));
    }
    error = reserve(mem, n_pages, n_data);
    if (!error)
        error = save_range(mem, pa, n_bytes, true);
    for (uint64_t at = 0; at < n_bytes && !error && n_data; at += piece.n_bytes) {
        piece = piece_at(pa + at, n_bytes - at);
        if (writes_bytes(find_page(mem, piece.tag), &piece, data + at))
            error = open_page(mem, piece.tag);
    }
    return error;
}

int sim_mem_write(struct sim_mem *mem, uint64_t pa, const void *data, size_t n_bytes)
{
    const uint8_t *in = data;
    struct piece piece;
    int error;

    if (wraps(pa, n_bytes))
        return SIM_ERANGE;
    if (!n_bytes)
        return 0;
    error = prepare_write(mem, pa, in, n_bytes);
    if (error)
        return error;
    for (uint64_t at = 0; at < n_bytes; at += piece.n_bytes) {
        struct page *page;

        piece = piece_at(pa + at, n_bytes - at);
        page = find_page(mem, piece.tag);
        if (!page->data)
            continue; /* the fill pattern already says it */
        memcpy(&page->data->bytes[piece.offset], in + at, piece.n_bytes);
        set_known(page->data, piece.offset, piece.n_bytes, true);
    }
    return 0;
}

uint64_t sim_mem_read64(const struct sim_mem *mem, uint64_t pa)
{
    const uint32_t offset = (uint32_t)pa & PAGE_OFFSET_MASK;
    uint8_t bytes[WORD_BYTES];
    const struct page *page;

    if (pa % WORD_BYTES) {
        sim_mem_read(mem, pa, bytes, sizeof(bytes));
        return load_le64(bytes);
    }
    page = find_page(mem, tag_of(pa));
    if (!page)
        return 0;
    return page->data ? load_le64(&page->data->bytes[offset]) : page->fill;
}

int sim_mem_write64(struct sim_mem *mem, uint64_t pa, uint64_t value)
{
    struct page *page = pa % WORD_BYTES ? NULL : find_page(mem, tag_of(pa));
    const uint32_t offset = (uint32_t)pa & PAGE_OFFSET_MASK;
    uint8_t bytes[WORD_BYTES];

    if (page && page->data && !mem->journal.is_open) {
        store_le64(&page->data->bytes[offset], value);
        page->data->known[offset / 8] = 0xff;
        return 0;
    }
    store_le64(bytes, value);
    return sim_mem_write(mem, pa, bytes, sizeof(bytes));
}

/* Does a fill of @piece need bytes of its own, as a whole page never does? */
static bool fills_bytes(const struct page *page, const struct piece *piece, uint64_t value)
{
    return piece->n_bytes < PAGE_BYTES && (!page || page->data || page->fill != value);
}

static int prepare_fill(struct sim_mem *mem, uint64_t pa, uint64_t n_bytes, uint64_t value)
{
    uint64_t n_pages = 0, n_data = 0;
    struct piece piece;
    int error;

    /* Every page takes a line: what can never fit is not even counted. */
    if (n_bytes >> PAGE_LOG2 > mem->max_bytes / sizeof(struct page))
        return SIM_ENOMEM;
    for (uint64_t at = 0; at < n_bytes; at += piece.n_bytes) {
        const struct page *page;

        piece = piece_at(pa + at, n_bytes - at);
        page = find_page(mem, piece.tag);
        n_pages += !page;
        n_data += (!page || !page->data) && fills_bytes(page, &piece, value);
    }
    error = reserve(mem, n_pages, n_data);
    if (!error && n_bytes)
        error = save_range(mem, pa, n_bytes, true);
    for (uint64_t at = 0; at < n_bytes && !error && n_data; at += piece.n_bytes) {
        piece = piece_at(pa + at, n_bytes - at);
        if (fills_bytes(find_page(mem, piece.tag), &piece, value))
            error = open_page(mem, piece.tag);
    }
    return error;
}

static void fill_page(struct sim_mem *mem, uint64_t tag, uint64_t value)
{
    const struct page fresh = {.tag = tag, .fill = value};
    struct page *page = find_page(mem, tag);

    if (!page) {
        sim_mem_insert_page(mem, &fresh);
        return;
    }
    if (page->data)
        mem->n_data--;
    free(page->data);
    *page = fresh;
}

static void fill_piece(struct page *page, const struct piece *piece, uint64_t value)
{
    if (!page->data)
        return; /* the fill pattern already says it */
    for (uint32_t i = 0; i < piece->n_bytes; i += WORD_BYTES)
        store_le64(&page->data->bytes[piece->offset + i], value);
    set_known(page->data, piece->offset, piece->n_bytes, true);
}

int sim_mem_fill64(struct sim_mem *mem, uint64_t pa, uint64_t n_bytes, uint64_t value)
{
    struct piece piece;
    int error;

    if (pa % WORD_BYTES || n_bytes % WORD_BYTES)
        return SIM_EINVAL;
    if (wraps(pa, n_bytes))
        return SIM_ERANGE;
    error = prepare_fill(mem, pa, n_bytes, value);
    if (error)
        return error;
    for (uint64_t at = 0; at < n_bytes; at += piece.n_bytes) {
        piece = piece_at(pa + at, n_bytes - at);
        if (piece.n_bytes == PAGE_BYTES)
            fill_page(mem, piece.tag, value);
        else
            fill_piece(find_page(mem, piece.tag), &piece, value);
    }
    return 0;
}

/* Forget the pages [first, last] by walking the index: the range may be far longer than it. */
static void forget_pages(struct sim_mem *mem, uint64_t first_tag, uint64_t last_tag)
{
    uint64_t line = 0;

    while (line < mem->n_lines) {
        struct page *page = &mem->lines[line];

        /* A removal may move another page into this line: look at it again. A page that moves
         * from the start to the end of the array was looked at before and stays. */
        if (page->tag && page->tag >= first_tag && page->tag <= last_tag)
            sim_mem_remove_page(mem, page);
        else
            line++;
    }
}

static void forget_piece(struct sim_mem *mem, const struct piece *piece)
{
    struct page *page = find_page(mem, piece->tag);

    if (!page)
        return;
    if (piece->n_bytes == PAGE_BYTES) {
        sim_mem_remove_page(mem, page);
        return;
    }
    memset(&page->data->bytes[piece->offset], 0, piece->n_bytes);
    set_known(page->data, piece->offset, piece->n_bytes, false);
    if (none_known(page->data))
        sim_mem_remove_page(mem, page);
}

/* The first and the last page of a range to forget, if filled and cut, need bytes of their own. */
static int prepare_forget(struct sim_mem *mem, const struct piece *piece)
{
    struct page *page = find_page(mem, piece->tag);
    int error;

    if (!page || page->data || piece->n_bytes == PAGE_BYTES)
        return 0;
    error = reserve(mem, 0, 1);
    return error ? error : back_page(mem, find_page(mem, piece->tag));
}

int sim_mem_forget(struct sim_mem *mem, uint64_t pa, uint64_t n_bytes)
{
    struct piece head, tail;
    int error;

    if (wraps(pa, n_bytes))
        return SIM_ERANGE;
    if (!n_bytes)
        return 0;
    head = piece_at(pa, n_bytes);
    tail.tag = tag_of(pa + (n_bytes - 1));
    tail.offset = 0;
    tail.n_bytes = ((uint32_t)(pa + (n_bytes - 1)) & PAGE_OFFSET_MASK) + 1;
    error = save_range(mem, pa, n_bytes, false);
    if (!error)
        error = prepare_forget(mem, &head);
    if (!error && tail.tag != head.tag)
        error = prepare_forget(mem, &tail);
    if (error)
        return error;
    forget_piece(mem, &head);
    if (tail.tag == head.tag)
        return 0;
    forget_piece(mem, &tail);
    if (tail.tag - head.tag > mem->n_lines) {
        forget_pages(mem, head.tag + 1, tail.tag - 1);
        return 0;
    }
    for (uint64_t tag = head.tag + 1; tag < tail.tag; tag++) {
        const struct piece whole = {tag, 0, PAGE_BYTES};

        forget_piece(mem, &whole);
    }
    return 0;
}

bool sim_mem_is_known(const struct sim_mem *mem, uint64_t pa, uint64_t n_bytes)
{
    if (wraps(pa, n_bytes))
        return false;
    while (n_bytes) {
        const struct piece piece = piece_at(pa, n_bytes);
        const struct page *page = find_page(mem, piece.tag);

        if (!page || (page->data && !all_known(page->data, piece.offset, piece.n_bytes)))
            return false;
        n_bytes -= piece.n_bytes;
        pa += piece.n_bytes;
    }
    return true;
}

uint64_t sim_mem_backing_bytes(const struct sim_mem *mem)
{
    return mem->n_lines * sizeof(struct page) + mem->n_data * sizeof(struct page_data);
}
