#!/usr/bin/env bash
# A study by GNU parallel: shares of the trials side by side, on this machine or on others by ssh that see the same folder.
#
#   examples/sweeps/parallel.sh 4 runs/degrees degrees --dataset mnist --data DIR --seeds 3
#
# The first word is the number of shares, the last ones are those of a study for pnn. PARALLEL holds options of GNU parallel,
# such as `--jobs 2` or `--sshloginfile hosts --workdir . --env PNN`.
set -euo pipefail
shares=$1 folder=$2 study=$3
shift 3
pnn=${PNN:-npx pnn}

status=0
# shellcheck disable=SC2086 # PNN may be a command with arguments.
seq "$shares" | parallel --line-buffer --tag --quote $pnn "$study" "$@" --out "$folder" --only "{}/$shares" || status=$?
# shellcheck disable=SC2086
$pnn merge "$folder"
exit "$status"
