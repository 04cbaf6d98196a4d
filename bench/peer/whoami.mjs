// Prints who is signed in, from the sealed session in the file that is the argument. Nothing is validated: that would need the
// network.
import { readFile } from 'node:fs/promises';
import { sessionEncryption } from '@workos/authkit-session';

const session = await sessionEncryption.unsealData(await readFile(process.argv[2], 'utf8'), {
  password: process.env.WORKOS_ENCRYPTION_SECRET,
});
console.log(session.user.email);
