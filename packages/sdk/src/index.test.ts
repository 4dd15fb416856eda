import { expect, test } from 'vitest'
import * as sdk from './index.ts'

test('exports are a promise', () => {
  expect(Object.keys(sdk).sort()).toMatchSnapshot()
})
