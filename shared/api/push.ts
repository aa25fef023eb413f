import * as z from 'zod';
import { ZoneName } from '../campaigns/hours.ts';
import { PushPolicy } from '../campaigns/push-policy.ts';
import { DeviceId } from '../push/device.ts';
import { EndpointShape, PROVIDERS } from '../push/endpoint.ts';
import { SOURCE_ID } from '../sources/source.ts';
import { ProfileId } from './names.ts';
import { operation } from './route.ts';

const At = z.iso.datetime();
const params = z.object({ id: DeviceId });
const NOT_FOUND = { 404: 'There is no such device.' };
const example = { params: { id: 'app-6210' } };

/** What may be shown: where messages go is between the brand and its provider. */
const DeviceAnswer = z
  .object({
    id: z.string(),
    /** Of a visitor: only once it is proven who that is. */
    profile: z.string().optional(),
    visitor: z.object({ source: z.string() }).optional(),
    provider: z.enum(PROVIDERS),
    locale: z.string().optional(),
    zone: z.string().optional(),
    test: z.literal(true).optional(),
    seenAt: At,
  })
  .meta({ id: 'Device' });

export const putDevice = operation({
  tag: 'push',
  summary: 'Register a device of a customer or of an anonymous visitor, or say that it is still there',
  description:
    "In place of what was known of it: whoever logs in on it now is who it belongs to. A visitor's device is the customer's as soon as, and as long as, it is proven who the visitor is (docs/behaviour.md).",
  params,
  body: z
    .strictObject({
      profile: ProfileId.optional().describe('the profile, or any of its personas; or else'),
      visitor: z
        .strictObject({
          source: z.string().regex(SOURCE_ID, 'of a source of events'),
          anonymousId: z.string().min(1).max(200),
        })
        .optional()
        .describe('the browser or app, as its events name it'),
      endpoint: EndpointShape,
      locale: z
        .string()
        .regex(/^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$/, 'as zh-CN or en')
        .max(35)
        .optional(),
      zone: ZoneName.optional(),
      test: z.boolean().default(false).describe("one of the brand's own: campaigns are tried on it"),
    })
    .refine(({ profile, visitor }) => (profile === undefined) !== (visitor === undefined), 'profile, or visitor')
    .meta({ id: 'DeviceEdit' }),
  answers: { 200: { description: 'As it is now.', schema: DeviceAnswer } },
  problems: {
    404: 'There is no such profile, or source.',
    409: 'It was registered by another meanwhile, or the customer has too many.',
  },
  audited: true,
  example: {
    ...example,
    body: {
      profile: 'shopify/my-shop/6210',
      endpoint: { provider: 'fcm', token: 'fcm-registration-token' },
      locale: 'zh-CN',
      zone: 'Asia/Shanghai',
    },
  },
});

export const getDevice = operation({
  tag: 'push',
  summary: 'A device, without where it is reached',
  params,
  answers: { 200: { description: 'As it was last registered.', schema: DeviceAnswer } },
  problems: NOT_FOUND,
  example,
});

export const removeDevice = operation({
  tag: 'push',
  summary: 'Remove a device: nothing is sent to it any more',
  params,
  answers: { 204: { description: 'It is gone, or never was.' } },
  audited: true,
  ifMatch: 'allowed',
  example,
});

const PushPolicyAnswer = z
  .object({
    /** 0: the built-in one, which nobody put. It is the ETag. */
    version: z.int(),
    policy: PushPolicy,
    by: z.string().optional(),
    at: At.optional(),
  })
  .meta({ id: 'PushPolicyVersion' });

export const getPushPolicy = operation({
  tag: 'push',
  summary: 'What holds for all campaigns: caps, quiet hours, holdout, law',
  answers: { 200: { description: 'The newest version.', schema: PushPolicyAnswer } },
  etag: true,
});

export const putPushPolicy = operation({
  tag: 'push',
  summary: 'Put the next version of the push policy',
  description: 'It holds for whatever is decided some seconds later on. What is left out is as in the built-in one.',
  body: z.strictObject(PushPolicy.shape).meta({ id: 'PushPolicyEdit' }),
  answers: { 200: { description: 'The version that was put.', schema: PushPolicyAnswer } },
  problems: { 409: 'It was changed meanwhile.' },
  etag: true,
  ifMatch: 'required',
  audited: true,
  example: { body: { perDay: 1, perWeek: 3, quietHours: { from: '21:00', to: '09:00' } } },
});

const ProviderAnswer = z
  .object({ provider: z.enum(PROVIDERS), at: At, by: z.string() })
  .meta({ id: 'PushProvider', description: 'That credentials are there, and since when.' });
const provider = z.object({ provider: z.enum(PROVIDERS) });

export const listPushProviders = operation({
  tag: 'push',
  summary: 'Providers that credentials are there for',
  answers: { 200: { description: 'Without the credentials.', schema: z.object({ items: z.array(ProviderAnswer) }) } },
});

export const putPushProvider = operation({
  tag: 'push',
  summary: 'Give the credentials of a provider',
  description: 'As docs/senders.md says, by provider. They are kept as a secret, and never shown.',
  params: provider,
  body: z.record(z.string(), z.unknown()).meta({ id: 'PushCredentials' }),
  answers: { 200: { description: 'They are kept, and used within a minute.', schema: ProviderAnswer } },
  problems: { 422: 'They are not of the form that the provider gives.' },
  audited: true,
  ifMatch: 'allowed',
  example: {
    params: { provider: 'jpush' },
    body: { appKey: '0123456789abcdef01234567', masterSecret: 'abcdef0123456789abcdef01' },
  },
});

export const removePushProvider = operation({
  tag: 'push',
  summary: 'Remove the credentials of a provider: nothing is sent by it any more',
  params: provider,
  answers: { 204: { description: 'They are gone, or never were.' } },
  ifMatch: 'allowed',
  audited: true,
  example: { params: { provider: 'jpush' } },
});
