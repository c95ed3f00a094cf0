#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# check-cppcheck.sh - cppcheck on every C file that a configured build compiles.
#
#   tools/check-cppcheck.sh BUILD_DIR
#   tools/check-cppcheck.sh --self-test
#
# A finding that is wrong is silenced where it stands, with the reason:
#     /* cppcheck-suppress nullPointer ; set by the caller, see trc_open */
set -u
. "$(dirname "$0")/house.sh"

options='--enable=warning,performance,portability --error-exitcode=1 --inline-suppr --std=c11
         --quiet --template=gcc -j 2'

# unlisted - C files of the tree that the build does not compile: nothing would look at them. What
# a kernel's build compiles is not ours to list.
unlisted() {
    house_files | grep '\.c$' | grep -v -E '^(kernel-glue/(linux|patch|capture)|examples)/' |
        while IFS= read -r file; do
            grep -q -F "\"$root/$file\"" "$build/compile_commands.json" ||
                echo "$file:1: not in the build $build (CMakeLists.txt, or build again)"
        done
}

run_self_test() {
    echo 'int f(void); int f(void) { int a[2] = {0, 0}; return a[2]; }' | plant sim/x.c
    expect_caught 'index out of bounds' 'arrayIndexOutOfBounds'
    echo 'int f(int *p); int f(int *p) { int v = *p; if (!p) return 0; return v; }' | plant sim/x.c
    expect_caught 'null checked too late' 'nullPointerRedundantCheck'
    echo 'int f(int a); int f(int a) { return a + 1; }' | plant sim/x.c
    expect_clean 'good file'

    house_rest=$scratch/build
    echo 'int f(int a); int f(int a) { return a + 1; }' | plant sim/x.c
    echo '[]' | plant build/compile_commands.json
    expect_caught 'file that no build compiles' '^sim/x.c:1: not in the build'
    plant sim/x.c <<END
int f(void);
int f(void) { int a[2] = {0, 0}; return a[2]; }
END
    plant build/compile_commands.json <<END
[{"directory": "$scratch", "command": "cc -c sim/x.c", "file": "$scratch/sim/x.c"}]
END
    expect_caught 'file of a build' 'arrayIndexOutOfBounds'
    house_self_test_end
}

given_root=no
case " $* " in *" --root "*) given_root=yes ;; esac
house_args "$@"
command -v cppcheck >/dev/null || house_usage "cppcheck is not installed (packages-ci.txt)"
house_scratch
if [ $self_test = yes ]; then
    house_rest=
    run_self_test
fi
if [ $given_root = yes ] && [ -z "$house_rest" ]; then
    cppcheck $options "$root" >&2 || exit 1
    echo "check-cppcheck: clean"
    exit 0
fi
[ -n "$house_rest" ] || house_usage "usage: $0 BUILD_DIR"
build=$(cd "$house_rest" && pwd) || exit 2
[ -f "$build/compile_commands.json" ] || house_usage "$build has no compile_commands.json: configure"
missing=$(unlisted)
if [ -n "$missing" ]; then
    printf '%s\n' "$missing" >&2
    exit 1
fi
# The build folder keeps what cppcheck learnt, so that a second run looks at changed files only.
mkdir -p "$build/cppcheck"
cppcheck $options --project="$build/compile_commands.json" --file-filter='*.c' -i"$build" \
    --cppcheck-build-dir="$build/cppcheck" || {
    echo "check-cppcheck: findings above" >&2
    exit 1
}
echo "check-cppcheck: clean"
