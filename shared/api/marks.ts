import * as z from 'zod';
import { LIKELY_PREFIX, MarkName, PURPOSES } from '../profiles/marks.ts';
import { ConsentsByName } from '../profiles/unified.ts';
import { DeviceId } from '../push/device.ts';
import { ProfileId } from './names.ts';
import { operation } from './route.ts';

const params = z.object({ id: ProfileId });
const PROBLEMS = {
  404: 'There is no such profile.',
  409: 'The customer has as many tags and consents as one may.',
};
const example = { params: { id: 'shopify/my-shop/6210' } };
/** In one request. */
const TAGS_MOST = 50;
const CONSENTS_MOST = 20;

const TagName = MarkName.refine(
  (name) => !name.startsWith(LIKELY_PREFIX),
  `tags that begin with ${LIKELY_PREFIX} are given by recommendations`,
);
const TagNames = z.array(TagName).max(TAGS_MOST).default([]);

export const tagProfile = operation({
  tag: 'profiles',
  summary: 'Give a customer tags, and take others away',
  description:
    'Said of the persona named, so the tags stay with it if its profile is ever parted. Segments follow within moments.',
  params,
  body: z
    .strictObject({ add: TagNames, remove: TagNames })
    .refine(({ add, remove }) => add.length + remove.length > 0, 'name at least one tag')
    .refine(({ add, remove }) => !add.some((tag) => remove.includes(tag)), 'a tag is either added or removed')
    .meta({ id: 'TagEdit' }),
  answers: {
    200: {
      description: 'All that the customer has now.',
      schema: z.object({ profile: z.string(), tags: z.array(z.string()) }).meta({ id: 'Tags' }),
    },
  },
  problems: PROBLEMS,
  idempotencyKey: true,
  audited: true,
  example: { ...example, body: { add: ['VIP', '老客户'], remove: ['new'] } },
});

const Consent = z.strictObject({
  channel: z
    .string()
    .regex(/^(\*|[a-z0-9_]{1,32})$/, 'small letters, digits and _: push, sms, email, wechat …; or *')
    .describe('the way of writing: push, sms, email, wechat …; * is all of them: refused, nothing is sent at all'),
  purpose: z.enum(PURPOSES).default('marketing'),
  given: z.boolean().describe('false: it is taken back'),
  at: z.iso.datetime().optional().describe('when the customer said so; absent: now. Of two, the later stands'),
  source: z.string().trim().min(1).max(100).describe('where it was said: checkout, app settings, phone call …'),
  wording: z.string().trim().min(1).max(100).optional().describe('which version of the wording was shown'),
});

/** A profile's has slashes in it, a device's has none. */
const ofWhom = z.object({
  id: z.union([ProfileId, DeviceId]).describe('of a profile or any of its personas, or of a registered device'),
});
const NOBODY = { 404: 'There is no such profile, or device.' };

const Consents = z
  .object({
    /** Of a device whose visitor nobody knows yet there is none. */
    profile: z.string().optional(),
    consent: ConsentsByName,
  })
  .meta({ id: 'Consents' });

export const getConsents = operation({
  tag: 'profiles',
  summary: 'What a customer, or an anonymous visitor, has consented to, and taken back',
  params: ofWhom,
  answers: { 200: { description: 'The newest word of each, as of now.', schema: Consents } },
  problems: NOBODY,
  example,
});

export const putConsents = operation({
  tag: 'profiles',
  summary: 'Keep what a customer has consented to, or taken back',
  description:
    'Those that are not named stay as they are. Where nothing was ever said, there is no consent. Of a device: said of the customer whose it is; of an anonymous visitor it is kept, and counts for the customer who the visitor turns out to be.',
  params: ofWhom,
  body: z.strictObject({ consents: z.array(Consent).min(1).max(CONSENTS_MOST) }).meta({ id: 'ConsentEdit' }),
  answers: { 200: { description: 'What stands now: what was said later than this stays.', schema: Consents } },
  problems: { ...PROBLEMS, ...NOBODY, 422: 'It is said to have been given in the future.' },
  audited: true,
  example: {
    ...example,
    body: { consents: [{ channel: 'push', given: true, source: 'checkout', wording: '2026-03' }] },
  },
});
