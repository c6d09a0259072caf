// The console's words about those who decide outside, in English.
import type { reviewer as zh } from './reviewerZh';

export const reviewer: typeof zh = {
  'goods-reviewer': {
    title: 'Reviewer of goods',
    text: 'Lets a system of your own review goods, where the server has goods.review = "webhook": each submission asks this address first, and counts once it answers 2xx within 5 s.',
    hint: 'It answers with its verdict, or approves and rejects later with the secret',
    removeTitle: 'Remove the reviewer of goods',
    removeText: 'Where goods.review is webhook, no goods can be submitted until another is set.',
  },
  'anchor-verifier': {
    title: 'Verifier of anchors',
    text: 'Gets what anchors submit to be verified, with the full identity number; each sending is kept like a look at it.',
    hint: 'An https address; answers approve, reject or pending, and what is pending is decided under Anchors',
    removeTitle: 'Remove the verifier of anchors',
    removeText: 'Everything that anchors submit is decided under Anchors then.',
  },
  disabled: 'Nothing arrived for three days; disabled since {when}. Save the address again to go on.',
  renew: 'Save with a new secret',
  remove: 'Remove',
  removed: 'Removed',
};
