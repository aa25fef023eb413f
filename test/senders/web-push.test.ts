/** Web Push: sealed for one browser and opened by code that shares nothing with the library; and where it does not go. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readCredentials } from '../../shared/senders/credentials.ts';
import { openSender } from '../../shared/senders/open.ts';
import type { Endpoint, Sender } from '../../shared/senders/sender.ts';
import { NO_HOSTS } from '../../shared/subscribers/hosts.ts';
import { newBrowser } from '../providers/push-crypto.ts';
import { DAY_MS, HOUR_MS, openStage, PERSONAL, type Stage } from './stage.ts';

let stage: Stage;
beforeEach(async () => {
  stage = await openStage();
});
afterEach(() => stage.close());

const to = (endpoint: Partial<Extract<Endpoint, { provider: 'web_push' }>>): Endpoint => ({
  provider: 'web_push',
  ...stage.web_push.subscribe(),
  ...endpoint,
});

describe('a message', () => {
  it('is opened by the browser that it is for, signed by us', async () => {
    const message = stage.message('web_push', {
      with: { collapseKey: 'offer-1', imageUrl: 'https://shop.example/1.jpg' },
    });
    expect(await stage.send('web_push', message)).toEqual({ kind: 'sent' });
    const [taken] = stage.web_push.taken;
    expect(JSON.parse(taken?.text ?? '')).toEqual({
      title: PERSONAL.title,
      body: PERSONAL.body,
      url: PERSONAL.url,
      imageUrl: 'https://shop.example/1.jpg',
      tag: 'offer-1',
      data: { campaign: 'spring' },
    });
    expect(taken).toMatchObject({ urgency: 'normal', topic: 'offer-1' });
    expect(taken?.ttl).toBeGreaterThan(DAY_MS / 1000 - 60);
    expect(taken?.ttl).toBeLessThanOrEqual(DAY_MS / 1000);
  });

  it('has a topic that push services take, whatever the key', async () => {
    for (const collapseKey of ['优惠', 'x'.repeat(33), 'a b', 'ok_-1'])
      expect(await stage.send('web_push', stage.message('web_push', { with: { collapseKey } }))).toEqual({
        kind: 'sent',
      });
    expect(stage.web_push.taken.map(({ topic }) => topic?.length)).toEqual([32, 32, 32, 5]);
  });

  it('is signed anew before the signature expires', async () => {
    const sender = stage.sender('web_push');
    for (let hours = 0; hours < 30; hours += 5) {
      expect(await sender.send([stage.message('web_push')])).toEqual([{ kind: 'sent' }]);
      stage.advance(5 * HOUR_MS);
    }
  });

  it('for another browser is opened by nobody', async () => {
    const { p256dh } = stage.web_push.subscribe();
    await stage.send('web_push', stage.message('web_push', { endpoint: to({ p256dh }) }));
    expect(stage.web_push.taken.map(({ text }) => text)).toEqual(['']);
  });
});

it('the model opens what RFC 8291 gives as its example (appendix A)', () => {
  const browser = newBrowser({
    privateKey: 'q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94',
    auth: 'BTBZMqHH6r4Tts7J_aSIgg',
  });
  const body =
    'DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN';
  expect(browser.open(Buffer.from(body, 'base64url'))).toBe('When I grow up, I want to be a watermelon');
});

describe('an answer', () => {
  it('410: the subscription is given up', async () => {
    const endpoint = to({});
    if (endpoint.provider !== 'web_push') throw new Error(endpoint.provider);
    stage.web_push.unsubscribe(endpoint.url);
    expect(await stage.send('web_push', stage.message('web_push', { endpoint }))).toEqual({
      kind: 'gone',
      code: 'http_410',
    });
  });

  it('403: made with another key than ours; neither removed, nor is all sending at a stop', async () => {
    const { credentials } = await openStage().then(async (other) => {
      await other.close();
      return other.web_push;
    });
    const endpoint: Endpoint = { provider: 'web_push', ...stage.web_push.subscribe(String(credentials.publicKey)) };
    const outcome = await stage.send('web_push', stage.message('web_push', { endpoint }));
    expect(outcome).toEqual({ kind: 'rejected', code: 'http_403' });
  });

  it.each([
    [404, { kind: 'gone', code: 'http_404' }],
    [400, { kind: 'rejected', code: 'http_400' }],
    [401, { kind: 'rejected', code: 'http_401' }],
    [413, { kind: 'rejected', code: 'too_large' }],
    [202, { kind: 'sent' }],
    [500, { kind: 'later', code: 'http_500', scope: 'endpoint' }],
  ])('%i', async (status, outcome) => {
    stage.web_push.faults.next({ kind: 'status', status, body: PERSONAL.title });
    expect(await stage.send('web_push')).toEqual(outcome);
  });
});

describe('a subscription from a stranger', () => {
  const strict = (resolve?: () => Promise<{ address: string; family: number }[]>): Sender => {
    const read = readCredentials('web_push', stage.credentialsOf('web_push'));
    if (read.kind === 'problems') throw new Error();
    const options = { ...stage.options, hosts: NO_HOSTS, ...(resolve && { resolve }) };
    return openSender('web_push', read.credentials, options);
  };

  it.each([
    ['http://push.example/x', 'https_required'],
    ['https://127.0.0.1/x', 'address_not_allowed'],
    ['https://0x7f.1/x', 'address_not_allowed'],
    ['https://[::1]/x', 'address_not_allowed'],
    ['https://169.254.169.254/latest/meta-data', 'address_not_allowed'],
    ['https://[fd00:ec2::254]/', 'address_not_allowed'],
    ['https://localhost/x', 'address_not_allowed'],
    ['https://user:secret@push.example/x', 'credentials_in_url'],
    ['ftp://push.example/x', 'scheme_not_allowed'],
    ['https://push.example:0/x', 'port_not_allowed'],
  ])('%s is never asked', async (url, code) => {
    expect(await strict().send([stage.message('web_push', { endpoint: to({ url }) })])).toEqual([
      { kind: 'gone', code },
    ]);
    expect(stage.web_push.calls.push).toBe(0);
  });

  it('whose name leads to an address of ours, or to that among others, is not connected to', async () => {
    for (const addresses of [['127.0.0.1'], ['93.184.216.34', '10.0.0.7'], ['169.254.169.254']]) {
      const resolve = async () => addresses.map((address) => ({ address, family: 4 }));
      const [outcome] = await strict(resolve).send([
        stage.message('web_push', { endpoint: to({ url: 'https://push.example/x' }) }),
      ]);
      expect(outcome).toEqual({ kind: 'rejected', code: 'address_not_allowed' });
    }
    expect(stage.web_push.calls.push).toBe(0);
  });

  it('with keys that are none is removed, or not sent to', async () => {
    const sender = stage.sender('web_push');
    const at = (endpoint: Endpoint) => sender.check(stage.message('web_push', { endpoint }));
    expect(at(to({ url: 'nonsense' }))).toEqual({ code: 'invalid', at: '/endpoint/url' });
    expect(at(to({ p256dh: 'AAAA' }))).toEqual({ code: 'invalid', at: '/endpoint/p256dh' });
    expect(at(to({ auth: 'AAAA' }))).toEqual({ code: 'invalid', at: '/endpoint/auth' });
    // 65 bytes, and not of the curve.
    const p256dh = Buffer.concat([Buffer.from([4]), Buffer.alloc(64, 1)]).toString('base64url');
    expect(await sender.send([stage.message('web_push', { endpoint: to({ p256dh }) })])).toEqual([
      { kind: 'gone', code: 'keys_invalid' },
    ]);
  });
});
