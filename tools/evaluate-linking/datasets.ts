/** Public sets of people with known truth, read from a folder: FEBRL 1–4 and Splink's fake_1000. docs/identity.md says where they are from. */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { type CompoundKey, compoundIdentifiers } from '../../shared/identity/compound.ts';
import { type Identifier, keyIdentifier } from '../../shared/identity/identifiers.ts';
import type { PersonaId } from '../../shared/identity/persona.ts';
import { orderKey } from '../../shared/orders/order-key.ts';
import { instant } from '../../shared/time/instant.ts';
import type { Labelled } from './measure.ts';

type Row = Readonly<Record<string, string>>;

export interface Dataset {
  readonly name: string;
  readonly rows: readonly { readonly id: string; readonly person: string; readonly fields: Row }[];
  /** The field that stands in for a strong identifier. */
  readonly strongField: string;
}

/** None of these files has a comma or a quote within a field. */
function readCsv(file: string): Row[] {
  const [header = '', ...lines] = readFileSync(file, 'utf8').trim().split(/\r?\n/);
  const names = header.split(',').map((name) => name.trim());
  return lines.map((line) => {
    const values = line.split(',');
    return Object.fromEntries(names.map((name, index) => [name, (values[index] ?? '').trim()]));
  });
}

/** `rec-123-org` and `rec-123-dup-0` are one person. */
const febrl = (name: string, files: readonly string[]): Dataset => ({
  name,
  rows: files.flatMap(readCsv).map((fields) => ({
    id: fields.rec_id ?? '',
    person: fields.rec_id?.split('-')[1] ?? '',
    fields,
  })),
  strongField: 'soc_sec_id',
});

/** Those that are in the folder, and the names of the files that are not. */
export function readDatasets(folder: string): {
  readonly found: readonly Dataset[];
  readonly missing: readonly string[];
} {
  const found: Dataset[] = [];
  const missing: string[] = [];
  const take = (files: readonly string[], read: (paths: readonly string[]) => Dataset) => {
    const paths = files.map((file) =>
      [file, path.join('febrl', file), path.join('identity-labelled', file)]
        .map((one) => path.join(folder, one))
        .find(existsSync),
    );
    const there = paths.filter((one) => one !== undefined);
    if (there.length === files.length) found.push(read(there));
    else missing.push(...files);
  };
  for (const number of ['1', '2', '3']) take([`dataset${number}.csv`], (paths) => febrl(`FEBRL ${number}`, paths));
  take(['dataset4a.csv', 'dataset4b.csv'], (paths) => febrl('FEBRL 4', paths));
  take(['splink_fake_1000.csv'], ([file = '']) => ({
    name: 'splink_fake_1000',
    rows: readCsv(file).map((fields) => ({ id: fields.unique_id ?? '', person: fields.cluster ?? '', fields })),
    strongField: 'email',
  }));
  const febrls = found.filter(({ strongField }) => strongField === 'soc_sec_id');
  if (febrls.length > 1) found.push(pooled(febrls));
  return { found, missing };
}

/** Keys that are right among a few thousand people may not be among more: all sets as one, whose people are different ones. */
const pooled = (sets: readonly Dataset[]): Dataset => ({
  name: 'FEBRL 1 to 4 together',
  rows: sets.flatMap(({ name, rows }) =>
    rows.map(({ id, person, fields }) => ({ id: `${name}/${id}`, person: `${name}/${person}`, fields })),
  ),
  strongField: 'soc_sec_id',
});

/** Each row as a persona of its own, that identifies by the strong field and the compound keys. */
export function labelled({ rows, strongField }: Dataset, keys: readonly CompoundKey[], strong = true): Labelled[] {
  return rows.map(({ id, person, fields }, index) => {
    const value = fields[strongField] ?? '';
    const single: Identifier[] =
      strong && value !== '' ? [{ type: 'open_id', value, scope: 'data set', strength: 'strong', verified: true }] : [];
    const identifiers = [...single, ...compoundIdentifiers(fields, keys)];
    return {
      person,
      contribution: {
        // The cast: a name of this set, as personaOf would give one of an order.
        persona: `set/rows/${id}` as PersonaId,
        order: orderKey({ channel: 'set', connection: 'rows', orderId: id }),
        receivedAt: instant(index),
        identifiers: identifiers.map((identifier) => keyIdentifier(identifier, 'evaluation')),
      },
    };
  });
}
