// What SDK 0.3.7 does with both servers: each scenario calls its client, and every exchange is compared.
import { rows as code } from './rows_a/code.mjs';
import { rows as files } from './rows_a/files.mjs';
import { rows as ports } from './rows_a/ports.mjs';
import { rows as processes } from './rows_a/processes.mjs';
import { rows as sessions } from './rows_a/sessions.mjs';

export const rowsA = [...sessions, ...processes, ...files, ...ports, ...code].map((row) => ({ ...row, sdks: ['0.3.7'] }));
