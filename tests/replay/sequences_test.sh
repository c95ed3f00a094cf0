#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# sequences_test.sh - a driver's ways from domain to domain: is each word stored in its order, and is
# the verdict of a replay the one that is known?
#   sequences_test.sh IOMMUSIM MAKE_SWITCH TABLE
# TABLE says what it expects, and how to read it: sequences.txt. No operation may be inconclusive, no
# wait may end in vain, and nothing may be asked for that is not modelled.
set -u
iommusim=$1
make_switch=$2
table=$3
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passed=0
failed=0
steps=
n_ops=0

fail() { # WHAT DETAIL...
  failed=$((failed + 1))
  echo "FAILED: $steps: $1"
  shift
  [ $# -eq 0 ] || printf '    %s\n' "$@"
}

# What the driver stores, an operation a line, in the notation of the table.
words_of() { # STREAM.iotr.txt
  awk '
    BEGIN {
      number["00"] = 0; number["08"] = 1; number["10"] = 2; number["18"] = 3
    }
    $2 == "begin" && $3 == "drv_attach" { inside = 1; all = ""; some = "" }
    inside && $2 == "store" && ($3 == "STE" || $3 == "CD") {
      letter = substr($3, 1, 1)
      if (some == "")
        some = letter
      some = some number[substr($4, length($4) - 1)]
    }
    inside && $2 == "wait" && some != "" {
      all = all (all == "" ? "" : "+") some
      some = ""
    }
    $2 == "end" && $3 == "drv_attach" {
      print (all == "" ? "-" : all) (some == "" ? "" : "?")
      inside = 0
    }' "$1"
}

# "NAME: COUNT, " of what is not 0.
count() { # NAME COUNT
  [ "$2" -eq 0 ] || printf '%s: %s, ' "$1" "$2"
}

expect_op() { # OP WORDS VERDICT CFGI_STE CFGI_CD SYNC EVENTS [COMMAND=COUNT]
  local events=
  [ "$7" = - ] || events="$7: any"
  echo "$2" >> "$work/words"
  n_ops=$((n_ops + 1))
  cat >> "$work/expect.yaml" << END
  - op: $1
    verdict: $3
    inconclusive: false
    events: {$events}
    parts:
      drv_attach:
        commands: {$(count CFGI_STE "$4")$(count CFGI_CD "$5")$(count CMD_SYNC "$6")PREFETCH_CONFIG: 1${8:+, ${8/=/: }}}
        syncs: $6
END
}

begin_stream() { # RULES STEP...
  steps="$*"
  n_ops=0
  : > "$work/words"
  printf 'operations:\n  - op: attach\n    verdict: any\n' > "$work/expect.yaml"
  rm -f "$work/s.iotr"
  "$make_switch" "$work/s.iotr" "$@" || fail "no stream"
}

end_stream() {
  local out before=$failed
  [ -n "$steps" ] || return
  [ "$n_ops" -gt 0 ] || fail "nothing is expected"
  "$iommusim" import "$work/s.iotr" -o "$work/s.iotr.txt"
  words_of "$work/s.iotr.txt" | tail -n +2 > "$work/seen"
  out=$(diff "$work/words" "$work/seen") || fail "other words" "$out"
  "$iommusim" replay "$work/s.iotr" --expect "$work/expect.yaml" --json > "$work/json" ||
    fail "other verdict" "$(sed -n '/^  "expected"/,$p' "$work/json")"
  for none in unimplemented wait_timeouts bad_outside; do
    grep -Eq "\"$none\": ?0([,}]|$)" "$work/json" || fail "$none"
  done
  [ "$failed" -ne "$before" ] || passed=$((passed + 1))
}

while read -r first rest; do
  case $first in
  '' | '#'*) continue ;;
  stream)
    end_stream
    # shellcheck disable=SC2086 # words of the line
    begin_stream $rest
    ;;
  *)
    # shellcheck disable=SC2086
    expect_op $first $rest
    ;;
  esac
done < "$table"
end_stream
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
