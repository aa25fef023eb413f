/** A sender for whatever provider an account is at. A function that serves one provider imports that one's alone. */
import { createApnsSender } from './apns/sender.ts';
import type { CredentialsOf } from './credentials.ts';
import { createFcmSender } from './fcm/sender.ts';
import { createJpushSender } from './jpush/sender.ts';
import type { SenderOptions } from './options.ts';
import type { Provider, Sender } from './sender.ts';
import { createWebPushSender } from './web-push/sender.ts';
import { createWechatSender } from './wechat/sender.ts';

type Senders = {
  readonly [P in Provider]: (credentials: CredentialsOf<P>, options: SenderOptions) => Sender;
};

const SENDERS: Senders = {
  fcm: createFcmSender,
  apns: createApnsSender,
  web_push: createWebPushSender,
  wechat: createWechatSender,
  jpush: createJpushSender,
};

/** @param credentials as `readCredentials` gives them for this provider */
export const openSender = <P extends Provider>(
  provider: P,
  credentials: CredentialsOf<P>,
  options: SenderOptions,
): Sender => SENDERS[provider](credentials, options);
