// The shapes of goods and shelves in /v1. Prices are in fen, times in Unix milliseconds.

/** 1: one price, 2: from `priceFen` to `price2Fen`, 3: `price2Fen` instead of `priceFen`. */
export type PriceType = 1 | 2 | 3;

export interface Price {
  priceType: PriceType;
  priceFen: number;
  /** 0 with one price. */
  price2Fen: number;
}

/** Where an audit stands, in WeChat's numbers. */
export const AuditStatus = { NotSubmitted: 0, Pending: 1, Approved: 2, Rejected: 3 } as const;
export type AuditStatus = (typeof AuditStatus)[keyof typeof AuditStatus];

/** Why goods were rejected; `rule` is an id such as `word.absolute_claim` or `manual`. */
export interface Rejection {
  rule: string;
  reason: string;
}

/** Goods as viewers see them. */
export interface PublicGoods extends Price {
  goodsId: number;
  name: string;
  coverUrl: string;
  /** Page of the mini program, with a query. */
  url: string;
  /** The mini program of the page, when not the app's own. */
  thirdPartyAppid: string;
}

/** Goods as the console sees them. */
export interface Goods extends PublicGoods {
  goodsKey: string[];
  /** Where they were made, and may be edited. */
  origin: 'api' | 'console';
  auditStatus: AuditStatus;
  auditId: number | null;
  submittedAt: number | null;
  decidedAt: number | null;
  rejection: Rejection | null;
  createdAt: number;
}

/** The latest first. */
export interface GoodsPage {
  total: number;
  goods: Goods[];
}

/** What goods are to be; `cover` is a media id or the address that they show. */
export interface GoodsForm extends Price {
  name: string;
  cover: string;
  url: string;
  thirdPartyAppid: string;
  goodsKey: string[];
}

/** What holds for all goods of an app. */
export interface GoodsSetting {
  /** Keys of a page's query that name its goods. */
  goodsKey: string[];
  /** Pages that goods may name; none: any. */
  pages: string[];
  disabled: boolean;
}

/** A card that viewers see. */
export interface ShelfCard {
  goodsId: number;
  until: number;
}

/** What the anchor explains. */
export interface Explaining {
  goodsId: number;
  since: number;
}

export interface ShelfItem {
  onSale: boolean;
  goods: Goods;
}

/** A room's shelf as the console sees it, in the order in which viewers see it. */
export interface Shelf {
  items: ShelfItem[];
  card: ShelfCard | null;
  explaining: Explaining | null;
}

/** What a room sells, as viewers see it; empty where its shelf is closed. */
export interface PublicShelf {
  items: PublicGoods[];
  card: ShelfCard | null;
  explaining: Explaining | null;
}
