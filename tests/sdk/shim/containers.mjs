// What the SDK imports from `@cloudflare/containers`. The container always runs: it is the server at SANDBOXD_URL.
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
    return fetch(new URL(pathname + search, process.env.SANDBOXD_URL), init);
  }
}

export class ContainerProxy {}

export function getContainer() {
  throw new Error('there are no Durable Object bindings here');
}

export function switchPort(request) {
  return request;
}
