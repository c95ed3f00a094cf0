#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# text_corpus_test.sh - iommusim check on every file of text/good and text/bad: exit code 0 and
# silence, or 3 and exactly the line of the sidecar. See text/README.md.
#
#   text_corpus_test.sh IOMMUSIM
set -u
LC_ALL=C
export LC_ALL

if [ $# -ne 1 ] || [ ! -x "$1" ]; then
    echo "usage: $0 IOMMUSIM (a program)" >&2
    exit 2
fi
# The program by its full path, the files by short ones: messages show the path.
program=$(cd "$(dirname "$1")" && pwd)/$(basename "$1") || exit 2
cd "$(dirname "$0")/text" || exit 2
said=$(mktemp) || exit 2
trap 'rm -f "$said"' EXIT
passed=0
failed=0

# fail FILE WHAT - one test more that failed.
fail() {
    echo "$1: $2"
    failed=$((failed + 1))
}

# expect FILE STATUS LINE - check FILE; it must end with STATUS and say LINE, or nothing.
expect() {
    "$program" check "$1" >"$said" 2>&1 </dev/null
    status=$?
    # The dot keeps the newlines at the end, so that one line means one.
    is=$(cat "$said" && echo .)
    want=${3:+iommusim: $1:$3
}.
    if [ "$status" -eq "$2" ] && [ "$is" = "$want" ]; then
        passed=$((passed + 1))
        return
    fi
    fail "$1" "exit code $status, expected $2"
    printf '%s\n' "${want%.}" | sed '/^$/d; s/^/    expected: /'
    # A sanitizer has much to say; how it starts is enough.
    printf '%s\n' "${is%.}" | sed '/^$/d; s/^/    says:     /; 5q'
}

# sidecar FILE - the name of its .err.
sidecar() {
    name=${1%.iotr.txt}
    name=${name%.litmus}
    echo "${name%.scn}.err"
}

n_good=0
for file in good/*; do
    case $file in
    *.iotr.txt | *.litmus | *.scn)
        n_good=$((n_good + 1))
        expect "$file" 0 ''
        ;;
    *) fail "$file" 'not a name of a good file' ;;
    esac
done

n_bad=0
for file in bad/*; do
    case $file in
    *.iotr.txt | *.litmus | *.scn)
        n_bad=$((n_bad + 1))
        err=$(sidecar "$file")
        if [ ! -s "$err" ]; then
            fail "$file" "no $err"
        elif [ "$(wc -l <"$err")" -ne 1 ]; then
            fail "$err" 'not one line'
        else
            expect "$file" 3 "$(cat "$err")"
        fi
        ;;
    *.err)
        set -- "${file%.err}.iotr.txt" "${file%.err}.litmus" "${file%.err}.scn"
        n=0
        for owner; do
            [ -e "$owner" ] && n=$((n + 1))
        done
        [ "$n" -eq 1 ] || fail "$file" "belongs to $n files, not to one"
        ;;
    *) fail "$file" 'not a name of a bad file' ;;
    esac
done

# A corpus that went missing is no corpus that passed.
[ "$n_good" -ge 100 ] || fail good "only $n_good files"
[ "$n_bad" -ge 100 ] || fail bad "only $n_bad files"

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
