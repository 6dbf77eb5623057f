import { createColumnHelper, tableFeatures } from '@tanstack/react-table';
import type { ReactNode } from 'react';
import type { RequestView } from '@/api/client';
import { clock, milliseconds, tokens } from '@/lib/format';
import type en from '@/locales/en';
import { CostCell, KeyCell, RouteCell } from './cells';
import { OutcomeCell } from './outcome';
import type { Sort } from './search';

export type Column = {
  label: keyof (typeof en)['requests'];
  /** What the server sorts by; absent when it cannot. */
  sort?: Sort;
  /** Width of the column; the one without takes the rest. */
  width?: string;
  numeric?: boolean;
};

/** What the table needs to know of a column beside its cell. */
export const columnInfo: Record<string, Column> = {
  time: { label: 'time', sort: 'start', width: 'w-33' },
  status: { label: 'status', sort: 'status', width: 'w-30' },
  key: { label: 'key', sort: 'key', width: 'w-40' },
  route: { label: 'route', sort: 'alias' },
  input: { label: 'input', sort: 'input_tokens', width: 'w-18', numeric: true },
  cached: { label: 'cached', width: 'w-18', numeric: true },
  output: { label: 'output', sort: 'output_tokens', width: 'w-18', numeric: true },
  ttft: { label: 'ttft', sort: 'ttft', width: 'w-20', numeric: true },
  duration: { label: 'duration', sort: 'duration', width: 'w-20', numeric: true },
  cost: { label: 'cost', sort: 'cost', width: 'w-24', numeric: true },
};

export const features = tableFeatures({});
const helper = createColumnHelper<typeof features, RequestView>();

const cell = (id: keyof typeof columnInfo, render: (request: RequestView) => ReactNode) =>
  helper.display({ id: String(id), cell: ({ row }) => render(row.original) });

export const columns = helper.columns([
  cell('time', (r) => clock(r.start, new Date())),
  cell('status', (r) => <OutcomeCell request={r} />),
  cell('key', (r) => <KeyCell request={r} />),
  cell('route', (r) => <RouteCell request={r} />),
  cell('input', (r) => tokens(r.tokens?.input)),
  cell('cached', (r) => tokens(r.tokens?.cache_read)),
  cell('output', (r) => tokens(r.tokens?.output)),
  cell('ttft', (r) => milliseconds(r.ttft_ms)),
  cell('duration', (r) => milliseconds(r.duration_ms)),
  cell('cost', (r) => <CostCell request={r} />),
]);
