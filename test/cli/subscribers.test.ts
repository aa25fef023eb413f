import { describe, expect, test } from 'vitest';
import { deliveryParty, idleLane } from '../../shared/lanes/lane.ts';
import type { DeadLetter } from '../../shared/subscribers/dead-letter.ts';
import { instant } from '../../shared/time/instant.ts';
import { createApiDeployment } from './run-api.ts';

const URL = 'https://crm.example/tributary';
const AT = Date.parse('2026-11-25T08:00:00.000Z');

async function withCrm(options = '') {
  const made = createApiDeployment();
  await made.ask(`subscribers add ${URL} --id crm ${options}`);
  const { subscribers, deadLetters, lanes } = made.api.stores;
  const known = async () => {
    const found = await subscribers.getSubscriber('crm');
    if (!found) throw new Error('it is there');
    return found;
  };
  const letter = (id: string): DeadLetter => ({
    subscriber: 'crm',
    message: { id, type: 'segment.entered', occurredAt: '2026-11-24T07:00:00.000Z', body: '{}' },
    code: 'http_500',
    attempts: 9,
    firstTriedAt: instant(AT - 1),
    lastTriedAt: instant(AT),
    diedAt: instant(AT),
  });
  const die = async (count: number) => {
    for (let index = 0; index < count; index++)
      await deadLetters.putDeadLetter(letter(`m${String(index).padStart(4, '0')}`));
  };
  const giveUp = async () => {
    const now = await known();
    await subscribers.putSubscriber({
      ...now,
      revision: now.revision + 1,
      gaveUp: { at: instant(AT), code: 'timeout' },
    });
  };
  return { ...made, known, die, giveUp, lanes };
}

describe('subscribers', () => {
  test('lists how each is doing, and what to do about it', async () => {
    const made = await withCrm();
    await made.ask('subscribers add https://b.example/ --id b --event tier.changed');
    await made.die(101);
    const lane = idleLane(deliveryParty('crm'));
    const health = { lastSuccessAt: AT - 60_000, lastFailure: { at: AT, code: 'http_500' }, failingSince: AT };
    await made.lanes.putLane({ ...lane, revision: 1, health }, 0);
    expect((await made.ask('subscribers list')).items).toMatchObject([
      { id: 'b', events: ['tier.changed'], status: { state: 'active', deadLetters: { count: 0 } } },
      { id: 'crm', url: URL, status: { failingSince: instant(AT), deadLetters: { count: 100, more: true } } },
    ]);
    const { stdout } = await made.type('subscribers');
    expect(stdout).toMatch(
      /\ncrm +active +2026-11-25 07:59 +http_500 2026-11-25 08:00 +0 +100\+ +segment.entered, segment.exited +https:/,
    );
    expect(stdout).toMatch(
      /crm has taken nothing since 2026-11-25 08:00 \(http_500\); .* subscribers test crm, then .* redrive crm for its 100\+ dead/,
    );
    await made.lanes.putLane({ ...lane, revision: 2, health: { lastSuccessAt: AT } }, 1);
    expect((await made.type('subscribers')).stdout).toContain(
      'crm has 100+ dead letters: tributary subscribers redrive crm sends them again.',
    );
    await made.giveUp();
    expect((await made.type('subscribers')).stdout).toMatch(
      /crm +given up .*\n\ncrm was given up \(timeout\): .*tributary subscribers resume crm/,
    );
    expect((await made.type('subscribers show crm')).stdout).toMatch(/state +given up 2026-11-25 08:00 \(timeout\)\n/);
  });

  test('leaves out of the list what may be a secret in a URL', async () => {
    const { ask, type } = createApiDeployment();
    await ask(`subscribers add ${URL}?token=abc --id crm`);
    expect((await type('subscribers')).stdout).toMatch(/ https:\/\/crm\.example\/tributary…\n$/);
    expect((await type('subscribers show crm')).stdout).toContain('?token=abc');
  });

  test('of none it says how to add the first', async () => {
    const { ask, type } = createApiDeployment();
    expect(await ask('subscribers')).toEqual({ items: [] });
    expect((await type('subscribers')).stdout).toContain('tributary subscribers add URL');
    expect(await type('subscribers lst')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('Did you mean list?'),
    });
  });

  test.each(['show', 'test', 'rotate', 'pause', 'resume', 'dead-letters', 'redrive', 'remove'])(
    '%s of one that is not there',
    async (name) => {
      const { type } = createApiDeployment();
      expect(await type(`subscribers ${name} nobody`)).toMatchObject({
        code: 1,
        stdout: '',
        stderr: 'error: There is no subscriber nobody. `tributary subscribers` lists those there are.\n',
      });
    },
  );
});

describe('subscribers add', () => {
  test('shows the secret, once, and how to verify with it', async () => {
    const { type, ask } = createApiDeployment();
    const { stdout } = await type(`subscribers add ${URL} --id crm`);
    const [, secret] = /^secret {2}(whsec_\S+)$/m.exec(stdout) ?? [];
    expect(secret).toBeDefined();
    expect(stdout).toContain('new Webhook(secret).verify(body, headers)');
    expect(stdout).toContain('tributary subscribers test crm');
    for (const line of ['subscribers', 'subscribers show crm']) {
      expect((await type(line)).stdout).not.toContain('whsec_');
      expect(JSON.stringify(await ask(line))).not.toContain('whsec_');
    }
    expect(await ask(`subscribers add ${URL}`)).toMatchObject({
      id: expect.stringMatching(/^sub_/),
      secret: expect.stringMatching(/^whsec_/),
    });
  });

  test('takes what it is to hear of', async () => {
    const { known } = await withCrm(
      '--event segment.entered tier.changed --event segment.entered --segment sleeping vip --cause live review --paused --description CRM',
    );
    expect(await known()).toMatchObject({
      url: URL,
      events: ['segment.entered', 'tier.changed'],
      segments: ['sleeping', 'vip'],
      causes: ['live', 'review'],
      paused: true,
      description: 'CRM',
    });
  });

  test.each([
    ['crm.example', 'crm.example is no URL. Example: https://'],
    ['https://crm.example --event segment.entred', 'Allowed choices are'],
    ['https://crm.example --cause lives', 'Allowed choices are live, review'],
    ['https://crm.example --id crm/1', 'no id of a subscriber'],
    ['https://crm.example --segment 沉睡', 'no id of a segment'],
    [
      'http://crm.example',
      'error: The URL must begin with https://; plain HTTP is only for hosts that the setting webhookHosts names.\n',
    ],
    ['https://10.0.0.1/', 'not public'],
  ])('%s is refused', async (args, told) => {
    const { type, ask } = createApiDeployment();
    const ran = await type(`subscribers add ${args}`);
    expect(ran).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining(told) });
    expect(await ask('subscribers')).toEqual({ items: [] });
  });

  test('a segment that is not there may be put later: it is only said', async () => {
    const { type } = await withCrm();
    const ran = await type('subscribers add https://b.example/ --id b --segment sleeping');
    expect(ran).toMatchObject({ code: 0, stderr: expect.stringContaining('there is no segment sleeping so far') });
    expect((await type('subscribers add https://b.example/ --id c --segment sleeping --json')).stderr).toBe('');
  });

  test('of an id that is taken', async () => {
    const { type } = await withCrm();
    expect(await type(`subscribers add ${URL} --id crm`)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('There is a subscriber crm already. Choose another id'),
    });
  });

  test('is for operators', async () => {
    const { type } = createApiDeployment();
    expect(await type(`subscribers add ${URL}`, { env: { TRIBUTARY_TOKEN: 'marketer' } })).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('the role operator'),
    });
  });
});

describe('subscribers test', () => {
  test('says what came of it, and ends with 1 where it was not taken', async () => {
    const { type, api } = await withCrm();
    expect(await type('subscribers test crm')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('crm answered 204'),
    });
    expect(api.sent.webhooks).toHaveLength(1);
    api.world.receiver = { kind: 'answered', status: 401 };
    const refused = await type('subscribers test crm');
    expect(refused).toMatchObject({
      code: 1,
      stderr: '',
      stdout: expect.stringMatching(/\(http_401\)\. Does it verify/),
    });
    api.world.receiver = { kind: 'unanswered', code: 'timeout' };
    expect((await type('subscribers test crm')).stdout).toMatch(
      /^crm gave no answer within \d+ ms.*\(timeout\)\. It has to answer 2xx/,
    );
    api.world.receiver = { kind: 'unanswered', code: 'connection_refused' };
    expect((await type('subscribers test crm')).stdout).toMatch(
      /^crm could not be reached.*\(connection_refused\)\. Nothing listens there/,
    );
    api.world.receiver = { kind: 'unanswered', code: 'timeout' };
    const json = await type('subscribers test crm --json');
    expect(json.code).toBe(1);
    expect(JSON.parse(json.stdout)).toMatchObject({ delivered: false, code: 'timeout' });
  });
});

describe('subscribers rotate', () => {
  test('shows the new secret, and until when the old one signs', async () => {
    const { ask, type, api } = await withCrm();
    const before = await api.stores.secrets.getSecrets('crm');
    const rotated = await ask('subscribers rotate crm');
    expect(rotated).toEqual({
      secret: expect.stringMatching(/^whsec_/),
      previousValidUntil: '2026-11-26T09:00:00.000Z',
    });
    expect(await api.stores.secrets.getSecrets('crm')).toMatchObject({
      current: rotated.secret,
      previous: { secret: before?.current },
    });
    const { stdout } = await type('subscribers rotate crm --expire-now');
    expect(stdout).toContain('The old one signs no more.');
    expect(await api.stores.secrets.getSecrets('crm')).toEqual({ current: expect.any(String) });
    expect((await type('subscribers rotate crm')).stdout).toContain(
      'Until 2026-11-26 09:00 UTC the old one signs as well.',
    );
  });
});

describe('subscribers pause, resume', () => {
  test('change nothing else, and do nothing twice', async () => {
    const { ask, type, known } = await withCrm(
      '--event tier.changed --segment sleeping --cause live --description CRM',
    );
    const { revision: _, ...before } = await known();
    expect((await type('subscribers pause crm')).stdout).toContain(
      'is paused. Taken back with: tributary subscribers resume crm',
    );
    expect(await known()).toEqual({ ...before, paused: true, revision: 2 });
    expect((await type('subscribers pause crm')).stdout).toContain('was paused already');
    expect(await ask('subscribers resume crm')).toMatchObject({
      paused: false,
      revision: 3,
      status: { state: 'active' },
    });
    expect((await type('subscribers resume crm')).stdout).toContain('was active already');
    expect(await known()).toEqual({ ...before, revision: 3 });
  });

  test('one that was given up is tried again, and what it missed is named', async () => {
    const { type, known, giveUp, die } = await withCrm();
    await giveUp();
    await die(2);
    expect((await type('subscribers resume crm')).stdout).toBe(
      'Subscriber crm is active again. 2 dead letters wait: tributary subscribers redrive crm\n',
    );
    expect(await known()).not.toHaveProperty('gaveUp');
  });
});

describe('subscribers dead-letters, redrive', () => {
  test('lists what was not taken, in pages', async () => {
    const { ask, type, die } = await withCrm();
    expect((await type('subscribers dead-letters crm')).stdout).toBe('Subscriber crm has no dead letters.\n');
    await die(60);
    const first = await ask('subscribers dead-letters crm');
    expect(first.items).toHaveLength(50);
    const rest = await ask(`subscribers dead-letters crm --cursor ${first.nextCursor}`);
    expect(rest.items).toHaveLength(10);
    expect((await ask('subscribers dead-letters crm --all')).items).toHaveLength(60);
    expect((await type('subscribers dead-letters crm --limit 1')).stdout).toMatch(
      /\nm0000 +segment.entered +2026-11-24 07:00 +http_500 +9 +2026-11-25 08:00 +2026-12-25 08:00\n/,
    );
  });

  test('sends all of them again, however many calls that takes', async () => {
    const { type, ask, die, lanes, sent } = await withCrm();
    await die(1_203);
    const ran = await type('subscribers redrive crm');
    expect(ran).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('1203 dead letters are on their way to crm again'),
    });
    expect(ran.stderr).toBe('note: 500 so far\nnote: 1000 so far\n');
    const keys = sent
      .filter(({ path }) => path.endsWith('/redrive'))
      .map(({ headers }) => headers.get('idempotency-key'));
    expect(new Set(keys).size).toBe(3);
    expect(await lanes.countWork(deliveryParty('crm'), 9_999)).toBe(1_203);
    expect(await ask('subscribers redrive crm')).toEqual({ redriven: 0 });
  });

  test('sends one of them again', async () => {
    const { type, ask, die } = await withCrm();
    await die(3);
    expect(await ask('subscribers redrive crm --message m0001')).toEqual({ redriven: 1 });
    expect((await ask('subscribers dead-letters crm')).items.map(({ id }: { id: string }) => id)).toEqual([
      'm0000',
      'm0002',
    ]);
    expect(await type('subscribers redrive crm --message m0001')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('no dead letter m0001. `tributary subscribers dead-letters crm`'),
    });
  });

  test('not to one that takes none', async () => {
    const { type, giveUp, die } = await withCrm();
    await die(1);
    await giveUp();
    expect(await type('subscribers redrive crm')).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/is given up\. .*`tributary subscribers resume crm`/),
    });
  });
});

test('subscribers remove: with all there is of it', async () => {
  const { type, ask, die, api } = await withCrm();
  await die(3);
  expect((await type('subscribers remove crm')).stdout).toBe(
    'Subscriber crm is removed: nothing is sent there any more.\n',
  );
  expect(await ask('subscribers')).toEqual({ items: [] });
  expect(await api.stores.secrets.getSecrets('crm')).toBeUndefined();
  expect(await api.stores.deadLetters.countDeadLetters('crm', 9)).toBe(0);
});
