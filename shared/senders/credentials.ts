/**
 * What an account at a provider is opened with: JSON, as it lies in a SecureString parameter. Where a provider hands out a file, the file
 * itself is that JSON. `baseUrl` is for tests and demos: the provider's own address is the default.
 */
import { createECDH, createPrivateKey } from 'node:crypto';
import * as z from 'zod';
import type { Provider } from './sender.ts';

const BaseUrl = z
  .string()
  .regex(/^https?:\/\/[^\s/?#@]+$/, 'an address without a path, as https://api.example.com')
  .optional();

/** The file that Google gives for a service account, and nothing changed in it; what else it says is not needed. */
export const FcmCredentials = z.object({
  type: z.literal('service_account'),
  project_id: z.string().regex(/^[a-z][a-z0-9-]{4,29}$/, 'a project id'),
  private_key_id: z.string().min(1).optional(),
  private_key: z.string().refine(isKeyOf('rsa'), 'an RSA private key in PEM (PKCS #8)'),
  client_email: z.string().min(3),
  token_uri: z
    .string()
    .regex(/^https?:\/\/[^\s?#@]+$/, 'an address')
    .default('https://oauth2.googleapis.com/token'),
  baseUrl: BaseUrl,
});
export type FcmCredentials = z.infer<typeof FcmCredentials>;

export const ApnsCredentials = z.strictObject({
  teamId: z.string().regex(/^[A-Z0-9]{10}$/, 'ten capitals and digits'),
  keyId: z.string().regex(/^[A-Z0-9]{10}$/, 'ten capitals and digits'),
  /** What the .p8 file holds. */
  privateKey: z.string().refine(isKeyOf('ec'), 'a P-256 private key in PEM (PKCS #8)'),
  /** The bundle id of the app. */
  topic: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9.-]{0,254}$/, 'a bundle id'),
  /** For both environments. */
  baseUrl: BaseUrl,
});
export type ApnsCredentials = z.infer<typeof ApnsCredentials>;

export const WebPushCredentials = z
  .strictObject({
    /** Whom a push service may write to. Apple takes none in angle brackets, and no localhost. */
    subject: z.string().regex(/^(mailto:[^\s<>@]+@[^\s<>@]+\.[^\s<>@]+|https:\/\/[^\s<>]+)$/, 'mailto:… or https://…'),
    /** base64url: 65 bytes, the point that browsers subscribe with. */
    publicKey: z.string().regex(/^[A-Za-z0-9_-]{87}$/, '87 characters of base64url'),
    /** base64url: 32 bytes. */
    privateKey: z.string().regex(/^[A-Za-z0-9_-]{43}$/, '43 characters of base64url'),
  })
  .refine(isPair, { path: ['publicKey'], message: 'not the public key of this private key' });
export type WebPushCredentials = z.infer<typeof WebPushCredentials>;

export const WechatCredentials = z.strictObject({
  appId: z.string().regex(/^wx[A-Za-z0-9]{4,30}$/, 'wx…'),
  appSecret: z.string().min(8),
  /** Which version of the mini-program opens. */
  miniprogramState: z.enum(['developer', 'trial', 'formal']).default('formal'),
  lang: z.enum(['zh_CN', 'en_US', 'zh_HK', 'zh_TW']).default('zh_CN'),
  baseUrl: BaseUrl,
});
export type WechatCredentials = z.infer<typeof WechatCredentials>;

export const JpushCredentials = z.strictObject({
  appKey: z.string().regex(/^[A-Za-z0-9]{8,64}$/, 'letters and digits'),
  masterSecret: z.string().regex(/^[A-Za-z0-9]{8,64}$/, 'letters and digits'),
  platforms: z
    .array(z.enum(['android', 'ios']))
    .min(1)
    .default(['android', 'ios']),
  /** Which environment of Apple's the iOS app was signed for. */
  apnsProduction: z.boolean().default(true),
  baseUrl: BaseUrl,
});
export type JpushCredentials = z.infer<typeof JpushCredentials>;

export const CREDENTIALS = {
  fcm: FcmCredentials,
  apns: ApnsCredentials,
  web_push: WebPushCredentials,
  wechat: WechatCredentials,
  jpush: JpushCredentials,
} satisfies Readonly<Record<Provider, z.ZodType>>;

export type CredentialsOf<P extends Provider> = z.infer<(typeof CREDENTIALS)[P]>;

export type CredentialsRead<P extends Provider> =
  | { readonly kind: 'credentials'; readonly credentials: CredentialsOf<P> }
  /** What is wrong where: names of fields and what was expected, never a value. */
  | { readonly kind: 'problems'; readonly problems: readonly string[] };

export function readCredentials<P extends Provider>(provider: P, text: string): CredentialsRead<P> {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return { kind: 'problems', problems: ['This is no JSON.'] };
  }
  const parsed = CREDENTIALS[provider].safeParse(json);
  // The cast: TypeScript does not follow an index into a table through safeParse; the schema is that of the provider.
  if (parsed.success) return { kind: 'credentials', credentials: parsed.data as CredentialsOf<P> };
  // Keys that are not known are not named: a secret may have been put where a name belongs.
  const problems = parsed.error.issues.map(({ path, code, message }) =>
    code === 'unrecognized_keys' ? 'There is a field that is not known.' : `${path.join('.') || 'All'}: ${message}`,
  );
  return { kind: 'problems', problems };
}

function isPair({ publicKey, privateKey }: { readonly publicKey: string; readonly privateKey: string }): boolean {
  const own = createECDH('prime256v1');
  try {
    own.setPrivateKey(privateKey, 'base64url');
  } catch {
    return false;
  }
  return own.getPublicKey('base64url') === publicKey;
}

function isKeyOf(type: 'rsa' | 'ec'): (pem: string) => boolean {
  return (pem) => {
    try {
      const key = createPrivateKey(pem);
      const isRight = type === 'rsa' ? true : key.asymmetricKeyDetails?.namedCurve === 'prime256v1';
      return pem.includes('BEGIN PRIVATE KEY') && key.asymmetricKeyType === type && isRight;
    } catch {
      return false;
    }
  };
}
