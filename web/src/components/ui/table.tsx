import type { ComponentProps } from 'react';
import { cn } from '@/lib/cn';

/** Tables of 36 px rows with a heading that stays. */
export function Table({ className, ...rest }: ComponentProps<'table'>) {
  return (
    <table
      className={cn('w-full border-separate border-spacing-0 bg-surface text-sm', className)}
      {...rest}
    />
  );
}

export function Th({ className, ...rest }: ComponentProps<'th'>) {
  return (
    <th
      scope="col"
      className={cn(
        'sticky top-0 z-10 h-8 border-line border-b bg-canvas px-2 text-left font-medium text-muted text-xs first:pl-4 last:pr-4',
        className,
      )}
      {...rest}
    />
  );
}

export function Td({ className, ...rest }: ComponentProps<'td'>) {
  return <td className={cn('h-9 border-line border-b px-2 first:pl-4 last:pr-4', className)} {...rest} />;
}
