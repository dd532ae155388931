import { describe, expect, it } from 'vitest'
import { isInt4, parseInt4 } from '../../src/auth/int4.ts'

describe('a number that the database holds', () => {
  it.each([0, 1, -1, 2_147_483_647, -2_147_483_648])('is %d', (value) => expect(isInt4(value)).toBe(true))

  it.each([2_147_483_648, -2_147_483_649, 1.5, Number.NaN, Number.POSITIVE_INFINITY, '1', null, undefined, [1], 1n])(
    'is not %s',
    (value) => expect(isInt4(value)).toBe(false),
  )

  it.each([
    ['1', 1],
    ['2147483647', 2_147_483_647],
  ])('is read from the digits %s', (text, value) => expect(parseInt4(text)).toBe(value))

  it.each([
    '',
    '0',
    '-1',
    '+1',
    '01',
    '1.0',
    ' 1',
    '1\n',
    '1e3',
    '0x1',
    '١',
    '2147483648',
    '9999999999',
    '1'.repeat(400),
  ])('is not read from %j', (text) => expect(parseInt4(text)).toBeNull())
})
