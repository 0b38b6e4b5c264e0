// Prints docs/compatibility.md, or writes it: node compatibility.mjs --write
import { document, write } from './compatibility/document.mjs';

if (process.argv[2] === '--write') await write();
else process.stdout.write(document());
