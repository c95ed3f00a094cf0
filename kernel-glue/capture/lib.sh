# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash disable=SC2034
# lib.sh - what the scripts of a capture share; they source it. Not a program.
#
# A build folder ($build, default build/capture) holds the kernel tree, the kernels and the guests'
# file systems; an output folder ($out, default out/capture) one folder per capture.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
kit=$root/kernel-glue/capture
build=${CAPTURE_BUILD:-$root/build/capture}
out=${CAPTURE_OUT:-$root/out/capture}
jobs=${JOBS:-$(nproc)}
iommusim=${IOMMUSIM:-$root/build/release/cli/iommusim}

say() {
  printf '%s %s\n' "$(date +%H:%M:%S)" "$*"
}

fail() {
  echo "${0##*/}: $*" >&2
  exit 1
}

# need COMMAND... - ends with the way out unless all of them are here.
need() {
  local command missing=()
  for command; do
    command -v "$command" > /dev/null || missing+=("$command")
  done
  [ ${#missing[@]} -eq 0 ] || fail "not here: ${missing[*]}." \
    "tools/install-packages.sh kernel-glue/capture/packages.txt installs all that captures need"
}

# need_room FOLDER MB VARIABLE - the same for space on the disk; VARIABLE can name another folder.
need_room() {
  local free
  mkdir -p "$1" || fail "$1 cannot be made; $3 names another folder"
  free=$(df -Pm "$1" | awk 'END { print $4 }')
  [ "$free" -ge "$2" ] ||
    fail "$free MB are left for $1, $2 are needed: make room, or name another folder with $3"
}

# stamp WORDS... - one word for the contents of files and folders, and for other words.
stamp() {
  local word
  for word; do
    if [ -d "$word" ]; then
      find "$word" -type f -print0 | sort -z | xargs -0 cat
    elif [ -f "$word" ]; then
      cat "$word"
    else
      printf '%s\n' "$word"
    fi
  done | sha256sum | cut -d ' ' -f 1
}

# is_fresh FILE STAMP - was FILE made from the same as now?
is_fresh() {
  [ -r "$1" ] && [ "$(cat "$1")" = "$2" ]
}

# table [PATTERN] - the lines of captures.txt whose name fits a glob pattern.
table() {
  local name rest
  while read -r name rest; do
    # shellcheck disable=SC2053
    case $name in
    '' | '#'*) ;;
    *) [[ $name == ${1:-*} ]] && printf '%s %s\n' "$name" "$rest" ;;
    esac
  done < "$kit/captures.txt"
  return 0
}

# arch_of MACHINE
arch_of() {
  case $1 in
  arm64*) echo arm64 ;;
  *) echo x86_64 ;;
  esac
}
