/** What a command says when it can't: one message for a person, one code for a script, one exit code for a shell. */

export const FAILED = 1;
export const USED_WRONGLY = 2;

export class CliError extends Error {
  readonly code: string;
  readonly exitCode: number;
  constructor(code: string, message: string, options: ErrorOptions & { readonly exitCode?: number } = {}) {
    super(message, options);
    this.name = new.target.name;
    this.code = code;
    this.exitCode = options.exitCode ?? FAILED;
  }
}

/** Says what was wrong and the nearest right form. */
export class UsageError extends CliError {
  constructor(message: string, code = 'usage') {
    super(code, message, { exitCode: USED_WRONGLY });
  }
}

/** Any failure → what to tell. AWS's and Node's own errors become a sentence with what to do. */
export function explain(error: unknown): CliError {
  if (error instanceof CliError) return error;
  if (!(error instanceof Error)) return new CliError('unexpected', String(error));
  return explainReach(error) ?? new CliError(codeOf(error), sentence(error), { cause: error });
}

const codeOf = (error: Error): string =>
  'code' in error && typeof error.code === 'string' ? error.code : snakeCase(error.name);
const snakeCase = (name: string): string => name.replace(/(?<=[a-z])(?=[A-Z])/g, '_').toLowerCase();
const sentence = (error: Error): string => (error.message === '' ? error.name : error.message);

const UNREACHABLE = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOTFOUND',
  'EHOSTUNREACH',
  'ETIMEDOUT',
  'EAI_AGAIN',
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_SOCKET',
]);
const NO_CREDENTIALS = new Set(['CredentialsProviderError', 'TokenProviderError']);
const BAD_CREDENTIALS = new Set([
  'ExpiredToken',
  'ExpiredTokenException',
  'InvalidClientTokenId',
  'UnrecognizedClientException',
  'SignatureDoesNotMatch',
  'InvalidSignatureException',
  'InvalidAccessKeyId',
]);
const NOT_ALLOWED = new Set(['AccessDenied', 'AccessDeniedException', 'UnauthorizedOperation']);

function explainReach(error: Error): CliError | undefined {
  const { name } = error;
  const told = (code: string, message: string) => new CliError(code, message, { cause: error });
  if (NO_CREDENTIALS.has(name)) {
    return told(
      'credentials_missing',
      'No AWS credentials were found. Set AWS_PROFILE, or run `aws configure` or `aws sso login`.',
    );
  }
  if (BAD_CREDENTIALS.has(name)) {
    return told(
      'credentials_refused',
      `AWS refused the credentials (${name}). Sign in again, or check AWS_PROFILE and the clock.`,
    );
  }
  if (NOT_ALLOWED.has(name)) return told('not_allowed', `AWS did not allow it: ${error.message}`);
  if (error.message.includes('Region is missing')) {
    return told('region_missing', 'No AWS region is set. Set AWS_REGION to the region of the stack.');
  }
  const failure = networkCode(error);
  if (failure !== undefined) {
    return told(
      'unreachable',
      `The deployment does not answer (${failure}). Is it running? Start a local one with \`npm start\`.`,
    );
  }
  return undefined;
}

/** Fetch and the SDK wrap the socket's error, some of them several times. */
export function networkCode(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  if (error.name === 'TimeoutError') return 'ETIMEDOUT';
  if ('code' in error && typeof error.code === 'string' && UNREACHABLE.has(error.code)) return error.code;
  const inner: unknown[] = error instanceof AggregateError ? error.errors : [error.cause];
  return inner.map(networkCode).find((code) => code !== undefined);
}
