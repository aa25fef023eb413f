/**
 * Many values that are alike, field by field instead of one by one: deflated, they take two thirds of the room, for then a
 * field's values stand side by side. Lossless for what JSON can say, down to the order of an object's fields.
 */

/** Of so many values: as they are; objects by their fields; arrays by their lengths and all that is in them. */
export type Column =
  | readonly unknown[]
  | {
      /** Each with the values of the objects that have it. Pairs, as names come from strangers. */
      readonly fields: readonly (readonly [name: string, column: Column])[];
      /** Where they differ: which fields, in which order, and which of these lists is whose. */
      readonly shapes?: readonly (readonly number[])[];
      readonly shapeOf?: readonly number[];
    }
  | { readonly lengths: readonly number[]; readonly items: Column };

export function toColumn(values: readonly unknown[]): Column {
  if (values.length === 0) return values;
  if (values.every(Array.isArray))
    return { lengths: values.map(({ length }) => length), items: toColumn(values.flat()) };
  return values.every(isObject) ? byFields(values) : values;
}

function byFields(objects: readonly Readonly<Record<string, unknown>>[]): Column {
  const fields = new Map<string, unknown[]>();
  const numbers = new Map<string, number>();
  const shapes = new Map<string, number>();
  const shapeOf = objects.map((object) => {
    const present = Object.entries(object).filter(([, value]) => value !== undefined);
    for (const [name, value] of present) {
      const known = fields.get(name) ?? [];
      if (known.length === 0) numbers.set(name, fields.size);
      fields.set(name, known);
      known.push(value);
    }
    const shape = JSON.stringify(present.map(([name]) => numbers.get(name)));
    const index = shapes.get(shape) ?? shapes.size;
    shapes.set(shape, index);
    return index;
  });
  return {
    fields: [...fields].map(([name, values]) => [name, toColumn(values)] as const),
    ...(shapes.size > 1 && { shapes: [...shapes.keys()].map((shape) => JSON.parse(shape)), shapeOf }),
  };
}

/** As many as there were. */
export function fromColumn(column: Column, count: number): unknown[] {
  if ('lengths' in column) {
    const total = column.lengths.reduce((sum, length) => sum + length, 0);
    const items = fromColumn(column.items, total)[Symbol.iterator]();
    return column.lengths.map((length) => Array.from({ length }, () => items.next().value));
  }
  if (!('fields' in column)) return [...column];
  const { fields, shapes = [[...fields.keys()]], shapeOf } = column;
  const shapesOf = Array.from({ length: count }, (_, index) => shapes[shapeOf?.[index] ?? 0] ?? []);
  const ofFields = fields.map(([name, ofField], number) => {
    const having = shapesOf.filter((shape) => shape.includes(number)).length;
    return { name, values: fromColumn(ofField, having)[Symbol.iterator]() };
  });
  const nextOf = (number: number) => {
    const field = ofFields[number];
    return field ? [[field.name, field.values.next().value] as const] : [];
  };
  return shapesOf.map((shape) => Object.fromEntries(shape.flatMap(nextOf)));
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
