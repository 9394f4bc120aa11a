export { cifar10 } from './cifar10.js';
export {
  loadCheckpoint,
  loadNetwork,
  type NetworkDescription,
  type SavedNetwork,
  saveCheckpoint,
  saveNetwork,
} from './files.js';
export { fashionMnist, mnist } from './mnist.js';
