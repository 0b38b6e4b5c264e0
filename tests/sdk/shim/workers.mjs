// What the SDK imports from `cloudflare:workers`: a base class of its RPC transport, which is not used here, and
// tracing, which is optional.
export class RpcTarget {}
export const tracing = undefined;
