#!/usr/bin/env bash
# A study as a Slurm job array: every task trains a share of the trials in one folder that all nodes see.
#
#   sbatch --array=1-10 examples/sweeps/slurm.sh runs/degrees degrees --dataset mnist --data DIR --seeds 3
#
# The last words are those of a study for pnn. A task that is preempted or reaches its time limit gets SIGTERM, writes
# checkpoints and is queued again, where Slurm allows that; trials go on from there.
#SBATCH --job-name=pnn
#SBATCH --ntasks=1
#SBATCH --cpus-per-task=4
#SBATCH --time=04:00:00
#SBATCH --signal=B:TERM@120
#SBATCH --requeue
#SBATCH --open-mode=append
set -euo pipefail
folder=$1 study=$2
shift 2
pnn=${PNN:-npx pnn}

# shellcheck disable=SC2086 # PNN may be a command with arguments.
$pnn "$study" "$@" --out "$folder" --only "$SLURM_ARRAY_TASK_ID/$SLURM_ARRAY_TASK_COUNT" \
  --threads "${SLURM_CPUS_PER_TASK:-1}" &
child=$!
stopped=
# The shell gets the signal and hands it on, once: to be queued again, a job is told to stop a second time.
trap '[ -n "$stopped" ] || kill -TERM $child; stopped=1' TERM
status=0
wait $child || status=$?
if [ -n "$stopped" ]; then
  wait $child || status=$?
  # 143: it was interrupted and has written checkpoints.
  if [ "$status" = 143 ]; then
    scontrol requeue "${SLURM_ARRAY_JOB_ID}_${SLURM_ARRAY_TASK_ID}"
  fi
fi
exit "$status"
