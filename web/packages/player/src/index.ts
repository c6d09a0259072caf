// The live player of all three apps.
export { createPlayer, warmUp } from './player';
export type { LivePlayer, PlayerOptions, PlayerPhase, PlayerState } from './player';
export type { EngineName, PlayerSources } from './choose';
export { fitOf } from './fit';
