import { hashOf } from '../plan/hash.js';

/**
 * SHA-256 of all that a client was told of a plan, in hexadecimal digits. The hash in the plan is what a server says of a network that
 * the client does not see: a key that was bound to that alone could be had to work for another plan.
 */
export function planIdentity(plan: object): Promise<string> {
  return hashOf([new TextEncoder().encode(JSON.stringify(plan))]);
}
