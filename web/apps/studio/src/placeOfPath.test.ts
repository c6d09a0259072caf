import { expect, it } from 'vitest';
import { placeOfPath } from './placeOfPath';

it.each([
  ['/a/33', { roomId: '33' }],
  ['/a/2147483647/', { roomId: '2147483647' }],
  ['/a/0Ab9', { code: '0Ab9' }],
  ['/a/1234567890123456789012', { code: '1234567890123456789012' }],
  ['/a/%E5%BC%80', { code: '开' }],
  ['/a/%', null],
  ['/a/', null],
  ['/a/1/2', null],
])('%s', (path, place) => {
  expect(placeOfPath(path)).toEqual(place);
});
