import { Anchor, Group, Text } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { Link } from '@tanstack/react-router';
import type { ActResult, ItemSummary } from '../../../api/schemas.ts';
import { Refusal } from '../../app/call.ts';
import { formatAmount } from '../../app/format.ts';
import { tell } from '../../parts/states.tsx';
import { refetchBooks, showChanged } from '../queue/items.ts';
import { showStale } from './stale.tsx';

/** One act of a person: shown as done at once, sent, and put back with the reason when it is refused. */
export interface Performed {
  item: ItemSummary;
  /** What it is called, `accept`, and when it is done, `Accepted`. */
  doing: string;
  done: string;
  /** How the item looks once it is done. */
  becomes: Partial<ItemSummary>;
  send: (version: number) => Promise<Pick<ActResult, 'item'> & Partial<ActResult>>;
}

export async function perform(act: Performed, version = act.item.version): Promise<boolean> {
  const { item } = act;
  const putBack = showChanged(item.entry_id, act.becomes);
  try {
    const result = await act.send(version);
    showChanged(item.entry_id, result.item);
    refetchBooks();
    if (result.status === 'awaits_approval') {
      notifications.show({ color: 'yellow', title: 'A second person is needed', message: `Nothing is posted yet: ${result.approval?.why ?? 'it is above your limit'}.`, autoClose: 8_000 });
    } else {
      const learned = result.learned ? ' A payer account or alias is proposed for learning.' : '';
      notifications.show({ color: 'petrol', message: `${act.done}: ${nameOf(item)}.${learned}` });
    }
    return true;
  } catch (error) {
    putBack();
    refetchBooks();
    if (error instanceof Refusal && error.code === 'stale' && error.current) {
      showChanged(item.entry_id, error.current);
      showStale({ act, current: error.current, message: error.message });
      return false;
    }
    const { message, remedy } = tell(error);
    notifications.show({
      color: 'red', title: `Could not ${act.doing} ${nameOf(item)}`, autoClose: false, role: 'alert',
      message: <Group justify="space-between" gap="xs"><Text>{message} {remedy}</Text><Anchor component={Link} to={`/queue/${item.entry_id}`}>Open it again</Anchor></Group>,
    });
    return false;
  }
}

function nameOf(item: ItemSummary): string {
  return `${item.counterparty_name ?? item.party_name ?? `entry ${item.entry_id}`}, ${formatAmount(item.amount, item.currency)} ${item.currency}`;
}
