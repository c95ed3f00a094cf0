#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# check-layers.sh - who includes whom. The table below is the house's only list of allowed edges.
#
#   tools/check-layers.sh [--root DIR] [--self-test]
set -u
. "$(dirname "$0")/house.sh"

# files-that-include : what they may include. The first line whose left side matches decides; both
# sides are extended regular expressions on whole paths (without spaces).
edges='
sim/(atc|traffic)/.*             : sim/.*
sim/systemc/.*                   : sim/.* include/.*
sim/.*                           : sim/[^/]*
models/common/.*                 : sim/[^/]* models/common/.*
models/smmuv3/.*                 : sim/[^/]* models/common/.* models/smmuv3/.*
models/vtd/.*                    : sim/[^/]* models/common/.* models/vtd/.*
kernel-glue/linux/kshim/.*       : kernel-glue/linux/kshim/.* kernel-glue/linux/boundary[^/]*\.h
kernel-glue/.*                   : sim/.* kernel-glue/.* models/common/hw_[^/]*\.h models/smmuv3/smmu_layout\.h models/vtd/vtd_layout\.h
check/smmuv3/.*                  : sim/.* check/.* models/common/hw_[^/]*\.h models/smmuv3/smmu_(layout|caps|cfg_decode)\.h
check/vtd/.*                     : sim/.* check/.* models/common/hw_[^/]*\.h models/vtd/vtd_(layout|caps|cfg_decode)\.h
check/.*                         : sim/.* check/.*
include/.*                       : include/.*
api/settings/.*                  : sim/.* models/.* check/chk_order\.h kernel-glue/replay/rpl\.h api/settings/.*
api/.*                           : sim/[^/]* sim/systemc/maker\.h models/.* kernel-glue/trace/trc_iotr\.h api/.* include/.*
examples/api/.*                  : include/.*
(cli|bench|tests|examples)/.*    : .*
'

# Headers of the system, in <>. "only" lines: whoever includes what is on the right must match the
# left. "list" lines: files on the left include nothing but what is on the right; the first line that
# matches decides. The host's files have one door in sim/, and models have no clock.
std='(assert|ctype|errno|float|inttypes|limits|math|stdarg|stdbool|stddef|stdint|stdio|stdlib|string)\.h'
system='
only (kernel-glue/trace/trc_(elf|line_dw)\.c|cli/.*|tests/.*) : (libelf|gelf|elf|dwarf)\.h elfutils/.*
only (kernel-glue/trace/trc_tracedat[^/]*\.c|cli/.*|tests/.*) : trace-cmd/.* trace-cmd\.h traceevent/.* event-parse\.h kbuffer\.h trace-seq\.h tracefs\.h
only (include/iommusim/systemc_cci\.h|tests/systemc/cci_test\.cpp) : cci_configuration cci/.*
only (sim/wave_fst\.c|tests/.*)                             : zlib\.h
only (cli|check|bench|tests)/.*                             : jansson\.h
only (cli|api/settings|tests)/.*                            : yaml\.h
only (cli/(result|sweep)_db\.c|tests/.*)                    : sqlite3\.h
only (sim/systemc/.*|include/iommusim/systemc[a-z_]*\.h|(tests|examples|bench)/.*) : systemc(\.h)? tlm(\.h)? tlm_utils/.*
list sim/systemc/.*                                         : .*
list sim/outfile\.c                                         : STD unistd\.h fcntl\.h sys/file\.h sys/stat\.h sys/types\.h
list sim/wave_fst\.c                                        : STD zlib\.h
list sim/.*                                                 : STD time\.h ut(hash|list|array|string)\.h
list models/.*                                              : STD ut(hash|list|array|string)\.h
list include/iommusim/systemc[a-z_]*\.h                     : STD iommusim/[^/]*\.h cci_configuration deque functional memory string systemc tlm vector
list include/.*                                             : STD iommusim/[^/]*\.h
list examples/api/.*                                        : STD iommusim/[^/]*\.h
'
system=$(printf '%s\n' "$system" | sed "s/STD/$(printf '%s' "$std" | sed 's/[\\&/]/\\&/g')/")

check() {
    house_files | grep -E '\.(c|h|cpp|hpp|cc|def|inc)$' >"$list" || true
    if [ ! -s "$list" ]; then
        echo "check-layers: no sources in $root" >&2
        exit 2
    fi
    (
        cd "$root" || exit 2
        tr '\n' '\0' <"$list" | EDGES=$edges SYSTEM=$system xargs -0 awk '
            function fits(path, words,    n, i, w)
            {
                n = split(words, w, " ")
                for (i = 1; i <= n; i++)
                    if (path ~ ("^(" w[i] ")$"))
                        return 1
                return 0
            }
            function complain(text)
            {
                printf "%s:%d: %s\n", FILENAME, FNR, text
                bad = 1
            }
            function exists(path,    line, got)
            {
                got = (getline line < path)
                close(path)
                return got >= 0
            }
            function project(target,    i)
            {
                if (target !~ /^(sim|models|kernel-glue|check|api|cli|bench|tests|examples|include)\//) {
                    complain("include \"" target "\" does not start with a top-level folder")
                    return
                }
                if (target ~ /\/\.\.?\//)
                    complain("include \"" target "\" is not a plain path")
                if (target ~ /\.(c|cpp|cc)$/)
                    complain("includes a source file: " target)
                if (!exists(target))
                    complain("includes " target ", which is not in the tree")
                for (i = 1; i <= n_edges; i++) {
                    if (FILENAME !~ ("^(" edge_from[i] ")$"))
                        continue
                    if (!fits(target, edge_to[i]))
                        complain("must not include " target " (layer edge; allowed:" edge_to[i] ")")
                    return
                }
                complain("is in no known layer but includes " target)
            }
            function library(target,    i)
            {
                for (i = 1; i <= n_only; i++)
                    if (fits(target, only_what[i]) && FILENAME !~ ("^(" only_who[i] ")$"))
                        complain("must not include <" target ">: reserved for " only_who[i])
                for (i = 1; i <= n_list; i++) {
                    if (FILENAME !~ ("^(" list_who[i] ")$"))
                        continue
                    if (!fits(target, list_what[i]))
                        complain("must not include <" target ">: not among what this layer may use")
                    return
                }
            }
            BEGIN {
                n = split(ENVIRON["EDGES"], lines, "\n")
                for (i = 1; i <= n; i++)
                    if (split(lines[i], side, " *: *") == 2) {
                        edge_from[++n_edges] = side[1]
                        edge_to[n_edges] = " " side[2]
                    }
                n = split(ENVIRON["SYSTEM"], lines, "\n")
                for (i = 1; i <= n; i++)
                    if (split(lines[i], side, " *: *") == 2) {
                        if (sub(/^only /, "", side[1])) {
                            only_who[++n_only] = side[1]
                            only_what[n_only] = side[2]
                        } else if (sub(/^list /, "", side[1])) {
                            list_who[++n_list] = side[1]
                            list_what[n_list] = side[2]
                        }
                    }
            }
            /^[ \t]*#[ \t]*include[ \t]*"/ {
                split($0, part, "\"")
                project(part[2])
                next
            }
            /^[ \t]*#[ \t]*include[ \t]*</ {
                split($0, part, /[<>]/)
                library(part[2])
                next
            }
            # Tables: the name of a .def goes to hw_table.inc through a macro.
            /^[ \t]*#[ \t]*define[ \t]+[A-Z_]+[ \t]+"[^"]*\.def"/ {
                split($0, part, "\"")
                project(part[2])
                next
            }
            /^[ \t]*#[ \t]*include/ && FILENAME !~ /^(models\/common\/[^\/]*\.inc|tests\/.*)$/ {
                complain("computed include: the layer cannot be read off it")
            }
            END { exit bad }
        '
    )
    # xargs says 123 for a failed awk.
    case $? in
    0) return 0 ;;
    1 | 123) return 1 ;;
    *) exit 2 ;;
    esac
}

# Headers that the planted sources include.
plant_headers() {
    for header in sim/a.h sim/traffic/gen.h models/common/hw_a.h models/common/other.h \
        models/smmuv3/smmu.h models/smmuv3/smmu_layout.h models/vtd/vtd.h models/vtd/ste.def \
        models/vtd/vtd_layout.h kernel-glue/trace/t.h kernel-glue/trace/trc_iotr.h check/c.h cli/c.h include/iommusim/i.h; do
        plant $header </dev/null
    done
}

# caught FILE INCLUDE PATTERN - FILE with that one line is reported; allowed FILE INCLUDE - is not.
caught() {
    plant_headers
    printf '%s\n' "$2" | plant "$1"
    expect_caught "$1 with $2" "^$1:1: .*$3"
}
allowed() {
    plant_headers
    printf '%s\n' "$2" | plant "$1"
    expect_clean "$1 with $2"
}

run_self_test() {
    caught sim/x.c '#include "models/common/hw_a.h"' 'layer edge'
    caught sim/x.c '#include "sim/traffic/gen.h"' 'layer edge'
    caught sim/traffic/x.c '#include "check/c.h"' 'layer edge'
    caught models/common/x.c '#include "models/vtd/vtd.h"' 'layer edge'
    caught models/smmuv3/x.c '#include "models/vtd/vtd.h"' 'layer edge'
    caught models/vtd/x.h '  #  include "models/smmuv3/smmu_layout.h"' 'layer edge'
    caught models/smmuv3/x.c '#define HW_DEF "models/vtd/ste.def"' 'layer edge'
    caught kernel-glue/trace/x.c '#include "models/smmuv3/smmu.h"' 'layer edge'
    caught kernel-glue/drivers/x.c '#include "models/common/other.h"' 'layer edge'
    caught kernel-glue/trace/x.c '#include "check/c.h"' 'layer edge'
    caught check/x.c '#include "models/smmuv3/smmu_layout.h"' 'layer edge'
    caught check/x.c '#include "kernel-glue/trace/t.h"' 'layer edge'
    caught include/iommusim/x.h '#include "sim/a.h"' 'layer edge'
    caught api/x.c '#include "check/c.h"' 'layer edge'
    caught api/x.c '#include "kernel-glue/trace/t.h"' 'layer edge'
    caught examples/api/x.c '#include "sim/a.h"' 'layer edge'
    caught sim/x.c '#include <iommusim/i.h>' 'not among'
    caught sim/x.c '#include "a.h"' 'top-level folder'
    caught sim/x.c '#include "../sim/a.h"' 'top-level folder'
    caught sim/x.c '#include "sim/../check/c.h"' 'layer edge'
    caught sim/traffic/x.c '#include "sim/../check/c.h"' 'not a plain path'
    caught sim/x.c '#include "sim/gone.h"' 'not in the tree'
    caught misc/x.c '#include "sim/a.h"' 'no known layer'
    caught sim/x.c '#include HEADER' 'computed include'
    caught kernel-glue/trace/trc_read.c '#include <libelf.h>' 'reserved'
    caught kernel-glue/trace/trc_elf.c '#include <traceevent/event-parse.h>' 'reserved'
    caught kernel-glue/trace/trc_read.c '#include <trace-cmd/trace-cmd.h>' 'reserved'
    caught kernel-glue/trace/trc_read.c '#include <jansson.h>' 'reserved'
    caught cli/sweep_run.c '#include <sqlite3.h>' 'reserved'
    allowed cli/sweep_db.c '#include <sqlite3.h>'
    caught models/vtd/x.c '#include <time.h>' 'not among'
    caught sim/x.c '#include <pthread.h>' 'not among'

    allowed sim/x.c '#include "sim/a.h"'
    caught sim/mem.c '#include <unistd.h>' 'not among'
    allowed sim/outfile.c '#include <unistd.h>'
    allowed sim/traffic/x.c '#include "sim/traffic/gen.h"'
    allowed models/vtd/x.c '#include "models/common/other.h"'
    allowed kernel-glue/trace/x.c '#include "models/smmuv3/smmu_layout.h"'
    allowed kernel-glue/drivers/x.c '#include "models/common/hw_a.h"'
    allowed kernel-glue/trace/trc_elf.c '#include <gelf.h>'
    allowed kernel-glue/trace/trc_line_dw.c '#include <elfutils/libdw.h>'
    caught kernel-glue/trace/trc_line.c '#include <elfutils/libdw.h>' 'reserved'
    allowed kernel-glue/trace/trc_tracedat_read.c '#include <trace-cmd/trace-cmd.h>'
    allowed models/common/hw_table.inc '#include HW_DEF'
    allowed models/vtd/x.c '#include <stdint.h>'
    allowed cli/x.c '#include "models/smmuv3/smmu.h"'
    allowed api/x.c '#include "models/smmuv3/smmu.h"'
    allowed api/x.c '#include "kernel-glue/trace/trc_iotr.h"'
    allowed examples/api/x.c '#include <iommusim/i.h>'
    allowed include/iommusim/x.h '#include <iommusim/i.h>'
    allowed tests/x.cpp '#include "kernel-glue/trace/t.h"'
    house_self_test_end
}

house_args "$@"
[ -z "$house_rest" ] || house_usage "takes no argument"
house_scratch
if [ $self_test = yes ]; then
    run_self_test
fi
list=$scratch/files
check || {
    echo "check-layers: a file includes what its layer may not; see docs/architecture.md" >&2
    exit 1
}
echo "check-layers: clean"
