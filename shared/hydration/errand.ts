/**
 * Fetching what signals asked for, while the lane of a connection is held. An answer is archived as an envelope like any
 * webhook, and read by the same normaliser; here it is only asked how new it is.
 */
import type { ChannelAdapter } from '../channels/adapter.ts';
import { ApiFailure, type PlatformApi } from '../channels/platform-api.ts';
import type { Connection } from '../connections/connection.ts';
import type { SecretStore } from '../connections/directory.ts';
import { type Envelope, type EnvelopeId, encodeBody } from '../lake/envelope.ts';
import type { Inbox } from '../lake/inbox.ts';
import { backoffMs } from '../lanes/backoff.ts';
import type { Work } from '../lanes/lane.ts';
import { type Errand, NotNow, type Opening, type Outcome } from '../lanes/run.ts';
import type { SourceVersion } from '../orders/parts.ts';
import type { Quarantine } from '../quarantine/quarantine.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Telemetry } from '../runtime/telemetry.ts';
import { covers, type FetchDetail } from './fetch-detail.ts';
import { createCall, type Fetch } from './http.ts';
import { Session } from './session.ts';

export interface ErrandDependencies {
  readonly secrets: Pick<SecretStore, 'getCredentials' | 'getTokens' | 'putTokens'>;
  readonly inbox: Inbox;
  readonly quarantine: Pick<Quarantine, 'open'>;
  readonly fetch: Fetch;
  /** Whether a connection may name a host that is none of its platform's: for tests and demos, never in production. */
  readonly anyApiBase: boolean;
  readonly clock: Clock;
  readonly sleep: (ms: number) => Promise<void>;
  readonly random: () => number;
  readonly newEnvelopeId: () => EnvelopeId;
  readonly telemetry: Telemetry;
}

const MINUTE_MS = 60_000;
/** An order that is not there yet, right after the webhook that tells of it, will be; one that is not there now is gone. */
const MISSING_PATIENCE_MS = 10 * MINUTE_MS;
/** Details lag behind their webhooks by seconds. */
const STALE_PATIENCE_MS = 60 * MINUTE_MS;
/** Of trying, over a weekend, and a person has noticed. */
const PATIENCE_MS = 3 * 24 * 60 * MINUTE_MS;

/** Why no call can be made at all. */
interface Closed {
  readonly code: 'credentials_missing' | 'credentials_wrong' | 'api_base_not_allowed';
}

export async function openErrand(
  {
    adapter,
    api,
    connection,
  }: { readonly adapter: ChannelAdapter; readonly api: PlatformApi; readonly connection: Connection },
  opening: Opening,
  dependencies: ErrandDependencies,
): Promise<Errand<FetchDetail>> {
  const session = await openSession(api, connection, opening, dependencies);
  const known = { adapter, connection, dependencies };
  return {
    perform: (work) => new Attempt(known, work).perform(session),
    health: () => (session instanceof Session ? session.expiry : {}),
  };
}

async function openSession(
  api: PlatformApi,
  { id, apiBase }: Connection,
  { pace, deadline, health }: Opening,
  { secrets, fetch, anyApiBase, clock, sleep, telemetry }: ErrandDependencies,
): Promise<Session | Closed> {
  const base = apiBase ?? api.hosts[0];
  if (!anyApiBase && !api.hosts.includes(base)) return { code: 'api_base_not_allowed' };
  const credentials = await secrets.getCredentials(id);
  if (!credentials) return { code: 'credentials_missing' };
  const account = api.open(credentials.given);
  if ('kind' in account) return { code: 'credentials_wrong' };
  const context = { call: createCall({ base, fetch, pace, clock, deadline }), clock };
  return Session.open({
    id,
    account,
    credentialsVersion: credentials.version,
    context,
    secrets,
    known: health,
    sleep,
    telemetry,
  });
}

/** One try of one piece of work. */
class Attempt {
  readonly #adapter: ChannelAdapter;
  readonly #connection: Connection;
  readonly #its: ErrandDependencies;
  readonly #work: Work<FetchDetail>;
  readonly #nowMs: number;

  constructor(
    known: {
      readonly adapter: ChannelAdapter;
      readonly connection: Connection;
      readonly dependencies: ErrandDependencies;
    },
    work: Work<FetchDetail>,
  ) {
    this.#adapter = known.adapter;
    this.#connection = known.connection;
    this.#its = known.dependencies;
    this.#work = work;
    this.#nowMs = known.dependencies.clock().getTime();
  }

  async perform(session: Session | Closed): Promise<Outcome<FetchDetail>> {
    if (!(session instanceof Session)) return this.#count({ kind: 'party_down', code: session.code });
    let bodies: readonly string[];
    try {
      bodies = await session.fetch(this.#work.subject);
    } catch (error) {
      if (error instanceof NotNow) return { kind: 'unbegun' };
      return this.#count(await this.#failed(error));
    }
    return this.#archive(bodies);
  }

  async #failed(error: unknown): Promise<Outcome<FetchDetail>> {
    if (!(error instanceof ApiFailure)) {
      const { subject } = this.#work;
      this.#its.telemetry.error('Adapter failed to fetch', error, { connection: this.#connection.id, subject });
      return this.#setAside('adapter_defect', 'an adapter that does not throw');
    }
    const { kind, code, retryAfterMs } = error;
    const wait = retryAfterMs === undefined ? {} : { retryAfterMs };
    switch (kind) {
      case 'unauthorized':
        return { kind: 'party_down', code: 'authorisation_refused' };
      case 'closed':
        return { kind: 'party_down', code };
      case 'throttled':
        return { kind: 'party_down', code, tooMuch: true, ...wait };
      case 'unavailable':
        if (!this.#isTriedFor(PATIENCE_MS)) return { kind: 'failed', code, ...wait };
        return this.#setAside('fetch_gave_up', `an answer within three days of trying (${code})`);
      case 'not_found':
        if (!this.#isTroubledFor(MISSING_PATIENCE_MS, 'not_at_platform') && !this.#isTriedFor(PATIENCE_MS))
          return this.#later('not_at_platform');
        return this.#setAside('not_at_platform', `something the platform still has (${code})`);
      case 'forbidden':
        return this.#setAside('not_readable', `something this account may read (${code})`);
      case 'refused':
        return this.#setAside('fetch_refused', `a request that the platform accepts (${code})`);
    }
  }

  async #archive(bodies: readonly string[]): Promise<Outcome<FetchDetail>> {
    const { heard } = this.#work.detail;
    const envelopes = bodies.map((body) => this.#envelopeOf(body));
    const versions = envelopes.flatMap((envelope) => this.#versionsIn(envelope));
    const isNew = (wanted: FetchDetail['heard']) => versions.some((version) => covers(version, wanted));
    const gaveUp = !isNew(heard) && this.#isTroubledFor(STALE_PATIENCE_MS, 'answer_too_old');
    // One that is too old is kept the first time and the last: in between it says the same again and again.
    if (isNew(heard) || gaveUp || this.#work.trouble?.code !== 'answer_too_old') {
      for (const envelope of envelopes) await this.#its.inbox.keep(envelope);
      const { channel } = this.#connection;
      this.#its.telemetry.measure('fetched', 1, { channel });
      const receivedMs = Date.parse(this.#work.detail.receivedAt);
      this.#its.telemetry.measure('hydratedMillis', this.#its.clock().getTime() - receivedMs, { channel });
    }
    if (isNew(heard)) return { kind: 'done', covers: (detail) => isNew(detail.heard) };
    if (gaveUp) return this.#setAside('answer_too_old', 'an answer as new as the webhook that told of it');
    return this.#count(this.#later('answer_too_old', heard.settledAt));
  }

  #envelopeOf(body: string): Envelope {
    return {
      id: this.#its.newEnvelopeId(),
      // When it was asked for: what happened at the platform after that may not be in it.
      receivedAt: new Date(this.#nowMs).toISOString(),
      channel: this.#connection.channel,
      connection: this.#connection.id,
      headers: {},
      query: '',
      subject: this.#work.subject,
      ...encodeBody(Buffer.from(body)),
    };
  }

  /** What it says nothing of, or can't be read, is for the orders stage to judge: nothing newer will come of asking again. */
  #versionsIn(envelope: Envelope): readonly Pick<SourceVersion, 'source' | 'fetchedAt'>[] {
    const last = [{ source: Number.MAX_SAFE_INTEGER, fetchedAt: Number.MAX_SAFE_INTEGER }];
    try {
      const outcome = this.#adapter.normalize(envelope, this.#connection);
      return outcome.kind === 'accepted' ? outcome.documents.map(({ version }) => version) : last;
    } catch {
      return last;
    }
  }

  #later(code: string, notBefore = 0): Outcome<FetchDetail> {
    const nowMs = this.#its.clock().getTime();
    const backoff = nowMs + backoffMs(this.#work.attempts, this.#its.random);
    const at = Math.max(backoff, Math.min(notBefore, nowMs + MINUTE_MS));
    return { kind: 'later', at, code };
  }

  async #setAside(code: string, expected: string): Promise<Outcome<FetchDetail>> {
    const { subject, detail } = this.#work;
    const { channel, id: connection } = this.#connection;
    const { envelope: envelopeId, object, receivedAt } = detail;
    await this.#its.quarantine.open({
      envelopeId,
      channel,
      connection,
      receivedAt,
      object,
      code,
      path: '',
      expected: `for ${subject}: ${expected}`,
    });
    this.#its.telemetry.measure('quarantined', 1, { channel });
    this.#its.telemetry.warn('Fetch given up', { envelope: envelopeId, channel, connection, code, subject, object });
    return { kind: 'dead', code };
  }

  #count(outcome: Outcome<FetchDetail>): Outcome<FetchDetail> {
    if ('code' in outcome && outcome.kind !== 'dead') {
      this.#its.telemetry.measure('fetchFailed', 1, { channel: this.#connection.channel, reason: outcome.code });
    }
    return outcome;
  }

  #isTriedFor(ms: number): boolean {
    return this.#nowMs - (this.#work.triedAt ?? this.#nowMs) > ms;
  }

  /** Of the same trouble, without a break: what is missing right after an outage has not been missing all that time. */
  #isTroubledFor(ms: number, code: string): boolean {
    const { trouble } = this.#work;
    return trouble?.code === code && this.#nowMs - trouble.since > ms;
  }
}
