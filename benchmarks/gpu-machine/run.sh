#!/bin/bash
# Runs parts of the benchmark on a machine that has a GPU and nothing else: run.sh DIRECTORY [--small] PART...
# Results are left in DIRECTORY, and what was said in DIRECTORY/<first part>.log.
here=$(cd "$(dirname "$0")" && pwd)
out=$1
shift
mkdir -p "$out"
out=$(cd "$out" && pwd)
work=${GPU_MACHINE_WORK:-/tmp/gpu-machine-work}
mkdir -p "$work"

unpack() {
  [ -e "$work/$1" ] && return
  if command -v xz > /dev/null; then
    xz -dc "$here/$1.xz" > "$work/$1.new"
  else
    python3 -c 'import lzma, shutil, sys; shutil.copyfileobj(lzma.open(sys.argv[1]), open(sys.argv[2], "wb"))' \
      "$here/$1.xz" "$work/$1.new"
  fi
  chmod +x "$work/$1.new"
  mv "$work/$1.new" "$work/$1"
}
unpack node
unpack dawn.node
export DAWN_NODE="$work/dawn.node"

driver=/usr/local/nvidia
# Libraries of the machine go first; those carried along serve where it has none.
mkdir -p "$work/lib"
for library in "$here"/lib/*; do
  name=$(basename "$library")
  if [ "$name" = libvulkan.so.1 ] || ! /sbin/ldconfig -p 2> /dev/null | grep -q "$name "; then
    cp "$library" "$work/lib/$name"
  fi
done
export LD_LIBRARY_PATH="$driver/lib64:$driver/lib:$LD_LIBRARY_PATH:$work/lib"

first=$(for argument in "$@"; do [ "$argument" != --small ] && echo "$argument" && break; done)
say="$out/$first.log"
: > "$say"

# A driver's manifest is taken where an adapter is found by it that is no processor (or any, where --software is asked for).
tryDriver() {
  [ -e "$1" ] || return 1
  export VK_DRIVER_FILES=$1 VK_ICD_FILENAMES=$1
  "$work/node" "$here/main.cjs" "$out" --small adapter >> "$say" 2>&1 || return 1
  [ -n "$GPU_MACHINE_SOFTWARE" ] || grep -q '"software":false' "$out/adapter.json"
}

findDriver() {
  for library in libGLX_nvidia.so.0 libEGL_nvidia.so.0; do
    found=$(find "$driver" /usr/lib /usr/lib64 -name "$library*" 2> /dev/null | head -1)
    [ -n "$found" ] && printf '{"file_format_version": "1.0.0", "ICD": {"library_path": "%s", "api_version": "1.3.0"}}' \
      "$found" > "$work/$library.json"
  done
  for manifest in "$GPU_MACHINE_DRIVER" "$driver/share/vulkan/icd.d/nvidia_icd.json" \
    "$driver/vulkan/icd.d/nvidia_icd.json" /etc/vulkan/icd.d/nvidia_icd.json /usr/share/vulkan/icd.d/nvidia_icd.json \
    "$work/libGLX_nvidia.so.0.json" "$work/libEGL_nvidia.so.0.json"; do
    echo "driver: $manifest" >> "$say"
    tryDriver "$manifest" && echo "$manifest" > "$work/driver" && return 0
  done
  return 1
}

if [ -e "$work/driver" ]; then
  VK_DRIVER_FILES=$(cat "$work/driver")
  export VK_DRIVER_FILES VK_ICD_FILENAMES=$VK_DRIVER_FILES
elif ! findDriver; then
  {
    find "$driver" -name '*icd*.json' -exec sh -c 'echo "$1"; cat "$1"' _ {} \;
    find "$driver" /usr/lib -name 'lib*nvidia*.so*' -o -name 'libvulkan*' | head -80
    for library in libGLX_nvidia.so.0 libEGL_nvidia.so.0; do
      found=$(find "$driver" /usr/lib -name "$library*" 2> /dev/null | head -1)
      [ -n "$found" ] && echo "$found" && ldd "$found"
    done
    VK_LOADER_DEBUG=all VK_DRIVER_FILES="$driver/share/vulkan/icd.d/nvidia_icd.json" \
      "$work/node" "$here/main.cjs" "$out" --small adapter
  } >> "$say" 2>&1
  tail -50 "$say"
  echo "no driver gives an adapter: see $say"
  exit 1
fi
echo "driver: $VK_DRIVER_FILES"
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
