// A fresh session, validated over and over: {session, calls, together} is answered with the nanoseconds of one call.
import { newCore, orders, say } from './core.mjs';

const core = newCore();
for await (const { session, calls, together } of orders()) {
  await core.validateAndRefresh(session); // fetches the keys
  const start = process.hrtime.bigint();
  for (let done = 0; done < calls; done += together) {
    const results = await Promise.all(Array.from({ length: together }, () => core.validateAndRefresh(session)));
    if (results.some((result) => result.refreshed)) throw new Error('the session was not fresh');
  }
  say({ seconds: Number(process.hrtime.bigint() - start) / 1e9 / calls });
}
