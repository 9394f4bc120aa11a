#!/bin/bash
# Runs parts of the benchmark on a machine that has a GPU and nothing else: run.sh DIRECTORY [--small] PART...
# Results are left in DIRECTORY, and what was said in DIRECTORY/<first part>.log.
here=$(cd "$(dirname "$0")" && pwd)
out=$1
shift
mkdir -p "$out"
out=$(cd "$out" && pwd)
first=$(for argument in "$@"; do [ "$argument" != --small ] && echo "$argument" && break; done)
say="$out/$first.log"
: > "$say"

. "$here/driver.sh"
for argument in "$@"; do
  [ "$argument" = --small ] && small=--small
done
# Each part in a process of its own: what one breaks, the others do not feel.
status=0
for part in "$@"; do
  [ "$part" = --small ] && continue
  timeout "${GPU_MACHINE_LIMIT:-220}" "$work/node" "$here/main.cjs" "$out" $small "$part" >> "$say" 2>&1 || {
    status=$?
    echo "$part ended with $status" | tee -a "$say"
  }
done
cut -c 1-400 "$say" | tail -150
exit $status
