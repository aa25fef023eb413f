/** Bodies that are easily spoiled on the way through JSON, a queue or a file of lines. */
export const DELICATE_BODIES: readonly (readonly [name: string, bytes: Uint8Array])[] = [
  ['JSON with letters of many scripts', Buffer.from('{"name":"王小明 Ünïcödé 😀"}')],
  ['nothing', Buffer.alloc(0)],
  ['no UTF-8', Buffer.from([0xff, 0xfe, 0x80, 0x00, 0x0a, 0xc3])],
  ['a lone surrogate, as some encode it', Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22])],
  ['U+FFFE and U+FFFF, which SQS refuses', Buffer.from('{"a":"\uFFFE\uFFFF"}')],
  ['a byte order mark', Buffer.from('\uFEFF{"a":1}')],
  ['lines of all kinds', Buffer.from('a\nb\r\nc\rd\u2028e\u2029f\u0085g\n')],
  ['control characters', Buffer.from(Array.from({ length: 32 }, (_, code) => code))],
  ['300 KB', Buffer.from(`{"a":"${'é'.repeat(150_000)}"}`)],
];
