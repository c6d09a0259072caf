// Thresholds and facts are typed in people's units and sent in the server's.
import { expect, it } from 'vitest';
import type { Thresholds } from '@kaibo/api';
import {
  ageInDays,
  checkFact,
  checkThresholds,
  factsOf,
  lackBy,
  thresholdsDraft,
  thresholdsOf,
} from './admission';

const WECHAT: Thresholds = {
  subject: true,
  violationFreeDays: 183,
  paymentDays: 90,
  followersOver: 100,
  activeUsersOver: 100,
  adSpendFen: 1_000_000,
};
const TODAY = '2026-11-25';

it('thresholds are shown in yuan and kept in fen', () => {
  const draft = thresholdsDraft(WECHAT);
  expect(draft.adSpendFen).toBe('10000');
  expect(checkThresholds(draft)).toEqual({});
  expect(thresholdsOf(draft)).toEqual(WECHAT);
  expect(thresholdsOf({ ...draft, adSpendFen: ' 19.99 ', paymentDays: ' ' })).toEqual({
    ...WECHAT,
    adSpendFen: 1_999,
    paymentDays: null,
  });
});

it('what is no number is named at its field', () => {
  const draft = thresholdsDraft(WECHAT);
  expect(checkThresholds({ ...draft, followersOver: '1.5', adSpendFen: '1.005', paymentDays: '-1' })).toEqual(
    {
      followersOver: 'limit_not_whole',
      adSpendFen: 'price_invalid',
      paymentDays: 'limit_not_whole',
    },
  );
  expect(checkThresholds({ ...draft, followersOver: '1000000000001' })).toEqual({
    followersOver: 'limit_out_of_bounds',
  });
});

it('a fact has a day that has begun, and a value', () => {
  expect(checkFact({ kind: 'payment', date: '', value: '' }, TODAY)).toEqual({
    date: 'required',
    value: 'required',
  });
  expect(checkFact({ kind: 'payment', date: '2026-11-26', value: '3' }, TODAY)).toEqual({
    date: 'date_in_future',
  });
  expect(checkFact({ kind: 'adSpend', date: TODAY, value: '12.50' }, TODAY)).toEqual({});
  expect(factsOf({ kind: 'adSpend', date: TODAY, value: '12.50' })).toEqual([
    { kind: 'adSpend', date: TODAY, value: 1_250 },
  ]);
  expect(factsOf({ kind: 'followers', date: TODAY, value: ' 101 ' })[0]?.value).toBe(101);
});

it('users of several days are told at once, from the day backwards', () => {
  const draft = { kind: 'activeUsers', date: '2026-11-02', value: '120\n 118，121 ' } as const;
  expect(checkFact(draft, TODAY)).toEqual({});
  expect(factsOf(draft)).toEqual([
    { kind: 'activeUsers', date: '2026-11-02', value: 120 },
    { kind: 'activeUsers', date: '2026-11-01', value: 118 },
    { kind: 'activeUsers', date: '2026-10-31', value: 121 },
  ]);
  expect(checkFact({ ...draft, value: '120 many' }, TODAY)).toEqual({ value: 'limit_not_whole' });
  expect(checkFact({ ...draft, value: '1 '.repeat(38) }, TODAY)).toEqual({ value: 'too_many_days' });
});

it('ages are whole days, lacks in people’s units', () => {
  expect(ageInDays('2026-11-25', TODAY)).toBe(0);
  expect(ageInDays('2026-10-25', TODAY)).toBe(31);
  expect(lackBy({ kind: 'tooFew', by: 250_000 }, 'adSpend')).toBe('2500');
  expect(lackBy({ kind: 'tooFew', by: 7 }, 'followers')).toBe('7');
  expect(lackBy({ kind: 'unknown' }, 'followers')).toBe('');
});
