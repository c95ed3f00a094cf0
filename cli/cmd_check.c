/* SPDX-License-Identifier: BSD-2-Clause
 * cmd_check.c - iommusim check: the text language's conformance check. */
#include "cli/cli.h"
#include "sim/text.h"

#include <argp.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct options {
    char **files;
    int n_files;
};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
    struct options *options = state->input;

    switch (key) {
    case ARGP_KEY_ARGS:
        options->files = state->argv + state->next;
        options->n_files = state->argc - state->next;
        return 0;
    case ARGP_KEY_NO_ARGS:
        argp_error(state, "a file is missing");
        return EINVAL;
    default:
        (void)arg;
        return ARGP_ERR_UNKNOWN;
    }
}

static int check_stmt(const struct sim_text *text, enum sim_text_kind kind,
                      const struct sim_stmt *stmt)
{
    struct sim_record rec;

    if (kind == SIM_TEXT_RECORDS ||
        (kind == SIM_TEXT_LITMUS && !sim_text_is_verb(kind, stmt) && sim_text_is_record(stmt)))
        return sim_text_record(text, stmt, &rec);
    return sim_text_check(text, kind, stmt);
}

static int check_file(const char *path)
{
    FILE *file = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
    struct sim_stmt *stmt = malloc(sizeof(*stmt));
    struct sim_text *text = NULL;
    enum sim_text_kind kind = SIM_TEXT_RECORDS;
    struct sim_diag diag;
    int err;

    sim_diag_init(&diag, path);
    if (file)
        text = sim_text_open(file, &diag);
    if (!file) {
        err = sim_diag_text(&diag, SIM_EIO, 0, 0, "cannot open: %s", strerror(errno));
        goto out;
    }
    if (!stmt || !text) {
        err = sim_diag_text(&diag, SIM_ENOMEM, 0, 0, "no memory to read");
        goto out;
    }
    err = sim_text_header(text, &kind);
    while (!err && (err = sim_text_next(text, stmt)) == 1)
        err = check_stmt(text, kind, stmt);
out:
    sim_text_close(text);
    free(stmt);
    if (file && file != stdin)
        (void)fclose(file);
    return err ? cli_report(&diag, false) : CLI_OK;
}

int cli_check(int argc, char **argv)
{
    static const char doc[] =
        "Checks text files (iommusim-text/1: records, litmus tests, scenarios) and prints the "
        "first "
        "error of each as FILE:LINE:COLUMN.\v"
        "A FILE may be - (standard input). Says nothing of a good file. Exit code 3 if any is bad. "
        "The language: "
        "docs/text-language.md.";
    static const struct argp argp = {NULL, parse_option, "FILE...", doc, NULL, NULL, NULL};
    struct options options = {NULL, 0};
    int worst = CLI_OK;

    if (argp_parse(&argp, argc, argv, 0, NULL, &options))
        return CLI_USAGE;
    for (int i = 0; i < options.n_files; i++) {
        const int code = check_file(options.files[i]);

        worst = code > worst ? code : worst;
    }
    return worst;
}
