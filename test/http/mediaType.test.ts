import { describe, expect, it } from 'vitest'
import { answerType, isJson, wholeType } from '../../src/http/mediaType.ts'

const json = 'application/json'
const graphql = 'application/graphql-response+json'

describe('the type of an answer', () => {
  it.each([
    ['nothing', null, json],
    ['an empty list', '', json],
    ['anything', '*/*', json],
    ['any application', 'application/*', json],
    ['JSON', json, json],
    ['JSON for GraphQL', graphql, graphql],
    ['both, the first', `${graphql}, ${json}`, graphql],
    ['both, the first', `${json}, ${graphql}`, json],
    ['both, the heavier', `${json};q=0.9, ${graphql}`, graphql],
    ['both, the heavier', `${graphql};q=0.9, ${json};q=1`, json],
    ['both, the heavier', `${graphql};q=0.001, ${json};q=0.01`, json],
    ['what is not excluded', `${json};q=0, */*`, graphql],
    ['what is not excluded', `${graphql};q=0, application/*`, json],
    ['what is not excluded', `*/*;q=0, ${json}`, json],
    ['what a browser does', 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8', json],
    ['JSON in capitals', 'APPLICATION/JSON; Charset="UTF-8"; Q=0.5', json],
    ['a version of JSON', `${json};version=1;q=0.5, ${graphql}; v="a";q=0.4`, json],
    ['an encoding that we have', `${json};charset=latin1, ${graphql};charset=utf-8`, graphql],
    ['JSON beside a stream, whatever it weighs', `text/event-stream, ${json};q=0.1`, json],
    ['events', 'text/event-stream', 'text/event-stream'],
    ['parts', 'multipart/mixed;deferSpec=20220824', 'multipart/mixed'],
    ['streams, the heavier', 'text/event-stream;q=0.5, multipart/mixed', 'multipart/mixed'],
    ['a stream, where the rest is excluded', 'text/event-stream, */*;q=0', 'text/event-stream'],
    ['nothing that we have', 'text/html', undefined],
    ['nothing that we have', 'image/*, application/xml', undefined],
    ['nothing at all', '*/*;q=0', undefined],
    ['nothing at all', `${json};q=0`, undefined],
    ['nothing at all', `${json};q=0.000, ${graphql}; q=0`, undefined],
    ['nothing at all', 'text/event-stream;q=0', undefined],
    ['another encoding', `${json};charset=latin1`, undefined],
    ['a weight that is none', `${json};q=much`, undefined],
    ['no types', ',;,;q', undefined],
  ])('for a request that accepts %s: %s', (_title, accept, type) => {
    expect(answerType(accept)).toBe(type)
  })

  it('is a whole one for a refusal, or none', () => {
    expect(wholeType('text/event-stream')).toBeUndefined()
    expect(wholeType(`text/event-stream, ${graphql};q=0.1`)).toBe(graphql)
  })
})

describe('the type of a body', () => {
  it.each([
    [json, true],
    ['Application/JSON ; charset=utf-8', true],
    ['application/graphql+json', true],
    ['application/jsonp', false],
    ['text/plain, application/json', false],
    ['text/plain; application/json', false],
    ['', false],
    [null, false],
  ])('%s is JSON: %s', (contentType, expected) => {
    expect(isJson(contentType)).toBe(expected)
  })
})
