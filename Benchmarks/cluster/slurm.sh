#!/usr/bin/env bash
# A Slurm cluster of one node on this machine, for trying scripts: munge, slurmctld and slurmd, on loopback only.
#
#   Benchmarks/cluster/slurm.sh start   # needs root, and Debian's munge, slurmctld, slurmd, slurm-client
#   Benchmarks/cluster/slurm.sh try .build/release/evidence MODEL.h5 DATA.h5 [--dataset PATH …]
#   Benchmarks/cluster/slurm.sh stop
#
# `try` runs an array job of 8 tasks, requeues one of them while it runs, merges the shards and compares the rows with
# those of one process.
set -euo pipefail

state=${EVIDENCE_SLURM_STATE:-/tmp/evidence-slurm}
export SLURM_CONF=$state/slurm.conf

start() {
  mkdir -p "$state"/{spool,ctld,log} /run/munge
  chown munge: /run/munge /etc/munge/munge.key
  local host cpus
  host=$(hostname -s) cpus=$(nproc)
  cat >"$SLURM_CONF" <<CONF
ClusterName=trial
SlurmctldHost=$host(127.0.0.1)
SlurmUser=root
AuthType=auth/munge
ProctrackType=proctrack/pgid
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
ReturnToService=2
StateSaveLocation=$state/ctld
SlurmdSpoolDir=$state/spool
SlurmctldPidFile=$state/slurmctld.pid
SlurmdPidFile=$state/slurmd.pid
SlurmctldLogFile=$state/log/slurmctld
SlurmdLogFile=$state/log/slurmd
JobRequeue=1
MinJobAge=600
NodeName=$host NodeAddr=127.0.0.1 CPUs=$cpus State=UNKNOWN
PartitionName=trial Nodes=$host Default=YES MaxTime=INFINITE State=UP OverSubscribe=FORCE:8
CONF
  runuser -u munge -- munged --force >/dev/null 2>&1
  slurmctld
  slurmd
  for _ in $(seq 50); do
    sinfo -h -o %T 2>/dev/null | grep -q idle && return
    sleep 0.2
  done
  echo "the node did not come up; see $state/log" >&2
  return 1
}

stop() {
  for daemon in slurmd slurmctld; do
    [ -f "$state/$daemon.pid" ] && kill "$(cat "$state/$daemon.pid")" 2>/dev/null || true
  done
  [ -f /run/munge/munged.pid ] && kill "$(cat /run/munge/munged.pid)" 2>/dev/null || true
  rm -rf "$state"
}

trial() {
  local command model data directory job
  command=$(realpath "$1") model=$(realpath "$2") data=$(realpath "$3")
  shift 3
  directory=$(mktemp -d)
  cat >"$directory/array.sh" <<JOB
#!/bin/bash
#SBATCH --array=0-7 --requeue --open-mode=append
exec $command nll $model $data $* --shard auto --output part --resume
JOB
  "$command" nll "$model" "$data" "$@" --output "$directory/one.h5" --quiet --format json >/dev/null
  job=$(cd "$directory" && sbatch --parsable array.sh)
  # One task is taken back while it runs or waits, and comes again.
  sleep 2
  scontrol requeue "${job}_7" || true
  while squeue -h -j "$job" 2>/dev/null | grep -q .; do
    scontrol release "$job" 2>/dev/null || true
    # A requeued task would wait two minutes.
    scontrol update "JobId=${job}_7" StartTime=now 2>/dev/null || true
    sleep 1
  done
  "$command" merge "$directory"/part-*.h5 -o "$directory/all.h5"
  python3 - "$directory" <<'PY'
import sys, h5py, numpy
with h5py.File(sys.argv[1] + "/one.h5") as one, h5py.File(sys.argv[1] + "/all.h5") as all:
    for name in set(one["examples"]) - {"seconds"}:
        a, b = (f["examples"][name][...] for f in (one, all))
        assert a.dtype == b.dtype and numpy.array_equal(a.view("u8"), b.view("u8")), name
    print("equal bits in", len(one["examples"]), "columns of", len(one["examples/index"]), "examples")
PY
}

case "${1:-}" in
  start) start ;;
  stop) stop ;;
  try) shift && trial "$@" ;;
  *) sed -n '2,9p' "$0" >&2 && exit 64 ;;
esac
