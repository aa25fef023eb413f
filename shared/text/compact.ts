type Defined<T> = { [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined> } & {
  [K in keyof T as undefined extends T[K] ? never : K]: T[K];
};

/** The object without its undefined fields: absent is absent, in JSON, in DynamoDB and in digests alike. */
export function compact<T extends object>(fields: T): Defined<T> {
  // The cast says what the filter does; TypeScript cannot follow it.
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Defined<T>;
}
