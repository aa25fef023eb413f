/** Endpoints as they come over the API and lie in the table. */
import * as z from 'zod';
import type { Endpoint, Provider } from '../senders/sender.ts';

export const PROVIDERS = ['fcm', 'apns', 'web_push', 'wechat', 'jpush'] as const satisfies readonly Provider[];

const Token = z
  .string()
  .min(1)
  .max(4096)
  .regex(/^[\x21-\x7e]+$/, 'as the provider gave it, without spaces');
const Base64Url = z
  .string()
  .min(1)
  .max(200)
  .regex(/^[A-Za-z0-9_-]+=*$/, 'base64url');

export const EndpointShape: z.ZodType<Endpoint> = z
  .discriminatedUnion('provider', [
    z.strictObject({ provider: z.literal('fcm'), token: Token }),
    z.strictObject({ provider: z.literal('apns'), token: Token, environment: z.enum(['production', 'sandbox']) }),
    z.strictObject({
      provider: z.literal('web_push'),
      url: z.url({ protocol: /^https?$/ }).max(2000),
      p256dh: Base64Url,
      auth: Base64Url,
    }),
    z.strictObject({ provider: z.literal('wechat'), openId: Token }),
    z.strictObject({ provider: z.literal('jpush'), registrationId: Token }),
  ])
  .meta({ id: 'Endpoint', description: 'As the provider gave it to the app, the browser or the mini program.' });

export const isSameEndpoint = (a: Endpoint, b: Endpoint): boolean => nameOfEndpoint(a) === nameOfEndpoint(b);
/** Of one form whatever the order of its fields. As personal as the endpoint. */
export const nameOfEndpoint = (endpoint: Endpoint): string => JSON.stringify(Object.entries(endpoint).sort());
