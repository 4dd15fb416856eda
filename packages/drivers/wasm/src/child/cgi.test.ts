import fc from 'fast-check'
import { expect, test } from 'vitest'
import { cgiEnvironment, parseCgiResponse } from './cgi.ts'

function parse(text: string) {
  const parsed = parseCgiResponse(Buffer.from(text, 'latin1'))
  return typeof parsed === 'string' ? parsed : { ...parsed, body: Buffer.from(parsed.body).toString('latin1') }
}

test('parses an answer', () => {
  const headers = [['content-type', 'text/plain']]
  expect(parse('Content-Type: text/plain\n\nhello')).toEqual({ status: 200, headers, body: 'hello' })
  expect(parse('Content-Type: text/plain\r\n\r\nhello\n\nyou')).toEqual({ status: 200, headers, body: 'hello\n\nyou' })
  expect(parse('Status: 404 Not Found\nContent-Type: text/plain\n\n')).toEqual({ status: 404, headers, body: '' })
  expect(parse('Location: /there\n\n')).toEqual({ status: 302, headers: [['location', '/there']], body: '' })
  expect(parse('Set-Cookie: a=1\nSet-Cookie: b=2\n\n')).toMatchObject({
    headers: [
      ['set-cookie', 'a=1'],
      ['set-cookie', 'b=2'],
    ],
  })
})

test('drops what belongs to the connection', () => {
  expect(parse('Transfer-Encoding: chunked\nContent-Length: 9999\nConnection: upgrade\nX: y\n\nb')).toEqual({
    status: 200,
    headers: [['x', 'y']],
    body: 'b',
  })
})

test.each([
  ['', /no empty line/],
  ['Content-Type: text/plain\nhello', /no empty line/],
  ['hello\n\nyou', /has no name/],
  [': x\n\n', /has no name/],
  ['bad name: x\n\n', /not valid/],
  ['x: \x01\n\n', /not valid/],
  ['Status: ok\n\n', /status/],
  ['Status: 101\n\n', /status/],
  ['Status: 999\n\n', /status/],
  [`x: ${'y'.repeat(70_000)}\n\n`, /no empty line/],
])('refuses %j', (text, why) => {
  expect(parse(text)).toMatch(why)
})

test('never throws, whatever is written', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => void parseCgiResponse(bytes)))
  const piece = fc.constantFrom('Status', ':', ' ', '200', '\n', '\r\n', 'x', '\0', 'é', 'Location', '\n\n')
  fc.assert(fc.property(fc.array(piece), (pieces) => void parse(pieces.join(''))))
})

test('describes a request', () => {
  const request = {
    method: 'GET',
    url: '/a?b=c?d',
    headers: { host: 'h', accept: '*', a_b: '1', proxy: 'p' },
    bodyBytes: 0,
  }
  const variables = cgiEnvironment({ ...request, environment: { REQUEST_METHOD: 'mine', OWN: '1' } })
  expect(variables).toEqual(
    expect.arrayContaining([
      'REQUEST_METHOD=GET',
      'PATH_INFO=/a',
      'QUERY_STRING=b=c?d',
      'HTTP_ACCEPT=*',
      'OWN=1',
      'SERVER_NAME=h',
    ]),
  )
  expect(variables.some((line) => /^HTTP_(A_B|PROXY)=/.test(line))).toBe(false)
})
