// The vendor's session library as a desktop app would use it: a public client, and no web framework around it.
import { AuthKitCore, sessionEncryption } from '@workos/authkit-session';
import { createWorkOS } from '@workos-inc/node';
import { createInterface } from 'node:readline';

export const password = process.env.WORKOS_ENCRYPTION_SECRET;

export function newCore() {
  const clientId = process.env.WORKOS_CLIENT_ID;
  const { hostname, port } = new URL(process.env.WORKOS_API_URL);
  const client = createWorkOS({ clientId, apiHostname: hostname, port: Number(port), https: false });
  return new AuthKitCore({ clientId, cookiePassword: password }, client, sessionEncryption);
}

export const say = (value) => process.stdout.write(JSON.stringify(value) + '\n');

// orders gives the bench's lines, each a JSON value, after telling it that this process is ready for them.
export async function* orders() {
  say('ready');
  for await (const line of createInterface({ input: process.stdin })) yield JSON.parse(line);
}
