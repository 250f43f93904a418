import { registerHooks } from 'node:module';

/** Loaded into a process by `--import`: makes it the program's next version, which writes hints and leaves work that today's does not understand. */
registerHooks({
  resolve(specifier, context, nextResolve) {
    const resolved = nextResolve(specifier, context);
    return resolved.url.endsWith('/src/pipeline/hint.ts') ? { ...resolved, url: new URL('hint.ts', import.meta.url).href } : resolved;
  },
});
