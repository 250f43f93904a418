import { Text } from '@mantine/core';
import type { ReactNode } from 'react';

export default function SignIn(): ReactNode {
  return <Text>Sign in</Text>;
}
