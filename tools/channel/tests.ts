/** The texts of the tests that only the new channel has, and of its platform where orders are fetched. */
import type { NewChannel } from './name.ts';
import { signatureHeader } from './source.ts';

export const channelTestText = (
  channel: NewChannel,
): string => `/** What only ${channel.title}'s door and normaliser promise; what all adapters promise is in \`suite.test.ts\`. */
import { expect, test } from 'vitest';
import { ${channel.camel}Door } from '../../shared/channels/${channel.name}/door.ts';

// One of the platform's pages is better, with the day on which it was read. Ours would only agree with ourselves; this is
// printf '{"id":"1001"}' | openssl dgst -sha256 -hmac key -binary | base64
const FOREIGN = { secret: 'key', body: '{"id":"1001"}', signature: '${FOREIGN_SIGNATURE}' };
const NOW = new Date('2026-11-20T12:00:00.000Z');

const request = (headers: Readonly<Record<string, string>>) => ({
  method: 'POST',
  url: 'https://hooks.example.com/webhooks/${channel.name}/demo',
  query: '',
  headers,
  body: Buffer.from(FOREIGN.body),
});

test('accepts a signature that another program made, and makes the same', () => {
  const headers = { '${signatureHeader(channel)}': FOREIGN.signature };
  expect(${channel.camel}Door.verify(request(headers), [FOREIGN.secret], NOW)).toEqual({ kind: 'verified' });
  expect(${channel.camel}Door.sign(request({}), FOREIGN.secret, NOW).headers).toEqual(headers);
});
`;

/** By openssl, of `{"id":"1001"}` with the key `key`. */
const FOREIGN_SIGNATURE = 'vzarf8ZJngMyHfVyyKJ2cMrh7SyH32O+FD/xp+Z2vnA=';

export const platformText = ({
  name,
  pascal,
  title,
}: NewChannel): string => `/** ${title}'s API as a model: records by id, a bearer token. Tokens that expire are played here, too. */
import { type PlatformAnswer, type PlatformModel, PlatformState } from './platform.ts';

const ACCESS_TOKEN = 'model-access-token';

export function create${pascal}Platform({ shop }: { readonly shop: string }): PlatformModel {
  const state = new PlatformState();
  let revoked = false;
  return {
    channel: '${name}',
    credentials: { shop_id: shop, access_token: ACCESS_TOKEN },
    behaviour: state.behaviour,
    calls: state.calls,
    put: (record, nowMs) => state.put(record, nowMs),
    withhold: (subject, how) => state.withhold(subject, how),
    revokeTokens: () => {
      revoked = true;
    },
    answer({ path, headers }, nowMs) {
      const { failing } = state.behaviour;
      const subject = path.replace(/^\\/orders\\//, 'order/');
      state.count(subject);
      if (failing !== undefined) return refusal(failing);
      if (!state.allow(nowMs)) return refusal(429);
      if (revoked || headers.authorization !== \`Bearer \${ACCESS_TOKEN}\`) return refusal(401);
      const found = state.find(subject, nowMs);
      if (found === 'not_found') return refusal(404);
      if (found === 'forbidden') return refusal(403);
      return { status: 200, body: found.json };
    },
  };
}

const refusal = (status: number): PlatformAnswer => ({ status, body: JSON.stringify({ error: \`http_\${status}\` }) });
`;

export const platformTestText = ({
  name,
  camel,
  pascal,
  title,
}: NewChannel): string => `/** ${title}'s API as the adapter calls it, against the model. */
import { expect, test } from 'vitest';
import { ${camel}Api } from '../../shared/channels/${name}/api.ts';
import { create${pascal}Platform } from './${name}.ts';

const NOW = new Date('2026-11-20T12:00:00.000Z');

test('an order is passed on as it was written, and each failure is told apart', async () => {
  const model = create${pascal}Platform({ shop: '42' });
  const account = ${camel}Api.open(model.credentials);
  if ('kind' in account) throw new Error(account.problems.join());
  const fetched = (subject = 'order/1001') =>
    account.fetch(subject, account.firstTokens, {
      clock: () => NOW,
      async call({ method, path, query = [], headers = {}, body = '' }) {
        const search = new URLSearchParams(query.map(([field, value]): [string, string] => [field, value]));
        return { headers: {}, ...model.answer({ method, path, query: search, headers, body }, NOW.getTime()) };
      },
    });

  await expect(fetched()).rejects.toMatchObject({ kind: 'not_found' });
  model.put({ subject: 'order/1001', version: 1, json: '{"id":12345678901234567890}' }, 0);
  expect(await fetched()).toEqual(['{"id":12345678901234567890}']);
  await expect(fetched('order/../1001')).rejects.toMatchObject({ kind: 'refused' });
  model.behaviour.failing = 503;
  await expect(fetched()).rejects.toMatchObject({ kind: 'unavailable' });
  model.behaviour.failing = undefined;
  model.revokeTokens();
  await expect(fetched()).rejects.toMatchObject({ kind: 'unauthorized' });
});
`;
