import type { ReactNode } from 'react';
import { formatAmount } from '../app/format.ts';

/** An amount as the user writes it; what leaves the account is told apart by its sign, and for those who see it by its colour. `bare`: its currency stands beside it already. */
export function Amount({ amount, currency, plain = false, bare = false }: { amount: string; currency: string; plain?: boolean; bare?: boolean }): ReactNode {
  return (
    <span className="amount" data-sign={plain ? undefined : amount.startsWith('-') ? 'out' : 'in'}>
      {formatAmount(amount, currency)}{!bare && <span className="currency">{currency}</span>}
    </span>
  );
}
