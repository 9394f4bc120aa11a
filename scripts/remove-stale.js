// Removes what was built of sources that are gone or renamed: tsc leaves it in dist/, and it would be published.
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const packages = fileURLToPath(new URL('../packages', import.meta.url));

for (const name of readdirSync(packages)) {
  const [dist, src] = ['dist', 'src'].map((folder) => join(packages, name, folder));
  if (!existsSync(dist)) continue;
  for (const path of readdirSync(dist, { recursive: true })) {
    const source = path.replace(/(\.d\.ts|\.js)(\.map)?$/, '.ts');
    if (source !== path && !existsSync(join(src, source))) rmSync(join(dist, path));
  }
}
