/** Senders against the providers of this machine, in a time that tests can move. */

import { readCredentials } from '../../shared/senders/credentials.ts';
import { openSender } from '../../shared/senders/open.ts';
import type { SenderOptions, Timeouts } from '../../shared/senders/options.ts';
import type { Endpoint, Outcome, Outgoing, Provider, PushContent, Sender } from '../../shared/senders/sender.ts';
import { createMemoryTokenCache, type TokenCache } from '../../shared/senders/token-cache.ts';
import { readHosts } from '../../shared/subscribers/hosts.ts';
import { instant } from '../../shared/time/instant.ts';
import { type Providers, startProviders } from '../providers/all.ts';

export const HOUR_MS = 60 * 60_000;
export const DAY_MS = 24 * HOUR_MS;
export const FCM_TOKEN = 'cPbR5xWzQkS1:APA91bHq2-demo_device-0001';
export const APNS_TOKEN = 'a1'.repeat(32);
export const OPEN_ID = 'oABCD1234efghIJKLmnopQRSTuv0';
export const REGISTRATION_ID = '1a0018970a8f2c3d4e5';

/** Values that must be nowhere but at the provider. */
export const PERSONAL = {
  title: '王小明,你的礼物',
  body: 'Geheimnis für Wang Xiaoming 🎁',
  url: 'https://shop.example/c/wang-xiaoming',
};

export interface Stage extends Providers {
  readonly options: SenderOptions;
  nowMs(): number;
  advance(ms: number): void;
  /** Another function, or the same anew: its memory is its own, the cache is shared. */
  sender(provider: Provider): Sender;
  endpoint(provider: Provider): Endpoint;
  message(provider: Provider, change?: Partial<Outgoing> & { readonly with?: Partial<PushContent> }): Outgoing;
  /** Sends one message by a sender of its own. */
  send(provider: Provider, message?: Outgoing): Promise<Outcome>;
}

/** Long enough for a machine that is busy. */
const PATIENT: Timeouts = { connectMs: 5_000, totalMs: 5_000 };
/** For tests that wait until it is over. */
export const HASTY: Timeouts = { connectMs: 1_000, totalMs: 1_000 };
export const TOO_SLOW = { kind: 'slow', ms: 1_600 } as const;

export async function openStage({
  timeouts = PATIENT,
  tokens,
}: {
  readonly timeouts?: Timeouts;
  readonly tokens?: TokenCache;
} = {}): Promise<Stage> {
  let aheadMs = 0;
  const nowMs = () => Date.now() + aheadMs;
  const clock = () => new Date(nowMs());
  const providers = await startProviders({ nowMs });
  const options: SenderOptions = {
    clock,
    sleep: (ms) => new Promise((resolve) => setTimeout(resolve, Math.min(ms, 20))),
    tokens: tokens ?? createMemoryTokenCache(clock),
    timeouts,
    hosts: readHosts(providers.web_push.host),
  };
  const senders: Sender[] = [];
  let sent = 0;

  const stage: Stage = {
    ...providers,
    options,
    nowMs,
    advance: (ms) => {
      aheadMs += ms;
    },
    sender(provider) {
      const read = readCredentials(provider, providers.credentialsOf(provider));
      if (read.kind === 'problems') throw new Error(read.problems.join('; '));
      const sender = openSender(provider, read.credentials, options);
      senders.push(sender);
      return sender;
    },
    endpoint(provider): Endpoint {
      switch (provider) {
        case 'fcm':
          return { provider, token: FCM_TOKEN };
        case 'apns':
          return { provider, token: APNS_TOKEN, environment: 'production' };
        case 'web_push':
          return { provider, ...providers.web_push.subscribe() };
        case 'wechat':
          return { provider, openId: OPEN_ID };
        case 'jpush':
          return { provider, registrationId: REGISTRATION_ID };
      }
    },
    message: (provider, { with: content, ...change } = {}) => ({
      key: `message-${++sent}`,
      endpoint: stage.endpoint(provider),
      content: {
        ...PERSONAL,
        data: { campaign: 'spring' },
        expiresAt: instant(nowMs() + DAY_MS),
        ...(provider === 'wechat' && {
          template: {
            id: 'TPL-1',
            page: 'pages/offer?id=1',
            values: { thing1: '你的礼物', time2: '2026年11月25日 15:01' },
          },
        }),
        ...content,
      },
      ...change,
    }),
    async send(provider, message = stage.message(provider)) {
      const [outcome] = await stage.sender(provider).send([message]);
      if (!outcome) throw new Error('no outcome');
      return outcome;
    },
    async close() {
      for (const sender of senders) sender.close();
      await providers.close();
    },
  };
  return stage;
}
