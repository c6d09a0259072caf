// Prices as a shop shows them.
import { expect, it } from 'vitest';
import { priceOf, yuan } from './price';

it.each([
  [0, '0'],
  [5, '0.05'],
  [50, '0.5'],
  [5990, '59.9'],
  [5000, '50'],
  [12_345_678, '123456.78'],
  [2_147_483_647, '21474836.47'],
])('%i fen are %s yuan', (fen, text) => {
  expect(yuan(fen)).toBe(text);
});

it('one price, a range and a discount each say what is paid', () => {
  expect(priceOf({ priceType: 1, priceFen: 5990, price2Fen: 0 })).toEqual({
    now: '59.9',
    to: null,
    before: null,
  });
  expect(priceOf({ priceType: 2, priceFen: 5990, price2Fen: 9900 })).toEqual({
    now: '59.9',
    to: '99',
    before: null,
  });
  expect(priceOf({ priceType: 3, priceFen: 9900, price2Fen: 5990 })).toEqual({
    now: '59.9',
    to: null,
    before: '99',
  });
});

it('a range from an amount to itself is one price', () => {
  expect(priceOf({ priceType: 2, priceFen: 100, price2Fen: 100 }).to).toBeNull();
});
