import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { LogOut, PanelLeftClose, PanelLeftOpen, Rocket, Settings2 } from 'lucide-react';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { queries } from '@/api/queries';
import { Button } from '@/components/ui/button';
import { Menu, MenuItem, MenuSeparator } from '@/components/ui/menu';
import { Tooltip } from '@/components/ui/tooltip';
import { cn } from '@/lib/cn';
import { HealthDot } from './HealthDot';
import { Mark } from './Mark';
import { areas } from './nav';
import { PreferenceItems } from './PreferenceItems';
import { useSignOut } from './useSignOut';

const linkStyle =
  'flex h-8 items-center gap-2.5 rounded-md px-2 font-medium text-muted text-sm hover:bg-hover hover:text-text aria-[current=page]:bg-selected aria-[current=page]:text-accent-text [&_svg]:size-4 [&_svg]:shrink-0';

/** The navigation at the left; phones get the bottom bar. */
export function Rail({ small, onToggle }: { small: boolean; onToggle: () => void }) {
  const { t } = useTranslation();
  const { data: status } = useQuery(queries.status());
  return (
    <nav
      aria-label={t('nav.main')}
      className={cn(
        'flex shrink-0 flex-col border-line border-r bg-surface max-sm:hidden',
        small ? 'w-13' : 'w-52',
      )}
    >
      <div className={cn('flex h-12 items-center gap-2 px-3', small && 'justify-center')}>
        <Mark className="size-6 shrink-0" />
        {!small && <span className="flex-1 font-semibold text-base">Plexus</span>}
        {!small && <HealthDot />}
      </div>
      <div className="flex-1 overflow-y-auto px-2 pb-2">
        {areas.map((area) => (
          <div key={area.label} className="mt-2">
            {!small && (
              <div className="px-2 py-1 font-medium text-2xs text-faint">{t(`nav.${area.label}`)}</div>
            )}
            {area.items.map(({ to, label, icon: Icon }) => (
              <Hint key={to} show={small} text={t(`nav.${label}`)}>
                <Link
                  to={to}
                  className={cn(linkStyle, small && 'justify-center')}
                  aria-label={small ? t(`nav.${label}`) : undefined}
                >
                  <Icon aria-hidden="true" />
                  {!small && t(`nav.${label}`)}
                </Link>
              </Hint>
            ))}
          </div>
        ))}
        {status && !status.first_run.has_request && (
          <div className="mt-2 border-line border-t pt-2">
            <Hint show={small} text={t('nav.welcome')}>
              <Link
                to="/welcome"
                className={cn(linkStyle, small && 'justify-center')}
                aria-label={small ? t('nav.welcome') : undefined}
              >
                <Rocket aria-hidden="true" />
                {!small && t('nav.welcome')}
              </Link>
            </Hint>
          </div>
        )}
      </div>
      <div className={cn('flex items-center gap-1 border-line border-t p-2', small && 'flex-col')}>
        <AccountMenu small={small} />
        <Hint show text={t(small ? 'nav.expand' : 'nav.collapse')}>
          <Button
            variant="ghost"
            size="icon"
            onClick={onToggle}
            aria-label={t(small ? 'nav.expand' : 'nav.collapse')}
          >
            {small ? <PanelLeftOpen /> : <PanelLeftClose />}
          </Button>
        </Hint>
      </div>
    </nav>
  );
}

/** A tooltip where there is no text to read. */
function Hint({
  show,
  text,
  children,
}: {
  show: boolean;
  text: string;
  children: React.ReactElement;
}): ReactNode {
  return show ? (
    <Tooltip content={text} side="right">
      {children}
    </Tooltip>
  ) : (
    children
  );
}

function AccountMenu({ small }: { small: boolean }) {
  const { t } = useTranslation();
  const signOut = useSignOut();
  const { data: session } = useQuery(queries.session());
  const name = session?.name ?? '';
  return (
    <Menu
      side="top"
      align="start"
      trigger={
        <Button
          variant="ghost"
          size={small ? 'icon' : 'md'}
          className={cn(!small && 'min-w-0 flex-1 justify-start px-2')}
          aria-label={t('session.signedInAs', { name })}
        >
          <Settings2 />
          {!small && <span className="truncate">{name}</span>}
        </Button>
      }
    >
      <PreferenceItems />
      <MenuSeparator />
      <MenuItem onClick={() => void signOut()}>
        <LogOut />
        {t('session.signOut')}
      </MenuItem>
    </Menu>
  );
}
