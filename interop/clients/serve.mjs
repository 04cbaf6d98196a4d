import { createInterface } from 'node:readline';

/** Carries out calls for a Go test: each line of input is {"call": "target.method", "args": [...]}, each line of output what came of it. */
export async function serve(targets, describe = (error) => ({ message: error.message, classes: [] })) {
  for await (const line of createInterface({ input: process.stdin })) {
    const { call, args } = JSON.parse(line);
    const [target, method] = call.split('.');
    let answer;
    try {
      answer = { value: await targets[target][method](...args) };
    } catch (error) {
      answer = { error: describe(error) };
    }
    process.stdout.write(JSON.stringify(answer) + '\n');
  }
}
