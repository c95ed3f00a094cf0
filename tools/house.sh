# SPDX-License-Identifier: BSD-2-Clause
# house.sh - what the check scripts share; they source it. Not a program.
#
# Every check script understands
#   (nothing)      check this tree
#   --root DIR     check another tree
#   --self-test    plant violations in a scratch tree and see each one reported
# and exits 0 (clean), 1 (violations) or 2 (wrong use, or it could not check).

house_root=$(cd "$(dirname "$0")/.." && pwd)

# house_args ARGS... - sets root and self_test; what is left goes to $house_rest.
house_args() {
    root=$house_root
    self_test=no
    house_rest=
    while [ $# -gt 0 ]; do
        case $1 in
        --root)
            [ $# -ge 2 ] || house_usage "--root takes a folder"
            root=$(cd "$2" && pwd) || exit 2
            shift
            ;;
        --self-test) self_test=yes ;;
        -*) house_usage "unknown option $1" ;;
        *)
            [ -z "$house_rest" ] || house_usage "one argument too many: $1"
            house_rest=$1
            ;;
        esac
        shift
    done
}

house_usage() {
    echo "$0: $1" >&2
    exit 2
}

# house_files - the project's files below $root, one a line, relative: what git tracks or would
# add. Where git has nothing to say (an unpacked archive), everything but build output. The corpus of
# the text language is left out: its line ends and blanks are what it tests.
house_files() (
    cd "$root" || exit 2
    if [ "$(git rev-parse --show-toplevel 2>/dev/null)" = "$root" ]; then
        git ls-files -co --exclude-standard
    else
        find . -name .git -prune -o -path ./build -prune -o -path ./out -prune -o -type f -print |
            sed 's|^\./||'
    fi | grep -v -e '^tests/corpus/text/good/' -e '^tests/corpus/text/bad/' | sort -u | while IFS= read -r file; do
        [ ! -f "$file" ] || printf '%s\n' "$file"
    done
)

# house_scratch - an empty folder in $scratch, removed when the script ends.
house_scratch() {
    scratch=$(mktemp -d) || exit 2
    trap 'rm -rf "$scratch"' EXIT
    trap 'exit 2' HUP INT TERM
}

# plant FILE - standard input becomes FILE of the scratch tree.
plant() {
    mkdir -p "$scratch/$(dirname "$1")"
    cat >"$scratch/$1"
}

# expect_clean WHAT, expect_caught WHAT PATTERN - run this script on the scratch tree; PATTERN (a
# grep expression) must be in what it prints. $house_rest is passed on. The tree is empty again
# afterwards.
house_failures=0
house_run_self() {
    output=$("$0" --root "$scratch" ${house_rest:+"$house_rest"} 2>&1)
    status=$?
    rm -rf "$scratch"
    mkdir -p "$scratch"
}

expect_clean() {
    house_run_self
    if [ $status -ne 0 ]; then
        printf 'self-test: %s: must pass, but (exit %s):\n%s\n' "$1" $status "$output" >&2
        house_failures=$((house_failures + 1))
    fi
}

expect_caught() {
    house_run_self
    if [ $status -ne 1 ] || ! printf '%s\n' "$output" | grep -q -e "$2"; then
        printf 'self-test: %s: must be reported as "%s", but (exit %s):\n%s\n' \
            "$1" "$2" $status "$output" >&2
        house_failures=$((house_failures + 1))
    fi
}

house_self_test_end() {
    if [ $house_failures -ne 0 ]; then
        echo "self-test: $house_failures failed" >&2
        exit 1
    fi
    echo "self-test: passed"
    exit 0
}
