// One of many processes of an app that want a token at the same moment. The sealed session is in the file that is the argument;
// each process reads it, has it validated, and puts back what a refresh made of it.
import { readFile, rename, writeFile } from 'node:fs/promises';
import { newCore, orders, password, say } from './core.mjs';

const file = process.argv[2];
const core = newCore();
for await (const _ of orders()) {
  const start = performance.now();
  const got = await token().then(() => true, () => false);
  say({ got, wait: (performance.now() - start) / 1000 });
}

async function token() {
  const { refreshed, session } = await core.validateAndRefresh(await core.decryptSession(await readFile(file, 'utf8')));
  if (!refreshed) return;
  await writeFile(`${file}.${process.pid}`, await core.encryptSession(session));
  await rename(`${file}.${process.pid}`, file);
}
