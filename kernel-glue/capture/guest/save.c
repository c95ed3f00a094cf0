/* SPDX-License-Identifier: BSD-2-Clause
 * save.c - writes what the host needs to the disk, as a tar archive. */
#include "kernel-glue/capture/guest/guest.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/klog.h>
#include <unistd.h>

#define TRACING "/sys/kernel/tracing/"
#define BLOCK_BYTES 512u
#define PATH_BYTES 320u
#define MAX_FILE_BYTES (16u << 20)
#define KLOG_READ_ALL 3

/* One file that grows; files of the kernel do not tell their size. */
struct contents {
    char *bytes;
    size_t n_bytes;
};

static void read_all(int fd, struct contents *contents)
{
    ssize_t n;

    contents->n_bytes = 0;
    do {
        const size_t left = MAX_FILE_BYTES - contents->n_bytes;

        n = read(fd, contents->bytes + contents->n_bytes, left < 4096 ? left : 4096);
        contents->n_bytes += n > 0 ? (size_t)n : 0;
    } while (n > 0);
}

/* The parts of a ustar header that a reader needs. */
struct tar_header {
    char name[100];
    char mode[8], uid[8], gid[8];
    char size[12], time[12];
    char sum[8];
    char type;
    char link[100];
    char magic[8];
    char rest[247];
};

static void put(int disk, const char *name, const struct contents *contents)
{
    static const char zeros[BLOCK_BYTES];
    struct tar_header header = {.mode = "0000644", .uid = "0000000", .gid = "0000000", .type = '0'};
    const size_t n_pad = (BLOCK_BYTES - contents->n_bytes % BLOCK_BYTES) % BLOCK_BYTES;
    unsigned sum = 0;

    (void)snprintf(header.name, sizeof(header.name), "%s", name);
    (void)snprintf(header.size, sizeof(header.size), "%011lo", (unsigned long)contents->n_bytes);
    (void)snprintf(header.time, sizeof(header.time), "%011o", 0u);
    memcpy(header.magic, "ustar\00000", 8);
    memset(header.sum, ' ', sizeof(header.sum));
    for (size_t i = 0; i < sizeof(header); i++)
        sum += ((const unsigned char *)&header)[i];
    (void)snprintf(header.sum, sizeof(header.sum), "%06o", sum);
    (void)!write(disk, &header, sizeof(header));
    (void)!write(disk, contents->bytes, contents->n_bytes);
    (void)!write(disk, zeros, n_pad);
}

static void save_file(int disk, const char *from, const char *name, struct contents *contents)
{
    const int fd = open(from, O_RDONLY | O_NONBLOCK | O_CLOEXEC);

    if (fd < 0)
        return;
    read_all(fd, contents);
    (void)close(fd);
    put(disk, name, contents);
}

/* The formats of all events of a system, and "enable", which readers look for. */
static void save_system(int disk, const char *system, struct contents *contents)
{
    char from[PATH_BYTES + 32], name[PATH_BYTES];
    struct dirent *entry;
    DIR *folder;

    (void)snprintf(from, sizeof(from), TRACING "events/%s", system);
    folder = opendir(from);
    while (folder && (entry = readdir(folder))) {
        if (entry->d_name[0] == '.')
            continue;
        (void)snprintf(name, sizeof(name), "tracing/events/%s/%s/format", system, entry->d_name);
        (void)snprintf(from, sizeof(from), "/sys/kernel/%s", name);
        save_file(disk, from, name, contents);
    }
    if (folder)
        (void)closedir(folder);
}

static void save_tracing(int disk, struct contents *contents)
{
    static const char *const files[] = {
        "events/header_page", "events/header_event", "printk_formats",    "saved_cmdlines",
        "trace_clock",        "per_cpu/cpu0/stats",  "per_cpu/cpu1/stats"};
    static const char *const systems[] = {"iommu_hw", "iommu", "rwmmio", "intel_iommu", "ftrace"};
    char from[PATH_BYTES + 32], name[PATH_BYTES];

    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        (void)snprintf(name, sizeof(name), "tracing/%s", files[i]);
        (void)snprintf(from, sizeof(from), "/sys/kernel/%s", name);
        save_file(disk, from, name, contents);
    }
    for (size_t i = 0; i < sizeof(systems) / sizeof(systems[0]); i++)
        save_system(disk, systems[i], contents);
    /* Reading the text leaves the ring buffer as it is; reading its pages takes them out. */
    save_file(disk, TRACING "trace", "trace.txt", contents);
    for (int cpu = 0; cpu < 2; cpu++) {
        (void)snprintf(from, sizeof(from), TRACING "per_cpu/cpu%d/trace_pipe_raw", cpu);
        (void)snprintf(name, sizeof(name), "cpu%d.raw", cpu);
        save_file(disk, from, name, contents);
    }
}

int guest_save(const char *path)
{
    const int disk = open(path, O_WRONLY | O_CLOEXEC);
    struct contents contents = {disk < 0 ? NULL : malloc(MAX_FILE_BYTES), 0};
    int n;

    if (!contents.bytes)
        return -1;
    (void)guest_write_file(TRACING "tracing_on", "0");
    save_tracing(disk, &contents);
    save_file(disk, "/proc/iomem", "iomem.txt", &contents);
    save_file(disk, "/proc/cmdline", "cmdline.txt", &contents);
    save_file(disk, "/proc/version", "version.txt", &contents);
    save_file(disk, "/proc/interrupts", "interrupts.txt", &contents);
    n = klogctl(KLOG_READ_ALL, contents.bytes, (int)MAX_FILE_BYTES);
    contents.n_bytes = n > 0 ? (size_t)n : 0;
    put(disk, "dmesg.txt", &contents);
    memset(contents.bytes, 0, 2 * (size_t)BLOCK_BYTES); /* the end of a tar */
    (void)!write(disk, contents.bytes, 2 * (size_t)BLOCK_BYTES);
    free(contents.bytes);
    (void)fsync(disk);
    return close(disk);
}
