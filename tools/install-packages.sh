#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# install-packages.sh - installs the Debian packages of the given lists that are missing.
#
#   tools/install-packages.sh packages.txt [packages-ci.txt...]
#   tools/install-packages.sh --missing packages.txt    only prints what is missing
#
# With nothing missing it asks dpkg and ends: no network, no root.
# IOMMUSIM_NO_INSTALL=1 in the environment turns it off.
set -eu

only_print=no
if [ "${1:-}" = --missing ]; then
    only_print=yes
    shift
fi
if [ $# -eq 0 ]; then
    echo "usage: $0 [--missing] LIST..." >&2
    exit 2
fi

for list in "$@"; do
    if [ ! -r "$list" ]; then
        echo "$0: cannot read the list $list" >&2
        exit 2
    fi
done
wanted=$(sed -e 's/#.*//' -- "$@" | tr -s ' \t\n' '\n' | sed '/^$/d' | sort -u)

if ! command -v dpkg-query >/dev/null 2>&1; then
    if [ "${IOMMUSIM_NO_INSTALL:-0}" != 1 ]; then
        echo "note: this is not a Debian system, so nothing is installed for you; needed are" >&2
        echo "      (by Debian's names):" $wanted >&2
    fi
    exit 0
fi

# dpkg-query fails when it does not know a name; that only means that the package is missing.
present=$(dpkg-query -W -f '${db:Status-Status} ${Package}\n' $wanted 2>/dev/null |
    sed -n 's/^installed //p' | sort -u) || true
missing=
for package in $wanted; do
    case "
$present
" in
    *"
$package
"*) ;;
    *) missing="$missing $package" ;;
    esac
done
missing=${missing# }

if [ "$only_print" = yes ]; then
    [ -z "$missing" ] || printf '%s\n' $missing
    exit 0
fi
if [ -z "$missing" ] || [ "${IOMMUSIM_NO_INSTALL:-0}" = 1 ]; then
    exit 0
fi

give_up() {
    cat >&2 <<END

error: $1
Missing packages: $missing
Install them yourself, as root:
    apt-get update && apt-get install --no-install-recommends $missing
then run the same command again. (IOMMUSIM_NO_INSTALL=1 skips this step, for a machine that has
the libraries under other package names.)
END
    exit 1
}

if [ "$(id -u)" -eq 0 ]; then
    root=
elif command -v sudo >/dev/null 2>&1; then
    root=sudo
else
    give_up "installing packages takes root, and there is no sudo here"
fi

echo "Installing with apt-get${root:+ (through sudo)}: $missing" >&2
$root env DEBIAN_FRONTEND=noninteractive apt-get update -q >&2 ||
    give_up "apt-get update failed (no network, or no package source?)"
$root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends $missing \
    >&2 || give_up "apt-get install failed"
