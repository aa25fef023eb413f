/** Which addresses messages may go to: what a name leads to is chosen by whoever owns the name. */
import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

/** `private`: only for hosts that are allowed by name; `forbidden`: for nobody. */
export type AddressKind = 'public' | 'private' | 'forbidden';

/** Networks of our own, which a test or a demo may have its receiver in. */
const PRIVATE: ReadonlySet<string> = new Set(['private', 'loopback', 'carrierGradeNat', 'uniqueLocal']);

/** What clouds tell a machine of itself, its credentials too; the rest of them is link-local: AWS on IPv6, Alibaba, Azure. */
const METADATA: ReadonlySet<string> = new Set(['fd00:ec2::254', '100.100.100.200', '168.63.129.16']);

/** All that is handed out to the world; ipaddr.js calls `unicast` whatever has no other name, `::127.0.0.1` too. */
const GLOBAL_UNICAST = ipaddr.IPv6.parse('2000::');
const GLOBAL_UNICAST_BITS = 3;

/**
 * Of an IPv4 or IPv6 address as DNS gives it. An IPv4 address in an IPv6 one (mapped, 6to4, Teredo, NAT64) is forbidden,
 * whatever it is: nobody needs that, and a gateway would lead to the inner one.
 */
export function addressKind(address: string): AddressKind {
  if (isIP(address) === 0) return 'forbidden';
  const parsed = ipaddr.parse(address);
  if (METADATA.has(parsed.toString())) return 'forbidden';
  const range = parsed.range();
  if (PRIVATE.has(range)) return 'private';
  if (range !== 'unicast') return 'forbidden';
  if (parsed.kind() === 'ipv4') return 'public';
  return parsed.match(GLOBAL_UNICAST, GLOBAL_UNICAST_BITS) ? 'public' : 'forbidden';
}
