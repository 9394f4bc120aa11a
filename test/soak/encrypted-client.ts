/** A client of encrypted inference that says where it is, and asks until it is killed: `tsx encrypted-client.ts URL`. */
import { EncryptedClient } from '@pnn/he';

const client = await EncryptedClient.connect(process.argv[2]!, { refresh: true });
console.log('plan');
const input = new Float64Array(client.plan.inputShape[0]!);
client.useSecretKey(client.makeSecretKey());
console.log('keys');
await client.sendKeys();
for (;;) {
  console.log('run');
  await client.run(input);
}
