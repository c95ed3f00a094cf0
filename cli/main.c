/* SPDX-License-Identifier: BSD-2-Clause
 * main.c - finds the command. */
#include "cli/cli.h"
#include "include/iommusim/version.h"

#include <argp.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

struct command {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *doc;
};

static const struct command commands[] = {
    {"import", cli_import, "kernel trace to records; convert, count and verify records"},
    {"show", cli_show, "records as a story: each store, command and register write in words"},
    {"replay", cli_replay, "records against simulated hardware: verdict and cost per operation"},
    {"diff", cli_diff, "do two streams of records do the same, addresses renamed?"},
    {"compare", cli_compare, "what changed between two results: verdicts first, then costs"},
    {"report", cli_report_page, "a result, a trace, or two of them as one page of HTML"},
    {"linux", cli_linux, "a Linux tree's own driver, live against simulated hardware"},
    {"run", cli_run, "a scenario with a reference driver, no kernel needed; then as replay"},
    {"explore", cli_explore, "records against every hardware that the architecture permits"},
    {"rules", cli_rules, "what a driver must not do: the list, or one rule with examples"},
    {"decode", cli_decode, "any register, entry, command, event or fault in words"},
    {"litmus", cli_litmus, "litmus tests: a sequence of updates on every hardware, as KTAP"},
    {"sweep", cli_sweep, "a grid of settings, scenarios and traces: a table of what came out"},
    {"check", cli_check, "does a text file (records, litmus test, scenario) follow the language?"},
};

static void print_help(FILE *out)
{
    (void)fputs("Usage: iommusim COMMAND [OPTION...] [ARGUMENT...]\n"
                "Simulates Arm SMMUv3 and Intel VT-d under the stores, commands and registers of a "
                "driver.\n\n",
                out);
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
        (void)fprintf(out, "  %-8s %s\n", commands[i].name, commands[i].doc);
    (void)fputs(
        "\n  iommusim COMMAND --help   options and examples of a command\n"
        "  iommusim --version\n\n"
        "Exit codes: 0 done and as wanted, 1 a verdict or comparison failed, 2 wrong command "
        "line,\n3 bad input, 4 inconclusive (something is missing), 5 I/O error or a bug.\n",
        out);
}

/* Commands that print with printf do not look at each result: a full disk shows here. */
static int finish(int code)
{
    if ((fflush(stdout) == 0 && !ferror(stdout)) || code == CLI_INTERNAL)
        return code;
    cli_error("cannot write to standard output: %s", strerror(errno));
    return CLI_INTERNAL;
}

int main(int argc, char **argv)
{
    const char *name = argc > 1 ? argv[1] : "";

    if (strcmp(name, "--help") == 0 || strcmp(name, "-?") == 0 || strcmp(name, "help") == 0) {
        print_help(stdout);
        return finish(CLI_OK);
    }
    if (strcmp(name, "--version") == 0 || strcmp(name, "-V") == 0) {
        (void)puts("iommusim " IOMMUSIM_VERSION);
        return finish(CLI_OK);
    }
    argp_err_exit_status = CLI_USAGE;
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
        char full_name[32]; /* for the messages of argp */

        if (strcmp(name, commands[i].name) != 0)
            continue;
        (void)snprintf(full_name, sizeof(full_name), "iommusim %s", name);
        argv[1] = full_name;
        return finish(commands[i].run(argc - 1, argv + 1));
    }
    if (*name)
        cli_error("unknown command '%s'", name);
    print_help(stderr);
    return CLI_USAGE;
}
