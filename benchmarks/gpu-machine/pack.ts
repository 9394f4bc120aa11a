import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

/** What NVIDIA's driver asks of a machine without a screen: the loader of Vulkan, and libraries of X that it never calls. */
const libraries = [
  'libvulkan.so.1',
  'libX11.so.6',
  'libXext.so.6',
  'libxcb.so.1',
  'libXau.so.6',
  'libXdmcp.so.6',
  'libbsd.so.0',
  'libmd.so.0',
];

const here = fileURLToPath(new URL('.', import.meta.url));
const root = join(here, '../..');
const target = join(root, '.gpu-machine');

function compress(from: string, to: string): void {
  if (existsSync(`${to}.xz`)) return;
  execFileSync('strip', ['-o', to, from]);
  execFileSync('xz', ['-6', '-T0', '-f', to]);
}

mkdirSync(join(target, 'lib'), { recursive: true });
compress(process.execPath, join(target, 'node'));
compress(join(root, 'node_modules/webgpu/dist/linux-x64/dawn.node'), join(target, 'dawn.node'));
const folder = ['/usr/lib/x86_64-linux-gnu', '/usr/lib64'].find((each) => existsSync(join(each, 'libvulkan.so.1')));
if (!folder) throw new Error('there is no libvulkan.so.1 here: install the package libvulkan1');
for (const name of libraries) {
  if (existsSync(join(folder, name))) cpSync(join(folder, name), join(target, 'lib', name), { dereference: true });
  else console.warn(`without ${name}, which is not installed here`);
}
for (const name of ['run.sh', 'train.sh', 'driver.sh', 'with_torch.py']) cpSync(join(here, name), join(target, name));
rmSync(join(target, 'main.cjs'), { force: true });
rmSync(join(target, 'train.cjs'), { force: true });
await build({
  entryPoints: { main: join(here, 'main.ts'), train: join(here, 'cifar10/main.ts') },
  outdir: target,
  outExtension: { '.js': '.cjs' },
  bundle: true,
  minify: true,
  platform: 'node',
  format: 'cjs',
  target: 'node20',
  conditions: ['@pnn/source'],
  external: ['gpu.js'],
  alias: { webgpu: join(here, 'dawn.ts') },
  logOverride: { 'empty-import-meta': 'silent' },
});
const sizes = readdirSync(target, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => statSync(join(entry.parentPath, entry.name)).size);
console.log(`${target}: ${(sizes.reduce((sum, size) => sum + size) / 1e6).toFixed(1)} MB`);
