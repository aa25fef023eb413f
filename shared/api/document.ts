import * as z from 'zod';
import { operation } from './route.ts';

/** What is known of it here; the rest follows from the table of routes. */
const Document = z.looseObject({
  openapi: z.string(),
  info: z.looseObject({ title: z.string(), version: z.string() }),
});
export type OpenApiDocument = z.infer<typeof Document>;

export const getOpenApi = operation({
  tag: 'api',
  summary: 'This document',
  answers: { 200: { description: 'OpenAPI 3.1.', schema: Document } },
});
