import * as z from 'zod';

export const Language = z.enum(['zh', 'en']);

/** A sentence in Chinese and English; in one of them where `lang` asks for it. */
export const Sentence = { zh: z.string().optional(), en: z.string().optional() };
