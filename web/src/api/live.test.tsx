import { act, cleanup, renderHook } from '@testing-library/react';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { closeLiveStreams, type LiveFilter, useLive } from './live';

/** An event stream that the test drives. */
class FakeSource extends EventTarget {
  static readonly CLOSED = 2;
  static all: FakeSource[] = [];
  readonly url: string;
  readyState = 0;
  onopen?: () => void;
  onerror?: () => void;
  constructor(url: string) {
    super();
    this.url = url;
    FakeSource.all.push(this);
  }
  close() {
    this.readyState = 2;
  }
  emit(data: string) {
    this.dispatchEvent(new MessageEvent('request', { data }));
  }
}

beforeEach(() => {
  FakeSource.all = [];
  vi.stubGlobal('EventSource', FakeSource);
});
afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

const source = (n: number): FakeSource => {
  const found = FakeSource.all[n];
  if (!found) throw new Error(`stream ${n} was not opened`);
  return found;
};

test('requests reach the page while the stream is open', () => {
  const seen: string[] = [];
  const { result } = renderHook(() => useLive({ key: ['ada'] }, true, (r) => seen.push(r.id)));
  expect(source(0).url).toBe('/v0/requests/live?key=ada');
  expect(result.current).toBe('connecting');
  act(() => source(0).onopen?.());
  expect(result.current).toBe('open');
  act(() => source(0).emit('{"id":"a"}'));
  expect(seen).toEqual(['a']);
});

test('another filter opens another stream, the same filter does not', () => {
  const { rerender, unmount } = renderHook(
    ({ filter }: { filter: LiveFilter }) => useLive(filter, true, () => {}),
    {
      initialProps: { filter: { key: ['a'] } as LiveFilter },
    },
  );
  rerender({ filter: { key: ['a'] } });
  expect(FakeSource.all).toHaveLength(1);
  rerender({ filter: { key: ['b'] } });
  expect(FakeSource.all).toHaveLength(2);
  expect(source(0).readyState).toBe(2);
  unmount();
  expect(source(1).readyState).toBe(2);
});

test('a lost stream is told apart from a refused one', () => {
  const refused = vi.fn();
  const { result } = renderHook(() => useLive({}, true, () => {}, refused));
  act(() => source(0).onerror?.());
  expect(result.current).toBe('lost');
  expect(refused).not.toHaveBeenCalled();
  source(0).readyState = FakeSource.CLOSED;
  act(() => source(0).onerror?.());
  expect(refused).toHaveBeenCalledOnce();
});

test('nothing is opened while it is off, and signing out closes all', () => {
  const { rerender } = renderHook(({ on }) => useLive({}, on, () => {}), { initialProps: { on: false } });
  expect(FakeSource.all).toHaveLength(0);
  rerender({ on: true });
  closeLiveStreams();
  expect(source(0).readyState).toBe(2);
});
