#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# list.sh - the table of litmus tests in docs/litmus.md, from the tests themselves.
#   list.sh            print it
#   list.sh --check    does the page have it?
#   list.sh --write    put it there
set -eu
here=$(cd "$(dirname "$0")" && pwd)
page=$here/../../docs/litmus.md

table() {
  echo '| test | shows | classes |'
  echo '|---|---|---|'
  for file in "$here"/*.litmus; do
    awk '
      /^test / { name = $2; doc = $0; sub(/^test [^ ]+ "/, "", doc); sub(/"$/, "", doc) }
      /^expect (class|entry|tlb) / {
        part = $2 == "class" ? "" : $2 ": "
        $1 = $2 = ""
        sub(/^ +/, "")
        gsub(/ /, " or ")
        classes = classes (classes == "" ? "" : "; ") part $0
      }
      END { printf "| `%s` | %s | %s |\n", name, doc, classes }' "$file"
  done
}

# The page with the table between its two marks.
page_with_table() {
  sed '/^<!-- list -->$/q' "$page"
  table
  sed -n '/^<!-- end -->$/,$p' "$page"
}

case ${1-} in
--check)
  if ! page_with_table | diff -u "$page" -; then
    echo "docs/litmus.md is behind tests/litmus: run tests/litmus/list.sh --write" >&2
    exit 1
  fi
  ;;
--write)
  text=$(page_with_table)
  printf '%s\n' "$text" >"$page"
  ;;
'') table ;;
*)
  echo "usage: $0 [--check|--write]" >&2
  exit 2
  ;;
esac
