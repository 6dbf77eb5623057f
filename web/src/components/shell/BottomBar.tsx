import { Link } from '@tanstack/react-router';
import { LogOut, Menu as MenuIcon } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { Menu, MenuItem, MenuSeparator } from '@/components/ui/menu';
import { areas } from './nav';
import { PreferenceItems } from './PreferenceItems';
import { useSignOut } from './useSignOut';

const itemStyle =
  'flex h-14 flex-1 flex-col items-center justify-center gap-0.5 text-2xs text-muted aria-[current=page]:text-accent-text [&_svg]:size-5';

/** The navigation of phones. */
export function BottomBar() {
  const { t } = useTranslation();
  const signOut = useSignOut();
  return (
    <nav aria-label={t('nav.main')} className="flex shrink-0 border-line border-t bg-surface sm:hidden">
      {areas
        .flatMap((area) => area.items)
        .map(({ to, label, icon: Icon }) => (
          <Link key={to} to={to} className={itemStyle}>
            <Icon aria-hidden="true" />
            {t(`nav.${label}`)}
          </Link>
        ))}
      <Menu
        side="top"
        trigger={
          <button type="button" className={itemStyle}>
            <MenuIcon aria-hidden="true" />
            {t('nav.more')}
          </button>
        }
      >
        <PreferenceItems />
        <MenuSeparator />
        <MenuItem onClick={() => void signOut()}>
          <LogOut />
          {t('session.signOut')}
        </MenuItem>
      </Menu>
    </nav>
  );
}
