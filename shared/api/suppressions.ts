/** Phones and emails that are never written to. They come in bodies only: addresses are logged on the way. */
import * as z from 'zod';
import { CONTACTS_MOST } from '../push/suppression-list.ts';
import { operation } from './route.ts';

const Region = z
  .string()
  .regex(/^[A-Z]{2}$/, 'ISO 3166-1 alpha-2, as CN')
  .default('CN')
  .describe('of a phone without a country code');
const Text = z.string().min(1).max(300);
const Contact = z.union([z.strictObject({ phone: Text, region: Region }), z.strictObject({ email: Text })]);
const contacts = z.array(Contact).min(1).max(CONTACTS_MOST);

const Asked = z.strictObject({ contacts });
const PROBLEMS = {
  422: "A contact is masked, mistyped, or of a form that is never kept as anybody's: each is named with its place.",
};
const example = { body: { contacts: [{ phone: '13912345678' }, { email: 'anne@example.com' }] } };

export const putSuppressions = operation({
  tag: 'push',
  summary: 'Put phones and emails on the list of those who are never written to',
  description:
    'Nothing is sent any more to any customer who has one of them, now or later, whatever they consent to. The list is kept as keyed hashes: it can be asked, and not read.',
  body: z
    .strictObject({
      contacts,
      source: z.string().trim().min(1).max(100).optional().describe('which list they come from, or who asked for it'),
    })
    .meta({ id: 'SuppressionEdit' }),
  answers: {
    200: {
      description: 'They are on it; who was before stays as they were.',
      schema: z.object({ suppressed: z.int() }).meta({ id: 'Suppressed' }),
    },
  },
  problems: PROBLEMS,
  ifMatch: 'allowed',
  audited: true,
  example: { body: { ...example.body, source: 'opt-outs 2026-11' } },
});

export const removeSuppressions = operation({
  tag: 'push',
  summary: 'Take phones and emails off the list of those who are never written to',
  description: 'What each customer has consented to, or refused, counts again.',
  body: Asked.meta({ id: 'SuppressionRemoval' }),
  answers: {
    200: {
      description: 'They are not on it, or never were.',
      schema: z.object({ removed: z.int() }).meta({ id: 'Unsuppressed' }),
    },
  },
  problems: PROBLEMS,
  idempotencyKey: true,
  audited: true,
  example,
});

export const lookUpSuppressions = operation({
  tag: 'push',
  summary: 'Whether phones and emails are on the list of those who are never written to',
  body: Asked.meta({ id: 'SuppressionLookup' }),
  answers: {
    200: {
      description: 'One each, in the order in which they were asked about.',
      schema: z
        .object({
          items: z.array(
            z.object({
              suppressed: z.boolean(),
              /** Since when, by whom. */
              at: z.iso.datetime().optional(),
              by: z.string().optional(),
              source: z.string().optional(),
            }),
          ),
        })
        .meta({ id: 'SuppressionsFound' }),
    },
  },
  problems: PROBLEMS,
  example,
});
