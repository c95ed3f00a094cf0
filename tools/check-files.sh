#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# check-files.sh - what can be said of files without compiling them.
#
#   tools/check-files.sh [--root DIR] [--self-test]
#
# - sources and scripts name their licence in the first three lines;
# - .c, .h and .cpp files have at most 600 lines, their functions at most 60;
# - no trailing blanks, no carriage returns, a newline at the end of every text file;
# - no path of one person's machine, no address of a package registry;
# - no file named for its history (x_new.c, x.backup).
# Functions are found by the brace style that clang-format enforces: a function's braces stand in
# column 1. In C++ files those inside a namespace do too.
#
# A line that must name a machine's path says so with "path-ok" in a comment on it.
set -u
. "$(dirname "$0")/house.sh"

max_file_lines=600
max_function_lines=60

# Each check_* prints what it finds, one violation a line, and nothing else.

# pick PATTERN [ANTIPATTERN] - names of the list that match, separated by NUL.
pick() {
    grep -E -e "$1" "$list" | grep -v -E -e "${2:-^$}" | tr '\n' '\0'
}

check_spdx() {
    pick '\.(c|h|cpp|cc|hpp|inc|sh|py)$|^\.ci/run$' | xargs -0 -r awk '
        function finish() {
            if (last != "" && !found)
                printf "%s:1: no SPDX-License-Identifier in the first three lines\n", last
        }
        FNR == 1 { finish(); last = FILENAME; found = 0 }
        FNR <= 3 && /SPDX-License-Identifier: / { found = 1 }
        END { finish() }
    '
    # awk never opens an empty file for its rules.
    pick '\.(c|h|cpp|cc|hpp|inc|sh|py)$' | xargs -0 -r sh -c '
        for file; do
            [ -s "$file" ] || echo "$file:1: no SPDX-License-Identifier: the file is empty"
        done' sh
}

check_length() {
    pick '\.(c|h|cpp)$' | xargs -0 -r awk -v max_file=$max_file_lines -v max=$max_function_lines '
        function finish() {
            if (last != "" && n > max_file)
                printf "%s:%d: the file has %d lines, the limit is %d\n", last, n, n, max_file
        }
        FNR == 1 { finish(); last = FILENAME; start = 0; macro = 0 }
        { n = FNR }
        # A line with no blank before it and with a "(" may head a function; its "{" is alone in
        # column 1. Lines of macros (ending in a backslash) never count.
        macro { macro = /\\$/; next }
        /^[ \t]*#/ { macro = /\\$/; next }
        /^[A-Za-z_].*\(/ && !start { head = FNR }
        /^\{/ { start = head; next }
        /^\}/ {
            if (start && FNR - start + 1 > max)
                printf "%s:%d: the function has %d lines, the limit is %d\n", FILENAME, start,
                    FNR - start + 1, max
            start = 0
            head = 0
        }
        /;[ \t]*$/ && !start { head = 0 }
        END { finish() }
    '
}

# report PATTERN WHAT - complain about every line of the files on standard input that matches.
report() {
    xargs -0 -r grep -n -I -E -H -e "$1" -- /dev/null | grep -v 'path-ok' |
        awk -F: -v what="$2" '{ printf "%s:%s: %s\n", $1, $2, what }'
}

binary='\.(dat|iotr|xz|zst|gz|png|elf)$'

check_text() {
    pick . "$binary|\.patch$|\.diff$" | report '[[:blank:]]+$' 'blanks at the end of the line'
    pick . "$binary" | report "$(printf '\r')$" 'carriage return'
    # In a scheme such as https://host/home/x the word before the slash is no blank or quote.
    pick . "$binary|^LICENSE$" | report \
        '(^|[^A-Za-z0-9_.$}/-])/(home|work|root|Users)/|(^|[^A-Za-z0-9_.$}/-])/t[m]p(/|$|[^A-Za-z0-9_-])' \
        'path of a machine (a folder of the build, mktemp or an argument instead)'
    pick . "$binary" | report \
        '(deb|security|snapshot|ftp)[.]debian[.]org|registry[.]npmjs|(files[.])?py(pi|thonhosted)[.]org' \
        'address of a package registry'
    pick . "$binary" | xargs -0 -r sh -c '
        for file; do
            [ -s "$file" ] && [ -n "$(tail -c 1 "$file" | tr -d "\n")" ] &&
                grep -q -I . "$file" && echo "$file: no newline at its end"
        done' sh
}

check_names() {
    grep -E '(_(new|old|fixed|final|backup|copy)|[.-](backup|bak|orig|rej))(\.[^/]*)?$|~$' "$list" |
        sed 's/$/: named for its history, not for what it models/'
}

licence='/* SPDX-License-Identifier: BSD-2-Clause */'

# function_of N - a C file with one function of N lines.
function_of() {
    echo "$licence"
    echo 'int f(int a,'
    echo '      int b)'
    echo '{'
    yes '    a += b;' | head -n $(($1 - 5))
    echo '    return a;'
    echo '}'
}

run_self_test() {
    slash=/
    echo 'int n;' | plant sim/x.c
    expect_caught 'source without a licence' '^sim/x.c:1: no SPDX'
    plant sim/x.h </dev/null
    expect_caught 'empty header' '^sim/x.h:1: no SPDX'
    { echo "$licence"; yes 'extern int n;' | head -n 600; } | plant sim/x.h
    expect_caught 'file of 601 lines' '^sim/x.h:601: the file has 601 lines'
    { echo "$licence"; yes 'extern int n;' | head -n 599; } | plant sim/x.h
    expect_clean 'file of 600 lines'
    function_of 61 | plant sim/x.c
    expect_caught 'function of 61 lines' '^sim/x.c:2: the function has 61 lines'
    function_of 60 | plant sim/x.c
    expect_clean 'function of 60 lines'
    {
        echo "$licence"
        echo 'static const int t[] = {'
        yes '    f(1),' | head -n 100
        echo '};'
        echo 'enum e {'
        yes '    A,' | head -n 100
        echo '};'
    } | plant sim/x.c
    expect_clean 'long table'
    printf '%s\n\nint n; \n' "$licence" | plant sim/x.c
    expect_caught 'blank at the end' '^sim/x.c:3: blanks at the end'
    printf '%s\r\n' "$licence" | plant sim/x.h
    expect_caught 'carriage return' '^sim/x.h:1: carriage return'
    printf '%s' "$licence" | plant sim/x.h
    expect_caught 'no newline at the end' '^sim/x.h: no newline'
    for folder in home/me work/x root/x; do
        echo "see ${slash}$folder" | plant docs/x.md
        expect_caught "path ${slash}$folder" '^docs/x.md:1: path of a machine'
    done
    echo "\"${slash}t""mp/x\"" | plant docs/x.txt
    expect_caught 'path of a temporary file' '^docs/x.txt:1: path of a machine'
    echo "${slash}t""mp/x # path-ok: inside the guest" | plant docs/x.txt
    expect_clean 'path that says why'
    echo 'see bench/home/x, docs/root/y, https://example.org/home/z' | plant docs/x.txt
    expect_clean 'relative paths'
    echo "get it from deb.debian"".org" | plant docs/x.md
    expect_caught 'registry' '^docs/x.md:1: address'
    echo "$licence" | plant sim/mem_new.c
    expect_caught 'file named for its history' '^sim/mem_new.c: named'
    echo x | plant sim/mem.c.orig
    expect_caught 'left-over of a merge' '^sim/mem.c.orig: named'
    house_self_test_end
}

house_args "$@"
[ -z "$house_rest" ] || house_usage "takes no argument"
house_scratch
if [ $self_test = yes ]; then
    run_self_test
fi
list=$scratch/files
house_files >"$list"
[ -s "$list" ] || house_usage "no files in $root"
cd "$root" || exit 2
{
    check_spdx
    check_length
    check_text
    check_names
} >"$scratch/found"
if [ -s "$scratch/found" ]; then
    cat "$scratch/found"
    echo "check-files: see CONTRIBUTING.md, \"Rules of the house\"" >&2
    exit 1
fi
echo "check-files: clean"
