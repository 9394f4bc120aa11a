#!/bin/bash
# Trains on CIFAR-10 on a machine that has a GPU and nothing else: train.sh DATA OUT [SETTING...]
# DATA holds the six .bin files, or .bin.xz; results are left in OUT/cifar10.json after every epoch.
here=$(cd "$(dirname "$0")" && pwd)
data=$1
out=$2
shift 2
mkdir -p "$out"
out=$(cd "$out" && pwd)
say="$out/cifar10.log"
: > "$say"
. "$here/driver.sh"

for packed in "$data"/*.bin.xz; do
  name=$(basename "$packed" .xz)
  [ -e "$packed" ] && [ ! -e "$work/data/$name" ] && mkdir -p "$work/data" && unpackTo "$packed" "$work/data/$name" &
done
wait
[ -e "$data/test_batch.bin" ] || data="$work/data"
timeout "${GPU_MACHINE_LIMIT:-560}" "$work/node" --max-semi-space-size=64 "$here/train.cjs" "$data" "$out" "$@" 2>&1 | tee -a "$say" | cut -c 1-300
exit "${PIPESTATUS[0]}"
