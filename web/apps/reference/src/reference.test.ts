// The page can draw the document of the repository: every operation, its fields, an example and a command.
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { bodyOf, found, groupsOf, rowsOf, type ApiDocument, type Operation } from './document';
import { curlOf, exampleOf, waysOf } from './example';
import { en } from './text/en';
import { titles } from './text/titlesZh';
import { zh } from './text/zh';

const text = readFileSync(new URL('../../../../api/openapi.json', import.meta.url), 'utf8');
const document = JSON.parse(text) as ApiDocument;
const groups = groupsOf(document);
const all = groups.flatMap(({ operations }) => operations);
const one = (id: string) => all.find(({ operationId }) => operationId === id) as Operation;

it('every operation stands in one group, and has a command that names no hole', () => {
  const count = Object.values(document.paths).flatMap((item) => Object.keys(item)).length;
  expect(all).toHaveLength(count);
  for (const operation of all) {
    const command = curlOf(document, operation, 'https://live.example.com');
    expect(command, operation.operationId).not.toMatch(/undefined|\{\w+\}|\[object/);
    const body = bodyOf(operation.requestBody?.content);
    if (body) expect(JSON.stringify(exampleOf(document, body.schema)), operation.operationId).toBeTruthy();
  }
});

it('every scheme of every operation is explained in the document', () => {
  for (const operation of all)
    for (const { name, scheme } of waysOf(document, operation).flat())
      expect(scheme.type, `${operation.operationId} ${name}`).not.toBe('unknown');
});

it('a command carries what a program can send', () => {
  expect(curlOf(document, one('getOwnQuota'), 'https://x')).toBe(
    "curl 'https://x/v1/quota' \\\n  -H 'Authorization: Bearer ACCESS_TOKEN'",
  );
  const upload = curlOf(document, one('uploadImage'), 'https://x');
  expect(upload).toContain('-F media=@FILE');
  expect(curlOf(document, one('createRoom'), 'https://x')).toContain("'https://x/v1/apps/APPID/rooms'");
  expect(curlOf(document, one('getRoom'), 'https://x')).toBe("curl 'https://x/v1/rooms/ROOM_ID'");
});

it('security of any kind is read as the document has it', () => {
  const schemes = {
    key: { type: 'http', scheme: 'bearer' },
    cookie: { type: 'apiKey', in: 'cookie', name: 'sid' },
    csrf: { type: 'apiKey', in: 'header', name: 'X-CSRF' },
  };
  const other: ApiDocument = {
    ...document,
    components: { ...document.components, securitySchemes: schemes },
  };
  const sent = (security: Operation['security']) =>
    curlOf(other, { ...one('getQuota'), security }, '')
      .split(' \\\n  ')
      .slice(1);
  expect(sent([{ cookie: [] }, { key: [] }])).toEqual(["-H 'Authorization: Bearer TOKEN'"]);
  expect(sent([{ cookie: [], csrf: [] }])).toEqual(["-b 'sid=COOKIE'", "-H 'X-CSRF: CSRF'"]);
  expect(sent(undefined)).toEqual([]);
  expect(sent([{}, { key: [] }]), 'open to all').toEqual([]);
});

it('fields of objects inside stand below them, and a room’s parts are one', () => {
  const answer = bodyOf(one('getConsoleRoom').responses['200']?.content)!;
  const rows = rowsOf(document, answer.schema);
  const names = rows.filter(({ depth }) => depth === 0).map(({ name }) => name);
  expect(names).toContain('roomId');
  expect(names).toContain('anchorWechat');
  const play = rows.findIndex(({ name }) => name === 'play');
  expect(rows[play]).toMatchObject({ type: 'PlayView', nullable: true });
  expect(rows[play + 1]).toMatchObject({ name: 'flv', depth: 1 });
  const form = bodyOf(one('setAdmission').requestBody?.content)!;
  const policy = rowsOf(document, form.schema).find(({ name }) => name === 'policy');
  expect(policy).toMatchObject({ type: 'string', required: true, choices: ['open', 'wechat', 'custom'] });
});

it('operations are found by path, by name, and in Chinese', () => {
  const ids = (asked: string) =>
    found(groups, asked, (id) => titles[id] ?? '').flatMap(({ operations }) =>
      operations.map(({ operationId }) => operationId),
    );
  expect(ids('put quota')).toEqual(['setQuota']);
  expect(ids('创建直播间')).toContain('createRoom');
  expect(ids('no such thing at all')).toEqual([]);
  expect(ids('')).toHaveLength(all.length);
});

it('no title is of an operation that is gone', () => {
  const known = all.map(({ operationId }) => operationId);
  expect(Object.keys(titles).filter((id) => !known.includes(id))).toEqual([]);
});

it('both languages say the same things', () => {
  expect(Object.keys(en)).toEqual(Object.keys(zh));
  expect(Object.keys(en.groups)).toEqual(Object.keys(zh.groups));
});
