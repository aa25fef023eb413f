/** Apart from clients.ts, for S3's is the largest client by far and ingest loads it only when it must. */
import { S3Client } from '@aws-sdk/client-s3';
import { common } from './clients.ts';

// Bucket in the path, not in the host name: works wherever the endpoint is, AWS included.
export const s3Client = (): S3Client => new S3Client({ ...common, forcePathStyle: true });
