// Each rule of the room form at its edge.
import { describe, expect, it } from 'vitest';
import { atShownField, checkDraft, formOf, newDraft, USUAL_LIMITS, type RoomDraft } from './roomDraft';

const NOW = new Date('2026-11-22T10:00:00').getTime();
const MINUTE = 60_000;

function good(): RoomDraft {
  return { ...newDraft(NOW), name: '双十一专场', anchorName: '小王', anchorWechat: 'anchor_01' };
}

function broken(change: Partial<RoomDraft>, before: number | null = null) {
  return checkDraft({ ...good(), ...change }, USUAL_LIMITS, NOW, before);
}

describe('checkDraft', () => {
  it('a new draft needs only its names', () => {
    expect(checkDraft(newDraft(NOW), USUAL_LIMITS, NOW)).toEqual({
      name: 'required',
      anchorName: 'required',
      anchorWechat: 'required',
    });
    expect(broken({})).toEqual({});
  });

  it('a title has 6 to 34 half-width units of plain text', () => {
    expect(broken({ name: '新品播' })).toEqual({});
    expect(broken({ name: '新品a' })).toEqual({ name: 'name_too_short' });
    expect(broken({ name: '播'.repeat(17) })).toEqual({});
    expect(broken({ name: `${'播'.repeat(17)}a` })).toEqual({ name: 'name_too_long' });
    expect(broken({ name: '新品<b>专场' })).toEqual({ name: 'name_bad_characters' });
  });

  it('an anchor has a nickname of 4 to 30 units', () => {
    expect(broken({ anchorName: '王' })).toEqual({ anchorName: 'anchor_name_too_short' });
    expect(broken({ anchorName: '王'.repeat(16) })).toEqual({ anchorName: 'anchor_name_too_long' });
  });

  it('a start is ten minutes to six months ahead', () => {
    const startAt = NOW + 10 * MINUTE;
    expect(broken({ startAt, endAt: startAt + 60 * MINUTE })).toEqual({});
    expect(broken({ startAt: startAt - 1, endAt: startAt + 60 * MINUTE })).toEqual({
      startAt: 'start_too_soon',
    });
    const late = NOW + USUAL_LIMITS.maxAheadMs + 1;
    expect(broken({ startAt: late, endAt: late + 60 * MINUTE })).toEqual({ startAt: 'start_too_late' });
  });

  it('an edited room may keep a start that is near', () => {
    const startAt = NOW + MINUTE;
    expect(broken({ startAt, endAt: startAt + 60 * MINUTE }, startAt)).toEqual({});
  });

  it('a plan is half an hour to twelve hours long', () => {
    const startAt = NOW + 60 * MINUTE;
    expect(broken({ startAt, endAt: startAt + 30 * MINUTE })).toEqual({});
    expect(broken({ startAt, endAt: startAt + 29 * MINUTE })).toEqual({ endAt: 'length_too_short' });
    expect(broken({ startAt, endAt: startAt + 721 * MINUTE })).toEqual({ endAt: 'length_too_long' });
  });

  it('empty times are asked for', () => {
    expect(broken({ startAt: null, endAt: null })).toEqual({ startAt: 'required', endAt: 'required' });
  });
});

it('the form that is sent carries trimmed names and the images by id', () => {
  const form = formOf({ ...good(), name: ' 双十一专场 ', coverImg: { value: 'media-1', url: '/media/1' } });
  expect(form.name).toBe('双十一专场');
  expect(form.coverImg).toBe('media-1');
  expect(form.shareImg).toBeNull();
});

it('what the server says of a second host stands at the host, whom the form shows', () => {
  expect(atShownField('name', 'name_too_long')).toEqual(['name', 'name_too_long']);
  expect(atShownField('subAnchorWechat', 'same_as_anchor')).toEqual(['anchorWechat', 'same_as_anchor']);
  expect(atShownField('subAnchorWechat', 'anchor_not_verified')).toEqual([
    'anchorWechat',
    'sub_anchor_not_verified',
  ]);
});
