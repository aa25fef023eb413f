/** What marks an event as nobody's: a machine's, or a test of the brand's own. It is kept, and changes no visitor. */

/**
 * Agents that say so themselves, and tools; those who hide are not found by their name. Among them are the crawlers of Chinese
 * search engines, which shops there meet most. A Cubot is a phone.
 */
const BOT =
  /(?<!cu)bot\b|crawl|spider|slurp|scrap|headless|lighthouse|pagespeed|phantomjs|selenium|puppeteer|playwright|preview|monitor|pingdom|uptime|facebookexternalhit|mediapartners|bingpreview|yahoo! slurp|sogou web|360spider|curl\/|wget\/|python-|go-http|java\/|libwww|http_request|httpclient/i;

/** No agent at all is no proof of a machine: mini programs and servers send none. */
export const isAgentOfABot = (userAgent: string | undefined): boolean => userAgent !== undefined && BOT.test(userAgent);

/** Says so (`context.test`), or is of a page on somebody's own machine. */
export function isOfATest(context: Readonly<Record<string, unknown>>): boolean {
  if (Object.hasOwn(context, 'test') && context.test === true) return true;
  const page = Object.hasOwn(context, 'page') ? context.page : undefined;
  const url = typeof page === 'object' && page !== null && 'url' in page ? page.url : undefined;
  if (typeof url !== 'string' || !URL.canParse(url)) return false;
  const { hostname } = new URL(url);
  return /^(localhost|127\.0\.0\.1|\[::1\]|0\.0\.0\.0)$|\.(test|local|localhost)$/.test(hostname);
}
