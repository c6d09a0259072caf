// What the console and the anchor's page share. The look of cards, buttons and fields is in `@kaibo/desk/desk.css`.
export { copyText } from '@kaibo/ui';
export { saveFile } from './saveFile';
export { streamState, type StreamState } from './streamState';
export { lastedFor, timeLeft } from './deadlines';
export { useLineWatch, type LineWatch } from './useLineWatch';
export { useLookedAt } from './useLookedAt';
export { deskMessages } from './messages';
export { default as AskDialog } from './AskDialog.vue';
export { default as CodeCard } from './CodeCard.vue';
export { default as CopyField } from './CopyField.vue';
export { default as PushAddressCard } from './PushAddressCard.vue';
export { default as RefusalNote } from './RefusalNote.vue';
export { default as StreamLamp } from './StreamLamp.vue';
export { default as StreamPreview } from './StreamPreview.vue';
