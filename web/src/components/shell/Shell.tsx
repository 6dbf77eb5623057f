import { useQuery } from '@tanstack/react-query';
import { Outlet, useNavigate } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { queries } from '@/api/queries';
import { read, write } from '@/app/storage';
import { BottomBar } from './BottomBar';
import { Rail } from './Rail';
import { StatusBanner } from './StatusBanner';

/** The frame of every signed-in page: rail or bottom bar, banners, content. */
export function Shell() {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const [small, setSmall] = useState(read('plexus.rail') === 'small');
  const { data: session } = useQuery(queries.session());

  const signedOut = session?.signed_in === false;
  useEffect(() => {
    // A session that ended while a page was open leads back to signing in.
    if (signedOut && !window.location.pathname.endsWith('/sign-in')) {
      const here = window.location.pathname.replace(/^\/ui/, '') + window.location.search;
      void navigate({ to: '/sign-in', search: { next: here } });
    }
  }, [signedOut, navigate]);

  const toggle = () => {
    write('plexus.rail', small ? 'wide' : 'small');
    setSmall(!small);
  };
  return (
    <div className="flex h-full max-sm:flex-col">
      <a
        href="#content"
        className="sr-only focus:not-sr-only focus:absolute focus:z-50 focus:bg-raised focus:p-2"
      >
        {t('app.skip')}
      </a>
      <Rail small={small} onToggle={toggle} />
      <div className="flex min-h-0 min-w-0 flex-1 flex-col">
        <StatusBanner />
        <main id="content" tabIndex={-1} className="flex min-h-0 flex-1 flex-col outline-none">
          <Outlet />
        </main>
      </div>
      <BottomBar />
    </div>
  );
}
