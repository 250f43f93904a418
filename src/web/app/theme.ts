import { createTheme, type CSSVariablesResolver, type MantineColorsTuple } from '@mantine/core';

/** Calm and dense: one accent, figures of equal width, everything readable at 4.5:1 in light and dark (test/web/pages.test.ts asks axe). */

const petrol: MantineColorsTuple = ['#eaf6f5', '#d3e9e7', '#a6d3cf', '#77bcb6', '#4fa8a1', '#2f928b', '#1c7b76', '#156863', '#105651', '#0a433f'];
const dark: MantineColorsTuple = ['#d5dce3', '#b7c1cb', '#98a5b2', '#6b7987', '#47535f', '#35404a', '#27313a', '#1b232b', '#151c23', '#10161c'];

export const theme = createTheme({
  primaryColor: 'petrol',
  primaryShade: { light: 7, dark: 6 },
  autoContrast: true,
  luminanceThreshold: 0.22,
  colors: { petrol, dark },
  defaultRadius: 'sm',
  cursorType: 'pointer',
  fontFamily: 'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Liberation Sans", Arial, sans-serif',
  fontFamilyMonospace: 'ui-monospace, SFMono-Regular, Menlo, Consolas, "Liberation Mono", monospace',
  fontSizes: { xs: '0.75rem', sm: '0.8125rem', md: '0.875rem', lg: '1rem', xl: '1.25rem' },
  headings: { fontWeight: '600', sizes: { h1: { fontSize: '1.25rem', lineHeight: '1.4' }, h2: { fontSize: '1rem', lineHeight: '1.4' }, h3: { fontSize: '0.875rem', lineHeight: '1.4' } } },
  components: Object.fromEntries([
    ['Button', { defaultProps: { size: 'xs', fw: 500 } }],
    ...['TextInput', 'PasswordInput', 'Textarea', 'SegmentedControl', 'Autocomplete', 'FileInput']
      .map((name) => [name, { defaultProps: { size: 'xs' } }]),
    ['Badge', { defaultProps: { variant: 'light', radius: 'sm', tt: 'none', fw: 500 } }],
    ['Modal', { defaultProps: { centered: true, overlayProps: { backgroundOpacity: 0.35 }, closeButtonProps: { 'aria-label': 'Close' }, transitionProps: { duration: 100 } }, styles: { title: { fontWeight: 600 } } }],
    // Titles in the colour of the alert are too pale to be read.
    ['Alert', { styles: { title: { color: 'var(--mantine-color-text)' } } }],
    ['NavLink', { vars: () => ({ root: { '--nl-bg': 'var(--tieout-chosen)', '--nl-hover': 'var(--tieout-chosen)', '--nl-color': 'var(--mantine-color-text)' } }) }],
    // A list that scrolls is reached by its keys, and a table that is wider than the screen by the tab key.
    ...['Select', 'MultiSelect'].map((name) => [name, { defaultProps: { size: 'xs', withScrollArea: false, openOnFocus: false }, styles: { options: { maxHeight: 240, overflowY: 'auto' } } }]),
    ['TableScrollContainer', { defaultProps: { scrollAreaProps: { viewportProps: { tabIndex: 0 } } } }],
    ['Tooltip', { defaultProps: { openDelay: 300, withArrow: true } }],
    ['Table', { defaultProps: { verticalSpacing: 5, horizontalSpacing: 'sm' } }],
    ['Text', { defaultProps: { size: 'sm' } }],
  ]),
});

/** What Mantine's own greys lack in contrast. */
export const cssVariables: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    '--mantine-color-dimmed': '#55626e', '--mantine-color-placeholder': '#66727d', '--mantine-color-error': '#b3261e',
    '--mantine-color-yellow-light': '#fdf3d3', '--mantine-color-yellow-light-color': '#714600', '--mantine-color-gray-light-color': '#3d4751', '--mantine-color-red-light-color': '#97201a',
    '--mantine-color-blue-light-color': '#14548f', '--mantine-color-petrol-light-color': '#0f5550',
    '--tieout-canvas': '#f5f7f8', '--tieout-panel': '#ffffff', '--tieout-line': '#dde3e8', '--tieout-hover': '#eef3f4', '--tieout-chosen': '#dcefed',
    '--tieout-out': '#a02c22', '--tieout-in': '#16625d', '--tieout-mark': '#ffe08a',
  },
  dark: {
    '--mantine-color-dimmed': '#a3b0bc', '--mantine-color-placeholder': '#8d9aa6', '--mantine-color-error': '#ff9a91',
    '--mantine-color-yellow-light': '#3a3010', '--mantine-color-yellow-light-color': '#f0d48a', '--mantine-color-gray-light': '#2a343d', '--mantine-color-gray-light-color': '#c3ccd5',
    '--mantine-color-red-light': '#3f2021', '--mantine-color-red-light-color': '#f5b3ac', '--mantine-color-blue-light': '#17324a', '--mantine-color-blue-light-color': '#a9d0f2',
    '--mantine-color-petrol-light': '#17393a', '--mantine-color-petrol-light-color': '#9adbd2',
    '--tieout-canvas': '#10161c', '--tieout-panel': '#182028', '--tieout-line': '#2b3640', '--tieout-hover': '#1f2931', '--tieout-chosen': '#17393a',
    '--tieout-out': '#f2a39b', '--tieout-in': '#7fd0c6', '--tieout-mark': '#6b5412',
  },
});
