/**
 * Prints by how many bytes this process grows while it loads CIFAR-10 from a folder and begins an epoch of batches: it
 * needs a process of its own to be told apart from what the tests take.
 */
import { dataLoaders, loadDataset } from '../../../src/index.js';
import { folder } from '../../../src/node/index.js';

const [path] = process.argv.slice(2);
if (path === undefined) throw new Error('name the folder of CIFAR-10');
const before = process.memoryUsage.rss();
const data = await loadDataset('cifar10', { source: folder(path) });
const { train } = dataLoaders(data, { batchSize: 128 });
const batches = train[Symbol.iterator]();
for (let i = 0; i < 50; i++) batches.next().value?.dispose();
// The high-water mark, in KiB.
console.log(1024 * process.resourceUsage().maxRSS - before);
