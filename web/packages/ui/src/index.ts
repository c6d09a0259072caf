// What all three apps share: words, times, badges, codes. The colours are in `@kaibo/ui/tokens.css`.
export { LOCALES, pageLocale, pickLocale, type Locale } from './locale';
export { uiMessages } from './messages';
export {
  clockSkew,
  formatClock,
  formatDuration,
  formatLeft,
  formatSpan,
  formatWhen,
  splitDuration,
} from './time';
export type { Duration } from './time';
export { useNow } from './now';
export { copyText } from './copyText';
export { priceOf, yuan, type PriceParts } from './price';
export { drawQr, qrPngFile, qrPngUrl, qrSvgFile, type QrDrawing } from './qr';
export { reloadWhenReplaced } from './replaced';
export { default as BrandMark } from './BrandMark.vue';
export { default as CountDown } from './CountDown.vue';
export { default as PriceTag } from './PriceTag.vue';
export { default as QrCode } from './QrCode.vue';
export { default as StatusBadge } from './StatusBadge.vue';
