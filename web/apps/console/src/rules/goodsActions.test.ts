// What the console offers for goods in each state, by where they were made.
import { expect, it } from 'vitest';
import type { AuditStatus } from '@kaibo/api';
import { zh } from '../text/zh';
import { goodsActions, ruleWords } from './goodsActions';

it.each([
  [0, ['submit', 'edit', 'delete'], ['delete']],
  [1, ['approve', 'reject', 'withdraw'], ['approve', 'reject']],
  [2, ['price', 'delete'], ['delete']],
  [3, ['edit', 'submit', 'delete'], ['delete']],
] as const)('in audit state %i: %s; made by the API: %s', (state, console, api) => {
  const auditStatus: AuditStatus = state;
  expect(goodsActions({ auditStatus, origin: 'console' })).toEqual(console);
  expect(goodsActions({ auditStatus, origin: 'api' })).toEqual(api);
});

it('every rule of the review has words, and an unknown one is left to its reason', () => {
  for (const rule of [
    'word.forbidden',
    'word.absolute_claim',
    'word.medical_claim',
    'image.too_small',
    'manual',
  ])
    expect(Object.keys(zh.goods.rejected)).toContain(ruleWords(rule));
  expect(ruleWords('word.of_tomorrow')).toBeNull();
});
