#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# check-tidy.sh - builds everything with clang, and runs clang-tidy (.clang-tidy) on each C file
# on the way. A second run looks at changed files only.
#
#   tools/check-tidy.sh
#   tools/check-tidy.sh --self-test
set -u
. "$(dirname "$0")/house.sh"

# tidy_one LINE PATTERN - a C file with that line is reported.
tidy() {
    clang-tidy --quiet --config-file="$house_root/.clang-tidy" "$scratch/x.c" -- -std=c11 2>&1
}
caught() {
    printf '%s\n' "$1" | plant x.c
    if output=$(tidy) || ! printf '%s\n' "$output" | grep -q -e "error: .*$2"; then
        printf 'self-test: must be reported as "%s": %s\n%s\n' "$2" "$1" "$output" >&2
        house_failures=$((house_failures + 1))
    fi
}
allowed() {
    printf '%s\n' "$1" | plant x.c
    output=$(tidy) || {
        printf 'self-test: must pass: %s\n%s\n' "$1" "$output" >&2
        house_failures=$((house_failures + 1))
    }
}

# nested N - a function with N nested ifs.
nested() {
    printf 'int f(int a);\nint f(int a)\n{\n    int n = 0;\n'
    i=0
    while [ $i -lt "$1" ]; do
        printf 'if (a > %d) {\n' $i
        i=$((i + 1))
    done
    printf 'n = a;\n'
    yes '}' | head -n "$1"
    printf '    return n;\n}\n'
}

run_self_test() {
    caught 'int BadName(void);' 'readability-identifier-naming'
    caught 'enum e { lower };' 'readability-identifier-naming'
    caught '#define lower_macro 1' 'readability-identifier-naming'
    caught 'int f(int a); int f(int a) { int b; return a + b; }' 'clang-analyzer'
    caught '#include <stdio.h>
void f(FILE *o); void f(FILE *o) { fclose(o); }' 'cert-err33-c'
    caught 'int f(int a, int b, int c, int d, int e, int g, int h);
int f(int a, int b, int c, int d, int e, int g, int h) { return a+b+c+d+e+g+h; }' 'function-size'
    caught "$(nested 7)" 'cognitive-complexity'
    allowed "$(nested 4)"
    # Names that the tables make keep the architecture's spelling.
    allowed 'enum smmu_ste_config { SMMU_STE_Config_S1 = 5 };'
    allowed 'static inline int smmu_STE_Config(const int *ste) { return ste[0]; }'
    allowed 'extern const int smmu_layout_STE;'
    house_self_test_end
}

house_args "$@"
[ -z "$house_rest" ] || house_usage "takes no argument"
command -v clang-tidy >/dev/null || house_usage "clang-tidy is not installed (packages-ci.txt)"
house_scratch
if [ $self_test = yes ]; then
    run_self_test
fi
cd "$house_root" || exit 2
build=build/tidy
cmake --preset tidy -DIOMMUSIM_SYSTEMC=ON >"$scratch/log" 2>&1 || {
    cat "$scratch/log" >&2
    exit 2
}
# The build does not know that the rules are an input of it.
if ! cmp -s .clang-tidy $build/rules; then
    cmake --build $build --target clean && cp .clang-tidy $build/rules || exit 2
fi
cmake --build $build -j 2 -- -k 0 || {
    echo "check-tidy: clang or clang-tidy found something, see above" >&2
    exit 1
}
echo "check-tidy: clean"
