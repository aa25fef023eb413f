/**
 * All that an operator may choose, in one place. A setting is read from the CDK context, `-c tributary:production=true`
 * or cdk.json, else from the environment, `TRIBUTARY_PRODUCTION=true`, else it has the default written here.
 */
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import * as z from 'zod';
import { readHost } from '../shared/subscribers/hosts.ts';

const RETENTION_DAYS = Object.values(RetentionDays).filter((days): days is RetentionDays => typeof days === 'number');

/** The command line and the environment only know text. */
const flag = z.union([z.boolean(), z.stringbool({ truthy: ['true'], falsy: ['false'] })], 'true or false');
const whole = (least: number, most: number) =>
  z
    .union([z.number(), z.string().regex(/^\d+$/).transform(Number)], `a whole number from ${least} to ${most}`)
    .refine(
      (value) => Number.isInteger(value) && value >= least && value <= most,
      `a whole number from ${least} to ${most}`,
    );

const listed = (text: string): string[] =>
  text
    .split(',')
    .map((one) => one.trim())
    .filter((one) => one !== '');

const isOurs = ({ hostname }: URL): boolean => ['localhost', '127.0.0.1', '[::1]'].includes(hostname);
const isSafe = (url: URL): boolean => url.protocol === 'https:' || (url.protocol === 'http:' && isOurs(url));
const isIssuer = (text: string): boolean =>
  URL.canParse(text) && isSafe(new URL(text)) && !/[?#\s]/.test(text) && new URL(text).username === '';
const isOrigin = (text: string): boolean =>
  URL.canParse(text) && isSafe(new URL(text)) && new URL(text).origin === text;

export const Settings = z.strictObject({
  /** Name of the CloudFormation stack; two stacks in one account share nothing. It begins the names of queues. */
  stack: z
    .string()
    .regex(/^[A-Za-z][A-Za-z0-9-]{0,40}$/, 'a letter, then letters, digits and -, at most 41 in all')
    .default('Tributary'),
  /** Deletion protection, point-in-time recovery, tables and logs kept when the stack goes. */
  production: flag.default(false),
  /** How long logs are kept; CloudWatch takes only certain numbers. */
  logRetentionDays: whole(1, 9999)
    .refine((days) => RETENTION_DAYS.includes(days), `one of ${RETENTION_DAYS.join(', ')}`)
    .transform((days): RetentionDays => days)
    .default(RetentionDays.ONE_MONTH),
  /** Instances of ingest kept warm for platforms that wait only 500 ms. 0: none, and nothing to pay at rest. */
  provisionedConcurrency: whole(0, 1000).default(0),
  /** Requests a second and at once that the API lets in. Past these it answers 429, and platforms try again. */
  throttleRate: whole(1, 10_000).default(500),
  throttleBurst: whole(1, 5_000).default(1_000),
  /** Webhooks in one object of the lake, at most; each object costs a PutObject and a work message. */
  archiveBatchSize: whole(1, 10_000).default(100),
  /** How long a webhook may wait for others to share its object with: seconds of freshness against the price of S3. */
  archiveWindowSeconds: whole(0, 300).default(1),
  /** Instances of archive, and of orders, at once: a backlog must not take the concurrency that ingest needs. */
  maxConcurrency: whole(2, 1000).default(50),
  /** Raw objects move to Infrequent Access after this many days (30 is the least S3 allows). 0: never. */
  coolAfterDays: whole(0, 3650)
    .refine((days) => days === 0 || days >= 30, '0, or at least 30')
    .default(90),
  /** ISO 4217: money of customers is compared in it, by the rates that `tributary rates import` loads. */
  reportingCurrency: z
    .string()
    .regex(/^[A-Z]{3}$/, 'an ISO 4217 code such as CNY')
    .default('CNY'),
  /** Calls to platforms' APIs come from one fixed address, for those that want to be told of it. About $37 a month. */
  fixedAddress: flag.default(false),
  /** Connections may name any host as their platform's API (`--api-base`), for tests and demos. Never in production. */
  anyApiBase: flag.default(false),
  /**
   * Hosts (`localhost:8080,receiver.test`; without a port: any) that messages to subscribers may go to over plain HTTP and at private
   * addresses, for tests and demos. Never in production: from Lambda a private address leads only to what is Lambda's own.
   */
  webhookHosts: z
    .string()
    .refine(
      (text) => text === '' || text.split(',').every((entry) => readHost(entry) !== undefined),
      'hosts such as localhost:8080, separated by commas',
    )
    .default(''),
  /** Whose tokens the HTTP API takes: the address of an OpenID Connect issuer, as its tokens have it. Without it there is no API. */
  apiIssuer: z
    .string()
    .refine(isIssuer, 'an https address, as the iss of the tokens has it (plain http on this machine only)')
    .optional(),
  /** What tokens are for (`aud`, or `client_id` where a token has no `aud`); several are parted by commas. */
  apiAudience: z.string().transform(listed).pipe(z.array(z.string()).min(1, 'at least one audience')).optional(),
  /** The claim of a token that holds the roles: reader, marketer, operator. Those in `cognito:groups` count as well. */
  apiRolesClaim: z.string().min(1, 'the name of a claim').default('roles'),
  /** Pages of these origins (`https://console.example.com`) may call the API; several are parted by commas. */
  apiCorsOrigins: z
    .string()
    .transform(listed)
    .pipe(z.array(z.string().refine(isOrigin, 'origins such as https://console.example.com, separated by commas')))
    .default([]),
  /** Requests a second and at once that the HTTP API lets in. Past these it answers 429. */
  apiThrottleRate: whole(1, 10_000).default(50),
  apiThrottleBurst: whole(1, 5_000).default(100),
  /** Requests with browse events a second and at once that each path for them lets in; a batch is one. Past these it answers 429. */
  collectThrottleRate: whole(1, 10_000).default(500),
  collectThrottleBurst: whole(1, 5_000).default(1_000),
  /** The name that messages to customers may call the brand by, `{{ brand }}` in their templates. */
  brand: z.string().trim().max(60).default(''),
  /** How often a snapshot of all profiles is taken, for previews of segments; nothing is done where none has changed. */
  snapshotMinutes: whole(5, 1440).default(15),
  /** Previews counted at once, of the account's concurrency set apart for them; more are told to ask again. 0: as many as the account lets. */
  previewConcurrency: whole(0, 1000).default(0),
  /** How often recommendations are made for customers who have changed; nothing is done where none has. */
  recommendMinutes: whole(5, 1440).default(60),
  /** How often orders are attributed to campaigns' messages; nothing is done before one was started. */
  attributionMinutes: whole(5, 1440).default(60),
  architecture: z.enum(['arm64', 'x86_64'], 'arm64 or x86_64').default('arm64'),
  /** Alarms are mailed here, once the address has confirmed; without it and a topic they only show in CloudWatch. */
  alarmEmail: z.email('an email address').optional(),
  /** An SNS topic of yours that alarms go to instead; its policy must let CloudWatch publish. */
  alarmTopicArn: z
    .string()
    .regex(/^arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:[A-Za-z0-9_-]+$/, 'the ARN of an SNS topic')
    .optional(),
});
export type Settings = z.infer<typeof Settings>;

const CONTEXT_PREFIX = 'tributary:';
export const environmentName = (setting: string): string =>
  `TRIBUTARY_${setting.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`;

/** A message for the operator, without a stack trace. */
export class SettingsError extends Error {}

export function readSettings(
  context: Readonly<Record<string, unknown>>,
  env: NodeJS.ProcessEnv = process.env,
): Settings {
  const given: Record<string, unknown> = {};
  for (const name of Object.keys(Settings.shape)) {
    const value = env[environmentName(name)];
    if (value !== undefined && value !== '') given[name] = value;
  }
  for (const [key, value] of Object.entries(context)) {
    if (key.startsWith(CONTEXT_PREFIX)) given[key.slice(CONTEXT_PREFIX.length)] = value;
  }
  const parsed = Settings.safeParse(given);
  if (!parsed.success) throw new SettingsError(parsed.error.issues.map((issue) => explain(issue, given)).join('\n'));
  const { data } = parsed;
  const conflict = contradiction(data);
  if (conflict !== undefined) throw new SettingsError(conflict);
  return data;
}

/** What each setting allows by itself, but not together. */
function contradiction(settings: Settings): string | undefined {
  const { alarmEmail, alarmTopicArn, archiveBatchSize, archiveWindowSeconds, production, anyApiBase, webhookHosts } =
    settings;
  const { apiIssuer, apiAudience } = settings;
  if ((apiIssuer === undefined) !== (apiAudience === undefined)) {
    return 'Give both apiIssuer and apiAudience, or neither: without them there is no HTTP API.';
  }
  if (production && apiIssuer?.startsWith('http:')) {
    return 'apiIssuer is on this machine: in production, tokens are of an issuer at an https address.';
  }
  if (production && anyApiBase) {
    return 'anyApiBase is for tests: in production, connections call only the hosts of their platform.';
  }
  if (production && webhookHosts !== '') {
    return 'webhookHosts is for tests: in production, messages to subscribers go to public addresses only, over https.';
  }
  if (alarmEmail !== undefined && alarmTopicArn !== undefined) {
    return 'Give alarmEmail or alarmTopicArn, not both: with a topic of your own, subscribe the address to it.';
  }
  if (archiveBatchSize > 10 && archiveWindowSeconds === 0) {
    return `archiveBatchSize is ${archiveBatchSize}: more than 10 needs an archiveWindowSeconds of at least 1.`;
  }
  return undefined;
}

function explain(issue: z.core.$ZodIssue, given: Readonly<Record<string, unknown>>): string {
  if (issue.code === 'unrecognized_keys') {
    const known = Object.keys(Settings.shape).join(', ');
    return `There is no setting ${issue.keys.join(', ')}. There are: ${known}.`;
  }
  const name = String(issue.path[0]);
  const seen = JSON.stringify(given[name]);
  return `Setting ${name} (-c ${CONTEXT_PREFIX}${name}=… or ${environmentName(name)}) is ${seen}. Expected ${issue.message}.`;
}
