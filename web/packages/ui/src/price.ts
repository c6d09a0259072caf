// Prices as a shop shows them; the server speaks of fen.
import type { Price } from '@kaibo/api';

/** What a price tag says: the price, the end of a range, what it cost before. */
export interface PriceParts {
  now: string;
  to: string | null;
  before: string | null;
}

/** 5990 → `59.9`, 5000 → `50`: the shortest text of an amount in yuan. */
export function yuan(fen: number): string {
  const cents = fen % 100;
  const whole = (fen - cents) / 100;
  if (cents === 0) return String(whole);
  return `${whole}.${String(cents).padStart(2, '0').replace(/0$/, '')}`;
}

/** The parts of a price; a range of one amount is one price. */
export function priceOf({ priceType, priceFen, price2Fen }: Price): PriceParts {
  if (priceType === 3) return { now: yuan(price2Fen), to: null, before: yuan(priceFen) };
  const to = priceType === 2 && price2Fen !== priceFen ? yuan(price2Fen) : null;
  return { now: yuan(priceFen), to, before: null };
}
