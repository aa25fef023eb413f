/** How commands reach the API, and what they say where it refuses. */
import { describe, expect, test } from 'vitest';
import { createApiDeployment, SLEEPING } from './run-api.ts';

const problem = (status: number, body: unknown, headers: Record<string, string> = {}) =>
  new Response(JSON.stringify(body), { status, headers });
const full = (status: number, code: string, more: object = {}) =>
  JSON.stringify({ type: 'about:blank', title: 'x', status, code, detail: 'So it is.', ...more });

describe('where, and with which token', () => {
  test('locally its own, unless another is given', async () => {
    const { type, sent } = createApiDeployment();
    expect((await type('segments')).code).toBe(0);
    await type('segments', { env: { TRIBUTARY_TOKEN: ' Bearer marketer\n' } });
    expect(sent.map(({ headers }) => headers.get('authorization'))).toEqual(['Bearer operator', 'Bearer marketer']);
  });

  test('of a stack, the output; the local token does not go there', async () => {
    const { type, sent, switches } = createApiDeployment();
    const locate = async (stack: string | undefined) => ({ kind: 'aws' as const, stack: stack ?? '?' });
    const ApiUrl = 'https://api.example/';
    switches.description = { status: 'CREATE_COMPLETE', outputs: { ApiUrl } };
    expect(await type('segments --stack prod', { locate })).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/bearer token.*apiIssuer.*reader, marketer or operator.*TRIBUTARY_TOKEN/),
    });
    expect(sent).toEqual([]);
    expect((await type('segments --stack prod', { locate, env: { TRIBUTARY_TOKEN: 'reader' } })).code).toBe(0);
    expect(sent[0]?.path).toMatch(/^\/v1\/segments\?/);
  });

  test.each([[{}], [{ ApiUrl: 'none' }]])('a stack without an API says how to have one: %j', async (outputs) => {
    const { type, switches } = createApiDeployment();
    const locate = async () => ({ kind: 'aws' as const, stack: 'prod' });
    switches.description = { status: 'CREATE_COMPLETE', outputs };
    expect(await type('segments --stack prod', { locate })).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('npx cdk deploy -c tributary:apiIssuer='),
    });
  });

  test('a local deployment without one says so', async () => {
    const { type } = createApiDeployment();
    const locate = async () => ({ kind: 'local' as const, stack: 'tributary' });
    expect(await type('subscribers', { locate })).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('npm start'),
    });
  });

  test('TRIBUTARY_API_URL needs no AWS, and a token of its own', async () => {
    const { type, sent } = createApiDeployment();
    const locate = async () => {
      throw new Error('AWS was asked');
    };
    const env = { TRIBUTARY_API_URL: 'https://api.example' };
    expect(await type('segments', { locate, env })).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('token'),
    });
    expect((await type('segments', { locate, env: { ...env, TRIBUTARY_TOKEN: 'reader' } })).code).toBe(0);
    expect(sent).toHaveLength(1);
  });

  test('what is no token is not sent', async () => {
    const { type, sent } = createApiDeployment();
    const ran = await type('segments', { env: { TRIBUTARY_TOKEN: 'a b' } });
    expect(ran).toMatchObject({ code: 1, stderr: expect.stringContaining('TRIBUTARY_TOKEN is no token') });
    expect(sent).toEqual([]);
  });
});

describe('refusals', () => {
  test.each([
    ['401 of the gateway', 401, { message: 'Unauthorized' }, 1, 'unset it'],
    ['403 of the gateway', 403, { message: 'Forbidden' }, 1, 'This needs the role reader. Set TRIBUTARY_TOKEN'],
    [
      '404 of the gateway',
      404,
      { message: 'Not Found' },
      1,
      'does not know GET /v1/segments/{id}. Is the deployment of this version?',
    ],
    ['500', 500, JSON.parse(full(500, 'unexpected', { requestId: 'abc' })), 1, 'look there for the request abc'],
    ['an answer of another version', 200, { id: 'sleeping' }, 1, 'same version'],
    ['no JSON at all', 502, 'Bad Gateway', 1, 'The API answered 502.'],
  ])('%s', async (_, status, body, code, told) => {
    const { type, instead } = createApiDeployment();
    instead.push(problem(status, body));
    const ran = await type('segment show sleeping');
    expect(ran).toMatchObject({ code, stdout: '', stderr: expect.stringContaining(told) });
  });

  test('a role that is missing is named', async () => {
    const { run, piped } = createApiDeployment();
    const env = { TRIBUTARY_TOKEN: 'reader' };
    const ran = await run(['segment', 'put', '-', '--json'], { env, ...piped(SLEEPING) });
    expect(ran).toMatchObject({ code: 1, stdout: '' });
    expect(JSON.parse(ran.stderr).error).toMatchObject({
      code: 'role_missing',
      message: expect.stringContaining('This needs the role marketer. The token has reader. Set TRIBUTARY_TOKEN'),
    });
  });

  test('each problem of a definition is a line, with its place and what would be valid', async () => {
    const { run, piped } = createApiDeployment();
    const when = { all: [{ field: 'ordres', atLeast: 1 }, { field: 'tier', is: 'gold' }, { segment: 'nobody' }] };
    const ran = await run(['segment', 'put', '-'], piped({ ...SLEEPING, when }));
    expect(ran).toMatchObject({ code: 2, stdout: '' });
    const [heading, ...lines] = ran.stderr.trimEnd().split('\n');
    expect(heading).toBe('error: This is no segment that can be meant:');
    expect(lines.join('\n')).toMatch(/^ {2}\/when\/all\/0\/field: .*did you mean orders\?/);
    expect(ran.stderr).toMatch(/\n {4}valid: orders, /);
    expect(ran.stderr).toMatch(/\n {2}\/when\/all\/1\/is: /);
    const chinese = await run(['segment', 'put', '-'], {
      ...piped({ ...SLEEPING, when }),
      env: { LANG: 'zh_CN.UTF-8' },
    });
    expect(chinese.stderr).toContain('是否指 orders？');
  });

  test.each([
    ['ECONNREFUSED', 1],
    ['ECONNRESET', 4],
  ])('%s: nobody answers, after %i requests', async (code, count) => {
    const { type, instead, sent } = createApiDeployment();
    const broken = () => new TypeError('fetch failed', { cause: Object.assign(new Error(code), { code }) });
    instead.push(...Array.from({ length: 9 }, broken));
    const ran = await type('segments');
    expect(ran).toMatchObject({
      code: 1,
      stderr: `error: The API of the local deployment (https://api.example) does not answer (${code}). Is it running? \`npm start\` does.\n`,
    });
    expect(sent).toHaveLength(count);
  });
});

describe('repetition', () => {
  const waits = (slept: number[]) => ({ sleep: async (ms: number) => void slept.push(ms) });

  test('who is told to wait waits, and says so; for long it does not', async () => {
    const { type, instead } = createApiDeployment();
    const slept: number[] = [];
    instead.push(problem(429, { message: 'Too Many Requests' }, { 'retry-after': '7' }));
    const ran = await type('segments', waits(slept));
    expect(ran).toMatchObject({ code: 0, stderr: 'note: the API asks to wait for 7 s\n' });
    expect(slept).toEqual([7_000]);

    instead.push(problem(429, { message: 'Too Many Requests' }, { 'retry-after': '3600' }));
    expect(await type('segments', waits(slept))).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('Try again in 3600 s.'),
    });
    expect(slept).toHaveLength(1);
  });

  test('a request whose answer was lost is sent again under its key, and done once', async () => {
    const { run, instead, sent, piped, api, fetchApi } = createApiDeployment();
    let lost = 0;
    const losing: typeof fetch = async (input, init) => {
      const answer = await fetchApi(input, init);
      if (init?.method !== 'POST' || lost++ > 0) return answer;
      throw new TypeError('fetch failed', { cause: Object.assign(new Error('x'), { code: 'ECONNRESET' }) });
    };
    const ran = await run(['segment', 'put', '-'], { ...piped(SLEEPING), fetch: losing });
    expect(ran.code).toBe(0);
    const posts = sent.filter(({ method }) => method === 'POST').map(({ headers }) => headers.get('idempotency-key'));
    expect(posts).toHaveLength(2);
    expect(new Set(posts).size).toBe(1);
    expect(posts[0]).toMatch(/^[0-9a-f-]{36}$/);
    expect(await api.stores.segments.listVersions('sleeping')).toHaveLength(1);
    expect(instead).toEqual([]);
  });

  test('a change that may have been made is not sent again', async () => {
    const { run, instead, sent, piped } = createApiDeployment();
    await run(['segment', 'put', '-'], piped(SLEEPING));
    const before = sent.length;
    const fine = await run(['segment', 'show', 'sleeping', '--json']);
    instead.push(new Response(fine.stdout), problem(503, JSON.parse(full(503, 'unavailable'))));
    const ran = await run(['segment', 'put', '-'], piped({ ...SLEEPING, name: 'x' }));
    expect(ran).toMatchObject({ code: 1, stderr: expect.stringContaining('So it is. See `tributary doctor`') });
    expect(sent.slice(before).filter(({ method }) => method === 'PUT')).toHaveLength(1);
  });
});

test('all commands have help that stands alone', async () => {
  const { type } = createApiDeployment();
  const segment = 'show put preview members export exports schedule archive restore ready-made'.split(' ');
  const subscribers = 'list add show test rotate pause resume dead-letters redrive remove'.split(' ');
  for (const command of [
    'segments',
    'segment',
    'subscribers',
    ...segment.map((name) => `segment ${name}`),
    ...subscribers.map((name) => `subscribers ${name}`),
  ]) {
    const { code, stdout, stderr } = await type(`${command} --help`);
    expect({ command, code, stderr }).toEqual({ command, code: 0, stderr: '' });
    expect(stdout).toMatch(/Examples?:\n {2}\$ tributary (segment|subscribers)/);
    expect(stdout).toContain('--json');
    if (!command.includes(' ')) expect(stdout).toContain('TRIBUTARY_TOKEN');
  }
});
