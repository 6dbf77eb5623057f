import { Link } from '@tanstack/react-router';
import { Ban, CircleCheck, CircleSlash, Clock, Ellipsis, ScrollText, Trash2 } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import type { KeyView } from '@/api/client';
import { Badge, Chip } from '@/components/ui/badge';
import { Button } from '@/components/ui/button';
import { Menu, MenuItem, MenuSeparator } from '@/components/ui/menu';
import { Table, Td, Th } from '@/components/ui/table';
import { dateTime, day } from '@/lib/format';
import type { KeyAction } from './KeysPage';
import { restrictions } from './rules';

interface KeyListProps {
  keys: KeyView[];
  onAction: (key: KeyView, action: KeyAction) => void;
}

/** The keys as a table. */
export function KeyRows({ keys, onAction }: KeyListProps) {
  const { t, i18n } = useTranslation();
  return (
    <Table className="min-w-220">
      <thead>
        <tr>
          <Th className="w-72">{t('keys.name')}</Th>
          <Th className="w-24">{t('keys.secret')}</Th>
          <Th className="w-28">{t('keys.state')}</Th>
          <Th>{t('keys.rules')}</Th>
          <Th className="w-40">{t('keys.limits')}</Th>
          <Th className="w-32">{t('keys.expires')}</Th>
          <Th className="w-32">{t('keys.created')}</Th>
          <Th className="w-14">
            <span className="sr-only">{t('keys.more')}</span>
          </Th>
        </tr>
      </thead>
      <tbody>
        {keys.map((key) => (
          <tr key={key.id} className="hover:bg-hover">
            <Td>
              <Name keyView={key} />
            </Td>
            <Td className="font-mono text-muted text-xs">…{key.hint}</Td>
            <Td>
              <State keyView={key} />
            </Td>
            <Td>
              <Rules keyView={key} />
            </Td>
            <Td className="num text-muted">
              <Limits keyView={key} />
            </Td>
            <Td className="num text-muted" title={dateTime(key.expires_at, i18n.language)}>
              {key.expires_at ? day(key.expires_at, i18n.language) : t('keys.never')}
            </Td>
            <Td className="num text-muted" title={dateTime(key.created_at, i18n.language)}>
              {key.source === 'config' ? (
                <Badge>{t('keys.fromConfig')}</Badge>
              ) : (
                day(key.created_at, i18n.language)
              )}
            </Td>
            <Td className="text-right">
              <KeyMenu keyView={key} onAction={onAction} />
            </Td>
          </tr>
        ))}
      </tbody>
    </Table>
  );
}

/** The keys on a phone. */
export function KeyCards({ keys, onAction }: KeyListProps) {
  return (
    <ul className="bg-surface">
      {keys.map((key) => (
        <li key={key.id} className="flex items-center gap-2 border-line border-b py-2 pr-2 pl-4">
          <span className="flex min-w-0 flex-1 flex-col gap-1">
            <Name keyView={key} />
            <span className="flex flex-wrap items-center gap-1.5">
              <State keyView={key} />
              <span className="font-mono text-faint text-xs">…{key.hint}</span>
              {restrictions(key).length > 0 && <Rules keyView={key} />}
            </span>
          </span>
          <KeyMenu keyView={key} onAction={onAction} />
        </li>
      ))}
    </ul>
  );
}

function Name({ keyView: key }: { keyView: KeyView }) {
  return (
    <span className="flex min-w-0 items-baseline gap-2">
      <Link
        to="/requests"
        search={{ key: [key.name] }}
        className="shrink-0 font-medium hover:text-accent-text hover:underline"
      >
        {key.name}
      </Link>
      <span className="truncate text-faint text-xs">{key.comment}</span>
    </span>
  );
}

function State({ keyView: key }: { keyView: KeyView }) {
  const { t } = useTranslation();
  if (key.state === 'disabled') return <Badge icon={CircleSlash}>{t('common.disabled')}</Badge>;
  if (key.state === 'expired')
    return (
      <Badge tone="warn" icon={Clock}>
        {t('keys.expired')}
      </Badge>
    );
  return (
    <Badge tone="ok" icon={CircleCheck}>
      {t('keys.active')}
    </Badge>
  );
}

function Rules({ keyView: key }: { keyView: KeyView }) {
  const { t } = useTranslation();
  const rules = restrictions(key);
  if (rules.length === 0) return <span className="text-faint">{t('keys.noRules')}</span>;
  return (
    <span className="flex flex-wrap gap-1">
      {rules.map(([kind, list]) => (
        <Chip key={kind} title={list.join('\n')}>
          {t(`keys.${kind}`, { list: list.join(', ') })}
        </Chip>
      ))}
    </span>
  );
}

function Limits({ keyView: key }: { keyView: KeyView }) {
  const { t } = useTranslation();
  const limits = [
    key.requests_per_minute > 0 && t('keys.perMinute', { count: key.requests_per_minute }),
    key.max_concurrency > 0 && t('keys.atOnce', { count: key.max_concurrency }),
    key.strict_fidelity && t('keys.strictShort'),
  ].filter(Boolean);
  return limits.length > 0 ? limits.join(', ') : t('common.unlimited');
}

function KeyMenu({ keyView: key, onAction }: { keyView: KeyView; onAction: KeyListProps['onAction'] }) {
  const { t } = useTranslation();
  const fixed = key.source === 'config';
  return (
    <Menu
      trigger={
        <Button variant="ghost" size="iconSm" aria-label={t('common.actions', { name: key.name })}>
          <Ellipsis />
        </Button>
      }
    >
      <MenuItem render={<Link to="/requests" search={{ key: [key.name] }} />}>
        <ScrollText />
        {t('keys.requestsOf')}
      </MenuItem>
      <MenuSeparator />
      {key.state === 'disabled' ? (
        <MenuItem disabled={fixed} onClick={() => onAction(key, 'enable')}>
          <CircleCheck />
          {t('keys.enable')}
        </MenuItem>
      ) : (
        <MenuItem disabled={fixed} onClick={() => onAction(key, 'disable')}>
          <Ban />
          {t('keys.disable')}
        </MenuItem>
      )}
      <MenuItem danger disabled={fixed} onClick={() => onAction(key, 'remove')}>
        <Trash2 />
        {t('keys.remove')}
      </MenuItem>
      {fixed && <div className="max-w-56 px-2 py-1.5 text-faint text-xs">{t('keys.fromConfigHint')}</div>}
    </Menu>
  );
}
