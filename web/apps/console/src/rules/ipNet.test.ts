// Which addresses an allow-list lets in, and what is no address at all.
import { expect, it } from 'vitest';
import { entriesOf, isCovered, shortNet, wrongEntries } from './ipNet';

it('entries are lines, or stand behind commas of either kind', () => {
  expect(entriesOf(' 203.0.113.7\n10.0.0.0/8，2001:db8::/32, \n\n')).toEqual([
    '203.0.113.7',
    '10.0.0.0/8',
    '2001:db8::/32',
  ]);
  expect(entriesOf(' \n ')).toEqual([]);
});

it('what the server would refuse is named before it is sent', () => {
  const wrong = [
    '256.0.0.1',
    '1.2.3',
    '01.2.3.4',
    '10.0.0.0/33',
    '10.0.0.0/',
    '10.0.0.0/8/8',
    'example.com',
    '2001:db8::/129',
    '1::2::3',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '12345::',
    ':',
  ];
  const right = ['0.0.0.0/0', '::', '::1', '::/0', '2001:db8::1/64', '::ffff:203.0.113.7', '1:2:3:4:5:6:7::'];
  expect(wrongEntries([...wrong, ...right])).toEqual(wrong);
});

it.each([
  ['10.1.2.3', ['10.0.0.0/8'], true],
  ['11.1.2.3', ['10.0.0.0/8'], false],
  ['203.0.113.7', ['203.0.113.7'], true],
  ['203.0.113.8', ['203.0.113.7'], false],
  ['203.0.113.8', [], true],
  ['203.0.113.8', ['0.0.0.0/0'], true],
  ['2001:db8::9', ['2001:DB8::/32'], true],
  ['2001:db9::9', ['2001:db8::/32'], false],
  ['::ffff:10.1.2.3', ['10.0.0.0/8'], true],
  ['10.1.2.3', ['::/0'], false],
])('%s with %j: %s', (address, entries, covered) => {
  expect(isCovered(address, entries)).toBe(covered);
});

it('a network of one address is shown as the address', () => {
  expect(['203.0.113.7/32', '10.0.0.0/8', '2001:db8::1/128', '2001:db8::/32'].map(shortNet)).toEqual([
    '203.0.113.7',
    '10.0.0.0/8',
    '2001:db8::1',
    '2001:db8::/32',
  ]);
});
