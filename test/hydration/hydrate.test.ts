import { describe, expect, it } from 'vitest';
import { openStage, SECOND, MINUTE } from './stage.ts';

describe.each(['square', 'shopee', 'douyin'] as const)('%s', (channel) => {
  it('works', async () => {
    const stage = await openStage({ channel });
    const state = stage.change({ orderId: '6936400000000065536', paid: true });
    await stage.hear([state]);
    await stage.play(5 * SECOND);
    console.log(channel, stage.calls.map((c) => [c.atMs - state.atMs, c.path]), stage.told.filter((t) => !/measure/.test(t)).slice(0, 20), stage.order(state.orderId)?.status, await stage.quarantined(), [...stage.operations]);
    console.log(await stage.lane(), stage.waiting());
  });
});
