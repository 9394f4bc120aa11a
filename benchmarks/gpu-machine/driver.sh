# To be sourced, with $here, $out and $say set: unpacks what was carried, and finds the driver of the GPU.
work=${GPU_MACHINE_WORK:-${TMPDIR:-/tmp}/gpu-machine-work}
mkdir -p "$work"

unpackTo() {
  [ -e "$2" ] && return
  if command -v xz > /dev/null; then
    xz -dc "$1" > "$2.new"
  else
    python3 -c 'import lzma, shutil, sys; shutil.copyfileobj(lzma.open(sys.argv[1]), open(sys.argv[2], "wb"))' "$1" "$2.new"
  fi
  chmod +x "$2.new"
  mv "$2.new" "$2"
}
unpackTo "$here/node.xz" "$work/node"
unpackTo "$here/dawn.node.xz" "$work/dawn.node"
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
