import { Alert, Checkbox, Group, Modal, Radio, Stack, Text, Textarea, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState, type ReactNode } from 'react';
import type { ItemDetail, ItemSummary, SuggestionView } from '../../../api/schemas.ts';
import { call, reading } from '../../app/call.ts';
import { formatDate, formatSentence } from '../../app/format.ts';
import { useKeys } from '../../app/keys.tsx';
import { useMay, useSession } from '../../app/session.ts';
import { Amount } from '../../parts/amount.tsx';
import { ActDialog } from '../../parts/dialog.tsx';
import { ColleaguePicker, LedgerAccountPicker, PartyPicker } from '../../parts/pickers.tsx';
import { Loaded, Loading } from '../../parts/states.tsx';
import { AllocateDialog } from './allocate.tsx';
import { perform, type Performed } from './perform.tsx';
import { leftOpen, titleOf } from './suggestion.tsx';

/** The acts upon an item: which there are, when each can be done, its key, and its dialogue. */

export type ActName = 'accept' | 'allocate' | 'split' | 'on_account' | 'ledger' | 'not_ours' | 'comment' | 'ask' | 'defer' | 'assign' | 'undo';

interface Act {
  name: ActName | 'claim' | 'release';
  label: string;
  keys: string;
  /** The ones that are needed most stand as buttons; the others in a menu. */
  common: boolean;
  offered: (item: ItemSummary, me: string) => boolean;
}

/** Nobody decides what is a colleague's, or what waits for a second person. */
const canDecide = (item: ItemSummary, me: string): boolean => item.state !== 'done' && item.approval_id === null && isFree(item, me);
const isFree = (item: ItemSummary, me: string): boolean => item.owner === null || item.owner === me;
export const ACTS: readonly Act[] = [
  { name: 'accept', label: 'Accept', keys: 'a', common: true, offered: (item, me) => canDecide(item, me) && item.suggestion_count > 0 },
  { name: 'allocate', label: 'Allocate by hand', keys: 'b', common: true, offered: canDecide },
  { name: 'on_account', label: 'Put on account', keys: 'o', common: true, offered: canDecide },
  { name: 'ledger', label: 'Post to a ledger account', keys: 'p', common: false, offered: canDecide },
  { name: 'split', label: 'Split', keys: 's', common: false, offered: canDecide },
  { name: 'not_ours', label: 'Not ours', keys: 'n', common: false, offered: (item, me) => canDecide(item, me) && item.state !== 'not_ours' },
  { name: 'claim', label: 'Claim', keys: 'c', common: true, offered: (item) => item.state !== 'done' && item.owner === null },
  { name: 'release', label: 'Release', keys: 'r', common: false, offered: (item, me) => item.state !== 'done' && item.owner === me },
  { name: 'assign', label: 'Assign to somebody', keys: 't', common: false, offered: (item) => item.state !== 'done' },
  { name: 'comment', label: 'Comment', keys: 'm', common: false, offered: () => true },
  { name: 'ask', label: 'Ask a colleague', keys: 'w', common: false, offered: (item, me) => item.state !== 'done' && isFree(item, me) },
  { name: 'defer', label: 'Put off until a day', keys: 'd', common: false, offered: (item, me) => (item.state === 'open' || item.state === 'deferred') && isFree(item, me) },
  { name: 'undo', label: 'Undo', keys: 'u', common: true, offered: (item) => item.outcome === 'auto' || item.outcome === 'manual' },
];

/** Which acts the person may do upon the item. */
export function useOffered(item: ItemSummary | undefined): readonly Act[] {
  const may_act = useMay('act');
  const { user_id } = useSession();
  return item && may_act ? ACTS.filter((act) => act.offered(item, user_id)) : [];
}

/** Becomes the owner, or owns it no more: at once, without a dialogue. */
export function claim(item: ItemSummary, me: { user_id: string; name: string }): void {
  void perform({
    item, doing: 'claim', done: 'Claimed', becomes: { owner: me.user_id, owner_name: me.name },
    send: () => call('POST /api/items/:entry_id/claim', { params: { entry_id: item.entry_id }, body: {} }),
  });
}

export function release(item: ItemSummary): void {
  void perform({
    item, doing: 'release', done: 'Released', becomes: { owner: null, owner_name: null },
    send: () => call('POST /api/items/:entry_id/release', { params: { entry_id: item.entry_id }, body: {} }),
  });
}

interface DialogProps { item: ItemDetail; close: () => void; act: (performed: Omit<Performed, 'item'>, leaves: boolean) => void }

/** The dialogue of an act. `onGone` is called when the item is dealt with, before the server has answered: the next one may be shown. */
export function ActDialogs({ entry_id, name, suggestion, close, onGone }: { entry_id: string; name: ActName | null; suggestion?: number; close: () => void; onGone: () => void }): ReactNode {
  const query = useQuery({ ...reading('GET /api/items/:entry_id', { params: { entry_id } }), enabled: name !== null });
  if (name === null) return null;
  const act = (item: ItemDetail) => (performed: Omit<Performed, 'item'>, leaves: boolean): void => {
    close();
    void perform({ ...performed, item });
    if (leaves) onGone();
  };
  if (query.data === undefined) return query.error ? <ActDialog title="" submit="" disabled onSubmit={close} close={close}><Loaded query={query}>{() => null}</Loaded></ActDialog> : <Coming close={close} />;
  const props: DialogProps = { item: query.data, close, act: act(query.data) };
  switch (name) {
    case 'accept': return <AcceptDialog {...props} number={suggestion ?? 1} />;
    case 'allocate': return <AllocateDialog {...props} split={false} />;
    case 'split': return <AllocateDialog {...props} split />;
    case 'on_account': return <OnAccountDialog {...props} />;
    case 'ledger': return <LedgerDialog {...props} />;
    case 'not_ours': return <NotOursDialog {...props} />;
    case 'comment': return <CommentDialog {...props} />;
    case 'ask': return <AskDialog {...props} />;
    case 'defer': return <DeferDialog {...props} />;
    case 'assign': return <AssignDialog {...props} />;
    case 'undo': return <UndoDialog {...props} />;
  }
}

/** A dialogue whose item is still on its way: keys that are typed ahead must not reach the page below. */
function Coming({ close }: { close: () => void }): ReactNode {
  useKeys('Loading', [], { isDialog: true });
  return <Modal opened onClose={close} title="Loading the item" withCloseButton={false}><Loading rows={4} /></Modal>;
}

const DONE: Partial<ItemSummary> = { state: 'done', outcome: 'manual' };
const paramsOf = (item: ItemSummary): { params: { entry_id: string } } => ({ params: { entry_id: item.entry_id } });

function AcceptDialog({ item, act, close, number }: DialogProps & { number: number }): ReactNode {
  const [chosen, setChosen] = useState(number);
  const [comment, setComment] = useState('');
  const suggestion = item.suggestions.find((one) => one.number === chosen);
  const submit = (): void => act(suggestion?.kind === 'not_ours'
    ? setAside(item, comment)
    : {
      doing: 'accept', done: 'Accepted', becomes: DONE,
      send: (version) => call('POST /api/items/:entry_id/accept', { ...paramsOf(item), body: { version, suggestion: chosen, comment: comment || null } }),
    }, true);
  return (
    <ActDialog title="Accept a suggestion" submit="Accept" onSubmit={submit} close={close} disabled={!suggestion} size="lg" note={<ApprovalHint item={item} />}>
      <Text><Amount amount={item.amount} currency={item.currency} /> of {item.counterparty_name ?? item.party_name ?? 'an unnamed payer'}, {formatDate(item.booking_date)}</Text>
      {item.suggestions.length > 1
        ? (
          <Radio.Group value={String(chosen)} onChange={(value) => setChosen(Number(value))} aria-label="Suggestion">
            <Stack gap={6}>{item.suggestions.map((one) => <Radio key={one.number} value={String(one.number)} label={<SuggestionLine suggestion={one} item={item} />} />)}</Stack>
          </Radio.Group>
        )
        : suggestion && <SuggestionLine suggestion={suggestion} item={item} />}
      {suggestion && suggestion.against.some((one) => !one.code.startsWith('rule:')) && (
        <Alert color="yellow" variant="light" p="xs" title="What speaks against it">
          {suggestion.against.filter((one) => !one.code.startsWith('rule:')).map((one) => <Text key={one.code + one.text}>{formatSentence(one.text)}</Text>)}
        </Alert>
      )}
      <TextInput label="Comment" value={comment} onChange={(event) => setComment(event.currentTarget.value)} maxLength={2_000} />
    </ActDialog>
  );
}

function SuggestionLine({ suggestion, item }: { suggestion: SuggestionView; item: ItemDetail }): ReactNode {
  return (
    <div>
      <Text fw={600}>{titleOf(suggestion)}</Text>
      {suggestion.invoices.map((part) => {
        const left = leftOpen(part, item.open_items);
        return <Text key={part.invoice_id} c="dimmed">{part.invoice_number} of {part.party_id}: <Amount amount={part.amount} currency={item.currency} plain />{left !== undefined && Number(left) !== 0 && <>, of it stay open <Amount amount={left} currency={part.currency} plain /></>}</Text>;
      })}
      {Number(suggestion.rest) !== 0 && <Text c="dimmed">The rest, <Amount amount={suggestion.rest} currency={item.currency} plain />, goes on account.</Text>}
    </div>
  );
}

/** What is above the person's limit is asked for and waits: it is said before, not after. */
function ApprovalHint({ item }: { item: ItemSummary }): ReactNode {
  const { limits } = useSession();
  const limit = limits.find((one) => one.currency === item.currency);
  return limit && Number(item.amount.replace('-', '')) > Number(limit.amount) ? <>Above your limit of <Amount amount={limit.amount} currency={limit.currency} plain />: a second person is asked.</> : null;
}

function OnAccountDialog({ item, act, close }: DialogProps): ReactNode {
  const [party_id, setParty] = useState(item.party_id);
  const [comment, setComment] = useState('');
  const submit = (): void => act({
    doing: 'put on account', done: 'Put on account', becomes: DONE,
    send: (version) => call('POST /api/items/:entry_id/on-account', { ...paramsOf(item), body: { version, party_id: party_id!, comment: comment || null } }),
  }, true);
  return (
    <ActDialog title="Put on account" submit="Put on account" onSubmit={submit} close={close} disabled={!party_id} note={<ApprovalHint item={item} />}>
      <Text>The whole of <Amount amount={item.amount} currency={item.currency} /> waits on the account of a party, to be settled against invoices later.</Text>
      <PartyPicker label="Party" company={item.company} value={party_id} onChange={setParty} known={item.party} required autoFocus={!item.party_id} />
      <TextInput label="Comment" value={comment} onChange={(event) => setComment(event.currentTarget.value)} maxLength={2_000} />
    </ActDialog>
  );
}

function LedgerDialog({ item, act, close }: DialogProps): ReactNode {
  const [account, setAccount] = useState<string | null>(null);
  const [comment, setComment] = useState('');
  const submit = (): void => act({
    doing: 'post', done: 'Posted', becomes: DONE,
    send: (version) => call('POST /api/items/:entry_id/ledger-account', { ...paramsOf(item), body: { version, account: account!, comment: comment || null } }),
  }, true);
  return (
    <ActDialog title="Post to a ledger account" submit="Post" onSubmit={submit} close={close} disabled={!account} note={<ApprovalHint item={item} />}>
      <Text>The whole of <Amount amount={item.amount} currency={item.currency} /> is posted to:</Text>
      <LedgerAccountPicker label="Ledger account" value={account} onChange={setAccount} required autoFocus />
      <TextInput label="Comment" value={comment} onChange={(event) => setComment(event.currentTarget.value)} maxLength={2_000} />
    </ActDialog>
  );
}

function setAside(item: ItemDetail, comment: string): Omit<Performed, 'item'> {
  return {
    doing: 'set aside', done: 'Set aside as not ours', becomes: { state: 'not_ours', outcome: 'suspense' },
    send: (version) => call('POST /api/items/:entry_id/not-ours', { ...paramsOf(item), body: { version, comment: comment || null } }),
  };
}

function NotOursDialog({ item, act, close }: DialogProps): ReactNode {
  const [comment, setComment] = useState('');
  const submit = (): void => act(setAside(item, comment), true);
  return (
    <ActDialog title="Not ours" submit="Set aside" onSubmit={submit} close={close}>
      <Text><Amount amount={item.amount} currency={item.currency} /> stands in suspense until it is sent back or turns out to be ours after all. It stays in the queue under “Not ours”.</Text>
      <TextInput label="Comment" value={comment} onChange={(event) => setComment(event.currentTarget.value)} maxLength={2_000} data-autofocus />
    </ActDialog>
  );
}

function CommentDialog({ item, act, close }: DialogProps): ReactNode {
  const [text, setText] = useState('');
  const submit = (): void => act({
    doing: 'comment on', done: 'Commented on', becomes: { comment_count: item.comment_count + 1 },
    send: () => call('POST /api/items/:entry_id/comments', { ...paramsOf(item), body: { text } }),
  }, false);
  return (
    <ActDialog title="Comment" submit="Comment" onSubmit={submit} close={close} disabled={!text.trim()} note="Kept with the item, for everybody.">
      <Textarea label="Comment" value={text} onChange={(event) => setText(event.currentTarget.value)} autosize minRows={3} maxLength={2_000} data-autofocus required />
    </ActDialog>
  );
}

function AskDialog({ item, act, close }: DialogProps): ReactNode {
  const [colleague, setColleague] = useState<string | null>(null);
  const [question, setQuestion] = useState('');
  const submit = (): void => act({
    doing: 'ask about', done: 'Asked about', becomes: { owner: colleague, owner_name: colleague },
    send: () => call('POST /api/items/:entry_id/ask', { ...paramsOf(item), body: { colleague: colleague!, question } }),
  }, false);
  return (
    <ActDialog title="Ask a colleague" submit="Ask" onSubmit={submit} close={close} disabled={!colleague || !question.trim()} note="The item becomes theirs.">
      <ColleaguePicker label="Colleague" value={colleague} onChange={setColleague} required autoFocus />
      <Textarea label="Question" value={question} onChange={(event) => setQuestion(event.currentTarget.value)} autosize minRows={2} maxLength={2_000} required />
    </ActDialog>
  );
}

function DeferDialog({ item, act, close }: DialogProps): ReactNode {
  const [until, setUntil] = useState(inDays(7));
  const [comment, setComment] = useState('');
  const submit = (): void => act({
    doing: 'put off', done: 'Put off', becomes: { state: 'deferred', deferred_until: until },
    send: (version) => call('POST /api/items/:entry_id/defer', { ...paramsOf(item), body: { version, until, comment: comment || null } }),
  }, true);
  return (
    <ActDialog title="Put off until a day" submit="Put off" onSubmit={submit} close={close} disabled={!until} note="On that day it is back in the queue.">
      <TextInput type="date" label="Until" value={until} min={inDays(1)} onChange={(event) => setUntil(event.currentTarget.value)} data-autofocus required />
      <TextInput label="Comment" value={comment} onChange={(event) => setComment(event.currentTarget.value)} maxLength={2_000} />
    </ActDialog>
  );
}

function inDays(days: number): string {
  return new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10);
}

function AssignDialog({ item, act, close }: DialogProps): ReactNode {
  const [user_id, setUser] = useState<string | null>(null);
  const submit = (): void => act({
    doing: 'assign', done: 'Assigned', becomes: { owner: user_id, owner_name: user_id },
    send: () => call('POST /api/items/:entry_id/assign', { ...paramsOf(item), body: { user_id: user_id! } }),
  }, false);
  return (
    <ActDialog title="Assign to somebody" submit="Assign" onSubmit={submit} close={close} disabled={!user_id}>
      <ColleaguePicker label="Owner" value={user_id} onChange={setUser} required autoFocus />
    </ActDialog>
  );
}

function UndoDialog({ item, act, close }: DialogProps): ReactNode {
  const [reason, setReason] = useState('');
  const [sure, setSure] = useState(item.outcome !== 'auto');
  const submit = (): void => act({
    doing: 'undo', done: 'Undone', becomes: { state: 'open', outcome: 'review', reason: 'undone' },
    send: (version) => call('POST /api/items/:entry_id/undo', { ...paramsOf(item), body: { version, reason } }),
  }, false);
  return (
    <ActDialog title="Undo" submit="Undo" danger onSubmit={submit} close={close} disabled={!reason.trim() || !sure} note="Nothing is deleted.">
      <Text>A reversing entry takes back what was posted of <Amount amount={item.amount} currency={item.currency} />, its invoices are open again, and the item is back in the queue.</Text>
      <Textarea label="Reason" description="It is kept in the log." value={reason} onChange={(event) => setReason(event.currentTarget.value)} autosize minRows={2} maxLength={2_000} data-autofocus required />
      {item.outcome === 'auto' && <Group><Checkbox checked={sure} onChange={(event) => setSure(event.currentTarget.checked)} label="This was posted automatically; I have seen the rule's reasons." /></Group>}
    </ActDialog>
  );
}
