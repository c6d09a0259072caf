// The form of goods: amounts, what is refused before it is sent, and what is sent.
import { expect, it } from 'vitest';
import type { Goods } from '@kaibo/api';
import {
  checkGoods,
  fenOfYuan,
  fitInside,
  goodsDraft,
  goodsForm,
  listOf,
  type GoodsDraft,
} from './goodsDraft';

const good: GoodsDraft = {
  name: '帆布双肩包',
  cover: { value: 'm1', url: '/x.png' },
  priceType: 1,
  price: '59.9',
  price2: '',
  url: 'pages/goods/detail?id=7',
  thirdPartyAppid: '',
  goodsKey: [],
};
const broken = (change: Partial<GoodsDraft>) => checkGoods({ ...good, ...change });

it.each([
  ['59.9', 5990],
  ['59.90', 5990],
  [' 50 ', 5000],
  ['0', 0],
  ['0.05', 5],
  ['7.', 700],
  ['21474836.47', 2_147_483_647],
  ['21474836.48', null],
  ['1.999', null],
  ['-1', null],
  ['1e3', null],
  ['１２', null],
  ['', null],
])('%s yuan are %s fen', (text, fen) => {
  expect(fenOfYuan(text)).toBe(fen);
});

it('good goods break no rule, empty ones every one', () => {
  expect(broken({})).toEqual({});
  expect(broken({ name: ' ', cover: null, price: '', url: '' })).toEqual({
    name: 'required',
    cover: 'required',
    price: 'required',
    url: 'required',
  });
});

it('a name has three to fourteen Chinese characters', () => {
  expect(broken({ name: '包包' })).toEqual({ name: 'goods_name_too_short' });
  expect(broken({ name: '一二三四五六七八九十一二三四' })).toEqual({});
  expect(broken({ name: '一二三四五六七八九十一二三四五' })).toEqual({ name: 'goods_name_too_long' });
});

it('a range ends above its beginning, and a discount is one', () => {
  expect(broken({ priceType: 2, price: '10', price2: '9.99' })).toEqual({ price2: 'price_range_reversed' });
  expect(broken({ priceType: 2, price: '10', price2: '10' })).toEqual({});
  expect(broken({ priceType: 3, price: '10', price2: '10' })).toEqual({ price2: 'price_no_discount' });
  expect(broken({ priceType: 3, price: '10', price2: '9.9' })).toEqual({});
  expect(broken({ priceType: 3, price2: '' })).toEqual({ price2: 'required' });
});

it('a page is one of a mini program', () => {
  expect(broken({ url: 'https://shop.example/1' })).toEqual({ url: 'url_is_web' });
  expect(broken({ url: 'pages/a b' })).toEqual({ url: 'url_has_spaces' });
  expect(broken({ url: '品'.repeat(400) })).toEqual({ url: 'text_too_long' });
});

it('what is shown of goods is what is sent back', () => {
  const goods = { ...good, coverUrl: '/media/a.png', priceType: 3, priceFen: 9900, price2Fen: 5990 };
  const form = goodsForm(goodsDraft(goods as unknown as Goods));
  expect(form).toEqual({
    name: good.name,
    cover: '/media/a.png',
    priceType: 3,
    priceFen: 9900,
    price2Fen: 5990,
    url: good.url,
    thirdPartyAppid: '',
    goodsKey: [],
  });
});

it('pictures are made to fit, and never made larger', () => {
  expect(fitInside(4000, 3000)).toEqual({ width: 300, height: 225 });
  expect(fitInside(100, 9000)).toEqual({ width: 3, height: 300 });
  expect(fitInside(120, 80)).toEqual({ width: 120, height: 80 });
  expect(fitInside(9000, 1)).toEqual({ width: 300, height: 1 });
});

it('lists are taken by line or comma', () => {
  expect(listOf('id, goods_id，sku\n\n id ')).toEqual(['id', 'goods_id', 'sku']);
});
