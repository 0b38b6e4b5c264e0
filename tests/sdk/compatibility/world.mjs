// What the scenarios work with: one client, its session, and a directory of its own.
import { makeSandbox } from '../shim/durable_object.mjs';
import { freshId } from '../support.mjs';
import { Names } from './normalise.mjs';
import { Recorder } from './recorder.mjs';

const json = { 'Content-Type': 'application/json' };

/**
 * `ids`: names that all servers of a comparison are told alike; `service` and `repository`: what the test serves;
 * `workspace`: where the server's is. `losesRaces`: whether the server may take a kill for a failure (HTTP.md 15, 21), and
 * a scenario in which it does is begun again.
 */
export class World {
  static async make({ Sandbox, url, dialect, ids, workspace, service, repository, losesRaces = false }) {
    const world = new World();
    const names = new Names({ durations: dialect === 'A' });
    Object.assign(world, { url, dialect, ids, workspace, service, repository, losesRaces, names, recorder: new Recorder() });
    names.give(service.port, '<service>');
    names.give(repository.base, '<host>');
    if (workspace) names.give(workspace, '<workspace>');
    world.sandbox = await makeSandbox(Sandbox, freshId('box'), { url, send: world.recorder.send });
    world.client = world.sandbox.client;
    world.directory = world.named(`/tmp/${freshId('compatibility')}`, '<directory>');
    world.session = await world.hidden(() => world.newSession('<session>', '/tmp'));
    await world.shell(`mkdir -p ${world.directory}; cd ${world.directory}`);
    return world;
  }

  /** Runs preparations that are not compared. */
  hidden(work) {
    return this.recorder.without(work);
  }

  named(value, name) {
    return this.names.give(value, name);
  }

  /** An id that no other scenario has, the same on all servers of a comparison. */
  id(name) {
    return this.named(this.ids.of(name), `<${name}>`);
  }

  async newSession(name, cwd = this.directory) {
    const id = this.id(name.replace(/[<>]/g, ''));
    const options = { id, cwd, ...(this.dialect === 'A' ? { isolation: true } : {}) };
    await (this.client.utils ?? this.client).createSession(options);
    return id;
  }

  /** Runs a command in the session, not compared; its output. */
  shell(command) {
    return this.hidden(async () => {
      const { commands } = this.client;
      const result = await (commands ? commands.execute(command, this.session) : this.client.exec(this.session, command));
      if (result.exitCode !== 0) throw new Error(`${command}: ${result.stderr}`);
      return result.stdout;
    });
  }

  /** A request that no SDK sends; the text of its answer. */
  async request(method, path, body) {
    const init = body === undefined ? { method } : { method, headers: json, body };
    return (await this.recorder.send(new URL(path, this.url), init)).text();
  }

  /** Reads a stream to its end. */
  async drain(stream) {
    return new Response(await stream).text();
  }

  /** A new directory below the workspace, where watches may be. */
  async freshWatched() {
    const path = this.named(`${this.workspace}/${freshId('watched')}`, '<watched>');
    await this.shell(`mkdir -p ${path}`);
    return path;
  }

  /** A port nobody listens at, the same on all servers of a comparison. */
  port(name) {
    return this.named(this.ids.port(name), `<${name}>`);
  }

  /** Runs a scenario; its exchanges, normalised, the last thing being what the caller of the SDK saw. */
  async play(run) {
    const outcome = await run(this).then(
      () => 'resolved',
      (error) => ({ code: error.code, message: this.names.text(error.message), error }),
    );
    const exchanges = (await this.recorder.take()).map((exchange) => this.names.normalise(exchange));
    return { exchanges, outcome };
  }

  async close() {
    await this.hidden(() => this.shell(`cd /tmp; rm -rf ${this.directory}`));
  }
}

/** Ids and ports that are made once and told to every server of a comparison. */
export class Ids {
  #made = new Map();
  #nextPort = 20_000 + Math.floor(Math.random() * 9_000);

  #once(name, make) {
    if (!this.#made.has(name)) this.#made.set(name, make());
    return this.#made.get(name);
  }

  of(name) {
    return this.#once(name, () => freshId(name));
  }

  port(name) {
    return this.#once(`port ${name}`, () => this.#nextPort++);
  }
}
