/**
 * An issuer of tokens for the local deployment, without a process of its own: what an authorizer asks of an OpenID Connect issuer are two
 * documents, and those lie in a bucket of the emulator, which gives out objects to anybody. Each deployment has a key of its own, at
 * an address of its own, as gateways keep keys for hours; the private half is forgotten when this process ends.
 */
import { randomUUID } from 'node:crypto';
import { BucketAlreadyOwnedByYou, CreateBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import type { Role } from '../shared/api/roles.ts';

export interface LocalIssuer {
  /** The `iss` of its tokens. */
  readonly issuer: string;
  readonly audience: string;
  /** For a year. */
  token(sub: string, roles: readonly Role[]): Promise<string>;
}

const BUCKET = 'tributary-local-issuer';
const AUDIENCE = 'tributary-local';
const ALGORITHM = 'RS256';

export async function openIssuer(endpoint: string): Promise<LocalIssuer> {
  const { publicKey, privateKey } = await generateKeyPair(ALGORITHM);
  const kid = randomUUID();
  const issuer = `${endpoint}/${BUCKET}/${kid}`;
  const jwks = { keys: [{ ...(await exportJWK(publicKey)), kid, alg: ALGORITHM, use: 'sig' }] };
  const discovery = {
    issuer,
    jwks_uri: `${issuer}/jwks.json`,
    response_types_supported: ['id_token'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: [ALGORITHM],
  };
  await putAll(endpoint, {
    [`${kid}/.well-known/openid-configuration`]: discovery,
    [`${kid}/jwks.json`]: jwks,
  });
  return {
    issuer,
    audience: AUDIENCE,
    token: (sub, roles) =>
      new SignJWT({ roles })
        .setProtectedHeader({ alg: ALGORITHM, kid })
        .setIssuer(issuer)
        .setAudience(AUDIENCE)
        .setSubject(sub)
        .setIssuedAt()
        .setExpirationTime('365d')
        .sign(privateKey),
  };
}

async function putAll(endpoint: string, documents: Readonly<Record<string, object>>): Promise<void> {
  // An emulator takes any credentials.
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  const client = new S3Client({ endpoint, region: 'us-east-1', credentials, forcePathStyle: true });
  try {
    await client.send(new CreateBucketCommand({ Bucket: BUCKET })).catch(unlessOurs);
    for (const [Key, document] of Object.entries(documents))
      await client.send(
        new PutObjectCommand({ Bucket: BUCKET, Key, Body: JSON.stringify(document), ContentType: 'application/json' }),
      );
  } finally {
    client.destroy();
  }
}

/** Of an earlier deployment to the same emulator. */
function unlessOurs(error: unknown): void {
  if (!(error instanceof BucketAlreadyOwnedByYou)) throw error;
}
