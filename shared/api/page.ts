/** Lists come in pages: `limit` and `cursor` are asked for, `items` and `nextCursor` answered. */
import * as z from 'zod';

const PAGE_DEFAULT = 50;
export const PAGE_MOST = 200;

export const PageQuery = z.strictObject({
  limit: z.coerce.number<number>().int().min(1).max(PAGE_MOST).default(PAGE_DEFAULT),
  /** `nextCursor` of the page before; of this very list. */
  cursor: z
    .string()
    .regex(/^[A-Za-z0-9_-]+$/, 'the nextCursor of the page before')
    .max(6000)
    .optional(),
});

export const pageOf = <Item extends z.ZodType>(item: Item) =>
  z.object({
    items: z.array(item),
    /** Null at the end. */
    nextCursor: z.string().nullable(),
  });
