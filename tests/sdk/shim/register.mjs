// Makes this process enough of a Worker for the SDK. Import it before the SDK is loaded.
import { webcrypto } from 'node:crypto';
import { register } from 'node:module';

register('./resolve.mjs', import.meta.url);
globalThis.crypto ??= webcrypto; // a global from Node 19 on
