import { useTranslation } from 'react-i18next';
import type { LiveState } from '@/api/live';
import { Switch } from '@/components/ui/switch';
import { cn } from '@/lib/cn';

interface LiveSwitchProps {
  wanted: boolean;
  /** Whether live rows belong on this page. */
  possible: boolean;
  state: LiveState;
  paused: boolean;
  onChange: (on: boolean) => void;
}

/** Live on or off, and what it does just now. */
export function LiveSwitch({ wanted, possible, state, paused, onChange }: LiveSwitchProps) {
  const { t } = useTranslation();
  const running = possible && state === 'open' && !paused;
  const hint = !possible
    ? t('requests.liveElsewhere')
    : wanted
      ? t('requests.liveOn')
      : t('requests.liveOff');
  const word =
    possible && wanted && state === 'lost'
      ? t('welcome.offline')
      : possible && wanted && paused
        ? t('requests.paused')
        : t('requests.live');
  return (
    <span className="flex items-center gap-2 text-muted text-xs" title={hint}>
      <span
        className={cn(
          'size-2 rounded-full',
          running ? 'pulse bg-ok text-ok' : state === 'lost' ? 'bg-warn' : 'bg-line-strong',
        )}
        aria-hidden="true"
      />
      <span aria-live="off">{word}</span>
      <Switch
        checked={wanted && possible}
        disabled={!possible}
        onChange={onChange}
        label={`${t('requests.live')}. ${hint}`}
      />
    </span>
  );
}
