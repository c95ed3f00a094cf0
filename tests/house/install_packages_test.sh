#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# install_packages_test.sh - tools/install-packages.sh with a dpkg-query, an apt-get, a sudo and an
# id of our own, which note what they are asked.
#
#   install_packages_test.sh SCRIPT
set -u

script=$1
scratch=$(mktemp -d) || exit 2
trap 'rm -rf "$scratch"' EXIT
mkdir "$scratch/bin"
calls=$scratch/calls
failures=0

# fake NAME - standard input becomes a program of that name.
fake() {
    { echo '#!/bin/sh'; cat; } >"$scratch/bin/$1"
    chmod +x "$scratch/bin/$1"
}

# run WHAT STATUS ARGS... - run the script, once with the variable in $with; it must end with
# STATUS.
with=
run() {
    what=$1
    want=$2
    shift 2
    : >"$calls"
    env PATH="$scratch/bin:$PATH" CALLS="$calls" IOMMUSIM_NO_INSTALL=0 ${with:+"$with"} \
        "$script" "$@" >"$scratch/out" 2>&1
    status=$?
    with=
    if [ $status -ne "$want" ]; then
        echo "$what: exit $status, expected $want" >&2
        cat "$scratch/out" >&2
        failures=$((failures + 1))
    fi
}

# must FILE PATTERN, must_not FILE PATTERN - of the last run's calls or out.
must() {
    grep -q -e "$2" "$scratch/$1" || {
        echo "$what: no \"$2\" in its $1:" >&2
        cat "$scratch/$1" >&2
        failures=$((failures + 1))
    }
}
must_not() {
    ! grep -q -e "$2" "$scratch/$1" || {
        echo "$what: \"$2\" in its $1" >&2
        failures=$((failures + 1))
    }
}

fake dpkg-query <<'END'
echo 'installed have-a'
echo 'config-files was-b'
echo 'installed have-ab'
exit 1
END
fake apt-get <<'END'
echo "apt-get $*" >>"$CALLS"
[ "$1" != "${APT_FAILS:-}" ]
END
fake sudo <<'END'
echo "sudo" >>"$CALLS"
exec "$@"
END
fake id <<'END'
echo "${FAKE_UID:-0}"
END
printf 'have-a # a comment\n\n# another\nhave-ab\n' >"$scratch/present"
printf 'have-a\nwas-b\nhave\n' >"$scratch/missing"

run 'nothing missing' 0 "$scratch/present"
must_not calls .

run 'two missing' 0 "$scratch/present" "$scratch/missing"
must calls '^apt-get update'
must calls '^apt-get install .*--no-install-recommends have was-b$'
must_not calls sudo
must out 'Installing .*have was-b'

run 'only printed' 0 --missing "$scratch/missing"
must out '^was-b$'
must_not calls .

with=FAKE_UID=1000
run 'not root' 0 "$scratch/missing"
must calls '^sudo'
must calls '^apt-get install'

with=APT_FAILS=install
run 'apt-get fails' 1 "$scratch/missing"
must out 'Missing packages: have was-b'
must out 'IOMMUSIM_NO_INSTALL'

with=APT_FAILS=update
run 'no network' 1 "$scratch/missing"
must out 'Missing packages: have was-b'
must_not calls install

with=IOMMUSIM_NO_INSTALL=1
run 'turned off' 0 "$scratch/missing"
must_not calls .

run 'no list' 2
run 'no such list' 2 "$scratch/gone"

exit $((failures != 0))
