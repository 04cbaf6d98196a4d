// Writes sealed sessions: {session, file}.
import { writeFile } from 'node:fs/promises';
import { newCore, orders, say } from './core.mjs';

const core = newCore();
for await (const { session, file } of orders()) {
  await writeFile(file, await core.encryptSession(session), { mode: 0o600 });
  say('sealed');
}
