/** One token for all: in a process, over processes that share a cache, and when one of them dies. */
import { describe, expect, it } from 'vitest';
import { later } from '../../shared/senders/outcomes.ts';
import { type AccessToken, createMemoryTokenCache } from '../../shared/senders/token-cache.ts';
import { NoToken, TokenSource } from '../../shared/senders/token-source.ts';

const HOUR_MS = 60 * 60_000;

function stage({ obtain }: { obtain?: () => Promise<void> } = {}) {
  let nowMs = Date.parse('2026-11-25T12:00:00.000Z');
  let made = 0;
  const clock = () => new Date(nowMs);
  const cache = createMemoryTokenCache(clock);
  const open = () =>
    new TokenSource({
      name: 'test',
      cache,
      clock,
      // Time passes for who waits.
      sleep: async (ms) => {
        nowMs += ms;
        await new Promise((resolve) => setTimeout(resolve, 2));
      },
      earlyMs: 5 * 60_000,
      youngMs: 10_000,
      async obtain(): Promise<AccessToken> {
        made++;
        await new Promise((resolve) => setTimeout(resolve, 5));
        await obtain?.();
        return { token: `token-${made}`, since: nowMs, expiresAt: nowMs + HOUR_MS };
      },
    });
  return { open, cache, made: () => made, advance: (ms: number) => (nowMs += ms), now: () => nowMs };
}

describe('over processes', () => {
  it('ten that begin at once make one token', async () => {
    const { open, made } = stage();
    const sources = Array.from({ length: 10 }, open);
    const found = await Promise.all(sources.flatMap((source) => [source.get(), source.get(), source.get()]));
    expect(new Set(found)).toEqual(new Set(['token-1']));
    expect(made()).toBe(1);
  });

  it('ten whose token is not taken any more make one', async () => {
    const { open, made, advance } = stage();
    const sources = Array.from({ length: 10 }, open);
    for (const source of sources) await source.get();
    advance(60_000);
    const found = await Promise.all(sources.map((source) => source.renew('token-1')));
    expect(new Set(found)).toEqual(new Set(['token-2']));
    expect(made()).toBe(2);
  });

  it('while one renews early, the others go on with the old', async () => {
    const { open, cache, made, advance } = stage();
    await open().get();
    advance(HOUR_MS - 60_000);
    await cache.claim('test', 30_000);
    expect(await open().get()).toBe('token-1');
    expect(made()).toBe(1);
  });

  it('one that died with its claim is waited for until the claim ends', async () => {
    const { open, cache, made } = stage();
    await cache.claim('test', 3_000);
    expect(await open().get()).toBe('token-1');
    expect(made()).toBe(1);
  });

  it('one that never comes back is not waited for for ever', async () => {
    const { open, cache } = stage();
    await cache.claim('test', HOUR_MS);
    await expect(open().get()).rejects.toThrow(NoToken);
  });
});

it('what could not be made is tried again, by the next who asks', async () => {
  let broken = true;
  const { open, made } = stage({
    obtain: async () => {
      if (broken) throw new NoToken(later('token_http_503'));
    },
  });
  const source = open();
  const failed = await Promise.allSettled([source.get(), source.get()]);
  expect(failed.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  expect(made()).toBe(1);
  broken = false;
  expect(await source.get()).toBe('token-2');
});

it('a claim that passed to another is not given back by who had it', async () => {
  const { cache, advance } = stage();
  const first = await cache.claim('test', 1_000);
  advance(2_000);
  const second = await cache.claim('test', 1_000);
  expect(second).toBeDefined();
  await cache.release('test', first ?? '');
  expect(await cache.claim('test', 1_000)).toBeUndefined();
});
