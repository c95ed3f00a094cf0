/* SPDX-License-Identifier: BSD-2-Clause
 * cmd_linux.c - iommusim linux: a kernel's own driver, run against simulated hardware.
 * Knows: where make linux puts its programs, what they take. Must not know: what is in them. */
#include "cli/cli.h"
#include "cli/replay.h"

#include <argp.h>
#include <errno.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define PROGRAM "iommusim-linux-"
#define DEFAULT_ARCH "smmuv3"
#define DEFAULT_TREE "linux-source-6.12"
#define PATH_BYTES 4096u
#define MAX_WORDS (REPLAY_MAX_WORDS + 16)

extern char **environ;

enum option_key {
    OPTION_ARCH = 512,
    OPTION_SCENARIO,
    OPTION_TREE,
    OPTION_OUT,
    OPTION_SEEDS,
    OPTION_MSI,
    OPTION_MESSAGES,
    OPTION_KUNIT,
    OPTION_IOMMUFD,
};

struct options {
    struct replay_options *replay;
    const char *arch, *scenario, *tree, *out, *seeds;
    bool has_msi, kunit, with_iommufd;
    bool wants_messages;
    char stream[PATH_BYTES];
    bool is_temporary;
};

static bool is_range(const char *text)
{
    const char *dots = strstr(text, "..");
    char first[32];
    uint64_t from, to;

    if (!dots || (size_t)(dots - text) >= sizeof(first))
        return false;
    memcpy(first, text, (size_t)(dots - text));
    first[dots - text] = '\0';
    return cli_number(first, &from) && cli_number(dots + 2, &to) && from <= to;
}

static error_t check(const struct options *options, struct argp_state *state)
{
    if (replay_options_list(options->replay))
        return 0;
    if (!options->scenario == !options->kunit)
        argp_error(state, "either --scenario or --kunit");
    if (strcmp(options->arch, DEFAULT_ARCH) != 0 && strcmp(options->arch, "vtd") != 0)
        argp_error(state, "--arch is smmuv3 or vtd, not '%s'", options->arch);
    if (options->kunit && strcmp(options->arch, DEFAULT_ARCH) != 0)
        argp_error(state, "only the SMMUv3 driver has unit tests");
    return 0;
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
    struct options *options = state->input;

    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = options->replay;
        return 0;
    case OPTION_ARCH:
        options->arch = arg;
        return 0;
    case OPTION_SCENARIO:
        options->scenario = arg;
        return 0;
    case OPTION_TREE:
        options->tree = arg;
        return 0;
    case OPTION_OUT:
        options->out = arg;
        return 0;
    case OPTION_SEEDS:
        if (!is_range(arg))
            argp_error(state, "--seeds is FIRST..LAST, not '%s'", arg);
        options->seeds = arg;
        return 0;
    case OPTION_MSI:
        options->has_msi = true;
        return 0;
    case OPTION_MESSAGES:
        options->wants_messages = true;
        return 0;
    case OPTION_KUNIT:
        options->kunit = true;
        return 0;
    case OPTION_IOMMUFD:
        options->with_iommufd = true;
        return 0;
    case ARGP_KEY_END:
        return check(options, state);
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_option argp_options[] = {
    {NULL, 0, NULL, 0, "The driver:", -1},
    {"arch", OPTION_ARCH, "smmuv3|vtd", 0, "whose driver; smmuv3 without it", -1},
    {"scenario", OPTION_SCENARIO, "FILE", 0, "what to do with it (docs/linux-driver.md)", -1},
    {"tree", OPTION_TREE, "NAME", 0,
     "which one, of those that make linux has built, or the path of its program", -1},
    {"out", OPTION_OUT, "FILE", 0, "keep its records, as .iotr", -1},
    {"kunit", OPTION_KUNIT, NULL, 0,
     "its own unit tests instead of a scenario; --out is a folder then: records of each transition",
     -1},
    {"iommufd", OPTION_IOMMUFD, NULL, 0,
     "the scenario's objects are those of the tree's iommufd, made by its ioctls", -1},
    {"seeds", OPTION_SEEDS, "FIRST..LAST", 0,
     "many orders of the CPUs instead of one: verdicts by traffic alone, counted", -1},
    {"msi", OPTION_MSI, NULL, 0, "an SMMU's interrupts are messages, not wires", -1},
    {"messages", OPTION_MESSAGES, NULL, 0, "show what the driver says", -1},
    {NULL, 0, NULL, 0, NULL, 0}};

/* ---- the program ---- */

/* build/KIND/cli/iommusim and build/linux/TREE/iommusim-linux-smmuv3 stand side by side. */
static bool find_beside(const char *arch, const char *tree, char *path)
{
    char self[PATH_BYTES];
    const ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
    int n_bytes;

    if (n <= 0)
        return false;
    self[n] = 0;
    for (unsigned i = 0; i < 3; i++) {
        char *slash = strrchr(self, '/');

        if (!slash)
            return false;
        *slash = 0;
    }
    n_bytes = snprintf(path, PATH_BYTES, "%s/linux/%s/%s%s", self, tree, PROGRAM, arch);
    return n_bytes > 0 && n_bytes < (int)PATH_BYTES && access(path, X_OK) == 0;
}

static bool find_program(const char *arch, const char *tree, char *path)
{
    const char *name = tree ? tree : getenv("IOMMUSIM_LINUX");

    if (!name)
        name = DEFAULT_TREE;
    if (strchr(name, '/')) {
        (void)snprintf(path, PATH_BYTES, "%s", name);
        if (access(path, X_OK) == 0)
            return true;
    } else if (find_beside(arch, name, path)) {
        return true;
    }
    cli_error("there is no driver of %s for %s: run `make linux` (or `make linux "
              "KERNEL=path/to/linux`) first",
              name, arch);
    return false;
}

/* ---- the run ---- */

static int make_stream(struct options *options)
{
    const char *folder = getenv("TMPDIR");
    int file;

    if (options->out) {
        (void)snprintf(options->stream, sizeof(options->stream), "%s", options->out);
        return CLI_OK;
    }
    (void)snprintf(options->stream, sizeof(options->stream), "%s/iommusim-XXXXXX",
                   folder ? folder : P_tmpdir);
    file = mkstemp(options->stream);
    if (file < 0) {
        cli_error("no place for a temporary file: %s", strerror(errno));
        return CLI_INTERNAL;
    }
    (void)close(file);
    options->is_temporary = true;
    return CLI_OK;
}

/* What a report follows, which may be JSON, goes to standard error. Return: as posix_spawn. */
static int spawn(const struct options *options, char **argv, pid_t *child)
{
    posix_spawn_file_actions_t actions;
    int err = posix_spawn_file_actions_init(&actions);

    if (err)
        return err;
    if (!options->seeds && !options->kunit)
        err = posix_spawn_file_actions_adddup2(&actions, STDERR_FILENO, STDOUT_FILENO);
    if (!err)
        err = posix_spawn(child, argv[0], &actions, NULL, argv, environ);
    (void)posix_spawn_file_actions_destroy(&actions);
    return err;
}

/* Return: the exit code of the program. */
static int start(const struct options *options, const char *program)
{
    const char *words[MAX_WORDS] = {program, options->kunit ? "--kunit" : "--scenario",
                                    options->scenario};
    char *argv[MAX_WORDS];
    size_t n = options->kunit ? 2 : 3;
    pid_t child;
    int status;

    n += replay_options_words(options->replay, words + n);
    if (!options->kunit || options->out) {
        words[n++] = options->seeds ? "--seeds" : "--out";
        words[n++] = options->seeds ? options->seeds : options->stream;
    }
    if (options->with_iommufd)
        words[n++] = "--iommufd";
    if (options->has_msi)
        words[n++] = "--msi";
    if (!options->wants_messages)
        words[n++] = "--quiet";
    memcpy(argv, words, n * sizeof(argv[0])); /* posix_spawn changes none of them */
    argv[n] = NULL;
    (void)fflush(stdout);
    if (spawn(options, argv, &child) != 0 || waitpid(child, &status, 0) != child) {
        cli_error("%s does not run: %s", program, strerror(errno));
        return CLI_INTERNAL;
    }
    if (WIFEXITED(status))
        return WEXITSTATUS(status);
    cli_error("%s: %s", program, strsignal(WTERMSIG(status)));
    return CLI_INTERNAL;
}

static int run(struct options *options, struct config *config)
{
    char program[PATH_BYTES];
    int code = replay_options_config(options->replay, config);
    int live;

    if (code != CLI_OK)
        return code;
    if (!find_program(options->arch, options->tree, program))
        return CLI_BAD_INPUT;
    code = options->seeds || (options->kunit && !options->out) ? CLI_OK : make_stream(options);
    if (code != CLI_OK)
        return code;
    if (options->scenario)
        replay_options_name(options->replay, options->scenario);
    replay_options_program(options->replay, program);
    live = start(options, program);
    if (options->seeds || options->kunit)
        return live;
    if (live == CLI_OK || live == CLI_VERDICT)
        code = replay_command(options->replay, options->stream, config);
    if (options->is_temporary)
        (void)unlink(options->stream);
    return live != CLI_OK && (code == CLI_OK || live != CLI_VERDICT) ? live : code;
}

int cli_linux(int argc, char **argv)
{
    static const char doc[] =
        "Runs a Linux tree's own SMMUv3 or VT-d driver, unchanged, against the simulated IOMMU: "
        "each of its stores takes effect when it is made, and what it reads is what the hardware "
        "has then. Its records are then replayed for verdicts, as iommusim replay does.\v"
        "Examples:\n"
        "  make linux\n"
        "  iommusim linux --scenario kernel-glue/capture/scenarios/basic.scn\n"
        "  iommusim linux --scenario my.scn --set SMMU_IDR0=0x... --messages\n"
        "  iommusim linux --arch vtd --scenario my.scn --set VTD_ECAP=0x...\n"
        "  iommusim linux --scenario storm.scn --seeds 1..1000\n"
        "  iommusim linux --kunit --out transitions\n\n"
        "Exit codes: as of iommusim replay; 1 also if a line of the scenario did not end as it "
        "says, 3 if there is no such driver, 5 if a store of it was missed.";
    static const struct argp_child children[] = {{&replay_argp, 0, NULL, 0}, {NULL, 0, NULL, 0}};
    static const struct argp argp = {argp_options, parse_option, NULL, doc, children, NULL, NULL};
    struct options *options = calloc(1, sizeof(*options));
    struct config *config = calloc(1, sizeof(*config));
    int code = CLI_INTERNAL;

    if (options) {
        options->arch = DEFAULT_ARCH;
        options->replay = replay_options_new("the driver");
    }
    if (!options || !config || !options->replay) {
        cli_error("no memory");
    } else if (argp_parse(&argp, argc, argv, 0, NULL, options) == 0) {
        code = CLI_OK;
        if (replay_options_list(options->replay))
            config_list(stdout);
        else
            code = run(options, config);
    }
    if (options)
        replay_options_free(options->replay);
    free(config);
    free(options);
    return code;
}
