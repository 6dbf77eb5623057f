import type { ReactNode } from 'react';
import { useDocumentTitle } from '@/lib/title';

/** The heading of a page with its actions at the right. */
export function PageHeader({
  title,
  subtitle,
  children,
}: {
  title: string;
  subtitle?: ReactNode;
  children?: ReactNode;
}) {
  useDocumentTitle(title);
  return (
    <header className="flex h-12 shrink-0 items-center gap-3 border-line border-b bg-surface px-4">
      <h1 className="shrink-0 font-semibold text-base">{title}</h1>
      {subtitle && <span className="num min-w-0 truncate text-faint text-xs">{subtitle}</span>}
      <div className="ml-auto flex shrink-0 items-center gap-2">{children}</div>
    </header>
  );
}
