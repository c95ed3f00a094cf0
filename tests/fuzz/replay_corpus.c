/* SPDX-License-Identifier: BSD-2-Clause
 * replay_corpus.c - hands files to a fuzz target, one after the other, with any compiler.
 * Knows: folders, files. Must not know: what the target makes of the bytes.
 *
 *   replay_corpus PATH...
 *
 * A folder stands for the files in it. Exit: 0, 2 if a path cannot be read or there was no file;
 * the target aborts if it finds anything. */
#include "tests/fuzz/fuzz_smmu.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#define MAX_FILE_BYTES (1u << 20)
#define MAX_PATH_BYTES 4096u

/* Return: how many files, or -1. */
static int replay_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    uint8_t *data = malloc(MAX_FILE_BYTES);
    size_t n_bytes = 0;
    bool is_good = false;

    if (file && data) {
        n_bytes = fread(data, 1, MAX_FILE_BYTES, file);
        is_good = !ferror(file);
    }
    if (is_good) {
        printf("%s: %zu bytes\n", path, n_bytes);
        (void)fflush(stdout);
        (void)LLVMFuzzerTestOneInput(data, n_bytes);
    } else {
        (void)fprintf(stderr, "replay_corpus: %s: cannot be read\n", path);
    }
    if (file)
        (void)fclose(file);
    free(data);
    return is_good ? 1 : -1;
}

static int is_shown(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static int replay_folder(const char *path)
{
    struct dirent **entries;
    const int n = scandir(path, &entries, is_shown, alphasort);
    int n_files = 0;

    for (int i = 0; i < n; i++) {
        char name[MAX_PATH_BYTES];
        const int length = snprintf(name, sizeof(name), "%s/%s", path, entries[i]->d_name);

        if (length < 0 || (size_t)length >= sizeof(name) || replay_file(name) < 0)
            n_files = -1;
        else if (n_files >= 0)
            n_files++;
        free(entries[i]);
    }
    if (n < 0)
        return -1;
    free(entries);
    return n_files;
}

int main(int argc, char **argv)
{
    int n_files = 0;

    for (int i = 1; i < argc; i++) {
        struct stat about;
        const bool is_folder = !stat(argv[i], &about) && S_ISDIR(about.st_mode);
        const int n = is_folder ? replay_folder(argv[i]) : replay_file(argv[i]);

        if (n < 0)
            return 2;
        n_files += n;
    }
    printf("%d inputs\n", n_files);
    return n_files ? 0 : 2;
}
