// What is chosen, what is sent, and what is shown again after a reload.
import { expect, it } from 'vitest';
import { LATENCY_CHOICES, checkLatency, latencyBudget, latencyDraft } from './latencyBudget';

it.each([
  [null, 'server', ''],
  [0, 'atOnce', ''],
  [100, 'balanced', ''],
  [350, 'saving', ''],
  [1, 'custom', '1'],
  [2_000, 'custom', '2000'],
])('%s ms are shown as %s and kept', (budgetMs, choice, custom) => {
  const draft = latencyDraft(budgetMs);
  expect(draft).toEqual({ choice, custom });
  expect(checkLatency(draft)).toBeNull();
  expect(latencyBudget(draft)).toBe(budgetMs);
});

it.each([
  ['', 'latency_budget_not_whole'],
  [' ', 'latency_budget_not_whole'],
  ['-1', 'latency_budget_not_whole'],
  ['99.5', 'latency_budget_not_whole'],
  ['1e3', 'latency_budget_not_whole'],
  ['2001', 'latency_budget_too_long'],
  ['99999999999', 'latency_budget_too_long'],
  ['0', null],
  ['0100', null],
  [' 2000 ', null],
])('"%s" as a wait of one’s own: %s', (custom, rule) => {
  expect(checkLatency({ choice: 'custom', custom })).toBe(rule);
});

it('what was typed does not matter once another choice is made', () => {
  for (const choice of LATENCY_CHOICES.filter((one) => one !== 'custom'))
    expect(checkLatency({ choice, custom: 'nonsense' })).toBeNull();
  expect(latencyBudget({ choice: 'saving', custom: '2001' })).toBe(350);
  expect(latencyBudget({ choice: 'custom', custom: ' 0100 ' })).toBe(100);
});
