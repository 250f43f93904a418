import { registerHooks } from 'node:module';

/** Loaded into a process by `--import`: documents take as long to extract as their names say. */
const SLOW_JOB = new URL('job.ts', import.meta.url).href;
registerHooks({
  resolve(specifier, context, nextResolve) {
    const resolved = nextResolve(specifier, context);
    return resolved.url.endsWith('/src/stages/extract/job.ts') && context.parentURL !== SLOW_JOB ? { ...resolved, url: SLOW_JOB } : resolved;
  },
});
