// What the SDK imports from `@cloudflare/containers`. The container always runs: it is the server that `makeSandbox` was
// told of, or else the one at SANDBOXD_URL.
export class Container {
  envVars = {};

  constructor(ctx, env) {
    this.ctx = ctx;
    this.env = env;
  }

  async getState() {
    return { status: 'healthy', lastChange: Date.now() };
  }

  renewActivityTimeout() {}

  async containerFetch(url, init) {
    const { pathname, search } = new URL(url);
    const { url: server = process.env.SANDBOXD_URL, send = fetch } = this.ctx.container;
    return send(new URL(pathname + search, server), init);
  }
}

export class ContainerProxy {}

export function getContainer() {
  throw new Error('there are no Durable Object bindings here');
}

export function switchPort(request) {
  return request;
}
