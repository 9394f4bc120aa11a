/** Rows [top, top + rows) and columns [left, left + columns) of planes, with zeros where those do not reach. */
export function copyWindow(
  out: usize,
  source: usize,
  planes: i32,
  height: i32,
  width: i32,
  top: i32,
  rows: i32,
  left: i32,
  columns: i32,
): void {
  const zero = f32x4.splat(0);
  const from = max(0, min(columns, -left));
  const to = max(from, min(columns, width - left));
  for (let plane = 0; plane < planes; plane++) {
    for (let y = top; y < top + rows; y++) {
      const present = y >= 0 && y < height;
      const end = present ? from : columns;
      let x = 0;
      for (; x + 4 <= end; x += 4) v128.store(out + ((<usize>x) << 2), zero);
      for (; x < end; x++) f32.store(out + ((<usize>x) << 2), 0);
      if (present) {
        const row = source + ((<usize>y * width) << 2) + ((<usize>left) << 2);
        for (; x + 4 <= to; x += 4) v128.store(out + ((<usize>x) << 2), v128.load(row + ((<usize>x) << 2)));
        for (; x < to; x++) f32.store(out + ((<usize>x) << 2), f32.load(row + ((<usize>x) << 2)));
        for (; x < columns; x++) f32.store(out + ((<usize>x) << 2), 0);
      }
      out += (<usize>columns) << 2;
    }
    source += (<usize>height * width) << 2;
  }
}
