#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# guest_commands_test.sh - what a guest's commands become: the parent's VMID, the real StreamID, one
# CMD_SYNC after each batch, and nothing of a batch that is refused.
#   guest_commands_test.sh IOMMUSIM STREAM
# The scenario is kernel-glue/linux/scenarios/invalidate.scn; the guest sees StreamID 0, which is 0x20.
set -u
iommusim=$1
stream=$2

wanted() {
  cat << 'END'
0x100000010
SYNC
0x5000100000011
SYNC
0x5000100000012 value_hi=0x1000001
SYNC
0x100000013 value_hi=0x1000000
SYNC
0x100000010
SYNC
0x2000000005 value_hi=0x1
SYNC
0x2000000006
SYNC
0x7000100000011
0x2000000006
SYNC
END
}

# Commands between the end of the only replace and the begin of the detach.
found() {
  "$iommusim" import "$stream" --format text -o - |
    awk '/ end replace /{ on = 1 } / begin detach /{ on = 0 } on && / store CMD /' |
    sed -E 's/^.* store CMD 0x[0-9a-f]+ //; s/ ?(width|ip)=[0-9a-fx]+//g; s/^0x[0-9a-f]*46( .*)?$/SYNC/'
}

diff <(wanted) <(found) || {
  echo "$stream: the guest's commands (<) became others (>)"
  exit 1
}
