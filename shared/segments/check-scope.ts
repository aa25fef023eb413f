/** What a number or a date may be restricted to: `of` a part of the buying, `withinDays` of now. */

import { checkList, checkName, checkWhole, says } from './check-values.ts';
import {
  DATE_FIELD_NAMES,
  DATE_FIELDS,
  LONGEST_WINDOW_DAYS,
  NUMBER_FIELD_NAMES,
  NUMBER_FIELDS,
  PARTS,
} from './condition.ts';
import { CHANNEL_CATEGORIES, isDateField, isNumberField, isPartKind } from './fields.ts';
import { type Fields, fieldOf, isFields, listed, pointer, type Refuse, refuseOthers } from './problem.ts';

const takesPart = (field: string): boolean =>
  (isNumberField(field) && NUMBER_FIELDS[field].of) || (isDateField(field) && DATE_FIELDS[field].of);
const takesWindow = (field: string): boolean => isNumberField(field) && NUMBER_FIELDS[field].withinDays;
const FIELDS_WITH: Readonly<Record<string, readonly string[]>> = {
  of: [...NUMBER_FIELD_NAMES, ...DATE_FIELD_NAMES].filter(takesPart),
  withinDays: NUMBER_FIELD_NAMES.filter(takesWindow),
};

/** Which of the two a field takes. */
export const scopeOf = (field: string): readonly string[] => [
  ...(takesPart(field) ? ['of'] : []),
  ...(takesWindow(field) ? ['withinDays'] : []),
];

/** Whether it is one of the two, and not for this field: then that was said. */
export function refuseScope(name: string, field: string, at: string, refuse: Refuse): boolean {
  const fields = Object.hasOwn(FIELDS_WITH, name) ? FIELDS_WITH[name] : undefined;
  if (!fields || scopeOf(field).includes(name)) return false;
  const words = says(
    `${name} can not be said of ${field}, only of ${listed(fields)}.`,
    `${field} 不能使用 ${name}，仅限 ${listed(fields)}。`,
  );
  refuse(pointer(at, name), words, fields);
  return true;
}

export function checkScope(
  node: Fields,
  field: string,
  at: string,
  { refuse, channels }: { readonly refuse: Refuse; readonly channels: readonly string[] },
): void {
  const [of, withinDays] = [fieldOf(node, 'of'), fieldOf(node, 'withinDays')];
  if (of !== undefined && takesPart(field)) checkPart(of, `${at}/of`, refuse, channels);
  if (withinDays !== undefined && takesWindow(field)) {
    const range = { least: 1, most: LONGEST_WINDOW_DAYS, ...says('days', '天') };
    checkWhole(withinDays, range, `${at}/withinDays`, refuse);
  }
}

function checkPart(part: unknown, at: string, refuse: Refuse, channels: readonly string[]): void {
  const names = isFields(part) ? Object.keys(part) : [];
  if (!isFields(part) || names.length === 0) {
    const words = says(
      `A part of the buying, as { "channel": "…" }: one of ${listed(PARTS)}.`,
      `应为购买的一部分，如 { "channel": "…" }：可用 ${listed(PARTS)}。`,
    );
    refuse(at, words, PARTS);
    return;
  }
  refuseOthers(part, PARTS, at, says('part of the buying', '购买部分'), refuse);
  if (names.length > 1) {
    refuse(
      at,
      says('One part only; for both, two conditions in all.', '只能写一个部分；如需同时满足，请在 all 中写两个条件。'),
    );
  }
  for (const kind of names.filter(isPartKind)) {
    const known = kind === 'channel' ? channels : kind === 'channelCategory' ? CHANNEL_CATEGORIES : undefined;
    const value = fieldOf(part, kind);
    const check = (one: unknown, place: string) => checkName(one, place, refuse, known);
    if (Array.isArray(value)) checkList(value, `${at}/${kind}`, refuse, check);
    else check(value, `${at}/${kind}`);
  }
}
