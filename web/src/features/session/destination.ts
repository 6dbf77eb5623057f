import { parseSearch } from '@/lib/search';

/** Where to go after signing in: a path of ours, or the start. Never another site. */
export function destination(next: string | undefined): {
  to: string;
  search?: Record<string, string | string[]>;
} {
  if (!next?.startsWith('/') || next.startsWith('//') || next.startsWith('/\\')) return { to: '/' };
  const [path = '/', query = ''] = next.split('?', 2);
  return { to: path, search: parseSearch(query) };
}
