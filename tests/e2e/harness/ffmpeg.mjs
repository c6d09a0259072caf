// A real encoder, and a real decoder.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { seconds, start, until } from './wait.mjs';

const run = promisify(execFile);
// A moving test picture with a tone.
const SOURCES =
  '-re -f lavfi -i testsrc2=size=640x360:rate=25 -re -f lavfi -i sine=frequency=440:sample_rate=44100';
const CODECS =
  '-c:v libx264 -preset ultrafast -tune zerolatency -pix_fmt yuv420p -g 25 -bf 0 -b:v 600k -c:a aac -b:a 64k';
const live = (codecs = CODECS) => `${SOURCES} ${codecs} -f flv`.split(' ');

/** An FFmpeg that pushes to `url` until it is stopped. */
export class Publisher {
  constructor(url) {
    const flags = ['-hide_banner', '-nostdin', '-loglevel', 'warning', '-nostats', '-stats_period', '0.1'];
    const output = ['-progress', 'pipe:1', url];
    this.startedAt = performance.now();
    this.child = start('ffmpeg', [...flags, ...live(), ...output], { stdio: ['ignore', 'pipe', 'pipe'] });
    this.said = '';
    this.sentMs = 0;
    this.child.stderr.on('data', (data) => (this.said += data));
    this.child.stdout.on('data', (data) => this.#progress(String(data)));
    this.exited = new Promise((resolve) => this.child.once('exit', resolve));
  }

  /** Settles when half a second of media has been sent: what the server calls a good stream. */
  async good() {
    await until('FFmpeg has sent half a second', () => this.#mustRun() && this.goodAt, {
      within: seconds(15),
      every: 10,
    });
    return this.goodAt;
  }

  /** Ends at once, without a goodbye, as an encoder whose power fails. */
  async kill() {
    this.child.kill('SIGKILL');
    await this.exited;
  }

  /** Ends as a user ends it: closes the stream properly. */
  async quit() {
    this.child.kill('SIGINT');
    await this.exited;
  }

  #mustRun() {
    if (this.child.exitCode === null && this.child.signalCode === null) return true;
    throw new Error(`FFmpeg has ended: ${this.said}`);
  }

  #progress(text) {
    for (const [, value] of text.matchAll(/out_time_us=(\d+)/g)) this.sentMs = Number(value) / 1000;
    if (this.sentMs >= 500) this.goodAt ??= performance.now();
  }
}

/** Pushes to an address that must not be taken; gives what the server said, and how long it took. */
export async function refusedPush(url, codecs) {
  const flags = ['-hide_banner', '-nostdin', '-loglevel', 'error', ...live(codecs), '-t', '20', url];
  const startedAt = performance.now();
  try {
    await run('ffmpeg', flags, { timeout: seconds(25) });
  } catch (error) {
    const said = /Server error: (.*)/.exec(error.stderr)?.[1] ?? error.stderr;
    return { said, took: performance.now() - startedAt };
  }
  throw new Error('the push was taken');
}

/** The streams that a decoder finds and the number of frames it decodes in three seconds of them. */
export async function probe(url) {
  const entries = 'stream=codec_type,codec_name,width,height,sample_rate,nb_read_frames';
  const flags = [
    '-v',
    'error',
    '-count_frames',
    '-read_intervals',
    '%+3',
    '-show_entries',
    entries,
    '-of',
    'json',
    url,
  ];
  const { stdout, stderr } = await run('ffprobe', flags, { timeout: seconds(40) });
  const { streams } = JSON.parse(stdout);
  const of = (type) => streams.find((stream) => stream.codec_type === type);
  return { video: of('video'), audio: of('audio'), errors: stderr };
}
