/* SPDX-License-Identifier: BSD-2-Clause
 * init.c - process 1 of a capture's guest: run the scenario of the command line, save, power off.
 *
 * The kernel's command line says "iommusim.scn=NAME", and "iommusim.dump" if the host dumps memory
 * at marks. Lines for the host start with "@@". */
#include "kernel-glue/capture/guest/guest.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <unistd.h>

#define COMMAND_LINE_BYTES 4096u

void guest_mark(const struct guest *guest, const char *format, ...)
{
    char text[256];
    va_list args;
    int n;

    va_start(args, format);
    n = vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    if (guest->marker >= 0 && n > 0)
        (void)!write(guest->marker, text, (size_t)n < sizeof(text) ? (size_t)n : sizeof(text) - 1);
    (void)printf("  %s\n", text);
}

int guest_write_file(const char *path, const char *text)
{
    const int fd = open(path, O_WRONLY | O_CLOEXEC);
    const int err = fd < 0 || write(fd, text, strlen(text)) < 0 ? -errno : 0;

    if (fd >= 0)
        (void)close(fd);
    return err;
}

long guest_read_file(const char *path, char *text, size_t n_bytes)
{
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    const ssize_t n = fd < 0 ? -1 : read(fd, text, n_bytes - 1);

    if (fd >= 0)
        (void)close(fd);
    text[n > 0 ? n : 0] = 0;
    return n;
}

static void mount_all(void)
{
    (void)mkdir("/proc", 0755);
    (void)mkdir("/sys", 0755);
    (void)mkdir("/dev", 0755);
    (void)mount("proc", "/proc", "proc", 0, NULL);
    (void)mount("sys", "/sys", "sysfs", 0, NULL);
    (void)mount("dev", "/dev", "devtmpfs", 0, NULL);
    (void)mount("tracing", "/sys/kernel/tracing", "tracefs", 0, NULL);
}

int main(void)
{
    struct guest guest = {.marker = -1};
    char command_line[COMMAND_LINE_BYTES];
    char name[64] = "basic", path[96];
    const char *option;

    (void)setvbuf(stdout, NULL, _IONBF, 0);
    mount_all();
    (void)guest_read_file("/proc/cmdline", command_line, sizeof(command_line));
    option = strstr(command_line, "iommusim.scn=");
    if (option)
        (void)sscanf(option, "iommusim.scn=%63s", name);
    guest.dumps = strstr(command_line, "iommusim.dump") != NULL;
    (void)printf("@@BOOTED %s\n", name);
    guest.marker = open("/sys/kernel/tracing/trace_marker", O_WRONLY | O_CLOEXEC);
    guest.iommufd = open("/dev/iommu", O_RDWR | O_CLOEXEC);
    /* Machines this small get no huge pages unless told. */
    (void)guest_write_file("/sys/kernel/mm/transparent_hugepage/enabled", "madvise");
    (void)guest_write_file("/sys/kernel/mm/transparent_hugepage/defrag", "always");
    (void)snprintf(path, sizeof(path), "/scenarios/%s.scn", name);
    guest_mark(&guest, "SCENARIO %s", name);
    if (guest_load(&guest, path) || guest_run(&guest))
        (void)printf("@@FAILED %u lines ended otherwise than they say\n", guest.n_failures);
    guest_mark(&guest, "SCENARIO_END %s", name);
    if (guest_save("/dev/vda"))
        (void)printf("@@FAILED cannot save\n");
    (void)printf("@@DONE\n");
    (void)reboot(RB_POWER_OFF);
    for (;;)
        (void)pause();
}
