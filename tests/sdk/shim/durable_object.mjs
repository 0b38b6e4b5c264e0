// The state that the Workers runtime hands to a Durable Object, in memory: a sandbox of the SDK lives in one.

/**
 * Makes a sandbox of the given SDK class; `id` names it as in `getSandbox(namespace, id)`. `server`: `url`, if it is not
 * SANDBOXD_URL, and `send`, what is called instead of fetch.
 */
export async function makeSandbox(Sandbox, id, server = {}) {
  const stored = new Map();
  const storage = {
    get: async (key) => stored.get(key),
    put: async (key, value) => void stored.set(key, value),
    delete: async (key) => stored.delete(key),
    transaction: async (work) => work(storage),
  };
  const started = [];
  const ctx = {
    id: { toString: () => id },
    storage,
    container: { running: true, ...server },
    blockConcurrencyWhile: (work) => {
      const running = work();
      started.push(running);
      return running;
    },
  };
  const sandbox = new Sandbox(ctx, {});
  await Promise.all(started);
  await sandbox.setSandboxName(id);
  return sandbox;
}
