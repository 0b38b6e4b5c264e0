// Replaces the two modules that exist, or work, only inside a Worker. Everything else of the SDK is as published.
const shims = new Map([
  ['cloudflare:workers', new URL('./workers.mjs', import.meta.url).href],
  ['@cloudflare/containers', new URL('./containers.mjs', import.meta.url).href],
]);

export function resolve(specifier, context, nextResolve) {
  const url = shims.get(specifier);
  return url ? { url, shortCircuit: true } : nextResolve(specifier, context);
}
