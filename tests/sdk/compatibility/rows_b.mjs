// What the clients of dialect B do, and what the protocol says to it: the exchanges of its Appendix A, and for the rest
// the section named in `source`.
import { endpoints } from './endpoints.mjs';
import { rows as code } from './rows_b/code.mjs';
import { rows as files } from './rows_b/files.mjs';
import { rows as git } from './rows_b/git.mjs';
import { rows as ports } from './rows_b/ports.mjs';
import { rows as processes } from './rows_b/processes.mjs';
import { rows as sessions } from './rows_b/sessions.mjs';
import { rows as watch } from './rows_b/watch.mjs';

const sdksOf = (route) => endpoints.find((endpoint) => endpoint.route === route).b.sdks;

export const rowsB = [...sessions, ...processes, ...files, ...git, ...ports, ...code, ...watch].map((row) => ({
  sdks: sdksOf(row.route),
  ...row,
}));
