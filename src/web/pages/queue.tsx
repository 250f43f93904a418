import type { ReactNode } from 'react';
import { Empty } from '../parts/states.tsx';

export default function Page(): ReactNode {
  return <Empty title="queue" />;
}
