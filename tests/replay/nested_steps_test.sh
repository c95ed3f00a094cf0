#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# nested_steps_test.sh - in which order a driver writes the words of an entry, and where it tells the
# hardware (S), for each change that touches a nested entry.
#   nested_steps_test.sh IOMMUSIM STREAM
# Scenario: kernel-glue/linux/scenarios/nested.scn. A change in one word: what is not read yet, the
# word, what is not read any more. In two: word 0 becomes 0, the others, word 0.
set -u
iommusim=$1
stream=$2

wanted() {
  cat << 'END'
replace 1 S 0 S
replace 0 S
replace 0 S
replace 0 S 1 S 0 S
replace 1 S
replace 1 S 0 S 1 S
replace 1 S 0 S
replace 0 S 1 2 3 S 0 S
replace 0 S 1 2 3 S 0 S
detach 0 S 1 2 3 S
replace 0 S 1 2 3 S
replace
replace 1 2 3 S 0 S
detach 0 S 1 2 3 S
END
}

found() {
  "$iommusim" import "$stream" --format text -o - | awk '
    / begin (replace|detach) /{ line = $3; on = 1 }
    on && / store STE /{ line = line " " (substr($4, length($4)) == "8" ? 1 : 0) \
                         + (substr($4, length($4) - 1, 1) == "1" ? 2 : 0) }
    on && / store CMD 0x[0-9a-f]+ 0x[0-9a-f]+03 /{ line = line " S" } # CFGI_STE, then CMD_SYNC
    / end (replace|detach) /{ print line; on = 0 }'
}

diff <(wanted) <(found) || {
  echo "$stream: other steps (>) than wanted (<)"
  exit 1
}
