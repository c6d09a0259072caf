// Every code of the server has its words, in both languages, and a text names the same values in both.
import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { deskMessages } from '@kaibo/desk';
import { uiMessages } from '@kaibo/ui';
import { en } from './en';
import { zh } from './zh';

const server = readFileSync(new URL('../../../../../crates/api/src/error.rs', import.meta.url), 'utf8');
const goods = readFileSync(new URL('../../../../../crates/api/src/error/goods.rs', import.meta.url), 'utf8');
const messages = readFileSync(new URL('../../../../../crates/api/src/message.rs', import.meta.url), 'utf8');

function leaves(value: object, path = ''): [string, string][] {
  return Object.entries(value).flatMap(([key, inner]) =>
    typeof inner === 'string'
      ? [[path + key, inner] as [string, string]]
      : leaves(inner as object, `${path}${key}.`),
  );
}

it('every rule of the server that a field may break has words', () => {
  const rules = server.slice(server.indexOf('fn rule_code'), server.indexOf('mod tests'));
  const goodsRules = goods.slice(goods.indexOf('fn rule_code'));
  const codes = [...(rules + goodsRules).matchAll(/=> "(\w+)"/g)].map(([, code]) => code);
  expect(codes.length).toBeGreaterThan(24);
  const known = Object.keys(zh.rule);
  expect(codes.filter((code) => !known.includes(code!))).toEqual([]);
});

it('the console says nothing of codes that the server does not know', () => {
  const ours = ['offline', 'server', 'bug', 'http_413'];
  const unknown = Object.keys(zh.error).filter(
    (code) => !ours.includes(code) && !messages.includes(`"${code}"`),
  );
  expect(unknown).toEqual([]);
});

// In Chinese characters on one side, in half-width units too on the other.
const values = (text: string) =>
  [...new Set([...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name!.replace(/Half$/, '')))].sort();

it.each([
  ['console', zh, en],
  ['desk', deskMessages['zh-CN'], deskMessages.en],
  ['shared', uiMessages['zh-CN'], uiMessages.en],
])('%s: both languages name the same values', (_name, chinese, english) => {
  const other = new Map(leaves(english));
  for (const [key, text] of leaves(chinese))
    expect([key, values(other.get(key) ?? '')]).toEqual([key, values(text)]);
});

it('every operation and every number of WeChat’s API has words', () => {
  const folder = new URL('../../../../../crates/api/src/', import.meta.url);
  const sources = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.rs'))
    .map((name) => readFileSync(new URL(name, folder), 'utf8'))
    .join('\n');
  // Those of /v1 stand beside WeChat's in the quotas.
  const named = [...sources.matchAll(/Rule::(?:get|post)\(\s*"([\w/]+)"|op: "([\w/-]+)"|"(v1\/\w+)"/g)];
  const operations = named.map(([, ...names]) => names.find((name) => name !== undefined)!);
  expect(operations.length).toBeGreaterThan(35);
  const numbers = [...sources.matchAll(/Verdict::new\(\s*(-?[\d_]+)/g)].map(([, code]) =>
    code!.replaceAll('_', ''),
  );
  expect(numbers.length).toBeGreaterThan(60);
  for (const { api } of [zh, en]) {
    expect(operations.filter((op) => !(op in api.operations))).toEqual([]);
    expect(numbers.filter((code) => !(code in api.codes))).toEqual([]);
  }
});
