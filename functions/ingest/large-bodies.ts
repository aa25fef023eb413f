/** A module of its own, so that it is loaded only when needed: see main.ts. */
import type { Lake } from '../../shared/lake/lake.ts';
import { s3Lake } from '../../shared/lake/store.ts';
import { s3Client } from '../../shared/runtime/s3.ts';

export const openLake = (bucket: string): Lake => s3Lake({ client: s3Client(), bucket });
