/** No secret and nothing personal in what senders say: outcomes, codes, errors, problems with credentials. */
import { generateKeyPairSync } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CREDENTIALS, readCredentials } from '../../shared/senders/credentials.ts';
import type { Endpoint, Outcome, Provider } from '../../shared/senders/sender.ts';
import type { TokenCache } from '../../shared/senders/token-cache.ts';
import type { Fault } from '../providers/faults.ts';
import { HASTY, openStage, PERSONAL, type Stage, TOO_SLOW } from './stage.ts';

const PROVIDERS: readonly Provider[] = ['fcm', 'apns', 'web_push', 'wechat', 'jpush'];

let stage: Stage;
beforeAll(async () => {
  stage = await openStage({ timeouts: HASTY });
});
afterAll(() => stage.close());

/** What must not be found: the endpoint's parts, the content's texts, the credentials' secrets. */
function secretsOf(provider: Provider, endpoint: Endpoint): string[] {
  const { provider: _, ...parts } = endpoint;
  const credentials = stage[provider].credentials;
  const secrets = ['private_key', 'privateKey', 'appSecret', 'masterSecret'].map((name) => credentials[name]);
  return [...Object.values(parts), ...Object.values(PERSONAL), ...secrets]
    .filter((value): value is string => typeof value === 'string' && value.length > 10)
    .concat('Wang Xiaoming', '王小明');
}

const told = (value: unknown): string =>
  value instanceof Error
    ? `${value.name} ${value.message} ${value.stack} ${JSON.stringify(value)}`
    : JSON.stringify(value);

const echo = (endpoint: Endpoint): string =>
  JSON.stringify({
    reason: Object.values(endpoint)[1],
    error: { status: Object.values(endpoint)[1], code: PERSONAL.title, details: [{ errorCode: PERSONAL.body }] },
    errcode: PERSONAL.title,
    errmsg: PERSONAL.title,
  });

describe.each(PROVIDERS)('%s', (provider) => {
  it('whatever goes wrong, and whatever the provider repeats of what it got', async () => {
    const endpoint = stage.endpoint(provider);
    const faults: Fault[] = [
      ...[200, 301, 400, 401, 403, 404, 410, 429, 500, 503].map(
        (status): Fault => ({ kind: 'status', status, body: echo(endpoint), headers: { location: PERSONAL.url } }),
      ),
      { kind: 'reset_before' },
      { kind: 'reset_after' },
      { kind: 'malformed' },
      { kind: 'cut' },
      TOO_SLOW,
    ];
    const outcomes: (Outcome | undefined)[] = [];
    for (const fault of faults) {
      stage[provider].faults.next(fault);
      outcomes.push(await stage.send(provider, stage.message(provider, { endpoint })));
    }
    const text = told(outcomes);
    for (const secret of secretsOf(provider, endpoint)) expect(text).not.toContain(secret);
    for (const outcome of outcomes)
      if (outcome && 'code' in outcome) expect(outcome.code).toMatch(/^[A-Za-z0-9_-]{1,64}$/);
  });

  it('what is thrown', async () => {
    const sender = stage.sender(provider);
    const message = stage.message(provider);
    const error = await sender
      .send(Array.from({ length: sender.batchMost + 1 }, () => message))
      .catch((thrown: unknown) => thrown);
    for (const secret of secretsOf(provider, message.endpoint)) expect(told(error)).not.toContain(secret);
    expect(told(error)).toContain('at most');
  });

  it('what is wrong with credentials', () => {
    const right: Record<string, unknown> = { ...stage[provider].credentials };
    const secret = 'S3CRET-value-that-was-pasted-wrongly';
    const wrong = [
      ...Object.keys(right).map((name) => ({ ...right, [name]: `${secret} ` })),
      ...Object.keys(right).map((name) => ({ ...right, [name]: { [secret]: secret } })),
      { ...right, [secret]: secret },
      { [secret]: right },
      secret,
      [secret],
    ];
    for (const one of wrong) {
      const read = readCredentials(provider, JSON.stringify(one));
      if (read.kind === 'problems') expect(read.problems.length).toBeGreaterThan(0);
      expect(read.kind === 'problems' ? told(read) : '').not.toContain('S3CRET');
    }
    expect(readCredentials(provider, `{"a": ${secret}`)).toEqual({ kind: 'problems', problems: ['This is no JSON.'] });
    expect(readCredentials(provider, JSON.stringify(right)).kind).toBe('credentials');
  });
});

it('a cache that fails says nothing of its own', async () => {
  const broken = async () => {
    throw new Error('PERSONAL-cache-detail');
  };
  const tokens: TokenCache = { get: broken, put: broken, claim: broken, release: broken };
  const own = await openStage({ tokens });
  for (const provider of ['fcm', 'apns', 'wechat', 'jpush'] as const) {
    const outcome = await own.send(provider);
    expect(outcome).toMatchObject({ kind: 'later', code: expect.stringMatching(/^(token_unavailable|cid_store)$/) });
  }
  await own.close();
});

describe('credentials', () => {
  it('are read as the provider gives them, with what is usual', () => {
    expect(Object.keys(CREDENTIALS).sort()).toEqual([...PROVIDERS].sort());
    const google = {
      ...stage.fcm.credentials,
      token_uri: undefined,
      universe_domain: 'googleapis.com',
      client_id: '1',
    };
    expect(readCredentials('fcm', JSON.stringify(google))).toMatchObject({
      credentials: { token_uri: 'https://oauth2.googleapis.com/token' },
    });
    expect(readCredentials('wechat', JSON.stringify({ appId: 'wx12345678', appSecret: 'secretsecret' }))).toMatchObject(
      {
        credentials: { miniprogramState: 'formal', lang: 'zh_CN' },
      },
    );
    expect(readCredentials('jpush', JSON.stringify({ appKey: 'abcdefgh', masterSecret: 'abcdefgh' }))).toMatchObject({
      credentials: { platforms: ['android', 'ios'], apnsProduction: true },
    });
  });

  it('name a key of the wrong kind', () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-384' });
    const key = privateKey.export({ type: 'pkcs8', format: 'pem' });
    expect(readCredentials('apns', JSON.stringify({ ...stage.apns.credentials, privateKey: key }))).toEqual({
      kind: 'problems',
      problems: ['privateKey: a P-256 private key in PEM (PKCS #8)'],
    });
    expect(readCredentials('fcm', JSON.stringify({ ...stage.fcm.credentials, private_key: key }))).toMatchObject({
      problems: ['private_key: an RSA private key in PEM (PKCS #8)'],
    });
  });
});
