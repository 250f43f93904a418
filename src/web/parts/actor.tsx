import type { ReactNode } from 'react';

/** Who did it: a person, or a rule with the beginning of its version, which is a hash. */
export function Actor({ name }: { name: string }): ReactNode {
  const [rule, version] = name.split('@sha256:');
  return version === undefined ? name : <span title={name}>{rule}@{version.slice(0, 8)}</span>;
}
