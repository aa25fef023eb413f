/** What a browser does with a push message: RFC 8291 and RFC 8188 (aes128gcm) with node:crypto, from the text of the RFCs. */
import { createDecipheriv, createECDH, createHmac, randomBytes } from 'node:crypto';

export interface Browser {
  /** As `PushSubscription.toJSON()` has them. */
  readonly p256dh: string;
  readonly auth: string;
  /** @throws where it was not sealed for this browser */
  open(body: Buffer): string;
}

/** @param known the private key and the secret of one, base64url; else a new one */
export function newBrowser(known?: { readonly privateKey: string; readonly auth: string }): Browser {
  const own = createECDH('prime256v1');
  if (known) own.setPrivateKey(known.privateKey, 'base64url');
  else own.generateKeys();
  const secret = known ? Buffer.from(known.auth, 'base64url') : randomBytes(16);
  return {
    p256dh: own.getPublicKey('base64url'),
    auth: secret.toString('base64url'),
    open(body) {
      const salt = body.subarray(0, 16);
      const recordSize = body.readUInt32BE(16);
      const keyLength = body.readUInt8(20);
      const theirs = body.subarray(21, 21 + keyLength);
      const record = body.subarray(21 + keyLength);
      if (keyLength !== 65 || record.length > recordSize) throw new Error('This is not one record of RFC 8188.');
      const info = Buffer.concat([Buffer.from('WebPush: info\0'), own.getPublicKey(), theirs]);
      const material = hkdf(secret, own.computeSecret(theirs), info, 32);
      const key = hkdf(salt, material, Buffer.from('Content-Encoding: aes128gcm\0'), 16);
      const nonce = hkdf(salt, material, Buffer.from('Content-Encoding: nonce\0'), 12);
      const decipher = createDecipheriv('aes-128-gcm', key, nonce);
      decipher.setAuthTag(record.subarray(-16));
      const padded = Buffer.concat([decipher.update(record.subarray(0, -16)), decipher.final()]);
      // Text, the delimiter of the last record, zeros.
      const end = padded.lastIndexOf(2);
      if (end < 0 || padded.subarray(end + 1).some((byte) => byte !== 0)) throw new Error('The padding is wrong.');
      return padded.subarray(0, end).toString('utf8');
    },
  };
}

/** HKDF with SHA-256, of one block (RFC 5869). */
function hkdf(salt: Buffer, material: Buffer, info: Buffer, length: number): Buffer {
  const key = createHmac('sha256', salt).update(material).digest();
  return createHmac('sha256', key)
    .update(Buffer.concat([info, Buffer.from([1])]))
    .digest()
    .subarray(0, length);
}
