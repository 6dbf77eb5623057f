import {
  Ban,
  CircleCheck,
  CircleHelp,
  CirclePause,
  CircleSlash,
  CircleX,
  type LucideIcon,
  RotateCcw,
} from 'lucide-react';
import { useTranslation } from 'react-i18next';
import type { RequestView } from '@/api/client';
import { Badge, type Tone } from '@/components/ui/badge';
import { cn } from '@/lib/cn';

export type Outcome = RequestView['status'] | 'recovered';

/** Red: the client got an error. Amber: we recovered. Grey: policy, or the client's own doing. */
const looks: Record<Outcome, { tone: Tone; icon: LucideIcon; text: string }> = {
  ok: { tone: 'ok', icon: CircleCheck, text: 'text-ok' },
  recovered: { tone: 'warn', icon: RotateCcw, text: 'text-warn' },
  failed: { tone: 'bad', icon: CircleX, text: 'text-bad' },
  refused: { tone: 'neutral', icon: Ban, text: 'text-muted' },
  canceled: { tone: 'neutral', icon: CircleSlash, text: 'text-muted' },
  abandoned: { tone: 'bad', icon: CirclePause, text: 'text-bad' },
  unknown: { tone: 'neutral', icon: CircleHelp, text: 'text-muted' },
};

/** A request that was answered after a failed attempt has recovered. */
export function outcomeOf(request: RequestView): Outcome {
  return request.status === 'ok' && request.attempts > 1 ? 'recovered' : request.status;
}

/** Icon and word, for a row; the answer's status where it says more. */
export function OutcomeCell({ request }: { request: RequestView }) {
  const { t } = useTranslation();
  const outcome = outcomeOf(request);
  const { icon: Icon, text } = looks[outcome];
  const code = outcome === 'failed' || outcome === 'refused' ? request.http_status : 0;
  return (
    <span
      className={cn('num flex items-center gap-1.5 whitespace-nowrap', text)}
      title={t(`outcomeText.${outcome}`)}
    >
      <Icon className="size-3.5 shrink-0" aria-hidden="true" />
      {t(`outcome.${outcome}`)}
      {code > 0 && <span className="text-2xs">{code}</span>}
      {outcome === 'recovered' && (
        <span className="text-2xs" title={t('requests.recovered', { count: request.attempts })}>
          ×{request.attempts}
        </span>
      )}
    </span>
  );
}

export function OutcomeBadge({ request }: { request: RequestView }) {
  const { t } = useTranslation();
  const outcome = outcomeOf(request);
  return (
    <Badge tone={looks[outcome].tone} icon={looks[outcome].icon}>
      {t(`outcome.${outcome}`)}
    </Badge>
  );
}
