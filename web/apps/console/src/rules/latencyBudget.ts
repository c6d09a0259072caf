// How an app's streams are sent: the choices of the settings page and the value the server keeps.

/** The longest wait the server takes, in milliseconds. */
export const MOST_BUDGET_MS = 2_000;

/** The choices with a wait of their own. */
export const PRESETS_MS = { atOnce: 0, balanced: 100, saving: 350 } as const;

type Preset = keyof typeof PRESETS_MS;

/** In the order they are shown. */
export const LATENCY_CHOICES = ['server', 'atOnce', 'balanced', 'saving', 'custom'] as const;

export type LatencyChoice = (typeof LATENCY_CHOICES)[number];

export interface LatencyDraft {
  choice: LatencyChoice;
  /** What the field of `custom` holds, as typed. */
  custom: string;
}

/** The draft that stands for a value; null: as the server's settings say. */
export function latencyDraft(budgetMs: number | null): LatencyDraft {
  if (budgetMs === null) return { choice: 'server', custom: '' };
  const presets = Object.keys(PRESETS_MS) as Preset[];
  const preset = presets.find((name) => PRESETS_MS[name] === budgetMs);
  return preset ? { choice: preset, custom: '' } : { choice: 'custom', custom: String(budgetMs) };
}

/** The rule a draft breaks, or null. */
export function checkLatency({ choice, custom }: LatencyDraft): string | null {
  if (choice !== 'custom') return null;
  if (!/^\d+$/.test(custom.trim())) return 'latency_budget_not_whole';
  return Number(custom) > MOST_BUDGET_MS ? 'latency_budget_too_long' : null;
}

/** The value of a draft that breaks no rule. */
export function latencyBudget({ choice, custom }: LatencyDraft): number | null {
  if (choice === 'server') return null;
  return choice === 'custom' ? Number(custom) : PRESETS_MS[choice];
}
