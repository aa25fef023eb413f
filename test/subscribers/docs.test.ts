/** The example for receivers in docs/subscribers.md works as it stands. */
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, it } from 'vitest';
import { outboundOf } from '../../shared/subscribers/delivery.ts';
import { readHosts } from '../../shared/subscribers/hosts.ts';
import { messageOf } from '../../shared/subscribers/message.ts';
import { createSender, systemResolve } from '../../shared/subscribers/send.ts';
import { newSigningSecret } from '../../shared/subscribers/sign.ts';
import { entered } from './samples.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');
let receiver: ChildProcess | undefined;
afterEach(() => receiver?.kill());

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (typeof address !== 'object' || !address) throw new Error('no port');
  return address.port;
}

it('the receiver in Node takes what is signed, and refuses what is not', async () => {
  const [, code = ''] = /```js\n([\s\S]*?)```/.exec(readFileSync(path.join(ROOT, 'docs/subscribers.md'), 'utf8')) ?? [];
  const port = await freePort();
  const secret = newSigningSecret();
  // From the root, so that the library is found.
  receiver = spawn(process.execPath, ['--input-type=module', '-e', code], {
    cwd: ROOT,
    env: { PATH: process.env.PATH, PORT: String(port), WEBHOOK_SECRET: secret },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let printed = '';
  receiver.stdout?.on('data', (chunk) => {
    printed += chunk;
  });
  const send = createSender({ hosts: readHosts('127.0.0.1'), resolve: systemResolve });
  const post = async (signedWith: string) => {
    const message = messageOf(entered('event-1'));
    const url = `http://127.0.0.1:${port}/`;
    return send({ ...outboundOf(message, url, { current: signedWith }, new Date()), timeoutMs: 5_000 });
  };
  let answer = await post(secret);
  // It takes a moment to start.
  while (answer.kind === 'unanswered' && receiver.exitCode === null) {
    await sleep(50);
    answer = await post(secret);
  }
  expect(answer).toEqual({ kind: 'answered', status: 204 });
  expect(await post(newSigningSecret())).toEqual({ kind: 'answered', status: 401 });
  expect(printed).toBe('segment.entered event-1\n');
});
