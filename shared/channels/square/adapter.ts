/** Square, Point of Sale and online. How to connect a shop: README.md. */
import type { ChannelAdapter } from '../adapter.ts';
import { squareApi } from './api.ts';
import { squareDoor } from './door.ts';
import { squareIdentifiers } from './identifiers.ts';
import { normalizeSquare } from './normalize.ts';

export const square: ChannelAdapter = {
  door: squareDoor,
  revision: 1,
  normalize: normalizeSquare,
  identifiers: squareIdentifiers,
  api: squareApi,
};
