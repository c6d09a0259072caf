// The form of goods and the rules it must pass before it is sent; codes are those the server uses.
import type { Goods, GoodsForm, PriceType } from '@kaibo/api';
import { yuan } from '@kaibo/ui';
import type { DraftImage, FieldErrors } from './roomDraft';
import { textWidth } from './textWidth';

/** Widths of a name, in half-width units. */
export const GOODS_NAME: readonly [number, number] = [6, 28];
/** Most pixels across and down. */
export const GOODS_PIXELS = 300;
const MAX_URL_BYTES = 1024;
/** What `int` of SDKs holds, in fen. */
const MAX_FEN = 2 ** 31 - 1;

/** The form while it is filled in; amounts are the reader's text, in yuan. */
export interface GoodsDraft {
  name: string;
  cover: DraftImage | null;
  priceType: PriceType;
  price: string;
  price2: string;
  url: string;
  thirdPartyAppid: string;
  goodsKey: string[];
}

export function newGoods(): GoodsDraft {
  return {
    name: '',
    cover: null,
    priceType: 1,
    price: '',
    price2: '',
    url: '',
    thirdPartyAppid: '',
    goodsKey: [],
  };
}

/** The form of goods that exist; their picture is sent back as its own address. */
export function goodsDraft(goods: Goods): GoodsDraft {
  return {
    name: goods.name,
    cover: { value: goods.coverUrl, url: goods.coverUrl },
    priceType: goods.priceType,
    price: yuan(goods.priceFen),
    price2: goods.priceType === 1 ? '' : yuan(goods.price2Fen),
    url: goods.url,
    thirdPartyAppid: goods.thirdPartyAppid,
    goodsKey: goods.goodsKey,
  };
}

/** `59.9` → 5990; null where it is not an amount of yuan with at most two decimals. */
export function fenOfYuan(text: string): number | null {
  const parts = /^(\d{1,9})(?:\.(\d{0,2}))?$/.exec(text.trim());
  if (!parts) return null;
  const fen = Number(parts[1]) * 100 + Number((parts[2] ?? '').padEnd(2, '0'));
  return fen <= MAX_FEN ? fen : null;
}

/** Every rule the form breaks, by field. */
export function checkGoods(draft: GoodsDraft): FieldErrors {
  const found: Record<string, string | null> = {
    cover: draft.cover === null ? 'required' : null,
    name: checkName(draft.name.trim()),
    price: checkAmount(draft.price),
    price2: draft.priceType === 1 ? null : checkSecond(draft),
    url: checkUrl(draft.url.trim()),
  };
  return Object.fromEntries(
    Object.entries(found).filter((entry): entry is [string, string] => entry[1] !== null),
  );
}

function checkName(name: string): string | null {
  if (name === '') return 'required';
  const width = textWidth(name);
  if (width < GOODS_NAME[0]) return 'goods_name_too_short';
  return width > GOODS_NAME[1] ? 'goods_name_too_long' : null;
}

function checkAmount(text: string): string | null {
  if (text.trim() === '') return 'required';
  return fenOfYuan(text) === null ? 'price_invalid' : null;
}

function checkSecond({ priceType, price, price2 }: GoodsDraft): string | null {
  const broken = checkAmount(price2);
  if (broken) return broken;
  const [first, second] = [fenOfYuan(price), fenOfYuan(price2)];
  if (first === null || second === null) return null;
  if (priceType === 2) return second < first ? 'price_range_reversed' : null;
  return second >= first ? 'price_no_discount' : null;
}

function checkUrl(url: string): string | null {
  if (url === '') return 'required';
  if (/\s/.test(url)) return 'url_has_spaces';
  if (/^https?:/i.test(url)) return 'url_is_web';
  return new TextEncoder().encode(url).length > MAX_URL_BYTES ? 'text_too_long' : null;
}

/** What is sent; call only when `checkGoods` found nothing. */
export function goodsForm(draft: GoodsDraft): GoodsForm {
  return {
    name: draft.name.trim(),
    cover: draft.cover?.value ?? '',
    priceType: draft.priceType,
    priceFen: fenOfYuan(draft.price) ?? 0,
    price2Fen: draft.priceType === 1 ? 0 : (fenOfYuan(draft.price2) ?? 0),
    url: draft.url.trim(),
    thirdPartyAppid: draft.thirdPartyAppid.trim(),
    goodsKey: draft.goodsKey,
  };
}

/** The fields of the form at which the server's refusals show. */
export const GOODS_FIELDS: readonly string[] = ['cover', 'name', 'price', 'price2', 'url', 'thirdPartyAppid'];

/** Where a refusal of the server shows: what is wrong between two prices, at the second. */
export function atGoodsField(field: string, code: string): string {
  if (code === 'price_range_reversed' || code === 'price_no_discount' || field === 'price2Fen')
    return 'price2';
  return field;
}

/** Width and height of a picture made to fit into `most` × `most`; small pictures stay. */
export function fitInside(
  width: number,
  height: number,
  most: number = GOODS_PIXELS,
): { width: number; height: number } {
  const scale = Math.min(1, most / Math.max(width, height));
  const side = (pixels: number) => Math.max(1, Math.round(pixels * scale));
  return { width: side(width), height: side(height) };
}

/** Lines or words of a list field: trimmed, each once, none empty. */
export function listOf(text: string): string[] {
  const parts = text.split(/[\n,，;；]/).map((part) => part.trim());
  return [...new Set(parts.filter((part) => part !== ''))];
}
