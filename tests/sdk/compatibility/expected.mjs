// How answers of dialect B are written down: transcribed by hand from the protocol, never from an answer of ours.
const cors = {
  'access-control-allow-origin': '*',
  'access-control-allow-methods': 'GET, POST, PUT, DELETE, OPTIONS',
  'access-control-allow-headers': 'Content-Type, Authorization, X-Session-Id, X-Sandbox-Id, X-Trace-Id',
};

/** HTTP.md 3.2, the column of suggestions. */
const suggestions = {
  FILE_NOT_FOUND: ({ path }) => `Ensure the file exists at ${path} before attempting to access it`,
  PERMISSION_DENIED: () => 'Operation not permitted. Check file/directory permissions',
  IS_DIRECTORY: ({ path }) => `Cannot perform this operation on a directory. Path ${path} is a directory`,
  NOT_DIRECTORY: ({ path }) => `Expected a directory but found a file at ${path}`,
  PROCESS_NOT_FOUND: () => 'Verify the process ID is correct and the process has not already exited',
  CONTEXT_NOT_FOUND: ({ contextId }) =>
    `Context "${contextId}" does not exist. Create a context first using createContext()`,
  SESSION_ALREADY_EXISTS: ({ sessionId }) =>
    `Session "${sessionId}" already exists. Use a different session ID or reuse the existing session`,
  SESSION_TERMINATED: ({ sessionId }) => new RegExp(`${sessionId}.*lost`),
  PORT_ALREADY_EXPOSED: ({ port }) => new RegExp(`^Port ${port} is already exposed`),
  PORT_NOT_EXPOSED: ({ port }) => new RegExp(`^Port ${port} is not currently exposed`),
  INVALID_PORT: ({ port }) => new RegExp(`^Port must be between 1 and 65535\\. Port ${port} is `),
  VALIDATION_FAILED: () => 'Check the request parameters and ensure they match the required format',
};

/** An answer that is no stream. */
export const json = (status, body) => ({ status, headers: { ...cors, 'content-type': 'application/json' }, body });

/** A body of an error (HTTP.md 3.1); `more`: fields beside the usual ones. */
export function failure(httpStatus, code, message, context, more = {}) {
  const suggestion = suggestions[code]?.(context);
  return json(httpStatus, { code, message, context, httpStatus, timestamp: 'T', ...(suggestion ? { suggestion } : {}), ...more });
}

/** One that failed in a file: the operation is told twice (HTTP.md 3.2). */
export const fileFailure = (httpStatus, code, message, path, operation) =>
  failure(httpStatus, code, message, { path, operation }, { operation });

/** One that was refused for one field; the code of the field is optional (HTTP.md 3.2). */
export const refusal = (message, field, code) =>
  failure(400, 'VALIDATION_FAILED', message, { validationErrors: [{ field, message: /./, ...(code ? { code } : {}) }] });

/** A stream of events (HTTP.md 1.5). */
export const stream = (...events) => ({
  status: 200,
  headers: {
    ...cors,
    'content-type': 'text/event-stream',
    'cache-control': 'no-cache',
    connection: 'keep-alive',
  },
  events,
});
