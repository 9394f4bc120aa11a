/** What everyone who takes part is called and which color of the sheet they have. */
export const participants: Readonly<Record<string, { readonly label: string; readonly color: string }>> = {
  ours: { label: '@pnn', color: 'ours' },
  'pnn-128': { label: '@pnn with 128 bits', color: 'ours-narrow' },
  pytorch: { label: 'PyTorch', color: 'pytorch' },
  'jax-js': { label: 'jax-js', color: 'jax' },
  'tfjs-wasm': { label: 'TensorFlow.js (wasm)', color: 'tfjs' },
  numpy: { label: 'NumPy', color: 'numpy' },
  javascript: { label: 'plain JavaScript', color: 'javascript' },
  'gpu.js-webasm': { label: 'gpu.js (webasm)', color: 'gpu' },
  'gpu.js-cpu': { label: 'gpu.js (cpu)', color: 'gpu-cpu' },
};

/** Readable on a light and on a dark page: the picture brings its own ground. */
export const styleSheet = `
:root { --ground: #ffffff; --frame: #d8dee6; --ink: #1c232d; --soft: #5b6675; --grid: #e6eaef;
  --ours: #d4380d; --ours-narrow: #e88a63; --pytorch: #7a3fc4; --jax: #0b7f6b; --tfjs: #b26a00; --numpy: #1d64c8; --javascript: #6a7280;
  --gpu: #b8336f; --gpu-cpu: #d17aa5; }
@media (prefers-color-scheme: dark) {
  :root { --ground: #14181f; --frame: #303845; --ink: #e8ebf0; --soft: #a3adba; --grid: #2a313c;
    --ours: #ff8a5c; --ours-narrow: #b86a4a; --pytorch: #c19cf7; --jax: #4fcbb0; --tfjs: #f0b35f; --numpy: #6fadff; --javascript: #a2abb9;
    --gpu: #f48bb8; --gpu-cpu: #b0688a; }
}
svg { font-family: system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Liberation Sans", Arial, sans-serif; }
text { fill: var(--soft); font-size: 12px; }
.ground { fill: var(--ground); stroke: var(--frame); }
.title { fill: var(--ink); font-size: 17px; font-weight: 650; }
.heading { fill: var(--ink); font-size: 13.5px; font-weight: 600; paint-order: stroke; stroke: var(--ground); stroke-width: 4px; }
.grid { stroke: var(--grid); }
.axis { stroke: var(--soft); }
.floor { fill: none; stroke: var(--soft); stroke-width: 1.3; stroke-dasharray: 3 4; }
.curve { fill: none; stroke: var(--color); stroke-width: 1.8; stroke-linejoin: round; }
.curve.ours { stroke-width: 3; }
.point, .bar { fill: var(--color); }
.label { fill: var(--color); font-weight: 600; }
${[...new Set(Object.values(participants).map(({ color }) => color))]
  .map((color) => `.${color} { --color: var(--${color}); }`)
  .join(' ')}
`;
