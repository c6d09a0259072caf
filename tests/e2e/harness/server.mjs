// The built binary: a server in a folder of its own, its log, and the command line beside it.
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { seconds, start, until, withDeadline } from './wait.mjs';

const here = path.dirname(fileURLToPath(import.meta.url));
const BINARY = path.resolve(process.env.KAIBO_BIN ?? path.join(here, '../../../target/debug/kaibo'));
const READY = /\bready http="?(http:\/\/[^\s"]+)"? rtmp="?(rtmp:\/\/[^\s"]+)"?/;
const SETUP = /(http:\/\/\S+\/console\/setup#token=(\S+))/;

/** A new folder under the system's temporary one. */
export function freshFolder() {
  return mkdtemp(path.join(tmpdir(), 'kaibo-e2e-'));
}

/** A running server. `http` and `rtmp` are its addresses, `log` its standard error, `out` its standard output. */
export class Kaibo {
  /** Starts `command` (serve or demo) on free ports; `env`: settings as `KAIBO_SECTION__KEY`. */
  static async start({ folder, binary = BINARY, command = 'serve', env = {} } = {}) {
    if (!existsSync(binary)) throw new Error(`${binary} is missing: cargo build -p kaibo, or set KAIBO_BIN`);
    const kaibo = new Kaibo(folder ?? (await freshFolder()), binary, env);
    kaibo.ownFolder = folder === undefined;
    await kaibo.launch(command);
    return kaibo;
  }

  constructor(folder, binary, env) {
    this.folder = folder;
    this.binary = binary;
    this.env = { ...cleanEnv(), NO_COLOR: '1', ...env };
    this.log = '';
    this.out = '';
  }

  async launch(command = 'serve') {
    const flags = [command, '--data-dir', this.folder, '--http', '127.0.0.1:0', '--rtmp', '127.0.0.1:0'];
    const child = start(this.binary, flags, {
      cwd: this.folder,
      env: this.env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.child = child;
    this.startedAt = performance.now();
    this.exited = new Promise((resolve) => child.once('exit', (code, signal) => resolve(signal ?? code)));
    const from = this.log.length;
    const ready = new Promise((resolve, reject) => {
      child.stderr.on('data', (data) => {
        this.log += data;
        const found = READY.exec(this.log.slice(from));
        if (!found || this.readyFor === child) return;
        this.readyFor = child;
        this.readyMs = performance.now() - this.startedAt;
        [, this.http, this.rtmp] = found;
        resolve();
      });
      child.once('error', reject);
      void this.exited.then((how) =>
        reject(new Error(`kaibo ${command} ended (${how}):\n${this.log.slice(from)}`)),
      );
    });
    child.stdout.on('data', (data) => (this.out += data));
    await withDeadline(ready, seconds(20), () => `kaibo ${command} is not ready:\n${this.log}`);
  }

  /** The one-time set-up link as printed, with its token. */
  async setup() {
    const found = await until('the set-up link', () => SETUP.exec(this.out));
    return { link: found[1], token: found[2] };
  }

  /** Runs a command beside the server; gives what it printed, or throws with what it said. */
  async run(noun, verb, ...rest) {
    const flags = [noun, verb, '--data-dir', this.folder, ...rest.map(String)];
    const options = { cwd: this.folder, env: this.env, timeout: seconds(20) };
    return (await promisify(execFile)(this.binary, flags, options)).stdout;
  }

  /** Runs a command that prints one JSON line. */
  async cli(...words) {
    return JSON.parse(await this.run(...words));
  }

  /** A new app with a verified anchor. */
  async app(name = '测试小店', anchor = 'anchor_one') {
    const app = await this.cli('app', 'create', '--name', name);
    await this.cli('anchor', 'verify', '--appid', app.appid, anchor);
    return { ...app, name, anchor };
  }

  get pid() {
    return this.child.pid;
  }

  /** SIGTERM: drains, then gives how it ended. */
  async stop() {
    this.child.kill('SIGTERM');
    return withDeadline(this.exited, seconds(15), () => `kaibo does not end:\n${this.log.slice(-2000)}`);
  }

  /** As a power cut: nothing is drained. */
  async killHard() {
    this.child.kill('SIGKILL');
    await this.exited;
  }

  /** Ends the server if it runs, and removes its folder. */
  async close() {
    if (this.child.exitCode === null && this.child.signalCode === null)
      await this.stop().catch(() => this.killHard());
    if (this.ownFolder) await rm(this.folder, { recursive: true, force: true });
  }
}

// The caller's own Kaibo settings must not reach the servers under test.
function cleanEnv() {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('KAIBO_')));
}
