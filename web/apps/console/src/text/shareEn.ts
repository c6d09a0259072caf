// The console's words about sharing a room in English.
import type { share as zh } from './shareZh';

export const share: typeof zh = {
  title: 'Share the room',
  poster: 'Poster',
  posterNote: 'With cover, title, time and code, ready to be sent to a group',
  savePoster: 'Save the poster',
  saveCode: 'Save the code',
  pagePath: 'Page of the mini program',
};
