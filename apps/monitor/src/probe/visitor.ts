import { randomInt } from 'node:crypto'

// How a probe looks: as a person's browser does. Whoever could tell a probe from a visitor could serve probes alone.

const agents = [
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36',
  'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36',
  'Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0',
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:144.0) Gecko/20100101 Firefox/144.0',
]
const languages = ['en-US,en;q=0.9', 'en-GB,en;q=0.8', 'de,en-US;q=0.7,en;q=0.3', 'fr,en;q=0.5']

/** Headers of one visit. */
export function visitorHeaders(host: string): Record<string, string> {
  return {
    Host: host,
    'User-Agent': agents[randomInt(agents.length)] ?? '',
    Accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8',
    'Accept-Language': languages[randomInt(languages.length)] ?? '',
    'Accept-Encoding': 'gzip, deflate',
    Connection: 'keep-alive',
    'Upgrade-Insecure-Requests': '1',
  }
}
