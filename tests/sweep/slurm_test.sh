#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# slurm_test.sh - a sweep through a real Slurm of one node: the same bytes as serial, and nothing is
# lost when an element or the controller is killed.
#   slurm_test.sh IOMMUSIM PROJECT_DIR
# Slurm and munge run in namespaces of their own (network with loopback only, processes, mounts), with
# their files in a temporary folder: nothing of them is left, whatever happens. Needs root and the
# packages slurm-wlm and munge; without them the test is skipped (77).
set -u
iommusim=$1
root=$2
work=
[ "${3:-}" != --inside ] || work=$4 # of the namespaces: outside it would change the machine

skip() {
  echo "skipped: $1"
  exit 77
}

if [ -z "$work" ]; then
  for tool in munged slurmctld slurmd sbatch squeue scontrol; do
    command -v "$tool" > /dev/null || skip "there is no $tool (packages-ci.txt)"
  done
  [ "$(id -u)" -eq 0 ] || skip 'namespaces and munged take root'
  spaces=(unshare --net --uts --pid --mount --fork --kill-child --mount-proc)
  "${spaces[@]}" ip link set lo up 2> /dev/null || skip 'namespaces cannot be made here'
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  timeout 170 "${spaces[@]}" bash "$0" "$iommusim" "$root" --inside "$work"
  exit $?
fi

failed=0
passed=0
check() { # NAME COMMAND...
  local name=$1
  shift
  if "$@"; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    echo "FAILED: $name"
  fi
}

# until_true SECONDS COMMAND...
until_true() {
  local end=$((SECONDS + $1))
  shift
  until "$@" > /dev/null 2>&1; do
    [ $SECONDS -lt $end ] || return 1
    sleep 0.1
  done
}

# ---- A cluster

start_controller() { slurmctld "$@" 2> "$work/log/start"; }
is_idle() { [ "$(sinfo -h -o %t)" = idle ]; }

start_cluster() {
  # getaddrinfo wants an address that is not 127.*.
  ip link set lo up && ip addr add 10.254.0.1/32 dev lo && hostname localhost || return 1
  mkdir "$work/state" "$work/spool" "$work/log"
  mkdir -m 700 "$work/run"
  (umask 077 && head -c 1024 /dev/urandom > "$work/key")
  cat > "$work/slurm.conf" << END
ClusterName=test
SlurmctldHost=localhost(10.254.0.1)
SlurmUser=root
SlurmdUser=root
AuthInfo=socket=$work/run/munge.sock,cred_expire=5
StateSaveLocation=$work/state
SlurmdSpoolDir=$work/spool
SlurmctldPidFile=$work/run/slurmctld.pid
SlurmdPidFile=$work/run/slurmd.pid
SlurmctldLogFile=$work/log/slurmctld
SlurmdLogFile=$work/log/slurmd
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
MpiDefault=none
SchedulerType=sched/builtin
SchedulerParameters=batch_sched_delay=0,sched_interval=1
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
ReturnToService=2
KillWait=1
SlurmctldTimeout=10
SlurmdTimeout=10
NodeName=localhost NodeAddr=10.254.0.1 CPUs=2 State=UNKNOWN
PartitionName=main Nodes=localhost Default=YES MaxTime=INFINITE State=UP
END
  export SLURM_CONF=$work/slurm.conf
  munged --force --key-file="$work/key" --socket="$work/run/munge.sock" \
    --pid-file="$work/run/munged.pid" --log-file="$work/log/munged" \
    --seed-file="$work/run/seed" 2> /dev/null || return 1
  start_controller -c && slurmd -N localhost 2> /dev/null && until_true 20 is_idle
}

# ---- The sweep: names that a shell would take apart

cd "$work" || exit 2
scenario=$'a b\'c"$(touch oops)\n;d.scn'
cp "$root/kernel-glue/capture/scenarios/basic.scn" "$scenario"
cat > grid.yaml << 'END'
command: run
axes:
  script: {files: "a*.scn"}
  driver: [linux-6.12, best]
  set:
    seed: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]
columns: [summary.*, run.*, operations.*.verdict]
END

same_as_serial() {
  cmp "$work/serial/sweep.csv" "$1/sweep.csv" && cmp "$work/serial/sweep.sqlite" "$1/sweep.sqlite"
}
# Name, inode and time of every result: one that is written again has others.
results() { find "$1/points" -name '*.json' -printf '%f %i %T@\n' | sort; }
n_results() { find "$1/points" -name '*.json' | wc -l; }
has_results() { [ "$(n_results "$1")" -ge "$2" ]; }
# What of "before" is not in "after" as it was?
is_kept() { [ -s before ] && [ -z "$(comm -23 before after)" ]; }
waits() { squeue -h -t PENDING | grep -q .; }
# The controller may believe for minutes that an element runs which ended while it was killed: nobody told it.
is_over() { has_results "$1" 20 && ! pgrep -f -- 'sweep --element' > /dev/null; }

start_cluster || {
  cat "$work"/log/*
  echo 'FAILED: the cluster does not start'
  exit 1
}
"$iommusim" sweep --jobs 1 -o serial grid.yaml > out || cat out
check 'serial: every point has a result' grep -q '^20 points: 20 done now, 0 were done' out

dir=$'array \'x" $(touch oops) %a'
"$iommusim" sweep --slurm --wait --partition main --time 5 --element-seconds 1 --point-ms 200 \
  -o "$dir" grid.yaml > out 2> err || cat out err "$dir"/*.log
check 'array: every point has a result' grep -q '^20 points: 20 done now, 0 were done' out
check 'array: as many elements as the estimate makes' grep -qE '^job [0-9]+ of Slurm: 4 elements$' out
check 'array: four elements wrote a log' test "$(find "$dir" -name 'element-*.log' | wc -l)" -eq 4
check 'array: the same bytes as serial' same_as_serial "$dir"
check 'no name went through a shell' test ! -e oops -a ! -e "$dir/oops"

results "$dir" > before
"$iommusim" sweep --slurm --wait -o "$dir" grid.yaml > out 2> err
check 'again: nothing is submitted' grep -q '^20 points: 0 done now, 20 were done' out
check 'again: no job' test -z "$(grep -F 'of Slurm' out)"
results "$dir" > after
check 'again: no result is written anew' cmp -s before after

# ---- Who is killed: an element, then the controller

"$iommusim" sweep --slurm --element-seconds 2 --point-ms 200 -o killed grid.yaml > out 2> err ||
  cat out err
check 'two elements' grep -q ' of Slurm: 2 elements' out
until_true 20 has_results killed 2
results killed > before
victim=$(pgrep -o -f -- 'sweep --element')
check 'an element runs' test -n "$victim"
kill -9 "$victim"
check 'it asks to be run again' until_true 20 grep -q '^[^ ]* Requeuing JobId' log/slurmctld
# Not before it waits: of one that is still being ended, a new controller may wait for an end that was told to
# the old.
check 'it waits to be run' until_true 30 waits
check 'no point of it is left' until_true 5 test -z "$(pgrep -P "$victim")"
# Slurm saves what it knows a few seconds later; before that a controller forgets jobs when it dies.
touch stamp
check 'the controller has saved that' until_true 20 test state/job_state -nt stamp
controller=$(cat run/slurmctld.pid)
kill -9 "$controller"
check 'the controller is gone' until_true 5 test ! -e "/proc/$controller"
check 'the array had not ended' test "$(n_results killed)" -lt 20
start_controller
check 'the array ends' until_true 60 is_over killed
"$iommusim" sweep --merge killed > out 2> err || cat out err killed/*.log
check 'killed: no point is lost' grep -q '20 points.* 0 failed, 0 missing' out
check 'killed: the same bytes as serial' same_as_serial killed
results killed > after
check 'killed: what was done is not done again' is_kept

echo "$passed passed, $failed failed in $SECONDS s"
[ "$failed" -eq 0 ] || cat log/slurmctld
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
