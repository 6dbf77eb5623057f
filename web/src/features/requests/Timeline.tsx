import { useTranslation } from 'react-i18next';
import type { RequestView } from '@/api/client';
import { milliseconds, perSecond } from '@/lib/format';

/** The request's time in two parts: waiting for the first token, and after it. */
export function Timeline({ request }: { request: RequestView }) {
  const { t } = useTranslation();
  const { ttft_ms: ttft, duration_ms: duration } = request;
  if (duration == null) return null;
  const waiting = ttft == null ? 100 : Math.min(100, (ttft / duration) * 100);
  const parts = [
    { label: t('detail.ttft'), value: milliseconds(ttft) },
    { label: t('detail.generation'), value: milliseconds(ttft == null ? null : duration - ttft) },
    { label: t('detail.duration'), value: milliseconds(duration) },
    { label: t('detail.speed'), value: perSecond(request.tokens_per_second) },
  ];
  return (
    <section aria-label={t('detail.timing')} className="rounded-md border border-line p-3">
      <div className="mb-3 flex h-2 gap-0.5 overflow-hidden rounded-full bg-neutral-soft" aria-hidden="true">
        <span className="min-w-1 bg-line-strong" style={{ width: `${waiting}%` }} />
        {ttft != null && <span className="flex-1 bg-accent" />}
      </div>
      <dl className="grid grid-cols-4 gap-3 max-sm:grid-cols-2">
        {parts.map((part) => (
          <div key={part.label}>
            <dt className="text-2xs text-faint">{part.label}</dt>
            <dd className="num font-medium text-lg">{part.value}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
