/** `channel/connection/orderId`: the name of an order everywhere. The id is the platform's own and may hold a slash. */
export interface OrderName {
  readonly channel: string;
  readonly connection: string;
  readonly orderId: string;
}

export type OrderKey = string & { readonly __brand: 'OrderKey' };

// The cast is the constructor of the brand.
export const orderKey = ({ channel, connection, orderId }: OrderName): OrderKey =>
  `${channel}/${connection}/${orderId}` as OrderKey;

/** Undefined if the text is not three parts with something in each. */
export function parseOrderKey(text: string): OrderName | undefined {
  const match = /^([a-z0-9_]+)\/([A-Za-z0-9_-]{1,64})\/(.+)$/s.exec(text);
  if (!match) return undefined;
  const [, channel = '', connection = '', orderId = ''] = match;
  return { channel, connection, orderId };
}
