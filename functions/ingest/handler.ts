/**
 * A platform's signed request → inbox queue (or, if too large for a message, the lake and a pointer on the queue).
 * Success is answered only once the bytes are durable; otherwise 503, so that the platform tries again.
 */
import { performance } from 'node:perf_hooks';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import type { Door, HttpRequest, HttpResponse, Rejected } from '../../shared/channels/adapter.ts';
import { rejected } from '../../shared/channels/adapter.ts';
import { validSecrets } from '../../shared/connections/connection.ts';
import type { ConnectionWithSecrets, Directory } from '../../shared/connections/directory.ts';
import { type Envelope, type EnvelopeId, encodeBody } from '../../shared/lake/envelope.ts';
import type { Inbox } from '../../shared/lake/inbox.ts';
import type { Clock } from '../../shared/runtime/clock.ts';
import type { Telemetry } from '../../shared/runtime/telemetry.ts';
import { problem } from './problem.ts';
import { decodeRequest } from './request.ts';

export interface IngestDependencies {
  readonly doors: ReadonlyMap<string, Door>;
  readonly connections: Directory<ConnectionWithSecrets>;
  readonly inbox: Inbox;
  readonly clock: Clock;
  readonly newEnvelopeId: () => EnvelopeId;
  readonly telemetry: Telemetry;
}

/** A function's whole event is 6 MB at most, with base64 and headers in it. */
const LARGEST_BODY_BYTES = 4 * 1024 * 1024;

/** Before a refusal the connection is read anew if the cache is older: a new shop or secret works at once. */
const REFUSE_WITHIN_MS = 2_000;

export function createIngest(dependencies: IngestDependencies) {
  return async (event: APIGatewayProxyEventV2): Promise<APIGatewayProxyStructuredResultV2> => {
    const { status, headers, body } = await receive(event, dependencies);
    return { statusCode: status, headers: { ...headers }, body: body ?? '' };
  };
}

async function receive(event: APIGatewayProxyEventV2, dependencies: IngestDependencies): Promise<HttpResponse> {
  const { doors, connections, inbox, telemetry, clock } = dependencies;
  const startedMs = performance.now();
  const request = decodeRequest(event);
  if (request.kind === 'malformed') return problem(400, 'path_invalid', request.detail);
  const door = doors.get(request.channel);
  if (!door) return problem(404, 'channel_unknown', 'There is no such channel. Check the address.');
  if (request.method !== 'POST') {
    return problem(405, 'method_not_allowed', 'Webhooks are sent with POST.', { allow: 'POST' });
  }
  if (request.body.byteLength > LARGEST_BODY_BYTES) {
    return problem(413, 'body_too_large', `A body has at most ${LARGEST_BODY_BYTES} bytes.`);
  }

  const channel = door.channel;
  try {
    let check = verify(request, door, await connections.find(request.connection), clock());
    if (check.kind === 'rejected') {
      const fresh = await connections.find(request.connection, { freshWithinMs: REFUSE_WITHIN_MS });
      check = verify(request, door, fresh, clock());
    }
    if (check.kind === 'rejected') {
      telemetry.measure('rejected', 1, { channel, reason: check.code });
      return door.refuse?.(check.request) ?? UNPROVEN;
    }
    const { known, signed, secrets } = check;
    if (known.connection.status === 'disabled') {
      telemetry.measure('rejected', 1, { channel, reason: 'connection_disabled' });
      return problem(410, 'connection_disabled', 'This connection was disabled. Remove the webhook.');
    }
    const handshake = door.handshake?.(signed, secrets);
    if (handshake) return handshake;

    const envelope = envelopeOf(signed, door, request.connection, dependencies);
    telemetry.measure('received', 1, { channel }, { envelope: envelope.id, connection: envelope.connection });
    await inbox.keep(envelope);
    telemetry.measure('ackedMillis', performance.now() - startedMs, { channel });
    return door.acknowledge(signed);
  } catch (error) {
    telemetry.measure('deferred', 1, { channel });
    telemetry.error('Webhook could not be made durable', error, { channel, connection: request.connection });
    return problem(503, 'try_again', 'The webhook could not be stored. Send it again.', { 'retry-after': '5' });
  }
}

/** The same for an unknown connection and a bad signature, so that nobody learns which connections exist. */
const UNPROVEN = problem(
  401,
  'signature_rejected',
  'The request was not proven to come from the platform. Check the address, the secret, and that no proxy changes the body.',
);

interface Proven {
  readonly kind: 'proven';
  readonly known: ConnectionWithSecrets;
  readonly signed: HttpRequest;
  readonly secrets: readonly string[];
}
type Unproven = Pick<Rejected, 'kind'> & { readonly code: string; readonly request: HttpRequest };

/** An unknown connection, or one of another channel, takes the same time as a wrong secret. */
function verify(
  request: HttpRequest,
  door: Door,
  known: ConnectionWithSecrets | undefined,
  now: Date,
): Proven | Unproven {
  const found = known?.connection.channel === door.channel ? known : undefined;
  const signed: HttpRequest = { ...request, url: found?.connection.webhookUrl ?? '' };
  const secrets = found ? validSecrets(found.secrets, now) : ['no connection, so no secret'];
  const verdict = door.verify(signed, secrets, now);
  if (found && verdict.kind === 'verified') return { kind: 'proven', known: found, signed, secrets };
  const { code } = verdict.kind === 'rejected' ? verdict : rejected('signature_mismatch', '');
  return { kind: 'rejected', code: found ? code : 'connection_unknown', request: signed };
}

function envelopeOf(
  request: HttpRequest,
  door: Door,
  connection: string,
  { clock, newEnvelopeId }: IngestDependencies,
): Envelope {
  const kept = door.keptHeaders.flatMap((name) => {
    const value = request.headers[name];
    return value === undefined ? [] : [[name, value]];
  });
  return {
    id: newEnvelopeId(),
    receivedAt: clock().toISOString(),
    channel: door.channel,
    connection,
    headers: Object.fromEntries(kept),
    query: request.query,
    ...encodeBody(request.body),
  };
}
