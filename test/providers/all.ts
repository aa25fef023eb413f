/** All five providers on this machine, with credentials for each: for tests and the demo. */
import type { Provider } from '../../shared/senders/sender.ts';
import { type ApnsProvider, startApns } from './apns.ts';
import { type FcmProvider, startFcm } from './fcm.ts';
import { type JpushProvider, startJpush } from './jpush.ts';
import { startWebPush, type WebPushProvider } from './web-push.ts';
import { startWechat, type WechatProvider } from './wechat.ts';

export interface Providers {
  readonly fcm: FcmProvider;
  readonly apns: ApnsProvider;
  readonly web_push: WebPushProvider;
  readonly wechat: WechatProvider;
  readonly jpush: JpushProvider;
  /** As JSON, for `readCredentials`. */
  credentialsOf(provider: Provider): string;
  close(): Promise<void>;
}

/** @param nowMs the time that they live in, else the machine's */
export async function startProviders({ nowMs = Date.now }: { nowMs?: () => number } = {}): Promise<Providers> {
  const [fcm, apns, web_push, wechat, jpush] = await Promise.all([
    startFcm({ nowMs }),
    startApns({ nowMs }),
    startWebPush({ nowMs }),
    startWechat({ nowMs }),
    startJpush({ nowMs }),
  ]);
  const all = { fcm, apns, web_push, wechat, jpush };
  return {
    ...all,
    credentialsOf: (provider) => JSON.stringify(all[provider].credentials),
    async close() {
      await Promise.all(Object.values(all).map((provider) => provider.close()));
    },
  };
}
