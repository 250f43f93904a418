import { Kbd } from '@mantine/core';
import { useLayoutEffect, useRef, useSyncExternalStore, type ReactNode } from 'react';

/** Keys: a page or a dialog says which it answers to, one listener serves them all, and `?` shows those that apply. */

export interface KeyBinding {
  /** A key (`a`, `Enter`, `?`) or a sequence of two (`g q`). */
  keys: string;
  label: string;
  run: () => void;
}

interface Scope {
  title: string;
  /** A dialog's keys hide those below it. */
  isDialog: boolean;
  bindings: readonly KeyBinding[];
}

// The second key of a sequence comes within this time, or it is a key by itself.
const SEQUENCE_MS = 1_200;

let scopes: readonly Scope[] = [];
let pending: { key: string; at: number } | null = null;
const listeners = new Set<() => void>();

function setScopes(next: readonly Scope[]): void {
  scopes = next;
  for (const listener of listeners) listener();
}

function activeScopes(): readonly Scope[] {
  const dialog = scopes.findLast((scope) => scope.isDialog);
  return dialog ? [dialog] : scopes;
}

/** Whether the key belongs to what has the focus: a field, a list to choose from, a button that Enter presses. */
function isTaken(event: KeyboardEvent): boolean {
  const target = event.target;
  if (!(target instanceof HTMLElement)) return false;
  if (target.isContentEditable || target.closest('input:not([type=checkbox]):not([type=radio]), textarea, select, [role=menu], [role=listbox]')) return true;
  return (event.key === 'Enter' || event.key === ' ') && target.closest('button, a, summary, [role=tab], input') !== null;
}

function onKeyDown(event: KeyboardEvent): void {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || isTaken(event)) return;
  const sequence = pending && Date.now() - pending.at < SEQUENCE_MS ? `${pending.key} ${event.key}` : null;
  pending = null;
  const bindings = activeScopes().flatMap((scope) => scope.bindings);
  const binding = bindings.find((one) => one.keys === sequence) ?? bindings.find((one) => one.keys === event.key);
  if (binding) {
    event.preventDefault();
    binding.run();
  } else if (bindings.some((one) => one.keys.startsWith(`${event.key} `))) {
    pending = { key: event.key, at: Date.now() };
  }
}

/** Answers to these keys while the component is there. */
export function useKeys(title: string, bindings: readonly KeyBinding[], options: { isDialog?: boolean } = {}): void {
  const scope = useRef<Scope>({ title, isDialog: options.isDialog ?? false, bindings });
  scope.current.bindings = bindings;
  // With what is drawn, not after it: whoever sees a page may press its keys.
  useLayoutEffect(() => {
    const own = scope.current;
    if (scopes.length === 0) window.addEventListener('keydown', onKeyDown);
    // Effects run from the inside out: a page's keys come before those of what is around it.
    setScopes([...scopes, own]);
    return () => {
      setScopes(scopes.filter((one) => one !== own));
      if (scopes.length === 0) window.removeEventListener('keydown', onKeyDown);
    };
  }, []);
}

/** What the keys do at present, the page's first. */
export function useActiveKeys(): readonly Scope[] {
  const current = useSyncExternalStore((listener) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  }, () => scopes);
  return current.filter((scope) => !scope.isDialog && scope.bindings.length > 0);
}

/** A key as it stands on the keyboard. */
export function Keys({ of }: { of: string }): ReactNode {
  return of.split(' ').map((key, n) => <Kbd key={n} size="xs" aria-hidden>{KEY_NAMES[key] ?? key}</Kbd>);
}

const KEY_NAMES: Record<string, string> = { ArrowDown: '↓', ArrowUp: '↑', Enter: '↵', Escape: 'Esc', ' ': 'Space' };
