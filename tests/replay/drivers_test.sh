#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# drivers_test.sh - reference drivers against the driver that they are a reference of, and against every
# hardware that the architecture permits.
#
#   drivers_test.sh IOMMUSIM DRIVER_STREAMS TRACES
set -u
export LC_ALL=C

iommusim=$1
streams=$2
traces=$3
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
n=0
n_bad=0

fail() {
  n_bad=$((n_bad + 1))
  echo "$1"
  cat "$work/out.txt"
}

make_stream() { # DRIVER RUN
  "$streams" "$1" "$2" "$work/$1-$2.iotr" || exit 2
}

# ---- the unmodified driver of the same kernel, in user space ----

same() { # DRIVER RUN TRACE OPTIONS...
  local stream=$work/$1-$2.iotr
  n=$((n + 1))
  make_stream "$1" "$2"
  "$iommusim" diff "$traces/linux/$3.iotr" "$stream" "${@:4}" > "$work/out.txt" 2>&1 ||
    fail "$1 $2 is not $3 $*"
}

same linux-6.12 basic basic-6.12
same linux-6.12 s2-basic s2-basic-6.12
for op in drv_attach set_pasid remove_pasid map unmap free attach detach; do
  same linux-6.12 pasid pasid-6.12 --op "$op"
done
same linux-7 nested nested-7.3 --op drv_attach
same linux-7 nested nested-7.3 --op map

# ---- every hardware ----

# explored DRIVER RUN ATOM RULES: operations, each with its verdict and its CMD_SYNCs, are on standard
# input; RULES are the protocol rules that are broken.
explored() {
  local stream=$work/$1-$2.iotr
  n=$((n + 1))
  make_stream "$1" "$2"
  nice -n 5 "$iommusim" explore --atom "$3" "$stream" > "$work/out.txt" 2>&1
  awk '$2 ~ /^(attach|replace|detach|set_pasid|replace_pasid|remove_pasid)$/ { print $2, $4, $NF }
       $2 ~ /^(map|unmap)$/ && $4 != "HITLESS" { print }
       $1 ~ /^smmu-/ { rules = rules (rules == "" ? "" : " ") $1 }
       END { print "rules:", rules }' "$work/out.txt" > "$work/found.txt"
  { cat; echo "rules: $4"; } | sed 's/ *#.*//' > "$work/wanted.txt"
  diff "$work/wanted.txt" "$work/found.txt" > "$work/out.txt" || fail "$1 $2, wanted < and found >:"
}

# Of the kernel: the L1STD is stored without a CFGI, and without a barrier before it (docs/findings.md).
known='smmu-l1std-no-cfgi smmu-barrier-pointer'

explored linux-6.12 transitions 8 "$known" << END
attach HITLESS 4  # blocked to stage 1
replace BREAKS 3  # stage 1 to stage 1
replace BREAKS 3
replace BREAKS 5  # to stage 2
replace BREAKS 3  # stage 2 to stage 2
replace BREAKS 5  # to stage 1
replace HITLESS 5 # to identity
replace HITLESS 5 # to stage 1
replace HITLESS 5 # to identity
replace HITLESS 2 # to stage 2
replace HITLESS 2 # to identity
detach HITLESS 2
attach HITLESS 2  # blocked to stage 2
detach HITLESS 2
END

# One CMD_SYNC more where a tag has lost its last user.
explored linux-7 transitions 8 "$known" << END
attach HITLESS 4
replace BREAKS 4
replace BREAKS 4
replace BREAKS 6
replace BREAKS 4
replace BREAKS 6
replace HITLESS 6
replace HITLESS 5
replace HITLESS 6
replace HITLESS 2
replace HITLESS 3
detach HITLESS 2
attach HITLESS 2
detach HITLESS 3
END

for driver in best:8 best-16:16; do
  explored "${driver%:*}" transitions "${driver#*:}" "" << END
attach HITLESS 1
replace HITLESS 1
replace HITLESS 1
replace HITLESS 1
replace HITLESS 1
replace HITLESS 1
replace HITLESS 1
replace HITLESS 1
replace HITLESS 1
replace HITLESS 2 # identity to stage 2: words 2 and 3 first
replace HITLESS 1
detach HITLESS 1
attach HITLESS 1  # words 2 and 3 are as they were left
detach HITLESS 1
END
  explored "${driver%:*}" pasids "${driver#*:}" "" << END
set_pasid HITLESS $([ "$driver" = best:8 ] && echo 2 || echo 1)
set_pasid HITLESS 3
attach HITLESS 3
replace HITLESS 1
replace_pasid HITLESS 1
remove_pasid HITLESS 1
detach HITLESS 2
remove_pasid HITLESS 2
END
  explored "${driver%:*}" ats "${driver#*:}" "" << END
attach HITLESS 2
replace HITLESS 2
set_pasid HITLESS 3
remove_pasid HITLESS 2
detach HITLESS 2
END
done

# Two devices in one second-level table: tables come and go, and the other device does not notice, nor does
# it keep part of an entry of a table whose memory comes back. Then an idle domain whose pages change, and
# a process.
for driver in best:8 best-16:16; do
  explored "${driver%:*}" ats-both "${driver#*:}" "" << END
attach HITLESS 2
replace HITLESS 2
replace HITLESS 2
replace HITLESS 2
replace HITLESS 2
replace HITLESS 3 # words 2 and 3 first, the entry, the device's cache
detach HITLESS 2
END
  explored "${driver%:*}" two "${driver#*:}" "" << END
attach HITLESS 1
attach HITLESS 1
replace HITLESS 1
replace HITLESS 1
replace HITLESS 1
detach HITLESS 1
detach HITLESS 1
END
  explored "${driver%:*}" idle "${driver#*:}" "" << END
attach HITLESS 1
detach HITLESS 1
attach HITLESS 2 # its tag is flushed first
detach HITLESS 1
attach HITLESS 1
detach HITLESS 1
END
  explored "${driver%:*}" process "${driver#*:}" "" << END
set_pasid HITLESS $([ "$driver" = best:8 ] && echo 2 || echo 1)
remove_pasid HITLESS 2
END
done
explored linux-6.12 ats-both 8 'smmu-l1std-no-cfgi smmu-eats-off-late smmu-barrier-pointer' << END
attach HITLESS 5
replace BREAKS 6
replace BREAKS 4
replace BREAKS 6
replace HITLESS 6
replace HITLESS 3
detach HITLESS 3
END
explored linux-6.12 two 8 "$known" << END
attach HITLESS 4
attach HITLESS 4
replace BREAKS 5
replace BREAKS 5
replace BREAKS 5
detach HITLESS 4
detach HITLESS 2
END

# A linear stream table has no pointer to swap: what needs two words of an STE breaks, but for VMID and
# table where they can be stored at once.
explored best linear 8 "" << END
attach HITLESS 1
replace HITLESS 1
replace HITLESS 1
replace BREAKS 3
replace BREAKS 3
replace BREAKS 3
replace HITLESS 1
replace HITLESS 1
replace HITLESS 1
replace HITLESS 2
replace HITLESS 1
detach HITLESS 1
attach HITLESS 1
detach HITLESS 1
END
explored best-16 linear 16 "" << END
attach HITLESS 1
replace HITLESS 1
replace HITLESS 1
replace BREAKS 3
replace HITLESS 1
replace BREAKS 3
replace HITLESS 1
replace HITLESS 1
replace HITLESS 1
replace HITLESS 2
replace HITLESS 1
detach HITLESS 1
attach HITLESS 1
detach HITLESS 1
END

# A guest's stage 1: to nested, its other table, back, table and S1DSS, S1DSS, stage 2 alone, nested,
# another parent, back; blocked. Then stage 2 for a guest that asks for bypass, abort, abort, bypass.
explored linux-7 nested 8 "$known" << END
attach HITLESS 2
replace HITLESS 2
replace HITLESS 1
replace HITLESS 1
replace BREAKS 3
replace HITLESS 1
replace HITLESS 3
replace HITLESS 2
replace BREAKS 4
replace BREAKS 4
detach HITLESS 3
attach HITLESS 2
replace HITLESS 2 # the parent keeps its user
replace INCONCLUSIVE 0 # the same entry: nothing is stored
replace HITLESS 2
detach HITLESS 3
END
explored best nested 8 "" << END
attach HITLESS 2
replace HITLESS 2
replace HITLESS 1
replace HITLESS 1
replace HITLESS 1
replace HITLESS 1
replace HITLESS 2
replace HITLESS 2
replace HITLESS 1
replace HITLESS 1
detach HITLESS 1
attach HITLESS 2
replace HITLESS 1
replace INCONCLUSIVE 0 # the same entry
replace HITLESS 1
detach HITLESS 1
END

echo "$n comparisons, $n_bad differ"
[ "$n_bad" -eq 0 ]
