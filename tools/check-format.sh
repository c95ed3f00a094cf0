#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# check-format.sh - is every C and C++ file laid out as .clang-format says? Tables (.def) and what
# expands them (.inc) are laid out by hand.
#
#   tools/check-format.sh [--root DIR] [--self-test] [--fix]
set -u
. "$(dirname "$0")/house.sh"

run_self_test() {
    { echo '/* x */'; echo 'int f(int a)  { return a; }'; } | plant sim/x.c
    expect_caught 'wrong braces' '^sim/x.c:2:.*Wclang-format-violations'
    printf '/* x */\nint f(int a)\n{\n    return a;\n}\n' | plant sim/x.c
    printf 'A(  1 )\n' | plant sim/x.def
    expect_clean 'house style'
    house_self_test_end
}

fix=no
if [ "${1:-}" = --fix ]; then
    fix=yes
    shift
fi
house_args "$@"
[ -z "$house_rest" ] || house_usage "takes no argument"
command -v clang-format >/dev/null || house_usage "clang-format is not installed (packages-ci.txt)"
house_scratch
if [ $self_test = yes ]; then
    run_self_test
fi
house_files | grep -E '\.(c|h|cpp)$' >"$scratch/files"
cd "$root" || exit 2
style=file:$house_root/.clang-format
if [ $fix = yes ]; then
    tr '\n' '\0' <"$scratch/files" | xargs -0 -r clang-format -i --style="$style"
    exit
fi
tr '\n' '\0' <"$scratch/files" |
    xargs -0 -r -P 2 -n 20 clang-format --dry-run -Werror --style="$style" || {
    echo "check-format: 'make format' lays the files out" >&2
    exit 1
}
echo "check-format: clean"
