/** Where messages may not go, however it is written and whatever DNS says. */
import { promisify } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addressKind } from '../../shared/subscribers/address.ts';
import { NO_HOSTS, readHost, readHosts } from '../../shared/subscribers/hosts.ts';
import { guardedLookup, readTarget } from '../../shared/subscribers/target.ts';

const codeOf = (url: string, hosts = NO_HOSTS) => {
  const target = readTarget(url, hosts);
  return target.kind === 'refused' ? target.code : 'allowed';
};

describe('a URL', () => {
  it.each([
    'https://receiver.example.com/hooks',
    'https://receiver.example.com:8443/hooks?shop=1#part',
    'https://93.184.216.34/',
    'https://[2606:2800:220:1:248:1893:25c8:1946]/',
    'https://订阅.example/',
    'https://8.8.8.8.nip.io/',
  ])('%s is allowed', (url) => {
    expect(codeOf(url)).toBe('allowed');
  });

  const ADDRESSES = [
    // Loopback in every notation that a browser, and so URL, takes.
    'https://127.0.0.1/',
    'https://127.0.0.1:443/',
    'https://127.1/',
    'https://127.0.1/',
    'https://2130706433/',
    'https://0x7f000001/',
    'https://0x7f.0x0.0x0.0x1/',
    'https://0x7F.1/',
    'https://017700000001/',
    'https://0177.0.0.01/',
    'https://00000177.1/',
    'https://127.000.000.1/',
    'https://%31%32%37.0.0.1/',
    'https://１２７.0.0.1/',
    'https://127。0。0。1/',
    'https://①②⑦.⓪.⓪.①/',
    'https://127.0.0.1./',
    'https://127.255.255.254/',
    'https://LOCALHOST/',
    'https://localhost./',
    'https://a.localhost/',
    'https://ｌｏｃａｌｈｏｓｔ/',
    'https:\\\\127.0.0.1\\',
    'https:/127.0.0.1/',
    'https:127.0.0.1',
    'https:///127.0.0.1/',
    'https://\t127.0.0.1/',
    'https://12\n7.0.0.1/',
    // "This" network, private ones, those shared by a carrier's customers.
    'https://0.0.0.0/',
    'https://0/',
    'https://0.1.2.3/',
    'https://10.0.0.1/',
    'https://10.255.255.255/',
    'https://012.1/',
    'https://172.16.0.1/',
    'https://172.31.255.255/',
    'https://192.168.1.1/',
    'https://0xc0a80101/',
    'https://100.64.0.1/',
    'https://100.127.255.255/',
    // What clouds tell a machine of itself.
    'https://169.254.169.254/latest/meta-data/',
    'https://169.254.170.2/v2/credentials',
    'https://2852039166/',
    'https://0xA9FEA9FE/',
    'https://0251.0376.0251.0376/',
    'https://169.254.43518/',
    'https://[fd00:ec2::254]/',
    'https://100.100.100.200/',
    'https://168.63.129.16/',
    'https://192.0.0.192/',
    // Documentation, benchmarks, relays, multicast, reserved, broadcast.
    'https://192.0.2.1/',
    'https://198.51.100.1/',
    'https://203.0.113.1/',
    'https://198.18.0.1/',
    'https://198.19.255.255/',
    'https://192.88.99.1/',
    'https://192.31.196.1/',
    'https://192.52.193.1/',
    'https://192.175.48.1/',
    'https://224.0.0.1/',
    'https://239.255.255.255/',
    'https://240.0.0.1/',
    'https://255.255.255.255/',
    'https://4294967295/',
    // IPv6: of its own kind, and with an IPv4 address inside.
    'https://[::]/',
    'https://[::1]/',
    'https://[0:0:0:0:0:0:0:1]/',
    'https://[0000::0001]:8443/',
    'https://[::ffff:127.0.0.1]/',
    'https://[::ffff:7f00:1]/',
    'https://[::ffff:8.8.8.8]/',
    'https://[::ffff:0:127.0.0.1]/',
    'https://[::127.0.0.1]/',
    'https://[::a9fe:a9fe]/',
    'https://[64:ff9b::127.0.0.1]/',
    'https://[64:ff9b::a9fe:a9fe]/',
    'https://[64:ff9b:1::10.0.0.1]/',
    'https://[2002:7f00:1::]/',
    'https://[2002:a9fe:a9fe::]/',
    'https://[2001::1]/',
    'https://[2001:0:4136:e378:8000:63bf:80ff:fffe]/',
    'https://[2001:db8::1]/',
    'https://[2001:2::1]/',
    'https://[2001:10::1]/',
    'https://[2001:20::1]/',
    'https://[3fff::1]/',
    'https://[fc00::1]/',
    'https://[fd12:3456:789a::1]/',
    'https://[fe80::1]/',
    'https://[fec0::1]/',
    'https://[ff02::1]/',
    'https://[100::1]/',
    'https://[5f00::1]/',
    'https://[4000::1]/',
    'https://[::2]/',
  ];
  it.each(ADDRESSES)('%j leads to no public address', (url) => {
    expect(codeOf(url)).toBe('address_not_allowed');
  });

  it.each([
    ['http://receiver.example.com/', 'https_required'],
    ['http://93.184.216.34/', 'https_required'],
    ['http://127.0.0.1/', 'https_required'],
    ['ftp://receiver.example.com/', 'scheme_not_allowed'],
    ['file:///etc/passwd', 'scheme_not_allowed'],
    ['gopher://127.0.0.1:6379/_FLUSHALL', 'scheme_not_allowed'],
    ['data:text/plain,hello', 'scheme_not_allowed'],
    ['javascript:alert(1)', 'scheme_not_allowed'],
    ['wss://receiver.example.com/', 'scheme_not_allowed'],
    ['https://user:secret@receiver.example.com/', 'credentials_in_url'],
    ['https://receiver.example.com@127.0.0.1/', 'credentials_in_url'],
    ['https://:secret@receiver.example.com/', 'credentials_in_url'],
    ['https://receiver.example.com:0/', 'port_not_allowed'],
    ['https://receiver.example.com:65536/', 'url_invalid'],
    ['https://', 'url_invalid'],
    ['https://[::1', 'url_invalid'],
    ['https://[fe80::1%25eth0]/', 'url_invalid'],
    ['https://256.1.1.1/', 'url_invalid'],
    ['https://1.2.3.4.5/', 'url_invalid'],
    ['https://0xffffffffff/', 'url_invalid'],
    ['https://exa mple.com/', 'url_invalid'],
    ['//receiver.example.com/', 'url_invalid'],
    ['receiver.example.com', 'url_invalid'],
    ['', 'url_invalid'],
  ])('%j is refused: %s', (url, code) => {
    expect(codeOf(url)).toBe(code);
  });

  it('is refused in words that say what to do, without the URL, which may hold a secret', () => {
    const target = readTarget('https://user:s3cret@receiver.example.com/', NO_HOSTS);
    expect(target).toMatchObject({ kind: 'refused', message: expect.stringContaining('no user name') });
    expect(JSON.stringify(target)).not.toContain('s3cret');
  });
});

describe('an allowed host', () => {
  it.each([
    ['localhost', 'http://localhost:8080/', 'allowed'],
    ['localhost', 'https://localhost/', 'allowed'],
    ['LOCALHOST:8080', 'http://localhost:8080/', 'allowed'],
    ['localhost:8080', 'http://localhost:8081/', 'https_required'],
    ['localhost:8080', 'https://localhost/', 'address_not_allowed'],
    ['localhost:80', 'http://localhost/', 'allowed'],
    ['localhost:443', 'https://localhost/', 'allowed'],
    ['localhost', 'http://a.localhost/', 'https_required'],
    ['example.com', 'http://a.example.com/', 'https_required'],
    ['example.com', 'http://example.com.evil.example/', 'https_required'],
    ['127.0.0.1', 'http://127.1:9000/', 'allowed'],
    ['127.1', 'http://2130706433/', 'allowed'],
    ['127.0.0.1', 'http://127.0.0.2/', 'https_required'],
    ['[::1]:9000', 'http://[0::1]:9000/', 'allowed'],
    ['10.1.2.3', 'https://10.1.2.3/', 'allowed'],
    // Not even by name: what a machine tells of itself, and what is no host.
    ['169.254.169.254', 'https://169.254.169.254/', 'address_not_allowed'],
    ['[fd00:ec2::254]', 'https://[fd00:ec2::254]/', 'address_not_allowed'],
    ['0.0.0.0', 'http://0.0.0.0/', 'address_not_allowed'],
    ['[::ffff:127.0.0.1]', 'http://[::ffff:127.0.0.1]/', 'address_not_allowed'],
    ['224.0.0.1', 'http://224.0.0.1/', 'address_not_allowed'],
    ['localhost', 'http://user@localhost/', 'credentials_in_url'],
    ['localhost', 'ftp://localhost/', 'scheme_not_allowed'],
  ])('%s: %s is %s', (setting, url, code) => {
    expect(codeOf(url, readHosts(setting))).toBe(code);
  });

  it('is one of several, parted by commas; none by default', () => {
    const hosts = readHosts('localhost:8080, receiver.test ,');
    expect(codeOf('http://receiver.test/', hosts)).toBe('allowed');
    expect(codeOf('http://localhost:8080/', hosts)).toBe('allowed');
    expect(codeOf('http://localhost:8080/', readHosts(''))).toBe('https_required');
  });

  it.each([
    '*',
    '*.example.com/',
    'https://localhost',
    'localhost/',
    'a b',
    'user@host',
    'localhost:0',
    'localhost:99999',
    ':80',
  ])('can not be written %j', (entry) => {
    if (entry === '*') expect(codeOf('http://localhost/', readHosts(entry))).toBe('https_required');
    else expect(readHost(entry)).toBeUndefined();
  });
});

describe('an address', () => {
  it('is public only if it is none of those kept for something', () => {
    expect(['1.1.1.1', '93.184.216.34', '2606:4700:4700::1111', '2a00:1450:4001:81c::200e'].map(addressKind)).toEqual(
      Array(4).fill('public'),
    );
    expect(['127.0.0.1', '10.0.0.1', '100.64.0.1', '::1', 'fd12::1'].map(addressKind)).toEqual(
      Array(5).fill('private'),
    );
    expect(['', 'localhost', '1.2.3', '0x7f.1', 'fe80::1%eth0', '::ffff:10.0.0.1'].map(addressKind)).toEqual(
      Array(6).fill('forbidden'),
    );
  });

  it('in an IPv6 one is never public, whichever way it is put there', () => {
    const hex = (bytes: readonly number[]) =>
      `${((bytes[0] ?? 0) * 256 + (bytes[1] ?? 0)).toString(16)}:${((bytes[2] ?? 0) * 256 + (bytes[3] ?? 0)).toString(16)}`;
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 255 }), { minLength: 4, maxLength: 4 }), (bytes) => {
        const inner = hex(bytes);
        for (const outer of [
          `::ffff:${inner}`,
          `::${inner}`,
          `64:ff9b::${inner}`,
          `2002:${inner}::1`,
          `2001:0:${inner}::1`,
        ])
          expect(addressKind(outer)).not.toBe('public');
      }),
    );
  });
});

describe('a name', () => {
  const answersWith = (addresses: readonly string[]) => async () =>
    addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
  const lookup = (addresses: readonly string[], isAllowed = false) =>
    promisify(guardedLookup(answersWith(addresses), isAllowed))('receiver.example.com', { all: true });

  it('leads where it leads, if all its addresses are public', async () => {
    expect(await lookup(['93.184.216.34', '2606:4700:4700::1111'])).toEqual([
      { address: '93.184.216.34', family: 4 },
      { address: '2606:4700:4700::1111', family: 6 },
    ]);
  });

  it.each([
    [['127.0.0.1']],
    [['169.254.169.254']],
    [['10.0.0.1']],
    [['::1']],
    [['::ffff:169.254.169.254']],
    [['64:ff9b::a9fe:a9fe']],
    [['93.184.216.34', '10.0.0.1']],
    [['10.0.0.1', '93.184.216.34']],
    [['2606:4700:4700::1111', 'fe80::1%eth0']],
    [['not an address']],
  ])('is refused with %j', async (addresses) => {
    await expect(lookup(addresses)).rejects.toMatchObject({ code: 'address_not_allowed' });
  });

  it('that is allowed may lead to a private address, never to what a machine tells of itself', async () => {
    expect(await lookup(['127.0.0.1'], true)).toEqual([{ address: '127.0.0.1', family: 4 }]);
    await expect(lookup(['169.254.169.254'], true)).rejects.toMatchObject({ code: 'address_not_allowed' });
    await expect(lookup(['127.0.0.1', '0.0.0.0'], true)).rejects.toMatchObject({ code: 'address_not_allowed' });
  });

  it('without an address is not there', async () => {
    await expect(lookup([])).rejects.toMatchObject({ code: 'ENOTFOUND' });
  });
});
