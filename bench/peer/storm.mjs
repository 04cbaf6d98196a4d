// One process, many callers at once with a session that has run out: {session, callers} is answered with how many got a token,
// and how long each waited, in seconds.
import { newCore, orders, say } from './core.mjs';

for await (const { session, callers } of orders()) {
  const core = newCore(); // without what an earlier round left in memory
  const waits = await Promise.all(
    Array.from({ length: callers }, async () => {
      const start = performance.now();
      const got = await core.validateAndRefresh(session).then(() => true, () => false);
      return { got, wait: (performance.now() - start) / 1000 };
    }),
  );
  say({ got: waits.filter((one) => one.got).length, waits: waits.map((one) => one.wait) });
}
