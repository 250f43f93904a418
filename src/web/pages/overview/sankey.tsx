import { sankey, sankeyJustify, sankeyLinkHorizontal } from 'd3-sankey';
import { useElementSize } from '@mantine/hooks';
import type { ReactNode } from 'react';
import { formatCount, wordsOf } from '../../app/format.ts';

/** A picture of where the entries went: from the formats they came in, through the outcomes, to where they stand now. */

interface Node { name: string }
interface Link { source: string; target: string; count: number }

const HEIGHT = 230;
// Above a node's bar its name must find room, however thin the bar is.
const NODE_PADDING = 18;
const LABEL_PX = 128;
const NAMED_FROM_PX = 560;
/** What went well, what waits, what was set aside. */
const COLOURS: Record<string, string> = {
  auto: '#2f928b', review: '#c98a1b', suspense: '#b0643a', duplicate: '#8793a0', quarantined: '#c2443a', pending: '#8793a0', manual: '#3f7fb5', 'decided by a person': '#3f7fb5', undone: '#c98a1b',
};

export function Sankey({ links }: { links: readonly Link[] }): ReactNode {
  const { ref, width } = useElementSize();
  const names = [...new Set(links.flatMap((link) => [link.source, link.target]))];
  return (
    <div ref={ref} style={{ minHeight: HEIGHT }}>
      {width > 0 && <Picture links={links} names={names} width={width} />}
      <table className="unseen">
        <caption>Where the entries went</caption>
        <thead><tr><th>From</th><th>To</th><th>Entries</th></tr></thead>
        <tbody>{links.map((link) => <tr key={`${link.source} ${link.target}`}><td>{labelOf(link.source)}</td><td>{labelOf(link.target)}</td><td>{formatCount(link.count)}</td></tr>)}</tbody>
      </table>
    </div>
  );
}

function Picture({ links, names, width }: { links: readonly Link[]; names: readonly string[]; width: number }): ReactNode {
  const side = Math.min(LABEL_PX, width / 3.4);
  const graph = sankey<Node, { count: number }>().nodeId((node) => node.name).nodeWidth(10).nodePadding(NODE_PADDING).nodeAlign(sankeyJustify).extent([[side, 8], [width - side, HEIGHT - 8]])({
    nodes: names.map((name) => ({ name })), links: links.map((link) => ({ source: link.source, target: link.target, value: link.count, count: link.count })),
  });
  const path = sankeyLinkHorizontal();
  return (
    <svg width={width} height={HEIGHT} aria-hidden style={{ display: 'block' }}>
      {graph.links.map((link, n) => {
        const [from, to] = [link.source as Node, link.target as Node];
        return <path key={n} d={path(link) ?? ''} fill="none" stroke={colourOf(to.name) ?? colourOf(from.name) ?? '#6b7987'} strokeOpacity={0.38} strokeWidth={Math.max(1.5, link.width ?? 1)}><title>{`${labelOf(from.name)} → ${labelOf(to.name)}: ${formatCount(link.count)}`}</title></path>;
      })}
      {graph.nodes.map((node) => {
        const is_first = node.depth === 0;
        const is_last = (node.sourceLinks?.length ?? 0) === 0;
        const [x0, x1, y0, y1] = [node.x0!, node.x1!, node.y0!, node.y1!];
        // In the middle of a phone's width there is no room for a name; it stands at the right once more.
        if (!is_first && !is_last && width < NAMED_FROM_PX) return <rect key={node.name} x={x0} y={y0} width={x1 - x0} height={Math.max(2, y1 - y0)} fill={colourOf(node.name) ?? '#6b7987'} rx={1} />;
        const label = `${labelOf(node.name)} ${formatCount(node.value ?? 0)}`;
        return (
          <g key={node.name}>
            <rect x={x0} y={y0} width={x1 - x0} height={Math.max(2, y1 - y0)} fill={colourOf(node.name) ?? '#6b7987'} rx={1} />
            <text fontSize={12} fill="var(--mantine-color-text)" dominantBaseline="middle" textAnchor={is_first ? 'end' : 'start'} x={is_first ? x0 - 7 : x1 + 7} y={(y0 + y1) / 2} style={is_first || is_last ? undefined : { paintOrder: 'stroke', stroke: 'var(--tieout-panel)', strokeWidth: 4, strokeLinejoin: 'round' }}>{label}</text>
          </g>
        );
      })}
    </svg>
  );
}

/** The API tells apart what has the same name at another place by a prefix, `now: review`. */
function plainName(name: string): string {
  return name.replace(/^[a-z_]+: ?/, '');
}

function labelOf(name: string): string {
  const plain = plainName(name);
  // Formats are abbreviations, camt.053 apart.
  return /^[a-z]{3}$/.test(plain) ? plain.toUpperCase() : /\d/.test(plain) ? plain : wordsOf(plain);
}

function colourOf(name: string): string | undefined {
  return COLOURS[plainName(name)];
}
