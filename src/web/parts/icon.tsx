import type { ReactNode } from 'react';

/** Line drawings of 16 × 16, in the colour of the text. */
const PATHS = {
  queue: 'M2 3.5h12M2 8h12M2 12.5h7',
  overview: 'M2 14V2M2 14h12M5 11V8M8.5 11V5M12 11V7',
  quarantine: 'M8 2 14 13H2ZM8 6v3.5M8 11.4v.1',
  dead: 'M2.5 4.5h11v8h-11ZM2.5 4.5 8 9l5.500-4.500',
  learned: 'M2 5l6-3 6 3-6 3ZM4.500 6.500v4c2 1.500 5 1.500 7 0v-4',
  approvals: 'M2.500 8.500 6 12l7.500-8',
  modes: 'M2 5h6M12 5h2M8 5a2 2 0 1 0 4 0 2 2 0 1 0-4 0M2 11h2M8 11h6M4 11a2 2 0 1 0 4 0 2 2 0 1 0-4 0',
  log: 'M4 2h6l3 3v9H4ZM6 7h5M6 9.500h5M6 12h3',
  settings: 'M8 5.500a2.500 2.500 0 1 0 0 5 2.500 2.500 0 1 0 0-5M8 1.500v2M8 12.500v2M1.500 8h2M12.500 8h2M3.400 3.400l1.400 1.400M11.200 11.200l1.400 1.400M12.600 3.400l-1.400 1.400M4.800 11.200l-1.400 1.400',
  bank: 'M2 6 8 2.500 14 6ZM3.500 6v6M6.500 6v6M9.500 6v6M12.500 6v6M2 13.500h12',
  sun: 'M8 5a3 3 0 1 0 0 6 3 3 0 1 0 0-6M8 1v1.500M8 13.500V15M1 8h1.500M13.500 8H15M3 3l1 1M12 12l1 1M13 3l-1 1M4 12l-1 1',
  moon: 'M13.500 9.500A6 6 0 0 1 6.500 2.500a6 6 0 1 0 7 7Z',
  user: 'M8 2.500a2.700 2.700 0 1 0 0 5.400 2.700 2.700 0 1 0 0-5.400M2.500 14c.5-3 2.700-4.500 5.500-4.500s5 1.500 5.500 4.500',
  search: 'M7 2.500a4.500 4.500 0 1 0 0 9 4.500 4.500 0 1 0 0-9M10.300 10.300 14 14',
  close: 'M3.500 3.500l9 9M12.500 3.500l-9 9',
  back: 'M9.500 3 4.500 8l5 5',
  next: 'M6.500 3l5 5-5 5',
  stop: 'M5.300 2h5.400L14 5.300v5.400L10.700 14H5.300L2 10.700V5.300ZM5.500 8h5',
  warning: 'M8 2 14 13H2ZM8 6v3.500M8 11.400v.1',
  tick: 'M3 8.500 6.500 12 13 4.500',
  dot: 'M8 6.500a1.500 1.500 0 1 0 0 3 1.500 1.500 0 1 0 0-3',
  plus: 'M8 3v10M3 8h10',
  filter: 'M2 3.500h12M4.500 8h7M7 12.500h2',
  star: 'M8 2l1.800 3.900 4.200.5-3.100 2.900.8 4.200L8 11.400l-3.700 2.100.8-4.200L2 6.400l4.200-.5Z',
  document: 'M4 2h6l3 3v9H4ZM10 2v3h3',
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name, size = 16 }: { name: IconName; size?: number }): ReactNode {
  return (
    <svg width={size} height={size} viewBox="0 0 16 16" fill="none" stroke="currentColor" strokeWidth={1.4} strokeLinecap="round" strokeLinejoin="round" aria-hidden focusable={false}>
      <path d={PATHS[name]} />
    </svg>
  );
}
