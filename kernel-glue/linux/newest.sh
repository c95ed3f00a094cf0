#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# newest.sh - the newest kernel source that Debian has a package of, unpacked as far as build.sh needs.
#
#   kernel-glue/linux/newest.sh [VERSION]       prints the tree's folder; VERSION: such as 7.3
#
# Looks in bookworm-backports, trixie and trixie-backports with an apt of its own, in a folder below
# build/linux: this machine's apt is not touched. Some 170 MB are downloaded, once.
#
#   LINUX_BUILD=DIR      instead of build/linux
#   DEBIAN_MIRROR=URL    instead of the mirror that this machine's apt has
set -eu
export LC_ALL=C

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
out=${LINUX_BUILD:-$root/build/linux}
# shellcheck disable=SC2016
mirror=${DEBIAN_MIRROR:-$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' \
  'Origin: Debian' 'Label: Debian' | head -n 1)}
keys=/usr/share/keyrings/debian-archive-keyring.gpg
apt=$out/apt

fail() {
  echo "${0##*/}: $*" >&2
  exit 1
}

private_apt() {
  [ -r "$keys" ] || fail "$keys is not there: install debian-archive-keyring"
  [ -n "$mirror" ] || fail "this machine's apt has no Debian mirror: set DEBIAN_MIRROR"
  mkdir -p "$apt"/{lists/partial,archives/partial,parts}
  : > "$apt/status"
  for suite in bookworm-backports trixie trixie-backports; do
    echo "deb [arch=amd64 signed-by=$keys] $mirror $suite main"
  done > "$apt/sources.list"
  cat > "$apt/apt.conf" << END
Dir::State "$apt";
Dir::State::status "$apt/status";
Dir::State::Lists "$apt/lists";
Dir::Cache "$apt";
Dir::Cache::archives "$apt/archives";
Dir::Etc::sourcelist "$apt/sources.list";
Dir::Etc::sourceparts "$apt/parts";
Dir::Etc::preferencesparts "$apt/parts";
Acquire::Languages "none";
APT::Architecture "amd64";
END
  export APT_CONFIG=$apt/apt.conf
  apt-get -qq update >&2 || fail "no package lists from $mirror"
}

versions() {
  apt-cache search --names-only '^linux-source-[0-9.]+$' | awk '{ print $1 }' |
    sed 's/^linux-source-//' | sort -V
}

private_apt
have=$(versions | tr '\n' ' ')
version=${1:-${have##* }}
[ -n "$version" ] || version=$(versions | tail -n 1)
case " $have" in
*" $version "*) ;;
*) fail "no package linux-source-$version; there are: $have" ;;
esac

tree=$out/source/linux-source-$version
if [ ! -e "$tree.done" ]; then
  (cd "$apt/archives" && apt-get -qq -o APT::Sandbox::User=root download "linux-source-$version") >&2 ||
    fail "linux-source-$version cannot be downloaded"
  rm -rf "$apt/package" "$tree"
  dpkg-deb -x "$apt/archives/linux-source-${version}"_*.deb "$apt/package"
  mkdir -p "$tree"
  tar xf "$apt/package/usr/src/linux-source-$version.tar.xz" -C "$tree" --strip-components 1 \
    --wildcards '*/Kconfig*' '*/Makefile*' '*/Kbuild*' "linux-source-$version"/{scripts,include,lib} \
    "linux-source-$version"/arch/{um,x86} "linux-source-$version"/kernel/{bounds.c,time,configs,sched} \
    "linux-source-$version/"{kernel,mm,fs,drivers/pci}'/*.h' "linux-source-$version/drivers/iommu" \
    "linux-source-$version"/tools/{include,lib,build,scripts}
  rm -rf "$apt/package"
  touch "$tree.done"
fi
echo "$tree"
