/** Why a message was sent, or was not, a folder each: what is on record, and what is told. UPDATE_EXPECTED=1 writes it anew. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it, test } from 'vitest';
import { SendExplanationAnswer } from '../../shared/api/push-explanations.ts';
import type { Campaign } from '../../shared/campaigns/campaign.ts';
import { SUPPRESSION_CODES, SUPPRESSIONS } from '../../shared/campaigns/suppression.ts';
import { explainSend } from '../../shared/push/explain.ts';
import { SEND_STATES, type SendRecord } from '../../shared/push/send-record.ts';
import { campaign, NOON } from '../campaigns/spring.ts';
import { ANNE } from './stage.ts';

const FOLDER = path.join(import.meta.dirname, 'explanations');

interface Given {
  readonly campaign: Partial<Campaign> & { readonly offer?: Campaign['offer'] | null };
  readonly segments: Readonly<Record<string, string>>;
  readonly record: SendRecord;
}

test.each(readdirSync(FOLDER))('%s', (name) => {
  // The cast: test data, of that form.
  const given = JSON.parse(readFileSync(path.join(FOLDER, name, 'given.json'), 'utf8')) as Given;
  const { offer, ...rest } = given.campaign;
  const version = campaign({ ...rest, version: given.record.version, ...(offer && { offer }) });
  const told = explainSend(given.record, version, new Map(Object.entries(given.segments)));
  const file = path.join(FOLDER, name, 'expected.json');
  if (process.env.UPDATE_EXPECTED || !existsSync(file)) writeFileSync(file, `${JSON.stringify(told, null, 2)}\n`);
  expect(JSON.parse(JSON.stringify(told))).toEqual(JSON.parse(readFileSync(file, 'utf8')));
  expect(SendExplanationAnswer.parse(told)).toEqual(told);
});

describe('each', () => {
  const record = (changes: Partial<SendRecord>): SendRecord => ({
    ...{ campaign: 'spring', key: 'k', version: 1, profile: ANNE, occurrence: 'o', at: NOON, attributionDays: 7 },
    ...{ state: 'suppressed', ...changes },
  });

  it.each(SUPPRESSION_CODES)('reason has words: %s', (code) => {
    expect(explainSend(record({ reasons: [code] }), campaign(), new Map()).against).toEqual([
      { code, ...SUPPRESSIONS[code] },
    ]);
  });

  it.each(SEND_STATES)('state has words: %s', (state) => {
    const { outcome, howToRefuse } = explainSend(record({ state }), campaign(), new Map());
    expect([outcome.zh, outcome.en].every((text) => text.length > 3)).toBe(true);
    expect(howToRefuse.map(({ code }) => code)).toEqual(['marketing', 'personalisation', 'all']);
  });

  it.each<[Campaign['trigger'], string, string]>([
    [{ on: 'segment_exited', segment: 's' }, 'segments', 'left the segment'],
    [{ on: 'tier_changed', from: ['base'] }, 'tier', 'from base to any'],
    [{ on: 'replenishment_due', daysBefore: 0 }, 'purchases', 'running out'],
    [{ on: 'cart_left', afterMinutes: 60 }, 'cart', 'left products in the cart'],
    [{ on: 'back_in_stock', most: 10 }, 'interests', 'can be bought again'],
  ])('trigger says what it used: %o', (trigger, data, says) => {
    const { because, data: used } = explainSend(record({}), campaign({ trigger }), new Map());
    expect(because[0]?.en).toContain(says);
    expect(used.map(({ code }) => code)).toContain(data);
  });
});
