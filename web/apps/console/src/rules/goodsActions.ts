// What may be done with goods in each state of their audit; the server decides again.
import { AuditStatus, type Goods } from '@kaibo/api';

export type GoodsAction = 'edit' | 'price' | 'submit' | 'withdraw' | 'approve' | 'reject' | 'delete';

const { NotSubmitted, Pending, Approved, Rejected } = AuditStatus;

const ALLOWED: Record<AuditStatus, readonly GoodsAction[]> = {
  [NotSubmitted]: ['submit', 'edit', 'delete'],
  [Pending]: ['approve', 'reject', 'withdraw'],
  [Approved]: ['price', 'delete'],
  [Rejected]: ['edit', 'submit', 'delete'],
};

/** What somebody at the console may do to goods that were made elsewhere. */
const ANYWHERE: readonly GoodsAction[] = ['approve', 'reject', 'delete'];

/** What can be done now, the likeliest first. */
export function goodsActions(goods: Pick<Goods, 'auditStatus' | 'origin'>): GoodsAction[] {
  const { auditStatus, origin } = goods;
  return ALLOWED[auditStatus].filter((action) => origin === 'console' || ANYWHERE.includes(action));
}

/** Rules of the automatic review that have words of ours; others are told by their reason alone. */
const RULES = [
  'word.forbidden',
  'word.absolute_claim',
  'word.medical_claim',
  'word.operator',
  'image.unreadable',
  'image.too_small',
  'manual',
];

/** The key of a rule's words under `goods.rejected`, or null. */
export function ruleWords(rule: string): string | null {
  return RULES.includes(rule) ? rule.replace('.', '_') : null;
}
