/** As much of S3 as uploads in parts, links and their failures need; it minds no signature. */
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { S3Client } from '@aws-sdk/client-s3';

export interface StoredObject {
  readonly content: Buffer;
  readonly tagging: string | undefined;
  readonly contentType: string | undefined;
  readonly parts: number;
}

export interface SmallS3 {
  readonly client: S3Client;
  readonly objects: ReadonlyMap<string, StoredObject>;
  /** Begun in parts, and neither completed nor aborted. */
  unfinished(): number;
  /** From then on, no part is taken. */
  refuseParts(): void;
  stop(): void;
}

interface Begun extends Pick<StoredObject, 'tagging' | 'contentType'> {
  readonly parts: Map<number, Buffer>;
}

export async function startSmallS3(): Promise<SmallS3> {
  const objects = new Map<string, StoredObject>();
  const begun = new Map<string, Begun>();
  let refuses = false;
  const server = createServer(async (request, response) => {
    const url = new URL(request.url ?? '', 'http://s3');
    const key = decodeURIComponent(url.pathname).split('/').slice(2).join('/');
    const upload = url.searchParams.get('uploadId') ?? '';
    const header = (name: string) => request.headers[name]?.toString();
    const kind = { tagging: header('x-amz-tagging'), contentType: header('content-type') };
    const xml = (body: string) => response.writeHead(200, { 'content-type': 'application/xml' }).end(body);
    const content = await bodyOf(request);
    switch (`${request.method}${url.searchParams.has('uploads') ? ' begin' : upload === '' ? '' : ' of upload'}`) {
      case 'POST begin': {
        const id = `upload-${begun.size + 1}`;
        begun.set(id, { ...kind, parts: new Map() });
        return xml(`<InitiateMultipartUploadResult><UploadId>${id}</UploadId></InitiateMultipartUploadResult>`);
      }
      case 'PUT of upload': {
        const number = Number(url.searchParams.get('partNumber'));
        if (refuses) return response.writeHead(403).end('<Error><Code>AccessDenied</Code></Error>');
        begun.get(upload)?.parts.set(number, content);
        return response.writeHead(200, { etag: `"${number}"` }).end();
      }
      case 'POST of upload': {
        const { parts, ...rest } = begun.get(upload) ?? { parts: new Map<number, Buffer>(), ...kind };
        const inOrder = [...parts].sort(([a], [b]) => a - b).map(([, part]) => part);
        begun.delete(upload);
        objects.set(key, { content: Buffer.concat(inOrder), parts: parts.size, ...rest });
        return xml('<CompleteMultipartUploadResult><ETag>"all"</ETag></CompleteMultipartUploadResult>');
      }
      case 'DELETE of upload':
        begun.delete(upload);
        return response.writeHead(204).end();
      case 'PUT':
        objects.set(key, { content, parts: 1, ...kind });
        return response.writeHead(200, { etag: '"one"' }).end();
      default: {
        const object = objects.get(key);
        const disposition = url.searchParams.get('response-content-disposition');
        const headers = disposition === null ? {} : { 'content-disposition': disposition };
        return response.writeHead(object ? 200 : 404, headers).end(object?.content);
      }
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  // The cast: a server that listens on a port has an address with one.
  const { port } = server.address() as AddressInfo;
  const client = new S3Client({
    endpoint: `http://127.0.0.1:${port}`,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    forcePathStyle: true,
    maxAttempts: 1,
  });
  return {
    client,
    objects,
    unfinished: () => begun.size,
    refuseParts() {
      refuses = true;
    },
    stop() {
      client.destroy();
      server.closeAllConnections();
      server.close();
    },
  };
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks);
}
