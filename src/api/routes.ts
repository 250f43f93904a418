import { z } from 'zod';
import type { Right } from '../review/rights.ts';
import * as s from './schemas.ts';

/**
 * Every route of the API: its method, path, the right it needs, and the shapes of what goes in and out. The server registers exactly
 * these, the OpenAPI page is made from them, and the test of the rights goes over them.
 */
export interface Route {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly right: Right;
  readonly summary: string;
  /**
   * What of a company it shows or changes: `entry`, `statement`, … are looked up by the id in the path and are not there for people of
   * another company; `filter` leaves out what is of another; `installation` is for those who see all companies; `own` is the caller's.
   */
  readonly scope: 'entry' | 'statement' | 'document' | 'approval' | 'proposal' | 'filter' | 'company' | 'installation' | 'own' | 'none';
  readonly params?: z.ZodType;
  readonly query?: z.ZodType;
  readonly body?: z.ZodType;
  /** Left out, the route streams a file, or redirects. */
  readonly response?: z.ZodType;
  /** The body is read as a stream: a document, or a file of master data. */
  readonly stream?: true;
  /** A secret goes in or out: nothing of it is kept, so that sending it again is doing it again. */
  readonly secret?: true;
}

const Entry = z.object({ entry_id: s.Id });
const act = <Body extends z.ZodType, Answer extends z.ZodType>(path: string, summary: string, body: Body, response: Answer) =>
  ({ method: 'POST', path: `/api/items/:entry_id/${path}`, right: 'act', scope: 'entry', summary, params: Entry, body, response } as const);

export const ROUTES = {
  // Sign-in
  health: { method: 'GET', path: '/api/health', right: 'public', scope: 'none', summary: 'Whether the server and its database answer', response: s.Done },
  signInMethod: { method: 'GET', path: '/api/sign-in', right: 'public', scope: 'none', summary: 'How people sign in here', response: s.SignIn },
  exchangeToken: { method: 'POST', path: '/api/sign-in/token', right: 'public', scope: 'none', summary: 'Exchange a one-time token for a session', body: s.TokenExchange, response: s.Session },
  signInWithPassword: { method: 'POST', path: '/api/sign-in/password', right: 'public', scope: 'none', summary: 'Sign in with a password', body: s.PasswordSignIn, response: s.Session },
  startOidc: { method: 'GET', path: '/api/sign-in/oidc', right: 'public', scope: 'none', summary: 'Go to the identity provider' },
  finishOidc: { method: 'GET', path: '/api/sign-in/oidc/callback', right: 'public', scope: 'none', summary: 'Come back from the identity provider' },
  session: { method: 'GET', path: '/api/session', right: 'session', scope: 'own', summary: 'Who is signed in, and what they may do', response: s.Session },
  signOut: { method: 'DELETE', path: '/api/session', right: 'session', scope: 'own', summary: 'Sign out', response: s.Done },
  changePassword: { method: 'POST', path: '/api/session/password', right: 'session', scope: 'own', summary: 'Change one\'s password', body: s.PasswordChange, response: s.Session, secret: true },
  listSessions: { method: 'GET', path: '/api/sessions', right: 'session', scope: 'own', summary: 'One\'s own sessions', response: s.Sessions },
  endSession: { method: 'DELETE', path: '/api/sessions/:session_id', right: 'session', scope: 'own', summary: 'End a session of one\'s own', params: z.object({ session_id: s.SessionId }), response: s.Done },
  endOtherSessions: { method: 'DELETE', path: '/api/sessions', right: 'session', scope: 'own', summary: 'End all sessions of one\'s own but this one', response: s.SessionsEnded },

  // The queue
  listItems: { method: 'GET', path: '/api/items', right: 'read', scope: 'filter', summary: 'The queue', query: s.ItemQuery, response: s.ItemPage },
  groupItems: { method: 'GET', path: '/api/items/groups', right: 'read', scope: 'filter', summary: 'The queue by reason and rule, with sums', query: s.ItemFilter, response: s.ItemGroups },
  exportItems: { method: 'GET', path: '/api/items/export', right: 'export', scope: 'filter', summary: 'The queue as a file', query: s.ItemExportQuery },
  showItem: { method: 'GET', path: '/api/items/:entry_id', right: 'read', scope: 'entry', summary: 'One item with all that is known about it', params: Entry, response: s.ItemDetail },
  showSource: { method: 'GET', path: '/api/items/:entry_id/source', right: 'read', scope: 'entry', summary: 'The entry as the bank sent it', params: Entry, response: s.ItemSource },
  showStory: { method: 'GET', path: '/api/items/:entry_id/story', right: 'read', scope: 'entry', summary: 'Every decision about the entry, with its evidence', params: Entry, response: s.Story },
  acceptSuggestion: act('accept', 'Accept a suggestion', s.AcceptAct, s.ActResult),
  allocate: act('allocate', 'Give the entry to invoices and ledger accounts by hand', s.AllocateAct, s.ActResult),
  putOnAccount: act('on-account', 'Put the entry on account of a party', s.OnAccountAct, s.ActResult),
  postToLedger: act('ledger-account', 'Post the entry to a ledger account', s.LedgerAccountAct, s.ActResult),
  notOurs: act('not-ours', 'Set the entry aside in suspense: it is not ours', s.NotOursAct, s.ActResult),
  undo: act('undo', 'Take back what was decided, by a reversing entry', s.UndoAct, s.ActResult),
  comment: act('comments', 'Leave a comment', s.CommentAct, s.ItemResult),
  ask: act('ask', 'Ask a colleague, who becomes the owner', s.AskAct, s.ItemResult),
  defer: act('defer', 'Put the item off until a day', s.DeferAct, s.ItemResult),
  claim: act('claim', 'Become the owner', z.object({}), s.ItemResult),
  assign: act('assign', 'Make somebody the owner', s.AssignAct, s.ItemResult),
  release: act('release', 'Own the item no more', z.object({}), s.ItemResult),
  listOpenItems: { method: 'GET', path: '/api/open-items', right: 'read', scope: 'filter', summary: 'Open invoices to allocate to', query: s.OpenItemQuery, response: s.OpenItems },
  listParties: { method: 'GET', path: '/api/parties', right: 'read', scope: 'filter', summary: 'Parties by name or id', query: s.PartyQuery, response: s.Parties },
  listLedgerAccounts: { method: 'GET', path: '/api/ledger-accounts', right: 'read', scope: 'none', summary: 'Ledger accounts that may be posted to by hand', response: s.LedgerAccounts },

  // Many at once
  previewBulkAccept: { method: 'POST', path: '/api/bulk/accept/preview', right: 'act', scope: 'company', summary: 'What accepting everything of one rule and reason comes to', body: s.BulkSelection, response: s.BulkPreview },
  bulkAccept: { method: 'POST', path: '/api/bulk/accept', right: 'act', scope: 'company', summary: 'Ask for approval of exactly that', body: s.BulkAccept, response: s.BulkResult },
  previewBulkUndo: { method: 'POST', path: '/api/bulk/undo/preview', right: 'act', scope: 'filter', summary: 'What undoing a run or a rule version touches, and what stands in the way', body: z.object({ selection: s.UndoSelection }), response: s.BulkPreview },
  bulkUndo: { method: 'POST', path: '/api/bulk/undo', right: 'act', scope: 'filter', summary: 'Ask for approval of exactly that', body: s.BulkUndo, response: s.BulkResult },
  listApprovals: { method: 'GET', path: '/api/approvals', right: 'read', scope: 'filter', summary: 'What waits for a second person', query: s.ApprovalQuery, response: s.ApprovalPage },
  showApproval: { method: 'GET', path: '/api/approvals/:approval_id', right: 'read', scope: 'approval', summary: 'One request for approval', params: z.object({ approval_id: s.Id }), response: s.ApprovalView },
  approve: { method: 'POST', path: '/api/approvals/:approval_id/approve', right: 'approve', scope: 'approval', summary: 'Approve what was shown: it is done at once', params: z.object({ approval_id: s.Id }), body: s.ApproveAct, response: s.ApprovalResult },
  reject: { method: 'POST', path: '/api/approvals/:approval_id/reject', right: 'approve', scope: 'approval', summary: 'Refuse it', params: z.object({ approval_id: s.Id }), body: s.RejectAct, response: s.ApprovalView },
  withdraw: { method: 'POST', path: '/api/approvals/:approval_id/withdraw', right: 'session', scope: 'approval', summary: 'Take one\'s own request back', params: z.object({ approval_id: s.Id }), body: z.object({}), response: s.ApprovalView },

  // Quarantine, dead letters, learning
  listQuarantine: { method: 'GET', path: '/api/quarantine', right: 'read', scope: 'filter', summary: 'Statements that failed a check', query: s.CompanyCursor, response: s.QuarantinePage },
  showQuarantined: { method: 'GET', path: '/api/quarantine/:statement_id', right: 'read', scope: 'statement', summary: 'The failed check and the difference to the books', params: z.object({ statement_id: s.Id }), response: s.QuarantineDetail },
  acceptQuarantined: { method: 'POST', path: '/api/quarantine/:statement_id/accept', right: 'act', scope: 'statement', summary: 'Ask for a re-issued statement to replace the one on the books', params: z.object({ statement_id: s.Id }), body: s.ReasonBody, response: s.BulkResult },
  rejectQuarantined: { method: 'POST', path: '/api/quarantine/:statement_id/reject', right: 'act', scope: 'statement', summary: 'Set a quarantined statement aside for good', params: z.object({ statement_id: s.Id }), body: s.ReasonBody, response: s.Done },
  listDeadLetters: { method: 'GET', path: '/api/dead-letters', right: 'read', scope: 'installation', summary: 'Documents that could not be worked on', query: s.DeadLetterQuery, response: s.DeadLetters },
  showDeadLetter: { method: 'GET', path: '/api/dead-letters/:dead_letter_id', right: 'read', scope: 'installation', summary: 'One with its history', params: z.object({ dead_letter_id: s.Id }), response: s.DeadLetterDetail },
  retryDeadLetter: { method: 'POST', path: '/api/dead-letters/:dead_letter_id/retry', right: 'operate', scope: 'installation', summary: 'Try it again', params: z.object({ dead_letter_id: s.Id }), body: z.object({}), response: s.RetryResult },
  discardDeadLetter: { method: 'POST', path: '/api/dead-letters/:dead_letter_id/discard', right: 'operate', scope: 'installation', summary: 'Give it up', params: z.object({ dead_letter_id: s.Id }), body: s.ReasonBody, response: s.DiscardResult },
  listLearned: { method: 'GET', path: '/api/learned', right: 'read', scope: 'filter', summary: 'Payer accounts and aliases, proposed and learned', query: s.LearnedQuery, response: s.LearnedPage },
  confirmLearned: { method: 'POST', path: '/api/learned/:proposal_id/confirm', right: 'approve', scope: 'proposal', summary: 'Learn it', params: z.object({ proposal_id: s.Id }), body: z.object({}), response: s.LearnedView },
  rejectLearned: { method: 'POST', path: '/api/learned/:proposal_id/reject', right: 'approve', scope: 'proposal', summary: 'Do not learn it', params: z.object({ proposal_id: s.Id }), body: s.ReasonBody, response: s.LearnedView },
  revokeLearned: { method: 'POST', path: '/api/learned/:proposal_id/revoke', right: 'approve', scope: 'proposal', summary: 'Forget what was learned', params: z.object({ proposal_id: s.Id }), body: s.ReasonBody, response: s.LearnedView },

  // Overview
  overview: { method: 'GET', path: '/api/overview', right: 'read', scope: 'filter', summary: 'The morning\'s figures', query: s.CompanyQuery, response: s.Overview },
  listRuns: { method: 'GET', path: '/api/runs', right: 'read', scope: 'installation', summary: 'Runs with their conservation line', query: s.Cursor, response: s.RunPage },
  showRun: { method: 'GET', path: '/api/runs/:run_id', right: 'read', scope: 'installation', summary: 'One run, and where its entries went', params: z.object({ run_id: s.Id }), response: s.RunDetail },
  listBankAccounts: { method: 'GET', path: '/api/bank-accounts', right: 'read', scope: 'filter', summary: 'Bank on the statement against bank in the ledger', query: s.CompanyQuery, response: s.BankAccounts },
  showModes: { method: 'GET', path: '/api/automatic', right: 'read', scope: 'filter', summary: 'What is posted without a person', response: s.Modes },
  setMode: { method: 'POST', path: '/api/automatic', right: 'automatic', scope: 'company', summary: 'Change a mode: lower at once, higher with a second person', body: s.ModeAct, response: s.ModeResult },
  showRules: { method: 'GET', path: '/api/rules', right: 'read', scope: 'none', summary: 'The rules in force, and how those of the folder differ', response: s.RulesView },
  compareRules: { method: 'GET', path: '/api/rules/compare', right: 'read', scope: 'none', summary: 'How two versions of the rules differ', query: z.object({ from: z.string().max(100).optional(), to: z.string().max(100) }), response: s.RulesComparison },
  proposeRules: { method: 'POST', path: '/api/rules/propose', right: 'rules', scope: 'installation', summary: 'Ask for the rules of the folder to be put in force', body: s.RulesAct, response: s.RulesResult },

  // The log
  searchLog: { method: 'GET', path: '/api/log', right: 'read', scope: 'filter', summary: 'Search the log, the newest first', query: s.LogQuery, response: s.LogPage },
  exportLog: { method: 'GET', path: '/api/log/export', right: 'export', scope: 'filter', summary: 'The same search as a file', query: s.LogExportQuery },
  verifyLog: { method: 'POST', path: '/api/log/verify', right: 'verify', scope: 'installation', summary: 'Recompute the hash chain', body: s.VerifyAct, response: s.VerifyResult },
  replay: { method: 'POST', path: '/api/log/replay', right: 'verify', scope: 'installation', summary: 'Decide again from the facts and rules that the log has kept', body: s.ReplayAct, response: s.ReplayResult },
  exportDecisions: { method: 'GET', path: '/api/exports/decisions', right: 'export', scope: 'installation', summary: 'Decisions as a file', query: s.ExportQuery },
  exportJournal: { method: 'GET', path: '/api/exports/journal', right: 'export', scope: 'installation', summary: 'The journal as a file', query: s.ExportQuery },

  // People, tokens, views
  listColleagues: { method: 'GET', path: '/api/colleagues', right: 'read', scope: 'filter', summary: 'Who may own an item', response: s.Colleagues },
  listUsers: { method: 'GET', path: '/api/users', right: 'administer', scope: 'installation', summary: 'The users', response: s.Users },
  createUser: { method: 'POST', path: '/api/users', right: 'administer', scope: 'installation', summary: 'Add a user', body: s.UserCreate, response: s.UserView, secret: true },
  changeUser: { method: 'PATCH', path: '/api/users/:user_id', right: 'administer', scope: 'installation', summary: 'Change a user; sessions end when a role or a company is taken away', params: z.object({ user_id: z.string().max(100) }), body: s.UserChange, response: s.UserView, secret: true },
  createSignInLink: { method: 'POST', path: '/api/users/:user_id/sign-in-link', right: 'administer', scope: 'installation', summary: 'A link that signs a user in once (embedded only)', params: z.object({ user_id: z.string().max(100) }), body: z.object({}), response: s.SignInLink, secret: true },
  listTokens: { method: 'GET', path: '/api/tokens', right: 'session', scope: 'own', summary: 'One\'s API tokens; an administrator sees everybody\'s', response: s.Tokens },
  createToken: { method: 'POST', path: '/api/tokens', right: 'session', scope: 'own', summary: 'A token for a program', body: s.TokenCreate, response: s.TokenCreated, secret: true },
  revokeToken: { method: 'DELETE', path: '/api/tokens/:token_id', right: 'session', scope: 'own', summary: 'Revoke a token', params: z.object({ token_id: s.Id }), response: s.Done },
  listViews: { method: 'GET', path: '/api/views', right: 'session', scope: 'own', summary: 'Saved views', response: s.SavedViews },
  createView: { method: 'POST', path: '/api/views', right: 'session', scope: 'own', summary: 'Save a view', body: s.SavedViewBody, response: s.SavedView },
  changeView: { method: 'PUT', path: '/api/views/:view_id', right: 'session', scope: 'own', summary: 'Change a saved view', params: z.object({ view_id: s.Id }), body: s.SavedViewBody, response: s.SavedView },
  deleteView: { method: 'DELETE', path: '/api/views/:view_id', right: 'session', scope: 'own', summary: 'Delete a saved view', params: z.object({ view_id: s.Id }), response: s.Done },

  // Programs
  importMasterData: { method: 'POST', path: '/api/imports/:kind', right: 'import', scope: 'installation', summary: 'Accounts, parties, invoices or acknowledged settlements as CSV', params: z.object({ kind: z.enum(['accounts', 'parties', 'invoices', 'settlements']) }), response: s.ImportResult, stream: true },
  acknowledgeSettlements: { method: 'POST', path: '/api/settlements', right: 'import', scope: 'installation', summary: 'What the ERP has taken over of the postings, as JSON', body: s.SettlementsBody, response: s.SettlementsResult },
  submitDocuments: { method: 'POST', path: '/api/documents', right: 'operate', scope: 'installation', summary: 'Submit documents (multipart/form-data) as a run', response: s.SubmitResult, stream: true },
  showDocument: { method: 'GET', path: '/api/documents/:document_id', right: 'read', scope: 'document', summary: 'What became of a document', params: z.object({ document_id: s.Id }), response: s.DocumentView },
  downloadDocument: { method: 'GET', path: '/api/documents/:document_id/content', right: 'read', scope: 'document', summary: 'The bytes of a document, or of one in an archive', params: z.object({ document_id: s.Id }), query: z.object({ member: z.coerce.number().int().min(1).max(1_000).optional() }) },
} as const satisfies Record<string, Route>;

export type RouteName = keyof typeof ROUTES;
