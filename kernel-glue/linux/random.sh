#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# random.sh - do objects and a reference driver do what a tree's own iommufd and driver do, on random
# scenarios? Compared are how each line ends, where requests go, and the records (iommusim diff).
#
#   kernel-glue/linux/random.sh ARCH PROGRAM DRIVER FEATURES FIRST LAST [SETTING...]
#
#   kernel-glue/linux/random.sh vtd build/linux/linux-source-6.12/iommusim-linux-vtd linux-6.12 ats 1 100
#
# ARCH: smmuv3 or vtd. FEATURES: of pasid, nest, ats, dirty, with commas between; - for none. FIRST,
# LAST: seeds. SETTING: PATH=VALUE of --set. IOMMUSIM_BUILD=DIR: a build of iommusim, instead of
# build/release. What differs is in random-SEED.scn.
set -u
export LC_ALL=C

here=$(cd "$(dirname "$0")" && pwd)
iommusim=${IOMMUSIM_BUILD:-$here/../../build/release}/cli/iommusim
[ $# -ge 6 ] || {
  sed -n '3,13s/^# \?//p' "$0" >&2
  exit 2
}
arch=$1 program=$2 driver=$3 features=$4 first=$5 last=$6
shift 6
words=(--set traffic.kind=none)
for setting; do
  words+=(--set "$setting")
done
by_flag=()
[[ ,$features, != *,pasid,* ]] || by_flag=(--pasid-by-flag)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
n_other=0

ours() { # SCENARIO
  "$iommusim" run --script "$1" --arch "$arch" --driver "$driver" --no-replay "${by_flag[@]}" "${words[@]}" \
    --out "$work/ours.iotr" > "$work/ours.txt" 2>&1
}

theirs() { # SCENARIO
  "$program" --quiet --scenario "$1" --out "$work/theirs.iotr" --iommufd "${words[@]}" > "$work/theirs.txt" 2>&1
}

# ends FILE - "LINE RESULT" of each line that ended otherwise than it says.
ends() {
  sed -nE 's/^[^ ]*:([0-9]+): [^ ]+: (.*) instead of .*/\1 \2/p' "$1" | sort -n
}

# Uses of objects that are gone, attaches of what is attached, replaces by the same: neither side has
# anything to do.
thin_out() { # SCENARIO
  ours "$1"
  ends "$work/ours.txt" > "$work/ends"
  awk -v ends="$work/ends" '
    BEGIN { while ((getline line < ends) > 0) { split(line, w, " "); result[w[1]] = w[2] } }
    {
      made = $1 == "ioas" || $1 == "hwpt" || $1 == "nested"
      for (i = made ? 3 : 2; i <= NF; i++)
        if ($i in gone) {
          if (made) gone[$2] = 1
          next
        }
      if (made && result[NR] != "0" || $1 == "destroy" && result[NR] == "0") gone[$2] = 1
      if (result[NR] == "-ENOENT" && $1 != "unmap" && $1 != "copy") next
      if ($1 == "attach" || $1 == "replace" || $1 == "detach") {
        place = $2 (match($0, /pasid=[0-9]+/) ? substr($0, RSTART, RLENGTH) : "")
        if (($1 == "attach") == (place in attached)) next
        if ($1 == "replace" && attached[place] == $3) next
        if (result[NR] == "0" && $1 != "detach") attached[place] = $3
        if (result[NR] == "0" && $1 == "detach") delete attached[place]
      }
      print
    }' "$1" > "$work/thin.scn"
  mv "$work/thin.scn" "$1"
}

for ((seed = first; seed <= last; seed++)); do
  scenario=$work/now.scn
  awk -v seed="$seed" -v arch="$arch" -v with=",$features," -f "$here/random.awk" > "$scenario"
  for _ in 1 2 3; do # what one pass takes out may have been used
    thin_out "$scenario"
  done
  ours "$scenario"
  theirs "$scenario"
  ends "$work/ours.txt" > "$work/ours.ends"
  ends "$work/theirs.txt" > "$work/theirs.ends"
  # Who answers to faults, and when, is another question: records are those of a run without requests.
  grep -v '^expect ' "$scenario" > "$work/silent.scn"
  ours "$work/silent.scn"
  theirs "$work/silent.scn"
  diff "$work/theirs.ends" "$work/ours.ends" > "$work/diff" &&
    "$iommusim" diff "$work/theirs.iotr" "$work/ours.iotr" > "$work/diff" 2>&1 && continue
  n_other=$((n_other + 1))
  cp "$scenario" "random-$seed.scn"
  echo "seed $seed:"
  head -n 12 "$work/diff"
done
echo "$arch $driver $features $*: $((last - first + 1)) scenarios, $n_other differ"
[ "$n_other" -eq 0 ]
