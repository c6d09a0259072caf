// Default plan and the local time field.
import { describe, expect, it } from 'vitest';
import { defaultStart, fromLocalField, hoursAndMinutes, toLocalField } from './schedule';

const at = (text: string) => new Date(text).getTime();

describe('defaultStart', () => {
  it.each([
    ['2026-11-22T10:00:00', '2026-11-22T10:30:00'],
    ['2026-11-22T10:00:01', '2026-11-22T11:00:00'],
    ['2026-11-22T10:07:00', '2026-11-22T11:00:00'],
    ['2026-11-22T10:30:00', '2026-11-22T11:00:00'],
    ['2026-11-22T23:45:00', '2026-11-23T00:30:00'],
  ])('at %s offers %s', (now, start) => {
    expect(defaultStart(at(now))).toBe(at(start));
  });
});

describe('the local time field', () => {
  it('reads back what it wrote, to the minute', () => {
    const time = at('2026-03-04T05:06:00');
    expect(toLocalField(time)).toBe('2026-03-04T05:06');
    expect(fromLocalField(toLocalField(time))).toBe(time);
  });

  it('is empty for no time, and no time when empty or broken', () => {
    expect(toLocalField(null)).toBe('');
    expect(fromLocalField('')).toBeNull();
    expect(fromLocalField('2026-13-45T99:99')).toBeNull();
    expect(fromLocalField('tomorrow')).toBeNull();
  });
});

it('lengths are hours and minutes', () => {
  expect(hoursAndMinutes(5_400_000)).toEqual({ hours: 1, minutes: 30 });
});
