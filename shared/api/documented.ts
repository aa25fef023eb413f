/** Which problems a route may answer with, its own and those that follow from its flags, in words for who writes a client. */
import type { Route } from './route.ts';

export function problemsOf(route: Route): Map<number, string> {
  const { role, body, ifMatch, idempotencyKey, problems = {} } = route;
  const found = new Map<number, string[]>();
  const add = (status: number, reason: string) => found.set(status, [...(found.get(status) ?? []), reason]);
  add(400, 'The request is not as it should be: `problems` names each field.');
  if (role !== 'anyone') {
    add(401, 'No token, or one that is expired or none of the issuer. The gateway says so itself, in JSON of its own.');
    add(403, 'The token lacks the role that this asks for.');
  }
  for (const [status, reason] of Object.entries(problems)) add(Number(status), reason);
  if (body) {
    add(413, 'The body is too large.');
    add(415, 'The body is not application/json.');
  }
  if (idempotencyKey) {
    add(409, 'The same request is being worked on, under the same Idempotency-Key.');
    add(422, 'The Idempotency-Key was used for another request.');
  }
  if (ifMatch) add(412, 'It was changed since the revision that If-Match names.');
  if (ifMatch === 'required') add(428, 'If-Match is missing.');
  add(429, 'Too many requests. The gateway says so itself, in JSON of its own.');
  add(500, 'Something went wrong here: tell an operator the requestId.');
  add(503, 'What this needs can not be reached now: try again in a moment.');
  return new Map([...found].sort(([a], [b]) => a - b).map(([status, reasons]) => [status, reasons.join(' ')]));
}

export const documentedStatuses = (route: Route): number[] => [
  ...Object.keys(route.answers).map(Number),
  ...problemsOf(route).keys(),
];
