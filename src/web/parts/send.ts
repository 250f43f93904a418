import { notifications } from '@mantine/notifications';
import { useState } from 'react';
import { refetchBooks } from '../pages/queue/items.ts';
import { tell } from './states.tsx';

/** Sends a change that is not shown before the server has done it, and says how it went. */
export function useSend(): { busy: boolean; send: <T>(work: () => Promise<T>, said: { done: string | ((answer: T) => string); failed: string }) => Promise<T | undefined> } {
  const [busy, setBusy] = useState(false);
  return {
    busy,
    send: async (work, { done, failed }) => {
      setBusy(true);
      try {
        const answer = await work();
        notifications.show({ color: 'petrol', message: typeof done === 'string' ? done : done(answer) });
        refetchBooks();
        return answer;
      } catch (error) {
        const { message, remedy } = tell(error);
        notifications.show({ color: 'red', title: failed, message: `${message} ${remedy ?? ''}`, autoClose: false, role: 'alert' });
        refetchBooks();
        return undefined;
      } finally {
        setBusy(false);
      }
    },
  };
}
