/* SPDX-License-Identifier: BSD-2-Clause
 * make_tracedat.c - writes a synthetic trace.dat (version 6) of any length, for tests and benches.
 * Knows: the file format and the ring buffer's pages. Must not know: the importer.
 *
 * Usage: make_tracedat FILE N_EVENTS [N_CPUS]
 * The events are those of a driver that maps pages, invalidates and waits; each task stays on its
 * CPU. The same arguments give the same bytes. */
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PAGE_BYTES 4096u
#define PAGE_HEADER_BYTES 16u
#define MAX_CPUS 64u
#define MAX_RECORD_BYTES 96u

#define COMMON                                                                                     \
    "format:\n"                                                                                    \
    "\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;\n"                         \
    "\tfield:unsigned char common_flags;\toffset:2;\tsize:1;\tsigned:0;\n"                         \
    "\tfield:unsigned char common_preempt_count;\toffset:3;\tsize:1;\tsigned:0;\n"                 \
    "\tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;\n\n"
#define U64(name, offset) "\tfield:u64 " name ";\toffset:" offset ";\tsize:8;\tsigned:0;\n"
#define KINDS "__print_symbolic(REC->kind, { 0, \"STE\" }, { 2, \"CD\" }, { 4, \"LPAE_PTE\" })"
#define OPS "__print_symbolic(REC->op, { 6, \"drv_attach\" }, { 7, \"map\" }, { 8, \"unmap\" })"
#define OP_FIELDS                                                                                  \
    U64("domain", "8")                                                                             \
    U64("a", "16")                                                                                 \
    U64("b", "24")                                                                                 \
    "\tfield:int ret;\toffset:32;\tsize:4;\tsigned:1;\n"                                           \
    "\tfield:u8 op;\toffset:36;\tsize:1;\tsigned:0;\n"                                             \
    "\tfield:__data_loc char[] dev;\toffset:40;\tsize:4;\tsigned:0;\n\nprint fmt: "                \
    "\"op=%s\", " OPS "\n"
#define MMIO_FIELDS                                                                                \
    U64("caller", "8")                                                                             \
    U64("caller0", "16")                                                                           \
    U64("addr", "24")                                                                              \
    U64("val", "32")                                                                               \
    "\tfield:u8 width;\toffset:40;\tsize:1;\tsigned:0;\n\n"                                        \
    "print fmt: \"width=%d\", REC->width\n"

enum id {
    ID_MMIO_MAP = 100,
    ID_MEM_WRITE,
    ID_CMD,
    ID_SYNC_BEGIN,
    ID_SYNC_END,
    ID_OP_BEGIN,
    ID_OP_END,
    ID_MAP,
    ID_WRITE,
    ID_POST_WRITE,
};

struct format {
    const char *name;
    int id;
    const char *text;
};

static const struct format iommu_hw[] = {
    {"mmio_map", ID_MMIO_MAP,
     U64("va", "8") U64("pa", "16") U64("size", "24") "\nprint fmt: \"va=%llx\", REC->va\n"},
    {"mem_write", ID_MEM_WRITE,
     U64("pa", "8") U64("old", "16") U64(
         "val",
         "24") "\tfield:u8 kind;\toffset:32;\tsize:1;\tsigned:0;\n\nprint fmt: \"kind=%s\", " KINDS
               "\n"},
    {"cmd", ID_CMD,
     U64("pa", "8") "\tfield:u64 dw[4];\toffset:16;\tsize:32;\tsigned:0;\n"
                    "\tfield:u8 n;\toffset:48;\tsize:1;\tsigned:0;\n\nprint fmt: \"%d\", REC->n\n"},
    {"sync_begin", ID_SYNC_BEGIN,
     U64("base", "8") "\tfield:u32 idx;\toffset:16;\tsize:4;\tsigned:0;\n\nprint fmt: \"%d\", "
                      "REC->idx\n"},
    {"sync_end", ID_SYNC_END,
     U64("base", "8") "\tfield:u32 idx;\toffset:16;\tsize:4;\tsigned:0;\n"
                      "\tfield:int ret;\toffset:20;\tsize:4;\tsigned:1;\n\nprint fmt: \"%d\", "
                      "REC->idx\n"},
    {"op_begin", ID_OP_BEGIN, OP_FIELDS},
    {"op_end", ID_OP_END, OP_FIELDS},
};
static const struct format iommu[] = {{"map", ID_MAP,
                                       U64("iova", "8") U64("paddr", "16")
                                           U64("size", "24") "\nprint fmt: \"%llx\", REC->iova\n"}};
static const struct format rwmmio[] = {{"rwmmio_write", ID_WRITE, MMIO_FIELDS},
                                       {"rwmmio_post_write", ID_POST_WRITE, MMIO_FIELDS}};

/* One CPU's pages, to a temporary file of its own. */
struct cpu {
    FILE *pages;
    uint64_t n_bytes;
    uint64_t page_ns; /* time of the last event on the page, or of the page */
    uint32_t n_used;
    uint8_t page[PAGE_BYTES];
};

static void die(const char *what)
{
    perror(what);
    exit(1);
}

static void put(FILE *out, const void *bytes, size_t n_bytes)
{
    if (fwrite(bytes, 1, n_bytes, out) != n_bytes)
        die("write");
}

static void put_number(FILE *out, uint64_t value, size_t n_bytes)
{
    put(out, &value, n_bytes); /* little-endian machines only, as the format byte says */
}

static void put_sized(FILE *out, const char *text)
{
    put_number(out, strlen(text), 8);
    put(out, text, strlen(text));
}

static void put_system(FILE *out, const char *name, const struct format *formats, size_t n)
{
    put(out, name, strlen(name) + 1);
    put_number(out, n, 4);
    for (size_t i = 0; i < n; i++) {
        char text[4096];

        (void)snprintf(text, sizeof(text), "name: %s\nID: %d\n" COMMON "%s", formats[i].name,
                       formats[i].id, formats[i].text);
        put_sized(out, text);
    }
}

static void put_headers(FILE *out, unsigned n_cpus)
{
    static const char page[] = "\tfield: u64 timestamp;\toffset:0;\tsize:8;\tsigned:0;\n"
                               "\tfield: local_t commit;\toffset:8;\tsize:8;\tsigned:1;\n"
                               "\tfield: int overwrite;\toffset:8;\tsize:1;\tsigned:1;\n"
                               "\tfield: char data;\toffset:16;\tsize:4080;\tsigned:1;\n";
    static const char event[] = "# compressed entry header\n"
                                "\ttype_len    :    5 bits\n\ttime_delta  :   27 bits\n"
                                "\tarray       :   32 bits\n\n\tpadding     : type == 29\n"
                                "\ttime_extend : type == 30\n\ttime_stamp : type == 31\n"
                                "\tdata max type_len  == 28\n";

    put(out, "\x17\x08\x44tracing6\0\0\x08", 14);
    put_number(out, PAGE_BYTES, 4);
    put(out, "header_page", 12);
    put_sized(out, page);
    put(out, "header_event", 13);
    put_sized(out, event);
    put_number(out, 0, 4); /* ftrace's own events */
    put_number(out, 3, 4); /* systems */
    put_system(out, "iommu_hw", iommu_hw, sizeof(iommu_hw) / sizeof(iommu_hw[0]));
    put_system(out, "iommu", iommu, sizeof(iommu) / sizeof(iommu[0]));
    put_system(out, "rwmmio", rwmmio, sizeof(rwmmio) / sizeof(rwmmio[0]));
    put_number(out, 0, 4); /* kallsyms */
    put_number(out, 0, 4); /* printk */
    put_number(out, 0, 8); /* command lines */
    put_number(out, n_cpus, 4);
    put(out, "options  ", 10);
    put_number(out, 0, 2);
    put(out, "flyrecord", 10);
}

static void flush_page(struct cpu *cpu)
{
    const uint64_t n_data = cpu->n_used - PAGE_HEADER_BYTES;

    if (n_data == 0)
        return;
    memcpy(cpu->page + 8, &n_data, 8);
    memset(cpu->page + cpu->n_used, 0, PAGE_BYTES - cpu->n_used);
    put(cpu->pages, cpu->page, PAGE_BYTES);
    cpu->n_bytes += PAGE_BYTES;
    cpu->n_used = PAGE_HEADER_BYTES;
}

static void emit(struct cpu *cpu, uint64_t time_ns, const uint8_t *record, uint32_t n_bytes)
{
    const uint32_t n_words = (n_bytes + 3) / 4;
    uint32_t header;

    if (cpu->n_used + 4 + 4 * n_words > PAGE_BYTES)
        flush_page(cpu);
    if (cpu->n_used == PAGE_HEADER_BYTES) {
        memcpy(cpu->page, &time_ns, 8);
        cpu->page_ns = time_ns;
    }
    header = n_words | (uint32_t)(time_ns - cpu->page_ns) << 5;
    memcpy(cpu->page + cpu->n_used, &header, 4);
    memcpy(cpu->page + cpu->n_used + 4, record, 4UL * n_words);
    cpu->n_used += 4 + 4 * n_words;
    cpu->page_ns = time_ns;
}

struct writer {
    unsigned n_cpus;
    unsigned cpu; /* the one that acts */
    uint64_t time_ns;
    uint64_t n_left;
    struct cpu cpus[MAX_CPUS];
};

/* One event on a CPU; values are 64-bit words from offset 8 on. False: enough. */
static bool event(struct writer *w, enum id id, const uint64_t *values, size_t n,
                  const uint8_t *tail, size_t n_tail)
{
    uint8_t record[MAX_RECORD_BYTES] = {0};
    const uint16_t type = (uint16_t)id;
    const int32_t pid = 1000 + (int32_t)w->cpu;

    if (w->n_left == 0)
        return false;
    w->n_left--;
    memcpy(record, &type, 2);
    memcpy(record + 4, &pid, 4);
    memcpy(record + 8, values, 8 * n);
    if (n_tail)
        memcpy(record + 8 + 8 * n, tail, n_tail);
    emit(&w->cpus[w->cpu], w->time_ns, record, (uint32_t)(8 + 8 * n + n_tail));
    w->time_ns += 250;
    return true;
}

static bool op_event(struct writer *w, enum id id, uint64_t iova)
{
    const uint64_t values[3] = {0xffff000000100000 + w->cpu, iova, 0x8000};
    uint8_t tail[14] = {0, 0, 0, 0, 7, 0, 0, 0, 44, 0, 2, 0, '-', 0};

    return event(w, id, values, 3, tail, sizeof(tail));
}

static bool mmio_event(struct writer *w, enum id id, uint64_t offset, uint64_t value)
{
    const uint64_t values[4] = {0xffff800080000000, 0xffff800080001000, 0xffff800080500000 + offset,
                                value};
    const uint8_t width = 32;

    return event(w, id, values, 4, &width, 1);
}

/* Map eight pages, invalidate, wait: 18 events. */
static bool round_of_events(struct writer *w, uint64_t number)
{
    static const uint8_t pte = 4;
    static const uint8_t n_words = 2;
    const uint64_t iova = number << 15;
    const uint64_t slot = 0x41400000 + 16 * (2 * number % 0x40000);
    const uint64_t map[3] = {iova, 0x100000000 + iova, 0x8000};
    const uint64_t tlbi[5] = {slot, 0x12 | number << 48, iova, 0, 0};
    const uint64_t sync[5] = {slot + 16, 0x46, 0, 0, 0};
    const uint64_t queue[2] = {0x41400000, 2 * number % 0x40000 + 1};
    bool more = op_event(w, ID_OP_BEGIN, iova);

    for (uint64_t i = 0; more && i < 8; i++) {
        const uint64_t write[3] = {0x50000000 + (number * 8 + i) % 0x200000 * 8, 0,
                                   (0x100000000 + iova + i * 4096) | 0x747};

        more = event(w, ID_MEM_WRITE, write, 3, &pte, 1);
    }
    return more && event(w, ID_MAP, map, 3, NULL, 0) && op_event(w, ID_OP_END, iova) &&
           event(w, ID_CMD, tlbi, 5, &n_words, 1) && event(w, ID_CMD, sync, 5, &n_words, 1) &&
           mmio_event(w, ID_WRITE, 0x98, 2 * number + 2) &&
           mmio_event(w, ID_POST_WRITE, 0x98, 2 * number + 2) &&
           event(w, ID_SYNC_BEGIN, queue, 1, (const uint8_t *)&queue[1], 4) &&
           event(w, ID_SYNC_END, queue, 1, (const uint8_t *)&queue[1], 8);
}

static void copy_pages(FILE *out, FILE *pages)
{
    char block[1 << 16];
    size_t n;

    rewind(pages);
    while ((n = fread(block, 1, sizeof(block), pages)) > 0)
        put(out, block, n);
}

static void put_data(FILE *out, struct writer *w)
{
    const long n_header = ftell(out) + 16L * w->n_cpus;
    uint64_t offset = ((uint64_t)n_header + PAGE_BYTES - 1) / PAGE_BYTES * PAGE_BYTES;

    for (unsigned i = 0; i < w->n_cpus; i++) {
        put_number(out, offset, 8);
        put_number(out, w->cpus[i].n_bytes, 8);
        offset += w->cpus[i].n_bytes;
    }
    while (ftell(out) % PAGE_BYTES)
        put_number(out, 0, 1);
    for (unsigned i = 0; i < w->n_cpus; i++)
        copy_pages(out, w->cpus[i].pages);
}

int main(int argc, char **argv)
{
    static const uint64_t frame[3] = {0xffff800080500000, 0x9050000, 0xe00};
    const unsigned n_cpus = argc > 3 ? (unsigned)strtoul(argv[3], NULL, 0) : 1;
    struct writer *w = calloc(1, sizeof(*w));
    FILE *out = argc > 2 ? fopen(argv[1], "wb") : NULL;
    bool more;

    if (!out || !w || n_cpus == 0 || n_cpus > MAX_CPUS) {
        (void)fprintf(stderr, "Usage: make_tracedat FILE N_EVENTS [N_CPUS]\n");
        free(w);
        return 2;
    }
    w->n_left = strtoull(argv[2], NULL, 0);
    w->n_cpus = n_cpus;
    w->time_ns = 1000000;
    for (unsigned i = 0; i < w->n_cpus; i++) {
        w->cpus[i].n_used = PAGE_HEADER_BYTES;
        w->cpus[i].pages = tmpfile();
        if (!w->cpus[i].pages)
            die("tmpfile");
    }
    more = event(w, ID_MMIO_MAP, frame, 3, NULL, 0);
    for (uint64_t n = 0; more; n++) {
        w->cpu = (unsigned)(n % w->n_cpus);
        more = round_of_events(w, n);
    }
    for (unsigned i = 0; i < w->n_cpus; i++)
        flush_page(&w->cpus[i]);
    put_headers(out, w->n_cpus);
    put_data(out, w);
    free(w);
    if (fclose(out) != 0)
        die(argv[1]);
    return 0;
}
