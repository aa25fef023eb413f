/** A file of the API's, fetched by its link: at its place only when all of it is there, and just as it was written. */
import { createHash } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';
import { CliError, networkCode } from './errors.ts';
import type { World } from './world.ts';

interface Source {
  readonly url: string;
  /** Hex. */
  readonly sha256: string;
}

/** What is in it may be personal. */
const OWNER_ONLY = 0o600;

/** How many bytes it has. */
export async function download(
  { url, sha256 }: Source,
  place: string,
  { fetch }: Pick<World, 'fetch'>,
): Promise<number> {
  // Not the link in any message: who has it may fetch the file.
  const response = await fetch(url).catch((error: unknown) => {
    throw new CliError('download_failed', 'The file could not be fetched from where the link leads.', { cause: error });
  });
  if (!response.ok || !response.body)
    throw new CliError('download_failed', `The link to the file was answered ${response.status}. Ask for a new one.`);
  const partial = `${place}.part`;
  try {
    const { bytes, digest } = await write(response.body, partial);
    if (digest !== sha256) {
      const seen = `its sha256 is ${digest}, not ${sha256}`;
      throw new CliError('download_damaged', `What came is not the file that was written: ${seen}. Try again.`);
    }
    await rename(partial, place);
    return bytes;
  } catch (error) {
    // What went wrong before is what is told.
    await rm(partial, { force: true }).catch(() => {});
    if (error instanceof CliError) throw error;
    if (networkCode(error) !== undefined)
      throw new CliError('download_failed', 'The connection broke before all of the file was there. Try again.', {
        cause: error,
      });
    throw new CliError('file_unwritable', `The file ${place} could not be written.`, { cause: error });
  }
}

async function write(body: ReadableStream<Uint8Array>, place: string) {
  const hash = createHash('sha256');
  let bytes = 0;
  const file = await open(place, 'w', OWNER_ONLY);
  try {
    for await (const chunk of body) {
      hash.update(chunk);
      bytes += chunk.byteLength;
      await file.writeFile(chunk);
    }
  } finally {
    await file.close();
  }
  return { bytes, digest: hash.digest('hex') };
}
