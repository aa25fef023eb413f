/** `connections`: the list, and how each is doing. Secrets are no part of it. */
import type { Command } from 'commander';
import type { Connection } from '../../shared/connections/connection.ts';
import { hydrationParty, type LaneState } from '../../shared/lanes/lane.ts';
import { answer, minute, table } from '../output.ts';
import { deploymentFor, examples, globalsOf, type Session } from '../session.ts';
import type { Deployment } from '../world.ts';

/** Without what is only for us; a new field does not become public by itself. */
function publicConnection({
  id,
  channel,
  type,
  status,
  currency,
  region,
  timezone,
  shop,
  webhookUrl,
  apiBase,
  createdAt,
  updatedAt,
}: Connection) {
  return { id, channel, type, status, currency, region, timezone, shop, webhookUrl, apiBase, createdAt, updatedAt };
}

interface Health {
  /** UTC, as all times here; to the minute. */
  readonly lastWebhookAt?: string;
  /** Its address also gets webhooks of this shop, which has no connection. */
  readonly unconnectedShop?: { readonly shop: string; readonly at: string };
  readonly lastFetchAt?: string;
  readonly lastError?: { readonly at: string; readonly code: string };
  /** Fetches that wait: due later, or for a platform that does not answer. At most 100 are counted. */
  readonly waitingFetches?: number;
  /** The platform is not called before this. */
  readonly callsResumeAt?: string;
  readonly tokenExpiresAt?: string;
  /** From then on a person must authorise again. */
  readonly authorisationExpiresAt?: string;
}
type Listed = ReturnType<typeof publicConnection> & { readonly health: Health };

const WAITING_COUNTED = 100;

export function addConnections(program: Command, session: Session): void {
  const { world } = session;
  program
    .command('connections')
    .description('list connections, with when they were last heard of and what failed')
    .addHelpText('after', examples('connections', 'connections --json'))
    .action(async (_options: unknown, command: Command) => {
      const globals = globalsOf(command);
      const deployment = await deploymentFor(session, globals);
      answer(world, globals, { items: await listed(deployment, world.clock()) }, renderConnections);
    });
}

async function listed({ connections, health, lanes }: Deployment, now: Date): Promise<Listed[]> {
  const [all, heard, states] = await Promise.all([
    connections.listConnections(),
    health.listHealth(),
    lanes.listLanes(),
  ]);
  return Promise.all(
    all.map(async (connection) => {
      const party = hydrationParty(connection.id);
      const lane = states.find((state) => state.party === party);
      const { lastWebhookAt, unconnectedShop } = heard.get(connection.id) ?? {};
      const waiting = (await lanes.listDue(party, Number.MAX_SAFE_INTEGER, WAITING_COUNTED)).length;
      return {
        ...publicConnection(connection),
        health: {
          ...(lastWebhookAt !== undefined && { lastWebhookAt }),
          ...(unconnectedShop && { unconnectedShop }),
          ...(waiting > 0 && { waitingFetches: waiting }),
          ...(lane && laneHealth(lane, now)),
        },
      };
    }),
  );
}

function laneHealth({ health, notBefore }: LaneState, now: Date): Health {
  const { lastSuccessAt, lastFailure, tokensExpireAt, authorisationExpiresAt } = health;
  const time = (epochMs: number) => new Date(epochMs).toISOString();
  return {
    ...(lastSuccessAt !== undefined && { lastFetchAt: time(lastSuccessAt) }),
    ...(lastFailure && { lastError: { at: time(lastFailure.at), code: lastFailure.code } }),
    ...(notBefore > now.getTime() && { callsResumeAt: time(notBefore) }),
    ...(tokensExpireAt !== undefined && { tokenExpiresAt: time(tokensExpireAt) }),
    ...(authorisationExpiresAt !== undefined && { authorisationExpiresAt: time(authorisationExpiresAt) }),
  };
}

function renderConnections({ items }: { readonly items: readonly Listed[] }): string {
  if (items.length === 0) return 'No connection yet. Make the first with `tributary connect CHANNEL --connection ID`.';
  const told = items.flatMap(({ id, health: { unconnectedShop } }) =>
    unconnectedShop ? [`At ${id} come webhooks of shop ${unconnectedShop.shop}, which is not connected.`] : [],
  );
  const listed = table(
    [
      'id',
      'channel',
      'type',
      'status',
      'currency',
      'last webhook',
      'last fetch',
      'waiting',
      'authorised until',
      'last error',
      'address',
    ],
    items.map(({ health, ...item }) => [
      item.id,
      item.channel,
      item.type,
      item.status,
      item.currency ?? '-',
      minute(health.lastWebhookAt),
      minute(health.lastFetchAt),
      health.waitingFetches === undefined
        ? '-'
        : `${health.waitingFetches}${health.waitingFetches === WAITING_COUNTED ? '+' : ''}`,
      // Tokens are renewed; where that ends, a person is needed.
      minute(health.authorisationExpiresAt ?? health.tokenExpiresAt),
      health.lastError ? `${health.lastError.code} ${minute(health.lastError.at)}` : '-',
      item.webhookUrl,
    ]),
  );
  return told.length > 0 ? `${listed}\n\n${told.join('\n')}` : listed;
}
