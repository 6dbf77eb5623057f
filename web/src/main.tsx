import '@/app/styles.css';
import { CSPProvider } from '@base-ui/react/csp-provider';
import { Tooltip } from '@base-ui/react/tooltip';
import { QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { newQueryClient } from '@/api/queries';
import { startI18n } from '@/app/i18n';
import { newRouter } from '@/app/router';
import { startTheme } from '@/app/theme';
import { Toasts } from '@/components/ui/toast';

async function start(): Promise<void> {
  startTheme();
  await startI18n();
  const queryClient = newQueryClient();
  const router = newRouter(queryClient);
  const root = document.getElementById('root');
  if (!root) throw new Error('index.html has no #root');
  createRoot(root).render(
    <StrictMode>
      {/* The content security policy allows no style elements. */}
      <CSPProvider disableStyleElements>
        <QueryClientProvider client={queryClient}>
          <Tooltip.Provider>
            <Toasts>
              <RouterProvider router={router} />
            </Toasts>
          </Tooltip.Provider>
        </QueryClientProvider>
      </CSPProvider>
    </StrictMode>,
  );
}

void start();
