/** Zod's schemas as JSON Schema, where zod says it in another way than a reader would want. */
import * as z from 'zod';

interface Context {
  readonly zodSchema: z.core.$ZodType;
  readonly jsonSchema: { format?: unknown; pattern?: unknown };
}

/** For `override` of toJSONSchema and of createDocument. */
export function readably({ zodSchema, jsonSchema }: Context): void {
  // Names of personas have a brand of their own; as JSON they are text like any other.
  const isOther = zodSchema._zod.def.type !== 'custom' || z.globalRegistry.get(zodSchema)?.override !== undefined;
  if (!isOther) Object.assign(jsonSchema, { type: 'string', minLength: 1 });
  // The calendar as a regular expression: 400 letters each time, which only say once more what the format does, but for the zone.
  if (jsonSchema.format === 'date-time') jsonSchema.pattern = 'Z$';
}
