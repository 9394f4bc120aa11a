export { cifar10 } from '../sets/cifar10.js';
export { fashionMnist, mnist } from '../sets/mnist.js';
