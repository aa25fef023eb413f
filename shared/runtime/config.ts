/** A function's settings, from the environment that infra gives it. Wrong ones stop it at its start, loudly. */
import * as z from 'zod/mini';
import { Defect } from './errors.ts';

export function readConfig<Schema extends z.core.$ZodType>(
  schema: Schema,
  env: NodeJS.ProcessEnv = process.env,
): z.infer<Schema> {
  const parsed = z.safeParse(schema, env);
  if (parsed.success) return parsed.data;
  const wrong = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; ');
  throw new Defect('config_invalid', `Environment of the function is incomplete. ${wrong}.`);
}
