/** A version that only renames a segment decides nothing: no profile is derived for it, and what is shown has the new name. */
import { expect, test } from 'vitest';
import type { PersonaId } from '../../shared/identity/persona.ts';
import { decidingVersion, type SegmentVersion } from '../../shared/segments/definition.ts';
import { explainSegments } from '../../shared/segments/explain-segments.ts';
import { defaultPolicy } from '../../shared/tiers/default-policy.ts';
import { instant } from '../../shared/time/instant.ts';
import { openStage, START_MS } from '../profiles/stage.ts';
import { toyOrder } from '../simulation/toy-orders.ts';

// The cast is the constructor of the brand.
const ANNE = 'toy/north/anne' as PersonaId;

test('a rename starts no run, and leaves memberships as they are', async () => {
  const stage = openStage();
  const order = toyOrder({ shop: 'north', number: 1 }, [{ paidAt: instant(START_MS), total: 1_000, account: 'anne' }]);
  await stage.put(order);
  const first: SegmentVersion = {
    id: 'buyers',
    name: 'Buyers',
    when: { field: 'orders', atLeast: 1 },
    version: 1,
    revision: 1,
    isArchived: false,
    by: 'a marketer',
    at: stage.now(),
  };
  await stage.segments.putSegment(first);
  const sweep = async () => {
    stage.pass(20_000);
    await stage.handle({ sweep: true });
    stage.pass(20_000);
    await stage.drain();
  };
  await sweep();
  const [derivation, place] = [await stage.derivations.getDerivation(), await stage.customers.getPlace(ANNE)];
  expect(place?.profile?.segments).toMatchObject([{ id: 'buyers', version: 1 }]);
  expect(derivation).toMatchObject({ segments: 1, finished: { segments: 1 } });

  const renamed = { ...first, name: '买家', version: 2, revision: 2, decidedBy: decidingVersion(first) };
  await stage.segments.putSegment(renamed);
  await sweep();
  expect(await stage.derivations.getDerivation()).toEqual(derivation);
  expect(await stage.customers.getPlace(ANNE)).toEqual(place);

  const explained = await explainSegments(place?.profile?.segments ?? [], stage.segments, 'CNY');
  expect(explained).toMatchObject([{ id: 'buyers', version: 1, name: '买家', because: [{ at: '' }] }]);
  await stage.segments.putSegment({ ...first, when: { field: 'orders', atLeast: 2 }, version: 3, revision: 3 });
  await sweep();
  expect(await stage.derivations.getDerivation()).toMatchObject({ segments: 3 });
  expect((await stage.customers.getPlace(ANNE))?.profile).not.toHaveProperty('segments');
});

test('a segment put while functions may still hold on to an old policy waits as long as the policy did', async () => {
  const stage = openStage();
  // The first look of all, after a policy: nobody knows by what was derived before.
  const policy = { ...defaultPolicy({ currency: 'CNY' }), version: 2 };
  await stage.policies.putPolicy({ policy, by: 'tests', at: stage.now() });
  await stage.handle({ sweep: true });
  const delays = () => stage.sent.flatMap(({ message, delaySeconds }) => ('rederive' in message ? [delaySeconds] : []));
  expect(Math.min(...delays())).toBe(120);
  stage.pass(15_000);
  await stage.segments.putSegment({
    ...{ id: 'buyers', name: 'Buyers', when: { field: 'orders', atLeast: 1 } as const },
    ...{ version: 1, revision: 1, isArchived: false, by: 'a marketer', at: stage.now() },
  });
  const before = delays().length;
  // What is known of segments is some seconds old at most.
  stage.pass(20_000);
  await stage.handle({ sweep: true });
  expect(Math.min(...delays().slice(before))).toBe(85);
});
