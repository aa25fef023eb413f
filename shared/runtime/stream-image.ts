/** An image in a record of a DynamoDB stream, as Lambda hands it over → the item, as a document client would have read it. */
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import type { AttributeValue as InEvent } from 'aws-lambda';

export const itemOf = (image: Readonly<Record<string, InEvent>>): Record<string, unknown> =>
  unmarshall(decodeAll(image));

const decodeAll = (values: Readonly<Record<string, InEvent>>): Record<string, AttributeValue> =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, decode(value)]));

/** An event is JSON, so bytes are base64 in it; all else has the form that the client's functions expect. */
function decode(value: InEvent): AttributeValue {
  if (value.B !== undefined) return { B: Buffer.from(value.B, 'base64') };
  if (value.L !== undefined) return { L: value.L.map(decode) };
  if (value.M !== undefined) return { M: decodeAll(value.M) };
  // The cast: see above. Sets of bytes are in no table of ours.
  return value as AttributeValue;
}
