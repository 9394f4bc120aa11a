const SIDE = 28;
/** Digits of the training fill a square of so many pixels. */
const FILLED = 20;
const STROKE = 24;

/** A canvas that is drawn on in white. */
export class Drawing {
  readonly #canvas: HTMLCanvasElement;
  readonly #context: CanvasRenderingContext2D;

  constructor(canvas: HTMLCanvasElement) {
    this.#canvas = canvas;
    this.#context = canvas.getContext('2d', { willReadFrequently: true })!;
    Object.assign(this.#context, { lineWidth: STROKE, lineCap: 'round', lineJoin: 'round', strokeStyle: '#fff' });
    canvas.addEventListener('pointerdown', (event) => {
      canvas.setPointerCapture(event.pointerId);
      this.#context.beginPath();
      this.#context.moveTo(...this.#place(event));
      this.#line(event);
    });
    canvas.addEventListener('pointermove', (event) => {
      if (event.buttons > 0) this.#line(event);
    });
  }

  clear(): void {
    this.#context.clearRect(0, 0, this.#canvas.width, this.#canvas.height);
  }

  /** The digit as 28 × 28 numbers from 0 to 1, as large and in the middle as those of the training; undefined if there is none. */
  pixels(): Float64Array | undefined {
    const { width, height } = this.#canvas;
    const { data } = this.#context.getImageData(0, 0, width, height);
    let [left, top, right, bottom] = [width, height, -1, -1];
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        if (data[4 * (y * width + x) + 3]! < 128) continue;
        [left, right] = [Math.min(left, x), Math.max(right, x)];
        [top, bottom] = [Math.min(top, y), Math.max(bottom, y)];
      }
    }
    if (right < 0) return undefined;
    const [ownWidth, ownHeight] = [right - left + 1, bottom - top + 1];
    const factor = FILLED / Math.max(ownWidth, ownHeight);
    const small = new OffscreenCanvas(SIDE, SIDE).getContext('2d')!;
    small.imageSmoothingQuality = 'high';
    const place = (own: number) => (SIDE - own * factor) / 2;
    const target = [place(ownWidth), place(ownHeight), ownWidth * factor, ownHeight * factor] as const;
    small.drawImage(this.#canvas, left, top, ownWidth, ownHeight, ...target);
    const { data: pixels } = small.getImageData(0, 0, SIDE, SIDE);
    return Float64Array.from({ length: SIDE * SIDE }, (_, i) => pixels[4 * i + 3]! / 255);
  }

  #place({ offsetX, offsetY }: PointerEvent): [x: number, y: number] {
    const { width, height, clientWidth, clientHeight } = this.#canvas;
    return [(offsetX * width) / clientWidth, (offsetY * height) / clientHeight];
  }

  #line(event: PointerEvent): void {
    this.#context.lineTo(...this.#place(event));
    this.#context.stroke();
  }
}
