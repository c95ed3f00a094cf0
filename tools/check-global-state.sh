#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# check-global-state.sh - no library of ours keeps mutable state between calls: .data, .bss and
# their thread-local twins are empty in every object. Constant tables (.rodata, .data.rel.ro) are
# welcome. Objects made from C++ (sim/systemc) are left out: SystemC's own headers hold state;
# iommusim-systemc.o is those and the house's C, which is looked at in its own archives.
#
#   tools/check-global-state.sh BUILD_DIR
#   tools/check-global-state.sh --self-test
#
# Sanitizers and coverage counters put data of their own everywhere: such a build is refused.
set -u
. "$(dirname "$0")/house.sh"

# objdump -h prints two lines a section; "File member:   file format ..." heads each object.
check() {
    for archive in $(cd "$build" && find . -name '*.a' -not -path './_deps/*' | sort); do
        objdump -h "$build/$archive" >"$scratch/sections" 2>"$scratch/errors" || {
            cat "$scratch/errors" >&2
            exit 2
        }
        awk -v archive="${archive#./}" '
            / file format / { member = $1; sub(/:$/, "", member); next }
            member ~ /\.(cpp|cc|cxx)\.o$/ || member == "iommusim-systemc.o" { next }
            $1 ~ /^[0-9]+$/ && $2 ~ /^\.(data|bss|tdata|tbss)(\.|$)/ {
                if ($2 ~ /^\.data\.rel\.ro(\.|$)/ || $3 ~ /^0+$/)
                    next
                printf "%s: %s: section %s holds 0x%s bytes of mutable state\n", archive, member,
                    $2, substr($3, match($3, /[^0]/))
                bad = 1
            }
            END { exit bad }
        ' "$scratch/sections" || bad=1
    done
}

# build_lib NAME - x.c of the scratch tree becomes NAME.a, as a build leaves it.
build_lib() {
    "${CC:-cc}" -std=c11 -O0 -fPIE -c "$scratch/x.c" -o "$scratch/x.c.o" &&
        ar rc "$scratch/lib$1.a" "$scratch/x.c.o" || exit 2
}

caught() {
    printf '%s\n' "$2" | plant x.c
    build_lib planted
    expect_caught "$1" "$3"
}

run_self_test() {
    caught 'static counter' 'int f(void) { static int n; return n++; }' '\.bss'
    caught 'file-scope value' 'int n = 3;' '\.data'
    caught 'table of pointers that may change' \
        'static const char *t[] = {"a"}; const char **f(void) { return t; }' '\.data\.rel'
    caught 'thread-local' '_Thread_local int n;' '\.tbss'
    caught 'thread-local value' '_Thread_local int n = 1;' '\.tdata'

    echo 'static const char *const t[] = {"a"}; const char *f(int i) { return t[i]; }' | plant x.c
    build_lib planted
    expect_clean 'constant table'

    for option in IOMMUSIM_ASAN IOMMUSIM_COVERAGE; do
        echo 'int f(void); int f(void) { return 0; }' | plant x.c
        echo "$option:BOOL=ON" | plant CMakeCache.txt
        build_lib planted
        house_run_self
        if [ $status -ne 2 ]; then
            echo "self-test: a build with $option must be refused" >&2
            house_failures=$((house_failures + 1))
        fi
    done
    house_run_self
    if [ $status -ne 2 ]; then
        echo "self-test: a folder without libraries must be refused" >&2
        house_failures=$((house_failures + 1))
    fi
    house_self_test_end
}

given_root=no
case " $* " in *" --root "*) given_root=yes ;; esac
house_args "$@"
house_scratch
if [ $self_test = yes ]; then
    house_rest=
    run_self_test
fi
if [ $given_root = yes ]; then
    build=$root # the self-test's scratch tree is the build folder
else
    [ -n "$house_rest" ] || house_usage "usage: $0 BUILD_DIR"
    build=$house_rest
fi
[ -d "$build" ] || house_usage "$build is not a folder"
if grep -q -E '^IOMMUSIM_(ASAN|COVERAGE):[A-Z]+=(ON|1|TRUE|YES)$' "$build/CMakeCache.txt" 2>/dev/null
then
    house_usage "$build is a sanitizer or coverage build; take dev or release"
fi
if [ -z "$(find "$build" -name '*.a' -print | head -n 1)" ]; then
    house_usage "no static library in $build: build first"
fi
bad=0
check
if [ $bad -ne 0 ]; then
    echo "check-global-state: libraries hold mutable state; put it into a struct the caller owns" >&2
    exit 1
fi
echo "check-global-state: clean"
