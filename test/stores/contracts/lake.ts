/** What every lake does. */
import { beforeAll, describe, expect, it } from 'vitest';
import { bodyBytes } from '../../../shared/lake/envelope.ts';
import type { Lake } from '../../../shared/lake/lake.ts';
import { rawObjectKey } from '../../../shared/lake/object-key.ts';
import { NotFound } from '../../../shared/runtime/errors.ts';
import { DELICATE_BODIES } from './bytes.ts';
import { envelopeOf, unique } from './samples.ts';

export function lakeContract(name: string, make: () => Promise<Lake>): void {
  describe(`lake: ${name}`, () => {
    let lake: Lake;
    beforeAll(async () => {
      lake = await make();
    });

    it.each(DELICATE_BODIES)('keeps the exact bytes of %s', async (_, bytes) => {
      const envelope = envelopeOf(bytes, { 'x-topic': 'orders/create', 'x-odd': 'a "quoted" ÿ' });
      const object = rawObjectKey([envelope]);
      await lake.write(object, [envelope]);
      const [read] = await lake.read(object);
      expect(read).toEqual(envelope);
      expect(read && Buffer.compare(bodyBytes(read), bytes)).toBe(0);
    });

    it('keeps the order of many, and changes nothing when written again', async () => {
      const first = envelopeOf(Buffer.from('first'));
      const envelopes = [first, ...DELICATE_BODIES.map(([, bytes]) => envelopeOf(bytes))];
      const object = rawObjectKey([first, ...envelopes.slice(1)]);
      await lake.write(object, envelopes);
      await lake.write(object, envelopes);
      expect(await lake.read(object)).toEqual(envelopes);
    });

    it('says NotFound of an object that is not there', async () => {
      await expect(lake.read(`raw/channel=shopify/date=2026-11-24/hour=09/${unique()}.ndjson.gz`)).rejects.toThrow(
        NotFound,
      );
    });
  });
}
