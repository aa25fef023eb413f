/** The real program before the real API in this process, both over models in memory. Tokens are the names of roles. */
import type { World } from '../../cli/world.ts';
import { isRole } from '../../shared/api/roles.ts';
import type { SegmentDefinition } from '../../shared/segments/definition.ts';
import { instant } from '../../shared/time/instant.ts';
import { openApi } from '../api/open-api.ts';
import { createTestDeployment, type Ran } from './run.ts';

const API_URL = 'https://api.example';

interface Sent {
  readonly method: string;
  readonly path: string;
  readonly headers: Headers;
}

export function createApiDeployment() {
  const api = openApi();
  const made = createTestDeployment();
  const sent: Sent[] = [];
  /** Answers in place of the API's, the next first. */
  const instead: (Response | Error)[] = [];

  const fetchApi: typeof fetch = async (input, init) => {
    const url = String(input);
    if (url.startsWith('memory:')) return fileAt(url);
    const { origin, pathname, search } = new URL(url);
    if (origin !== API_URL) throw new TypeError(`nobody is at ${origin}`);
    const request = new Request(url, init);
    sent.push({ method: request.method, path: `${pathname}${search}`, headers: request.headers });
    const other = instead.shift();
    if (other instanceof Error) throw other;
    if (other) return other;
    const role = request.headers.get('authorization')?.replace('Bearer ', '') ?? '';
    const claims = isRole(role) ? { claims: { sub: `the ${role}`, roles: [role] } } : {};
    return api.app.request(`${pathname}${search}`, init, { ...claims, requestId: 'request-1' });
  };

  /** As the links of the model of files lead. */
  async function fileAt(url: string): Promise<Response> {
    const key = url.replace(/^memory:/, '').replace(/\?.*$/, '');
    const content = api.stores.files.files.get(key)?.content;
    return content ? new Response(new Uint8Array(content)) : new Response('', { status: 403 });
  }

  const site = { kind: 'local' as const, stack: 'tributary', apiUrl: API_URL, token: 'operator' };
  const open: Partial<World> = { locate: async () => site, fetch: fetchApi };
  const run = (args: readonly string[], changes: Partial<World> = {}): Promise<Ran> =>
    made.run(args, { ...open, ...changes });
  const type = (line: string, changes?: Partial<World>) => run(line.split(' ').filter(Boolean), changes);
  /** What a command that ends well answers a script. */
  async function ask(line: string, changes?: Partial<World>) {
    const { code, stdout, stderr } = await type(`${line} --json`, changes);
    if (code !== 0 || stderr !== '') throw new Error(`${line} ended with ${code}: ${stderr}`);
    return JSON.parse(stdout);
  }
  const piped = (json: unknown): Partial<World> => ({ readStdin: async () => JSON.stringify(json) });

  /** As a run over all profiles ends. */
  async function fill(): Promise<void> {
    const { derivations, segments, clock } = api.stores;
    const known = await derivations.getDerivation();
    const { revision } = await segments.listSegments();
    const at = instant(clock().getTime());
    await derivations.putDerivation({
      ...(known ?? { policy: 1, model: 'none', rates: 0 }),
      revision: (known?.revision ?? 0) + 1,
      segments: revision,
      finished: { run: 'run', at, segments: revision },
    });
  }

  return { ...made, api, run, type, ask, piped, fill, sent, instead, fetchApi };
}
export type ApiDeployment = ReturnType<typeof createApiDeployment>;

export const SLEEPING: SegmentDefinition = {
  id: 'sleeping',
  name: '高价值沉睡客户',
  when: {
    all: [
      { field: 'tier', is: 'high_value' },
      { field: 'daysSinceLastOrder', atLeast: 60 },
    ],
  },
};
