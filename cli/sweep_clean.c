/* SPDX-License-Identifier: BSD-2-Clause
 * sweep_clean.c - what a crash leaves of files that were not whole yet.
 * Knows: names of files of a sweep. Must not know: what is in them.
 *
 * A file gets its name when it is whole; until then it has six characters more. Who was killed
 * meanwhile cannot remove it, so the next run does. */
#include "cli/sweep_result.h"

#include "sim/outfile.h"

#include <dirent.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define SUFFIX_CHARS 7u /* a dot and six of [A-Za-z0-9] */
#define OLD_S 3600      /* nobody writes a database for so long without touching it */

/* The length of @name without such a suffix; 0 if it has none. */
static size_t stem(const char *name)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    const size_t n = strlen(name);

    if (n <= SUFFIX_CHARS || name[n - SUFFIX_CHARS] != '.' ||
        strspn(&name[n - SUFFIX_CHARS + 1], letters) != SUFFIX_CHARS - 1)
        return 0;
    return n - SUFFIX_CHARS;
}

static bool is_result(const char *name, size_t n_stem)
{
    const size_t n_key = strspn(name, "0123456789abcdef");

    return n_key == SWEEP_SUM_CHARS - 1 && n_stem == n_key + 5 &&
           strncmp(&name[n_key], ".json", 5) == 0;
}

/* Among files that people see, "backup" is no such suffix, nor is a date. */
static bool is_drawn(const char *suffix)
{
    const size_t n_upper = strspn(suffix, "ABCDEFGHIJKLMNOPQRSTUVWXYZ");

    return suffix[n_upper] && strpbrk(suffix, "ABCDEFGHIJKLMNOPQRSTUVWXYZ");
}

static bool is_of_sweep(const char *name, size_t n_stem)
{
    static const char *const names[] = {"plan.jsonl", "elements.json", "array.sh", "sweep.csv"};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strlen(names[i]) == n_stem && strncmp(name, names[i], n_stem) == 0)
            return is_drawn(&name[n_stem + 1]);
    }
    return false;
}

/* SQLite has locks of its own, which do not go with ours: of a database the age decides. */
static bool remove_database(const char *name, const char *path)
{
    static const char database[] = "sweep.sqlite.", journal[] = "-journal";
    const size_t n_name = sizeof(database) - 1 + SUFFIX_CHARS - 1;
    struct stat info;
    struct timespec now;

    if (strncmp(name, database, sizeof(database) - 1) != 0 || strlen(name) < n_name ||
        (name[n_name] && strcmp(&name[n_name], journal) != 0) ||
        !is_drawn(&name[sizeof(database) - 1]))
        return false;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    return lstat(path, &info) == 0 && S_ISREG(info.st_mode) &&
           now.tv_sec - info.st_mtim.tv_sec > OLD_S && unlink(path) == 0;
}

static size_t clean(const char *folder, bool is_points)
{
    DIR *dir = opendir(folder);
    const struct dirent *entry;
    size_t n = 0;

    while (dir && (entry = readdir(dir))) {
        const size_t n_stem = stem(entry->d_name);
        char path[SWEEP_PATH_BYTES];
        const int n_path = snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);

        if (n_path < 0 || (size_t)n_path >= sizeof(path))
            continue;
        if (n_stem &&
            (is_points ? is_result(entry->d_name, n_stem) : is_of_sweep(entry->d_name, n_stem)))
            n += sim_outfile_remove_stale(path);
        else if (!is_points)
            n += remove_database(entry->d_name, path);
    }
    if (dir)
        (void)closedir(dir);
    return n;
}

size_t sweep_result_clean(const char *dir)
{
    char points[SWEEP_PATH_BYTES];
    const int n = snprintf(points, sizeof(points), "%s/points", dir);

    if (n < 0 || (size_t)n >= sizeof(points))
        return 0;
    return clean(dir, false) + clean(points, true);
}
