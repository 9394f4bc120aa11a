/** A client of encrypted inference that says where it is, and asks until it is killed: `tsx encrypted-client.ts URL`. */
import { EncryptedClient } from '@pnn/he';
import { sample } from '../../packages/he/test/node/small-network.js';

const client = await EncryptedClient.connect(process.argv[2]!);
console.log('plan');
client.useSecretKey(client.makeSecretKey());
console.log('keys');
await client.sendKeys();
for (;;) {
  console.log('run');
  await client.run(sample);
}
