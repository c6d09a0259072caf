// Conditions of admission: thresholds and facts as they are typed, and what is missing.
import type { AdmissionPolicy, Condition, FactForm, FactKind, Lack, Thresholds } from '@kaibo/api';

export const POLICIES: readonly AdmissionPolicy[] = ['open', 'wechat', 'custom'];
export const FACT_KINDS: readonly FactKind[] = [
  'subject',
  'violation',
  'payment',
  'followers',
  'activeUsers',
  'adSpend',
];

/** The thresholds that have a number, in the order of the conditions. */
export const NUMBERED = [
  'violationFreeDays',
  'paymentDays',
  'followersOver',
  'activeUsersOver',
  'adSpendFen',
] as const;
export type Numbered = (typeof NUMBERED)[number];

/** What the form holds: numbers as typed, empty: not asked for. Money in yuan. */
export interface ThresholdsDraft extends Record<Numbered, string> {
  subject: boolean;
}

const MOST = 1_000_000_000_000;
const FEN = 100;

/** The draft that stands for thresholds. */
export function thresholdsDraft(from: Thresholds): ThresholdsDraft {
  const text = (field: Numbered) => {
    const value = from[field];
    if (value === null) return '';
    return String(field === 'adSpendFen' ? value / FEN : value);
  };
  const numbers = Object.fromEntries(NUMBERED.map((field) => [field, text(field)]));
  return { subject: from.subject, ...(numbers as Record<Numbered, string>) };
}

/** Broken rules by field. */
export function checkThresholds(draft: ThresholdsDraft): Partial<Record<Numbered, string>> {
  const broken = NUMBERED.map((field) => [field, checkNumber(draft[field], field === 'adSpendFen')] as const);
  return Object.fromEntries(broken.filter(([, rule]) => rule !== null));
}

/** The thresholds of a draft that breaks no rule. */
export function thresholdsOf(draft: ThresholdsDraft): Thresholds {
  const value = (field: Numbered) => {
    const typed = draft[field].trim();
    if (typed === '') return null;
    return field === 'adSpendFen' ? fenOf(typed) : Number(typed);
  };
  const numbers = Object.fromEntries(NUMBERED.map((field) => [field, value(field)]));
  return { subject: draft.subject, ...(numbers as Record<Numbered, number | null>) };
}

function fenOf(yuan: string): number {
  return Math.round(Number(yuan) * FEN);
}

function checkNumber(text: string, isMoney: boolean): string | null {
  const typed = text.trim();
  if (typed === '') return null;
  if (!(isMoney ? /^\d+(\.\d{1,2})?$/ : /^\d+$/).test(typed))
    return isMoney ? 'price_invalid' : 'limit_not_whole';
  return (isMoney ? fenOf(typed) : Number(typed)) > MOST ? 'limit_out_of_bounds' : null;
}

/** A fact as typed; money in yuan. Of users, several days may be told at once, from `date` backwards. */
export interface FactDraft {
  kind: FactKind;
  date: string;
  value: string;
}

/** Most days that are told at once: condition 5 looks no further back. */
export const MOST_DAYS = 37;

const valuesOf = ({ kind, value }: FactDraft) =>
  kind === 'activeUsers' ? value.split(/[\s,，、]+/).filter(Boolean) : [value.trim()];

/** Broken rules by field; `today` as `2026-11-25`. */
export function checkFact(draft: FactDraft, today: string): { date?: string; value?: string } {
  const broken: { date?: string; value?: string } = {};
  if (!/^\d{4}-\d{2}-\d{2}$/.test(draft.date)) broken.date = 'required';
  else if (draft.date > today) broken.date = 'date_in_future';
  const value = draft.value.trim() === '' ? 'required' : checkValues(draft);
  if (value !== null) broken.value = value;
  return broken;
}

function checkValues(draft: FactDraft): string | null {
  const values = valuesOf(draft);
  if (values.length > MOST_DAYS) return 'too_many_days';
  return (
    values.map((one) => checkNumber(one, draft.kind === 'adSpend')).find((rule) => rule !== null) ?? null
  );
}

/** The facts of a draft that breaks no rule. */
export function factsOf(draft: FactDraft): FactForm[] {
  const { kind, date } = draft;
  return valuesOf(draft).map((one, daysBefore) => ({
    kind,
    date: new Date(Date.parse(date) - daysBefore * 86_400_000).toISOString().slice(0, 'yyyy-mm-dd'.length),
    value: kind === 'adSpend' ? fenOf(one) : Number(one),
  }));
}

/** The local day of a moment, as `2026-11-25`. */
export function dayOf(at: number): string {
  const date = new Date(at);
  const two = (value: number) => String(value).padStart(2, '0');
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

/** Whole days from the day of a fact to `today`; 0: today. */
export function ageInDays(date: string, today: string): number {
  return Math.max(0, Math.round((Date.parse(today) - Date.parse(date)) / 86_400_000));
}

/** The number of a lack as people read it: yuan for ads. */
export function lackBy({ by }: Lack, kind: FactKind): string {
  return String(kind === 'adSpend' && by != null ? by / FEN : (by ?? ''));
}

/** Conditions that must each hold, and those of which one is enough. */
export function sorted(conditions: readonly Condition[]): { musts: Condition[]; others: Condition[] } {
  return { musts: conditions.filter(({ must }) => must), others: conditions.filter(({ must }) => !must) };
}
