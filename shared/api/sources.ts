import * as z from 'zod';
import { AddedSource, KeyRotation, NewSource, RotatedKey, SourceEdit, SourceId, SourceView } from '../sources/views.ts';
import { PageQuery, pageOf } from './page.ts';
import { operation } from './route.ts';

const params = z.object({ id: SourceId });
const NOT_FOUND = { 404: 'There is no such source.' };
const ID = { id: '$response.body#/id' };
const example = { params: { id: 'web-shop' } };

const Source = SourceView.meta({ id: 'Source' });
const WISHES = { name: 'Web shop', kind: 'web' as const, zone: 'Asia/Shanghai', currency: 'CNY', region: 'CN' };

export const listSources = operation({
  tag: 'sources',
  summary: 'All sources of browse events, by id',
  query: PageQuery,
  answers: { 200: { description: 'A page of them.', schema: pageOf(Source) } },
});

export const addSource = operation({
  tag: 'sources',
  summary: 'Add a source of browse events',
  description: 'The answer holds its server key. It is shown this once.',
  body: NewSource.meta({ id: 'NewSource' }),
  answers: {
    201: {
      description: 'Its events are taken at once.',
      schema: AddedSource.meta({ id: 'AddedSource' }),
      links: { getSource: ID, removeSource: ID, rotateSourceKey: ID },
    },
  },
  problems: { 409: 'There is one of that id, or there are as many as may be.' },
  idempotencyKey: true,
  etag: true,
  audited: true,
  example: { body: { id: 'web-shop', ...WISHES } },
});

export const getSource = operation({
  tag: 'sources',
  summary: 'A source of browse events',
  params,
  answers: { 200: { description: 'Without its server key.', schema: Source } },
  problems: NOT_FOUND,
  etag: true,
  example,
});

export const putSource = operation({
  tag: 'sources',
  summary: 'Change a source, disable it, or enable it again',
  params,
  body: SourceEdit.meta({ id: 'SourceEdit' }),
  answers: { 200: { description: 'As it is now.', schema: Source } },
  problems: NOT_FOUND,
  etag: true,
  ifMatch: 'required',
  audited: true,
  example: { ...example, body: { ...WISHES, disabled: true } },
});

export const removeSource = operation({
  tag: 'sources',
  summary: 'Remove a source and its keys; what it brought stays',
  params,
  answers: { 204: { description: 'It is gone.' } },
  problems: { ...NOT_FOUND, 409: 'It was changed meanwhile.' },
  ifMatch: 'allowed',
  audited: true,
  example,
});

export const rotateSourceKey = operation({
  tag: 'sources',
  summary: 'Replace the write key or the server key',
  params,
  body: KeyRotation.meta({ id: 'KeyRotation' }),
  answers: {
    200: {
      description: 'The new key. A server key is shown this once.',
      schema: RotatedKey.meta({ id: 'RotatedKey' }),
    },
  },
  problems: { ...NOT_FOUND, 409: 'It was changed meanwhile.' },
  idempotencyKey: true,
  audited: true,
  example: { ...example, body: { key: 'server', overlapMs: 3_600_000 } },
});
