/**
 * Personal content as bytes that only a holder of the key can read: AES-256-GCM over deflated JSON, as one opaque attribute. A
 * table's own encryption keeps out who steals a disk; this keeps out who may read the table, its stream or its backups.
 *
 *     1 byte number of the key · 12 bytes nonce · 16 bytes tag · ciphertext
 */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { Defect } from '../runtime/errors.ts';

/** 32 bytes each, by number (1 to 255); the current one seals, all open. So a key is replaced without rewriting what is old. */
export interface SealKeys {
  readonly current: number;
  readonly keys: ReadonlyMap<number, Uint8Array>;
}

export interface Sealer {
  /** Of what JSON can say. */
  seal(content: unknown): Uint8Array;
  /** As it was sealed. Throws a Defect where the key is unknown or the bytes were altered. */
  open(bytes: Uint8Array): unknown;
}

const NONCE_BYTES = 12;
const TAG_BYTES = 16;

export function sealer({ current, keys }: SealKeys): Sealer {
  return {
    seal(content) {
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv('aes-256-gcm', keyOf(current, keys), nonce);
      const body = Buffer.concat([cipher.update(deflateRawSync(JSON.stringify(content))), cipher.final()]);
      return Buffer.concat([Uint8Array.of(current), nonce, cipher.getAuthTag(), body]);
    },
    open(bytes) {
      const key = keyOf(bytes[0] ?? 0, keys);
      const body = 1 + NONCE_BYTES + TAG_BYTES;
      try {
        const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(1, 1 + NONCE_BYTES), {
          authTagLength: TAG_BYTES, // else a cut-off tag would do
        });
        decipher.setAuthTag(bytes.subarray(1 + NONCE_BYTES, body));
        const deflated = Buffer.concat([decipher.update(bytes.subarray(body)), decipher.final()]);
        return JSON.parse(inflateRawSync(deflated).toString('utf8'));
      } catch (error) {
        throw new Defect('seal_broken', 'Sealed content is not as it was written.', { cause: error });
      }
    },
  };
}

function keyOf(number: number, keys: SealKeys['keys']): Uint8Array {
  const key = keys.get(number);
  if (!key) throw new Defect('seal_key_unknown', `There is no sealing key ${number}.`);
  return key;
}
