import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { ArrowRight, Boxes } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import type { AliasView } from '@/api/client';
import { queries } from '@/api/queries';
import { PageHeader } from '@/components/shell/PageHeader';
import { Badge, Chip } from '@/components/ui/badge';
import { Empty, Failure, SkeletonRows } from '@/components/ui/states';
import { Table, Td, Th } from '@/components/ui/table';
import { cn } from '@/lib/cn';
import { useNarrow } from '@/lib/media';
import en from '@/locales/en';

/** The aliases of the configuration that serves now, with their targets. */
export function ModelsPage() {
  const { t } = useTranslation();
  const narrow = useNarrow();
  const aliases = useQuery(queries.aliases());
  const List = narrow ? Cards : Rows;
  return (
    <>
      <PageHeader title={t('models.title')} subtitle={t('models.subtitle')} />
      <div className="min-h-0 flex-1 overflow-auto">
        {aliases.isPending && <SkeletonRows rows={5} widths={['w-36', 'w-40', 'w-80']} />}
        {aliases.isError && <Failure error={aliases.error} onRetry={() => void aliases.refetch()} />}
        {aliases.data?.length === 0 && (
          <Empty icon={Boxes} title={t('models.empty')} text={t('models.emptyText')} />
        )}
        {aliases.data && aliases.data.length > 0 && <List aliases={aliases.data} />}
      </div>
    </>
  );
}

function Rows({ aliases }: { aliases: AliasView[] }) {
  const { t } = useTranslation();
  return (
    <Table className="min-w-180">
      <thead>
        <tr>
          <Th className="w-56">{t('models.alias')}</Th>
          <Th className="w-64">{t('models.otherNames')}</Th>
          <Th>{t('models.targets')}</Th>
        </tr>
      </thead>
      <tbody>
        {aliases.map((alias) => (
          <tr key={alias.name} className="align-top hover:bg-hover">
            <Td className="py-2">
              <Name alias={alias} />
            </Td>
            <Td className="py-2">
              <OtherNames alias={alias} />
            </Td>
            <Td className="py-2">
              <Groups alias={alias} />
            </Td>
          </tr>
        ))}
      </tbody>
    </Table>
  );
}

function Cards({ aliases }: { aliases: AliasView[] }) {
  return (
    <ul className="bg-surface">
      {aliases.map((alias) => (
        <li key={alias.name} className="flex flex-col gap-2 border-line border-b px-4 py-3">
          <span className="flex flex-wrap items-center gap-2">
            <Name alias={alias} />
            <OtherNames alias={alias} />
          </span>
          <Groups alias={alias} />
        </li>
      ))}
    </ul>
  );
}

function Name({ alias }: { alias: AliasView }) {
  return (
    <Link
      to="/requests"
      search={{ alias: [alias.name] }}
      className="font-medium hover:text-accent-text hover:underline"
    >
      {alias.name}
    </Link>
  );
}

function OtherNames({ alias }: { alias: AliasView }) {
  return (
    <span className="flex flex-wrap gap-1">
      {alias.other_names.map((name) => (
        <Chip key={name}>{name}</Chip>
      ))}
    </span>
  );
}

/** An arrow where the order matters, a dot where it does not. */
function Between({ inOrder }: { inOrder: boolean }) {
  return inOrder ? (
    <ArrowRight className="size-3.5 text-faint" aria-hidden="true" />
  ) : (
    <span className="text-faint" aria-hidden="true">
      ·
    </span>
  );
}

/** The groups in the order they are tried. */
function Groups({ alias }: { alias: AliasView }) {
  const { t } = useTranslation();
  const selector = (name: string) =>
    name in en.selector ? t(`selector.${name as keyof typeof en.selector}`) : name;
  return (
    <ol className="flex flex-col gap-1.5">
      {alias.groups.map((group, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a group is its place in the order
        <li key={i} className="flex flex-wrap items-center gap-1.5">
          {group.targets.map((target, n) => (
            <span key={`${target.provider}/${target.model}`} className="flex items-center gap-1.5">
              {n > 0 && <Between inOrder={group.selector === 'in_order'} />}
              <span className={cn('flex items-center gap-1.5', !target.enabled && 'text-faint line-through')}>
                <span className="text-muted">{target.provider}</span>
                <span className="font-mono text-xs">{target.model}</span>
              </span>
              {!target.enabled && <Badge>{t('models.off')}</Badge>}
            </span>
          ))}
          {group.targets.length > 1 && <Badge>{selector(group.selector)}</Badge>}
        </li>
      ))}
    </ol>
  );
}
